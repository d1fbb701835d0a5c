/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands, one in each cmd_*.c. */
#ifndef WEFT_TOOLS_CMD_H
#define WEFT_TOOLS_CMD_H

#include "tools/weft/opts.h"

extern const struct cmd cmd_chip, cmd_ls, cmd_put, cmd_get, cmd_run, cmd_stripe, cmd_ping,
	cmd_perf, cmd_dump, cmd_stat, cmd_load, cmd_store, cmd_atomic, cmd_reduce, cmd_flush,
	cmd_send, cmd_recv;

#endif
