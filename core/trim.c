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

/* The range that holds psn; n_trims: there is none. */
static uint8_t range_of(const struct weft_pdc *p, uint32_t psn)
{
	uint8_t i = 0;

	while (i < p->n_trims && psn - p->trims->first[i] >= p->trims->count[i])
		i++;
	return i;
}

/*
 * WEFT-RTX-013: neighbours in one range, on whichever side the new one lies, or on both; what finds
 * no room is found missing by other means.
 */
static void note(struct weft_pdc *p, uint32_t psn)
{
	uint8_t before = range_of(p, psn - 1), after = range_of(p, psn + 1);
	struct trims *t = p->trims;

	if (range_of(p, psn) < p->n_trims)
		return;
	if (WEFT_MUTANT(TRIM_APART))
		before = after = p->n_trims;
	if (before < p->n_trims) {
		t->count[before]++;
		if (after == p->n_trims)
			return;
		t->count[before] = (uint16_t)(t->count[before] + t->count[after]);
		p->n_trims--;
		t->first[after] = t->first[p->n_trims];
		t->count[after] = t->count[p->n_trims];
	} else if (after < p->n_trims) {
		t->first[after] = psn;
		t->count[after]++;
	} else if (p->n_trims < WEFT_ARRAY_LEN(t->first)) {
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
