"""Print what pyproject.toml requires on Windows with Python 3.13 and some extras: windows_requirements.py EXTRA ..."""

from __future__ import annotations

import sys
from pathlib import Path

from packaging.requirements import Requirement

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_WINDOWS = {
    "implementation_name": "cpython",
    "os_name": "nt",
    "platform_machine": "AMD64",
    "platform_python_implementation": "CPython",
    "platform_system": "Windows",
    "python_full_version": "3.13.0",
    "python_version": "3.13",
    "sys_platform": "win32",
}

project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
extras = project["optional-dependencies"]
for line in [*project["dependencies"], *(line for extra in sys.argv[1:] for line in extras[extra])]:
    requirement = Requirement(line)
    if requirement.marker is None or requirement.marker.evaluate({**_WINDOWS, "extra": ""}):
        requirement.marker = None
        print(requirement)
