# SPDX-License-Identifier: BSD-2-Clause
"""spec/vectors/packets.json: packets of every type, operation and layout, to be taken."""

from codec import ramp
from common import *  # noqa: F403

HELLO = dict(chip_id=CHIP_A, incarnation=INC_A, version_min=1, version_max=1, modes="RUD|ROD",
             profiles="CORE|AI|MEM|ACCEL", vendor=0xA0C0FF, max_payload=4096, max_window=1024,
             domain=0, paths=64, **{"class": "GPU"})
V4_MAPPED = bytes.fromhex("00000000000000000000ffffc0000207")
V6 = bytes.fromhex("20010db8000000000000000000000042")


def writes():
    full = dict(psn=PSN_A + 3, ack=PSN_B)
    yield "write-syn", "First packet of a context: SYN, and a WRITE of 5 bytes", write(
        b"hello", PSN_A, syn=SYN_A, to=(0, 0), dflags="AR")
    yield "write", "A WRITE of one packet, with a piggybacked acknowledgement", write(
        b"hello world!", **full)
    yield "write-first", "First packet of a WRITE of 300 bytes", write(
        ramp(128), PSN_A + 4, msn=1, msg_len=300)
    yield "write-middle", "Middle packet of that WRITE", write(
        ramp(128, 128), PSN_A + 5, msn=1, offset=128, msg_len=300)
    yield "write-last", "Last packet of that WRITE, acknowledgement asked for", write(
        ramp(44, 256), PSN_A + 6, msn=1, offset=256, msg_len=300, words="EOM", dflags="AR")
    yield "write-zero", "A WRITE of no bytes", write(b"", PSN_A + 7, msn=2)
    yield "write-imm", "A WRITE with immediate, which consumes receive buffer 3", write(
        b"data", PSN_A + 8, msn=3, words="SOM|EOM|IMM", tail=[("imm", dict(ssn=3, imm=0xCAFE))])
    yield "write-signal", "A WRITE that adds 1 to a counter at the target when it is placed", write(
        b"data", PSN_A + 9, msn=4, words="SOM|EOM|SIGNAL",
        tail=[("signal", dict(rkey=KEY, addr=ADDR + 0x100, value=1))])
    yield "write-imm-signal", "Immediate and counter both: the immediate comes first", write(
        b"data", PSN_A + 10, msn=5, words="SOM|EOM|IMM|SIGNAL",
        tail=[("imm", dict(ssn=4, imm=1)), ("signal", dict(rkey=KEY, addr=ADDR, value=7))])
    yield "write-top", "A WRITE whose last byte is the last of the address space", write(
        b"end", PSN_A + 11, msn=6, addr=2**64 - 3)
    yield "write-again", "A WRITE sent again: RTX, the same PSN, another path", write(
        b"hello world!", dflags="RTX|AR", entropy=0xC003, **full)
    yield "write-marked", "A WRITE that a switch marked: CE, traffic class 5", write(
        b"marked", PSN_A + 12, msn=7, fabric=0xA8)


def sends():
    yield "send", "A SEND of one packet for receive buffer 0", send(b"message", PSN_A + 13)
    yield "send-part", "Second packet of a SEND of 2048 bytes, epoch 1", send(
        ramp(64), PSN_A + 14, msn=1, ssn=1, offset=1024, msg_len=2048, words="EPOCH")
    yield "send-zero", "A SEND of no bytes, solicited", send(
        b"", PSN_A + 15, msn=2, ssn=2, words="SOM|EOM|SE")
    yield "send-imm", "A SEND with immediate, solicited event", send(
        b"ping", PSN_A + 16, msn=3, ssn=3, words="SOM|EOM|SE|IMM",
        tail=[("imm", dict(ssn=3, imm=0x12345678))])
    yield "send-inv", "A SEND that invalidates a key of the receiver's", send(
        b"done", PSN_A + 17, msn=4, ssn=4, words="SOM|EOM|INV", tail=[("inv", dict(rkey=KEY))])
    yield "send-all", "Everything that may follow the operation: immediate, key, counter", send(
        b"all", PSN_A + 18, msn=5, ssn=5, words="SOM|EOM|SE|IMM|INV|FENCE|SIGNAL|EPOCH",
        tail=[("imm", dict(ssn=5, imm=1)), ("inv", dict(rkey=KEY)),
              ("signal", dict(rkey=KEY + 1, addr=8, value=2**32 - 1))])


def reads_and_atomics():
    back = dict(to=(ID_A, GEN_A), qpn=QPN_A, psn=PSN_B + 5)
    yield "read", "A READ of 4096 bytes", read(4096, PSN_A + 19, msn=6)
    yield "read-zero", "A READ of no bytes", read(0, PSN_A + 20, msn=7)
    yield "read-fence", "A READ posted with FENCE", data(
        "READ", "SOM|EOM|FENCE", [("read", dict(rkey=KEY, addr=ADDR, msg_len=8))], msn=8,
        psn=PSN_A + 21)
    yield "read-rsp", "B to A: data of a READ of 16 bytes", data(
        "READ_RSP", "SOM|EOM", [("read_rsp", dict(msg_len=16, offset=0))], ramp(16), 6, **back)
    yield "read-rsp-part", "B to A: second packet of the data of a READ of 4096 bytes", data(
        "READ_RSP", 0, [("read_rsp", dict(msg_len=4096, offset=1024))], ramp(64), 7, **back)
    yield "atomic-fadd", "Fetch and add 1 to a 64-bit word", atomic("FADD", 1, PSN_A + 22)
    yield "atomic-cas", "Compare with 5 and swap in 6", atomic(
        "CAS", 6, PSN_A + 23, msn=1, compare=5)
    yield "atomic-cas-masked", "Compare the low 16 bits with 0x1234, change bits 16 to 31", atomic(
        "CAS", 0xABCD0000, PSN_A + 24, msn=2, compare=0x1234, masks=(0xFFFF0000, 0xFFFF))
    for i, op in enumerate(("SWAP", "MIN", "MAX", "UMIN", "UMAX", "AND", "OR", "XOR")):
        yield f"atomic-{op.lower()}", f"{op} on a word of {1 << i % 4} bytes", atomic(
            op, 0x7F, PSN_A + 25 + i, msn=3 + i, width=1 << i % 4, addr=ADDR + 8 * i)
    yield "atomic-rsp", "B to A: the old value", data(
        "ATOMIC_RSP", "SOM|EOM", [("atomic_rsp", dict(old=2**64 - 2))], msn=1, **back)


def transactions():
    yield "tack", "B to A: every message up to 9 is complete, receive buffers up to 16", tack(
        9, PSN_B + 6, credits=16, ack=PSN_A + 20)
    yield "tack-rnr", "B to A: no receive buffer for message 2, replay after 20 microseconds", tack(
        2, PSN_B + 7, status="RNR", credits=16, delay=20000)
    for i, st in enumerate(("NO_STREAM", "BAD_KEY", "OUT_OF_BOUNDS", "TOO_LONG", "MISALIGNED")):
        yield f"tack-{st.lower().replace('_', '-')}", f"B to A: message {i} is refused, {st}", tack(
            i, PSN_B + 8 + i, status=st)
    yield "nop", "NOP: only its PSN counts", data("NOP", psn=PSN_A + 33, dflags="AR")


def further():
    back = dict(to=(ID_A, GEN_A), qpn=QPN_A, psn=PSN_B + 5)
    yield "reduce", "REDUCE: adds four 32-bit integers to memory", data(
        "REDUCE", "SOM|EOM", [("reduce", dict(rkey=KEY, addr=ADDR, msg_len=16, op="SUM",
                                              dtype="I32"))],
        b"".join(i.to_bytes(4, "little") for i in (1, 2, 3, 4)), 9, psn=PSN_A + 34)
    yield "reduce-bf16", "REDUCE: the larger of bf16 numbers, second packet of 96 bytes", data(
        "REDUCE", "EOM", [("reduce", dict(rkey=KEY, addr=ADDR, msg_len=96, offset=64, op="MAX",
                                          dtype="BF16"))],
        b"\x80\x3f" * 16, 10, psn=PSN_A + 35)
    for i, level in enumerate(("PLACED", "VISIBLE", "DURABLE")):
        yield f"flush-{level.lower()}", f"FLUSH to {level}", data(
            "FLUSH", "SOM|EOM", [("flush", dict(rkey=KEY, addr=ADDR, length=4096 * (i < 2),
                                                level=level))], msn=11 + i, psn=PSN_A + 36 + i)
    yield "rd-send", "A reliable datagram", data(
        "RD_SEND", "SOM|EOM", [("rd", dict(src_qpn=QPN_A, qkey=0x80010000, tag=42))],
        b"datagram", psn=PSN_A + 39)
    yield "rd-send-imm", "A reliable datagram with immediate", data(
        "RD_SEND", "SOM|EOM|IMM", [("rd", dict(src_qpn=QPN_A, qkey=0x80010000, tag=43))],
        b"datagram", tail=[("imm", dict(imm=9))], psn=PSN_A + 40)
    yield "rd-rsp", "B to A: the datagram is delivered", data(
        "RD_RSP", "SOM|EOM", [("rd_rsp", dict(tag=42))], **back)
    yield "rd-rsp-rnr", "B to A: no receive buffer for the datagram", data(
        "RD_RSP", "SOM|EOM", [("rd_rsp", dict(tag=43, delay_ns=10000))], status="RNR", **back)


def acknowledgements():
    to_a = dict(to=(ID_A, GEN_A))
    yield "ack", "B to A: everything up to the PSN is done", ack(PSN_A + 41, **to_a)
    yield "ack-echo", "B to A: with echo, which gives a round-trip time", ack(
        PSN_A + 41, flags="ECHO", echo_psn=PSN_A + 41, echo_entropy=0xC002, ack_delay_ns=1500,
        rx_bytes=4096, ce_count=3, **to_a)
    yield "ack-bitmap", "B to A: PSN 5042 is missing, 5043 to 5045 and 5048 are there", ack(
        PSN_A + 41, [0x7200000000000000], flags="ECHO", echo_psn=PSN_A + 48, **to_a)
    yield "ack-bitmap-8", "B to A: eight words, only the first and the last bit are set", ack(
        PSN_A + 41, [1 << 63] + [0] * 6 + [1], base=PSN_A + 43, **to_a)
    yield "ack-wrap", "B to A: the PSN wraps inside the bitmap", ack(
        0xFFFFFFFE, [0x6000000000000000], **to_a)
    yield "ack-syn", "B to A: first answer, with SYN", ack(PSN_A, syn=SYN_B, **to_a)
    yield "ack-fin", "B to A: the sender has nothing more to request", ack(
        PSN_A + 41, extra="FIN", **to_a)
    yield "ack-window-zero", "B to A: no more packets now", ack(PSN_A + 41, window=0, **to_a)
    yield "ack-generation-3", "B to A: the highest generation", ack(
        PSN_A + 41, to=(0xFFFFFF, 3))


def refusals():
    to_a = dict(to=(ID_A, GEN_A))
    yield "nack-missing", "B to A: PSNs 5042 and 5046, 5047 have not arrived", nack(
        "MISSING", [(PSN_A + 42, 1), (PSN_A + 46, 2)], **to_a)
    yield "nack-trimmed", "B to A: the packet lost its payload on the way", nack(
        "TRIMMED", [(PSN_A + 42, 1)], echo_psn=PSN_A + 42, **to_a)
    yield "nack-ranges-8", "B to A: as many ranges as there may be", nack(
        "MISSING", [(PSN_A + 2 * i, 1) for i in range(8)], **to_a)
    yield "nack-no-context", "B to A: no such context; echoes what was refused", nack(
        "NO_CONTEXT", to=(0, 0), echo_pdc=ID_B, echo_gen=GEN_B, echo_psn=PSN_A + 42)
    yield "nack-new-start-psn", "B to A: open again after PSN 9000", nack(
        "NEW_START_PSN", echo_psn=PSN_A, arg=9000, **to_a)
    yield "nack-busy", "B to A: no room", nack("BUSY", echo_psn=PSN_A, **to_a)
    yield "nack-reset", "B to A: given up", nack("RESET", echo_psn=PSN_A + 42, **to_a)
    yield "nack-mode", "B to A: not that mode or domain", nack("MODE", echo_psn=PSN_A, **to_a)
    yield "nack-cookie", "B to A: open again with this cookie", nack(
        "COOKIE", echo_psn=PSN_A, arg=0xC00C1E5A, **to_a)
    yield "write-syn-cookie", "The SYN again, with the cookie", write(
        b"hello", PSN_A, syn=dict(SYN_A, cookie=0xC00C1E5A), to=(0, 0), dflags="RTX|AR")


def control():
    yield "hello", "Who is there? GPU, HBM, DDR, an engine, queues, a name", alone([
        tlv("HELLO", dict(HELLO, flags="REPLY")),
        tlv("NAME", raw=b"gpu-0", what="name"),
        tlv("POOL", dict(index=0, kind="HBM", size=80 << 30)),
        tlv("POOL", dict(index=1, kind="DDR", size=512 << 30)),
        tlv("ENGINE", dict(kernel="REDUCE", dtypes=0xFE)),
        tlv("QUEUES", dict(queues=64, depth=1024)),
        tlv("LIMITS", dict(features="TRIM|PROBE|CREDIT|ATOMICS|NARROW|MASKED|REDUCE|MEM",
                           sack_bits=512, windows=256, mem_tags=64, ports=2))], 0x1234)
    yield "hello-answer", "B to A: the answer repeats the transaction number", alone([
        tlv("HELLO", dict(HELLO, chip_id=CHIP_B, incarnation=INC_B, **{"class": "CPU"}))], 0x1234)
    yield "hello-unknown", "A HELLO followed by an unknown element that is not critical", alone([
        tlv("HELLO", HELLO), tlv(0x0777, raw=b"future", what="value")], 1)
    yield "neighbour-udp4", "Where chip B is: UDP over IPv4, please confirm", alone([
        tlv("NEIGHBOUR", dict(chip_id=CHIP_B, family="UDP4", flags="CONFIRM", port=49190,
                              addr=bytes([192, 0, 2, 7]) + bytes(12)))], 2)
    yield "neighbour-udp6", "Where chip B is: UDP over IPv6", alone([
        tlv("NEIGHBOUR", dict(chip_id=CHIP_B, family="UDP6", port=49190, addr=V6))], 3)
    yield "neighbour-l2", "Where chip B is: an Ethernet address", alone([
        tlv("NEIGHBOUR", dict(chip_id=CHIP_B, family="L2",
                              addr=bytes.fromhex("020000000002") + bytes(10)))], 4)
    yield "version-reject", "Only version 1 here; repeats the PSN of the packet refused", alone([
        tlv("VERSION_REJECT", dict(min=1, max=1))], PSN_A)
    yield "telemetry-get", "Four counters from the first on, outside a context", alone([
        tlv("TELEMETRY_GET", dict(first=0, count=4))], 5)
    connect = dict(src_qpn=QPN_A, service=2, credits=16, window=16, reads=4)
    yield "ep-connect-syn", "First packet of a context: asks for a stream, private data", ctrl([
        tlv("EP_CONNECT", connect, b"private")], PSN_A, syn=SYN_A, to=(0, 0))
    yield "ep-connect", "Asks for a stream, in an open context", ctrl([
        tlv("EP_CONNECT", connect)], PSN_A + 1, dflags="AR", ack=PSN_B)
    yield "ep-connect-64", "As much private data as there may be", ctrl([
        tlv("EP_CONNECT", connect, bytes(range(64)))], PSN_A + 1)


def in_context():
    to_a = dict(to=(ID_A, GEN_A))
    yield "ep-accept-syn", "B to A: the stream is there; with SYN, B's first packet", ctrl([
        tlv("EP_ACCEPT", dict(dst_qpn=QPN_A, src_qpn=QPN_B, credits=16, window=16, reads=4))],
        PSN_B, ack=PSN_A, syn=SYN_B, **to_a)
    yield "ep-reject", "B to A: no such service", ctrl([
        tlv("EP_REJECT", dict(dst_qpn=QPN_A, reason="NO_SERVICE"))], PSN_B + 1, **to_a)
    yield "ep-disconnect", "The stream ends in order", ctrl([
        tlv("EP_DISCONNECT", dict(dst_qpn=QPN_B, reason="CLOSED", src_qpn=QPN_A))], PSN_A + 2)
    yield "close", "Nothing more from here", ctrl([tlv("CLOSE")], PSN_A + 3, dflags="FIN|AR")
    yield "window-bind", "Binds window 5 to 1 MiB of the peer's region", ctrl([
        tlv("WINDOW_BIND", dict(window=5, qpn=QPN_B, rkey=KEY, addr=ADDR, length=1 << 20))],
        PSN_A + 4)
    yield "window-status", "B to A: window 5 is bound", ctrl([
        tlv("WINDOW_STATUS", dict(window=5, status="OK"))], PSN_B + 2, **to_a)
    yield "port-status", "B to A: port 1 is down", ctrl([
        tlv("PORT_STATUS", dict(port=1, state="DOWN"))], PSN_B + 3, **to_a)
    items = b"".join(pack("telemetry_item", dict(counter=i, value=v))[0]
                     for i, v in ((0, 12), (1, 2**40)))
    yield "telemetry", "B to A: two counters", ctrl([
        tlv("TELEMETRY", raw=items, what="two telemetry_item")], PSN_B + 4, **to_a)


def others():
    yield "dgram", "An unreliable datagram", dgram(b"datagram", psn=1)
    yield "dgram-imm", "A datagram with immediate, solicited", dgram(b"", "SE|IMM", 7, psn=2)
    yield "dgram-gids", "A datagram with both ends' GIDs, that of an IPv4 address first", dgram(
        b"datagram", psn=3, gids=(V4_MAPPED, V6))
    yield "dgram-gids-imm", "GIDs come before the immediate", dgram(
        b"both", "IMM", 9, psn=4, gids=(V6, V4_MAPPED))
    yield "mem-load-8", "LOAD of 8 bytes", mem([
        (dict(code="LOAD", size=3, tag=1, window=5, offset=64), None, [], b"")], PSN_A + 5)
    yield "mem-store-64", "STORE of 64 bytes", mem([
        (dict(code="STORE", size=6, tag=2, window=5, offset=128), None, [], ramp(64))], PSN_A + 6)
    yield "mem-store-1", "STORE of one byte, padded", mem([
        (dict(code="STORE", size=0, tag=3, window=5, offset=1), None, [], b"\xee")], PSN_A + 7)
    yield "mem-store-256", "STORE of 256 bytes", mem([
        (dict(code="STORE256", size=0, tag=4, window=5, offset=256), None, [], ramp(256))],
        PSN_A + 8)
    yield "mem-mstore-16", "Masked STORE: bytes 0, 1 and 15 of 16", mem([
        (dict(code="MSTORE", size=4, tag=5, window=5, offset=0), 0xC001 << 48, [], ramp(16))],
        PSN_A + 9)
    yield "mem-fadd-4", "Atomic add on a 32-bit word", mem([
        (dict(code="FADD", size=2, tag=6, window=5, offset=8), None, [1], b"")], PSN_A + 10)
    yield "mem-cas-8", "Compare 5, swap in 6: operand, then compare value", mem([
        (dict(code="CAS", size=3, tag=7, window=5, offset=16), None, [6, 5], b"")], PSN_A + 11)
    yield "mem-packed", "Three operations in one packet: LOAD, STORE of 2 bytes, FADD", mem([
        (dict(code="LOAD", size=6, tag=8, window=5, offset=0), None, [], b""),
        (dict(code="STORE", size=1, tag=9, window=2047, offset=2**36 - 2), None, [], b"\x12\x34"),
        (dict(code="FADD", size=3, tag=10, window=5, offset=24), None, [2**64 - 1], b"")],
        PSN_A + 12, "AR")
    yield "mem-packed-16", "Sixteen LOADs in one packet", mem([
        (dict(code="LOAD", size=2, tag=16 + i, window=5, offset=4 * i), None, [], b"")
        for i in range(16)], PSN_A + 13)
    to_a = dict(to=(ID_A, GEN_A))
    yield "mem-data", "B to A: data of a LOAD of 8 bytes", mem([
        (dict(code="DATA", size=3, tag=1), None, [], ramp(8))], PSN_B + 6, **to_a)
    yield "mem-data-256", "B to A: data of a LOAD256", mem([
        (dict(code="DATA256", tag=11), None, [], ramp(256))], PSN_B + 7, **to_a)
    yield "mem-old", "B to A: old value of an atomic", mem([
        (dict(code="OLD", tag=6), None, [], (41).to_bytes(8, "big"))], PSN_B + 8, **to_a)
    yield "mem-done", "B to A: the store is placed", mem([
        (dict(code="DONE", tag=2), None, [], b"")], PSN_B + 9, **to_a)
    yield "mem-fault", "B to A: refused, OUT_OF_BOUNDS", mem([
        (dict(code="FAULT", tag=9, offset=NAMES["status"]["OUT_OF_BOUNDS"]), None, [], b"")],
        PSN_B + 10, **to_a)
    yield "probe", "Is path 0xc005 alive?", probe(0, port=1, entropy=0xC005, id=77, sent_ns=123456)
    yield "probe-reply", "B to A: it is", probe(
        "REPLY", port=1, entropy=0xC005, id=77, sent_ns=123456)
    yield "credit-demand", "The sender wants to send up to its 500th packet", credit("DEMAND", 500)
    yield "credit-grant", "The sender may send up to its 128th packet", credit("GRANT", 128)
    yield "credit-both", "Both at once, the count having wrapped", credit("DEMAND|GRANT", 3)


def build():
    out = []
    for group in (writes, sends, reads_and_atomics, transactions, further, acknowledgements,
                   refusals, control, in_context, others):
        for name, about, packet in group():
            packet.seal()
            out.append({"name": name, "about": about, "parts": packet.parts,
                        "hex": packet.data.hex()})
    return out
