/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Observers: what every packet of the device must be like, whatever the case is about.
 */
#include "conformance/requirements.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPAN	65536u		/* PSNs of a context that are followed */
#define TRACKS	WC_CTXS

const char wc_observed[] =
	"WEFT-CONV-002 WEFT-PKT-005 "					/* form */
	"WEFT-PDC-001 WEFT-PDC-015 WEFT-ACK-001 WEFT-ACK-002 WEFT-ACK-009 "	/* behaviour */
	"WEFT-ACK-011 WEFT-RTX-001 WEFT-MGT-005 WEFT-PKT-032 WEFT-SEM-092 "
	"WEFT-MEM-052 WEFT-MEM-053 WEFT-MEM-074";

/* One context as the transcript shows it. */
struct track {
	uint32_t id, gen, start, window, payload;
	bool peer_known, plain_sent;	/* plain: without SYN */
	uint32_t peer_id, peer_start;
	uint64_t chip;
	bool acked;			/* we acknowledged something: our_ack is meaningful */
	uint32_t our_ack;		/* latest ack_psn of ours */
	uint32_t cum;			/* PSNs from start that the device acknowledged in order */
	uint8_t sent[SPAN / 8];		/* that we sent and meant, by PSN - start */
	uint32_t first[WC_MAX_WINDOW];	/* record + 1 of the device's PSN, modulo */
};

struct observer {
	const struct wc_view *v;
	struct wc_hit *hit;
	struct track *track;
	unsigned n;
	size_t at;
	const struct wc_frame *caller;	/* the device's latest packet that is to open a context */
};

__attribute__((format(printf, 4, 5)))
static bool hit(struct observer *o, bool bad, const char *code, const char *fmt, ...)
{
	va_list ap;

	if (!bad || o->hit->code)
		return bad;
	o->hit->code = code;
	o->hit->at = o->at;
	va_start(ap, fmt);
	vsnprintf(o->hit->text, sizeof(o->hit->text), fmt, ap);
	va_end(ap);
	return true;
}

void wc_observe_form(const struct wc_view *v, struct wc_hit *h)
{
	struct observer o = { .v = v, .hit = h };

	for (size_t i = 0; i < v->count && !h->code; i++) {
		if (v->t->rec[i].kind != WC_R_RX)
			continue;
		o.at = i;
		if (hit(&o, v->wrong[i], "OBS_FORM", "a packet of the device is well-formed"))
			return;
		hit(&o, !v->f[i].crc_ok, "OBS_CRC", "the CRC of each packet is right");
		hit(&o, wc_frame_reserved(&v->f[i]), "OBS_RESERVED",
		    "reserved field %s is zero", wc_frame_reserved(&v->f[i]));
		hit(&o, v->f[i].used != v->t->rec[i].len, "OBS_FORM",
		    "nothing follows the CRC of a packet");
	}
}

/* ---- what we sent ---------------------------------------------------------------------- */

static struct track *by_id(struct observer *o, uint64_t id)
{
	for (unsigned i = o->n; i-- > 0;)
		if (o->track[i].id == id)
			return &o->track[i];
	return NULL;
}

static struct track *by_peer(struct observer *o, uint64_t peer_id)
{
	for (unsigned i = o->n; i-- > 0;)
		if (o->track[i].peer_known && o->track[i].peer_id == peer_id)
			return &o->track[i];
	return NULL;
}

static struct track *track_syn(struct observer *o, const struct wc_frame *f)
{
	struct track *t = by_id(o, f->syn_pdc);

	if (t || o->n == TRACKS)
		return t;
	t = &o->track[o->n++];
	memset(t, 0, sizeof(*t));
	t->id = (uint32_t)f->syn_pdc;
	t->gen = (uint32_t)f->syn_gen;
	t->start = (uint32_t)f->syn_start;
	t->window = (uint32_t)f->syn_window;
	t->payload = (uint32_t)f->syn_payload;
	return t;
}

/* We are the target: the device's side of the context is in the packet that opened it. */
static void track_caller(struct observer *o, struct track *t, const struct wc_frame *f)
{
	if (!o->caller || o->caller->syn_pdc != f->pdc_id)
		return;
	t->peer_known = true;
	t->peer_id = (uint32_t)f->pdc_id;
	t->peer_start = (uint32_t)o->caller->syn_start;
	t->chip = o->caller->syn_chip;
}

static void see_tx(struct observer *o, const struct wc_rec *r, const struct wc_frame *f)
{
	struct track *t;
	uint32_t off;

	if (r->flags & WC_T_BAD) {
		if (f->flags & WC_F_SYN)	/* its refusal comes to this context */
			track_syn(o, f);
		return;
	}
	t = f->flags & WC_F_SYN ? track_syn(o, f) : by_peer(o, f->pdc_id);
	if (!t)
		return;
	if (f->flags & WC_F_SYN && f->pdc_id && !t->peer_known)
		track_caller(o, t, f);
	if (!(f->flags & WC_F_SYN) || f->pdc_id)
		t->plain_sent = true;	/* it shows that we know the device's context */
	if (f->flags & WC_F_AKV) {
		t->acked = true;
		t->our_ack = (uint32_t)f->ack_psn;
	}
	off = (uint32_t)f->psn - t->start;
	if ((f->type == WC_DATA || f->type == WC_CTRL || f->type == WC_MEM) && off < SPAN)
		t->sent[off / 8] |= (uint8_t)(1u << off % 8);
}

/* ---- what it sent ---------------------------------------------------------------------- */

static bool was_sent(const struct track *t, uint32_t off)
{
	return off < SPAN && t->sent[off / 8] >> off % 8 & 1;
}

static void check_acks(struct observer *o, struct track *t, const struct wc_frame *f)
{
	uint32_t until = (uint32_t)f->ack_psn + 1 - t->start;

	if (f->flags & WC_F_AKV) {
		if (until > 0x80000000u)
			until = 0;
		for (; t->cum < until && was_sent(t, t->cum); t->cum++)
			;
		hit(o, t->cum < until, "OBS_ACK_UNSENT",
		    "ack_psn covers only what was sent, and PSN %u was not", t->start + t->cum);
	}
	if (f->type != WC_ACK)
		return;
	for (uint32_t i = 0; i < f->words * 64; i++)
		if (f->sack[i / 64] >> (63 - i % 64) & 1)
			hit(o, !was_sent(t, (uint32_t)f->sack_base + i - t->start),
			    "OBS_SACK_UNSENT", "the bitmap holds only what was sent, and PSN %u "
				"was not",
			    (uint32_t)f->sack_base + i);
}

/* Is this the same packet again, as far as a repetition may not change it?  WEFT-SEM-092 */
static bool same(const struct wc_frame *a, const struct wc_frame *b)
{
	if (b->type == WC_DATA && (b->opcode == WC_NOP || b->opcode == WC_TACK))
		return true;
	if (a->type != b->type || a->opcode != b->opcode || a->qpn != b->qpn || a->msn != b->msn ||
	    a->offset != b->offset || a->old != b->old || a->body_len != b->body_len)
		return false;
	return (b->type == WC_DATA && b->opcode == WC_READ_RSP) ||	/* what memory holds now */
	       !memcmp(a->body, b->body, b->body_len);
}

static void check_psn(struct observer *o, struct track *t, const struct wc_frame *f)
{
	uint32_t psn = (uint32_t)f->psn, *first = &t->first[psn % WC_MAX_WINDOW];
	uint32_t edge = (t->acked ? t->our_ack + 1 : t->peer_start) + t->window;
	const struct wc_frame *before = *first ? &o->v->f[*first - 1] : NULL;

	hit(o, !wc_before(psn, edge), "OBS_WINDOW", "PSNs are before %u: our acknowledgement and "
	    "window", edge);
	if (before && before->psn == psn) {
		hit(o, !(f->flags & WC_F_RTX), "OBS_RTX_FLAG",
		    "a packet sent again has RTX set (first in #%u)", *first - 1);
		hit(o, !same(before, f), "OBS_RTX_BYTES",
		    "a packet sent again is the same (first in #%u)", *first - 1);
	}
	if (!before || before->psn != psn)
		*first = (uint32_t)o->at + 1;
}

/* WEFT-PDC-015 */
static void check_ctrl(struct observer *o, const struct wc_frame *f)
{
	struct wc_tlv_view tlv;
	unsigned critical = 0;

	for (unsigned n = 0; wc_frame_tlv(f, n, &tlv); n++)
		critical += (tlv.type & WC_TLV_CRITICAL) != 0;
	hit(o, critical != 1, "OBS_CTRL", "a CTRL packet of a context holds one critical TLV");
}

static bool asked(const struct observer *o, const struct wc_frame *f)
{
	for (size_t i = 0; i < o->at; i++) {
		const struct wc_rec *r = &o->v->t->rec[i];

		if (r->kind == WC_R_OP && r->len == WC_OP_BYTES &&
		    wc_get(r->bytes + 8, 4) == f->qpn &&
		    !wc_before(wc_get(r->bytes + 12, 4), f->msn))
			return true;
	}
	return false;
}

static void check_data(struct observer *o, const struct track *t, const struct wc_frame *f)
{
	bool answer = f->opcode == WC_READ_RSP || f->opcode == WC_ATOMIC_RSP ||
		      f->opcode == WC_TACK;

	hit(o, f->body_len > t->payload, "OBS_PAYLOAD", "payloads are at most %u bytes",
	    t->payload);
	hit(o, answer && f->status != WC_NO_STREAM && f->msn != 0xffffffff && !asked(o, f),
	    "OBS_UNASKED", "answers are to messages that were sent");
	hit(o, f->opcode == WC_READ_RSP && (f->offset > f->msg_len ||
	    f->length > f->msg_len - f->offset), "OBS_RSP_RANGE", "READ data stay in the message");
}

/* Answers are packed as they must be: no more than we take, padded with zeros. */
static void check_mem(struct observer *o, const struct track *t, const struct wc_frame *f)
{
	uint32_t at = f->memops * wc_h_memop.bytes, limit = t->payload > 80 ? t->payload : 80;

	hit(o, f->flags & (WC_F_SYN | WC_F_AKV), "OBS_MEM_FLAGS", "MEM bears neither SYN nor AKV");
	hit(o, f->body_len > limit, "OBS_PAYLOAD", "operations take at most %u bytes", limit);
	for (uint32_t i = 0; i < f->memops; i++) {
		uint32_t len, used;
		struct wc_memop op;

		wc_unpack(&wc_h_memop, f->body + i * wc_h_memop.bytes, &op);
		len = wc_memop_extra(&op);
		used = op.code == WC_M_DATA ? 1u << op.size : len;
		for (uint32_t k = used; k < len; k++)
			hit(o, f->body[at + k], "OBS_MEM_PADDING", "padding is zeros");
		at += len;
	}
}

static void check_syn(struct observer *o, struct track *t, const struct wc_frame *f)
{
	if (!(f->flags & WC_F_SYN)) {
		hit(o, f->type != WC_NACK && !t->plain_sent, "OBS_NO_SYN",
		    "SYN is sent until we show that we know the device's context");
		return;
	}
	if (!t->peer_known) {
		t->peer_known = true;
		t->peer_id = (uint32_t)f->syn_pdc;
		t->peer_start = (uint32_t)f->syn_start;
		t->chip = f->syn_chip;
	}
	hit(o, f->syn_pdc != t->peer_id || f->syn_start != t->peer_start || f->syn_chip != t->chip,
	    "OBS_SYN_CHANGED", "SYN says the same each time");
}

static void see_rx(struct observer *o, const struct wc_frame *f)
{
	struct track *t;

	if (!f->pdc_id) {
		o->caller = f->flags & WC_F_SYN ? f : o->caller;
		return;
	}
	t = by_id(o, f->pdc_id);
	if (hit(o, !t, "OBS_PDC_ID", "packets are for a context of ours"))
		return;
	hit(o, (f->flags & WC_F_GEN) != t->gen, "OBS_GEN", "GEN is the generation that we gave: %u",
	    t->gen);
	check_syn(o, t, f);
	check_acks(o, t, f);
	if (f->type != WC_DATA && f->type != WC_CTRL && f->type != WC_MEM)
		return;
	check_psn(o, t, f);
	if (f->type == WC_CTRL)
		check_ctrl(o, f);
	else if (f->type == WC_DATA)
		check_data(o, t, f);
	else
		check_mem(o, t, f);
}

void wc_observe_behaviour(const struct wc_view *v, struct wc_hit *h)
{
	struct observer o = { .v = v, .hit = h };

	o.track = calloc(TRACKS, sizeof(*o.track));
	if (!o.track)
		return;
	for (size_t i = 0; i < v->count && !h->code; i++) {
		o.at = i;
		if (v->t->rec[i].kind == WC_R_TX && !v->wrong[i])
			see_tx(&o, &v->t->rec[i], &v->f[i]);
		else if (wc_view_rx(v, i))
			see_rx(&o, &v->f[i]);
	}
	free(o.track);
}
