"""Does a small text file contain a password or a private key?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from heapq import nsmallest

from aind_lint.asset.asset import Asset
from aind_lint.asset.listing.file_table import file_columns
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.errors import os_error_reason

#: Bytes; larger files are data.
_MAX_SIZE = 262_144
#: Files that are read at most, so that the check of an asset with many text files ends.
_MAX_FILES = 1_000
#: Bytes of the texts that are searched together: a search for 26 words costs as much for ten small files as for one.
_SEARCHED_AT_ONCE = 100_000

#: Endings of the files that are searched: texts written by people or for people, not data.
_ENDINGS = frozenset(
    [
        "txt",
        "md",
        "rst",
        "json",
        "yml",
        "yaml",
        "toml",
        "ini",
        "cfg",
        "conf",
        "config",
        "properties",
        "xml",
        "env",
        "sh",
        "bash",
        "zsh",
        "bat",
        "cmd",
        "ps1",
        "py",
        "ipynb",
        "r",
        "m",
        "jl",
        "js",
        "ts",
        "log",
        "out",
        "err",
        "pem",
        "key",
        "crt",
        "ppk",
        "asc",
        "rdp",
        "csv",
        "bonsai",
    ]
)
#: More files that are searched, by their names and the beginnings of their names.
_NAMES = frozenset(
    ["_netrc", ".netrc", ".pgpass", ".pypirc", ".npmrc", ".git-credentials", ".htpasswd", "credentials", "config"]
)
_PREFIXES = (".env", "id_")
_BEGINNINGS = tuple(f"/{name}" for name in (*_NAMES, *_PREFIXES))
_ENDING = re.compile(r"\.([^./]*)/")
#: Endings of key stores, which are reported without being read.
_STORES = (".pfx", ".p12", ".kdbx", ".jks", ".keystore")
#: Files that exist to keep credentials; they are reported whatever they contain. Templates have no values.
_CREDENTIAL_FILE = re.compile(
    r"(?:.*/)?(?:\.env(?!\.(?:example|sample|template|dist)$)(?:\.[^/]*)?|\.netrc|_netrc|\.pgpass|\.git-credentials|\.htpasswd"
    r"|\.aws/credentials|id_(?:rsa|dsa|ecdsa|ed25519)|\.pypirc)",
    re.IGNORECASE,
)
#: The name of every such file contains one of these texts: a fast test over all keys at once.
_CREDENTIAL_FILE_TEXTS = (
    "/.env",
    "netrc/",
    "/.pgpass/",
    "/.git-credentials/",
    "/.htpasswd/",
    ".aws/credentials/",
    "/id_",
    "/.pypirc/",
)
#: What to do about a file that contains nothing else.
_MOVE = "Move the file out of the asset. Revoke the credential where it was issued, because it has already been copied."
_PRIVATE_KEY = "a private key"
#: Regular expressions by the name of the credential.
_KINDS = {
    _PRIVATE_KEY: rb"-----BEGIN\ (?:[A-Z0-9]+\ ){0,3}PRIVATE\ KEY(?:\ BLOCK)?-----|PuTTY-User-Key-File-[23]:",
    "an AWS access key": rb"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Z0-9])",
    "an AWS secret key": rb"""(?i:aws_?(?:secret|session)[a-z_]*) ["']? \s*[=:]\s* ["']? [A-Za-z0-9/+]{40}""",
    "a GitHub token": rb"(?<![A-Za-z0-9]) (?:gh[pousr]_[A-Za-z0-9]{36} | github_pat_[A-Za-z0-9_]{40})",
    "a GitLab token": rb"(?<![A-Za-z0-9])glpat-[A-Za-z0-9_-]{20}",
    "a Slack token": rb"(?<![A-Za-z0-9])xox[abprs]-[A-Za-z0-9-]{10}",
    "an OpenAI key": rb"(?<![A-Za-z0-9])sk-(?:proj-|ant-)?[A-Za-z0-9_-]{32,}",
    "a Hugging Face token": rb"(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,}",
    "a Code Ocean token": rb"(?<![A-Za-z0-9])cop_[A-Za-z0-9]{32,}",
    "an Azure storage key": rb"AccountKey=[A-Za-z0-9+/]{40,}",
    "a web token": rb"(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    "a Google API key": rb"(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])",
    "a webhook": rb"https://(?:hooks\.slack\.com/services/T|[a-z0-9-]+\.webhook\.office\.com/webhookb2/)[A-Za-z0-9]{6}",
    "a password in a URL": rb"""(?<![A-Za-z]) [a-z][a-z0-9+.-]{1,20}://
        [^\s/:@"'<>{}$]{1,80} : [^\s/:@"'<>{}$]{3,80} @[A-Za-z0-9\[]""",
    # A word for a secret, and a value that is neither a placeholder nor code that reads one.
    "a password": rb"""(?im)^[ \t]* (?:export[ \t]+)? ["']? (?:[a-z0-9]+[_-])*
        (?:password | passwd | pwd | secret | api[_-]?key | auth[_-]?token | access[_-]?token) ["']?
        [ \t]*[=:][ \t]* ["']?
        (?! none | null | true | false | your | change | example | todo | xxx | os\. | env | get | input | str | self
          | [$<%{*])
        [^\s"',;\#()]{8,200} ["']? ,? [ \t]*\r?$""",
}
_PATTERNS = {name: re.compile(pattern, re.VERBOSE) for name, pattern in _KINDS.items()}
#: Every match contains one of these lower-case texts: a fast test that excludes nearly every file.
_WORDS: dict[str, tuple[bytes, ...]] = {
    _PRIVATE_KEY: (b"-----", b"key-file-"),
    "an AWS access key": (b"akia", b"asia"),
    "an AWS secret key": (b"aws",),
    "a GitHub token": (b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_", b"hub_pat_"),
    "a GitLab token": (b"glpat-",),
    "a Slack token": (b"xox",),
    "an OpenAI key": (b"sk-",),
    "a Hugging Face token": (b"hf_",),
    "a Code Ocean token": (b"cop_",),
    "an Azure storage key": (b"accountkey",),
    "a web token": (b"eyj",),
    "a Google API key": (b"aiza",),
    "a webhook": (b"hook",),
    "a password in a URL": (b"@",),
    "a password": (b"passw", b"pwd", b"secret", b"apikey", b"api_key", b"api-key", b"token"),
}
_NAMES_BY_WORD = {
    word: [name for name in _PATTERNS if word in _WORDS[name]] for words in _WORDS.values() for word in words
}
#: Bytes from which on a text is searched without its repeated lines: large sidecars consist of few different ones.
_REPETITIVE_SIZE = 50_000
_LOWER = bytes(range(256)).lower()
#: Bytes that are in no word, in upper or lower case, and do not end a line: half of a JSON file. They are left out.
_NOT_IN_WORDS = bytes(byte for byte in range(256) if _LOWER[byte] not in b"\n".join(_NAMES_BY_WORD))


class Options(verb.Options):
    """This verb has no options."""


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every file that holds a credential, without showing it."""
    keys, files = asset.listing.key_index, []
    if keys.contains_any(f"{ending}/" for ending in _STORES):
        stores = (key for key in keys.files if key.lower().endswith(_STORES))
        yield from report_limited(Fault(f"{key} is a key or password store", key, fix=_MOVE) for key in stores)
    if keys.contains_any(_CREDENTIAL_FILE_TEXTS):
        files = [key for key in keys.files if _CREDENTIAL_FILE.fullmatch(key)]
        yield from report_limited(Fault(f"{key} is a file for passwords or keys", key, fix=_MOVE) for key in files)
    # Nearest to the root first: files dropped beside the data come before files within it.
    texts = nsmallest(_MAX_FILES, _texts(asset), key=lambda key: (key.count("/"), key))
    read: dict[str, bytes] = {}
    size = 0
    for key in texts:
        if key in files:
            continue
        try:
            content = _content(asset, key)
        except OSError as error:
            yield Unchecked(f"the file could not be read: {os_error_reason(error)}", key)
            continue
        if b"\0" in content[:1000]:
            content = content.replace(b"\0", b"")  # UTF-16, as Windows writes it
        read[key] = content
        size += len(content)
        if size > _SEARCHED_AT_ONCE:
            yield from _credentials_in(read)
            read, size = {}, 0
    yield from _credentials_in(read)
    if len(texts) == _MAX_FILES and (count := sum(1 for _ in _texts(asset))) > _MAX_FILES:
        yield Unchecked(f"{count - _MAX_FILES:,} of {count:,} small text files were not searched")


def _credentials_in(texts: Mapping[str, bytes]) -> Iterator[Fault]:
    """A fault for every text with a credential. Usually one fast test excludes them all."""
    if not _possible_kinds(b"\n".join(texts.values())):
        return
    for key, content in texts.items():
        for name in _possible_kinds(content):
            if match := _PATTERNS[name].search(content):
                line = content.count(b"\n", 0, match.start()) + 1
                fix = _MOVE if name == _PRIVATE_KEY else None
                yield Fault(f"{key} contains what looks like {name}", key, line=line, column=1, fix=fix)
                break


def _possible_kinds(content: bytes) -> list[str]:
    """The kinds of credentials that a text may contain, in the order of the patterns."""
    searched = content.translate(_LOWER, _NOT_IN_WORDS)
    if len(searched) > _REPETITIVE_SIZE:
        searched = b"\n".join(set(searched.split(b"\n")))
    words = [word for word in _NAMES_BY_WORD if word in searched]
    if not words:  # nearly always
        return []
    lower = content.lower()  # without what was left out, two words can be a third
    found = {name for word in words if word in lower for name in _NAMES_BY_WORD[word]}
    return [name for name in _PATTERNS if name in found]


def _content(asset: Asset, key: str) -> bytes:
    """The content of a small file; that of a sidecar has been read."""
    if key in asset.sidecar_keys and (sidecar := asset.sidecar(key)) and sidecar.raw:
        return sidecar.raw
    return asset.listing.read(key, _MAX_SIZE)


def _texts(asset: Asset) -> Iterator[str]:
    for keys, sizes in file_columns(asset.listing.files, ""):
        if _may_contain_text(keys):
            rows = zip(keys, sizes, strict=True)
            yield from (key for key, size in rows if 0 < size <= _MAX_SIZE and _is_text(key))


def _may_contain_text(keys: Sequence[str]) -> bool:
    """Whether one of many keys can be that of a text: to test each of them takes three times as long."""
    searched = f"/{'/'.join(keys)}/".lower()
    return not _ENDINGS.isdisjoint(_ENDING.findall(searched)) or any(name in searched for name in _BEGINNINGS)


def _is_text(key: str) -> bool:
    name = key[key.rfind("/") + 1 :].lower()
    _, dot, ending = name.rpartition(".")
    return (bool(dot) and ending in _ENDINGS) or name in _NAMES or name.startswith(_PREFIXES)
