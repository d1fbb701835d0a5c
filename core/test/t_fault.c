/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Things that go wrong, one at a time: the n-th action is refused, the n-th turn finds no room to
 * send, the n-th packet is lost, for n = 1, 2, 3... until the scenario passes untouched.  Two
 * streams share the context: what goes wrong on one leaves the other alone.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/test/net.h"
#include "core/test/net_check.h"
#include "tools/test/cunit_main.h"

#define SECOND 1000000000ull
#define ROUNDS 4
#define OPS (5 * ROUNDS)	/* of a stream */
#define REGION 8192

struct fault {			/* what is to go wrong */
	uint32_t n;		/* which one, counted from 1 */
	uint32_t seen;
	bool hit;
	int from;		/* packets: of this node */
	enum weft_status st;	/* actions: the answer */
	uint32_t victim;	/* actions: of streams of node 1 with this key; 0: of any */
};

struct scene {
	struct net *net;
	struct net_stream *st[2], *peer[2];
	uint8_t model[2][REGION];
	uint8_t back[2][ROUNDS][REGION];	/* what READs brought */
	uint8_t data[2][ROUNDS][3000];
	size_t posted[2];
};

static void fill(struct net *net, uint8_t *p, size_t n)
{
	while (n--)
		p[n] = (uint8_t)net_rand(net);
}

/* Stream k uses key 0x70 + k and nothing else. */
static void begin(struct scene *sc, const struct net_opts *o)
{
	memset(sc, 0, sizeof(*sc));
	sc->net = net_new(o);
	for (uint32_t k = 0; k < 2; k++) {
		sc->st[k] = net_connect(sc->net, 5 + k);
		CU_ASSERT_PTR_NOT_NULL_FATAL(sc->st[k]);
		sc->peer[k] = net_peer_of(sc->net, sc->st[k]);
		net_mr(&sc->net->n[1], 0x70 + k, 0x10000, REGION,
		       WEFT_MR_READ | WEFT_MR_WRITE | WEFT_MR_ATOMIC);
		net_recv(sc->peer[k], 2 * ROUNDS, NET_RQ_BYTES);
	}
	net_run(sc->net, SECOND, NULL, NULL);
}

/* One round of all kinds of work; the model follows. */
static void post_round(struct scene *sc, int k, int r)
{
	uint32_t key = 0x70 + (uint32_t)k, id = (uint32_t)(5 * r);
	uint8_t *d = sc->data[k][r];

	fill(sc->net, d, 3000);
	sc->posted[k] += net_post(sc->st[k], WEFT_OPCODE_WRITE, id, d, 3000, key, 0x10000, 0) ==
			 WEFT_OK;
	memcpy(sc->model[k], d, 3000);
	sc->posted[k] += net_post(sc->st[k], WEFT_OPCODE_SEND, id + 1, d, 1500, 0, 0, 0) == WEFT_OK;
	sc->posted[k] += net_atomic(sc->st[k], id + 2, key, 0x10000 + 4096, WEFT_AOP_FADD, 7, 0) ==
			 WEFT_OK;
	net_put_word(sc->model[k] + 4096, net_word(sc->model[k] + 4096, 8) + 7, 8);
	sc->posted[k] += net_post(sc->st[k], WEFT_OPCODE_READ, id + 3, sc->back[k][r], 6000, key,
				  0x10000, 0) == WEFT_OK;
	sc->posted[k] += net_post(sc->st[k], WEFT_OPCODE_WRITE, id + 4, d, 100, key, 0x10000 + 6000,
				  WEFT_OFLAGS_IMM) == WEFT_OK;
	memcpy(sc->model[k] + 6000, d, 100);
}

static void play(struct scene *sc)
{
	for (int r = 0; r < ROUNDS; r++) {
		for (int k = 0; k < 2; k++)
			post_round(sc, k, r);
		net_run(sc->net, SECOND, NULL, NULL);
	}
	net_run(sc->net, 20 * SECOND, NULL, NULL);
}

/* Everything done, once, in order, with the right bytes. */
static unsigned wrong(const struct scene *sc, int k)
{
	const struct net_stream *st = sc->st[k], *peer = sc->peer[k];
	unsigned bad = 0;

	bad += st->n_wc != OPS || peer->n_rwc != 2 * ROUNDS || st->error || peer->error;
	for (size_t i = 0; i < st->n_wc; i++)
		bad += st->wc[i].id != i || st->wc[i].status != WEFT_STATUS_OK;
	for (size_t i = 0; i < peer->n_rwc; i++)
		bad += peer->rwc[i].ssn != i || peer->rwc[i].status != WEFT_STATUS_OK;
	for (size_t r = 0; r < ROUNDS; r++)
		bad += st->n_wc > 5 * r + 2 && st->wc[5 * r + 2].value != 7 * r;
	bad += memcmp(sc->net->n[1].mr_mem[k], sc->model[k], REGION) != 0;
	bad += memcmp(sc->back[k][ROUNDS - 1], sc->data[k][ROUNDS - 1], 3000) != 0;
	return bad;
}

/* Each work request has completed once, in order; errors only at the end. */
static unsigned accounted(const struct scene *sc, int k)
{
	const struct net_stream *st = sc->st[k];
	bool failed = false;
	unsigned bad = st->n_wc != sc->posted[k];

	for (size_t i = 0; i < st->n_wc; i++) {
		bad += st->wc[i].id != i;
		bad += failed && st->wc[i].status != WEFT_STATUS_FLUSHED;
		failed = failed || st->wc[i].status != WEFT_STATUS_OK;
	}
	return bad + (failed != st->error && !st->disconnected);
}

static void report(const struct scene *sc, const char *what, uint32_t n)
{
	printf("fault: %s %u, seed %u\n", what, n, sc->net->o.seed);
	net_dump(sc->net);
}

/* ---- an action is refused ----------------------------------------------------------- */

static bool refuse_nth(struct net_node *n, const struct weft_act *a, enum weft_status *st)
{
	struct fault *f = n->judge_arg;

	if (f->victim && weft_stream_qpn(a->stream) != f->victim)
		return false;
	if (f->st == WEFT_STATUS_NO_HOLD && !a->early)
		return false;
	if (f->st == WEFT_STATUS_RNR && a->type != WEFT_ACT_PLACE_RECV && a->type != WEFT_ACT_RECV)
		return false;
	if (++f->seen != f->n)
		return false;
	f->hit = true;
	*st = f->st;
	return true;
}

static void refuse_each(const struct net_opts *o, enum weft_status st, bool harmless)
{
	static struct scene sc;
	struct fault f = { .n = 1, .hit = true, .st = st };
	unsigned hits = 0;

	for (; f.hit; f.n++) {
		struct weft_stream *victim;

		begin(&sc, o);
		f.hit = false;
		f.seen = 0;
		f.victim = weft_stream_qpn(sc.peer[0]->s);
		victim = sc.peer[0]->s;
		sc.net->n[1].judge = refuse_nth;
		sc.net->n[1].judge_arg = &f;
		play(&sc);
		if (wrong(&sc, 1) || accounted(&sc, 0) || (!f.hit && wrong(&sc, 0))) {
			report(&sc, "action", f.n);
			CU_FAIL("after a refusal");
		}
		if (f.hit && harmless)
			CU_ASSERT_EQUAL(wrong(&sc, 0), 0);
		if (f.hit && !harmless) {		/* WEFT-SEM-023 */
			CU_ASSERT(sc.st[0]->error && sc.peer[0]->error);
			CU_ASSERT_EQUAL(sc.st[0]->error_status, st);
			CU_ASSERT_EQUAL(sc.peer[0]->error_status, st);
			CU_ASSERT(sc.peer[0]->refused && !sc.st[0]->refused);
			CU_ASSERT_EQUAL(weft_stream_state(victim), WEFT_STREAM_STATE_ERROR);
		}
		hits += f.hit;
		CU_ASSERT_PTR_NULL(net_check_idle(sc.net->n[0].pdc));
		CU_ASSERT_PTR_NULL(net_check_idle(sc.net->n[1].pdc));
		net_free(sc.net);
	}
	CU_ASSERT(hits > 4);
}

/* WEFT-SEM-007, WEFT-SEM-022, WEFT-SEM-023, WEFT-SEM-024 */
static void refuse__each_action_in_turn(void)
{
	refuse_each(&(struct net_opts){ .seed = 5 }, WEFT_STATUS_OP_FAILED, false);
	refuse_each(&(struct net_opts){ .seed = 6, .jitter_ns = 9000 }, WEFT_STATUS_NO_RIGHTS,
		    false);
	refuse_each(&(struct net_opts){ .seed = 7, .mode = WEFT_MODE_ROD, .loss = .05 },
		    WEFT_STATUS_BAD_KEY, false);
}

/* WEFT-SEM-007, WEFT-SEM-031, WEFT-SEM-032: one stream's RNR */
static void refuse__each_receive_with_rnr(void)
{
	refuse_each(&(struct net_opts){ .seed = 8, .jitter_ns = 9000 }, WEFT_STATUS_RNR, true);
	refuse_each(&(struct net_opts){ .seed = 9, .jitter_ns = 9000, .loss = .1, .dup = .1 },
		    WEFT_STATUS_RNR, true);
}

/* WEFT-PDC-023 */
static void refuse__each_hold(void)
{
	refuse_each(&(struct net_opts){ .seed = 10, .jitter_ns = 9000 }, WEFT_STATUS_NO_HOLD, true);
}

/* ---- the requester's host refuses --------------------------------------------------- */

/* Data of a READ that cannot be placed: that stream fails, at both ends. */
static void refuse__each_placement_of_read_data(void)
{
	static struct scene sc;
	struct fault f = { .n = 1, .hit = true, .st = WEFT_STATUS_LOCAL_PROTECTION };

	for (; f.hit; f.n++) {
		begin(&sc, &(struct net_opts){ .seed = 11, .jitter_ns = 5000 });
		f.hit = false;
		f.seen = 0;
		f.victim = weft_stream_qpn(sc.st[0]->s);
		sc.net->n[0].judge = refuse_nth;
		sc.net->n[0].judge_arg = &f;
		play(&sc);
		if (wrong(&sc, 1) || accounted(&sc, 0) || (!f.hit && wrong(&sc, 0))) {
			report(&sc, "placement", f.n);
			CU_FAIL("after a refusal");
		}
		if (f.hit) {
			CU_ASSERT_EQUAL(sc.st[0]->error_status, WEFT_STATUS_LOCAL_PROTECTION);
			CU_ASSERT(sc.peer[0]->disconnected);
		}
		net_free(sc.net);
	}
	CU_ASSERT(f.n > 2 * ROUNDS);
}

/* ---- no room to send ---------------------------------------------------------------- */

static void skip__each_turn(void)
{
	static struct scene sc;

	for (int node = 0; node < 2; node++)
		for (uint64_t n = 1; n < 10000; n++) {
			begin(&sc, &(struct net_opts){ .seed = 12, .jitter_ns = 4000 });
			sc.net->n[node].tx_turn = 0;
			sc.net->n[node].tx_skip = n;
			play(&sc);
			if (wrong(&sc, 0) || wrong(&sc, 1)) {
				report(&sc, "turn", (uint32_t)n);
				CU_FAIL_FATAL("a turn without room to send");
			}
			if (sc.net->n[node].tx_turn < n)
				n = 10000;
			else if (n > 40)
				n += n / 4;		/* every one, then some */
			CU_PASS("nothing lost");
			net_free(sc.net);
		}
}

/* ---- a packet is lost, or comes twice ----------------------------------------------- */

static bool lose_nth(struct net *net, int from, uint8_t *bytes, uint32_t *len, void *arg)
{
	struct fault *f = arg;

	(void)net;
	(void)bytes;
	(void)len;
	if (from != f->from || ++f->seen != f->n)
		return true;
	f->hit = true;
	return false;
}

static bool twice_nth(struct net *net, int from, uint8_t *bytes, uint32_t *len, void *arg)
{
	struct fault *f = arg;

	if (from == f->from && ++f->seen == f->n) {
		f->hit = true;
		net_inject(net, !from, bytes, *len);
	}
	return true;
}

static void each_packet(enum weft_mode mode, bool (*filter)(struct net *, int, uint8_t *,
							    uint32_t *, void *))
{
	static struct scene sc;

	for (int from = 0; from < 2; from++) {
		struct fault f = { .n = 1, .hit = true, .from = from };

		for (; f.hit; f.n++) {
			begin(&sc, &(struct net_opts){ .seed = 13, .mode = mode });
			f.hit = false;
			f.seen = 0;
			sc.net->filter = filter;
			sc.net->filter_arg = &f;
			play(&sc);
			if (wrong(&sc, 0) || wrong(&sc, 1)) {
				report(&sc, "packet", f.n);
				CU_FAIL_FATAL("a packet lost or doubled");
			}
			net_free(sc.net);
		}
		CU_ASSERT(f.n > 20);
	}
}

/* WEFT-RTX-002, WEFT-RTX-004 */
static void lose__each_packet(void)
{
	each_packet(WEFT_MODE_RUD, lose_nth);
	each_packet(WEFT_MODE_ROD, lose_nth);
}

/* WEFT-PDC-020, WEFT-SEM-014 */
static void double__each_packet(void)
{
	each_packet(WEFT_MODE_RUD, twice_nth);
	each_packet(WEFT_MODE_ROD, twice_nth);
}

/* ---- hosts that answer late, in no order, or never ---------------------------------- */

static void late__in_any_order(void)
{
	static struct scene sc;

	for (uint32_t seed = 0; seed < 20; seed++) {
		begin(&sc, &(struct net_opts){ .seed = (uint32_t)weft_test_seed * 50 + seed,
					       .mode = seed % 2 ? WEFT_MODE_ROD : WEFT_MODE_RUD,
					       .jitter_ns = 5000, .loss = .05, .dup = .05,
					       .window = seed % 4 < 2 ? 16 : 64 });
		sc.net->n[0].async = sc.net->n[1].async = NET_RANDOM;
		play(&sc);
		if (wrong(&sc, 0) || wrong(&sc, 1)) {
			report(&sc, "seed", seed);
			CU_FAIL("answers in no order");
		}
		CU_ASSERT_PTR_NULL(net_check_idle(sc.net->n[0].pdc));
		CU_ASSERT_PTR_NULL(net_check_idle(sc.net->n[1].pdc));
		net_free(sc.net);
	}
}

/* Streams end while their actions are pending; their answers come afterwards, or never. */
static void late__stream_gone_meanwhile(void)
{
	for (uint32_t seed = 0; seed < 40; seed++) {
		static struct scene sc;
		struct net_late kept[NET_LATER];
		size_t n;

		begin(&sc, &(struct net_opts){ .seed = (uint32_t)weft_test_seed * 50 + seed,
					       .jitter_ns = 3000, .retry_limit = 30 });
		sc.net->n[1].async = NET_RANDOM;
		post_round(&sc, 0, 0);
		post_round(&sc, 1, 0);
		net_run(sc.net, 1000 + 500 * (seed % 20), NULL, NULL);
		n = sc.net->n[1].n_later;
		memcpy(kept, sc.net->n[1].later, n * sizeof(*kept));
		net_end(&sc.net->n[1], sc.peer[0], WEFT_EP_REASON_CLOSED);
		net_run(sc.net, SECOND, NULL, NULL);
		while (n--)				/* twice: both must be ignored */
			weft_done(sc.net->n[1].pdc, kept[n].token, WEFT_STATUS_OP_FAILED, 0);
		net_run(sc.net, SECOND, NULL, NULL);
		for (int r = 1; r < ROUNDS; r++) {
			post_round(&sc, 1, r);
			net_run(sc.net, SECOND, NULL, NULL);
		}
		CU_ASSERT_EQUAL(wrong(&sc, 1), 0);
		CU_ASSERT(sc.st[0]->disconnected || sc.st[0]->error);
		CU_ASSERT_EQUAL(accounted(&sc, 0), 0);
		CU_ASSERT_PTR_NULL(net_check_idle(sc.net->n[1].pdc));
		net_free(sc.net);
	}
}

/* A host that never answers for one stream: it ends, and the context is as before. */
static bool never_first(struct net_node *n, const struct weft_act *a, enum weft_status *st)
{
	(void)st;
	n->async = weft_stream_qpn(a->stream) == *(uint32_t *)n->judge_arg ? NET_NEVER : NET_SYNC;
	return false;
}

static void never__then_fini(void)
{
	static struct scene sc;
	uint32_t victim;
	uint64_t atomics;

	begin(&sc, &(struct net_opts){ .seed = 3 });
	victim = weft_stream_qpn(sc.peer[0]->s);
	sc.net->n[1].judge = never_first;
	sc.net->n[1].judge_arg = &victim;
	net_atomic(sc.st[0], 0, 0x70, 0x10000, WEFT_AOP_FADD, 7, 0);
	net_run(sc.net, SECOND, NULL, NULL);
	atomics = sc.net->n[1].executed_atomics;
	CU_ASSERT_EQUAL(atomics, 1);
	CU_ASSERT_EQUAL(sc.st[0]->n_wc, 0);
	for (int r = 0; r < ROUNDS; r++) {		/* WEFT-SEM-007 */
		post_round(&sc, 1, r);
		net_run(sc.net, SECOND, NULL, NULL);
	}
	CU_ASSERT_EQUAL(wrong(&sc, 1), 0);
	net_end(&sc.net->n[1], sc.peer[0], WEFT_EP_REASON_CLOSED);
	net_run(sc.net, SECOND, NULL, NULL);
	CU_ASSERT_EQUAL(sc.st[0]->n_wc, 1);
	CU_ASSERT(sc.st[0]->disconnected);
	CU_ASSERT_PTR_NULL(net_check_idle(sc.net->n[1].pdc));
	net_free(sc.net);
}

WEFT_SUITE(t_fault) {
	{ "refuse__each_action_in_turn", refuse__each_action_in_turn },
	{ "refuse__each_receive_with_rnr", refuse__each_receive_with_rnr },
	{ "refuse__each_hold", refuse__each_hold },
	{ "refuse__each_placement_of_read_data", refuse__each_placement_of_read_data },
	{ "skip__each_turn", skip__each_turn },
	{ "lose__each_packet", lose__each_packet },
	{ "double__each_packet", double__each_packet },
	{ "late__in_any_order", late__in_any_order },
	{ "late__stream_gone_meanwhile", late__stream_gone_meanwhile },
	{ "never__then_fini", never__then_fini },
};
