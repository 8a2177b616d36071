"""Takes the place of jsonschema_rs in `make test-fallbacks`, as if it were not installed."""

raise ImportError("jsonschema_rs is not installed")
