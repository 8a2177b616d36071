"""From a path to the assets: what is one, what is a parent of some, and what is passed over."""

from __future__ import annotations

import os
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from aind_lint.asset.discovery import SIDECAR_PATH, DiscoveredPaths, discover, find_owning_assets
from aind_lint.asset.folder_entries import folder_names
from aind_lint.asset.listing import entry_kind
from aind_lint.errors import NoAssetError, UsageError
from aind_lint.sidecar.kinds import SIDECARS
from tests.links import make_link

RAW = "ecephys_123456_2022-12-12_05-06-07"
OTHER = "654321_2023-01-02_03-04-05"

#: What repositories keep without any asset.
KEPT = ("procedures.json", "rig.json", "instrument.json")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    root = tmp_path / "root"
    root.mkdir()
    monkeypatch.chdir(root)
    return root


def make(*places: str) -> None:
    """Files, and folders where the place ends in a slash."""
    for place in places:
        path = Path(place)
        if place.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("{}")


def link(place: str | Path, target: str | Path) -> None:
    make_link(Path(place), target)


def found(path: str) -> list[str]:
    return [asset.as_posix() for asset in discover(Path(path)).assets]


def owners(*changed: str) -> tuple[list[str], list[str]]:
    targets = find_owning_assets(Path(path) for path in changed)
    return [path.as_posix() for path in targets.assets], [path.as_posix() for path in targets.sidecars]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(f"{RAW}/x.bin", id="a name that parses"),
        pytest.param("mouse 2022-12-12/x.bin", id="a date in the name"),
        pytest.param("mouse_20221212/x.bin", id="a date without hyphens"),
        pytest.param("whatever/behavior-videos/x.bin", id="a folder of a modality"),
        *[pytest.param(f"whatever/{sidecar}", id=sidecar) for sidecar in SIDECARS if sidecar not in KEPT],
        *[pytest.param(f"mouse 2022-12-12/{sidecar}", id=f"{sidecar} under a date") for sidecar in KEPT],
    ],
)
def test_a_folder_is_an_asset_by_its_name_or_a_sidecar_at_its_root(content):
    make(content, "plain/x.bin")
    folder = content.split("/")[0]
    assert found(folder) == [folder]
    targets = discover(Path())
    assert ([path.name for path in targets.assets], targets.ignored) == ([folder], 1)


def test_the_current_folder_can_be_the_asset(monkeypatch):
    make(f"{RAW}/ecephys/x.bin")
    monkeypatch.chdir(RAW)
    assert found(".") == ["."]
    monkeypatch.chdir("ecephys")
    assert found("..") == [".."]


def test_assets_are_found_in_nested_parents_in_the_order_of_their_paths():
    make(f"lab/mice/{RAW}/subject.json", f"lab/{OTHER}/subject.json", "a/b/c/any/data_description.json")
    assert found(".") == ["a/b/c/any", f"lab/{OTHER}", f"lab/mice/{RAW}"]


def test_no_asset_is_looked_for_inside_an_asset():
    make(f"parent/{RAW}/inner/{OTHER}/data_description.json")
    assert found("parent") == [f"parent/{RAW}"]


def test_folders_that_are_not_assets_are_counted_once_each():
    make(f"{RAW}/x", "docs/deep/deeper/x", "empty/", "parent/plain/x", f"parent/{OTHER}/x")
    targets = discover(Path())
    assert [path.name for path in targets.assets] == [RAW, OTHER]
    assert targets.ignored == 5  # docs, deep, deeper, empty and plain


@pytest.mark.parametrize("parent", ["2022-12-12", "20221212_session", "mice 2022-12-12"])
@pytest.mark.parametrize("between", ["", "mouse_7/"])
def test_a_folder_of_a_day_that_contains_assets_is_their_parent(parent, between):
    make(f"{parent}/{between}{RAW}/subject.json")
    assert found(".") == [f"{parent}/{between}{RAW}"]
    assert found(parent) == [f"{parent}/{between}{RAW}"]


def test_a_project_sorted_by_modality_is_the_parent_of_its_assets():
    make(f"project/behavior/{RAW}/subject.json", f"project/ecephys/{OTHER}/subject.json")
    assert found(".") == [f"project/behavior/{RAW}", f"project/ecephys/{OTHER}"]


def test_a_recording_named_after_its_session_does_not_make_a_parent_of_an_asset():
    make(f"wrong name 2022-12-12/ecephys/{RAW}/continuous.dat", f"wrong/ecephys/{RAW}/continuous.dat")
    assert found(".") == ["wrong", "wrong name 2022-12-12"]


@pytest.mark.parametrize("name", ["instrument_447.json", "rig.json", "notes.JSON"])
def test_a_json_file_is_checked_by_itself(name):
    make(f"rigs/{name}")
    targets = discover(Path(f"rigs/{name}"))
    assert (targets.assets, targets.sidecars) == ([], [Path(f"rigs/{name}")])


def test_another_file_is_neither_asset_nor_sidecar():
    make("notes.txt")
    with pytest.raises(NoAssetError, match=r"notes.txt is not the folder of an asset, a sidecar"):
        discover(Path("notes.txt"))


@pytest.mark.parametrize("folder", ["empty", RAW])
def test_an_empty_folder_is_reported_as_empty(folder):
    make(f"{folder}/")
    with pytest.raises(NoAssetError, match=f"{folder} is empty"):
        discover(Path(folder))


def test_a_parent_without_assets_is_reported():
    make("plain/more/x.bin")
    with pytest.raises(NoAssetError, match="plain contains no asset"):
        discover(Path("plain"))


def test_a_path_that_is_not_there_is_a_usage_error():
    with pytest.raises(UsageError, match="missing does not exist"):
        discover(Path("missing"))


def test_a_path_too_long_for_the_system_is_a_usage_error():
    with pytest.raises(UsageError, match="aaa"):
        discover(Path("a" * 5000))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_reported_as_missing():
    os.mkfifo("pipe.json")
    with pytest.raises(UsageError, match=r"pipe\.json is neither a file nor a folder"):
        discover(Path("pipe.json"))


@pytest.mark.parametrize("target", ["nowhere", "self"])
def test_a_broken_link_is_reported_as_such(target):
    link("self", target)
    with pytest.raises(UsageError, match="self is a broken link"):
        discover(Path("self"))


def test_a_folder_that_cannot_be_read_is_a_usage_error(monkeypatch):
    make("parent/closed/x", f"parent/{RAW}/x")

    def refuse(real):
        def call(path):
            if Path(path).name == "closed":
                raise PermissionError(13, "Permission denied")
            return real(path)

        return call

    monkeypatch.setattr(os, "listdir", refuse(os.listdir))
    monkeypatch.setattr(os, "scandir", refuse(os.scandir))
    with pytest.raises(UsageError, match=r"cannot read the folder parent[/\\]closed: permission denied"):
        discover(Path("parent"))


@pytest.mark.parametrize("folder", [".git", ".venv", "node_modules", "__pycache__", "venv", "site-packages"])
def test_hidden_folders_and_folders_of_tools_are_not_searched(folder):
    make(f"{folder}/{RAW}/subject.json", f"{OTHER}/subject.json")
    targets = discover(Path())
    assert (targets.assets, targets.ignored) == ([Path(OTHER)], 0)


def test_links_are_not_followed_in_the_search(tmp_path):
    make(f"{RAW}/subject.json", "parent/deep/")
    link("parent/loop", Path.cwd())
    link("parent/deep/up", "..")
    (tmp_path / OTHER).mkdir()
    link("outside", tmp_path)
    assert found(".") == [RAW]


def test_a_link_named_by_the_user_is_followed(tmp_path):
    make(f"{RAW}/subject.json")
    link(tmp_path / "assets", Path.cwd())
    assert discover(tmp_path / "assets").assets == [tmp_path / "assets" / RAW]


def test_a_junction_of_windows_is_no_folder_to_search(monkeypatch):
    def entry(name, attributes, tag=0):
        return SimpleNamespace(
            name=name,
            is_dir=lambda follow_symlinks: True,
            stat=lambda follow_symlinks: SimpleNamespace(
                st_mode=0o40777, st_file_attributes=attributes, st_reparse_tag=tag
            ),
        )

    class Scan(list):
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

    monkeypatch.setattr(entry_kind, "_WINDOWS", True)
    entries = [entry("folder", 0x10), entry("junction", 0x410, 0xA0000003), entry("OneDrive", 0x410, 0x9000001A)]
    monkeypatch.setattr(os, "scandir", lambda _: Scan(entries))
    assert folder_names(Path("x")) == ["folder", "OneDrive"]


def test_several_paths_to_one_asset_are_one_target():
    targets = DiscoveredPaths([Path(RAW)], [Path("rig.json")], ignored=1)
    targets.add(DiscoveredPaths([Path(RAW), Path(OTHER)], [Path("rig.json")], ignored=2))
    assert (targets.assets, targets.sidecars, targets.ignored) == ([Path(RAW), Path(OTHER)], [Path("rig.json")], 3)


@pytest.mark.parametrize(
    "changed",
    [
        f"data/{RAW}/subject.json",
        f"data/{RAW}/deleted.json",
        f"data/{RAW}/ecephys/gone/continuous.dat",
        f"data/{RAW}/derivatives/{OTHER}/data_description.json",
    ],
    ids=["changed", "deleted", "deleted with its folder", "inside an asset inside an asset"],
)
def test_a_changed_file_belongs_to_the_outermost_asset_around_it(changed):
    make(f"data/{RAW}/subject.json", f"data/{RAW}/derivatives/{OTHER}/data_description.json")
    assert owners(changed) == ([f"data/{RAW}"], [])


def test_a_changed_file_named_from_the_root_of_the_disk_has_the_same_owner():
    make(f"data/{RAW}/subject.json")
    asset = Path.cwd() / "data" / RAW
    assert find_owning_assets([asset / "subject.json"]).assets == [asset]


def test_many_changed_files_of_one_asset_are_one_target_in_the_order_of_paths():
    make(f"b/{RAW}/subject.json", f"a/{OTHER}/rig.json")
    assert owners(f"b/{RAW}/subject.json", f"b/{RAW}/x", f"a/{OTHER}/rig.json") == ([f"a/{OTHER}", f"b/{RAW}"], [])


def test_a_wrongly_named_asset_owns_its_files_by_its_date_or_data_description():
    make("mouse 2022-12-12/subject.json", "plain/data_description.json", "plain/deep/x.csv")
    assert owners("mouse 2022-12-12/subject.json", "plain/deep/x.csv") == (["mouse 2022-12-12", "plain"], [])


def test_a_folder_of_a_day_does_not_own_the_files_of_its_assets():
    make(f"2022-12-12/{RAW}/subject.json")
    assert owners(f"2022-12-12/{RAW}/subject.json") == ([f"2022-12-12/{RAW}"], [])


@pytest.mark.parametrize("changed", ["subject.json", "ecephys/deleted.dat"])
def test_a_repository_that_is_one_asset_owns_its_files(monkeypatch, changed):
    make(f"{RAW}/subject.json")
    monkeypatch.chdir(RAW)
    assert owners(changed) == (["."], [])


def test_a_sidecar_in_a_repository_without_assets_is_checked_by_itself():
    make("instruments/instrument.json", "rigs/rig.json", "rigs/rig_447.json", "package.json", "rigs/subject_7.json")
    changed = ["instruments/instrument.json", "rigs/rig.json", "rigs/rig_447.json", "package.json", "subject_7.json"]
    assert owners(*changed) == ([], ["instruments/instrument.json", "rigs/rig.json", "rigs/rig_447.json"])


def test_a_repository_of_rigs_and_procedures_contains_no_asset():
    kept = ["instruments/a/instrument_a.json", "procedures.json", "rigs/447/rig.json", "rigs/rig.json"]
    make(".git/", *kept, "package.json", "docs/x.md", "rigs/empty/")
    targets = discover(Path())
    assert sorted(path.as_posix() for path in targets.sidecars) == kept
    assert (targets.assets, targets.ignored) == ([], 2)  # docs and rigs/empty


def test_standalone_sidecars_next_to_assets_are_checked():
    make("rigs/rig.json", f"assets/{RAW}/rig.json")
    targets = discover(Path())
    assert (targets.assets, targets.sidecars) == ([Path(f"assets/{RAW}")], [Path("rigs/rig.json")])


@pytest.mark.parametrize("other", ["subject.json", "data_description.json", "ecephys/x.bin"])
def test_a_standalone_sidecar_next_to_others_or_data_makes_an_asset(other):
    make("whatever/rig.json", f"whatever/{other}")
    assert found(".") == ["whatever"]


@pytest.mark.parametrize("kept", KEPT)
def test_a_folder_given_by_the_user_is_an_asset_even_with_standalone_sidecars_only(kept):
    make(f"whatever/{kept}")
    assert found("whatever") == ["whatever"]


@pytest.mark.parametrize("name", [*SIDECARS, "instrument_447.json", "rig_447.json", "acquisition_2.json"])
def test_the_pattern_of_changed_files_matches_every_sidecar(name):
    for path in (name, f"my assets/{RAW}/{name}", name.upper()):
        assert re.search(SIDECAR_PATH, path)
    for path in (f"x{name}", f"{name}.bak", f"{name}/x", name.replace(".", "-")):
        assert not re.search(SIDECAR_PATH, path)


def test_a_deleted_sidecar_outside_any_asset_is_ignored():
    assert owners("rigs/rig.json", "README.md") == ([], [])


def test_many_changed_files_do_not_read_their_folders_again_and_again(monkeypatch):
    make(f"{RAW}/ecephys/x", "plain/more/x")
    calls = []
    real = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: calls.append(path) or real(path))
    monkeypatch.setattr(os, "listdir", lambda path: calls.append(path) or [])
    owners(*(f"{RAW}/ecephys/{i}" for i in range(1000)), *(f"plain/more/{i}" for i in range(1000)))
    assert len(calls) <= 4


def test_a_json_file_of_another_program_is_no_sidecar():
    Path("watch.json").write_text('{"flag_dir": "C:/manifests"}')
    with pytest.raises(NoAssetError, match=r"watch.json is neither a sidecar nor a job request"):
        discover(Path("watch.json"))
