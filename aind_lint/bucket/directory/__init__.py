"""The store in a folder on disk."""
