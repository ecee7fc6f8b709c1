#!/usr/bin/python3
"""arrows.py BUILD - a part of http or of the program can include the headers of the parts that it may use, and of
no others.

A private header of each part, and a public one of each of http's, are looked for as the sources of each other part are
compiled, and included where they may be. What a part may use brings what that may use."""
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

MAY_USE = {
    "http/message": [],
    "http/server": [],
    "http/exchange": ["http/message"],
    "http/client": ["http/exchange", "http/message"],
    "http/wsgi": ["http/exchange", "http/message", "http/server"],
    "http/http2": ["http/exchange", "http/message", "http/wsgi"],
    "http/websocket": ["http/exchange", "http/message", "http/server", "http/wsgi"],
    "http/testing": ["http/websocket"],
    "http/plugin": ["http/exchange", "http/wsgi"],
    "apps/grove/files": [],
    "apps/grove/config": ["apps/grove/files", "http/message", "http/server"],
    "apps/grove/plugins": ["http/exchange", "http/plugin", "http/server"],
    "apps/grove/processes": ["apps/grove/files", "http/message", "http/server", "http/wsgi"],
    "apps/grove/logs": ["apps/grove/config", "apps/grove/processes", "http/message"],
    "apps/grove/admin": ["apps/grove/config", "apps/grove/files", "apps/grove/processes", "http/wsgi"],
    "apps/grove/serving": ["apps/grove/admin", "apps/grove/logs", "apps/grove/plugins"],
    "apps/grove/commands": ["apps/grove/serving"],
}
HEADERS = {  # that include little
    "http/message": ['"list.h"', "<grove/http/status.h>"],
    "http/server": ['"listen_address.h"', "<grove/http/sources.h>"],
    "http/exchange": ['"client_pace.h"', "<grove/http/body.h>"],
    "http/client": ['"url.h"', "<grove/http/client_error.h>"],
    "http/wsgi": ['"once_a_minute.h"', "<grove/http/request_info.h>"],
    "http/http2": ['"abuse_bucket.h"'],
    "http/websocket": ['"event_text.h"', "<grove/http/event_stream.h>"],
    "http/testing": ['"cookie_date.h"'],
    "http/plugin": ["<grove/http/plugin_abi.h>"],
    "apps/grove/files": ['"exit_codes.h"'],
    "apps/grove/config": ['"config_json.h"'],
    "apps/grove/plugins": ['"elf_bytes.h"'],
    "apps/grove/processes": ['"cpu_quota.h"'],
    "apps/grove/logs": ['"log_losses.h"'],
    "apps/grove/admin": ['"admin_hosts.h"'],
    "apps/grove/serving": ['"throw_points.h"'],
    "apps/grove/commands": ['"versions.h"'],
}
build = Path(sys.argv[1])


def reachable(room):
    return {room}.union(*(reachable(other) for other in MAY_USE[room]))


def preprocessor_of(room):
    """As the room's sources are compiled, one or several at a time: preprocesses standard input, and writes nothing."""
    objects = f"/grove_{room.replace('apps/grove', 'program').replace('/', '_')}_objects.dir/"
    for entry in json.loads((build / "compile_commands.json").read_text()):
        if objects in entry["command"]:
            words = shlex.split(entry["command"])
            del words[words.index("-o"):words.index("-o") + 2]
            del words[words.index("-c"):]
            return words + ["-E", "-Wno-error", "-x", "c++", "-o", "/dev/null", "-"], entry["directory"]
    sys.exit(f"{build}/compile_commands.json: has no source of {room}")


def found_by(room, headers):
    """Those of `headers` that the room's sources find, by one run of the preprocessor. `headers`: to be included?"""
    source = "".join(f"#if __has_include({header})\n#warning found {number}.\n" +
                     f"#include {header}\n" * included + "#endif\n"
                     for number, (header, included) in enumerate(headers.items()))
    command, directory = preprocessor_of(room)
    run = subprocess.run(command, cwd=directory, input=source, text=True, capture_output=True)
    if run.returncode != 0:
        sys.exit(run.stderr)
    numbers = set(map(int, re.findall(r"found (\d+)\.", run.stderr)))
    return {header for number, header in enumerate(headers) if number in numbers}


failed = False
for room in MAY_USE:
    if room == "http/plugin":  # has headers alone
        continue
    others = {header: other for other, headers in HEADERS.items() for header in headers}
    found = found_by(room, {header: other in reachable(room) for header, other in others.items()})
    for header, other in others.items():
        if (header in found) != (other in reachable(room)):
            print(f"{room} {'includes' if header in found else 'does not find'} {header} of {other}")
            failed = True
sys.exit(failed)
