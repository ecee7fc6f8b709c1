#!/bin/bash
# tests/fuzz/minimise.sh TARGET... - keeps of each target's corpus, and of what run.sh has found for it, the smallest
# files that reach all the code that the whole reaches. Files with names of their own stay.
set -eu

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
for target in "${@:?usage: minimise.sh TARGET...}"; do
    corpus=$here/corpus/$target
    found=$root/build/fuzz/corpus/$target
    mkdir -p "$found"
    find "$corpus" -type f -regextype posix-extended -regex '.*/[0-9a-f]{40}' -exec mv -t "$found" {} +
    before=$(find "$corpus" "$found" -type f | wc -l)
    "$root/build/fuzz/bin/${target}_fuzz" -set_cover_merge=1 -use_counters=0 -max_len=2048 -timeout=60 "$corpus" "$found" \
        >"$root/build/fuzz/$target-merge.log" 2>&1
    echo "$target: $(find "$corpus" -type f | wc -l) of $before"
done
