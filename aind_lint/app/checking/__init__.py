"""The check of assets."""
