# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A queue pair of the module whose other end is libweft (libweft_peer.c, which says who does what).

peer_of.py ask|answer DEVICE GID LOCAL REMOTE PROGRAM...

ask: libweft asks for the connection; answer: the module does. PROGRAM: how libweft_peer is started
on the other host. Ends with 1 and a line that says what was wrong.
"""
import ipaddress
import random
import struct
import subprocess
import sys

import pyverbs.enums as e

import rc

SPAN = 1 << 18
NUMBER = 0x1234         # of libweft's end where it is asked
PIECE = 50000
READS = SPAN // 4


class Wrong(Exception):
    """What a comparison found."""


def finished(pair: rc.Pair, count: int) -> None:
    """The next completions, all of which must have succeeded."""
    got = pair.completions(count)
    bad = [wc.status for wc in got if wc.status != e.IBV_WC_SUCCESS]
    if bad or len(got) < count:
        raise Wrong(f"{len(got)} of {count} completions, statuses of failures: {bad}")


def fill(pair: rc.Pair, mr: rc.MR, remote: tuple[int, int]) -> bytes:
    """Writes the peer's memory, reads it back, counts on its last word; what it holds then."""
    data = bytearray(random.Random(2).randbytes(SPAN))
    mr.write(bytes(data), SPAN)
    for at in range(0, SPAN, PIECE):
        pair.post(e.IBV_WR_RDMA_WRITE, mr, at, min(PIECE, SPAN - at),
                  remote=(remote[0], remote[1] + at))
    finished(pair, len(range(0, SPAN, PIECE)))
    mr.write(bytes(SPAN), SPAN)
    for at in range(0, SPAN, READS):
        pair.post(e.IBV_WR_RDMA_READ, mr, at, READS, remote=(remote[0], remote[1] + at))
    finished(pair, SPAN // READS)
    if mr.read(SPAN, 0) != bytes(data):
        raise Wrong("what was read is not what was written")
    last = (remote[0], remote[1] + SPAN - 8)
    pair.post(e.IBV_WR_ATOMIC_FETCH_AND_ADD, mr, 0, 8, remote=last, atomic=(3, 0))
    finished(pair, 1)
    if mr.read(8, 0) != bytes(data[-8:]):
        raise Wrong("the word was another one before")
    word = struct.unpack("<Q", data[-8:])[0] + 3 & (1 << 64) - 1
    data[-8:] = struct.pack("<Q", word)
    return bytes(data)


def be_filled(pair: rc.Pair, mr: rc.MR, expected: bytes) -> None:
    """The peer writes, reads and counts in memory here."""
    mr.write(bytes(SPAN), SPAN)
    pair.post_recv(mr, SPAN, 8)
    mr.write(struct.pack("<QQ", mr.rkey, mr.buf), 16, offset=SPAN + 16)
    pair.post(e.IBV_WR_SEND, mr, SPAN + 16, 16)
    finished(pair, 2)
    word = struct.unpack("<Q", expected[-8:])[0] + 5 & (1 << 64) - 1
    if mr.read(SPAN, 0) != expected[:-8] + struct.pack("<Q", word):
        raise Wrong("what the peer wrote is not what it was given")


def gid_of(address: str) -> str:
    """As pyverbs reads it: eight groups of four digits."""
    wide = address if ":" in address else "::ffff:" + address
    return ipaddress.IPv6Address(wide).exploded


def run(role: str, name: str, gid: str, local: str, remote: str, program: list[str]) -> None:
    device = rc.Device(name, int(gid))
    mr = device.memory(SPAN + 4096)
    pair = rc.Pair(device, timeout=18)     # a second: the other process may be slow to start
    argv = [*program, role, remote, *([local] if role == "ask" else []),
            str(pair.qp.qp_num if role == "ask" else NUMBER)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as peer:
        word = peer.stdout.readline().split()
        if len(word) != 6:
            raise Wrong("libweft_peer did not start")
        qpn, key, addr = (int(n) for n in word[1::2])
        try:
            pair.connect({"qpn": qpn, "gid": gid_of(remote), "mtu": device.mtu})
            be_filled(pair, mr, fill(pair, mr, (key, addr)))
        except BaseException:
            peer.kill()
            raise
        if peer.wait(rc.PATIENCE_S):
            raise Wrong(f"libweft_peer ended with {peer.returncode}")


def main(argv: list[str]) -> int:
    try:
        run(*argv[:5], argv[5:])
    except Wrong as e_:
        print(e_)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
