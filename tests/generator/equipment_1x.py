"""What a modality is recorded with, in metadata 0.x and 1.x: parts of the rig and of a stream of the session."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.generator.recording import Recording

Json = dict[str, Any]


@dataclass
class Equipment:
    """What records one modality: lists to be added to those of the rig, and to those of a stream."""

    rig: dict[str, list[Json]] = field(default_factory=dict)
    stream: dict[str, Any] = field(default_factory=dict)


def organization(name: str, abbreviation: str | None = None, ror: str | None = None) -> Json:
    """A manufacturer as 0.x and 1.x write one."""
    registry = {"name": "Research Organization Registry", "abbreviation": "ROR"} if ror else None
    return {"name": name, "abbreviation": abbreviation, "registry": registry, "registry_identifier": ror}


THORLABS = organization("Thorlabs", None, "04gsnvb07")
HAMAMATSU = organization("Hamamatsu", None, "03natb733")
COHERENT = organization("Coherent Scientific", None, "031tysd23")
IMEC = organization("Interuniversity Microelectronics Center", "IMEC", "02kcbn207")
OEPS = organization("Open Ephys Production Site", "OEPS", "007rkz355")


def equipment(recording: Recording, modality: str) -> Equipment:
    """What records ``modality``."""
    makers = {
        "behavior": _behavior,
        "behavior-videos": _videos,
        "ecephys": _ecephys,
        "fib": _fib,
        "pophys": _planar,
        "slap": _planar,
        "MRI": _mri,
    }
    return makers[modality](recording, modality) if modality in makers else Equipment()


def structure(recording: Recording) -> Any:
    """A targeted structure: 0.x writes its acronym."""
    if recording.generation == "0.x":
        return "VISp"
    return {"atlas": "CCFv3", "name": "Primary visual area", "acronym": "VISp", "id": "385"}


def laser(name: str, wavelength: int) -> Json:
    """A laser of a rig or an instrument."""
    return {"device_type": "Laser", "name": name, "manufacturer": COHERENT, "wavelength": wavelength}


def detector(name: str, kind: str = "Camera") -> Json:
    """A detector of a rig or an instrument."""
    return {
        "device_type": "Detector",
        "name": name,
        "detector_type": kind,
        "manufacturer": HAMAMATSU,
        "data_interface": "USB",
    }


def objective(name: str, immersion: str) -> Json:
    """An objective of a rig or an instrument."""
    return {
        "device_type": "Objective",
        "name": name,
        "numerical_aperture": "0.8",
        "magnification": "16",
        "immersion": immersion,
    }


def _behavior(recording: Recording, modality: str) -> Equipment:
    spout = {
        "device_type": "Reward spout",
        "name": "Lick Spout",
        "side": "Center",
        "spout_diameter": "1.2",
        "spout_diameter_unit": "millimeter",
        "solenoid_valve": {"device_type": "Solenoid", "name": "Solenoid Valve"},
        "lick_sensor": {"device_type": "Lick detector", "name": "Lick Sensor"},
        "lick_sensor_type": "Capacitive",
    }
    board = {
        "device_type": "Harp device",
        "name": "BehaviorBoard",
        "manufacturer": OEPS,
        "data_interface": "USB",
        "computer_name": "EX1-ACQ",
        "channels": [{"channel_name": "DO0", "device_name": "Solenoid Valve", "channel_type": "Digital Output"}],
        "harp_device_type": {"whoami": 1216, "name": "Behavior"},
        "is_clock_generator": recording.has("harp"),
    }
    delivery = {"device_type": "Reward delivery", "reward_spouts": [spout]}
    return Equipment({"stimulus_devices": [delivery], "daqs": [board]}, {"daq_names": ["BehaviorBoard"]})


def _videos(recording: Recording, modality: str) -> Equipment:
    cameras = [
        {
            "name": f"{name} assembly",
            "camera_target": "Face side left",
            "camera": detector(name),
            "lens": {"device_type": "Lens", "name": f"{name} lens", "manufacturer": THORLABS},
        }
        for name in recording.cameras
    ]
    return Equipment({"cameras": cameras}, {"camera_names": list(recording.cameras)})


def _ecephys(recording: Recording, modality: str) -> Equipment:
    chance = recording.random("ecephys")
    assemblies = [
        {
            "name": f"{probe} assembly",
            "manipulator": {
                "device_type": "Manipulator",
                "name": f"{probe} manipulator",
                "manufacturer": {"name": "New Scale Technologies"},
            },
            "probes": [
                {
                    "device_type": "Ephys probe",
                    "name": probe,
                    "manufacturer": IMEC,
                    "probe_model": "Neuropixels 1.0",
                }
            ],
        }
        for probe in recording.probes
    ]
    basestation = {
        "device_type": "Neuropixels basestation",
        "name": "Basestation",
        "manufacturer": IMEC,
        "data_interface": "PXI",
        "computer_name": "EX1-ACQ",
        "channels": [],
        "basestation_firmware_version": "2.0137",
        "bsc_firmware_version": "3.2176",
        "slot": 3,
        "ports": [{"index": 1 + index, "probes": [probe]} for index, probe in enumerate(recording.probes)],
    }
    modules = [
        {
            "assembly_name": f"{probe} assembly",
            "arc_angle": str(chance.randrange(-30, 30)),
            "module_angle": "12",
            "rotation_angle": "0",
            "primary_targeted_structure": structure(recording),
            "manipulator_coordinates": {
                "x": "7250",
                "y": "6100",
                "z": str(chance.randrange(9000)),
                "unit": "micrometer",
            },
        }
        for probe in recording.probes
    ]
    return Equipment(
        {"ephys_assemblies": assemblies, "daqs": [basestation]},
        {"daq_names": ["Basestation"], "ephys_modules": modules},
    )


def _fib(recording: Recording, modality: str) -> Equipment:
    led = {"device_type": "Light emitting diode", "name": "470nm LED", "manufacturer": THORLABS, "wavelength": 470}
    cord = {"device_type": "Patch", "name": "Patch Cord A", "core_diameter": "200", "numerical_aperture": "0.37"}
    detectors = [detector("Green CMOS"), detector("Red CMOS")]
    used = {
        "light_sources": [{"device_type": "Light emitting diode", "name": "470nm LED", "excitation_power": "0.02"}],
        "detectors": [{"name": one["name"], "exposure_time": "15", "trigger_type": "Internal"} for one in detectors],
        "fiber_connections": [
            {"patch_cord_name": "Patch Cord A", "patch_cord_output_power": "40", "fiber_name": "Fiber A"}
        ],
    }
    return Equipment({"light_sources": [led], "detectors": detectors, "patch_cords": [cord]}, used)


def _planar(recording: Recording, modality: str) -> Equipment:
    view = {
        "index": 0,
        "imaging_depth": 150,
        "targeted_structure": structure(recording),
        "fov_coordinate_ml": "1.5",
        "fov_coordinate_ap": "1.5",
        "fov_reference": "Bregma",
        "fov_width": 512,
        "fov_height": 512,
        "magnification": "16x",
        "fov_scale_factor": "0.78",
        "frame_rate": "30",
    }
    used: dict[str, Any] = {
        "light_sources": [
            {"device_type": "Laser", "name": "Two-photon laser", "wavelength": 920, "excitation_power": "30"}
        ],
        "detectors": [{"name": "Green PMT", "exposure_time": "0.1", "trigger_type": "Internal"}],
    }
    if modality == "pophys":
        used["ophys_fovs"] = [view]
    else:
        scan = {
            "session_type": "Parent",
            "dmd_dilation_x": 3,
            "dmd_dilation_y": 3,
            "path_to_array_of_frame_rates": "slap",
        }
        used["slap_fovs"] = [{**view, **scan}]
    parts = {
        "light_sources": [laser("Two-photon laser", 920)],
        "detectors": [detector("Green PMT", "Photomultiplier Tube")],
        "objectives": [objective("16x objective", "water")],
    }
    return Equipment(parts, used)


def _mri(recording: Recording, modality: str) -> Equipment:
    scanner = {
        "device_type": "Scanner",
        "name": "Scanner 7T",
        "scanner_location": "Fred Hutch",
        "magnetic_strength": 7,
    }
    scan = {
        "scan_index": 1,
        "scan_type": "3D Scan",
        "primary_scan": True,
        "mri_scanner": scanner,
        "scan_sequence_type": "RARE",
        "rare_factor": 8,
        "echo_time": "5.6",
        "repetition_time": "500",
        "vc_orientation": {"type": "rotation", "rotation": ["1", "0", "0", "0", "1", "0", "0", "0", "1"]},
        "vc_position": {"type": "translation", "translation": ["0", "0", "0"]},
        "subject_position": "Prone",
        "voxel_sizes": {"type": "scale", "scale": ["0.1", "0.1", "0.1"]},
        "additional_scan_parameters": {},
    }
    return Equipment({}, {"mri_scans": [scan]})
