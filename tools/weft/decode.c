/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets into fields.  See decode.h. */
#include "tools/weft/decode.h"

#include <string.h>

#include "core/names.h"
#include "core/wire.h"
#include "tools/weft/decode_crc.h"

struct walk {
	struct decoded *d;
	const uint8_t *p;
	uint32_t left;		/* bytes that were captured from p on */
};

typedef const char *names_fn(unsigned v);

static void add(struct walk *w, const char *hdr, const char *name, uint64_t v,
		enum decode_kind kind, names_fn *names)
{
	if (w->d->n < DECODE_FIELDS_MAX)
		w->d->f[w->d->n++] = (struct decode_field){
			.hdr = hdr, .name = name, .v = v, .kind = kind, .names_of = names };
}

static void add_bytes(struct walk *w, const char *hdr, const char *name, enum decode_kind kind,
		      const uint8_t *text, size_t len)
{
	if (w->d->n < DECODE_FIELDS_MAX)
		w->d->f[w->d->n++] = (struct decode_field){
			.hdr = hdr, .name = name, .kind = kind, .text = text,
			.len = (uint32_t)len };
}

/* BYTES: the last field of its header. */
#define NUM(h, f)	add(w, #h, #f, h.f, DECODE_NUM, NULL)
#define HEX(h, f)	add(w, #h, #f, h.f, DECODE_HEX, NULL)
#define ENUM(h, f, e)	add(w, #h, #f, h.f, DECODE_ENUM, weft_##e##_name)
#define BYTES(h, f)	add_bytes(w, #h, #f, DECODE_BYTES, w->p - sizeof(h.f), sizeof(h.f))
#define FLAGS(h, f, e)	add(w, #h, #f, h.f, DECODE_FLAGS, weft_##e##_name)

/* Opens a function that reads header `h`; stops the walk if it is not all there. */
#define HEADER(h, LEN)								\
	struct weft_hdr_##h h;							\
	if (!room(w, WEFT_HDR_##LEN##_LEN, "cut in " #h))			\
		return false;							\
	weft_hdr_##h##_unpack(&h, w->p);					\
	advance(w, WEFT_HDR_##LEN##_LEN)

static bool room(struct walk *w, uint32_t n, const char *why)
{
	if (w->left >= n)
		return true;
	w->d->error = why;
	return false;
}

static void advance(struct walk *w, uint32_t n)
{
	w->p += n;
	w->left -= n;
}

/* ---- DATA ------------------------------------------------------------------------------- */

static bool walk_send(struct walk *w)
{
	HEADER(send, SEND);
	NUM(send, msg_len);
	NUM(send, offset);
	NUM(send, ssn);
	return true;
}

static bool walk_write(struct walk *w)
{
	HEADER(write, WRITE);
	HEX(write, rkey);
	HEX(write, addr);
	NUM(write, msg_len);
	NUM(write, offset);
	return true;
}

static bool walk_read(struct walk *w)
{
	HEADER(read, READ);
	HEX(read, rkey);
	HEX(read, addr);
	NUM(read, msg_len);
	return true;
}

static bool walk_read_rsp(struct walk *w)
{
	HEADER(read_rsp, READ_RSP);
	NUM(read_rsp, msg_len);
	NUM(read_rsp, offset);
	return true;
}

static bool walk_atomic(struct walk *w)
{
	HEADER(atomic, ATOMIC);
	HEX(atomic, rkey);
	HEX(atomic, addr);
	ENUM(atomic, aop, aop);
	NUM(atomic, width);
	HEX(atomic, operand);
	HEX(atomic, compare);
	return true;
}

static bool walk_atomic_rsp(struct walk *w)
{
	HEADER(atomic_rsp, ATOMIC_RSP);
	HEX(atomic_rsp, old);
	return true;
}

static bool walk_tack(struct walk *w)
{
	HEADER(tack, TACK);
	NUM(tack, credits);
	NUM(tack, delay_ns);
	return true;
}

static bool walk_imm(struct walk *w)
{
	HEADER(imm, IMM);
	NUM(imm, ssn);
	HEX(imm, imm);
	return true;
}

static bool walk_extension(struct walk *w, unsigned opcode)
{
	switch (opcode) {
	case WEFT_OPCODE_SEND:
		return walk_send(w);
	case WEFT_OPCODE_WRITE:
		return walk_write(w);
	case WEFT_OPCODE_READ:
		return walk_read(w);
	case WEFT_OPCODE_READ_RSP:
		return walk_read_rsp(w);
	case WEFT_OPCODE_ATOMIC:
		return walk_atomic(w);
	case WEFT_OPCODE_ATOMIC_RSP:
		return walk_atomic_rsp(w);
	case WEFT_OPCODE_TACK:
		return walk_tack(w);
	}
	return true;
}

static bool walk_data(struct walk *w)
{
	HEADER(op, OP);
	ENUM(op, opcode, opcode);
	FLAGS(op, flags, oflags);
	NUM(op, length);
	ENUM(op, status, status);
	NUM(op, qpn);
	NUM(op, msn);
	if (!walk_extension(w, op.opcode))
		return false;
	if ((op.flags & WEFT_OFLAGS_IMM) && !walk_imm(w))
		return false;
	w->d->payload = op.length;
	if (!room(w, op.length, "cut in the payload"))
		return false;
	advance(w, op.length);
	return true;
}

/* ---- ACK, NACK -------------------------------------------------------------------------- */

static bool walk_sackword(struct walk *w)
{
	HEADER(sackword, SACKWORD);
	HEX(sackword, bits);
	return true;
}

static bool walk_ack(struct walk *w)
{
	HEADER(ack, ACK);
	FLAGS(ack, flags, ackflags);
	NUM(ack, words);
	NUM(ack, ce_count);
	NUM(ack, echo_entropy);
	NUM(ack, window);
	NUM(ack, echo_psn);
	NUM(ack, ack_delay_ns);
	NUM(ack, rx_bytes);
	NUM(ack, sack_base);
	for (unsigned i = 0; i < ack.words; i++)
		if (!walk_sackword(w))
			return false;
	return true;
}

static bool walk_range(struct walk *w)
{
	HEADER(range, RANGE);
	NUM(range, first);
	NUM(range, count);
	return true;
}

static bool walk_nack(struct walk *w)
{
	HEADER(nack, NACK);
	ENUM(nack, reason, nack);
	NUM(nack, count);
	NUM(nack, echo_gen);
	NUM(nack, echo_pdc);
	NUM(nack, echo_psn);
	NUM(nack, arg);
	for (unsigned i = 0; i < nack.count; i++)
		if (!walk_range(w))
			return false;
	return true;
}

/* ---- CTRL ------------------------------------------------------------------------------- */

static bool walk_hello(struct walk *w)
{
	HEADER(tlv_hello, TLV_HELLO);
	HEX(tlv_hello, chip_id);
	HEX(tlv_hello, incarnation);
	ENUM(tlv_hello, class, class);
	NUM(tlv_hello, version_min);
	NUM(tlv_hello, version_max);
	FLAGS(tlv_hello, modes, modes);
	FLAGS(tlv_hello, flags, helloflags);
	FLAGS(tlv_hello, profiles, profiles);
	HEX(tlv_hello, vendor);
	NUM(tlv_hello, max_payload);
	NUM(tlv_hello, max_window);
	NUM(tlv_hello, domain);
	NUM(tlv_hello, paths);
	return true;
}

static bool walk_pool(struct walk *w)
{
	HEADER(tlv_pool, TLV_POOL);
	NUM(tlv_pool, index);
	ENUM(tlv_pool, kind, pool);
	NUM(tlv_pool, size);
	return true;
}

static bool walk_engine(struct walk *w)
{
	HEADER(tlv_engine, TLV_ENGINE);
	ENUM(tlv_engine, kernel, kernel);
	HEX(tlv_engine, dtypes);
	return true;
}

static bool walk_queues(struct walk *w)
{
	HEADER(tlv_queues, TLV_QUEUES);
	NUM(tlv_queues, queues);
	NUM(tlv_queues, depth);
	return true;
}

static bool walk_neighbour(struct walk *w)
{
	HEADER(tlv_neighbour, TLV_NEIGHBOUR);
	HEX(tlv_neighbour, chip_id);
	ENUM(tlv_neighbour, family, family);
	FLAGS(tlv_neighbour, flags, nbflags);
	NUM(tlv_neighbour, port);
	BYTES(tlv_neighbour, addr);
	return true;
}

static bool walk_version_reject(struct walk *w)
{
	HEADER(tlv_version_reject, TLV_VERSION_REJECT);
	NUM(tlv_version_reject, min);
	NUM(tlv_version_reject, max);
	return true;
}

static bool walk_connect(struct walk *w)
{
	HEADER(tlv_ep_connect, TLV_EP_CONNECT);
	NUM(tlv_ep_connect, src_qpn);
	NUM(tlv_ep_connect, service);
	NUM(tlv_ep_connect, credits);
	NUM(tlv_ep_connect, window);
	NUM(tlv_ep_connect, reads);
	return true;
}

static bool walk_accept(struct walk *w)
{
	HEADER(tlv_ep_accept, TLV_EP_ACCEPT);
	NUM(tlv_ep_accept, dst_qpn);
	NUM(tlv_ep_accept, src_qpn);
	NUM(tlv_ep_accept, credits);
	NUM(tlv_ep_accept, window);
	NUM(tlv_ep_accept, reads);
	return true;
}

static bool walk_reject(struct walk *w)
{
	HEADER(tlv_ep_reject, TLV_EP_REJECT);
	NUM(tlv_ep_reject, dst_qpn);
	ENUM(tlv_ep_reject, reason, ep_reason);
	NUM(tlv_ep_reject, arg);
	return true;
}

static bool walk_disconnect(struct walk *w)
{
	HEADER(tlv_ep_disconnect, TLV_EP_DISCONNECT);
	NUM(tlv_ep_disconnect, dst_qpn);
	ENUM(tlv_ep_disconnect, reason, ep_reason);
	NUM(tlv_ep_disconnect, arg);
	return true;
}

/* The value alone; w->left is its length. */
static bool walk_value(struct walk *w, unsigned type)
{
	static const struct {
		unsigned type;
		bool (*walk)(struct walk *w);
	} row[] = {
		{ WEFT_TLV_HELLO, walk_hello }, { WEFT_TLV_POOL, walk_pool },
		{ WEFT_TLV_ENGINE, walk_engine }, { WEFT_TLV_QUEUES, walk_queues },
		{ WEFT_TLV_NEIGHBOUR, walk_neighbour },
		{ WEFT_TLV_VERSION_REJECT, walk_version_reject },
		{ WEFT_TLV_EP_CONNECT, walk_connect }, { WEFT_TLV_EP_ACCEPT, walk_accept },
		{ WEFT_TLV_EP_REJECT, walk_reject }, { WEFT_TLV_EP_DISCONNECT, walk_disconnect },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(row); i++)
		if (row[i].type == type)
			return row[i].walk(w);
	if (type == WEFT_TLV_NAME)
		add_bytes(w, "tlv", "name", DECODE_TEXT, w->p, w->left);
	return true;
}

static bool walk_tlv(struct walk *w)
{
	HEADER(tlv, TLV);
	struct walk value = { .d = w->d, .p = w->p, .left = tlv.length };
	uint32_t padded = (tlv.length + 3u) / 4 * 4;

	ENUM(tlv, type, tlv);
	NUM(tlv, length);
	if (!room(w, padded, "a TLV leaves the packet"))
		return false;
	advance(w, padded);
	return walk_value(&value, tlv.type);
}

static bool walk_ctrl(struct walk *w)
{
	HEADER(ctrl, CTRL);
	struct walk tlvs = { .d = w->d, .p = w->p, .left = ctrl.length };

	NUM(ctrl, length);
	if (!room(w, ctrl.length, "cut in the TLVs"))
		return false;
	advance(w, ctrl.length);
	while (tlvs.left)
		if (!walk_tlv(&tlvs))
			return false;
	return true;
}

/* ---- The packet ------------------------------------------------------------------------- */

static bool walk_syn(struct walk *w)
{
	HEADER(syn, SYN);
	HEX(syn, chip_id);
	HEX(syn, incarnation);
	NUM(syn, pdc_id);
	ENUM(syn, mode, mode);
	NUM(syn, gen);
	NUM(syn, domain);
	NUM(syn, start_psn);
	NUM(syn, window);
	NUM(syn, max_payload);
	return true;
}

static bool walk_body(struct walk *w, unsigned type)
{
	switch (type) {
	case WEFT_PTYPE_DATA:
		return walk_data(w);
	case WEFT_PTYPE_ACK:
		return walk_ack(w);
	case WEFT_PTYPE_NACK:
		return walk_nack(w);
	case WEFT_PTYPE_CTRL:
		return walk_ctrl(w);
	}
	w->d->error = "a packet type that is not known";
	return false;
}

static bool walk_packet(struct walk *w)
{
	HEADER(delivery, DELIVERY);
	NUM(delivery, version);
	ENUM(delivery, type, ptype);
	FLAGS(delivery, flags, dflags);
	NUM(delivery, entropy);
	FLAGS(delivery, fabric, fabric);
	NUM(delivery, pdc_id);
	NUM(delivery, psn);
	NUM(delivery, ack_psn);
	if (delivery.version != WEFT_VERSION) {
		w->d->error = "a version that is not known";
		return false;
	}
	if ((delivery.flags & WEFT_DFLAGS_SYN) && !walk_syn(w))
		return false;
	if (delivery.flags & WEFT_DFLAGS_SEC) {
		w->d->error = "encrypted";
		return false;
	}
	return walk_body(w, delivery.type);
}

void decode_packet(struct decoded *d, const uint8_t *bytes, uint32_t len)
{
	struct walk walk = { .d = d, .p = bytes, .left = len }, *w = &walk;
	struct weft_hdr_crc crc;

	d->n = 0;
	d->payload = 0;
	d->crc = DECODE_CRC_NONE;
	d->error = NULL;
	if (!walk_packet(w) || !room(w, WEFT_HDR_CRC_LEN, "cut in crc"))
		return;
	weft_hdr_crc_unpack(&crc, w->p);
	HEX(crc, crc);
	d->crc = crc.crc == decode_crc(bytes, (uint32_t)(w->p - bytes)) ? DECODE_CRC_OK :
									  DECODE_CRC_BAD;
}

const struct decode_field *decode_find(const struct decoded *d, const char *hdr, const char *name)
{
	for (unsigned i = 0; i < d->n; i++)
		if (!strcmp(d->f[i].hdr, hdr) && !strcmp(d->f[i].name, name))
			return &d->f[i];
	return NULL;
}
