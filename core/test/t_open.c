/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Contexts of two nodes: opening at once, opening late, closing, starting again. */
#include <stdio.h>
#include <stdlib.h>

#include "core/test/net.h"
#include "core/test/net_check.h"
#include "core/test/pk.h"
#include "tools/test/cunit_main.h"

#define SECOND 1000000000ull
#define SEEDS 10

static const struct net_opts bad = { .loss = .15, .dup = .15, .jitter_ns = 20000,
				     .retry_limit = 60 };

static struct net *make(const struct net_opts *o, unsigned i, enum weft_mode mode)
{
	struct net_opts opts = *o;

	opts.seed = (uint32_t)weft_test_seed * 100 + i;
	opts.mode = mode;
	return net_new(&opts);
}

/* Asks for n streams in one burst, before anything is known of the peer. */
static void ask(struct net *net, struct net_stream **st, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		st[i] = net_stream(&net->n[0], 10 + i);
		CU_ASSERT_PTR_NOT_NULL_FATAL(st[i]);
		CU_ASSERT_EQUAL(weft_ep_connect(st[i]->s, i, NULL, 0), WEFT_OK);
	}
}

static void check_asked(struct net *net, struct net_stream **st, uint32_t n)
{
	unsigned good = 0;

	for (uint32_t i = 0; i < n; i++)
		good += st[i]->connected && net_peer_of(net, st[i]) != NULL;
	if (good != n)
		printf("open: %u of %u connected, %zu made, seed %u\n", good, n, net->n[1].n_st,
		       net->o.seed);
	CU_ASSERT_EQUAL(good, n);
	CU_ASSERT_EQUAL(net->n[1].n_st, n);	/* each request was taken once */
	CU_ASSERT_EQUAL(net->n[1].n_old, 0);	/* WEFT-PDC-002: in one context */
}

/* WEFT-PDC-001, WEFT-PDC-002 */
static void open__burst_over_a_bad_network(void)
{
	for (unsigned i = 0; i < 2 * SEEDS; i++) {
		struct net *net = make(&bad, i, i % 2 ? WEFT_MODE_ROD : WEFT_MODE_RUD);
		struct net_stream *st[14];

		ask(net, st, 14);
		net_run(net, SECOND, NULL, NULL);
		check_asked(net, st, 14);
		CU_ASSERT(net->n[0].open && net->n[1].open);
		CU_ASSERT_PTR_NULL(net_check_idle(net->n[0].pdc));
		CU_ASSERT_PTR_NULL(net_check_idle(net->n[1].pdc));
		net_free(net);
	}
}

/* WEFT-PDC-003, WEFT-PDC-004: everything again from a new start, and each thing once. */
static void open__start_psn_is_not_new(void)
{
	for (unsigned i = 0; i < 2 * SEEDS; i++) {
		struct net *net = make(i < SEEDS ? &bad : &(struct net_opts){ .dup = .5,
				       .jitter_ns = 9000 }, i, i % 2 ? WEFT_MODE_ROD :
				       WEFT_MODE_RUD);
		uint32_t first = net->n[0].pdc->tx_start;
		struct net_stream *st[10];

		net->n[1].peer.known = net->n[1].peer.floored = true;
		net->n[1].peer.incarnation = 7;
		net->n[1].peer.rx_floor = first + (i % 3 ? 0 : 1000);
		ask(net, st, 10);
		net_run(net, SECOND, NULL, NULL);
		check_asked(net, st, 10);
		CU_ASSERT(net->n[1].rx_drop[WEFT_DROP_STALE_SYN] > 0);
		CU_ASSERT(psn_before(net->n[1].peer.rx_floor, first + 0x10000));
		CU_ASSERT(psn_before(first, net->n[0].pdc->tx_start));
		net_free(net);
	}
}

/* WEFT-PDC-009 */
static void open__busy(void)
{
	for (int later = 0; later < 2; later++) {
		struct net *net = make(&(struct net_opts){ .retry_limit = 4 }, 1, WEFT_MODE_RUD);
		struct net_stream *st;

		net->n[1].busy = true;
		ask(net, &st, 1);
		net_run(net, 5000000, NULL, NULL);
		CU_ASSERT(net->n[1].rx_drop[WEFT_DROP_BUSY] > 0);
		CU_ASSERT_PTR_NULL(net->n[1].pdc);
		CU_ASSERT(!net->n[1].peer.known);
		CU_ASSERT(!st->error);
		net->n[1].busy = !later;
		net_run(net, 5 * SECOND, NULL, NULL);
		CU_ASSERT_EQUAL(st->connected, later);
		CU_ASSERT_EQUAL(net->n[0].failed, !later);
		if (!later)
			CU_ASSERT_EQUAL(st->error_status, WEFT_STATUS_NO_RESOURCES);
		net_free(net);
	}
}

/* WEFT-PDC-008: a mode or a domain that is not offered there. */
static void open__other_mode_or_domain(void)
{
	for (int what = 0; what < 2; what++) {
		struct net *net = make(&(struct net_opts){ 0 }, 1, WEFT_MODE_RUD);
		struct net_stream *st;

		if (what)
			net->n[1].cfg.mode = WEFT_MODE_ROD;
		else
			net->n[1].cfg.domain = 2;
		ask(net, &st, 1);
		net_run(net, SECOND, NULL, NULL);
		CU_ASSERT(net->n[0].failed);
		CU_ASSERT_EQUAL(st->error_status, WEFT_STATUS_BAD_DOMAIN);
		CU_ASSERT_PTR_NULL(net->n[1].pdc);
		net_free(net);
	}
}

/* WEFT-RTX-007, WEFT-PDC-012: nobody there. */
static void open__no_answer(void)
{
	struct net *net = make(&(struct net_opts){ .retry_limit = 5 }, 1, WEFT_MODE_RUD);
	struct net_stream *st;

	net->cut = true;
	ask(net, &st, 1);
	net_run(net, 100 * SECOND, NULL, NULL);
	CU_ASSERT(net->n[0].failed);
	CU_ASSERT_EQUAL(net->n[0].fail_status, WEFT_STATUS_RETRY_EXCEEDED);
	CU_ASSERT_EQUAL(st->error_status, WEFT_STATUS_RETRY_EXCEEDED);
	CU_ASSERT_EQUAL(net->sent, 6);
	net_free(net);
}

/* ---- ends --------------------------------------------------------------------------- */

static void write_some(struct net *net, struct net_stream *st, uint8_t *buf, uint32_t n)
{
	size_t before = st->n_wc;

	for (uint32_t i = 0; i < n; i++)
		CU_ASSERT_EQUAL(net_post(st, WEFT_OPCODE_WRITE, i, buf, 3000, 0x77, 0x10000, 0),
				WEFT_OK);
	CU_ASSERT(net_wait(net, st, before + n));
}

/*
 * Open, work, close, many times over a bad network: each end in order, nothing left over, and
 * the memory as it should be.  WEFT-PDC-013, WEFT-PDC-014
 */
static void close__again_and_again(void)
{
	for (unsigned i = 0; i < 2 * SEEDS; i++) {
		struct net *net = make(&bad, i, i % 2 ? WEFT_MODE_ROD : WEFT_MODE_RUD);
		uint8_t buf[3000];

		net_mr(&net->n[1], 0x77, 0x10000, 4096, WEFT_MR_WRITE);
		for (unsigned round = 0; round < 6; round++) {
			struct net_stream *st = net_connect(net, 5);

			CU_ASSERT_PTR_NOT_NULL_FATAL(st);
			memset(buf, (int)(round + 1), sizeof(buf));
			write_some(net, st, buf, 5);
			CU_ASSERT_EQUAL(memcmp(net->n[1].mr_mem[0], buf, sizeof(buf)), 0);
			net_end(&net->n[0], st, WEFT_EP_REASON_CLOSED);
			weft_pdc_close(net->n[round % 2].pdc);
			net_run(net, 20 * SECOND, NULL, NULL);
			if (!net->n[0].closed || !net->n[1].closed)
				printf("close: %d %d seed %u\n", net->n[0].closed,
				       net->n[1].closed, net->o.seed);
			CU_ASSERT(net->n[0].closed && net->n[1].closed);
			CU_ASSERT(!net->n[0].failed && !net->n[1].failed);
			CU_ASSERT_EQUAL(net->n[1].pdc->n_hold_free, net->n[1].pdc->hold_mark);
			net_again(net, false);
		}
		net_free(net);
	}
}

/* WEFT-PDC-010, WEFT-PDC-011: the target has lost its memory. */
static void no_context__fails_what_is_outstanding(void)
{
	struct net *net = make(&(struct net_opts){ 0 }, 1, WEFT_MODE_RUD);
	struct net_stream *st = net_connect(net, 5);
	uint8_t buf[8] = { 0 };

	net_forget(&net->n[1]);
	net_post(st, WEFT_OPCODE_WRITE, 1, buf, 8, 0x77, 0x10000, 0);
	net_run(net, SECOND, NULL, NULL);
	CU_ASSERT(net->n[1].rx_drop[WEFT_DROP_NO_CONTEXT] > 0);
	CU_ASSERT(net->n[0].failed);
	CU_ASSERT_EQUAL(st->n_wc, 1);
	CU_ASSERT_EQUAL(st->wc[0].status, WEFT_STATUS_PEER_RESET);
	net_free(net);
}

static void reset__fails_the_peer(void)
{
	struct net *net = make(&(struct net_opts){ 0 }, 1, WEFT_MODE_RUD);
	struct net_stream *st = net_connect(net, 5);

	net_run(net, SECOND, NULL, NULL);
	weft_pdc_abort(net->n[1].pdc, WEFT_STATUS_OP_FAILED, true);
	net_run(net, SECOND, NULL, NULL);
	CU_ASSERT(net->n[0].failed);
	CU_ASSERT_EQUAL(net->n[0].fail_status, WEFT_STATUS_PEER_RESET);
	CU_ASSERT(st->error);
	net_free(net);
}

static bool from_the_target(struct net *net, int from, uint8_t *bytes, uint32_t *len, void *arg)
{
	(void)net;
	(void)bytes;
	(void)len;
	(void)arg;
	return from != 1;		/* false: lost */
}

/*
 * WEFT-PDC-075: the target has taken what came, nothing of it reached us, and it gives up; told to
 * begin anew we would ask twice.
 */
static void open__given_up_by_the_target(void)
{
	for (int mode = WEFT_MODE_RUD; mode <= WEFT_MODE_ROD; mode++) {
		struct net *net = make(&(struct net_opts){ 0 }, 1, (enum weft_mode)mode);
		struct net_stream *st;

		net->filter = from_the_target;
		ask(net, &st, 1);
		net_run(net, SECOND / 1000, NULL, NULL);
		CU_ASSERT_EQUAL_FATAL(net->n[1].n_st, 1);	/* it has accepted */
		CU_ASSERT(!net->n[0].open);
		weft_pdc_abort(net->n[1].pdc, WEFT_STATUS_RETRY_EXCEEDED, false);
		net_turn(net, 1);
		net_forget(&net->n[1]);
		net->filter = NULL;
		net_run(net, 100 * SECOND, NULL, NULL);
		CU_ASSERT(net->n[0].failed);
		CU_ASSERT_EQUAL(net->n[0].fail_status, WEFT_STATUS_PEER_RESET);
		CU_ASSERT_PTR_NULL(net->n[1].pdc);		/* asked once */
		CU_ASSERT_EQUAL(net->n[1].rx_drop[WEFT_DROP_STALE_SYN], 1);
		net_free(net);
	}
}

/* WEFT-PDC-030: both ends at once, with any difference between them: nobody needs a timer. */
static void close__both_at_once(void)
{
	for (unsigned i = 0; i < 40; i++) {
		struct net *net = make(&(struct net_opts){ 0 }, i, i % 2 ? WEFT_MODE_ROD :
				       WEFT_MODE_RUD);
		struct net_stream *st = net_connect(net, 5);

		CU_ASSERT_PTR_NOT_NULL_FATAL(st);
		net_run(net, SECOND, NULL, NULL);
		weft_pdc_close(net->n[i / 2 % 2].pdc);
		net_run(net, i / 4 * 300, NULL, NULL);
		weft_pdc_close(net->n[!(i / 2 % 2)].pdc);
		net_run(net, 10000000, NULL, NULL);
		CU_ASSERT(net->n[0].closed && net->n[1].closed);
		CU_ASSERT_EQUAL(net->n[0].stats.rtx_rto + net->n[1].stats.rtx_rto, 0);
		CU_ASSERT_EQUAL(net->n[0].stats.rtx_pkts + net->n[1].stats.rtx_pkts, 0);
		net_free(net);
	}
}

/* WEFT-PDC-005, WEFT-PDC-006: the initiator starts again, with PSNs that may be anything. */
static void restart__ends_what_was_before(void)
{
	for (unsigned i = 0; i < SEEDS; i++) {
		struct net *net = make(&bad, i, WEFT_MODE_RUD);
		struct net_stream *st, *old;
		uint8_t buf[3000];

		net_mr(&net->n[1], 0x77, 0x10000, 4096, WEFT_MR_WRITE);
		for (int round = 0; round < 3; round++) {
			st = net_connect(net, 5);
			CU_ASSERT_PTR_NOT_NULL_FATAL(st);
			memset(buf, round, sizeof(buf));
			write_some(net, st, buf, 3);
			old = net_peer_of(net, st);
			net_again(net, true);
			st = net_connect(net, 6);
			CU_ASSERT_PTR_NOT_NULL_FATAL(st);
			CU_ASSERT_EQUAL(net->n[1].peer.incarnation, net->n[0].prof.incarnation);
			if (old != net_peer_of(net, st))
				CU_ASSERT_EQUAL(old->error_status, WEFT_STATUS_PEER_RESET);
			net_again(net, true);
		}
		net_free(net);
	}
}

/* ---- the past comes back ------------------------------------------------------------ */

struct tape {
	struct net_pkt *p;
	size_t n, cap;
};

static bool record(struct net *net, int from, uint8_t *bytes, uint32_t *len, void *arg)
{
	struct tape *t = arg;
	struct net_pkt *p;

	if (t->n == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 256;
		t->p = realloc(t->p, t->cap * sizeof(*t->p));
	}
	p = &t->p[t->n++];
	p->to = !from;
	p->len = *len;
	p->at = net->now;
	memcpy(p->bytes, bytes, *len);
	return true;
}

struct memory {			/* all that packets could change */
	uint8_t bytes[4096];
	uint64_t atomics, placed;
	size_t streams;
};

static void look(const struct net *net, struct memory *m)
{
	memset(m, 0, sizeof(*m));
	memcpy(m->bytes, net->n[1].mr_mem[0], sizeof(m->bytes));
	m->atomics = net->n[1].executed_atomics;
	m->placed = net->n[1].placed;
	m->streams = net->n[1].n_st;
}

static void do_all_kinds(struct net *net, struct net_stream *st)
{
	struct net_stream *peer = net_peer_of(net, st);
	static uint8_t buf[3000];

	net_recv(peer, 8, NET_RQ_BYTES);
	for (uint32_t i = 0; i < 5; i++) {
		memset(buf, (int)i + 1, sizeof(buf));
		net_post(st, WEFT_OPCODE_WRITE, i, buf, 3000, 0x77, 0x10000, 0);
		net_post(st, WEFT_OPCODE_SEND, i, buf, 2000, 0, 0, 0);
		net_atomic(st, i, 0x77, 0x10000 + 4000, WEFT_AOP_FADD, 1, 0);
		net_post(st, WEFT_OPCODE_READ, i, buf, 1500, 0x77, 0x10000, 0);
		CU_ASSERT(net_wait(net, st, 4 * (i + 1)));
	}
}

static void replay(struct net *net, const struct tape *t)
{
	for (size_t i = 0; i < t->n; i++) {
		net_inject(net, t->p[i].to, t->p[i].bytes, t->p[i].len);
		if (net_rand(net) % 4 == 0)
			net_run(net, 3000, NULL, NULL);
	}
	net_run(net, SECOND, NULL, NULL);
}

/*
 * WEFT-PDC-003, WEFT-SEM-014: every packet of a context comes again, after it has closed; while
 * another one is open; and after the initiator has started again (WEFT-PDC-006).  Nothing of it
 * is executed, and what is open now goes on.
 */
static void replay__executes_nothing(void)
{
	for (unsigned i = 0; i < 12; i++) {
		struct net *net = make(i % 3 ? &bad : &(struct net_opts){ 0 }, i, i % 2 ?
				       WEFT_MODE_ROD : WEFT_MODE_RUD);
		struct tape tape = { NULL, 0, 0 };
		struct memory before, after;
		struct net_stream *st;

		net_mr(&net->n[1], 0x77, 0x10000, 4096, WEFT_MR_WRITE | WEFT_MR_READ |
		       WEFT_MR_ATOMIC);
		net->filter = record;
		net->filter_arg = &tape;
		st = net_connect(net, 5);
		CU_ASSERT_PTR_NOT_NULL_FATAL(st);
		do_all_kinds(net, st);
		net->filter = NULL;
		net_end(&net->n[0], st, WEFT_EP_REASON_CLOSED);
		weft_pdc_close(net->n[0].pdc);
		net_run(net, 20 * SECOND, NULL, NULL);
		CU_ASSERT(net->n[1].closed);
		look(net, &before);
		replay(net, &tape);
		look(net, &after);
		CU_ASSERT_EQUAL(memcmp(&before, &after, sizeof(before)), 0);
		for (int crash = 0; crash < 2; crash++) {
			net_again(net, crash);
			st = net_connect(net, 6 + (uint32_t)crash);
			CU_ASSERT_PTR_NOT_NULL_FATAL(st);
			net_run(net, SECOND, NULL, NULL);
			look(net, &before);
			replay(net, &tape);
			look(net, &after);
			CU_ASSERT_EQUAL(memcmp(&before, &after, sizeof(before)), 0);
			CU_ASSERT(!st->error && !st->disconnected && !net->n[0].failed);
			do_all_kinds(net, st);
		}
		CU_ASSERT_EQUAL(net->n[1].executed_atomics, 15);
		free(tape.p);
		net_free(net);
	}
}

/* ---- versions ----------------------------------------------------------------------- */

/* WEFT-PKT-002, WEFT-MGT-003 */
static void version__rejected_without_effect(void)
{
	struct net *net = make(&(struct net_opts){ 0 }, 1, WEFT_MODE_RUD);
	struct net_stream *st = net_connect(net, 5);
	struct weft_view v;
	uint8_t out[PK_MAX];
	uint32_t len;

	memset(&v, 0, sizeof(v));
	v.d.type = WEFT_PTYPE_DATA;
	v.d.pdc_id = net->n[1].cfg.pdc_id;
	v.d.flags = net->n[1].cfg.gen;
	v.d.psn = net->n[0].pdc->nxt;
	v.b.data.op.opcode = WEFT_OPCODE_NOP;
	len = pk_build(out, &v);
	out[0] = (uint8_t)(2 << 4 | WEFT_PTYPE_DATA);
	pk_seal(out, len - WEFT_HDR_CRC_LEN);
	net_inject(net, 1, out, len);
	net_run(net, SECOND, NULL, NULL);
	CU_ASSERT_EQUAL(net->n[1].rx_drop[WEFT_DROP_VERSION], 1);
	CU_ASSERT_EQUAL(net->n[0].vr_got, 1);
	out[0] = (uint8_t)(2 << 4 | WEFT_PTYPE_CTRL);	/* may hold a VERSION_REJECT itself */
	net_inject(net, 1, out, len);
	net_run(net, SECOND, NULL, NULL);
	CU_ASSERT_EQUAL(net->n[1].rx_drop[WEFT_DROP_VERSION], 2);
	CU_ASSERT_EQUAL(net->n[0].vr_got, 1);
	CU_ASSERT(!st->error);
	net_free(net);
}

WEFT_SUITE(t_open) {
	{ "open__burst_over_a_bad_network", open__burst_over_a_bad_network },
	{ "open__start_psn_is_not_new", open__start_psn_is_not_new },
	{ "open__busy", open__busy },
	{ "open__other_mode_or_domain", open__other_mode_or_domain },
	{ "open__no_answer", open__no_answer },
	{ "close__again_and_again", close__again_and_again },
	{ "close__both_at_once", close__both_at_once },
	{ "no_context__fails_what_is_outstanding", no_context__fails_what_is_outstanding },
	{ "reset__fails_the_peer", reset__fails_the_peer },
	{ "open__given_up_by_the_target", open__given_up_by_the_target },
	{ "restart__ends_what_was_before", restart__ends_what_was_before },
	{ "replay__executes_nothing", replay__executes_nothing },
	{ "version__rejected_without_effect", version__rejected_without_effect },
};
