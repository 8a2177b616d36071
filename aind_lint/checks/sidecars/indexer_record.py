"""Does the indexer's record in a published asset describe this asset?"""

from __future__ import annotations

from collections.abc import Iterator

from aind_lint.asset.asset import Asset
from aind_lint.asset.indexer_keys import INDEXER_FILE
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked


class Options(verb.Options):
    """This verb has no options."""


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every name, location or subject of another asset in ``metadata.nd.json``."""
    if INDEXER_FILE not in asset.listing.files:
        return
    record = asset.sidecar(INDEXER_FILE)
    if record is None or record.data is None:
        yield Unchecked("the file could not be read", INDEXER_FILE)
        return
    name, location = record.data.get("name"), record.data.get("location")
    if isinstance(name, str) and name != asset.listing.name:
        yield Fault(f"{INDEXER_FILE} describes {name}", INDEXER_FILE, "/name", found=name, expected=asset.listing.name)
    elif isinstance(location, str) and location.rstrip("/").rpartition("/")[2] != asset.listing.name:
        message = f"{INDEXER_FILE} states the location {location}"
        yield Fault(message, INDEXER_FILE, "/location", found=location, expected=asset.listing.name)
    subject = record.data.get("subject")
    theirs = subject.get("subject_id") if isinstance(subject, dict) else None
    try:
        own = asset.value("subject.json", "/subject_id")
    except LookupError:
        own = asset.name.subject_id
    if isinstance(theirs, str) and isinstance(own, str) and theirs != own:
        message = f"{INDEXER_FILE} contains subject {theirs}"
        yield Fault(message, INDEXER_FILE, "/subject/subject_id", found=theirs, expected=own)
