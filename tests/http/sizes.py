#!/usr/bin/python3
"""sizes.py SOURCE_DIR [-v] - no class of http/wsgi, http/exchange, http/client and http/http2 has more than 15 public functions.

Constructors, destructors and assignments do not count; an overload does. A header is read as clang-format leaves it:
a class begins and ends at the same indent, and a function's parenthesis stands where its declaration begins."""
import re
import sys
from pathlib import Path

MOST = 15
ROOMS = ("wsgi", "exchange", "client", "http2")
BEGIN = re.compile(r"^( *)(class|struct) (?:GROVE_\w+ )?(\w+)(?: final)?(?: :.*)?(?: \{|,)?$")
FUNCTION = re.compile(r"(~?\w+|operator[^\w(]+|operator\(\))\(")
NONE = re.compile(r"\s*(friend|using|enum|class|struct|static_assert)\b")


def public_functions(lines, indent, kind, name):
    """The names of those that a class declares itself. `lines`: what follows its first one."""
    public, names = kind == "struct", []
    for line in lines:
        if line.startswith(" " * indent + "}"):
            break
        access = re.match(rf" {{{indent}}}(public|protected|private):", line)
        if access:
            public = access.group(1) == "public"
        declaration = line.split("//")[0]
        at = indent + 4
        if not public or not declaration[:at].isspace() or not re.match(r"\w|\[|~", declaration[at:]):
            continue  # not public, a rest, a body, or of a class within
        plain = re.sub(r"<[^()]*>", "", re.split(r" = |(?<!operator)\{| : ", declaration)[0])
        function = FUNCTION.search(plain)
        if function and not NONE.match(plain) and function.group(1) not in (name, "~" + name, "operator="):
            names.append(function.group(1))
    return names


failed = False
for room in ROOMS:
    for header in sorted(Path(sys.argv[1], "http", room).rglob("*.h")):
        lines = header.read_text().splitlines()
        for number, line in enumerate(lines):
            found = BEGIN.match(line)
            if found is None:
                continue
            name = found.group(3)
            names = public_functions(lines[number + 1:], len(found.group(1)), found.group(2), name)
            if "-v" in sys.argv:
                print(len(names), name, *names)
            if len(names) > MOST:
                print(f"{header}: {name} has {len(names)} public functions, more than {MOST}")
                failed = True
sys.exit(failed)
