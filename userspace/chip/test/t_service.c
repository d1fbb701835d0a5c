/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests userspace/chip/session.c, fetch.c, personality.c and chip.c by way of a network. */
#include "userspace/chip/test/service_rig.h"

/* ---- Memory ------------------------------------------------------------------------------ */

/* WEFT-ACC-001, WEFT-ACC-003. */
static void alloc__zero_then_refusals(void)
{
	struct weft_chip_mem m[3];
	uint8_t buf[4096], zero[4096] = { 0 };
	struct weft_chip *c;

	start();
	c = dial(0, 0);
	CU_ASSERT_EQUAL(weft_chip_alloc(c, 0, 4096, 0, &m[0]), 0);
	memset(buf, 0x5a, sizeof(buf));
	CU_ASSERT_EQUAL(get(weft_chip_ep(c), buf, 4096, m[0].addr, m[0].key), WEFT_ST_OK);
	CU_ASSERT_EQUAL(memcmp(buf, zero, 4096), 0);
	CU_ASSERT_EQUAL(weft_chip_alloc(c, 2, 4096, 0, &m[1]), -EREMOTEIO);	/* no such pool */
	CU_ASSERT_EQUAL(weft_chip_alloc(c, 0, POOL, 0, &m[1]), -EREMOTEIO);	/* no room */
	CU_ASSERT_EQUAL(weft_chip_alloc(c, 1, POOL, 0, &m[1]), 0);
	CU_ASSERT_EQUAL(weft_chip_free(c, m[0].key ^ 1), -EREMOTEIO);
	CU_ASSERT_EQUAL(weft_chip_free(c, m[0].key), 0);
	CU_ASSERT_EQUAL(weft_chip_free(c, m[0].key), -EREMOTEIO);	/* once is enough */
	CU_ASSERT_EQUAL(weft_chip_alloc(c, 0, POOL, 0, &m[2]), 0);
	weft_chip_close(c);
	stop();
}

/* WEFT-ACC-002, WEFT-ACC-003: what a stream had is free, zero and without a key when it ends. */
static void end__frees_all(void)
{
	uint8_t junk[4096], back[4096], zero[4096] = { 0 };
	struct weft_chip_mem m, n;
	struct weft_queue *q;
	struct weft_chip *c;
	int err = -1;

	start();
	c = dial(0, 0);
	CU_ASSERT_EQUAL(weft_chip_alloc(c, 1, POOL, 0, &m), 0);
	CU_ASSERT_EQUAL(weft_queue_create(c, 16, &q), 0);
	memset(junk, 0xa5, sizeof(junk));
	CU_ASSERT_EQUAL(put(weft_chip_ep(c), junk, 4096, m.addr, m.key), WEFT_ST_OK);
	weft_chip_close(c);
	c = dial(0, 0);
	/* The chip hears of the end a moment later. */
	for (int i = 0; i < 1000 && err; i++) {
		err = weft_chip_alloc(c, 1, POOL, 0, &n);
		weft_wait(g.port, WEFT_MSEC);
	}
	CU_ASSERT_EQUAL(err, 0);
	CU_ASSERT_NOT_EQUAL(n.key, m.key);
	CU_ASSERT_EQUAL(get(weft_chip_ep(c), back, 4096, n.addr, n.key), WEFT_ST_OK);
	CU_ASSERT_EQUAL(memcmp(back, zero, 4096), 0);
	CU_ASSERT_EQUAL(get(weft_chip_ep(c), back, 8, m.addr, m.key), WEFT_ST_BAD_KEY);
	weft_chip_close(c);
	stop();
}

static void queues__limits(void)
{
	struct weft_queue *q[3];
	struct weft_chip *c;

	start();
	c = dial(0, 0);
	CU_ASSERT_NOT_EQUAL(weft_queue_create(c, 128, &q[0]), 0);	/* deeper than offered */
	CU_ASSERT_EQUAL(weft_queue_create(c, 64, &q[0]), 0);
	CU_ASSERT_EQUAL(weft_queue_create(c, 1, &q[1]), 0);
	CU_ASSERT_EQUAL(weft_queue_create(c, 4, &q[2]), -EREMOTEIO);	/* a third one */
	CU_ASSERT_EQUAL(weft_queue_destroy(q[0]), 0);
	CU_ASSERT_EQUAL(weft_queue_create(c, 4, &q[2]), 0);
	weft_queue_destroy(q[1]);
	weft_queue_destroy(q[2]);
	weft_chip_close(c);
	stop();
}

/* A raw request of a wrong length is answered, too. */
static void request__malformed(void)
{
	uint8_t short_one[8] = { WEFT_SVC_OP_ALLOC, 0, 0, 0, 1, 2, 3, 4 }, rsp[64];
	struct weft_ep_opts o = { .recv_depth = 4 };
	struct weft_hdr_svc_rsp a = { 0 };
	struct weft_completion c;
	struct weft_ep *ep;
	bool answered = false;

	start();
	CU_ASSERT_EQUAL_FATAL(weft_connect(g.port, g.addr[0], WEFT_SERVE_CHIP, &o, &ep), 0);
	CU_ASSERT_EQUAL_FATAL(weft_connect_wait(ep, WAIT), 0);
	CU_ASSERT_EQUAL(weft_recv(ep, rsp, sizeof(rsp), 7), 0);
	CU_ASSERT_EQUAL(weft_send(ep, short_one, sizeof(short_one), 8, 0), 0);
	while (!answered && weft_cq_wait(weft_ep_cq(ep), &c, 1, WAIT) == 1)
		answered = c.op == WEFT_OP_RECV;
	CU_ASSERT_TRUE(answered);
	CU_ASSERT_EQUAL(c.len, WEFT_HDR_SVC_RSP_LEN);
	weft_hdr_svc_rsp_unpack(&a, rsp);
	CU_ASSERT_EQUAL(a.status, WEFT_STATUS_MALFORMED);
	weft_ep_destroy(ep);
	stop();
}

/* ---- Commands ---------------------------------------------------------------------------- */

/* WEFT-ACC-008: a key of another domain is no key. */
static void command__key_of_another_domain(void)
{
	struct work mine, other;
	uint8_t back = 0xff;

	start();
	mine = work_on(0, 0);
	other.chip = dial(0, 1);
	CU_ASSERT_EQUAL_FATAL(weft_chip_alloc(other.chip, 1, 4096, 0, &other.mem), 0);
	CU_ASSERT_EQUAL(run(&mine, (struct weft_command){ .kernel = WEFT_RUN_FILL, .len = 16,
		.value = 7, .dst_key = other.mem.key, .dst_addr = other.mem.addr }),
		WEFT_CMD_BAD_KEY);
	CU_ASSERT_EQUAL(get(weft_chip_ep(other.chip), &back, 1, other.mem.addr, other.mem.key),
			WEFT_ST_OK);
	CU_ASSERT_EQUAL(back, 0);
	/* In one domain any stream may show the key. */
	CU_ASSERT_EQUAL(run(&mine, (struct weft_command){ .kernel = WEFT_RUN_FILL, .len = 16,
		.value = 7, .dst_key = mine.mem.key, .dst_addr = mine.mem.addr }), WEFT_CMD_OK);
	weft_chip_close(other.chip);
	work_done(&mine);
	stop();
}

static struct weft_command fetch(const struct work *to, const struct weft_chip_mem *from,
				 uint32_t len)
{
	return (struct weft_command){
		.kernel = WEFT_RUN_COPY, .len = len, .src_chip = g.id[1], .src_key = from->key,
		.src_addr = from->addr, .dst_key = to->mem.key, .dst_addr = to->mem.addr,
	};
}

/* WEFT-ACC-011, WEFT-ACC-012: unknown until told; then it fetches, whatever the length. */
static void fetch__from_another_chip(void)
{
	static const uint32_t lens[] = { 1, 7, 8, 65536, 65537, 300001 };
	struct weft_chip_mem src;
	struct weft_chip *far;
	struct work w;
	uint8_t *data = malloc(300001), *back = malloc(300001);

	CU_ASSERT_FATAL(data && back);
	start();
	w = work_on(0, 0);
	far = dial(1, 0);
	CU_ASSERT_EQUAL_FATAL(weft_chip_alloc(far, 0, 300001, 0, &src), 0);
	for (uint32_t i = 0; i < 300001; i++)
		data[i] = (uint8_t)(i * 31 ^ i >> 8);
	CU_ASSERT_EQUAL(put(weft_chip_ep(far), data, 300001, src.addr, src.key), WEFT_ST_OK);
	CU_ASSERT_EQUAL(run(&w, fetch(&w, &src, 8)), WEFT_CMD_NO_CHIP);
	CU_ASSERT_EQUAL(weft_tell(g.port, g.addr[0], g.id[1], g.addr[1], 0), 0);
	for (int i = 0; i < 100 && run(&w, fetch(&w, &src, 8)) == WEFT_CMD_NO_CHIP; i++)
		weft_wait(g.port, 10 * WEFT_MSEC);
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		CU_ASSERT_EQUAL(run(&w, fetch(&w, &src, lens[i])), WEFT_CMD_OK);
		CU_ASSERT_EQUAL(get(weft_chip_ep(w.chip), back, lens[i], w.mem.addr, w.mem.key),
				WEFT_ST_OK);
		CU_ASSERT_EQUAL(memcmp(data, back, lens[i]), 0);
	}
	weft_chip_close(far);
	work_done(&w);
	stop();
	free(data);
	free(back);
}

/* WEFT-ACC-007 with another chip that refuses: nothing is written, the queue goes on. */
static void fetch__refused(void)
{
	struct weft_chip_mem src, bad;
	struct weft_chip *far;
	struct work w;
	uint8_t back[8], zero[8] = { 0 };

	start();
	w = work_on(0, 0);
	far = dial(1, 0);
	CU_ASSERT_EQUAL_FATAL(weft_chip_alloc(far, 0, 200000, 0, &src), 0);
	memset(back, 0xee, sizeof(back));
	CU_ASSERT_EQUAL(put(weft_chip_ep(far), back, 8, src.addr, src.key), WEFT_ST_OK);
	CU_ASSERT_EQUAL(weft_tell(g.port, g.addr[0], g.id[1], g.addr[1], 0), 0);
	bad = src;
	bad.key ^= 0x55;
	for (int i = 0; i < 100 && run(&w, fetch(&w, &bad, 8)) == WEFT_CMD_NO_CHIP; i++)
		weft_wait(g.port, 10 * WEFT_MSEC);
	CU_ASSERT_EQUAL(run(&w, fetch(&w, &bad, 8)), WEFT_CMD_REMOTE);
	/* The head is allowed, the tail is not. */
	CU_ASSERT_EQUAL(run(&w, fetch(&w, &src, 200001)), WEFT_CMD_REMOTE);
	CU_ASSERT_EQUAL(get(weft_chip_ep(w.chip), back, 8, w.mem.addr, w.mem.key), WEFT_ST_OK);
	CU_ASSERT_EQUAL(memcmp(back, zero, 8), 0);
	CU_ASSERT_EQUAL(run(&w, fetch(&w, &src, 200000)), WEFT_CMD_OK);
	weft_chip_close(far);
	work_done(&w);
	stop();
}

/* ---- Personality ------------------------------------------------------------------------- */

/* Each refusal ends its stream (WEFT-SEM-023), so each has one of its own. */
static unsigned fixed_read(uint32_t domain, uint32_t key, uint64_t addr, void *to, uint32_t len)
{
	struct weft_ep_opts o = { .domain = domain, .domain_given = 1 };
	struct weft_ep *ep;
	unsigned st = ~0u;

	CU_ASSERT_EQUAL_FATAL(weft_connect(g.port, g.addr[0], WEFT_SERVE_PERSONALITY, &o, &ep), 0);
	if (!weft_connect_wait(ep, WAIT))
		st = get(ep, to, len, addr, key);
	weft_ep_destroy(ep);
	return st;
}

static void personality__regions(void)
{
	uint8_t buf[16];

	start();
	CU_ASSERT_EQUAL(fixed_read(1, 0x11, 0x10000 + 100, buf, 16), WEFT_ST_OK);
	for (unsigned i = 0; i < 16; i++)
		CU_ASSERT_EQUAL(buf[i], (uint8_t)(7 * (100 + i)));
	CU_ASSERT_EQUAL(fixed_read(1, 0x12, 0x30000, buf, 16), WEFT_ST_OK);
	CU_ASSERT_EQUAL(buf[1], 7);
	CU_ASSERT_EQUAL(fixed_read(1, 0x13, 0x50000, buf, 16), WEFT_ST_BAD_KEY);
	CU_ASSERT_EQUAL(fixed_read(1, 0x14, 0x70000, buf, 16), WEFT_ST_BAD_DOMAIN);
	CU_ASSERT_EQUAL(fixed_read(1, 0x11, 0x10000 + 8190, buf, 16), WEFT_ST_OUT_OF_BOUNDS);
	CU_ASSERT_EQUAL(fixed_read(0, 0x11, 0x10000, buf, 16), WEFT_ST_BAD_DOMAIN);
	stop();
}

/* A domain that the chip does not serve gets no stream. */
static void domains__only_those_served(void)
{
	struct weft_chip_opts o = { .timeout_ns = WAIT, .ep = { .domain = 5, .domain_given = 1 } };
	struct weft_chip *c = NULL;

	start();
	CU_ASSERT_NOT_EQUAL(weft_chip_connect(g.port, g.addr[0], &o, &c), 0);
	CU_ASSERT_PTR_NULL(c);
	c = dial(0, 1);
	weft_chip_close(c);
	stop();
}

static void create__says_what_is_wrong(void)
{
	struct chip_opts o = { .url = "udp:127.0.0.1:0", .personality = "/nonexistent" };
	char err[WEFT_ERROR_MAX] = "";
	struct chip *c = NULL;

	CU_ASSERT_EQUAL(chip_create(&o, &c, err, sizeof(err)), -ENOENT);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "/nonexistent: No such file"));
	o.personality = NULL;
	o.url = "udp:127.0.0.1:0?los=1";
	CU_ASSERT_EQUAL(chip_create(&o, &c, err, sizeof(err)), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "los"));
	o.url = "udp:127.0.0.1:0";
	o.n_pools = 1;
	CU_ASSERT_EQUAL(chip_create(&o, &c, err, sizeof(err)), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "pool 0 of 0 bytes"));
	CU_ASSERT_PTR_NULL(c);
}

WEFT_SUITE(t_service) {
	{ "alloc__zero_then_refusals", alloc__zero_then_refusals },
	{ "end__frees_all", end__frees_all },
	{ "queues__limits", queues__limits },
	{ "request__malformed", request__malformed },
	{ "command__key_of_another_domain", command__key_of_another_domain },
	{ "fetch__from_another_chip", fetch__from_another_chip },
	{ "fetch__refused", fetch__refused },
	{ "personality__regions", personality__regions },
	{ "domains__only_those_served", domains__only_those_served },
	{ "create__says_what_is_wrong", create__says_what_is_wrong },
};
