/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device on a network, over any carriage of userspace/io: udp, packet.  Time is the system's.
 */
#include "conformance/port.h"
#include "userspace/io/io.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SEND_TRIES 100	/* a millisecond each, while our own carriage is full */

struct wio_port {
	struct wc_port p;
	struct wio *io;
	struct wio_addr dut;
};

static uint64_t now_ns(struct wc_port *p)
{
	struct timespec ts;

	(void)p;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static int send_one(struct wc_port *p, const uint8_t *bytes, uint32_t len)
{
	struct wio_port *w = (struct wio_port *)p;
	struct wio_tx tx = { .n_iov = 1, .dst = &w->dut };
	int n = 0;

	tx.iov[0].base = bytes;
	tx.iov[0].len = len;
	for (int tries = 0; tries < SEND_TRIES; tries++) {
		n = wio_send(w->io, &tx, 1);
		if (n)
			break;
		poll(NULL, 0, 1);
	}
	return n == 1 ? 0 : n < 0 ? n : -ENOBUFS;
}

/* Sleep until the carriage has something, or it is until_ns. */
static void sleep_until(struct wio_port *w, uint64_t until_ns)
{
	uint64_t now = now_ns(&w->p), left = until_ns > now ? until_ns - now : 0;
	struct pollfd f = { .fd = wio_fd(w->io), .events = POLLIN };
	int ms = left > 1000000000 ? 1000 : (int)((left + 999999) / 1000000);

	if (!ms)
		return;
	if (f.fd >= 0)
		poll(&f, 1, ms);
	else
		poll(NULL, 0, 1);
}

static int recv_some(struct wc_port *p, struct wc_pkt *pkt, int max, uint64_t until_ns)
{
	struct wio_port *w = (struct wio_port *)p;
	struct wio_frame f[WC_PORT_BURST];
	int n;

	max = max < WC_PORT_BURST ? max : WC_PORT_BURST;
	n = wio_recv(w->io, f, max);
	if (n == 0) {
		sleep_until(w, until_ns);
		n = wio_recv(w->io, f, max);
	}
	for (int i = 0; i < n; i++)
		pkt[i] = (struct wc_pkt){
			.bytes = f[i].data, .len = f[i].len, .padded = f[i].src.family == WIO_L2,
			.stranger = memcmp(&f[i].src, &w->dut, sizeof(w->dut)) != 0,
			.ce = f[i].ce,
		};
	return n;
}

static uint32_t mtu(struct wc_port *p)
{
	struct wio_port *w = (struct wio_port *)p;

	return wio_mtu(w->io, &w->dut);
}

static void close_port(struct wc_port *p)
{
	struct wio_port *w = (struct wio_port *)p;

	wio_close(w->io);
	free(w);
}

static const struct wc_port_ops ops = {
	.send = send_one, .recv = recv_some, .now = now_ns, .mtu = mtu, .close = close_port,
};

static int where_is(const char *url, struct wio_addr *at, char *err, size_t errlen)
{
	static const struct {
		const char *driver, *takes;
		bool ip, mac;
	} known[] = {
		{ "udp:", "an IP address in figures and a port or none, as udp:10.0.0.2:49190 or "
		  "udp:[fd00::2]:49190", true, false },
		{ "packet:", "a MAC address, as packet:02:00:00:00:00:01", false, true },
		{ "dpdk:", "a MAC address, as dpdk:02:00:00:00:00:01", true, true },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		size_t n = strlen(known[i].driver);

		if (strncmp(url, known[i].driver, n))
			continue;
		if (!wio_addr_parse(url + n, at) &&
		    (at->family == WIO_L2 ? known[i].mac : known[i].ip))
			return 0;
		snprintf(err, errlen, "%s: %s takes %s", url, known[i].driver, known[i].takes);
		return -EINVAL;
	}
	snprintf(err, errlen, "%s: says no way to the device: give udp:ADDRESS[:PORT], packet:MAC, "
		 "dpdk:MAC, inproc:FILE.so or cosim:COMMAND", url);
	return -EINVAL;
}

int wc_port_check_wio(const char *url, char *err, size_t errlen)
{
	struct wio_addr at;

	return where_is(url, &at, err, errlen);
}

static int open_carriage(struct wio_port *w, const char *url, const char *local, char *err,
			 size_t errlen)
{
	char text[WIO_ADDR_STRLEN];
	int rc;

	if (!local && !strncmp(url, "udp:", 4))
		local = w->dut.family == WIO_UDP6 ? "udp:[::]:0" : "udp:0.0.0.0:0";
	if (!local) {
		snprintf(err, errlen, "%s: say with --local which carriage of ours reaches it, "
			 "for example --local packet:eth0", url);
		return -EINVAL;
	}
	rc = wio_open(local, NULL, &w->io, err, errlen);
	if (!rc)
		snprintf(w->p.local, sizeof(w->p.local), "%s",
			 wio_addr_str(wio_local(w->io), text));
	return rc;
}

int wc_port_open_wio(const char *url, const char *local, struct wc_port **out, char *err,
		     size_t errlen)
{
	struct wio_port *w = calloc(1, sizeof(*w));
	int rc;

	if (!w) {
		snprintf(err, errlen, "out of memory");
		return -ENOMEM;
	}
	w->p.ops = &ops;
	rc = where_is(url, &w->dut, err, errlen);
	w->p.family = w->dut.family;
	if (!rc)
		rc = open_carriage(w, url, local, err, errlen);
	if (rc) {
		free(w);
		return rc;
	}
	*out = &w->p;
	return 0;
}
