# stage.sh - where run.sh runs the commands of the texts. Sourced; uses $source, $build, $compiler, $scratch.
#
# $stage looks like the tree to them, and they run as they stand, but
#   - configuring and building the tree again are not done: their presets, targets and benchmarks must exist;
#   - `serve` takes a free port, and comes back when it listens; curl then asks that port;
#   - /opt and /usr/local are folders of the test's;
#   - what needs another machine, or root, or a machine of its own for minutes (the server's figures), or a debugger's
#     hold on a process (tests/tools has those), is parsed and no more.
stage=$scratch/stage
shims=$scratch/shims
mkdir -p "$stage/apps" "$stage/docker" "$stage/build/bin" "$stage/build/release/bin" "$shims"
for entry in "$source"/*; do
    case ${entry##*/} in apps | docker | build) ;; *) ln -s "$entry" "$stage/" ;; esac
done
ln -s "$source"/apps/* "$stage/apps/"
[ ! -e "$source/docker" ] || ln -s "$source"/docker/* "$stage/docker/"

shim() { # FILE, its text on standard input
    rm -f "$1" # a link into the tree is not written through
    { printf '#!/bin/bash\nset -eu\nscratch=%q source=%q build=%q\n' "$scratch" "$source" "$build"; cat; } >"$1"
    chmod +x "$1"
}

# grove_shim FILE REAL: the binary that comes back from `serve`.
grove_shim() {
    { printf 'real=%q\n' "$2"; cat <<'SHIM'; } | shim "$1"
[ "${1-}" = serve ] || exec "$real" "$@"
if [ -e "$scratch/pid" ]; then # until it has gone it may write where the next one's lines are read
    former=$(cat "$scratch/pid")
    kill "$former"
    while [ -e "/proc/$former/exe" ]; do sleep 0.05; done # which a zombie has not
    rm "$scratch/pid"
fi
arguments=()
while [ $# -gt 0 ]; do # the test's own port in place of any
    if [ "$1" = --listen ]; then shift 2; else arguments+=("$1"); shift; fi
done
: >"$scratch/served" # here: the child may come to it only when the last line was found again
"$real" "${arguments[@]}" --listen 127.0.0.1:0 >"$scratch/served.out" 2>"$scratch/served" &
echo $! >"$scratch/pid"
until grep -q 'listening on http' "$scratch/served"; do
    kill -0 $! 2>/dev/null || { cat "$scratch/served"; rm "$scratch/pid"; exit 1; }
    sleep 0.05
done
sed -n 's/.*listening on http:.*:\([0-9]*\)$/\1/p' "$scratch/served" | head -n 1 >"$scratch/port"
SHIM
}
export -f shim grove_shim
export scratch source build

grove_shim "$stage/build/bin/grove" "$build/bin/grove"
grove_shim "$shims/grove" "$build/bin/grove"
shim "$stage/apps/serve" <<'SHIM'
bash -n "$source/apps/serve"
exec build/bin/grove serve "$@"
SHIM
for bench in "$source"/tests/bench/*_bench.cpp; do
    bench=${bench##*/}
    echo true | shim "$stage/build/release/bin/${bench%.cpp}"
done
for script in "$source"/docker/*; do
    [ -f "$script" ] && [ -x "$script" ] && grep -q '^#!/bin/.*sh$' <(head -n 1 "$script") || continue
    bash -n "$script" || exit 1
    echo true | shim "$stage/docker/${script##*/}"
done
for elsewhere in docker podman buildah kubectl apt-get dpkg systemctl sudo coredumpctl gdb perf pgrep valgrind; do
    echo true | shim "$shims/$elsewhere"
done
shim "$shims/cpack" <<'SHIM'
[[ $* != *build/CPackConfig.cmake* ]] || [ -f "$build/CPackConfig.cmake" ]
SHIM
shim "$shims/curl" <<'SHIM'
PATH=${PATH#*:}
port=$(cat "$scratch/port")
exec curl -sS --fail "${@//127.0.0.1:8000/127.0.0.1:$port}"
SHIM
shim "$shims/ctest" <<'SHIM'
PATH=${PATH#*:}
case "$*" in *greeter/asan*) ;; *) exec ctest "$@" ;; esac
SHIM
shim "$shims/cmake" <<'SHIM'
PATH=${PATH#*:}
has() { [[ $'\n'$1 == *$'\n'*"$2"* ]] || { echo "cmake: no $2" >&2; exit 1; }; }
case "$*" in
    --preset\ * | --workflow\ --preset\ *) has "$(cmake -S "$source" --list-presets)" "\"${*: -1}\"" ;;
    "-S . -B build"*) [ -f "$build/CMakeCache.txt" ] ;;
    "--build build"*--target\ *) has "$(cmake --build "$build" --target help)" "${*: -1}" ;;
    "--build build"* | *greeter/asan*) ;;
    "--install build "*)
        cmake --install "$build" "${@:3}"
        prefix=${*: -1}
        mv "$prefix/bin/grove" "$prefix/bin/grove-itself"
        grove_shim "$prefix/bin/grove" "$prefix/bin/grove-itself" ;;
    *) exec cmake "$@" ;;
esac
SHIM

# run_staged FILE: its commands, as they stand.
run_staged() {
    sed "s#/opt/#$scratch/opt/#g; s#/usr/local\b#$scratch/local#g; s#^./tests/bench/load/.*#& --help#" "$1" \
        >"$scratch/commands"
    (cd "$stage" && PATH=$shims:$PATH CXX=${compiler[0]} CXXFLAGS=${compiler[*]:1} bash -eu "$scratch/commands")
}

stop_served() {
    [ -e "$scratch/pid" ] || return 0
    kill "$(cat "$scratch/pid")"
    rm "$scratch/pid"
}
