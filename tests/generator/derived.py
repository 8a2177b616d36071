"""Assets made from others: sorted, stitched, converted, analyzed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from aind_lint.examples.tree import Tree
from tests.generator import sidecars_1x, sidecars_2x
from tests.generator.formats import Files, csv_table, hdf5, mp4, npy, nwb_zarr, ome_zarr
from tests.generator.recording import PHYSIOLOGY, Recording, format_timestamp


@dataclass(frozen=True)
class Process:
    """What makes a derived asset.

    Attributes:
        label: Of the name.
        step: As processing.json calls it.
        folder: The folder of the results; "" for NWB, which is at the root.
        modalities: At least one of these is needed; any if empty.
    """

    label: str
    step: str
    folder: str
    modalities: tuple[str, ...] = ()


PROCESSES = (
    Process("processed", "File format conversion", "processed"),
    Process("nwb", "File format conversion", "", PHYSIOLOGY["2.x"]),
    Process("sorted", "Spike sorting", "sorted", ("ecephys",)),
    Process("sorted-ks25", "Spike sorting", "sorted", ("ecephys",)),
    Process("sorted-ks4", "Spike sorting", "sorted-ks4", ("ecephys",)),
    Process("stitched", "Image tile fusing", "stitched", ("SPIM", "confocal")),
    Process("alignment", "Image atlas alignment", "alignment", ("SPIM",)),
    Process("flatfield-correction", "Image flat-field correction", "flatfield-correction", ("SPIM",)),
    Process("videoprocessed", "Video motion correction", "videoprocessed", ("behavior-videos", "pophys")),
)


def derived_asset(recording: Recording, raw: Tree, turn: int = 0) -> Tree:
    """An asset derived from the raw one; its copies of the source's sidecars are the source's, byte for byte."""
    chance = recording.random(f"derived {turn}")
    fitting = [one for one in PROCESSES if not one.modalities or set(one.modalities) & set(recording.modalities)]
    process = chance.choice(fitting)
    made = _processed(recording, chance.randrange(1, 100))
    start = made - timedelta(minutes=chance.randrange(5, 50))
    name = f"{raw.name}_{process.label}_{format_timestamp(made)}"
    copied = ("subject", "procedures", "instrument", "acquisition", "rig", "session")
    files: dict[str, bytes | int] = {
        f"{kind}.json": raw.files[f"{kind}.json"] for kind in copied if f"{kind}.json" in raw.files
    }
    if recording.generation == "2.x":
        sources = [raw.name] + ([f"{raw.name}_nwb_{format_timestamp(start)}"] if chance.random() < 0.1 else [])
        models = {
            "data_description": sidecars_2x.derived_data_description(
                recording, name, sources, made, recording.subject_id
            ),
            "processing": sidecars_2x.processing(recording, process.step, start, made, *sources),
        }
        if chance.random() < 0.5:
            models["quality_control"] = sidecars_2x.quality_control(recording, "Processing", made)
        files |= {f"{kind}.json": sidecars_2x.written(recording, model) for kind, model in models.items()}
    else:
        content = {
            "data_description": sidecars_1x.derived_data_description(recording, name, raw.name, process.label, made),
            "processing": sidecars_1x.processing(recording, process.step, start, made, raw.name),
        }
        if recording.generation == "1.x" and chance.random() < 0.5:
            content["quality_control"] = sidecars_1x.quality_control(recording, "Processing", made)
        files |= {f"{kind}.json": sidecars_1x.written(recording, kind, data) for kind, data in content.items()}
    files |= _results(recording, process)
    return Tree(name, files)


def analysis_asset(recording: Recording, others: list[Tree]) -> Tree:
    """An analysis, which is named by its project; from 2.x on of several subjects."""
    made = _processed(recording, 200)
    start = made - timedelta(minutes=40)
    project, analysis = "dynamic-routing", "unit-matching"
    is_short = recording.generation == "2.x" and recording.has("notes")
    name = f"{analysis if is_short else f'{project}_{analysis}'}_{format_timestamp(made)}"
    files: dict[str, bytes | int] = {"analysis/result.csv": csv_table(["unit", "depth"], [[1, 120.5], [2, 80]])}
    sources = [other.name for other in others]
    if recording.generation == "2.x":
        models = {
            "data_description": sidecars_2x.derived_data_description(recording, name, sources, made, None),
            "processing": sidecars_2x.processing(recording, "Analysis", start, made, *sources),
        }
        if recording.has("model"):
            models["model"] = sidecars_2x.trained_model(recording, start, made, *sources)
        return Tree(
            name, files | {f"{kind}.json": sidecars_2x.written(recording, model) for kind, model in models.items()}
        )
    content = {
        "data_description": sidecars_1x.analysis_description(recording, name, project, analysis, made),
        "processing": sidecars_1x.processing(recording, "Analysis", start, made, sources[0]),
    }
    copied = ("subject", "procedures", "instrument", "acquisition", "rig", "session")
    files |= {f"{kind}.json": others[0].files[f"{kind}.json"] for kind in copied if f"{kind}.json" in others[0].files}
    return Tree(
        name, files | {f"{kind}.json": sidecars_1x.written(recording, kind, data) for kind, data in content.items()}
    )


def _processed(recording: Recording, hours: int) -> datetime:
    """When a result was made, in the zone that its sidecars write: the rig's, or UTC on a pipeline."""
    made = recording.end.astimezone(timezone.utc) + timedelta(hours=hours, minutes=hours % 60)
    return made.astimezone(recording.written_in).replace(microsecond=0)


def _results(recording: Recording, process: Process) -> Files:
    if not process.folder:
        start = recording.local_time(recording.start)
        alone = recording.has("root video") and len(recording.modalities) == 1
        stores = (
            [recording.name]
            if alone
            else [one for one in recording.modalities if one in PHYSIOLOGY["2.x"] or one == "slap"]
        )
        files: Files = {}
        for store in stores:
            files |= nwb_zarr(f"{store}.nwb.zarr", start, recording.subject_id)
        return files
    if process.step == "Spike sorting":
        return {
            f"{process.folder}/spike_times.npy": npy("<i8", 40),
            f"{process.folder}/spike_clusters.npy": npy("<i4", 40),
            f"{process.folder}/params.py": b"dat_path = None\nn_channels_dat = 384\n",
        }
    if process.step.startswith("Image"):
        return ome_zarr(f"{process.folder}/fused_ch_488.ome.zarr")
    if process.step.startswith("Video"):
        return {f"{process.folder}/motion_corrected.h5": hdf5(), f"{process.folder}/preview.mp4": mp4()}
    return {f"{process.folder}/result.csv": csv_table(["frame", "value"], [[0, 1.5], [1, 1.25]])}
