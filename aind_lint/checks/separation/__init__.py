"""Verbs of the family SEP: source and derived data stay apart."""
