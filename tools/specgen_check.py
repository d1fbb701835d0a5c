# SPDX-License-Identifier: BSD-2-Clause
"""Checks that the parts of a parsed specification fit each other, and resolves names to numbers.

Decides what a specification may not say.  Spelling is specgen_parse's business; whether code and
tests cite the requirements is specgen_matrix's.
"""

import re

from specgen_model import RESERVED_WORDS, packets
from specgen_parse import NUMBER, OPPOSITE


def check(spec):
    """Adds every contradiction to spec.errors, and fills in Term.values and Field.fixed."""
    check_exceptions(spec)
    if spec.broken:
        return
    for enum in spec.enums.values():
        check_enum(spec, enum)
    for flags in spec.flags.values():
        check_flags(spec, flags)
    for header in spec.headers.values():
        check_header(spec, header)
    for layout in spec.layouts.values():
        check_layout(spec, layout)
    check_packets(spec)
    for machine in spec.machines.values():
        check_machine(spec, machine)
    check_identifiers(spec)


# --- enum and flags -----------------------------------------------------------------------------


def check_enum(spec, enum):
    err = spec.errors.add
    if not enum.items:
        err(enum.where, f"enum {enum.name} has no values")
        return
    seen = {}
    for item in enum.items:
        if item.value >= 1 << enum.bits:
            err(item.where, f"{enum.name}.{item.name} = {item.text} does not fit {enum.bits} bits")
        if item.value > 0x7FFFFFFF:
            err(item.where, f"{enum.name}.{item.name} = {item.text} does not fit a C int")
        if item.value in seen:
            err(
                item.where,
                f"{enum.name}.{item.name} has the value of {seen[item.value]}: {item.text}",
            )
        seen.setdefault(item.value, item.name)
    for first, last, _, where in enum.reserved:
        if last < first or last >= 1 << enum.bits:
            err(where, f"reserved range {first}-{last} is not a range of {enum.bits} bits")
        for item in enum.items:
            if first <= item.value <= last:
                err(where, f"{enum.name}.{item.name} lies in a reserved range")
    zero = next((i for i in enum.items if i.value == 0), None)
    if not zero and not any(first == 0 for first, _, _, _ in enum.reserved):
        err(enum.where, f"enum {enum.name} leaves 0 open: name it, or add 'RESERVED 0'")


def check_flags(spec, flags):
    err = spec.errors.add
    if not flags.items:
        err(flags.where, f"flags {flags.name} has no values")
    taken = 0
    for item in flags.items:
        if item.value == 0 or item.value >= 1 << flags.bits:
            err(
                item.where, f"{flags.name}.{item.name} = {item.text} does not fit {flags.bits} bits"
            )
        elif not re.fullmatch("0*1+0*", f"{item.value:b}"):
            err(
                item.where,
                f"{flags.name}.{item.name} = {item.text} has a hole: its bits must be neighbours",
            )
        if item.value & taken:
            other = next(i.name for i in flags.items if i.value & item.value)
            err(item.where, f"{flags.name}.{item.name} overlaps {other}")
        taken |= item.value


# --- header -------------------------------------------------------------------------------------


def check_header(spec, header):
    err = spec.errors.add
    bits = sum(f.bits for f in header.fields)
    if bits != header.size * 8:
        err(header.where, f"header {header.name} is {bits} bits, declared {header.size * 8}")
    for field in header.fields:
        check_field(spec, header, field)


def check_field(spec, header, field):
    err = spec.errors.add
    label = f"{header.name}.{field.name}"
    if field.name in RESERVED_WORDS:
        err(field.where, f"field {label}: '{field.name}' is a word of C or Lua; choose another")
    if field.is_bytes and (field.bits % 8 or field.at % 8):
        err(
            field.where,
            f"field {label} is longer than 64 bits: it must be whole bytes on a byte boundary",
        )
    if field.enum and field.flags:
        err(field.where, f"field {label} cannot be both an enum and flags")
    for kind, name, table in (("enum", field.enum, spec.enums), ("flags", field.flags, spec.flags)):
        if not name:
            continue
        if name not in table:
            err(
                field.where,
                f"field {label}: no {kind} {name} (begin the text with '- ' if this is text)",
            )
        elif table[name].bits > field.bits:
            err(
                field.where,
                f"field {label} is {field.bits} bits, {kind} {name} is {table[name].bits}",
            )
    if field.mbz and (field.fixed is not None or field.enum or field.flags):
        err(field.where, f"field {label} is mbz and cannot have a value, enum or flags")
    if field.fixed is not None:
        field.fixed = fixed_value(spec, field, label)


def fixed_value(spec, field, label):
    text = field.fixed_text
    if NUMBER.match(text):
        value = int(text, 0)
    elif text in spec.consts:
        value = spec.consts[text].value
    else:
        spec.errors.add(
            field.where, f"field {label}: '= {text}' is neither a number nor a constant"
        )
        return 0
    if value > field.max or field.is_bytes:
        spec.errors.add(field.where, f"field {label}: {text} does not fit {field.bits} bits")
    return value


# --- layout -------------------------------------------------------------------------------------


def check_layout(spec, layout):
    err = spec.errors.add
    if not layout.elements:
        err(layout.where, f"layout {layout.name} has no elements")
        return
    if layout.name in spec.headers:
        err(layout.where, f"layout {layout.name} has the name of a header")
    known = set()
    names = [e.name for e in layout.elements]
    for index, element in enumerate(layout.elements):
        check_element(spec, layout, element, known, names[index + 1 :])
        known.add(element.name)
    for ref in layout.info:
        if not lookup(spec, ref):
            err(layout.where, f"layout {layout.name}: info names {ref}, which is no header.field")


def check_element(spec, layout, element, known, later):
    err = spec.errors.add
    group = spec.layouts.get(element.name)
    is_struct = element.name in spec.headers or group is not None
    if element.kind in ("one", "repeat", "until", "while") and not is_struct:
        err(element.where, f"layout {layout.name}: no header or group {element.name}")
    if element.kind in ("bytes", "rest") and is_struct:
        err(
            element.where,
            f"layout {layout.name}: {element.name} is a header; repeat it with '*' or 'until'",
        )
    if group is not None and (group.when or group is layout):
        err(element.where, f"layout {layout.name}: {element.name} is a packet, not a group")
    if element.until and element.until not in later:
        err(
            element.where,
            f"layout {layout.name}: 'until {element.until}' needs {element.until} further down",
        )
    inner = known | {element.name} if element.kind == "while" else known
    for token in element.count:
        if "." in token:
            check_ref(spec, layout, element.where, token, inner)
    if element.cond:
        for term in element.cond.terms:
            check_term(spec, layout, term, known)


def lookup(spec, ref):
    header, _, name = ref.partition(".")
    return spec.headers[header].find(name) if header in spec.headers else None


def check_ref(spec, layout, where, ref, known):
    """The field that `ref` names, if it has been read by then; a group may look outwards."""
    header = ref.partition(".")[0]
    field = lookup(spec, ref)
    if not field:
        spec.errors.add(where, f"layout {layout.name}: no field {ref}")
    elif layout.when and header not in known and not in_group(spec, header, known):
        spec.errors.add(where, f"layout {layout.name}: {ref} is used before {header} was read")
    return field


def in_group(spec, header, known):
    return any(
        name in spec.layouts and any(e.name == header for e in spec.layouts[name].elements)
        for name in known
    )


def check_term(spec, layout, term, known):
    field = check_ref(spec, layout, term.where, f"{term.header}.{term.field}", known)
    if field:
        term.values = [value_of(spec, layout, term, field, word) for word in term.words]


def value_of(spec, layout, term, field, word):
    """The number that a word of a comparison stands for."""
    if NUMBER.match(word):
        return int(word, 0)
    owner = spec.enums.get(field.enum) or spec.flags.get(field.flags)
    item = owner.find(word) if owner else None
    if item:
        return item.value
    if word in spec.consts:
        return spec.consts[word].value
    of = f" of {owner.name}" if owner else ""
    spec.errors.add(
        term.where,
        f"layout {layout.name}: '{word}' is no value{of} that"
        f" {term.header or field.name}.{term.field} can have",
    )
    return 0


# --- which layout a packet has ------------------------------------------------------------------


def check_packets(spec):
    """Every packet begins with the same header, and `when` looks at nothing else."""
    first = None
    seen = {}
    for layout in packets(spec):
        if not layout.elements:
            continue
        head = layout.elements[0]
        if head.kind != "one" or head.cond or head.name not in spec.headers:
            spec.errors.add(
                head.where, f"layout {layout.name} must begin with a header that is always there"
            )
            continue
        when = [resolve_when(spec, layout, head, term) for term in layout.when.terms]
        if first and when[0] and first != when[0]:
            spec.errors.add(
                layout.where,
                f"layout {layout.name}: the field that tells the layouts apart"
                " lies elsewhere than in the first layout",
            )
        first = first or when[0]
        hidden_by(spec, layout, seen)


def resolve_when(spec, layout, head, term):
    """Fills in the header of `enum = VALUE`; returns where the field lies in the packet."""
    header = spec.headers[head.name]
    if not term.header:
        field = next((f for f in header.fields if f.enum == term.field), None)
        if not field:
            spec.errors.add(
                term.where,
                f"layout {layout.name}: header {header.name} has no field" f" of enum {term.field}",
            )
            return None
        term.header, term.field = header.name, field.name
    check_term(spec, layout, term, {head.name})
    field = header.find(term.field)
    return (field.at, field.bits) if field else None


def hidden_by(spec, layout, seen):
    """A layout with a condition that an earlier, simpler one already takes is never reached."""
    terms = layout.when.terms
    key = [(t.header, t.field, t.op, tuple(t.values)) for t in terms]
    for other, (where, simple) in seen.items():
        if simple is not None and simple in key:
            spec.errors.add(
                layout.where,
                f"layout {layout.name} is never reached: {other} at {where} comes first",
            )
    seen[layout.name] = (layout.where, key[0] if len(key) == 1 else None)


# --- states -------------------------------------------------------------------------------------


def check_machine(spec, machine):
    err = spec.errors.add
    if not machine.moves:
        err(machine.where, f"states {machine.name} has no moves")
        return
    seen = {}
    for source, target, _, where in machine.moves:
        if (source, target) in seen:
            err(
                where,
                f"{machine.name}: {source} -> {target} given twice,"
                f" first at {seen[source, target]}",
            )
        seen.setdefault((source, target), where)
    start = next(iter(machine.states))
    reached, fresh = {start}, {start}
    while fresh:
        fresh = {t for s, t in seen if s in fresh} - reached
        reached |= fresh
    for state, (_, where) in machine.states.items():
        if state not in reached:
            err(where, f"{machine.name}: state {state} cannot be reached from {start}")
        if not machine.declared and sum((s == state) * 2 + (t == state) for s, t in seen) == 1:
            err(
                where,
                f"{machine.name}: state {state} is named once and has no way out: a misspelling?"
                " (if it is meant, name the states by 'state' lines first)",
            )


# --- names in C, exceptions ---------------------------------------------------------------------


def identifiers(spec):
    """Every name that the generated C defines, and where it comes from."""
    for const in spec.consts.values():
        yield f"WEFT_{const.name}", const.where
    for owner in list(spec.enums.values()) + list(spec.flags.values()):
        for item in owner.items:
            yield f"WEFT_{owner.name.upper()}_{item.name}", item.where
        yield f"weft_{owner.name}_name", owner.where
    for enum in spec.enums.values():
        yield f"WEFT_{enum.name.upper()}_COUNT", enum.where
    for header in spec.headers.values():
        yield f"WEFT_HDR_{header.name.upper()}_LEN", header.where
    for machine in spec.machines.values():
        yield f"weft_{machine.name}_state_name", machine.where
        yield f"WEFT_{machine.name.upper()}_STATE_COUNT", machine.where
        for name, (_, where) in machine.states.items():
            yield f"WEFT_{machine.name.upper()}_STATE_{name}", where


def check_identifiers(spec):
    seen = {}
    for name, where in identifiers(spec):
        if name in seen:
            spec.errors.add(where, f"the C name {name} is also that of {seen[name]}")
        seen.setdefault(name, where)


def check_exceptions(spec):
    seen = {}
    for exc in spec.exceptions:
        if exc.id not in spec.requirements:
            spec.errors.add(exc.where, f"exception for unknown requirement {exc.id}")
        for kind in ("code", "test") if exc.kind == "both" else (exc.kind,):
            if (exc.id, kind) in seen:
                spec.errors.add(
                    exc.where,
                    f"{exc.id}: exception for {kind} given twice,"
                    f" first at {seen[exc.id, kind]}",
                )
            seen.setdefault((exc.id, kind), exc.where)


__all__ = ["check", "OPPOSITE"]
