#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""spec/vectors: as generated, by the schema, read back; and a reader that finds what is wrong."""
import copy
import json
import os
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.join(HERE, "../../..")
sys.path[:0] = [os.path.join(HERE, "../infra"), os.path.join(TOP, "tools/vecgen")]
sys.dont_write_bytecode = True

import pyunit       # noqa: E402
import reader       # noqa: E402

STEP = 7            # every so many bits are flipped: the whole takes too long


def load(name):
    with open(os.path.join(TOP, "spec/vectors", name), encoding="utf-8") as f:
        return json.load(f)


class VectorsTest(unittest.TestCase):
    def test_are_what_they_should_be(self):
        got = subprocess.run([sys.executable, "-B", os.path.join(TOP, "tools/vecgen/vectors.py"),
                              "check"], capture_output=True, text=True, check=False)
        self.assertEqual(got.returncode, 0, got.stderr)

    def test_reader_finds_a_flipped_bit(self):
        r = reader.Reader()
        for v in load("packets.json")["vectors"]:
            data = bytes.fromhex(v["hex"])
            for bit in range(0, 8 * len(data), STEP):
                bad = bytearray(data)
                bad[bit // 8] ^= 0x80 >> bit % 8
                with self.assertRaises((reader.Bad, KeyError), msg=f"{v['name']}, bit {bit}"):
                    reader.check_packet(r, dict(v, hex=bad.hex()))

    def test_reader_finds_a_wrong_field(self):
        r = reader.Reader()
        for v in load("packets.json")["vectors"]:
            for i, part in enumerate(v["parts"]):
                for field, value in part.get("fields", {}).items():
                    bad = copy.deepcopy(v)
                    bad["parts"][i]["fields"][field] = f"{int(value, 16) ^ 1:#x}"
                    with self.assertRaises(reader.Bad, msg=f"{v['name']}, {field}"):
                        reader.check_packet(r, bad)

    def test_answers_have_masks_as_long_as_they_are(self):
        answers = [v["answer"] for v in load("refused.json")["vectors"] if "answer" in v]
        answers += [s for t in load("transcripts.json")["transcripts"] for s in t["steps"]
                    if s["do"] == "out"]
        self.assertGreater(len(answers), 50)
        for a in answers:
            self.assertEqual(len(a["mask"]), len(a["hex"]))


if __name__ == "__main__":
    pyunit.main()
