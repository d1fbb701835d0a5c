/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Unreliable datagrams: their header, and whether one may be received.  Without state: queue pairs
 * and receive buffers are the host's.
 */
#include "core/mutant.h"
#include "core/weft.h"

/* WEFT-DGM-001, WEFT-DGM-002 */
size_t weft_dgram_build(uint8_t *out, const struct weft_dgram *d)
{
	struct weft_hdr_delivery delivery = {
		.version = WEFT_VERSION, .type = WEFT_PTYPE_DGRAM, .entropy = d->entropy,
		.psn = d->psn,
	};
	struct weft_hdr_dgram h = {
		.flags = d->flags & (WEFT_OFLAGS_SE | WEFT_OFLAGS_IMM), .length = d->len,
		.dst_qpn = d->dst_qpn, .src_qpn = d->src_qpn, .qkey = d->qkey,
		.parts = d->gids ? WEFT_DGPARTS_GIDS : 0, .domain = d->domain,
	};
	struct weft_hdr_imm imm = { .imm = d->imm };
	uint8_t *at = out;

	if (WEFT_MUTANT(UD_FLAGS_ANY))
		h.flags = d->flags;
	weft_hdr_delivery_pack(at, &delivery);
	at += WEFT_HDR_DELIVERY_LEN;
	weft_hdr_dgram_pack(at, &h);
	at += WEFT_HDR_DGRAM_LEN;
	if (d->gids) {
		weft_hdr_gids_pack(at, d->gids);
		at += WEFT_HDR_GIDS_LEN;
	}
	if (h.flags & WEFT_OFLAGS_IMM) {
		weft_hdr_imm_pack(at, &imm);
		at += WEFT_HDR_IMM_LEN;
	}
	return (size_t)(at - out);
}

/* WEFT-DGM-004 */
enum weft_drop weft_dgram_judge(const struct weft_view *v, const struct weft_dgram_sink *q)
{
	const struct weft_hdr_dgram *h = &v->b.dgram.h;

	if (!q)
		return WEFT_DROP_NO_STREAM;
	if (h->domain != q->domain && !WEFT_MUTANT(UD_DOMAIN_ANY))
		return WEFT_DROP_DOMAIN;
	if (h->qkey != q->qkey && !WEFT_MUTANT(UD_QKEY_ANY))
		return WEFT_DROP_BAD_QKEY;
	if (!q->buffer)
		return WEFT_DROP_NO_ROOM;
	return h->length > q->room && !WEFT_MUTANT(UD_ROOM_ANY) ? WEFT_DROP_OVERSIZE :
	       WEFT_DROP_NONE;
}
