"""Whether another program still writes a file, as far as it has locked it."""

from __future__ import annotations

import os
from typing import BinaryIO

if os.name == "nt":

    def is_file_in_use(stream: BinaryIO) -> bool:
        """False: on Windows a file that its writer has locked cannot be opened at all."""
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
