"""Where the state of an audit is, and how it is opened."""

from __future__ import annotations

from pathlib import Path

from aind_lint.audit.state.folder_state import FolderState
from aind_lint.audit.state.state_store import StateStore
from aind_lint.bucket.address import Connection, is_s3, split_s3
from aind_lint.errors import UsageError
from aind_lint.system.disk_paths import is_below


def state_address(address: str, chosen: str | None) -> str:
    """The address of the state for a bucket: the one that the user has chosen, or a folder of that name.

    Raises:
        UsageError: It would be inside the audited bucket.
    """
    name = split_s3(address)[0] if is_s3(address) else Path(address).resolve().name
    prefix = split_s3(address)[1] if is_s3(address) else ""
    state = chosen or str(Path("aind-lint-audit") / "-".join([name, *prefix.split("/")]).rstrip("-"))
    inside = f"the state {state} would be inside the audited bucket; name a folder elsewhere with --state"
    if is_s3(state):
        if is_s3(address) and split_s3(state)[0] == name:
            raise UsageError(inside)
    elif not is_s3(address) and is_below(Path(state), Path(address)):
        raise UsageError(inside)
    return state


def open_state(address: str, connection: Connection) -> StateStore:
    """The state at an address."""
    if is_s3(address):
        from aind_lint.audit.state.s3_state import S3State  # boto3 takes 0.2 s to import

        return S3State(address, connection)
    return FolderState(Path(address))
