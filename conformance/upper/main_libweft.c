/* SPDX-License-Identifier: 0BSD */
/*
 * weft-upper: a device of libweft that a tester drives from above and from the wire.
 */
#include "conformance/upper/backend.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <weft/weft.h>

static volatile int stop;

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static int turn(void *arg)
{
	return upper_libweft_turn(arg);
}

static struct weft_port *port;

static uint64_t due(void *arg)
{
	(void)arg;
	return weft_deadline_ns(port);
}

static int usage(int status)
{
	fputs("weft-upper: a device of libweft with an upper tester, for weft-conform --upper\n\n"
	      "Usage: weft-upper --port udp:ADDRESS:PORT --listen tcp:ADDRESS:PORT [--domain N]\n\n"
	      "--listen takes unix:PATH, serial:TTY and mailbox:FILE too.\n"
	      "It prints the address of the device, and that of the upper tester.\n"
	      "Example: weft-upper --port udp:127.0.0.1:4000 --listen tcp:127.0.0.1:4999 &\n"
	      "         weft-conform run --dut udp:127.0.0.1:4000 --upper tcp:127.0.0.1:4999\n",
	      status ? stderr : stdout);
	return status;
}

static int serve(const char *listen_at, uint32_t domain)
{
	struct upper_libweft *d = upper_libweft_open(port, domain, NULL);
	struct upper_loop loop = { .turn = turn, .due = due, .arg = d, .stop = &stop };
	int rc;

	if (!d)
		return 1;
	loop.upper = upper_libweft(d);
	loop.fd = weft_fd(port);
	printf("device %s\n", weft_port_addr(port));
	rc = upper_serve_at(listen_at, &loop);
	upper_libweft_close(d);
	return rc ? 1 : 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "port", required_argument, NULL, 'p' },
		{ "listen", required_argument, NULL, 'l' },
		{ "domain", required_argument, NULL, 'd' }, { "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct weft_port_opts o = { .domain = 1, .any_domain = 1, .name = "upper",
				    .max_payload = 8192 };
	const char *url = NULL, *listen_at = NULL;
	char err[WEFT_ERROR_MAX];
	int c, rc;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'p')
			url = optarg;
		else if (c == 'l')
			listen_at = optarg;
		else if (c == 'd')
			o.domain = (uint32_t)strtoul(optarg, NULL, 0);
		else
			return usage(c == 'h' ? 0 : 2);
	}
	if (!url || !listen_at)
		return usage(2);
	if (weft_open(url, &o, &port, err, sizeof(err))) {
		fprintf(stderr, "weft-upper: %s\n", err);
		return 1;
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	rc = serve(listen_at, o.domain);
	weft_close(port);
	return rc;
}
