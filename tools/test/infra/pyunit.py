# SPDX-License-Identifier: BSD-2-Clause
"""Runs a module's unittest cases and reports them as cunit_main does, so that run.py counts them.

Decides: the output and the exit status (0 passed, 1 failed, 77 all skipped). Leaves the rest to
unittest; arguments go to it too (`test_run.py RunnerTest.test_hanging`).
"""
import os
import sys
import unittest


class Result(unittest.TextTestResult):
    """Prints one line per case."""

    passed = 0

    def _line(self, verdict: str, test: unittest.TestCase, text: str = "") -> None:
        name = test.id().removeprefix("__main__.")
        self.stream.writeln(f"{verdict:4}  {name}" + (f": {text}" if text else ""))

    def addSuccess(self, test):
        unittest.TestResult.addSuccess(self, test)
        self.passed += 1
        self._line("ok", test)

    def addFailure(self, test, err):
        unittest.TestResult.addFailure(self, test, err)
        self._line("FAIL", test)

    def addError(self, test, err):
        unittest.TestResult.addError(self, test, err)
        self._line("FAIL", test)

    def addSkip(self, test, reason):
        unittest.TestResult.addSkip(self, test, reason)
        self._line("skip", test, reason)

    def printErrors(self):
        self.printErrorList("FAIL", self.errors + self.failures)


def main() -> None:
    """Call as the last line of a test module."""
    name = os.path.splitext(os.path.basename(sys.argv[0]))[0]
    runner = unittest.TextTestRunner(stream=sys.stdout, resultclass=Result, verbosity=0)
    result = unittest.main(testRunner=runner, exit=False).result
    failed = len(result.failures) + len(result.errors)
    skipped = len(result.skipped)
    print(f"# cunit: {name}: {result.passed} passed, {failed} failed, {skipped} skipped")
    if failed or not result.passed + skipped:
        sys.exit(1)
    sys.exit(0 if result.passed else 77)
