"""``aind-lint explain``: what a rule requires, why, and how to fix a violation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aind_lint.app.rule_examples.shown_example import Change, ShownExample, read_shown_examples
from aind_lint.cli.shell_completion import complete_rules
from aind_lint.cli.terminal import show, text_width
from aind_lint.engine.rules.rule_catalog import rule_files, split_file_name
from aind_lint.engine.rules.rule_file import read_rule_file
from aind_lint.engine.rules.rule_text import conditions, severities
from aind_lint.errors import UsageError
from aind_lint.report.formats.text import finding_lines, fix_line
from aind_lint.text.sanitize import sanitize
from aind_lint.text.wrap import wrap

if TYPE_CHECKING:
    from aind_lint.audit.audit_rules import AuditRule

#: Columns of prose in a wide terminal, in a pipe and in a file.
_WIDTH = 96


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
    if audit_rule:
        show(_explain_audit_rule(audit_rule))
        return
    path = _find(rule, extend_rules)
    content = read_rule_file(path)
    examples = read_shown_examples(path, content)
    show(_explain(content, _run_examples(content, path, extend_rules) if examples is None else examples))


def _run_examples(content: dict[str, Any], path: Path, extra: tuple[Path, ...]) -> list[ShownExample]:
    """The examples of a rule whose output is not stored: a user's own, or one that is being written."""
    from aind_lint.app.rule_examples.showing import show_examples
    from aind_lint.engine.rules.rule_loader import load_rules

    rules = load_rules(extra)
    return show_examples(next(rule for rule in rules if rule.id == content["id"]), rules, path)


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


def _explain(rule: dict[str, Any], examples: list[ShownExample]) -> str:
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
    blocks += ["\n".join(_example_lines(example)) for example in examples]
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
    return wrap(indent + text, _width(), len(indent))


def _width() -> int:
    return min(_WIDTH, text_width() or _WIDTH)


def _example_lines(example: ShownExample) -> Iterator[str]:
    color = {"passes": "green", "fails": "red"}.get(example.verdict, "yellow")
    head = click.style(f"Example that {example.verdict}", fg=color, bold=True)
    yield _wrap(f"{head}: {sanitize(example.name)} ({example.asset})")
    for change in example.changes:
        yield from _change_lines(change, example.verdict == "fails")
    if example.findings:
        yield f"  {click.style('Output', bold=True)}"
    for finding in example.findings:
        for block in (*finding_lines(finding, _width() - 4), fix_line(finding, _width() - 4)):
            yield from (f"    {line}" for line in block.split("\n"))
    for reason in example.not_checked:
        yield _wrap(f"    not checked: {sanitize(reason)}")


def _change_lines(change: Change, has_two_sides: bool) -> Iterator[str]:
    """The part of an asset in an example that fails, and in an asset that passes."""
    sides = (("Before, ", change.before), ("After, ", change.after)) if has_two_sides else (("", change.after),)
    for title, lines in sides:
        yield f"  {click.style(title + sanitize(change.part), bold=True)}"
        yield from (f"    {sanitize(line)}" for line in lines or ("(none)",))
