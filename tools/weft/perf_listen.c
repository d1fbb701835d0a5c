/* SPDX-License-Identifier: BSD-2-Clause */
/* The side of weft perf that takes SENDs: posts receive buffers, again and again. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/weft/out.h"
#include "tools/weft/perf.h"

#define RECVS 128u

struct sink {
	struct weft_ep *ep;
	uint8_t *buf;		/* RECVS * size bytes */
	uint64_t size;
	uint64_t messages, bytes;
};

static void sink_open(struct perf *p, struct weft_request *rq, struct weft_cq *cq)
{
	struct sink *s = calloc(1, sizeof(*s));
	struct weft_ep_opts o = { .cq = cq, .user = s, .recv_depth = RECVS };

	if (s)
		s->buf = calloc(RECVS, p->size);
	if (!s || !s->buf || weft_accept(rq, &o, &s->ep)) {
		out_error("perf: cannot take another stream: %s", weft_error(p->port));
		if (s)
			free(s->buf);
		free(s);
		return;
	}
	s->size = p->size;
	for (unsigned i = 0; i < RECVS; i++)
		weft_recv(s->ep, s->buf + i * s->size, (uint32_t)s->size, i);
}

static void sink_close(struct sink *s)
{
	char bytes[OUT_NUM];

	printf("%s: %" PRIu64 " messages, %s\n", weft_ep_addr(s->ep), s->messages,
	       out_bytes((double)s->bytes, bytes));
	fflush(stdout);
	weft_ep_destroy(s->ep);
	free(s->buf);
	free(s);
}

static void events(struct perf *p, struct weft_cq *cq)
{
	struct weft_ep_event ev;

	while (weft_next_event(p->port, &ev) == 1) {
		if (ev.kind == WEFT_EP_REQUESTED)
			sink_open(p, ev.request, cq);
		else if (ev.kind != WEFT_EP_CONNECTED)
			sink_close(ev.user);
	}
}

static int completions(struct weft_cq *cq)
{
	struct weft_completion c[64];
	int n = weft_cq_poll(cq, c, 64);

	for (int i = 0; i < n; i++) {
		struct sink *s = c[i].user;

		if (c[i].status != WEFT_ST_OK)
			continue;	/* an event says that it is over */
		s->messages++;
		s->bytes += c[i].len;
		weft_recv(s->ep, s->buf + c[i].id * s->size, (uint32_t)s->size, c[i].id);
	}
	return n;
}

int perf_listen(struct perf *p, const volatile sig_atomic_t *stop)
{
	struct weft_cq *cq;
	int ret;

	if (!p->net.url)
		p->net.url = "udp:0.0.0.0";
	ret = net_open(&p->net, NULL, &p->port);
	if (ret)
		return ret;
	if (weft_cq_create(p->port, &cq) || weft_listen(p->port, PERF_SERVICE, NULL, 0)) {
		out_error("perf: %s", weft_error(p->port));
		weft_close(p->port);
		return EXIT_FAILED;
	}
	printf("taking SENDs of up to %" PRIu64 " bytes at %s\n", p->size,
	       weft_port_addr(p->port));
	fflush(stdout);
	while (!*stop) {
		int moved = weft_progress(p->port);

		if (moved < 0)
			break;
		moved += completions(cq);
		events(p, cq);
		if (!moved)
			weft_wait(p->port, 100 * WEFT_MSEC);
	}
	net_stats(&p->net, p->port, NULL);
	weft_close(p->port);
	return EXIT_OK;
}
