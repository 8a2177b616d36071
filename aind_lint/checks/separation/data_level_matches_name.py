"""Does the data level match the form of the name?"""

from __future__ import annotations

from collections.abc import Iterator

from aind_lint.asset.asset import Asset
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.asset.value_reference import resolve_references
from aind_lint.engine.repair import derived_name, rename, sentence, set_source
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault

#: Processes of raw assets.
_UPLOAD_STEPS = ("Compression", "File format conversion", "File conversion", "Image compression", "Other")
_FILE, _POINTER = "data_description.json", "/data_level"


class Options(verb.Options):
    """This verb has no options."""


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault if a raw asset has a derived name or the reverse."""
    level, form = asset.stated_level, asset.name.form
    if level == "raw" and form == "derived":
        message = f"data_level is raw, but the asset name is that of an asset derived from {asset.name.source}"
        yield Fault(message, _FILE, _POINTER, found="raw", expected="derived", fix=_derived_or_raw(asset))
    elif level == "raw" and len(asset.sources) > 1:
        message = f"data_level is raw, but {_FILE} names {len(asset.sources)} sources"
        fix = f'Set {_POINTER} in {_FILE} to "derived"'
        # The models miss a subject then, and the name passes for that of a recording.
        related = ((_FILE, "/subject_id"), (_FILE, "/source_data"))
        compares = ("name", "platform")
        yield Fault(
            message, _FILE, _POINTER, found="raw", expected="derived", fix=fix, related=related, compares=compares
        )
    elif level == "derived" and form == "raw":
        message = "data_level is derived, but the asset name is a raw name: it has no label and no time of processing"
        if asset.sources or _is_processed(asset):
            # Other metadata says so, too. With "raw", a process would pass for a recording.
            source = {0: asset.name.text, 1: (asset.sources or [""])[0]}.get(len(asset.sources), "<project>")
            meant = derived_name(asset)
            placeholder = f"Rename the folder to {_raw_name(source)}_<label>_<date>_<time>"
            fix = sentence(rename(asset, meant)) if meant else placeholder
            yield Fault(message, _FILE, _POINTER, found="derived", fix=fix, compares=("name",) if meant else None)
            return
        fix = f'Set {_POINTER} in {_FILE} to "raw", or rename the folder to {asset.name.text}_<label>_<date>_<time>'
        yield Fault(message, _FILE, _POINTER, found="derived", expected="raw", fix=fix)


def _derived_or_raw(asset: Asset) -> str:
    """The repair for level raw and a derived name: both, if only the name says that the asset is derived."""
    source = str(asset.name.source)
    steps = [f'set {_POINTER} in {_FILE} to "derived"']
    if not asset.sources:
        steps.append(set_source(asset, source))
    if asset.sources or _is_processed(asset):
        return sentence(", and ".join(steps))
    if "processing.json" not in asset.listing.files:
        steps.append("add processing.json")
    return f"If the asset is derived, {', and '.join(steps)}. If it is raw, {rename(asset, source)}"


def _raw_name(source: str) -> str:
    """The raw asset from which a source goes back: a label is never appended to another label."""
    return parse_name(source).source or source


def _is_processed(asset: Asset) -> bool:
    """Whether processing.json has more than the steps of the upload: compression and transfer come before it."""
    places = ["processing.json#/data_processes/*", "processing.json#/processing_pipeline/data_processes/*"]
    processes = [entry.value for entry in resolve_references(asset, places) if isinstance(entry.value, dict)]
    types = (process.get("process_type", process.get("name")) for process in processes)
    return any(isinstance(word, str) and word not in _UPLOAD_STEPS for word in types)
