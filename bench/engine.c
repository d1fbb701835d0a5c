/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine alone: two contexts back to back in one thread, no network, no copies, no system
 * calls.  What is measured is both sides of a packet: built by one, parsed, routed, judged and
 * answered by the other, with acknowledgements on their way back; divided by the packets that
 * carry requests or responses.
 */
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "core/weft.h"

#define BURST	32u
#define DEPTH	128u
#define MEM	(16u << 20)

struct side {
	struct weft_profile prof;
	struct weft_stats stats;
	struct weft_peer peer;
	struct weft_pdc *pdc;
	struct weft_stream *s;
	void *pdc_mem, *s_mem;
	uint64_t done, pkts;		/* pkts: of type DATA */
	uint64_t data;			/* packets with payload */
	uint32_t recvs;
};

struct pair {
	struct side a, b;
	weft_time now;
	bool crc;
	enum weft_mode mode;
	uint64_t posted;
	struct weft_mr mr;
	uint8_t *packet;		/* header and payload, where a CRC is computed over both */
};

static void handle(struct pair *p, struct side *me, const struct weft_act *act)
{
	enum weft_status st = WEFT_STATUS_OK;

	switch (act->type) {
	case WEFT_ACT_PLACE_MEM:
	case WEFT_ACT_REDUCE:
	case WEFT_ACT_READ:
	case WEFT_ACT_ATOMIC:
		st = weft_mr_check(&p->mr, 0, 0, WEFT_MR_WRITE, act->addr, act->msg_len);
		break;
	case WEFT_ACT_COMPLETE:
		me->done++;
		return;
	case WEFT_ACT_COMPLETE_RECV:
		weft_recv_posted(me->s, ++me->recvs);
		return;
	case WEFT_ACT_EVENT:
		if (act->event == WEFT_EV_EP_CONNECT)
			weft_ep_accept(me->s, &act->ep, NULL, 0);
		return;
	case WEFT_ACT_PLACE_RECV:
	case WEFT_ACT_PLACE_WR:
	case WEFT_ACT_FLUSH:
	case WEFT_ACT_INVALIDATE:
	case WEFT_ACT_UNBIND:
	case WEFT_ACT_RECV:
	case WEFT_ACT_RELEASE_HOLD:
	case WEFT_ACT_BIND:		/* services that no context here offers */
	case WEFT_ACT_LS_LOAD:
	case WEFT_ACT_LS_STORE:
	case WEFT_ACT_LS_ATOMIC:
	case WEFT_ACT_PLACE_LS:
	case WEFT_ACT_COMPLETE_LS:
	case WEFT_ACT_PLACE_RD:
	case WEFT_ACT_COMPLETE_RD:
		break;
	}
	if (act->token)
		weft_done(me->pdc, act->token, st, 0);
}

static void put_crc(uint8_t *at, uint32_t crc)
{
	struct weft_hdr_crc h = { crc };

	weft_hdr_crc_pack(at, &h);
}

/* One packet from one side to the other. */
static void carry(struct pair *p, struct side *to, struct weft_txd *t)
{
	uint32_t len = t->hdr_len + t->len + WEFT_HDR_CRC_LEN;
	const uint8_t *bytes = t->hdr;
	struct weft_view v;
	struct weft_act act;
	enum weft_drop why;

	if (p->crc) {
		memcpy(p->packet, t->hdr, t->hdr_len);
		put_crc(p->packet + t->hdr_len + t->len,
			weft_crc32c(weft_crc_header(t->hdr, t->hdr_len), p->packet + t->hdr_len,
				    t->len));
		bytes = p->packet;
	}
	if (weft_parse(&v, bytes, len) || (p->crc && !weft_crc_ok(&v)))
		abort();
	if (!to->pdc)		/* the other side's first packet opens it */
		return;
	if (weft_rx(to->pdc, &v, p->now, &act, &why))
		handle(p, to, &act);
	if (why)
		abort();
}

static bool turn(struct pair *p, struct side *me, struct side *other)
{
	struct weft_txd txd[BURST];
	struct weft_act acts[16];
	size_t n, sent = 0;

	while ((n = weft_work(me->pdc, acts, 16, p->now)))
		for (size_t i = 0; i < n; i++)
			handle(p, me, &acts[i]);
	n = weft_tx(me->pdc, txd, BURST, p->now);
	for (size_t i = 0; i < n; i++) {
		me->pkts += (txd[i].hdr[0] & 15) == WEFT_PTYPE_DATA;
		me->data += txd[i].len > 0;
		carry(p, other, &txd[i]);
		sent++;
	}
	return sent;
}

static void idle(struct pair *p)
{
	weft_time d = weft_deadline(p->a.pdc), e = weft_deadline(p->b.pdc);

	d = d < e ? d : e;
	p->now = d != WEFT_NEVER && d > p->now ? d : p->now + 100;
	weft_expire(p->a.pdc, p->now);
	weft_expire(p->b.pdc, p->now);
}

static void both(struct pair *p)
{
	bool any;

	p->now += 500;
	any = turn(p, &p->a, &p->b);
	any |= turn(p, &p->b, &p->a);
	if (!any)
		idle(p);
}

static struct weft_pdc_cfg config(struct pair *p, struct side *me, uint64_t chip, uint32_t id,
				  uint32_t payload)
{
	me->prof = (struct weft_profile){ .chip_id = chip, .incarnation = 1, .window = 1024,
		.max_payload = (uint16_t)payload, .max_streams = 4, .max_paths = 1,
		.cc = WEFT_CC_FIXED, .cc_init_pkts = 512 };
	weft_profile_prepare(&me->prof);
	return (struct weft_pdc_cfg){ .profile = &me->prof, .stats = &me->stats, .peer = &me->peer,
		.pdc_id = id, .mode = p->mode, .mtu_payload = (uint16_t)payload,
		.peer_window = 1024, .peer_payload = (uint16_t)payload, .n_paths = 1 };
}

static bool add_stream(struct side *me, uint32_t qpn)
{
	struct weft_stream_cfg cfg = { .host = me, .qpn = qpn, .sq_depth = DEPTH, .window = DEPTH,
				       .reads = 64, .rnr_retry = 7 };

	me->s_mem = calloc(1, weft_stream_size(&cfg));
	me->recvs = 64;
	if (!me->s_mem || weft_stream_init(me->pdc, me->s_mem, &cfg, &me->s))
		return false;
	weft_recv_posted(me->s, me->recvs);
	return true;
}

/* b is made of a's first packet. */
static bool open_pair(struct pair *p, enum weft_mode mode, uint32_t payload, bool crc)
{
	struct weft_pdc_cfg ca, cb;
	struct weft_view v;
	struct weft_act act;
	struct weft_txd t;
	enum weft_drop why;

	memset(p, 0, sizeof(*p));
	p->now = 1000000;
	p->crc = crc;
	p->mode = mode;
	p->mr = (struct weft_mr){ .base = 0, .len = MEM, .rights = 15, .alive = true };
	p->packet = calloc(1, 70000);
	weft_peer_init(&p->a.peer, 2, 100);
	weft_peer_init(&p->b.peer, 1, 200);
	ca = config(p, &p->a, 1, 11, payload);
	cb = config(p, &p->b, 2, 22, payload);
	p->a.pdc_mem = calloc(1, weft_pdc_size(&ca));
	p->b.pdc_mem = calloc(1, weft_pdc_size(&cb));
	p->a.pdc = weft_pdc_open(p->a.pdc_mem, &ca, p->now);
	if (!p->packet || !p->a.pdc || !add_stream(&p->a, 1) ||
	    weft_ep_connect(p->a.s, 1, NULL, 0) || weft_tx(p->a.pdc, &t, 1, p->now) != 1 ||
	    weft_parse(&v, t.hdr, t.hdr_len + WEFT_HDR_CRC_LEN))
		return false;
	p->b.pdc = weft_pdc_accept(p->b.pdc_mem, &cb, &v, p->now);
	p->b.peer.incarnation = 1;
	p->b.peer.known = true;
	if (!p->b.pdc || !add_stream(&p->b, 2))
		return false;
	if (weft_rx(p->b.pdc, &v, p->now, &act, &why))
		handle(p, &p->b, &act);
	for (int i = 0; i < 100 && weft_stream_state(p->a.s) != WEFT_STREAM_STATE_READY; i++)
		both(p);
	return weft_stream_state(p->a.s) == WEFT_STREAM_STATE_READY;
}

static void close_pair(struct pair *p)
{
	free(p->a.pdc_mem);
	free(p->b.pdc_mem);
	free(p->a.s_mem);
	free(p->b.s_mem);
	free(p->packet);
}

/* ns for each packet of both sides that carries an operation. */
static double drive(uint32_t payload, bool crc, const struct weft_wr *wr, uint32_t depth)
{
	struct pair p;
	uint64_t begin, posted = 0, pkts;
	double v = -1;

	if (open_pair(&p, WEFT_MODE_RUD, payload, crc)) {
		begin = cpu_ns();
		pkts = p.a.pkts + p.b.pkts;
		while (cpu_ns() - begin < SAMPLE_NS) {
			for (int k = 0; k < 16; k++) {
				while (posted - p.a.done < depth && !weft_post(p.a.s, wr))
					posted++;
				both(&p);
			}
		}
		pkts = p.a.pkts + p.b.pkts - pkts;
		v = (double)(cpu_ns() - begin) / (double)pkts;
	}
	close_pair(&p);
	return v;
}

/* The plain cases: messages of one packet each, and what is counted is packets with payload. */
static const struct plain {
	const char *name;
	struct weft_wr wr;
	enum weft_mode mode;
	uint32_t payload, depth;
} plain[] = {
	{ "write_4k", { .opcode = WEFT_OPCODE_WRITE, .len = 4096 }, WEFT_MODE_RUD, 4096, 64 },
	{ "write_4k_rod", { .opcode = WEFT_OPCODE_WRITE, .len = 4096 }, WEFT_MODE_ROD, 4096, 64 },
	{ "write_256k", { .opcode = WEFT_OPCODE_WRITE, .len = 64 * 4096 }, WEFT_MODE_RUD, 4096,
	  16 },
	{ "read_4k", { .opcode = WEFT_OPCODE_READ, .len = 4096 }, WEFT_MODE_RUD, 4096, 64 },
	{ "send_64", { .opcode = WEFT_OPCODE_SEND, .len = 64 }, WEFT_MODE_RUD, 4096, 64 },
};

/* Keeps the pair at work until n further packets with payload were sent. */
static void engine_steady(struct pair *p, const struct plain *c, uint64_t n)
{
	uint64_t end = p->a.data + p->b.data + n;

	while (p->a.data + p->b.data < end) {
		while (p->posted - p->a.done < c->depth && !weft_post(p->a.s, &c->wr))
			p->posted++;
		both(p);
	}
}

/* The same, for bench/insns.sh, which lets callgrind count inside a function of this name. */
__attribute__((noinline)) static void engine_counted(struct pair *p, const struct plain *c,
						     uint64_t n)
{
	engine_steady(p, c, n);
}

uint64_t engine_count(const char *name, uint64_t n)
{
	struct pair p;
	uint64_t sent = 0;

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		const struct plain *c = &plain[i];

		if (strcmp(c->name, name) || !open_pair(&p, c->mode, c->payload, false))
			continue;
		engine_steady(&p, c, n);	/* warm */
		sent = p.a.data + p.b.data;
		engine_counted(&p, c, n);
		sent = p.a.data + p.b.data - sent;
		close_pair(&p);
	}
	return sent;
}

double engine_plain(uint32_t which)
{
	const struct plain *c = &plain[which];
	struct pair p;
	uint64_t begin, pkts;
	double v = -1;

	if (open_pair(&p, c->mode, c->payload, false)) {
		engine_steady(&p, c, 20000);
		begin = cpu_ns();
		pkts = p.a.data + p.b.data;
		while (cpu_ns() - begin < SAMPLE_NS)
			engine_steady(&p, c, 2000);
		v = (double)(cpu_ns() - begin) / (double)(p.a.data + p.b.data - pkts);
	}
	close_pair(&p);
	return v;
}

/*
 * The same, but the best of many slices of about a millisecond: what it costs while nobody else
 * uses the processor's caches and units.
 */
double engine_best(uint32_t which)
{
	const struct plain *c = &plain[which];
	uint64_t begin, pkts, at, end;
	double v = -1, slice;
	struct pair p;

	if (open_pair(&p, c->mode, c->payload, false)) {
		engine_steady(&p, c, 20000);
		begin = end = cpu_ns();
		while (end - begin < SAMPLE_NS) {
			at = end;
			pkts = p.a.data + p.b.data;
			engine_steady(&p, c, 4000);
			end = cpu_ns();
			slice = (double)(end - at) / (double)(p.a.data + p.b.data - pkts);
			v = v < 0 || slice < v ? slice : v;
		}
	}
	close_pair(&p);
	return v;
}

double engine_headers(uint32_t payload)
{
	struct weft_wr wr = { .opcode = WEFT_OPCODE_WRITE, .len = payload * 64 };

	return drive(payload, false, &wr, 16);
}

double engine_crc(uint32_t payload)
{
	struct weft_wr wr = { .opcode = WEFT_OPCODE_WRITE, .len = payload * 64 };

	return drive(payload, true, &wr, 16);
}

double engine_sends(uint32_t payload)
{
	struct weft_wr wr = { .opcode = WEFT_OPCODE_SEND, .len = payload };

	return drive(1024, false, &wr, 64);
}

double engine_atomics(uint32_t depth)
{
	struct weft_wr wr = { .opcode = WEFT_OPCODE_ATOMIC, .len = 8, .aop = WEFT_AOP_FADD };

	return drive(64, false, &wr, depth);
}
