# SPDX-License-Identifier: BSD-2-Clause
# The carriage library: weft_io, its DPDK driver as a shared object of its own, tests and benchmark.

io = $(addprefix userspace/io/,$(1))

# -fPIC: libweft.so links it too.
$(call weft_lib,weft_io,$(call io,open.c query.c addr.c udp.c udp_rx.c udp_tx.c packet.c mem.c \
	impair.c fate.c ether.c pcapfile.c record.c replay.c dpdk_load.c),-fPIC)
$(call weft_prog,wio_bench,$(call io,bench/wio_bench.c),weft_io)

$(call weft_lib,io_test,$(call io,test/io_test.c))
$(call weft_test,t_io,$(call io,$(addprefix test/,t_addr.c t_query.c t_mem.c t_ether.c t_impair.c \
	t_record.c)),io_test weft_io cunit_main,,-lcunit)
$(call weft_test,t_io_udp,$(call io,test/t_udp.c),io_test weft_io cunit_main,,-lcunit)
$(call weft_prog,wio_check,$(call io,test/wio_check.c),weft_io)
TEST_SCRIPTS += $(call io,test/test_veth.sh test/test_pcap.sh test/test_dpdk.sh)

# DPDK is optional.  Its headers are not ours to warn about; the object shows its driver table only.
ifeq ($(shell pkg-config --exists libdpdk 2>/dev/null && echo yes),yes)
io-dpdk := $(call objs,$(call io,dpdk.c dpdk_eal.c))
LIBS += $(B)/lib/wio_dpdk.so
DEPFILES += $(io-dpdk:.o=.d)
$(io-dpdk): PART_CFLAGS = -fPIC -fvisibility=hidden \
	$(patsubst -I%,-isystem %,$(shell pkg-config --cflags libdpdk))
$(B)/lib/wio_dpdk.so: $(io-dpdk) $(B)/lib/weft_io.a
	@echo "  LD      $@"
	@$(CC) $(LDFLAGS) -shared -o $@ $(filter %.o,$^) -Wl,--exclude-libs,ALL $(filter %.a,$^) \
		$(shell pkg-config --libs libdpdk)
else
$(info weft: no DPDK here (Debian: libdpdk-dev, dpdk): building without the dpdk: carriage)
endif

FUZZERS += $(call io,fuzz/fuzz_pcap.c fuzz/fuzz_url.c)
FUZZ_LIBS_fuzz_pcap := weft_io
FUZZ_LIBS_fuzz_url := weft_io
