/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device as a sender: what it repeats, and the limits of ours that it keeps.
 */
#include "conformance/cases/common.h"

/* ---- DL-BI-26, DL-BV-27 ------------------------------------------------------------------ */

/* A READ whose data we do not acknowledge, then `how` we do it wrong. */
static void unacked_read(struct wc_t *t, const char *name)
{
	t->c->quiet = true;
	wc_do_read(t->a, name, t->mem.key, wc_page(t, 5), WC_SIZE);
}

static void ghost_ack(struct wc_t *t)
{
	struct wc_frame f;

	unacked_read(t, "read");
	f = wc_f_nop(t->a);
	f.type = WC_ACK;
	f.flags &= ~(uint64_t)WC_F_AR;
	f.psn = 0;
	f.ack_psn = t->c->rx_next + 1000;
	f.window = t->c->window;
	wc_emit(t->c, &f, WC_E_BAD);
	wc_marker(t);		/* copies that were sent before it came do not count */
	wc_mark(t, "ghost");
	wc_await_again(t, "read");
}

/* It would acknowledge the data, if it had no more words than an acknowledgement may have. */
static void many_words(struct wc_t *t)
{
	static const uint8_t ninth[8];
	struct wc_frame f;

	unacked_read(t, "read");
	f = wc_f_nop(t->a);
	f.type = WC_ACK;
	f.flags &= ~(uint64_t)WC_F_AR;
	f.psn = 0;
	f.window = t->c->window;
	f.sack_base = t->c->rx_next;
	f.words = WC_SACK_WORDS + 1;
	f.body = ninth;
	f.body_len = sizeof(ninth);
	wc_emit(t->c, &f, WC_E_BAD);
	wc_marker(t);
	wc_mark(t, "ghost");
	wc_await_again(t, "read");
}

static void repeats(struct wc_t *t)
{
	unacked_read(t, "read");
	wc_mark(t, "ghost");
	wc_await_again(t, "read");
}

static void again_judge(struct wc_judge *j)
{
	struct wc_result r = wc_res(j, "read");
	size_t at = WC_NONE;

	wc_ok(j, 1, "read");
	for (size_t i = wc_at(j, "ghost"); i < j->v->count && at == WC_NONE; i++)
		if (wc_view_rx(j->v, i) && j->v->f[i].type == WC_DATA &&
		    j->v->f[i].psn == wc_val(j, "psn"))
			at = i;
	j->evidence = r.evidence;
	wc_cp(j, 2, at != WC_NONE, "NOT_REPEATED",
	      "the data are sent again under their PSN, for nothing acknowledged them");
	j->evidence = at;
	wc_cp(j, 3, at == WC_NONE || j->v->f[at].flags & WC_F_RTX, "OBS_RTX_FLAG",
	      "a packet sent again has RTX set");
}

/* ---- DL-BV-36 --------------------------------------------------------------------------- */

/* The stream ends while READ data of it wait for acknowledgement: their PSN must still come. */
static void orphaned(struct wc_t *t)
{
	struct wc_ep_end end = { .dst_qpn = t->a->peer_qpn, .reason = WC_EP_CLOSED };
	uint8_t value[12], tlv[16];
	struct wc_frame f;

	unacked_read(t, "read");
	wc_pack(&wc_h_ep_disconnect, &end, value);
	f = wc_f_ctrl(t->c, tlv, wc_tlv_put(tlv, 0, WC_TLV_EP_DISCONNECT, value, 12));
	f.ack_psn = t->c->peer_start - 1;	/* as before the data came */
	f.flags &= ~(uint64_t)WC_F_AKV;
	wc_op(t->b, "end", WC_OP_PLAIN, &f);
	wc_emit(t->c, &f, WC_E_LOOSE);
	wc_await_ack(t, "end");		/* copies of before do not count */
	wc_mark(t, "ghost");
	wc_await_again(t, "read");
}

static void orphaned_judge(struct wc_judge *j)
{
	struct wc_result r = wc_res(j, "read");
	size_t at = WC_NONE;

	wc_ok(j, 1, "read");
	for (size_t i = wc_at(j, "ghost"); i < j->v->count && at == WC_NONE; i++)
		if (wc_view_rx(j->v, i) && j->v->f[i].type == WC_DATA &&
		    j->v->f[i].psn == wc_val(j, "psn"))
			at = i;
	j->evidence = r.evidence;
	wc_cp(j, 2, at != WC_NONE, "NOT_REPEATED", "the PSN is sent again: none may stay missing");
	j->evidence = at;
	wc_cp(j, 3, at == WC_NONE || j->v->f[at].opcode == WC_NOP, "NOT_A_NOP",
	      "it is sent as a NOP, since its stream has ended");
}

/* ---- DL-BV-33 --------------------------------------------------------------------------- */

#define BULK 12288u

static void our_limits(struct wc_t *t)
{
	struct wc_ctx *c = wc_open(t, wc_best_mode(t), WC_DOMAIN);
	static uint8_t data[BULK];
	struct wc_stream *s;

	c->window = WC_MIN_WINDOW;
	c->payload = 256;
	s = wc_connect(c, "connect.C", wc_service(t));
	if (!s)
		return;
	wc_fill(data, BULK, 6);
	wc_do_write(t->a, "init", t->mem.key, wc_page(t, 10), data, BULK);
	/* Twice with acknowledgements, so that congestion control does not hide the window. */
	wc_do_read(s, "r1", t->mem.key, wc_page(t, 10), BULK);
	wc_do_read(s, "r2", t->mem.key, wc_page(t, 10), BULK);
	c->quiet = true;
	wc_read(s, "r3", t->mem.key, wc_page(t, 10), BULK);
	wc_pause(t, 30);
	c->quiet = false;
	c->ack_due = true;
	wc_await(t, "r3");
}

static void our_limits_judge(struct wc_judge *j)
{
	wc_ok(j, 1, "connect.C");
	wc_data_fill(j, 2, "r1", 6, BULK, "WRONG_DATA");
	wc_data_fill(j, 3, "r2", 6, BULK, "WRONG_DATA");
	wc_data_fill(j, 4, "r3", 6, BULK, "WRONG_DATA");
}

/* ---- DL-BV-37: two contexts, limits of their own, both busy ------------------------------ */

static struct wc_stream *limited(struct wc_t *t, const char *name, uint32_t window,
				 uint32_t payload)
{
	struct wc_ctx *c = wc_open(t, wc_best_mode(t), WC_DOMAIN);

	c->window = window;
	c->payload = payload;
	return wc_connect(c, name, wc_service(t));
}

static void two_limits(struct wc_t *t)
{
	static uint8_t data[BULK];
	struct wc_stream *s[2];

	wc_fill(data, BULK, 6);
	wc_do_write(t->a, "init", t->mem.key, wc_page(t, 10), data, BULK);
	s[0] = limited(t, "connect.C", WC_MIN_WINDOW, 512);
	s[1] = limited(t, "connect.D", 2 * WC_MIN_WINDOW, 256);
	if (!s[0] || !s[1])
		return;
	/* Twice with acknowledgements, so that congestion control does not hide the windows. */
	for (unsigned i = 0; i < 6; i++) {
		s[i % 2]->c->quiet = i >= 4;
		wc_read(s[i % 2], wc_nth("r", i), t->mem.key, wc_page(t, 10), BULK);
		if (i >= 4 || i % 2 == 0)
			continue;
		wc_await(t, wc_nth("r", i - 1));
		wc_await(t, wc_nth("r", i));
	}
	wc_pause(t, 30);
	for (unsigned i = 0; i < 2; i++) {
		s[i]->c->quiet = false;
		s[i]->c->ack_due = true;
	}
	wc_await(t, "r4");
	wc_await(t, "r5");
}

static void two_limits_judge(struct wc_judge *j)
{
	wc_ok(j, 1, "connect.C");
	wc_ok(j, 1, "connect.D");
	for (unsigned i = 0; i < 6; i++)
		wc_data_fill(j, 2, wc_nth("r", i), 6, BULK, "WRONG_DATA");
}

const struct wc_case wc_cases_recovery[] = {
	{
		.id = "DL-BI-26", .version = 1,
		.title = "An ACK beyond what was sent acknowledges nothing",
		.reqs = "WEFT-ACK-007",
		.stimulus = "READ data acknowledged only by an ACK 1000 PSNs too far",
		.expected = "the device sends the data again",
		.checkpoints = 3, .drive = ghost_ack, .judge = again_judge,
	}, {
		.id = "DL-BI-45", .version = 1,
		.title = "An ACK with too many words acknowledges nothing",
		.reqs = "WEFT-PKT-033",
		.stimulus = "a READ whose data only an ACK with nine words of bitmap acknowledges",
		.expected = "the data come again",
		.checkpoints = 3, .drive = many_words, .judge = again_judge,
	}, {
		.id = "DL-BV-27", .version = 1, .title = "What is not acknowledged is sent again",
		.reqs = "WEFT-RTX-001 WEFT-RTX-005",
		.stimulus = "READ data that are not acknowledged",
		.expected = "the same packet again, with RTX",
		.vary = WC_VARY_ORDER,
		.checkpoints = 3, .drive = repeats, .judge = again_judge,
	}, {
		.id = "DL-BV-33", .version = 1,
		.title = "The device keeps our window and payload limit",
		.reqs = "WEFT-ACK-009 WEFT-ACK-011 WEFT-MGT-005",
		.stimulus = "READs of 12 KiB on a context with window 16 and payload 256, one "
			"unacknowledged",
		.expected = "never more than 16 packets ahead, nor 256 bytes in one (observers)",
		.vary = WC_VARY_PAYLOAD,
		.checkpoints = 4, .drive = our_limits, .judge = our_limits_judge,
	}, {
		.id = "DL-BV-36", .version = 1,
		.title = "A PSN whose stream has ended comes as a NOP",
		.reqs = "WEFT-RTX-009",
		.stimulus = "EP_DISCONNECT of a stream whose READ data are not acknowledged",
		.expected = "the PSN again, as NOP",
		.checkpoints = 3, .drive = orphaned, .judge = orphaned_judge,
	}, {
		.id = "DL-BV-37", .version = 1,
		.title = "Two busy contexts, each with limits of its own",
		.reqs = "WEFT-ACK-009 WEFT-ACK-011",
		.stimulus = "READs of 12 KiB on two contexts at a time: windows 16 and 32, "
			"payloads 512 and 256; the last two unacknowledged",
		.expected = "the data, and on each context its own limits (observers)",
		.checkpoints = 2, .drive = two_limits, .judge = two_limits_judge,
	},
	{ .id = NULL },
};
