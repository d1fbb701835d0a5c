/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A reference chip in another process, over UDP that loses, doubles and reorders a fifth of all
 * packets each way: load and store, datagrams, masked and narrow atomics, REDUCE, FLUSH and
 * invalidation, by the public interface alone.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/test/cunit_main.h"
#include "userspace/chip/chip.h"

#define WAIT	(60 * WEFT_SECOND)
#define BAD_NET	"loss=0.2&dup=0.2&reorder=0.2&seed=%llu"
#define BASE	0x10000u
#define QKEY	0x5a5a1234u

static const char personality[] =
	"region key=0x11 base=0x10000 len=65536 rights=rwai pattern=zero domain=1 pd=1\n"
	"region key=0x12 base=0x30000 len=4096 rights=r pattern=ramp7 domain=1 pd=1\n"
	"region key=0x13 base=0x50000 len=4096 rights=rwa pattern=zero domain=1 pd=2\n"
	"region key=0x14 base=0x70000 len=65536 rights=r pattern=zero domain=1 pd=1\n"
	"datagrams qpn=0x700 qkey=0x5a5a1234 domain=1 key=0x14 room=512 count=16 refill=1 echo=99\n"
	"datagrams qpn=0x701 domain=1 key=0x14 off=60000 room=512\n"
	"receive buffers=2 len=512 share=1\n";

static struct {
	pid_t pid;
	char addr[WEFT_ADDR_MAX];
	struct weft_port *port;
	struct weft_ep *ep;
	struct weft_window *win;
} g;

/* ---- The chip's process ------------------------------------------------------------------ */

static void be_the_chip(int out)
{
	char url[160], file[] = "/tmp/weft-personality-XXXXXX", err[WEFT_ERROR_MAX];
	struct chip_opts o = { .url = url, .personality = file, .engines = 0 };
	struct chip *chip;
	int fd = mkstemp(file), err_no;
	ssize_t n;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(url, sizeof(url), "udp:127.0.0.1:0?" BAD_NET,
		 (unsigned long long)weft_test_seed + 1);
	n = write(fd, personality, sizeof(personality) - 1);
	if (n != (ssize_t)sizeof(personality) - 1 || chip_create(&o, &chip, err, sizeof(err))) {
		fprintf(stderr, "the chip's process: %s\n", err);
		_exit(1);
	}
	unlink(file);
	n = write(out, weft_port_addr(chip_port(chip)), WEFT_ADDR_MAX);
	while ((err_no = chip_turn(chip, WEFT_SECOND)) >= 0)
		;
	fprintf(stderr, "the chip's process: %s: %s\n", strerror(-err_no),
		weft_error(chip_port(chip)));
	_exit(1);
}

static void start(void)
{
	char url[160], err[WEFT_ERROR_MAX];
	struct weft_port_opts o = { .domain = 1, .rd_rnr_retry = 2 };
	int fds[2];

	CU_ASSERT_EQUAL_FATAL(pipe(fds), 0);
	fflush(NULL);
	g.pid = fork();
	if (!g.pid)
		be_the_chip(fds[1]);
	close(fds[1]);
	CU_ASSERT_FATAL(read(fds[0], g.addr, sizeof(g.addr)) > 0);
	close(fds[0]);
	snprintf(url, sizeof(url), "udp:127.0.0.1:0?" BAD_NET, (unsigned long long)weft_test_seed);
	CU_ASSERT_EQUAL_FATAL(weft_open(url, &o, &g.port, err, sizeof(err)), 0);
	CU_ASSERT_EQUAL_FATAL(weft_connect(g.port, g.addr, WEFT_SERVE_PERSONALITY, NULL, &g.ep), 0);
	if (weft_connect_wait(g.ep, WAIT))
		fprintf(stderr, "%s\n", weft_error(g.port));
	CU_ASSERT_EQUAL_FATAL(weft_ep_status(g.ep), WEFT_EP_IS_CONNECTED);
}

static void stop(void)
{
	weft_close(g.port);
	kill(g.pid, SIGKILL);
	waitpid(g.pid, NULL, 0);
}

static struct weft_completion next(struct weft_cq *cq)
{
	struct weft_completion c = { .status = 255 };
	uint64_t end = weft_now(g.port) + WAIT;

	while (weft_cq_wait(cq, &c, 1, WAIT) == 0 && weft_now(g.port) < end)
		;
	return c;
}

static unsigned status(void)
{
	return next(weft_ep_cq(g.ep)).status;
}

static void bind_to(uint32_t key, uint64_t addr, uint64_t len, unsigned st)
{
	CU_ASSERT_EQUAL_FATAL(weft_window_bind(g.ep, key, addr, len, NULL, &g.win), 0);
	CU_ASSERT_EQUAL(weft_window_wait(g.win, WAIT), st ? -EREMOTEIO : 0);
	CU_ASSERT_EQUAL(weft_window_failure(g.win), st);
}

/* ---- Load and store ---------------------------------------------------------------------- */

static void window__stores_then_loads(void)
{
	uint8_t want[4096], got[4096];
	struct weft_completion c;

	start();
	bind_to(0x13, 0x50000, 8, WEFT_ST_BAD_DOMAIN);
	bind_to(0x99, BASE, 8, WEFT_ST_BAD_KEY);
	bind_to(0x12, 0x30000, 4096, WEFT_ST_OK);
	CU_ASSERT_EQUAL(weft_store(g.win, "12345678", 8, 0, 0, 0), 0);
	CU_ASSERT_EQUAL(status(), WEFT_ST_NO_RIGHTS);
	CU_ASSERT_EQUAL(weft_load(g.win, got, 256, 256, 0, 0), 0);
	CU_ASSERT_EQUAL(status(), WEFT_ST_OK);
	for (unsigned i = 0; i < 256; i++)
		CU_ASSERT_EQUAL_FATAL(got[i], (uint8_t)(7 * (256 + i)));
	weft_window_close(g.win);
	bind_to(0x11, BASE, 65536, WEFT_ST_OK);
	for (unsigned i = 0; i < sizeof(want); i++)
		want[i] = (uint8_t)(i * 31 + i / 256);
	for (unsigned at = 0, posted = 0, done = 0; done < sizeof(want) / 64;) {
		while (posted < sizeof(want) / 64 &&
		       !weft_store(g.win, want + at, 64, at, posted, 0)) {
			posted++;
			at += 64;
		}
		CU_ASSERT_EQUAL_FATAL(status(), WEFT_ST_OK);
		done++;
	}
	for (unsigned at = 0; at < sizeof(got); at += 256)
		CU_ASSERT_EQUAL(weft_load(g.win, got + at, 256, at, at, 0), 0);
	for (unsigned at = 0; at < sizeof(got); at += 256) {
		c = next(weft_ep_cq(g.ep));
		CU_ASSERT(c.status == WEFT_ST_OK && c.op == WEFT_OP_LOAD);
	}
	CU_ASSERT_EQUAL(memcmp(want, got, sizeof(want)), 0);
	stop();
}

/* ---- Atomics: by messages and by the window, on one word ----------------------------------- */

static void atomics__each_once(void)
{
	struct weft_word field = { .op = WEFT_WORD_ADD, .masked = 1, .operand = 1ull << 32,
				   .operand_mask = 0xffffffff00000000u, .compare_mask = 0 };
	struct weft_word narrow = { .op = WEFT_WORD_ADD, .width = 4, .operand = 1 };
	uint32_t a = 0, b = 0, done = 0;
	uint64_t word = 0;

	start();
	bind_to(0x11, BASE, 64, WEFT_ST_OK);
	while (done < 1000) {
		while (a < 500 && !weft_atomic(g.ep, &field, BASE, 0x11, 0, 0))
			a++;
		while (b < 500 && !weft_window_atomic(g.win, &narrow, 0, 0, 0))
			b++;
		CU_ASSERT_EQUAL_FATAL(status(), WEFT_ST_OK);
		done++;
	}
	CU_ASSERT_EQUAL(weft_load(g.win, &word, 8, 0, 0, 0), 0);
	CU_ASSERT_EQUAL(status(), WEFT_ST_OK);
	CU_ASSERT_EQUAL(word, 500ull << 32 | 500);
	stop();
}

static void messages__reduce_flush_signal_invalidate(void)
{
	static const uint8_t text[500];
	int32_t mine[64], got[64];
	struct weft_signal_word sig = { BASE + 4096, 0x11, 3 };
	uint64_t word = 0;

	start();
	for (int i = 0; i < 64; i++)
		mine[i] = i - 32;
	for (int k = 0; k < 5; k++)
		CU_ASSERT_EQUAL(weft_reduce(g.ep, mine, sizeof(mine), WEFT_RED_SUM, WEFT_TYPE_I32,
					    BASE, 0x11, &sig, 0, 0), 0);
	CU_ASSERT_EQUAL(weft_flush(g.ep, BASE, 256, 0x11, WEFT_FLUSH_TO_VISIBLE, 0, 0), 0);
	CU_ASSERT_EQUAL(weft_read(g.ep, got, sizeof(got), BASE, 0x11, 0, 0), 0);
	CU_ASSERT_EQUAL(weft_read(g.ep, &word, 8, BASE + 4096, 0x11, 0, 0), 0);
	for (int k = 0; k < 8; k++)
		CU_ASSERT_EQUAL(status(), WEFT_ST_OK);
	for (int i = 0; i < 64; i++)
		CU_ASSERT_EQUAL_FATAL(got[i], 5 * mine[i]);
	CU_ASSERT_EQUAL(word, 15);
	for (int k = 0; k < 20; k++)		/* more than the two buffers that all share */
		CU_ASSERT_EQUAL(weft_send(g.ep, text, sizeof(text), 0, 0), 0);
	for (int k = 0; k < 20; k++)
		CU_ASSERT_EQUAL(status(), WEFT_ST_OK);
	CU_ASSERT_EQUAL(weft_send_invalidate(g.ep, mine, 8, 0x11, 0, 0), 0);
	CU_ASSERT_EQUAL(status(), WEFT_ST_OK);
	CU_ASSERT_EQUAL(weft_read(g.ep, got, 8, BASE, 0x11, 0, 0), 0);
	CU_ASSERT_EQUAL(status(), WEFT_ST_BAD_KEY);
	stop();
}

/* ---- Datagrams --------------------------------------------------------------------------- */

static unsigned send_rd(struct weft_dgram_queue *q, struct weft_dest *to, uint32_t qpn,
			uint32_t qkey, const void *buf, uint32_t len)
{
	struct weft_datagram d = { .buf = buf, .len = len, .qpn = qpn, .qkey = qkey };

	CU_ASSERT_EQUAL_FATAL(weft_dgram_send(q, to, &d, 0, WEFT_RELIABLE), 0);
	return next(weft_dgram_cq(q)).status;
}

static void datagrams__reliable(void)
{
	struct weft_dgram_queue *q;
	struct weft_dest *to;
	uint8_t buf[600], got[16 * 512];

	start();
	CU_ASSERT_EQUAL_FATAL(weft_dgram_open(g.port, NULL, &q), 0);
	CU_ASSERT_EQUAL_FATAL(weft_dest_open(g.port, g.addr, &to), 0);
	CU_ASSERT_EQUAL_FATAL(weft_dest_wait(to, WAIT), 0);
	for (uint32_t i = 0; i < 40; i++) {	/* one after another: each has its buffer */
		memset(buf, (int)i + 1, sizeof(buf));
		CU_ASSERT_EQUAL_FATAL(send_rd(q, to, 0x700, QKEY, buf, 512 - i), WEFT_ST_OK);
	}
	CU_ASSERT_EQUAL(weft_read(g.ep, got, sizeof(got), 0x70000, 0x14, 0, 0), 0);
	CU_ASSERT_EQUAL(status(), WEFT_ST_OK);
	for (unsigned i = 24; i < 40; i++) {
		CU_ASSERT_EQUAL(got[i % 16 * 512], i + 1);
		CU_ASSERT_EQUAL(got[i % 16 * 512 + 511 - i], i + 1);
	}
	CU_ASSERT_EQUAL(send_rd(q, to, 0x700, QKEY, buf, 513), WEFT_ST_TOO_LONG);
	CU_ASSERT_EQUAL(send_rd(q, to, 0x700, 1, buf, 8), WEFT_ST_BAD_QKEY);
	CU_ASSERT_EQUAL(send_rd(q, to, 0x702, QKEY, buf, 8), WEFT_ST_NO_STREAM);
	CU_ASSERT_EQUAL(send_rd(q, to, 0x701, 0, buf, 8), WEFT_ST_RNR_RETRY_EXCEEDED);
	stop();
}

/* Sent until one has come back: both ways lose. */
static void datagrams__unreliable(void)
{
	struct weft_dgram_opts o = { .qkey = 99 };
	struct weft_datagram d = { .buf = "there and back", .len = 15, .qpn = 0x700, .qkey = QKEY };
	struct weft_completion c = { 0 };
	struct weft_dgram_queue *q;
	struct weft_source from;
	struct weft_dest *to;
	char buf[64];

	start();
	CU_ASSERT_EQUAL_FATAL(weft_dgram_open(g.port, &o, &q), 0);
	CU_ASSERT_EQUAL_FATAL(weft_dest_open(g.port, g.addr, &to), 0);
	CU_ASSERT_EQUAL(weft_dgram_recv(q, buf, sizeof(buf), 5), 0);
	for (int i = 0; i < 200 && !c.op; i++) {
		CU_ASSERT_EQUAL(weft_dgram_send(q, to, &d, 0, WEFT_QUIET), 0);
		weft_cq_wait(weft_dgram_cq(q), &c, 1, 20 * WEFT_MSEC);
	}
	CU_ASSERT(c.op == WEFT_OP_RECV_UD && c.id == 5 && c.len == 15);
	CU_ASSERT_STRING_EQUAL(buf, "there and back");
	CU_ASSERT_EQUAL(weft_dgram_source(q, &c, &from), 0);
	CU_ASSERT_EQUAL(from.qpn, 0x700);
	CU_ASSERT_STRING_EQUAL(from.addr, g.addr);
	stop();
}

WEFT_SUITE(t_two_processes) {
	{ "window__stores_then_loads", window__stores_then_loads },
	{ "atomics__each_once", atomics__each_once },
	{ "messages__reduce_flush_signal_invalidate", messages__reduce_flush_signal_invalidate },
	{ "datagrams__reliable", datagrams__reliable },
	{ "datagrams__unreliable", datagrams__unreliable },
};
