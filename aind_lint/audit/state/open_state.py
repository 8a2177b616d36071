"""Opens the state of audits at an address."""

from __future__ import annotations

from pathlib import Path

from aind_lint.audit.state.folder_state import FolderState
from aind_lint.audit.state.state_store import StateStore
from aind_lint.bucket.address import Connection, is_s3


def open_state(address: str, connection: Connection) -> StateStore:
    """The state at an address."""
    if is_s3(address):
        from aind_lint.audit.state.s3_state import S3State  # boto3 takes 0.2 s to import

        return S3State(address, connection)
    return FolderState(Path(address))
