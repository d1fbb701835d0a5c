/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a run measures while it goes: bytes sent and deepest queue over time, and how long queues
 * were how deep, all by tier. Counters of single ports are in struct sim_port; what the numbers
 * are shown as is report.c's and page.c's.
 */
#ifndef SIM_STATS_H
#define SIM_STATS_H

#include <string.h>

#include "sim/event.h"
#include "sim/topology.h"

enum {
	SIM_SLOTS = 512,	/* of a time series; merged in pairs when time runs past them */
	SIM_DEPTHS = 96,	/* classes of queue depth: see sim_depth_floor() */
	LEAST_QUARTER = 4 * (1023 + 5) + 3	/* bits of a double that say 56 to 63 */
};

struct sim_tier_stats {
	uint64_t waiting;		/* bytes waiting, over time: 1024 byte ps */
	uint64_t depth_ps[SIM_DEPTHS];	/* port-time at each depth above empty */
	uint64_t sent[SIM_SLOTS];	/* bytes whose sending began in the slot */
	uint64_t peak[SIM_SLOTS];	/* bytes waiting at the port where most were */
};

struct sim_stats {
	unsigned shift;			/* log2 of a slot's width in ps */
	struct sim_tier_stats tier[SIM_TIERS];
};

void sim_stats_init(struct sim_stats *s);

/* Merges slots until `now` fits. */
void sim_stats_widen(struct sim_stats *s, sim_time now);

/* Classes are quarters of an octave: the least depth in bytes of class `i`. */
uint64_t sim_depth_floor(unsigned i);
/*
 * An IEEE double has the octave as its exponent and the quarter as the first two bits behind it.
 * Class 0 is up to 63 bytes, the last quarter of the octave from 32 on.
 */
static inline unsigned sim_depth_class(uint32_t bytes)
{
	double as = bytes < 63 ? 63 : bytes;
	uint64_t bits;
	unsigned class;

	memcpy(&bits, &as, sizeof(bits));
	class = (unsigned)(bits >> 50) - LEAST_QUARTER;
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

/* `bytes` begin to be sent at a port of tier `t`. */
static inline void sim_stats_sent(struct sim_stats *s, struct sim_tier_stats *t, sim_time now,
				  uint32_t bytes)
{
	t->sent[sim_slot(s, now)] += bytes;
}

/* The queue of a port of tier `t` now holds `bytes`. */
static inline void sim_stats_peak(struct sim_stats *s, struct sim_tier_stats *t, sim_time now,
				  uint32_t bytes)
{
	uint64_t *slot = &t->peak[sim_slot(s, now)];

	if (*slot < bytes)
		*slot = bytes;
}

/* The queue of a port of tier `t` is about to change; for `span` it has held `bytes`. */
static inline void sim_stats_queue(struct sim_tier_stats *t, sim_time span, uint32_t bytes)
{
	if (!bytes)
		return;
	t->depth_ps[sim_depth_class(bytes)] += span;
	t->waiting += span * bytes >> 10;
}

/* Depth in bytes not exceeded for `share` (0..1) of the port-time given; 0 if always empty. */
uint64_t sim_depth_quantile(const struct sim_stats *s, unsigned tier, uint64_t total_ps,
			    double share);

#endif
