/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `credit`, the sender's half: the receiver grants, in the manner of NDP (Handley et al., SIGCOMM
 * 2017), Homa (Montazeri et al., SIGCOMM 2018) and the receiver credit of Ultra Ethernet 1.0.  A
 * first part goes unasked, so that short messages wait for nobody; the rest when it is granted
 * (WEFT-CC-040).  The receiver's half, which spreads its port's rate, is grantor.c's.
 */
#include "core/cc.h"

static enum cc_path on_ack(struct weft_cc *cc, const struct cc_ack *ack, weft_time now)
{
	(void)now;
	cc_reopen(cc, ack->pkts, cc->max);
	return CC_PATH_SKIP;
}

/* What was lost has spent its credit; that it goes again is demand. */
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
	cc_set(cc, CC_ONE);		/* WEFT-CC-002 */
	if (!cc_credit_left(cc))	/* WEFT-CC-043: or nothing would ever move */
		cc->u.credit.granted = cc->spent + 1;
}

static void on_credit(struct weft_cc *cc, uint32_t granted)
{
	uint32_t ahead = granted - cc->u.credit.granted;

	if (ahead < 0x80000000u)	/* not one that was overtaken */
		cc->u.credit.granted = granted;
}

static void init(struct weft_cc *cc)
{
	cc->u.credit.granted = cc->floor / CC_ONE;
	cc->cwnd = cc->max;
}

const struct cc_ops cc_credit = { .on_ack = on_ack, .on_loss = on_loss, .on_trim = on_loss,
				  .on_timeout = on_timeout, .on_credit = on_credit,
				  .init = init };
