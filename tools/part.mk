# SPDX-License-Identifier: BSD-2-Clause
# The command line, which also starts the reference chip (userspace/chip, of userspace/part.mk).

weft-common := opts.c out.c net.c data.c xfer.c reach.c chip_stat.c decode.c decode_crc.c \
	       decode_text.c decode_tlv.c capture.c
weft-files := main.c perf_listen.c stripe.c stripe_io.c stripe_run.c stripe_text.c cmd_chip.c \
	      cmd_ls.c cmd_put.c cmd_get.c cmd_run.c cmd_ping.c cmd_perf.c cmd_dump.c cmd_stat.c \
	      cmd_stripe.c cmd_word.c cmd_reduce.c cmd_dgram.c
weft-libs := weft_tool weft_chip weft_user weft_io weft_core
weft-ldlibs := -ljansson -lpcap -lcrypto -ldl -lm -pthread

$(call weft_lib,weft_tool,$(addprefix tools/weft/,$(weft-common)))
$(call weft_prog,weft,$(addprefix tools/weft/,$(weft-files)),$(weft-libs),,$(weft-ldlibs))

$(foreach t,t_opts t_decode,\
	$(call weft_test,$(t),tools/weft/test/$(t).c,$(weft-libs),,$(weft-ldlibs)))
TEST_SCRIPTS += tools/weft/test/cli.sh tools/weft/test/dump.sh tools/weft/test/demo.sh

# What is between guests (tools/vm/README.md); not installed.
$(call weft_lib,weft_wire,tools/vm/wire_fate.c)
$(call weft_prog,weft-wire,tools/vm/wire.c,weft_wire)
$(call weft_test,t_wire_fate,tools/vm/test/t_wire_fate.c,weft_wire)
TEST_SCRIPTS += tools/vm/test/wire.py

# ---- installing the programs ---------------------------------------------------------

install-progs := weft weft-sim weft-conform
.PHONY: install-tools
install: install-tools
install-tools: $(install-progs:%=$(B)/bin/%) $(B)/lib/weft-dut-chip.so
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/weft \
		$(DESTDIR)$(PREFIX)/share/weft/scenarios
	install -d $(DESTDIR)$(PREFIX)/share/man/man1 \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions
	install -m 644 conformance/weft-conform.1 $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 conformance/weft-conform.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/weft-conform
	install -m 755 $(filter $(B)/bin/%,$^) $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(B)/lib/weft-dut-chip.so $(DESTDIR)$(PREFIX)/lib/weft
	install -m 644 tools/wireshark/weft.lua conformance/personality.txt \
		conformance/dut.example.yaml $(DESTDIR)$(PREFIX)/share/weft
	install -m 644 sim/scenarios/*.yaml $(DESTDIR)$(PREFIX)/share/weft/scenarios
	if [ -f $(B)/lib/wio_dpdk.so ]; then \
		install -m 755 $(B)/lib/wio_dpdk.so $(DESTDIR)$(PREFIX)/lib/weft; fi
