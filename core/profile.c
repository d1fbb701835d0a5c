/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Profiles: what many contexts have in common, checked and completed once, and where the parts
 * of such a context lie in its memory.
 */
#include "core/pdc.h"

#define PACE_BURST_MAX 1024	/* packets */

static bool power_of_two(uint32_t x)
{
	return x && !(x & (x - 1));
}

static bool profile_ok(const struct weft_profile *f)
{
	return f->window >= WEFT_MIN_WINDOW && f->window <= WEFT_MAX_WINDOW &&
	       power_of_two(f->window) && f->max_payload >= WEFT_MIN_PAYLOAD &&
	       f->max_streams && f->max_streams <= 4096 && f->holds <= 1024 &&
	       f->max_paths && f->max_paths <= WEFT_MAX_PATHS &&
	       (unsigned)f->path_law < WEFT_PATH_LAWS && (unsigned)f->cc < WEFT_CC_LAWS &&
	       f->pace_burst <= PACE_BURST_MAX;
}

static void defaults(struct weft_profile *f)
{
	if (!f->pace_burst)
		f->pace_burst = 4;
	if (!f->ack_every)
		f->ack_every = 8;
	if (!f->retry_limit)
		f->retry_limit = 8;
	if (!f->min_rto_ns)
		f->min_rto_ns = 1000000;
	if (!f->max_rto_ns)
		f->max_rto_ns = 250000000;
}

static uint32_t part(uint32_t *at, size_t bytes)
{
	uint32_t here = *at;

	*at += ((uint32_t)bytes + 7) & ~7u;
	return here;
}

static void lay_out(const struct weft_profile *f, struct weft_layout *l)
{
	uint32_t at = 0;

	l->rx_bits = f->window < 64 ? 64 : f->window;
	l->tx_first = rings_tx_first(f);
	/* First, so that no record is in two lines of cache; the pool's link may overwrite one. */
	l->tx = part(&at, l->tx_first * sizeof(struct txrec));
	l->have = part(&at, l->rx_bits / 8);
	l->done = part(&at, l->rx_bits / 8);
	l->tx_short = rings_tx_short(f);
	l->rx_first = rings_rx_first(f);
	l->ctrl_first = rings_ctrl_first(f);
	l->owed_first = rings_owed_first(f);
	l->rx = part(&at, l->rx_first * sizeof(struct rxrec));
	l->paths = part(&at, f->max_paths == 1 || f->sets ? 0 : weft_profile_set(f));
	l->hold_free = part(&at, f->holds * sizeof(uint16_t));
	l->hold_release = part(&at, f->holds * sizeof(uint16_t));
	l->owed = part(&at, l->owed_first * sizeof(struct owed));
	l->ctrl = part(&at, l->ctrl_first * sizeof(struct ctrl_slot));
	l->trims = part(&at, sizeof(struct trims));
	l->total = at;
}

size_t weft_profile_set(const struct weft_profile *f)
{
	return sizeof(struct path_set) + f->max_paths * sizeof(struct path);
}

size_t weft_profile_block(const struct weft_profile *f)
{
	struct weft_layout l;

	if (!profile_ok(f))
		return 0;
	lay_out(f, &l);
	return l.total;
}

/* What decides the layout. */
static uint64_t shape(const struct weft_profile *f)
{
	return (uint64_t)!!f->rings << 63 | (uint64_t)!!f->sets << 62 |
	       (uint64_t)!!f->shorts << 61 |
	       (uint64_t)f->window << 48 |
	       (uint64_t)f->max_paths << 32 | (uint32_t)f->holds << 16 | f->max_streams;
}

static bool pools_ok(const struct weft_profile *f)
{
	return (!f->pool || blocks_fit(f->pool, weft_profile_block(f), shape(f))) &&
	       (!f->rings || (f->pool && blocks_fit(f->rings, weft_profile_ring(f), f->window))) &&
	       (!f->shorts || (f->rings && blocks_fit(f->shorts, weft_profile_short(f), 1))) &&
	       (!f->sets || (f->pool && blocks_fit(f->sets, weft_profile_set(f), f->max_paths)));
}

int weft_profile_prepare(struct weft_profile *f)
{
	f->at.total = 0;
	if (!profile_ok(f) || !pools_ok(f))
		return WEFT_EINVAL;
	defaults(f);
	lay_out(f, &f->at);
	f->at.ack_step = f->ack_every < f->window / 8u ? f->ack_every : f->window / 8u;
	return WEFT_OK;
}
