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

import specgen_c            # noqa: E402
import specgen_check        # noqa: E402
import specgen_parse        # noqa: E402

EXAMPLE = """examples:
  tools/specgen.py gen              write every generated file into the tree
  tools/specgen.py gen --out /tmp/x write them below another folder
  tools/specgen.py check-gen        fail, with a diff, when a generated file is not up to date
  tools/specgen.py check            fail when a MUST has no code or no test and no exception
"""


def load(root, spec_dir):
    """The checked specification, or None after its errors were printed."""
    spec = specgen_parse.parse(spec_dir)
    specgen_check.check(spec)
    return spec


def outputs(spec, root):
    """Path below the root -> content."""
    files = {
        "core/wire.h": specgen_c.wire_h(spec),
        "core/names.h": specgen_c.names_h(spec),
        "core/names.c": specgen_c.names_c(spec),
    }
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
    out = pathlib.Path(args.out).resolve() if args.out else root
    files = outputs(spec, root)
    changed = write(files, out)
    print(f"specgen: {len(files)} files, {changed} changed")
    return 0


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="specgen", description=__doc__.split("\n\n")[0], epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["gen", "check-gen", "check"])
    parser.add_argument("--spec", metavar="DIR", help="folder of the specification (default: ROOT/spec)")
    parser.add_argument("--root", metavar="DIR", help="the tree (default: the one this script is in)")
    parser.add_argument("--out", metavar="DIR", help="gen: write below this folder instead of the tree")
    args = parser.parse_args(argv)
    root = pathlib.Path(args.root or pathlib.Path(__file__).parent.parent).resolve()
    spec = load(root, pathlib.Path(args.spec) if args.spec else root / "spec")
    if spec.errors.items:
        spec.errors.report()
        print(f"specgen: {len(spec.errors.items)} error(s); nothing written", file=sys.stderr)
        return 1
    return {"gen": cmd_gen}[args.command](args, root, spec)


if __name__ == "__main__":
    sys.exit(main())
