"""Storing and reading small objects: event loops over libcurl, for storing also in worker processes."""
