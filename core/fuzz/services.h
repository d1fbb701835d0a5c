/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * For fuzz_rx.c: load and store and reliable datagrams of the context, their peer's packets, well
 * formed or not, and TLVs of any bytes.  What the host answers is decided by the input too.
 */
#ifndef WEFT_FUZZ_SERVICES_H
#define WEFT_FUZZ_SERVICES_H

#include <stdlib.h>

#include "core/fuzz/in.h"
#include "core/ls.h"
#include "core/test/solo.h"

#define SVC_WINDOWS 4
#define SVC_TAGS 8

struct services {
	void *ls, *rd;			/* NULL: the context does not offer them */
	uint8_t ops[17 * WEFT_HDR_MEMOP_LEN], data[512], tlvs[64];
};

static void svc_open(struct services *f, struct solo *so)
{
	static const struct weft_ls_cfg ls = { .windows = SVC_WINDOWS, .tags = SVC_TAGS,
					       .peer_tags = SVC_TAGS };
	static const struct weft_rd_cfg rd = { .tags = SVC_TAGS, .answers = 4, .rnr_retry = 1,
					       .rnr_delay_ns = 20000 };

	f->ls = calloc(1, weft_ls_size(&ls));
	f->rd = calloc(1, weft_rd_size(&rd));
	weft_assert(weft_ls_init(so->p, f->ls, &ls) == WEFT_OK);
	weft_assert(weft_rd_init(so->p, f->rd, &rd) == WEFT_OK);
}

static void svc_close(struct services *f)
{
	free(f->ls);
	free(f->rd);
}

/* ---- the peer ----------------------------------------------------------------------- */

static struct weft_view svc_mem(struct services *f, struct solo *so, struct in *in)
{
	static const uint8_t sizes[] = { 3, 2, 0, 6 };
	uint32_t n = in_u8(in) % 3 + 1, len = 0;
	struct weft_view v = solo_pkt(so, WEFT_PTYPE_MEM);

	for (uint32_t i = 0; i < n; i++) {
		uint32_t what = in_u8(in);
		struct weft_hdr_memop h = { .code = (uint8_t)in_u8(in) % 24, .tag = what % 16,
					    .size = sizes[what / 16 % 4], .more = i + 1 < n,
					    .window = (uint16_t)(in_u8(in) % (SVC_WINDOWS + 1)),
					    .offset = in_u8(in) * (what & 0x80 ? 8 : 1) };
		struct weft_memform form;

		weft_hdr_memop_pack(f->ops + i * WEFT_HDR_MEMOP_LEN, &h);
		if (weft_memform(&h, &form))
			len += weft_memform_bytes(&form);
	}
	v.b.mem.ops = f->ops;
	v.b.mem.n = (uint8_t)n;
	v.b.mem.data = f->data;
	v.b.mem.len = (uint16_t)(len < sizeof(f->data) ? len : sizeof(f->data));
	return v;
}

/* What the oldest datagrams of ours would be answered by, or nearly. */
static struct weft_view svc_rd(struct solo *so, struct in *in, bool answer)
{
	struct weft_view v = solo_op(so, answer ? WEFT_OPCODE_RD_RSP : WEFT_OPCODE_RD_SEND, 0);
	uint32_t what = in_u8(in);

	v.b.data.op.qpn = what & 0x80 ? 0x61 : 0x60;
	if (answer) {
		v.b.data.op.status = (uint8_t)(what % 8 == 7 ? in_u8(in) : what % 8 == 6 ?
					       WEFT_STATUS_RNR : WEFT_STATUS_OK);
		v.b.data.u.rd_rsp.tag = (what >> 3 & 3) << 8 | in_u8(in) % 16;
		v.b.data.u.rd_rsp.delay_ns = 20000;
		return v;
	}
	v.b.data.u.rd = (struct weft_hdr_rd){ .src_qpn = 0x50, .qkey = 7, .tag = in_u8(in) };
	v.b.data.op.length = (uint16_t)in_u8(in);
	v.b.data.op.flags |= what & (WEFT_OFLAGS_IMM | WEFT_OFLAGS_SE);
	return v;
}

static struct weft_view svc_bind(struct services *f, struct solo *so, struct in *in)
{
	uint32_t what = in_u8(in);
	struct weft_hdr_tlv_window_bind b = {
		.window = (uint16_t)(what % (SVC_WINDOWS + 1)), .qpn = what & 0x40 ? 0x60 : 0,
		.rkey = what & 0x20 ? 0 : 0x77, .addr = 0x10000, .length = 1024,
	};
	struct weft_hdr_tlv_window_status s = { .window = b.window, .status = what & 0x40 ?
						(uint8_t)in_u8(in) : WEFT_STATUS_OK };
	uint8_t value[WEFT_HDR_TLV_WINDOW_BIND_LEN];

	(void)f;
	if (what & 0x80) {
		weft_hdr_tlv_window_status_pack(value, &s);
		return solo_ctrl(so, WEFT_TLV_WINDOW_STATUS, value, WEFT_HDR_TLV_WINDOW_STATUS_LEN);
	}
	weft_hdr_tlv_window_bind_pack(value, &b);
	return solo_ctrl(so, WEFT_TLV_WINDOW_BIND, value, WEFT_HDR_TLV_WINDOW_BIND_LEN);
}

/* Any bytes where TLVs should be: their lengths, padding and number are what the input says. */
static struct weft_view svc_tlvs(struct services *f, struct solo *so, struct in *in)
{
	struct weft_view v = solo_pkt(so, WEFT_PTYPE_CTRL);
	uint32_t len = in_u8(in) % (sizeof(f->tlvs) / 4) * 4;

	for (uint32_t i = 0; i < len; i++)
		f->tlvs[i] = (uint8_t)in_u8(in);
	v.b.ctrl.tlvs = f->tlvs;
	v.b.ctrl.len = len;
	return v;
}

/* ---- the host ----------------------------------------------------------------------- */

static void svc_post(struct solo *so, struct in *in)
{
	uint32_t what = in_u8(in);
	struct weft_ls_op op = { .offset = in_u8(in) * 8, .window = (uint16_t)(what % SVC_WINDOWS),
				 .code = (uint8_t)in_u8(in) % 24, .size = 3 };
	struct weft_rd_wr wr = { .dst_qpn = 0x50, .src_qpn = what & 4 ? 0x60 : 0x61, .qkey = 7,
				 .len = (uint16_t)(in_u8(in) * 8) };

	switch (what >> 6) {
	case 0:
		weft_ls_bind(so->p, op.window, 0, 0x55, 0x2000, 4096);
		break;
	case 1:
		weft_ls_unbind(so->p, op.window);
		break;
	case 2:
		weft_ls_post(so->p, &op, 1);
		break;
	default:
		weft_rd_post(so->p, &wr);
		break;
	}
}

/* A packet of load and store was taken from weft_tx(): some of its memory may have gone. */
static void svc_sent(struct solo *so, struct in *in)
{
	struct weft_seg segs[WEFT_MAX_MEMOPS];
	uint32_t len = 0;
	size_t n = weft_ls_segs(so->p, &so->txd, segs);

	for (size_t i = 0; i < n; i++)
		len += segs[i].inlined + segs[i].len + segs[i].pad;
	weft_assert(n && n <= WEFT_MAX_MEMOPS && len == so->txd.len);
	if (in_u8(in) % 16 == 0)
		weft_ls_seg_failed(so->p, &so->txd, in_u8(in) % n, WEFT_STATUS_BAD_KEY);
}

#endif
