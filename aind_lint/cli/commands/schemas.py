"""``aind-lint schemas``: which versions of the schema are known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import click

from aind_lint.cli.terminal import show
from aind_lint.errors import UsageError
from aind_lint.schema.archive import is_archived, known_versions
from aind_lint.schema.generation import generation_of, package_of
from aind_lint.schema.versions import sidecar_kinds_by_class


@dataclass(frozen=True)
class _Known:
    """One version of one class.

    Attributes:
        kind: The sidecar that holds it, without ``.json``.
        cls: The class.
        schema_version: The version.
        package: The package whose release carries it.
        release: The last release that does.
        generation: Generation of the metadata.
        judged: Whether a file of that version is judged by a schema of its own; the record of all files is not.
    """

    kind: str
    cls: str
    schema_version: str
    package: str
    release: str
    generation: str
    judged: bool


@click.command("schemas", short_help="List the versions of the schema that are known.")
@click.option("--kind", metavar="KIND", help="Only this kind of sidecar or class: subject, rig, EphysRig …")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(kind: str | None, format_: str) -> None:
    """List every class with its versions; with --kind every version, with the last release that carries it.

    A sidecar is judged by the very version that it declares.
    """
    known = [one for one in _known() if kind in (None, one.kind, one.cls)]
    if not known:
        raise UsageError(_no_such_kind(str(kind)))
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


def _no_such_kind(word: str) -> str:
    from aind_lint.text.suggestions import closest

    words = {word for pair in sidecar_kinds_by_class().items() for word in pair}
    meant = closest(word, words)
    hint = f"did you mean '{meant}'?" if meant else "'aind-lint schemas' lists them"
    return f"no kind of sidecar and no class is called '{word}'; {hint}"


def _classes(known: list[_Known]) -> Iterator[str]:
    yield f"{'sidecar':<24} {'class':<24} versions  oldest   newest   newest is in"
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
    yield f"{len(known)} versions; the newest releases known are {releases}. --kind KIND lists the versions of one."


def _versions(known: list[_Known]) -> Iterator[str]:
    yield f"{'class':<24} {'schema_version':<15} metadata  last release that carries it"
    for one in known:
        yield f"{one.cls:<24} {one.schema_version:<15} {one.generation:<9} {one.package} {one.release}"


def _file(one: _Known) -> str:
    return f"{one.kind}.json" if one.judged else f"{one.kind}.nd.json"


def _order(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split("."))
