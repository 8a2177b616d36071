"""Fixers of the content of sidecars: encoding, trailing commas, repeated keys, NaN."""

from __future__ import annotations

from collections.abc import Iterator

from aind_lint.fix.encodings import DecodedFile, decode_as, decode_by_mark
from aind_lint.fix.fixer import EditText, Encode, Fix, FixRequest
from aind_lint.fix.fixers.null_fields import nullable
from aind_lint.fix.text_edits import TextEdit, find_duplicates, remove_trailing_commas
from aind_lint.sidecar.reader import Sidecar
from aind_lint.text.json_scanner import json_values


def fix_encoding(request: FixRequest) -> Iterator[Fix]:
    """Encode sidecars as UTF-8 whose byte order mark proves their encoding, or in the encoding that the user names."""
    for sidecar in _with_problem(request):
        decoded = decode_by_mark(sidecar.raw)
        if decoded is None and request.encoding and not _is_utf8(sidecar.raw):
            found = decode_as(sidecar.raw, request.encoding)
            if isinstance(found, DecodedFile):
                decoded = found
            else:
                request.note(f"{sidecar.key} was not decoded as {request.encoding}: {found}.")
        if decoded is not None:
            yield Fix((Encode(sidecar.key, decoded),), sidecar.key)


def fix_trailing_commas(request: FixRequest) -> Iterator[Fix]:
    """Remove the commas before closing brackets from sidecars that have no other fault of syntax."""
    for sidecar in _with_problem(request):
        if edits := remove_trailing_commas(sidecar.text):
            yield Fix((EditText(sidecar.key, tuple(edits)),), sidecar.key)


def fix_duplicate_keys(request: FixRequest) -> Iterator[Fix]:
    """Remove repeated keys with equal values."""
    for sidecar in _with_problem(request):
        duplicates = find_duplicates(sidecar.text)
        if duplicates.edits:
            yield Fix((EditText(sidecar.key, duplicates.edits),), sidecar.key, duplicates.keys)


def fix_nan(request: FixRequest) -> Iterator[Fix]:
    """Replace NaN with null where the schema of the sidecar's own version names null."""
    for sidecar in _with_problem(request):
        found = {
            value.path: value for value in json_values(sidecar.text) if sidecar.text[value.start : value.end] == "NaN"
        }
        paths = nullable(sidecar, list(found))
        edits = tuple(TextEdit(found[path].start, found[path].end, "null") for path in paths)
        if edits:
            fixed = frozenset({"NaN"} if len(edits) == len(found) else ())
            yield Fix((EditText(sidecar.key, edits),), sidecar.key, fixed)


def _with_problem(request: FixRequest) -> Iterator[Sidecar]:
    """The sidecars with the problem that the rule reports."""
    code = getattr(request.rule.options, "problem", None)
    return (sidecar for sidecar in request.asset.sidecars() if any(one.code == code for one in sidecar.problems))


def _is_utf8(raw: bytes) -> bool:
    if b"\0" in raw:  # ASCII in UTF-16, which is no text in UTF-8
        return False
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
