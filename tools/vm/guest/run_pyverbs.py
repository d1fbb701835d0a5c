# SPDX-License-Identifier: BSD-2-Clause
"""Runs rdma-core's own Python suite, one test at a time, and holds it against a list.

usage: run_pyverbs.py FOLDER DEVICE RESULTS [--expect LIST --series 6.12] [--only REGEX]

FOLDER has the suite (python3-pyverbs brings it). RESULTS gets a line for each test:
name, verdict, seconds, the last line of why. With --expect: a case for each module of the suite.
A test that the list has as pass must pass, one that it has as skip may not fail.

Decides: that each test has a process and a time limit of its own, and what its verdict is.
"""
import argparse
import json
import os
import random
import re
import signal
import sys
import time
import unittest
from importlib.machinery import SourceFileLoader

LIMIT_S = 90
# Tests for the hardware of one vendor: they only find out that it is not there.
VENDORS = re.compile(r"test_(mlx5|efa|cuda)")


def load(folder: str, device: str) -> list[unittest.TestCase]:
    """Every test of the suite, once, in its own order."""
    sys.path[:0] = [folder, os.path.dirname(folder)]
    sys.argv[1:] = ["--dev", device]
    from args_parser import parser
    tests = SourceFileLoader("tests", os.path.join(folder, "__init__.py")).load_module()
    parser.parse_args()
    find_netdev_by_gid(tests)
    found = {}
    for test in flat(unittest.defaultTestLoader.loadTestsFromModule(tests)):
        found.setdefault(test.id(), test)
    return list(found.values())


def flat(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from flat(item)
        else:
            yield item


def find_netdev_by_gid(tests) -> None:
    """The suite looks for device/net, which a device without a PCI function lacks: it would skip
    the tests that need the network device's name. The GID table knows it too."""
    def name(dev, port=None):
        with open(f"/sys/class/infiniband/{dev}/ports/1/gid_attrs/ndevs/0",
                  encoding="ascii") as f:
            return f.read().strip()
    import tests.base as base
    for kind in vars(base).values():
        if isinstance(kind, type) and "get_net_name" in vars(kind):
            kind.get_net_name = staticmethod(name)
    exists = os.path.exists
    os.path.exists = lambda path: bool(
        re.fullmatch(r"/sys/class/infiniband/\w+/device/net/", str(path))) or exists(path)


def run_one(test: unittest.TestCase) -> tuple[str, str]:
    """Verdict and reason, from a child process: what it breaks is its own."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        random.seed(1)
        signal.alarm(LIMIT_S)
        with os.fdopen(write_end, "w") as f:
            json.dump(verdict_of(test), f)
            f.flush()
            os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end) as f:
        text = f.read()
    _, status = os.waitpid(child, 0)
    try:
        os.killpg(child, signal.SIGKILL)    # what the test itself started and left
    except ProcessLookupError:
        pass
    if text:
        verdict, why = json.loads(text)
        return verdict, why
    if os.WTERMSIG(status) == signal.SIGALRM:
        return "fail", f"no end after {LIMIT_S} s"
    return "fail", f"died of signal {os.WTERMSIG(status)}"


def verdict_of(test: unittest.TestCase) -> tuple[str, str]:
    result = unittest.TestResult()
    test.run(result)
    for verdict, entries in (("fail", result.errors + result.failures), ("skip", result.skipped)):
        if entries:
            return verdict, entries[0][1].strip().splitlines()[-1][:200]
    return "pass", ""


def read_list(path: str, series: str) -> dict[str, str]:
    """The column of a series: test name -> verdict."""
    with open(path, encoding="utf-8") as f:
        rows = [line.rstrip("\n").split("\t") for line in f if not line.startswith("#")]
    column = rows[0].index(series)
    return {row[0]: row[column] for row in rows[1:]}


def wrong(name: str, verdict: str, expected: dict[str, str]) -> bool:
    want = expected.get(name, "pass")
    return verdict == "fail" and want != "fail" or verdict == "skip" and want == "pass"


def main() -> int:
    p = argparse.ArgumentParser()
    for word in ("folder", "device", "results"):
        p.add_argument(word)
    p.add_argument("--expect")
    p.add_argument("--series")
    p.add_argument("--only", default="")
    o = p.parse_args()
    expected = read_list(o.expect, o.series) if o.expect else {}
    modules: dict[str, list[str]] = {}
    count = {"pass": 0, "skip": 0, "fail": 0}
    with open(o.results, "w", encoding="utf-8", buffering=1) as out:
        for test in load(o.folder, o.device):
            name = test.id().removeprefix("tests.")
            if VENDORS.match(name) or not re.search(o.only, name):
                continue
            begun = time.monotonic()
            verdict, why = run_one(test)
            count[verdict] += 1
            out.write(f"{name}\t{verdict}\t{time.monotonic() - begun:.2f}\t{why}\n")
            findings = modules.setdefault(name.split(".")[0], [])
            if expected and wrong(name, verdict, expected):
                findings.append(f"{name.partition('.')[2]} {verdict}: {why}")
    for module, findings in modules.items():
        print(f"FAIL  {module}: {'; '.join(findings)}" if findings else f"ok    {module}")
    print(f"{count['pass']} pass, {count['skip']} skip, {count['fail']} fail")
    return 1 if any(modules.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
