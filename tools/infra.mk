# SPDX-License-Identifier: BSD-2-Clause
# What a user calls: set-up, tests, checks, demo. Included last, when every part has said its own.
#
# A part registers a fuzz target with
#	FUZZERS += core/fuzz/fuzz_rx.c
#	FUZZ_LIBS_fuzz_rx = weft_core		# names of weft_lib libraries; weft_core by default
# and puts inputs to start from, if it has any, in core/fuzz/corpus/fuzz_rx/.
# tools/test/README.md says what a test script may ask for.

JOBS		?= $(shell nproc)
FUZZ_SECONDS	?= 5
# K=pattern: only the tests whose name contains it.
K		?=
FILE		?=
comma		:= ,

B_ASAN		:= $(B)/asan
B_CLANG		:= $(B)/clang
B_FUZZ		:= $(B)/fuzz
SUBMAKE		= $(MAKE) --no-print-directory -j$(JOBS)

# --- fuzz targets -------------------------------------------------------------------------------

fuzz_name	= $(basename $(notdir $(1)))
fuzz_libs	= $(or $(FUZZ_LIBS_$(call fuzz_name,$(1))),weft_core)
fuzz_corpus	= $(dir $(1))corpus/$(call fuzz_name,$(1))

define fuzz_rule
FUZZ_BINS += $(B)/target/$(call fuzz_name,$(1))
$(B)/target/$(call fuzz_name,$(1)): $(call objs,$(1)) \
	$(patsubst %,$(B)/lib/%.a,$(call fuzz_libs,$(1)))
-include $(patsubst %.o,%.d,$(call objs,$(1)))
endef
FUZZ_BINS :=
$(foreach f,$(FUZZERS),$(eval $(call fuzz_rule,$(f))))

# Only in a build with CC=clang SAN=fuzzer-no-link,...: main() comes from libFuzzer.
$(B)/target/%:
	@mkdir -p $(@D)
	@echo "  LD      $@"
	@$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $(filter %.o,$^) \
		-Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(PART_LDLIBS) $(LDLIBS)

.PHONY: fuzzers
fuzzers: $(FUZZ_BINS)

# --- tests --------------------------------------------------------------------------------------

TEST_SCRIPTS += kernel/kbuild-check.sh $(wildcard tools/test/infra/test_*.py)

TEST_LIST := \
	'step:build-asan=$(SUBMAKE) B=$(B_ASAN) SAN=address,undefined all tests' \
	'step:build-clang=$(SUBMAKE) B=$(B_CLANG) CC=clang all tests' \
	$(if $(FUZZERS),'step:build-fuzz=$(SUBMAKE) B=$(B_FUZZ) CC=clang \
		SAN=fuzzer-no-link$(comma)address$(comma)undefined fuzzers') \
	$(if $(wildcard tools/specgen.py),'step:check-gen=$(SUBMAKE) check-gen' \
		'step:check-spec=$(SUBMAKE) check-spec') \
	'step:check=$(SUBMAKE) B=$(B) check' \
	$(foreach t,$(TESTS),prog:$(t) prog:$(patsubst $(B)/%,$(B_ASAN)/%,$(t))) \
	$(patsubst %,script:%,$(TEST_SCRIPTS)) \
	$(foreach f,$(FUZZERS),fuzz:$(B_FUZZ)/target/$(call fuzz_name,$(f))$(patsubst \
		%,@%,$(wildcard $(call fuzz_corpus,$(f)))))

.PHONY: test test-run test-list test-fresh
# Two makes: the second one reads the parts again, when the packages they ask about are there.
test:
	@tools/deps
	@$(SUBMAKE) B=$(B) all tests
	@$(MAKE) --no-print-directory B=$(B) test-run

test-run:
	@$(PYTHON) tools/test/run.py --build $(B) --san-build $(B_ASAN) \
		--fuzz-seconds $(FUZZ_SECONDS) $(if $(K),-k '$(K)') $(TEST_LIST)

test-list:
	@$(PYTHON) tools/test/run.py --build $(B) --san-build $(B_ASAN) --list $(TEST_LIST)

test-fresh:
	@tools/fresh/run.sh

# --- structure checks ---------------------------------------------------------------------------

CHECKS := symbols depends tidy freestanding

.PHONY: check $(CHECKS:%=check-%)
check: check-built
	@$(PYTHON) tools/check/check.py --build $(B) --cc '$(CC)'

$(CHECKS:%=check-%): check-built
	@$(PYTHON) tools/check/check.py --build $(B) --cc '$(CC)' $(@:check-%=%)

# What the symbol checks look at.
.PHONY: check-built
check-built: $(filter $(B)/lib/%.a,$(LIBS)) $(filter $(B)/bin/weft-conform,$(PROGS))

# --- the rest -----------------------------------------------------------------------------------

.PHONY: install-deps demo help
install-deps:
	@tools/deps

# Any name that a file may have: neither make nor the shell reads it.
demo: export WEFT_DEMO_FILE := $(value FILE)
demo:
	@tools/deps
	@$(SUBMAKE) B=$(B) all
	@B=$(B) tools/demo $${WEFT_DEMO_FILE:+--file "$$WEFT_DEMO_FILE"}

define HELP
make demo [FILE=path]  two accelerators move a file and compute on it; installs what is missing
make test [K=pattern]  builds and runs every test; installs what is missing
make                   builds everything into $(B)/
make check             structure: core's symbols, who includes whom, tidiness, freestanding core
make gen               generates code, dissector and tables from spec/; check-gen, check-spec verify
make test-kernel       weft.ko in guests with Debian's kernels 6.1 and 6.12 (QEMU; some minutes)
make test-kernel-debug ... with KASAN, lockdep, kmemleak, failing allocations, on a kernel that it
                       builds first (20 minutes of processor time)
make kernel-demo       two such guests: the RDMA device, a transfer, its counters
make bench-kernel      weft.ko beside soft-RoCE in two guests, both kernels (a quarter of an hour)
make kernel-deb        the DKMS package of weft.ko: build/weft-dkms_VERSION_all.deb
make provider-deb      Weft's provider for rdma-core: build/weft-provider_VERSION_ARCH.deb
make bench             libweft beside plain UDP and TCP, and the engine alone
make bench-sim-mpi     weft-sim beside weft-sim-mpi: 8192 chips by one process and by two (minutes)
make test-fresh        both commands in a fresh Debian 12 root (as root, needs debootstrap)
make test-list         the names of all tests
make test-mutants-core each deliberate fault of the engine makes one of its tests fail
make install           libweft, headers and programs into PREFIX (/usr/local)
make install-deps      only installs what is missing
make clean             removes build/ and out/

CC=clang B=build/clang, SAN=address,undefined B=build/asan: other builds beside each other.
FUZZ_SECONDS=60: longer fuzzing. One test by hand: build/test/NAME --help
endef
export HELP
help:
	@echo "$$HELP"
