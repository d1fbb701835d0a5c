#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Checks of a verbs device that talks to itself, through pyverbs: usage: verbs_api.py DEVICE IP
NAME, or --list. Each function that begins with check_ is one."""
import ctypes
import os
import random
import socket
import subprocess
import sys
import threading
import time

from pyverbs.addr import AH, AHAttr, GlobalRoute
from pyverbs.cq import CQ, CompChannel
from pyverbs.device import Context
import pyverbs.enums as e
from pyverbs.mr import MR
from pyverbs.pd import PD
from pyverbs.pyverbs_error import PyverbsRDMAError
from pyverbs.qp import QP, QPAttr, QPCap, QPInitAttr
from pyverbs.wr import SGE, RecvWR, SendWR

ALL = (e.IBV_ACCESS_LOCAL_WRITE | e.IBV_ACCESS_REMOTE_WRITE | e.IBV_ACCESS_REMOTE_READ |
       e.IBV_ACCESS_REMOTE_ATOMIC)
QKEY = 0x11111111
ETHERTYPE = 0x88B5
GRH = 40
SYS = "/sys/class/infiniband"


def gid_index(dev, ip, kind):
    """The index of the device's GID of this kind ('v1', 'v2') for an IPv4 address, or, with ip
    'link', for its link-local address."""
    port = f"{SYS}/{dev}/ports/1"
    if ip == "link":
        want = "fe80:"
    else:
        a = [int(x) for x in ip.split(".")]
        want = f"0000:0000:0000:0000:0000:ffff:{a[0]:02x}{a[1]:02x}:{a[2]:02x}{a[3]:02x}"
    for i in range(64):
        try:
            with open(f"{port}/gids/{i}") as f:
                gid = f.read().strip()
            with open(f"{port}/gid_attrs/types/{i}") as f:
                found = f.read().strip()
        except OSError:
            continue
        if gid.startswith(want) and found.endswith({"v1": "v1", "v2": "v2"}[kind]):
            return i
    raise SystemExit(f"no GID {ip} {kind}")


class End:
    """A queue pair with its queues and one region of memory."""

    def __init__(self, dev, kind=e.IBV_QPT_RC, size=4096, access=ALL, cqe=64, channel=False):
        self.ctx = Context(name=dev)
        self.pd = PD(self.ctx)
        self.channel = CompChannel(self.ctx) if channel else None
        self.cq = CQ(self.ctx, cqe, None, self.channel)
        cap = QPCap(max_send_wr=32, max_recv_wr=32, max_send_sge=2, max_recv_sge=2)
        init = QPInitAttr(qp_type=kind, scq=self.cq, rcq=self.cq, cap=cap, sq_sig_all=0)
        self.qp = QP(self.pd, init)
        self.mr = MR(self.pd, size, ALL)
        self.mr.write("\0" * size, size)
        self.access = access

    def sge(self, length, offset=0):
        return SGE(self.mr.buf + offset, length, self.mr.lkey)

    def to_init(self):
        attr = QPAttr(port_num=1)
        attr.qp_access_flags = self.access
        attr.qp_state = e.IBV_QPS_INIT
        self.qp.modify(attr, e.IBV_QP_STATE | e.IBV_QP_PKEY_INDEX | e.IBV_QP_PORT |
                       e.IBV_QP_ACCESS_FLAGS)

    def to_rtr(self, gid, index, qpn):
        attr = QPAttr(qp_state=e.IBV_QPS_RTR, path_mtu=e.IBV_MTU_1024)
        attr.dest_qp_num = qpn
        attr.max_dest_rd_atomic = 4
        attr.min_rnr_timer = 1
        gr = GlobalRoute(dgid=gid, sgid_index=index)
        attr.ah_attr = AHAttr(gr=gr, is_global=1, port_num=1)
        self.qp.modify(attr, e.IBV_QP_STATE | e.IBV_QP_AV | e.IBV_QP_PATH_MTU |
                       e.IBV_QP_DEST_QPN | e.IBV_QP_RQ_PSN | e.IBV_QP_MAX_DEST_RD_ATOMIC |
                       e.IBV_QP_MIN_RNR_TIMER)

    def to_rts(self, rnr_retry=7, timeout=14, retries=2):
        attr = QPAttr(qp_state=e.IBV_QPS_RTS)
        attr.timeout = timeout
        attr.retry_cnt = retries
        attr.rnr_retry = rnr_retry
        attr.max_rd_atomic = 4
        self.qp.modify(attr, e.IBV_QP_STATE | e.IBV_QP_TIMEOUT | e.IBV_QP_RETRY_CNT |
                       e.IBV_QP_RNR_RETRY | e.IBV_QP_SQ_PSN | e.IBV_QP_MAX_QP_RD_ATOMIC)

    def to_ud(self):
        attr = QPAttr(port_num=1, qp_state=e.IBV_QPS_INIT)
        attr.qkey = QKEY
        self.qp.modify(attr, e.IBV_QP_STATE | e.IBV_QP_PKEY_INDEX | e.IBV_QP_PORT | e.IBV_QP_QKEY)
        attr = QPAttr(qp_state=e.IBV_QPS_RTR)
        self.qp.modify(attr, e.IBV_QP_STATE)
        attr = QPAttr(qp_state=e.IBV_QPS_RTS)
        self.qp.modify(attr, e.IBV_QP_STATE | e.IBV_QP_SQ_PSN)

    def state(self):
        return self.qp.query(e.IBV_QP_STATE)[0].qp_state

    def recv(self, wr_id=1, length=1024, offset=0):
        self.qp.post_recv(RecvWR(wr_id, 1, [self.sge(length, offset)]))

    def send(self, opcode, length, wr_id=1, flags=e.IBV_SEND_SIGNALED, rkey=None, raddr=None,
             lkey=None, offset=0):
        sge = self.sge(length, offset)
        if lkey is not None:
            sge = SGE(self.mr.buf, length, lkey)
        wr = SendWR(wr_id, opcode=opcode, num_sge=1, sg=[sge], send_flags=flags)
        if raddr is not None:
            wr.set_wr_rdma(rkey, raddr)
        self.qp.post_send(wr)

    def write_to(self, peer, length, **how):
        how.setdefault("rkey", peer.mr.rkey)
        how.setdefault("raddr", peer.mr.buf)
        self.send(e.IBV_WR_RDMA_WRITE, length, **how)

    def wait(self, n=1, seconds=20):
        """n completions."""
        found = []
        end = time.monotonic() + seconds
        while len(found) < n:
            _, wcs = self.cq.poll(n - len(found))
            found += wcs
            if time.monotonic() > end:
                raise SystemExit(f"{len(found)} completions of {n} came")
        return found

    def none(self, seconds=0.3):
        time.sleep(seconds)
        number, wcs = self.cq.poll(1)
        expect(number == 0, f"a completion that nobody wanted: {wcs}")


def expect(true, what):
    if not true:
        raise SystemExit(what)


def status(wc, want):
    expect(wc.status == want, f"status {wc.status} of request {wc.wr_id}, not {want}")


def connect(a, b, index, late=0.0, **rts):
    """Both to RTS; the second one later by so many seconds."""
    gid = a.ctx.query_gid(1, index)
    for x in (a, b):
        x.to_init()
    for x, y in ((a, b), (b, a)):
        x.to_rtr(gid, index, y.qp.qp_num)
        x.to_rts(**rts)
        time.sleep(late)


def pair(dev, ip, kind="v2", late=0.0, rts=None, **how):
    a, b = End(dev, **how), End(dev, **how)
    connect(a, b, gid_index(dev, ip, kind), late, **(rts or {}))
    return a, b


# ---- Addresses, connecting -----------------------------------------------------------


def check_carriage(dev, ip):
    """WEFT-VRB-001: streams over both carriages."""
    for address, kind in ((ip, "v1"), (ip, "v2"), ("link", "v1"), ("link", "v2")):
        a, b = pair(dev, address, kind)
        b.recv()
        a.mr.write("hello", 5)
        a.send(e.IBV_WR_SEND, 5)
        status(a.wait()[0], e.IBV_WC_SUCCESS)
        status(b.wait()[0], e.IBV_WC_SUCCESS)
        expect(b.mr.read(5, 0) == b"hello", "other bytes came")


def check_either_order(dev, ip):
    """WEFT-VRB-002, WEFT-VRB-003: whichever end is there first, and while the other is not, work
    waits."""
    a, b = End(dev), End(dev)
    for first, second in ((a, b), (b, a)):
        index = gid_index(dev, ip, "v2")
        gid = a.ctx.query_gid(1, index)
        for x in (first, second):
            x.to_init()
        first.to_rtr(gid, index, second.qp.qp_num)
        first.to_rts(retries=7, timeout=17)
        first.write_to(second, 8)
        time.sleep(0.7)
        second.to_rtr(gid, index, first.qp.qp_num)
        status(first.wait()[0], e.IBV_WC_SUCCESS)
        for x in (a, b):
            x.qp.modify(QPAttr(qp_state=e.IBV_QPS_RESET), e.IBV_QP_STATE)


def check_own_peer(dev, ip):
    """WEFT-VRB-006: what a queue pair sends to itself it receives."""
    a = End(dev)
    index = gid_index(dev, ip, "v2")
    a.to_init()
    a.to_rtr(a.ctx.query_gid(1, index), index, a.qp.qp_num)
    a.to_rts()
    a.recv(wr_id=7, offset=1024)
    a.mr.write("to myself", 9)
    a.send(e.IBV_WR_SEND, 9, wr_id=8)
    for wc in a.wait(2):
        status(wc, e.IBV_WC_SUCCESS)
    expect(a.mr.read(9, 1024) == b"to myself", "other bytes came")
    a.write_to(a, 9, wr_id=9, raddr=a.mr.buf + 2048)
    status(a.wait()[0], e.IBV_WC_SUCCESS)
    expect(a.mr.read(9, 2048) == b"to myself", "other bytes were written")


def check_other_peer(dev, ip):
    """WEFT-VRB-004, WEFT-VRB-005: a queue pair that waits for another peer, and one that is not."""
    a, b, c = End(dev), End(dev), End(dev)
    index = gid_index(dev, ip, "v2")
    gid = a.ctx.query_gid(1, index)
    for x in (a, b):
        x.to_init()
    b.to_rtr(gid, index, c.qp.qp_num)
    a.to_rtr(gid, index, b.qp.qp_num)
    a.to_rts()
    a.write_to(b, 8, wr_id=7)
    wc = a.wait(seconds=30)[0]
    status(wc, e.IBV_WC_RETRY_EXC_ERR)
    expect(a.state() == e.IBV_QPS_ERR, "the queue pair did not fail")


# ---- Operations ------------------------------------------------------------------------


def check_wrong_type(dev, ip):
    """WEFT-VRB-010: an RDMA WRITE is nothing for a UD queue pair."""
    a = End(dev, kind=e.IBV_QPT_UD)
    a.to_ud()
    ah = AH(a.pd, attr=ah_attr(a, gid_index(dev, ip, "v2")))
    wr = SendWR(3, opcode=e.IBV_WR_RDMA_WRITE, num_sge=1, sg=[a.sge(8)],
                send_flags=e.IBV_SEND_SIGNALED)
    wr.set_wr_ud(ah, 0x20, QKEY)
    try:
        a.qp.post_send(wr)
    except Exception:           # the provider itself may refuse it
        return
    status(a.wait()[0], e.IBV_WC_LOC_QP_OP_ERR)


def check_access(dev, ip):
    """WEFT-VRB-011: BAD_OPCODE is IBV_WC_REM_INV_REQ_ERR."""
    a, b = pair(dev, ip, access=e.IBV_ACCESS_LOCAL_WRITE)
    a.mr.write("x" * 8, 8)
    a.write_to(b, 8)
    status(a.wait()[0], e.IBV_WC_REM_INV_REQ_ERR)
    expect(b.mr.read(8, 0) == b"\0" * 8, "memory was written")


def check_no_bytes(dev, ip):
    """WEFT-VRB-013: a WRITE or READ of no bytes has whatever key."""
    for opcode in (e.IBV_WR_RDMA_WRITE, e.IBV_WR_RDMA_READ):
        a, b = pair(dev, ip)
        a.send(opcode, 0, rkey=0, raddr=0)
        a.send(opcode, 0, rkey=b.mr.rkey ^ 0x100, raddr=8)
        a.write_to(b, 8)
        for wc in a.wait(3):
            status(wc, e.IBV_WC_SUCCESS)


def check_one_step(dev, ip):
    """WEFT-VRB-012: a reader sees one of the two words, never a mixture."""
    a, b = pair(dev, ip)
    words = (0x1111111111111111, 0x2222222222222222)
    torn, stop = [], threading.Event()
    at = ctypes.c_uint64.from_address(b.mr.buf)

    def look():
        while not stop.is_set():
            if at.value not in words + (0,):
                torn.append(at.value)

    reader = threading.Thread(target=look)
    reader.start()
    for i in range(200):
        a.mr.write(words[i % 2].to_bytes(8, "little"), 8)
        a.write_to(b, 8)
        status(a.wait()[0], e.IBV_WC_SUCCESS)
        expect(at.value == words[i % 2], "not written")
    stop.set()
    reader.join()
    expect(not torn, f"seen: {torn[:3]}")


# ---- Completions -----------------------------------------------------------------------


def check_statuses(dev, ip):
    """WEFT-VRB-020, WEFT-VRB-021: the codes of refusals; unsignalled requests too."""
    a, b = pair(dev, ip)
    a.write_to(b, 8, rkey=b.mr.rkey + 1, flags=0)
    status(a.wait()[0], e.IBV_WC_REM_ACCESS_ERR)
    a, b = pair(dev, ip)
    a.write_to(b, 8, raddr=b.mr.buf + 4090)
    status(a.wait()[0], e.IBV_WC_REM_ACCESS_ERR)
    a, b = pair(dev, ip, rts={"rnr_retry": 1})
    a.send(e.IBV_WR_SEND, 8)
    status(a.wait()[0], e.IBV_WC_RNR_RETRY_EXC_ERR)
    a, b = pair(dev, ip)
    a.write_to(b, 8, lkey=a.mr.lkey + 1)
    status(a.wait()[0], e.IBV_WC_LOC_PROT_ERR)


def check_too_long(dev, ip):
    """WEFT-VRB-022"""
    a, b = pair(dev, ip)
    b.recv(wr_id=5, length=16)
    b.recv(wr_id=6, length=16)
    a.send(e.IBV_WR_SEND, 17)
    status(a.wait()[0], e.IBV_WC_REM_INV_REQ_ERR)
    first, second = b.wait(2)
    expect(first.wr_id == 5 and second.wr_id == 6, "out of order")
    status(first, e.IBV_WC_LOC_LEN_ERR)
    status(second, e.IBV_WC_WR_FLUSH_ERR)


def check_nothing_after(dev, ip):
    """WEFT-VRB-023: what follows a request that failed has no effect."""
    a, b = pair(dev, ip)
    a.mr.write("y" * 8, 8)
    a.write_to(b, 8, wr_id=1, lkey=a.mr.lkey + 1)
    a.write_to(b, 8, wr_id=2)
    first, second = a.wait(2)
    status(first, e.IBV_WC_LOC_PROT_ERR)
    status(second, e.IBV_WC_WR_FLUSH_ERR)
    expect(b.mr.read(8, 0) == b"\0" * 8, "memory was written")


def check_peer_gone(dev, ip):
    """WEFT-VRB-024: buffers stay posted; the next request fails."""
    a, b = pair(dev, ip)
    a.recv(wr_id=9)
    b.write_to(a, 8)
    status(b.wait()[0], e.IBV_WC_SUCCESS)
    peer = b.mr.buf, b.mr.rkey
    b.qp.close()
    a.none(1.0)
    expect(a.state() == e.IBV_QPS_RTS, "the queue pair did not keep its state")
    a.send(e.IBV_WR_RDMA_WRITE, 8, wr_id=4, raddr=peer[0], rkey=peer[1])
    first, second = a.wait(2)
    status(first, e.IBV_WC_RETRY_EXC_ERR)
    status(second, e.IBV_WC_WR_FLUSH_ERR)


def check_error_is_event(dev, ip):
    """WEFT-VRB-030"""
    a, b = pair(dev, ip, channel=True)
    a.cq.req_notify(solicited_only=True)
    a.write_to(b, 8)
    status(a.wait()[0], e.IBV_WC_SUCCESS)
    a.write_to(b, 8, rkey=b.mr.rkey + 1)
    a.channel.get_cq_event(a.cq)
    a.cq.ack_events(1)
    status(a.wait()[0], e.IBV_WC_REM_ACCESS_ERR)


def check_cq_sizes(dev, ip):
    """A page's worth at least, as many as the device says, no more; and resized."""
    ctx = Context(name=dev)
    most = ctx.query_device().max_cqe
    expect(most >= 262144, f"{most} completions are too few for libfabric")
    for n in (1, 31, 32, most):
        cq = CQ(ctx, n, None, None, 0)
        expect(max(n, 31) <= cq.cqe <= most, f"{cq.cqe} of {n}")
        cq.close()
    for n in (0, most + 1):
        try:
            CQ(ctx, n, None, None, 0)
        except PyverbsRDMAError:
            continue
        raise SystemExit(f"a queue of {n} was made")


def check_cq_memory(dev, ip):
    """The memory of a queue counts as its process's."""
    group = "/run/verbs_api.group"
    os.makedirs(group, exist_ok=True)
    if subprocess.run(["mount", "-t", "cgroup2", "none", group], check=False).returncode:
        return
    with open(f"{group}/cgroup.subtree_control", "w") as f:
        f.write("+memory")
    os.mkdir(f"{group}/small")
    with open(f"{group}/small/memory.max", "w") as f:
        f.write(str(96 << 20))
    child = os.fork()
    if child == 0:
        with open(f"{group}/small/cgroup.procs", "w") as f:
            f.write(str(os.getpid()))
        ctx = Context(name=dev)
        kept = [CQ(ctx, ctx.query_device().max_cqe, None, None, 0) for _ in range(4)]
        os._exit(len(kept))     # 128 MiB
    _, end = os.waitpid(child, 0)
    expect(end != 4 << 8, "four queues of 32 MiB fit into 96")


# ---- Datagrams -------------------------------------------------------------------------


def ah_attr(end, index):
    gr = GlobalRoute(dgid=end.ctx.query_gid(1, index), sgid_index=index)
    return AHAttr(gr=gr, is_global=1, port_num=1)


def datagram(a, index, qpn, length=8):
    ah = AH(a.pd, attr=ah_attr(a, index))
    wr = SendWR(2, opcode=e.IBV_WR_SEND, num_sge=1, sg=[a.sge(length, 2048)],
                send_flags=e.IBV_SEND_SIGNALED)
    wr.set_wr_ud(ah, qpn, QKEY)
    a.qp.post_send(wr)
    status(a.wait()[0], e.IBV_WC_SUCCESS)


def grh_of(dev, ip, kind):
    a, b = End(dev, kind=e.IBV_QPT_UD), End(dev, kind=e.IBV_QPT_UD)
    a.to_ud()
    b.to_ud()
    b.recv(length=GRH + 100)
    a.mr.write("datagram", 8, 2048)
    index = gid_index(dev, ip, kind)
    datagram(a, index, b.qp.qp_num)
    wc = b.wait()[0]
    status(wc, e.IBV_WC_SUCCESS)
    expect(wc.byte_len == GRH + 8 and wc.wc_flags & e.IBV_WC_GRH, "no GRH")
    expect(wc.src_qp == a.qp.qp_num, "another sender")
    got = b.mr.read(GRH + 8, 0)
    expect(got[GRH:] == b"datagram", "other bytes came")
    return got[:GRH], index, b


def check_grh4(dev, ip):
    """WEFT-VRB-032"""
    grh, _, _ = grh_of(dev, ip, "v2")
    address = bytes(int(x) for x in ip.split("."))
    expect(grh[:20] == b"\0" * 20, "the first 20 bytes")
    expect(grh[20] == 0x45 and grh[29] == 17, "no IPv4 header of UDP")
    expect(grh[32:36] == address and grh[36:40] == address, "addresses")
    total = sum(int.from_bytes(grh[i:i + 2], "big") for i in range(20, 40, 2))
    expect((total & 0xffff) + (total >> 16) in (0xffff, 0x1fffe), "checksum")


def check_grh6(dev, ip):
    """WEFT-VRB-033, WEFT-VRB-034"""
    for kind, following in (("v2", 17), ("v1", 27)):
        grh, index, b = grh_of(dev, "link", kind)
        gid = open(f"{SYS}/{dev}/ports/1/gids/{index}").read().strip()
        gid = bytes.fromhex(gid.replace(":", ""))
        expect(grh[0] >> 4 == 6 and grh[6] == following, f"no IPv6 header of {following}")
        expect(grh[8:24] == gid and grh[24:40] == gid, "addresses")


def mapped(ip):
    return bytes(10) + b"\xff\xff" + bytes(int(x) for x in ip.split("."))


def check_gids_travel(dev, ip):
    """WEFT-VRB-140, WEFT-VRB-141: GIDs go along where the MAC addresses do not tell them."""
    with open(f"{SYS}/{dev}/parent") as f:
        netdev = f.read().strip()
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE))
    wire.bind((netdev, ETHERTYPE))
    wire.settimeout(5)
    for address, gids in (("link", b""), (ip, 2 * mapped(ip))):
        grh, _, _ = grh_of(dev, address, "v1")
        frame = wire.recv(2000)
        parts = frame[14 + 16 + 1]
        expect(parts == (0x80 if gids else 0), f"parts are {parts:#x}")
        if gids:
            expect(frame[14 + 36:14 + 68] == gids, "GIDs in the packet")
            expect(grh[0] >> 4 == 6 and grh[6] == 27, "no IPv6 header")
            expect(grh[8:40] == gids, "addresses")


# What may be a sender's GID, and what may not.
PEER = mapped("10.0.0.2")
NO_SENDER = [mapped(x) for x in ("224.0.0.1", "255.255.255.255", "127.0.0.1", "0.0.0.0")] + [
    bytes.fromhex(x) for x in ("ff02" + "00" * 13 + "01", "00" * 15 + "01", "00" * 16)]


def forge(dev, ip, qp, frames):
    """From the other end of the wire."""
    with open(f"{SYS}/{dev}/parent") as f:
        expect(f.read().strip() == "v0", "not the wire whose other end is v1")
    with open("/sys/class/net/v0/address") as f:
        mac = f.read().strip()
    words = [",".join([way] + [g.hex() for g in gids]) for way, *gids in frames]
    subprocess.run(["ip", "netns", "exec", "b", sys.executable,
                    f"{os.path.dirname(__file__)}/lib/forge.py", "v1", mac, ip, str(qp.qp_num),
                    str(QKEY)] + words, check=True)


def drops_of_gids(dev):
    with open(f"{SYS}/{dev}/ports/1/hw_counters/drop_bad_gid") as f:
        return int(f.read())


def check_gids_forged(dev, ip):
    """WEFT-VRB-142, WEFT-VRB-143, WEFT-VRB-144"""
    a = End(dev, kind=e.IBV_QPT_UD)
    a.to_ud()
    for i in range(4):
        a.recv(length=GRH + 1, offset=64 * i)
    ours = mapped(ip)
    good = [("l2",), ("l2", PEER, ours), ("udp", PEER, ours), ("udp", NO_SENDER[0], PEER)]
    bad = [("l2", PEER, gid) for gid in (PEER, mapped("224.0.0.1"), bytes(16))]
    bad += [("l2", gid, ours) for gid in NO_SENDER]
    was = drops_of_gids(dev)
    forge(dev, ip, a.qp, bad + good)
    wcs = a.wait(len(good))
    got = [a.mr.read(GRH + 1, 64 * i) for i in range(len(good))]
    expect([g[GRH] for g in got] == list(range(len(bad), len(bad) + len(good))),
           "others came than those that are right")
    expect(got[1][8:24] == PEER and got[1][24:40] == ours, "the GIDs that came along")
    expect(all(g[:20] == bytes(20) and g[32:36] == PEER[12:] for g in got[2:]),
           "what came by UDP has the IP header's addresses")
    expect(drops_of_gids(dev) - was == len(bad), "all that are wrong are counted as BAD_GID")
    for wc in wcs:
        status(wc, e.IBV_WC_SUCCESS)


def check_nobody(dev, ip):
    """WEFT-VRB-031: sent is sent."""
    a = End(dev, kind=e.IBV_QPT_UD)
    a.to_ud()
    datagram(a, gid_index(dev, ip, "v2"), 0xfffff0)


# ---- Processes -------------------------------------------------------------------------


def check_garbage(dev, ip):
    """WEFT-VRB-040: a process writes at random into all that it shares; the device lives on."""
    rng = random.Random(47)
    for _ in range(20):
        a, b = pair(dev, ip)
        a.recv()
        maps = [line.split()[0] for line in open("/proc/self/maps") if "uverbs" in line]
        expect(maps, "nothing is mapped")
        for line in maps:
            start, end = (int(x, 16) for x in line.split("-"))
            for _ in range(200):
                word = ctypes.c_uint32.from_address(start + 4 * rng.randrange((end - start) // 4))
                word.value = rng.choice((0, 1, 0xffffffff, rng.getrandbits(32)))
            for at in (0, 4):       # the process's own hints stay, or it would fall itself
                ctypes.c_uint32.from_address(start + at).value = 1 if at else 6
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
        for x in (a, b):
            x.qp.modify(QPAttr(qp_state=e.IBV_QPS_ERR), e.IBV_QP_STATE)
            x.qp.close()
    check_carriage(dev, ip)


CHECKS = {name[6:]: f for name, f in list(globals().items()) if name.startswith("check_")}

if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        print(" ".join(CHECKS))
    elif len(sys.argv) == 4 and sys.argv[3] in CHECKS:
        CHECKS[sys.argv[3]](sys.argv[1], sys.argv[2])
        sys.stdout.flush()
        os._exit(0)             # objects whose rings are garbage need no farewell
    else:
        raise SystemExit(__doc__)
