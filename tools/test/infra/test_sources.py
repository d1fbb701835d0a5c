#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""tools/fresh/sources.py: Debian's own sources of one release, from both file formats."""
import os
import subprocess
import tempfile
import unittest

import pyunit

SOURCES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../fresh/sources.py")
KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
STANZAS = f"""\
# a comment
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm-updates bookworm
Components: main contrib
Signed-By: {KEYS}

Types: deb
URIs: http://vendor.example/
Suites: bookworm
Components: main
Signed-By: /usr/share/keyrings/vendor.gpg

Enabled: no
Types: deb
URIs: http://off.example/
Suites: bookworm
Components: main
"""
LINES = f"""\
deb [arch=amd64 signed-by={KEYS}] http://sec.example/ bookworm-security main
deb-src http://src.example/ bookworm main
deb http://other.example/ trixie main
# deb http://gone.example/ bookworm main
"""


class SourcesTest(unittest.TestCase):
    def run_on(self, files):
        with tempfile.TemporaryDirectory(prefix="weft-apt-") as top:
            os.mkdir(os.path.join(top, "sources.list.d"))
            for name, text in files.items():
                with open(os.path.join(top, name), "w", encoding="utf-8") as f:
                    f.write(text)
            done = subprocess.run([SOURCES, "--apt-dir", top], text=True, capture_output=True)
        return done.returncode, done.stdout, done.stderr

    def test_both_formats_base_suite_first(self):
        status, out, _ = self.run_on({"sources.list": LINES, "sources.list.d/d.sources": STANZAS})
        self.assertEqual(status, 0)
        self.assertEqual(out.splitlines(), [
            f"deb [signed-by={KEYS}] http://mirror.example/debian bookworm main",
            f"deb [signed-by={KEYS}] http://mirror.example/debian bookworm-updates main",
            f"deb [signed-by={KEYS}] http://sec.example/ bookworm-security main"])

    def test_no_base_suite_is_an_error(self):
        status, out, err = self.run_on({"sources.list": LINES})
        self.assertEqual((status, out), (1, ""))
        self.assertIn("no source for bookworm main", err)


if __name__ == "__main__":
    pyunit.main()
