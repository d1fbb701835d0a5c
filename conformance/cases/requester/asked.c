/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device as the asker of a stream: what it does before EP_ACCEPT, and the table of the
 * stream's states and of what its peer may say.
 */
#include "conformance/cases/requester/requester.h"

/* ---- TQ-BI-44: nothing before EP_ACCEPT ---- */

static struct wc_ctx *half(struct wc_t *t, struct wc_stream **s)
{
	struct wc_ctx *c = wc_open(t, 0, WC_OTHER_DOMAIN);

	*s = wc_ut_call_begin(c, "called");
	if (!*s)
		return NULL;
	(*s)->mute = true;
	return wc_rq_taken(*s) ? c : NULL;
}

static void accept_from(struct wc_stream *s, uint32_t src_qpn)
{
	struct wc_ep ep = { .dst_qpn = s->peer_qpn, .src_qpn = src_qpn, .credits = 64,
			    .window = 64, .reads = 16 };
	uint8_t value[16], tlv[32];
	struct wc_frame f;

	wc_pack(&wc_h_ep_accept, &ep, value);
	f = wc_f_ctrl(s->c, tlv, wc_tlv_put(tlv, 0, WC_TLV_EP_ACCEPT, value, sizeof(value)));
	wc_emit(s->c, &f, WC_E_OK);
}

static void impatient(struct wc_t *t)
{
	struct wc_stream *s;

	if (!half(t, &s))
		return;
	wc_rq_note(s);
	wc_value(t, "early", wc_rq_write(s, "e", 0, 64));	/* some refuse it by then */
	wc_pause(t, 60);
	wc_mark(t, "accept");
	accept_from(s, s->qpn);
	s->mute = false;
	if (!wc_rq_established(s))
		return;
	wc_rq_write(s, "w", 0, 64);
	wc_ut_await(t, "w");
}

static void impatient_judge(struct wc_judge *j)
{
	j->evidence = wc_rq_nth(j->v, 0, 0);
	wc_cp(j, 1, j->evidence != WC_NONE && j->evidence > wc_at(j, "accept"), "TOO_EARLY",
	      "no operation is sent before EP_ACCEPT");
	wc_completed(j, 2, "w", UPPER_WC_SUCCESS);
	if (wc_val(j, "early"))
		wc_completed(j, 2, "e", UPPER_WC_SUCCESS);
}

/* ---- TQ-BI-45: EP_DISCONNECT overtakes EP_ACCEPT ---- */

static void end_by(struct wc_stream *s, uint32_t type, uint32_t src_qpn)
{
	struct wc_ep_end e = { .dst_qpn = s->peer_qpn, .reason = WC_EP_CLOSED, .src_qpn = src_qpn };
	uint8_t value[12], tlv[32];
	struct wc_frame f;

	wc_pack(&wc_h_ep_disconnect, &e, value);
	f = wc_f_ctrl(s->c, tlv, wc_tlv_put(tlv, 0, type, value, sizeof(value)));
	wc_emit(s->c, &f, WC_E_OK);
}

static void overtaken(struct wc_t *t)
{
	struct wc_stream *s;

	if (!half(t, &s))
		return;
	end_by(s, WC_TLV_EP_DISCONNECT, s->qpn);
	wc_marker(t);
	wc_rq_ask_state(s);
	wc_value(t, "before", wc_view_value(&t->view, "state", 99));
	accept_from(s, s->qpn);
	for (unsigned i = 0; i < 20; i++) {
		wc_pause(t, 10);
		wc_rq_ask_state(s);
		if (wc_view_value(&t->view, "state", 99) > UPPER_CONNECTED)
			break;
	}
	wc_value(t, "after", wc_view_value(&t->view, "state", 99));
}

static void overtaken_judge(struct wc_judge *j)
{
	uint64_t after = wc_val(j, "after");

	wc_cp(j, 1, wc_val(j, "before") == UPPER_CONNECTING, "ENDED_EARLY",
	      "EP_DISCONNECT before EP_ACCEPT does not end it yet");
	wc_cp(j, 2, after == UPPER_CLOSED || after == UPPER_ENDED_FAILED, "NOT_ENDED",
	      "EP_ACCEPT from that queue pair does: state %u", (unsigned)after);
}

/* ---- TQ-BV-82: each thing that a peer may say, in each state ---- */

enum state { ASKING, CONNECTED, WAITING, FAILED, CLOSED, STATES };
enum event { DATA, SUCCESS, REFUSAL, ACCEPT, REJECT, END_OTHER, END, EVENTS };

#define CELLS	((unsigned)STATES * EVENTS)
#define OTHER	0x00012345u	/* a queue pair of ours that the device was not told of */
#define UNSENT	7u		/* a message that it has not sent */
#define DELAY_NS 20000000u

static const char *const state_name[] = {
	"waits for EP_ACCEPT", "is connected", "waits after RNR", "was refused", "has ended",
};
static const char *const event_name[] = {
	"a READ_RSP", "a TACK", "a refusal", "an EP_ACCEPT", "an EP_REJECT",
	"an EP_DISCONNECT of another", "its EP_DISCONNECT",
};

/* What its host must be told after the event; then, after an EP_ACCEPT if it is asking. */
static bool lives(enum state s, enum event e)
{
	return s < FAILED && e != END && (s != ASKING || e != REJECT);
}

static uint64_t after_event(enum state s, enum event e)
{
	if (s == ASKING && e != REJECT)
		return e == ACCEPT ? UPPER_CONNECTED : UPPER_CONNECTING;
	return lives(s, e) ? UPPER_CONNECTED : UPPER_CLOSED;
}

/* States that are over are one: which, is the device's word. */
static bool is_state(uint64_t state, uint64_t due)
{
	return due == UPPER_CLOSED ? state > UPPER_CONNECTED && state <= UPPER_ENDED_FAILED :
	       state == due;
}

/* The answer to a message that the device did not send. */
static void answer(struct wc_stream *s, uint64_t opcode, uint64_t status)
{
	static const uint8_t bytes[64];
	struct wc_frame f = wc_f_nop(s);

	f.opcode = opcode;
	f.qpn = s->peer_qpn;
	f.msn = UNSENT;
	f.oflags = WC_O_SOM | WC_O_EOM;
	f.status = status;
	f.credits = 64;
	if (opcode == WC_READ_RSP) {
		f.msg_len = f.length = f.body_len = sizeof(bytes);
		f.body = bytes;
	}
	wc_emit(s->c, &f, WC_E_OK);
}

static void happen(struct wc_stream *s, enum state state, enum event e)
{
	if (e == DATA)
		answer(s, WC_READ_RSP, 0);
	else if (e == SUCCESS || e == REFUSAL)
		answer(s, WC_TACK, e == REFUSAL ? WC_BAD_KEY : WC_OK);
	else if (e == ACCEPT)
		accept_from(s, state == ASKING ? s->qpn : OTHER);
	else
		end_by(s, e == REJECT ? WC_TLV_EP_REJECT : WC_TLV_EP_DISCONNECT,
		       e == END_OTHER ? OTHER : s->qpn);
}

/* The device's first message is answered so. */
static void refuse(struct wc_stream *s, const char *name, uint64_t status)
{
	s->refuse_msn = 0;
	s->refuse = status;
	s->refuse_times = 1;
	s->refuse_delay_ns = DELAY_NS;
	wc_rq_note(s);
	wc_rq_write(s, name, 0, 64);
}

static bool was_refused(struct wc_t *t, const void *arg)
{
	const struct wc_stream *s = arg;

	(void)t;
	return !s->refuse_times;
}

/* What the device's host says in the end; it may learn it a little later than the device. */
static void ask_state(struct wc_stream *s, const char *name, uint64_t due)
{
	struct wc_t *t = s->c->t;
	uint64_t state;

	wc_marker(t);
	for (unsigned i = 0; i < 20 && !t->runaway; i++) {
		wc_rq_ask_state(s);
		state = wc_view_value(&t->view, "state", 99);
		if (is_state(state, due))
			break;
		wc_pause(t, 10);
	}
	wc_value(t, name, wc_view_value(&t->view, "state", 99));
}

/* A stream of the device's in that state; NULL: it did not come to that. */
static struct wc_stream *in_state(struct wc_t *t, enum state state, unsigned cell)
{
	struct wc_stream *s;

	if (!half(t, &s))
		return NULL;
	if (state == ASKING)
		return s;
	accept_from(s, s->qpn);
	s->mute = false;
	if (!wc_rq_established(s))
		return NULL;
	if (state == WAITING || state == FAILED) {
		refuse(s, wc_nth("w", cell), state == WAITING ? WC_RNR : WC_BAD_KEY);
		wc_wait(t, was_refused, s, "a request of the device");
	}
	if (state == FAILED)
		wc_ut_await(t, wc_nth("w", cell));
	if (state == CLOSED)
		end_by(s, WC_TLV_EP_DISCONNECT, s->qpn);
	ask_state(s, wc_nth("in", cell), state < FAILED ? UPPER_CONNECTED : UPPER_CLOSED);
	return s;
}

/* On the context that the device has with us, or on one that it opens for this stream. */
static void try(struct wc_t *t, enum state state, enum event e, unsigned first)
{
	unsigned cell = state * EVENTS + e, slots = t->n_streams;
	struct wc_stream *s = in_state(t, state, cell);

	if (!s)
		return;
	happen(s, state, e);
	ask_state(s, wc_nth("then", cell), after_event(state, e));
	if (state == ASKING) {
		if (e != ACCEPT)
			accept_from(s, s->qpn);
		s->mute = false;
		ask_state(s, wc_nth("last", cell),
			  lives(state, e) ? UPPER_CONNECTED : UPPER_CLOSED);
	}
	if (lives(state, e) && state != WAITING) {
		wc_rq_note(s);
		wc_rq_write(s, wc_nth("w", cell), 0, 64);
	}
	if (lives(state, e))
		wc_ut_await(t, wc_nth("w", cell));
	wc_ut_end(s, false);
	if (s->c != t->callee)
		t->n_ctx--;		/* it came on a context of before: this one has no use */
	else if (t->n_ctx > first) {
		wc_close(s->c);
		t->n_ctx--;
	}
	t->n_streams = slots;
}

static void table(struct wc_t *t)
{
	unsigned first = t->n_ctx + 1;

	for (unsigned i = 0; i < CELLS && !t->runaway; i++)
		try(t, (enum state)(i / EVENTS), (enum event)(i % EVENTS), first);
}

static void judge_state(struct wc_judge *j, unsigned n, const char *name, unsigned cell,
			uint64_t due)
{
	uint64_t state = wc_view_value(j->v, name, 99);

	wc_cp(j, n, is_state(state, due), state == 99 ? "NO_ANSWER" : state < due ? "NOT_TOLD" :
	      "ENDED", "a stream that %s takes %s; then its host is told %s: state %u",
	      state_name[cell / EVENTS], event_name[cell % EVENTS],
	      due == UPPER_CLOSED ? "that it is over" : due == UPPER_CONNECTED ?
	      "that it is connected" : "nothing yet", (unsigned)state);
}

static void table_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < CELLS && !j->failed; i++) {
		enum state state = (enum state)(i / EVENTS);
		enum event e = (enum event)(i % EVENTS);

		judge_state(j, 1, wc_nth("then", i), i, after_event(state, e));
		if (state == ASKING)
			judge_state(j, 2, wc_nth("last", i), i,
				    lives(state, e) ? UPPER_CONNECTED : UPPER_CLOSED);
		if (lives(state, e))
			wc_completed(j, 3, wc_nth("w", i), UPPER_WC_SUCCESS);
	}
}

#define TQ(name, ver, what, rules, stim, exp, n, fn)				\
	{ .id = name, .version = ver, .title = what, .reqs = rules,		\
	  .stimulus = stim, .expected = exp, \
	  .needs = WC_NEEDS_UPPER | WC_NEEDS_CALLER | WC_NEEDS_TWO_DOMAINS,	\
	  .checkpoints = n, .drive = fn, .judge = fn##_judge }

const struct wc_case wc_cases_asked[] = {
	TQ("TQ-BI-44", 1, "Nothing is sent on a stream before EP_ACCEPT", "WEFT-MGT-007",
	   "EP_CONNECT that we answer late, with work posted", "no operation before", 2, impatient),
	TQ("TQ-BI-45", 1, "EP_DISCONNECT that overtakes EP_ACCEPT", "WEFT-MGT-013",
	   "EP_DISCONNECT of our queue pair, then EP_ACCEPT from it", "the stream ends with the "
	   "second, not with the first", 2, overtaken),
	TQ("TQ-BV-82", 1, "Each thing that a peer may say of the device's stream, in each state",
	   "WEFT-MGT-009 WEFT-MGT-012 WEFT-MGT-013 WEFT-SEM-023 WEFT-SEM-026 WEFT-SEM-032",
	   "streams of the device that wait for EP_ACCEPT, are connected, wait after RNR, were "
	   "refused, have ended; READ_RSP, TACK, refusal, EP_ACCEPT, EP_REJECT, EP_DISCONNECT of "
	   "another and its own; then an EP_ACCEPT, or a WRITE of the device",
	   "its host is told what the table of states says; work is done where it lives", 3, table),
	{ .id = NULL },
};
