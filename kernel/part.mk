# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The module is built by kernel/kbuild-check.sh and tried by tools/vm/run. Here: the C programs that
# guest scripts run, built on demand, since they need libibverbs-dev.

$(B)/selftest/%: kernel/selftest/%.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(CPPFLAGS) $(HOSTED) $(CFLAGS) -o $@ $< -libverbs

# The one that stands for another implementation: no verbs, libweft.
$(B)/selftest/libweft_peer: userspace/test/libweft_peer.c $(B)/lib/libweft.a
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(CPPFLAGS) $(HOSTED) $(CFLAGS) -Iuserspace/include -o $@ $< $(B)/lib/libweft.a \
		-pthread -ldl

# With the provider's own header, and linked with the provider.
weft-provider := $(B)/provider/libweft-rdmav34.so
$(weft-provider): $(wildcard userspace/provider/*.[ch] userspace/provider/*.map) \
		$(addprefix userspace/provider/,CMakeLists.txt build.sh) kernel/uapi/weft-abi.h
	@userspace/provider/build.sh $(B)/provider

$(B)/selftest/vendor: kernel/selftest/vendor.c kernel/selftest/vendor_ends.c \
		kernel/selftest/vendor.h $(weft-provider)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(CPPFLAGS) $(HOSTED) $(CFLAGS) -I$(B)/provider/include -o $@ $(filter %.c,$^) \
		-L$(B)/provider -lweftdv -libverbs -pthread

# --- the module on Debian's kernels, in guests (tools/vm/README.md) -----------------------------

# What CI runs: both kernels alone, then one against the other over a wire.
KERNEL_ALONE	:= host tools verify pingpong libweft netns
KERNEL_PAIR	:= verify bundle

# On demand, with checkers that cost time: the kernel's own (hence --measure).
KERNEL_DEBUG	:= tools verify pingpong verbs fuzz allocfail

TEST_SCRIPTS += tools/vm/test.sh

# Beside soft-RoCE, two guests of one processor each: without a relay between, then with loss.
BENCH_KERNEL	:= --topology pair --cpus 1 --mtu 9000 --measure --slow 2

.PHONY: test-kernel test-kernel-debug kernel-demo kernel-deb bench-kernel
# Where QEMU or a kernel is missing (77) it says so and is no failure.
test-kernel:
	@tools/vm/run $(KERNEL_ALONE:%=kernel/selftest/%.sh) || [ $$? -eq 77 ]
	@tools/vm/run --topology pair $(KERNEL_PAIR:%=kernel/selftest/%.sh) || [ $$? -eq 77 ]

test-kernel-debug:
	@tools/vm/debug/build
	@tools/vm/run --kernel debug --measure --slow 6 --mem-mb 2048 \
		$(KERNEL_DEBUG:%=kernel/selftest/%.sh)

kernel-demo:
	@tools/vm/run --kernel 6.1:6.12 --show --measure kernel/selftest/demo.sh

bench-kernel:
	@for series in 6.12 6.1; do \
		tools/vm/run --kernel $$series $(BENCH_KERNEL) --direct kernel/selftest/speed.sh; \
		tools/vm/run --kernel $$series $(BENCH_KERNEL) --set CASES=write_bw_64k_loss \
			kernel/selftest/speed.sh; \
	done

kernel-deb:
	@kernel/dkms/build-deb $(B)
