#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A capture of Weft over UDP and IPv4 on Ethernet, as another would have taken it.

recast.py HOW IN OUT; HOW: ether (raw EtherType frames, padded), ip6, raw (no link header), sll,
sll2, null, vlan, joined (two datagrams of one flow in one, as the kernel's segmentation offload
leaves them), ng (pcapng of the other byte order, microseconds), thin:SHARE:SEED (a capture that
lost so many frames), cut:BYTES (a snap length).
"""
import random
import struct
import sys

ETHERTYPE = 0x88b5
LINK = {"raw": 101, "sll": 113, "sll2": 276, "null": 0}


def frames(data):
    at = 24
    while at < len(data):
        sec, nsec, n, orig = struct.unpack("<IIII", data[at:at + 16])
        yield sec, nsec, orig, data[at + 16:at + 16 + n]
        at += 16 + n


def mac(port):
    return b"\x02\0\0\0" + port


def as_ip6(frame):
    v4, udp = frame[14:34], frame[34:]
    head = struct.pack(">IHBB", 6 << 28 | v4[1] << 20, len(udp), 17, 64)
    ends = b"".join(b"\xfd" + b"\0" * 11 + v4[a:a + 4] for a in (12, 16))
    return frame[:12] + b"\x86\xdd" + head + ends + udp


def recast(how, frame):
    ip, udp = frame[14:], frame[34:42]
    if how == "ether":
        raw = mac(udp[2:4]) + mac(udp[0:2]) + struct.pack(">H", ETHERTYPE) + frame[42:]
        return raw.ljust(60, b"\0")
    if how == "vlan":
        return frame[:12] + b"\x81\0\0\7" + frame[12:]
    heads = {"sll": b"\0\0\0\1\0\6" + frame[6:12] + b"\0\0" + b"\x08\0",
             "sll2": b"\x08\0\0\0\0\0\0\1\0\1\0\6" + frame[6:12] + b"\0\0",
             "null": struct.pack("<I", 2), "raw": b""}
    return as_ip6(frame) if how == "ip6" else heads[how] + ip if how in heads else frame


def join(all_frames):
    """Datagrams of equal ends in a row, two at a time, while they fit into one."""
    out = []
    for f in all_frames:
        last = out[-1][3] if out else b""
        if last[26:38] == f[3][26:38] and len(last) + len(f[3]) < 60000 and not out[-1][4]:
            whole = bytearray(last + f[3][42:])
            whole[16:18] = struct.pack(">H", len(whole) - 14)
            whole[38:40] = struct.pack(">H", len(whole) - 34)
            out[-1] = (*out[-1][:2], len(whole), bytes(whole), True)
        else:
            out.append((*f, False))
    return [f[:4] for f in out]


def block(kind, body):
    n = len(body) + 12
    return struct.pack(">II", kind, n) + body + struct.pack(">I", n)


def as_ng(all_frames):
    out = block(0x0a0d0d0a, struct.pack(">IHHq", 0x1a2b3c4d, 1, 0, -1))
    out += block(1, struct.pack(">HHI", 1, 0, 0))
    for sec, nsec, orig, frame in all_frames:
        us = sec * 1000000 + nsec // 1000
        out += block(6, struct.pack(">IIIII", 0, us >> 32, us & 0xffffffff, len(frame), orig) +
                     frame + b"\0" * (-len(frame) % 4))
    return out


def main(how, source, target):
    data = open(source, "rb").read()
    all_frames = list(frames(data))
    how, *args = how.split(":")
    if how == "thin":
        chance = random.Random(int(args[1]))
        all_frames = [f for f in all_frames if chance.random() >= float(args[0])]
    elif how == "joined":
        all_frames = join(all_frames)
    elif how == "ng":
        open(target, "wb").write(as_ng(all_frames))
        return
    out = bytearray(data[:20] + struct.pack("<I", LINK.get(how, 1)))
    for sec, nsec, orig, frame in all_frames:
        frame = recast(how, frame)
        kept = frame[:int(args[0])] if how == "cut" else frame
        out += struct.pack("<IIII", sec, nsec, len(kept), len(frame)) + kept
    open(target, "wb").write(out)


main(*sys.argv[1:])
