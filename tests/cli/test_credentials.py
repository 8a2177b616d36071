"""A possible credential is reported, but never shown."""

from __future__ import annotations

import pytest

from aind_lint.examples.bases import base_tree
from tests.cli.run_command import run_here

LETTERS = "aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zAbCdEfGhIjK"

#: Put together here, so that no scanner takes this file for what it warns of.
SECRETS = {
    "a private key": "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n",
    "an AWS access key": "key = AKIA" + "IOSFODNN7EXAMPLE\n",
    "an AWS secret key": "aws_secret_access_key = " + LETTERS[:40] + "\n",
    "a GitHub token": "ghp_" + LETTERS[:36] + "\n",
    "a GitLab token": "glpat-" + LETTERS[:20] + "\n",
    "a Slack token": "xoxb-" + "1234567890-abc\n",
    "a Google API key": "AIza" + LETTERS[:35] + "\n",
    "a webhook": "https://hooks.slack.com/services/T" + "0123ABCD/B0/x\n",
    "a password in a URL": "postgres://lims:" + "Tr0ub4dor@server/db\n",
    "a password": "DB_PASSWORD='" + "Tr0ub4dor3'\n",
}


@pytest.mark.parametrize("format_", ["text", "json", "concise", "markdown"])
@pytest.mark.parametrize("kind", SECRETS)
def test_a_credential_is_found_and_not_shown(kind, format_, tmp_path):
    tree = base_tree("raw-2x")
    tree.files["behavior/notes.txt"] = ("of the rig:\n" + SECRETS[kind]).encode()
    tree.write(tmp_path)
    done = run_here(tmp_path, "check", tree.name, "--fast", "--select", "KEY114", "--format", format_)
    assert done.returncode == 1 and kind in done.stdout
    secret = SECRETS[kind].split()[-1]
    assert secret not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "text",
    [
        "password: none\n",
        "PASSWORD=$RIG_PASSWORD\n",
        "password = input('password: ')\n",
        "secret = os.environ['SECRET']\n",
        "api_key: <your key>\n",
        "https://user@server/path\n",
        "git@github.com:AllenNeuralDynamics/aind-lint.git\n",
        "The animal's reward tokens: 12345678901234567890\n",
        "password_policy_documentation = see the wiki of the institute\n",
    ],
)
def test_text_that_is_no_credential(text, tmp_path):
    tree = base_tree("raw-2x")
    tree.files["behavior/notes.txt"] = text.encode()
    tree.write(tmp_path)
    assert run_here(tmp_path, "check", tree.name, "--fast", "--select", "KEY114").returncode == 0


def test_utf16_as_windows_writes_it(tmp_path):
    tree = base_tree("raw-2x")
    tree.files["behavior/rig.ini"] = "[db]\r\npassword=Tr0ub4dor3\r\n".encode("utf-16")
    tree.write(tmp_path)
    assert run_here(tmp_path, "check", tree.name, "--fast", "--select", "KEY114").returncode == 1


def test_a_line_of_a_long_text_that_repeats_itself(tmp_path):
    tree = base_tree("raw-2x")
    lines = ["the reward was given as planned\n"] * 2000
    tree.files["behavior/notes.txt"] = "".join([*lines, SECRETS["a password"], *lines]).encode()
    tree.write(tmp_path)
    done = run_here(tmp_path, "check", tree.name, "--fast", "--select", "KEY114", "--format", "concise")
    assert done.returncode == 1 and "behavior/notes.txt:2001:" in done.stdout


@pytest.mark.parametrize("name", ["notes.TXT", "config", ".env.rig", "rig.Credentials/x.log"])
def test_a_text_among_data(name, tmp_path):
    tree = base_tree("raw-2x")
    tree.files |= dict.fromkeys((f"behavior/{number:04}.bin" for number in range(1200)), 1)
    tree.files[f"behavior/{name}"] = SECRETS["a password"].encode()
    tree.write(tmp_path)
    done = run_here(tmp_path, "check", tree.name, "--fast", "--select", "KEY114", "--format", "concise")
    assert f"behavior/{name}" in done.stdout
