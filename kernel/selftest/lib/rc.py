# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Reliable connections for guest scripts, with pyverbs: queue pairs, and a TCP line beside them
over which both ends agree.

Leaves to its users what is sent and what must come of it.
"""
import faulthandler
import json
import os
import signal
import socket
import sys
import time

import pyverbs.enums as e
from pyverbs.addr import AHAttr, GID, GlobalRoute
from pyverbs.cq import CQ
from pyverbs.device import Context
from pyverbs.mr import MR
from pyverbs.pd import PD
from pyverbs.qp import QP, QPAttr, QPCap, QPInitAttr
from pyverbs.wr import RecvWR, SGE, SendWR

ALL_ACCESS = (e.IBV_ACCESS_LOCAL_WRITE | e.IBV_ACCESS_REMOTE_WRITE | e.IBV_ACCESS_REMOTE_READ
              | e.IBV_ACCESS_REMOTE_ATOMIC)
MTU = {256: 1, 512: 2, 1024: 3, 2048: 4, 4096: 5}
# Whoever is ended because it takes too long says where it was.
faulthandler.register(signal.SIGTERM, file=sys.stderr, chain=True)
PATIENCE_S = 60 * int(os.environ.get("WEFT_SLOW", 1))


class Line:
    """JSON messages over TCP."""

    def __init__(self, sock: socket.socket) -> None:
        sock.settimeout(PATIENCE_S * 2)
        self.file = sock.makefile("rw")
        self.sock = sock

    def tell(self, **what) -> None:
        self.file.write(json.dumps(what) + "\n")
        self.file.flush()

    def hear(self) -> dict:
        text = self.file.readline()
        if not text:
            raise ConnectionError("the other end is gone")
        return json.loads(text)

    def swap(self, **what) -> dict:
        self.tell(**what)
        return self.hear()


def listen(address: str, port: int) -> Line:
    with socket.create_server((address, port), family=_family(address)) as door:
        return Line(door.accept()[0])


def call(address: str, port: int) -> Line:
    return Line(socket.create_connection((address, port), timeout=PATIENCE_S))


def _family(address: str) -> int:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


class Device:
    """An open device, a protection domain, and the GID that its queue pairs speak from."""

    def __init__(self, name: str, gid_index: int) -> None:
        self.context = Context(name=name)
        self.pd = PD(self.context)
        self.gid_index = gid_index
        self.gid = str(self.context.query_gid(1, gid_index))
        self.mtu = self.context.query_port(1).active_mtu

    def memory(self, length: int) -> MR:
        return MR(self.pd, length, ALL_ACCESS)

    def close(self) -> None:
        self.context.close()


class Pair:
    """One queue pair with a completion queue of its own."""

    def __init__(self, device: Device, depth: int = 64, **attributes) -> None:
        """attributes: timeout, retry_cnt, rnr_retry, min_rnr_timer where they differ."""
        self.device = device
        self.attributes = {"timeout": 14, "retry_cnt": 7, "rnr_retry": 7, "min_rnr_timer": 12,
                           **attributes}
        self.cq = CQ(device.context, 2 * depth)
        cap = QPCap(max_send_wr=depth, max_recv_wr=depth)
        self.qp = QP(device.pd, QPInitAttr(qp_type=e.IBV_QPT_RC, scq=self.cq, rcq=self.cq,
                                           cap=cap, sq_sig_all=1))

    def name(self) -> dict:
        """What the other end needs to connect."""
        return {"qpn": self.qp.qp_num, "gid": self.device.gid, "mtu": self.device.mtu}

    def connect(self, to: dict) -> None:
        attr = QPAttr(port_num=1)
        route = GlobalRoute(dgid=GID(to["gid"]), sgid_index=self.device.gid_index)
        attr.ah_attr = AHAttr(gr=route, is_global=1, port_num=1)
        attr.qp_access_flags = ALL_ACCESS
        attr.dest_qp_num = to["qpn"]
        attr.path_mtu = min(self.device.mtu, to["mtu"])
        attr.rq_psn = attr.sq_psn = 7
        attr.max_rd_atomic = attr.max_dest_rd_atomic = 4
        for name, value in self.attributes.items():
            setattr(attr, name, value)
        self.qp.to_rts(attr)

    def post(self, opcode: int, mr: MR, offset: int, length: int, wr_id: int = 0,
             remote: tuple[int, int] | None = None, atomic: tuple[int, int] | None = None,
             imm: int = 0) -> None:
        """remote: key and address. atomic: what is added or compared, and what is swapped in."""
        sge = SGE(mr.buf + offset, length, mr.lkey)
        wr = SendWR(wr_id=wr_id, opcode=opcode, num_sge=1, sg=[sge], imm_data=imm)
        if atomic:
            wr.set_wr_atomic(remote[0], remote[1], atomic[0], atomic[1])
        elif remote:
            wr.set_wr_rdma(remote[0], remote[1])
        self.qp.post_send(wr)

    def post_recv(self, mr: MR, offset: int, length: int, wr_id: int = 0) -> None:
        self.qp.post_recv(RecvWR(wr_id=wr_id, num_sge=1, sg=[SGE(mr.buf + offset, length,
                                                                 mr.lkey)]))

    def completions(self, count: int, patience_s: float = PATIENCE_S) -> list:
        """The next completions, whatever their status; fewer when time is over."""
        found, until = [], time.monotonic() + patience_s
        while len(found) < count and time.monotonic() < until:
            number, got = self.cq.poll(count - len(found))
            found += got
            if not number:
                time.sleep(0.0005)
        return found

    def close(self) -> None:
        self.qp.close()
        self.cq.close()
