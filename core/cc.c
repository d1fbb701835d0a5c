/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Chooses a congestion law and its starting point. */
#include "core/cc.h"

void cc_init(struct weft_cc *cc, const struct weft_profile *cfg)
{
	uint32_t init = cfg->cc_init_pkts ? cfg->cc_init_pkts : 16;

	memset(cc, 0, sizeof(*cc));
	cc->ops = cfg->cc == WEFT_CC_FIXED ? &cc_fixed : &cc_swift;
	cc->max = cfg->window * CC_ONE;
	cc->target_ns = cfg->cc_target_ns ? cfg->cc_target_ns : 25000;
	cc->slow_start = true;
	cc_set(cc, (uint64_t)init * CC_ONE);
	cc->floor = cc->cwnd;
	cc->min = (cfg->cc_min_pkts ? cfg->cc_min_pkts : 1) * CC_ONE;
	if (cc->min > cc->floor)
		cc->min = cc->floor;
}
