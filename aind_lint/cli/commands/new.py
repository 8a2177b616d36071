"""``aind-lint new``: make assets and sidecars that are valid except for what only a person knows."""

from __future__ import annotations

from pathlib import Path

import click

from aind_lint.app.new_asset import Created, create_derived, create_raw, create_sidecar
from aind_lint.bucket.address import Connection
from aind_lint.cli.options import config_option, connection_options, refuse_bad_path
from aind_lint.cli.terminal import show
from aind_lint.text.quantities import format_count
from aind_lint.text.sanitize import sanitize
from aind_lint.text.shell import shell_argument

_parent_option = click.option(
    "--in",
    "parent",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    metavar="DIR",
    callback=refuse_bad_path,
    help="Folder in which the asset is made; by default the current one.",
)


@click.group("new")
def command() -> None:
    """Make an asset or a sidecar, valid except for what only you know.

    What is not known is left out, listed on standard error and in a text file beside the asset.
    Nothing is overwritten.
    """


@command.command("derived")
@click.argument("source", callback=refuse_bad_path)
@click.option("--label", required=True, metavar="LABEL", help="The processing, such as sorted-ks25.")
@click.option("--processed", metavar="TIME", help="Time of processing, such as 2026-02-13T18:31:13; by default now.")
@_parent_option
@config_option
@connection_options
def derived(
    source: str, label: str, processed: str | None, parent: Path, config: Path | None, connection: Connection
) -> None:
    """Make an asset that is derived from SOURCE, a folder or an s3:// prefix.

    Sidecars about the subject and the recording are copied; data_description.json names the source; processing.json
    has the fields of one process. All are written for the release that SOURCE declares; 2.x, for that installed.
    """
    _report(create_derived(source, label, parent, processed, config, connection))


@command.command("raw")
@click.option("--modality", "modalities", required=True, multiple=True, metavar="NAME", help="Repeatable.")
@click.option("--subject", required=True, metavar="ID", help="The subject id.")
@click.option("--acquired", metavar="TIME", help="Start, such as 2026-02-13T18:31:13; by default now.")
@_parent_option
@config_option
def raw(modalities: tuple[str, ...], subject: str, acquired: str | None, parent: Path, config: Path | None) -> None:
    """Make a raw asset with metadata 2.x."""
    _report(create_raw(subject, modalities, parent, acquired, config))


@command.command("sidecar")
@click.argument("kind")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path(), callback=refuse_bad_path)
@click.option("--version", metavar="VERSION", help="The schema_version; by default the release of the asset.")
def sidecar(kind: str, folder: Path, version: str | None) -> None:
    """Write the sidecar KIND.json into FOLDER, by default the current one."""
    _report(create_sidecar(kind, folder, version))


def _report(created: Created) -> None:
    show(sanitize(str(created.path)))
    blanks = created.blanks
    lines = [f"{format_count(len(blanks), 'blank')}, which only you can fill in ({created.blanks_file}):"]
    lines += [f"  {blank}" for blank in blanks]
    lines += [f"note: {note}" for note in created.notes]
    if created.other_findings:
        lines.append("Besides, in what follows from the source:")
        lines += [f"  {finding.severity.value}[{finding.rule}] {finding.message}" for finding in created.other_findings]
    lines.append(f"Next: aind-lint check {shell_argument(str(created.path))}")
    show("\n".join(sanitize(line) for line in lines), err=True)
