"""Verbs of the family IMM: what does the destination already contain?"""
