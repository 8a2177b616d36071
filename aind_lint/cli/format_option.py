"""``--format FORMAT[=FILE]``, which can be repeated: which report goes where."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from aind_lint.errors import UsageError


def parse_formats(
    specs: Sequence[str], known: Collection[str], output: Path | None = None
) -> list[tuple[str, Path | None]]:
    """The formats with their files; None is standard output. Without any, it is the text format.

    Args:
        specs: The values of the option.
        known: The formats that there are.
        output: Where a format without a file goes.

    Raises:
        UsageError: A format is unknown, two have one target, or a file is in a folder that does not exist.
    """
    targets: list[tuple[str, Path | None]] = []
    for spec in specs or ("text",):
        format_, _, path = spec.partition("=")
        if format_ not in known:
            from aind_lint.text.suggestions import closest

            similar = closest(format_, known)
            hint = f"did you mean '{similar}'?" if similar else f"choose one of {', '.join(known)}"
            raise UsageError(f"there is no format '{format_}'; {hint}")
        if spec.endswith("="):
            raise UsageError(f"'{spec}' names no file")
        targets.append((format_, Path(path) if path else output))
    files = [file for _, file in targets]
    for file in files:
        if files.count(file) > 1:
            hint = "give each other format a file, such as --format json=report.json"
            raise UsageError(f"only one format can be written to {file or 'standard output'}; {hint}")
        if file and not file.absolute().parent.is_dir():
            raise UsageError(f"cannot write {file}: the folder {file.parent} does not exist")
    return targets
