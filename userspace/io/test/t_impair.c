/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests fate.c and impair.c.  Time is virtual and fate.c says what must happen to each packet, so
 * every expectation is exact; fate.c itself is held against the laws of chance.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/io/impair.h"
#include "userspace/io/test/io_test.h"

#define PPB(x)	((uint64_t)((x) * 1000000000.0 + 0.5))
#define PACKETS	5000u

/* ---- fate.c ---- */

static void fate__same_seed_same_fate(void)
{
	struct impair_law l = { .seed = 7, .loss = PPB(0.3), .dup = PPB(0.3), .reorder = PPB(0.3),
				.corrupt = PPB(0.3), .span = 4, .jitter_ns = 1000 };
	struct impair_law other = l;
	int differ[3] = { 0 };

	other.seed = 8;
	for (uint64_t k = 0; k < 1000; k++) {
		struct impair_fate a = wio_impair_fate(&l, IMPAIR_RX, k);
		struct impair_fate b = wio_impair_fate(&l, IMPAIR_RX, k);
		struct impair_fate c[3] = { wio_impair_fate(&other, IMPAIR_RX, k),
					    wio_impair_fate(&l, IMPAIR_TX, k),
					    wio_impair_fate(&l, IMPAIR_RX, k + 1) };

		CU_ASSERT(a.lose == b.lose && a.dup == b.dup && a.corrupt == b.corrupt &&
			  a.behind == b.behind && a.jitter_ns == b.jitter_ns && a.where == b.where);
		for (int i = 0; i < 3; i++)
			differ[i] += a.lose != c[i].lose;
	}
	/* Independent draws of probability 0.3 differ in 42 % of the cases. */
	for (int i = 0; i < 3; i++)
		CU_ASSERT(differ[i] > 350 && differ[i] < 490);
}

/* One draw must not tell another: a packet that is duplicated is lost no more often than others. */
static void fate__statistics(void)
{
	enum { N = 200000 };
	struct impair_law l = { .seed = weft_test_seed, .loss = PPB(0.01), .dup = PPB(0.02),
				.reorder = PPB(0.05), .corrupt = PPB(0.5), .span = 4,
				.jitter_ns = 999 };
	unsigned int lose = 0, dup = 0, reorder = 0, corrupt = 0, both = 0, span[5] = { 0 };
	uint64_t jitter = 0;

	for (uint64_t k = 0; k < N; k++) {
		struct impair_fate f = wio_impair_fate(&l, IMPAIR_TX, k);

		lose += f.lose;
		dup += f.dup;
		corrupt += f.corrupt;
		both += f.corrupt && f.dup;
		reorder += f.behind != 0;
		CU_ASSERT(f.behind <= 4);
		span[f.behind <= 4 ? f.behind : 0]++;
		CU_ASSERT(f.jitter_ns <= 999);
		jitter += f.jitter_ns;
	}
	/* Five standard deviations either side of N p. */
	CU_ASSERT(lose > 2000 - 223 && lose < 2000 + 223);
	CU_ASSERT(dup > 4000 - 313 && dup < 4000 + 313);
	CU_ASSERT(reorder > 10000 - 488 && reorder < 10000 + 488);
	CU_ASSERT(corrupt > 100000 - 1118 && corrupt < 100000 + 1118);
	CU_ASSERT(both > 2000 - 223 && both < 2000 + 223);
	for (int i = 1; i <= 4; i++)
		CU_ASSERT(span[i] > 2500 - 250 && span[i] < 2500 + 250);
	CU_ASSERT(jitter / N > 495 && jitter / N < 504);
}

static void fate__certain(void)
{
	struct impair_law none = { .seed = 3, .span = 4 };
	struct impair_law all = { .seed = 3, .loss = PPB(1), .dup = PPB(1), .reorder = PPB(1),
				  .corrupt = PPB(1), .span = 1 };

	for (uint64_t k = 0; k < 10000; k++) {
		struct impair_fate f = wio_impair_fate(&none, IMPAIR_RX, k);

		CU_ASSERT(!f.lose && !f.dup && !f.corrupt && !f.behind && !f.jitter_ns);
		f = wio_impair_fate(&all, IMPAIR_RX, k);
		CU_ASSERT(f.lose && f.dup && f.corrupt && f.behind == 1);
	}
}

/* ---- impair.c ---- */

/* A sender and a receiver on a hub, one of them behind a shim, in virtual time. */
struct pair {
	struct io_clock clock;
	struct wio *a, *b;
	uint32_t sent;
	unsigned int *seen;	/* how often packet k arrived whole; PACKETS of them */
	uint32_t *order;	/* numbers in order of arrival */
	uint32_t n;		/* arrivals */
	uint32_t broken;	/* arrivals with wrong bytes */
	uint64_t at_ns[8];	/* when the first ones arrived */
};

static void pair_open(struct pair *p, const char *query_a, const char *query_b)
{
	static int hubs;
	struct wio_opts o = { .now = io_clock_now, .now_arg = &p->clock };
	char url[64];

	memset(p, 0, sizeof(*p));
	p->clock.ns = 1000000;
	p->seen = calloc(PACKETS, sizeof(*p->seen));
	p->order = calloc(4 * PACKETS, sizeof(*p->order));
	snprintf(url, sizeof(url), "mem:impair%d?queue=65536", hubs++);
	o.query = query_a;
	p->a = io_open(url, &o);
	o.query = query_b;
	p->b = io_open(url, &o);
}

static void pair_close(struct pair *p)
{
	wio_close(p->a);
	wio_close(p->b);
	free(p->seen);
	free(p->order);
}

static int pair_recv(struct pair *p, int max)
{
	struct wio_frame f[64];
	int n = wio_recv(p->b, f, max);

	for (int i = 0; i < n; i++) {
		uint32_t k = io_number(f[i].data);

		if (k >= PACKETS || !io_is(f[i].data, f[i].len, k)) {
			p->broken++;
			continue;
		}
		p->seen[k]++;
		if (p->n < 8)
			p->at_ns[p->n] = p->clock.ns;
		p->order[p->n++] = k;
	}
	return n;
}

static void pair_drain(struct pair *p)
{
	while (pair_recv(p, 64) > 0)
		;
}

static void pair_send(struct pair *p, uint32_t n)
{
	for (; n; n--, p->sent++)
		CU_ASSERT_EQUAL(io_send1(p->a, wio_local(p->b), 40 + p->sent % 50, p->sent), 1);
}

/* Every packet arrives as often as its fate says. */
static void check_seen(const struct pair *p, const struct impair_law *l, enum impair_side side)
{
	uint32_t broken = 0;

	for (uint32_t k = 0; k < p->sent; k++) {
		struct impair_fate f = wio_impair_fate(l, side, k);
		unsigned int want = f.lose ? 0 : 1 + f.dup;

		if (f.corrupt) {
			broken += want;
			want = 0;
		}
		CU_ASSERT_EQUAL(p->seen[k], want);
	}
	CU_ASSERT_EQUAL(p->broken, broken);
}

static void shim__exact_on_either_side(void)
{
	static const char query[] = "loss=0.1&dup=0.1&reorder=0.1&corrupt=0.1&seed=7";
	struct impair_law l = { .seed = 7, .loss = PPB(0.1), .dup = PPB(0.1), .reorder = PPB(0.1),
				.corrupt = PPB(0.1), .span = 4 };
	char tx[128];

	snprintf(tx, sizeof(tx), "%s&at=tx", query);
	for (int side = 0; side < IMPAIR_SIDES; side++) {
		struct pair p;
		struct wio *shim;

		pair_open(&p, side == IMPAIR_TX ? tx : NULL, side == IMPAIR_RX ? query : NULL);
		shim = side == IMPAIR_TX ? p.a : p.b;
		for (int i = 0; i < 100; i++) {
			pair_send(&p, PACKETS / 100);
			pair_recv(&p, 1 + i % 7);
		}
		pair_drain(&p);
		p.clock.ns += 1000000;	/* reorder_us: the last ones give up waiting */
		wio_recv(p.a, NULL, 0);
		pair_drain(&p);
		check_seen(&p, &l, (enum impair_side)side);
		CU_ASSERT_EQUAL(io_stat(shim, side ? "impair_tx_full" : "impair_rx_full"), 0);
		CU_ASSERT(io_stat(shim, side ? "impair_tx_lost" : "impair_rx_lost") > 400);
		pair_close(&p);
	}
}

/* Two runs, different bursts: the same packets arrive. */
static void shim__timing_does_not_matter(void)
{
	struct pair p[2];

	for (int r = 0; r < 2; r++) {
		pair_open(&p[r], NULL, "loss=0.2&dup=0.2&corrupt=0.1&seed=99");
		while (p[r].sent < PACKETS) {
			pair_send(&p[r], r ? 50 : 10);
			pair_recv(&p[r], r ? 3 : 64);
			p[r].clock.ns += 77;
		}
		pair_drain(&p[r]);
	}
	CU_ASSERT_EQUAL(memcmp(p[0].seen, p[1].seen, PACKETS * sizeof(p[0].seen[0])), 0);
	CU_ASSERT_EQUAL(p[0].broken, p[1].broken);
	pair_close(&p[0]);
	pair_close(&p[1]);
}

static void shim__off_changes_nothing(void)
{
	static const char *const queries[] = { NULL, "seed=7", "loss=0&dup=0&at=both" };

	for (int q = 0; q < 3; q++) {
		struct pair p;

		pair_open(&p, queries[q], queries[q]);
		pair_send(&p, PACKETS);
		pair_drain(&p);
		CU_ASSERT_EQUAL(p.n, PACKETS);
		CU_ASSERT_EQUAL(p.broken, 0);
		for (uint32_t i = 0; i < p.n; i++)
			CU_ASSERT_EQUAL(p.order[i], i);
		pair_close(&p);
	}
}

/* A reordered packet lets at most span later ones pass, and at least one. */
static void shim__reorder_is_bounded(void)
{
	struct impair_law l = { .seed = 5, .reorder = PPB(0.1), .span = 3 };
	struct pair p;
	uint32_t late = 0;

	pair_open(&p, NULL, "reorder=0.1&reorder_span=3&seed=5");
	while (p.sent < PACKETS) {
		pair_send(&p, 1);
		pair_recv(&p, 64);
	}
	pair_drain(&p);
	p.clock.ns += 1000000;
	pair_drain(&p);
	CU_ASSERT_EQUAL(p.n, PACKETS);
	for (uint32_t i = 0; i < p.n; i++) {
		uint32_t passed = 0;

		for (uint32_t j = i > 8 ? i - 8 : 0; j < i; j++)
			passed += p.order[j] > p.order[i];
		/* Others that wait at the same time may change places with it, so up to 2 span. */
		CU_ASSERT(passed <= 6);
		late += passed > 0;
		if (passed)
			CU_ASSERT(wio_impair_fate(&l, IMPAIR_RX, p.order[i]).behind > 0);
	}
	CU_ASSERT(late > 400 && late <= io_stat(p.b, "impair_rx_reordered"));
	pair_close(&p);
}

/* With nothing behind it, a reordered packet waits reorder_us and no longer. */
static void shim__reorder_gives_up(void)
{
	struct pair p;

	pair_open(&p, NULL, "reorder=1&reorder_us=500&reorder_span=9");
	pair_send(&p, 1);
	pair_drain(&p);
	p.clock.ns += 499999;
	pair_drain(&p);
	CU_ASSERT_EQUAL(p.n, 0);
	p.clock.ns += 1;
	pair_drain(&p);
	CU_ASSERT_EQUAL(p.n, 1);
	pair_close(&p);
}

static void shim__delay_on_either_side(void)
{
	for (int side = 0; side < IMPAIR_SIDES; side++) {
		struct pair p;
		const char *q = side ? "delay_us=100&at=tx" : "delay_us=100";

		pair_open(&p, side ? q : NULL, side ? NULL : q);
		pair_send(&p, 3);
		pair_drain(&p);
		p.clock.ns += 50000;
		pair_send(&p, 1);
		pair_drain(&p);
		for (int i = 0; i < 20; i++) {
			p.clock.ns += 10000;
			wio_recv(p.a, NULL, 0);
			pair_drain(&p);
		}
		CU_ASSERT_EQUAL(p.n, 4);
		for (int i = 0; i < 3; i++)
			CU_ASSERT_EQUAL(p.at_ns[i], 1000000 + 100000);
		CU_ASSERT_EQUAL(p.at_ns[3], 1000000 + 150000);
		pair_close(&p);
	}
}

static void shim__jitter_is_bounded(void)
{
	struct pair p;
	uint32_t out_of_order = 0;

	pair_open(&p, NULL, "delay_us=100&jitter_us=50&seed=3");
	pair_send(&p, 1000);
	p.clock.ns += 99999;
	pair_drain(&p);
	CU_ASSERT_EQUAL(p.n, 0);	/* fetched from the hub now: due from here on */
	p.clock.ns += 99999;
	pair_drain(&p);
	CU_ASSERT_EQUAL(p.n, 0);
	p.clock.ns += 25001;
	pair_drain(&p);
	CU_ASSERT(p.n > 400 && p.n < 600);
	p.clock.ns += 25000;
	pair_drain(&p);
	CU_ASSERT_EQUAL(p.n, 1000);
	for (uint32_t i = 1; i < p.n; i++)
		out_of_order += p.order[i] < p.order[i - 1];
	CU_ASSERT(out_of_order > 300);
	pair_close(&p);
}

/* 8 Mbit/s: a byte a microsecond. */
static void shim__rate(void)
{
	struct pair p;

	pair_open(&p, "rate=8M&at=tx", NULL);
	pair_send(&p, 3);	/* 40, 41, 42 bytes */
	for (int i = 0; i < 200; i++) {
		p.clock.ns += 1000;
		wio_recv(p.a, NULL, 0);
		pair_drain(&p);
	}
	CU_ASSERT_EQUAL(p.n, 3);
	CU_ASSERT_EQUAL(p.at_ns[0], 1000000 + 40000);
	CU_ASSERT_EQUAL(p.at_ns[1], 1000000 + 81000);
	CU_ASSERT_EQUAL(p.at_ns[2], 1000000 + 123000);
	pair_close(&p);
}

static void shim__full_queue_drops(void)
{
	struct pair p;

	pair_open(&p, NULL, "delay_us=100&hold=10");
	pair_send(&p, 25);
	pair_drain(&p);
	p.clock.ns += 100000;
	pair_drain(&p);
	CU_ASSERT_EQUAL(p.n, 10);
	CU_ASSERT_EQUAL(io_stat(p.b, "impair_rx_full"), 15);
	pair_close(&p);
}

/* A duplicate is a packet of its own: what the host writes into one does not show in the other. */
static void shim__duplicates_are_copies(void)
{
	struct pair p;
	struct wio_frame f[8];

	pair_open(&p, NULL, "dup=1");
	pair_send(&p, 1);
	CU_ASSERT_EQUAL(wio_recv(p.b, f, 8), 2);
	CU_ASSERT_PTR_NOT_EQUAL(f[0].data, f[1].data);
	memset(f[0].data, 0, f[0].len);
	CU_ASSERT(io_is(f[1].data, f[1].len, 0));
	CU_ASSERT_EQUAL(memcmp(&f[1].src, wio_local(p.a), sizeof(f[1].src)), 0);
	pair_close(&p);
}

/* One bit, and no other, is wrong. */
static void shim__corrupts_one_bit(void)
{
	struct pair p;
	struct wio_frame f[64];
	uint8_t want[128];

	pair_open(&p, "corrupt=1&at=tx", NULL);
	pair_send(&p, 50);
	CU_ASSERT_EQUAL(wio_recv(p.b, f, 64), 50);
	for (uint32_t k = 0; k < 50; k++) {
		int bits = 0;

		CU_ASSERT_EQUAL(f[k].len, 40 + k);
		io_fill(want, f[k].len, k);
		for (uint32_t i = 0; i < f[k].len; i++)
			bits += __builtin_popcount((unsigned int)(f[k].data[i] ^ want[i]));
		CU_ASSERT_EQUAL(bits, 1);
	}
	pair_close(&p);
}

/* A real driver of one packet a call: the shim must not ask fate twice for what is refused. */
struct narrow {
	struct wio w;
	uint32_t calls, got;
	uint32_t number[PACKETS];
};

static int narrow_send(struct wio *w, const struct wio_tx *t, int n)
{
	struct narrow *d = (struct narrow *)w;

	if (d->calls++ % 3 == 0 || n < 1)
		return 0;
	d->number[d->got++] = io_number(t->iov[0].base);
	return 1;
}

static int narrow_recv(struct wio *w, struct wio_frame *f, int max)
{
	(void)w;
	(void)f;
	(void)max;
	return 0;
}

static int narrow_fd(struct wio *w)
{
	(void)w;
	return -1;
}

static void narrow_close(struct wio *w)
{
	(void)w;
}

static void shim__driver_takes_one_at_a_time(void)
{
	static const struct wio_ops ops = { .send = narrow_send, .recv = narrow_recv,
					    .fd = narrow_fd, .close = narrow_close };
	static struct narrow d;
	struct impair_law l = { .seed = 21, .loss = PPB(0.2), .span = 4 };
	struct wio_query q = { .n = 0, .tables = { wio_impair_keys } };
	struct io_clock clock = { .ns = 5 };
	struct wio_cfg c = { .q = &q, .now = io_clock_now, .now_arg = &clock,
			     .virtual_time = true };
	static uint8_t bytes[2000][8];
	static struct wio_tx t[2000];
	struct wio *w;
	uint32_t k = 0, sent = 0;

	d = (struct narrow){ .w = { .ops = &ops, .local = { .family = WIO_L2 }, .len_max = 100 } };
	CU_ASSERT_EQUAL(wio_query_parse(&q, "loss=0.2&at=tx&seed=21", &c), 0);
	CU_ASSERT_EQUAL(wio_impair_open(&c, &d.w, &w), 0);
	for (uint32_t i = 0; i < 2000; i++) {
		io_fill(bytes[i], 8, i);
		t[i] = (struct wio_tx){ .iov = { { bytes[i], 8 } }, .n_iov = 1, .dst = &d.w.local };
	}
	while (sent < 2000) {
		int n = w->ops->send(w, t + sent, 2000 - (int)sent);

		CU_ASSERT(n >= 0);
		sent += (uint32_t)n;
	}
	for (uint32_t i = 0; i < 2000; i++) {
		if (wio_impair_fate(&l, IMPAIR_TX, i).lose)
			continue;
		CU_ASSERT(k < d.got && d.number[k] == i);
		k++;
	}
	CU_ASSERT_EQUAL(k, d.got);
	w->ops->close(w);
	wio_query_free(&q);
}

/* In real time, a host asleep on the descriptor is woken for a delayed packet. */
static void shim__descriptor_wakes_for_delayed(void)
{
	struct wio *a = io_open("udp:127.0.0.1:0?bcast=0", NULL);
	struct wio *b = io_open("udp:127.0.0.1:0?bcast=0&delay_us=20000", NULL);
	struct pollfd pfd = { .fd = wio_fd(b), .events = POLLIN };
	struct wio_frame f;
	int waits = 0, n = 0;

	CU_ASSERT(pfd.fd >= 0);
	CU_ASSERT_EQUAL(io_send1(a, wio_local(b), 100, 1), 1);
	while ((n = wio_recv(b, &f, 1)) == 0 && waits++ < 100)
		CU_ASSERT_EQUAL(poll(&pfd, 1, 5000), 1);
	CU_ASSERT_EQUAL(n, 1);
	CU_ASSERT(waits < 5);
	/* And sleeps again when there is nothing. */
	while (wio_recv(b, &f, 1) > 0)
		;
	CU_ASSERT_EQUAL(poll(&pfd, 1, 0), 0);
	wio_close(a);
	wio_close(b);
}

WEFT_SUITE(t_impair) {
	{ "fate__same_seed_same_fate", fate__same_seed_same_fate },
	{ "fate__statistics", fate__statistics },
	{ "fate__certain", fate__certain },
	{ "shim__exact_on_either_side", shim__exact_on_either_side },
	{ "shim__timing_does_not_matter", shim__timing_does_not_matter },
	{ "shim__off_changes_nothing", shim__off_changes_nothing },
	{ "shim__reorder_is_bounded", shim__reorder_is_bounded },
	{ "shim__reorder_gives_up", shim__reorder_gives_up },
	{ "shim__delay_on_either_side", shim__delay_on_either_side },
	{ "shim__jitter_is_bounded", shim__jitter_is_bounded },
	{ "shim__rate", shim__rate },
	{ "shim__full_queue_drops", shim__full_queue_drops },
	{ "shim__duplicates_are_copies", shim__duplicates_are_copies },
	{ "shim__corrupts_one_bit", shim__corrupts_one_bit },
	{ "shim__driver_takes_one_at_a_time", shim__driver_takes_one_at_a_time },
	{ "shim__descriptor_wakes_for_delayed", shim__descriptor_wakes_for_delayed },
};
