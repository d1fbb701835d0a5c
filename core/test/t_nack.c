/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/ack.c: NACKs that come in, what they must prove, and what they bring about. */
#include "core/test/net_check.h"
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

#define US 1000ull

static void sent_write(struct solo *so, uint32_t packets)
{
	solo_post(so, WEFT_OPCODE_WRITE, 1, packets * 1024, 0);
	CU_ASSERT_EQUAL(solo_drain(so), packets);
}

static struct weft_view nack(struct solo *so, enum weft_nack reason, uint32_t echo_psn)
{
	struct weft_view v = solo_pkt(so, WEFT_PTYPE_NACK);

	v.b.nack.h.reason = (uint8_t)reason;
	v.b.nack.h.echo_psn = echo_psn;
	v.b.nack.h.echo_pdc = SOLO_PEER_ID;
	v.b.nack.h.echo_gen = SOLO_PEER_GEN;
	return v;
}

/* WEFT-RTX-024, WEFT-RTX-081, WEFT-RTX-003: each packet of a range by itself. */
static void nack_missing__rud_ranges(void)
{
	uint8_t ranges[2 * WEFT_HDR_RANGE_LEN];
	struct weft_hdr_range g;
	struct weft_view v;
	struct solo so;
	uint32_t una;

	solo_init(&so);
	solo_ready(&so);
	so.p->min_rtt = so.p->srtt = 50 * US;
	sent_write(&so, 6);
	una = so.p->una;
	so.now += 60 * US;
	g = (struct weft_hdr_range){ .first = una, .count = 1 };
	weft_hdr_range_pack(ranges, &g);
	v = nack(&so, WEFT_NACK_MISSING, 0);
	v.b.nack.h.count = 1;
	v.b.nack.ranges = ranges;
	solo_rx(&so, &v);
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT(so.sent.d.psn == una && so.sent.d.flags & WEFT_DFLAGS_RTX);	/* WEFT-RTX-001 */
	CU_ASSERT(!solo_tx(&so));
	so.now += 10 * US;
	g = (struct weft_hdr_range){ .first = una, .count = 3 };
	weft_hdr_range_pack(ranges, &g);
	g = (struct weft_hdr_range){ .first = una + 5, .count = 0xffffffff };
	weft_hdr_range_pack(ranges + WEFT_HDR_RANGE_LEN, &g);
	v.b.nack.h.count = 2;
	solo_rx(&so, &v);
	CU_ASSERT(solo_tx(&so));		/* not the one sent again 10 us ago */
	CU_ASSERT_EQUAL(so.sent.d.psn, una + 1);
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(so.sent.d.psn, una + 2);
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(so.sent.d.psn, una + 5);
	CU_ASSERT(!solo_tx(&so));
	so.now += 51 * US;			/* a round trip later it may have been lost again */
	v.b.nack.h.count = 1;
	solo_rx(&so, &v);
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(so.sent.d.psn, una);
	g = (struct weft_hdr_range){ .first = so.p->nxt, .count = 5 };
	weft_hdr_range_pack(ranges, &g);
	solo_drain(&so);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);	/* names nothing of ours */
	CU_ASSERT(!solo_tx(&so));
	solo_fini(&so);
}

/* WEFT-RTX-004 */
static void nack_missing__rod_goes_back(void)
{
	uint8_t ranges[WEFT_HDR_RANGE_LEN];
	struct weft_hdr_range g;
	struct weft_view v;
	struct solo so;
	uint32_t una;

	solo_init(&so);
	so.cfg.mode = WEFT_MODE_ROD;
	solo_ready(&so);
	so.p->min_rtt = so.p->srtt = 50 * US;
	sent_write(&so, 6);
	una = so.p->una;
	for (int again = 0; again < 2; again++) {	/* the second time it was lost once more */
		so.now += 60 * US;
		g = (struct weft_hdr_range){ .first = una + 2, .count = 1 };
		weft_hdr_range_pack(ranges, &g);
		v = nack(&so, WEFT_NACK_MISSING, 0);
		v.b.nack.h.count = 1;
		v.b.nack.ranges = ranges;
		v.d.flags |= WEFT_DFLAGS_AKV;
		v.d.ack_psn = una + 1;
		solo_rx(&so, &v);
		CU_ASSERT_EQUAL(so.p->una, una + 2);
		for (uint32_t psn = una + 2; psn != una + 6; psn++) {
			CU_ASSERT(solo_tx(&so));
			CU_ASSERT_EQUAL(so.sent.d.psn, psn);
			CU_ASSERT(so.sent.d.flags & WEFT_DFLAGS_RTX);
		}
		CU_ASSERT(!solo_tx(&so));
	}
	solo_fini(&so);
}

/* WEFT-PDC-011 */
static void nack_context__must_prove_itself(void)
{
	static const enum weft_nack reasons[] = { WEFT_NACK_NO_CONTEXT, WEFT_NACK_NEW_START_PSN,
		WEFT_NACK_BUSY, WEFT_NACK_RESET, WEFT_NACK_MODE, WEFT_NACK_COOKIE };
	struct weft_view v;
	struct solo so;

	for (size_t i = 0; i < WEFT_ARRAY_LEN(reasons); i++) {
		solo_init(&so);
		so.peer.tx_next = 0xfffffff0;
		solo_ready(&so);
		sent_write(&so, 6);
		solo_ack_all(&so);
		sent_write(&so, 3);
		v = nack(&so, reasons[i], so.p->nxt);
		CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_BAD_ECHO);
		v = nack(&so, reasons[i], reasons[i] == WEFT_NACK_RESET ? so.p->tx_start - 1 :
			 so.p->una - 1);
		CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_BAD_ECHO);
		CU_ASSERT_EQUAL(so.p->st->drop[WEFT_DROP_BAD_ECHO], 2);
		if (reasons[i] == WEFT_NACK_RESET) {	/* however far back the start may be */
			so.p->tx_start -= 0x80000010;
			v = nack(&so, reasons[i], so.p->una - so.prof.window - 1);
			CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_BAD_ECHO);
			v = nack(&so, reasons[i], so.p->nxt + 1000);
			CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_BAD_ECHO);
			so.p->tx_start += 0x80000010;
		}
		if (reasons[i] == WEFT_NACK_NO_CONTEXT) {
			v = nack(&so, reasons[i], so.p->una);
			v.b.nack.h.echo_pdc++;
			CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_BAD_ECHO);
			v = nack(&so, reasons[i], so.p->una);
			v.b.nack.h.echo_gen ^= 1;
			CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_BAD_ECHO);
		}
		CU_ASSERT_EQUAL(so.p->state, WEFT_PDC_STATE_OPEN);
		solo_fini(&so);
	}
}

static void nack_context__ends_it(void)
{
	static const struct { enum weft_nack reason; uint32_t back; bool ends; } rows[] = {
		{ WEFT_NACK_NO_CONTEXT, 0, true },
		{ WEFT_NACK_RESET, 0, true },
		{ WEFT_NACK_RESET, 5, true },		/* acknowledged, but not long ago */
		{ WEFT_NACK_BUSY, 0, false },
		{ WEFT_NACK_MODE, 0, false },		/* the context is open: nonsense */
		{ WEFT_NACK_NEW_START_PSN, 0, false },
		{ WEFT_NACK_COOKIE, 0, false },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		struct weft_view v;
		struct solo so;

		solo_init(&so);
		solo_ready(&so);
		sent_write(&so, 6);
		solo_ack_all(&so);
		sent_write(&so, 3);
		v = nack(&so, rows[i].reason, so.p->una - rows[i].back);
		CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
		CU_ASSERT_EQUAL(so.p->state == WEFT_PDC_STATE_FAILED, rows[i].ends);
		solo_work(&so);
		if (rows[i].ends)
			CU_ASSERT_EQUAL(solo_event(&so, WEFT_EV_PDC_FAILED)->wc.status,
					WEFT_STATUS_PEER_RESET);
		solo_fini(&so);
	}
}

/* WEFT-CC-013: a trimmed packet shows a full queue, and cuts though the path seems empty. */
static void nack_trimmed__is_told_to_the_law(void)
{
	static const struct { enum weft_nack reason; uint32_t window; } rows[] = {
		{ WEFT_NACK_MISSING, 64 },	/* no queueing: not below where it began */
		{ WEFT_NACK_TRIMMED, 48 },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		struct weft_hdr_range g = { .count = 1 };
		uint8_t ranges[WEFT_HDR_RANGE_LEN];
		struct weft_view v;
		struct solo so;

		solo_init(&so);
		solo_ready(&so);
		so.p->cc.cwnd = so.p->cc.max;
		sent_write(&so, 6);
		g.first = so.p->una;
		weft_hdr_range_pack(ranges, &g);
		v = nack(&so, rows[i].reason, 0);
		v.b.nack.h.count = 1;
		v.b.nack.ranges = ranges;
		solo_rx(&so, &v);
		CU_ASSERT_EQUAL(cc_window(&so.p->cc), rows[i].window);
		solo_fini(&so);
	}
}

WEFT_SUITE(t_nack) {
	{ "nack_trimmed__is_told_to_the_law", nack_trimmed__is_told_to_the_law },
	{ "nack_missing__rud_ranges", nack_missing__rud_ranges },
	{ "nack_missing__rod_goes_back", nack_missing__rod_goes_back },
	{ "nack_context__must_prove_itself", nack_context__must_prove_itself },
	{ "nack_context__ends_it", nack_context__ends_it },
};
