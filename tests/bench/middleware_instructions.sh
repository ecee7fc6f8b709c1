#!/bin/bash
# middleware_instructions.sh PROGRAM - a middleware that does nothing but hand on start_response costs a request at most
# 350 instructions (A-007). callgrind counts them, as for instructions.sh. Exit 77: this machine cannot tell.
set -eu
program=$1
most=350
command -v valgrind >/dev/null || { echo "valgrind is not installed"; exit 77; }

instructions() { # of the whole program, over that many requests, with that many middlewares
    local out
    out=$(mktemp)
    valgrind --tool=callgrind --callgrind-out-file="$out" "$program" "$1" "$2" 2>/dev/null
    sed -n 's/^summary: //p' "$out"
    rm -f "$out"
}

few=1100
many=3300
layers=10
cost() { # of a request, with that many
    echo $((($(instructions $many "$1") - $(instructions $few "$1")) / (many - few)))
}
each=$((($(cost $layers) - $(cost 0)) / layers))
echo "$each instructions for each middleware, $most at most"
if [ "$each" -lt 1 ] || [ "$each" -gt $most ]; then exit 1; fi
