# SPDX-License-Identifier: BSD-2-Clause
# The command line, which also starts the reference chip (userspace/chip, of userspace/part.mk).

weft-files := main.c opts.c out.c net.c data.c xfer.c chip_stat.c decode.c decode_crc.c \
	      decode_text.c capture.c perf_listen.c stripe.c stripe_io.c stripe_run.c \
	      stripe_text.c cmd_chip.c cmd_ls.c cmd_put.c cmd_get.c cmd_run.c cmd_ping.c \
	      cmd_perf.c cmd_dump.c cmd_stat.c cmd_stripe.c

$(call weft_prog,weft,$(addprefix tools/weft/,$(weft-files)),\
	weft_chip weft_user weft_io weft_core,,-ljansson -lpcap -lcrypto -ldl -lm)
