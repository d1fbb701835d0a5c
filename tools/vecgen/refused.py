# SPDX-License-Identifier: BSD-2-Clause
"""spec/vectors/refused.json: packets that are dropped, and why; and some that only look so.

A row is (name, about, bytes, cause, requirement[, answer]).  The states are told in words and
numbers, so that a reader can bring his own implementation there.
"""

from codec import CONST, Packet, crc32c, expected, packet_crc, ramp
from common import *  # noqa: F403

STATES = {
    "none": "No context is needed: the packet alone decides.",
    "chip": "Chip B knows chip A: the latest context that incarnation 9 of it opened began with "
            "PSN 5000; that context is closed, and there is no other.",
    "open": "Chip B has the context of `setup` open in mode RUD, and its stream is READY. PSNs "
            "5000 to 5002 are done; of its own, 1000 is acknowledged. Each row begins here.",
    "rod": "As `open`, in mode ROD.",
}
SETUP = dict(chip_id=CHIP_B, incarnation=INC_B, pdc_id=ID_B, gen=GEN_B, domain=DOMAIN,
             start_psn=PSN_B, window=64, max_payload=1024, qpn=QPN_B, peer_chip_id=CHIP_A,
             peer_incarnation=INC_A, peer_pdc_id=ID_A, peer_gen=GEN_A, peer_start_psn=PSN_A,
             peer_qpn=QPN_A, peer_window=64, peer_max_payload=1024, stream_window=16,
             stream_reads=4, next_psn=PSN_A + 3, acked_psn=PSN_B)
NEXT = PSN_A + 3                    # the PSN after those received
TO_A = dict(to=(ID_A, GEN_A))


def sealed(packet):
    return packet.seal().data


def cut(packet, length):
    return sealed(packet)[:length]


def with_byte(data, at, value):
    """One byte changed, the CRC right again."""
    data = bytearray(data[:-4])
    data[at] = value
    return bytes(data) + packet_crc(bytes(data)).to_bytes(4, "big")


def flipped(data, at, bit):
    data = bytearray(data)
    data[at] ^= 1 << bit
    return bytes(data)


def short():
    why = ("SHORT", "WEFT-PKT-001")
    w = sealed(write(b"hello", PSN_A, syn=SYN_A, to=(0, 0)))
    yield "empty", "No bytes at all", b"", *why
    yield "short-delivery", "One byte less than the delivery header", w[:15], *why
    yield "short-syn", "The SYN extension is cut", w[:47], *why
    yield "short-op", "The operation header is cut", w[:59], *why
    yield "short-extension", "The extension of WRITE is cut", w[:79], *why
    yield "short-payload", "One byte of the payload is missing, and the CRC", w[:84], *why
    yield "short-crc", "One byte of the CRC is missing", w[:-1], *why
    yield "length-too-large", "The length field asks for more than there is", sealed(
        data("WRITE", "SOM", [("write", dict(rkey=KEY, addr=ADDR, msg_len=500))], b"hello",
             psn=NEXT, length=300)), *why
    yield "short-imm", "IMM is set and no immediate follows", sealed(
        data("SEND", "SOM|EOM|IMM", [("send", dict())], psn=NEXT)), *why
    a = ack(PSN_B, [1 << 63] * 3)
    yield "short-bitmap", "The last bitmap word is missing", cut(a, 16 + 24 + 16), *why
    n = nack("MISSING", [(PSN_B, 1)] * 2, to=(ID_B, GEN_B))
    yield "short-ranges", "The last range is missing", cut(n, 16 + 16 + 8), *why
    c = ctrl([tlv("CLOSE")], NEXT, lie=64)
    yield "short-control", "The elements are said to be longer than the packet", sealed(c), *why
    yield "delivery-only", "A delivery header and nothing else", w[:16], *why


def form():
    good = sealed(write(b"hello", NEXT))
    for v in (0, 2, 15):
        yield f"version-{v}", f"Version {v}", with_byte(good, 0, v << 4 | 1), "VERSION", \
            "WEFT-PKT-002", expected(alone([tlv("VERSION_REJECT", dict(min=1, max=1))], NEXT))
    for t in (0, 9, 15):
        yield f"type-{t}", f"Type {t}, which is reserved", with_byte(good, 0, 0x10 | t), "TYPE", \
            "WEFT-PKT-003"
    yield "sec", "SEC, at a chip that does not claim SECURE", with_byte(good, 1, good[1] | 0x10), \
        "TYPE", "WEFT-PKT-007"
    crc = ("CRC", "WEFT-PKT-004")
    yield "crc-bit-payload", "One bit of the payload is flipped", flipped(good, -5, 0), *crc
    yield "crc-bit-header", "One bit of the PSN is flipped", flipped(good, 11, 3), *crc
    yield "crc-bit-crc", "One bit of the CRC is flipped", flipped(good, -1, 7), *crc
    yield "crc-zero", "The CRC is zero", good[:-4] + bytes(4), *crc
    yield "crc-little", "The CRC lies the wrong way round", good[:-4] + good[:-5:-1], *crc
    yield "crc-entropy", "The CRC covers entropy and fabric as they are", \
        good[:-4] + crc32c(good[:-4]).to_bytes(4, "big"), *crc
    bad = ("MALFORMED", "WEFT-PDC-017")
    yield "syn-window-15", "SYN announces a window of 15", sealed(write(
        b"x", PSN_A, syn=dict(SYN_A, window=15), to=(0, 0))), *bad
    yield "syn-payload-63", "SYN announces a payload of 63", sealed(write(
        b"x", PSN_A, syn=dict(SYN_A, max_payload=63), to=(0, 0))), *bad
    yield "bitmap-9", "Nine bitmap words", sealed(ack(PSN_B, [0] * 9)), "MALFORMED", "WEFT-PKT-033"
    yield "ranges-9", "Nine ranges", sealed(nack("MISSING", [(PSN_B, 1)] * 9)), "MALFORMED", \
        "WEFT-PKT-033"
    c = ctrl([Packet().bytes("odd", b"\x80\x08\x00\x00\x00\x00")], NEXT)
    yield "control-odd", "The length of the elements is no multiple of 4", sealed(c), \
        "MALFORMED", "WEFT-PKT-034"


def alone_bad():
    bad = ("BAD_TLV", "WEFT-PKT-009")
    hello = dict(chip_id=CHIP_A, version_min=1, version_max=1)
    yield "alone-unknown-critical", "HELLO, and an unknown element that is critical", sealed(
        alone([tlv("HELLO", hello), tlv(0x8777, raw=b"must", what="value")], 1)), *bad
    yield "alone-leaves", "The length of an element leaves the packet", sealed(
        alone([tlv("HELLO", hello, lie=36)], 1)), *bad
    yield "alone-leaves-65535", "The largest length there is", sealed(
        alone([tlv("NAME", raw=b"x", what="value", lie=65535)], 1)), *bad
    yield "alone-short-hello", "A HELLO of 28 bytes", sealed(
        alone([tlv("HELLO", raw=bytes(28), what="value")], 1)), *bad
    yield "alone-empty", "No element at all", sealed(alone([], 1)), *bad


def context():
    lost = ("NO_CONTEXT", "WEFT-PDC-010")
    for name, about, to in (("unknown-id", "An id that is no context", (ID_B + 1, GEN_B)),
                            ("other-generation", "Another generation of the id", (ID_B, 1))):
        yield name, about, sealed(write(b"x", NEXT, to=to)), *lost, expected(nack(
            "NO_CONTEXT", to=(0, 0), echo_pdc=to[0], echo_gen=to[1], echo_psn=NEXT))
    yield "unknown-id-syn", "An id that is no context, with SYN", sealed(write(
        b"x", NEXT, syn=SYN_A, to=(ID_B + 1, GEN_B))), *lost, expected(nack(
            "NO_CONTEXT", to=(0, 0), echo_pdc=ID_B + 1, echo_gen=GEN_B, echo_psn=NEXT))
    yield "no-id", "No id, and no SYN that says more: no answer", sealed(
        write(b"x", NEXT, to=(0, 0))), "NO_CONTEXT", "WEFT-PDC-091"
    yield "ack-other-generation", "An ACK for another generation: no answer", sealed(
        ack(PSN_B, to=(ID_B, 3))), *lost
    syn = dict(to=(ID_B, GEN_B))
    yield "other-chip", "A SYN of another chip, to our id", sealed(write(
        b"x", NEXT, syn=dict(SYN_A, chip_id=CHIP_A + 9), **syn)), "NO_CONTEXT", "WEFT-PDC-071"
    for name, about, change, req in (
            ("other-domain", "SYN with another domain", dict(domain=2), "WEFT-PDC-008"),
            ("other-mode", "SYN with another mode", dict(mode="ROD"), "WEFT-PDC-008"),
            ("other-start", "SYN with another start PSN", dict(start_psn=PSN_A + 1),
             "WEFT-PDC-072"),
            ("other-incarnation", "SYN with another incarnation", dict(incarnation=INC_A + 1),
             "WEFT-PDC-072"),
            ("other-syn-generation", "SYN with another generation", dict(gen=GEN_A + 1),
             "WEFT-PDC-072")):
        yield name, about, sealed(
            write(b"x", NEXT, syn=dict(SYN_A, **change), **syn)), "DOMAIN", req
    yield "window-last", "The last PSN of the window: taken", sealed(
        write(b"x", NEXT + 63)), "NONE", "WEFT-PDC-021"
    yield "window-beyond", "The PSN after the window", sealed(
        write(b"x", NEXT + 64)), "WINDOW", "WEFT-PDC-021"
    yield "window-far", "A PSN half the numbers away", sealed(
        write(b"x", NEXT + 0x7FFFFFFE)), "WINDOW", "WEFT-PDC-021"
    yield "duplicate", "The latest PSN again", sealed(data("NOP", psn=NEXT - 1)), "DUPLICATE", \
        "WEFT-PDC-020"
    yield "duplicate-old", "A PSN from before the context", sealed(
        data("NOP", psn=PSN_A - 1)), "DUPLICATE", "WEFT-PDC-020"
    yield "oversize", "1025 bytes where 1024 were announced", sealed(
        write(ramp(1025), NEXT)), "OVERSIZE", "WEFT-PKT-006"
    yield "largest", "1024 bytes where 1024 were announced: taken", sealed(
        write(ramp(1024), NEXT)), "NONE", "WEFT-PKT-006"
    yield "padded", "An Ethernet frame's padding after the CRC: taken", \
        sealed(write(b"x", NEXT)) + bytes(30), "NONE", "WEFT-NET-001"
    good = sealed(data("NOP", psn=NEXT))
    yield "switched", "Entropy and fabric changed on the way: taken", \
        good[:2] + b"\xff\xff\x80" + good[5:], "NONE", "WEFT-PKT-005"
    yield "reserved-syn", "Reserved bits of the SYN extension are set: taken", with_byte(
        with_byte(sealed(data("NOP", psn=NEXT, syn=SYN_A, to=(ID_B, GEN_B))), 35, 0xFF), 31,
        0x10 | GEN_A << 2 | 3), "NONE", "WEFT-CONV-003"


def meaning():
    yield "no-stream", "A queue pair that does not exist", sealed(
        write(b"x", NEXT, qpn=0x61)), "NO_STREAM", "WEFT-SEM-025", \
        expected(tack(0, PSN_B + 1, status="NO_STREAM", qpn=0x61),
                 ["delivery.flags", "delivery.ack_psn", "tack.credits", "tack.delay_ns"])
    yield "ack-unsent", "Acknowledges a PSN that was never sent", sealed(
        ack(PSN_B + 1)), "BAD_ACK", "WEFT-ACK-007"
    yield "piggyback-unsent", "The same, on a DATA packet", sealed(
        data("NOP", psn=NEXT, ack=PSN_B + 100)), "BAD_ACK", "WEFT-ACK-007"
    for reason in ("RESET", "NEW_START_PSN", "BUSY", "MODE", "COOKIE"):
        yield f"blind-{reason.lower().replace('_', '-')}", \
            f"{reason} that echoes a PSN never sent", sealed(
                nack(reason, echo_psn=PSN_B + 0x8000)), "BAD_ECHO", "WEFT-PDC-011"
    yield "blind-no-context", "NO_CONTEXT for what we did not send", sealed(
        nack("NO_CONTEXT", to=(ID_B, GEN_B), echo_pdc=ID_A + 1, echo_gen=GEN_A,
             echo_psn=PSN_B)), "BAD_ECHO", "WEFT-PDC-011"
    yield "unasked-read-rsp", "Data of a READ that nobody asked for", sealed(data(
        "READ_RSP", "SOM|EOM", [("read_rsp", dict(msg_len=4))], b"data", psn=NEXT)), \
        "UNEXPECTED", "WEFT-SEM-026"
    yield "unasked-atomic-rsp", "The answer to an atomic that nobody asked for", sealed(data(
        "ATOMIC_RSP", "SOM|EOM", [("atomic_rsp", dict(old=1))], psn=NEXT)), "UNEXPECTED", \
        "WEFT-SEM-026"
    bad = ("BAD_TLV", "WEFT-PDC-015")
    yield "control-empty", "No element in a context", sealed(ctrl([], NEXT)), *bad
    yield "control-two", "Two critical elements in a context", sealed(
        ctrl([tlv("CLOSE"), tlv("CLOSE")], NEXT)), *bad
    yield "control-unknown", "An unknown critical element in a context", sealed(
        ctrl([tlv(0x8777, raw=b"must", what="value")], NEXT)), "BAD_TLV", "WEFT-PKT-009"
    yield "control-leaves", "An element leaves the packet", sealed(
        ctrl([tlv("CLOSE", lie=8)], NEXT)), "BAD_TLV", "WEFT-PKT-009"
    yield "control-hello", "HELLO in a context", sealed(
        ctrl([tlv("HELLO", dict(chip_id=CHIP_A))], NEXT)), "BAD_TLV", "WEFT-PDC-015"


def requests():
    """Refused by the form of the request: TACK with the status answers."""
    def row(name, about, status, packet, req="WEFT-SEM-010", msn=0):
        return name, about, sealed(packet), "REFUSED", req, expected(
            tack(msn, PSN_B + 1, status=status),
            ["delivery.flags", "delivery.ack_psn", "tack.credits", "tack.delay_ns"])
    bad = "MALFORMED"
    yield row("form-no-som", "Offset 0 without SOM", bad, write(b"abcd", NEXT, words="EOM"))
    yield row("form-no-eom", "The last packet without EOM", bad, write(b"abcd", NEXT, words="SOM"))
    yield row("form-offset", "Offset and length leave the message", bad, write(
        b"abcd", NEXT, offset=6, msg_len=8, words="EOM"))
    yield row("form-offset-wraps", "Offset and length wrap", bad, write(
        b"abcd", NEXT, offset=2**32 - 4, msg_len=8, words=0))
    yield row("form-empty-part", "No payload, and the message has some", bad, write(
        b"", NEXT, msg_len=8, words="SOM"))
    yield row("form-too-long", "A message longer than MSG_MAX", bad, write(
        b"abcd", NEXT, msg_len=CONST["MSG_MAX"] + 1))
    yield row("form-read-payload", "A READ with payload", bad, data(
        "READ", "SOM|EOM", [("read", dict(rkey=KEY, addr=ADDR, msg_len=8))], b"abcd", psn=NEXT))
    yield row("form-send-ssn", "Immediate of a SEND names another receive buffer", bad, send(
        b"abcd", NEXT, words="SOM|EOM|IMM", tail=[("imm", dict(ssn=1))]), "WEFT-SEM-085")
    yield row("opcode-reserved", "Operation code 0", "BAD_OPCODE", data(0, psn=NEXT),
              "WEFT-SEM-015")
    yield row("opcode-unknown", "Operation code 200", "BAD_OPCODE", data(200, psn=NEXT),
              "WEFT-SEM-015")
    yield row("atomic-misaligned", "An atomic at an odd address", "MISALIGNED", atomic(
        "FADD", 1, NEXT, addr=ADDR + 1), "WEFT-MEM-007")
    yield row("atomic-width", "An atomic on a word of 3 bytes", "BAD_OPCODE", atomic(
        "FADD", 1, NEXT, width=3), "WEFT-MEM-007")
    yield row("atomic-operation", "An atomic operation that does not exist", "BAD_OPCODE", atomic(
        99, 1, NEXT), "WEFT-SEM-015")


def chip():
    new = expected(nack("NEW_START_PSN", echo_psn=PSN_A, arg=PSN_A, **TO_A))
    yield "stale-syn", "The start PSN of a context that was", sealed(write(
        b"x", PSN_A, syn=SYN_A, to=(0, 0))), "STALE_SYN", "WEFT-PDC-003", new
    yield "stale-syn-before", "A start PSN before it", sealed(write(
        b"x", PSN_A - 1, syn=dict(SYN_A, start_psn=PSN_A - 1), to=(0, 0))), "STALE_SYN", \
        "WEFT-PDC-003", expected(nack("NEW_START_PSN", echo_psn=PSN_A - 1, arg=PSN_A, **TO_A))
    yield "stale-incarnation", "An incarnation before the latest: no answer", sealed(write(
        b"x", 9000, syn=dict(SYN_A, incarnation=INC_A - 1, start_psn=9000), to=(0, 0))), \
        "STALE_SYN", "WEFT-PDC-006"
    yield "new-syn", "The next start PSN: taken", sealed(data(
        "NOP", psn=PSN_A + 1, syn=dict(SYN_A, start_psn=PSN_A + 1), to=(0, 0))), "NONE", \
        "WEFT-PDC-003"
    later = dict(SYN_A, start_psn=1, incarnation=INC_A + 1)
    ask = expected(nack("COOKIE", echo_psn=1, **TO_A), ["nack.arg"])
    yield "new-incarnation", "A later incarnation must show that it hears us", sealed(write(
        b"x", 1, syn=later, to=(0, 0))), "BAD_COOKIE", "WEFT-PDC-024", ask
    yield "wrong-cookie", "A cookie that B did not give", sealed(write(
        b"x", 1, syn=dict(later, cookie=0x12345678), to=(0, 0))), "BAD_COOKIE", "WEFT-PDC-027", ask


def rod():
    free = ["nack.echo_psn", "nack.arg", "delivery.ack_psn", "delivery.flags"]
    yield "order", "One PSN is missing", sealed(write(b"x", NEXT + 1)), "ORDER", "WEFT-PDC-022", \
        expected(nack("MISSING", [(NEXT, 1)], **TO_A), free)
    yield "order-duplicate", "The latest PSN again", sealed(data("NOP", psn=NEXT - 1)), \
        "DUPLICATE", "WEFT-PDC-020"


def build():
    rows = []
    for state, groups in (("none", (short, form, alone_bad)), ("chip", (chip,)),
                          ("open", (context, meaning, requests)), ("rod", (rod,))):
        for group in groups:
            for name, about, raw, cause, req, *answer in group():
                row = {"name": name, "about": about, "state": state, "hex": raw.hex(),
                       "drop": cause, "requirement": req}
                if answer:
                    row["answer"] = answer[0]
                rows.append(row)
    return {"states": STATES, "setup": {k: f"{v:#x}" for k, v in SETUP.items()}, "vectors": rows}
