/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bounds of a region: inclusive to the last byte, and not one further.
 */
#include "conformance/cases/memory/attempt.h"

#include <string.h>

static uint64_t end_of(const struct wc_t *t)
{
	return t->mem.base + t->mem.len;
}

/* The last bytes, which the probes use too, some before them, and the first ones. */
static void note_edges(struct wc_t *t)
{
	wc_do_write(t->b, "init0", t->mem.key, end_of(t) - WC_SIZE, wc_bytes(WC_OLD_SEED),
		    WC_SIZE);
	wc_do_write(t->b, "init1", t->mem.key, end_of(t) - 256, wc_bytes(WC_OLD_SEED), WC_SIZE);
	wc_do_write(t->b, "init2", t->mem.key, t->mem.base, wc_bytes(WC_OLD_SEED), WC_SIZE);
}

static void look_at_edges(struct wc_t *t)
{
	wc_do_read(t->b, "after0", t->mem.key, end_of(t) - WC_SIZE, WC_SIZE);
	wc_do_read(t->b, "after1", t->mem.key, end_of(t) - 256, WC_SIZE);
	wc_do_read(t->b, "after2", t->mem.key, t->mem.base, WC_SIZE);
}

static void edges_same(struct wc_judge *j, unsigned n)
{
	wc_data_fill(j, n, "after0", WC_OLD_SEED, WC_SIZE, "MEMORY_CHANGED");
	wc_data_fill(j, n, "after1", WC_OLD_SEED, WC_SIZE, "MEMORY_CHANGED");
	wc_data_fill(j, n + 1, "after2", WC_OLD_SEED, WC_SIZE, "MEMORY_CHANGED");
}

static void attempts(struct wc_t *t, const struct wc_attempt *a, unsigned n)
{
	wc_value(t, "n", n);
	note_edges(t);
	for (unsigned i = 0; i < n; i++)
		wc_attempt(t, i, &a[i]);
	look_at_edges(t);
}

static void all_out(struct wc_judge *j)
{
	uint64_t n = wc_val(j, "n");

	for (unsigned i = 0; i < n; i++)
		wc_refused(j, 1, wc_nth("x", i), WC_OUT_OF_BOUNDS);
	edges_same(j, 2);
}

/* ---- MP-BI-20 to MP-BI-24 ---------------------------------------------------------------- */

static void past_end(struct wc_t *t)
{
	uint64_t e = end_of(t);
	uint32_t k = t->mem.key;
	const struct wc_attempt a[] = {
		{ WC_WRITE, k, e - WC_SIZE + 1, WC_SIZE, 0 }, { WC_WRITE, k, e, 1, 0 },
		{ WC_READ, k, e - WC_SIZE + 1, WC_SIZE, 0 }, { WC_READ, k, e, 1, 0 },
		{ WC_READ, k, e + 0x1000, 8, 0 }, { WC_ATOMIC, k, e, 8, 0 },
		{ WC_READ, k, t->mem.base, (uint32_t)t->mem.len + 1, 0 },
	};

	attempts(t, a, 7);
}

static void to_the_end(struct wc_t *t)
{
	uint64_t at = end_of(t) - 64 - WC_SIZE;	/* the probes have the last 64 */

	wc_do_write(t->a, "w", t->mem.key, at, wc_bytes(4), WC_SIZE);
	wc_do_read(t->a, "r", t->mem.key, at, WC_SIZE + 64);
	wc_do_read(t->a, "last", t->mem.key, end_of(t) - 1, 1);
	wc_do_read(t->a, "first", t->mem.key, t->mem.base, 1);
	wc_do_fadd(t->a, "word", t->mem.key, end_of(t) - 8, 0);
}

static void to_the_end_judge(struct wc_judge *j)
{
	uint8_t got[WC_SIZE + 64] = { 0 };

	wc_ok(j, 1, "w");
	wc_ok(j, 2, "r");
	wc_cp(j, 3, wc_res_data(j, "r", got, sizeof(got)) &&
	      !memcmp(got, wc_bytes(4), WC_SIZE), "WRONG_DATA", "the bytes before the last 64");
	wc_ok(j, 4, "last");
	wc_ok(j, 5, "first");
	wc_ok(j, 6, "word");
}

static void before_start(struct wc_t *t)
{
	uint64_t b = t->mem.base;
	uint32_t k = t->mem.key;
	const struct wc_attempt a[] = {
		{ WC_WRITE, k, b - 1, WC_SIZE, 0 }, { WC_READ, k, b - 1, WC_SIZE, 0 },
		{ WC_ATOMIC, k, b - 8, 8, 0 }, { WC_READ, k, 0, 1, 0 },
		{ WC_WRITE, k, b - WC_SIZE, WC_SIZE, 0 },
	};

	attempts(t, a, 5);
}

static void wraps(struct wc_t *t)
{
	uint32_t k = t->mem.key;
	const struct wc_attempt a[] = {
		{ WC_WRITE, k, UINT64_MAX - 3, 8, 0 }, { WC_READ, k, UINT64_MAX - 3, 8, 0 },
		{ WC_READ, k, UINT64_MAX - t->mem.base + 1, 0x7fffffff, 0 },
		{ WC_ATOMIC, k, UINT64_MAX - 7, 8, 0 },
		{ WC_READ, k, t->mem.base + (1ull << 63), 8, 0 },
		{ WC_READ, k, t->mem.base + (1ull << 32), 8, 0 },
		/* The end of this one, base + 100, wraps into the region. */
		{ WC_READ, k, t->mem.base + 100 - 0x7fffff00, 0x7fffff00, 0 },
	};

	attempts(t, a, 7);
}

static void long_reads(struct wc_t *t)
{
	uint64_t b = t->mem.base;
	uint32_t k = t->mem.key;
	const struct wc_attempt a[] = {
		{ WC_READ, k, b + 8, 0x7ffffff8, 0 }, { WC_READ, k, b, 0x80000000, 0 },
		{ WC_READ, k, b + 8, (uint32_t)t->mem.len, 0 },
	};

	attempts(t, a, 3);
}

static void long_reads_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < 3; i++)
		wc_cp(j, 4, wc_res(j, wc_nth("x", i)).got == 0, "DATA_LEAKED",
		      "a refused READ brings no byte");
	all_out(j);
}

/* ---- MP-BI-25 --------------------------------------------------------------------------- */

/* Both packets of a message whose tail leaves the region; the head alone would fit. */
static void tail_out(struct wc_t *t)
{
	struct wc_frame f;

	note_edges(t);
	f = wc_f_write(t->a, t->mem.key, end_of(t) - 256, wc_bytes(WC_NEW_SEED), WC_SIZE);
	f.msg_len = 256 + WC_SIZE;
	f.oflags = WC_O_SOM;
	wc_op(t->a, "x0", WC_OP_MESSAGE, &f);
	wc_emit(t->c, &f, WC_E_OK);
	wc_await(t, "x0");
	look_at_edges(t);
}

static void tail_out_judge(struct wc_judge *j)
{
	wc_refused(j, 1, "x0", WC_OUT_OF_BOUNDS);
	edges_same(j, 2);
}

/* ---- MP-ST-26 --------------------------------------------------------------------------- */

/* Where it begins, from the region's end or its start, and how long it is. */
static const int from_end[] = { -64, -9, -8, -1, 0, 1 };
static const uint32_t read_len[] = { 1, 8, 9, 64 }, write_len[] = { 1, 9 };
static const int from_start[] = { -64, -8, -1, 0, 1 };
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The n-th of the sweep, at an edge at 0; *out: does it leave the region?  False: no more. */
static bool nth_try(unsigned n, struct wc_attempt *a, int *edge, int *at, bool *out)
{
	unsigned ends = COUNT(from_end), reads = ends * COUNT(read_len);
	unsigned writes = ends * COUNT(write_len);

	*edge = 1;
	if (n < reads + writes) {
		bool read = n < reads;

		n -= read ? 0 : reads;
		*at = from_end[n % ends];
		a->opcode = read ? WC_READ : WC_WRITE;
		a->len = read ? read_len[n / ends] : write_len[n / ends];
		*out = *at + (int)a->len > 0;
	} else if (n < reads + writes + 3) {
		*at = -16 + 8 * (int)(n - reads - writes);
		a->opcode = WC_ATOMIC;
		a->len = 8;
		*out = *at >= 0;
	} else if (n < reads + writes + 3 + 3 * COUNT(from_start)) {
		n -= reads + writes + 3;
		*edge = 0;
		*at = from_start[n / 3];
		a->opcode = n % 3 == 0 ? WC_READ : n % 3 == 1 ? WC_WRITE : WC_ATOMIC;
		a->len = 8;
		*out = *at < 0;
		if (a->opcode == WC_ATOMIC && *at % 8)
			a->opcode = WC_READ;
	} else {
		return false;
	}
	return true;
}

static void sweep(struct wc_t *t)
{
	unsigned slots = t->n_streams;
	int edge, at;
	bool out;

	for (unsigned n = 0;; n++) {
		struct wc_attempt a = { .key = t->mem.key };
		struct wc_stream *s;

		if (!nth_try(n, &a, &edge, &at, &out))
			return;
		a.addr = (edge ? end_of(t) : t->mem.base) + (uint64_t)(int64_t)at;
		s = wc_fresh(t, wc_nth("s", n));
		if (!s)
			return;
		wc_attempt_on(s, wc_nth("x", n), &a);
		wc_end_stream(s, slots);
	}
}

static void sweep_judge(struct wc_judge *j)
{
	struct wc_attempt a;
	int edge, at;
	bool out;

	for (unsigned n = 0; nth_try(n, &a, &edge, &at, &out); n++)
		if (out)
			wc_refused(j, 2, wc_nth("x", n), WC_OUT_OF_BOUNDS);
		else
			wc_ok(j, 1, wc_nth("x", n));
}

/* ---- MP-BV-27 --------------------------------------------------------------------------- */

static void zero_length(struct wc_t *t)
{
	struct wc_attempt bad = { WC_WRITE, WC_KEY_NONE, wc_page(t, 9), 0, 0 };
	struct wc_attempt badr = { WC_READ, WC_KEY_NONE, wc_page(t, 9), 0, 0 };

	wc_do_write(t->a, "w", t->mem.key, wc_page(t, 9), wc_bytes(1), 0);
	wc_do_read(t->a, "r", t->mem.key, wc_page(t, 9), 0);
	wc_attempt(t, 0, &bad);
	wc_attempt(t, 1, &badr);
}

static void zero_length_judge(struct wc_judge *j)
{
	wc_ok(j, 1, "w");
	wc_ok(j, 2, "r");
	wc_refused(j, 3, "x0", WC_BAD_KEY);
	wc_refused(j, 4, "x1", WC_BAD_KEY);
}

static void zero_rights(struct wc_t *t)
{
	const struct wc_attempt a[] = {
		{ WC_WRITE, WC_KEY_R, WC_BASE(WC_KEY_R), 0, 0 },
		{ WC_READ, WC_KEY_W, WC_BASE(WC_KEY_W), 0, 0 },
		{ WC_WRITE, WC_KEY_DOMAIN, WC_BASE(WC_KEY_DOMAIN), 0, 0 },
	};

	for (unsigned i = 0; i < 2u + t->dut->claims.two_domains; i++)
		wc_attempt(t, i, &a[i]);
}

static void zero_rights_judge(struct wc_judge *j)
{
	wc_refused(j, 1, "x0", WC_NO_RIGHTS);
	wc_refused(j, 2, "x1", WC_NO_RIGHTS);
	if (wc_view_value(j->v, "claim.two_domains", 1))
		wc_refused(j, 2, "x2", WC_BAD_DOMAIN);
}

/* ---- MP-BV-29 --------------------------------------------------------------------------- */

static void zero_verbs(struct wc_t *t)
{
	wc_do_write(t->a, "w", WC_KEY_NONE, wc_page(t, 9), wc_bytes(1), 0);
	wc_do_read(t->a, "r", WC_KEY_NONE, wc_page(t, 9), 0);
}

static void zero_verbs_judge(struct wc_judge *j)
{
	wc_ok(j, 1, "w");
	wc_ok(j, 2, "r");
}

/* ---- MP-BV-30 --------------------------------------------------------------------------- */

#define PAGE	4096u
#define SEAMS	(WC_R_LEN / PAGE - 1)

/* Memory may lie in scattered pages: what crosses from one to the next is whole all the same. */
static void seams(struct wc_t *t)
{
	uint8_t bytes[WC_SIZE];

	for (unsigned i = 0; i < SEAMS; i++) {
		uint64_t at = t->mem.base + (uint64_t)(i + 1) * PAGE - 29;

		wc_fill(bytes, WC_SIZE, 300 + i);
		wc_do_write(t->a, wc_nth("w", i), t->mem.key, at, bytes, WC_SIZE);
	}
	for (unsigned i = 0; i < SEAMS; i++)
		wc_do_read(t->b, wc_nth("r", i), t->mem.key,
			   t->mem.base + (uint64_t)(i + 1) * PAGE - 29, WC_SIZE);
}

static void seams_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < SEAMS; i++) {
		wc_ok(j, 1, wc_nth("w", i));
		wc_data_fill(j, 2, wc_nth("r", i), 300 + i, WC_SIZE, "WRONG_DATA");
	}
}

#define BOUND(nr, ver, ttl, rq, stim, exp, cps, drv, jdg)				\
	{									\
		.id = nr, .version = ver, .title = ttl, .reqs = rq, .stimulus = stim,	\
		.expected = exp, .checkpoints = cps, .drive = drv, .judge = jdg,	\
	}

const struct wc_case wc_cases_bounds[] = {
	{
		.id = "MP-ST-26", .version = 2,
		.title = "A sweep over both ends of a region agrees with a model",
		.reqs = "WEFT-MEM-004 WEFT-MEM-005",
		.stimulus = "READs, WRITEs and ATOMICs of several lengths from places around the "
			"end and the start",
		.expected = "OUT_OF_BOUNDS where one byte lies outside, else done",
		.checkpoints = 2, .drive = sweep, .judge = sweep_judge,
	},
	BOUND("MP-BI-20", 2, "One byte past the end is refused",
	      "WEFT-MEM-004 WEFT-SEM-021",
	      "WRITE, READ and ATOMIC that end at least one byte past the region",
	      "OUT_OF_BOUNDS each; no byte changed", WC_VARIED(3, WC_VARY_ROD), past_end, all_out),
	BOUND("MP-BV-21", 1, "The last byte and the first can be reached",
	      "WEFT-MEM-004",
	      "WRITE, READ and ATOMIC that end at the region's end, or begin at its start",
	      "all complete", 6, to_the_end, to_the_end_judge),
	BOUND("MP-BI-22", 2, "One byte before the start is refused",
	      "WEFT-MEM-004 WEFT-SEM-021",
	      "WRITE, READ and ATOMIC that begin at least one byte before the region",
	      "OUT_OF_BOUNDS each; no byte changed", 3, before_start, all_out),
	BOUND("MP-BI-23", 2, "No address wraps into a region",
	      "WEFT-MEM-005 WEFT-MEM-004",
	      "requests near 2^64, and ones whose end wraps into the region",
	      "OUT_OF_BOUNDS each; no byte changed", 3, wraps, all_out),
	BOUND("MP-BI-24", 2, "A READ far too long brings nothing",
	      "WEFT-MEM-004",
	      "READs of up to 2^31 bytes from within the region",
	      "OUT_OF_BOUNDS each, without a byte of data", 4, long_reads, long_reads_judge),
	BOUND("MP-BI-25", 2, "A message whose tail leaves the region writes no head",
	      "WEFT-MEM-004 WEFT-SEM-021",
	      "the first packet, itself within the region, of a WRITE that ends outside",
	      "OUT_OF_BOUNDS; no byte changed",
	      WC_VARIED(3, WC_VARY_PAYLOAD), tail_out, tail_out_judge),
	BOUND("MP-BV-30", 1, "What crosses a page is whole", "WEFT-MEM-004 WEFT-SEM-035",
	      "WRITEs and READs across each multiple of 4096 bytes of a region",
	      "the bytes that were written", 2, seams, seams_judge),
	{
		.id = "MP-BV-27", .version = 2,
		.title = "Length zero is checked and touches nothing",
		.reqs = "WEFT-MEM-008 WEFT-MEM-001",
		.stimulus = "WRITE and READ of length zero, with a good key and without",
		.expected = "they complete with the good key, BAD_KEY without",
		.needs = WC_NEEDS_STREAMS,
		.checkpoints = 4, .drive = zero_length, .judge = zero_length_judge,
	}, {
		.id = "MP-BV-29", .version = 1,
		.title = "A queue pair of verbs takes length zero whatever the key",
		.reqs = "WEFT-VRB-013",
		.stimulus = "WRITE and READ of length zero with a key that is not there",
		.expected = "they complete", .needs = WC_NEEDS_VERBS,
		.checkpoints = 2, .drive = zero_verbs, .judge = zero_verbs_judge,
	},
	{
		.id = "MP-BI-28", .version = 2, .title = "Length zero needs rights and domain too",
		.reqs = "WEFT-MEM-008 WEFT-MEM-003 WEFT-MEM-002",
		.stimulus = "WRITE and READ of length zero without the right, or of another domain",
		.expected = "NO_RIGHTS, NO_RIGHTS, BAD_DOMAIN",
		.needs = WC_NEEDS_PERSONALITY | WC_NEEDS_STREAMS,
		.checkpoints = 2, .drive = zero_rights, .judge = zero_rights_judge,
	},
	{ .id = NULL },
};
