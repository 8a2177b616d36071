"""``aind-lint name``: what the parts of a name are."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from aind_lint.asset.naming.asset_name import AssetName, NameProblem
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.cli.terminal import show
from aind_lint.finding import Finding, Severity
from aind_lint.report.json_document import finding_json, to_json_text
from aind_lint.text.sanitize import sanitize

_PARTS = ("form", "prefix", "subject_id", "acquired", "source", "label", "processed", "project", "analysis")


@click.command("name", short_help="Say what the parts of an asset's name are.")
@click.argument("name")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(name: str, format_: str) -> int:
    """Read NAME as the name of an asset and say what each part is.

    Exits with 0 when the name is valid and with 1 when it is not. Metadata decides what a name alone cannot; 'check'
    takes it into account.
    """
    parsed = parse_name(name)
    problems = [_finding(problem) for problem in parsed.problems]
    valid = not any(problem["severity"] == "error" for problem in problems)
    content = {
        "name": name,
        "valid": valid,
        **{part: _plain(getattr(parsed, part)) for part in _PARTS},
        "problems": problems,
    }
    show(to_json_text(content) if format_ == "json" else _text(parsed, content))
    return 0 if valid else 1


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _finding(problem: NameProblem) -> dict[str, Any]:
    """The finding that the rule for a problem makes of it."""
    # Only a wrong name needs the rules, and with them YAML.
    from aind_lint.engine.rules.rule_catalog import rules_root
    from aind_lint.engine.rules.rule_file import read_rule_file

    for path in sorted((rules_root() / "naming").glob("*.yaml")):
        rule = read_rule_file(path)
        if rule["check"] == "name_grammar" and rule["with"]["problem"] == problem.code:
            fix = f"Rename the folder to {problem.suggestion}" if problem.suggestion else rule["fix"]
            finding = Finding(
                rule=rule["id"],
                name=rule["name"],
                severity=Severity(rule["severity"]),
                message=problem.message,
                found=problem.found,
                expected=problem.expected,
                why=rule["why"],
                fix=fix,
            )
            return finding_json(finding)
    raise AssertionError(f"no rule finds {problem.code}")


def _text(parsed: AssetName, content: dict[str, Any]) -> str:
    lines = [click.style(sanitize(parsed.text), bold=True)]
    lines += [f"  {part.replace('_', ' '):<11} {sanitize(str(content[part]))}" for part in _PARTS if content[part]]
    for problem in content["problems"]:
        colour = "red" if problem["severity"] == "error" else "yellow"
        label = click.style(f"{problem['severity']}[{problem['rule']}]", fg=colour, bold=True)
        lines += [f"{label} {problem['name']}: {sanitize(problem['message'])}", f"   = fix: {sanitize(problem['fix'])}"]
    if not content["problems"]:
        lines.append(click.style("  a valid name", fg="green"))
    return "\n".join(lines)
