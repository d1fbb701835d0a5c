# SPDX-License-Identifier: BSD-2-Clause
"""spec/A0-examples.md: packets of spec/vectors/packets.json, written out field by field."""

from codec import HEADERS, NAMES, SPEC

EXAMPLES = [
    ("write-syn", "Opening: SYN and WRITE"), ("ack-bitmap", "Acknowledgement with bitmap"),
    ("nack-missing", "NACK: missing packets"), ("nack-trimmed", "NACK: a trimmed packet"),
    ("nack-no-context", "NACK: no such context"), ("send", "SEND"),
    ("tack", "Messages are complete: TACK"), ("tack-rnr", "No receive buffer: TACK with RNR"),
    ("read", "READ"), ("read-rsp", "READ data"), ("atomic-cas-masked", "Masked compare and swap"),
    ("ep-connect", "Asking for a stream"), ("ep-accept-syn", "Accepting it"),
    ("ep-reject", "Rejecting it"), ("window-bind", "Binding a window"),
    ("mem-packed", "Three operations in a packet"), ("mem-store-64", "STORE of 64 bytes"),
    ("probe", "Path probe"), ("credit-grant", "Credit"), ("write-imm", "WRITE with immediate"),
    ("nack-cookie", "Asking for a cookie"), ("close", "Closing a context"),
    ("dgram", "An unreliable datagram"), ("reduce", "REDUCE"), ("hello", "Who is there?"),
    ("version-reject", "A version that is not known"),
]

IN_HEX = ("flags", "entropy", "echo_entropy", "rkey", "pdc_id", "echo_pdc", "crc", "cookie",
          "qpn", "src_qpn", "dst_qpn", "imm", "type")

HEAD = """\
# A0 Worked examples

Packets in hexadecimal, field by field, from the first byte on; A2 shows whole exchanges. Chip A
(`02a0c0fffe000001`, context id 0x222, generation 1, PSNs from 5000) opens contexts to chip B
(`02a0c0fffe000002`, context id 0x111, generation 2, PSNs from 1000). Bytes of a field that does
not begin or end on a byte's edge stand with the first field that has a bit in them. All of it is
in `vectors/packets.json`, with the same names.

This page is generated from the vectors (`make vectors`); `make check-vectors` fails when they
differ.
"""

AFTER = {
    "mem-store-64": """\
What a STORE of 64 bytes costs over Ethernet: 14 bytes of Ethernet header, 12 of the delivery
header, 8 of the operation, 4 of CRC, 4 of the frame check: 42 bytes around the 64.
""",
}


def name_of(field, value):
    """RUD, SOM EOM, ... or nothing."""
    if "enum" in field:
        names = [n for n, v in NAMES[field["enum"]].items() if v == value]
        return names[0] if names else ""
    if "flags" not in field or not value:
        return ""
    words = []
    for n, mask in NAMES[field["flags"]].items():
        low = (value & mask) // (mask & -mask)
        if low:
            words.append(n if mask & (mask - 1) == 0 else f"{n}={low}")
    return " ".join(words)


def chunks(raw, size=16):
    return [raw[i:i + size].hex() for i in range(0, len(raw), size)] or [""]


def header_rows(part, raw):
    rows, shown = [], part["at"]
    fields = [f for f in HEADERS[part["header"]]["fields"]]
    for i, f in enumerate(fields):
        first = part["at"] + f["at"] // 8
        last = part["at"] + (f["at"] + f["bits"] + 7) // 8
        own = raw[max(first, shown):last]
        shown = max(shown, last)
        if f.get("mbz"):
            if own:
                rows.append((max(first, last - len(own)), own.hex(), "", "", "reserved"))
            continue
        value = int(part["fields"][f["name"]], 16)
        text = f"{value:#x}" if value > 9 and (f["bits"] >= 64 or f["name"] in IN_HEX) else \
            f"{value}"
        rows.append((first, own.hex(), part["header"], f["name"],
                     f"{text} {name_of(f, value)}".strip()))
    return rows


def table(vector):
    raw = bytes.fromhex(vector["hex"])
    rows = []
    for part in vector["parts"]:
        if "header" in part:
            rows += header_rows(part, raw)
            continue
        for i, text in enumerate(chunks(bytes.fromhex(part["hex"]))):
            rows.append((part["at"] + 16 * i, text, "", "", part["bytes"] if i == 0 else ""))
    lines = [f"{at:4}  {own:32}  {(h + '.' + f) if f else '':24}{what}".rstrip()
             for at, own, h, f, what in rows]
    return "\n".join(lines)


def text(vectors):
    by_name = {v["name"]: v for v in vectors}
    out = [HEAD]
    for i, (name, title) in enumerate(EXAMPLES, 1):
        v = by_name[name]
        out.append(f"## A0.{i} {title}\n\n`{name}`, {len(v['hex']) // 2} bytes. {v['about']}.\n\n"
                   f"```text\n{table(v)}\n```\n")
        if name in AFTER:
            out.append(AFTER[name])
    return "\n".join(out)


assert SPEC
