/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wrong packets, put onto the wire by hand: each changes no byte of memory and no endpoint, and is
 * counted under exactly one cause, by its name.  WEFT-CONV-004, WEFT-PKT-001 to -009, WEFT-PDC-006
 * to -011, -021, WEFT-SEM-025, -026.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/names.h"
#include "userspace/lib/lib.h"
#include "userspace/test/world.h"

#define LEN	4096u
#define MAXPKT	16384u

struct forge {
	struct world w;
	struct weft_ep *a, *b;
	struct weft_mem *mem;
	uint8_t bytes[LEN], before[LEN], local[LEN];
	struct weftu_ctx *to;		/* the context at port 1 that forged packets are for */
	uint8_t pkt[MAXPKT];
	uint32_t len;
};

static struct forge *setup(const struct weft_port_opts *o)
{
	struct forge *f = calloc(1, sizeof(*f));
	char url[64], err[256];

	world_init(&f->w);
	world_open(&f->w, "mtu=16384", NULL);
	world_open(&f->w, "mtu=16384", o);
	snprintf(url, sizeof(url), "mem:%s?mtu=16384", f->w.hub);
	CU_ASSERT_EQUAL_FATAL(wio_open(url, NULL, &f->w.tap, err, sizeof(err)), 0);
	world_fill(f->bytes, LEN, 3);
	world_fill(f->local, LEN, 4);
	memcpy(f->before, f->bytes, LEN);
	CU_ASSERT_EQUAL_FATAL(weft_reg(f->w.port[1], f->bytes, LEN, 15, NULL, &f->mem), 0);
	CU_ASSERT_FATAL(world_connect(&f->w, 0, 1, WEFT_SERVE_USER, NULL, NULL, &f->a, &f->b));
	world_run(&f->w, WEFT_SECOND / 100);
	f->to = f->b->ctx;
	return f;
}

static void teardown(struct forge *f)
{
	world_fini(&f->w);
	free(f);
}

/* ---- Making packets -------------------------------------------------------------- */

static uint32_t next_psn(const struct forge *f)
{
	struct weft_gauges g;

	weft_pdc_gauges(f->a->ctx->pdc, &g);
	return g.sent_psn + 1;
}

static void seal(struct forge *f)
{
	struct weft_hdr_crc crc = { .crc = weft_crc_header(f->pkt, f->len) };

	weft_hdr_crc_pack(f->pkt + f->len, &crc);
	f->len += WEFT_HDR_CRC_LEN;
}

static struct weft_hdr_delivery delivery(const struct forge *f, enum weft_ptype type)
{
	return (struct weft_hdr_delivery){ .version = WEFT_VERSION, .type = (uint8_t)type,
		.pdc_id = f->to->id, .psn = next_psn(f), };
}

/* As port 1 numbered its context. */
static uint8_t gen_of(const struct forge *f)
{
	const struct weft_ids *ids = &f->w.port[1]->ctx_ids;

	return ids->slots[f->to->id & (ids->size - 1)].uses / ((1u << 24) / ids->size) & 3;
}

static void begin(struct forge *f, struct weft_hdr_delivery d, uint8_t gen)
{
	d.flags |= gen;
	weft_hdr_delivery_pack(f->pkt, &d);
	f->len = WEFT_HDR_DELIVERY_LEN;
}

static void make_write(struct forge *f, struct weft_hdr_delivery d, uint8_t gen, uint32_t qpn,
		       uint32_t len)
{
	struct weft_hdr_op op = { .opcode = WEFT_OPCODE_WRITE, .flags = WEFT_OFLAGS_SOM |
		WEFT_OFLAGS_EOM, .length = (uint16_t)len, .qpn = qpn, .msn = 1 };
	struct weft_hdr_write wr = { .rkey = weft_mem_key(f->mem), .addr = weft_mem_addr(f->mem),
		.msg_len = len };

	begin(f, d, gen);
	weft_hdr_op_pack(f->pkt + f->len, &op);
	f->len += WEFT_HDR_OP_LEN;
	weft_hdr_write_pack(f->pkt + f->len, &wr);
	f->len += WEFT_HDR_WRITE_LEN;
	world_fill(f->pkt + f->len, len, 9);
	f->len += len;
	seal(f);
}

static void put(struct forge *f, const uint8_t *bytes, uint32_t len)
{
	struct wio_tx t = { .iov = { { bytes, len } }, .n_iov = 1,
			    .dst = wio_local(f->w.port[1]->io) };

	CU_ASSERT_EQUAL(wio_send(f->w.tap, &t, 1), 1);
	weft_progress(f->w.port[1]);
}

static uint64_t drops(const struct forge *f)
{
	char name[64];
	uint64_t sum = 0;

	for (unsigned i = 1; i < WEFT_DROP_COUNT; i++) {
		snprintf(name, sizeof(name), "drop_%s", weft_drop_name(i));
		sum += weft_counter(f->w.port[1], name);
	}
	return sum;
}

/* The packet made is counted under this name, once, and under no other. */
static void expect_drop(struct forge *f, enum weft_drop why)
{
	uint64_t sum = drops(f), before;
	char name[64];

	snprintf(name, sizeof(name), "drop_%s", weft_drop_name(why));
	before = weft_counter(f->w.port[1], name);
	put(f, f->pkt, f->len);
	CU_ASSERT_EQUAL(weft_counter(f->w.port[1], name), before + 1);
	CU_ASSERT_EQUAL(drops(f), sum + 1);
	if (drops(f) != sum + 1 || weft_counter(f->w.port[1], name) != before + 1)
		fprintf(stderr, "expected %s\n", name);
	CU_ASSERT_EQUAL(memcmp(f->bytes, f->before, LEN), 0);
	CU_ASSERT_EQUAL(weft_ep_status(f->b), WEFT_EP_IS_CONNECTED);
}

/* What the tap was answered: the type of packet, or -1. */
static int answer(struct forge *f, struct weft_view *v)
{
	struct wio_frame fr[8];
	int n = wio_recv(f->w.tap, fr, 8);

	if (n != 1)
		return -1;
	CU_ASSERT_EQUAL(weft_parse(v, fr[0].data, fr[0].len), WEFT_DROP_NONE);
	CU_ASSERT(weft_crc_ok(v));
	return v->d.type;
}

static void still_works(struct forge *f)
{
	struct weft_completion c;

	CU_ASSERT_EQUAL(weft_write(f->a, f->local, LEN, weft_mem_addr(f->mem), weft_mem_key(f->mem),
				   5, 0), 0);
	CU_ASSERT_FATAL(world_completion(&f->w, weft_ep_cq(f->a), &c));
	CU_ASSERT_EQUAL(c.id, 5);
	CU_ASSERT_EQUAL(c.status, WEFT_ST_OK);
	CU_ASSERT_EQUAL(memcmp(f->bytes, f->local, LEN), 0);
}

/* ---- Damage ---------------------------------------------------------------------- */

static void packet__truncated(void)
{
	struct forge *f = setup(NULL);
	uint32_t full;

	make_write(f, delivery(f, WEFT_PTYPE_DATA), gen_of(f), weft_ep_qpn(f->b), 64);
	full = f->len;
	for (f->len = 1; f->len < full; f->len++)
		expect_drop(f, WEFT_DROP_SHORT);
	still_works(f);
	teardown(f);
}

static void packet__every_bit_flipped(void)
{
	struct forge *f = setup(NULL);
	uint64_t sum;

	make_write(f, delivery(f, WEFT_PTYPE_DATA), gen_of(f), weft_ep_qpn(f->b), 64);
	sum = drops(f);
	for (uint32_t bit = 0; bit < f->len * 8; bit++) {
		if (bit / 8 >= 2 && bit / 8 < 5)
			continue;	/* entropy and fabric are a switch's to change */
		f->pkt[bit / 8] ^= (uint8_t)(1 << bit % 8);
		put(f, f->pkt, f->len);
		f->pkt[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CU_ASSERT_EQUAL(drops(f), ++sum);
	}
	CU_ASSERT_EQUAL(memcmp(f->bytes, f->before, LEN), 0);
	CU_ASSERT(weft_counter(f->w.port[1], "drop_CRC") > 500);
	still_works(f);
	teardown(f);
}

static void packet__bytes_of_no_sense(void)
{
	struct forge *f = setup(NULL);
	uint64_t seed = weft_test_seed, sum = drops(f), n = 0;

	for (int i = 0; i < 20000; i++) {
		uint32_t len = 1 + (uint32_t)(world_random(&seed) % 300);

		world_fill(f->pkt, len, world_random(&seed));
		if (i % 2)	/* a delivery header that looks right */
			f->pkt[0] = (uint8_t)(WEFT_VERSION << 4 | world_random(&seed) % 6);
		put(f, f->pkt, len);
		n++;
	}
	CU_ASSERT_EQUAL(drops(f), sum + n);
	CU_ASSERT_EQUAL(memcmp(f->bytes, f->before, LEN), 0);
	still_works(f);
	teardown(f);
}

/* ---- Well-formed, and wrong ------------------------------------------------------ */

static void packet__of_another_version(void)
{
	struct forge *f = setup(NULL);
	struct weft_hdr_tlv_version_reject vr;
	struct weft_hdr_tlv_neighbour nb;
	struct weft_hello hello;
	struct weft_view v;

	make_write(f, delivery(f, WEFT_PTYPE_DATA), 0, 1, 16);
	f->pkt[0] = (uint8_t)(2 << 4 | WEFT_PTYPE_DATA);
	expect_drop(f, WEFT_DROP_VERSION);
	CU_ASSERT_EQUAL_FATAL(answer(f, &v), WEFT_PTYPE_CTRL);	/* WEFT-PKT-002 */
	CU_ASSERT_EQUAL(weft_alone_parse(&v, &hello, &nb, &vr), WEFT_ALONE_VERSION);
	CU_ASSERT_EQUAL(vr.min, WEFT_VERSION);
	CU_ASSERT_EQUAL(vr.max, WEFT_VERSION);
	CU_ASSERT_EQUAL(v.d.psn, next_psn(f));
	/* WEFT-MGT-004: a VERSION_REJECT is not answered, even in another version. */
	f->len = (uint32_t)weft_version_reject_build(f->pkt, 7);
	f->pkt[0] = (uint8_t)(3 << 4 | WEFT_PTYPE_CTRL);
	expect_drop(f, WEFT_DROP_VERSION);
	CU_ASSERT_EQUAL(answer(f, &v), -1);
	teardown(f);
}

static void packet__of_unknown_type(void)
{
	static const enum weft_ptype types[] = { WEFT_PTYPE_RESERVED, (enum weft_ptype)9,
		(enum weft_ptype)15 };
	struct forge *f = setup(NULL);
	struct weft_view v;

	for (size_t i = 0; i < WEFT_ARRAY_LEN(types); i++) {
		make_write(f, delivery(f, types[i]), 0, 1, 16);
		expect_drop(f, WEFT_DROP_TYPE);
	}
	make_write(f, delivery(f, WEFT_PTYPE_DATA), WEFT_DFLAGS_SEC, 1, 16);	/* WEFT-PKT-007 */
	expect_drop(f, WEFT_DROP_TYPE);
	CU_ASSERT_EQUAL(answer(f, &v), -1);
	teardown(f);
}

static void packet__larger_than_announced(void)
{
	struct weft_port_opts o = { .max_payload = 1024 };
	struct forge *f = setup(&o);
	uint8_t gen = gen_of(f);

	make_write(f, delivery(f, WEFT_PTYPE_DATA), gen, weft_ep_qpn(f->b), 1025);
	expect_drop(f, WEFT_DROP_OVERSIZE);
	make_write(f, delivery(f, WEFT_PTYPE_DATA), gen, weft_ep_qpn(f->b), 4000);
	expect_drop(f, WEFT_DROP_OVERSIZE);
	still_works(f);
	teardown(f);
}

static void packet__for_no_context(void)
{
	struct forge *f = setup(NULL);
	struct weft_hdr_delivery d = delivery(f, WEFT_PTYPE_DATA);
	uint8_t gen = gen_of(f);
	struct weft_view v;

	d.pdc_id ^= 1;
	make_write(f, d, gen, weft_ep_qpn(f->b), 16);
	expect_drop(f, WEFT_DROP_NO_CONTEXT);
	CU_ASSERT_EQUAL_FATAL(answer(f, &v), WEFT_PTYPE_NACK);	/* WEFT-PDC-010 */
	CU_ASSERT_EQUAL(v.b.nack.h.reason, WEFT_NACK_NO_CONTEXT);
	CU_ASSERT_EQUAL(v.b.nack.h.echo_pdc, d.pdc_id);
	CU_ASSERT_EQUAL(v.b.nack.h.echo_psn, d.psn);
	d.pdc_id ^= 1;
	make_write(f, d, gen ^ 1, weft_ep_qpn(f->b), 16);	/* WEFT-PDC-007 */
	expect_drop(f, WEFT_DROP_NO_CONTEXT);
	CU_ASSERT_EQUAL_FATAL(answer(f, &v), WEFT_PTYPE_NACK);
	d.pdc_id = 0;
	make_write(f, d, gen, weft_ep_qpn(f->b), 16);
	expect_drop(f, WEFT_DROP_NO_CONTEXT);
	/* A NACK or an ACK is not answered. */
	d.pdc_id = f->to->id ^ 1;
	d.type = WEFT_PTYPE_NACK;
	begin(f, d, gen);
	memset(f->pkt + f->len, 0, WEFT_HDR_NACK_LEN);
	f->pkt[f->len] = WEFT_NACK_RESET;
	f->len += WEFT_HDR_NACK_LEN;
	seal(f);
	while (answer(f, &v) >= 0)
		;
	expect_drop(f, WEFT_DROP_NO_CONTEXT);
	CU_ASSERT_EQUAL(answer(f, &v), -1);
	still_works(f);
	teardown(f);
}

static void packet__outside_the_window(void)
{
	struct forge *f = setup(NULL);
	struct weft_hdr_delivery d = delivery(f, WEFT_PTYPE_DATA);
	uint8_t gen = gen_of(f);

	d.psn += 5000;
	make_write(f, d, gen, weft_ep_qpn(f->b), 16);
	expect_drop(f, WEFT_DROP_WINDOW);
	d.psn -= 5001;
	make_write(f, d, gen, weft_ep_qpn(f->b), 16);
	expect_drop(f, WEFT_DROP_DUPLICATE);
	still_works(f);
	teardown(f);
}

static void packet__that_ends_contexts_blindly(void)
{
	static const enum weft_nack reasons[] = { WEFT_NACK_NO_CONTEXT, WEFT_NACK_RESET,
		WEFT_NACK_NEW_START_PSN, WEFT_NACK_BUSY, WEFT_NACK_MODE };
	struct forge *f = setup(NULL);
	uint8_t gen = gen_of(f);

	for (size_t i = 0; i < WEFT_ARRAY_LEN(reasons); i++) {	/* WEFT-PDC-011 */
		struct weft_hdr_nack h = { .reason = (uint8_t)reasons[i], .echo_psn = 12345 };

		begin(f, delivery(f, WEFT_PTYPE_NACK), gen);
		weft_hdr_nack_pack(f->pkt + f->len, &h);
		f->len += WEFT_HDR_NACK_LEN;
		seal(f);
		expect_drop(f, WEFT_DROP_BAD_ECHO);
	}
	still_works(f);
	teardown(f);
}

static void packet__that_acknowledges_the_future(void)
{
	struct forge *f = setup(NULL);
	struct weft_hdr_delivery d = delivery(f, WEFT_PTYPE_ACK);
	struct weft_hdr_ack h = { .words = 0 };
	struct weft_gauges g;
	uint8_t gen = gen_of(f);

	weft_pdc_gauges(f->to->pdc, &g);
	d.ack_psn = g.sent_psn + 10;
	begin(f, d, gen | WEFT_DFLAGS_AKV);
	weft_hdr_ack_pack(f->pkt + f->len, &h);
	f->len += WEFT_HDR_ACK_LEN;
	seal(f);
	expect_drop(f, WEFT_DROP_BAD_ACK);	/* WEFT-ACK-007 */
	h.words = 9;
	begin(f, d, gen);
	weft_hdr_ack_pack(f->pkt + f->len, &h);
	f->len += WEFT_HDR_ACK_LEN + 72;
	seal(f);
	expect_drop(f, WEFT_DROP_MALFORMED);
	still_works(f);
	teardown(f);
}

static void make_syn(struct forge *f, uint32_t domain, uint8_t mode, uint32_t incarnation,
		     uint64_t chip)
{
	struct weft_hdr_delivery d = { .version = WEFT_VERSION, .type = WEFT_PTYPE_DATA,
		.flags = WEFT_DFLAGS_SYN, .psn = 100 };
	struct weft_hdr_syn s = { .chip_id = chip, .incarnation = incarnation, .pdc_id = 77,
		.mode = mode, .domain = domain, .start_psn = 100, .window = 64,
		.max_payload = 1024 };
	struct weft_hdr_op op = { .opcode = WEFT_OPCODE_WRITE, .flags = WEFT_OFLAGS_SOM |
		WEFT_OFLAGS_EOM, .length = 16, .qpn = weft_ep_qpn(f->b), .msn = 0 };
	struct weft_hdr_write wr = { .rkey = weft_mem_key(f->mem), .addr = weft_mem_addr(f->mem),
		.msg_len = 16 };

	weft_hdr_delivery_pack(f->pkt, &d);
	f->len = WEFT_HDR_DELIVERY_LEN;
	weft_hdr_syn_pack(f->pkt + f->len, &s);
	f->len += WEFT_HDR_SYN_LEN;
	weft_hdr_op_pack(f->pkt + f->len, &op);
	f->len += WEFT_HDR_OP_LEN;
	weft_hdr_write_pack(f->pkt + f->len, &wr);
	f->len += WEFT_HDR_WRITE_LEN;
	memset(f->pkt + f->len, 0xee, 16);
	f->len += 16;
	seal(f);
}

static void expect_nack(struct forge *f, enum weft_nack reason)
{
	struct weft_view v;

	CU_ASSERT_EQUAL_FATAL(answer(f, &v), WEFT_PTYPE_NACK);
	CU_ASSERT_EQUAL(v.b.nack.h.reason, reason);
	CU_ASSERT_EQUAL(v.d.pdc_id, 77);
	CU_ASSERT_EQUAL(v.b.nack.h.echo_psn, 100);
}

static void syn__of_a_foreign_domain_or_mode(void)
{
	struct weft_port_opts o = { .modes = WEFT_ROD };
	struct forge *f = setup(&o);

	make_syn(f, 99, WEFT_MODE_ROD, 1, 0xabcd);
	expect_drop(f, WEFT_DROP_DOMAIN);
	expect_nack(f, WEFT_NACK_MODE);
	make_syn(f, 0, WEFT_MODE_RUD, 1, 0xabcd);
	expect_drop(f, WEFT_DROP_DOMAIN);
	expect_nack(f, WEFT_NACK_MODE);
	make_syn(f, 0, WEFT_MODE_UUD, 1, 0xabcd);
	expect_drop(f, WEFT_DROP_DOMAIN);
	CU_ASSERT_EQUAL(weft_counter(f->w.port[1], "contexts"), 1);
	teardown(f);
}

static void syn__without_a_name(void)
{
	struct forge *f = setup(NULL);

	make_syn(f, 0, WEFT_MODE_RUD, 1, 0);
	expect_drop(f, WEFT_DROP_NO_CONTEXT);
	CU_ASSERT_EQUAL(weft_counter(f->w.port[1], "chips_known"), 1);
	teardown(f);
}

/* A SYN to an endpoint of another chip's: it is on another context, so there is none such. */
static void syn__to_somebody_elses_endpoint(void)
{
	struct forge *f = setup(NULL);
	struct weft_view v;

	make_syn(f, 0, WEFT_MODE_RUD, 1, 0xabcd);
	expect_drop(f, WEFT_DROP_NO_STREAM);
	CU_ASSERT_EQUAL(weft_counter(f->w.port[1], "contexts"), 2);
	(void)v;
	still_works(f);
	teardown(f);
}

static void syn__old_and_stale(void)
{
	struct forge *f = setup(NULL);
	struct wio_frame fr[8];

	/* WEFT-PDC-024: to end a chip's contexts it is not enough to know its name. */
	make_syn(f, 0, WEFT_MODE_RUD, 1000000, weft_port_chip_id(f->w.port[0]));
	expect_drop(f, WEFT_DROP_BAD_COOKIE);
	expect_nack(f, WEFT_NACK_COOKIE);
	make_syn(f, 0, WEFT_MODE_RUD, 5, 0xabcd);
	put(f, f->pkt, f->len);
	CU_ASSERT_EQUAL(weft_counter(f->w.port[1], "contexts"), 2);
	make_syn(f, 0, WEFT_MODE_RUD, 4, 0xabcd);	/* WEFT-PDC-006 */
	expect_drop(f, WEFT_DROP_STALE_SYN);
	while (wio_recv(f->w.tap, fr, 8) > 0)
		;
	/* WEFT-PDC-003: another context number, the start PSN of the first. */
	make_syn(f, 0, WEFT_MODE_RUD, 5, 0xabcd);
	f->pkt[WEFT_HDR_DELIVERY_LEN + 14] = 78;
	f->len -= WEFT_HDR_CRC_LEN;
	seal(f);
	expect_drop(f, WEFT_DROP_STALE_SYN);
	still_works(f);
	teardown(f);
}

static uint32_t expect_cookie(struct forge *f, uint32_t incarnation, uint8_t cookie)
{
	struct weft_view v;

	make_syn(f, 0, WEFT_MODE_RUD, incarnation, 0xabcd);
	f->len -= WEFT_HDR_CRC_LEN;
	f->pkt[WEFT_HDR_DELIVERY_LEN + 31] = cookie;
	seal(f);
	expect_drop(f, WEFT_DROP_BAD_COOKIE);
	CU_ASSERT_EQUAL_FATAL(answer(f, &v), WEFT_PTYPE_NACK);
	CU_ASSERT_EQUAL(v.b.nack.h.reason, WEFT_NACK_COOKIE);
	return v.b.nack.h.arg;
}

/* WEFT-PDC-025, WEFT-PDC-029: nothing is remembered of who has not shown himself. */
static void syn__asked_for_a_cookie(void)
{
	struct weft_port_opts o = { .always_cookie = 1 };
	struct forge *f = setup(&o);
	uint32_t cookie;

	cookie = expect_cookie(f, 5, 0);
	CU_ASSERT_EQUAL(expect_cookie(f, 5, 1), cookie);
	CU_ASSERT_NOT_EQUAL(expect_cookie(f, 6, 0), cookie);
	CU_ASSERT_EQUAL(weft_counter(f->w.port[1], "chips_known"), 1);
	make_syn(f, 0, WEFT_MODE_RUD, 5, 0xabcd);
	for (unsigned i = 0; i < 4; i++)
		f->pkt[WEFT_HDR_DELIVERY_LEN + 28 + i] = (uint8_t)(cookie >> (24 - 8 * i));
	f->len -= WEFT_HDR_CRC_LEN;
	seal(f);
	put(f, f->pkt, f->len);
	CU_ASSERT_EQUAL(weft_counter(f->w.port[1], "contexts"), 2);
	teardown(f);
}

static void syn__without_room(void)
{
	struct weft_port_opts o = { .max_contexts = 1 };
	struct forge *f = setup(&o);

	make_syn(f, 0, WEFT_MODE_RUD, 5, 0xabcd);
	expect_drop(f, WEFT_DROP_BUSY);		/* WEFT-PDC-009 */
	expect_nack(f, WEFT_NACK_BUSY);
	CU_ASSERT_EQUAL(weft_counter(f->w.port[1], "chips_known"), 1);
	teardown(f);
}

static void alone__unasked_and_malformed(void)
{
	struct forge *f = setup(NULL);
	struct weft_hello h = { .h = { .chip_id = 0x123, .version_min = 1, .version_max = 1 } };
	char addr[WEFT_ADDR_MAX];

	/* an answer to no question */
	f->len = (uint32_t)weft_hello_build(f->pkt, WEFT_ALONE_MAX, &h, 4242);
	expect_drop(f, WEFT_DROP_UNEXPECTED);
	CU_ASSERT_EQUAL(weft_lookup(f->w.port[1], 0x123, addr), -ENOENT);
	f->pkt[WEFT_HDR_DELIVERY_LEN + WEFT_HDR_CTRL_LEN + 1] = 0x77;	/* unknown, critical */
	f->len -= WEFT_HDR_CRC_LEN;
	seal(f);
	expect_drop(f, WEFT_DROP_BAD_TLV);
	teardown(f);
}

/* WEFT-NET-080: answers to nobody's packets are bounded, by the clock and by nothing else. */
static void answers__are_limited(void)
{
	struct weft_port_opts o = { .answers_per_s = 100 };
	struct forge *f = setup(&o);
	uint64_t sent;

	make_syn(f, 99, WEFT_MODE_RUD, 1, 0xabcd);
	for (int i = 0; i < 1000; i++)
		put(f, f->pkt, f->len);
	sent = weft_counter(f->w.port[1], "tx_alone");
	CU_ASSERT(sent < 300);
	CU_ASSERT(weft_counter(f->w.port[1], "tx_alone_limited") >= 1000 - sent);
	CU_ASSERT_EQUAL(weft_counter(f->w.port[1], "drop_DOMAIN"), 1000);
	f->w.now += WEFT_SECOND / 10;
	for (int i = 0; i < 100; i++)
		put(f, f->pkt, f->len);
	CU_ASSERT(weft_counter(f->w.port[1], "tx_alone") - sent <= 11);
	CU_ASSERT(weft_counter(f->w.port[1], "tx_alone") - sent >= 9);
	teardown(f);
}

WEFT_SUITE(t_wrong) {
	{ "packet__truncated", packet__truncated },
	{ "packet__every_bit_flipped", packet__every_bit_flipped },
	{ "packet__bytes_of_no_sense", packet__bytes_of_no_sense },
	{ "packet__of_another_version", packet__of_another_version },
	{ "packet__of_unknown_type", packet__of_unknown_type },
	{ "packet__larger_than_announced", packet__larger_than_announced },
	{ "packet__for_no_context", packet__for_no_context },
	{ "packet__outside_the_window", packet__outside_the_window },
	{ "packet__that_ends_contexts_blindly", packet__that_ends_contexts_blindly },
	{ "packet__that_acknowledges_the_future", packet__that_acknowledges_the_future },
	{ "syn__of_a_foreign_domain_or_mode", syn__of_a_foreign_domain_or_mode },
	{ "syn__without_a_name", syn__without_a_name },
	{ "syn__to_somebody_elses_endpoint", syn__to_somebody_elses_endpoint },
	{ "syn__old_and_stale", syn__old_and_stale },
	{ "syn__asked_for_a_cookie", syn__asked_for_a_cookie },
	{ "syn__without_room", syn__without_room },
	{ "alone__unasked_and_malformed", alone__unasked_and_malformed },
	{ "answers__are_limited", answers__are_limited },
};
