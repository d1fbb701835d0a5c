/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rig: is the path between tester and device good enough to judge by, and is the device set up as
 * the suite needs it?  Measures and says; no verdict about the device follows from it.
 */
#include "conformance/cli.h"
#include "conformance/ut.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ASKS	200u	/* READs one after another */
#define BURST	16u	/* WRITEs at once */
#define BURSTS	25u
#define PAUSES	100u	/* of 1 ms: what our clock and the waking up are worth */

struct figures {
	uint64_t rtt_ns[ASKS];	/* sorted */
	unsigned answered;
	unsigned sent, again;	/* packets of ours, and those sent more than once */
	double burst_per_s;	/* packets of a burst that are acknowledged, per second */
	uint64_t tick_ns;	/* least step of our clock that was seen */
	uint64_t late_ns;	/* by so much at most a pause was longer than it should be */
	unsigned regions, wrong;	/* of the personality */
	char first_wrong[96];
};

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Round trips: READs of 16 bytes, one at a time. */
static void measure_rtt(struct wc_t *t, struct figures *g)
{
	for (unsigned i = 0; i < ASKS && !t->runaway && !wc_interrupted; i++) {
		const char *name = wc_nth("ask", i);
		struct wc_result r;

		if (!wc_do_read(t->a, name, t->mem.key, t->mem.base, 16))
			continue;
		r = wc_view_result(&t->view, name, WC_NONE, NULL, 0);
		if (r.status == WC_OK && r.evidence != WC_NONE)
			g->rtt_ns[g->answered++] = t->tr.rec[r.evidence].t_ns -
						   t->tr.rec[r.at].t_ns;
	}
	qsort(g->rtt_ns, g->answered, sizeof(g->rtt_ns[0]), by_size);
}

/* Headroom: bursts of WRITEs, and what was lost of all that we sent. */
static void measure_bursts(struct wc_t *t, struct figures *g)
{
	uint8_t data[256];
	uint64_t t0 = wc_now(t), ns;
	unsigned done = 0;

	wc_fill(data, sizeof(data), 1);
	for (unsigned b = 0; b < BURSTS && !t->runaway && !wc_interrupted; b++) {
		for (unsigned i = 0; i < BURST; i++)
			wc_write(t->a, wc_nth("burst", b * BURST + i), t->mem.key,
				 t->mem.base + 512, data, sizeof(data));
		if (wc_await(t, wc_nth("burst", b * BURST + BURST - 1)))
			done += BURST;
	}
	ns = wc_now(t) - t0;
	g->burst_per_s = ns ? done * 1e9 / (double)ns : 0;
	for (size_t i = 0; i < t->view.count; i++) {
		if (t->tr.rec[i].kind != WC_R_TX || t->view.f[i].type != WC_DATA)
			continue;
		g->sent++;
		g->again += t->tr.rec[i].flags & WC_T_AUTO && t->view.f[i].flags & WC_F_RTX;
	}
}

static void measure_clock(struct wc_t *t, struct figures *g)
{
	uint64_t last = wc_now(t);

	g->tick_ns = UINT64_MAX;
	for (unsigned i = 0; i < 20000 && !t->dut->port->virtual_time; i++) {
		uint64_t now = wc_now(t);

		if (now > last && now - last < g->tick_ns)
			g->tick_ns = now - last;
		last = now;
	}
	if (g->tick_ns == UINT64_MAX)
		g->tick_ns = t->dut->port->virtual_time ? 1 : 0;
	for (unsigned i = 0; i < PAUSES; i++) {
		uint64_t due = wc_now(t) + 1000000;

		wc_pause(t, 1);
		if (wc_now(t) > due + g->late_ns)
			g->late_ns = wc_now(t) - due;
	}
}

/* Are the regions of the personality as personality.txt gives them?  Asked by READs. */
static void check_regions(struct wc_t *t, struct figures *g)
{
	static const struct { uint32_t key; enum wc_status status; } want[] = {
		{ WC_KEY_RWA, WC_OK }, { WC_KEY_R, WC_OK }, { WC_KEY_W, WC_NO_RIGHTS },
		{ WC_KEY_DOMAIN, WC_BAD_DOMAIN }, { WC_KEY_DEAD, WC_BAD_KEY },
		{ WC_KEY_PD, WC_BAD_DOMAIN }, { WC_KEY_RELAXED, WC_OK },
	};

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		const char *name = wc_nth("region", want[i].key);
		struct wc_stream *s = wc_connect(t->c, wc_nth("regions", (unsigned)i),
						 WC_SERVICE_PERSONALITY);
		int status = WC_PENDING;

		if (s && wc_do_read(s, name, want[i].key, WC_BASE(want[i].key), 16))
			status = wc_view_result(&t->view, name, WC_NONE, NULL, 0).status;
		g->regions++;
		if (status == (int)want[i].status)
			continue;
		if (!g->wrong++)
			snprintf(g->first_wrong, sizeof(g->first_wrong), "a READ by key 0x%x is "
				 "answered %s, not %s", want[i].key, status < 0 ? "by nothing" :
				 wc_status_name((unsigned)status), wc_status_name(want[i].status));
	}
}

static double ms(uint64_t ns)
{
	return (double)ns / 1e6;
}

static void tell_figures(const struct wc_dut *d, const struct figures *g)
{
	const struct wc_claims *c = &d->claims;
	char modes[64], profiles[96], features[192];

	wc_flag_names("modes", c->h.modes, modes, sizeof(modes));
	wc_flag_names("profiles", c->h.profiles, profiles, sizeof(profiles));
	wc_flag_names("features", c->limits.features, features, sizeof(features));
	printf("device      chip %016" PRIx64 ", class %s\n", c->h.chip_id,
	       wc_class_name(c->h.class_));
	printf("claims      modes [%s], profiles [%s], %" PRIu64 " bytes, %" PRIu64 " packets\n"
	       "            features [%s]\n", modes, profiles, c->h.max_payload, c->h.max_window,
	       features);
	printf("services    test personality %s, chip service %s, second domain %s, upper tester "
	       "%s\n", c->personality ? "yes" : "no", c->chip ? "yes" : "no",
	       c->two_domains ? "yes" : "no", c->upper ? "yes" : "no");
	printf("path        packets of %u bytes from %s\n", d->path_payload, d->port->local);
	printf("clock       %s, step %" PRIu64 " ns, pauses of 1 ms at most %.3f ms too long\n",
	       d->port->virtual_time ? "virtual" : "monotonic", g->tick_ns, ms(g->late_ns));
	if (g->answered)
		printf("round trip  median %.3f ms, 99 %% within %.3f ms, worst %.3f ms, "
		       "%u of %u\n", ms(g->rtt_ns[g->answered / 2]),
		       ms(g->rtt_ns[g->answered * 99 / 100]), ms(g->rtt_ns[g->answered - 1]),
		       g->answered, ASKS);
	printf("headroom    %.0f packets/s in bursts of %u\n", g->burst_per_s, BURST);
	printf("loss        %u of %u packets had to be sent again\n", g->again, g->sent);
	if (g->regions)
		printf("regions     %u of %u as personality.txt says\n", g->regions - g->wrong,
		       g->regions);
}

/* What makes verdicts doubtful; how many of that. */
static unsigned tell_doubts(const struct wc_dut *d, const struct figures *g)
{
	uint64_t worst = g->answered ? g->rtt_ns[g->answered - 1] : 0;
	unsigned n = 0;

	if (g->answered < ASKS)
		n += (unsigned)printf("doubt       %u READs had no answer\n",
				      ASKS - g->answered) > 0;
	if (g->again)
		n += (unsigned)printf("doubt       the path or the device loses packets: a FAIL "
				      "may be the path's\n") > 0;
	if (worst * 4 > d->patience_ms * 1000000ull)
		n += (unsigned)printf("doubt       the worst round trip is more than a quarter of "
				      "the patience: --patience %u\n",
				      (unsigned)(worst * 8 / 1000000) + 1) > 0;
	if (g->late_ns * 4 > d->patience_ms * 1000000ull)
		n += (unsigned)printf("doubt       this machine is too busy to keep time: cases "
				      "that judge by it may fail\n") > 0;
	if (g->wrong)
		n += (unsigned)printf("doubt       %s\n", g->first_wrong) > 0;
	return n;
}

static int measure(struct wc_dut *d)
{
	static struct figures g;
	struct wc_t *t = wc_run_begin(d, d->seed);
	bool ready = t && wc_run_prepare(t, 0);
	unsigned doubts;

	memset(&g, 0, sizeof(g));
	if (ready) {
		measure_clock(t, &g);
		measure_rtt(t, &g);
		measure_bursts(t, &g);
		if (d->claims.personality)
			check_regions(t, &g);
	}
	wc_run_finish(t);
	if (!ready) {
		puts("doubt       a context with two streams and memory could not be prepared");
		return 2;
	}
	tell_figures(d, &g);
	doubts = tell_doubts(d, &g);
	puts(doubts ? "Mend this first, or read FAILs with it in mind." : "The rig is good.");
	return doubts ? 2 : 0;
}

int wc_cmd_rig(const struct wc_args *given)
{
	struct wc_args a = *given;
	struct wc_config *c = NULL;
	struct wc_stop stop;
	struct wc_dut d;
	char err[512] = "";
	int rc = wc_args_config(&a, &c);

	if (rc)
		return rc;
	rc = wc_dut_open(&d, a.dut, a.local, a.seed, err, sizeof(err));
	if (!rc && wc_ut_open(&d, a.upper, err, sizeof(err))) {
		wc_dut_close(&d);
		rc = -1;
	}
	if (rc) {
		fprintf(stderr, "weft-conform: %s\n", err);
		wc_config_free(c);
		return WC_EXIT_USAGE;
	}
	wc_dut_patience(&d, a.patience_ms);
	wc_rig_check(&d, &stop);
	if (stop.code) {
		fprintf(stderr, "weft-conform: %s\n", stop.text);
		rc = 2;
	} else {
		rc = measure(&d);
	}
	wc_dut_close(&d);
	wc_config_free(c);
	return rc;
}
