"""Every mistake of a user is one clear line on standard error, with the documented exit code."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from botocore.httpsession import URLLib3Session

from aind_lint.engine.rules.rule_catalog import rule_files
from aind_lint.examples.bases import base_tree
from tests.cli.run_command import RAW_2X, portable, run_here
from tests.links import make_link

_ASSET = f"publish {RAW_2X} --yes --to"

#: Command line, exit code and a part of the message; the asset and the files of `_prepare` exist.
_MISTAKES: list[tuple[str, int, str]] = [
    ("check nowhere", 2, "nowhere does not exist"),
    ("check nowhere/deeper", 2, "nowhere/deeper does not exist"),
    *([("check dangling", 2, "dangling is a broken link")] if sys.platform != "win32" else []),
    ("check notes.txt", 3, "notes.txt is not the folder of an asset, a sidecar"),
    ("check empty", 3, "empty is empty"),
    ("check notes.txt --allow-empty", 3, "notes.txt is not the folder of an asset, a sidecar"),
    ("check missing --allow-empty", 2, "missing does not exist"),
    ("check holds-none", 3, "holds-none contains no asset: no folder has a date in its name"),
    (
        f"check {RAW_2X} --extend-rules wrong-key",
        2,
        "wrong-key/CON901-mine.yaml: sumary: unknown key; did you mean 'summary'?",
    ),
    (f"check {RAW_2X} --extend-rules not-yaml", 2, "not-yaml/CON902-mine.yaml:2:"),
    (f"check {RAW_2X} --extend-rules wrong-name", 2, "wrong-name/mine.yaml: a rule file is named <ID>-<name>.yaml"),
    (f"check {RAW_2X} --extend-rules empty", 2, "the rule folder empty contains no rule file"),
    (f"check {RAW_2X} --extend-rules nowhere", 2, "the rule folder nowhere does not exist"),
    ("check --formt json", 2, "no such option"),
    ("check --formt json", 2, "(see 'aind-lint check --help')"),
    ("check --fail-on fatal", 2, "invalid value for '--fail-on': 'fatal' is not one of 'error', 'warning', 'never'"),
    ("check --profile public", 2, "'public' is not one of"),
    ("check --format jsn", 2, "there is no format 'jsn'; did you mean 'json'?"),
    ("check --format xml", 2, "there is no format 'xml'; choose one of text, concise, json"),
    ("check --select CON999", 2, "no rule has the id, name or family 'CON999'"),
    ("chekc", 2, "there is no command 'chekc'; did you mean 'check'?"),
    ("frobnicate", 2, "there is no command 'frobnicate'; the commands are check, fix, new,"),
    ("explain", 2, "missing argument 'RULE'"),
    ("explain subject-mismach", 2, "there is no rule 'subject-mismach'; did you mean subject-mismatch?"),
    ("explain XYZ", 2, "there is no rule 'XYZ'; 'aind-lint rules' lists all rules"),
    ("name", 2, "missing argument 'NAME'"),
    ("publish", 2, "missing argument 'ASSET...'"),
    (f"publish {RAW_2X} --yes", 2, "missing option '--to'"),
    (f"publish {RAW_2X} --to ./bucket", 2, "without a terminal to confirm it, add --yes"),
    ("publish nowhere --to ./bucket --yes", 2, "nowhere does not exist"),
    ("publish notes.txt --to ./bucket --yes", 2, "notes.txt is neither the folder of an asset nor an upload manifest"),
    (
        "publish watchdog.yml --to ./bucket --yes",
        3,
        "watchdog.yml is not an upload manifest: it is the configuration of",
    ),
    ("publish empty --to ./bucket --yes", 3, "empty is empty"),
    (f"{_ASSET} s3:/bucket", 2, "'s3:/bucket' is neither s3://bucket nor a folder; did you mean s3://bucket?"),
    (
        f"{_ASSET} S3://bucket/lab",
        2,
        "'S3://bucket/lab' is neither s3://bucket nor a folder; did you mean s3://bucket/lab?",
    ),
    (f"{_ASSET} s3:bucket", 2, "did you mean s3://bucket?"),
    (
        f"{_ASSET} s3://Bucket_B1",
        2,
        "'s3://Bucket_B1' is not a valid bucket address: a bucket name has 3 to 63 lowercase",
    ),
    (f"{_ASSET} s3://Bucket_B1", 2, "; 'Bucket_B1' contains B _\n"),
    (f"{_ASSET} s3://-a", 2, "begins and ends with a letter or digit\n"),
    (f"{_ASSET} s3:///lab", 2, "the name is missing; write s3://name"),
    (
        f"{_ASSET} aind-open-data",
        2,
        "there is no folder 'aind-open-data'; to create it, write ./aind-open-data; did you mean s3://aind-open-data?\n",
    ),
    (f"{_ASSET} Bucket", 2, "there is no folder 'Bucket'; to create it, write ./Bucket\n"),
    (
        f"{_ASSET} empty --endpoint-url http://x --region y",
        2,
        "--endpoint-url, --region can be used only with S3, but 'empty'",
    ),
    (f"{_ASSET} newb --aws-profile p", 2, "'newb' is a folder; did you mean s3://newb?"),
    (f"check {RAW_2X} --bucket empty --region y", 2, "--region can be used only with S3, but 'empty' is a folder"),
    (f"verify {RAW_2X} --in ./empty --region y", 2, "--region can be used only with S3, but './empty' is a folder\n"),
    (f"abandon {RAW_2X} --in empty --region y", 2, "--region can be used only with S3"),
    ("watch holds-none --to newb --once", 2, "did you mean s3://newb?"),
    (
        "publish holds-assets --to ./bucket --yes",
        3,
        # On Windows in quotation marks: this program expands the asterisk itself, its shells do not.
        "holds-assets is not an asset but contains 3; publish them with: aind-lint publish "
        + ('"holds-assets/*"\n' if os.name == "nt" else "holds-assets/*\n"),
    ),
    (
        f"{_ASSET} ./bucket --receipt nowhere/r.json",
        2,
        "the receipt cannot be written to nowhere/r.json: no such file or directory",
    ),
    (f"{_ASSET} ./bucket --receipt {RAW_2X}/r.json", 2, f"{RAW_2X}/r.json is inside the asset"),
    (f"{_ASSET} s3://bucket/lab/../2026", 2, "'s3://bucket/lab/../2026' contains . or .."),
    (f"{_ASSET} gs://bucket", 2, "'gs://bucket' is neither s3://bucket nor a folder"),
    (f"{_ASSET} s3://bucket --endpoint-url nonsense", 2, "AWS_ENDPOINT_URL) is invalid; write https"),
    (f"{_ASSET} s3://bucket --aws-profile unknown", 2, "there is no AWS profile 'unknown' in "),
    (f"publish {RAW_2X} empty --to ./bucket --yes --receipt r.json", 2, "--receipt works with one asset only"),
    (f"verify {RAW_2X} --in nowhere", 4, "the bucket nowhere does not exist"),
    (f"verify {RAW_2X} --in empty", 3, f"empty does not contain {RAW_2X}"),
    ("demo empty", 2, "empty exists already; name a folder that does not exist"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mistakes")
    base_tree("raw-2x").write(folder)
    (folder / "holds-assets").mkdir()
    for base in ("raw-2x", "derived-2x"):
        base_tree(base).write(folder / "holds-assets")
    (folder / "holds-assets/altered").mkdir()
    base_tree("raw-2x").write(folder / "holds-assets/altered")
    for name in ("empty", "holds-none/sub", "wrong-key", "not-yaml", "wrong-name"):
        (folder / name).mkdir(parents=True)
    for file, content in {
        "notes.txt": "notes",
        "watchdog.yml": "flag_dir: flags\nmanifest_complete: done\n",
        "holds-none/sub/data.csv": "a,b",
        "wrong-key/CON901-mine.yaml": _rule_with_unknown_key(),
        "not-yaml/CON902-mine.yaml": "id: [\n",
        "wrong-name/mine.yaml": "id: CON903\n",
    }.items():
        (folder / file).write_text(content)
    if sys.platform != "win32":
        make_link(folder / "dangling", "nowhere")
    return folder


def _rule_with_unknown_key() -> str:
    shipped = next(path for path in rule_files() if path.name.startswith("CON103"))
    text = shipped.read_text(encoding="utf-8").replace("CON103", "CON901").replace("subject-mismatch", "mine")
    return f"{text}\nsumary: x\n"


@pytest.mark.parametrize(("command", "code", "message"), _MISTAKES)
def test_bad_input_gives_one_line(command: str, code: int, message: str, folder: Path) -> None:
    _assert_one_line(run_here(folder, *command.split()), code, message)


def _assert_one_line(done: subprocess.CompletedProcess[str], code: int, message: str) -> None:
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert done.stderr.startswith("error: ")
    assert message in portable(done.stderr)
    assert done.stderr.count("\n") == 1
    assert len(done.stderr) < 1500


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", ""),
        ("check", RAW_2X, ""),
        ("check", RAW_2X, "--bucket", ""),
        ("publish", "", "--to", "./bucket", "--yes"),
        ("publish", RAW_2X, "--to", "", "--yes"),
        ("verify", "", "--in", "bucket"),
        ("verify", RAW_2X, "--in", ""),
    ],
)
def test_an_empty_word_is_not_the_current_folder(arguments: tuple[str, ...], folder: Path) -> None:
    _assert_one_line(run_here(folder, *arguments), 2, "it is empty; is a shell variable unset?")


@pytest.mark.parametrize("word", ["x" * 300, "x" * 100_000, "x/" * 5000])
@pytest.mark.parametrize("command", [["check"], ["publish", "--to", "./bucket", "--yes"]])
def test_very_long_paths(command: list[str], word: str, folder: Path) -> None:
    _assert_one_line(run_here(folder, *command, word), 2, "xx" if "/" not in word else "x/")


@pytest.mark.parametrize("word", ["", ".", "..", "/", "~", "-", "x" * 100_000, "\\", "a b", "s3://bucket"])
def test_unusual_names_are_wrong_names(word: str, folder: Path) -> None:
    done = run_here(folder, "name", "--", word)
    assert (done.returncode, done.stderr) == (1, "")
    assert "error[NAM" in done.stdout
    assert len(done.stdout) < 5000
    assert run_here(folder, "name", "--format", "json", "--", word).returncode == 1


def test_the_root_and_the_current_folder_as_publications(folder: Path) -> None:
    done = run_here(folder / "holds-none", "publish", ".", "--to", "./bucket", "--yes")
    assert done.returncode == 1
    assert "error[NAM101]" in done.stdout
    done = run_here(folder / RAW_2X, "publish", ".", "--to", "../bucket-of-here", "--yes")
    assert done.returncode == 0, done.stdout
    assert (folder / "bucket-of-here" / RAW_2X / "data_description.json").exists()


@pytest.mark.parametrize("command", ["check s3://bucket", f"verify {RAW_2X} --in s3://bucket"])
def test_missing_credentials(command: str, folder: Path) -> None:
    done = run_here(folder, *command.split(), "--endpoint-url", "http://127.0.0.1:1")
    _assert_one_line(done, 4, "no usable AWS credentials")


@pytest.mark.slow
@pytest.mark.parametrize(
    "command", ["check s3://bucket", f"check {RAW_2X} --bucket s3://bucket", f"{_ASSET} s3://bucket"]
)
def test_a_bucket_that_cannot_be_reached(command: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    requests = []
    send = URLLib3Session.send
    monkeypatch.setattr(URLLib3Session, "send", lambda self, request: requests.append(request) or send(self, request))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nothing listens
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        done = run_here(folder, *command.split(), "--endpoint-url", url)
    assert len({request.url for request in requests}) <= 2, "the bucket is asked again for each rule"
    assert done.returncode == 4
    assert done.stderr.count("\n") == 1
    assert url in done.stderr


def test_a_bucket_folder_that_is_missing(folder: Path) -> None:
    done = run_here(folder, "check", RAW_2X, "--bucket", "nowhere")
    assert (done.returncode, done.stderr) == (
        4,
        "error: the bucket nowhere does not exist; did you mean s3://nowhere?\n",
    )
    done = run_here(folder, *f"{_ASSET} nowhere/deeper".split())
    assert (done.returncode, portable(done.stderr)) == (4, "error: the bucket nowhere/deeper does not exist\n")
    assert "was not published: the bucket could not be read." in done.stdout


def _forbid_folder(asset: Path) -> None:
    (asset / "ecephys").chmod(0)


def _forbid_asset(asset: Path) -> None:
    asset.chmod(0)


def _forbid_parent(asset: Path) -> None:
    asset.parent.chmod(0)


def _forbid_data(asset: Path) -> None:
    (asset / "behavior/trials.csv").chmod(0)


@pytest.mark.skipif(sys.platform == "win32", reason="permissions differ")
@pytest.mark.parametrize(
    ("forbid", "has_report"),
    [(_forbid_folder, True), (_forbid_asset, True), (_forbid_parent, False), (_forbid_data, True)],
)
def test_no_permission(forbid: Callable[[Path], None], has_report: bool) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        folder.chmod(0o755)
        (folder / "rig").mkdir()
        asset = base_tree("founding-raw-0x").write(folder / "rig")
        commands = ["check", f"rig/{asset.name}"], ["publish", f"rig/{asset.name}", "--to", "./bucket", "--dry-run"]
        for command in commands:
            assert run_here(folder, *command).returncode == 0
        with _as_unprivileged_user(folder):
            forbid(asset)
            checked, published = (run_here(folder, *command) for command in commands)
        assert (checked.returncode, checked.stderr.count("\n"), checked.stdout != "") == (2, 1, has_report)
        assert "permission denied" in checked.stderr
        assert (published.returncode, published.stderr.count("\n")) == (2, 1)
        assert "permission denied" in published.stderr
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _as_unprivileged_user(folder: Path) -> Iterator[None]:
    """Continue as a user to whom permissions apply (root ignores them), as owner of the folder."""
    if os.geteuid() != 0:
        yield
        return
    unprivileged = 65534
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, unprivileged, unprivileged)
    os.seteuid(unprivileged)
    try:
        yield
    finally:
        os.seteuid(0)
