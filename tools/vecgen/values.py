# SPDX-License-Identifier: BSD-2-Clause
"""Vectors that are no packets: CRC32C, serial numbers, atomics, bounds, structures in memory."""

from codec import CONST, NAMES, Packet, crc32c, hexes, pack, ramp
from common import ADDR, CHIP_A, KEY


def h(number):
    return f"{number:#x}"


def crcs():
    """The first six are those of RFC 3720, B.4, and the usual check value."""
    out = [("zeros", bytes(32), 0x8A9136AA), ("ones", b"\xff" * 32, 0x62A8AB43),
           ("ramp up", bytes(range(32)), 0x46DD794E),
           ("ramp down", bytes(range(31, -1, -1)), 0x113FDB5C),
           ("check", b"123456789", 0xE3069283),
           ("iSCSI read", bytes.fromhex("01c00000000000000000000000000000140000000000040000000014"
                                        "000000182800000000000000" "0200000000000000"), 0xD9963A56),
           ("nothing", b"", 0)]
    for name, data, want in out:
        assert crc32c(data) == want, name
    for n in (1, 2, 3, 4, 7, 8, 63, 65, 1021):
        data = ramp(n, n)
        out.append((f"{n} bytes", data, crc32c(data)))
    return [{"name": n, "hex": d.hex(), "crc": h(c)} for n, d, c in out]


def serials():
    pairs = [(0, 1), (1, 0), (5, 5), (0, 0x7FFFFFFF), (0, 0x80000000), (0x80000000, 0),
             (0, 0x80000001), (0xFFFFFFFF, 0), (0, 0xFFFFFFFF), (0x7FFFFFFF, 0x80000000),
             (0xFFFFFF00, 0x100), (0x100, 0xFFFFFF00)]
    return [{"a": h(a), "b": h(b), "before": 1 <= (b - a) % 2**32 <= 2**31 - 1}
            for a, b in pairs]


def signed(x, bits):
    return x - (1 << bits) if x >> (bits - 1) else x


def apply(op, old, operand, bits):
    """The new value, before the mask."""
    return {"FADD": old + operand, "CAS": operand, "SWAP": operand,
            "MIN": min(old, operand, key=lambda x: signed(x, bits)),
            "MAX": max(old, operand, key=lambda x: signed(x, bits)),
            "UMIN": min(old, operand), "UMAX": max(old, operand), "AND": old & operand,
            "OR": old | operand, "XOR": old ^ operand}[op] & ((1 << bits) - 1)


def one_atomic(op, width, old, operand, compare=0, mask=None, cmask=None):
    bits, ones = 8 * width, (1 << 8 * width) - 1
    new = apply(op, old, operand, bits)
    if op == "CAS" and (old ^ compare) & (ones if cmask is None else cmask):
        new = old
    elif mask is not None:
        new = old & ~mask & ones | new & mask
    v = {"op": op, "width": width, "old": h(old), "operand": h(operand), "compare": h(compare),
         "new": h(new), "memory_before": old.to_bytes(width, "little").hex(),
         "memory_after": new.to_bytes(width, "little").hex()}
    if mask is not None:
        v.update(operand_mask=h(mask), compare_mask=h(ones if cmask is None else cmask))
    return v


def atomics():
    out = []
    for width in (1, 2, 4, 8):
        bits = 8 * width
        top, ones = 1 << (bits - 1), (1 << bits) - 1
        out += [one_atomic("FADD", width, ones, 1), one_atomic("FADD", width, top - 1, 1),
                one_atomic("FADD", width, 0, ones), one_atomic("CAS", width, 5, 6, 5),
                one_atomic("CAS", width, 5, 6, 4), one_atomic("SWAP", width, 0x12, ones),
                one_atomic("MIN", width, 1, ones), one_atomic("MIN", width, top, top - 1),
                one_atomic("MAX", width, 1, ones), one_atomic("MAX", width, top, top - 1),
                one_atomic("UMIN", width, 1, ones), one_atomic("UMAX", width, 1, ones),
                one_atomic("AND", width, ones - 0xF, 0x3C), one_atomic("OR", width, 0x50, top),
                one_atomic("XOR", width, ones, 0x5A),
                one_atomic("CAS", width, 0x35, 0x4A, 0x05, 0xF0, 0x0F),
                one_atomic("CAS", width, 0x35, 0x4A, 0x06, 0xF0, 0x0F),
                one_atomic("SWAP", width, 0x35, 0x4A, 0, 0xF0),
                one_atomic("CAS", width, 0x35, 0x4A, 0x99, ones, 0)]
    return out


def bounds():
    """A range of a request against a region: the checks of section 50 in their order."""
    base, size = 0x10000, 0x1000
    top = 2**64 - 0x1000
    rows = [("whole region", base, size, base, size, "OK"),
            ("last byte", base, size, base + 0xFFF, 1, "OK"),
            ("first byte", base, size, base, 1, "OK"),
            ("one before", base, size, base - 1, 1, "OUT_OF_BOUNDS"),
            ("one after", base, size, base + size, 1, "OUT_OF_BOUNDS"),
            ("crosses the end", base, size, base + 0xFFF, 2, "OUT_OF_BOUNDS"),
            ("one too long", base, size, base, size + 1, "OUT_OF_BOUNDS"),
            ("longest message", base, size, base + 8, 0x80000000, "OUT_OF_BOUNDS"),
            ("wraps past 2^64", base, size, 2**64 - 1, 0x10002, "OUT_OF_BOUNDS"),
            ("wraps to the base", base, size, 2**64 - 8, 16, "OUT_OF_BOUNDS"),
            ("top region, whole", top, 0x1000, top, 0x1000, "OK"),
            ("top region, last byte", top, 0x1000, 2**64 - 1, 1, "OK"),
            ("top region, wraps", top, 0x1000, 2**64 - 1, 2, "OUT_OF_BOUNDS"),
            ("empty at the start", base, size, base, 0, "OK"),
            ("empty at the end", base, size, base + size, 0, "OK")]
    return [{"name": n, "base": h(b), "size": h(s), "addr": h(a), "length": h(x), "status": st}
            for n, b, s, a, x, st in rows]


def structure(name, about, header, **fields):
    data, numbers = pack(header, fields)
    return {"name": name, "about": about,
            "parts": [{"header": header, "at": 0, "fields": hexes(header, numbers)}],
            "hex": data.hex()}


def structures():
    cmd = dict(dst_addr=0x20000, dst_key=KEY)
    out = [
        structure("svc-alloc", "Memory of pool 1, to be placed out of order", "svc_req", op="ALLOC",
                  pool=1, flags="RELAXED", tag=1, length=1 << 20),
        structure("svc-alloc-answer", "Its key and address", "svc_rsp", op="ALLOC", status="OK",
                  tag=1, key=KEY, addr=ADDR, length=1 << 20),
        structure("svc-free", "Gives it back", "svc_req", op="FREE", tag=2, key=KEY),
        structure("svc-queue", "A queue of 16 commands", "svc_req", op="QUEUE_CREATE", tag=3,
                  depth=16),
        structure("svc-refused", "No such pool", "svc_rsp", op="ALLOC", status="NO_RESOURCES",
                  tag=4),
        structure("command-nop", "Signals only", "command", kernel="NOP", seq=0,
                  signal_addr=0x8000, signal_key=0x51),
        structure("command-fill", "Fills 4096 bytes with 0xa5", "command", kernel="FILL", seq=1,
                  length=4096, value=0xA5, **cmd),
        structure("command-copy", "Copies from another chip, after all before it", "command",
                  kernel="COPY", flags="BARRIER", seq=2, src_key=0x78, src_addr=0x30000,
                  src_chip=CHIP_A, length=65536, signal_addr=0x8008, signal_key=0x51, **cmd),
        structure("command-reduce", "Adds 1024 f32 to 1024 others", "command", kernel="REDUCE",
                  seq=3, src_key=KEY, src_addr=0x30000, length=4096, op="SUM", dtype="F32", **cmd),
        structure("command-crc32c", "CRC32C of 100 bytes", "command", kernel="CRC32C", seq=4,
                  src_key=KEY, src_addr=0x30000, length=100, **cmd),
        structure("command-gemm", "Multiplies matrices told at src", "command", kernel="GEMM",
                  seq=5, src_key=KEY, src_addr=0x40000, length=56, dtype="F32", **cmd),
        structure("gemm", "64 by 32 times 32 by 16, added to what is there", "gemm",
                  a_addr=0x50000, b_addr=0x60000, a_key=KEY, b_key=KEY, m=64, n=16, k=32, lda=32,
                  ldb=16, ldc=16, flags="ACCUMULATE"),
        structure("command-vendor", "A vendor's own kernel; the index has wrapped", "command",
                  kernel=0x8001, seq=0xFFFFFFFF, length=1, **cmd),
    ]
    return out


def signals():
    def signal(st, failed):
        number = 1 + (NAMES["cmd_status"][st] << 32) + ((1 << 48) if failed else 0)
        return {"status": st, "add": h(number),
                "memory_from_zero": number.to_bytes(8, "little").hex()}
    return [signal(st, st != "OK") for st in NAMES["cmd_status"]]


def queues():
    """Where the parts of a queue lie, and the doorbell's bytes."""
    out = []
    for depth, index in ((1, 0), (16, 0), (16, 15), (16, 16), (1024, 2**32 + 5)):
        out.append({"depth": depth, "index": h(index),
                    "bytes": CONST["QUEUE_RING"] + depth * CONST["QUEUE_COMMAND"],
                    "slot_offset": CONST["QUEUE_RING"] + index % depth * CONST["QUEUE_COMMAND"],
                    "seq": h(index & 0xFFFFFFFF),
                    "doorbell_after": (index + 1).to_bytes(8, "little").hex()})
    return out


def doorbells():
    """A doorbell value against the read index: is it minded?"""
    rows = [(16, 0, 0), (16, 0, 16), (16, 0, 17), (16, 5, 4), (16, 5, 21), (16, 5, 22),
            (1, 7, 8), (1, 7, 9), (16, 2**32 - 1, 2**32 + 15)]
    return [{"depth": d, "read": h(r), "doorbell": h(w), "minded": (w - r) % 2**64 <= d}
            for d, r, w in rows]


def build():
    return {"crc32c": crcs(), "serial": serials(), "atomics": atomics(), "bounds": bounds(),
            "structures": structures(), "signals": signals(), "queues": queues(),
            "doorbells": doorbells()}


assert Packet
