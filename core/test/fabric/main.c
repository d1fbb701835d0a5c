/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The command line.  Without arguments: the fixed seeds of `make test`.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/test/fabric/run.h"

#if defined(__SANITIZE_ADDRESS__)
enum { SEEDS = 8, OPS = 4000 };
#else
enum { SEEDS = 70, OPS = 0 };
#endif

enum { SETS = 64 };

struct options {
	const char *set[SETS];
	uint32_t sets;
	uint64_t seed, events, packets, seconds;
	uint32_t jobs;
	const char *json;
	bool has_seed, shrink, campaign, twice, keys;
};

static const char usage[] =
	"fabric: chips on a bad network, against an oracle that knows every byte\n"
	"  fabric                      the runs of `make test`\n"
	"  fabric --seed N             one run, as drawn from its seed\n"
	"         [--events N]         ... to event N\n"
	"         [--set NAME=VALUE]   ... with a number set by hand\n"
	"         [--keys]             ... not run: its numbers, and what they mean\n"
	"         [--shrink]           ... made as small as it still fails\n"
	"         [--twice]            ... twice: both must be the same\n"
	"  fabric --campaign [--seed FIRST] [--packets N] [--seconds N] [--jobs 1|2] [--json F]\n"
	"Example:\n"
	"  fabric --campaign --seed 1000 --packets 1e9 --json result.json\n";

static void configure(const struct options *o, uint64_t seed, struct fb_cfg *cfg)
{
	fb_draw(cfg, seed);
	for (uint32_t i = 0; i < o->sets; i++)
		if (!fb_set(cfg, o->set[i])) {
			fprintf(stderr, "fabric: --set %s: no such name, or no number; --keys "
				"lists the names\n", o->set[i]);
			exit(2);
		}
	fb_tame(cfg);
}

/* What a run is made of: this one. */
static void keys(const struct options *o)
{
	struct fb_cfg cfg;

	configure(o, o->seed, &cfg);
	for (uint32_t i = 0; i < fb_n_keys; i++)
		printf("%-11s %-8u calm %-8u %s\n", fb_keys[i].name, *fb_value(&cfg, i),
		       fb_keys[i].calm, fb_keys[i].what);
}

/* Seeds of campaigns that failed once. */
static const uint64_t regressions[] = { 100770, 200323, 200431, 301098, 301206, 301268,
					 402106, 404430, 404595 };

static int tests(const struct options *o)
{
	uint32_t passed = 0, runs = SEEDS + WEFT_ARRAY_LEN(regressions);
	uint64_t packets = 0;
	struct fb_result r;
	struct fb_cfg cfg;

	for (uint32_t i = 0; i < runs; i++) {
		uint64_t seed = i < SEEDS ? i + 1 : regressions[i - SEEDS];

		configure(o, seed, &cfg);
		if (OPS && cfg.ops > OPS)
			cfg.ops = OPS;
		fb_in_child(&cfg, 0, &r);
		packets += r.packets;
		passed += r.end == FB_PASSED;
		if (r.end == FB_PASSED)
			printf("ok    fabric, seed %llu: %llu packets, %llu work requests\n",
			       (unsigned long long)seed, (unsigned long long)r.packets,
			       (unsigned long long)r.ops);
		else
			fb_report(&cfg, &r);
	}
	printf("%llu packets\n# cunit: fabric: %u passed, %u failed, 0 skipped\n",
	       (unsigned long long)packets, passed, runs - passed);
	return passed != runs;
}

static void describe(const struct fb_result *r)
{
	printf("%s: %llu packets, %llu events, %llu work requests, %llu contexts, %.3f ms, "
	       "hash %016llx\n", r->end == FB_PASSED ? "passed" : r->end == FB_STOPPED ? "stopped" :
	       "failed", (unsigned long long)r->packets, (unsigned long long)r->events,
	       (unsigned long long)r->ops, (unsigned long long)r->contexts,
	       (double)r->virtual_ns / 1e6, (unsigned long long)r->hash);
	for (uint32_t i = 0; i < FB_FAULTS; i++)
		if (r->faults[i])
			printf("  %s %llu\n", fb_fault_name[i], (unsigned long long)r->faults[i]);
	for (uint32_t i = 0; i < FB_DEED_COUNT; i++)
		if (r->deeds[i])
			printf("  %s %llu\n", fb_deed_name[i], (unsigned long long)r->deeds[i]);
}

static int one(const struct options *o)
{
	struct fb_result r, again;
	struct fb_cfg cfg;

	configure(o, o->seed, &cfg);
	if (o->shrink)
		return fb_shrink(&cfg) ? 1 : (printf("this run does not fail\n"), 0);
	fb_run(&cfg, o->events, NULL, &r);
	describe(&r);
	if (r.end == FB_FAILED)
		fb_report(&cfg, &r);
	if (!o->twice)
		return r.end == FB_FAILED;
	fb_run(&cfg, o->events, NULL, &again);
	if (!memcmp(&r, &again, sizeof(r)))
		return r.end == FB_FAILED;
	printf("FAILED: the same run again is another one (hash %016llx)\n",
	       (unsigned long long)again.hash);
	return 1;
}

static bool read_option(struct options *o, int c)
{
	switch (c) {
	case 's':
		o->seed = strtoull(optarg, NULL, 0);
		o->has_seed = true;
		return true;
	case 'e':
		o->events = strtoull(optarg, NULL, 0);
		return true;
	case 'S':
		if (o->sets == SETS)
			return false;
		o->set[o->sets++] = optarg;
		return true;
	case 'x':
		o->shrink = true;
		return true;
	case 't':
		o->twice = true;
		return true;
	case 'c':
		o->campaign = true;
		return true;
	case 'p':
		o->packets = (uint64_t)strtod(optarg, NULL);
		return true;
	case 'T':
		o->seconds = strtoull(optarg, NULL, 0);
		return true;
	case 'j':
		o->jobs = atoi(optarg) > 1 ? 2 : 1;
		return true;
	case 'k':
		o->keys = true;
		return true;
	case 'J':
		o->json = optarg;
		return true;
	default:
		return false;
	}
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "seed", 1, NULL, 's' }, { "events", 1, NULL, 'e' }, { "set", 1, NULL, 'S' },
		{ "shrink", 0, NULL, 'x' }, { "twice", 0, NULL, 't' },
		{ "campaign", 0, NULL, 'c' }, { "packets", 1, NULL, 'p' },
		{ "seconds", 1, NULL, 'T' }, { "jobs", 1, NULL, 'j' }, { "json", 1, NULL, 'J' },
		{ "keys", 0, NULL, 'k' }, { NULL, 0, NULL, 0 },
	};
	struct options o = { .packets = 1000000000, .jobs = 1, .seed = 1 };
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) >= 0) {
		if (!read_option(&o, c)) {
			fputs(usage, stderr);
			return 2;
		}
	}
	if (o.keys) {
		keys(&o);
		return 0;
	}
	if (o.campaign)
		return fb_campaign(&(struct fb_campaign){
			.first_seed = o.seed, .packets = o.packets, .seconds = o.seconds,
			.jobs = o.jobs, .sets = o.sets, .set = o.set, .json = o.json }) != 0;
	return o.has_seed ? one(&o) : tests(&o);
}
