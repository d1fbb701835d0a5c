# SPDX-License-Identifier: BSD-2-Clause
"""What the engine asks of its host at link time, and who must not contain the engine.

Decides: the allow-list of undefined symbols, and that carriage and conformance link no core.
Leaves to depends.py: what sources include. Looks at the plain gcc build, not the sanitizers'.
"""
import os
import subprocess

ALLOWED = {"memcpy", "memset", "memcmp", "memmove"}
# The linker makes this one itself in position-independent code.
LINKER = {"_GLOBAL_OFFSET_TABLE_"}


def nm(path: str, *flags: str) -> set[str]:
    """Names that nm prints for path with flags."""
    done = subprocess.run(["nm", "-P", *flags, path], check=True, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return {line.split()[0] for line in done.stdout.splitlines()
            if len(line.split()) >= 2}


def defined(path: str) -> set[str]:
    return nm(path, "--extern-only", "--defined-only")


def objects(ctx) -> list[str]:
    """The object files of the sources in core/files.mk."""
    return [os.path.join(ctx.build, "obj", src[:-2] + ".o") for src in ctx.core_sources]


def carriage_objects(ctx) -> list[str]:
    """Built objects of userspace/io, its tests left out."""
    top = os.path.join(ctx.build, "obj/userspace/io")
    found = []
    for where, dirs, names in os.walk(os.path.join(ctx.root, top)):
        dirs[:] = sorted(d for d in dirs if d != "test")
        found += [os.path.relpath(os.path.join(where, name), ctx.root)
                  for name in sorted(names) if name.endswith(".o")]
    return found


def check_core(ctx) -> list[str]:
    findings = []
    own: set[str] = set()
    present = []
    for obj in objects(ctx):
        if os.path.exists(os.path.join(ctx.root, obj)):
            present.append(obj)
            own |= defined(os.path.join(ctx.root, obj))
        else:
            findings.append(f"{obj}: not built: run make first")
    for obj in present:
        extra = nm(os.path.join(ctx.root, obj), "--undefined-only") - own - ALLOWED - LINKER
        for name in sorted(extra):
            findings.append(f"{obj}: needs '{name}', which is not on the engine's allow-list "
                            f"({', '.join(sorted(ALLOWED))})")
    return findings


def core_symbols(ctx) -> set[str]:
    """What the engine defines."""
    names: set[str] = set()
    for obj in objects(ctx):
        if os.path.exists(os.path.join(ctx.root, obj)):
            names |= defined(os.path.join(ctx.root, obj))
    return names


def shared(ctx, path: str, core: set[str], flag: str, what: str) -> list[str]:
    """The symbols of core that nm prints for path with flag, as findings."""
    return [f"{path}: {what}: '{name}'"
            for name in sorted(nm(os.path.join(ctx.root, path), flag) & core)]


def check(ctx) -> list[str]:
    findings = check_core(ctx)
    core = core_symbols(ctx)
    conform = os.path.join(ctx.build, "bin/weft-conform")
    if os.path.exists(os.path.join(ctx.root, conform)):
        findings += shared(ctx, conform, core, "--defined-only",
                           "links the engine it is to judge")
    elif os.path.exists(os.path.join(ctx.root, "conformance/part.mk")):
        findings.append(f"{conform}: not built: run make first")
    for obj in carriage_objects(ctx):
        findings += shared(ctx, obj, core, "--undefined-only", "carriage calls the engine")
    return findings
