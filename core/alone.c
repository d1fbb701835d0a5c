/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Packets that need no context: HELLO, NEIGHBOUR, VERSION_REJECT, and refusals of packets that
 * have no context.  Whether to answer at all, and how often, is the host's.
 */
#include "core/manage.h"
#include "core/pdc.h"

static size_t seal(uint8_t *out, size_t len)
{
	struct weft_hdr_crc crc = { .crc = weft_crc_header(out, len) };

	weft_hdr_crc_pack(out + len, &crc);
	return len + WEFT_HDR_CRC_LEN;
}

/* WEFT-MGT-030: padding behind the packet is nobody's question. */
size_t weft_answer_room(const struct weft_view *v)
{
	size_t room = (size_t)v->used * WEFT_ANSWER_FACTOR;

	return room < WEFT_ALONE_MAX && !WEFT_MUTANT(ANSWER_WHOLE) ? room : WEFT_ALONE_MAX;
}

/* A CTRL packet under construction. */
struct ctrl {
	uint8_t *out;
	size_t len;
};

static void ctrl_begin(struct ctrl *c, uint8_t *out, uint32_t transaction)
{
	struct weft_hdr_delivery d = { .version = WEFT_VERSION, .type = WEFT_PTYPE_CTRL,
				       .psn = transaction };

	weft_hdr_delivery_pack(out, &d);
	c->out = out;
	c->len = WEFT_HDR_DELIVERY_LEN + WEFT_HDR_CTRL_LEN;
}

/* Returns where the value goes. */
static uint8_t *ctrl_tlv(struct ctrl *c, enum weft_tlv type, size_t len)
{
	struct weft_hdr_tlv h = { .type = (uint16_t)type, .length = (uint16_t)len };
	uint8_t *at = c->out + c->len;
	size_t padded = (len + 3) & ~(size_t)3;

	weft_assert(c->len + WEFT_HDR_TLV_LEN + padded + WEFT_HDR_CRC_LEN <= WEFT_ALONE_MAX);
	weft_hdr_tlv_pack(at, &h);
	memset(at + WEFT_HDR_TLV_LEN, 0, padded);
	c->len += WEFT_HDR_TLV_LEN + padded;
	return at + WEFT_HDR_TLV_LEN;
}

static size_t ctrl_end(struct ctrl *c)
{
	size_t head = WEFT_HDR_DELIVERY_LEN + WEFT_HDR_CTRL_LEN;
	struct weft_hdr_ctrl h = { .length = (uint16_t)(c->len - head) };

	weft_hdr_ctrl_pack(c->out + WEFT_HDR_DELIVERY_LEN, &h);
	return seal(c->out, c->len);
}

#define HELLO_NAME_MAX (sizeof(((struct weft_hello *)NULL)->name) - 1)
#define HELLO_LEAST (WEFT_HDR_DELIVERY_LEN + WEFT_HDR_CTRL_LEN + WEFT_HDR_TLV_LEN + \
		     WEFT_HDR_TLV_HELLO_LEN + WEFT_HDR_CRC_LEN)
#define HELLO_ASK 160u		/* bytes of a question that brings the longest HELLO */

_Static_assert(HELLO_ASK * WEFT_ANSWER_FACTOR >= HELLO_LEAST +
	       WEFT_HDR_TLV_LEN + WEFT_HDR_TLV_LIMITS_LEN +
	       WEFT_HDR_TLV_LEN + WEFT_HDR_TLV_QUEUES_LEN + WEFT_HDR_TLV_LEN + HELLO_NAME_MAX + 1 +
	       sizeof(((struct weft_hello *)NULL)->pools) / sizeof(struct weft_hdr_tlv_pool) *
	       (WEFT_HDR_TLV_LEN + WEFT_HDR_TLV_POOL_LEN) +
	       sizeof(((struct weft_hello *)NULL)->engines) / sizeof(struct weft_hdr_tlv_engine) *
	       (WEFT_HDR_TLV_LEN + WEFT_HDR_TLV_ENGINE_LEN), "a question asks for a whole answer");

static size_t name_len(const char *name)
{
	size_t n = 0;

	while (n < HELLO_NAME_MAX && name[n])
		n++;
	return n;
}

/* What fits of a HELLO's parts, in the order of WEFT-MGT-031. */
struct parts {
	struct ctrl c;
	size_t room;
};

/* NULL: it does not fit, nor does any part behind it. */
static uint8_t *part(struct parts *p, enum weft_tlv type, size_t len)
{
	size_t bytes = WEFT_HDR_TLV_LEN + ((len + 3) & ~(size_t)3) + WEFT_HDR_CRC_LEN;

	if (p->c.len + bytes > p->room) {
		p->room = 0;
		return NULL;
	}
	return ctrl_tlv(&p->c, type, len);
}

static void pools_and_engines(struct parts *p, const struct weft_hello *hello)
{
	uint8_t *at;

	for (uint8_t i = 0; i < hello->n_pools && i < WEFT_ARRAY_LEN(hello->pools); i++) {
		at = part(p, WEFT_TLV_POOL, WEFT_HDR_TLV_POOL_LEN);
		if (at)
			weft_hdr_tlv_pool_pack(at, &hello->pools[i]);
	}
	for (uint8_t i = 0; i < hello->n_engines && i < WEFT_ARRAY_LEN(hello->engines); i++) {
		at = part(p, WEFT_TLV_ENGINE, WEFT_HDR_TLV_ENGINE_LEN);
		if (at)
			weft_hdr_tlv_engine_pack(at, &hello->engines[i]);
	}
}

/* WEFT-MGT-001: the answer is built like the question, without REPLY and PAD. */
size_t weft_hello_build(uint8_t *out, size_t room, const struct weft_hello *hello,
			uint32_t transaction)
{
	size_t n = name_len(hello->name), len, whole = HELLO_ASK * WEFT_ANSWER_FACTOR;
	struct parts p = { .room = room };
	uint8_t *at;

	weft_assert(room >= HELLO_LEAST && room <= WEFT_ALONE_MAX);
	ctrl_begin(&p.c, out, transaction);
	weft_hdr_tlv_hello_pack(part(&p, WEFT_TLV_HELLO, WEFT_HDR_TLV_HELLO_LEN), &hello->h);
	at = hello->has_limits && !(WEFT_MUTANT(HELLO_CUT_FRONT) && room < whole) ?
	     part(&p, WEFT_TLV_LIMITS, WEFT_HDR_TLV_LIMITS_LEN) : NULL;
	if (at)
		weft_hdr_tlv_limits_pack(at, &hello->limits);
	at = hello->queues.queues ? part(&p, WEFT_TLV_QUEUES, WEFT_HDR_TLV_QUEUES_LEN) : NULL;
	if (at)
		weft_hdr_tlv_queues_pack(at, &hello->queues);
	at = n ? part(&p, WEFT_TLV_NAME, n) : NULL;
	if (at)
		memcpy(at, hello->name, n);
	pools_and_engines(&p, hello);
	len = p.c.len + WEFT_HDR_CRC_LEN;
	if (hello->h.flags & WEFT_HELLOFLAGS_REPLY && len < HELLO_ASK)
		ctrl_tlv(&p.c, WEFT_TLV_PAD, HELLO_ASK - len - WEFT_HDR_TLV_LEN);
	return ctrl_end(&p.c);
}

size_t weft_neighbour_build(uint8_t *out, const struct weft_hdr_tlv_neighbour *nb,
			    uint32_t transaction)
{
	struct ctrl c;

	ctrl_begin(&c, out, transaction);
	weft_hdr_tlv_neighbour_pack(ctrl_tlv(&c, WEFT_TLV_NEIGHBOUR, WEFT_HDR_TLV_NEIGHBOUR_LEN),
				    nb);
	return ctrl_end(&c);
}

/* WEFT-MGT-003 */
size_t weft_version_reject_build(uint8_t *out, uint32_t psn)
{
	struct weft_hdr_tlv_version_reject h = { .min = WEFT_VERSION, .max = WEFT_VERSION };
	struct ctrl c;

	h.max = WEFT_MUTANT(VERSION_RANGE) ? 15 : h.max;

	ctrl_begin(&c, out, psn + WEFT_MUTANT(VERSION_NUMBER));
	weft_hdr_tlv_version_reject_pack(ctrl_tlv(&c, WEFT_TLV_VERSION_REJECT,
						  WEFT_HDR_TLV_VERSION_REJECT_LEN), &h);
	return ctrl_end(&c);
}

/* WEFT-PDC-003, WEFT-PDC-009, WEFT-PDC-010, WEFT-PDC-091 */
size_t weft_nack_build(uint8_t *out, const struct weft_view *v, enum weft_nack reason,
		       uint32_t arg)
{
	struct weft_hdr_delivery d = { .version = WEFT_VERSION, .type = WEFT_PTYPE_NACK };
	struct weft_hdr_nack h = { .reason = (uint8_t)reason, .echo_psn = v->d.psn, .arg = arg };

	if ((v->d.type == WEFT_PTYPE_NACK || v->d.type == WEFT_PTYPE_ACK) &&
	    !WEFT_MUTANT(NACK_NACKED))
		return 0;
	if (reason == WEFT_NACK_NO_CONTEXT) {
		if (!v->d.pdc_id && !WEFT_MUTANT(NOBODY_ANSWERED))
			return 0;
		h.echo_pdc = v->d.pdc_id;
		h.echo_gen = v->d.flags & WEFT_DFLAGS_GEN;
	} else {
		if (!(v->d.flags & WEFT_DFLAGS_SYN))
			return 0;
		d.pdc_id = v->syn.pdc_id;
		d.flags = v->syn.gen;
	}
	weft_hdr_delivery_pack(out, &d);
	weft_hdr_nack_pack(out + WEFT_HDR_DELIVERY_LEN, &h);
	return seal(out, WEFT_HDR_DELIVERY_LEN + WEFT_HDR_NACK_LEN);
}

/* ---- reading ------------------------------------------------------------------------ */

static void read_name(struct weft_hello *hello, const uint8_t *value, uint16_t len)
{
	size_t n = len < sizeof(hello->name) - 1 ? len : sizeof(hello->name) - 1;

	for (size_t i = 0; i < n; i++)
		hello->name[i] = value[i] >= 0x20 && value[i] < 0x7f ? (char)value[i] : '?';
	hello->name[n] = 0;
}

/* The parts of a HELLO that need not be there; later ones may be longer (WEFT-MGT-021). */
static void read_part(struct weft_hello *hello, uint16_t type, const uint8_t *value, uint16_t len)
{
	switch (type) {
	case WEFT_TLV_NAME:
		read_name(hello, value, len);
		break;
	case WEFT_TLV_POOL:
		if (len >= WEFT_HDR_TLV_POOL_LEN &&
		    hello->n_pools < WEFT_ARRAY_LEN(hello->pools))
			weft_hdr_tlv_pool_unpack(&hello->pools[hello->n_pools++], value);
		break;
	case WEFT_TLV_ENGINE:
		if (len >= WEFT_HDR_TLV_ENGINE_LEN &&
		    hello->n_engines < WEFT_ARRAY_LEN(hello->engines))
			weft_hdr_tlv_engine_unpack(&hello->engines[hello->n_engines++], value);
		break;
	case WEFT_TLV_LIMITS:
		hello->has_limits = len >= WEFT_HDR_TLV_LIMITS_LEN;
		if (hello->has_limits)
			weft_hdr_tlv_limits_unpack(&hello->limits, value);
		break;
	case WEFT_TLV_QUEUES:
		if (len >= WEFT_HDR_TLV_QUEUES_LEN)
			weft_hdr_tlv_queues_unpack(&hello->queues, value);
		break;
	case WEFT_TLV_PAD:	/* weft_answer_room() has seen it */
		break;
	default:		/* WEFT-PKT-008 */
		hello->h.flags &= (uint8_t)~(WEFT_MUTANT(TLV_UNKNOWN_MINDED) ? 0x80 : 0);
		break;
	}
}

static enum weft_alone read_critical(uint16_t type, const uint8_t *value, uint16_t len,
				     struct weft_hello *hello, struct weft_hdr_tlv_neighbour *nb,
				     struct weft_hdr_tlv_version_reject *vr)
{
	switch (type) {
	case WEFT_TLV_HELLO:
		if (len < WEFT_HDR_TLV_HELLO_LEN ||
		    (WEFT_MUTANT(HELLO_EXACT) && len != WEFT_HDR_TLV_HELLO_LEN))
			return WEFT_ALONE_BAD;
		weft_hdr_tlv_hello_unpack(&hello->h, value);
		return WEFT_ALONE_HELLO;
	case WEFT_TLV_NEIGHBOUR:
		if (len < WEFT_HDR_TLV_NEIGHBOUR_LEN)
			return WEFT_ALONE_BAD;
		weft_hdr_tlv_neighbour_unpack(nb, value);
		return WEFT_ALONE_NEIGHBOUR;
	case WEFT_TLV_VERSION_REJECT:
		if (len < WEFT_HDR_TLV_VERSION_REJECT_LEN)
			return WEFT_ALONE_BAD;
		weft_hdr_tlv_version_reject_unpack(vr, value);
		return WEFT_ALONE_VERSION;
	case WEFT_TLV_TELEMETRY_GET:
		return len < WEFT_HDR_TLV_TELEMETRY_GET_LEN && !WEFT_MUTANT(METERS_ANY_LENGTH) ?
		       WEFT_ALONE_BAD :
		       WEFT_ALONE_TELEMETRY_GET;
	case WEFT_TLV_TELEMETRY:
		return len % WEFT_HDR_TELEMETRY_ITEM_LEN ? WEFT_ALONE_BAD : WEFT_ALONE_TELEMETRY;
	default:		/* WEFT-PKT-009 */
		return WEFT_MUTANT(TLV_CRITICAL_ALONE) ? WEFT_ALONE_HELLO : WEFT_ALONE_BAD;
	}
}

enum weft_alone weft_alone_parse(const struct weft_view *v, struct weft_hello *hello,
				 struct weft_hdr_tlv_neighbour *nb,
				 struct weft_hdr_tlv_version_reject *vr)
{
	enum weft_alone kind = WEFT_ALONE_BAD, k;
	uint32_t off = 0, len = v->b.ctrl.len;

	memset(hello, 0, sizeof(*hello));
	while (off < len) {
		const uint8_t *at = v->b.ctrl.tlvs + off;
		struct weft_hdr_tlv h;
		uint32_t padded;

		weft_hdr_tlv_unpack(&h, at);
		padded = (h.length + 3u) & ~3u;
		if (padded > len - off - WEFT_HDR_TLV_LEN)
			return WEFT_ALONE_BAD;
		if (h.type & 0x8000) {
			k = read_critical(h.type, at + WEFT_HDR_TLV_LEN, h.length, hello, nb, vr);
			if ((k == WEFT_ALONE_BAD || kind != WEFT_ALONE_BAD) &&
			    !WEFT_MUTANT(TLV_CRITICAL_ALONE))
				return WEFT_ALONE_BAD;
			kind = k;
		} else {
			read_part(hello, h.type, at + WEFT_HDR_TLV_LEN, h.length);
		}
		off += WEFT_HDR_TLV_LEN + padded;
	}
	return kind;
}
