"""Names of assets and of the folders in them: grammar and vocabulary."""
