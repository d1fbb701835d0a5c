# SPDX-License-Identifier: BSD-2-Clause
"""The generated dissector, run in tshark over packets built from the same specification."""

import os
import pathlib
import random
import tempfile
import unittest

import dissect
import support
import wirebuild

SEED = int(os.environ.get("WEFT_SEED", "20490"))


@unittest.skipUnless(dissect.tshark(), "tshark is not installed (tools/deps installs it)")
class Dissector(unittest.TestCase):
    def prepare(self, spec_dir):
        self.spec, files = support.generate(spec_dir)
        folder = tempfile.TemporaryDirectory(prefix="specgen-lua.")
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)
        if not dissect.runs_lua():
            self.skipTest("this tshark runs no Lua script for this user (root, since 4.4)")
        self.script = self.dir / "weft.lua"
        self.script.write_text(files["tools/wireshark/weft.lua"])
        self.names = [
            f"weft.{h.name}.{f.name}"
            for h in self.spec.headers.values()
            for f in h.fields
            if not f.mbz
        ]
        for layout in self.spec.layouts.values():
            self.names += [f"weft.{e.name}" for e in layout.elements if e.kind in ("bytes", "rest")]
        self.names += [
            f"weft.{h}.{k}"
            for h in self.spec.headers
            if h.endswith("tlv")
            for k in ("text", "value")
        ]
        self.names = list(dict.fromkeys(self.names))

    def show(self, frames, options=(), snap=65535):
        path = self.dir / "t.pcap"
        dissect.pcap(path, frames, snap)
        rows = dissect.run(self.script, path, self.names, options)
        self.assertEqual(len(rows), len(frames))
        for row in rows:
            self.assertEqual(row["weft.expert.bug"], [], row["_ws.expert.message"])
            self.assertEqual(row["_ws.lua.error"], [], row["_ws.expert.message"])
        return rows

    def compare(self, row, expected, label):
        table = {}
        for name, value in expected:
            header, _, field = name[5:].rpartition(".")
            is_bytes = (
                header in self.spec.headers
                and self.spec.headers[header].find(field)
                and self.spec.headers[header].find(field).is_bytes
            )
            table.setdefault(name, []).append(dissect.wanted(name, value, is_bytes))
        for name in self.names:
            want = table.get(name, [])
            have = [
                dissect.shown(t, None) if want and isinstance(want[0], int) else t
                for t in row[name]
            ]
            self.assertEqual(have, want, f"{label}: {name}")

    def round_trip(self, count):
        rng = random.Random(SEED)
        layouts = [lay for lay in self.spec.layouts.values() if lay.when]
        packets = [
            (lay.name, *wirebuild.build(self.spec, lay, rng))
            for lay in layouts
            for _ in range(count)
        ]
        wraps = [dissect.over_udp, dissect.over_ethernet]
        rows = self.show([wraps[i % 2](p[1]) for i, p in enumerate(packets)])
        for i, (row, (name, _, expected)) in enumerate(zip(rows, packets)):
            label = f"packet {i + 1} ({name}), seed {SEED}"
            self.compare(row, expected, label)
            self.assertEqual(row["weft.crc.status"], ["good"], label)
            self.assertTrue(row["_ws.col.Info"][0].startswith(name), label)
        return packets

    def hostile(self, packets):
        """Cut short, corrupted and random packets: anything may be shown, nothing may be thrown."""
        rng = random.Random(SEED + 1)
        frames = [
            dissect.over_udp(p[1][:cut]) for p in packets[::3] for cut in range(0, len(p[1]), 3)
        ]
        for _, data, _ in packets:
            noisy = bytearray(data)
            for _ in range(rng.randrange(1, 4)):
                noisy[rng.randrange(len(noisy))] ^= 1 << rng.randrange(8)
            frames.append(dissect.over_udp(bytes(noisy)))
        for kind in range(16):
            for _ in range(12):
                frames.append(
                    dissect.over_udp(bytes([0x10 | kind]) + rng.randbytes(rng.randrange(120)))
                )
        return self.show(frames)

    def test_crc32c__check_value(self):
        """What the packets are built with, against the value that every CRC catalogue gives."""
        self.assertEqual(wirebuild.crc32c(b"123456789"), 0xE3069283)

    def test_sample__round_trip_and_hostile(self):
        self.prepare(support.GOOD)
        packets = self.round_trip(40)
        self.hostile(packets[::2])
        for rows in self.show([dissect.over_udp(p[1]) for p in packets], snap=64):
            self.assertEqual(len(rows["frame.number"]), 1)

    def test_real_spec__round_trip_and_hostile(self):
        if not any(support.REAL.glob("*.md")):
            self.skipTest("no spec/*.md in this tree")
        self.prepare(support.REAL)
        self.hostile(self.round_trip(25))

    def fixed(self, layout, **changes):
        """A packet of the sample, the first of many that has no syn and the wanted operation."""
        rng = random.Random(1)
        for _ in range(1000):
            builder = wirebuild.Builder(self.spec, self.spec.layouts[layout], rng)
            data, expected = builder.build()
            values = {n: v for n, v in expected}
            if all(values.get(k) == v for k, v in changes.items()):
                return bytearray(data), values
        self.fail("no such packet")

    def test_crc__a_bit_flipped_is_bad_unless_mutable(self):
        self.prepare(support.GOOD)
        data, _ = self.fixed("LIST")
        flips = [(3, "good"), (1, "good"), (5, "bad"), (len(data) - 1, "bad")]
        frames = []
        for byte, _ in flips:
            other = bytearray(data)
            other[byte] ^= 0x40
            frames.append(dissect.over_udp(bytes(other)))
        for row, (byte, status) in zip(self.show(frames), flips):
            self.assertEqual(row["weft.crc.status"], [status], f"byte {byte}")
            self.assertEqual(
                "The CRC32C does not match" in row["_ws.expert.message"], status == "bad"
            )

    def test_expert__each_fault_is_named(self):
        self.prepare(support.GOOD)
        ctrl, _ = self.fixed("CTRL", **{"weft.tlv.type": 0x8001})
        data, _ = self.fixed("DATA", **{"weft.delivery.flags": 0x80})
        version, unknown, reserved = bytearray(data), bytearray(data), bytearray(data)
        version[0] = 0x20 | data[0] & 15
        unknown[0] = 0x1F
        reserved[5] |= 7
        overrun = bytearray(ctrl)
        overrun[18:20] = b"\xff\xff"
        faults = [
            (version, "version is 2, not 1", "bad"),
            (unknown, "No layout is known for this packet type", "absent"),
            (reserved, "Reserved bits are set", "bad"),
            (data[:9], "Shorter than its fields say", "absent"),
            (data + b"pad", None, "good"),
            (overrun, "The value leaves the packet", "absent"),
            (b"", None, "absent"),
        ]
        rows = self.show([dissect.over_ethernet(bytes(d)) for d, _, _ in faults])
        for row, (_, message, status) in zip(rows[:-1], faults):
            if message:
                self.assertIn(message, row["_ws.expert.message"])
            self.assertEqual(row["weft.crc.status"], [status], message)

    def test_info_column(self):
        self.prepare(support.GOOD)
        data, values = self.fixed("DATA", **{"weft.op.opcode": 1, "weft.delivery.flags": 0x80})
        row = self.show([dissect.over_udp(bytes(data))])[0]
        self.assertEqual(
            row["_ws.col.Info"][0].split(" [")[0],
            f"DATA WRITE psn={values['weft.delivery.psn']} msn={values['weft.op.msn']}"
            f" len={values['weft.op.length']}",
        )

    def test_preferences__another_port(self):
        self.prepare(support.GOOD)
        data, _ = self.fixed("LIST")
        frames = [dissect.over_udp(bytes(data)), dissect.over_udp(bytes(data), 7777)]
        rows = self.show(frames, ["-o", "weft.udp_port:7777"])
        self.assertEqual([r["weft.crc.status"] for r in rows], [[], ["good"]])


if __name__ == "__main__":
    unittest.main()
