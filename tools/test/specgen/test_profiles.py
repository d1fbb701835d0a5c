#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# weft-test: timeout=30
"""spec/95-profiles.md against the requirements that there are: each stands in a row of a profile,
a feature or "others" (WEFT-PRF-001), and rows name nothing that is not there."""
import json
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
NAME = re.compile(r"\b([A-Z]{2,4})(?:-(\d{3})(?:\.\.(\d{3}))?)?\b")
# Areas that a later text may bring; a row may name them before they are there.
LATER = {"UD", "RD"}


def rows(text):
    """The last column of every table row: what it names."""
    for line in text.splitlines():
        cells = [c.strip() for c in line.strip().strip("|").split("|")]
        if line.startswith("|") and len(cells) > 1 and not set(line) <= set("|- "):
            yield cells[-1].split(";")[0]


def main():
    with open(os.path.join(ROOT, "spec/gen/spec.json"), encoding="utf-8") as f:
        ids = [tuple(r["id"].split("-")[1:]) for r in json.load(f)["requirements"]]
    with open(os.path.join(ROOT, "spec/95-profiles.md"), encoding="utf-8") as f:
        named = [m for row in rows(f.read()) if not row.startswith(("requirements", "reserved"))
                 for m in NAME.findall(row)]
    areas = {a for a, _ in ids}
    have = set(ids)
    bad = []
    for area, first, last in named:
        if area not in areas | LATER:
            bad.append(f"area {area} has no requirement")
        elif first and not any(a == area and first <= n <= (last or first) for a, n in have):
            bad.append(f"{area}-{first} is not there")
    for area, number in ids:
        if not any(a == area and (not first or first <= number <= (last or first))
                   for a, first, last in named):
            bad.append(f"WEFT-{area}-{number} stands in no row")
    for line in bad:
        print("      " + line)
    print("FAIL " if bad else "ok   ", "profiles.rows")
    print(f"# cunit: test_profiles: {int(not bad)} passed, {int(bool(bad))} failed, 0 skipped")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
