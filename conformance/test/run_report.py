#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# weft-test: timeout=120
"""The page of a run in a browser: it searches, filters, opens a failure, is dark at night, prints.

Drives headless Chromium by the W3C WebDriver protocol, which chromium-driver speaks. WEFT_SHOTS
names a folder to leave screenshots and the printed page in.
"""
import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

B = os.environ.get("B", "build")
VISIBLE = ("return [...document.querySelectorAll('tr[data-v]')].filter(r => r.offsetParent)"
           ".map(r => r.id + ' ' + r.dataset.v)")


class Browser:
    """One session of a driver that we started."""

    def __init__(self) -> None:
        # pylint: disable=consider-using-with
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE,
                                       text=True)
        self.base = ""
        assert self.driver.stdout
        for line in self.driver.stdout:
            if found := re.search(r"successfully on port (\d+)", line):
                self.base = f"http://127.0.0.1:{found[1]}"
                break
        options = {"args": ["--headless=new", "--no-sandbox", "--disable-gpu",
                            "--window-size=1200,1000", "--force-color-profile=srgb"]}
        made = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL"}}}})
        self.base += f"/session/{made['sessionId']}"

    def call(self, method: str, path: str, body: dict | None = None):
        request = urllib.request.Request(self.base + path, method=method, data=None if body is None
                                         else json.dumps(body).encode())
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as e:
            raise AssertionError(f"{path}: {json.load(e)['value']['message']}") from e

    def run(self, script: str):
        return self.call("POST", "/execute/sync", {"script": script, "args": []})

    def element(self, css: str) -> str:
        found = self.call("POST", "/element", {"using": "css selector", "value": css})
        return f"/element/{next(iter(found.values()))}"

    def click(self, css: str) -> None:
        self.call("POST", self.element(css) + "/click", {})

    def media(self, kind: str, scheme: str) -> None:
        """As if the page was shown on that medium, with that colour scheme."""
        self.call("POST", "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": {
            "media": kind, "features": [{"name": "prefers-color-scheme", "value": scheme}]}})

    def end(self) -> None:
        try:
            self.call("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()


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
    if not shutil.which("chromedriver") or not shutil.which("chromium"):
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
            finds(b)
            opens(b)
            looks(b, shots)
            said = b.call("POST", "/se/log", {"type": "browser"})
            check(not said, f"the browser complains: {said}")
        finally:
            b.end()
    print("ok    the page searches, filters, opens a failure, is dark at night, and prints")
    print("# cunit: run_report.py: 4 passed, 0 failed, 0 skipped")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AssertionError as e:
        print(f"FAIL  {e}")
        sys.exit(1)
