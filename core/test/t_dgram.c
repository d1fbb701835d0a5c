/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/dgram.c: unreliable datagrams, built, parsed and judged. */
#include "core/test/pk.h"
#include "tools/test/cunit_main.h"

static const struct weft_dgram some = {
	.dst_qpn = 0x123456, .src_qpn = 0x654321, .qkey = 0xdeadbeef, .domain = 0xabcdef,
	.psn = 77, .imm = 0x11223344, .len = 5, .entropy = 0xc123, .flags = WEFT_OFLAGS_IMM,
};

static uint32_t whole(uint8_t *out, const struct weft_dgram *d)
{
	uint32_t len = (uint32_t)weft_dgram_build(out, d);

	for (uint32_t i = 0; i < d->len; i++)
		out[len + i] = (uint8_t)(i + 1);
	return pk_seal(out, len + d->len);
}

/* WEFT-DGM-001, WEFT-DGM-002 */
static void build__says_what_is_parsed(void)
{
	uint8_t out[PK_MAX];
	struct weft_view v;
	uint32_t len = whole(out, &some);

	CU_ASSERT_EQUAL_FATAL(weft_parse(&v, out, len), WEFT_DROP_NONE);
	CU_ASSERT(weft_crc_ok(&v));
	CU_ASSERT_EQUAL(weft_route(&v), WEFT_ROUTE_DGRAM);
	CU_ASSERT_EQUAL(v.d.pdc_id, 0);
	CU_ASSERT_EQUAL(v.d.flags, 0);
	CU_ASSERT_EQUAL(v.d.psn, 77);
	CU_ASSERT_EQUAL(v.d.entropy, 0xc123);
	CU_ASSERT_EQUAL(v.b.dgram.h.dst_qpn, some.dst_qpn);
	CU_ASSERT_EQUAL(v.b.dgram.h.src_qpn, some.src_qpn);
	CU_ASSERT_EQUAL(v.b.dgram.h.qkey, some.qkey);
	CU_ASSERT_EQUAL(v.b.dgram.h.domain, some.domain);
	CU_ASSERT_EQUAL(v.b.dgram.imm.imm, some.imm);
	CU_ASSERT_EQUAL(v.b.dgram.h.length, 5);
	CU_ASSERT_EQUAL(v.payload[4], 5);
	CU_ASSERT_EQUAL(v.b.dgram.h.parts, 0);
	for (uint32_t n = 0; n < len; n++)
		CU_ASSERT_EQUAL(weft_parse(&v, out, n), WEFT_DROP_SHORT);
}

/* WEFT-VRB-140: both GIDs go along, and WEFT-VRB-144: nothing else is another for them. */
static void build__gids_go_along(void)
{
	struct weft_hdr_gids gids;
	struct weft_dgram d = some;
	struct weft_dgram_sink q = { .domain = some.domain, .qkey = some.qkey, .buffer = true,
				     .room = some.len };
	uint8_t out[PK_MAX];
	struct weft_view v;
	uint32_t len;

	for (uint32_t i = 0; i < 16; i++) {
		gids.src[i] = (uint8_t)(0x10 + i);
		gids.dst[i] = (uint8_t)(0x80 + i);
	}
	d.gids = &gids;
	len = whole(out, &d);
	CU_ASSERT_EQUAL_FATAL(weft_parse(&v, out, len), WEFT_DROP_NONE);
	CU_ASSERT(weft_crc_ok(&v));
	CU_ASSERT_EQUAL(v.used, len);
	CU_ASSERT_EQUAL(weft_route(&v), WEFT_ROUTE_DGRAM);
	CU_ASSERT_EQUAL(v.b.dgram.h.parts, WEFT_DGPARTS_GIDS);
	CU_ASSERT(!memcmp(v.b.dgram.gids.src, gids.src, 16));
	CU_ASSERT(!memcmp(v.b.dgram.gids.dst, gids.dst, 16));
	CU_ASSERT_EQUAL(v.b.dgram.imm.imm, some.imm);
	CU_ASSERT_EQUAL(v.payload[4], 5);
	CU_ASSERT_EQUAL(weft_dgram_judge(&v, &q), WEFT_DROP_NONE);
	for (uint32_t n = 0; n < len; n++)
		CU_ASSERT_EQUAL(weft_parse(&v, out, n), WEFT_DROP_SHORT);
}

/* WEFT-DGM-003 */
static void parse__belongs_to_no_context(void)
{
	uint8_t out[PK_MAX];
	struct weft_view v;
	uint32_t len = whole(out, &some);

	out[7] = 1;
	CU_ASSERT_EQUAL(weft_parse(&v, out, len), WEFT_DROP_MALFORMED);
	out[7] = 0;
	out[1] |= WEFT_DFLAGS_SYN;
	memset(out + len, 0xff, 64);
	CU_ASSERT_EQUAL(weft_parse(&v, out, len + 64), WEFT_DROP_MALFORMED);
}

/* WEFT-DGM-004 */
static void judge__in_this_order(void)
{
	static const struct {
		struct weft_dgram_sink q;
		enum weft_drop why;
	} t[] = {
		{ { .domain = 0xabcdef, .qkey = 0xdeadbeef, .buffer = true, .room = 5 },
		  WEFT_DROP_NONE },
		{ { .domain = 0xabcdee, .qkey = 1 }, WEFT_DROP_DOMAIN },
		{ { .domain = 0xabcdef, .qkey = 0xdeadbeee }, WEFT_DROP_BAD_QKEY },
		{ { .domain = 0xabcdef, .qkey = 0xdeadbeef }, WEFT_DROP_NO_ROOM },
		{ { .domain = 0xabcdef, .qkey = 0xdeadbeef, .buffer = true, .room = 4 },
		  WEFT_DROP_OVERSIZE },
	};
	uint8_t out[PK_MAX];
	struct weft_view v;

	CU_ASSERT_EQUAL(weft_parse(&v, out, whole(out, &some)), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(weft_dgram_judge(&v, NULL), WEFT_DROP_NO_STREAM);
	for (size_t i = 0; i < WEFT_ARRAY_LEN(t); i++)
		CU_ASSERT_EQUAL(weft_dgram_judge(&v, &t[i].q), t[i].why);
}

/* WEFT-DGM-001: what a host asks for beside says nothing on the wire. */
static void build__flags_of_a_datagram_only(void)
{
	struct weft_dgram d = some;
	uint8_t out[PK_MAX];
	struct weft_view v;

	d.flags = 0xff;
	CU_ASSERT_EQUAL_FATAL(weft_parse(&v, out, whole(out, &d)), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(v.b.dgram.h.flags, WEFT_OFLAGS_SE | WEFT_OFLAGS_IMM);
}

WEFT_SUITE(dgram) {
	{ "build__says_what_is_parsed", build__says_what_is_parsed },
	{ "build__gids_go_along", build__gids_go_along },
	{ "parse__belongs_to_no_context", parse__belongs_to_no_context },
	{ "judge__in_this_order", judge__in_this_order },
	{ "build__flags_of_a_datagram_only", build__flags_of_a_datagram_only },
};
