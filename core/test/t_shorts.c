/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * core/rings.c with short rings: a block has room for a few packets sent, more take a short ring,
 * many a long one; a long message takes that at once; what returns is used again.
 */
#include <stdlib.h>

#include "core/test/net_check.h"
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

enum { WINDOW = 64, LEAST = 8, SHORT = 32, OWED = 4 };

struct pooled {
	struct solo so;
	struct weft_blocks ctx, rings, shorts;
	void *mem[3];
	uint32_t msn;		/* of the message that is done next */
};

static void ready(struct pooled *o)
{
	struct weft_profile *f = &o->so.prof;

	o->msn = 0;
	solo_init(&o->so);
	f->cc = WEFT_CC_FIXED;
	f->cc_init_pkts = WINDOW;
	f->pool = &o->ctx;
	f->rings = &o->rings;
	f->shorts = &o->shorts;
	f->max_paths = o->so.cfg.n_paths;
	weft_blocks_init(&o->ctx, weft_profile_block(f));
	weft_blocks_init(&o->rings, weft_profile_ring(f));
	weft_blocks_init(&o->shorts, weft_profile_short(f));
	o->mem[0] = malloc(o->ctx.block);
	o->mem[1] = malloc(o->rings.block);
	o->mem[2] = malloc(2 * o->shorts.block);
	weft_blocks_add(&o->ctx, o->mem[0], 1);
	weft_blocks_add(&o->rings, o->mem[1], 1);
	weft_blocks_add(&o->shorts, o->mem[2], 2);
	for (size_t i = sizeof(void *); i < o->shorts.block; i++)	/* as others may leave it */
		((uint8_t *)o->mem[2])[i] = 0xa5;
	solo_ready(&o->so);
	CU_ASSERT_EQUAL(o->so.p->tx_mask, LEAST - 1);
}

static void end(struct pooled *o)
{
	solo_fini(&o->so);
	for (int i = 0; i < 3; i++)
		free(o->mem[i]);
}

/* The peer has done what was posted: all returns. */
static void done(struct pooled *o)
{
	struct solo *so = &o->so;
	struct weft_view v;

	solo_ack_all(so);
	v = solo_tack(so, o->msn++, WEFT_STATUS_OK);
	v.d.flags |= WEFT_DFLAGS_AR;
	solo_rx(so, &v);
	so->n_acts = 0;
	solo_work(so);
	CU_ASSERT_EQUAL(so->n_acts, 1);
	CU_ASSERT_EQUAL(so->acts[0].wc.status, WEFT_STATUS_OK);
	solo_drain(so);
	CU_ASSERT_PTR_NULL(net_check(so->p));
	CU_ASSERT(o->ctx.n_free == 1 && o->rings.n_free == 1 && o->shorts.n_free == 2);
}

static void write_of(struct pooled *o, uint32_t packets)
{
	CU_ASSERT_EQUAL(solo_post(&o->so, WEFT_OPCODE_WRITE, 5, packets * 1024, 0), WEFT_OK);
}

/* All records are those of their packets, wherever they have moved. */
static void records(struct solo *so, uint32_t first, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct txrec *r = txrec_of(so->p, first + i);

		CU_ASSERT(txpsn_of(so->p, r) == first + i && r->s == so->s && !r->acked);
		CU_ASSERT_EQUAL(r->off, i * 1024);
	}
	CU_ASSERT_PTR_NULL(net_check(so->p));
}

static void weft_profile_prepare__shorts(void)
{
	struct pooled o;
	struct weft_profile *f = &o.so.prof;
	uint16_t streams;
	size_t with, without;

	ready(&o);
	with = weft_profile_block(f);
	f->shorts = NULL;
	without = weft_profile_block(f);
	CU_ASSERT_EQUAL(without - with, (SHORT - LEAST) * sizeof(struct txrec) +
			(f->max_streams + OWED_SPARE - OWED) * sizeof(struct owed));
	f->shorts = &o.shorts;
	CU_ASSERT_EQUAL(weft_profile_prepare(f), WEFT_OK);
	f->rings = NULL;
	o.ctx.shape = 0;
	CU_ASSERT_EQUAL(weft_profile_prepare(f), WEFT_EINVAL);	/* shorts, and no rings */
	f->rings = &o.rings;
	o.ctx.shape = 0;
	o.shorts.block -= 8;
	CU_ASSERT_EQUAL(weft_profile_prepare(f), WEFT_EINVAL);	/* too short */
	o.shorts.block += 8;
	streams = f->max_streams;
	f->max_streams = 4096;		/* more may be owed than a short ring holds */
	CU_ASSERT_EQUAL(weft_profile_block(f) - with,
			(4096 + OWED_SPARE - OWED) * sizeof(struct owed));
	f->max_streams = streams;
	end(&o);
}

static void tx__few_many_more(void)
{
	struct pooled o;
	uint32_t first;

	ready(&o);
	write_of(&o, 5);
	CU_ASSERT_EQUAL(solo_drain(&o.so), 5);
	CU_ASSERT(o.shorts.n_free == 2 && o.rings.n_free == 1);
	done(&o);
	first = o.so.p->nxt;
	write_of(&o, 20);
	CU_ASSERT_EQUAL(solo_drain(&o.so), 20);
	CU_ASSERT(o.shorts.n_free == 1 && o.rings.n_free == 1);
	CU_ASSERT_EQUAL(o.so.p->tx_mask, SHORT - 1);
	records(&o.so, first, 20);
	done(&o);
	first = o.so.p->nxt;
	write_of(&o, SHORT);		/* not longer than a short ring: so it begins with that */
	for (int i = 0; i < 15; i++)
		CU_ASSERT(solo_tx(&o.so));
	CU_ASSERT(o.shorts.n_free == 1 && o.rings.n_free == 1);
	CU_ASSERT_EQUAL(solo_drain(&o.so), SHORT - 15);
	CU_ASSERT(o.shorts.n_free == 2 && o.rings.n_free == 0);
	CU_ASSERT_EQUAL(o.so.p->tx_mask, WINDOW - 1);
	records(&o.so, first, SHORT);
	done(&o);
	end(&o);
}

static void tx__a_long_message_takes_a_long_ring(void)
{
	struct pooled o;
	uint32_t first;

	ready(&o);
	first = o.so.p->nxt;
	write_of(&o, 50);
	for (int i = 0; i < LEAST; i++)
		CU_ASSERT(solo_tx(&o.so));
	CU_ASSERT(o.shorts.n_free == 2 && o.rings.n_free == 0);
	CU_ASSERT_EQUAL(solo_drain(&o.so), 50 - LEAST);
	records(&o.so, first, 50);
	done(&o);
	end(&o);
}

/* WEFT-PDC-061: a short ring serves for a long one; without either less is outstanding. */
static void tx__pools_empty(void)
{
	struct pooled o;
	uint32_t first, sent;
	void *ring, *shorts[2];

	ready(&o);
	ring = blocks_take(&o.rings);
	first = o.so.p->nxt;
	write_of(&o, 50);
	CU_ASSERT_EQUAL(solo_drain(&o.so), SHORT - SHORT / 8);
	CU_ASSERT_EQUAL(o.shorts.n_free, 1);
	records(&o.so, first, SHORT - SHORT / 8);
	blocks_give(&o.rings, ring);
	CU_ASSERT_EQUAL(solo_drain(&o.so), 50 - (SHORT - SHORT / 8));
	done(&o);
	shorts[0] = blocks_take(&o.shorts);
	shorts[1] = blocks_take(&o.shorts);
	write_of(&o, 10);
	CU_ASSERT_EQUAL(solo_drain(&o.so), LEAST - 1);	/* an eighth is for answers */
	solo_ack_all(&o.so);
	CU_ASSERT_EQUAL(solo_drain(&o.so), 10 - (LEAST - 1));
	blocks_give(&o.shorts, shorts[0]);
	blocks_give(&o.shorts, shorts[1]);
	done(&o);
	ring = blocks_take(&o.rings);
	shorts[0] = blocks_take(&o.shorts);
	shorts[1] = blocks_take(&o.shorts);
	write_of(&o, 50);
	for (sent = 0; sent < 50; solo_ack_all(&o.so)) {
		sent += (uint32_t)solo_drain(&o.so);
		CU_ASSERT_PTR_NULL(net_check(o.so.p));
		if (sent == 50)
			break;
	}
	CU_ASSERT_EQUAL(o.so.p->tx_mask, LEAST - 1);
	blocks_give(&o.rings, ring);
	blocks_give(&o.shorts, shorts[0]);
	blocks_give(&o.shorts, shorts[1]);
	done(&o);
	end(&o);
}

static void owe(struct solo *so, uint32_t from, uint32_t to)
{
	for (; from < to; from++)
		CU_ASSERT(ep_owe(so->p, TX_REJECT, 0x100 + from, from, 7));
}

static void owed(struct solo *so, uint32_t from, uint32_t to)
{
	struct txrec r = { 0 };

	for (; from < to; from++) {
		CU_ASSERT(ep_next_owed(so->p, &r));
		CU_ASSERT(r.kind == TX_REJECT && r.off == 0x100 + from && r.msn == from);
	}
}

/* What is owed is said in its order, from whichever ring. */
static void ep_owe__takes_a_short_ring(void)
{
	void *shorts[2];
	struct pooled o;

	ready(&o);
	owe(&o.so, 0, OWED);
	CU_ASSERT_EQUAL(o.shorts.n_free, 2);
	owed(&o.so, 0, 2);
	owe(&o.so, OWED, OWED + 2);		/* the ring goes round */
	CU_ASSERT_EQUAL(o.shorts.n_free, 2);
	shorts[0] = blocks_take(&o.shorts);
	shorts[1] = blocks_take(&o.shorts);
	CU_ASSERT(!ep_owe(o.so.p, TX_REJECT, 1, 1, 7));
	CU_ASSERT_EQUAL(o.so.p->n_owed, OWED);
	blocks_give(&o.shorts, shorts[0]);
	blocks_give(&o.shorts, shorts[1]);
	owe(&o.so, OWED + 2, 14);
	CU_ASSERT_EQUAL(o.shorts.n_free, 1);
	owed(&o.so, 2, 10);
	owe(&o.so, 14, 24);
	owed(&o.so, 10, 24);
	CU_ASSERT_EQUAL(o.so.p->n_owed, 0);
	write_of(&o, 1);
	CU_ASSERT_EQUAL(solo_drain(&o.so), 1);
	done(&o);
	end(&o);
}

WEFT_SUITE(t_shorts) {
	{ "weft_profile_prepare__shorts", weft_profile_prepare__shorts },
	{ "tx__few_many_more", tx__few_many_more },
	{ "tx__a_long_message_takes_a_long_ring", tx__a_long_message_takes_a_long_ring },
	{ "tx__pools_empty", tx__pools_empty },
	{ "ep_owe__takes_a_short_ring", ep_owe__takes_a_short_ring },
};
