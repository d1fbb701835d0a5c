/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The congestion laws' one interface: what was acknowledged, marked, lost, trimmed, granted goes
 * in; a window, an interval between packets and what to do with a marked path come out.  A law
 * keeps its state in struct weft_cc and knows nothing else of a context.  Section 35.2 says what
 * each law does; the file of each says what it follows.
 */
#ifndef WEFT_CC_H
#define WEFT_CC_H

#include "core/mutant.h"
#include "core/weft.h"

#define CC_ONE 256u		/* one packet of window, in fixed point */
#define CC_PACE_ONE 65536u	/* one nanosecond a byte, in fixed point */

struct cc_ops;

struct cc_swift {
	weft_time last_cut;	/* when the window was cut last; 0: never */
	weft_time spell_at;	/* when `lost` began to count; 0: never */
	uint32_t lost;		/* packets without queueing, in this spell of losses */
};

struct cc_nscc {
	weft_time qa_end;	/* the spell over which `achieved` counts; 0: none began */
	weft_time ignore_until;	/* signs of congestion from before the last quick adapt */
	weft_time adjusted;	/* when the window was last brought up to date */
	weft_time last_cut;	/* 0: never */
	uint32_t achieved;	/* packets acknowledged in this spell */
	uint32_t avg_ns;	/* queueing delay, averaged */
	uint32_t pending;	/* packets acknowledged since `adjusted` */
	uint32_t gain;		/* their sum of gains */
	uint32_t fast;		/* packets in a row that met no queue */
	uint32_t scale;		/* bandwidth times delay beside that of 100 Gb/s, 12 us, 256ths */
	uint32_t scaled_rtt;	/* the smallest round trip that `scale` was made for */
	bool trigger;		/* packets were lost or trimmed in this spell */
};

struct cc_dcqcn {
	weft_time last_cut;	/* 0: never */
	weft_time alpha_at;	/* alpha decays then */
	weft_time raise_at;	/* the rate is raised then */
	uint32_t rate, target;	/* kb/s: now, and before the last cut */
	uint32_t alpha;		/* estimate of congestion, 65536ths */
	uint32_t pkts;		/* acknowledged since the counter last raised the rate */
	uint8_t by_time, by_count;	/* raises since the last cut, at most 255 */
};

struct cc_credit {
	uint32_t granted;	/* packets that may have been sent since the beginning, mod 2^32 */
};

struct weft_cc {
	const struct cc_ops *ops;
	uint32_t cwnd;		/* packets in CC_ONE units, at least CC_ONE */
	uint32_t max;		/* the same units */
	uint32_t floor;		/* swift: loss without queueing does not cut below this */
	uint32_t min;		/* nothing but a timeout cuts below this */
	uint32_t pace;		/* time between packets a byte, in CC_PACE_ONE units; 0: none */
	uint32_t spent;		/* packets sent under congestion control, mod 2^32 */
	uint32_t link_kbps;	/* the port's rate; 0: not known */
	uint32_t pkt_bytes;	/* what the longest packet counts */
	uint32_t target_ns;	/* queueing delay aimed at */
	uint32_t min_rtt_ns;	/* smallest round trip of this spell and the last; 0: none yet */
	uint32_t spell_min_ns;	/* of this spell alone; 0: none yet */
	bool slow_start;	/* doubling until the first sign of congestion */
	weft_time spell_end;	/* a spell over, an older path's round trip is forgotten */
	union {
		struct cc_swift swift;
		struct cc_nscc nscc;
		struct cc_dcqcn dcqcn;
		struct cc_credit credit;
	} u;
};

struct cc_ack {
	uint64_t rtt_ns;	/* a fresh sample, or 0 */
	uint64_t srtt_ns;	/* smoothed; 0: none yet */
	uint32_t pkts;		/* newly acknowledged */
	uint32_t marked;	/* of the peer's packets, newly reported with CE */
};

/* What to do with the path of a marked packet. */
enum cc_path { CC_PATH_STAY, CC_PATH_SKIP };

struct cc_ops {
	enum cc_path (*on_ack)(struct weft_cc *cc, const struct cc_ack *ack, weft_time now);
	/* Packets were found lost, however many. */
	void (*on_loss)(struct weft_cc *cc, uint32_t pkts, uint64_t srtt_ns, weft_time now);
	/* The peer reports packets that a full queue has trimmed. */
	void (*on_trim)(struct weft_cc *cc, uint32_t pkts, uint64_t srtt_ns, weft_time now);
	void (*on_timeout)(struct weft_cc *cc, weft_time now);
	/* Time has gone by: timers of the law, if it has any.  NULL: none. */
	void (*on_tick)(struct weft_cc *cc, weft_time now);
	/* The receiver lets us have sent so many packets since the beginning.  NULL: needs none. */
	void (*on_credit)(struct weft_cc *cc, uint32_t granted);
	/* NULL: nothing to prepare. */
	void (*init)(struct weft_cc *cc);
};

extern const struct cc_ops cc_swift, cc_fixed, cc_nscc, cc_dcqcn, cc_credit;

void cc_init(struct weft_cc *cc, const struct weft_profile *cfg, uint16_t payload);
/* Learn the smallest round trip from a sample; returns the queueing delay in it, 0 for none. */
uint32_t cc_queueing(struct weft_cc *cc, const struct cc_ack *ack, weft_time now);
void cc_reopen(struct weft_cc *cc, uint32_t pkts, uint32_t upto);
/* Sets the interval by a rate. */
void cc_set_rate(struct weft_cc *cc, uint32_t kbps);

/* Packets that may be in flight. */
static inline uint32_t cc_window(const struct weft_cc *cc)
{
	return cc->cwnd / CC_ONE;
}

/* May another packet go, as far as the receiver's credit says (WEFT-CC-040)? */
static inline bool cc_credit_left(const struct weft_cc *cc)
{
	return !cc->ops->on_credit || (int32_t)(cc->u.credit.granted - cc->spent) > 0;
}

/* Time that a packet of so many bytes takes at the law's rate, in 1/65536 ns. */
static inline uint64_t cc_interval(const struct weft_cc *cc, uint32_t bytes)
{
	return (uint64_t)cc->pace * bytes;
}

/* WEFT-CC-010 */
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

static inline uint32_t cc_min32(uint64_t x)
{
	return x < UINT32_MAX ? (uint32_t)x : UINT32_MAX;
}

#endif
