/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/siphash.c, core/cookie.c, and the cookie's way through an opening. */
#include <stdio.h>
#include <stdlib.h>

#include "core/manage.h"
#include "core/siphash.h"
#include "core/test/net.h"
#include "core/test/net_check.h"
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

#define SECOND 1000000000ull

/* Key 00 01 .. 0f, message of n bytes 00 01 ..: the paper's appendix has n = 15. */
static void siphash24__published(void)
{
	static const uint64_t key[2] = { 0x0706050403020100ull, 0x0f0e0d0c0b0a0908ull };
	static const struct { size_t n; uint64_t hash; } rows[] = {
		{ 0, 0x726fdb47dd0e0e31ull }, { 1, 0x74f839c593dc67fdull },
		{ 7, 0xab0200f58b01d137ull }, { 8, 0x93f5f5799a932462ull },
		{ 15, 0xa129ca6149be45e5ull },
	};
	uint8_t in[16];

	for (uint8_t i = 0; i < sizeof(in); i++)
		in[i] = i;
	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++)
		CU_ASSERT_EQUAL(siphash24(key, in, rows[i].n), rows[i].hash);
}

static struct weft_view a_syn(void)
{
	struct weft_view v;

	memset(&v, 0, sizeof(v));
	v.d.flags = WEFT_DFLAGS_SYN;
	v.syn = (struct weft_hdr_syn){ .chip_id = 0xa0, .incarnation = 7, .pdc_id = 0x111,
				       .mode = WEFT_MODE_RUD, .gen = 1, .domain = 5,
				       .start_psn = 1000, .window = 64, .max_payload = 1024 };
	return v;
}

static struct weft_gate a_gate(void)
{
	return (struct weft_gate){ .secret = { 11, 12 }, .where = 0x77, .epoch = 40 };
}

/* WEFT-PDC-026: a cookie is for this opening from this place, in this epoch or the next. */
static void weft_cookie__binds_everything(void)
{
	struct weft_gate g = a_gate(), h;
	struct weft_view v = a_syn(), w;

	v.syn.cookie = weft_cookie(&g, &v);
	CU_ASSERT_NOT_EQUAL(v.syn.cookie, 0);
	CU_ASSERT(weft_cookie_ok(&g, &v));
	for (int what = 0; what < 9; what++) {
		w = v;
		h = g;
		w.syn.chip_id += what == 0;
		w.syn.incarnation += what == 1;
		w.syn.pdc_id += what == 2;
		w.syn.mode = what == 3 ? WEFT_MODE_ROD : w.syn.mode;
		w.syn.gen = what == 4 ? 2 : w.syn.gen;
		w.syn.domain += what == 5;
		w.syn.start_psn += what == 6;
		h.where += what == 7;
		w.syn.cookie += what == 8;
		CU_ASSERT(!weft_cookie_ok(&h, &w));
	}
	for (uint32_t age = 0; age < 4; age++) {
		h = g;
		h.epoch += age;
		CU_ASSERT_EQUAL(weft_cookie_ok(&h, &v), age < 2);
	}
	h = g;
	h.epoch--;		/* a clock that goes back */
	CU_ASSERT(!weft_cookie_ok(&h, &v));
	h = g;
	h.secret[0]++;
	CU_ASSERT(!weft_cookie_ok(&h, &v));
	h = g;
	h.secret[1]++;
	CU_ASSERT(!weft_cookie_ok(&h, &v));
	g.epoch = 0;		/* the epoch before is the last of 2^32 */
	h = g;
	h.epoch = UINT32_MAX;
	v.syn.cookie = weft_cookie(&h, &v);
	CU_ASSERT(weft_cookie_ok(&g, &v));
	v.syn.window = 16;	/* limits may be told anew */
	CU_ASSERT(weft_cookie_ok(&g, &v));
}

/* WEFT-PDC-024, WEFT-PDC-025, WEFT-PDC-027: by what is known, what is asked, what is shown. */
static void weft_admit__cookies(void)
{
	enum { NO, GOOD, LAST, WRONG };
	static const struct {
		const char *why;
		bool known, ask;
		uint32_t incarnation, start;
		int shown;
		enum weft_admission want;
	} rows[] = {
		{ "room, new chip", false, false, 7, 10, NO, WEFT_ADMIT },
		{ "room, new chip, but a wrong cookie", false, false, 7, 10, WRONG,
		  WEFT_ADMIT_COOKIE },
		{ "full, new chip", false, true, 7, 10, NO, WEFT_ADMIT_COOKIE },
		{ "full, it has shown itself", false, true, 7, 10, GOOD, WEFT_ADMIT },
		{ "full, with the last epoch's", false, true, 7, 10, LAST, WEFT_ADMIT },
		{ "full, with a wrong one", false, true, 7, 10, WRONG, WEFT_ADMIT_COOKIE },
		{ "room, known chip", true, false, 7, 10, NO, WEFT_ADMIT },
		{ "full, known chip", true, true, 7, 10, NO, WEFT_ADMIT_COOKIE },
		{ "full, known chip, shown", true, true, 7, 10, GOOD, WEFT_ADMIT },
		{ "stale: a cookie would not help", true, true, 7, 5, NO, WEFT_ADMIT_STALE },
		{ "stale with a cookie", true, true, 7, 4, GOOD, WEFT_ADMIT_STALE },
		{ "restarted, it says", true, false, 8, 1, NO, WEFT_ADMIT_COOKIE },
		{ "restarted, and a guess", true, false, 8, 1, WRONG, WEFT_ADMIT_COOKIE },
		{ "restarted, shown", true, false, 8, 1, GOOD, WEFT_ADMIT_RESTARTED },
		{ "restarted, shown, full", true, true, 8, 1, LAST, WEFT_ADMIT_RESTARTED },
		{ "an earlier life", true, true, 6, 90, NO, WEFT_ADMIT_OLD },
		{ "an earlier life with a cookie", true, true, 6, 90, GOOD, WEFT_ADMIT_OLD },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		struct weft_gate g = a_gate(), last = g;
		struct weft_view v = a_syn();
		struct weft_peer p, before;
		enum weft_admission got;
		uint32_t arg = 0;

		last.epoch--;
		weft_peer_init(&p, 0xa0, 0);
		p.known = p.floored = rows[i].known;
		p.incarnation = rows[i].known ? 7 : 0;
		p.rx_floor = rows[i].known ? 5 : 0;
		before = p;
		g.ask = rows[i].ask;
		v.syn.incarnation = rows[i].incarnation;
		v.syn.start_psn = rows[i].start;
		if (rows[i].shown == GOOD || rows[i].shown == WRONG)
			v.syn.cookie = weft_cookie(&g, &v) + (rows[i].shown == WRONG);
		if (rows[i].shown == LAST)
			v.syn.cookie = weft_cookie(&last, &v);
		got = weft_admit(rows[i].known ? &p : NULL, &v, &g, &arg);
		if (got != rows[i].want)
			printf("weft_admit: %s: %d\n", rows[i].why, (int)got);
		CU_ASSERT_EQUAL(got, rows[i].want);
		if (got == WEFT_ADMIT_COOKIE)
			CU_ASSERT_EQUAL(arg, weft_cookie(&g, &v));
		if (got != WEFT_ADMIT && got != WEFT_ADMIT_RESTARTED)
			CU_ASSERT_EQUAL(memcmp(&p, &before, sizeof(p)), 0);
	}
}

static struct weft_view nack_cookie(struct solo *so, uint32_t echo, uint32_t arg)
{
	struct weft_view v = solo_pkt(so, WEFT_PTYPE_NACK);

	v.b.nack.h.reason = WEFT_NACK_COOKIE;
	v.b.nack.h.echo_psn = echo;
	v.b.nack.h.arg = arg;
	return v;
}

/* WEFT-PDC-028: the same packets under the same PSNs, once for each new cookie. */
static void show_cookie__all_again_once(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_start(&so);
	so.smem = calloc(1, weft_stream_size(&so.scfg));
	weft_stream_init(so.p, so.smem, &so.scfg, &so.s);
	weft_ep_connect(so.s, 1, NULL, 0);
	CU_ASSERT_EQUAL(solo_drain(&so), 1);
	so.p->want_nop = true;
	CU_ASSERT_EQUAL(solo_drain(&so), 1);
	v = nack_cookie(&so, so.p->nxt, 99);		/* WEFT-PDC-011 */
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_BAD_ECHO);
	CU_ASSERT(!solo_tx(&so));
	v = nack_cookie(&so, so.p->una, 0);		/* no cookie at all */
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	CU_ASSERT(!solo_tx(&so));
	for (uint32_t cookie = 99; cookie < 101; cookie++) {
		v = nack_cookie(&so, so.p->una, cookie);
		CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
		for (uint32_t i = 0; i < 2; i++) {
			CU_ASSERT_FATAL(solo_tx(&so));
			CU_ASSERT_EQUAL(so.sent.d.psn, so.p->una + i);
			CU_ASSERT(so.sent.d.flags & WEFT_DFLAGS_SYN &&
				  so.sent.d.flags & WEFT_DFLAGS_RTX);
			CU_ASSERT_EQUAL(so.sent.syn.cookie, cookie);
		}
		v = nack_cookie(&so, so.p->una + 1, cookie);	/* the second packet's answer */
		CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
		CU_ASSERT(!solo_tx(&so));
	}
	solo_fini(&so);
}

static void show_cookie__not_when_open(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_connect(&so);
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 1024, 0);
	solo_drain(&so);
	v = nack_cookie(&so, so.p->una, 99);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	CU_ASSERT(!solo_tx(&so));
	CU_ASSERT_EQUAL(so.p->cookie, 0);
	solo_fini(&so);
}

/* ---- two nodes ---------------------------------------------------------------------- */

static struct net *make(unsigned i, bool bad)
{
	struct net_opts o = { .seed = (uint32_t)weft_test_seed * 100 + i,
			      .mode = i % 2 ? WEFT_MODE_ROD : WEFT_MODE_RUD };

	if (bad) {
		o.loss = o.dup = .15;
		o.jitter_ns = 20000;
		o.retry_limit = 60;
	}
	return net_new(&o);
}

/* WEFT-PDC-025, WEFT-PDC-028: nothing lost, nothing twice; without loss it costs a round trip. */
static void open__by_cookie(void)
{
	for (unsigned i = 0; i < 20; i++) {
		struct net *net = make(i, i >= 2);
		struct net_stream *st[8];
		unsigned good = 0;

		net->n[1].gate.ask = true;
		for (uint32_t k = 0; k < 8; k++) {
			st[k] = net_stream(&net->n[0], 10 + k);
			weft_ep_connect(st[k]->s, k, NULL, 0);
		}
		net_run(net, i < 2 ? 20000 : SECOND, NULL, NULL);
		for (uint32_t k = 0; k < 8; k++)
			good += st[k]->connected && net_peer_of(net, st[k]);
		if (good != 8)
			printf("open__by_cookie: %u of 8, seed %u\n", good, net->o.seed);
		CU_ASSERT_EQUAL(good, 8);
		CU_ASSERT_EQUAL(net->n[1].n_st, 8);
		CU_ASSERT_EQUAL(net->n[1].n_old, 0);
		CU_ASSERT(net->n[1].rx_drop[WEFT_DROP_BAD_COOKIE] >= (i < 2 ? 8 : 1));
		if (i < 2)
			CU_ASSERT_EQUAL(net->n[0].stats.rtx_rto, 0);
		net_free(net);
	}
}

/* A cookie that comes too late gets a fresh one: the epoch turns between any two packets. */
static bool epoch_turns(struct net *net, int from, uint8_t *bytes, uint32_t *len, void *arg)
{
	unsigned *n = arg;

	(void)bytes;
	(void)len;
	if (from == 1 && (*n)++ < 3)
		net->n[1].gate.epoch += 2;
	return true;
}

/* WEFT-PDC-027 */
static void open__cookie_too_old(void)
{
	struct net *net = make(0, false);
	struct net_stream *st;
	unsigned n = 0;

	net->n[1].gate.ask = true;
	net->filter = epoch_turns;
	net->filter_arg = &n;
	st = net_connect(net, 10);
	CU_ASSERT_PTR_NOT_NULL(st);
	CU_ASSERT_EQUAL(net->n[1].rx_drop[WEFT_DROP_BAD_COOKIE], 4);
	CU_ASSERT_EQUAL(net->n[0].stats.rtx_rto, 0);
	net_free(net);
}

/* WEFT-PDC-024: a forged SYN with a later incarnation harms nobody; the real chip comes through. */
static void restart__forged_and_real(void)
{
	struct net *net = make(0, false);
	struct net_stream *st = net_connect(net, 10);
	struct weft_view v = a_syn();
	uint8_t out[PK_MAX];

	CU_ASSERT_PTR_NOT_NULL_FATAL(st);
	v.d.version = WEFT_VERSION;
	v.d.type = WEFT_PTYPE_DATA;
	v.b.data.op.opcode = WEFT_OPCODE_NOP;
	v.syn.domain = 1;
	v.syn.incarnation = 9;
	for (uint32_t guess = 0; guess < 4; guess++) {
		v.syn.cookie = guess * 0x1000003;
		net_inject(net, 1, out, pk_build(out, &v));
	}
	net_run(net, SECOND, NULL, NULL);
	CU_ASSERT_EQUAL(net->n[1].rx_drop[WEFT_DROP_BAD_COOKIE], 4);
	CU_ASSERT_EQUAL(net->n[1].peer.incarnation, 7);
	CU_ASSERT_EQUAL(net->n[1].n_old, 0);
	CU_ASSERT_EQUAL(net->n[0].stats.drop[WEFT_DROP_BAD_ECHO] +
			net->n[0].stats.drop[WEFT_DROP_NO_CONTEXT] +
			net->n[0].rx_drop[WEFT_DROP_NO_CONTEXT], 4);
	CU_ASSERT_EQUAL(net_post(st, WEFT_OPCODE_WRITE, 1, out, 0, 1, 0, 0), WEFT_OK);
	CU_ASSERT(net_wait(net, st, 1));
	net_again(net, true);			/* incarnation 8 */
	st = net_connect(net, 11);
	CU_ASSERT_PTR_NOT_NULL(st);
	CU_ASSERT_EQUAL(net->n[1].peer.incarnation, 8);
	CU_ASSERT_EQUAL(net->n[1].n_old, 1);
	net_free(net);
}

WEFT_SUITE(t_cookie) {
	{ "siphash24__published", siphash24__published },
	{ "weft_cookie__binds_everything", weft_cookie__binds_everything },
	{ "weft_admit__cookies", weft_admit__cookies },
	{ "show_cookie__all_again_once", show_cookie__all_again_once },
	{ "show_cookie__not_when_open", show_cookie__not_when_open },
	{ "open__by_cookie", open__by_cookie },
	{ "open__cookie_too_old", open__cookie_too_old },
	{ "restart__forged_and_real", restart__forged_and_real },
};
