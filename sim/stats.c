/* SPDX-License-Identifier: BSD-2-Clause */
/* See stats.h. */
#include <string.h>

#include "sim/stats.h"

enum {
	FIRST_SLOT_SHIFT = 14	/* 16 ns */
};

void sim_stats_init(struct sim_stats *s)
{
	memset(s, 0, sizeof(*s));
	s->shift = FIRST_SLOT_SHIFT;
}

void sim_stats_widen(struct sim_stats *s, sim_time now)
{
	for (; now >> s->shift >= SIM_SLOTS; s->shift++) {
		for (unsigned t = 0; t < SIM_TIERS; t++) {
			uint64_t *sent = s->tier[t].sent, *peak = s->tier[t].peak;

			for (unsigned i = 0; i < SIM_SLOTS / 2; i++) {
				uint64_t a = peak[2 * i], b = peak[2 * i + 1];

				sent[i] = sent[2 * i] + sent[2 * i + 1];
				peak[i] = a > b ? a : b;
			}
			memset(sent + SIM_SLOTS / 2, 0, SIM_SLOTS / 2 * sizeof(*sent));
			memset(peak + SIM_SLOTS / 2, 0, SIM_SLOTS / 2 * sizeof(*peak));
		}
	}
}

/* Class 0 is below 64 bytes; then four classes for each doubling. */
uint64_t sim_depth_floor(unsigned i)
{
	if (i == 0)
		return 0;
	return (uint64_t)(4 + (i - 1) % 4) << (4 + (i - 1) / 4);
}

uint64_t sim_depth_quantile(const struct sim_stats *s, unsigned tier, uint64_t total_ps,
			    double share)
{
	double above = (double)total_ps * (1 - share), sum = 0;

	for (unsigned i = SIM_DEPTHS; i-- > 0;) {
		sum += (double)s->tier[tier].depth_ps[i];
		if (sum > above)
			return i + 1 < SIM_DEPTHS ? sim_depth_floor(i + 1) : sim_depth_floor(i);
	}
	return 0;
}
