# SPDX-License-Identifier: BSD-2-Clause
"""Reads the normative Markdown into a Spec.

Decides the syntax (tools/specgen.md is its description) and finds what is spelled wrong or said
twice.  Whether the parts fit each other is specgen_check's business.
"""

import pathlib
import re

from specgen_model import (
    Cond,
    Const,
    Element,
    Enum,
    Errors,
    Exception_,
    Field,
    Flags,
    Header,
    Item,
    Layout,
    Machine,
    Requirement,
    Spec,
    Term,
    Where,
)

LOWER = re.compile(r"[a-z][a-z0-9_]*$")
UPPER = re.compile(r"[A-Z][A-Z0-9_]*$")
NUMBER = re.compile(r"(0[xX][0-9a-fA-F]+|0|[1-9][0-9]*)$")
RANGE = re.compile(r"(\w+)-(\w+)$")
COMMENT = re.compile(r"(^|\s)#(\s|$).*")
FENCE = re.compile(r"\s*(`{3,}|~{3,})\s*(\S*)\s*(.*)$")
TOKEN = re.compile(r"\s*(<<|<=|>=|!=|!&|[-+*=<>&]|[A-Za-z0-9_.]+|\S)")
REQ_ID = r"WEFT-[A-Za-z0-9]+-[0-9]+"
REQ_START = re.compile(r"\*\*(WEFT-[^*]*)\*\*")
KEYWORD = re.compile(r"\b(MUST NOT|MUST|SHOULD NOT|SHOULD|MAY)\b")
FOREIGN = re.compile(r"\b(SHALL(?: NOT)?|REQUIRED|RECOMMENDED|OPTIONAL)\b")
OPERATORS = ("=", "!=", "<", ">", "<=", ">=", "&", "!&", "in")
OPPOSITE = {
    "=": "!=",
    "!=": "=",
    "<": ">=",
    ">=": "<",
    ">": "<=",
    "<=": ">",
    "&": "!&",
    "!&": "&",
    "in": "not in",
    "not in": "in",
}


SKIP = object()  # stands for an item whose first line could not be read


class Bad(Exception):
    """A line that cannot be read; the caller knows where."""


def number(text, what):
    if not NUMBER.match(text):
        raise Bad(f"{what} must be a decimal or 0x number, not '{text}'")
    return int(text, 0)


def named(text, pattern, what):
    if not pattern.match(text):
        case = "lower case" if pattern is LOWER else "UPPER CASE"
        raise Bad(f"{what} must be a name in {case}, not '{text}'")
    return text


def split(line, count, usage):
    """The first `count` words and the rest as text."""
    words = line.split(None, count)
    if len(words) < count:
        raise Bad(f"expected: {usage}")
    return words[:count], clean(words[count] if len(words) > count else "")


def clean(text):
    """The doc text without the dash or colon that may set it off."""
    return re.sub(r"^[-:—–]+\s+", "", text.strip())


class Parser:
    """One specification; feed it files, then take .spec."""

    def __init__(self):
        self.spec = Spec()
        self.errors = self.spec.errors
        self.item = None  # what indented lines belong to
        self.last = None  # what a `|` line continues

    # --- Markdown ---------------------------------------------------------------------------

    def file(self, path, shown, text):
        fence = None
        quote = []
        exceptions = pathlib.PurePath(path).name == "exceptions.md"
        for n, line in enumerate(text.split("\n"), 1):
            where = Where(shown, n)
            mark = FENCE.match(line)
            if fence:
                if mark and mark[1].startswith(fence[0]) and not mark[2]:
                    self.end_block(fence)
                    fence = None
                elif fence[1] in ("wire", "states"):
                    self.block_line(fence, line, where)
                continue
            if mark:
                self.end_quote(quote, exceptions)
                fence = (mark[1], mark[2], where)
                self.begin_block(mark[2], mark[3], where)
            elif line.startswith(">"):
                quote.append((line[1:].strip(), where))
            else:
                self.end_quote(quote, exceptions)
                self.prose(line, where)
        self.end_quote(quote, exceptions)
        if fence:
            self.errors.add(fence[2], f"the {fence[0]} block never ends")
            self.end_block(fence)

    def prose(self, line, where):
        """Only requirements require: a keyword elsewhere would be a rule that nothing traces."""
        if line.lstrip().startswith("**WEFT-"):
            self.errors.add(where, "a requirement must be a block quote: begin the line with '> '")
            return
        word = KEYWORD.search(re.sub(r"`[^`]*`", " ", line))
        if word and "RFC 2119" not in line:
            self.errors.add(
                where,
                f"{word[1]} outside a requirement: make it one ('> **WEFT-AREA-NNN** ...'),"
                " or write it in small letters",
            )

    def end_quote(self, quote, exceptions):
        """A block quote may hold several requirements; each starts with its id."""
        parts = []
        for text, where in quote:
            if text.startswith("**WEFT"):
                parts.append(([text], where))
            elif parts:
                parts[-1][0].append(text)
            else:
                self.prose(text, where)
        quote.clear()
        for lines, where in parts:
            take = self.exception if exceptions else self.requirement
            try:
                take(" ".join(s for s in lines if s), where)
            except Bad as bad:
                self.errors.add(where, str(bad))

    def id(self, text):
        start = REQ_START.match(text)
        if not start:
            raise Bad("a requirement begins with its id between '**' and '**'")
        if not re.fullmatch(r"WEFT-[A-Z][A-Z0-9]*-[0-9]{3}", start[1]):
            raise Bad(
                f"'{start[1]}' is not an id: it reads WEFT-AREA-NNN, capitals and three digits"
            )
        return start[1], text[start.end() :].strip()

    def requirement(self, text, where):
        rid, body = self.id(text)
        if rid in self.spec.requirements:
            raise Bad(
                f"requirement id {rid} used twice, first at {self.spec.requirements[rid].where}"
            )
        bare = re.sub(r"`[^`]*`", " ", body)
        foreign = FOREIGN.search(bare)
        if foreign:
            raise Bad(f"{rid}: '{foreign[1]}' is not a keyword here; use MUST, SHOULD or MAY")
        words = KEYWORD.findall(bare)
        if len(words) != 1:
            found = ", ".join(words) if words else "none"
            raise Bad(
                f"{rid}: needs exactly one of MUST, MUST NOT, SHOULD, SHOULD NOT, MAY; has {found}"
            )
        self.spec.requirements[rid] = Requirement(rid, body, words[0], where)

    def exception(self, text, where):
        rid, body = self.id(text)
        match = re.match(r"(code|test|both):\s*(.*)$", body)
        if not match:
            raise Bad(f"{rid}: an exception reads 'code: reason', 'test: reason' or 'both: reason'")
        if len(match[2]) < 10:
            raise Bad(f"{rid}: the exception needs a reason that a reader can judge")
        self.spec.exceptions.append(Exception_(rid, match[1], match[2], where))

    # --- blocks -----------------------------------------------------------------------------

    def begin_block(self, kind, rest, where):
        self.item = self.last = None
        if kind != "states":
            return
        words = rest.split(None, 1)
        try:
            if not words:
                raise Bad("expected: ```states NAME")
            name = named(words[0], LOWER, "a state machine")
            machine = Machine(name, clean(words[1] if len(words) > 1 else ""), where)
            self.insert(self.spec.machines, machine, "state machine")
            self.item = machine
        except Bad as bad:
            self.broken(where, bad)

    def end_block(self, fence):
        if fence[1] == "states" and isinstance(self.item, Machine):
            self.end_machine(self.item)
        self.item = self.last = None

    def block_line(self, fence, line, where):
        if "\t" in line:
            line = line.expandtabs(8)
        body = COMMENT.sub("", line).rstrip()
        if not body.strip():
            return
        try:
            if body.lstrip().startswith("|"):
                self.more(body.lstrip()[1:].strip())
            elif fence[1] == "states":
                self.state_line(body.strip(), where)
            elif body[0] == " ":
                self.inner(body.strip(), where)
            else:
                self.item = self.last = None
                self.outer(body, where)
        except Bad as bad:
            self.broken(where, bad)

    def broken(self, where, bad):
        self.errors.add(where, str(bad))
        self.spec.broken = True
        if self.item is None:
            self.item = SKIP

    def more(self, text):
        if self.last is None:
            raise Bad("'|' continues the text of the line above, and there is none")
        self.last.doc = (self.last.doc + " " + text).strip()

    def insert(self, table, thing, what):
        if thing.name in table:
            raise Bad(f"{what} {thing.name} defined twice, first at {table[thing.name].where}")
        table[thing.name] = thing
        self.last = thing

    def outer(self, line, where):
        word = line.split(None, 1)[0]
        handlers = {
            "note": self.note,
            "const": self.const,
            "enum": self.enum,
            "flags": self.flagset,
            "header": self.header,
            "layout": self.layout,
        }
        if word not in handlers:
            raise Bad(
                f"expected const, enum, flags, header, layout or note, not '{word}'"
                " (indent what belongs to the line above)"
            )
        handlers[word](line, where)

    def inner(self, line, where):
        handlers = {Flags: self.value, Enum: self.value, Header: self.field, Layout: self.element}
        if self.item is SKIP:
            return
        if type(self.item) not in handlers:
            raise Bad("an indented line must belong to an enum, flags, header or layout above it")
        handlers[type(self.item)](line, where)

    # --- note, const, enum, flags -----------------------------------------------------------

    def note(self, line, where):
        (_,), text = split(line, 1, "note TEXT")
        if not text:
            raise Bad("expected: note TEXT")
        self.spec.notes.append(text)

    def const(self, line, where):
        (_, name, value), doc = split(line, 3, "const NAME VALUE text")
        const = Const(
            named(name, UPPER, "a constant"), number(value, "the value"), doc, where, value
        )
        self.insert(self.spec.consts, const, "constant")

    def enum(self, line, where):
        self.set_of(line, where, Enum, self.spec.enums, 32)

    def flagset(self, line, where):
        self.set_of(line, where, Flags, self.spec.flags, 64)

    def set_of(self, line, where, kind, table, limit):
        what = kind.__name__.lower()
        (_, name, bits), doc = split(line, 3, f"{what} NAME BITS text")
        thing = kind(named(name, LOWER, f"{what}"), number(bits, "the width in bits"), doc, where)
        if not 1 <= thing.bits <= limit:
            raise Bad(f"{what} {name} is {bits} bits wide; 1 to {limit} are possible")
        self.insert(table, thing, what)
        self.item = thing

    def value(self, line, where):
        (name, value), doc = split(line, 2, "NAME VALUE text")
        owner = self.item
        if name == "reserved":
            span = RANGE.match(value)
            first, last = (span[1], span[2]) if span else (value, value)
            owner.reserved.append(
                (number(first, "the first value"), number(last, "the last value"), doc, where)
            )
            return
        item = Item(named(name, UPPER, "a value"), number(value, "the value"), doc, where, value)
        if owner.find(name):
            raise Bad(f"{owner.name}.{name} defined twice, first at {owner.find(name).where}")
        owner.items.append(item)
        self.last = item

    # --- header -----------------------------------------------------------------------------

    def header(self, line, where):
        (_, name, size), doc = split(line, 3, "header NAME BYTES text")
        header = Header(
            named(name, LOWER, "a header"), number(size, "the size in bytes"), doc, where
        )
        self.insert(self.spec.headers, header, "header")
        self.item = header

    def field(self, line, where):
        (name, bits), _ = split(
            line, 2, "NAME BITS [= VALUE] [enum NAME] [flags NAME] [mutable] [mbz] text"
        )
        header = self.item
        field = Field(named(name, LOWER, "a field"), number(bits, "the width in bits"), "", where)
        if field.bits < 1:
            raise Bad(f"field {name} must have at least one bit")
        field.at = sum(f.bits for f in header.fields)
        rest = line.split(None, 2)[2:]
        field.doc = clean(self.modifiers(field, rest[0] if rest else ""))
        if not field.mbz and header.find(name):
            raise Bad(
                f"field {header.name}.{name} defined twice, first at {header.find(name).where}"
            )
        header.fields.append(field)
        self.last = field

    def modifiers(self, field, text):
        """Takes the modifiers off the front of a field's text and returns what is left."""
        while True:
            words = text.split(None, 2)
            head = words[0] if words else ""
            two = words[1] if len(words) > 1 else ""
            if head in ("mutable", "mbz"):
                setattr(field, head, True)
                text = " ".join(words[1:])
            elif head == "=":
                field.fixed = two
                field.fixed_text = two
                text = words[2] if len(words) > 2 else ""
            elif head in ("enum", "flags") and not getattr(field, head):
                if not LOWER.match(two):
                    raise Bad(
                        f"'{head}' must be followed by the name of one"
                        " (begin the text with '- ' if this is text)"
                    )
                setattr(field, head, two)
                text = words[2] if len(words) > 2 else ""
            else:
                return text

    # --- layout -----------------------------------------------------------------------------

    def layout(self, line, where):
        head, _, doc = line.partition(" : ")
        tokens = Tokens(head, where)
        tokens.next()
        name = tokens.next() or ""
        if not (UPPER.match(name) or LOWER.match(name)):
            raise Bad("expected: layout NAME [when CONDITION] [: text]")
        layout = Layout(name, doc.strip(), where)
        if tokens.peek() == "when":
            tokens.next()
            layout.when = tokens.cond()
        rest = tokens.rest()
        if rest and layout.when is None:
            raise Bad(f"expected 'when' or ': text' after 'layout {name}', not '{rest.split()[0]}'")
        layout.doc = layout.doc or clean(rest)
        self.insert(self.spec.layouts, layout, "layout")
        self.item = layout

    def element(self, line, where):
        tokens = Tokens(line.partition(" : ")[0], where)
        name = tokens.next()
        if name == "info":
            self.item.info += [w for w in line.split()[1:]]
            return
        element = Element(named(name, LOWER, "an element of a layout"), "one", where)
        ahead = tokens.peek()
        if ahead == "*":
            tokens.next()
            element.kind, element.count = "repeat", tokens.expression()
        elif ahead == "until":
            tokens.next()
            element.kind = "until"
            if LOWER.match(tokens.peek() or ""):
                element.until = tokens.next()
            else:
                element.count = tokens.expression()
        elif ahead == "while":
            tokens.next()
            element.kind, element.count = "while", tokens.expression()
        elif ahead == "rest":
            tokens.next()
            element.kind = "rest"
        elif ahead not in (None, "if", "unless"):
            element.kind, element.count = "bytes", tokens.expression()
        if tokens.peek() in ("if", "unless"):
            negate = tokens.next() == "unless"
            element.cond = tokens.cond(negate)
        if tokens.rest():
            raise Bad(f"unexpected '{tokens.peek()}' (text goes after ' : ')")
        self.item.elements.append(element)

    # --- states -----------------------------------------------------------------------------

    def state_line(self, line, where):
        machine = self.item
        if machine is SKIP:
            return
        if line.startswith("state "):
            (_, name), doc = split(line, 2, "state NAME text")
            named(name, UPPER, "a state")
            if not machine.declared and machine.states:
                raise Bad("'state' lines go before the first move")
            if name in machine.states:
                raise Bad(f"state {name} named twice")
            machine.declared = True
            machine.states[name] = [doc, where]
            return
        head, colon, doc = line.partition(":")
        left, arrow, right = head.partition("->")
        if not arrow or not colon or not doc.strip():
            raise Bad("expected: FROM -> TO : event")
        sources = [s.strip() for s in left.split(",")]
        target = named(right.strip(), UPPER, "a state")
        for source in sources:
            if source != "*":
                named(source, UPPER, "a state")
            machine.moves.append((source, target, doc.strip(), where))
        for state in [s for s in sources if s != "*"] + [target]:
            if state not in machine.states:
                if machine.declared:
                    raise Bad(f"state {state} is not named by a 'state' line of {machine.name}")
                machine.states[state] = ["", where]

    @staticmethod
    def end_machine(machine):
        """Spells out `*`: every state but the target."""
        moves = []
        for source, target, doc, where in machine.moves:
            froms = [s for s in machine.states if s != target] if source == "*" else [source]
            moves += [(one, target, doc, where) for one in froms]
        machine.moves = moves


class Tokens:
    """The words of a layout line."""

    def __init__(self, text, where):
        self.where = where
        self.text = text
        found = list(TOKEN.finditer(text))
        self.items = [m[1] for m in found]
        self.starts = [m.start(1) for m in found]
        self.at = 0

    def peek(self):
        return self.items[self.at] if self.at < len(self.items) else None

    def next(self):
        token = self.peek()
        self.at += 1
        return token

    def rest(self):
        return self.text[self.starts[self.at] :].strip() if self.at < len(self.items) else ""

    def expression(self):
        """Operands and + - * <<, evaluated from left to right."""
        out = [self.operand()]
        while self.peek() in ("+", "-", "*", "<<"):
            out += [self.next(), self.operand()]
        return out

    def operand(self):
        token = self.next()
        if token is None or not re.match(
            r"\d+$|0x[0-9a-fA-F]+$|[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$", token
        ):
            raise Bad(f"expected header.field or a number, not '{token or 'the end of the line'}'")
        return token

    def cond(self, negate=False):
        terms, join = [self.term()], ""
        while self.peek() in ("and", "or"):
            word = self.next()
            if join and word != join:
                raise Bad("a condition joins its terms by 'and' or by 'or', not by both")
            join = word
            terms.append(self.term())
        if negate:
            join = {"and": "or", "or": "and", "": ""}[join]
            for term in terms:
                term.op = OPPOSITE[term.op]
        return Cond(join or "and", terms)

    def term(self):
        negate = self.peek() == "not"
        if negate:
            self.next()
        ref, op = self.next() or "", self.next() or ""
        if op == "not" and self.peek() == "in":
            op, negate = self.next(), not negate
        if op not in OPERATORS:
            raise Bad(f"expected one of {' '.join(OPERATORS)} after '{ref}', not '{op}'")
        if not re.match(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$", ref):
            raise Bad(f"expected header.field, not '{ref}'")
        words = [self.next()]
        while op == "in" and self.peek() and re.match(r"[A-Z0-9]", self.peek()):
            words.append(self.next())
        if words[0] is None:
            raise Bad(f"a value is missing after '{ref} {op}'")
        header, _, field = ref.rpartition(".")
        return Term(header, field, OPPOSITE[op] if negate else op, words, where=self.where)


def parse(folder):
    """The specification in a folder of Markdown files; mistakes are in .errors."""
    parser = Parser()
    folder = pathlib.Path(folder)
    files = sorted(folder.glob("*.md"))
    if not files:
        parser.errors.add(
            Where(str(folder), 0), "no *.md file here: is this the specification's folder?"
        )
    for path in files:
        parser.file(path, f"{folder.name}/{path.name}", path.read_text(encoding="utf-8"))
    return parser.spec


__all__ = ["parse", "Parser", "Errors", "REQ_ID"]
