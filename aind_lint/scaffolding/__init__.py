"""New assets and sidecars: what follows from the name and the source is written, and the rest is listed."""
