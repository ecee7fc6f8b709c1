#!/bin/bash
# man_pages.sh FOLDER GROVE - the pages of FOLDER are those of the commands of GROVE, each says all that its help says, and
# man shows them without a warning.
set -eu
folder=$1
grove=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
    echo "man_pages: $*" >&2
    exit 1
}
words() { tr -cs 'A-Za-z0-9/-' '\n' | tr A-Z a-z | grep '[a-z0-9]' | sort -u; }

commands=$("$grove" --help | awk '/^[A-Za-z]+:$/ { on = tolower($0) == "subcommands:" } on && /^  [a-z]/ { print $1 }')
[[ $'\n'$commands$'\n' == *$'\nserve\n'* ]] || fail "no command serve: $commands"
wanted=grove.1.gz
for command in $commands; do wanted+=$'\n'grove-$command.1.gz; done
[ "$(ls "$folder")" = "$(sort <<<"$wanted")" ] || fail "there are $(ls "$folder")"

for command in '' $commands; do
    page=grove${command:+-$command}.1.gz
    LC_ALL=C.UTF-8 MANWIDTH=400 man --warnings -l "$folder/$page" >"$scratch/page" 2>"$scratch/warnings" ||
        fail "$page cannot be shown: $(cat "$scratch/warnings")"
    [ ! -s "$scratch/warnings" ] || fail "$page: $(cat "$scratch/warnings")"
    lacks=$("$grove" ${command:+"$command"} --help | sed 's/^Usage://; s/ TEXT\( REQUIRED\)* / /' | words |
        comm -23 - <(sed -E 's/grove-([a-z]+)\(1\)/\1/; s/ ?\b-h, / -h,/' "$scratch/page" | words))
    [ -z "$lacks" ] || fail "$page lacks" $lacks
    for section in NAME SYNOPSIS OPTIONS 'SEE ALSO'; do
        grep -qx "$section" "$scratch/page" || fail "$page has no section $section"
    done
done
