"""Assets: their names, listings and sidecars, and finding them on disk."""
