# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Unreliable datagrams made by hand, for guest scripts.

As a program, in the peer's namespace: forge.py NETDEV MAC IP QPN QKEY FRAME...  Each FRAME is its
carriage (l2 or udp) and, after commas, source and destination GID in hexadecimal, both or none.
They leave in this order, each with its number as payload.
"""
import os
import socket
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../tools/vecgen"))
import codec  # noqa: E402

ETHERTYPE = 0x88B5
UDP_PORT = 49190


def datagram(qpn, qkey, payload, gids=()):
    """gids: source and destination, 16 bytes each, or nothing."""
    p = codec.Packet().header("delivery", version=codec.CONST["VERSION"], type="DGRAM")
    p.header("dgram", parts="GIDS" if gids else 0, length=len(payload), dst_qpn=qpn, src_qpn=0x77,
             qkey=qkey)
    if gids:
        p.header("gids", src=gids[0], dst=gids[1])
    return p.bytes("payload", payload).seal().data


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
