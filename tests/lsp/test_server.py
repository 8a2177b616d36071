"""The language server with a real client: real processes, real messages."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import pytest

from aind_lint import check
from aind_lint.errors import CheckCancelledError
from aind_lint.examples.bases import base_tree
from aind_lint.lsp.document_checker import DocumentChecker
from aind_lint.lsp.messages import CheckRequest
from tests.cli.run_command import run_here
from tests.lsp.editor import Editor


@pytest.fixture(scope="module")
def editor(tmp_path_factory):
    """One server for all tests, as an editor has one for all files."""
    with Editor(tmp_path_factory.mktemp("editor")) as started:
        yield started


@pytest.fixture
def asset(tmp_path):
    return base_tree("raw-2x").write(tmp_path)


def edited(path, **values):
    """The text of a sidecar with other values."""
    return json.dumps({**json.loads(path.read_bytes()), **values}, indent=2, ensure_ascii=False)


def shown_text(text, one):
    """The text in the range of a diagnostic, as an editor counts."""
    start, end = one["range"]["start"], one["range"]["end"]
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert start["line"] == end["line"]
    units = lines[start["line"]].encode("utf-16-le")
    return units[2 * start["character"] : 2 * end["character"]].decode("utf-16-le")


def test_findings_are_those_of_check(editor, asset):
    path = asset / "subject.json"
    text = edited(path, subject_id="654321")
    path.write_text(text, encoding="utf-8")
    expected = check([asset], cache=False, contents="none").assets[0].findings
    expected = [one for one in expected if one.location.file == "subject.json"]
    uri = editor.open(path)
    found = editor.wait_for(uri, lambda codes: "CON103" in codes)
    assert [(one["code"], one["message"]) for one in found] == [(one.rule, one.message) for one in expected]
    assert shown_text(text, found[0]) == '"654321"'
    place = {"textDocument": {"uri": uri}, "position": found[0]["range"]["start"]}
    hover = editor.request("textDocument/hover", place)["contents"]["value"]
    for part in ("CON103 subject-mismatch", "**Fix:**", "/rules/CON103/"):
        assert part in hover
    assert editor.request("textDocument/hover", {**place, "position": {"line": 0, "character": 0}}) is None
    editor.close(uri)
    editor.wait_for(uri, lambda codes: codes == [])


def test_a_text_that_is_not_saved_is_checked_against_the_other_files(editor, asset):
    path = asset / "subject.json"
    before = path.read_bytes()
    uri = editor.open(path)
    editor.change(uri, edited(path, subject_id="654321"))
    editor.wait_for(uri, lambda codes: codes == ["CON103"])
    # The other file agrees with it when it is edited, too; then it contradicts the rest of the asset.
    other = editor.open(asset / "procedures.json", edited(asset / "procedures.json", subject_id="654321"))
    editor.wait_for(other, lambda codes: codes != [])
    editor.change(uri, before.decode())
    editor.save(uri)
    editor.wait_for(uri, lambda codes: codes == [])
    assert path.read_bytes() == before
    editor.close(uri)
    editor.close(other)


def test_syntax_comes_and_goes(editor, asset):
    path = asset / "subject.json"
    text = path.read_text(encoding="utf-8")
    uri = editor.open(path)
    editor.change(uri, text.rstrip()[:-1])
    (one,) = editor.wait_for(uri, lambda codes: codes == ["SID201"])
    assert one["severity"] == 1 and "ends too early" in one["message"]
    editor.change(uri, text)
    editor.wait_for(uri, lambda codes: codes == [])
    editor.close(uri)


def test_a_quick_fix_makes_the_edits_of_fix(editor, asset):
    path = asset / "subject.json"
    text = path.read_text(encoding="utf-8")
    broken = text.replace('"subject_id": "123456",', '"subject_id": "123456", "subject_id": "123456",', 1)
    uri = editor.open(path, broken)
    actions = []
    while not actions:  # the edits come with the last stage
        (one,) = editor.wait_for(uri, lambda codes: codes == ["SID204"])
        context = {"textDocument": {"uri": uri}, "range": one["range"], "context": {"diagnostics": [one]}}
        actions = editor.request("textDocument/codeAction", context)
    (change,) = actions[0]["edit"]["documentChanges"]
    assert change["textDocument"] == {"uri": uri, "version": 1} and actions[0]["title"].startswith("Fix SID204")
    lines = broken.split("\n")
    for edit in reversed(change["edits"]):
        start, end = edit["range"]["start"], edit["range"]["end"]
        after = [lines[start["line"]][: start["character"]] + edit["newText"] + lines[end["line"]][end["character"] :]]
        lines[start["line"] : end["line"] + 1] = after
    assert json.loads("\n".join(lines)) == json.loads(text)
    editor.change(uri, "\n".join(lines))
    editor.wait_for(uri, lambda codes: codes == [])
    editor.close(uri)


def test_findings_are_never_shown_at_lines_of_another_text(editor, asset):
    path = asset / "subject.json"
    details = json.loads(path.read_bytes())["subject_details"]
    texts = {1: edited(path, subject_details={**details, "sex": "Neither"})}
    uri = editor.open(path, texts[1])
    editor.wait_for(uri, lambda codes: "SCH201" in codes)
    for _ in range(8):  # each moves the finding down, while checks of the earlier texts are running
        version = max(texts) + 1
        texts[version] = texts[version - 1].replace("{", "{\n\n", 1)
        assert editor.change(uri, texts[version]) == version
    editor.wait_for(uri, lambda codes: "SCH201" in codes)
    for message in editor.log:
        if message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == uri:
            for one in message["params"]["diagnostics"]:
                assert shown_text(texts[message["params"]["version"]], one) == '"Neither"'
    editor.close(uri)


def test_findings_above_an_edit_stay(editor, asset):
    path = asset / "data_description.json"
    first = edited(path, license="mine", name="another-name")
    uri = editor.open(path, first)
    shown = editor.wait_for(uri, lambda codes: len(codes) > 1)
    first_line = min(one["range"]["start"]["line"] for one in shown)
    seen = len(editor.log)
    editor.change(uri, first.rstrip()[:-1] + "\n}")
    editor.wait_for(uri, lambda codes: True)
    published = [one for one in editor.log[seen:] if one.get("method") == "textDocument/publishDiagnostics"]
    assert min(one["range"]["start"]["line"] for one in published[0]["params"]["diagnostics"]) == first_line
    editor.close(uri)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_columns_are_utf_16_and_lines_those_of_the_protocol(end, editor, asset):
    path = asset / "subject.json"
    details = json.loads(path.read_bytes())["subject_details"]
    data = json.loads(path.read_bytes()) | {"notes": "🐁 \u2028 \x85 é", "subject_details": {**details, "sex": "🐁?"}}
    text = json.dumps(data, ensure_ascii=False, indent=1).replace("\n", end)
    for sample in (text, text.replace(f",{end}", ",")):  # also several members on one line, after the mouse
        uri = editor.open(path, sample)
        found = editor.wait_for(uri, lambda codes: "SCH201" in codes)
        (one,) = [one for one in found if one["code"] == "SCH201"]
        assert shown_text(sample, one) == '"🐁?"'
        editor.close(uri)
        editor.wait_for(uri, lambda codes: not codes)  # before that, findings of this sample may still arrive


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 21), ("utf-32", 18)])
def test_the_units_of_columns_are_negotiated(encoding, column, tmp_path):
    path = base_tree("raw-2x").write(tmp_path) / "subject.json"
    with Editor(tmp_path, [encoding, "utf-16"]) as started:
        assert started.initialized["capabilities"]["positionEncoding"] == encoding
        uri = started.open(path, '{"subject_id": "🐁", "subject_id": "🐁"}')
        found = started.wait_for(uri, lambda codes: "SID204" in codes)
        assert next(one for one in found if one["code"] == "SID204")["range"]["start"]["character"] == column + 2


def test_several_assets_and_a_file_outside_any_asset(editor, tmp_path):
    uris = {}
    for base in ("raw-1x", "derived-2x"):
        (tmp_path / base).mkdir()
        path = base_tree(base).write(tmp_path / base) / "subject.json"
        text = edited(path, subject_id="654321")
        uris[editor.open(path, text)] = text
    alone = tmp_path / "alone" / "subject.json"
    alone.parent.mkdir()
    alone.write_text("{}", encoding="utf-8")
    other = editor.open(alone)
    assert editor.wait_for(other, lambda codes: "SCH101" in codes)
    for uri, text in uris.items():
        editor.change(uri, text + "\n")
        assert editor.wait_for(uri, lambda codes: "CON103" in codes)
    for uri in (*uris, other):
        editor.close(uri)
        editor.wait_for(uri, lambda codes: codes == [])


def test_other_files_get_no_findings(editor, asset, tmp_path):
    package = tmp_path / "package.json"
    package.write_text("{", encoding="utf-8")
    uri = editor.open(package)
    sidecar = editor.open(asset / "subject.json")
    editor.wait_for(sidecar, lambda codes: True)
    assert not [one for one in editor.log if one.get("params", {}).get("uri") == uri]
    editor.close(uri)
    editor.close(sidecar)


def test_a_wrong_configuration_is_shown_once(editor, asset):
    (asset.parent / "aind-lint.toml").write_text("selct = 1\n", encoding="utf-8")
    seen = len(editor.log)
    uri = editor.open(asset / "subject.json")
    assert "unknown key 'selct'" in editor.wait_for_message("window/showMessage")["params"]["message"]
    (asset.parent / "aind-lint.toml").write_text('ignore = ["SID201"]\n', encoding="utf-8")
    editor.change(uri, "{ ")
    editor.change(uri, "[]")
    editor.wait_for(uri, lambda codes: codes == ["SID209"])
    assert sum(one.get("method") == "window/showMessage" for one in editor.log[seen:]) == 1
    editor.close(uri)


@pytest.mark.skipif(sys.platform != "linux", reason="finds the workers in /proc")
def test_a_worker_that_died_is_started_again(tmp_path):
    path = base_tree("raw-2x").write(tmp_path) / "subject.json"
    with Editor(tmp_path) as started:
        uri = started.open(path)
        started.wait_for(uri, lambda codes: True)
        pid = started.process.pid
        for thread in Path(f"/proc/{pid}/task").iterdir():  # threads start the workers
            for child in (thread / "children").read_text().split():
                os.kill(int(child), signal.SIGKILL)
        assert "ended unexpectedly" in started.wait_for_message("window/showMessage")["params"]["message"]
        started.change(uri, "{")
        started.wait_for(uri, lambda codes: codes == ["SID201"])


def test_a_check_ends_when_it_is_cancelled(asset):
    path = asset / "subject.json"
    request = CheckRequest("asset", str(asset), 1, texts={str(path): path.read_bytes()})
    calls = []
    with pytest.raises(CheckCancelledError):
        list(DocumentChecker().check(request, lambda: calls.append(1) or len(calls) > 3))
    assert len(calls) == 4


_BUSY = """
import signal, sys, time
from aind_lint.errors import CheckCancelledError
from aind_lint.lsp.check_worker import _Inbox
inbox = _Inbox(sys.stdin.buffer)
signal.signal(signal.SIGINT, inbox.interrupt)
request = inbox.take()
try:
    with inbox.interruptible(request):
        print("busy", flush=True)
        end = time.monotonic() + 20
        while time.monotonic() < end:  # Python 3.13 catches no exception at the end of a loop without a body
            sum(range(100))
except CheckCancelledError:
    print("interrupted", inbox.take().number if sys.argv[1] == "asset" else "", flush=True)
"""


@pytest.mark.parametrize("task", ["asset", "cancel"])
def test_a_check_is_interrupted_inside_a_rule(task):
    with subprocess.Popen([sys.executable, "-c", _BUSY, task], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        worker.stdin.write(b"".join(CheckRequest("asset", "a", 1).to_bytes()))
        worker.stdin.flush()
        assert worker.stdout.readline().strip() == b"busy"
        worker.stdin.write(b"".join(CheckRequest(task, "a", 2).to_bytes()))
        worker.stdin.flush()
        assert worker.stdout.readline().strip() == (b"interrupted 2" if task == "asset" else b"interrupted")
        worker.kill()


def test_what_was_not_checked_is_one_information(editor, tmp_path):
    asset = base_tree("raw-1x").write(tmp_path)
    (asset / "rig.json").unlink()
    uri = editor.open(asset / "session.json")
    found = editor.wait_for(uri, lambda codes: None in codes)
    (unchecked,) = (one for one in found if one.get("code") is None)
    assert unchecked["severity"] == 3
    assert unchecked["message"].startswith("Not checked: ")
    assert "rig.json" in unchecked["message"]
    place = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 0}}
    assert "Not checked:" in editor.request("textDocument/hover", place)["contents"]["value"]


def test_without_pygls_a_line_says_what_to_install(tmp_path):
    with patch.dict(sys.modules, {"pygls": None, "lsprotocol": None, "aind_lint.lsp.server": None}):
        del sys.modules["aind_lint.lsp.server"]
        done = run_here(tmp_path, "lsp")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.strip() == "error: the language server needs pygls: pip install 'aind-lint[lsp]'"
