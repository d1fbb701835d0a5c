# SPDX-License-Identifier: BSD-2-Clause
"""spec/A2-exchanges.md: transcripts of spec/vectors, packet after packet, in hexadecimal.

Decides which of them, and how a packet is said in a line.  The transcripts themselves are replayed
against the engine; here nothing is added to them.
"""

import negotiation
from codec import HEADERS, NAMES
from examples import IN_HEX, name_of
from transcripts import opened, started

# (transcript, title, what to look at)
EXCHANGES = [
    ("open-target", "Opening, connecting, a WRITE",
     "A context, a stream and a message in the first round trip. Until A has used B's id, B's\n"
     "packets carry SYN (WEFT-PDC-001)."),
    ("cookie", "Asked for a cookie",
     "B opens here. A keeps nothing of what it refuses; B sends it again under the same PSN."),
    ("gap-bitmap", "Out of order, mode RUD: the receiver",
     "The first bit of the bitmap is PSN 5001, which is missing, and 5003 the third."),
    ("loss-bitmap", "A loss, mode RUD: the sender",
     "B has sent 1001, 1002, 1003; the bitmap shows that 1001 is missing. Only that goes again."),
    ("loss-trimmed", "A trimmed packet: the sender", ""),
    ("gap-in-order", "A loss, mode ROD: the receiver",
     "What comes after the gap is dropped, and asked for by its first missing PSN, once."),
    ("go-back", "A loss, mode ROD: the sender", ""),
    ("read", "READ", "Packets of the data are 1024 bytes, what A takes."),
    ("atomic-once", "An atomic", ""),
    ("rnr-target", "No receive buffer: the responder", ""),
    ("rnr-initiator", "No receive buffer: the requester", ""),
    ("refusal-target", "A refusal", "B goes on to take packets of the stream, and does nothing."),
    ("load-store", "Binding a window, LOAD and STORE", ""),
    ("reliable-datagram", "A reliable datagram", ""),
    ("close-initiator", "Closing", ""),
    ("close-crossing", "Closing from both sides", ""),
    ("peer-forgot", "The peer has forgotten the context",
     "The first NO_CONTEXT names an id that is not A's, and so proves nothing (WEFT-PDC-011)."),
]

HEAD = """\
# A2 Worked exchanges

What passes between chips A and B (A0) in hexadecimal, packet after packet: `A -> B` is a packet of
A's, `A <- B` one of B's, and `B` what B's host asks, or is asked or told, and what it answers. In
brackets stands the SYN extension; fields that are 0 are mostly left out. Under each
packet stand its bytes, 32 in a line with the offset of the first. In packets of B's an
implementation may choose otherwise what `free` names in `vectors/transcripts.json`, from which
this page is generated (`make vectors`); the same transcripts are replayed against an
implementation by a test. Long payloads are cut short here. Rules: sections 30, 40, 45, 55, 90.

"""

EVEN_ZERO = ("msn", "offset", "ssn", "tag")      # said although they are 0


def field_text(field, text):
    number = int(text, 16)
    name = name_of(field, number)
    if "enum" in field and name:
        return name
    if "flags" in field:
        return name or "0"
    hexed = field["bits"] >= 64 or field["name"] in IN_HEX or number >> 30
    return f"{number:#x}" if hexed and number > 9 else f"{number}"


def said(part, leave_out=()):
    """The fields of a header: name=value, but for zeros."""
    words = []
    for f in HEADERS[part["header"]]["fields"]:
        if f.get("mbz") or f["name"] in leave_out or \
                (f["name"] not in EVEN_ZERO and not int(part["fields"][f["name"]], 16)):
            continue
        words.append(f"{f['name']}={field_text(f, part['fields'][f['name']])}")
    return " ".join(words)


def field(part, name):
    f = next(f for f in HEADERS[part["header"]]["fields"] if f["name"] == name)
    return field_text(f, part["fields"][name])


def flags_text(part):
    return [w for w in field(part, "flags").split() if w != "0" and not w.startswith("GEN")]


def takes_psn(kind, d):
    return kind in ("DATA", "MEM") or (kind == "CTRL" and
                                       (int(d["fields"]["pdc_id"], 16) or "SYN" in flags_text(d)))


def opening(part):
    """Type, flags, PSN and ack_psn of a packet."""
    kind, number = field(part, "type"), int(part["fields"]["psn"], 16)
    text = " ".join([kind] + flags_text(part))
    if takes_psn(kind, part):
        text += f", PSN {number}"
    elif number:
        text += f", transaction {number:#x}"
    if "AKV" in flags_text(part):
        text += f", ack_psn {int(part['fields']['ack_psn'], 16)}"
    return text


def operation(part):
    words = [field(part, "opcode")] + field(part, "flags").replace("0", "").split()
    status = field(part, "status")
    words += [] if status == "OK" else [status]
    return " ".join(words + [said(part, ("opcode", "flags", "status"))])


def body(parts):
    """What each header after the delivery header says."""
    for p in parts[1:]:
        name = p.get("header")
        if p.get("bytes") == "name":
            yield bytes.fromhex(p["hex"]).decode()
        if name in (None, "crc", "ctrl"):
            continue
        if name == "op":
            yield operation(p)
        elif name == "tlv":
            yield field(p, "type") if p["fields"]["length"] == "0x0" else f"{field(p, 'type')}:"
        elif name == "memop":
            yield f"{field(p, 'code')} {said(p, ('code', 'more'))}"
        elif name == "sackword":
            yield f"bits={int(p['fields']['bits'], 16):016x}"
        else:
            yield f"[{said(p)}]" if name == "syn" else said(p) if name != "range" else \
                f"range: {said(p)}"


def wrap(words, first, rest, width=98):
    lines, line = [], first
    for w in words:
        if len(line) + len(w) + 1 > width and line.strip():
            lines.append(line.rstrip())
            line = rest
        line += w + " "
    return lines + [line.rstrip()]


def dump(hexed, parts, indent):
    """The bytes, 32 a line; of a long payload only its beginning."""
    cut = next((p for p in parts if "bytes" in p and len(p["hex"]) > 2 * 96), None)
    rows = [(at, hexed[2 * at:2 * at + 64]) for at in range(0, len(hexed) // 2, 32)]
    if not cut:
        return [f"{at:6}  {text}" for at, text in rows]
    keep = cut["at"] + 16
    rows = [(at, hexed[2 * at:min(2 * at + 64, 2 * keep)]) for at in range(0, keep, 32)]
    lines = [f"{at:6}  {text}" for at, text in rows]
    end = cut["at"] + len(cut["hex"]) // 2
    return lines + [f"{'':8}... {end - keep} more bytes of it, each one more than the last",
                    f"{end:6}  {hexed[2 * end:]}"]


def packet(arrow, step, note=""):
    parts = step["parts"]
    first = f"{opening(parts[0])}{':' if len(parts) > 2 else ''}"
    text = " ".join([first] + [b for b in body(parts) if b])
    lines = wrap(text.split(), f"{arrow}  ", " " * 8)
    if step.get("drop", "NONE") != "NONE":
        note = f"dropped: {step['drop']}" + (f"; {note}" if note else "")
    if note:
        lines.append(f"{'':8}({note})")
    return lines + dump(step["hex"], parts, 8)


TOLD = {"acked": "B acknowledges everything up to PSN {psn}", "silent": "B sends nothing else",
        "connect": "B's host asks for a stream to service {service}",
        "close": "B's host closes the context", "wait": "... {ns} ns ..."}


def number(text):
    return str(int(text, 16)) if text.startswith("0x") else text


def host(step):
    values = {k: v for k, v in step.items() if k not in ("do", "note", "answer")}
    if step["do"] in TOLD:
        return TOLD[step["do"]].format(**{k: number(v) for k, v in values.items()})
    words = [f"{k}={v if k in ('key', 'addr', 'peer_qpn', 'qpn') else number(v)}"
             for k, v in values.items() if k not in ("ssn",) or step["do"] != "PLACE_MEM"]
    return " ".join([step["do"]] + words + ([f"-> {step['answer']}"] if "answer" in step else []))


def steps_text(steps):
    lines = []
    for s in steps:
        if s["do"] in ("in", "out"):
            lines += packet("A -> B" if s["do"] == "in" else "A <- B", s, s["note"])
            continue
        note = f"  ({s['note']})" if s["note"] and s["do"] != "acked" else ""
        lines += wrap((host(s) + note).split(), "     B  ", " " * 10)
    return "\n".join(lines)


def discovery(vectors):
    """HELLO and its answer, which no transcript has: they belong to no context."""
    by_name = {v["name"]: v for v in vectors}
    ask, answer = by_name["hello"], by_name["hello-answer"]
    lines = packet("A -> B", ask, "A is not known to B yet") + packet("A <- B", answer)
    made, bad = negotiation.agreed(known(ask), known(answer))
    assert not bad
    both = ", ".join(f"{k} {number_or_name(k, v)}" for k, v in made.items())
    after = f"They agree on: {both}. (No features, windows or tags, since B's answer has no " \
        "LIMITS: WEFT-MGT-018.)"
    return "\n".join(lines), "\n".join(wrap(after.split(), "", "", 120)) + "\n"


def number_or_name(key, text):
    if key in ("modes", "profiles", "features"):
        return "|".join(n for n, m in NAMES[key].items() if int(text, 16) & m) or "none"
    return str(int(text, 16))


def known(vector):
    """The HELLO and LIMITS of a packet, as negotiation.agreed() wants them."""
    out = dict(negotiation.NO_LIMITS)
    for p in vector["parts"]:
        if p.get("header") in ("tlv_hello", "tlv_limits"):
            out.update({k: int(v, 16) for k, v in p["fields"].items()})
    return out


def begun(t):
    """Steps that only open the context, which the first two exchanges show."""
    if t["name"] in ("open-target", "cookie"):
        return 0
    return len(opened() if t["role"] == "target" else started())


def text(vectors, transcripts):
    by_name = {t["name"]: t for t in transcripts}
    lines, after = discovery(vectors)
    out = [HEAD, "## A2.1 Who is there\n\nTwo packets that stand alone.\n\n"
           f"```text\n{lines}\n```\n\n{after}\n"]
    for i, (name, title, look) in enumerate(EXCHANGES, 2):
        t = by_name[name]
        skip = begun(t)
        where = f"{'A' if t['role'] == 'target' else 'B'} opened the context, in mode {t['mode']}."
        where = where if skip else f"Mode {t['mode']}."
        about = f"`{name}`: {t['about']}. {where}"
        out.append(f"## A2.{i} {title}\n\n" + "\n".join(wrap(about.split(), "", "", 120)) +
                   (f"\n{look}" if look else "") +
                   f"\n\n```text\n{steps_text(t['steps'][skip:])}\n```\n\n")
    return "".join(out).rstrip() + "\n"
