"""Create or extend the archive of schemas: ``python scripts/archive --work FOLDER``. README.md describes how."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
from exports import Export, all_exports
from known_files import changed_results
from packaging.version import Version
from repair import repair_schema
from shards import Archive, read_archive, schema_lines, write_archive

_ARCHIVE = Path(__file__).parents[2] / "aind_lint" / "schema" / "archive"


def main() -> None:
    """Export every release that the archive does not contain, and write the archive."""
    parser = argparse.ArgumentParser(prog="archive", description=__doc__)
    parser.add_argument(
        "--work", type=Path, required=True, help="folder for wheels, environments and exports, which are reused"
    )
    parser.add_argument(
        "--python", default="python3.10", help="interpreter that imports the releases (default: python3.10)"
    )
    parser.add_argument(
        "--processes", type=int, default=2, help="number of releases that are imported at the same time (default: 2)"
    )
    parser.add_argument(
        "--all", action="store_true", help="create the archive again from all releases, not only from new ones"
    )
    parser.add_argument(
        "--replace",
        action="store_true",
        help="accept changed content of known versions, and changed results of known files",
    )
    parser.add_argument("--to", type=Path, default=_ARCHIVE, help="folder of the archive")
    options = parser.parse_args()
    before = read_archive(options.to)
    archive = Archive() if options.all else read_archive(options.to)
    for export in all_exports(options.work.resolve(), options.python, options.processes, archive.releases):
        _stop_on_failure(export)
        _add(export, archive)
    # A new release can have a known version with different content. A maintainer has to look at the change first.
    if not options.replace and (changed := archive.changed_since(before)):
        raise SystemExit(f"the content of known versions changed (accept it with --replace): {', '.join(changed)}")
    records = os.environ.get("AIND_LINT_RECORDS")
    unchanged, different = changed_results(archive, Path(records) if records else None)
    if different and not options.replace:
        raise SystemExit(f"results of known files changed (accept with --replace): {', '.join(different)}")
    written = write_archive(options.to, archive)
    size = sum(file.stat().st_size for file in options.to.rglob("*.*") if file.is_file())
    print(
        f"{archive.count} schemas of {len(archive.schemas)} classes, {size:,} bytes; "
        f"{unchanged} results of known files are unchanged;"
    )
    print(f"written: {', '.join(written) or 'nothing'}")


def _add(export: Export, archive: Archive) -> None:
    """Add the export of one release. If a version is known, the content of the newest release is used."""
    release = export.run.release
    archive.releases.setdefault(release.package, []).append(str(release.version))
    for cls, (version, exported) in export.classes.items():
        versions = archive.index.setdefault(cls, {})
        if version in versions and Version(versions[version]) > release.version:
            continue  # a patch of an older release
        versions[version] = str(release.version)
        if exported is not None:
            schema = repair_schema(exported, export.run.pydantic.major)
            _stop_if_invalid(schema, f"{cls} {version} of {export.run}")
            archive.schemas.setdefault(cls, {})[version] = schema_lines(schema)


def _stop_on_failure(export: Export) -> None:
    if export.failed:
        raise SystemExit(f"{export.run} cannot be imported: {export.failed}")


def _stop_if_invalid(schema: dict[str, Any], name: str) -> None:
    try:
        jsonschema_rs.meta.validate(schema)
        jsonschema_rs.validator_for(schema)
        # Validate definitions with a second library, in the faster dialect. Whole schemas take seconds.
        for definition in schema.get("definitions", schema.get("$defs", {})).values():
            jsonschema.Draft7Validator.check_schema(definition)
    except (ValueError, jsonschema_rs.ValidationError, jsonschema.SchemaError) as error:
        raise SystemExit(f"the schema of {name} is not valid: {error}") from None


if __name__ == "__main__":
    main()
