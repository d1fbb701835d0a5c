/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Any bytes at the door.  What is taken lies within the packet, and packed again from its fields
 * is the same packet but for reserved bits.
 */
#include <stdlib.h>

#include "core/manage.h"
#include "core/test/pk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool inside(const struct weft_view *v, const uint8_t *p, uint32_t len)
{
	return p >= v->bytes && p + len <= v->bytes + v->crc_off;
}

/* Built again, a datagram's headers are what was read. */
static void rebuild_dgram(const struct weft_view *v)
{
	const struct weft_hdr_dgram *h = &v->b.dgram.h;
	bool gids = h->parts & WEFT_DGPARTS_GIDS;
	struct weft_dgram d = {
		.dst_qpn = h->dst_qpn, .src_qpn = h->src_qpn, .qkey = h->qkey,
		.domain = h->domain, .psn = v->d.psn, .imm = v->b.dgram.imm.imm,
		.len = h->length, .entropy = v->d.entropy, .flags = h->flags,
		.gids = gids ? &v->b.dgram.gids : NULL,
	};
	uint8_t head[WEFT_DGRAM_HDR_MAX];
	size_t len = weft_dgram_build(head, &d);

	weft_assert(len <= sizeof(head) && v->bytes + len == v->payload);
	weft_assert(!gids || !memcmp(head + WEFT_HDR_DELIVERY_LEN + WEFT_HDR_DGRAM_LEN,
				     v->bytes + WEFT_HDR_DELIVERY_LEN + WEFT_HDR_DGRAM_LEN,
				     WEFT_HDR_GIDS_LEN));
}

static void check_taken(const struct weft_view *v, size_t size)
{
	static uint8_t again[0x20000];
	struct weft_view w;
	uint32_t len;

	weft_assert(v->used <= size && v->crc_off + WEFT_HDR_CRC_LEN == v->used);
	switch (v->d.type) {
	case WEFT_PTYPE_DATA:
		weft_assert(inside(v, v->payload, v->b.data.op.length));
		break;
	case WEFT_PTYPE_ACK:
		weft_assert(inside(v, v->b.ack.words, v->b.ack.h.words * 8u));
		break;
	case WEFT_PTYPE_NACK:
		weft_assert(inside(v, v->b.nack.ranges, v->b.nack.h.count * 8u));
		break;
	case WEFT_PTYPE_CTRL:
		weft_assert(inside(v, v->b.ctrl.tlvs, v->b.ctrl.len));
		break;
	case WEFT_PTYPE_DGRAM:
		weft_assert(inside(v, v->payload, v->b.dgram.h.length));
		rebuild_dgram(v);
		return;
	case WEFT_PTYPE_MEM:
		weft_assert(v->b.mem.n && v->b.mem.n <= WEFT_MAX_MEMOPS);
		weft_assert(v->b.mem.n * WEFT_HDR_MEMOP_LEN + v->b.mem.len <= v->crc_off);
		return;
	default:
		weft_assert(v->d.type == WEFT_PTYPE_PROBE || v->d.type == WEFT_PTYPE_CREDIT);
		return;
	}
	len = pk_build(again, v);
	weft_assert(len == v->used);
	memset(&w, 0, sizeof(w));
	weft_assert(weft_parse(&w, again, len) == WEFT_DROP_NONE && weft_crc_ok(&w));
	weft_assert(memcmp(&w.d, &v->d, sizeof(w.d)) == 0);
	weft_assert(weft_route(&w) == weft_route(v));
}

static void answer(const struct weft_view *v)
{
	struct weft_hdr_tlv_version_reject vr;
	struct weft_hdr_tlv_neighbour nb;
	uint8_t out[WEFT_ALONE_MAX];
	struct weft_hello hello;

	for (int reason = WEFT_NACK_NO_CONTEXT; reason <= WEFT_NACK_MODE; reason++)
		weft_assert(weft_nack_build(out, v, (enum weft_nack)reason, 1) <= sizeof(out));
	if (v->d.type != WEFT_PTYPE_CTRL)
		return;
	if (weft_alone_parse(v, &hello, &nb, &vr) == WEFT_ALONE_HELLO) {
		size_t room = weft_answer_room(v);

		weft_assert(memchr(hello.name, 0, sizeof(hello.name)) != NULL);
		hello.h.flags &= (uint8_t)~WEFT_HELLOFLAGS_REPLY;
		weft_assert(weft_hello_build(out, room, &hello, v->d.psn) <= room);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);	/* so that a step beyond it is seen */
	struct weft_view v;

	memset(&v, 0, sizeof(v));
	memcpy(copy, data, size);
	if (weft_parse(&v, copy, (uint32_t)size) == WEFT_DROP_NONE) {
		weft_crc_ok(&v);
		check_taken(&v, size);
		answer(&v);
	}
	free(copy);
	return 0;
}
