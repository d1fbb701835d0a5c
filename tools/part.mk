# SPDX-License-Identifier: BSD-2-Clause
# The command line, which also starts the reference chip (userspace/chip, of userspace/part.mk).

weft-common := opts.c out.c net.c data.c xfer.c chip_stat.c decode.c decode_crc.c decode_text.c \
	       capture.c
weft-files := main.c perf_listen.c stripe.c stripe_io.c stripe_run.c stripe_text.c cmd_chip.c \
	      cmd_ls.c cmd_put.c cmd_get.c cmd_run.c cmd_ping.c cmd_perf.c cmd_dump.c cmd_stat.c \
	      cmd_stripe.c
weft-libs := weft_tool weft_chip weft_user weft_io weft_core
weft-ldlibs := -ljansson -lpcap -lcrypto -ldl -lm -pthread

$(call weft_lib,weft_tool,$(addprefix tools/weft/,$(weft-common)))
$(call weft_prog,weft,$(addprefix tools/weft/,$(weft-files)),$(weft-libs),,$(weft-ldlibs))

$(foreach t,t_opts t_decode,\
	$(call weft_test,$(t),tools/weft/test/$(t).c,$(weft-libs),,$(weft-ldlibs)))
TEST_SCRIPTS += tools/weft/test/cli.sh tools/weft/test/dump.sh tools/weft/test/demo.sh
