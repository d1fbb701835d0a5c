/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * observe: judge a capture that somebody else took.
 */
#include "conformance/cli.h"
#include "conformance/passive.h"
#include "conformance/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What of the file is not judged, and why. */
static void tell_left(const struct wc_capture *c)
{
	static const char *const why[] = {
		"kept in part only (tcpdump -s 0 keeps all)", "trimmed by a switch", "encrypted",
		"captured on \"any\", so without their destination",
		"behind the first 250000 datagrams: cut the file up with editcap -c",
	};
	const unsigned n[] = { c->cut, c->trimmed, c->secured, c->cooked, c->beyond };

	for (unsigned i = 0; i < sizeof(n) / sizeof(n[0]); i++)
		if (n[i])
			printf("  left out: %u %s\n", n[i], why[i]);
	if (c->dropped)
		printf("  the capture says that it lost %" PRIu64 " packets\n", c->dropped);
}

static void tell_capture(const struct wc_capture *c, const char *path, const struct wc_end *e)
{
	char addr[WIO_ADDR_STRLEN];

	printf("%s: %u frames, %u of them Weft; the device, %s, sends %" PRIu64
	       " and receives %" PRIu64 "\n", path, c->frames, c->n, wio_addr_str(&e->addr, addr),
	       e->sent, e->received);
	tell_left(c);
}

static int judge(const struct wc_args *a, const char *path, const struct wc_capture *c,
		 unsigned dut)
{
	struct wc_run r = { .out = a->out ? a->out : "out/conformance", .quiet = a->quiet };
	struct wc_transcript tr;
	char err[512] = "", addr[WIO_ADDR_STRLEN];
	int rc;

	snprintf(r.url, sizeof(r.url), "pcap:%s?dut=%s", path,
		 wio_addr_str(&c->end[dut - 1].addr, addr));
	tell_capture(c, path, &c->end[dut - 1]);
	wc_passive_build(c, dut, &tr);
	rc = wc_run_capture(&r, &tr, err, sizeof(err));
	if (!rc)
		rc = wc_report_all(&r, err, sizeof(err));
	if (rc) {
		fprintf(stderr, "weft-conform: %s\n", err);
		rc = 3;
	} else {
		wc_print_failures(&r);
		wc_print_totals(&r);
		printf("report: %s/index.html\n", r.out);
		rc = wc_run_exit(&r);
	}
	wc_run_free(&r);
	return rc;
}

/* path is the file, dut the device in it, or NULL. */
static int observe(const struct wc_args *a, const char *path, const char *dut)
{
	struct wc_capture c;
	char err[512] = "";
	unsigned nr;
	int rc;

	if (wc_capture_load(&c, path, err, sizeof(err))) {
		fprintf(stderr, "weft-conform: %s\n", err);
		return WC_EXIT_USAGE;
	}
	nr = wc_capture_device(&c, dut, err, sizeof(err));
	if (!nr) {
		fprintf(stderr, "weft-conform: %s: %s:\n", path, err);
		wc_capture_tell(&c, stderr);
	}
	rc = nr ? judge(a, path, &c, nr) : WC_EXIT_USAGE;
	wc_capture_free(&c);
	return rc;
}

int wc_cmd_observe(const struct wc_args *a)
{
	if (a->n_rest == 1)
		return observe(a, a->rest[0], a->dut);
	fputs("weft-conform: observe: give one capture, pcap or pcapng, and --dut ADDRESS of the "
	      "device in it\n", stderr);
	return WC_EXIT_USAGE;
}

int wc_observe_url(const struct wc_args *a)
{
	char path[1024], *dut;

	if (a->n_rest) {
		fputs("weft-conform: a capture is judged by all observers, and by no other case: "
		      "name none\n", stderr);
		return WC_EXIT_USAGE;
	}
	snprintf(path, sizeof(path), "%s", a->dut + strlen("pcap:"));
	dut = strstr(path, "?dut=");
	if (dut)
		*dut = 0;
	return observe(a, path, dut ? dut + strlen("?dut=") : NULL);
}
