"""What a modality is recorded with, in metadata 2.x: components of the instrument and their configurations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aind_data_schema.components import configs, devices
from aind_data_schema.components.coordinates import Affine, CoordinateSystemLibrary, Rotation, Scale, Translation
from aind_data_schema_models.brain_atlas import CCFv3
from aind_data_schema_models.harp_types import HarpDeviceType
from aind_data_schema_models.organizations import Organization

from tests.generator.recording import Recording

_TARGETS = (CCFv3.VISP, CCFv3.MOP, CCFv3.CA1, CCFv3.TH)


@dataclass
class Equipment:
    """What records one modality.

    Attributes:
        components: Devices of the instrument.
        active: Names of those that a data stream uses.
        configurations: Their settings in it.
    """

    components: list[Any]
    active: list[str]
    configurations: list[Any] = field(default_factory=list)


def equipment(recording: Recording, modality: str) -> Equipment:
    """What records ``modality``."""
    return _MAKERS.get(modality, _plain)(recording, modality)


def _plain(recording: Recording, modality: str) -> Equipment:
    name = f"{modality} device"
    return Equipment([devices.Device(name=name, serial_number=f"EX-{recording.seed}")], [name])


def _behavior(recording: Recording, modality: str) -> Equipment:
    spout = devices.LickSpout(
        name="Lick Spout",
        spout_diameter=1.2,
        solenoid_valve=devices.Device(name="Solenoid Valve"),
        lick_sensor=devices.Device(name="Lick Sensor"),
        lick_sensor_type="Capacitive",
    )
    board = devices.HarpDevice(
        name="BehaviorBoard",
        harp_device_type=HarpDeviceType.BEHAVIOR,
        is_clock_generator=recording.has("harp"),
        channels=[devices.DAQChannel(channel_name="DI0", channel_type="Digital Input", event_based_sampling=True)],
    )
    setting = configs.LickSpoutConfig(
        device_name=spout.name,
        solution="Water",
        solution_valence="Positive",
        volume=3.0,
        volume_unit="microliter",
        relative_position=["Anterior"],
    )
    return Equipment([spout, board], ["Lick Spout", "Lick Sensor", "BehaviorBoard"], [setting])


def _videos(recording: Recording, modality: str) -> Equipment:
    def assembly(name: str) -> devices.CameraAssembly:
        camera = devices.Camera(name=name, manufacturer=Organization.FLIR, data_interface="USB")
        return devices.CameraAssembly(
            name=f"{name} assembly",
            target="Face",
            relative_position=["Right"],
            camera=camera,
            lens=devices.Lens(name=f"{name} lens", manufacturer=Organization.THORLABS),
        )

    settings = [
        configs.DetectorConfig(device_name=name, exposure_time=4.5, trigger_type="External")
        for name in recording.cameras
    ]
    return Equipment([assembly(name) for name in recording.cameras], list(recording.cameras), settings)


def _ecephys(recording: Recording, modality: str) -> Equipment:
    chance = recording.random("ecephys")

    def assembly(probe: str) -> devices.EphysAssembly:
        return devices.EphysAssembly(
            name=f"{probe} assembly",
            manipulator=devices.Manipulator(
                name=f"{probe} manipulator", manufacturer=Organization.NEW_SCALE_TECHNOLOGIES
            ),
            probes=[devices.EphysProbe(name=probe, probe_model="Neuropixels 1.0", manufacturer=Organization.IMEC)],
        )

    def setting(probe: str) -> configs.EphysAssemblyConfig:
        return configs.EphysAssemblyConfig(
            device_name=f"{probe} assembly",
            manipulator=configs.ManipulatorConfig(
                device_name=f"{probe} manipulator",
                local_coordinate_system=CoordinateSystemLibrary.MPM_MANIP_RFB,
                local_axis_positions=Translation(translation=[round(chance.uniform(0, 12), 2) for _ in range(3)]),
            ),
            probes=[
                configs.ProbeConfig(
                    device_name=probe,
                    primary_targeted_structure=chance.choice(_TARGETS),
                    local_coordinate_system=CoordinateSystemLibrary.MPM_MANIP_RFB,
                    transform=[
                        Rotation(angles=[round(chance.uniform(-30, 30), 1), 12.0, 0.0]),
                        Translation(translation=[-3.8, -2.6, 1.5]),
                    ],
                )
            ],
        )

    basestation = devices.NeuropixelsBasestation(
        name="Basestation",
        basestation_firmware_version="2.0137",
        bsc_firmware_version="3.2176",
        slot=3,
        ports=[devices.ProbePort(index=1 + index, probes=[probe]) for index, probe in enumerate(recording.probes)],
    )
    assemblies = [assembly(probe) for probe in recording.probes]
    active = ["Basestation", *recording.probes, *(one.name for one in assemblies)]
    return Equipment([*assemblies, basestation], active, [setting(probe) for probe in recording.probes])


def _laser(name: str, wavelength: int) -> devices.Laser:
    return devices.Laser(name=name, manufacturer=Organization.COHERENT_SCIENTIFIC, wavelength=wavelength)


def _detector(name: str, kind: str = "Camera") -> devices.Detector:
    return devices.Detector(name=name, manufacturer=Organization.HAMAMATSU, detector_type=kind, data_interface="USB")


def _channel(name: str, detector: str, laser: str, wavelength: int, **more: Any) -> configs.Channel:
    return configs.Channel(
        channel_name=name,
        detector=configs.DetectorConfig(device_name=detector, exposure_time=10, trigger_type="Internal"),
        light_sources=[configs.LaserConfig(device_name=laser, wavelength=wavelength, power=20, power_unit="milliwatt")],
        **more,
    )


def _fib(recording: Recording, modality: str) -> Equipment:
    light = devices.LightEmittingDiode(name="470nm LED", manufacturer=Organization.THORLABS, wavelength=470)
    detectors = [_detector("Green CMOS"), _detector("Red CMOS")]
    cord = devices.FiberPatchCord(name="Patch Cord A", core_diameter=200, numerical_aperture=0.37)
    settings = [
        configs.LightEmittingDiodeConfig(device_name=light.name, power=20, power_unit="microwatt"),
        configs.PatchCordConfig(
            device_name=cord.name,
            channels=[
                configs.Channel(
                    channel_name=f"{color} channel",
                    detector=configs.DetectorConfig(
                        device_name=f"{color} CMOS", exposure_time=15, trigger_type="Internal"
                    ),
                    light_sources=[
                        configs.LightEmittingDiodeConfig(device_name=light.name, power=20, power_unit="microwatt")
                    ],
                )
                for color in ("Green", "Red")
            ],
        ),
    ]
    return Equipment([light, *detectors, cord], [light.name, "Green CMOS", "Red CMOS", cord.name], settings)


def _planar(recording: Recording, modality: str) -> Equipment:
    laser, detector = _laser("Two-photon laser", 920), _detector("Green PMT", "Photomultiplier Tube")
    objective = devices.Objective(name="16x objective", numerical_aperture=0.8, magnification=16, immersion="water")
    components: list[Any] = [laser, detector, objective]
    plane: Any = configs.Plane(
        depth=150, depth_unit="micrometer", power=30, power_unit="milliwatt", targeted_structure=CCFv3.VISP
    )
    microscope = "16x objective"
    if modality == "slap2":
        microscope = "SLAP2 microscope"
        components += [
            devices.Microscope(name=microscope),
            devices.DigitalMicromirrorDevice(
                name="DMD1",
                max_dmd_patterns=6000,
                invert_pixel_values=False,
                motion_padding_x=16,
                motion_padding_y=16,
                pixel_size=0.1,
                start_phase=0.2,
                dmd_curtain=[0.1],
                line_shear_anchors=[1.0],
            ),
        ]
        plane = configs.Slap2Plane(
            **plane.model_dump(exclude={"object_type"}),
            slap2_acquisition_type="integration",
            y_dilations=[3],
            frame_rates=[200.0],
        )
    images = [
        configs.PlanarImage(
            channel_name="Green channel",
            image_to_acquisition_transform=[Translation(translation=[1.5, 2.0])],
            planes=[plane],
        )
    ]
    setting = configs.ImagingConfig(
        device_name=microscope,
        channels=[_channel("Green channel", detector.name, laser.name, 920)],
        images=images,
        sampling_strategy=configs.SamplingStrategy(frame_rate=30.0),
    )
    return Equipment(components, [component.name for component in components], [setting])


def _spim(recording: Recording, modality: str) -> Equipment:
    laser, detector = _laser("488 laser", 488), _detector("sCMOS")
    objective = devices.Objective(
        name="3.6x objective", numerical_aperture=0.2, magnification=3.6, immersion="ethyl cinnimate"
    )
    chamber = devices.AdditionalImagingDevice(name="Chamber", imaging_device_type="Sample Chamber")
    stage = devices.ScanningStage(
        name="Scanning stage", travel=100, stage_axis_direction="Detection axis", stage_axis_name="X"
    )
    tiles = [
        configs.ImageSPIM(
            channel_name="488",
            file_name=f"SPIM/tile_x_{tile:04d}_y_0000_z_0000_ch_488.ome.zarr",
            image_to_acquisition_transform=[
                Scale(scale=[1.8, 1.8, 2.0]),
                Translation(translation=[float(tile * 1500), 0.0, 0.0]),
            ],
        )
        for tile in range(2)
    ]
    settings = [
        configs.ImagingConfig(
            device_name=stage.name,
            channels=[
                _channel(
                    "488", detector.name, laser.name, 488, emission_wavelength=525, emission_wavelength_unit="nanometer"
                )
            ],
            local_coordinate_system=CoordinateSystemLibrary.SPIM_LPS,
            images=tiles,
        ),
        configs.SampleChamberConfig(
            device_name=chamber.name,
            chamber_immersion=configs.Immersion(medium="ethyl cinnimate", refractive_index=1.56),
        ),
    ]
    components = [laser, detector, objective, chamber, stage]
    return Equipment(components, [component.name for component in components], settings)


def _mri(recording: Recording, modality: str) -> Equipment:
    scanner = devices.Scanner(name="Scanner 7T", magnetic_strength=7.0, magnetic_strength_unit="tesla")
    scans = [
        configs.MRIScan(
            device_name=scanner.name,
            index=index,
            setup=index == 1,
            pulse_sequence_type="RARE",
            mr_acquisition_type="3D",
            resolution=Scale(scale=[0.1, 0.1, 0.1]),
            resolution_unit="millimeter",
            echo_time="0.0056",
            repetition_time="0.5",
            affine_transform=[Affine(affine_transform=[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])],
            subject_position="Prone",
        )
        for index in (1, 2)
    ]
    return Equipment([scanner], [scanner.name], scans)


_MAKERS: dict[str, Callable[[Recording, str], Equipment]] = {
    "behavior": _behavior,
    "behavior-videos": _videos,
    "ecephys": _ecephys,
    "fib": _fib,
    "pophys": _planar,
    "slap2": _planar,
    "SPIM": _spim,
    "MRI": _mri,
}
