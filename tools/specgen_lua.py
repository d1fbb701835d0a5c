# SPDX-License-Identifier: BSD-2-Clause
"""Writes tools/wireshark/weft.lua: tables made from the specification, put into weft.lua.in.

Decides what the dissector knows and what its info column shows.  How a packet is walked and shown
is in weft.lua.in, which is Lua written by hand.
"""

import pathlib
import re

from specgen_doc import NOTICE
from specgen_model import groups, packets

TEMPLATE = pathlib.Path(__file__).resolve().parent / "wireshark" / "weft.lua.in"
# The info column, when a layout has no `info` line: fields by name, and how they are shown.
INFO = {
    "psn": "psn",
    "ack_psn": "ack",
    "qpn": "qpn",
    "msn": "msn",
    "length": "len",
    "opcode": "word",
    "reason": "word",
    "status": "nonzero",
    "sack_base": "sack",
}
INFO_IF = {"ack_psn": "AKV"}  # only when a flag of this name is set
HEX = re.compile(r"(key|addr|chip|chip_id|crc|incarnation)$")
DECIMAL = re.compile(r"len|size|count|bytes|operand|compare|old|value|ns$")
COMPARE = {"=": "==", "!=": "~=", "<": "<", ">": ">", "<=": "<=", ">=": ">="}


def quote(text):
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def is_tlv(header):
    """A header named tlv, or something_tlv, with a type and a length, begins a TLV."""
    kind = header.find("type")
    return bool(
        re.search(r"(^|_)tlv$", header.name) and kind and kind.enum and header.find("length")
    )


def mask_parts(mask):
    low = mask & -mask
    return low, mask // low + 1


def cond(condition, header=""):
    """A Lua function of the field values; header: whose they are, whatever the term says."""
    parts = []
    for term in condition.terms:
        ref = f'v["{header or term.header}.{term.field}"]'
        if term.op in ("&", "!&"):
            low, span = mask_parts(term.values[0])
            text = f"has({ref} or 0, {low}, {span})"
            parts.append(text if term.op == "&" else f"not {text}")
        elif term.op in ("in", "not in"):
            text = " or ".join(f"{ref} == {n}" for n in term.values)
            parts.append(f"({text})" if term.op == "in" else f"not ({text})")
        elif term.op in ("=", "!="):
            parts.append(f"{ref} {COMPARE[term.op]} {term.values[0]}")
        else:
            parts.append(f"({ref} or 0) {COMPARE[term.op]} {term.values[0]}")
    return f"function(v) return {f' {condition.join} '.join(parts)} end"


def expression(tokens):
    """A Lua function; operators from left to right, never below zero."""

    def operand(token):
        return f'(v["{token}"] or 0)' if "." in token else str(int(token, 0))

    text = operand(tokens[0])
    for op, token in zip(tokens[1::2], tokens[2::2]):
        text = (
            f"({text} * 2 ^ {operand(token)})" if op == "<<" else f"({text} {op} {operand(token)})"
        )
    return f"function(v) return {text} end"


def in_hex(spec, field):
    if field.enum:
        return any(item.value > 0x7FFF for item in spec.enums[field.enum].items)
    return HEX.search(field.name) or (field.bits > 32 and not DECIMAL.search(field.name))


def fields(spec, header):
    out, used = [], {}
    for field in header.fields:
        ident = field.name
        used[ident] = used.get(ident, 0) + 1
        if used[ident] > 1:
            ident += str(used[ident])  # reserved fields may share a name
        parts = [
            f"name = {quote(field.name)}",
            f"id = {quote(ident)}",
            f"at = {field.at}",
            f"bits = {field.bits}",
        ]
        for key in ("enum", "flags"):
            if getattr(field, key):
                parts.append(f"{key} = {quote(getattr(field, key))}")
        if field.fixed is not None:
            parts.append(f"fixed = {field.fixed}")
        if field.mbz:
            parts.append("mbz = true")
        elif in_hex(spec, field):
            parts.append("hex = true")
        if field.doc:
            parts.append(f"doc = {quote(field.doc)}")
        out.append("\t\t{ " + ", ".join(parts) + " },")
    return out


def info_lua(spec, layout):
    """What the info column shows of a packet: its `info` lines rule, otherwise INFO."""
    refs = layout.info or [
        f"{e.name}.{f.name}"
        for e in layout.elements
        if e.kind == "one"
        for f in getattr(spec.headers.get(e.name), "fields", [])
        if f.name in INFO
    ]
    order = list(INFO)
    if not layout.info:
        refs.sort(key=lambda ref: order.index(ref.partition(".")[2]))
    parts = []
    for rank, ref in enumerate(refs, 1):
        header, _, name = ref.partition(".")
        field = spec.headers[header].find(name)
        how = INFO.get(name) or ("word" if field and field.enum else name)
        if not field or field.is_bytes or (how == "word" and not field.enum):
            continue
        flag = f", flag = {quote(INFO_IF[name])}" if name in INFO_IF and not layout.info else ""
        parts.append(f'["{ref}"] = {{ rank = {rank}, how = {quote(how)}{flag} }}')
    return "{ " + ", ".join(parts) + " }"


def headers_lua(spec):
    out = ["local HEADERS = {"]
    for header in spec.headers.values():
        masks = ", ".join(f"[{i}] = {m}" for i, m in enumerate(header.mask()) if m != 0xFF)
        out.append(f"\t{header.name} = {{ size = {header.size}, masks = {{ {masks} }}, fields = {{")
        out += fields(spec, header) + ["\t} },"]
    return out + ["}", ""]


def enums_lua(spec):
    out = ["local ENUMS = {"]
    for enum in spec.enums.values():
        out.append(f"\t{enum.name} = {{")
        out += [f"\t\t[{i.value}] = {quote(i.name)}," for i in enum.items] + ["\t},"]
    out += ["}", "", "local FLAGS = {"]
    for flags in spec.flags.values():
        out.append(f"\t{flags.name} = {{")
        for item in flags.items:
            low, span = mask_parts(item.value)
            doc = f", doc = {quote(item.doc)}" if item.doc else ""
            out.append(f"\t\t{{ name = {quote(item.name)}, low = {low}, span = {span}{doc} }},")
        out.append("\t},")
    return out + ["}", ""]


def elements_lua(layout):
    out = []
    for e in layout.elements:
        parts = [f"name = {quote(e.name)}", f"kind = {quote(e.kind)}"]
        if e.count:
            parts.append(f"count = {expression(e.count)}")
        if e.cond:
            parts.append(f"cond = {cond(e.cond)}")
        out.append("\t\t{ " + ", ".join(parts) + " },")
    return out


def layouts_lua(spec):
    out = ["local PACKETS = {"]
    # What tells the layouts apart lies in the same place in whatever header comes first.
    first = packets(spec)[0].elements[0].name if packets(spec) else ""
    for layout in packets(spec):
        out.append(f"\t{{ name = {quote(layout.name)}, when = {cond(layout.when, first)},")
        out += [f"\t  info = {info_lua(spec, layout)},", "\t  elements = {"]
        out += elements_lua(layout) + ["\t} },"]
    out += ["}", "", "local GROUPS = {"]
    for layout in groups(spec):
        out += [f"\t{layout.name} = {{ elements = {{"] + elements_lua(layout) + ["\t} },"]
    names = sorted(
        {
            e.name
            for lay in spec.layouts.values()
            for e in lay.elements
            if e.kind in ("bytes", "rest")
        }
    )
    out += ["}", "", "local BYTES = { " + " ".join(f"{n} = true," for n in names) + " }"]
    tlvs = [
        f"{h.name} = {{ name = \"type\", enum = {quote(h.find('type').enum)} }},"
        for h in spec.headers.values()
        if is_tlv(h)
    ]
    first = packets(spec)[0].elements[0].name if packets(spec) else next(iter(spec.headers), "")
    return out + ["local TLVS = { " + " ".join(tlvs) + " }", f"local FIRST = {quote(first)}", ""]


def weft_lua(spec):
    consts = {
        name: spec.consts[name].text if name in spec.consts else default
        for name, default in (("UDP_PORT", "49190"), ("ETHERTYPE", "0x88b5"))
    }
    rows = [f"local {name} = {value}" for name, value in consts.items()] + [""]
    rows += enums_lua(spec) + headers_lua(spec) + layouts_lua(spec)
    text = TEMPLATE.read_text(encoding="utf-8")
    return text.replace("@NOTICE@", NOTICE).replace("@TABLES@\n", "\n".join(rows))


__all__ = ["weft_lua"]
