# SPDX-License-Identifier: BSD-2-Clause
"""spec/vectors/negotiation.json: what two HELLOs agree on (WEFT-MGT-005, section 90)."""

from codec import NAMES
from common import *  # noqa: F403

BASE = dict(version_min=1, version_max=1, modes="RUD|ROD", max_payload=4096, max_window=1024,
            paths=64, profiles="CORE|AI")
LIMITS = dict(features="TRIM|PROBE|ATOMICS", sack_bits=512, windows=64, mem_tags=64, ports=1)


def number(names, given):
    return given if isinstance(given, int) else sum(NAMES[names][w] for w in given.split("|"))


def hello(chip, changes, transaction):
    h = {**BASE, **{k: v for k, v in changes.items() if k not in LIMITS}}
    limits = {**LIMITS, **{k: v for k, v in changes.items() if k in LIMITS}}
    p = alone([tlv("HELLO", dict(h, chip_id=chip)), tlv("LIMITS", limits)], transaction).seal()
    return {**h, **limits}, p


def agreed(a, b):
    low, high = max(a["version_min"], b["version_min"]), min(a["version_max"], b["version_max"])
    both = number("modes", a["modes"]) & number("modes", b["modes"])
    if low > high or not both:
        return None
    least = ("max_payload", "max_window", "paths", "sack_bits")
    return {"version": f"{high:#x}", "modes": f"{both:#x}",
            **{k: f"{number(k, a[k]) & number(k, b[k]):#x}" for k in ("features", "profiles")},
            **{k: f"{min(a[k], b[k]):#x}" for k in least}}


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
    ("unknown profile bits", dict(profiles=0x80000003), dict(profiles=0x40000001)),
]


def build():
    out = []
    for name, mine, theirs in PAIRS:
        a, pa = hello(CHIP_A, dict(mine), 1)
        b, pb = hello(CHIP_B, dict(theirs), 1)
        result = agreed(a, b)
        assert result == agreed(b, a)
        out.append({"name": name, "a": {"parts": pa.parts, "hex": pa.data.hex()},
                    "b": {"parts": pb.parts, "hex": pb.data.hex()}, "agreed": result})
    return {"vectors": out}
