"""Does the asset have a sidecar that its kind requires?"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Literal

from aind_lint.asset.asset import Asset
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.sidecar.kinds import is_unmerged
from aind_lint.sidecar.misnamed import intended_sidecar

#: Sidecars that the metadata service generates from the subject id.
_GENERATED = ("subject.json", "procedures.json")
#: The class name, and how the models write it.
_EXTERNAL = ("ExternalDataStream", "External data stream")


class Case(verb.Options):
    """One kind of asset; every given condition must hold.

    Attributes:
        generation: Generations of the metadata.
        level: Data levels.
        imaging_modalities: How many of the modalities are imaging modalities.
        if_any_present: Sidecars, at least one of which is present.
        if_none_present: Sidecars, none of which is present.
    """

    generation: list[Literal["0.x", "1.x", "2.x", "3.x"]] | None = None
    level: list[Literal["raw", "derived", "simulated"]] | None = None
    imaging_modalities: list[Literal["all", "some", "none"]] | None = None
    if_any_present: list[str] | None = None
    if_none_present: list[str] = []


class Options(verb.Options):
    """Which sidecar is required for which assets.

    Attributes:
        file: The sidecar.
        alternatives: Sidecars that are accepted instead.
        required_for: Kinds of assets that must have it; one matching case is enough.
        waived_by_external_streams: Not required if every data stream was recorded elsewhere.
        waived_for: Derived assets that need not have it: those made from several sources, or from sources of several
            subjects.
    """

    file: str
    alternatives: list[str] = []
    required_for: list[Case]
    waived_by_external_streams: bool = False
    waived_for: Literal["several-sources", "several-subjects"] | None = None


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault if the sidecar is missing."""
    files = asset.listing.files
    if options.file in files or any(other in files for other in options.alternatives):
        return
    if asset.generation is None and all(case.generation for case in options.required_for):
        yield Unchecked("the generation of the metadata is not known")
        return
    added = asset.upload.manifest.added_sidecars if asset.upload and context.completed_by_service else frozenset()
    if not any(matches_case(case, asset, added) for case in options.required_for):
        return
    if options.waived_by_external_streams and only_external_streams(asset):
        return
    if options.waived_for and _is_aggregate(asset, options.waived_for):
        return
    if any(intended_sidecar(name) == options.file for name in asset.listing.root_files):
        return  # another rule reports a sidecar with a wrong name
    if asset.upload and options.file in asset.upload.missing_sidecars:
        return  # another rule reports a missing path of the upload manifest
    has_parts = any(is_unmerged(name) and name.startswith(options.file[:-5]) for name in asset.listing.root_files)
    if asset.upload and context.completed_by_service:
        if will_be := next((file for file in (options.file, *options.alternatives) if file in added), None):
            yield Unchecked("the transfer service adds it", will_be)
            return
        if has_parts:
            yield Unchecked("the transfer service merges its parts", options.file)
            return
    if has_parts:
        return  # another rule reports parts that are not merged
    expected = " or ".join([options.file, *options.alternatives])
    misplaced = sorted(key for key in files if key.endswith(f"/{options.file}"))
    fix = f"Move {misplaced[0]} to the root of the asset" if len(misplaced) == 1 else None
    if asset.upload and asset.upload.manifest.form == "manifest":
        origin = ", which the metadata service generates," if options.file in _GENERATED else ""
        fix = f"Add the path of {options.file}{origin} to schemas in {asset.upload.manifest.path.name}"
    missing = tuple(f"missing {file}" for file in (options.file, *options.alternatives))
    yield Fault(f"{expected} is missing", expected=expected, fix=fix, compares=missing)


def matches_case(case: Case, asset: Asset, added: Collection[str] = ()) -> bool:
    """Whether an asset is of the kind that a case describes, with the sidecars that the transfer service adds."""
    present = {*asset.listing.root_files, *added}
    return (
        (case.generation is None or asset.generation in case.generation)
        and (case.level is None or asset.level in case.level)
        and (case.imaging_modalities is None or _imaging_share(asset) in case.imaging_modalities)
        and not any(file in asset.listing.files for file in case.if_none_present)
        and (case.if_any_present is None or not present.isdisjoint(case.if_any_present))
    )


def _is_aggregate(asset: Asset, of: Literal["several-sources", "several-subjects"]) -> bool:
    if asset.stated_level != "derived":
        return False
    if of == "several-sources":
        return asset.is_aggregate
    subjects = {parse_name(source, vocabulary=asset.vocabulary).subject_id for source in asset.sources} - {None}
    return len(subjects) > 1 or (asset.is_aggregate and not subjects)


def _imaging_share(asset: Asset) -> Literal["all", "some", "none"]:
    vocabulary = asset.vocabulary
    # A misspelled modality, which another rule reports, shows nothing about the sidecars that an asset needs.
    imaging_words = vocabulary.imaging_modalities
    known = [word for word in asset.modalities if vocabulary.modality_of(word) or word.casefold() in imaging_words]
    words = known or ([asset.name.prefix] if asset.name.prefix else asset.modalities)
    imaging = [word.casefold() in imaging_words for word in words]
    return "none" if not any(imaging) else "all" if all(imaging) else "some"


def only_external_streams(asset: Asset) -> bool:
    """Whether every data stream of the acquisition was recorded elsewhere."""
    try:
        streams = asset.value("acquisition.json", "/data_streams")
    except LookupError:
        return False
    return isinstance(streams, list) and all(
        isinstance(stream, dict) and stream.get("object_type") in _EXTERNAL for stream in streams
    )
