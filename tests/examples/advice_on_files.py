"""Steps of fixes that rename, move, remove, replace or write files and folders."""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import datetime

from aind_lint.asset.naming.grammar import parse_name
from aind_lint.examples.bases import base_tree
from aind_lint.examples.tree import Tree, dump_json
from aind_lint.finding import Finding
from tests.examples.situation import NotFollowableError, Situation

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[_T][0-9]{2}[-:]?[0-9]{2}[-:]?[0-9]{2}")
_CHARACTERS = re.compile(r"[\x00-\x1f\x7f\\<>:\"|?*{}^%\[\]~` #]+")


def _shown(situation: Situation, finding: Finding) -> str:
    """The file or folder that the finding shows."""
    key = finding.location.file
    tree = situation.tree
    if key is None or not [one for one in _all_keys(tree) if one == key or one.startswith(f"{key}/")]:
        raise NotFollowableError(f"{key} is not there")
    return key


def _all_keys(tree: Tree) -> list[str]:
    return [*tree.files, *tree.links, *tree.special_files, *tree.empty_folders, *tree.hard_links]


def _move(tree: Tree, old: str, new: str) -> None:
    if not [key for key in _all_keys(tree) if key == old or key.startswith(f"{old}/")]:
        raise NotFollowableError(f"{old} is not there")

    def moved(key: str) -> str:
        return new + key[len(old) :] if key == old or key.startswith(f"{old}/") else key

    after = {moved(key): content for key, content in tree.files.items()}
    assert len(after) == len(tree.files), f"{new} is there already"
    tree.files = after
    tree.links = {moved(key): target for key, target in tree.links.items()}


def _remove(tree: Tree, old: str) -> None:
    def stays(key: str) -> bool:
        return key != old and not key.startswith(f"{old}/")

    before = len(_all_keys(tree))
    tree.files = {key: content for key, content in tree.files.items() if stays(key)}
    tree.links = {key: target for key, target in tree.links.items() if stays(key)}
    tree.hard_links = {key: target for key, target in tree.hard_links.items() if stays(key)}
    tree.special_files = [key for key in tree.special_files if stays(key)]
    tree.empty_folders = [key for key in tree.empty_folders if stays(key)]
    if len(_all_keys(tree)) == before:
        raise NotFollowableError(f"{old} is not there")


def rename_asset(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    situation.tree.name = match["name"]


def rename(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    _move(situation.tree, match["old"], match["new"])


def merge(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    _move(situation.tree, match["old"], match["new"])


def move_to_root(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    _move(situation.tree, match["old"], match["old"].rpartition("/")[2])


def move_out(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    if situation.tree.enclosing_asset == match["asset"]:
        situation.tree.enclosing_asset = None
    else:
        _remove(situation.tree, _shown(situation, finding))


def move_away(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    _remove(situation.tree, match["old"])


def move_shown_into(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    key = _shown(situation, finding)
    _move(situation.tree, key, f"{match['new']}/{key.rpartition('/')[2]}")


def remove_shown(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    _remove(situation.tree, _shown(situation, finding))


def remove(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    _remove(situation.tree, match["old"])


def remove_beside(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    if match["other"] not in situation.tree.files:
        raise NotFollowableError(f"{match['other']} is not there")
    _remove(situation.tree, match["old"])


def remove_all_but(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    for key in [key for key in situation.tree.files if key.startswith(f"{match['old']}/")]:
        if not key.startswith(f"{match['old']}/{match['kept']}/"):
            del situation.tree.files[key]


def rename_to_label(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    folders = {key.partition("/")[0] for key in situation.tree.files if "/" in key}
    if len(folders) != 1:
        raise NotFollowableError("several folders")
    _move(situation.tree, folders.pop(), str(parse_name(situation.tree.name).label))


def rename_to_register(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    key = _shown(situation, finding)
    _move(situation.tree, key, key.replace(f"_{finding.expected}", f"_{finding.found}"))


def move_hourly_videos(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    _shown(situation, finding)
    for key in list(situation.tree.files):
        if hourly := re.fullmatch(r"(behavior-videos/\w+_[0-9-]{10}T[0-9]{6})\.(\w+)", key):
            name = "metadata.csv" if hourly[2] == "csv" else f"video.{hourly[2]}"
            _move(situation.tree, key, f"{hourly[1]}/{name}")


def remove_background(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    for key in [key for key in situation.tree.files if key.rpartition("/")[2].startswith("background_")]:
        del situation.tree.files[key]


def rename_shown(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    key = _shown(situation, finding)
    stem, dot, ending = key.partition(".")
    _move(situation.tree, key, f"{stem}-2{dot}{ending}")


def clean_name(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    key = _shown(situation, finding)
    folder, slash, name = key.rpartition("/")
    instead = "" if "without" in match.group() else "-"
    _move(situation.tree, key, f"{folder}{slash}{_CHARACTERS.sub(instead, name.rstrip('. ')).rstrip('.')}")


def compose_name(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    key = _shown(situation, finding)
    _move(situation.tree, key, unicodedata.normalize("NFC", key))


def rewrite_time(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    """Write a date and time as file standards do, at the end of the name."""
    key = _shown(situation, finding)
    folder, _, name = key.rpartition("/")
    stem, dot, ending = name.partition(".")
    if (found := _TIME.search(stem)) is None:
        raise NotFollowableError("no time")
    day, time = found.group()[:10], re.sub(r"[^0-9]", "", found.group()[11:])
    rest = "fip" if "fip_" in match.group() else stem.replace(found.group(), "").strip("_-")
    _move(situation.tree, key, f"{folder}/{rest}_{day}T{time}{dot}{ending}")


def replace_link(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    key = _shown(situation, finding)
    target = f"{key.rpartition('/')[0]}/{situation.tree.links.pop(key)}"
    if target not in situation.tree.files:
        raise NotFollowableError(f"{target} is not there")
    situation.tree.files[key] = situation.tree.files[target]


def replace_sidecars(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    """Replace sidecars by those of the asset that the folder's name says, or of what the fix says."""
    owner = match.groupdict().get("owner") or ""
    right = _right_files(situation)
    names = [*right] if match["files"] == "all sidecars" else re.split(r", | and ", match["files"])
    for name in names:
        if name not in right:
            raise NotFollowableError(f"{name} is in no example")
        content = right[name]
        if device := re.match(r"(?:rig|instrument) (\S+?),?$", owner):
            key = f"{name.partition('.')[0]}_id"
            content = dump_json({**json.loads(content), key: device[1]})
        situation.tree.files[name] = content


def _right_files(situation: Situation) -> dict[str, bytes]:
    """The sidecars of the example's base, for the subject and the time in the name of the folder."""
    base = base_tree(situation.example.base)
    before = parse_name(base.name)
    name = parse_name(situation.tree.name)
    files = {}
    for key, content in base.files.items():
        if "/" not in key and key.endswith(".json"):
            assert isinstance(content, bytes)
            text = content.decode("utf-8")
            if before.subject_id and name.subject_id:
                text = text.replace(before.subject_id, name.subject_id)
            if before.acquired and name.acquired and before.acquired != name.acquired:
                text = _shifted(text, name.acquired - before.acquired) if "T" in text else text
                text = re.sub(r'"name": "[^"]*_[0-9-]{8,}_[0-9-]{6,}"', f'"name": "{name.text}"', text)
            files[key] = text.encode("utf-8")
    return files


def _shifted(text: str, difference: object) -> str:
    def later(match: re.Match[str]) -> str:
        return (datetime.fromisoformat(match.group()) + difference).isoformat()  # type: ignore[operator]

    return re.sub(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}", later, text)


def copy_from_source(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    key = _shown(situation, finding)
    if not situation.tree.siblings:
        raise NotFollowableError("no source asset")
    situation.tree.files[key] = situation.tree.siblings[0].files[key]


def _content(situation: Situation, finding: Finding) -> tuple[str, bytes]:
    key = _shown(situation, finding)
    content = situation.tree.files.get(key)
    if not isinstance(content, bytes):
        raise NotFollowableError(f"{key} has no text")
    return key, content


def write_as_utf8(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    key, content = _content(situation, finding)
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode("cp1252")
    situation.tree.files[key] = text.encode("utf-8")


def set_offset(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    content = situation.tree.files[match["file"]]
    assert isinstance(content, bytes)
    offset = match["offset"].encode()
    situation.tree.files[match["file"]] = re.sub(rb"(T[0-9:]{8})(?:Z|\+00:00)", rb"\g<1>" + offset, content)


def replace_nan(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    key, content = _content(situation, finding)
    situation.tree.files[key] = re.sub(rb"-?(?:NaN|Infinity)", b"null", content)


def unwrap(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    key, content = _content(situation, finding)
    entries = json.loads(content)
    if len(entries) != 1:
        raise NotFollowableError("several entries, or none")
    (only,) = entries
    situation.tree.files[key] = dump_json(only)
