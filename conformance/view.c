/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Questions to a transcript.  All are linear walks: a case has hundreds of records, not millions.
 */
#include "conformance/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void wc_view_init(struct wc_view *v, const struct wc_transcript *t)
{
	memset(v, 0, sizeof(*v));
	v->t = t;
}

void wc_view_free(struct wc_view *v)
{
	free(v->f);
	free(v->wrong);
	memset(v, 0, sizeof(*v));
}

void wc_view_update(struct wc_view *v)
{
	while (v->count < v->t->count) {
		const struct wc_rec *r = &v->t->rec[v->count];

		if (v->count == v->room) {
			v->room = v->room ? v->room * 2 : 256;
			v->f = realloc(v->f, v->room * sizeof(*v->f));
			v->wrong = realloc(v->wrong, v->room * sizeof(*v->wrong));
			if (!v->f || !v->wrong) {
				fputs("weft-conform: out of memory\n", stderr);
				exit(3);
			}
		}
		v->wrong[v->count] = "no packet";
		if (r->kind == WC_R_TX || r->kind == WC_R_RX)
			v->wrong[v->count] = wc_frame_parse(&v->f[v->count], r->bytes, r->len);
		v->count++;
	}
}

bool wc_view_rx(const struct wc_view *v, size_t i)
{
	return v->t->rec[i].kind == WC_R_RX && !v->wrong[i] && v->f[i].crc_ok;
}

size_t wc_view_mark(const struct wc_view *v, const char *name)
{
	for (size_t i = 0; i < v->count; i++)
		if (v->t->rec[i].kind == WC_R_MARK && !strcmp(v->t->rec[i].name, name))
			return i;
	return WC_NONE;
}

uint64_t wc_view_value(const struct wc_view *v, const char *name, uint64_t otherwise)
{
	for (size_t i = v->count; i-- > 0;)
		if (v->t->rec[i].kind == WC_R_VALUE && !strcmp(v->t->rec[i].name, name))
			return v->t->rec[i].value;
	return otherwise;
}

void wc_op_pack(const struct wc_op *op, uint8_t out[WC_OP_BYTES])
{
	wc_put(out, (uint64_t)op->kind, 4);
	wc_put(out + 4, op->pdc, 4);
	wc_put(out + 8, op->qpn, 4);
	wc_put(out + 12, op->msn, 4);
	wc_put(out + 16, op->psn_first, 4);
	wc_put(out + 20, op->psn_last, 4);
	wc_put(out + 24, op->len, 4);
}

static size_t find_op(const struct wc_view *v, const char *name, struct wc_op *op)
{
	for (size_t i = 0; i < v->count; i++) {
		const struct wc_rec *r = &v->t->rec[i];

		if (r->kind != WC_R_OP || r->len != WC_OP_BYTES || strcmp(r->name, name))
			continue;
		op->kind = (enum wc_op_kind)wc_get(r->bytes, 4);
		op->pdc = (uint32_t)wc_get(r->bytes + 4, 4);
		op->qpn = (uint32_t)wc_get(r->bytes + 8, 4);
		op->msn = (uint32_t)wc_get(r->bytes + 12, 4);
		op->psn_first = (uint32_t)wc_get(r->bytes + 16, 4);
		op->psn_last = (uint32_t)wc_get(r->bytes + 20, 4);
		op->len = (uint32_t)wc_get(r->bytes + 24, 4);
		return i;
	}
	return WC_NONE;
}

bool wc_frame_acks(const struct wc_frame *f, uint32_t psn)
{
	uint32_t bit;

	if (f->flags & WC_F_AKV && !wc_before(f->ack_psn, psn))
		return true;
	if (f->type != WC_ACK || wc_before(psn, f->sack_base))
		return false;
	bit = psn - (uint32_t)f->sack_base;
	return bit < f->words * 64 && f->sack[bit / 64] >> (63 - bit % 64) & 1;
}

size_t wc_view_acked(const struct wc_view *v, uint32_t pdc, uint32_t psn, size_t from,
		     size_t until)
{
	for (size_t i = from; i < v->count && i < until; i++)
		if (wc_view_rx(v, i) && v->f[i].pdc_id == pdc && wc_frame_acks(&v->f[i], psn))
			return i;
	return WC_NONE;
}

size_t wc_view_nack(const struct wc_view *v, uint64_t reason, size_t from, size_t until)
{
	for (size_t i = from; i < v->count && i < until; i++)
		if (wc_view_rx(v, i) && v->f[i].type == WC_NACK && v->f[i].reason == reason)
			return i;
	return WC_NONE;
}

size_t wc_view_alone(const struct wc_view *v, uint64_t tlv, uint64_t psn, size_t from,
		     size_t until)
{
	struct wc_tlv_view t;

	for (size_t i = from; i < v->count && i < until; i++)
		if (wc_view_rx(v, i) && v->f[i].type == WC_CTRL && !v->f[i].pdc_id &&
		    v->f[i].psn == psn && wc_frame_find_tlv(&v->f[i], tlv, 0, &t))
			return i;
	return WC_NONE;
}

static void settle(struct wc_result *r, int status, size_t at)
{
	if (r->status != WC_PENDING)
		return;
	r->status = status;
	r->evidence = at;
}

/* Did this PSN come before, between the operation and record i? */
static bool repeated(const struct wc_view *v, const struct wc_result *r, size_t i)
{
	for (size_t k = r->at; k < i; k++)
		if (wc_view_rx(v, k) && v->f[k].type == WC_DATA &&
		    v->f[k].pdc_id == v->f[i].pdc_id && v->f[k].psn == v->f[i].psn)
			return true;
	return false;
}

static void answer_tack(const struct wc_view *v, struct wc_result *r, size_t i)
{
	const struct wc_frame *f = &v->f[i];

	if (f->status != WC_OK) {
		if (f->msn != r->op.msn)
			return;
		settle(r, (int)f->status, i);
		if (!repeated(v, r, i))
			r->refusals++;
	} else if (r->op.kind == WC_OP_MESSAGE && !wc_before(f->msn, r->op.msn)) {
		settle(r, WC_OK, i);
	}
}

static void answer_read(const struct wc_view *v, struct wc_result *r, size_t i, uint8_t *data,
			uint32_t room)
{
	const struct wc_frame *f = &v->f[i];

	if (r->op.kind != WC_OP_READ || f->msn != r->op.msn || repeated(v, r, i))
		return;
	if (f->offset > r->op.len || f->body_len > r->op.len - f->offset)
		return;
	if (data && f->offset <= room && f->body_len <= room - f->offset)
		memcpy(data + f->offset, f->body, f->body_len);
	r->got += f->body_len;
	if (r->got >= r->op.len)
		settle(r, WC_OK, i);
}

static void answer_data(const struct wc_view *v, struct wc_result *r, size_t i, uint8_t *data,
			uint32_t room)
{
	const struct wc_frame *f = &v->f[i];

	if (f->qpn != r->op.qpn)
		return;
	if (f->opcode == WC_TACK) {
		answer_tack(v, r, i);
	} else if (f->opcode == WC_READ_RSP) {
		answer_read(v, r, i, data, room);
	} else if (f->opcode == WC_ATOMIC_RSP && r->op.kind == WC_OP_ATOMIC &&
		   f->msn == r->op.msn && r->status == WC_PENDING) {
		r->old = f->old;
		settle(r, WC_OK, i);
	}
}

static void answer_connect(const struct wc_view *v, struct wc_result *r, size_t i)
{
	const struct wc_frame *f = &v->f[i];
	struct wc_tlv_view tlv;
	struct wc_ep_end end;
	struct wc_ep ep = { 0 };

	if (wc_frame_find_tlv(f, WC_TLV_EP_ACCEPT, wc_h_ep_accept.bytes, &tlv)) {
		wc_unpack(&wc_h_ep_accept, tlv.value, &ep);
		if (ep.dst_qpn != r->op.qpn || r->status != WC_PENDING)
			return;
		r->ep = ep;
		settle(r, WC_OK, i);
	} else if (wc_frame_find_tlv(f, WC_TLV_EP_REJECT, wc_h_ep_reject.bytes, &tlv)) {
		wc_unpack(&wc_h_ep_reject, tlv.value, &end);
		if (end.dst_qpn == r->op.qpn)
			settle(r, (int)end.reason, i);
	}
}

struct wc_result wc_view_result(const struct wc_view *v, const char *name, size_t until,
				uint8_t *data, uint32_t room)
{
	struct wc_result r = { .at = WC_NONE, .status = WC_PENDING, .evidence = WC_NONE };

	r.at = find_op(v, name, &r.op);
	if (r.at == WC_NONE)
		return r;
	for (size_t i = r.at; i < v->count && i < until; i++) {
		const struct wc_frame *f = &v->f[i];

		if (!wc_view_rx(v, i) || f->pdc_id != r.op.pdc)
			continue;
		if (wc_frame_acks(f, r.op.psn_last))
			r.acked = true;
		if (f->type == WC_DATA)
			answer_data(v, &r, i, data, room);
		else if (f->type == WC_CTRL && r.op.kind == WC_OP_CONNECT)
			answer_connect(v, &r, i);
	}
	if (r.op.kind == WC_OP_PLAIN && r.acked)
		settle(&r, WC_OK, r.at);
	return r;
}
