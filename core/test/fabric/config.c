/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See config.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/test/fabric/config.h"
#include "sim/rng.h"

const struct fb_key fb_keys[] = {
#define X(name, calm, choices, what) { #name, what, offsetof(struct fb_cfg, name), calm },
	FB_KEYS(X)
#undef X
};

const uint32_t fb_n_keys = sizeof(fb_keys) / sizeof(fb_keys[0]);

const char *const fb_fault_name[FB_FAULT_COUNT] = {
	[FB_LOST] = "lost", [FB_BURST] = "lost_in_bursts", [FB_DUP] = "duplicated",
	[FB_LATE_PKT] = "delayed", [FB_CORRUPT] = "corrupted", [FB_OUTAGE] = "outages",
	[FB_RESTART] = "restarts", [FB_JUMP] = "clock_leaps", [FB_LATE_ANSWER] = "late_answers",
	[FB_FAILED_ACTION] = "failed_actions", [FB_RNR] = "rnr", [FB_WRONG] = "wrong_requests",
	[FB_ABRUPT] = "abrupt_ends", [FB_REJECTED] = "rejected", [FB_BUSY] = "busy",
	[FB_CTX_FAILED] = "failed_contexts", [FB_COOKIE] = "cookies",
	[FB_TRIMMED] = "trimmed", [FB_STARVED] = "posts_without_memory",
	[FB_PORT_FAILED] = "port_failures", [FB_NO_BUFFER] = "shared_buffers_used_up",
};

const char *const fb_deed_name[FB_DEED_COUNT] = {
#define D(name) #name,
	FB_DEEDS(D)
#undef D
};

static uint32_t pick(uint64_t seed, uint32_t key, const uint32_t *from, uint32_t n)
{
	return from[sim_below(sim_hash3(sim_key(seed, SIM_FOR_TEST), key, n), n)];
}

void fb_draw(struct fb_cfg *cfg, uint64_t seed)
{
	uint32_t key = 0;

	cfg->seed = seed;
#define C(...) { __VA_ARGS__ }
#define X(name, calm, choices, what) do { \
		static const uint32_t from[] = choices; \
		cfg->name = pick(seed, key++, from, sizeof(from) / sizeof(from[0])); \
	} while (0);
	FB_KEYS(X)
#undef X
#undef C
	fb_tame(cfg);
}

static void within(uint32_t *x, uint32_t lo, uint32_t hi)
{
	*x = *x < lo ? lo : *x > hi ? hi : *x;
}

static void power_of_two(uint32_t *x, uint32_t lo, uint32_t hi)
{
	uint32_t p = lo;

	while (p < *x && p < hi)
		p *= 2;
	*x = p;
}

void fb_tame(struct fb_cfg *cfg)
{
	within(&cfg->chips, 2, 16);
	within(&cfg->ports, 1, 4);
	within(&cfg->leaves, 1, cfg->chips);
	while (cfg->chips % cfg->leaves)
		cfg->leaves--;
	within(&cfg->spines, 1, 16);
	within(&cfg->gbps, 1, 3200);
	within(&cfg->delay, 1, 1000000);
	within(&cfg->spread, 0, 100);
	within(&cfg->queue, 8, 65536);
	within(&cfg->trim, 0, 1);
	within(&cfg->conns, 1, 256);
	within(&cfg->quota, 1, 1u << 30);
	power_of_two(&cfg->depth, 1, 256);
	within(&cfg->payload, 64, 4096);
	within(&cfg->packets, 1, 64);
	within(&cfg->mode, 0, 2);
	power_of_two(&cfg->window, 16, 4096);
	within(&cfg->paths, 1, 256);
	within(&cfg->holds, 0, 1024);
	within(&cfg->law, 0, 5);
	within(&cfg->pool, 0, 1024);
	within(&cfg->ack_every, 1, 1024);
	within(&cfg->retry, 1, 250);
	within(&cfg->streams, 1, 256);
	within(&cfg->slots, 1, 32);
	within(&cfg->buffers, 1, 1024);
	within(&cfg->choice, 0, 3);
}

bool fb_set(struct fb_cfg *cfg, const char *text)
{
	const char *eq = strchr(text, '=');
	char *end;
	unsigned long value;

	if (!eq || !eq[1])
		return false;
	value = strtoul(eq + 1, &end, 0);
	if (*end || value > UINT32_MAX)
		return false;
	for (uint32_t i = 0; i < fb_n_keys; i++) {
		if (strncmp(fb_keys[i].name, text, (size_t)(eq - text)) ||
		    fb_keys[i].name[eq - text])
			continue;
		*fb_value(cfg, i) = (uint32_t)value;
		return true;
	}
	return false;
}

void fb_words(const struct fb_cfg *cfg, char *out, size_t size)
{
	struct fb_cfg drawn, have = *cfg;
	size_t at;

	fb_draw(&drawn, cfg->seed);
	at = (size_t)snprintf(out, size, "--seed %llu", (unsigned long long)cfg->seed);
	for (uint32_t i = 0; i < fb_n_keys && at < size; i++)
		if (*fb_value(&drawn, i) != *fb_value(&have, i))
			at += (size_t)snprintf(out + at, size - at, " --set %s=%u",
					       fb_keys[i].name, *fb_value(&have, i));
}
