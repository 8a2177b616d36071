"""Validation with the archived JSON Schemas."""
