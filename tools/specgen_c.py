# SPDX-License-Identifier: BSD-2-Clause
"""Writes core/wire.h, core/names.h and core/names.c.

Decides how a header becomes a C struct with pack and unpack functions.  The generated C needs
nothing but core/port.h, does no unaligned or typed access to packets, and is the same on any host.
"""

LICENCE = "/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */\n"
NOTICE = "Generated from spec/ by tools/specgen.py; do not edit. To regenerate: make gen"
COLUMNS = 100


def up(name):
    return name.upper()


def comment(text, indent=""):
    """A C comment, wrapped."""
    text = text.replace("*/", "* /")
    one = f"{indent}/* {text} */"
    if width(one) <= COLUMNS:
        return [one]
    lines, line = [], f"{indent}/*"
    for word in text.split():
        if width(f"{line} {word} */") > COLUMNS:
            lines.append(line)
            line = f"{indent} *"
        line += f" {word}"
    return lines + [line + " */"]


def width(text):
    return len(text.expandtabs(8))


def with_doc(code, doc, indent="\t"):
    """A line of code with its comment behind it, or above it when there is no room."""
    if not doc:
        return [indent + code]
    line = f"{indent}{code}\t/* {doc.replace('*/', '* /')} */"
    return [line] if width(line) <= COLUMNS else comment(doc, indent) + [indent + code]


# --- wire.h -------------------------------------------------------------------------------------


# Compilers make one load or store, and a swap of bytes where one is due, of each.
WORDS = """\
static inline void weft_put32(uint8_t *p, uint32_t x)
{
	p[0] = (uint8_t)(x >> 24);
	p[1] = (uint8_t)(x >> 16);
	p[2] = (uint8_t)(x >> 8);
	p[3] = (uint8_t)x;
}

static inline void weft_put64(uint8_t *p, uint64_t x)
{
	p[0] = (uint8_t)(x >> 56);
	p[1] = (uint8_t)(x >> 48);
	p[2] = (uint8_t)(x >> 40);
	p[3] = (uint8_t)(x >> 32);
	p[4] = (uint8_t)(x >> 24);
	p[5] = (uint8_t)(x >> 16);
	p[6] = (uint8_t)(x >> 8);
	p[7] = (uint8_t)x;
}

static inline uint32_t weft_get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

static inline uint64_t weft_get64(const uint8_t *p)
{
	return (uint64_t)weft_get32(p) << 32 | weft_get32(p + 4);
}"""


def wire_h(spec):
    out = [
        LICENCE.rstrip(),
        "/*",
        f" * {NOTICE}",
        " *",
        " * Decides how Weft's headers, codes and constants lie on the wire: a struct in host",
        " * order for each header, with pack and unpack.  Leaves to others what the values mean,",
        " * and which header follows.",
        *[row for note in spec.notes for row in [" *", " * " + note.replace("*/", "* /")]],
        " */",
        "#ifndef WEFT_WIRE_H",
        "#define WEFT_WIRE_H",
        "",
        '#include "core/port.h"',
        "",
        *WORDS.splitlines(),
        "",
    ]
    out += consts(spec)
    for enum in spec.enums.values():
        out += enum_c(enum)
    for flags in spec.flags.values():
        out += flags_c(flags)
    for header in spec.headers.values():
        out += header_c(spec, header)
    for machine in spec.machines.values():
        out += machine_c(machine)
    return "\n".join(out + ["#endif /* WEFT_WIRE_H */", ""])


def consts(spec):
    out = []
    for const in spec.consts.values():
        suffix = "ull" if const.value > 0xFFFFFFFF else "u"
        out += with_doc(f"#define WEFT_{const.name}\t{const.text}{suffix}", const.doc, "")
    return out + [""] if out else []


def enum_c(enum):
    out = comment(enum.doc) if enum.doc else []
    out.append(f"enum weft_{enum.name} {{")
    for item in enum.items:
        out += with_doc(f"WEFT_{up(enum.name)}_{item.name} = {item.text},", item.doc)
    top = max(item.value for item in enum.items) + 1
    return out + [
        "};",
        f"#define WEFT_{up(enum.name)}_COUNT\t{top}u\t/* the highest value, plus one */",
        "",
    ]


def flags_c(flags):
    out = comment(f"flags {flags.name}: {flags.doc}" if flags.doc else f"flags {flags.name}")
    suffix = "ull" if flags.bits > 32 else "u"
    for item in flags.items:
        name = f"WEFT_{up(flags.name)}_{item.name}"
        out += with_doc(f"#define {name}\t{item.text}{suffix}", item.doc, "")
        if item.value & (item.value - 1):
            shift = (item.value & -item.value).bit_length() - 1
            out.append(f"#define {name}_SHIFT\t{shift}")
    return out + [""]


def ctype(field):
    return f"uint{field.ctype_bits}_t"


def members(spec, header):
    out = []
    for field in header.fields:
        if field.mbz:
            continue
        doc = field.doc
        if field.enum:
            doc = f"enum weft_{field.enum}" + (f": {doc}" if doc else "")
        elif field.flags:
            doc = f"WEFT_{up(field.flags)}_*" + (f": {doc}" if doc else "")
        if field.fixed is not None:
            doc = f"always {field.fixed_text}" + (f"; {doc}" if doc else "")
        if field.mutable:
            doc = f"mutable{'; ' + doc if doc else ''}"
        if field.bits not in (8, 16, 32, 64) and not field.is_bytes:
            doc = f"{field.bits} bits{'; ' + doc if doc else ''}"
        decl = (
            f"uint8_t {field.name}[{field.bits // 8}];"
            if field.is_bytes
            else f"{ctype(field)} {field.name};"
        )
        out += with_doc(decl, doc)
    return out


def header_c(spec, header):
    name = f"weft_hdr_{header.name}"
    out = comment(f"{header.name}: {header.doc}" if header.doc else header.name)
    fields = members(spec, header) or ["\tuint8_t unused;\t/* every field is reserved */"]
    out += [f"struct {name} {{"] + fields + ["};"]
    out += [f"#define WEFT_HDR_{up(header.name)}_LEN\t{header.size}u", ""]
    out += pack_c(header, name) + unpack_c(header, name)
    return out + (mask_c(header) if header.mutable else [])


def slices(field):
    """For each byte: its number, shift of the value to the right, bits, shift within the byte."""
    end = field.at + field.bits
    for byte in range(field.first_byte, field.last_byte + 1):
        first, last = max(field.at, byte * 8), min(end, byte * 8 + 8)
        yield byte, end - last, last - first, byte * 8 + 8 - last


def signature(kind, name, *params):
    """The head of an inline function, broken before a parameter that does not fit."""
    head = f"static inline {kind} {name}("
    line = head + ", ".join(params) + ")"
    if width(line) <= COLUMNS:
        return [line, "{"]
    pad = "\t" * (len(head) // 8) + " " * (len(head) % 8)
    return (
        [head + params[0] + ","]
        + [pad + p + ("," if i + 2 < len(params) else ")") for i, p in enumerate(params[1:])]
        + ["{"]
    )


def shifted(text, op, count):
    return f"{text} {op} {count}" if count else text


def pack_piece(field, right, bits, left):
    """The expression for the part of a field that one byte holds."""
    if field.fixed is not None:
        value = (field.fixed >> right & (1 << bits) - 1) << left
        return f"0x{value:02x}u" if value else None
    piece = shifted(f"h->{field.name}", ">>", right)
    if bits < 8:
        piece = f"({piece} & 0x{(1 << bits) - 1:x}u)"
    elif right and left:
        piece = f"({piece})"
    return shifted(piece, "<<", left)


def wordly(header):
    """Can the header be taken in words of 32 bits, and fields of 64 bits in two of them?"""
    if header.size % 4 or any(f.is_bytes for f in header.fields):
        return False
    return all(
        f.at // 32 == (f.at + f.bits - 1) // 32 or (f.bits == 64 and f.at % 32 == 0)
        for f in header.fields
    )


def words(header):
    """For each word, or two of a field of 64 bits: its byte, its bits, its fields."""
    wide = {f.at // 8: f for f in header.fields if f.bits == 64}
    byte = 0
    while byte < header.size:
        if byte in wide:
            yield byte, 64, [wide[byte]]
            byte += 8
            continue
        inside = [f for f in header.fields if f.at // 32 == byte // 4 and not f.mbz]
        yield byte, 32, inside
        byte += 4


def word_piece(field, byte):
    """A field as a part of the word at byte, to write it."""
    left = byte * 8 + 32 - field.at - field.bits
    mask = (1 << field.bits) - 1
    if field.fixed is not None:
        return f"0x{field.fixed << left:x}u" if field.fixed else None
    value = f"h->{field.name}" if field.bits == 32 else f"(uint32_t)h->{field.name}"
    if field.bits not in (8, 16, 32):
        value = f"(h->{field.name} & 0x{mask:x}u)"
    return shifted(value, "<<", left)


def statement(head, parts):
    line = f"\t{head}{' | '.join(parts)});"
    if width(line) <= COLUMNS:
        return [line]
    out, row = [f"\t{head}".rstrip()], "\t\t"
    for i, part in enumerate(parts):
        piece = part + (" |" if i + 1 < len(parts) else ");")
        if row.strip() and width(f"{row} {piece}") > COLUMNS:
            out.append(row)
            row = "\t\t"
        row += (" " if row.strip() else "") + piece
    return out + [row]


def pack_words(header, name):
    out = signature("void", f"{name}_pack", "uint8_t *p", f"const struct {name} *h")
    if all(f.mbz or f.fixed is not None for f in header.fields):
        out.append("\t(void)h;")
    for byte, bits, fields in words(header):
        at = f"p + {byte}" if byte else "p"
        if bits == 64:
            value = "0" if fields[0].mbz else f"h->{fields[0].name}"
            out.append(f"\tweft_put64({at}, {value});")
            continue
        parts = [p for p in (word_piece(f, byte) for f in fields) if p] or ["0"]
        out += statement(f"weft_put32({at}, ", parts)
    return out + ["}", ""]


def unpack_words(header, name):
    out = signature("void", f"{name}_unpack", f"struct {name} *h", "const uint8_t *p")
    used = [(b, n, [f for f in fs if not f.mbz]) for b, n, fs in words(header)]
    used = [w for w in used if w[2]]
    if not used:
        return out + ["\t(void)p;", "\th->unused = 0;", "}", ""]
    # First all that is read: what is written could lie in the packet, for all the compiler knows.
    for byte, bits, _ in used:
        at = f"p + {byte}" if byte else "p"
        out.append(f"\tconst uint{bits}_t w{byte} = weft_get{bits}({at});")
    out.append("")
    for byte, bits, fields in used:
        for f in fields:
            right = byte * 8 + bits - f.at - f.bits
            value = shifted(f"w{byte}", ">>", right)
            if f.bits not in (8, 16, 32, 64) and right + f.bits < 32:
                value = f"{value} & 0x{(1 << f.bits) - 1:x}u"
            whole = f.bits == bits
            out.append(f"\th->{f.name} = " + (f"w{byte};" if whole else f"({ctype(f)})({value});"))
    return out + ["}", ""]


def pack_c(header, name):
    """Writes words, or else bytes one by one: compilers make single stores of them."""
    if wordly(header):
        return pack_words(header, name)
    out = signature("void", f"{name}_pack", "uint8_t *p", f"const struct {name} *h")
    pieces = [[] for _ in range(header.size)]
    arrays = []
    for field in header.fields:
        if field.mbz:
            continue
        if field.is_bytes:
            arrays.append(field)
            continue
        for byte, right, bits, left in slices(field):
            piece = pack_piece(field, right, bits, left)
            if piece:
                pieces[byte].append(piece)
    if all(f.mbz or f.fixed is not None for f in header.fields):
        out.append("\t(void)h;")
    held = {b for f in arrays for b in range(f.first_byte, f.last_byte + 1)}
    for byte in range(header.size):
        if byte not in held:
            value = " | ".join(pieces[byte]) or "0"
            out.append(
                f"\tp[{byte}] = (uint8_t)({value});" if pieces[byte] else f"\tp[{byte}] = 0;"
            )
    for field in arrays:
        out.append(f"\tmemcpy(p + {field.first_byte}, h->{field.name}, {field.bits // 8});")
    return out + ["}", ""]


def unpack_c(header, name):
    if wordly(header):
        return unpack_words(header, name)
    out = signature("void", f"{name}_unpack", f"struct {name} *h", "const uint8_t *p")
    fields = [f for f in header.fields if not f.mbz]
    if not fields:
        out += ["\t(void)p;", "\th->unused = 0;"]
    for field in fields:
        if field.is_bytes:
            out.append(f"\tmemcpy(h->{field.name}, p + {field.first_byte}, {field.bits // 8});")
            continue
        kind = ctype(field)
        parts = []
        for byte, right, bits, left in slices(field):
            part = shifted(f"p[{byte}]", ">>", left)
            if bits < 8 and left + bits < 8:
                part = f"({part} & 0x{(1 << bits) - 1:x}u)"
            elif left:
                part = f"({part})"
            # A single shifted byte needs no cast of its own; several must not overflow int.
            if field.ctype_bits > 8 or right:
                part = shifted(
                    f"({kind if field.ctype_bits > 32 else 'uint32_t'}){part}", "<<", right
                )
            parts.append(part)
        out += assign(f"h->{field.name}", kind, parts)
    return out + ["}", ""]


def assign(target, kind, parts):
    if len(parts) == 1 and parts[0].startswith("("):
        return [f"\t{target} = ({kind}){parts[0]};"]
    line = f"\t{target} = ({kind})({' | '.join(parts)});"
    if width(line) <= COLUMNS:
        return [line]
    out = [f"\t{target} = ({kind})("]
    row = "\t\t"
    for i, part in enumerate(parts):
        piece = part + (" |" if i + 1 < len(parts) else ");")
        if row.strip() and width(f"{row} {piece}") > COLUMNS:
            out.append(row)
            row = "\t\t"
        row += (" " if row.strip() else "") + piece
    return out + [row]


def mask_c(header):
    name = f"weft_hdr_{header.name}"
    mask = header.mask()
    fields = ", ".join(f.name for f in header.mutable)
    values = ", ".join(f"0x{m:02x}" for m in mask)
    out = comment(
        f"Ones where a bit of {header.name} is protected; zeros where a switch may change it:"
        f" {fields}."
    )
    out += [f"#define WEFT_HDR_{up(header.name)}_MASK {{ \\"]
    row = "\t"
    for i, value in enumerate(values.split(", ")):
        row += f"{value}, " if i + 1 < len(mask) else f"{value} }}"
        if i % 8 == 7 and i + 1 < len(mask):
            out.append(row + "\\")
            row = "\t"
    out += [row, ""]
    out += comment(
        f"Copies the bytes of a {header.name} header with every mutable bit zero, as the CRC and"
        " the AAD take them. `out` may be `p`."
    )
    out += signature("void", f"{name}_mask", "uint8_t *out", "const uint8_t *p")
    for byte, value in enumerate(mask):
        source = {0xFF: f"p[{byte}]", 0: "0"}.get(value, f"(uint8_t)(p[{byte}] & 0x{value:02x}u)")
        out.append(f"\tout[{byte}] = {source};")
    return out + ["}", ""]


def machine_c(machine):
    name, caps = machine.name, up(machine.name)
    out = comment(
        f"The states of {name}{': ' + machine.doc if machine.doc else ''};"
        " the first is where it starts."
    )
    out.append(f"enum weft_{name}_state {{")
    for value, (state, (doc, _)) in enumerate(machine.states.items()):
        out += with_doc(f"WEFT_{caps}_STATE_{state} = {value},", doc)
    out += ["};", f"#define WEFT_{caps}_STATE_COUNT\t{len(machine.states)}u", ""]
    out.append(f"/* Whether {name} may move from one state to the other. */")
    out += signature(
        "bool", f"weft_{name}_legal", f"enum weft_{name}_state from", f"enum weft_{name}_state to"
    )
    out.append("\tswitch (from) {")
    for state in machine.states:
        out.append(f"\tcase WEFT_{caps}_STATE_{state}:")
        moves = [(t, doc) for s, t, doc, _ in machine.moves if s == state]
        if not moves:
            out.append("\t\treturn false;")
        for i, (target, doc) in enumerate(moves):
            lead = "return " if i == 0 else "       "
            tail = ";" if i + 1 == len(moves) else " ||"
            out += with_doc(f"{lead}to == WEFT_{caps}_STATE_{target}{tail}", doc, "\t\t")
    return out + ["\t}", "\treturn false;", "}", ""]


# --- names --------------------------------------------------------------------------------------


def name_tables(spec):
    """(function suffix, what it names, [(C constant, name)])"""
    for owner in list(spec.enums.values()) + list(spec.flags.values()):
        kind = (
            "a value of enum"
            if owner.name in spec.enums and owner is spec.enums[owner.name]
            else "one of the masks of flags"
        )
        yield owner.name, f"{kind} {owner.name}", [
            (f"WEFT_{up(owner.name)}_{i.name}", i.name) for i in owner.items
        ]
    for machine in spec.machines.values():
        yield f"{machine.name}_state", f"a state of {machine.name}", [
            (f"WEFT_{up(machine.name)}_STATE_{s}", s) for s in machine.states
        ]


def names_h(spec):
    out = [
        LICENCE.rstrip(),
        "/*",
        f" * {NOTICE}",
        " *",
        " * The names of Weft's codes, as the specification writes them, for logs and tools.  Each",
        ' * function returns a string that lives for ever; "?" for a value that has no name.',
        " */",
        "#ifndef WEFT_NAMES_H",
        "#define WEFT_NAMES_H",
        "",
    ]
    for name, what, _ in name_tables(spec):
        out.append(f"const char *weft_{name}_name({argument(spec, name)} v);\t/* {what} */")
    return "\n".join(out + ["", "#endif /* WEFT_NAMES_H */", ""])


def argument(spec, name):
    wide = name in spec.flags and spec.flags[name].bits > 32
    return "unsigned long long" if wide else "unsigned"


def names_c(spec):
    out = [
        LICENCE.rstrip(),
        "/*",
        f" * {NOTICE}",
        " *",
        " * The names of Weft's codes.  See core/names.h.",
        " */",
        '#include "core/names.h"',
        '#include "core/wire.h"',
        "",
    ]
    for name, _, pairs in name_tables(spec):
        out += [f"const char *weft_{name}_name({argument(spec, name)} v)", "{", "\tswitch (v) {"]
        for constant, text in pairs:
            out += [f"\tcase {constant}:", f'\t\treturn "{text}";']
        out += ["\t}", '\treturn "?";', "}", ""]
    return "\n".join(out[:-1] + [""])


__all__ = ["wire_h", "names_h", "names_c"]
