# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""dmabuf.py DEVICE GID [library]: memory of another driver (vgem) as a memory region.

Its owner sees what RDMA writes there, RDMA reads what its owner wrote; what lies outside the region
is refused; the owner may close its descriptor while the region lives.

The provider of stock rdma-core for these rings has no call for it, so the kernel is asked directly,
by the documented ioctl. library: by ibv_reg_dmabuf_mr(), which Weft's own provider has.
"""
import ctypes
import fcntl
import glob
import mmap
import os
import random
import struct
import sys

import pyverbs.enums as e
import pyverbs.mr
from pyverbs.pyverbs_error import PyverbsError

import rc

# rdma_user_ioctl_cmds.h, ib_user_ioctl_cmds.h
VERBS_IOCTL = 0xC0181B01
OBJECT_MR, METHOD_DESTROY, METHOD_REG_DMABUF = 7, 1, 4
HANDLE, PD_HANDLE, OFFSET, LENGTH_OF, IOVA, FD, ACCESS, LKEY, RKEY = range(9)
MANDATORY = 1
DRIVER_RXE = 14         # whose rings these are

CREATE_DUMB, PRIME_HANDLE_TO_FD, VERSION = 0xC02064B2, 0xC00C642D, 0xC0406400
O_CLOEXEC_RDWR = os.O_CLOEXEC | os.O_RDWR
LENGTH = 256 * 1024     # as 256 by 256 points of 32 bits
WIDTH = 256


def verbs(context, method: int, attributes: list[tuple[int, int, int]]) -> list[int]:
    """One call on an MR; attributes: number, bytes, value. Their values afterwards."""
    call = bytearray(struct.pack("=HHHHQII", 24 + 16 * len(attributes), OBJECT_MR, method,
                                 len(attributes), 0, DRIVER_RXE, 0))
    for number, length, value in attributes:
        call += struct.pack("=HHHHq", number, length, MANDATORY, 0, value)
    fcntl.ioctl(context.cmd_fd, VERBS_IOCTL, call)
    return [struct.unpack_from("=q", call, 32 + 16 * i)[0] for i in range(len(attributes))]


class DmaBufMR:
    """A region of `length` bytes from `offset` on of a dma-buf; its addresses begin at offset."""

    def __init__(self, device, length: int, access: int, fd: int, offset: int) -> None:
        keys = (ctypes.c_uint32 * 2)()
        self.context = device.context
        self.handle = verbs(device.context, METHOD_REG_DMABUF, [
            (HANDLE, 0, 0), (PD_HANDLE, 0, device.pd.handle), (OFFSET, 8, offset),
            (LENGTH_OF, 8, length), (IOVA, 8, offset), (FD, 4, fd), (ACCESS, 4, access),
            (LKEY, 4, ctypes.addressof(keys)), (RKEY, 4, ctypes.addressof(keys) + 4)])[0]
        self.lkey, self.rkey = keys

    def close(self) -> None:
        verbs(self.context, METHOD_DESTROY, [(HANDLE, 0, self.handle)])


def register(device, length: int, fd: int, offset: int):
    """A region by one of the two ways, with every right."""
    if "library" in sys.argv[3:]:
        return pyverbs.mr.DmaBufMR(device.pd, length, rc.ALL_ACCESS, fd, offset)
    return DmaBufMR(device, length, rc.ALL_ACCESS, fd, offset)


def name_of(card: int) -> bytes:
    """The driver behind a DRM node."""
    name = ctypes.create_string_buffer(32)
    fields = bytearray(struct.pack("iiixxxxQQQQQQ", 0, 0, 0, len(name),
                                   ctypes.addressof(name), 0, 0, 0, 0))
    fcntl.ioctl(card, VERSION, fields)
    return name.value


def vgem() -> int:
    for path in sorted(glob.glob("/dev/dri/card*")):
        card = os.open(path, O_CLOEXEC_RDWR)
        if name_of(card) == b"vgem":
            return card
        os.close(card)
    raise SystemExit("no vgem device: modprobe vgem")


def buffer(card: int) -> int:
    """A dma-buf descriptor of LENGTH bytes."""
    create = bytearray(struct.pack("IIIIIIQ", LENGTH // 4 // WIDTH, WIDTH, 32, 0, 0, 0, 0))
    fcntl.ioctl(card, CREATE_DUMB, create)
    handle = struct.unpack_from("I", create, 16)[0]
    prime = bytearray(struct.pack("IIi", handle, O_CLOEXEC_RDWR, -1))
    fcntl.ioctl(card, PRIME_HANDLE_TO_FD, prime)
    return struct.unpack_from("i", prime, 8)[0]


def expect(name: str, good: bool, why: str = "") -> int:
    print(f"ok    {name}" if good else f"FAIL  {name}: {why}", flush=True)
    return 0 if good else 1


def move(pair, opcode, mr, length, remote) -> int:
    """The status of one operation."""
    pair.post(opcode, mr, 0, length, remote=remote)
    got = pair.completions(1)
    return got[0].status if got else -1


def connected(device) -> tuple:
    near, far = rc.Pair(device), rc.Pair(device)
    near.connect(far.name())
    far.connect(near.name())
    return near, far


def main() -> int:
    device = rc.Device(sys.argv[1], int(sys.argv[2]))
    fd = buffer(vgem())
    owner = mmap.mmap(fd, LENGTH)
    near, far = connected(device)
    plain = device.memory(LENGTH)
    region = register(device, LENGTH, fd, 0)
    data, wrong = random.Random(5).randbytes(LENGTH), 0

    plain.write(data, LENGTH)
    status = move(near, e.IBV_WR_RDMA_WRITE, plain, LENGTH, (region.rkey, 0))
    wrong += expect("write", status == e.IBV_WC_SUCCESS, f"status {status}")
    wrong += expect("owner_sees_it", owner[:] == data, "the owner's bytes differ")
    owner[:] = data[::-1]
    status = move(near, e.IBV_WR_RDMA_READ, plain, LENGTH, (region.rkey, 0))
    wrong += expect("read", status == e.IBV_WC_SUCCESS and plain.read(LENGTH, 0) == data[::-1],
                    f"status {status}, or other bytes")

    part = register(device, 4096, fd, 8192)
    owner[:] = bytes(LENGTH)
    plain.write(data, LENGTH)
    status = move(near, e.IBV_WR_RDMA_WRITE, plain, 4096, (part.rkey, 8192))
    wrong += expect("part", status == e.IBV_WC_SUCCESS
                    and owner[:] == bytes(8192) + data[:4096] + bytes(LENGTH - 12288),
                    f"status {status}, or bytes at another place")
    part.close()

    owner.close()
    os.close(fd)
    status = move(near, e.IBV_WR_RDMA_WRITE, plain, 4096, (region.rkey, 4096))
    wrong += expect("owner_gone", status == e.IBV_WC_SUCCESS, f"status {status}")
    status = move(near, e.IBV_WR_RDMA_WRITE, plain, 4096, (region.rkey, LENGTH - 4095))
    wrong += expect("beyond", status == e.IBV_WC_REM_ACCESS_ERR, f"status {status}")
    for name, length, offset in (("too_long", LENGTH + 4096, 0), ("not_a_dmabuf", 4096, 0)):
        try:
            other = buffer(vgem()) if name == "too_long" else os.open("/dev/null", os.O_RDWR)
            register(device, length, other, offset)
            wrong += expect(name, False, "it was registered")
        except (OSError, PyverbsError):
            wrong += expect(name, True)
    for pair in (near, far):
        pair.close()
    region.close()
    plain.close()
    device.close()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
