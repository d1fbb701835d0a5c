#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""One run of weft-sim beside the same by several processes (weft-sim-mpi): are the results the
same, how long does each take, how evenly is the work divided.

    bench/sim_mpi.py [--scenario FILE] [--ranks 2,4] [--rounds N] [--out FILE] [--note TEXT]

With several rounds all take turns, and of each the round that took least is what is compared and
told; `walls` are all, in order. Times are seconds. `speedup` is of the time that passed, and says
something only if as many cores are free as there are processes. `speedup_cpu` is of processor time:
that of one process for the run, by what the one that takes longest in each stretch takes, summed;
exchanges are not in it.
"""
import argparse
import datetime
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

BIN = pathlib.Path(os.environ.get("B", "build")) / "bin"
# Processes of one machine meet in its memory: without `pml ob1` each looks for network cards first,
# a fifth of a second of nothing in all.
MPIRUN = ["mpirun", "--oversubscribe", "--mca", "pml", "ob1", "--mca", "btl", "self,vader",
          "--mca", "plm", "isolated"]


def cpu():
    use = resource.getrusage(resource.RUSAGE_CHILDREN)
    return use.ru_utime + use.ru_stime


def run(scenario, ranks, out):
    """Runs by `ranks` processes, 0: by weft-sim; what it took, and the result but for that."""
    command = [str(BIN / "weft-sim")] if not ranks else \
        MPIRUN + ["-np", str(ranks), str(BIN / "weft-sim-mpi")]
    env = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    load, began, used = os.getloadavg()[0], time.monotonic(), cpu()
    subprocess.run(command + ["run", scenario, "--quiet", "--out", out], env=env, check=True,
                   stdout=subprocess.DEVNULL)
    took, used = time.monotonic() - began, cpu() - used
    result = json.loads((pathlib.Path(out) / "result.json").read_text())
    measured = result.pop("measured")
    kept = {k: measured[k] for k in ("stretches", "balance", "longest_s", "ranks") if k in measured}
    return dict(processes=ranks or 1, program=pathlib.Path(command[-1]).name, wall_s=round(took, 2),
                cpu_s=round(used, 2), load=round(load, 1), memory_kib=measured["memory_kib"],
                **kept), result


def text_of(command):
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.strip()


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown"


def main():
    args = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    args.add_argument("--scenario", default="sim/scenarios/permutation8192.yaml")
    args.add_argument("--ranks", default="2")
    args.add_argument("--rounds", type=int, default=1)
    args.add_argument("--out")
    args.add_argument("--note", default="")
    args = args.parse_args()
    report = {
        "what": "weft-sim beside weft-sim-mpi: " + args.scenario,
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{os.cpu_count()} cores, {processor()}",
        "commit": text_of(["git", "describe", "--always", "--dirty", "--abbrev=12"]),
        "note": args.note, "runs": [],
    }
    kinds = [0] + [int(n) for n in args.ranks.split(",")]
    rounds = {n: [] for n in kinds}
    same, want = True, None
    with tempfile.TemporaryDirectory() as tmp:
        for k in range(args.rounds):
            for n in kinds:
                one, got = run(args.scenario, n, f"{tmp}/{k}-{n}")
                want = want or got
                one["identical"] = got == want
                same &= one["identical"]
                rounds[n].append(one)
    report["hash"] = want["result"]["hash"]
    best = {n: min(rounds[n], key=lambda r: r["wall_s"]) for n in kinds}
    for n in kinds:
        best[n]["identical"] = all(r["identical"] for r in rounds[n])
        best[n]["walls"] = [r["wall_s"] for r in rounds[n]]
        if n:
            best[n]["speedup"] = round(best[0]["wall_s"] / best[n]["wall_s"], 2)
            best[n]["speedup_cpu"] = round(best[0]["cpu_s"] / best[n]["longest_s"], 2)
        report["runs"].append(best[n])
    text = json.dumps(report, indent=1) + "\n"
    if args.out:
        pathlib.Path(args.out).write_text(text)
    sys.stdout.write(text)
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
