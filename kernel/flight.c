// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What happens in a context, told to tracepoints and to its flight recorder; and the record kept
 * when something fails.  Decides what is worth an entry and when a record is kept; how records and
 * contexts look in debugfs is flight_show.c's.
 */
#define CREATE_TRACE_POINTS
#include "kernel/inner.h"

#include "kernel/events.h"

#define KEEP_EVERY_NS (100 * NSEC_PER_MSEC)	/* one failure has many errors */

static struct weftk_entry *entry(struct weftk_ctx *ctx, enum weftk_seen seen)
{
	struct weftk_flight *f = &ctx->flight;
	struct weftk_entry *e = &f->ring[f->n++ & (WEFTK_FLIGHT_ENTRIES - 1)];

	*e = (struct weftk_entry){ .at = ctx->shard->now, .seen = (u8)seen };
	return e;
}

static u64 chip_of(const struct weftk_ctx *ctx)
{
	return ctx->peer->core.chip_id;
}

/* WEFT-VRB-050 */
void weftk_saw_in(struct weftk_ctx *ctx, const struct weft_view *v, u8 why)
{
	struct weftk_entry *e = entry(ctx, WEFTK_SEEN_IN);

	e->psn = v->d.psn;
	e->code = v->d.type;
	e->status = why;
	if (v->d.type == WEFT_PTYPE_DATA) {
		e->op = v->b.data.op.opcode;
		e->qpn = v->b.data.op.qpn;
		e->msn = v->b.data.op.msn;
		e->len = v->b.data.op.length;
	}
	trace_weft_packet_in(chip_of(ctx), ctx->id, e, weft_drop_name(why));
}

/* DATA, MEM and CTRL have a PSN of their own; the others tell of one. */
static bool has_psn(u8 type)
{
	return type == WEFT_PTYPE_DATA || type == WEFT_PTYPE_MEM || type == WEFT_PTYPE_CTRL;
}

static u8 opcode_of(const struct weft_txd *t, const struct weft_hdr_delivery *d)
{
	u32 at = WEFT_HDR_DELIVERY_LEN;
	struct weft_hdr_op op;

	if (d->type != WEFT_PTYPE_DATA)
		return 0;
	if (d->flags & WEFT_DFLAGS_SYN)
		at += WEFT_HDR_SYN_LEN;
	weft_hdr_op_unpack(&op, t->hdr + at);
	return op.opcode;
}

void weftk_saw_out(struct weftk_ctx *ctx, const struct weft_txd *t)
{
	struct weftk_entry *e = entry(ctx, WEFTK_SEEN_OUT);
	struct weftk_flight *f = &ctx->flight;
	struct weft_hdr_delivery d;

	weft_hdr_delivery_unpack(&d, t->hdr);
	e->psn = t->psn;
	e->msn = t->msn;
	e->code = d.type;
	e->op = opcode_of(t, &d);
	e->qpn = t->stream ? weft_stream_qpn(t->stream) : 0;
	e->len = (u16)t->len;
	if (has_psn(d.type)) {
		e->status = f->newest && (s32)(t->psn - f->newest) < 0;
		if (!e->status)
			f->newest = t->psn + 1;
	}
	trace_weft_packet_out(chip_of(ctx), ctx->id, e, e->status ? "again" : "first");
}

void weftk_saw_refusal(struct weftk_ctx *ctx, const struct weft_act *act, u8 st)
{
	struct weftk_entry *e = entry(ctx, WEFTK_SEEN_REFUSED);

	e->code = (u8)act->type;
	e->msn = act->msn;
	e->qpn = act->stream ? weft_stream_qpn(act->stream) : 0;
	e->status = st;
	trace_weft_refuse(chip_of(ctx), ctx->id, e->qpn, e->msn, weftk_act_name(e->code), st);
}

/* ---- Failures ----------------------------------------------------------------------- */

/* Those that somebody asked for are none. */
static bool is_failure(const struct weft_act *act)
{
	if (act->type == WEFT_ACT_COMPLETE)
		return act->wc.status != WEFT_STATUS_OK && act->wc.status != WEFT_STATUS_FLUSHED;
	return (act->event == WEFT_EV_STREAM_ERROR || act->event == WEFT_EV_PDC_FAILED) &&
	       act->wc.status != WEFT_STATUS_DISCONNECTED &&
	       act->wc.status != WEFT_STATUS_FLUSHED;
}

/* WEFT-VRB-051 */
static void keep(struct weftk_ctx *ctx, u32 qpn, u8 st)
{
	struct weftk_flights *all = ctx->dev->flights;
	struct weftk_flight *f = &ctx->flight;
	struct weftk_kept_flight *k;

	if (f->kept_at && ctx->shard->now - f->kept_at < KEEP_EVERY_NS)
		return;
	f->kept_at = ctx->shard->now;
	spin_lock(&all->lock);
	k = &all->kept[all->n++ % WEFTK_FLIGHTS];
	k->chip = chip_of(ctx);
	k->addr = ctx->addr;
	k->context = ctx->id;
	k->qpn = qpn;
	k->status = st;
	k->at = f->kept_at;
	weft_pdc_gauges(ctx->pdc, &k->gauges);
	k->flight = *f;
	spin_unlock(&all->lock);
}

void weftk_saw_act(struct weftk_ctx *ctx, const struct weft_act *act)
{
	bool done = act->type == WEFT_ACT_COMPLETE;
	struct weftk_entry *e = entry(ctx, done ? WEFTK_SEEN_DONE : WEFTK_SEEN_EVENT);

	e->qpn = act->stream ? weft_stream_qpn(act->stream) : 0;
	e->status = (u8)act->wc.status;
	e->code = done ? act->wc.opcode : (u8)act->event;
	e->msn = done ? (u32)act->wc.id : act->arg;
	if (done)
		trace_weft_complete(chip_of(ctx), ctx->id, e->qpn, act->wc.id,
				    weft_opcode_name(e->code), e->status);
	else
		trace_weft_event(chip_of(ctx), ctx->id, e->qpn, act->arg,
				 weftk_event_name(e->code), e->status);
	if (is_failure(act))
		keep(ctx, e->qpn, e->status);
}
