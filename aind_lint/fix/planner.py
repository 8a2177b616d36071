"""Planning a fix: fixers are asked again until they find nothing more, and nothing is changed on disk."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Literal

from aind_lint.asset.asset import Asset
from aind_lint.asset.listing.listing import Listing
from aind_lint.engine.rules.rule_loader import LoadedRule
from aind_lint.errors import UnreadableError, os_error_reason
from aind_lint.finding import Finding
from aind_lint.fix.draft import Draft, EditedFile, KeyMapping, Move
from aind_lint.fix.encodings import DecodedFile
from aind_lint.fix.fixer import Fix, RenameAsset
from aind_lint.fix.plan import FixPlan, Operation, folder_digest
from aind_lint.fix.proposal import propose

#: Rounds after which planning stops. A file with every fault at once takes seven.
_MAX_ROUNDS = 50
#: Bytes of the largest file that is hashed before it is renamed or moved; of a larger one the size is compared.
_MAX_HASHED = 2**26


@dataclass
class PlannedFix:
    """A plan, and what is needed to show it and to carry it out.

    Attributes:
        plan: The plan.
        edited: The files with edits, by their key on disk.
        encodings: The files that are encoded as UTF-8, by their key on disk.
        notes: What is not fixed although the user asked for it.
    """

    plan: FixPlan
    edited: dict[str, EditedFile]
    encodings: dict[str, DecodedFile]
    notes: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to change."""
        return not self.plan.operations and self.plan.new_name is None

    def new_key(self, key: str | None) -> str | None:
        """The key of a file at the root after the fix; None if it keeps its key."""
        return next((one.to for one in reversed(self.plan.operations) if one.to and one.origin == key), None)


def plan_fix(
    asset: Asset,
    rules: Sequence[LoadedRule],
    find: Callable[[Asset], Sequence[Finding]],
    encoding: str | None = None,
    sidecar: str | None = None,
) -> PlannedFix:
    """Plan the fix of an asset.

    Args:
        asset: The asset.
        rules: The rules that may be fixed.
        find: Returns what these rules find in an asset.
        encoding: The encoding that the user names for sidecars whose encoding nothing proves.
        sidecar: The only file that is fixed; None for the whole asset.

    Raises:
        UnreadableError: A file cannot be read.
    """
    draft = Draft(asset)
    notes: list[str] = []
    for _ in range(_MAX_ROUNDS):
        proposed = propose(draft.asset, rules, find(draft.asset), encoding, notes.append)
        fixes = list(_independent(proposed if sidecar is None else _concerning(proposed, draft.present_key(sidecar))))
        if not fixes:
            break
        draft.apply(fixes)
    try:
        operations = tuple(_operations(draft, asset.listing))
    except OSError as error:
        raise UnreadableError(f"cannot read a file of {asset.listing.address}: {os_error_reason(error)}") from None
    created = datetime.now(timezone.utc).isoformat(timespec="seconds")
    plan = FixPlan(asset.listing.name, draft.new_name, created, operations, tuple(draft.rules.get("", ())))
    edited = {file.origin: file for file in draft.edited.values()}
    return PlannedFix(plan, edited, draft.encodings, list(dict.fromkeys(notes)))


def _independent(fixes: Iterator[tuple[str, Fix]]) -> Iterator[tuple[str, Fix]]:
    """The fixes that do not change what an earlier one of them changes; the others wait for the next round."""
    taken: set[str] = set()
    for rule, fix in fixes:
        keys = {"" if isinstance(change, RenameAsset) else change.key for change in fix.changes}
        if taken.isdisjoint(keys):
            taken |= keys
            yield rule, fix


def _concerning(fixes: Iterator[tuple[str, Fix]], key: str) -> Iterator[tuple[str, Fix]]:
    """The fixes that change one file and nothing else."""
    for rule, fix in fixes:
        if all(not isinstance(change, RenameAsset) and change.key == key for change in fix.changes):
            yield rule, fix


def _operations(draft: Draft, listing: Listing) -> Iterator[Operation]:
    """The changes on disk: moves and renames in order, then edits."""
    used: set[str] = set()
    renames = [(number, KeyMapping({move.key: move.to})) for number, move in enumerate(draft.moves) if move.to]
    for number, move in enumerate(draft.moves):
        later = [mapping for other, mapping in renames if other > number]
        yield _move_operation(move, later, listing, used)
    for number, (key, file) in enumerate(draft.edited.items(), 1):
        before, after = (hashlib.sha256(content).hexdigest() for content in (file.before, file.after))
        rules = tuple(draft.rules.get(file.origin, ()))
        kept, new = f"old/{number}/{key}", f"new/{number}/{key}"
        size = len(file.before)
        yield Operation("edit", rules, file.origin, key, key, kept=kept, new=new, size=size, before=before, after=after)


def _move_operation(move: Move, later: Sequence[KeyMapping], listing: Listing, used: set[str]) -> Operation:
    final = move.to or move.key
    for mapping in later:
        final = mapping.new_key(final) or final
    files, size, digest = _measure(listing, move.origin, is_moved=move.to is None)
    through = kept = None
    if move.to is None:
        kept = f"moved/{move.origin}" if move.origin not in used else f"moved-{len(used)}/{move.origin}"
        used.add(move.origin)
    elif move.to.casefold() == move.key.casefold():
        through = f"{move.key.rpartition('/')[0]}/.aind-lint-fix-{uuid.uuid4().hex}".lstrip("/")
    action: Literal["move", "rename"] = "rename" if kept is None else "move"
    return Operation(
        action, (move.rule,), move.origin, move.key, final, move.to, through, kept, None, files, size, digest, digest
    )


def _measure(listing: Listing, key: str, is_moved: bool) -> tuple[int, int, str | None]:
    """The number of files, their size, and a digest of a file or of a folder that is moved."""
    if key in listing.files:
        size = listing.files[key].size
        if size > _MAX_HASHED:
            return 1, size, None
        with listing.open(key) as stream:
            return 1, size, hashlib.sha256(stream.read()).hexdigest()
    inner = [(inner, listing.files[inner].size) for inner in listing.key_index.keys_below(key)] if is_moved else []
    return len(inner) or 1, sum(size for _, size in inner), folder_digest(inner, key) if is_moved else None
