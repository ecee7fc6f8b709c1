#!/bin/sh
# Rules that no compiler checks, looked for in the sources of the rooms.
# usage: review.sh SOURCE_DIR
cd "$1" || exit 2
failed=0

complain() {
    echo "$1"
    echo "$2"
    failed=1
}

# P-221: no lock on a greenlet's path. run_threadsafe, the monitor's own thread, the list of signal inboxes and the memory
# of keys, which are read and not used there, have one.
found=$(grep -nE 'std::mutex|lock_guard|unique_lock|pthread_mutex|call_once' \
        core/*.cpp core/*.h core/include/grove/core/*.h core/include/grove/core/detail/*.h |
    grep -vE '^core/(blocking_monitor|crash_report|hub|lookups|secret_memory|signal_inbox)\.cpp:|^core/(include/grove/core/hub|lookups)\.h:')
[ -z "$found" ] || complain "P-221: a lock in core outside the files that may have one:" "$found"
for call in run_threadsafe run_posted; do
    grep -q "Hub::$call" core/hub.cpp || complain "P-221: hub.cpp has changed; look at its locks" ""
done
count=$(grep -c 'lock_guard' core/hub.cpp)
[ "$count" = 2 ] || complain "P-221: hub.cpp takes $count locks, not those of run_threadsafe alone" ""

# P-223: catch (...) rethrows, or keeps or reports what it caught, or says why it may swallow it.
found=$(awk '
    FNR == 1 { since = 99 }
    since < 9 {
        if (/throw;|current_exception|\/\/.+/) since = 99
        else if (++since == 9) print place
    }
    /catch \(\.\.\.\)/ {
        place = FILENAME ":" FNR ": " $0
        since = /throw;|current_exception|\/\/.+/ ? 99 : 0
    }' $(find core pool http apps -name '*.cpp' -o -name '*.h'))
[ -z "$found" ] || complain "P-223: catch (...) that swallows:" "$found"

# P-225: what is thread_local is the way to the hub, and what is never held over a switch: a worker
# thread's crew, the cached date of answers and that of access lines, a record of a file that goes over TLS, where
# the thread's own stack lies, the first bytes of a TLS client, whether it is keys that OpenSSL reads, the Event that
# tells of a stop, which servers and lines for a slot the thread has, its newest ThreadNote, memory for fields that
# nobody has, zlib's memory for one message of a WebSocket, where a session of HTTP/2 writes to, and what was read for it.
found=$(grep -rn 'thread_local' core pool http apps --include=*.cpp --include=*.h |
    grep -vE '^core/(hub_lifetime\.cpp|loaded_asan\.cpp|secret_memory\.cpp|this_hub\.h|tls_session\.cpp):|^pool/thread_crew\.cpp:|^http/(exchange/(running_exchange|spare_headers)|http2/(http2_connection|http2_session)|message/(date|access_format)|server/stopping|websocket/ws_deflate|wsgi/(slot_line|thread_note|tls_handshake))\.cpp:|^apps/grove/serving/throw_points\.cpp:|:[0-9]+: *(//|///)')
[ -z "$found" ] || complain "P-225: thread_local in a file that was not looked at:" "$found"

# The numbers of behaviours stand beside the tests that prove them: elsewhere nobody can look them up.
found=$(grep -rnE '\b[PS]-[0-9]{3}\b' ./*.md ./*.txt core pool http apps conf docker 2>/dev/null)
[ -z "$found" ] || complain "a number of the tests' outside of tests:" "$found"

exit $failed
