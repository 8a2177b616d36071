"""Publications that are disturbed, and what must hold of the bucket afterwards whatever happened."""

from __future__ import annotations

import base64
import json
import os
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aind_lint.examples.bases import base_tree
from tests.commands import Command, CommandResult, Conditions
from tests.faulty_server import Request
from tests.servers import ANOTHER_KEY, SeaweedFS

DD = "data_description.json"
CONTROL = ".aind-lint/"


def files_of(asset: Path) -> dict[str, bytes]:
    """The files of a folder by key."""
    return {
        path.relative_to(asset).as_posix(): path.read_bytes() for path in sorted(asset.rglob("*")) if path.is_file()
    }


@dataclass
class Bench:
    """A bucket behind a fault server, or in a folder, and the commands that publish into it.

    Attributes:
        folder: A folder for logs and state.
        address: The bucket.
    """

    folder: Path
    address: str
    environment: dict[str, str] = field(default_factory=dict)
    options: list[str] = field(default_factory=list)
    conditions: Conditions = field(default_factory=Conditions)
    runs: int = 0

    def start(self, asset: Path, *, state: str = "state") -> Command:
        """Begin to publish an asset; ``state`` is the machine: where the journal is."""
        return self.begin("publish", str(asset), "--to", self.address, "--yes", state=state)

    def begin(self, *arguments: str, state: str = "state") -> Command:
        """Begin any command."""
        self.runs += 1
        environment = {**os.environ, **self.environment, "AIND_LINT_STATE_DIR": str(self.folder / state)}
        return Command([*arguments, *self.options], environment, self.folder / f"run-{self.runs}.log", self.conditions)

    def publish(self, asset: Path, *, state: str = "state") -> CommandResult:
        """Publish an asset."""
        return self._end(self.start(asset, state=state))

    def run(self, *arguments: str) -> CommandResult:
        """Run another command."""
        return self._end(self.begin(*arguments))

    def _end(self, command: Command) -> CommandResult:
        done = command.result()
        assert "internal error" not in done.output and "Traceback" not in done.output, done.output
        return done

    def objects(self) -> dict[str, bytes]:
        """Everything in the bucket."""
        root = Path(self.address)
        return {key: content for key, content in files_of(root).items() if not key.startswith(".aind-lint-scratch/")}

    def unfinished_uploads(self) -> int:
        """How many uploads in parts are still open."""
        return 0


@dataclass
class S3Bench(Bench):
    """The same for a bucket of S3."""

    server: SeaweedFS = None  # type: ignore[assignment]
    bucket: str = ""

    def objects(self) -> dict[str, bytes]:
        client = self.server.client
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        return {key: client.get_object(Bucket=self.bucket, Key=key)["Body"].read() for key in keys}

    def unfinished_uploads(self) -> int:
        return len(self.server.client.list_multipart_uploads(Bucket=self.bucket).get("Uploads", []))


def s3_bench(folder: Path, server: SeaweedFS, endpoint_url: str) -> S3Bench:
    """A new bucket of a server, reached at an endpoint in front of it."""
    bucket = server.make_bucket()
    credentials = {"AWS_ACCESS_KEY_ID": server.access_key, "AWS_SECRET_ACCESS_KEY": server.secret_key}
    return S3Bench(
        folder,
        f"s3://{bucket}",
        {**credentials, "AWS_DEFAULT_REGION": "us-west-2"},
        ["--endpoint-url", endpoint_url],
        server=server,
        bucket=bucket,
    )


def take_credentials_from_a_program(bench: S3Bench) -> Path:
    """Let a program give the credentials, as those of single sign-on do; a file with a letter for every time.

    It takes a moment, and from the second time on they have another key.
    """
    asked, program, config = (bench.folder / name for name in ("asked", "credentials.py", "config"))
    given = {
        "Version": 1,
        "AccessKeyId": bench.environment.pop("AWS_ACCESS_KEY_ID"),
        "SecretAccessKey": bench.environment.pop("AWS_SECRET_ACCESS_KEY"),
        "SessionToken": "",
        "Expiration": "2099-01-01T00:00:00Z",
    }
    later = {**given, "AccessKeyId": ANOTHER_KEY}
    program.write_text(
        f"import time\nwith open({str(asked)!r}, 'a') as file:\n    first = file.tell() == 0\n    file.write('x')\n"
        f"time.sleep(0.2)\nprint({json.dumps(given)!r} if first else {json.dumps(later)!r})\n",
        encoding="utf-8",
    )
    config.write_text(f"[profile rig]\ncredential_process = {sys.executable} {program}\n", encoding="utf-8")
    bench.environment |= {"AWS_CONFIG_FILE": str(config), "AWS_PROFILE": "rig"}
    return asked


def directory_bench(folder: Path) -> Bench:
    """A new directory bucket."""
    (folder / "bucket").mkdir()
    return Bench(folder, str(folder / "bucket"))


def is_visible(objects: dict[str, bytes], name: str) -> bool:
    """Whether the asset exists for its readers."""
    return f"{name}/{DD}" in objects


def assert_committed(objects: dict[str, bytes], asset: Path) -> None:
    """The bucket holds the asset, byte by byte, with the records of exactly one commit, and nothing else."""
    name = asset.name
    inside = {key.removeprefix(f"{name}/"): content for key, content in objects.items()}
    data = {key: content for key, content in inside.items() if not key.startswith(CONTROL)}
    assert data == files_of(asset)
    ends = {key: json.loads(content) for key, content in inside.items() if key.startswith(f"{CONTROL}end-")}
    commits = {key: end for key, end in ends.items() if end["outcome"] == "commit"}
    assert len(commits) == 1, ends
    ((key, end),) = commits.items()
    assert base64.b64decode(end["data_description"]) == data[DD]
    attempt = key.removeprefix(f"{CONTROL}end-")
    manifest = json.loads(inside[f"{CONTROL}manifest-{attempt}"])
    assert {entry["key"]: entry["size"] for entry in manifest["files"]} == {k: len(v) for k, v in data.items()}


def assert_undamaged(objects: dict[str, bytes], asset: Path) -> None:
    """Whatever the bucket holds of an asset is right: it is committed wholly, or it is not visible and fits so far."""
    if is_visible(objects, asset.name):
        assert_committed(objects, asset)
        return
    expected = files_of(asset)
    for key, content in objects.items():
        inside = key.removeprefix(f"{asset.name}/")
        assert inside.startswith(CONTROL) or expected[inside] == content, f"{key} is not what was to be published"


def assert_kept(before: dict[str, bytes], after: dict[str, bytes]) -> None:
    """Nothing was overwritten or lost."""
    changed = [key for key, content in before.items() if after.get(key) != content]
    assert not changed, f"overwritten or lost: {changed}"


def assert_careful(requests: list[Request], *, keeps_objects: bool = True, checksums: bool = True) -> None:
    """What the protocol promises of its requests, as the server saw them.

    Args:
        requests: The requests.
        keeps_objects: Whether the server honors the condition of every write.
        checksums: Whether the server accepts every write with the planned checksum.
    """
    made: dict[str, Request] = {}
    for request in requests:
        if request.method == "DELETE" and "uploadId" not in request.query:
            assert "versionId" in request.query or "if-match" in request.headers, f"{request}: deletes anything"
        if "partNumber" in request.query and request.method == "PUT":
            assert not checksums or "x-amz-checksum-crc64nvme" in request.headers, f"{request}: without its checksum"
        if not request.makes_object:
            continue
        assert request.headers.get("if-none-match") == "*", f"{request}: would overwrite"
        assert not checksums or "x-amz-checksum-crc64nvme" in request.headers, f"{request}: without its checksum"
        if request.status == 200:
            # Of a completion several servers forget the condition; of a single write none may.
            replaces = keeps_objects and request.method != "POST" and request.key in made
            assert not replaces, f"{request} replaces {made[request.key]}"
            made[request.key] = request
        if request.key.endswith(f"/{DD}"):
            decided = [key for key in made if f"/{CONTROL}end-" in key]
            assert decided, f"{request}: visible before the decision"


@contextmanager
def naming(*what: Any) -> Iterator[None]:
    """Say which case failed."""
    try:
        yield
    except (AssertionError, TimeoutError) as error:
        raise AssertionError(f"{' '.join(map(str, what))}: {error}") from error


def write_asset_of_all_sizes(parent: Path, **files: bytes) -> Path:
    """An asset that makes every kind of request: small files, an empty one, and one that is sent in two parts."""
    tree = base_tree("raw-2x")
    tree.files |= {"behavior/empty.csv": b"", "behavior/video.bin": random.Random(6).randbytes(6 * 2**20), **files}
    parent.mkdir(parents=True, exist_ok=True)
    return tree.write(parent)
