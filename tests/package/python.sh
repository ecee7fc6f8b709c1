#!/bin/bash
# python.sh - within the tree of run.sh: a Python project of `grove new` by the package grove-wsgi, as its README says.
set -eu
mount -t proc proc /proc
scratch=$(mktemp -d)
# shellcheck source=tests/support/serving.sh
. /serving.sh

answers() { # WANTED
    until [ "$(curl -sS 'http://127.0.0.1:8000/?name=Ada')" = "$1" ]; do sleep 0.05; done
}

cd "$scratch"
grove new --wsgi guests
cd guests
python3 -m unittest
grove check guests.json
start_server grove serve guests.json
answers 'Hello, Ada!'
[ "$(curl -sS -H 'Content-Type: application/json' -d '{"numbers": [1, 2, 39]}' http://127.0.0.1:8000/sum)" = '{"sum":42}' ]
sed -i 's/Hello/Welcome/' guests.py
answers 'Welcome, Ada!' # "reload"
stop_server
cd /
rm -r "$scratch"
