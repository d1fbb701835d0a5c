# SPDX-License-Identifier: BSD-2-Clause
"""leaks.py MODULES-LINE SYMBOLS SECONDS TRACES...: blocks that a module which is gone left behind.

MODULES-LINE: its line of /proc/modules, and SYMBOLS: its lines of /proc/kallsyms, from when it was
there; SECONDS: since it was loaded. TRACES: files of /sys/kernel/debug/slab/*/alloc_traces, which
slub_debug=U fills: who asked for the blocks that are still in use.

A block is the module's when the innermost frame that is no allocator lies in the module. Frames
further out mean nothing: what the kernel keeps for itself (a neighbour, a directory of sysfs) was
also asked for below some call of the module, and a slab's own records are the allocator's. Prints a
line for each place; ends with 1 if any.
"""
import bisect
import collections
import re
import sys

ALLOCATOR = re.compile(r"alloc|kmem|memdup|strdup|krealloc|slab|build_skb|skb_(clone|copy|expand)")
RECORDS = re.compile(r"alloc_slab_obj_exts|memcg_alloc_slab_cgroups")
UNKNOWN = re.compile(r"0x(ffffffff[0-9a-f]{8})")
HEAD = re.compile(r"^ *(\d+) (\S+) .*?age=(\d+)")
HZ_MOST = 1000          # age is in jiffies: no kernel of ours has more a second


class Module:
    def __init__(self, line: str, symbols: list[str]) -> None:
        words = line.split()
        self.start = int(words[5], 16)
        self.end = self.start + int(words[1])
        named = sorted((int(w[0], 16), w[2]) for w in (s.split() for s in symbols))
        self.addresses = [address for address, _ in named]
        self.names = [name for _, name in named]

    def place(self, frame: str) -> str | None:
        """The function that a frame without a name lies in, if it lies in this module."""
        found = UNKNOWN.match(frame)
        address = int(found[1], 16) if found else 0
        if not self.start <= address < self.end:
            return None
        at = bisect.bisect_right(self.addresses, address) - 1
        return self.names[at] if at >= 0 else hex(address)


def blocks(text: str):
    """(count, youngest age in jiffies, frames from the inside out) of each place."""
    for part in text.split("\n\n"):
        lines = part.splitlines()
        head = HEAD.match(lines[0]) if lines else None
        if head:
            frames = [head[2]] + [line.strip() for line in lines[1:]]
            yield int(head[1]), int(head[3]), frames


def asked_by(frames: list[str], module: Module) -> str | None:
    if RECORDS.match(frames[0]):
        return None
    for frame in frames:
        if not ALLOCATOR.search(frame):
            return module.place(frame)
    return None


def main(argv: list[str]) -> int:
    with open(argv[1], encoding="ascii") as f:
        symbols = f.read().splitlines()
    module = Module(argv[0], symbols)
    oldest = (float(argv[2]) + 1) * HZ_MOST
    found: collections.Counter[str] = collections.Counter()
    for path in argv[3:]:
        with open(path, encoding="ascii", errors="replace") as f:
            for count, age, frames in blocks(f.read()):
                place = asked_by(frames, module)
                if place and age < oldest:
                    found[place] += count
    for place, count in found.most_common():
        print(f"{count} of {place}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
