# SPDX-License-Identifier: BSD-2-Clause
"""Writes spec/gen/tables.md (for readers), spec.json (for tools) and vectors.json (for codecs).

Decides the reference encoding of a header: encode() here is written apart from the C generator, so
that the vectors check it.
"""

import hashlib
import json

NOTICE = "Generated from spec/ by tools/specgen.py; do not edit. To regenerate: make gen"


# --- tables.md ----------------------------------------------------------------------------------


def cell(text):
    return text.replace("|", "\\|")


def table(head, rows):
    out = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    out += ["| " + " | ".join(cell(str(c)) for c in row) + " |" for row in rows]
    return out + [""]


def place(field):
    """Where a field starts: byte, and bit within it (0 the most significant)."""
    return f"{field.first_byte}" + (f".{field.at % 8}" if field.at % 8 else "")


def kind(field):
    parts = []
    if field.enum:
        parts.append(f"enum [{field.enum}](#enum-{field.enum})")
    if field.flags:
        parts.append(f"flags [{field.flags}](#flags-{field.flags})")
    if field.fixed is not None:
        parts.append(f"= {field.fixed_text}")
    if field.mutable:
        parts.append("mutable")
    if field.mbz:
        parts.append("reserved")
    return ", ".join(parts)


def tables_md(spec):
    out = [
        f"<!-- {NOTICE} -->",
        "# Tables",
        "",
        "Fields are in wire order, most significant bit first; `at` is the byte of the header that"
        " a field begins in, and `.n` the bit of that byte (0 is the most significant).",
        "",
        "## Headers",
        "",
    ]
    for header in spec.headers.values():
        out += [f"### Header {header.name}", "", f"{header.size} bytes. {header.doc}".rstrip(), ""]
        out += table(
            ["at", "bits", "field", "kind", "meaning"],
            [[place(f), f.bits, f"`{f.name}`", kind(f), f.doc] for f in header.fields],
        )
    out += ["## Packets", ""]
    for layout in spec.layouts.values():
        out += layout_md(layout)
    out += ["## Codes", ""]
    for enum in spec.enums.values():
        out += [f"### Enum {enum.name}", "", f"{enum.bits} bits. {enum.doc}".rstrip(), ""]
        rows = [(i.value, [i.text, f"`{i.name}`", i.doc]) for i in enum.items]
        rows += [
            (a, [str(a) if a == b else f"{a}-{b}", "(reserved)", doc])
            for a, b, doc, _ in enum.reserved
        ]
        out += table(
            ["value", "name", "meaning"], [row for _, row in sorted(rows, key=lambda r: r[0])]
        )
    for flags in spec.flags.values():
        out += [f"### Flags {flags.name}", "", f"{flags.bits} bits. {flags.doc}".rstrip(), ""]
        out += table(
            ["mask", "name", "meaning"], [[i.text, f"`{i.name}`", i.doc] for i in flags.items]
        )
    if spec.consts:
        out += ["## Constants", ""]
        out += table(
            ["name", "value", "meaning"],
            [[f"`{c.name}`", c.text, c.doc] for c in spec.consts.values()],
        )
    out += machines_md(spec)
    return "\n".join(out).rstrip("\n") + "\n"


def cond_text(cond):
    ops = {"&": "has", "!&": "lacks"}
    return f" {cond.join} ".join(
        f"{t.header + '.' if t.header else ''}{t.field} {ops.get(t.op, t.op)} {' '.join(t.words)}"
        for t in cond.terms
    )


def layout_md(layout):
    title = "Packet" if layout.when else "Group"
    when = f" when {cond_text(layout.when)}" if layout.when else ""
    rows = []
    for e in layout.elements:
        count = " ".join(e.count)
        many = {
            "one": "1",
            "repeat": f"{count} times",
            "bytes": f"{count} bytes",
            "rest": "what is left",
            "while": f"one, and more while {count}",
            "until": f"until {e.until}" if e.until else f"as many as fill {count} bytes",
        }[e.kind]
        rows.append([f"`{e.name}`", many, cond_text(e.cond) if e.cond else ""])
    text = (layout.doc[:1].upper() + layout.doc[1:]) if layout.doc else ""
    return (
        [f"### {title} {layout.name}{when}", ""]
        + ([text + ".", ""] if text else [])
        + table(["element", "how many", "present if"], rows)
    )


def machines_md(spec):
    out = ["## States", ""] if spec.machines else []
    for machine in spec.machines.values():
        out += [f"### States of {machine.name}", ""]
        out += [machine.doc, ""] if machine.doc else []
        out += table(["from", "to", "when"], [[s, t, doc] for s, t, doc, _ in machine.moves])
    return out


# --- spec.json ----------------------------------------------------------------------------------


def dump(value):
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def field_json(field):
    out = {"name": field.name, "at": field.at, "bits": field.bits}
    for key in ("enum", "flags"):
        if getattr(field, key):
            out[key] = getattr(field, key)
    if field.fixed is not None:
        out["fixed"] = field.fixed
    for key in ("mutable", "mbz"):
        if getattr(field, key):
            out[key] = True
    if field.doc:
        out["doc"] = field.doc
    return out


def cond_json(cond):
    return {
        "join": cond.join,
        "terms": [
            {"field": f"{t.header}.{t.field}", "op": t.op, "values": t.values} for t in cond.terms
        ],
    }


def layout_json(layout):
    elements = []
    for e in layout.elements:
        one = {"name": e.name, "kind": e.kind}
        if e.count:
            one["count"] = " ".join(e.count)
        if e.until:
            one["until"] = e.until
        if e.cond:
            one["if"] = cond_json(e.cond)
        elements.append(one)
    out = {"name": layout.name, "doc": layout.doc}
    if layout.when:
        out["when"] = cond_json(layout.when)
    return {**out, "elements": elements}


def items_json(owner):
    out = {
        "name": owner.name,
        "bits": owner.bits,
        "doc": owner.doc,
        "values": [{"name": i.name, "value": i.value, "doc": i.doc} for i in owner.items],
    }
    if owner.reserved:
        out["reserved"] = [{"first": a, "last": b, "doc": doc} for a, b, doc, _ in owner.reserved]
    return out


def spec_json(spec):
    return dump(
        {
            "notice": NOTICE,
            "bit_order": "big-endian; `at` counts bits from the top bit of the first byte",
            "constants": [
                {"name": c.name, "value": c.value, "doc": c.doc} for c in spec.consts.values()
            ],
            "enums": [items_json(e) for e in spec.enums.values()],
            "flags": [items_json(f) for f in spec.flags.values()],
            "headers": [
                {
                    "name": h.name,
                    "bytes": h.size,
                    "doc": h.doc,
                    "fields": [field_json(f) for f in h.fields],
                }
                for h in spec.headers.values()
            ],
            "layouts": [layout_json(lay) for lay in spec.layouts.values()],
            "states": [
                {
                    "name": m.name,
                    "doc": m.doc,
                    "states": list(m.states),
                    "moves": [{"from": s, "to": t, "event": doc} for s, t, doc, _ in m.moves],
                }
                for m in spec.machines.values()
            ],
            "requirements": [
                {"id": r.id, "keyword": r.keyword, "text": r.text, "file": r.where.path}
                for r in spec.requirements.values()
            ],
            "exceptions": [
                {"id": e.id, "kind": e.kind, "reason": e.reason} for e in spec.exceptions
            ],
        }
    )


# --- vectors.json -------------------------------------------------------------------------------


def encode(header, values, reserved=0):
    """The bytes of a header: one big number, most significant field first."""
    whole = 0
    for field in header.fields:
        value = (field.max if reserved else 0) if field.mbz else values[field.name]
        whole = whole << field.bits | value
    return whole.to_bytes(header.size, "big")


def scramble(header, field, round_):
    """A number that depends on the names alone, so that vectors change only where the spec does."""
    digest = hashlib.sha256(f"{header.name}.{field.name}.{round_}".encode()).digest()
    return int.from_bytes(digest, "big") & field.max


def value_sets(header):
    """(name, values) for a header; fixed fields keep their value throughout."""
    free = [f for f in header.fields if not f.mbz and f.fixed is None]
    fixed = {f.name: f.fixed for f in header.fields if not f.mbz and f.fixed is not None}

    def with_(pick):
        return {**fixed, **{f.name: pick(f) for f in free}}

    yield "all zero", with_(lambda f: 0)
    yield "all ones", with_(lambda f: f.max)
    for round_ in range(3):
        yield f"scrambled {round_}", with_(lambda f, r=round_: scramble(header, f, r))
    for one in free:
        yield f"only {one.name} at its maximum", with_(lambda f, o=one: f.max if f is o else 0)
        if one.bits > 8:
            yield f"only the top bit of {one.name}", with_(
                lambda f, o=one: 1 << f.bits - 1 if f is o else 0
            )


def show(field, value):
    return f"0x{value:0{field.bits // 4}x}" if field.is_bytes else f"0x{value:x}"


def vectors(spec):
    out = []
    for header in spec.headers.values():
        fields = [f for f in header.fields if not f.mbz]
        entry = {"header": header.name, "bytes": header.size, "vectors": []}
        for name, values in value_sets(header):
            entry["vectors"].append(
                {
                    "name": name,
                    "fields": {f.name: show(f, values[f.name]) for f in fields},
                    "hex": encode(header, values).hex(),
                }
            )
        if any(f.mbz for f in header.fields):
            name, values = "reserved bits set: unpack only, ignored", dict(entry_values(header))
            entry["vectors"].append(
                {
                    "name": name,
                    "unpack_only": True,
                    "fields": {f.name: show(f, values[f.name]) for f in fields},
                    "hex": encode(header, values, reserved=1).hex(),
                }
            )
        if header.mutable:
            entry["mask"] = bytes(header.mask()).hex()
        out.append(entry)
    return out


def entry_values(header):
    return next(values for name, values in value_sets(header) if name == "scrambled 0")


def vectors_json(spec):
    """One vector a line: reviewable diffs."""
    lines = [
        "{",
        f' "notice": {json.dumps(NOTICE)},',
        ' "how": "fields are numbers in hex, byte arrays are hex strings of their full length;'
        ' hex is the packed header; mask has ones where the CRC covers",',
        ' "headers": [',
    ]
    entries = vectors(spec)
    for i, entry in enumerate(entries):
        rest = {k: v for k, v in entry.items() if k != "vectors"}
        lines.append("  " + json.dumps(rest)[:-1] + ', "vectors": [')
        rows = entry["vectors"]
        lines += [
            "   " + json.dumps(v) + ("," if j + 1 < len(rows) else "") for j, v in enumerate(rows)
        ]
        lines.append("  ]}" + ("," if i + 1 < len(entries) else ""))
    return "\n".join(lines + [" ]", "}", ""])


__all__ = ["tables_md", "spec_json", "vectors_json"]
