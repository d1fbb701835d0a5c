# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A connection whose other end goes away.

survivor.py server DEVICE GID ADDRESS PORT
survivor.py client DEVICE GID ADDRESS PORT

The client writes until a request fails; the first failure must be RETRY_EXC_ERR and all after it
WR_FLUSH_ERR, in the order in which they were posted.  It says "ready" once writes arrive.
"""
import sys
import time

import pyverbs.enums as e

import rc

EVERY_S = 0.05
LAST = 8                # requests posted after the first failure, or with it under way
PATIENCE_S = 150


def fates(pair, mr, peer) -> list[tuple[int, int]]:
    """(wr_id, status) of each request from the first that failed on."""
    found: list[tuple[int, int]] = []
    posted, until = 0, time.monotonic() + PATIENCE_S
    while len(found) < LAST and time.monotonic() < until:
        try:
            pair.post(e.IBV_WR_RDMA_WRITE, mr, 0, 64, wr_id=posted,
                      remote=(peer["key"], peer["address"]))
            posted += 1
        except OSError:
            pass                # the queue is full: the peer is gone, and nobody has noticed yet
        for wc in pair.completions(1, EVERY_S):
            if wc.status or found:
                found.append((wc.wr_id, wc.status))
    return found


def client(pair, mr, line, peer) -> int:
    pair.post(e.IBV_WR_RDMA_WRITE, mr, 0, 64, remote=(peer["key"], peer["address"]))
    got = pair.completions(1)
    if not got or got[0].status:
        print(f"the first write: {got}")
        return 1
    print("ready", flush=True)
    found = fates(pair, mr, peer)
    print(found)
    first = [e.IBV_WC_RETRY_EXC_ERR] + [e.IBV_WC_WR_FLUSH_ERR] * (LAST - 1)
    numbers = [wr_id for wr_id, _ in found]
    good = [s for _, s in found] == first and numbers == list(range(numbers[0], numbers[0] + LAST))
    return 0 if good else 1


def main(argv: list[str]) -> int:
    role, name, gid, address, port = argv
    line = rc.listen(address, int(port)) if role == "server" else rc.call(address, int(port))
    device = rc.Device(name, int(gid))
    # The kernel frees what a killed program had from the newest on: memory that went before its
    # queue pair would be a remote access error, for a moment.
    mr = device.memory(4096)
    pair = rc.Pair(device)
    peer = line.swap(name=pair.name(), key=mr.rkey, address=mr.buf)
    pair.connect(peer["name"])
    line.swap(ready=1)
    if role == "server":
        time.sleep(PATIENCE_S)
        return 0
    return client(pair, mr, line, peer)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
