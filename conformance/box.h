/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The impairment box between two devices: what it does to each packet, and when it passes it on.
 *
 * It follows the conversation as far as it must to name packets (fault.h), does what the schedule
 * says, and sends each packet by one of several paths, which its entropy chooses and which differ
 * in delay, rate and loss.  What a path loses is a function of seed and identity.  Time is the
 * caller's, and so are sockets: box_run.c.
 */
#ifndef WEFT_CONFORMANCE_BOX_H
#define WEFT_CONFORMANCE_BOX_H

#include "conformance/fault.h"

#define WC_PATHS 64u
#define WC_BEHIND_NS 20000000u	/* a packet that waits for others waits no longer */

struct wc_path {
	uint64_t delay_ns, rate;	/* rate: bits per second; 0: unlimited */
	uint64_t loss;			/* billionths */
	uint64_t busy_until[2];		/* by enum wc_way */
};

/* What happened to one packet that came. */
struct wc_box_event {
	uint64_t t_ns;
	struct wc_ident id;
	struct wc_fate fate;
	unsigned path;
	bool path_lost;
};

struct wc_box_totals {
	uint64_t came[2], passed[2], path_lost;
	uint64_t by_path[WC_PATHS];	/* packets that were to go by it */
	uint64_t met[WC_MISHAPS];	/* packets that a rule of that kind named */
};

struct wc_box;

/* s is borrowed.  paths may be NULL: one without delay.  NULL: out of memory. */
struct wc_box *wc_box_create(struct wc_schedule *s, const struct wc_path *paths, unsigned n_paths,
			     uint64_t seed);
void wc_box_free(struct wc_box *b);

/*
 * A packet came from one side; bytes are copied.  marked: its IP header says CE.  0, or -ENOMEM.
 * *event says what becomes of it.
 */
int wc_box_take(struct wc_box *b, enum wc_way way, const uint8_t *bytes, uint32_t len, bool marked,
		uint64_t now_ns, struct wc_box_event *event);
/*
 * A packet that is due at now_ns: its bytes, valid until the next call; NULL: there is none.
 * Those due at the same time go in the order in which they came.
 */
const uint8_t *wc_box_give(struct wc_box *b, uint64_t now_ns, enum wc_way *way, uint32_t *len);
/* When the next is due; UINT64_MAX: nothing waits. */
uint64_t wc_box_due(const struct wc_box *b);
const struct wc_box_totals *wc_box_totals(const struct wc_box *b);
unsigned wc_box_paths(const struct wc_box *b);

/* "delay=50us,loss=0.01,rate=10000000" to *p.  False: it is not that. */
bool wc_path_parse(const char *text, struct wc_path *p);

#endif
