/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages there and back.
 *
 *	echo udp:127.0.0.1:5000			answers what it is sent
 *	echo udp:127.0.0.1:0 127.0.0.1:5000 TEXT	sends TEXT, prints what comes back
 *
 * Build: cc echo.c $(pkg-config --cflags --libs weft)
 */
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <weft/weft.h>

#define SERVICE	WEFT_SERVE_USER
#define SIZE	256
#define BUFS	16

static char bufs[BUFS][SIZE];

/* Everybody is let in; all share one completion queue. */
static void take_events(struct weft_port *port, struct weft_cq *cq)
{
	struct weft_ep_opts opts = { .cq = cq, .recv_depth = BUFS };
	struct weft_ep_event ev;
	struct weft_ep *ep;

	while (weft_next_event(port, &ev)) {
		switch (ev.kind) {
		case WEFT_EP_REQUESTED:
			if (weft_accept(ev.request, &opts, &ep))
				warnx("%s", weft_error(port));
			else
				for (uint64_t i = 0; i < BUFS; i++)
					weft_recv(ep, bufs[i], SIZE, i);
			break;
		case WEFT_EP_DISCONNECTED:
		case WEFT_EP_FAILED:
			printf("%s\n", weft_ep_error_text(ev.ep));
			weft_ep_destroy(ev.ep);
			break;
		case WEFT_EP_CONNECTED:
		case WEFT_EP_REJECTED:
		case WEFT_EP_DRAINED:
		case WEFT_EP_WINDOW:
		case WEFT_EP_SRQ_LOW:
		case WEFT_EP_PEER_PORT:
		case WEFT_EP_TELEMETRY:
			break;
		}
	}
}

static void serve(struct weft_port *port)
{
	struct weft_completion c;
	struct weft_cq *cq;

	if (weft_cq_create(port, &cq) || weft_listen(port, SERVICE, NULL, 0))
		errx(1, "%s", weft_error(port));
	printf("answering at %s\n", weft_port_addr(port));
	fflush(stdout);
	for (;;) {
		if (weft_wait(port, WEFT_FOREVER) < 0)
			errx(1, "%s", weft_error(port));
		while (weft_cq_poll(cq, &c, 1)) {
			if (c.status != WEFT_ST_OK)
				continue;
			if (c.op == WEFT_OP_RECV)	/* its buffer is sent back ... */
				weft_send(c.ep, bufs[c.id], c.len, c.id, 0);
			else				/* ... and can be filled again */
				weft_recv(c.ep, bufs[c.id], SIZE, c.id);
		}
		take_events(port, cq);
	}
}

static void ask(struct weft_port *port, const char *to, const char *text)
{
	struct weft_completion c;
	struct weft_ep *ep;

	if (weft_connect(port, to, SERVICE, NULL, &ep) || weft_connect_wait(ep, 5 * WEFT_SECOND))
		errx(1, "%s", weft_error(port));
	weft_recv(ep, bufs[0], SIZE, 0);
	if (weft_send(ep, text, (uint32_t)strnlen(text, SIZE), 1, WEFT_QUIET))
		errx(1, "%s", weft_error(port));
	if (weft_cq_wait(weft_ep_cq(ep), &c, 1, 5 * WEFT_SECOND) != 1 || c.status != WEFT_ST_OK)
		errx(1, "no answer: %s", weft_ep_error_text(ep));
	printf("%.*s\n", (int)c.len, bufs[0]);
}

int main(int argc, char **argv)
{
	struct weft_port *port;
	char err[WEFT_ERROR_MAX];

	if (argc != 2 && argc != 4)
		errx(2, "usage: echo URL [ADDRESS TEXT]");
	if (weft_open(argv[1], NULL, &port, err, sizeof(err)))
		errx(1, "%s", err);
	if (argc == 2)
		serve(port);
	ask(port, argv[2], argv[3]);
	weft_close(port);
	return 0;
}
