/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The congestion laws' one interface: what was acknowledged, lost, marked goes in; a window
 * comes out.  A law keeps its state in struct weft_cc and knows nothing else of a context.
 */
#ifndef WEFT_CC_H
#define WEFT_CC_H

#include "core/mutant.h"
#include "core/weft.h"

#define CC_ONE 256u		/* one packet of window, in fixed point */

struct cc_ops;

struct weft_cc {
	const struct cc_ops *ops;
	uint32_t cwnd;		/* packets in CC_ONE units, at least CC_ONE */
	uint32_t max;		/* the same units */
	uint32_t floor;		/* loss without queueing does not cut below this */
	uint32_t min;		/* nothing but a timeout cuts below this */
	uint64_t target_ns;	/* queueing delay aimed at */
	uint64_t min_rtt_ns;	/* smallest round trip of this spell and the last; 0: none yet */
	uint64_t spell_min_ns;	/* of this spell alone; 0: none yet */
	weft_time spell_end;	/* a spell over, an older path's round trip is forgotten */
	weft_time last_cut;	/* when the window was cut last */
	bool slow_start;	/* doubling until the first sign of congestion */
};

struct cc_ack {
	uint64_t rtt_ns;	/* a fresh sample, or 0 */
	uint64_t srtt_ns;	/* smoothed; 0: none yet */
	uint32_t pkts;		/* newly acknowledged */
	uint32_t marked;	/* of the peer's packets, newly reported with CE */
};

struct cc_ops {
	void (*on_ack)(struct weft_cc *cc, const struct cc_ack *ack, weft_time now);
	void (*on_loss)(struct weft_cc *cc, uint64_t srtt_ns, weft_time now);
	void (*on_timeout)(struct weft_cc *cc, weft_time now);
};

extern const struct cc_ops cc_swift, cc_fixed;

void cc_init(struct weft_cc *cc, const struct weft_profile *cfg);

/* Packets that may be in flight. */
static inline uint32_t cc_window(const struct weft_cc *cc)
{
	return cc->cwnd / CC_ONE;
}

static inline void cc_set(struct weft_cc *cc, uint64_t cwnd)
{
	if (cwnd > cc->max && !WEFT_MUTANT(CWND_WRAPS))
		cwnd = cc->max;
	cc->cwnd = (uint32_t)(cwnd < CC_ONE ? CC_ONE : cwnd);
}

/* A timeout was needless: the window is what it was. */
static inline void cc_undo(struct weft_cc *cc, uint32_t cwnd)
{
	if (cwnd <= cc->cwnd)
		return;
	cc_set(cc, cwnd);
	cc->slow_start = false;
}

#endif
