/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/alone.c: packets without a context. */
#include "core/manage.h"
#include "core/test/pk.h"
#include "tools/test/cunit_main.h"

static struct weft_hello full(void)
{
	struct weft_hello h;

	memset(&h, 0, sizeof(h));
	h.h = (struct weft_hdr_tlv_hello){
		.chip_id = 0x1122334455667788ull, .incarnation = 0x99aabbcc,
		.class = WEFT_CLASS_GPU, .version_min = 1, .version_max = 1,
		.modes = WEFT_MODES_RUD | WEFT_MODES_ROD, .flags = WEFT_HELLOFLAGS_REPLY,
		.profiles = WEFT_PROFILES_CORE, .vendor = 0xabcdef, .max_payload = 8192,
		.max_window = 1024, .domain = 0x123456, .paths = 16,
	};
	h.has_limits = true;
	h.limits.ports = 3;
	h.n_pools = 8;
	h.n_engines = 16;
	for (uint8_t i = 0; i < 8; i++)
		h.pools[i] = (struct weft_hdr_tlv_pool){ .index = i, .kind = WEFT_POOL_HBM,
							 .size = 1ull << (30 + i) };
	for (uint8_t i = 0; i < 16; i++)
		h.engines[i] = (struct weft_hdr_tlv_engine){ .kernel = i, .dtypes = 1u << i };
	h.queues = (struct weft_hdr_tlv_queues){ .queues = 4, .depth = 256 };
	memset(h.name, 'n', sizeof(h.name) - 1);
	return h;
}

struct read {
	struct weft_view v;
	struct weft_hello hello;
	struct weft_hdr_tlv_neighbour nb;
	struct weft_hdr_tlv_version_reject vr;
};

static enum weft_alone read_back(struct read *r, const uint8_t *bytes, uint32_t len)
{
	memset(r, 0, sizeof(*r));
	CU_ASSERT_EQUAL_FATAL(weft_parse(&r->v, bytes, len), WEFT_DROP_NONE);
	CU_ASSERT(weft_crc_ok(&r->v));
	CU_ASSERT_EQUAL(weft_route(&r->v), WEFT_ROUTE_ALONE);
	return weft_alone_parse(&r->v, &r->hello, &r->nb, &r->vr);
}

/* WEFT-MGT-001: question and answer have one form; the transaction number comes back. */
static void weft_hello_build__comes_back_whole(void)
{
	struct weft_hello h = full();
	uint8_t out[WEFT_ALONE_MAX];
	struct read r;
	size_t len = weft_hello_build(out, sizeof(out), &h, 0xfeedf00d);

	CU_ASSERT(len <= WEFT_ALONE_MAX);
	CU_ASSERT_EQUAL(read_back(&r, out, (uint32_t)len), WEFT_ALONE_HELLO);
	CU_ASSERT_EQUAL(r.v.d.psn, 0xfeedf00d);
	CU_ASSERT_EQUAL(memcmp(&r.hello.h, &h.h, sizeof(h.h)), 0);
	CU_ASSERT_EQUAL(memcmp(r.hello.pools, h.pools, sizeof(h.pools)), 0);
	CU_ASSERT_EQUAL(memcmp(r.hello.engines, h.engines, sizeof(h.engines)), 0);
	CU_ASSERT_EQUAL(memcmp(&r.hello.queues, &h.queues, sizeof(h.queues)), 0);
	CU_ASSERT_STRING_EQUAL(r.hello.name, h.name);
	CU_ASSERT_EQUAL(r.hello.n_pools, 8);
	CU_ASSERT_EQUAL(r.hello.n_engines, 16);
}

static void weft_hello_build__bare(void)
{
	struct weft_hello h;
	uint8_t out[WEFT_ALONE_MAX];
	struct read r;
	size_t len;

	memset(&h, 0, sizeof(h));
	len = weft_hello_build(out, sizeof(out), &h, 0);
	CU_ASSERT_EQUAL(len, WEFT_HDR_DELIVERY_LEN + WEFT_HDR_CTRL_LEN + WEFT_HDR_TLV_LEN +
			WEFT_HDR_TLV_HELLO_LEN + WEFT_HDR_CRC_LEN);
	CU_ASSERT_EQUAL(read_back(&r, out, (uint32_t)len), WEFT_ALONE_HELLO);
	CU_ASSERT_EQUAL(r.hello.n_pools + r.hello.n_engines + r.hello.name[0], 0);
}

/* WEFT-MGT-030 */
static void weft_answer_room__three_times(void)
{
	static const struct { uint32_t used; size_t room; } rows[] = {
		{ 20, 60 }, { 60, 180 }, { 341, 1023 }, { 342, 1024 }, { 9000, 1024 },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		struct weft_view v = { .used = rows[i].used };

		CU_ASSERT_EQUAL(weft_answer_room(&v), rows[i].room);
	}
}

/* WEFT-MGT-031: from the shortest question that there is to one that brings all. */
static void weft_hello_build__what_fits(void)
{
	struct weft_hello h = full();
	uint8_t out[WEFT_ALONE_MAX], all[WEFT_ALONE_MAX];
	size_t whole = weft_hello_build(all, sizeof(all), &h, 1), last = 0;
	struct read r;

	for (size_t room = 180; room <= 480; room++) {
		size_t len = weft_hello_build(out, room, &h, 1), n = len - WEFT_HDR_CRC_LEN;

		CU_ASSERT(len <= room && len >= last && len + 20 > (room < whole ? room : whole));
		CU_ASSERT_EQUAL(memcmp(out + 20, all + 20, n - 20), 0);
		CU_ASSERT_EQUAL(read_back(&r, out, (uint32_t)len), WEFT_ALONE_HELLO);
		CU_ASSERT(r.hello.has_limits && r.hello.queues.depth == 256);
		last = len;
	}
	CU_ASSERT_EQUAL(last, whole);
}

/* The note on WEFT-MGT-031: a question brings the longest answer, whatever it says itself. */
static void weft_hello_build__question(void)
{
	struct weft_hello h = full(), bare;
	uint8_t out[WEFT_ALONE_MAX];
	size_t whole = weft_hello_build(out, sizeof(out), &h, 1);
	struct read r;

	memset(&bare, 0, sizeof(bare));
	bare.h.flags = WEFT_HELLOFLAGS_REPLY;
	CU_ASSERT_EQUAL(read_back(&r, out, (uint32_t)weft_hello_build(out, sizeof(out), &bare, 1)),
			WEFT_ALONE_HELLO);
	CU_ASSERT_EQUAL(r.v.used, 160);
	CU_ASSERT(weft_answer_room(&r.v) >= whole);
	h.h.flags = WEFT_HELLOFLAGS_REPLY;
	CU_ASSERT_EQUAL(weft_hello_build(out, sizeof(out), &h, 1), whole);
}

/* WEFT-MGT-011: the confirmation has the same form. */
static void weft_neighbour_build__comes_back(void)
{
	struct weft_hdr_tlv_neighbour nb = { .chip_id = 5, .family = WEFT_FAMILY_UDP6,
					     .flags = WEFT_NBFLAGS_CONFIRM, .port = 49190 };
	uint8_t out[WEFT_ALONE_MAX];
	struct read r;
	size_t len = weft_neighbour_build(out, &nb, 12);

	CU_ASSERT_EQUAL(read_back(&r, out, (uint32_t)len), WEFT_ALONE_NEIGHBOUR);
	CU_ASSERT_EQUAL(memcmp(&r.nb, &nb, sizeof(nb)), 0);
	CU_ASSERT_EQUAL(r.v.d.psn, 12);
}

/* WEFT-MGT-003, WEFT-PKT-002 */
static void weft_version_reject_build__names_the_range(void)
{
	uint8_t out[WEFT_ALONE_MAX];
	struct read r;
	size_t len = weft_version_reject_build(out, 0xabcd0123);

	CU_ASSERT_EQUAL(read_back(&r, out, (uint32_t)len), WEFT_ALONE_VERSION);
	CU_ASSERT_EQUAL(r.v.d.psn, 0xabcd0123);
	CU_ASSERT_EQUAL(r.vr.min, WEFT_VERSION);
	CU_ASSERT_EQUAL(r.vr.max, WEFT_VERSION);
}

/* WEFT-PDC-003, WEFT-PDC-009, WEFT-PDC-010, WEFT-PDC-091: who is answered, and how. */
static void weft_nack_build__table(void)
{
	static const struct {
		enum weft_ptype type;
		bool syn;
		enum weft_nack reason;
		bool answered;
	} rows[] = {
		{ WEFT_PTYPE_DATA, true, WEFT_NACK_NO_CONTEXT, false },		/* to id 0 */
		{ WEFT_PTYPE_DATA, false, WEFT_NACK_NO_CONTEXT, true },
		{ WEFT_PTYPE_CTRL, false, WEFT_NACK_NO_CONTEXT, true },
		{ WEFT_PTYPE_ACK, false, WEFT_NACK_NO_CONTEXT, false },
		{ WEFT_PTYPE_NACK, false, WEFT_NACK_NO_CONTEXT, false },
		{ WEFT_PTYPE_DATA, true, WEFT_NACK_NEW_START_PSN, true },
		{ WEFT_PTYPE_CTRL, true, WEFT_NACK_BUSY, true },
		{ WEFT_PTYPE_CTRL, true, WEFT_NACK_MODE, true },
		{ WEFT_PTYPE_CTRL, false, WEFT_NACK_BUSY, false },
		{ WEFT_PTYPE_ACK, true, WEFT_NACK_BUSY, false },
		{ WEFT_PTYPE_NACK, true, WEFT_NACK_BUSY, false },
	};
	uint8_t out[WEFT_ALONE_MAX];
	struct weft_view v, w;

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		size_t len;

		memset(&v, 0, sizeof(v));
		v.d.type = (uint8_t)rows[i].type;
		v.d.psn = 0x1234;
		v.d.pdc_id = rows[i].syn ? 0 : 0x777;
		v.d.flags = (uint8_t)(rows[i].syn ? WEFT_DFLAGS_SYN : 2);
		v.syn.pdc_id = 0x888;
		v.syn.gen = 3;
		len = weft_nack_build(out, &v, rows[i].reason, 55);
		CU_ASSERT_EQUAL(len != 0, rows[i].answered);
		if (!len)
			continue;
		CU_ASSERT_EQUAL_FATAL(weft_parse(&w, out, (uint32_t)len), WEFT_DROP_NONE);
		CU_ASSERT(weft_crc_ok(&w));
		CU_ASSERT_EQUAL(w.b.nack.h.reason, rows[i].reason);
		CU_ASSERT_EQUAL(w.b.nack.h.echo_psn, 0x1234);
		CU_ASSERT_EQUAL(w.b.nack.h.arg, 55);
		CU_ASSERT_EQUAL(w.d.pdc_id, rows[i].syn ? 0x888 : 0);
		CU_ASSERT_EQUAL(w.d.flags & WEFT_DFLAGS_GEN, rows[i].syn ? 3 : 0);
		CU_ASSERT_EQUAL(w.b.nack.h.echo_pdc, rows[i].syn ? 0 : 0x777);
		CU_ASSERT_EQUAL(w.b.nack.h.echo_gen, rows[i].syn ? 0 : 2);
	}
}

/* ---- reading ------------------------------------------------------------------------ */

static uint8_t hello_bytes[WEFT_HDR_TLV_HELLO_LEN + 8];

struct tlv {			/* type 0: end */
	uint16_t type, len;
};

/* The kind of a packet of these TLVs; values are those of a HELLO, or zero. */
static enum weft_alone kind_of(const struct tlv *t, struct read *r, const void *value)
{
	static const uint8_t zero[64];
	static uint8_t tlvs[512], out[PK_MAX];
	struct weft_view v;
	uint32_t len = 0;

	for (; t->type; t++)
		len += pk_tlv(tlvs + len, t->type, value ? value : t->type == WEFT_TLV_HELLO ?
			      hello_bytes : zero, t->len);
	memset(&v, 0, sizeof(v));
	v.d.version = WEFT_VERSION;
	v.d.type = WEFT_PTYPE_CTRL;
	v.b.ctrl.tlvs = tlvs;
	v.b.ctrl.len = len;
	return read_back(r, out, pk_build(out, &v));
}

/* WEFT-PKT-008, WEFT-PKT-009 */
static void weft_alone_parse__which_tlvs(void)
{
	static const struct {
		struct tlv t[4];
		enum weft_alone kind;
		const char *why;
	} rows[] = {
		{ { { WEFT_TLV_HELLO, 32 } }, WEFT_ALONE_HELLO, "alone" },
		{ { { WEFT_TLV_HELLO, 36 } }, WEFT_ALONE_HELLO, "longer: a later revision" },
		{ { { WEFT_TLV_HELLO, 31 } }, WEFT_ALONE_BAD, "too short" },
		{ { { WEFT_TLV_NEIGHBOUR, 27 } }, WEFT_ALONE_BAD, "too short" },
		{ { { WEFT_TLV_VERSION_REJECT, 3 } }, WEFT_ALONE_BAD, "too short" },
		{ { { 0 } }, WEFT_ALONE_BAD, "nothing" },
		{ { { WEFT_TLV_NAME, 4 } }, WEFT_ALONE_BAD, "nothing critical" },
		{ { { 0x7abc, 5 }, { WEFT_TLV_HELLO, 32 } }, WEFT_ALONE_HELLO, "unknown: skipped" },
		{ { { WEFT_TLV_HELLO, 32 }, { 0x7abc, 0 } }, WEFT_ALONE_HELLO, "the same behind" },
		{ { { WEFT_TLV_HELLO, 32 }, { 0xfabc, 4 } }, WEFT_ALONE_BAD, "unknown, critical" },
		{ { { 0xfabc, 4 }, { WEFT_TLV_HELLO, 32 } }, WEFT_ALONE_BAD, "the same before" },
		{ { { WEFT_TLV_HELLO, 32 }, { WEFT_TLV_HELLO, 32 } }, WEFT_ALONE_BAD, "twice" },
		{ { { WEFT_TLV_HELLO, 32 }, { WEFT_TLV_NEIGHBOUR, 28 } }, WEFT_ALONE_BAD, "two" },
		{ { { WEFT_TLV_CLOSE, 0 } }, WEFT_ALONE_BAD, "one of a context" },
		{ { { WEFT_TLV_HELLO, 32 }, { WEFT_TLV_POOL, 11 } }, WEFT_ALONE_HELLO, "part cut" },
	};
	struct weft_hdr_tlv_hello asks = { .flags = WEFT_HELLOFLAGS_REPLY };
	struct read r;

	weft_hdr_tlv_hello_pack(hello_bytes, &asks);
	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		CU_ASSERT_EQUAL(kind_of(rows[i].t, &r, NULL), rows[i].kind);
		CU_ASSERT_EQUAL(r.hello.n_pools, 0);
		if (rows[i].kind == WEFT_ALONE_HELLO)	/* whatever is beside it */
			CU_ASSERT_EQUAL(r.hello.h.flags, WEFT_HELLOFLAGS_REPLY);
	}
}

/* WEFT-PKT-009 */
static void weft_alone_parse__tlv_leaves_the_packet(void)
{
	uint8_t out[PK_MAX], tlvs[64];
	struct weft_view v;
	struct read r;

	for (uint32_t claim = 0; claim < 70; claim++) {
		uint32_t len = pk_tlv(tlvs, WEFT_TLV_HELLO, hello_bytes, 32);
		bool fits = claim <= 32;

		tlvs[2] = (uint8_t)(claim >> 8);
		tlvs[3] = (uint8_t)claim;
		memset(&v, 0, sizeof(v));
		v.d.version = WEFT_VERSION;
		v.d.type = WEFT_PTYPE_CTRL;
		v.b.ctrl.tlvs = tlvs;
		v.b.ctrl.len = len;
		if (!fits)
			CU_ASSERT_EQUAL(read_back(&r, out, pk_build(out, &v)), WEFT_ALONE_BAD);
	}
	tlvs[2] = tlvs[3] = 0xff;		/* a length that wraps when padded to a word */
	CU_ASSERT_EQUAL(read_back(&r, out, pk_build(out, &v)), WEFT_ALONE_BAD);
}

static void weft_alone_parse__parts_beyond_our_room(void)
{
	static const struct tlv parts[] = {
		{ WEFT_TLV_POOL, 12 }, { WEFT_TLV_POOL, 12 }, { WEFT_TLV_POOL, 12 },
		{ WEFT_TLV_POOL, 12 }, { WEFT_TLV_POOL, 12 }, { WEFT_TLV_POOL, 12 },
		{ WEFT_TLV_POOL, 12 }, { WEFT_TLV_POOL, 12 }, { WEFT_TLV_POOL, 12 },
		{ WEFT_TLV_POOL, 12 }, { WEFT_TLV_HELLO, 32 }, { 0, 0 },
	};
	struct tlv engines[19];
	struct read r;

	CU_ASSERT_EQUAL(kind_of(parts, &r, NULL), WEFT_ALONE_HELLO);
	CU_ASSERT_EQUAL(r.hello.n_pools, 8);
	for (size_t i = 0; i < 18; i++)
		engines[i] = (struct tlv){ WEFT_TLV_ENGINE, 8 };
	engines[17] = (struct tlv){ WEFT_TLV_HELLO, 32 };
	engines[18] = (struct tlv){ 0, 0 };
	CU_ASSERT_EQUAL(kind_of(engines, &r, NULL), WEFT_ALONE_HELLO);
	CU_ASSERT_EQUAL(r.hello.n_engines, 16);
}

static void weft_alone_parse__names(void)
{
	static const struct tlv t[] = { { WEFT_TLV_HELLO, 32 }, { WEFT_TLV_NAME, 40 }, { 0, 0 } };
	char value[96];
	struct read r;
	struct tlv longer[3] = { { WEFT_TLV_NAME, 80 }, { WEFT_TLV_HELLO, 32 }, { 0, 0 } };

	memset(value, 'a', sizeof(value));
	value[0] = 27;			/* no control characters reach a terminal */
	value[1] = (char)0xc3;
	value[2] = 0x7f;
	value[3] = 0;
	CU_ASSERT_EQUAL(kind_of(t, &r, value), WEFT_ALONE_HELLO);
	CU_ASSERT_EQUAL(strlen(r.hello.name), 40);
	CU_ASSERT_EQUAL(memcmp(r.hello.name, "????aaaa", 8), 0);
	CU_ASSERT_EQUAL(kind_of(longer, &r, value), WEFT_ALONE_HELLO);
	CU_ASSERT_EQUAL(strlen(r.hello.name), sizeof(r.hello.name) - 1);
}

WEFT_SUITE(t_alone) {
	{ "weft_hello_build__comes_back_whole", weft_hello_build__comes_back_whole },
	{ "weft_hello_build__bare", weft_hello_build__bare },
	{ "weft_answer_room__three_times", weft_answer_room__three_times },
	{ "weft_hello_build__what_fits", weft_hello_build__what_fits },
	{ "weft_hello_build__question", weft_hello_build__question },
	{ "weft_neighbour_build__comes_back", weft_neighbour_build__comes_back },
	{ "weft_version_reject_build__names_the_range",
	  weft_version_reject_build__names_the_range },
	{ "weft_nack_build__table", weft_nack_build__table },
	{ "weft_alone_parse__which_tlvs", weft_alone_parse__which_tlvs },
	{ "weft_alone_parse__tlv_leaves_the_packet", weft_alone_parse__tlv_leaves_the_packet },
	{ "weft_alone_parse__parts_beyond_our_room", weft_alone_parse__parts_beyond_our_room },
	{ "weft_alone_parse__names", weft_alone_parse__names },
};
