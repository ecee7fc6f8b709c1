#!/usr/bin/env python3
"""mutate.py WORKTREE BUILD --room ROOM [--count N --seed S | --only FILE:LINE] [--private] [--minutes M] [--list]
[--jobs N]

Which changes of one place in a room's code no test of the room notices. A longer proof, of hours: no part of
tests/run. Each mutant is written into WORKTREE, a clean git worktree that nobody else uses; what tests it is built in
BUILD, configured from there, and run, one test program after another until one fails. BUILD is quickest as Debug with
-g0, without GROVE_UNITY and GROVE_WERROR (a warning ends no mutant then), with CMAKE_LINK_DEPENDS_NO_SHARED. The file
is restored whatever happens. Each line tells what noticed: on a busy machine a test of times fails by itself, too.
Of the survivors some change nothing that can be seen: which, a reader has to say.
"""
import argparse, os, random, re, signal, subprocess, sys, time
from dataclasses import dataclass
from pathlib import Path

HTTP_TARGETS = ["http_wsgi_test", "http_parts_test", "http_middleware_test", "http_testing_test", "http_tls_test",
                "http_allocation_test"]
TARGETS = {  # what tests a room, a folder of http or of the tree
    "core": ["core_private_test", "core_test", "core_stress"],
    "pool": ["pool_test"],
    "message": ["http_protocol_test", "http_parts_test", "http_wsgi_test"],
    "server": ["http_server_test", "http_parts_test", "http_wsgi_test"],
    "exchange": [*HTTP_TARGETS, "http_file_test", "http_system_calls_test"],
    "wsgi": [*HTTP_TARGETS, "http_system_calls_test", "http_protocol_test", "http_server_test"],
}
ARGUMENTS = {"core_stress": ["--seed=1", "--epochs=40"]}  # of what is not GoogleTest's

# ---- what is changed

SWAPS = {"==": "!=", "!=": "==", "<": "<=", "<=": "<", ">": ">=", ">=": ">", "&&": "||", "||": "&&", "+": "-",
         "-": "+", "+=": "-=", "-=": "+="}
OPERATOR = re.compile(r"(?<= )(==|!=|<=|>=|<|>|&&|\|\||\+=|-=|\+|-)(?= |$)")  # as clang-format spaces them: no templates
BOOLEAN = re.compile(r"\b(true|false)\b")
NUMBER = re.compile(r"(?<![\w.'])(\d+(?:'\d+)*)(?![\d.'xXbB])")
CONDITION = re.compile(r"\b(?:if|while) (?=\()")
EQUALITY = re.compile(r"[^=!<>&|]+ [!=]= [^=!<>&|]+")  # whose negation is its swap
STATEMENT = re.compile(r"(?:(?:\+\+|--)[\w.>\[\]-]+|\*?[\w.:>\[\]-]+(?:\(\))? (?:[-+*/|&^]|<<|>>)?= .*"
                       r"|[\w.:>\[\]-]+(?:<[\w:]+>)?\(.*\));$")
NO_STATEMENT = re.compile(r"(?:static_assert|GROVE_\w+|case\b|default\b)")
NO_CODE = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<!\w)\'(?:\\.|[^\'\\\n])\'', re.DOTALL)


@dataclass(frozen=True)
class Mutant:
    path: str
    line: int  # from 1
    before: str
    after: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.before.strip()}  =>  {self.after.strip()}"


def code_of(text):
    """The text with blanks for comments, and for strings and characters but their quotes."""
    def blank(match):
        found = re.sub(r"[^\n]", " ", match[0])
        return found if match[0][0] == "/" else '"' + found[1:-1] + '"'
    return NO_CODE.sub(blank, text)


def closing(line, opening):
    """Where the parenthesis at `opening` ends; -1: not on this line."""
    depth = 0
    for at in range(opening, len(line)):
        depth += {"(": 1, ")": -1}.get(line[at], 0)
        if depth == 0:
            return at
    return -1


def changes(code):
    """(begin, end, replacement) of each change within a line of code."""
    for found in OPERATOR.finditer(code):
        yield found.start(), found.end(), SWAPS[found[0]]
    for found in BOOLEAN.finditer(code):
        yield found.start(), found.end(), "false" if found[0] == "true" else "true"
    for found in NUMBER.finditer(code):
        value = int(found[0].replace("'", ""))
        for other in (value + 1, value - 1) if value else (1,):
            yield found.start(), found.end(), str(other)
    for found in CONDITION.finditer(code):
        end = closing(code, found.end())
        condition = code[found.end() + 1:end]
        if end > 0 and ";" not in condition and " = " not in condition and not EQUALITY.fullmatch(condition):
            yield found.end(), end + 1, f"(!{code[found.end():end + 1]})"


def statement_at(code, previous):
    """Where a statement begins that ends with this line and can be left out; -1: there is none.
    `previous`: the code before this line, to its end."""
    begin = len(code) - len(code.lstrip())
    if not re.search(r"(?:[;{}:)]|\belse)$", previous or ";"):
        return -1  # the line goes on with another's statement
    prefix = re.compile(r"(?:\} )?(?:else )?(?:if|while|for) (?=\()|(?:\} )?else ").match(code, begin)
    if prefix:
        begin = prefix.end()
        if code[begin:begin + 1] == "(":
            begin = closing(code, begin) + 2  # 1: what is in parentheses goes on, and no statement matches
    found = STATEMENT.match(code, begin)
    return begin if found and not NO_STATEMENT.match(code, begin) else -1


def mutants_of(path, text):
    previous, goes_on = "", False
    for number, (line, code) in enumerate(zip(text.split("\n"), code_of(text).split("\n")), 1):
        code = code.rstrip()
        directive = goes_on or code.lstrip().startswith("#")
        goes_on = directive and code.endswith("\\")
        if directive or not code.strip() or code.lstrip().startswith("static_assert"):
            continue
        for begin, end, other in changes(code):
            if other.startswith("(!"):  # what strings it holds, the code has not
                other = f"(!{line[begin:end]})"
            yield Mutant(path, number, line, line[:begin] + other + line[end:])
        begin = statement_at(code, previous)
        if begin >= 0:
            yield Mutant(path, number, line, line[:begin] + "{}" + line[len(code):])
        previous = code


# ---- who is changed

def run(*command, **how):
    return subprocess.run(command, capture_output=True, text=True, check=True, **how).stdout


def rooms(worktree):
    """{room: its files}"""
    files = run("git", "-C", worktree, "ls-files", "core", "pool", "http").splitlines()
    files = [name for name in files if name.endswith((".cpp", ".h"))]
    folders = {room: room if room in ("core", "pool") else f"http/{room}" for room in TARGETS}
    return {room: [name for name in files if name.startswith(folder + "/")] for room, folder in folders.items()}


# ---- the proof

class Proof:
    def __init__(self, worktree, build, room, jobs):
        self.worktree, self.build, self.jobs = worktree, build, jobs
        known = set(re.findall(r"^(?:\.\.\. )?(\w+)", run("cmake", "--build", build, "--target", "help"), re.M))
        self.targets = [name for name in TARGETS[room] if name in known]  # a sanitizer's build lacks some
        self.most = {}  # seconds that each may take
        self.changed = None  # a path, and what it held

    def command(self, *command, seconds=None):
        """(exit code, output); the code of what took longer is None. Nothing of it runs afterwards."""
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                              start_new_session=True) as process:
            try:
                said, _ = process.communicate(timeout=seconds)
                return process.returncode, said
            except subprocess.TimeoutExpired:
                return None, ""
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)

    def fate(self):
        """Of what the worktree holds now: "survived", "does not compile", or by what test it was killed."""
        for target in self.targets:
            code, said = self.command("cmake", "--build", self.build, "--parallel", self.jobs, "--target", target)
            if code != 0:  # it may also be that the test, once built, does not tell its cases
                compiles = not re.search(r"\berror:|undefined reference|undefined symbol:.*\n>>>", said)
                return f"killed by {target} --gtest_list_tests" if compiles else "does not compile"
            arguments = ARGUMENTS.get(target, ["--gtest_fail_fast", "--gtest_brief=1"])
            code, said = self.command(f"{self.build}/bin/{target}", *arguments, seconds=self.most.get(target))
            if code != 0:
                case = re.search(r"^\[  FAILED  \] ([\w./]+)", said, re.M)
                how = "takes too long" if code is None else f"exit code {code}"
                return f"killed by {target}: {case[1] if case else how}"
        return "survived"

    def without_a_change(self):
        targets = self.targets
        for self.targets in ([name] for name in targets):
            for _ in range(2):  # the second time it is built already
                began = time.monotonic()
                fate = self.fate()
                if fate != "survived":
                    sys.exit(f"{self.targets[0]}, as it is: {fate}")
            self.most[self.targets[0]] = 30 + 4 * (time.monotonic() - began)
        self.targets = targets

    def of(self, mutant):
        path = Path(self.worktree, mutant.path)
        text = path.read_text()
        lines = text.split("\n")
        if lines[mutant.line - 1] != mutant.before:
            sys.exit(f"{path} was changed by another")
        lines[mutant.line - 1] = mutant.after
        self.changed = path, text
        try:
            path.write_text("\n".join(lines))
            return self.fate()
        finally:
            self.restore()

    def restore(self):
        if self.changed:
            self.changed[0].write_text(self.changed[1])
            self.changed = None


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("worktree")
    parser.add_argument("build")
    parser.add_argument("--room", choices=TARGETS)
    parser.add_argument("--only", metavar="FILE:LINE")
    parser.add_argument("--count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--private", action="store_true", help="no public headers: all tests are built again for one")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begins no mutant after that")
    parser.add_argument("--list", action="store_true", help="the mutants; nothing is changed")
    parser.add_argument("--jobs", default=str(os.cpu_count()))
    told = parser.parse_args()
    files = rooms(told.worktree)
    name, _, line = (told.only or "").rpartition(":")
    room = told.room or next((room for room in files if name in files[room]), None) or parser.error("which room?")
    chosen = [mutant for path in files[room] if not name or path == name
              if not (told.private and "/include/" in path)
              for mutant in mutants_of(path, Path(told.worktree, path).read_text())
              if not line or mutant.line == int(line)]
    if told.count is not None and told.count < len(chosen):
        chosen = random.Random(told.seed).sample(chosen, told.count)
    if told.list:
        print(*chosen, sep="\n")
        return
    if run("git", "-C", told.worktree, "status", "--porcelain", "--untracked-files=no"):
        sys.exit(f"{told.worktree} has changes of its own: commit them first")
    home = re.search(r"^CMAKE_HOME_DIRECTORY:\w+=(.*)$", Path(told.build, "CMakeCache.txt").read_text(), re.M)[1]
    if not os.path.samefile(home, told.worktree):
        sys.exit(f"{told.build} is a build of {home}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    proof = Proof(told.worktree, told.build, room, told.jobs)
    proof.without_a_change()
    fates = []
    end = time.monotonic() + 60 * told.minutes
    try:
        for mutant in chosen:
            if time.monotonic() > end:
                break
            fates.append((proof.of(mutant), mutant))
            print(f"{fates[-1][0]}\n    {mutant}", flush=True)
    except KeyboardInterrupt:
        print("interrupted")
    finally:
        proof.restore()  # if the interruption came while that was done
    survivors = [mutant for fate, mutant in fates if fate == "survived"]
    killed = sum(fate.startswith("killed") for fate, _ in fates)
    print(f"\n{room}: {len(fates)} of {len(chosen)} mutants, {killed} of {killed + len(survivors)} that compile killed: "
          f"{100 * killed / max(1, killed + len(survivors)):.0f} %. Survivors:", *survivors, sep="\n")


if __name__ == "__main__":
    main()
