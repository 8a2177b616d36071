"""Is a device folder named after a device in the metadata?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from aind_lint.asset.asset import Asset
from aind_lint.asset.naming.vocabulary import simplify
from aind_lint.asset.value_reference import Reference, referenced_files, resolve_references, unreadable_files
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.text.constraint import NOT_EMPTY

NEEDS_DATA = True

_FILE_TIMESTAMP = re.compile(r"_[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{6}(?:Z|[+-][0-9]{1,4})?$", re.ASCII)


class Options(verb.Options):
    """Which folders, and where the devices are defined.

    Attributes:
        folders: Globs of the folders; a date-time at the end of the name is ignored.
        described_as: The kind of device, for the message: "camera".
        defined_in: References to the names of the devices.
    """

    folders: Annotated[list[str], NOT_EMPTY]
    described_as: str
    defined_in: Annotated[list[Reference], NOT_EMPTY]


def searches(options: Options) -> list[str]:
    """The globs of the folders."""
    return options.folders


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every folder whose name resembles no device's; case, spaces and hyphens are ignored."""
    folders = asset.listing.key_index.folders_matching(options.folders)
    if not folders:
        return
    unreadable = unreadable_files(asset, options.defined_in)
    for file in unreadable:
        yield Unchecked("the file could not be read", file)
    if unreadable:
        return
    files = referenced_files(*options.defined_in)
    if not any(file in asset.listing.files for file in files):
        yield Unchecked(f"{' and '.join(files)} are missing")
        return
    known = {
        simplify(entry.value) for entry in resolve_references(asset, options.defined_in) if isinstance(entry.value, str)
    }
    for folder in folders:
        name = _FILE_TIMESTAMP.sub("", folder.rpartition("/")[2])
        if not any(word and (simplify(name) in word or word in simplify(name)) for word in known):
            yield Fault(
                f"{folder}: no {options.described_as} is named {name} in {' or '.join(files)}", folder, found=name
            )
