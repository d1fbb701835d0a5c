# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Many queue pairs between two hosts.

many.py server DEVICE GID ADDRESS PORT COUNT
many.py client DEVICE GID ADDRESS PORT COUNT CONTEXTS

Connects COUNT queue pairs. The receiver of the first posts no buffer, so that its sender waits;
every other one still carries a WRITE and a SEND, whose bytes are compared. CONTEXTS: as many
contexts as the device may have open with all of them (its counter of that name); 0: any number.
"""
import sys

import pyverbs.enums as e

import rc

EACH = 64               # bytes of each queue pair
STALL_S = 1


def counter(device: str, name: str) -> int:
    with open(f"/sys/class/infiniband/{device}/ports/1/hw_counters/{name}", encoding="ascii") as f:
        return int(f.read())


def pattern(number: int) -> bytes:
    return number.to_bytes(4, "big") * (EACH // 4)


def say(name: str, good: bool, why: str = "") -> int:
    print(f"ok    {name}" if good else f"FAIL  {name}: {why}", flush=True)
    return 0 if good else 1


def server(pairs, mr, line, count) -> int:
    for number in range(1, count):
        pairs[number].post_recv(mr, EACH * (count + number), EACH)
    line.swap(ready=1)
    line.hear()
    wrong = []
    for number in range(1, count):
        got = pairs[number].completions(1)
        sent = mr.read(EACH, EACH * (count + number))
        written = mr.read(EACH, EACH * number)
        if not got or got[0].status or {sent, written} != {pattern(number)}:
            wrong.append(number)
    pairs[0].post_recv(mr, 0, EACH)
    first = pairs[0].completions(1)
    line.tell(wrong=wrong, first=bool(first) and first[0].status == e.IBV_WC_SUCCESS)
    line.hear()
    return 0


def client(pairs, mr, line, peer, name, contexts) -> int:
    count, wrong = len(pairs), 0
    line.swap(ready=1)
    for number in range(count):
        mr.write(pattern(number), EACH, EACH * number)
    pairs[0].post(e.IBV_WR_SEND, mr, 0, EACH)
    wrong += say("receiver_stalls", not pairs[0].completions(1, STALL_S), "its message arrived")
    bad = []
    for number in range(1, count):
        at = EACH * number
        pairs[number].post(e.IBV_WR_RDMA_WRITE, mr, at, EACH,
                           remote=(peer["key"], peer["address"] + at))
        pairs[number].post(e.IBV_WR_SEND, mr, at, EACH)
    for number in range(1, count):
        got = pairs[number].completions(2)
        if [wc.status for wc in got] != [e.IBV_WC_SUCCESS] * 2:
            bad.append(number)
    wrong += say("others_go_on", not bad, f"{len(bad)} did not: {bad[:9]}")
    if contexts:
        opened = counter(name, "contexts")
        wrong += say("contexts", 0 < opened <= contexts, f"{opened} for {count} queue pairs")
    answer = line.swap(done=1)
    wrong += say("all_arrived", not answer["wrong"], f"not those of {answer['wrong'][:9]}")
    late = pairs[0].completions(1)
    wrong += say("stalled_one_too", bool(late) and not late[0].status and answer["first"],
                 f"{late[0] if late else 'nothing came'}")
    line.tell(end=1)
    return 1 if wrong else 0


def main(argv: list[str]) -> int:
    role, name, gid, address, port, count = argv[:6]
    line = rc.listen(address, int(port)) if role == "server" else rc.call(address, int(port))
    device = rc.Device(name, int(gid))
    pairs = [rc.Pair(device, depth=4) for _ in range(int(count))]
    mr = device.memory(EACH * 2 * len(pairs))
    peer = line.swap(names=[p.name() for p in pairs], key=mr.rkey, address=mr.buf)
    for pair, to in zip(pairs, peer["names"]):
        pair.connect(to)
    if role == "server":
        status = server(pairs, mr, line, len(pairs))
    else:
        status = client(pairs, mr, line, peer, name, int(argv[6]))
    for pair in pairs:
        pair.close()
    mr.close()
    device.close()
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
