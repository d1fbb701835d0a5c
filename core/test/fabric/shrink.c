/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Makes a failing run smaller: each number goes to its calm value if the run still fails, else
 * as near to it as it can; again and again until nothing moves.  The failure must stay the same
 * but for its numbers, or one bug would lead to another.
 */
#include <ctype.h>
#include <stdio.h>

#include "core/test/fabric/run.h"

struct shrink {
	struct fb_cfg best;
	struct fb_result result;
	uint64_t stop_at;	/* runs that go on much longer than the best are no gain */
	uint32_t tried;
};

/* Are two failures the same but for digits? */
static bool alike(const char *a, const char *b)
{
	while (*a || *b) {
		if (isdigit((unsigned char)*a)) {
			a++;
		} else if (isdigit((unsigned char)*b)) {
			b++;
		} else if (*a != *b) {
			return false;
		} else {
			a++;
			b++;
		}
	}
	return true;
}

static bool fails(struct shrink *s, const struct fb_cfg *cfg)
{
	struct fb_cfg c = *cfg;
	struct fb_result r;

	fb_tame(&c);
	s->tried++;
	fb_in_child(&c, s->stop_at, &r);
	if (r.end != FB_FAILED || (s->tried > 1 && !alike(r.failure, s->result.failure)))
		return false;
	s->best = c;
	s->result = r;
	s->stop_at = r.events + 1;
	return true;
}

/* Moves one number towards calm; true: it moved. */
static bool settle(struct shrink *s, uint32_t key)
{
	uint32_t calm = fb_keys[key].calm, was = *fb_value(&s->best, key);
	uint32_t from = was, bad = calm;
	struct fb_cfg c = s->best;

	if (was == calm)
		return false;
	*fb_value(&c, key) = calm;
	if (fails(s, &c))
		return true;
	for (int i = 0; i < 6; i++) {		/* halve what lies between */
		uint32_t mid = from / 2 + bad / 2 + (from & bad & 1);

		if (mid == from || mid == bad)
			break;
		c = s->best;
		*fb_value(&c, key) = mid;
		if (fails(s, &c))
			from = *fb_value(&s->best, key);
		else
			bad = mid;
	}
	return *fb_value(&s->best, key) != was;
}

static void tell(const struct shrink *s)
{
	char words[2048];

	fb_words(&s->best, words, sizeof(words));
	fprintf(stderr, "shrink: %u runs, event %llu: %s\n", s->tried,
		(unsigned long long)s->result.events, s->result.failure);
}

int fb_shrink(struct fb_cfg *cfg)
{
	struct shrink s = { .best = *cfg };
	bool moved = true;

	if (!fails(&s, cfg))
		return 0;
	for (int round = 0; moved && round < 6; round++) {
		moved = false;
		for (uint32_t k = 0; k < fb_n_keys; k++)
			moved |= settle(&s, k);
		tell(&s);
	}
	*cfg = s.best;
	fb_report(cfg, &s.result);
	return 1;
}
