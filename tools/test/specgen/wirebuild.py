# SPDX-License-Identifier: BSD-2-Clause
"""Builds random packets from the layouts of a specification, and says what a dissector should show.

Walks layouts on its own, from the sender's side; it shares only the parsed model with the
generators.  Randomness comes from the caller's seeded generator.
"""

import re


def crc32c(data):
    """CRC32C bit by bit: slow, and easy to compare with its definition."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


class Part:
    """A header with its values, or plain bytes."""

    def __init__(self, header=None, values=None, data=b"", name=""):
        self.header, self.values, self.data, self.name = header, values, data, name

    def encode(self):
        if self.header is None:
            return self.data
        text = "".join(
            format(0 if f.mbz else self.values[f.name], f"0{f.bits}b") for f in self.header.fields
        )
        return bytes(int(text[i : i + 8], 2) for i in range(0, len(text), 8))

    def mask(self):
        if self.header is None:
            return b"\xff" * len(self.data)
        text = "".join("01"[not f.mutable] * f.bits for f in self.header.fields)
        return bytes(int(text[i : i + 8], 2) for i in range(0, len(text), 8))


class Builder:
    """One packet of one layout."""

    def __init__(self, spec, layout, rng):
        self.spec, self.layout, self.rng = spec, layout, rng
        self.parts = []
        self.env = {}  # header -> its latest values
        self.tlv_at = None  # the field that says how many bytes of TLVs there are
        self.small = set()  # fields that count something
        for lay in spec.layouts.values():
            for element in lay.elements:
                self.small |= {t for t in element.count if "." in t}
        self.forced = {f"{t.header}.{t.field}": t for t in layout.when.terms}

    # --- values ---

    def value(self, header, field):
        ref = f"{header.name}.{field.name}"
        if field.fixed is not None:
            return field.fixed
        if field.enum:
            return self.rng.choice([i.value for i in self.spec.enums[field.enum].items])
        if field.flags:
            items = self.spec.flags[field.flags].items
            return sum(self.rng.choice([0, i.value]) for i in items)
        if ref in self.small:
            return self.rng.randrange(min(8, field.max + 1))
        return self.rng.choice([0, 1, field.max, self.rng.randrange(field.max + 1)])

    def settle(self, ref, value):
        """A value that agrees with the layout's `when`."""
        term = self.forced.get(ref)
        if term is None:
            return value
        want = term.values[0]
        return {"=": want, "&": value | want, "!&": value & ~want}[term.op]

    def add_header(self, name):
        header = self.spec.headers[name]
        values = {
            f.name: self.settle(f"{name}.{f.name}", self.value(header, f))
            for f in header.fields
            if not f.mbz
        }
        self.parts.append(Part(header, values, name=name))
        self.env[name] = values
        return values

    def holds(self, cond):
        results = [self.compare(t) for t in cond.terms]
        return all(results) if cond.join == "and" else any(results)

    def compare(self, term):
        value = self.env.get(term.header, {}).get(term.field, 0)
        first = term.values[0]
        return {
            "=": value == first,
            "!=": value != first,
            "<": value < first,
            ">": value > first,
            "<=": value <= first,
            ">=": value >= first,
            "&": bool(value & first),
            "!&": not value & first,
            "in": value in term.values,
            "not in": value not in term.values,
        }[term.op]

    def count(self, tokens):
        def operand(token):
            head, _, name = token.rpartition(".")
            return self.env[head][name] if head else int(token, 0)

        total = operand(tokens[0])
        for op, token in zip(tokens[1::2], tokens[2::2]):
            right = operand(token)
            total = {
                "+": total + right,
                "-": total - right,
                "*": total * right,
                "<<": total << right,
            }[op]
        return total

    # --- elements ---

    def elements(self, layout):
        for element in layout.elements:
            if element.cond and not self.holds(element.cond):
                continue
            if element.kind in ("bytes", "rest"):
                size = (
                    self.rng.randrange(9) if element.kind == "rest" else self.count(element.count)
                )
                self.parts.append(Part(data=self.rng.randbytes(size), name=element.name))
                continue
            times = {
                "one": 1,
                "repeat": self.count(element.count) if element.kind == "repeat" else 0,
                "until": self.rng.randrange(4),
                "while": self.rng.randrange(1, 4),
            }[element.kind]
            start = len(self.parts)
            for left in reversed(range(times)):
                self.one(element.name)
                if element.kind == "while":
                    head, _, name = element.count[0].partition(".")
                    self.env[head][name] = 1 if left else 0
            if element.kind == "until" and element.count:
                head, _, name = element.count[0].partition(".")
                self.env[head][name] = sum(len(p.encode()) for p in self.parts[start:])

    def one(self, name):
        if name in self.spec.layouts:
            self.elements(self.spec.layouts[name])
        elif re.search(r"(^|_)tlv$", name):
            self.tlv(name)
        else:
            self.add_header(name)

    def tlv(self, name):
        values = self.add_header(name)
        enum = self.spec.enums[self.spec.headers[name].find("type").enum]
        inner = f"{name}_" + next(i.name for i in enum.items if i.value == values["type"]).lower()
        start = len(self.parts)
        if inner in self.spec.headers:
            self.add_header(inner)
            self.tail(name, self.rng.choice([0, 0, 3, 8]))
        elif inner in self.spec.layouts:
            for _ in range(self.rng.randrange(3)):
                self.one(self.spec.layouts[inner].elements[0].name)
        else:
            self.tail(name, self.rng.randrange(10))
        values["length"] = sum(len(p.encode()) for p in self.parts[start:])
        self.parts.append(Part(data=bytes(-values["length"] % 4)))

    def tail(self, name, size):
        text = self.rng.random() < 0.5
        data = (
            bytes(self.rng.randrange(97, 123) for _ in range(size))
            if text
            else bytes(self.rng.randrange(128, 256) for _ in range(size))
        )
        if size:
            self.parts.append(Part(data=data, name=f"{name}.{'text' if text else 'value'}"))

    # --- the whole ---

    def build(self):
        """(bytes, [(filter name, value)] in wire order)"""
        self.elements(self.layout)
        crc = next(p for p in self.parts if p.name == "crc")
        before = self.parts[: self.parts.index(crc)]
        covered = bytes(a & b for p in before for a, b in zip(p.encode(), p.mask()))
        crc.values["crc"] = crc32c(covered)
        return b"".join(p.encode() for p in self.parts), list(self.expected())

    def expected(self):
        for part in self.parts:
            if part.header is not None:
                for field in part.header.fields:
                    if not field.mbz:
                        yield f"weft.{part.name}.{field.name}", part.values[field.name]
            elif part.name and part.data:
                yield f"weft.{part.name}", part.data


def build(spec, layout, rng):
    return Builder(spec, layout, rng).build()
