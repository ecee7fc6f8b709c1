#!/bin/bash
# instructions.sh PROGRAM RECORD COMPILER [record] - a request costs as many instructions as when RECORD was
# written, within 3 %. callgrind counts them: the same on every run, whatever else the machine does.
# "record": writes the figure instead. Exit 77: this machine cannot tell, and why.
set -eu
program=$1
record=$2
compiler=$3
command -v valgrind >/dev/null || { echo "valgrind is not installed"; exit 77; }

instructions() { # of the whole program, over that many requests
    local out
    out=$(mktemp)
    valgrind --tool=callgrind --callgrind-out-file="$out" "$program" "$1" 2>/dev/null
    sed -n 's/^summary: //p' "$out"
    rm -f "$out"
}

few=1100
many=5500
cost=$((($(instructions $many) - $(instructions $few)) / (many - few)))
if [ "${4:-}" = record ]; then
    echo "$compiler $cost" >"$record"
    echo "recorded: $cost instructions a request"
    exit
fi
read -r recorded_compiler recorded <"$record"
if [ "$recorded_compiler" != "$compiler" ]; then
    echo "recorded with $recorded_compiler, built with $compiler: they cannot be compared"
    exit 77
fi
difference=$(((cost - recorded) * 1000 / recorded))
echo "$cost instructions a request, $recorded when recorded ($difference thousandths more)"
if [ "${difference#-}" -gt 30 ]; then
    echo "more than 3 % apart; if it is meant: $0 $program $record $compiler record"
    exit 1
fi
