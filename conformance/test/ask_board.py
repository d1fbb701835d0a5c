#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Speaks to a board (upper/main_bare.c) over its standard input and output as a tester does over a
serial line, with a codec of its own, and checks what it answers."""
import struct
import subprocess
import sys


def crc16(data: bytes) -> int:
    """CCITT, from ffff."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def stuffed(data: bytes) -> bytes:
    """By COBS, with the zero that ends it."""
    out = b""
    for part in data.split(b"\0"):
        while len(part) >= 254:
            out += b"\xff" + part[:254]
            part = part[254:]
        out += bytes([len(part) + 1]) + part
    return out + b"\0"


def restored(line: bytes) -> bytes:
    """What was stuffed."""
    out, at = b"", 0
    while at < len(line):
        code = line[at]
        out += line[at + 1:at + code]
        at += code
        if code < 255 and at < len(line):
            out += b"\0"
    return out


def ask(board: subprocess.Popen, op: int, body: bytes, spoil: bool = False) -> bytes:
    """One command; its response's status and body."""
    frame = struct.pack("<HBBHHII", 0x5455, 1, 0, op, 0, 9, len(body)) + body
    line = stuffed(frame + struct.pack(">H", crc16(frame) ^ spoil))
    board.stdin.write(b"\0" + line)
    board.stdin.flush()
    if spoil:
        return b""
    got = b""
    while not got or got[-1]:
        got += board.stdout.read(1)
    got = restored(got[:-1])
    assert crc16(got[:-2]) == struct.unpack(">H", got[-2:])[0], "a CRC is wrong"
    magic, version, kind, op2, status, seq, length = struct.unpack("<HBBHHII", got[:16])
    assert (magic, version, kind, op2, seq) == (0x5455, 1, 1, op, 9), got[:16].hex()
    assert length == len(got) - 18
    return struct.pack("<H", status) + got[16:-2]


with subprocess.Popen(sys.argv[1], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as b:
    said = ask(b, 1, b"")
    assert struct.unpack("<HIIQIIQ", said) == (0, 1, 1, 1 << 1 | 7 << 9, 0, 7, 0xb0a2d), said.hex()
    data = bytes(i % 7 * 40 for i in range(200))
    assert ask(b, 9, struct.pack("<IIQ", 1, 0, 30) + data) == b"\0\0"
    ask(b, 9, struct.pack("<IIQ", 1, 0, 30) + bytes(200), spoil=True)
    assert ask(b, 10, struct.pack("<IIQ", 1, 200, 30)) == b"\0\0" + data
    assert ask(b, 10, struct.pack("<IIQ", 1, 200, 57)) == b"\5\0"
    assert ask(b, 3, b"") == b"\1\0"
    b.stdin.close()
