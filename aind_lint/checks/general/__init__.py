"""Verbs that rules of several families use."""
