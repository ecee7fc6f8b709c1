#!/usr/bin/env python3
"""What mutate.py changes in a text, and that it puts everything back."""
import tempfile
import unittest
from pathlib import Path

import mutate


def mutants(*lines):
    """The lines that are made of these."""
    return [mutant.after.strip() for mutant in mutate.mutants_of("a.cpp", "\n".join(lines))]


class Operators(unittest.TestCase):
    def test_swap(self):
        self.assertEqual(mutants("return a == b;"), ["return a != b;"])
        self.assertEqual(mutants("return a != b;"), ["return a == b;"])
        self.assertEqual(mutants("return a < b;"), ["return a <= b;"])
        self.assertEqual(mutants("return a >= b;"), ["return a > b;"])
        self.assertEqual(mutants("return a + b - c;"), ["return a - b - c;", "return a + b + c;"])
        self.assertEqual(mutants("return a &&"), ["return a ||"])

    def test_leave_types_alone(self):
        for line in ("std::vector<int> found(T&& a, U& b);", "a->b = c << d;", "#if a == b", "template <class T>",
                     "static_assert(a == b);", "auto operator=(const A&) -> A&;"):
            self.assertEqual([m for m in mutants(line) if m != "{}"], [], line)

    def test_negate_conditions(self):
        self.assertEqual(mutants("if (a(b)) return c;"), ["if (!(a(b))) return c;"])
        self.assertEqual(mutants("} while (a);"), ["} while (!(a));"])
        self.assertEqual(mutants("if (a == b) return c;"), ["if (a != b) return c;"])
        self.assertEqual(mutants('if (a("x")) return c;'), ['if (!(a("x"))) return c;'])
        for line in ("if (const int a = b(); a)", "if (A* const a = b())", "if (a(b,"):
            self.assertEqual(mutants(line), [], line)

    def test_change_constants(self):
        self.assertEqual(mutants("return true;"), ["return false;"])
        self.assertEqual(mutants("f = 0;")[0], "f = 1;")
        self.assertEqual(mutants("return 16'384U;"), ["return 16385U;", "return 16383U;"])
        for line in ("return 1.5;", "return 0x1f;", "return a1;", "return truely;"):
            self.assertEqual(mutants(line), [], line)

    def test_remove_statements(self):
        for line in ("a.b();", "a = b;", "a->b += c;", "++a;", "*a = b;", "a::b<C>(d, e(f));", "a_[i].b = c;"):
            self.assertIn("{}", mutants(line), line)
        self.assertIn("if (a(b)) {}", mutants("if (a(b)) c();"))
        self.assertIn("} else {}", mutants("} else c();"))
        self.assertIn("{}  // why", mutants("a();  // why"))
        for line in ("int a = b;", "return a();", "const A a{b};", "void a(int b);", "GROVE_ASSERT(a, b);"):
            self.assertNotIn("{}", mutants(line), line)

    def test_remove_whole_statements_alone(self):
        self.assertEqual(mutants("a = b ||", "    c();"), ["a = b &&"])
        self.assertEqual(mutants("a(b,", "  c(d));"), [])
        self.assertEqual(mutants("if (a)", "    b();"), ["if (!(a))", "{}"])

    def test_leave_comments_and_texts_alone(self):
        for line in ("// a == 1", "b(\"a == 1\", '1', R\"(a && b)\", // true", "a(); /* b == c */"):
            self.assertEqual([m for m in mutants(line) if not m.startswith("{}")], [], line)
        self.assertEqual(mutants("/* a", " == 1 */ return a == b;"), ["== 1 */ return a != b;"])

    def test_name_the_place(self):
        (mutant,) = mutate.mutants_of("core/a.cpp", "\n  return a == b;  // why")
        self.assertEqual(str(mutant), "core/a.cpp:2: return a == b;  // why  =>  return a != b;  // why")


class Restored(unittest.TestCase):
    def test_whatever_happens(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "a.cpp")
            path.write_text("a();\nreturn a == b;\n")
            proof = mutate.Proof.__new__(mutate.Proof)
            proof.worktree, proof.changed = folder, None

            def interrupted():
                self.assertEqual(path.read_text(), "a();\nreturn a != b;\n")
                raise KeyboardInterrupt
            proof.fate = interrupted
            with self.assertRaises(KeyboardInterrupt):
                proof.of(mutate.Mutant("a.cpp", 2, "return a == b;", "return a != b;"))
            self.assertEqual(path.read_text(), "a();\nreturn a == b;\n")


class Fates(unittest.TestCase):
    def fate(self, **answers):
        """Where the commands whose last words are these answer so, and all others succeed."""
        proof = mutate.Proof.__new__(mutate.Proof)
        proof.build, proof.jobs, proof.targets, proof.most = "b", "1", ["one", "two"], {"two": 7}
        self.commands = []

        def command(*words, seconds=None):
            program = words[-1] if words[0] == "cmake" else Path(words[0]).name + "_run"
            self.commands.append((program, seconds))
            return answers.get(program, (0, ""))
        proof.command = command
        return proof.fate()

    def test_survives_all(self):
        self.assertEqual(self.fate(), "survived")
        self.assertEqual(self.commands, [("one", None), ("one_run", None), ("two", None), ("two_run", 7)])

    def test_ends_at_the_first_that_fails(self):
        said = "[ RUN      ] A.B\nwrong\n[  FAILED  ] A.B (3 ms)\n"
        self.assertEqual(self.fate(one_run=(1, said)), "killed by one: A.B")
        self.assertEqual([program for program, _ in self.commands], ["one", "one_run"])
        self.assertEqual(self.fate(two_run=(-11, "")), "killed by two: exit code -11")
        self.assertEqual(self.fate(two_run=(None, "")), "killed by two: takes too long")

    def test_does_not_compile(self):
        self.assertEqual(self.fate(one=(1, "a.cpp:1: error: no")), "does not compile")
        self.assertEqual(self.fate(two=(1, "terminate called")), "killed by two --gtest_list_tests")


class Commands(unittest.TestCase):
    def test_that_take_too_long_end(self):
        proof = mutate.Proof.__new__(mutate.Proof)
        self.assertEqual(proof.command("sh", "-c", "echo said; exit 3"), (3, "said\n"))
        self.assertEqual(proof.command("sh", "-c", "sleep 600 & wait", seconds=0.1), (None, ""))


if __name__ == "__main__":
    unittest.main()
