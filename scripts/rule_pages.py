"""Generate a page of the documentation for every rule, from the rule files and their examples.

Usage: ``python scripts/rule_pages.py``, after a rule is added or changed; a test fails if the pages are out of date.
"""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

from aind_lint.cli.commands.rules import FAMILIES
from aind_lint.engine.rules.rule_catalog import rule_files
from aind_lint.engine.rules.rule_file import read_rule_file
from aind_lint.engine.rules.rule_loader import LoadedRule, load_rules
from aind_lint.engine.rules.rule_text import conditions, edits, severities, verdict
from aind_lint.finding import Finding
from aind_lint.text.sanitize import sanitize
from tests.examples.run import examples_of, run_example

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "rules"

_INDEX = """# Rules

Every convention that aind-lint checks is a rule. Its page shows what the rule demands, why it matters, an example that
fails, how to fix it, which assets it applies to, and its sources. `aind-lint explain CON103` shows the same in a
terminal. The pages are generated from the rule files. The examples in the rule files are also the tests of the rules.

**Mandatory** rules ({mandatory} of {count}) must be checked before an asset is published. Suppressions and baselines do
not apply to them. `aind-lint check --ignore` can leave them out of a check; `aind-lint publish` ignores every selection
of rules. An error of any rule blocks publishing.
"""

_HEADER = "| rule | name | severity | mandatory | demand |\n| --- | --- | --- | --- | --- |"


def pages() -> dict[str, str]:
    """The text of every page, by file name."""
    bound = {one.id: one for one in load_rules()}
    rules = [read_rule_file(path) for path in rule_files()]
    made = {f"{rule['id']}.md": _page(rule, bound[rule["id"]], list(bound.values())) for rule in rules}
    return {"index.md": _index(rules), **made}


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
    mandatory = "yes" if rule.get("mandatory") else ""
    return f"| [{rule['id']}]({rule['id']}.md) | {rule['name']} | {rule['severity']} | {mandatory} | {demand} |"


def _page(rule: dict[str, Any], bound: LoadedRule, rules: list[LoadedRule]) -> str:
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
        [
            _example(example, bound, rules, index)
            for index, example in enumerate(rule["examples"])
            if verdict(example) in verdicts
        ]
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


def _example(example: dict[str, Any], bound: LoadedRule, rules: list[LoadedRule], index: int) -> str:
    lines = edits(example)
    outcome = {"passes": "Passes", "fails": "Fails", "is not checked": "Cannot be checked"}[verdict(example)]
    text = f"{outcome}: {_prose(example['name'])}. The example asset `{example['base']}`"
    text += f", edited:\n\n{_block('yaml', lines)}" if lines else "."
    findings = run_example(bound, rules, examples_of(bound)[index]).findings
    if findings:
        text += f"\n\nFindings:\n\n{_block('text', [_finding(finding) for finding in findings])}"
    return text


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


def _finding(finding: Finding) -> str:
    place = finding.location
    where = "".join(
        [
            place.file or "the asset",
            f":{place.line}" if place.line else "",
            f" {place.pointer}" if place.pointer else "",
        ]
    )
    return f"{finding.severity.value}: {sanitize(where)}: {sanitize(finding.message)}"


def _block(language: str, lines: list[str]) -> str:
    return "\n".join([f"```{language}", *lines, "```"])


def _prose(text: str) -> str:
    """Escape the text of a rule for Markdown."""
    return re.sub(r"([\\*_`\[\]{}])", r"\\\1", html.escape(text, quote=False))


def write() -> None:
    """Write all pages, and remove those of rules that no longer exist."""
    FOLDER.mkdir(exist_ok=True)
    made = pages()
    for page in FOLDER.glob("*.md"):
        if page.name not in made:
            page.unlink()
    for name, text in made.items():
        (FOLDER / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write()
