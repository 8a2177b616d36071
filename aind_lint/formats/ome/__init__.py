"""OME-Zarr images, versions 0.4 and 0.5: what the metadata of an image, plate or well demands of the store."""
