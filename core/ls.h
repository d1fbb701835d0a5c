/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What load and store are made of, for the engine's own files: window.c binds, memop.c asks and
 * sends, memop_rx.c receives and answers.
 */
#ifndef WEFT_CORE_LS_H
#define WEFT_CORE_LS_H

#include "core/pdc.h"

#define LS_FLOOR 80u		/* bytes after mdelivery that any receiver takes: MSTORE of 64 */
#define LS_OFFSET_BITS 36

struct ls_list {		/* of indices, chained in an array of their own */
	uint16_t head, tail;	/* NO_IDX: empty */
};

/* ---- requester ---------------------------------------------------------------------- */

enum ls_req_state { LS_FREE, LS_WAITING, LS_SENT, LS_PLACING, LS_COMPLETE };

struct ls_req {			/* one operation of ours, by tag */
	struct weft_ls_op op;
	uint64_t value;		/* atomics: the old value */
	uint32_t psn;		/* SENT, PLACING: the packet that carried it */
	uint32_t rx_psn;	/* PLACING: the packet that brought the answer */
	uint8_t state, status;
	uint8_t gen;		/* tells it from earlier ones of its tag */
};

enum ls_win_state { LS_UNBOUND, LS_BINDING, LS_BOUND, LS_UNBINDING };

struct ls_win {			/* a window of the peer's memory */
	uint16_t out;		/* operations on it that are not complete */
	uint8_t state;		/* enum ls_win_state */
};

/* ---- responder ---------------------------------------------------------------------- */

enum ls_ans_state { LS_NONE, LS_EXEC, LS_READY, LS_ANSWERED };

struct ls_ans {			/* one operation of the peer's, by tag */
	uint64_t addr;		/* LOAD: where its data lie */
	uint64_t value;		/* atomics: the old value */
	uint32_t key, pd;
	uint32_t rx_psn;	/* EXEC: the packet that brought it */
	uint32_t psn;		/* ANSWERED: the packet that carried the answer */
	uint8_t code, size;	/* of the request; FAULT replaces the code */
	uint8_t status;
	uint8_t state, gen;
};

struct ls_bound {		/* a window of our memory */
	uint64_t addr, len;
	uint32_t key, pd;
	uint8_t state;		/* UNBOUND, BINDING, BOUND */
	uint8_t rights;
	uint8_t status;		/* of the WINDOW_STATUS that is due */
	uint8_t gen;
	bool due;		/* on the list of those to be told */
};

struct ls_cursor {		/* weft_rx_more() */
	uint32_t psn;
	uint16_t off;		/* into the bytes after the headers */
	uint8_t i;		/* next operation */
	bool on;
};

struct ls {
	struct weft_ls_cfg cfg;
	struct ls_req *reqs;	/* cfg.tags */
	struct ls_ans *ans;	/* cfg.tags */
	struct ls_bound *bound;	/* cfg.windows */
	struct ls_win *win;	/* cfg.windows */
	uint16_t *req_next, *ans_next, *bound_next;
	struct ls_list free, waiting, done;	/* of reqs */
	struct ls_list ready;			/* of ans */
	struct ls_list tell;			/* of bound */
	uint16_t n_out;		/* reqs not FREE */
	uint16_t n_exec;	/* ans in EXEC or READY */
	struct ls_cursor cur;
};

static inline void ls_push(struct ls_list *l, uint16_t *next, uint16_t i)
{
	next[i] = NO_IDX;
	if (l->tail != NO_IDX)
		next[l->tail] = i;
	else
		l->head = i;
	l->tail = i;
}

static inline uint16_t ls_pop(struct ls_list *l, const uint16_t *next)
{
	uint16_t i = l->head;

	if (i == NO_IDX)
		return i;
	l->head = next[i];
	if (l->head == NO_IDX)
		l->tail = NO_IDX;
	return i;
}

/* A packet's record: its first tag and how many. */
static inline uint32_t ls_chain(uint16_t first, uint32_t n)
{
	return n << 16 | first;
}

/* memop.c */
uint32_t ls_limit_tx(const struct weft_pdc *p);
void ls_complete(struct weft_pdc *p, uint16_t tag, enum weft_status st);

/* window.c */
void ls_bind_done(struct weft_pdc *p, uint32_t what, enum weft_status st, uint64_t rights);

/* Tokens: kind, then generation and index. */
static inline uint32_t ls_token(uint32_t kind, uint8_t gen, uint32_t index)
{
	return kind << 28 | (uint32_t)gen << 16 | index;
}

#endif
