#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
""".ci/run: exit status and last line, with a stand-in for make that says what each test wants."""
import os
import shutil
import subprocess
import tempfile
import unittest

import pyunit

CI = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../.ci/run")
GOOD = "12 passed, 0 failed, 1 skipped"


class CiTest(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory(prefix="weft-ci-")
        self.addCleanup(self.dir.cleanup)
        for name in (".ci", "tools", "bin"):
            os.mkdir(os.path.join(self.dir.name, name))
        shutil.copy(CI, os.path.join(self.dir.name, ".ci/run"))

    def put(self, path, text):
        full = os.path.join(self.dir.name, path)
        with open(full, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(full, 0o755)

    def run_ci(self, test, demo="exit 0"):
        """Runs .ci/run where `make test` and `make demo` do as told: (status, output lines)."""
        self.put("bin/make", f"#!/bin/sh\ncase $1 in\ntest) {test} ;;\ndemo) {demo} ;;\nesac\n")
        env = dict(os.environ, PATH=os.path.join(self.dir.name, "bin") + ":" + os.environ["PATH"])
        done = subprocess.run([os.path.join(self.dir.name, ".ci/run")], env=env, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30)
        return done.returncode, done.stdout.splitlines()

    def test_summary_is_last_though_the_demo_talks(self):
        self.put("tools/demo", "")
        status, lines = self.run_ci(f"echo '{GOOD}'", "echo demo ran")
        self.assertEqual((status, lines[-1]), (0, GOOD))
        self.assertIn("demo ran", lines)

    def test_no_demo_is_told(self):
        status, lines = self.run_ci(f"echo '{GOOD}'", "exit 1")
        self.assertEqual((status, lines[-1]), (0, GOOD))
        self.assertIn("ci: there is no tools/demo to run", lines)

    def test_failing_tests(self):
        bad = "11 passed, 1 failed, 1 skipped"
        status, lines = self.run_ci(f"echo '{bad}'; exit 2")
        self.assertEqual((status, lines[-1]), (1, bad))

    def test_failing_demo(self):
        self.put("tools/demo", "")
        status, lines = self.run_ci(f"echo '{GOOD}'", "exit 2")
        self.assertEqual((status, lines[-1]), (1, GOOD))
        self.assertIn("ci: make demo failed (exit status 2)", lines)

    def test_build_that_breaks_before_the_tests(self):
        status, lines = self.run_ci("echo error; exit 2")
        self.assertEqual((status, lines[-1]), (1, "0 passed, 1 failed, 0 skipped"))

    def test_tests_that_say_nothing_are_no_success(self):
        status, lines = self.run_ci("exit 0")
        self.assertEqual((status, lines[-1]), (1, "0 passed, 1 failed, 0 skipped"))


if __name__ == "__main__":
    pyunit.main()
