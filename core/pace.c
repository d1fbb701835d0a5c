/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * When a packet of data may follow the one before.  A law that sets an interval (core/cc.h) is
 * kept to it over any span, but for a burst of a stated size after a pause or a call that came
 * late (WEFT-CC-012).  Also whether the receiver's credit lets a packet go.  What goes is tx.c's.
 */
#include "core/pdc.h"

/* How far ahead of its time a packet may go. */
static uint64_t burst_ns(const struct weft_pdc *p)
{
	uint32_t pkts = WEFT_MUTANT(PACE_NO_BURST) ? 0 : p->prof->pace_burst;

	return cc_interval(&p->cc, p->cc.pkt_bytes * pkts) >> 16;
}

/* May a packet of data go? */
bool pace_open(const struct weft_pdc *p, weft_time now)
{
	return (!p->cc.pace || p->pace_at <= now + burst_ns(p)) && cc_credit_left(&p->cc);
}

/* A packet was sent that holds so many bytes of payload. */
void pace_sent(struct weft_pdc *p, const struct txrec *r, uint32_t bytes, weft_time now)
{
	uint64_t t;
	bool rsp;

	if (!retx_is_data(r, &rsp))
		return;
	/* Also when it goes again: WEFT-CC-011. */
	p->cc.spent += !(WEFT_MUTANT(CREDIT_COPIES_FREE) && r->again);
	if (!p->cc.pace)
		return;
	if (p->pace_at < now && !WEFT_MUTANT(PACE_SAVED_UP)) {
		p->pace_at = now;
		p->pace_frac = 0;
	}
	bytes += WEFT_MUTANT(PACE_HEADERS_FREE) ? 0 : WEFT_PACKET_COST;
	t = (WEFT_MUTANT(PACE_FRACTION_LOST) ? 0 : p->pace_frac) + cc_interval(&p->cc, bytes);
	p->pace_at += t >> 16;
	p->pace_frac = (uint16_t)t;
}

/* Everything was sent that may be: does something wait for its time? */
void pace_wait(struct weft_pdc *p)
{
	p->pace_due = WEFT_NEVER;
	if (!p->cc.pace || p->pace_open || !cc_credit_left(&p->cc))
		return;
	if (p->ring[RING_REQ] || p->ring[RING_RSP] || p->lost.head != NO_IDX ||
	    svc_wants_req(p) || svc_wants_rsp(p))
		p->pace_due = p->pace_at - burst_ns(p);
}

void pace_expire(struct weft_pdc *p, weft_time now)
{
	if (p->pace_due <= now)
		p->pace_due = WEFT_NEVER;	/* the next weft_tx() looks */
	if (p->cc.ops->on_tick)
		p->cc.ops->on_tick(&p->cc, now);
}
