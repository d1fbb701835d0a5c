/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a capture to a transcript.  What the driver of a live case knows and notes, the operations
 * and the device's claims, is found in the packets: contexts by their SYN, streams by EP_ACCEPT.
 * What belongs to a context or stream that was opened before the capture began stays
 * without an operation, and the observers do not judge it.
 */
#include "conformance/passive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Two names of one thing at one end's side: ours and the device's. */
struct pair {
	unsigned end;
	uint32_t ours, theirs;
	uint32_t msn;		/* streams: the latest request seen, ... */
	bool asked;		/* ... if there was one */
};

struct pairs {
	struct pair *pair;
	unsigned n;
};

struct builder {
	struct wc_transcript *tr;
	struct pairs ctx, stream;
	uint64_t t0_ns;
	struct wc_hello hello;
	struct wc_limits limits;
	bool claimed;		/* hello is the device's */
};

static struct pair *pair_of(const struct pairs *l, unsigned end, uint64_t theirs)
{
	for (unsigned i = l->n; i-- > 0;)
		if (l->pair[i].theirs == theirs && l->pair[i].end == end)
			return &l->pair[i];
	return NULL;
}

/* Of two that the device called the same the later one counts. */
static void pair_up(struct pairs *l, unsigned end, uint64_t ours, uint64_t theirs)
{
	struct pair *p = pair_of(l, end, theirs), *more;

	if (p && p->ours == ours)
		return;
	if (!(l->n & (l->n - 1))) {
		more = realloc(l->pair, (l->n ? 2u * l->n : 1u) * sizeof(*more));
		if (!more)
			return;
		l->pair = more;
	}
	l->pair[l->n++] = (struct pair){ .end = end, .ours = (uint32_t)ours,
					 .theirs = (uint32_t)theirs };
}

static void value(struct builder *b, const char *name, uint64_t v)
{
	struct wc_rec r = { .kind = WC_R_VALUE, .name = name, .value = v };

	wc_transcript_add(b->tr, &r);
}

/* ---- what it is about -------------------------------------------------------------------- */

/* EP_CONNECT names the asker's queue pair, EP_ACCEPT both. */
static void learn_stream(struct builder *b, const struct wc_frame *f, bool tx, unsigned end)
{
	struct wc_tlv_view tlv;
	struct wc_ep ep = { 0 };

	if (!wc_frame_find_tlv(f, WC_TLV_EP_ACCEPT, wc_h_ep_accept.bytes, &tlv))
		return;
	wc_unpack(&wc_h_ep_accept, tlv.value, &ep);
	pair_up(&b->stream, end, tx ? ep.src_qpn : ep.dst_qpn, tx ? ep.dst_qpn : ep.src_qpn);
}

static void learn(struct builder *b, const struct wc_frame *f, bool tx, unsigned end)
{
	struct wc_tlv_view tlv;

	if (f->flags & WC_F_SYN && f->pdc_id)
		pair_up(&b->ctx, end, tx ? f->syn_pdc : f->pdc_id, tx ? f->pdc_id : f->syn_pdc);
	if (f->flags & WC_F_SYN && !tx)
		b->hello.chip_id = f->syn_chip;
	if (f->type != WC_CTRL)
		return;
	learn_stream(b, f, tx, end);
	if (tx || !wc_frame_find_tlv(f, WC_TLV_HELLO, wc_h_hello.bytes, &tlv))
		return;
	wc_unpack(&wc_h_hello, tlv.value, &b->hello);
	b->claimed = true;
	if (wc_frame_find_tlv(f, WC_TLV_LIMITS, wc_h_limits.bytes, &tlv))
		wc_unpack(&wc_h_limits, tlv.value, &b->limits);
}

/*
 * What a DATA packet asks: WC_OP_PLAIN for nothing.  An opcode that nobody knows asks for a
 * refusal, and whether it begins a message nobody can say.
 */
static enum wc_op_kind asks(const struct wc_frame *f)
{
	if (f->type != WC_DATA)
		return WC_OP_PLAIN;
	switch (f->opcode) {
	case WC_NOP:
	case WC_TACK:
	case WC_READ_RSP:
	case WC_ATOMIC_RSP:
		return WC_OP_PLAIN;
	case WC_READ:
		return WC_OP_READ;
	case WC_ATOMIC:
		return WC_OP_ATOMIC;
	case WC_SEND:
	case WC_WRITE:
	case WC_REDUCE:
	case WC_FLUSH:
		return WC_OP_MESSAGE;
	default:
		return WC_OP_ANY;
	}
}

/* The operation that a request of ours begins, if it begins one. */
static void note_op(struct builder *b, const struct wc_frame *f, const struct wc_seen *s)
{
	enum wc_op_kind kind = asks(f);
	struct pair *stream = kind != WC_OP_PLAIN ? pair_of(&b->stream, s->from, f->qpn) : NULL;
	struct pair *ctx = f->pdc_id ? pair_of(&b->ctx, s->from, f->pdc_id) : NULL;
	struct wc_op op = {
		.kind = kind, .msn = (uint32_t)f->msn, .psn_first = (uint32_t)f->psn,
		.psn_last = (uint32_t)f->psn, .len = (uint32_t)f->msg_len,
	};
	uint8_t packed[WC_OP_BYTES];
	char name[48];
	struct wc_rec r = {
		.kind = WC_R_OP, .name = name, .t_ns = s->t_ns - b->t0_ns, .value = s->from,
		.flags = f->flags & WC_F_RTX ? WC_O_AGAIN : 0, .bytes = packed,
		.len = WC_OP_BYTES,
	};

	if (!stream || (kind != WC_OP_ANY && stream->asked && !wc_before(stream->msn, f->msn)))
		return;
	if (kind != WC_OP_ANY) {
		stream->asked = true;
		stream->msn = (uint32_t)f->msn;
	}
	op.pdc = ctx ? ctx->ours : (uint32_t)f->syn_pdc;
	op.qpn = stream->ours;
	wc_op_pack(&op, packed);
	snprintf(name, sizeof(name), "%s %u of queue pair %u", wc_opcode_name(f->opcode),
		 op.msn, op.qpn);
	wc_transcript_add(b->tr, &r);
}

static void add(struct builder *b, const struct wc_seen *s, unsigned dut)
{
	bool tx = s->from != dut;
	struct wc_frame f;
	char name[24];
	struct wc_rec r = {
		.kind = tx ? WC_R_TX : WC_R_RX, .flags = tx && !s->good ? WC_T_BAD : 0,
		.t_ns = s->t_ns - b->t0_ns, .value = tx ? s->from : s->to, .name = name,
		.bytes = s->bytes, .len = s->len,
	};

	if (s->good) {
		wc_frame_parse(&f, s->bytes, s->len);
		learn(b, &f, tx, tx ? s->from : s->to);
		if (tx)
			note_op(b, &f, s);
	}
	snprintf(name, sizeof(name), "frame %u", s->frame);
	wc_transcript_add(b->tr, &r);
}

static void note_claims(struct builder *b)
{
	value(b, "claim.chip_id", b->hello.chip_id);
	if (!b->claimed)
		return;
	value(b, "claim.hello", 1);
	value(b, "claim.modes", b->hello.modes);
	value(b, "claim.profiles", b->hello.profiles);
	value(b, "claim.max_payload", b->hello.max_payload);
	value(b, "claim.max_window", b->hello.max_window);
	value(b, "claim.class", b->hello.class_);
	value(b, "claim.features", b->limits.features);
}

void wc_passive_build(const struct wc_capture *c, unsigned dut, struct wc_transcript *tr)
{
	struct builder b = { .tr = tr };
	bool begun = false;

	wc_transcript_init(tr);
	value(&b, "capture", 1);
	for (unsigned i = 0; i < c->n; i++) {
		const struct wc_seen *s = &c->pkt[i];

		if (s->from != dut && s->to != dut)
			continue;
		if (!begun)
			b.t0_ns = s->t_ns;
		begun = true;
		add(&b, s, dut);
	}
	note_claims(&b);
	free(b.ctx.pair);
	free(b.stream.pair);
}

bool wc_passive(const struct wc_view *v)
{
	return wc_view_value(v, "capture", 0);
}
