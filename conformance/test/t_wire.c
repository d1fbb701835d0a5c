/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conformance/wire.c and frame.c: against packets written out by hand from spec/20-packets.md,
 * whose CRCs were computed apart, and against the vectors that the specification compiler makes.
 */
#include "conformance/frame.h"
#include "tools/test/cunit_main.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define SYN_WRITE							\
	"11c01234" "00000000" "01020304" "00000000"			\
	"0200000000abcdef" "00000007" "001001" "14" "00000100"		\
	"01020304" "0080" "2000" "00000000"				\
	"02c00005" "00000a0b" "00000003"				\
	"00000011" "0000000000010080" "00000005" "00000000"		\
	"68656c6c6f"
#define ACK								\
	"12080000" "00001001" "00000000" "0000002a"			\
	"80010003" "00560400" "0000002c" "000003e8" "00001000"		\
	"0000002b" "4000000000000000"
#define NACK								\
	"13020000" "00001001" "00000000" "00000000"			\
	"03000001" "00abcdef" "01020304" "00000000"
#define CONNECT								\
	"14480000" "00abcdef" "01020305" "0000002a"			\
	"00180000" "80100010" "00100200" "00000002" "00000040"		\
	"00401000" "01230000"
#define TACK								\
	"11080000" "00001001" "00000099" "0000002a"			\
	"07c00000" "04001003" "00000005" "00000010" "00000000"

static uint32_t unhex(const char *text, uint8_t *out)
{
	uint32_t n = 0;

	for (; text[0] && text[1]; text += 2) {
		char byte[3] = { text[0], text[1], 0 };

		out[n++] = (uint8_t)strtoul(byte, NULL, 16);
	}
	return n;
}

/* RFC 3720, appendix B.4, and the usual check value. */
static void wc_crc32c__published_values(void)
{
	uint8_t b[32] = { 0 };

	CU_ASSERT_EQUAL(wc_crc32c(0, "123456789", 9), 0xe3069283);
	CU_ASSERT_EQUAL(wc_crc32c(0, b, 32), 0x8a9136aa);
	memset(b, 0xff, sizeof(b));
	CU_ASSERT_EQUAL(wc_crc32c(0, b, 32), 0x62a8ab43);
	CU_ASSERT_EQUAL(wc_crc32c(wc_crc32c(0, b, 10), b + 10, 22), 0x62a8ab43);
}

static void wc_frame_crc__leaves_out_entropy_and_fabric(void)
{
	uint8_t a[128], b[128];
	uint32_t n = unhex(SYN_WRITE, a);

	memcpy(b, a, n);
	b[2] ^= 0xff;
	b[3] ^= 0xff;
	b[4] ^= 0xff;
	CU_ASSERT_EQUAL(wc_frame_crc(a, n), wc_frame_crc(b, n));
	b[5] ^= 1;
	CU_ASSERT_NOT_EQUAL(wc_frame_crc(a, n), wc_frame_crc(b, n));
}

/* Parse the hand-written packet, then build it again from its fields. */
static struct wc_frame both_ways(const char *text, const char *crc)
{
	static uint8_t bytes[512], again[WC_FRAME_MAX];
	uint32_t n = unhex(text, bytes);
	struct wc_frame f;

	n += unhex(crc, bytes + n);
	CU_ASSERT_PTR_NULL(wc_frame_parse(&f, bytes, n));
	CU_ASSERT_TRUE(f.crc_ok);
	CU_ASSERT_EQUAL(f.used, n);
	CU_ASSERT_PTR_NULL(wc_frame_reserved(&f));
	CU_ASSERT_EQUAL(wc_frame_build(&f, again), n);
	CU_ASSERT_EQUAL(memcmp(bytes, again, n), 0);
	return f;
}

static void wc_frame__write_with_syn(void)
{
	struct wc_frame f = both_ways(SYN_WRITE, "12ad812b");

	CU_ASSERT_EQUAL(f.type, WC_DATA);
	CU_ASSERT_EQUAL(f.flags, WC_F_SYN | WC_F_AR);
	CU_ASSERT_EQUAL(f.entropy, 0x1234);
	CU_ASSERT_EQUAL(f.syn_chip, 0x0200000000abcdef);
	CU_ASSERT_EQUAL(f.syn_inc, 7);
	CU_ASSERT_EQUAL(f.syn_pdc, 0x1001);
	CU_ASSERT_EQUAL(f.syn_mode, WC_RUD);
	CU_ASSERT_EQUAL(f.syn_gen, 1);
	CU_ASSERT_EQUAL(f.syn_domain, 1);
	CU_ASSERT_EQUAL(f.syn_start, 0x01020304);
	CU_ASSERT_EQUAL(f.syn_window, 128);
	CU_ASSERT_EQUAL(f.syn_payload, 8192);
	CU_ASSERT_EQUAL(f.opcode, WC_WRITE);
	CU_ASSERT_EQUAL(f.oflags, WC_O_SOM | WC_O_EOM);
	CU_ASSERT_EQUAL(f.length, 5);
	CU_ASSERT_EQUAL(f.qpn, 0x0a0b);
	CU_ASSERT_EQUAL(f.msn, 3);
	CU_ASSERT_EQUAL(f.rkey, 0x11);
	CU_ASSERT_EQUAL(f.addr, 0x10080);
	CU_ASSERT_EQUAL(memcmp(f.body, "hello", 5), 0);
}

static void wc_frame__ack(void)
{
	struct wc_frame f = both_ways(ACK, "8f9cc0ce");

	CU_ASSERT_EQUAL(f.pdc_id, 0x1001);
	CU_ASSERT_EQUAL(f.ack_psn, 42);
	CU_ASSERT_EQUAL(f.ce_count, 3);
	CU_ASSERT_EQUAL(f.echo_entropy, 0x56);
	CU_ASSERT_EQUAL(f.window, 1024);
	CU_ASSERT_EQUAL(f.echo_psn, 44);
	CU_ASSERT_EQUAL(f.ack_delay_ns, 1000);
	CU_ASSERT_EQUAL(f.rx_bytes, 4096);
	CU_ASSERT_EQUAL(f.sack_base, 43);
	CU_ASSERT_EQUAL(f.sack[0], 1ull << 62);
}

static void wc_frame__nack(void)
{
	struct wc_frame f = both_ways(NACK, "3fe31543");

	CU_ASSERT_EQUAL(f.reason, WC_N_NO_CONTEXT);
	CU_ASSERT_EQUAL(f.count, 0);
	CU_ASSERT_EQUAL(f.echo_gen, 1);
	CU_ASSERT_EQUAL(f.echo_pdc, 0xabcdef);
	CU_ASSERT_EQUAL(f.nack_psn, 0x01020304);
}

static void wc_frame__connect(void)
{
	struct wc_frame f = both_ways(CONNECT, "d5084663");
	struct wc_tlv_view tlv;
	struct wc_ep ep = { 0 };

	CU_ASSERT_TRUE(wc_frame_find_tlv(&f, WC_TLV_EP_CONNECT, 16, &tlv));
	wc_unpack(&wc_h_ep_connect, tlv.value, &ep);
	CU_ASSERT_EQUAL(ep.src_qpn, 0x1002);
	CU_ASSERT_EQUAL(ep.service, WC_SERVICE_PERSONALITY);
	CU_ASSERT_EQUAL(ep.credits, 64);
	CU_ASSERT_EQUAL(ep.window, 64);
	CU_ASSERT_EQUAL(ep.reads, 16);
	CU_ASSERT_TRUE(wc_frame_tlv(&f, 1, &tlv));
	CU_ASSERT_EQUAL(tlv.type, 0x0123);
	CU_ASSERT_EQUAL(tlv.length, 0);
	CU_ASSERT_FALSE(wc_frame_tlv(&f, 2, &tlv));
}

static void wc_frame__tack(void)
{
	struct wc_frame f = both_ways(TACK, "c1302eab");

	CU_ASSERT_EQUAL(f.opcode, WC_TACK);
	CU_ASSERT_EQUAL(f.status, WC_BAD_DOMAIN);
	CU_ASSERT_EQUAL(f.qpn, 0x1003);
	CU_ASSERT_EQUAL(f.msn, 5);
	CU_ASSERT_EQUAL(f.credits, 16);
}

static void wc_frame_parse__no_length_leaves_the_bytes(void)
{
	static const char *const text[] = { SYN_WRITE "12ad812b", ACK "8f9cc0ce", NACK "3fe31543",
					    CONNECT "d5084663", TACK "c1302eab" };

	for (unsigned i = 0; i < 5; i++) {
		uint8_t bytes[512];
		uint32_t n = unhex(text[i], bytes);

		for (uint32_t k = 0; k < n; k++) {
			uint8_t *exact = malloc(k + 1);
			struct wc_frame f;

			memcpy(exact, bytes, k);
			CU_ASSERT_PTR_NOT_NULL(wc_frame_parse(&f, exact, k));
			free(exact);
		}
	}
}

static void wc_frame_reserved__finds_each(void)
{
	struct wc_frame f = { .type = WC_DATA };

	CU_ASSERT_PTR_NULL(wc_frame_reserved(&f));
	f.fabric = WC_FB_CE | WC_FB_TC;
	CU_ASSERT_PTR_NULL(wc_frame_reserved(&f));
	f.fabric = 1;
	CU_ASSERT_PTR_NOT_NULL(wc_frame_reserved(&f));
	f = (struct wc_frame){ .type = WC_CTRL, .flags = WC_F_SYN, .syn_rsv2 = 1 };
	CU_ASSERT_PTR_NOT_NULL(wc_frame_reserved(&f));
	f = (struct wc_frame){ .type = WC_ACK, .ack_flags = 0x81 };
	CU_ASSERT_PTR_NOT_NULL(wc_frame_reserved(&f));
	f = (struct wc_frame){ .type = WC_NACK, .nack_rsv = 1 };
	CU_ASSERT_PTR_NOT_NULL(wc_frame_reserved(&f));
	f = (struct wc_frame){ .type = WC_DATA, .opcode = WC_ATOMIC, .atomic_rsv = 1 };
	CU_ASSERT_PTR_NOT_NULL(wc_frame_reserved(&f));
}

/* ---- the specification's own vectors -------------------------------------------------- */

/* A field's value in a vector: a number, or bytes longer than a number as hex. */
static uint64_t field_value(const json_t *fields, const struct wc_field *f)
{
	const char *text = json_string_value(json_object_get(fields, f->name));
	bool low = !strcmp(f->name, "addr low");
	char half[17] = "";

	if (low)
		text = json_string_value(json_object_get(fields, "addr"));
	if (!text)
		return 0;			/* reserved */
	if (strlen(text) != 34)
		return strtoull(text, NULL, 16);
	memcpy(half, text + (low ? 18 : 2), 16);
	return strtoull(half, NULL, 16);
}

/* Every field that is not reserved is what the vector says. */
static bool fields_match(const struct wc_header *h, const json_t *fields, const uint8_t *s)
{
	for (const struct wc_field *f = h->field; f->bits; f++) {
		uint64_t v;

		memcpy(&v, s + f->at, sizeof(v));
		if (strncmp(f->name, "rsv", 3) && v != field_value(fields, f))
			return false;
	}
	return true;
}

static void check_vector(const struct wc_header *h, const json_t *vector)
{
	const char *name = json_string_value(json_object_get(vector, "name"));
	const json_t *fields = json_object_get(vector, "fields");
	bool reserved = !strncmp(name, "reserved bits set", 17), good;
	uint8_t *s = calloc(1, h->size), want[64], got[64];
	uint32_t n = unhex(json_string_value(json_object_get(vector, "hex")), want);

	wc_unpack(h, want, s);
	wc_pack(h, s, got);
	good = n == h->bytes && fields_match(h, fields, s) && !memcmp(got, want, h->bytes) &&
	       reserved == (wc_reserved_set(h, s) != NULL);
	if (!good)
		printf("%s: vector \"%s\"\n", h->name, name);
	CU_ASSERT_TRUE(good);
	free(s);
}

static const struct wc_header *header_named(const char *name)
{
	for (unsigned i = 0; wc_headers[i]; i++)
		if (!strcmp(wc_headers[i]->name, name))
			return wc_headers[i];
	return NULL;
}

static void wc_headers__agree_with_the_vectors_of_the_specification(void)
{
	json_t *top = json_load_file("spec/gen/vectors.json", 0, NULL), *header, *vector;
	unsigned checked = 0, tables = 0;
	size_t i, k;

	CU_ASSERT_PTR_NOT_NULL_FATAL(top);
	json_array_foreach(json_object_get(top, "headers"), i, header) {
		const char *name = json_string_value(json_object_get(header, "header"));
		const struct wc_header *h = header_named(name);

		if (!h)
			continue;
		tables++;
		json_array_foreach(json_object_get(header, "vectors"), k, vector) {
			check_vector(h, vector);
			checked++;
		}
	}
	for (i = 0; wc_headers[i]; i++)
		;
	CU_ASSERT_EQUAL(tables, i);	/* every table of ours is in the specification */
	CU_ASSERT_TRUE(checked > 5 * tables);
	json_decref(top);
}

WEFT_SUITE(t_wire) {
	{ "wc_crc32c__published_values", wc_crc32c__published_values },
	{ "wc_frame_crc__leaves_out_entropy_and_fabric",
	  wc_frame_crc__leaves_out_entropy_and_fabric },
	{ "wc_frame__write_with_syn", wc_frame__write_with_syn },
	{ "wc_frame__ack", wc_frame__ack },
	{ "wc_frame__nack", wc_frame__nack },
	{ "wc_frame__connect", wc_frame__connect },
	{ "wc_frame__tack", wc_frame__tack },
	{ "wc_frame_parse__no_length_leaves_the_bytes",
	  wc_frame_parse__no_length_leaves_the_bytes },
	{ "wc_frame_reserved__finds_each", wc_frame_reserved__finds_each },
	{ "wc_headers__agree_with_the_vectors_of_the_specification",
	  wc_headers__agree_with_the_vectors_of_the_specification },
};
