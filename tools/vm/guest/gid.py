# SPDX-License-Identifier: BSD-2-Clause
"""gid.py DEVICE ADDRESS [TYPE]: prints the index of an address in a device's GID table.

TYPE is a part of the kernel's name for it ("v2" by default, or "v1"). Waits a few seconds: the
kernel fills the table some time after the device and the address have come.
"""
import ipaddress
import os
import sys
import time


def find(device: str, want: str, kind: str) -> str:
    top = f"/sys/class/infiniband/{device}/ports/1"
    for index in sorted(os.listdir(f"{top}/gid_attrs/types"), key=int):
        try:
            with open(f"{top}/gids/{index}", encoding="ascii") as f:
                gid = f.read().strip()
            with open(f"{top}/gid_attrs/types/{index}", encoding="ascii") as f:
                if gid == want and kind in f.read().lower():
                    return index
        except OSError:
            continue        # an empty entry: its type cannot be read
    return ""


def main() -> int:
    address = ipaddress.ip_address(sys.argv[2])
    if address.version == 4:
        address = ipaddress.ip_address(f"::ffff:{address}")
    kind = sys.argv[3] if len(sys.argv) > 3 else "v2"
    for _ in range(50):
        index = find(sys.argv[1], address.exploded, kind)
        if index:
            print(index)
            return 0
        time.sleep(0.1)
    print(f"{sys.argv[1]} has no {kind} GID for {sys.argv[2]}", file=sys.stderr)
    return 1


sys.exit(main())
