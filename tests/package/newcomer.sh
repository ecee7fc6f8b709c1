#!/bin/bash
# newcomer.sh - within the tree of run.sh: what README and the written project tell a newcomer to do, timed.
set -eu
mount -t proc proc /proc
scratch=$(mktemp -d)
# shellcheck source=tests/support/serving.sh
. /serving.sh

step() { # TEXT COMMAND...
    local text=$1 start
    shift
    start=$(date +%s%N)
    "$@" >&2
    printf '%6.1f s  %s\n' "$((($(date +%s%N) - start) / 100000000))e-1" "$text"
}
reload() {
    kill -HUP "$server"
    answers '{"greeting":"Hello, dear Ada!"}'
}
answers() { # WANTED
    until [ "$(curl -sS 'http://127.0.0.1:8000/?name=Ada')" = "$1" ]; do sleep 0.05; done
}

cd "$scratch"
step "grove new greeter" grove new greeter
cd greeter
step "cmake -S . -B build" cmake -S . -B build
step "cmake --build build" cmake --build build
step "ctest --test-dir build" ctest --test-dir build --output-on-failure --no-tests=error
step "grove check greeter.json" grove check greeter.json
step "grove serve greeter.json, until it listens" start_server grove serve greeter.json
step "curl, a query" answers '{"greeting":"Hello, Ada!"}'
[ "$(curl -sS -d '{"numbers": [1, 2, 3]}' http://127.0.0.1:8000/)" = '{"sum":6.0}' ]

sed -i 's/greeting + ", "/greeting + ", dear "/' greeter_app.cpp
step "an edit, cmake --build build" cmake --build build
step "kill -HUP, until the new code answers" reload
step "kill -TERM" stop_server

# And a program of one's own, by pkg-config.
printf '#include <grove/http.h>\nint main() { return grove::http::find({{"a", "b"}}, "a") ? 0 : 1; }\n' >own.cpp
# shellcheck disable=SC2046
step "g++ with pkg-config grove-http" g++ -std=c++20 own.cpp -o own $(pkg-config --cflags --libs grove-http)
./own
cd /
rm -r "$scratch"
