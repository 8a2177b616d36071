"""The configuration: its keys and types, and the file that contains it."""
