# SPDX-License-Identifier: BSD-2-Clause
"""The two chips of the vectors, and short ways to write their packets.

Chip A opens, chip B answers.  Packets are from A to B unless their name says otherwise.
"""

from codec import CONST, NAMES, Packet, pack

CHIP_A, CHIP_B = 0x02A0C0FFFE000001, 0x02A0C0FFFE000002
INC_A, INC_B = 9, 7                 # incarnations
ID_A, ID_B = 0x000222, 0x000111     # context ids
GEN_A, GEN_B = 1, 2                 # their generations
PSN_A, PSN_B = 5000, 1000           # start PSNs
QPN_A, QPN_B = 0x50, 0x60
DOMAIN = 1
KEY, ADDR = 0x77, 0x10000           # a region of B: 64 KiB, every right
REGION = 0x10000

SYN_A = dict(chip_id=CHIP_A, incarnation=INC_A, pdc_id=ID_A, mode="RUD", gen=GEN_A,
             domain=DOMAIN, start_psn=PSN_A, window=64, max_payload=1024)
SYN_B = dict(chip_id=CHIP_B, incarnation=INC_B, pdc_id=ID_B, mode="RUD", gen=GEN_B,
             domain=DOMAIN, start_psn=PSN_B, window=64, max_payload=1024)


def flags(words, gen):
    return "|".join([w for w in words.split("|") if w] + ([f"GEN={gen}"] if gen else [])) or 0


def begin(kind, dflags="", psn=0, ack=None, to=(ID_B, GEN_B), entropy=0xC000, fabric=0, syn=None):
    """The delivery header, and the SYN extension."""
    words = dflags + ("|SYN" if syn else "") + ("|AKV" if ack is not None else "")
    p = Packet().header("delivery", type=kind, flags=flags(words, to[1]), entropy=entropy,
                        fabric=fabric, pdc_id=to[0], psn=psn, ack_psn=ack or 0)
    return p.header("syn", **syn) if syn else p


def data(opcode, words="SOM|EOM", ext=(), payload=b"", msn=0, qpn=QPN_B, status=0, length=None,
         tail=(), **delivery):
    """A DATA packet without its CRC.  ext, tail: (header, fields) before and after it."""
    p = begin("DATA", **delivery)
    p.header("op", opcode=opcode, flags=words, status=status, qpn=qpn, msn=msn,
             length=len(payload) if length is None else length)
    for name, fields in list(ext) + list(tail):
        p.header(name, **fields)
    return p.bytes("payload", payload)


def write(payload, psn, msn=0, offset=0, msg_len=None, rkey=KEY, addr=ADDR, words=None, **more):
    whole = len(payload) if msg_len is None else msg_len
    if words is None:
        words = "|".join((["SOM"] if offset == 0 else []) +
                         (["EOM"] if offset + len(payload) == whole else [])) or 0
    ext = [("write", dict(rkey=rkey, addr=addr, msg_len=whole, offset=offset))]
    return data("WRITE", words, ext, payload, msn, psn=psn, **more)


def send(payload, psn, msn=0, ssn=0, offset=0, msg_len=None, words=None, **more):
    whole = len(payload) if msg_len is None else msg_len
    if words is None:
        words = "|".join((["SOM"] if offset == 0 else []) +
                         (["EOM"] if offset + len(payload) == whole else [])) or 0
    ext = [("send", dict(msg_len=whole, offset=offset, ssn=ssn))]
    return data("SEND", words, ext, payload, msn, psn=psn, **more)


def read(length, psn, msn=0, rkey=KEY, addr=ADDR, **more):
    return data("READ", "SOM|EOM", [("read", dict(rkey=rkey, addr=addr, msg_len=length))],
                msn=msn, psn=psn, **more)


def atomic(aop, operand, psn, msn=0, compare=0, width=8, addr=ADDR, rkey=KEY, masks=None, **more):
    ext = [("atomic", dict(rkey=rkey, addr=addr, aop=aop, width=width, operand=operand,
                           compare=compare, flags="MASKED" if masks else 0))]
    if masks:
        ext.append(("amask", dict(operand_mask=masks[0], compare_mask=masks[1])))
    return data("ATOMIC", "SOM|EOM", ext, msn=msn, psn=psn, **more)


def ack(ack_psn, words=(), base=None, to=(ID_B, GEN_B), syn=None, extra="", **fields):
    p = begin("ACK", extra, ack=ack_psn, to=to, syn=syn)
    fields.setdefault("window", 64)
    first = ack_psn + 1 if base is None else base
    p.header("ack", words=len(words), sack_base=first & 0xFFFFFFFF, **fields)
    for w in words:
        p.header("sackword", bits=w)
    return p


def nack(reason, ranges=(), to=(ID_B, GEN_B), echo_psn=0, arg=0, count=None, **fields):
    p = begin("NACK", to=to)
    p.header("nack", reason=reason, count=len(ranges) if count is None else count,
             echo_psn=echo_psn, arg=arg, **fields)
    for first, n in ranges:
        p.header("range", first=first, count=n)
    return p


def tack(msn, psn, status=0, credits=0, delay=0, qpn=QPN_A, to=(ID_A, GEN_A), words="SOM|EOM",
         **more):
    return data("TACK", words, [("tack", dict(credits=credits, delay_ns=delay))], msn=msn,
                qpn=qpn, status=status, psn=psn, to=to, **more)


def tlv(kind, fields=None, after=b"", what="private data", raw=None, lie=None):
    """One TLV as parts: its header, its structure if it has one, what follows, padding."""
    p = Packet()
    number = NAMES["tlv"].get(kind, kind)
    name = f"tlv_{kind.lower()}" if isinstance(kind, str) else ""
    body = pack(name, fields)[0] if fields is not None else b""
    if raw is not None:
        after = raw
    p.header("tlv", type=number, length=len(body) + len(after) if lie is None else lie)
    if fields is not None:
        p.header(name, **fields)
    return p.bytes(what, after).pad()


def join(p, q):
    """Appends the parts of q to p."""
    for part in q.parts:
        p.parts.append(dict(part, at=part["at"] + len(p.data)))
    p.data += q.data
    return p


def ctrl(tlvs, psn, lie=None, **delivery):
    total = sum(len(t.data) for t in tlvs)
    p = begin("CTRL", psn=psn, **delivery)
    p.header("ctrl", length=total if lie is None else lie)
    for t in tlvs:
        join(p, t)
    return p


def alone(tlvs, transaction, **more):
    return ctrl(tlvs, transaction, to=(0, 0), entropy=0, **more)


def mem(ops, psn, words="", to=(ID_B, GEN_B)):
    """A MEM packet.  ops: (fields of memop, mask, [operands], data)"""
    p = Packet().header("mdelivery", type="MEM", flags=flags(words, to[1]), entropy=0xC000,
                        pdc_id=to[0], psn=psn)
    for i, op in enumerate(ops):
        p.header("memop", more=int(i + 1 < len(ops)), **op[0])
    for _, mask, operands, payload in ops:
        if mask is not None:
            p.header("memmask", bytes=mask)
        for operand in operands:
            p.header("memoperand", value=operand)
        p.bytes("data", payload).pad()
    return p


def dgram(payload, words=0, imm=None, psn=0, qkey=0x80010000, gids=None, **more):
    p = begin("DGRAM", to=(0, 0), psn=psn)
    p.header("dgram", flags=words, parts="GIDS" if gids else 0, length=len(payload), dst_qpn=QPN_B,
             src_qpn=QPN_A, qkey=qkey, domain=DOMAIN, **more)
    if gids:
        p.header("gids", src=gids[0], dst=gids[1])
    if imm is not None:
        p.header("imm", imm=imm)
    return p.bytes("payload", payload)


def probe(words, **fields):
    to = (ID_A, GEN_A) if words else (ID_B, GEN_B)
    return begin("PROBE", to=to, entropy=fields["entropy"]).header("probe", flags=words, **fields)


def credit(words, pkts):
    return begin("CREDIT").header("credit", flags=words, pkts=pkts)


__all__ = [n for n in dir() if not n.startswith("_")]
assert CONST["VERSION"] == 1
