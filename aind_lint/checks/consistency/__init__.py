"""Verbs of the family CON: do several files state the same facts?"""
