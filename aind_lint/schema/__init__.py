"""Validation of sidecars against the schema version that they declare."""
