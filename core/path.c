/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Paths: entropy values that a context may use.  RUD spreads packets over those that are GOOD
 * (WEFT-CC-004); ROD stays on one and leaves it after a timeout (WEFT-CC-006).
 */
#include "core/pdc.h"

#define LOSSES_SUSPECT 3
#define DENIED_RTTS 64

static void set_state(struct weft_pdc *p, struct path *a, enum weft_path_state next)
{
	weft_assert(weft_path_legal((enum weft_path_state)a->state, next));
	if (next == WEFT_PATH_STATE_SUSPECT || next == WEFT_PATH_STATE_DENIED)
		p->st->path_moves++;
	p->paths_bad = (uint16_t)(p->paths_bad + (next != WEFT_PATH_STATE_GOOD) -
				  (a->state != WEFT_PATH_STATE_GOOD));
	p->paths_used = true;
	a->state = (uint8_t)next;
}

/* What was learnt is forgotten: the context rests and its block goes to another. */
void path_reset(struct weft_pdc *p)
{
	if (p->paths_used)
		memset(p->paths, 0, p->prof->max_paths * sizeof(*p->paths));
	p->paths_used = false;
	p->paths_bad = 0;
}

/* A path whose time is over is tried again. */
static void refresh(struct weft_pdc *p, struct path *a, weft_time now)
{
	if (a->state == WEFT_PATH_STATE_GOOD || now < a->until)
		return;
	if (a->state == WEFT_PATH_STATE_DENIED) {
		set_state(p, a, WEFT_PATH_STATE_SUSPECT);
		a->until = now + p->srtt;
	} else {
		set_state(p, a, WEFT_PATH_STATE_GOOD);
		a->losses = 0;
	}
}

uint16_t path_pick(struct weft_pdc *p, weft_time now)
{
	uint16_t n = p->cfg.n_paths, i, at = p->path_next;

	if (p->cfg.mode == WEFT_MODE_ROD || n == 1)
		return p->path_next;
	for (i = 0; i < n && p->paths_bad; i++) {
		at = (uint16_t)((p->path_next + i) % n);
		refresh(p, &p->paths[at], now);
		if (p->paths[at].state == WEFT_PATH_STATE_GOOD)
			break;
	}
	if (i == n)		/* none is good: use them in turn */
		at = p->path_next;
	p->path_next = (uint16_t)((at + !WEFT_MUTANT(PATH_ALWAYS_ONE)) % n);
	return at;
}

/* WEFT-CC-005 */
void path_marked(struct weft_pdc *p, uint16_t path, weft_time now)
{
	struct path *a;

	if (p->cfg.mode == WEFT_MODE_ROD || p->cfg.n_paths == 1 || !p->run)
		return;
	a = &p->paths[path];
	if (a->state != WEFT_PATH_STATE_GOOD)
		return;
	set_state(p, a, WEFT_PATH_STATE_SKIP);
	a->until = now + p->srtt;
}

void path_lost(struct weft_pdc *p, uint16_t path, weft_time now)
{
	struct path *a = &p->paths[path];

	if (p->cfg.mode == WEFT_MODE_ROD || p->cfg.n_paths == 1)
		return;
	p->paths_used = true;
	if (a->losses < 255)
		a->losses++;
	if (a->losses < LOSSES_SUSPECT)
		return;
	if (a->state == WEFT_PATH_STATE_GOOD || a->state == WEFT_PATH_STATE_SKIP) {
		set_state(p, a, WEFT_PATH_STATE_SUSPECT);
		a->until = now + 4 * p->srtt;
	} else if (a->state == WEFT_PATH_STATE_SUSPECT && a->losses >= 2 * LOSSES_SUSPECT) {
		set_state(p, a, WEFT_PATH_STATE_DENIED);
		a->until = now + DENIED_RTTS * p->srtt;
	}
}

void path_good(struct weft_pdc *p, uint16_t path)
{
	struct path *a = &p->paths[path];

	a->losses = WEFT_MUTANT(PATH_LOSSES_STAY) ? a->losses : 0;
	if (a->state == WEFT_PATH_STATE_SUSPECT)
		set_state(p, a, WEFT_PATH_STATE_GOOD);
}

void path_timeout(struct weft_pdc *p, weft_time now)
{
	(void)now;
	if (p->cfg.n_paths == 1)
		return;
	if (p->cfg.mode == WEFT_MODE_ROD) {		/* WEFT-CC-006 */
		p->path_next = (uint16_t)((p->path_next + !WEFT_MUTANT(PATH_ROD_STAYS)) %
					  p->cfg.n_paths);
		p->st->path_moves++;
	}
}
