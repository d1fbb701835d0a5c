# SPDX-License-Identifier: BSD-2-Clause
"""What a kernel's messages and a script's output mean. Pure: looks at text only.

Decides: which messages are failures, and how a script's lines become cases.
"""
import re
from dataclasses import dataclass

EXIT_SKIPPED = 77

# A message that a healthy kernel never prints.
BAD = re.compile(
    r"BUG:|BUG kmalloc|\bBUG \S+ \(|WARNING:|Oops|KASAN|KFENCE|UBSAN|KCSAN"
    r"|general protection fault|kernel panic|unable to handle"
    r"|possible (recursive|circular|irq lock)|inconsistent lock state|suspicious RCU"
    r"|blocked for more than|rcu:? .*(detected stalls|self-detected stall)|soft lockup"
    r"|hung task|scheduling while atomic|sleeping function called"
    r"|RESTRACK detected leak|Objects remaining|refcount_t:|list_(add|del) corruption"
    r"|DMA-API: .*(leak|error)|unregister_netdevice: waiting for|ODEBUG|unreferenced object",
    re.IGNORECASE)
# Known of Debian's kernels under emulation, whatever is loaded.
HARMLESS = re.compile(r"out-of-tree module taints|module verification failed|TSC|clocksource")

CASE = re.compile(r"^(ok|FAIL|skip) {2,4}([\w./-]+)(?:: (.*))?$")


@dataclass
class Case:
    verdict: str        # ok, FAIL or skip
    name: str
    why: str = ""

    def line(self, prefix: str = "") -> str:
        return f"{self.verdict:<4}  {prefix}{self.name}" + (f": {self.why}" if self.why else "")


def bad_messages(dmesg: str) -> list[str]:
    """The lines of a kernel log that fail a test, in order."""
    return [line.strip() for line in dmesg.splitlines()
            if BAD.search(line) and not HARMLESS.search(line)]


def cases_of(script: str, output: str, status: int | None) -> list[Case]:
    """What a script came to. status None: it did not end. A script must name its cases: one that
    passes without a word is a failure, since it may have tested nothing."""
    cases = []
    for line in output.splitlines():
        found = CASE.match(line)
        if found:
            cases.append(Case(found[1], f"{script}.{found[2]}", found[3] or ""))
    failed = any(c.verdict == "FAIL" for c in cases)
    if status is None:
        cases.append(Case("FAIL", script, "the guest died, hung or ran out of time"))
    elif status == EXIT_SKIPPED:
        cases.append(Case("skip", script, _last_line(output)))
    elif status == 124:
        cases.append(Case("FAIL", script, "ran out of time"))
    elif status != 0 and not failed:
        cases.append(Case("FAIL", script, f"exit status {status}: {_last_line(output)}"))
    elif not cases:
        cases.append(Case("FAIL", script, "names no case"))
    return cases


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "no output"
