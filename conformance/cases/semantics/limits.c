/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages that contradict themselves late.
 */
#include "conformance/cases/common.h"
#include "conformance/svc.h"

static void too_much_judge(struct wc_judge *j)
{
	wc_refused(j, 1, "x", WC_MALFORMED);
}

/* More bytes than the message has, though each packet alone is well-formed. */
static void too_much(struct wc_t *t)
{
	struct wc_stream *s = wc_fresh(t, "s");
	struct wc_frame f;

	if (!s)
		return;
	f = wc_f_write(s, t->mem.key, wc_page(t, 62), wc_bytes(WC_NEW_SEED), WC_SIZE);
	f.msg_len = 2 * WC_SIZE;
	f.oflags = WC_O_SOM;
	wc_op(s, "x", WC_OP_MESSAGE, &f);
	wc_emit(t->c, &f, WC_E_OK);
	f.psn++;
	f.offset = WC_SIZE / 2;
	f.oflags = 0;
	wc_emit(t->c, &f, WC_E_OK);
	f.psn++;
	f.offset = WC_SIZE;
	f.oflags = WC_O_EOM;
	wc_emit(t->c, &f, WC_E_OK);
	wc_await(t, "x");
}

/* ROD: a whole message, and the next but one; or two pieces of three, and not the second. */
static void skipped(struct wc_t *t)
{
	for (unsigned i = 0; i < 2; i++) {
		struct wc_stream *s = wc_fresh(t, wc_nth("s", i));
		struct wc_frame f;

		if (!s)
			return;
		wc_write(s, wc_nth("w", i), t->mem.key, wc_page(t, 63), wc_bytes(WC_OLD_SEED),
			 WC_SIZE);
		wc_await(t, wc_nth("w", i));
		f = wc_f_write(s, t->mem.key, wc_page(t, 63), wc_bytes(WC_NEW_SEED), WC_SIZE);
		wc_op(s, wc_nth("x", i), WC_OP_MESSAGE, &f);
		if (i == 0) {
			f.msn++;
			wc_emit(t->c, &f, WC_E_OK);
		} else {
			f.msg_len = 3 * WC_SIZE;
			f.oflags = WC_O_SOM;
			f.addr += WC_SIZE;
			wc_emit(t->c, &f, WC_E_OK);
			f.psn++;
			f.offset = 2 * WC_SIZE;
			f.oflags = WC_O_EOM;
			wc_emit(t->c, &f, WC_E_OK);
		}
		wc_await(t, wc_nth("x", i));
	}
	wc_do_read(t->a, "after", t->mem.key, wc_page(t, 63), WC_SIZE);
}

static void skipped_judge(struct wc_judge *j)
{
	wc_ok(j, 1, "w0");
	wc_refused(j, 2, "x0", WC_MALFORMED);
	wc_refused(j, 3, "x1", WC_MALFORMED);
	wc_data_fill(j, 4, "after", WC_OLD_SEED, WC_SIZE, "EXECUTED");
}

/* A SEND into a receive buffer that an earlier one has taken, on a stream of the chip service. */
static void used_buffer(struct wc_t *t)
{
	struct wc_svc_msg req = { .op = WC_SVC_FREE, .key = WC_KEY_NONE };
	struct wc_stream *s = wc_connect(t->c, "svc", WC_SERVICE_CHIP);
	uint8_t bytes[24] = { 0 };
	struct wc_frame f;

	if (!s)
		return;
	wc_svc_call(s, "first", &req);
	f = wc_f_send(s, bytes, sizeof(bytes));
	f.ssn--;
	wc_do(s, "x", WC_OP_MESSAGE, &f);
}

static void used_buffer_judge(struct wc_judge *j)
{
	wc_ok(j, 1, "first");
	wc_refused(j, 2, "x", WC_MALFORMED);
}

/* ---- SM-BV-26 ------------------------------------------------------------------------------- */

#define TOGETHER	64u
#define FEW		24u	/* any device has so many; further ones it may have no room for */
#define PIECES		4u
#define PIECE		32u

/* Messages of many streams, a packet of each in turn. */
static void interleaved(struct wc_t *t)
{
	static uint8_t bytes[TOGETHER * PIECES * PIECE];
	struct wc_stream *s[TOGETHER];
	unsigned n;

	wc_fill(bytes, sizeof(bytes), 26);
	for (n = 0; n < TOGETHER; n++) {
		s[n] = wc_fresh(t, wc_nth("s", n));
		if (!s[n])
			break;
	}
	wc_value(t, "streams", n);
	if (n < FEW)
		return;
	for (unsigned k = 0; k < PIECES; k++)
		for (unsigned i = 0; i < n; i++) {
			uint32_t at = (i * PIECES + k) * PIECE;
			struct wc_frame f = wc_f_write(s[i], t->mem.key,
						       wc_page(t, 40) + at - k * PIECE,
						       bytes + at, PIECE);

			f.msg_len = PIECES * PIECE;
			f.offset = k * PIECE;
			f.oflags = (k ? 0 : WC_O_SOM) | (k + 1 < PIECES ? 0 : WC_O_EOM);
			if (k + 1 == PIECES)
				wc_op(s[i], wc_nth("x", i), WC_OP_MESSAGE, &f);
			wc_emit(t->c, &f, WC_E_OK);
		}
	for (unsigned i = 0; i < n; i++)
		wc_await(t, wc_nth("x", i));
	wc_do_read(t->a, "after", t->mem.key, wc_page(t, 40), n * PIECES * PIECE);
}

static void interleaved_judge(struct wc_judge *j)
{
	unsigned n = (unsigned)wc_val(j, "streams");
	struct wc_result more = { 0 };

	for (unsigned i = 0; i < n; i++)
		wc_ok(j, 1, wc_nth("x", i));
	wc_data_fill(j, 2, "after", 26, n * PIECES * PIECE, "WRONG_DATA");
	if (n < TOGETHER)
		more = wc_res(j, wc_nth("s", n));
	wc_cp(j, 3, n == TOGETHER || more.status == WC_EP_NO_ROOM, "WRONG_REASON",
	      "EP_REJECT NO_ROOM for stream %u", n + 1);
}

/* ---- SM-BI-27: ROD: what a message cannot begin with, or go on with -------------------------- */

#define SHAPES 4u

/* A middle piece, a last piece, a message in place of another's rest, and another operation. */
static void misplaced(struct wc_t *t)
{
	for (unsigned i = 0; i < SHAPES; i++) {
		struct wc_stream *s = wc_fresh(t, wc_nth("s", i));
		struct wc_frame f;

		if (!s)
			return;
		f = wc_f_write(s, t->mem.key, wc_page(t, 65), wc_bytes(WC_NEW_SEED), WC_SIZE);
		f.msg_len = 3 * WC_SIZE;
		f.offset = i == 0 ? WC_SIZE : i == 1 ? 2 * WC_SIZE : 0;
		f.oflags = i == 0 ? 0 : i == 1 ? WC_O_EOM : WC_O_SOM;
		if (i >= 2)
			f.addr += WC_SIZE;	/* this much may be written */
		wc_op(s, wc_nth("x", i), WC_OP_MESSAGE, &f);
		wc_emit(t->c, &f, WC_E_OK);
		if (i == 2) {
			f = wc_f_write(s, t->mem.key, wc_page(t, 65), wc_bytes(WC_NEW_SEED),
				       WC_SIZE);
			wc_emit(t->c, &f, WC_E_OK);
		} else if (i == 3) {
			f = wc_f_read(s, t->mem.key, wc_page(t, 65), WC_SIZE);
			f.msn = s->msn - 1;
			wc_emit(t->c, &f, WC_E_OK);
		}
		wc_await(t, wc_nth("x", i));
	}
	wc_do_read(t->a, "after", t->mem.key, wc_page(t, 65), WC_SIZE);
}

static void misplaced_begin(struct wc_t *t)
{
	wc_do_write(t->a, "init", t->mem.key, wc_page(t, 65), wc_bytes(WC_OLD_SEED), WC_SIZE);
	misplaced(t);
}

static void misplaced_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < SHAPES; i++)
		wc_refused(j, 1, wc_nth("x", i), WC_MALFORMED);
	wc_data_fill(j, 2, "after", WC_OLD_SEED, WC_SIZE, "EXECUTED");
}

/* ---- SM-BV-28: ROD: a READ right behind a WRITE ---------------------------------------------- */

#define PAIRS 8u

static void right_behind(struct wc_t *t)
{
	for (unsigned i = 0; i < PAIRS; i++) {
		wc_write(t->a, wc_nth("w", i), t->mem.key, wc_page(t, 64), wc_bytes(40 + i),
			 WC_SIZE);
		wc_read(t->a, wc_nth("r", i), t->mem.key, wc_page(t, 64), WC_SIZE);
		if (i % 2)	/* two at a time: some devices allow no more READs */
			wc_await(t, wc_nth("r", i));
	}
	wc_await(t, wc_nth("r", PAIRS - 1));
}

static void right_behind_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < PAIRS; i++) {
		wc_ok(j, 1, wc_nth("w", i));
		/* Data are what memory holds when they are sent: of this WRITE or of a later. */
		wc_ok(j, 2, wc_nth("r", i));
		if (i % 2)
			wc_data_fill(j, 3, wc_nth("r", i), 40 + i, WC_SIZE, "STALE_DATA");
	}
}

/* ---- SM-BV-29 ------------------------------------------------------------------------------- */

/* All of the largest region that every device under test has, in one message each way. */
static uint32_t all_of(const struct wc_t *t)
{
	return t->mem.len < WC_R_LEN ? (uint32_t)t->mem.len : WC_R_LEN;
}

static void whole_region(struct wc_t *t)
{
	static uint8_t bytes[WC_R_LEN];
	uint32_t len = all_of(t);

	wc_fill(bytes, len, 29);
	wc_value(t, "len", len);
	wc_do_write(t->a, "w", t->mem.key, t->mem.base, bytes, len);
	wc_do_read(t->b, "r", t->mem.key, t->mem.base, len);
}

static void whole_region_judge(struct wc_judge *j)
{
	uint32_t len = (uint32_t)wc_val(j, "len");

	wc_ok(j, 1, "w");
	wc_data_fill(j, 2, "r", 29, len < WC_R_LEN ? len : WC_R_LEN, "WRONG_DATA");
}

const struct wc_case wc_cases_limits[] = {
	{
		.id = "SM-BI-27", .version = 1, .title = "ROD: pieces where none can be",
		.reqs = "WEFT-SEM-090 WEFT-SEM-011",
		.stimulus = "a message that begins with its middle, with its end; another message, "
			"and a READ, in place of its rest",
		.expected = "MALFORMED each; no byte of the second",
		.needs = WC_NEEDS_ROD, .mode = WC_ROD,
		.vary = WC_VARY_WRAP,
		.checkpoints = 2, .drive = misplaced_begin, .judge = misplaced_judge,
	}, {
		.id = "SM-BV-28", .version = 1, .title = "ROD: a READ right behind a WRITE",
		.reqs = "WEFT-SEM-002 WEFT-SEM-035",
		.stimulus = "WRITEs of one place, each with a READ of it behind, without a pause",
		.expected = "what was written",
		.needs = WC_NEEDS_ROD, .mode = WC_ROD,
		.vary = WC_VARY_WRAP,
		.checkpoints = 3, .drive = right_behind, .judge = right_behind_judge,
	},
	{
		.id = "SM-BI-23", .version = 1, .title = "Pieces that overlap",
		.reqs = "WEFT-SEM-045",
		.stimulus = "a message of two pieces, and a third across both",
		.expected = "MALFORMED",
		.checkpoints = 1, .drive = too_much, .judge = too_much_judge,
	}, {
		.id = "SM-BI-24", .version = 1, .title = "ROD: what was skipped will never come",
		.reqs = "WEFT-SEM-090",
		.stimulus = "a message after one that was not sent; one without its second piece",
		.expected = "the first message that is not whole is refused with MALFORMED",
		.needs = WC_NEEDS_ROD, .mode = WC_ROD,
		.vary = WC_VARY_WRAP,
		.checkpoints = 4, .drive = skipped, .judge = skipped_judge,
	},
	{
		.id = "SM-BI-25", .version = 1, .title = "A receive buffer is used once",
		.reqs = "WEFT-SEM-085",
		.stimulus = "a SEND that names the buffer of the SEND before it",
		.expected = "MALFORMED", .needs = WC_NEEDS_CHIP | WC_NEEDS_STREAMS,
		.checkpoints = 2, .drive = used_buffer, .judge = used_buffer_judge,
	}, {
		.id = "SM-BV-26", .version = 1, .title = "Messages of many streams, interleaved",
		.reqs = "WEFT-SEM-001 WEFT-SEM-005 WEFT-SEM-007",
		.stimulus = "WRITEs of 4 packets on 64 streams, or as many from 24 on as there is "
			    "room for, a packet of each in turn",
		.expected = "all complete, each with its own bytes; of a further stream it is told "
			    "that there is no room",
		.checkpoints = 3, .drive = interleaved, .judge = interleaved_judge,
	}, {
		.id = "SM-BV-29", .version = 1, .title = "A message as long as a region",
		.reqs = "WEFT-SEM-001 WEFT-SEM-005",
		.stimulus = "a WRITE of all of a region, and a READ of it",
		.expected = "all bytes, in their places",
		.vary = WC_VARY_ORDER,
		.checkpoints = 2, .drive = whole_region, .judge = whole_region_judge,
	},
	{ .id = NULL },
};
