/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of the chip service share: over UDP on loopback, two chips in a thread of their
 * own, the client in the test's.
 */
#ifndef WEFT_USERSPACE_CHIP_TEST_SERVICE_RIG_H
#define WEFT_USERSPACE_CHIP_TEST_SERVICE_RIG_H

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/wire.h"
#include "tools/test/cunit_main.h"
#include "userspace/chip/chip.h"
#include "userspace/chip/queue.h"

#define WAIT (10 * WEFT_SECOND)
#define POOL (1u << 20)
#define ENGINES 0xff

static struct bench {
	struct chip *chip[2];
	pthread_t thread;
	atomic_bool stop;
	struct weft_port *port;		/* the client's */
	char addr[2][WEFT_ADDR_MAX];
	uint64_t id[2];
	char file[64];			/* the personality's */
} g;

static inline void *turn_chips(void *arg)
{
	(void)arg;
	while (!atomic_load(&g.stop)) {
		chip_turn(g.chip[0], 200 * WEFT_USEC);
		chip_turn(g.chip[1], 200 * WEFT_USEC);
	}
	return NULL;
}

static inline void write_personality(void)
{
	FILE *f;
	int fd;

	strcpy(g.file, "/tmp/weft-t_service.XXXXXX");
	fd = mkstemp(g.file);
	CU_ASSERT_FATAL(fd >= 0);
	f = fdopen(fd, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs("region key=0x11 base=0x10000 len=8192 rights=rwa pattern=ramp7 domain=1 pd=1\n"
	      "region key=0x12 base=0x30000 len=8192 rights=r share=0x11 domain=1 pd=1\n"
	      "region key=0x13 base=0x50000 len=8192 rights=rw share=0x11 domain=1 pd=1 dead=1\n"
	      "region key=0x14 base=0x70000 len=8192 rights=rw domain=2 pd=1\n", f);
	fclose(f);
}

static inline void add_one(struct chip_job *job, uint8_t *dst, const uint8_t *src, size_t n)
{
	(void)job;
	for (size_t i = 0; i < n; i++)
		dst[i] = (uint8_t)(src[i] + 1);
}

/* A kernel of the vendor's. */
static const struct chip_engine adder = { .kernel = 0x8123, .src = true, .streams = true,
	.dtypes = 1u << WEFT_DTYPE_U8, .step = add_one };
static const struct chip_engine *const vendor = &adder;

static inline void start(void)
{
	struct chip_opts o = {
		.url = "udp:127.0.0.1:0", .n_pools = 2, .engines = ENGINES, .queues = 2,
		.queue_depth = 64, .personality = g.file,
		.pools = { { WEFT_POOL_HBM, POOL }, { WEFT_POOL_DDR, POOL } },
		.n_domains = 2, .domains = { 0, 1 }, .vendor = &vendor, .n_vendor = 1,
	};
	char err[WEFT_ERROR_MAX] = "";

	memset(&g, 0, sizeof(g));
	write_personality();
	for (unsigned i = 0; i < 2; i++) {
		o.port.chip_id = 0xA0 + i;
		if (chip_create(&o, &g.chip[i], err, sizeof(err)))
			printf("  %s\n", err);
		CU_ASSERT_PTR_NOT_NULL_FATAL(g.chip[i]);
		snprintf(g.addr[i], WEFT_ADDR_MAX, "%s", weft_port_addr(chip_port(g.chip[i])));
		g.id[i] = weft_port_chip_id(chip_port(g.chip[i]));
	}
	CU_ASSERT_FATAL(!weft_open("udp:127.0.0.1:0", NULL, &g.port, err, sizeof(err)));
	CU_ASSERT_FATAL(!pthread_create(&g.thread, NULL, turn_chips, NULL));
}

static inline void stop(void)
{
	weft_close(g.port);
	atomic_store(&g.stop, true);
	pthread_join(g.thread, NULL);
	chip_destroy(g.chip[0]);
	chip_destroy(g.chip[1]);
	unlink(g.file);
}

static inline struct weft_chip *dial(unsigned i, uint32_t domain)
{
	struct weft_chip_opts o = { .timeout_ns = WAIT };
	struct weft_chip *c = NULL;

	o.ep.domain = domain;
	o.ep.domain_given = 1;
	if (weft_chip_connect(g.port, g.addr[i], &o, &c))
		printf("  %s\n", weft_error(g.port));
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	return c;
}

/* One operation, waited for.  Returns its status. */
static inline unsigned finish(struct weft_ep *ep, int posted)
{
	struct weft_completion c;

	if (posted || weft_cq_wait(weft_ep_cq(ep), &c, 1, WAIT) != 1)
		return ~0u;
	return c.status;
}

static inline unsigned get(struct weft_ep *ep, void *to, uint32_t len, uint64_t addr, uint32_t key)
{
	return finish(ep, weft_read(ep, to, len, addr, key, 0, 0));
}

static inline unsigned put(struct weft_ep *ep, const void *from, uint32_t len, uint64_t addr,
			   uint32_t key)
{
	return finish(ep, weft_write(ep, from, len, addr, key, 0, 0));
}

struct work {
	struct weft_chip *chip;
	struct weft_queue *queue;
	struct weft_signals *sig;
	struct weft_chip_mem mem;
};

static inline struct work work_on(unsigned i, uint32_t domain)
{
	struct work w = { .chip = dial(i, domain) };

	CU_ASSERT_EQUAL_FATAL(weft_queue_create(w.chip, 16, &w.queue), 0);
	CU_ASSERT_EQUAL_FATAL(weft_signals_create(w.chip, 1, &w.sig), 0);
	CU_ASSERT_EQUAL_FATAL(weft_chip_alloc(w.chip, 0, 512 << 10, 0, &w.mem), 0);
	return w;
}

static inline void work_done(struct work *w)
{
	weft_signals_destroy(w->sig);
	weft_queue_destroy(w->queue);
	weft_chip_close(w->chip);
}

/* Returns the command's status, or ~0 without an answer. */
static inline unsigned run(struct work *w, struct weft_command c)
{
	int err;

	weft_signal_clear(w->sig, 0);
	c.signal_key = weft_signals_key(w->sig);
	c.signal_addr = weft_signal_addr(w->sig, 0);
	if (weft_queue_submit_wait(w->queue, &c, 1, WAIT))
		return ~0u;
	err = weft_signal_wait(w->sig, 0, 1, WAIT);
	return err && err != -EREMOTEIO ? ~0u : weft_signal_status(weft_signal_get(w->sig, 0));
}

#endif
