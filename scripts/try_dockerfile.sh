#!/bin/sh
# Run the build steps of the Dockerfile that need no container: the context as .dockerignore makes it, the wheel, and its
# installation without a compiler, in a temporary folder. Not run: the base image, the user, the volume.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/src" "$work/wheels" "$work/data"
sed -n 's/^!//p' "$root/.dockerignore" | while read -r name; do cp -R "$root/$name" "$work/src/$name"; done
python3 -m venv "$work/venv"
pip="$work/venv/bin/pip"
sed -n 's/^RUN pip //p' "$root/Dockerfile" | sed "s#/wheels#$work/wheels#g" | while read -r step; do
  echo "pip $step"
  (cd "$work/src" && eval "$pip $step --quiet --disable-pip-version-check")
done
cd "$work/data"
"$work/venv/bin/aind-lint" --version
"$work/venv/bin/aind-lint" name ecephys_123456_2022-12-12_05-06-07
