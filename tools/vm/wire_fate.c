/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fates of frames: settings by words, the random choices, who is spared.
 */
#include "tools/vm/wire.h"

#include <stdlib.h>
#include <string.h>

#define ETHERNET	14u

void wire_settings_init(struct wire_settings *s)
{
	*s = (struct wire_settings){ .seed = 1 };
}

static bool percent(double *to, double value)
{
	*to = value;
	return value >= 0 && value <= 100;
}

bool wire_setting(struct wire_settings *s, const char *word)
{
	const char *equals = strchr(word, '=');
	size_t n = equals ? (size_t)(equals - word) : 0;
	char *end = NULL;
	double value = equals ? strtod(equals + 1, &end) : 0;

	if (!n || !equals[1] || *end || !(value >= 0 && value <= 1e15))
		return false;
	if (!strncmp(word, "loss=", n + 1))
		return percent(&s->loss, value);
	if (!strncmp(word, "dup=", n + 1))
		return percent(&s->dup, value);
	if (!strncmp(word, "reorder=", n + 1))
		return percent(&s->reorder, value);
	if (!strncmp(word, "corrupt=", n + 1))
		return percent(&s->corrupt, value);
	if (!strncmp(word, "delay_us=", n + 1))
		s->delay_ns = (uint64_t)(value * 1000);
	else if (!strncmp(word, "seed=", n + 1))
		s->seed = (uint64_t)value;
	else if (!strncmp(word, "all=", n + 1))
		s->all = value != 0;
	else
		return false;
	return true;
}

void wire_fates_init(struct wire_fates *f, const struct wire_settings *s, unsigned direction)
{
	f->set = *s;
	f->rng = s->seed * 2 + direction;
}

/* SplitMix64; from 0 to below 1. */
static double chance(struct wire_fates *f)
{
	uint64_t z = f->rng += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

/* ARP, ICMPv6 and TCP do not. */
static bool suffers(const uint8_t *p, uint32_t len)
{
	unsigned kind = len < ETHERNET ? 0 : (unsigned)p[12] << 8 | p[13];

	if (kind == 0x0806)
		return false;
	if (kind == 0x0800)
		return len <= ETHERNET + 9 || p[ETHERNET + 9] != 6;
	if (kind == 0x86dd)
		return len <= ETHERNET + 6 || (p[ETHERNET + 6] != 6 && p[ETHERNET + 6] != 58);
	return true;
}

struct wire_fate wire_fate(struct wire_fates *f, const uint8_t *frame, uint32_t len)
{
	const struct wire_settings *s = &f->set;
	struct wire_fate fate = { 0 };
	double draw[5];

	if (!s->all && !suffers(frame, len))
		return fate;
	for (unsigned i = 0; i < 5; i++)	/* the same count for each frame */
		draw[i] = 100 * chance(f);
	fate.lost = draw[0] < s->loss;
	fate.doubled = draw[1] < s->dup;
	if (draw[2] < s->reorder)
		fate.late = (draw[2] + 1e-9) / s->reorder;
	fate.corrupted = draw[3] < s->corrupt && len > ETHERNET;
	if (fate.corrupted)
		fate.bit = 8 * ETHERNET + (uint32_t)(draw[4] / 100 * (len - ETHERNET) * 8);
	return fate;
}
