"""The outermost chunks of an AVI file (RIFF): does the file end where they end?

Source: https://learn.microsoft.com/windows/win32/directshow/avi-riff-file-reference
"""

from __future__ import annotations

from aind_lint.formats.codecs.byte_window import ByteWindow
from aind_lint.formats.codecs.chunk_error import BrokenChunkError


def walk_avi(window: ByteWindow) -> None:
    """Walk the RIFF chunks: one, and in OpenDML files one per GB.

    Raises:
        BrokenChunkError: The file is cut off or no AVI file.
    """
    position = 0
    while position < window.size:
        header = window.get(position, 12)
        if header[:4] != b"RIFF" or (position == 0 and header[8:12] != b"AVI "):
            if position == 0:
                raise BrokenChunkError("it is no AVI file" if window.size else "it is empty")
            return  # players ignore what follows
        size = int.from_bytes(header[4:8], "little") + 8
        if size == 8:
            raise BrokenChunkError("its header states no size: the recording did not end properly")
        position += size
        if position > window.size + 1:  # the last chunk may lack its byte of padding
            raise BrokenChunkError(f"it is cut off: {position - window.size:,} bytes are missing")
    if not window.size:
        raise BrokenChunkError("it is empty")
