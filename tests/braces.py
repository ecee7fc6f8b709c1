#!/usr/bin/python3
"""braces.py SOURCE_DIR [--fix] - one hand for the bodies of if, for and while in core, pool, http, apps and tests.

A body is written without braces if it is one plain statement on one line and its if has no else; any other has them. A
plain statement is not itself an if, loop, switch, try or block; nor is it an EXPECT_ or ASSERT_ in an if, as those have
an else. A comment on a line of its own, or a line of the preprocessor, is a line of the body. What other macros are
replaced by is not looked at.

--fix adds and removes braces, and prints the names of the files that it changed. Their layout is for clang-format (but
for those of apps/grove/new, which has no C++ before a name stands in it):
braces.py . --fix | grep -v /new/ | xargs -r clang-format -i
"""
import re
import sys
from dataclasses import dataclass
from pathlib import Path

ROOMS = ("core", "pool", "http", "apps", "tests")
TOKEN = re.compile(r"""
    (?P<directive> (?<![^\n]) [ \t]* \# (?: \\\n | /\*.*?\*/ | "(?:\\.|[^"\\\n])*" | [^\n] )*)
  | (?P<space> \n+ | [^\S\n]+)
  | (?P<comment> // (?: \\\n | [^\n] )* | /\*.*?\*/)
  | (?P<text> (?:u8|[uUL])?R"(?P<end>[^()\\\s]*)\(.*?\)(?P=end)"
            | (?:u8|[uUL])?"(?:\\.|[^"\\\n])*" | (?:u8|[uUL])?'(?:\\.|[^'\\\n])+')
  | (?P<number> \.?\d(?: [eEpP][+-] | '?[\w.] )*)
  | (?P<word> [A-Za-z_]\w*)
  | (?P<mark> .)""", re.VERBOSE | re.DOTALL)
CONTROL = ("if", "for", "while", "do", "switch")
GOES_ON = set(",.?:<>=+-*/|&([{)]")  # behind the brace that ends an initializer or a lambda


class Unreadable(Exception):
    pass


@dataclass(frozen=True)
class Token:
    """`word`: its text; empty for a literal. A comment and a directive have tokens of their own, apart."""
    word: str
    begin: int
    end: int
    line: int
    last_line: int


@dataclass
class Body:
    """Tokens `first` to `last`, its own braces included, of the head that begins at token `head`."""
    head: int
    first: int
    last: int
    statements: int
    has_else: bool = False


class Source:
    """The bodies in a text."""

    def __init__(self, text):
        self.text, self.tokens, self.asides, self.bodies = text, [], [], []
        line, at = 1, 0
        while at < len(text):
            found = TOKEN.match(text, at)
            last = line + found[0].count("\n")
            if found["comment"] or found["directive"]:
                self.asides.append(Token("", at, found.end(), line, last))
            elif not found["space"]:
                self.tokens.append(Token("" if found["text"] else found[0], at, found.end(), line, last))
            line, at = last, found.end()
        at = 0
        while at < len(self.tokens):
            at = self.statement(at)

    def word(self, at):
        return self.tokens[at].word if at < len(self.tokens) else "end of the file"

    def fail(self, at):
        line = self.tokens[min(at, len(self.tokens) - 1)].line
        raise Unreadable(f"{line}: cannot be read: {self.word(at)!r} is not expected here")

    # Each reads what begins at a token, and returns the one behind it.

    def group(self, at):
        """From an opening parenthesis, bracket or brace to the one that closes it."""
        if self.word(at) == "{":
            return self.block(at)[0]
        if self.word(at) not in ("(", "["):
            self.fail(at)
        at += 1
        while self.word(at) not in (")", "]"):
            if self.word(at) in ("}", "end of the file"):
                self.fail(at)
            if self.word(at) in CONTROL:  # a macro's argument
                at = self.statement(at)
            else:
                at = self.group(at) if self.word(at) in ("(", "[", "{") else at + 1
        return at + 1

    def block(self, at):
        """And how many statements it has."""
        count, at = 0, at + 1
        while self.word(at) != "}":
            count, at = count + 1, self.statement(at)
        return at + 1, count

    def attributes(self, at):
        while self.word(at) == "[" and self.word(at + 1) == "[":
            at = self.group(at)
        return at

    def statement(self, at):
        head = at = self.attributes(at)
        word = self.word(at)
        if word == "{":
            return self.block(at)[0]
        if word == "if":
            while self.word(at + 1) in ("constexpr", "consteval", "!"):
                at += 1
            at = self.group(at + 1) if self.word(at + 1) == "(" else at + 1
            body = self.body(head, at)
            behind = body.last + 1
            if self.word(behind) != "else":
                return behind
            body.has_else = True
            at = behind + 1
            if self.word(at) != "if":
                return self.body(behind, at, has_else=True).last + 1
            rest = len(self.bodies)
            at = self.statement(at)
            self.bodies[rest].has_else = True
            return at
        if word in ("for", "while"):
            return self.body(head, self.group(at + 1)).last + 1
        if word == "switch":
            return self.statement(self.group(at + 1))
        if word == "do":
            at = self.body(head, at + 1).last + 1
            if self.word(at) != "while":
                self.fail(at)
            at = self.group(at + 1)
            return at + 1 if self.word(at) == ";" else at
        if word == "try":
            at = self.statement(at + 1)
            while self.word(at) == "catch":
                at = self.statement(self.group(at + 1))
            return at
        if word == "else":
            self.fail(at)
        return self.plain(at)

    def plain(self, at):
        """To the semicolon, or to the brace that ends a function or a class."""
        begin = at
        while self.word(at) != "}":
            word = self.word(at)
            if word == ";":
                return at + 1
            if at > begin and word in (*CONTROL, ")"):  # behind a label or a macro, or a macro's last argument
                return at
            if word in (")", "]", "end of the file"):
                self.fail(at)
            at = self.group(at) if word in ("(", "[", "{") else at + 1
            if word == "{" and self.word(at) not in GOES_ON:
                return at + 1 if self.word(at) == ";" else at
        if at == begin:
            self.fail(at)
        return at

    def body(self, head, at, has_else=False):
        at = self.attributes(at)
        body = Body(head, at, at, 1, has_else)
        self.bodies.append(body)
        if self.word(at) == "{":
            end, body.statements = self.block(at)
        else:
            end = self.statement(at)
        body.last = end - 1
        return body

    # ---- the rule

    def braced(self, body):
        return self.word(body.first) == "{"

    def why_braces(self, body):
        """Empty if it has to do without."""
        first, last = body.first + self.braced(body), body.last - self.braced(body)
        if self.word(body.head) == "do":
            return "that of a do has them"
        if body.has_else:
            return "there is an else"
        if body.statements != 1 or self.word(first) in (*CONTROL, "try", "{", ";"):
            return "it is not one plain statement"
        if self.word(body.head) == "if" and self.word(first).startswith(("EXPECT_", "ASSERT_")):
            return f"{self.word(first)} has an else"
        begin, before = self.tokens[first], self.tokens[first - 1]
        asides = [aside for aside in self.asides if before.end <= aside.begin < self.tokens[body.last].end]
        if begin.line != self.tokens[last].last_line or any(
                aside.line != aside.last_line or aside.line not in (before.line, begin.line) for aside in asides):
            return "it takes several lines"
        return ""

    def faults(self):
        """(the body, what is expected of it) of each that breaks the rule."""
        for body in self.bodies:
            if self.word(body.last) not in (";", "}"):  # ends with a macro's argument
                continue
            why, name = self.why_braces(body), f"the body of this {self.word(body.head)}"
            if why and not self.braced(body):
                yield body, f"{name} needs braces: {why}"
            if self.braced(body) and not why:
                yield body, f"{name} needs no braces: it is one plain statement on one line"

    def fixed(self):
        """The text as the rule wants it, yet to be laid out."""
        edits = []  # (where, the inner before the outer, up to where, what stands there then)
        for body, _ in self.faults():
            before, first, last = (self.tokens[at] for at in (body.first - 1, body.first, body.last))
            rest = re.compile(r"[ \t]*(//[^\n]*|/\*[^\n]*?\*/[ \t]*)?(?=\n|\Z)").match(self.text, last.end)
            if not self.braced(body):
                end = rest.end() if rest else last.end
                line = self.text.rfind("\n", 0, self.tokens[body.head].begin) + 1
                indent = re.compile(r"[ \t]*").match(self.text, line)[0]
                edits += [(before.end, -body.head, before.end, " {"), (end, -body.head, end, f"\n{indent}}}")]
                continue
            blank = re.compile(r"\s*\Z" if rest else r"[ \t]*\Z")
            closing = last.begin - len(blank.search(self.text[before.end:last.begin])[0])
            opening = first.begin - len(re.search(r"[ \t]*\Z", self.text[before.end:first.begin])[0])
            edits += [(opening, -body.head, first.end, ""), (closing, -body.head, last.end, "")]
        text, at = "", 0
        for begin, _, end, written in sorted(edits):
            text, at = text + self.text[at:begin] + written, end
        return text + self.text[at:]


def main(root, fix):
    paths = sorted(path for room in ROOMS for path in Path(root, room).rglob("*") if path.suffix in (".h", ".cpp"))
    if not paths:
        sys.exit(f"{root}: has no sources in {', '.join(ROOMS)}")
    good = True
    for path in paths:
        text = path.read_text()
        try:
            source = Source(text)
        except Unreadable as error:
            print(f"{path}:{error}", file=sys.stderr if fix else sys.stdout)
            good = False
            continue
        if not fix:
            for body, expected in source.faults():
                print(f"{path}:{source.tokens[body.head].line}: {expected}")
                good = False
        elif (fixed := source.fixed()) != text:
            path.write_text(fixed)
            print(path)
    return good


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1], "--fix" in sys.argv[2:]) else 1)
