/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/respond.c: a TACK that goes with the next message, where messages go to and fro. */
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

#define US 1000u

static void start(struct solo *so, bool waits)
{
	solo_init(so);
	so->cfg.tacks_wait = waits;
	solo_ready(so);
}

/* A message of the peer's has come whole; its acknowledgement is not due yet. */
static void theirs(struct solo *so, uint32_t msn)
{
	struct weft_view v = solo_write(so, msn, 0, 8, 8);

	so->p->srtt = 200 * US;
	solo_take(so, &v, WEFT_STATUS_OK);
	solo_obey(so);
}

/* And one of ours, to its end. */
static void ours(struct solo *so, uint32_t msn)
{
	struct weft_view v;

	solo_post(so, WEFT_OPCODE_WRITE, msn, 8, 0);
	solo_drain(so);
	solo_ack_all(so);
	v = solo_tack(so, msn, WEFT_STATUS_OK);
	solo_rx(so, &v);
	solo_obey(so);
}

static bool is_tack(const struct solo *so)
{
	return so->sent.d.type == WEFT_PTYPE_DATA &&
	       so->sent.b.data.op.opcode == WEFT_OPCODE_TACK;
}

/* Does the TACK go by itself, and nothing else? */
static bool at_once(struct solo *so)
{
	return solo_tx(so) && is_tack(so) && !solo_tx(so);
}

/* Each of the first turns is answered at once. */
static void turns(struct solo *so, uint32_t from, uint32_t n)
{
	for (uint32_t msn = from; msn < from + n; msn++) {
		theirs(so, msn);
		CU_ASSERT(at_once(so));
		ours(so, msn);
	}
}

/* Messages have gone to and fro, and the next TACK waits; returns the message that is next. */
static uint32_t chat(struct solo *so)
{
	start(so, true);
	turns(so, 0, TURNS_SURE);
	for (uint32_t i = 0; i < 2; i++) {
		theirs(so, TURNS_SURE + i);
		CU_ASSERT(!solo_tx(so));
		ours(so, TURNS_SURE + i);
	}
	return TURNS_SURE + 2;
}

/* WEFT-SEM-097: the TACK goes with the next message. */
static void tack__goes_with_the_next(void)
{
	struct solo so;
	uint32_t msn = chat(&so);

	theirs(&so, msn);
	CU_ASSERT(!solo_tx(&so));
	CU_ASSERT_EQUAL(weft_deadline(so.p), so.now + 200 * US);	/* WEFT-ACK-004 */
	so.now += 199 * US;
	CU_ASSERT(!solo_tx(&so));
	solo_post(&so, WEFT_OPCODE_WRITE, 99, 8, 0);
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(so.sent.b.data.op.opcode, WEFT_OPCODE_WRITE);
	CU_ASSERT(at_once(&so));
	CU_ASSERT_EQUAL(so.sent.b.data.op.msn, msn);
	solo_fini(&so);

	start(&so, false);			/* a host that did not ask for it */
	turns(&so, 0, TURNS_SURE);
	theirs(&so, TURNS_SURE);
	CU_ASSERT(at_once(&so));
	solo_fini(&so);
}

/* WEFT-SEM-097, WEFT-ACK-004: no longer than the acknowledgement, which it is then. */
static void tack__waits_in_vain(void)
{
	struct solo so;
	uint32_t msn = chat(&so);

	theirs(&so, msn);
	CU_ASSERT(!solo_tx(&so));
	so.now += 200 * US;			/* the host's timer may be behind */
	CU_ASSERT(at_once(&so));
	CU_ASSERT_EQUAL(so.sent.d.ack_psn, so.psn - 1);
	ours(&so, msn);
	turns(&so, msn + 1, TURNS_AGAIN - 1);
	theirs(&so, msn + TURNS_AGAIN);
	CU_ASSERT(!solo_tx(&so));
	solo_until(&so, so.now + 200 * US);
	CU_ASSERT(at_once(&so));
	solo_fini(&so);
}

/* WEFT-SEM-097: where messages go one way, or ours is there already, nothing waits. */
static void tack__not_one_way(void)
{
	struct solo so;

	start(&so, true);
	for (uint32_t msn = 0; msn < 2 * TURNS_SURE; msn++) {
		theirs(&so, msn);
		CU_ASSERT(at_once(&so));
	}
	turns(&so, 2 * TURNS_SURE, TURNS_SURE);
	theirs(&so, 3 * TURNS_SURE);
	CU_ASSERT(!solo_tx(&so));
	theirs(&so, 3 * TURNS_SURE + 1);	/* twice in a row */
	CU_ASSERT(at_once(&so));
	CU_ASSERT_EQUAL(so.sent.b.data.op.msn, 3 * TURNS_SURE + 1);
	solo_fini(&so);

	theirs(&so, chat(&so));
	CU_ASSERT(!solo_tx(&so));
	so.p->peer_edge = so.p->nxt + 1;	/* ours may not go */
	solo_post(&so, WEFT_OPCODE_WRITE, 99, 8, 0);
	CU_ASSERT(at_once(&so));
	solo_fini(&so);
}

/* WEFT-SEM-097, WEFT-ACK-003: one that the peer asks for takes the TACK with it. */
static void tack__with_what_is_asked_for(void)
{
	struct weft_view v;
	struct solo so;

	v = solo_write(&so, chat(&so), 0, 8, 8);
	v.d.flags |= WEFT_DFLAGS_AR;
	solo_take(&so, &v, WEFT_STATUS_OK);
	solo_obey(&so);
	CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_ACK));
	CU_ASSERT(at_once(&so));
	solo_fini(&so);
}

WEFT_SUITE(t_respond) {
	{ "tack__goes_with_the_next", tack__goes_with_the_next },
	{ "tack__waits_in_vain", tack__waits_in_vain },
	{ "tack__not_one_way", tack__not_one_way },
	{ "tack__with_what_is_asked_for", tack__with_what_is_asked_for },
};
