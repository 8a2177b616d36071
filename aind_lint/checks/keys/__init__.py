"""Verbs of the family KEY: object keys, junk and secrets."""
