"""What is wrong inside the files of one format?"""

from __future__ import annotations

from collections.abc import Iterator

from aind_lint.asset.asset import Asset
from aind_lint.checks.format_problems import report_problems
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.formats.format_files import Format

SCOPE = "data"
NEEDS_DATA = True

#: The kinds of problems of each format.
PROBLEMS: dict[Format, tuple[str, ...]] = {
    "zarr": (
        "metadata",
        "unreachable-chunks",
        "stray-chunk",
        "trace-chunk-missing",
        "nwb-chunk-missing",
        "chunk-not-stored",
        "level-without-chunks",
        "empty-chunk",
        "broken-chunk",
        "chunk-size",
        "consolidated",
        "consolidated-attributes",
        "store-link",
    ),
    "nwb": (
        "nwb-root",
        "nwb-start",
        "nwb-column",
        "nwb-series",
        "nwb-units",
        "nwb-no-data",
        "nwb-subject-incomplete",
        "nwb-lengths",
        "nwb-index",
        "nwb-times",
        "nwb-reference",
        "reference-leaves-store",
        "pickled-references",
        "pickled-code",
    ),
    "ome": (
        "ome-level",
        "ome-scale",
        "ome-implausible-scale",
        "ome-unit",
        "ome-axes",
        "ome-levels-differ",
        "ome-version",
        "ome-well",
        "ome-path",
        "ome-metadata",
    ),
    "spikeinterface": (
        "folder-json",
        "recording-files",
        "recording-counts",
        "recording-type",
        "recording-not-int16",
        "recording-probe",
        "recording-property",
        "recording-objects",
        "loads-in",
        "recording",
    ),
    "open-ephys": ("open-ephys", "open-ephys-settings", "compressed-recording"),
    "hdf5": ("hdf5-file",),
    "mearec": ("mearec",),
    "video": (
        "video-file",
        "video-not-streamable",
    ),
    "tiff": ("tiff-file",),
}


class Options(verb.Options):
    """What is reported.

    Attributes:
        format: The format.
        problem: The kind of problem, one of `PROBLEMS` of the format.
    """

    format: Format
    problem: str

    def validate(self) -> None:
        """Require a problem of this format."""
        if self.problem not in PROBLEMS[self.format]:
            raise ValueError(f"'problem' of the format {self.format} is one of {', '.join(PROBLEMS[self.format])}")


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every problem of this kind."""
    yield from report_problems(asset, context, options.format, options.problem)
