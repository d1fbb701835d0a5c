/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The records of a context's packets, sent and received, are in rings, and what it has to say is in
 * slots and a ring of its own.  With pools for them a context begins with short ones in its block,
 * which few packets under way fill, and takes a longer one when it needs it; it keeps that until
 * it rests.  While the pool is empty it goes on with what it has: less is outstanding, or a packet
 * is not taken and comes again (WEFT-PDC-060).
 *
 * A place in a longer ring that lies within the shorter one is that of the same packet in both, as
 * lengths are powers of two: so links between records can be moved one after another.
 */
#include "core/pdc.h"

#define TX_LEAST 8u		/* longer before what is free is `spare`: send_new() */
#define TX_SHORT 32u
#define RX_FIRST 8u
#define CTRL_FIRST 2u
#define OWED_FIRST 4u

static uint16_t first(const struct weft_profile *f, uint32_t records)
{
	return (uint16_t)(f->rings && records < f->window ? records : f->window);
}

uint16_t rings_tx_first(const struct weft_profile *f)
{
	return first(f, f->shorts ? TX_LEAST : TX_SHORT);
}

uint16_t rings_tx_short(const struct weft_profile *f)
{
	return first(f, TX_SHORT);
}

uint16_t rings_rx_first(const struct weft_profile *f)
{
	return first(f, RX_FIRST);
}

uint16_t rings_ctrl_first(const struct weft_profile *f)
{
	return f->rings ? CTRL_FIRST : CTRL_SLOTS;
}

/* What a context with many streams may have to say may be longer than a short ring. */
uint16_t rings_owed_first(const struct weft_profile *f)
{
	uint32_t most = f->max_streams + OWED_SPARE;

	return (uint16_t)(f->shorts && most * sizeof(struct owed) <= weft_profile_short(f) ?
			  OWED_FIRST : most);
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

size_t weft_profile_short(const struct weft_profile *f)
{
	(void)f;
	return TX_SHORT * sizeof(struct txrec);
}

static struct owed *owed_in_block(const struct weft_pdc *p, void *block)
{
	return (struct owed *)(void *)((uint8_t *)block + p->prof->at.owed);
}

/* The context has a block, or none (NULL). */
void rings_begin(struct weft_pdc *p, void *block)
{
	const struct weft_layout *l = &p->prof->at;
	uint8_t *mem = block;

	p->tx = mem ? (struct txrec *)(void *)(mem + l->tx) : NULL;
	p->rx = mem ? (struct rxrec *)(void *)(mem + l->rx) : NULL;
	p->ctrl = mem ? (struct ctrl_slot *)(void *)(mem + l->ctrl) : NULL;
	p->owed = mem ? owed_in_block(p, mem) : NULL;
	p->owed_at = 0;
	p->n_ctrl = (uint8_t)l->ctrl_first;
	p->tx_mask = (uint16_t)(l->tx_first - 1);
	p->rx_mask = (uint16_t)(l->rx_first - 1);
}

/* A ring of records of packets sent that is not the block's returns. */
static void give_tx(struct weft_pdc *p, void *ring, uint32_t records)
{
	const struct weft_layout *l = &p->prof->at;

	if (records > l->tx_short)
		blocks_give(p->prof->rings, ring);
	else if (records > l->tx_first)
		blocks_give(p->prof->shorts, ring);
}

/* What it has from the pools returns. */
void rings_end(struct weft_pdc *p)
{
	const struct weft_layout *l = &p->prof->at;

	give_tx(p, p->tx, p->tx_mask + 1u);
	if (p->rx_mask >= l->rx_first)
		blocks_give(p->prof->rings, p->rx);
	if (p->n_ctrl > l->ctrl_first)
		blocks_give(p->prof->rings, p->ctrl);
	if (p->owed != owed_in_block(p, p->run))
		blocks_give(p->prof->shorts, p->owed);
	rings_begin(p, NULL);
}

/* To where the record at place `i` of the shorter ring moves. */
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

/* Would what is being sent fill a short ring soon? */
static bool much_to_send(const struct weft_pdc *p)
{
	const struct weft_stream *s = p->ring[RING_REQ];

	return s && s->run && req_left(s) > p->prof->at.tx_short * (uint32_t)p->prof->max_payload;
}

/* The next longer ring, of so many records; NULL: the pools are empty. */
static void *longer_tx(const struct weft_pdc *p, uint32_t *records)
{
	const struct weft_layout *l = &p->prof->at;
	bool may_short = p->tx_mask + 1u < l->tx_short;
	void *ring = NULL;

	*records = p->prof->window;
	if (l->tx_short < p->prof->window && (!may_short || much_to_send(p)))
		ring = blocks_take(p->prof->rings);
	if (ring || !may_short)
		return ring;
	*records = l->tx_short;
	return blocks_take(p->prof->shorts);
}

/* False: the pools are empty, or the ring is as long as it may be. */
bool rings_grow_tx(struct weft_pdc *p)
{
	uint32_t old = p->tx_mask, records;
	struct txrec *from = p->tx;
	void *ring;

	if (old + 1 == p->prof->window)
		return false;
	ring = longer_tx(p, &records);
	if (!ring)
		return false;
	p->tx = ring;
	p->tx_mask = (uint16_t)(records - 1);
	move_tx(p, from, old);
	give_tx(p, from, old + 1);
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

/* Entries that there is room for now. */
uint32_t rings_owed(const struct weft_pdc *p)
{
	return p->owed == owed_in_block(p, p->run) ? p->prof->at.owed_first :
						     p->prof->max_streams + OWED_SPARE;
}

bool rings_grow_owed(struct weft_pdc *p)
{
	uint32_t old = rings_owed(p);
	struct owed *ring;

	if (old == p->prof->max_streams + OWED_SPARE)
		return false;
	ring = blocks_take(p->prof->shorts);
	if (!ring)
		return false;
	for (uint32_t i = 0; i < p->n_owed; i++)
		ring[i] = p->owed[WEFT_MUTANT(OWED_UNTURNED) ? i : (p->owed_at + i) % old];
	p->owed = ring;
	p->owed_at = 0;
	return true;
}
