/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device as a requester: what it makes of answers that come in another order than it asked,
 * twice, too late, or of another shape.
 */
#include "conformance/cases/requester/requester.h"

#include <string.h>

#define OURS 7u		/* seed of our memory */

static void tack(struct wc_stream *s, uint32_t msn, uint64_t status)
{
	struct wc_frame f = wc_f_nop(s);

	f.opcode = WC_TACK;
	f.qpn = s->peer_qpn;
	f.msn = msn;
	f.oflags = WC_O_SOM | WC_O_EOM;
	f.status = status;
	f.credits = 64;
	wc_emit(s->c, &f, WC_E_OK);
}

/* Data [at, at + len) of a READ of `all` bytes, wrong ones if `wrong`. */
static void data(struct wc_stream *s, uint32_t msn, uint32_t all, uint32_t at, uint32_t len,
		 bool wrong)
{
	static uint8_t zeros[1024];
	struct wc_frame f = wc_f_nop(s);

	f.opcode = WC_READ_RSP;
	f.qpn = s->peer_qpn;
	f.msn = msn;
	f.msg_len = all;
	f.offset = at;
	f.oflags = (at ? 0u : WC_O_SOM) | (at + len == all ? WC_O_EOM : 0u);
	f.body = wrong ? zeros : s->c->t->own + at;
	f.body_len = len;
	f.length = len;
	wc_emit(s->c, &f, WC_E_OK);
}

/* A stream whose messages the script answers. */
static struct wc_stream *begin(struct wc_t *t)
{
	struct wc_stream *s = wc_rq_begin(t);

	if (!s)
		return NULL;
	wc_fill(t->own, 4096, OURS);
	s->mute = true;
	return s;
}

/* What has been sent is dealt with, and told of. */
static void settle(struct wc_t *t, const char *mark)
{
	wc_marker(t);
	wc_pause(t, 10);
	wc_ut_poll(t);
	wc_mark(t, mark);
}

static void serve(struct wc_stream *s, const char *last)
{
	s->mute = false;
	wc_serve(s);
	wc_ut_await(s->c->t, last);
	wc_pause(s->c->t, 5);
	wc_ut_poll(s->c->t);
}

static void not_before(struct wc_judge *j, unsigned n, const char *name, const char *mark)
{
	struct upper_done d;

	j->evidence = wc_ut_done(j->v, name, wc_at(j, mark), &d);
	wc_cp(j, n, j->evidence == WC_NONE, "COMPLETED_EARLY", "%s is not complete yet", name);
}

/* Its local memory holds our bytes [at, at + len), as mem.NAME. */
static void brought(struct wc_judge *j, unsigned n, const char *name, uint32_t at, uint32_t len)
{
	static uint8_t want[4096];
	const uint8_t *got;
	uint32_t have;

	wc_fill(want, sizeof(want), OURS);
	got = wc_ut_bytes(j->v, name, &have);
	wc_cp(j, n, got && have == len && !memcmp(got, want + at, len), "WRONG_DATA",
	      "its memory holds the bytes that we sent for the READ");
}

/* ---- TQ-BI-50: TACK beyond a READ that has no data yet ---- */

static void beyond(struct wc_t *t)
{
	struct wc_stream *s = begin(t);

	if (!s)
		return;
	wc_rq_write(s, "w0", 2048, 64);
	wc_rq_read(s, "r", 0, 64);
	wc_rq_write(s, "w1", 2112, 64);
	wc_rq_sent(t, 3);
	tack(s, 2, WC_OK);
	settle(t, "data");
	serve(s, "w1");
	wc_ut_memory(t, "r", 0, 64);
}

static void beyond_judge(struct wc_judge *j)
{
	not_before(j, 1, "r", "data");
	not_before(j, 1, "w1", "data");
	wc_completed(j, 2, "w0", UPPER_WC_SUCCESS);
	wc_completed(j, 2, "r", UPPER_WC_SUCCESS);
	wc_completed(j, 2, "w1", UPPER_WC_SUCCESS);
	brought(j, 3, "r", 0, 64);
}

/* ---- TQ-BI-51: READ data with a hole, of another READ, too much ---- */

#define LEN 600u

static void holes(struct wc_t *t)
{
	struct wc_stream *s = begin(t);

	if (!s)
		return;
	wc_rq_read(s, "r", 0, LEN);
	wc_rq_sent(t, 1);
	data(s, 0, LEN, 0, 200, false);
	data(s, 0, LEN, 400, 200, false);
	data(s, 0, LEN, 0, 400, true);		/* more than is missing */
	data(s, 0, LEN, 500, 200, true);	/* beyond its end */
	data(s, 0, LEN + 200, 200, 200, true);	/* of a longer one */
	data(s, 1, LEN, 200, 200, true);	/* of one that was not sent */
	settle(t, "rest");
	data(s, 0, LEN, 200, 200, false);
	wc_ut_await(t, "r");
	data(s, 0, LEN, 0, 200, true);		/* late */
	settle(t, "late");
	wc_ut_memory(t, "r", 0, LEN);
	s->rx_msn = 1;				/* answered: here by hand */
	wc_rq_write(s, "w", 2048, 64);
	serve(s, "w");
}

static void holes_judge(struct wc_judge *j)
{
	not_before(j, 1, "r", "rest");
	wc_completed(j, 2, "r", UPPER_WC_SUCCESS);
	brought(j, 3, "r", 0, LEN);
	wc_completed(j, 4, "w", UPPER_WC_SUCCESS);
}

/* ---- TQ-BI-70: as many bytes as were asked for, one piece twice ---- */

#define THIRD (LEN / 3)

static void twice(struct wc_t *t)
{
	static const unsigned piece[2][3] = { { 0, 0, 2 }, { 1, 0, 1 } };

	for (unsigned i = 0; i < 2; i++) {
		struct wc_stream *s = begin(t);

		if (!s)
			return;
		wc_rq_read(s, wc_nth("r", i), 0, LEN);
		wc_rq_sent(t, 1);
		for (unsigned k = 0; k < 3; k++)
			data(s, 0, LEN, piece[i][k] * THIRD, THIRD, false);
		wc_ut_await(t, wc_nth("r", i));
	}
}

static void twice_judge(struct wc_judge *j)
{
	wc_completed(j, 1, "r0", UPPER_WC_REM_OP);
	wc_completed(j, 2, "r1", UPPER_WC_REM_OP);
}

/* ---- TQ-BI-52: refusals of what is over, and of what was not sent ---- */

static void late(struct wc_t *t)
{
	struct wc_stream *s = begin(t);

	if (!s)
		return;
	wc_rq_write(s, "w0", 2048, 64);
	wc_rq_sent(t, 1);
	tack(s, 0, WC_OK);
	wc_ut_await(t, "w0");
	tack(s, 0, WC_OK);
	tack(s, 0, WC_BAD_KEY);
	tack(s, 1, WC_OK);
	settle(t, "next");
	s->rx_msn = 1;
	wc_rq_write(s, "w1", 2112, 64);
	wc_rq_sent(t, 2);
	settle(t, "answer");
	serve(s, "w1");
}

static void late_judge(struct wc_judge *j)
{
	wc_completed(j, 1, "w0", UPPER_WC_SUCCESS);
	not_before(j, 2, "w1", "answer");
	wc_completed(j, 3, "w1", UPPER_WC_SUCCESS);
}

/* ---- TQ-BV-53: any answer says that all before it is done ---- */

#define MIXED 4u

static void mixed(struct wc_t *t)
{
	static const char *const name[MIXED] = { "m0", "m1", "m2", "m3" };
	struct wc_stream *s = begin(t);
	struct wc_frame f;

	if (!s)
		return;
	wc_rq_write(s, name[0], 2048, 64);
	wc_rq_read(s, name[1], 0, 64);
	wc_rq_fadd(s, name[2], 3000);
	wc_rq_read(s, name[3], 64, 64);
	wc_rq_sent(t, MIXED);
	data(s, 3, 64, 0, 64, false);
	settle(t, "third");
	f = wc_f_nop(s);
	f.opcode = WC_ATOMIC_RSP;
	f.qpn = s->peer_qpn;
	f.msn = 2;
	f.oflags = WC_O_SOM | WC_O_EOM;
	f.old = 5;
	wc_emit(t->c, &f, WC_E_OK);
	settle(t, "second");
	data(s, 1, 64, 0, 64, false);
	wc_ut_await(t, name[3]);
	s->rx_msn = MIXED;
}

static void mixed_judge(struct wc_judge *j)
{
	size_t before = 0;
	struct upper_done d;

	for (unsigned i = 1; i < MIXED; i++)
		not_before(j, 1, wc_nth("m", i), "second");
	for (unsigned i = 0; i < MIXED; i++) {
		size_t at = wc_ut_done(j->v, wc_nth("m", i), WC_NONE, &d);

		wc_completed(j, 2, wc_nth("m", i), UPPER_WC_SUCCESS);
		j->evidence = at;
		wc_cp(j, 3, at >= before, "ORDER", "they complete in the order of posting");
		before = at;
	}
}

/* ---- TQ-BV-54: its own completion before the message that answers it ---- */

static void own_first(struct wc_t *t)
{
	struct wc_stream *s;

	t->own_recvs = true;
	s = begin(t);
	if (!s || !wc_ut_recv(s, "in", 1024, 64))
		return;
	wc_rq_write(s, "w", 2048, 64);
	wc_rq_sent(t, 1);
	tack(s, 0, WC_OK);
	wc_send(s, "s", wc_bytes(WC_OLD_SEED), 40);
	wc_await(t, "s");
	s->rx_msn = 1;
	wc_ut_await(t, "in");
	wc_ut_await(t, "w");
}

/* Where in the completions of its record, from 1 on. */
static uint64_t place_of(struct wc_judge *j, const char *name)
{
	struct upper_done d;
	size_t at = wc_ut_done(j->v, name, WC_NONE, &d);

	for (unsigned n = 0; at != WC_NONE; n++) {
		const uint8_t *p = j->v->t->rec[at].bytes + UPPER_HEAD +
				   (size_t)n * UPPER_DONE_BYTES;

		if (upper_get(p, 8) == d.wid)
			return (uint64_t)at << 16 | (n + 1);
	}
	return 0;
}

static void own_first_judge(struct wc_judge *j)
{
	uint64_t own, in;

	wc_completed(j, 1, "w", UPPER_WC_SUCCESS);
	own = place_of(j, "w");
	in = place_of(j, "in");
	wc_cp(j, 2, in, "NOT_TOLD", "its host is told of the SEND");
	wc_cp(j, 3, own < in, "ORDER", "its WRITE, which we answered first, completes before that");
}

/* ---- TQ-BV-71: EP_DISCONNECT before the TACK that was sent before it ---- */

static void end_first(struct wc_t *t)
{
	struct wc_stream *s = begin(t);
	uint8_t value[12], tlv[32];
	struct wc_frame f, end;
	struct wc_ep_end e = { .reason = WC_EP_CLOSED };

	if (!s)
		return;
	wc_rq_write(s, "w", 2048, 64);
	wc_rq_sent(t, 1);
	e.dst_qpn = s->peer_qpn;
	e.src_qpn = s->qpn;
	wc_pack(&wc_h_ep_disconnect, &e, value);
	f = wc_f_nop(s);
	end = wc_f_ctrl(t->c, tlv, wc_tlv_put(tlv, 0, WC_TLV_EP_DISCONNECT, value, sizeof(value)));
	end.psn = f.psn + 1;
	wc_value(t, "end", end.psn);
	wc_emit(t->c, &end, WC_E_LOOSE);
	settle(t, "data");
	f.opcode = WC_TACK;
	f.qpn = s->peer_qpn;
	f.msn = 0;
	f.oflags = WC_O_SOM | WC_O_EOM;
	f.status = WC_OK;
	wc_emit(t->c, &f, WC_E_OK);
	wc_ut_await(t, "w");
	end.flags |= WC_F_RTX;
	wc_emit(t->c, &end, WC_E_LOOSE);
	wc_marker(t);
}

static void end_first_judge(struct wc_judge *j)
{
	uint32_t pdc = (uint32_t)wc_val(j, "R.pdc"), end = (uint32_t)wc_val(j, "end");

	wc_completed(j, 1, "w", UPPER_WC_SUCCESS);
	j->evidence = wc_view_acked(j->v, pdc, end, wc_at(j, "data"), WC_NONE);
	wc_cp(j, 2, j->evidence != WC_NONE, "END_NOT_TAKEN",
	      "the EP_DISCONNECT is acknowledged, at the latest the second one");
}

/* ---- TQ-BV-55: RNR without a limit ---- */

#define OFTEN 20u

static void for_ever(struct wc_t *t)
{
	struct wc_stream *s = wc_rq_on(t->c, UPPER_RNR_FOR_EVER);

	if (!s)
		return;
	s->refuse_msn = 0;
	s->refuse = WC_RNR;
	s->refuse_times = OFTEN;
	s->refuse_delay_ns = 1000000;
	wc_rq_send(s, "s", 0, 64);
	for (unsigned i = 0; i < 4 && !wc_ut_dones(&t->view, "s"); i++)
		wc_ut_await(t, "s");
	wc_value(t, "left", s->refuse_times);
}

static void for_ever_judge(struct wc_judge *j)
{
	wc_completed(j, 1, "s", UPPER_WC_SUCCESS);
	wc_cp(j, 2, !wc_val(j, "left"), "NOT_REPLAYED", "after %u refusals", OFTEN);
}

/* ---- TQ-BI-56: work that is too long ---- */

static void too_long(struct wc_t *t)
{
	const struct wc_work w = { .op = UPPER_DO_WRITE, .at = 0, .len = UPPER_MESSAGE_MAX + 1,
				   .addr = WC_OWN_BASE };
	struct wc_stream *s = wc_rq_begin(t);

	if (!s)
		return;
	/* Some interfaces refuse it at once, some when it would be sent. */
	wc_value(t, "taken", wc_ut_post(s, "long", &w));
	if (wc_view_value(&t->view, "taken", 0)) {
		wc_ut_await(t, "long");
		return;
	}
	wc_pause(t, 10);
	wc_mark(t, "next");
	wc_rq_write(s, "w", 0, 64);
	wc_ut_await(t, "w");
}

static void too_long_judge(struct wc_judge *j)
{
	bool taken = wc_val(j, "taken");
	struct upper_done d = { 0 };

	j->evidence = wc_rq_nth(j->v, 0, 0);
	wc_cp(j, 1, j->evidence == WC_NONE || (!taken && j->evidence > wc_at(j, "next")), "SENT",
	      "nothing of a message of %u bytes is sent", UPPER_MESSAGE_MAX + 1);
	if (!taken) {
		wc_completed(j, 2, "w", UPPER_WC_SUCCESS);
		return;
	}
	j->evidence = wc_ut_done(j->v, "long", WC_NONE, &d);
	wc_cp(j, 2, d.status == UPPER_WC_LOC_LEN || d.status == UPPER_WC_LOC_PROT ||
	      d.status == UPPER_WC_LOC_QP_OP, "WRONG_COMPLETION",
	      "it completes with an error of this end, not with code %u", d.status);
}

#define TQ(name, ver, what, rules, stim, exp, n, fn)				\
	{ .id = name, .version = ver, .title = what, .reqs = rules,		\
	  .stimulus = stim, .expected = exp, .needs = WC_NEEDS_UPPER,		\
	  .checkpoints = n, .drive = fn, .judge = fn##_judge }

const struct wc_case wc_cases_answers[] = {
	TQ("TQ-BI-50", 1, "A TACK beyond a READ does not complete it", "WEFT-SEM-035",
	   "WRITE, READ, WRITE; a TACK of the last, then the READ's data",
	   "READ and second WRITE complete after the data", WC_VARIED(3, WC_VARY_ROD), beyond),
	TQ("TQ-BI-51", 1, "READ data with a hole, too much of it, or of another READ",
	   "WEFT-SEM-035 WEFT-SEM-026",
	   "the ends of a READ's data, then data that overlap, go beyond, say another length or "
	   "another message; the middle; and once more, late",
	   "it completes with the middle, and its memory holds the right bytes",
	   WC_VARIED(4, WC_VARY_ORDER), holes),
	TQ("TQ-BI-70", 1, "READ data of which a piece comes twice, and another never",
	   "WEFT-SEM-095",
	   "all the bytes of a READ by number, under PSNs of their own: its first third twice and "
	   "the last; of another the middle twice and the first",
	   "both fail as by an error of ours", WC_VARIED(2, WC_VARY_ORDER), twice),
	TQ("TQ-BI-52", 1, "Answers to what is over, or was not sent", "WEFT-SEM-026",
	   "TACK of a WRITE, again, then a refusal of it, and a TACK of the next, which is posted "
	   "then",
	   "the second completes when it is answered then; both once", 3, late),
	TQ("TQ-BV-53", 1, "Work of all kinds completes in the order of posting",
	   "WEFT-SEM-001 WEFT-SEM-035",
	   "WRITE, READ, FADD, READ; data of the last, the old value, data of the first",
	   "all complete after these, in their order", 3, mixed),
	TQ("TQ-BV-54", 1, "A request completes before the message that follows its answer",
	   "WEFT-SEM-093", "TACK of a WRITE and at once a SEND",
	   "the WRITE's completion, then the SEND's", 3, own_first),
	{
		.id = "TQ-BV-71", .version = 1, .title = "An EP_DISCONNECT that overtakes a TACK",
		.reqs = "WEFT-MGT-082", .needs = WC_NEEDS_UPPER | WC_NEEDS_RUD, .mode = WC_RUD,
		.stimulus = "a WRITE; EP_DISCONNECT, the TACK with the PSN before it, "
			    "EP_DISCONNECT again",
		.expected = "the WRITE completes well; the EP_DISCONNECT is taken",
		.checkpoints = 2, .drive = end_first, .judge = end_first_judge,
	},
	TQ("TQ-BV-55", 1, "RNR without a limit", "WEFT-SEM-032",
	   "a SEND refused 20 times, on a stream without a limit", "it is taken at last", 2,
	   for_ever),
	TQ("TQ-BI-56", 1, "Work that is longer than a message may be", "WEFT-SEM-010",
	   "a WRITE of 2 GiB and one byte; then, if it is not taken, one of 64 bytes",
	   "it is refused, or completes with an error; nothing of it is sent", 2, too_long),
	{ .id = NULL },
};
