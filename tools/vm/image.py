# SPDX-License-Identifier: BSD-2-Clause
"""What a guest boots: a kernel of Debian, unpacked, and a small initramfs.

Decides: which installed kernel stands for a series, and what the first root holds. Leaves to
guest/init what happens in it, to qemu.py how the machine looks. Both files are kept in a cache
folder and made again when the package's files change.
"""
import glob
import lzma
import os
import re
import shutil
import stat
import struct
import subprocess

# What the first root needs to reach the second one; the rest comes over 9p.
EARLY_MODULES = ("virtio_pci", "9pnet_virtio", "9p", "overlay")
DEBUG = "debug"
DEBUG_BUILD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "debug/build")
XZ = b"\xfd7zXZ\x00"
ZSTD = b"\x28\xb5\x2f\xfd"
GZIP = b"\x1f\x8b"


class Missing(Exception):
    """A program or a package that this machine lacks; the text says which."""


class Kernel:
    """An installed kernel: series "6.1", release "6.1.0-56-amd64", its bzImage. The debug kernel
    is of series "debug", is an ELF file, and has all in it that the first root needs."""

    def __init__(self, series: str, release: str, vmlinuz: str) -> None:
        self.series = series
        self.release = release
        self.vmlinuz = vmlinuz


def find_kernel(series: str) -> Kernel:
    """The newest installed kernel of a series: 6.1 must not find 6.12."""
    if series == DEBUG:
        return _debug_kernel()
    found = []
    for path in glob.glob("/boot/vmlinuz-*"):
        release = path[len("/boot/vmlinuz-"):]
        if re.match(re.escape(series) + r"[.-]", release) \
                and os.path.isdir(f"/lib/modules/{release}"):
            found.append((_version_key(release), release, path))
    if not found:
        raise Missing(f"no kernel {series} is installed: run tools/deps as root")
    _, release, path = max(found)
    return Kernel(series, release, path)


def _debug_kernel() -> Kernel:
    done = subprocess.run([DEBUG_BUILD, "--print"], text=True, stdout=subprocess.PIPE)
    out = os.path.join(done.stdout.strip(), "out")
    if done.returncode:
        raise Missing("there is no debug kernel: run tools/vm/debug/build (20 minutes)")
    with open(os.path.join(out, "include/config/kernel.release"), encoding="utf-8") as f:
        release = f.read().strip()
    return Kernel(DEBUG, release, os.path.join(out, "vmlinux"))


def _version_key(release: str) -> list[int]:
    return [int(n) for n in re.findall(r"\d+", release)]


def unpacked(kernel: Kernel, cache: str) -> str:
    """Path of the kernel as an ELF file: QEMU starts that without the slow unpacking in the guest.
    A kernel of another build (bzImage only) may stand in: its path is returned as it is."""
    if kernel.series == DEBUG:
        return kernel.vmlinuz
    out = os.path.join(cache, f"vmlinux-{kernel.release}")
    if _fresh(out, [kernel.vmlinuz]):
        return out
    with open(kernel.vmlinuz, "rb") as f:
        image = f.read()
    setup_sectors = image[0x1f1] or 4
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = (setup_sectors + 1) * 512 + offset
    _write(out, _inflate(image[start:start + length], kernel.vmlinuz))
    return out


def _inflate(packed: bytes, name: str) -> bytes:
    """A kernel's payload ends with its size in four bytes, which no unpacker knows."""
    if packed.startswith(XZ):
        return lzma.LZMADecompressor().decompress(packed)
    if packed.startswith(ZSTD):
        return _filter(["zstd", "-dc"], packed[:-4])
    if packed.startswith(GZIP):
        return _filter(["gzip", "-dc"], packed[:-4])
    raise Missing(f"{name}: packed in a way that tools/vm does not know")


def _filter(argv: list[str], data: bytes) -> bytes:
    if not shutil.which(argv[0]):
        raise Missing(f"{argv[0]} is not installed: run tools/deps as root")
    return subprocess.run(argv, input=data, stdout=subprocess.PIPE, check=True).stdout


def initramfs(kernel: Kernel, init: str, cache: str) -> str:
    """Path of the first root: busybox, the modules that reach the second root, and init."""
    out = os.path.join(cache, f"first-{kernel.release}.cpio")
    busybox = shutil.which("busybox", path="/bin:/usr/bin")
    if not busybox or "dynamically" in _file_kind(busybox):
        raise Missing("busybox-static is not installed: run tools/deps as root")
    if _fresh(out, [init, busybox, kernel.vmlinuz]):
        return out
    modules = _early_modules(kernel)
    entries = [(d, stat.S_IFDIR | 0o755, b"") for d in
               ("bin", "proc", "sys", "dev", "lower", "upper", "new", "modules")]
    with open(busybox, "rb") as f:
        entries.append(("bin/busybox", stat.S_IFREG | 0o755, f.read()))
    with open(init, "rb") as f:
        entries.append(("init", stat.S_IFREG | 0o755, f.read()))
    names = []
    for path in modules:
        name = os.path.basename(path).removesuffix(".xz")
        names.append(name)
        entries.append((f"modules/{name}", stat.S_IFREG | 0o644, _module(path)))
    order = "".join(f"{n}\n" for n in names).encode()
    entries.append(("modules/order", stat.S_IFREG | 0o644, order))
    _write(out, _cpio(entries))
    return out


def _file_kind(path: str) -> str:
    """"dynamically" where the program asks for an interpreter, which the first root lacks."""
    with open(path, "rb") as f:
        return "dynamically" if b"/lib64/ld-linux" in f.read(4096) else "static"


def _early_modules(kernel: Kernel) -> list[str]:
    """The files to insert, in order; a module that is built in asks for none."""
    files: list[str] = []
    if kernel.series == DEBUG:
        return files
    for module in EARLY_MODULES:
        argv = ["/sbin/modprobe", "-S", kernel.release, "--show-depends", module]
        done = subprocess.run(argv, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode:
            raise Missing(f"kernel {kernel.release} has no module {module}: {done.stderr.strip()}")
        for line in done.stdout.splitlines():
            word = line.split()
            if word[0] == "insmod" and word[1] not in files:
                files.append(word[1])
    return files


def _module(path: str) -> bytes:
    with open(path, "rb") as f:
        data = f.read()
    return lzma.decompress(data) if path.endswith(".xz") else data


def _cpio(entries: list[tuple[str, int, bytes]]) -> bytes:
    """An archive of the kind that the kernel reads (newc)."""
    out = bytearray()
    for number, (name, mode, data) in enumerate(entries + [("TRAILER!!!", 0, b"")], 1):
        raw = name.encode() + b"\0"
        fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(raw), 0)
        out += b"070701" + b"".join(b"%08X" % n for n in fields) + raw
        out += bytes(-len(out) % 4) + data
        out += bytes(-len(out) % 4)
    return bytes(out)


def _fresh(out: str, sources: list[str]) -> bool:
    try:
        made = os.stat(out).st_mtime
        return all(os.stat(s).st_mtime <= made for s in sources + [__file__])
    except FileNotFoundError:
        return False


def _write(path: str, data: bytes) -> None:
    """Whole or not at all: another run may be making the same file."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    part = f"{path}.{os.getpid()}"
    with open(part, "wb") as f:
        f.write(data)
    os.replace(part, path)
