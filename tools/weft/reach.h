/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An endpoint to a service of a chip, and one operation at a time on it: what the commands that
 * touch single words, or try an operation, have in common.
 */
#ifndef WEFT_TOOLS_REACH_H
#define WEFT_TOOLS_REACH_H

#include "tools/weft/net.h"

struct reach {
	struct net net;
	uint64_t service;	/* --service; 0: the chip service */
	struct weft_port *port;
	struct weft_ep *ep;
};

#define REACH_OPTS 2
void reach_opts(struct opt table[REACH_OPTS], struct reach *r);

/* Connect to the chip at `to`.  An exit status; EXIT_OK: reach_close() is due. */
int reach_open(struct reach *r, const char *to);
void reach_close(struct reach *r);
/* Bind a window of len bytes.  An exit status. */
int reach_window(struct reach *r, uint32_t key, uint64_t addr, uint64_t len,
		 struct weft_window **w);
/* err: of the call that posted an operation.  Wait for its completion; an exit status. */
int reach_done(struct reach *r, int err, struct weft_completion *c);
/* The next completion of cq, which is of a port; an exit status. */
int reach_next(struct weft_port *port, struct weft_cq *cq, uint64_t timeout_ns,
	       struct weft_completion *c);

#endif
