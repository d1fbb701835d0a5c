/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults of the network: each kind of them, at each place of each operation, and where PSNs wrap.
 */
#include "conformance/cases/requester/requester.h"

#include <string.h>

#define WRAPS_IN(n)	(0u - (n))	/* the PSN from which on so many are before the wrap */

/*
 * A context of a chip of the case's own, and a stream of it; the PSN of what is sent next is such
 * that n packets come before the wrap.
 */
static struct wc_stream *at_wrap(struct wc_t *t, uint32_t chip, uint32_t start, unsigned n)
{
	struct wc_ctx *c = wc_open(t, t->c->mode, WC_DOMAIN);
	struct wc_stream *s;

	c->chip_id ^= chip;
	c->start = c->next = start;
	s = wc_connect(c, wc_nth("connect.W", start), wc_service(t));
	while (s && c->next != WRAPS_IN(n)) {
		struct wc_frame f = wc_f_nop(s);

		wc_emit(c, &f, WC_E_OK);
	}
	return s;
}

/* ---- DL-BV-50: each gap is told -- */

static void gap(struct wc_t *t, unsigned n)
{
	struct wc_frame e = wc_f_nop(t->a), e1 = e;

	e1.psn = (e.psn + 1) & 0xffffffff;
	e1.flags &= ~(uint64_t)WC_F_AR;
	wc_value(t, wc_nth("p", n), e.psn);
	wc_mark(t, wc_nth("gap", n));
	wc_emit(t->c, &e1, WC_E_BAD);
	wc_marker(t);
	wc_mark(t, wc_nth("fill", n));
	wc_op(t->a, wc_nth("e", n), WC_OP_PLAIN, &e);
	wc_emit(t->c, &e, WC_E_OK);
	wc_await(t, wc_nth("e", n));
}

static void gaps(struct wc_t *t)
{
	for (unsigned i = 0; i < 3; i++)
		gap(t, i);
	wc_do_read(t->a, "after", t->mem.key, wc_page(t, 0), 8);
}

static void gaps_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < 3; i++) {
		uint32_t p = (uint32_t)wc_val(j, wc_nth("p", i));
		size_t nack = wc_view_nack(j->v, WC_N_MISSING, wc_at(j, wc_nth("gap", i)),
					   wc_at(j, wc_nth("fill", i)));

		j->evidence = nack;
		wc_cp(j, 1, nack != WC_NONE, "NO_NACK", "gap %u is told by NACK MISSING", i + 1);
		wc_cp(j, 2, nack == WC_NONE || (j->v->f[nack].count >= 1 &&
		      j->v->f[nack].range[0].first == p), "WRONG_RANGE",
		      "NACK MISSING names PSN %u first", p);
		wc_ok(j, 3, wc_nth("e", i));
	}
	wc_ok(j, 4, "after");
}

/* ---- DL-BV-51, DL-BV-52: across the wrap -- */

static void across(struct wc_t *t)
{
	struct wc_stream *s;
	struct wc_frame add, e, e1;
	bool rod = t->c->mode == WC_ROD;

	wc_set_word(t->a, "zero", wc_page(t, 12), 0);
	s = at_wrap(t, 0x5100 + t->c->mode, WRAPS_IN(16), 3);
	if (!s)
		return;
	wc_value(t, "wrap", s->c->id);
	add = wc_f_atomic(s, t->mem.key, wc_page(t, 12), WC_FADD, 1, 0);
	wc_do(s, "add", WC_OP_ATOMIC, &add);
	wc_do_write(s, "w1", t->mem.key, wc_page(t, 11), wc_bytes(WC_OLD_SEED), WC_SIZE);
	e = wc_f_write(s, t->mem.key, wc_page(t, 11), wc_bytes(WC_NEW_SEED), WC_SIZE);
	e1 = wc_f_nop(s);
	e1.psn = (e.psn + 1) & 0xffffffff;
	wc_value(t, "p", e.psn);
	wc_mark(t, "gap");
	wc_emit(s->c, &e1, rod ? WC_E_BAD : WC_E_LOOSE);
	wc_marker(t);
	wc_mark(t, "fill");
	wc_do(s, "w2", WC_OP_MESSAGE, &e);
	if (!rod)
		s->c->next = 1;
	wc_do_write(s, "w3", t->mem.key, wc_page(t, 11), wc_bytes(3), WC_SIZE);
	wc_mark(t, "copies");
	wc_emit(s->c, &add, WC_E_LOOSE);
	wc_emit(s->c, &e, WC_E_LOOSE);
	wc_marker(t);
	wc_do_read(s, "after", t->mem.key, wc_page(t, 11), WC_SIZE);
	wc_get_word(s, "sum", wc_page(t, 12));
}

static void across_judge(struct wc_judge *j)
{
	uint32_t wrap = (uint32_t)wc_val(j, "wrap"), p = (uint32_t)wc_val(j, "p");
	size_t from = wc_at(j, "gap"), until = wc_at(j, "fill");
	bool rod = wc_val(j, "ctx.mode") == WC_ROD;

	wc_old(j, 1, "add", 0);
	wc_ok(j, 1, "w1");
	wc_cp(j, 1, p == 0xffffffff, "REFUSED", "the gap is at the last PSN");
	j->evidence = rod ? wc_view_nack(j->v, WC_N_MISSING, from, until) :
		      wc_view_acked(j->v, wrap, 0, from, until);
	wc_cp(j, 2, j->evidence != WC_NONE, "GAP_NOT_TOLD", "PSN 0 before PSN 2^32 - 1 is a gap, "
	      "which is told");
	if (rod && j->evidence != WC_NONE)
		wc_cp(j, 2, j->v->f[j->evidence].range[0].first == p, "WRONG_RANGE",
		      "NACK MISSING names PSN %u first", p);
	j->evidence = wc_view_acked(j->v, wrap, p, from, until);
	wc_cp(j, 3, j->evidence == WC_NONE, "ACKED_A_GAP", "PSN %u is not acknowledged", p);
	wc_ok(j, 4, "w2");
	wc_ok(j, 4, "w3");
	wc_data_fill(j, 5, "after", 3, WC_SIZE, "DUP_EXECUTED");
	wc_word(j, 6, "sum", 1, "DUP_EXECUTED");
}

/* ---- DL-BV-53, DL-BV-54: a matrix -- */

enum fault { LOST, DOUBLED, LATE, FAULTS };
#define PIECES	4u
#define PLAYS	(PIECES + 2)		/* each piece of a WRITE, a READ, an ATOMIC */
#define PIECE	32u
#define ROWS	(FAULTS * PLAYS)

static uint64_t row_at(const struct wc_t *t, unsigned row)
{
	return wc_page(t, 16) + (uint64_t)row * PIECES * PIECE;
}

/* Play n packets: one of them lost, doubled or late; what may be missing then goes again. */
static void play(struct wc_ctx *c, struct wc_frame *f, unsigned n, enum fault fault, unsigned at)
{
	for (unsigned i = 0; i < n; i++) {
		if (fault == LATE && i == at && i + 1 < n)
			wc_emit(c, &f[i + 1], WC_E_LOOSE);
		if (fault == LATE && i == at + 1)
			continue;
		if (fault != LOST || i != at)
			wc_emit(c, &f[i], WC_E_LOOSE);
		if (fault == DOUBLED && i == at)
			wc_emit(c, &f[i], WC_E_LOOSE);
	}
	wc_marker(c->t);
	for (unsigned i = at; i < n; i++) {
		f[i].flags |= WC_F_RTX;
		wc_emit(c, &f[i], WC_E_OK);
	}
}

/* An operation of s, and a NOP after it; returns how many packets. */
static unsigned compose(struct wc_stream *s, unsigned kind, uint64_t addr, struct wc_frame *f,
			const uint8_t *bytes)
{
	struct wc_t *t = s->c->t;
	unsigned n = 0;

	for (; kind < PIECES && n < PIECES; n++) {
		f[n] = wc_f_write(s, t->mem.key, addr, bytes + n * PIECE, PIECE);
		f[n].msg_len = PIECES * PIECE;
		f[n].offset = n * PIECE;
		f[n].oflags = (n ? 0 : WC_O_SOM) | (n + 1 < PIECES ? 0 : WC_O_EOM);
	}
	if (kind == PIECES)
		f[n++] = wc_f_read(s, t->mem.key, addr, PIECES * PIECE);
	else if (kind > PIECES)
		f[n++] = wc_f_atomic(s, t->mem.key, addr, WC_FADD, 1, 0);
	f[n++] = wc_f_nop(s);
	for (unsigned i = 0; i < n; i++)
		f[i].psn = (s->c->next + i) & 0xffffffff;
	return n;
}

static const enum wc_op_kind kinds[] = { WC_OP_READ, WC_OP_ATOMIC };

static void row_play(struct wc_stream *s, unsigned row, const char *name)
{
	unsigned kind = row % PLAYS, n;
	uint8_t bytes[PIECES * PIECE];
	struct wc_frame f[PIECES + 1];

	wc_fill(bytes, sizeof(bytes), 500 + row);
	n = compose(s, kind, row_at(s->c->t, row), f, bytes);
	wc_op(s, name, kind < PIECES ? WC_OP_MESSAGE : kinds[kind - PIECES], &f[0]);
	play(s->c, f, n, row / PLAYS, kind < PIECES ? kind : 0);
	wc_await(s->c->t, name);
}

static void matrix_init(struct wc_t *t)
{
	uint8_t bytes[PIECES * PIECE];

	for (unsigned row = 0; row < ROWS; row++) {
		wc_fill(bytes, sizeof(bytes), 900 + row);
		wc_do_write(t->b, wc_nth("init", row), t->mem.key, row_at(t, row), bytes,
			    sizeof(bytes));
	}
}

static void matrix(struct wc_t *t)
{
	matrix_init(t);
	for (unsigned row = 0; row < ROWS; row++)
		row_play(t->a, row, wc_nth("x", row));
	wc_do_read(t->b, "below", t->mem.key, row_at(t, 0), ROWS * PIECES * PIECE);
	matrix_init(t);
	for (unsigned row = 0; row < ROWS; row++) {
		struct wc_stream *s = at_wrap(t, 0x5200 + t->c->mode,
					      WRAPS_IN(8 + 2 * (ROWS - row)),
					      row % PLAYS < PIECES ? 3 : 1);

		if (!s)
			return;
		row_play(s, row, wc_nth("y", row));
		wc_close(s->c);
		t->n_ctx--;		/* the driver has no room for all of them */
		t->n_streams--;
	}
	wc_do_read(t->b, "across", t->mem.key, row_at(t, 0), ROWS * PIECES * PIECE);
}

/* What memory holds after a row: a WRITE's bytes, or what it was, one more at its start. */
static void row_want(unsigned row, uint8_t *want)
{
	unsigned kind = row % PLAYS;

	wc_fill(want, PIECES * PIECE, (kind < PIECES ? 500 : 900) + row);
	for (unsigned i = 0; kind > PIECES && i < 8; i++)
		if (++want[i])
			break;
}

static void rows_judge(struct wc_judge *j, unsigned n, const char *op, const char *whole)
{
	uint8_t want[ROWS * PIECES * PIECE];

	for (unsigned row = 0; row < ROWS; row++) {
		uint8_t *at = want + row * PIECES * PIECE;
		const char *name = wc_nth(op, row);
		uint8_t was[PIECES * PIECE];

		wc_fill(was, sizeof(was), 900 + row);
		row_want(row, at);
		wc_ok(j, n, name);
		if (row % PLAYS == PIECES)
			wc_data(j, n, name, was, sizeof(was), "WRONG_DATA");
	}
	wc_data(j, n + 1, whole, want, sizeof(want), "WRONG_DATA");
}

static void matrix_judge(struct wc_judge *j)
{
	rows_judge(j, 1, "x", "below");
	rows_judge(j, 3, "y", "across");
}

/* ---- DL-BV-55: the same of SENDs -- */

#define SENDS		(FAULTS * PIECES)
#define SENT		(PIECES * SENT_PIECE)
#define SENT_PIECE	16u

static void send_play(struct wc_stream *s, unsigned row)
{
	struct wc_frame f[PIECES + 1];
	uint8_t bytes[SENT];

	wc_fill(bytes, SENT, 700 + row);
	for (unsigned n = 0; n < PIECES; n++) {
		f[n] = wc_f_send(s, bytes + n * SENT_PIECE, SENT_PIECE);
		f[n].msg_len = SENT;
		f[n].offset = n * SENT_PIECE;
		f[n].oflags = (n ? 0 : WC_O_SOM) | (n + 1 < PIECES ? 0 : WC_O_EOM);
	}
	f[PIECES] = wc_f_nop(s);
	for (unsigned n = 0; n <= PIECES; n++)
		f[n].psn = (s->c->next + n) & 0xffffffff;
	wc_op(s, wc_nth("x", row), WC_OP_MESSAGE, &f[0]);
	s->ssn++;
	play(s->c, f, PIECES + 1, row / PIECES, row % PIECES);
	wc_await(s->c->t, wc_nth("x", row));
}

static void sends(struct wc_t *t)
{
	struct wc_stream *s;

	t->own_recvs = true;
	s = wc_rq_begin(t);
	t->own_recvs = false;
	for (unsigned row = 0; s && row < SENDS; row++) {
		wc_ut_recv(s, wc_nth("buffer", row), SENT * row, SENT);
		send_play(s, row);
		wc_ut_await(t, wc_nth("buffer", row));
	}
	wc_ut_memory(t, "all", 0, SENDS * SENT);
}

static void sends_judge(struct wc_judge *j)
{
	uint8_t want[SENDS * SENT];
	const uint8_t *got;
	uint32_t len;

	for (unsigned row = 0; row < SENDS; row++) {
		struct upper_done d = { .length = 0 };

		wc_fill(want + row * SENT, SENT, 700 + row);
		wc_ok(j, 1, wc_nth("x", row));
		j->evidence = wc_ut_done(j->v, wc_nth("buffer", row), WC_NONE, &d);
		wc_cp(j, 2, j->evidence != WC_NONE && d.status == UPPER_WC_SUCCESS &&
		      wc_ut_dones(j->v, wc_nth("buffer", row)) == 1, "NOT_TOLD_ONCE",
		      "its host is told of it once, as received");
		wc_cp(j, 3, d.length == SENT, "WRONG_LENGTH", "its completion says %u bytes", SENT);
	}
	got = wc_ut_bytes(j->v, "all", &len);
	wc_cp(j, 4, got && len == sizeof(want) && !memcmp(got, want, len), "WRONG_DATA",
	      "each buffer has its message, as the device's host sees it");
}

#define FAULT(nr, ttl, rq, stim, exp, need, m, cps, drv, jdg)				\
	{									\
		.id = nr, .version = 1, .title = ttl, .reqs = rq, .stimulus = stim,	\
		.expected = exp, .needs = need, .mode = m, .checkpoints = cps,		\
		.drive = drv, .judge = jdg,						\
	}

const struct wc_case wc_cases_faults[] = {
	FAULT("DL-BV-50", "ROD: each gap is told", "WEFT-ACK-008 WEFT-PDC-022",
	      "three gaps, each filled before the next", "a NACK for each, naming its PSN",
	      WC_NEEDS_ROD, WC_ROD, 4, gaps, gaps_judge),
	FAULT("DL-BV-51", "RUD: a gap and copies where PSNs wrap",
	      "WEFT-CONV-001 WEFT-PDC-020 WEFT-ACK-003",
	      "PSN 0 before 2^32 - 1; then copies of a WRITE and an atomic from before the wrap",
	      "the gap is told; each is executed once", WC_NEEDS_RUD | WC_NEEDS_STREAMS, WC_RUD,
	      6, across, across_judge),
	FAULT("DL-BV-52", "ROD: a gap and copies where PSNs wrap",
	      "WEFT-CONV-001 WEFT-PDC-020 WEFT-ACK-008",
	      "PSN 0 before 2^32 - 1; then copies of a WRITE and an atomic from before the wrap",
	      "the gap is told; each is executed once", WC_NEEDS_ROD | WC_NEEDS_STREAMS, WC_ROD,
	      6, across, across_judge),
	FAULT("DL-BV-53", "RUD: each fault at each place",
	      "WEFT-PDC-020 WEFT-SEM-014 WEFT-SEM-005 WEFT-CONV-001",
	      "each piece of a WRITE, a READ, an ATOMIC: lost, doubled, late; across the wrap too",
	      "all complete; memory agrees with a model", WC_NEEDS_RUD | WC_NEEDS_STREAMS, WC_RUD,
	      4, matrix, matrix_judge),
	FAULT("DL-BV-54", "ROD: each fault at each place",
	      "WEFT-PDC-020 WEFT-PDC-022 WEFT-SEM-014 WEFT-CONV-001",
	      "each piece of a WRITE, a READ, an ATOMIC: lost, doubled, late; across the wrap too",
	      "all complete; memory agrees with a model", WC_NEEDS_ROD | WC_NEEDS_STREAMS, WC_ROD,
	      4, matrix, matrix_judge),
	{
		.id = "DL-BV-55", .version = 1, .title = "Each fault at each place of a SEND",
		.reqs = "WEFT-PDC-020 WEFT-SEM-005",
		.stimulus = "each piece of a SEND: lost, doubled, late",
		.expected = "each is received once, whole, in its own buffer",
		.needs = WC_NEEDS_UPPER, .checkpoints = 4, .vary = WC_VARY_ORDER,
		.drive = sends, .judge = sends_judge,
	},
	{ .id = NULL },
};
