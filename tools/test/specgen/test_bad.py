# SPDX-License-Identifier: BSD-2-Clause
"""Specifications that must be refused, each with the message that says where and why."""

import pathlib
import tempfile
import unittest

import support

# Line 1 is the title, line 3 opens the block; {} is replaced from line 4 on.
WIRE = """# T

```wire
{}
```
"""
BASE = """enum ptype 4
  RESERVED 0
  DATA 1
flags bits 8
  A 0x80
  B 0x0f
header base 2
  ver 4
  type 4 enum ptype
  flags 8 flags bits
"""  # 10 lines: what follows begins on line 14
STATES = "# T\n\n```states door\n{}\n```\n"
PROSE = "# T\n\n{}\n"

# (reason, frame, text, line, message)
BAD = [
    (
        "a header that does not add up",
        WIRE,
        "header base 12\n  a 32\n  b 63",
        4,
        "header base is 95 bits, declared 96",
    ),
    ("a field without a width", WIRE, "header base 1\n  a", 5, "expected: NAME BITS"),
    (
        "a width that is no number",
        WIRE,
        "header base 1\n  a b",
        5,
        "must be a decimal or 0x number, not 'b'",
    ),
    (
        "a field of no bits",
        WIRE,
        "header base 1\n  a 0\n  b 8",
        5,
        "field a must have at least one bit",
    ),
    (
        "two fields of one name",
        WIRE,
        "header base 2\n  a 8\n  a 8",
        6,
        "field base.a defined twice, first at spec/1.md:5",
    ),
    ("a field named by a C word", WIRE, "header base 1\n  int 8", 5, "'int' is a word of C or Lua"),
    (
        "a field in capitals",
        WIRE,
        "header base 1\n  A 8",
        5,
        "must be a name in lower case, not 'A'",
    ),
    ("an enum that is not there", WIRE, "header base 1\n  a 8 enum nope", 5, "no enum nope"),
    ("flags that are not there", WIRE, "header base 1\n  a 8 flags nope", 5, "no flags nope"),
    (
        "a field narrower than its enum",
        WIRE,
        BASE + "header x 1\n  a 3 enum ptype\n  b 5",
        15,
        "field x.a is 3 bits, enum ptype is 4",
    ),
    (
        "a fixed value that does not fit",
        WIRE,
        "header base 1\n  a 4 = 16\n  b 4",
        5,
        "16 does not fit 4 bits",
    ),
    (
        "a fixed value that is nothing",
        WIRE,
        "header base 1\n  a 8 = SOME",
        5,
        "'= SOME' is neither a number nor a constant",
    ),
    (
        "a reserved field with a value",
        WIRE,
        "header base 1\n  a 8 = 1 mbz",
        5,
        "is mbz and cannot have",
    ),
    (
        "a long field off its boundary",
        WIRE,
        "header base 17\n  a 4\n  b 128\n  c 4",
        6,
        "must be whole bytes on a byte boundary",
    ),
    (
        "two headers of one name",
        WIRE,
        BASE + "header base 1\n  a 8",
        14,
        "header base defined twice, first at spec/1.md:10",
    ),
    (
        "a value wider than its enum",
        WIRE,
        "enum e 2\n  Z 0\n  A 4",
        6,
        "e.A = 4 does not fit 2 bits",
    ),
    ("a value given twice", WIRE, "enum e 2\n  Z 0\n  A 1\n  B 1", 7, "e.B has the value of A: 1"),
    (
        "a name given twice",
        WIRE,
        "enum e 2\n  Z 0\n  A 1\n  A 2",
        7,
        "e.A defined twice, first at spec/1.md:6",
    ),
    ("an enum that leaves 0 open", WIRE, "enum e 2\n  A 1", 4, "enum e leaves 0 open"),
    ("an enum of nothing", WIRE, "enum e 2", 4, "enum e has no values"),
    ("an enum too wide", WIRE, "enum e 40\n  Z 0", 4, "1 to 32 are possible"),
    (
        "a name in a reserved range",
        WIRE,
        "enum e 4\n  Z 0\n  A 9\n  reserved 8-15",
        7,
        "e.A lies in a reserved range",
    ),
    ("flags that overlap", WIRE, "flags f 8\n  A 0x80\n  B 0xc0", 6, "f.B overlaps A"),
    ("a flag outside its width", WIRE, "flags f 4\n  A 0x10", 5, "f.A = 0x10 does not fit 4 bits"),
    ("a flag with a hole", WIRE, "flags f 8\n  A 0x05", 5, "f.A = 0x05 has a hole"),
    ("two constants of one name", WIRE, "const A 1\nconst A 2", 5, "constant A defined twice"),
    (
        "a constant that is no number",
        WIRE,
        "const A one",
        4,
        "must be a decimal or 0x number, not 'one'",
    ),
    ("an octal look-alike", WIRE, "const A 010", 4, "must be a decimal or 0x number, not '010'"),
    (
        "two C names that meet",
        WIRE,
        "const E_A 1\nenum e 2\n  A 0",
        6,
        "the C name WEFT_E_A is also that of spec/1.md:4",
    ),
    (
        "an unknown kind of line",
        WIRE,
        "struct x 1",
        4,
        "expected const, enum, flags, header, layout or note",
    ),
    (
        "an indented line of nobody",
        WIRE,
        "  a 8",
        4,
        "must belong to an enum, flags, header or layout",
    ),
    ("a continued line of nobody", WIRE, "| text", 4, "there is none"),
    ("a block that never ends", PROSE, "```wire\nconst A 1", 3, "the ``` block never ends"),
    (
        "a layout with no such header",
        WIRE,
        BASE + "layout D when ptype = DATA\n  base\n  nope",
        16,
        "layout D: no header or group nope",
    ),
    (
        "a layout with no such value",
        WIRE,
        BASE + "layout D when ptype = DATE\n  base",
        14,
        "'DATE' is no value of ptype",
    ),
    (
        "a condition on no such flag",
        WIRE,
        BASE + "header x 1\n  a 8\nlayout D when ptype = DATA\n  base\n" "  x if base.flags & C",
        18,
        "'C' is no value of bits that base.flags can have",
    ),
    (
        "a field used before it is read",
        WIRE,
        BASE + "header x 1\n  a 8\nlayout D when ptype = DATA\n  base\n" "  pay x.a\n  x",
        18,
        "x.a is used before x was read",
    ),
    (
        "a count by no such field",
        WIRE,
        BASE + "layout D when ptype = DATA\n  base\n  pay base.len",
        16,
        "no field base.len",
    ),
    (
        "an until that never comes",
        WIRE,
        BASE + "header x 1\n  a 8\nlayout D when ptype = DATA\n  base\n  x until y",
        18,
        "'until y' needs y further down",
    ),
    (
        "a while that looks at no such field",
        WIRE,
        BASE + "header x 1\n  a 8\nlayout D when ptype = DATA\n  base\n  x while x.b",
        18,
        "no field x.b",
    ),
    (
        "a header counted as bytes",
        WIRE,
        BASE + "header x 1\n  a 8\nlayout D when ptype = DATA\n  base\n  x 4",
        18,
        "x is a header; repeat it with '*' or 'until'",
    ),
    (
        "a layout that is never reached",
        WIRE,
        BASE + "layout D when ptype = DATA\n  base\n"
        "layout E when ptype = DATA and base.flags & A\n  base",
        16,
        "layout E is never reached: D at spec/1.md:14",
    ),
    (
        "a layout that begins with bytes",
        WIRE,
        BASE + "layout D when ptype = DATA\n  pay 4\n  base",
        15,
        "must begin with a header that is always there",
    ),
    (
        "and mixed with or",
        WIRE,
        BASE + "layout D when ptype = DATA and base.ver = 1 or base.ver = 2\n  base",
        14,
        "by 'and' or by 'or', not by both",
    ),
    (
        "a word too many",
        WIRE,
        BASE + "layout D when ptype = DATA\n  base if base.ver = 1 yes",
        15,
        "unexpected 'yes'",
    ),
    (
        "a group within itself",
        WIRE,
        BASE + "layout g\n  base\n  g",
        16,
        "g is a packet, not a group",
    ),
    (
        "a state that nothing reaches",
        STATES,
        "A -> B : x\nB -> A : y\nC -> A : z",
        6,
        "state C cannot be reached from A",
    ),
    (
        "a misspelt state",
        STATES,
        "A -> B : x\nB -> A : y\nB -> BB : z",
        6,
        "state BB is named once and has no way out",
    ),
    (
        "a state that is not declared",
        STATES,
        "state A one\nA -> B : x",
        5,
        "state B is not named by a 'state' line",
    ),
    (
        "a move given twice",
        STATES,
        "A -> B : x\nA -> B : y\nB -> A : z",
        5,
        "A -> B given twice, first at spec/1.md:4",
    ),
    ("a move without an event", STATES, "A -> B", 4, "expected: FROM -> TO : event"),
    ("a machine of nothing", STATES, "", 3, "states door has no moves"),
    (
        "two keywords",
        PROSE,
        "> **WEFT-A-001** It MUST go and MUST come.",
        3,
        "needs exactly one of MUST, MUST NOT",
    ),
    ("no keyword", PROSE, "> **WEFT-A-001** It goes.", 3, "has none"),
    (
        "a foreign keyword",
        PROSE,
        "> **WEFT-A-001** It SHALL go.",
        3,
        "'SHALL' is not a keyword here",
    ),
    (
        "an id used twice",
        PROSE,
        "> **WEFT-A-001** It MUST go.\n\n> **WEFT-A-001** It MAY stay.",
        5,
        "requirement id WEFT-A-001 used twice, first at spec/1.md:3",
    ),
    ("a rule that is no requirement", PROSE, "It MUST go.", 3, "MUST outside a requirement"),
    ("a quoted rule without an id", PROSE, "> It MAY go.", 3, "MAY outside a requirement"),
    ("an id in small letters", PROSE, "> **WEFT-a-001** It MUST go.", 3, "is not an id"),
    ("a number of two digits", PROSE, "> **WEFT-A-01** It MUST go.", 3, "is not an id"),
    (
        "a requirement outside a quote",
        PROSE,
        "**WEFT-A-001** It MUST go.",
        3,
        "must be a block quote",
    ),
]

BAD_EXCEPTIONS = [
    (
        "an unknown requirement",
        "> **WEFT-B-001** code: it is hardware",
        1,
        "exception for unknown requirement WEFT-B-001",
    ),
    ("no kind", "> **WEFT-A-001** it is hardware", 1, "an exception reads 'code: reason'"),
    ("no reason", "> **WEFT-A-001** code: no", 1, "needs a reason that a reader can judge"),
    (
        "given twice",
        "> **WEFT-A-001** code: it is hardware\n\n> **WEFT-A-001** both: it is hardware",
        3,
        "exception for code given twice",
    ),
]


class Bad(unittest.TestCase):
    def errors(self, files):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name) / "spec"
            folder.mkdir()
            for path, text in files.items():
                (folder / path).write_text(text)
            return support.load(folder).errors.items

    def test_each_is_refused_with_its_message(self):
        for reason, frame, text, line, message in BAD:
            with self.subTest(reason):
                errors = self.errors({"1.md": frame.replace("{}", text)})
                found = [e for e in errors if e.startswith(f"spec/1.md:{line}:") and message in e]
                self.assertTrue(found, f"expected line {line}: {message}\nfound: {errors}")
                self.assertEqual(len(errors), 1, f"one mistake, one message: {errors}")

    def test_each_exception_is_refused_with_its_message(self):
        for reason, text, line, message in BAD_EXCEPTIONS:
            with self.subTest(reason):
                errors = self.errors(
                    {"1.md": "> **WEFT-A-001** It MUST go.\n", "exceptions.md": text + "\n"}
                )
                self.assertEqual(
                    [e for e in errors if f"exceptions.md:{line}:" in e and message in e], errors
                )
                self.assertEqual(len(errors), 1, errors)

    def test_base_is_good(self):
        """What the bad ones are made of is right, so that each fails for its own reason."""
        self.assertEqual(self.errors({"1.md": WIRE.replace("{}", BASE)}), [])

    def test_an_empty_folder_is_refused(self):
        self.assertIn("is this the specification's folder?", self.errors({})[0])

    def test_every_mistake_is_reported_in_one_run(self):
        errors = self.errors(
            {
                "1.md": WIRE.replace("{}", "header a 2\n  x 8\nenum e 2\n  A 9\n  B 1"),
                "2.md": "> **WEFT-A-001** It goes.\n",
            }
        )
        self.assertEqual(len(errors), 4, errors)


if __name__ == "__main__":
    unittest.main()
