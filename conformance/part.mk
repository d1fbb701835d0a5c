# SPDX-License-Identifier: BSD-2-Clause
# weft-conform, its degenerate devices, its tests, and the build of the reference chip with mutants.

conform-files := port.c port_wio.c port_inproc.c port_cosim.c guard.c wire.c wire_more.c \
	frame.c frame_text.c sha256.c transcript.c view.c observe.c observe_sent.c judge.c \
	drive.c drive_rx.c pcapread.c capture.c passive.c observers.c cli_observe.c \
	drive_ops.c svc.c dut.c rig.c ut.c way.c drive_ut.c drive_serve.c config.c runner.c \
	run_hash.c catalogue.c variants.c claims.c report.c report_pcap.c report_json.c stimulus.c \
	requirements.c report_html.c spawn.c cli.c cli_judge.c cli_setup.c cli_rig.c \
	cli_compare.c cli_certify.c cli_waive.c cli_verify.c archive.c sign.c certificate.c \
	envelope.c waiver.c fault.c box.c box_run.c cli_box.c interop.c interop_run.c \
	interop_report.c cli_interop.c selftest.c selftest_mutants.c \
	selftest_order.c selftest_degenerate.c degenerate.c
conform-cases := common.c framing/framing.c framing/fields.c crc/crc.c version/version.c \
	delivery/delivery.c \
	delivery/context.c delivery/credit.c delivery/open.c delivery/trim.c delivery/checks.c \
	delivery/faults.c delivery/copies.c semantics/limits.c \
	management/meters.c delivery/recovery.c memory/attempt.c memory/memory.c memory/bounds.c \
	atomics/atomics.c atomics/words.c atomics/history.c combine/reduce.c \
	combine/besides.c datagrams/datagrams.c \
	loadstore/window.c loadstore/loadstore.c loadstore/ends.c \
	accel/queue.c accel/accel.c accel/gemm.c \
	robust/chance.c robust/robust.c robust/flips.c robust/session.c robust/guesses.c \
	robust/order.c robust/pressure.c robust/nobody.c robust/reads.c robust/amplified.c \
	semantics/semantics.c management/management.c management/withdrawn.c \
	management/flood.c management/causes.c management/states.c robust/forged.c \
	requester/common.c requester/above.c \
	requester/work.c requester/loss.c requester/window.c \
	requester/calls.c requester/asked.c requester/watched.c \
	requester/answers.c requester/patience.c requester/waits.c \
	requester/timeouts.c
conform-reqs := $(B)/gen/conformance/reqs.c

# The requirements of spec/ as a table: identifier and sentence; and those that nothing here judges.
$(conform-reqs): $(sort $(wildcard spec/[0-9]*.md)) conformance/reqs.awk \
		conformance/exceptions.txt conformance/exceptions.awk
	@mkdir -p $(@D)
	@echo "  GEN     $@"
	@awk -f conformance/reqs.awk $(filter %.md,$^) > $@
	@awk -f conformance/exceptions.awk conformance/exceptions.txt >> $@

# Which mutants the cases kill that no row of mutants.def names, as the matrix kept here has it.
conform-killers := $(B)/gen/conformance/killers.c
$(conform-killers): conformance/results/mutants/mutants.json conformance/killers.awk
	@mkdir -p $(@D)
	@echo "  GEN     $@"
	@awk -f conformance/killers.awk $< $< > $@

# The part of the upper tester that needs nothing: the tester has its serial line of it.
upper-bare := $(addprefix conformance/upper/,upper.c sha256.c line.c)

# -fPIC: weft-dut-degenerate.so is made of it.
$(call weft_lib,weft_conform,$(addprefix conformance/,$(conform-files)) $(upper-bare) \
	$(addprefix conformance/cases/,$(conform-cases)) $(conform-reqs) $(conform-killers),-fPIC)
$(call weft_prog,weft-conform,conformance/main.c,weft_conform weft_io,,-lcyaml -lcrypto -ldl)
$(call weft_prog,weft-degenerate,conformance/degenerate_udp.c,weft_conform weft_io,,-lcyaml -ldl)

# A device of weft_dut.h in a process of its own.
$(call weft_prog,weft-cosim,conformance/dut/cosim.c,,,-ldl)

# The upper tester: that part, that over libweft, and a device of that.
$(call weft_lib,weft_upper,$(upper-bare) conformance/upper/libweft.c,-fPIC)
$(call weft_prog,weft-upper,conformance/upper/main_libweft.c conformance/upper/socket.c \
	conformance/upper/served.c,weft_upper \
	weft_user weft_core weft_io,,-lcrypto -lm -pthread -ldl)

# The reference chip as a device in the suite's own process.
dut-parts := $(patsubst %,$(B)/lib/%.a,weft_chip weft_upper weft_user weft_core weft_io)
DEPFILES += $(B)/obj/conformance/dut/chip.d
$(B)/obj/conformance/dut/chip.o: PART_CFLAGS = -fPIC -fvisibility=hidden -I$(B)/gen
$(B)/obj/conformance/dut/chip.o: $(B)/gen/conformance/personality.inc
$(B)/gen/conformance/personality.inc: conformance/personality.txt conformance/part.mk
	@mkdir -p $(@D)
	@sed 's/["\\]/\\&/g; s/.*/"&\\n"/' $< > $@
$(B)/lib/weft-dut-chip.so: $(B)/obj/conformance/dut/chip.o $(dut-parts)
	@mkdir -p $(@D)
	@echo "  LD      $@"
	@$(CC) $(LDFLAGS) -shared -o $@ $< -Wl,--start-group $(dut-parts) -Wl,--end-group \
		-Wl,--exclude-libs,ALL -lcrypto -lm -pthread -ldl $(LDLIBS)

# And the degenerate devices.
DEPFILES += $(B)/obj/conformance/degenerate_so.d
$(B)/obj/conformance/degenerate_so.o: PART_CFLAGS = -fPIC -fvisibility=hidden
$(B)/lib/weft-dut-degenerate.so: $(B)/obj/conformance/degenerate_so.o $(B)/lib/weft_conform.a
	@mkdir -p $(@D)
	@echo "  LD      $@"
	@$(CC) $(LDFLAGS) -shared -o $@ $^ -Wl,--exclude-libs,ALL $(LDLIBS)

# A device that turns on its tester.
DEPFILES += $(B)/obj/conformance/dut/hostile.d
$(B)/obj/conformance/dut/hostile.o: PART_CFLAGS = -fPIC -fvisibility=hidden
$(B)/lib/weft-dut-hostile.so: $(B)/obj/conformance/dut/hostile.o
	@mkdir -p $(@D)
	@echo "  LD      $@"
	@$(CC) $(LDFLAGS) -shared -o $@ $^ -ldl $(LDLIBS)
all: $(B)/lib/weft-dut-chip.so $(B)/lib/weft-dut-degenerate.so $(B)/lib/weft-dut-hostile.so

# The chip with mutants: the whole of `weft`, in objects of its own, switched by $WEFT_MUTANT.
B_MUTANTS := $(B)/mutants
.PHONY: mutants
mutants: $(B)/mutants/switch.o
	@$(MAKE) --no-print-directory B=$(B_MUTANTS) $(B_MUTANTS)/bin/weft \
		$(B_MUTANTS)/lib/weft-dut-chip.so \
		LDLIBS='$(LDLIBS) $(B)/mutants/switch.o' \
		CPPFLAGS='$(CPPFLAGS) -DWEFT_MUTANTS -include conformance/mutants/mutants.h'

$(B)/mutants/switch.o: conformance/mutants/mutant.c conformance/mutants/mutants.h \
		conformance/mutants/mutants.def conformance/part.mk
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(CPPFLAGS) $(HOSTED) $(CFLAGS) -fPIC -c -o $@ $<

conform-libs := weft_conform weft_io
$(call weft_test,t_wire,conformance/test/t_wire.c,$(conform-libs),,-ljansson -lcyaml -ldl)
$(call weft_test,t_wire_vectors,conformance/test/t_wire_vectors.c,$(conform-libs),,-ljansson \
	-lcyaml -ldl)
$(call weft_test,t_upper,conformance/test/t_upper.c,weft_upper)
$(call weft_test,t_judge,conformance/test/t_judge.c,$(conform-libs),,-lcyaml -ldl)
$(call weft_test,t_observe,conformance/test/t_observe.c,$(conform-libs),,-lcyaml -ldl)
FUZZERS += conformance/fuzz/fuzz_observe.c
FUZZ_LIBS_fuzz_observe := $(conform-libs)
$(B)/target/fuzz_observe: PART_LDLIBS = -lcyaml -ldl
$(call weft_test,t_box,conformance/test/t_box.c,$(conform-libs),,-lcyaml -ldl)
include conformance/rtl/rtl.mk

TEST_SCRIPTS += $(addprefix conformance/test/run_,inproc.sh upper.sh tool.sh wrong.sh box.sh \
	interop.sh reqs.sh bundle.sh observe.sh rtl.sh readme.sh report.py \
	conform.sh rig.sh veth.sh hostile.sh \
	degenerate.sh sources.sh mutants.sh order.sh)

# Is every MUST of spec/ judged, or left out for a reason that holds?
.PHONY: check-conform-reqs
check-conform-reqs: $(B)/bin/weft-conform
	conformance/test/run_reqs.sh

# How much of the test catalogue is judged, by area.
.PHONY: check-conform-catalogue
check-conform-catalogue: $(B)/bin/weft-conform
	@{ $< list; $< list 'OB-*'; } | awk -f conformance/catalogue.awk - conformance/catalogue.txt

# Reports kept under conformance/results, with date, commit, time and memory.
.PHONY: conform-results
conform-results: all
	B=$(B) conformance/results.sh

.PHONY: conform-mutants
conform-mutants: all mutants
	$(B)/bin/weft-conform selftest --mutants --full -q --out out/conformance/mutants


# The upper tester of an RDMA device of the system: built on demand, since it needs libibverbs-dev.
.PHONY: upper-verbs
upper-verbs: $(B)/bin/weft-upper-verbs
upper-verbs-objs := $(patsubst %,$(B)/obj/conformance/upper/%.o,verbs verbs_work main_verbs socket \
	upper sha256)
DEPFILES += $(upper-verbs-objs:.o=.d)
$(B)/bin/weft-upper-verbs: $(upper-verbs-objs)
	@mkdir -p $(@D)
	@echo "  LD      $@"
	@$(CC) $(LDFLAGS) -o $@ $^ -libverbs $(LDLIBS)
