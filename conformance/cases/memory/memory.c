/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory protection: keys, domains, protection domains, rights.
 *
 * Each attempt has a stream of its own, since a refusal ends the stream.  That nothing changed is
 * seen in memory, through a key that may see it.
 */
#include "conformance/cases/memory/attempt.h"

#include <string.h>

#define ALL3(key, at, status)							\
	{ WC_WRITE, key, at, WC_SIZE, status }, { WC_READ, key, at, WC_SIZE, status },	\
	{ WC_ATOMIC, key, at, 8, status }

/* Byte i of a region of pattern ramp7 is 7 i. */
static void ramp(uint8_t *to, uint32_t len, uint64_t from)
{
	for (uint32_t i = 0; i < len; i++)
		to[i] = (uint8_t)(7 * (from + i));
}

/* ---- MP-BI-01, MP-BI-02 ------------------------------------------------------------------ */

static void unknown_keys(struct wc_t *t)
{
	uint64_t at = wc_page(t, 1);
	const struct wc_attempt a[] = {
		ALL3(WC_KEY_NONE, at, 0), ALL3(0, at, 0), ALL3(0xffffffff, at, 0),
	};

	wc_do_write(t->b, "init", t->mem.key, at, wc_bytes(WC_OLD_SEED), WC_SIZE);
	for (unsigned i = 0; i < 9; i++)
		wc_attempt(t, i, &a[i]);
	wc_do_read(t->b, "after", t->mem.key, at, WC_SIZE);
}

static void unknown_keys_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < 9; i++)
		wc_refused(j, 1, wc_nth("x", i), WC_BAD_KEY);
	wc_data_fill(j, 2, "after", WC_OLD_SEED, WC_SIZE, "MEMORY_CHANGED");
}

static void key_bits(struct wc_t *t)
{
	wc_do_write(t->b, "init", t->mem.key, wc_page(t, 2), wc_bytes(WC_OLD_SEED), WC_SIZE);
	for (unsigned i = 0; i < 32; i++) {
		struct wc_attempt a = { WC_WRITE, t->mem.key ^ 1u << i, wc_page(t, 2), WC_SIZE, 0 };

		wc_attempt(t, i, &a);
	}
	wc_do_read(t->b, "after", t->mem.key, wc_page(t, 2), WC_SIZE);
}

static void key_bits_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < 32; i++) {
		struct wc_result r = wc_res(j, wc_nth("x", i));

		wc_cp(j, 1, r.status != WC_OK, "NOT_REFUSED", "a key that differs in bit %u is "
		      "refused", i);
		wc_cp(j, 2, r.status != WC_PENDING, "NO_REFUSAL", "a key that differs in bit %u is "
		      "refused", i);
	}
	wc_data_fill(j, 3, "after", WC_OLD_SEED, WC_SIZE, "MEMORY_CHANGED");
}

/* ---- MP-BI-03, MP-BI-05: seen through the key that shares the memory ---------------------- */

static void through(struct wc_t *t, uint32_t key)
{
	const struct wc_attempt a[] = { ALL3(key, WC_BASE(key) + WC_AT(3), 0) };

	wc_do_write(t->b, "init", t->mem.key, wc_page(t, 3), wc_bytes(WC_OLD_SEED), WC_SIZE);
	for (unsigned i = 0; i < 3; i++)
		wc_attempt(t, i, &a[i]);
	wc_do_read(t->b, "after", t->mem.key, wc_page(t, 3), WC_SIZE);
}

static void dead_key(struct wc_t *t)
{
	through(t, WC_KEY_DEAD);
}

static void dead_key_judge(struct wc_judge *j)
{
	wc_refused3(j, 1, WC_BAD_KEY);
	wc_data_fill(j, 2, "after", WC_OLD_SEED, WC_SIZE, "MEMORY_CHANGED");
}

static void other_pd(struct wc_t *t)
{
	through(t, WC_KEY_PD);
}

static void other_pd_judge(struct wc_judge *j)
{
	wc_refused3(j, 1, WC_BAD_DOMAIN);
	wc_data_fill(j, 2, "after", WC_OLD_SEED, WC_SIZE, "MEMORY_CHANGED");
}

/* ---- MP-BI-04 --------------------------------------------------------------------------- */

static void other_domain(struct wc_t *t)
{
	uint64_t at = WC_BASE(WC_KEY_DOMAIN) + WC_AT(4);
	const struct wc_attempt a[] = { ALL3(WC_KEY_DOMAIN, at, 0) };
	struct wc_ctx *c = wc_open(t, wc_best_mode(t), WC_OTHER_DOMAIN);
	struct wc_stream *s = wc_connect(c, "connect.C", WC_SERVICE_PERSONALITY);

	if (!s)
		return;
	wc_do_write(s, "init", WC_KEY_DOMAIN, at, wc_bytes(WC_OLD_SEED), WC_SIZE);
	for (unsigned i = 0; i < 3; i++)
		wc_attempt(t, i, &a[i]);
	wc_do_read(s, "after", WC_KEY_DOMAIN, at, WC_SIZE);
}

static void other_domain_judge(struct wc_judge *j)
{
	wc_ok(j, 1, "init");
	wc_refused3(j, 2, WC_BAD_DOMAIN);
	wc_data_fill(j, 3, "after", WC_OLD_SEED, WC_SIZE, "MEMORY_CHANGED");
}

/* ---- MP-BI-06, MP-BI-07 ------------------------------------------------------------------ */

static void read_only(struct wc_t *t)
{
	uint64_t at = WC_BASE(WC_KEY_R) + WC_AT(5);
	const struct wc_attempt a[] = {
		{ WC_WRITE, WC_KEY_R, at, WC_SIZE, 0 }, { WC_ATOMIC, WC_KEY_R, at, 8, 0 },
	};

	for (unsigned i = 0; i < 2; i++)
		wc_attempt(t, i, &a[i]);
	wc_do_read(t->b, "after", WC_KEY_R, at, WC_SIZE);
}

static void read_only_judge(struct wc_judge *j)
{
	uint8_t want[WC_SIZE];

	ramp(want, WC_SIZE, WC_AT(5));
	wc_refused(j, 1, "x0", WC_NO_RIGHTS);
	wc_refused(j, 2, "x1", WC_NO_RIGHTS);
	wc_data(j, 3, "after", want, WC_SIZE, "MEMORY_CHANGED");
}

static void write_only(struct wc_t *t)
{
	uint64_t at = WC_BASE(WC_KEY_W) + WC_AT(6);
	const struct wc_attempt a[] = {
		{ WC_READ, WC_KEY_W, at, WC_SIZE, 0 }, { WC_ATOMIC, WC_KEY_W, at, 8, 0 },
	};

	wc_do_write(t->b, "init", t->mem.key, wc_page(t, 6), wc_bytes(WC_OLD_SEED), WC_SIZE);
	for (unsigned i = 0; i < 2; i++)
		wc_attempt(t, i, &a[i]);
	wc_do_read(t->b, "after", t->mem.key, wc_page(t, 6), WC_SIZE);
}

static void write_only_judge(struct wc_judge *j)
{
	wc_cp(j, 1, wc_res(j, "x0").got == 0, "DATA_LEAKED", "a refused READ brings no byte");
	wc_refused(j, 2, "x0", WC_NO_RIGHTS);
	wc_refused(j, 3, "x1", WC_NO_RIGHTS);
	wc_data_fill(j, 4, "after", WC_OLD_SEED, WC_SIZE, "MEMORY_CHANGED");
}

/* ---- MP-BV-08, MP-BV-09 ------------------------------------------------------------------ */

static void rights_work(struct wc_t *t)
{
	wc_do_read(t->a, "r", WC_KEY_R, WC_BASE(WC_KEY_R), WC_SIZE);
	wc_do_write(t->a, "w", WC_KEY_W, WC_BASE(WC_KEY_W) + WC_AT(7), wc_bytes(5), WC_SIZE);
	wc_do_read(t->a, "shared", t->mem.key, wc_page(t, 7), WC_SIZE);
}

static void rights_work_judge(struct wc_judge *j)
{
	uint8_t want[WC_SIZE];

	ramp(want, WC_SIZE, 0);
	wc_data(j, 1, "r", want, WC_SIZE, "WRONG_DATA");
	wc_ok(j, 2, "w");
	wc_data_fill(j, 3, "shared", 5, WC_SIZE, "WRONG_DATA");
}

static void own_domain(struct wc_t *t)
{
	struct wc_ctx *c = wc_open(t, wc_best_mode(t), WC_OTHER_DOMAIN);
	struct wc_stream *s = wc_connect(c, "connect.C", WC_SERVICE_PERSONALITY);
	struct wc_attempt a = { WC_WRITE, WC_KEY_RWA, WC_BASE(WC_KEY_RWA) + WC_AT(8), WC_SIZE, 0 };

	if (!s)
		return;
	wc_do_read(s, "r", WC_KEY_DOMAIN, WC_BASE(WC_KEY_DOMAIN) + 0x8000, WC_SIZE);
	wc_attempt_on(s, "x0", &a);
}

static void own_domain_judge(struct wc_judge *j)
{
	uint8_t want[WC_SIZE];

	ramp(want, WC_SIZE, 0x8000);
	wc_data(j, 1, "r", want, WC_SIZE, "WRONG_DATA");
	wc_refused(j, 2, "x0", WC_BAD_DOMAIN);
}

/* ---- MP-BO-10 --------------------------------------------------------------------------- */

#define FAR	0x40000000ull

static const struct wc_attempt both_wrong[] = {
	{ WC_WRITE, WC_KEY_DEAD, FAR, WC_SIZE, WC_BAD_KEY },	/* dead and out of bounds */
	{ WC_WRITE, WC_KEY_NONE, FAR, WC_SIZE, WC_BAD_KEY },
	{ WC_READ, WC_KEY_DOMAIN, FAR, WC_SIZE, WC_BAD_DOMAIN },
	{ WC_WRITE, WC_KEY_PD, FAR, WC_SIZE, WC_BAD_DOMAIN },
	{ WC_WRITE, WC_KEY_R, FAR, WC_SIZE, WC_NO_RIGHTS },
	{ WC_READ, WC_KEY_W, FAR, WC_SIZE, WC_NO_RIGHTS },
	{ WC_ATOMIC, WC_KEY_W, FAR, 8, WC_NO_RIGHTS },
	{ WC_ATOMIC, WC_KEY_NONE, FAR + 1, 8, WC_MISALIGNED },	/* form comes before the key */
	{ 13, WC_KEY_NONE, FAR, 0, WC_BAD_OPCODE },	/* no operation */
};
#define BOTH (sizeof(both_wrong) / sizeof(both_wrong[0]))

static void order_of_checks(struct wc_t *t)
{
	for (unsigned i = 0; i < BOTH; i++)
		if (both_wrong[i].key != WC_KEY_DOMAIN || t->dut->claims.two_domains)
			wc_attempt(t, i, &both_wrong[i]);
}

static void order_of_checks_judge(struct wc_judge *j)
{
	bool two = wc_view_value(j->v, "claim.two_domains", 1);

	for (unsigned i = 0; i < BOTH; i++)
		if (both_wrong[i].key != WC_KEY_DOMAIN || two)
			wc_refused(j, i + 1, wc_nth("x", i), both_wrong[i].want);
		else
			wc_cp(j, i + 1, true, "", "one domain");
}

const struct wc_case wc_cases_memory[] = {
	{
		.id = "MP-BI-01", .version = 1, .title = "Unknown keys are refused",
		.reqs = "WEFT-MEM-001 WEFT-SEM-021 WEFT-SEM-007",
		.stimulus = "WRITE, READ and ATOMIC with keys that do not exist",
		.expected = "BAD_KEY each; no byte changed; other streams go on",
		.vary = WC_VARY_ORDER,
		.checkpoints = 2, .drive = unknown_keys, .judge = unknown_keys_judge,
	}, {
		.id = "MP-BI-02", .version = 1, .title = "Each bit of a key counts",
		.reqs = "WEFT-MEM-001",
		.stimulus = "WRITEs with a valid key in which one of 32 bits is flipped",
		.expected = "all refused; no byte changed",
		.checkpoints = 3, .drive = key_bits, .judge = key_bits_judge,
	}, {
		.id = "MP-BI-03", .version = 1, .title = "An invalidated key is refused",
		.reqs = "WEFT-MEM-001 WEFT-MEM-006",
		.stimulus = "WRITE, READ and ATOMIC with a key that was invalidated",
		.expected = "BAD_KEY each; no byte changed",
		.needs = WC_NEEDS_PERSONALITY,
		.checkpoints = 2, .drive = dead_key, .judge = dead_key_judge,
	}, {
		.id = "MP-BI-04", .version = 1, .title = "A key of another domain is refused",
		.reqs = "WEFT-MEM-002",
		.stimulus = "WRITE, READ and ATOMIC with the key of a region of domain 2",
		.expected = "BAD_DOMAIN each; no byte changed",
		.needs = WC_NEEDS_PERSONALITY | WC_NEEDS_TWO_DOMAINS,
		.checkpoints = 3, .drive = other_domain, .judge = other_domain_judge,
	}, {
		.id = "MP-BI-05", .version = 1,
		.title = "A key of another protection domain is refused",
		.reqs = "WEFT-MEM-002",
		.stimulus = "WRITE, READ and ATOMIC with the key of a region of protection "
			"domain 2",
		.expected = "BAD_DOMAIN each; no byte changed",
		.needs = WC_NEEDS_PERSONALITY,
		.checkpoints = 2, .drive = other_pd, .judge = other_pd_judge,
	}, {
		.id = "MP-BI-06", .version = 1, .title = "Memory to be read is not written",
		.reqs = "WEFT-MEM-003 WEFT-SEM-021",
		.stimulus = "WRITE and ATOMIC with a key for READ alone",
		.expected = "NO_RIGHTS each; no byte changed",
		.needs = WC_NEEDS_PERSONALITY,
		.vary = WC_VARY_ORDER,
		.checkpoints = 3, .drive = read_only, .judge = read_only_judge,
	}, {
		.id = "MP-BI-07", .version = 1, .title = "Memory to be written is not read",
		.reqs = "WEFT-MEM-003",
		.stimulus = "READ and ATOMIC with a key for WRITE alone",
		.expected = "NO_RIGHTS each; no byte comes out",
		.needs = WC_NEEDS_PERSONALITY,
		.vary = WC_VARY_ORDER,
		.checkpoints = 4, .drive = write_only, .judge = write_only_judge,
	}, {
		.id = "MP-BV-08", .version = 1, .title = "Rights that are granted work",
		.reqs = "WEFT-MEM-003",
		.stimulus = "READ with a key for READ, WRITE with a key for WRITE",
		.expected = "both complete with the right bytes",
		.needs = WC_NEEDS_PERSONALITY,
		.checkpoints = 3, .drive = rights_work, .judge = rights_work_judge,
	}, {
		.id = "MP-BV-09", .version = 1,
		.title = "A key works in its own domain, and there alone",
		.reqs = "WEFT-MEM-002",
		.stimulus = "on a context of domain 2: READ of its region, WRITE to one of "
			"domain 1",
		.expected = "the READ completes, the WRITE is refused with BAD_DOMAIN",
		.needs = WC_NEEDS_PERSONALITY | WC_NEEDS_TWO_DOMAINS,
		.checkpoints = 2, .drive = own_domain, .judge = own_domain_judge,
	}, {
		.id = "MP-BO-10", .version = 2,
		.title = "The first check that fails gives the status",
		.reqs = "WEFT-SEM-020",
		.stimulus = "requests that are wrong in two ways",
		.expected = "the status of what comes first: code, form, key, domain, rights, "
			"bounds",
		.needs = WC_NEEDS_PERSONALITY,
		.checkpoints = BOTH, .drive = order_of_checks, .judge = order_of_checks_judge,
	},
	{ .id = NULL },
};
