"""``aind-lint doctor``: checks what publishing needs."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile

import click

from aind_lint._version import __version__
from aind_lint.app.watching.data_roots import missing_data_roots
from aind_lint.bucket.address import Connection
from aind_lint.bucket.open_store import open_store
from aind_lint.cli.options import connection_options, debug_option, refuse_bad_path
from aind_lint.cli.terminal import show
from aind_lint.engine.environment import package_versions
from aind_lint.errors import UsageError, os_error_reason
from aind_lint.publication.destination_probes import ProbeResult, run_probes
from aind_lint.schema.models.installed_models import PACKAGES, model_version
from aind_lint.schema.models.model_result import ModelUnavailableError
from aind_lint.system.compiled_packages import is_available
from aind_lint.system.paths import state_folder
from aind_lint.text.quantities import format_bytes
from aind_lint.text.sanitize import sanitize

#: Bytes that the journal and the receipt of a large asset can take.
_STATE_BYTES = 500 * 10**6

#: How to repair an installation: biodata-models 1.2.1 lacks a module that biodata-schema 3.0.0 imports.
_REPAIRS = {"biodata-schema": "pip install 'biodata-models<1.2.1'"}
#: Classes that import, together, every module of a schema package that the models need.
_PROBED_CLASSES = ("Procedures", "Instrument", "Acquisition", "Processing", "QualityControl")
#: Compiled modules, their packages, and what does their work where they do not exist.
_ENGINES = (
    ("jsonschema_rs", "jsonschema-rs", "jsonschema"),
    ("pycurl", "pycurl", "boto3"),
    ("awscrt", "awscrt", "Python"),
)

_MARKS = {
    "good": ("ok  ", "green"),
    "warning": ("warn", "yellow"),
    "bad": ("FAIL", "red"),
    "unknown": ("?   ", "yellow"),
}


@click.command("doctor")
@click.option(
    "--to",
    metavar="URL|DIR",
    callback=refuse_bad_path,
    help="Destination to test: s3://bucket, or a folder used as a bucket.",
)
@click.option(
    "--write",
    is_flag=True,
    help="Also test whether existing objects are kept: store the object .aind-lint-probe, and remove it.",
)
@debug_option
@connection_options
def command(to: str | None, write: bool, connection: Connection) -> int:
    """Check what publishing needs, such as credentials and permissions. Nothing is stored there without --write.

    The write permission is tested with an upload whose checksum is wrong on purpose: S3 rejects the checksum only of
    users who are allowed to write, and stores nothing.

    \b
    Exit codes:
      0  publishing will work
      2  usage error
      4  publishing to this destination will fail, or that of assets of one generation of the metadata
    """  # noqa: D301 - click needs the escape
    local_code = code = 0
    for result in _local_probes():
        _show(result)
        local_code = 4 if result.state == "bad" else local_code
    if line := missing_data_roots(Path.cwd()):
        text = f"manifests here name files outside of this folder. For 'watch', add under [rig]: {line}"
        _show(ProbeResult("data roots", "warning", text))
    if to is None:
        show("No destination was tested; add --to to test one.")
        return local_code
    try:
        for result in run_probes(open_store(to, connection, new=True), write):
            _show(result)
            code = 4 if result.state == "bad" else code
    except UsageError as error:
        _show(ProbeResult("destination", "bad", str(error)))
        code = error.exit_code
    if code:
        hint = "Fix the lines with FAIL and run this again; tests that depend on them were skipped."
        show(f"Publishing to {sanitize(to)} will not work. {hint}")
    return code or local_code


def _show(result: ProbeResult) -> None:
    mark, color = _MARKS[result.state]
    show(f"{click.style(mark, fg=color)} {result.label:<17} {sanitize(result.text)}")


def _local_probes() -> Iterator[ProbeResult]:
    yield ProbeResult("aind-lint", "good", f"{__version__}, Python {platform.python_version()}, {platform.system()}")
    yield ProbeResult(
        "packages", "good", ", ".join(f"{name} {version}" for name, version in package_versions().items())
    )
    yield _engines()
    yield from _models()
    yield _state_folder()


def _engines() -> ProbeResult:
    """Which libraries do the work, and what is slower because a compiled one does not exist here."""
    names = [fast if is_available(module) else slow for module, fast, slow in _ENGINES]
    missing = [fast for module, fast, _ in _ENGINES if not is_available(module)]
    text = "JSON Schema by {}, small objects by {}, checksums by {}".format(*names)
    if not missing:
        return ProbeResult("engines", "good", text)
    return ProbeResult("engines", "warning", f"{text}: works, but slower than with {', '.join(missing)}")


def _models() -> Iterator[ProbeResult]:
    """A failure for each schema package that is installed and cannot be used."""
    for generation, (_, name) in PACKAGES.items():
        if name not in package_versions():
            continue
        try:
            for cls in _PROBED_CLASSES:
                model_version(generation, cls)
        except ModelUnavailableError as error:
            repair = _REPAIRS.get(name, f"pip install --force-reinstall {name}")
            text = f"assets of metadata {generation} cannot be checked: {error}. Run: {repair}"
            yield ProbeResult("models", "bad", text)


def _state_folder() -> ProbeResult:
    folder = state_folder().absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder) as file:
            file.write(b"x")
        free = shutil.disk_usage(folder).free
    except OSError as error:
        reason = os_error_reason(error)
        return ProbeResult(
            "state folder", "warning", f"cannot write {folder} ({reason}): receipts and journals will not be saved"
        )
    text = f"receipts and journals are saved in {folder} ({format_bytes(free)} free)"
    return ProbeResult("state folder", "good" if free > _STATE_BYTES else "warning", text)
