"""The SHA-256 of every file of an asset, as ``sha256sum`` writes them: unlike a CRC it resists a forger."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from aind_lint.errors import UsageError, os_error_reason
from aind_lint.publication.plan import SHA256_BYTES, Plan
from aind_lint.system.output_file import write_file


def write_digests(plan: Plan, file: Path) -> str:
    """Write the digests of a plan, line by line; the SHA-256 of the file itself.

    ``sha256sum --check`` reads it in the folder of the asset.

    Raises:
        UsageError: The file cannot be written.
    """
    whole = hashlib.sha256()

    def lines() -> Iterator[bytes]:
        for line in _lines(plan):
            whole.update(line)
            yield line

    try:
        write_file(file, lines())
    except OSError as error:
        reason = os_error_reason(error)
        raise UsageError(f"the SHA-256 sums cannot be written to {file}: {reason}; nothing was published") from None
    return whole.hexdigest()


def _lines(plan: Plan) -> Iterator[bytes]:
    for position, entry in enumerate(plan.manifest):
        digest = plan.digests[position * SHA256_BYTES : (position + 1) * SHA256_BYTES].hex()
        key = entry.key.replace("\\", r"\\").replace("\n", r"\n").replace("\r", r"\r")
        escaped = "\\" if key != entry.key else ""  # as sha256sum says that a name is not as it stands there
        yield f"{escaped}{digest}  {key}\n".encode()
