"""Verbs of the family LAY: folders and file standards."""
