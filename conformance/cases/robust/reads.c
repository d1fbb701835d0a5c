/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * READs by somebody who acknowledges nothing and asks for more than EP_ACCEPT allows: what the
 * device sends stays within his window, and others are served.
 */
#include "conformance/cases/common.h"

#include <string.h>

#define WINDOW	32u		/* ours */
#define PAYLOAD	512u
#define LEN	4096u		/* of each READ: eight packets */
#define BEYOND	16u		/* READs that are not allowed */
#define ALLOWED	96u		/* of a device that allows more it takes too many */
#define UNACKED	32u
#define PAGE	16u

static bool acked(struct wc_t *t, const void *arg)
{
	const struct wc_ctx *c = arg;

	(void)t;
	return c->n_out < UNACKED;
}

/* One of the READs is refused, which ends their stream, or all are answered. */
static bool settled(struct wc_t *t, const void *arg)
{
	unsigned n = *(const unsigned *)arg;

	for (unsigned i = 0; i < n; i++) {
		int status = wc_view_result(&t->view, wc_nth("r", i), WC_NONE, NULL, 0).status;

		if (status != WC_OK)
			return status != WC_PENDING;
	}
	return true;
}

static void reads(struct wc_t *t)
{
	struct wc_ctx *c = wc_open(t, wc_best_mode(t), WC_DOMAIN);
	struct wc_stream *s, *beside;
	static uint8_t data[LEN];
	uint32_t psn;
	unsigned n;

	c->window = WINDOW;
	c->payload = PAYLOAD;
	s = wc_connect(c, "connect.C", wc_service(t));
	beside = s ? wc_connect(c, "beside", wc_service(t)) : NULL;
	if (!beside)
		return;
	if (!s->reads || s->reads > ALLOWED) {
		wc_mark(t, "skip:ALLOWS_OTHERWISE");
		return;
	}
	n = s->reads + BEYOND;
	wc_value(t, "allowed", s->reads);
	wc_value(t, "n", n);
	wc_fill(data, LEN, 7);
	wc_do_write(t->a, "init", t->mem.key, wc_page(t, PAGE), data, LEN);
	wc_do_read(beside, "warm", t->mem.key, wc_page(t, PAGE), LEN);
	wc_marker(t);
	c->quiet = true;
	wc_mark(t, "quiet");
	psn = c->rx_next;
	wc_value(t, "psn", psn);
	for (unsigned i = 0; i < n; i++) {
		struct wc_frame f = wc_f_read(s, t->mem.key, wc_page(t, PAGE), LEN);

		f.ack_psn = psn - 1;		/* as little as the silence says */
		wc_op(s, wc_nth("r", i), WC_OP_READ, &f);
		wc_wait(t, acked, c, "acknowledgements");
		wc_emit(c, &f, WC_E_OK);
	}
	wc_pause(t, 60);
	wc_do_read(t->b, "other", t->mem.key, wc_page(t, PAGE), LEN);
	wc_mark(t, "over");
	c->quiet = false;
	c->ack_due = true;
	wc_wait(t, settled, &n, "answers");
	wc_do_read(beside, "after", t->mem.key, wc_page(t, PAGE), LEN);
}

static void reads_judge(struct wc_judge *j)
{
	unsigned allowed = (unsigned)wc_val(j, "allowed"), n = (unsigned)wc_val(j, "n"), sent = 0;
	uint32_t first = (uint32_t)wc_val(j, "psn");
	uint64_t pdc = wc_res(j, "connect.C").op.pdc;
	bool refused = false;

	wc_ok(j, 1, "connect.C");
	for (size_t i = wc_at(j, "quiet"); i < wc_at(j, "over"); i++) {
		const struct wc_frame *f = &j->v->f[i];
		uint32_t up_to = (uint32_t)f->psn - first + 1;

		if (!wc_view_rx(j->v, i) || f->pdc_id != pdc || f->type > WC_CTRL)
			continue;
		j->evidence = i;
		sent = up_to > sent && up_to < WC_MAX_WINDOW * 2 ? up_to : sent;
	}
	wc_cp(j, 2, sent <= WINDOW, "TOO_MUCH", "who acknowledges nothing is sent no more than his "
	      "window of %u packets, not %u", WINDOW, sent);
	wc_data_fill(j, 3, "other", 7, LEN, "WRONG_DATA");
	for (unsigned i = 0; i < n && !refused; i++) {
		struct wc_result r = wc_res(j, wc_nth("r", i));

		refused = i >= allowed && r.status != WC_OK;
		if (!refused)
			wc_data_fill(j, 4, wc_nth("r", i), 7, LEN, "WRONG_DATA");
		else
			wc_refused(j, 5, wc_nth("r", i), WC_NO_RESOURCES);
	}
	wc_cp(j, 5, true, "WRONG_STATUS", "those that are not allowed are answered, or refused");
	wc_data_fill(j, 6, "after", 7, LEN, "WRONG_DATA");
}

const struct wc_case wc_cases_reads[] = {
	{
		.id = "RB-ST-09", .version = 1, .title = "READs by who acknowledges nothing",
		.reqs = "WEFT-ACK-009 WEFT-MGT-010 WEFT-SEM-007",
		.stimulus = "16 READs more than EP_ACCEPT allows, none of whose data are "
			    "acknowledged",
		.expected = "no more than our window is sent, other contexts are served; then "
			    "those allowed are answered, the others answered or refused with "
			    "NO_RESOURCES",
		.needs = WC_NEEDS_STREAMS,
		.checkpoints = 6, .vary = WC_VARY_ROD, .drive = reads, .judge = reads_judge,
	},
	{ .id = NULL },
};
