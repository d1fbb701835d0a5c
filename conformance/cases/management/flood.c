/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HELLO without end: a chip need not answer it all (WEFT-NET-080), and goes on with its work.
 */
#include "conformance/cases/common.h"

#define ROUNDS	16u
#define EACH	64u		/* HELLOs before each piece of work, and at each look for its end */
#define MOST	12000u

/* One more HELLO, as long as there are not too many. */
static void ask(struct wc_t *t)
{
	static uint8_t out[256];
	struct wc_frame f;
	uint8_t tlv[64];

	if (t->lost == MOST)
		return;
	t->lost++;
	f = wc_f_alone(t, tlv, wc_hello_tlv(t, tlv, WC_HELLO_REPLY));
	wc_emit_bytes(t, out, wc_frame_build(&f, out), WC_E_AUTO);
}

struct work {
	const char *name;
};

/* The flood does not stop while something is waited for. */
static bool answered(struct wc_t *t, const void *arg)
{
	const struct work *w = arg;

	for (unsigned i = 0; i < EACH; i++)
		ask(t);
	return wc_view_result(&t->view, w->name, WC_NONE, NULL, 0).status != WC_PENDING;
}

static void flood(struct wc_t *t)
{
	uint32_t first = t->dut->transaction;

	for (unsigned r = 0; r < ROUNDS && !t->runaway; r++) {
		struct work w = { wc_nth("w", r) };

		for (unsigned i = 0; i < EACH; i++)
			ask(t);
		wc_write(t->a, w.name, t->mem.key, wc_page(t, r % 8), wc_bytes(r % 16), WC_SIZE);
		wc_wait(t, answered, &w, w.name);
		w.name = wc_nth("r", r);
		wc_read(t->b, w.name, t->mem.key, wc_page(t, r % 8), WC_SIZE);
		wc_wait(t, answered, &w, w.name);
	}
	wc_value(t, "first", first);
	wc_value(t, "asked", t->lost);
	wc_pause(t, 1000);		/* its patience with questions is back */
}

static void flood_judge(struct wc_judge *j)
{
	uint32_t first = (uint32_t)wc_val(j, "first"), asked = (uint32_t)wc_val(j, "asked");
	static uint8_t seen[MOST];
	size_t other = WC_NONE, again = WC_NONE;
	struct wc_hello h;
	struct wc_tlv_view tlv;

	for (unsigned r = 0; r < ROUNDS; r++) {
		wc_ok(j, 1, wc_nth("w", r));
		wc_data_fill(j, 2, wc_nth("r", r), r % 16, WC_SIZE, "WRONG_DATA");
	}
	for (unsigned i = 0; i < MOST; i++)
		seen[i] = 0;
	wc_cp(j, 3, asked >= ROUNDS * EACH, "ASKED_LESS", "it was asked often");
	for (size_t i = 0; i < j->v->count; i++) {
		uint32_t n = (uint32_t)j->v->f[i].psn - first;

		if (!wc_view_rx(j->v, i) || n >= asked ||
		    !wc_frame_find_tlv(&j->v->f[i], WC_TLV_HELLO, wc_h_hello.bytes, &tlv))
			continue;
		wc_unpack(&wc_h_hello, tlv.value, &h);
		if (h.chip_id != wc_val(j, "claim.chip_id"))
			other = i;
		if (seen[n]++)
			again = i;
	}
	j->evidence = other;
	wc_cp(j, 4, other == WC_NONE, "ANOTHER_CHIP", "each answer is of the same chip");
	j->evidence = again;
	wc_cp(j, 5, again == WC_NONE, "ANSWERED_TWICE", "no HELLO is answered twice");
}

const struct wc_case wc_cases_flood[] = {
	{
		.id = "MG-ST-34", .version = 1, .title = "Work goes on while HELLOs pour in",
		.reqs = "WEFT-MGT-001",
		.stimulus = "HELLO after HELLO, and among them WRITEs and READs",
		.expected = "the work is done; no HELLO is answered twice",
		.checkpoints = 5, .drive = flood, .judge = flood_judge,
	},
	{ .id = NULL },
};
