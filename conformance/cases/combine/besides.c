/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What messages bring besides bytes: FLUSH, SIGNAL, immediates, invalidation.
 */
#include "conformance/cases/common.h"
#include "conformance/svc.h"

#include <string.h>

/* f as operation x `i` on a stream of its own; it ought to be refused. */
static void try_one(struct wc_t *t, unsigned i, void (*spoil)(struct wc_t *, struct wc_frame *),
		    const struct wc_frame *base)
{
	struct wc_stream *s = wc_fresh(t, wc_nth("s", i));
	struct wc_frame f = *base;

	if (!s)
		return;
	f.qpn = s->peer_qpn;
	f.msn = s->msn;
	f.ssn = s->ssn;
	f.psn = s->c->next;
	if (spoil)
		spoil(t, &f);
	wc_do(s, wc_nth("x", i), f.opcode == WC_READ ? WC_OP_READ :
	      f.opcode == WC_ATOMIC ? WC_OP_ATOMIC : WC_OP_MESSAGE, &f);
}

/* ---- BE-BV-01 to BE-BV-04: FLUSH ---------------------------------------------------------- */

static void flush(struct wc_t *t)
{
	struct wc_frame f;

	wc_write(t->a, "w", t->mem.key, wc_page(t, 40), wc_bytes(WC_NEW_SEED), WC_SIZE);
	f = wc_f_flush(t->a, t->mem.key, wc_page(t, 40), WC_SIZE, WC_PLACED);
	wc_do(t->a, "placed", WC_OP_MESSAGE, &f);
	f = wc_f_flush(t->a, t->mem.key, t->mem.base, 0, WC_PLACED);
	wc_do(t->a, "whole", WC_OP_MESSAGE, &f);
	if (t->dut->claims.limits.features & WC_FT_VISIBLE) {
		f = wc_f_flush(t->a, t->mem.key, wc_page(t, 40), WC_SIZE, WC_VISIBLE);
		wc_do(t->a, "visible", WC_OP_MESSAGE, &f);
	}
	wc_do_read(t->b, "r", t->mem.key, wc_page(t, 40), WC_SIZE);
}

static void flush_judge(struct wc_judge *j)
{
	wc_ok(j, 1, "w");
	wc_ok(j, 2, "placed");
	wc_ok(j, 3, "whole");
	if (wc_val(j, "claim.features") & WC_FT_VISIBLE)
		wc_ok(j, 4, "visible");
	else
		wc_cp(j, 4, true, "", "not claimed");
	wc_data_fill(j, 5, "r", WC_NEW_SEED, WC_SIZE, "NOT_PLACED");
}

/* What survives a loss of power: a feature, and even then not of every region (WEFT-SEM-057). */
static void flush_durable(struct wc_t *t)
{
	struct wc_stream *s = wc_fresh(t, "s");
	struct wc_frame f;

	if (!s)
		return;
	wc_write(s, "w", t->mem.key, wc_page(t, 40), wc_bytes(WC_NEW_SEED), WC_SIZE);
	f = wc_f_flush(s, t->mem.key, wc_page(t, 40), WC_SIZE, WC_DURABLE);
	wc_do(s, "durable", WC_OP_MESSAGE, &f);
	wc_do_read(t->b, "r", t->mem.key, wc_page(t, 40), WC_SIZE);
}

static void flush_durable_judge(struct wc_judge *j)
{
	struct wc_result r = wc_res(j, "durable");

	wc_ok(j, 1, "w");
	j->evidence = r.evidence;
	if (wc_val(j, "claim.features") & WC_FT_DURABLE)
		wc_cp(j, 2, r.status == WC_OK || r.status == WC_BAD_OPCODE, "WRONG_STATUS",
		      "FLUSH to DURABLE is done, or not offered for this region");
	else
		wc_refused(j, 2, "durable", WC_BAD_OPCODE);
	wc_data_fill(j, 3, "r", WC_NEW_SEED, WC_SIZE, "NOT_PLACED");
}

static const uint8_t levels[] = { 0, 4, 77, 255 };

static void flush_levels(struct wc_t *t)
{
	for (unsigned i = 0; i < sizeof(levels); i++) {
		struct wc_frame f = wc_f_flush(t->b, t->mem.key, wc_page(t, 40), 8, levels[i]);

		try_one(t, i, NULL, &f);
	}
}

static void flush_levels_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < sizeof(levels); i++)
		wc_refused(j, 1, wc_nth("x", i), WC_BAD_OPCODE);
}

static void with_payload(struct wc_t *t, struct wc_frame *f)
{
	(void)t;
	f->body = wc_bytes(WC_NEW_SEED);
	f->body_len = 8;
	f->length = 8;
}

static void flush_refused(struct wc_t *t)
{
	struct wc_frame f = wc_f_flush(t->b, t->mem.key, wc_page(t, 40), 8, WC_PLACED);

	try_one(t, 0, with_payload, &f);
	f.rkey = WC_KEY_NONE;
	try_one(t, 1, NULL, &f);
	f.rkey = t->mem.key;
	f.addr = t->mem.base + t->mem.len - 4;
	try_one(t, 2, NULL, &f);
	if (!t->dut->claims.personality)
		return;
	f.rkey = WC_KEY_R;
	f.addr = WC_BASE(WC_KEY_R);
	try_one(t, 3, NULL, &f);
}

static void flush_refused_judge(struct wc_judge *j)
{
	wc_refused(j, 1, "x0", WC_MALFORMED);
	wc_refused(j, 2, "x1", WC_BAD_KEY);
	wc_refused(j, 3, "x2", WC_OUT_OF_BOUNDS);
	if (wc_val(j, "claim.personality"))
		wc_refused(j, 4, "x3", WC_NO_RIGHTS);
	else
		wc_cp(j, 4, true, "", "no such key");
}

/* RUD: a FLUSH that arrives first is answered last. */
static void flush_waits(struct wc_t *t)
{
	struct wc_frame w, f;

	w = wc_f_write(t->a, t->mem.key, wc_page(t, 41), wc_bytes(WC_NEW_SEED), WC_SIZE);
	f = wc_f_flush(t->a, t->mem.key, wc_page(t, 41), WC_SIZE, WC_PLACED);
	f.psn = w.psn + 1;
	f.msn = w.msn + 1;
	wc_op(t->a, "w", WC_OP_MESSAGE, &w);
	wc_op(t->a, "x", WC_OP_MESSAGE, &f);
	wc_emit(t->c, &f, WC_E_OK);
	wc_marker(t);
	wc_mark(t, "early");
	wc_emit(t->c, &w, WC_E_OK);
	wc_await(t, "x");
}

static void flush_waits_judge(struct wc_judge *j)
{
	struct wc_result r = wc_view_result(j->v, "x", wc_at(j, "early"), NULL, 0);

	j->evidence = r.evidence;
	wc_cp(j, 1, r.status == WC_PENDING, "TOO_EARLY", "a FLUSH is not answered before the WRITE "
	      "of the message before has come");
	wc_ok(j, 2, "w");
	wc_ok(j, 3, "x");
}

/* ---- BE-BV-10 to BE-BV-13: SIGNAL ---------------------------------------------------------- */

static void signal_once(struct wc_t *t)
{
	uint64_t word = wc_page(t, 42) + 256;
	struct wc_frame f;

	wc_set_word(t->a, "init", word, 0xffffffff);
	f = wc_f_write(t->a, t->mem.key, wc_page(t, 42), wc_bytes(WC_NEW_SEED), WC_SIZE);
	wc_signal(&f, t->mem.key, word, 3);
	wc_do(t->a, "x", WC_OP_MESSAGE, &f);
	for (unsigned i = 0; i < 4; i++) {
		f.flags |= WC_F_RTX;
		wc_emit(t->c, &f, WC_E_LOOSE);
	}
	wc_marker(t);
	wc_get_word(t->b, "r", word);
	wc_do_read(t->b, "data", t->mem.key, wc_page(t, 42), WC_SIZE);
}

static void signal_once_judge(struct wc_judge *j)
{
	wc_ok(j, 1, "x");
	wc_word(j, 2, "r", 0x100000002ull, "WRONG_SIGNAL");
	wc_data_fill(j, 3, "data", WC_NEW_SEED, WC_SIZE, "NOT_PLACED");
}

static void signal_refused(struct wc_t *t)
{
	uint64_t word = wc_page(t, 43) + 256;
	struct wc_frame f;

	wc_set_word(t->b, "init", word, 5);
	f = wc_f_write(t->b, t->mem.key, wc_page(t, 43), wc_bytes(WC_NEW_SEED), 8);
	wc_signal(&f, t->mem.key, word + 4, 1);
	try_one(t, 0, NULL, &f);
	wc_signal(&f, WC_KEY_NONE, word, 1);
	try_one(t, 1, NULL, &f);
	wc_signal(&f, t->mem.key, t->mem.base + t->mem.len, 1);
	try_one(t, 2, NULL, &f);
	if (t->dut->claims.personality) {
		wc_signal(&f, WC_KEY_W, WC_BASE(WC_KEY_W), 1);
		try_one(t, 3, NULL, &f);
	}
	wc_get_word(t->b, "r", word);
}

static void signal_refused_judge(struct wc_judge *j)
{
	wc_refused(j, 1, "x0", WC_MISALIGNED);
	wc_refused(j, 2, "x1", WC_BAD_KEY);
	wc_refused(j, 3, "x2", WC_OUT_OF_BOUNDS);
	if (wc_val(j, "claim.personality"))
		wc_refused(j, 4, "x3", WC_NO_RIGHTS);
	else
		wc_cp(j, 4, true, "", "no such key");
	wc_word(j, 5, "r", 5, "SIGNALLED");
}

static void no_eom(struct wc_t *t, struct wc_frame *f)
{
	(void)t;
	f->msg_len = 2 * WC_SIZE;
	f->oflags &= ~(uint64_t)WC_O_EOM;
}

/* A flag that does not go with its operation. */
static void odd_flags(struct wc_t *t)
{
	uint64_t at = wc_page(t, 44), word = at + 256;
	struct wc_frame f;

	wc_set_word(t->b, "init", word, 5);
	f = wc_f_read(t->b, t->mem.key, at, 8);
	wc_signal(&f, t->mem.key, word, 1);
	try_one(t, 0, NULL, &f);
	f = wc_f_atomic(t->b, t->mem.key, at, WC_FADD, 1, 0);
	wc_signal(&f, t->mem.key, word, 1);
	try_one(t, 1, NULL, &f);
	f = wc_f_flush(t->b, t->mem.key, at, 8, WC_PLACED);
	wc_signal(&f, t->mem.key, word, 1);
	try_one(t, 2, NULL, &f);
	f = wc_f_read(t->b, t->mem.key, at, 8);
	f.oflags |= WC_O_IMM;
	try_one(t, 3, NULL, &f);
	f = wc_f_write(t->b, t->mem.key, at, wc_bytes(WC_NEW_SEED), 8);
	f.oflags |= WC_O_INV;
	f.inv_rkey = t->mem.key;
	try_one(t, 4, NULL, &f);
	f = wc_f_write(t->b, t->mem.key, at, wc_bytes(WC_NEW_SEED), WC_SIZE);
	wc_signal(&f, t->mem.key, word, 1);
	try_one(t, 5, no_eom, &f);
	wc_get_word(t->b, "r", word);
}

static void odd_flags_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < 5; i++)
		wc_refused(j, 1, wc_nth("x", i), WC_BAD_OPCODE);
	wc_refused(j, 2, "x5", WC_MALFORMED);
	wc_word(j, 3, "r", 5, "SIGNALLED");
}

/* RUD: the signal of a message that arrives early waits for the one before. */
static void signal_waits(struct wc_t *t)
{
	uint64_t word = wc_page(t, 45) + 256;
	struct wc_frame w, f;

	wc_set_word(t->a, "init", word, 5);
	w = wc_f_write(t->a, t->mem.key, wc_page(t, 45), wc_bytes(WC_OLD_SEED), 8);
	f = wc_f_write(t->a, t->mem.key, wc_page(t, 45) + 8, wc_bytes(WC_NEW_SEED), 8);
	f.psn = w.psn + 1;
	f.msn = w.msn + 1;
	wc_signal(&f, t->mem.key, word, 1);
	wc_op(t->a, "w", WC_OP_MESSAGE, &w);
	wc_op(t->a, "x", WC_OP_MESSAGE, &f);
	wc_emit(t->c, &f, WC_E_OK);
	wc_marker(t);
	w.psn = f.psn + 1;
	wc_value(t, "w.psn", f.psn - 1);
	t->c->next = (uint32_t)f.psn + 1;
	wc_get_word(t->b, "early", word);
	w.psn = f.psn - 1;
	wc_emit(t->c, &w, WC_E_OK);
	wc_await(t, "x");
	wc_get_word(t->b, "r", word);
}

static void signal_waits_judge(struct wc_judge *j)
{
	wc_word(j, 1, "early", 5, "TOO_EARLY");
	wc_ok(j, 2, "x");
	wc_word(j, 3, "r", 6, "WRONG_SIGNAL");
}

/* ---- BE-BI-20, BE-BI-21: INV, IMM ---------------------------------------------------------- */

static void both(struct wc_t *t, struct wc_frame *f)
{
	f->oflags |= WC_O_IMM | WC_O_INV;
	f->imm_ssn = f->ssn;
	f->inv_rkey = t->mem.key;
}

static void inv_refused(struct wc_t *t)
{
	struct wc_frame f = wc_f_send(t->b, wc_bytes(WC_NEW_SEED), 16);

	try_one(t, 0, both, &f);
	f.oflags |= WC_O_INV;
	f.inv_rkey = WC_KEY_NONE;
	try_one(t, 1, NULL, &f);
	if (!t->dut->claims.personality)
		return;
	f.inv_rkey = WC_KEY_PD;
	try_one(t, 2, NULL, &f);
	f.inv_rkey = WC_KEY_R;
	try_one(t, 3, NULL, &f);
	wc_do_read(t->b, "r", WC_KEY_R, WC_BASE(WC_KEY_R), 8);
}

static void inv_refused_judge(struct wc_judge *j)
{
	wc_refused(j, 1, "x0", WC_MALFORMED);
	wc_refused(j, 2, "x1", WC_BAD_KEY);
	if (!wc_val(j, "claim.personality")) {
		wc_cp(j, 3, true, "", "no such keys");
		wc_cp(j, 4, true, "", "no such keys");
		return;
	}
	wc_refused(j, 3, "x2", WC_BAD_DOMAIN);
	wc_refused(j, 3, "x3", WC_NO_RIGHTS);
	wc_ok(j, 4, "r");
}

/* ---- BE-BV-22: an immediate needs a receive buffer ------------------------------------------- */

/* A request that the chip service refuses; what matters is that it is a SEND. */
static struct wc_frame service_send(const struct wc_stream *s, uint32_t tag, uint8_t bytes[24])
{
	struct wc_svc_msg req = { .op = WC_SVC_FREE, .key = WC_KEY_NONE, .tag = tag };

	wc_pack(&wc_h_svc_req, &req, bytes);
	return wc_f_send(s, bytes, 24);
}

#define SENDS_MAX	48u

/* SENDs whose answers we do not complete, until one is refused: its number, or SENDS_MAX. */
static unsigned use_up(struct wc_stream *s)
{
	for (unsigned i = 0; i < SENDS_MAX; i++) {
		const char *name = wc_nth("s", i);
		uint8_t bytes[24];
		struct wc_frame f = service_send(s, 0x5eed0100 + i, bytes);

		if (!wc_do(s, name, WC_OP_MESSAGE, &f) ||
		    wc_view_result(&s->c->t->view, name, WC_NONE, NULL, 0).status != WC_OK)
			return i;
		s->ssn++;
	}
	return SENDS_MAX;
}

/* A WRITE with an immediate, as the replay of the n-th message, under that EPOCH. */
static void write_imm(struct wc_stream *s, const char *name, const struct wc_mem *m, unsigned msn,
		      uint64_t epoch)
{
	struct wc_frame f = wc_f_write(s, m->key, m->base, wc_bytes(WC_NEW_SEED), WC_SIZE);

	f.msn = msn;
	f.oflags |= WC_O_IMM | epoch;
	f.imm_ssn = s->ssn;
	f.imm = 0x01020304;
	wc_do(s, name, WC_OP_MESSAGE, &f);
}

static void imm_waits(struct wc_t *t)
{
	struct wc_stream *s = wc_connect(t->c, "svc", WC_SERVICE_CHIP);
	struct wc_mem m;
	unsigned n, msn;

	if (!s || !wc_svc_alloc(s, "alloc", 4096, &m))
		return;
	s->mute = true;
	n = use_up(s);
	wc_value(t, "n", n);
	msn = s->msn - 1;			/* of the SEND that was refused */
	write_imm(s, "none", &m, msn, WC_O_EPOCH);
	wc_marker(t);
	s->mute = false;			/* the device gets its buffers back */
	wc_drive_answers(t);
	wc_marker(t);
	write_imm(s, "again", &m, msn, 0);
}

static void imm_waits_judge(struct wc_judge *j)
{
	unsigned n = (unsigned)wc_val(j, "n");

	wc_cp(j, 1, n < SENDS_MAX, "NOT_REFUSED", "receive buffers run out");
	wc_refused(j, 2, wc_nth("s", n), WC_RNR);
	wc_refused(j, 3, "none", WC_RNR);
	wc_ok(j, 4, "again");
}

const struct wc_case wc_cases_besides[] = {
	{
		.id = "BE-BV-01", .version = 1, .title = "FLUSH of a range and of a whole region",
		.reqs = "WEFT-SEM-055 WEFT-SEM-056 WEFT-SEM-091",
		.stimulus = "a WRITE, then FLUSH to PLACED of its range and of the region, and to "
			"VISIBLE where claimed",
		.expected = "each is answered by TACK; the bytes are there",
		.vary = WC_VARY_ORDER,
		.checkpoints = 5, .drive = flush, .judge = flush_judge,
	}, {
		.id = "BE-BI-02", .version = 1, .title = "Levels of FLUSH that do not exist",
		.reqs = "WEFT-SEM-057",
		.stimulus = "FLUSH to levels 0, 4, 77 and 255", .expected = "BAD_OPCODE each",
		.checkpoints = 1, .drive = flush_levels, .judge = flush_levels_judge,
	}, {
		.id = "BE-BI-03", .version = 1, .title = "FLUSH is checked as a WRITE is",
		.reqs = "WEFT-SEM-010 WEFT-SEM-020 WEFT-MEM-001 WEFT-MEM-003 WEFT-MEM-004",
		.stimulus = "a FLUSH with payload, with an unknown key, past the end, of "
			"memory that "
			"may only be read",
		.expected = "MALFORMED, BAD_KEY, OUT_OF_BOUNDS, NO_RIGHTS",
		.checkpoints = 4, .drive = flush_refused, .judge = flush_refused_judge,
	}, {
		.id = "BE-BV-04", .version = 1,
		.title = "RUD: FLUSH waits for the message before it",
		.reqs = "WEFT-SEM-055", .needs = WC_NEEDS_RUD, .mode = WC_RUD,
		.stimulus = "a FLUSH that arrives before the WRITE of the message before",
		.expected = "it is answered after the WRITE has come",
		.vary = WC_VARY_WRAP,
		.checkpoints = 3, .drive = flush_waits, .judge = flush_waits_judge,
	}, {
		.id = "BE-BV-05", .version = 1, .title = "FLUSH to what survives a loss of power",
		.reqs = "WEFT-SEM-056 WEFT-SEM-057",
		.stimulus = "a WRITE, then FLUSH to DURABLE",
		.expected = "done, if the device claims it; else BAD_OPCODE; the bytes are there",
		.checkpoints = 3, .drive = flush_durable, .judge = flush_durable_judge,
	}, {
		.id = "BE-BV-10", .version = 1, .title = "A signal is added once",
		.reqs = "WEFT-SEM-060 WEFT-SEM-061", .features = WC_FT_SIGNAL,
		.stimulus = "a WRITE with SIGNAL, its packet sent five times",
		.expected = "64-bit sum of one addition; the bytes are there",
		.checkpoints = 3, .drive = signal_once, .judge = signal_once_judge,
	}, {
		.id = "BE-BI-11", .version = 1, .title = "Signals that may not be added",
		.reqs = "WEFT-SEM-062 WEFT-SEM-063", .features = WC_FT_SIGNAL,
		.stimulus = "SIGNAL to a misaligned word, by an unknown key, past the end, "
			"without the "
			"right to atomics",
		.expected = "MISALIGNED, BAD_KEY, OUT_OF_BOUNDS, NO_RIGHTS; nothing added",
		.checkpoints = 5, .drive = signal_refused, .judge = signal_refused_judge,
	}, {
		.id = "BE-BI-12", .version = 1, .title = "Flags that do not go with the operation",
		.reqs = "WEFT-SEM-041 WEFT-SEM-010", .features = WC_FT_SIGNAL | WC_FT_INV,
		.stimulus = "SIGNAL on READ, ATOMIC and FLUSH, IMM on READ, INV on WRITE; "
			"SIGNAL without "
			"EOM",
		.expected = "BAD_OPCODE, the last MALFORMED; nothing added",
		.checkpoints = 3, .drive = odd_flags, .judge = odd_flags_judge,
	}, {
		.id = "BE-BV-13", .version = 1,
		.title = "RUD: a signal waits for the message before it",
		.reqs = "WEFT-SEM-060", .features = WC_FT_SIGNAL,
		.needs = WC_NEEDS_RUD, .mode = WC_RUD,
		.stimulus = "a WRITE with SIGNAL that arrives before the message before",
		.expected = "nothing is added until that has come",
		.vary = WC_VARY_WRAP,
		.checkpoints = 3, .drive = signal_waits, .judge = signal_waits_judge,
	}, {
		.id = "BE-BI-20", .version = 1, .title = "Keys that may not be invalidated",
		.reqs = "WEFT-SEM-065 WEFT-SEM-066", .features = WC_FT_INV,
		.stimulus = "SEND with IMM and INV; with INV of an unknown key, of one of another "
			"protection domain, of one without the right",
		.expected = "MALFORMED, BAD_KEY, BAD_DOMAIN, NO_RIGHTS; the key still works",
		.vary = WC_VARY_ORDER,
		.checkpoints = 4, .drive = inv_refused, .judge = inv_refused_judge,
	}, {
		.id = "BE-BV-22", .version = 1,
		.title = "A WRITE with an immediate waits for a receive buffer",
		.reqs = "WEFT-SEM-013 WEFT-SEM-031 WEFT-SEM-060",
		.needs = WC_NEEDS_CHIP,
		.stimulus = "SENDs until no buffer is left, a WRITE with IMM, and the same again "
			"when there is one",
		.expected = "RNR for both; then it completes",
		.vary = WC_VARY_ORDER,
		.checkpoints = 4, .drive = imm_waits, .judge = imm_waits_judge,
	},
	{ .id = NULL },
};
