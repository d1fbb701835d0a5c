/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What chips offer each other: used where both do, refused where one withholds it; what a service
 * says when it refuses; what a peer counts.
 */
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/test/world.h"

#define LEN 64

struct two {
	struct world w;
	struct weft_ep *a, *b;		/* a asked, and knows b's HELLO; b does not know a's */
	struct weft_mem *ma, *mb;
	_Alignas(8) uint8_t at_a[LEN], at_b[LEN], before[LEN], local[LEN];
};

static struct two *setup(const char *query, uint32_t a_withholds, uint32_t b_withholds)
{
	struct weft_port_opts ao = { .withheld = a_withholds }, bo = { .withheld = b_withholds };
	struct two *t = calloc(1, sizeof(*t));

	world_init(&t->w);
	world_open(&t->w, query, &ao);
	world_open(&t->w, query, &bo);
	CU_ASSERT_FATAL(world_connect(&t->w, 0, 1, WEFT_SERVE_USER, NULL, NULL, &t->a, &t->b));
	world_fill(t->at_a, LEN, 1);
	memcpy(t->at_b, t->at_a, LEN);
	memcpy(t->before, t->at_a, LEN);
	world_fill(t->local, LEN, 2);
	CU_ASSERT_EQUAL_FATAL(weft_reg(t->w.port[0], t->at_a, LEN, 31, NULL, &t->ma), 0);
	CU_ASSERT_EQUAL_FATAL(weft_reg(t->w.port[1], t->at_b, LEN, 31, NULL, &t->mb), 0);
	return t;
}

static void teardown(struct two *t)
{
	world_fini(&t->w);
	free(t);
}

static int use(struct two *t, struct weft_ep *ep, struct weft_mem *m, uint32_t offer)
{
	uint64_t addr = weft_mem_addr(m);
	uint32_t key = weft_mem_key(m);
	struct weft_word w = { .op = WEFT_WORD_ADD, .operand = 1, .operand_mask = 0xff };
	struct weft_signal_word sig = { addr, key, 1 };

	switch (offer) {
	case WEFT_OFFER_ATOMICS:
		w.op = WEFT_WORD_XOR;
		return weft_atomic(ep, &w, addr, key, 1, 0);
	case WEFT_OFFER_NARROW:
		w.width = 2;
		return weft_atomic(ep, &w, addr, key, 1, 0);
	case WEFT_OFFER_MASKED:
		w.masked = 1;
		return weft_atomic(ep, &w, addr, key, 1, 0);
	case WEFT_OFFER_REDUCE:
		return weft_reduce(ep, t->local, LEN, WEFT_RED_SUM, WEFT_TYPE_U8, addr, key, NULL,
				   1, 0);
	case WEFT_OFFER_VISIBLE:
		return weft_flush(ep, 0, 0, key, WEFT_FLUSH_TO_VISIBLE, 1, 0);
	case WEFT_OFFER_DURABLE:
		return weft_flush(ep, 0, 0, key, WEFT_FLUSH_TO_DURABLE, 1, 0);
	case WEFT_OFFER_SIGNAL:
		return weft_write_signal(ep, t->local, 8, addr, key, &sig, 1, 0);
	default:
		return weft_send_invalidate(ep, t->local, 8, key, 1, 0);
	}
}

static const uint32_t offers[] = { WEFT_OFFER_ATOMICS, WEFT_OFFER_NARROW, WEFT_OFFER_MASKED,
	WEFT_OFFER_REDUCE, WEFT_OFFER_VISIBLE, WEFT_OFFER_INV, WEFT_OFFER_SIGNAL };
#define N_OFFERS (sizeof(offers) / sizeof(offers[0]))

/* WEFT-MGT-017: whoever of the two withholds it. */
static void offer__not_used_unless_both_have_it(void)
{
	for (size_t i = 0; i < N_OFFERS; i++) {
		for (int who = 0; who < 2; who++) {
			struct two *t = setup(NULL, who ? 0 : offers[i], who ? offers[i] : 0);
			struct weft_completion c;

			CU_ASSERT_EQUAL(use(t, t->a, t->mb, offers[i]), -EOPNOTSUPP);
			CU_ASSERT_PTR_NOT_NULL(strstr(weft_error(t->w.port[0]),
						      weft_offer_name(offers[i])));
			CU_ASSERT_EQUAL(weft_fetch_add(t->a, weft_mem_addr(t->mb),
						       weft_mem_key(t->mb), 0, 0, 0), 0);
			CU_ASSERT_FATAL(world_completion(&t->w, weft_ep_cq(t->a), &c));
			CU_ASSERT_EQUAL(c.status, WEFT_ST_OK);
			CU_ASSERT_EQUAL(memcmp(t->at_b, t->before, LEN), 0);
			teardown(t);
		}
	}
}

/* Nobody but a chip that survives power may say so: this library does not. */
static void offer__durable_never(void)
{
	struct two *t = setup(NULL, 0, 0);

	CU_ASSERT_EQUAL(use(t, t->a, t->mb, WEFT_OFFER_DURABLE), -EOPNOTSUPP);
	teardown(t);
}

/* WEFT-SEM-015: asked all the same, by one that does not know. */
static void offer__withheld_is_refused(void)
{
	uint8_t buf[8];

	for (size_t i = 0; i < N_OFFERS - 1; i++) {	/* signals are still added */
		struct two *t = setup(NULL, offers[i], 0);
		struct weft_completion c;

		CU_ASSERT_EQUAL(weft_recv(t->a, buf, 8, 0), 0);
		CU_ASSERT_EQUAL(use(t, t->b, t->ma, offers[i]), 0);
		CU_ASSERT_FATAL(world_completion(&t->w, weft_ep_cq(t->b), &c));
		CU_ASSERT_EQUAL(c.status, WEFT_ST_BAD_OPCODE);
		CU_ASSERT_EQUAL(memcmp(t->at_a, t->before, LEN), 0);
		CU_ASSERT(weft_mem_alive(t->ma));
		teardown(t);
	}
}

static void offer__used_where_both_have_it(void)
{
	struct weft_context_info info;

	for (size_t i = 0; i < N_OFFERS; i++) {
		struct two *t = setup(NULL, 0, 0);
		struct weft_completion c;
		uint8_t buf[8];

		CU_ASSERT_EQUAL(weft_recv(t->b, buf, 8, 0), 0);
		CU_ASSERT_EQUAL(use(t, t->a, t->mb, offers[i]), 0);
		CU_ASSERT_FATAL(world_completion(&t->w, weft_ep_cq(t->a), &c));
		CU_ASSERT_EQUAL(c.status, WEFT_ST_OK);
		CU_ASSERT_EQUAL(weft_contexts(t->w.port[0], &info, 1), 1);
		CU_ASSERT_EQUAL(info.features & offers[i], offers[i]);
		CU_ASSERT_EQUAL(weft_contexts(t->w.port[1], &info, 1), 1);
		CU_ASSERT_EQUAL(info.features, 0);	/* not known */
		teardown(t);
	}
}

/* ---- Masked, once ------------------------------------------------------------------- */

struct adding {
	struct two *t;
	uint32_t posted, done, total;
	bool wrong;
};

/* Four fields of 16 bits in a word; those between are left as they are. */
static bool added(void *arg)
{
	struct adding *x = arg;
	struct weft_word w = { .op = WEFT_WORD_ADD, .masked = 1, .operand = 0x0001000300010001u,
			       .operand_mask = 0xffffffff0000ffffu,
			       .compare_mask = 0x8000800080008000u };
	struct weft_completion c[32];
	int n;

	while (x->posted < x->total && !weft_atomic(x->t->a, &w, weft_mem_addr(x->t->mb),
						    weft_mem_key(x->t->mb), x->posted, 0))
		x->posted++;
	n = weft_cq_poll(weft_ep_cq(x->t->a), c, 32);
	for (int i = 0; i < n; i++, x->done++)
		x->wrong |= c[i].status || (uint16_t)c[i].value != (uint16_t)x->done;
	return x->wrong || x->done == x->total;
}

/* WEFT-SEM-014: each field wraps by itself. */
static void masked__once_over_a_bad_network(void)
{
	struct adding x = { .total = 70000 };
	uint64_t word;

	x.t = setup("loss=0.2&dup=0.2&reorder=0.2", 0, 0);
	memset(x.t->at_b, 0, 8);
	x.t->at_b[2] = 0x5a;
	CU_ASSERT(world_until(&x.t->w, 100000 * WEFT_SECOND, added, &x));
	CU_ASSERT_FALSE(x.wrong);
	memcpy(&word, x.t->at_b, 8);
	word = le64toh(word);
	CU_ASSERT_EQUAL(word, (70000ull & 0xffff) << 48 | (210000ull & 0xffff) << 32 |
			0x5aull << 16 | (70000 & 0xffff));
	teardown(x.t);
}

/* ---- Told to the user --------------------------------------------------------------- */

/* WEFT-MGT-014 */
static void reject__with_a_number_and_data(void)
{
	struct weft_ep_event ev = { 0 };
	uint16_t len;
	struct weft_ep *ep;
	struct world w;

	world_init(&w);
	world_open(&w, "loss=0.2", NULL);
	world_open(&w, "loss=0.2", NULL);
	weft_listen(w.port[1], WEFT_SERVE_USER, NULL, 0);
	CU_ASSERT_EQUAL(weft_connect(w.port[0], weft_port_addr(w.port[1]), WEFT_SERVE_USER, NULL,
				     &ep), 0);
	CU_ASSERT_FATAL(world_event(&w, 1, &ev));
	CU_ASSERT_EQUAL(weft_reject_with(ev.request, 1, NULL, 4), -EINVAL);
	CU_ASSERT_EQUAL(weft_reject_with(ev.request, 1, "", 65), -EINVAL);
	CU_ASSERT_EQUAL(weft_reject_with(ev.request, 4711, "no room at the inn", 19), 0);
	CU_ASSERT_FATAL(world_event(&w, 0, &ev));
	CU_ASSERT_EQUAL(ev.kind, WEFT_EP_REJECTED);
	CU_ASSERT_EQUAL(ev.reason, WEFT_BECAUSE_REFUSED);
	CU_ASSERT_EQUAL(ev.arg, 4711);
	CU_ASSERT_STRING_EQUAL(weft_ep_private(ep, &len), "no room at the inn");
	CU_ASSERT_EQUAL(len, 19);
	world_fini(&w);
}

/* WEFT-MGT-025: the peer's own account of the context. */
static void telemetry__of_a_context(void)
{
	struct two *t = setup("loss=0.1", 0, 0);
	struct weft_ep_event ev = { 0 };
	struct weft_counter c[160];
	struct weft_completion done;
	uint64_t bytes = 0;
	int n;

	CU_ASSERT_EQUAL(weft_write(t->a, t->local, LEN, weft_mem_addr(t->mb), weft_mem_key(t->mb),
				   1, 0), 0);
	CU_ASSERT_FATAL(world_completion(&t->w, weft_ep_cq(t->a), &done));
	CU_ASSERT_EQUAL(weft_context_told(t->w.port[0], weft_ep_context(t->a), c, 160), -ENOENT);
	CU_ASSERT_EQUAL(weft_context_ask(t->w.port[0], weft_ep_context(t->a) ^ 1), -ENOENT);
	CU_ASSERT_EQUAL(weft_context_ask(t->w.port[0], weft_ep_context(t->a)), 0);
	CU_ASSERT_FATAL(world_event(&t->w, 0, &ev));
	CU_ASSERT_EQUAL(ev.kind, WEFT_EP_TELEMETRY);
	CU_ASSERT_EQUAL(ev.chip_id, weft_port_chip_id(t->w.port[1]));
	CU_ASSERT_EQUAL(ev.arg, weft_ep_context(t->a));
	n = weft_context_told(t->w.port[0], ev.arg, c, 160);
	CU_ASSERT(n > 10 && n <= 160);
	for (int i = 0; i < n; i++)
		if (!strcmp(c[i].name, "rx_bytes"))
			bytes = c[i].value;
	CU_ASSERT_EQUAL(bytes, LEN);
	teardown(t);
}

WEFT_SUITE(t_offers) {
	{ "offer__not_used_unless_both_have_it", offer__not_used_unless_both_have_it },
	{ "offer__durable_never", offer__durable_never },
	{ "offer__withheld_is_refused", offer__withheld_is_refused },
	{ "offer__used_where_both_have_it", offer__used_where_both_have_it },
	{ "masked__once_over_a_bad_network", masked__once_over_a_bad_network },
	{ "reject__with_a_number_and_data", reject__with_a_number_and_data },
	{ "telemetry__of_a_context", telemetry__of_a_context },
};
