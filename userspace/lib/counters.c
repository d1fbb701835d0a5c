/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters by name: of the port with all its contexts, past and present, and of one context.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/names.h"
#include "userspace/lib/lib.h"

/* Names follow from enum meter: in small letters, but for the cause behind drop_. */
static const char *name_of(uint16_t counter)
{
	static char names[WEFT_METER_COUNT][32];
	const char *from = weft_meter_name(counter);
	size_t keep = counter > WEFT_METER_DROP ? strlen("DROP_") : sizeof(names[0]);

	for (size_t i = 0; !names[counter][i] && from[i] && i < sizeof(names[0]) - 1; i++)
		names[counter][i] = (char)(i < keep ? tolower((unsigned char)from[i]) : from[i]);
	return names[counter];
}

#define PORT_COUNTERS 11

struct out {
	struct weft_counter *c;
	int max, n;
};

static void put(struct out *o, const char *name, uint64_t value)
{
	if (o->n < o->max)
		o->c[o->n] = (struct weft_counter){ name, value };
	o->n++;
}

void weftu_stats_add(struct weft_stats *sum, const struct weft_stats *s)
{
	for (unsigned i = 0; i < WEFT_DROP_COUNT; i++)
		sum->drop[i] += s->drop[i];
	sum->tx_pkts += s->tx_pkts;
	sum->tx_bytes += s->tx_bytes;
	sum->rx_pkts += s->rx_pkts;
	sum->rx_bytes += s->rx_bytes;
	sum->rtx_pkts += s->rtx_pkts;
	sum->rtx_rack += s->rtx_rack;
	sum->rtx_nack += s->rtx_nack;
	sum->rtx_tlp += s->rtx_tlp;
	sum->rtx_rto += s->rtx_rto;
	sum->tx_acks += s->tx_acks;
	sum->rx_acks += s->rx_acks;
	sum->tx_nacks += s->tx_nacks;
	sum->rx_nacks += s->rx_nacks;
	sum->ce_rx += s->ce_rx;
	sum->rnr_tx += s->rnr_tx;
	sum->rnr_rx += s->rnr_rx;
	sum->held += s->held;
	sum->path_moves += s->path_moves;
}

static void put_stats(struct out *o, const struct weft_stats *s)
{
	uint64_t value;

	for (uint16_t c = 1; c < WEFT_METER_COUNT; c++)
		if (weft_stats_counter(s, c, &value))
			put(o, name_of(c), value);
}

static struct weft_stats sum_all(const struct weft_port *port)
{
	struct weft_stats sum = port->st.sum;

	for (uint32_t i = 0; i < port->ctx_ids.size; i++) {
		const struct weftu_ctx *ctx = port->ctx_ids.slots[i].val;

		if (ctx)
			weftu_stats_add(&sum, &ctx->stats);
	}
	return sum;
}

static void put_io(struct out *o, struct weft_port *port)
{
	struct wio_stat s[IO_COUNTERS];
	int n = wio_stats(port->io, s, IO_COUNTERS);

	for (int i = 0; i < n && i < IO_COUNTERS; i++) {
		if (!port->io_names[i][0])
			snprintf(port->io_names[i], IO_NAME_MAX, "io_%s", s[i].name);
		put(o, port->io_names[i], s[i].value);
	}
}

/* What is the chip's and no context's, in order. */
static void port_counters(const struct weft_port *port, struct weft_hdr_telemetry_item *items)
{
	const struct weftu_stats *st = &port->st;
	const struct weft_hdr_telemetry_item all[PORT_COUNTERS] = {
		{ WEFT_METER_CONTEXTS, weft_ids_used(&port->ctx_ids) },
		{ WEFT_METER_CONTEXTS_OPENED, st->contexts_opened },
		{ WEFT_METER_CONTEXTS_ACCEPTED, st->contexts_accepted },
		{ WEFT_METER_CONTEXTS_CLOSED, st->contexts_closed },
		{ WEFT_METER_CONTEXTS_FAILED, st->contexts_failed },
		{ WEFT_METER_ENDPOINTS, weft_ids_used(&port->ep_ids) },
		{ WEFT_METER_REGIONS, port->keys.used },
		{ WEFT_METER_CHIPS_KNOWN, port->peers.used },
		{ WEFT_METER_TX_ALONE, st->tx_alone },
		{ WEFT_METER_TX_ALONE_LIMITED, st->tx_alone_limited },
		{ WEFT_METER_RX_ALONE, st->rx_alone },
	};

	memcpy(items, all, sizeof(all));
}

/* WEFT-MGT-023, WEFT-MGT-028 */
size_t weftu_telemetry_answer(struct weft_port *port, const struct weft_view *v, uint8_t *out)
{
	struct weft_hdr_telemetry_item items[PORT_COUNTERS];
	struct weft_stats sum = sum_all(port);
	struct weft_hdr_tlv_telemetry_get get;

	weft_telemetry_asked(v, &get);
	port_counters(port, items);
	return weft_telemetry_build(out, weft_answer_room(v), &get, &sum, items, PORT_COUNTERS,
				    v->d.psn);
}

int weft_counters(struct weft_port *port, struct weft_counter *c, int max)
{
	struct out o = { c, max, 0 };
	struct weft_stats sum = sum_all(port);
	const struct weftu_stats *st = &port->st;
	struct weft_hdr_telemetry_item items[PORT_COUNTERS];

	port_counters(port, items);
	put_stats(&o, &sum);
	for (int i = 0; i < PORT_COUNTERS; i++)
		put(&o, name_of(items[i].counter), items[i].value);
	put(&o, "tx_late", st->tx_late);
	put(&o, "tx_errors", st->io_errors);
	put(&o, "reads_withdrawn", st->refused_local);
	put_io(&o, port);
	return o.n;
}

uint64_t weft_counter(struct weft_port *port, const char *name)
{
	struct weft_counter c[160];
	int n = weft_counters(port, c, WEFT_ARRAY_LEN(c));

	for (int i = 0; i < n && i < (int)WEFT_ARRAY_LEN(c); i++) {
		if (!strcmp(c[i].name, name))
			return c[i].value;
	}
	return 0;
}

const char *weftu_counter_name(uint16_t counter)
{
	return counter && counter < WEFT_METER_COUNT && *name_of(counter) != '?' ?
	       name_of(counter) : NULL;
}

static void describe(const struct weftu_ctx *ctx, struct weft_context_info *c)
{
	const struct weft_stats *s = &ctx->stats;
	struct weft_gauges g;

	weft_pdc_gauges(ctx->pdc, &g);
	memset(c, 0, sizeof(*c));
	c->chip_id = ctx->peer->core.chip_id;
	wio_addr_str(&ctx->addr, c->addr);
	c->id = ctx->id;
	c->peer_id = weft_pdc_peer_id(ctx->pdc);
	c->domain = ctx->domain;
	c->mode = (uint8_t)ctx->mode;
	c->initiator = ctx->initiator;
	c->state = weft_pdc_state_name(weft_pdc_state(ctx->pdc));
	c->eps = ctx->n_eps;
	c->features = ctx->agreed ? ctx->features : 0;
	c->cwnd_pkts = g.cwnd_pkts;
	c->srtt_ns = g.srtt_ns;
	c->min_rtt_ns = g.min_rtt_ns;
	c->rto_ns = g.rto_ns;
	c->tx_packets = s->tx_pkts;
	c->tx_bytes = s->tx_bytes;
	c->rx_packets = s->rx_pkts;
	c->rx_bytes = s->rx_bytes;
	c->retransmits = s->rtx_pkts;
}

int weft_contexts(struct weft_port *port, struct weft_context_info *info, int max)
{
	int n = 0;

	for (uint32_t i = 0; i < port->ctx_ids.size; i++) {
		const struct weftu_ctx *ctx = port->ctx_ids.slots[i].val;

		if (ctx && n++ < max)
			describe(ctx, &info[n - 1]);
	}
	return n;
}

int weft_context_counters(struct weft_port *port, uint32_t id, struct weft_counter *c, int max)
{
	const struct weftu_ctx *ctx = weft_ids_get(&port->ctx_ids, id);
	struct out o = { c, max, 0 };
	struct weft_gauges g;

	if (!ctx)
		return weftu_fail(port, -ENOENT, "no context %#x", id);
	weft_pdc_gauges(ctx->pdc, &g);
	put_stats(&o, &ctx->stats);
	put(&o, "cwnd_packets", g.cwnd_pkts);
	put(&o, "srtt_ns", g.srtt_ns);
	put(&o, "min_rtt_ns", g.min_rtt_ns);
	put(&o, "rto_ns", g.rto_ns);
	put(&o, "outstanding", g.outstanding);
	return o.n;
}
