/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * weft-dut-degenerate.so: a degenerate device in the tester's process.  Option: the mode.
 */
#include "conformance/degenerate.h"
#include "conformance/weft_dut.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE 64u	/* packets that wait for run(); more are lost */
#define RUN_NS 1000u	/* what work costs */

struct dut {
	struct weft_dut_config c;
	struct wc_degenerate *d;
	uint64_t now;
	struct { uint8_t *bytes; uint32_t len; } in[QUEUE];
	unsigned n;
};

static void send_out(void *to, const uint8_t *bytes, uint32_t len)
{
	struct dut *d = to;
	struct weft_dut_packet p = { .bytes = bytes, .len = len };

	d->c.transmit(d->c.tester, &p);
}

static void close_dut(void *dev)
{
	struct dut *d = dev;

	for (unsigned i = 0; i < d->n; i++)
		free(d->in[i].bytes);
	free(d->d);
	free(d);
}

static int open_dut(const struct weft_dut_config *c, void **dev, char *err, size_t errlen)
{
	struct dut *d = calloc(1, sizeof(*d));

	if (d) {
		d->c = *c;
		d->d = wc_degenerate_new(c->options, send_out, d);
	}
	if (!d || !d->d) {
		snprintf(err, errlen, "weft-dut-degenerate: there is no mode %s", c->options);
		free(d);
		return -1;
	}
	*dev = d;
	return 0;
}

static void receive(void *dev, const struct weft_dut_packet *p)
{
	struct dut *d = dev;
	uint8_t *copy = d->n < QUEUE ? malloc(p->len + 1u) : NULL;

	if (!copy)
		return;
	memcpy(copy, p->bytes, p->len);
	d->in[d->n].bytes = copy;
	d->in[d->n++].len = p->len;
}

static uint64_t run(void *dev, uint64_t until_ns)
{
	struct dut *d = dev;
	unsigned n = d->n;

	for (unsigned i = 0; i < n; i++) {
		wc_degenerate_take(d->d, d->in[i].bytes, d->in[i].len);
		free(d->in[i].bytes);
	}
	d->n = 0;
	if (n && d->now + RUN_NS < until_ns)
		d->now += RUN_NS;
	else
		d->now = until_ns;
	return d->now;
}

static const struct weft_dut_ops ops = {
	.abi = WEFT_DUT_ABI, .mtu = 9216, .ports = 1, .family = 3, .name = "degenerate device",
	.open = open_dut, .close = close_dut, .receive = receive, .run = run,
};

__attribute__((visibility("default"))) const struct weft_dut_ops *weft_dut_entry(void)
{
	return &ops;
}
