"""Running rules over the assets of a bucket: in this process, in worker processes, or on a Dask cluster."""
