/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets into fields.  See decode.h. */
#include "tools/weft/decode.h"

#include <string.h>

#include "tools/weft/decode_crc.h"
#include "tools/weft/decode_walk.h"

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

static bool walk_amask(struct walk *w)
{
	HEADER(amask, AMASK);
	HEX(amask, operand_mask);
	HEX(amask, compare_mask);
	return true;
}

static bool walk_atomic(struct walk *w)
{
	HEADER(atomic, ATOMIC);
	HEX(atomic, rkey);
	HEX(atomic, addr);
	ENUM(atomic, aop, aop);
	NUM(atomic, width);
	FLAGS(atomic, flags, aflags);
	HEX(atomic, operand);
	HEX(atomic, compare);
	return !(atomic.flags & WEFT_AFLAGS_MASKED) || walk_amask(w);
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

static bool walk_reduce(struct walk *w)
{
	HEADER(reduce, REDUCE);
	HEX(reduce, rkey);
	HEX(reduce, addr);
	NUM(reduce, msg_len);
	NUM(reduce, offset);
	ENUM(reduce, op, redop);
	ENUM(reduce, dtype, dtype);
	return true;
}

static bool walk_flush(struct walk *w)
{
	HEADER(flush, FLUSH);
	HEX(flush, rkey);
	HEX(flush, addr);
	NUM(flush, length);
	ENUM(flush, level, flush);
	return true;
}

static bool walk_rd(struct walk *w)
{
	HEADER(rd, RD);
	NUM(rd, src_qpn);
	HEX(rd, qkey);
	NUM(rd, tag);
	return true;
}

static bool walk_rd_rsp(struct walk *w)
{
	HEADER(rd_rsp, RD_RSP);
	NUM(rd_rsp, tag);
	NUM(rd_rsp, delay_ns);
	return true;
}

static bool walk_imm(struct walk *w)
{
	HEADER(imm, IMM);
	NUM(imm, ssn);
	HEX(imm, imm);
	return true;
}

static bool walk_gids(struct walk *w)
{
	HEADER(gids, GIDS);
	add_bytes(w, "gids", "src", DECODE_BYTES, w->p - sizeof(gids), sizeof(gids.src));
	BYTES(gids, dst);
	return true;
}

static bool walk_inv(struct walk *w)
{
	HEADER(inv, INV);
	HEX(inv, rkey);
	return true;
}

static bool walk_signal(struct walk *w)
{
	HEADER(signal, SIGNAL);
	HEX(signal, rkey);
	HEX(signal, addr);
	NUM(signal, value);
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
	case WEFT_OPCODE_REDUCE:
		return walk_reduce(w);
	case WEFT_OPCODE_FLUSH:
		return walk_flush(w);
	case WEFT_OPCODE_RD_SEND:
		return walk_rd(w);
	case WEFT_OPCODE_RD_RSP:
		return walk_rd_rsp(w);
	}
	return true;
}

static bool walk_payload(struct walk *w, uint32_t n)
{
	w->d->payload += n;
	if (!room(w, n, "cut in the payload"))
		return false;
	advance(w, n);
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
	if ((op.flags & WEFT_OFLAGS_INV) && !walk_inv(w))
		return false;
	if ((op.flags & WEFT_OFLAGS_SIGNAL) && !walk_signal(w))
		return false;
	return walk_payload(w, op.length);
}

/* ---- DGRAM, PROBE, CREDIT --------------------------------------------------------------- */

static bool walk_dgram(struct walk *w)
{
	HEADER(dgram, DGRAM);
	FLAGS(dgram, flags, oflags);
	FLAGS(dgram, parts, dgparts);
	NUM(dgram, length);
	NUM(dgram, dst_qpn);
	NUM(dgram, src_qpn);
	HEX(dgram, qkey);
	NUM(dgram, domain);
	if ((dgram.parts & WEFT_DGPARTS_GIDS) && !walk_gids(w))
		return false;
	if ((dgram.flags & WEFT_OFLAGS_IMM) && !walk_imm(w))
		return false;
	return walk_payload(w, dgram.length);
}

static bool walk_probe(struct walk *w)
{
	HEADER(probe, PROBE);
	FLAGS(probe, flags, probeflags);
	NUM(probe, port);
	NUM(probe, entropy);
	NUM(probe, id);
	NUM(probe, sent_ns);
	return true;
}

static bool walk_credit(struct walk *w)
{
	HEADER(credit, CREDIT);
	FLAGS(credit, flags, creditflags);
	NUM(credit, pkts);
	return true;
}

/* ---- MEM -------------------------------------------------------------------------------- */

struct memops {
	struct weft_hdr_memop op[WEFT_MAX_MEMOPS];
	unsigned n;
};

static bool walk_memop(struct walk *w, struct memops *m)
{
	HEADER(memop, MEMOP);
	ENUM(memop, code, memcode);
	NUM(memop, size);
	NUM(memop, tag);
	NUM(memop, more);
	NUM(memop, window);
	HEX(memop, offset);
	m->op[m->n++] = memop;
	return true;
}

static bool walk_memmask(struct walk *w)
{
	HEADER(memmask, MEMMASK);
	HEX(memmask, bytes);
	return true;
}

static bool walk_memoperand(struct walk *w)
{
	HEADER(memoperand, MEMOPERAND);
	HEX(memoperand, value);
	return true;
}

/* Bytes of data, without the padding. */
static uint32_t memop_data(const struct weft_hdr_memop *op)
{
	switch (op->code) {
	case WEFT_MEMCODE_STORE:
	case WEFT_MEMCODE_MSTORE:
	case WEFT_MEMCODE_DATA:
		return 1u << op->size;
	case WEFT_MEMCODE_STORE256:
	case WEFT_MEMCODE_DATA256:
		return 256;
	}
	return 0;
}

static unsigned memop_operands(uint8_t code)
{
	if (code == WEFT_MEMCODE_CAS)
		return 2;
	return code == WEFT_MEMCODE_OLD ||
	       (code >= WEFT_MEMCODE_FADD && code <= WEFT_MEMCODE_XOR);
}

/* Without its form, what follows cannot be told apart. */
static bool memop_known(uint8_t code)
{
	return code != WEFT_MEMCODE_RESERVED && *weft_memcode_name(code) != '?';
}

/* Mask, operands and data of one operation; CAS: the operand, then the compare value. */
static bool walk_membody(struct walk *w, const struct weft_hdr_memop *op)
{
	uint32_t data = memop_data(op);

	if (!memop_known(op->code)) {
		w->d->error = "a memory operation that is not known";
		return false;
	}
	if (op->code == WEFT_MEMCODE_MSTORE && !walk_memmask(w))
		return false;
	for (unsigned i = memop_operands(op->code); i; i--)
		if (!walk_memoperand(w))
			return false;
	w->d->payload += data;
	data = (data + 3) / 4 * 4;
	if (!room(w, data, "cut in the data"))
		return false;
	advance(w, data);
	return true;
}

/* The operations' headers, then, in the same order, what belongs to each. */
static bool walk_mem(struct walk *w)
{
	struct memops m = { .n = 0 };

	do {
		if (m.n == WEFT_MAX_MEMOPS) {
			w->d->error = "too many memory operations";
			return false;
		}
		if (!walk_memop(w, &m))
			return false;
	} while (m.op[m.n - 1].more);
	for (unsigned i = 0; i < m.n; i++)
		if (!walk_membody(w, &m.op[i]))
			return false;
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
	HEX(syn, cookie);
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
		return decode_ctrl(w);
	case WEFT_PTYPE_DGRAM:
		return walk_dgram(w);
	case WEFT_PTYPE_PROBE:
		return walk_probe(w);
	case WEFT_PTYPE_CREDIT:
		return walk_credit(w);
	}
	w->d->error = "a packet type that is not known";
	return false;
}

static bool walk_mdelivery(struct walk *w)
{
	HEADER(mdelivery, MDELIVERY);
	NUM(mdelivery, version);
	ENUM(mdelivery, type, ptype);
	FLAGS(mdelivery, flags, dflags);
	NUM(mdelivery, entropy);
	FLAGS(mdelivery, fabric, fabric);
	NUM(mdelivery, pdc_id);
	NUM(mdelivery, psn);
	if (mdelivery.flags & WEFT_DFLAGS_SEC) {
		w->d->error = "encrypted";
		return false;
	}
	return walk_mem(w);
}

static bool walk_packet(struct walk *w)
{
	if (w->left && *w->p == (WEFT_VERSION << 4 | WEFT_PTYPE_MEM))
		return walk_mdelivery(w);

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
