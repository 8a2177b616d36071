"""Takes the place of pycurl in `make test-fallbacks`, as if it were not installed."""

raise ImportError("pycurl is not installed")
