"""The sidecars of a recording in metadata 2.x, made and validated by the installed models."""

from __future__ import annotations

import warnings
from datetime import datetime, timedelta
from typing import Any

from aind_data_schema.components.connections import Connection
from aind_data_schema.components.coordinates import CoordinateSystemLibrary, Translation
from aind_data_schema.components.devices import Computer, Disc
from aind_data_schema.components.identifiers import Code, DataAsset, Person
from aind_data_schema.components.subjects import BreedingInfo, CalibrationObject, MouseSubject
from aind_data_schema.components.surgery_procedures import Anaesthetic, Craniotomy, Headframe
from aind_data_schema.core.acquisition import (
    Acquisition,
    AcquisitionSubjectDetails,
    DataStream,
    ExternalDataStream,
    PerformanceMetrics,
    StimulusEpoch,
)
from aind_data_schema.core.data_description import DataDescription, Funding
from aind_data_schema.core.instrument import Instrument
from aind_data_schema.core.model import Model, ModelTraining, PerformanceMetric
from aind_data_schema.core.procedures import Procedures, Surgery
from aind_data_schema.core.processing import DataProcess, Processing
from aind_data_schema.core.quality_control import QCMetric, QCStatus, QualityControl
from aind_data_schema.core.subject import Subject
from aind_data_schema_models.modalities import Modality
from aind_data_schema_models.organizations import Organization
from aind_data_schema_models.species import Species, Strain

from tests.generator.equipment_2x import Equipment, equipment
from tests.generator.recording import Recording

_PLATFORM = "Running Disc"


#: Versions before the installed ones that the content fits too.
_OLDER = {
    "Data description": ("2.4.0", "2.4.1"),
    "Subject": ("2.2.1", "2.3.0", "2.3.2"),
    "Processing": ("2.3.0", "2.3.2"),
    "Acquisition": ("2.5.3",),
    "Instrument": ("2.2.7",),
    "Procedures": ("2.2.2",),
}


def written(recording: Recording, model: Any) -> bytes:
    """A model as aind-data-schema writes it, in the installed version or one before."""
    text = model.model_dump_json(indent=3, by_alias=True)
    chance = recording.random(f"version of {model.object_type}")
    if chance.random() < 0.4 and (older := _OLDER.get(model.object_type)):
        text = text.replace(
            f'"schema_version": "{model.schema_version}"', f'"schema_version": "{chance.choice(older)}"'
        )
    return f"{text}\n".encode()


def raw_sidecars(recording: Recording) -> dict[str, bytes]:
    """The sidecars of the raw asset."""
    models = {
        "data_description.json": _data_description(recording),
        "subject.json": _subject(recording),
        "procedures.json": _procedures(recording),
        "acquisition.json": _acquisition(recording),
    }
    if not recording.external:
        models["instrument.json"] = _instrument(recording)
    if recording.has("raw processing"):
        start = recording.end + timedelta(minutes=1)
        models["processing.json"] = processing(recording, "Compression", start, recording.processed)
    if recording.has("quality_control"):
        models["quality_control.json"] = quality_control(recording, "Raw data", recording.processed)
    return {key: written(recording, model) for key, model in models.items()}


def derived_data_description(
    recording: Recording, name: str, sources: list[str], created: datetime, subject_id: str | None
) -> Any:
    """The data description of an asset made from others."""
    return DataDescription.model_validate(
        {
            **_data_description(recording).model_dump(),
            "name": name,
            "data_level": "derived",
            "source_data": sources,
            "creation_time": created,
            "subject_id": subject_id,
        }
    )


def processing(recording: Recording, what: str, start: datetime, end: datetime, *sources: str) -> Any:
    """One step of processing, with the assets it has read."""
    code = Code(
        url="https://example.org/pipeline",
        name="pipeline",
        version="1.2.0",
        input_data=[DataAsset(name=source) for source in sources] or None,
        parameters={"level": 3},
    )
    step = DataProcess(
        process_type=what,
        name=what,
        stage="Processing",
        code=code,
        experimenters=[recording.people[0]],
        start_date_time=_local_time(recording, start),
        end_date_time=_local_time(recording, end),
    )
    return Processing(data_processes=[step], dependency_graph={what: []})


def quality_control(recording: Recording, stage: str, time: datetime) -> Any:
    """A metric for every modality."""
    metrics = [
        QCMetric(
            name=f"{modality} is there",
            modality=Modality.from_abbreviation(modality),
            stage=stage,
            value=index,
            status_history=[QCStatus(evaluator="Automated", status="Pass", timestamp=_local_time(recording, time))],
            tags={"modality": modality},
        )
        for index, modality in enumerate(recording.modalities)
    ]
    return QualityControl(metrics=metrics, default_grouping=["modality"])


def trained_model(recording: Recording, start: datetime, end: datetime, *sources: str) -> Any:
    """A model that was trained on assets."""
    code = Code(url="https://example.org/model", version="0.3.0", input_data=[DataAsset(name=one) for one in sources])
    training = ModelTraining(
        name="Training",
        stage="Analysis",
        code=code,
        experimenters=[recording.people[0]],
        start_date_time=_local_time(recording, start),
        end_date_time=_local_time(recording, end),
        train_performance=[PerformanceMetric(name="loss", value=0.1)],
    )
    return Model(
        name="Example model",
        version="0.3.0",
        example_run_code=code,
        architecture="Random Forest",
        intended_use="An example",
        training=[training],
        notes="A table of numbers",
    )


def _local_time(recording: Recording, time: datetime) -> datetime:
    return datetime.fromisoformat(recording.local_time(time))


def _data_description(recording: Recording) -> Any:
    people = [Person(name=recording.people[-1])]
    return DataDescription(
        name=recording.name,
        subject_id=recording.subject_id,
        creation_time=_local_time(recording, recording.processed),
        institution=Organization.AIND,
        funding_source=[
            Funding(funder=Organization.AI, fundee=people, grant_number="EX-1" if recording.has("notes") else None)
        ],
        data_level="raw",
        group="ephys" if recording.has("notes") else None,
        investigators=people,
        project_name=recording.project,
        modalities=[Modality.from_abbreviation(modality) for modality in recording.modalities],
        tags=["calibration"] if recording.calibration else ["example"] if recording.has("fresh tags") else None,
        data_summary="One example recording" if recording.has("notes") else None,
    )


def _subject(recording: Recording) -> Any:
    if recording.calibration:
        sphere = CalibrationObject(description="A fluorescent sphere", empty=recording.has("notes"))
        return Subject(subject_id=recording.subject_id, subject_details=sphere)
    chance = recording.random("subject")
    bred = chance.random() < 0.4
    return Subject(
        subject_id=recording.subject_id,
        subject_details=MouseSubject(
            sex=chance.choice(("Female", "Male")),
            date_of_birth=recording.birth,
            strain=Strain.C57BL_6J,
            species=Species.HOUSE_MOUSE,
            genotype="wt/wt",
            source=Organization.AI if bred else Organization.JAX,
            breeding_info=BreedingInfo(
                maternal_id="600001", maternal_genotype="wt/wt", paternal_id="600002", paternal_genotype="wt/wt"
            )
            if bred
            else None,
        ),
    )


def _procedures(recording: Recording) -> Any:
    craniotomy = Craniotomy(
        craniotomy_type="Circle",
        coordinate_system_name="BREGMA_ARI",
        position=Translation(translation=[-3.8, -2.6, 0.0]),
        size=3.0,
        size_unit="millimeter",
    )
    surgery = Surgery(
        start_date=recording.surgery,
        experimenters=[recording.people[1]],
        ethics_review_id="EX-0001",
        animal_weight_prior=20.8,
        animal_weight_post=20.6,
        anaesthesia=Anaesthetic(anaesthetic_type="Isoflurane", duration=90, duration_unit="minute", level=1.5),
        global_coordinate_system=CoordinateSystemLibrary.BREGMA_ARI,
        procedures=[
            Headframe(headframe_type="Visual Ctx", headframe_part_number="EX-0160-100-10"),
            *([craniotomy] if "ecephys" in recording.modalities else []),
        ],
    )
    untouched = recording.calibration or recording.random("procedures").random() < 0.2
    return Procedures(
        subject_id=recording.subject_id,
        subject_procedures=[] if untouched else [surgery],
        global_coordinate_system=CoordinateSystemLibrary.BREGMA_ARI,
    )


def _equipment(recording: Recording) -> dict[str, Equipment]:
    return {modality: equipment(recording, modality) for modality in recording.modalities}


def _instrument(recording: Recording) -> Any:
    components: dict[str, Any] = {}
    for one in _equipment(recording).values():
        components |= {component.name: component for component in one.components}
    if not recording.imaging:
        components[_PLATFORM] = Disc(name=_PLATFORM, radius=8.5)
    components["EX1-ACQ"] = Computer(name="EX1-ACQ", operating_system="Windows 10")
    return Instrument(
        location="EX1",
        instrument_id=recording.instrument_id,
        modification_date=recording.start.date() - timedelta(days=40),
        modalities=[Modality.from_abbreviation(modality) for modality in recording.modalities],
        global_coordinate_system=CoordinateSystemLibrary.BREGMA_ARI,
        connections=[Connection(source_device=next(iter(components)), target_device="EX1-ACQ")],
        components=list(components.values()),
    )


def _acquisition(recording: Recording) -> Any:
    details: dict[str, Any] = {}
    if recording.imaging:
        details["specimen_id"] = recording.specimen_id
    else:
        details["subject_details"] = AcquisitionSubjectDetails(
            animal_weight_prior="18.9", animal_weight_post="19.4", mouse_platform_name=_PLATFORM
        )
    if not recording.external:
        details |= {
            "instrument_id": recording.instrument_id,
            "global_coordinate_system": CoordinateSystemLibrary.BREGMA_ARI,
        }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Acquisition(
            subject_id=recording.subject_id,
            acquisition_start_time=_local_time(recording, recording.start),
            acquisition_end_time=_local_time(recording, recording.end),
            experimenters=[recording.people[0]],
            acquisition_type="Example recording",
            data_streams=[_stream(recording, index) for index in range(recording.streams)],
            stimulus_epochs=[_stimulus(recording)] if recording.has("stimulus") and not recording.imaging else [],
            notes="An example" if recording.has("notes") else None,
            **details,
        )


def _stream(recording: Recording, index: int) -> Any:
    begin = _local_time(recording, recording.at(index / recording.streams))
    end = _local_time(recording, recording.at((index + 1) / recording.streams))
    modalities = [Modality.from_abbreviation(modality) for modality in recording.modalities]
    if recording.external:
        return ExternalDataStream(stream_start_time=begin, stream_end_time=end, modalities=modalities)
    used = _equipment(recording).values()
    return DataStream(
        stream_start_time=begin,
        stream_end_time=end,
        modalities=modalities,
        active_devices=list(dict.fromkeys(name for one in used for name in one.active)),
        configurations=[setting for one in used for setting in one.configurations],
        code=[Code(url="https://example.org/bonsai", name="Bonsai", version="2.7.1")],
    )


def _stimulus(recording: Recording) -> Any:
    return StimulusEpoch(
        stimulus_start_time=_local_time(recording, recording.at(0.1)),
        stimulus_end_time=_local_time(recording, recording.at(0.9)),
        stimulus_name="Lick for water",
        stimulus_modalities=["No stimulus"],
        active_devices=[] if recording.external else [_PLATFORM],
        performance_metrics=PerformanceMetrics(trials_total=240, trials_finished=212, trials_rewarded=180),
    )
