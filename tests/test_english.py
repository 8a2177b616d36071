"""Phrases that are always wrong do not occur in messages, docstrings, comments, rules, documentation and help."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest

from aind_lint.cli.main import COMMANDS, cli

ROOT = Path(__file__).resolve().parent.parent

#: The phrases as regular expressions, with the better wording.
PHRASES = {
    r"\bwhoever\b": "name the person or program: the user, the bucket owner, the caller",
    r"\b(no|some)body\b": "name the person or program, or write: no one can, cannot",
    r"\bmeddl\w*": "modified by another program",
    r"\bmend(s|ed|ing)?\b": "fix, correct",
    r"\bhears?\b": "receives, blocks KeyboardInterrupt",
    r"\bsays of\b": "says about, reports",
    r"\bof which (an?|the|some|it)\b": "whose, or two sentences",
    r"\bstands? in the way\b": "blocks, prevents",
    r"\bwill do\b": "is enough, is valid, works",
}

#: The parts of the project with texts: files, and folders with everything in them.
PARTS = (
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "RELEASING.md",
    "SECURITY.md",
    "action.yml",
    ".pre-commit-hooks.yaml",
    ".github",
    "aind_lint",
    "benchmarks",
    "docs",
    "rules",
    "scripts",
    "tests",
)

_SUFFIXES = {".md", ".ps1", ".py", ".service", ".sh", ".yaml", ".yml"}


def texts_of(path: Path) -> str:
    """The text of a file, of Python only strings and comments, with line breaks replaced by spaces."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        text = "\n".join(_strings_and_comments(text))
    return " ".join(text.split())


def _strings_and_comments(source: str) -> Iterator[str]:
    # From Python 3.12 on, the literal parts of an f-string are tokens of their own.
    kinds = {tokenize.STRING, tokenize.COMMENT, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in kinds:
            yield token.string.lstrip("#: ")


def files_in(part: str) -> list[Path]:
    """The file, or the files in the folder that have texts."""
    path = ROOT / part
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.suffix in _SUFFIXES)
    return [file for file in files if file != Path(__file__).resolve()]  # it quotes the phrases


def found_phrases(text: str) -> list[str]:
    """The wrong phrases in a text, each with its surroundings and the better wording."""
    return [
        f"'…{text[max(0, match.start() - 40) : match.end() + 20]}…' (write: {better})"
        for phrase, better in PHRASES.items()
        for match in re.finditer(phrase, text, re.IGNORECASE)
    ]


def help_texts(command: click.Command, path: str) -> Iterator[tuple[str, str]]:
    """The help of a command and of its subcommands."""
    # click keeps the help option that it makes first, so it must be the one of the command line.
    context = click.Context(command, info_name=path, help_option_names=["-h", "--help"])
    yield path, " ".join(command.get_help(context).split())
    if isinstance(command, click.Group) and command is not cli:
        for name, sub in command.commands.items():
            yield from help_texts(sub, f"{path} {name}")


@pytest.mark.parametrize("part", PARTS)
def test_no_wrong_phrase(part: str) -> None:
    files = files_in(part)
    assert files, f"{part} has no files"
    assert [f"{file.relative_to(ROOT)}: {one}" for file in files for one in found_phrases(texts_of(file))] == []


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_no_wrong_phrase_in_help(name: str) -> None:
    command = import_module(f"aind_lint.cli.commands.{name.replace('-', '_')}").command if name else cli
    texts = help_texts(command, f"aind-lint {name}".strip())
    assert [f"{path} --help: {one}" for path, text in texts for one in found_phrases(text)] == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('message = "Mend it."', 1),
        ("def mend(): pass", 0),
        ("# This will\n# do.", 1),
        ('"""The rules, of\n    which some are new."""', 1),
        ('"options, one of which must match"', 0),
        ("# Nobody reads it.", 1),
        ('"recommended, amended"', 0),
        ('f"{name} will do"', 1),
    ],
)
def test_phrases_are_found(source: str, found: int, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(source, encoding="utf-8")
    assert len(found_phrases(texts_of(tmp_path / "module.py"))) == found
