"""The words the institute uses in names and folders, by era.

Sources: the founding document (asset names), ``Platform`` and ``Modality`` of aind-data-schema-models up to 1.x,
and the prefixes seen in ``s3://aind-open-data``.
"""

from __future__ import annotations

#: Platforms of metadata 1.x; every one may stand before a subject id.
PLATFORMS = frozenset(
    [
        "behavior",
        "confocal",
        "ecephys",
        "exaSPIM",
        "FIP",
        "HCR",
        "HSFP",
        "ISI",
        "MERFISH",
        "MRI",
        "mesoSPIM",
        "motor-observatory",
        "multiplane-ophys",
        "SLAP2",
        "single-plane-ophys",
        "SmartSPIM",
    ]
)

#: Prefixes of assets older than the platforms.
OLDER_PREFIXES = frozenset(
    [
        "diSPIM",
        "fMOST",
        "merfish",
        "pophys",
        "slap",
        "ophys",
        "trained-behavior",
        "ephys",
        "fish",
        "ExASPIM",
        "Other",
        "barseq",
    ]
)

PREFIXES = PLATFORMS | OLDER_PREFIXES

#: Folder names that say "this holds the data of a modality", over all eras.
MODALITY_FOLDERS = frozenset(
    [
        "BARseq",
        "behavior",
        "behavior-videos",
        "brightfield",
        "confocal",
        "EMG",
        "EM",
        "ecephys",
        "fib",
        "fMOST",
        "icephys",
        "ISI",
        "MRI",
        "MAPseq",
        "merfish",
        "one-photon",
        "ophys",
        "pophys",
        "slap",
        "slap2",
        "SPIM",
        "STPT",
        "scRNAseq",
    ]
)
