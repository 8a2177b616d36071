"""A file that is open in the editor, with the findings that are shown in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aind_lint.lsp.messages import CheckReply

Shown = dict[str, Any]


@dataclass
class OpenDocument:
    """An open file.

    Attributes:
        uri: Its address in the editor.
        path: Its path.
        owner: The folder of its asset, or the file itself.
        text: Its text, saved or not.
        version: The version of the text, as the editor counts.
        number: The number of the latest request for this text.
        findings: The findings that are shown, as `aind_lint.lsp.document_checker` gives them.
    """

    uri: str
    path: Path
    owner: Path
    text: str
    version: int
    number: int = 0
    findings: list[Shown] = field(default_factory=list)

    def change(self, text: str, version: int) -> bool:
        """Take a new text, and drop the findings at and below the first change: their lines may have moved.

        Returns:
            Whether findings were dropped.
        """
        before = self.text[: _common_length(self.text, text)]
        first = before.count("\n") + before.count("\r") - before.count("\r\n")
        kept = [shown for shown in self.findings if shown["line"] is None or shown["range"][1][0] < first]
        dropped = len(kept) < len(self.findings)
        self.text, self.version, self.findings = text, version, kept
        return dropped

    def apply(self, reply: CheckReply) -> None:
        """Replace the findings of the rules that a stage has run."""
        found = reply.findings.get(str(self.path), [])
        rules = None if reply.rules is None else set(reply.rules)
        kept = [shown for shown in self.findings if rules is not None and shown["rule"] not in rules]
        self.findings = sorted([*kept, *found], key=lambda shown: shown["range"])


def _common_length(left: str, right: str) -> int:
    """The length of the common beginning of two texts."""
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
