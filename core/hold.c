/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Packets that came before their turn and that the host keeps: each stream's list of them in
 * the order of their place, and the slots that the host has for them.
 */
#include "core/pdc.h"

uint16_t hold_offer(struct weft_pdc *p)
{
	if (p->n_hold_free)
		return p->hold_free[--p->n_hold_free];
	return p->hold_mark < p->prof->holds ? p->hold_mark++ : WEFT_NO_HOLD;
}

static bool comes_before(const struct rxrec *a, const struct rxrec *b)
{
	if (a->msn != b->msn)
		return psn_before(a->msn, b->msn);
	return a->off < b->off;
}

/* Most come at the end; else look for the place from the front. */
void hold_keep(struct weft_stream *s, uint32_t idx)
{
	struct rxrec *rx = s->pdc->rx, *x = &rx[idx];
	uint16_t i = (uint16_t)idx, *link = &s->held;

	if (s->held_tail != NO_IDX && comes_before(&rx[s->held_tail], x))
		link = &rx[s->held_tail].next;
	while (*link != NO_IDX && (WEFT_MUTANT(HOLD_UNSORTED) || comes_before(&rx[*link], x)))
		link = &rx[*link].next;
	x->next = *link;
	*link = i;
	if (x->next == NO_IDX)
		s->held_tail = i;
	if (WEFT_MUTANT(TACK_EARLY)) {
		s->tack_due = true;
		rsp_kick(s);
	}
	if (hold_overlaps(s))		/* WEFT-SEM-045: nothing else would look at it */
		ring_add(s, RING_WORK);
}

/* The first kept packet, if its turn has come: a PLACE for it. */
bool hold_take(struct weft_stream *s, struct weft_act *act)
{
	struct weft_pdc *p = s->pdc;
	struct msg *m = msg_of(s, s->exp);
	struct rxrec *x;
	uint16_t idx = s->held;

	if (idx == NO_IDX || m->state != MSG_PART)
		return false;
	x = &p->rx[idx];
	if (x->msn != s->exp ||
	    (x->off != m->d.contig && !x->loose && !WEFT_MUTANT(HOLD_ANY_TURN)))
		return false;
	s->held = x->next;
	if (s->held == NO_IDX)
		s->held_tail = NO_IDX;
	s->placing++;
	act_clear(act);
	act->type = m->opcode == WEFT_OPCODE_REDUCE ? WEFT_ACT_REDUCE : WEFT_ACT_PLACE_MEM;
	act->token = token_place(x->psn);
	act->stream = s;
	act->key = m->rkey;
	act->addr = m->addr;
	act->msg_len = m->msg_len;
	act->offset = x->off;
	act->len = x->len;
	act->redop = m->code;
	act->dtype = m->type;
	act->msn = x->msn;
	act->hold = x->hold;
	return true;
}

/* Does the first kept packet repeat bytes that are placed already?  Its turn never comes. */
bool hold_overlaps(struct weft_stream *s)
{
	struct msg *m = msg_of(s, s->exp);
	struct rxrec *x;

	if (WEFT_MUTANT(HOLD_OVERLAP) || WEFT_MUTANT(OVERLAP_ANY) || s->held == NO_IDX ||
	    m->msn != s->exp ||
	    (m->state != MSG_PART && m->state != MSG_PLACED))
		return false;
	x = &s->pdc->rx[s->held];
	return x->msn == s->exp && (x->off < m->d.contig || m->state == MSG_PLACED);
}

/* The stream gives up what it keeps of message msn and later ones; the packets count as done. */
void hold_drop_from(struct weft_stream *s, uint32_t msn)
{
	struct weft_pdc *p = s->pdc;
	uint16_t at = s->held, last = NO_IDX;

	while (at != NO_IDX && psn_before(p->rx[at].msn, msn)) {
		last = at;
		at = p->rx[at].next;
	}
	*(last == NO_IDX ? &s->held : &p->rx[last].next) = NO_IDX;
	s->held_tail = last;
	while (at != NO_IDX) {
		struct rxrec *x = &p->rx[at];

		at = x->next;
		if (!WEFT_MUTANT(HOLD_NOT_RELEASED))
			p->hold_release[p->n_hold_release++] = x->hold;
		x->hold = WEFT_NO_HOLD;
		x->kind = RX_FREE;
		if (!WEFT_MUTANT(HOLD_NOT_DONE))
			sack_done(p, x->psn);
	}
}

void hold_drop_all(struct weft_stream *s)
{
	if (s->held != NO_IDX)
		hold_drop_from(s, s->pdc->rx[s->held].msn);
}

size_t hold_work(struct weft_pdc *p, struct weft_act *acts, size_t n)
{
	size_t k = 0;

	while (k < n && p->n_hold_release) {
		uint16_t slot = p->hold_release[--p->n_hold_release];

		act_clear(&acts[k]);
		acts[k].type = WEFT_ACT_RELEASE_HOLD;
		acts[k].hold = slot;
		p->hold_free[p->n_hold_free++] = slot;
		k++;
	}
	return k;
}
