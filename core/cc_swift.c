/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `swift`, after G. Kumar et al., "Swift: Delay is Simple and Effective for Congestion Control
 * in the Datacenter", SIGCOMM 2020: follows the queueing delay, that is the round trip beyond
 * the smallest one seen.  Below the target the window grows (doubling at first, then one packet
 * a round trip); above it the window is cut in proportion to the excess, at most by half and at
 * most once a round trip (WEFT-CC-003).  Beyond the paper: marks cut by an eighth, and loss on
 * a path without queueing is no congestion: a little of it changes nothing, more cuts little, and
 * not below the window at the start, so that lossy links stay usable.
 */
#include "core/cc.h"
#include "core/mutant.h"

#define LOSS_PART 32u	/* of a window: what may be lost in a round trip where nothing queues */

static bool may_cut(const struct weft_cc *cc, uint64_t srtt_ns, weft_time now)
{
	return WEFT_MUTANT(CUT_EACH_TIME) || !cc->u.swift.last_cut ||
	       now - cc->u.swift.last_cut > srtt_ns;
}

static void cut(struct weft_cc *cc, uint64_t keep_256ths, uint32_t floor, weft_time now)
{
	uint64_t cwnd = (uint64_t)cc->cwnd * keep_256ths / 256;

	cc->slow_start = false;
	cc->u.swift.last_cut = now;
	if (cwnd < floor && cc->cwnd >= floor && !WEFT_MUTANT(CUT_BELOW_FLOOR))
		cwnd = floor;
	cc_set(cc, cwnd);
}

static void grow(struct weft_cc *cc, uint32_t pkts)
{
	uint32_t step = pkts * CC_ONE;

	if (cc->cwnd == cc->max)
		return;
	if (!cc->slow_start)
		step = step * CC_ONE / cc->cwnd;
	cc_set(cc, (uint64_t)cc->cwnd + step);
}

static enum cc_path on_ack(struct weft_cc *cc, const struct cc_ack *ack, weft_time now)
{
	uint32_t delay = cc_queueing(cc, ack, now);

	if (ack->marked) {
		if (may_cut(cc, ack->srtt_ns, now))
			cut(cc, 256 - 32, cc->min, now);
	} else if (delay <= cc->target_ns ||
		   (cc->cwnd < cc->min && !WEFT_MUTANT(DELAY_HOLDS_LEAST))) {	/* WEFT-CC-018 */
		grow(cc, ack->pkts);
	} else if (may_cut(cc, ack->srtt_ns, now)) {
		cut(cc, 256 - 128 * (uint64_t)(delay - cc->target_ns) / ack->rtt_ns, cc->min,
		    now);
	}
	return CC_PATH_SKIP;
}

/* More than a lossy link loses in a round trip, and there is something to cut?  WEFT-CC-019. */
static bool loss_is_much(struct weft_cc *cc, uint32_t pkts, uint64_t srtt_ns, weft_time now)
{
	struct cc_swift *s = &cc->u.swift;

	if (!s->spell_at || now - s->spell_at > srtt_ns || WEFT_MUTANT(LOSSES_FORGOTTEN)) {
		s->spell_at = now;
		s->lost = 0;
	}
	s->lost += pkts;
	if (WEFT_MUTANT(FEW_LOSSES_CUT))
		return true;
	return cc->cwnd > cc->floor && (uint64_t)s->lost * LOSS_PART * CC_ONE > cc->cwnd;
}

static void on_loss(struct weft_cc *cc, uint32_t pkts, uint64_t srtt_ns, weft_time now)
{
	bool queueing = srtt_ns > (uint64_t)cc->min_rtt_ns + cc->target_ns;

	if (!queueing && !loss_is_much(cc, pkts, srtt_ns, now))
		return;
	if (!may_cut(cc, srtt_ns, now))
		return;
	if (queueing)
		cut(cc, 128 + 64, cc->min, now);
	else				/* WEFT-CC-016 */
		cut(cc, 256 - 16, cc->floor, now);
}

/* A queue was full: there is no doubt. */
static void on_trim(struct weft_cc *cc, uint32_t pkts, uint64_t srtt_ns, weft_time now)
{
	(void)pkts;
	if (may_cut(cc, srtt_ns, now))
		cut(cc, 128 + 64, cc->min, now);
}

static void on_timeout(struct weft_cc *cc, weft_time now)
{
	cc->u.swift.last_cut = now;
	cc->slow_start = true;
	cc_set(cc, WEFT_MUTANT(TIMEOUT_KEEPS_WINDOW) ? cc->cwnd : CC_ONE);	/* WEFT-CC-002 */
}

const struct cc_ops cc_swift = { .on_ack = on_ack, .on_loss = on_loss, .on_trim = on_trim,
				 .on_timeout = on_timeout };
