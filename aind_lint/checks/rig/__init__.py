"""Verbs of the family RIG: upload manifests of acquisition rigs."""
