"""HDF5 files: the superblock, read here; and the content, read by h5py in a process of its own."""
