# SPDX-License-Identifier: BSD-2-Clause
"""One guest: a QEMU process without KVM, its folder, its wire.

Decides: what the machine looks like, and that it never outlives this process. Leaves to image.py
what it boots, to run what it is told to do, to judge.py what its messages mean.
"""
import ctypes
import os
import shutil
import signal
import subprocess

import image

PROGRAM = "qemu-system-x86_64"
PR_SET_PDEATHSIG = 1
# An oops ends the guest; a stall is told after a minute, since the emulated processors are slow.
# Their time-stamp counters are one clock of this machine: nobody need watch them, and find them
# unstable when a processor had to wait for its turn. How fast they are is measured at boot, by the
# HPET's counter, which loses nothing while this machine does other things; the PIT's ticks do.
COMMAND_LINE = ("tsc=reliable console=ttyS0 loglevel=5 panic=-1 oops=panic "
                "mitigations=off no_timer_check "
                "nmi_watchdog=0 watchdog_thresh=30 rcupdate.rcu_cpu_stall_timeout=60")
# slub_debug keeps the call sites of allocations, for what the module may leave behind
# (guest/device.sh reads them), and finds writes beyond and after a block's life. Of packets it is
# the data that tells: their heads (skbuff_head_cache) stay with each processor for the next ones.
CHECKS = "kfence.sample_interval=50 slub_debug=FZPU,kmalloc-*,skbuff_small_head"
# Without "erms" the kernel clears pages by words, not by single bytes, each of which is emulated.
# Without "cx16" it has no CMPXCHG16B: QEMU before 8.0 computes the other flags of that instruction
# from an operation that may be long past, and an interrupt right after it, as in the allocation of
# a packet's head, has them put back: seen as a double fault with a pointer in EFLAGS, and as a
# spoilt list of free heads.
PROCESSOR = "max,-erms,-cx16"
# One processor whose clock counts its instructions, a nanosecond each, whatever else this machine
# does: times inside the guest are instructions, and come out the same again.
COUNTED = ["-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off", "-smp", "1"]


class Guest:
    """role is "a" or "b"; share is the folder that the guests of a run write to; serial.ROLE.log
    and qemu.ROLE.log lie beside it."""

    def __init__(self, role: str, kernel: image.Kernel, share: str) -> None:
        self.role = role
        self.kernel = kernel
        self.share = share
        self.logs = [os.path.join(os.path.dirname(share), f"{part}.{role}.log")
                     for part in ("qemu", "serial")]
        self.process: subprocess.Popen | None = None

    def start(self, boot: tuple[str, str], options, wire: str | None) -> None:
        """boot: kernel image and initramfs. options: mem_mb, cpus, append, direct. wire: a socket's
        path, or None where the guest is alone. With direct guest "a" makes that socket."""
        if not shutil.which(PROGRAM):
            raise image.Missing(f"{PROGRAM} is not installed: run tools/deps as root")
        argv = self._argv(boot, options, wire)
        with open(self.logs[0], "wb") as log:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, preexec_fn=_die_with_parent)

    def _argv(self, boot, options, wire) -> list[str]:
        processors = COUNTED if options.count else [
            "-accel", "tcg,thread=multi,tb-size=512", "-smp", str(options.cpus)]
        words = [COMMAND_LINE, "" if options.count or options.measure else CHECKS,
                 f"weft.role={self.role}", options.append]
        argv = [PROGRAM, "-nodefaults", "-display", "none", "-no-reboot",
                "-M", "pc,pit=off", "-cpu", PROCESSOR, "-m", str(options.mem_mb), *processors,
                "-serial", f"file:{self.logs[1]}",
                "-kernel", boot[0], "-initrd", boot[1],
                "-append", " ".join(words),
                "-virtfs", "local,path=/,mount_tag=root,security_model=none,readonly=on,"
                           "multidevs=remap",
                "-virtfs", f"local,path={self.share},mount_tag=share,security_model=none"]
        if wire:
            mac = {"a": "52:54:00:00:00:0a", "b": "52:54:00:00:00:0b"}[self.role]
            server = "on" if options.direct and self.role == "a" else "off"
            argv += ["-netdev", f"stream,id=wire,server={server},addr.type=unix,addr.path={wire}",
                     "-device", f"virtio-net-pci,netdev=wire,romfile=,mac={mac}"]
        return argv

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        if self.process is None:
            return
        if self.running():
            self.process.kill()
        self.process.wait()

    def said(self) -> str:
        """What QEMU itself had to say, and the kernel's messages on the serial line."""
        text = ""
        for path in self.logs:
            try:
                with open(path, "rb") as f:
                    text += f.read().decode("utf-8", "replace")
            except FileNotFoundError:
                pass
        return text


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
