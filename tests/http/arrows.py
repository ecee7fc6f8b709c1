#!/usr/bin/python3
"""arrows.py SOURCE BUILD - a part of http can include the headers of the parts that it may use, and of no others.

A private and a public header of each part are included as the sources of each other part are compiled."""
import json
import shlex
import subprocess
import sys
from pathlib import Path

MAY_USE = {
    "message": [],
    "server": [],
    "exchange": ["message"],
    "wsgi": ["exchange", "message", "server"],
    "program": ["exchange", "message", "plugin", "server", "wsgi"],
}
HEADERS = {  # that include little
    "message": ['"list.h"', "<grove/http/status.h>"],
    "server": ['"listen_address.h"', "<grove/http/sources.h>"],
    "exchange": ['"client_pace.h"', "<grove/http/body.h>"],
    "wsgi": ['"too_many_detached.h"', "<grove/http/request_info.h>"],
    "plugin": ["<grove/http/plugin_abi.h>"],
    "program": ['"elf_bytes.h"', "<grove/http/watched.h>"],
}
http, build = Path(sys.argv[1], "http").resolve(), Path(sys.argv[2])


def preprocessor_of(room):
    """As the room's sources are compiled: preprocesses standard input, and writes nothing."""
    for entry in json.loads((build / "compile_commands.json").read_text()):
        if Path(entry["file"]).resolve().parent == http / room:
            words = shlex.split(entry["command"])
            del words[words.index("-o"):words.index("-o") + 2]
            del words[words.index("-c"):]
            return words + ["-E", "-x", "c++", "-o", "/dev/null", "-"], entry["directory"]
    sys.exit(f"{build}/compile_commands.json: has no source of http/{room}")


failed = False
for room, others in MAY_USE.items():
    command, directory = preprocessor_of(room)
    for other, headers in HEADERS.items():
        for header in headers:
            found = subprocess.run(command, cwd=directory, input=f"#include {header}\n", text=True, capture_output=True)
            missing = any(line.count(header.strip('"<>')) and "not found" in line or "No such file" in line
                          for line in found.stderr.splitlines())
            if found.returncode != 0 and not missing:
                sys.exit(found.stderr)
            if (found.returncode == 0) != (other == room or other in others):
                print(f"{room} {'includes' if found.returncode == 0 else 'does not find'} {header} of {other}")
                failed = True
sys.exit(failed)
