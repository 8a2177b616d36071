"""``aind-lint explain``: what a rule requires, why, and how to fix a violation."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aind_lint.cli.shell_completion import complete_rules
from aind_lint.cli.terminal import show
from aind_lint.engine.rules.rule_catalog import rule_files, split_file_name
from aind_lint.engine.rules.rule_file import read_rule_file
from aind_lint.engine.rules.rule_text import conditions, edits, severities, verdict
from aind_lint.errors import UsageError

if TYPE_CHECKING:
    from aind_lint.audit.audit_rules import AuditRule


@click.command("explain")
@click.argument("rule", shell_complete=complete_rules)
@click.option(
    "--extend-rules",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder with additional rules. Repeatable.",
)
def command(rule: str, extend_rules: tuple[Path, ...]) -> None:
    """Explain RULE, given by its id (CON103) or its name (subject-mismatch)."""
    from aind_lint.audit.audit_rules import RULES

    audit_rule = next((one for one in RULES if rule.lower() in (one.id.lower(), one.name)), None)
    show(_explain_audit_rule(audit_rule) if audit_rule else _explain(read_rule_file(_find(rule, extend_rules))))


def _explain_audit_rule(rule: AuditRule) -> str:
    """A rule about the bucket as a whole, which only ``aind-lint audit`` checks."""
    title = click.style(f"{rule.id} {rule.name}", bold=True)
    facts = click.style(f"{rule.severity}; checked by 'aind-lint audit'", dim=True)
    return "\n\n".join([f"{title}  {facts}", _section("Why", rule.why), _section("How to fix", rule.fix)])


def _find(word: str, extra: tuple[Path, ...]) -> Path:
    known: dict[str, Path] = {}
    for path in rule_files(extra):
        id_, name = split_file_name(path)
        known |= {id_: path, name: path}
    for spelling in (word, word.upper(), word.lower()):
        if spelling in known:
            return known[spelling]
    from aind_lint.text.suggestions import closest

    similar = closest(word, known)
    hint = f"did you mean {similar}?" if similar else "'aind-lint rules' lists all rules"
    raise UsageError(f"there is no rule '{word}'; {hint}")


def _explain(rule: dict[str, Any]) -> str:
    title = click.style(f"{rule['id']} {rule['name']}", bold=True)
    severity, *exceptions = severities(rule)
    facts = [
        severity,
        *(["mandatory: publishing requires it, and nothing can silence it"] if rule.get("mandatory") else []),
        *exceptions,
    ]
    blocks = [f"{title}  {click.style('; '.join(facts), dim=True)}", _wrap(rule["summary"])]
    blocks.append(_section("Why", rule["why"]))
    blocks.append(_section("How to fix", rule["fix"]))
    if "fixable" in rule:
        blocks.append(_section("aind-lint fix", rule["fixable"]["summary"]))
    if "when" in rule:
        blocks.append(_section("Applies when", conditions(rule["when"])))
    if rule.get("requires"):
        blocks.append(_section("Requires", ", ".join(rule["requires"])))
    blocks.append(_sources(rule["sources"]))
    blocks += [_example(example) for example in rule["examples"]]
    return "\n\n".join(blocks)


def _section(title: str, text: str) -> str:
    return f"{click.style(title, bold=True)}\n{_wrap(text, '  ')}"


def _sources(sources: list[dict[str, str]]) -> str:
    lines = [click.style("Sources", bold=True)]
    for source in sources:
        lines.append(_wrap(source["title"], "  "))
        if url := source.get("url"):
            lines.append(f"    {url}")
    return "\n".join(lines)


def _wrap(text: str, indent: str = "") -> str:
    return textwrap.fill(text, 96, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def _example(example: dict[str, Any]) -> str:
    result, lines = verdict(example), edits(example)
    color = "red" if result == "fails" else "green"
    head = f"{click.style('Example that ' + result, fg=color)}: {example['name']}"
    body = f"  the example asset {example['base']}" + (", edited:" if lines else "")
    return "\n".join([head, body, *(f"    {line}" for line in lines)])
