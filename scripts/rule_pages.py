"""Generate a page of the documentation for every rule, and the shown examples of `aind-lint explain`.

Both are made from the rule files, and the output by running the rules on their examples.

Usage: ``python scripts/rule_pages.py``, after a rule is added or changed; a test fails if the pages are out of date.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from aind_lint.app.rule_examples.showing import show_examples
from aind_lint.app.rule_examples.shown_example import FILE_NAME, Change, ShownExample, to_json
from aind_lint.cli.commands.rules import FAMILIES
from aind_lint.engine.rules.rule_catalog import rule_files
from aind_lint.engine.rules.rule_file import read_rule_file
from aind_lint.engine.rules.rule_loader import load_rules
from aind_lint.engine.rules.rule_text import conditions, severities
from aind_lint.report.formats.text import finding_lines, fix_line
from aind_lint.text.sanitize import sanitize
from aind_lint.text.wrap import wrap

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "rules"

#: Columns of the output of a rule: a page shows so many without a scroll bar.
_WIDTH = 84

_INDEX = """# Rules

Every convention that aind-lint checks is a rule. Its page shows what the rule demands, why it matters, an example that
fails, how to fix it, which assets it applies to, and its sources. `aind-lint explain CON103` shows the same in a
terminal. The pages are generated from the rule files. The examples in the rule files are also the tests of the rules.

**Mandatory** rules ({mandatory} of {count}) must be checked before an asset is published. Suppressions and baselines do
not apply to them. `aind-lint check --ignore` can leave them out of a check; `aind-lint publish` ignores every selection
of rules. An error of any rule blocks publishing.
"""

_HEADER = "| rule | what it demands | severity |\n| --- | --- | --- |"


def generated() -> dict[Path, str]:
    """The text of every generated file: the pages, and the shown examples of every folder of rules."""
    files = rule_files()
    rules = {path: read_rule_file(path) for path in files}
    loaded = load_rules()
    by_id = {rule.id: rule for rule in loaded}
    shown = {path: show_examples(by_id[rules[path]["id"]], loaded, path) for path in files}
    made = {FOLDER / "index.md": _index(list(rules.values()))}
    made |= {FOLDER / f"{rules[path]['id']}.md": _page(rules[path], shown[path]) for path in files}
    for folder in {path.parent for path in files}:
        own = {rules[path]["id"]: shown[path] for path in files if path.parent == folder}
        made[folder / FILE_NAME] = _stored(own)
    return made


def _stored(examples: dict[str, list[ShownExample]]) -> str:
    """Shown examples as JSON, with one example in a line."""
    rules = []
    for rule, shown in examples.items():
        lines = ",\n".join(f"  {json.dumps(to_json(example), ensure_ascii=False)}" for example in shown)
        rules.append(f"{json.dumps(rule)}: [\n{lines}\n ]")
    return "{" + ",\n ".join(rules) + "}\n"


def _index(rules: list[dict[str, Any]]) -> str:
    lines = [_INDEX.format(mandatory=sum(rule.get("mandatory", False) for rule in rules), count=len(rules))]
    for family, what in FAMILIES.items():
        own = [rule for rule in rules if rule["id"].startswith(family)]
        if own:
            lines += [f"## {family}: {what}\n", _HEADER]
            lines += [_row(rule) for rule in own]
            lines.append("")
    return "\n".join(lines)


def _row(rule: dict[str, Any]) -> str:
    demand = _prose(rule["summary"]).replace("|", "\\|")
    severity = f"{rule['severity']}, mandatory" if rule.get("mandatory") else rule["severity"]
    return f"| [{rule['id']}]({rule['id']}.md) {rule['name']} | {demand} | {severity} |"


def _page(rule: dict[str, Any], examples: list[ShownExample]) -> str:
    severity, *milder = severities(rule)
    facts = [f"**{severity}**", *milder]
    if "fixable" in rule:
        facts.append("fixable")
    if rule.get("mandatory"):
        facts.append("mandatory: publishing requires that this rule was checked, and nothing can silence it")
    applies = f"Applies when {conditions(rule['when'])}." if "when" in rule else "Applies to every asset."
    if rule.get("requires"):
        others = ", ".join(f"[{other}]({other}.md)" for other in rule["requires"])
        applies += f" Not run while one of these finds an error: {others}."
    failing, passing = (
        ["\n\n".join(_example(example)) for example in examples if example.verdict in verdicts]
        for verdicts in (["fails"], ["passes", "is not checked"])
    )
    sections = {
        "What it demands": _prose(rule["summary"]),
        "Why it matters": _prose(rule["why"]),
        "Example": "\n\n".join(failing),
        "How to fix it": "\n\n".join([_prose(rule["fix"]), *_fixable(rule), *passing]),
        "When it applies": applies,
        "Sources": "\n".join(f"- {_source(source)}" for source in rule["sources"]),
    }
    head = f"# {rule['id']} {rule['name']}\n\n{'; '.join(facts)} · since {rule['since']}"
    return "\n\n".join([head, *(f"## {title}\n\n{text}" for title, text in sections.items())]) + "\n"


def _example(example: ShownExample) -> Iterator[str]:
    verdict = {"passes": "Passes", "fails": "Fails", "is not checked": "Cannot be checked"}[example.verdict]
    yield f"**{verdict}**: {_prose(example.name)} ({example.asset})."
    for change in example.changes:
        yield from _change(change, example.verdict == "fails")
    output = [
        line for finding in example.findings for line in (*finding_lines(finding, _WIDTH), fix_line(finding, _WIDTH))
    ]
    output += [wrap(f"not checked: {sanitize(reason)}", _WIDTH, 4) for reason in example.not_checked]
    if output:
        yield "Output:"
        yield _block("text", [click.unstyle(line) for line in output])


def _change(change: Change, has_two_sides: bool) -> Iterator[str]:
    language = "json" if change.part.endswith(".json") else "text"
    sides = [("Before", change.before), ("After", change.after)] if has_two_sides else [("", change.after)]
    for title, lines in sides:
        yield f"{title}, `{change.part}`:" if title else f"`{change.part}`:"
        yield _block(language, [sanitize(line) for line in lines]) if lines else "(none)"


def _fixable(rule: dict[str, Any]) -> list[str]:
    """What ``aind-lint fix`` does."""
    if "fixable" not in rule:
        return []
    return [f"**Fixable** with [`aind-lint fix`](../fix.md): {_lower(_prose(rule['fixable']['summary']))}"]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _source(source: dict[str, str]) -> str:
    title = _prose(source["title"])
    return f"[{title}]({source['url']})" if source.get("url") else title


def _block(language: str, lines: list[str]) -> str:
    return "\n".join([f"```{language}", *lines, "```"])


def _prose(text: str) -> str:
    """Escape the text of a rule for Markdown."""
    return re.sub(r"([\\*_`\[\]{}])", r"\\\1", html.escape(text, quote=False))


def write() -> None:
    """Write all generated files, and remove the pages of rules that no longer exist."""
    FOLDER.mkdir(exist_ok=True)
    made = generated()
    for page in FOLDER.glob("*.md"):
        if page not in made:
            page.unlink()
    for path, text in made.items():
        path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write()
