/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Peers that take their time, packets without a pause, and questions without end.
 */
#include "conformance/cases/common.h"

#include <string.h>

/* ---- RB-ST-10: a peer that is slow ---- */

#define PIECE		64u
#define SLOW		6u		/* pieces */
#define GAP_MS		300u
#define ACK_MS		60u

/* Piece n of a WRITE of `all` pieces from page on; PSN and MSN are those of first. */
static struct wc_frame piece(const struct wc_t *t, const struct wc_frame *first, unsigned page,
			     unsigned n, unsigned all, const uint8_t *bytes)
{
	struct wc_frame f = *first;

	f.addr = wc_page(t, page);
	f.psn = (first->psn + n) & 0xffffffff;
	f.msg_len = all * PIECE;
	f.offset = n * PIECE;
	f.oflags = (n ? 0u : WC_O_SOM) | (n + 1 == all ? WC_O_EOM : 0u);
	f.body = bytes + n * PIECE;
	return f;
}

static void slow(struct wc_t *t)
{
	uint8_t bytes[SLOW * PIECE];
	struct wc_frame f;

	wc_fill(bytes, sizeof(bytes), WC_NEW_SEED);
	for (unsigned n = 0; n < SLOW; n++) {
		f = wc_f_write(t->a, t->mem.key, wc_page(t, 3), bytes + n * PIECE, PIECE);
		f.msg_len = sizeof(bytes);
		f.offset = n * PIECE;
		f.oflags = (n ? 0u : WC_O_SOM) | (n + 1 == SLOW ? WC_O_EOM : 0u);
		if (n + 1 == SLOW)
			wc_op(t->a, "w", WC_OP_MESSAGE, &f);
		wc_emit(t->c, &f, WC_E_OK);
		wc_pause(t, GAP_MS);
		t->c->quiet = true;
		wc_do_read(t->b, wc_nth("r", n), t->mem.key, wc_page(t, 4), WC_SIZE);
		wc_pause(t, ACK_MS);
		t->c->quiet = false;
		t->c->ack_due = true;
	}
	wc_await(t, "w");
	wc_do_read(t->b, "after", t->mem.key, wc_page(t, 3), sizeof(bytes));
}

static void slow_judge(struct wc_judge *j)
{
	for (unsigned n = 0; n < SLOW; n++)
		wc_ok(j, 1, wc_nth("r", n));
	wc_ok(j, 2, "w");
	wc_data_fill(j, 3, "after", WC_NEW_SEED, SLOW * PIECE, "WRONG_DATA");
}

/* ---- RB-ST-11: a window of packets at once ---- */

#define BURSTS		3u
#define MOST		512u		/* packets of one */
#define BURST_PAGE	16u

/* What the device did not take of the burst goes again; a network may lose of a burst. */
static void mend(struct wc_t *t, const struct wc_frame *first, unsigned page, unsigned n,
		 const uint8_t *bytes, size_t from)
{
	wc_marker(t);
	wc_pause(t, 10);
	for (unsigned i = 0; i < n && !t->runaway; i++) {
		struct wc_frame f = piece(t, first, page, i, n, bytes);

		if (wc_view_acked(&t->view, t->c->id, (uint32_t)f.psn, from, WC_NONE) != WC_NONE)
			continue;
		f.flags |= WC_F_RTX;
		wc_emit(t->c, &f, WC_E_OK);
	}
}

static void burst(struct wc_t *t)
{
	static uint8_t bytes[MOST * PIECE];
	uint64_t room = (t->mem.len - WC_AT(BURST_PAGE + BURSTS)) / PIECE;
	unsigned n = t->c->peer_window < MOST ? t->c->peer_window : MOST;

	n = room < n ? (unsigned)room : n;
	wc_value(t, "n", n);
	for (unsigned b = 0; b < BURSTS; b++) {
		unsigned page = BURST_PAGE + b;
		size_t from = t->tr.count;
		struct wc_frame f, first;

		wc_fill(bytes, n * PIECE, b + 1);
		first = wc_f_write(t->a, t->mem.key, wc_page(t, page), bytes, PIECE);
		first.flags &= ~(uint64_t)WC_F_AR;
		f = piece(t, &first, page, n - 1, n, bytes);
		wc_op(t->a, wc_nth("w", b), WC_OP_MESSAGE, &f);
		for (unsigned i = 0; i < n; i++) {
			f = piece(t, &first, page, i, n, bytes);
			f.flags |= i + 1 == n ? WC_F_AR : 0u;
			wc_emit(t->c, &f, WC_E_LOOSE);
		}
		mend(t, &first, page, n, bytes, from);
		wc_await(t, wc_nth("w", b));
		wc_do_read(t->b, wc_nth("r", b), t->mem.key, wc_page(t, page), n * PIECE);
	}
}

static void burst_judge(struct wc_judge *j)
{
	uint32_t n = (uint32_t)wc_val(j, "n");

	for (unsigned b = 0; b < BURSTS; b++) {
		wc_ok(j, 1, wc_nth("w", b));
		wc_data_fill(j, 2, wc_nth("r", b), b + 1, n * PIECE, "WRONG_DATA");
	}
}

const struct wc_case wc_cases_pressure[] = {
	{
		.id = "RB-ST-10", .version = 1, .title = "A peer that takes its time",
		.reqs = "WEFT-RTX-007",
		.stimulus = "a WRITE of which a packet comes each 0.3 s; READs between them, whose "
			    "answers are acknowledged late",
		.expected = "the READs are answered meanwhile, the WRITE completes",
		.checkpoints = 3, .vary = WC_VARY_ROD, .drive = slow, .judge = slow_judge,
	}, {
		.id = "RB-ST-11", .version = 1, .title = "A window of packets without a gap",
		.reqs = "WEFT-PDC-020 WEFT-ACK-001 WEFT-ACK-002",
		.stimulus = "WRITEs of as many packets as the device's window has, 512 at most, "
			    "sent at once; what is not acknowledged then goes again",
		.expected = "all of their bytes in memory",
		.checkpoints = 2, .vary = WC_VARY_ROD, .drive = burst, .judge = burst_judge,
	},
	{ .id = NULL },
};
