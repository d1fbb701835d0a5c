/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guessing keys: half of the guesses are any number, half are a key that there is with two of its
 * bits turned over, as a table that folds or cuts keys would take for it.
 */
#include "conformance/cases/robust/chance.h"
#include "conformance/ut.h"

#define GUESSES	512u		/* the budget of a run; the next run has another seed */
#define BATCH	16u		/* at a time, each on a stream of its own, which a refusal ends */
#define ROUND	128u		/* after which the device may let go of streams that failed */
#define REST_MS	1100u
#define PAGE	62u

static bool is_a_key(const struct wc_t *t, uint32_t key)
{
	return key == t->mem.key ||
	       (t->dut->claims.personality && key >= WC_REGION_FIRST && key <= WC_KEY_INV);
}

static uint32_t guess(struct wc_t *t, unsigned n)
{
	uint32_t key;

	do {
		key = (uint32_t)wc_random(t);
		if (n % 2)
			key = t->mem.key ^ 1u << key % 32 ^ 1u << key / 32 % 32;
	} while (is_a_key(t, key));
	return key;
}

/* Guess n: a READ, a WRITE or an FADD of what can be reached by the right key. */
static void attempt(struct wc_stream *s, unsigned n)
{
	struct wc_t *t = s->c->t;
	uint32_t key = guess(t, n);
	uint64_t at = wc_page(t, PAGE);
	struct wc_frame f;

	switch (n / 2 % 3) {
	case 0:
		f = wc_f_read(s, key, at, 8);
		wc_op(s, wc_nth("x", n), WC_OP_READ, &f);
		break;
	case 1:
		f = wc_f_write(s, key, at, wc_bytes(WC_NEW_SEED), 8);
		wc_op(s, wc_nth("x", n), WC_OP_MESSAGE, &f);
		break;
	default:
		f = wc_f_atomic(s, key, at, WC_FADD, 1, 0);
		wc_op(s, wc_nth("x", n), WC_OP_ATOMIC, &f);
		break;
	}
	wc_emit(s->c, &f, WC_E_OK);
}

/* False: a stream did not open. */
static bool batch(struct wc_t *t, unsigned first)
{
	unsigned slots = t->n_streams;
	struct wc_stream *s[BATCH];
	bool ok = true;

	for (unsigned i = 0; i < BATCH; i++)
		s[i] = wc_connect_start(t->c, wc_nth("s", first + i), wc_service(t));
	for (unsigned i = 0; i < BATCH && ok; i++) {
		const char *name = wc_nth("s", first + i);

		ok = s[i] && wc_await(t, name) && wc_connected(s[i], name);
	}
	for (unsigned i = 0; i < BATCH && ok; i++)
		attempt(s[i], first + i);
	for (unsigned i = 0; i < BATCH && ok; i++)
		wc_await(t, wc_nth("x", first + i));
	for (unsigned i = 0; i < BATCH && ok; i++)
		wc_end_stream(s[i], slots);
	return ok && wc_marker(t);
}

static void guesses(struct wc_t *t)
{
	unsigned n = 0;

	if (t->dut->ut && t->dut->ut->personality) {	/* it would have to make 512 streams */
		wc_mark(t, "skip:UPPER_STREAMS");
		return;
	}
	wc_do_write(t->b, "init", t->mem.key, wc_page(t, PAGE), wc_bytes(WC_OLD_SEED), WC_SIZE);
	while (n < GUESSES && !t->runaway && batch(t, n)) {
		n += BATCH;
		if (n % ROUND == 0 && n < GUESSES)
			wc_pause(t, REST_MS);
	}
	wc_value(t, "guesses", n);
	wc_do_read(t->b, "after", t->mem.key, wc_page(t, PAGE), WC_SIZE);
}

static void guesses_judge(struct wc_judge *j)
{
	unsigned n = (unsigned)wc_val(j, "guesses");

	wc_cp(j, 1, n == GUESSES, "NO_ANSWER", "streams open for %u guesses, not for %u", GUESSES,
	      n);
	for (unsigned i = 0; i < n && !j->failed; i++)
		wc_cp(j, 2, wc_res(j, wc_nth("x", i)).status != WC_OK, "NOT_REFUSED",
		      "guess %u is refused", i);
	for (unsigned i = 0; i < n && !j->failed; i++)
		wc_refused(j, 3, wc_nth("x", i), WC_BAD_KEY);
	wc_data_fill(j, 4, "after", WC_OLD_SEED, WC_SIZE, "MEMORY_CHANGED");
}

const struct wc_case wc_cases_guesses[] = {
	{
		.id = "RB-ST-20", .version = 1, .title = "Guessing keys opens nothing",
		.reqs = "WEFT-MEM-001 WEFT-SEM-007",
		.stimulus = "512 READs, WRITEs and FADDs with keys drawn from the seed: any "
			    "number, and the right key with two bits turned over",
		.expected = "BAD_KEY each; no byte changed; other streams go on",
		.needs = WC_NEEDS_STREAMS,
		.checkpoints = 4, .drive = guesses, .judge = guesses_judge,
	},
	{ .id = NULL },
};
