"""Data structures for many rows or bytes, part of them on disk; they know nothing of assets."""
