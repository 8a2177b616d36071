"""Inside the formats: parsers of headers and metadata of Zarr, NWB, OME-Zarr, SpikeInterface, HDF5, MP4 and TIFF.

Each parser takes bytes or JSON values and yields what is wrong; none imports, unpickles or calls what a file names.
"""
