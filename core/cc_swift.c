/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `swift`: follows the queueing delay, that is the round trip beyond the smallest one seen.
 * Below the target the window grows (doubling at first, then one packet a round trip); above
 * it the window is cut in proportion to the excess, at most by half and at most once a round
 * trip (WEFT-CC-003).  Loss on a path without queueing is no congestion: it cuts little, and
 * not below the window at the start, so that lossy links stay usable.
 */
#include "core/cc.h"

#define SPELL_RTTS 512u
#define SPELL_MIN_NS 10000000u

static bool may_cut(const struct weft_cc *cc, uint64_t srtt_ns, weft_time now)
{
	return WEFT_MUTANT(CUT_EACH_TIME) || !cc->last_cut || now - cc->last_cut > srtt_ns;
}

static void cut(struct weft_cc *cc, uint64_t keep_256ths, uint32_t floor, weft_time now)
{
	uint64_t cwnd = (uint64_t)cc->cwnd * keep_256ths / 256;

	cc->slow_start = false;
	cc->last_cut = now;
	if (cwnd < floor && cc->cwnd >= floor && !WEFT_MUTANT(CUT_BELOW_FLOOR))
		cwnd = floor;
	cc_set(cc, cwnd);
}

static void grow(struct weft_cc *cc, uint32_t pkts)
{
	uint64_t step = (uint64_t)pkts * CC_ONE;

	if (!cc->slow_start)
		step = step * CC_ONE / cc->cwnd;
	cc_set(cc, cc->cwnd + step);
}

/*
 * The smallest round trip of the last one or two spells: a path that has become longer without
 * queueing must not look congested for ever.
 */
static void learn_min(struct weft_cc *cc, const struct cc_ack *ack, weft_time now)
{
	uint64_t spell = SPELL_RTTS * ack->srtt_ns;

	if (!ack->rtt_ns)
		return;
	if (now >= cc->spell_end && !WEFT_MUTANT(MIN_RTT_FOR_EVER)) {
		cc->min_rtt_ns = cc->spell_min_ns;
		cc->spell_min_ns = 0;
		cc->spell_end = now + (spell > SPELL_MIN_NS ? spell : SPELL_MIN_NS);
	}
	if (!cc->spell_min_ns || ack->rtt_ns < cc->spell_min_ns)
		cc->spell_min_ns = ack->rtt_ns;
	if (!cc->min_rtt_ns || ack->rtt_ns < cc->min_rtt_ns)
		cc->min_rtt_ns = ack->rtt_ns;
}

static void on_ack(struct weft_cc *cc, const struct cc_ack *ack, weft_time now)
{
	uint64_t excess;

	learn_min(cc, ack, now);
	if (ack->marked) {
		if (may_cut(cc, ack->srtt_ns, now))
			cut(cc, 256 - 32, cc->min, now);
		return;
	}
	if (!ack->rtt_ns || ack->rtt_ns <= cc->min_rtt_ns + cc->target_ns) {
		grow(cc, ack->pkts);
		return;
	}
	if (!may_cut(cc, ack->srtt_ns, now))
		return;
	excess = ack->rtt_ns - cc->min_rtt_ns - cc->target_ns;
	cut(cc, 256 - 128 * excess / ack->rtt_ns, cc->min, now);
}

static void on_loss(struct weft_cc *cc, uint64_t srtt_ns, weft_time now)
{
	bool queueing = srtt_ns > cc->min_rtt_ns + cc->target_ns;

	if (!may_cut(cc, srtt_ns, now))
		return;
	if (queueing)
		cut(cc, 128 + 64, cc->min, now);
	else
		cut(cc, 256 - 16, cc->floor, now);
}

static void on_timeout(struct weft_cc *cc, weft_time now)
{
	cc->last_cut = now;
	cc->slow_start = true;
	cc_set(cc, WEFT_MUTANT(TIMEOUT_KEEPS_WINDOW) ? cc->cwnd : CC_ONE);	/* WEFT-CC-002 */
}

const struct cc_ops cc_swift = { on_ack, on_loss, on_timeout };
