# SPDX-License-Identifier: BSD-2-Clause
"""Tidiness: a ratchet that lets nothing grow past the lines that STYLE.md draws.

Decides: lengths of files, functions and lines; licence lines; white space; banned words.
Leaves to the compilers: everything they can find. Generated files need a licence line and no
banned word; data is looked at for banned words only.

tools/check/ratchet.txt may hold exceptions, `RULE PATH NUMBER  # why`: today's number is the
limit of that one file. A file below its number must lower it, so it can only shrink.
"""
import ast
import os
import re

FILE_LINES = 600
FUNCTION_LINES = 60
LINE_COLUMNS = 100
TAB = 8
SPDX_WITHIN = 3         # lines from the top
SOURCE = {"c", "python", "shell", "make", "lua"}

DUAL = "GPL-2.0-only OR BSD-2-Clause"
BSD = "BSD-2-Clause"
ZERO = "0BSD"           # what makers of chips take into their firmware
SPDX = re.compile(r"SPDX-License-Identifier:\s*(.*?)\s*(\*/|-->)?\s*$")

# Spelled so that this file does not hold what it forbids.
BANNED = (
    (re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b"),
     "unfinished mark: finish it, or write an issue"),
    (re.compile(r"(?<![\w./-])/(wor" r"k|hom" r"e|roo" r"t)/\w"),
     "path of one machine: make it relative or an argument"),
    (re.compile(r"\b(deb|snapshot|ftp|security)\.debian\b|\bpypi\b|\bproxy\.golang\b"
                r"|\bregistry\.npm|\bcrates\.io\b", re.IGNORECASE),
     "host of a package registry: the machine's own configuration names it"),
)
RATCHET = "tools/check/ratchet.txt"
RATCHETED = ("file", "function", "line")


def licence_of(path: str) -> str:
    """The licence of a file by its folder."""
    if path.startswith("conformance/upper/"):
        return ZERO
    if path.startswith(("core/", "kernel/")) or "/uapi/" in "/" + path:
        return DUAL
    return BSD


def spdx(file) -> list[str]:
    if file.kind not in SOURCE:
        return []
    want = licence_of(file.path)
    for line in file.lines[:SPDX_WITHIN]:
        found = SPDX.search(line)
        if found and found.group(1) == want:
            return []
        if found:
            return [f"{file.path}:1: licence is '{found.group(1)}', but files here are '{want}'"]
    return [f"{file.path}:1: no line 'SPDX-License-Identifier: {want}' in the first "
            f"{SPDX_WITHIN} lines"]


def words(file) -> list[str]:
    findings = []
    for number, line in enumerate(file.lines, 1):
        for pattern, why in BANNED:
            found = pattern.search(line)
            if found:
                findings.append(f"{file.path}:{number}: '{found.group(0)}': {why}")
    return findings


def white_space(file) -> list[str]:
    findings = []
    for number, line in enumerate(file.lines, 1):
        if line != line.rstrip() and not file.generated:
            findings.append(f"{file.path}:{number}: white space at the end of the line")
        if file.kind == "c" and re.match(r"\t* +\t|\t* {8}", line):
            findings.append(f"{file.path}:{number}: indent with tabs; spaces only align, and "
                            "fewer than 8")
    if file.text and not file.text.endswith("\n"):
        findings.append(f"{file.path}:{len(file.lines)}: no newline at the end of the file")
    return findings


def long_lines(file) -> list[tuple[int, str]]:
    """(columns, finding) of each line over the limit."""
    found = []
    for number, line in enumerate(file.lines, 1):
        columns = len(line.expandtabs(TAB))
        if columns > LINE_COLUMNS:
            found.append((columns, f"{file.path}:{number}: {columns} columns; at most "
                                   f"{LINE_COLUMNS}"))
    return found


def c_functions(lines: list[str]) -> list[tuple[str, int, int]]:
    """(name, first line, lines of the body) of each function: crude, but right for this style.

    A body opens with a line '{' and closes with a line '}'; the signature stands before it.
    """
    found, start, name = [], 0, ""
    for number, line in enumerate(lines, 1):
        if line == "{":
            start, name = number, signature(lines, number)
        elif start and line.startswith("}"):
            if name:
                found.append((name, start, number - start - 1))
            start = 0
    return found


def signature(lines: list[str], brace: int) -> str:
    """The name of the function whose body opens on line brace; "" where it is no function."""
    text = ""
    for line in reversed(lines[max(0, brace - 12):brace - 1]):
        if not line.strip() or line.startswith(("}", "#", " */", "/*")) or line.endswith(";"):
            break
        text = line.strip() + " " + text
    found = re.search(r"(\w+)\s*\(", text)
    return found.group(1) if found else ""


def python_functions(file) -> list[tuple[str, int, int]]:
    try:
        nodes = ast.walk(ast.parse(file.text))
    except SyntaxError as error:
        return [(f"(cannot be parsed: {error.msg})", error.lineno or 1, FUNCTION_LINES + 1)]
    return [(node.name, node.lineno, node.end_lineno - node.lineno + 1) for node in nodes
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def long_functions(file) -> list[tuple[int, str]]:
    functions = []
    if file.kind == "c":
        functions = c_functions(file.lines)
    elif file.kind == "python":
        functions = python_functions(file)
    return [(length, f"{file.path}:{line}: {name} has {length} lines; at most {FUNCTION_LINES}")
            for name, line, length in functions if length > FUNCTION_LINES]


def long_file(file) -> list[tuple[int, str]]:
    if len(file.lines) <= FILE_LINES:
        return []
    return [(len(file.lines), f"{file.path}:1: {len(file.lines)} lines; at most {FILE_LINES}: is "
                              "it one thing, with one name?")]


def read_ratchet(root: str) -> tuple[dict[tuple[str, str], int], list[str]]:
    """The exceptions {(rule, path): number}, and what is wrong with the list."""
    exceptions, findings = {}, []
    path = os.path.join(root, RATCHET)
    if not os.path.exists(path):
        return exceptions, findings
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            fields = line.split("#")[0].split()
            if not fields:
                continue
            if len(fields) != 3 or fields[0] not in RATCHETED or not fields[2].isdigit() \
                    or "#" not in line:
                findings.append(f"{RATCHET}:{number}: write 'RULE PATH NUMBER  # why', RULE one of "
                                f"{', '.join(RATCHETED)}")
                continue
            exceptions[fields[0], fields[1]] = int(fields[2])
    return exceptions, findings


def ratchet(rule: str, path: str, over: list[tuple[int, str]], exceptions: dict) -> list[str]:
    """Those of over that no exception covers; and an exception that could be lower."""
    limit = exceptions.pop((rule, path), None)
    if limit is None:
        return [text for _, text in over]
    most = max((size for size, _ in over), default=0)
    if most < limit:
        now = f"lower it to {most}" if most else "take it off"
        return [f"{RATCHET}: {rule} {path} {limit} is more than it needs: {now}"]
    return [text for size, text in over if size > limit]


def check(ctx) -> list[str]:
    exceptions, findings = read_ratchet(ctx.root)
    for file in ctx.files:
        findings += words(file)
        findings += spdx(file)
        if file.kind == "data" or file.binary:
            continue
        findings += white_space(file)
        if file.generated or file.kind not in SOURCE:
            continue
        findings += ratchet("file", file.path, long_file(file), exceptions)
        findings += ratchet("function", file.path, long_functions(file), exceptions)
        findings += ratchet("line", file.path, long_lines(file), exceptions)
    for rule, path in exceptions:
        findings.append(f"{RATCHET}: {rule} {path}: no such source file: take it off")
    return findings
