#!/usr/bin/env bash
# Compare a published asset with its own manifest, with aws and jq alone: keys, sizes and checksums.
#   verify.sh BUCKET ASSET [attempt] [options of aws ...]
# A public bucket needs no credentials: add --no-sign-request.
# Exit codes: 0 equal, 2 wrong arguments, 3 there is no such record, 5 something differs.
set -euo pipefail
fail() { echo "$2" >&2; exit "$1"; }
[ $# -ge 2 ] || fail 2 "usage: verify.sh BUCKET ASSET [attempt] [options of aws ...]"
bucket=$1 asset=$2 attempt=${3:-1}
options=("${@:4}")
aws() { command aws "${options[@]}" "$@"; }
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
export LC_ALL=C

# The decision to commit names the manifest by its SHA-256.
for record in manifest end; do
    key=$asset/.aind-lint/$record-$attempt.json
    aws s3api get-object --bucket "$bucket" --key "$key" "$here/$record.json" >/dev/null ||
        fail 3 "cannot read $key in $bucket: is the asset published there, with aind-lint, in attempt $attempt?"
done
outcome=$(jq -r .outcome "$here/end.json")
[ "$outcome" = commit ] ||
    fail 5 "attempt $attempt of $asset is no publication: it ended as $outcome; look at a later attempt"
[ "$(jq -r .content_id "$here/end.json")" = "$(sha256sum <"$here/manifest.json" | cut -d' ' -f1)" ] ||
    fail 5 "manifest-$attempt.json of $asset is not the one that was committed: its SHA-256 is not the content_id"

# Every key of the manifest is there with its size; what else is there is no part of the asset.
jq -r --arg asset "$asset" '.files[] | [$asset + "/" + .key, .size] | @tsv' "$here/manifest.json" | sort >"$here/planned"
aws s3api list-objects-v2 --bucket "$bucket" --prefix "$asset/" --output json |
    jq -r '.Contents[] | [.Key, .Size] | @tsv' | sort >"$here/listed"
if comm -23 "$here/planned" "$here/listed" | grep .; then
    fail 5 "these are missing, or have another size"
fi

# S3 keeps the CRC64NVME of every object; it is the one in the manifest.
jq -r --arg asset "$asset" '.files[] | [.crc64nvme, $asset + "/" + .key] | @tsv' "$here/manifest.json" |
    while IFS=$'\t' read -r crc key; do
        stored=$(aws s3api head-object --bucket "$bucket" --key "$key" --checksum-mode ENABLED --output json |
            jq -r .ChecksumCRC64NVME)
        [ "$stored" = "$crc" ] || fail 5 "$key has the checksum $stored, not $crc"
    done
echo "$asset is complete and as it was published"
