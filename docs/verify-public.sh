#!/usr/bin/env bash
# The same for a bucket that everyone may read, with curl (7.84 or newer) and jq alone.
#   verify-public.sh https://BUCKET.s3.amazonaws.com ASSET [attempt] [options of curl ...]
set -euo pipefail
address=$1 asset=$2 attempt=${3:-1}
options=("${@:4}")
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT

# The decision to commit names the manifest by its SHA-256.
for record in manifest end; do
    curl -fsS "${options[@]}" -o "$here/$record.json" "$address/$asset/.aind-lint/$record-$attempt.json"
done
[ "$(jq -r .outcome "$here/end.json")" = commit ]
[ "$(jq -r .content_id "$here/end.json")" = "$(sha256sum <"$here/manifest.json" | cut -d' ' -f1)" ]

# Every object has the size and the CRC64NVME that the manifest says: one HEAD for each, over one connection.
jq -r --arg start "$address/$asset/" \
    '.files[] | [$start + (.key | split("/") | map(@uri) | join("/")), .size, .crc64nvme] | @tsv' \
    "$here/manifest.json" >"$here/planned"
cut -f1 "$here/planned" | sed 's/.*/url = "&"\noutput = "\/dev\/null"/' >"$here/urls"
curl -sS --head "${options[@]}" -H 'x-amz-checksum-mode: ENABLED' --config "$here/urls" \
    -w '%{url}\t%header{content-length}\t%header{x-amz-checksum-crc64nvme}\n' >"$here/stored"
if ! diff "$here/planned" "$here/stored"; then
    echo "what begins with < was published; what begins with > is there now" >&2
    exit 5
fi
echo "$asset is complete and as it was published"
