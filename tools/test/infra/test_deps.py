#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""tools/deps: what it finds missing, what it tells, how fast; with stand-ins for apt-get only."""
import os
import subprocess
import tempfile
import time
import unittest

import pyunit

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../..")
DEPS = os.path.join(TOP, "tools/deps")
THERE = "dpkg  # why\ncoreutils\n"          # essential in Debian: always installed
MISSING = "weft-no-such-package  # for this test\n"


class DepsTest(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory(prefix="weft-deps-")
        self.addCleanup(self.dir.cleanup)
        os.chmod(self.dir.name, 0o755)
        self.bin = os.path.join(self.dir.name, "bin")
        os.mkdir(self.bin)

    def stand_in(self, name, body):
        path = os.path.join(self.bin, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\n" + body)
        os.chmod(path, 0o755)

    def deps(self, lists, *args, user=None):
        """Runs tools/deps with lists as its package lists."""
        where = os.path.join(self.dir.name, "lists")
        os.makedirs(where, exist_ok=True)
        with open(os.path.join(where, "a.txt"), "w", encoding="utf-8") as f:
            f.write(lists)
        env = dict(os.environ, WEFT_DEPS_DIR=where, PATH=self.bin + ":" + os.environ["PATH"])
        # Read as standard input, another user needs no way into the folder of the sources.
        with open(DEPS, "rb") as script:
            return subprocess.run(["/bin/sh", "-s", "--", *args], stdin=script, env=env, text=True,
                                  capture_output=True, timeout=60, cwd="/", user=user)

    def test_nothing_missing_is_silent_and_fast(self):
        self.stand_in("apt-get", "echo called >&2; exit 1\n")
        begin = time.monotonic()
        done = self.deps(THERE)
        self.assertLess(time.monotonic() - begin, 1.0)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_check_names_what_is_missing(self):
        done = self.deps(THERE + MISSING + "?weft-other  # wanted\n", "--check")
        self.assertEqual(done.returncode, 1)
        self.assertIn("missing: weft-no-such-package\n", done.stdout)
        self.assertIn("not needed: weft-other\n", done.stdout)

    def test_check_is_content_without_the_merely_wanted(self):
        self.assertEqual(self.deps(THERE + "?weft-other\n", "--check").returncode, 0)

    @unittest.skipIf(os.geteuid() != 0, "needs root, to run as another user")
    def test_other_user_is_told_one_command(self):
        done = self.deps(THERE + MISSING, user=65534)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertEqual(done.stdout, "apt-get update && apt-get install -y "
                         "--no-install-recommends weft-no-such-package\n")

    @unittest.skipIf(os.geteuid() != 0, "needs root, as apt-get does")
    def test_install_is_tried_twice_and_its_failure_told(self):
        log = os.path.join(self.dir.name, "log")
        self.stand_in("apt-get", f'echo "$*" >>{log}\nexit 100\n')
        self.stand_in("sleep", "exit 0\n")
        done = self.deps(MISSING)
        self.assertEqual(done.returncode, 4)
        self.assertIn("could not install", done.stderr)
        with open(log, encoding="utf-8") as f:
            installs = [line for line in f if " install " in line]
        self.assertEqual(len(installs), 2)
        self.assertIn("--no-install-recommends weft-no-such-package", installs[0])

    @unittest.skipIf(os.geteuid() != 0, "needs root, as apt-get does")
    def test_success_that_installed_nothing_is_a_failure(self):
        self.stand_in("apt-get", "exit 0\n")
        done = self.deps(MISSING)
        self.assertEqual(done.returncode, 4)
        self.assertIn("yet these are missing: weft-no-such-package", done.stderr)

    def test_bad_lists_are_told_with_file_and_line(self):
        for text, what in (("dpkg\nrm -rf\n", "a.txt:2: one package a line"),
                           ("$(id)\n", "a.txt:1: '$(id)' is not a package name")):
            done = self.deps(text)
            self.assertEqual(done.returncode, 2)
            self.assertIn(what, done.stderr)

    def test_unknown_argument(self):
        done = self.deps(THERE, "--frobnicate")
        self.assertEqual(done.returncode, 2)
        self.assertIn("unknown argument '--frobnicate'", done.stderr)

    def test_the_lists_of_the_repository_are_well_formed(self):
        done = subprocess.run([DEPS, "--check"], text=True, capture_output=True, timeout=60)
        self.assertIn(done.returncode, (0, 1), done.stderr)


if __name__ == "__main__":
    pyunit.main()
