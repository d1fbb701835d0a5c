/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hold model: a set of n events; each operation takes the next one and adds one a random time
 * later. The time of the best of several stretches is printed: the machine is shared, and what
 * others do only ever adds.
 */
#include <stdint.h>
#include <time.h>

#include "sim/bench.h"
#include "sim/event.h"
#include "sim/rng.h"
#include "sim/util.h"

enum {
	STRETCHES = 7,
	STRETCH_OPS = 400000
};

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Like the events of a fabric: nearly all within 1.1 us, and later for a crowded set. */
static uint64_t ahead(uint64_t i)
{
	return sim_below(sim_mix(i), 1100000);
}

static double hold_ns(uint32_t pending)
{
	struct sim_events ev;
	struct sim_event e;
	double best = 1e18;
	uint64_t draws = 0;

	if (sim_events_init(&ev, 1))
		sim_die("out of memory for the event calendar");
	for (uint32_t i = 0; i < pending; i++)
		sim_events_add(&ev, ahead(draws++), i, 0);
	for (uint32_t i = 0; i < 2 * pending + STRETCH_OPS; i++) {	/* settle */
		sim_events_take(&ev, &e);
		sim_events_add(&ev, e.at + ahead(draws++), e.who, 0);
	}
	for (int s = 0; s < STRETCHES; s++) {
		double start = now_ns(), took;

		for (int i = 0; i < STRETCH_OPS; i++) {
			sim_events_take(&ev, &e);
			sim_events_add(&ev, e.at + ahead(draws++), e.who, 0);
		}
		took = (now_ns() - start) / STRETCH_OPS;
		if (took < best)
			best = took;
	}
	sim_events_fini(&ev);
	return best;
}

void sim_bench_events(FILE *out)
{
	static const uint32_t pending[] = { 1000, 16000, 128000, 1000000, 4000000 };

	fprintf(out, "%12s  %s\n", "pending", "ns per hold (take + add)");
	for (size_t i = 0; i < sizeof(pending) / sizeof(pending[0]); i++) {
		fprintf(out, "%12u  %.1f\n", pending[i], hold_ns(pending[i]));
		fflush(out);
	}
}
