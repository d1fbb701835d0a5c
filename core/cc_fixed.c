/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `fixed`: the window stays where it was set, for lossless links and for measurements.  Only a
 * timeout closes it to one packet, and acknowledgements then reopen it (WEFT-CC-002).
 */
#include "core/cc.h"

static enum cc_path on_ack(struct weft_cc *cc, const struct cc_ack *ack, weft_time now)
{
	(void)now;
	cc_reopen(cc, ack->pkts, cc->floor);
	return CC_PATH_SKIP;
}

/* WEFT-CC-015 */
static void on_loss(struct weft_cc *cc, uint32_t pkts, uint64_t srtt_ns, weft_time now)
{
	(void)cc;
	(void)pkts;
	(void)srtt_ns;
	(void)now;
}

static void on_timeout(struct weft_cc *cc, weft_time now)
{
	(void)now;
	cc_set(cc, CC_ONE);
}

const struct cc_ops cc_fixed = { .on_ack = on_ack, .on_loss = on_loss, .on_trim = on_loss,
				 .on_timeout = on_timeout };
