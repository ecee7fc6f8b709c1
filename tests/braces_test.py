#!/usr/bin/env python3
"""Which bodies braces.py complains of, and how it writes them."""
import contextlib
import io
import tempfile
import unittest
from pathlib import Path

import braces


def function(*lines):
    return "\n".join(["void f() {", *("    " + line for line in lines), "}", ""])


def faults(*lines):
    """(line, what is expected) of each, for the lines of a function."""
    source = braces.Source(function(*lines))
    return [(source.tokens[body.head].line - 1, expected.replace("the body of this ", ""))
            for body, expected in source.faults()]


def fixed(*lines):
    """All on one line: layout is left to clang-format."""
    text = braces.Source(function(*lines)).fixed()
    assert not list(braces.Source(text).faults()), text
    return " ".join(text.split()).removeprefix("void f() { ").removesuffix(" }")


NEEDLESS = "it is one plain statement on one line"


class Bodies(unittest.TestCase):
    def good(self, *lines):
        self.assertEqual(faults(*lines), [], lines)
        self.assertEqual(braces.Source(function(*lines)).fixed(), function(*lines))

    def test_one_plain_statement_on_one_line_has_none(self):
        for head in ("if (a)", "if constexpr (a)", "if (const int a = b(); a > 0)", "for (;;)", "while (a)",
                     "for (const auto& [a, b] : c)", "for (C c{1}; const int a : c.all())", "if (a) [[unlikely]]",
                     "if (const A a{b, c}; a)", "while (a([&] { return b; }))"):
            self.good(head + " b();")
            self.good(head, "    b();")
            word = head.split()[0]
            self.assertEqual(faults(head + " {", "    b();", "}"), [(1, f"{word} needs no braces: {NEEDLESS}")])
            self.assertEqual(fixed(head + " {", "    b();", "}"), head + " b();")
            self.assertEqual(fixed(head + " { b(); }"), head + " b();")

    def test_what_is_a_plain_statement(self):
        for statement in ("return;", "return {};", "a = B{c, d};", "const Guard guard{a};", "a([&] { return b; });",
                          "GTEST_SKIP() << c;", "a = b ? C{} : D{};", "throw A{b} + c;", "break;", "++a[b{1}];",
                          "static_assert(a);", 'a = ") {";', "a = '{';", 'a = R"({ if (a) {)";', "a = 1'000;",
                          "A{b}(c).d();", "[[maybe_unused]] int a = 0;", "a = b < c{} ? d : e;",
                          'a("\\"}", \'\\\'\');'):
            self.good("if (a)", "    " + statement)
            self.assertEqual(fixed("if (a) {", statement, "}"), "if (a) " + statement)

    def test_several_lines_have_braces(self):
        for body in (["a(b,", "  c);"], ["a([&] {", "    b();", "});"], ["// why", "a();"], ["a();", "// why"],
                     ['a(R"(', ')");'], ["/* why", "*/ a();"], ["a(  // why", "    b);"]):
            self.good("if (a) {", *body, "}")
        for body in (["a(b,", "  c);"], ["a([&] {", "    b();", "});"], ["// why", "a();"]):
            self.assertEqual(faults("if (a)", *body), [(1, "if needs braces: it takes several lines")])
        self.assertEqual(fixed("if (a)", "a(b,", "c);", "d();"), "if (a) { a(b, c); } d();")
        self.good("if (a) {", "#ifdef A", "    b();", "#endif", "}")

    def test_a_head_of_several_lines_is_nothing_special(self):
        self.good("if (a &&", "    b)", "    c();")
        self.assertEqual(faults("if (a &&", "    b) {", "    c();", "}"), [(1, f"if needs no braces: {NEEDLESS}")])

    def test_several_statements_and_none_have_braces(self):
        self.good("if (a) {", "    b();", "    c();", "}")
        self.good("while (a) {", "}")
        self.good("while (a) {}")
        self.assertEqual(faults("while (a);"), [(1, "while needs braces: it is not one plain statement")])

    def test_what_has_a_body_of_its_own_is_not_plain(self):
        for statement in ("if (b) c();", "for (;;) c();", "while (b) c();"):
            self.good("for (;;) {", "    " + statement, "}")
            self.assertEqual(faults("for (;;)", "    " + statement),
                             [(1, "for needs braces: it is not one plain statement")])
            self.assertEqual(fixed("for (;;)", "    " + statement, "d();"), "for (;;) { " + statement + " } d();")
        for statement in ("switch (b) { default: c(); }", "try { b(); } catch (...) { throw; }",
                          "do { b(); } while (c);"):
            self.good("for (;;) {", "    " + statement, "}")
            self.assertEqual(faults("for (;;) " + statement), [(1, "for needs braces: it is not one plain statement")])
        self.good("for (;;) {", "    { b(); }", "}")
        self.assertEqual(fixed("for (;;)", "    for (;;)", "        if (a) b(c,", "            d);  // why", "e();"),
                         "for (;;) { for (;;) { if (a) { b(c, d); // why } } } e();")

    def test_an_else_brings_braces_to_all(self):
        self.good("if (a) {", "    b();", "} else {", "    c();", "}")
        self.good("if (a) {", "    b();", "} else if (c) {", "    d();", "} else if constexpr (e) {", "    f();", "}")
        self.assertEqual(faults("if (a)", "    b();", "else if (c)", "    d();", "else", "    e();"),
                         [(1, "if needs braces: there is an else"), (3, "if needs braces: there is an else"),
                          (5, "else needs braces: there is an else")])
        self.assertEqual(faults("if (a) {", "    b();", "} else if (c)", "    d();"),
                         [(3, "if needs braces: there is an else")])
        self.assertEqual(fixed("if (a)", "b();  // why", "else if (c) d();", "else", "e();"),
                         "if (a) { b(); // why } else if (c) { d(); } else { e(); }")
        self.assertEqual(fixed("if (a) b(); else c();"), "if (a) { b(); } else { c(); }")

    def test_a_macro_of_a_test_has_an_else(self):
        self.good("if (a) {", "    EXPECT_EQ(b, c) << d;", "}")
        self.good("for (;;) EXPECT_EQ(b, c) << d;")
        self.assertEqual(faults("if (a) ASSERT_TRUE(b);"), [(1, "if needs braces: ASSERT_TRUE has an else")])
        self.assertEqual(fixed("while (a) {", "EXPECT_EQ(b, c) << d;", "}"), "while (a) EXPECT_EQ(b, c) << d;")

    def test_an_else_stays_with_its_if(self):
        self.good("if (a) {", "    if (b) c();", "} else {", "    d();", "}")
        self.assertEqual(fixed("if (a)", "if (b) c();", "else d();"), "if (a) { if (b) { c(); } else { d(); } }")
        self.assertEqual(fixed("if (a)", "for (;;)", "if (b) c();", "else d();", "else e();"),
                         "if (a) { for (;;) { if (b) { c(); } else { d(); } } } else { e(); }")
        self.assertEqual(fixed("if (a) {", "if (b) {", "c();", "}", "} else {", "d();", "}"),
                         "if (a) { if (b) c(); } else { d(); }")

    def test_that_of_a_do_has_braces(self):
        self.good("do {", "    a();", "} while (b);", "c();")
        self.good("if (c) {", "    do {", "        a();", "    } while (b);", "}")
        self.assertEqual(faults("do a();", "while (b);"), [(1, "do needs braces: that of a do has them")])
        self.assertEqual(fixed("do a();", "while (b);", "while (c) {", "d();", "}"),
                         "do { a(); } while (b); while (c) d();")

    def test_comments_stay(self):
        self.good("if (a)  // why", "    b();  // what for")
        for before, after in ((["if (a) {  // why", "    b();  // what for", "}"],
                               ["if (a)  // why", "    b();  // what for"]),
                              (["for (;;)", "    if (a) b();  // why", "c();"],
                               ["for (;;) {", "    if (a) b();  // why", "}", "c();"]),
                              (["if (a) {", "    b();", "}  // why"], ["if (a)", "    b();  // why"])):
            self.assertEqual(braces.Source(function(*before)).fixed(), function(*after))
        self.assertRegex(braces.Source(function("if (a) {", "    b();  // why", "} c();")).fixed(), r"// why\n +c\(\);")

    def test_bodies_within_others(self):
        self.assertEqual(faults("a([&] {", "    if (b) {", "        c();", "    }", "});"),
                         [(2, f"if needs no braces: {NEEDLESS}")])
        self.assertEqual(faults("switch (a) {", "    case A::b:", "        if (c) {", "            d();", "        }",
                                "    default:", "        while (e)", "            f(g,", "              h);", "}"),
                         [(3, f"if needs no braces: {NEEDLESS}"), (7, "while needs braces: it takes several lines")])
        self.assertEqual(faults("EXPECT_THROW({", "    for (;;) {", "        a();", "    }", "}, B);"),
                         [(2, f"for needs no braces: {NEEDLESS}")])
        self.assertEqual(faults("EXPECT_THROW(for (;;) { a(); }, B);"), [(1, f"for needs no braces: {NEEDLESS}")])
        self.good("EXPECT_THROW(for (;;) a(), B);")
        self.assertEqual(faults("A_MACRO(a)", "if (b) {", "    c();", "}"), [(2, f"if needs no braces: {NEEDLESS}")])
        self.assertEqual(faults("try {", "    if (b) { c(); }", "} catch (const A&) {", "    if (b) { c(); }", "}"),
                         [(2, f"if needs no braces: {NEEDLESS}"), (4, f"if needs no braces: {NEEDLESS}")])

    def test_what_is_no_code_is_left(self):
        for lines in (["// if (a) { b(); }"], ["/* if (a) {", " b(); } */"], ['a("if (b) { c(); }");'],
                      ['a(R"x(if (b) {)")x");'], ["#define A(b) \\", "    if (b) { c(); }"], ['#define A "/*"'],
                      ["#  define A /* if", "if (b) { c(); } */"], ["// if (a) \\", "if (b) { c(); }"]):
            self.good(*lines, "if (a) b();")

    def test_outside_of_functions(self):
        for text in ("struct A : B {\n    A() : B{1}, c{d} { if (c) e(); }\n    int c = 0;\n};\n",
                     "enum class A { b, c };\nnamespace d {\nvoid e() { if (f) g(); }\n}\n",
                     "template <class A>\n    requires requires(A a) { a.b(); }\nvoid c() { if (d) e(); }\n",
                     "TEST(A, B) {\n    if (a) b();\n}\nconst int c[] = {1, 2};\n"):
            source = braces.Source(text)
            self.assertEqual((len(source.bodies), list(source.faults())), ("if (" in text, []), text)


class Files(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        (self.root / "core/include").mkdir(parents=True)
        (self.root / "core/good.cpp").write_text(function("if (a) b();"))

    def run_on_all(self, fix):
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as errors:
            good = braces.main(self.root, fix)
        return good, out.getvalue() + errors.getvalue()

    def test_good_ones_are_said_nothing_of(self):
        self.assertEqual(self.run_on_all(False), (True, ""))
        self.assertEqual(self.run_on_all(True), (True, ""))

    def test_a_bad_one_is_named_with_what_is_expected_and_fixed_once(self):
        bad = self.root / "core/include/bad.h"
        bad.write_text(function("a();", "if (b) {", "    c();", "}"))
        self.assertEqual(self.run_on_all(False), (False, f"{bad}:3: the body of this if needs no braces: {NEEDLESS}\n"))
        self.assertEqual(self.run_on_all(True), (True, f"{bad}\n"))
        self.assertEqual(bad.read_text(), function("a();", "if (b)", "    c();"))
        self.assertEqual(self.run_on_all(False), (True, ""))
        self.assertEqual(self.run_on_all(True), (True, ""))

    def test_what_cannot_be_read_is_named_and_left(self):
        bad = self.root / "core/bad.cpp"
        for lines, line in ((["if (a) {"], 3), (["a(b;", "}"], 3), (["do a();", "b();"], 3), (["}"], 3),
                            (["if (a) b)"], 2),
                            (["if (a) {", "#ifdef B", "} else {", "#else", "} else {", "#endif", "}"], 6)):
            bad.write_text(function(*lines))
            for fix in (False, True):
                good, said = self.run_on_all(fix)
                self.assertFalse(good)
                self.assertRegex(said, rf"^{bad}:{line}: cannot be read: .*\n$")
            self.assertEqual(bad.read_text(), function(*lines))


if __name__ == "__main__":
    unittest.main()
