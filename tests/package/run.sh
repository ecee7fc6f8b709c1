#!/bin/bash
# run.sh SUITE PACKAGES - a newcomer's path on an empty Debian SUITE: the packages of the folder PACKAGES are installed,
# serve, are built against, reload, are removed and leave nothing. Says what each step took. Needs root, debootstrap
# and systemd-analyze; nothing but the tree it makes is touched.
#
# GROVE_TREE: an empty tree of that suite to copy, in place of debootstrap.
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
suite=$1
packages=$(cd "$2" && pwd)
scratch=$(mktemp -d)
tree=$scratch/tree
trap 'rm -rf --one-file-system "$scratch"' EXIT

fail() {
    echo "package: $suite: $*" >&2
    exit 1
}
step() { # TEXT COMMAND...: its output only if it fails
    local text=$1 start
    shift
    start=$(date +%s%N)
    "$@" >"$scratch/log" 2>&1 || { tail -n 40 "$scratch/log" >&2; fail "$text failed"; }
    printf 'package: %s: %6.1f s  %s\n' "$suite" "$((($(date +%s%N) - start) / 100000000))e-1" "$text"
}
inside() { chroot "$tree" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
install() { inside apt-get install -y --no-install-recommends "$@"; }

if [ -n "${GROVE_TREE:-}" ]; then
    cp -a "$GROVE_TREE" "$tree"
else
    step "an empty Debian, by debootstrap" debootstrap --variant=minbase "$suite" "$tree"
fi
cp /etc/resolv.conf "$tree/etc/resolv.conf"
cp "$packages"/grove_*.deb "$tree/grove.deb"
cp "$packages"/grove-dev_*.deb "$tree/grove-dev.deb"
cp "$here/served.sh" "$here/newcomer.sh" "$here/../support/serving.sh" "$tree/"
chmod 755 "$tree"
# What Debian itself changes when a package comes and goes is not grove's.
find_traces() { (cd "$tree" && find etc usr var/lib/systemd run -iname '*grove*' | sort); }

step "apt-get update" inside apt-get update
step "apt-get install ./grove.deb" install ./grove.deb
step "apt-get install curl" install curl
# shellcheck disable=SC2016
[ "$(inside dpkg-query -W -f '${Conffiles}' grove | awk '{print $1}')" = /etc/grove/grove.json ] ||
    fail "/etc/grove/grove.json is no conffile"
for file in man/man1/grove.1.gz man/man1/grove-serve.1.gz bash-completion/completions/grove doc/grove/copyright; do
    inside dpkg-query -L grove | grep -qx "/usr/share/$file" || fail "it has no /usr/share/$file"
done
[ -L "$tree/etc/systemd/system/multi-user.target.wants/grove.service" ] || fail "its service is not enabled"
step "systemd-analyze verify grove.service" systemd-analyze verify --man=no --recursive-errors=no --root="$tree" grove.service

# Ports and processes of its own; all of them end with it.
alone() {
    # shellcheck disable=SC2016
    unshare --net --mount --pid --fork --kill-child sh -c \
        'ip link set lo up && exec chroot "$@"' sh "$tree" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 "$@"
}
step "serves as nobody, reloads, stops" alone /served.sh

step "apt-get install ./grove-dev.deb g++ cmake make nlohmann-json3-dev" \
    install ./grove-dev.deb g++ cmake make nlohmann-json3-dev pkg-config
alone /newcomer.sh >"$scratch/steps" 2>"$scratch/log" || { cat "$scratch/steps" "$scratch/log" >&2; fail "the newcomer is lost"; }
sed "s/^/package: $suite: /" "$scratch/steps"

# The optional components, each a package of its own, which grove does without.
if inside dpkg-query -W -f '${Depends}' grove | grep -qE 'libpq|hiredis|python'; then
    fail "grove depends on the library of an optional component"
fi
for component in postgres redis; do
    file=$(find "$packages" -name "grove-${component}_*.deb" | head -n 1)
    [ -n "$file" ] || continue
    cp "$file" "$tree/grove-$component.deb"
    step "apt-get install ./grove-$component.deb" install "./grove-$component.deb"
    ! inside ldd "/usr/lib/libgrove_$component.so" | grep 'not found' || fail "grove-$component lacks a library"
done

# Python's plugin alone, with what it starts, and no compiler's headers.
file=$(find "$packages" -name "grove-wsgi_*.deb" | head -n 1)
if [ -n "$file" ]; then
    cp "$file" "$tree/grove-wsgi.deb"
    cp "$here/python.sh" "$tree/"
    files=$(dpkg-deb --fsys-tarfile "$file" | tar t | grep -v '/$')
    files=$(grep -vE '^\./usr/share/(doc|lintian/overrides)/' <<<"$files")
    [ "$files" = ./usr/lib/grove/apps/wsgi.so ] || fail "grove-wsgi holds $files"
    step "apt-get install ./grove-wsgi.deb python3-flask" install ./grove-wsgi.deb python3-flask
    step "serves a new Python project, reloads it" alone /python.sh
fi

step "apt-get remove grove" inside apt-get remove -y grove
[ -e "$tree/etc/grove/grove.json" ] || fail "removal takes the configuration away"
[ -z "$(find "$tree/usr" -iname '*grove*')" ] || fail "removal leaves $(find "$tree/usr" -iname '*grove*')"
step "apt-get purge grove" inside apt-get purge -y grove
[ -z "$(find_traces)" ] || fail "purging leaves $(find_traces)"
