# SPDX-License-Identifier: BSD-2-Clause
"""Bytes of headers and packets, for the generator of spec/vectors.

Decides how fields become bytes, from the field tables in spec/gen/spec.json, with a CRC32C of its
own.  Shares nothing with the C codec, nor with reader.py, which goes the other way by itself.
"""

import json
import os

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

with open(os.path.join(TOP, "spec/gen/spec.json"), encoding="utf-8") as f:
    SPEC = json.load(f)

HEADERS = {h["name"]: h for h in SPEC["headers"]}
NAMES = {e["name"]: {v["name"]: v["value"] for v in e["values"]} for e in SPEC["enums"]}
NAMES.update({e["name"]: {v["name"]: v["value"] for v in e["values"]} for e in SPEC["flags"]})
CONST = {c["name"]: c["value"] for c in SPEC["constants"]}


def crc32c(data):
    """Bit by bit: reversed polynomial 0x82F63B78, begins and ends inverted."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def packet_crc(data):
    """Of a packet's bytes before its CRC: entropy and fabric, bytes 2 to 4, are taken as zero."""
    return crc32c(data[:2] + bytes(3) + data[5:])


def value(field, given):
    """A number, a name of the field's enum, names of its flags joined by |, or bytes."""
    if isinstance(given, bytes):
        if len(given) * 8 != field["bits"]:
            raise ValueError(f"{field['name']}: {len(given)} bytes for {field['bits']} bits")
        return int.from_bytes(given, "big")
    if isinstance(given, str):
        names = NAMES[field.get("enum") or field["flags"]]
        total = 0
        for word in given.split("|"):
            key, _, low = word.partition("=")       # GEN=2: a mask of several bits
            mask = names[key]
            total |= int(low) * (mask & -mask) if low else mask
        return total
    return given


def is_reserved(field):
    return bool(field.get("mbz"))


def pack(name, given):
    """-> (bytes, {field: number}).  Fields left out are 0, or what the specification fixes."""
    header = HEADERS[name]
    whole, numbers, left = 0, {}, dict(given)
    for field in header["fields"]:
        number = 0
        if not is_reserved(field):
            number = value(field, left.pop(field["name"], field.get("fixed", 0)))
            numbers[field["name"]] = number
        if number < 0 or number >> field["bits"]:
            raise ValueError(f"{name}.{field['name']}: {number:#x} has over "
                             f"{field['bits']} bits")
        whole = whole << field["bits"] | number
    if left:
        raise ValueError(f"{name} has no field {', '.join(left)}")
    return whole.to_bytes(header["bytes"], "big"), numbers


def hexes(name, numbers):
    """Numbers as in the JSON files: 0x..., fields above 64 bits with all their digits."""
    wide = {f["name"]: f["bits"] for f in HEADERS[name]["fields"]}
    return {k: f"0x{v:0{wide[k] // 4}x}" if wide[k] > 64 else f"{v:#x}"
            for k, v in numbers.items()}


class Packet:
    """A packet under construction: parts one after another."""

    def __init__(self):
        self.data = b""
        self.parts = []

    def header(self, name, **given):
        data, numbers = pack(name, given)
        self.parts.append({"header": name, "at": len(self.data), "fields": hexes(name, numbers)})
        self.data += data
        return self

    def bytes(self, what, data):
        if data:
            self.parts.append({"bytes": what, "at": len(self.data), "hex": data.hex()})
            self.data += data
        return self

    def pad(self):
        return self.bytes("padding", bytes(-len(self.data) % 4))

    def seal(self, flip=0):
        """The CRC; flip: bits of it to spoil."""
        return self.header("crc", crc=packet_crc(self.data) ^ flip)


def ramp(length, first=0):
    return bytes((first + i) & 0xFF for i in range(length))


def mask_of(packet, free):
    """Bits that must match: all but `header.field` in free, entropy, fabric, and then the CRC."""
    mask = bytearray(b"\xff" * len(packet.data))
    free = set(free) | {"delivery.entropy", "delivery.fabric", "mdelivery.entropy",
                        "mdelivery.fabric", "crc.crc"}
    for part in packet.parts:
        for field in HEADERS[part["header"]]["fields"] if "header" in part else ():
            if f"{part['header']}.{field['name']}" not in free:
                continue
            for bit in range(field["at"], field["at"] + field["bits"]):
                mask[part["at"] + bit // 8] &= ~(0x80 >> bit % 8)
    return bytes(mask)


def expected(packet, free=()):
    """A packet that an implementation sends, and which of its bits are its own choice."""
    packet.seal()
    return {"parts": packet.parts, "hex": packet.data.hex(),
            "mask": mask_of(packet, free).hex(), "free": sorted(free)}
