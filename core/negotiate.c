/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What two chips agree on: pure, and the same from either side.  What the answer is used for, and
 * when it is asked for anew, is the host's.
 */
#include "core/manage.h"

static uint16_t least(uint32_t a, uint32_t b)
{
	return (uint16_t)(a < b ? a : b);
}

/* 0 in the 8 bits of the wire stands for all of MAX_PATHS. */
static uint32_t paths_of(const struct weft_hello *h)
{
	return h->h.paths ? h->h.paths : WEFT_MAX_PATHS;
}

/* WEFT-MGT-018: who sends no LIMITS offers nothing beyond his profiles, and minds whole bitmaps. */
static struct weft_hdr_tlv_limits limits_of(const struct weft_hello *h)
{
	struct weft_hdr_tlv_limits none = { .sack_bits = WEFT_MAX_SACK_WORDS * 64 };

	return h->has_limits ? h->limits : none;
}

static void agree(const struct weft_hello *a, const struct weft_hello *b, struct weft_agreed *out)
{
	struct weft_hdr_tlv_limits la = limits_of(a), lb = limits_of(b);

	out->version = (uint8_t)least(a->h.version_max, b->h.version_max);
	out->modes = a->h.modes & b->h.modes;			/* WEFT-MGT-017 */
	out->profiles = a->h.profiles & b->h.profiles;
	out->features = la.features & lb.features;
	out->max_payload = least(a->h.max_payload, b->h.max_payload);
	out->max_window = least(least(a->h.max_window, b->h.max_window), WEFT_MAX_WINDOW);
	out->paths = least(paths_of(a), paths_of(b));
	out->sack_bits = least(least(la.sack_bits, lb.sack_bits), WEFT_MAX_SACK_WORDS * 64);
	out->windows = least(la.windows, lb.windows);
	out->mem_tags = least(la.mem_tags, lb.mem_tags);
}

static bool version_in(const struct weft_hello *h, uint8_t version)
{
	return h->h.version_min <= version && version <= h->h.version_max;
}

/* WEFT-MGT-016, WEFT-MGT-019: the first item in the order of enum agree that fails. */
static enum weft_agree judge(const struct weft_hello *a, const struct weft_hello *b,
			     const struct weft_agreed *g)
{
	if (!a->h.chip_id || !b->h.chip_id)
		return WEFT_AGREE_CHIP_ID;
	if (!version_in(a, g->version) || !version_in(b, g->version))
		return WEFT_AGREE_VERSION;
	if (!g->modes)
		return WEFT_AGREE_MODES;
	if (g->max_payload < WEFT_MIN_PAYLOAD)
		return WEFT_AGREE_PAYLOAD;
	if (g->max_window < WEFT_MIN_WINDOW)
		return WEFT_AGREE_WINDOW;
	if (a->h.domain && b->h.domain && a->h.domain != b->h.domain)
		return WEFT_AGREE_DOMAIN;
	return WEFT_AGREE_ALL;
}

enum weft_agree weft_negotiate(const struct weft_hello *a, const struct weft_hello *b,
			       struct weft_agreed *out)
{
	enum weft_agree item;

	memset(out, 0, sizeof(*out));
	agree(a, b, out);
	item = judge(a, b, out);
	if (item != WEFT_AGREE_ALL)
		memset(out, 0, sizeof(*out));
	return item;
}

/* WEFT-MGT-022, WEFT-PRF-001, WEFT-PRF-002: the rows of section 95.1, each after what it needs. */
uint32_t weft_claims_lacking(const struct weft_hello *h)
{
	static const struct {
		uint32_t profile, profiles, features;
		uint8_t modes;
		bool queues;
	} needs[] = {
		{ WEFT_PROFILES_CORE, 0, 0, WEFT_MODES_ROD, false },
		{ WEFT_PROFILES_AI, WEFT_PROFILES_CORE, 0, WEFT_MODES_RUD, false },
		{ WEFT_PROFILES_MEM, 0, WEFT_FEATURES_MEM, 0, false },
		{ WEFT_PROFILES_ACCEL, WEFT_PROFILES_CORE, 0, 0, true },
		{ WEFT_PROFILES_SECURE, WEFT_PROFILES_CORE, 0, 0, false },
	};
	struct weft_hdr_tlv_limits l = limits_of(h);
	uint32_t good = h->h.profiles;

	for (size_t i = 0; i < WEFT_ARRAY_LEN(needs); i++) {
		if (needs[i].profiles & ~good || needs[i].features & ~l.features ||
		    needs[i].modes & ~h->h.modes || (needs[i].queues && !h->queues.queues))
			good &= ~needs[i].profile;
	}
	return h->h.profiles & ~good;
}
