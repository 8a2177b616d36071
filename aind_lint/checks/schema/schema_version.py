"""Does the sidecar declare a version that exists?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Literal

from aind_lint.asset.asset import Asset
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault
from aind_lint.schema.released_schemas import known_versions
from aind_lint.schema.versions import Declaration, declaration, newest_version
from aind_lint.text.characters import one_line
from aind_lint.text.suggestions import closest

SCOPE = "sidecar"


class Options(verb.Options):
    """Which problem to report."""

    problem: Literal["missing", "malformed", "unknown", "future"]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every readable sidecar whose version has the problem."""
    for sidecar in asset.sidecars():
        if sidecar.data is None:
            continue
        declared = declaration(sidecar)
        if declared.problem == options.problem:
            yield _fault(sidecar.key, declared, sidecar.data.get("schema_version"))


def _fault(key: str, declared: Declaration, value: object) -> Fault:
    newest = newest_version(declared.cls)
    if declared.problem == "missing":
        return Fault("schema_version is missing", key, "/schema_version", expected=newest)
    if declared.problem == "malformed":
        found = one_line(json.dumps(value), 40)
        message = f'schema_version is {found}, not three numbers such as "{newest}"'
        return Fault(message, key, "/schema_version", found=found.strip('"'), expected=newest)
    if declared.problem == "future":
        message = f"{declared.cls} {declared.version} is newer than the newest known version, {newest}"
        return Fault(message, key, "/schema_version", found=declared.version, expected=newest)
    suggestion = closest(declared.version or "", known_versions()[declared.cls])
    hint = f"; the closest version is {suggestion}" if suggestion else ""
    message = f"{declared.cls} {declared.version} was never released{hint}"
    return Fault(message, key, "/schema_version", found=declared.version, expected=suggestion)
