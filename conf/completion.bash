# Completion of grove's command line in bash. What there is, it asks the program itself: grove --help, and the help of the
# command that stands in the line.

# What an option takes, by its type in the help, such as PATH|-|off: words for $candidates, or files.
_grove_take() { # TYPE
    local value
    if [ "$1" = 'NAME[:MOUNT]' ]; then
        candidates=$("$grove" apps 2>/dev/null | cut -d ' ' -f 1)
        return
    fi
    for value in ${1//|/ }; do
        case $value in
            PATH) kind='file' ;;
            *[!A-Z]*) candidates+=$value$'\n' ;;
        esac
    done
}

_grove() {
    local grove=${1/#\~\//$HOME/} word=$2 option=$3 command='' help kind='' candidates='' candidate at
    COMPREPLY=()
    # bash parts words at "=": --listen=ADDR are three.
    if [ "$word" = = ]; then
        word=''
    elif [ "$option" = = ]; then
        option=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    for ((at = 1; at < COMP_CWORD; ++at)); do
        [[ ${COMP_WORDS[at]} == -* ]] || { command=${COMP_WORDS[at]}; break; }
    done
    help=$("$grove" ${command:+"$command"} --help 2>/dev/null) || return

    if [[ $option == --* && $help =~ $'\n'"  $option "([^ ]+) && ${BASH_REMATCH[1]} != Excludes: ]]; then
        _grove_take "${BASH_REMATCH[1]}"
    elif [[ $word == -* ]]; then
        candidates=$(grep -oE '^  (-h,)?--[a-z-]+' <<<"$help" | grep -oE -- '--.*')
    elif [ -z "$command" ]; then
        candidates=$(awk '/^[A-Za-z]+:$/ { on = tolower($0) == "subcommands:" } on && /^  [a-z]/ { print $1 }' <<<"$help")
    elif [[ $help == *$'\n  CONFIG '* ]]; then
        kind=configuration
    fi

    case $kind in
        'file') mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
        configuration) mapfile -t COMPREPLY < <(compgen -d -- "$word"; compgen -f -X '!*.json' -- "$word") ;;
    esac
    [ -z "$kind" ] || compopt -o filenames 2>/dev/null
    while read -r candidate; do
        [[ -z $candidate || $candidate != "$word"* ]] || COMPREPLY+=("$candidate")
    done <<<"$candidates"
}

complete -F _grove grove
