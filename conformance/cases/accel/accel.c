/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Queues: which commands run, in which order, what they leave, how they fail, and how a queue ends.
 */
#include "conformance/cases/accel/queue.h"
#include "conformance/svc.h"

#include <string.h>

/* ---- AQ-BV-01: in order, up to the doorbell ------------------------------------------------- */

static void in_order(struct wc_t *t)
{
	struct wc_queue q;

	if (!wc_q_begin(t, &q))
		return;
	for (unsigned i = 0; i < 4; i++) {	/* each over half of the one before */
		struct wc_command c = wc_q_fill(&q, 64 * i, 128, (uint8_t)(0x41 + i));

		wc_q_put(&q, &c);
	}
	wc_q_bell(&q, 3);
	for (unsigned i = 0; i < 3; i++)
		wc_q_await(&q, i);
	wc_q_get(&q, "three", 0, 320);
	wc_q_index(&q, "index");
	wc_mark(t, "fourth");
	wc_q_bell(&q, 4);
	wc_q_await(&q, 3);
}

static void in_order_judge(struct wc_judge *j)
{
	uint8_t want[320] = { 0 };
	unsigned early = wc_q_signals(j->v, 3, wc_at(j, "fourth"), NULL);

	for (unsigned i = 0; i < 3; i++) {
		memset(want + (size_t)64 * i, 0x41 + (int)i, 128);
		wc_q_signalled(j, 1, i, WC_C_OK);
	}
	wc_data(j, 2, "three", want, sizeof(want), "WRONG_RESULT");
	wc_ok(j, 3, "index");
	wc_cp(j, 4, !early, "BEYOND_DOORBELL", "the fourth command waits for its doorbell");
	wc_q_signalled(j, 5, 3, WC_C_OK);
}

/* ---- AQ-BI-02: a doorbell that cannot be ---------------------------------------------------- */

static void far_bell(struct wc_t *t)
{
	struct wc_queue q;
	struct wc_command c;

	if (!wc_q_begin(t, &q))
		return;
	c = wc_q_fill(&q, 0, 64, 0x42);
	wc_q_put(&q, &c);
	wc_q_bell(&q, QUEUE_DEPTH + 1);
	wc_marker(t);
	wc_pause(t, 20);
	wc_q_index(&q, "index");
	wc_mark(t, "right");
	wc_q_bell(&q, 1);
	wc_q_await(&q, 0);
}

static void far_bell_judge(struct wc_judge *j)
{
	wc_word(j, 1, "index", 0, "MINDED");
	wc_cp(j, 2, !wc_q_signals(j->v, 0, wc_at(j, "right"), NULL), "MINDED",
	      "a doorbell beyond the queue's depth is ignored");
	wc_q_signalled(j, 3, 0, WC_C_OK);
}

/* ---- AQ-BV-03: round the ring --------------------------------------------------------------- */

#define LAPS (2 * QUEUE_DEPTH + 3)

static void round_ring(struct wc_t *t)
{
	struct wc_queue q;

	if (!wc_q_begin(t, &q))
		return;
	for (unsigned i = 0; i < LAPS; i++) {
		struct wc_command c = wc_q_fill(&q, 8 * i, 8, (uint8_t)(i + 1));

		wc_q_run(&q, &c);
	}
	wc_q_index(&q, "index");
	wc_q_get(&q, "all", 0, 8 * LAPS);
}

static void round_ring_judge(struct wc_judge *j)
{
	uint8_t want[8 * LAPS];

	for (unsigned i = 0; i < LAPS; i++) {
		memset(want + (size_t)8 * i, (int)i + 1, 8);
		wc_q_signalled(j, 1, i, WC_C_OK);
	}
	wc_word(j, 2, "index", LAPS, "WRONG_INDEX");
	wc_data(j, 3, "all", want, sizeof(want), "WRONG_RESULT");
}

/* ---- AQ-BV-04: kernels ---------------------------------------------------------------------- */

/* A chip that copies piece by piece does so in pieces of a power of two, if any. */
#define EDGES	4u
#define LONG	(OPERANDS - 65536u)

static void kernels(struct wc_t *t)
{
	static const uint8_t digits[] = "123456789";
	struct wc_queue q;
	struct wc_command c;

	if (!wc_q_begin(t, &q) || !wc_q_need(t, WC_K_COPY) || !wc_q_need(t, WC_K_CRC32C))
		return;
	for (unsigned i = 0; i < EDGES; i++)
		wc_q_set(&q, (65536u << i) - 4, digits, 9);
	c = wc_q_command(&q, WC_K_COPY, 3, 0, LONG);	/* onto itself, and further */
	wc_q_run(&q, &c);
	c = wc_q_command(&q, WC_K_CRC32C, 512, 65536 - 1, 9);
	wc_q_run(&q, &c);
	c = wc_q_command(&q, WC_K_NOP, 0, 0, 0);
	wc_q_run(&q, &c);
	for (unsigned i = 0; i < EDGES; i++)
		wc_q_get(&q, wc_nth("copy", i), (65536u << i) - 1, 9);
	wc_q_get(&q, "crc", 512, 4);
}

static void kernels_judge(struct wc_judge *j)
{
	static const uint8_t check[] = { 0xe3, 0x06, 0x92, 0x83 };	/* as published */

	for (unsigned i = 0; i < 3; i++)
		wc_q_signalled(j, 1, i, WC_C_OK);
	for (unsigned i = 0; i < EDGES; i++)
		wc_data(j, 2, wc_nth("copy", i), (const uint8_t *)"123456789", 9, "WRONG_COPY");
	wc_data(j, 3, "crc", check, 4, "WRONG_CRC");
}

/* ---- AQ-BV-11: REDUCE ----------------------------------------------------------------------- */

static void reduce(struct wc_t *t)
{
	static const uint8_t one[8] = { 1 }, two[8] = { 2, 1 };
	struct wc_queue q;
	struct wc_command c;

	if (!wc_q_begin(t, &q) || !wc_q_need(t, WC_K_REDUCE))
		return;
	wc_q_set(&q, 1024, one, 8);
	wc_q_set(&q, 1032, two, 8);
	c = wc_q_command(&q, WC_K_REDUCE, 1024, 1032, 8);
	c.op = WC_R_SUM;
	c.dtype = WC_I64;
	wc_q_run(&q, &c);
	c.src_addr = c.dst_addr;		/* the same, not overlapping */
	c.seq = q.at;
	wc_q_run(&q, &c);
	wc_q_get(&q, "sum", 1024, 8);
}

static void reduce_judge(struct wc_judge *j)
{
	uint64_t add = 0;

	wc_cp(j, 1, wc_q_signals(j->v, 0, WC_NONE, &add) == 2 && add == 1, "WRONG_SIGNAL",
	      "both commands signal OK, on the word of the first");
	wc_word(j, 2, "sum", 2 * 0x103, "WRONG_SUM");
}

/* ---- AQ-BI-05: commands that fail ----------------------------------------------------------- */

/* The n-th wrong command; the status that it must have, WC_C_OK: there are no more. */
static enum wc_cmd_status wrong(unsigned n, struct wc_command *c)
{
	switch (n) {
	case 0:
		return c->version = 2, WC_C_BAD_COMMAND;
	case 1:
		return c->seq += 7, WC_C_BAD_COMMAND;
	case 2:
		return c->flags = 0x80, WC_C_BAD_COMMAND;
	case 3:
		return c->kernel = 0x7ffe, WC_C_BAD_KERNEL;
	case 4:
		return c->kernel = 0xfffe, WC_C_BAD_KERNEL;
	case 5:
		return c->dst_key = WC_KEY_NONE, WC_C_BAD_KEY;
	case 6:
		return c->dst_addr += OPERANDS - 63, WC_C_OUT_OF_BOUNDS;
	case 7:
		return c->kernel = WC_K_COPY, c->src_key = WC_KEY_NONE, WC_C_BAD_KEY;
	case 8:
		return c->kernel = WC_K_COPY, c->src_addr -= 1, WC_C_OUT_OF_BOUNDS;
	case 9:
		return c->kernel = WC_K_COPY, c->src_chip = 0x02dead00beef0001, WC_C_NO_CHIP;
	case 10:
		return c->kernel = WC_K_REDUCE, c->op = 99, c->dtype = WC_I32, WC_C_BAD_ARGUMENT;
	case 11:
		return c->kernel = WC_K_REDUCE, c->op = WC_R_SUM, c->dtype = 99, WC_C_BAD_ARGUMENT;
	case 12:
		c->kernel = WC_K_REDUCE;
		c->op = WC_R_SUM;
		c->dtype = WC_I32;
		c->src_addr = c->dst_addr + 4;		/* they overlap */
		return WC_C_BAD_ARGUMENT;
	default:
		return WC_C_OK;
	}
}

static void failures(struct wc_t *t)
{
	struct wc_command c;
	struct wc_queue q;

	if (!wc_q_begin(t, &q))
		return;
	for (unsigned i = 0; i < WC_SIZE; i++)
		t->own[4096 + i] = 0x77;
	wc_q_set(&q, 256, t->own + 4096, WC_SIZE);
	for (unsigned i = 0;; i++) {
		c = wc_q_fill(&q, 256, WC_SIZE, 0xee);
		if (wrong(i, &c) == WC_C_OK)
			break;
		wc_q_run(&q, &c);
	}
	wc_q_get(&q, "kept", 256, WC_SIZE);
	c = wc_q_fill(&q, 256, WC_SIZE, 0x11);
	wc_q_run(&q, &c);
	wc_value(t, "last", q.at - 1);
}

static void failures_judge(struct wc_judge *j)
{
	enum wc_cmd_status st = WC_C_OK;
	uint8_t want[WC_SIZE];

	for (unsigned i = 0;; i++) {
		struct wc_command c = { .kernel = WC_K_FILL };

		st = wrong(i, &c);
		if (st == WC_C_OK)
			break;
		wc_q_signalled(j, 1, i, wc_q_has(j->v, c.kernel) ? st : WC_C_BAD_KERNEL);
	}
	memset(want, 0x77, sizeof(want));
	wc_data(j, 2, "kept", want, sizeof(want), "MEMORY_CHANGED");
	wc_q_signalled(j, 3, (unsigned)wc_val(j, "last"), WC_C_OK);
}

/* ---- AQ-BI-06: keys are those of the stream ------------------------------------------------- */

#define KEYS 3u

static void alien_keys(struct wc_t *t)
{
	static const uint32_t key[KEYS] = { WC_KEY_DOMAIN, WC_KEY_DEAD, WC_KEY_R };
	struct wc_queue q;

	if (!wc_q_begin(t, &q))
		return;
	for (unsigned i = 0; i < KEYS; i++) {
		struct wc_command c = wc_q_fill(&q, 0, WC_SIZE, 0xee);

		c.dst_key = key[i];
		c.dst_addr = WC_BASE(key[i]) + WC_AT(60);
		wc_localise(t, &c.dst_key, &c.dst_addr);
		wc_q_run(&q, &c);
	}
	wc_do_read(t->a, "kept", WC_KEY_R, WC_BASE(WC_KEY_R) + WC_AT(60), 8);
	wc_q_run(&q, &(struct wc_command){ .version = 1, .kernel = WC_K_NOP, .seq = q.at,
		 .signal_key = WC_OWN_KEY, .signal_addr = WC_OWN_BASE + 8ull * q.at });
}

static void alien_keys_judge(struct wc_judge *j)
{
	uint8_t want[8];

	for (unsigned i = 0; i < 8; i++)
		want[i] = (uint8_t)(7 * (WC_AT(60) + i));
	for (unsigned i = 0; i < KEYS; i++) {
		uint64_t add = 0;
		unsigned n = wc_q_signals(j->v, i, WC_NONE, &add), st = (add >> 32) & 0xffff;

		wc_cp(j, 1, n == 1 && (st == WC_C_BAD_KEY || st == WC_C_NO_RIGHTS), "NOT_REFUSED",
		      "FILL through a key that the stream may not write with fails");
	}
	wc_data(j, 2, "kept", want, 8, "MEMORY_CHANGED");
	wc_q_signalled(j, 3, KEYS, WC_C_OK);
}

/* ---- AQ-BV-07: barriers --------------------------------------------------------------------- */

#define HALF (OPERANDS / 2)

static void barriers(struct wc_t *t)
{
	struct wc_command c;
	struct wc_queue q;

	if (!wc_q_begin(t, &q) || !wc_q_need(t, WC_K_COPY))
		return;
	for (unsigned i = 0; i < 3; i++) {
		c = wc_q_fill(&q, 0, HALF, (uint8_t)(0x61 + i));
		c.flags = WC_BARRIER;
		wc_q_put(&q, &c);
		c = wc_q_command(&q, WC_K_COPY, HALF + 4096 * i, HALF - 4096, 4096);
		c.flags = WC_BARRIER;
		wc_q_put(&q, &c);
	}
	wc_q_bell(&q, q.at);
	wc_q_await(&q, q.at - 1);
	wc_q_get(&q, "copies", HALF, 3 * 4096);
}

static void barriers_judge(struct wc_judge *j)
{
	static uint8_t want[3 * 4096];

	for (unsigned i = 0; i < 3; i++)
		memset(want + (size_t)4096 * i, 0x61 + (int)i, 4096);
	for (unsigned i = 0; i < 6; i++)
		wc_q_signalled(j, 1, i, WC_C_OK);
	wc_data(j, 2, "copies", want, sizeof(want), "BARRIER_IGNORED");
}

/* ---- AQ-BV-08: the end of a queue ----------------------------------------------------------- */

#define GIVEN 8u

static void destroyed(struct wc_t *t)
{
	struct wc_svc_msg req = { .op = WC_SVC_QUEUE_DESTROY };
	struct wc_queue q;

	if (!wc_q_begin(t, &q))
		return;
	for (unsigned i = 0; i < GIVEN; i++) {
		struct wc_command c = wc_q_fill(&q, 0, HALF, (uint8_t)(i + 1));

		wc_q_put(&q, &c);
	}
	wc_q_bell(&q, GIVEN);
	req.key = q.ring.key;
	wc_value(t, "tag", wc_svc_call(q.s, "destroy", &req));
	wc_mark(t, "gone");
	wc_q_get(&q, "left", 0, 64);
	wc_pause(t, 20);
	wc_q_get(&q, "later", 0, 64);
	wc_write(q.s, "ring", q.ring.key, q.ring.base, wc_bytes(0), 8);
	wc_await(t, "ring");
}

static void destroyed_judge(struct wc_judge *j)
{
	struct wc_svc_msg rsp = { 0 };
	size_t at = wc_svc_answer(j->v, (uint32_t)wc_val(j, "tag"), &rsp);
	uint8_t left[64] = { 0 };
	unsigned taken = 0;

	j->evidence = at;
	wc_cp(j, 1, at != WC_NONE && rsp.status == WC_OK, "NOT_DESTROYED",
	      "QUEUE_DESTROY is answered with OK");
	for (unsigned i = 0; i < GIVEN; i++) {
		uint64_t add = 0;
		unsigned n = wc_q_signals(j->v, i, WC_NONE, &add), st = (add >> 32) & 0xffff;

		taken += n != 0;
		wc_cp(j, 2, n <= 1 && wc_q_signals(j->v, i, at, NULL) == n, "LATE_SIGNAL",
		      "what was taken is signalled once, before the answer");
		wc_cp(j, 3, !n || st == WC_C_OK || st == WC_C_ABORTED, "WRONG_SIGNAL",
		      "with OK or ABORTED");
	}
	wc_cp(j, 4, rsp.length == taken, "WRONG_COUNT",
	      "the answer counts the commands that were taken: %u were signalled", taken);
	wc_res_data(j, "left", left, sizeof(left));
	wc_data(j, 5, "later", left, sizeof(left), "STILL_WRITING");
	wc_refused(j, 6, "ring", WC_BAD_KEY);
}

/* ---- AQ-CA-09: kernels are announced -------------------------------------------------------- */

static void engines(struct wc_t *t)
{
	struct wc_queue q;

	if (!wc_q_begin(t, &q))
		return;
	for (unsigned k = WC_K_NOP; k <= WC_K_SHA256 + 1; k++) {
		struct wc_command c = wc_q_command(&q, (enum wc_kernel)k, 0, 0, 0);

		wc_q_run(&q, &c);
	}
}

static void engines_judge(struct wc_judge *j)
{
	for (unsigned k = WC_K_NOP; k <= WC_K_SHA256 + 1; k++) {
		uint64_t add = 0;
		unsigned n = wc_q_signals(j->v, k - 1, WC_NONE, &add), st = (add >> 32) & 0xffff;

		wc_cp(j, 1, n, "NO_SIGNAL", "kernel %u is signalled", k);
		wc_cp(j, 2, !n || (st == WC_C_BAD_KERNEL) == !wc_q_has(j->v, k), "NOT_AS_CLAIMED",
		      "kernel %u fails with BAD_KERNEL if, and only if, no ENGINE names it", k);
	}
}

/* ---- AQ-BV-10: without a signal ------------------------------------------------------------- */

static void quiet(struct wc_t *t)
{
	struct wc_command c;
	struct wc_queue q;

	if (!wc_q_begin(t, &q))
		return;
	c = wc_q_fill(&q, 0, 64, 0x55);
	c.signal_key = 0;
	wc_q_put(&q, &c);
	c = wc_q_fill(&q, 64, 64, 0x66);
	c.flags = WC_BARRIER;
	wc_q_run(&q, &c);
	wc_q_get(&q, "both", 0, 128);
}

static void quiet_judge(struct wc_judge *j)
{
	uint8_t want[128];

	memset(want, 0x55, 64);
	memset(want + 64, 0x66, 64);
	wc_cp(j, 1, !wc_q_signals(j->v, 0, WC_NONE, NULL), "SIGNALLED",
	      "a command whose signal_key is 0 is not signalled");
	wc_q_signalled(j, 2, 1, WC_C_OK);
	wc_data(j, 3, "both", want, sizeof(want), "WRONG_RESULT");
}

#define AQ(name, what, rules, stim, exp, need, n, fn)				\
	{ .id = name, .version = 1, .title = what, .reqs = rules, .stimulus = stim,	\
	  .expected = exp, .needs = WC_NEEDS_CHIP | (need), .profiles = WC_P_ACCEL,	\
	  .checkpoints = n, .drive = fn, .judge = fn##_judge }

const struct wc_case wc_cases_accel[] = {
	AQ("AQ-BV-01", "Commands run in order, up to the doorbell",
	   "WEFT-ACC-004 WEFT-ACC-006 WEFT-ACC-018",
	   "four FILLs, each over half of the one before; the doorbell at three",
	   "three signals, then what they left; the fourth after its doorbell", 0, 5, in_order),
	AQ("AQ-BI-02", "A doorbell too far ahead is ignored", "WEFT-ACC-009",
	   "one command, the doorbell one beyond the depth, then at one",
	   "nothing, then the command", 0, 3, far_bell),
	AQ("AQ-BV-03", "A ring goes round, and its read index tells", "WEFT-ACC-010 WEFT-ACC-004",
	   "67 FILLs, one by one, in a ring of 32", "each is done; the read index is 67", 0, 3,
	   round_ring),
	AQ("AQ-BV-04", "COPY, CRC32C and NOP", "WEFT-ACC-014 WEFT-ACC-018",
	   "960 KiB copied three bytes on, with digits here and there; their CRC",
	   "as written by hand", 0, 3, kernels),
	AQ("AQ-BI-05", "A command that fails says why, and changes nothing",
	   "WEFT-ACC-007 WEFT-ACC-012 WEFT-ACC-015 WEFT-ACC-020",
	   "thirteen wrong commands, then a right one",
	   "the status of each in its own signal; no byte changed; the right one works", 0, 3,
	   failures),
	AQ("AQ-BI-06", "Keys of a command are checked as the stream's",
	   "WEFT-ACC-008", "FILL by keys of another domain, dead, read-only",
	   "BAD_KEY or NO_RIGHTS; no byte changed", WC_NEEDS_PERSONALITY, 3, alien_keys),
	AQ("AQ-BV-07", "BARRIER waits for all before it", "WEFT-ACC-005",
	   "FILL of 512 KiB and COPY of its end, three times, with BARRIER",
	   "each COPY has what its FILL wrote", 0, 2, barriers),
	AQ("AQ-BV-08", "QUEUE_DESTROY settles what was taken",
	   "WEFT-ACC-022 WEFT-ACC-023 WEFT-ACC-024 WEFT-ACC-025 WEFT-ACC-026",
	   "eight FILLs, the doorbell, QUEUE_DESTROY",
	   "a signal of each that was taken, then the answer with their number, then nothing", 0,
	   6, destroyed),
	AQ("AQ-CA-09", "Kernels are those that HELLO announces", "WEFT-ACC-019 WEFT-ACC-020",
	   "each kernel from 1 to 8", "BAD_KERNEL for those without an ENGINE, and no others", 0, 2,
	   engines),
	AQ("AQ-BV-10", "A command without a signal", "WEFT-ACC-018", "FILL with signal_key 0",
	   "it is done and not signalled", 0, 3, quiet),
	AQ("AQ-BV-11", "REDUCE", "WEFT-ACC-015 WEFT-ACC-018",
	   "a word added to another, and that to itself", "the sums", 0, 2, reduce),
	{ .id = NULL },
};
