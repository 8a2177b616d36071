"""Fixing what is mechanical: planning changes of an asset, making them, and undoing them."""
