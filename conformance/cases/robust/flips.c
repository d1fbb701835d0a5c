/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each bit of a WRITE, turned over by somebody who mends the CRC, who is faster than the packet
 * itself.  A model says what memory may hold then.
 */
#include "conformance/cases/robust/flip.h"
#include "conformance/ut.h"

#include <string.h>

/*
 * Bits are tried in batches, each on a stream of its own and with a place of its own: target k of a
 * batch is at 128 * k + 8 * k, so that no bit turned over in one address leads to another's target.
 */
#define BATCH	16u
#define PLACE	128u
#define AREA	(BATCH * PLACE + 64u)	/* beyond the last target too */
#define TARGET	8u		/* bytes that each WRITE brings */
#define HEAD	48u		/* delivery, op and write headers */
#define PSN_BIT	64u		/* the first of the PSN, its most significant */
#define BITS	((HEAD + TARGET) * 8u)
#define BATCHES	(BITS / BATCH)

static uint64_t area_at(const struct wc_t *t)
{
	return t->mem.base + 16384;
}

static uint32_t place(unsigned n)
{
	return n % BATCH * (PLACE + TARGET);
}

static void target_bytes(unsigned n, uint8_t out[TARGET])
{
	wc_fill(out, TARGET, 1000 + n);
}

void wc_flip_room(struct wc_stream *s, unsigned bit)
{
	uint32_t mask = bit < PSN_BIT || bit >= PSN_BIT + 32 ? 0 : 1u << (PSN_BIT + 31 - bit);
	struct wc_frame f;

	while (mask && mask < WC_MAX_WINDOW && !(s->c->next & mask)) {
		f = wc_f_nop(s);
		wc_emit(s->c, &f, WC_E_OK);
	}
}

unsigned wc_flip_bit(unsigned n)
{
	if (n < 32)
		return PSN_BIT + n;
	return n < PSN_BIT + 32 ? n - 32 : n;
}

static void flip(struct wc_stream *s, unsigned n)
{
	unsigned bit = wc_flip_bit(n);
	struct wc_t *t = s->c->t;
	static uint8_t out[WC_FRAME_MAX];
	uint8_t bytes[TARGET];
	struct wc_frame f;
	uint32_t len;

	wc_flip_room(s, bit);
	target_bytes(n, bytes);
	f = wc_f_write(s, t->mem.key, area_at(t) + place(n), bytes, TARGET);
	len = wc_build(&f, out);
	out[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
	wc_frame_seal(out, len);
	if (bit != WC_FLIP_SYN)
		wc_chance_emit(s->c, out, len);
	wc_emit(s->c, &f, WC_E_OK);
}

void wc_flip_leave(struct wc_stream *s)
{
	struct wc_ep_end end = { .dst_qpn = s->peer_qpn, .src_qpn = s->qpn };
	uint8_t value[16], tlv[32];
	struct wc_frame f;

	wc_pack(&wc_h_ep_disconnect, &end, value);
	f = wc_f_ctrl(s->c, tlv, wc_tlv_put(tlv, 0, WC_TLV_EP_DISCONNECT, value,
					    wc_h_ep_disconnect.bytes));
	wc_emit(s->c, &f, WC_E_OK);
}

static bool all_acked(struct wc_t *t, const void *arg)
{
	const struct wc_ctx *c = arg;

	(void)t;
	return !c->n_out;
}

/* False: a stream did not open. */
static bool batch(struct wc_t *t, struct wc_ctx *c, struct wc_stream *reader, unsigned b)
{
	struct wc_stream *s[BATCH];
	bool ok = true;

	for (unsigned i = 0; i < BATCH; i++)
		s[i] = wc_connect_start(c, wc_nth("c", b * BATCH + i), wc_service(t));
	for (unsigned i = 0; i < BATCH && ok; i++) {
		const char *name = wc_nth("c", b * BATCH + i);
		struct wc_frame f;

		ok = wc_await(t, name) && wc_connected(s[i], name);
		f = wc_f_nop(s[i]);
		wc_op(s[i], wc_nth("any", b * BATCH + i), WC_OP_ANY, &f);
	}
	for (unsigned i = 0; i < BATCH && ok; i++)
		flip(s[i], b * BATCH + i);
	ok = ok && wc_wait(t, all_acked, c, "acknowledgements") && wc_marker(t) &&
	     wc_do_read(reader, wc_nth("r", b), t->mem.key, area_at(t), AREA);
	for (unsigned i = 0; i < BATCH && ok; i++)
		wc_flip_leave(s[i]);
	t->n_streams -= BATCH;		/* the driver has no room for all of them */
	return ok;
}

static void flips(struct wc_t *t)
{
	struct wc_ctx *c = wc_open(t, wc_best_mode(t), WC_DOMAIN);
	struct wc_stream *s;
	unsigned b = 0;

	if (t->dut->ut && t->dut->ut->personality) {	/* it would have to make 450 streams */
		wc_mark(t, "skip:UPPER_STREAMS");
		return;
	}
	c->start = c->next = (c->start & ~(WC_MAX_WINDOW - 1)) | (WC_MAX_WINDOW - 128);
	s = wc_connect(c, "connect.C", wc_service(t));
	if (s && wc_do_read(s, "before", t->mem.key, area_at(t), AREA))
		while (b < BATCHES && batch(t, c, s, b))
			b++;
	wc_value(t, "batches", b);
	wc_reset(c);
}

/* What of bit n's WRITE memory holds now, into the model. */
static void model(struct wc_judge *j, unsigned n, const uint8_t *got, uint8_t *want)
{
	uint64_t area = wc_val(j, "mem.base") + 16384, addr = area + place(n), moved;
	unsigned bit = wc_flip_bit(n);
	uint8_t t[TARGET];

	target_bytes(n, t);
	if (bit >= HEAD * 8) {		/* both are right, and nobody can know which is true */
		memcpy(want + place(n), t, TARGET);
		t[bit / 8 - HEAD] ^= (uint8_t)(0x80 >> bit % 8);
	}
	if (!memcmp(got + place(n), t, TARGET))
		memcpy(want + place(n), t, TARGET);
	moved = (addr ^ (bit >= 256 && bit < 320 ? 1ull << (319 - bit) : 0)) - area;
	if (moved != addr - area && moved <= AREA - TARGET && !memcmp(got + moved, t, TARGET))
		memcpy(want + moved, t, TARGET);
}

static void flips_judge(struct wc_judge *j)
{
	uint8_t want[AREA], got[AREA];

	wc_cp(j, 1, wc_val(j, "batches") == BATCHES, "NO_ANSWER",
	      "the context and its other streams go on, whatever a packet of one stream says");
	if (!wc_res_data(j, "before", want, AREA))
		return;
	for (unsigned b = 0; b < BATCHES && !j->failed; b++) {
		if (!wc_res_data(j, wc_nth("r", b), got, AREA))
			return;
		for (unsigned i = 0; i < BATCH; i++)
			model(j, b * BATCH + i, got, want);
		for (unsigned i = 0; i < AREA; i++)
			wc_cp(j, 2, got[i] == want[i], "WRONG_DATA", "memory holds what one of the "
			      "two packets says, but byte %u does not, after bits from %u on", i,
			      wc_flip_bit(b * BATCH));
	}
	wc_ok(j, 3, "connect.C");
}

const struct wc_case wc_cases_flips[] = {
	{
		.id = "RB-ST-04", .version = 1, .title = "Each bit of a WRITE, with its CRC mended",
		.reqs = "WEFT-SEM-010 WEFT-SEM-021 WEFT-MEM-001 WEFT-MEM-004 WEFT-SEM-007 "
			"WEFT-PDC-020",
		.stimulus = "448 WRITEs, before each of which it comes with one bit turned over",
		.expected = "memory holds what one of both says; the context goes on",
		.needs = WC_NEEDS_PERSONALITY | WC_NEEDS_STREAMS,
		.checkpoints = 3, .drive = flips, .judge = flips_judge,
	},
	{ .id = NULL },
};
