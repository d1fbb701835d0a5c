/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/parse.c: the door. */
#include "core/test/pk.h"
#include "tools/test/cunit_main.h"

static const uint8_t words[64], ranges[64], tlvs[8] = { 0x00, 0x07, 0x00, 0x04, 1, 2, 3, 4 };

/* One packet of every shape; returns its bytes. */
static uint32_t shape(uint8_t *out, enum weft_ptype type, int which, bool syn)
{
	struct weft_view v;

	memset(&v, 0, sizeof(v));
	v.d.version = WEFT_VERSION;
	v.d.type = (uint8_t)type;
	v.d.pdc_id = 0x123456;
	v.d.psn = 7;
	if (syn) {
		v.d.flags |= WEFT_DFLAGS_SYN;
		v.syn.window = 64;
		v.syn.max_payload = 1024;
		v.syn.mode = WEFT_MODE_RUD;
	}
	if (type == WEFT_PTYPE_DATA) {
		v.b.data.op.opcode = (uint8_t)which;
		v.b.data.op.length = which == WEFT_OPCODE_WRITE ? 33 : 0;
		v.b.data.op.flags = which == WEFT_OPCODE_SEND ? WEFT_OFLAGS_IMM : 0;
	} else if (type == WEFT_PTYPE_ACK) {
		v.b.ack.h.words = (uint8_t)which;
		v.b.ack.words = words;
	} else if (type == WEFT_PTYPE_NACK) {
		v.b.nack.h.count = (uint8_t)which;
		v.b.nack.ranges = ranges;
	} else {
		v.b.ctrl.tlvs = tlvs;
		v.b.ctrl.len = (uint32_t)which * 8;
	}
	return pk_build(out, &v);
}

static const struct {
	enum weft_ptype type;
	int which;		/* opcode, words, ranges, TLVs */
} shapes[] = {
	{ WEFT_PTYPE_DATA, WEFT_OPCODE_SEND }, { WEFT_PTYPE_DATA, WEFT_OPCODE_WRITE },
	{ WEFT_PTYPE_DATA, WEFT_OPCODE_READ }, { WEFT_PTYPE_DATA, WEFT_OPCODE_READ_RSP },
	{ WEFT_PTYPE_DATA, WEFT_OPCODE_ATOMIC }, { WEFT_PTYPE_DATA, WEFT_OPCODE_ATOMIC_RSP },
	{ WEFT_PTYPE_DATA, WEFT_OPCODE_TACK }, { WEFT_PTYPE_DATA, WEFT_OPCODE_NOP },
	{ WEFT_PTYPE_DATA, 200 }, { WEFT_PTYPE_ACK, 0 }, { WEFT_PTYPE_ACK, 1 },
	{ WEFT_PTYPE_ACK, 8 }, { WEFT_PTYPE_NACK, 0 }, { WEFT_PTYPE_NACK, 8 },
	{ WEFT_PTYPE_CTRL, 0 }, { WEFT_PTYPE_CTRL, 1 },
};

/* WEFT-PKT-001 */
static void weft_parse__every_length_but_whole_is_short(void)
{
	uint8_t out[PK_MAX];
	struct weft_view v;

	for (size_t i = 0; i < 2 * WEFT_ARRAY_LEN(shapes); i++) {
		uint32_t len = shape(out, shapes[i / 2].type, shapes[i / 2].which, i % 2);

		for (uint32_t n = 0; n < len; n++) {
			/* a copy of exactly n bytes, so that the sanitizer sees a step beyond */
			uint8_t cut[PK_MAX];

			memcpy(cut + PK_MAX - n, out, n);
			if (weft_parse(&v, cut + PK_MAX - n, n) != WEFT_DROP_SHORT)
				CU_FAIL("taken although cut");
		}
		CU_ASSERT_EQUAL(weft_parse(&v, out, len), WEFT_DROP_NONE);
		CU_ASSERT_EQUAL(v.used, len);
		CU_ASSERT_EQUAL(v.crc_off, len - WEFT_HDR_CRC_LEN);
		CU_ASSERT(weft_crc_ok(&v));
	}
}

/* WEFT-NET-001: short Ethernet frames arrive padded. */
static void weft_parse__padding_is_left_out(void)
{
	uint8_t out[PK_MAX];
	struct weft_view v;

	for (size_t i = 0; i < WEFT_ARRAY_LEN(shapes); i++) {
		uint32_t len = shape(out, shapes[i].type, shapes[i].which, false);

		memset(out + len, 0xff, 60);
		CU_ASSERT_EQUAL(weft_parse(&v, out, len + 60), WEFT_DROP_NONE);
		CU_ASSERT_EQUAL(v.used, len);
		CU_ASSERT(weft_crc_ok(&v));
	}
}

/* WEFT-PKT-002: nothing behind a foreign version is looked at, however short. */
static void weft_parse__foreign_version(void)
{
	uint8_t out[PK_MAX];
	struct weft_view v;

	shape(out, WEFT_PTYPE_DATA, WEFT_OPCODE_WRITE, true);
	for (unsigned version = 0; version < 16; version++) {
		out[0] = (uint8_t)(version << 4 | (out[0] & 15));
		CU_ASSERT_EQUAL(weft_parse(&v, out, WEFT_HDR_DELIVERY_LEN),
				version == WEFT_VERSION ? WEFT_DROP_SHORT : WEFT_DROP_VERSION);
		CU_ASSERT_EQUAL(v.d.version, version);
		CU_ASSERT_EQUAL(v.d.psn, 7);
	}
}

/* WEFT-PKT-003, WEFT-PKT-007 */
static void weft_parse__types_not_claimed(void)
{
	uint8_t out[PK_MAX];
	struct weft_view v;
	uint32_t len = shape(out, WEFT_PTYPE_DATA, WEFT_OPCODE_WRITE, false);

	for (unsigned type = 0; type < 16; type++) {
		bool known = type >= WEFT_PTYPE_DATA && type <= WEFT_PTYPE_CREDIT;

		out[0] = (uint8_t)(WEFT_VERSION << 4 | type);
		if (!known)
			CU_ASSERT_EQUAL(weft_parse(&v, out, len), WEFT_DROP_TYPE);
	}
	len = shape(out, WEFT_PTYPE_DATA, WEFT_OPCODE_WRITE, false);
	out[1] |= WEFT_DFLAGS_SEC;
	CU_ASSERT_EQUAL(weft_parse(&v, out, len), WEFT_DROP_TYPE);
}

/* WEFT-PKT-033, WEFT-PKT-034, WEFT-PKT-080 */
static void weft_parse__contradictions(void)
{
	uint8_t out[PK_MAX];
	struct weft_view v;
	uint32_t len = shape(out, WEFT_PTYPE_ACK, 8, false);

	memset(out + len, 0, 256);
	out[WEFT_HDR_DELIVERY_LEN + 1] = 9;		/* words */
	CU_ASSERT_EQUAL(weft_parse(&v, out, PK_MAX), WEFT_DROP_MALFORMED);
	shape(out, WEFT_PTYPE_NACK, 8, false);
	out[WEFT_HDR_DELIVERY_LEN + 1] = 9;		/* count */
	CU_ASSERT_EQUAL(weft_parse(&v, out, PK_MAX), WEFT_DROP_MALFORMED);
	for (uint8_t n = 1; n < 4; n++) {
		shape(out, WEFT_PTYPE_CTRL, 1, false);
		out[WEFT_HDR_DELIVERY_LEN + 1] = n;	/* bytes of TLVs: not whole words */
		CU_ASSERT_EQUAL(weft_parse(&v, out, PK_MAX), WEFT_DROP_MALFORMED);
	}
	for (unsigned type = WEFT_PTYPE_PROBE; type <= WEFT_PTYPE_CREDIT; type++) {
		shape(out, WEFT_PTYPE_DATA, WEFT_OPCODE_NOP, true);
		out[0] = (uint8_t)(WEFT_VERSION << 4 | type);
		CU_ASSERT_EQUAL(weft_parse(&v, out, PK_MAX), WEFT_DROP_MALFORMED);
	}
}

/* WEFT-SEM-015: a code without a meaning is not taken for one that has one. */
static void weft_parse__unknown_opcode_stays(void)
{
	uint8_t out[PK_MAX];
	struct weft_view v;
	uint32_t len = shape(out, WEFT_PTYPE_DATA, WEFT_OPCODE_NOP, false);

	out[WEFT_HDR_DELIVERY_LEN] = 0x80 | WEFT_OPCODE_NOP;
	CU_ASSERT_EQUAL(weft_parse(&v, out, len), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(v.b.data.op.opcode, 0x80 | WEFT_OPCODE_NOP);
}

/* WEFT-PDC-017 */
static void weft_parse__syn_below_the_least(void)
{
	static const struct { uint16_t window, payload; enum weft_drop why; } rows[] = {
		{ 16, 64, WEFT_DROP_NONE }, { 15, 64, WEFT_DROP_MALFORMED },
		{ 16, 63, WEFT_DROP_MALFORMED }, { 0, 0, WEFT_DROP_MALFORMED },
		{ 65535, 65535, WEFT_DROP_NONE },
	};
	uint8_t out[PK_MAX];
	struct weft_view v;
	uint32_t len = shape(out, WEFT_PTYPE_DATA, WEFT_OPCODE_NOP, true);

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		weft_parse(&v, out, len);
		v.syn.window = rows[i].window;
		v.syn.max_payload = rows[i].payload;
		len = pk_build(out, &v);
		CU_ASSERT_EQUAL(weft_parse(&v, out, len), rows[i].why);
	}
}

/* WEFT-CONV-003: each reserved bit, set, changes nothing in what is read. */
static void weft_parse__reserved_bits_are_ignored(void)
{
	uint8_t out[PK_MAX], bad[PK_MAX];
	struct weft_view v, w;
	uint32_t len = shape(out, WEFT_PTYPE_NACK, 0, true);
	uint32_t syn = WEFT_HDR_DELIVERY_LEN, nack = syn + WEFT_HDR_SYN_LEN;

	memset(&v, 0, sizeof(v));
	memset(&w, 0, sizeof(w));
	CU_ASSERT_EQUAL(weft_parse(&v, out, len), WEFT_DROP_NONE);
	memcpy(bad, out, len);
	bad[syn + 15] |= 0x03;
	bad[syn + 19] = 0xff;
	bad[nack + 2] = 0xff;		/* 14 bits, then echo_gen */
	bad[nack + 3] |= 0xfc;
	bad[nack + 4] = 0xff;
	pk_seal(bad, len - WEFT_HDR_CRC_LEN);
	CU_ASSERT_EQUAL(weft_parse(&w, bad, len), WEFT_DROP_NONE);
	CU_ASSERT(weft_crc_ok(&w));
	CU_ASSERT_EQUAL(memcmp(&v.syn, &w.syn, sizeof(v.syn)), 0);
	CU_ASSERT_EQUAL(memcmp(&v.b.nack.h, &w.b.nack.h, sizeof(v.b.nack.h)), 0);
	len = shape(out, WEFT_PTYPE_DATA, WEFT_OPCODE_ATOMIC, false);
	memset(&v, 0, sizeof(v));		/* the structs are compared with their gaps */
	memset(&w, 0, sizeof(w));
	weft_parse(&v, out, len);
	out[WEFT_HDR_DELIVERY_LEN + WEFT_HDR_OP_LEN + 15] = 0xff;
	CU_ASSERT_EQUAL(weft_parse(&w, out, len), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(memcmp(&v.b.data.u.atomic, &w.b.data.u.atomic,
			       sizeof(v.b.data.u.atomic)), 0);
}

/*
 * WEFT-PKT-004, WEFT-PKT-005: each bit of a packet is covered but those of two fields.  (TRIM is
 * one of them, and a packet with it is a hint, not wrong.)
 */
static void weft_crc_ok__each_bit(void)
{
	uint8_t out[PK_MAX];
	struct weft_view v, w;

	for (size_t i = 0; i < WEFT_ARRAY_LEN(shapes); i++) {
		uint32_t len = shape(out, shapes[i].type, shapes[i].which, true);

		weft_parse(&v, out, len);
		for (uint32_t bit = 0; bit < 8 * len; bit++) {
			bool mutable = bit >= 16 && bit < 40, trim = bit == 38;

			out[bit / 8] ^= (uint8_t)(1u << bit % 8);
			if (weft_crc_ok(&v) != mutable)
				CU_FAIL("a wrong bit is not seen, or a mutable one is");
			if (mutable && !trim && (weft_parse(&w, out, len) != WEFT_DROP_NONE ||
						 !weft_crc_ok(&w)))
				CU_FAIL("what a switch may set makes the packet wrong");
			out[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		CU_ASSERT(weft_crc_ok(&v));
	}
}

/* WEFT-PKT-030, WEFT-PKT-031 */
static void weft_route__table(void)
{
	static const struct {
		enum weft_ptype type;
		uint32_t pdc_id;
		bool syn;
		enum weft_nack reason;
		enum weft_routes route;
	} rows[] = {
		{ WEFT_PTYPE_DATA, 5, false, 0, WEFT_ROUTE_CONTEXT },
		{ WEFT_PTYPE_DATA, 5, true, 0, WEFT_ROUTE_CONTEXT },
		{ WEFT_PTYPE_DATA, 0, true, 0, WEFT_ROUTE_OPEN },
		{ WEFT_PTYPE_CTRL, 0, true, 0, WEFT_ROUTE_OPEN },
		{ WEFT_PTYPE_ACK, 0, true, 0, WEFT_ROUTE_NONE },	/* opens nothing */
		{ WEFT_PTYPE_NACK, 0, true, 0, WEFT_ROUTE_NONE },
		{ WEFT_PTYPE_DATA, 0, false, 0, WEFT_ROUTE_NONE },
		{ WEFT_PTYPE_ACK, 0, false, 0, WEFT_ROUTE_NONE },
		{ WEFT_PTYPE_CTRL, 0, false, 0, WEFT_ROUTE_ALONE },
		{ WEFT_PTYPE_NACK, 0, false, WEFT_NACK_NO_CONTEXT, WEFT_ROUTE_REMOTE },
		{ WEFT_PTYPE_NACK, 0, false, WEFT_NACK_RESET, WEFT_ROUTE_NONE },
		{ WEFT_PTYPE_NACK, 9, false, WEFT_NACK_BUSY, WEFT_ROUTE_CONTEXT },
	};
	struct weft_view v;

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		memset(&v, 0, sizeof(v));
		v.d.type = (uint8_t)rows[i].type;
		v.d.pdc_id = rows[i].pdc_id;
		v.d.flags = rows[i].syn ? WEFT_DFLAGS_SYN : 0;
		if (rows[i].type == WEFT_PTYPE_NACK)
			v.b.nack.h.reason = (uint8_t)rows[i].reason;
		v.syn.pdc_id = 7;
		v.syn.chip_id = 8;
		CU_ASSERT_EQUAL(weft_route(&v), rows[i].route);
		if (rows[i].route != WEFT_ROUTE_OPEN)
			continue;
		v.syn.pdc_id = 0;			/* does not say whose context it is */
		CU_ASSERT_EQUAL(weft_route(&v), WEFT_ROUTE_NONE);
		v.syn.pdc_id = 7;
		v.syn.chip_id = 0;
		CU_ASSERT_EQUAL(weft_route(&v), WEFT_ROUTE_NONE);
	}
}

WEFT_SUITE(t_parse) {
	{ "weft_parse__every_length_but_whole_is_short",
	  weft_parse__every_length_but_whole_is_short },
	{ "weft_parse__padding_is_left_out", weft_parse__padding_is_left_out },
	{ "weft_parse__foreign_version", weft_parse__foreign_version },
	{ "weft_parse__types_not_claimed", weft_parse__types_not_claimed },
	{ "weft_parse__contradictions", weft_parse__contradictions },
	{ "weft_parse__unknown_opcode_stays", weft_parse__unknown_opcode_stays },
	{ "weft_parse__syn_below_the_least", weft_parse__syn_below_the_least },
	{ "weft_parse__reserved_bits_are_ignored", weft_parse__reserved_bits_are_ignored },
	{ "weft_crc_ok__each_bit", weft_crc_ok__each_bit },
	{ "weft_route__table", weft_route__table },
};
