/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/negotiate.c against the published transcripts, and what they cannot say. */
#include <stdio.h>

#include "core/manage.h"
#include "core/names.h"
#include "core/test/json.h"
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

#define PKT_MAX 1024

/* The HELLO of a vector; false: the packet is not taken. */
static bool hello_of(const struct json *v, const char *side, struct weft_hello *h)
{
	struct weft_hdr_tlv_version_reject vr;
	struct weft_hdr_tlv_neighbour nb;
	uint8_t bytes[PKT_MAX];
	struct weft_view view;
	size_t len = json_hex(json_get(v, side), "hex", bytes, sizeof(bytes));

	CU_ASSERT_EQUAL_FATAL(weft_parse(&view, bytes, (uint32_t)len), WEFT_DROP_NONE);
	CU_ASSERT(weft_crc_ok(&view));
	return weft_alone_parse(&view, h, &nb, &vr) == WEFT_ALONE_HELLO;
}

static bool same(const struct json *want, const struct weft_agreed *g)
{
	const struct { const char *key; uint32_t is; } items[] = {
		{ "version", g->version }, { "modes", g->modes }, { "features", g->features },
		{ "profiles", g->profiles }, { "max_payload", g->max_payload },
		{ "max_window", g->max_window }, { "sack_bits", g->sack_bits },
		{ "windows", g->windows }, { "mem_tags", g->mem_tags }, { "paths", g->paths },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(items); i++)
		if (!json_get(want, items[i].key) ||
		    json_number(want, items[i].key) != items[i].is) {
			printf("      %s is %#x\n", items[i].key, items[i].is);
			return false;
		}
	return true;
}

/*
 * From both sides.  WEFT-MGT-005, WEFT-MGT-016, WEFT-MGT-017, WEFT-MGT-018, WEFT-MGT-019,
 * WEFT-MGT-021, WEFT-PKT-008, WEFT-PKT-009.
 */
static void weft_negotiate__published(void)
{
	struct json *top = json_load("spec/vectors/negotiation.json");
	unsigned n = 0;

	json_each(v, json_get(top, "vectors")) {
		const char *refused = json_text(v, "refused"), *name = json_text(v, "name");
		struct weft_agreed g[2], zero;
		enum weft_agree item[2];
		struct weft_hello a, b;

		n++;
		memset(&zero, 0, sizeof(zero));
		if (!hello_of(v, "a", &a) || !hello_of(v, "b", &b)) {
			CU_ASSERT_STRING_EQUAL(refused, "BAD_TLV");
			continue;
		}
		item[0] = weft_negotiate(&a, &b, &g[0]);
		item[1] = weft_negotiate(&b, &a, &g[1]);
		CU_ASSERT_EQUAL(item[0], item[1]);
		CU_ASSERT_EQUAL(memcmp(&g[0], &g[1], sizeof(g[0])), 0);
		if (*refused) {
			CU_ASSERT_STRING_EQUAL(weft_agree_name(item[0]), refused);
			CU_ASSERT_EQUAL(memcmp(&g[0], &zero, sizeof(zero)), 0);
		} else {
			CU_ASSERT_EQUAL(item[0], WEFT_AGREE_ALL);
			CU_ASSERT(same(json_get(v, "agreed"), &g[0]));
		}
		if (item[0] != WEFT_AGREE_ALL && !*refused)
			printf("      %s: %s\n", name, weft_agree_name(item[0]));
	}
	CU_ASSERT(n >= 35);
	json_free(top);
}

static struct weft_hello claiming(uint32_t profiles)
{
	struct weft_hello h;

	memset(&h, 0, sizeof(h));
	h.h.chip_id = 1;
	h.h.profiles = profiles;
	return h;
}

#define CORE WEFT_PROFILES_CORE
#define AI WEFT_PROFILES_AI
#define ACCEL WEFT_PROFILES_ACCEL

/* WEFT-MGT-022, WEFT-PRF-001, WEFT-PRF-002 */
static void weft_claims_lacking__each_profile(void)
{
	static const struct {
		uint32_t profiles, features, lacking;
		uint8_t modes;
		bool limits, queues;
	} rows[] = {
		{ CORE, 0, 0, WEFT_MODES_ROD, false, false },
		{ CORE, 0, CORE, WEFT_MODES_RUD, false, false },
		{ CORE | AI, 0, 0, WEFT_MODES_RUD | WEFT_MODES_ROD, false, false },
		{ CORE | AI, 0, AI, WEFT_MODES_ROD, false, false },
		{ CORE | AI, 0, CORE | AI, WEFT_MODES_RUD, false, false },
		{ AI, 0, AI, WEFT_MODES_RUD | WEFT_MODES_ROD, false, false },
		{ WEFT_PROFILES_MEM, WEFT_FEATURES_MEM, 0, 0, true, false },
		{ WEFT_PROFILES_MEM, WEFT_FEATURES_MEM, WEFT_PROFILES_MEM, 0, false, false },
		{ WEFT_PROFILES_MEM, ~WEFT_FEATURES_MEM, WEFT_PROFILES_MEM, 0, true, false },
		{ CORE | ACCEL, 0, 0, WEFT_MODES_ROD, false, true },
		{ CORE | ACCEL, 0, ACCEL, WEFT_MODES_ROD, false, false },
		{ ACCEL, 0, ACCEL, WEFT_MODES_ROD, false, true },
		{ WEFT_PROFILES_SECURE, 0, WEFT_PROFILES_SECURE, WEFT_MODES_ROD, false, false },
		{ 0, 0, 0, 0, false, false },
		{ 0x80000000, 0, 0, 0, false, false },	/* not known here: not judged */
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		struct weft_hello h = claiming(rows[i].profiles);

		h.h.modes = rows[i].modes;
		h.has_limits = rows[i].limits;
		h.limits.features = rows[i].features;
		h.queues.queues = rows[i].queues;
		CU_ASSERT_EQUAL(weft_claims_lacking(&h), rows[i].lacking);
	}
}

WEFT_SUITE(t_negotiate) {
	{ "weft_negotiate__published", weft_negotiate__published },
	{ "weft_claims_lacking__each_profile", weft_claims_lacking__each_profile },
};
