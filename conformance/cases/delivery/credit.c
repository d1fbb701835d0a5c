/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Credit: what the device grants to a sender that demands.
 */
#include "conformance/cases/common.h"

#define DEMAND	0x80u
#define GRANT	0x40u
#define FEW	10u
#define FAR	100000u

static void demand(struct wc_t *t, uint32_t pkts)
{
	struct wc_frame f = wc_f_base(t->c);

	f.type = WC_CREDIT;
	f.flags &= ~(uint64_t)WC_F_AR;
	f.psn = 0;
	f.credit_flags = DEMAND;
	f.pkts = pkts;
	wc_emit(t->c, &f, WC_E_BAD);	/* as BAD: it takes no PSN */
}

/* The last of the device's GRANTs in [from, until), or WC_NONE; the most that one said in *most. */
static size_t grant(const struct wc_view *v, size_t from, size_t until, uint64_t *most)
{
	size_t at = WC_NONE;

	*most = 0;
	for (size_t i = from; i < v->count && i < until; i++) {
		const struct wc_frame *f = &v->f[i];

		if (!wc_view_rx(v, i) || f->type != WC_CREDIT || !(f->credit_flags & GRANT) ||
		    f->pdc_id != wc_view_value(v, "ctx", 0))
			continue;
		at = i;
		*most = f->pkts > *most ? f->pkts : *most;
	}
	return at;
}

struct wanted {
	size_t from;
	uint64_t pkts;
};

static bool granted(struct wc_t *t, const void *arg)
{
	const struct wanted *w = arg;
	uint64_t most;

	return grant(&t->view, w->from, WC_NONE, &most) != WC_NONE && most >= w->pkts;
}

/* A DEMAND, and its whole GRANT awaited. */
static void ask(struct wc_t *t, const char *mark, uint32_t pkts, uint32_t most)
{
	struct wanted w = { .from = t->tr.count, .pkts = most };

	wc_mark(t, mark);
	demand(t, pkts);
	wc_wait(t, granted, &w, "a GRANT");
}

static void credit(struct wc_t *t)
{
	ask(t, "few", FEW, FEW);
	ask(t, "again", FEW, FEW);
	ask(t, "far", FAR, FEW + WC_MAX_WINDOW);
	wc_pause(t, 10);
	wc_mark(t, "over");
}

static void credit_judge(struct wc_judge *j)
{
	uint64_t most;

	j->evidence = grant(j->v, wc_at(j, "few"), wc_at(j, "again"), &most);
	wc_cp(j, 1, j->evidence != WC_NONE && most >= FEW, "NOT_GRANTED",
	      "a DEMAND of %u packets is granted", FEW);
	wc_cp(j, 2, most <= FEW, "GRANTED_TOO_MUCH", "and no more than it asks for");
	j->evidence = grant(j->v, wc_at(j, "again"), wc_at(j, "far"), &most);
	wc_cp(j, 3, j->evidence != WC_NONE && most == FEW, "NOT_REPEATED",
	      "the same DEMAND brings the same GRANT again");
	j->evidence = grant(j->v, wc_at(j, "far"), wc_at(j, "over"), &most);
	wc_cp(j, 4, j->evidence != WC_NONE && most > FEW, "NOT_GRANTED",
	      "a later DEMAND of much more is granted in part");
	wc_cp(j, 5, most <= FEW + WC_MAX_WINDOW, "GRANTED_TOO_MUCH",
	      "not more than %u packets beyond the last, but %u are", WC_MAX_WINDOW,
	      (unsigned)most - FEW);
}

const struct wc_case wc_cases_credit[] = {
	{
		.id = "DL-BV-80", .version = 1, .title = "DEMAND and GRANT",
		.reqs = "WEFT-CC-042 WEFT-CC-044",
		.stimulus = "a DEMAND of 10 packets, the same again, and one of 100000",
		.expected = "a GRANT of 10, the same again, and one of at most 4096 more",
		.features = WC_FT_CREDIT, .checkpoints = 5, .drive = credit, .judge = credit_judge,
	},
	{ .id = NULL },
};
