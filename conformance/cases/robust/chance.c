/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets made by chance.
 */
#include "conformance/cases/robust/chance.h"

#include <string.h>

#define STRAY_MAX 160u

uint32_t wc_draw(struct wc_t *t, uint32_t n)
{
	return (uint32_t)(wc_random(t) >> 16) % n;
}

static void draw_bytes(struct wc_t *t, uint8_t *to, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		to[i] = (uint8_t)wc_draw(t, 256);
}

/* ---- what may be sent --------------------------------------------------------------------- */

static bool in_window(const struct wc_ctx *c, uint64_t psn)
{
	return (uint32_t)psn - c->next < c->peer_window;
}

static bool is_anothers(const struct wc_ctx *c, uint64_t pdc_id)
{
	for (unsigned i = 0; i < c->t->n_ctx; i++)
		if (&c->t->ctx[i] != c && c->t->ctx[i].known && c->t->ctx[i].peer_id == pdc_id)
			return true;
	return false;
}

static bool moves_addresses(const struct wc_frame *f)
{
	struct wc_tlv_view tlv;

	return f->type == WC_CTRL && wc_frame_find_tlv(f, WC_TLV_NEIGHBOUR, 0, &tlv);
}

bool wc_chance_emit(struct wc_ctx *c, const uint8_t *bytes, uint32_t len)
{
	unsigned how = WC_E_BAD;
	struct wc_frame f;

	if (!wc_frame_parse(&f, bytes, len)) {
		if (f.flags & WC_F_SYN || moves_addresses(&f) || is_anothers(c, f.pdc_id))
			return false;
		if (in_window(c, f.psn) && f.psn != c->next)
			return false;	/* it would take the place of a packet of ours */
		if (in_window(c, f.psn) || f.type == WC_ACK || f.type == WC_NACK)
			how = WC_E_LOOSE;
	}
	wc_emit_bytes(c->t, bytes, len, how | WC_E_WILD);
	return true;
}

/* ---- for nobody --------------------------------------------------------------------------- */

/* TLVs of kinds that there are and are not, of any length and content. */
static uint32_t draw_tlvs(struct wc_t *t, uint8_t *to)
{
	static const uint16_t kinds[] = {
		WC_TLV_HELLO, WC_TLV_POOL, WC_TLV_ENGINE, WC_TLV_NAME, WC_TLV_QUEUES,
		WC_TLV_VERSION_REJECT, WC_TLV_CLOSE, WC_TLV_LIMITS, WC_TLV_EP_CONNECT,
		WC_TLV_TELEMETRY_GET, WC_TLV_TELEMETRY, 0x7777, 0xf777,
	};
	uint32_t len = 0, n = 1 + wc_draw(t, 3);
	uint8_t value[40];

	for (uint32_t i = 0; i < n; i++) {
		uint32_t kind = wc_draw(t, sizeof(kinds) / sizeof(kinds[0]));

		draw_bytes(t, value, sizeof(value));
		len = wc_tlv_put(to, len, kinds[kind], value, wc_draw(t, sizeof(value) + 1));
	}
	if (wc_draw(t, 4) == 0)		/* one whose length is not what there is */
		to[wc_draw(t, len)] ^= (uint8_t)(1u << wc_draw(t, 8));
	return len;
}

/* Headers of any kind, with whatever follows, and a right CRC. */
static uint32_t draw_packet(struct wc_t *t, uint8_t *out)
{
	uint32_t len = 20 + wc_draw(t, STRAY_MAX - 20);

	draw_bytes(t, out, len);
	out[0] = (uint8_t)(WC_VERSION << 4 | (out[0] & 0xf));
	wc_frame_seal(out, len);
	return len;
}

/* One whose lengths are right, for a context that nobody has: the rest is chance. */
static uint32_t draw_frame(struct wc_t *t, uint8_t *out)
{
	uint8_t body[64];
	struct wc_frame f;

	draw_bytes(t, (uint8_t *)&f, sizeof(f));
	draw_bytes(t, body, sizeof(body));
	f.crc_ok = false;
	f.version = WC_VERSION;
	f.type &= 0xf;
	f.opcode &= 0xf;
	f.flags &= ~(uint64_t)(WC_F_SEC | (wc_draw(t, 4) ? WC_F_SYN : 0));
	f.fabric &= ~(uint64_t)WC_FB_TRIM;
	f.words %= WC_SACK_WORDS + 1;
	f.count %= WC_RANGES + 1;
	f.body = body;
	f.body_len = f.type == WC_DATA || f.type == WC_CTRL ? wc_draw(t, 16) * 4 : 0;
	f.length = f.ctrl_len = f.body_len;
	return wc_frame_build(&f, out);
}

void wc_chance_stray(struct wc_t *t)
{
	static uint8_t out[WC_FRAME_MAX];
	uint8_t tlvs[256];
	struct wc_frame f;
	uint32_t len;

	switch (wc_draw(t, 8)) {
	case 0:
		f = wc_f_alone(t, tlvs, draw_tlvs(t, tlvs));
		len = wc_frame_build(&f, out);
		break;
	case 1:
		len = 1 + wc_draw(t, STRAY_MAX);
		draw_bytes(t, out, len);
		break;
	case 2:
	case 3:
		len = draw_packet(t, out);
		break;
	default:
		len = draw_frame(t, out);
		break;
	}
	if (!wc_frame_parse(&f, out, len) && f.crc_ok && moves_addresses(&f))
		return;
	wc_emit_bytes(t, out, len, WC_E_LOOSE | WC_E_WILD);
}

/* ---- changed on the way ------------------------------------------------------------------- */

#define FIELD(name) offsetof(struct wc_frame, name)

/* Fields that are worth another value; those of other kinds of packets change nothing in this. */
static const size_t fields[] = {
	FIELD(type), FIELD(fabric), FIELD(pdc_id), FIELD(psn), FIELD(ack_psn), FIELD(opcode),
	FIELD(oflags), FIELD(length), FIELD(status), FIELD(qpn), FIELD(msn), FIELD(rkey),
	FIELD(addr), FIELD(msg_len), FIELD(offset), FIELD(ssn), FIELD(aop), FIELD(width),
	FIELD(atomic_flags), FIELD(operand), FIELD(ctrl_len), FIELD(credits), FIELD(imm_ssn),
};

static uint64_t other_value(struct wc_t *t, uint64_t value)
{
	switch (wc_draw(t, 6)) {
	case 0:
		return 0;
	case 1:
		return UINT64_MAX;
	case 2:
		return value + 1;
	case 3:
		return value - 1;
	case 4:
		return wc_random(t);
	default:
		return value ^ 1ull << wc_draw(t, 32);
	}
}

static void change_field(struct wc_t *t, struct wc_frame *f)
{
	char *at = (char *)f + fields[wc_draw(t, sizeof(fields) / sizeof(fields[0]))];
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	value = other_value(t, value);
	memcpy(at, &value, sizeof(value));
}

/* Bits of the bytes, or their number; at least a delivery header and a CRC stay. */
static uint32_t change_bytes(struct wc_t *t, uint8_t *out, uint32_t len)
{
	uint32_t n = 1 + wc_draw(t, 3);

	if (wc_draw(t, 4) == 0)
		return 20 + wc_draw(t, len - 19);
	for (uint32_t i = 0; i < n; i++)
		out[wc_draw(t, len)] ^= (uint8_t)(1u << wc_draw(t, 8));
	return len;
}

void wc_chance_change(struct wc_ctx *c, const struct wc_frame *given)
{
	static uint8_t out[WC_FRAME_MAX];
	struct wc_frame f = *given;
	struct wc_t *t = c->t;
	bool by_field = wc_draw(t, 2);
	uint32_t len;

	wc_localise(t, &f.rkey, &f.addr);
	for (uint32_t i = 1 + wc_draw(t, 2); by_field && i > 0; i--)
		change_field(t, &f);
	len = wc_build(&f, out);
	if (!by_field)
		len = change_bytes(t, out, len);
	wc_frame_seal(out, len);
	wc_chance_emit(c, out, len);
}
