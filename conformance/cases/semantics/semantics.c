/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Streams and messages: sizes, order, form, refusals and what follows them.
 */
#include "conformance/cases/memory/attempt.h"

#include <string.h>

static uint8_t big[32768];

static uint32_t per_packet(const struct wc_t *t)
{
	uint32_t n = t->c->peer_payload;

	return n < t->dut->path_payload ? n : t->dut->path_payload;
}

/* ---- SM-BV-01 --------------------------------------------------------------------------- */

static uint32_t size_of(uint32_t p, unsigned i)
{
	const uint32_t size[] = { 1, 3, p - 1, p, p + 1, 2 * p - 1, 2 * p, 2 * p + 1 };

	return size[i];
}

static void sizes(struct wc_t *t)
{
	uint32_t p = per_packet(t);

	if (p > sizeof(big) / 3)
		p = sizeof(big) / 3;
	wc_value(t, "p", p);
	for (unsigned i = 0; i < 8; i++) {
		uint32_t n = size_of(p, i);

		wc_fill(big, n + 1, 10 + i);
		wc_do_write(t->a, wc_nth("w", i), t->mem.key, wc_page(t, 1) + i, big, n);
		wc_do_read(t->a, wc_nth("r", i), t->mem.key, wc_page(t, 1) + i, n);
	}
}

static void sizes_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < 8; i++) {
		wc_ok(j, 1, wc_nth("w", i));
		wc_data_fill(j, 2, wc_nth("r", i), 10 + i,
			     size_of((uint32_t)wc_val(j, "p"), i), "WRONG_DATA");
	}
}

/* ---- SM-BI-02 --------------------------------------------------------------------------- */

static const uint8_t no_request[] = { 0, 13, 14, 42, 64, 127, 128, 255 };
#define NO_REQUESTS (sizeof(no_request))

static void other_opcodes(struct wc_t *t)
{
	for (unsigned i = 0; i < NO_REQUESTS; i++) {
		struct wc_attempt a = { no_request[i], 0, 0, 0, 0 };

		wc_attempt(t, i, &a);
	}
	for (unsigned i = 0; i < 2; i++) {	/* READ and FADD with an immediate */
		struct wc_stream *s = wc_fresh(t, wc_nth("t", i));
		struct wc_frame f;

		if (!s)
			return;
		f = i ? wc_f_atomic(s, t->mem.key, wc_page(t, 2), WC_FADD, 0, 0) :
			wc_f_read(s, t->mem.key, wc_page(t, 2), 8);
		f.oflags |= WC_O_IMM;
		wc_op(s, wc_nth("y", i), i ? WC_OP_ATOMIC : WC_OP_READ, &f);
		wc_emit(t->c, &f, WC_E_OK);
		wc_await(t, wc_nth("y", i));
	}
}

static void other_opcodes_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < NO_REQUESTS; i++)
		wc_refused(j, 1, wc_nth("x", i), WC_BAD_OPCODE);
	for (unsigned i = 0; i < 2; i++)
		wc_refused(j, 2, wc_nth("y", i), WC_BAD_OPCODE);
}

/* ---- SM-BI-03 --------------------------------------------------------------------------- */

static void no_stream(struct wc_t *t)
{
	struct wc_frame f;

	wc_do_write(t->b, "init", t->mem.key, wc_page(t, 3), wc_bytes(WC_OLD_SEED), WC_SIZE);
	f = wc_f_write(t->a, t->mem.key, wc_page(t, 3), wc_bytes(WC_NEW_SEED), WC_SIZE);
	f.qpn ^= 0x400000;
	f.msn = 77;
	wc_value(t, "qpn", f.qpn);
	wc_mark(t, "x");
	wc_emit(t->c, &f, WC_E_OK);
	wc_marker(t);
	wc_do_read(t->a, "after", t->mem.key, wc_page(t, 3), WC_SIZE);
}

static void no_stream_judge(struct wc_judge *j)
{
	size_t at = WC_NONE;

	for (size_t i = wc_at(j, "x"); i < j->v->count && at == WC_NONE; i++)
		if (wc_view_rx(j->v, i) && j->v->f[i].type == WC_DATA &&
		    j->v->f[i].opcode == WC_TACK && j->v->f[i].status == WC_NO_STREAM)
			at = i;
	j->evidence = at;
	wc_cp(j, 1, at != WC_NONE, "NO_REFUSAL", "the request is refused with NO_STREAM");
	wc_cp(j, 2, at == WC_NONE || (j->v->f[at].qpn == wc_val(j, "qpn") &&
	      j->v->f[at].msn == 77), "WRONG_ECHO", "the refusal names the queue pair and MSN");
	wc_data_fill(j, 3, "after", WC_OLD_SEED, WC_SIZE, "MEMORY_CHANGED");
}

/* ---- SM-BI-04 --------------------------------------------------------------------------- */

static void unasked(struct wc_t *t)
{
	static const uint8_t opcode[] = { WC_READ_RSP, WC_ATOMIC_RSP, WC_TACK };

	wc_do_write(t->a, "init", t->mem.key, wc_page(t, 4), wc_bytes(WC_OLD_SEED), WC_SIZE);
	for (unsigned i = 0; i < 3; i++) {
		struct wc_frame f = wc_f_write(t->a, 0, 0, wc_bytes(WC_NEW_SEED),
					       opcode[i] == WC_READ_RSP ? WC_SIZE : 0);

		f.opcode = opcode[i];
		f.msn = 1000;
		wc_emit(t->c, &f, WC_E_OK);
	}
	wc_marker(t);
	wc_do_read(t->a, "after", t->mem.key, wc_page(t, 4), WC_SIZE);
}

static void unasked_judge(struct wc_judge *j)
{
	wc_data_fill(j, 1, "after", WC_OLD_SEED, WC_SIZE, "MEMORY_CHANGED");
}

/* ---- SM-BI-05 --------------------------------------------------------------------------- */

/* How a packet of a WRITE contradicts itself. */
static const struct {
	uint32_t msg_len, offset, oflags, len;
} shape[] = {
	{ WC_SIZE - 1, 0, WC_O_SOM | WC_O_EOM, WC_SIZE },	/* longer than its message */
	{ 2 * WC_SIZE, WC_SIZE + 1, WC_O_EOM, WC_SIZE },	/* leaves its message */
	{ 2 * WC_SIZE, 0xffffffff, WC_O_EOM, WC_SIZE },	/* far beyond: offset + length wraps */
	{ WC_SIZE, 0, WC_O_EOM, WC_SIZE },		/* first without SOM */
	{ WC_SIZE, 0, WC_O_SOM, WC_SIZE },		/* last without EOM */
	{ 2 * WC_SIZE, 0, WC_O_SOM | WC_O_EOM, WC_SIZE },	/* EOM too early */
	{ 3 * WC_SIZE, WC_SIZE, WC_O_SOM, WC_SIZE },	/* SOM in the middle */
	{ WC_SIZE, 0, WC_O_SOM, 0 },			/* nothing of what there is */
	{ WC_SIZE, 0, WC_O_SOM | WC_O_EOM, 0 },
	{ WC_SIZE, WC_SIZE, WC_O_EOM, 0 },
	{ 0x80000001, 0, WC_O_SOM, WC_SIZE },		/* longer than any message */
};
#define SHAPES (sizeof(shape) / sizeof(shape[0]))

static void misshapen(struct wc_t *t)
{
	wc_fill(big, 4 * WC_SIZE, WC_OLD_SEED);
	wc_do_write(t->b, "init", t->mem.key, wc_page(t, 5), big, 4 * WC_SIZE);
	for (unsigned i = 0; i < SHAPES; i++) {
		struct wc_stream *s = wc_fresh(t, wc_nth("s", i));
		struct wc_frame f;

		if (!s)
			return;
		f = wc_f_write(s, t->mem.key, wc_page(t, 5), wc_bytes(WC_NEW_SEED),
			       shape[i].len);
		f.msg_len = shape[i].msg_len;
		f.offset = shape[i].offset;
		f.oflags = shape[i].oflags;
		wc_op(s, wc_nth("x", i), WC_OP_MESSAGE, &f);
		wc_emit(t->c, &f, WC_E_OK);
		wc_await(t, wc_nth("x", i));
	}
	wc_do_read(t->b, "after", t->mem.key, wc_page(t, 5), 4 * WC_SIZE);
}

static void misshapen_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < SHAPES; i++)
		wc_refused(j, 1, wc_nth("x", i), WC_MALFORMED);
	wc_data_fill(j, 2, "after", WC_OLD_SEED, 4 * WC_SIZE, "MEMORY_CHANGED");
}

/* ---- SM-BI-06 --------------------------------------------------------------------------- */

/* The second packet of a message says another key, address or length than the first. */
static void two_ranges(struct wc_t *t)
{
	wc_do_write(t->b, "init", t->mem.key, wc_page(t, 7), wc_bytes(WC_OLD_SEED), WC_SIZE);
	for (unsigned i = 0; i < 3; i++) {
		struct wc_stream *s = wc_fresh(t, wc_nth("s", i));
		struct wc_frame f;

		if (!s)
			return;
		f = wc_f_write(s, t->mem.key, wc_page(t, 6), wc_bytes(3), WC_SIZE);
		f.msg_len = 2 * WC_SIZE;
		f.oflags = WC_O_SOM;
		wc_op(s, wc_nth("x", i), WC_OP_MESSAGE, &f);
		wc_emit(t->c, &f, WC_E_OK);
		f.psn++;
		f.oflags = WC_O_EOM;
		f.offset = WC_SIZE;
		f.body = wc_bytes(WC_NEW_SEED);
		if (i == 0)
			f.addr = wc_page(t, 7) - WC_SIZE;
		else if (i == 1)
			f.rkey ^= 1;
		else
			f.msg_len = f.offset + WC_SIZE + 1, f.oflags = 0;
		wc_emit(t->c, &f, WC_E_OK);
		wc_await(t, wc_nth("x", i));
	}
	wc_do_read(t->b, "after", t->mem.key, wc_page(t, 7), WC_SIZE);
}

static void two_ranges_judge(struct wc_judge *j)
{
	wc_refused3(j, 1, WC_MALFORMED);
	wc_data_fill(j, 2, "after", WC_OLD_SEED, WC_SIZE, "MEMORY_CHANGED");
}

/* ---- SM-BV-07 --------------------------------------------------------------------------- */

static void after_refusal(struct wc_t *t)
{
	struct wc_attempt bad = { WC_WRITE, WC_KEY_NONE, 0, WC_SIZE, 0 };

	wc_do_write(t->b, "init", t->mem.key, wc_page(t, 8), wc_bytes(WC_OLD_SEED), WC_SIZE);
	wc_attempt_on(t->a, "x0", &bad);
	wc_mark(t, "dead");
	wc_write(t->a, "w", t->mem.key, wc_page(t, 8), wc_bytes(WC_NEW_SEED), WC_SIZE);
	wc_await_ack(t, "w");
	wc_marker(t);
	wc_do_read(t->b, "after", t->mem.key, wc_page(t, 8), WC_SIZE);
}

static void after_refusal_judge(struct wc_judge *j)
{
	wc_refused(j, 1, "x0", WC_BAD_KEY);
	wc_cp(j, 2, wc_res(j, "w").status != WC_OK, "STILL_ALIVE",
	      "a request after the refusal is not completed");
	wc_data_fill(j, 3, "after", WC_OLD_SEED, WC_SIZE, "MEMORY_CHANGED");
}

/* ---- SM-BV-08 --------------------------------------------------------------------------- */

/* A good WRITE, a bad one and a good one at once. */
static void in_turn(struct wc_t *t)
{
	struct wc_frame f;

	wc_do_write(t->b, "init", t->mem.key, wc_page(t, 9), wc_bytes(WC_OLD_SEED), WC_SIZE);
	wc_write(t->a, "good", t->mem.key, wc_page(t, 10), wc_bytes(4), WC_SIZE);
	f = wc_f_write(t->a, WC_KEY_NONE, wc_page(t, 9), wc_bytes(WC_NEW_SEED), WC_SIZE);
	wc_op(t->a, "bad", WC_OP_MESSAGE, &f);
	wc_emit(t->c, &f, WC_E_OK);
	wc_write(t->a, "late", t->mem.key, wc_page(t, 9), wc_bytes(WC_NEW_SEED), WC_SIZE);
	wc_await(t, "bad");
	wc_await_ack(t, "late");
	wc_marker(t);
	wc_do_read(t->b, "after", t->mem.key, wc_page(t, 9), WC_SIZE);
	wc_do_read(t->b, "first", t->mem.key, wc_page(t, 10), WC_SIZE);
}

static void in_turn_judge(struct wc_judge *j)
{
	wc_refused(j, 1, "bad", WC_BAD_KEY);
	wc_data_fill(j, 2, "first", 4, WC_SIZE, "WRONG_DATA");
	wc_cp(j, 3, wc_res(j, "late").status != WC_OK, "STILL_ALIVE",
	      "what follows the refused message is not completed");
	wc_data_fill(j, 4, "after", WC_OLD_SEED, WC_SIZE, "MEMORY_CHANGED");
}

/* ---- SM-BV-09 --------------------------------------------------------------------------- */

/* RUD: a READ overtakes the WRITE before it. */
static void read_overtakes(struct wc_t *t)
{
	struct wc_frame w, r;

	wc_do_write(t->a, "init", t->mem.key, wc_page(t, 11), wc_bytes(WC_OLD_SEED), WC_SIZE);
	w = wc_f_write(t->a, t->mem.key, wc_page(t, 11), wc_bytes(WC_NEW_SEED), WC_SIZE);
	r = wc_f_read(t->a, t->mem.key, wc_page(t, 11), WC_SIZE);
	r.psn = w.psn + 1;
	r.msn = w.msn + 1;
	wc_op(t->a, "w", WC_OP_MESSAGE, &w);
	wc_op(t->a, "r", WC_OP_READ, &r);
	wc_emit(t->c, &r, WC_E_LOOSE);
	wc_marker(t);
	wc_mark(t, "early");
	wc_emit(t->c, &w, WC_E_OK);
	wc_await(t, "r");
}

static void read_overtakes_judge(struct wc_judge *j)
{
	struct wc_result r;

	r = wc_view_result(j->v, "r", wc_at(j, "early"), NULL, 0);
	j->evidence = r.evidence;
	wc_cp(j, 1, r.status == WC_PENDING && wc_at(j, "early"), "TOO_EARLY",
	      "no data before the WRITE of the message before has come");
	wc_data_fill(j, 2, "r", WC_NEW_SEED, WC_SIZE, "STALE_DATA");
	wc_ok(j, 3, "w");
}

/* ---- SM-BV-10 --------------------------------------------------------------------------- */

#define PIECES 6u

/* RUD: the packets of a WRITE in reverse, then its bytes. */
static void reversed(struct wc_t *t, uint32_t key, uint64_t at)
{
	struct wc_frame f;
	uint64_t first;

	wc_fill(big, PIECES * WC_SIZE, 12);
	f = wc_f_write(t->a, key, at, big, WC_SIZE);
	f.msg_len = PIECES * WC_SIZE;
	first = f.psn;
	f.psn = first + PIECES - 1;
	wc_op(t->a, "w", WC_OP_MESSAGE, &f);
	for (unsigned i = PIECES; i-- > 0;) {
		f.psn = first + i;
		f.offset = i * WC_SIZE;
		f.body = big + f.offset;
		f.oflags = (i == 0 ? WC_O_SOM : 0u) | (i == PIECES - 1 ? WC_O_EOM : 0u);
		wc_emit(t->c, &f, WC_E_OK);
	}
	wc_await(t, "w");
	wc_do_read(t->a, "r", key, at, PIECES * WC_SIZE);
}

static void reversed_strict(struct wc_t *t)
{
	reversed(t, t->mem.key, wc_page(t, 12));
}

static void reversed_relaxed(struct wc_t *t)
{
	reversed(t, WC_KEY_RELAXED, WC_BASE(WC_KEY_RELAXED));
}

static void reversed_judge(struct wc_judge *j)
{
	wc_ok(j, 1, "w");
	wc_data_fill(j, 2, "r", 12, PIECES * WC_SIZE, "WRONG_DATA");
}

/* ---- SM-BV-12 --------------------------------------------------------------------------- */

/* RUD: strict memory does not show the tail before the head. */
static void tail_first(struct wc_t *t)
{
	struct wc_frame f, tail;

	wc_fill(big, 2 * WC_SIZE, WC_OLD_SEED);
	wc_do_write(t->b, "init", t->mem.key, wc_page(t, 14), big, 2 * WC_SIZE);
	wc_fill(big, 2 * WC_SIZE, WC_NEW_SEED);
	f = wc_f_write(t->a, t->mem.key, wc_page(t, 14), big, WC_SIZE);
	f.msg_len = 2 * WC_SIZE;
	f.oflags = WC_O_SOM;
	tail = f;
	tail.psn = f.psn + 1;
	tail.offset = WC_SIZE;
	tail.body = big + WC_SIZE;
	tail.oflags = WC_O_EOM;
	wc_op(t->a, "w", WC_OP_MESSAGE, &tail);
	wc_emit(t->c, &tail, WC_E_OK);
	wc_marker(t);
	wc_do_read(t->b, "early", t->mem.key, wc_page(t, 14), 2 * WC_SIZE);
	wc_emit(t->c, &f, WC_E_OK);
	wc_await(t, "w");
	wc_do_read(t->b, "late", t->mem.key, wc_page(t, 14), 2 * WC_SIZE);
}

static void tail_first_judge(struct wc_judge *j)
{
	wc_data_fill(j, 1, "early", WC_OLD_SEED, 2 * WC_SIZE, "TAIL_VISIBLE");
	wc_ok(j, 2, "w");
	wc_data_fill(j, 3, "late", WC_NEW_SEED, 2 * WC_SIZE, "WRONG_DATA");
}

/* ---- SM-BV-13 --------------------------------------------------------------------------- */

static void latest_tack(struct wc_t *t)
{
	for (unsigned i = 0; i < 6; i++)
		wc_write(t->a, wc_nth("w", i), t->mem.key, wc_page(t, 15) + i, wc_bytes(1), 1);
	wc_await(t, "w5");
	wc_marker(t);
}

static void latest_tack_judge(struct wc_judge *j)
{
	struct wc_result r = wc_res(j, "w5");
	uint64_t last = 0;
	bool back = false, any = false;

	wc_ok(j, 1, "w5");
	for (size_t i = r.at == WC_NONE ? 0 : r.at; i < wc_at(j, "end"); i++) {
		const struct wc_frame *f = &j->v->f[i];

		if (!wc_view_rx(j->v, i) || f->type != WC_DATA || f->opcode != WC_TACK ||
		    f->qpn != r.op.qpn || f->flags & WC_F_RTX)
			continue;
		back |= any && wc_before(f->msn, last);
		last = f->msn;
		any = true;
	}
	wc_cp(j, 2, !back && last == r.op.msn, "WRONG_TACK",
	      "TACKs name the latest MSN complete: MSN %u in the end", r.op.msn);
}

#define SEM(nr, ttl, rq, stim, exp, cps, drv, jdg)				\
	{									\
		.id = nr, .version = 1, .title = ttl, .reqs = rq, .stimulus = stim,	\
		.expected = exp, .checkpoints = cps, .drive = drv, .judge = jdg,	\
	}
#define SEM_RUD(nr, ttl, rq, stim, exp, cps, drv, jdg, more)			\
	{									\
		.id = nr, .version = 1, .title = ttl, .reqs = rq, .stimulus = stim,	\
		.expected = exp, .needs = WC_NEEDS_RUD | (more), .mode = WC_RUD,	\
		.checkpoints = cps, .drive = drv, .judge = jdg,			\
	}

const struct wc_case wc_cases_semantics[] = {
	SEM("SM-BV-01", "Messages of all sizes arrive whole", "WEFT-SEM-001 WEFT-SEM-035",
	    "WRITEs and READs of 1 byte to two packets and a byte",
	    "the same bytes back", WC_VARIED(2, WC_VARY_ALL), sizes, sizes_judge),
	SEM("SM-BI-02", "What is no request is refused", "WEFT-SEM-015 "
	    "WEFT-SEM-041 WEFT-SEM-007", "requests of opcode 0 and of opcodes from 13 to 255; "
	    "READ and FADD with an immediate", "BAD_OPCODE each; other streams go on", 2,
	    other_opcodes, other_opcodes_judge),
	SEM("SM-BI-03", "A stream that does not exist", "WEFT-SEM-025 WEFT-SEM-007",
	    "a WRITE for a queue pair that the device never gave",
	    "NO_STREAM with that queue pair; no byte changed", 3, no_stream, no_stream_judge),
	SEM("SM-BI-04", "Answers that nothing asked for", "WEFT-SEM-026",
	    "READ_RSP, ATOMIC_RSP and TACK to a device that asked nothing",
	    "no byte changed; the stream goes on", 1, unasked, unasked_judge),
	{
		.id = "SM-BI-05", .version = 2,
		.title = "Packets that contradict their message are refused",
		.reqs = "WEFT-SEM-010 WEFT-SEM-021",
		.stimulus = "WRITEs whose offset, length, SOM or EOM do not fit, that bring no "
			"byte, or are longer than MSG_MAX",
		.expected = "MALFORMED each; no byte changed",
		.checkpoints = 2, .drive = misshapen, .judge = misshapen_judge,
	},
	SEM("SM-BI-06", "Packets of one message that name two ranges", "WEFT-SEM-011 "
	    "WEFT-SEM-021", "a second packet with another address, key or length",
	    "MALFORMED each; the other place is unchanged",
	    WC_VARIED(2, WC_VARY_ORDER), two_ranges, two_ranges_judge),
	SEM("SM-BV-07", "After a refusal the stream is dead", "WEFT-SEM-023 WEFT-SEM-007",
	    "a WRITE refused, then a good one on the same stream",
	    "the second has no effect; another stream goes on",
	    WC_VARIED(3, WC_VARY_ORDER), after_refusal,
	    after_refusal_judge),
	SEM("SM-BV-08", "A refusal takes its turn", "WEFT-SEM-022 WEFT-SEM-023 WEFT-SEM-024",
	    "a good WRITE, a bad one and a good one without waiting",
	    "the first completes, the second is refused, the third has no effect",
	    WC_VARIED(4, WC_VARY_ORDER), in_turn,
	    in_turn_judge),
	SEM_RUD("SM-BV-09", "RUD: a READ waits for the WRITE before it", "WEFT-SEM-002",
		"a READ that arrives before the WRITE of the message before",
		"no data until the WRITE has come, then its bytes",
		WC_VARIED(3, WC_VARY_WRAP), read_overtakes,
		read_overtakes_judge, 0),
	SEM_RUD("SM-BV-10", "RUD: packets in reverse make the same message",
		"WEFT-SEM-005 WEFT-PDC-023",
		"a WRITE of 6 packets in reverse", "its bytes, in order",
		WC_VARIED(2, WC_VARY_WRAP | WC_VARY_PAYLOAD), reversed_strict,
		reversed_judge, 0),
	SEM_RUD("SM-BV-11", "RUD: the same in relaxed memory", "WEFT-SEM-005",
		"a WRITE of 6 packets in reverse, to memory registered RELAXED",
		"its bytes, in order", 2, reversed_relaxed, reversed_judge, WC_NEEDS_PERSONALITY),
	SEM_RUD("SM-BV-12", "RUD: strict memory shows no tail before its head", "WEFT-SEM-004",
		"the second packet of a WRITE, a look at memory, then the first",
		"old bytes at first, new ones in the end",
		WC_VARIED(3, WC_VARY_WRAP | WC_VARY_PAYLOAD), tail_first, tail_first_judge, 0),
	SEM("SM-BV-13", "TACK names the latest message complete",
	    "WEFT-SEM-030 WEFT-SEM-080 WEFT-SEM-001",
	    "6 WRITEs without waiting", "TACKs that grow up to the last MSN",
	    WC_VARIED(2, WC_VARY_ORDER), latest_tack,
	    latest_tack_judge),
	{ .id = NULL },
};
