"""Is a file still held by the program that writes it?"""

from __future__ import annotations

import os
from typing import BinaryIO

if os.name == "nt":

    def is_file_in_use(stream: BinaryIO) -> bool:
        """Never here: on Windows a file that its writer has locked cannot even be opened."""
        return False
else:
    import fcntl

    def is_file_in_use(stream: BinaryIO) -> bool:
        """Whether another program holds the file, as HDF5 does with what it writes."""
        try:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:  # a file system without locks
            return False
        fcntl.flock(stream, fcntl.LOCK_UN)
        return False
