# SPDX-License-Identifier: BSD-2-Clause
"""What a finished test means: counts, reasons, the cases in it.

Decides: how exit status and output of one test turn into passed, failed and skipped.
Leaves to run.py: which tests run, when, and how they are stopped. Pure: looks at text only.
"""
import re
from dataclasses import dataclass, field
from xml.etree import ElementTree

EXIT_SKIPPED = 77

SUMMARY = re.compile(
    r"^# cunit: (\S+): (\d+) passed, (\d+) failed, (\d+) skipped$", re.MULTILINE)
CASE = re.compile(r"^(ok|FAIL|skip) {2,4}([\w./-]+)(?:: (.*))?$", re.MULTILINE)
# What a sanitizer prints even where the program goes on, or a parent hides the exit status.
SANITIZER = re.compile(
    r"^(?:=+\d+=+ ?)?(?:ERROR|WARNING|SUMMARY): (?:\w*Sanitizer|libFuzzer).*$"
    r"|^.*: runtime error: .*$",
    re.MULTILINE)


@dataclass
class Case:
    """One CUnit case, for the JUnit report."""
    name: str
    verdict: str        # ok, FAIL or skip
    text: str = ""      # why, as far as one line tells


@dataclass
class Outcome:
    """What one test came to."""
    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    why: list[str] = field(default_factory=list)    # of the failure
    skips: list[str] = field(default_factory=list)  # what was skipped, and why
    cases: list[Case] = field(default_factory=list)
    output: str = ""
    counted: bool = False       # told its numbers itself; otherwise it is one test as a whole

    def fail(self, why: str) -> None:
        """Adds a reason. The first one counts a failure unless a case already did."""
        if not self.counted:
            self.passed = self.skipped = 0
        self.failed = max(self.failed, 1)
        self.why.append(why)


def describe_exit(status: int) -> str:
    """The exit status in words; negative is a signal, as subprocess has it."""
    if status < 0:
        return f"killed by signal {-status}"
    return f"exit status {status}"


def last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def count_summaries(out: Outcome, text: str, closing_only: bool) -> bool:
    """Adds up the summary lines in text. False if there is none."""
    found = SUMMARY.findall(text)
    if not found:
        return False
    for _, passed, failed, skipped in found[-1:] if closing_only else found:
        out.passed += int(passed)
        out.failed += int(failed)
        out.skipped += int(skipped)
    if out.failed:
        out.why.append(f"{out.failed} of its cases failed")
    for verdict, name, text_ in CASE.findall(text):
        out.cases.append(Case(name, verdict, text_))
        if verdict == "skip":
            out.skips.append(f"{name}: {text_}")
    return True


def judge(name: str, kind: str, status: int, text: str) -> Outcome:
    """Turns exit status and output of one test into an Outcome.

    kind is "prog" (a program of CUnit cases, which must print its summary line), or anything else
    (one test, unless it prints summary lines itself).
    """
    out = Outcome(name, output=text)
    counted = out.counted = count_summaries(out, text, closing_only=kind == "prog")
    if status == EXIT_SKIPPED and kind != "fuzz" and not out.failed:
        if not counted:
            out.skipped = 1
        if not out.skips:
            out.skips.append(last_line(text) or "(gave no reason)")
        if out.passed:
            out.fail("says with exit status 77 that all was skipped, and that cases passed")
    elif status != 0:
        out.fail(describe_exit(status))
    elif kind == "prog" and not counted:
        out.fail("exit status 0, but no closing line '# cunit: NAME: P passed, F failed, "
                 "S skipped': it ended too early")
    elif not counted:
        out.passed = 1
    elif out.failed:
        out.why.append("and yet exit status 0")
    elif out.passed + out.skipped == 0:
        out.fail("ran no case")
    report = SANITIZER.search(text)
    if report:
        out.fail("sanitizer: " + report.group(0))
    return out


def write_junit(path: str, outcomes: list[Outcome]) -> None:
    """Writes one <testsuite> per test, one <testcase> per case (or per script)."""
    root = ElementTree.Element("testsuites")
    for out in outcomes:
        suite = ElementTree.SubElement(
            root, "testsuite", name=out.name, time=f"{out.seconds:.3f}",
            tests=str(out.passed + out.failed + out.skipped),
            failures=str(out.failed), skipped=str(out.skipped))
        for case in out.cases:
            add_case(suite, out.name, case)
        # What is not a case of its own: a script, or a reason beyond the cases.
        if not out.cases or (out.failed and not any(c.verdict == "FAIL" for c in out.cases)):
            verdict = "FAIL" if out.failed else "skip" if not out.passed else "ok"
            text = "; ".join(out.why or out.skips)
            element = add_case(suite, out.name, Case(out.name, verdict, text))
            element.set("time", f"{out.seconds:.3f}")
        if out.failed:
            ElementTree.SubElement(suite, "system-out").text = xml_text(out.output)
    ElementTree.indent(root)
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def add_case(suite: ElementTree.Element, classname: str, case: Case) -> ElementTree.Element:
    element = ElementTree.SubElement(suite, "testcase", classname=classname, name=case.name)
    if case.verdict == "FAIL":
        ElementTree.SubElement(element, "failure", message=xml_text(case.text or "failed"))
    elif case.verdict == "skip":
        ElementTree.SubElement(element, "skipped", message=xml_text(case.text))
    return element


def xml_text(text: str) -> str:
    """XML 1.0 has no way to write most control characters."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", text)
