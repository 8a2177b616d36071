"""Every failure of the AWS configuration and credentials is one line, with the place and what to do."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from tests.cli.run_command import run_here

_ROLE = "[profile p]\nrole_arn = arn:aws:iam::123456789012:role/rig\n"
_KEYS = "aws_access_key_id = AKIAX\naws_secret_access_key = hidden-value\n"
_SSO = "[sso-session corp]\nsso_start_url = https://corp.example.org/start\nsso_region = us-west-2\n"
_PERSON = "sso_account_id = 123456789012\nsso_role_name = rig\n"
_REGION = "[profile p]\nregion = us-west-2\n"


def _printing(text: str) -> str:
    """A profile with a program that prints ``text``."""
    escaped = text.replace('"', '\\"')
    return f"[profile p]\ncredential_process = {sys.executable} -c \"print('{escaped}')\"\n"


#: Configuration of profile p, exit code, and a part of the message.
CONFIGURATIONS: dict[str, tuple[str | bytes, int, str]] = {
    "no section": ("garbage\n", 2, "line 1: a section such as [profile name] must come before"),
    "no equals sign": ("[profile p]\nregion\n", 2, "line 2: write each setting as 'name = value'"),
    "no setting below a section": ("[profile p]\ns3 =\n  yes\n", 2, "write each setting as 'name = value'"),
    "BOM": (b"\xef\xbb\xbf[profile p]\n", 2, "begins with a byte order mark (BOM); save it as UTF-8 without BOM"),
    "UTF-16": ("[profile p]\n".encode("utf-16"), 2, "cannot use the AWS configuration file"),
    "a section twice": (_REGION * 2, 2, "line 3: 'profile p' occurs twice; remove one of them"),
    "a setting twice": (f"{_REGION}region = x\n", 2, "line 3: 'region' occurs twice; remove one of them"),
    "no such profile": ("[profile pp]\n[profile q]\n", 2, "there is no AWS profile 'p' in"),
    "without the word": ("[p]\n", 2, "write [profile p] instead of [p]"),
    "no profile at all": ("", 2, "these files have no profile; run 'aws configure' or 'aws configure sso'"),
    "missing source_profile": (f"{_ROLE}source_profile = gone\n", 2, 'The source_profile "gone" referenced'),
    "no source": (_ROLE, 2, "missing: source_profile or credential_source; correct profile 'p' in"),
    "a source without keys": (f"{_ROLE}source_profile = q\n[profile q]\n", 2, 'source profile "q" must have cred'),
    "an unknown source": (f"{_ROLE}credential_source = Moon\n", 2, 'The credential source "Moon"'),
    "an empty environment": (f"{_ROLE}credential_source = Environment\n", 4, "No credentials found in"),
    "a cycle": (f"{_ROLE}source_profile = q\n{_ROLE.replace('p]', 'q]')}source_profile = p\n", 2, "Infinite loop"),
    "half an SSO profile": (f"[profile p]\nsso_session = corp\n{_PERSON}"[:-20] + f"\n{_SSO}", 2, "sso_role_name"),
    "SSO without an account": (f"[profile p]\nsso_session = corp\n{_SSO}", 4, "run 'aws configure sso --profile p'"),
    "no credentials": (_REGION, 4, "config says nothing about them; run 'aws configure sso --profile p' or"),
    "no SSO session": (f"[profile p]\nsso_session = gone\n{_PERSON}", 2, 'sso-session does not exist: "gone"'),
    "no SSO log-in": (f"[profile p]\nsso_session = corp\n{_PERSON}{_SSO}", 4, "run 'aws sso login --profile p'"),
    "no log-in": ("[profile p]\nlogin_session = arn:aws:iam::1:user/x\n", 4, "run 'aws login --profile p'"),
    "a program that fails": (
        f"[profile p]\ncredential_process = {sys.executable} -c \"raise SystemExit('log in first')\"\n",
        4,
        "failed: log in first; run its command in a shell",
    ),
    "a program that is missing": ("[profile p]\ncredential_process = /none/x\n", 4, ": no such file"),
    "a program without a name": ("[profile p]\ncredential_process =\n", 4, "credential_process of profile 'p'"),
    "a program with half a quote": ('[profile p]\ncredential_process = x "y\n', 4, "No closing quotation"),
    "nonsense": (_printing("hello"), 4, "not credentials in the form that AWS defines; run its command"),
    "a list": (_printing("[]"), 4, "not credentials in the form that AWS defines; run its command"),
    "a number as key": (
        _printing('{"Version": 1, "AccessKeyId": 1, "SecretAccessKey": 2}'),
        4,
        "not credentials in the form that AWS defines",
    ),
    "half a key from a program": (_printing('{"Version": 1, "AccessKeyId": "A"}'), 4, "Missing required key"),
    "another version": (_printing('{"Version": 9}'), 4, "Unsupported version '9'"),
    "expired keys": (
        _printing(
            '{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "B", "SessionToken": "C", '
            '"Expiration": "2020-01-01T00:00:00Z"}'
        ),
        4,
        "have expired; renew them at their source",
    ),
    "a wrong date": (
        _printing('{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "B", "Expiration": "soon"}'),
        4,
        "not credentials in the form that AWS defines",
    ),
    "half a key": ("[profile p]\naws_access_key_id = A\n", 2, "missing: aws_secret_access_key; correct profile 'p'"),
    "the other half": ("[profile p]\naws_secret_access_key = A\n", 4, "but no aws_access_key_id; add it"),
    "no token file": (f"{_ROLE}web_identity_token_file = /none/token\n", 4, "/none/token: no such file"),
    "MFA": (f"{_ROLE}source_profile = q\nmfa_serial = x\n[profile q]\n{_KEYS}", 4, "no terminal to enter it"),
    "a role that is no ARN": (
        f"[profile p]\nrole_arn = x\nregion = us-west-2\nsource_profile = q\n[profile q]\n{_KEYS}",
        4,
        "Invalid length for parameter RoleArn",
    ),
    "no region": (f"[profile p]\nregion = US West (Oregon)\n{_KEYS}", 2, "'US West (Oregon)' is not the name of a"),
    "no addressing style": (f"[profile p]\ns3 =\n  addressing_style = x\n{_KEYS}", 2, "addressing style x is invalid"),
    "no section for S3": (f"[profile p]\ns3 = yes\n{_KEYS}", 2, "a setting has the wrong form; correct profile 'p'"),
    "no mode": (f"[profile p]\ndefaults_mode = x\n{_KEYS}", 2, "invalid defaults mode: x"),
    "no number": ("[profile p]\nmetadata_service_timeout = x\n", 2, "a setting has the wrong form; correct profile"),
}

#: Environment, exit code, and a part of the message.
ENVIRONMENTS: dict[str, tuple[dict[str, str], int, str]] = {
    "nothing": ({}, 4, "no usable AWS credentials; set AWS_PROFILE, or run 'aws sso login' or 'aws configure'"),
    "half a key": ({"AWS_ACCESS_KEY_ID": "A"}, 2, "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not"),
    "the other half": ({"AWS_SECRET_ACCESS_KEY": "A"}, 4, "AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not"),
    "no token file": (
        {"AWS_WEB_IDENTITY_TOKEN_FILE": "/none/token", "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/rig"},
        4,
        "AWS_WEB_IDENTITY_TOKEN_FILE cannot be used: /none/token: no such file",
    ),
    "no role": ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/none/token"}, 2, "has no role ARN configured"),
    "an address that boto3 refuses": (
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://10.0.0.1/x"},
        4,
        "AWS_CONTAINER_CREDENTIALS_FULL_URI cannot be used: Unsupported host '10.0.0.1'",
    ),
    "no address": ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "nonsense"}, 4, "Unsupported host 'None'"),
    "a server that is off": (
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:9/x"},
        4,
        'Could not connect to the endpoint URL: "http://127.0.0.1:9"; correct it',
    ),
    "no token": (
        {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:9/x",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/none/token",
        },
        4,
        "/none/token: no such file",
    ),
    "no region": ({"AWS_DEFAULT_REGION": "us west"}, 2, "'us west' is not the name of a region; write one such as"),
    "no metadata server": (
        {"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "x"},
        2,
        "Invalid EC2 Instance Metadata endpoint mode: x",
    ),
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_configuration(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content, code, part = CONFIGURATIONS[name]
    file = tmp_path / "config"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    monkeypatch.setenv("AWS_PROFILE", "p")
    _assert_one_line(tmp_path, code, part)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_environment(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    variables, code, part = ENVIRONMENTS[name]
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    _assert_one_line(tmp_path, code, part)


def _assert_one_line(folder: Path, code: int, part: str) -> None:
    done = run_here(folder, "check", "s3://some-bucket/assets", "--endpoint-url", "http://127.0.0.1:9")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1), done.stderr
    assert part in done.stderr
    assert "hidden-value" not in done.stderr


def test_credentials_that_fail_do_not_hide_the_findings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "A")
    (tmp_path / "ecephys_123456_2022-12-12_05-06-07").mkdir()
    (tmp_path / "ecephys_123456_2022-12-12_05-06-07" / "subject.json").write_text("{")
    done = run_here(tmp_path, "check", "--fast", "--bucket", "s3://some-bucket")
    assert done.returncode == 4
    assert "error[SID" in done.stdout
    assert done.stderr.count("\n") == 1


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder in its place: boto3 ignores both silently."""
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path))
    monkeypatch.setenv("AWS_PROFILE", "p")
    done = run_here(tmp_path, "check", "s3://some-bucket")
    assert done.returncode == 2
    assert f"cannot read {tmp_path} (" in done.stderr


def test_a_region_that_does_not_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(variable, "A")
    monkeypatch.setattr(socket, "getaddrinfo", _find_no_address)
    done = run_here(tmp_path, "check", "s3://some-bucket", "--region", "us-west-99")
    assert done.returncode == 4
    assert "'us-west-99' is probably not an AWS region; did you mean us-west-" in done.stderr


def _find_no_address(*about: object) -> None:
    raise socket.gaierror("name or service not known")
