/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of a stream's states and of what its peer may say, for the end that takes requests:
 * each pair of the two, and then whether a WRITE is done, which tells the state that it led to.
 */
#include "conformance/cases/common.h"

#include <string.h>

enum state { NEVER, READY, REFUSED, ENDED, STATES };
enum event { REQUEST, DATA, SUCCESS, REFUSAL, ACCEPT, REJECT, END_OTHER, WRONG, END, EVENTS };

#define CELLS	((unsigned)STATES * EVENTS)
#define NOBODY	0x00fffffdu	/* a queue pair that the device has not given to anybody */
#define OTHER	0x00012345u	/* and one of ours that it was not told of */

static const char *const state_name[] = { "never was", "is READY", "was refused", "has ended" };
static const char *const event_name[] = {
	"a WRITE", "a READ_RSP", "a TACK", "a refusal", "an EP_ACCEPT", "an EP_REJECT",
	"an EP_DISCONNECT of another", "a WRITE that is refused", "its EP_DISCONNECT",
};

static uint64_t place(const struct wc_t *t, unsigned cell)
{
	return wc_page(t, 1) + (uint64_t)cell * WC_SIZE;
}

static uint32_t seed_of(unsigned cell)
{
	return 100 + cell;
}

/* EP_ACCEPT, EP_REJECT or EP_DISCONNECT of the queue pair src of ours. */
static void say(struct wc_stream *s, uint32_t type, uint32_t src)
{
	struct wc_ep_end end = { .dst_qpn = s->peer_qpn, .reason = WC_EP_CLOSED, .src_qpn = src };
	struct wc_ep ep = { .dst_qpn = s->peer_qpn, .src_qpn = src, .credits = 1, .window = 1,
			    .reads = 1 };
	uint8_t value[16], tlv[32];
	struct wc_frame f;

	if (type == WC_TLV_EP_ACCEPT)
		wc_pack(&wc_h_ep_accept, &ep, value);
	else
		wc_pack(&wc_h_ep_disconnect, &end, value);
	f = wc_f_ctrl(s->c, tlv,
		      wc_tlv_put(tlv, 0, type, value, type == WC_TLV_EP_ACCEPT ? 16 : 12));
	wc_emit(s->c, &f, WC_E_OK);
}

/* The answer to a request that the device never sent. */
static void answer(struct wc_stream *s, uint64_t opcode, uint64_t status)
{
	struct wc_frame f = wc_f_nop(s);

	f.opcode = opcode;
	f.oflags = WC_O_SOM | WC_O_EOM;
	f.status = status;
	if (opcode == WC_READ_RSP) {
		f.msg_len = f.length = f.body_len = WC_SIZE;
		f.body = wc_bytes(WC_NEW_SEED);
	}
	wc_emit(s->c, &f, WC_E_OK);
}

/* A WRITE of the cell's own bytes to its place, under that key. */
static void request(struct wc_stream *s, const char *name, unsigned cell, uint32_t key)
{
	uint8_t bytes[WC_SIZE];

	wc_fill(bytes, WC_SIZE, seed_of(cell));
	wc_write(s, name, key, place(s->c->t, cell), bytes, WC_SIZE);
	wc_await_ack(s->c->t, name);
}

static void happen(struct wc_stream *s, enum event e, unsigned cell)
{
	struct wc_t *t = s->c->t;

	if (e == REQUEST)
		request(s, wc_nth("e", cell), CELLS, t->mem.key);
	else if (e == WRONG)
		request(s, wc_nth("e", cell), CELLS, WC_KEY_NONE);
	else if (e == DATA)
		answer(s, WC_READ_RSP, 0);
	else if (e == SUCCESS || e == REFUSAL)
		answer(s, WC_TACK, e == REFUSAL ? WC_BAD_KEY : WC_OK);
	else if (e == ACCEPT)
		say(s, WC_TLV_EP_ACCEPT, OTHER);
	else if (e == REJECT)
		say(s, WC_TLV_EP_REJECT, s->qpn);
	else
		say(s, WC_TLV_EP_DISCONNECT, e == END ? s->qpn : OTHER);
}

/* A stream in that state; NULL: none opened. */
static struct wc_stream *in_state(struct wc_t *t, enum state state, unsigned cell)
{
	struct wc_stream *s = wc_fresh(t, wc_nth("connect", cell));

	if (!s)
		return NULL;
	if (state == REFUSED)
		request(s, wc_nth("wrong", cell), CELLS, WC_KEY_NONE);
	if (state == ENDED)
		say(s, WC_TLV_EP_DISCONNECT, s->qpn);
	return s;
}

static void try(struct wc_t *t, enum state state, enum event e)
{
	unsigned cell = state * EVENTS + e, slots = t->n_streams;
	struct wc_stream none = *t->b, *s = &none;

	none.peer_qpn = NOBODY;
	none.msn = none.ssn = 0;
	if (state != NEVER)
		s = in_state(t, state, cell);
	if (!s)
		return;
	wc_marker(t);
	happen(s, e, cell);
	wc_marker(t);
	request(s, wc_nth("w", cell), cell, t->mem.key);
	wc_do_read(t->b, wc_nth("r", cell), t->mem.key, place(t, cell), WC_SIZE);
	if (state != NEVER)
		wc_end_stream(s, slots);
}

static void table(struct wc_t *t)
{
	uint8_t old[WC_SIZE];

	wc_fill(old, WC_SIZE, WC_OLD_SEED);
	for (unsigned i = 0; i <= CELLS; i++)
		wc_do_write(t->b, wc_nth("init", i), t->mem.key, place(t, i), old, WC_SIZE);
	for (unsigned i = 0; i < CELLS && !t->runaway; i++)
		try(t, (enum state)(i / EVENTS), (enum event)(i % EVENTS));
	wc_do_write(t->b, "beside", t->mem.key, place(t, CELLS), old, WC_SIZE);
}

static void table_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < CELLS && !j->failed; i++) {
		enum state state = (enum state)(i / EVENTS);
		enum event e = (enum event)(i % EVENTS);
		bool live = state == READY && e < WRONG;
		uint8_t now[WC_SIZE], want[WC_SIZE];

		wc_fill(want, WC_SIZE, live ? seed_of(i) : WC_OLD_SEED);
		wc_ok(j, 1, wc_nth("r", i));
		if (!wc_res_data(j, wc_nth("r", i), now, WC_SIZE))
			return;
		wc_cp(j, 2, memcmp(now, want, WC_SIZE) == 0, live ? "ENDED" : "STILL_ALIVE",
		      "a stream that %s takes %s, and a WRITE after it is %s", state_name[state],
		      event_name[e], live ? "done" : "not");
		if (live)
			wc_ok(j, 3, wc_nth("w", i));
	}
	wc_ok(j, 4, "beside");
}

const struct wc_case wc_cases_states[] = {
	{
		.id = "MG-BV-39", .version = 1,
		.title = "Each thing that a peer may say of a stream, in each state of it",
		.reqs = "WEFT-SEM-023 WEFT-SEM-025 WEFT-SEM-026 WEFT-SEM-007 WEFT-MGT-009 "
			"WEFT-MGT-012",
		.stimulus = "streams that never were, READY, refused and ended; WRITE, READ_RSP, "
			    "TACK, refusal, EP_ACCEPT, EP_REJECT, EP_DISCONNECT of others, a "
			    "wrong WRITE, EP_DISCONNECT; then a WRITE",
		.expected = "it is done where the stream was READY, but after the last two; "
			    "another stream goes on",
		.checkpoints = 4, .drive = table, .judge = table_judge,
	},
	{ .id = NULL },
};
