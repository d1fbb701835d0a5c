/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The receiver's half of `credit`: one object for each receiving port spreads the port's rate
 * over the contexts whose peers want to send.  They take turns, a quantum each, so that none
 * waits longer than the others' quanta take; no call does more than it is asked for.
 */
#include "core/pdc.h"

void weft_grantor_init(struct weft_grantor *g, uint32_t rate_mbps, uint16_t quantum_pkts)
{
	memset(g, 0, sizeof(*g));
	g->quantum = quantum_pkts ? quantum_pkts : 4;
	g->pace = cc_min32(8000 * (uint64_t)CC_PACE_ONE / (rate_mbps ? rate_mbps : 1));
}

void grantor_join(struct weft_grantor *g, struct weft_pdc *p)
{
	if (p->grant_on)
		return;
	p->grant_on = true;
	p->grant_next = NULL;
	p->grant_prev = g->tail;
	if (g->tail)
		g->tail->grant_next = p;
	else
		g->head = p;
	g->tail = p;
}

void grantor_leave(struct weft_grantor *g, struct weft_pdc *p)
{
	if (!p->grant_on)
		return;
	p->grant_on = false;
	if (p->grant_prev)
		p->grant_prev->grant_next = p->grant_next;
	else
		g->head = p->grant_next;
	if (p->grant_next)
		p->grant_next->grant_prev = p->grant_prev;
	else
		g->tail = p->grant_prev;
}

/* Time that the quantum takes to arrive. */
static uint64_t price(const struct weft_grantor *g, const struct weft_pdc *p, uint32_t pkts)
{
	uint32_t payload = p->cfg.mtu_payload < p->prof->max_payload ? p->cfg.mtu_payload :
			   p->prof->max_payload;

	payload += WEFT_MUTANT(GRANT_HEADERS_FREE) ? 0 : WEFT_PACKET_COST;
	return (uint64_t)g->pace * payload * pkts;
}

static void pay(struct weft_grantor *g, uint64_t cost, weft_time now)
{
	uint64_t t;

	if (g->at < now && !WEFT_MUTANT(GRANT_SAVED_UP)) {	/* what nobody wanted is gone */
		g->at = now;
		g->frac = 0;
	}
	t = (WEFT_MUTANT(GRANT_FRACTION_LOST) ? 0 : g->frac) + cost;
	g->at += t >> 16;
	g->frac = (uint16_t)t;
}

/* WEFT-CC-045, WEFT-CC-046 */
size_t weft_grantor_run(struct weft_grantor *g, struct weft_pdc **out, size_t n, weft_time now)
{
	size_t k = 0;

	while (k < n && g->head && g->at <= now) {
		struct weft_pdc *p = g->head;
		uint32_t pkts = p->peer_demand - p->granted;

		grantor_leave(g, p);
		if (pkts > g->quantum && !WEFT_MUTANT(GRANT_NO_QUANTUM))
			pkts = g->quantum;
		p->granted += pkts;
		p->grant_owed = true;
		pay(g, price(g, p, pkts), now);
		if (p->granted != p->peer_demand && !WEFT_MUTANT(GRANT_ONE_TURN))
			grantor_join(g, p);
		out[k++] = p;
	}
	return k;
}

weft_time weft_grantor_deadline(const struct weft_grantor *g)
{
	return g->head ? g->at : WEFT_NEVER;
}
