#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The CUnit front: counting, selection, seeds, exit status, in a program built here."""
import os
import subprocess
import tempfile
import unittest

import pyunit

TOP = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../.."))
PROGRAM = r"""
#include <stdio.h>
#include "tools/test/cunit_main.h"
static void a__ok(void) { CU_ASSERT_EQUAL(1, 1); }
static void a__bad(void) { CU_ASSERT_EQUAL(1, 2); }
static void a__fatal(void) { CU_ASSERT_FATAL(0); printf("went on\n"); }
static void a__skip(void) { WEFT_SKIP("no such card"); }
static void a__none(void) { }
static void b__seed(void)
{
	printf("seed %llu\n", (unsigned long long)weft_test_seed);
	CU_PASS("prints");
}
WEFT_SUITE(t_a) {
	{ "a__ok", a__ok }, { "a__bad", a__bad }, { "a__fatal", a__fatal }, { "a__skip", a__skip },
	{ "a__none", a__none },
};
WEFT_SUITE(t_b) { { "b__seed", b__seed } };
"""


class CunitTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.TemporaryDirectory(prefix="weft-cunit-")
        cls.addClassCleanup(cls.dir.cleanup)
        source = os.path.join(cls.dir.name, "t.c")
        with open(source, "w", encoding="utf-8") as f:
            f.write(PROGRAM)
        cls.prog = os.path.join(cls.dir.name, "t_prog")
        subprocess.run(["gcc", "-std=c11", "-D_GNU_SOURCE", "-I.", "-Wall", "-Wextra", "-Werror",
                        "-o", cls.prog, source, "tools/test/cunit_main.c", "-lcunit"],
                       cwd=TOP, check=True)

    def run_prog(self, *args, **env):
        done = subprocess.run([self.prog, *args], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=20, env={**os.environ, **env})
        return done.returncode, done.stdout

    def test_counts_all(self):
        status, text = self.run_prog()
        self.assertEqual(status, 1)
        self.assertTrue(text.endswith("# cunit: t_prog: 2 passed, 3 failed, 1 skipped\n"), text)

    def test_fatal_assertion_ends_its_case_alone(self):
        text = self.run_prog()[1]
        self.assertNotIn("went on", text)
        self.assertIn("ok    t_b.b__seed\n", text)

    def test_case_without_assertion_fails(self):
        status, text = self.run_prog("-t", "a__none")
        self.assertEqual(status, 1)
        self.assertIn("asserts nothing", text)

    def test_failure_tells_where_and_how_to_replay(self):
        text = self.run_prog("-t", "a__bad", "--seed", "0x2a")[1]
        self.assertIn("t.c:5: CU_ASSERT_EQUAL(1,2)", text)
        self.assertIn(f"{self.prog} -t 't_a.a__bad' --seed 42\n", text)

    def test_all_skipped_is_77(self):
        status, text = self.run_prog("-t", "a__sk*")
        self.assertEqual(status, 77)
        self.assertIn("skip  t_a.a__skip: no such card\n", text)

    def test_pattern_without_match_is_an_error(self):
        status, text = self.run_prog("-t", "nothing")
        self.assertEqual(status, 2)
        self.assertIn("no case matches nothing", text)

    def test_seed(self):
        self.assertIn("seed 1\n", self.run_prog("-t", "b__seed")[1])
        self.assertIn("seed 7\n", self.run_prog("-t", "b__seed", WEFT_TEST_SEED="7")[1])
        self.assertIn("seed 9\n", self.run_prog("-t", "b__seed", "--seed", "9",
                                                WEFT_TEST_SEED="7")[1])
        for bad in ("x", "-1", "", "18446744073709551616"):
            status, text = self.run_prog("--seed", bad)
            self.assertEqual(status, 2)
            self.assertIn("is not a seed", text)

    def test_list(self):
        status, text = self.run_prog("--list", "-t", "t_b")
        self.assertEqual((status, text), (0, "t_b.b__seed\n"))


if __name__ == "__main__":
    pyunit.main()
