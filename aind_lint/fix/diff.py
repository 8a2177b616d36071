"""A plan as a person reads it: one line for each rename and move, and a unified diff for each edited file."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator
from itertools import takewhile

from aind_lint.fix.encodings import UTF8_BOM, decode_by_mark, decoded_letters
from aind_lint.fix.fix_record import FOLDER, FixRecord
from aind_lint.fix.plan import Operation
from aind_lint.fix.planner import PlannedFix
from aind_lint.text.quantities import format_count
from aind_lint.text.sanitize import sanitize

#: Moves of one kind that are listed, and decoded letters.
_MAX_LISTED = 20
#: Characters of a line that is shown as a whole; of a longer one the part around the change.
_MAX_LINE, _AROUND = 200, 40
_CONTEXT = 3


def describe_plan(planned: PlannedFix) -> Iterator[str]:
    """The lines of a plan, sanitized; those of a diff begin as in a unified diff."""
    plan = planned.plan
    if plan.new_name is not None:
        yield _line("rename", f"{plan.asset}/", f"{plan.new_name}/", plan.renaming_rules)
    moves = [operation for operation in plan.operations if operation.action == "move"]
    for operation in plan.operations:
        if operation.action == "rename":
            slash = "" if operation.before else "/"
            yield _line("rename", f"{operation.key}{slash}", f"{operation.to}{slash}", operation.rules)
    for operation in moves[:_MAX_LISTED]:
        yield _line("move", f"{operation.origin}{_file_count(operation)}", FOLDER, operation.rules)
    if len(moves) > _MAX_LISTED:
        rules = ", ".join(sorted(Counter(rule for operation in moves for rule in operation.rules)))
        yield f"move    {len(moves) - _MAX_LISTED:,} more like this  [{rules}]"
    for operation in plan.operations:
        if operation.action == "edit":
            yield from _describe_edit(planned, operation)


def _line(action: str, before: str, after: str, rules: tuple[str, ...]) -> str:
    return f"{action:<7} {sanitize(before)} → {sanitize(after)}  [{', '.join(rules)}]"


def _describe_edit(planned: PlannedFix, operation: Operation) -> Iterator[str]:
    file = planned.edited[operation.origin]
    decoded = planned.encodings.get(operation.origin)
    yield f"edit    {sanitize(operation.final)}  [{', '.join(operation.rules)}]"
    if decoded is not None and decoded.encoding != UTF8_BOM:
        yield f"        decoded from {decoded.encoding}, written as UTF-8"
        letters = decoded_letters(decoded)
        for letter in letters[:_MAX_LISTED]:
            yield f"        {sanitize(letter)}"
        if len(letters) > _MAX_LISTED:
            yield f"        and {len(letters) - _MAX_LISTED:,} more characters beyond ASCII"
    elif decoded is not None:
        yield "        without the byte order mark"
    before = decoded.text if decoded is not None else file.before.decode("utf-8-sig")
    yield from _diff(operation.origin, before, operation.final, file.after.decode("utf-8-sig"))


def describe_undo(record: FixRecord) -> Iterator[str]:
    """What undoing a fix changes, as `describe_plan` shows a plan.

    Raises:
        OSError: The record cannot be read.
    """
    plan = record.plan
    for operation in reversed(plan.operations):
        if operation.action == "edit":
            yield from _describe_restored(record, operation)
    for operation in reversed(plan.operations):
        slash = "" if operation.before else "/"
        if operation.action == "rename":
            yield f"rename  {sanitize(operation.to or '')}{slash} → {sanitize(operation.key)}{slash}"
    moves = [operation for operation in plan.operations if operation.action == "move"]
    for operation in moves[:_MAX_LISTED]:
        yield f"return  {FOLDER} → {sanitize(operation.origin)}{_file_count(operation)}"
    if len(moves) > _MAX_LISTED:
        yield f"return  {len(moves) - _MAX_LISTED:,} more like this"
    if plan.new_name is not None:
        yield f"rename  {sanitize(plan.new_name)}/ → {sanitize(plan.asset)}/"


def _describe_restored(record: FixRecord, operation: Operation) -> Iterator[str]:
    yield f"edit    {sanitize(operation.origin)}"
    raw, fixed = record.content_before(operation), record.content_after(operation).decode("utf-8-sig", "replace")
    decoded = decode_by_mark(raw)
    if decoded is not None:
        yield "        with a byte order mark" + ("" if decoded.encoding == UTF8_BOM else f", in {decoded.encoding}")
    try:
        text = raw.decode("utf-8") if decoded is None else decoded.text
    except UnicodeDecodeError:
        yield f"        in the encoding before the fix, which is not UTF-8 ({len(raw):,} bytes)"
        return
    yield from _diff(operation.final, fixed, operation.origin, text)


def _file_count(operation: Operation) -> str:
    return f" ({format_count(operation.files, 'file')})" if operation.files > 1 else ""


def _diff(old_name: str, before: str, new_name: str, after: str) -> Iterator[str]:
    if before != after:
        yield f"--- {sanitize(old_name)}"
        yield f"+++ {sanitize(new_name)}"
        yield from _hunks(before.split("\n"), after.split("\n"))


def _hunks(before: list[str], after: list[str]) -> Iterator[str]:
    """The hunks of a unified diff. Comparing only the lines between the first and the last change is fast."""
    start = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))
    pairs = zip(reversed(before[start:]), reversed(after[start:]), strict=False)
    end = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    first = max(start - _CONTEXT, 0)
    last = max(end - _CONTEXT, 0)
    old, new = before[first : len(before) - last], after[first : len(after) - last]
    groups = difflib.SequenceMatcher(None, old, new).get_grouped_opcodes(_CONTEXT)
    for group in groups:
        (_, i1, _, j1, _), (_, _, i2, _, j2) = group[0], group[-1]
        yield f"@@ -{first + i1 + 1},{i2 - i1} +{first + j1 + 1},{j2 - j1} @@"
        for tag, a1, a2, b1, b2 in group:
            if tag == "equal":
                yield from (f" {_shown(line)}" for line in old[a1:a2])
                continue
            around = _difference(old[a1:a2], new[b1:b2])
            yield from (f"-{_shown(line, around)}" for line in old[a1:a2])
            yield from (f"+{_shown(line, around)}" for line in new[b1:b2])


def _difference(old: list[str], new: list[str]) -> int:
    """Where two lines begin to differ; 0 unless each is one line."""
    if len(old) != 1 or len(new) != 1:
        return 0
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old[0], new[0], strict=False)))


def _shown(line: str, around: int = 0) -> str:
    line = line.removesuffix("\r")
    if len(line) <= _MAX_LINE:
        return sanitize(line)
    start = max(around - _AROUND, 0)
    end = start + _MAX_LINE
    return f"{'…' if start else ''}{sanitize(line[start:end])}{'…' if end < len(line) else ''}"
