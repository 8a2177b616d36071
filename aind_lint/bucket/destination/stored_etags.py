"""Which ETags show that stored objects are still those whose content was proven."""

from __future__ import annotations

from array import array


class StoredEtags:
    """The ETag of every object of an asset whose content is known to be the planned one; 8 bytes for each.

    An ETag comes from the response to a write of this tool, or from a comparison of the content. It is kept as Python's
    hash of 64 bits: an attacker cannot choose another ETag with the same hash, because Python keys the hash.
    """

    def __init__(self, length: int) -> None:
        """Nothing is known of ``length`` objects; their positions are those in the manifest."""
        self._hashes = array("q", bytes(8 * length))

    def note(self, position: int, etag: str | None) -> None:
        """Note that an object with the planned content has this ETag."""
        self._hashes[position] = hash_etag(etag)

    def confirm(self, position: int, etag_hash: int) -> bool:
        """Whether a listed ETag, as `hash_etag` returns it, is the known one."""
        return etag_hash != 0 and self._hashes[position] == etag_hash


def hash_etag(etag: str | None) -> int:
    """A number for an ETag, which only this process can compare; 0 for an unknown one."""
    return hash(etag) if etag else 0
