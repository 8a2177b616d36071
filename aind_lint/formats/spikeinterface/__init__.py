"""Recordings that SpikeInterface saved: folders with binary files, and Zarr stores. Nothing in them is imported."""
