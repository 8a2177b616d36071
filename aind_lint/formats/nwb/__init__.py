"""NWB files, in Zarr and in HDF5: one model of both, and what NWB demands of it."""
