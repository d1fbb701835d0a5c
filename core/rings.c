/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The records of a context's packets, sent and received, are in rings, and what it has to say of
 * control in slots.  With a pool for them a context begins with short ones in its block, which few
 * packets under way fill, and takes a long one when it needs it; it keeps that until it rests.
 * While the pool is empty it goes on with the short one: less is outstanding, or a packet is not
 * taken and comes again (WEFT-PDC-060).
 *
 * A place in a long ring that lies within the short one is that of the same packet in both, as
 * lengths are powers of two: so links between records can be moved one after another.
 */
#include "core/pdc.h"

#define TX_FIRST 32u
#define RX_FIRST 8u
#define CTRL_FIRST 2u

static uint16_t first(const struct weft_profile *f, uint32_t records)
{
	return (uint16_t)(f->rings && records < f->window ? records : f->window);
}

uint16_t rings_tx_first(const struct weft_profile *f)
{
	return first(f, TX_FIRST);
}

uint16_t rings_rx_first(const struct weft_profile *f)
{
	return first(f, RX_FIRST);
}

uint16_t rings_ctrl_first(const struct weft_profile *f)
{
	return f->rings ? CTRL_FIRST : CTRL_SLOTS;
}

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

size_t weft_profile_ring(const struct weft_profile *f)
{
	return larger(f->window * larger(sizeof(struct txrec), sizeof(struct rxrec)),
		      CTRL_SLOTS * sizeof(struct ctrl_slot));
}

/* The context has a block, or none (NULL). */
void rings_begin(struct weft_pdc *p, void *block)
{
	const struct weft_layout *l = &p->prof->at;
	uint8_t *mem = block;

	p->tx = mem ? (struct txrec *)(void *)(mem + l->tx) : NULL;
	p->rx = mem ? (struct rxrec *)(void *)(mem + l->rx) : NULL;
	p->ctrl = mem ? (struct ctrl_slot *)(void *)(mem + l->ctrl) : NULL;
	p->n_ctrl = (uint8_t)l->ctrl_first;
	p->tx_mask = (uint16_t)(l->tx_first - 1);
	p->rx_mask = (uint16_t)(l->rx_first - 1);
}

/* What it has from the pool returns. */
void rings_end(struct weft_pdc *p)
{
	const struct weft_layout *l = &p->prof->at;

	if (p->tx_mask >= l->tx_first)
		blocks_give(p->prof->rings, p->tx);
	if (p->rx_mask >= l->rx_first)
		blocks_give(p->prof->rings, p->rx);
	if (p->n_ctrl > l->ctrl_first)
		blocks_give(p->prof->rings, p->ctrl);
	rings_begin(p, NULL);
}

/* To where the record at place `i` of the short ring moves. */
static uint16_t moved(const struct weft_pdc *p, uint32_t i, uint32_t old)
{
	uint32_t una = p->una - p->tx_start;

	return i == NO_IDX ? NO_IDX : (uint16_t)((una + ((i - una) & old)) & p->tx_mask);
}

static void move_tx(struct weft_pdc *p, const struct txrec *from, uint32_t old)
{
	uint16_t *const link[] = { &p->order.head, &p->order.tail, &p->lost.head, &p->lost.tail,
				   &p->tlp_idx };

	for (size_t i = 0; i < WEFT_ARRAY_LEN(link); i++)
		*link[i] = moved(p, *link[i], old);
	for (uint32_t psn = p->una; psn != p->nxt; psn++) {
		struct txrec *to = txrec_of(p, psn);

		*to = from[(psn - p->tx_start) & old];
		if (!WEFT_MUTANT(RING_LINKS_OLD))
			to->next = moved(p, to->next, old);
		to->prev = moved(p, to->prev, old);
	}
}

/* False: the pool is empty, or the ring is as long as it may be. */
bool rings_grow_tx(struct weft_pdc *p)
{
	uint32_t old = p->tx_mask;
	struct txrec *from = p->tx;
	void *ring;

	if (old + 1 == p->prof->window)
		return false;
	ring = blocks_take(p->prof->rings);
	if (!ring)
		return false;
	p->tx = ring;
	p->tx_mask = (uint16_t)(p->prof->window - 1);
	move_tx(p, from, old);
	if (psn_before(p->run_psn, p->una))	/* of those before nothing is known now */
		p->run_psn = p->una;
	return true;
}

static void move_rx(struct weft_pdc *p, struct rxrec *from, uint32_t old)
{
	for (uint32_t i = 0; i <= old; i++) {
		const struct rxrec *x = &from[i];
		uint16_t at = (uint16_t)(x->psn & p->rx_mask);

		if (x->kind == RX_FREE)
			continue;
		p->rx[at] = *x;
		if (!x->kept || !x->s)
			continue;
		if (x->next != NO_IDX)
			p->rx[at].next = (uint16_t)(from[x->next].psn & p->rx_mask);
		if (x->s->held == i)
			x->s->held = at;
		if (x->s->held_tail == i)
			x->s->held_tail = at;
	}
	for (uint32_t i = 0; i <= old; i++)	/* the block is clean when it is left */
		from[i].kind = RX_FREE;
}

bool rings_grow_rx(struct weft_pdc *p)
{
	uint32_t old = p->rx_mask;
	struct rxrec *from = p->rx;
	void *ring;

	if (old + 1 == p->prof->window)
		return false;
	ring = blocks_take(p->prof->rings);
	if (!ring)
		return false;
	p->rx = ring;
	p->rx_mask = (uint16_t)(p->prof->window - 1);
	for (uint32_t i = 0; i <= p->rx_mask && !WEFT_MUTANT(RING_DIRTY); i++)
		p->rx[i].kind = RX_FREE;
	move_rx(p, from, old);
	return true;
}

bool rings_grow_ctrl(struct weft_pdc *p)
{
	size_t bytes = p->n_ctrl * sizeof(struct ctrl_slot);
	struct ctrl_slot *ring;

	if (p->n_ctrl == CTRL_SLOTS)
		return false;
	ring = blocks_take(p->prof->rings);
	if (!ring)
		return false;
	memset(ring, 0, CTRL_SLOTS * sizeof(*ring));
	memcpy(ring, p->ctrl, bytes);
	memset(p->ctrl, 0, bytes);
	p->ctrl = ring;
	p->n_ctrl = CTRL_SLOTS;
	return true;
}
