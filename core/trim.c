/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Packets that a switch has cut down to their delivery header: the receiver's side.  Nothing in
 * such a packet is protected, so it is a hint and no more: it changes nothing but what the sender
 * is asked to send again, and that only as often as the budget here allows.  What the sender does
 * with the hint is ack.c's.
 */
#include "core/pdc.h"

/* WEFT-RTX-014: how many NACKs may go now. */
static void refill(struct weft_pdc *p, weft_time now)
{
	uint64_t more = (now - p->trim_at) / WEFT_TRIM_EVERY_NS;

	if (more >= WEFT_TRIM_BURST) {
		p->trim_spent = 0;
		p->trim_at = now;
		return;
	}
	p->trim_spent = more < p->trim_spent ? (uint8_t)(p->trim_spent - more) : 0;
	p->trim_at += more * WEFT_TRIM_EVERY_NS;
}

/* WEFT-RTX-013: neighbours in one range; what finds no room is found missing by other means. */
static void note(struct weft_pdc *p, uint32_t psn)
{
	struct trims *t = p->trims;
	uint32_t i;

	for (i = 0; i < p->n_trims; i++) {
		uint32_t at = psn - t->first[i];

		if (at < t->count[i])
			return;
		if (at == t->count[i] && at < WEFT_MAX_WINDOW && !WEFT_MUTANT(TRIM_APART)) {
			t->count[i]++;
			return;
		}
	}
	if (p->n_trims < WEFT_ARRAY_LEN(t->first)) {
		t->first[p->n_trims] = psn;
		t->count[p->n_trims++] = 1;
	}
}

/* WEFT-RTX-011, WEFT-RTX-012 */
void weft_rx_trimmed(struct weft_pdc *p, const struct weft_view *v)
{
	enum weft_drop judged;

	p->st->drop[WEFT_DROP_TRIMMED]++;
	if (v->d.type != WEFT_PTYPE_DATA && v->d.type != WEFT_PTYPE_CTRL &&
	    v->d.type != WEFT_PTYPE_MEM)
		return;
	if (!pdc_live(p) || !p->peer_known || v->d.pdc_id != p->cfg.pdc_id ||
	    ((v->d.flags & WEFT_DFLAGS_GEN) != p->cfg.gen && !WEFT_MUTANT(TRIM_OTHER_GEN)))
		return;
	judged = sack_judge(p, v->d.psn);
	if ((judged != WEFT_DROP_NONE && judged != WEFT_DROP_ORDER &&
	     !WEFT_MUTANT(TRIM_OF_DUPLICATE)) || !pdc_wake(p))
		return;
	/* In order the gap begins where it begins. */
	note(p, judged == WEFT_DROP_ORDER && !WEFT_MUTANT(TRIM_NOT_FROM_GAP) ? p->rx_max :
	     v->d.psn);
}

/* When the sender may be told of what was trimmed; WEFT_NEVER: there is nothing to tell. */
weft_time trim_due(const struct weft_pdc *p)
{
	if (!p->n_trims)
		return WEFT_NEVER;
	return p->trim_spent < WEFT_TRIM_BURST ? 0 : p->trim_at + WEFT_TRIM_EVERY_NS;
}

/* The ranges of a NACK TRIMMED, if one may go now: returns how many, and forgets them. */
uint8_t trim_take(struct weft_pdc *p, struct weft_hdr_range *out, weft_time now)
{
	struct trims *t = p->trims;
	uint8_t n = 0;

	if (trim_due(p) > now)
		return 0;
	refill(p, now);
	for (uint8_t i = 0; i < p->n_trims; i++)
		if (psn_before(p->rx_cum, t->first[i] + t->count[i]) ||	/* or it has come since */
		    WEFT_MUTANT(TRIM_STALE))
			out[n++] = (struct weft_hdr_range){ t->first[i], t->count[i] };
	p->n_trims = 0;
	p->trim_spent = (uint8_t)(p->trim_spent + (n != 0 && !WEFT_MUTANT(TRIM_UNBOUNDED)));
	return n;
}
