/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/hold.c: packets before their turn. */
#include <stdlib.h>

#include "core/test/net_check.h"
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

#define PARTS 6u
#define PART 100u

static bool tx_tack(struct solo *so, enum weft_status st, uint32_t msn)
{
	while (solo_tx_op(so, WEFT_OPCODE_TACK))
		if (so->sent.b.data.op.status == st && so->sent.b.data.op.msn == msn)
			return true;
	return false;
}

static void hold_offer__each_place_once(void)
{
	unsigned seen = 0;
	struct solo so;

	solo_init(&so);
	solo_start(&so);
	for (int i = 0; i < 8; i++) {
		uint16_t slot = hold_offer(so.p);

		CU_ASSERT_FATAL(slot < 8);
		CU_ASSERT_EQUAL(seen >> slot & 1, 0);
		seen |= 1u << slot;
	}
	CU_ASSERT_EQUAL(hold_offer(so.p), WEFT_NO_HOLD);
	solo_fini(&so);
}

/* Answers what weft_work() brings; returns how many placements, which must be in order. */
static unsigned place_held(struct solo *so, uint32_t *next)
{
	struct weft_act a;
	unsigned n = 0;

	while (weft_work(so->p, &a, 1, so->now)) {
		if (a.type == WEFT_ACT_PLACE_MEM) {
			CU_ASSERT(!a.early);
			CU_ASSERT_EQUAL(a.msn * PARTS * PART + a.offset, *next);
			CU_ASSERT(a.hold < so->prof.holds);
			CU_ASSERT_EQUAL(a.addr, 0x10000);
			CU_ASSERT_EQUAL(a.msg_len, PARTS * PART);
			*next += a.len;
			n++;
		}
		if (a.token)
			weft_done(so->p, a.token, WEFT_STATUS_OK, 0);
	}
	CU_ASSERT_PTR_NULL(net_check(so->p));
	return n;
}

/*
 * WEFT-SEM-004: three messages' packets in random order; a host whose memory is strict holds
 * what comes early, and every byte is placed in the order of the stream.
 */
static void hold__random_orders_are_put_right(void)
{
	for (uint64_t seed = 1; seed <= 200; seed++) {
		uint64_t x = weft_test_seed * 1000 + seed;
		struct weft_view v[3 * PARTS];
		struct solo so;
		uint32_t next = 0, taken = 0;

		solo_init(&so);
		so.prof.holds = 32;
		solo_ready(&so);
		for (uint32_t i = 0; i < 3 * PARTS; i++)
			v[i] = solo_write(&so, i / PARTS, i % PARTS * PART, PART, PARTS * PART);
		for (uint32_t i = 3 * PARTS - 1; i > 0; i--) {
			struct weft_view t = v[i];
			uint32_t k;

			x = x * 6364136223846793005ull + 1442695040888963407ull;
			k = (uint32_t)(x >> 40) % (i + 1);
			v[i] = v[k];
			v[k] = t;
		}
		for (uint32_t i = 0; i < 3 * PARTS; i++) {
			CU_ASSERT_EQUAL(solo_rx(&so, &v[i]), WEFT_DROP_NONE);
			CU_ASSERT_FATAL(so.has_act);
			if (!so.act.early) {
				CU_ASSERT_EQUAL(so.act.msn * PARTS * PART + so.act.offset, next);
				next += PART;
				taken++;
			}
			weft_done(so.p, so.act.token, so.act.early ? WEFT_STATUS_HELD :
				  WEFT_STATUS_OK, 0);
			taken += place_held(&so, &next);
		}
		CU_ASSERT_EQUAL(taken, 3 * PARTS);
		CU_ASSERT_EQUAL(so.p->rx_cum, so.psn);
		CU_ASSERT_EQUAL(solo_holds(&so), so.prof.holds);
		CU_ASSERT(tx_tack(&so, WEFT_STATUS_OK, 2));
		solo_fini(&so);
	}
}

/* WEFT-ACK-001: a held packet is possessed, not done. */
static void hold_keep__not_acknowledged(void)
{
	struct weft_view v[2];
	struct solo so;
	uint32_t cum;

	solo_init(&so);
	solo_ready(&so);
	cum = so.p->rx_cum;
	v[0] = solo_write(&so, 0, 0, 8, 16);
	v[1] = solo_write(&so, 0, 8, 8, 16);
	solo_take(&so, &v[1], WEFT_STATUS_HELD);
	CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_ACK));
	CU_ASSERT_EQUAL(so.sent.d.ack_psn, cum - 1);
	CU_ASSERT_EQUAL(so.sent.b.ack.words[0], 0x40);
	CU_ASSERT_EQUAL(solo_holds(&so), so.prof.holds - 1u);
	CU_ASSERT_EQUAL(solo_rx(&so, &v[1]), WEFT_DROP_DUPLICATE);	/* not given up */
	solo_take(&so, &v[0], WEFT_STATUS_OK);
	CU_ASSERT_EQUAL(so.p->rx_cum, cum + 1);
	solo_obey(&so);
	CU_ASSERT_EQUAL(so.p->rx_cum, cum + 2);
	solo_fini(&so);
}

/* Refused, ended or failed: what is held is given back, and its PSNs are done. */
static void hold_drop_all__by_refusal_fini_and_failure(void)
{
	for (int how = 0; how < 4; how++) {
		struct weft_view v;
		struct solo so;
		unsigned released = 0;

		solo_init(&so);
		solo_ready(&so);
		for (uint32_t i = 1; i < 5; i++) {
			v = solo_write(&so, i / 3, i % 3 * 8, 8, 24);
			solo_take(&so, &v, WEFT_STATUS_HELD);
		}
		CU_ASSERT_EQUAL(solo_holds(&so), 4);
		v = solo_write(&so, 0, 0, 8, 24);
		if (how == 0)
			solo_take(&so, &v, WEFT_STATUS_NO_RIGHTS);
		else
			solo_take(&so, &v, WEFT_STATUS_OK);
		if (how == 1)
			weft_stream_fini(so.s, WEFT_EP_REASON_CLOSED);
		if (how == 2)
			weft_stream_fail(so.s, WEFT_STATUS_OP_FAILED);
		if (how == 3)
			weft_pdc_abort(so.p, WEFT_STATUS_OP_FAILED, false);
		solo_work(&so);
		for (size_t i = 0; i < so.n_acts; i++) {
			released += so.acts[i].type == WEFT_ACT_RELEASE_HOLD;
			CU_ASSERT(so.acts[i].type != WEFT_ACT_PLACE_MEM);
		}
		CU_ASSERT_EQUAL(released, 4);
		CU_ASSERT_EQUAL(solo_holds(&so), so.prof.holds);
		CU_ASSERT_EQUAL(so.p->rx_cum, so.psn);
		solo_fini(&so);
	}
}

/* RNR gives up what is held too: the peer will send it all again. */
static void hold_drop_all__by_rnr(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	v = solo_write(&so, 1, 0, 8, 8);
	solo_take(&so, &v, WEFT_STATUS_HELD);
	v = solo_send(&so, 0, 0, 0, 8, 8);
	solo_take(&so, &v, WEFT_STATUS_RNR);
	solo_work(&so);
	CU_ASSERT_PTR_NOT_NULL(solo_find(&so, WEFT_ACT_RELEASE_HOLD));
	CU_ASSERT_EQUAL(solo_holds(&so), so.prof.holds);
	CU_ASSERT_EQUAL(so.p->rx_cum, so.psn);
	CU_ASSERT(tx_tack(&so, WEFT_STATUS_RNR, 0));
	solo_fini(&so);
}

/*
 * A packet that repeats bytes that are placed already never has a turn: the message is
 * refused, and nothing stands still (WEFT-SEM-007).
 */
static void hold_overlaps__refused(void)
{
	for (int late = 0; late < 2; late++) {
		struct weft_view v;
		struct solo so;

		solo_init(&so);
		solo_ready(&so);
		v = solo_write(&so, 0, 50, 100, 300);
		solo_take(&so, &v, WEFT_STATUS_HELD);
		v = solo_write(&so, 0, 0, 100, 300);
		solo_take(&so, &v, WEFT_STATUS_OK);
		if (!late)
			solo_obey(&so);
		v = solo_write(&so, 0, 100, 200, 300);
		solo_take(&so, &v, WEFT_STATUS_OK);
		if (late)
			solo_obey(&so);
		CU_ASSERT(tx_tack(&so, WEFT_STATUS_MALFORMED, 0));
		CU_ASSERT_EQUAL(so.p->rx_cum, so.psn);
		CU_ASSERT_EQUAL(solo_holds(&so) + so.p->n_hold_release, so.prof.holds);
		CU_ASSERT_EQUAL(so.s->state, WEFT_STREAM_STATE_ERROR);
		solo_fini(&so);
	}
}

/* WEFT-SEM-045: the same when what it repeats was placed before it came. */
static void hold_keep__repeats_what_is_placed(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	v = solo_write(&so, 0, 0, 100, 300);
	solo_take(&so, &v, WEFT_STATUS_OK);
	solo_obey(&so);
	v = solo_write(&so, 0, 0, 100, 300);
	solo_take(&so, &v, WEFT_STATUS_HELD);
	solo_obey(&so);
	CU_ASSERT(tx_tack(&so, WEFT_STATUS_MALFORMED, 0));
	CU_ASSERT_EQUAL(solo_holds(&so) + so.p->n_hold_release, so.prof.holds);
	CU_ASSERT_EQUAL(so.s->state, WEFT_STREAM_STATE_ERROR);
	solo_fini(&so);
}

/* The place offered comes back when the host needs none. */
static void hold_offer__not_used(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	so.prof.holds = 1;
	solo_ready(&so);
	for (uint32_t i = 3; i > 0; i--) {
		v = solo_write(&so, 0, i * 8, 8, 32);
		solo_rx(&so, &v);
		CU_ASSERT(so.act.early);
		CU_ASSERT_EQUAL(so.act.hold, 0);
		weft_done(so.p, so.act.token, WEFT_STATUS_OK, 0);	/* RELAXED: WEFT-SEM-005 */
	}
	v = solo_write(&so, 0, 0, 8, 32);
	solo_rx(&so, &v);
	CU_ASSERT(!so.act.early);
	CU_ASSERT_EQUAL(so.act.hold, WEFT_NO_HOLD);
	weft_done(so.p, so.act.token, WEFT_STATUS_OK, 0);
	solo_obey(&so);
	CU_ASSERT(tx_tack(&so, WEFT_STATUS_OK, 0));
	solo_fini(&so);
}

/* A host that says HELD where no place was offered: as NO_HOLD (WEFT-PDC-023). */
static void hold__held_without_a_place(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	so.prof.holds = 0;
	solo_ready(&so);
	v = solo_write(&so, 0, 8, 8, 16);
	solo_rx(&so, &v);
	CU_ASSERT_EQUAL(so.act.hold, WEFT_NO_HOLD);
	weft_done(so.p, so.act.token, WEFT_STATUS_HELD, 0);
	CU_ASSERT_EQUAL(so.p->st->drop[WEFT_DROP_NO_HOLD], 1);
	CU_ASSERT_EQUAL(so.p->rx_max, so.p->rx_cum);
	solo_fini(&so);
}

/* Kept once, and said so to the peer: the host cannot give it up any more, only fail. */
static void hold_take__not_given_up_again(void)
{
	static const enum weft_status sts[] = { WEFT_STATUS_HELD, WEFT_STATUS_NO_HOLD };

	for (size_t i = 0; i < WEFT_ARRAY_LEN(sts); i++) {
		struct weft_view v;
		struct solo so;

		solo_init(&so);
		solo_ready(&so);
		v = solo_write(&so, 0, 8, 8, 16);
		solo_take(&so, &v, WEFT_STATUS_HELD);
		v = solo_write(&so, 0, 0, 8, 16);
		solo_take(&so, &v, WEFT_STATUS_OK);
		solo_work(&so);
		CU_ASSERT_EQUAL(so.acts[0].type, WEFT_ACT_PLACE_MEM);
		CU_ASSERT_EQUAL(so.acts[0].len, 8);
		weft_done(so.p, so.acts[0].token, sts[i], 0);
		solo_work(&so);
		CU_ASSERT(tx_tack(&so, WEFT_STATUS_OP_FAILED, 0));
		CU_ASSERT_EQUAL(so.p->rx_cum, so.psn);
		CU_ASSERT_EQUAL(solo_holds(&so), so.prof.holds);
		solo_fini(&so);
	}
}

/* A NOP under the next PSN that gives up message msn of our stream. */
static struct weft_view nop_for(struct solo *so, uint32_t msn)
{
	struct weft_view v = solo_op(so, WEFT_OPCODE_NOP, msn);

	v.b.data.op.flags = 0;
	v.b.data.op.qpn = SOLO_QPN;
	return v;
}

/*
 * WEFT-RTX-029, WEFT-SEM-007: the peer's stream has failed, and a lost packet of it comes again as
 * a NOP; what waits for it must not fill the window for ever.
 */
static void hold_drop_from__the_peer_gave_up(void)
{
	struct weft_view v[6];
	struct solo so;
	uint32_t cum;

	solo_init(&so);
	solo_ready(&so);
	v[0] = solo_write(&so, 0, 0, 8, 16);
	v[1] = solo_write(&so, 0, 8, 8, 16);
	v[2] = nop_for(&so, 1);			/* was the first half of message 1 */
	v[3] = solo_write(&so, 1, 8, 8, 16);
	v[4] = solo_write(&so, 2, 0, 8, 8);
	v[5] = solo_write(&so, 3, 0, 8, 8);
	cum = so.p->rx_cum;
	solo_take(&so, &v[1], WEFT_STATUS_HELD);
	solo_take(&so, &v[3], WEFT_STATUS_HELD);
	solo_take(&so, &v[4], WEFT_STATUS_HELD);
	CU_ASSERT_EQUAL(solo_rx(&so, &v[2]), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(solo_rx(&so, &v[5]), WEFT_DROP_STREAM_STATE);	/* discarded, and done */
	solo_work(&so);
	CU_ASSERT_EQUAL(so.n_acts, 2);			/* messages 1 and 2; 0 is still kept */
	CU_ASSERT_EQUAL(so.acts[0].type, WEFT_ACT_RELEASE_HOLD);
	CU_ASSERT_EQUAL(solo_holds(&so), so.prof.holds - 1u);
	CU_ASSERT_EQUAL(so.p->rx_cum, cum);
	CU_ASSERT_EQUAL(solo_rx(&so, &v[2]), WEFT_DROP_DUPLICATE);
	solo_take(&so, &v[0], WEFT_STATUS_OK);
	solo_obey(&so);
	CU_ASSERT_EQUAL(so.p->rx_cum, so.psn);		/* nothing is kept any more */
	CU_ASSERT_EQUAL(so.s->state, WEFT_STREAM_STATE_READY);
	CU_ASSERT(tx_tack(&so, WEFT_STATUS_OK, 0));	/* message 0 was whole */
	v[0] = nop_for(&so, 0);				/* complete already: gives up nothing */
	CU_ASSERT_EQUAL(solo_rx(&so, &v[0]), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(so.s->run->cut_msn, 1);
	CU_ASSERT_PTR_NULL(net_check(so.p));
	solo_fini(&so);
}

WEFT_SUITE(t_hold) {
	{ "hold_drop_from__the_peer_gave_up", hold_drop_from__the_peer_gave_up },
	{ "hold_offer__each_place_once", hold_offer__each_place_once },
	{ "hold_offer__not_used", hold_offer__not_used },
	{ "hold_keep__not_acknowledged", hold_keep__not_acknowledged },
	{ "hold__random_orders_are_put_right", hold__random_orders_are_put_right },
	{ "hold__held_without_a_place", hold__held_without_a_place },
	{ "hold_take__not_given_up_again", hold_take__not_given_up_again },
	{ "hold_overlaps__refused", hold_overlaps__refused },
	{ "hold_keep__repeats_what_is_placed", hold_keep__repeats_what_is_placed },
	{ "hold_drop_all__by_refusal_fini_and_failure",
	  hold_drop_all__by_refusal_fini_and_failure },
	{ "hold_drop_all__by_rnr", hold_drop_all__by_rnr },
};
