"""Verbs of the family CFG: suppressions and baselines."""
