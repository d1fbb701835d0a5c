/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests tools/weft/decode.c, decode_text.c and capture.c: packets made with the codec, cut
 * everywhere, and damaged at random.  Buffers have their exact size, so that a sanitizer sees any
 * byte read beyond.
 */
#include "tools/weft/decode.h"

#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "core/wire.h"
#include "tools/test/cunit_main.h"
#include "tools/weft/capture.h"
#include "tools/weft/decode_crc.h"

static uint8_t pkt[1280];
static uint32_t len;

static void begin(uint8_t type, uint8_t flags)
{
	struct weft_hdr_delivery d = { .type = type, .flags = flags, .entropy = 7, .pdc_id = 9,
				       .psn = 5, .ack_psn = 3 };

	memset(pkt, 0, sizeof(pkt));
	weft_hdr_delivery_pack(pkt, &d);
	len = WEFT_HDR_DELIVERY_LEN;
	if (flags & WEFT_DFLAGS_SYN) {
		struct weft_hdr_syn s = { .chip_id = 0x1122334455667788, .mode = WEFT_MODE_RUD,
					  .domain = 77, .window = 64, .max_payload = 1024 };

		weft_hdr_syn_pack(pkt + len, &s);
		len += WEFT_HDR_SYN_LEN;
	}
}

static void end(void)
{
	struct weft_hdr_crc c = { .crc = decode_crc(pkt, len) };

	weft_hdr_crc_pack(pkt + len, &c);
	len += WEFT_HDR_CRC_LEN;
}

static void make_write(uint8_t flags)
{
	struct weft_hdr_op op = { .opcode = WEFT_OPCODE_WRITE, .length = 20, .qpn = 4, .msn = 6,
				  .flags = WEFT_OFLAGS_SOM | WEFT_OFLAGS_EOM | WEFT_OFLAGS_IMM };
	struct weft_hdr_write w = { .rkey = 0xabc, .addr = 0x1000, .msg_len = 20 };
	struct weft_hdr_imm i = { .ssn = 8, .imm = 0x99 };

	begin(WEFT_PTYPE_DATA, flags);
	weft_hdr_op_pack(pkt + len, &op);
	len += WEFT_HDR_OP_LEN;
	weft_hdr_write_pack(pkt + len, &w);
	len += WEFT_HDR_WRITE_LEN;
	weft_hdr_imm_pack(pkt + len, &i);
	len += WEFT_HDR_IMM_LEN + 20;
	end();
}

static void put_tlv(uint16_t type, uint16_t value)
{
	struct weft_hdr_tlv t = { .type = type, .length = value };

	weft_hdr_tlv_pack(pkt + len, &t);
	len += WEFT_HDR_TLV_LEN;
}

static void make_hello(void)
{
	struct weft_hdr_tlv_hello h = { .chip_id = 0xc0ffee, .class = WEFT_CLASS_NPU,
					.max_payload = 1024 };
	struct weft_hdr_ctrl c = { .length = WEFT_HDR_TLV_LEN + WEFT_HDR_TLV_HELLO_LEN +
					     WEFT_HDR_TLV_LEN + 8 };

	begin(WEFT_PTYPE_CTRL, 0);
	weft_hdr_ctrl_pack(pkt + len, &c);
	len += WEFT_HDR_CTRL_LEN;
	put_tlv(WEFT_TLV_HELLO, WEFT_HDR_TLV_HELLO_LEN);
	weft_hdr_tlv_hello_pack(pkt + len, &h);
	len += WEFT_HDR_TLV_HELLO_LEN;
	put_tlv(WEFT_TLV_NAME, 5);
	memcpy(pkt + len, "chip\n", 5);
	len += 8;
	end();
}

/* Decode from a buffer of exactly n bytes. */
static void decode(struct decoded *d, uint32_t n)
{
	uint8_t *exact = malloc(n ? n : 1);

	CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
	memcpy(exact, pkt, n);
	decode_packet(d, exact, n);
	for (unsigned i = 0; i < d->n; i++)	/* text points into what is freed now */
		if (d->f[i].kind == DECODE_TEXT || d->f[i].kind == DECODE_BYTES)
			d->f[i].text = pkt + (d->f[i].text - exact);
	free(exact);
}

static uint64_t value(const struct decoded *d, const char *hdr, const char *name)
{
	const struct decode_field *f = decode_find(d, hdr, name);

	CU_ASSERT_PTR_NOT_NULL(f);
	return f ? f->v : UINT64_MAX;
}

static void packet__write(void)
{
	struct decoded d;
	char line[1024];

	make_write(WEFT_DFLAGS_SYN | WEFT_DFLAGS_AKV);
	decode(&d, len);
	CU_ASSERT_PTR_NULL(d.error);
	CU_ASSERT_EQUAL(d.crc, DECODE_CRC_OK);
	CU_ASSERT_EQUAL(d.payload, 20);
	CU_ASSERT_EQUAL(value(&d, "delivery", "psn"), 5);
	CU_ASSERT_EQUAL(value(&d, "syn", "chip_id"), 0x1122334455667788);
	CU_ASSERT_EQUAL(value(&d, "write", "rkey"), 0xabc);
	CU_ASSERT_EQUAL(value(&d, "imm", "imm"), 0x99);
	decode_line(&d, line, sizeof(line));
	CU_ASSERT_PTR_NOT_NULL(strstr(line, "DATA psn=5 ack=3 SYN,AKV"));
	CU_ASSERT_PTR_NOT_NULL(strstr(line, "WRITE flags=SOM,EOM,IMM length=20 qpn=4 msn=6"));
	CU_ASSERT_PTR_NULL(strstr(line, "CRC BAD"));
	for (size_t n = 0; n < 60; n++) {	/* short buffers are filled, never passed */
		char small[64];

		memset(small, 0x7f, sizeof(small));
		decode_line(&d, small, n + 1);
		CU_ASSERT(strlen(small) <= n && small[n + 1] == 0x7f);
	}
}

static void packet__hello(void)
{
	struct decoded d;
	char line[1024];

	make_hello();
	decode(&d, len);
	CU_ASSERT_PTR_NULL(d.error);
	CU_ASSERT_EQUAL(d.crc, DECODE_CRC_OK);
	CU_ASSERT_EQUAL(value(&d, "tlv_hello", "class"), WEFT_CLASS_NPU);
	decode_line(&d, line, sizeof(line));
	CU_ASSERT_PTR_NOT_NULL(strstr(line, "HELLO chip_id=0xc0ffee"));
	CU_ASSERT_PTR_NOT_NULL(strstr(line, "NPU"));
	CU_ASSERT_PTR_NOT_NULL(strstr(line, "name=\"chip?\""));
}

static void packet__neighbour(void)
{
	struct weft_hdr_tlv_neighbour n = { .chip_id = 7, .family = WEFT_FAMILY_UDP4, .port = 9,
					    .addr = { 10, 0, 0, 2 } };
	struct weft_hdr_ctrl c = { .length = WEFT_HDR_TLV_LEN + WEFT_HDR_TLV_NEIGHBOUR_LEN };
	struct decoded d;
	char line[1024];

	begin(WEFT_PTYPE_CTRL, 0);
	weft_hdr_ctrl_pack(pkt + len, &c);
	len += WEFT_HDR_CTRL_LEN;
	put_tlv(WEFT_TLV_NEIGHBOUR, WEFT_HDR_TLV_NEIGHBOUR_LEN);
	weft_hdr_tlv_neighbour_pack(pkt + len, &n);
	len += WEFT_HDR_TLV_NEIGHBOUR_LEN;
	end();
	decode(&d, len);
	CU_ASSERT_EQUAL(d.crc, DECODE_CRC_OK);
	decode_line(&d, line, sizeof(line));
	CU_ASSERT_PTR_NOT_NULL(strstr(line, "UDP4 port=9 addr=0a000002000000000000000000000000"));
}

static void put_memop(uint8_t code, uint8_t size, uint8_t more)
{
	struct weft_hdr_memop op = { .code = code, .size = size, .tag = code, .more = more,
				     .window = 3, .offset = 0x123456789 };

	weft_hdr_memop_pack(pkt + len, &op);
	len += WEFT_HDR_MEMOP_LEN;
}

static void make_mem(void)
{
	struct weft_hdr_mdelivery d = { .type = WEFT_PTYPE_MEM, .flags = WEFT_DFLAGS_AR,
					.pdc_id = 9, .psn = 5 };
	struct weft_hdr_memmask mask = { .bytes = 0xa5 };
	struct weft_hdr_memoperand o = { .value = 0x77 };

	memset(pkt, 0, sizeof(pkt));
	weft_hdr_mdelivery_pack(pkt, &d);
	len = WEFT_HDR_MDELIVERY_LEN;
	put_memop(WEFT_MEMCODE_LOAD, 7, 1);
	put_memop(WEFT_MEMCODE_MSTORE, 0, 1);
	put_memop(WEFT_MEMCODE_CAS, 3, 1);
	put_memop(WEFT_MEMCODE_STORE, 3, 0);
	weft_hdr_memmask_pack(pkt + len, &mask);
	len += WEFT_HDR_MEMMASK_LEN + 4;	/* one byte, padded */
	weft_hdr_memoperand_pack(pkt + len, &o);
	len += 2 * WEFT_HDR_MEMOPERAND_LEN + 8;
	end();
}

static void packet__mem(void)
{
	struct decoded d;
	char line[1024];

	make_mem();
	decode(&d, len);
	CU_ASSERT_PTR_NULL(d.error);
	CU_ASSERT_EQUAL(d.crc, DECODE_CRC_OK);
	CU_ASSERT_EQUAL(d.payload, 9);
	CU_ASSERT_EQUAL(d.n, 7 + 4 * 6 + 1 + 2 + 1);
	CU_ASSERT_EQUAL(value(&d, "mdelivery", "psn"), 5);
	CU_ASSERT_EQUAL(value(&d, "memop", "offset"), 0x123456789);
	CU_ASSERT_EQUAL(value(&d, "memmask", "bytes"), 0xa5);
	CU_ASSERT_EQUAL(value(&d, "memoperand", "value"), 0x77);
	decode_line(&d, line, sizeof(line));
	CU_ASSERT_PTR_NOT_NULL(strstr(line, "MEM  psn=5 AR"));
	CU_ASSERT_PTR_NOT_NULL(strstr(line, "CAS size=3 tag=9 window=3 offset=0x123456789"));
	for (uint32_t n = 0; n < len; n++) {
		decode(&d, n);
		CU_ASSERT_PTR_NOT_NULL(d.error);
	}
	pkt[WEFT_HDR_MDELIVERY_LEN] = 0;	/* RESERVED */
	decode(&d, len);
	CU_ASSERT_PTR_NOT_NULL(d.error);
}

/* As many counters as a packet holds. */
static void packet__telemetry(void)
{
	struct weft_hdr_ctrl c = { .length = WEFT_HDR_TLV_LEN + 82 * WEFT_HDR_TELEMETRY_ITEM_LEN };
	struct decoded d;

	begin(WEFT_PTYPE_CTRL, 0);
	weft_hdr_ctrl_pack(pkt + len, &c);
	len += WEFT_HDR_CTRL_LEN;
	put_tlv(WEFT_TLV_TELEMETRY, 82 * WEFT_HDR_TELEMETRY_ITEM_LEN);
	for (uint16_t i = 0; i < 82; i++) {
		struct weft_hdr_telemetry_item t = { .counter = i, .value = i };

		weft_hdr_telemetry_item_pack(pkt + len, &t);
		len += WEFT_HDR_TELEMETRY_ITEM_LEN;
	}
	end();
	decode(&d, len);
	CU_ASSERT_PTR_NULL(d.error);
	CU_ASSERT_EQUAL(d.crc, DECODE_CRC_OK);
	CU_ASSERT_STRING_EQUAL(d.f[d.n - 1].hdr, "crc");
	CU_ASSERT_EQUAL(d.f[d.n - 2].v, 81);
}

/* What the flags of an operation call for lies in the order of the layout. */
static void packet__extensions(void)
{
	struct weft_hdr_op op = { .opcode = WEFT_OPCODE_ATOMIC, .qpn = 4,
				  .flags = WEFT_OFLAGS_IMM | WEFT_OFLAGS_INV | WEFT_OFLAGS_SIGNAL };
	struct weft_hdr_atomic a = { .aop = WEFT_AOP_FADD, .width = 8,
				     .flags = WEFT_AFLAGS_MASKED };
	struct weft_hdr_amask m = { .operand_mask = 0x11, .compare_mask = 0x22 };
	struct weft_hdr_imm i = { .imm = 0x33 };
	struct weft_hdr_inv v = { .rkey = 0x44 };
	struct weft_hdr_signal s = { .value = 0x55 };
	struct decoded d;

	begin(WEFT_PTYPE_DATA, 0);
	weft_hdr_op_pack(pkt + len, &op);
	weft_hdr_atomic_pack(pkt + (len += WEFT_HDR_OP_LEN), &a);
	weft_hdr_amask_pack(pkt + (len += WEFT_HDR_ATOMIC_LEN), &m);
	weft_hdr_imm_pack(pkt + (len += WEFT_HDR_AMASK_LEN), &i);
	weft_hdr_inv_pack(pkt + (len += WEFT_HDR_IMM_LEN), &v);
	weft_hdr_signal_pack(pkt + (len += WEFT_HDR_INV_LEN), &s);
	len += WEFT_HDR_SIGNAL_LEN;
	end();
	decode(&d, len);
	CU_ASSERT_PTR_NULL(d.error);
	CU_ASSERT_EQUAL(d.crc, DECODE_CRC_OK);
	CU_ASSERT_EQUAL(value(&d, "amask", "compare_mask"), 0x22);
	CU_ASSERT_EQUAL(value(&d, "imm", "imm"), 0x33);
	CU_ASSERT_EQUAL(value(&d, "inv", "rkey"), 0x44);
	CU_ASSERT_EQUAL(value(&d, "signal", "value"), 0x55);
}

/* A switch may change entropy and fabric; nothing else. */
static void packet__crc(void)
{
	struct decoded d;

	make_write(0);
	pkt[2] ^= 0xff;
	pkt[3] ^= 0xff;
	pkt[4] ^= WEFT_FABRIC_CE;
	decode(&d, len);
	CU_ASSERT_EQUAL(d.crc, DECODE_CRC_OK);
	for (uint32_t i = 5; i < len; i++) {
		pkt[i] ^= 0x10;
		decode(&d, len);
		CU_ASSERT_NOT_EQUAL(d.crc, DECODE_CRC_OK);
		pkt[i] ^= 0x10;
	}
}

/* Cut everywhere: an error that says so, and the fields before it. */
static void packet__cut(void)
{
	struct decoded d;

	for (int hello = 0; hello < 2; hello++) {
		if (hello)
			make_hello();
		else
			make_write(WEFT_DFLAGS_SYN);
		for (uint32_t n = 0; n < len; n++) {
			decode(&d, n);
			CU_ASSERT_PTR_NOT_NULL(d.error);
			CU_ASSERT_EQUAL(d.crc, DECODE_CRC_NONE);
			CU_ASSERT((n < WEFT_HDR_DELIVERY_LEN) == (d.n == 0));
		}
	}
}

/* Random damage never reads beyond the packet, and always gives a line. */
static void packet__damaged(void)
{
	unsigned short rng[3] = { (unsigned short)weft_test_seed, 11, 12 };
	struct decoded d;
	char line[4096];
	unsigned lines = 0;

	for (int i = 0; i < 20000; i++) {
		if (i % 3 == 1)
			make_hello();
		else if (i % 3 == 2)
			make_mem();
		else
			make_write(WEFT_DFLAGS_SYN);
		for (long k = nrand48(rng) % 6; k >= 0; k--)
			pkt[nrand48(rng) % (long)len] = (uint8_t)nrand48(rng);
		decode(&d, (uint32_t)(nrand48(rng) % ((long)len + 1)));
		lines += decode_line(&d, line, sizeof(line)) == line;
	}
	CU_ASSERT_EQUAL(lines, 20000);
}

static const struct capture_filter filter = { .ports = { 49190 }, .n_ports = 1,
					      .ethertype = 0x88b5 };

/* Ethernet, IPv4 with options, UDP. */
static uint32_t frame(uint8_t *f, uint16_t dport, uint8_t tos, bool vlan)
{
	uint32_t at = 12, payload = 40;

	memset(f, 0, 200);
	if (vlan) {
		f[at] = 0x81;
		at += 4;
	}
	f[at] = 0x08;
	at += 2;
	f[at] = 0x46;			/* version 4, 24 bytes */
	f[at + 1] = tos;
	f[at + 3] = (uint8_t)(24 + 8 + payload);
	f[at + 9] = 17;
	f[at + 12] = 10;
	f[at + 19] = 2;
	at += 24;
	f[at + 1] = 99;			/* source port */
	f[at + 2] = (uint8_t)(dport >> 8);
	f[at + 3] = (uint8_t)dport;
	f[at + 5] = (uint8_t)(8 + payload);
	f[at + 8] = 0xd1;		/* the packet's first byte */
	return at + 8 + payload;
}

static void strip__ethernet_ip_udp(void)
{
	struct capture_packet p;
	uint8_t f[256];

	for (int vlan = 0; vlan < 2; vlan++) {
		uint32_t n = frame(f, 49190, 3, vlan);

		CU_ASSERT_TRUE_FATAL(capture_strip(DLT_EN10MB, f, n + 6, &filter, &p));
		CU_ASSERT_EQUAL(p.bytes[0], 0xd1);
		CU_ASSERT_EQUAL(p.len, 40);	/* without Ethernet's padding */
		CU_ASSERT_TRUE(p.ce);
		CU_ASSERT_STRING_EQUAL(p.src, "10.0.0.0:99");
		CU_ASSERT_STRING_EQUAL(p.dst, "0.0.0.2:49190");
		n = frame(f, 4791, 0, vlan);
		CU_ASSERT_FALSE(capture_strip(DLT_EN10MB, f, n, &filter, &p));
	}
	memset(f, 0, sizeof(f));
	f[12] = 0x88;
	f[13] = 0xb5;
	CU_ASSERT_TRUE(capture_strip(DLT_EN10MB, f, 60, &filter, &p));
	CU_ASSERT_EQUAL(p.len, 46);
	CU_ASSERT_STRING_EQUAL(p.src, "00:00:00:00:00:00");
	CU_ASSERT_TRUE(capture_link_ok(DLT_EN10MB));
	CU_ASSERT_FALSE(capture_link_ok(DLT_IEEE802_11));
}

static void strip__cut_frames(void)
{
	static const int dlts[] = { DLT_EN10MB, DLT_RAW, DLT_LINUX_SLL, DLT_LINUX_SLL2 };
	struct capture_packet p;
	uint8_t f[256];
	uint32_t n = frame(f, 49190, 0, true);
	unsigned taken = 0;

	for (uint32_t cut = 0; cut <= n; cut++) {
		uint8_t *exact = malloc(cut ? cut : 1);

		CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
		memcpy(exact, f, cut);
		for (size_t i = 0; i < WEFT_ARRAY_LEN(dlts); i++)
			taken += capture_strip(dlts[i], exact, cut, &filter, &p) && p.len <= cut;
		free(exact);
	}
	CU_ASSERT(taken >= 40);	/* as Ethernet, from the UDP header on */
}

WEFT_SUITE(t_decode) {
	{ "packet__write", packet__write },
	{ "packet__hello", packet__hello },
	{ "packet__neighbour", packet__neighbour },
	{ "packet__mem", packet__mem },
	{ "packet__telemetry", packet__telemetry },
	{ "packet__extensions", packet__extensions },
	{ "packet__crc", packet__crc },
	{ "packet__cut", packet__cut },
	{ "packet__damaged", packet__damaged },
	{ "strip__ethernet_ip_udp", strip__ethernet_ip_udp },
	{ "strip__cut_frames", strip__cut_frames },
};
