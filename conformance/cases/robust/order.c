/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets of several messages in an order that chance decides.
 */
#include "conformance/cases/robust/chance.h"

#include <string.h>

#define MESSAGES	8u
#define PIECES		20u
#define PIECE		32u
#define LENGTH		(PIECES * PIECE)
#define ADDS		40u
#define PACKETS		(MESSAGES * PIECES + ADDS)
#define BLOCK		64u	/* packets that change places, if the window allows */

static void all_bytes(uint8_t bytes[MESSAGES * LENGTH])
{
	wc_fill(bytes, MESSAGES * LENGTH, 77);
}

/* Packet n of the conversation: after each four pieces of WRITEs, an atomic of the other stream. */
static struct wc_frame nth_packet(struct wc_t *t, unsigned n, const uint8_t *bytes)
{
	unsigned add = n / 5, piece = n - add - (n % 5 == 4), message = piece / PIECES;
	struct wc_frame f;

	if (n % 5 == 4) {
		f = wc_f_atomic(t->b, t->mem.key, wc_page(t, 8), WC_FADD, 1, 0);
		wc_op(t->b, wc_nth("a", add), WC_OP_ATOMIC, &f);
		return f;
	}
	piece %= PIECES;
	f = wc_f_write(t->a, t->mem.key, wc_page(t, 16) + message * LENGTH,
		       bytes + message * LENGTH + piece * PIECE, PIECE);
	f.msg_len = LENGTH;
	f.offset = piece * PIECE;
	f.oflags = (piece ? 0 : WC_O_SOM) | (piece + 1 < PIECES ? 0 : WC_O_EOM);
	if (piece + 1 == PIECES)
		wc_op(t->a, wc_nth("w", message), WC_OP_MESSAGE, &f);
	return f;
}

/* Send n packets in any order, some of them twice; what the device did not hear goes again. */
static void deal(struct wc_t *t, const struct wc_frame *f, unsigned n)
{
	unsigned order[BLOCK], from = (unsigned)t->view.count;

	for (unsigned i = 0; i < n; i++)
		order[i] = i;
	for (unsigned i = n; i > 1; i--) {
		unsigned k = wc_draw(t, i), other = order[i - 1];

		order[i - 1] = order[k];
		order[k] = other;
	}
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 1 + (wc_draw(t, 8) == 0); k > 0; k--)
			wc_emit(t->c, &f[order[i]], WC_E_LOOSE);
	wc_marker(t);
	for (unsigned i = 0; i < n; i++) {
		struct wc_frame again = f[i];

		again.flags |= WC_F_RTX;
		if (wc_view_acked(&t->view, t->c->id, (uint32_t)f[i].psn, from, WC_NONE) == WC_NONE)
			wc_emit(t->c, &again, WC_E_OK);
	}
}

static void shuffled(struct wc_t *t)
{
	static uint8_t bytes[MESSAGES * LENGTH];
	unsigned block = t->c->peer_window < BLOCK ? t->c->peer_window : BLOCK, n = 0;
	struct wc_frame f[BLOCK];

	all_bytes(bytes);
	wc_set_word(t->a, "zero", wc_page(t, 8), 0);
	while (n < PACKETS) {
		uint32_t first = t->c->next;
		unsigned i = 0;

		for (; i < block && n < PACKETS; i++, n++) {
			f[i] = nth_packet(t, n, bytes);
			f[i].psn = (first + i) & 0xffffffff;
		}
		deal(t, f, i);
	}
	wc_await(t, wc_nth("w", MESSAGES - 1));
	wc_await(t, wc_nth("a", ADDS - 1));
	wc_do_read(t->a, "after", t->mem.key, wc_page(t, 16), MESSAGES * LENGTH);
	wc_get_word(t->b, "sum", wc_page(t, 8));
}

static void shuffled_judge(struct wc_judge *j)
{
	uint8_t want[MESSAGES * LENGTH];

	all_bytes(want);
	for (unsigned i = 0; i < ADDS; i++)
		wc_old(j, 1, wc_nth("a", i), i);
	wc_word(j, 2, "sum", ADDS, "NOT_ONCE");
	wc_data(j, 3, "after", want, sizeof(want), "WRONG_DATA");
}

const struct wc_case wc_cases_order[] = {
	{
		.id = "RB-ST-16", .version = 1, .title = "RUD: 200 packets in any order",
		.reqs = "WEFT-SEM-001 WEFT-SEM-002 WEFT-SEM-005 WEFT-SEM-014 WEFT-PDC-020",
		.stimulus = "8 WRITEs of 20 packets and 40 FADDs, shuffled by the seed up to 64 "
			"packets apart, some twice",
		.expected = "each atomic once and in turn; memory as if they had come in order",
		.needs = WC_NEEDS_RUD, .mode = WC_RUD,
		.vary = WC_VARY_WRAP,
		.checkpoints = 3, .drive = shuffled, .judge = shuffled_judge,
	},
	{ .id = NULL },
};
