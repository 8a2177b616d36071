"""Do paths in sidecars lead to files of the asset?"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Annotated, Literal

from aind_lint.asset.asset import Asset
from aind_lint.asset.value_reference import Reference, ReferencedValue, resolve_references
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.finding import NO_DATA
from aind_lint.text.characters import one_line
from aind_lint.text.constraint import NOT_EMPTY

SCOPE = "sidecar"

#: Addresses and identifiers that a reference can be instead of a path.
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:(?!\\)|sha1[-:]|[0-9a-f]{40}$|//", re.IGNORECASE)
_ABSOLUTE = re.compile(r"/|[A-Za-z]:[\\/]|\\\\|~|file:/", re.IGNORECASE)
#: A file name with an extension. Words without one are names of plots, such as "global".
_FILE_NAME = re.compile(r"[^/\\]*\.[A-Za-z0-9]{1,8}$")


class Options(verb.Options):
    """Which paths, and what to report: absolute ones, or those that lead to no file or folder of the asset.

    Attributes:
        problem: What to report.
        paths: The paths. Parts that are separated by semicolons are paths of their own.
    """

    problem: Literal["absolute", "missing"]
    paths: Annotated[list[Reference], NOT_EMPTY]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every such path, once for each file and path."""
    entries: dict[tuple[str | None, str], ReferencedValue] = {}
    for entry in resolve_references(asset, options.paths):
        if isinstance(entry.value, str) and entry.value.strip():
            entries.setdefault((entry.file, entry.value), entry)
    if options.problem == "absolute":
        yield from report_limited(filter(None, map(_absolute, entries.values())), "more absolute paths")
    elif asset.sidecar_only:
        return
    elif entries and context.data == "absent":
        yield Unchecked(NO_DATA)
    elif asset.listing.key_index.top_folders:
        # acquisition.json of a derived asset is a copy of the source's, whose files stay there.
        own = [entry for entry in entries.values() if asset.level == "raw" or entry.file != "acquisition.json"]
        faults = (fault for entry in own for fault in _missing(asset, entry))
        yield from report_limited(faults, "more paths that lead nowhere")


def _absolute(entry: ReferencedValue) -> Fault | None:
    if not any(_ABSOLUTE.match(part.strip()) and not part.strip().startswith("//") for part in entry.value.split(";")):
        return None
    message = f"{entry.path[-1]} in {entry.file} is an absolute path: {one_line(entry.value, 80)}"
    return Fault(message, entry.file, entry.pointer, found=entry.value)


def _missing(asset: Asset, entry: ReferencedValue) -> Iterator[Fault]:
    for part in (part.strip() for part in entry.value.split(";")):
        path = posixpath.normpath(part.replace("\\", "/")).removeprefix(f"{asset.listing.name}/")
        is_path = "/" in part or _FILE_NAME.match(part)
        if not is_path or _ADDRESS.match(part) or _ABSOLUTE.match(part) or path == ".":
            continue
        if path.startswith("../") or path == "..":
            if entry.path[-1] == "output_path":
                continue  # relative to the folder of a capsule, as pipelines write it
        elif path in asset.listing.files or path in asset.listing.folders:
            continue
        message = f"{entry.path[-1]} in {entry.file} does not lead to a file of the asset: {one_line(part, 80)}"
        yield Fault(message, entry.file, entry.pointer, found=part)
