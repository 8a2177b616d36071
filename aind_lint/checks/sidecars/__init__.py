"""Verbs of the family SID: are the required sidecars present and readable?"""
