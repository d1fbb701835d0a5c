/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters of another chip: asked page by page, each question repeated until it is answered or
 * time is over.  What is counted, and under which names, is counters.c's.
 */
#include <string.h>

#include "userspace/lib/lib.h"

#define REPEAT_NS (20 * WEFT_MSEC)

/* An answer to the question that is open; others are nobody's. */
bool weftu_telemetry_answered(struct weft_port *port, const struct weft_view *v)
{
	struct weftu_telemetry *t = &port->telemetry;

	if (!t->open || v->d.psn != t->transaction)
		return false;
	t->n = weft_telemetry_items(v, t->items, WEFT_ARRAY_LEN(t->items));
	t->open = false;
	return true;
}

/* One page.  0: t->n counters are there, -ETIMEDOUT: nobody answers. */
static int page(struct weft_port *port, const struct wio_addr *to, uint16_t first, weft_time end)
{
	struct weftu_telemetry *t = &port->telemetry;
	weft_time now = weftu_now(port), next = now;
	uint8_t out[WEFT_ALONE_MAX];

	t->open = true;
	t->n = 0;
	t->transaction = port->next_transaction++;
	while (t->open && now < end) {
		int r;

		if (now >= next) {
			weftu_queue_alone(port, out, weft_telemetry_get_build(out, first,
					  UINT16_MAX, t->transaction), to);
			next = now + REPEAT_NS;
		}
		r = weft_wait(port, (next < end ? next : end) - now);
		if (r < 0)
			return r;
		now = weftu_now(port);
	}
	if (!t->open)
		return 0;
	t->open = false;
	return -ETIMEDOUT;
}

static int add(const struct weftu_telemetry *t, struct weft_counter *c, int max, int n)
{
	for (size_t i = 0; i < t->n; i++) {
		const char *name = weftu_counter_name(t->items[i].counter);

		if (name && n++ < max)
			c[n - 1] = (struct weft_counter){ name, t->items[i].value };
	}
	return n;
}

int weft_remote_counters(struct weft_port *port, const char *to, uint64_t timeout_ns,
			 struct weft_counter *c, int max)
{
	struct weftu_telemetry *t = &port->telemetry;
	weft_time end = weftu_now(port) + timeout_ns;
	uint32_t first = 1;
	struct wio_addr addr;
	int n = 0, r = weftu_address_of(port, to, &addr);

	while (!r && first <= UINT16_MAX) {
		r = page(port, &addr, (uint16_t)first, end);
		if (r || !t->n)
			break;
		n = add(t, c, max, n);
		if (t->items[t->n - 1].counter < first)		/* it would never end */
			break;
		first = t->items[t->n - 1].counter + 1u;
	}
	if (r == -ETIMEDOUT)
		return weftu_fail(port, r, "nobody at %s answers for %llu ms", to,
				  (unsigned long long)(timeout_ns / WEFT_MSEC));
	return r ? r : n;
}
