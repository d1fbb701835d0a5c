#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# weft-test: timeout=120
"""The runner tells rightly what fails, hangs, crashes, says nothing, is skipped."""
import os
import subprocess
import sys
import tempfile
import time
import unittest
from xml.etree import ElementTree

import pyunit

RUN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../run.py")
SUM = "echo '# cunit: t: {} passed, {} failed, {} skipped'\n"


class RunnerTest(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory(prefix="weft-run-")
        self.addCleanup(self.dir.cleanup)

    def write(self, name, body):
        """A shell script that stands for a test; returns its path."""
        path = os.path.join(self.dir.name, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\n" + body)
        os.chmod(path, 0o755)
        return path

    def run_tests(self, *tests, user=None):
        """Returns (exit status, output) of run.py on tests."""
        logs = os.path.join(self.dir.name, "logs")
        done = subprocess.run(
            [sys.executable, RUN, "--logs", logs, "--build", self.dir.name, *tests],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, user=user,
            cwd=self.dir.name)
        return done.returncode, done.stdout

    def check(self, tests, status, summary, *texts):
        got, output = self.run_tests(*tests)
        self.assertEqual(output.splitlines()[-1], summary, output)
        self.assertEqual(got, status, output)
        for text in texts:
            self.assertIn(text, output)
        return output

    def test_passing(self):
        prog = self.write("t_a", SUM.format(3, 0, 1))
        script = self.write("b.sh", "exit 0\n")
        self.check([f"prog:{prog}", f"script:{script}"], 0, "4 passed, 0 failed, 1 skipped")

    def test_failing_case(self):
        prog = self.write("t_a", "echo 'FAIL  s.one'; echo because\n" + SUM.format(2, 1, 0)
                          + "exit 1\n")
        self.check([f"prog:{prog}"], 1, "2 passed, 1 failed, 0 skipped",
                   "===== FAIL t_a: 1 of its cases failed; exit status 1", "because")

    def test_failing_case_with_status_0(self):
        prog = self.write("t_a", SUM.format(2, 1, 0))
        self.check([f"prog:{prog}"], 1, "2 passed, 1 failed, 0 skipped", "and yet exit status 0")

    def test_bad_status_after_passing_cases(self):
        prog = self.write("t_a", SUM.format(2, 0, 0) + "exit 3\n")
        self.check([f"prog:{prog}"], 1, "2 passed, 1 failed, 0 skipped", "exit status 3")

    def test_failing_script(self):
        script = self.write("b.sh", "echo told you; exit 4\n")
        self.check([f"script:{script}"], 1, "0 passed, 1 failed, 0 skipped", "told you",
                   "exit status 4")

    def test_hanging(self):
        mark = os.path.join(self.dir.name, "grandchild")
        # Neither the script nor its child listens to SIGTERM.
        script = self.write("b.sh", "# weft-test: timeout=1\ntrap '' TERM\n"
                            f"(trap '' TERM; sleep 5; touch {mark}) &\nsleep 60\n")
        begin = time.monotonic()
        self.check([f"script:{script}"], 1, "0 passed, 1 failed, 0 skipped",
                   "did not end within 1 s")
        self.assertLess(time.monotonic() - begin, 10)
        time.sleep(max(0.0, begin + 6.5 - time.monotonic()))
        self.assertFalse(os.path.exists(mark), "a child of the hanging test outlived it")

    def test_leaving_a_process(self):
        script = self.write("b.sh", "sleep 60 &\nexit 0\n")
        self.check([f"script:{script}"], 1, "0 passed, 1 failed, 0 skipped",
                   "left processes of its own running")

    def test_crashing(self):
        prog = self.write("t_a", SUM.format(2, 0, 0) + "kill -SEGV $$\n")
        self.check([f"prog:{prog}"], 1, "2 passed, 1 failed, 0 skipped", "killed by signal 11")

    def test_silent_program(self):
        prog = self.write("t_a", "exit 0\n")
        self.check([f"prog:{prog}"], 1, "0 passed, 1 failed, 0 skipped", "no closing line")

    def test_program_without_cases(self):
        prog = self.write("t_a", SUM.format(0, 0, 0))
        self.check([f"prog:{prog}"], 1, "0 passed, 1 failed, 0 skipped", "ran no case")

    def test_sanitizer_report_behind_status_0(self):
        for number, line in enumerate((
                "==7==ERROR: AddressSanitizer: heap-use-after-free", "a.c:3:5: runtime error: x",
                "SUMMARY: LeakSanitizer: 8 byte(s) leaked",
                "==7== ERROR: libFuzzer: deadly signal")):
            prog = self.write(f"t_{number}", f"echo '{line}'\n" + SUM.format(1, 0, 0))
            self.check([f"prog:{prog}"], 1, "1 passed, 1 failed, 0 skipped", "sanitizer: ")

    def test_skipped(self):
        prog = self.write("t_a", "echo 'skip  s.one: no disk'\n" + SUM.format(0, 0, 2)
                          + "exit 77\n")
        script = self.write("b.sh", "echo no card here; exit 77\n")
        good = self.write("c.sh", "exit 0\n")
        self.check([f"prog:{prog}", f"script:{script}", f"script:{good}"], 0,
                   "1 passed, 0 failed, 3 skipped", "s.one: no disk", "no card here")

    def test_failed_build_skips_what_it_builds(self):
        os.makedirs(os.path.join(self.dir.name, "asan/test"))
        progs = [f"prog:{self.write('asan/test/' + name, SUM.format(1, 0, 0))}"
                 for name in ("t_a", "t_b")]
        plain = self.write("t_c", SUM.format(1, 0, 0))
        output = self.check(["step:build-asan=echo broken; exit 2", *progs, f"prog:{plain}"], 1,
                            "1 passed, 1 failed, 2 skipped", "FAIL build-asan", "broken",
                            "asan/*: not run: build-asan failed (2 tests)")
        self.assertNotIn("asan/t_a", output)
        self.check(["step:build-asan=true", *progs], 0, "3 passed, 0 failed, 0 skipped")

    def test_fuzz_target(self):
        # 77 is libFuzzer's own status for a crash: never a skip.
        for status, want in (0, "1 passed, 0 failed, 0 skipped"), \
                (77, "0 passed, 1 failed, 0 skipped"):
            prog = self.write(f"fuzz_{status}", f"exit {status}\n")
            self.check([f"fuzz:{prog}"], int(status != 0), want)

    def test_all_skipped_is_a_failure(self):
        script = self.write("b.sh", "exit 77\n")
        self.check([f"script:{script}"], 1, "0 passed, 0 failed, 1 skipped", "no test ran")

    def test_no_tests_is_a_failure(self):
        self.check([], 1, "0 passed, 0 failed, 0 skipped", "no test ran")

    def test_missing_program(self):
        self.check(["prog:" + self.dir.name + "/none"], 1, "0 passed, 1 failed, 0 skipped",
                   "cannot be started")

    def test_serial_runs_alone(self):
        busy = os.path.join(self.dir.name, "busy")
        body = f"mkdir {busy} && sleep 0.3 && rmdir {busy}\n"
        first = self.write("a.sh", body)
        alone = self.write("b.sh", "# weft-test: serial\n" + body)
        again = self.write("c.sh", "# weft-test: serial\n" + body)
        self.check([f"script:{s}" for s in (first, alone, again)], 0,
                   "3 passed, 0 failed, 0 skipped")

    def test_two_at_a_time(self):
        # Each waits for the other one's mark: one after the other, both would fail.
        def wait(mine, other):
            return (f"cd {self.dir.name}; touch {mine}; for i in $(seq 100); do "
                    f"[ -e {other} ] && exit 0; sleep 0.05; done; exit 1\n")
        one, two = self.write("one.sh", wait("m1", "m2")), self.write("two.sh", wait("m2", "m1"))
        self.check([f"script:{one}", f"script:{two}"], 0, "2 passed, 0 failed, 0 skipped")

    @unittest.skipIf(os.geteuid() != 0, "needs root, to run as another user")
    def test_root_script_without_root(self):
        script = self.write("b.sh", "# weft-test: root\nexit 1\n")
        good = self.write("c.sh", "exit 0\n")
        os.chmod(self.dir.name, 0o777)
        status, output = self.run_tests(f"script:{script}", f"script:{good}", user=65534)
        self.assertEqual((status, output.splitlines()[-1]),
                         (0, "1 passed, 0 failed, 1 skipped"), output)

    def test_asan_marker_runs_again_with_the_other_build(self):
        script = self.write("b.sh", '# weft-test: asan\necho "B is $B"\nexit 1\n')
        other = os.path.join(self.dir.name, "asan")
        self.check(["--san-build", other, f"script:{script}"], 1,
                   "0 passed, 2 failed, 0 skipped", f"B is {self.dir.name}\n", f"B is {other}\n")

    def test_unknown_marker(self):
        script = self.write("b.sh", "# weft-test: quick\n")
        status, output = self.run_tests(f"script:{script}")
        self.assertEqual(status, 2)
        self.assertIn("unknown word 'quick'", output)

    def test_steps_run_first(self):
        mark = os.path.join(self.dir.name, "built")
        script = self.write("b.sh", f"[ -e {mark} ]\n")
        self.check([f"script:{script}", f"step:build=touch {mark}"], 0,
                   "2 passed, 0 failed, 0 skipped")

    def test_pattern_keeps_the_build_of_what_it_chooses(self):
        os.makedirs(os.path.join(self.dir.name, "asan/test"))
        for name in ("asan/test/t_a", "asan/test/t_b"):
            self.write(name, SUM.format(1, 0, 0))
        tests = ["step:build-asan=true", "step:build-clang=false"]
        tests += [f"prog:{self.dir.name}/asan/test/{name}" for name in ("t_a", "t_b")]
        output = self.check(["-k", "t_b", *tests], 0, "2 passed, 0 failed, 0 skipped")
        self.assertIn("build-asan", output)
        self.assertIn("asan/t_b", output)
        self.assertNotIn("asan/t_a", output)

    def test_junit(self):
        prog = self.write("t_a", "echo 'ok    s.one'; echo 'FAIL  s.two'; printf '\\001\\377\\n'\n"
                          + SUM.format(1, 1, 0) + "exit 1\n")
        self.run_tests(f"prog:{prog}")
        suite = ElementTree.parse(os.path.join(self.dir.name, "logs/junit.xml")).find("testsuite")
        self.assertEqual([c.get("name") for c in suite.findall("testcase")], ["s.one", "s.two"])
        self.assertEqual(len(suite.findall("testcase/failure")), 1)


if __name__ == "__main__":
    pyunit.main()
