# SPDX-License-Identifier: BSD-2-Clause
# The carriage library: weft_io, its DPDK driver as a shared object of its own, tests and benchmark.

IO_SRCS := $(addprefix userspace/io/, open.c query.c addr.c udp.c udp_rx.c udp_tx.c packet.c mem.c \
	   impair.c fate.c ether.c pcapfile.c record.c replay.c dpdk_load.c)

# -fPIC: libweft.so links it too.
$(call weft_lib,weft_io,$(IO_SRCS),-fPIC)
$(call weft_prog,wio_bench,userspace/io/bench/wio_bench.c,weft_io)
