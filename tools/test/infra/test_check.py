#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# weft-test: timeout=180
"""Each structure check accepts a small clean tree, and rejects one planted violation in it."""
import contextlib
import io
import os
import subprocess
import sys
import tempfile
import unittest

import pyunit

TOP = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../.."))
sys.path.insert(0, os.path.join(TOP, "tools/check"))

import check    # noqa: E402  (found through the path above)

DUAL = "/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */\n"
BSD = "/* SPDX-License-Identifier: BSD-2-Clause */\n"
HASH = "# SPDX-License-Identifier: "
PORT = DUAL + """\
#ifdef __KERNEL__
#include <linux/string.h>
#else
#include <stdint.h>
#include <string.h>
#endif
"""
RX = DUAL + """\
#include "core/port.h"

uint32_t weft_rx(const uint8_t *p);
uint32_t weft_rx(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}
"""
TREE = {
    "core/port.h": PORT,
    "core/rx.c": RX,
    "core/files.mk": HASH + "GPL-2.0-only OR BSD-2-Clause\ncore-files := rx.c\n",
    "userspace/io/io.c": BSD + "#include <stdio.h>\n",
    "userspace/io/io.h": BSD,
    "userspace/include/weft/weft.h": BSD,
    "userspace/lib/a.c": BSD + '#include <weft/weft.h>\n#include "core/port.h"\n',
    "sim/main.c": BSD + '#include "core/port.h"\n',
    "sim/sim.h": BSD,
    "conformance/main.c": BSD + '#include "userspace/io/io.h"\nint main(void) { return 0; }\n',
    "tools/weft/cmd.c": BSD + '#include <weft/weft.h>\n',
    "tools/x.py": HASH + 'BSD-2-Clause\n"""A tool."""\n',
}


class CheckTest(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory(prefix="weft-check-")
        self.addCleanup(self.dir.cleanup)
        for path, text in TREE.items():
            self.put(path, text)

    def put(self, path, text):
        full = os.path.join(self.dir.name, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as f:
            f.write(text)

    def compile(self, *sources, link=""):
        """Compiles sources to build/obj as the Makefile would; links them to build/bin/LINK."""
        objects = []
        for source in sources:
            obj = os.path.join("build/obj", source[:-2] + ".o")
            os.makedirs(os.path.join(self.dir.name, os.path.dirname(obj)), exist_ok=True)
            subprocess.run(["gcc", "-std=c11", "-O2", "-I.", "-Iuserspace/include", *self.flags,
                            "-c", "-o", obj, source], cwd=self.dir.name, check=True)
            objects.append(obj)
        if link:
            os.makedirs(os.path.join(self.dir.name, "build/bin"), exist_ok=True)
            subprocess.run(["gcc", "-o", "build/bin/" + link, *objects], cwd=self.dir.name,
                           check=True)

    flags: tuple[str, ...] = ()

    def findings(self, name):
        """The output of one check, and whether it failed."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            status = check.main(["--root", self.dir.name, name])
        return status, out.getvalue()

    def clean(self, name):
        status, text = self.findings(name)
        self.assertEqual(status, 0, text)

    def rejects(self, name, *texts):
        status, text = self.findings(name)
        self.assertEqual(status, 1, text)
        for part in texts:
            self.assertIn(part, text)
        self.assertIn(f"FAIL  check.{name}: 1 findings\n", text)

    # --- tidy ---

    def test_clean_tree_is_tidy(self):
        self.clean("tidy")

    def test_tidy_rejects(self):
        body = "\tx();\n"
        cases = (
            ("sim/a.c", BSD + "\n" * 600, "601 lines; at most 600"),
            ("sim/a.c", BSD + "int f(void)\n{\n" + body * 61 + "}\n", "f has 61 lines"),
            ("sim/a.c", BSD + "static int f(int a,\n\t\tint b)\n{\n" + body * 61 + "}\n",
             "f has 61 lines"),
            ("tools/y.py", HASH + "BSD-2-Clause\ndef f():\n" + "    x()\n" * 60, "f has 61 lines"),
            ("sim/a.c", BSD + "/* " + "x" * 100 + " */\n", "106 columns"),
            ("sim/a.c", BSD + "\t" * 13 + "\n".replace("\n", "x;\n"), "106 columns"),
            ("sim/a.c", "int x;\n", "no line 'SPDX-License-Identifier: BSD-2-Clause'"),
            ("sim/a.c", DUAL, "but files here are 'BSD-2-Clause'"),
            ("core/a.c", BSD, "but files here are 'GPL-2.0-only OR BSD-2-Clause'"),
            ("kernel/uapi/a.h", BSD, "but files here are 'GPL-2.0-only OR BSD-2-Clause'"),
            ("sim/run", "#!/bin/sh\nexit 0\n", "no line 'SPDX"),
            ("sim/a.c", BSD + "int x; \n", "white space at the end"),
            ("sim/a.c", BSD + "        int x;\n", "indent with tabs"),
            ("sim/a.c", BSD + "  \tint x;\n", "indent with tabs"),
            ("sim/a.c", BSD + "int x;", "no newline at the end"),
            ("sim/a.c", BSD + "/* TO" "DO: later */\n", "unfinished mark"),
            ("notes.md", "See /ho" "me/me/weft.\n", "path of one machine"),
            ("tools/a.sh", HASH + "BSD-2-Clause\nwget http://deb." "debian.org/x\n", "registry"),
        )
        for path, text, want in cases:
            with self.subTest(path=path, want=want):
                self.put(path, text)
                self.rejects("tidy", path, want)
                os.unlink(os.path.join(self.dir.name, path))

    def test_tidy_leaves_generated_files_long(self):
        self.put("sim/a.c", BSD + "/* Generated from x; do not edit. */\n" + "x\n" * 700)
        self.clean("tidy")

    def test_ratchet_holds_todays_number(self):
        self.put("sim/a.c", BSD + "\n" * 610)
        for number, want in (("610", "611 lines"), ("612", "lower it to 611")):
            self.put("tools/check/ratchet.txt", f"file sim/a.c {number}  # grew\n")
            self.rejects("tidy", want)
        self.put("tools/check/ratchet.txt", "file sim/a.c 611  # grew\n")
        self.clean("tidy")
        self.put("sim/a.c", BSD)
        self.rejects("tidy", "take it off")
        self.put("tools/check/ratchet.txt", "file sim/none.c 611  # gone\n")
        self.rejects("tidy", "no such source file")

    # --- depends ---

    def test_clean_tree_depends_downwards(self):
        self.clean("depends")

    def test_depends_rejects(self):
        cases = (
            ("core/a.c", DUAL + '#include "sim/sim.h"\n', 'includes "sim/sim.h"'),
            ("core/a.c", DUAL + "#include <stdio.h>\n", "includes <stdio.h>"),
            ("core/a.c", DUAL + "#include <string.h>\n", "includes <string.h>"),
            ("core/port.h", PORT + "#include <stdlib.h>\n", "includes <stdlib.h>"),
            ("core/a.c", DUAL + '#include "../userspace/io/io.h"\n', "userspace/io/io.h"),
            ("core/a.c", DUAL + "#include <weft/weft.h>\n", "userspace/include/weft/weft.h"),
            ("userspace/io/a.c", BSD + '#include "core/port.h"\n', "carriage knows no protocol"),
            ("userspace/io/a.c", BSD + '#include <weft/weft.h>\n', "carriage knows no protocol"),
            ("userspace/include/weft/a.h", BSD + '#include "core/port.h"\n', "installed alone"),
            ("userspace/lib/b.c", BSD + '#include "sim/sim.h"\n', "userspace/ may include only"),
            ("sim/a.c", BSD + "#include <weft/weft.h>\n", "sim/ may include only"),
            ("sim/a.c", BSD + '#include "userspace/io/io.h"\n', "sim/ may include only"),
            ("kernel/a.c", DUAL + '#include "userspace/io/io.h"\n', "kernel/ may include only"),
            ("conformance/a.c", BSD + '#include "core/port.h"\n', "shares no code"),
            ("tools/weft/a.c", BSD + '#include "sim/sim.h"\n', "tools/ may include only"),
            ("newpart/a.c", BSD, "no dependency rule"),
        )
        for path, text, want in cases:
            with self.subTest(path=path, want=want):
                self.put(path, text)
                self.rejects("depends", path, want)
                if path in TREE:
                    self.put(path, TREE[path])
                else:
                    os.unlink(os.path.join(self.dir.name, path))

    # --- freestanding ---

    def test_clean_core_is_freestanding(self):
        self.clean("freestanding")

    def test_freestanding_rejects(self):
        head = DUAL + '#include "core/port.h"\n'
        cases = (
            (DUAL + "#include <stdio.h>\n", "stdio.h"),
            (DUAL + "#include <immintrin.h>\n", "immintrin.h"),
            (head + "int f(const char *s);\nint f(const char *s) { return (int)strlen(s); }\n",
             "strlen"),
        )
        if os.uname().machine in ("x86_64", "aarch64"):
            cases += ((head + "double f(double x);\ndouble f(double x) { return x * 2; }\n",
                       "core/rx.c"),)
        for text, want in cases:
            with self.subTest(want=want):
                self.put("core/rx.c", text)
                self.rejects("freestanding", want)

    # --- symbols ---

    def test_clean_core_needs_only_memcpy(self):
        self.compile("core/rx.c")
        self.compile("conformance/main.c", link="weft-conform")
        self.compile("userspace/io/io.c")
        self.clean("symbols")

    def test_symbols_rejects_libc(self):
        self.put("core/rx.c", DUAL + "void *malloc(unsigned long n);\nvoid *weft_rx(void);\n"
                 "void *weft_rx(void) { return malloc(3); }\n")
        self.compile("core/rx.c")
        self.rejects("symbols", "core/rx.o: needs 'malloc'")

    def test_symbols_rejects_the_stack_protector(self):
        self.flags = ("-fstack-protector-all",)
        self.compile("core/rx.c")
        self.rejects("symbols", "needs '__stack_chk_fail'")

    def test_symbols_rejects_a_core_that_is_not_built(self):
        self.rejects("symbols", "core/rx.o: not built")

    def test_symbols_rejects_a_judge_with_the_engine_in_it(self):
        self.put("conformance/main.c", BSD + "unsigned weft_rx(const unsigned char *);\n"
                 "int main(void) { return (int)weft_rx((const unsigned char *)\"abcd\"); }\n")
        self.compile("core/rx.c", "conformance/main.c", link="weft-conform")
        self.rejects("symbols", "weft-conform: links the engine it is to judge: 'weft_rx'")

    def test_symbols_rejects_carriage_that_calls_the_engine(self):
        self.put("userspace/io/io.c", BSD + "unsigned weft_rx(const unsigned char *);\n"
                 "unsigned io(void);\n"
                 "unsigned io(void) { return weft_rx((const unsigned char *)\"abcd\"); }\n")
        self.compile("core/rx.c", "userspace/io/io.c")
        self.rejects("symbols", "userspace/io/io.o: carriage calls the engine: 'weft_rx'")


if __name__ == "__main__":
    pyunit.main()
