/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * core/rings.c: few packets under way need no ring of the pool, many take one and return it at
 * rest; what is in the short ones goes along; want of one costs time, and nothing else.
 */
#include <stdlib.h>

#include "core/test/net_check.h"
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

enum { WINDOW = 64, TX_SHORT = 32, RX_SHORT = 8, CTRL_SHORT = 2, PART = 8 };

struct ringed {
	struct solo so;
	struct weft_blocks ctx, rings;
	void *ctx_mem, *ring_mem;
};

static void ready(struct ringed *o)
{
	struct weft_profile *f = &o->so.prof;

	solo_init(&o->so);
	f->cc = WEFT_CC_FIXED;
	f->cc_init_pkts = WINDOW;
	f->holds = WINDOW;
	f->pool = &o->ctx;
	f->rings = &o->rings;
	f->max_paths = o->so.cfg.n_paths;
	weft_blocks_init(&o->ctx, weft_profile_block(f));
	weft_blocks_init(&o->rings, weft_profile_ring(f));
	o->ctx_mem = malloc(o->ctx.block);
	o->ring_mem = malloc(2 * o->rings.block);
	weft_blocks_add(&o->ctx, o->ctx_mem, 1);
	weft_blocks_add(&o->rings, o->ring_mem, 2);
	for (size_t i = sizeof(void *); i < 2 * o->rings.block; i++)	/* as others may leave it */
		if (i % o->rings.block >= sizeof(void *))
			((uint8_t *)o->ring_mem)[i] = 0xa5;
	solo_ready(&o->so);
}

static void end(struct ringed *o)
{
	solo_fini(&o->so);
	free(o->ctx_mem);
	free(o->ring_mem);
}

/* The peer has done a WRITE of ours: the context rests. */
static void done(struct ringed *o)
{
	struct solo *so = &o->so;
	struct weft_view v;

	solo_ack_all(so);
	v = solo_tack(so, 0, WEFT_STATUS_OK);
	v.d.flags |= WEFT_DFLAGS_AR;
	solo_rx(so, &v);
	so->n_acts = 0;
	solo_work(so);
	CU_ASSERT_EQUAL(so->n_acts, 1);
	CU_ASSERT_EQUAL(so->acts[0].wc.status, WEFT_STATUS_OK);
	solo_drain(so);
	CU_ASSERT_PTR_NULL(net_check(so->p));
	CU_ASSERT(o->ctx.n_free == 1 && o->rings.n_free == 2);
}

static void weft_profile_prepare__rings(void)
{
	struct weft_blocks ctx, rings;
	struct solo so;
	size_t whole;

	solo_init(&so);
	so.prof.max_paths = so.cfg.n_paths;
	whole = weft_profile_block(&so.prof);
	so.prof.rings = &rings;
	CU_ASSERT_EQUAL(whole - weft_profile_block(&so.prof),
			(WINDOW - TX_SHORT) * sizeof(struct txrec) +
			(WINDOW - RX_SHORT) * sizeof(struct rxrec) +
			(CTRL_SLOTS - CTRL_SHORT) * sizeof(struct ctrl_slot));
	weft_blocks_init(&rings, weft_profile_ring(&so.prof));
	CU_ASSERT_EQUAL(weft_profile_prepare(&so.prof), WEFT_EINVAL);	/* rings, and no pool */
	weft_blocks_init(&ctx, weft_profile_block(&so.prof));
	so.prof.pool = &ctx;
	CU_ASSERT_EQUAL(weft_profile_prepare(&so.prof), WEFT_OK);
	rings.block -= 8;
	CU_ASSERT_EQUAL(weft_profile_prepare(&so.prof), WEFT_EINVAL);	/* too short */
	rings.block += 8;
	so.prof.window /= 2;
	ctx.shape = 0;
	CU_ASSERT_EQUAL(weft_profile_prepare(&so.prof), WEFT_EINVAL);	/* others use it */
}

static void tx__few_need_no_ring(void)
{
	struct ringed o;

	ready(&o);
	CU_ASSERT_EQUAL(solo_post(&o.so, WEFT_OPCODE_WRITE, 5, 20 * 1024, 0), WEFT_OK);
	CU_ASSERT_EQUAL(solo_drain(&o.so), 20);
	CU_ASSERT_EQUAL(o.rings.n_free, 2);
	done(&o);
	end(&o);
}

static void tx__many_take_a_ring(void)
{
	struct ringed o;
	struct solo *so = &o.so;
	uint32_t first;

	ready(&o);
	first = so->p->nxt;
	CU_ASSERT_EQUAL(solo_post(so, WEFT_OPCODE_WRITE, 5, 50 * 1024, 0), WEFT_OK);
	CU_ASSERT_EQUAL(solo_drain(so), 50);
	CU_ASSERT_EQUAL(o.rings.n_free, 1);
	CU_ASSERT_EQUAL(so->p->tx_mask, WINDOW - 1);
	for (uint32_t i = 0; i < 50; i++) {
		const struct txrec *r = txrec_of(so->p, first + i);

		CU_ASSERT(txpsn_of(so->p, r) == first + i && r->s == so->s && !r->acked);
		CU_ASSERT_EQUAL(r->off, i * 1024);
	}
	done(&o);
	end(&o);
}

/* What is acknowledged, lost, to be probed and in order of sending stays so. */
static void tx__a_ring_changes_nothing(void)
{
	struct ringed o;
	struct solo *so = &o.so;
	struct weft_view v;
	uint32_t first;

	ready(&o);
	first = so->p->nxt;
	CU_ASSERT_EQUAL(solo_post(so, WEFT_OPCODE_WRITE, 5, 44 * 1024, 0), WEFT_OK);
	for (int i = 0; i < 20; i++)
		CU_ASSERT(solo_tx(so));
	v = solo_ack(so, first + 9);
	solo_rx(so, &v);
	for (int i = 0; i < 14; i++)
		CU_ASSERT(solo_tx(so));
	retx_mark_lost(so->p, txrec_of(so->p, first + 31));
	retx_mark_lost(so->p, txrec_of(so->p, first + 12));
	so->p->tlp_idx = txidx_of(so->p, txrec_of(so->p, first + 33));
	CU_ASSERT_PTR_NULL(net_check(so->p));
	CU_ASSERT(so->p->nxt - so->p->tx_start > TX_SHORT);	/* some have moved round */
	CU_ASSERT_EQUAL(o.rings.n_free, 2);
	CU_ASSERT(rings_grow_tx(so->p));
	CU_ASSERT(!rings_grow_tx(so->p));	/* it is as long as it may be */
	CU_ASSERT_EQUAL(o.rings.n_free, 1);
	CU_ASSERT_PTR_NULL(net_check(so->p));
	CU_ASSERT(solo_tx(so));
	CU_ASSERT_EQUAL(so->sent.d.psn, first + 33);
	CU_ASSERT(solo_tx(so));
	CU_ASSERT_EQUAL(so->sent.d.psn, first + 31);
	CU_ASSERT(solo_tx(so));
	CU_ASSERT_EQUAL(so->sent.d.psn, first + 12);
	CU_ASSERT_EQUAL(so->sent.b.data.u.write.offset, 12 * 1024);
	CU_ASSERT_EQUAL(solo_drain(so), 10);
	done(&o);
	end(&o);
}

/* WEFT-PDC-061: less is outstanding, an eighth is for answers, and all goes in the end. */
static void tx__no_ring(void)
{
	struct ringed o;
	struct solo *so = &o.so;
	uint32_t first, sent;
	void *ring[2];

	ready(&o);
	ring[0] = blocks_take(&o.rings);
	ring[1] = blocks_take(&o.rings);
	first = so->p->nxt;
	CU_ASSERT_EQUAL(solo_post(so, WEFT_OPCODE_WRITE, 5, 50 * 1024, 0), WEFT_OK);
	for (sent = 0; sent < 50;) {
		sent += (uint32_t)solo_drain(so);
		CU_ASSERT(so->p->nxt - so->p->una <= TX_SHORT - TX_SHORT / 8);
		CU_ASSERT_PTR_NULL(net_check(so->p));
		if (sent < 50)
			solo_ack_all(so);
	}
	CU_ASSERT_EQUAL(so->p->nxt, first + 50);
	CU_ASSERT_EQUAL(so->p->tx_mask, TX_SHORT - 1);
	blocks_give(&o.rings, ring[0]);
	blocks_give(&o.rings, ring[1]);
	done(&o);
	end(&o);
}

/* Packets whose placement the host has not answered, more than the short ring has places. */
static void rx__many_unanswered(void)
{
	uint32_t token[4 * RX_SHORT];
	struct ringed o;
	struct solo *so = &o.so;
	struct weft_view v;

	ready(&o);
	for (uint32_t i = 0; i < 4 * RX_SHORT; i++) {
		v = solo_write(so, 0, i * PART, PART, 4 * RX_SHORT * PART);
		CU_ASSERT_EQUAL(solo_rx(so, &v), WEFT_DROP_NONE);
		CU_ASSERT_FATAL(so->has_act);
		token[i] = so->act.token;
		CU_ASSERT_EQUAL(o.rings.n_free, i < RX_SHORT ? 2 : 1);
		CU_ASSERT_PTR_NULL(net_check(so->p));
	}
	for (uint32_t i = 0; i < 4 * RX_SHORT; i++) {
		CU_ASSERT_EQUAL(so->p->rx_cum, i < 5 ? so->psn - 4 * RX_SHORT + i : so->p->rx_cum);
		weft_done(so->p, token[i], WEFT_STATUS_OK, 0);
		CU_ASSERT_PTR_NULL(net_check(so->p));
	}
	CU_ASSERT_EQUAL(so->p->rx_cum, so->psn);
	solo_obey(so);
	CU_ASSERT(solo_tx_op(so, WEFT_OPCODE_TACK));
	solo_drain(so);
	solo_ack_all(so);
	solo_drain(so);
	CU_ASSERT(o.ctx.n_free == 1 && o.rings.n_free == 2);
	end(&o);
}

/* WEFT-PDC-060: nothing changes but the count, and the same packet is welcome later. */
static void rx__no_ring(void)
{
	uint32_t token[RX_SHORT];
	struct ringed o;
	struct solo *so = &o.so;
	struct weft_view v;
	struct weft_pdc before;
	void *ring[2];

	ready(&o);
	ring[0] = blocks_take(&o.rings);
	ring[1] = blocks_take(&o.rings);
	for (uint32_t i = 0; i < RX_SHORT; i++) {
		v = solo_write(so, 0, i * PART, PART, 4 * RX_SHORT * PART);
		solo_rx(so, &v);
		token[i] = so->act.token;
	}
	v = solo_write(so, 0, RX_SHORT * PART, PART, 4 * RX_SHORT * PART);
	before = *so->p;
	CU_ASSERT_EQUAL(solo_rx(so, &v), WEFT_DROP_NO_ROOM);
	CU_ASSERT(!so->has_act);
	before.heard = before.active = so->now;
	CU_ASSERT_EQUAL(memcmp(&before, so->p, sizeof(before)), 0);
	CU_ASSERT_EQUAL(so->stats.drop[WEFT_DROP_NO_ROOM], 1);
	CU_ASSERT_PTR_NULL(net_check(so->p));
	weft_done(so->p, token[0], WEFT_STATUS_OK, 0);
	CU_ASSERT_EQUAL(solo_take(so, &v, WEFT_STATUS_OK), WEFT_DROP_NONE);
	for (uint32_t i = 1; i < RX_SHORT; i++)
		weft_done(so->p, token[i], WEFT_STATUS_OK, 0);
	CU_ASSERT_EQUAL(so->p->rx_cum, so->psn);
	CU_ASSERT_PTR_NULL(net_check(so->p));
	blocks_give(&o.rings, ring[0]);
	blocks_give(&o.rings, ring[1]);
	end(&o);
}

/* Packets that the host keeps before their turn are placed in their order. */
static void rx__held_in_a_ring(void)
{
	struct weft_view v[4 * RX_SHORT];
	struct ringed o;
	struct solo *so = &o.so;
	uint32_t at = PART;

	ready(&o);
	for (uint32_t i = 0; i < 4 * RX_SHORT; i++)
		v[i] = solo_write(so, 0, i * PART, PART, 4 * RX_SHORT * PART);
	for (uint32_t i = 4 * RX_SHORT - 1; i; i--) {
		CU_ASSERT_EQUAL(solo_take(so, &v[i], WEFT_STATUS_HELD), WEFT_DROP_NONE);
		CU_ASSERT_PTR_NULL(net_check(so->p));
	}
	CU_ASSERT_EQUAL(o.rings.n_free, 1);
	solo_take(so, &v[0], WEFT_STATUS_OK);
	for (so->n_acts = 0; solo_work(so); so->n_acts = 0)
		for (size_t i = 0; i < so->n_acts; i++)
			if (so->acts[i].type == WEFT_ACT_PLACE_MEM) {
				CU_ASSERT_EQUAL(so->acts[i].offset, at);
				at += PART;
				weft_done(so->p, so->acts[i].token, WEFT_STATUS_OK, 0);
			}
	CU_ASSERT_EQUAL(at, 4 * RX_SHORT * PART);
	CU_ASSERT_EQUAL(so->p->rx_cum, so->psn);
	CU_ASSERT_EQUAL(solo_holds(so), so->prof.holds);
	CU_ASSERT_PTR_NULL(net_check(so->p));
	end(&o);
}

/* More to say than the block has slots for; without a ring it waits. */
static void ep_slot__takes_a_ring(void)
{
	struct weft_stream *s[CTRL_SHORT + 1];
	void *mem[CTRL_SHORT + 1], *ring[2];
	struct weft_hdr_tlv_ep_connect h;
	struct ringed o;
	struct solo *so = &o.so;

	ready(&o);
	for (uint32_t i = 0; i <= CTRL_SHORT; i++) {
		mem[i] = calloc(1, weft_stream_size(&so->scfg));
		so->scfg.qpn = 0x70 + i;
		CU_ASSERT_EQUAL(weft_stream_init(so->p, mem[i], &so->scfg, &s[i]), WEFT_OK);
		if (i < CTRL_SHORT)
			CU_ASSERT_EQUAL(weft_ep_connect(s[i], 1, NULL, 0), WEFT_OK);
	}
	CU_ASSERT_EQUAL(o.rings.n_free, 2);
	ring[0] = blocks_take(&o.rings);
	ring[1] = blocks_take(&o.rings);
	CU_ASSERT_EQUAL(weft_ep_connect(s[CTRL_SHORT], 1, NULL, 0), WEFT_EFULL);
	blocks_give(&o.rings, ring[1]);
	blocks_give(&o.rings, ring[0]);
	CU_ASSERT_EQUAL(weft_ep_connect(s[CTRL_SHORT], 1, NULL, 0), WEFT_OK);
	CU_ASSERT_EQUAL(o.rings.n_free, 1);
	CU_ASSERT_PTR_NULL(net_check(so->p));
	for (uint32_t i = 0; i <= CTRL_SHORT; i++) {
		CU_ASSERT(solo_tx_type(so, WEFT_PTYPE_CTRL));
		weft_hdr_tlv_ep_connect_unpack(&h, so->sent.b.ctrl.tlvs + WEFT_HDR_TLV_LEN);
		CU_ASSERT_EQUAL(h.src_qpn, 0x70 + i);
	}
	solo_ack_all(so);
	solo_drain(so);
	CU_ASSERT(o.ctx.n_free == 1 && o.rings.n_free == 2);
	for (uint32_t i = 0; i <= CTRL_SHORT; i++) {
		weft_stream_fini(s[i], WEFT_EP_REASON_CLOSED);
		free(mem[i]);
	}
	end(&o);
}

/* A context that ends in the middle of its work leaves nothing of it in what others take. */
static void weft_pdc_fini__rings(void)
{
	struct ringed o;
	struct solo *so = &o.so;
	struct weft_view v;
	uint8_t sum = 0;

	ready(&o);
	solo_post(so, WEFT_OPCODE_WRITE, 5, 50 * 1024, 0);
	solo_drain(so);
	for (uint32_t i = 0; i <= RX_SHORT; i++) {
		v = solo_write(so, 0, i * PART, PART, 4 * RX_SHORT * PART);
		solo_rx(so, &v);
	}
	CU_ASSERT(o.ctx.n_free == 0 && o.rings.n_free == 0);
	weft_stream_fini(so->s, WEFT_EP_REASON_CLOSED);
	weft_pdc_abort(so->p, WEFT_STATUS_PEER_RESET, false);
	weft_pdc_fini(so->p);
	CU_ASSERT(o.ctx.n_free == 1 && o.rings.n_free == 2);
	for (uint32_t i = 8; i < o.ctx.block; i++)
		sum |= ((uint8_t *)o.ctx_mem)[i];
	CU_ASSERT_EQUAL(sum, 0);
	end(&o);
}

WEFT_SUITE(t_rings) {
	{ "weft_profile_prepare__rings", weft_profile_prepare__rings },
	{ "tx__few_need_no_ring", tx__few_need_no_ring },
	{ "tx__many_take_a_ring", tx__many_take_a_ring },
	{ "tx__a_ring_changes_nothing", tx__a_ring_changes_nothing },
	{ "tx__no_ring", tx__no_ring },
	{ "rx__many_unanswered", rx__many_unanswered },
	{ "rx__no_ring", rx__no_ring },
	{ "rx__held_in_a_ring", rx__held_in_a_ring },
	{ "ep_slot__takes_a_ring", ep_slot__takes_a_ring },
	{ "weft_pdc_fini__rings", weft_pdc_fini__rings },
};
