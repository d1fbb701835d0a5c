/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/memop_rx.c: what a peer may send, and what it may not; core/memform.c: forms. */
#include <stdlib.h>

#include "core/ls.h"
#include "core/test/net_check.h"
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

#define KEY	0x77u
#define ALL	(WEFT_MR_READ | WEFT_MR_WRITE | WEFT_MR_ATOMIC)

struct bench {
	struct solo so;
	void *mem;
	uint8_t ops[17 * WEFT_HDR_MEMOP_LEN];
	uint8_t data[1024];
	uint32_t n, len;
};

/* A context with window 1 bound, both ways. */
static void setup(struct bench *b)
{
	const struct weft_ls_cfg c = { .windows = 4, .tags = 32, .peer_tags = 32 };

	memset(b, 0, sizeof(*b));
	solo_init(&b->so);
	solo_ready(&b->so);
	b->mem = calloc(1, weft_ls_size(&c));
	CU_ASSERT_EQUAL_FATAL(weft_ls_init(b->so.p, b->mem, &c), WEFT_OK);
	CU_ASSERT_EQUAL(weft_ls_init(b->so.p, b->mem, &c), WEFT_ESTATE);
	b->so.p->ls->bound[1] = (struct ls_bound){ .addr = 0x1000, .len = 4096, .key = KEY,
						   .pd = 9, .rights = ALL, .state = LS_BOUND };
	b->so.p->ls->win[1].state = LS_BOUND;
}

static void fini(struct bench *b)
{
	CU_ASSERT_PTR_NULL(net_check(b->so.p));
	solo_fini(&b->so);
	free(b->mem);
}

static void add(struct bench *b, uint8_t code, uint8_t size, uint8_t tag, uint64_t offset)
{
	struct weft_hdr_memop h = { .code = code, .size = size, .tag = tag, .window = 1,
				    .offset = offset };
	struct weft_memform f;

	if (b->n)
		b->ops[(b->n - 1) * WEFT_HDR_MEMOP_LEN + 2] |= 0x80;	/* more */
	weft_hdr_memop_pack(b->ops + b->n++ * WEFT_HDR_MEMOP_LEN, &h);
	weft_memform(&h, &f);
	for (uint32_t i = 0; i < weft_memform_bytes(&f); i++)
		b->data[b->len++] = (uint8_t)(tag + 1);
}

static struct weft_view packet(struct bench *b)
{
	struct weft_view v = solo_pkt(&b->so, WEFT_PTYPE_MEM);

	v.b.mem.ops = b->ops;
	v.b.mem.n = (uint8_t)b->n;
	v.b.mem.data = b->data;
	v.b.mem.len = (uint16_t)b->len;
	b->n = b->len = 0;
	return v;
}

static enum weft_drop rx(struct bench *b)
{
	struct weft_view v = packet(b);

	return solo_rx(&b->so, &v);
}

static bool taken(struct bench *b)
{
	return psn_before(b->so.v.d.psn, b->so.p->rx_cum);
}

/* The status that the one answer in the next MEM packet says; OK: it is no FAULT. */
static uint64_t answer(struct bench *b)
{
	struct weft_hdr_memop h;

	CU_ASSERT_FATAL(solo_tx_type(&b->so, WEFT_PTYPE_MEM));
	CU_ASSERT(b->so.sent.b.mem.answers);
	weft_hdr_memop_unpack(&h, b->so.sent.b.mem.ops);
	return h.code == WEFT_MEMCODE_FAULT ? h.offset : WEFT_STATUS_OK;
}

/* ---- forms ---------------------------------------------------------------------------- */

static enum weft_drop judge(struct bench *b, uint32_t cut)
{
	struct weft_view v = packet(b), out;
	uint8_t bytes[PK_MAX];

	return weft_parse(&out, bytes, pk_build(bytes, &v) - cut);
}

/* WEFT-MEM-051, WEFT-PKT-001 */
static void parse__forms(void)
{
	static const struct {
		uint8_t code, size;
		enum weft_drop why;
	} t[] = {
		{ WEFT_MEMCODE_RESERVED, 0, WEFT_DROP_MALFORMED },
		{ 6, 0, WEFT_DROP_MALFORMED }, { 7, 0, WEFT_DROP_MALFORMED },
		{ 18, 0, WEFT_DROP_MALFORMED }, { 23, 0, WEFT_DROP_MALFORMED },
		{ 29, 0, WEFT_DROP_MALFORMED }, { 31, 0, WEFT_DROP_MALFORMED },
		{ WEFT_MEMCODE_LOAD, 7, WEFT_DROP_NONE }, { WEFT_MEMCODE_STORE, 7, WEFT_DROP_NONE },
		{ WEFT_MEMCODE_MSTORE, 6, WEFT_DROP_NONE },
		{ WEFT_MEMCODE_MSTORE, 7, WEFT_DROP_MALFORMED },
		{ WEFT_MEMCODE_LOAD256, 0, WEFT_DROP_NONE },
		{ WEFT_MEMCODE_LOAD256, 1, WEFT_DROP_MALFORMED },
		{ WEFT_MEMCODE_STORE256, 0, WEFT_DROP_NONE },
		{ WEFT_MEMCODE_STORE256, 7, WEFT_DROP_MALFORMED },
		{ WEFT_MEMCODE_FADD, 3, WEFT_DROP_NONE },
		{ WEFT_MEMCODE_FADD, 4, WEFT_DROP_MALFORMED },
		{ WEFT_MEMCODE_CAS, 3, WEFT_DROP_NONE },
		{ WEFT_MEMCODE_XOR, 4, WEFT_DROP_MALFORMED },
		{ WEFT_MEMCODE_DATA, 7, WEFT_DROP_NONE },
		{ WEFT_MEMCODE_DATA256, 2, WEFT_DROP_MALFORMED },
		{ WEFT_MEMCODE_OLD, 3, WEFT_DROP_NONE }, { WEFT_MEMCODE_DONE, 0, WEFT_DROP_NONE },
		{ WEFT_MEMCODE_FAULT, 0, WEFT_DROP_NONE },
	};
	struct bench b;

	setup(&b);
	for (size_t i = 0; i < WEFT_ARRAY_LEN(t); i++) {
		add(&b, t[i].code, t[i].size, 1, 0);
		CU_ASSERT_EQUAL(judge(&b, 0), t[i].why);
		if (t[i].why != WEFT_DROP_NONE)
			continue;
		add(&b, t[i].code, t[i].size, 1, 0);
		CU_ASSERT_EQUAL(judge(&b, 1), WEFT_DROP_SHORT);
	}
	fini(&b);
}

/* WEFT-MEM-051 */
static void parse__sixteen_of_a_kind(void)
{
	struct weft_view v;
	struct bench b;

	setup(&b);
	for (uint8_t i = 0; i < 16; i++)
		add(&b, WEFT_MEMCODE_LOAD, 0, i, 0);
	CU_ASSERT_EQUAL(judge(&b, 0), WEFT_DROP_NONE);
	for (uint8_t i = 0; i < 17; i++)
		add(&b, WEFT_MEMCODE_LOAD, 0, i, 0);
	CU_ASSERT_EQUAL(judge(&b, 0), WEFT_DROP_MALFORMED);
	add(&b, WEFT_MEMCODE_LOAD, 0, 1, 0);
	add(&b, WEFT_MEMCODE_DONE, 0, 2, 0);
	CU_ASSERT_EQUAL(judge(&b, 0), WEFT_DROP_MALFORMED);
	add(&b, WEFT_MEMCODE_LOAD, 0, 1, 0);
	b.ops[2] |= 0x80;			/* `more`, and there is none */
	v = packet(&b);
	CU_ASSERT_NOT_EQUAL(solo_rx(&b.so, &v), WEFT_DROP_NONE);
	CU_ASSERT(!b.so.has_act);
	fini(&b);
}

/* WEFT-MEM-050 */
static void parse__no_room_for_syn(void)
{
	static const uint8_t flags[] = { WEFT_DFLAGS_SYN, WEFT_DFLAGS_AKV };
	struct weft_view v;
	struct bench b;

	setup(&b);
	for (size_t i = 0; i < 2; i++) {
		add(&b, WEFT_MEMCODE_LOAD, 0, 1, 0);
		v = packet(&b);
		v.d.flags |= flags[i];
		CU_ASSERT_EQUAL(solo_rx(&b.so, &v), WEFT_DROP_MALFORMED);
		CU_ASSERT(!b.so.has_act);
	}
	fini(&b);
}

/* ---- requests ------------------------------------------------------------------------- */

/* WEFT-PKT-003 */
static void request__service_not_offered(void)
{
	struct bench b;

	setup(&b);
	b.so.p->ls = NULL;
	add(&b, WEFT_MEMCODE_LOAD, 0, 1, 0);
	CU_ASSERT_EQUAL(rx(&b), WEFT_DROP_TYPE);
	CU_ASSERT(!taken(&b));
	CU_ASSERT_EQUAL(b.so.stats.drop[WEFT_DROP_TYPE], 1);
	fini(&b);
}

/* WEFT-MEM-052, WEFT-PKT-006 */
static void request__oversize(void)
{
	struct bench b;

	setup(&b);
	for (uint8_t i = 0; i < 4; i++)
		add(&b, WEFT_MEMCODE_STORE256, 0, i, 0);
	CU_ASSERT_EQUAL(rx(&b), WEFT_DROP_OVERSIZE);
	CU_ASSERT(!taken(&b));
	b.so.prof.max_payload = 64;
	add(&b, WEFT_MEMCODE_MSTORE, 6, 0, 0);
	CU_ASSERT_EQUAL(rx(&b), WEFT_DROP_NONE);
	CU_ASSERT(b.so.has_act);
	b.so.prof.max_payload = 1024;
	fini(&b);
}

/* WEFT-MEM-055 */
static void request__tags_not_its_own(void)
{
	struct bench b;

	setup(&b);
	add(&b, WEFT_MEMCODE_LOAD, 0, 1, 0);
	add(&b, WEFT_MEMCODE_LOAD, 0, 1, 0);			/* twice */
	CU_ASSERT_EQUAL(rx(&b), WEFT_DROP_MALFORMED);
	CU_ASSERT(!b.so.has_act);
	CU_ASSERT(taken(&b));
	add(&b, WEFT_MEMCODE_LOAD, 0, 0, 0);
	add(&b, WEFT_MEMCODE_LOAD, 0, 32, 0);			/* beyond the limit */
	CU_ASSERT_EQUAL(rx(&b), WEFT_DROP_MALFORMED);
	CU_ASSERT(taken(&b));
	CU_ASSERT_EQUAL(b.so.p->ls->n_exec, 0);
	add(&b, WEFT_MEMCODE_LOAD, 0, 5, 0);
	CU_ASSERT_EQUAL(rx(&b), WEFT_DROP_NONE);
	CU_ASSERT_FATAL(b.so.has_act);				/* not answered yet */
	add(&b, WEFT_MEMCODE_STORE, 0, 4, 0);
	add(&b, WEFT_MEMCODE_STORE, 0, 5, 0);
	CU_ASSERT_EQUAL(rx(&b), WEFT_DROP_MALFORMED);
	CU_ASSERT(!b.so.has_act);
	CU_ASSERT_EQUAL(b.so.stats.drop[WEFT_DROP_MALFORMED], 3);
	fini(&b);
}

/* WEFT-MEM-067, WEFT-ACK-003: all of a packet before it counts as done. */
static void request__actions_of_a_packet(void)
{
	uint32_t tokens[3], k = 0;
	struct bench b;

	setup(&b);
	add(&b, WEFT_MEMCODE_LOAD, 3, 7, 16);
	add(&b, WEFT_MEMCODE_STORE, 1, 8, 32);
	add(&b, WEFT_MEMCODE_STORE, 3, 9, 4096);	/* out of bounds */
	add(&b, WEFT_MEMCODE_CAS, 2, 10, 64);
	CU_ASSERT_EQUAL(rx(&b), WEFT_DROP_NONE);
	CU_ASSERT_FATAL(b.so.has_act);
	CU_ASSERT_EQUAL(b.so.act.type, WEFT_ACT_LS_LOAD);
	CU_ASSERT_EQUAL(b.so.act.addr, 0x1010);
	CU_ASSERT_EQUAL(b.so.act.key, KEY);
	CU_ASSERT_EQUAL(b.so.act.pd, 9);
	CU_ASSERT_EQUAL(b.so.act.len, 8);
	tokens[k++] = b.so.act.token;
	CU_ASSERT_FATAL(weft_rx_more(b.so.p, &b.so.v, &b.so.act));
	CU_ASSERT_EQUAL(b.so.act.type, WEFT_ACT_LS_STORE);
	CU_ASSERT_EQUAL(b.so.act.addr, 0x1020);
	CU_ASSERT_EQUAL(b.so.act.len, 2);
	CU_ASSERT_EQUAL(b.so.act.data[0], 9);
	CU_ASSERT_EQUAL(b.so.act.mask, ~0ull);
	tokens[k++] = b.so.act.token;
	CU_ASSERT_FATAL(weft_rx_more(b.so.p, &b.so.v, &b.so.act));
	CU_ASSERT_EQUAL(b.so.act.type, WEFT_ACT_LS_ATOMIC);
	CU_ASSERT_EQUAL(b.so.act.atomic.width, 4);
	CU_ASSERT_EQUAL(b.so.act.atomic.aop, WEFT_AOP_CAS);
	CU_ASSERT_EQUAL(b.so.act.atomic.operand, 0x0b0b0b0b0b0b0b0bull);
	CU_ASSERT_EQUAL(b.so.act.atomic.compare, 0x0b0b0b0b0b0b0b0bull);
	tokens[k++] = b.so.act.token;
	CU_ASSERT(!weft_rx_more(b.so.p, &b.so.v, &b.so.act));
	CU_ASSERT(!weft_rx_more(b.so.p, &b.so.v, &b.so.act));
	while (k--) {
		CU_ASSERT(!taken(&b));
		weft_done(b.so.p, tokens[k], WEFT_STATUS_OK, 3);
		weft_done(b.so.p, tokens[k], WEFT_STATUS_OK, 3);	/* ignored */
	}
	CU_ASSERT(taken(&b));
	CU_ASSERT_FATAL(solo_tx_type(&b.so, WEFT_PTYPE_MEM));
	CU_ASSERT_EQUAL(b.so.sent.b.mem.n, 4);
	fini(&b);
}

/* WEFT-MEM-056: the old answer's packet becomes a NOP, with all that was in it. */
static void request__tag_again(void)
{
	uint32_t psn;
	struct bench b;

	setup(&b);
	add(&b, WEFT_MEMCODE_STORE, 0, 3, 4096);
	add(&b, WEFT_MEMCODE_STORE, 0, 4, 4096);
	CU_ASSERT_EQUAL(rx(&b), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(answer(&b), WEFT_STATUS_OUT_OF_BOUNDS);
	psn = b.so.sent.d.psn;
	CU_ASSERT_EQUAL(txrec_of(b.so.p, psn)->kind, TX_LS_RSP);
	add(&b, WEFT_MEMCODE_STORE, 0, 3, 4096);
	CU_ASSERT_EQUAL(rx(&b), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(txrec_of(b.so.p, psn)->kind, TX_NOP);
	CU_ASSERT_EQUAL(b.so.p->ls->ans[4].state, LS_NONE);
	CU_ASSERT_EQUAL(answer(&b), WEFT_STATUS_OUT_OF_BOUNDS);
	solo_ack_all(&b.so);
	CU_ASSERT_EQUAL(b.so.p->ls->ans[3].state, LS_NONE);
	CU_ASSERT(!ls_busy(b.so.p));
	fini(&b);
}

/* The host's own words do not cross the wire. */
static void request__status_of_ours(void)
{
	struct bench b;

	setup(&b);
	add(&b, WEFT_MEMCODE_LOAD, 3, 0, 0);
	CU_ASSERT_EQUAL(rx(&b), WEFT_DROP_NONE);
	weft_done(b.so.p, b.so.act.token, WEFT_STATUS_HELD, 0);
	CU_ASSERT(!weft_rx_more(b.so.p, &b.so.v, &b.so.act));
	CU_ASSERT_EQUAL(answer(&b), WEFT_STATUS_OP_FAILED);
	fini(&b);
}

/* ---- answers -------------------------------------------------------------------------- */

static struct weft_ls_op asked(uint8_t code, uint8_t size)
{
	return (struct weft_ls_op){ .id = 0x99, .code = code, .size = size, .window = 1,
				    .local = 0xabc };
}

/* WEFT-MEM-063, WEFT-MEM-062 */
static void answer__that_does_not_fit(void)
{
	static const struct {
		uint8_t asked, asked_size, code, size, tag;
	} t[] = {
		{ WEFT_MEMCODE_LOAD, 3, WEFT_MEMCODE_DATA, 2, 0 },
		{ WEFT_MEMCODE_LOAD, 3, WEFT_MEMCODE_DATA, 4, 0 },
		{ WEFT_MEMCODE_LOAD, 3, WEFT_MEMCODE_DATA256, 0, 0 },
		{ WEFT_MEMCODE_LOAD, 3, WEFT_MEMCODE_DATA, 3, 1 },
		{ WEFT_MEMCODE_LOAD, 3, WEFT_MEMCODE_DATA, 3, 32 },
		{ WEFT_MEMCODE_LOAD, 3, WEFT_MEMCODE_DATA, 3, 255 },
		{ WEFT_MEMCODE_LOAD, 3, WEFT_MEMCODE_DONE, 0, 0 },
		{ WEFT_MEMCODE_LOAD, 3, WEFT_MEMCODE_OLD, 3, 0 },
		{ WEFT_MEMCODE_LOAD256, 0, WEFT_MEMCODE_DATA, 7, 0 },
		{ WEFT_MEMCODE_STORE, 3, WEFT_MEMCODE_OLD, 3, 0 },
		{ WEFT_MEMCODE_STORE, 3, WEFT_MEMCODE_DATA, 3, 0 },
		{ WEFT_MEMCODE_FADD, 3, WEFT_MEMCODE_DONE, 0, 0 },
		{ WEFT_MEMCODE_FADD, 3, WEFT_MEMCODE_DATA, 3, 0 },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(t); i++) {
		struct weft_ls_op s = asked(t[i].asked, t[i].asked_size);
		struct bench b;

		setup(&b);
		CU_ASSERT_EQUAL(weft_ls_post(b.so.p, &s, 1), 1);
		CU_ASSERT(solo_tx_type(&b.so, WEFT_PTYPE_MEM));
		add(&b, t[i].code, t[i].size, t[i].tag, 0);
		CU_ASSERT_EQUAL(rx(&b), WEFT_DROP_UNEXPECTED);
		CU_ASSERT(!b.so.has_act);
		CU_ASSERT(taken(&b));
		CU_ASSERT_EQUAL(solo_work(&b.so), 0);
		add(&b, WEFT_MEMCODE_FAULT, 0, 0, WEFT_STATUS_NO_WINDOW);
		CU_ASSERT_EQUAL(rx(&b), WEFT_DROP_NONE);
		CU_ASSERT_EQUAL_FATAL(solo_work(&b.so), 1);
		CU_ASSERT_EQUAL(b.so.acts[0].type, WEFT_ACT_COMPLETE_LS);
		CU_ASSERT_EQUAL(b.so.acts[0].wc.status, WEFT_STATUS_NO_WINDOW);
		CU_ASSERT_EQUAL(b.so.acts[0].wc.id, 0x99);
		add(&b, WEFT_MEMCODE_FAULT, 0, 0, WEFT_STATUS_NO_WINDOW);
		CU_ASSERT_EQUAL(rx(&b), WEFT_DROP_UNEXPECTED);
		fini(&b);
	}
}

/* WEFT-MEM-068, WEFT-MEM-070: what is answered is not sent again, even unacknowledged. */
static void answer__places_then_completes(void)
{
	struct weft_ls_op s[2] = { asked(WEFT_MEMCODE_LOAD, 3), asked(WEFT_MEMCODE_FADD, 3) };
	struct bench b;
	uint32_t psn;

	setup(&b);
	CU_ASSERT_EQUAL(weft_ls_post(b.so.p, s, 2), 2);
	CU_ASSERT(solo_tx_type(&b.so, WEFT_PTYPE_MEM));
	psn = b.so.sent.d.psn;
	CU_ASSERT_EQUAL(b.so.sent.b.mem.n, 2);
	solo_until(&b.so, weft_deadline(b.so.p));
	CU_ASSERT(solo_tx_type(&b.so, WEFT_PTYPE_MEM));		/* the same again */
	CU_ASSERT_EQUAL(b.so.sent.d.psn, psn);
	CU_ASSERT(b.so.sent.d.flags & WEFT_DFLAGS_RTX);
	CU_ASSERT_EQUAL(b.so.sent.b.mem.n, 2);
	add(&b, WEFT_MEMCODE_DATA, 3, 0, 0);
	CU_ASSERT_EQUAL(rx(&b), WEFT_DROP_NONE);
	CU_ASSERT_FATAL(b.so.has_act);
	CU_ASSERT_EQUAL(b.so.act.type, WEFT_ACT_PLACE_LS);
	CU_ASSERT_EQUAL(b.so.act.local, 0xabc);
	CU_ASSERT_EQUAL(b.so.act.len, 8);
	CU_ASSERT_EQUAL(b.so.act.data[0], 1);
	CU_ASSERT(!weft_rx_more(b.so.p, &b.so.v, &b.so.act));
	CU_ASSERT_EQUAL(solo_work(&b.so), 0);
	weft_done(b.so.p, b.so.act.token, WEFT_STATUS_OK, 0);
	CU_ASSERT_EQUAL(solo_work(&b.so), 1);
	CU_ASSERT_EQUAL(txrec_of(b.so.p, psn)->kind, TX_NOP);
	add(&b, WEFT_MEMCODE_OLD, 3, 1, 0);
	CU_ASSERT_EQUAL(rx(&b), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(solo_work(&b.so), 1);
	CU_ASSERT_EQUAL(b.so.acts[0].wc.value, 0x0202020202020202ull);
	fini(&b);
}

/* WEFT-MEM-068: a late answer for the data of an earlier LOAD says nothing of those of the next. */
static void load_done__of_an_earlier_operation(void)
{
	struct weft_ls_op s = asked(WEFT_MEMCODE_LOAD, 3);
	uint32_t first = 0;
	struct bench b;

	setup(&b);
	b.so.p->ls->free = (struct ls_list){ 5, 5 };		/* one tag for all */
	b.so.p->ls->req_next[5] = NO_IDX;
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(weft_ls_post(b.so.p, &s, 1), 1);
		CU_ASSERT(solo_tx_type(&b.so, WEFT_PTYPE_MEM));
		add(&b, WEFT_MEMCODE_DATA, 3, 5, 0);
		CU_ASSERT_EQUAL(rx(&b), WEFT_DROP_NONE);
		CU_ASSERT_FATAL(b.so.has_act);
		CU_ASSERT(!weft_rx_more(b.so.p, &b.so.v, &(struct weft_act){ 0 }));
		if (i) {
			weft_done(b.so.p, first, WEFT_STATUS_OK, 0);
			CU_ASSERT_EQUAL(solo_work(&b.so), 0);
			CU_ASSERT(!taken(&b));
		}
		first = b.so.act.token;
		weft_done(b.so.p, first, WEFT_STATUS_OK, 0);
		CU_ASSERT_EQUAL(solo_work(&b.so), 1);
		CU_ASSERT(taken(&b));
	}
	fini(&b);
}

/* WEFT-MEM-047: of three LOADs the memory of the second goes before it is sent. */
static void weft_ls_seg_failed__says_which(void)
{
	struct weft_seg segs[WEFT_MAX_MEMOPS];
	struct bench b;

	setup(&b);
	for (uint8_t i = 0; i < 3; i++)
		add(&b, WEFT_MEMCODE_LOAD, 3, (uint8_t)(7 + i), 8 * i);
	CU_ASSERT_EQUAL(rx(&b), WEFT_DROP_NONE);
	CU_ASSERT_FATAL(b.so.has_act);
	do {
		weft_done(b.so.p, b.so.act.token, WEFT_STATUS_OK, 0);
	} while (weft_rx_more(b.so.p, &b.so.v, &b.so.act));
	CU_ASSERT_FATAL(solo_tx_type(&b.so, WEFT_PTYPE_MEM));
	CU_ASSERT_EQUAL(weft_ls_segs(b.so.p, &b.so.txd, segs), 3);
	CU_ASSERT_EQUAL(segs[1].addr, 0x1008);
	weft_ls_seg_failed(b.so.p, &b.so.txd, 1, WEFT_STATUS_BAD_KEY);
	CU_ASSERT_FATAL(solo_tx_type(&b.so, WEFT_PTYPE_MEM));
	CU_ASSERT_EQUAL_FATAL(b.so.sent.b.mem.n, 3);
	for (uint8_t i = 0; i < 3; i++) {
		struct weft_hdr_memop h;

		weft_hdr_memop_unpack(&h, b.so.sent.b.mem.ops + i * WEFT_HDR_MEMOP_LEN);
		CU_ASSERT_EQUAL(h.tag, 7 + i);
		CU_ASSERT_EQUAL(h.code, i == 1 ? WEFT_MEMCODE_FAULT : WEFT_MEMCODE_DATA);
		CU_ASSERT_EQUAL(h.offset, i == 1 ? WEFT_STATUS_BAD_KEY : 0);
	}
	fini(&b);
}

/* The answer to an operation of the peer's says nothing of the next one with its tag. */
static void done__of_an_earlier_operation(void)
{
	uint32_t first;
	struct bench b;

	setup(&b);
	add(&b, WEFT_MEMCODE_STORE, 3, 5, 0);
	CU_ASSERT_EQUAL(rx(&b), WEFT_DROP_NONE);
	first = b.so.act.token;
	CU_ASSERT(!weft_rx_more(b.so.p, &b.so.v, &b.so.act));
	weft_done(b.so.p, first, WEFT_STATUS_OK, 0);
	CU_ASSERT_EQUAL(answer(&b), WEFT_STATUS_OK);
	solo_ack_all(&b.so);
	add(&b, WEFT_MEMCODE_STORE, 3, 5, 8);
	CU_ASSERT_EQUAL(rx(&b), WEFT_DROP_NONE);
	CU_ASSERT_FATAL(b.so.has_act);
	weft_done(b.so.p, first, WEFT_STATUS_OK, 0);
	CU_ASSERT_EQUAL(b.so.p->ls->ans[5].state, LS_EXEC);
	fini(&b);
}

/* WEFT-MEM-061: statuses that never cross the wire. */
static void reply__fault_of_any_status(void)
{
	struct weft_ls_op op = { .id = 4, .window = 1, .code = WEFT_MEMCODE_STORE, .size = 3 };
	struct weft_hdr_memop h;
	struct bench b;

	setup(&b);
	CU_ASSERT_EQUAL_FATAL(weft_ls_post(b.so.p, &op, 1), 1);
	CU_ASSERT_FATAL(solo_tx_type(&b.so, WEFT_PTYPE_MEM));
	weft_hdr_memop_unpack(&h, b.so.sent.b.mem.ops);
	add(&b, WEFT_MEMCODE_FAULT, 0, h.tag, WEFT_STATUS_FLUSHED);
	CU_ASSERT_EQUAL(rx(&b), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL_FATAL(solo_work(&b.so), 1);
	CU_ASSERT_EQUAL(b.so.acts[0].wc.status, WEFT_STATUS_OP_FAILED);
	fini(&b);
}

/* WEFT-MEM-054 */
static void post__tags_of_the_peer(void)
{
	const struct weft_ls_cfg c = { .windows = 4, .tags = 32, .peer_tags = 3 };
	struct weft_ls_op ops[8] = { { 0 } };
	struct solo so;
	void *mem = calloc(1, weft_ls_size(&c));

	solo_init(&so);
	solo_ready(&so);
	CU_ASSERT_EQUAL_FATAL(weft_ls_init(so.p, mem, &c), WEFT_OK);
	so.p->ls->win[1].state = LS_BOUND;
	for (int i = 0; i < 8; i++)
		ops[i] = (struct weft_ls_op){ .window = 1, .code = WEFT_MEMCODE_STORE, .size = 3 };
	CU_ASSERT_EQUAL(weft_ls_post(so.p, ops, 8), 3);
	CU_ASSERT_EQUAL(weft_ls_post(so.p, ops, 1), WEFT_EFULL);
	solo_fini(&so);
	free(mem);
}

/* WEFT-MEM-072: those that wait too. */
static void fail__what_was_not_sent(void)
{
	struct weft_ls_op op = { .id = 4, .window = 1, .code = WEFT_MEMCODE_STORE, .size = 3 };
	struct bench b;

	setup(&b);
	CU_ASSERT_EQUAL_FATAL(weft_ls_post(b.so.p, &op, 1), 1);
	weft_pdc_abort(b.so.p, WEFT_STATUS_PEER_RESET, false);
	solo_work(&b.so);
	CU_ASSERT_PTR_NOT_NULL_FATAL(solo_find(&b.so, WEFT_ACT_COMPLETE_LS));
	CU_ASSERT_EQUAL(solo_find(&b.so, WEFT_ACT_COMPLETE_LS)->wc.id, 4);
	solo_fini(&b.so);
	free(b.mem);
}

WEFT_SUITE(memop_rx) {
	{ "parse__forms", parse__forms },
	{ "parse__sixteen_of_a_kind", parse__sixteen_of_a_kind },
	{ "parse__no_room_for_syn", parse__no_room_for_syn },
	{ "request__service_not_offered", request__service_not_offered },
	{ "request__oversize", request__oversize },
	{ "request__tags_not_its_own", request__tags_not_its_own },
	{ "request__actions_of_a_packet", request__actions_of_a_packet },
	{ "request__tag_again", request__tag_again },
	{ "request__status_of_ours", request__status_of_ours },
	{ "answer__that_does_not_fit", answer__that_does_not_fit },
	{ "answer__places_then_completes", answer__places_then_completes },
	{ "load_done__of_an_earlier_operation", load_done__of_an_earlier_operation },
	{ "weft_ls_seg_failed__says_which", weft_ls_seg_failed__says_which },
	{ "done__of_an_earlier_operation", done__of_an_earlier_operation },
	{ "reply__fault_of_any_status", reply__fault_of_any_status },
	{ "post__tags_of_the_peer", post__tags_of_the_peer },
	{ "fail__what_was_not_sent", fail__what_was_not_sent },
};
