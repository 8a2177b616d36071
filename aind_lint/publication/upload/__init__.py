"""Uploading the objects of one attempt."""
