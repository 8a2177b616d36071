"""Makes a finding of a fault: with the texts of the rule, and the place in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aind_lint.asset.asset import Asset
from aind_lint.engine.rules.rule import Rule
from aind_lint.engine.rules.verb import Fault
from aind_lint.finding import Finding, Location, Severity
from aind_lint.text.json_position import line_and_column, locate

if TYPE_CHECKING:
    from aind_lint.asset.upload.upload_manifest import UploadManifest

#: Characters of a long line that an excerpt shows before and after the position: with 120 it fits one terminal line.
_EXCERPT_BEFORE, _EXCERPT_AFTER = 40, 80

#: Characters of a message and of a value in a finding. A sidecar can have megabytes in one string.
_MAX_MESSAGE, _MAX_VALUE = 1000, 300


def finding_of(
    rule: Rule, severity: Severity, fault: Fault, location: Location, related: tuple[Location, ...] = ()
) -> Finding:
    """The finding of a fault, with the texts of its rule."""
    return Finding(
        rule=rule.id,
        name=rule.name,
        severity=severity,
        message=_crop(fault.message, _MAX_MESSAGE),
        location=location,
        found=fault.found and _crop(fault.found, _MAX_VALUE),
        expected=fault.expected and _crop(fault.expected, _MAX_VALUE),
        why=rule.why,
        fix=_crop(fault.fix or rule.fix, _MAX_MESSAGE),
        related=related,
        compares=_compared_values(rule, fault),
        explained_by=rule.explained_by,
    )


def _compared_values(rule: Rule, fault: Fault) -> tuple[str, ...]:
    """The values that a finding is about; for an element of a list, with the element."""
    values = rule.compares if fault.compares is None else fault.compares
    return values if fault.item is None else tuple(f"{value} {fault.item}" for value in values)


def _crop(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def fault_location(asset: Asset, fault: Fault) -> Location:
    """Where a fault is: file, line and column, with an excerpt."""
    file, pointer = fault.file, fault.pointer
    sidecar = asset.sidecar(file) if file in asset.sidecar_keys else None
    if sidecar is not None and sidecar.record is not None:
        pointer = f"/{sidecar.kind}{pointer or ''}"
        sidecar = sidecar.record
        file = sidecar.key
    if asset.upload and file == asset.upload.manifest.path.name:
        return _location_in_manifest(asset.upload.manifest, fault)
    if file is None or sidecar is None or not sidecar.text:
        return Location(file, pointer, fault.line, fault.column)
    if fault.line is None and pointer is None:
        return Location(file, None, 1, 1)  # the whole file
    width = 1
    if fault.line is not None:
        line, column = fault.line, fault.column or 1
    else:
        span = locate(sidecar.text, pointer or "")
        line, column = line_and_column(sidecar.text, span.start)
        width = span.end - span.start
    return _excerpt(file, pointer, sidecar.lines[line - 1], line, column, width)


def _location_in_manifest(manifest: UploadManifest, fault: Fault) -> Location:
    """A location in an upload manifest, which is not a file of the asset."""
    position = manifest.position_of(fault.pointer)
    if position is None:
        return Location(fault.file, fault.pointer, 1, 1)
    line, column, width = position
    return _excerpt(manifest.path.name, fault.pointer, manifest.lines[line - 1], line, column, width)


def _excerpt(file: str, pointer: str | None, text: str, line: int, column: int, width: int) -> Location:
    start = max(0, column - 1 - _EXCERPT_BEFORE)
    excerpt = text[start : column - 1 + _EXCERPT_AFTER].rstrip("\r")
    caret = column - 1 - start
    return Location(file, pointer, line, column, excerpt, caret, max(1, min(width, len(excerpt) - caret)))
