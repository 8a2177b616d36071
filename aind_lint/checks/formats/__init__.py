"""Verbs of the family FMT: inside the formats. Each reports one kind of problem of one format."""
