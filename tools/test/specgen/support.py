# SPDX-License-Identifier: BSD-2-Clause
"""Where things are, and short cuts to the compiler, for its tests."""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
GOOD = HERE / "good"
REAL = ROOT / "spec"
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tools"))
sys.path.insert(0, str(HERE))

import specgen  # noqa: E402
import specgen_check  # noqa: E402
import specgen_parse  # noqa: E402


def load(folder):
    """The specification in a folder, checked."""
    spec = specgen_parse.parse(folder)
    specgen_check.check(spec)
    return spec


def generate(folder, root=ROOT):
    """(spec, path -> content) of a specification that must be right."""
    spec = load(folder)
    if spec.errors.items:
        raise AssertionError("\n".join(spec.errors.items))
    return spec, specgen.outputs(spec, root)
