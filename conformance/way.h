/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How commands reach the upper tester: over a socket, a serial line, or through memory that both
 * reach.  What they say is ut.c's.
 */
#ifndef WEFT_CONFORMANCE_WAY_H
#define WEFT_CONFORMANCE_WAY_H

#include "conformance/upper/upper.h"

#include <stdbool.h>

enum wc_way_kind { WC_WAY_CALL, WC_WAY_SOCKET, WC_WAY_LINE, WC_WAY_MEMORY };

struct wc_way {
	enum wc_way_kind kind;		/* CALL: a call of the port, no affair of these functions */
	int fd;				/* -1: none */
	struct upper_mailbox *box;	/* MEMORY: where it begins */
	void *map;			/* the pages that it lies in, and how many bytes */
	size_t mapped;
};

#define WC_WAYS "tcp:ADDRESS:PORT, unix:PATH, serial:TTY[@BAUD] or mailbox:FILE[@OFFSET]"

/* Reach the upper tester at url, one of WC_WAYS.  False: errno says why not. */
bool wc_way_open(struct wc_way *w, const char *url);
void wc_way_close(struct wc_way *w);

/*
 * One command of len bytes; the whole response into rsp[UPPER_FRAME].  Its length; 0: none came in
 * patience_ms, or a damaged one.
 */
uint32_t wc_way_ask(struct wc_way *w, const uint8_t *cmd, uint32_t len, uint8_t *rsp,
		    long patience_ms);

#endif
