/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Chip B of spec/vectors.  See dut.h. */
#include <stdio.h>
#include <stdlib.h>

#include "core/test/dut.h"

#define TXDS 16

void dut_init(struct dut *d, const struct json *setup)
{
	memset(d, 0, sizeof(*d));
	weft_peer_init(&d->peer, json_number(setup, "peer_chip_id"),
		       (uint32_t)json_number(setup, "start_psn"));
	d->prof = (struct weft_profile){
		.chip_id = json_number(setup, "chip_id"),
		.incarnation = (uint32_t)json_number(setup, "incarnation"),
		.window = (uint16_t)json_number(setup, "window"),
		.max_payload = (uint16_t)json_number(setup, "max_payload"),
		.max_streams = 8, .max_paths = 4, .holds = 8, .cc_init_pkts = 64,
	};
	d->cfg = (struct weft_pdc_cfg){
		.profile = &d->prof, .stats = &d->stats, .peer = &d->peer, .host = d,
		.pdc_id = (uint32_t)json_number(setup, "pdc_id"),
		.domain = (uint32_t)json_number(setup, "domain"), .mode = WEFT_MODE_RUD,
		.gen = (uint8_t)json_number(setup, "gen"), .mtu_payload = 1024, .n_paths = 4,
		.entropy_base = 0xc000,
	};
	d->scfg = (struct weft_stream_cfg){
		.host = d, .qpn = (uint32_t)json_number(setup, "qpn"), .pd = 1, .sq_depth = 64,
		.window = (uint16_t)json_number(setup, "stream_window"),
		.reads = (uint8_t)json_number(setup, "stream_reads"), .rnr_retry = 7,
		.rnr_delay_ns = 20000,
	};
	d->gate.secret[0] = 0x0123456789abcdef;
	d->region = 0x10000;
	d->now = 1000000;
	weft_profile_prepare(&d->prof);
}

void dut_fini(struct dut *d)
{
	free(d->rdmem);
	free(d->lsmem);
	free(d->smem);
	free(d->mem);
}

/* What any context offers beyond streams. */
static void services(struct dut *d)
{
	static const struct weft_ls_cfg ls = { .windows = 16, .tags = 16 };
	static const struct weft_rd_cfg rd = { .tags = 4, .answers = 16, .rnr_retry = 7,
					       .rnr_delay_ns = 20000 };

	d->lsmem = calloc(1, weft_ls_size(&ls));
	d->rdmem = calloc(1, weft_rd_size(&rd));
	weft_ls_init(d->p, d->lsmem, &ls);
	weft_rd_init(d->p, d->rdmem, &rd);
}

void dut_open(struct dut *d)
{
	d->mem = calloc(1, weft_pdc_size(&d->cfg));
	d->p = weft_pdc_open(d->mem, &d->cfg, d->now);
	services(d);
}

bool dut_stream(struct dut *d)
{
	d->smem = calloc(1, weft_stream_size(&d->scfg));
	return weft_stream_init(d->p, d->smem, &d->scfg, &d->s) == WEFT_OK;
}

/* ---- what it sends ------------------------------------------------------------------ */

static uint8_t *out_slot(struct dut *d)
{
	weft_assert(d->n_out < DUT_QUEUE);
	return d->out[d->n_out].bytes;
}

static void out_done(struct dut *d, size_t len)
{
	struct weft_hdr_delivery h;

	if (len) {
		weft_hdr_delivery_unpack(&h, d->out[d->n_out].bytes);
		if (h.flags & WEFT_DFLAGS_AKV && (!d->acks || psn_before(d->acked, h.ack_psn)))
			d->acked = h.ack_psn;
		d->acks = d->acks || h.flags & WEFT_DFLAGS_AKV;
	}
	d->out[d->n_out].len = (uint32_t)len;
	d->n_out += len > 0;
}

/* Local buffers of work requests and the region are ramps, so that no memory is needed. */
static size_t ramp(uint8_t *to, uint64_t first, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] = (uint8_t)(first + i);
	return len;
}

static size_t pieces(struct dut *d, const struct weft_txd *t, uint8_t *to)
{
	struct weft_seg segs[WEFT_MAX_MEMOPS];
	size_t n = weft_ls_segs(d->p, t, segs), len = 0;

	for (size_t i = 0; i < n; i++) {
		const struct weft_seg *g = &segs[i];

		memcpy(to + len, g->bytes, g->inlined);
		len += g->inlined;
		len += ramp(to + len, g->src == WEFT_SRC_MEM ? g->addr - d->region : g->local,
			    g->len);
		memset(to + len, 0, g->pad);
		len += g->pad;
	}
	return len;
}

static void emit(struct dut *d, const struct weft_txd *t)
{
	uint8_t *to = out_slot(d);
	size_t len = t->hdr_len;
	struct weft_hdr_crc crc;

	memcpy(to, t->hdr, len);
	if (t->src == WEFT_SRC_LS)
		len += pieces(d, t, to + len);
	else
		len += ramp(to + len, t->src == WEFT_SRC_MEM ? t->addr + t->offset - d->region :
			    t->local + t->offset, t->len);
	crc.crc = weft_crc_header(to, (uint32_t)len);
	weft_hdr_crc_pack(to + len, &crc);
	out_done(d, len + WEFT_HDR_CRC_LEN);
}

void dut_turn(struct dut *d)
{
	struct weft_txd txd[TXDS];
	size_t n;

	if (!d->p)
		return;
	d->n_acts += weft_work(d->p, d->acts + d->n_acts, DUT_QUEUE - d->n_acts, d->now);
	do {
		n = weft_tx(d->p, txd, TXDS, d->now);
		for (size_t i = 0; i < n; i++)
			emit(d, &txd[i]);
	} while (n == TXDS);
	d->n_acts += weft_work(d->p, d->acts + d->n_acts, DUT_QUEUE - d->n_acts, d->now);
}

bool dut_claim(struct dut *d, const uint8_t *bytes, const uint8_t *mask, size_t len)
{
	for (size_t i = 0; i < d->n_out; i++) {
		struct dut_pkt *o = &d->out[i];
		size_t k = 0;

		while (o->len == len && k < len && !((o->bytes[k] ^ bytes[k]) & mask[k]))
			k++;
		if (o->len == len && k == len) {
			o->len = 0;
			return true;
		}
	}
	return false;
}

bool dut_unclaimed(struct dut *d)
{
	size_t left = 0;

	for (size_t i = 0; i < d->n_out; i++) {
		const struct dut_pkt *o = &d->out[i];

		if (o->len && (o->bytes[0] & 0xf) != WEFT_PTYPE_ACK &&
		    !(o->bytes[1] & WEFT_DFLAGS_RTX))
			d->out[left++] = *o;
	}
	d->n_out = left;
	return left > 0;
}

void dut_print(const struct dut *d)
{
	for (size_t i = 0; i < d->n_out; i++) {
		if (d->out[i].len)
			printf("      sent: ");
		for (uint32_t k = 0; k < d->out[i].len && k < 120; k++)
			printf("%02x", d->out[i].bytes[k]);
		if (d->out[i].len)
			printf("\n");
	}
}

/* ---- what arrives ------------------------------------------------------------------- */

static enum weft_drop refuse(struct dut *d, const struct weft_view *v, enum weft_nack reason,
			     uint32_t arg, enum weft_drop why)
{
	out_done(d, weft_nack_build(out_slot(d), v, reason, arg));
	return why;
}

/* Is there a context of this id and generation? */
static bool ours(const struct dut *d, const struct weft_view *v)
{
	return d->p && pdc_live(d->p) && v->d.pdc_id == d->cfg.pdc_id &&
	       (v->d.flags & WEFT_DFLAGS_GEN) == d->cfg.gen;
}

static enum weft_drop to_context(struct dut *d, const struct weft_view *v)
{
	enum weft_drop why = WEFT_DROP_NO_CONTEXT;

	if (d->p) {
		bool more = weft_rx(d->p, v, d->now, &d->acts[d->n_acts], &why);

		while (more) {
			weft_assert(++d->n_acts < DUT_QUEUE);
			more = weft_rx_more(d->p, v, &d->acts[d->n_acts]);
		}
		dut_turn(d);
	}
	if (why == WEFT_DROP_NO_CONTEXT && !ours(d, v))
		refuse(d, v, WEFT_NACK_NO_CONTEXT, 0, why);	/* WEFT-PDC-010, WEFT-PDC-091 */
	return why;
}

static enum weft_drop opening(struct dut *d, const struct weft_view *v)
{
	uint32_t arg = 0;

	if (d->p)
		return weft_pdc_same(d->p, v) ? to_context(d, v) :
		       refuse(d, v, WEFT_NACK_BUSY, 0, WEFT_DROP_BUSY);
	switch (weft_admit(&d->peer, v, &d->gate, &arg)) {
	case WEFT_ADMIT_STALE:
		return refuse(d, v, WEFT_NACK_NEW_START_PSN, arg, WEFT_DROP_STALE_SYN);
	case WEFT_ADMIT_GONE:
		return refuse(d, v, WEFT_NACK_RESET, 0, WEFT_DROP_STALE_SYN);
	case WEFT_ADMIT_OLD:
		return WEFT_DROP_STALE_SYN;
	case WEFT_ADMIT_COOKIE:
		return refuse(d, v, WEFT_NACK_COOKIE, arg, WEFT_DROP_BAD_COOKIE);
	case WEFT_ADMIT:
	case WEFT_ADMIT_RESTARTED:
		break;
	}
	d->mem = calloc(1, weft_pdc_size(&d->cfg));
	d->p = weft_pdc_accept(d->mem, &d->cfg, v, d->now);
	if (!d->p)
		return WEFT_DROP_NO_ROOM;
	services(d);
	return to_context(d, v);
}

static enum weft_drop alone(const struct weft_view *v)
{
	struct weft_hello hello;
	struct weft_hdr_tlv_neighbour nb;
	struct weft_hdr_tlv_version_reject vr;

	return weft_alone_parse(v, &hello, &nb, &vr) == WEFT_ALONE_BAD ? WEFT_DROP_BAD_TLV :
	       WEFT_DROP_NONE;
}

enum weft_drop dut_in(struct dut *d, const uint8_t *bytes, size_t len)
{
	struct weft_view v;
	enum weft_drop why = weft_parse(&v, bytes, (uint32_t)len);

	if (why == WEFT_DROP_VERSION)
		out_done(d, weft_version_reject_build(out_slot(d), v.d.psn));
	if (why != WEFT_DROP_NONE)
		return why;
	if (!weft_crc_ok(&v))
		return WEFT_DROP_CRC;
	switch (weft_route(&v)) {
	case WEFT_ROUTE_CONTEXT:
	case WEFT_ROUTE_REMOTE:
		return to_context(d, &v);
	case WEFT_ROUTE_OPEN:
		return opening(d, &v);
	case WEFT_ROUTE_ALONE:
		return alone(&v);
	case WEFT_ROUTE_NONE:
		return refuse(d, &v, WEFT_NACK_NO_CONTEXT, 0, WEFT_DROP_NO_CONTEXT);
	case WEFT_ROUTE_DGRAM:
		break;
	}
	return WEFT_DROP_MALFORMED;
}

/* ---- its host ----------------------------------------------------------------------- */

void dut_answer(struct dut *d, enum weft_status st, uint64_t value)
{
	uint32_t token = d->acts[0].token;

	d->n_acts--;
	memmove(d->acts, d->acts + 1, d->n_acts * sizeof(d->acts[0]));
	if (token)
		weft_done(d->p, token, st, value);
	/* What one packet brings about is done before its answers are sent, in one packet. */
	if (!d->n_acts || (d->acts[0].type != WEFT_ACT_LS_STORE &&
			   d->acts[0].type != WEFT_ACT_LS_LOAD))
		dut_turn(d);
}

void dut_wait(struct dut *d, uint64_t ns)
{
	weft_time until = d->now + ns, t;

	while (d->p && (t = weft_deadline(d->p)) <= until) {
		d->now = t > d->now ? t : d->now + 1;
		weft_expire(d->p, d->now);
		dut_turn(d);
	}
	d->now = until;
	dut_turn(d);
}
