#!/bin/bash
# middleware_instructions.sh PROGRAM - a middleware that does nothing but hand on start_response costs a request at most
# 350 instructions (A-007), also if it makes a start_response of its own. callgrind counts them, as for instructions.sh.
# Exit 77: this machine cannot tell.
set -eu
program=$1
most=350
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
layers=10
cost() { # MIDDLEWARES HOW - of a request
    echo $((($(instructions $many "$@") - $(instructions $few "$@")) / (many - few)))
}
without=$(cost 0 passing)
check() { # HOW
    local each
    each=$((($(cost $layers "$1") - without) / layers))
    echo "$each instructions for each middleware that is $1, $most at most"
    [ "$each" -ge 1 ] && [ "$each" -le $most ]
}
check passing
check starting
