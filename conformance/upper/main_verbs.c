/* SPDX-License-Identifier: 0BSD */
/*
 * weft-upper-verbs: an RDMA device of this machine, driven by a tester from above.
 */
#include "conformance/upper/backend.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>

static volatile int stop;

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static int usage(int status)
{
	fputs("weft-upper-verbs: the upper tester of an RDMA device, for weft-conform --upper\n\n"
	      "Usage: weft-upper-verbs --device weft0 --listen tcp:ADDRESS:PORT\n\n"
	      "Example, on the machine under test: weft-upper-verbs --device weft0 --listen "
	      "tcp:0.0.0.0:4999\n"
	      "on the tester's: weft-conform run --dut udp:10.0.0.1 --local udp:10.0.0.2:49190 "
	      "--upper tcp:10.0.0.1:4999\n", status ? stderr : stdout);
	return status;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "device", required_argument, NULL, 'd' },
		{ "listen", required_argument, NULL, 'l' }, { "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct upper_loop loop = { .fd = -1, .stop = &stop };
	const char *device = NULL, *listen_at = NULL;
	struct upper_verbs *d;
	char err[256] = "out of memory";
	int c, rc;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'd')
			device = optarg;
		else if (c == 'l')
			listen_at = optarg;
		else
			return usage(c == 'h' ? 0 : 2);
	}
	if (!device || !listen_at)
		return usage(2);
	d = upper_verbs_open(device, err, sizeof(err));
	if (!d) {
		fprintf(stderr, "weft-upper-verbs: %s\n", err);
		return 1;
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	loop.upper = upper_verbs(d);
	rc = upper_serve(listen_at, &loop);
	upper_verbs_close(d);
	return rc ? 1 : 0;
}
