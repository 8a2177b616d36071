from __future__ import annotations

from pathlib import Path

import pytest

from aind_lint.bucket.directory.store import DirectoryStore
from aind_lint.bucket.open_store import open_store
from aind_lint.bucket.store import Store
from tests.servers import SeaweedFS


@pytest.fixture(params=["folder", "s3", "s3 below a prefix"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty store of each kind."""
    if request.param == "folder":
        (tmp_path / "bucket").mkdir()
        return DirectoryStore(tmp_path / "bucket")
    connection = request.getfixturevalue("s3")
    if request.param == "s3":
        return open_store(f"s3://{request.getfixturevalue('seaweedfs').make_bucket()}", connection)
    shared, prefix = request.getfixturevalue("shared_bucket"), SeaweedFS.fresh_name()
    return open_store(f"s3://{shared}/{prefix}/deeper", connection)


@pytest.fixture(scope="session")
def shared_bucket(seaweedfs: SeaweedFS) -> str:
    """A bucket that also holds the objects of other tests, below other prefixes."""
    return seaweedfs.make_bucket()
