# SPDX-License-Identifier: BSD-2-Clause
"""The commands: gen, check-gen and check, in a small tree of their own."""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import support

TOOL = support.ROOT / "tools" / "specgen.py"
OUTPUTS = [
    "core/wire.h",
    "core/names.h",
    "core/names.c",
    "tools/wireshark/weft.lua",
    "spec/gen/tables.md",
    "spec/gen/spec.json",
    "spec/gen/vectors.json",
    "spec/gen/matrix.md",
]


def specgen(*args):
    done = subprocess.run([sys.executable, str(TOOL), *args], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


class Commands(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="specgen-cli.")
        self.addCleanup(holder.cleanup)
        self.root = pathlib.Path(holder.name)
        shutil.copytree(support.GOOD, self.root / "spec")

    def put(self, path, text):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def do(self, *args):
        return specgen(*args, "--root", str(self.root))

    def cite_all(self):
        self.put("core/a.c", "/* WEFT-SMP-001 */\n")
        self.put("core/test/t_a.c", "/* WEFT-SMP-003 */\n")

    def test_gen__writes_every_file_and_says_so(self):
        code, out, err = self.do("gen")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(out, f"specgen: {len(OUTPUTS)} files, {len(OUTPUTS)} changed\n")
        for path in OUTPUTS:
            self.assertTrue((self.root / path).stat().st_size, path)

    def test_gen__twice_is_the_same_and_touches_nothing(self):
        self.do("gen")
        before = {
            p: ((self.root / p).read_bytes(), (self.root / p).stat().st_mtime_ns) for p in OUTPUTS
        }
        self.assertEqual(self.do("gen")[1], f"specgen: {len(OUTPUTS)} files, 0 changed\n")
        self.assertEqual(
            before,
            {
                p: ((self.root / p).read_bytes(), (self.root / p).stat().st_mtime_ns)
                for p in OUTPUTS
            },
        )

    def test_gen__depends_on_the_input_alone(self):
        """Neither the place nor the hash seed of the interpreter shows in the output."""
        runs = []
        for seed in ("1", "2"):
            with tempfile.TemporaryDirectory() as out:
                subprocess.run(
                    [sys.executable, str(TOOL), "gen", "--root", str(self.root), "--out", out],
                    check=True,
                    capture_output=True,
                    env={"PYTHONHASHSEED": seed, "PATH": "/usr/bin:/bin"},
                )
                runs.append({p: (pathlib.Path(out) / p).read_bytes() for p in OUTPUTS})
        self.assertEqual(runs[0], runs[1])

    def test_gen__a_bad_spec_writes_nothing(self):
        self.put("spec/20-bad.md", "```wire\nheader x 2\n  a 8\n```\n")
        code, _, err = self.do("gen")
        self.assertEqual(code, 1)
        self.assertIn("specgen: spec/20-bad.md:2: header x is 8 bits, declared 16\n", err)
        self.assertFalse((self.root / "core").exists())

    def test_check_gen__up_to_date(self):
        self.do("gen")
        self.assertEqual(self.do("check-gen")[0], 0)

    def test_check_gen__shows_the_difference(self):
        self.do("gen")
        for path, old, new in (
            ("core/wire.h", "WEFT_PTYPE_CTRL = 2", "WEFT_PTYPE_CTRL = 5"),
            ("spec/gen/matrix.md", "| WEFT-SMP-001 |", "| WEFT-SMP-009 |"),
        ):
            text = (self.root / path).read_text()
            self.assertIn(old, text)
            self.put(path, text.replace(old, new))
            code, out, err = self.do("check-gen")
            self.assertEqual(code, 1)
            self.assertIn(f"-\t{new}" if path.endswith(".h") else f"-{new}", out)
            self.assertIn(f"specgen: {path} is not what spec/ says; run 'make gen'", err)
            self.put(path, text)

    def test_check_gen__a_missing_file_is_a_difference(self):
        self.do("gen")
        (self.root / "core/names.c").unlink()
        self.assertEqual(self.do("check-gen")[0], 1)
        self.assertFalse((self.root / "core/names.c").exists())

    def test_check__gaps_are_named(self):
        self.do("gen")
        code, out, err = self.do("check")
        self.assertEqual(code, 1)
        self.assertIn("WEFT-SMP-001 has no code that names it, and no exception", err)
        self.assertIn("WEFT-SMP-003 has no test that names it, and no exception", err)
        # WEFT-SMP-001 is excused from a test, SHOULD NOT needs neither, the note is in core/wire.h.
        self.assertNotIn("WEFT-SMP-001 has no test", err)
        self.assertNotIn("WEFT-SMP-002", err)
        self.assertNotIn("WEFT-SMP-003 has no code", err)
        self.assertEqual(
            out, "specgen: 3 requirements, 1 with code, 0 with test, 1 exceptions, 2 gap(s)\n"
        )

    def test_check__complete(self):
        self.do("gen")
        self.cite_all()
        self.assertEqual(
            self.do("check"),
            (0, "specgen: 3 requirements, 2 with code, 1 with test, 1 exceptions\n", ""),
        )

    def test_check__an_unknown_id_is_named_with_its_place(self):
        self.do("gen")
        self.cite_all()
        self.put("sim/x.c", "int x;\n/* WEFT-SMP-777 */\n")
        code, _, err = self.do("check")
        self.assertEqual((code, err), (1, "specgen: sim/x.c:2: unknown requirement WEFT-SMP-777\n"))

    def test_check__an_exception_that_is_no_longer_needed(self):
        self.do("gen")
        self.cite_all()
        self.put("conformance/cases/pkt/a.wc", "# WEFT-SMP-001\n")
        code, _, err = self.do("check")
        self.assertEqual(code, 1)
        self.assertIn("WEFT-SMP-001 has test that names it: remove the exception", err)

    def test_check__what_counts(self):
        """Mutants, generated files, prose and build output cite nothing."""
        self.do("gen")
        self.put("conformance/mutants/m.c", "/* WEFT-SMP-001 */\n")
        self.put("core/README.md", "WEFT-SMP-001\n")
        self.put("build/core/x.c", "/* WEFT-SMP-001 */\n")
        self.put("other/x.c", "/* WEFT-SMP-001 */\n")
        self.assertIn("1 with code, 0 with test", self.do("check")[1])
        self.put("kernel/selftest/x.sh", "# WEFT-SMP-003\n")
        self.put("userspace/lib/x.h", "/* WEFT-SMP-001 */\n")
        self.assertIn("2 with code, 1 with test", self.do("check")[1])

    def test_check__in_a_repository_ignored_files_do_not_count(self):
        subprocess.run(["git", "init", "-q", str(self.root)], check=True)
        self.do("gen")
        self.put(".gitignore", "junk/\n")
        self.put("core/junk/x.c", "/* WEFT-SMP-001 */\n")
        self.assertIn("1 with code", self.do("check")[1])
        self.put("core/new.c", "/* WEFT-SMP-001 */\n")  # not tracked yet, not ignored
        self.assertIn("2 with code", self.do("check")[1])

    def test_json__is_whole(self):
        self.do("gen")
        spec = json.loads((self.root / "spec/gen/spec.json").read_text())
        delivery = next(h for h in spec["headers"] if h["name"] == "delivery")
        self.assertEqual(
            [(f["name"], f["at"], f["bits"]) for f in delivery["fields"]][:4],
            [("version", 0, 4), ("type", 4, 4), ("flags", 8, 8), ("entropy", 16, 16)],
        )
        self.assertEqual(delivery["fields"][0]["fixed"], 1)
        self.assertEqual(delivery["fields"][2]["doc"], "text that goes on")
        data = next(lay for lay in spec["layouts"] if lay["name"] == "DATA")
        self.assertEqual(
            data["when"]["terms"][1], {"field": "delivery.flags", "op": "!&", "values": [0x20]}
        )
        conn = next(m for m in spec["states"] if m["name"] == "conn")
        self.assertEqual(conn["states"], ["CLOSED", "OPENING", "OPEN", "ERROR"])
        self.assertEqual(
            sorted(m["from"] for m in conn["moves"] if m["to"] == "ERROR"),
            ["CLOSED", "OPEN", "OPENING"],
        )
        self.assertEqual(
            [r["id"] for r in spec["requirements"]],
            ["WEFT-SMP-001", "WEFT-SMP-002", "WEFT-SMP-003"],
        )
        self.assertEqual(
            spec["requirements"][0]["text"],
            "A receiver MUST drop what it does not know; `MUST` in code does not count.",
        )

    def test_vectors__by_hand(self):
        """One header worked out on paper, so that not every check stems from the same model."""
        self.do("gen")
        entries = json.loads((self.root / "spec/gen/vectors.json").read_text())["headers"]
        delivery = next(e for e in entries if e["header"] == "delivery")
        self.assertEqual(delivery["mask"], "ff0000000fffffffffffffffffffffff")
        by_name = {v["name"]: v["hex"] for v in delivery["vectors"]}
        self.assertEqual(by_name["all zero"], "10" + "00" * 15)
        self.assertEqual(by_name["all ones"], "1ffffffffff8ffffffffffffffffffff")
        self.assertEqual(by_name["only odd at its maximum"], "100000000ff8" + "00" * 10)
        self.assertEqual(by_name["only pdc_id at its maximum"], "100000000000ffff" + "00" * 8)

    def test_help__has_an_example(self):
        code, out, _ = specgen("--help")
        self.assertEqual(code, 0)
        self.assertIn("tools/specgen.py check-gen", out)


if __name__ == "__main__":
    unittest.main()
