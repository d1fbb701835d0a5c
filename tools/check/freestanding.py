# SPDX-License-Identifier: BSD-2-Clause
"""Proves that the engine compiles with nothing but a compiler.

Decides: the headers and functions that exist for it: the compiler's own stddef.h, stdint.h,
stdbool.h, and a string.h of four functions. General registers only, so no float either.
"""
import os
import subprocess

STRING_H = """\
#include <stddef.h>
void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
"""
HEADERS = ("stdarg.h", "stdbool.h", "stddef.h", "stdint.h")
FLAGS = ["-std=c11", "-O1", "-ffreestanding", "-nostdinc", "-fno-stack-protector",
         "-Wall", "-Wextra", "-Werror", "-I.", "-S", "-o", os.devnull]
# Per machine: refuse floating point. Elsewhere the symbol check would find soft-float calls.
NO_FLOAT = {"x86_64": ["-mgeneral-regs-only"], "aarch64": ["-mgeneral-regs-only"]}


def include_dir(ctx) -> str:
    """A folder with the allowed headers and no other, made below the build folder."""
    where = os.path.join(ctx.root, ctx.build, "check", "include")
    os.makedirs(where, exist_ok=True)
    for name in HEADERS:
        # The compiler's own, reached by its full path: its folder also holds the intrinsics.
        done = subprocess.run([*ctx.cc, f"-print-file-name=include/{name}"], check=True,
                              text=True, stdout=subprocess.PIPE)
        own = done.stdout.strip()
        with open(os.path.join(where, name), "w", encoding="utf-8") as f:
            f.write(f'#include "{own}"\n')
    # GCC's stdint.h includes this one by name when there is no hosted C library.
    done = subprocess.run([*ctx.cc, "-print-file-name=include/stdint-gcc.h"], check=True,
                          text=True, stdout=subprocess.PIPE)
    if os.path.isabs(done.stdout.strip()):
        with open(os.path.join(where, "stdint-gcc.h"), "w", encoding="utf-8") as f:
            f.write(f'#include "{done.stdout.strip()}"\n')
    with open(os.path.join(where, "string.h"), "w", encoding="utf-8") as f:
        f.write(STRING_H)
    return where


def check(ctx) -> list[str]:
    findings = []
    where = include_dir(ctx)
    flags = FLAGS + NO_FLOAT.get(os.uname().machine, [])
    for source in ctx.core_sources:
        done = subprocess.run([*ctx.cc, *flags, "-isystem", where, source], cwd=ctx.root,
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            findings.append(f"{source}: does not compile freestanding:\n"
                            + "\n".join("    " + line for line in done.stdout.splitlines()))
    return findings
