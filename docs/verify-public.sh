#!/usr/bin/env bash
# The same for a bucket that everyone may read, with curl (7.84 or newer) and jq alone.
#   verify-public.sh https://BUCKET.s3.amazonaws.com ASSET [attempt] [options of curl ...]
# Exit codes: 0 equal, 2 wrong arguments, 3 there is no such record, 5 something differs.
set -euo pipefail
fail() { echo "$2" >&2; exit "$1"; }
[ $# -ge 2 ] || fail 2 "usage: verify-public.sh https://BUCKET.s3.amazonaws.com ASSET [attempt] [options of curl ...]"
address=$1 asset=$2 attempt=${3:-1}
options=("${@:4}")
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT

# The decision to commit names the manifest by its SHA-256.
for record in manifest end; do
    url=$address/$asset/.aind-lint/$record-$attempt.json
    curl -fsS "${options[@]}" -o "$here/$record.json" "$url" ||
        fail 3 "cannot read $url: is the asset published there, with aind-lint, in attempt $attempt?"
done
outcome=$(jq -r .outcome "$here/end.json")
[ "$outcome" = commit ] ||
    fail 5 "attempt $attempt of $asset is no publication: it ended as $outcome; look at a later attempt"
[ "$(jq -r .content_id "$here/end.json")" = "$(sha256sum <"$here/manifest.json" | cut -d' ' -f1)" ] ||
    fail 5 "manifest-$attempt.json of $asset is not the one that was committed: its SHA-256 is not the content_id"

# Every object has the size and the CRC64NVME that the manifest says: one HEAD for each, over one connection.
jq -r --arg start "$address/$asset/" \
    '.files[] | [$start + (.key | split("/") | map(@uri) | join("/")), .size, .crc64nvme] | @tsv' \
    "$here/manifest.json" >"$here/planned"
cut -f1 "$here/planned" | sed 's/.*/url = "&"\noutput = "\/dev\/null"/' >"$here/urls"
curl -sS --head "${options[@]}" -H 'x-amz-checksum-mode: ENABLED' --config "$here/urls" \
    -w '%{url}\t%header{content-length}\t%header{x-amz-checksum-crc64nvme}\n' >"$here/stored"
if ! diff "$here/planned" "$here/stored"; then
    fail 5 "what begins with < was published; what begins with > is there now"
fi
echo "$asset is complete and as it was published"
