"""The settings of the Open Ephys GUI, ``settings.xml`` beside the experiments: which streams had which channels.

Source: https://open-ephys.github.io/gui-docs/User-Manual/Saving-settings.html (versions 0.6 and later)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

#: The state of a stream whose channels are all recorded.
_ALL = "ALL"


@dataclass(frozen=True)
class StreamSettings:
    """A stream of one processor.

    Attributes:
        processor: The id of the processor that makes the stream.
        name: The name of the stream.
        rate: Samples in a second, as the file states it.
        channels: The number of its channels, as the file states it.
    """

    processor: str
    name: str
    rate: float
    channels: int


@dataclass
class Settings:
    """The streams of the settings of one experiment.

    Attributes:
        streams: The streams whose rate and number of channels are stated.
        partial: Processor and name of each stream that is recorded only in part.
        unreadable: Processor and name of each stream whose rate or number of channels is no number.
    """

    streams: list[StreamSettings] = field(default_factory=list)
    partial: set[tuple[str, str]] = field(default_factory=set)
    unreadable: set[tuple[str, str]] = field(default_factory=set)


class SettingsError(ValueError):
    """The settings cannot be read: why, in a few words."""


def read_settings(content: bytes) -> Settings:
    """The streams that the file describes.

    Raises:
        SettingsError: The file is no XML, or declares entities.
    """
    settings = Settings()
    processors: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "PROCESSOR":
            processors.append(attributes.get("nodeId", ""))
        elif tag == "STREAM" and processors:
            source = attributes.get("source_node_id") or processors[-1]
            name = attributes.get("name", "")
            if attributes.get("recording_state", _ALL) != _ALL:
                settings.partial.add((source, name))
            try:
                rate, channels = float(attributes["sample_rate"]), int(attributes["channel_count"])
            except (LookupError, ValueError):
                settings.unreadable.add((source, name))
                return
            settings.streams.append(StreamSettings(source, name, rate, channels))

    def end(tag: str) -> None:
        if tag == "PROCESSOR" and processors:
            processors.pop()

    def refuse(*declaration: object) -> None:
        raise SettingsError("it declares entities")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError) as error:
        raise SettingsError(str(error)) from None
    return settings
