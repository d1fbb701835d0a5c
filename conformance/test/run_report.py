#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# weft-test: timeout=120
"""The page of a run in a browser: it searches, filters, opens a failure, is dark at night, prints.

WEFT_SHOTS names a folder to leave screenshots and the printed page in.
"""
import base64
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../tools/test"))
from browser import Browser, missing  # noqa: E402 pylint: disable=wrong-import-position

B = os.environ.get("B", "build")
VISIBLE = ("return [...document.querySelectorAll('tr[data-v]')].filter(r => r.offsetParent)"
           ".map(r => r.id + ' ' + r.dataset.v)")


def check(what: bool, text: str) -> None:
    if not what:
        raise AssertionError(text)


def keep(shots: str, name: str, data: str) -> None:
    if shots:
        with open(os.path.join(shots, name), "wb") as f:
            f.write(base64.b64decode(data))


def finds(b: Browser) -> None:
    everything = b.run(VISIBLE)
    check(len(everything) > 10 and any(r.endswith(" FAIL") for r in everything), "the page's cases")
    box = b.element("#find")
    b.call("POST", box + "/value", {"text": "ut-bi nonsense"})
    check(b.run(VISIBLE) == ["UT-BI-08 FAIL"], f"searched: {b.run(VISIBLE)}")
    check(b.run("return document.getElementById('shown').textContent") == "1 case shown",
          "the page says how many")
    b.call("POST", box + "/clear", {})
    b.run("document.getElementById('find').dispatchEvent(new Event('input'))")
    b.click(".find input[value=PASS]")
    failed = b.run(VISIBLE)
    check(failed and all(not r.endswith(" PASS") for r in failed), f"filtered: {failed}")
    b.click(".find input[value=PASS]")
    check(b.run(VISIBLE) == everything, "all are shown again")


def parses(b: Browser, out: str) -> None:
    """What the browser made of the page is what results.json holds: nothing lost."""
    with open(os.path.join(out, "results.json"), encoding="utf-8") as f:
        cases = json.load(f)["cases"]
    failed = [c for c in cases if c["ran"] and c["verdict"] not in ("PASS", "NA")]

    def count(selector: str) -> int:
        return b.run(f"return document.querySelectorAll({selector!r}).length")

    check(failed and count("pre[id^=fail-]") == len(failed), "a card for each failure")
    check(count("tr[data-v]") == len(cases), "a row for each case")
    for c in cases:
        check(b.run(f"return document.getElementById({c['id']!r}).dataset.v") == c["verdict"],
              f"the verdict of {c['id']}")
    for c in failed:
        card = b.run(f"return document.getElementById('fail-{c['id']}').textContent")
        check(c["code"] in card and c["observed"] in card and c["title"] in card,
              f"the card of {c['id']}: {card}")
    check(b.run("return document.compatMode") == "CSS1Compat", "a page of today's HTML")
    check(b.run("const ids = [...document.querySelectorAll('[id]')].map(e => e.id);"
                "return ids.length - new Set(ids).size") == 0, "each id once")
    check(b.run("return [...document.querySelectorAll('a[href^=\"#\"]')].filter("
                "a => !document.getElementById(a.hash.slice(1))).map(a => a.hash)") == [],
          "links that lead nowhere")
    check(count("pre > :not(code, span, b, i, a, mark, em, strong)") == 0 and
          b.run("return document.querySelectorAll('*').length === "
                "[...document.querySelectorAll('*')].filter(e => !(e instanceof "
                "HTMLUnknownElement)).length"), "an element that is none, or in a text")


def opens(b: Browser) -> None:
    b.click("tr#UT-BI-08 a.FAIL")
    check(b.run("return location.hash") == "#fail-UT-BI-08", "a verdict leads to its card")
    check("ODD_ANSWER" in b.run("return document.querySelector('#fail-UT-BI-08').innerText"),
          "the card has the code")
    b.click("#ladder-UT-BI-08 summary")
    rows = b.run("return document.querySelector('#ladder-UT-BI-08 pre').innerText").splitlines()
    check(b.run("return document.querySelector('#ladder-UT-BI-08').open") and len(rows) > 3 and
          all("device" in r for r in rows), f"the ladder: {rows}")


def looks(b: Browser, shots: str) -> None:
    ground = "return getComputedStyle(document.body).backgroundColor"
    b.run("scrollTo(0, 0)")
    b.media("screen", "light")
    check(b.run(ground) == "rgb(255, 255, 255)", "light by day")
    keep(shots, "light.png", b.call("GET", "/screenshot"))
    b.media("screen", "dark")
    check(b.run(ground) == "rgb(20, 24, 29)", "dark by night")
    keep(shots, "dark.png", b.call("GET", "/screenshot"))
    check(b.run("return document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out")
    b.media("print", "light")
    check(b.run("return document.querySelector('.find').offsetParent === null"),
          "no search box on paper")
    pdf = b.call("POST", "/print", {})
    check(base64.b64decode(pdf).startswith(b"%PDF-") and len(pdf) > 20000, "it prints")
    keep(shots, "page.pdf", pdf)
    b.media("screen", "light")


def main() -> int:
    if missing():
        print("skip  run_report.py: there is no chromium-driver")
        return 77
    shots = os.environ.get("WEFT_SHOTS", "")
    with tempfile.TemporaryDirectory() as out:
        dut = f"inproc:{B}/lib/weft-dut-hostile.so?utodd@0,{B}/lib/weft-dut-chip.so?chip=upper"
        done = subprocess.run([f"{B}/bin/weft-conform", "run", "--dut", dut, "--out", out, "-q",
                               "--no-rig-check", "UT-*", "AT-*", "AQ-*"], check=False,
                              stdout=subprocess.DEVNULL)
        check(done.returncode == 1, f"the run ended with {done.returncode}")
        b = Browser()
        try:
            b.call("POST", "/url", {"url": f"file://{os.path.realpath(out)}/index.html"})
            check(b.call("GET", "/title").startswith("weft-conform: "), "the title")
            parses(b, out)
            finds(b)
            opens(b)
            looks(b, shots)
            said = b.call("POST", "/se/log", {"type": "browser"})
            check(not said, f"the browser complains: {said}")
        finally:
            b.end()
    print("ok    the page is what results.json holds, searches, filters, opens a failure, "
          "is dark at night, and prints")
    print("# cunit: run_report.py: 5 passed, 0 failed, 0 skipped")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AssertionError as e:
        print(f"FAIL  {e}")
        sys.exit(1)
