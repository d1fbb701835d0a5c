# SPDX-License-Identifier: BSD-2-Clause
"""The repository's files, as the structure checks see them.

Decides: which files count, what kind each is, and which are generated.
Leaves to the checks: what is wrong with one.
"""
import os
import re

SKIP = {".git", "build", "out", "__pycache__", "LICENSES"}
# Not source: what a test reads, or what only data formats decide.
DATA = re.compile(r"(^|/)(vectors|corpus|golden|testdata)/|\.(json|csv|tsv|pcap|pcapng|bin|svg|png"
                  r"|flows|gitkeep)$")
KINDS = {".c": "c", ".h": "c", ".py": "python", ".sh": "shell", ".mk": "make", ".lua": "lua",
         ".md": "markdown"}
NAMES = {"Makefile": "make", "Kbuild": "make"}
SHEBANGS = (("python", "python"), ("sh", "shell"))
GENERATED = re.compile(r"generated .*do not edit", re.IGNORECASE)
HEAD_LINES = 8      # where a generated file says so


class File:
    """One text file. path is relative to the root, with slashes."""

    def __init__(self, root: str, path: str) -> None:
        self.path = path
        with open(os.path.join(root, path), "rb") as f:
            raw = f.read()
        self.binary = b"\0" in raw
        self.text = "" if self.binary else raw.decode("utf-8", "replace")
        self.lines = self.text.split("\n")
        if self.lines[-1] == "":
            self.lines.pop()
        self.kind = self._kind()
        self.generated = any(GENERATED.search(line) for line in self.lines[:HEAD_LINES])

    def _kind(self) -> str:
        """c, python, shell, make, lua, markdown; "data"; "" for text of another kind."""
        if self.binary or DATA.search(self.path):
            return "data"
        name = os.path.basename(self.path)
        if name in NAMES:
            return NAMES[name]
        ext = os.path.splitext(name)[1]
        if ext in KINDS:
            return KINDS[ext]
        if self.lines and self.lines[0].startswith("#!"):
            for word, kind in SHEBANGS:
                if word in self.lines[0]:
                    return kind
        return ""


def load(root: str) -> list[File]:
    """Every file under root that belongs to the repository, in a fixed order."""
    files = []
    for where, dirs, names in os.walk(root):
        dirs[:] = sorted(d for d in dirs if d not in SKIP)
        for name in sorted(names):
            path = os.path.relpath(os.path.join(where, name), root)
            if name in SKIP or name.endswith(".pyc"):
                continue
            if not os.path.islink(os.path.join(root, path)):
                files.append(File(root, path))
    return files


def core_sources(root: str) -> list[str]:
    """The engine's source files, as core/files.mk lists them; paths relative to root."""
    with open(os.path.join(root, "core/files.mk"), encoding="utf-8") as f:
        text = f.read().replace("\\\n", " ")
    found = re.search(r"^core-files\s*:?=\s*(.*)$", text, re.MULTILINE)
    names = found.group(1).split() if found else []
    if not names:
        raise ValueError("core/files.mk: no line 'core-files := a.c b.c ...'")
    return ["core/" + name for name in names]
