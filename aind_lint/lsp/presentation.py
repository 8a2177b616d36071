"""Findings as diagnostics, hover texts and code actions of the protocol."""

from __future__ import annotations

from lsprotocol import types

from aind_lint.lsp.open_document import OpenDocument, Shown
from aind_lint.lsp.positions import Range
from aind_lint.report.formats.markdown import escape_markdown
from aind_lint.text.sanitize import sanitize

_RULES = "https://allenneuraldynamics.github.io/aind-lint/rules/"
_SEVERITIES = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "info": types.DiagnosticSeverity.Information,
}


def to_range(places: Range) -> types.Range:
    """A range of the protocol."""
    (line, character), (end_line, end_character) = places
    return types.Range(types.Position(line, character), types.Position(end_line, end_character))


def diagnostic(shown: Shown) -> types.Diagnostic:
    """The diagnostic of a finding."""
    return types.Diagnostic(
        range=to_range(shown["range"]),
        message=sanitize(shown["message"]),
        severity=_SEVERITIES[shown["severity"]],
        code=shown["rule"] or None,
        code_description=types.CodeDescription(rule_page(shown["rule"])) if shown["rule"] else None,
        source="aind-lint",
    )


def rule_page(rule: str) -> str:
    """The address of the page of a rule."""
    return f"{_RULES}{rule}/"


def hover_text(shown: Shown) -> str:
    """What is wrong, why it matters and how to fix it, as Markdown."""
    if not shown["rule"]:
        return _text(shown["message"])  # what was not checked
    title = f"**{shown['rule']} {shown['name']}**: {_text(shown['message'])}"
    parts = [title, _text(shown["why"]), f"**Fix:** {_text(shown['fix'])}" if shown["fix"] else ""]
    return "\n\n".join(part for part in (*parts, f"[Rule {shown['rule']}]({rule_page(shown['rule'])})") if part)


def code_action(shown: Shown, document: OpenDocument, versioned: bool) -> types.CodeAction | None:
    """The edits of ``aind-lint fix`` for a finding, if all of them are edits of this file's text.

    Args:
        shown: The finding.
        document: The file.
        versioned: Whether the editor takes edits for one version of a text.
    """
    edits, ranges = shown.get("edits", []), shown["edit_ranges"]
    if not edits or None in ranges or any(edit["file"] != document.path.name for edit in edits):
        return None
    text_edits = [types.TextEdit(to_range(places), edit["text"]) for places, edit in zip(ranges, edits, strict=True)]
    identifier = types.OptionalVersionedTextDocumentIdentifier(document.uri, document.version)
    return types.CodeAction(
        title=f"Fix {shown['rule']}: {sanitize(shown['fix'])}",
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[diagnostic(shown)],
        edit=types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(identifier, [*text_edits])])
        if versioned
        else types.WorkspaceEdit(changes={document.uri: text_edits}),
    )


def _text(text: str) -> str:
    return escape_markdown(sanitize(text))
