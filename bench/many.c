/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * weft_many: very many contexts open, few of them active.  Pairs of contexts back to back in one
 * thread, as in engine.c; each visit to an active pair carries a few WRITEs to completion, in an
 * order that no cache foresees; deadlines lie in a timer wheel.  What a packet costs is compared
 * between few contexts, as many as are active, and very many open beside those.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "core/weft.h"

#define BURST	16u
#define PER_VISIT 8u		/* WRITEs */
#define WINDOW	64u
#define PAYLOAD	4096u
#define SLOTS	16384u		/* of the wheel */
#define SLOT_NS	4096u
#define GO_NS	1000000000ull	/* measured so long */

struct end {			/* one context with one stream, and its timer */
	struct weft_pdc *pdc;
	struct weft_stream *s;
	struct end *peer, *next, **at;	/* next, at: in a slot of the wheel; at NULL: in none */
	uint64_t tick;			/* of its slot */
	uint32_t done, posted;
	bool a;
};

struct world {
	struct weft_profile prof[2];
	struct weft_stats stats;
	struct weft_peer peer[2];
	struct weft_blocks ctx_blocks, stream_blocks;
	struct weft_stream_cfg scfg;
	struct end *ends;		/* pairs: 2i and 2i + 1 */
	size_t ctx_bytes, stream_bytes;
	weft_time now;
	struct end *slot[SLOTS];
	uint64_t ticked;		/* slots that have been looked at */
	uint64_t timers_set, timers_fired;
	uint64_t data, refused;
};

/* ---- the timer wheel: O(1) to set, amortised O(1) to fire ---------------------------- */

static void unset(struct end *e)
{
	if (!e->at)
		return;
	*e->at = e->next;
	if (e->next)
		e->next->at = e->at;
	e->at = NULL;
}

/* A deadline that moves away is left in its slot: the wheel looks again when it comes by. */
static void set(struct world *w, struct end *e, weft_time due)
{
	struct end **head;
	uint64_t tick;

	if (due == WEFT_NEVER)
		return;
	tick = due / SLOT_NS + 1;
	if (tick <= w->ticked)
		tick = w->ticked + 1;
	if (tick > w->ticked + SLOTS - 1)	/* far away: look again after a turn */
		tick = w->ticked + SLOTS - 1;
	if (e->at && e->tick <= tick)
		return;
	unset(e);
	e->tick = tick;
	head = &w->slot[tick % SLOTS];
	e->next = *head;
	if (e->next)
		e->next->at = &e->next;
	e->at = head;
	*head = e;
	w->timers_set++;
}

static void turn(struct world *w, struct end *me);

static void tick(struct world *w)
{
	while (w->ticked < w->now / SLOT_NS) {
		struct end *e = w->slot[++w->ticked % SLOTS], *next;

		w->slot[w->ticked % SLOTS] = NULL;
		for (; e; e = next) {
			next = e->next;
			e->at = NULL;
			if (weft_deadline(e->pdc) <= w->now) {
				w->timers_fired++;
				weft_expire(e->pdc, w->now);
				turn(w, e);
				turn(w, e->peer);
			}
			set(w, e, weft_deadline(e->pdc));
		}
	}
}

/* ---- the host ------------------------------------------------------------------------ */

static void handle(struct end *me, const struct weft_act *act)
{
	if (act->type == WEFT_ACT_COMPLETE)
		me->done++;
	else if (act->type == WEFT_ACT_EVENT && act->event == WEFT_EV_EP_CONNECT)
		weft_ep_accept(me->s, &act->ep, NULL, 0);
	else if (act->token)
		weft_done(me->pdc, act->token, WEFT_STATUS_OK, 0);
}

static void turn(struct world *w, struct end *me)
{
	struct weft_txd txd[BURST];
	struct weft_act acts[16], act;
	struct weft_view v;
	enum weft_drop why;
	size_t n;

	while ((n = weft_work(me->pdc, acts, 16, w->now)))
		for (size_t i = 0; i < n; i++)
			handle(me, &acts[i]);
	n = weft_tx(me->pdc, txd, BURST, w->now);
	for (size_t i = 0; i < n; i++) {
		w->data += txd[i].len > 0;
		if (weft_parse(&v, txd[i].hdr, txd[i].hdr_len + txd[i].len + WEFT_HDR_CRC_LEN))
			abort();
		if (weft_rx(me->peer->pdc, &v, w->now, &act, &why))
			handle(me->peer, &act);
		w->refused += why != WEFT_DROP_NONE;	/* sent again for nothing */
	}
}

/* A few WRITEs from begin to end. */
static void visit(struct world *w, struct end *a)
{
	static const struct weft_wr wr = { .opcode = WEFT_OPCODE_WRITE, .len = PAYLOAD };

	for (uint32_t i = 0; i < PER_VISIT; i++)
		a->posted += !weft_post(a->s, &wr);
	while (a->done != a->posted) {
		turn(w, a);
		turn(w, a->peer);
		w->now += 500;
	}
	set(w, a, weft_deadline(a->pdc));
	set(w, a->peer, weft_deadline(a->peer->pdc));
	tick(w);
}

/* ---- making -------------------------------------------------------------------------- */

static void fail(const char *what)
{
	fprintf(stderr, "weft_many: %s\n", what);
	exit(1);
}

static void *memory(size_t bytes)
{
	void *p = calloc(1, bytes);

	if (!p)
		fail("out of memory");
	return p;
}

static void pools(struct world *w)
{
	const uint32_t n = 65536;	/* more than can be in use before acknowledgements come */

	weft_blocks_init(&w->ctx_blocks, weft_profile_block(&w->prof[0]));
	weft_blocks_init(&w->stream_blocks, weft_stream_block(&w->scfg));
	for (uint32_t i = 0; i < n; i += 1024) {
		weft_blocks_add(&w->ctx_blocks, memory(1024ul * w->ctx_blocks.block), 1024);
		weft_blocks_add(&w->stream_blocks, memory(1024ul * w->stream_blocks.block), 1024);
	}
}

static void init(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->now = 1000000000;
	w->ticked = w->now / SLOT_NS;
	w->scfg = (struct weft_stream_cfg){ .sq_depth = 16, .window = 16, .reads = 4,
					    .rnr_retry = 7, .pool = &w->stream_blocks };
	for (int i = 0; i < 2; i++) {
		w->prof[i] = (struct weft_profile){ .chip_id = 1u + (unsigned)i, .incarnation = 1,
			.window = WINDOW, .max_payload = PAYLOAD, .max_streams = 16,
			.max_paths = 1, .cc = WEFT_CC_FIXED, .cc_init_pkts = WINDOW };
		weft_peer_init(&w->peer[i], 2u - (unsigned)i, 100);
		w->peer[i].known = true;
		w->peer[i].incarnation = 1;
	}
	pools(w);
	for (int i = 0; i < 2; i++) {
		w->prof[i].pool = &w->ctx_blocks;
		if (weft_profile_prepare(&w->prof[i]))
			fail("the engine refuses the profile");
	}
}

static struct weft_pdc_cfg config(struct world *w, int side, uint32_t id)
{
	return (struct weft_pdc_cfg){ .profile = &w->prof[side], .peer = &w->peer[side],
		.stats = &w->stats, .pdc_id = id, .mode = WEFT_MODE_RUD, .mtu_payload = PAYLOAD,
		.peer_window = WINDOW, .peer_payload = PAYLOAD, .n_paths = 1 };
}

static void add_stream(struct world *w, struct end *e, uint32_t qpn)
{
	struct weft_stream_cfg cfg = w->scfg;

	cfg.qpn = qpn;
	w->stream_bytes = weft_stream_size(&cfg);
	if (weft_stream_init(e->pdc, memory(w->stream_bytes), &cfg, &e->s))
		fail("no stream");
}

static void connect(struct world *w, uint32_t pair)
{
	struct end *a = &w->ends[2 * pair], *b = a + 1;
	struct weft_pdc_cfg ca = config(w, 0, 2 * pair + 1), cb = config(w, 1, 2 * pair + 2);
	struct weft_act act;
	struct weft_txd t;
	struct weft_view v;
	enum weft_drop why;

	a->peer = b;
	b->peer = a;
	a->a = true;
	w->ctx_bytes = weft_pdc_size(&ca);
	a->pdc = weft_pdc_open(memory(w->ctx_bytes), &ca, w->now);
	add_stream(w, a, 1);
	if (weft_ep_connect(a->s, 1, NULL, 0) || weft_tx(a->pdc, &t, 1, w->now) != 1 ||
	    weft_parse(&v, t.hdr, t.hdr_len + WEFT_HDR_CRC_LEN))
		fail("no first packet");
	b->pdc = weft_pdc_accept(memory(w->ctx_bytes), &cb, &v, w->now);
	if (!b->pdc)
		fail("not accepted");
	add_stream(w, b, 2);
	if (weft_rx(b->pdc, &v, w->now, &act, &why))
		handle(b, &act);
	visit(w, a);
}

/* ---- measuring ----------------------------------------------------------------------- */

/* ns for each packet with payload, with the first `active` pairs at work. */
static double measure(struct world *w, uint32_t active)
{
	uint32_t *order = memory(active * sizeof(*order)), x = 12345;
	uint64_t begin, data;
	double ns;

	for (uint32_t i = 0; i < active; i++)
		order[i] = i;
	for (uint32_t i = active; i-- > 1;) {
		uint32_t k, t;

		x = x * 1664525u + 1013904223u;
		k = x % (i + 1);
		t = order[i];
		order[i] = order[k];
		order[k] = t;
	}
	for (uint32_t i = 0; i < active; i++)		/* warm */
		visit(w, &w->ends[2 * order[i]]);
	begin = cpu_ns();
	data = w->data;
	for (uint32_t i = 0; cpu_ns() - begin < GO_NS;)
		for (int k = 0; k < 16; k++, i++)
			visit(w, &w->ends[2 * order[i % active]]);
	ns = (double)(cpu_ns() - begin) / (double)(w->data - data);
	free(order);
	return ns;
}

static void row(struct world *w, FILE *json, bool first, uint32_t open, uint32_t active)
{
	uint64_t set0 = w->timers_set, fired0 = w->timers_fired, data0 = w->data;
	double ns = measure(w, active / 2), timers;

	timers = (double)(w->timers_set - set0 + w->timers_fired - fired0) /
		 (double)(w->data - data0);
	printf("%9u open, %6u active: %6.1f ns a packet, %.4f timer operations a packet, "
	       "in use: %u context blocks, %u stream blocks; %llu refused\n", open, active, ns,
	       timers,
	       w->ctx_blocks.n_all - w->ctx_blocks.n_free,
	       w->stream_blocks.n_all - w->stream_blocks.n_free,
	       (unsigned long long)w->refused);
	fflush(stdout);
	if (json)
		fprintf(json, "%s\n    { \"open\": %u, \"active\": %u, \"ns_a_packet\": %.1f, "
			"\"timer_operations_a_packet\": %.4f }", first ? "" : ",", open, active, ns,
			timers);
}

int main(int argc, char **argv)
{
	uint32_t open = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) : 1000000;
	uint32_t active = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 0) : 10000;
	FILE *json = argc > 3 ? fopen(argv[3], "w") : NULL;
	static struct world w;
	uint32_t pairs = 0;

	if (open < active || active < 2 || open > 1u << 24) {
		fprintf(stderr, "weft_many [OPEN [ACTIVE [JSON]]]: contexts, OPEN >= ACTIVE\n");
		return 2;
	}
	init(&w);
	w.ends = memory((size_t)open * sizeof(*w.ends));
	if (json)
		fprintf(json, "{\n%s  \"rows\": [", argc > 4 ? argv[4] : "");
	while (pairs < 1)
		connect(&w, pairs++);
	row(&w, json, true, 2, 2);
	while (pairs < active / 2)
		connect(&w, pairs++);
	row(&w, json, false, active, active);
	while (pairs < open / 2)
		connect(&w, pairs++);
	row(&w, json, false, open, active);
	printf("an open context: %zu B, its stream: %zu B; a block of work: %u B and %u B\n",
	       w.ctx_bytes, w.stream_bytes, w.ctx_blocks.block, w.stream_blocks.block);
	if (json)
		fprintf(json, "\n  ],\n  \"context_bytes\": %zu,\n  \"stream_bytes\": %zu,\n"
			"  \"context_block_bytes\": %u,\n  \"stream_block_bytes\": %u\n}\n",
			w.ctx_bytes, w.stream_bytes, w.ctx_blocks.block, w.stream_blocks.block);
	return json && fclose(json) ? 1 : 0;
}
