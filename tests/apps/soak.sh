#!/bin/bash
# soak.sh [BUILD] - runs the tests labelled soak of a build (default: build/release), one by one.
set -eu
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
exec ctest --test-dir "${1:-$root/build/release}" -L soak --verbose
