# SPDX-License-Identifier: BSD-2-Clause
"""Writes packets into a pcap file and reads back what tshark makes of them."""

import functools
import os
import shutil
import struct
import subprocess
import tempfile

EXTRA = [
    "weft.crc.status",
    "weft.expert.bug",
    "_ws.lua.error",
    "_ws.expert.message",
    "_ws.col.Info",
    "_ws.malformed",
    "frame.number",
]
LIST = "\x1e"  # no byte of a sample text
MAC = bytes(range(12))


def over_udp(payload, port=49190):
    udp = struct.pack(">HHHH", 50000, port, 8 + len(payload), 0) + payload
    ip = struct.pack(
        ">BBHHHBBH4s4s",
        0x45,
        0,
        20 + len(udp),
        0,
        0x4000,
        64,
        17,
        0,
        bytes([10, 0, 0, 1]),
        bytes([10, 0, 0, 2]),
    )
    return MAC + b"\x08\x00" + ip + udp


def over_ethernet(payload, ethertype=0x88B5):
    return MAC + struct.pack(">H", ethertype) + payload


def pcap(path, frames, snap=65535):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for n, frame in enumerate(frames):
            out.write(struct.pack("<IIII", n, 0, len(frame[:snap]), len(frame)) + frame[:snap])


def tshark():
    return shutil.which("tshark")


@functools.cache
def runs_lua():
    """Whether tshark runs scripts for this user: from version 4.4 on it does not for root."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as probe:
        probe.write('print("lua runs")')
        probe.flush()
        os.chmod(probe.name, 0o644)
        command = [tshark(), "-X", f"lua_script:{probe.name}", "-G", "currentprefs"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    return "lua runs" in done.stdout


def run(script, capture, fields, options=()):
    """A dict for each packet: filter name -> list of shown values."""
    command = [
        tshark(),
        "-X",
        f"lua_script:{script}",
        "-r",
        str(capture),
        "-T",
        "fields",
        "-E",
        "occurrence=a",
        "-E",
        f"aggregator={LIST}",
        "-E",
        "separator=\x1f",
        *options,
    ]
    names = list(dict.fromkeys(list(fields) + EXTRA))
    for name in names:
        command += ["-e", name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, errors="replace")
    noise = [line for line in done.stderr.splitlines() if "root" not in line and line.strip()]
    if done.returncode or noise:
        raise AssertionError(
            f"tshark failed ({done.returncode}): {' / '.join(noise)}\n{done.stdout[-2000:]}"
        )
    rows = []
    for line in done.stdout.split("\n")[:-1]:
        cells = line.split("\x1f")
        rows.append({n: c.split(LIST) if c else [] for n, c in zip(names, cells)})
    return rows


def shown(text, like):
    """What tshark printed, as the kind of value that was expected."""
    if isinstance(like, bytes):
        return text
    return int(text, 0)


def wanted(name, value, is_bytes):
    if isinstance(value, bytes):
        return value.decode() if name.endswith(".text") else value.hex()
    return value.to_bytes(16, "big").hex() if is_bytes else value
