"""Where the data files of the package are. Without pathlib, which takes 5 ms to import, for the quickest commands."""

from __future__ import annotations

import os.path
from functools import cache

_PACKAGE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))


@cache
def rules_folder() -> str:
    """The folder of the rule files and the vocabulary: inside the package if installed, beside it in a checkout."""
    installed = os.path.join(_PACKAGE, "_rules")
    return installed if os.path.isdir(installed) else os.path.join(os.path.dirname(_PACKAGE), "rules")


def read_rules_file(name: str) -> bytes:
    """The content of a file in `rules_folder`."""
    with open(os.path.join(rules_folder(), name), "rb") as file:
        return file.read()
