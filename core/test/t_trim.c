/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/trim.c, and the sender's side of it in core/ack.c: packets cut down by a switch. */
#include <stdio.h>
#include <stdlib.h>

#include "core/test/net.h"
#include "core/test/net_check.h"
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

#define US 1000ull
#define SECOND 1000000000ull

/* A trimmed packet with this PSN, for the context, given to it. */
static void trimmed(struct solo *so, uint32_t psn, enum weft_ptype type)
{
	struct weft_view v, w = solo_pkt(so, type);
	uint8_t out[PK_MAX];

	if (type == WEFT_PTYPE_DATA || type == WEFT_PTYPE_CTRL)
		so->psn--;
	w.d.psn = psn;
	w.d.fabric = WEFT_FABRIC_TRIM;
	w.d.flags |= WEFT_DFLAGS_AKV;
	w.d.ack_psn = so->p->nxt - 1;		/* which is not believed */
	weft_hdr_delivery_pack(out, &w.d);
	CU_ASSERT_EQUAL(weft_parse(&v, out, WEFT_HDR_DELIVERY_LEN), WEFT_DROP_TRIMMED);
	weft_rx_trimmed(so->p, &v);
}

static struct weft_hdr_range range_of(const struct weft_view *v, uint32_t i)
{
	struct weft_hdr_range g;

	weft_hdr_range_unpack(&g, v->b.nack.ranges + i * WEFT_HDR_RANGE_LEN);
	return g;
}

/* WEFT-PKT-011: TRIM decides, whatever lies behind the header; before it, only the version. */
static void weft_parse__trimmed(void)
{
	struct weft_hdr_delivery d = { .version = WEFT_VERSION, .type = WEFT_PTYPE_DATA,
				       .flags = WEFT_DFLAGS_SYN, .pdc_id = 5,
				       .fabric = WEFT_FABRIC_TRIM | WEFT_FABRIC_CE };
	uint8_t out[64];
	struct weft_view v;

	memset(out, 0xff, sizeof(out));
	weft_hdr_delivery_pack(out, &d);
	for (uint32_t len = 0; len <= sizeof(out); len++)
		CU_ASSERT_EQUAL(weft_parse(&v, out, len), len < WEFT_HDR_DELIVERY_LEN ?
				WEFT_DROP_SHORT : WEFT_DROP_TRIMMED);
	CU_ASSERT_EQUAL(weft_route(&v), WEFT_ROUTE_CONTEXT);
	d.pdc_id = 0;
	weft_hdr_delivery_pack(out, &d);
	CU_ASSERT_EQUAL(weft_parse(&v, out, 16), WEFT_DROP_TRIMMED);
	CU_ASSERT_EQUAL(weft_route(&v), WEFT_ROUTE_NONE);
	out[0] = (uint8_t)((WEFT_VERSION + 1) << 4 | WEFT_PTYPE_DATA);
	CU_ASSERT_EQUAL(weft_parse(&v, out, 16), WEFT_DROP_VERSION);
}

/* WEFT-RTX-012, WEFT-RTX-013 */
static void weft_rx_trimmed__ranges(void)
{
	static const struct {
		const char *why;
		uint32_t psn[12], n;		/* trimmed, from the next PSN on */
		struct { uint32_t first, count; } want[8];
		uint32_t n_want;
	} rows[] = {
		{ "one", { 0 }, 1, { { 0, 1 } }, 1 },
		{ "twice the same", { 3, 3 }, 2, { { 3, 1 } }, 1 },
		{ "neighbours", { 2, 3, 4 }, 3, { { 2, 3 } }, 1 },
		{ "neighbours from behind", { 4, 3, 2 }, 3, { { 2, 3 } }, 1 },
		{ "the one between", { 2, 4, 3, 4 }, 4, { { 2, 3 } }, 1 },
		{ "between two of three", { 2, 9, 4, 3 }, 4, { { 2, 3 }, { 9, 1 } }, 2 },
		{ "two runs", { 2, 7, 3, 8 }, 4, { { 2, 2 }, { 7, 2 } }, 2 },
		{ "nine runs: the ninth finds no room", { 0, 2, 4, 6, 8, 10, 12, 14, 16 }, 9,
		  { { 0, 1 }, { 2, 1 }, { 4, 1 }, { 6, 1 }, { 8, 1 }, { 10, 1 }, { 12, 1 },
		    { 14, 1 } }, 8 },
		{ "the last of the window, and one beyond", { 63, 64 }, 2, { { 63, 1 } }, 1 },
		{ "before the window", { 0xffffffff, 0xffffff00 }, 2, { { 0, 0 } }, 0 },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		struct solo so;

		solo_init(&so);
		so.psn = 0xfffffff0;
		solo_ready(&so);
		for (uint32_t k = 0; k < rows[i].n; k++)
			trimmed(&so, so.psn + rows[i].psn[k], WEFT_PTYPE_DATA);
		CU_ASSERT_EQUAL(so.stats.drop[WEFT_DROP_TRIMMED], rows[i].n);
		CU_ASSERT_EQUAL(weft_deadline(so.p) <= so.now, rows[i].n_want > 0);
		CU_ASSERT_EQUAL(solo_tx(&so), rows[i].n_want > 0);
		if (rows[i].n_want) {
			CU_ASSERT_EQUAL(so.sent.d.type, WEFT_PTYPE_NACK);
			CU_ASSERT_EQUAL(so.sent.b.nack.h.reason, WEFT_NACK_TRIMMED);
			CU_ASSERT_EQUAL_FATAL(so.sent.b.nack.h.count, rows[i].n_want);
		}
		for (uint32_t k = 0; k < rows[i].n_want; k++) {
			struct weft_hdr_range g = range_of(&so.sent, k);

			if (g.first - so.psn != rows[i].want[k].first)
				printf("trim: %s\n", rows[i].why);
			CU_ASSERT_EQUAL(g.first - so.psn, rows[i].want[k].first);
			CU_ASSERT_EQUAL(g.count, rows[i].want[k].count);
		}
		CU_ASSERT(!solo_tx(&so));
		solo_fini(&so);
	}
}

/* WEFT-RTX-011: whose it is not, what it cannot be, and what it says, all change nothing. */
static void weft_rx_trimmed__believes_nothing(void)
{
	struct weft_pdc before;
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 3000, 0);
	solo_drain(&so);
	v = solo_write(&so, 0, 0, 64, 64);
	solo_take(&so, &v, WEFT_STATUS_OK);
	solo_obey(&so);
	solo_drain(&so);
	before = *so.p;
	trimmed(&so, so.psn - 1, WEFT_PTYPE_DATA);		/* it has come */
	trimmed(&so, so.psn, WEFT_PTYPE_ACK);			/* takes no PSN */
	trimmed(&so, so.psn, WEFT_PTYPE_NACK);
	so.cfg.pdc_id++;
	for (int what = 0; what < 2; what++) {
		v = solo_pkt(&so, WEFT_PTYPE_DATA);
		so.psn--;
		v.d.flags ^= what ? 1 : 0;			/* another generation */
		v.d.pdc_id += !what;
		v.d.fabric = WEFT_FABRIC_TRIM;
		weft_rx_trimmed(so.p, &v);
	}
	CU_ASSERT_EQUAL(memcmp(&before, so.p, sizeof(before)), 0);
	CU_ASSERT(!solo_tx(&so));
	trimmed(&so, so.psn, WEFT_PTYPE_CTRL);			/* this one is asked for */
	CU_ASSERT(solo_tx(&so));
	before.trim_spent = so.p->trim_spent;
	before.trim_at = so.p->trim_at;
	before.acked_cum = so.p->acked_cum;
	CU_ASSERT_EQUAL(memcmp(&before, so.p, sizeof(before)), 0);
	CU_ASSERT_EQUAL(so.stats.drop[WEFT_DROP_TRIMMED], 6);
	solo_fini(&so);
}

/* What has come meanwhile is not asked for; a context that has ended asks for nothing. */
static void weft_rx_trimmed__too_late(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	trimmed(&so, so.psn, WEFT_PTYPE_DATA);
	v = solo_op(&so, WEFT_OPCODE_NOP, 0);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	CU_ASSERT(!solo_tx_type(&so, WEFT_PTYPE_NACK));
	weft_pdc_abort(so.p, WEFT_STATUS_PEER_RESET, false);
	trimmed(&so, so.psn, WEFT_PTYPE_DATA);
	CU_ASSERT(!solo_tx(&so));
	CU_ASSERT_EQUAL(so.stats.drop[WEFT_DROP_TRIMMED], 2);
	solo_fini(&so);
}

/* WEFT-RTX-014: a flood of forged trims draws so many NACKs and no more. */
static void trim_take__budget(void)
{
	uint32_t n = 0, after = 0;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	so.now += SECOND;
	for (uint32_t i = 0; i < 1000; i++) {		/* all at one instant */
		trimmed(&so, so.psn + i % 64, WEFT_PTYPE_DATA);
		n += (uint32_t)solo_drain(&so);
	}
	CU_ASSERT_EQUAL(n, WEFT_TRIM_BURST);
	CU_ASSERT_EQUAL(weft_deadline(so.p), so.now + WEFT_TRIM_EVERY_NS);
	for (uint32_t i = 0; i < 1000; i++) {		/* and ten in each microsecond */
		so.now += 100;
		trimmed(&so, so.psn + i % 64, WEFT_PTYPE_DATA);
		after += (uint32_t)solo_drain(&so);
	}
	CU_ASSERT_EQUAL(after, 1000 * 100 / WEFT_TRIM_EVERY_NS);
	so.now += 100 * US;				/* a pause gives the burst back, no more */
	for (uint32_t i = n = 0; i < 1000; i++) {
		trimmed(&so, so.psn + i % 64, WEFT_PTYPE_DATA);
		n += (uint32_t)solo_drain(&so);
	}
	CU_ASSERT_EQUAL(n, WEFT_TRIM_BURST);
	solo_fini(&so);
}

/* WEFT-RTX-012: in order there is one gap, and it begins where it begins. */
static void weft_rx_trimmed__rod(void)
{
	struct solo so;

	solo_init(&so);
	so.cfg.mode = WEFT_MODE_ROD;
	solo_ready(&so);
	for (uint32_t i = 0; i < 5; i++)
		trimmed(&so, so.psn + (4 - i), WEFT_PTYPE_DATA);
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(so.sent.b.nack.h.reason, WEFT_NACK_TRIMMED);
	CU_ASSERT_EQUAL(so.sent.b.nack.h.count, 1);
	CU_ASSERT_EQUAL(range_of(&so.sent, 0).first, so.psn);
	CU_ASSERT_EQUAL(range_of(&so.sent, 0).count, 1);
	CU_ASSERT(!solo_tx(&so));
	solo_fini(&so);
}

static struct weft_view nack(struct solo *so, uint8_t *ranges, uint32_t first, uint32_t count)
{
	struct weft_view v = solo_pkt(so, WEFT_PTYPE_NACK);
	struct weft_hdr_range g = { first, count };

	weft_hdr_range_pack(ranges, &g);
	v.b.nack.h.reason = WEFT_NACK_TRIMMED;
	v.b.nack.h.count = 1;
	v.b.nack.ranges = ranges;
	return v;
}

/* WEFT-RTX-015, WEFT-RTX-016 */
static void nack_trimmed__once_a_round_trip(void)
{
	for (int known = 0; known < 2; known++) {
		uint8_t ranges[WEFT_HDR_RANGE_LEN];
		uint64_t wait = known ? 50 * US : 1000 * US, n = 0;
		struct weft_view v;
		struct solo so;
		uint32_t una;

		solo_init(&so);
		so.prof.cc = WEFT_CC_FIXED;
		solo_ready(&so);
		so.p->min_rtt = so.p->srtt = known ? 50 * US : 0;
		solo_post(&so, WEFT_OPCODE_WRITE, 1, 6 * 1024, 0);
		CU_ASSERT_EQUAL(solo_drain(&so), 6);
		una = so.p->una;
		v = nack(&so, ranges, una, 0xffffffff);
		CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
		for (uint32_t i = 0; i < 6; i++) {		/* sent once so far: at once */
			CU_ASSERT_FATAL(solo_tx(&so));
			CU_ASSERT_EQUAL(so.sent.d.psn, una + i);
			CU_ASSERT(so.sent.d.flags & WEFT_DFLAGS_RTX);
		}
		for (int t = 0; t < 1000; t++) {		/* forged, without end */
			so.now += wait / 100;
			solo_rx(&so, &v);
			n += solo_drain(&so);
		}
		CU_ASSERT(n >= 6 * 9 && n <= 6 * 10);
		CU_ASSERT_EQUAL(so.p->una, una);
		CU_ASSERT_EQUAL(so.p->backoff, 0);
		solo_ack_all(&so);
		CU_ASSERT_EQUAL(so.p->una, una + 6);
		solo_rx(&so, &v);			/* what is acknowledged is not sent again */
		CU_ASSERT(!solo_tx(&so));
		solo_fini(&so);
	}
}

/* WEFT-RTX-040: after a timeout a trimmed packet says that those sent before it are lost. */
static void nack_trimmed__after_a_timeout(void)
{
	static const struct {
		bool timeout, too_soon;
		enum weft_nack reason;
		uint32_t lost, again;	/* besides the one named; sent: the window is one packet */
	} rows[] = {
		{ true, false, WEFT_NACK_TRIMMED, 5, 1 },
		{ false, false, WEFT_NACK_TRIMMED, 0, 1 },
		{ true, true, WEFT_NACK_TRIMMED, 0, 0 },
		{ true, false, WEFT_NACK_MISSING, 0, 0 },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		uint8_t ranges[WEFT_HDR_RANGE_LEN];
		struct weft_view v;
		struct solo so;
		uint32_t una;

		solo_init(&so);
		so.prof.cc = WEFT_CC_FIXED;
		solo_ready(&so);
		so.p->min_rtt = so.p->srtt = 50 * US;
		solo_post(&so, WEFT_OPCODE_WRITE, 1, 6 * 1024, 0);
		CU_ASSERT_EQUAL(solo_drain(&so), 6);
		una = so.p->una;
		if (rows[i].timeout) {
			so.p->tlp_sent = NO_TLP;		/* no probe of the tail before it */
			so.now += retx_rto(so.p);
			weft_expire(so.p, so.now);
			CU_ASSERT_EQUAL(so.p->backoff, 1);
			CU_ASSERT_EQUAL(solo_drain(&so), 1);
			CU_ASSERT_EQUAL(so.sent.d.psn, una);
		}
		so.now += rows[i].too_soon ? 49 * US : 50 * US;
		v = nack(&so, ranges, una, 1);
		v.b.nack.h.reason = (uint8_t)rows[i].reason;
		CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
		CU_ASSERT_EQUAL(so.p->st->rtx_rack, rows[i].lost);
		CU_ASSERT_EQUAL(solo_drain(&so), rows[i].again);
		CU_ASSERT_EQUAL(so.p->una, una);
		solo_fini(&so);
	}
}

/* WEFT-RTX-040: forged, it costs no more than a copy of each packet in a round trip. */
static void nack_trimmed__forged_after_a_timeout(void)
{
	uint8_t ranges[WEFT_HDR_RANGE_LEN];
	struct weft_view v;
	struct solo so;
	uint64_t n = 0;

	solo_init(&so);
	so.prof.cc = WEFT_CC_FIXED;
	solo_ready(&so);
	so.p->min_rtt = so.p->srtt = 50 * US;
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 6 * 1024, 0);
	CU_ASSERT_EQUAL(solo_drain(&so), 6);
	so.p->tlp_sent = NO_TLP;
	so.now += retx_rto(so.p);
	weft_expire(so.p, so.now);
	CU_ASSERT_EQUAL(solo_drain(&so), 1);
	for (int t = 0; t < 1000; t++) {		/* each PSN in turn */
		so.now += 50 * US / 100;
		v = nack(&so, ranges, so.p->una + (uint32_t)t % 6, 1);
		solo_rx(&so, &v);
		n += solo_drain(&so);
	}
	CU_ASSERT(n >= 6 && n <= 6 * 11);
	solo_fini(&so);
}

/* ---- two nodes ---------------------------------------------------------------------- */

struct world {
	struct net *net;
	struct net_stream *st;
	uint8_t *from;
	size_t mr;
};

#define BYTES 200000u
#define KEY 0x77u

static void setup(struct world *w, const struct net_opts *o)
{
	w->net = net_new(o);
	w->mr = net_mr(&w->net->n[1], KEY, 0x10000, BYTES, WEFT_MR_WRITE | WEFT_MR_READ |
		       WEFT_MR_RELAXED);
	w->from = malloc(BYTES);
	for (uint32_t i = 0; i < BYTES; i++)
		w->from[i] = (uint8_t)net_rand(w->net);
	w->st = net_connect(w->net, 5);
	CU_ASSERT_PTR_NOT_NULL_FATAL(w->st);
}

static void teardown(struct world *w)
{
	net_free(w->net);
	free(w->from);
}

/* Half of all packets are trimmed: all is recovered by NACK, and no timer is needed. */
static void trim__recovered_by_nack(void)
{
	for (unsigned i = 0; i < 8; i++) {
		bool rod = i % 2;
		struct world w;
		struct net_opts o = { .seed = (uint32_t)weft_test_seed * 100 + i,
				      .mode = rod ? WEFT_MODE_ROD : WEFT_MODE_RUD,
				      .cc = WEFT_CC_FIXED };

		setup(&w, &o);
		w.net->o.trim = .5;
		CU_ASSERT_EQUAL(net_post(w.st, WEFT_OPCODE_WRITE, 1, w.from, BYTES, KEY, 0x10000,
					 0), WEFT_OK);
		CU_ASSERT(net_wait(w.net, w.st, 1));
		CU_ASSERT_EQUAL(w.st->wc[0].status, WEFT_STATUS_OK);
		CU_ASSERT_EQUAL(memcmp(w.from, w.net->n[1].mr_mem[w.mr], BYTES), 0);
		CU_ASSERT(w.net->trimmed > 100);
		CU_ASSERT(w.net->n[0].stats.rtx_nack > 100);
		if (!rod)
			CU_ASSERT_EQUAL(w.net->n[0].stats.rtx_rto, 0);
		if (w.net->n[0].stats.rtx_rto > 2)
			printf("trim: %llu timeouts, seed %u\n",
			       (unsigned long long)w.net->n[0].stats.rtx_rto, o.seed);
		CU_ASSERT(w.net->n[0].stats.rtx_rto <= 2);
		teardown(&w);
	}
}

/* For each packet that node 0 sends, forged trims of it, of others, and of PSNs without sense. */
static bool forge(struct net *net, int from, uint8_t *bytes, uint32_t *len, void *arg)
{
	static const int32_t off[] = { 0, 1, -1, 5, 63, 64, -64, 1 << 20 };
	struct weft_hdr_delivery d;
	uint64_t *n = arg;
	uint8_t out[WEFT_HDR_DELIVERY_LEN];

	(void)len;
	weft_hdr_delivery_unpack(&d, bytes);
	if (from || !d.pdc_id || d.type == WEFT_PTYPE_NACK || d.type == WEFT_PTYPE_ACK)
		return true;
	for (size_t i = 0; i < WEFT_ARRAY_LEN(off); i++) {
		struct weft_hdr_delivery h = d;

		h.psn += (uint32_t)off[i];
		h.fabric |= WEFT_FABRIC_TRIM;
		h.ack_psn += 1000;
		weft_hdr_delivery_pack(out, &h);
		net_inject(net, 1, out, sizeof(out));
		(*n)++;
	}
	return true;
}

/* Eight forged trims for each packet: nothing is lost, nothing twice, traffic is bounded. */
static void trim__forged(void)
{
	for (unsigned i = 0; i < 4; i++) {
		struct net_opts o = { .seed = (uint32_t)weft_test_seed * 100 + i,
				      .mode = i % 2 ? WEFT_MODE_ROD : WEFT_MODE_RUD,
				      .cc = WEFT_CC_FIXED };
		uint64_t forged = 0;
		struct weft_stats *a, *b;
		struct world w;

		setup(&w, &o);
		w.net->filter = forge;
		w.net->filter_arg = &forged;
		CU_ASSERT_EQUAL(net_post(w.st, WEFT_OPCODE_WRITE, 1, w.from, BYTES, KEY, 0x10000,
					 0), WEFT_OK);
		CU_ASSERT(net_wait(w.net, w.st, 1));
		CU_ASSERT_EQUAL(memcmp(w.from, w.net->n[1].mr_mem[w.mr], BYTES), 0);
		a = &w.net->n[0].stats;
		b = &w.net->n[1].stats;
		CU_ASSERT_EQUAL(w.net->n[1].placed, BYTES);
		CU_ASSERT_EQUAL(b->drop[WEFT_DROP_TRIMMED], forged);
		CU_ASSERT(b->tx_nacks <= WEFT_TRIM_BURST + w.net->now / WEFT_TRIM_EVERY_NS);
		CU_ASSERT(a->rtx_pkts <= 2 * a->tx_pkts / 3 + 64);
		if (a->rtx_pkts > 2 * a->tx_pkts / 3)
			printf("forged: %llu of %llu again\n", (unsigned long long)a->rtx_pkts,
			       (unsigned long long)a->tx_pkts);
		CU_ASSERT_EQUAL(a->rtx_rto, 0);
		teardown(&w);
	}
}

/* WEFT-RTX-017 */
static void trim__of_no_context(void)
{
	struct net *net = net_new(&(struct net_opts){ .seed = 1 });
	struct weft_hdr_delivery d = { .version = WEFT_VERSION, .type = WEFT_PTYPE_DATA,
				       .fabric = WEFT_FABRIC_TRIM };
	uint8_t out[WEFT_HDR_DELIVERY_LEN];

	for (uint32_t i = 0; i < 8; i++) {
		d.flags = i & 1 ? WEFT_DFLAGS_SYN | WEFT_DFLAGS_AR : WEFT_DFLAGS_AR;
		d.pdc_id = i & 2 ? 0x222 : 0;
		d.psn = i;
		weft_hdr_delivery_pack(out, &d);
		net_inject(net, 1, out, sizeof(out));
	}
	net_run(net, SECOND, NULL, NULL);
	CU_ASSERT_EQUAL(net->n[1].rx_drop[WEFT_DROP_TRIMMED], 8);
	CU_ASSERT_EQUAL(net->sent, 0);
	net_free(net);
}

WEFT_SUITE(t_trim) {
	{ "weft_parse__trimmed", weft_parse__trimmed },
	{ "weft_rx_trimmed__ranges", weft_rx_trimmed__ranges },
	{ "weft_rx_trimmed__believes_nothing", weft_rx_trimmed__believes_nothing },
	{ "weft_rx_trimmed__too_late", weft_rx_trimmed__too_late },
	{ "trim_take__budget", trim_take__budget },
	{ "weft_rx_trimmed__rod", weft_rx_trimmed__rod },
	{ "nack_trimmed__once_a_round_trip", nack_trimmed__once_a_round_trip },
	{ "nack_trimmed__after_a_timeout", nack_trimmed__after_a_timeout },
	{ "nack_trimmed__forged_after_a_timeout", nack_trimmed__forged_after_a_timeout },
	{ "trim__recovered_by_nack", trim__recovered_by_nack },
	{ "trim__forged", trim__forged },
	{ "trim__of_no_context", trim__of_no_context },
};
