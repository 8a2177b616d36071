"""Storing small objects: an event loop over libcurl in this process, and the same in worker processes."""
