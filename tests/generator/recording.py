"""One imaginary recording: everything that several files of an asset must say alike."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

#: Recorded together, on a rig, in a living animal.
PHYSIOLOGY = {
    "0.x": ("behavior", "behavior-videos", "ecephys", "fib", "pophys", "slap", "EMG", "icephys", "ISI"),
    "1.x": ("behavior", "behavior-videos", "ecephys", "fib", "pophys", "slap", "EMG", "icephys", "ISI"),
    "2.x": (
        *("behavior", "behavior-videos", "ecephys", "fib", "pophys", "slap2", "EMG", "icephys", "ISI", "one-photon"),
    ),
}

#: Recorded alone.
ALONE = {
    "0.x": ("SPIM", "confocal", "fMOST", "merfish", "MRI"),
    "1.x": ("SPIM", "confocal", "fMOST", "merfish", "MRI"),
    "2.x": (
        *("SPIM", "confocal", "fMOST", "merfish", "MRI", "BARseq", "brightfield", "EM", "MAPseq", "STPT", "scRNAseq"),
    ),
}

#: Of a specimen, not of a living animal.
IMAGING = frozenset(
    {"SPIM", "confocal", "fMOST", "merfish", "BARseq", "brightfield", "EM", "MAPseq", "STPT", "scRNAseq"}
)

#: Platforms of metadata 0.x and 1.x on which a modality is recorded; the first modality of an asset decides.
PLATFORMS = {
    "behavior": ("behavior", "motor-observatory"),
    "behavior-videos": ("behavior",),
    "ecephys": ("ecephys",),
    "fib": ("FIP", "behavior"),
    "pophys": ("single-plane-ophys", "multiplane-ophys"),
    "slap": ("SLAP2",),
    "EMG": ("motor-observatory",),
    "icephys": ("ecephys",),
    "ISI": ("ISI",),
    "SPIM": ("SmartSPIM", "exaSPIM", "mesoSPIM", "HCR"),
    "confocal": ("confocal",),
    "fMOST": ("confocal",),  # it never had a platform of its own
    "merfish": ("MERFISH",),
    "MRI": ("MRI",),
}

#: When the generations were in use: first and last day of a recording.
DAYS = {
    "0.x": (date(2022, 1, 10), date(2024, 7, 20)),
    "1.x": (date(2024, 8, 20), date(2025, 6, 30)),
    "2.x": (date(2025, 7, 20), date(2025, 10, 31)),
}

ZONES = ("America/Los_Angeles",) * 6 + ("America/New_York", "Europe/London", "Asia/Tokyo", "Australia/Sydney", "UTC")
PEOPLE = ("Ada Sample", "Ben Example", "Cleo Specimen", "Dov Probe", "Émilie Niño", "Wei Zhang")
PROJECTS = ("Example project", "Licking task", "Cortex-wide survey", "Thalamus 2", "Learning mFISH-V1omFISH")


@dataclass(frozen=True)
class Recording:
    """What one recording is.

    Attributes:
        seed: Where all of it comes from.
        generation: Of the metadata.
        modalities: Abbreviations, in the generation's spelling.
        prefix: The platform before the subject's id in the name; None where the name has none.
        subject_id: The animal.
        start: With the zone of the rig.
        end: The same.
        written_in: The zone that the sidecars write their times in.
        named_in: The zone of the time in the name: the rig's or, from 2.x on, UTC.
        instrument_id: The instrument, or rig.
        probes: Names of what one recording can have several of: probes, cameras.
        streams: How many data streams follow one another.
        external: Whether another institute recorded it, so that there is no instrument (metadata 2.x).
        people: The first is the experimenter, the last the investigator.
        project: Its name.
    """

    seed: int
    generation: str
    modalities: tuple[str, ...]
    prefix: str | None
    subject_id: str
    start: datetime
    end: datetime
    written_in: tzinfo
    named_in: tzinfo
    instrument_id: str
    probes: tuple[str, ...]
    cameras: tuple[str, ...]
    streams: int
    external: bool
    people: tuple[str, ...]
    project: str
    optional: frozenset[str] = field(default_factory=frozenset)

    @property
    def name(self) -> str:
        """The raw asset's name."""
        return "_".join([*([self.prefix] if self.prefix else []), self.subject_id, format_timestamp(self.named)])

    @property
    def named(self) -> datetime:
        """The start, as the name states it."""
        return self.start.astimezone(self.named_in)

    @property
    def imaging(self) -> bool:
        """Whether a specimen was imaged, not a living animal."""
        return bool(IMAGING.intersection(self.modalities))

    @property
    def calibration(self) -> bool:
        """Whether an object was recorded to calibrate the instrument, and no animal."""
        return self.subject_id.startswith("calibration")

    @property
    def specimen_id(self) -> str:
        """The specimen of the subject."""
        return f"{self.subject_id}_001"

    @property
    def birth(self) -> date:
        """When the subject was born."""
        return self.start.date() - timedelta(days=90 + self.seed % 200)

    @property
    def surgery(self) -> date:
        """When the subject was operated on."""
        return self.start.date() - timedelta(days=15 + self.seed % 30)

    @property
    def processed(self) -> datetime:
        """When the raw data had been compressed."""
        return self.end + timedelta(minutes=6)

    def random(self, purpose: str) -> random.Random:
        """A source of chance of its own for every purpose, so that a change of one leaves the others alone."""
        return random.Random(f"{self.seed} {purpose}")

    def at(self, share: float) -> datetime:
        """A time during the recording: 0 is its start, 1 its end."""
        return (self.start + (self.end - self.start) * share).replace(microsecond=0)

    def local_time(self, time: datetime) -> str:
        """A timestamp as sidecars have it."""
        return time.astimezone(self.written_in).isoformat()

    def has(self, what: str) -> bool:
        """Whether something optional is there."""
        return what in self.optional


def format_timestamp(time: datetime) -> str:
    """A timestamp as names have it."""
    return time.strftime("%Y-%m-%d_%H-%M-%S")


#: What a recording may have or lack.
OPTIONAL = (
    *("quality_control", "logs", "derivatives", "stimulus", "published form", "fresh tags", "background", "harp"),
    *("second stack", "notes", "root video", "raw processing", "indent 3", "model", "chronic", "uploaded_json"),
)


def draw_recording(seed: int) -> Recording:
    """The recording of a seed; generations and modalities come in turn, everything else is chance."""
    chance = random.Random(f"recording {seed}")
    generation = ("0.x", "1.x", "2.x", "2.x")[seed % 4]
    modalities = _draw_modalities(generation, seed // 4, chance)
    zone = ZoneInfo(chance.choice(ZONES))
    first, last = DAYS[generation]
    day = first + timedelta(days=chance.randrange((last - first).days))
    # Not in the hour that a change of the clock repeats or leaves out: a name cannot say which of the two it means.
    hour, (minute, second) = chance.randrange(4, 23), chance.choices(range(60), k=2)
    start = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=zone)
    if generation != "2.x" and start.utcoffset() == timedelta(0):
        # A local time with the offset of UTC is a sign of a wrong clock in 0.x and 1.x.
        zone = ZoneInfo("America/Los_Angeles")
        start = start.replace(tzinfo=zone)
    end = start.astimezone(timezone.utc) + timedelta(minutes=chance.randrange(2, 180), seconds=chance.randrange(60))
    room = chance.choice(("EX1", "447", "AINDB2"))
    written_in = timezone.utc if zone.key == "America/Los_Angeles" and chance.random() < 0.25 else zone
    external = generation == "2.x" and modalities == ("behavior",) and chance.random() < 0.5
    prefixed = generation != "2.x" or (modalities[0] in PLATFORMS and chance.random() < 0.2)
    return Recording(
        seed=seed,
        generation=generation,
        modalities=modalities,
        prefix=chance.choice(PLATFORMS[modalities[0]]) if prefixed else None,
        subject_id=_draw_subject(generation, modalities, chance),
        start=start,
        end=end.astimezone(zone),
        written_in=written_in,
        named_in=timezone.utc if generation == "2.x" and seed % 3 == 0 else zone,
        instrument_id=f"{room}_{chance.choice(('EPHYS-A', 'BOX3', 'SCOPE-2'))}_{day - timedelta(days=40):%Y%m%d}",
        probes=tuple(chance.sample(("ProbeA", "ProbeB", "ProbeC", "46100", "Probe E"), chance.randrange(1, 4))),
        cameras=tuple(chance.sample(("FaceCamera", "BodyCamera", "EyeCamera", "SideCamera"), chance.randrange(1, 4))),
        streams=chance.choice((1, 1, 1, 2, 3)),
        external=external,
        people=tuple(chance.sample(PEOPLE, 3)),
        project=chance.choice(PROJECTS),
        optional=frozenset(what for what in OPTIONAL if chance.random() < 0.5),
    )


def _draw_modalities(generation: str, turn: int, chance: random.Random) -> tuple[str, ...]:
    """Every modality in turn, one of those of physiology with companions half of the time."""
    every = (*PHYSIOLOGY[generation], *ALONE[generation])
    chosen = every[turn % len(every)]
    if chosen in ALONE[generation] or chance.random() < 0.4:
        return (chosen,)
    companions = [other for other in PHYSIOLOGY[generation] if other != chosen]
    return (chosen, *chance.sample(companions, chance.randrange(1, 4)))


def _draw_subject(generation: str, modalities: tuple[str, ...], chance: random.Random) -> str:
    """A number of the institute's, one of another laboratory, or, from 2.x on, an object instead of an animal."""
    if generation == "2.x" and not IMAGING.intersection(modalities) and chance.random() < 0.06:
        return "calibration"
    return str(chance.randrange(100000, 999999)) if chance.random() < 0.9 else f"M{chance.randrange(1000, 9999)}"
