"""The publication of an asset."""
