"""Everybody at once, in every order: the model holds, and notices a protocol that is broken."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aind_lint.bucket.directory import DirectoryStore
from aind_lint.bucket.store import Body
from aind_lint.publication import protocol, transfer
from tests.publish import model
from tests.publish.model import DD, NAME, Chances, ModelStore, Role, State, ends_of, explore, run_alone

# Of these contents "a" has another sidecar than "A" and equal data; "B" has other data.
A, ANEW, B = Role("publish", "A"), Role("supersede", "a"), Role("publish", "B")
ABANDON = Role("abandon")


_ALL_IS_WELL = Chances()


@dataclass(frozen=True)
class Scenario:
    roles: tuple[Role, ...]
    chances: Chances = _ALL_IS_WELL
    outsiders: tuple[str, ...] = ()


SCENARIOS = {
    "equal publishers": Scenario((A, A)),
    "different publishers, lost replies": Scenario((A, B), Chances(lost_replies=True)),
    "one repairs what the other sends": Scenario((A, ANEW)),
    "abandoned while writes are under way": Scenario((A, ABANDON), Chances(late_writes=True)),
    "abandoned twice": Scenario((A, ABANDON, ABANDON)),
    "superseded or abandoned": Scenario((ANEW, ABANDON), Chances(late_writes=True)),
    "another program meddles": Scenario((A, ABANDON), Chances(late_writes=True), ("takes a key", "overwrites a key")),
    "the indexer comes": Scenario((A, A), Chances(), ("indexes",)),
    "the indexer comes to a dead one's commit": Scenario((A, ANEW), Chances(late_writes=True), ("indexes",)),
}


@cache
def explored(name: str) -> set[State]:
    scenario = SCENARIOS[name]
    return explore(scenario.roles, scenario.chances, scenario.outsiders)


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_order_keeps_the_invariants(name):
    assert len(explored(name)) > 100


@pytest.mark.parametrize("name", [name for name, scenario in SCENARIOS.items() if not scenario.outsiders])
def test_wherever_everybody_dies_somebody_reaches_a_commit(name):
    for bucket in {state.bucket for state in explored(name) if not state.late}:
        objects = {key: content for key, content, _ in bucket}
        committed = [end["content_id"] for end in ends_of(objects).values() if end["outcome"] == "commit"]
        ends = {}
        for role in (A, ANEW, B):
            code, after = run_alone(role, bucket)
            if code == 5 and not committed:  # somebody else has begun: that is abandoned, and then there is room
                run_alone(ABANDON, after)
                code, after = run_alone(role, run_alone(ABANDON, after)[1])
            ends[role] = code
            assert code != 0 or DD in {key for key, _, _ in after}
        if committed:
            assert [role.plan.manifest.content_id for role, code in ends.items() if code == 0] == committed
        else:
            assert set(ends.values()) == {0}, ends


def _no_decision(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(protocol._Publication, "_decide", lambda publication: None)


def _visible_before_verified(patch: pytest.MonkeyPatch) -> None:
    verify = protocol._Publication._verify
    patch.setattr(protocol._Publication, "_verify", lambda self, committed=False: committed and verify(self, True))


def _remove_whatever_is_there(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ModelStore, "remove", lambda store, stored: store.objects.pop(stored.key, None) is not None)


def _taken_is_a_conflict(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(transfer, "matches", lambda store, key, entry: False)


def _equal_size_is_equal(patch: pytest.MonkeyPatch) -> None:
    def same_size(store, key, entry):
        there = store.head(key)
        return there is not None and there.size == entry.size

    patch.setattr(transfer, "matches", same_size)


@pytest.mark.parametrize(
    ("breakage", "scenario", "noticed"),
    [
        (_no_decision, "equal publishers", "visible without a decision"),
        (_visible_before_verified, "equal publishers", "visible without having been listed before"),
        (_remove_whatever_is_there, "another program meddles", "the object of another program was removed"),
        (_taken_is_a_conflict, "equal publishers", "as a conflict|a conflict with nobody"),
        (_equal_size_is_equal, "another program meddles", "damaged"),
    ],
)
def test_a_broken_protocol_is_noticed(breakage, scenario, noticed, monkeypatch):
    breakage(monkeypatch)
    broken = SCENARIOS[scenario]
    with pytest.raises(AssertionError, match=noticed):
        explore(broken.roles, broken.chances, broken.outsiders)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([(A, A), (A, B), (A, ANEW), (A, ABANDON), (A, A, ABANDON), (ANEW, A, B)]), st.data())
def test_a_directory_answers_as_the_model_does(roles, data):
    """The same actors in an order of chance, with each request also made of a real directory bucket."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        directory = DirectoryStore(Path(folder))
        actors = [model.told_the_time(model.Actor(role, patch), 0.0) for role in roles]
        state = State(frozenset(), tuple(actors))
        while able := [actor for actor in state.actors if actor.question]:
            actor = data.draw(st.sampled_from(able))
            before = state
            if not (answers := list(model.answers(actor, state, Chances()))):
                continue
            ((answer, bucket, clock),) = answers
            assert _ask(directory, *actor.question) == _comparable(*actor.question, answer=answer)
            others = list(state.actors)
            others[others.index(actor)] = model.told_the_time(actor.answered(answer), clock)
            state = State(bucket, tuple(others), clock=clock)
            model.assert_invariants(before, actor, state)
            if data.draw(st.integers(0, 30)) == 0:
                state = State(state.bucket, state.actors[1:], clock=state.clock)  # one of them dies
        held = {}
        for item in directory.scan(""):
            with directory.open(item.key) as stream:
                held[item.key] = stream.read()
        assert held == {key: content for key, content, _ in state.bucket}


def _ask(directory: DirectoryStore, kind, *arguments):
    if kind == "put":
        key, content, tag = arguments
        body = Body.of_bytes(content)
        return directory.create(key, body) if tag is None else directory.upload(key, body, tag)
    if kind == "remove":
        # Whoever really writes or removes holds a lock from first to last; here the others come between.
        directory._marks.load(NAME)
        found = directory.head(arguments[0].key)
        assert found is None or found.tag == arguments[0].tag
        return found is not None and directory.remove(found)
    if kind == "open":
        with directory.open(*arguments) as stream:
            return stream.read()
    if kind == "wait":
        return None
    return _comparable(kind, *arguments, answer=getattr(directory, kind)(*arguments))


def _comparable(kind, *arguments, answer):
    """What a directory and the model must agree in: order and versions are their own."""
    if kind == "scan":
        limited = arguments[1] is not None
        return bool(list(answer)) if limited else sorted((item.key, item.size) for item in answer)
    if kind == "head":
        return answer and (answer.key, answer.size, answer.crc64nvme)
    return answer
