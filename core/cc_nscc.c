/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `nscc`, after the network-signal congestion control of the Ultra Ethernet Specification 1.0, with
 * the constants of the consortium's public simulator, uet-htsim (August 2025): two signals on two
 * time scales.  A mark says that a queue is long at this moment somewhere on one of many paths; the
 * queueing delay says how much of it the whole spray meets.  Each of the four combinations has its
 * answer (WEFT-CC-020), and what arrived in a spell of severe congestion is the window of the next
 * (quick adapt, WEFT-CC-022).
 *
 * Windows are in 256ths of a packet; gains in 256ths of a packet a round trip.
 */
#include "core/cc.h"

#define REF_KBPS	100000000ull	/* the link and the round trip for which the gains are */
#define REF_RTT_NS	12000u
#define SCALE_MIN	32u		/* 1/8 */
#define SCALE_MAX	2048u		/* 8 */
#define GAIN_DELAY	4u		/* packets a round trip with no delay, target 12 us */
#define GAIN_FAIR	5u		/* packets a round trip above the target, unmarked */
#define ETA		38u		/* 0.15 packets a round trip, always */
#define CUT		205u		/* of the excess of delay: 0.8 */
#define SEVERE		4u		/* targets of delay that make a spell severe */
#define NO_QUEUE	8u		/* of the target: no queue to speak of */
#define BATCH		8u		/* packets after which the window is brought up to date */
#define AVG_PKTS	80u		/* packets over which the delay is averaged */
#define AVG_MOST	16u		/* packets of an acknowledgement that count for it */
#define GATE		8u		/* quick adapt: a spell brought less than this part */

static void learn_scale(struct weft_cc *cc)
{
	struct cc_nscc *s = &cc->u.nscc;
	uint64_t scale = 256;

	if (cc->min_rtt_ns == s->scaled_rtt)
		return;
	s->scaled_rtt = cc->min_rtt_ns;
	if (cc->link_kbps)
		scale = (uint64_t)cc->link_kbps * cc->min_rtt_ns / (REF_KBPS * REF_RTT_NS / 256);
	scale = scale < SCALE_MIN ? SCALE_MIN : scale;
	s->scale = (uint32_t)(scale < SCALE_MAX ? scale : SCALE_MAX);
}

static uint32_t shorter(uint32_t x, uint32_t y)
{
	return x < y ? x : y;
}

/* Packets, in 256ths, that fill the pipe one and a half times, if its rate is known. */
static uint64_t most(const struct weft_cc *cc)
{
	uint64_t kbits = (uint64_t)cc->link_kbps * cc->min_rtt_ns / 1000;	/* thousandths */

	if (!cc->link_kbps || !cc->min_rtt_ns)
		return cc->max;
	return kbits * (3 * CC_ONE / 2) / (8000ull * cc->pkt_bytes);
}

/* WEFT-CC-024 */
static void set_within(struct weft_cc *cc, uint64_t cwnd)
{
	uint64_t top = most(cc);

	if (top < cc->min)
		top = cc->min;
	cc_set(cc, cwnd < top ? cwnd : top);
}

/* WEFT-CC-021 */
static void catch_up(struct weft_cc *cc, weft_time now)
{
	struct cc_nscc *s = &cc->u.nscc;
	uint64_t cwnd = cc->cwnd;

	if (s->pending < BATCH && now - s->adjusted < cc->min_rtt_ns)
		return;
	if (s->gain)
		cwnd += (uint64_t)s->gain * CC_ONE / cc->cwnd;
	if (now - s->adjusted >= cc->min_rtt_ns) {
		cwnd += ETA * s->scale / 256;
		s->adjusted = now;
	}
	s->pending = 0;
	s->gain = 0;
	set_within(cc, cwnd);
}

static void increase(struct weft_cc *cc, uint32_t pkts, uint32_t delay)
{
	struct cc_nscc *s = &cc->u.nscc;
	uint32_t gain = GAIN_FAIR * s->scale;

	s->fast = delay < cc->target_ns / NO_QUEUE ? s->fast + pkts : 0;
	if (s->fast > cc_window(cc)) {		/* a round trip without a queue */
		set_within(cc, (uint64_t)cc->cwnd + (uint64_t)pkts * s->scale / 4);
		return;
	}
	if (delay < cc->target_ns)
		gain = (uint32_t)((uint64_t)GAIN_DELAY * s->scale * (cc->target_ns - delay) /
				  REF_RTT_NS);
	s->pending += pkts;
	s->gain += pkts * gain;
}

static void decrease(struct weft_cc *cc, uint64_t srtt_ns, weft_time now)
{
	struct cc_nscc *s = &cc->u.nscc;
	uint32_t part;

	s->fast = 0;
	if (s->avg_ns <= cc->target_ns || (s->last_cut && now - s->last_cut <= srtt_ns))
		return;
	s->last_cut = now;
	part = (uint32_t)((uint64_t)CUT * (s->avg_ns - cc->target_ns) / s->avg_ns);
	part = shorter(part, 128);
	cc_set(cc, (uint64_t)cc->cwnd * (256 - part) / 256);
}

/* Packets of a spell below which it brought next to nothing. */
static uint32_t gate(const struct weft_cc *cc)
{
	uint64_t of = cc->link_kbps ? most(cc) : cc->cwnd;

	return cc_min32((of + GATE * CC_ONE - 1) / (GATE * CC_ONE));
}

/* At the end of a spell, a round trip with as much queueing as is aimed at: WEFT-CC-022. */
static bool quick_adapt(struct weft_cc *cc, uint32_t delay, weft_time now)
{
	struct cc_nscc *s = &cc->u.nscc;
	bool severe = s->trigger || delay > SEVERE * cc->target_ns;
	uint32_t achieved = s->achieved;
	bool began = s->qa_end;

	if (now < s->qa_end)
		return false;
	s->achieved = 0;
	s->trigger = false;
	s->qa_end = now + cc->min_rtt_ns + cc->target_ns;
	if (!began || !severe || achieved >= shorter(cc_window(cc), gate(cc)))
		return false;
	cc_set(cc, (uint64_t)achieved * CC_ONE > cc->min ? (uint64_t)achieved * CC_ONE : cc->min);
	s->ignore_until = now + cc->min_rtt_ns + delay;
	s->pending = s->gain = s->fast = 0;
	cc->slow_start = false;
	return true;
}

/* A long delay without a mark is a queue that drains: it counts little. */
static void average(struct weft_cc *cc, const struct cc_ack *ack, uint32_t delay)
{
	struct cc_nscc *s = &cc->u.nscc;
	uint32_t sample = !ack->marked && delay > cc->target_ns ? cc->min_rtt_ns / 4 : delay;
	int64_t change = (int64_t)sample - s->avg_ns;

	uint32_t weight = ack->pkts ? shorter(ack->pkts, AVG_MOST) : 1;

	s->avg_ns = (uint32_t)(s->avg_ns + change * weight / AVG_PKTS);
}

static enum cc_path on_ack(struct weft_cc *cc, const struct cc_ack *ack, weft_time now)
{
	uint32_t delay = cc_queueing(cc, ack, now);
	struct cc_nscc *s = &cc->u.nscc;

	learn_scale(cc);
	s->achieved += ack->pkts;
	if (!ack->rtt_ns)		/* the delay is what it was */
		delay = s->avg_ns;
	else
		average(cc, ack, delay);
	if (quick_adapt(cc, delay, now) || now < s->ignore_until)
		return CC_PATH_SKIP;
	if (!ack->marked)
		increase(cc, ack->pkts, delay);
	else if (delay >= cc->target_ns)
		decrease(cc, ack->srtt_ns, now);
	catch_up(cc, now);
	return CC_PATH_SKIP;
}

/* WEFT-CC-023 */
static void on_loss(struct weft_cc *cc, uint32_t pkts, uint64_t srtt_ns, weft_time now)
{
	uint64_t less = (uint64_t)pkts * CC_ONE, cwnd = cc->cwnd;

	(void)srtt_ns;
	if (now < cc->u.nscc.ignore_until)
		return;
	cc->u.nscc.trigger = true;
	cc->u.nscc.fast = 0;
	cwnd = cwnd > less + cc->min ? cwnd - less : shorter(cc->cwnd, cc->min);
	cc_set(cc, cwnd);
}

static void on_timeout(struct weft_cc *cc, weft_time now)
{
	cc->u.nscc.pending = cc->u.nscc.gain = cc->u.nscc.fast = 0;
	cc->u.nscc.qa_end = cc->u.nscc.ignore_until = 0;
	cc->u.nscc.adjusted = now;
	cc_set(cc, CC_ONE);		/* WEFT-CC-002 */
}

static void init(struct weft_cc *cc)
{
	cc->u.nscc.scale = 256;
}

const struct cc_ops cc_nscc = { .on_ack = on_ack, .on_loss = on_loss, .on_trim = on_loss,
				.on_timeout = on_timeout, .init = init };
