# SPDX-License-Identifier: BSD-2-Clause
"""Finds which code and which tests cite a requirement, and writes spec/gen/matrix.md.

Decides what counts as code, as a test, and as a citation (the bare id anywhere in a file).
"""

import os
import pathlib
import re
import subprocess

from specgen_doc import NOTICE, cell

CITATION = re.compile(r"\bWEFT-[A-Z][A-Z0-9]*-[0-9]{3}\b")
FOLDERS = ("core", "kernel", "userspace", "sim", "conformance", "tools", "bench")
CODE = (".c", ".h", ".py", ".sh", ".lua")
# A test's path holds one of these; a case or a guest script may have any ending.
TEST_PARTS = ("/test/", "/tests/", "conformance/cases/", "/selftest/", "/fuzz/")
# No citation of its own: what is generated repeats the spec; mutants break rules on purpose; the
# compiler and its tests use sample ids.
SKIPPED = (
    "spec/",
    "tools/specgen",
    "tools/test/specgen/",
    "tools/wireshark/",
    "conformance/mutants/",
)
NOT_SOURCE = (".md", ".json", ".html", ".pcap", ".pcapng", ".png", ".txt.gz", ".o", ".a", ".so")
BUILD_DIRS = ("build", "out", ".git", "__pycache__")


def files(root):
    """Paths below root of every source file: tracked, or new and not ignored."""
    command = [
        "git",
        "-C",
        str(root),
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]
    try:
        run = subprocess.run(command, capture_output=True, check=True)
        inside = run.stdout.decode("utf-8", "surrogateescape").split("\0")
        return sorted(set(p for p in inside if p))
    except (OSError, subprocess.CalledProcessError):
        return sorted(walk(root))  # a tarball


def walk(root):
    for folder, dirs, names in os.walk(root):
        dirs[:] = sorted(d for d in dirs if d not in BUILD_DIRS)
        for name in names:
            yield pathlib.Path(folder, name).relative_to(root).as_posix()


def is_test(path):
    return any(part in path for part in TEST_PARTS)


def is_source(path):
    if not path.startswith(tuple(f"{f}/" for f in FOLDERS)) or path.startswith(SKIPPED):
        return False
    if is_test(path):
        return not path.endswith(NOT_SOURCE)
    # What judges a chip implements no requirement of one.
    return path.endswith(CODE) and not path.startswith("conformance/")


def read(path):
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""  # deleted meanwhile, or not text


class Trace:
    """Who cites what: id -> sorted paths."""

    def __init__(self, spec, root, pending):
        """`pending`: path -> content of files that are about to be written."""
        self.spec = spec
        self.code = {}
        self.test = {}
        self.unknown = []  # (path, line, id)
        for path in sorted(set(files(root)) | set(pending)):
            if is_source(path):
                self.scan(path, pending.get(path) or read(root / path))

    def scan(self, path, text):
        if "WEFT-" not in text:
            return
        table = self.test if is_test(path) else self.code
        for n, line in enumerate(text.split("\n"), 1):
            for rid in CITATION.findall(line):
                if rid not in self.spec.requirements:
                    self.unknown.append((path, n, rid))
                elif path not in table.setdefault(rid, []):
                    table[rid].append(path)

    def excused(self, rid, kind):
        return next(
            (e for e in self.spec.exceptions if e.id == rid and e.kind in (kind, "both")), None
        )

    def gaps(self):
        """(requirement, kind) for every MUST that nothing cites and nothing excuses."""
        for req in self.spec.requirements.values():
            for kind, table in (("code", self.code), ("test", self.test)):
                if req.must and req.id not in table and not self.excused(req.id, kind):
                    yield req, kind

    def idle(self):
        """Exceptions that are no longer needed."""
        for exc in self.spec.exceptions:
            for kind, table in (("code", self.code), ("test", self.test)):
                if exc.kind == kind and exc.id in table:
                    yield exc, kind

    def summary(self):
        return (
            f"{len(self.spec.requirements)} requirements, {len(self.code)} with code,"
            f" {len(self.test)} with test, {len(self.spec.exceptions)} exceptions"
        )


def matrix_md(spec, trace):
    out = [
        f"<!-- {NOTICE} -->",
        "# Requirements, code and tests",
        "",
        trace.summary() + ".",
        "",
        "| requirement | code | test | text |",
        "|---|---|---|---|",
    ]
    for rid in sorted(spec.requirements):
        req = spec.requirements[rid]
        cells = []
        for kind, table in (("code", trace.code), ("test", trace.test)):
            excuse = trace.excused(rid, kind)
            if rid in table:
                cells.append("<br>".join(table[rid]))
            elif excuse:
                cells.append(f"exception: {cell(excuse.reason)}")
            else:
                cells.append("**none**" if req.must else "none")
        out.append(f"| {rid} | {cells[0]} | {cells[1]} | {cell(req.text)} |")
    return "\n".join(out + [""])


__all__ = ["Trace", "matrix_md"]
