/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets without end for contexts that nobody has.  The device may answer them, none twice and
 * with no more bytes than came, or stop answering (WEFT-NET-080); its work goes on.
 */
#include "conformance/cases/robust/chance.h"

#define ROUNDS	16u
#define EACH	64u		/* packets before each piece of work, at each look for its end */
#define MOST	8192u
#define FIRST	0x51000000u	/* PSN of the first; each has the next */

static bool is_ours(const struct wc_t *t, uint32_t id)
{
	for (unsigned i = 0; i < t->n_ctx; i++)
		if (t->ctx[i].known && t->ctx[i].peer_id == id)
			return true;
	return !id;
}

/* One more WRITE, as long as there are not too many. */
static void stray(struct wc_t *t)
{
	struct wc_frame f = wc_f_write(t->a, t->mem.key, wc_page(t, 60), wc_bytes(WC_NEW_SEED),
				       WC_SIZE);
	static uint8_t out[WC_FRAME_MAX];

	if (t->lost == MOST)
		return;
	do {
		f.pdc_id = t->c->peer_id ^ wc_draw(t, 1 << 24);
	} while (is_ours(t, (uint32_t)f.pdc_id));
	f.flags &= ~(uint64_t)WC_F_GEN;
	f.psn = FIRST + t->lost++;
	wc_emit_bytes(t, out, wc_build(&f, out), WC_E_BAD);
}

/* The flood does not stop while something is waited for. */
static bool answered(struct wc_t *t, const void *name)
{
	for (unsigned i = 0; i < EACH; i++)
		stray(t);
	return wc_view_result(&t->view, name, WC_NONE, NULL, 0).status != WC_PENDING;
}

static void nobody(struct wc_t *t)
{
	wc_do_write(t->a, "init", t->mem.key, wc_page(t, 60), wc_bytes(WC_OLD_SEED), WC_SIZE);
	wc_mark(t, "flood");
	for (unsigned r = 0; r < ROUNDS && !t->runaway; r++) {
		for (unsigned i = 0; i < EACH; i++)
			stray(t);
		wc_write(t->a, wc_nth("w", r), t->mem.key, wc_page(t, r % 8), wc_bytes(r % 16),
			 WC_SIZE);
		wc_wait(t, answered, wc_nth("w", r), "a WRITE");
		wc_read(t->b, wc_nth("r", r), t->mem.key, wc_page(t, r % 8), WC_SIZE);
		wc_wait(t, answered, wc_nth("r", r), "a READ");
	}
	wc_value(t, "strays", t->lost);
	wc_pause(t, 1000);		/* its patience with strangers is back */
	wc_mark(t, "over");
	wc_do_read(t->a, "after", t->mem.key, wc_page(t, 60), WC_SIZE);
}

static void nobody_judge(struct wc_judge *j)
{
	uint64_t strays = wc_val(j, "strays"), in = 0, out = 0;
	static uint8_t seen[MOST];
	size_t again = WC_NONE, other = WC_NONE;

	for (unsigned i = 0; i < MOST; i++)
		seen[i] = 0;
	for (unsigned r = 0; r < ROUNDS; r++) {
		wc_ok(j, 1, wc_nth("w", r));
		wc_data_fill(j, 2, wc_nth("r", r), r % 16, WC_SIZE, "WRONG_DATA");
	}
	for (size_t i = wc_at(j, "flood"); i < wc_at(j, "over"); i++) {
		const struct wc_frame *f = &j->v->f[i];

		if (j->v->t->rec[i].kind == WC_R_TX && f->psn - FIRST < strays)
			in += j->v->t->rec[i].len;
		if (!wc_view_rx(j->v, i) || f->type != WC_NACK)
			continue;
		out += j->v->t->rec[i].len;
		if (f->reason != WC_N_NO_CONTEXT || f->nack_psn - FIRST >= strays)
			other = i;
		else if (seen[f->nack_psn - FIRST]++)
			again = i;
	}
	j->evidence = other;
	wc_cp(j, 3, other == WC_NONE, "WRONG_NACK", "no NACK but NO_CONTEXT for what was sent");
	j->evidence = again;
	wc_cp(j, 4, again == WC_NONE, "ANSWERED_TWICE", "no packet is answered twice");
	wc_cp(j, 5, out <= in, "MORE_THAN_CAME", "%llu bytes came, no more are sent for them, but "
	      "%llu were", (unsigned long long)in, (unsigned long long)out);
	wc_data_fill(j, 6, "after", WC_OLD_SEED, WC_SIZE, "WRITTEN");
}

const struct wc_case wc_cases_nobody[] = {
	{
		.id = "RB-ST-05", .version = 1, .title = "Work goes on while strays pour in",
		.reqs = "WEFT-PDC-010 WEFT-NET-080",
		.stimulus = "WRITEs for contexts that nobody has, drawn from the seed, without "
			    "end; among them WRITEs and READs for one that there is",
		.expected = "the work is done; no stray is answered twice, nor with more bytes",
		.checkpoints = 6, .drive = nobody, .judge = nobody_judge,
	},
	{ .id = NULL },
};
