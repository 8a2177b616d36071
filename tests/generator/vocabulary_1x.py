"""Versions of sidecars, and names of modalities and platforms, in metadata 0.x and 1.x."""

from __future__ import annotations

#: Versions that the content fits; the last is of 0.39.1 and 1.4.0.
VERSIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "0.x": {
        "data_description": ("0.13.12",),
        "subject": ("0.5.9", "0.5.10"),
        "procedures": ("0.13.8", "0.13.12", "0.13.15"),
        "session": ("0.3.5",),
        "rig": ("0.5.5",),
        "acquisition": ("0.6.12", "0.6.17", "0.6.21"),
        "instrument": ("0.10.15", "0.10.25", "0.10.29"),
        "processing": ("0.4.4", "0.4.7", "0.4.9"),
    },
    "1.x": {
        "data_description": ("1.0.0", "1.0.1", "1.0.3", "1.0.4"),
        "subject": ("1.0.0", "1.0.2", "1.0.3"),
        "procedures": ("1.2.1",),
        "session": ("1.1.1", "1.1.2"),
        "rig": ("1.0.1", "1.0.4", "1.1.1"),
        "acquisition": ("1.0.0", "1.0.1", "1.0.4"),
        "instrument": ("1.0.0", "1.0.3", "1.0.4"),
        "processing": ("1.0.0", "1.1.3", "1.1.4"),
        "quality_control": ("1.2.2",),
    },
}

#: Names of modalities and platforms.
NAMES = {
    "behavior": "Behavior",
    "behavior-videos": "Behavior videos",
    "confocal": "Confocal microscopy",
    "EMG": "Electromyography",
    "ecephys": "Extracellular electrophysiology",
    "fib": "Fiber photometry",
    "fMOST": "Fluorescence micro-optical sectioning tomography",
    "icephys": "Intracellular electrophysiology",
    "ISI": "Intrinsic signal imaging",
    "MRI": "Magnetic resonance imaging",
    "merfish": "Multiplexed error-robust fluorescence in situ hybridization",
    "pophys": "Planar optical physiology",
    "slap": "Scanned line projection imaging",
    "SPIM": "Selective plane illumination microscopy",
}

PLATFORMS = {
    "behavior": "Behavior platform",
    "confocal": "Confocal microscopy platform",
    "ecephys": "Electrophysiology platform",
    "exaSPIM": "ExaSPIM platform",
    "FIP": "Frame-projected independent-fiber photometry platform",
    "HCR": "Hybridization chain reaction platform",
    "ISI": "Intrinsic signal imaging platform",
    "MERFISH": "MERFISH platform",
    "MRI": "Magnetic resonance imaging platform",
    "mesoSPIM": "MesoSPIM platform",
    "motor-observatory": "Motor observatory platform",
    "multiplane-ophys": "Multiplane optical physiology platform",
    "SLAP2": "SLAP2 platform",
    "single-plane-ophys": "Single-plane optical physiology platform",
    "SmartSPIM": "SmartSPIM platform",
}
