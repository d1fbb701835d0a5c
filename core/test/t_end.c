/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How streams pause and end: draining, posting in ERROR, refusals that outlive their stream. */
#include "core/test/net.h"
#include "core/test/net_check.h"
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

/* ---- draining ----------------------------------------------------------------------- */

/* WEFT-SEM-072 */
static void weft_stream_drain__goes_on_with_what_was_begun(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	so.ep_window = 2;
	solo_ready(&so);
	CU_ASSERT_EQUAL(weft_stream_resume(so.s), WEFT_ESTATE);
	for (uint64_t id = 0; id < 4; id++)
		solo_post(&so, WEFT_OPCODE_WRITE, id, 8, 0);
	CU_ASSERT_EQUAL(solo_drain(&so), 2);
	CU_ASSERT_EQUAL(weft_stream_drain(so.s), WEFT_OK);
	CU_ASSERT_EQUAL(weft_stream_drain(so.s), WEFT_OK);
	solo_ack_all(&so);
	CU_ASSERT_EQUAL(solo_work(&so), 0);
	v = solo_tack(&so, 0, WEFT_STATUS_OK);
	solo_rx(&so, &v);
	CU_ASSERT_EQUAL(solo_work(&so), 1);
	CU_ASSERT(!solo_tx_op(&so, WEFT_OPCODE_WRITE));		/* though the window has room */
	v = solo_tack(&so, 1, WEFT_STATUS_OK);
	solo_rx(&so, &v);
	CU_ASSERT_EQUAL(solo_work(&so), 2);
	CU_ASSERT_EQUAL(so.acts[0].wc.id, 1);
	CU_ASSERT_EQUAL(so.acts[1].event, WEFT_EV_SQ_DRAINED);
	CU_ASSERT_EQUAL(weft_stream_state(so.s), WEFT_STREAM_STATE_DRAINED);
	CU_ASSERT_EQUAL(weft_stream_drain(so.s), WEFT_ESTATE);
	CU_ASSERT_EQUAL(solo_post(&so, WEFT_OPCODE_SEND, 4, 8, 0), WEFT_OK);
	CU_ASSERT(!solo_tx_op(&so, WEFT_OPCODE_WRITE));
	v = solo_write(&so, 0, 0, 8, 8);			/* the peer's requests go on */
	solo_take(&so, &v, WEFT_STATUS_OK);
	solo_work(&so);
	CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_TACK));
	CU_ASSERT_EQUAL(weft_stream_resume(so.s), WEFT_OK);
	CU_ASSERT_EQUAL(weft_stream_resume(so.s), WEFT_ESTATE);
	CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_WRITE));
	CU_ASSERT_EQUAL(so.sent.b.data.op.msn, 2);
	solo_fini(&so);
}

/* Nothing begun: at once.  Failing: not at all. */
static void weft_stream_drain__idle_and_failing(void)
{
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	CU_ASSERT_EQUAL(weft_stream_drain(so.s), WEFT_OK);
	CU_ASSERT_EQUAL(solo_work(&so), 1);
	CU_ASSERT_EQUAL(so.acts[0].event, WEFT_EV_SQ_DRAINED);
	weft_stream_fail(so.s, WEFT_STATUS_OP_FAILED);
	CU_ASSERT_EQUAL(weft_stream_resume(so.s), WEFT_ESTATE);
	CU_ASSERT_EQUAL(weft_stream_drain(so.s), WEFT_ESTATE);
	solo_fini(&so);

	solo_init(&so);
	solo_ready(&so);
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 8, 0);
	solo_drain(&so);
	CU_ASSERT_EQUAL(weft_stream_drain(so.s), WEFT_OK);
	weft_stream_fail(so.s, WEFT_STATUS_OP_FAILED);
	solo_work(&so);
	CU_ASSERT_PTR_NULL(solo_event(&so, WEFT_EV_SQ_DRAINED));
	solo_fini(&so);
}

/* Told RNR while draining: what was begun is replayed, and nothing else. */
static void weft_stream_drain__with_rnr(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	solo_post(&so, WEFT_OPCODE_SEND, 0, 8, 0);
	solo_post(&so, WEFT_OPCODE_SEND, 1, 8, 0);
	CU_ASSERT_EQUAL(solo_drain(&so), 2);
	weft_stream_drain(so.s);
	solo_post(&so, WEFT_OPCODE_SEND, 2, 8, 0);
	v = solo_tack(&so, 1, WEFT_STATUS_RNR);
	solo_rx(&so, &v);
	solo_ack_all(&so);
	CU_ASSERT_EQUAL(solo_work(&so), 1);
	solo_until(&so, so.now + 1000000);
	CU_ASSERT_EQUAL(weft_stream_state(so.s), WEFT_STREAM_STATE_READY);
	CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_SEND));
	CU_ASSERT(so.sent.b.data.op.msn == 1 && so.sent.b.data.op.flags & WEFT_OFLAGS_EPOCH);
	CU_ASSERT(!solo_tx_op(&so, WEFT_OPCODE_SEND));
	v = solo_tack(&so, 1, WEFT_STATUS_OK);
	solo_rx(&so, &v);
	solo_work(&so);
	CU_ASSERT_PTR_NOT_NULL(solo_event(&so, WEFT_EV_SQ_DRAINED));
	solo_fini(&so);
}

/* ---- ERROR -------------------------------------------------------------------------- */

/* WEFT-SEM-071: the cause goes to the one that had it; not to one posted when all was over. */
static void weft_post__in_error(void)
{
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	weft_stream_fail(so.s, WEFT_STATUS_LOCAL_PROTECTION);
	solo_work(&so);
	CU_ASSERT_EQUAL(so.n_acts, 1);			/* the event */
	for (uint64_t id = 0; id < 3; id++)
		CU_ASSERT_EQUAL(solo_post(&so, id == 1 ? WEFT_OPCODE_READ : WEFT_OPCODE_SEND, id,
					  8, 0), WEFT_OK);
	solo_work(&so);
	CU_ASSERT_EQUAL(so.n_acts, 3);
	for (uint64_t id = 0; id < 3; id++)
		CU_ASSERT(so.acts[id].wc.id == id &&
			  so.acts[id].wc.status == WEFT_STATUS_FLUSHED);
	CU_ASSERT(!solo_tx_op(&so, WEFT_OPCODE_SEND));
	solo_fini(&so);
}

/* ---- memory that goes --------------------------------------------------------------- */

struct told {
	unsigned naks, nops;
	uint32_t last;		/* PSN of the latest refusal */
};

/* Sends all that may go from a region that is no more, and counts what is said of it. */
static struct told tell_gone(struct solo *so)
{
	struct told n = { 0 };

	while (solo_tx(so)) {
		CU_ASSERT_PTR_NULL(net_check(so->p));
		if (so->txd.src == WEFT_SRC_MEM) {
			weft_read_failed(so->p, &so->txd, WEFT_STATUS_BAD_KEY);
		} else if (so->sent.d.type == WEFT_PTYPE_DATA) {
			n.nops += so->sent.b.data.op.opcode == WEFT_OPCODE_NOP;
			if (so->sent.b.data.op.opcode != WEFT_OPCODE_TACK)
				continue;
			n.naks++;
			n.last = so->sent.d.psn;
			CU_ASSERT_EQUAL(so->sent.b.data.op.status, WEFT_STATUS_BAD_KEY);
		}
	}
	return n;
}

/* A READ whose answer has begun: as much of it is sent as the window takes. */
static size_t read_begun(struct solo *so, uint16_t window, uint32_t len)
{
	struct weft_view v;

	solo_init(so);
	so->prof.window = so->peer_window = window;
	solo_ready(so);
	v = solo_read(so, 0, len);
	solo_rx(so, &v);
	solo_obey(so);
	return solo_drain(so);
}

/* WEFT-SEM-047: all was sent; which of it the peer lacks we cannot know, so each one tells it. */
static void weft_read_failed__all_was_sent(void)
{
	struct solo so;
	struct told n;
	size_t sent = read_begun(&so, 64, 5000);

	CU_ASSERT(sent >= 5);
	retx_go_back(so.p, so.p->una);
	n = tell_gone(&so);
	CU_ASSERT_EQUAL(n.naks, sent);
	CU_ASSERT_EQUAL(n.nops, 0);
	CU_ASSERT_EQUAL(weft_stream_state(so.s), WEFT_STREAM_STATE_READY);
	solo_ack_all(&so);
	n = tell_gone(&so);
	CU_ASSERT_EQUAL(n.naks, 0);
	solo_fini(&so);
}

/* WEFT-SEM-047: the peer has had what is sent again, and looks at none of it. */
static void weft_read_failed__heard_in_a_new_packet(void)
{
	struct solo so;
	struct told n;
	uint32_t first;

	CU_ASSERT(read_begun(&so, 16, 40 * 1024) < 40);
	first = so.p->nxt;
	retx_go_back(so.p, so.p->una);
	tell_gone(&so);
	CU_ASSERT_EQUAL(so.p->nxt, first);		/* the window is full */
	CU_ASSERT_EQUAL(weft_stream_state(so.s), WEFT_STREAM_STATE_READY);
	solo_ack_all(&so);
	n = tell_gone(&so);
	CU_ASSERT_EQUAL(n.naks, 1);
	CU_ASSERT_EQUAL(n.last, first);
	solo_work(&so);
	CU_ASSERT_EQUAL(weft_stream_state(so.s), WEFT_STREAM_STATE_ERROR);
	solo_fini(&so);
}

/* WEFT-SEM-047: one that is new is enough. */
static void weft_read_failed__once_heard(void)
{
	struct weft_view v;
	struct solo so;
	struct told n;
	uint32_t first;

	CU_ASSERT(read_begun(&so, 16, 40 * 1024) < 40);
	first = so.p->nxt;
	v = solo_ack(&so, so.p->una);			/* room for one more */
	solo_rx(&so, &v);
	n = tell_gone(&so);
	CU_ASSERT_EQUAL(n.naks, 1);
	CU_ASSERT_EQUAL(n.last, first);
	retx_go_back(so.p, so.p->una);
	n = tell_gone(&so);
	CU_ASSERT_EQUAL(n.naks, 1);			/* the same, again */
	CU_ASSERT_EQUAL(n.last, first);
	CU_ASSERT_EQUAL(n.nops, so.p->nxt - so.p->una - 1);
	solo_fini(&so);
}

/* WEFT-SEM-048: it says so if it still needed the data, and counts it if not. */
static void told_refusal__of_a_read(void)
{
	for (int had = 0; had < 2; had++) {
		struct weft_view v;
		struct solo so;

		solo_init(&so);
		solo_ready(&so);
		solo_post(&so, WEFT_OPCODE_READ, 1, 16, 0);
		solo_drain(&so);
		v = solo_read_rsp(&so, 0, 0, had ? 16 : 8, 16);
		solo_take(&so, &v, WEFT_STATUS_OK);
		v = solo_tack(&so, 0, WEFT_STATUS_BAD_KEY);
		CU_ASSERT_EQUAL(solo_rx(&so, &v), had ? WEFT_DROP_UNEXPECTED : WEFT_DROP_NONE);
		solo_work(&so);
		CU_ASSERT_EQUAL(solo_find(&so, WEFT_ACT_COMPLETE)->wc.status,
				had ? WEFT_STATUS_OK : WEFT_STATUS_BAD_KEY);
		CU_ASSERT_EQUAL(solo_tx_type(&so, WEFT_PTYPE_CTRL), !had);
		CU_ASSERT_EQUAL(weft_stream_state(so.s), had ? WEFT_STREAM_STATE_READY :
				WEFT_STREAM_STATE_ERROR);
		solo_fini(&so);
	}
}

/* ---- the refusal outlives the stream ------------------------------------------------ */

static void refused(struct solo *so)
{
	struct weft_view v;

	solo_init(so);
	solo_ready(so);
	v = solo_write(so, 0, 0, 8, 8);
	solo_take(so, &v, WEFT_STATUS_NO_RIGHTS);
	solo_work(so);
	CU_ASSERT_PTR_NOT_NULL(solo_event(so, WEFT_EV_STREAM_ERROR));
}

static void is_told(struct solo *so)
{
	CU_ASSERT_FATAL(solo_tx_op(so, WEFT_OPCODE_TACK));
	CU_ASSERT(so->sent.b.data.op.status == WEFT_STATUS_NO_RIGHTS &&
		  so->sent.b.data.op.msn == 0 && so->sent.b.data.op.qpn == SOLO_PEER_QPN);
}

/* WEFT-SEM-049: before it was sent; when it was lost; and nothing else is said. */
static void part__refusal(void)
{
	struct solo so;

	refused(&so);
	weft_stream_fini(so.s, WEFT_EP_REASON_CLOSED);
	is_told(&so);
	CU_ASSERT(!solo_tx(&so));
	retx_mark_lost(so.p, txrec_of(so.p, so.p->nxt - 1));
	is_told(&so);
	solo_ack_all(&so);
	CU_ASSERT_PTR_NULL(net_check_idle(so.p));
	solo_fini(&so);

	refused(&so);
	is_told(&so);
	weft_stream_fini(so.s, WEFT_EP_REASON_CLOSED);
	CU_ASSERT(!solo_tx(&so));
	retx_mark_lost(so.p, txrec_of(so.p, so.p->nxt - 1));
	is_told(&so);
	solo_fini(&so);
}

/* An answer that is lost with the stream is for EP_DISCONNECT to explain. */
static void part__refusal_after_a_read(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	v = solo_read(&so, 0, 8);
	solo_rx(&so, &v);
	v = solo_write(&so, 1, 0, 8, 8);
	solo_take(&so, &v, WEFT_STATUS_NO_RIGHTS);
	solo_obey(&so);
	weft_stream_fini(so.s, WEFT_EP_REASON_CLOSED);
	CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_DATA));
	CU_ASSERT(so.sent.b.data.op.status == WEFT_STATUS_NO_RIGHTS &&
		  so.sent.b.data.op.msn == 1);
	CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_CTRL));
	solo_fini(&so);
}

/* ---- so does the last TACK ----------------------------------------------------------- */

static void delivered(struct solo *so)
{
	struct weft_view v;

	solo_init(so);
	solo_ready(so);
	for (uint32_t msn = 0; msn < 3; msn++) {
		v = solo_write(so, msn, 0, 8, 8);
		solo_take(so, &v, WEFT_STATUS_OK);
		solo_work(so);
	}
}

static void last_is_told(struct solo *so)
{
	CU_ASSERT_FATAL(solo_tx_op(so, WEFT_OPCODE_TACK));
	CU_ASSERT(so->sent.b.data.op.status == WEFT_STATUS_OK && so->sent.b.data.op.msn == 2 &&
		  so->sent.b.data.op.qpn == SOLO_PEER_QPN);
}

/* WEFT-SEM-094: before it was sent; when it was lost; and then the end, once. */
static void part__last_tack(void)
{
	struct solo so;

	delivered(&so);
	weft_stream_fini(so.s, WEFT_EP_REASON_CLOSED);
	last_is_told(&so);
	CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_CTRL));
	CU_ASSERT(!solo_tx(&so));
	retx_mark_lost(so.p, txrec_of(so.p, so.p->nxt - 2));
	last_is_told(&so);
	solo_ack_all(&so);
	CU_ASSERT_PTR_NULL(net_check_idle(so.p));
	solo_fini(&so);

	delivered(&so);
	last_is_told(&so);
	weft_stream_fini(so.s, WEFT_EP_REASON_CLOSED);
	CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_CTRL));
	retx_mark_lost(so.p, txrec_of(so.p, so.p->nxt - 2));
	last_is_told(&so);
	solo_ack_all(&so);
	CU_ASSERT_PTR_NULL(net_check_idle(so.p));
	solo_fini(&so);
}

/* Nothing was delivered, or the peer has gone: nothing is told. */
static void part__no_tack_owed(void)
{
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	weft_stream_fini(so.s, WEFT_EP_REASON_CLOSED);
	CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_CTRL));
	CU_ASSERT(!solo_tx(&so));
	solo_fini(&so);
}

/* The two ends of a real one: the requester learns the status though the responder was quick. */
static void part__between_two(void)
{
	struct net *net = net_new(&(struct net_opts){ .seed = (uint32_t)weft_test_seed, .loss = .3,
						      .jitter_ns = 5000, .retry_limit = 60 });
	struct net_stream *st = net_connect(net, 5);
	uint8_t data[8] = { 0 };

	CU_ASSERT_PTR_NOT_NULL_FATAL(st);
	net_mr(&net->n[1], 0x77, 0x10000, 64, WEFT_MR_READ);
	net->n[1].auto_end = true;
	net_post(st, WEFT_OPCODE_WRITE, 1, data, 8, 0x77, 0x10000, 0);
	CU_ASSERT(net_wait(net, st, 1));
	CU_ASSERT_EQUAL(st->wc[0].status, WEFT_STATUS_NO_RIGHTS);
	CU_ASSERT(!st->disconnected);
	net_free(net);
}

/* ---- answered, and not yet reported --------------------------------------------------- */

enum cause { DISCONNECT, ABORT, FAIL, NO_STREAM, CAUSES };

/* Ends so.s in one of the ways in which the message at its head is lost. */
static void bring_about(struct solo *so, enum cause c)
{
	struct weft_hdr_tlv_ep_disconnect h = { .dst_qpn = SOLO_QPN, .src_qpn = SOLO_PEER_QPN };
	uint8_t end[WEFT_HDR_TLV_EP_DISCONNECT_LEN];
	struct weft_view v;

	switch (c) {
	case DISCONNECT:
		weft_hdr_tlv_ep_disconnect_pack(end, &h);
		v = solo_ctrl(so, WEFT_TLV_EP_DISCONNECT, end, sizeof(end));
		solo_rx(so, &v);
		CU_ASSERT_EQUAL(so->act.event, WEFT_EV_DISCONNECTED);
		break;
	case ABORT:
		weft_pdc_abort(so->p, WEFT_STATUS_DISCONNECTED, true);
		break;
	case FAIL:
		weft_stream_fail(so->s, WEFT_STATUS_DISCONNECTED);
		break;
	case NO_STREAM:
	case CAUSES:
		v = solo_tack(so, so->s->next - 1, WEFT_STATUS_NO_STREAM);
		v.b.data.op.qpn = SOLO_PEER_QPN;
		solo_rx(so, &v);
	}
}

/* Of two messages the first `answered` have their own result, the next has the cause. */
static void check_completions(struct solo *so, unsigned answered, enum weft_status cause)
{
	unsigned k = 0;

	solo_work(so);
	for (size_t i = 0; i < so->n_acts; i++) {
		const struct weft_wc *wc = &so->acts[i].wc;

		if (so->acts[i].type != WEFT_ACT_COMPLETE)
			continue;
		CU_ASSERT_EQUAL(wc->id, k);
		CU_ASSERT_EQUAL(wc->status, k < answered ? WEFT_STATUS_OK :
				k == answered ? cause : WEFT_STATUS_FLUSHED);
		k++;
	}
	CU_ASSERT_EQUAL(k, 2);
}

/* WEFT-SEM-096: the first `answered` of two messages. */
static void stream_error__spares_what_was_answered(void)
{
	for (unsigned i = 0; i < CAUSES * 3; i++) {
		unsigned answered = i % 3, c = i / 3;
		enum weft_status cause = c == NO_STREAM ? WEFT_STATUS_NO_STREAM :
					 WEFT_STATUS_DISCONNECTED;
		struct weft_view v;
		struct solo so;

		solo_init(&so);
		solo_ready(&so);
		solo_post(&so, WEFT_OPCODE_WRITE, 0, 8, 0);
		solo_post(&so, WEFT_OPCODE_WRITE, 1, 8, 0);
		solo_drain(&so);
		if (answered) {
			v = solo_tack(&so, answered - 1, WEFT_STATUS_OK);
			CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
		}
		bring_about(&so, (enum cause)c);
		check_completions(&so, answered, cause);
		solo_fini(&so);
	}
}

/* WEFT-SEM-096: a READ whose data are there keeps its bytes; one that lacks some is lost. */
static void stream_error__spares_a_read(void)
{
	for (uint32_t got = 8; got <= 16; got += 8) {
		struct weft_view v;
		struct solo so;

		solo_init(&so);
		solo_ready(&so);
		solo_post(&so, WEFT_OPCODE_READ, 0, 16, 0);
		solo_drain(&so);
		v = solo_read_rsp(&so, 0, 0, 8, 16);
		solo_take(&so, &v, WEFT_STATUS_OK);
		if (got == 16) {
			v = solo_read_rsp(&so, 0, 8, 8, 16);
			solo_take(&so, &v, WEFT_STATUS_OK);
		}
		bring_about(&so, DISCONNECT);
		solo_work(&so);
		CU_ASSERT_PTR_NOT_NULL_FATAL(solo_find(&so, WEFT_ACT_COMPLETE));
		CU_ASSERT_EQUAL(solo_find(&so, WEFT_ACT_COMPLETE)->wc.status,
				got == 16 ? WEFT_STATUS_OK : WEFT_STATUS_DISCONNECTED);
		solo_fini(&so);
	}
}

WEFT_SUITE(t_end) {
	{ "stream_error__spares_what_was_answered", stream_error__spares_what_was_answered },
	{ "stream_error__spares_a_read", stream_error__spares_a_read },
	{ "weft_stream_drain__goes_on_with_what_was_begun",
	  weft_stream_drain__goes_on_with_what_was_begun },
	{ "weft_stream_drain__idle_and_failing", weft_stream_drain__idle_and_failing },
	{ "weft_stream_drain__with_rnr", weft_stream_drain__with_rnr },
	{ "weft_post__in_error", weft_post__in_error },
	{ "weft_read_failed__all_was_sent", weft_read_failed__all_was_sent },
	{ "weft_read_failed__heard_in_a_new_packet", weft_read_failed__heard_in_a_new_packet },
	{ "weft_read_failed__once_heard", weft_read_failed__once_heard },
	{ "told_refusal__of_a_read", told_refusal__of_a_read },
	{ "part__refusal", part__refusal },
	{ "part__refusal_after_a_read", part__refusal_after_a_read },
	{ "part__last_tack", part__last_tack },
	{ "part__no_tack_owed", part__no_tack_owed },
	{ "part__between_two", part__between_two },
};
