#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# weft-test: timeout=900
"""Checks the models of spec/models with Spin, and that they and the specification agree.

usage: models.py [--long] [--keep DIR] [--time SECONDS]

Decides: which configurations are run and what must come of them; that each move of a model is
legal by the `states` blocks of spec/ (spec/gen/spec.json) and taken in some run; that each legal
move is taken, or stands in spec/models/scope.txt with its reason; that each seeded fault is found.
Leaves to the models what is true.
"""

import argparse
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MODELS = os.path.join(TOP, "spec/models")
MACHINE = {"pdc.pml": "pdc", "rnr.pml": "stream"}
MOVE = re.compile(r"MOVE\((\w+), (\w+), (\w+)\)")
ERRORS = re.compile(r"errors: (\d+)")
STORED = re.compile(r"^\s*(\d+) states, stored", re.MULTILINE)
UNREACHED = re.compile(r"\.pml:(\d+), state")


@dataclass
class Run:
    model: str
    options: str
    live: bool = False          # no non-progress cycle; else safety and no deadlock
    fault: str = ""             # must be found


RUNS = [
    Run("pdc.pml", "-DNCTX=2 -DNINC=1 -DNT=3"),
    Run("pdc.pml", "-DNCTX=1 -DNINC=2 -DNT=2"),
    Run("pdc.pml", "-DNCTX=1 -DNINC=1 -DNT=2 -DK=2"),
    Run("pdc.pml", "-DNCTX=1 -DNINC=2 -DTINC=2 -DNT=3"),
    Run("pdc.pml", "-DNCTX=2 -DNINC=1 -DTINC=2 -DNT=3 -DLIVE=2", live=True),
    Run("pdc.pml", "-DNCTX=1 -DNINC=2 -DTINC=1 -DNT=2 -DLIVE=2", live=True),
    Run("pdc.pml", "-DNCTX=1 -DNINC=1 -DTINC=1 -DNT=2 -DK=2 -DLIVE=3", live=True),
    Run("pdc.pml", "-DNCTX=1 -DNINC=2 -DNT=2", fault="RESTART_SAME"),
    Run("pdc.pml", "-DNCTX=2 -DNINC=1 -DNT=3", fault="GEN_IGNORED"),
    Run("pdc.pml", "-DNCTX=1 -DNINC=1 -DNT=2", fault="START_FORGOTTEN"),
    Run("pdc.pml", "-DNCTX=1 -DNINC=1 -DNT=2", fault="BLIND_RESET"),
    Run("pdc.pml", "-DNCTX=1 -DNINC=2 -DNT=2", fault="RESTART_UNPROVEN"),
    Run("pdc.pml", "-DNCTX=1 -DNINC=2 -DTINC=2 -DNT=3", fault="NO_ASK_AFTER_START"),
    Run("pdc.pml", "-DNCTX=1 -DNINC=1 -DNT=2", fault="HALF_OPEN"),
    Run("pdc.pml", "-DNCTX=1 -DNINC=1 -DNT=1 -DK=2", fault="EARLY_CLOSE"),
    Run("pdc.pml", "-DNCTX=1 -DNINC=1 -DNT=1", fault="SYN_BELIEVED"),
    Run("rnr.pml", "-DM=2 -DF=2 -DR=3"),
    Run("rnr.pml", "-DM=3 -DF=2 -DR=2"),
    Run("rnr.pml", "-DM=2 -DF=2 -DR=3 -DTRIES=1"),
    Run("rnr.pml", "-DM=2 -DF=2 -DR=2", fault="NO_DRAIN"),
    Run("rnr.pml", "-DM=2 -DF=2 -DR=2", fault="EPOCH_IGNORED"),
    Run("rnr.pml", "-DM=2 -DF=2 -DR=2", fault="EPOCH_KEPT"),
    Run("rnr.pml", "-DM=2 -DF=2 -DR=2", fault="NOT_IN_TURN"),
    Run("rnr.pml", "-DM=2 -DF=2 -DR=2", fault="CREDITS_BIND"),
]
# Not in `make test`: minutes each.  Results stand in spec/models/README.md.
LONG = [
    Run("pdc.pml", "-DNCTX=2 -DNINC=1 -DTINC=2 -DNT=3"),
    Run("pdc.pml", "-DNCTX=1 -DNINC=2 -DNT=3 -DK=2"),
    Run("pdc.pml", "-DNCTX=1 -DNINC=2 -DTINC=1 -DNT=3 -DK=2 -DLIVE=2", live=True),
    Run("rnr.pml", "-DM=3 -DF=2 -DR=3"),
]


def sh(args, where, limit):
    return subprocess.run(args, cwd=where, capture_output=True, text=True, timeout=limit,
                          check=False)


def check_run(run, keep, limit):
    """-> (line to print, is it well, lines of the model that were reached)"""
    where = tempfile.mkdtemp(prefix="weft-model-", dir=keep)
    name = f"{run.model} {run.options}" + (f" with fault {run.fault}" if run.fault else "")
    options = run.options.split() + ([f"-DFAULT_{run.fault}"] if run.fault else [])
    try:
        shutil.copy(os.path.join(MODELS, run.model), where)
        got = sh(["spin", "-a", *options, run.model], where, limit)
        if got.returncode or not os.path.exists(os.path.join(where, "pan.c")):
            return f"{name}: spin: {got.stdout[-300:]}", False, set()
        kind = "-DNP" if run.live else "-DSAFETY"
        got = sh(["gcc", "-O1", "-w", kind, "-DCOLLAPSE", "-DMEMLIM=3000", "-o", "pan", "pan.c"],
                 where, limit)
        if got.returncode:
            return f"{name}: gcc: {got.stderr[-300:]}", False, set()
        got = sh(["./pan", "-m300000"] + (["-l"] if run.live else []), where, limit)
    except subprocess.TimeoutExpired:
        return f"{name}: not finished in {limit} s", False, set()
    finally:
        if not keep:
            shutil.rmtree(where)
    errors, stored = ERRORS.search(got.stdout), STORED.search(got.stdout)
    if not errors or "max search depth" in got.stdout or "aborted" in got.stdout:
        return f"{name}: no result: {got.stdout[-300:]}", False, set()
    found = int(errors[1]) > 0
    what = "an error" if found else "no error"
    unreached = {int(n) for n in UNREACHED.findall(got.stdout)}
    with open(os.path.join(MODELS, run.model), encoding="utf-8") as f:
        reached = {n for n in range(1, len(f.readlines()) + 1)} - unreached
    return f"{name}: {stored[1]} states, {what}", found == bool(run.fault), reached


def moves_of(model):
    """[(line, from, to)] that the model takes."""
    out = []
    with open(os.path.join(MODELS, model), encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            if line.startswith("#define"):
                continue
            out += [(number, m[2], m[3]) for m in MOVE.finditer(line)]
    return out


def legal_moves():
    with open(os.path.join(TOP, "spec/gen/spec.json"), encoding="utf-8") as f:
        machines = json.load(f)["states"]
    return {m["name"]: {(move["from"], move["to"]) for move in m["moves"]} for m in machines}


def out_of_scope():
    out = {}
    with open(os.path.join(MODELS, "scope.txt"), encoding="utf-8") as f:
        for line in f:
            m = re.match(r"(\w+): (\w+) -> (\w+): \S", line)
            if m:
                out[m[1], m[2], m[3]] = line.strip()
            elif line.strip() and not line.startswith("#"):
                raise SystemExit(f"models: scope.txt: cannot be read: {line.strip()}")
    return out


def check_moves(legal, scope, reached):
    """What differs between models and specification; reached: lines by model."""
    wrong = []
    for model, machine in MACHINE.items():
        taken = moves_of(model)
        for number, a, b in taken:
            if (a, b) not in legal[machine]:
                wrong.append(f"{model}:{number}: {a} -> {b} is no legal move of `{machine}`")
        pairs = {(a, b) for _, a, b in taken}
        done = {(a, b) for number, a, b in taken if number in reached.get(model, set())}
        for a, b in sorted(pairs - done):
            wrong.append(f"{model}: {a} -> {b} is taken in no run")
        for a, b in sorted(legal[machine]):
            if (a, b) not in pairs and (machine, a, b) not in scope:
                wrong.append(f"{machine}: {a} -> {b} is in no model and not in scope.txt")
            if (a, b) in pairs and (machine, a, b) in scope:
                wrong.append(f"{machine}: {a} -> {b} is in a model and in scope.txt")
    for machine, a, b in scope:
        if (a, b) not in legal[machine]:
            wrong.append(f"scope.txt: {machine}: {a} -> {b} is no legal move")
    return wrong


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    p.add_argument("--keep", help="keep Spin's files below this folder")
    p.add_argument("--time", type=int, default=240, help="seconds for one run (240)")
    p.add_argument("--long", action="store_true", help="the long runs too")
    opt = p.parse_args()
    if not shutil.which("spin"):
        print("spin is not installed (tools/deps)")
        return 77
    passed = failed = 0
    reached = {}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        runs = RUNS + (LONG if opt.long else [])
        for run, (text, well, lines) in zip(
                runs, pool.map(lambda r: check_run(r, opt.keep, opt.time), runs)):
            print(("ok    " if well else "FAIL  ") + text)
            passed, failed = passed + well, failed + (not well)
            if not run.fault:
                reached.setdefault(run.model, set()).update(lines)
    wrong = check_moves(legal_moves(), out_of_scope(), reached)
    for text in wrong:
        print(f"FAIL  {text}")
    passed, failed = passed + (not wrong), failed + bool(wrong)
    print(f"# cunit: models: {passed} passed, {failed} failed, 0 skipped")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
