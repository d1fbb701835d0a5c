/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Framing: what is a packet, and what is not.
 */
#include "conformance/cases/common.h"

#include <string.h>

/* ---- FR-BV-01 --------------------------------------------------------------------------- */

static void every_opcode(struct wc_t *t)
{
	struct wc_frame f = wc_f_nop(t->a);

	wc_op(t->b, "nop", WC_OP_PLAIN, &f);
	wc_emit(t->c, &f, WC_E_OK);
	wc_await(t, "nop");
	wc_do_write(t->a, "write", t->mem.key, wc_page(t, 1), wc_bytes(3), WC_SIZE);
	wc_do_read(t->a, "read", t->mem.key, wc_page(t, 1), WC_SIZE);
	wc_do_write(t->a, "zero", t->mem.key, wc_page(t, 2), (const uint8_t[8]){ 0 }, 8);
	wc_do_fadd(t->a, "fadd", t->mem.key, wc_page(t, 2), 7);
	wc_do_cas(t->a, "cas", t->mem.key, wc_page(t, 2), 7, 9);
}

static void every_opcode_judge(struct wc_judge *j)
{
	wc_ok(j, 1, "nop");
	wc_ok(j, 2, "write");
	wc_data_fill(j, 3, "read", 3, WC_SIZE, "WRONG_DATA");
	wc_old(j, 4, "fadd", 0);
	wc_old(j, 5, "cas", 7);
}

/* ---- FR-BI-02, FR-BI-03 ------------------------------------------------------------------ */

static void cut_short(struct wc_t *t)
{
	static uint8_t buf[WC_FRAME_MAX];
	struct wc_frame f;
	uint32_t full;

	wc_bad_begin(t, 3);
	f = wc_bad_write(t, 3);
	full = wc_build(&f, buf);
	for (uint32_t n = 1; n < full; n++) {
		wc_build(&f, buf);
		if (n >= wc_h_delivery.bytes + 4)	/* with a CRC that fits what is left */
			wc_frame_seal(buf, n);
		wc_emit_bytes(t, buf, n, WC_E_BAD);
	}
	wc_bad_end(t, 3);
}

static void cut_short_judge(struct wc_judge *j)
{
	wc_bad_judge(j, 1);
}

static void length_lies(struct wc_t *t)
{
	static const uint32_t more[] = { 1, 4, 32, 1024, 0xffff - WC_SIZE };

	wc_bad_begin(t, 4);
	for (unsigned i = 0; i < 5; i++) {
		struct wc_frame f = wc_bad_write(t, 4);

		f.length = WC_SIZE + more[i];
		f.msg_len = f.length;
		wc_emit(t->c, &f, WC_E_BAD);
		if (more[i] > WC_SIZE)
			continue;
		f.length = WC_SIZE - more[i];	/* the CRC is not behind it */
		f.msg_len = f.length;
		wc_emit(t->c, &f, WC_E_BAD);
	}
	wc_bad_end(t, 4);
}

/* ---- FR-BV-04 --------------------------------------------------------------------------- */

static void padded(struct wc_t *t)
{
	static const uint32_t pad[] = { 1, 2, 3, 22, 64 };
	static uint8_t buf[WC_FRAME_MAX];

	for (unsigned i = 0; i < 5; i++) {
		struct wc_frame f = wc_f_write(t->a, t->mem.key, wc_page(t, 5) + WC_SIZE * i,
					       wc_bytes(3 + i), WC_SIZE);
		uint32_t n = wc_build(&f, buf);

		memset(buf + n, 0xa5, pad[i]);
		wc_op(t->a, wc_nth("w", i), WC_OP_MESSAGE, &f);
		wc_emit_bytes(t, buf, n + pad[i], WC_E_LOOSE);
		t->c->next++;
		wc_await(t, wc_nth("w", i));
	}
	wc_do_read(t->a, "after", t->mem.key, wc_page(t, 5), 5 * WC_SIZE);
}

static void padded_judge(struct wc_judge *j)
{
	uint8_t want[5 * WC_SIZE];

	for (unsigned i = 0; i < 5; i++) {
		wc_ok(j, 1, wc_nth("w", i));
		memcpy(want + WC_SIZE * i, wc_bytes(3 + i), WC_SIZE);
	}
	wc_data(j, 2, "after", want, sizeof(want), "WRONG_DATA");
}

/* ---- FR-BI-05, FR-BI-06 ------------------------------------------------------------------ */

static void other_types(struct wc_t *t)
{
	static const uint8_t type[] = { 0, 9, 10, 11, 12, 13, 14, 15 };

	wc_bad_begin(t, 6);
	for (unsigned i = 0; i < sizeof(type); i++) {
		static uint8_t buf[WC_FRAME_MAX];
		struct wc_frame f = wc_bad_write(t, 6);
		uint32_t n = wc_build(&f, buf);

		buf[0] = (uint8_t)(0x10 | type[i]);
		wc_frame_seal(buf, n);
		wc_emit_bytes(t, buf, n, WC_E_BAD);
	}
	wc_bad_end(t, 6);
}

static void secured(struct wc_t *t)
{
	struct wc_frame f;

	wc_bad_begin(t, 7);
	f = wc_bad_write(t, 7);
	f.flags |= WC_F_SEC;
	wc_emit(t->c, &f, WC_E_BAD);
	f.flags |= WC_F_SYN;
	wc_emit(t->c, &f, WC_E_BAD);
	wc_bad_end(t, 7);
}

/* ---- FR-BV-07 --------------------------------------------------------------------------- */

static void reserved_set(struct wc_t *t)
{
	struct wc_ctx *c = wc_open(t, wc_best_mode(t), WC_DOMAIN);
	struct wc_frame f;

	wc_do_write(t->a, "zero", t->mem.key, wc_page(t, 8), (const uint8_t[8]){ 0 }, 8);
	f = wc_f_atomic(t->a, t->mem.key, wc_page(t, 8), WC_FADD, 5, 0);
	f.atomic_rsv = 0xff;
	f.fabric = WC_FB_RSV;
	wc_op(t->a, "fadd", WC_OP_ATOMIC, &f);
	wc_emit(t->c, &f, WC_E_OK);
	wc_await(t, "fadd");
	/* A SYN whose reserved bits are set, on a context of its own. */
	f = wc_f_ctrl(c, NULL, 0);
	f.type = WC_DATA;
	f.opcode = WC_NOP;
	f.syn_rsv = 3;
	f.syn_rsv2 = 0xff;
	wc_value(t, "c2", c->id);
	wc_value(t, "psn2", f.psn);
	wc_mark(t, "syn");
	wc_emit(c, &f, WC_E_OK);
	wc_connect(c, "connect.C", wc_service(t));
}

static void reserved_set_judge(struct wc_judge *j)
{
	wc_old(j, 1, "fadd", 0);
	j->evidence = wc_view_acked(j->v, (uint32_t)wc_val(j, "c2"), (uint32_t)wc_val(j, "psn2"),
				    wc_at(j, "syn"), WC_NONE);
	wc_cp(j, 2, j->evidence != WC_NONE, "RESERVED_MINDED",
	      "the SYN packet is taken although reserved bits are set");
	wc_ok(j, 3, "connect.C");
}

/* ---- FR-BV-08 --------------------------------------------------------------------------- */

#define ORDER 0x0102030405060708ull

static void byte_order(struct wc_t *t)
{
	static const uint8_t lsb_first[8] = { 8, 7, 6, 5, 4, 3, 2, 1 };

	wc_do_write(t->a, "w", t->mem.key, wc_page(t, 9) + 0x108, lsb_first, 8);
	wc_do_cas(t->a, "cas", t->mem.key, wc_page(t, 9) + 0x108, ORDER, ~ORDER);
	wc_do_fadd(t->a, "fadd", t->mem.key, wc_page(t, 9) + 0x108, ORDER);
	wc_do_read(t->a, "read", t->mem.key, wc_page(t, 9) + 0x108, 8);
}

static void byte_order_judge(struct wc_judge *j)
{
	wc_old(j, 1, "cas", ORDER);
	wc_old(j, 2, "fadd", ~ORDER);
	wc_word(j, 3, "read", ~0ull, "WRONG_DATA");
}

/* ---- FR-BI-09, FR-BV-10 ------------------------------------------------------------------ */

static uint8_t big[WC_FRAME_MAX];

static void oversize(struct wc_t *t)
{
	uint32_t n = t->c->peer_payload + 1;
	struct wc_frame f;

	if (n > t->dut->path_payload) {
		wc_mark(t, "skip:PATH_TOO_SMALL");
		return;
	}
	wc_bad_begin(t, 10);
	wc_fill(big, sizeof(big), WC_NEW_SEED);
	f = wc_f_write(t->a, t->mem.key, wc_page(t, 10), big, n);
	wc_emit(t->c, &f, WC_E_BAD);
	wc_bad_end(t, 10);
}

static uint32_t largest(const struct wc_t *t)
{
	uint32_t n = t->c->peer_payload;

	return n < t->dut->path_payload ? n : t->dut->path_payload;
}

static void full_size(struct wc_t *t)
{
	uint32_t n = largest(t);
	struct wc_frame f;

	wc_value(t, "n", n);
	wc_fill(big, n, 5);
	f = wc_f_write(t->a, t->mem.key, wc_page(t, 16), big, n);
	wc_op(t->a, "write", WC_OP_MESSAGE, &f);
	wc_emit(t->c, &f, WC_E_OK);
	wc_await(t, "write");
	wc_do_read(t->a, "read", t->mem.key, wc_page(t, 16), n);
}

static void full_size_judge(struct wc_judge *j)
{
	wc_ok(j, 1, "write");
	wc_data_fill(j, 2, "read", 5, (uint32_t)wc_val(j, "n"), "WRONG_DATA");
}

/* ---- FR-BI-11 --------------------------------------------------------------------------- */

/* EP_CONNECT, which is answered whenever it is taken, in a CTRL of no multiple of 4 bytes. */
static void odd_control(struct wc_t *t)
{
	struct wc_ep ep = { .src_qpn = 0x3300, .service = WC_SERVICE_CHIP, .credits = 4,
			    .window = 4, .reads = 1 };
	uint8_t value[16], tlvs[32] = { 0 };
	uint32_t n;

	wc_bad_begin(t, 14);
	wc_pack(&wc_h_ep_connect, &ep, value);
	n = wc_tlv_put(tlvs, 0, WC_TLV_EP_CONNECT, value, sizeof(value));
	for (uint32_t more = 1; more < 4; more++) {
		struct wc_frame f = wc_f_ctrl(t->c, tlvs, n + more);

		wc_emit(t->c, &f, WC_E_BAD);
	}
	wc_bad_end(t, 14);
}

const struct wc_case wc_cases_framing[] = {
	{
		.id = "FR-BV-01", .version = 1, .title = "Every operation of CORE is taken",
		.reqs = "WEFT-PKT-001 WEFT-SEM-035",
		.stimulus = "NOP, WRITE, READ, FADD and CAS, one packet each, all well-formed",
		.expected = "each is acknowledged and answered as its opcode says",
		.vary = WC_VARY_ORDER,
		.checkpoints = 5, .drive = every_opcode, .judge = every_opcode_judge,
	}, {
		.id = "FR-BI-02", .version = 1, .title = "A packet cut short is dropped",
		.reqs = "WEFT-PKT-001 WEFT-CONV-004",
		.stimulus = "a WRITE cut at every length, its CRC made to fit",
		.expected = "no answer, no byte written, the PSN stays free",
		.checkpoints = 4, .drive = cut_short, .judge = cut_short_judge,
	}, {
		.id = "FR-BI-03", .version = 2,
		.title = "A length that is not the packet's is not believed",
		.reqs = "WEFT-PKT-001",
		.stimulus = "WRITEs whose length field says 1 to 65471 bytes more than there are, "
			"or 1 to 32 fewer",
		.expected = "no answer, no byte written, the PSN stays free",
		.checkpoints = 4, .drive = length_lies, .judge = cut_short_judge,
	}, {
		.id = "FR-BV-04", .version = 1, .title = "Bytes after the CRC are ignored",
		.reqs = "WEFT-NET-001",
		.stimulus = "WRITEs followed by 1 to 64 bytes of something",
		.expected = "each is taken, and its payload alone is written",
		.checkpoints = 2, .drive = padded, .judge = padded_judge,
	}, {
		.id = "FR-BI-05", .version = 1, .title = "Packets of reserved types are dropped",
		.reqs = "WEFT-PKT-003",
		.stimulus = "packets of type 0 and 9 to 15, otherwise a WRITE",
		.expected = "no answer, no byte written, the PSN stays free",
		.checkpoints = 4, .drive = other_types, .judge = cut_short_judge,
	}, {
		.id = "FR-BI-06", .version = 1,
		.title = "SEC without the SECURE profile is dropped",
		.reqs = "WEFT-PKT-007",
		.stimulus = "plain WRITEs with SEC set, with and without SYN",
		.expected = "no answer, no byte written, the PSN stays free",
		.needs = WC_NEEDS_PLAIN,
		.checkpoints = 4, .drive = secured, .judge = cut_short_judge,
	}, {
		.id = "FR-BV-07", .version = 1, .title = "Reserved fields are ignored",
		.reqs = "WEFT-CONV-003 WEFT-CONV-002",
		.stimulus = "an ATOMIC and a SYN with every reserved bit set",
		.expected = "both are taken as if the bits were zero",
		.checkpoints = 3, .drive = reserved_set, .judge = reserved_set_judge,
	}, {
		.id = "FR-BV-08", .version = 1,
		.title = "Fields are big-endian, words little-endian",
		.reqs = "WEFT-PKT-001",
		.stimulus = "atomics with asymmetric operands at an asymmetric address",
		.expected = "old values and memory as the order of bytes demands",
		.checkpoints = 3, .drive = byte_order, .judge = byte_order_judge,
	}, {
		.id = "FR-BI-09", .version = 1,
		.title = "A payload beyond the announced limit is dropped",
		.reqs = "WEFT-PKT-006",
		.stimulus = "a WRITE one byte larger than the device announced",
		.expected = "no answer, no byte written, the PSN stays free",
		.checkpoints = 4, .drive = oversize, .judge = cut_short_judge,
	}, {
		.id = "FR-BV-10", .version = 1, .title = "The largest announced payload is taken",
		.reqs = "WEFT-PKT-006 WEFT-ACK-011",
		.stimulus = "a WRITE of one packet with the largest payload, and a READ of it",
		.expected = "it is written and read whole",
		.vary = WC_VARY_PAYLOAD,
		.checkpoints = 2, .drive = full_size, .judge = full_size_judge,
	}, {
		.id = "FR-BI-11", .version = 1,
		.title = "A CTRL of odd length is dropped",
		.reqs = "WEFT-PKT-034",
		.stimulus = "EP_CONNECT in CTRL packets with one to three bytes too many",
		.expected = "no answer, no acknowledgement; the PSN is free",
		.checkpoints = 4, .drive = odd_control, .judge = wc_bad_judge_all,
	},
	{ .id = NULL },
};
