"""The BIL metadata sheet of assets, derived from their sidecars, and what is missing in it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from aind_lint.archives.bil.columns import TABS, Column, Tab
from aind_lint.archives.bil.image_rows import image_rows, instrument_rows
from aind_lint.archives.bil.subject_rows import contributor_rows, dataset_rows, funder_rows, specimen_rows
from aind_lint.asset.asset import Asset

#: A row of a tab: values by column.
Row = dict[str, str]


@dataclass(frozen=True)
class MissingValue:
    """A value that the portal of BIL demands and the sidecars do not state.

    Attributes:
        tab: The tab.
        column: The column.
        found: The value, if there is one that the portal does not accept.
    """

    tab: Tab
    column: Column
    found: str = ""

    def __str__(self) -> str:
        stated = f"{self.column.name} (tab {self.tab.name})"
        return f"{stated}: '{self.found}' is not one of {', '.join(self.column.values)}" if self.found else stated


@dataclass
class BilSheet:
    """A metadata sheet.

    Attributes:
        rows: The rows of every tab, by the name of the tab.
    """

    rows: dict[str, list[Row]] = field(default_factory=lambda: {tab.name: [] for tab in TABS})

    def missing(self) -> list[MissingValue]:
        """The required values that are missing or not accepted, each column once."""
        found: dict[tuple[str, str], MissingValue] = {}
        for tab in TABS:
            rows = self.rows[tab.name]
            if not rows and tab.required:
                first = next(column for column in tab.columns if column.required)
                found[tab.name, first.name] = MissingValue(tab, first)
            for column in tab.columns:
                for row in rows:
                    value = row.get(column.name, "")
                    accepted = value in column.values if column.values and value else bool(value)
                    if not accepted and (column.required or value) and not _is_exempt(column, row):
                        found.setdefault((tab.name, column.name), MissingValue(tab, column, value))
        return list(found.values())


def build_sheet(
    assets: Sequence[Asset], shapes_of: Callable[[Asset], Collection[Mapping[str, int]]] = lambda asset: ()
) -> BilSheet:
    """The sheet of assets: a row for each in Dataset, Specimen, Instrument and Image.

    Contributors and funders are those of all assets, each once.

    Args:
        assets: The assets.
        shapes_of: Returns the items along each axis of the images of an asset.
    """
    sheet = BilSheet()
    for asset in assets:
        for name, rows in {
            "Contributors": contributor_rows(asset),
            "Funders": funder_rows(asset),
            "Instrument": instrument_rows(asset),
            "Dataset": dataset_rows(asset),
            "Specimen": specimen_rows(asset),
            "Image": image_rows(asset, shapes_of(asset)),
        }.items():
            shared = name in ("Contributors", "Funders", "Instrument")
            sheet.rows[name] += [row for row in rows if not (shared and row in sheet.rows[name])]
    return sheet


def _is_exempt(column: Column, row: Row) -> bool:
    """Whether no value is missing here: the column goes with another one that is empty, and reported already."""
    return column.follows is not None and not row.get(column.follows)
