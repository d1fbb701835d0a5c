/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each bit of what else a session is made of, turned over by somebody who mends the CRC, who is
 * faster than the packet itself: requests, openings and ends of streams, acknowledgements.  What
 * memory may hold then follows from the packets that were sent, the true ones and the others.
 */
#include "conformance/cases/robust/flip.h"
#include "conformance/ut.h"

#include <string.h>

#define BATCH	16u		/* bits between two looks at memory, each on a stream of its own */
#define PLACE	136u		/* so that no bit turned over in one address leads to another's */
#define AREA	(BATCH * PLACE + 64u)
#define CELL	8u
#define CELLS	(AREA / CELL)
#define TRIES	4u		/* contexts of a kind that its bits may end */

enum kind { READS, ADDS, NOPS, CONNECTS, ENDS, ACKS };

/* Of a batch among those of all kinds. */
static unsigned number_of(enum kind kind, unsigned batch)
{
	return 100 * kind + batch;
}

static uint64_t area_at(const struct wc_t *t)
{
	return t->mem.base + 16384;
}

static struct wc_frame ctrl(struct wc_stream *s, enum kind kind, uint8_t tlv[32])
{
	struct wc_ep_end end = { .dst_qpn = s->peer_qpn, .src_qpn = s->qpn };
	struct wc_ep ep = { .src_qpn = s->qpn + 0x80000, .service = wc_service(s->c->t),
			    .credits = 1, .window = 1, .reads = 1 };
	uint8_t value[16];

	if (kind == CONNECTS)
		wc_pack(&wc_h_ep_connect, &ep, value);
	else
		wc_pack(&wc_h_ep_disconnect, &end, value);
	return wc_f_ctrl(s->c, tlv, kind == CONNECTS ?
			 wc_tlv_put(tlv, 0, WC_TLV_EP_CONNECT, value, sizeof(value)) :
			 wc_tlv_put(tlv, 0, WC_TLV_EP_DISCONNECT, value,
				    wc_h_ep_disconnect.bytes));
}

/* The n-th packet of this kind; what it holds is at tlv. */
static struct wc_frame packet(struct wc_stream *s, enum kind kind, unsigned n, uint8_t tlv[32])
{
	uint64_t addr = area_at(s->c->t) + n % BATCH * PLACE;
	struct wc_frame f = wc_f_nop(s);

	switch (kind) {
	case READS:
		return wc_f_read(s, s->c->t->mem.key, addr, CELL);
	case ADDS:
		return wc_f_atomic(s, s->c->t->mem.key, addr, WC_FADD, 1, 0);
	case CONNECTS:
	case ENDS:
		return ctrl(s, kind, tlv);
	case ACKS:
		f = wc_f_base(s->c);
		f.type = WC_ACK;
		f.flags &= ~(uint64_t)WC_F_AR;
		f.psn = 0;
		f.window = WC_OWN_WINDOW;
		return f;
	default:
		return f;
	}
}

/* One bit turned over, then the packet itself; what would end the stream is a NOP then. */
static void flip(struct wc_stream *s, enum kind kind, unsigned n, unsigned bit)
{
	static uint8_t out[WC_FRAME_MAX];
	uint8_t tlv[32];
	struct wc_frame f;
	uint32_t len;

	if (kind != ACKS)
		wc_flip_room(s, bit);
	f = packet(s, kind, n, tlv);
	len = wc_build(&f, out);
	out[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
	wc_frame_seal(out, len);
	if (bit != WC_FLIP_SYN)
		wc_chance_emit(s->c, out, len);
	if (kind >= NOPS)
		f = wc_f_nop(s);
	wc_emit(s->c, &f, WC_E_OK);
	s->msn++;
}

static bool is_quiet(struct wc_t *t, const void *arg)
{
	const struct wc_ctx *c = arg;

	(void)t;
	return !c->n_out || wc_flip_over(c);
}

/*
 * Up to BATCH bits from the n-th on, each on a stream of its own, whose numbers among all begin at
 * *id.  False: a stream did not open.
 */
static bool batch(struct wc_ctx *c, enum kind kind, unsigned n, unsigned bits, unsigned *id)
{
	unsigned opened = 0, first = c->t->n_streams, at = *id;
	struct wc_t *t = c->t;
	struct wc_stream *s[BATCH];

	*id += BATCH;
	for (unsigned i = 0; i < BATCH && n + i < bits; i++, opened++)
		s[i] = wc_connect_start(c, wc_nth("c", at + i), wc_service(t));
	for (unsigned i = 0; i < opened; i++) {
		const char *name = wc_nth("c", at + i);
		struct wc_frame f;

		if (!wc_await(t, name) || !wc_connected(s[i], name)) {
			t->n_streams = first;
			return false;
		}
		f = wc_f_nop(s[i]);
		wc_op(s[i], wc_nth("any", at + i), WC_OP_ANY, &f);
	}
	for (unsigned i = 0; i < opened && !wc_flip_over(c); i++)
		flip(s[i], kind, n + i, wc_flip_bit(n + i));
	wc_wait(t, is_quiet, c, "acknowledgements");
	for (unsigned i = 0; i < opened && !wc_flip_over(c); i++)
		wc_flip_leave(s[i]);
	t->n_streams = first;		/* the driver has no room for all of them */
	return true;
}

/* A context whose PSNs begin low within the largest window, in the place of the one before. */
static struct wc_ctx *opened(struct wc_t *t, struct wc_ctx *before)
{
	struct wc_ctx *c;

	if (before) {
		wc_reset(before);
		t->n_ctx--;
	}
	c = wc_open(t, wc_best_mode(t), WC_DOMAIN);
	c->start = c->next = (c->start & ~(WC_MAX_WINDOW - 1)) | (WC_MAX_WINDOW - 128);
	return c;
}

static unsigned bits_of(const struct wc_t *t, enum kind kind)
{
	static uint8_t out[WC_FRAME_MAX];
	uint8_t tlv[32];
	struct wc_frame f = packet(t->b, kind, 0, tlv);

	return 8 * (wc_build(&f, out) - 4);
}

/* Every bit of a packet of this kind. */
static void turn_each(struct wc_t *t, enum kind kind, unsigned *id)
{
	unsigned bits = bits_of(t, kind), done = 0;
	struct wc_ctx *c = NULL;

	for (unsigned k = 0; k < bits && !t->runaway; k += BATCH) {
		unsigned tries = TRIES;

		wc_mark(t, wc_nth("begin", number_of(kind, k / BATCH)));
		if (!c || kind == CONNECTS || wc_flip_over(c))
			c = opened(t, c);	/* CONNECTS: what opened more goes with it */
		while (!batch(c, kind, k, bits, id) && --tries)
			c = opened(t, c);
		done += tries ? 1 : 0;
		wc_mark(t, wc_nth("end", number_of(kind, k / BATCH)));
		wc_do_read(t->b, wc_nth("r", number_of(kind, k / BATCH)), t->mem.key, area_at(t),
			   AREA);
	}
	if (c)
		wc_reset(c);
	t->n_ctx -= c ? 1 : 0;
	wc_value(t, wc_nth("batches", kind), (bits + BATCH - 1) / BATCH);
	wc_value(t, wc_nth("missed", kind), (bits + BATCH - 1) / BATCH - done);
}

static bool from_above(struct wc_t *t)
{
	if (!t->dut->ut || !t->dut->ut->personality)
		return false;
	wc_mark(t, "skip:UPPER_STREAMS");	/* it would have to make hundreds */
	return true;
}

static void requests(struct wc_t *t)
{
	unsigned id = 0;

	if (from_above(t))
		return;
	wc_do_read(t->b, "before", t->mem.key, area_at(t), AREA);
	for (enum kind k = READS; k <= NOPS; k++)
		turn_each(t, k, &id);
	wc_marker(t);
}

static void orders(struct wc_t *t)
{
	unsigned id = 0;

	if (from_above(t))
		return;
	wc_do_read(t->b, "before", t->mem.key, area_at(t), AREA);
	for (enum kind k = CONNECTS; k <= ACKS; k++)
		turn_each(t, k, &id);
	wc_marker(t);
}

/* What a cell may hold: this, one more for each sum that may have been taken, or anything. */
struct cell {
	uint64_t sum[8];	/* the values that it may have */
	unsigned n;
	bool any;
};

static void may_add(struct cell *c, const struct wc_frame *f)
{
	unsigned n = c->n;

	c->any |= f->aop != WC_FADD || f->width != CELL;
	for (unsigned i = 0; i < n && c->n < 8; i++)
		c->sum[c->n++] = c->sum[i] + f->operand;
}

/* A request that we sent, and of which header and lengths agree. */
static bool is_request(const struct wc_judge *j, size_t i)
{
	return j->v->t->rec[i].kind == WC_R_TX && !j->v->wrong[i] && j->v->f[i].type == WC_DATA;
}

/*
 * Packets that are not to be taken: their PSN is of the past or beyond the window, or the one that
 * they were made of, which follows them, is of another context.
 */
static bool is_stray(const struct wc_judge *j, size_t i, size_t upto)
{
	const struct wc_frame *f = j->v->f;
	size_t k = i;

	if (j->v->t->rec[i].flags & WC_T_BAD)
		return true;
	if (!(j->v->t->rec[i].flags & WC_T_WILD))
		return false;
	while (++k < upto && !is_request(j, k))
		;
	return k == upto || f[k].pdc_id != f[i].pdc_id ||
	       (f[k].flags ^ f[i].flags) & WC_F_GEN || f[k].version != f[i].version;
}

/* What we sent before record upto, and the device may have done. */
static void may_do(const struct wc_judge *j, size_t from, size_t upto, uint64_t area,
		   struct cell *cell)
{
	uint64_t key = wc_val(j, "mem.key");

	for (size_t i = from; i < upto; i++) {
		const struct wc_frame *f = &j->v->f[i];
		uint64_t at, len;

		if (!is_request(j, i) || is_stray(j, i, upto))
			continue;
		at = f->addr - area;
		len = f->opcode == WC_WRITE ? f->msg_len : f->width;
		if ((f->opcode != WC_WRITE && f->opcode != WC_ATOMIC) || f->rkey != key ||
		    at >= AREA)
			continue;
		if (f->opcode == WC_ATOMIC && f->width == CELL && at % CELL == 0)
			may_add(&cell[at / CELL], f);
		else if (f->opcode == WC_WRITE || f->width != CELL)
			for (uint64_t k = at / CELL; k < CELLS && k * CELL < at + len; k++)
				cell[k].any = true;
	}
}

static bool may_be(const struct cell *c, uint64_t value)
{
	bool ok = c->any;

	for (unsigned i = 0; i < c->n; i++)
		ok |= c->sum[i] == value;
	return ok;
}

static uint64_t cell_of(const uint8_t *memory, unsigned i)
{
	uint64_t value = 0;

	for (unsigned k = 0; k < CELL; k++)	/* the words of atomics lie so in memory */
		value |= (uint64_t)memory[i * CELL + k] << 8 * k;
	return value;
}

/* Memory was so before what was sent between two marks; is it now as that can have made it? */
static void look(struct wc_judge *j, unsigned n, const uint8_t *before, const uint8_t *now)
{
	static struct cell cell[CELLS];

	memset(cell, 0, sizeof(cell));
	for (unsigned i = 0; i < CELLS; i++)
		cell[i].sum[cell[i].n++] = cell_of(before, i);
	may_do(j, wc_at(j, wc_nth("begin", n)), wc_at(j, wc_nth("end", n)),
	       wc_val(j, "mem.base") + 16384, cell);
	for (unsigned i = 0; i < CELLS; i++)
		wc_cp(j, 2, may_be(&cell[i], cell_of(now, i)), "WRONG_DATA",
		      "memory holds what the packets sent can have made of it, but not at byte %u "
		      "after batch %u", i * CELL, n);
}

static void judge_kinds(struct wc_judge *j, enum kind first, enum kind last)
{
	uint8_t before[AREA], now[AREA];

	for (enum kind k = first; k <= last; k++)
		wc_cp(j, 1, wc_val(j, wc_nth("missed", k)) == 0, "NO_ANSWER",
		      "contexts and streams open, whatever became of those before");
	if (!wc_res_data(j, "before", before, AREA))
		return;
	for (enum kind k = first; k <= last; k++)
		for (unsigned b = 0; b < wc_val(j, wc_nth("batches", k)) && !j->failed; b++) {
			if (!wc_res_data(j, wc_nth("r", number_of(k, b)), now, AREA))
				return;
			look(j, number_of(k, b), before, now);
			memcpy(before, now, AREA);
		}
	wc_marked(j, 3, wc_nth("end", number_of(last, 0)));
}

static void requests_judge(struct wc_judge *j)
{
	judge_kinds(j, READS, NOPS);
}

static void orders_judge(struct wc_judge *j)
{
	judge_kinds(j, CONNECTS, ACKS);
}

const struct wc_case wc_cases_session[] = {
	{
		.id = "RB-ST-21", .version = 1,
		.title = "Each bit of READs, sums and NOPs, with its CRC mended",
		.reqs = "WEFT-SEM-010 WEFT-SEM-021 WEFT-MEM-001 WEFT-MEM-004 WEFT-SEM-007 "
			"WEFT-PDC-020",
		.stimulus = "READ, FADD and NOP, before each of which it comes with one bit turned "
			    "over, until each bit was",
		.expected = "memory is what they can have made of it, byte by byte; others go on",
		.needs = WC_NEEDS_PERSONALITY | WC_NEEDS_STREAMS,
		.checkpoints = 3, .drive = requests, .judge = requests_judge,
	}, {
		.id = "RB-ST-22", .version = 1,
		.title = "Each bit of EP_CONNECT, EP_DISCONNECT and ACK, with its CRC mended",
		.reqs = "WEFT-SEM-010 WEFT-SEM-007 WEFT-PDC-020 WEFT-PDC-070",
		.stimulus = "each of them with one bit turned over, and a NOP, until each bit was",
		.expected = "memory is what they can have made of it, byte by byte; others go on",
		.needs = WC_NEEDS_PERSONALITY | WC_NEEDS_STREAMS,
		.checkpoints = 3, .drive = orders, .judge = orders_judge,
	},
	{ .id = NULL },
};
