# shellcheck shell=bash disable=SC2154,SC2034
# serving.sh - for scripts that start a server on a free port. Sourced; uses $scratch and sets $server, the
# process to end on the way out, and $server_port.

# start_server COMMAND [ARGUMENT...]: returns when it listens.
start_server() {
    : >"$scratch/server.err" # here: the child may come to it only when the last server's line was found again
    "$@" >"$scratch/server.out" 2>"$scratch/server.err" &
    server=$!
    until grep -q 'listening on http' "$scratch/server.err"; do
        kill -0 "$server" 2>/dev/null || { cat "$scratch/server.err" >&2; exit 1; }
        sleep 0.05
    done
    server_port=$(sed -n 's/.*listening on http:.*:\([0-9]*\)$/\1/p' "$scratch/server.err" | head -n 1)
}

# stop_server: by TERM; fails unless it ends well.
stop_server() {
    kill -TERM "$server"
    wait "$server" || { echo "the server ended with $?" >&2; cat "$scratch/server.err" >&2; exit 1; }
    server=
}

# answer_of PORT TARGET: over bash's own sockets.
answer_of() {
    exec 3<>"/dev/tcp/127.0.0.1/$1"
    printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$2" >&3
    cat <&3
    exec 3>&-
}
