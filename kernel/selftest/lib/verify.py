# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Moves data in every way that a reliable connection has, and compares every byte.

verify.py server DEVICE GID ADDRESS PORT [PART...]
verify.py client DEVICE GID ADDRESS PORT [PART...]

Parts: write, read, send, add (all of them by default). Ends with 1 and a line that says what was
wrong; a part that went well prints its name. Data and sizes come from fixed seeds.
"""
import hashlib
import random
import struct
import sys

import pyverbs.enums as e

import rc

SPAN = 1 << 20          # bytes of the region that the client works on
DEPTH = 16              # work requests in flight
ADDS = 400
SENDS = 300
SEND_MAX = 9000
SUCCESS = e.IBV_WC_SUCCESS


class Wrong(Exception):
    """What a comparison found."""


def pieces(seed: int) -> list[tuple[int, int]]:
    """The region in pieces of many sizes, in no order: (offset, length)."""
    random_ = random.Random(seed)
    found, at = [], 0
    while at < SPAN:
        length = min(SPAN - at, random_.choice((1, 7, 64, 1000, 4096, 4097, 20000, 100000)))
        found.append((at, length))
        at += length
    random_.shuffle(found)
    return found


def in_flight(pair: rc.Pair, requests: list) -> None:
    """Posts each of the requests (a function each), DEPTH at a time; all must succeed."""
    posted = done = 0
    while done < len(requests):
        while posted < len(requests) and posted - done < DEPTH:
            requests[posted]()
            posted += 1
        got = pair.completions(1)
        if not got:
            raise Wrong(f"no completion within {rc.PATIENCE_S} s; {done} of {len(requests)} came")
        for wc in got:
            if wc.status != SUCCESS:
                raise Wrong(f"completion {done} of {len(requests)} has status {wc.status}")
            done += 1


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Client:
    def __init__(self, pair, mr, line, peer) -> None:
        self.pair, self.mr, self.line = pair, mr, line
        self.key, self.address = peer["key"], peer["address"]

    def write(self) -> None:
        data = random.Random(11).randbytes(SPAN)
        self.mr.write(data, SPAN)
        in_flight(self.pair, [
            lambda at=at, n=n: self.pair.post(e.IBV_WR_RDMA_WRITE, self.mr, at, n,
                                              remote=(self.key, self.address + at))
            for at, n in pieces(1)])
        if self.line.swap(ask="digest")["digest"] != digest(data):
            raise Wrong("the region is not what was written")

    def read(self) -> None:
        data = random.Random(12).randbytes(SPAN)
        self.line.swap(ask="fill", seed=12)
        self.mr.write(bytes(SPAN), SPAN)
        in_flight(self.pair, [
            lambda at=at, n=n: self.pair.post(e.IBV_WR_RDMA_READ, self.mr, at, n,
                                              remote=(self.key, self.address + at))
            for at, n in pieces(2)])
        if self.mr.read(SPAN, 0) != data:
            raise Wrong("what was read is not what is there")

    def send(self) -> None:
        self.line.swap(ask="receive")
        random_ = random.Random(13)
        lengths = [random_.randrange(1, SEND_MAX) for _ in range(SENDS)]
        data = random_.randbytes(SPAN)
        self.mr.write(data, SPAN)
        in_flight(self.pair, [
            lambda i=i, n=n: self.pair.post(e.IBV_WR_SEND_WITH_IMM, self.mr, i * 17, n, imm=i)
            for i, n in enumerate(lengths)])
        want = digest(b"".join(data[i * 17:i * 17 + n] for i, n in enumerate(lengths)))
        answer = self.line.hear()
        if answer["digest"] != want:
            raise Wrong(f"messages came changed: {answer}")

    def add(self) -> None:
        """Each addition happens exactly once, in order."""
        self.line.swap(ask="zero")
        in_flight(self.pair, [
            lambda i=i: self.pair.post(e.IBV_WR_ATOMIC_FETCH_AND_ADD, self.mr, 8 * i, 8,
                                       remote=(self.key, self.address), atomic=(3, 0))
            for i in range(ADDS)])
        found = struct.unpack(f"={ADDS}Q", self.mr.read(8 * ADDS, 0))
        if list(found) != list(range(0, 3 * ADDS, 3)):
            first = next(i for i, v in enumerate(found) if v != 3 * i)
            raise Wrong(f"addition {first} found {found[first]}, not {3 * first}")
        total = self.line.swap(ask="value")["value"]
        if total != 3 * ADDS:
            raise Wrong(f"{ADDS} additions of 3 make {total}")


class Server:
    def __init__(self, pair, mr, line) -> None:
        self.pair, self.mr, self.line = pair, mr, line

    def serve(self) -> None:
        while (asked := self.line.hear())["ask"] != "end":
            getattr(self, asked["ask"])(asked)

    def digest(self, _) -> None:
        self.line.tell(digest=digest(self.mr.read(SPAN, 0)))

    def fill(self, asked) -> None:
        self.mr.write(random.Random(asked["seed"]).randbytes(SPAN), SPAN)
        self.line.tell()

    def zero(self, _) -> None:
        self.mr.write(bytes(8), 8)
        self.line.tell()

    def value(self, _) -> None:
        self.line.tell(value=struct.unpack("=Q", self.mr.read(8, 0))[0])

    def receive(self, _) -> None:
        """Fewer buffers than messages in flight: the sender meets a receiver that is not ready."""
        slots = 4
        for slot in range(slots):
            self.pair.post_recv(self.mr, slot * SEND_MAX, SEND_MAX, wr_id=slot)
        self.line.tell()
        whole = hashlib.sha256()
        for number in range(SENDS):
            got = self.pair.completions(1)
            if not got or got[0].status != SUCCESS or got[0].imm_data != number:
                self.line.tell(digest="", at=number, got=str(got[0]) if got else "nothing")
                return
            slot = got[0].wr_id
            whole.update(self.mr.read(got[0].byte_len, slot * SEND_MAX))
            self.pair.post_recv(self.mr, slot * SEND_MAX, SEND_MAX, wr_id=slot)
        self.line.tell(digest=whole.hexdigest())


def main(argv: list[str]) -> int:
    role, name, gid, address, port = argv[:5]
    parts = argv[5:] or ["write", "read", "send", "add"]
    line = rc.listen(address, int(port)) if role == "server" else rc.call(address, int(port))
    device = rc.Device(name, int(gid))
    pair, mr = rc.Pair(device), device.memory(SPAN)
    peer = line.swap(**pair.name(), key=mr.rkey, address=mr.buf)
    pair.connect(peer)
    line.swap(ready=1)
    try:
        if role == "server":
            Server(pair, mr, line).serve()
        else:
            client = Client(pair, mr, line, peer)
            for part in parts:
                getattr(client, part)()
                print(part, flush=True)
            line.tell(ask="end")
    except (Wrong, ConnectionError) as wrong:
        print(f"{role}: {wrong}")
        return 1
    pair.close()
    mr.close()
    device.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
