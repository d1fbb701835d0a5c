/* SPDX-License-Identifier: BSD-2-Clause */
/* libweft over UDP on loopback, both ends in processes of their own, spinning unless said. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <weft/weft.h>

#include "bench/bench.h"

#define SERVICE	WEFT_SERVE_USER
#define RING	(16u << 20)	/* remote memory: larger than the caches that matter */
#define URL	"udp:127.0.0.1:0"
#define POSTED	16u		/* receive buffers */

/* What the ends tell each other: where to write to. */
struct place {
	uint64_t addr;
	uint32_t key;
	uint32_t rsv;
};

struct end {
	struct weft_port *port;
	struct weft_ep *ep;
	struct weft_cq *cq;
	struct weft_mem *mem;
	uint8_t *ring;
	struct place there;
	uint8_t buf[POSTED][2048];
};

static int fail(struct weft_port *port, const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, weft_error(port));
	return -1;
}

static bool open_end(struct end *e, bool relaxed)
{
	char err[WEFT_ERROR_MAX];
	unsigned rights = WEFT_REMOTE_READ | WEFT_REMOTE_WRITE | WEFT_REMOTE_ATOMIC;

	memset(e, 0, sizeof(*e));
	e->ring = calloc(1, RING);
	if (!e->ring || weft_open(URL, NULL, &e->port, err, sizeof(err))) {
		fprintf(stderr, "bench: %s\n", e->ring ? err : "out of memory");
		return false;
	}
	memset(e->ring, 1, RING);
	weft_cq_create(e->port, &e->cq);
	return !weft_reg(e->port, e->ring, RING, rights | (relaxed ? WEFT_RELAXED : 0), NULL,
			 &e->mem);
}

static void close_end(struct end *e)
{
	weft_close(e->port);
	free(e->ring);
}

static struct place here(const struct end *e)
{
	return (struct place){ weft_mem_addr(e->mem), weft_mem_key(e->mem), 0 };
}

/* ---- The far end --------------------------------------------------------------------- */

static void post_receives(struct end *e)
{
	for (uint64_t i = 0; i < POSTED; i++)
		weft_recv(e->ep, e->buf[i], sizeof(e->buf[i]), i);
}

static bool answer(struct end *e, int fd)
{
	struct place me = here(e);
	struct weft_ep_opts o = { .cq = e->cq, .priv = &me, .priv_len = sizeof(me) };
	struct weft_ep_event ev;
	char addr[WEFT_ADDR_MAX] = "";

	weft_listen(e->port, SERVICE, NULL, 0);
	snprintf(addr, sizeof(addr), "%s", weft_port_addr(e->port));
	if (!give(fd, addr, sizeof(addr)))
		return false;
	while (!weft_next_event(e->port, &ev)) {
		if (parted(fd) || weft_wait(e->port, WEFT_SECOND / 50) < 0)
			return false;
	}
	memcpy(&e->there, weft_request_asker(ev.request)->priv, sizeof(e->there));
	if (weft_accept(ev.request, &o, &e->ep))
		return fail(e->port, "accept") == 0;
	post_receives(e);
	return true;
}

static void send_back(struct end *e, uint32_t bytes)
{
	struct weft_completion c[16];
	int n = weft_cq_poll(e->cq, c, 16);

	for (int i = 0; i < n; i++) {
		if (c[i].op != WEFT_OP_RECV || c[i].status)
			continue;
		weft_send(e->ep, e->buf[c[i].id], bytes, 0, WEFT_QUIET);
		weft_recv(e->ep, e->buf[c[i].id], sizeof(e->buf[0]), c[i].id);
	}
}

static void write_back(struct end *e, uint32_t bytes, uint8_t *seen)
{
	volatile uint8_t *last = e->ring + bytes - 1;

	if (*last == *seen)
		return;
	*seen = *last;
	memset(e->buf[0], *seen, bytes);
	weft_write(e->ep, e->buf[0], bytes, e->there.addr, e->there.key, 0, WEFT_QUIET);
}

static void serve(uint32_t bytes, int fd, bool sleeping)
{
	struct end e;
	uint8_t seen = 1;
	unsigned idle = 0;

	if (!open_end(&e, true) || !answer(&e, fd))
		return;
	while (weft_ep_status(e.ep) == WEFT_EP_IS_CONNECTED) {
		int r = sleeping ? weft_wait(e.port, WEFT_SECOND / 50) : weft_progress(e.port);

		send_back(&e, bytes);
		if (bytes <= sizeof(e.buf[0]))
			write_back(&e, bytes, &seen);
		if (r < 0 || (!r && (++idle & 0xfff) == 0 && parted(fd)))
			break;
	}
	close_end(&e);
}

static void serve_spinning(uint32_t bytes, int fd)
{
	serve(bytes, fd, false);
}

static void serve_sleeping(uint32_t bytes, int fd)
{
	serve(bytes, fd, true);
}

/* ---- The near end -------------------------------------------------------------------- */

static bool call(struct end *e, int fd)
{
	struct place me = here(e);
	struct weft_ep_opts o = { .cq = e->cq, .priv = &me, .priv_len = sizeof(me),
				  .send_depth = 256 };
	char addr[WEFT_ADDR_MAX];
	uint16_t len;

	if (!take(fd, addr, sizeof(addr)))
		return false;
	if (weft_connect(e->port, addr, SERVICE, &o, &e->ep) ||
	    weft_connect_wait(e->ep, 5 * WEFT_SECOND))
		return fail(e->port, "connect") == 0;
	memcpy(&e->there, weft_ep_private(e->ep, &len), sizeof(e->there));
	post_receives(e);
	return true;
}

static double with_peer(void (*peer)(uint32_t, int), uint32_t bytes,
			double (*measure)(struct end *, uint32_t))
{
	struct end e;
	int fd, child = fork_peer(peer, bytes, &fd);
	double v = -1;

	if (child < 0)
		return -1;
	if (open_end(&e, true) && call(&e, fd))
		v = measure(&e, bytes);
	close_end(&e);
	part(child, fd);
	return v;
}

/* One completion of the given kind; others pass. */
static bool await(struct end *e, bool sleeping, uint8_t op, struct weft_completion *c)
{
	for (;;) {
		if (weft_cq_poll(e->cq, c, 1)) {
			if (c->status)
				return fail(e->port, weft_ep_error_text(e->ep)) == 0;
			if (c->op == op)
				return true;
			continue;
		}
		if ((sleeping ? weft_wait(e->port, WEFT_SECOND) : weft_progress(e->port)) < 0)
			return false;
	}
}

static double sends(struct end *e, uint32_t bytes, bool sleeping)
{
	uint64_t begin = now_ns(), n = 0;
	struct weft_completion c;

	while (now_ns() - begin < SAMPLE_NS) {
		if (weft_send(e->ep, e->ring, bytes, 0, WEFT_QUIET) ||
		    !await(e, sleeping, WEFT_OP_RECV, &c))
			return fail(e->port, "send");
		weft_recv(e->ep, e->buf[c.id], sizeof(e->buf[0]), c.id);
		n++;
	}
	return (double)(now_ns() - begin) / (double)n / 1e3;
}

static double sends_spinning(struct end *e, uint32_t bytes)
{
	return sends(e, bytes, false);
}

static double sends_sleeping(struct end *e, uint32_t bytes)
{
	return sends(e, bytes, true);
}

double weft_send_rtt(uint32_t bytes)
{
	return with_peer(serve_spinning, bytes, sends_spinning);
}

double weft_send_rtt_sleeping(uint32_t bytes)
{
	return with_peer(serve_sleeping, bytes, sends_sleeping);
}

/* Each end writes into the other's memory and watches its own. */
static double writes(struct end *e, uint32_t bytes)
{
	volatile uint8_t *last = e->ring + bytes - 1;
	uint64_t begin = now_ns(), n = 0;
	uint8_t out[2048];

	while (now_ns() - begin < SAMPLE_NS) {
		uint8_t next = (uint8_t)(*last + 1);

		memset(out, next, bytes);
		if (weft_write(e->ep, out, bytes, e->there.addr, e->there.key, 0, WEFT_QUIET))
			return fail(e->port, "write");
		while (*last != next) {
			if (weft_progress(e->port) < 0)
				return -1;
		}
		n++;
	}
	return (double)(now_ns() - begin) / (double)n / 1e3;
}

double weft_write_rtt(uint32_t bytes)
{
	return with_peer(serve_spinning, bytes, writes);
}

static double writes_done(struct end *e, uint32_t bytes)
{
	uint64_t begin = now_ns(), n = 0;
	struct weft_completion c;

	while (now_ns() - begin < SAMPLE_NS) {
		if (weft_write(e->ep, e->ring, bytes, e->there.addr + 4096, e->there.key, 0, 0) ||
		    !await(e, false, WEFT_OP_WRITE, &c))
			return fail(e->port, "write");
		n++;
	}
	return (double)(now_ns() - begin) / (double)n / 1e3;
}

double weft_write_done(uint32_t bytes)
{
	return with_peer(serve_spinning, bytes, writes_done);
}

/* ---- Streams ------------------------------------------------------------------------- */

static int post(struct end *e, uint8_t op, uint32_t bytes, uint64_t k)
{
	uint64_t at = k % (RING / bytes) * bytes;

	switch (op) {
	case WEFT_OP_WRITE:
		return weft_write(e->ep, e->ring + at, bytes, e->there.addr + at, e->there.key, k,
				  0);
	case WEFT_OP_READ:
		return weft_read(e->ep, e->ring + at, bytes, e->there.addr + at, e->there.key, k,
				 0);
	default:
		return weft_fetch_add(e->ep, e->there.addr, e->there.key, 1, k, 0);
	}
}

/* For somebody who wonders about a number: WEFT_BENCH_COUNTERS=1. */
static void print_counters(struct weft_port *port)
{
	struct weft_counter k[160];
	int n = weft_counters(port, k, 160);

	fprintf(stderr, "\n");
	for (int i = 0; i < n && i < 160; i++) {
		if (k[i].value)
			fprintf(stderr, "%s %llu  ", k[i].name, (unsigned long long)k[i].value);
	}
	fprintf(stderr, "\n");
}

/* Operations completed in a sample, with depth of them under way; *ns: how long it took. */
static double stream(struct end *e, uint8_t op, uint32_t bytes, uint32_t depth, uint64_t *ns)
{
	uint64_t begin = now_ns(), posted = 0, done = 0;
	struct weft_completion c[64];

	for (;;) {
		bool more = now_ns() - begin < SAMPLE_NS;
		int n;

		while (more && posted - done < depth) {
			if (post(e, op, bytes, posted))
				return fail(e->port, "post");
			posted++;
		}
		if (!more && posted == done)
			break;
		if (weft_progress(e->port) < 0)
			return -1;
		n = weft_cq_poll(e->cq, c, 64);
		for (int i = 0; i < n; i++) {
			if (c[i].status)
				return fail(e->port, weft_ep_error_text(e->ep));
		}
		done += (uint64_t)n;
	}
	*ns = now_ns() - begin;
	if (getenv("WEFT_BENCH_COUNTERS"))
		print_counters(e->port);
	return (double)done;
}

static double write_stream(struct end *e, uint32_t bytes)
{
	uint64_t ns = 1;
	double n = stream(e, WEFT_OP_WRITE, bytes, bytes < 262144 ? 32 : 8, &ns);

	return n < 0 ? n : n * bytes / (double)ns;
}

static double read_stream(struct end *e, uint32_t bytes)
{
	uint64_t ns = 1;
	double n = stream(e, WEFT_OP_READ, bytes, bytes < 262144 ? 32 : 8, &ns);

	return n < 0 ? n : n * bytes / (double)ns;
}

static double atomic_rate(struct end *e, uint32_t depth)
{
	uint64_t ns = 1;
	double n = stream(e, WEFT_OP_ATOMIC, 8, depth, &ns);

	return n < 0 ? n : n * 1e3 / (double)ns;
}

double weft_write_stream(uint32_t bytes)
{
	return with_peer(serve_spinning, bytes, write_stream);
}

double weft_read_stream(uint32_t bytes)
{
	return with_peer(serve_spinning, bytes, read_stream);
}

double weft_atomic_rate(uint32_t depth)
{
	return with_peer(serve_spinning, depth, atomic_rate);
}
