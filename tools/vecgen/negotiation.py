# SPDX-License-Identifier: BSD-2-Clause
"""spec/vectors/negotiation.json: what two HELLOs agree on (WEFT-MGT-005, section 90)."""

from codec import CONST, NAMES
from common import *  # noqa: F403

BASE = dict(version_min=1, version_max=1, modes="RUD|ROD", max_payload=4096, max_window=1024,
            paths=64, profiles="CORE|AI")
NO_LIMITS = dict(features=0, sack_bits=512, windows=0, mem_tags=0, ports=0)
LIMITS = dict(features="TRIM|PROBE|ATOMICS", sack_bits=512, windows=64, mem_tags=64, ports=1)


def number(names, given):
    return given if isinstance(given, int) else sum(NAMES[names][w] for w in given.split("|"))


def hello(chip, changes, transaction):
    """changes: of BASE and LIMITS; limits=False: no LIMITS; more: further elements."""
    changes = {"chip_id": chip, **changes}
    more, with_limits = changes.pop("more", []), changes.pop("limits", True)
    h = {**BASE, **{k: v for k, v in changes.items() if k not in LIMITS}}
    limits = {**LIMITS, **{k: v for k, v in changes.items() if k in LIMITS}}
    tlvs = [tlv("HELLO", h)] + ([tlv("LIMITS", limits)] if with_limits else []) + more
    p = alone(tlvs, transaction).seal()
    return {**h, **(limits if with_limits else NO_LIMITS)}, p


def item(a, b, low, high, both):
    """The first thing that they do not agree on, or None."""
    for name, bad in (
            ("CHIP_ID", not a["chip_id"] or not b["chip_id"]),
            ("VERSION", low > high or a["version_min"] > a["version_max"] or
             b["version_min"] > b["version_max"]),
            ("MODES", not both),
            ("PAYLOAD", min(a["max_payload"], b["max_payload"]) < CONST["MIN_PAYLOAD"]),
            ("WINDOW", min(a["max_window"], b["max_window"]) < CONST["MIN_WINDOW"]),
            ("DOMAIN", a.get("domain") and b.get("domain") and a["domain"] != b["domain"])):
        if bad:
            return name
    return None


def agreed(a, b):
    low, high = max(a["version_min"], b["version_min"]), min(a["version_max"], b["version_max"])
    both = number("modes", a["modes"]) & number("modes", b["modes"])
    bad = item(a, b, low, high, both)
    if bad:
        return None, bad
    most = {"max_window": CONST["MAX_WINDOW"], "sack_bits": 64 * CONST["MAX_SACK_WORDS"]}
    least = ("max_payload", "max_window", "sack_bits", "windows", "mem_tags")
    paths = min(a["paths"] or CONST["MAX_PATHS"], b["paths"] or CONST["MAX_PATHS"])
    return {"version": f"{high:#x}", "modes": f"{both:#x}",
            **{k: f"{number(k, a[k]) & number(k, b[k]):#x}" for k in ("features", "profiles")},
            **{k: f"{min(a[k], b[k], most.get(k, 1 << 16)):#x}" for k in least},
            "paths": f"{paths:#x}"}, None


PAIRS = [
    ("same", {}, {}),
    ("smaller payload here", dict(max_payload=1024), {}),
    ("smaller payload there", {}, dict(max_payload=64)),
    ("largest payload", dict(max_payload=65535), dict(max_payload=65535)),
    ("smaller window here", dict(max_window=16), {}),
    ("smaller window there", {}, dict(max_window=64)),
    ("one and a half", dict(max_payload=8192, max_window=64),
     dict(max_payload=2048, max_window=4096)),
    ("only ROD there", {}, dict(modes="ROD")),
    ("datagrams besides", dict(modes="RUD|ROD|UUD"), dict(modes="RUD|UUD")),
    ("no mode in common", dict(modes="RUD"), dict(modes="ROD")),
    ("later versions there", {}, dict(version_max=3)),
    ("highest common version", dict(version_max=2), dict(version_max=3)),
    ("no version in common", {}, dict(version_min=2, version_max=3)),
    ("no features there", {}, dict(features=0)),
    ("features of both", dict(features="TRIM|CREDIT|MEM"), dict(features="CREDIT|MEM|RD")),
    ("shorter bitmap", dict(sack_bits=64), {}),
    ("no bitmap", dict(sack_bits=0), {}),
    ("one path", {}, dict(paths=1)),
    ("256 paths, which are 0", dict(paths=0), dict(paths=0)),
    ("256 paths and some", dict(paths=0), dict(paths=200)),
    ("bitmap longer than there are", dict(sack_bits=4096), dict(sack_bits=1024)),
    ("odd bitmap", dict(sack_bits=100), {}),
    ("window beyond the largest", dict(max_window=65535), dict(max_window=32768)),
    ("windows and tags", dict(windows=3, mem_tags=200), dict(windows=2047, mem_tags=7)),
    ("no LIMITS there", {}, dict(limits=False)),
    ("no LIMITS at all", dict(limits=False), dict(limits=False)),
    ("unknown features", dict(features=0x80000001), dict(features=0xC0000003)),
    ("one domain named", dict(domain=5), {}),
    ("the same domain", dict(domain=5), dict(domain=5)),
    ("different domains", dict(domain=5), dict(domain=6)),
    ("payload too small", dict(max_payload=63), {}),
    ("window too small", {}, dict(max_window=15)),
    ("nothing at all there", {}, dict(max_payload=0, max_window=0, modes=0, version_min=0,
                                      version_max=0)),
    ("versions upside down", {}, dict(version_min=2, version_max=1)),
    ("a chip without a name", dict(chip_id=0), {}),
    ("only datagrams in common", dict(modes="RUD|UUD"), dict(modes="ROD|UUD")),
    ("no profile in common", dict(profiles="CORE"), dict(profiles="MEM")),
    ("an unknown element that is not critical", {}, dict(more=[tlv(0x7F01, raw=b"later")])),
    ("an unknown element that is critical", {}, dict(more=[tlv(0xFF01, raw=b"later")])),
    ("unknown profile bits", dict(profiles=0x80000003), dict(profiles=0x40000001)),
]


def build():
    out = []
    for name, mine, theirs in PAIRS:
        a, pa = hello(CHIP_A, dict(mine), 1)
        b, pb = hello(CHIP_B, dict(theirs), 1)
        result = agreed(a, b)
        assert result == agreed(b, a)
        if "is critical" in name:
            result = None, "BAD_TLV"
        out.append({"name": name, "a": {"parts": pa.parts, "hex": pa.data.hex()},
                    "b": {"parts": pb.parts, "hex": pb.data.hex()}, "agreed": result[0],
                    "refused": result[1]})
    return {"vectors": out}
