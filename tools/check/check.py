#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Structure checks: `make check` calls it, `make check-tidy` and so on one of them.

Decides: which checks there are, and how findings are told. Leaves to each module: what is wrong.
"""
import argparse
import os
import shlex
import sys

import depends
import freestanding
import symbols
import tidy
import tree

CHECKS = {
    "symbols": (symbols.check, "core needs only memcpy and kin; conformance links no core"),
    "depends": (depends.check, "arrows point down only: who includes whom"),
    "tidy": (tidy.check, "lengths, licences, white space, banned words"),
    "freestanding": (freestanding.check, "core compiles with a compiler alone"),
}
EPILOG = "checks:\n" + "\n".join(f"  {name:13} {text}" for name, (_, text) in CHECKS.items()) + \
    "\n\nExample:\n  tools/check/check.py tidy depends\n"


class Context:
    """What every check may look at."""

    def __init__(self, root: str, build: str, cc: str) -> None:
        self.root = root
        self.build = build              # relative to root
        self.cc = shlex.split(cc)
        self.files = tree.load(root)
        self.core_sources = tree.core_sources(root)


def run(ctx: Context, name: str) -> int:
    """Runs one check and prints what it found; the number of findings."""
    findings = CHECKS[name][0](ctx)
    for finding in findings:
        print(finding)
    print(f"{'FAIL' if findings else 'ok':4}  check.{name}"
          + (f": {len(findings)} findings" if findings else ""), flush=True)
    return len(findings)


def main(argv: list[str]) -> int:
    ap = argparse.ArgumentParser(description="Check the structure of the source tree.",
                                 epilog=EPILOG,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("checks", nargs="*", metavar="CHECK", help="which (default: all)")
    ap.add_argument("--root", default=os.path.join(os.path.dirname(__file__), "../.."))
    ap.add_argument("--build", default="build", help="build folder, relative to the root")
    ap.add_argument("--cc", default="gcc", help="compiler of the freestanding check")
    args = ap.parse_args(argv)
    for name in args.checks:
        if name not in CHECKS:
            ap.error(f"no check '{name}': there are {', '.join(CHECKS)}")
    try:
        ctx = Context(os.path.realpath(args.root), args.build, args.cc)
    except (OSError, ValueError) as error:
        print(f"check.py: {error}", file=sys.stderr)
        return 2
    names = args.checks or list(CHECKS)
    failed = sum(run(ctx, name) > 0 for name in names)
    print(f"# cunit: check: {len(names) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")
    sys.exit(main(sys.argv[1:]))
