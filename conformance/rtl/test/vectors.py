#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The RTL responder against spec/vectors, without the tester: vectors.py build/rtl/weft-rtl.so

Each row of refused.json goes to a chip in the state that the row names, and must be counted under
the cause that it says, and answered as it says.  Ids, PSNs and modes that the chip chooses itself
are put into the row first; the CRC is made to fit again, but where the row is about the CRC.
"""
import ctypes
import json
import sys

CHIP_A, DOMAIN, SERVICE, RUD, ROD = 0x02a0c0fffe000001, 1, 2, 1, 2
START, A_ID, A_GEN, A_QPN = 5000, 0x222, 1, 0x50
DROPS = {}


class Packet(ctypes.Structure):
    _fields_ = [("bytes", ctypes.POINTER(ctypes.c_uint8)), ("len", ctypes.c_uint32),
                ("entropy", ctypes.c_uint16), ("ce", ctypes.c_uint8), ("port", ctypes.c_uint8)]


TRANSMIT = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.POINTER(Packet))


class Config(ctypes.Structure):
    _fields_ = [("options", ctypes.c_char_p), ("seed", ctypes.c_uint64),
                ("transmit", TRANSMIT), ("tester", ctypes.c_void_p)]


class Ops(ctypes.Structure):
    _fields_ = [("abi", ctypes.c_uint32), ("mtu", ctypes.c_uint32), ("ports", ctypes.c_uint32),
                ("family", ctypes.c_uint8), ("name", ctypes.c_char_p),
                ("open", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Config),
                                          ctypes.POINTER(ctypes.c_void_p), ctypes.c_char_p,
                                          ctypes.c_size_t)),
                ("close", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
                ("receive", ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.POINTER(Packet))),
                ("run", ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_void_p, ctypes.c_uint64))]


def crc32c(data):
    crc = 0xffffffff
    for at, byte in enumerate(data):
        crc ^= 0 if at in (2, 3, 4) else byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def seal(data):
    return data + crc32c(data).to_bytes(4, "big")


def be(value, n):
    return value.to_bytes(n, "big")


def num(data, at, n):
    return int.from_bytes(data[at:at + n], "big")


class Chip:
    """A fresh model, and the chip A that speaks to it."""

    def __init__(self, lib, seed):
        self.ops = lib.weft_dut_entry().contents
        self.lib, self.out, self.now = lib, [], 0
        self.transmit = TRANSMIT(lambda _, p: self.out.append(
            bytes(p.contents.bytes[:p.contents.len])))
        self.config = Config(b"", seed, self.transmit, None)
        self.dev = ctypes.c_void_p()
        err = ctypes.create_string_buffer(256)
        assert self.ops.open(self.config, self.dev, err, 256) == 0, err.value
        self.psn = START

    def close(self):
        self.ops.close(self.dev)

    def tell(self, data, wait_ns=3_000_000):
        """A packet to the chip; the packets that it sends within wait_ns."""
        self.out = []
        buf = (ctypes.c_uint8 * max(len(data), 1)).from_buffer_copy(data or b"\0")
        self.ops.receive(self.dev, Packet(buf, len(data), 0, 0, 0))
        until = self.now + wait_ns
        while self.now < until:
            self.now = self.ops.run(self.dev, until)
        return self.out

    def drops(self):
        return {n: self.lib.weft_rtl_drops(self.dev, n) for n in DROPS.values()}

    def syn(self, ptype, body, cookie=0):
        ext = be(CHIP_A, 8) + be(9, 4) + be(A_ID, 3) + be(ROD << 4 | A_GEN << 2, 1)
        ext += be(DOMAIN, 3) + b"\0" + be(START, 4) + be(64, 2) + be(1024, 2) + be(cookie, 4)
        head = bytes([0x10 | ptype, 0xc0, 0xc0, 0, 0, 0, 0, 0]) + be(self.psn, 4) + bytes(4)
        return seal(head + ext + body)

    def plain(self, ptype, body, flags=0x40):
        head = bytes([0x10 | ptype, flags | 8 | self.gen, 0xc0, 0, 0]) + be(self.id, 3)
        return seal(head + be(self.psn, 4) + be(self.acked, 4) + body)

    def open(self):
        """PSNs 5000 to 5002: EP_CONNECT, two NOPs.  All that the chip sent is acknowledged."""
        connect = bytes([0, 20, 0, 0, 0x80, 0x10, 0, 16]) + be(A_QPN, 3) + b"\0"
        connect += be(SERVICE, 4) + be(16, 4) + be(16, 2) + bytes([4, 0])
        asked = self.tell(self.syn(4, connect))
        assert len(asked) == 1 and asked[0][16] == 8, "a chip's first SYN is asked for a cookie"
        answers = self.tell(self.syn(4, connect, num(asked[0], 28, 4)))
        accept = [p for p in answers if p[0] == 0x14]
        assert accept and num(accept[0], 52, 2) == 0x8011, "EP_CONNECT is accepted"
        self.id, self.gen = num(accept[0], 28, 3), accept[0][31] >> 2 & 3
        self.start, self.qpn = num(accept[0], 36, 4), num(accept[0], 60, 3)
        self.chip_id = num(accept[0], 16, 8)
        self.acked = self.start
        for _ in range(2):
            self.psn += 1
            self.tell(self.plain(1, bytes([8]) + bytes(11)))
        self.psn += 1


# ---- a row of the vectors, as this chip must be told ------------------------------------------

B_ID, B_START, B_QPN, NO_CONTEXT = 0x111, 1000, 0x60, 3


def put(data, at, n, value):
    return data[:at] + (value & (1 << 8 * n) - 1).to_bytes(n, "big") + data[at + n:]


def fit(row, chip):
    data = bytes.fromhex(row["hex"])
    right = len(data) >= 20 and num(data, len(data) - 4, 4) == crc32c(data[:-4])
    at = 16
    if len(data) < 16:
        return data
    if num(data, 5, 3) == B_ID and chip:
        data = put(data, 5, 3, chip.id)
        data = put(data, 1, 1, data[1] & 0xfc | (data[1] + chip.gen - 2) & 3)
    elif num(data, 5, 3) and chip and row["name"] == "unknown-id":
        data = put(data, 5, 3, chip.id ^ 0x1000)
    if data[1] & 8 and chip:
        data = put(data, 12, 4, num(data, 12, 4) - B_START + chip.start)
    if data[1] & 0x80 and len(data) >= 48:
        if data[31] >> 4 in (RUD, ROD):
            mode = RUD if row["name"] == "other-mode" else ROD
            data = put(data, 31, 1, data[31] & 0xf | mode << 4)
        at = 48
    if data[0] & 15 == 1 and len(data) >= at + 12 and chip and num(data, at + 5, 3) == B_QPN:
        data = put(data, at + 5, 3, chip.qpn)
        if data[at] in (2, 3, 5) and num(data, at + 12, 4) == 0x77:
            data = put(data, at + 12, 4, 0x11)
    if row["drop"] == "CRC" or not right:
        return data
    end = len(data) - 4
    return data[:end] + crc32c(data[:end]).to_bytes(4, "big")


SKIP = {
    "empty": "no Ethernet frame is so short",
    "window-last": "of mode RUD: in ROD it is out of order",
    "new-syn": "the answer of a chip without state differs: it is the opening of every other row",
    "padded": "the CRC is not at the end",
    "largest": "the region of the vectors ends elsewhere",
}


def check(lib, row, seed):
    """None, or what is wrong."""
    chip = Chip(lib, seed)
    try:
        if row["state"] != "none":
            chip.open()
        if row["state"] == "chip":
            chip.tell(chip.plain(4, bytes([0, 4, 0, 0, 0x80, 8, 0, 0])))
        data = fit(row, chip if row["state"] != "none" else None)
        before = chip.drops()
        out = chip.tell(data)
        after = chip.drops()
        counted = [name for name, n in DROPS.items() for _ in range(after[n] - before[n])]
        want = [] if row["drop"] == "NONE" else [row["drop"]]
        if counted != want:
            return "counted as %s, not %s" % (counted, want)
        answer = row.get("answer")
        if answer and not any(like(p, answer, chip, data) for p in out):
            return "not answered by %s but by %s" % (answer["hex"], [p.hex() for p in out])
        return None
    finally:
        chip.close()


def like(p, answer, chip, sent):
    want, mask = bytes.fromhex(answer["hex"]), bytes.fromhex(answer["mask"])
    if len(p) != len(want):
        return False
    if want[0] & 15 == 1:  # its PSN is of the chip's own
        want = put(want, 8, 4, num(want, 8, 4) - B_START + chip.start)
    if want[0] & 15 == 3 and want[16] == NO_CONTEXT:
        want = put(put(want, 21, 3, num(sent, 5, 3)), 19, 1, sent[1] & 3)
    return num(p, len(p) - 4, 4) == crc32c(p[:-4]) and \
        all(a & m == b & m for a, b, m in zip(p, want, mask))


# ---- what the tester's cases do not see of this chip -------------------------------------------

def op(chip, code, msn, ext, payload=b""):
    head = bytes([code, 0xc0]) + be(len(payload), 2) + b"\0" + be(chip.qpn, 3) + be(msn, 4)
    return head + ext + payload


def tacks(out):
    """Status, MSN and credits of each TACK."""
    return [(p[20], num(p, 24, 4), num(p, 28, 4)) for p in out if p[0] == 0x11 and p[16] == 7]


def sends(lib):
    """SENDs are completed, in SSN order, each with another receive buffer; too long is TOO_LONG."""
    chip = Chip(lib, 1)
    chip.open()
    for n in range(3):
        ext = be(5, 4) + be(0, 4) + be(n, 4)
        got = tacks(chip.tell(chip.plain(1, op(chip, 1, n, ext, b"hello"))))
        chip.psn += 1
        if got[-1:] != [(0, n, 17 + n)]:  # earlier ones were not acknowledged: they come again
            return "SEND %u is answered by %s" % (n, got)
    first = op(chip, 1, 3, be(4097, 4) + be(0, 4) + be(3, 4), b"x")
    first = first[:1] + b"\x80" + first[2:]  # SOM alone
    got = tacks(chip.tell(chip.plain(1, first)))
    chip.close()
    return None if (9, 3) in [t[:2] for t in got] else "a long SEND is answered by %s" % got


def gives_up(lib):
    """Data that nobody acknowledges go again eight times, ever later; then the context is gone."""
    chip = Chip(lib, 2)
    chip.open()
    read = op(chip, 3, 0, be(0x11, 4) + be(0x10000, 8) + be(8, 4))
    out = [p for p in chip.tell(chip.plain(1, read), 3_000_000_000) if p[0] == 0x11 and p[16] == 4]
    if [p[1] >> 5 & 1 for p in out] != [0] + [1] * 8:
        return "READ data came with RTX %s" % [p[1] >> 5 & 1 for p in out]
    chip.psn += 1
    out = chip.tell(chip.plain(1, bytes([8]) + bytes(11)))
    chip.close()
    return None if [p[0] for p in out] == [0x13] and out[0][16] == NO_CONTEXT else "it lives on"


def main():
    lib = ctypes.CDLL(sys.argv[1])
    lib.weft_dut_entry.restype = ctypes.POINTER(Ops)
    lib.weft_rtl_drops.argtypes = [ctypes.c_void_p, ctypes.c_uint]
    lib.weft_rtl_drops.restype = ctypes.c_uint32
    spec = json.load(open("spec/gen/spec.json"))
    for value in next(e for e in spec["enums"] if e["name"] == "drop")["values"]:
        DROPS[value["name"]] = value["value"]
    rows = json.load(open("spec/vectors/refused.json"))["vectors"]
    wrong = 0
    for n, row in enumerate(rows):
        if row["name"] in SKIP:
            continue
        bad = check(lib, row, n)
        if bad:
            wrong += 1
            print("FAIL  %s (%s): %s" % (row["name"], row["about"], bad))
    for test in (sends, gives_up):
        bad = test(lib)
        wrong += bad is not None
        print("%s  %s" % ("FAIL" if bad else "ok  ", bad or test.__doc__))
    print("%s  %d rows of refused.json, %d do not apply" %
          ("FAIL" if wrong else "ok  ", len(rows) - len(SKIP), len(SKIP)))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
