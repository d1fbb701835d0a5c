#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# weft-test: timeout=120
"""The pages of a run and of a sweep in a browser: whole, with every figure, without the network.

WEFT_SHOTS names a folder to leave screenshots in.
"""
import base64
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../tools/test"))
from browser import Browser, missing  # noqa: E402 pylint: disable=wrong-import-position

SIM = os.environ.get("B", "build") + "/bin/weft-sim"
RUN = {"Makespan against the ideal": "rect", "Distribution of completion times": "polyline",
       "Goodput over time": "polyline", "Slowdown by size of flow": "rect",
       "Utilisation of the links of each tier": "polyline",
       "Use of each link out of a switch": "rect", "Deepest queue of each tier": "polyline",
       "Share of port-time above each queue depth": "polyline"}
PATHS = {"Path states over time": "polyline", "Paths of chip 0 to chip 23": "rect"}
RING = {"Use of each link out of a switch": "rect", "Deepest queue of each tier": "polyline"}


def check(what: bool, text: str) -> None:
    if not what:
        raise AssertionError(text)


def sim(*args: str) -> None:
    done = subprocess.run([SIM, *args], check=False, capture_output=True, text=True)
    check(done.returncode == 0, f"weft-sim {' '.join(args)}: {done.stderr}")


def shot(b: Browser, name: str) -> None:
    if folder := os.environ.get("WEFT_SHOTS"):
        with open(os.path.join(folder, name), "wb") as f:
            f.write(base64.b64decode(b.call("GET", "/screenshot")))


def opens(b: Browser, path: str, title: str) -> None:
    """The page asks for nothing but itself, says nothing on the console, and fits."""
    b.call("POST", "/goog/cdp/execute", {"cmd": "Network.enable", "params": {}})
    b.call("POST", "/goog/cdp/execute", {"cmd": "Network.emulateNetworkConditions", "params": {
        "offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}})
    b.call("POST", "/url", {"url": f"file://{os.path.realpath(path)}"})
    check(b.call("GET", "/title") == title, f"the title: {b.call('GET', '/title')}")
    asked = b.run("return performance.getEntriesByType('resource').map(e => e.name)")
    check(not asked, f"the page asks for {asked}")
    check(b.run("return document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out")
    said = b.call("POST", "/se/log", {"type": "browser"})
    check(not said, f"the browser complains: {said}")


def figures(b: Browser, want: dict[str, str]) -> None:
    """Each figure is there, as large as it should be, with marks in it that can be seen."""
    for name, mark in want.items():
        seen = b.run(f"""const s = document.querySelector('svg[aria-label="{name}"]');
            if (!s) return null;
            const box = s.getBoundingClientRect();
            const marks = [...s.querySelectorAll('{mark}')].filter(m => {{
                const r = m.getBoundingClientRect(), c = getComputedStyle(m);
                return (r.width > 0.5 || r.height > 0.5) && r.left >= box.left - 1 &&
                       r.right <= box.right + 1 && r.bottom <= box.bottom + 1 &&
                       (c.fill !== 'none' || c.stroke !== 'none') &&
                       !/NaN|Infinity/.test(m.outerHTML); }});
            return [box.width, box.height, marks.length, s.querySelectorAll('{mark}').length];""")
        check(bool(seen), f"no figure '{name}'")
        check(seen[0] > 500 and seen[1] > 80, f"'{name}' is {seen[0]} x {seen[1]}")
        check(seen[2] > 0, f"'{name}' shows none of its {seen[3]} marks")


def night(b: Browser, css: str) -> None:
    """Dark at night, and the marks are of another colour then."""
    look = (f"const m = document.querySelector('{css}'), c = getComputedStyle(m);"
            "return [getComputedStyle(document.body).backgroundColor, c.fill + c.stroke]")
    b.media("screen", "light")
    day = b.run(look)
    b.media("screen", "dark")
    dark = b.run(look)
    check(day[0] == "rgb(255, 255, 255)" and dark[0] == "rgb(20, 24, 29)", f"{day}, {dark}")
    check(day[1] != dark[1], f"marks by day and by night: {day[1]}")
    b.media("screen", "light")


def sweep(b: Browser) -> None:
    """Found, sorted, plotted."""
    rows = ("return [...document.querySelectorAll('tbody tr')].filter(r => !r.hidden)"
            ".map(r => r.cells[{}].textContent)")
    bars = "return [...document.querySelectorAll('svg rect')].map(r => +r.getAttribute('width'))"
    check(b.run(rows.format(0)) == ["0", "1", "2", "3"], "four runs")
    check(len(b.run(bars)) == 4 and max(b.run(bars)) == 700, f"a bar each: {b.run(bars)}")
    b.click("th:nth-child(3) button")
    b.click("th:nth-child(3) button")
    check(b.run(rows.format(2)) == ["16", "16", "1", "1"], f"sorted: {b.run(rows.format(2))}")
    box = b.element("#find")
    b.call("POST", box + "/value", {"text": "absent"})
    check(b.run(rows.format(0)) == [] and not b.run(bars), "nothing is found")
    b.call("POST", box + "/clear", {})
    hashes = sorted(b.run("return [...document.querySelectorAll('tbody tr')]"
                          ".map(r => r.cells[4].textContent)"))
    b.call("POST", box + "/value", {"text": hashes[0]})
    check(b.run(rows.format(4)) == [hashes[0]] and len(b.run(bars)) == 1, "one is found")
    check(b.run("return document.querySelector('#shown').textContent") == "1 run shown", "says so")
    b.call("POST", box + "/clear", {})
    b.run("document.querySelector('#find').dispatchEvent(new Event('input'))")
    plots = b.run("return [...document.querySelectorAll('#what option')].map(o => o.text)")
    check("took_ns" in plots and "retransmitted" in plots and "hash" not in plots, f"{plots}")
    before = b.run(bars)
    b.run("const w = document.querySelector('#what'); w.selectedIndex = "
          f"{plots.index('packets')}; w.dispatchEvent(new Event('change'))")
    check(b.run(bars) != before, "another result has other bars")


def main() -> int:
    if missing():
        print("skip  page.py: there is no chromium-driver")
        return 77
    with tempfile.TemporaryDirectory() as out:
        sim("run", "sim/scenarios/trace-chakra.yaml", "--quiet", "--out", f"{out}/flows")
        sim("run", "sim/scenarios/dead-link-spray.yaml", "--quiet", "--out", f"{out}/paths")
        sim("run", "sim/scenarios/allreduce8.yaml", "--quiet", "--out", f"{out}/ring",
            "--set", "nic.bus_gbps=500")
        sim("sweep", "sim/scenarios/allreduce8.yaml", "--out", f"{out}/sweep",
            "--vary", "seed=1,2", "--vary", "transport.paths=1,16")
        b = Browser()
        try:
            opens(b, f"{out}/flows/index.html", "weft-sim: trace-chakra")
            figures(b, RUN)
            night(b, "svg polyline")
            shot(b, "run.png")
            opens(b, f"{out}/paths/index.html", "weft-sim: dead-link-spray")
            figures(b, RUN | PATHS)
            colours = b.run("""return [...new Set([...document.querySelectorAll(
                'svg[aria-label="Paths of chip 0 to chip 23"] rect.fill')].map(r =>
                r.querySelector('title').textContent.split(' ')[2].replace(',', '') + ' ' +
                getComputedStyle(r).fill))].sort()""")
            check([c.split()[0] for c in colours] == ["skipped", "suspect"] and
                  colours[0].split()[1:] != colours[1].split()[1:], f"states: {colours}")
            shot(b, "paths.png")
            opens(b, f"{out}/ring/index.html", "weft-sim: allreduce8")
            figures(b, RING)
            rows = b.run("""return [...document.querySelectorAll('td')].map(t => t.textContent)
                .filter((t, i, all) =>
                        all.slice(Math.max(0, i - 3), i + 1).includes('bus, out'))""")
            check(rows[:2] == ["bus, out", "500"] and 5 < float(rows[3].split()[0]) <= 100,
                  f"interfaces: {rows}")
            opens(b, f"{out}/sweep/index.html", "weft-sim sweep: allreduce8")
            sweep(b)
            night(b, "svg rect")
            shot(b, "sweep.png")
        finally:
            b.end()
    print("ok    the pages of a run and of a sweep are whole, offline, dark at night, and answer")
    print("# cunit: page.py: 3 passed, 0 failed, 0 skipped")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AssertionError as e:
        print(f"FAIL  {e}")
        sys.exit(1)
