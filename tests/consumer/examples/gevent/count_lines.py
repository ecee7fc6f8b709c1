"""count_lines.py - the table in pool/gevent.md tells how many lines each example has, and misses none.

Counted are lines with code: neither blank nor a comment alone. Beside an installed grove there is no such text.
"""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
TEXT = HERE.parents[3] / "pool/gevent.md"


def lines_of(file):
    lines = [line.strip() for line in file.read_text().splitlines()]
    return sum(bool(line) and not line.startswith("//") for line in lines)


counts = {file.stem: lines_of(file) for file in HERE.glob("*.cpp")}
told = {name: int(lines) for name, lines in
        re.findall(r"^\| \[`(\w+)`\]\(\S+\) \| \d+ \| (\d+) \|", TEXT.read_text(), re.MULTILINE)}
for name in sorted(counts.keys() | told.keys()):
    if counts.get(name) != told.get(name):
        print(f"{name}: {counts.get(name)} lines, and the table says {told.get(name)}")
sys.exit(counts != told)
