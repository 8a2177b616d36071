"""A model of everybody who touches an asset at once: every interleaving of their requests, crashes and late arrivals.

The actors run the real code. One is a function of the answers it got so far: it is run again from the start on recorded
answers until it asks something new. So a state is the bucket, the answers of each and what is still under way, and
equal states are visited once. A crash is an actor that is not scheduled any more.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any, NamedTuple

import pytest

from aind_lint.asset.asset import Asset
from aind_lint.asset.indexer_keys import is_indexer_key
from aind_lint.bucket.body import Body
from aind_lint.bucket.control_objects import Claim, closed_key, is_control_key
from aind_lint.bucket.destination.destination_state import find_destination_state, find_replaceable_state
from aind_lint.bucket.memory_store import MemoryStore
from aind_lint.bucket.store import StoredObject
from aind_lint.errors import AindLintError
from aind_lint.examples.tree import Tree
from aind_lint.publication import abandonment as abandon
from aind_lint.publication import attempt, stored_check
from aind_lint.publication.plan import Plan, plan_publication
from aind_lint.publication.protocol import ProtocolOptions, commit_plan, inspect
from aind_lint.publication.upload import transfer
from aind_lint.publication.upload.transfer import MAX_INSPECTION_AGE, TransferOptions
from aind_lint.storage.checksum import crc64nvme, encode_crc

NAME = "123456_2022-12-12_05-06-07"
DD = f"{NAME}/data_description.json"
TAKEN, OVERWRITTEN = b"?", b"!"
#: Waited out in one step, after which every publisher looks at its attempt again.
WINDOW = MAX_INSPECTION_AGE

#: Key, content and mark of every object.
Bucket = frozenset[tuple[str, bytes, str | None]]


@cache
def plan_of(content: str) -> Plan:
    """A plan: of two contents that differ only in case the data are equal, and a sidecar was repaired."""
    files = {"a.bin": content.lower().encode(), "subject.json": content.encode(), "data_description.json": b"{}"}
    return plan_publication(Asset(Tree(NAME, dict(files)).listing()))


def wanted(plan: Plan) -> dict[str, bytes]:
    """The objects of a plan."""
    return {f"{NAME}/{entry.key}": plan.body(entry).open().read() for entry in plan.manifest}


class ModelStore(MemoryStore):
    """A bucket whose versions are ETags, as they are where versioning is off: equal content has an equal one."""

    def __init__(self, bucket: Bucket = frozenset()) -> None:
        super().__init__()
        self.objects = {key: content for key, content, _ in bucket}
        self.tags = {key: tag for key, _, tag in bucket if tag is not None}

    def head(self, key: str) -> StoredObject | None:
        found = super().head(key)
        return found and replace(found, version=f"etag {crc64nvme(self.objects[key])}")

    @staticmethod
    def etag(content: bytes) -> str:
        """The ETag of an object with this content."""
        return encode_crc(crc64nvme(content))

    def frozen(self) -> Bucket:
        """What it holds."""
        return frozenset((key, content, self.tags.get(key)) for key, content in self.objects.items())


class Asked(BaseException):
    """An actor asks something that has no recorded answer yet."""


class Recorded:
    """A store, and a clock, that give recorded answers and then stop the actor."""

    url = "memory"
    max_write_delay = WINDOW
    proof = "CRC64NVME"

    def __init__(self, answers: Sequence[Any]) -> None:
        self._answers = iter(answers)

    def ask(self, *question: Any) -> Any:
        for answer in self._answers:
            return answer
        raise Asked(*question)

    def scan(self, prefix, limit=None, boundaries=()):
        return iter(self.ask("scan", prefix, limit))

    def head(self, key):
        return self.ask("head", key)

    def open(self, key):
        return Body.of_bytes(self.ask("open", key)).open()

    def create(self, key, body):
        return self._put(key, body, None)

    def upload(self, key, body, tag, resume_state=None):
        return self._put(key, body, tag)

    def start_workers(self, root, asset, max_requests):
        return 0

    def stop_workers(self):
        pass

    def upload_loop(self, control, max_requests):
        return None

    def _put(self, key, body, tag):
        with body.open() as stream:
            return self.ask("put", key, stream.read(), tag)

    def remove(self, stored):
        return self.ask("remove", stored)

    def write_lock(self, asset):
        return nullcontext()

    removal_lock = write_lock

    def age(self, key):
        return 0.0

    def list_uploads(self, prefix):
        return []

    def stop(self):
        """Nothing is begun that is not finished."""

    def monotonic(self):
        return self.ask("clock")

    time = monotonic


@dataclass(frozen=True)
class Role:
    """Who an actor is: ``publish``, ``supersede`` or ``abandon``, and of the first two the content."""

    act: str
    content: str = ""

    @property
    def plan(self) -> Plan:
        return plan_of(self.content)

    def play(self, store: Recorded) -> None:
        """Do it with the real code, in one thread: two thirds of the time would be starts of threads."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(transfer, "time", store)
            patch.setattr(attempt, "run_in_thread", lambda act, stopping: act())
            patch.setattr(stored_check, "run_in_threads", lambda items, act, limit, stopping: [*map(act, items)])
            self._play(store)

    def _play(self, store: Recorded) -> None:
        if self.act == "abandon":
            unfinished = abandon.find_unfinished(store, NAME)
            if unfinished:
                abandon.abandon(store, NAME, unfinished.attempt, sleep=lambda seconds: store.ask("wait", seconds))
            return
        find_state = find_replaceable_state if self.act == "supersede" else find_destination_state
        claim = Claim(self.plan.manifest.content_id, "0" * 32, "2026-01-01T00:00:00+00:00", "test")
        inspection = inspect(find_state, store, NAME, lambda: self.plan.manifest)  # as the checks do
        options = ProtocolOptions(find_state=find_state, transfer=TransferOptions(jobs=1))
        commit_plan(self.plan, store, claim, lambda: self.plan.asset.listing.files, options, inspection)


class Actor:
    """One point in the life of an actor: what it was answered, and what it asks next or the code it ended with."""

    def __init__(self, role: Role, history: tuple[tuple[Any, Any], ...] = ()) -> None:
        self.role, self.history = role, history
        self.question: tuple[Any, ...] | None = None
        self.code: int | None = 0
        self._next: dict[Any, Actor] = {}
        try:
            role.play(Recorded([answer for _, answer in history]))
        except Asked as asked:
            self.question, self.code = asked.args, None
        except AindLintError as error:
            self.code = error.exit_code

    def answered(self, answer: Any) -> Actor:
        """The same object for the same answer, so that states compare by identity."""
        shown = repr(answer)  # unlike a comparison, it shows ETags, tags and versions
        if shown not in self._next:
            self._next[shown] = Actor(self.role, (*self.history, (self.question, answer)))
        return self._next[shown]

    @cached_property
    def verified(self) -> bool:
        """Whether its last listing of the whole asset showed exactly what it plans, and it has stored no data since."""
        planned = {(key, ModelStore.etag(content)) for key, content in wanted(self.role.plan).items() if key != DD}
        for question, answer in reversed(self.history):
            if question[0] == "put" and not is_control_key(question[1].removeprefix(f"{NAME}/")):
                return False
            if question == ("scan", f"{NAME}/", None):
                seen = {(s.key, s.etag) for s in answer if not _is_apart(s.key) and s.key != DD}
                return seen == planned
        return False


class State(NamedTuple):
    """The whole world at one moment.

    Attributes:
        bucket: What is stored.
        actors: Everybody who may still act, or has ended.
        late: Writes under way of actors that are dead.
        clock: Seconds.
        left: What outsiders may still do once.
    """

    bucket: Bucket
    actors: tuple[Actor, ...]
    late: frozenset[tuple[str, bytes, str | None]] = frozenset()
    clock: float = 0.0
    left: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Chances:
    """What can go wrong.

    Attributes:
        lost_replies: The reply to a write is lost; the client tries again and meets its own object.
        late_writes: A write arrives after its sender is dead.
        overwrites: The server ignores the condition of a write.
    """

    lost_replies: bool = False
    late_writes: bool = False
    overwrites: bool = False


def _is_apart(key: str) -> bool:
    inside = key.removeprefix(f"{NAME}/")
    return is_control_key(inside) or is_indexer_key(inside)


def steps(state: State, chances: Chances) -> Iterator[tuple[Actor | None, State]]:
    """Every next state, and who acted."""
    for place, actor in enumerate(state.actors):
        if actor.question is not None:
            for answer, bucket, clock in answers(actor, state, chances):
                late = frozenset() if clock > state.clock else state.late
                actors = _moved(state, place, with_clock(actor.answered(answer), clock))
                yield actor, State(bucket, actors, late, clock, state.left)
            if chances.late_writes and actor.question[0] == "put" and actor.role.act != "abandon":
                # The sender dies; what it has sent arrives at some time, or never.
                late = state.late | {actor.question[1:]}
                yield actor, state._replace(actors=_moved(state, place, None), late=late)
    for write in state.late:
        bucket = _done(state.bucket, _write_kind(chances), *write)[1]
        yield None, state._replace(bucket=bucket, late=state.late - {write})
    for event in state.left:
        store = ModelStore(state.bucket)
        if OUTSIDERS[event](store):
            yield None, state._replace(bucket=store.frozen(), left=state.left - {event})


def _moved(state: State, place: int, actor: Actor | None) -> tuple[Actor, ...]:
    others = [*state.actors[:place], *state.actors[place + 1 :], *([actor] if actor else [])]
    return tuple(sorted(others, key=id))


def with_clock(actor: Actor, clock: float) -> Actor:
    """The actor with every question for the time answered."""
    while actor.question == ("clock",):
        actor = actor.answered(clock)
    return actor


@cache
def beginner(role: Role) -> Actor:
    """An actor that has done nothing yet; one for all scenarios, in which much of what happens to it is the same."""
    return with_clock(Actor(role), 0.0)


def forget_actors() -> None:
    """Forget what actors did and buckets answered, before the real code is broken and afterwards."""
    beginner.cache_clear()
    _done.cache_clear()


def answers(actor: Actor, state: State, chances: Chances) -> Iterator[tuple[Any, Bucket, float]]:
    """Each possible answer to what an actor asks, with the bucket and the time after it; none while it must wait."""
    kind, *arguments = actor.question or ()
    if kind == "wait":
        # A signature lasts no longer than the whole wait, so what was about to be sent is sent before, or never.
        if not any(other.question and other.question[0] == "put" for other in state.actors):
            yield None, state.bucket, state.clock + arguments[0]
        return
    answer, bucket = _done(state.bucket, _write_kind(chances) if kind == "put" else kind, *arguments)
    yield answer, bucket, state.clock
    if kind == "put" and answer and chances.lost_replies:
        yield None, bucket, state.clock


def _write_kind(chances: Chances) -> str:
    return "overwrite" if chances.overwrites else "put"


@cache
def _done(bucket: Bucket, kind: str, *arguments: Any) -> tuple[Any, Bucket]:
    """What a bucket answers, and the bucket after it."""
    store = ModelStore(bucket)
    if kind == "overwrite":
        store.objects.pop(arguments[0], None)
    if kind in ("put", "overwrite"):
        return _put(store, *arguments), store.frozen()
    if kind == "remove":
        return store.remove(*arguments), store.frozen()
    if kind == "open":
        return store.objects[arguments[0]], bucket
    answer = getattr(store, kind)(*arguments)
    return tuple(answer) if kind == "scan" else answer, bucket


def _put(store: MemoryStore, key: str, content: bytes, tag: str | None) -> str | None:
    body = Body.of_bytes(content)
    return store.create(key, body) if tag is None else store.upload(key, body, tag)


def _foreign_data(store: MemoryStore) -> bool:
    return store.objects.setdefault(f"{NAME}/a.bin", TAKEN) is TAKEN


def _overwrite(store: MemoryStore) -> bool:
    there = f"{NAME}/a.bin" in store.objects and DD not in store.objects
    if there:
        store.objects[f"{NAME}/a.bin"] = OVERWRITTEN
        store.tags.pop(f"{NAME}/a.bin", None)
    return there


def _index(store: MemoryStore) -> bool:
    if DD not in store.objects:
        return False
    store.objects[f"{NAME}/original_metadata/subject.20260101.json"] = store.objects[f"{NAME}/subject.json"]
    store.objects[f"{NAME}/subject.json"] = b"{ }"
    store.tags.pop(f"{NAME}/subject.json", None)
    store.objects[f"{NAME}/metadata.nd.json"] = b"{}"
    return True


#: What others do, each at once: another program takes a free key, or overwrites one, or the bucket's indexer comes.
OUTSIDERS: dict[str, Callable[[MemoryStore], bool]] = {
    "takes a key": _foreign_data,
    "overwrites a key": _overwrite,
    "indexes": _index,
}


def attempt_of(tag: str) -> int:
    """The attempt that has stored an object."""
    return int(tag.rpartition("/")[2])


@cache
def ends_of(bucket: Bucket) -> list[dict[str, Any]]:
    """Every decision."""
    return [json.loads(content) for key, content, _ in bucket if "/.aind-lint/end-" in key]


def assert_invariants(before: State, who: Actor | None, after: State) -> None:
    """What must hold after every step."""
    old, new = ({key: content for key, content, _ in state.bucket} for state in (before, after))
    foreign = len(before.left) > len(after.left)
    commits = [end for end in ends_of(after.bucket) if end["outcome"] == "commit"]
    assert len(commits) <= 1, "two commits"
    if not foreign:
        removed = old.keys() - new.keys()
        assert not [key for key in removed if _is_apart(key) or key == DD], "a record or the asset's sign was removed"
        assert not [key for key in removed if old[key] in (TAKEN, OVERWRITTEN)], (
            "the object of another program was removed"
        )
        assert not (removed and commits), "something was removed after the decision to commit"
        assert not [key for key in old.keys() & new.keys() if old[key] != new[key]], "something was overwritten"
        appeared = {key for key in new.keys() - old.keys() if not _is_apart(key)}
        assert DD not in old or not appeared, "something was added after the commit"
        tags = {tag for key, _, tag in after.bucket if key in appeared and tag}
        closed = [key for key in old if any(key == f"{NAME}/{closed_key(attempt_of(tag))}" for tag in tags)]
        assert not closed, "something was added to an attempt that is closed"
        if DD in appeared:
            assert commits, "visible without a decision"
            assert who is None or who.verified, "visible without having been listed before"
            plan = _plan_with_id(commits[0]["content_id"])
            data = {key: content for key, content in new.items() if not _is_apart(key)}
            # What overwrites a key after it was compared can only be detected.
            assert data == wanted(plan) or OVERWRITTEN in data.values(), "damaged"
    for actor in after.actors:
        if actor.role.act == "abandon":
            continue
        own = bool(commits) and commits[0]["content_id"] == actor.role.plan.manifest.content_id
        if actor.code == 0:
            assert DD in new and own, "exit code 0 without a commit"
        if actor.code == 5:
            modified = {TAKEN, OVERWRITTEN}.intersection([*old.values(), *new.values()])
            # A key that was overwritten after one publisher has listed it is what the next one does not find its own.
            assert not own or OVERWRITTEN in modified, "its own commit was reported as a conflict"
            assert modified or _has_rival(actor, after.bucket), "a conflict without a rival"


def assert_nothing_after_the_probe(before: State, who: Actor | None, after: State) -> None:
    """What must hold on a server that ignores conditions: only claims are written, and no actor commits."""
    changed = {key for key, *_ in before.bucket ^ after.bucket}
    assert not [key for key in changed if "/.aind-lint/claim-" not in key], "written or removed after the probe"
    published = DD in {key for key, *_ in after.bucket}  # before the server was replaced
    codes = {actor.code for actor in after.actors if actor.role.act != "abandon"}
    assert published or 0 not in codes, "exit code 0 without a commit"


def _plan_with_id(content_id: str) -> Plan:
    return next(plan for plan in map(plan_of, "aAbB") if plan.manifest.content_id == content_id)


def _has_rival(actor: Actor, bucket: Bucket) -> bool:
    claims = [json.loads(content) for key, content, _ in bucket if "/.aind-lint/claim-" in key]
    outcomes = {end["outcome"] for end in ends_of(bucket)}
    other = any(claim["content_id"] != actor.role.plan.manifest.content_id for claim in claims)
    return other or "abandoned" in outcomes or "superseded" in outcomes


def explore(
    roles: Sequence[Role],
    chances: Chances = Chances(),
    outsiders: Sequence[str] = (),
    dead: Role | None = None,
    most: int = 400_000,
    check: Callable[[State, Actor | None, State], None] = assert_invariants,
) -> set[State]:
    """Every state that can be reached, with the invariants asserted at every step.

    With ``dead``, begin with every state that an actor in this role can leave on a server that respects conditions.
    """
    kept = replace(chances, overwrites=False)
    left = {(state.bucket, state.late) for state in explore((dead,), kept)} if dead else {(frozenset(), frozenset())}
    actors = tuple(sorted(map(beginner, roles), key=id))
    seen = {State(bucket, actors, late, left=frozenset(outsiders)) for bucket, late in left}
    pending = list(seen)
    while pending:
        state = pending.pop()
        for who, after in steps(state, chances):
            if after not in seen:
                check(state, who, after)
                seen.add(after)
                pending.append(after)
        assert len(seen) < most, "more states than this test is for"
    return seen


def run_alone(role: Role, bucket: Bucket) -> tuple[int | None, Bucket]:
    """The exit code of an undisturbed actor, and the bucket after it."""
    state = State(bucket, (beginner(role),))
    while state.actors[0].question:
        _, state = next(steps(state, Chances()))
    return state.actors[0].code, state.bucket
