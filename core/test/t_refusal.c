/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/responder.c again: every form of request that is refused, with which status, and when. */
#include "core/test/net_check.h"
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

struct row {
	const char *why;
	enum weft_status st;
	struct weft_view (*make)(struct solo *so, uint32_t msn);
};

static struct weft_view write_with(struct solo *so, uint32_t msn, uint32_t off, uint32_t len,
				   uint32_t msg_len, uint8_t flags)
{
	struct weft_view v = solo_write(so, msn, off, len, msg_len);

	v.b.data.op.flags = flags;
	return v;
}

#define BOTH (WEFT_OFLAGS_SOM | WEFT_OFLAGS_EOM)
#define WRITE_ROW(name, off, len, msg_len, flags)				\
	static struct weft_view name(struct solo *so, uint32_t msn)		\
	{									\
		return write_with(so, msn, off, len, msg_len, flags);		\
	}

WRITE_ROW(offset_beyond, 17, 0, 16, WEFT_OFLAGS_EOM)
WRITE_ROW(length_beyond, 8, 9, 16, WEFT_OFLAGS_EOM)
WRITE_ROW(sum_wraps, 0xfffffff8, 16, 8, WEFT_OFLAGS_EOM)
WRITE_ROW(too_long_a_message, 0, 16, WEFT_MSG_MAX + 1, WEFT_OFLAGS_SOM)
WRITE_ROW(empty_in_a_message, 0, 0, 16, WEFT_OFLAGS_SOM)
WRITE_ROW(som_not_at_0, 8, 8, 16, BOTH)
WRITE_ROW(no_som_at_0, 0, 16, 16, WEFT_OFLAGS_EOM)
WRITE_ROW(eom_too_early, 0, 8, 16, BOTH)
WRITE_ROW(no_eom_at_the_end, 8, 8, 16, 0)
WRITE_ROW(imm_without_eom, 0, 8, 16, WEFT_OFLAGS_SOM | WEFT_OFLAGS_IMM)
WRITE_ROW(empty_without_flags, 0, 0, 0, 0)
WRITE_ROW(inv, 0, 8, 8, BOTH | WEFT_OFLAGS_INV)

static struct weft_view read_with_payload(struct solo *so, uint32_t msn)
{
	struct weft_view v = solo_read(so, msn, 8);

	v.b.data.op.length = 8;
	return v;
}

static struct weft_view read_no_eom(struct solo *so, uint32_t msn)
{
	struct weft_view v = solo_read(so, msn, 8);

	v.b.data.op.flags = WEFT_OFLAGS_SOM;
	return v;
}

static struct weft_view read_imm(struct solo *so, uint32_t msn)
{
	struct weft_view v = solo_read(so, msn, 8);

	v.b.data.op.flags |= WEFT_OFLAGS_IMM;
	return v;
}

static struct weft_view read_too_long(struct solo *so, uint32_t msn)
{
	return solo_read(so, msn, WEFT_MSG_MAX + 1);
}

static struct weft_view atomic_misaligned(struct solo *so, uint32_t msn)
{
	struct weft_view v = solo_atomic(so, msn);

	v.b.data.u.atomic.addr = 0x10004;
	return v;
}

static struct weft_view atomic_width(struct solo *so, uint32_t msn)
{
	struct weft_view v = solo_atomic(so, msn);

	v.b.data.u.atomic.width = 3;
	v.b.data.u.atomic.addr = 0x10001;	/* misaligned too: the code is judged first */
	return v;
}

static struct weft_view atomic_unknown(struct solo *so, uint32_t msn)
{
	struct weft_view v = solo_atomic(so, msn);

	v.b.data.u.atomic.aop = 11;
	return v;
}

static struct weft_view atomic_payload(struct solo *so, uint32_t msn)
{
	struct weft_view v = solo_atomic(so, msn);

	v.b.data.op.length = 4;
	return v;
}

static struct weft_view send_old_ssn(struct solo *so, uint32_t msn)
{
	return solo_send(so, msn, 0xffffffff, 0, 8, 8);
}

static struct weft_view send_imm_of_another(struct solo *so, uint32_t msn)
{
	struct weft_view v = solo_send(so, msn, 0, 0, 8, 8);

	v.b.data.op.flags |= WEFT_OFLAGS_IMM;
	v.b.data.imm.ssn = 1;
	return v;
}

/* WEFT-SEM-010, WEFT-SEM-085, WEFT-SEM-015, WEFT-MEM-007 */
static const struct row rows[] = {
	{ "offset beyond the message", WEFT_STATUS_MALFORMED, offset_beyond },
	{ "length beyond the message", WEFT_STATUS_MALFORMED, length_beyond },
	{ "offset + length wraps", WEFT_STATUS_MALFORMED, sum_wraps },
	{ "longer than any message", WEFT_STATUS_MALFORMED, too_long_a_message },
	{ "no payload in a message that has some", WEFT_STATUS_MALFORMED, empty_in_a_message },
	{ "SOM elsewhere", WEFT_STATUS_MALFORMED, som_not_at_0 },
	{ "SOM missing", WEFT_STATUS_MALFORMED, no_som_at_0 },
	{ "EOM too early", WEFT_STATUS_MALFORMED, eom_too_early },
	{ "EOM missing", WEFT_STATUS_MALFORMED, no_eom_at_the_end },
	{ "IMM without EOM", WEFT_STATUS_MALFORMED, imm_without_eom },
	{ "empty message without flags", WEFT_STATUS_MALFORMED, empty_without_flags },
	{ "READ with payload", WEFT_STATUS_MALFORMED, read_with_payload },
	{ "READ without EOM", WEFT_STATUS_MALFORMED, read_no_eom },
	{ "READ with immediate", WEFT_STATUS_BAD_OPCODE, read_imm },
	{ "READ longer than any message", WEFT_STATUS_MALFORMED, read_too_long },
	{ "atomic with payload", WEFT_STATUS_MALFORMED, atomic_payload },
	{ "SEND into a buffer of the past", WEFT_STATUS_MALFORMED, send_old_ssn },
	{ "SEND whose immediate names another", WEFT_STATUS_MALFORMED, send_imm_of_another },
	{ "INV with a WRITE", WEFT_STATUS_BAD_OPCODE, inv },
	{ "atomic, misaligned", WEFT_STATUS_MISALIGNED, atomic_misaligned },
	{ "atomic of 3 bytes", WEFT_STATUS_BAD_OPCODE, atomic_width },
	{ "atomic operation unknown", WEFT_STATUS_BAD_OPCODE, atomic_unknown },
};

/*
 * A bad request as message 1 and an innocent message 0 that is not complete: nothing is asked
 * of the host, the refusal waits for message 0, and then both are told (WEFT-SEM-021,
 * WEFT-SEM-022, WEFT-SEM-023).
 */
static void refused(const struct weft_view *bad, struct solo *so, enum weft_status st)
{
	struct weft_view v = solo_write(so, 0, 0, 8, 16);

	solo_post(so, WEFT_OPCODE_WRITE, 9, 8, 0);
	solo_drain(so);
	solo_take(so, &v, WEFT_STATUS_OK);
	CU_ASSERT_EQUAL(solo_rx(so, bad), WEFT_DROP_REFUSED);
	CU_ASSERT(!so->has_act);
	CU_ASSERT_EQUAL(solo_work(so), 0);
	CU_ASSERT(!solo_tx_op(so, WEFT_OPCODE_TACK));
	v = solo_write(so, 0, 8, 8, 16);
	solo_take(so, &v, WEFT_STATUS_OK);
	solo_work(so);
	CU_ASSERT_EQUAL(so->n_acts, 2);
	CU_ASSERT_EQUAL(so->acts[0].event, WEFT_EV_STREAM_ERROR);
	CU_ASSERT_EQUAL(so->acts[0].wc.status, st);
	CU_ASSERT_EQUAL(so->acts[0].arg, 1);
	CU_ASSERT_EQUAL(so->acts[1].wc.status, WEFT_STATUS_FLUSHED);
	CU_ASSERT(solo_tx_op(so, WEFT_OPCODE_TACK));
	CU_ASSERT_EQUAL(so->sent.b.data.op.status, st);
	CU_ASSERT_EQUAL(so->sent.b.data.op.msn, 1);
	CU_ASSERT_EQUAL(so->s->state, WEFT_STREAM_STATE_ERROR);
	v = solo_write(so, 2, 0, 8, 8);
	CU_ASSERT_EQUAL(solo_rx(so, &v), WEFT_DROP_STREAM_STATE);
	CU_ASSERT(!so->has_act);
	CU_ASSERT_PTR_NULL(net_check(so->p));
	solo_fini(so);
}

static void judge_form__table(void)
{
	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		struct weft_view v;
		struct solo so;

		solo_init(&so);
		solo_ready(&so);
		v = rows[i].make(&so, 1);		refused(&v, &so, rows[i].st);
	}
}

/* WEFT-SEM-015: every code that is no request, or not offered. */
static void offered__every_code(void)
{
	for (unsigned code = 0; code < 256; code++) {
		struct weft_view v;
		struct solo so;

		switch (code) {
		case WEFT_OPCODE_SEND:
		case WEFT_OPCODE_WRITE:
		case WEFT_OPCODE_READ:
		case WEFT_OPCODE_ATOMIC:
		case WEFT_OPCODE_READ_RSP:		/* responses are the requester's affair */
		case WEFT_OPCODE_ATOMIC_RSP:
		case WEFT_OPCODE_TACK:
		case WEFT_OPCODE_NOP:
		case WEFT_OPCODE_RD_SEND:		/* of no stream: t_rd.c */
		case WEFT_OPCODE_RD_RSP:
			continue;
		}
		solo_init(&so);
		solo_ready(&so);
		v = solo_op(&so, (enum weft_opcode)code, 1);
		refused(&v, &so, WEFT_STATUS_BAD_OPCODE);
	}
}

/* WEFT-SEM-011: each field that all packets of a message share. */
static void same__each_field(void)
{
	for (int field = 0; field < 8; field++) {
		struct weft_view v;
		struct solo so;
		bool send = field >= 5;

		solo_init(&so);
		solo_ready(&so);
		v = send ? solo_send(&so, 0, 0, 0, 8, 24) : solo_write(&so, 0, 0, 8, 24);
		solo_take(&so, &v, WEFT_STATUS_OK);
		v = send ? solo_send(&so, 0, 0, 8, 8, 24) : solo_write(&so, 0, 8, 8, 24);
		switch (field) {
		case 0:
			v.b.data.u.write.rkey++;
			break;
		case 1:
			v.b.data.u.write.addr++;
			break;
		case 2:
			v.b.data.u.write.msg_len++;
			break;
		case 3:					/* another operation */
			v = solo_send(&so, 0, 0, 8, 8, 24);
			break;
		case 4:
			v = solo_read(&so, 0, 24);
			break;
		case 5:
			v.b.data.u.send.msg_len--;
			break;
		case 6:
			v.b.data.u.send.ssn++;
			break;
		case 7:					/* the same bytes again */
			v = solo_send(&so, 0, 0, 0, 20, 24);
			v.b.data.op.flags = WEFT_OFLAGS_SOM;
			break;
		}
		CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_REFUSED);
		CU_ASSERT(!so.has_act);
		solo_work(&so);
		CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_TACK));
		CU_ASSERT_EQUAL(so.sent.b.data.op.status, WEFT_STATUS_MALFORMED);
		CU_ASSERT_EQUAL(so.sent.b.data.op.msn, 0);
		solo_fini(&so);
	}
}

/* The host's refusals (WEFT-SEM-012, WEFT-MEM-001 to -004), by each action that can refuse. */
static void refuse__what_the_host_says(void)
{
	static const enum weft_status sts[] = { WEFT_STATUS_BAD_KEY, WEFT_STATUS_BAD_DOMAIN,
		WEFT_STATUS_NO_RIGHTS, WEFT_STATUS_OUT_OF_BOUNDS, WEFT_STATUS_NO_RESOURCES,
		WEFT_STATUS_TOO_LONG, WEFT_STATUS_OP_FAILED };

	for (size_t i = 0; i < WEFT_ARRAY_LEN(sts); i++)
		for (int what = 0; what < 5; what++) {
			struct weft_view v, w;
			struct solo so;

			solo_init(&so);
			solo_ready(&so);
			v = what == 0 ? solo_write(&so, 0, 0, 8, 16) :
			    what == 1 ? solo_send(&so, 0, 0, 0, 8, 16) :
			    what == 2 ? solo_read(&so, 0, 16) :
			    what == 3 ? solo_atomic(&so, 0) : solo_write(&so, 0, 0, 8, 8);
			if (what == 4)
				v.b.data.op.flags |= WEFT_OFLAGS_IMM;
			w = solo_read(&so, 1, 8);
			solo_rx(&so, &w);
			solo_take(&so, &v, what == 4 ? WEFT_STATUS_OK : sts[i]);
			solo_work(&so);
			if (what >= 2) {
				CU_ASSERT_EQUAL(so.n_acts, 1);
				weft_done(so.p, so.acts[0].token, sts[i], 0);
				solo_work(&so);
			}
			CU_ASSERT_EQUAL(so.n_acts, 1);		/* the error; the READ never runs */
			CU_ASSERT_EQUAL(so.acts[0].wc.status, sts[i]);
			CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_TACK));
			CU_ASSERT_EQUAL(so.sent.b.data.op.status, sts[i]);
			CU_ASSERT_EQUAL(so.sent.b.data.op.msn, 0);
			CU_ASSERT_EQUAL(so.p->st->drop[WEFT_DROP_REFUSED], 1);
			CU_ASSERT_EQUAL(so.p->rx_cum, so.psn);
			solo_fini(&so);
		}
}

/* WEFT-SEM-013, WEFT-SEM-085: two messages that name one buffer, or the wrong one. */
static void step__receive_buffers_in_order(void)
{
	static const uint32_t ssns[][2] = { { 0, 0 }, { 0, 2 }, { 1, 0 } };

	for (size_t i = 0; i < WEFT_ARRAY_LEN(ssns); i++) {
		struct weft_view v;
		struct solo so;
		unsigned done = 0;

		solo_init(&so);
		solo_ready(&so);
		for (uint32_t msn = 0; msn < 2; msn++) {
			v = solo_send(&so, msn, ssns[i][msn], 0, 8, 8);
			solo_take(&so, &v, WEFT_STATUS_OK);
		}
		solo_obey(&so);
		for (size_t k = 0; k < so.n_acts; k++)
			done += so.acts[k].type == WEFT_ACT_COMPLETE_RECV;
		CU_ASSERT_EQUAL(done, ssns[i][0] == 0);
		while (solo_tx_op(&so, WEFT_OPCODE_TACK))
			if (so.sent.b.data.op.status)
				break;
		CU_ASSERT_EQUAL(so.sent.b.data.op.status, WEFT_STATUS_MALFORMED);
		CU_ASSERT_EQUAL(so.sent.b.data.op.msn, done);
		solo_fini(&so);
	}
}

/* Of the past: said at once.  Beyond the window: when its turn comes (WEFT-SEM-022). */
static void slot_for__msn_outside_the_window(void)
{
	static const struct { uint32_t msn; enum weft_status st; } outside[] = {
		{ 16, WEFT_STATUS_NO_RESOURCES }, { 20, WEFT_STATUS_NO_RESOURCES },
		{ 0xffffffff, WEFT_STATUS_MALFORMED }, { 0x80000001, WEFT_STATUS_MALFORMED },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(outside); i++) {
		struct weft_view v;
		struct solo so;

		solo_init(&so);
		solo_ready(&so);
		v = solo_write(&so, outside[i].msn, 0, 8, 8);
		CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_REFUSED);
		CU_ASSERT(!so.has_act);
		v = solo_write(&so, outside[i].msn + 3, 0, 8, 8);	/* the first one counts */
		if (outside[i].msn < 0x80000000)
			CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_REFUSED);
		solo_work(&so);
		for (uint32_t msn = 0; outside[i].msn < 0x80000000 && msn < outside[i].msn; msn++) {
			CU_ASSERT_EQUAL(weft_stream_state(so.s), WEFT_STREAM_STATE_READY);
			v = solo_write(&so, msn, 0, 8, 8);
			CU_ASSERT_EQUAL(solo_take(&so, &v, WEFT_STATUS_OK), WEFT_DROP_NONE);
			solo_work(&so);
		}
		CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_TACK));
		CU_ASSERT_EQUAL(so.sent.b.data.op.status, outside[i].st);
		CU_ASSERT_EQUAL(so.sent.b.data.op.msn, outside[i].msn);
		CU_ASSERT_EQUAL(weft_stream_state(so.s), WEFT_STREAM_STATE_ERROR);
		solo_fini(&so);
	}
}

WEFT_SUITE(t_refusal) {
	{ "judge_form__table", judge_form__table },
	{ "offered__every_code", offered__every_code },
	{ "same__each_field", same__each_field },
	{ "refuse__what_the_host_says", refuse__what_the_host_says },
	{ "step__receive_buffers_in_order", step__receive_buffers_in_order },
	{ "slot_for__msn_outside_the_window", slot_for__msn_outside_the_window },
};
