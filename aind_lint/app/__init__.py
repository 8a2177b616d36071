"""Use cases: what a command of the command line, or a Python program, calls."""
