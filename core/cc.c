/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Chooses a congestion law and its starting point; what several laws need.  What a law does with
 * what it hears is in its own file.
 */
#include "core/cc.h"
#include "core/mutant.h"

#define SPELL_RTTS 512u
#define SPELL_MIN_NS 10000000u
#define TARGET_NS 25000u

static const struct cc_ops *const laws[] = {
	[WEFT_CC_SWIFT] = &cc_swift,	[WEFT_CC_FIXED] = &cc_fixed,
	[WEFT_CC_NSCC] = &cc_nscc,	[WEFT_CC_DCQCN] = &cc_dcqcn,
	[WEFT_CC_CREDIT] = &cc_credit,
};

static const char *const law_names[] = {
	[WEFT_CC_SWIFT] = "swift", [WEFT_CC_FIXED] = "fixed", [WEFT_CC_NSCC] = "nscc",
	[WEFT_CC_DCQCN] = "dcqcn", [WEFT_CC_CREDIT] = "credit",
};

const char *weft_cc_name(enum weft_cc_law law)
{
	return (size_t)law < WEFT_ARRAY_LEN(law_names) ? law_names[law] : NULL;
}

void cc_init(struct weft_cc *cc, const struct weft_profile *cfg, uint16_t payload)
{
	uint32_t init = cfg->cc_init_pkts ? cfg->cc_init_pkts : 16;

	memset(cc, 0, sizeof(*cc));
	cc->ops = laws[cfg->cc];
	cc->max = cfg->window * CC_ONE;
	cc->target_ns = cfg->cc_target_ns ? cc_min32(cfg->cc_target_ns) : TARGET_NS;
	cc->link_kbps = cc_min32((uint64_t)cfg->link_mbps * 1000);
	cc->pkt_bytes = payload + WEFT_PACKET_COST;
	cc->slow_start = true;
	cc_set(cc, (uint64_t)init * CC_ONE);
	cc->floor = cc->cwnd;
	cc->min = (cfg->cc_min_pkts ? cfg->cc_min_pkts : 1) * CC_ONE;
	if (cc->min > cc->floor)
		cc->min = cc->floor;
	if (cc->ops->init)
		cc->ops->init(cc);
}

/*
 * The smallest round trip of the last one or two spells: a path that has become longer without
 * queueing must not look congested for ever.
 */
uint32_t cc_queueing(struct weft_cc *cc, const struct cc_ack *ack, weft_time now)
{
	uint64_t spell = SPELL_RTTS * ack->srtt_ns;
	uint32_t rtt = cc_min32(ack->rtt_ns);

	if (!rtt)
		return 0;
	if (now >= cc->spell_end && !WEFT_MUTANT(MIN_RTT_FOR_EVER)) {	/* WEFT-CC-014 */
		cc->min_rtt_ns = cc->spell_min_ns;
		cc->spell_min_ns = 0;
		cc->spell_end = now + (spell > SPELL_MIN_NS ? spell : SPELL_MIN_NS);
	}
	if (!cc->spell_min_ns || rtt < cc->spell_min_ns)
		cc->spell_min_ns = rtt;
	if (!cc->min_rtt_ns || rtt < cc->min_rtt_ns)
		cc->min_rtt_ns = rtt;
	return rtt - cc->min_rtt_ns;
}

/* After a timeout: one packet more for each acknowledged, until the window is `upto` again. */
void cc_reopen(struct weft_cc *cc, uint32_t pkts, uint32_t upto)
{
	if (cc->cwnd < upto)
		cc_set(cc, (uint64_t)cc->cwnd + (uint64_t)pkts * CC_ONE);
	if (cc->cwnd > upto)
		cc->cwnd = upto;
}

/* 8 bits at r kb/s take 8e6 / r ns. */
void cc_set_rate(struct weft_cc *cc, uint32_t kbps)
{
	cc->pace = cc_min32(8000000ull * CC_PACE_ONE / (kbps ? kbps : 1));
}
