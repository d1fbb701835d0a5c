# SPDX-License-Identifier: BSD-2-Clause
"""weft-sim for notebooks: runs it, and has what came out as dictionaries and tables.

    import weft_sim
    r = weft_sim.run("sim/scenarios/dead-link-spray.yaml", {"transport.paths": 16})
    print(r.flows_us("fct"), r["flows"]["fct_p99_ps"])
    for row in r.table("ports"): ...
    r.frame("flows")            # the same as a pandas DataFrame, where pandas is installed

It needs nothing but Python's own library. The program is $WEFT_SIM, or weft-sim of the path, or
build/bin/weft-sim of the tree that this file lies in.
"""
import csv
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
from typing import Any

TABLES = ("flows", "steps", "ports", "series", "paths")


class SimError(Exception):
    """A run that failed, or could not begin; `result` is what there is of it, or None."""

    def __init__(self, text: str, result: "Result | None" = None):
        super().__init__(text)
        self.result = result


def program() -> str:
    here = pathlib.Path(__file__).resolve().parents[2] / "build/bin/weft-sim"
    found = os.environ.get("WEFT_SIM") or shutil.which("weft-sim") or (str(here) if here.is_file()
                                                                      else None)
    if not found:
        raise SimError("there is no weft-sim: build it (make), or say in WEFT_SIM where it is")
    return found


def number(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


class Result:
    """What a run came to: result.json as a dictionary, and the tables of its folder."""

    def __init__(self, folder: str, keep: tempfile.TemporaryDirectory[str] | None = None):
        self.folder = pathlib.Path(folder)
        self._keep = keep       # a folder of our own lives as long as this
        with open(self.folder / "result.json", encoding="utf-8") as f:
            self.json: dict[str, Any] = json.load(f)

    def __getitem__(self, key: str) -> Any:
        return self.json[key]

    @property
    def ok(self) -> bool:
        return bool(self.json["result"]["ok"])

    @property
    def hash(self) -> str:
        return str(self.json["result"]["hash"])

    @property
    def page(self) -> pathlib.Path:
        return self.folder / "index.html"

    def table(self, name: str) -> list[dict[str, Any]]:
        """A table's rows; numbers are numbers, and what is not there is None."""
        if name not in TABLES:
            raise KeyError(f"no table {name}: they are {', '.join(TABLES)}")
        with open(self.folder / f"{name}.csv", encoding="utf-8", newline="") as f:
            return [{k: number(v) if v else None for k, v in row.items()}
                    for row in csv.DictReader(f)]

    def flows_us(self, what: str = "fct") -> list[float]:
        """Of all flows that are done: fct, ideal, begun or ended, in microseconds."""
        return [row[what + "_ps"] / 1e6 for row in self.table("flows") if row["state"] == "done"]

    def frame(self, name: str) -> Any:
        import pandas  # pylint: disable=import-outside-toplevel,import-error
        return pandas.DataFrame(self.table(name))


def run(scenario: str, sets: dict[str, Any] | None = None, out: str | None = None,
        check: bool = True) -> Result:
    """One run. `out`: where its files are to stay; otherwise they go with the result.

    A run that fails raises SimError, with what there is of its result; with check=False it is
    returned, and its ok is False.
    """
    keep = None if out else tempfile.TemporaryDirectory(prefix="weft-sim.")
    folder = out if out else keep.name if keep else ""
    command = [program(), "run", scenario, "--quiet", "--tables", "--out", folder]
    for key, value in (sets or {}).items():
        command += ["--set", f"{key}={value}"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode not in (0, 1) or not os.path.exists(os.path.join(folder, "result.json")):
        raise SimError(done.stderr.strip() or f"weft-sim ended with {done.returncode}")
    result = Result(folder, keep)
    if check and not result.ok:
        raise SimError(result["result"]["error"], result)
    return result


def sweep(scenario: str, vary: dict[str, list[Any]], out: str, sets: dict[str, Any] | None = None,
          jobs: int = os.cpu_count() or 1) -> list[dict[str, Any]]:
    """All combinations of values; a row each of OUT/sweep.csv. Called again it goes on."""
    command = [program(), "sweep", scenario, "--out", out, "--jobs", str(jobs)]
    for key, values in vary.items():
        command += ["--vary", f"{key}={','.join(str(v) for v in values)}"]
    for key, value in (sets or {}).items():
        command += ["--set", f"{key}={value}"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise SimError(done.stderr.strip() or f"weft-sim ended with {done.returncode}")
    with open(os.path.join(out, "sweep.csv"), encoding="utf-8", newline="") as f:
        return [{k: number(v) for k, v in row.items()} for row in csv.DictReader(f)]
