"""Sizes and counts in words."""

from __future__ import annotations


def format_bytes(size: int) -> str:
    """A size in bytes, in decimal units: ``83.1 GB``."""
    value = float(size)
    for unit in ("bytes", "KB", "MB", "GB", "TB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} PB"


def format_count(number: int, noun: str) -> str:
    """A number with its noun: ``1 asset``, ``2 assets``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
