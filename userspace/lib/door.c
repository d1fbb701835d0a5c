/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The door: whom a packet is for, and whether a new context is opened for it.  Answers what
 * belongs to nobody, no faster than the port's limit.
 */
#include <string.h>

#include "userspace/lib/lib.h"

static void count(struct weft_port *port, enum weft_drop why)
{
	port->st.sum.drop[why]++;
	port->st.sum.rx_pkts++;
}

static void nack(struct weft_port *port, const struct weft_view *v, const struct wio_addr *from,
		 enum weft_nack reason, uint32_t arg, weft_time now)
{
	uint8_t out[WEFT_ALONE_MAX];

	for (int n = 0; n <= WEFT_MUTANT(NACKED_TWICE) && weftu_may_answer(port, now); n++)
		weftu_queue_alone(port, out, weft_nack_build(out, v, reason, arg), from);
}

/* A stand-alone CTRL packet that begins with VERSION_REJECT, if versions agree on that much. */
static bool is_version_reject(const struct weft_view *v, const struct wio_frame *f)
{
	struct weft_hdr_tlv tlv;
	uint32_t at = WEFT_HDR_DELIVERY_LEN + WEFT_HDR_CTRL_LEN;

	if (WEFT_MUTANT(VERSION_PINGPONG))
		return false;
	if (v->d.type != WEFT_PTYPE_CTRL || v->d.flags & WEFT_DFLAGS_SYN ||
	    f->len < at + WEFT_HDR_TLV_LEN)
		return false;
	weft_hdr_tlv_unpack(&tlv, f->data + at);
	return tlv.type == WEFT_TLV_VERSION_REJECT;
}

/* WEFT-PKT-002, WEFT-MGT-003, WEFT-MGT-004 */
static void reject_version(struct weft_port *port, const struct weft_view *v,
			   const struct wio_frame *f, weft_time now)
{
	uint8_t out[WEFT_ALONE_MAX];

	if (WEFT_MUTANT(VERSION_SILENT))
		return;
	if (WEFT_MUTANT(VERSION_LEAKS) && v->d.flags & WEFT_DFLAGS_SYN && port->o.max_contexts)
		port->o.max_contexts--;
	if (!is_version_reject(v, f) && weftu_may_answer(port, now))
		weftu_queue_alone(port, out, weft_version_reject_build(out, v->d.psn), &f->src);
}

static void feed(struct weftu_ctx *ctx, const struct weft_view *v, const struct wio_addr *from,
		 weft_time now)
{
	enum weft_drop why;
	struct weft_act act;
	bool has;

	if (ctx->over) {
		count(ctx->port, WEFT_DROP_NO_CONTEXT);
		return;
	}
	weftu_pools_ready(ctx->port);
	has = weft_rx(ctx->pdc, v, now, &act, &why);
	weftu_activate(ctx);
	if (has) {
		weftu_act(ctx, &act, v->payload);
		while (weft_rx_more(ctx->pdc, v, &act))
			weftu_act(ctx, &act, v->payload);
	}
	if (why == WEFT_DROP_NO_CONTEXT)	/* another generation of its number */
		nack(ctx->port, v, from, WEFT_NACK_NO_CONTEXT, 0, now);
}

/* ---- Opening --------------------------------------------------------------------- */

/* WEFT-PDC-002 */
static struct weftu_ctx *find_opened(struct weftu_peer *p, const struct weft_view *v)
{
	for (struct weftu_ctx *c = p ? p->ctxs : NULL; c; c = c->peer_next) {
		if (c->initiator && !c->over && WEFT_MUTANT(CROSSED_JOINED))
			return c;
		if (!c->initiator && !c->over && !WEFT_MUTANT(SYN_TWICE) &&
		    weft_pdc_peer_id(c->pdc) == v->syn.pdc_id && weft_pdc_same(c->pdc, v))
			return c;
	}
	return NULL;
}

static bool offered(const struct weft_port *port, const struct weft_view *v)
{
	uint8_t mode = v->syn.mode;

	if (mode != WEFT_MODE_RUD && mode != WEFT_MODE_ROD)
		return false;
	return (port->o.modes & mode || WEFT_MUTANT(MODE_ANY)) &&
	       (port->o.any_domain || v->syn.domain == port->o.domain);
}

static bool has_room(const struct weft_port *port)
{
	return weft_ids_used(&port->ctx_ids) < port->o.max_contexts;
}

/* WEFT-PDC-029: what is left of the table is for those who have shown themselves. */
static struct weft_gate gate(const struct weft_port *port, const struct wio_addr *from,
			     weft_time now)
{
	uint32_t used = weft_ids_used(&port->ctx_ids), max = port->o.max_contexts;
	struct weft_gate g = {
		.secret = { port->secret[0], port->secret[1] },
		.where = weftu_addr_hash(from),
		.epoch = (uint32_t)(now >> 32),		/* 4.3 s */
		.ask = port->o.always_cookie || max - used <= max / 8,
	};

	if (WEFT_MUTANT(ASKED_WITHOUT_END) && g.ask)
		g.epoch = (uint32_t)now;
	return g;
}

/* p: NULL if the chip is not known.  False: refused, *why, and the answer is sent. */
static bool judge(struct weft_port *port, struct weftu_peer *p, const struct weft_view *v,
		  const struct weft_gate *g, const struct wio_addr *from, weft_time now,
		  enum weft_drop *why)
{
	uint32_t arg = 0;

	*why = WEFT_DROP_STALE_SYN;
	switch (weft_admit(p ? &p->core : NULL, v, g, &arg)) {
	case WEFT_ADMIT_STALE:
		nack(port, v, from, WEFT_NACK_NEW_START_PSN, arg, now);
		return false;
	case WEFT_ADMIT_GONE:
		nack(port, v, from, WEFT_NACK_RESET, 0, now);	/* WEFT-PDC-075 */
		return false;
	case WEFT_ADMIT_OLD:
		return false;
	case WEFT_ADMIT_COOKIE:
		*why = WEFT_DROP_BAD_COOKIE;
		nack(port, v, from, WEFT_NACK_COOKIE, arg, now);	/* WEFT-PDC-025 */
		return false;
	case WEFT_ADMIT_RESTARTED:
		weftu_ctx_fail_peer(port, p, WEFT_STATUS_PEER_RESET);
		return true;
	case WEFT_ADMIT:
		return true;
	}
	return false;
}

/* Judges a SYN of no context yet: NULL if none is to be opened, *why, and the answer is sent. */
static struct weftu_peer *admit(struct weft_port *port, const struct weft_view *v,
				const struct wio_addr *from, weft_time now, enum weft_drop *why)
{
	struct weft_gate g = gate(port, from, now);
	struct weftu_peer *p;

	*why = WEFT_DROP_DOMAIN;	/* WEFT-PDC-090 */
	if (!offered(port, v)) {
		if (!WEFT_MUTANT(MODE_SILENT))
			nack(port, v, from, WEFT_NACK_MODE, 0, now);
		return NULL;
	}
	*why = WEFT_DROP_BUSY;		/* WEFT-PDC-009 */
	if (!has_room(port)) {
		nack(port, v, from, WEFT_NACK_BUSY, 0, now);
		return NULL;
	}
	p = weftu_peer_find(port, v->syn.chip_id);
	if (!judge(port, p, v, &g, from, now, why))
		return NULL;
	if (p)
		return p;
	*why = WEFT_DROP_BUSY;
	p = weftu_peer_get(port, v->syn.chip_id, now);
	if (p && judge(port, p, v, &g, from, now, why))
		return p;
	if (!p)
		nack(port, v, from, WEFT_NACK_BUSY, 0, now);
	return NULL;
}

static void open_packet(struct weft_port *port, const struct weft_view *v,
			const struct wio_addr *from, weft_time now)
{
	struct weftu_peer *p = weftu_peer_find(port, v->syn.chip_id);
	struct weftu_ctx *ctx = find_opened(p, v);
	enum weft_drop why;

	if (ctx) {
		feed(ctx, v, from, now);
		return;
	}
	p = admit(port, v, from, now, &why);
	if (!p) {
		count(port, why);
		return;
	}
	ctx = weftu_ctx_accept(port, p, v, from, now);
	if (ctx) {
		feed(ctx, v, from, now);
		return;
	}
	count(port, WEFT_DROP_BUSY);		/* out of memory */
	nack(port, v, from, WEFT_NACK_BUSY, 0, now);
}

/* ---- Finding --------------------------------------------------------------------- */

static void context_packet(struct weft_port *port, const struct weft_view *v,
			   const struct wio_addr *from, weft_time now)
{
	struct weftu_ctx *ctx = weft_ids_get(&port->ctx_ids, v->d.pdc_id);

	if (WEFT_MUTANT(FLOOD_STOPS_WORK) && port->answer_credit < ANSWER_UNIT)
		return;
	if (ctx) {
		feed(ctx, v, from, now);
		return;
	}
	count(port, WEFT_DROP_NO_CONTEXT);
	if (WEFT_MUTANT(NO_CONTEXT_SILENT))
		return;
	nack(port, v, from, WEFT_NACK_NO_CONTEXT, 0, now);	/* WEFT-PDC-010 */
	if (WEFT_MUTANT(STRAY_TWICE))
		nack(port, v, from, WEFT_NACK_NO_CONTEXT, 0, now);
}

/* The peer does not know the context; the engine judges whether it proves that. */
static void remote_packet(struct weft_port *port, const struct weft_view *v,
			  const struct wio_addr *from, weft_time now)
{
	uint64_t key = weftu_remote_key(from, v->b.nack.h.echo_pdc);
	struct weftu_ctx *c = weftu_map_get(&port->remotes, key), *best = NULL;

	for (; c; c = c->remote_next) {
		if (weft_pdc_peer_id(c->pdc) != v->b.nack.h.echo_pdc || c->over)
			continue;
		if (!best || weftu_addr_same(&c->addr, from))
			best = c;
	}
	if (best)
		feed(best, v, from, now);
	else
		count(port, WEFT_DROP_BAD_ECHO);
}

/* WEFT-RTX-017: nobody answers what anybody can have made. */
static void trimmed_packet(struct weft_port *port, const struct weft_view *v)
{
	struct weftu_ctx *ctx = weft_ids_get(&port->ctx_ids, v->d.pdc_id);

	if (!ctx || ctx->over) {
		count(port, WEFT_DROP_TRIMMED);
		return;
	}
	weft_rx_trimmed(ctx->pdc, v);
	weftu_activate(ctx);
}

void weftu_door(struct weft_port *port, const struct wio_frame *f, weft_time now)
{
	struct weft_view v;
	enum weft_drop why = weft_parse(&v, f->data, f->len);

	if (why == WEFT_DROP_NONE && !weft_crc_ok(&v))
		why = WEFT_DROP_CRC;
	if (why == WEFT_DROP_TRIMMED) {
		trimmed_packet(port, &v);
		return;
	}
	if (why != WEFT_DROP_NONE) {
		count(port, why);
		if (why == WEFT_DROP_VERSION)
			reject_version(port, &v, f, now);
		return;
	}
	v.ce |= f->ce;
	switch (weft_route(&v)) {
	case WEFT_ROUTE_CONTEXT:
		context_packet(port, &v, &f->src, now);
		return;
	case WEFT_ROUTE_OPEN:
		open_packet(port, &v, &f->src, now);
		return;
	case WEFT_ROUTE_REMOTE:
		remote_packet(port, &v, &f->src, now);
		return;
	case WEFT_ROUTE_ALONE:
		weftu_alone(port, &v, &f->src, now);
		return;
	case WEFT_ROUTE_DGRAM:
		weftu_dgram_packet(port, &v, &f->src);
		return;
	case WEFT_ROUTE_NONE:
		count(port, WEFT_MUTANT(NAMELESS_MISCOUNTED) ? WEFT_DROP_UNEXPECTED :
		      WEFT_DROP_NO_CONTEXT);
		nack(port, &v, &f->src, WEFT_NACK_NO_CONTEXT, 0, now);
		return;
	}
}
