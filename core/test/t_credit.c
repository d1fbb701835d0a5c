/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/credit.c, core/grantor.c: demand and grant, and the port's rate among many. */
#include <stdlib.h>

#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

#define MAX_SENDERS 16

static void start(struct solo *so, struct weft_grantor *g)
{
	solo_init(so);
	so->prof.cc = WEFT_CC_CREDIT;
	so->prof.cc_init_pkts = 8;
	so->cfg.grantor = g;
	solo_ready(so);
	so->p->srtt = so->p->min_rtt = 10000;
	so->p->cc.spent = 0;
}

static struct weft_view credit(struct solo *so, uint8_t flags, uint32_t pkts)
{
	struct weft_view v = solo_pkt(so, WEFT_PTYPE_CREDIT);

	v.b.credit.h = (struct weft_hdr_credit){ .flags = flags, .pkts = pkts };
	return v;
}

/* Takes everything; counts data, and keeps the last CREDIT. */
static unsigned drain(struct solo *so, struct weft_hdr_credit *last, unsigned *credits)
{
	unsigned data = 0;

	*credits = 0;
	while (solo_tx(so)) {
		data += so->sent.d.type == WEFT_PTYPE_DATA && so->txd.len;
		if (so->sent.d.type != WEFT_PTYPE_CREDIT)
			continue;
		*last = so->sent.b.credit.h;
		++*credits;
	}
	return data;
}

/* WEFT-CC-040, WEFT-CC-041 */
static void sender__first_window_then_as_granted(void)
{
	struct weft_hdr_credit c = { 0 };
	struct weft_view v;
	unsigned credits;
	struct solo so;

	start(&so, NULL);
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 40 * 1024, 0);
	CU_ASSERT_EQUAL(drain(&so, &c, &credits), 8);
	CU_ASSERT(credits > 0);
	CU_ASSERT_EQUAL(c.flags, WEFT_CREDITFLAGS_DEMAND);
	CU_ASSERT(c.pkts >= 40 && c.pkts <= 48);
	v = credit(&so, WEFT_CREDITFLAGS_GRANT, 12);
	solo_rx(&so, &v);
	CU_ASSERT_EQUAL(drain(&so, &c, &credits), 4);
	solo_rx(&so, &v);					/* again: no news */
	CU_ASSERT_EQUAL(drain(&so, &c, &credits), 0);
	v = credit(&so, WEFT_CREDITFLAGS_GRANT, 5000);		/* more than was asked for */
	solo_rx(&so, &v);
	CU_ASSERT_EQUAL(drain(&so, &c, &credits), 0);
	v = credit(&so, WEFT_CREDITFLAGS_GRANT, 30);
	solo_rx(&so, &v);
	v = credit(&so, WEFT_CREDITFLAGS_GRANT, 20);		/* overtaken */
	solo_rx(&so, &v);
	CU_ASSERT_EQUAL(drain(&so, &c, &credits), 18);
	solo_fini(&so);
}

/* WEFT-CC-041: a demand or its grant was lost. */
static void sender__demands_again(void)
{
	struct weft_hdr_credit c = { 0 };
	unsigned credits, again = 0;
	weft_time began;
	struct solo so;

	start(&so, NULL);
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 40 * 1024, 0);
	drain(&so, &c, &credits);
	solo_ack_all(&so);
	drain(&so, &c, &credits);
	CU_ASSERT_EQUAL(credits, 0);
	began = so.now;
	CU_ASSERT(weft_deadline(so.p) > so.now);
	for (int i = 0; i < 3; i++) {
		so.now = weft_deadline(so.p);
		CU_ASSERT(so.now - began < 4 * so.prof.min_rto_ns);
		weft_expire(so.p, so.now);
		drain(&so, &c, &credits);
		again += credits;
	}
	CU_ASSERT_EQUAL(again, 3);
	solo_fini(&so);
}

/* WEFT-CC-041: what waits need not have bytes. */
static void sender__demands_for_a_read_of_nothing(void)
{
	struct weft_hdr_credit c = { 0 };
	struct weft_view v;
	unsigned credits;
	struct solo so;

	start(&so, NULL);
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 7 * 1024, 0);
	drain(&so, &c, &credits);
	solo_ack_all(&so);
	for (uint32_t msn = 0; msn < 2; msn++) {	/* credit is left for one answer */
		v = solo_read(&so, msn, 0);
		solo_take(&so, &v, WEFT_STATUS_OK);
		solo_obey(&so);
		CU_ASSERT_EQUAL(solo_tx_op(&so, WEFT_OPCODE_READ_RSP), !msn);
		solo_ack_all(&so);
	}
	so.now += 4 * so.prof.min_rto_ns;		/* no grant has come */
	CU_ASSERT(weft_deadline(so.p) <= so.now);
	weft_expire(so.p, so.now);
	drain(&so, &c, &credits);
	CU_ASSERT_EQUAL(credits, 1);
	v = credit(&so, WEFT_CREDITFLAGS_GRANT, c.pkts);
	solo_rx(&so, &v);
	CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_READ_RSP));
	solo_fini(&so);
}

/* Idle, it asks for the first window again, and then for nothing. */
static void sender__idle_fills_the_first_window(void)
{
	struct weft_hdr_credit c = { 0 };
	struct weft_view v;
	unsigned credits;
	struct solo so;

	start(&so, NULL);
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 6 * 1024, 0);
	CU_ASSERT_EQUAL(drain(&so, &c, &credits), 6);
	CU_ASSERT(credits >= 1 && credits <= 3);
	CU_ASSERT(c.pkts >= 13 && c.pkts <= 15);
	v = credit(&so, WEFT_CREDITFLAGS_GRANT, c.pkts);
	solo_rx(&so, &v);
	solo_ack_all(&so);
	drain(&so, &c, &credits);
	CU_ASSERT_EQUAL(credits, 0);
	CU_ASSERT_EQUAL(credit_deadline(so.p), WEFT_NEVER);
	solo_post(&so, WEFT_OPCODE_WRITE, 2, 8 * 1024, 0);
	CU_ASSERT_EQUAL(drain(&so, &c, &credits), 8);
	solo_fini(&so);
}

/* WEFT-CC-042, WEFT-CC-044, WEFT-CC-047 */
static void receiver__grants_what_is_demanded(void)
{
	struct weft_hdr_credit c = { 0 };
	struct weft_view v;
	unsigned credits;
	struct solo so;

	start(&so, NULL);
	v = credit(&so, WEFT_CREDITFLAGS_DEMAND, 100);
	for (int i = 0; i < 2; i++) {		/* the second time: the grant was lost */
		solo_rx(&so, &v);
		drain(&so, &c, &credits);
		CU_ASSERT_EQUAL(credits, 1);
		CU_ASSERT_EQUAL(c.flags, WEFT_CREDITFLAGS_GRANT);
		CU_ASSERT_EQUAL(c.pkts, 100);
	}
	v = credit(&so, WEFT_CREDITFLAGS_DEMAND, 50);	/* overtaken */
	solo_rx(&so, &v);
	drain(&so, &c, &credits);
	CU_ASSERT_EQUAL(c.pkts, 100);
	v = credit(&so, WEFT_CREDITFLAGS_DEMAND, 100000000);
	solo_rx(&so, &v);
	drain(&so, &c, &credits);
	CU_ASSERT_EQUAL(c.pkts, 100 + WEFT_MAX_WINDOW);
	solo_fini(&so);
}

/*
 * WEFT-CC-045, WEFT-CC-046: many senders share the rate evenly, and together get no more than it
 * and one quantum.
 */
static void grantor__spreads_the_rate(void)
{
	static const unsigned counts[] = { 1, 2, 3, 16 };
	const uint64_t wire = (1024 + WEFT_PACKET_COST) * 8;	/* ns of a packet at 1 Gb/s */

	for (size_t k = 0; k < WEFT_ARRAY_LEN(counts); k++) {
		struct solo *so = calloc(MAX_SENDERS, sizeof(*so));
		struct weft_pdc *out[4];
		struct weft_grantor g;
		uint64_t sum = 0;
		weft_time began;

		weft_grantor_init(&g, 1000, 4);
		CU_ASSERT_EQUAL(weft_grantor_deadline(&g), WEFT_NEVER);
		for (unsigned i = 0; i < counts[k]; i++) {
			struct weft_view v;

			start(&so[i], &g);
			v = credit(&so[i], WEFT_CREDITFLAGS_DEMAND, 3000);
			solo_rx(&so[i], &v);
		}
		began = so[0].now;
		for (int turn = 0; turn < 400; turn++) {
			weft_time now = weft_grantor_deadline(&g);
			size_t n;

			if (now < began)
				now = began;
			n = weft_grantor_run(&g, out, 4, now);
			CU_ASSERT(n >= 1);
			sum = 0;
			for (unsigned i = 0; i < counts[k]; i++) {
				uint32_t diff = so[0].p->granted - so[i].p->granted;

				sum += so[i].p->granted;
				CU_ASSERT(diff <= 4);	/* its turn comes before another's second */
			}
			CU_ASSERT(sum * wire <= now - began + 4 * wire + 100);
		}
		CU_ASSERT_EQUAL(sum, 400 * 4);
		for (unsigned i = 0; i < counts[k]; i++) {
			struct weft_hdr_credit c = { 0 };
			unsigned credits;

			drain(&so[i], &c, &credits);
			CU_ASSERT(credits == 1 && c.pkts == so[i].p->granted);
			solo_fini(&so[i]);
		}
		free(so);
	}
}

/* Contexts end, in any order, and are forgotten. */
static void grantor__forgets_who_has_gone(void)
{
	static const int orders[][3] = { { 0, 1, 2 }, { 2, 1, 0 }, { 1, 0, 2 }, { 1, 2, 0 } };
	struct weft_pdc *out[4];

	for (size_t k = 0; k < WEFT_ARRAY_LEN(orders); k++) {
		struct weft_grantor g;
		struct solo so[3];

		weft_grantor_init(&g, 1000000, 0);
		for (int i = 0; i < 3; i++) {
			struct weft_view v;

			start(&so[i], &g);
			v = credit(&so[i], WEFT_CREDITFLAGS_DEMAND, 1000);
			solo_rx(&so[i], &v);
		}
		for (int i = 0; i < 3; i++) {
			struct solo *gone = &so[orders[k][i]];

			weft_pdc_abort(gone->p, WEFT_STATUS_PEER_RESET, false);
			for (int n = 0; n < 4; n++)
				if (weft_grantor_run(&g, out, 1, gone->now += 1000000))
					CU_ASSERT_PTR_NOT_EQUAL(out[0], gone->p);
		}
		CU_ASSERT_PTR_NULL(g.head);
		CU_ASSERT_PTR_NULL(g.tail);
		for (int i = 0; i < 3; i++)
			solo_fini(&so[i]);
	}
}

/* Rate that nobody wanted is not saved up. */
static void grantor__saves_nothing_up(void)
{
	struct weft_pdc *out[64];
	struct weft_grantor g;
	struct weft_view v;
	struct solo so;

	weft_grantor_init(&g, 1000, 4);
	start(&so, &g);
	so.now += 1000000000;
	v = credit(&so, WEFT_CREDITFLAGS_DEMAND, 1000);
	solo_rx(&so, &v);
	CU_ASSERT_EQUAL(weft_grantor_run(&g, out, 64, so.now), 1);
	CU_ASSERT_EQUAL(so.p->granted, 4);
	CU_ASSERT(weft_grantor_deadline(&g) > so.now);
	solo_fini(&so);
}

/* Parts of a nanosecond add up. */
static void grantor__parts_of_a_nanosecond(void)
{
	struct weft_pdc *out[1];
	struct weft_grantor g;
	struct weft_view v;
	weft_time began;
	struct solo so;

	weft_grantor_init(&g, 3333, 4);
	start(&so, &g);
	v = credit(&so, WEFT_CREDITFLAGS_DEMAND, 4000);
	solo_rx(&so, &v);
	began = so.now;
	for (int i = 0; i < 900; i++)
		CU_ASSERT_EQUAL(weft_grantor_run(&g, out, 1, i ? g.at : began), 1);
	CU_ASSERT_EQUAL(g.at - began, (uint64_t)g.pace * (1024 + WEFT_PACKET_COST) * 4 * 900 >> 16);
	solo_fini(&so);
}

/* A demand that an earlier one has overtaken takes nothing back. */
static void receiver__demand_overtaken(void)
{
	struct weft_grantor g;
	struct weft_view v;
	struct solo so;

	weft_grantor_init(&g, 1000, 4);
	start(&so, &g);
	v = credit(&so, WEFT_CREDITFLAGS_DEMAND, 300);
	solo_rx(&so, &v);
	v = credit(&so, WEFT_CREDITFLAGS_DEMAND, 200);
	solo_rx(&so, &v);
	CU_ASSERT_EQUAL(so.p->peer_demand, 300);
	solo_fini(&so);
}

WEFT_SUITE(t_credit) {
	{ "sender__first_window_then_as_granted", sender__first_window_then_as_granted },
	{ "sender__demands_again", sender__demands_again },
	{ "sender__demands_for_a_read_of_nothing", sender__demands_for_a_read_of_nothing },
	{ "sender__idle_fills_the_first_window", sender__idle_fills_the_first_window },
	{ "receiver__grants_what_is_demanded", receiver__grants_what_is_demanded },
	{ "grantor__spreads_the_rate", grantor__spreads_the_rate },
	{ "grantor__forgets_who_has_gone", grantor__forgets_who_has_gone },
	{ "grantor__saves_nothing_up", grantor__saves_nothing_up },
	{ "grantor__parts_of_a_nanosecond", grantor__parts_of_a_nanosecond },
	{ "receiver__demand_overtaken", receiver__demand_overtaken },
};
