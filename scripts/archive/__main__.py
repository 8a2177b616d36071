"""Make or complete the archive of schemas: ``python scripts/archive --work FOLDER``. README.md says how it works."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
from exports import Export, exports
from frozen import changed_verdicts
from packaging.version import Version
from repair import repaired
from shards import Archive, held, parts, write

_ARCHIVE = Path(__file__).parents[2] / "aind_lint" / "schema" / "archive"


def main() -> None:
    """Export every release that the archive does not know yet, and write the archive with them."""
    parser = argparse.ArgumentParser(prog="archive", description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for wheels, environments and exports; kept")
    parser.add_argument("--python", default="python3.10", help="what imports the releases (default: python3.10)")
    parser.add_argument("--processes", type=int, default=2, help="releases imported at one time (default: 2)")
    parser.add_argument("--all", action="store_true", help="make it anew from every release, not only from new ones")
    parser.add_argument(
        "--replace", action="store_true", help="accept changes of known versions and of frozen verdicts"
    )
    parser.add_argument("--to", type=Path, default=_ARCHIVE, help="folder of the archive")
    options = parser.parse_args()
    before = held(options.to)
    archive = Archive() if options.all else held(options.to)
    for export in exports(options.work.resolve(), options.python, options.processes, archive.releases):
        _refuse_failures(export)
        _add(export, archive)
    # A new release may repeat a version with another content; somebody has to look before verdicts change.
    if not options.replace and (silent := archive.changed_since(before)):
        raise SystemExit(f"known versions changed (--replace takes the new content): {', '.join(silent)}")
    records = os.environ.get("AIND_LINT_RECORDS")
    judged, other = changed_verdicts(archive, Path(records) if records else None)
    if other and not options.replace:
        raise SystemExit(f"verdicts on frozen files changed (--replace takes the new ones): {', '.join(other)}")
    written = write(options.to, archive)
    size = sum(file.stat().st_size for file in options.to.rglob("*.*") if file.is_file())
    print(
        f"{archive.count} schemas of {len(archive.schemas)} classes, {size:,} bytes; {judged} frozen verdicts the same;"
    )
    print(f"written: {', '.join(written) or 'nothing new'}")


def _add(export: Export, archive: Archive) -> None:
    """Add what one release exports; under a version that is known already, the last release counts."""
    release = export.run.release
    archive.releases.setdefault(release.package, []).append(str(release.version))
    for cls, (version, exported) in export.classes.items():
        versions = archive.index.setdefault(cls, {})
        if version in versions and Version(versions[version]) > release.version:
            continue  # a late repair of an older release
        versions[version] = str(release.version)
        if exported is not None:
            schema = repaired(exported, export.run.pydantic.major)
            _refuse_invalid(schema, f"{cls} {version} of {export.run}")
            archive.schemas.setdefault(cls, {})[version] = parts(schema)


def _refuse_failures(export: Export) -> None:
    if export.failed:
        raise SystemExit(f"{export.run} cannot be imported: {export.failed}")


def _refuse_invalid(schema: dict[str, Any], name: str) -> None:
    try:
        jsonschema_rs.meta.validate(schema)
        jsonschema_rs.validator_for(schema)
        # Definitions by a second library, with the quicker of the dialects: whole schemas take it seconds.
        for definition in schema.get("definitions", schema.get("$defs", {})).values():
            jsonschema.Draft7Validator.check_schema(definition)
    except (ValueError, jsonschema_rs.ValidationError, jsonschema.SchemaError) as error:
        raise SystemExit(f"the schema of {name} is not valid: {error}") from None


if __name__ == "__main__":
    main()
