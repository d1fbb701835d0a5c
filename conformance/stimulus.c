/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The stimulus of a case without what the device chose.
 */
#include "conformance/stimulus.h"
#include "conformance/case.h"

/* A key that the device did not choose: one of its test personality, or one that is not there. */
static bool fixed_key(const struct wc_frame *f)
{
	return (f->rkey >= WC_KEY_RWA && f->rkey < WC_KEY_RWA + 16) || f->rkey == WC_KEY_NONE;
}

/*
 * PSNs count from the start of a context, each of which begins a multiple of 2^16 further on, and
 * packets of no context have the next number of a sequence: another attempt at a case, which time
 * alone asks for, takes some of each.
 */
static uint64_t own_psn(const struct wc_frame *f, uint64_t psn)
{
	bool alone = f->type == WC_CTRL && !f->pdc_id && !(f->flags & WC_F_SYN);

	return alone ? 0 : psn & 0xffff;
}

/* Numbers of a packet that the script alone decides. */
static void add_numbers(struct wc_sha256 *s, const struct wc_frame *f)
{
	bool fixed = fixed_key(f);
	const uint64_t own[] = {
		f->version, f->type, f->flags & ~(uint64_t)(WC_F_AKV | WC_F_GEN), f->entropy,
		f->fabric, own_psn(f, f->psn), f->syn_mode, f->syn_domain,
		own_psn(f, f->syn_start), f->syn_window, f->syn_payload, f->opcode,
		f->oflags, f->length, f->status, f->msn, f->msg_len,
		f->offset, f->ssn, f->aop, f->width, f->atomic_flags, f->operand, f->compare,
		f->credits, f->delay_ns, f->imm_ssn, f->imm, f->operand_mask, f->compare_mask,
		f->redop, f->dtype, f->level, f->qkey, f->tag, f->sig_value, f->ack_flags,
		f->words, f->reason, f->count, f->ctrl_len, f->body_len,
		fixed ? f->rkey : 0, fixed ? f->addr : 0, fixed ? f->inv_rkey : 0,
	};
	uint8_t bytes[8];

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		wc_put(bytes, own[i], 8);
		wc_sha256_add(s, bytes, 8);
	}
}

/* Of TLVs only type and length: their values name queue pairs and addresses. */
static void add_tlvs(struct wc_sha256 *s, const struct wc_frame *f)
{
	struct wc_tlv_view tlv;
	uint8_t bytes[4];

	for (unsigned n = 0; wc_frame_tlv(f, n, &tlv); n++) {
		wc_put(bytes, tlv.type, 2);
		wc_put(bytes + 2, tlv.length, 2);
		wc_sha256_add(s, bytes, 4);
	}
}

/*
 * What a WRITE brings.  Commands and GEMM's descriptors, which are told by their length and go to
 * memory that the device has given, name keys, addresses and chips that are not the script's.
 */
static void add_body(struct wc_sha256 *s, const struct wc_frame *f)
{
	static const struct { uint32_t len, from, to; } blank[] = {
		{ 64, 20, 52 },		/* command: src_key to dst_key */
		{ 56, 0, 24 },		/* descriptor: addresses and keys of A and B */
	};
	uint32_t from = f->body_len, to = f->body_len;

	for (size_t i = 0; i < 2 && !fixed_key(f); i++)
		if (f->body_len == blank[i].len) {
			from = blank[i].from;
			to = blank[i].to;
		}
	wc_sha256_add(s, f->body, from);
	wc_sha256_add(s, f->body + to, f->body_len - to);
}

/* What is no packet: its length, and the first word as far as it is ours. */
static void add_raw(struct wc_sha256 *s, const struct wc_rec *r)
{
	uint8_t bytes[5];

	wc_put(bytes, r->len, 4);
	bytes[4] = r->len ? r->bytes[0] : 0;
	wc_sha256_add(s, bytes, sizeof(bytes));
}

void wc_stimulus_add(struct wc_sha256 *s, const struct wc_transcript *t)
{
	struct wc_view v;

	wc_view_init(&v, t);
	wc_view_update(&v);
	for (size_t i = 0; i < v.count; i++) {
		const struct wc_rec *r = &t->rec[i];

		if (r->kind != WC_R_TX || r->flags & WC_T_AUTO)
			continue;
		wc_sha256_add(s, &r->flags, 1);
		if (v.wrong[i] || r->flags & WC_T_WILD) {
			add_raw(s, r);
			continue;
		}
		add_numbers(s, &v.f[i]);
		if (v.f[i].type == WC_CTRL)
			add_tlvs(s, &v.f[i]);
		else if (v.f[i].opcode == WC_WRITE)
			add_body(s, &v.f[i]);
	}
	wc_view_free(&v);
}
