"""Everybody at once, in every order: the model holds, and notices a protocol that is broken."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from aind_lint.bucket.body import Body
from aind_lint.bucket.destination.destination_state import read_claim
from aind_lint.bucket.directory.store import DirectoryStore
from aind_lint.bucket.store import StoredObject
from aind_lint.publication import attempt
from aind_lint.publication.upload import transfer
from tests.publication import protocol_model as model
from tests.publication.protocol_model import (
    DD,
    NAME,
    OUTSIDERS,
    Bucket,
    Chances,
    ModelStore,
    Role,
    State,
    ends_of,
    explore,
    run_alone,
)

pytestmark = pytest.mark.slow

# Of these contents "a" has another sidecar than "A" and equal data; "B" has other data.
A, ANEW, B = Role("publish", "A"), Role("supersede", "a"), Role("publish", "B")
ABANDON = Role("abandon")


_ALL_IS_WELL = Chances()


@dataclass(frozen=True)
class Scenario:
    roles: tuple[Role, ...]
    chances: Chances = _ALL_IS_WELL
    outsiders: tuple[str, ...] = ()
    dead: Role | None = None

    def explore(self) -> set[State]:
        return explore(self.roles, self.chances, self.outsiders, self.dead)


SCENARIOS = {
    "equal publishers": Scenario((A, A)),
    "different publishers, lost replies": Scenario((A, B), Chances(lost_replies=True)),
    "one repairs what the other sends": Scenario((A, ANEW)),
    "abandoned while writes are under way": Scenario((A, ABANDON), Chances(late_writes=True)),
    "abandoned twice": Scenario((A, ABANDON, ABANDON)),
    "superseded or abandoned": Scenario((ANEW, ABANDON), Chances(late_writes=True)),
    "superseded while another user abandons": Scenario((ANEW, ABANDON), Chances(late_writes=True), dead=A),
    "resumed while another user abandons": Scenario((A, ABANDON), Chances(late_writes=True), dead=A),
    "another program modifies the asset": Scenario(
        (A, ABANDON), Chances(late_writes=True), ("takes a key", "overwrites a key")
    ),
    "the indexer comes": Scenario((A, A), Chances(), ("indexes",)),
    "the indexer comes to a dead one's commit": Scenario((A, ANEW), Chances(late_writes=True), ("indexes",)),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_order_keeps_the_invariants_and_after_any_crash_somebody_can_commit(name):
    states = SCENARIOS[name].explore()
    assert len(states) > 100
    if not SCENARIOS[name].outsiders:
        for bucket in {state.bucket for state in states if not state.late}:
            assert_somebody_can_commit(bucket)


def assert_somebody_can_commit(bucket: Bucket) -> None:
    """What must hold of whatever is left when everybody is dead and no write is under way."""
    committed = [end["content_id"] for end in ends_of(bucket) if end["outcome"] == "commit"]
    ends = {}
    for role in (A, ANEW, B):
        code, after = run_alone(role, bucket)
        if code == 5 and not committed:  # another publication has begun: abandon it first
            run_alone(ABANDON, after)
            code, after = run_alone(role, run_alone(ABANDON, after)[1])
        ends[role] = code
        assert code != 0 or DD in {key for key, _, _ in after}
    if committed:
        assert [role.plan.manifest.content_id for role, code in ends.items() if code == 0] == committed
    else:
        assert set(ends.values()) == {0}, ends


OVERWRITING = {
    "equal publishers": ((A, A), None),
    "different publishers": ((A, B), None),
    "abandoned meanwhile": ((A, ABANDON), None),
    "superseded meanwhile": ((A, ANEW), None),
    "resumed after the server was replaced": ((A, ABANDON), A),
}


@pytest.mark.parametrize("name", OVERWRITING)
def test_a_server_that_ignores_conditions_gets_claims_only(name):
    roles, dead = OVERWRITING[name]
    chances = Chances(overwrites=True)
    states = explore(roles, chances, dead=dead, check=model.assert_nothing_after_the_probe)
    ended = [state for state in states if not any(actor.question for actor in state.actors)]
    assert len(states) > 10 and ended


def test_a_publisher_without_a_probe_is_detected(monkeypatch):
    monkeypatch.setattr(attempt, "probe_conditions", read_claim)
    with nothing_remembered(), pytest.raises(AssertionError, match="after the probe"):
        explore((A, B), Chances(overwrites=True), check=model.assert_nothing_after_the_probe)


@contextmanager
def nothing_remembered() -> Iterator[None]:
    """For code that is broken in the block only."""
    model.forget_actors()
    try:
        yield
    finally:
        model.forget_actors()


def _no_decision(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(attempt.Attempt, "_decide", lambda attempt: None)


def _visible_before_verified(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(attempt.Attempt, "verify", lambda attempt: None)


def _remove_whatever_is_there(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ModelStore, "remove", lambda store, stored: store.objects.pop(stored.key, None) is not None)


def _taken_is_a_conflict(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(transfer, "find_match", lambda store, key, entry, local: None)


def _equal_size_is_equal(patch: pytest.MonkeyPatch) -> None:
    def same_size(store, key, entry, local):
        there = store.head(key)
        return there if there is not None and there.size == entry.size else None

    patch.setattr(transfer, "find_match", same_size)


@pytest.mark.parametrize(
    ("breakage", "scenario", "noticed"),
    [
        (_no_decision, "equal publishers", "visible without a decision"),
        (_visible_before_verified, "equal publishers", "visible without having been listed before"),
        (_remove_whatever_is_there, "another program modifies the asset", "the object of another program was removed"),
        (_taken_is_a_conflict, "equal publishers", "as a conflict|a conflict without a rival"),
        (_equal_size_is_equal, "another program modifies the asset", "damaged|without having been listed before"),
    ],
)
def test_a_broken_protocol_is_detected(breakage, scenario, noticed, monkeypatch):
    breakage(monkeypatch)
    with nothing_remembered(), pytest.raises(AssertionError, match=noticed):
        SCENARIOS[scenario].explore()


@settings(max_examples=80, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.sampled_from([*SCENARIOS.values(), Scenario((A, A, ABANDON)), Scenario((ANEW, A, B))]), st.data())
def test_a_directory_behaves_like_the_model(scenario, data):
    """The same actors and outsiders in an order of chance, with each step also made in a real directory bucket."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        directory = Asked(Path(folder))
        actors = [model.beginner(role) for role in scenario.roles]
        state = State(frozenset(), tuple(actors), left=frozenset(scenario.outsiders))
        while able := [actor for actor in state.actors if actor.question]:
            before = state
            if (event := data.draw(st.sampled_from([*[""] * 10, *scenario.outsiders]))) in state.left:
                state = directory.apply_event(event, state)
                model.assert_invariants(before, None, state)
                continue
            actor = data.draw(st.sampled_from(able))
            if not (answers := list(model.answers(actor, state, Chances()))):
                continue
            ((answer, bucket, clock),) = answers
            assert directory.ask(answer, *actor.question) == _comparable(*actor.question, answer=answer)
            others = list(state.actors)
            others[others.index(actor)] = model.with_clock(actor.answered(answer), clock)
            state = State(bucket, tuple(others), clock=clock, left=state.left)
            model.assert_invariants(before, actor, state)
            if data.draw(st.integers(0, 30)) == 0:
                state = state._replace(actors=state.actors[1:])  # one of them dies
        assert directory.objects() == {key: content for key, content, _ in state.bucket}


class Asked:
    """A directory bucket that is asked what the model is asked."""

    def __init__(self, folder: Path) -> None:
        self._store = DirectoryStore(folder)
        self._seen: dict[tuple[str, str | None], StoredObject] = {}

    def ask(self, answer, kind, *arguments):
        """Its answer to a question to which ``answer`` is the model's."""
        # A real writer or remover has a lock for the whole time; here other actors come between.
        self._store._tags.load(NAME)
        if kind == "put":
            key, content, tag = arguments
            body = Body.of_bytes(content)
            stored = self._store.create(key, body) if tag is None else self._store.upload(key, body, tag)
            return stored is not None
        if kind == "remove":
            # Of what the actor saw, which may be another object by now.
            return self._store.remove(self._seen[arguments[0].key, arguments[0].version])
        if kind == "open":
            with self._store.open(*arguments) as stream:
                return stream.read()
        if kind == "wait":
            return None
        found = getattr(self._store, kind)(*arguments)
        if kind == "head" and found is not None:
            assert answer is not None and found.tag == answer.tag
            self._seen[answer.key, answer.version] = found
        return _comparable(kind, *arguments, answer=found)

    def apply_event(self, event, state):
        """What another program does, in both."""
        store = ModelStore(state.bucket)
        if OUTSIDERS[event](store):
            for key, content in store.objects.items():
                path = self._store.root / key
                if not path.exists() or path.read_bytes() != content:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.unlink(missing_ok=True)
                    path.write_bytes(content)
        return state._replace(bucket=store.frozen(), left=state.left - {event})

    def objects(self):
        """Everything in it."""
        held = {}
        for item in self._store.scan(""):
            with self._store.open(item.key) as stream:
                held[item.key] = stream.read()
        return held


def _comparable(kind, *arguments, answer):
    """What a directory and the model must agree in: order and versions are their own."""
    if kind == "scan":
        limited = arguments[1] is not None
        return bool(list(answer)) if limited else sorted((item.key, item.size) for item in answer)
    if kind == "put":
        return answer is not None
    if kind == "head":
        return answer and (answer.key, answer.size, answer.crc64nvme)
    return answer
