/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reaching the device.  What it claims is asked by rig.c.
 */
#include "conformance/dut.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define HEADERS_MAX	128u	/* of any packet that we send or ask for */
#define PATIENCE_MS	2000u
#define REPEAT_MS	300u

static const char *after_driver(const char *url)
{
	const char *colon = strchr(url, ':');

	return colon ? colon + 1 : NULL;
}

static bool is_udp(const char *url)
{
	return !strncmp(url, "udp:", 4);
}

/* Numbers that no earlier run of ours used towards the same device. */
static void identify(struct wc_dut *d, uint64_t seed)
{
	uint64_t unique = 0;

	if (getrandom(&unique, sizeof(unique), 0) != (ssize_t)sizeof(unique))
		unique = (uint64_t)time(NULL);
	d->chip_id = 0x0200000000000000u | (unique & 0x00ffffffffff0000u);
	d->incarnation = 1;
	d->seed = seed;
	d->next_start = (uint32_t)(seed * 0x9e3779b97f4a7c15u >> 34) & ~0xffffu;
	d->first_id = d->next_id = 0x1000;
	d->transaction = (uint32_t)seed | 1;
}

static int open_carriage(struct wc_dut *d, char *err, size_t errlen)
{
	const char *local = d->local;
	int rc;

	if (!local && is_udp(d->url))
		local = d->addr.family == WIO_UDP6 ? "udp:[::]:0" : "udp:0.0.0.0:0";
	if (!local) {
		snprintf(err, errlen, "%s: say with --local which carriage of ours reaches it, "
			 "for example --local packet:eth0", d->url);
		return -EINVAL;
	}
	d->local = local;
	rc = wio_open(local, NULL, &d->io, err, errlen);
	return rc;
}

int wc_dut_open(struct wc_dut *d, const char *url, const char *local, uint64_t seed, char *err,
		size_t errlen)
{
	const char *where = after_driver(url);
	uint32_t mtu;
	int rc;

	memset(d, 0, sizeof(*d));
	d->url = url;
	d->local = local;
	d->patience_ms = PATIENCE_MS;
	d->repeat_ms = REPEAT_MS;
	if (!where || wio_addr_parse(where, &d->addr)) {
		snprintf(err, errlen, "%s: expected DRIVER:ADDRESS, such as udp:10.0.0.2:49190 or "
			 "packet:02:00:00:00:00:01", url);
		return -EINVAL;
	}
	rc = open_carriage(d, err, errlen);
	if (rc)
		return rc;
	mtu = wio_mtu(d->io, &d->addr);
	if (mtu < 256 + HEADERS_MAX) {
		snprintf(err, errlen, "%s: %s carries packets of %u bytes there, too few to test "
			"with",
			 url, d->local, mtu);
		wc_dut_close(d);
		return -EHOSTUNREACH;
	}
	d->path_payload = (mtu > 9216 ? 9216 : mtu) - HEADERS_MAX;
	identify(d, seed);
	return 0;
}

void wc_dut_close(struct wc_dut *d)
{
	wio_close(d->io);
	d->io = NULL;
}
