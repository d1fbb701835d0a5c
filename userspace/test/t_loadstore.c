/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Load and store by the library: what each does to the other chip's memory, what is refused and
 * leaves it as it was, and that everything happens once whatever the network does.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/test/world.h"

#define SERVICE	WEFT_SERVE_USER
#define LEN	4096u
#define BAD_NET	"loss=0.2&dup=0.2&reorder=0.2"

struct two {
	struct world w;
	struct weft_ep *a, *b;
	struct weft_mem *mem;
	struct weft_window *win;
	_Alignas(8) uint8_t bytes[LEN], before[LEN];
	uint8_t local[LEN];
};

static struct two *setup(const char *query, const struct weft_port_opts *ao,
			 const struct weft_port_opts *bo, unsigned rights)
{
	struct two *t = calloc(1, sizeof(*t));

	world_init(&t->w);
	world_open(&t->w, query, ao);
	world_open(&t->w, query, bo);
	CU_ASSERT_FATAL(world_connect(&t->w, 0, 1, SERVICE, NULL, &(struct weft_ep_opts){ .pd = 1 },
				      &t->a, &t->b));
	world_fill(t->bytes, LEN, 5);
	memcpy(t->before, t->bytes, LEN);
	CU_ASSERT_EQUAL_FATAL(weft_reg(t->w.port[1], t->bytes, LEN, rights,
				       &(struct weft_mem_opts){ .pd = 1 }, &t->mem), 0);
	return t;
}

static void teardown(struct two *t)
{
	world_fini(&t->w);
	free(t);
}

static bool answered(void *arg)
{
	return weft_window_state(arg) != WEFT_WINDOW_IS_BINDING;
}

static enum weft_window_state bind_to(struct two *t, uint32_t key, uint64_t addr, uint64_t len)
{
	CU_ASSERT_EQUAL_FATAL(weft_window_bind(t->a, key, addr, len, NULL, &t->win), 0);
	CU_ASSERT_EQUAL(weft_window_state(t->win), WEFT_WINDOW_IS_BINDING);
	CU_ASSERT_FATAL(world_until(&t->w, 60 * WEFT_SECOND, answered, t->win));
	return weft_window_state(t->win);
}

static void bind_all(struct two *t)
{
	CU_ASSERT_EQUAL_FATAL(bind_to(t, weft_mem_key(t->mem), weft_mem_addr(t->mem), LEN),
			      WEFT_WINDOW_IS_BOUND);
}

static struct weft_completion complete(struct two *t)
{
	struct weft_completion c = { 0 };

	CU_ASSERT_FATAL(world_completion(&t->w, weft_ep_cq(t->a), &c));
	CU_ASSERT_PTR_EQUAL(c.ep, t->a);
	return c;
}

/* ---- What each does ---------------------------------------------------------------- */

/* WEFT-MEM-062, WEFT-MEM-068 */
static void load_store__every_length(void)
{
	struct two *t = setup(NULL, NULL, NULL, WEFT_REMOTE_READ | WEFT_REMOTE_WRITE);

	bind_all(t);
	for (uint32_t len = 1; len <= 256; len *= 2) {
		struct weft_completion c;
		uint64_t off = 3 * len;

		world_fill(t->local, len, len);
		CU_ASSERT_EQUAL(weft_store(t->win, t->local, len, off, len, 0), 0);
		memcpy(t->before + off, t->local, len);
		memset(t->local, 0, len);	/* it was copied */
		c = complete(t);
		CU_ASSERT(c.status == WEFT_ST_OK && c.op == WEFT_OP_STORE && c.id == len);
		CU_ASSERT_PTR_EQUAL(c.window, t->win);
		CU_ASSERT_EQUAL(memcmp(t->bytes, t->before, LEN), 0);
		CU_ASSERT_EQUAL(weft_load(t->win, t->local, len, off, 7, 0), 0);
		c = complete(t);
		CU_ASSERT(c.status == WEFT_ST_OK && c.op == WEFT_OP_LOAD && c.id == 7);
		CU_ASSERT_EQUAL(memcmp(t->local, t->before + off, len), 0);
	}
	teardown(t);
}

/* WEFT-MEM-064 */
static void store_masked__changes_what_the_mask_says(void)
{
	struct two *t = setup(NULL, NULL, NULL, WEFT_REMOTE_WRITE);
	uint64_t mask = 0xa5f0000000000001u;

	bind_all(t);
	world_fill(t->local, 64, 9);
	CU_ASSERT_EQUAL(weft_store_masked(t->win, t->local, 64, mask, 128, 0, 0), 0);
	CU_ASSERT_EQUAL(complete(t).status, WEFT_ST_OK);
	for (uint32_t i = 0; i < 64; i++)
		if (mask >> (63 - i) & 1)
			t->before[128 + i] = t->local[i];
	CU_ASSERT_EQUAL(memcmp(t->bytes, t->before, LEN), 0);
	teardown(t);
}

/* Little-endian, as words lie in memory. */
static uint64_t word_at(const uint8_t *p, uint32_t width)
{
	uint64_t v = 0;

	for (uint32_t i = 0; i < width; i++)
		v |= (uint64_t)p[i] << 8 * i;
	return v;
}

/* WEFT-MEM-065 */
static void atomic__every_operation_and_width(void)
{
	struct two *t = setup(NULL, NULL, NULL, WEFT_REMOTE_ATOMIC);

	bind_all(t);
	for (uint8_t op = WEFT_WORD_ADD; op <= WEFT_WORD_XOR; op++) {
		for (uint8_t width = 1; width <= 8; width = (uint8_t)(width * 2)) {
			struct weft_word w = { .op = op, .width = width, .operand = 0x93a7c1e5u };
			uint64_t old = word_at(t->bytes + 64, width), new;
			uint64_t all = width == 8 ? ~0ull : (1ull << 8 * width) - 1;
			int64_t was, x;
			struct weft_completion c;

			w.compare = old;
			CU_ASSERT_EQUAL(weft_window_atomic(t->win, &w, 64, 0, 0), 0);
			c = complete(t);
			CU_ASSERT(c.status == WEFT_ST_OK && c.op == WEFT_OP_WINDOW_ATOMIC);
			CU_ASSERT_EQUAL(c.value, old);
			new = word_at(t->bytes + 64, width);
			was = (int64_t)(old << (64 - 8 * width));
			x = (int64_t)((w.operand & all) << (64 - 8 * width));
			CU_ASSERT_EQUAL(new, all & (
				op == WEFT_WORD_ADD ? old + w.operand :
				op == WEFT_WORD_COMPARE_SWAP || op == WEFT_WORD_SWAP ? w.operand :
				op == WEFT_WORD_MIN ? (x < was ? w.operand : old) :
				op == WEFT_WORD_MAX ? (x > was ? w.operand : old) :
				op == WEFT_WORD_UMIN ?
				((w.operand & all) < old ? w.operand : old) :
				op == WEFT_WORD_UMAX ?
				((w.operand & all) > old ? w.operand : old) :
				op == WEFT_WORD_AND ? old & w.operand :
				op == WEFT_WORD_OR ? old | w.operand : old ^ w.operand));
			memcpy(t->before + 64, t->bytes + 64, 8);
			CU_ASSERT_EQUAL(memcmp(t->bytes, t->before, LEN), 0);
		}
	}
	teardown(t);
}

/* ---- What is refused --------------------------------------------------------------- */

/* WEFT-MEM-042, WEFT-MEM-046 */
static void bind__refused(void)
{
	struct two *t = setup(NULL, NULL, NULL, 15);
	struct weft_mem *other, *foreign;
	uint8_t more[64];
	const struct {
		uint32_t key;
		uint64_t off, len;
		unsigned st;
	} rows[] = {
		{ weft_mem_key(t->mem) ^ 1, 0, 8, WEFT_ST_BAD_KEY },
		{ weft_mem_key(t->mem), 1, LEN, WEFT_ST_OUT_OF_BOUNDS },
		{ weft_mem_key(t->mem), 0, 1ull << 36, WEFT_ST_OUT_OF_BOUNDS },
	};

	for (size_t i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(bind_to(t, rows[i].key, weft_mem_addr(t->mem) + rows[i].off,
					rows[i].len), WEFT_WINDOW_IS_REFUSED);
		CU_ASSERT_EQUAL(weft_window_failure(t->win), rows[i].st);
		CU_ASSERT_EQUAL(weft_load(t->win, t->local, 8, 0, 0, 0), -ENOTCONN);
		weft_window_close(t->win);
	}
	CU_ASSERT_EQUAL(weft_reg(t->w.port[1], more, 64, 15, &(struct weft_mem_opts){ .pd = 2 },
				 &other), 0);
	CU_ASSERT_EQUAL(bind_to(t, weft_mem_key(other), weft_mem_addr(other), 8),
			WEFT_WINDOW_IS_REFUSED);
	CU_ASSERT_EQUAL(weft_window_failure(t->win), WEFT_ST_BAD_DOMAIN);
	CU_ASSERT_EQUAL(weft_reg(t->w.port[1], more, 64, 15,
				 &(struct weft_mem_opts){ .domain = 9, .domain_given = 1 },
				 &foreign), 0);
	CU_ASSERT_EQUAL(bind_to(t, weft_mem_key(foreign), weft_mem_addr(foreign), 8),
			WEFT_WINDOW_IS_REFUSED);
	CU_ASSERT_EQUAL(weft_window_failure(t->win), WEFT_ST_BAD_DOMAIN);
	teardown(t);
}

static void bind__bad_arguments(void)
{
	struct two *t = setup(NULL, &(struct weft_port_opts){ .windows = 2 }, NULL, 15);
	uint64_t addr = weft_mem_addr(t->mem);
	uint32_t key = weft_mem_key(t->mem);
	struct weft_window *w, *x;

	CU_ASSERT_EQUAL(weft_window_bind(t->a, 0, addr, 8, NULL, &w), -EINVAL);
	CU_ASSERT_EQUAL(weft_window_bind(t->a, key, addr, (1ull << 36) + 1, NULL, &w), -EINVAL);
	CU_ASSERT_EQUAL(weft_window_bind(t->a, key, addr, 8,
					 &(struct weft_window_opts){ .depth = 5000 }, &w), -EINVAL);
	CU_ASSERT_EQUAL(weft_window_bind(t->a, key, addr, 8, NULL, &w), 0);
	CU_ASSERT_EQUAL(weft_window_bind(t->a, key, addr, 8, NULL, &x), 0);
	CU_ASSERT_EQUAL(weft_window_bind(t->a, key, addr, 8, NULL, &t->win), -ENOSPC);
	weft_window_close(w);
	world_run(&t->w, WEFT_SECOND);		/* its number is free again when it is unbound */
	bind_all(t);
	CU_ASSERT_EQUAL(weft_load(t->win, t->local, 3, 0, 0, 0), -EINVAL);
	CU_ASSERT_EQUAL(weft_load(t->win, t->local, 512, 0, 0, 0), -EINVAL);
	CU_ASSERT_EQUAL(weft_load(t->win, NULL, 8, 0, 0, 0), -EINVAL);
	CU_ASSERT_EQUAL(weft_load(t->win, t->local, 8, 1ull << 36, 0, 0), -EINVAL);
	CU_ASSERT_EQUAL(weft_load(t->win, t->local, 8, 0, 0, WEFT_FENCE), -EINVAL);
	CU_ASSERT_EQUAL(weft_store(t->win, t->local, 0, 0, 0, 0), -EINVAL);
	CU_ASSERT_EQUAL(weft_store_masked(t->win, t->local, 128, 1, 0, 0, 0), -EINVAL);
	CU_ASSERT_EQUAL(weft_window_atomic(t->win, &(struct weft_word){ .op = 11 }, 0, 0, 0),
			-EINVAL);
	CU_ASSERT_EQUAL(weft_window_atomic(t->win, &(struct weft_word){ .op = 1, .width = 3 }, 0,
					   0, 0), -EINVAL);
	CU_ASSERT_EQUAL(weft_window_atomic(t->win, &(struct weft_word){ .op = 1, .masked = 1 }, 0,
					   0, 0), -EINVAL);
	CU_ASSERT_EQUAL(memcmp(t->bytes, t->before, LEN), 0);
	teardown(t);
}

/* WEFT-MEM-060, WEFT-MEM-061: each by itself, and no byte has changed. */
static void operation__refused(void)
{
	struct two *t = setup(NULL, NULL, NULL, WEFT_REMOTE_READ | WEFT_REMOTE_ATOMIC);
	struct two *u = setup(NULL, NULL, NULL, WEFT_REMOTE_WRITE);
	struct weft_word add = { .op = WEFT_WORD_ADD, .operand = 1 };

	bind_all(t);
	bind_all(u);
	CU_ASSERT_EQUAL(weft_store(t->win, t->local, 8, 0, 0, 0), 0);
	CU_ASSERT_EQUAL(complete(t).status, WEFT_ST_NO_RIGHTS);
	CU_ASSERT_EQUAL(weft_load(t->win, t->local, 8, LEN - 7, 0, 0), 0);
	CU_ASSERT_EQUAL(complete(t).status, WEFT_ST_OUT_OF_BOUNDS);
	CU_ASSERT_EQUAL(weft_window_atomic(t->win, &add, 12, 0, 0), 0);
	CU_ASSERT_EQUAL(complete(t).status, WEFT_ST_MISALIGNED);
	CU_ASSERT_EQUAL(weft_load(u->win, u->local, 8, 0, 0, 0), 0);
	CU_ASSERT_EQUAL(complete(u).status, WEFT_ST_NO_RIGHTS);
	CU_ASSERT_EQUAL(weft_window_atomic(u->win, &add, 0, 0, 0), 0);
	CU_ASSERT_EQUAL(complete(u).status, WEFT_ST_NO_RIGHTS);
	CU_ASSERT_EQUAL(weft_store(u->win, u->local, 256, LEN - 255, 0, 0), 0);
	CU_ASSERT_EQUAL(complete(u).status, WEFT_ST_OUT_OF_BOUNDS);
	CU_ASSERT_EQUAL(memcmp(t->bytes, t->before, LEN), 0);
	CU_ASSERT_EQUAL(memcmp(u->bytes, u->before, LEN), 0);
	CU_ASSERT_EQUAL(weft_load(t->win, t->local, 8, 0, 3, 0), 0);	/* it goes on */
	CU_ASSERT_EQUAL(complete(t).status, WEFT_ST_OK);
	teardown(t);
	teardown(u);
}

/* WEFT-MEM-047: the memory is freed at once, and nothing touches it any more. */
static void dereg__refuses_at_once(void)
{
	struct two *t = setup(BAD_NET, NULL, NULL, 0);
	uint8_t *there = aligned_alloc(8, 256);
	struct weft_completion c;
	int ok = 0, gone = 0;

	memset(there, 1, 256);
	weft_dereg(t->mem);
	CU_ASSERT_EQUAL_FATAL(weft_reg(t->w.port[1], there, 256, 15, NULL, &t->mem), 0);
	CU_ASSERT_EQUAL_FATAL(bind_to(t, weft_mem_key(t->mem), weft_mem_addr(t->mem), 256),
			      WEFT_WINDOW_IS_BOUND);
	for (int i = 0; i < 32; i++)
		CU_ASSERT_EQUAL(weft_load(t->win, t->local + 256 * (i % 16), 256, 0, 0, 0), 0);
	for (int i = 0; i < 4; i++)
		world_turn(&t->w);
	weft_dereg(t->mem);
	free(there);
	for (int i = 0; i < 32; i++) {
		CU_ASSERT_FATAL(world_completion(&t->w, weft_ep_cq(t->a), &c));
		ok += c.status == WEFT_ST_OK;
		gone += c.status == WEFT_ST_BAD_KEY;
	}
	CU_ASSERT_EQUAL(ok + gone, 32);
	CU_ASSERT(gone > 0);
	CU_ASSERT_EQUAL(weft_store(t->win, t->local, 8, 0, 0, 0), 0);
	CU_ASSERT_EQUAL(complete(t).status, WEFT_ST_BAD_KEY);
	teardown(t);
}

/* ---- Agreement --------------------------------------------------------------------- */

/* WEFT-MGT-017 */
static void bind__not_offered(void)
{
	static const struct weft_port_opts no = { .withheld = WEFT_OFFER_MEM };
	struct weft_chip_info info;

	for (int i = 0; i < 2; i++) {
		struct two *t = setup(NULL, i ? &no : NULL, i ? NULL : &no, 15);

		CU_ASSERT_EQUAL(weft_window_bind(t->a, weft_mem_key(t->mem),
						 weft_mem_addr(t->mem), 8, NULL, &t->win),
				-EOPNOTSUPP);
		CU_ASSERT_EQUAL(weft_chip_info(t->w.port[i], weft_port_chip_id(t->w.port[!i]),
					       &info), i ? -ENOENT : 0);
		if (!i)
			CU_ASSERT(!(info.offers & WEFT_OFFER_MEM) && !info.windows &&
				  !info.mem_tags && !(info.profiles & WEFT_PROFILE_MEM));
		teardown(t);
	}
}

/* No more than both allow are outstanding: WEFT-MEM-054. */
static void tags__limited_by_agreement(void)
{
	struct two *t = setup(NULL, NULL, &(struct weft_port_opts){ .mem_tags = 4, .windows = 3 },
			      WEFT_REMOTE_READ);
	struct weft_window *w[4];

	bind_all(t);
	for (uint64_t i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(weft_load(t->win, t->local + 8 * i, 8, 8 * i, i, 0), 0);
	CU_ASSERT_EQUAL(weft_load(t->win, t->local, 8, 0, 4, 0), -EAGAIN);
	for (int i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(complete(t).status, WEFT_ST_OK);
	CU_ASSERT_EQUAL(memcmp(t->local, t->before, 32), 0);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(weft_window_bind(t->a, weft_mem_key(t->mem), weft_mem_addr(t->mem),
						 8, NULL, &w[i]), i < 2 ? 0 : -ENOSPC);
	teardown(t);
}

/* The accepting side has not heard the other's HELLO, and binds all the same. */
static void bind__by_the_side_that_accepted(void)
{
	struct two *t = setup(NULL, NULL, NULL, 0);
	struct weft_mem *m;
	uint64_t word = 0x1122334455667788u, got = 0;

	CU_ASSERT_EQUAL(weft_reg(t->w.port[0], &word, 8, WEFT_REMOTE_READ, NULL, &m), 0);
	CU_ASSERT_EQUAL_FATAL(weft_window_bind(t->b, weft_mem_key(m), weft_mem_addr(m), 8, NULL,
					       &t->win), 0);
	CU_ASSERT(world_until(&t->w, WEFT_SECOND, answered, t->win));
	CU_ASSERT_EQUAL_FATAL(weft_window_state(t->win), WEFT_WINDOW_IS_BOUND);
	for (int i = 0; i < 16; i++)		/* INITIAL_MEM_TAGS */
		CU_ASSERT_EQUAL(weft_load(t->win, &got, 8, 0, 0, WEFT_QUIET), 0);
	CU_ASSERT_EQUAL(weft_load(t->win, &got, 8, 0, 0, 0), -EAGAIN);
	world_run(&t->w, WEFT_SECOND);
	CU_ASSERT_EQUAL(weft_window_room(t->win), 64);
	CU_ASSERT_EQUAL(got, word);
	teardown(t);
}

/* ---- Ends -------------------------------------------------------------------------- */

/* WEFT-MEM-043, WEFT-MEM-044: closed with operations under way, again and again, and each window
 * reaches its own range only. */
static void close__under_way(void)
{
	struct two *t = setup(BAD_NET, &(struct weft_port_opts){ .windows = 4 }, NULL, 15);
	struct weft_completion c;

	for (uint32_t i = 0; i < 60; i++) {
		uint64_t base = i % 16 * 256, value = 0x0101010101010101u * i;
		int err;

		while ((err = weft_window_bind(t->a, weft_mem_key(t->mem),
					       weft_mem_addr(t->mem) + base, 256, NULL,
					       &t->win)) == -ENOSPC || err == -EAGAIN)
			world_turn(&t->w);
		CU_ASSERT_EQUAL_FATAL(err, 0);
		if (i % 5 == 4) {		/* before it is bound */
			weft_window_close(t->win);
			continue;
		}
		CU_ASSERT_FATAL(world_until(&t->w, 60 * WEFT_SECOND, answered, t->win));
		while ((err = weft_store(t->win, &value, 8, 0, i, 0)) == -EAGAIN)
			world_turn(&t->w);	/* those of closed windows take tags still */
		CU_ASSERT_EQUAL(err, 0);
		c = complete(t);
		CU_ASSERT(c.status == WEFT_ST_OK && c.id == i);
		CU_ASSERT_EQUAL(memcmp(t->bytes + base, &value, 8), 0);
		for (uint32_t k = 1; k < 6; k++)
			if (weft_load(t->win, t->local, 256, 0, 99, 0))
				break;
		weft_window_close(t->win);
		memset(t->local, 0xee, 256);	/* ours again: nothing comes any more */
		CU_ASSERT_EQUAL(weft_cq_poll(weft_ep_cq(t->a), &c, 1), 0);
	}
	world_run(&t->w, WEFT_SECOND);
	for (uint32_t i = 0; i < 256; i++)
		CU_ASSERT_EQUAL_FATAL(t->local[i], 0xee);
	for (uint32_t i = 0; i < LEN; i++)
		if (i % 256 >= 8)
			CU_ASSERT_EQUAL_FATAL(t->bytes[i], t->before[i]);
	CU_ASSERT_EQUAL(weft_context_counters(t->w.port[0], weft_ep_context(t->a), NULL, 0) > 0, 1);
	teardown(t);
}

/* WEFT-MEM-072 */
static void window__ends_with_its_endpoint(void)
{
	for (int how = 0; how < 3; how++) {
		struct two *t = setup(NULL, NULL, NULL, 15);
		struct weft_completion c;

		bind_all(t);
		CU_ASSERT_EQUAL(weft_load(t->win, t->local, 8, 0, 1, 0), 0);
		CU_ASSERT_EQUAL(weft_store(t->win, t->local, 8, 0, 2, 0), 0);
		if (how == 0)
			weft_disconnect(t->a);
		t->w.frozen[1] = how == 1;
		if (how == 2) {			/* its chip goes */
			weft_close(t->w.port[1]);
			t->w.port[1] = NULL;
		}
		for (int i = 0; i < 2; i++) {
			c = complete(t);
			CU_ASSERT(c.status == (how == 0 ? WEFT_ST_FLUSHED : c.status));
			CU_ASSERT(c.status != WEFT_ST_OK);
			CU_ASSERT_PTR_EQUAL(c.window, t->win);
		}
		CU_ASSERT_EQUAL(weft_window_state(t->win), WEFT_WINDOW_IS_ENDED);
		CU_ASSERT_EQUAL(weft_load(t->win, t->local, 8, 0, 1, 0), -ENOTCONN);
		if (how == 1)
			weft_window_close(t->win);
		teardown(t);
	}
}

/* ---- Once -------------------------------------------------------------------------- */

struct adding {
	struct two *t;
	uint32_t posted, done, total;
	uint8_t *seen;
	bool wrong;
};

static bool added(void *arg)
{
	struct weft_word add = { .op = WEFT_WORD_ADD, .width = 4, .operand = 1 };
	struct adding *x = arg;
	struct weft_completion c[16];
	int n;

	while (x->posted < x->total && !weft_window_atomic(x->t->win, &add, 8, x->posted, 0))
		x->posted++;
	n = weft_cq_poll(weft_ep_cq(x->t->a), c, 16);
	for (int i = 0; i < n; i++) {
		if (c[i].status || c[i].value >= x->total || x->seen[c[i].value]++)
			x->wrong = true;
		x->done++;
	}
	return x->wrong || x->done == x->total;
}

/* WEFT-MEM-069 */
static void add_up(const char *query, uint8_t mode, uint32_t total)
{
	struct weft_port_opts o = { .modes = mode };
	struct adding x = { .total = total };
	struct weft_completion c;

	x.t = setup(query, &o, &o, 15);
	x.seen = calloc(1, total);
	memset(x.t->bytes, 0, 32);
	bind_all(x.t);
	CU_ASSERT(world_until(&x.t->w, 100000 * WEFT_SECOND, added, &x));
	CU_ASSERT_FALSE(x.wrong);
	CU_ASSERT_EQUAL((unsigned)(x.t->bytes[8] | x.t->bytes[9] << 8), total);
	CU_ASSERT_EQUAL(x.t->bytes[12], 0);
	CU_ASSERT_EQUAL(weft_cq_poll(weft_ep_cq(x.t->a), &c, 1), 0);
	teardown(x.t);
	free(x.seen);
}

static void atomic__once_over_a_bad_network(void)
{
	add_up(BAD_NET, 0, 30000);
	add_up("loss=0.05&dup=0.2&reorder=0.05", WEFT_ROD, 5000);
}

/* Many loads and stores, each seen where it belongs. */
static void mixture__over_a_bad_network(void)
{
	struct two *t = setup(BAD_NET, NULL, NULL, WEFT_REMOTE_READ | WEFT_REMOTE_WRITE);
	uint64_t rnd = weft_test_seed;
	struct weft_completion c;

	bind_all(t);
	for (int round = 0; round < 200; round++) {
		uint32_t n = 1 + (uint32_t)(world_random(&rnd) % 15);

		for (uint32_t i = 0; i < n; i++) {	/* ranges that do not meet */
			uint32_t len = 1u << world_random(&rnd) % 9, at = i * 256;

			world_fill(t->before + at, len, world_random(&rnd));
			CU_ASSERT_EQUAL_FATAL(weft_store(t->win, t->before + at, len, at, i, 0), 0);
		}
		for (uint32_t i = 0; i < n; i++)
			CU_ASSERT_EQUAL_FATAL(complete(t).status, WEFT_ST_OK);
		CU_ASSERT_EQUAL(memcmp(t->bytes, t->before, LEN), 0);
		for (uint32_t i = 0; i < n; i++)
			CU_ASSERT_EQUAL(weft_load(t->win, t->local + i * 256, 256, i * 256, i, 0),
					0);
		for (uint32_t i = 0; i < n; i++)
			CU_ASSERT_EQUAL_FATAL(complete(t).status, WEFT_ST_OK);
		CU_ASSERT_EQUAL(memcmp(t->local, t->before, n * 256), 0);
	}
	CU_ASSERT_EQUAL(weft_cq_poll(weft_ep_cq(t->a), &c, 1), 0);
	teardown(t);
}

WEFT_SUITE(t_loadstore) {
	{ "load_store__every_length", load_store__every_length },
	{ "store_masked__changes_what_the_mask_says", store_masked__changes_what_the_mask_says },
	{ "atomic__every_operation_and_width", atomic__every_operation_and_width },
	{ "bind__refused", bind__refused },
	{ "bind__bad_arguments", bind__bad_arguments },
	{ "operation__refused", operation__refused },
	{ "dereg__refuses_at_once", dereg__refuses_at_once },
	{ "bind__not_offered", bind__not_offered },
	{ "tags__limited_by_agreement", tags__limited_by_agreement },
	{ "bind__by_the_side_that_accepted", bind__by_the_side_that_accepted },
	{ "close__under_way", close__under_way },
	{ "window__ends_with_its_endpoint", window__ends_with_its_endpoint },
	{ "atomic__once_over_a_bad_network", atomic__once_over_a_bad_network },
	{ "mixture__over_a_bad_network", mixture__over_a_bad_network },
};
