# SPDX-License-Identifier: BSD-2-Clause
"""Headless Chromium for tests of pages, by the W3C WebDriver protocol of chromium-driver."""
import json
import re
import shutil
import subprocess
import urllib.error
import urllib.request


def missing() -> bool:
    """Is there no browser here?"""
    return not shutil.which("chromedriver") or not shutil.which("chromium")


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
