"""``aind-lint name``: the parts of an asset name."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from aind_lint.asset.naming.asset_name import AssetName, NameProblem
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.asset.naming.vocabulary import VOCABULARY
from aind_lint.cli.options import config_option
from aind_lint.cli.terminal import show
from aind_lint.config.config_file import find_settings, read_settings
from aind_lint.finding import Finding, Severity
from aind_lint.report.json_document import finding_json, to_json_text
from aind_lint.text.sanitize import sanitize

_NOTE = (
    "If data_description.json says that the asset is derived from several sources, this is the name of an aggregate: "
    "<label>_<date>_<time> or <project>_<analysis>_<date>_<time>."
)
_PARTS = ("form", "prefix", "subject_id", "acquired", "source", "label", "processed", "project", "analysis")


@click.command("name")
@click.argument("name")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@config_option
def command(name: str, format_: str, config: Path | None) -> int:
    """Show the parts of NAME, the name of an asset.

    The words of [vocabulary] in the configuration of the current folder are known, too. The exit code is 0 for a valid
    name and 1 for an invalid one. Some names are ambiguous without the metadata; 'aind-lint check' uses the metadata,
    too.
    """
    settings = read_settings(config) if config else find_settings(["."])
    parsed = parse_name(name, vocabulary=settings.vocabulary.extend() if settings.vocabulary else VOCABULARY)
    problems = [_finding(problem) for problem in parsed.problems]
    valid = not any(problem["severity"] == "error" for problem in problems)
    note = _NOTE if _can_be_aggregate(parsed) else None
    content = {
        "name": name,
        "valid": valid,
        **{part: _json_value(getattr(parsed, part)) for part in _PARTS},
        "problems": problems,
        "note": note,
    }
    show(to_json_text(content) if format_ == "json" else _text(parsed, content))
    return 0 if valid else 1


def _can_be_aggregate(parsed: AssetName) -> bool:
    """Whether the name is also that of an aggregate, which only the metadata can decide."""
    return parsed.form == "raw" and not (parsed.subject_id or "0").replace("-", "").isdigit()


def _json_value(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _finding(problem: NameProblem) -> dict[str, Any]:
    """The finding of the rule for this problem."""
    # Imported here: only an invalid name needs the rules and YAML.
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
    raise AssertionError(f"no rule for {problem.code}")


def _text(parsed: AssetName, content: dict[str, Any]) -> str:
    lines = [click.style(sanitize(parsed.text), bold=True)]
    lines += [f"  {part.replace('_', ' '):<11} {sanitize(str(content[part]))}" for part in _PARTS if content[part]]
    for problem in content["problems"]:
        color = "red" if problem["severity"] == "error" else "yellow"
        label = click.style(f"{problem['severity']}[{problem['rule']}]", fg=color, bold=True)
        lines += [f"{label} {problem['name']}: {sanitize(problem['message'])}", f"   = fix: {sanitize(problem['fix'])}"]
    if not content["problems"]:
        lines.append(click.style("  a valid name", fg="green"))
    if content["note"]:
        lines.append(f"note: {content['note']}")
    return "\n".join(lines)
