"""``python -m aind_lint``."""

from aind_lint.cli import main

main()
