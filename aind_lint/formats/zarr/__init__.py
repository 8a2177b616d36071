"""Zarr stores, versions 2 and 3: metadata, chunk grids, chunks."""
