# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Which calls of the module that may find no memory were made to fail, and which never were.

alloc_sites.py WEFT_KO LOG...: the sites are the calls in the module's code of functions that
allocate; the logs hold those that failed, as failnth.c names them ("function+0x1a/0x2c"). Prints
each site never hit; ends with 1 if one of them belongs to the making of an object.
"""
import re
import subprocess
import sys

# What may have no memory, by its name on either kernel.
MAY_FAIL = re.compile(
    r"^(__)?(kmalloc|kvmalloc|vmalloc_user|vzalloc|kmem_cache_alloc|kmemdup|kstrdup)(?!_to)|"
    r"^(__)?alloc_(skb|percpu|workqueue|pages)|^pcpu_alloc|^skb_clone$|^__netdev_alloc_frag_align$|"
    r"^__xa_(alloc_cyclic|store|insert)$|^ida_alloc_range$|^udp_sock_create|"
    r"^rdma_(alloc_hw_stats_struct|user_mmap_entry_insert)$|^ib_umem_get$|^_ib_alloc_device$|"
    r"^ib_register_device$|^register_pernet_subsys$")

# Not the making of an object: what then happens, and why it is no error.
OTHERWISE = {
    "__xa_store": "a place that was reserved before",
    "build": "a packet that could not be built is one that was lost",
    "weftk_send_alone": "an answer outside contexts that could not be built was lost",
    "weftk_add_crc": "a packet that could not be finished is one that was lost",
    "weftk_dgram_alloc": "posting the datagram is refused",
    "apart": "a packet that could not be taken apart is one that was lost",
    "l2_rcv": "a packet that could not be cloned is one that was lost",
    "weftk_counters": "a question of the fabric that is not answered, and asked again",
    "weftk_telemetry_answer": "a question of the fabric that is not answered, and asked again",
    "flights_show": "reading a file of debugfs is refused",
}


def run(*argv: str) -> str:
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True).stdout


def aliases(module: str) -> dict[str, set[str]]:
    """Of each symbol the names of all that begin there: init_module is somebody's own name too."""
    places: dict[tuple[str, str], set[str]] = {}
    for line in run("objdump", "-t", module).splitlines():
        found = re.match(r"([0-9a-f]{16}) .{7} (\S+)\s+[0-9a-f]+ (?:\.hidden )?(\S+)$", line)
        if found and ".text" in found[2]:
            places.setdefault((found[2], found[1]), set()).add(found[3])
    return {name: names for names in places.values() for name in names}


def sites(module: str) -> dict[str, str]:
    """Return address of each such call, as function+0xoffset: what is called."""
    found, name, start, jump = {}, "", 0, False
    for line in run("objdump", "-dr", "--no-show-raw-insn", module).splitlines():
        head = re.match(r"([0-9a-f]+) <(.+)>:$", line)
        if head:
            start, name = int(head[1], 16), head[2]
            continue
        if "\tjmp " in line or "\tcall " in line:
            jump = "\tjmp " in line    # what it returns its caller judges, who is the site then
        call = re.match(r"\s+([0-9a-f]+): R_X86_64_PLT32\s+(\w+)", line)
        if call and not jump and MAY_FAIL.search(call[2]):
            found[f"{name}+0x{int(call[1], 16) + 4 - start:x}"] = call[2]
    return found


def main(argv: list[str]) -> int:
    hit = set()
    for path in argv[1:]:
        with open(path, encoding="utf-8", errors="replace") as f:
            hit.update(re.findall(r"([\w.]+\+0x[0-9a-f]+)/0x", f.read()))
    every = sites(argv[0])
    same = aliases(argv[0])
    open_ = made = 0
    for site, callee in every.items():
        name, at = site.split("+")
        if any(f"{one}+{at}" in hit for one in same.get(name, {name})):
            made += 1
            continue
        why = OTHERWISE.get(name.split(".")[0]) or OTHERWISE.get(callee)
        open_ += not why
        print(f"{'     ' if why else 'NEVER'} {site} {callee}: {why or 'no test made it fail'}")
    print(f"{len(every)} sites, {made} made to fail, {open_} open")
    return 1 if open_ or not every else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
