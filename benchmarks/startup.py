"""How quickly the light commands start, against the import of click alone."""

from __future__ import annotations

import sys

from paired_timing import AIND_LINT, median_ratio

PEER = [sys.executable, "-c", "import click"]
COMMANDS = {
    "name, valid": ["name", "ecephys_123456_2022-12-12_05-06-07"],
    "name, wrong": ["name", "ecephys_123456_2022-13-12_05-06-07"],
    "--help": ["--help"],
    "explain": ["explain", "CON103"],
}

for label, arguments in COMMANDS.items():
    print(f"{label:<12} {median_ratio([AIND_LINT, *arguments], PEER, 15):.2f} x python -c 'import click'")
