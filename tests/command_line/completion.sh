#!/bin/bash
# run.sh COMPLETION GROVE - what an interactive bash makes of lines that begin with grove: its own line editor completes
# them, by the file COMPLETION and the binary GROVE.
set -eu
completion=$(realpath "$1")
grove=$(realpath "$2")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/conf.d"
touch "$scratch"/{one,"two words"}.json "$scratch/notes.txt"
cd "$scratch"

lines=() wanted=()
completes() { # LINE WANTED: the line with all that its last word may become
    lines+=("$1")
    wanted+=("$2")
}

completes 'grove ' 'grove apps check health new reload schema serve status stop top '
completes 'grove st' 'grove status stop '
completes 'grove --' 'grove --help --version '
completes 'grove status --' 'grove status --help --json --pid-file '
completes 'grove serve --w' 'grove serve --watch --workers '
completes 'grove serve a.json --lis' 'grove serve a.json --listen '
completes 'grove serve --workers ' 'grove serve --workers auto '
completes 'grove serve --workers=' 'grove serve --workers=auto '
completes 'grove serve --log-level=w' 'grove serve --log-level=warn '
completes 'grove serve --log-level ' 'grove serve --log-level debug error info trace warn '
completes 'grove serve --access-log o' 'grove serve --access-log off one.json '
completes 'grove serve --app e' 'grove serve --app echo events '
completes 'grove stop --pid-file n' 'grove stop --pid-file notes.txt '
completes 'grove serve --pool ' 'grove serve --pool '
completes 'grove serve --listen ' 'grove serve --listen '
completes 'grove check ' 'grove check conf.d one.json two\ words.json '
completes 'grove serve --watch t' 'grove serve --watch two\ words.json '
completes 'grove status --json o' 'grove status --json one.json '
completes 'grove new --web o' 'grove new --web o'
completes 'grove apps ' 'grove apps '
completes 'grove bogus ' 'grove bogus '

{
    printf 'PATH=%q:$PATH\n' "$(dirname "$grove")"
    printf 'source %q\n' "$completion"
    cat <<'BASH'
show() { printf '%s\n' "$READLINE_LINE" >&3; }
bind -x '"\C-t": show'
bind '"\C-g": insert-completions'
BASH
    for line in "${lines[@]}"; do printf '%s\a\x14\x15' "$line"; done # completed, shown, emptied
} >keys
env -i HOME="$scratch" PATH="$PATH" TERM=dumb LC_ALL=C bash --norc --noprofile -i <keys 3>shown >log 2>&1
mapfile -t shown <shown
for at in "${!lines[@]}"; do
    [ "${shown[at]-}" = "${wanted[at]}" ] || {
        echo "completion: '${lines[at]}' becomes '${shown[at]-}', wanted '${wanted[at]}'" >&2
        failed=1
    }
done
[ -z "${failed-}" ] || { cat log >&2; exit 1; }
