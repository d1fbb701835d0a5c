#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""tools/vm, as far as it goes without a guest: the archive, what messages mean."""
import importlib.util
import os
import subprocess
import sys
import tempfile
import unittest

import pyunit

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../..")
VM = os.path.join(TOP, "tools/vm")
sys.path.insert(0, VM)


def load(name, folder=VM):
    spec = importlib.util.spec_from_file_location(name, os.path.join(folder, f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


image, judge = load("image"), load("judge")
leaks = load("leaks", os.path.join(VM, "guest"))


class JudgeTest(unittest.TestCase):
    def test_what_fails_a_run(self):
        for line in ("WARNING: CPU: 1 PID: 9 at kernel/x.c:7", "BUG: KASAN: use-after-free",
                     "BUG kmalloc-64 (Tainted: G): Right Redzone overwritten",
                     "INFO: task rping:12 blocked for more than 60 seconds.",
                     "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
                     "Oops: 0000 [#1] PREEMPT SMP", "refcount_t: underflow; use-after-free.",
                     "restrack: CAUTION: BUG: RESTRACK detected leak of resources",
                     "WARNING: possible circular locking dependency detected",
                     "unregister_netdevice: waiting for v0 to become free. Usage count = 2"):
            self.assertEqual(judge.bad_messages(f"[ 1.0] {line}\n"), [f"[ 1.0] {line}"])

    def test_what_does_not(self):
        for line in ("weft: loading out-of-tree module taints kernel.", "infiniband weft0: active",
                     "weft: module verification failed: signature and/or required key missing"):
            self.assertEqual(judge.bad_messages(line), [])

    def verdicts(self, output, status):
        return [(c.verdict, c.name) for c in judge.cases_of("s", output, status)]

    def test_cases(self):
        self.assertEqual(self.verdicts("ok    a\nnoise\nskip  b: why\n", 0),
                         [("ok", "s.a"), ("skip", "s.b")])
        self.assertEqual(self.verdicts("ok    a\nFAIL  b: why\n", 1),
                         [("ok", "s.a"), ("FAIL", "s.b")])
        self.assertEqual(self.verdicts("no program\n", 77), [("skip", "s")])

    def test_silence_is_a_failure(self):
        self.assertEqual(self.verdicts("", 0), [("FAIL", "s")])
        self.assertEqual(self.verdicts("ok    a\n", 3), [("ok", "s.a"), ("FAIL", "s")])
        self.assertEqual(self.verdicts("ok    a\n", None), [("ok", "s.a"), ("FAIL", "s")])
        self.assertEqual(self.verdicts("ok    a\n", 124), [("ok", "s.a"), ("FAIL", "s")])


TRACES = """\
      3 __kmalloc_noprof+0x20/0x30 waste=20/20 age=400/410/420 pid=9 cpus=0
        __kmalloc_noprof+0x20/0x30
        0xffffffffc0401010
        0xffffffffc0400500
        worker_thread+0x191/0x2f0

      1 0xffffffffc0400510 age=77 pid=38 cpus=0
        0xffffffffc0400510
        kthread+0xcf/0x100

      1 ___neigh_create+0x528/0x950 age=2852 pid=38 cpus=0
        ___neigh_create+0x528/0x950
        ip6_output+0x7f/0x160
        0xffffffffc0401010

      1 alloc_slab_obj_exts+0x51/0xb0 age=160 pid=600 cpus=0
        alloc_slab_obj_exts+0x51/0xb0
        allocate_slab+0x435/0x4e0
        __kmalloc_node_noprof+0x13c/0x450
        0xffffffffc0401010

      1 0xffffffffc0400020 age=900000 pid=1 cpus=0
        0xffffffffc0400020
        do_one_initcall+0x58/0x320

      1 0xffffffffc0500020 age=5 pid=1 cpus=0
        0xffffffffc0500020
"""
SYMBOLS = ["ffffffffc0400000 t first\t[weft]", "ffffffffc0401000 t second\t[weft]"]


class LeaksTest(unittest.TestCase):
    """Asked through an allocator, directly; below a call of ours; by the allocator for itself; long
    before; by another."""

    def found(self, seconds):
        with tempfile.TemporaryDirectory(prefix="weft-leaks-") as top:
            paths = [os.path.join(top, name) for name in ("symbols", "traces")]
            for path, text in zip(paths, ("\n".join(SYMBOLS), TRACES)):
                with open(path, "w", encoding="ascii") as f:
                    f.write(text)
            done = subprocess.run(
                [sys.executable, os.path.join(VM, "guest/leaks.py"),
                 "weft 32768 0 - Live 0xffffffffc0400000 (OE)", paths[0], str(seconds), paths[1]],
                text=True, capture_output=True)
        return done.returncode, done.stdout.splitlines()

    def test_only_what_the_module_asked_for_since_it_came(self):
        self.assertEqual(self.found(60), (1, ["3 of second", "1 of first"]))

    def test_older_blocks_are_of_what_lay_there_before(self):
        self.assertEqual(self.found(2000), (1, ["3 of second", "2 of first"]))


class ImageTest(unittest.TestCase):
    def test_the_archive_is_one(self):
        archive = image._cpio([("bin", 0o40755, b""), ("bin/x", 0o100755, b"#!/x\n")])
        with tempfile.TemporaryDirectory(prefix="weft-cpio-") as top:
            try:
                subprocess.run(["cpio", "-i", "--quiet"], cwd=top, input=archive, check=True)
            except FileNotFoundError:
                self.skipTest("cpio is not installed")
            with open(os.path.join(top, "bin/x"), "rb") as f:
                self.assertEqual(f.read(), b"#!/x\n")

    def test_a_kernel_that_is_not_there(self):
        with self.assertRaisesRegex(image.Missing, "no kernel 0.9 is installed"):
            image.find_kernel("0.9")


class RunTest(unittest.TestCase):
    def run_it(self, *args):
        done = subprocess.run([os.path.join(VM, "run"), *args], text=True, capture_output=True)
        return done.returncode, done.stdout + done.stderr

    def test_wrong_arguments(self):
        for args, text in ((("--kernel", "6.1"), "name guest scripts"),
                           (("--kernel", "six", "--shell", "true"), "--kernel is"),
                           (("nothing.sh",), "there is no nothing.sh")):
            status, out = self.run_it(*args)
            self.assertEqual(status, 2)
            self.assertIn(text, out)

    def test_help_has_examples(self):
        status, out = self.run_it("--help")
        self.assertEqual(status, 0)
        self.assertIn("tools/vm/run --device rxe", out)

    def test_a_kernel_that_is_missing_is_a_skip(self):
        status, out = self.run_it("--kernel", "0.9", "--device", "none", "--shell", "true")
        self.assertEqual(status, 77)
        self.assertIn("no kernel 0.9", out)


if __name__ == "__main__":
    pyunit.main()
