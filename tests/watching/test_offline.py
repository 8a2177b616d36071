"""A rig without network: everything is checked but what needs the bucket, and that is said."""

from __future__ import annotations

import json
import socket

import pytest

from aind_lint.examples.bases import base_tree
from tests.cli.run_command import RAW_2X, run_here


@pytest.fixture
def offline(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("the network was used")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)


def test_a_check_uses_no_network_and_leaves_only_bucket_rules_unchecked(offline, tmp_path):
    base_tree("raw-2x").write(tmp_path)
    done = run_here(tmp_path, "check", RAW_2X, "--format", "json")
    assert done.returncode == 0, done.stderr
    (asset,) = json.loads(done.stdout)["assets"]
    unchecked = {item["because"] for item in asset["not_checked"]}
    assert unchecked == {"no bucket given"}
    assert asset["rules_run"] > 60


@pytest.mark.parametrize("arguments", [("name", RAW_2X), ("explain", "CON103"), ("rules",), ("schemas",)])
def test_other_commands_use_no_network_either(offline, tmp_path, arguments):
    assert run_here(tmp_path, *arguments).returncode == 0
