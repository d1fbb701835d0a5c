#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What only Weft's own provider does, of a device that talks to itself (user_abi=weft): usage:
provider_api.py DEVICE IP NAME, or --list. Each function that begins with check_ is one."""
import errno
import os
import random
import sys
import time

from pyverbs.cq import CQEX, CqInitAttrEx, PollCqAttr
from pyverbs.mr import MR, MW, MWBindInfo
from pyverbs.pyverbs_error import PyverbsRDMAError
from pyverbs.qp import QPAttr, QPCap, QPEx, QPInitAttr, QPInitAttrEx
from pyverbs.srq import SRQ, SrqAttr, SrqInitAttr
from pyverbs.wr import RecvWR, SendWR
import pyverbs.enums as e

from verbs_api import ALL, End, connect, expect, gid_index, pair, status


def refused(code, do):
    """do() fails at once, for this reason."""
    try:
        do()
    except PyverbsRDMAError as err:
        expect(err.error_code == code, f"refused with {err.error_code}, not {code}")
        return
    raise SystemExit("it was not refused")


def check_refused_at_once(dev, ip):
    """What cannot be posted is not posted: too many buffers, too long, too early, no room."""
    a, b = pair(dev, ip)
    cap = a.qp.query(e.IBV_QP_CAP)[1].cap
    many = [a.sge(8)] * (cap.max_send_sge + 1)
    refused(errno.EINVAL, lambda: a.qp.post_send(
        SendWR(opcode=e.IBV_WR_SEND, num_sge=len(many), sg=many)))
    refused(errno.EINVAL, lambda: a.send(e.IBV_WR_SEND, cap.max_inline_data + 1,
                                         flags=e.IBV_SEND_INLINE))
    refused(errno.EINVAL, lambda: End(dev).write_to(b, 8))
    posted = 0
    try:
        while posted < 100000:
            b.recv()
            posted += 1
    except PyverbsRDMAError as err:
        expect(err.error_code == errno.ENOMEM, f"a full queue gives {err.error_code}")
    expect(posted == b.qp.query(e.IBV_QP_CAP)[1].cap.max_recv_wr, f"{posted} buffers fit")
    a.none()


def check_late_buffers(dev, ip):
    """Buffers posted to a queue pair that has failed are flushed, without another call."""
    _, b = pair(dev, ip)
    b.recv(wr_id=1)
    b.qp.modify(QPAttr(qp_state=e.IBV_QPS_ERR), e.IBV_QP_STATE)
    status(b.wait()[0], e.IBV_WC_WR_FLUSH_ERR)
    for i in range(40):
        b.recv(wr_id=i)
        wc = b.wait()[0]
        status(wc, e.IBV_WC_WR_FLUSH_ERR)
        expect(wc.wr_id == i, "another buffer's completion")


def check_late_sends(dev, ip):
    """So are work requests."""
    a, _ = pair(dev, ip)
    a.qp.modify(QPAttr(qp_state=e.IBV_QPS_ERR), e.IBV_QP_STATE)
    for i in range(40):
        a.send(e.IBV_WR_SEND, 8, wr_id=i, flags=0)
        wc = a.wait()[0]
        status(wc, e.IBV_WC_WR_FLUSH_ERR)
        expect(wc.wr_id == i, "another request's completion")


def check_reset(dev, ip):
    """After RESET both sides begin at the same place of the queues again."""
    a, b = End(dev), End(dev)
    for i in range(3):
        connect(a, b, gid_index(dev, ip, "v2"))
        for k in range(i + 3):
            b.recv(wr_id=k)
            a.send(e.IBV_WR_SEND, 8, wr_id=k)
        expect([wc.wr_id for wc in b.wait(i + 3)] == list(range(i + 3)), "other buffers")
        a.wait(i + 3)
        for x in (a, b):
            x.recv()
            x.qp.modify(QPAttr(qp_state=e.IBV_QPS_ERR), e.IBV_QP_STATE)
            x.recv()
            x.qp.modify(QPAttr(qp_state=e.IBV_QPS_RESET), e.IBV_QP_STATE)
            x.none(0)       # completions of its former life are gone


def check_bursts(dev, ip):
    """Nothing that is posted without a doorbell is left lying: bursts of every size, then rest."""
    a, b = pair(dev, ip)
    rng = random.Random(5)
    for i in range(150):
        n = 1 + rng.randrange(60)
        for k in range(n):
            a.write_to(b, 8, wr_id=k)
            if not rng.randrange(20):
                time.sleep(0.0005)
        expect([wc.wr_id for wc in a.wait(n)] == list(range(n)), f"burst {i}: wrong order")


def check_resize_cq(dev, ip):
    """What was not polled is still there afterwards; what is there must fit."""
    a, b = pair(dev, ip)
    for size in (200, 20, 63, 500):
        for k in range(12):
            a.write_to(b, 8, wr_id=k)
        time.sleep(0.1 if size > 100 else 0)    # some are complete, or all
        a.cq.resize(size)
        expect(a.cq.cqe >= size, f"{a.cq.cqe} for {size}")
        expect([wc.wr_id for wc in a.wait(12)] == list(range(12)), "lost or twice")


def check_resize_srq(dev, ip):
    """Buffers of a shared queue survive its change of size."""
    a, b = End(dev), End(dev)
    srq = SRQ(b.pd, SrqInitAttr(SrqAttr(max_wr=16, max_sge=1)))
    cap = QPCap(max_send_wr=4, max_recv_wr=0, max_send_sge=1, max_recv_sge=0)
    b.qp = type(b.qp)(b.pd, QPInitAttr(qp_type=e.IBV_QPT_RC, scq=b.cq, rcq=b.cq, srq=srq,
                                       cap=cap))
    connect(a, b, gid_index(dev, ip, "v2"))
    for k in range(6):
        srq.post_recv(RecvWR(k, 1, [b.sge(64)]))
    srq.modify(SrqAttr(max_wr=100), e.IBV_SRQ_MAX_WR)
    expect(srq.query().max_wr >= 100, "it did not grow")
    for k in range(6, 60):
        srq.post_recv(RecvWR(k, 1, [b.sge(64)]))
    for k in range(30):
        a.send(e.IBV_WR_SEND, 8)
    a.wait(30)
    expect([wc.wr_id for wc in b.wait(30)] == list(range(30)), "other buffers")


def check_events(dev, ip):
    """A queue is armed without a system call, for solicited completions and for all."""
    a, b = pair(dev, ip, channel=True)
    for solicited in (False, True):
        b.recv()
        b.cq.req_notify(solicited)
        a.send(e.IBV_WR_SEND, 8, flags=e.IBV_SEND_SIGNALED | e.IBV_SEND_SOLICITED)
        b.channel.get_cq_event(b.cq)
        b.cq.ack_events(1)
        b.wait()
        a.wait()


def check_send_inv(dev, ip):
    """A completion names the key that the peer has invalidated, with the library's flag."""
    a, b = pair(dev, ip)
    region = MR(b.pd, 4096, ALL | e.IBV_ACCESS_MW_BIND)
    window = MW(b.pd, e.IBV_MW_TYPE_2)
    bind = SendWR(opcode=e.IBV_WR_BIND_MW, send_flags=e.IBV_SEND_SIGNALED)
    bind.set_bind_wr(window, MWBindInfo(region, region.buf, 64, e.IBV_ACCESS_REMOTE_WRITE))
    key = bind.rkey
    b.qp.post_send(bind)
    status(b.wait()[0], e.IBV_WC_SUCCESS)
    b.recv()
    wr = SendWR(opcode=e.IBV_WR_SEND_WITH_INV, num_sge=1, sg=[a.sge(8)], imm_data=key,
                send_flags=e.IBV_SEND_SIGNALED)
    a.qp.post_send(wr)
    status(a.wait()[0], e.IBV_WC_SUCCESS)
    wc = b.wait()[0]
    expect(wc.wc_flags & e.IBV_WC_WITH_INV and not wc.wc_flags & e.IBV_WC_WITH_IMM,
           f"flags {wc.wc_flags}")


def extended(a, ops, cq=None):
    cap = QPCap(max_send_wr=16, max_recv_wr=16, max_send_sge=2, max_recv_sge=2,
                max_inline_data=64)
    init = QPInitAttrEx(qp_type=e.IBV_QPT_RC, scq=cq or a.cq, rcq=cq or a.cq, cap=cap, pd=a.pd,
                        send_ops_flags=ops,
                        comp_mask=e.IBV_QP_INIT_ATTR_PD | e.IBV_QP_INIT_ATTR_SEND_OPS_FLAGS)
    a.qp = QPEx(a.ctx, init)


def check_extended(dev, ip):
    """ibv_wr_*() and extended polling: what is begun is posted as a whole or not at all."""
    a, b = End(dev), End(dev)
    ops = (e.IBV_QP_EX_WITH_RDMA_WRITE | e.IBV_QP_EX_WITH_SEND_WITH_IMM |
           e.IBV_QP_EX_WITH_ATOMIC_FETCH_AND_ADD)
    cq = CQEX(a.ctx, CqInitAttrEx(cqe=32, wc_flags=e.IBV_WC_STANDARD_FLAGS))
    extended(a, ops, cq)
    connect(a, b, gid_index(dev, ip, "v2"))
    a.mr.write("abcdefgh", 8)
    b.recv(length=64, offset=512)
    a.qp.wr_start()
    a.qp.wr_id, a.qp.wr_flags = 1, e.IBV_SEND_SIGNALED
    a.qp.wr_rdma_write(b.mr.rkey, b.mr.buf + 64)
    a.qp.wr_set_sge(a.sge(8))
    a.qp.wr_abort()
    a.qp.wr_start()
    a.qp.wr_id = 2
    a.qp.wr_rdma_write(b.mr.rkey, b.mr.buf + 128)
    a.qp.wr_set_sge_list(2, [a.sge(4), a.sge(4, 4)])
    a.qp.wr_id = 3
    a.qp.wr_atomic_fetch_add(b.mr.rkey, b.mr.buf + 256, 7)
    a.qp.wr_set_sge(a.sge(8, 1024))
    a.qp.wr_id = 4
    a.qp.wr_send_imm(0x01020304)
    a.qp.wr_set_inline_data(a.mr.buf, 8)
    a.qp.wr_complete()
    status(b.wait()[0], e.IBV_WC_SUCCESS)
    found, end = [], time.monotonic() + 20
    while len(found) < 3 and time.monotonic() < end:
        if cq.start_poll(PollCqAttr()):
            continue
        while True:
            found.append((cq.wr_id, cq.status, cq.read_opcode()))
            if cq.poll_next():
                break
        cq.end_poll()
    expect(found == [(2, 0, e.IBV_WC_RDMA_WRITE), (3, 0, e.IBV_WC_FETCH_ADD),
                     (4, 0, e.IBV_WC_SEND)], f"completions {found}")
    expect(b.mr.read(8, 64) == b"\0" * 8, "what was given up was written")
    expect(b.mr.read(8, 128) == b"abcdefgh" and b.mr.read(8, 512) == b"abcdefgh", "other bytes")
    expect(b.mr.read(1, 256) == b"\7", "the atomic was not executed")
    a.qp.wr_start()
    for _ in range(100):
        a.qp.wr_rdma_write(b.mr.rkey, b.mr.buf)
        a.qp.wr_set_sge(a.sge(8))
    refused(errno.ENOMEM, a.qp.wr_complete)
    time.sleep(0.2)
    expect(cq.start_poll(PollCqAttr()) != 0, "part of what did not fit was posted")


CHECKS = {name[6:]: f for name, f in list(globals().items()) if name.startswith("check_")}

if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        print(" ".join(CHECKS))
    elif len(sys.argv) == 4 and sys.argv[3] in CHECKS:
        CHECKS[sys.argv[3]](sys.argv[1], sys.argv[2])
        sys.stdout.flush()
        os._exit(0)
    else:
        raise SystemExit(__doc__)
