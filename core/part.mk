# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
include core/files.mk
core-cflags := -ffreestanding -fbuiltin -fno-stack-protector -fPIC -fno-semantic-interposition
$(call weft_lib,weft_core,$(addprefix core/,$(core-files)),$(core-cflags))

# Tests: tests of one source by its name, then those of the whole.
core-test-files := net.c net_host.c net_setup.c net_check.c pk.c solo.c cc_trace.c
core-tests := t_cookie t_trim t_ep_end t_ids t_telemetry
core-tests += t_parse t_crc32c t_mem t_word t_peer t_pdc t_idle t_rx t_ack t_nack t_sack t_retx
core-tests += t_tx t_tx_build t_request t_execute t_end t_srq t_read t_respond t_nudge
core-tests += t_memop t_memop_rx t_window t_dgram t_rd
core-tests += t_blocks t_rings t_shorts t_sets t_stream t_ep t_requester t_responder
core-tests += t_refusal t_hold t_alone
core-tests += t_path t_probe t_ports t_multipath
core-tests += t_cc t_cc_nscc t_cc_dcqcn t_cc_credit t_credit t_pace
core-tests += t_open t_fault t_churn t_mutate t_torture t_corner
core-test-files += net_svc.c
$(call weft_lib,core_test,$(addprefix core/test/,$(core-test-files)))
$(foreach t,$(core-tests),$(call weft_test,$(t),core/test/$(t).c,core_test weft_core))

# spec/vectors against the codec and the engine.
core-fields := $(B)/gen/core/fields.c
$(core-fields): core/wire.h core/test/fields.awk
	@mkdir -p $(@D)
	@echo "  GEN     $@"
	@awk -f core/test/fields.awk core/wire.h > $@
$(call weft_lib,core_vectors,core/test/json.c core/test/dut.c $(core-fields))
core-vector-tests := t_vectors t_transcripts t_negotiate
$(foreach t,$(core-vector-tests),$(call weft_test,$(t),core/test/$(t).c,core_vectors core_test \
	weft_core))

# The fabric test has a main() of its own, and runs on the simulator's links and time.
core-fabric-files := config.c world.c fault.c chip.c context.c act.c conn.c work.c op.c recv.c \
		     combine.c loadstore.c dgram.c oracle.c invariant.c child.c shrink.c \
		     campaign.c main.c
$(call weft_test,fabric,$(addprefix core/test/fabric/,$(core-fabric-files)),core_test sim_fabric \
	weft_core)

FUZZERS += core/fuzz/fuzz_parse.c core/fuzz/fuzz_alone.c core/fuzz/fuzz_rx.c core/fuzz/fuzz_net.c
FUZZ_LIBS_fuzz_parse = weft_core core_test
FUZZ_LIBS_fuzz_alone = weft_core core_test
FUZZ_LIBS_fuzz_rx = weft_core core_test
FUZZ_LIBS_fuzz_net = weft_core core_test

# The core tests with deliberate faults in the engine, switched by $WEFT_MUTANT.
B_MUTANTS_CORE := $(B)/mutants-core
mutants-core-switch := $(B_MUTANTS_CORE)/mutants/switch.o
TEST_SCRIPTS += core/test/mutation/run.py
.PHONY: mutants-core test-mutants-core search-mutants-core
mutants-core:
	@$(MAKE) --no-print-directory B=$(B_MUTANTS_CORE) $(mutants-core-switch)
	@$(MAKE) --no-print-directory B=$(B_MUTANTS_CORE) \
		$(core-tests:%=$(B_MUTANTS_CORE)/test/%) \
		LDLIBS='$(LDLIBS) $(mutants-core-switch)' \
		CPPFLAGS='$(CPPFLAGS) -DWEFT_MUTANTS -include conformance/mutants/mutants.h'
test-mutants-core:
	@$(PYTHON) core/test/mutation/run.py --build $(B)
search-mutants-core:
	@$(PYTHON) core/test/mutation/run.py --build $(B) --search

# How much of the engine its tests and its fuzz targets' inputs run.
B_COVERAGE := $(B)/coverage
core-fuzzers := $(patsubst core/fuzz/%.c,$(B_COVERAGE)/target/%,$(filter core/fuzz/%,$(FUZZERS)))
.PHONY: coverage
coverage:
	@$(MAKE) --no-print-directory B=$(B_COVERAGE) CC=clang \
		OPT='-O1 -fprofile-instr-generate -fcoverage-mapping' \
		LDFLAGS=-fprofile-instr-generate $(core-tests:%=$(B_COVERAGE)/test/%) \
		$(core-fuzzers)
	@core/fuzz/coverage.sh $(B_COVERAGE)
