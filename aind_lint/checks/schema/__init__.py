"""Verbs of the family SCH: is a sidecar valid for the version it declares?"""
