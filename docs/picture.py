"""Makes ``docs/terminal.svg`` from what the commands really print: ``python docs/picture.py`` (needs rich)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from aind_lint.examples.bases import base_tree

#: A phone shows so many columns in letters that can be read.
COLUMNS = 58


def run(folder: Path, *arguments: str) -> str:
    """What a command prints in color."""
    own = {"AIND_LINT_COLUMNS": str(COLUMNS), "FORCE_COLOR": "1", "AIND_LINT_STATE_DIR": str(folder / "state")}
    environment = {**os.environ, **own}
    command = [sys.executable, "-m", "aind_lint", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, encoding="utf-8")
    return f"\x1b[36m$ aind-lint {' '.join(arguments)}\x1b[0m\n{done.stdout}\n".replace(str(folder), "/data")


def main() -> None:
    """Run check on an asset with one error, and publish a good one."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        good, broken = base_tree("raw-2x"), base_tree("raw-2x")
        good.write(folder / "good")
        subject = broken.files["subject.json"]
        assert isinstance(subject, bytes)
        broken.files["subject.json"] = subject.replace(b'"123456"', b'"654321"')
        broken.write(folder)
        shown = run(folder, "check", broken.name)
        (folder / broken.name).rename(folder / "broken")
        (folder / "good" / good.name).rename(folder / good.name)
        (folder / "bucket").mkdir()
        shown += run(folder, "publish", good.name, "--to", "bucket", "--yes")
    console = Console(record=True, width=COLUMNS, file=open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123
    console.print(Text.from_ansi(shown.rstrip()), soft_wrap=False)
    svg = console.export_svg(title="aind-lint", theme=MONOKAI)
    # The picture must show offline: no font is fetched.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = svg.replace("<svg ", '<svg xml:space="preserve" ', 1)
    Path(__file__).with_name("terminal.svg").write_text(svg, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
