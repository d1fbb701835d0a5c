/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Receive buffers: those of a stream alone, and those that streams of a chip share.  A shared one
 * is bound to a message by its first packet, and never the last one to a message ahead of its turn
 * (WEFT-SEM-083).
 */
#include "core/test/fabric/fabric.h"

static struct fb_chip *chip_of(struct fb_end *e)
{
	return &e->w->chip[e->conn->chip[e->side]];
}

enum weft_status fb_recv_bind(struct fb_end *e, const struct weft_act *a)
{
	struct fb_chip *c = chip_of(e);
	bool *bound = &e->bound[a->ssn % FB_BOUND];

	if (!e->srq)
		return psn_before(a->ssn, e->posted) ? WEFT_STATUS_OK : WEFT_STATUS_RNR;
	if (e->s->rx_epoch != e->bound_epoch) {		/* WEFT-SEM-084 */
		FB_MUST(e->w, !e->n_bound, "chip %u: shared receive buffers are still bound to "
			"messages that come again", c->id);
		e->bound_epoch = e->s->rx_epoch;
	}
	if (*bound)
		return WEFT_STATUS_OK;
	if (a->early && c->srq_free < 2)
		return WEFT_STATUS_NO_HOLD;
	if (!c->srq_free) {
		e->w->faults[FB_NO_BUFFER]++;
		return WEFT_STATUS_RNR;
	}
	c->srq_free--;
	c->srq_bound++;
	*bound = true;
	e->n_bound++;
	FB_MUST(e->w, e->n_bound <= e->srq, "chip %u: messages of a stream hold %u shared receive "
		"buffers, more than %u", c->id, e->n_bound, e->srq);	/* WEFT-SEM-082 */
	return WEFT_STATUS_OK;
}

static void release(struct fb_end *e, bool *bound)
{
	*bound = false;
	e->n_bound--;
	chip_of(e)->srq_bound--;
}

/* It is used up: the host posts another, soon or later. */
void fb_recv_consumed(struct fb_end *e, uint32_t ssn)
{
	struct fb_chip *c = chip_of(e);
	bool *bound = &e->bound[ssn % FB_BOUND];

	FB_MUST(e->w, *bound, "chip %u: a receive is complete without a buffer", c->id);
	release(e, bound);
	e->w->deeds[FB_DID_SHARED_RECEIVE]++;
	if (fb_chance(&e->rng, e->w->cfg.slow, 256)) {
		c->srq_owed++;
		fb_soon(e, 200000);
	} else {
		c->srq_free++;
	}
}

/* WEFT-SEM-084 */
void fb_recv_unbind(struct fb_end *e, uint32_t from)
{
	for (uint32_t i = 0; i < FB_BOUND && e->n_bound; i++) {
		bool *bound = &e->bound[(from + i) % FB_BOUND];

		if (!*bound)
			continue;
		release(e, bound);
		chip_of(e)->srq_free++;
	}
}

void fb_recv_owed(struct fb_chip *c)
{
	c->srq_free += c->srq_owed;
	c->srq_owed = 0;
}
