/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/memop.c, core/memop_rx.c: load and store over a network, bad or good. */
#include <stdio.h>

#include "core/ls.h"
#include "core/test/net.h"
#include "core/test/net_check.h"
#include "tools/test/cunit_main.h"

#define KEY	0x77u
#define BASE	0x4000000ull
#define BYTES	8192u
#define ALL	(WEFT_MR_READ | WEFT_MR_WRITE | WEFT_MR_ATOMIC)

static const struct weft_ls_cfg ls_cfg = { .windows = 4, .tags = 64, .peer_tags = 64 };

struct world {
	struct net *net;
	struct weft_pdc *p;		/* node 0's */
	uint8_t *mem;			/* node 1's region */
};

static void open_net(struct world *w, const struct net_opts *o, const struct weft_ls_cfg *c)
{
	w->net = net_new(o);
	net_mr(&w->net->n[1], KEY, BASE, BYTES, ALL);
	w->net->n[1].mr[0].pd = 0;
	net_services(w->net, c, NULL);
	w->mem = w->net->n[1].mr_mem[0];
	w->p = w->net->n[0].pdc;
}

static bool told(struct net *net, void *arg)
{
	return net->n[0].windows_told >= *(uint32_t *)arg || net->n[0].failed;
}

static enum weft_status bind(struct world *w, uint16_t window, uint64_t addr, uint64_t len)
{
	uint32_t want = w->net->n[0].windows_told + 1;

	CU_ASSERT_EQUAL_FATAL(weft_ls_bind(w->p, window, 0, KEY, addr, len), WEFT_OK);
	net_run(w->net, 3600000000000ull, told, &want);
	return w->net->n[0].window_status;
}

static void setup(struct world *w, const struct net_opts *o)
{
	open_net(w, o, &ls_cfg);
	CU_ASSERT_EQUAL_FATAL(bind(w, 1, BASE, BYTES), WEFT_STATUS_OK);
}

static void fini(struct world *w)
{
	net_run(w->net, 1000000000, NULL, NULL);
	if (pdc_live(w->p)) {
		CU_ASSERT_PTR_NULL(net_check_idle(w->p));
		CU_ASSERT_PTR_NULL(net_check_idle(w->net->n[1].pdc));
		CU_ASSERT(!ls_busy(w->p) && !ls_busy(w->net->n[1].pdc));
	}
	net_free(w->net);
}

static struct weft_ls_op op(uint8_t code, uint8_t size, uint64_t offset, const void *local)
{
	return (struct weft_ls_op){ .id = offset, .code = code, .size = size, .window = 1,
				    .offset = offset, .local = (uint64_t)(uintptr_t)local };
}

static struct weft_wc one(struct world *w, const struct weft_ls_op *o)
{
	size_t n = w->net->n[0].n_svc + 1;

	CU_ASSERT_EQUAL_FATAL(weft_ls_post(w->p, o, 1), 1);
	CU_ASSERT_FATAL(net_svc_wait(w->net, 0, n));
	return w->net->n[0].svc[n - 1];
}

/* ---- what operations do --------------------------------------------------------------- */

/* WEFT-MEM-062, WEFT-MEM-068 */
static void memop__each_size(void)
{
	uint8_t out[256], in[256];
	struct net_opts o = { .seed = 1 };
	struct weft_ls_op s;
	struct world w;

	setup(&w, &o);
	for (uint8_t size = 0; size <= 8; size++) {
		uint32_t len = 1u << size;
		uint64_t at = 3 + 300u * size;

		for (uint32_t i = 0; i < len; i++)
			out[i] = (uint8_t)(size * 31 + i + 1);
		memset(in, 0, sizeof(in));
		s = size < 8 ? op(WEFT_MEMCODE_STORE, size, at, out) :
			       op(WEFT_MEMCODE_STORE256, 0, at, out);
		CU_ASSERT_EQUAL(one(&w, &s).status, WEFT_STATUS_OK);
		CU_ASSERT_EQUAL(memcmp(w.mem + at, out, len), 0);
		CU_ASSERT(w.mem[at - 1] == 0 && w.mem[at + len] == 0);
		s = size < 8 ? op(WEFT_MEMCODE_LOAD, size, at, in) :
			       op(WEFT_MEMCODE_LOAD256, 0, at, in);
		CU_ASSERT_EQUAL(one(&w, &s).status, WEFT_STATUS_OK);
		CU_ASSERT_EQUAL(memcmp(in, out, len), 0);
	}
	fini(&w);
}

/* WEFT-MEM-064 */
static void memop__masked_store(void)
{
	struct net_opts o = { .seed = 2 };
	struct weft_ls_op s;
	uint8_t out[64];
	struct world w;

	setup(&w, &o);
	memset(out, 0xee, sizeof(out));
	s = op(WEFT_MEMCODE_MSTORE, 6, 128, out);
	s.operand = 0x8000000000000001ull | 1ull << 40;
	CU_ASSERT_EQUAL(one(&w, &s).status, WEFT_STATUS_OK);
	for (int i = 0; i < 64; i++)
		CU_ASSERT_EQUAL(w.mem[128 + i], i == 0 || i == 63 || i == 23 ? 0xee : 0);
	fini(&w);
}

/* WEFT-MEM-065 */
static void memop__atomics(void)
{
	static const struct {
		uint8_t code;
		uint64_t before, operand, compare, after;
	} t[] = {
		{ WEFT_MEMCODE_FADD, 0xff, 2, 0, 0x01 },
		{ WEFT_MEMCODE_CAS, 5, 9, 5, 9 },
		{ WEFT_MEMCODE_CAS, 5, 9, 6, 5 },
		{ WEFT_MEMCODE_SWAP, 5, 0x1ff, 0, 0xff },
		{ WEFT_MEMCODE_UMIN, 5, 4, 0, 4 },
		{ WEFT_MEMCODE_UMAX, 5, 4, 0, 5 },
		{ WEFT_MEMCODE_AND, 0xf3, 0x1e, 0, 0x12 },
		{ WEFT_MEMCODE_OR, 0xf3, 0x0c, 0, 0xff },
		{ WEFT_MEMCODE_XOR, 0xf3, 0x03, 0, 0xf0 },
	};
	struct net_opts o = { .seed = 3 };
	struct weft_wc wc;
	struct world w;

	setup(&w, &o);
	for (size_t i = 0; i < WEFT_ARRAY_LEN(t); i++) {
		struct weft_ls_op s = op(t[i].code, 0, 77, NULL);

		w.mem[77] = (uint8_t)t[i].before;
		s.operand = t[i].operand;
		s.compare = t[i].compare;
		wc = one(&w, &s);
		CU_ASSERT_EQUAL(wc.status, WEFT_STATUS_OK);
		CU_ASSERT_EQUAL(wc.value, t[i].before);
		CU_ASSERT_EQUAL(w.mem[77], t[i].after);
		CU_ASSERT_EQUAL(w.mem[78], 0);
	}
	fini(&w);
}

/* ---- refusals ------------------------------------------------------------------------- */

/* WEFT-MEM-060, WEFT-MEM-061 */
static void memop__refused_alone(void)
{
	static const struct {
		uint8_t code, size;
		uint16_t window;
		uint64_t offset;
		uint32_t rights;
		enum weft_status st;
	} t[] = {
		{ WEFT_MEMCODE_STORE, 3, 1, BYTES - 7, ALL, WEFT_STATUS_OUT_OF_BOUNDS },
		{ WEFT_MEMCODE_STORE, 3, 1, BYTES, ALL, WEFT_STATUS_OUT_OF_BOUNDS },
		{ WEFT_MEMCODE_STORE, 3, 1, (1ull << 36) - 1, ALL, WEFT_STATUS_OUT_OF_BOUNDS },
		{ WEFT_MEMCODE_LOAD, 7, 1, BYTES - 127, ALL, WEFT_STATUS_OUT_OF_BOUNDS },
		{ WEFT_MEMCODE_LOAD256, 0, 1, BYTES - 255, ALL, WEFT_STATUS_OUT_OF_BOUNDS },
		{ WEFT_MEMCODE_STORE, 3, 1, BYTES, WEFT_MR_READ, WEFT_STATUS_NO_RIGHTS },
		{ WEFT_MEMCODE_LOAD, 3, 1, 0, WEFT_MR_WRITE, WEFT_STATUS_NO_RIGHTS },
		{ WEFT_MEMCODE_FADD, 3, 1, 4, WEFT_MR_WRITE, WEFT_STATUS_NO_RIGHTS },
		{ WEFT_MEMCODE_FADD, 3, 1, 4, ALL, WEFT_STATUS_MISALIGNED },
		{ WEFT_MEMCODE_FADD, 1, 1, 1, ALL, WEFT_STATUS_MISALIGNED },
		{ WEFT_MEMCODE_FADD, 3, 1, BYTES - 4, ALL, WEFT_STATUS_OUT_OF_BOUNDS },
		{ WEFT_MEMCODE_STORE, 3, 2, BYTES, ALL, WEFT_STATUS_NO_WINDOW },
	};
	struct net_opts o = { .seed = 4 };
	uint8_t out[256];

	memset(out, 0xaa, sizeof(out));
	for (size_t i = 0; i < WEFT_ARRAY_LEN(t); i++) {
		struct weft_ls_op s[3];
		struct world w;

		open_net(&w, &o, &ls_cfg);
		w.net->n[1].mr[0].rights = t[i].rights | WEFT_MR_WRITE;
		if (t[i].rights == WEFT_MR_READ)
			w.net->n[1].mr[0].rights = WEFT_MR_READ;
		CU_ASSERT_EQUAL(bind(&w, 1, BASE, BYTES), WEFT_STATUS_OK);
		CU_ASSERT_EQUAL(bind(&w, 2, BASE, BYTES), WEFT_STATUS_OK);
		w.net->n[1].pdc->ls->bound[2].state = LS_UNBOUND;
		s[0] = op(WEFT_MEMCODE_STORE, 2, 16, out);
		s[1] = op(t[i].code, t[i].size, t[i].offset, out);
		s[1].window = t[i].window;
		s[1].operand = 1;
		s[2] = op(WEFT_MEMCODE_STORE, 2, 32, out);
		CU_ASSERT_EQUAL(weft_ls_post(w.p, s, 3), 3);
		CU_ASSERT_FATAL(net_svc_wait(w.net, 0, 3));
		for (int k = 0; k < 3; k++) {
			const struct weft_wc *wc = &w.net->n[0].svc[k];

			if (wc->id == t[i].offset)
				CU_ASSERT_EQUAL(wc->status, t[i].st);
			if (wc->id == 16 && t[i].rights != WEFT_MR_READ)
				CU_ASSERT_EQUAL(wc->status, WEFT_STATUS_OK);
		}
		if (t[i].rights != WEFT_MR_READ) {
			CU_ASSERT_EQUAL(memcmp(w.mem + 16, out, 4), 0);
			CU_ASSERT_EQUAL(memcmp(w.mem + 32, out, 4), 0);
			memset(w.mem + 16, 0, 4);
			memset(w.mem + 32, 0, 4);
		}
		for (uint32_t k = 0; k < BYTES; k++)
			CU_ASSERT_EQUAL_FATAL(w.mem[k], 0);
		fini(&w);
	}
}

/* WEFT-MEM-047: before it is executed, and before its data are sent. */
static void memop__deregistered(void)
{
	struct net_opts o = { .seed = 5 };
	uint8_t in[8] = { 0 };
	struct weft_ls_op s = op(WEFT_MEMCODE_LOAD, 3, 8, in);
	struct world w;

	setup(&w, &o);
	memset(w.mem, 0x55, 64);
	CU_ASSERT_EQUAL(one(&w, &s).status, WEFT_STATUS_OK);
	memset(in, 0, sizeof(in));
	w.net->n[1].mr[0].alive = false;
	CU_ASSERT_EQUAL(one(&w, &s).status, WEFT_STATUS_BAD_KEY);
	CU_ASSERT_EQUAL(in[0], 0);
	fini(&w);
}

static bool drop_region(struct net_node *n, const struct weft_act *a, enum weft_status *st)
{
	if (a->type != WEFT_ACT_LS_LOAD)
		return false;
	n->mr[0].alive = false;
	*st = WEFT_STATUS_OK;
	return true;
}

/* WEFT-MEM-047, WEFT-MEM-006 */
static void memop__deregistered_before_sending(void)
{
	struct net_opts o = { .seed = 6 };
	uint8_t in[8] = { 0 }, out[8] = { 1 };
	struct weft_ls_op s[2] = { op(WEFT_MEMCODE_STORE, 3, 0, out),
				   op(WEFT_MEMCODE_LOAD, 3, 8, in) };
	struct world w;

	setup(&w, &o);
	w.net->n[1].judge = drop_region;
	CU_ASSERT_EQUAL(weft_ls_post(w.p, s, 2), 2);
	CU_ASSERT_FATAL(net_svc_wait(w.net, 0, 2));
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(w.net->n[0].svc[i].status, w.net->n[0].svc[i].id ?
				WEFT_STATUS_BAD_KEY : WEFT_STATUS_OK);
	fini(&w);
}

/* ---- posting -------------------------------------------------------------------------- */

/* WEFT-MEM-040, WEFT-MEM-054 */
static void post__what_is_wrong(void)
{
	struct net_opts o = { .seed = 7 };
	struct weft_ls_op s = op(WEFT_MEMCODE_LOAD, 3, 0, NULL), many[65];
	struct world w;

	open_net(&w, &o, &ls_cfg);
	CU_ASSERT_EQUAL(weft_ls_post(w.net->n[0].pdc, &s, 1), WEFT_ESTATE);	/* not bound */
	CU_ASSERT_EQUAL(bind(&w, 1, BASE, BYTES), WEFT_STATUS_OK);
	s.code = WEFT_MEMCODE_DONE;
	CU_ASSERT_EQUAL(weft_ls_post(w.p, &s, 1), WEFT_EINVAL);
	s = op(WEFT_MEMCODE_MSTORE, 7, 0, NULL);
	CU_ASSERT_EQUAL(weft_ls_post(w.p, &s, 1), WEFT_EINVAL);
	s = op(WEFT_MEMCODE_LOAD, 3, 1ull << 36, NULL);
	CU_ASSERT_EQUAL(weft_ls_post(w.p, &s, 1), WEFT_EINVAL);
	s = op(WEFT_MEMCODE_LOAD, 3, 0, NULL);
	s.window = 4;
	CU_ASSERT_EQUAL(weft_ls_post(w.p, &s, 1), WEFT_EINVAL);
	for (int i = 0; i < 65; i++)
		many[i] = op(WEFT_MEMCODE_FADD, 3, 8, NULL);
	CU_ASSERT_EQUAL(weft_ls_post(w.p, many, 65), 64);
	CU_ASSERT_EQUAL(weft_ls_post(w.p, many, 1), WEFT_EFULL);
	CU_ASSERT_EQUAL(weft_ls_unbind(w.p, 1), WEFT_ESTATE);		/* WEFT-MEM-044 */
	CU_ASSERT(net_svc_wait(w.net, 0, 64));
	CU_ASSERT_EQUAL(weft_ls_post(w.p, many, 1), 1);
	fini(&w);
}

/* WEFT-MEM-052, WEFT-MEM-066: with the smallest payload 80 bytes go, 128 do not. */
static void post__smallest_payload(void)
{
	struct net_opts o = { .seed = 8, .payload = 64 };
	uint8_t out[64] = { 7 }, in[64] = { 0 };
	struct weft_ls_op s = op(WEFT_MEMCODE_MSTORE, 6, 0, out);
	struct world w;

	setup(&w, &o);
	s.operand = ~0ull;
	CU_ASSERT_EQUAL(one(&w, &s).status, WEFT_STATUS_OK);
	s = op(WEFT_MEMCODE_LOAD, 6, 0, in);
	CU_ASSERT_EQUAL(one(&w, &s).status, WEFT_STATUS_OK);
	CU_ASSERT_EQUAL(in[0], 7);
	s = op(WEFT_MEMCODE_STORE, 7, 0, out);
	CU_ASSERT_EQUAL(weft_ls_post(w.p, &s, 1), WEFT_EINVAL);
	s = op(WEFT_MEMCODE_LOAD, 7, 0, in);
	CU_ASSERT_EQUAL(weft_ls_post(w.p, &s, 1), WEFT_EINVAL);
	w.net->n[0].prof.max_payload = 1024;	/* we would take it; the peer's path does not */
	CU_ASSERT_EQUAL(one(&w, &s).status, WEFT_STATUS_TOO_LONG);
	w.net->n[0].prof.max_payload = 64;
	fini(&w);
}

/* ---- packets -------------------------------------------------------------------------- */

struct count {
	uint32_t mem, ops, longest, overhead;
};

static bool look(struct net *net, int from, uint8_t *bytes, uint32_t *len, void *arg)
{
	struct count *c = arg;
	struct weft_view v;

	(void)net;
	if (weft_parse(&v, bytes, *len) != WEFT_DROP_NONE || v.d.type != WEFT_PTYPE_MEM || from)
		return true;
	c->mem++;
	c->ops += v.b.mem.n;
	if (v.b.mem.n > c->longest)
		c->longest = v.b.mem.n;
	c->overhead = *len - 64;
	return true;
}

/* WEFT-MEM-073: 14 bytes of Ethernet and 4 of frame check besides. */
static void packet__overhead_of_64_bytes(void)
{
	struct net_opts o = { .seed = 9 };
	uint8_t out[64] = { 7 };
	struct weft_ls_op s = op(WEFT_MEMCODE_STORE, 6, 0, out);
	struct count c = { 0 };
	struct world w;

	setup(&w, &o);
	w.net->filter = look;
	w.net->filter_arg = &c;
	CU_ASSERT_EQUAL(one(&w, &s).status, WEFT_STATUS_OK);
	CU_ASSERT_EQUAL(c.mem, 1);
	CU_ASSERT(14 + c.overhead + 4 <= 42);
	fini(&w);
}

/* WEFT-MEM-071, WEFT-MEM-053, WEFT-MEM-074 */
static void packet__what_waits_goes_together(void)
{
	struct net_opts o = { .seed = 10 };
	struct weft_ls_op s[40];
	struct count c = { 0 };
	uint8_t out[40];
	struct world w;

	setup(&w, &o);
	w.net->filter = look;
	w.net->filter_arg = &c;
	for (int i = 0; i < 40; i++) {
		out[i] = (uint8_t)(i + 1);
		s[i] = op(WEFT_MEMCODE_STORE, 0, (uint64_t)i, &out[i]);
	}
	CU_ASSERT_EQUAL(weft_ls_post(w.p, s, 40), 40);
	CU_ASSERT(net_svc_wait(w.net, 0, 40));
	CU_ASSERT_EQUAL(c.mem, 3);
	CU_ASSERT_EQUAL(c.ops, 40);
	CU_ASSERT_EQUAL(c.longest, 16);
	CU_ASSERT_EQUAL(memcmp(w.mem, out, 40), 0);
	fini(&w);
}

/* ---- exactly once --------------------------------------------------------------------- */

struct sums {
	uint64_t offset;
	uint8_t size;
	uint64_t total;
};

static void random_op(struct world *w, struct weft_ls_op *s, struct sums *sums, uint8_t (*buf)[64])
{
	uint64_t r = net_rand(w->net);
	struct sums *t = &sums[r % 4];

	if (r >> 8 & 1) {
		*s = op(WEFT_MEMCODE_FADD, t->size, t->offset, NULL);
		s->operand = r >> 16 & 0xffff;
		t->total += s->operand;
		return;
	}
	*s = op(r >> 9 & 1 ? WEFT_MEMCODE_STORE : WEFT_MEMCODE_LOAD, (uint8_t)(r >> 12 & 3),
		1024 + (r >> 20) % 1024, buf);
}

/* WEFT-MEM-069, WEFT-MEM-070, WEFT-MEM-056 */
static void bad_network(struct net_opts o, enum net_async async)
{
	struct sums sums[4] = { { 0, 0, 0 }, { 8, 1, 0 }, { 16, 2, 0 }, { 24, 3, 0 } };
	size_t posted = 0, want = 3000;
	static uint8_t buf[64];
	struct world w;

	open_net(&w, &o, &ls_cfg);
	w.net->n[1].async = w.net->n[0].async = async;
	CU_ASSERT_EQUAL_FATAL(bind(&w, 1, BASE, BYTES), WEFT_STATUS_OK);
	while (posted < want) {
		struct sums before[4];
		struct weft_ls_op s;
		int n;

		memcpy(before, sums, sizeof(sums));
		random_op(&w, &s, sums, &buf);
		n = weft_ls_post(w.p, &s, 1);
		if (n == 1) {
			posted++;
			continue;
		}
		CU_ASSERT_EQUAL_FATAL(n, WEFT_EFULL);
		memcpy(sums, before, sizeof(sums));
		CU_ASSERT_FATAL(net_svc_wait(w.net, 0, posted - 40));
	}
	CU_ASSERT_FATAL(net_svc_wait(w.net, 0, posted));
	CU_ASSERT_EQUAL(w.net->n[1].executed, posted);
	for (size_t i = 0; i < posted; i++)
		CU_ASSERT_EQUAL(w.net->n[0].svc[i].status, WEFT_STATUS_OK);
	for (int i = 0; i < 4; i++) {
		uint64_t got = 0, mask = sums[i].size == 3 ? ~0ull :
				 (1ull << (8u << sums[i].size)) - 1;

		for (int k = 7; k >= 0; k--)	/* words lie little-endian in memory */
			got = got << 8 | w.mem[sums[i].offset + (size_t)k];
		if ((got & mask) != (sums[i].total & mask) || got & ~mask)
			printf("seed %u: sum %d is wrong\n", o.seed, i);
		CU_ASSERT_EQUAL(got, sums[i].total & mask);
	}
	fini(&w);
}

static void memop__exact_sums_on_a_bad_network(void)
{
	for (uint32_t seed = 1; seed <= 4; seed++) {
		bad_network((struct net_opts){ .seed = seed, .loss = .2, .dup = .1, .corrupt = .02,
					       .jitter_ns = 9000 }, NET_SYNC);
		bad_network((struct net_opts){ .seed = seed, .mode = WEFT_MODE_ROD, .loss = .1,
					       .dup = .1, .jitter_ns = 3000 }, NET_SYNC);
		bad_network((struct net_opts){ .seed = seed, .loss = .1, .dup = .1, .window = 16,
					       .payload = 64, .jitter_ns = 9000,
					       .tx_seed = 0xfffffff0 }, NET_SYNC);
		bad_network((struct net_opts){ .seed = seed, .loss = .1, .dup = .1,
					       .jitter_ns = 9000 }, NET_RANDOM);
	}
}

/* WEFT-MEM-067 */
static void memop__in_order_on_one_path(void)
{
	struct net_opts o = { .seed = 11, .mode = WEFT_MODE_ROD, .loss = .2, .dup = .1,
			      .jitter_ns = 3000 };
	struct weft_ls_op s;
	uint8_t out[64];
	struct world w;

	setup(&w, &o);
	for (size_t i = 0; i < 64; i++) {
		out[i] = (uint8_t)(i + 1);
		s = op(WEFT_MEMCODE_STORE, 0, 5, &out[i]);
		CU_ASSERT_EQUAL(weft_ls_post(w.p, &s, 1), 1);
		if (net_rand(w.net) & 1)
			net_turn(w.net, 0);
	}
	CU_ASSERT(net_svc_wait(w.net, 0, 64));
	CU_ASSERT_EQUAL(w.mem[5], 64);
	fini(&w);
}

/* WEFT-MEM-072 */
static void memop__context_ends(void)
{
	struct net_opts o = { .seed = 12, .retry_limit = 2 };
	struct weft_ls_op s[3] = { op(WEFT_MEMCODE_FADD, 3, 0, NULL),
				   op(WEFT_MEMCODE_FADD, 3, 8, NULL),
				   op(WEFT_MEMCODE_FADD, 3, 16, NULL) };
	struct world w;

	setup(&w, &o);
	w.net->cut = true;
	CU_ASSERT_EQUAL(weft_ls_post(w.p, s, 3), 3);
	CU_ASSERT(net_svc_wait(w.net, 0, 3));
	net_run(w.net, 1000000000, NULL, NULL);
	CU_ASSERT(w.net->n[0].failed);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(w.net->n[0].svc[i].status, WEFT_STATUS_RETRY_EXCEEDED);
	CU_ASSERT_EQUAL(weft_ls_post(w.p, s, 1), WEFT_ESTATE);
	CU_ASSERT_EQUAL(weft_ls_bind(w.p, 2, 0, KEY, BASE, 8), WEFT_ESTATE);
	fini(&w);
}

/* Closing waits for what is outstanding. */
static void memop__orderly_close(void)
{
	struct net_opts o = { .seed = 13, .loss = .2 };
	struct weft_ls_op s[3] = { op(WEFT_MEMCODE_FADD, 3, 0, NULL),
				   op(WEFT_MEMCODE_FADD, 3, 0, NULL),
				   op(WEFT_MEMCODE_FADD, 3, 0, NULL) };
	struct world w;

	for (int i = 0; i < 3; i++)
		s[i].operand = 1;
	setup(&w, &o);
	CU_ASSERT_EQUAL(weft_ls_post(w.p, s, 3), 3);
	weft_pdc_close(w.p);
	CU_ASSERT_EQUAL(weft_ls_post(w.p, s, 1), WEFT_ESTATE);
	net_run(w.net, 10000000000ull, NULL, NULL);
	CU_ASSERT(w.net->n[0].closed);
	CU_ASSERT_EQUAL(w.net->n[0].n_svc, 3);
	CU_ASSERT_EQUAL(w.net->n[0].svc[2].status, WEFT_STATUS_OK);
	CU_ASSERT_EQUAL(w.mem[0], 3);
	net_free(w.net);
}

WEFT_SUITE(memop) {
	{ "memop__each_size", memop__each_size },
	{ "memop__masked_store", memop__masked_store },
	{ "memop__atomics", memop__atomics },
	{ "memop__refused_alone", memop__refused_alone },
	{ "memop__deregistered", memop__deregistered },
	{ "memop__deregistered_before_sending", memop__deregistered_before_sending },
	{ "post__what_is_wrong", post__what_is_wrong },
	{ "post__smallest_payload", post__smallest_payload },
	{ "packet__overhead_of_64_bytes", packet__overhead_of_64_bytes },
	{ "packet__what_waits_goes_together", packet__what_waits_goes_together },
	{ "memop__exact_sums_on_a_bad_network", memop__exact_sums_on_a_bad_network },
	{ "memop__in_order_on_one_path", memop__in_order_on_one_path },
	{ "memop__context_ends", memop__context_ends },
	{ "memop__orderly_close", memop__orderly_close },
};
