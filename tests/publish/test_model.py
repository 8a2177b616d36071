"""A model of several publishers at once: every interleaving of their calls, every crash, every lost reply.

A publisher is a function of the answers it got so far: it is run again from the start on recorded answers until it asks
something new. So a state is the bucket and the answers of each, and equal states are visited once. A crash is a
publisher that is not scheduled any more, and its restart is another publisher of the same content.
"""

from __future__ import annotations

from contextlib import nullcontext
from functools import cache

import pytest

from aind_lint.asset.asset import Asset
from aind_lint.bucket.control import Claim, decode_end
from aind_lint.bucket.memory import MemoryStore
from aind_lint.bucket.store import Body
from aind_lint.errors import ConflictError
from aind_lint.examples.tree import Tree
from aind_lint.publication.plan import plan_publication
from aind_lint.publication.protocol import Manner, commit_plan

NAME = "123456_2022-12-12_05-06-07"
CONTROL, DD = f"{NAME}/.aind-lint/", f"{NAME}/data_description.json"


class _Asked(BaseException):
    """A publisher asks the bucket something that has no recorded answer yet."""


class _Recorded:
    """A store that gives recorded answers, then stops the publisher."""

    url = "memory"

    def __init__(self, answers):
        self._answers = iter(answers)

    def _ask(self, *question):
        for answer in self._answers:
            return answer
        raise _Asked(*question)

    def scan(self, prefix, limit=None):
        return iter(self._ask("scan", prefix, limit))

    def head(self, key):
        return self._ask("head", key)

    def open(self, key):
        return Body.of_bytes(self._ask("open", key)).open()

    def create(self, key, body):
        with body.open() as stream:
            return self._ask("create", key, stream.read())

    def upload(self, key, body, tag):
        return self.create(key, body)

    def writing(self, asset):
        return nullcontext()


@cache
def plan_of(content):
    files = {"a.bin": content.encode(), "data_description.json": b"{}"}
    return plan_publication(Asset(Tree(NAME, files).listing()))


class _Publisher:
    """One point in the life of a publisher: what it was answered, and what it asks next or the code it ends with."""

    def __init__(self, content, answers=()):
        self.content, self.answers, self.plan = content, answers, plan_of(content)
        self.question, self.code = None, 0
        self._next = {}
        claim = Claim(self.plan.manifest.content_id, "0" * 32, "2026-01-01T00:00:00+00:00", "test")
        try:
            commit_plan(self.plan, _Recorded(answers), claim, lambda: self.plan.asset.listing.files, Manner(jobs=1))
        except _Asked as asked:
            self.question, self.code = asked.args, None
        except ConflictError as error:
            self.code = error.exit_code

    def answered(self, answer):
        """The same object for the same answer, so that states compare by identity."""
        if answer not in self._next:
            self._next[answer] = _Publisher(self.content, (*self.answers, answer))
        return self._next[answer]


def answers_to(question, bucket, replies_are_lost):
    """Each possible answer with the bucket after it."""
    store = MemoryStore()
    store.objects = dict(bucket)
    kind, *arguments = question
    if kind == "create":
        created = store.create(arguments[0], Body.of_bytes(arguments[1]))
        after = frozenset(store.objects.items())
        yield created, after
        if created and replies_are_lost:  # the client tried again and met its own object
            yield False, after
    elif kind == "open":
        yield store.objects[arguments[0]], bucket
    else:
        answer = getattr(store, kind)(*arguments)
        yield tuple(answer) if kind == "scan" else answer, bucket


def committed_plan(objects):
    end = decode_end(objects[f"{CONTROL}end-1.json"])
    return next(plan for plan in map(plan_of, "AB") if plan.manifest.content_id == end.content_id)


def assert_invariants(before, after, publishers):
    objects = dict(after)
    assert before <= after, "something was replaced or removed"
    assert DD not in dict(before) or before == after, "something was added after the commit"
    if DD in objects:
        plan = committed_plan(objects)
        data = {key: content for key, content in objects.items() if not key.startswith(CONTROL)}
        assert data == {f"{NAME}/{entry.key}": plan.body(entry).open().read() for entry in plan.manifest}
    for publisher in publishers:
        if publisher.code == 0:
            assert DD in objects and committed_plan(objects) is publisher.plan
        if publisher.code == 5 and f"{CONTROL}end-1.json" in objects:
            assert committed_plan(objects) is not publisher.plan, "its own commit was reported as a conflict"


def run_alone(publisher, bucket):
    """The code with which a publisher ends, and the bucket after it."""
    while publisher.question:
        answer, bucket = next(answers_to(publisher.question, bucket, False))
        publisher = publisher.answered(answer)
    return publisher.code, bucket


@pytest.mark.parametrize(("contents", "replies_are_lost"), [("AA", True), ("AB", True), ("AAB", False)])
def test_every_interleaving_keeps_the_invariants(contents, replies_are_lost):
    fresh = {content: _Publisher(content) for content in "AB"}
    pending = [(frozenset(), tuple(fresh[content] for content in contents))]
    seen = set(pending)
    while pending:
        bucket, publishers = pending.pop()
        for n, publisher in enumerate(publishers):
            for answer, after in answers_to(publisher.question, bucket, replies_are_lost) if publisher.question else ():
                moved = [*publishers[:n], publisher.answered(answer), *publishers[n + 1 :]]
                state = after, tuple(sorted(moved, key=id))
                if state not in seen:
                    assert_invariants(bucket, after, moved)
                    seen.add(state)
                    pending.append(state)
    for bucket in {bucket for bucket, _ in seen}:  # wherever all of them crashed, running again reaches a commit
        ends = [run_alone(fresh[content], bucket) for content in "AB"]
        assert sorted(code for code, _ in ends) == ([0, 5] if bucket else [0, 0])
        assert all(DD in dict(after) for code, after in ends if code == 0)
