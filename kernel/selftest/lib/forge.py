# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Unreliable datagrams made by hand, for guest scripts.

As a program, in the peer's namespace: forge.py NETDEV MAC IP QPN QKEY FRAME...  Each FRAME is its
carriage (l2 or udp) and, after commas, source and destination GID in hexadecimal, both or none.
They leave in this order, each with its number as payload.
"""
import socket
import struct
import sys

ETHERTYPE = 0x88B5
UDP_PORT = 49190
GIDS = 0x80
DGRAM = 5


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def datagram(qpn, qkey, payload, gids=()):
    """gids: source and destination, 16 bytes each, or nothing."""
    out = struct.pack(">BBHIII", 0x10 | DGRAM, 0, 0, 0, 0, 0)
    out += struct.pack(">BBHIIII", 0, GIDS if gids else 0, len(payload), qpn << 8, 0x77 << 8, qkey,
                       0)
    out += b"".join(gids) + payload
    return out + struct.pack(">I", crc32c(out))


def octets(mac):
    return bytes.fromhex(mac.strip().replace(":", ""))


def address_of(netdev):
    with open(f"/sys/class/net/{netdev}/address") as f:
        return f.read()


def main(netdev, mac, ip, qpn, qkey, *frames):
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    raw.bind((netdev, ETHERTYPE))
    head = octets(mac) + octets(address_of(netdev)) + struct.pack(">H", ETHERTYPE)
    for i, frame in enumerate(frames):
        way, *gids = frame.split(",")
        packet = datagram(int(qpn, 0), int(qkey, 0), bytes([i]),
                          [bytes.fromhex(g) for g in gids])
        if way == "udp":
            udp.sendto(packet, (ip, UDP_PORT))
            continue
        raw.send(head + packet)


if __name__ == "__main__":
    main(*sys.argv[1:])
