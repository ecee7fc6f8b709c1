#!/bin/bash
# map.sh SOURCE_DIR - http/README.md and apps/grove/README.md name each file of each room under that room, once, and no
# other.
root=$(realpath "$1")
failed=0
files() { find "$1" -name '*.h' -o -name '*.cpp' | sed 's|.*/||; s|\.[a-z]*$||' | sort -u; }
named() {
    awk -v heading="### $1" '/^#/ { within = $0 == heading; next } within' README.md | grep -o '`[^`]*`' | tr -d '`' | sort
}
for map in http apps/grove; do
    cd "$root/$map" || exit 2
    for room in $(grep -l '^grove_part(' */CMakeLists.txt); do
        room=${room%/*}
        if ! difference=$(diff <(files "$room") <(named "$room")); then
            echo "$map/README.md, ### $room (<: is not named, >: is named and not there, or twice):"
            grep '^[<>]' <<<"$difference"
            failed=1
        fi
    done
done
exit $failed
