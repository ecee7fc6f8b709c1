"""count_lines.py [--check] - lines of the example and of the same in Flask: those that are not blank.

Counted are C++, Python, HTML, CSS, JavaScript, SQL and CMake; tests, configurations and texts are not. With --check the
table in notes/README.md must say the same, and notes must stay under 400.
"""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
COUNTED = {".cpp", ".h", ".py", ".html", ".css", ".js", ".sql", ".txt"}


def lines_of(folder):
    files = [file for file in folder.rglob("*") if file.suffix in COUNTED and not file.stem.endswith("_test")]
    return sum(bool(line.strip()) for file in files for line in file.read_text().splitlines())


def main():
    counts = {name: lines_of(HERE / name) for name in ("notes", "notes_flask") if (HERE / name).exists()}
    for name, count in counts.items():
        print(name, count)
    if "--check" not in sys.argv:
        return 0
    told = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", (HERE / "notes" / "README.md").read_text(), re.MULTILINE))
    if {name: int(count) for name, count in told.items()} != counts:
        print("notes/README.md says", told)
        return 1
    return 0 if counts["notes"] < 400 else 1


sys.exit(main())
