/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Memory for what is known of paths, of a pool: it is taken when there is something to know, and
 * returns at rest; without it paths are used in turn as if all were good.
 */
#include <stdlib.h>

#include "core/test/net_check.h"
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

enum { PATHS = 4, PACKETS = 11 };

struct setted {
	struct solo so;
	struct weft_blocks ctx, sets;
	void *ctx_mem, *set_mem;
};

static void ready(struct setted *o, enum weft_path_law law)
{
	struct weft_profile *f = &o->so.prof;

	solo_init(&o->so);
	o->so.cfg.n_paths = f->max_paths = PATHS;
	f->path_law = law;
	f->cc = WEFT_CC_FIXED;
	f->cc_init_pkts = 64;
	f->pool = &o->ctx;
	f->sets = &o->sets;
	weft_blocks_init(&o->ctx, weft_profile_block(f));
	weft_blocks_init(&o->sets, weft_profile_set(f));
	o->ctx_mem = malloc(o->ctx.block);
	o->set_mem = malloc(o->sets.block);
	weft_blocks_add(&o->ctx, o->ctx_mem, 1);
	weft_blocks_add(&o->sets, o->set_mem, 1);
	solo_ready(&o->so);
}

static void end(struct setted *o)
{
	solo_fini(&o->so);
	free(o->ctx_mem);
	free(o->set_mem);
}

static void weft_profile_prepare__sets(void)
{
	struct weft_blocks ctx, sets;
	struct solo so;
	size_t whole;

	solo_init(&so);
	so.prof.max_paths = PATHS;
	whole = weft_profile_block(&so.prof);
	so.prof.sets = &sets;
	CU_ASSERT_EQUAL(whole - weft_profile_block(&so.prof), weft_profile_set(&so.prof));
	weft_blocks_init(&sets, weft_profile_set(&so.prof));
	CU_ASSERT_EQUAL(weft_profile_prepare(&so.prof), WEFT_EINVAL);	/* sets, and no pool */
	weft_blocks_init(&ctx, weft_profile_block(&so.prof));
	so.prof.pool = &ctx;
	CU_ASSERT_EQUAL(weft_profile_prepare(&so.prof), WEFT_OK);
	sets.block -= 8;
	CU_ASSERT_EQUAL(weft_profile_prepare(&so.prof), WEFT_EINVAL);	/* too short */
}

/* The paths that packets take, and how often each. */
static void send(struct solo *so, uint32_t n, unsigned count[PATHS])
{
	uint16_t last = UINT16_MAX;

	memset(count, 0, PATHS * sizeof(*count));
	CU_ASSERT_EQUAL(solo_post(so, WEFT_OPCODE_WRITE, 5, n * 1024, 0), WEFT_OK);
	for (uint32_t i = 0; i < n; i++) {
		uint16_t path;

		CU_ASSERT_FATAL(solo_tx(so));
		path = (uint16_t)(so->txd.entropy - so->cfg.entropy_base);
		CU_ASSERT_FATAL(path < PATHS);
		CU_ASSERT_NOT_EQUAL(path, last);
		last = path;
		count[path]++;
	}
}

/* Nothing is lost or marked: no set, and each path has its turn. */
static void path_choose__nothing_known(void)
{
	unsigned count[PATHS];
	struct setted o;

	ready(&o, WEFT_PATHS_OBLIVIOUS);
	CU_ASSERT_EQUAL(o.sets.n_free, 1);
	send(&o.so, PATHS * 3, count);
	for (int i = 0; i < PATHS; i++)
		CU_ASSERT_EQUAL(count[i], 3);
	CU_ASSERT_EQUAL(o.sets.n_free, 1);
	CU_ASSERT_PTR_NULL(o.so.p->paths);
	CU_ASSERT_PTR_NULL(net_check(o.so.p));
	end(&o);
}

/* A loss is remembered: the set is taken, goes on where the turn was, and returns at rest. */
static void path_lost__takes_a_set(void)
{
	unsigned count[PATHS];
	struct setted o;
	struct solo *so = &o.so;
	struct weft_view v;
	uint16_t next;

	ready(&o, WEFT_PATHS_OBLIVIOUS);
	send(so, PACKETS, count);
	next = so->p->path_next;
	so->p->srtt = 1000000;		/* it is avoided for a few of these */
	for (int i = 0; i < 3; i++)
		path_lost(so->p, 2, so->now);
	CU_ASSERT_EQUAL(o.sets.n_free, 0);
	CU_ASSERT_EQUAL(so->p->paths->next, next);
	CU_ASSERT_NOT_EQUAL(so->p->paths->at[2].state, WEFT_PATH_STATE_GOOD);
	send(so, PATHS * 3, count);
	CU_ASSERT_EQUAL(count[2], 0);
	CU_ASSERT_PTR_NULL(net_check(so->p));
	path_state(so->p, 2, WEFT_PATH_STATE_GOOD, 0);
	solo_ack_all(so);
	for (uint32_t i = 0; i < 2; i++) {
		v = solo_tack(so, i, WEFT_STATUS_OK);
		v.d.flags |= WEFT_DFLAGS_AR;
		solo_rx(so, &v);
	}
	solo_work(so);
	solo_drain(so);
	CU_ASSERT(o.ctx.n_free == 1 && o.sets.n_free == 1);
	end(&o);
}

/* No room to remember: every path is taken in turn, and nothing else changes. */
static void path_lost__no_set(void)
{
	unsigned count[PATHS];
	struct setted o;
	struct solo *so = &o.so;
	void *set;

	ready(&o, WEFT_PATHS_OBLIVIOUS);
	set = blocks_take(&o.sets);
	send(so, PATHS, count);
	for (int i = 0; i < 3; i++)
		path_lost(so->p, 2, so->now);
	path_marked(so->p, 1, so->now);
	path_timeout(so->p, 1, so->now);
	CU_ASSERT(path_pick_other(so->p, 2, true, so->now) < PATHS);
	CU_ASSERT_PTR_NULL(so->p->paths);
	so->p->path_next = 0;
	send(so, PATHS * 3, count);
	for (int i = 0; i < PATHS; i++)
		CU_ASSERT_EQUAL(count[i], 3);
	CU_ASSERT_PTR_NULL(net_check(so->p));
	blocks_give(&o.sets, set);
	end(&o);
}

/* What is kept of good paths is memory from the beginning. */
static void path_begin__recycled(void)
{
	struct setted o;
	unsigned count[PATHS];

	ready(&o, WEFT_PATHS_RECYCLED);
	send(&o.so, 1, count);
	CU_ASSERT_EQUAL(o.sets.n_free, 0);
	end(&o);
}

/* A context that ends while it avoids a path leaves nothing of that to the next. */
static void path_end__in_disorder(void)
{
	struct setted o;
	struct solo *so = &o.so;
	struct path_set *set = NULL;
	unsigned count[PATHS];

	ready(&o, WEFT_PATHS_OBLIVIOUS);
	send(so, 2, count);
	for (int i = 0; i < 3; i++)
		path_lost(so->p, 0, so->now);
	set = so->p->paths;
	CU_ASSERT_PTR_NOT_NULL_FATAL(set);
	weft_stream_fini(so->s, WEFT_EP_REASON_CLOSED);
	weft_pdc_abort(so->p, WEFT_STATUS_PEER_RESET, false);
	weft_pdc_fini(so->p);
	CU_ASSERT(o.ctx.n_free == 1 && o.sets.n_free == 1);
	CU_ASSERT_EQUAL(set->made_for, 0);
	end(&o);
}

WEFT_SUITE(t_sets) {
	{ "weft_profile_prepare__sets", weft_profile_prepare__sets },
	{ "path_choose__nothing_known", path_choose__nothing_known },
	{ "path_lost__takes_a_set", path_lost__takes_a_set },
	{ "path_lost__no_set", path_lost__no_set },
	{ "path_begin__recycled", path_begin__recycled },
	{ "path_end__in_disorder", path_end__in_disorder },
};
