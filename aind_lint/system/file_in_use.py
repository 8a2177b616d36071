"""Whether another program still writes a file: on Windows if it has the file open, elsewhere if it has locked it."""

from __future__ import annotations

import os
from typing import BinaryIO

if os.name == "nt":
    import ctypes
    import msvcrt

    _kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined,unused-ignore]
    _kernel32.ReOpenFile.restype = ctypes.c_void_p
    _kernel32.ReOpenFile.argtypes = (ctypes.c_void_p, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong)
    _GENERIC_READ, _FILE_SHARE_READ, _ERROR_SHARING_VIOLATION = 0x80000000, 1, 32
    _INVALID_HANDLE = ctypes.c_void_p(-1).value

    def is_file_in_use(stream: BinaryIO) -> bool:
        """Whether another program has the file open for writing: then it cannot be opened without sharing writes."""
        try:
            handle = msvcrt.get_osfhandle(stream.fileno())  # type: ignore[attr-defined,unused-ignore]
        except OSError:  # no file: bytes in memory
            return False
        again = _kernel32.ReOpenFile(handle, _GENERIC_READ, _FILE_SHARE_READ, 0)
        if again == _INVALID_HANDLE:
            # Other errors come from drives that cannot open a file again, as some file servers; it can be read.
            error: int = ctypes.get_last_error()  # type: ignore[attr-defined,unused-ignore]
            return error == _ERROR_SHARING_VIOLATION
        _kernel32.CloseHandle(ctypes.c_void_p(again))
        return False
else:
    import fcntl

    def is_file_in_use(stream: BinaryIO) -> bool:
        """Whether another program has locked the file, as HDF5 locks the files it writes."""
        try:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:  # a file system without locks
            return False
        fcntl.flock(stream, fcntl.LOCK_UN)
        return False
