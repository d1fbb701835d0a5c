/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reaching the device.  What it claims is asked by rig.c.
 */
#include "conformance/ut.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define HEADERS_MAX	128u	/* of any packet that we send or ask for */
#define REPEAT_MS	300u

/*
 * Our numbers.  Towards a device that lives on they must be none that an earlier run of ours used;
 * towards a fresh one they follow from the seed.
 */
static void identify(struct wc_dut *d, uint64_t seed)
{
	uint64_t unique = seed * 0x9e3779b97f4a7c15u;

	if (!d->port->virtual_time &&
	    getrandom(&unique, sizeof(unique), 0) != (ssize_t)sizeof(unique))
		unique = (uint64_t)time(NULL);
	d->chip_id = 0x0200000000000000u | (unique & 0x00ffffffffff0000u);
	d->incarnation = 1;
	d->seed = seed;
	d->next_start = (uint32_t)(seed * 0x9e3779b97f4a7c15u >> 34) & ~0xffffu;
	d->first_id = d->next_id = 0x1000;
	d->transaction = (uint32_t)seed | 1;
}

int wc_dut_open(struct wc_dut *d, const char *url, const char *local, uint64_t seed, char *err,
		size_t errlen)
{
	uint32_t mtu;
	int rc;

	memset(d, 0, sizeof(*d));
	d->url = url;
	d->patience_ms = WC_PATIENCE_MS;
	d->repeat_ms = REPEAT_MS;
	d->domain = 1;
	rc = wc_port_open(url, local, seed, &d->port, err, errlen);
	if (rc)
		return rc;
	mtu = d->port->ops->mtu(d->port);
	if (mtu < 256 + HEADERS_MAX) {
		snprintf(err, errlen, "%s: our carriage takes packets of %u bytes there, too few "
			 "to test with", url, mtu);
		wc_dut_close(d);
		return -EHOSTUNREACH;
	}
	d->path_payload = (mtu > 9216 ? 9216 : mtu) - HEADERS_MAX;
	identify(d, seed);
	return 0;
}

int wc_dut_reset(struct wc_dut *d, uint64_t seed, char *err, size_t errlen)
{
	int rc;

	if (!d->port->ops->reset || d->keep)
		return 0;
	rc = d->port->ops->reset(d->port, seed, err, errlen);
	if (!rc && d->ut && d->ut->way.kind == WC_WAY_CALL)
		d->ut->dead = false;	/* another device, and another upper tester with it */
	if (!rc)
		identify(d, d->seed);
	return rc;
}

void wc_dut_patience(struct wc_dut *d, unsigned ms)
{
	if (!ms)
		return;
	d->patience_ms = ms;
	d->repeat_ms = ms / 4 < REPEAT_MS ? ms / 4 + 1 : REPEAT_MS;
}

void wc_dut_close(struct wc_dut *d)
{
	wc_ut_close(d);
	wc_port_close(d->port);
	d->port = NULL;
}
