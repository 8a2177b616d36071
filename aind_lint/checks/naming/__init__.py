"""Verbs of the family NAM: the name of the asset."""
