#!/bin/bash
# map.sh SOURCE_DIR - http/README.md names each file of each room under that room, once, and no other.
cd "$1/http" || exit 2
failed=0
files() { find "$1" -name '*.h' -o -name '*.cpp' | sed 's|.*/||; s|\.[a-z]*$||' | sort -u; }
named() {
    awk -v heading="### $1" '/^#/ { within = $0 == heading; next } within' README.md | grep -o '`[^`]*`' | tr -d '`' | sort
}
for room in */CMakeLists.txt; do
    room=${room%/*}
    if ! difference=$(diff <(files "$room") <(named "$room")); then
        echo "http/README.md, ### $room (<: is not named, >: is named and not there, or twice):"
        grep '^[<>]' <<<"$difference"
        failed=1
    fi
done
exit $failed
