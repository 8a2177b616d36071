"""The data of a raw asset: for every modality files as its file standard asks for."""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import datetime, timedelta

from tests.generator.formats import Files, csv_table, hdf5, json_bytes, mp4, npy, ome_zarr, tiff, zarr_array, zarr_group
from tests.generator.recording import Recording, format_timestamp


def raw_files(recording: Recording) -> Files:
    """All data of the raw asset."""
    files: Files = {}
    for modality in recording.modalities:
        files |= _MAKERS.get(modality, _plain)(recording, modality)
    if recording.has("logs"):
        files["logs/acquisition.log"] = b"started\nstopped\n"
    if recording.has("derivatives"):
        files["derivatives/online-tracking/positions.csv"] = csv_table(["frame", "x"], [[0, 1.5], [1, 1.6]])
    if recording.has("uploaded_json") and recording.generation == "2.x":
        # What the metadata job of the transfer service keeps of its input.
        files["original_metadata/uploaded_json/acquisition_behavior.json"] = json_bytes({"subject_id": "kept"})
    return files


def compact(time: datetime) -> str:
    """A timestamp as file names have it."""
    return time.strftime("%Y-%m-%dT%H%M%S")


def _plain(recording: Recording, modality: str) -> Files:
    """What has no file standard of its own."""
    return {
        f"{modality}/recording.tif": tiff(),
        f"{modality}/frames.csv": csv_table(["frame", "time"], [[0, 0.1], [1, 0.2]]),
    }


def _behavior(recording: Recording, modality: str) -> Files:
    rows = [[trial, f"{10 * trial + 0.25:.3f}", 'a "quoted", value' if trial == 3 else ""] for trial in range(20)]
    files = {"behavior/trials.csv": csv_table(["trial", "start_time", "remark"], rows)}
    if recording.has("harp"):
        stamp = f"_{compact(recording.start)}" if recording.has("fresh tags") else ""
        files |= {
            "behavior/BehaviorBoard.harp/device.yml": b"device: Behavior\nwhoAmI: 1216\nregisters: {}\n",
            "behavior/BehaviorBoard.harp/Behavior_32.bin": _harp(32) * 8,
            f"behavior/BehaviorBoard.harp/Behavior_44{stamp}.bin": _harp(44) * 8,
        }
    if recording.has("root video"):
        # The founding document's own layout.
        files["behavior/face_video.mp4"] = mp4()
    return files


def _harp(register: int) -> bytes:
    """An event of a register with a value of one byte."""
    return bytes([3, 10, register, 255, 17]) + bytes(7)


def _videos(recording: Recording, modality: str) -> Files:
    files: Files = {}
    for camera in recording.cameras:
        folder = f"behavior-videos/{camera}" + (f"_{compact(recording.start)}" if recording.has("fresh tags") else "")
        files[f"{folder}/video.mp4"] = mp4(30)
        rows = [[f"{100 + frame / 60:.6f}", 7 + frame, frame * 16_666_667] for frame in range(30)]
        files[f"{folder}/metadata.csv"] = csv_table(["ReferenceTime", "CameraFrameNumber", "CameraFrameTime"], rows)
    return files


def _ecephys(recording: Recording, modality: str) -> Files:
    if recording.has("chronic") and recording.generation == "2.x":
        return _chronic(recording)
    published = recording.has("published form")
    parent = "" if recording.generation != "2.x" and recording.has("fresh tags") else "ecephys/"
    root = f"{parent}ecephys_clipped" if published else "ecephys"
    node = f"{root}/Record Node 101" if published or recording.has("indent 3") else root
    streams = [f"Neuropix-PXI-100.{probe.replace(' ', '-')}" for probe in recording.probes]
    files: Files = {f"{node}/settings.xml": b'<?xml version="1.0" encoding="UTF-8"?>\n<SETTINGS/>\n'}
    for part in range(1, 1 + recording.streams):
        session = f"{node}/experiment{part}/recording1"
        continuous = [
            {"folder_name": f"{stream}/", "sample_rate": 30000, "num_channels": 16, "channels": []}
            for stream in streams
        ]
        files[f"{session}/structure.oebin"] = json_bytes(
            {"GUI version": "0.6.4", "continuous": continuous, "events": []}
        )
        files[f"{session}/sync_messages.txt"] = b"Software Time (milliseconds since midnight): 1\n"
        for stream in streams:
            files[f"{session}/continuous/{stream}/continuous.dat"] = bytes(16 * 2 * 100)
            files[f"{session}/continuous/{stream}/sample_numbers.npy"] = npy("<i8", 100)
            for times in ("timestamps", "original_timestamps"):
                files[f"{session}/continuous/{stream}/{times}.npy"] = npy("<f8", 100)
            if published:
                store = f"{parent}ecephys_compressed/experiment{part}_Record Node 101#{stream}.zarr"
                files |= _compressed(store)
    return files


def _chronic(recording: Recording) -> Files:
    """A recording of weeks, which no Record Node of Open Ephys has written: hourly chunks without times."""
    files: Files = {}
    for probe in recording.probes:
        store = f"ecephys/ecephys_compressed/experiment1_{probe.replace(' ', '-')}.zarr"
        for hour in range(2):
            files |= zarr_array(f"{store}/traces_seg{hour}", [200, 16], "<i2")
        files |= zarr_group(store, num_segments=2, sampling_frequency=30000.0)
        files |= _channel_ids(store) | zarr_group(f"{store}/properties")
    return files | {"ecephys/recompute.flag": b""}


def _channel_ids(store: str) -> Files:
    """The ids of 16 channels, each another number."""
    files = zarr_array(f"{store}/channel_ids", [16], "<i8")
    return {**files, f"{store}/channel_ids/0": struct.pack("<16q", *range(16))}


def _compressed(store: str) -> Files:
    files = zarr_group(store, num_segments=1, sampling_frequency=30000.0)
    files |= zarr_array(f"{store}/traces_seg0", [200, 16], "<i2") | zarr_array(f"{store}/times_seg0", [200], "<f8")
    files |= _channel_ids(store) | zarr_group(f"{store}/properties")
    return files | zarr_array(f"{store}/properties/gain_to_uV", [16], "<f8")


def _fib(recording: Recording, modality: str) -> Files:
    files: Files = {}
    for restart in range(1 + recording.has("second stack")):
        files |= _photometry(recording, f"fib/fip_{compact(recording.start + timedelta(minutes=restart))}")
    return files


def _photometry(recording: Recording, folder: str) -> Files:
    """One run of the camera: green and iso take turns on one sensor, so their frame numbers step by two."""
    frames, background = 12, 3 if recording.has("background") else 0
    numbers = {
        "green": range(0, 2 * (frames + background), 2),
        "iso": range(1, 2 * (frames + background), 2),
        "red": range(frames + background),
    }
    fibers = [f"Fiber_{fiber}" for fiber in range(1 + recording.seed % 4)]
    header = ["ReferenceTime", "CameraFrameNumber", "CameraFrameTime", "Background", *fibers]
    circle = {"Center": {"X": 100, "Y": 90}, "Radius": 20}
    regions = {"camera_green_iso_background": circle, "camera_red_background": circle}
    rois = {"camera_green_iso_roi": [circle] * len(fibers), "camera_red_roi": [circle] * len(fibers)}
    files: Files = {f"{folder}/regions.json": json_bytes(regions | rois)}
    for color, numbered in numbers.items():
        rows = [[*_frame(number), 95, *[200 + number] * len(fibers)] for number in numbered]
        files[f"{folder}/{color}_metadata.json"] = json_bytes({"Width": 8, "Height": 6, "Depth": "U16", "Channel": 1})
        files[f"{folder}/{color}.csv"] = csv_table(header, rows[background:])
        files[f"{folder}/{color}.bin"] = bytes(frames * 8 * 6 * 2)
        if background:
            files[f"{folder}/background_{color}.csv"] = csv_table(header, rows[:background])
            files[f"{folder}/background_{color}.bin"] = bytes(background * 8 * 6 * 2)
    with_clock = recording.generation == "2.x" or recording.has("fresh tags")  # since version 0.5.0 of the standard
    columns = header[:3] + (["CpuTime"] if with_clock else [])
    extra_columns = [recording.local_time(recording.start)] if with_clock else []
    for camera, count in (("green_iso", 2), ("red", 1)):
        rows = [[*_frame(number), *extra_columns] for number in range(count * (frames + background))]
        files[f"{folder}/camera_{camera}_metadata.csv"] = csv_table(columns, rows)
    return files


def _frame(number: int) -> list[object]:
    """Reference time, number and time of a frame."""
    return [f"{50 + number / 40:.4f}", number, number * 25_000_000]


def _pophys(recording: Recording, modality: str) -> Files:
    """As the standard of that modality names them, with a date and time in the middle."""
    stem = f"{recording.subject_id}_{format_timestamp(recording.start)}"
    if recording.has("published form"):
        kinds = ("", "_averaged_depth", "_averaged_surface", "_local-stack")
        return {f"pophys/VISp_{plane}/{stem}{kind}.h5": hdf5() for plane in range(2) for kind in kinds}
    kinds = ("averaged_depth", "fullfield", "timeseries", "local_z_stack0")
    files: Files = {f"pophys/{stem}_{kind}.tiff": tiff() for kind in kinds}
    return files | {f"pophys/{stem}_timeseries.roi": json_bytes({"rois": []}), f"pophys/{stem}_vasculature.tif": tiff()}


def _slap2(recording: Recording, modality: str) -> Files:
    """The microscope names its files, and does so in its own way."""
    dmd = f"{recording.start:%Y%m%d_%H%M%S}_DMD1"
    static, dynamic = f"{modality}/static_data/structure_{dmd}", f"{modality}/dynamic_data/acquisition_{dmd}"
    files: Files = {f"{modality}/vasculature_map_annotated.tif": tiff()} if recording.has("notes") else {}
    if not recording.has("second stack") or recording.has("background"):
        files |= {f"{static}.meta": b"metadata", f"{static}.dat": bytes(64)}
        files |= {f"{static}.tif": tiff(), f"{static}-REFERENCE.tif": tiff()}
    if recording.has("second stack"):
        files[f"{dynamic}.meta"] = b"metadata"
        for trial in range(1, 4):
            files[f"{dynamic}-TRIAL{trial:06d}.dat"] = bytes(64)
            files[f"{dynamic}-TRIAL{trial:06d}.tif"] = tiff()
        stack = f"{modality}/dynamic_data/reference_stack/refStack_{dmd}_CONFIG1"
        files |= {f"{stack}-REFERENCE.tif": tiff(), f"{stack}.meta": b"metadata", f"{stack}.dat": bytes(64)}
    return files


def _spim(recording: Recording, modality: str) -> Files:
    files: Files = {f"{modality}/derivatives/DarkMaster_cropped.tif": tiff()} if recording.has("background") else {}
    for tile in range(2):
        files |= ome_zarr(f"{modality}/tile_x_{tile:04d}_y_0000_z_0000_ch_488.ome.zarr")
    return files


def _mri(recording: Recording, modality: str) -> Files:
    return {
        "MRI/1/method": b"##TITLE=Parameter List\n",
        "MRI/2/method": b"##TITLE=Parameter List\n",
        "MRI/2/pdata/1/2dseq": bytes(128),
    }


_MAKERS: dict[str, Callable[[Recording, str], Files]] = {
    "behavior": _behavior,
    "behavior-videos": _videos,
    "ecephys": _ecephys,
    "fib": _fib,
    "pophys": _pophys,
    "slap2": _slap2,
    "slap": _slap2,
    "SPIM": _spim,
    "confocal": _spim,
    "MRI": _mri,
}
