#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-test: timeout=280
"""Measures the core tests: each deliberate fault of the engine must make one of them fail.

Without --search it verifies killers.txt, the committed map from mutant to the case that kills it:
the case passes without the mutant and fails with it; what the map lacks is searched for. With
--search it tries every program until one fails, and writes the map anew. Decides: what counts as
killed, the share, the table. Leaves to conformance/mutants/mutants.def: what there is; to
conformance/: what its suite kills.
"""
import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
ROWS = os.path.join(ROOT, "conformance/mutants/mutants.def")
MAP = os.path.join(HERE, "killers.txt")
HOOK = re.compile(r"WEFT_MUTANT\(([A-Z0-9_]+)\)")
ROW = re.compile(r"^WEFT_MUTANT_(ROW|CORE)\(([A-Z0-9_]+),", re.MULTILINE)
CASE = re.compile(r"^(-|FAIL) +(\S+?)(?::|$)", re.MULTILINE)
LIMIT_S = 40.0          # a program that a mutant makes run longer has failed
CASE_LIMIT_S = 6.0      # a case that does, if it takes much less without
CASE_FACTOR = 10.0      # times what it takes without a mutant, if that is more
EQUIVALENT = "equivalent"

HEADER = """\
# Which core test kills which deliberate fault of the engine: mutant, program, case; or mutant,
# `equivalent`, why no test can tell. `make test-mutants-core` verifies it, `make
# search-mutants-core` writes it anew; rows are those whose hooks are in core/.
"""


class Wrong(Exception):
    """Rows, hooks and map do not fit together; the text says what to do."""


@dataclass
class Verdict:
    """What became of one mutant."""
    mutant: str
    program: str = ""       # of the test that killed it, or EQUIVALENT
    case: str = ""          # that killed it, or why it is equivalent
    seconds: float = 0.0
    wrong: str = ""         # "": killed or equivalent, as the map says


def read(path: str) -> str:
    with open(path, encoding="utf-8") as f:
        return f.read()


def core_hooks() -> list[str]:
    """Names of the hooks in the engine's own sources."""
    folder = os.path.join(ROOT, "core")
    names: set[str] = set()
    for name in os.listdir(folder):
        if name.endswith((".c", ".h")) and name != "mutant.h":
            names |= set(HOOK.findall(read(os.path.join(folder, name))))
    return sorted(names)


def read_map() -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for line in read(MAP).splitlines() if os.path.exists(MAP) else []:
        if line.startswith("#") or not line.strip():
            continue
        name, program, rest = line.split(None, 2)
        if name in found:
            raise Wrong(f"{MAP}: {name} stands there twice")
        found[name] = (program, rest)
    return found


def write_map(rows: dict[str, tuple[str, str]]) -> None:
    width = max(len(n) for n in rows)
    with open(MAP, "w", encoding="utf-8") as f:
        f.write(HEADER)
        for name in sorted(rows):
            program, rest = rows[name]
            f.write(f"{name:{width}}  {program:12}  {rest}\n")


def check_rows(hooks: list[str]) -> None:
    """Every hook has its row, and every row that only core tests look at its hook."""
    rows = {name: kind for kind, name in ROW.findall(read(ROWS))}
    for name in hooks:
        if name not in rows:
            raise Wrong(f"{name} has a hook in core/ but no row in mutants.def: add one")
    for name, kind in rows.items():
        if kind == "CORE" and name not in hooks:
            raise Wrong(f"{name} has a row in mutants.def but no hook in core/: add one")


def run_case(build: str, program: str, case: str, mutant: str,
             limit_s: float = LIMIT_S) -> tuple[bool, str, float]:
    """Run a program, or one case of it. Returns (failed, the case that failed, seconds)."""
    argv = [os.path.join(build, "test", program)]
    if case:
        argv += ["-t", f"[{case[0]}]{case[1:]}"]        # a wildcard asks for the whole name
    env = dict(os.environ, WEFT_MUTANT=mutant)
    start = time.monotonic()
    try:
        done = subprocess.run(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=limit_s, check=False, cwd=ROOT)
        code, out = done.returncode, done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as hung:
        code, out = -9, (hung.stdout or b"").decode(errors="replace")
    seconds = time.monotonic() - start
    if code in (2, 126, 127):
        raise Wrong(f"{' '.join(argv)}: {out.strip()[-300:]}")
    lines = CASE.findall(out)
    if case and not lines:
        raise Wrong(f"{program} has no case {case}: run make search-mutants-core")
    if code == 0:
        return False, "", seconds
    failed = [name for mark, name in lines if mark == "FAIL"]
    return True, failed[0] if failed else lines[-1][1] if lines else "?", seconds


def verify(build: str, mutant: str, program: str, case: str, usual_s: float) -> Verdict:
    v = Verdict(mutant, program, case)
    if program == EQUIVALENT:
        return v
    limit_s = max(CASE_LIMIT_S, CASE_FACTOR * usual_s)
    failed, _, v.seconds = run_case(build, program, case, mutant, limit_s)
    v.wrong = "" if failed else "survives"
    return v


def search(build: str, mutant: str, programs: list[str]) -> Verdict:
    """The first program that fails; one that hangs only if no other does."""
    start = time.monotonic()
    hung: Verdict | None = None
    for program in programs:
        failed, case, seconds = run_case(build, program, "", mutant)
        if failed and seconds < LIMIT_S:
            return Verdict(mutant, program, case, time.monotonic() - start)
        if failed and not hung:
            hung = Verdict(mutant, program, case, seconds)
    return hung or Verdict(mutant, seconds=time.monotonic() - start,
                           wrong="survives every core test")


def test_programs(build: str) -> list[str]:
    return [p for p in os.listdir(os.path.join(build, "test"))
            if os.path.exists(os.path.join(HERE, "..", p + ".c"))]


def by_speed(build: str, programs: list[str]) -> list[str]:
    """Quick ones first; each must pass when no mutant is on."""
    timed = []
    for program in programs:
        failed, case, seconds = run_case(build, program, "", "")
        if failed:
            raise Wrong(f"{program}: {case} fails without a mutant: mend that first")
        timed.append((seconds, program))
    return [program for _, program in sorted(timed)]


def baseline(build: str, rows: dict[str, tuple[str, str]]) -> dict[tuple[str, str], float]:
    """Seconds that each case of the map takes without a mutant."""
    usual_s: dict[tuple[str, str], float] = {}
    for program, case in sorted({r for r in rows.values() if r[0] != EQUIVALENT}):
        failed, _, usual_s[program, case] = run_case(build, program, case, "")
        if failed:
            raise Wrong(f"{program}: {case} fails without a mutant: mend that first")
    return usual_s


def report(verdicts: list[Verdict]) -> int:
    killed = [v for v in verdicts if not v.wrong and v.program != EQUIVALENT]
    equal = [v for v in verdicts if v.program == EQUIVALENT]
    for v in verdicts:
        mark = "FAIL" if v.wrong else "ok"
        what = v.wrong or (f"equivalent: {v.case}" if v in equal else f"{v.program}: {v.case}")
        print(f"{mark:5} {v.mutant:20} {v.seconds:7.3f} s  {what}")
    share = 100.0 * len(killed) / max(1, len(verdicts) - len(equal))
    print(f"{len(killed)} of {len(verdicts)} mutants of core/ are killed by its tests, "
          f"{len(equal)} argued equivalent: {share:.1f} % of those that can be")
    bad = len(verdicts) - len(killed) - len(equal)
    print(f"# cunit: mutation: {len(verdicts) - bad} passed, {bad} failed, 0 skipped")
    return 1 if bad else 0


def build_all(build: str) -> str:
    done = subprocess.run(["make", "--no-print-directory", "-s", f"B={build}", "mutants-core"],
                          cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False)
    if done.returncode:
        raise Wrong(done.stdout.decode(errors="replace")[-2000:])
    return os.path.join(build, "mutants-core")


def measure(a: argparse.Namespace) -> int:
    hooks, rows = core_hooks(), read_map()
    check_rows(hooks)
    build = os.path.join(ROOT, build_all(a.build))
    names = a.mutant or hooks
    if unknown := sorted(set(names) - set(hooks)):
        raise Wrong(f"no such hook in core/: {' '.join(unknown)}")
    with concurrent.futures.ThreadPoolExecutor(a.jobs) as pool:
        if a.search:
            todo = [n for n in names if rows.get(n, ("",))[0] != EQUIVALENT]
            programs = by_speed(build, test_programs(build))
            found = list(pool.map(lambda n: search(build, n, programs), todo))
            rows.update((v.mutant, (v.program, v.case)) for v in found if not v.wrong)
            write_map({n: r for n, r in rows.items() if n in hooks})
            return report(found + [Verdict(n, *rows[n]) for n in names if n not in todo])
        if gone := sorted(set(rows) - set(hooks)):
            raise Wrong(f"{' '.join(gone)}: in killers.txt, but no hook in core/: take it out")
        mapped = [n for n in names if n in rows]
        usual_s = baseline(build, {n: rows[n] for n in mapped})
        found = list(pool.map(
            lambda n: verify(build, n, *rows[n], usual_s.get(rows[n], 0.0)), mapped))
        if new := [n for n in names if n not in rows]:          # slower, but as good
            programs = by_speed(build, test_programs(build))
            found += pool.map(lambda n: search(build, n, programs), new)
        return report(found)


def main() -> int:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--build", default=os.environ.get("B", "build"), help="build folder")
    p.add_argument("--search", action="store_true", help="find killers and write killers.txt")
    p.add_argument("--jobs", type=int, default=2)
    p.add_argument("mutant", nargs="*", help="only these")
    try:
        return measure(p.parse_args())
    except Wrong as e:
        print(f"core/test/mutation: {e}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
