/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Observers: what every packet of the device must be like, whatever the case is about.
 */
#include "conformance/observe.h"
#include "conformance/requirements.h"

#include <stdio.h>
#include <string.h>

const char wc_observed[] =
	"WEFT-CONV-002 WEFT-PKT-005 WEFT-PKT-012 "			/* form */
	"WEFT-PDC-001 WEFT-PDC-015 WEFT-ACK-001 WEFT-ACK-002 WEFT-ACK-009 "	/* behaviour */
	"WEFT-ACK-011 WEFT-RTX-001 WEFT-MGT-005 WEFT-PKT-032 WEFT-SEM-092 "
	"WEFT-MEM-052 WEFT-MEM-053 WEFT-MEM-074";

static void observe_form(struct wc_observer *o, size_t i)
{
	const struct wc_view *v = o->v;

	o->at = i;
	if (wc_ob_hit(o, v->wrong[i], "OBS_FORM", "a packet of the device is well-formed"))
		return;
	wc_ob_hit(o, !v->f[i].crc_ok, "OBS_CRC", "the CRC of each packet is right");
	wc_ob_hit(o, wc_frame_reserved(&v->f[i]), "OBS_RESERVED", "reserved field %s is zero",
		  wc_frame_reserved(&v->f[i]));
	wc_ob_hit(o, v->f[i].used != v->t->rec[i].len, "OBS_FORM",
		  "nothing follows the CRC of a packet");
	if (o->sight)		/* in the field it may be a switch's */
		return;
	wc_ob_hit(o, v->f[i].fabric & (WC_FB_CE | WC_FB_TRIM), "OBS_MARK",
		  "CE and TRIM are clear in what a chip sends");
	wc_ob_hit(o, v->t->rec[i].flags & WC_X_CE, "OBS_MARK",
		  "the IP header of what a chip sends says that it may be marked, not that it is");
}

void wc_observe_form(const struct wc_view *v, struct wc_hit *h)
{
	struct wc_observer o = { .v = v, .hit = h };

	for (size_t i = 0; i < v->count && !h->code; i++)
		if (v->t->rec[i].kind == WC_R_RX)
			observe_form(&o, i);
}

/* ---- what it sent ---------------------------------------------------------------------- */

static bool was_sent(const struct wc_observer *o, const struct wc_track *t, uint32_t psn)
{
	uint32_t at = t->sent[psn % WC_RING];

	return at && o->v->f[at - 1].psn == psn;
}

/* In a capture: remember that psn was acknowledged and not sent, by what was seen. */
static void remember(struct wc_observer *o, struct wc_track *t, const char *code, uint32_t psn)
{
	if (o->sight && t->n_claims < WC_CLAIMS)
		t->claim[t->n_claims++] = (struct wc_claim){ code, psn, o->at };
}

static void check_bitmap(struct wc_observer *o, struct wc_track *t, const struct wc_frame *f)
{
	for (uint32_t i = 0; i < f->words * 64; i++) {
		uint32_t psn = (uint32_t)f->sack_base + i;

		if (f->sack[i / 64] >> (63 - i % 64) & 1 &&
		    wc_ob_doubt(o, !was_sent(o, t, psn), "OBS_SACK_UNSENT",
				"the bitmap holds only what was sent, and PSN %u was not", psn))
			remember(o, t, "OBS_SACK_UNSENT", psn);
	}
}

static void check_acks(struct wc_observer *o, struct wc_track *t, const struct wc_frame *f)
{
	uint32_t until = (uint32_t)f->ack_psn + 1;

	if (f->flags & WC_F_AKV) {
		while (wc_before(t->cum, until) && was_sent(o, t, t->cum))
			t->cum++;
		if (wc_ob_doubt(o, wc_before(t->cum, until), "OBS_ACK_UNSENT",
				"ack_psn covers only what was sent, and PSN %u was not", t->cum)) {
			remember(o, t, "OBS_ACK_UNSENT", t->cum);
			t->cum = until;
		}
	}
	if (f->type == WC_ACK)
		check_bitmap(o, t, f);
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

/*
 * The first one may come last: where packets overtake each other, as two processors of a host send
 * them, it alone is unmarked, and what was sent again came before it.
 */
static bool came_late(const struct wc_observer *o, size_t first, const struct wc_frame *f)
{
	if (!(o->v->f[first].flags & WC_F_RTX))
		return false;
	for (size_t i = first + 1; i < o->at; i++) {
		const struct wc_frame *g = &o->v->f[i];

		if (wc_view_rx(o->v, i) && g->pdc_id == f->pdc_id && g->psn == f->psn &&
		    g->type == f->type && !(g->flags & WC_F_RTX))
			return false;
	}
	return true;
}

/* Its PSN came before: is it the same packet again, and marked as such? */
static void check_again(struct wc_observer *o, size_t first, const struct wc_frame *f)
{
	const struct wc_rec *a = &o->v->t->rec[first], *b = &o->v->t->rec[o->at];
	const struct wc_frame *before = &o->v->f[first];
	bool unmarked = !(f->flags & WC_F_RTX);
	char where[32];

	snprintf(where, sizeof(where), "#%zu", first);
	if (a->name[0])
		snprintf(where, sizeof(where), "%.24s", a->name);
	/* A network may double a packet, or bring the first one last. */
	if (o->sight && ((a->len == b->len && !memcmp(a->bytes, b->bytes, a->len)) ||
			 before->flags & WC_F_RTX))
		wc_ob_doubt(o, unmarked, "OBS_RTX_FLAG", "a packet sent again has RTX set (first "
			    "in %s); but the network may have doubled it", where);
	else
		wc_ob_hit(o, unmarked && !came_late(o, first, f), "OBS_RTX_FLAG",
			  "a packet sent again has RTX set (first in %s)", where);
	wc_ob_hit(o, !same(before, f), "OBS_RTX_BYTES", "a packet sent again is the same (first "
		  "in %s)", where);
}

static void check_psn(struct wc_observer *o, struct wc_track *t, const struct wc_frame *f)
{
	uint32_t psn = (uint32_t)f->psn, *first = &t->first[psn % WC_MAX_WINDOW];
	uint32_t edge = t->acked ? t->edge : t->peer_start + t->window;

	if ((t->acked || t->peer_known) &&
	    wc_ob_doubt(o, !wc_before(psn, edge), "OBS_WINDOW",
			"PSNs are before %u: our acknowledgement and window", edge) &&
	    (!t->beyond || wc_before(t->beyond_psn, psn))) {
		t->beyond = o->at + 1;
		t->beyond_psn = psn;
	}
	if (*first && o->v->f[*first - 1].psn == psn)
		check_again(o, *first - 1, f);
	else
		*first = (uint32_t)o->at + 1;
}

/* WEFT-PDC-015 */
static void check_ctrl(struct wc_observer *o, const struct wc_frame *f)
{
	struct wc_tlv_view tlv;
	unsigned critical = 0;

	for (unsigned n = 0; wc_frame_tlv(f, n, &tlv); n++)
		critical += (tlv.type & WC_TLV_CRITICAL) != 0;
	wc_ob_hit(o, critical != 1, "OBS_CTRL",
		  "a CTRL packet of a context holds one critical TLV");
}

/* An answer to a message that nobody sent?  Where the capture lacks the stream, who knows. */
static void check_asked(struct wc_observer *o, const struct wc_frame *f)
{
	struct wc_asker *a = wc_ob_asker(o, f->qpn);

	if (f->status == WC_NO_STREAM || f->msn == 0xffffffff || (o->sight && !a) || (a && a->any))
		return;
	if (wc_ob_doubt(o, !a || wc_before(a->msn, f->msn), "OBS_UNASKED",
		  "answers are to messages that were sent") && a && !a->early) {
		a->early = o->at + 1;
		a->early_msn = (uint32_t)f->msn;
	}
}

static void check_data(struct wc_observer *o, const struct wc_track *t, const struct wc_frame *f)
{
	bool answer = f->opcode == WC_READ_RSP || f->opcode == WC_ATOMIC_RSP ||
		      f->opcode == WC_TACK;

	wc_ob_hit(o, f->body_len > t->payload, "OBS_PAYLOAD", "payloads are at most %u bytes",
	    t->payload);
	if (answer)
		check_asked(o, f);
	if (f->opcode == WC_READ_RSP)
		wc_ob_hit(o, f->offset > f->msg_len || f->length > f->msg_len - f->offset,
		    "OBS_RSP_RANGE", "READ data stay in the message");
}

/* Answers are packed as they must be: no more than we take, padded with zeros. */
static void check_mem(struct wc_observer *o, const struct wc_track *t, const struct wc_frame *f)
{
	uint32_t at = f->memops * wc_h_memop.bytes, limit = t->payload > 80 ? t->payload : 80;

	wc_ob_hit(o, f->flags & (WC_F_SYN | WC_F_AKV), "OBS_MEM_FLAGS",
		  "MEM bears neither SYN nor AKV");
	wc_ob_hit(o, f->body_len > limit, "OBS_PAYLOAD", "operations take at most %u bytes", limit);
	for (uint32_t i = 0; i < f->memops; i++) {
		uint32_t len, used;
		struct wc_memop op;

		wc_unpack(&wc_h_memop, f->body + i * wc_h_memop.bytes, &op);
		len = wc_memop_extra(&op);
		used = op.code == WC_M_DATA ? 1u << op.size : len;
		for (uint32_t k = used; k < len; k++)
			wc_ob_hit(o, f->body[at + k], "OBS_MEM_PADDING", "padding is zeros");
		at += len;
	}
}

static void check_syn(struct wc_observer *o, struct wc_track *t, const struct wc_frame *f)
{
	if (!(f->flags & WC_F_SYN)) {
		if (f->type != WC_NACK &&
		    wc_ob_doubt(o, !t->plain_sent, "OBS_NO_SYN",
				"SYN is sent until we show that we know the device's context") &&
		    !t->early)
			t->early = o->at + 1;
		return;
	}
	if (!t->peer_known) {
		t->peer_known = true;
		t->peer_id = (uint32_t)f->syn_pdc;
		t->peer_start = (uint32_t)f->syn_start;
		t->chip = f->syn_chip;
	}
	wc_ob_hit(o, f->syn_pdc != t->peer_id || f->syn_start != t->peer_start ||
		  f->syn_chip != t->chip, "OBS_SYN_CHANGED", "SYN says the same each time");
}

static void see_rx(struct wc_observer *o, const struct wc_frame *f)
{
	struct wc_track *t;

	if (!f->pdc_id) {
		if (f->flags & WC_F_SYN)
			wc_ob_caller(o);
		return;
	}
	t = wc_ob_addressed(o, f);
	if (wc_ob_hit(o, !t, "OBS_PDC_ID", "packets are for a context of ours"))
		return;
	if (wc_ob_hit(o, (f->flags & WC_F_GEN) != t->gen && !t->reused, "OBS_GEN",
		"GEN is the generation that we gave: %u", t->gen) ||
	    (f->flags & WC_F_GEN) != t->gen)
		return;		/* of an earlier context under this id */
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

static void observe_behaviour(struct wc_observer *o, size_t i)
{
	const struct wc_rec *r = &o->v->t->rec[i];

	o->at = i;
	if (r->kind == WC_R_OP && r->len == WC_OP_BYTES)
		wc_ob_op(o, r);
	else if (r->kind == WC_R_TX && !o->v->wrong[i])
		wc_ob_tx(o, r, &o->v->f[i]);
	else if (wc_view_rx(o->v, i))
		see_rx(o, &o->v->f[i]);
}

void wc_observe_behaviour(const struct wc_view *v, struct wc_hit *h)
{
	struct wc_observer o = { .v = v, .hit = h };

	for (size_t i = 0; i < v->count && !h->code; i++)
		observe_behaviour(&o, i);
	wc_ob_free(&o);
}

void wc_observe_capture(const struct wc_view *v, struct wc_sight *sight, unsigned n)
{
	struct wc_observer o = { .v = v, .sight = sight, .sights = n };

	for (size_t i = 0; i < v->count; i++) {
		if (v->t->rec[i].kind == WC_R_RX)
			observe_form(&o, i);
		observe_behaviour(&o, i);
	}
	wc_ob_free(&o);
}
