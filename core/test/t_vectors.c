/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * spec/vectors against the generated codec and the engine's checks of single packets.  Transcripts
 * are t_transcripts.c's.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/test/dut.h"
#include "core/test/fields.h"
#include "core/test/pk.h"
#include "tools/test/cunit_main.h"

#define PKT_MAX 4096

/* ---- packets: every field by its name ----------------------------------------------- */

static const struct header *header_named(const char *name)
{
	for (const struct header *h = fields_headers; h->name; h++)
		if (!strcmp(h->name, name))
			return h;
	return NULL;
}

/* The member's value: of up to 64 bits as a number, of more as the hex of its bytes. */
static bool member_is(const struct field *f, const uint8_t *s, const struct json *fields)
{
	char text[2 + 2 * FIELDS_STRUCT_MAX + 1] = "0x";
	uint64_t v = 0;
	uint32_t v32;
	uint16_t v16;

	if (f->size > 8) {
		for (size_t i = 0; i < f->size; i++)
			snprintf(text + 2 + 2 * i, 3, "%02x", s[f->at + i]);
		return !strcmp(text, json_text(fields, f->name));
	}
	if (f->size == 1) {
		v = s[f->at];
	} else if (f->size == 2) {
		memcpy(&v16, s + f->at, 2);
		v = v16;
	} else if (f->size == 4) {
		memcpy(&v32, s + f->at, 4);
		v = v32;
	} else {
		memcpy(&v, s + f->at, 8);
	}
	return v == json_number(fields, f->name);
}

/* Unpacked, the fields are what the vector says, all of them; packed again, the bytes are. */
static const char *check_header(const struct json *part, const uint8_t *bytes, size_t len)
{
	const struct header *h = header_named(json_text(part, "header"));
	const struct json *fields = json_get(part, "fields");
	uint64_t s[FIELDS_STRUCT_MAX / 8];
	size_t at = json_number(part, "at"), said = 0, had = 0;
	uint8_t again[256];

	if (!h)
		return "a header that core/wire.h does not have";
	if (at + h->bytes > len)
		return "the header leaves the packet";
	h->unpack(s, bytes + at);
	for (const struct field *f = h->fields; f->name; f++, had++)
		if (!member_is(f, (const uint8_t *)s, fields))
			return f->name;
	json_each(f, fields)
		said += f != NULL;
	if (said != had)
		return "not the same fields";
	h->pack(again, s);
	return memcmp(again, bytes + at, h->bytes) ? "packed again it is not the same" : NULL;
}

static const char *check_part(const struct json *part, const uint8_t *bytes, size_t len,
			      size_t *end)
{
	uint8_t raw[PKT_MAX];
	size_t at = json_number(part, "at"), n;

	if (at != *end)
		return "the parts are not one after another";
	if (json_get(part, "header")) {
		const char *wrong = check_header(part, bytes, len);

		*end = at + (wrong ? 0 : header_named(json_text(part, "header"))->bytes);
		return wrong;
	}
	n = json_hex(part, "hex", raw, sizeof(raw));
	*end = at + n;
	return at + n > len || memcmp(raw, bytes + at, n) ? "bytes" : NULL;
}

/* Returns false after telling what is wrong. */
static bool check_packet(const char *name, const struct json *v)
{
	uint8_t bytes[PKT_MAX];
	size_t len = json_hex(v, "hex", bytes, sizeof(bytes)), end = 0;
	struct weft_hdr_crc crc;

	json_each(part, json_get(v, "parts")) {
		const char *wrong = check_part(part, bytes, len, &end);

		if (wrong) {
			printf("      %s, at %zu: %s; if the layout changed: make vectors\n",
			       name, end, wrong);
			return false;
		}
	}
	weft_hdr_crc_unpack(&crc, bytes + len - WEFT_HDR_CRC_LEN);
	if (end == len &&
	    crc.crc == weft_crc_header(bytes, (uint32_t)(len - WEFT_HDR_CRC_LEN)))
		return true;
	printf("      %s: %s\n", name, end == len ? "CRC" : "bytes without a name");
	return false;
}

static void packets__every_field(void)
{
	struct json *top = json_load("spec/vectors/packets.json");
	unsigned n = 0, bad = 0;

	json_each(v, json_get(top, "vectors")) {
		bad += !check_packet(json_text(v, "name"), v);
		n++;
	}
	CU_ASSERT_EQUAL(bad, 0);
	CU_ASSERT(n > 100);
	json_free(top);
}

static void negotiation__packets(void)
{
	struct json *top = json_load("spec/vectors/negotiation.json");
	unsigned n = 0, bad = 0;

	json_each(v, json_get(top, "vectors")) {
		bad += !check_packet(json_text(v, "name"), json_get(v, "a"));
		bad += !check_packet(json_text(v, "name"), json_get(v, "b"));
		n++;
	}
	CU_ASSERT_EQUAL(bad, 0);
	CU_ASSERT(n > 10);
	json_free(top);
}

/* What the engine's door does not read yet. */
static bool not_yet(const uint8_t *bytes, uint32_t len)
{
	uint8_t type = bytes[0] & 0xf, syn = bytes[1] & WEFT_DFLAGS_SYN ? WEFT_HDR_SYN_LEN : 0;
	struct weft_hdr_op op;

	if (type != WEFT_PTYPE_DATA)
		return type >= WEFT_PTYPE_DGRAM;
	if (len < WEFT_HDR_DELIVERY_LEN + (uint32_t)syn + WEFT_HDR_OP_LEN)
		return false;
	weft_hdr_op_unpack(&op, bytes + WEFT_HDR_DELIVERY_LEN + syn);
	bytes += WEFT_HDR_DELIVERY_LEN + syn + WEFT_HDR_OP_LEN;
	if (op.opcode == WEFT_OPCODE_ATOMIC)
		return bytes[14] & WEFT_AFLAGS_MASKED;
	return op.opcode >= WEFT_OPCODE_REDUCE || op.flags & (WEFT_OFLAGS_INV | WEFT_OFLAGS_SIGNAL);
}

/* WEFT-PKT-001: what each is, the door takes; one byte less, it does not. */
static void packets__the_door_takes_them(void)
{
	struct json *top = json_load("spec/vectors/packets.json");
	unsigned bad = 0, n = 0;

	json_each(v, json_get(top, "vectors")) {
		uint8_t bytes[PKT_MAX];
		uint32_t len = (uint32_t)json_hex(v, "hex", bytes, sizeof(bytes));
		struct weft_view view;
		enum weft_drop why = weft_parse(&view, bytes, len);

		if (not_yet(bytes, len))
			continue;
		n++;
		if (why == WEFT_DROP_NONE && view.used == len && weft_crc_ok(&view) &&
		    weft_parse(&view, bytes, len - 1) == WEFT_DROP_SHORT)
			continue;
		printf("      %s: %s\n", json_text(v, "name"), weft_drop_name(why));
		bad++;
	}
	CU_ASSERT_EQUAL(bad, 0);
	CU_ASSERT(n > 60);
	json_free(top);
}

/* ---- refused ------------------------------------------------------------------------ */

/* The state `open` or `rod`: PSNs up to next_psn - 1 are done, acked_psn of ours acknowledged. */
static void reach_open(struct dut *d, const struct json *setup)
{
	uint32_t next = (uint32_t)json_number(setup, "next_psn");
	uint32_t start = (uint32_t)json_number(setup, "peer_start_psn");
	struct weft_hdr_tlv_ep_connect ep = {
		.src_qpn = (uint32_t)json_number(setup, "peer_qpn"), .credits = 16,
		.window = (uint16_t)json_number(setup, "stream_window"),
		.reads = (uint8_t)json_number(setup, "stream_reads"),
	};
	struct weft_view v;

	d->peer.known = true;
	d->peer.incarnation = (uint32_t)json_number(setup, "peer_incarnation");
	for (uint32_t psn = start; psn != next; psn++) {
		uint8_t bytes[256];

		memset(&v, 0, sizeof(v));
		v.d = (struct weft_hdr_delivery){ .version = WEFT_VERSION,
			.type = WEFT_PTYPE_DATA, .psn = psn,
			.flags = psn == start ? WEFT_DFLAGS_SYN : d->cfg.gen,
			.pdc_id = psn == start ? 0 : d->cfg.pdc_id };
		v.syn = (struct weft_hdr_syn){ .chip_id = d->peer.chip_id,
			.incarnation = d->peer.incarnation,
			.pdc_id = (uint32_t)json_number(setup, "peer_pdc_id"),
			.mode = (uint8_t)d->cfg.mode,
			.gen = (uint8_t)json_number(setup, "peer_gen"), .domain = d->cfg.domain,
			.start_psn = start, .window = (uint16_t)json_number(setup, "peer_window"),
			.max_payload = (uint16_t)json_number(setup, "peer_max_payload") };
		v.b.data.op.opcode = WEFT_OPCODE_NOP;
		CU_ASSERT_EQUAL_FATAL(dut_in(d, bytes, pk_build(bytes, &v)), WEFT_DROP_NONE);
		if (psn == start) {
			CU_ASSERT_FATAL(dut_stream(d));
			weft_ep_accept(d->s, &ep, NULL, 0);
			dut_turn(d);
		}
	}
	v.d.type = WEFT_PTYPE_ACK;
	v.d.flags = WEFT_DFLAGS_AKV | d->cfg.gen;
	v.d.ack_psn = (uint32_t)json_number(setup, "acked_psn");
	memset(&v.b, 0, sizeof(v.b));
	v.b.ack.h.window = (uint16_t)json_number(setup, "peer_window");
	v.b.ack.h.sack_base = v.d.ack_psn + 1;
	{
		uint8_t bytes[256];

		dut_in(d, bytes, pk_build(bytes, &v));
	}
	dut_wait(d, 1000000);
	d->n_out = d->n_acts = 0;
}

static void reach(struct dut *d, const struct json *setup, const char *state)
{
	dut_init(d, setup);
	if (!strcmp(state, "rod"))
		d->cfg.mode = WEFT_MODE_ROD;
	if (!strcmp(state, "open") || !strcmp(state, "rod"))
		reach_open(d, setup);
	if (!strcmp(state, "chip")) {
		d->peer.known = d->peer.floored = true;
		d->peer.incarnation = (uint32_t)json_number(setup, "peer_incarnation");
		d->peer.rx_floor = (uint32_t)json_number(setup, "peer_start_psn");
	}
}

/* Takes the packet in exactly as many bytes as it has, so that a sanitizer sees one too many. */
static enum weft_drop give(struct dut *d, const uint8_t *bytes, size_t len)
{
	uint8_t *exact = malloc(len + (len == 0));
	enum weft_drop why;

	memcpy(exact, bytes, len);
	why = dut_in(d, exact, len);
	if (d->n_acts && d->acts[0].token)
		dut_answer(d, WEFT_STATUS_OK, 0);
	dut_wait(d, 1000000);
	free(exact);
	return why;
}

static bool answered(struct dut *d, const struct json *answer)
{
	uint8_t want[PKT_MAX], mask[PKT_MAX];
	size_t len = json_hex(answer, "hex", want, sizeof(want));

	json_hex(answer, "mask", mask, sizeof(mask));
	return dut_claim(d, want, mask, len) && !dut_unclaimed(d);
}

static bool check_refused(const struct json *top, const struct json *v)
{
	const char *want = json_text(v, "drop"), *got;
	static struct dut d;
	uint8_t bytes[PKT_MAX];
	size_t len = json_hex(v, "hex", bytes, sizeof(bytes));
	const struct json *answer = json_get(v, "answer");
	bool good;

	reach(&d, json_get(top, "setup"), json_text(v, "state"));
	got = weft_drop_name(give(&d, bytes, len));
	good = !strcmp(got, want) && (answer ? answered(&d, answer) :
				      !strcmp(want, "NONE") || !dut_unclaimed(&d));
	if (!good) {
		printf("      %s: %s, not %s\n", json_text(v, "name"), got, want);
		dut_print(&d);
	}
	dut_fini(&d);
	return good;
}

/* WEFT-CONV-004: the cause that the vector says, and the answer, or none. */
static void refused__cause_and_answer(void)
{
	struct json *top = json_load("spec/vectors/refused.json");
	unsigned n = 0, bad = 0;

	json_each(v, json_get(top, "vectors")) {
		bad += !check_refused(top, v);
		n++;
	}
	CU_ASSERT_EQUAL(bad, 0);
	CU_ASSERT(n > 80);
	json_free(top);
}

/* ---- values ------------------------------------------------------------------------- */

static void values__crc32c(void)
{
	struct json *top = json_load("spec/vectors/values.json");

	json_each(v, json_get(top, "crc32c")) {
		uint8_t bytes[PKT_MAX];
		size_t len = json_hex(v, "hex", bytes, sizeof(bytes));

		CU_ASSERT_EQUAL(weft_crc32c(0, bytes, len), json_number(v, "crc"));
	}
	json_free(top);
}

static void values__serial_numbers(void)
{
	struct json *top = json_load("spec/vectors/values.json");

	json_each(v, json_get(top, "serial"))
		CU_ASSERT_EQUAL(psn_before((uint32_t)json_number(v, "a"),
					   (uint32_t)json_number(v, "b")),
				json_get(v, "before")->number);
	json_free(top);
}

static void values__bounds(void)
{
	struct json *top = json_load("spec/vectors/values.json");

	json_each(v, json_get(top, "bounds")) {
		struct weft_mr mr = { .base = json_number(v, "base"), .alive = true,
				      .len = json_number(v, "size"), .key = 0x77,
				      .rights = WEFT_MR_READ, .domain = 1, .pd = 1 };
		enum weft_status st = weft_mr_check(&mr, 1, 1, WEFT_MR_READ, json_number(v, "addr"),
						    (uint32_t)json_number(v, "length"));

		CU_ASSERT_STRING_EQUAL(weft_status_name(st), json_text(v, "status"));
	}
	json_free(top);
}

static void values__structures(void)
{
	struct json *top = json_load("spec/vectors/values.json");
	unsigned n = 0;

	json_each(v, json_get(top, "structures")) {
		uint8_t bytes[PKT_MAX];
		size_t len = json_hex(v, "hex", bytes, sizeof(bytes)), end = 0;
		const char *wrong = check_part(json_get(v, "parts")->child, bytes, len, &end);

		if (wrong)
			printf("      %s: %s\n", json_text(v, "name"), wrong);
		CU_ASSERT_PTR_NULL(wrong);
		CU_ASSERT_EQUAL(end, len);
		n++;
	}
	CU_ASSERT(n > 10);
	json_free(top);
}

WEFT_SUITE(t_vectors) {
	{ "packets__every_field", packets__every_field },
	{ "packets__the_door_takes_them", packets__the_door_takes_them },
	{ "negotiation__packets", negotiation__packets },
	{ "refused__cause_and_answer", refused__cause_and_answer },
	{ "values__crc32c", values__crc32c },
	{ "values__serial_numbers", values__serial_numbers },
	{ "values__bounds", values__bounds },
	{ "values__structures", values__structures },
};
