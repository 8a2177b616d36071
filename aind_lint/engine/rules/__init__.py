"""Rule files: their model, how they are found, loaded and described."""
