# databases.sh - the programs of pool/postgres and pool/redis, built by the CMake of their texts with the grove that the
# commands installed, and run beside a server of their own. Sourced by run.sh.

program_of() { # COMPONENT: false if it is not built here
    text=pool/$1/README.md
    [ -e "$build/lib/libgrove_$1.so" ] || { echo "$text: not tried, as libgrove_$1 is not built here" >&2; return 1; }
    mv "$scratch/$1" "$stage/$1"
    echo "cmake -S $1 -B $1/build -DCMAKE_PREFIX_PATH=/opt/grove && cmake --build $1/build" >"$scratch/build_program"
    run_staged "$scratch/build_program" >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; fail "its program is not built"; }
}

if program_of postgres; then
    examples=$source/tests/consumer/examples
    told=$(/usr/bin/python3 -B "$examples/with_postgres.py" "$examples/notes/schema.sql" \
        sh -c "'$stage/postgres/build/program' \"\$NOTES_DATABASE\"") && code=0 || code=$?
    case $code in
        77) echo "$text: not run: $told" >&2 ;;
        *) [ "$told" = "2 left" ] || fail "its program said $told, and ended with $code" ;;
    esac
fi

if program_of redis; then
    if command -v redis-server >/dev/null; then
        redis-server --port 0 --unixsocket "$scratch/redis.sock" --save '' --dir "$scratch" >"$scratch/redis.log" 2>&1 &
        server=$!
        until [ -S "$scratch/redis.sock" ]; do kill -0 "$server" || fail "$(cat "$scratch/redis.log")"; sleep 0.05; done
        told=$("$stage/redis/build/program" "unix:$scratch/redis.sock")
        [ "$told" = $'hello\nit is out' ] || fail "its program said $told"
        stop -TERM
    else
        echo "$text: not run: redis-server is not installed" >&2
    fi
fi
