#!/bin/sh
# man_pages.sh GROVE FOLDER - writes grove.1.gz, and grove-COMMAND.1.gz for each command, into FOLDER. All that they say is
# what `grove --help` and `grove COMMAND --help` print.
set -eu
grove=$1
folder=$2

# page NAME COMMAND...: the help of the command on standard input, as roff.
page() {
    awk -v name="$1" -v version="$version" -v commands="$commands" '
        function roff(text) { # as it stands
            gsub(/\\/, "\\e", text); gsub(/-/, "\\-", text); gsub(/\047/, "\\(aq", text)
            return text
        }
        function term(text,   words, count, i, line) { # names bold, what they take italic
            if (heading == "SUBCOMMANDS") text = name "-" text "(1)"
            if (heading !~ /^(OPTIONS|POSITIONALS)$/) return "\\fB" roff(text) "\\fR"
            sub(/^-h,/, "-h, ", text)
            if (heading == "POSITIONALS") sub(/ TEXT( REQUIRED)?$/, "", text)
            count = split(text, words, " ")
            for (i = 1; i <= count; ++i)
                line = line (i > 1 ? " " : "") (words[i] ~ /^(-|CONFIG$|NAME$)/ ? "\\fB" roff(words[i]) "\\fR" \
                    : words[i] ~ /^(\.\.\.|[A-Z][a-z]+:)$/ ? words[i] : "\\fI" roff(words[i]) "\\fR")
            return line
        }
        NR == 1 {
            sub(/^[a-z]+: /, "")
            print ".TH " toupper(name) " 1 \"\" \"" version "\" \"User Commands\""
            print ".SH NAME\n" roff(name) " \\- " tolower(substr($0, 1, 1)) roff(substr($0, 2))
            next
        }
        /^Usage: / { print ".SH SYNOPSIS\n.B " roff(substr($0, 8)); next }
        /^[A-Z].*:$/ { heading = toupper(substr($0, 1, length($0) - 1)); print ".SH " roff(heading); next }
        /^  [^ ]/ {
            text = substr($0, 3)
            print ".TP"
            if (!match(text, /   *[^ ]/)) { print term(text); next }
            print term(substr(text, 1, RSTART - 1))
            print roff(substr(text, RSTART + RLENGTH - 1))
            next
        }
        /^   / { sub(/^ */, ""); print roff($0) }
        END {
            print ".SH SEE ALSO"
            if (name != "grove") { print ".BR grove (1)"; exit }
            count = split(commands, all, " ")
            for (i = 1; i <= count; ++i) print ".BR grove\\-" all[i] " (1)" (i < count ? "," : "")
        }'
}

version=$("$grove" --version | head -n 1)
commands=$("$grove" --help | awk '/^[A-Za-z]+:$/ { on = tolower($0) == "subcommands:" } on && /^  [a-z]/ { print $1 }')
rm -rf "$folder"
mkdir -p "$folder"
for command in '' $commands; do
    # shellcheck disable=SC2086
    "$grove" $command --help >"$folder/help"
    page "grove${command:+-$command}" <"$folder/help" | gzip -9n >"$folder/grove${command:+-$command}.1.gz"
done
rm "$folder/help"
