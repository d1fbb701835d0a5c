/* SPDX-License-Identifier: BSD-2-Clause */
/* See show.h. */
#include <stdio.h>
#include <time.h>

#include "sim/show.h"

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void sim_show_begin(struct sim_show *s, bool lines)
{
	*s = (struct sim_show){ .lines = lines };
	s->state.began_s = s->state.last_s = seconds();
}

static void show(const struct sim_show *s, const char *text)
{
	fprintf(stderr, s->lines ? "  %s\n" : "\r%s\033[K", text);	/* and nothing behind it */
	fflush(stderr);
}

void sim_show_run(void *ctx, const struct sim *sim, double share)
{
	struct sim_show *s = ctx;
	char text[SIM_PROGRESS_ROOM];
	double now = seconds(), since = now - s->state.last_s;

	if (s->lines ? since < SIM_SHOW_LINES_S : s->state.events && since < 0.5)
		return;
	sim_progress_text(text, &s->state, share, now, sim->now, sim->events_done, sim->hops);
	show(s, text);
}

void sim_show_sweep(void *ctx, uint64_t done, uint64_t all, int failed)
{
	struct sim_show *s = ctx;
	char text[SIM_PROGRESS_ROOM];

	if (failed < 0)
		s->before = done;
	sim_progress_runs(text, seconds() - s->state.began_s, s->before, done, all,
			  failed < 0 ? 0 : failed);
	show(s, text);
}

void sim_show_end(const struct sim_show *s)
{
	if (!s->lines)
		fputs("\r\033[K", stderr);
}
