# SPDX-License-Identifier: BSD-2-Clause
"""spec/vectors/transcripts.json: what chip B sends, does and reports, packet by packet.

Chip B is the one under test; the reader plays chip A and B's host.  README.md in spec/vectors
tells what the steps mean.
"""

from codec import expected, ramp
from common import *  # noqa: F403
from refused import SETUP

TO_A = (ID_A, GEN_A)
PIGGY = ["delivery.flags", "delivery.ack_psn"]      # an implementation acknowledges as it likes
TACKS = PIGGY + ["tack.credits", "tack.delay_ns"]
ACKS = ["delivery.flags", "ack.flags", "ack.ce_count", "ack.echo_entropy", "ack.window",
        "ack.echo_psn", "ack.ack_delay_ns", "ack.rx_bytes"]
SYN_FREE = ["syn.window", "syn.max_payload"]


def enter(packet, drop="NONE", note=""):
    packet.seal()
    return {"do": "in", "note": note, "drop": drop, "parts": packet.parts,
            "hex": packet.data.hex()}


def out(packet, free=(), note=""):
    return dict({"do": "out", "note": note}, **expected(packet, free))


def do(what, note="", **more):
    return dict({"do": what, "note": note}, **{
        k: v if isinstance(v, str) else f"{v:#x}" for k, v in more.items()})


def place(offset, length, msg_len, answer="OK", what="PLACE_MEM", key=KEY, addr=ADDR, ssn=0,
          note=""):
    return do(what, note, answer=answer, offset=offset, len=length, msg_len=msg_len,
              **(dict(key=key, addr=addr) if what == "PLACE_MEM" else dict(ssn=ssn)))


def wait(ns, note=""):
    return do("wait", note, ns=ns)


def acked(psn):
    return do("acked", "by whatever B sends", psn=psn)


def connect_tlv():
    return tlv("EP_CONNECT", dict(src_qpn=QPN_A, service=2, credits=16, window=16, reads=4))


def accept_tlv():
    return tlv("EP_ACCEPT", dict(dst_qpn=QPN_A, src_qpn=QPN_B, credits=0, window=16, reads=4))


def opened(mode="RUD"):
    """B is target: A opens with EP_CONNECT, B accepts, all is acknowledged."""
    return [
        enter(ctrl([connect_tlv()], PSN_A, syn=dict(SYN_A, mode=mode), to=(0, 0), dflags="AR"),
              note="0-RTT: the first packet opens the context and asks for a stream"),
        do("EP_CONNECT", service=2, peer_qpn=QPN_A, note="told to the service, which accepts"),
        out(ctrl([accept_tlv()], PSN_B, ack=PSN_A, syn=dict(SYN_B, mode=mode), to=TO_A),
            ["delivery.flags", "tlv_ep_accept.credits"],
            "B does not know yet whether A has its id: SYN again"),
        enter(ack(PSN_B, flags="ECHO", echo_psn=PSN_B), note="to B's id: A knows it")]


def started(mode="RUD"):
    """B is initiator: it opens with EP_CONNECT, A accepts."""
    return [
        do("connect", service=2),
        out(ctrl([tlv("EP_CONNECT", dict(src_qpn=QPN_B, service=2, window=16, reads=4))], PSN_B,
                 syn=dict(SYN_B, mode=mode), to=(0, 0)), PIGGY + ["tlv_ep_connect.credits"]),
        enter(ctrl([tlv("EP_ACCEPT", dict(dst_qpn=QPN_B, src_qpn=QPN_A, credits=16, window=16,
                                          reads=4))], PSN_A, syn=dict(SYN_A, mode=mode), ack=PSN_B,
                   dflags="AR")),
        do("EP_ACCEPTED"),
        out(ack(PSN_A, to=TO_A), ACKS, "A's id is known now: no SYN any more"),
    ]


def post(op, ident, length, **more):
    return do("post", op=op, id=ident, len=length, **more)


def sent_write(psn, msn, length, first=0, flag="", **more):
    """What B sends for a posted WRITE of one packet; local bytes are a ramp from `first`."""
    return out(write(ramp(length, first), psn, msn=msn, qpn=QPN_A, to=TO_A, dflags=flag, **more),
               PIGGY)


def missing(ranges):
    return out(nack("MISSING", ranges, to=TO_A), PIGGY + ["nack.echo_psn"])


def receiving():
    yield "open-target", "A opens a context and writes: opening, placement, acknowledgements", \
        "WEFT-PDC-001 WEFT-ACK-001 WEFT-SEM-030", opened() + [
            enter(write(ramp(64), PSN_A + 1, dflags="AR")),
            place(0, 64, 64),
            acked(PSN_A + 1),
            out(tack(0, PSN_B + 1), TACKS, "message 0 is complete"),
            enter(ack(PSN_B + 1)), do("silent")]
    yield "duplicate", "A packet that arrives three times is placed once and acknowledged again", \
        "WEFT-PDC-020 WEFT-ACK-003", opened() + [
            enter(write(ramp(8), PSN_A + 1)), place(0, 8, 8),
            out(tack(0, PSN_B + 1), TACKS),
            enter(write(ramp(8), PSN_A + 1, dflags="RTX"), "DUPLICATE"),
            out(ack(PSN_A + 1, to=TO_A), ACKS),
            enter(write(ramp(8), PSN_A + 1, dflags="RTX"), "DUPLICATE"),
            out(ack(PSN_A + 1, to=TO_A), ACKS), do("silent")]
    yield "syn-twice", "The first packet arrives twice: one context, one stream", \
        "WEFT-PDC-002", opened()[:3] + [
            enter(ctrl([connect_tlv()], PSN_A, syn=SYN_A, to=(0, 0), dflags="RTX|AR"),
                  "DUPLICATE"),
            out(ack(PSN_A, syn=SYN_B, to=TO_A), ACKS,
                "A may not have B's id yet: SYN on the acknowledgement"), do("silent")]
    yield "gap-bitmap", "Two packets of three are missing: the bitmap tells what is there", \
        "WEFT-ACK-002 WEFT-ACK-003", opened() + [
            enter(write(ramp(8, 16), PSN_A + 3, msn=0, offset=16, msg_len=24),
                  note="the last packet first"),
            place(16, 8, 24, "HELD", note="before its turn: kept"),
            out(ack(PSN_A, [0x2000000000000000], to=TO_A), ACKS),
            enter(write(ramp(8), PSN_A + 1, msn=0, offset=0, msg_len=24)), place(0, 8, 24),
            enter(write(ramp(8, 8), PSN_A + 2, msn=0, offset=8, msg_len=24, dflags="AR")),
            place(8, 8, 24),
            place(16, 8, 24, note="now the packet that was kept"),
            acked(PSN_A + 3), out(tack(0, PSN_B + 1), TACKS)]


def in_order():
    yield "gap-in-order", "Mode ROD, the first of three packets is lost: the gap is told once, " \
        "and filled by everything from it on", "WEFT-PDC-022 WEFT-ACK-008", opened("ROD") + [
            enter(write(ramp(8, 8), PSN_A + 2, msn=1), "ORDER", "5001 is missing"),
            missing([(PSN_A + 1, 1)]),
            enter(write(ramp(8, 16), PSN_A + 3, msn=2), "ORDER", "told already"), do("silent"),
            enter(write(ramp(8), PSN_A + 1, dflags="RTX")), place(0, 8, 8),
            enter(write(ramp(8, 8), PSN_A + 2, msn=1, dflags="RTX")), place(0, 8, 8),
            enter(write(ramp(8, 16), PSN_A + 3, msn=2, dflags="RTX|AR")), place(0, 8, 8),
            acked(PSN_A + 3)] + [out(tack(i, PSN_B + 1 + i), TACKS) for i in range(3)]


def serving():
    yield "load-store", "A binds a window to B's region, stores 8 bytes and loads 8 others, in " \
        "one packet", "WEFT-MEM-041 WEFT-MEM-062 WEFT-MEM-067", opened() + [
            enter(ctrl([tlv("WINDOW_BIND", dict(window=3, qpn=QPN_B, rkey=KEY, addr=ADDR,
                                                length=0x1000))], PSN_A + 1, dflags="AR"),
                  note="4 KiB of the region are to be window 3"),
            do("BIND", "the host finds the key, and says what it allows: READ and WRITE",
               answer="OK", key=KEY, addr=ADDR, span=0x1000, window=3, value=3),
            out(ctrl([tlv("WINDOW_STATUS", dict(window=3, status="OK"))], PSN_B + 1, to=TO_A),
                PIGGY),
            enter(mem([(dict(code="STORE", size=3, tag=0, window=3, offset=64), None, [],
                        ramp(8, 0xA0)),
                       (dict(code="LOAD", size=3, tag=1, window=3, offset=256), None, [], b"")],
                      PSN_A + 2)),
            do("LS_STORE", answer="OK", key=KEY, addr=ADDR + 64, len=8),
            do("LS_LOAD", answer="OK", key=KEY, addr=ADDR + 256, len=8),
            out(mem([(dict(code="DONE", size=3, tag=0), None, [], b""),
                     (dict(code="DATA", size=3, tag=1), None, [], ramp(8))], PSN_B + 2, to=TO_A),
                ["mdelivery.flags", "memop.size"], "both answers in one packet"),
            enter(ack(PSN_B + 2)), do("silent")]
    rd = [("rd", dict(src_qpn=QPN_A, qkey=0x80010000, tag=1))]
    yield "reliable-datagram", "A datagram finds no buffer, and comes again under a new PSN", \
        "WEFT-DGM-021 WEFT-DGM-022", opened() + [
            enter(data("RD_SEND", ext=rd, payload=b"hello", psn=PSN_A + 1, qpn=7, dflags="AR")),
            do("PLACE_RD", "no receive buffer", answer="RNR", qpn=7, key=0x80010000, len=5,
               peer_qpn=QPN_A),
            out(data("RD_RSP", status="RNR", ext=[("rd_rsp", dict(tag=1, delay_ns=20000))],
                     psn=PSN_B + 1, qpn=QPN_A, to=TO_A), PIGGY),
            enter(data("RD_SEND", ext=rd, payload=b"hello", psn=PSN_A + 2, qpn=7, dflags="AR"),
                  note="20 microseconds later: a new PSN, the same tag"),
            do("PLACE_RD", answer="OK", qpn=7, key=0x80010000, len=5, peer_qpn=QPN_A),
            out(data("RD_RSP", ext=[("rd_rsp", dict(tag=1))], psn=PSN_B + 2, qpn=QPN_A, to=TO_A),
                PIGGY),
            enter(ack(PSN_B + 2)), do("silent")]


def executing():
    yield "read", "A READ of 3000 bytes: three packets of data", "WEFT-SEM-002", opened() + [
        enter(read(3000, PSN_A + 1, addr=ADDR + 16)),
        do("READ", answer="OK", key=KEY, addr=ADDR + 16, len=3000)] + [
        out(data("READ_RSP", w, [("read_rsp", dict(msg_len=3000, offset=o))], ramp(n, 16 + o), 0,
                 qpn=QPN_A, psn=PSN_B + 1 + i, to=TO_A), PIGGY)
        for i, (o, n, w) in enumerate(((0, 1024, "SOM"), (1024, 1024, 0), (2048, 952, "EOM")))] + [
        enter(ack(PSN_B + 3)), do("silent")]
    yield "atomic-once", "An atomic whose packet is duplicated is executed once; the answer is " \
        "sent again until it is acknowledged", "WEFT-SEM-014", opened() + [
            enter(atomic("FADD", 5, PSN_A + 1)),
            do("ATOMIC", answer="OK", key=KEY, addr=ADDR, operand=5, compare=0, value=37),
            out(data("ATOMIC_RSP", "SOM|EOM", [("atomic_rsp", dict(old=37))], qpn=QPN_A,
                     psn=PSN_B + 1, to=TO_A), PIGGY),
            enter(atomic("FADD", 5, PSN_A + 1, dflags="RTX"), "DUPLICATE"),
            wait(300000000),
            out(data("ATOMIC_RSP", "SOM|EOM", [("atomic_rsp", dict(old=37))], qpn=QPN_A,
                     psn=PSN_B + 1, to=TO_A, dflags="RTX"), PIGGY, "the same PSN and value"),
            enter(ack(PSN_B + 1)), do("silent")]
    yield "order-of-messages", "An atomic that arrives before the WRITE it follows waits for it", \
        "WEFT-SEM-002", opened() + [
            enter(atomic("FADD", 1, PSN_A + 2, msn=1)),
            enter(write(ramp(8), PSN_A + 1)), place(0, 8, 8),
            do("ATOMIC", answer="OK", key=KEY, addr=ADDR, operand=1, compare=0, value=7),
            out(tack(0, PSN_B + 1), TACKS),
            out(data("ATOMIC_RSP", "SOM|EOM", [("atomic_rsp", dict(old=7))], qpn=QPN_A, msn=1,
                     psn=PSN_B + 2, to=TO_A), PIGGY)]


def refusing():
    yield "rnr-target", "No receive buffer: RNR; what the old epoch still brings is dropped; the " \
        "replay in the new epoch is executed", "WEFT-SEM-031 WEFT-SEM-033", opened() + [
            enter(send(b"first", PSN_A + 1)),
            place(0, 5, 5, "RNR", "PLACE_RECV", note="the host has no buffer"),
            out(tack(0, PSN_B + 1, status="RNR", delay=20000),
                PIGGY + ["tack.credits"]),
            enter(send(b"second", PSN_A + 2, msn=1, ssn=1), "STREAM_STATE"),
            enter(send(b"first", PSN_A + 3, words="SOM|EOM|EPOCH")),
            place(0, 5, 5, "OK", "PLACE_RECV"),
            do("COMPLETE_RECV", ssn=0, len=5),
            out(tack(0, PSN_B + 2), TACKS),
            enter(send(b"first", PSN_A + 1, dflags="RTX"), "DUPLICATE"),
            enter(send(b"second", PSN_A + 4, msn=1, ssn=1, words="SOM|EOM|EPOCH")),
            place(0, 6, 6, "OK", "PLACE_RECV", ssn=1),
            do("COMPLETE_RECV", ssn=1, len=6), out(tack(1, PSN_B + 3), TACKS)]
    yield "refusal-target", "A key that does not exist: the refusal names the message, and the " \
        "stream is dead", "WEFT-SEM-022 WEFT-SEM-023", opened() + [
            enter(write(ramp(8), PSN_A + 1)), place(0, 8, 8), out(tack(0, PSN_B + 1), TACKS),
            enter(write(ramp(8), PSN_A + 2, msn=1, rkey=0x99)),
            place(0, 8, 8, "BAD_KEY", key=0x99),
            do("STREAM_ERROR", status="BAD_KEY"),
            out(tack(1, PSN_B + 2, status="BAD_KEY"), TACKS),
            enter(write(ramp(8), PSN_A + 3, msn=2), "STREAM_STATE")]
    yield "close-target", "A closes: B acknowledges, and its context ends", \
        "WEFT-PDC-014", opened() + [
            enter(ctrl([tlv("CLOSE")], PSN_A + 1, dflags="AR")),
            out(ack(PSN_A + 1, to=TO_A), ACKS),
            do("STREAM_ERROR", status="PEER_RESET"), do("PDC_CLOSED"),
            enter(data("NOP", psn=PSN_A + 2), "NO_CONTEXT"),
            out(nack("NO_CONTEXT", to=(0, 0), echo_pdc=ID_B, echo_gen=GEN_B,
                     echo_psn=PSN_A + 2))]
    yield "reset-target", "A gives up: RESET echoes a PSN of B's, and ends the context; one that " \
        "does not is ignored", "WEFT-PDC-011 WEFT-PDC-012", opened() + [
            enter(nack("RESET", echo_psn=PSN_B + 500), "BAD_ECHO"),
            enter(nack("RESET", echo_psn=PSN_B)),
            do("STREAM_ERROR", status="PEER_RESET"), do("PDC_FAILED", status="PEER_RESET")]


def sending():
    yield "open-initiator", "B opens, connects and writes", \
        "WEFT-PDC-001 WEFT-PDC-018", started() + [
            post("WRITE", 1, 32), sent_write(PSN_B + 1, 0, 32),
            enter(ack(PSN_B + 1, flags="ECHO", echo_psn=PSN_B + 1)),
            enter(tack(0, PSN_A + 1, qpn=QPN_B, to=(ID_B, GEN_B), ack=PSN_B + 1)),
            do("COMPLETE", id=1, status="OK")]
    yield "loss-bitmap", "The first of three packets is lost: the bitmap shows it, and it is " \
        "sent again under its PSN", "WEFT-RTX-001 WEFT-RTX-002", started() + [
            post("WRITE", 1, 8), post("WRITE", 2, 8), post("WRITE", 3, 8),
            sent_write(PSN_B + 1, 0, 8), sent_write(PSN_B + 2, 1, 8), sent_write(PSN_B + 3, 2, 8),
            wait(10000),
            enter(ack(PSN_B, [0x6000000000000000], flags="ECHO", echo_psn=PSN_B + 3)),
            wait(100000),
            sent_write(PSN_B + 1, 0, 8, flag="RTX"),
            enter(ack(PSN_B + 3, flags="ECHO", echo_psn=PSN_B + 1)),
            enter(tack(2, PSN_A + 1, qpn=QPN_B, to=(ID_B, GEN_B))),
            do("COMPLETE", id=1, status="OK"), do("COMPLETE", id=2, status="OK"),
            do("COMPLETE", id=3, status="OK")]
    yield "loss-trimmed", "A switch trimmed the packet: NACK TRIMMED, and it is sent again at " \
        "once", "WEFT-RTX-001 WEFT-RTX-003", started() + [
            post("WRITE", 1, 8), post("WRITE", 2, 8),
            sent_write(PSN_B + 1, 0, 8), sent_write(PSN_B + 2, 1, 8),
            wait(2000000, "longer than a round trip"),
            enter(nack("TRIMMED", [(PSN_B + 1, 1)], echo_psn=PSN_B + 1)),
            sent_write(PSN_B + 1, 0, 8, flag="RTX"),
            enter(ack(PSN_B + 2)), enter(tack(1, PSN_A + 1, qpn=QPN_B, to=(ID_B, GEN_B))),
            do("COMPLETE", id=1, status="OK"), do("COMPLETE", id=2, status="OK")]
    yield "loss-timeout", "Nothing comes back: the packet is sent again under the same PSN", \
        "WEFT-RTX-001 WEFT-RTX-006", started() + [
            post("WRITE", 1, 8), sent_write(PSN_B + 1, 0, 8),
            wait(20000000), sent_write(PSN_B + 1, 0, 8, flag="RTX"),
            enter(ack(PSN_B + 1)), enter(tack(0, PSN_A + 1, qpn=QPN_B, to=(ID_B, GEN_B))),
            do("COMPLETE", id=1, status="OK")]


def going_back():
    def again(*flags):
        return [sent_write(PSN_B + 1 + i, i, 8, flag=f) for i, f in enumerate(flags)]
    yield "go-back", "Mode ROD, the first of three packets is lost: NACK MISSING, and everything " \
        "from it on goes again, in order", "WEFT-RTX-004", started("ROD") + [
            post("WRITE", 1, 8), post("WRITE", 2, 8), post("WRITE", 3, 8)] + again("", "", "") + [
            wait(10000), enter(nack("MISSING", [(PSN_B + 1, 1)], echo_psn=PSN_B + 2))] + \
        again("RTX", "RTX", "RTX") + [
            enter(ack(PSN_B + 3)), enter(tack(2, PSN_A + 1, qpn=QPN_B, to=(ID_B, GEN_B)))] + [
            do("COMPLETE", id=i, status="OK") for i in (1, 2, 3)]


def proving():
    connect = tlv("EP_CONNECT", dict(src_qpn=QPN_B, service=2, window=16, reads=4))
    free = PIGGY + ["tlv_ep_connect.credits"]
    yield "cookie", "A has doubts and asks for a cookie: B opens again with it, under the same " \
        "PSN", "WEFT-PDC-028", started()[:2] + [
            enter(nack("COOKIE", echo_psn=PSN_B, arg=0xC00C1E5A), note="A keeps nothing"),
            out(ctrl([connect], PSN_B, syn=dict(SYN_B, cookie=0xC00C1E5A), to=(0, 0),
                     dflags="RTX"), free),
            enter(nack("COOKIE", echo_psn=PSN_B, arg=0xC00C1E5A),
                  note="the answer to another packet, say: nothing new"), do("silent"),
            enter(ctrl([tlv("EP_ACCEPT", dict(dst_qpn=QPN_B, src_qpn=QPN_A, credits=16,
                                              window=16, reads=4))], PSN_A, syn=SYN_A,
                       ack=PSN_B, dflags="AR")),
            do("EP_ACCEPTED"), out(ack(PSN_A, to=TO_A), ACKS)]


def sending_again():
    replay = dict(words="SOM|EOM|EPOCH", qpn=QPN_A, to=TO_A)
    yield "rnr-initiator", "RNR for message 0 while message 1 is under way: wait, until all is " \
        "acknowledged, then replay in the new epoch", "WEFT-SEM-032", started() + [
            post("SEND", 1, 8), post("SEND", 2, 8),
            out(send(ramp(8), PSN_B + 1, qpn=QPN_A, to=TO_A), PIGGY),
            out(send(ramp(8), PSN_B + 2, msn=1, ssn=1, qpn=QPN_A, to=TO_A), PIGGY),
            enter(tack(0, PSN_A + 1, status="RNR", credits=16, delay=20000, qpn=QPN_B,
                       to=(ID_B, GEN_B), ack=PSN_B + 1)),
            wait(40000, "the delay is over, PSN 1002 is not acknowledged"), do("silent"),
            enter(ack(PSN_B + 2)),
            out(send(ramp(8), PSN_B + 3, **replay), PIGGY),
            out(send(ramp(8), PSN_B + 4, msn=1, ssn=1, **replay), PIGGY),
            enter(tack(1, PSN_A + 2, qpn=QPN_B, to=(ID_B, GEN_B), ack=PSN_B + 4)),
            do("COMPLETE", id=1, status="OK"), do("COMPLETE", id=2, status="OK")]
    yield "refusal-initiator", "Message 1 of 3 is refused: it fails with the status, the one " \
        "after it is flushed", "WEFT-SEM-024", started() + [
            post("WRITE", 1, 8), post("WRITE", 2, 8), post("WRITE", 3, 8),
            enter(tack(1, PSN_A + 1, status="NO_RIGHTS", qpn=QPN_B, to=(ID_B, GEN_B),
                       ack=PSN_B + 3)),
            do("STREAM_ERROR", status="NO_RIGHTS"), do("COMPLETE", id=1, status="OK"),
            do("COMPLETE", id=2, status="NO_RIGHTS"), do("COMPLETE", id=3, status="FLUSHED")] + [
            sent_write(PSN_B + 1 + i, i, 8) for i in range(3)]
    rsp = dict(qpn=QPN_B, to=(ID_B, GEN_B))
    yield "read-initiator", "Data of a READ arrive out of order and twice", \
        "WEFT-SEM-035", started() + [
            post("READ", 1, 2000),
            out(read(2000, PSN_B + 1, qpn=QPN_A, to=TO_A), PIGGY),
            enter(data("READ_RSP", "EOM", [("read_rsp", dict(msg_len=2000, offset=1024))],
                       ramp(976), psn=PSN_A + 2, ack=PSN_B + 1, **rsp)),
            do("PLACE_WR", answer="OK", offset=1024, len=976, msg_len=2000),
            enter(data("READ_RSP", "SOM", [("read_rsp", dict(msg_len=2000, offset=0))],
                       ramp(1024), psn=PSN_A + 1, **rsp)),
            do("PLACE_WR", answer="OK", offset=0, len=1024, msg_len=2000),
            do("COMPLETE", id=1, status="OK"),
            enter(data("READ_RSP", "SOM", [("read_rsp", dict(msg_len=2000, offset=0))],
                       ramp(1024), psn=PSN_A + 1, dflags="RTX", **rsp), "DUPLICATE")]


def ending():
    yield "new-start-psn", "A remembers a later start PSN: B opens again after it", \
        "WEFT-PDC-004 WEFT-PDC-011", started()[:2] + [
            enter(nack("NEW_START_PSN", echo_psn=PSN_B + 99, arg=7000), "BAD_ECHO",
                  "does not echo what B sent"),
            enter(nack("NEW_START_PSN", echo_psn=PSN_B, arg=7000)),
            out(ctrl([tlv("EP_CONNECT", dict(src_qpn=QPN_B, service=2, window=16, reads=4))], 7001,
                     syn=dict(SYN_B, start_psn=7001), to=(0, 0)),
                PIGGY + ["tlv_ep_connect.credits"])]
    yield "impostor", "The first answer to an initiator must acknowledge what it sent", \
        "WEFT-PDC-018", started()[:2] + [
            enter(ctrl([accept_tlv()], PSN_A, syn=SYN_A, ack=PSN_B + 7), "NO_CONTEXT"),
            enter(ctrl([accept_tlv()], PSN_A, syn=SYN_A), "NO_CONTEXT")]
    yield "close-initiator", "B closes when everything is acknowledged", \
        "WEFT-PDC-013", started() + [
            post("WRITE", 1, 8), sent_write(PSN_B + 1, 0, 8), do("close"), do("silent"),
            enter(tack(0, PSN_A + 1, qpn=QPN_B, to=(ID_B, GEN_B), ack=PSN_B + 1)),
            do("COMPLETE", id=1, status="OK"),
            out(ctrl([tlv("CLOSE")], PSN_B + 2, to=TO_A), PIGGY),
            enter(ack(PSN_B + 2)), do("STREAM_ERROR", status="PEER_RESET"), do("PDC_CLOSED")]
    yield "close-crossing", "Both close at once: each acknowledges the other's CLOSE, and waits " \
        "for nothing more", "WEFT-PDC-030", started() + [
            do("close"), out(ctrl([tlv("CLOSE")], PSN_B + 1, to=TO_A), PIGGY),
            enter(ctrl([tlv("CLOSE")], PSN_A + 1, dflags="AR", ack=PSN_B),
                  note="A had not seen B's when it sent this"),
            out(ack(PSN_A + 1, to=TO_A), ACKS),
            do("STREAM_ERROR", status="PEER_RESET"), do("PDC_CLOSED")]
    yield "peer-forgot", "A has no such context any more: NO_CONTEXT that proves itself fails " \
        "ours", "WEFT-PDC-011 WEFT-PDC-012", started() + [
            post("WRITE", 1, 8), sent_write(PSN_B + 1, 0, 8),
            enter(nack("NO_CONTEXT", to=(0, 0), echo_pdc=ID_A + 1, echo_gen=GEN_A,
                       echo_psn=PSN_B + 1), "BAD_ECHO"),
            enter(nack("NO_CONTEXT", to=(0, 0), echo_pdc=ID_A, echo_gen=GEN_A,
                       echo_psn=PSN_B + 1)),
            do("STREAM_ERROR", status="PEER_RESET"), do("COMPLETE", id=1, status="PEER_RESET"),
            do("PDC_FAILED", status="PEER_RESET")]


GROUPS = [("target", "RUD", receiving), ("target", "ROD", in_order), ("target", "RUD", executing),
          ("target", "RUD", serving), ("target", "RUD", refusing), ("initiator", "RUD", sending),
          ("initiator", "RUD", sending_again), ("initiator", "ROD", going_back),
          ("initiator", "RUD", proving), ("initiator", "RUD", ending)]


def build():
    rows = []
    for role, mode, group in GROUPS:
        for name, about, reqs, steps in group():
            rows.append({"name": name, "about": about, "role": role, "mode": mode,
                         "requirements": reqs.split(), "steps": steps})
    return {"setup": {k: f"{v:#x}" for k, v in SETUP.items()}, "transcripts": rows}
