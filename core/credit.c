/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * CREDIT packets, both ways: what a sender under `credit` asks for, and what the peer is told
 * that it may send.  How much is granted to whom is grantor.c's, what a grant allows
 * cc_credit.c's.
 */
#include "core/pdc.h"

static bool after(uint32_t x, uint32_t y)
{
	return psn_before(y, x);
}

/* ---- the sender --------------------------------------------------------------------- */

/* Bytes that wait, as far as a look at one stream of each kind shows. */
static uint64_t bytes_waiting(const struct weft_pdc *p)
{
	uint64_t bytes = 0;

	if (p->ring[RING_REQ])
		bytes += req_waiting(p->ring[RING_REQ]);
	if (p->ring[RING_RSP])
		bytes += rsp_waiting(p->ring[RING_RSP]);
	return bytes;
}

static bool waiting(const struct weft_pdc *p)
{
	return p->ring[RING_REQ] || p->lost.head != NO_IDX ||
	       svc_wants_req(p) || ls_wants_rsp(p) ||
	       (p->ring[RING_RSP] && rsp_waiting(p->ring[RING_RSP]));
}

static bool asks(const struct weft_pdc *p)
{
	return p->cc.ops->on_credit && p->peer_known && p->peer_knows;
}

/*
 * Packets that wait, those to go again among them; more are asked for as these go.  Idle, the
 * first window is asked for again, so that the next message need not wait.
 */
static uint32_t backlog(const struct weft_pdc *p)
{
	uint32_t least = p->cc.floor / CC_ONE;
	uint64_t pkts = bytes_waiting(p) / req_payload_max(p) + 1;

	if (p->lost.head != NO_IDX)
		pkts += p->nxt - p->una;
	if (pkts > p->prof->window)
		return p->prof->window;
	return pkts > least ? (uint32_t)pkts : least;
}

/* WEFT-CC-041 */
static bool demand_due(const struct weft_pdc *p, uint32_t ahead, weft_time now)
{
	uint32_t told = p->demand_told - p->cc.spent;

	if (told > 0x7fffffff)
		told = 0;
	if (told + (ahead + 3) / 4 <= ahead)
		return true;
	return waiting(p) && !cc_credit_left(&p->cc) && now >= p->demand_at &&
	       !WEFT_MUTANT(DEMAND_ONCE);
}

weft_time credit_deadline(const struct weft_pdc *p)
{
	if (!asks(p) || cc_credit_left(&p->cc) || !waiting(p))
		return WEFT_NEVER;
	return p->demand_at;
}

static bool send_demand(struct weft_pdc *p, struct weft_txd *t, weft_time now)
{
	uint32_t ahead;

	if (!asks(p))
		return false;
	ahead = backlog(p);
	if (!demand_due(p, ahead, now))
		return false;
	if (after(p->cc.spent + ahead, p->demand_told))
		p->demand_told = p->cc.spent + ahead;
	p->demand_at = now + retx_rto(p);
	build_credit(p, WEFT_CREDITFLAGS_DEMAND, p->demand_told, t, now);
	return true;
}

/* ---- the receiver ------------------------------------------------------------------- */

/* WEFT-CC-042, WEFT-CC-044 */
static void demanded(struct weft_pdc *p, uint32_t pkts)
{
	if (!after(pkts, p->granted)) {		/* our grant was lost, or is on its way */
		p->grant_owed = !WEFT_MUTANT(GRANT_NOT_REPEATED);
		return;
	}
	if (pkts - p->granted > WEFT_MAX_WINDOW && !WEFT_MUTANT(DEMAND_UNBOUNDED))
		pkts = p->granted + WEFT_MAX_WINDOW;
	if (after(pkts, p->peer_demand) || WEFT_MUTANT(DEMAND_GOES_BACK))
		p->peer_demand = pkts;
	if (p->cfg.grantor) {
		grantor_join(p->cfg.grantor, p);
		return;
	}
	p->granted = p->peer_demand;		/* WEFT-CC-047 */
	p->grant_owed = true;
}

void credit_rx(struct weft_pdc *p, const struct weft_view *v)
{
	const struct weft_hdr_credit *h = &v->b.credit.h;

	if (h->flags & WEFT_CREDITFLAGS_DEMAND)
		demanded(p, h->pkts);
	else if (h->flags & WEFT_CREDITFLAGS_GRANT && p->cc.ops->on_credit &&
		 (!after(h->pkts, p->demand_told) ||	/* not what nobody asked for */
		  WEFT_MUTANT(GRANT_UNASKED)))
		p->cc.ops->on_credit(&p->cc, h->pkts);
}

bool credit_tx(struct weft_pdc *p, struct weft_txd *t, weft_time now)
{
	if (p->grant_owed && p->peer_knows) {
		p->grant_owed = false;
		build_credit(p, WEFT_CREDITFLAGS_GRANT, p->granted, t, now);
		return true;
	}
	return send_demand(p, t, now);
}
