# SPDX-License-Identifier: BSD-2-Clause
"""Who may include whom. The table below is the dependency rules of ARCHITECTURE.md as code.

Decides: which #include lines break the house's rule that arrows point down only.
Leaves to symbols.py: what is linked, whatever was included.
"""
import os
import posixpath
import re
from dataclasses import dataclass

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
# Only core/port.h may ask for these.
PORT = "core/port.h"
PORT_SYSTEM = {"stdbool.h", "stddef.h", "stdint.h", "string.h"}
# conformance/ may include these generated headers of core/; it takes none.
CONFORMANCE_FROM_CORE: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """For files under folder: the prefixes they may include, and whether <system> headers too."""
    folder: str
    may: tuple[str, ...]
    system: bool = True
    why: str = ""


TEST = "tools/test/"
# The first rule whose folder holds the file decides.
RULES = (
    Rule("core/test/fabric/", ("core/", "sim/", TEST),
         why="the fabric test runs on the simulator's links and time: there is one virtual time"),
    Rule("core/test/", ("core/", TEST)),
    Rule("core/fuzz/", ("core/",)),
    Rule("core/", ("core/",), system=False,
         why="the engine is freestanding; only core/port.h names system headers"),
    Rule("kernel/", ("core/", "kernel/")),
    Rule("userspace/io/test/", ("userspace/io/", TEST)),
    Rule("userspace/io/", ("userspace/io/",),
         why="carriage knows no protocol and serves libweft and weft-conform alike"),
    Rule("userspace/include/", ("userspace/include/",),
         why="the public headers are installed alone"),
    Rule("userspace/provider/", ("userspace/provider/", "kernel/uapi/", TEST)),
    Rule("userspace/", ("core/", "userspace/", TEST)),
    Rule("sim/", ("core/", "sim/", TEST)),
    Rule("conformance/upper/", ("conformance/upper/", "userspace/include/"),
         why="what a maker takes along: it stands alone"),
    Rule("conformance/dut/", ("conformance/cosim.h", "conformance/weft_dut.h",
                              "conformance/personality.inc", "conformance/upper/",
                              "userspace/"),
         why="a device to be judged: an object of its own, which the judge loads"),
    Rule("conformance/", ("conformance/", "userspace/io/", TEST) + CONFORMANCE_FROM_CORE,
         why="the judge shares no code with the engine it judges"),
    Rule("tools/test/", ("tools/test/",)),
    Rule("tools/", ("tools/", "core/names.h", "core/wire.h", "core/port.h", "userspace/")),
    Rule("bench/loss.c", ("core/", "sim/"),
         why="what loss costs is measured in virtual time, of which there is one"),
    Rule("bench/", ("bench/", "core/", "userspace/", TEST)),
    Rule("spec/", ("spec/", "core/", TEST)),
)
# A hosted file may not reach these through <...> either.
PUBLIC = "userspace/include/"


def rule_of(path: str) -> Rule | None:
    return next((r for r in RULES if path.startswith(r.folder)), None)


def resolve(root: str, includer: str, name: str) -> str:
    """The repository path that "name" means in includer: beside it, or from the root, or public."""
    beside = posixpath.normpath(posixpath.join(posixpath.dirname(includer), name))
    for path in (beside, posixpath.normpath(name), PUBLIC + name):
        if os.path.exists(os.path.join(root, path)):
            return path
    return posixpath.normpath(name)


def system_ok(path: str, name: str, rule: Rule) -> bool:
    if rule.system:
        return True
    return path == PORT and (name in PORT_SYSTEM or name.startswith("linux/"))


def judge(root: str, path: str, bracket: str, name: str, rule: Rule) -> str:
    """What is wrong with one include, or ""."""
    target = resolve(root, path, name)
    ours = os.path.exists(os.path.join(root, target))
    why = f" ({rule.why})" if rule.why else ""
    if bracket == "<" and not ours:
        if system_ok(path, name, rule):
            return ""
        return f"includes <{name}>{why}"
    if any(target.startswith(prefix) for prefix in rule.may):
        return ""
    return f'includes "{target}"; {rule.folder} may include only {", ".join(rule.may)}{why}'


def check(ctx) -> list[str]:
    """Every #include of every C file against RULES."""
    findings = []
    for file in ctx.files:
        if file.kind != "c":
            continue
        rule = rule_of(file.path)
        if rule is None:
            findings.append(f"{file.path}:1: no dependency rule covers this folder: add one to "
                            "tools/check/depends.py")
            continue
        for number, line in enumerate(file.lines, 1):
            found = INCLUDE.match(line)
            if found:
                wrong = judge(ctx.root, file.path, found.group(1), found.group(2), rule)
                if wrong:
                    findings.append(f"{file.path}:{number}: {wrong}")
    return findings
