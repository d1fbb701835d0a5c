# SPDX-License-Identifier: BSD-2-Clause
"""Reads packets by the layouts in spec/gen/spec.json: one of the readers that check spec/vectors.

Decides which headers lie where in given bytes.  Written apart from codec.py, which goes the other
way: this one knows bits and layouts, not how a vector came to be.
"""

import json
import os

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Bad(Exception):
    """The bytes, or a vector, do not say what they should."""


class Reader:
    def __init__(self, path=os.path.join(TOP, "spec/gen/spec.json")):
        with open(path, encoding="utf-8") as f:
            spec = json.load(f)
        self.headers = {h["name"]: h for h in spec["headers"]}
        self.layouts = spec["layouts"]
        self.tlvs = {v["value"]: v["name"] for e in spec["enums"] if e["name"] == "tlv"
                     for v in e["values"]}
        self.memcodes = {v["value"]: v["name"] for e in spec["enums"] if e["name"] == "memcode"
                         for v in e["values"]}

    def header(self, name, data, at):
        """Fields of a header at a byte offset, as numbers; reserved ones left out."""
        h = self.headers[name]
        if at + h["bytes"] > len(data):
            raise Bad(f"{name} at {at} leaves the {len(data)} bytes")
        fields = {}
        for f in h["fields"]:
            got = 0
            for bit in range(f["at"], f["at"] + f["bits"]):
                got = got << 1 | (data[at + bit // 8] >> (7 - bit % 8) & 1)
            if f.get("mbz"):
                if got:
                    raise Bad(f"{name}: reserved bits set")
                continue
            if "fixed" in f and got != f["fixed"]:
                raise Bad(f"{name}.{f['name']} is {got}, not {f['fixed']}")
            fields[f["name"]] = got
        return fields

    @staticmethod
    def holds(condition, seen):
        def term(t):
            header, field = t["field"].split(".")
            if header not in seen:
                return False
            got, values = seen[header][field], t["values"]
            return {"=": got in values, "!=": got not in values,
                    "&": any(got & v for v in values),
                    "!&": not any(got & v for v in values)}[t["op"]]
        results = [term(t) for t in condition["terms"]]
        return all(results) if condition["join"] == "and" else any(results)

    def packet(self, data):
        """-> layout's name, parts: (header or None, offset, fields or bytes)"""
        for layout in self.layouts:
            first = layout["elements"][0]["name"]
            try:
                seen = {first: self.header(first, data, 0)}
            except Bad:
                continue
            if "when" in layout and self.holds(layout["when"], seen):
                return layout["name"], Walk(self, data).run(layout)
        raise Bad("no layout fits")


class Walk:
    """One packet on its way through a layout."""

    def __init__(self, reader, data):
        self.r, self.data, self.at = reader, data, 0
        self.seen, self.parts = {}, []

    def take(self, name):
        fields = self.r.header(name, self.data, self.at)
        self.seen[name] = fields
        self.parts.append((name, self.at, fields))
        self.at += self.r.headers[name]["bytes"]
        return fields

    def skip(self, count):
        if count < 0 or self.at + count > len(self.data):
            raise Bad(f"{count} bytes at {self.at} leave the {len(self.data)} bytes")
        if count:
            self.parts.append((None, self.at, self.data[self.at:self.at + count]))
        self.at += count

    def number(self, name):
        header, field = name.split(".")
        return self.seen[header][field]

    def run(self, layout):
        for e in layout["elements"]:
            if "if" in e and not self.r.holds(e["if"], self.seen):
                continue
            if "unless" in e and self.r.holds(e["unless"], self.seen):
                continue
            getattr(self, e["kind"])(e)
        if self.at != len(self.data):
            raise Bad(f"{len(self.data) - self.at} bytes too many")
        return self.parts

    def one(self, e):
        self.take(e["name"])

    def repeat(self, e):
        for _ in range(self.number(e["count"])):
            self.take(e["name"])

    def bytes(self, e):
        self.skip(self.number(e["count"]))

    def until(self, e):
        end = self.at + self.number(e["count"])
        while self.at < end:
            tlv = self.take(e["name"])
            inner = "tlv_" + self.r.tlvs.get(tlv["type"], "").lower()
            left = tlv["length"]
            if inner in self.r.headers and left >= self.r.headers[inner]["bytes"]:
                self.take(inner)
                left -= self.r.headers[inner]["bytes"]
            self.skip(left)
            self.skip(-left % 4)
        if self.at != end:
            raise Bad("the elements leave their packet")

    def while_(self, e):
        ops = [self.take(e["name"])]
        while ops[-1]["more"]:
            ops.append(self.take(e["name"]))
        for op in ops:
            self.mem_rest(self.r.memcodes.get(op["code"], ""), 1 << op["size"])

    def mem_rest(self, code, size):
        """What belongs to one memory operation: section 20.8."""
        if code == "MSTORE":
            self.take("memmask")
        if code in ("FADD", "CAS", "SWAP", "MIN", "MAX", "UMIN", "UMAX", "AND", "OR", "XOR"):
            self.take("memoperand")
        if code == "CAS":
            self.take("memoperand")
        length = {"STORE": size, "MSTORE": size, "DATA": size, "STORE256": 256, "DATA256": 256,
                  "OLD": 8}.get(code, 0)
        self.skip(length)
        self.skip(-length % 4)

    def rest(self, e):
        pass                    # of a MEM packet: mem_rest() has taken it


setattr(Walk, "while", Walk.while_)


def table():
    out = []
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
        out.append(n)
    return out


TABLE = table()


def crc32c(data):
    """By table; codec.py has it bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def check_packet(reader, vector):
    """Raises Bad unless the bytes say what the vector's parts say."""
    data = bytes.fromhex(vector["hex"])
    _, parts = reader.packet(data)
    want = vector["parts"]
    if len(parts) != len(want):
        raise Bad(f"{len(parts)} parts, not {len(want)}")
    for (name, at, got), w in zip(parts, want):
        if name != w.get("header") or at != w["at"]:
            raise Bad(f"{name} at {at}, not {w.get('header', 'bytes')} at {w['at']}")
        said = {k: int(v, 16) for k, v in w["fields"].items()} if name else \
            bytes.fromhex(w["hex"])
        if got != said:
            raise Bad(f"{name} at {at} is {got}, not {said}")
    crc = parts[-1][2]["crc"]
    if crc32c(data[:2] + bytes(3) + data[5:-4]) != crc:
        raise Bad(f"CRC is {crc:#x}")
