"""``aind-lint rules``: the list of rules."""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from aind_lint.cli.terminal import show
from aind_lint.engine.rules.rule import Rule
from aind_lint.engine.rules.rule_loader import load_rules

FAMILIES = {
    "NAM": "names",
    "SID": "presence and readability of sidecars",
    "SCH": "schema validity",
    "CON": "consistency across files",
    "LAY": "layout and file standards",
    "SEP": "separation of source and derived data",
    "IMM": "immutability of the bucket",
    "KEY": "object keys",
    "FMT": "contents of cloud formats",
    "RIG": "rig manifests",
    "CFG": "configuration",
}


@click.command("rules")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "markdown", "schema"]),
    default="text",
    show_default=True,
    help="Output format; schema prints the JSON Schema of rule files, for editors.",
)
@click.option(
    "--extend-rules",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder with additional rules. Repeatable.",
)
def command(format_: str, extend_rules: tuple[Path, ...]) -> None:
    """List every rule: id, severity, name, and whether it is mandatory; json and markdown also have the summary."""
    if format_ == "schema":
        from aind_lint.app.rule_schema import rule_schema

        show(json.dumps(rule_schema(), indent=1))
        return
    rules = sorted((bound.rule for bound in load_rules(extend_rules)), key=lambda rule: rule.id)
    render = {"text": _text, "json": _json, "markdown": _markdown}[format_]
    show(render(rules))


def _text(rules: list[Rule]) -> str:
    lines = []
    for family, members in groupby(rules, key=lambda rule: rule.family):
        lines += ["", click.style(f"{family}  {FAMILIES.get(family, '')}", bold=True)]
        for rule in members:
            severity = click.style(
                f"{rule.severity.value:<8}", fg={"error": "red", "warning": "yellow"}.get(rule.severity.value)
            )
            mandatory = " (mandatory)" if rule.mandatory else ""
            lines.append(f"  {rule.id}  {severity} {rule.name}{mandatory}")
    count = sum(rule.mandatory for rule in rules)
    footer = [
        f"{len(rules)} rules, {count} of them mandatory: publishing requires them, and nothing can silence them.",
        "'aind-lint explain RULE' describes a rule.",
    ]
    return "\n".join([*lines[1:], "", *footer])


def _json(rules: list[Rule]) -> str:
    return json.dumps([_description(rule) for rule in rules], indent=1)


def _description(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": rule.name,
        "severity": rule.severity.value,
        "mandatory": rule.mandatory,
        "since": rule.content["since"],
        "summary": rule.summary,
        "why": rule.why,
        "fix": rule.fix,
        "sources": [{"title": one["title"].strip(), "url": one.get("url")} for one in rule.content["sources"]],
        "requires": list(rule.requires),
    }


def _markdown(rules: list[Rule]) -> str:
    lines = ["| rule | name | severity | mandatory | summary |", "| --- | --- | --- | --- | --- |"]
    for rule in rules:
        summary = rule.summary.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
        mandatory = "yes" if rule.mandatory else ""
        lines.append(f"| {rule.id} | {rule.name} | {rule.severity.value} | {mandatory} | {summary} |")
    return "\n".join(lines)
