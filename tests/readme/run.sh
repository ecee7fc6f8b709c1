#!/bin/bash
# run.sh SOURCE BUILD COMPILER [FLAG...] - README.md does what it says: its programs compile and run, and each
# of its commands is run or, where it would build a second tree, is known to lead to what was built here.
set -eu
source=$1
build=$2
shift 2
scratch=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$scratch"' EXIT

fail() {
    echo "README.md: $*" >&2
    exit 1
}

# Each ```LANGUAGE block into scratch/LANGUAGE.N
awk -v dir="$scratch" '
    /^```[a-z]+$/ { language = substr($0, 4); file = dir "/" language "." ++count[language]; next }
    /^```/ { file = ""; next }
    file != "" { print > file }' "$source/README.md"

compile() { # the block's number, then the name of the program
    cp "$scratch/cpp.$1" "$scratch/$2.cpp"
    "${compiler[@]}" -std=c++20 -Wall -Wextra -Werror -I"$source/core/include" -I"$source/pool/include" \
        -I"$source/http/include" "$scratch/$2.cpp" -o "$scratch/$2" \
        -L"$build/lib" -lgrove_http -lgrove_pool -lgrove_core -Wl,-rpath,"$build/lib" ||
        fail "its program $1 does not compile"
}

answer_of() { # a request for /, over bash's own sockets
    exec 3<>"/dev/tcp/127.0.0.1/$1"
    printf 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
    cat <&3
    exec 3>&-
}

compiler=("$@")
compile 1 hello
sed -i 's/127.0.0.1:8080/127.0.0.1:0/; s/server.serve_forever();/server.start(); puts(server.address().c_str()); fflush(stdout); server.serve_forever();/' \
    "$scratch/hello.cpp" # a free port, and its name
cp "$scratch/hello.cpp" "$scratch/cpp.1"
sed -i '1i #include <cstdio>' "$scratch/cpp.1"
compile 1 hello
"$scratch/hello" >"$scratch/address" &
server=$!
until [ -s "$scratch/address" ]; do kill -0 "$server" || fail "its server ended"; done
answer=$(answer_of "$(sed 's/.*://' "$scratch/address")")
kill "$server"
server=
[[ $answer == *"200 OK"*"Hello, 127.0.0.1!"* ]] || fail "its server answers: $answer"

compile 2 secure
compile 3 greenlets
[ "$("$scratch/greenlets" | sort -n | tr '\n' ' ')" = "$(seq 0 99 | tr '\n' ' ')" ] ||
    fail "its pool does not print 0 to 99"

# Commands: every program they name is there and can run; grove's own are tried on the files they name.
cat "$scratch"/sh.* | while read -r command arguments; do
    case $command in
        ./*) [ -x "$source/$command" ] || fail "no such command: $command" ;;
        cmake | curl) ;;
        build/release/bin/*_bench)
            [ -f "$source/tests/bench/${command##*/}.cpp" ] || fail "no such benchmark: $command" ;;
        build/bin/grove)
            case $arguments in
                check*) (cd "$source" && "$build/bin/grove" $arguments) || fail "fails: $command $arguments" ;;
                serve*) (cd "$source" && "$build/bin/grove" check "$(echo "$arguments" | cut -d ' ' -f 2)") ;;
                *) fail "no test for: $command $arguments" ;;
            esac ;;
        *) fail "no test for: $command $arguments" ;;
    esac
done

mkdir "$scratch/site" # beside the configuration, as the text has it
[ "$("$build/bin/grove" check "$scratch/jsonc.1")" = "$scratch/jsonc.1: ok" ] ||
    fail "its configuration that serves files has faults"
