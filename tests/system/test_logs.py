"""Log lines: readable, without credentials, and never a reason to fail."""

from __future__ import annotations

import logging
import os
import re

import pytest

from aind_lint.system.logs import LOGGER, log_file, log_to_stderr, redact
from tests.links import make_link

LOG = LOGGER.getChild("test")


def refuse(error: OSError) -> None:
    pytest.fail(f"the log failed: {error}")


def test_a_log_file_has_every_message_with_its_time(tmp_path):
    with log_file(tmp_path / "log", 10**6, 1, refuse):
        LOG.debug("a %s", "detail")
        LOG.error("a failure\nand its reason")
    LOG.debug("after it")
    lines = (tmp_path / "log").read_text(encoding="utf-8").splitlines()
    time = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
    assert re.fullmatch(rf"{time}  a detail", lines[0])
    assert re.fullmatch(rf"{time}  FAILED a failure", lines[1])
    assert lines[2:] == ["    and its reason"]
    assert LOGGER.level == logging.NOTSET


def test_its_size_is_bounded(tmp_path):
    with log_file(tmp_path / "log", 1000, 2, refuse):
        for number in range(200):
            LOG.info("message %d", number)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "log.1", "log.2"]
    assert all(path.stat().st_size <= 1000 for path in tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://user:password@host/x", "https://***@host/x"),
        ("/k?X-Amz-Signature=0a1b&X-Amz-Credential=AKIA0/us", "/k?X-Amz-Signature=***&X-Amz-Credential=***"),
        ("x?a=1&x-amz-security-token=abc%2Fd e", "x?a=1&x-amz-security-token=*** e"),
        ("Authorization: AWS4-HMAC-SHA256 Credential=x, Signature=y", "Authorization: ***"),
        ("the key AKIAIOSFODNN7EXAMPLE is unknown", "the key *** is unknown"),
        ("s3://bucket/a@b", "s3://bucket/a@b"),
    ],
)
def test_credentials_are_replaced(text, expected):
    assert redact(text) == expected


def test_credentials_of_the_environment_are_replaced(monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "x")  # too short to be one
    with log_file(tmp_path / "log", 10**6, 1, refuse):
        LOG.debug("signed with wJalrXUtnFEMI/K7MDENG by x")
    assert "signed with *** by x" in (tmp_path / "log").read_text(encoding="utf-8")


@pytest.mark.skipif(os.name == "nt", reason="no /dev/full")
def test_a_full_disk_is_reported_once(tmp_path, capfd):
    make_link(tmp_path / "log", "/dev/full")
    failures: list[OSError] = []
    with log_file(tmp_path / "log", 0, 0, failures.append):
        LOG.debug("one")
        LOG.debug("two")
    assert [error.strerror for error in failures] == ["No space left on device"]
    assert capfd.readouterr().err == ""


def test_standard_error_shows_a_level_and_above(capsys):
    with log_to_stderr(logging.INFO, LOG):
        LOG.debug("hidden")
        LOG.info("shown\x1b[2J")
    err = capsys.readouterr().err
    assert "hidden" not in err and err.endswith("  shown\\x1b[2J\n")


def _replace_by_a_link(log, victim):
    log.unlink()
    make_link(log, victim)


def _replace_by_another_file(log, victim):
    victim.replace(log)


def _replace_by_a_hard_link(log, victim):
    log.unlink()
    os.link(victim, log)


@pytest.mark.skipif(os.name == "nt", reason="Windows does not replace a file that is open")
@pytest.mark.parametrize("swap", [_replace_by_a_link, _replace_by_another_file, _replace_by_a_hard_link])
def test_a_file_that_was_put_in_the_place_of_a_log_is_neither_written_nor_renamed(tmp_path, swap):
    log, victim, failures = tmp_path / "log", tmp_path / "victim", []
    victim.write_text("foreign data")
    with log_file(log, 300, 2, failures.append, follow_links=False):
        LOG.info("before")
        swap(log, victim)
        for number in range(20):
            LOG.info("message %d, which fills the log", number)
    assert log.read_text() == "foreign data"
    assert [error.strerror for error in failures] == ["another file was put in its place"]
    assert not (tmp_path / "log.1").exists()


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege")
@pytest.mark.parametrize("swap", [os.symlink, os.link])
def test_a_log_is_not_opened_through_a_link(tmp_path, swap):
    (tmp_path / "victim").write_text("foreign data")
    swap(tmp_path / "victim", tmp_path / "log")
    with pytest.raises(OSError), log_file(tmp_path / "log", 300, 2, refuse, follow_links=False):
        pass
    assert (tmp_path / "victim").read_text() == "foreign data"


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege")
def test_a_log_that_the_user_named_by_a_link_is_rotated_next_to_its_target(tmp_path):
    (tmp_path / "disk").mkdir()
    make_link(tmp_path / "log", tmp_path / "disk" / "file")
    with log_file(tmp_path / "log", 300, 1, refuse):
        for number in range(20):
            LOG.info("message %d", number)
    assert sorted(path.name for path in (tmp_path / "disk").iterdir()) == ["file", "file.1"]
    assert (tmp_path / "log").is_symlink()


def test_a_log_that_follows_no_links_is_bounded_as_well(tmp_path):
    with log_file(tmp_path / "log", 1000, 2, refuse, follow_links=False):
        for number in range(200):
            LOG.info("message %d", number)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "log.1", "log.2"]
    assert all(path.stat().st_size <= 1000 for path in tmp_path.iterdir())
