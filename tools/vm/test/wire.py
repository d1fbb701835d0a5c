#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# weft-test: timeout=60
"""The wire between guests, with sockets in the place of QEMU: frames come through whole and in
order, what is asked for happens to them, settings change under way, wrong words are refused.
"""
import json
import os
import socket
import subprocess
import sys
import tempfile
import time

WIRE = os.path.join(os.environ.get("B", "build"), "bin/weft-wire")


class Pair:
    """A wire and both its ends."""

    def __init__(self, folder: str, *words: str) -> None:
        self.folder = folder
        names = [os.path.join(folder, n) for n in "ab"]
        self.control, self.stats = (os.path.join(folder, n) for n in ("control", "stats"))
        self.process = subprocess.Popen([WIRE, "--a", names[0], "--b", names[1], "--control",
                                         self.control, "--stats", self.stats, *words])
        self.ends = []
        for name in names:
            while not os.path.exists(name):
                assert self.process.poll() is None, "the wire did not start"
                time.sleep(0.01)
            end = socket.socket(socket.AF_UNIX)
            end.settimeout(20)
            while end.connect_ex(name):
                time.sleep(0.01)
            self.ends.append(end.makefile("rwb"))

    def send(self, end: int, frame: bytes) -> None:
        self.ends[end].write(len(frame).to_bytes(4, "big") + frame)
        self.ends[end].flush()

    def receive(self, end: int) -> bytes:
        return self.ends[end].read(int.from_bytes(self.ends[end].read(4), "big"))

    def close(self) -> list[dict]:
        """What became of the frames; the wire ends with its ends."""
        for end in self.ends:
            end.close()
        assert self.process.wait(20) == 0
        with open(self.stats, encoding="ascii") as f:
            return json.load(f)


def frame(number: int, size: int = 200, protocol: int = 17) -> bytes:
    head = bytes(12) + b"\x08\x00" + bytes(9) + bytes([protocol])
    return head + number.to_bytes(4, "big") * ((size - len(head)) // 4)


def plain(folder: str) -> None:
    pair = Pair(folder)
    for size in (64, 1514, 9014, 65000):
        for n in range(50):
            pair.send(0, frame(n, size))
        for n in range(50):
            assert pair.receive(1) == frame(n, size), f"frame {n} of {size} bytes"
            pair.send(1, frame(n, size))
            assert pair.receive(0) == frame(n, size)
    count = pair.close()
    assert [c["frames"] for c in count] == [200, 200], count


def lossy(folder: str) -> None:
    pair = Pair(folder, "loss=30", "seed=5")
    for n in range(1000):
        pair.send(0, frame(n))
    pair.send(0, frame(5000, protocol=6))       # TCP is spared: the end of the others
    got = []
    while (f := pair.receive(1)) != frame(5000, protocol=6):
        got.append(f)
    assert 600 < len(got) < 800, len(got)
    assert got == [f for f in (frame(n) for n in range(1000)) if f in set(got)], "out of order"
    with open(pair.control, "w", encoding="ascii") as f:
        f.write("loss=100\n")
    deadline = time.monotonic() + 20
    while True:         # until the wire has looked
        assert time.monotonic() < deadline, "the settings did not change"
        pair.send(0, frame(6000))
        pair.send(0, frame(6001, protocol=6))
        if pair.receive(1) == frame(6001, protocol=6):
            time.sleep(0.1)
            pair.send(0, frame(6000))
            pair.send(0, frame(6001, protocol=6))
            if pair.receive(1) == frame(6001, protocol=6):
                break
        assert pair.receive(1) == frame(6001, protocol=6)
    assert pair.close()[0]["lost"] > 200


def late(folder: str) -> None:
    pair = Pair(folder, "delay_us=20000", "reorder=30", "dup=20", "corrupt=10")
    began = time.monotonic()
    for n in range(300):
        pair.send(0, frame(n))
    pair.send(0, frame(400, protocol=6))
    got = []
    while (f := pair.receive(1)) != frame(400, protocol=6):
        got.append(f)
    assert time.monotonic() - began >= 0.02
    time.sleep(0.1)
    pair.send(0, frame(401, protocol=6))
    while (f := pair.receive(1)) != frame(401, protocol=6):
        got.append(f)
    count = pair.close()[0]
    assert len(got) == 300 + count["doubled"], (len(got), count)
    good = [f for f in got if f in {frame(n) for n in range(300)}]
    assert good != sorted(good), "nothing overtook"
    assert len(got) > len(good) and all(len(f) == 200 or len(f) == len(got[0]) for f in got)


def refused(folder: str) -> None:
    a, b = (os.path.join(folder, n) for n in "ab")
    for words in (["--a", a], ["--a", a, "--b", b, "--tap", "x"], ["--b", b], ["--a"],
                  ["--a", a, "--b", b, "loss=200"], ["--a", a, "--b", b, "lose=1"]):
        run = subprocess.run([WIRE, *words], capture_output=True, text=True, check=False)
        assert run.returncode == 2 and "--help" in run.stderr, (words, run)
    run = subprocess.run([WIRE, "--a", "/nowhere/a", "--b", b], capture_output=True, text=True,
                         check=False)
    assert run.returncode == 1 and "/nowhere/a: No such file" in run.stderr, run
    assert subprocess.run([WIRE, "--help"], capture_output=True, check=False).returncode == 0


def main() -> int:
    failed = 0
    for test in (plain, lossy, late, refused):
        with tempfile.TemporaryDirectory() as folder:
            try:
                test(folder)
                print(f"ok    {test.__name__}")
            except AssertionError as e:
                failed += 1
                print(f"FAIL  {test.__name__}: {e}")
    print(f"# cunit: wire: {4 - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
