/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The CRC32C: that it is checked, over what, and that the device's own is right.
 */
#include "conformance/cases/common.h"

#include <string.h>

static void each_crc_bit(struct wc_t *t)
{
	static uint8_t buf[WC_FRAME_MAX];

	wc_bad_begin(t, 1);
	for (unsigned bit = 0; bit < 32; bit++) {
		struct wc_frame f = wc_bad_write(t, 1);
		uint32_t n = wc_build(&f, buf);

		buf[n - 4 + bit / 8] ^= (uint8_t)(1u << bit % 8);
		wc_emit_bytes(t, buf, n, WC_E_BAD);
	}
	wc_bad_end(t, 1);
}

static void dropped_judge(struct wc_judge *j)
{
	wc_bad_judge(j, 1);
}

/* Not the version, which is judged before the CRC, and not what switches may change. */
static bool covered(uint32_t at)
{
	return at == 1 || at >= 5;
}

static void each_byte(struct wc_t *t)
{
	static uint8_t buf[WC_FRAME_MAX];
	struct wc_frame f;
	uint32_t n;

	wc_bad_begin(t, 2);
	f = wc_bad_write(t, 2);
	n = wc_build(&f, buf);
	for (uint32_t at = 0; at < n - 4; at++) {
		wc_build(&f, buf);
		buf[at] ^= (uint8_t)(at ? 1u << at % 8 : 1);
		if (covered(at) || at == 0)
			wc_emit_bytes(t, buf, n, WC_E_BAD);
	}
	wc_bad_end(t, 2);
}

/* ---- CR-BV-03 --------------------------------------------------------------------------- */

static const struct {
	uint16_t entropy;
	uint8_t fabric;
} touched[] = {
	{ 0x0000, 0 }, { 0xffff, 0 }, { 0x1234, WC_FB_CE }, { 0x1234, WC_FB_TC },
	{ 0xa5a5, WC_FB_CE | WC_FB_TC | WC_FB_RSV },
};
#define TOUCHED (sizeof(touched) / sizeof(touched[0]))

static void mutable_bytes(struct wc_t *t)
{
	static uint8_t buf[WC_FRAME_MAX];

	for (unsigned i = 0; i < TOUCHED; i++) {
		struct wc_frame f = wc_f_write(t->a, t->mem.key, wc_page(t, 3) + i * WC_SIZE,
					       wc_bytes(3 + i), WC_SIZE);
		uint32_t n = wc_build(&f, buf);

		wc_op(t->a, wc_nth("w", i), WC_OP_MESSAGE, &f);
		wc_put(buf + 2, touched[i].entropy, 2);
		buf[4] = touched[i].fabric;
		wc_emit_bytes(t, buf, n, WC_E_LOOSE);
		t->c->next++;
		wc_await(t, wc_nth("w", i));
	}
	wc_do_read(t->a, "after", t->mem.key, wc_page(t, 3), TOUCHED * WC_SIZE);
}

static void mutable_bytes_judge(struct wc_judge *j)
{
	uint8_t want[TOUCHED * WC_SIZE];

	for (unsigned i = 0; i < TOUCHED; i++) {
		wc_ok(j, 1, wc_nth("w", i));
		memcpy(want + i * WC_SIZE, wc_bytes(3 + i), WC_SIZE);
	}
	wc_data(j, 2, "after", want, sizeof(want), "WRONG_DATA");
}

/* ---- CR-BI-04 --------------------------------------------------------------------------- */

static uint32_t crc_ieee(const uint8_t *p, uint32_t n)
{
	uint32_t crc = ~0u;

	for (uint32_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

static void other_sums(struct wc_t *t)
{
	static uint8_t buf[WC_FRAME_MAX];
	struct wc_frame f;
	uint32_t n, right, wrong[6];

	wc_bad_begin(t, 4);
	f = wc_bad_write(t, 4);
	f.entropy = 0x5aa5;
	n = wc_build(&f, buf);
	right = (uint32_t)wc_get(buf + n - 4, 4);
	wrong[0] = 0;
	wrong[1] = ~0u;
	wrong[2] = ~right;
	wrong[3] = __builtin_bswap32(right);
	wrong[4] = crc_ieee(buf, n - 4);
	wrong[5] = wc_crc32c(0, buf, n - 4);	/* with the mutable bytes as they are */
	for (unsigned i = 0; i < 6; i++) {
		wc_put(buf + n - 4, wrong[i], 4);
		wc_emit_bytes(t, buf, n, WC_E_BAD);
	}
	wc_bad_end(t, 4);
}

/* ---- CR-BV-05 --------------------------------------------------------------------------- */

#define ODD 67u

static void odd_reads(struct wc_t *t)
{
	uint8_t data[ODD];

	wc_fill(data, ODD, 9);
	wc_do_write(t->a, "w", t->mem.key, wc_page(t, 5), data, ODD);
	for (unsigned n = 1; n <= ODD; n += n < 20 ? 1 : 7)
		wc_do_read(t->a, wc_nth("r", n), t->mem.key, wc_page(t, 5), n);
}

static void odd_reads_judge(struct wc_judge *j)
{
	for (unsigned n = 1; n <= ODD; n += n < 20 ? 1 : 7)
		wc_data_fill(j, 1, wc_nth("r", n), 9, n, "WRONG_DATA");
}

/* ---- CR-BI-06 --------------------------------------------------------------------------- */

/* An acknowledgement with a broken CRC must not count either. */
static void ack_spoilt(struct wc_t *t)
{
	static uint8_t buf[WC_FRAME_MAX];
	struct wc_frame f;
	uint32_t n;

	t->c->quiet = true;
	wc_do_read(t->a, "read", t->mem.key, wc_page(t, 6), 8);
	f = wc_f_nop(t->a);
	f.type = WC_ACK;
	f.flags &= ~(uint64_t)WC_F_AR;
	f.psn = 0;
	f.ack_psn = t->c->rx_next - 1;
	f.window = t->c->window;
	f.sack_base = t->c->rx_next;
	n = wc_build(&f, buf);
	buf[n - 1] ^= 1;
	wc_emit_bytes(t, buf, n, WC_E_BAD);
	wc_marker(t);		/* copies that were sent before it came do not count */
	wc_mark(t, "spoilt");
	wc_await_again(t, "read");
}

static void ack_spoilt_judge(struct wc_judge *j)
{
	struct wc_result r = wc_res(j, "read");
	uint32_t psn = r.evidence == WC_NONE ? 0 : (uint32_t)j->v->f[r.evidence].psn;
	size_t at = WC_NONE;

	wc_ok(j, 1, "read");
	for (size_t i = wc_at(j, "spoilt"); i < j->v->count && at == WC_NONE; i++)
		if (wc_view_rx(j->v, i) && j->v->f[i].type == WC_DATA && j->v->f[i].psn == psn)
			at = i;
	j->evidence = r.evidence;
	wc_cp(j, 2, at != WC_NONE, "ACK_TAKEN",
	      "PSN %u is sent again: its acknowledgement had a broken CRC", psn);
}

const struct wc_case wc_cases_crc[] = {
	{
		.id = "CR-BI-01", .version = 1, .title = "Each bit of the CRC is compared",
		.reqs = "WEFT-PKT-004",
		.stimulus = "a WRITE with one bit of its CRC flipped, for each of 32 bits",
		.expected = "no answer, no byte written, the PSN stays free",
		.checkpoints = 4, .drive = each_crc_bit, .judge = dropped_judge,
	}, {
		.id = "CR-BI-02", .version = 1,
		.title = "The CRC covers every byte but the mutable ones",
		.reqs = "WEFT-PKT-004 WEFT-PKT-005",
		.stimulus = "a WRITE with one bit flipped, for each byte of headers and payload",
		.expected = "no answer, no byte written, the PSN stays free",
		.checkpoints = 4, .drive = each_byte, .judge = dropped_judge,
	}, {
		.id = "CR-BV-03", .version = 1, .title = "Entropy and fabric may change on the way",
		.reqs = "WEFT-PKT-005",
		.stimulus = "WRITEs with entropy, CE and traffic class changed under an old CRC",
		.expected = "each is taken",
		.checkpoints = 2, .drive = mutable_bytes, .judge = mutable_bytes_judge,
	}, {
		.id = "CR-BI-04", .version = 1, .title = "No other checksum will do",
		.reqs = "WEFT-PKT-004 WEFT-PKT-005",
		.stimulus = "WRITEs with zero, ones, the inverted, swapped, Ethernet and "
			"unmasked CRC",
		.expected = "no answer, no byte written, the PSN stays free",
		.checkpoints = 4, .drive = other_sums, .judge = dropped_judge,
	}, {
		.id = "CR-BV-05", .version = 1, .title = "The device's CRC is right at odd lengths",
		.reqs = "WEFT-PKT-005 WEFT-ACK-011",
		.stimulus = "READs of 1 to 67 bytes",
		.expected = "each answer has its data and a right CRC (which an observer checks)",
		.checkpoints = 1, .drive = odd_reads, .judge = odd_reads_judge,
	}, {
		.id = "CR-BI-06", .version = 1,
		.title = "A spoilt acknowledgement acknowledges nothing",
		.reqs = "WEFT-PKT-004 WEFT-RTX-005",
		.stimulus = "READ data acknowledged only by an ACK with a broken CRC",
		.expected = "the device sends the data again",
		.checkpoints = 2, .drive = ack_spoilt, .judge = ack_spoilt_judge,
	},
	{ .id = NULL },
};
