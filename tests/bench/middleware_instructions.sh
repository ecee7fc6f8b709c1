#!/bin/bash
# middleware_instructions.sh PROGRAM - a middleware that does nothing costs a request at most 350 instructions (A-007),
# and one with a start_response of its own, which is checked as the application's is, at most 600. callgrind counts
# them, as for instructions.sh. Exit 77: this machine cannot tell.
set -eu
program=$1
command -v valgrind >/dev/null || { echo "valgrind is not installed"; exit 77; }

instructions() { # REQUESTS MIDDLEWARES HOW - of the whole program
    local out
    out=$(mktemp)
    valgrind --tool=callgrind --callgrind-out-file="$out" "$program" "$@" 2>/dev/null
    sed -n 's/^summary: //p' "$out"
    rm -f "$out"
}

few=1100
many=3300
layers=11
cost() { # MIDDLEWARES HOW - of a request
    echo $((($(instructions $many "$@") - $(instructions $few "$@")) / (many - few)))
}
check() { # HOW MOST - each but the innermost, for which the application's call takes another way
    local each
    each=$((($(cost $layers "$1") - $(cost 1 "$1")) / (layers - 1)))
    echo "$each instructions for each middleware that is $1, $2 at most"
    [ "$each" -ge 1 ] && [ "$each" -le "$2" ]
}
check passing 350
check starting 600
