#!/bin/bash
# lintian.sh BUILD - the Debian packages that cpack makes of a build: lintian finds no error in any.
set -eu
build=$1
if ! command -v lintian >/dev/null; then
    echo "package: lintian is not installed"
    exit 77 # skipped
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cpack --config "$build/CPackConfig.cmake" -B "$scratch" >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; exit 1; }
packages=("$scratch"/*.deb)
for name in grove grove-dev; do
    [ -e "$scratch"/"$name"_*.deb ] || { echo "package: there is no $name in ${packages[*]}" >&2; exit 1; }
done
lintian --fail-on error --tag-display-limit 0 "${packages[@]}"
