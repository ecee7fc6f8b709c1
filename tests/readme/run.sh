#!/bin/bash
# run.sh SOURCE BUILD COMPILER [FLAG...] - README.md and the texts of the rooms do what they say.
#
# Their sh blocks are run as they stand, in a folder that looks like the tree (stage.sh has what stands in for
# what would build it a second time, or serve for ever); their C++ is compiled, and run where the end of this
# script knows what it must print; their configurations are checked, those of other
# servers by these; their links lead somewhere. A block in a language that nothing tries is a fault.
set -eu
source=$1
build=$2
compiler=("${@:3}")
scratch=$(mktemp -d)
server= # a program of a text
trap '[ -z "$server" ] || kill "$server"; stop_served || true; rm -rf "$scratch"' EXIT

fail() {
    echo "$text: $*" >&2
    exit 1
}
text=readme
. "$source/tests/readme/stage.sh"

texts=(README.md http/start.md CHANGELOG.md .github/SECURITY.md) # O-089; what is installed there, others use
for room in core pool pool/postgres pool/redis http http/web apps apps/grove apps/proxy apps/wsgi conf docker; do
    for file in "$source/$room"/*.md; do
        [ ! -e "$file" ] || [[ " ${texts[*]} " == *" ${file#"$source"/} "* ]] || texts+=("${file#"$source"/}")
    done
done

# Each ```LANGUAGE block of a text into $scratch/TEXT/LANGUAGE.N
for text in "${texts[@]}"; do
    mkdir -p "$scratch/$text"
    awk -v dir="$scratch/$text" -v text="$text" '
        /^ *```/ && file == "" && !/^```(cmake|cpp|dockerfile|haproxy|jsonc|nginx|python|sh)$/ {
            print text ": nothing tries such a block: " $0; exit 1
        }
        /^```[a-z]+$/ { language = substr($0, 4); file = sprintf("%s/%s.%02d", dir, language, ++count[language]); next }
        /^```/ { file = ""; next }
        file != "" { print > file }' "$source/$text" >&2
    while read -r link; do
        [[ $link =~ ^(https?:|#) ]] || [ -e "$(dirname "$source/$text")/${link%%#*}" ] || fail "leads nowhere: $link"
    done < <(awk '/^```/ { fenced = !fenced } !fenced' "$source/$text" | grep -o '](\([^)]*\))' | sed 's/^](//; s/)$//')
done

# Servers take a free port and print it; the rest stays as it stands.
for block in $(find "$scratch" -name 'cpp.*'); do
    mv "$block" "$block.cpp"
    ! grep -q 'server.serve_forever();' "$block.cpp" ||
        sed -i -E 's/127\.0\.0\.1:[0-9]+/127.0.0.1:0/; s/^( *)server.serve_forever\(\);/\1server.start(); puts(server.address().c_str()); fflush(stdout); server.serve_forever();/; 1i #include <cstdio>' "$block.cpp"
done
for component in postgres redis; do # what is built by their own CMake, below
    mkdir -p "$scratch/$component"
    mv "$scratch/pool/$component/README.md/cpp.01.cpp" "$scratch/$component/program.cpp"
    mv "$scratch/pool/$component/README.md/cmake.01" "$scratch/$component/CMakeLists.txt"
done
headers=(-I"$build/include")
for folder in "$source"/{core,pool,http,http/*}/include; do headers+=(-I"$folder"); done
compile() { # FILE.cpp: a plugin or a program, FILE
    local shared=
    ! grep -Eq '^GROVE_(PLUGIN|MIDDLEWARE)\(' "$1" || shared='-shared -fPIC'
    # shellcheck disable=SC2086
    "${compiler[@]}" -std=c++20 -Wall -Wextra -Werror $shared "${headers[@]}" "$1" -o "${1%.cpp}" \
        -L"$build/lib" -lgrove_web -lgrove_http -lgrove_pool -lgrove_core -Wl,-rpath,"$build/lib" ||
        { echo "does not compile: ${1#"$scratch"/}" >&2; return 1; }
}
first=() second=() # compiled side by side
for block in $(find "$scratch" -name 'cpp.*.cpp'); do
    if [ ${#first[@]} -le ${#second[@]} ]; then first+=("$block"); else second+=("$block"); fi
done
(for block in "${first[@]}"; do compile "$block" || exit 1; done) &
for block in "${second[@]}"; do compile "$block"; done
wait $!

# The commands, in the order of the texts; a block that stands in several texts is run once.
declare -A ran=()
for text in "${texts[@]}"; do
    for block in "$scratch/$text"/sh.*; do
        [ -e "$block" ] || continue
        commands=$(cat "$block")
        [ -z "${ran[$commands]-}" ] || continue
        ran[$commands]=1
        run_staged "$block" >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; fail "fails: $commands"; }
    done
done
stop_served

# What the programs do.
start() { # PROGRAM: a server of a text; sets $port
    rm -f "$scratch/out"
    "$1" >"$scratch/out" &
    server=$!
    until [ -s "$scratch/out" ]; do kill -0 "$server" || fail "the server ended: $1"; sleep 0.05; done
    port=$(sed 's/.*://; q' "$scratch/out")
}
stop() {
    kill "$1" "$server"
    wait "$server" 2>/dev/null || [ "$1" = -KILL ] || fail "the server ended with $?"
    server=
}
ask() { # PORT, then what is sent
    exec 3<>"/dev/tcp/127.0.0.1/$1"
    printf "$2" >&3
    cat <&3
    exec 3>&-
}
get='GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
expect() { # WHAT IS WANTED, WHAT IS THERE
    [[ $2 == *"$1"* ]] || fail "wanted $1, got: $2"
}

text=README.md
start "$scratch/$text/cpp.01"
expect "Hello, 127.0.0.1!" "$(ask "$port" "${get/\%s//}")"
stop -KILL
figures=0
while IFS='|' read -r _ label values; do # each figure is one that http/figures.md has, under the same name
    figures=$((figures + 1))
    told=$(grep -F "|$label|" "$source/http/figures.md") || fail "http/figures.md has no row $label"
    for figure in $(grep -oE '[0-9][0-9.,]*' <<<"$values"); do
        [[ " $told " == *" $figure "* ]] || fail "http/figures.md has another figure than $figure of$label"
    done
done < <(sed -n '/^## Five figures/,/^\[/p' "$source/$text" | grep '^| .*[0-9] [nuB]')
expect 5 "$figures"

text=http/nouns.md
expect "$(seq -s ' ' 0 99)" "$("$scratch/$text/cpp.01" | sort -n | tr '\n' ' ')"

text=pool/gevent.md
expect "0 1 4 std::invalid_argument: three is not to be had 16" "$("$scratch/$text/cpp.01" 2>/dev/null | tr '\n' ' ')"

text=http/embedding.md
start "$scratch/$text/cpp.01"
expect $'1\n2\n3' "$(ask "$port" "GET /count HTTP/1.0\r\n\r\n" | tr -d '\r')"
stop -TERM
start "$scratch/$text/cpp.02"
expect "401 Unauthorized" "$(ask "$port" "${get/\%s//}")"
expect "Hello, Ali Baba" "$(ask "$port" 'GET / HTTP/1.0\r\nAuthorization: Bearer sesame\r\n\r\n')"
expect "X-Frame-Options: DENY" "$(ask "$port" 'GET / HTTP/1.0\r\nAuthorization: Bearer sesame\r\n\r\n')"
stop -KILL
start "$scratch/$text/cpp.04"
expect "there and back" "$(exec 3<>"/dev/tcp/127.0.0.1/$port"; printf 'there and back\n' >&3; head -n 1 <&3)"
stop -KILL

text=http/client.md
start "$scratch/http/embedding.md/cpp.01"
fetched=$("$scratch/$text/cpp.01" "http://127.0.0.1:$port/count" "http://127.0.0.1:1/x?y")
expect "200 " "$fetched"
expect " bytes http://127.0.0.1:$port/count" "$fetched"
expect "GET http://127.0.0.1:1/x: connect to 127.0.0.1:1: Connection refused" "$fetched"
echo "{\"apps\": [{\"app\": \"$scratch/$text/cpp.02\", \"config\": {\"url\": \"http://127.0.0.1:$port/count\"}}]}" >"$stage/relay.json"
echo 'build/bin/grove serve relay.json' >"$scratch/serve_relay"
run_staged "$scratch/serve_relay" || fail "its relay is not served"
expect $'1\n2\n3' "$(ask "$(cat "$scratch/port")" 'GET / HTTP/1.0\r\n\r\n' | tr -d '\r')"
stop_served
stop -TERM

text=apps/proxy/README.md
start "$scratch/http/embedding.md/cpp.01"
mkdir -p "$stage/site"
sed "s/127.0.0.1:9000/127.0.0.1:$port/; s/127.0.0.1:9001/127.0.0.1:1/; s/\"\/api\"/\"\/count\"/" "$scratch/$text/jsonc.01" >"$stage/proxy.json"
echo 'build/bin/grove serve proxy.json' >"$scratch/serve_proxy"
run_staged "$scratch/serve_proxy" || fail "its proxy is not served"
for _ in 1 2; do # one of its two upstreams refuses
    expect $'1\n2\n3' "$(ask "$(cat "$scratch/port")" 'GET /count HTTP/1.0\r\n\r\n' | tr -d '\r')"
done
stop_served
stop -TERM

text=http/plugins.md
"$scratch/$text/cpp.02" || fail "its test fails"
mkdir "$scratch/shout"
cp "$scratch/$text/cpp.01.cpp" "$scratch/shout/shout.cpp"
cp "$scratch/$text/cmake.01" "$scratch/shout/CMakeLists.txt"
cp "$scratch/$text/jsonc.01" "$scratch/shout/shout.json"
rm "$scratch/$text/jsonc.01"
echo 'cmake -S shout -B shout/build -DCMAKE_PREFIX_PATH=/opt/grove && cmake --build shout/build' >"$scratch/build_shout"
mv "$scratch/shout" "$stage/shout"
run_staged "$scratch/build_shout" >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; fail "its plugin is not built"; }
echo 'build/bin/grove serve shout/shout.json' >"$scratch/serve_shout"
run_staged "$scratch/serve_shout" || fail "its plugin is not served"
expect "LOUD" "$(ask "$(cat "$scratch/port")" 'POST /shout HTTP/1.0\r\nContent-Length: 4\r\n\r\nloud')"
stop_served

echo "{\"apps\": [{\"app\": \"hello\"}], \"around\": [\"$scratch/$text/cpp.03\"]}" >"$stage/timed.json"
echo 'build/bin/grove serve timed.json' >"$scratch/serve_timed"
run_staged "$scratch/serve_timed" || fail "its middleware is not served"
expect "Server-Timing: app;dur=" "$(ask "$(cat "$scratch/port")" 'GET / HTTP/1.0\r\n\r\n')"
stop_served

text=http/realtime.md
echo "{\"apps\": [{\"mount\": \"/events\", \"app\": \"$scratch/$text/cpp.02\"}]}" >"$stage/events.json"
echo 'build/bin/grove serve events.json' >"$scratch/serve_events"
run_staged "$scratch/serve_events" || fail "its events are not served"
exec 4<>"/dev/tcp/127.0.0.1/$(cat "$scratch/port")"
printf 'GET /events HTTP/1.0\r\n\r\n' >&4
expect ":" "$(grep -m 1 '^:' <&4)" # it listens
expect " 204 " "$(ask "$(cat "$scratch/port")" 'POST /events?news HTTP/1.0\r\nContent-Length: 0\r\n\r\n')"
expect "data: news" "$(grep -m 1 '^data' <&4)"
exec 4>&-
stop_served

text=http/web/README.md
start "$scratch/$text/cpp.01"
form='POST /notes HTTP/1.0\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 11\r\n\r\ntext=a+note'
expect "Location: /notes/1" "$(ask "$port" "$form")"
expect "a note" "$(ask "$port" 'GET /notes/1 HTTP/1.0\r\n\r\n')"
expect "there is no such note" "$(ask "$port" 'GET /notes/2 HTTP/1.0\r\n\r\n')"
stop -KILL
"$scratch/$text/cpp.02" || fail "its test fails"

text=http/background.md
echo "{\"apps\": [{\"app\": \"$scratch/$text/cpp.01\"}]}" >"$stage/visits.json"
echo 'build/bin/grove serve visits.json' >"$scratch/serve_visits"
run_staged "$scratch/serve_visits" || fail "its visits are not served"
expect " paths within a minute" "$(ask "$(cat "$scratch/port")" "${get/\%s//}")"
stop_served

. "$source/tests/readme/databases.sh"
. "$source/tests/readme/others.sh"

# The reference of the configuration, and the configurations.
text=conf/reference.md
"$build/bin/grove" schema | "$build/bin/config_reference" | diff "$source/$text" - ||
    fail "is not what the table of keys says; make it anew: build/bin/grove schema | build/bin/config_reference >conf/reference.md"
# Python's has the folders that it names, and a module. Sanitizers do not know Python.
text=apps/wsgi/README.md
mkdir -p "$scratch/$text"/{static,mysite}
echo 'def application(environ, start_response): pass' >"$scratch/$text/mysite/wsgi.py"
if [ -e "$build/lib/grove/apps/wsgi.so" ]; then
    /usr/bin/python3 -m venv --without-pip "$scratch/$text/venv"
else
    rm "$scratch/$text"/jsonc.*
fi
export ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 TSAN_OPTIONS=${TSAN_OPTIONS-}:report_bugs=0
for text in "${texts[@]}"; do
    mkdir -p "$scratch/$text/site"
    touch "$scratch/$text/site/index.html"
    for block in "$scratch/$text"/jsonc.*; do
        [ -e "$block" ] || continue
        [ "$("$build/bin/grove" check "$block")" = "$block: ok" ] || fail "a configuration has faults: ${block##*/}"
    done
done
