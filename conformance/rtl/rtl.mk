# SPDX-License-Identifier: BSD-2-Clause
# The RTL responder: linted, verilated into devices for the tester, synthesised.  Nothing of it is
# part of `all`: it needs Verilator, and `make rtl-area` Yosys.

rtl-dir := conformance/rtl
rtl-src := $(addprefix $(rtl-dir)/,weft_chip.sv weft_core.sv weft_rx.sv weft_tx.sv weft_crc32c.sv \
	weft_regions.sv weft_siphash.sv weft_ram.sv)
rtl-all := $(rtl-src) $(wildcard $(rtl-dir)/*.svh) $(rtl-dir)/weft.vlt
B_RTL := $(B)/rtl
VERILATOR ?= verilator
RTL_VERILATE = $(VERILATOR) -Wall -I$(rtl-dir) --cc --build -O3 --top-module weft_chip \
	-CFLAGS '-fPIC -O2 -fvisibility=hidden'

# $(call rtl_device,NAME,FLAGS,DEFINES): $(B)/rtl/NAME.so
define rtl_device
$(B_RTL)/$(1)/Vweft_chip__ALL.a: $(rtl-all)
	@mkdir -p $$(@D)
	@echo "  VLATE   $(1)"
	@$(RTL_VERILATE) --Mdir $(B_RTL)/$(1) $(2) $(rtl-dir)/weft.vlt $(rtl-src) \
		> $(B_RTL)/$(1).log 2>&1 || \
		{ cat $(B_RTL)/$(1).log; exit 1; }
	@touch $$@
$(B_RTL)/$(1).so: $(B_RTL)/$(1)/Vweft_chip__ALL.a $(rtl-dir)/attach.cpp conformance/weft_dut.h
	@echo "  LD      $$@"
	@root=$$$$($(VERILATOR) --getenv VERILATOR_ROOT)/include; \
	$(CXX) -std=c++17 -O2 -g -fPIC -fvisibility=hidden -shared -I. -I$(B_RTL)/$(1) $(3) \
		-isystem $$$$root -isystem $$$$root/vltstd -o $$@ $(rtl-dir)/attach.cpp \
		$$$$root/verilated.cpp $$$$root/verilated_threads.cpp $$< -pthread
endef
$(eval $(call rtl_device,weft-rtl,,))
$(eval $(call rtl_device,weft-rtl-mutants,-DWEFT_MUTANTS,-DWEFT_MUTANTS))

.PHONY: rtl rtl-mutants
rtl: $(B_RTL)/weft-rtl.so
rtl-mutants: $(B_RTL)/weft-rtl-mutants.so

.PHONY: rtl-lint rtl-area
rtl-lint:
	@for flag in -DPLAIN -DWEFT_MUTANTS; do \
		$(VERILATOR) --lint-only -Wall -I$(rtl-dir) $$flag --top-module weft_chip \
			$(rtl-dir)/weft.vlt $(rtl-src) || exit 1; \
	done
	@if command -v iverilog > /dev/null; then \
		iverilog -g2012 -t null -I$(rtl-dir) -s weft_chip $(rtl-src) 2>&1 | \
			grep -v 'sorry: constant selects in always' || true; fi
# Minutes: what the responder takes of an FPGA, to the end of the log.
rtl-area:
	@mkdir -p $(B_RTL)
	yosys -q $(rtl-dir)/area.ys > $(B_RTL)/area.log && cat $(B_RTL)/area.log
