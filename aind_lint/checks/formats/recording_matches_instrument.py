"""Can the probe of the instrument have recorded the channels, at the rate, of a recording of Open Ephys?"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from aind_lint.asset.asset import Asset
from aind_lint.checks.format_problems import NOT_READ, format_files_of, scanner_of
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.formats.problem import NotRead

if TYPE_CHECKING:
    from aind_lint.formats.open_ephys.recording import OpenEphysStream

NEEDS_DATA = True

_SIDECARS = "instrument.json", "rig.json"
#: Probes that record at most 384 channels at a time. Source: https://www.neuropixels.org/support
_MODELS = re.compile(r"Neuropixels (?:1\.0|2\.0 \((?:Single|Multi) Shank\)|UHD \(\w+\)|Opto \(Demonstrator\))")
_CHANNELS = 384
#: Hz by the ending of the name of a stream. Clocks of base stations deviate by less than 0.1 %.
_RATES = {"-ap": 30_000.0, "-lfp": 2_500.0}
_TOLERANCE = 0.01


class Options(verb.Options):
    """None."""


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every stream that the probe of this name cannot have recorded."""
    if not format_files_of(asset).has("open-ephys"):
        return
    probes = {_plain(name): (name, model, key) for key in _SIDECARS for name, model in _probes(asset, key)}
    if not probes:
        return
    if context.contents == "none":
        yield Unchecked(NOT_READ)
        return
    for recording in scanner_of(asset, context).recordings:
        yield from (Unchecked(one.reason, one.file) for one in recording.results if isinstance(one, NotRead))
        for stream in recording.streams:
            label = stream.name.lower()
            ending = next((one for one in _RATES if label.endswith(one)), "")
            probe = probes.get(_plain(label.removesuffix(ending)))
            if probe is not None and _MODELS.fullmatch(probe[1]):
                yield from _compare(stream, _RATES.get(ending), *probe)


def _compare(stream: OpenEphysStream, rate: float | None, name: str, model: str, sidecar: str) -> Iterator[Fault]:
    if stream.channels is not None and stream.channels - max(1, stream.sync_channels) > _CHANNELS:
        yield Fault(
            f"{stream.folder} has {stream.channels} channels, but {name} of {sidecar} is a {model}, which records "
            f"{_CHANNELS}",
            stream.key,
            f"{stream.pointer}/num_channels",
            found=str(stream.channels),
            expected=f"at most {_CHANNELS}",
        )
    if rate and stream.rate and not math.isclose(stream.rate, rate, rel_tol=_TOLERANCE):
        yield Fault(
            f"the sample rate of {stream.folder} is {stream.rate:g} Hz, but {name} of {sidecar} is a {model}, which "
            f"records this band with {rate:g} Hz",
            stream.key,
            f"{stream.pointer}/sample_rate",
            found=f"{stream.rate:g}",
            expected=f"{rate:g}",
        )


def _probes(asset: Asset, key: str) -> Iterator[tuple[str, str]]:
    """The names and models of the probes that a sidecar describes."""
    sidecar = asset.sidecar(key)
    pending: list[Any] = [sidecar.data] if sidecar is not None else []
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            name, model = value.get("name"), value.get("probe_model")
            if isinstance(name, str) and isinstance(model, str):
                yield name, model
            pending += value.values()
        elif isinstance(value, list):
            pending += value


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
