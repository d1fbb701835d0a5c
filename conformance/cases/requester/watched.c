/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device as the target, watched from above: what its host is told of, and what its host finds
 * in its memory.
 */
#include "conformance/cases/requester/requester.h"

#include <string.h>

#define PIECE	100u
#define PIECES	3u
#define ALL	(PIECE * PIECES)

/* A stream whose receive buffers the script posts, and memory of 64 KiB. */
static struct wc_stream *begin(struct wc_t *t, struct wc_mem *m)
{
	struct wc_stream *s;

	t->own_recvs = true;
	s = wc_rq_begin(t);
	t->own_recvs = false;
	return s && wc_ut_region(t, WC_LOCAL_LEN, m) ? s : NULL;
}

/* Piece n of a WRITE of ALL bytes to the start of m, whose first PSN is first. */
static struct wc_frame piece(const struct wc_stream *s, const struct wc_mem *m, uint32_t first,
			     unsigned n)
{
	static uint8_t bytes[ALL];
	struct wc_frame f;

	wc_fill(bytes, ALL, WC_NEW_SEED);
	f = wc_f_write(s, m->key, m->base, bytes + n * PIECE, PIECE);
	f.psn = first + n;
	f.msg_len = ALL;
	f.offset = n * PIECE;
	f.oflags = (n ? 0u : WC_O_SOM) | (n + 1 < PIECES ? 0u : WC_O_EOM);
	return f;
}

/* The WRITE, less its middle: that, which is returned, is for the script to send. */
static struct wc_frame holed(struct wc_stream *s, const char *name, const struct wc_mem *m)
{
	uint32_t first = s->c->next;
	struct wc_frame head = piece(s, m, first, 0), mid = piece(s, m, first, 1);
	struct wc_frame last = piece(s, m, first, 2);

	wc_emit(s->c, &head, WC_E_OK);
	wc_op(s, name, WC_OP_MESSAGE, &last);
	wc_emit(s->c, &last, WC_E_OK);
	return mid;
}

/* A WRITE of 16 bytes behind the pieces, with an immediate. */
static struct wc_frame with_imm(struct wc_stream *s, const char *name, const struct wc_mem *m,
				uint32_t imm)
{
	struct wc_frame f = wc_f_write(s, m->key, m->base + 4096, wc_bytes(WC_NEW_SEED), 16);

	f.oflags |= WC_O_IMM;
	f.imm_ssn = s->ssn++;
	f.imm = imm;
	wc_op(s, name, WC_OP_MESSAGE, &f);
	return f;
}

/* The host was told of that message once; what it was told. */
static struct upper_done told(struct wc_judge *j, unsigned n, const char *name)
{
	struct upper_done d = { 0 };

	j->evidence = wc_ut_done(j->v, name, WC_NONE, &d);
	wc_cp(j, n, j->evidence != WC_NONE, "NOT_TOLD", "its host is told of what came into %s",
	      name);
	wc_cp(j, n, d.status == UPPER_WC_SUCCESS, "WRONG_COMPLETION",
	      "%s is filled without an error, not with code %u", name, d.status);
	wc_cp(j, n, wc_ut_dones(j->v, name) == 1, "TOLD_TWICE", "once");
	return d;
}

/* ---- UT-BV-10: an immediate is delivered once ---- */

#define IMM 0xa1b2c3d4u

static void immediate(struct wc_t *t)
{
	struct wc_mem m;
	struct wc_stream *s = begin(t, &m);
	struct wc_frame f;

	if (!s || !wc_ut_recv(s, "r0", 0, 64) || !wc_ut_recv(s, "r1", 64, 64))
		return;
	f = with_imm(s, "w", &m, IMM);
	wc_emit(t->c, &f, WC_E_OK);
	f.flags |= WC_F_RTX;
	wc_emit(t->c, &f, WC_E_LOOSE);
	wc_await(t, "w");
	for (unsigned i = 0; i < 3; i++) {
		wc_emit(t->c, &f, WC_E_LOOSE);
		wc_marker(t);
	}
	wc_ut_await(t, "r0");
	wc_send(s, "s", wc_bytes(WC_OLD_SEED), 40);
	wc_await(t, "s");
	wc_ut_await(t, "r1");
	wc_pause(t, 5);
	wc_ut_poll(t);
	wc_ut_memory(t, "r1", 64, 40);
}

static void immediate_judge(struct wc_judge *j)
{
	struct upper_done d = told(j, 1, "r0");
	const uint8_t *got;
	uint8_t want[40];
	uint32_t len;

	wc_cp(j, 2, d.flags & UPPER_IMM && d.imm == IMM, "WRONG_IMM",
	      "with the immediate %08x, but it is %08x", IMM, d.imm);
	d = told(j, 3, "r1");
	wc_cp(j, 4, !(d.flags & UPPER_IMM) && d.length == sizeof(want), "DELIVERED_AGAIN",
	      "the second buffer takes the SEND of %u bytes, not the immediate again",
	      (unsigned)sizeof(want));
	wc_fill(want, sizeof(want), WC_OLD_SEED);
	got = wc_ut_bytes(j->v, "r1", &len);
	wc_cp(j, 5, got && len == sizeof(want) && !memcmp(got, want, len), "WRONG_DATA",
	      "the bytes of the SEND are in it");
}

/* ---- UT-BV-11: what was written before is there ---- */

static void behind(struct wc_t *t)
{
	struct wc_mem m;
	struct wc_stream *s = begin(t, &m);
	struct wc_frame rest, f;

	if (!s || !wc_ut_recv(s, "r0", 0, 64) || !wc_ut_recv(s, "r1", 64, 64))
		return;
	for (unsigned i = 0; i < 2; i++) {
		rest = holed(s, wc_nth("w", i), &m);
		if (i) {
			f = with_imm(s, "i", &m, IMM);
			wc_emit(t->c, &f, WC_E_OK);
		} else {
			wc_send(s, "s", wc_bytes(WC_OLD_SEED), 40);
		}
		wc_marker(t);
		wc_pause(t, 10);
		wc_ut_poll(t);
		wc_mark(t, wc_nth("rest", i));
		wc_emit(t->c, &rest, WC_E_OK);
		wc_ut_await(t, wc_nth("r", i));
		wc_ut_look(t, wc_nth("m", i), &m, 0, ALL);
	}
}

static void behind_judge(struct wc_judge *j)
{
	uint8_t want[ALL];
	struct upper_done d;
	const uint8_t *got;
	uint32_t len;

	wc_fill(want, ALL, WC_NEW_SEED);
	for (unsigned i = 0; i < 2; i++) {
		told(j, 1, wc_nth("r", i));
		j->evidence = wc_ut_done(j->v, wc_nth("r", i), wc_at(j, wc_nth("rest", i)), &d);
		wc_cp(j, 2, j->evidence == WC_NONE, "TOLD_EARLY", "its host is told of %s when all "
		      "of the WRITE before it has come", i ? "the immediate" : "the SEND");
		got = wc_ut_bytes(j->v, wc_nth("m", i), &len);
		wc_cp(j, 3, got && len == ALL && !memcmp(got, want, ALL), "NOT_THERE",
		      "then its host finds in memory what was written");
	}
}

/* ---- UT-BV-12: each page ---- */

#define PAGE	4096u
#define SHORT	7u		/* bytes across a boundary, of which 3 before it */
#define LONG	(2 * PAGE + 10)	/* across three */
#define LONG_AT	(20 * 512u - 5)

static void pages(struct wc_t *t)
{
	static uint8_t bytes[LONG];
	struct wc_mem m;
	struct wc_stream *s = begin(t, &m);

	if (!s)
		return;
	for (uint32_t k = 1; k < WC_LOCAL_LEN / PAGE; k++) {
		wc_fill(bytes, SHORT, k);
		wc_do_write(s, wc_nth("w", k), m.key, m.base + k * PAGE - 3, bytes, SHORT);
		wc_do_read(s, wc_nth("r", k), m.key, m.base + k * PAGE - 3, SHORT);
	}
	for (uint32_t k = 1; k < WC_LOCAL_LEN / PAGE; k++)
		wc_ut_look(t, wc_nth("m", k), &m, k * PAGE - 4, SHORT + 2);
	wc_fill(bytes, LONG, 99);
	wc_do_write(s, "long", m.key, m.base + LONG_AT, bytes, LONG);
	wc_do_read(s, "back", m.key, m.base + LONG_AT, LONG);
	wc_ut_look(t, "end", &m, LONG_AT + LONG - 20, 21);
}

static void pages_judge(struct wc_judge *j)
{
	uint8_t want[SHORT + 2], end[LONG + 1];
	const uint8_t *got;
	uint32_t len;

	for (uint32_t k = 1; k < WC_LOCAL_LEN / PAGE; k++) {
		memset(want, 0, sizeof(want));
		wc_fill(want + 1, SHORT, k);
		wc_ok(j, 1, wc_nth("w", k));
		got = wc_ut_bytes(j->v, wc_nth("m", k), &len);
		wc_cp(j, 2, got && len == sizeof(want) && !memcmp(got, want, len), "WRONG_MEMORY",
		      "its host finds %u bytes across the end of page %u, and none beside them",
		      SHORT, k - 1);
		wc_data_fill(j, 3, wc_nth("r", k), k, SHORT, "WRONG_DATA");
	}
	wc_ok(j, 1, "long");
	wc_data_fill(j, 3, "back", 99, LONG, "WRONG_DATA");
	wc_fill(end, LONG, 99);
	end[LONG] = 0;
	got = wc_ut_bytes(j->v, "end", &len);
	wc_cp(j, 2, got && len == 21 && !memcmp(got, end + LONG - 20, 21), "WRONG_MEMORY",
	      "and the end of %u bytes across three pages", LONG);
}

/* ---- UT-BI-13: destroyed within a WRITE ---- */

static void destroyed(struct wc_t *t)
{
	struct wc_mem m;
	struct wc_stream *s = begin(t, &m);
	struct wc_frame f[PIECES];

	if (!s)
		return;
	for (unsigned n = 0; n < PIECES; n++)
		f[n] = piece(s, &m, t->c->next, n);
	wc_op(s, "w", WC_OP_MESSAGE, &f[PIECES - 1]);
	wc_emit(t->c, &f[0], WC_E_OK);
	wc_marker(t);
	wc_value(t, "destroyed", wc_ut_end(s, false));
	wc_ut_look(t, "then", &m, PIECE, WC_SIZE);
	for (unsigned n = 1; n < PIECES; n++)
		wc_emit(t->c, &f[n], WC_E_OK);
	wc_marker(t);
	wc_pause(t, 5);
	wc_ut_look(t, "later", &m, PIECE, WC_SIZE);
}

static void destroyed_judge(struct wc_judge *j)
{
	uint8_t zeros[WC_SIZE] = { 0 };
	const uint8_t *got;
	uint32_t len;

	wc_cp(j, 1, wc_val(j, "destroyed"), "NOT_DESTROYED", "a queue pair with a WRITE under way "
	      "can be destroyed");
	got = wc_ut_bytes(j->v, "then", &len);
	wc_cp(j, 2, got && len == WC_SIZE && !memcmp(got, zeros, len), "WRITTEN_EARLY",
	      "only what came of the WRITE is in memory");
	got = wc_ut_bytes(j->v, "later", &len);
	wc_cp(j, 3, got && len == WC_SIZE && !memcmp(got, zeros, len), "WRITTEN_AFTER",
	      "what comes of the WRITE after that changes nothing");
	wc_cp(j, 4, wc_res(j, "w").status != WC_OK, "ACKNOWLEDGED", "and is not said to be done");
}

/* ---- UT-BI-14: a key withdrawn within a WRITE ---- */

static void withdrawn(struct wc_t *t)
{
	struct wc_mem m;
	struct wc_stream *s = begin(t, &m);
	struct wc_frame rest;
	uint8_t key[4];

	if (!s)
		return;
	rest = holed(s, "w", &m);
	wc_marker(t);
	upper_put(key, m.key, 4);
	wc_value(t, "withdrawn",
		 wc_ut_call(t, UPPER_MR_INVALIDATE, key, 4, NULL, NULL) == UPPER_OK);
	wc_ut_look(t, "then", &m, 0, ALL);
	wc_emit(t->c, &rest, WC_E_OK);
	wc_await(t, "w");
	wc_pause(t, 5);
	wc_ut_look(t, "later", &m, 0, ALL);
}

static void withdrawn_judge(struct wc_judge *j)
{
	const uint8_t *then, *later;
	uint32_t n, len;

	wc_cp(j, 1, wc_val(j, "withdrawn"), "NOT_WITHDRAWN", "a key can be withdrawn at any time");
	wc_refused(j, 2, "w", WC_BAD_KEY);
	then = wc_ut_bytes(j->v, "then", &n);
	later = wc_ut_bytes(j->v, "later", &len);
	wc_cp(j, 3, then && later && n == ALL && len == ALL && !memcmp(then, later, ALL),
	      "WRITTEN_AFTER", "what comes of the WRITE after that changes nothing");
}

/* ---- UT-BI-15: a key that a SEND takes away ---- */

static void taken_away(struct wc_t *t)
{
	struct wc_frame f;
	struct wc_stream *s;
	struct wc_mem m;

	t->own_recvs = true;
	s = wc_rq_begin(t);
	t->own_recvs = false;
	if (!s)
		return;
	if (!wc_ut_region_for(t, 4096, UPPER_READ | UPPER_WRITE | UPPER_INVALIDATE, &m)) {
		wc_mark(t, "skip:NO_SUCH_KEYS");	/* its keys are for its host alone to end */
		return;
	}
	wc_ut_recv(s, "buffer", 0, 64);
	wc_do_write(s, "before", m.key, m.base, wc_bytes(WC_OLD_SEED), WC_SIZE);
	f = wc_f_send(s, wc_bytes(1), 16);
	f.oflags |= WC_O_INV;
	f.inv_rkey = m.key;
	wc_do(s, "inv", WC_OP_MESSAGE, &f);
	wc_do_write(s, "w", m.key, m.base, wc_bytes(WC_NEW_SEED), WC_SIZE);
	wc_ut_look(t, "later", &m, 0, WC_SIZE);
}

static void taken_away_judge(struct wc_judge *j)
{
	const uint8_t *got;
	uint32_t len;

	wc_ok(j, 1, "before");
	wc_ok(j, 2, "inv");
	wc_refused(j, 3, "w", WC_BAD_KEY);
	got = wc_ut_bytes(j->v, "later", &len);
	wc_cp(j, 4, got && len == WC_SIZE && !memcmp(got, wc_bytes(WC_OLD_SEED), len),
	      "WRITTEN_AFTER", "what comes after that changes nothing");
}

#define UT(name, ver, what, rules, stim, exp, need, how, n, fn)		\
	{ .id = name, .version = ver, .title = what, .reqs = rules,		\
	  .stimulus = stim, .expected = exp, .needs = WC_NEEDS_UPPER | (need), .mode = how, \
	  .checkpoints = n, .drive = fn, .judge = fn##_judge }

const struct wc_case wc_cases_watched[] = {
	UT("UT-BV-10", 1, "An immediate is delivered once", "WEFT-SEM-013",
	   "a WRITE with an immediate, and copies of it; then a SEND",
	   "the first receive buffer completes with it, the second with the SEND", 0, 0, 5,
	   immediate),
	UT("UT-BV-11", 1, "Who is told of a message finds what was written before it",
	   "WEFT-SEM-001 WEFT-SEM-003",
	   "a WRITE whose middle comes last, and behind it a SEND; the same with an immediate",
	   "the receive buffer completes after that; the memory holds the WRITE", WC_NEEDS_RUD,
	   WC_RUD, 3, behind),
	UT("UT-BV-12", 1, "Across each page of a region", "",
	   "WRITEs and READs of 7 bytes across the end of each page, and a long one across three",
	   "the host finds these bytes, and none beside them", 0, 0, 3, pages),
	UT("UT-BI-13", 1, "A queue pair destroyed within a WRITE", "WEFT-SEM-025",
	   "the first packet of a WRITE, EP_DESTROY, the rest",
	   "memory stays as it was when the queue pair was destroyed", 0, 0, 4, destroyed),
	UT("UT-BI-14", 1, "A key withdrawn within a WRITE", "WEFT-MEM-006 WEFT-MEM-001",
	   "the first and last packet of a WRITE, MR_INVALIDATE, its middle",
	   "BAD_KEY; memory stays as it was when the key was withdrawn", WC_NEEDS_RUD, WC_RUD, 3,
	   withdrawn),
	{
		.id = "UT-BI-15", .version = 1, .title = "A key that a SEND takes away",
		.reqs = "WEFT-SEM-065 WEFT-MEM-001", .features = WC_FT_INV,
		.needs = WC_NEEDS_UPPER,
		.stimulus = "a region that a peer may invalidate; WRITE, SEND with INV of its key, "
			    "WRITE",
		.expected = "the SEND completes; the second WRITE is refused with BAD_KEY, and "
			    "changes no byte",
		.checkpoints = 4, .drive = taken_away, .judge = taken_away_judge,
	},
	{ .id = NULL },
};
