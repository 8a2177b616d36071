"""Rules: what they are, where they come from, which apply, and how they are run."""
