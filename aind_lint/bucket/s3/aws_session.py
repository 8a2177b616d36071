"""The session of boto3: configuration files, profile, region and credentials; each failure is one line."""

from __future__ import annotations

import configparser
import getpass
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import botocore.session
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigParseError,
    CredentialRetrievalError,
    InvalidConfigError,
    InvalidRegionError,
    LoginError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    RefreshWithMFAUnsupportedError,
    SSOError,
    TokenRetrievalError,
    UnknownCredentialError,
)
from botocore.utils import validate_region_name

from aind_lint.bucket.s3.s3_errors import redact_urls
from aind_lint.errors import UsageError, os_error_reason
from aind_lint.system.terminals import can_ask
from aind_lint.text.characters import one_line
from aind_lint.text.suggestions import closest

if TYPE_CHECKING:
    from botocore.credentials import ReadOnlyCredentials
    from botocore.session import Session

#: The region if none is configured: that of ``aind-open-data``.
DEFAULT_REGION = "us-west-2"

#: Errors of the configuration, which only the user can repair. Others may be temporary.
_WRONG_CONFIGURATION = (InvalidConfigError, PartialCredentialsError, UnknownCredentialError)

_KEYS = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"


class _NoTerminalError(Exception):
    """A profile needs an MFA code, but there is no terminal to ask for it."""


def open_session(profile: str | None, region: str | None) -> tuple[Session, boto3.Session]:
    """The sessions of botocore and boto3.

    Args:
        profile: A profile, instead of that of the environment.
        region: A region, instead of that of the configuration.

    Raises:
        UsageError: A configuration file, the profile or the region is not valid.
    """
    core = botocore.session.Session(profile=profile)
    try:
        session = boto3.Session(region_name=region, botocore_session=core)
        validate_region_name(session.region_name)
        assume_role = core.get_component("credential_provider").get_provider("assume-role")
    except ProfileNotFound as error:
        raise UsageError(_describe_missing_profile(core, str(error.kwargs["profile"]))) from None
    except ConfigParseError as error:
        raise UsageError(_describe_unparsable_file(str(error.kwargs["path"]), error.kwargs.get("error"))) from None
    except InvalidRegionError:
        raise UsageError(
            f"'{session.region_name}' is not the name of a region; write one such as {DEFAULT_REGION} with --region, "
            "in AWS_DEFAULT_REGION, or as region of the AWS profile"
        ) from None
    except (BotoCoreError, AttributeError, ValueError) as error:  # the latter of a value where a section belongs
        raise configuration_error(core, error) from None
    assume_role._prompter = _ask_for_mfa_code  # there is no public way
    return core, session


def describe_unknown_region(session: boto3.Session) -> str:
    """What is wrong with a region that boto3 does not know, which can be a new one; empty if it knows the region."""
    region = session.region_name or DEFAULT_REGION
    known = [
        name
        for partition in session.get_available_partitions()
        for name in session.get_available_regions("s3", partition)
    ]
    if region in known:
        return ""
    similar = closest(region, known)
    return f"'{region}' is probably not an AWS region{f'; did you mean {similar}?' if similar else ''}"


def configuration_error(core: Session, error: Exception) -> UsageError:
    """The error for a setting that boto3 refuses."""
    reason = str(error) if isinstance(error, BotoCoreError) else "a setting has the wrong form"
    return UsageError(f"the AWS configuration is not valid: {_plain(reason)}; correct {_where(core)}")


def credentials_error(core: Session, error: Exception) -> UsageError | str:
    """What a failure to get credentials means: an error of the configuration, or else the reason in words."""
    profile = core.get_config_variable("profile") or "default"
    option = "" if profile == "default" else f" --profile {profile}"
    where = _where(core)
    if isinstance(error, NoCredentialsError):
        return _describe_no_credentials(core)
    if isinstance(error, PartialCredentialsError) and error.kwargs["provider"] == "env":
        given, missing = _KEYS if error.kwargs["cred_var"] == _KEYS[1] else _KEYS[::-1]
        return UsageError(f"{given} is set, but {missing} is not; set both, or unset both to use a profile")
    if isinstance(error, _WRONG_CONFIGURATION):
        return UsageError(f"the AWS credentials are not configured correctly: {_plain(str(error))}; correct {where}")
    if isinstance(error, LoginError):
        return f"no credentials: the log-in of {where} has expired, or there was none; run 'aws login{option}'"
    if isinstance(error, SSOError | TokenRetrievalError) or is_refused_log_in(error):
        return f"no credentials: the log-in of {where} has expired, or there was none; run 'aws sso login{option}'"
    if isinstance(error, _NoTerminalError | RefreshWithMFAUnsupportedError):
        return (
            f"no credentials: {where} needs an MFA code, and there is no terminal to enter it; get credentials with "
            "'aws sts get-session-token' and use those, or run this in a terminal"
        )
    if isinstance(error, RuntimeError):  # so boto3 refuses credentials that it has just got
        return f"no credentials: those that {where} gives have expired; renew them at their source"
    return f"no credentials: {_describe_source(core)}: {_describe_failure(error)}; {_suggest_action(core)}"


def is_complete(credentials: ReadOnlyCredentials) -> bool:
    """Whether both keys are text: a program that gives credentials can return anything."""
    return isinstance(credentials.access_key, str) and isinstance(credentials.secret_key, str)


def is_refused_log_in(error: Exception) -> bool:
    """Whether the server that exchanges a log-in for credentials refused it."""
    return isinstance(error, ClientError) and error.operation_name in ("GetRoleCredentials", "CreateToken")


def _ask_for_mfa_code(prompt: str) -> str:
    if not can_ask():
        raise _NoTerminalError
    return getpass.getpass(prompt)


def _describe_missing_profile(core: Session, profile: str) -> str:
    files = [_file(core, name) for name in ("config_file", "credentials_file")]
    unreadable = [f"{file} ({reason})" for file in files if (reason := _unreadable(file))]
    profiles = sorted(core.full_config["profiles"])
    if unreadable:
        advice = f"cannot read {' and '.join(unreadable)}"
    elif profile in core.full_config:  # a section without the word
        advice = f"in {files[0]}, write [profile {profile}] instead of [{profile}]"
    elif not profiles:
        advice = "these files have no profile; run 'aws configure' or 'aws configure sso'"
    else:
        similar = closest(profile, profiles)
        advice = f"did you mean '{similar}'?" if similar else f"the profiles are {', '.join(profiles[:10])}"
    return f"there is no AWS profile '{profile}' in {' or '.join(files)}; {advice}"


def _unreadable(file: str) -> str:
    """Why a file cannot be read; empty if it can, or does not exist. boto3 ignores such a file."""
    try:
        Path(file).open("rb").close()
    except FileNotFoundError:
        return ""
    except OSError as error:
        return os_error_reason(error)
    return ""


def _describe_unparsable_file(path: str, error: object) -> str:
    """What is wrong, with the line; never its content, which can be a secret key."""
    errors = error.errors if type(error) is configparser.ParsingError else []
    line = getattr(error, "lineno", None) or (errors[0][0] if errors else None)
    if _starts_with_bom(path):
        reason = "it begins with a byte order mark (BOM); save it as UTF-8 without BOM"
    elif isinstance(error, UnicodeDecodeError):
        reason = "it contains bytes that are not text in this system's encoding; save it as UTF-8"
    elif isinstance(error, configparser.MissingSectionHeaderError):
        reason = "a section such as [profile name] must come before the first setting"
    elif isinstance(error, configparser.DuplicateSectionError | configparser.DuplicateOptionError):
        name = error.option if isinstance(error, configparser.DuplicateOptionError) else error.section
        reason = f"'{name}' occurs twice; remove one of them"
    else:
        reason = "write each setting as 'name = value'"
    return f"cannot use the AWS configuration file {path}{f', line {line}' if line else ''}: {_plain(reason)}"


def _starts_with_bom(path: str) -> bool:
    with Path(path).open("rb") as stream:
        return stream.read(3) == b"\xef\xbb\xbf"


def _describe_no_credentials(core: Session) -> str:
    if os.environ.get(_KEYS[1]) and not os.environ.get(_KEYS[0]):
        return f"no credentials: {_KEYS[1]} is set, but {_KEYS[0]} is not; set both"
    if "aws_secret_access_key" in core.get_scoped_config():
        return f"no credentials: {_where(core)} has aws_secret_access_key, but no aws_access_key_id; add it"
    unreadable = [f"{file} ({why})" for file in (_file(core, "credentials_file"),) if (why := _unreadable(file))]
    if unreadable:
        return f"no credentials: cannot read {unreadable[0]}"
    if (profile := core.get_config_variable("profile")) is None:
        return "no usable AWS credentials; set AWS_PROFILE, or run 'aws sso login' or 'aws configure'"
    # boto3 ignores such a profile without a word.
    if any(name.startswith("sso_") for name in core.get_scoped_config()):
        return (
            f"no credentials: {_where(core)} has settings of SSO, but neither sso_account_id nor sso_role_name; "
            f"run 'aws configure sso --profile {profile}'"
        )
    return (
        f"no credentials: {_where(core)} says nothing about them; run 'aws configure sso --profile {profile}' or "
        f"'aws configure --profile {profile}', or use another profile (--aws-profile)"
    )


def _describe_source(core: Session) -> str:
    """Where credentials were to come from."""
    environment = os.environ
    if core.get_config_variable("profile") is None or "AWS_WEB_IDENTITY_TOKEN_FILE" in environment:
        for name in (
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        ):
            if environment.get(name):
                return f"{name} cannot be used"
    if "credential_process" in core.get_scoped_config():
        return f"credential_process of {_where(core)} failed"
    return f"{_where(core)} cannot be used"


def _suggest_action(core: Session) -> str:
    if "credential_process" in core.get_scoped_config():
        return "run its command in a shell to see what it prints"
    return "correct it, or use another profile (--aws-profile)"


def _describe_failure(error: Exception) -> str:
    if isinstance(error, OSError):
        path = f"{error.filename}: " if error.filename else ""
        return f"{path}{os_error_reason(error)}"
    if isinstance(error, CredentialRetrievalError):
        return _plain(str(error).partition(": ")[2]) or "it gave no reason"
    if isinstance(error, BotoCoreError) or type(error) is ValueError:
        return _plain(str(error))
    # The content may be a secret, so only its form is described.
    return "what it returned is not credentials in the form that AWS defines"


def _where(core: Session) -> str:
    """The profile with its files."""
    profile = core.get_config_variable("profile") or "default"
    files = [_file(core, name) for name in ("config_file", "credentials_file")]
    existing = [file for file in files if Path(file).is_file()]
    return f"profile '{profile}' in {' or '.join(existing or files)}"


def _file(core: Session, variable: str) -> str:
    path: str = core.get_config_variable(variable)
    return os.path.expanduser(os.path.expandvars(path))  # noqa: PTH111 - as botocore


def _plain(text: str) -> str:
    """A message of boto3 as part of a sentence."""
    return re.sub(r"[.:\s]+$", "", one_line(redact_urls(text)))
