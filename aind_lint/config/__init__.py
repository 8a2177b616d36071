"""What a user configures: its keys, the file it stands in, and what is refused."""
