#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A virtual wire between two guests, or between a guest and a network device of this machine.

Decides: what happens to each frame (lost, twice, late, out of order, a bit flipped), by a seed.
Leaves to QEMU the ends: each connects to a socket of ours and speaks frames after a length.

usage: wire.py --a SOCKET (--b SOCKET | --tap NAME) [--control FILE] [--stats FILE] [WORD=N...]

  loss=PCT dup=PCT reorder=PCT corrupt=PCT   chance of each frame, in percent (0)
  delay_us=N     every frame arrives that much later (0)
  seed=N         where the random choices start (1); the n-th frame of a direction always
                 meets the same fate
  all=1          ARP, neighbour discovery and TCP suffer too; they are spared by default, so that
                 a test's own control traffic gets through

--control: words in this file replace the settings whenever it changes.
--tap: makes this TAP device in the network namespace that wire.py runs in, instead of a second
guest.  Ends with SIGTERM, or when a guest's end closes.
"""
import fcntl
import heapq
import json
import os
import random
import selectors
import signal
import socket
import struct
import sys
import time

TUNSETIFF = 0x400454ca
IFF_TAP_NO_PI = 0x1002
HELD_S = 0.02           # a frame held back for others to overtake waits no longer
CHUNK = 1 << 18
WORDS = ("loss", "dup", "reorder", "corrupt", "delay_us", "seed", "all")


class Settings(dict):
    """The numbers above, all present."""

    def __init__(self, words: list[str]) -> None:
        super().__init__({w: 0.0 for w in WORDS}, seed=1.0)
        for word in words:
            name, _, value = word.partition("=")
            if name not in WORDS:
                raise ValueError(f"unknown word '{name}'; there are {' '.join(WORDS)}")
            self[name] = float(value)


class Socket:
    """A guest's end: four bytes of length before each frame."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.door = socket.socket(socket.AF_UNIX)
        self.door.bind(path)
        self.door.listen(1)
        self.read = bytearray()
        self.unsent = bytearray()

    def open(self) -> None:
        """Waits for the guest."""
        self.sock, _ = self.door.accept()
        self.sock.setblocking(False)
        self.door.close()
        os.unlink(self.path)

    def fileno(self) -> int:
        return self.sock.fileno()

    def frames(self) -> list[bytes]:
        """The frames that have come whole; ConnectionError at the end of the stream."""
        data = self.sock.recv(CHUNK)
        if not data:
            raise ConnectionError
        self.read += data
        found, at = [], 0
        while len(self.read) - at >= 4:
            length = int.from_bytes(self.read[at:at + 4], "big")
            if len(self.read) - at - 4 < length:
                break
            found.append(bytes(self.read[at + 4:at + 4 + length]))
            at += 4 + length
        del self.read[:at]
        return found

    def send(self, frame: bytes) -> None:
        self.unsent += len(frame).to_bytes(4, "big") + frame

    def flush(self) -> None:
        if self.unsent:
            try:
                del self.unsent[:self.sock.send(self.unsent)]
            except BlockingIOError:
                pass


class Tap:
    """A network device of this machine."""

    def __init__(self, name: str) -> None:
        self.fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(self.fd, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TAP_NO_PI))
        self.unsent = b""       # a TAP takes a frame or loses it, as a card does

    def open(self) -> None:
        pass

    def fileno(self) -> int:
        return self.fd

    def frames(self) -> list[bytes]:
        found = []
        try:
            while len(found) < 64:
                found.append(os.read(self.fd, 1 << 16))
        except BlockingIOError:
            pass
        return found

    def send(self, frame: bytes) -> None:
        try:
            os.write(self.fd, frame)
        except OSError:
            pass                # down, or full

    def flush(self) -> None:
        pass


class Direction:
    """Frames of one end on their way to the other."""

    def __init__(self, number: int, to) -> None:
        self.number = number
        self.to = to
        self.count = dict.fromkeys(("frames", "lost", "doubled", "reordered", "corrupted"), 0)
        self.late: list[tuple[float, int, bytes]] = []     # (when, order, frame): a heap
        self.order = 0

    def configure(self, settings: Settings) -> None:
        self.settings = settings
        self.random = random.Random(int(settings["seed"]) * 2 + self.number)

    def take(self, frame: bytes, now: float) -> None:
        """Decides the fate of one frame. Draws the same count of numbers for each that suffers."""
        self.count["frames"] += 1
        s = self.settings
        if s["all"] or suffers(frame):
            lost, doubled, late, corrupted, bit = (self.random.random() for _ in range(5))
            if lost * 100 < s["loss"]:
                self.count["lost"] += 1
                return
            if corrupted * 100 < s["corrupt"]:
                self.count["corrupted"] += 1
                frame = flipped(frame, bit)
            if doubled * 100 < s["dup"]:
                self.count["doubled"] += 1
                self.put(frame, now)
            if late * 100 < s["reorder"]:
                self.count["reordered"] += 1
                self.put(frame, now + HELD_S * late * 100 / s["reorder"])
                return
        self.put(frame, now)

    def put(self, frame: bytes, when: float) -> None:
        self.order += 1
        heapq.heappush(self.late, (when + self.settings["delay_us"] / 1e6, self.order, frame))

    def deliver(self, now: float) -> float | None:
        """Sends what is due; the time of the next that is not."""
        while self.late and self.late[0][0] <= now:
            self.to.send(heapq.heappop(self.late)[2])
        self.to.flush()
        return self.late[0][0] if self.late else None


def suffers(frame: bytes) -> bool:
    """Not ARP, not ICMPv6, not TCP."""
    kind = frame[12:14]
    if kind == b"\x08\x06":
        return False
    if kind == b"\x08\x00":
        return frame[23:24] != b"\x06"
    if kind == b"\x86\xdd":
        return frame[20:21] not in (b"\x06", b"\x3a")
    return True


def flipped(frame: bytes, where: float) -> bytes:
    """One bit after the Ethernet header."""
    bit = 14 * 8 + int(where * (len(frame) - 14) * 8)
    out = bytearray(frame)
    out[bit // 8] ^= 1 << bit % 8
    return bytes(out)


class Wire:
    def __init__(self, options: dict[str, str], settings: Settings) -> None:
        a = Socket(options["--a"])
        b = Tap(options["--tap"]) if "--tap" in options else Socket(options["--b"])
        a.open()
        b.open()
        self.ways = {a: Direction(0, b), b: Direction(1, a)}
        self.control = options.get("--control", "")
        self.stats = options.get("--stats", "")
        self.seen = 0.0
        self.configure(settings)

    def configure(self, settings: Settings) -> None:
        for way in self.ways.values():
            way.configure(settings)

    def look_at_control(self) -> None:
        try:
            changed = os.stat(self.control).st_mtime
            if changed == self.seen:
                return
            with open(self.control, encoding="ascii") as f:
                settings = Settings(f.read().split())
        except (OSError, ValueError):
            return              # half written: the next look reads it
        self.seen = changed
        self.configure(settings)

    def run(self) -> None:
        selector = selectors.DefaultSelector()
        for end in self.ways:
            selector.register(end, selectors.EVENT_READ)
        looked = 0.0
        try:
            while True:
                now = time.monotonic()
                if now - looked > 0.05:
                    looked = now
                    self.look_at_control()
                self.turn(selector, now)
        except ConnectionError:
            pass
        finally:
            self.tell()

    def turn(self, selector, now: float) -> None:
        due = [way.deliver(now) for way in self.ways.values()]
        wait = min([0.05] + [max(0.0, d - now) for d in due if d is not None])
        for end in self.ways:
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if end.unsent else 0)
            selector.modify(end, events)
        for key, events in selector.select(wait):
            if events & selectors.EVENT_READ:
                for frame in key.fileobj.frames():
                    self.ways[key.fileobj].take(frame, time.monotonic())

    def tell(self) -> None:
        if self.stats:
            with open(self.stats, "w", encoding="ascii") as f:
                json.dump([way.count for way in self.ways.values()], f)


def main(argv: list[str]) -> int:
    if "-h" in argv or "--help" in argv or not argv:
        print(__doc__)
        return 0
    options, words = {}, []
    rest = iter(argv)
    for word in rest:
        if word.startswith("--"):
            options[word] = next(rest, "")
        else:
            words.append(word)
    try:
        settings = Settings(words)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        Wire(options, settings).run()
    except (ValueError, KeyError) as e:
        print(f"wire: {e}; see wire.py --help", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
