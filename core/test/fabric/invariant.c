/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What must hold of engines after every event, of their insides now and then, and of everything
 * when all is over.  What must come of work is the oracle's.
 */
#include "core/ls.h"
#include "core/test/fabric/fabric.h"
#include "core/test/net_check.h"

/* Windows, credits and queues are what the hosts know them to be. */
static void look_at_streams(struct fb_ctx *x, struct fb_world *w)
{
	for (struct fb_end *e = x->ends; e; e = e->next) {
		const struct weft_stream *s = e->s;

		FB_MUST(w, s->tail - s->head == e->tail - e->head && s->tail == e->tail,
			"chip %u: a stream has other work requests than were posted", x->chip);
		FB_MUST(w, s->credits == e->posted, "chip %u: a stream has other credits than "
			"were given", x->chip);
	}
}

static void look_inside(struct fb_ctx *x, struct fb_world *w)
{
	const char *wrong = net_check(x->pdc);

	const struct fb_chip *c = &w->chip[x->chip];

	w->checks++;
	FB_MUST(w, !x->ls || x->pdc->ls->n_out == x->ls->n, "chip %u: a context has other "
		"operations of load and store than were posted", x->chip);
	FB_MUST(w, c->srq_free + c->srq_bound + c->srq_owed == w->cfg.buffers,
		"chip %u: shared receive buffers are lost, or more than there were", x->chip);
	FB_MUST(w, !wrong, "chip %u: the context to chip %u: %s", x->chip, x->peer, wrong);
	look_at_streams(x, w);
}

void fb_look(struct fb_ctx *x, struct fb_world *w)
{
	const struct weft_pdc *p = x->pdc;
	weft_time deadline = x->deadline;

	w->where = NULL;
	FB_MUST(w, p->nxt - p->una <= p->prof->window,
		"chip %u: more is outstanding than the window", x->chip);
	FB_MUST(w, !pdc_live(p) || p->una == p->nxt || deadline != WEFT_NEVER,
		"chip %u: packets are outstanding without a deadline", x->chip);
	FB_MUST(w, x->blocked || deadline > fb_clock(w, &w->chip[x->chip]),
		"chip %u: a deadline lies in the past", x->chip);
	FB_MUST(w, !psn_before(p->peer_demand, p->granted), "chip %u: more credit is granted than "
		"was asked for", x->chip);
	if (w->cfg.check > 1 || (w->cfg.check && !--x->turns)) {
		x->turns = 4u * p->prof->window + 256;
		look_inside(x, w);
	}
}

void fb_look_at_end(struct fb_world *w)
{
	char text[200];

	FB_MUST(w, !w->contexts, "%u contexts are left", w->contexts);
	FB_MUST(w, !w->kept, "hosts still keep %u packets", w->kept);
	FB_MUST(w, !w->sim.pool.live, "%u packets are left on the wire", w->sim.pool.live);
	FB_MUST(w, !sim_audit(&w->sim, text, sizeof(text)), "%s", text);
	for (uint32_t i = 0; i < FB_LATE; i++)
		FB_MUST(w, !w->late[i].used, "an answer was never given");
	for (uint32_t i = 0; i < w->cfg.chips; i++)
		FB_MUST(w, w->chip[i].pool.n_free == w->chip[i].pool.n_all &&
			w->chip[i].streams.n_free == w->chip[i].streams.n_all,
			"chip %u: blocks of working memory were not given back", i);
	for (uint32_t i = 0; i < w->cfg.chips; i++)
		FB_MUST(w, !w->chip[i].srq_bound, "chip %u: shared receive buffers are still bound",
			i);
	for (uint32_t i = 0; i < w->cfg.chips; i++)
		FB_MUST(w, !memcmp(w->chip[i].counter, w->chip[i].counter_is,
				   sizeof(w->chip[i].counter)), "chip %u: counters are wrong", i);
	FB_MUST(w, !memcmp(w->mem, w->model, 2u * w->cfg.conns * (size_t)FB_STRIDE),
		"memory is not what it must be");
}
