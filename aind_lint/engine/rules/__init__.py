"""Rule files: their model, how they are found, loaded, indexed and described."""
