"""Sidecars: their kinds, and reading one strictly."""
