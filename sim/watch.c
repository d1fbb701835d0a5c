/* SPDX-License-Identifier: BSD-2-Clause */
/* See watch.h. */
#include <stdlib.h>
#include <string.h>

#include "sim/host.h"
#include "sim/lanes.h"
#include "sim/team.h"
#include "sim/util.h"
#include "sim/watch.h"

#define FIRST_PERIOD (2 * SIM_US)	/* if the scenario has none; doubled as time goes on */

const char *const sim_path_look_name[SIM_PATH_LOOKS] = {
	"none", "good", "marked", "skipped", "suspect", "denied", "down",
};

static bool has(const struct sim_watch *w, uint32_t chip, uint32_t peer)
{
	for (uint32_t i = 0; i < w->n; i++)
		if (w->context[i].chip == chip && w->context[i].peer == peer)
			return true;
	return false;
}

void sim_watch_init(struct sim_watch *w, const struct sim_scenario *sc, uint32_t n,
		    void (*pair)(const void *ctx, uint32_t i, uint32_t *chip, uint32_t *peer),
		    const void *ctx)
{
	uint32_t want = (uint32_t)(sc->watch < n ? sc->watch : n), chip, peer;

	memset(w, 0, sizeof(*w));
	if (sc->transport != SIM_TRANSPORT_WEFT || sc->paths < 2)
		return;
	for (uint32_t i = 0; i < want; i++) {
		pair(ctx, (uint32_t)((uint64_t)i * n / want), &chip, &peer);
		if (!has(w, chip, peer))
			w->context[w->n++] = (struct sim_watched){ chip, peer, UINT32_MAX };
	}
	w->paths = (uint32_t)sc->paths;
	w->period = sc->watch_ns ? sc->watch_ns * SIM_NS : FIRST_PERIOD;
	w->seen = sim_zalloc((size_t)SIM_LOOKS * (w->n ? w->n : 1), w->paths);
}

void sim_watch_fini(struct sim_watch *w)
{
	free(w->seen);
	memset(w, 0, sizeof(*w));
}

/* The context of a pair, if there is one: the first that was made. */
static const struct sim_pdc *find(const struct sim_hosts *h, struct sim_watched *c)
{
	const struct sim_chip *chip = &h->chip[c->chip];

	for (uint32_t i = 0; c->pdc == UINT32_MAX && i < chip->pdcs; i++)
		if (h->pdc[chip->pdc[i]]->peer == c->peer)
			c->pdc = chip->pdc[i];
	return c->pdc == UINT32_MAX ? NULL : h->pdc[c->pdc];
}

static enum sim_path_look look_of(const struct weft_path_gauge *g)
{
	if (g->down)
		return SIM_PATH_DOWN;
	switch ((enum weft_path_state)g->state) {
	case WEFT_PATH_STATE_GOOD:
		return g->marks ? SIM_PATH_MARKED : SIM_PATH_GOOD;
	case WEFT_PATH_STATE_SKIP:
		return SIM_PATH_SKIPPED;
	case WEFT_PATH_STATE_SUSPECT:
		return SIM_PATH_SUSPECT;
	case WEFT_PATH_STATE_DENIED:
		return SIM_PATH_DENIED;
	}
	return SIM_PATH_NONE;
}

/* Every other look is kept. */
static void thin_out(struct sim_watch *w)
{
	size_t row = (size_t)w->n * w->paths;

	for (uint32_t i = 1; i < SIM_LOOKS / 2; i++)
		memcpy(&w->seen[i * row], &w->seen[2 * i * row], row);
	w->looks = SIM_LOOKS / 2;
	w->period *= 2;
}

/* A process sees the contexts of its chips; of the others nothing, which is 0. */
static void look(struct sim_watch *w, const struct sim_hosts *h, const struct sim *sim)
{
	struct weft_path_gauge g;
	uint8_t *at;

	if (w->looks == SIM_LOOKS)
		thin_out(w);
	at = &w->seen[(size_t)w->looks++ * w->n * w->paths];
	memset(at, SIM_PATH_NONE, (size_t)w->n * w->paths);
	for (uint32_t i = 0; i < w->n; i++, at += w->paths) {
		const struct sim_pdc *p = sim_mine(sim, w->context[i].chip) ?
					  find(h, &w->context[i]) : NULL;

		for (uint16_t k = 0; p && k < w->paths; k++)
			if (weft_path_gauge(p->pdc, k, &g))
				at[k] = (uint8_t)look_of(&g);
	}
}

enum sim_end sim_watch_run(struct sim_watch *w, const struct sim_hosts *h, struct sim *sim,
			   sim_time limit)
{
	enum sim_end end;

	while (w->n && (sim_time)w->looks * w->period < limit) {
		end = sim_deadlock_run(sim, (sim_time)w->looks * w->period);
		if (end != SIM_END_TIME)
			return end;
		look(w, h, sim);
	}
	return sim_deadlock_run(sim, limit);
}

uint32_t sim_watch_count(const struct sim_watch *w, uint32_t at, uint32_t context,
			 enum sim_path_look what)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < w->paths; k++)
		n += sim_watch_seen(w, at, context, k) == what;
	return n;
}
