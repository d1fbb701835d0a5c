#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# weft-test: timeout=120
"""sim/python: a run, its tables, a sweep, and what is wrong, as a notebook has them."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../python"))
B = os.environ.get("B", "build")
os.environ["WEFT_SIM"] = os.path.abspath(f"{B}/bin/weft-sim")
import weft_sim  # noqa: E402 pylint: disable=wrong-import-position

SCENARIOS = os.path.join(HERE, "../scenarios")


def flows() -> None:
    r = weft_sim.run(f"{SCENARIOS}/dead-link-spray.yaml", {"workload.flow": "256KiB"})
    rows, ports = r.table("flows"), r.table("ports")
    assert r.ok and len(rows) == r["flows"]["done"] == 64, len(rows)
    mean = sum(r.flows_us()) / 64
    assert abs(mean - r["flows"]["fct_mean_ps"] / 1e6) < 1e-6, mean
    for row in rows:
        assert row["fct_ps"] == row["ended_ps"] - row["begun_ps"] >= row["ideal_ps"] > 0, row
    for tier in r["fabric"]["tiers"]:
        mine = [p for p in ports if p["tier"] == tier["name"]]
        assert len(mine) == tier["links"] and sum(p["bytes"] for p in mine) == tier["bytes"], tier
    series = r.table("series")
    assert sum(s["sent_bytes"] for s in series) == sum(t["bytes"] for t in r["fabric"]["tiers"])
    looks = {p["t_ps"] for p in r.table("paths")}
    assert len(r.table("paths")) == len(looks) * 8 * 64, len(looks)
    with open(r.folder / "timeline.json", encoding="utf-8") as f:
        events = json.load(f)["traceEvents"]
    begun = {e["id"]: e for e in events if e["ph"] == "b"}
    ended = {e["id"]: e for e in events if e["ph"] == "e"}
    assert len(begun) == len(ended) == 64
    for row in rows:
        took = ended[row["id"]]["ts"] - begun[row["id"]]["ts"]
        assert abs(took * 1e6 - row["fct_ps"]) < 2, row


def ring() -> None:
    r = weft_sim.run(f"{SCENARIOS}/allreduce8.yaml")
    steps = r.table("steps")
    assert [[s["first_ps"], s["last_ps"]] for s in steps] == r["steps_ps"]


def sweeps() -> None:
    with tempfile.TemporaryDirectory() as out:
        rows = weft_sim.sweep(f"{SCENARIOS}/allreduce8.yaml",
                              {"seed": [1, 2], "transport.paths": [1, 8]}, out)
        assert len(rows) == 4 and {r["transport.paths"] for r in rows} == {1, 8}, rows


def figures() -> None:
    """gnuplot draws each script's figure, and says nothing."""
    if not shutil.which("gnuplot"):
        print("skip  python.figures: there is no gnuplot")
        return
    with tempfile.TemporaryDirectory() as out:
        for name in ("a", "b"):
            weft_sim.run(f"{SCENARIOS}/web-search.yaml", {"workload.flows": 200}, f"{out}/{name}")
        for script, what in (("fct", "dirs='a b'"), ("slowdown", "dirs='a b'"),
                             ("queues", "dir='a'")):
            done = subprocess.run(
                ["gnuplot", "-e", f"{what}; to='{script}.svg'",
                 os.path.join(HERE, f"../gnuplot/{script}.gp")],
                check=True, cwd=out, capture_output=True, text=True)
            assert not done.stderr, done.stderr
            with open(f"{out}/{script}.svg", encoding="utf-8") as f:
                svg = f.read()
            assert svg.count("<path") + svg.count("<use") > 10, f"{script}: {len(svg)} bytes"


def wrong() -> None:
    for sets, says in (({"topology.leafs": 3}, "topology.leafs"),
                       ({"limit.sim_ms": 1, "workload.flow": "64MiB"}, "did not finish")):
        try:
            weft_sim.run(f"{SCENARIOS}/dead-link-spray.yaml", sets)
        except weft_sim.SimError as e:
            assert says in str(e), e
            assert (e.result is None) == (says == "topology.leafs")
            if e.result:
                assert any(row["state"] == "goes" for row in e.result.table("flows"))
        else:
            raise AssertionError(f"{sets} is no error")
    try:
        weft_sim.run(f"{SCENARIOS}/allreduce8.yaml").table("flow")
    except KeyError as e:
        assert "flows, steps" in str(e)


if __name__ == "__main__":
    for case in (flows, ring, sweeps, figures, wrong):
        case()
        print(f"ok    python.{case.__name__}")
    print("# cunit: python.py: 5 passed, 0 failed, 0 skipped")
