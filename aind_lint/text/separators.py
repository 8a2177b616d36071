"""The separators of paths: those of this system for people, ``/`` for programs."""

from __future__ import annotations

import os

_S3 = "s3://"


def native_path(path: str) -> str:
    """A path for people; the address of a bucket in S3 is unchanged."""
    return path if os.sep == "/" or path.startswith(_S3) else path.replace("/", os.sep)


def portable_path(path: str) -> str:
    """A path for programs, the same on every system."""
    return path if os.sep == "/" or path.startswith(_S3) else path.replace(os.sep, "/")
