"""The plan of a publication: exactly which bytes will be stored under which keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from aind_lint.asset.asset import Asset
from aind_lint.asset.listing import FileStat
from aind_lint.asset.manifest import Entry, Manifest
from aind_lint.bucket.store import Body, ContentChangedError
from aind_lint.checksum import crc64nvme_of_stream
from aind_lint.errors import UsageError

#: Called with the bytes done so far.
OnBytes = Callable[[int], None]

#: The largest object of a single request in S3.
MAX_OBJECT = 5 * 2**30


@dataclass(frozen=True)
class Plan:
    """What is going to be published.

    Attributes:
        asset: The asset, as it was checked.
        manifest: Every key with size and checksum.
    """

    asset: Asset
    manifest: Manifest

    @property
    def name(self) -> str:
        """The asset's name."""
        return self.manifest.asset

    def body(self, entry: Entry) -> Body:
        """The bytes of one file: of a sidecar those that were checked, of other files those on disk."""
        if entry.key in self.asset.sidecar_keys:
            sidecar = self.asset.sidecar(entry.key)
            assert sidecar is not None
            return Body.of_bytes(sidecar.raw)
        return Body(entry.size, entry.crc64nvme, lambda: self._open(entry.key))

    def _open(self, key: str) -> BinaryIO:
        try:
            return self.asset.listing.open(key)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise ContentChangedError(f"{key} can no longer be read: {reason}") from None

    def changed(self, files: dict[str, FileStat]) -> list[str]:
        """The files that a fresh listing shows to have changed, come or gone since the plan's listing."""
        before = self.asset.listing.files
        return sorted(key for key in before.keys() | files.keys() if before.get(key) != files.get(key))


def refuse_large_files(asset: Asset) -> None:
    """Raise UsageError if a file is too large for a single request."""
    for key, stat in asset.listing.files.items():
        if stat.size > MAX_OBJECT:
            raise UsageError(f"{key} has {stat.size:,} bytes; this version publishes files of up to 5 GiB")


def plan_publication(asset: Asset, on_bytes: OnBytes | None = None) -> Plan:
    """Read every file once and note its size and checksum.

    Raises:
        UsageError: A file cannot be read.
        ContentChangedError: A file has another size than when it was listed.
    """
    listing = asset.listing
    sidecars = set(asset.sidecar_keys)
    entries = []
    done = 0
    for key, stat in listing.files.items():
        if key in sidecars and (sidecar := asset.sidecar(key)) is not None:
            body = Body.of_bytes(sidecar.raw)
            size, crc = body.size, body.crc64nvme
        else:
            try:
                with listing.open(key) as stream:
                    size, crc = crc64nvme_of_stream(stream)
            except OSError as error:
                raise UsageError(f"cannot read {key}: {(error.strerror or str(error)).lower()}") from None
        if size != stat.size:
            raise ContentChangedError(f"{key} changed while it was being read; is it still being written?")
        entries.append(Entry(key, size, crc))
        done += size
        if on_bytes:
            on_bytes(done)
    return Plan(asset, Manifest.of(listing.name, entries))
