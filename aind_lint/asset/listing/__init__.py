"""Listings of assets: the keys and sizes of files, and reading their bytes."""
