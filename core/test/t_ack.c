/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/ack.c: acknowledgements, given and taken. */
#include "core/test/net_check.h"
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

#define US 1000ull

/* One NOP from the peer, with these flags. */
static void nop(struct solo *so, uint8_t flags)
{
	struct weft_view v = solo_op(so, WEFT_OPCODE_NOP, 0);

	v.d.flags |= flags;
	solo_rx(so, &v);
}

static void sent_write(struct solo *so, uint32_t packets)
{
	solo_post(so, WEFT_OPCODE_WRITE, 1, packets * 1024, 0);
	CU_ASSERT_EQUAL(solo_drain(so), packets);
}

/* ---- giving ------------------------------------------------------------------------- */

/* WEFT-ACK-003 */
static void ack_note__at_once(void)
{
	struct weft_view v, w;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	nop(&so, 0);
	CU_ASSERT(!solo_tx(&so));		/* an ordinary one can wait */
	nop(&so, WEFT_DFLAGS_AR);
	CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_ACK));
	v = solo_op(&so, WEFT_OPCODE_NOP, 0);
	solo_syn(&so, &v);
	solo_rx(&so, &v);
	CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_ACK));
	solo_rx(&so, &v);			/* a duplicate */
	CU_ASSERT_EQUAL(so.why, WEFT_DROP_DUPLICATE);
	CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_ACK));
	v = solo_op(&so, WEFT_OPCODE_NOP, 0);
	v.d.fabric = WEFT_FABRIC_CE;
	solo_rx(&so, &v);
	CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_ACK));
	v = solo_op(&so, WEFT_OPCODE_NOP, 0);
	w = solo_op(&so, WEFT_OPCODE_NOP, 0);
	solo_rx(&so, &w);			/* a gap opens */
	CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_ACK));
	CU_ASSERT_EQUAL(so.sent.b.ack.h.words, 1);
	v.d.flags |= WEFT_DFLAGS_RTX;
	solo_rx(&so, &v);			/* and closes, by what was sent again */
	CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_ACK));
	CU_ASSERT_EQUAL(so.sent.b.ack.h.words, 0);
	solo_fini(&so);
}

/* WEFT-ACK-003, WEFT-ACK-004: of spread packets the first gap is told at once, others by count. */
static void ack_note__not_every_gap(void)
{
	static const uint8_t order[] = { 1, 0, 3, 5, 2, 7, 6 };
	struct weft_view v[8];
	uint32_t acks = 0;
	struct solo so;

	solo_init(&so);
	so.prof.ack_every = 4;
	solo_ready(&so);
	for (uint32_t i = 0; i < 8; i++)
		v[i] = solo_op(&so, WEFT_OPCODE_NOP, 0);
	for (uint32_t i = 0; i < 7; i++) {
		solo_rx(&so, &v[order[i]]);
		if (solo_tx(&so)) {
			CU_ASSERT_EQUAL(so.sent.d.type, WEFT_PTYPE_ACK);
			acks |= 1u << i;
		}
	}
	/* A gap opens at the first and third; four after that are counted. */
	CU_ASSERT_EQUAL(acks, 1u << 0 | 1u << 2 | 1u << 6);
	solo_fini(&so);
}

/* WEFT-ACK-004, by count */
static void ack_note__after_so_many(void)
{
	struct solo so;

	solo_init(&so);
	so.prof.ack_every = 5;
	solo_ready(&so);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 4; i++) {
			nop(&so, 0);
			CU_ASSERT(!solo_tx(&so));
		}
		nop(&so, 0);
		CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_ACK));
		CU_ASSERT_EQUAL(so.sent.d.ack_psn, so.psn - 1);
	}
	solo_fini(&so);
}

/* WEFT-ACK-004, by time: a quarter of the round trip, within reason */
static void ack_note__after_a_quarter_of_the_round_trip(void)
{
	static const struct { uint64_t srtt, delay; } rows[] = {
		{ 200 * US, 50 * US }, { 0, 10 * US }, { 4 * US, 10 * US },
		{ 1000000 * US, 1000 * US },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		struct solo so;

		solo_init(&so);
		solo_ready(&so);
		so.p->srtt = rows[i].srtt;
		so.now += 7777;
		nop(&so, 0);
		CU_ASSERT_EQUAL(weft_deadline(so.p), so.now + rows[i].delay);
		so.now += rows[i].delay / 2;
		nop(&so, 0);			/* a further one does not put it off */
		so.now += rows[i].delay / 2 - 1;
		weft_expire(so.p, so.now);
		CU_ASSERT(!solo_tx(&so));
		so.now += 1;
		weft_expire(so.p, so.now);
		CU_ASSERT_EQUAL(weft_deadline(so.p), WEFT_NEVER);	/* said once */
		CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_ACK));
		CU_ASSERT_EQUAL(so.sent.b.ack.h.ack_delay_ns, rows[i].delay / 2);
		CU_ASSERT(!solo_tx(&so));
		solo_fini(&so);
	}
}

/* WEFT-ACK-004: half of it for a TACK, but what comes after it has its own quarter. */
static void ack_note__a_tack_waits_longer(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	sent_write(&so, 1);
	so.p->srtt = 200 * US;
	so.p->var = 100 * US;
	v = solo_tack(&so, 0, WEFT_STATUS_OK);
	solo_rx(&so, &v);
	CU_ASSERT_EQUAL(weft_deadline(so.p), so.now + 100 * US);
	so.now += 10 * US;
	so.p->srtt = 200 * US;
	nop(&so, 0);
	CU_ASSERT_EQUAL(weft_deadline(so.p), so.now + 50 * US);
	so.now += 10 * US;
	v = solo_tack(&so, 0, WEFT_STATUS_OK);
	solo_rx(&so, &v);			/* and puts nothing off */
	CU_ASSERT_EQUAL(weft_deadline(so.p), so.now + 40 * US);
	solo_fini(&so);
}

/* One acknowledgement has waited long enough, and a WRITE is posted at the same time. */
static void late_with_write(struct solo *so)
{
	so->now += 2000 * US;
	weft_expire(so->p, so->now);
	solo_post(so, WEFT_OPCODE_WRITE, 1, 8, 0);
}

/* WEFT-ACK-016, WEFT-ACK-004: one that is late goes with what is ready, else by itself. */
static void ack_note__late_with_data(void)
{
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	nop(&so, 0);
	late_with_write(&so);
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(so.sent.d.type, WEFT_PTYPE_DATA);
	CU_ASSERT_EQUAL(so.sent.d.ack_psn, so.psn - 1);
	CU_ASSERT(!solo_tx(&so));
	solo_fini(&so);

	solo_init(&so);				/* DATA would not tell of a gap */
	solo_ready(&so);
	so.psn++;
	nop(&so, 0);
	solo_drain(&so);
	nop(&so, 0);
	late_with_write(&so);
	CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_ACK));
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(so.sent.d.type, WEFT_PTYPE_DATA);
	solo_fini(&so);

	solo_init(&so);				/* the WRITE may not go */
	solo_ready(&so);
	so.p->peer_edge = so.p->nxt;
	nop(&so, 0);
	late_with_write(&so);
	CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_ACK));
	CU_ASSERT(!solo_tx(&so));
	solo_fini(&so);
}

/*
 * WEFT-ACK-015, WEFT-ACK-016:
 * A packet of ours that says as much makes the one that waits needless.
 */
static void ack_note__carried_by_data(void)
{
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	nop(&so, 0);
	sent_write(&so, 1);
	CU_ASSERT_EQUAL(so.sent.d.type, WEFT_PTYPE_DATA);
	CU_ASSERT(so.sent.d.flags & WEFT_DFLAGS_AKV);
	CU_ASSERT_EQUAL(so.sent.d.ack_psn, so.psn - 1);
	solo_ack_all(&so);
	CU_ASSERT_EQUAL(weft_deadline(so.p), WEFT_NEVER);
	solo_fini(&so);
}

/* WEFT-ACK-014, WEFT-ACK-005, WEFT-ACK-006 */
static void build_ack__echo_and_count(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	for (uint16_t i = 1; i <= 3; i++) {
		v = solo_op(&so, WEFT_OPCODE_NOP, 0);
		v.d.entropy = (uint16_t)(0x1234 + i);
		v.d.fabric = WEFT_FABRIC_CE;
		solo_rx(&so, &v);
		so.now += 777;
		CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_ACK));
		CU_ASSERT(so.sent.b.ack.h.flags & WEFT_ACKFLAGS_ECHO);
		CU_ASSERT_EQUAL(so.sent.b.ack.h.echo_psn, v.d.psn);
		CU_ASSERT_EQUAL(so.sent.b.ack.h.echo_entropy, 0x1234 + i);
		CU_ASSERT_EQUAL(so.sent.b.ack.h.ack_delay_ns, 777);
		CU_ASSERT_EQUAL(so.sent.b.ack.h.ce_count, i);
		CU_ASSERT_EQUAL(so.sent.b.ack.h.window, so.prof.window);
	}
	v = solo_op(&so, WEFT_OPCODE_NOP, 0);		/* the mark of an IP header */
	pk_build(so.in, &v);
	weft_parse(&so.v, so.in, PK_MAX);
	so.v.ce = true;
	weft_rx(so.p, &so.v, so.now, &so.act, &so.why);
	CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_ACK));
	CU_ASSERT_EQUAL(so.sent.b.ack.h.ce_count, 4);
	CU_ASSERT_EQUAL(so.p->st->ce_rx, 4);
	v.d.fabric = WEFT_FABRIC_CE;			/* a duplicate counts, ... */
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_DUPLICATE);
	CU_ASSERT_EQUAL(so.p->ce_count, 5);
	v.d.psn = so.p->rx_cum + so.prof.window;	/* ... what nobody may have sent does not */
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_WINDOW);
	CU_ASSERT_EQUAL(so.p->ce_count, 5);
	v = solo_ack(&so, so.p->nxt - 1);		/* nor what takes no PSN */
	v.d.fabric = WEFT_FABRIC_CE;
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(so.p->ce_count, 5);
	solo_fini(&so);
}

/* WEFT-ACK-001, WEFT-ACK-002: ack_psn what is done, the bitmap what has come. */
static void build_ack__placement_not_answered(void)
{
	struct weft_view v, w;
	struct solo so;
	uint32_t first, cum;

	solo_init(&so);
	solo_ready(&so);
	cum = so.p->rx_cum;
	v = solo_write(&so, 0, 0, 100, 200);
	w = solo_write(&so, 0, 100, 100, 200);
	w.d.flags |= WEFT_DFLAGS_AR;
	solo_rx(&so, &v);
	first = so.act.token;
	solo_rx(&so, &w);
	CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_ACK));
	CU_ASSERT_EQUAL(so.sent.d.ack_psn, cum - 1);
	CU_ASSERT_EQUAL(so.sent.b.ack.h.words, 1);
	CU_ASSERT_EQUAL(so.sent.b.ack.h.sack_base, cum);
	CU_ASSERT_EQUAL(so.sent.b.ack.words[0], 0xc0);
	weft_done(so.p, so.act.token, WEFT_STATUS_OK, 0);
	nop(&so, WEFT_DFLAGS_AR);
	CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_ACK));
	CU_ASSERT_EQUAL(so.sent.d.ack_psn, cum - 1);
	CU_ASSERT_EQUAL(so.sent.b.ack.words[0], 0xe0);
	weft_done(so.p, first, WEFT_STATUS_OK, 0);
	nop(&so, WEFT_DFLAGS_AR);
	CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_ACK));
	CU_ASSERT_EQUAL(so.sent.d.ack_psn, cum + 3);
	CU_ASSERT_EQUAL(so.sent.b.ack.h.words, 0);
	CU_ASSERT_EQUAL(so.sent.b.ack.h.rx_bytes, 200);
	solo_fini(&so);
}

/* WEFT-ACK-012: a host that answers late; the peer, whose window is full, is told at once. */
static void sack_done__the_window_moves(void)
{
	struct weft_view v;
	struct solo so;
	uint32_t token[16];

	solo_init(&so);
	so.prof.window = 16;
	so.prof.ack_every = 100;
	solo_ready(&so);
	for (uint32_t i = 0; i < 16; i++) {
		v = solo_send(&so, 0, 0, i * 10, 10, 160);
		CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
		token[i] = so.act.token;
	}
	solo_until(&so, so.now + 2000 * US);
	solo_drain(&so);			/* what it was told: nothing is done */
	weft_done(so.p, token[0], WEFT_STATUS_OK, 0);
	CU_ASSERT(!solo_tx(&so));
	weft_done(so.p, token[1], WEFT_STATUS_OK, 0);	/* an eighth */
	CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_ACK));
	CU_ASSERT_EQUAL(so.sent.d.ack_psn, so.psn - 15);
	weft_done(so.p, token[3], WEFT_STATUS_OK, 0);
	CU_ASSERT(!solo_tx(&so));
	weft_done(so.p, token[2], WEFT_STATUS_OK, 0);
	CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_ACK));
	CU_ASSERT_EQUAL(so.sent.d.ack_psn, so.psn - 13);
	solo_fini(&so);
}

/* ---- taking ------------------------------------------------------------------------- */

/* WEFT-ACK-007 */
static void ack_rx__of_what_was_never_sent(void)
{
	static const uint8_t bit64[8] = { 0, 0, 0, 0, 0, 0, 0, 1 };
	struct weft_view v;
	struct solo so;
	uint32_t una;

	solo_init(&so);
	solo_ready(&so);
	sent_write(&so, 4);
	una = so.p->una;
	v = solo_ack(&so, so.p->nxt);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_BAD_ACK);
	v = solo_ack(&so, so.p->nxt + 0x7ffffffe);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_BAD_ACK);
	v = solo_ack(&so, so.p->nxt + 0x7fffffff);	/* half the circle: neither way */
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_BAD_ACK);
	v = solo_ack(&so, una - 1);
	v.b.ack.h.words = 1;
	v.b.ack.words = bit64;
	v.b.ack.h.sack_base = so.p->nxt - 63;		/* its last bit: nxt */
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_BAD_ACK);
	v.b.ack.h.sack_base = una - 10000;
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_BAD_ACK);
	v = solo_write(&so, 0, 0, 8, 8);		/* on data: no part of it counts */
	v.d.flags |= WEFT_DFLAGS_AKV;
	v.d.ack_psn = so.p->nxt;
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_BAD_ACK);
	CU_ASSERT(!so.has_act);
	v = solo_pkt(&so, WEFT_PTYPE_NACK);
	v.b.nack.h.reason = WEFT_NACK_MISSING;
	v.d.flags |= WEFT_DFLAGS_AKV;
	v.d.ack_psn = so.p->nxt;
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_BAD_ACK);
	CU_ASSERT_EQUAL(so.p->una, una);
	CU_ASSERT_EQUAL(so.s->unacked, 4);
	CU_ASSERT_EQUAL(so.p->st->drop[WEFT_DROP_BAD_ACK], 7);
	v = solo_ack(&so, una - 1);
	v.b.ack.h.words = 1;
	v.b.ack.words = bit64;
	v.b.ack.h.sack_base = so.p->nxt - 64;		/* its last bit: nxt - 1 */
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(so.s->unacked, 3);
	solo_fini(&so);
}

/* WEFT-ACK-020 */
static void ack_rx__old_and_repeated(void)
{
	struct weft_view v;
	struct solo so;
	uint32_t una;

	solo_init(&so);
	solo_ready(&so);
	sent_write(&so, 4);
	una = so.p->una;
	v = solo_ack(&so, una + 2);
	solo_rx(&so, &v);
	CU_ASSERT_EQUAL(so.p->una, una + 3);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	v = solo_ack(&so, una);				/* one that was overtaken */
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(so.p->una, una + 3);
	CU_ASSERT_EQUAL(so.p->flight_req, 1);
	solo_fini(&so);
}

/* WEFT-RTX-020, WEFT-RTX-008: a packet that was sent twice tells nothing of the round trip. */
static void ack_rx__round_trip_samples(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	so.p->srtt = so.p->min_rtt = so.p->var = 0;
	sent_write(&so, 3);
	so.now += 90 * US;
	v = solo_ack(&so, so.p->una);
	v.b.ack.h.flags = WEFT_ACKFLAGS_ECHO;
	v.b.ack.h.echo_psn = so.p->una;
	v.b.ack.h.ack_delay_ns = 40000;
	solo_rx(&so, &v);
	CU_ASSERT_EQUAL(so.p->srtt, 50 * US);
	CU_ASSERT_EQUAL(so.p->min_rtt, 50 * US);
	retx_go_back(so.p, so.p->una);			/* send both again */
	CU_ASSERT_EQUAL(solo_drain(&so), 2);
	so.now += 10 * US;
	v = solo_ack(&so, so.p->una);
	v.b.ack.h.flags = WEFT_ACKFLAGS_ECHO;
	v.b.ack.h.echo_psn = so.p->una;
	solo_rx(&so, &v);
	CU_ASSERT_EQUAL(so.p->srtt, 50 * US);
	v = solo_op(&so, WEFT_OPCODE_NOP, 0);		/* nor by an acknowledgement on data */
	v.d.flags |= WEFT_DFLAGS_AKV;
	v.d.ack_psn = so.p->nxt - 1;
	solo_rx(&so, &v);
	CU_ASSERT_EQUAL(so.p->una, so.p->nxt);
	CU_ASSERT_EQUAL(so.p->srtt, 50 * US);
	CU_ASSERT_EQUAL(so.p->min_rtt, 50 * US);
	sent_write(&so, 1);
	so.now += 130 * US;
	v = solo_op(&so, WEFT_OPCODE_NOP, 0);		/* a first sending does */
	v.d.flags |= WEFT_DFLAGS_AKV;
	v.d.ack_psn = so.p->nxt - 1;
	solo_rx(&so, &v);
	CU_ASSERT_EQUAL(so.p->srtt, 60 * US);
	solo_fini(&so);
}

/* A path that its echo says was marked is left (WEFT-CC-005). */
static void ack_rx__marks_reach_the_path(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	so.p->srtt = 50 * US;
	sent_write(&so, 4);
	v = solo_ack(&so, so.p->una);
	v.b.ack.h.flags = WEFT_ACKFLAGS_ECHO;
	v.b.ack.h.echo_psn = so.p->una;
	v.b.ack.h.echo_entropy = 0xc002;
	v.b.ack.h.ce_count = 1;
	solo_rx(&so, &v);
	CU_ASSERT_EQUAL(so.p->paths->at[2].state, WEFT_PATH_STATE_SKIP);
	CU_ASSERT(cc_window(&so.p->cc) < 64);
	v.b.ack.h.echo_entropy = 0xc003;		/* no new mark: no new path */
	solo_rx(&so, &v);
	CU_ASSERT_EQUAL(so.p->paths->at[3].state, WEFT_PATH_STATE_GOOD);
	v.b.ack.h.ce_count = 0;				/* overtaken: not 65535 marks */
	solo_rx(&so, &v);
	CU_ASSERT_EQUAL(so.p->paths->at[3].state, WEFT_PATH_STATE_GOOD);
	v.b.ack.h.ce_count = 2;
	v.b.ack.h.echo_entropy = 0x9999;		/* not one of ours */
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	solo_fini(&so);
}

/* WEFT-ACK-017, WEFT-ACK-009: the window an acknowledgement opens. */
static void open_window__never_closes(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	so.peer_window = 16;
	so.prof.window = 256;
	so.scfg.sq_depth = 256;
	so.ep_window = 256;
	solo_ready(&so);
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 300 * 1024, 0);
	CU_ASSERT_EQUAL(solo_drain(&so), 14);		/* an eighth is left for responses */
	v = solo_ack(&so, so.p->una + 3);
	v.b.ack.h.window = 0;				/* no room beyond, says the peer */
	solo_rx(&so, &v);
	CU_ASSERT_EQUAL(solo_drain(&so), 0);
	v = solo_ack(&so, so.p->una - 1);
	v.b.ack.h.window = 65535;
	solo_rx(&so, &v);
	CU_ASSERT_EQUAL(solo_drain(&so), 4);		/* not more than its SYN said */
	solo_fini(&so);
}

/*
 * WEFT-ACK-013: all has come, says the bitmap, but the window is shut, and the acknowledgement
 * that opens it is lost.
 */
static void retx_window_due__asks(void)
{
	static const uint8_t all[8] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	struct weft_view v;
	struct solo so;
	uint32_t last;

	solo_init(&so);
	so.prof.window = so.peer_window = 16;
	so.prof.retry_limit = 3;
	solo_ready(&so);
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 300 * 1024, 0);
	CU_ASSERT_EQUAL(solo_drain(&so), 14);
	last = so.p->nxt - 1;
	v = solo_ack(&so, so.p->una - 1);
	v.b.ack.h.words = 1;
	v.b.ack.words = all;
	v.b.ack.h.sack_base = last - 63;
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(so.p->una, so.p->nxt);
	CU_ASSERT(!solo_tx(&so));
	for (int i = 0; i < 3; i++) {
		CU_ASSERT(weft_deadline(so.p) != WEFT_NEVER);
		solo_until(&so, weft_deadline(so.p));
		CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_NOP));
		CU_ASSERT_EQUAL(so.sent.d.psn, last);
		CU_ASSERT(so.sent.d.flags & WEFT_DFLAGS_AR);
		CU_ASSERT(!solo_tx(&so));
	}
	v = solo_ack(&so, last - 2);
	solo_rx(&so, &v);
	CU_ASSERT_EQUAL(so.p->backoff, 0);		/* the peer lives */
	CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_WRITE));
	solo_fini(&so);
}

WEFT_SUITE(t_ack) {
	{ "ack_note__at_once", ack_note__at_once },
	{ "ack_note__not_every_gap", ack_note__not_every_gap },
	{ "ack_note__after_so_many", ack_note__after_so_many },
	{ "ack_note__after_a_quarter_of_the_round_trip",
	  ack_note__after_a_quarter_of_the_round_trip },
	{ "ack_note__a_tack_waits_longer", ack_note__a_tack_waits_longer },
	{ "ack_note__late_with_data", ack_note__late_with_data },
	{ "ack_note__carried_by_data", ack_note__carried_by_data },
	{ "build_ack__echo_and_count", build_ack__echo_and_count },
	{ "build_ack__placement_not_answered", build_ack__placement_not_answered },
	{ "sack_done__the_window_moves", sack_done__the_window_moves },
	{ "ack_rx__of_what_was_never_sent", ack_rx__of_what_was_never_sent },
	{ "ack_rx__old_and_repeated", ack_rx__old_and_repeated },
	{ "ack_rx__round_trip_samples", ack_rx__round_trip_samples },
	{ "ack_rx__marks_reach_the_path", ack_rx__marks_reach_the_path },
	{ "open_window__never_closes", open_window__never_closes },
	{ "retx_window_due__asks", retx_window_due__asks },
};
