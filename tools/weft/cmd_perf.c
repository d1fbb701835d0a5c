/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * weft perf: bandwidth and latency of WRITE, READ, atomics and SEND.
 *
 * WRITE, READ and atomics need no program on the chip: they go to memory allocated through its
 * service.  SEND needs somebody who posts receive buffers: `weft perf --listen` on the other side.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/weft/cmd.h"
#include "tools/weft/net.h"
#include "tools/weft/out.h"
#include "tools/weft/perf.h"

static volatile sig_atomic_t stop_asked;

static void on_signal(int sig)
{
	(void)sig;
	stop_asked = 1;
}

/* ---- One measurement --------------------------------------------------------------------- */

static int post(struct perf *p, uint64_t id)
{
	uint64_t slot = id % p->depth;
	uint8_t *buf = p->buf + slot * p->size;
	uint64_t addr = p->mem.addr + slot * p->size;

	p->began[slot] = weft_now(p->port);
	switch (p->op) {
	case PERF_WRITE:
		return weft_write(p->ep, buf, (uint32_t)p->size, addr, p->mem.key, id, 0);
	case PERF_READ:
		return weft_read(p->ep, buf, (uint32_t)p->size, addr, p->mem.key, id, 0);
	case PERF_ATOMIC:
		return weft_fetch_add(p->ep, p->mem.addr, p->mem.key, 1, id, 0);
	case PERF_SEND:
		return weft_send(p->ep, buf, (uint32_t)p->size, id, 0);
	}
	return -EINVAL;
}

/* Enough for now?  By count, or by time, or because somebody said so. */
static bool enough(const struct perf *p, uint64_t posted, uint64_t now)
{
	if (stop_asked)
		return true;
	if (p->duration_ns)
		return now - p->start_ns >= p->duration_ns;
	return posted == p->iters;
}

static int keep(struct perf *p, uint64_t ns)
{
	if (p->n_lat == p->room) {
		size_t room = p->room ? 2 * p->room : 65536;
		uint64_t *more = realloc(p->lat, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		p->lat = more;
		p->room = room;
	}
	p->lat[p->n_lat++] = ns;
	return 0;
}

static int reap(struct perf *p, uint64_t *under_way)
{
	struct weft_completion c[64];
	int n = weft_cq_poll(weft_ep_cq(p->ep), c, 64);

	for (int i = 0; i < n; i++) {
		(*under_way)--;
		if (c[i].status != WEFT_ST_OK) {
			out_error("perf: %s", weft_ep_error_text(p->ep));
			return -EIO;
		}
		p->end_ns = weft_now(p->port);
		if (keep(p, p->end_ns - p->began[c[i].id % p->depth])) {
			out_error("perf: out of memory for %zu samples", p->n_lat);
			return -ENOMEM;
		}
	}
	return n;
}

static int measure(struct perf *p)
{
	uint64_t posted = 0, under_way = 0;
	int moved = 0;

	p->start_ns = p->end_ns = weft_now(p->port);
	while (under_way || !enough(p, posted, weft_now(p->port))) {
		while (under_way < p->depth && !enough(p, posted, weft_now(p->port))) {
			int err = post(p, posted);

			if (err == -EAGAIN)
				break;
			if (err)
				return net_fail(p->port, err);
			posted++;
			under_way++;
		}
		if (weft_progress(p->port) == 0 && moved == 0)
			weft_wait(p->port, 20 * WEFT_MSEC);
		moved = reap(p, &under_way);
		if (moved < 0)
			return EXIT_NO_CHIP;
		if (p->duration_ns)
			out_progress("measuring", weft_now(p->port) - p->start_ns, p->duration_ns);
		else
			out_progress("measuring", p->n_lat, p->iters);
	}
	out_progress_clear();
	return EXIT_OK;
}

/* ---- Results ----------------------------------------------------------------------------- */

static void report(struct perf *p)
{
	static const char *const names[] = { "write", "read", "atomic", "send" };
	uint64_t ns = p->end_ns - p->start_ns;
	double bytes = (double)p->n_lat * (double)p->size, s = (double)ns / 1e9;
	struct weft_context_info ctx = { .retransmits = 0 };
	json_t *doc;

	weft_contexts(p->port, &ctx, 1);
	out_sort(p->lat, p->n_lat);
	doc = json_pack("{s:s,s:I,s:I,s:I,s:f,s:f,s:f,s:I,s:o}", "op", names[p->op],
			"bytes", (json_int_t)p->size, "depth", (json_int_t)p->depth,
			"operations", (json_int_t)p->n_lat, "seconds", s,
			"ops_per_s", s > 0 ? (double)p->n_lat / s : 0,
			"bytes_per_s", s > 0 ? bytes / s : 0,
			"retransmits", (json_int_t)ctx.retransmits,
			"latency_ns", out_distribution(p->lat, p->n_lat));
	if (out_json) {
		net_stats(&p->net, p->port, doc);
		out_document(doc);
		return;
	}
	json_decref(doc);
	if (p->n_lat) {
		char rate[OUT_NUM], t[5][OUT_NUM];

		printf("%-7s %9s %6s %12s %12s %10s %10s %10s %10s %10s %8s\n", "OP", "BYTES",
		       "DEPTH", "OPS/S", "BANDWIDTH", "MIN", "P50", "P99", "P99.9", "MAX", "RETX");
		printf("%-7s %9" PRIu64 " %6" PRIu64 " %12.0f %12s %10s %10s %10s %10s %10s %8"
		       PRIu64 "\n", names[p->op], p->size, p->depth,
		       s > 0 ? (double)p->n_lat / s : 0, out_rate(bytes, ns, rate),
		       out_time(p->lat[0], t[0]),
		       out_time(out_percentile(p->lat, p->n_lat, 0.5), t[1]),
		       out_time(out_percentile(p->lat, p->n_lat, 0.99), t[2]),
		       out_time(out_percentile(p->lat, p->n_lat, 0.999), t[3]),
		       out_time(p->lat[p->n_lat - 1], t[4]), ctx.retransmits);
	}
	net_stats(&p->net, p->port, NULL);
}

/* ---- Both sides -------------------------------------------------------------------------- */

static int prepare(struct perf *p, const char *to)
{
	struct weft_ep_opts eo = { .send_depth = 1024 };
	int ret = net_open(&p->net, to, &p->port), err;

	if (ret)
		return ret;
	if (p->op == PERF_SEND) {
		eo.domain = (uint32_t)p->net.domain;
		eo.domain_given = 1;
		eo.mode = (uint8_t)net_mode(&p->net);
		err = weft_connect(p->port, to, PERF_SERVICE, &eo, &p->ep);
		if (!err)
			err = weft_connect_wait(p->ep, p->net.timeout_ns);
		if (err == -ECONNREFUSED)
			out_error("perf: nobody there takes SENDs: start weft perf --listen on %s",
				  to);
		return !err ? EXIT_OK : err == -ECONNREFUSED ? EXIT_NO_CHIP :
								net_fail(p->port, err);
	}
	ret = net_chip(p->port, &p->net, to, &eo, &p->chip);
	if (ret)
		return ret;
	p->ep = weft_chip_ep(p->chip);
	err = weft_chip_alloc(p->chip, (unsigned)p->pool, p->size * p->depth,
			      p->relaxed ? WEFT_ALLOC_RELAXED : 0, &p->mem);
	return err ? net_fail(p->port, err) : EXIT_OK;
}

static int perf(struct perf *p, const char *to)
{
	int ret;

	p->buf = calloc(p->depth, p->size);
	p->began = calloc(p->depth, sizeof(*p->began));
	if (!p->buf || !p->began) {
		out_error("perf: out of memory for %" PRIu64 " buffers of %" PRIu64 " bytes",
			  p->depth, p->size);
		ret = EXIT_FAILED;
	} else {
		ret = prepare(p, to);
		if (!ret)
			ret = measure(p);
		if (!ret)
			report(p);
		weft_chip_close(p->chip);
		weft_close(p->port);
	}
	free(p->buf);
	free(p->began);
	free(p->lat);
	return ret;
}

static int parse_op(struct perf *p, const char *text)
{
	static const char *const names[] = { "write", "read", "atomic", "send" };

	for (int i = 0; i < 4; i++) {
		if (!strcmp(text, names[i])) {
			p->op = (enum perf_op)i;
			if (p->op == PERF_ATOMIC)
				p->size = 8;
			return EXIT_OK;
		}
	}
	out_error("perf: no operation '%s'; there are write, read, atomic and send", text);
	return EXIT_BAD_USAGE;
}

static int run(int argc, char **argv)
{
	struct perf p = { .size = 65536, .iters = 1000, .depth = 32 };
	bool listen = false, latency = false;
	struct opt common[NET_OPTS];
	const struct opt opts[] = {
		OPT_IN(SIZE, 's', "size", &p.size, "SIZE", 1, 1u << 30,
		       "bytes in one operation; 64K"),
		OPT_IN(NUM, 'n', "iters", &p.iters, "N", 1, 0, "operations; 1000"),
		OPT(TIME, 'D', "duration", &p.duration_ns, "TIME", "run so long instead"),
		OPT_IN(NUM, 'q', "depth", &p.depth, "N", 1, 1024, "operations under way; 32"),
		OPT(FLAG, 'L', "latency", &latency, NULL, "one at a time: as --depth 1"),
		OPT(FLAG, 0, "relaxed", &p.relaxed, NULL, "allow placement out of order"),
		OPT_IN(NUM, 0, "pool", &p.pool, "N", 0, 255, "pool to allocate in; default 0"),
		OPT(FLAG, 'l', "listen", &listen, NULL, "be the side that takes SENDs"),
		OPT_STOP,
	};
	const struct opt *const tables[] = { opts, common, NULL };
	struct sigaction sa = { .sa_handler = on_signal };
	char **pos;
	int code, n;

	net_defaults(&p.net);
	net_opts(common, &p.net);
	n = opts_parse(&cmd_perf, tables, argc, argv, 0, 2, &pos, &code);
	if (n < 0)
		return code;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	if (listen && !n)
		return perf_listen(&p, &stop_asked);
	if (listen || n != 2) {
		out_error("perf: give an operation and a chip, or --listen alone");
		return EXIT_BAD_USAGE;
	}
	if (latency)
		p.depth = 1;
	if (!p.duration_ns && p.depth > p.iters)
		p.depth = p.iters;	/* more buffers would never be used */
	code = parse_op(&p, pos[0]);
	return code ? code : perf(&p, pos[1]);
}

const struct cmd cmd_perf = {
	.name = "perf",
	.summary = "bandwidth and latency of operations",
	.args = "write|read|atomic|send CHIP",
	.text = "Keeps --depth operations of --size bytes under way and shows bandwidth, rate and\n"
		"latency percentiles. SENDs go to a `weft perf --listen`, the others to any chip.",
	.example = "weft perf write 10.0.0.2 -s 64K -D 5s\n"
		   "weft perf read 10.0.0.2 -s 8 -L -n 10000",
	.run = run,
};
