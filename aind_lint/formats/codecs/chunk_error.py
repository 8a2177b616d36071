"""The errors of reading a compressed chunk."""

from __future__ import annotations


class BrokenChunkError(ValueError):
    """The bytes are not a whole chunk of this codec."""


class UndecodedError(Exception):
    """The chunk may be whole, but cannot be decoded here: an unknown codec, or too much data."""
