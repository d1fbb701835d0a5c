# SPDX-License-Identifier: BSD-2-Clause
# The carriage library: weft_io, its DPDK driver as a shared object of its own, tests and benchmark.

IO_SRCS := $(addprefix userspace/io/, open.c query.c addr.c udp.c udp_rx.c udp_tx.c packet.c mem.c \
	   impair.c fate.c ether.c pcapfile.c record.c replay.c dpdk_load.c)

# -fPIC: libweft.so links it too.
$(call weft_lib,weft_io,$(IO_SRCS),-fPIC)
$(call weft_prog,wio_bench,userspace/io/bench/wio_bench.c,weft_io)

# DPDK is optional.  Its headers are not ours to warn about; the driver table is all the object shows.
ifeq ($(shell pkg-config --exists libdpdk 2>/dev/null && echo yes),yes)
IO_DPDK_SRCS := userspace/io/dpdk.c userspace/io/dpdk_eal.c
LIBS += $(B)/lib/wio_dpdk.so
DEPFILES += $(patsubst %.o,%.d,$(call objs,$(IO_DPDK_SRCS)))
$(call objs,$(IO_DPDK_SRCS)): PART_CFLAGS = -fPIC -fvisibility=hidden $(patsubst -I%,-isystem %,$(shell pkg-config --cflags libdpdk))
$(B)/lib/wio_dpdk.so: $(call objs,$(IO_DPDK_SRCS)) $(B)/lib/weft_io.a
	@echo "  LD      $@"
	@$(CC) $(LDFLAGS) -shared -o $@ $(filter %.o,$^) -Wl,--exclude-libs,ALL $(filter %.a,$^) \
		$(shell pkg-config --libs libdpdk)
else
$(info weft: no DPDK here (Debian: libdpdk-dev, dpdk): building without the dpdk: carriage)
endif
