"""The receipt of a publication: what was published, where and when, and which checks were not made."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from aind_lint.system.output_file import write_text_file
from aind_lint.system.paths import state_folder

FORMAT_VERSION = 1


@dataclass(frozen=True)
class Receipt:
    """What a run did to one asset.

    Attributes:
        asset: The asset's name.
        destination: The bucket.
        state: ``published`` by this run, ``already published``, or only ``planned`` (a dry run).
        content_id: SHA-256 of the manifest: the identity of the content.
        attempt: The number of the attempt in the bucket; 0 for a plan.
        files: Number of files in the asset.
        size: Bytes of the asset.
        requests: Write requests that sending all of it takes: one for a file, more for a large one.
        files_sent: Files stored by this run.
        bytes_sent: Bytes stored by this run.
        workers: Worker processes that were started to help to send small objects; 0 for few objects.
        proof: What proved that they arrived: ``CRC64NVME``; with a server that does not know it ``CRC32C``, ``MD5`` or
            ``reading back``; None when nothing was stored.
        sha256: The SHA-256 of the file with the SHA-256 of every file, if one was asked for.
        run_id: The run; the bucket's claim names the run that made it.
        started: ISO 8601 in UTC.
        finished: ISO 8601 in UTC.
        tool: Name and version of this tool.
        seconds: How long each phase took: ``check`` (loading the rules until the verdict, with the bucket's part),
            ``plan`` (reading every file once), ``publish`` (everything after). The start of the program, and the
            time in which a person was asked, are in none of them.
        checks: How many rules were run, and how many findings there were by severity.
        packages: Versions of the packages that took part in the verdicts.
        vocabulary: The words and buckets of ``[vocabulary]`` in the configuration, if they applied at the destination.
        warnings: Findings that did not block publishing, as ``<rule> <message>``.
        not_checked: Checks that could not be made, as ``<rule> <reason>``.
    """

    asset: str
    destination: str
    state: Literal["published", "already published", "planned"]
    content_id: str
    attempt: int
    files: int
    size: int
    requests: int
    files_sent: int
    bytes_sent: int
    workers: int
    proof: str | None
    sha256: str | None
    run_id: str
    started: str
    finished: str
    tool: str
    seconds: dict[str, float] = field(default_factory=dict)
    checks: dict[str, int] = field(default_factory=dict)
    packages: dict[str, str] = field(default_factory=dict)
    vocabulary: dict[str, Any] | None = None
    warnings: list[str] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)

    def to_json(self) -> str:
        """The receipt as a JSON text."""
        content: dict[str, Any] = {"format_version": FORMAT_VERSION, **asdict(self)}
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def save_receipt(receipt: Receipt) -> Path:
    """Write a receipt to the folder of receipts.

    Raises:
        OSError: It cannot be written there.
    """
    folder = state_folder() / "receipts"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{receipt.asset}.{receipt.run_id}.json"
    write_text_file(path, receipt.to_json())
    return path
