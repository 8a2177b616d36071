"""The sidecars of a recording in metadata 0.x and 1.x, for aind-data-schema 0.39.1 and 1.4.0."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from tests.generator import equipment_1x
from tests.generator.equipment_1x import Json, organization
from tests.generator.recording import Recording
from tests.generator.vocabulary_1x import NAMES, PLATFORMS, VERSIONS

_PLATFORM = "Running Disc"
_AIND = organization("Allen Institute for Neural Dynamics", "AIND", "04szwah67")
_AI = organization("Allen Institute", "AI", "03cpe7c52")
_URL = "https://raw.githubusercontent.com/AllenNeuralDynamics/aind-data-schema/main/src/aind_data_schema/core"


def raw_sidecars(recording: Recording) -> dict[str, bytes]:
    """The sidecars of the raw asset."""
    content = {
        "data_description": _data_description(recording),
        "subject": _subject(recording),
        "procedures": _procedures(recording),
        # Imaging must have it in 1.x, and the founding document has it everywhere.
        "processing": processing(recording, "Compression", recording.end, recording.processed, recording.name),
    }
    if recording.imaging:
        content |= {"acquisition": _acquisition(recording), "instrument": _instrument(recording)}
    else:
        content |= {"session": _session(recording), "rig": _rig(recording)}
    if recording.generation == "1.x" and recording.has("quality_control"):
        content["quality_control"] = quality_control(recording, "Raw data", recording.processed)
    return {f"{kind}.json": written(recording, kind, data) for kind, data in content.items()}


def written(recording: Recording, kind: str, data: Json) -> bytes:
    """A sidecar as aind-data-schema writes it."""
    version = recording.random(f"version of {kind}").choice(VERSIONS[recording.generation][kind])
    head = {"describedBy": f"{_URL}/{kind}.py", "schema_version": version}
    indent = 3 if recording.has("indent 3") else 2
    return (json.dumps(head | data, indent=indent, ensure_ascii=False) + "\n").encode("utf-8")


def modality(abbreviation: str) -> Json:
    """A modality as 0.x and 1.x write one."""
    return {"name": NAMES[abbreviation], "abbreviation": abbreviation}


def derived_data_description(recording: Recording, name: str, source: str, label: str, created: datetime) -> Json:
    """The data description of an asset made from another."""
    return {
        **_data_description(recording),
        "name": name,
        "data_level": "derived",
        "creation_time": recording.local_time(created),
        "input_data_name": source,
        "process_name": label,
    }


def analysis_description(recording: Recording, name: str, project: str, analysis: str, created: datetime) -> Json:
    """The data description of an analysis, which is named by its project."""
    return {
        **_data_description(recording),
        "name": name,
        "data_level": "derived",
        "creation_time": recording.local_time(created),
        "project_name": project,
        "analysis_name": analysis,
    }


def processing(recording: Recording, what: str, start: datetime, end: datetime, source: str) -> Json:
    """One step of processing."""
    step = {
        "name": what,
        "software_version": "0.95.0",
        "start_date_time": recording.local_time(start),
        "end_date_time": recording.local_time(end),
        "input_location": source,
        "output_location": "results",
        "code_url": "https://example.org/pipeline",
        "code_version": "1.0.0",
        "parameters": {"level": 3},
        "notes": "An example",
    }
    return {"processing_pipeline": {"data_processes": [step], "processor_full_name": recording.people[0]}}


def quality_control(recording: Recording, stage: str, time: datetime) -> Json:
    """An evaluation of every modality, as 1.x has them."""
    local_time = recording.local_time(time)
    return {
        "evaluations": [
            {
                "modality": modality(one),
                "stage": stage,
                "name": f"{one} is there",
                "metrics": [
                    {
                        "name": "Frames",
                        "value": index,
                        "status_history": [{"evaluator": "Automated", "status": "Pass", "timestamp": local_time}],
                    }
                ],
                "allow_failed_metrics": False,
                "latest_status": "Pass",
                "created": local_time,
            }
            for index, one in enumerate(recording.modalities)
        ]
    }


def _data_description(recording: Recording) -> Json:
    assert recording.prefix
    data = {
        "license": "CC-BY-4.0",
        "platform": {"name": PLATFORMS[recording.prefix], "abbreviation": recording.prefix},
        "subject_id": recording.subject_id,
        "creation_time": recording.start.isoformat(),  # upstream makes the name from it
        "name": recording.name,
        "institution": _AIND,
        "funding_source": [{"funder": _AI, "fundee": recording.people[-1]}],
        "data_level": "raw",
        "group": "ephys" if recording.has("notes") else None,
        "investigators": [{"name": recording.people[-1]}],
        "project_name": recording.project,
        "modality": [modality(one) for one in recording.modalities],
    }
    return data | ({"data_summary": "One example recording"} if recording.has("notes") else {})


def _subject(recording: Recording) -> Json:
    return {
        "subject_id": recording.subject_id,
        "sex": recording.random("subject").choice(("Female", "Male")),
        "date_of_birth": recording.birth.isoformat(),
        "genotype": "wt/wt",
        "species": {
            "name": "Mus musculus",
            "registry": {"name": "National Center for Biotechnology Information", "abbreviation": "NCBI"},
            "registry_identifier": "NCBI:txid10090",
        },
        "background_strain": "C57BL/6J",
        "source": organization("Jackson Laboratory", "JAX", "021sy4w91"),
    }


def _procedures(recording: Recording) -> Json:
    procedures: list[Json] = [
        {
            "procedure_type": "Headframe",
            "protocol_id": "dx.doi.org/10.17504/protocols.io.example-headframe",
            "headframe_type": "Visual Ctx",
            "headframe_part_number": "EX-0160-100-10",
        }
    ]
    if "fib" in recording.modalities:
        fiber = {
            "device_type": "Fiber optic probe",
            "name": "Fiber A",
            "manufacturer": organization("Neurophotometrics"),
            "core_diameter": "200",
            "numerical_aperture": "0.37",
            "total_length": "5.0",
        }
        implant = {
            "ophys_probe": fiber,
            "targeted_structure": equipment_1x.structure(recording),
            "stereotactic_coordinate_ap": "-2.6",
            "stereotactic_coordinate_ml": "1.5",
            "stereotactic_coordinate_dv": "3.1",
            "angle": "0",
        }
        procedures.append(
            {"procedure_type": "Fiber implant", "protocol_id": "dx.doi.org/10.17504/x", "probes": [implant]}
        )
    surgery = {
        "procedure_type": "Surgery",
        "protocol_id": "dx.doi.org/10.17504/protocols.io.example-surgery",
        "start_date": recording.surgery.isoformat(),
        "experimenter_full_name": recording.people[1],
        "iacuc_protocol": "EX-0001",
        "animal_weight_prior": "20.8",
        "animal_weight_post": "20.6",
        "anaesthesia": {"type": "Isoflurane", "duration": "90", "duration_unit": "minute", "level": "1.5"},
        "procedures": procedures,
    }
    return {"subject_id": recording.subject_id, "subject_procedures": [surgery]}


def _rig(recording: Recording) -> Json:
    rig: Json = {
        "rig_id": recording.instrument_id,
        "modification_date": (recording.start.date() - timedelta(days=40)).isoformat(),
        "mouse_platform": {"device_type": "Disc", "name": _PLATFORM, "radius": "8.5"},
        "calibrations": [],
        "modalities": [modality(one) for one in recording.modalities],
    }
    for one in recording.modalities:
        for part, devices in equipment_1x.equipment(recording, one).rig.items():
            known = [device.get("name") for device in rig.get(part, [])]
            rig[part] = rig.get(part, []) + [
                device for device in devices if device.get("name") not in known or not known
            ]
    return rig


def _session(recording: Recording) -> Json:
    session: Json = {
        "protocol_id": ["dx.doi.org/10.17504/protocols.io.example-recording"],
        "experimenter_full_name": [recording.people[0]],
        "session_start_time": recording.local_time(recording.start),
        "session_end_time": recording.local_time(recording.end),
        "session_type": "Example recording",
        "iacuc_protocol": "EX-0001",
        "rig_id": recording.instrument_id,
        "subject_id": recording.subject_id,
        "animal_weight_prior": "18.9",
        "data_streams": [_stream(recording, index) for index in range(recording.streams)],
        "mouse_platform_name": _PLATFORM,
        "active_mouse_platform": False,
    }
    if recording.has("stimulus"):
        devices = ["Lick Spout"] if "behavior" in recording.modalities else []
        session["stimulus_epochs"] = [
            {
                "stimulus_start_time": recording.local_time(recording.at(0.1)),
                "stimulus_end_time": recording.local_time(recording.at(0.9)),
                "stimulus_name": "Lick for water",
                "stimulus_modalities": ["None"],
                "stimulus_device_names": devices,
                "trials_total": 240,
            }
        ]
    return session


def _stream(recording: Recording, index: int) -> Json:
    stream: Json = {
        "stream_start_time": recording.local_time(recording.at(index / recording.streams)),
        "stream_end_time": recording.local_time(recording.at((index + 1) / recording.streams)),
        "stream_modalities": [modality(one) for one in recording.modalities],
    }
    for one in recording.modalities:
        for part, used in equipment_1x.equipment(recording, one).stream.items():
            stream[part] = stream.get(part, []) + [item for item in used if item not in stream.get(part, [])]
    return stream


def _instrument(recording: Recording) -> Json:
    kind = recording.prefix if recording.prefix in ("confocal", "exaSPIM", "mesoSPIM", "SmartSPIM") else "Other"
    return {
        "instrument_id": recording.instrument_id,
        "modification_date": (recording.start.date() - timedelta(days=40)).isoformat(),
        "instrument_type": kind,
        "manufacturer": equipment_1x.THORLABS,
        "objectives": [equipment_1x.objective("3.6x objective", "oil")],
        "detectors": [equipment_1x.detector("sCMOS")],
        "light_sources": [equipment_1x.laser("488 laser", 488)],
        "notes": f"Records {', '.join(recording.modalities)}",
    }


def _acquisition(recording: Recording) -> Json:
    channel = {
        "channel_name": "488",
        "light_source_name": "488 laser",
        "filter_names": [],
        "detector_name": "sCMOS",
        "excitation_wavelength": 488,
        "excitation_power": 20.0,
        "filter_wheel_index": 0,
    }
    tiles = [
        {
            "coordinate_transformations": [
                {"type": "translation", "translation": [str(tile * 1500), "0", "0"]},
                {"type": "scale", "scale": ["1.8", "1.8", "2.0"]},
            ],
            "file_name": f"tile_x_{tile:04d}_y_0000_z_0000_ch_488.ome.zarr",
            "channel": channel,
        }
        for tile in range(2)
    ]
    directions = ("Left_to_right", "Posterior_to_anterior", "Superior_to_inferior")
    return {
        "experimenter_full_name": [recording.people[0]],
        "specimen_id": recording.specimen_id,
        "subject_id": recording.subject_id,
        "instrument_id": recording.instrument_id,
        "session_start_time": recording.local_time(recording.start),
        "session_end_time": recording.local_time(recording.end),
        "tiles": tiles,
        "axes": [
            {"name": name, "dimension": index, "direction": directions[index], "unit": "micrometer"}
            for index, name in enumerate("XYZ")
        ],
        "chamber_immersion": {"medium": "oil", "refractive_index": "1.56"},
    }
