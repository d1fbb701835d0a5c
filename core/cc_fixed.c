/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `fixed`: the window stays where it was set, for lossless links and for measurements.  Only a
 * timeout closes it to one packet, and acknowledgements then reopen it (WEFT-CC-002).
 */
#include "core/cc.h"

static void on_ack(struct weft_cc *cc, const struct cc_ack *ack, weft_time now)
{
	(void)now;
	if (cc->cwnd < cc->floor)
		cc_set(cc, (uint64_t)cc->cwnd + (uint64_t)ack->pkts * CC_ONE);
	if (cc->cwnd > cc->floor)
		cc->cwnd = cc->floor;
}

static void on_loss(struct weft_cc *cc, uint64_t srtt_ns, weft_time now)
{
	(void)cc;
	(void)srtt_ns;
	(void)now;
}

static void on_timeout(struct weft_cc *cc, weft_time now)
{
	(void)now;
	cc_set(cc, CC_ONE);
}

const struct cc_ops cc_fixed = { on_ack, on_loss, on_timeout };
