#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The specification compiler: spec/*.md in; C codec, names, dissector, tables, vectors, matrix out.

Decides which files are generated and when a run fails.  The grammar is in tools/specgen.md; the
parts are specgen_parse (syntax), specgen_check (consistency), specgen_c, specgen_lua, specgen_doc
and specgen_matrix (outputs).
"""

import argparse
import difflib
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

import specgen_c  # noqa: E402
import specgen_check  # noqa: E402
import specgen_doc  # noqa: E402
import specgen_lua  # noqa: E402
import specgen_matrix  # noqa: E402
import specgen_parse  # noqa: E402

EXAMPLE = """examples:
  tools/specgen.py gen              write every generated file into the tree
  tools/specgen.py gen --out /tmp/x write them below another folder
  tools/specgen.py check-gen        fail, with a diff, when a generated file is not up to date
  tools/specgen.py check            fail when a MUST has no code or no test and no exception
"""


def outputs(spec, root):
    """Path below the root -> content."""
    # Citations are counted in the tree as it will be: core/wire.h repeats the notes of the spec.
    files = {
        "core/wire.h": specgen_c.wire_h(spec),
        "core/names.h": specgen_c.names_h(spec),
        "core/names.c": specgen_c.names_c(spec),
        "tools/wireshark/weft.lua": specgen_lua.weft_lua(spec),
        "spec/gen/tables.md": specgen_doc.tables_md(spec),
        "spec/gen/spec.json": specgen_doc.spec_json(spec),
        "spec/gen/vectors.json": specgen_doc.vectors_json(spec),
    }
    trace = specgen_matrix.Trace(spec, root, files)
    files["spec/gen/matrix.md"] = specgen_matrix.matrix_md(spec, trace)
    return files


def write(files, out):
    """Writes what differs, so that make does not rebuild what has not changed."""
    changed = 0
    for name, text in files.items():
        path = out / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        changed += 1
    return changed


def cmd_gen(args, root, spec):
    files = outputs(spec, root)
    changed = write(files, pathlib.Path(args.out).resolve() if args.out else root)
    print(f"specgen: {len(files)} files, {changed} changed")
    return 0


def cmd_check_gen(_, root, spec):
    """Generates to a temporary folder and compares, as a reviewer would with diff -u."""
    files = outputs(spec, root)
    stale = []
    with tempfile.TemporaryDirectory(prefix="specgen.") as folder:
        fresh = pathlib.Path(folder)
        write(files, fresh)
        for name in files:
            have = lines(root / name)
            want = lines(fresh / name)
            if have != want:
                stale.append(name)
                sys.stdout.writelines(
                    difflib.unified_diff(
                        have, want, f"{name} (in the tree)", f"{name} (from spec/)"
                    )
                )
    for name in stale:
        print(
            f"specgen: {name} is not what spec/ says; run 'make gen' and commit it", file=sys.stderr
        )
    if not stale:
        print(f"specgen: {len(files)} generated files are up to date")
    return 1 if stale else 0


def lines(path):
    return path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []


def cmd_check(_, root, spec):
    trace = specgen_matrix.Trace(spec, root, {})
    bad = 0
    for path, line, rid in trace.unknown:
        print(f"specgen: {path}:{line}: unknown requirement {rid}", file=sys.stderr)
        bad += 1
    for req, kind in trace.gaps():
        print(
            f"specgen: {req.where}: {req.id} has no {kind} that names it, and no exception",
            file=sys.stderr,
        )
        bad += 1
    for exc, kind in trace.idle():
        print(
            f"specgen: {exc.where}: {exc.id} has {kind} that names it: remove the exception",
            file=sys.stderr,
        )
        bad += 1
    print(f"specgen: {trace.summary()}" + (f", {bad} gap(s)" if bad else ""))
    return 1 if bad else 0


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="specgen",
        description=__doc__.split("\n\n")[0],
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=["gen", "check-gen", "check"])
    parser.add_argument(
        "--spec", metavar="DIR", help="folder of the specification (default: ROOT/spec)"
    )
    parser.add_argument(
        "--root", metavar="DIR", help="the tree (default: the one this script is in)"
    )
    parser.add_argument(
        "--out", metavar="DIR", help="gen: write below this folder instead of the tree"
    )
    args = parser.parse_args(argv)
    root = pathlib.Path(args.root or pathlib.Path(__file__).parent.parent).resolve()
    spec = specgen_parse.parse(pathlib.Path(args.spec) if args.spec else root / "spec")
    specgen_check.check(spec)
    if spec.errors.items:
        spec.errors.report()
        print(
            f"specgen: {len(spec.errors.items)} error(s) in the specification; nothing done",
            file=sys.stderr,
        )
        return 1
    return {"gen": cmd_gen, "check-gen": cmd_check_gen, "check": cmd_check}[args.command](
        args, root, spec
    )


if __name__ == "__main__":
    sys.exit(main())
