/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a run measures while it goes: bytes sent and deepest queue over time, and how long queues
 * were how deep, all by tier. Counters of single ports are in struct sim_port; what the numbers
 * are shown as is report.c's and page.c's.
 */
#ifndef SIM_STATS_H
#define SIM_STATS_H

#include "sim/event.h"
#include "sim/topology.h"

enum {
	SIM_SLOTS = 512,	/* of a time series; merged in pairs when time runs past them */
	SIM_DEPTHS = 96		/* classes of queue depth: see sim_depth_floor() */
};

struct sim_series {
	uint64_t slot[SIM_SLOTS];
};

struct sim_stats {
	unsigned shift;				/* log2 of a slot's width in ps */
	struct sim_series sent[SIM_TIERS];	/* bytes whose sending began in the slot */
	struct sim_series peak[SIM_TIERS];	/* bytes waiting at the port where most were */
	uint64_t waiting[SIM_TIERS];		/* bytes waiting, over time: 1024 byte ps */
	uint64_t depth_ps[SIM_TIERS][SIM_DEPTHS]; /* port-time at each depth above empty */
};

void sim_stats_init(struct sim_stats *s);

/* Merges slots until `now` fits. */
void sim_stats_widen(struct sim_stats *s, sim_time now);

/* Classes are quarters of an octave: the least depth in bytes of class `i`. */
uint64_t sim_depth_floor(unsigned i);
static inline unsigned sim_depth_class(uint64_t bytes)
{
	unsigned octave, class;

	if (bytes < 64)
		return 0;
	octave = 63u - (unsigned)__builtin_clzll(bytes);
	class = 1 + 4 * (octave - 6) + (unsigned)(bytes >> (octave - 2) & 3);
	return class < SIM_DEPTHS ? class : SIM_DEPTHS - 1;
}

static inline unsigned sim_slot(struct sim_stats *s, sim_time now)
{
	if (now >> s->shift >= SIM_SLOTS)
		sim_stats_widen(s, now);
	return (unsigned)(now >> s->shift);
}

/* Slots that cover the time from 0 to `until`, as far as anything was counted. */
static inline uint32_t sim_slots(const struct sim_stats *s, sim_time until)
{
	return until >> s->shift < SIM_SLOTS ? (uint32_t)(until >> s->shift) + 1 : SIM_SLOTS;
}

/* `bytes` begin to be sent at a port of `tier`. */
static inline void sim_stats_sent(struct sim_stats *s, unsigned tier, sim_time now, uint32_t bytes)
{
	s->sent[tier].slot[sim_slot(s, now)] += bytes;
}

/* The queue of a port of `tier` now holds `bytes`. */
static inline void sim_stats_peak(struct sim_stats *s, unsigned tier, sim_time now, uint32_t bytes)
{
	uint64_t *slot = &s->peak[tier].slot[sim_slot(s, now)];

	if (*slot < bytes)
		*slot = bytes;
}

/* The queue of a port of `tier` is about to change; for `span` it has held `bytes`. */
static inline void sim_stats_queue(struct sim_stats *s, unsigned tier, sim_time span,
				   uint32_t bytes)
{
	if (!bytes)
		return;
	s->depth_ps[tier][sim_depth_class(bytes)] += span;
	s->waiting[tier] += span * bytes >> 10;
}

/* Depth in bytes not exceeded for `share` (0..1) of the port-time given; 0 if always empty. */
uint64_t sim_depth_quantile(const struct sim_stats *s, unsigned tier, uint64_t total_ps,
			    double share);

#endif
