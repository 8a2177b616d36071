"""Memory stays under 300 MB whatever the asset: what each file adds to it, from the listing to the commit and after."""

from __future__ import annotations

import gc
import io
import shutil
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from aind_lint.asset.asset import Asset
from aind_lint.asset.listing.file_table import FileTable
from aind_lint.asset.listing.listing import Listing, folders_of
from aind_lint.asset.upload.upload_manifest import parse_upload_manifest
from aind_lint.asset.upload_assembly import assemble
from aind_lint.bucket import body as body_module
from aind_lint.bucket.control_objects import DATA_DESCRIPTION, Claim
from aind_lint.bucket.memory_store import MemoryStore
from aind_lint.bucket.store import StoredObject
from aind_lint.bucket.stored_assets import list_asset
from aind_lint.engine.rule_runner import RuleRunner
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.rule_loader import load_rules
from aind_lint.examples.bases import base_tree
from aind_lint.publication import plan
from aind_lint.publication.abandonment import abandon
from aind_lint.publication.journal import Journal
from aind_lint.publication.plan import Plan, plan_publication
from aind_lint.publication.protocol import ProtocolOptions, commit_plan
from aind_lint.publication.upload.transfer import TransferOptions
from aind_lint.publication.verification import verify_published
from aind_lint.storage import blob_spool as spool
from aind_lint.storage import sorted_table as rows
from aind_lint.storage.checksum import crc64nvme, encode_crc
from aind_lint.storage.sorted_table import SortedTable

pytestmark = pytest.mark.slow

#: So many files, and then twice as many: what the second half adds to the peak, is what each file adds.
FILES = 4_000
#: The program, its libraries and what is kept of each table leave 90 of 300 MB to a million files.
BYTES_PER_FILE = 90

TREE = base_tree("raw-2x")


CONTENT = b"xy"
_CRC = encode_crc(crc64nvme(CONTENT))
_ETAG = "an ETag"


class Many:
    """An asset with very many files more than the example, and a bucket that remembers only how many it was sent."""

    def __init__(self, files: int, folder: Path) -> None:
        self.files = files
        self.folder = folder
        self.store = _Bucket(self)

    def added(self) -> Iterator[str]:
        """The additional keys, in the order in which a file system gives them: none."""
        for number in range(self.files):
            stream, chunk = divmod(number * 7919 % self.files, 5000)
            yield (
                f"behavior/compressed/experiment{stream + 1}_Record Node 104#Neuropix-PXI-100.ProbeA.chunks/"
                f"traces_seg0/{chunk // 50}/{chunk % 50}"
            )

    def rows(self) -> Iterator[tuple[str, int, int]]:
        yield from ((key, len(content), 0) for key, content in TREE.files.items())
        yield from ((key, len(CONTENT), 0) for key in self.added())

    def table(self) -> FileTable:
        return FileTable.of(self.rows(), FileTable.COLUMNS)

    def asset(self) -> Asset:
        files = self.table()
        return Asset(Listing(TREE.name, TREE.name, files, _open, folders=folders_of(files)))


def _open(key: str) -> io.BytesIO:
    return io.BytesIO(TREE.files.get(key, CONTENT))


class _Bucket(MemoryStore):
    def __init__(self, many: Many) -> None:
        super().__init__()
        self._many = many
        self.sent = 0

    def scan(self, prefix, limit=None, boundaries=()):
        yield from super().scan(prefix, limit)
        if prefix == f"{TREE.name}/" and limit is None and self.sent:
            keys = self._many.added()
            yield from (StoredObject(f"{TREE.name}/{key}", len(CONTENT), etag=_ETAG) for key in keys)

    def head(self, key):
        inside = key.removeprefix(f"{TREE.name}/")
        if "compressed/" not in inside:
            return super().head(key)
        return StoredObject(key, len(CONTENT), _CRC, self.tags["all"], "1", etag=_ETAG) if self.sent else None

    def create(self, key, body):
        if "/manifest-" not in key:
            return super().create(key, body)
        with body.open() as stream, (self._many.folder / "manifest").open("wb") as target:
            shutil.copyfileobj(stream, target)
        self.objects[key] = b""
        return _ETAG

    def open(self, key):
        return (self._many.folder / "manifest").open("rb") if "/manifest-" in key else super().open(key)

    def upload(self, key, body, tag, resume_state=None):
        if "compressed/" not in key:
            return super().upload(key, body, tag)
        self.sent += 1
        self.tags["all"] = tag
        return _ETAG

    def remove(self, stored):
        if "compressed/" not in stored.key:
            return super().remove(stored)
        self.sent -= 1
        return True


def publish(many: Many) -> None:
    """Check, plan, send, verify and commit."""
    asset = many.asset()
    assert RuleRunner(load_rules()).run(asset, CheckContext(), "candidate").blockers == []
    commit(many, plan_publication(asset), Journal(many.folder, many.store.url))


def commit(many: Many, planned: Plan, journal: Journal | None) -> None:
    claim = Claim(planned.manifest.content_id, "0" * 32, "2026-01-01T00:00:00+00:00", "test")
    commit_plan(
        planned, many.store, claim, many.table, ProtocolOptions(transfer=TransferOptions(jobs=1, journal=journal))
    )
    assert many.store.sent == many.files


def gather(many: Many) -> None:
    """The same by way of an upload manifest."""
    manifest = parse_upload_manifest(b"name: x\nmodalities: {behavior: [files]}\nschemas: []\n", Path("manifest.yml"))
    gathered = assemble(manifest, lambda path: many.asset().listing)
    assert len(gathered.listing.files) == many.files + len(TREE.files)
    assert any(key.startswith("behavior/behavior/") for key in gathered.listing.folders)


def plan_parts(many: Many) -> None:
    """Every file is large enough to be sent in parts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan, "_SINGLE_READ_BYTES", 1)
        patch.setattr(plan, "part_size", lambda size: 1 if size == len(CONTENT) else size)
        planned = plan_publication(many.asset())
    assert planned.requests > many.files * (1 + len(CONTENT))


def check_links(many: Many) -> None:
    """Beside every file a link."""
    links = SortedTable.of((f"{key} 2",) for key in many.added())
    report = RuleRunner(load_rules()).run(
        Asset(replace(many.asset().listing, links=links)), CheckContext(), "candidate"
    )
    assert report.blockers == ["KEY101"]


def resume(many: Many) -> None:
    """Finish what another machine has sent and not committed."""
    reopen(many)
    commit(many, plan_publication(many.asset()), None)


def verify(many: Many) -> None:
    assert not verify_published(many.store, TREE.name, deep=True).differences


def find_differences(many: Many) -> None:
    """Nothing that was sent is there any more."""
    sent, many.store.sent = many.store.sent, 0
    assert verify_published(many.store, TREE.name).differences.total == many.files
    many.store.sent = sent


def check_published(many: Many) -> None:
    report = RuleRunner(load_rules()).run(Asset(list_asset(many.store, TREE.name)), CheckContext(), "published")
    assert report.files > many.files


def remove(many: Many) -> None:
    reopen(many)
    done = abandon(many.store, TREE.name, 1)
    assert done.removed == many.files + len(TREE.files) - 1 and not done.kept


def reopen(many: Many) -> None:
    for key in (DATA_DESCRIPTION, ".aind-lint/end-1.json"):
        del many.store.objects[f"{TREE.name}/{key}"]


STEPS: tuple[Callable[[Many], None], ...] = (
    gather,
    plan_parts,
    check_links,
    publish,
    resume,
    verify,
    find_differences,
    check_published,
    remove,
)


@pytest.fixture(scope="module")
def peaks(tmp_path_factory) -> dict[str, list[int]]:
    """By step, the peak of memory beyond what was there before, for few and for twice as many files."""
    found: dict[str, list[int]] = {step.__name__: [] for step in STEPS}
    with pytest.MonkeyPatch.context() as patch:
        # What is kept and sorted at once, however large the asset is, would hide what each file adds.
        patch.setattr(spool, "MEMORY_LIMIT", 1 << 16)
        patch.setattr(rows, "_ROWS_PER_CHUNK", 4096)
        patch.setattr(body_module, "_MAX_IN_MEMORY", 1 << 16)
        first = Many(100, tmp_path_factory.mktemp("first"))
        for step in STEPS:  # loads what is loaded once
            step(first)
        tracemalloc.start()
        for files in (FILES, 2 * FILES):
            many = Many(files, tmp_path_factory.mktemp("many"))
            for step in STEPS:
                gc.collect()
                tracemalloc.reset_peak()
                before = tracemalloc.get_traced_memory()[0]
                step(many)
                found[step.__name__].append(tracemalloc.get_traced_memory()[1] - before)
        tracemalloc.stop()
    return found


@pytest.mark.parametrize("step", [step.__name__ for step in STEPS])
def test_a_million_files_would_stay_under_the_bound(peaks, step):
    some, more = peaks[step]
    added = (more - some) / FILES
    assert added < BYTES_PER_FILE
