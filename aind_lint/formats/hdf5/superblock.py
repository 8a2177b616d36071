"""The superblock of an HDF5 file, which states where the file ends.

Source: https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html (versions 0 to 3)
"""

from __future__ import annotations

from aind_lint.formats.codecs.chunk_error import BrokenChunkError

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
#: Where a superblock may be: at 0, or after a user block of 512, 1024, 2048, … bytes.
OFFSETS = (0, *(512 << n for n in range(12)))
#: Bytes of the longest superblock.
SUPERBLOCK_BYTES = 128


def end_of_file(data: bytes, offset: int) -> int | None:
    """Where the file must end, from the bytes at a possible place of the superblock; None if there is no superblock.

    Args:
        data: The bytes from ``offset`` on.
        offset: The place, one of `OFFSETS`.

    Raises:
        BrokenChunkError: The superblock is cut off or of an unknown version.
    """
    if data[:8] != _SIGNATURE:
        return None
    if len(data) < 16:
        raise BrokenChunkError("it ends in its superblock")
    version = data[8]
    if version in (0, 1):
        width = data[13]
        addresses = 24 if version == 0 else 28
    elif version in (2, 3):
        width = data[9]
        addresses = 12
    else:
        raise BrokenChunkError(f"its superblock has the unknown version {version}")
    if width not in (2, 4, 8, 16) or len(data) < addresses + 4 * width:
        raise BrokenChunkError("it ends in its superblock")
    # Base address, then: version 0 and 1 free space, end of file; version 2 and 3 extension, end of file. The end is
    # counted from the start of the file. A user block that was added later (h5jam) moves it; the base does not show it.
    base = int.from_bytes(data[addresses : addresses + width], "little")
    end = int.from_bytes(data[addresses + 2 * width : addresses + 3 * width], "little")
    return end + offset - base
