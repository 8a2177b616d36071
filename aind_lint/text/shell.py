"""Arguments of commands that a person is asked to run."""

from __future__ import annotations

import os
import re
import shlex


def shell_argument(text: str) -> str:
    """A path or name as an argument for the shell of this system.

    On Windows with quotation marks that PowerShell and cmd both understand.
    """
    if os.name != "nt":
        return shlex.quote(text)
    return text if re.fullmatch(r"[\w:./\\+@=~-]+", text) else f'"{text}"'
