/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The door: bytes become a struct here, once.  Decides whether a packet has the form that
 * its own fields call for.  Leaves to others what it means, and reads no payload.
 */
#include "core/mutant.h"
#include "core/weft.h"

/* A cursor that cannot leave the packet. */
struct cursor {
	const uint8_t *at;
	uint32_t left;
};

static inline const uint8_t *take(struct cursor *c, uint32_t n)
{
	const uint8_t *p = c->at;

	if (n > c->left)
		return NULL;
	c->at += n;
	c->left -= n;
	return p;
}

#define TAKE_HDR(c, name, out) take_##name(c, out)
#define DEFINE_TAKE(name, NAME)							\
	static inline bool take_##name(struct cursor *c, struct weft_hdr_##name *h) \
	{									\
		const uint8_t *p = take(c, WEFT_HDR_##NAME##_LEN);		\
										\
		if (p)								\
			weft_hdr_##name##_unpack(h, p);				\
		return p;							\
	}

DEFINE_TAKE(delivery, DELIVERY)
DEFINE_TAKE(syn, SYN)
DEFINE_TAKE(op, OP)
DEFINE_TAKE(send, SEND)
DEFINE_TAKE(write, WRITE)
DEFINE_TAKE(read, READ)
DEFINE_TAKE(read_rsp, READ_RSP)
DEFINE_TAKE(atomic, ATOMIC)
DEFINE_TAKE(atomic_rsp, ATOMIC_RSP)
DEFINE_TAKE(tack, TACK)
DEFINE_TAKE(reduce, REDUCE)
DEFINE_TAKE(flush, FLUSH)
DEFINE_TAKE(amask, AMASK)
DEFINE_TAKE(imm, IMM)
DEFINE_TAKE(probe, PROBE)
DEFINE_TAKE(credit, CREDIT)
DEFINE_TAKE(inv, INV)
DEFINE_TAKE(signal, SIGNAL)
DEFINE_TAKE(ack, ACK)
DEFINE_TAKE(nack, NACK)
DEFINE_TAKE(ctrl, CTRL)
DEFINE_TAKE(memop, MEMOP)
DEFINE_TAKE(rd, RD)
DEFINE_TAKE(rd_rsp, RD_RSP)
DEFINE_TAKE(dgram, DGRAM)
DEFINE_TAKE(gids, GIDS)

static bool parse_extension(struct weft_view *v, struct cursor *c)
{
	switch (v->b.data.op.opcode) {
	case WEFT_OPCODE_SEND:
		return TAKE_HDR(c, send, &v->b.data.u.send);
	case WEFT_OPCODE_WRITE:
		return TAKE_HDR(c, write, &v->b.data.u.write);
	case WEFT_OPCODE_READ:
		return TAKE_HDR(c, read, &v->b.data.u.read) || WEFT_MUTANT(READ_CUT_TAKEN);
	case WEFT_OPCODE_READ_RSP:
		return TAKE_HDR(c, read_rsp, &v->b.data.u.read_rsp);
	case WEFT_OPCODE_ATOMIC:
		return TAKE_HDR(c, atomic, &v->b.data.u.atomic) &&
		       (!(v->b.data.u.atomic.flags & WEFT_AFLAGS_MASKED) ||
			TAKE_HDR(c, amask, &v->b.data.amask));
	case WEFT_OPCODE_REDUCE:
		return TAKE_HDR(c, reduce, &v->b.data.u.reduce);
	case WEFT_OPCODE_FLUSH:
		return TAKE_HDR(c, flush, &v->b.data.u.flush);
	case WEFT_OPCODE_ATOMIC_RSP:
		return TAKE_HDR(c, atomic_rsp, &v->b.data.u.atomic_rsp);
	case WEFT_OPCODE_TACK:
		return TAKE_HDR(c, tack, &v->b.data.u.tack);
	case WEFT_OPCODE_RD_SEND:
		return TAKE_HDR(c, rd, &v->b.data.u.rd);
	case WEFT_OPCODE_RD_RSP:
		return TAKE_HDR(c, rd_rsp, &v->b.data.u.rd_rsp);
	default:		/* semantics refuses what it does not offer */
		return true;
	}
}

/* What flags say follows, whatever the operation. */
static bool parse_attached(struct weft_view *v, struct cursor *c)
{
	uint8_t flags = v->b.data.op.flags;

	if (!(flags & (WEFT_OFLAGS_IMM | WEFT_OFLAGS_INV | WEFT_OFLAGS_SIGNAL)))
		return true;
	return (!(flags & WEFT_OFLAGS_IMM) || TAKE_HDR(c, imm, &v->b.data.imm)) &&
	       (!(flags & WEFT_OFLAGS_INV) || TAKE_HDR(c, inv, &v->b.data.inv)) &&
	       (!(flags & WEFT_OFLAGS_SIGNAL) || TAKE_HDR(c, signal, &v->b.data.signal));
}

static enum weft_drop parse_data(struct weft_view *v, struct cursor *c)
{
	if (!TAKE_HDR(c, op, &v->b.data.op))
		return WEFT_DROP_SHORT;
	if (WEFT_MUTANT(OPCODE_LOW_BITS))
		v->b.data.op.opcode &= 0x7f;
	if (!parse_extension(v, c) || !parse_attached(v, c))
		return WEFT_DROP_SHORT;
	if (WEFT_MUTANT(LENGTH_CLAMPED) && v->b.data.op.length + 4u > c->left)
		v->b.data.op.length = (uint16_t)(c->left - 4u);
	v->payload = take(c, v->b.data.op.length);
	return v->payload ? WEFT_DROP_NONE : WEFT_DROP_SHORT;
}

static enum weft_drop parse_ack(struct weft_view *v, struct cursor *c)
{
	if (!TAKE_HDR(c, ack, &v->b.ack.h))
		return WEFT_DROP_SHORT;
	if (v->b.ack.h.words > WEFT_MAX_SACK_WORDS && !WEFT_MUTANT(WORDS_ANY))
		return WEFT_DROP_MALFORMED;	/* WEFT-PKT-033 */
	v->b.ack.words = take(c, v->b.ack.h.words * WEFT_HDR_SACKWORD_LEN);
	return v->b.ack.words ? WEFT_DROP_NONE : WEFT_DROP_SHORT;
}

static enum weft_drop parse_nack(struct weft_view *v, struct cursor *c)
{
	if (!TAKE_HDR(c, nack, &v->b.nack.h))
		return WEFT_DROP_SHORT;
	if (v->b.nack.h.count > WEFT_MAX_RANGES)
		return WEFT_DROP_MALFORMED;
	v->b.nack.ranges = take(c, v->b.nack.h.count * WEFT_HDR_RANGE_LEN);
	return v->b.nack.ranges ? WEFT_DROP_NONE : WEFT_DROP_SHORT;
}

static enum weft_drop parse_ctrl(struct weft_view *v, struct cursor *c)
{
	struct weft_hdr_ctrl h;

	if (!TAKE_HDR(c, ctrl, &h))
		return WEFT_DROP_SHORT;
	if (h.length % 4 && !WEFT_MUTANT(CTRL_ODD))
		return WEFT_DROP_MALFORMED;	/* WEFT-PKT-034 */
	v->b.ctrl.tlvs = take(c, h.length);
	v->b.ctrl.len = h.length;
	return v->b.ctrl.tlvs ? WEFT_DROP_NONE : WEFT_DROP_SHORT;
}

/* WEFT-PKT-080: probes and credit are of a context that is open at both ends. */
static enum weft_drop parse_probe(struct weft_view *v, struct cursor *c)
{
	if (v->d.flags & WEFT_DFLAGS_SYN && !WEFT_MUTANT(PROBE_SYN_TAKEN))
		return WEFT_DROP_MALFORMED;
	return TAKE_HDR(c, probe, &v->b.probe.h) ? WEFT_DROP_NONE : WEFT_DROP_SHORT;
}

static enum weft_drop parse_credit(struct weft_view *v, struct cursor *c)
{
	if (v->d.flags & WEFT_DFLAGS_SYN)
		return WEFT_DROP_MALFORMED;
	return TAKE_HDR(c, credit, &v->b.credit.h) ? WEFT_DROP_NONE : WEFT_DROP_SHORT;
}

/* WEFT-MEM-051: a code that is not known has no length, so the packet has no form. */
static enum weft_drop parse_mem(struct weft_view *v, struct cursor *c)
{
	struct weft_hdr_memop op = { .more = 1 };
	struct weft_memform f;
	uint32_t len = 0;

	v->b.mem.n = 0;
	v->b.mem.ops = c->at;
	while (op.more) {
		if (v->b.mem.n == WEFT_MAX_MEMOPS)
			return WEFT_DROP_MALFORMED;
		if (!TAKE_HDR(c, memop, &op))
			return WEFT_DROP_SHORT;
		if (!weft_memform(&op, &f))
			return WEFT_DROP_MALFORMED;
		if (!v->b.mem.n++)
			v->b.mem.answers = f.answer;
		else if (v->b.mem.answers != f.answer)
			return WEFT_DROP_MALFORMED;
		len += weft_memform_bytes(&f);
	}
	v->b.mem.len = (uint16_t)len;
	v->b.mem.data = take(c, len);
	return v->b.mem.data ? WEFT_DROP_NONE : WEFT_DROP_SHORT;
}

/* WEFT-DGM-003 */
static enum weft_drop parse_dgram(struct weft_view *v, struct cursor *c)
{
	if (v->d.pdc_id || v->d.flags & WEFT_DFLAGS_SYN)
		return WEFT_DROP_MALFORMED;
	if (!TAKE_HDR(c, dgram, &v->b.dgram.h))
		return WEFT_DROP_SHORT;
	if (v->b.dgram.h.parts & WEFT_DGPARTS_GIDS && !TAKE_HDR(c, gids, &v->b.dgram.gids))
		return WEFT_DROP_SHORT;
	if (v->b.dgram.h.flags & WEFT_OFLAGS_IMM && !TAKE_HDR(c, imm, &v->b.dgram.imm))
		return WEFT_DROP_SHORT;
	v->payload = take(c, v->b.dgram.h.length);
	return v->payload ? WEFT_DROP_NONE : WEFT_DROP_SHORT;
}

static enum weft_drop parse_body(struct weft_view *v, struct cursor *c)
{
	switch (v->d.type) {
	case WEFT_PTYPE_DATA:
		return parse_data(v, c);
	case WEFT_PTYPE_ACK:
		return parse_ack(v, c);
	case WEFT_PTYPE_NACK:
		return parse_nack(v, c);
	case WEFT_PTYPE_CTRL:
		return parse_ctrl(v, c);
	case WEFT_PTYPE_PROBE:
		return parse_probe(v, c);
	case WEFT_PTYPE_CREDIT:
		return parse_credit(v, c);
	case WEFT_PTYPE_MEM:
		return parse_mem(v, c);
	case WEFT_PTYPE_DGRAM:
		return parse_dgram(v, c);
	default:		/* WEFT-PKT-003 */
		if (!WEFT_MUTANT(TYPE_AS_DATA))
			return WEFT_DROP_TYPE;
		v->d.type = WEFT_PTYPE_DATA;
		return parse_data(v, c);
	}
}

/* The shorter delivery header has room neither for a SYN nor for ack_psn (WEFT-MEM-050). */
static bool compact(struct weft_view *v, struct cursor *c)
{
	c->at -= WEFT_HDR_DELIVERY_LEN - WEFT_HDR_MDELIVERY_LEN;
	c->left += WEFT_HDR_DELIVERY_LEN - WEFT_HDR_MDELIVERY_LEN;
	v->d.ack_psn = 0;
	if (WEFT_MUTANT(MEM_AKV_IGNORED))
		v->d.flags &= (uint8_t)~WEFT_DFLAGS_AKV;
	return !(v->d.flags & (WEFT_DFLAGS_SYN | WEFT_DFLAGS_AKV));
}

/* WEFT-PKT-001, WEFT-PKT-002, WEFT-PKT-007, WEFT-NET-001 */
enum weft_drop weft_parse(struct weft_view *v, const uint8_t *bytes, uint32_t len)
{
	struct cursor c = { bytes, len };
	enum weft_drop why;

	if (!TAKE_HDR(&c, delivery, &v->d))
		return WEFT_DROP_SHORT;
	v->bytes = bytes;
	v->payload = NULL;
	v->port = 0;
	v->ce = v->d.fabric & WEFT_FABRIC_CE;
	if (v->d.version != WEFT_VERSION && !WEFT_MUTANT(VERSION_ANY))
		return WEFT_DROP_VERSION;
	if (v->d.flags & WEFT_DFLAGS_SEC && !WEFT_MUTANT(SEC_IGNORED))
		return WEFT_DROP_TYPE;
	if (v->d.type == WEFT_PTYPE_MEM && !compact(v, &c))
		return WEFT_DROP_MALFORMED;
	if (v->d.fabric & WEFT_FABRIC_TRIM && !WEFT_MUTANT(TRIM_IGNORED))
		return WEFT_DROP_TRIMMED;	/* WEFT-PKT-011 */
	if (v->d.flags & WEFT_DFLAGS_SYN && !TAKE_HDR(&c, syn, &v->syn))
		return WEFT_DROP_SHORT;
	if (v->d.flags & WEFT_DFLAGS_SYN && (v->syn.window < WEFT_MIN_WINDOW ||
					     v->syn.max_payload < WEFT_MIN_PAYLOAD ||
					     (WEFT_MUTANT(LIMITS_BOUNDED) &&
					      v->syn.window > WEFT_MAX_WINDOW)) &&
	    !WEFT_MUTANT(LIMITS_UNCHECKED))
		return WEFT_DROP_MALFORMED;	/* WEFT-PDC-017 */
	why = parse_body(v, &c);
	if (why != WEFT_DROP_NONE)
		return why;
	v->crc_off = len - (WEFT_MUTANT(CRC_AT_END) && c.left >= 4 ? 4 : c.left);
	if (!take(&c, WEFT_HDR_CRC_LEN))
		return WEFT_DROP_SHORT;
	v->used = len - c.left;
	if (WEFT_MUTANT(PADDING_REFUSED) && v->used != len)
		return WEFT_DROP_SHORT;
	return WEFT_DROP_NONE;
}

/* WEFT-PKT-004, WEFT-PKT-005 */
bool weft_crc_ok(const struct weft_view *v)
{
	struct weft_hdr_crc crc;

	weft_hdr_crc_unpack(&crc, v->bytes + v->crc_off);
	if (WEFT_MUTANT(CRC_FABRIC) && v->d.fabric)
		return crc.crc == weft_crc32c(0, v->bytes, v->crc_off);
	if (WEFT_MUTANT(CRC_HALF))
		return (uint16_t)crc.crc == (uint16_t)weft_crc_header(v->bytes, v->crc_off);
	if (WEFT_MUTANT(CRC_UNCHECKED) || (WEFT_MUTANT(CRC_ACK) && v->d.type == WEFT_PTYPE_ACK))
		return true;
	return crc.crc == weft_crc_header(v->bytes, v->crc_off);
}

/* What takes a PSN can open a context, if it says whose (WEFT-PKT-031). */
static bool opens(const struct weft_view *v)
{
	return (v->d.type == WEFT_PTYPE_DATA || v->d.type == WEFT_PTYPE_CTRL) &&
	       ((v->syn.pdc_id && v->syn.chip_id) || WEFT_MUTANT(SYN_NAMELESS));
}

/* WEFT-PKT-030 */
enum weft_routes weft_route(const struct weft_view *v)
{
	if (v->d.pdc_id)
		return WEFT_ROUTE_CONTEXT;
	if (v->d.fabric & WEFT_FABRIC_TRIM)
		return WEFT_ROUTE_NONE;		/* whose it was is cut off */
	if (v->d.flags & WEFT_DFLAGS_SYN)
		return opens(v) ? WEFT_ROUTE_OPEN : WEFT_ROUTE_NONE;
	if (v->d.type == WEFT_PTYPE_NACK && v->b.nack.h.reason == WEFT_NACK_NO_CONTEXT)
		return WEFT_ROUTE_REMOTE;
	if (v->d.type == WEFT_PTYPE_DGRAM)
		return WEFT_ROUTE_DGRAM;
	return v->d.type == WEFT_PTYPE_CTRL ? WEFT_ROUTE_ALONE : WEFT_ROUTE_NONE;
}
