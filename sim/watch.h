/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Path states over time: what the engine knows of each path of some contexts, looked at every so
 * often. Nothing of the run depends on it: it looks between two stretches of time.
 */
#ifndef SIM_WATCH_H
#define SIM_WATCH_H

#include "sim/fabric.h"

enum {
	SIM_WATCH_MAX = 64,	/* contexts */
	SIM_LOOKS = 256		/* at each: when time runs past them every other one is kept */
};

/* What is seen of a path; SIM_PATH_NONE: there is no context yet. */
enum sim_path_look { SIM_PATH_NONE, SIM_PATH_GOOD, SIM_PATH_MARKED, SIM_PATH_SKIPPED,
		     SIM_PATH_SUSPECT, SIM_PATH_DENIED, SIM_PATH_DOWN, SIM_PATH_LOOKS };
extern const char *const sim_path_look_name[SIM_PATH_LOOKS];

struct sim_hosts;
struct sim_scenario;

struct sim_watched {
	uint32_t chip, peer;
	uint32_t pdc;		/* index in hosts->pdc, or UINT32_MAX */
};

struct sim_watch {
	struct sim_watched context[SIM_WATCH_MAX];
	uint32_t n;		/* of them; 0: nothing is watched */
	uint32_t paths;		/* of each */
	uint32_t looks;		/* so far, at 0, period, 2 period ... */
	sim_time period;
	uint8_t *seen;		/* enum sim_path_look: [look][context][path] */
};

/*
 * The contexts from chip to peer of the `n` pairs given are watched as far as the scenario asks for
 * it, evenly chosen; a pair of its own each.
 */
void sim_watch_init(struct sim_watch *w, const struct sim_scenario *sc, uint32_t n,
		    void (*pair)(const void *ctx, uint32_t i, uint32_t *chip, uint32_t *peer),
		    const void *ctx);
void sim_watch_fini(struct sim_watch *w);

/* sim_run(), looking. */
enum sim_end sim_watch_run(struct sim_watch *w, const struct sim_hosts *h, struct sim *sim,
			   sim_time limit);

static inline uint8_t sim_watch_seen(const struct sim_watch *w, uint32_t look, uint32_t context,
				     uint32_t path)
{
	return w->seen[((size_t)look * w->n + context) * w->paths + path];
}

/* Words of `seen`: it is a whole number of them. */
static inline size_t sim_watch_words(const struct sim_watch *w)
{
	return (size_t)SIM_LOOKS * w->n * w->paths / sizeof(uint64_t);
}

/* How many of a context's paths were seen as `what`. */
uint32_t sim_watch_count(const struct sim_watch *w, uint32_t look, uint32_t context,
			 enum sim_path_look what);

#endif
