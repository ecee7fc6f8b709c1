# others.sh - what the texts have for others than grove: nginx and HAProxy read their configurations where they are
# installed, Python its programs, and grove's image has the folders that a Dockerfile copies to. Sourced by run.sh.

others=$scratch/others
mkdir -p "$others"
nginx_folders= # where nginx writes, without being root
for what in client_body proxy fastcgi uwsgi scgi; do nginx_folders+="${what}_temp_path $what; "; done
for text in "${texts[@]}"; do
    for block in "$scratch/$text"/{nginx,haproxy,python,dockerfile}.*; do
        [ -e "$block" ] || continue
        case ${block##*/} in
            nginx.*)
                program=nginx
                if ! grep -q '^http {' "$block"; then # what stands within http
                    { echo "events {} http { access_log off; $nginx_folders"; cat "$block"; echo '}'; } >"$others/nginx.conf"
                else
                    sed "s/^http {/& $nginx_folders/" "$block" >"$others/nginx.conf"
                fi
                command=(nginx -t -q -p "$others" -e stderr -c "$others/nginx.conf" -g "pid $others/nginx.pid;") ;;
            haproxy.*) program=haproxy command=(haproxy -c -q -f "$block") ;;
            python.*)
                program=/usr/bin/python3
                command=(/usr/bin/python3 -c 'import sys; compile(open(sys.argv[1]).read(), sys.argv[1], "exec")' "$block") ;;
            dockerfile.*)
                program=awk # their only instructions
                command=(awk -v image="$(<"$source/docker/Dockerfile")" '
                    $1 == "FROM" && $2 == "grove" { next }
                    $1 == "COPY" { folder = $NF; gsub(/^\/|\/[^\/]*$/, "", folder); if (index(image, folder)) next }
                    { print; exit 1 }' "$block") ;;
        esac
        command -v "$program" >/dev/null || { echo "$text: ${block##*/} is not tried: $program is not installed" >&2; continue; }
        "${command[@]}" >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; fail "$program refuses ${block##*/}"; }
    done
done

text=pool/gevent.md # beside what its program in C++ says
if /usr/bin/python3 -c 'import gevent' 2>/dev/null; then
    expect "0 1 4 three is not to be had 16" "$(/usr/bin/python3 "$scratch/$text/python.01" 2>/dev/null | tr '\n' ' ')"
fi

text=http/coming_from.md # the keys that its tables call grove's are in the reference
keys=0
while read -r key; do
    keys=$((keys + 1))
    grep -qF "| \`$key\` |" "$source/conf/reference.md" || fail "conf/reference.md has no key $key"
done < <(sed -n '/^| what |/,/^| what an/p' "$source/$text" | awk -F'|' 'NR > 2 && !/^\| what an/ { print $3 }' |
    grep -o '`[^`]*`' | tr -d '`')
[ "$keys" -gt 20 ] || fail "its table was not read"

text=CHANGELOG.md # all keys of 0.1 are still there: its conf/grove.json has each, with its default
mkdir -p "$scratch/0.1"
cp "$source/tests/readme/grove-0.1.json" "$scratch/0.1/grove.json"
[ "$("$build/bin/grove" check "$scratch/0.1/grove.json")" = "$scratch/0.1/grove.json: ok" ] ||
    fail "a configuration of 0.1 is refused"
