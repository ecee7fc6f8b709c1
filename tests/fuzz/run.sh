#!/bin/bash
# tests/fuzz/run.sh SECONDS [TARGET...] - builds the preset `fuzz` and runs the targets (all, if none is named) from their
# corpora, one after the other, each for an equal part of the time. What a target finds new stays in
# build/fuzz/corpus/TARGET; a finding stops the run, with its input in build/fuzz/findings/. A target looks for leaks
# before it ends: beside other work that takes a minute or more, and is no hang.
set -eu

seconds=${1:?usage: run.sh SECONDS [TARGET...]}
shift
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
    for folder in "$here"/corpus/*/; do targets+=("$(basename "$folder")"); done
fi
cd "$root"
each=$((seconds / ${#targets[@]}))
[ "$each" -gt 0 ] || { echo "run.sh: ${#targets[@]} targets need as many seconds" >&2; exit 2; } # 0 would be without end
[ -f build/fuzz/build.ninja ] || cmake --preset fuzz
cmake --build build/fuzz --target fuzz
mkdir -p build/fuzz/findings
for target in "${targets[@]}"; do
    mkdir -p "build/fuzz/corpus/$target"
    log=build/fuzz/$target.log
    if ! "build/fuzz/bin/${target}_fuzz" -max_total_time="$each" -max_len=2048 -timeout=20 -print_final_stats=1 \
        -dict="$here/http.dict" -artifact_prefix="build/fuzz/findings/$target-" \
        "build/fuzz/corpus/$target" "$here/corpus/$target" >"$log" 2>&1; then
        tail -n 40 "$log"
        echo "run.sh: a finding of $target: see $log" >&2
        exit 1
    fi
    echo "$target: $(grep -m 1 '^INFO: Seed' "$log"), $(grep number_of_executed_units "$log")"
done
