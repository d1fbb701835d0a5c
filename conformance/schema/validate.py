#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""validate.py RUN: are results.json and results.jsonl of this run as their schemas say, and do
they tell the same? Exit status 0: yes; 1: no, with the first reason; 77: no jsonschema here."""
import json
import pathlib
import sys

try:
    import jsonschema
except ImportError:
    print("skip  python3-jsonschema is not installed")
    sys.exit(77)

HERE = pathlib.Path(__file__).parent


def check(value, schema, what):
    error = jsonschema.exceptions.best_match(schema.iter_errors(value))
    if error:
        place = "/".join(str(p) for p in error.absolute_path)
        sys.exit(f"{what}: {place}: {error.message}")


def load(name):
    schema = json.loads((HERE / name).read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def main(run):
    results = json.loads((run / "results.json").read_text())
    check(results, load("results.schema.json"), "results.json")
    if sum(results["totals"].values()) != len(results["cases"]):
        sys.exit("results.json: totals differ from the cases")
    if not (run / "results.jsonl").exists():
        return
    schema = load("line.schema.json")
    lines = [json.loads(text) for text in (run / "results.jsonl").read_text().splitlines()]
    for n, line in enumerate(lines, 1):
        check(line, schema, f"results.jsonl: line {n}")
        if line["seq"] != n:
            sys.exit(f"results.jsonl: line {n} has number {line['seq']}")
    cases = [{k: v for k, v in line.items() if k not in ("seq", "event")}
             for line in lines if line["event"] == "case"]
    if lines[0]["event"] != "run" or lines[-1]["event"] != "end":
        sys.exit("results.jsonl: does not begin with run and end with end")
    if lines[0]["planned"] != len(cases) or cases != results["cases"]:
        sys.exit("results.jsonl: its cases are not those planned, or not those of results.json")
    if lines[-1]["totals"] != results["totals"]:
        sys.exit("results.jsonl: its totals are not those of results.json")


main(pathlib.Path(sys.argv[1]))
