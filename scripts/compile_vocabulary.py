"""Write ``rules/vocabulary.json``, which the program reads because YAML takes 15 ms to load at every start.

Usage: ``python scripts/compile_vocabulary.py``, after a change of ``rules/vocabulary.yaml``; a test fails if that was
forgotten.
"""

from __future__ import annotations

import json
from pathlib import Path

import yaml

FOLDER = Path(__file__).resolve().parent.parent / "rules"


def compiled() -> str:
    """The text of the compiled file."""
    vocabulary = yaml.safe_load((FOLDER / "vocabulary.yaml").read_text(encoding="utf-8"))
    return json.dumps(vocabulary, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    (FOLDER / "vocabulary.json").write_text(compiled(), encoding="utf-8", newline="\n")
