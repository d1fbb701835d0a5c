// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Counters: those of the engine, of all shards and processors together, under the numbers and
 * names of spec/90-management.md, and a few of this host's own.
 */
#include <linux/slab.h>

#include "core/names.h"
#include "kernel/inner.h"

#define NAME_MAX_BYTES 40

/* The host's own, beyond those of the specification. */
enum own { OWN_RX_FULL, OWN_TX_NOBUFS, OWN_TX_UNROUTABLE, OWN_COUNT };

static const char *const own_names[OWN_COUNT] = {
	[OWN_RX_FULL] = "host_rx_full",
	[OWN_TX_NOBUFS] = "host_tx_nobufs",
	[OWN_TX_UNROUTABLE] = "host_tx_unroutable",
};

struct totals {
	struct weft_stats st;
	u64 meters[WEFT_METER_COUNT];	/* of the chip; valid where has_meter() */
	u64 own[OWN_COUNT];
};

static char names[WEFT_METER_COUNT][NAME_MAX_BYTES];
static u16 numbers[WEFT_METER_COUNT];
static unsigned int n_meters;

/* Which numbers of enum meter this host counts beside the engine's. */
static bool of_chip(u16 meter)
{
	switch (meter) {
	case WEFT_METER_CONTEXTS:
	case WEFT_METER_CONTEXTS_OPENED:
	case WEFT_METER_CONTEXTS_ACCEPTED:
	case WEFT_METER_CONTEXTS_CLOSED:
	case WEFT_METER_CONTEXTS_FAILED:
	case WEFT_METER_CHIPS_KNOWN:
	case WEFT_METER_TX_ALONE:
	case WEFT_METER_TX_ALONE_LIMITED:
	case WEFT_METER_RX_ALONE:
		return true;
	default:
		return false;
	}
}

static bool of_engine(u16 meter)
{
	struct weft_stats none;
	u64 value;

	memset(&none, 0, sizeof(none));
	return weft_stats_counter(&none, meter, &value);
}

static void lower(char *to, const char *from)
{
	int i;

	for (i = 0; i < NAME_MAX_BYTES - 1 && from[i]; i++)
		to[i] = from[i] >= 'A' && from[i] <= 'Z' ? (char)(from[i] + 32) : from[i];
}

void weftk_counters_init(void)
{
	u16 m;

	for (m = 1; m < WEFT_METER_COUNT; m++) {
		if (!of_chip(m) && !of_engine(m))
			continue;
		numbers[n_meters] = m;
		lower(names[n_meters++], weft_meter_name(m));
	}
}

unsigned int weftk_counters_n(void)
{
	return n_meters + OWN_COUNT;
}

const char *weftk_counter_name(unsigned int i)
{
	if (i < n_meters)
		return names[i];
	return i < n_meters + OWN_COUNT ? own_names[i - n_meters] : NULL;
}

/* ---- Adding up ---------------------------------------------------------------------- */

static void add_stats(struct weft_stats *sum, const struct weft_stats *s)
{
	const u64 *from = (const u64 *)s;
	u64 *to = (u64 *)sum;
	size_t i;

	BUILD_BUG_ON(sizeof(*s) % sizeof(u64));
	for (i = 0; i < sizeof(*s) / sizeof(u64); i++)
		to[i] += READ_ONCE(from[i]);
}

static void add_up(struct weftk_dev *dev, struct totals *t)
{
	int cpu;
	u32 i;

	memset(t, 0, sizeof(*t));
	for (i = 0; i < dev->n_shards; i++) {
		const struct weftk_shard *sh = dev->shards[i];

		add_stats(&t->st, &sh->st);
		t->meters[WEFT_METER_CONTEXTS_OPENED] += READ_ONCE(sh->opened);
		t->meters[WEFT_METER_CONTEXTS_ACCEPTED] += READ_ONCE(sh->accepted);
		t->meters[WEFT_METER_CONTEXTS_CLOSED] += READ_ONCE(sh->closed);
		t->meters[WEFT_METER_CONTEXTS_FAILED] += READ_ONCE(sh->failed);
		t->meters[WEFT_METER_CHIPS_KNOWN] += READ_ONCE(sh->n_peers);
	}
	t->meters[WEFT_METER_CONTEXTS] = weft_ids_used(&dev->ids);
	for_each_possible_cpu(cpu) {
		const struct weftk_cpu *c = per_cpu_ptr(dev->cpu, cpu);

		add_stats(&t->st, &c->st);
		t->meters[WEFT_METER_TX_ALONE] += READ_ONCE(c->tx_alone);
		t->meters[WEFT_METER_TX_ALONE_LIMITED] += READ_ONCE(c->tx_alone_limited);
		t->meters[WEFT_METER_RX_ALONE] += READ_ONCE(c->rx_alone);
		t->own[OWN_RX_FULL] += READ_ONCE(c->rx_full);
		t->own[OWN_TX_NOBUFS] += READ_ONCE(c->tx_nobufs);
		t->own[OWN_TX_UNROUTABLE] += READ_ONCE(c->tx_unroutable);
	}
}

static u64 value_of(const struct totals *t, unsigned int i)
{
	u64 value = 0;

	if (i >= n_meters)
		return t->own[i - n_meters];
	if (!weft_stats_counter(&t->st, numbers[i], &value))
		value = t->meters[numbers[i]];
	return value;
}

void weftk_counters(struct weftk_dev *dev, u64 *values, unsigned int n)
{
	struct totals *t = kmalloc(sizeof(*t), GFP_KERNEL);
	unsigned int i;

	if (!t)
		return;
	add_up(dev, t);
	for (i = 0; i < n && i < weftk_counters_n(); i++)
		values[i] = value_of(t, i);
	kfree(t);
}

/* ---- For others --------------------------------------------------------------------- */

/* WEFT-MGT-023 */
size_t weftk_telemetry_answer(struct weftk_dev *dev, const struct weft_view *v, u8 *out)
{
	struct weft_hdr_telemetry_item *items;
	struct weft_hdr_tlv_telemetry_get get;
	struct totals *t;
	size_t len = 0, n = 0;
	unsigned int i;

	t = kmalloc(sizeof(*t), GFP_ATOMIC);
	items = kcalloc(n_meters, sizeof(*items), GFP_ATOMIC);
	if (t && items) {
		add_up(dev, t);
		for (i = 0; i < n_meters; i++) {
			if (!of_chip(numbers[i]))
				continue;
			items[n].counter = numbers[i];
			items[n++].value = value_of(t, i);
		}
		weft_telemetry_asked(v, &get);
		len = weft_telemetry_build(out, weft_answer_room(v), &get, &t->st, items, n,
					   v->d.psn);
	}
	kfree(items);
	kfree(t);
	return len;
}
