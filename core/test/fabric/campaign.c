/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Many seeds, by hand: as many packets as are asked for, with progress, and a result as JSON. */
#include <stdio.h>
#include <time.h>

#include "core/test/fabric/run.h"

enum { FINDINGS = 64 };

struct state {
	const struct fb_campaign *c;
	uint64_t next_seed, runs, packets, events, ops, contexts, virtual_ns, began, told;
	uint64_t faults[FB_FAULTS], deeds[FB_DEED_COUNT];
	uint32_t failed;
	uint64_t bad_seed[FINDINGS];
	char what[FINDINGS][256];
};

static uint64_t seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec;
}

static void begin(struct state *s, struct fb_child *child)
{
	struct fb_cfg cfg;

	fb_draw(&cfg, s->next_seed++);
	for (uint32_t i = 0; i < s->c->sets; i++)
		fb_set(&cfg, s->c->set[i]);
	fb_tame(&cfg);
	fb_child_start(child, &cfg, 0);
}

static void count(struct state *s, const struct fb_child *child, const struct fb_result *r)
{
	s->runs++;
	s->packets += r->packets;
	s->events += r->events;
	s->ops += r->ops;
	s->contexts += r->contexts;
	s->virtual_ns += r->virtual_ns;
	for (uint32_t i = 0; i < FB_FAULTS; i++)
		s->faults[i] += r->faults[i];
	for (uint32_t i = 0; i < FB_DEED_COUNT; i++)
		s->deeds[i] += r->deeds[i];
	if (r->end == FB_PASSED)
		return;
	if (s->failed < FINDINGS) {
		s->bad_seed[s->failed] = child->cfg.seed;
		snprintf(s->what[s->failed], sizeof(s->what[0]), "%.255s", r->failure);
	}
	s->failed++;
	fb_report(&child->cfg, r);
	fflush(stdout);
}

static void progress(struct state *s, bool now)
{
	uint64_t t = seconds() - s->began, rate = s->packets / (t ? t : 1), left;

	if (!now && t < s->told + 10)
		return;
	s->told = t;
	left = s->c->packets > s->packets ? (s->c->packets - s->packets) / (rate ? rate : 1) : 0;
	fprintf(stderr, "campaign: %llu runs, %.1f of %.1f million packets, %.3f million/s, "
		"%u failed, %llu s, about %llu s to go\n", (unsigned long long)s->runs,
		(double)s->packets / 1e6, (double)s->c->packets / 1e6, (double)rate / 1e6,
		s->failed, (unsigned long long)t, (unsigned long long)left);
}

static void put_text(FILE *f, const char *text)
{
	for (; *text; text++)
		if (*text == '"' || *text == '\\')
			fprintf(f, "\\%c", *text);
		else
			fputc(*text, f);
}

static void write_json(const struct state *s)
{
	FILE *f = s->c->json ? fopen(s->c->json, "w") : NULL;

	if (!f)
		return;
	fprintf(f, "{\n  \"what\": \"fabric campaign\",\n  \"first_seed\": %llu,\n"
		"  \"runs\": %llu,\n  \"packets\": %llu,\n  \"events\": %llu,\n"
		"  \"work_requests\": %llu,\n  \"contexts\": %llu,\n  \"virtual_s\": %.3f,\n"
		"  \"seconds\": %llu,\n  \"processes\": %u,\n  \"failed\": %u,\n  \"faults\": {",
		(unsigned long long)s->c->first_seed, (unsigned long long)s->runs,
		(unsigned long long)s->packets, (unsigned long long)s->events,
		(unsigned long long)s->ops, (unsigned long long)s->contexts,
		(double)s->virtual_ns / 1e9, (unsigned long long)(seconds() - s->began),
		s->c->jobs, s->failed);
	for (uint32_t i = 0; i < FB_FAULTS; i++)
		fprintf(f, "%s\n    \"%s\": %llu", i ? "," : "", fb_fault_name[i],
			(unsigned long long)s->faults[i]);
	fprintf(f, "\n  },\n  \"done\": {");
	for (uint32_t i = 0; i < FB_DEED_COUNT; i++)
		fprintf(f, "%s\n    \"%s\": %llu", i ? "," : "", fb_deed_name[i],
			(unsigned long long)s->deeds[i]);
	fprintf(f, "\n  },\n  \"findings\": [");
	for (uint32_t i = 0; i < s->failed && i < FINDINGS; i++) {
		fprintf(f, "%s\n    { \"seed\": %llu, \"what\": \"", i ? "," : "",
			(unsigned long long)s->bad_seed[i]);
		put_text(f, s->what[i]);
		fprintf(f, "\" }");
	}
	fprintf(f, "%s]\n}\n", s->failed ? "\n  " : "");
	fclose(f);
}

uint32_t fb_campaign(const struct fb_campaign *c)
{
	static struct state state;
	struct state *s = &state;
	struct fb_child child[2];
	struct fb_result r;
	uint32_t busy = 0, at = 0;
	bool more = true;

	*s = (struct state){ .c = c, .next_seed = c->first_seed, .began = seconds() };
	while (more || busy) {
		more = s->packets < c->packets &&
		       (!c->seconds || seconds() - s->began < c->seconds);
		for (; more && busy < c->jobs; busy++)
			begin(s, &child[(at + busy) % c->jobs]);
		if (!busy)
			break;
		fb_child_end(&child[at], &r);
		count(s, &child[at], &r);
		at = (at + 1) % c->jobs;
		busy--;
		progress(s, false);
		write_json(s);
	}
	progress(s, true);
	write_json(s);
	return s->failed;
}
