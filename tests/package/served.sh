#!/bin/bash
# served.sh - within the tree of run.sh: the installed server with the configuration that came with it, run by
# a user that owns nothing, as its service runs it.
set -eu
mount -t proc proc /proc
scratch=$(mktemp -d)
# shellcheck source=tests/support/serving.sh
. /serving.sh

cd /
start_server setpriv --reuid nobody --regid nogroup --clear-groups --no-new-privs grove serve /etc/grove/grove.json
[ "$server_port" = 8000 ]
[ "$(curl -sS http://127.0.0.1:8000/hello)" = "Hello, World!" ]

cp /etc/grove/grove.json "$scratch/before"
sed -i 's,"mount": "/hello","mount": "/greeting",' /etc/grove/grove.json
kill -HUP "$server"
until [ "$(curl -sS http://127.0.0.1:8000/greeting)" = "Hello, World!" ]; do sleep 0.1; done
cp "$scratch/before" /etc/grove/grove.json
stop_server
rm -r "$scratch"
