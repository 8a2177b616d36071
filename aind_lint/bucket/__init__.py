"""The store behind a destination, and what it holds of an asset."""
