/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * weft-degenerate: a degenerate device on a UDP port.  `elsewhere MODE` answers from another port
 * than the one that is asked.
 */
#include "conformance/degenerate.h"
#include "userspace/io/io.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct server {
	struct wio *in, *out;	/* the same, but for elsewhere */
	struct wio_addr peer;
};

static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

static void send_to_peer(void *to, const uint8_t *bytes, uint32_t len)
{
	struct server *s = to;
	struct wio_tx tx = { .n_iov = 1, .dst = &s->peer };

	tx.iov[0].base = bytes;
	tx.iov[0].len = len;
	wio_send(s->out, &tx, 1);
}

static void loop(struct server *s, struct wc_degenerate *d)
{
	struct wio_frame f[WIO_BURST];

	while (!stop) {
		struct pollfd p = { .fd = wio_fd(s->in), .events = POLLIN };
		int n = wio_recv(s->in, f, WIO_BURST);

		for (int i = 0; i < n; i++) {
			s->peer = f[i].src;
			wc_degenerate_take(d, f[i].data, f[i].len);
		}
		if (n == 0)
			poll(&p, 1, 100);
		else if (n < 0)
			return;
	}
}

static int usage(void)
{
	fputs("Usage: weft-degenerate [elsewhere] MODE\nServes on a free UDP port of 127.0.0.1 "
	      "until SIGTERM.  Modes:", stderr);
	for (unsigned i = 0; wc_degenerate_modes[i]; i++)
		fprintf(stderr, " %s", wc_degenerate_modes[i]);
	fputc('\n', stderr);
	return 2;
}

int main(int argc, char **argv)
{
	bool elsewhere = argc == 3 && !strcmp(argv[1], "elsewhere");
	struct wc_degenerate *d;
	char err[256], text[WIO_ADDR_STRLEN];
	struct server s = { 0 };

	if (argc != 2 + elsewhere)
		return usage();
	d = wc_degenerate_new(argv[argc - 1], send_to_peer, &s);
	if (!d)
		return usage();
	if (wio_open("udp:127.0.0.1:0", NULL, &s.in, err, sizeof(err)) ||
	    (elsewhere && wio_open("udp:127.0.0.1:0", NULL, &s.out, err, sizeof(err)))) {
		fprintf(stderr, "weft-degenerate: %s\n", err);
		return 1;
	}
	if (!elsewhere)
		s.out = s.in;
	signal(SIGTERM, on_term);
	printf("%s ready at udp:%s\n", argv[argc - 1], wio_addr_str(wio_local(s.in), text));
	fflush(stdout);
	loop(&s, d);
	if (elsewhere)
		wio_close(s.out);
	wio_close(s.in);
	free(d);
	return 0;
}
