/* SPDX-License-Identifier: BSD-2-Clause */
/* See progress.h. */
#include <inttypes.h>
#include <string.h>

#include "sim/progress.h"

enum { BAR = 20 };

/* "2 h 05 min", "3 min 20 s", "12 s"; what lies ahead is not known to the second. */
static void span_text(char *text, size_t size, double s)
{
	unsigned long all = (unsigned long)(s + 0.5);

	if (s > 359999)
		snprintf(text, size, "more than 99 h");
	else if (all >= 3600)
		snprintf(text, size, "%lu h %02lu min", all / 3600, all / 60 % 60);
	else if (all >= 60)
		snprintf(text, size, "%lu min %02lu s", all / 60, all % 60);
	else
		snprintf(text, size, "%lu s", all);
}

static void bar_text(char bar[BAR + 1], double share)
{
	memset(bar, '.', BAR);
	memset(bar, '#', (size_t)(share * BAR));
	bar[BAR] = '\0';
}

void sim_progress_runs(char text[SIM_PROGRESS_ROOM], double passed_s, uint64_t before,
		       uint64_t done, uint64_t all, int failed)
{
	double share = all ? (double)done / (double)all : 1;
	char bar[BAR + 1], ahead[32] = "?";

	bar_text(bar, share);
	if (done > before)
		span_text(ahead, sizeof(ahead),
			  passed_s * (double)(all - done) / (double)(done - before));
	snprintf(text, SIM_PROGRESS_ROOM, "[%s] %5.1f %%  ETA %s  %" PRIu64 " of %" PRIu64
		 " runs done, %d failed", bar, share * 100, ahead, done, all, failed);
}

void sim_progress_text(char text[SIM_PROGRESS_ROOM], struct sim_progress_state *s, double share,
		       double now_s, sim_time simulated, uint64_t events, uint64_t hops)
{
	double since = now_s - s->last_s, left;
	char bar[BAR + 1], ahead[32] = "?";

	share = share < 0 ? 0 : share > 1 ? 1 : share;
	bar_text(bar, share);
	if (share > 0) {
		left = (now_s - s->began_s) * (1 - share) / share;
		span_text(ahead, sizeof(ahead), left);
	}
	since = since > 0 ? since : 1;
	snprintf(text, SIM_PROGRESS_ROOM, "[%s] %5.1f %%  ETA %s  %.1f us simulated  %.2f M "
		 "events/s  %.2f M hops/s", bar, share * 100, ahead, (double)simulated / SIM_US,
		 (double)(events - s->events) / since / 1e6,
		 (double)(hops - s->hops) / since / 1e6);
	s->last_s = now_s;
	s->events = events;
	s->hops = hops;
}
