"""count_lines.py [--check] - lines of the example and of the same in Flask: those that are not blank.

Counted are C++, Python, HTML, CSS, JavaScript, SQL and CMake; tests, configurations and texts are not. The page and the
tables, which both have, count for both. With --check the table in notes/README.md must say the same, and notes must
stay under 400.
"""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
COUNTED = {".cpp", ".h", ".py", ".html", ".css", ".js", ".sql", ".txt"}


def lines_of(folder, pattern="*"):
    files = [file for file in folder.rglob(pattern) if file.suffix in COUNTED and not file.stem.endswith("_test")]
    return sum(bool(line.strip()) for file in files for line in file.read_text().splitlines())


def main():
    shared = lines_of(HERE / "notes/site") + lines_of(HERE / "notes", "schema.sql")
    counts = {"notes": lines_of(HERE / "notes"), "notes_flask": lines_of(HERE / "notes_flask") + shared}
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
