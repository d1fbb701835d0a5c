/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Atomics are executed exactly once, whatever the network does: a million fetch-adds from four
 * endpoints of two chips on one word of a third, over a network that loses and doubles a fifth of
 * all packets.  WEFT-SEM-014.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/test/world.h"

#define EPS	4
#define MILLION	1000000u

struct adding {
	struct world w;
	struct weft_ep *ep[EPS];
	struct weft_mem *mem;
	uint64_t word;
	uint32_t total, posted[EPS], done;
	uint8_t *seen;			/* old values, a bit each */
	bool wrong;
};

static void post_all(struct adding *x)
{
	for (int i = 0; i < EPS; i++) {
		while (x->posted[i] < x->total / EPS && weft_ep_send_room(x->ep[i])) {
			if (weft_fetch_add(x->ep[i], weft_mem_addr(x->mem), weft_mem_key(x->mem), 1,
					   x->posted[i], 0)) {
				x->wrong = true;
				return;
			}
			x->posted[i]++;
		}
	}
}

static void poll_all(struct adding *x)
{
	struct weft_completion c[64];

	for (int i = 0; i < EPS; i++) {
		int n = weft_cq_poll(weft_ep_cq(x->ep[i]), c, 64);

		for (int k = 0; k < n; k++) {
			bool twice = c[k].value < x->total &&
				     x->seen[c[k].value / 8] & 1 << c[k].value % 8;

			if (c[k].status || c[k].value >= x->total || twice) {
				fprintf(stderr, "status %s, value %llu%s: %s\n",
					weft_st_name(c[k].status), (unsigned long long)c[k].value,
					twice ? " seen before" : "", weft_ep_error_text(x->ep[i]));
				x->wrong = true;
				return;
			}
			x->seen[c[k].value / 8] |= (uint8_t)(1 << c[k].value % 8);
			x->done++;
		}
	}
}

static bool finished(void *arg)
{
	struct adding *x = arg;

	post_all(x);
	poll_all(x);
	return x->wrong || x->done == x->total;
}

static void add_up(const char *query, uint8_t modes, uint32_t total)
{
	struct weft_port_opts o = { .modes = modes };
	struct weft_ep_opts eo = { .send_depth = 256, .window = 256, .reads = 255 };
	struct adding x = { .total = total };
	struct weft_ep *other;

	x.seen = calloc(1, total / 8 + 1);
	world_init(&x.w);
	for (int i = 0; i < 3; i++)
		world_open(&x.w, query, &o);
	CU_ASSERT_EQUAL_FATAL(weft_reg(x.w.port[2], &x.word, sizeof(x.word), WEFT_REMOTE_ATOMIC,
				       NULL, &x.mem), 0);
	for (int i = 0; i < EPS; i++)
		CU_ASSERT_FATAL(world_connect(&x.w, i % 2, 2, WEFT_SERVE_USER, &eo, &eo, &x.ep[i],
					      &other));
	CU_ASSERT(world_until(&x.w, 100000 * WEFT_SECOND, finished, &x));
	CU_ASSERT_FALSE(x.wrong);
	CU_ASSERT_EQUAL(x.done, total);
	CU_ASSERT_EQUAL(x.word, total);
	printf("      %u fetch-adds, %.2f s of the network's time\n", x.done,
	       (double)(x.w.now - WEFT_SECOND) / 1e9);
	if (x.wrong || x.done != total || getenv("WEFT_TEST_VERBOSE"))
		world_report(&x.w);
	world_fini(&x.w);
	free(x.seen);
}

static void fetch_add__million_with_loss_and_duplicates(void)
{
	add_up("loss=0.2&dup=0.2", 0, MILLION);
}

static void fetch_add__in_order_mode(void)
{
	add_up("loss=0.02&dup=0.2&reorder=0.05", WEFT_ROD, MILLION / 10);
}

WEFT_SUITE(t_atomic) {
	{ "fetch_add__million_with_loss_and_duplicates",
	  fetch_add__million_with_loss_and_duplicates },
	{ "fetch_add__in_order_mode", fetch_add__in_order_mode },
};
