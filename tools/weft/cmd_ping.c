/* SPDX-License-Identifier: BSD-2-Clause */
/* weft ping: how long a small READ of a chip's memory takes. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/weft/cmd.h"
#include "tools/weft/net.h"
#include "tools/weft/out.h"

struct ping {
	struct net net;
	uint64_t count, interval_ns, size, pool;
	bool quiet;
	struct weft_port *port;
	struct weft_chip *chip;
	struct weft_chip_mem mem;
	uint8_t *buf;
	uint64_t *lat;		/* of answers, ns */
	size_t n, room;
};

static volatile sig_atomic_t stop_asked;

static void on_signal(int sig)
{
	(void)sig;
	stop_asked = 1;
}

static int keep(struct ping *p, uint64_t ns)
{
	if (p->n == p->room) {
		size_t room = p->room ? 2 * p->room : 1024;
		uint64_t *more = realloc(p->lat, room * sizeof(*more));

		if (!more) {
			out_error("ping: out of memory after %zu answers", p->n);
			return EXIT_FAILED;
		}
		p->lat = more;
		p->room = room;
	}
	p->lat[p->n++] = ns;
	return EXIT_OK;
}

static int once(struct ping *p, uint64_t number)
{
	struct weft_ep *ep = weft_chip_ep(p->chip);
	uint64_t began = weft_now(p->port), ns;
	struct weft_completion c;
	char t[OUT_NUM];
	int got, err = weft_read(ep, p->buf, (uint32_t)p->size, p->mem.addr, p->mem.key, number, 0);

	if (err)
		return net_fail(p->port, err);
	do
		got = weft_cq_wait(weft_ep_cq(ep), &c, 1, p->net.timeout_ns);
	while (got == -EINTR && !stop_asked);
	if (got == 0) {
		out_error("ping: no answer for %s", out_time(p->net.timeout_ns, t));
		return EXIT_NO_CHIP;
	}
	if (got < 0)
		return stop_asked ? EXIT_OK : net_fail(p->port, got);
	if (c.status != WEFT_ST_OK) {
		out_error("ping: %s", weft_ep_error_text(ep));
		return EXIT_NO_CHIP;
	}
	ns = weft_now(p->port) - began;
	if (!p->quiet && !out_json)
		printf("%" PRIu64 " bytes from %s: seq=%" PRIu64 " time=%s\n", p->size,
		       weft_ep_addr(ep), number, out_time(ns, t));
	return keep(p, ns);
}

static void pause_until(struct ping *p, uint64_t when)
{
	while (!stop_asked && weft_now(p->port) < when)
		weft_wait(p->port, when - weft_now(p->port));
}

static void report(struct ping *p)
{
	struct weft_context_info ctx;
	bool known = weft_contexts(p->port, &ctx, 1) >= 1;
	json_t *doc;

	out_sort(p->lat, p->n);
	if (out_json) {
		doc = json_pack("{s:I,s:o,s:I}", "bytes", (json_int_t)p->size, "rtt_ns",
				out_distribution(p->lat, p->n), "retransmits",
				(json_int_t)(known ? ctx.retransmits : 0));
		net_stats(&p->net, p->port, doc);
		out_document(doc);
		return;
	}
	if (p->n) {
		static const double q[] = { 0, 0.5, 0.9, 0.99, 0.999, 1 };
		static const char *const name[] = { "min", "p50", "p90", "p99", "p99.9", "max" };

		printf("%zu answers, %" PRIu64 " retransmissions;", p->n,
		       known ? ctx.retransmits : 0);
		for (int i = 0; i < 6; i++) {
			char t[OUT_NUM];

			printf(" %s %s", name[i], out_time(out_percentile(p->lat, p->n, q[i]), t));
		}
		printf("\n");
	}
	net_stats(&p->net, p->port, NULL);
}

static int ping(struct ping *p)
{
	struct sigaction sa = { .sa_handler = on_signal };
	int err = weft_chip_alloc(p->chip, (unsigned)p->pool, p->size, 0, &p->mem);
	int ret = EXIT_OK;

	if (err)
		return net_fail(p->port, err);
	p->buf = malloc(p->size);
	if (!p->buf) {
		out_error("ping: out of memory");
		return EXIT_FAILED;
	}
	sigaction(SIGINT, &sa, NULL);
	for (uint64_t i = 1; !ret && !stop_asked && (!p->count || i <= p->count); i++) {
		uint64_t next = weft_now(p->port) + p->interval_ns;

		ret = once(p, i);
		if (!ret && i != p->count)
			pause_until(p, next);
	}
	report(p);
	free(p->buf);
	free(p->lat);
	return ret;
}

static int run(int argc, char **argv)
{
	struct ping p = { .size = 8, .interval_ns = WEFT_SECOND };
	struct opt common[NET_OPTS];
	const struct opt opts[] = {
		OPT_IN(NUM, 'c', "count", &p.count, "N", 1, 0,
		       "stop after N; default: when interrupted"),
		OPT(TIME, 'i', "interval", &p.interval_ns, "TIME",
		    "between questions; 1s; 0: none"),
		OPT_IN(SIZE, 's', "size", &p.size, "SIZE", 1, 1u << 30, "bytes read; 8"),
		OPT(FLAG, 'q', "quiet", &p.quiet, NULL, "only the summary"),
		OPT_IN(NUM, 0, "pool", &p.pool, "N", 0, 255, "pool to allocate in; default 0"),
		OPT_STOP,
	};
	const struct opt *const tables[] = { opts, common, NULL };
	char **pos;
	int code;

	net_defaults(&p.net);
	net_opts(common, &p.net);
	if (opts_parse(&cmd_ping, tables, argc, argv, 1, 1, &pos, &code) < 0)
		return code;
	code = net_open_chip(&p.net, pos[0], &p.port, &p.chip);
	if (code)
		return code;
	code = ping(&p);
	weft_chip_close(p.chip);
	weft_close(p.port);
	return code;
}

const struct cmd cmd_ping = {
	.name = "ping",
	.summary = "round-trip times to a chip",
	.args = "CHIP",
	.text = "Reads a few bytes of the chip's memory again and again, one at a time, and shows\n"
		"how long each READ took, and percentiles at the end.",
	.example = "weft ping 10.0.0.2 -c 1000 -i 0 -q",
	.run = run,
};
