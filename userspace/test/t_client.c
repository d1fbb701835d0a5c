/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client of chips, and everything that waits, against two reference chips in threads of their
 * own, over UDP on loopback and in real time.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/test/cunit_main.h"
#include "userspace/chip/chip.h"

#define SECOND WEFT_SECOND
#define KIB 1024u

struct runner {
	pthread_t thread;
	struct chip *chip;
	atomic_bool stop, freeze;
	const char *addr;
	uint64_t id;
};

static void *run(void *arg)
{
	struct runner *r = arg;

	while (!r->stop) {
		if (r->freeze)
			nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
		else
			chip_turn(r->chip, 10 * WEFT_MSEC);
	}
	return NULL;
}

static void start(struct runner *r, const char *query, enum weft_chip_class class)
{
	struct chip_opts o = { .n_pools = 1, .engines = ~0u, .queues = 4, .queue_depth = 64,
			       .port = { .chip_class = (uint8_t)class, .max_payload = 8192 } };
	char url[128], err[WEFT_ERROR_MAX];

	snprintf(url, sizeof(url), "udp:127.0.0.1:0%s%s", query ? "?" : "", query ? query : "");
	o.url = url;
	o.pools[0].kind = WEFT_POOL_HBM;
	o.pools[0].size = 4u << 20;
	memset(r, 0, sizeof(*r));
	if (chip_create(&o, &r->chip, err, sizeof(err))) {
		fprintf(stderr, "%s\n", err);
		CU_FAIL_FATAL("no chip");
	}
	r->addr = weft_port_addr(chip_port(r->chip));
	r->id = weft_port_chip_id(chip_port(r->chip));
	CU_ASSERT_EQUAL_FATAL(pthread_create(&r->thread, NULL, run, r), 0);
}

static void stop(struct runner *r)
{
	r->stop = true;
	pthread_join(r->thread, NULL);
	chip_destroy(r->chip);
}

static struct weft_port *open_port(const char *query)
{
	struct weft_port *port;
	char url[128], err[WEFT_ERROR_MAX];

	snprintf(url, sizeof(url), "udp:127.0.0.1:0%s%s", query ? "?" : "", query ? query : "");
	if (weft_open(url, NULL, &port, err, sizeof(err))) {
		fprintf(stderr, "%s\n", err);
		CU_FAIL_FATAL("no port");
	}
	return port;
}

#define OK(port, call) do {							\
	int r_ = (call);							\
										\
	CU_ASSERT_EQUAL(r_, 0);							\
	if (r_)									\
		fprintf(stderr, "%s: %d: %s\n", #call, r_, weft_error(port));	\
} while (0)

static void discover__finds_chips(void)
{
	struct weft_chip_info c[64];
	struct weft_port *port;
	struct runner a, b;
	int n, found = 0;

	start(&a, NULL, WEFT_CHIP_GPU);
	start(&b, NULL, WEFT_CHIP_NPU);
	port = open_port("loss=0.2&seed=3");
	CU_ASSERT_EQUAL_FATAL(weft_discover(port, a.addr, 2 * SECOND, c, 64), 1);
	CU_ASSERT_EQUAL(c[0].chip_id, a.id);
	CU_ASSERT_EQUAL(c[0].chip_class, WEFT_CHIP_GPU);
	CU_ASSERT_STRING_EQUAL(c[0].addr, a.addr);
	CU_ASSERT_EQUAL(c[0].n_pools, 1);
	CU_ASSERT_EQUAL(c[0].pools[0].kind, WEFT_KIND_HBM);
	CU_ASSERT_EQUAL(c[0].pools[0].size, 4u << 20);
	CU_ASSERT_EQUAL(c[0].max_payload, 8192);
	/* WEFT-PRF-002, WEFT-PRF-003: claimed, and so much is there. */
	CU_ASSERT(c[0].profiles & WEFT_PROFILE_ACCEL);
	CU_ASSERT(c[0].queues && c[0].queue_depth && c[0].n_engines);
	/* Everybody: others may be running here too. */
	n = weft_discover(port, NULL, SECOND / 2, c, 64);
	for (int i = 0; i < n && i < 64; i++) {
		found += c[i].chip_id == a.id || c[i].chip_id == b.id;
		CU_ASSERT(i == 0 || c[i - 1].chip_id < c[i].chip_id);
	}
	CU_ASSERT_EQUAL(found, 2);
	CU_ASSERT_EQUAL(weft_discover(port, "127.0.0.1:9", SECOND / 20, c, 64), 0);
	CU_ASSERT_EQUAL(weft_discover(port, "nowhere", SECOND / 20, c, 64), -EINVAL);
	CU_ASSERT_EQUAL(weft_chip_info(port, b.id, &c[0]), 0);
	CU_ASSERT_EQUAL(weft_chip_info(port, 12345, &c[0]), -ENOENT);
	weft_close(port);
	stop(&a);
	stop(&b);
}

/* WEFT-MGT-023, WEFT-MGT-024: over a network that loses a fifth; the names are those of our own. */
static void counters__of_another_chip(void)
{
	struct weft_counter c[128], own[160];
	struct weft_port *port;
	uint64_t alone = 0, bad = 0;
	struct runner a;
	int n, m, found = 0;

	start(&a, NULL, WEFT_CHIP_GPU);
	port = open_port("loss=0.2&seed=3");
	n = weft_remote_counters(port, a.addr, 2 * SECOND, c, 128);
	CU_ASSERT_FATAL(n > 50 && n <= 128);
	m = weft_counters(port, own, 160);
	for (int i = 0; i < n; i++) {
		for (int k = 0; k < m; k++)
			found += !strcmp(c[i].name, own[k].name);
		alone = strcmp(c[i].name, "rx_alone") ? alone : c[i].value;
		bad += strncmp(c[i].name, "drop_", 5) ? 0 : c[i].value;
	}
	CU_ASSERT_EQUAL(found, n);
	CU_ASSERT(alone >= 1);
	CU_ASSERT_EQUAL(bad, 0);
	CU_ASSERT_EQUAL(weft_remote_counters(port, a.addr, 2 * SECOND, c, 3), n);
	CU_ASSERT_EQUAL(weft_remote_counters(port, "127.0.0.1:9", SECOND / 20, c, 3), -ETIMEDOUT);
	CU_ASSERT_EQUAL(weft_remote_counters(port, "nowhere", SECOND / 20, c, 3), -EINVAL);
	CU_ASSERT_EQUAL(weft_remote_counters(port, "chip:0123456789abcdef", SECOND / 20, c, 3),
			-ENOENT);
	weft_close(port);
	stop(&a);
}

static void memory__allocated_and_freed(void)
{
	struct weft_chip_mem m, n;
	struct weft_completion c;
	struct weft_port *port;
	struct weft_chip *chip;
	struct runner a;
	uint8_t buf[64] = { 0 }, zero[64] = { 0 };

	start(&a, "loss=0.05&seed=9", WEFT_CHIP_GPU);
	port = open_port("loss=0.05&seed=5");
	OK(port, weft_chip_connect(port, a.addr, NULL, &chip));
	OK(port, weft_chip_alloc(chip, 0, 100 * KIB, WEFT_ALLOC_RELAXED, &m));
	CU_ASSERT(m.key && m.len >= 100 * KIB);
	memset(buf, 1, sizeof(buf));
	CU_ASSERT_EQUAL(weft_read(weft_chip_ep(chip), buf, 64, m.addr + 99 * KIB, m.key, 3, 0), 0);
	CU_ASSERT_EQUAL_FATAL(weft_cq_wait(weft_ep_cq(weft_chip_ep(chip)), &c, 1, 5 * SECOND), 1);
	CU_ASSERT_EQUAL(c.id, 3);		/* nothing of the client's own is seen here */
	CU_ASSERT_EQUAL(memcmp(buf, zero, 64), 0);	/* WEFT-ACC-003 */
	CU_ASSERT_EQUAL(weft_chip_alloc(chip, 0, 1ull << 40, 0, &n), -EREMOTEIO);
	CU_ASSERT_PTR_NOT_NULL(strstr(weft_error(port), a.addr));
	CU_ASSERT_EQUAL(n.key, 0);
	CU_ASSERT_EQUAL(weft_chip_alloc(chip, 9, 8, 0, &n), -EREMOTEIO);
	CU_ASSERT_EQUAL(weft_chip_alloc(chip, 256, 8, 0, &n), -EINVAL);
	CU_ASSERT_EQUAL(weft_chip_alloc(chip, 0, 8, 2, &n), -EINVAL);
	OK(port, weft_chip_free(chip, m.key));
	CU_ASSERT_EQUAL(weft_chip_free(chip, m.key), -EREMOTEIO);
	for (int i = 0; i < 20; i++) {		/* no leak, neither there nor here */
		OK(port, weft_chip_alloc(chip, 0, 3u << 20, 0, &m));
		OK(port, weft_chip_free(chip, m.key));
	}
	weft_chip_close(chip);
	weft_chip_close(NULL);
	weft_close(port);
	stop(&a);
}

struct queued {
	struct runner a;
	struct weft_port *port;
	struct weft_chip *chip;
	struct weft_queue *q;
	struct weft_signals *sig;
	struct weft_chip_mem m;
};

static void open_queue(struct queued *u)
{
	start(&u->a, "loss=0.02&seed=3", WEFT_CHIP_GPU);
	u->port = open_port("loss=0.02&seed=4");
	OK(u->port, weft_chip_connect(u->port, u->a.addr, NULL, &u->chip));
	OK(u->port, weft_chip_alloc(u->chip, 0, 1000, 0, &u->m));
	CU_ASSERT_EQUAL(weft_queue_create(u->chip, 7, &u->q), -EINVAL);
	CU_ASSERT_EQUAL(weft_queue_create(u->chip, 1u << 20, &u->q), -EREMOTEIO);
	CU_ASSERT_PTR_NULL(u->q);
	OK(u->port, weft_queue_create(u->chip, 16, &u->q));
	CU_ASSERT_EQUAL(weft_queue_depth(u->q), 16);
	OK(u->port, weft_signals_create(u->chip, 2, &u->sig));
}

static void close_queue(struct queued *u)
{
	OK(u->port, weft_queue_destroy(u->q));
	CU_ASSERT_EQUAL(weft_queue_destroy(NULL), 0);
	weft_signals_destroy(NULL);
	weft_chip_close(u->chip);
	weft_close(u->port);
	stop(&u->a);
}

static struct weft_command fill_one(const struct queued *u, uint32_t at, uint8_t value,
				    uint32_t sig)
{
	return (struct weft_command){ .kernel = WEFT_RUN_FILL, .len = 1, .value = value,
		.dst_key = u->m.key, .dst_addr = u->m.addr + at,
		.signal_addr = weft_signal_addr(u->sig, sig),
		.signal_key = weft_signals_key(u->sig) };
}

/* More commands than the queue is deep, each with its own effect. */
static void queue__is_driven_around_the_ring(void)
{
	enum { N = 500 };
	struct weft_command cmd[N];
	struct weft_completion c;
	struct queued u;
	uint8_t buf[N];

	open_queue(&u);
	for (uint32_t i = 0; i < N; i++)
		cmd[i] = fill_one(&u, i, (uint8_t)(i * 7 + 1), 0);
	CU_ASSERT_EQUAL(weft_queue_submit(u.q, cmd, N), 16);	/* as many as there are slots */
	CU_ASSERT_EQUAL(weft_queue_submitted(u.q), 16);
	OK(u.port, weft_queue_submit_wait(u.q, cmd + 16, N - 16, 20 * SECOND));
	OK(u.port, weft_signal_wait(u.sig, 0, N, 20 * SECOND));
	CU_ASSERT_EQUAL(weft_signal_count(weft_signal_get(u.sig, 0)), N);
	CU_ASSERT_EQUAL(weft_queue_submitted(u.q), N);
	CU_ASSERT_EQUAL(weft_read(weft_chip_ep(u.chip), buf, N, u.m.addr, u.m.key, 1, 0), 0);
	CU_ASSERT_EQUAL_FATAL(weft_cq_wait(weft_ep_cq(weft_chip_ep(u.chip)), &c, 1, 5 * SECOND), 1);
	for (uint32_t i = 0; i < N; i++)
		CU_ASSERT_EQUAL(buf[i], (uint8_t)(i * 7 + 1));
	close_queue(&u);
}

/* A command that fails says so in its signal, and the queue goes on. */
static void queue__survives_a_bad_command(void)
{
	static const struct weft_command bad[] = { { .kernel = 0 },
						   { .kernel = 1, .signal_addr = 4 } };
	struct weft_command cmd;
	struct queued u;

	open_queue(&u);
	CU_ASSERT_EQUAL(weft_queue_submit(u.q, bad, -1), -EINVAL);
	CU_ASSERT_EQUAL(weft_queue_submit(u.q, &bad[0], 1), -EINVAL);
	CU_ASSERT_EQUAL(weft_queue_submit(u.q, &bad[1], 1), -EINVAL);
	cmd = fill_one(&u, 0, 1, 1);
	cmd.dst_key ^= 1;
	OK(u.port, weft_queue_submit_wait(u.q, &cmd, 1, 5 * SECOND));
	CU_ASSERT_EQUAL(weft_signal_wait(u.sig, 1, 1, 5 * SECOND), -EREMOTEIO);
	CU_ASSERT_PTR_NOT_NULL(strstr(weft_error(u.port), "BAD_KEY"));
	CU_ASSERT_EQUAL(weft_signal_status(weft_signal_get(u.sig, 1)), WEFT_CMD_BAD_KEY);
	CU_ASSERT_EQUAL(weft_signal_failed(weft_signal_get(u.sig, 1)), 1);
	CU_ASSERT_EQUAL(weft_signal_get(u.sig, 1), weft_signal_make(WEFT_CMD_BAD_KEY));
	weft_signal_clear(u.sig, 1);
	CU_ASSERT_EQUAL(weft_signal_wait(u.sig, 1, 1, SECOND / 50), -ETIMEDOUT);
	cmd.dst_key ^= 1;
	OK(u.port, weft_queue_submit_wait(u.q, &cmd, 1, 5 * SECOND));
	OK(u.port, weft_signal_wait(u.sig, 1, 1, 5 * SECOND));
	close_queue(&u);
}

/* Chip a fetches from chip b, of which it was told. */
static void chips__work_together(void)
{
	struct weft_chip *ca, *cb;
	struct weft_chip_mem ma, mb;
	struct weft_signals *sig;
	struct weft_completion c;
	struct weft_queue *q;
	struct weft_port *port;
	struct runner a, b;
	uint8_t out[1000], in[1000] = { 0 };
	struct weft_command cmd;

	start(&a, "loss=0.05&seed=31", WEFT_CHIP_GPU);
	start(&b, "loss=0.05&seed=32", WEFT_CHIP_NPU);
	port = open_port("loss=0.05&seed=33");
	OK(port, weft_chip_connect(port, a.addr, NULL, &ca));
	OK(port, weft_chip_connect(port, b.addr, NULL, &cb));
	OK(port, weft_chip_alloc(ca, 0, 1000, 0, &ma));
	OK(port, weft_chip_alloc(cb, 0, 1000, 0, &mb));
	for (int i = 0; i < 1000; i++)
		out[i] = (uint8_t)(i * i);
	CU_ASSERT_EQUAL(weft_write(weft_chip_ep(cb), out, 1000, mb.addr, mb.key, 1, 0), 0);
	CU_ASSERT_EQUAL_FATAL(weft_cq_wait(weft_ep_cq(weft_chip_ep(cb)), &c, 1, 5 * SECOND), 1);
	CU_ASSERT_EQUAL(c.status, WEFT_ST_OK);
	OK(port, weft_tell(port, a.addr, b.id, b.addr, 5 * SECOND));
	OK(port, weft_queue_create(ca, 8, &q));
	OK(port, weft_signals_create(ca, 1, &sig));
	cmd = (struct weft_command){ .kernel = WEFT_RUN_COPY, .len = 1000, .dst_key = ma.key,
		.dst_addr = ma.addr, .src_key = mb.key, .src_addr = mb.addr, .src_chip = b.id,
		.signal_addr = weft_signal_addr(sig, 0), .signal_key = weft_signals_key(sig) };
	OK(port, weft_queue_submit_wait(q, &cmd, 1, 5 * SECOND));
	OK(port, weft_signal_wait(sig, 0, 1, 10 * SECOND));
	CU_ASSERT_EQUAL(weft_read(weft_chip_ep(ca), in, 1000, ma.addr, ma.key, 2, 0), 0);
	CU_ASSERT_EQUAL_FATAL(weft_cq_wait(weft_ep_cq(weft_chip_ep(ca)), &c, 1, 5 * SECOND), 1);
	CU_ASSERT_EQUAL(memcmp(in, out, 1000), 0);
	CU_ASSERT_EQUAL(weft_tell(port, "127.0.0.1:9", b.id, b.addr, SECOND / 50), -ETIMEDOUT);
	weft_chip_close(ca);
	weft_chip_close(cb);
	weft_close(port);
	stop(&a);
	stop(&b);
}

static void chip__that_falls_silent(void)
{
	struct weft_chip_opts o = { .timeout_ns = SECOND / 5 };
	struct weft_chip *chip, *other;
	struct weft_signals *sig;
	struct weft_chip_mem m;
	struct weft_port *port;
	struct runner a;
	uint64_t t;

	start(&a, NULL, WEFT_CHIP_GPU);
	port = open_port(NULL);
	CU_ASSERT_EQUAL(weft_chip_connect(port, "127.0.0.1:9", &o, &chip), -ETIMEDOUT);
	CU_ASSERT_PTR_NULL(chip);
	o.timeout_ns = 0;
	CU_ASSERT_EQUAL(weft_chip_connect(port, "127.0.0.1:9", &o, &chip), -EHOSTDOWN);
	o.timeout_ns = SECOND / 5;
	OK(port, weft_chip_connect(port, a.addr, &o, &chip));
	OK(port, weft_chip_connect(port, a.addr, NULL, &other));
	OK(port, weft_signals_create(chip, 1, &sig));
	a.freeze = true;
	nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
	CU_ASSERT_EQUAL(weft_chip_alloc(chip, 0, 8, 0, &m), -ETIMEDOUT);
	t = weft_now(port);
	CU_ASSERT_EQUAL(weft_chip_alloc(other, 0, 8, 0, &m), -EHOSTDOWN);
	CU_ASSERT(weft_now(port) - t < 8 * SECOND);
	CU_ASSERT_PTR_NOT_NULL(strstr(weft_error(port), a.addr));
	CU_ASSERT_PTR_NOT_NULL(strstr(weft_error(port), "RETRY_EXCEEDED"));
	CU_ASSERT_EQUAL(weft_signal_wait(sig, 0, 1, SECOND), -EHOSTDOWN);
	CU_ASSERT_EQUAL(weft_chip_alloc(chip, 0, 8, 0, &m), -EHOSTDOWN);
	weft_chip_close(chip);
	weft_chip_close(other);
	weft_close(port);
	a.freeze = false;
	stop(&a);
}

/* Waiting sleeps, wakes by traffic and by time, and leaves the processor alone. */
static void wait__sleeps_and_wakes(void)
{
	struct timespec cpu0, cpu1;
	struct weft_chip *chip;
	struct weft_completion c;
	struct weft_port *port;
	struct runner a;
	uint64_t t;

	start(&a, NULL, WEFT_CHIP_GPU);
	port = open_port(NULL);
	OK(port, weft_chip_connect(port, a.addr, NULL, &chip));
	CU_ASSERT(weft_fd(port) >= 0);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu0);
	t = weft_now(port);
	CU_ASSERT_EQUAL(weft_cq_wait(weft_ep_cq(weft_chip_ep(chip)), &c, 1, SECOND / 4), 0);
	CU_ASSERT(weft_now(port) - t >= SECOND / 4);
	CU_ASSERT(weft_now(port) - t < 2 * SECOND);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu1);
	CU_ASSERT((cpu1.tv_sec - cpu0.tv_sec) * 1000000000 + cpu1.tv_nsec - cpu0.tv_nsec <
		  100000000);
	while (weft_wait(port, SECOND / 50) > 0)
		;
	CU_ASSERT(weft_deadline_ns(port) > 0);
	weft_chip_close(chip);
	weft_close(port);
	stop(&a);
}

WEFT_SUITE(t_client) {
	{ "discover__finds_chips", discover__finds_chips },
	{ "counters__of_another_chip", counters__of_another_chip },
	{ "memory__allocated_and_freed", memory__allocated_and_freed },
	{ "queue__is_driven_around_the_ring", queue__is_driven_around_the_ring },
	{ "queue__survives_a_bad_command", queue__survives_a_bad_command },
	{ "chips__work_together", chips__work_together },
	{ "chip__that_falls_silent", chip__that_falls_silent },
	{ "wait__sleeps_and_wakes", wait__sleeps_and_wakes },
};
