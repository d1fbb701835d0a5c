/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * box: the impairment box between two devices, until it is told to stop.
 */
#include "conformance/box_run.h"
#include "conformance/cli.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#define STEP_MS 200

static volatile sig_atomic_t stopped;

static void stop(int signo)
{
	(void)signo;
	stopped = 1;
}

/* The schedule and the paths that the command line asks for. */
static int gather(const struct wc_args *a, struct wc_box_run *r, struct wc_box_cfg *cfg, char *err,
		  size_t errlen)
{
	int rc = 0;

	for (unsigned i = 0; i < a->n_faults && !rc; i++)
		rc = wc_schedule_add(&r->s, a->fault[i], "--fault", i + 1, err, errlen);
	for (unsigned i = 0; i < a->n_schedules && !rc; i++)
		rc = wc_schedule_load(&r->s, a->schedule[i], err, errlen);
	if (a->random && !rc)
		rc = wc_schedule_draw(&r->s, a->random, a->seed, a->span, err, errlen);
	for (unsigned i = 0; i < a->n_paths && !rc; i++) {
		if (wc_path_parse(a->path[i], &cfg->path[cfg->n_paths++]))
			continue;
		snprintf(err, errlen, "--path %s: give delay=50us, loss=0.01, rate=BITS (per "
			 "second, at least 1000), with commas between", a->path[i]);
		rc = -1;
	}
	return rc;
}

static int carry(struct wc_box_run *r, uint64_t for_ns, char *err, size_t errlen)
{
	struct timespec from, now;
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &from);
	while (!stopped && !rc) {
		rc = wc_box_step(r, STEP_MS);
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (for_ns && (uint64_t)(now.tv_sec - from.tv_sec) * 1000000000u +
		    (uint64_t)now.tv_nsec - (uint64_t)from.tv_nsec >= for_ns)
			break;
	}
	if (rc)
		snprintf(err, errlen, "a carriage is dead: %s", strerror(-rc));
	return rc;
}

int wc_cmd_box(const struct wc_args *a)
{
	struct wc_box_cfg cfg = { .listen = a->listen, .local = a->local, .to = a->to,
				  .out = a->out, .seed = a->seed };
	struct sigaction act = { .sa_handler = stop };
	struct wc_box_run r = { .began_ns = 0 };
	char err[512] = "";
	int rc;

	if (!a->to || a->n_rest) {
		fputs("weft-conform: box: say with --to where the target is, such as --to "
		      "udp:10.0.0.2:49190\n", stderr);
		return WC_EXIT_USAGE;
	}
	rc = gather(a, &r, &cfg, err, sizeof(err));
	if (!rc)
		rc = wc_box_open(&r, &cfg, err, sizeof(err));
	if (rc) {
		fprintf(stderr, "weft-conform: box: %s\n", err);
		wc_box_close(&r);
		return WC_EXIT_USAGE;
	}
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	printf("box at %s to %s : %u rules, %u paths, seed %016" PRIx64 "\n", r.url, a->to, r.s.n,
	       cfg.n_paths ? cfg.n_paths : 1, a->seed);
	fflush(stdout);
	rc = carry(&r, a->for_ns, err, sizeof(err));
	if (rc)
		fprintf(stderr, "weft-conform: box: %s\n", err);
	wc_box_tell(&r, stdout);
	wc_box_close(&r);
	return rc ? 3 : 0;
}
