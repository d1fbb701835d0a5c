/* SPDX-License-Identifier: BSD-2-Clause */
/* What both sides of weft perf share. */
#ifndef WEFT_TOOLS_PERF_H
#define WEFT_TOOLS_PERF_H

#include <signal.h>
#include <weft/weft.h>

#include "tools/weft/net.h"

#define PERF_SERVICE (WEFT_SERVE_USER + 0x7065)	/* takes SENDs and drops them */

enum perf_op { PERF_WRITE, PERF_READ, PERF_ATOMIC, PERF_SEND };

struct perf {
	struct net net;
	enum perf_op op;
	uint64_t size;		/* bytes of one operation */
	uint64_t iters;
	uint64_t duration_ns;	/* 0: iters counts */
	uint64_t depth, pool;
	bool relaxed;
	struct weft_port *port;
	struct weft_chip *chip;	/* NULL for SEND */
	struct weft_ep *ep;
	struct weft_chip_mem mem;
	uint8_t *buf;		/* depth * size */
	uint64_t *began;	/* by slot */
	uint64_t *lat;		/* ns */
	size_t n_lat, room;
	uint64_t start_ns, end_ns;
};

/* Take SENDs on net.url until *stop.  Returns an exit status. */
int perf_listen(struct perf *p, const volatile sig_atomic_t *stop);

#endif
