# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""An MPI program of two or more ranks, for guests that have Open MPI's library but no compiler.

Passes blocks of several sizes round a ring, compares them, sums over all ranks. Each rank exits
with 1 where something is wrong; rank 0 prints one line where all is well.
"""
import ctypes
import random
import sys

SIZES = (1, 64, 4096, 65537, 1 << 20)
ROUNDS = 3


class Mpi:
    """The few calls that the program needs, of libmpi.so.40; a handle is a global's address."""

    def __init__(self) -> None:
        self.lib = ctypes.CDLL("libmpi.so.40", mode=ctypes.RTLD_GLOBAL)
        self.world, self.byte, self.int64, self.sum = (
            ctypes.c_void_p(ctypes.addressof(ctypes.c_char.in_dll(self.lib, name))) for name in
            ("ompi_mpi_comm_world", "ompi_mpi_byte", "ompi_mpi_int64_t", "ompi_mpi_op_sum"))
        self.call("MPI_Init", None, None)

    def call(self, name: str, *args) -> None:
        if getattr(self.lib, name)(*args):
            raise OSError(f"{name} failed")

    def number(self, name: str) -> int:
        value = ctypes.c_int()
        self.call(name, self.world, ctypes.byref(value))
        return value.value

    def shift(self, data: bytes, to: int, source: int) -> bytes:
        """Sends data to one rank and takes as much from another."""
        room = ctypes.create_string_buffer(len(data))
        self.call("MPI_Sendrecv", data, len(data), self.byte, to, 7,
                  room, len(data), self.byte, source, 7, self.world, None)
        return room.raw

    def total(self, value: int) -> int:
        mine, all_of_us = ctypes.c_int64(value), ctypes.c_int64()
        self.call("MPI_Allreduce", ctypes.byref(mine), ctypes.byref(all_of_us), 1, self.int64,
                  self.sum, self.world)
        return all_of_us.value


def main() -> int:
    mpi = Mpi()
    rank, size = mpi.number("MPI_Comm_rank"), mpi.number("MPI_Comm_size")
    left, right = (rank - 1) % size, (rank + 1) % size
    wrong = int(size < 2)
    for count in SIZES:
        for turn in range(ROUNDS):
            mine, theirs = (random.Random(who * 1000 + count + turn).randbytes(count)
                            for who in (rank, left))
            if mpi.shift(mine, right, left) != theirs:
                print(f"rank {rank}: {count} bytes came from {left} changed")
                wrong += 1
    if mpi.total(rank + 1) != size * (size + 1) // 2:
        print(f"rank {rank}: the sum over all ranks is wrong")
        wrong += 1
    wrong = mpi.total(wrong)
    mpi.call("MPI_Finalize")
    if rank == 0 and not wrong:
        print(f"{size} ranks agree")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
