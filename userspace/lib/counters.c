/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters by name: of the port with all its contexts, past and present, and of one context.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/names.h"
#include "userspace/lib/lib.h"

/* In the order of enum weft_drop. */
static const char *const drop_names[] = {
	"drop_NONE", "drop_SHORT", "drop_VERSION", "drop_TYPE", "drop_CRC", "drop_DOMAIN",
	"drop_NO_CONTEXT", "drop_STALE_SYN", "drop_BUSY", "drop_WINDOW", "drop_DUPLICATE",
	"drop_ORDER", "drop_MALFORMED", "drop_OVERSIZE", "drop_NO_STREAM", "drop_STREAM_STATE",
	"drop_REFUSED", "drop_NO_HOLD", "drop_BAD_TLV", "drop_BAD_ECHO", "drop_BAD_ACK",
	"drop_UNEXPECTED", "drop_TRIMMED", "drop_NO_ROOM", "drop_BAD_QKEY", "drop_BAD_COOKIE",
};
static_assert(WEFT_ARRAY_LEN(drop_names) == WEFT_DROP_COUNT, "a name for each cause");

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
	put(o, "tx_packets", s->tx_pkts);
	put(o, "tx_bytes", s->tx_bytes);
	put(o, "rx_packets", s->rx_pkts);
	put(o, "rx_bytes", s->rx_bytes);
	put(o, "tx_retransmits", s->rtx_pkts);
	put(o, "lost_by_sack", s->rtx_rack);
	put(o, "lost_by_nack", s->rtx_nack);
	put(o, "lost_by_timeout", s->rtx_rto);
	put(o, "tail_probes", s->rtx_tlp);
	put(o, "tx_acks", s->tx_acks);
	put(o, "rx_acks", s->rx_acks);
	put(o, "tx_nacks", s->tx_nacks);
	put(o, "rx_nacks", s->rx_nacks);
	put(o, "rx_congestion_marks", s->ce_rx);
	put(o, "tx_rnr", s->rnr_tx);
	put(o, "rx_rnr", s->rnr_rx);
	put(o, "rx_held", s->held);
	put(o, "path_moves", s->path_moves);
	for (unsigned i = 1; i < WEFT_DROP_COUNT; i++)
		put(o, drop_names[i], s->drop[i]);
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

int weft_counters(struct weft_port *port, struct weft_counter *c, int max)
{
	struct out o = { c, max, 0 };
	struct weft_stats sum = sum_all(port);
	const struct weftu_stats *st = &port->st;

	put_stats(&o, &sum);
	put(&o, "contexts", weftu_ids_used(&port->ctx_ids));
	put(&o, "contexts_opened", st->contexts_opened);
	put(&o, "contexts_accepted", st->contexts_accepted);
	put(&o, "contexts_closed", st->contexts_closed);
	put(&o, "contexts_failed", st->contexts_failed);
	put(&o, "endpoints", weftu_ids_used(&port->ep_ids));
	put(&o, "regions", port->keys.used);
	put(&o, "chips_known", port->peers.used);
	put(&o, "tx_alone", st->tx_alone);
	put(&o, "tx_alone_limited", st->tx_alone_limited);
	put(&o, "rx_alone", st->rx_alone);
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
	const struct weftu_ctx *ctx = weftu_ids_get(&port->ctx_ids, id);
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
