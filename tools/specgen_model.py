# SPDX-License-Identifier: BSD-2-Clause
"""The specification as data: what the parser fills, what the generators read.

Decides the shape of a parsed specification and small questions every generator asks of it
(offsets, member sizes, C names).  Leaves syntax to specgen_parse, rules to specgen_check.
"""

import dataclasses
import sys

RESERVED_WORDS = set(
    """auto bool break case char const continue default do double else enum extern
false float for goto if inline int long register restrict return short signed sizeof static struct
switch true typedef union unsigned void volatile while and end elseif function in local nil not or
repeat then until""".split()
)


@dataclasses.dataclass
class Where:
    """A line of the specification, for messages."""

    path: str
    line: int

    def __str__(self):
        return f"{self.path}:{self.line}"


class Errors:
    """Collects messages, so that one run shows every mistake."""

    def __init__(self):
        self.items = []

    def add(self, where, text):
        message = f"{where}: {text}"
        if message not in self.items:
            self.items.append(message)

    def report(self, out=sys.stderr):
        for text in self.items:
            print(f"specgen: {text}", file=out)


@dataclasses.dataclass
class Const:
    name: str
    value: int
    doc: str
    where: Where
    text: str = ""  # the value as written, to keep hex as hex


@dataclasses.dataclass
class Item:
    """A value of an enum, or a mask of a flags set."""

    name: str
    value: int
    doc: str
    where: Where
    text: str = ""


@dataclasses.dataclass
class Enum:
    name: str
    bits: int
    doc: str
    where: Where
    items: list = dataclasses.field(default_factory=list)
    reserved: list = dataclasses.field(default_factory=list)  # (first, last, doc, where)

    def find(self, name):
        return next((i for i in self.items if i.name == name), None)


@dataclasses.dataclass
class Flags(Enum):
    """As an enum, but the items are masks that do not overlap."""


@dataclasses.dataclass
class Field:
    name: str
    bits: int
    doc: str
    where: Where
    enum: str = ""
    flags: str = ""
    fixed: object = None  # the constant, or None
    fixed_text: str = ""
    mutable: bool = False
    mbz: bool = False
    at: int = 0  # offset in bits from the start of the header

    @property
    def is_bytes(self):
        return self.bits > 64

    @property
    def first_byte(self):
        return self.at // 8

    @property
    def last_byte(self):
        return (self.at + self.bits - 1) // 8

    @property
    def ctype_bits(self):
        return next(n for n in (8, 16, 32, 64) if self.bits <= n)

    @property
    def max(self):
        return (1 << self.bits) - 1


@dataclasses.dataclass
class Header:
    name: str
    size: int
    doc: str
    where: Where
    fields: list = dataclasses.field(default_factory=list)

    def find(self, name):
        return next((f for f in self.fields if f.name == name and not f.mbz), None)

    @property
    def mutable(self):
        return [f for f in self.fields if f.mutable]

    def mask(self):
        """One byte mask a byte: ones where a switch may not change the bit."""
        out = [0xFF] * self.size
        for f in self.mutable:
            for bit in range(f.at, f.at + f.bits):
                if bit // 8 < self.size:
                    out[bit // 8] &= ~(0x80 >> bit % 8) & 0xFF
        return out


@dataclasses.dataclass
class Term:
    """One comparison: `header.field op values`."""

    header: str  # empty: an enum's name is in `field` (in `when` only)
    field: str
    op: str  # '=', '!=', '<', '>', '<=', '>=', '&', '!&', 'in', 'not in'
    words: list  # names or numbers as written
    values: list = dataclasses.field(default_factory=list)  # resolved by specgen_check
    where: Where = None


@dataclasses.dataclass
class Cond:
    """Terms joined by one kind of word."""

    join: str  # 'and' or 'or'
    terms: list


@dataclasses.dataclass
class Element:
    """A line of a layout: a header, a group (layout without `when`) or plain bytes."""

    name: str
    kind: str  # 'one', 'repeat', 'until', 'while', 'bytes', 'rest'
    where: Where
    count: list = dataclasses.field(default_factory=list)  # an expression, as tokens
    until: str = ""  # the header before which an `until` ends; empty: `count` bytes
    cond: object = None


@dataclasses.dataclass
class Layout:
    name: str
    doc: str
    where: Where
    when: object = None  # a Cond; None: a group that other layouts name
    info: list = dataclasses.field(default_factory=list)
    elements: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Machine:
    """A state machine: its states in order, the first being where it starts."""

    name: str
    doc: str
    where: Where
    states: dict = dataclasses.field(default_factory=dict)  # name -> (doc, where)
    declared: bool = False
    moves: list = dataclasses.field(default_factory=list)  # (from, to, doc, where)


@dataclasses.dataclass
class Requirement:
    id: str
    text: str
    keyword: str
    where: Where

    @property
    def area(self):
        return self.id.split("-")[1]

    @property
    def must(self):
        return self.keyword in ("MUST", "MUST NOT")


@dataclasses.dataclass
class Exception_:
    """Says that a requirement needs no citation of a kind, and why."""

    id: str
    kind: str  # 'code', 'test', 'both'
    reason: str
    where: Where


@dataclasses.dataclass
class Spec:
    notes: list = dataclasses.field(default_factory=list)  # comments for the head of wire.h
    consts: dict = dataclasses.field(default_factory=dict)
    enums: dict = dataclasses.field(default_factory=dict)
    flags: dict = dataclasses.field(default_factory=dict)
    headers: dict = dataclasses.field(default_factory=dict)
    layouts: dict = dataclasses.field(default_factory=dict)
    machines: dict = dataclasses.field(default_factory=dict)
    requirements: dict = dataclasses.field(default_factory=dict)
    exceptions: list = dataclasses.field(default_factory=list)
    errors: Errors = dataclasses.field(default_factory=Errors)
    broken: bool = (
        False  # a block could not be read: what is missing would only cause more messages
    )


def packets(spec):
    """The layouts of whole packets, in the order in which a dissector tries them."""
    return [lay for lay in spec.layouts.values() if lay.when]


def groups(spec):
    return [lay for lay in spec.layouts.values() if not lay.when]


def hexdigits(bits):
    """Hex digits that a value of so many bits fills."""
    return (bits + 3) // 4
