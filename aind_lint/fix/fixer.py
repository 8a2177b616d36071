"""The changes that fixers propose for an asset as they see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from aind_lint.asset.asset import Asset
from aind_lint.engine.rules.rule_loader import LoadedRule
from aind_lint.finding import Finding
from aind_lint.fix.encodings import DecodedFile
from aind_lint.fix.text_edits import TextEdit


@dataclass(frozen=True)
class FixRequest:
    """What a fixer gets: the asset, and the findings of one rule.

    Attributes:
        asset: The asset as it would be after the fixes so far.
        rule: The rule.
        findings: What the rule finds in the asset; at least one finding.
        encoding: The encoding that the user names for sidecars whose encoding nothing proves.
        note: Called with a sentence about what is not fixed although the user asked for it.
    """

    asset: Asset
    rule: LoadedRule
    findings: list[Finding]
    encoding: str | None
    note: Callable[[str], None]


@dataclass(frozen=True)
class EditText:
    """Edits the text of a sidecar.

    Attributes:
        key: The sidecar.
        edits: The edits; they do not overlap.
    """

    key: str
    edits: tuple[TextEdit, ...]


@dataclass(frozen=True)
class Encode:
    """Writes a sidecar again as UTF-8 without a byte order mark.

    Attributes:
        key: The sidecar.
        decoded: Its text and present encoding.
    """

    key: str
    decoded: DecodedFile


@dataclass(frozen=True)
class Rename:
    """Renames a file or folder of the asset.

    Attributes:
        key: Its present key.
        to: Its new key.
    """

    key: str
    to: str


@dataclass(frozen=True)
class MoveAway:
    """Moves a file or folder out of the asset.

    Attributes:
        key: Its key.
    """

    key: str


@dataclass(frozen=True)
class RenameAsset:
    """Renames the folder of the asset.

    Attributes:
        to: The new name.
    """

    to: str


Change = EditText | Encode | Rename | MoveAway | RenameAsset


@dataclass(frozen=True)
class Fix:
    """Changes that belong together: all of them are made, or none.

    Attributes:
        changes: The changes; at most one of the content of each file.
        file: The file of the findings that are fixed; None for the asset.
        found: The values of these findings; None if all findings of the rule in this file are fixed.
    """

    changes: tuple[Change, ...]
    file: str | None
    found: frozenset[str] | None = None


Fixer = Callable[[FixRequest], Iterator[Fix]]
