/* SPDX-License-Identifier: BSD-2-Clause */
/* See codec.h. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/codec.h"
#include "sim/rng.h"
#include "sim/util.h"

enum { WHOLE_MAX = 65536 };	/* bytes of a packet: any length field holds it */

/* Writes headers one after another. */
struct writer {
	uint8_t *at;
};

#define PUT(w, name, NAME, h) \
	(weft_hdr_##name##_pack((w)->at, h), (w)->at += WEFT_HDR_##NAME##_LEN)

static void put_extension(struct writer *w, const struct weft_view *v)
{
	switch (v->b.data.op.opcode) {
	case WEFT_OPCODE_SEND:
		PUT(w, send, SEND, &v->b.data.u.send);
		break;
	case WEFT_OPCODE_WRITE:
		PUT(w, write, WRITE, &v->b.data.u.write);
		break;
	case WEFT_OPCODE_READ:
		PUT(w, read, READ, &v->b.data.u.read);
		break;
	case WEFT_OPCODE_READ_RSP:
		PUT(w, read_rsp, READ_RSP, &v->b.data.u.read_rsp);
		break;
	case WEFT_OPCODE_ATOMIC:
		PUT(w, atomic, ATOMIC, &v->b.data.u.atomic);
		if (v->b.data.u.atomic.flags & WEFT_AFLAGS_MASKED)
			PUT(w, amask, AMASK, &v->b.data.amask);
		break;
	case WEFT_OPCODE_ATOMIC_RSP:
		PUT(w, atomic_rsp, ATOMIC_RSP, &v->b.data.u.atomic_rsp);
		break;
	case WEFT_OPCODE_TACK:
		PUT(w, tack, TACK, &v->b.data.u.tack);
		break;
	case WEFT_OPCODE_REDUCE:
		PUT(w, reduce, REDUCE, &v->b.data.u.reduce);
		break;
	case WEFT_OPCODE_FLUSH:
		PUT(w, flush, FLUSH, &v->b.data.u.flush);
		break;
	case WEFT_OPCODE_RD_SEND:
		PUT(w, rd, RD, &v->b.data.u.rd);
		break;
	case WEFT_OPCODE_RD_RSP:
		PUT(w, rd_rsp, RD_RSP, &v->b.data.u.rd_rsp);
		break;
	default:
		break;
	}
}

static void put_data(struct writer *w, const struct weft_view *v)
{
	uint8_t flags = v->b.data.op.flags;

	PUT(w, op, OP, &v->b.data.op);
	put_extension(w, v);
	if (flags & WEFT_OFLAGS_IMM)
		PUT(w, imm, IMM, &v->b.data.imm);
	if (flags & WEFT_OFLAGS_INV)
		PUT(w, inv, INV, &v->b.data.inv);
	if (flags & WEFT_OFLAGS_SIGNAL)
		PUT(w, signal, SIGNAL, &v->b.data.signal);
}

/* Words, ranges and options are bytes to a view: each goes through its own struct. */
static void put_words(struct writer *w, const struct weft_view *v)
{
	struct weft_hdr_sackword word;

	PUT(w, ack, ACK, &v->b.ack.h);
	for (unsigned i = 0; i < v->b.ack.h.words; i++) {
		weft_hdr_sackword_unpack(&word, v->b.ack.words + i * WEFT_HDR_SACKWORD_LEN);
		PUT(w, sackword, SACKWORD, &word);
	}
}

static void put_ranges(struct writer *w, const struct weft_view *v)
{
	struct weft_hdr_range range;

	PUT(w, nack, NACK, &v->b.nack.h);
	for (unsigned i = 0; i < v->b.nack.h.count; i++) {
		weft_hdr_range_unpack(&range, v->b.nack.ranges + i * WEFT_HDR_RANGE_LEN);
		PUT(w, range, RANGE, &range);
	}
}

static void put_options(struct writer *w, const struct weft_view *v)
{
	struct weft_hdr_ctrl h = { .length = (uint16_t)v->b.ctrl.len };

	PUT(w, ctrl, CTRL, &h);
	memcpy(w->at, v->b.ctrl.tlvs, v->b.ctrl.len);
	w->at += v->b.ctrl.len;
}

uint32_t sim_codec_encode(uint8_t out[WEFT_HDR_MAX], const struct weft_view *v)
{
	struct writer w = { out };

	PUT(&w, delivery, DELIVERY, &v->d);
	if (v->d.fabric & WEFT_FABRIC_TRIM)	/* WEFT-PKT-011: nothing else is left of it */
		return (uint32_t)(w.at - out);
	if (v->d.flags & WEFT_DFLAGS_SYN)
		PUT(&w, syn, SYN, &v->syn);
	switch (v->d.type) {
	case WEFT_PTYPE_DATA:
		put_data(&w, v);
		break;
	case WEFT_PTYPE_ACK:
		put_words(&w, v);
		break;
	case WEFT_PTYPE_NACK:
		put_ranges(&w, v);
		break;
	case WEFT_PTYPE_CTRL:
		put_options(&w, v);
		break;
	case WEFT_PTYPE_PROBE:
		PUT(&w, probe, PROBE, &v->b.probe.h);
		break;
	case WEFT_PTYPE_CREDIT:
		PUT(&w, credit, CREDIT, &v->b.credit.h);
		break;
	default:
		return 0;
	}
	return (uint32_t)(w.at - out);
}

static sim_encode *encode = sim_codec_encode;

void sim_codec_override(sim_encode *fn)
{
	encode = fn ? fn : sim_codec_encode;
}

/* A payload that is no other's, and a CRC; the length of all. */
static uint32_t make_whole(uint8_t *p, const uint8_t *hdr, uint32_t hdr_len, uint32_t payload)
{
	struct weft_hdr_crc crc;

	memcpy(p, hdr, hdr_len);
	for (uint32_t i = 0; i < payload; i++)
		p[hdr_len + i] = (uint8_t)(sim_mix(i / 8 + 1) >> 8 * (i % 8));
	crc.crc = weft_crc_header(p, hdr_len + payload);
	weft_hdr_crc_pack(p + hdr_len + payload, &crc);
	return hdr_len + payload + WEFT_HDR_CRC_LEN;
}

static int wrong(char why[200], const char *what, unsigned at)
{
	snprintf(why, 200, "%s (byte %u)", what, at);
	return -1;
}

/* Do the headers come out as they went in? */
static int compare(const struct weft_view *v, const uint8_t *hdr, uint32_t hdr_len, char why[200])
{
	uint8_t again[WEFT_HDR_MAX];
	uint32_t n = encode(again, v);

	if (!n)
		return wrong(why, "a packet that no chip here sends", 0);
	for (uint32_t i = 0; i < n && i < hdr_len; i++)
		if (again[i] != hdr[i])
			return wrong(why, "what is put together again is another packet", i);
	return n == hdr_len ? 0 : wrong(why, "its headers are put together again with another "
					"length", n < hdr_len ? n : hdr_len);
}

int sim_codec_check(const uint8_t *hdr, uint32_t hdr_len, uint32_t payload, char why[200])
{
	static uint8_t whole[WHOLE_MAX];
	enum weft_drop drop;
	struct weft_view v;
	uint32_t len;

	if (hdr_len > WEFT_HDR_MAX || hdr_len + payload + WEFT_HDR_CRC_LEN > WHOLE_MAX)
		return wrong(why, "longer than any packet", hdr_len);
	len = make_whole(whole, hdr, hdr_len, payload);
	drop = weft_parse(&v, whole, len);
	if (drop == WEFT_DROP_TRIMMED)
		return compare(&v, hdr, hdr_len, why);
	if (drop != WEFT_DROP_NONE)
		return wrong(why, "it cannot be taken apart", 0);
	if (!weft_crc_ok(&v))
		return wrong(why, "its CRC is said to be wrong", v.crc_off);
	if (v.used != len || (payload && v.payload != whole + hdr_len))
		return wrong(why, "its payload is elsewhere, or of another length", hdr_len);
	return compare(&v, hdr, hdr_len, why);
}

void sim_codec_init(struct sim_codec *c, uint64_t every, uint32_t chips)
{
	memset(c, 0, sizeof(*c));
	c->every = every;
	c->got = every ? sim_zalloc(chips, sizeof(*c->got)) : NULL;
}

void sim_codec_fini(struct sim_codec *c)
{
	free(c->got);
}

bool sim_codec_take(struct sim_codec *c, const struct sim *sim, uint32_t pkt)
{
	const struct sim_pkt *k = &sim->pool.pkt[pkt];
	const struct sim_load *l = &sim->pool.load[pkt];
	const uint8_t *hdr = sim_pkt_hdr(&sim->pool, pkt);
	char why[200];

	if (!c->every || ++c->got[k->dst] < c->every)
		return true;
	c->got[k->dst] = 0;
	c->checked++;
	if (!sim_codec_check(hdr, l->hdr_bytes, l->payload_bytes, why) || *c->error)
		return !*c->error;
	snprintf(c->error, sizeof(c->error), "a packet of type %u, from chip %u to chip %u, at "
		 "%.3f us: %.100s", hdr[0] & 0xfu, k->src, k->dst, (double)sim->now / SIM_US, why);
	return false;
}
