/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * core/blocks.c, and what contexts and streams do with pools: work takes a block, rest gives it
 * back, want of one loses nothing.
 */
#include <stdlib.h>

#include "core/test/net_check.h"
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

#define US 1000ull

struct pooled {
	struct solo so;
	struct weft_blocks ctx, stream;
	void *ctx_mem, *stream_mem;
};

/* A context and a stream of pools of one block each, at rest. */
static void ready(struct pooled *o)
{
	solo_init(&o->so);
	weft_blocks_init(&o->ctx, weft_profile_block(&o->so.prof));
	weft_blocks_init(&o->stream, weft_stream_block(&o->so.scfg));
	o->ctx_mem = malloc(o->ctx.block);
	o->stream_mem = malloc(o->stream.block);
	weft_blocks_add(&o->ctx, o->ctx_mem, 1);
	weft_blocks_add(&o->stream, o->stream_mem, 1);
	o->so.prof.pool = &o->ctx;
	o->so.scfg.pool = &o->stream;
	solo_ready(&o->so);
}

static void end(struct pooled *o)
{
	solo_fini(&o->so);
	free(o->ctx_mem);
	free(o->stream_mem);
}

static void weft_blocks__take_and_give(void)
{
	uint64_t mem[6];
	struct weft_blocks pool;
	void *a, *b;

	memset(mem, 0xa5, sizeof(mem));
	weft_blocks_init(&pool, 13);
	CU_ASSERT_EQUAL(pool.block, 16);
	CU_ASSERT_PTR_NULL(blocks_take(&pool));
	weft_blocks_add(&pool, mem, 2);
	weft_blocks_add(&pool, mem + 4, 1);
	CU_ASSERT_EQUAL(pool.n_free, 3);
	a = blocks_take(&pool);
	b = blocks_take(&pool);
	CU_ASSERT_PTR_EQUAL(a, mem + 4);	/* the one given last */
	CU_ASSERT(((uint64_t *)b)[1] == 0);	/* all but the first word is zero */
	CU_ASSERT_PTR_EQUAL(blocks_take(&pool), mem);
	CU_ASSERT_PTR_NULL(blocks_take(&pool));
	blocks_give(&pool, b);
	blocks_give(&pool, a);
	CU_ASSERT_EQUAL(pool.n_free, 2);
	CU_ASSERT_PTR_EQUAL(blocks_take(&pool), a);
	CU_ASSERT_PTR_EQUAL(blocks_take(&pool), b);
	CU_ASSERT_EQUAL(pool.n_all, 3);
}

/* Memory that is zero already is not written, but for the word that leads to the next block. */
static void weft_blocks__zeroed(void)
{
	uint64_t mem[4] = { 0, 7, 0, 9 };
	struct weft_blocks pool;

	weft_blocks_init(&pool, 16);
	weft_blocks_add_zeroed(&pool, mem, 2);
	CU_ASSERT_EQUAL(pool.n_free, 2);
	CU_ASSERT_EQUAL(pool.n_all, 2);
	CU_ASSERT(mem[1] == 7 && mem[3] == 9);
	CU_ASSERT_PTR_EQUAL(blocks_take(&pool), mem + 2);
	CU_ASSERT_PTR_EQUAL(blocks_take(&pool), mem);
}

/* What a context and a stream at rest cost, whatever their limits. */
static void weft_pdc_size__at_rest(void)
{
	struct weft_blocks pool;
	struct solo so;

	solo_init(&so);
	weft_blocks_init(&pool, 1u << 20);
	so.prof.window = 64;
	so.prof.max_streams = 4096;
	so.prof.holds = 64;
	so.cfg.n_paths = 64;
	so.prof.pool = &pool;
	so.scfg.pool = &pool;
	CU_ASSERT(solo_size(&so) > 0);
	CU_ASSERT(solo_size(&so) <= 768);
	CU_ASSERT(weft_stream_size(&so.scfg) > 0);
	CU_ASSERT(weft_stream_size(&so.scfg) <= 192);
	so.prof.pool = so.scfg.pool = NULL;
	CU_ASSERT(weft_stream_size(&so.scfg) >= weft_stream_block(&so.scfg));
	CU_ASSERT(solo_size(&so) >= weft_profile_block(&so.prof));
}

static void weft_profile_prepare__pool_of_small_blocks(void)
{
	struct weft_blocks pool, other;
	struct solo so;

	solo_init(&so);
	weft_blocks_init(&other, weft_profile_block(&so.prof) - 8);
	so.prof.pool = &other;
	CU_ASSERT_EQUAL(weft_profile_prepare(&so.prof), WEFT_EINVAL);
	other.block += 8;
	CU_ASSERT_EQUAL(weft_profile_prepare(&so.prof), WEFT_OK);
	weft_blocks_init(&pool, weft_stream_block(&so.scfg) - 8);
	so.scfg.pool = &pool;
	CU_ASSERT_EQUAL(weft_stream_size(&so.scfg), 0);
	pool.block += 8;
	CU_ASSERT(weft_stream_size(&so.scfg) > 0);
	other.block = 1u << 20;
	so.prof.holds++;		/* another layout */
	CU_ASSERT_EQUAL(weft_profile_prepare(&so.prof), WEFT_EINVAL);
	so.prof.holds--;
	so.prof.window = 3;
	CU_ASSERT_EQUAL(weft_profile_block(&so.prof), 0);
	so.scfg.window = 3;
	CU_ASSERT_EQUAL(weft_stream_block(&so.scfg), 0);
}

/* Our own work: both blocks are taken for it and return when it is complete. */
static void rest__after_a_write_of_ours(void)
{
	struct pooled o;
	struct solo *so = &o.so;
	struct weft_view v;

	ready(&o);
	CU_ASSERT(o.ctx.n_free == 1 && o.stream.n_free == 1);
	CU_ASSERT_EQUAL(weft_deadline(so->p), WEFT_NEVER);
	CU_ASSERT_EQUAL(solo_post(so, WEFT_OPCODE_WRITE, 5, 3000, 0), WEFT_OK);
	CU_ASSERT(o.ctx.n_free == 1 && o.stream.n_free == 0);
	CU_ASSERT_EQUAL(solo_drain(so), 3);
	CU_ASSERT(o.ctx.n_free == 0 && o.stream.n_free == 0);
	solo_ack_all(so);
	v = solo_tack(so, 0, WEFT_STATUS_OK);
	v.d.flags |= WEFT_DFLAGS_AR;
	solo_rx(so, &v);
	solo_work(so);
	CU_ASSERT_EQUAL(so->n_acts, 1);
	CU_ASSERT_EQUAL(so->acts[0].wc.id, 5);
	CU_ASSERT_EQUAL(o.stream.n_free, 1);
	solo_drain(so);
	CU_ASSERT(o.ctx.n_free == 1 && o.stream.n_free == 1);
	CU_ASSERT_PTR_NULL(net_check(so->p));
	end(&o);
}

/* WEFT-SEM-034: refusals of one stream's message count against no other's. */
static void rest__after_rnr(void)
{
	struct pooled o;
	struct solo *so = &o.so;
	struct weft_stream next = { 0 };
	struct weft_view v;

	ready(&o);
	solo_post(so, WEFT_OPCODE_SEND, 5, 8, 0);
	for (unsigned i = 0; i < 2; i++) {
		solo_drain(so);
		v = solo_tack(so, 0, WEFT_STATUS_RNR);
		solo_rx(so, &v);
		solo_ack_all(so);
		solo_until(so, so->now + 100 * US);
	}
	CU_ASSERT_EQUAL(so->s->run->rnr_tries, 2);
	solo_drain(so);
	solo_ack_all(so);
	v = solo_tack(so, 0, WEFT_STATUS_OK);
	solo_rx(so, &v);
	solo_work(so);
	solo_drain(so);
	CU_ASSERT_EQUAL(o.stream.n_free, 1);
	next.cfg = so->scfg;
	CU_ASSERT_FATAL(stream_take_block(&next));
	CU_ASSERT_EQUAL(next.run->rnr_tries, 0);
	blocks_give(&o.stream, next.run);
	end(&o);
}

/* The peer's work: until what answers it is acknowledged. */
static void rest__after_reads_and_writes_of_the_peers(void)
{
	struct pooled o;
	struct solo *so = &o.so;
	struct weft_view v;

	ready(&o);
	v = solo_write(so, 0, 0, 8, 16);
	solo_take(so, &v, WEFT_STATUS_OK);
	solo_obey(so);
	solo_drain(so);
	CU_ASSERT(o.stream.n_free == 0);	/* half a message */
	v = solo_write(so, 0, 8, 8, 16);
	solo_take(so, &v, WEFT_STATUS_OK);
	v = solo_read(so, 1, 100);
	solo_take(so, &v, WEFT_STATUS_OK);
	solo_obey(so);
	CU_ASSERT(solo_tx_op(so, WEFT_OPCODE_READ_RSP));
	solo_drain(so);
	CU_ASSERT(o.ctx.n_free == 0 && o.stream.n_free == 0);
	solo_ack_all(so);
	solo_drain(so);
	CU_ASSERT(o.ctx.n_free == 1 && o.stream.n_free == 1);
	end(&o);
}

/* WEFT-PDC-060: nothing changes but the count, and the same packet is welcome later. */
static void weft_rx__no_block(void)
{
	struct pooled o;
	struct solo *so = &o.so;
	struct weft_view v;
	struct weft_pdc before;
	void *ctx, *stream;

	ready(&o);
	ctx = blocks_take(&o.ctx);
	v = solo_write(so, 0, 0, 8, 8);
	v.d.flags |= WEFT_DFLAGS_AR;
	before = *so->p;
	CU_ASSERT_EQUAL(solo_rx(so, &v), WEFT_DROP_NO_ROOM);
	CU_ASSERT(!so->has_act);
	before.heard = before.active = so->now;
	CU_ASSERT_EQUAL(memcmp(&before, so->p, sizeof(before)), 0);
	CU_ASSERT(!solo_tx(so));		/* not acknowledged either */
	blocks_give(&o.ctx, ctx);
	stream = blocks_take(&o.stream);
	CU_ASSERT_EQUAL(solo_rx(so, &v), WEFT_DROP_NO_ROOM);
	CU_ASSERT(!so->has_act);
	CU_ASSERT(!solo_tx(so));
	CU_ASSERT_EQUAL(o.ctx.n_free, 1);
	CU_ASSERT_EQUAL(so->stats.drop[WEFT_DROP_NO_ROOM], 2);
	blocks_give(&o.stream, stream);
	CU_ASSERT_EQUAL(solo_take(so, &v, WEFT_STATUS_OK), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(so->act.type, WEFT_ACT_PLACE_MEM);
	solo_obey(so);
	CU_ASSERT(solo_tx_op(so, WEFT_OPCODE_TACK));
	CU_ASSERT_EQUAL(solo_rx(so, &v), WEFT_DROP_DUPLICATE);
	end(&o);
}

static void weft_post__no_block(void)
{
	struct pooled o;
	struct solo *so = &o.so;
	void *stream;

	ready(&o);
	stream = blocks_take(&o.stream);
	CU_ASSERT_EQUAL(solo_post(so, WEFT_OPCODE_WRITE, 1, 8, 0), WEFT_EFULL);
	CU_ASSERT_EQUAL(so->s->tail, 0);
	CU_ASSERT_PTR_NULL(net_check(so->p));
	blocks_give(&o.stream, stream);
	CU_ASSERT_EQUAL(solo_post(so, WEFT_OPCODE_WRITE, 1, 8, 0), WEFT_OK);
	CU_ASSERT(solo_tx_op(so, WEFT_OPCODE_WRITE));
	end(&o);
}

/* WEFT-PDC-061 */
static void weft_tx__no_block(void)
{
	struct pooled o;
	struct solo *so = &o.so;
	void *ctx;

	ready(&o);
	CU_ASSERT_EQUAL(solo_post(so, WEFT_OPCODE_WRITE, 1, 8, 0), WEFT_OK);
	ctx = blocks_take(&o.ctx);
	for (int i = 0; i < 3; i++) {
		CU_ASSERT(!solo_tx(so));
		CU_ASSERT(weft_deadline(so->p) > so->now);
		CU_ASSERT(weft_deadline(so->p) <= so->now + 1000 * US);
		solo_until(so, weft_deadline(so->p));
	}
	CU_ASSERT_EQUAL(weft_ep_reject(so->p, 0x33, WEFT_EP_REASON_NO_ROOM), WEFT_EFULL);
	blocks_give(&o.ctx, ctx);
	CU_ASSERT(solo_tx_op(so, WEFT_OPCODE_WRITE));
	end(&o);
}

/* A path that is to be avoided is worth a block for a while. */
static void rest__paths_to_avoid(void)
{
	struct pooled o;
	struct solo *so = &o.so;
	struct weft_view v;
	weft_time due;

	ready(&o);
	solo_post(so, WEFT_OPCODE_WRITE, 1, 8, 0);
	CU_ASSERT(solo_tx_op(so, WEFT_OPCODE_WRITE));
	v = solo_ack(so, so->p->nxt - 1);
	v.b.ack.h.flags = WEFT_ACKFLAGS_ECHO;
	v.b.ack.h.echo_psn = so->p->nxt - 1;
	v.b.ack.h.echo_entropy = so->sent.d.entropy;
	v.b.ack.h.ce_count = 1;
	so->now += 5 * US;
	solo_rx(so, &v);
	solo_drain(so);
	CU_ASSERT_EQUAL(o.ctx.n_free, 0);
	due = weft_deadline(so->p);
	CU_ASSERT(due > so->now && due != WEFT_NEVER);
	solo_until(so, due);
	CU_ASSERT_EQUAL(o.ctx.n_free, 1);
	CU_ASSERT_PTR_NULL(net_check(so->p));
	end(&o);
}

static unsigned count_paths(struct solo *so, unsigned *seen)
{
	unsigned n = 0;

	for (; solo_tx(so); n++)
		seen[so->sent.d.entropy & 3]++;
	return n;
}

/* WEFT-CC-092: each of the four paths has its turn, though the context rests between packets. */
static void rest__keeps_the_turn(void)
{
	unsigned seen[4] = { 0 }, all = 0;
	struct weft_view v;
	struct pooled o;
	struct solo *so = &o.so;

	ready(&o);
	for (uint32_t i = 0; i < 12; i++) {
		solo_post(so, WEFT_OPCODE_WRITE, i, 8, 0);
		all += count_paths(so, seen);
		solo_ack_all(so);
		v = solo_tack(so, i, WEFT_STATUS_OK);
		v.d.flags |= WEFT_DFLAGS_AR;
		solo_rx(so, &v);
		solo_work(so);
		all += count_paths(so, seen);
		CU_ASSERT_EQUAL(o.ctx.n_free, 1);
	}
	CU_ASSERT(all >= 12);
	for (int i = 0; i < 4; i++)
		CU_ASSERT(seen[i] >= all / 4 && seen[i] <= all / 4 + 1);
	end(&o);
}

/* A context and a stream that go in the middle of their work leave clean blocks. */
static void fini__gives_back(void)
{
	struct pooled o;
	struct solo *so = &o.so;
	struct weft_view v;
	uint8_t sum = 0;

	ready(&o);
	solo_post(so, WEFT_OPCODE_WRITE, 1, 8000, 0);
	solo_drain(so);
	v = solo_write(so, 1, 0, 8, 16);	/* early: kept */
	solo_take(so, &v, WEFT_STATUS_HELD);
	v = solo_send(so, 2, 0, 0, 8, 16);
	solo_rx(so, &v);			/* not answered */
	weft_stream_fini(so->s, WEFT_EP_REASON_CLOSED);
	CU_ASSERT_EQUAL(o.stream.n_free, 1);
	weft_pdc_abort(so->p, WEFT_STATUS_PEER_RESET, false);
	weft_pdc_fini(so->p);
	CU_ASSERT_EQUAL(o.ctx.n_free, 1);
	for (uint32_t i = 8; i < o.ctx.block; i++)
		sum |= ((uint8_t *)o.ctx_mem)[i];
	for (uint32_t i = 8; i < o.stream.block; i++)
		sum |= ((uint8_t *)o.stream_mem)[i];
	CU_ASSERT_EQUAL(sum, 0);
	end(&o);
}

WEFT_SUITE(t_blocks) {
	{ "weft_blocks__take_and_give", weft_blocks__take_and_give },
	{ "weft_blocks__zeroed", weft_blocks__zeroed },
	{ "weft_pdc_size__at_rest", weft_pdc_size__at_rest },
	{ "weft_profile_prepare__pool_of_small_blocks",
	  weft_profile_prepare__pool_of_small_blocks },
	{ "rest__after_a_write_of_ours", rest__after_a_write_of_ours },
	{ "rest__after_rnr", rest__after_rnr },
	{ "rest__after_reads_and_writes_of_the_peers", rest__after_reads_and_writes_of_the_peers },
	{ "weft_rx__no_block", weft_rx__no_block },
	{ "weft_post__no_block", weft_post__no_block },
	{ "weft_tx__no_block", weft_tx__no_block },
	{ "rest__paths_to_avoid", rest__paths_to_avoid },
	{ "rest__keeps_the_turn", rest__keeps_the_turn },
	{ "fini__gives_back", fini__gives_back },
};
