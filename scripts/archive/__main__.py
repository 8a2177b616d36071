"""Make or complete the archive of schemas: ``python scripts/archive --work FOLDER``. README.md says how it works."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import jsonschema_rs
from exports import Export, exports
from packaging.version import Version
from repair import repaired
from shards import Index, changed, shard, write

_ARCHIVE = Path(__file__).parents[2] / "aind_lint" / "schema" / "archive"


def main() -> None:
    """Export every release that is new, and write the archive of all."""
    parser = argparse.ArgumentParser(prog="archive", description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for wheels, environments and exports; kept")
    parser.add_argument("--python", default="python3.10", help="what imports the releases (default: python3.10)")
    parser.add_argument("--processes", type=int, default=2, help="releases imported at one time (default: 2)")
    parser.add_argument("--replace", action="store_true", help="let the content of known versions change")
    parser.add_argument("--to", type=Path, default=_ARCHIVE, help="folder of the archive")
    options = parser.parse_args()
    index: Index = {}
    schemas: dict[str, dict[str, Any]] = {}
    for export in exports(options.work.resolve(), options.python, options.processes):
        _refuse_failures(export)
        for cls, (version, exported) in export.classes.items():
            index.setdefault(cls, {})[version] = str(export.run.release.version)
            if exported is not None:
                schema = repaired(exported, export.run.pydantic.major)
                _refuse_invalid(schema, f"{cls} {version} of {export.run}")
                schemas.setdefault(cls, {})[version] = schema
    shards = {cls: shard(dict(sorted(schemas[cls].items(), key=_by_version))) for cls in schemas}
    if not options.replace and (silent := changed(options.to, shards)):
        # A new release may repeat a version with another content; somebody has to look before verdicts change.
        raise SystemExit(f"known versions changed (--replace takes the new content): {', '.join(silent)}")
    written = write(options.to, index, shards)
    pairs = sum(len(versions) for versions in schemas.values())
    size = sum(file.stat().st_size for file in options.to.iterdir())
    print(f"{pairs} schemas of {len(schemas)} classes, {size:,} bytes; written: {', '.join(written) or 'nothing new'}")


def _by_version(item: tuple[str, Any]) -> Version:
    return Version(item[0])


def _refuse_failures(export: Export) -> None:
    if export.failed:
        raise SystemExit(f"{export.run} cannot be imported: {export.failed}")


def _refuse_invalid(schema: dict[str, Any], name: str) -> None:
    try:
        jsonschema_rs.meta.validate(schema)
        jsonschema_rs.validator_for(schema)
    except (ValueError, jsonschema_rs.ValidationError) as error:
        raise SystemExit(f"the schema of {name} is not valid: {error}") from None


if __name__ == "__main__":
    main()
