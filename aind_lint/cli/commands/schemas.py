"""``aind-lint schemas``: the known schema versions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import click

from aind_lint.cli.terminal import show, show_document
from aind_lint.errors import UsageError
from aind_lint.schema.generation import generation_of, package_of
from aind_lint.schema.json_schema.published_schema import no_such_kind, sidecar_schema
from aind_lint.schema.released_schemas import is_archived, known_versions
from aind_lint.schema.versions import sidecar_kinds_by_class


@dataclass(frozen=True)
class _Known:
    """One version of one class.

    Attributes:
        kind: The sidecar of this class, without ``.json``.
        cls: The class.
        schema_version: The version.
        package: The package with this version.
        release: The last release of the package with this version.
        generation: Generation of the metadata.
        judged: Whether the archive has a JSON Schema for this version. It has none for ``metadata.nd.json``, the
            record of all sidecars. (The name is a key of the JSON output.)
    """

    kind: str
    cls: str
    schema_version: str
    package: str
    release: str
    generation: str
    judged: bool


@click.command("schemas")
@click.argument("kind", required=False)
@click.argument("version", required=False)
@click.option("--kind", "listed", metavar="KIND", help="The same as KIND.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "schema"]),
    default="text",
    show_default=True,
    help="A list as text or JSON; or, for KIND, the JSON Schema of VERSION.",
)
def command(kind: str | None, version: str | None, listed: str | None, format_: str) -> None:
    """List every class with its versions; with KIND, every version and the last release that contains it.

    KIND is a kind of sidecar or a class: subject, rig, EphysRig, ... A sidecar is validated against the
    version that it declares. --format schema prints the JSON Schema of that version, by default the newest.
    """
    if kind and listed:
        raise UsageError("KIND is given twice; leave out --kind")
    kind = kind or listed
    if format_ == "schema":
        if kind is None:
            raise UsageError("--format schema needs a KIND, such as 'aind-lint schemas subject 2.3.3 --format schema'")
        show_document(json.dumps(sidecar_schema(kind, version), indent=1) + "\n")
        return
    if version:
        raise UsageError(f"add --format schema to print the schema of {kind} {version}")
    known = [one for one in _known() if kind in (None, one.kind, one.cls)]
    if not known:
        raise UsageError(no_such_kind(str(kind)))
    if format_ == "json":
        show(json.dumps([asdict(one) for one in known], indent=1))
    else:
        show("\n".join(_versions(known) if kind else _classes(known)))


def _known() -> Iterator[_Known]:
    kinds = sidecar_kinds_by_class()
    for cls in sorted(kinds, key=lambda cls: (kinds[cls], cls)):
        for version, release in known_versions()[cls].items():
            judged = is_archived(cls, version)
            yield _Known(kinds[cls], cls, version, package_of(release), release, generation_of(release), judged)


def _classes(known: list[_Known]) -> Iterator[str]:
    yield f"{'sidecar':<24} {'class':<24} versions  oldest   newest   last release with the newest"
    for cls in dict.fromkeys(one.cls for one in known):
        versions = [one for one in known if one.cls == cls]
        newest = versions[-1]
        yield (
            f"{_file(newest):<24} {cls:<24} {len(versions):>8}  {versions[0].schema_version:<8} "
            f"{newest.schema_version:<8} {newest.package} {newest.release}"
        )
    releases = ", ".join(
        f"{package} {max((one.release for one in known if one.package == package), key=_order)}"
        for package in ("aind-data-schema", "biodata-schema")
    )
    yield ""
    yield f"{len(known)} versions. Newest known releases: {releases}. --kind KIND lists all versions of one kind."


def _versions(known: list[_Known]) -> Iterator[str]:
    yield f"{'class':<24} {'schema_version':<15} metadata  last release with it"
    for one in known:
        yield f"{one.cls:<24} {one.schema_version:<15} {one.generation:<9} {one.package} {one.release}"


def _file(one: _Known) -> str:
    return f"{one.kind}.json" if one.judged else f"{one.kind}.nd.json"


def _order(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split("."))
