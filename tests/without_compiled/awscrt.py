"""Takes the place of awscrt in `make test-fallbacks`, as if it were not installed."""

raise ImportError("awscrt is not installed")
