/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Two engines that talk to each other, from the first SYN to the end, while the input says what
 * their users post, when answers to actions come, which packets the wire loses, doubles, delays,
 * cuts or changes (a field or two, with the right CRC again), and when contexts and chips end.
 * After each turn everything that must hold of a context is looked at; at the end, that no memory
 * changed that no stream may write, and, if no packet was forged, that all work came to an end.
 */
#include <stdlib.h>

#include "core/fuzz/in.h"
#include "core/test/net.h"
#include "core/test/net_check.h"
#include "core/test/pk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STEPS 120
#define BUFFER 5000u		/* bytes of a local buffer */
#define LEN 8192u		/* of a region */
#define LATER 8			/* packets that the wire keeps back */
#define FORGED 8u		/* packets changed in one step, at most */
#define SECOND 1000000000ull

enum { OPEN, READ_ONLY, OTHER_DOMAIN, OTHER_PD, DEAD, REGIONS };

struct late {
	uint8_t bytes[NET_PKT_MAX];
	uint32_t len;
	int to;
};

static struct fuzz {
	struct in in;
	struct net *net;
	uint8_t buf[2][BUFFER];
	struct late late[LATER];
	unsigned n_late;
	uint32_t forged, forged_now;	/* in all; in this step */
	uint32_t qpn;
} f;

/* ---- the wire ----------------------------------------------------------------------- */

static void keep_back(int from, const uint8_t *bytes, uint32_t len)
{
	struct late *l;

	if (f.n_late == LATER)
		return;
	l = &f.late[f.n_late++];
	memcpy(l->bytes, bytes, len);
	l->len = len;
	l->to = !from;
}

static void let_go(void)
{
	uint32_t i = in_u8(&f.in);
	struct late *l;

	if (!f.n_late)
		return;
	l = &f.late[i % f.n_late];
	net_inject(f.net, l->to, l->bytes, l->len);
	*l = f.late[--f.n_late];
}

/* False: not to be had. */
static bool forge(const uint8_t *bytes, uint32_t len, uint8_t *out, uint32_t *out_len)
{
	static uint8_t scratch[2][PK_MAX];
	uint32_t changes = 1 + in_u8(&f.in) % 2;
	struct weft_view v;

	memset(&v, 0, sizeof(v));
	if (f.forged_now == FORGED || weft_parse(&v, bytes, len) != WEFT_DROP_NONE)
		return false;
	for (uint32_t i = 0; i < changes; i++)
		pk_mutate(&v, in_u32(&f.in), in_u32(&f.in), scratch[i]);
	*out_len = pk_build(out, &v);
	if (*out_len > NET_PKT_MAX)
		return false;
	f.forged++;
	f.forged_now++;
	return true;
}

static bool wire(struct net *net, int from, uint8_t *bytes, uint32_t *len, void *arg)
{
	uint32_t how = in_u8(&f.in), n;
	uint8_t out[PK_MAX];

	(void)arg;
	switch (how >= 0xc0 ? how % 8 : 8) {
	case 0:
	case 1:
		return false;
	case 2:
		net_inject(net, !from, bytes, *len);
		return true;
	case 3:
		keep_back(from, bytes, *len);
		return false;
	case 4:			/* beside the true one */
		if (forge(bytes, *len, out, &n))
			net_inject(net, !from, out, n);
		return true;
	case 5:			/* in its place */
		if (forge(bytes, *len, out, &n)) {
			memcpy(bytes, out, n);
			*len = n;
		}
		return true;
	case 6:
		bytes[1 + in_u8(&f.in) % 3] ^= WEFT_FABRIC_CE;	/* or another bit nearby */
		return true;
	default:
		return true;
	}
}

/* ---- users -------------------------------------------------------------------------- */

static struct net_stream *some_stream(struct net_node *n)
{
	uint32_t i = in_u8(&f.in);
	struct net_stream *st;

	if (!n->n_st || !n->pdc)
		return NULL;
	st = &n->st[i % n->n_st];
	return st->s && st->n_wc < NET_WCS - 300 && st->n_rwc < NET_WCS - 300 ? st : NULL;
}

static void post(int side)
{
	static const enum weft_opcode codes[] = { WEFT_OPCODE_WRITE, WEFT_OPCODE_SEND,
		WEFT_OPCODE_READ, WEFT_OPCODE_ATOMIC };
	struct net_stream *st = some_stream(&f.net->n[side]);
	uint32_t what = in_u8(&f.in);
	struct weft_wr wr = {
		.id = what, .local = (uint64_t)(uintptr_t)f.buf[side], .rkey = 0x70,
		.addr = 0x10000 + 8 * in_u8(&f.in), .len = in_u8(&f.in) * 20 % BUFFER,
		.opcode = codes[what % 4], .aop = WEFT_AOP_FADD, .operand = 1,
	};

	if (what & 0x80) {			/* anything */
		wr.flags = (uint8_t)in_u8(&f.in);
		wr.rkey += in_u8(&f.in) % 8;
		wr.addr += in_u32(&f.in) % (2 * LEN);
		wr.aop = (enum weft_aop)(in_u8(&f.in) % 16);
		if (what & 0x40)
			wr.opcode = (enum weft_opcode)(in_u8(&f.in) % 32);
	} else if (what & 0x10 && wr.opcode != WEFT_OPCODE_READ) {
		wr.flags = WEFT_OFLAGS_IMM;
	}
	if (wr.opcode == WEFT_OPCODE_ATOMIC)
		wr.len = 8;
	if (st)
		weft_post(st->s, &wr);
}

static void buffers(int side)
{
	struct net_stream *st = some_stream(&f.net->n[side]);
	uint32_t n = in_u8(&f.in) % 8;

	if (st && st->posted - st->s->rx_ssn < NET_RQ - 8)
		net_recv(st, n, NET_RQ_BYTES);
}

static void connect(int side)
{
	struct net_node *n = &f.net->n[side];
	struct net_stream *st = n->pdc ? net_stream(n, f.qpn++) : NULL;

	if (st && weft_ep_connect(st->s, 1, "private", 7) != WEFT_OK)
		net_end(n, st, WEFT_EP_REASON_CLOSED);
}

static void end(int side)
{
	struct net_node *n = &f.net->n[side];
	struct net_stream *st = some_stream(n);
	uint32_t how = in_u8(&f.in);

	if (!st)
		return;
	if (how % 4)
		weft_stream_fail(st->s, (enum weft_status)(1 + how % 8));
	else
		net_end(n, st, WEFT_EP_REASON_CLOSED);
}

static void context(int side)
{
	struct net_node *n = &f.net->n[side];
	uint32_t how = in_u8(&f.in);

	if (side == 0 && (!pdc_live(n->pdc) || how >= 0xf0)) {
		net_again(f.net, how >= 0xf0);
		connect(0);
	} else if (n->pdc && how >= 0xc0) {
		weft_pdc_abort(n->pdc, WEFT_STATUS_OP_FAILED, how & 1);
	} else if (n->pdc && how >= 0x80) {
		weft_pdc_close(n->pdc);
	}
}

static void host(int side)
{
	static const enum net_async when[] = { NET_SYNC, NET_LATE, NET_RANDOM };
	struct net_node *n = &f.net->n[side];
	uint32_t how = in_u8(&f.in);

	n->async = when[how % 3];
	n->accept_service = how & 0x40;
	n->busy = (how & 0x30) == 0x30;
	n->auto_end = how & 8;
	n->mr[OPEN].alive = (how & 0x84) != 0x84;
	if (how & 0x80)
		n->gate.ask = !n->gate.ask;
}

/* What ended contexts leave is kept until nothing of the turn can point to it. */
static void sweep(void)
{
	for (int i = 0; i < 2; i++)
		while (f.net->n[i].n_old)
			free(f.net->n[i].old[--f.net->n[i].n_old]);
}

static void step(void)
{
	uint32_t what = in_u8(&f.in);
	int side = what >> 7;

	switch (what % 16) {
	case 0:
	case 1:
	case 2:
	case 3:
		post(side);
		break;
	case 4:
		buffers(side);
		break;
	case 5:
		connect(side);
		break;
	case 6:
		end(side);
		break;
	case 7:
		context(side);
		break;
	case 8:
		host(side);
		break;
	case 9:
		let_go();
		break;
	default:
		net_run(f.net, 1ull << in_u8(&f.in) % 26, NULL, NULL);
		break;
	}
	f.forged_now = 0;
	sweep();
}

/* ---- beginning and end -------------------------------------------------------------- */

static void regions(struct net_node *n)
{
	uint32_t all = WEFT_MR_READ | WEFT_MR_WRITE | WEFT_MR_ATOMIC;

	for (uint32_t i = 0; i < REGIONS; i++) {
		net_mr(n, 0x70 + i, 0x10000, LEN, i == READ_ONLY ? WEFT_MR_READ : all);
		memset(n->mr_mem[i], (int)(0x11 * (i + 1)), LEN);
	}
	n->mr[OTHER_DOMAIN].domain = 2;
	n->mr[OTHER_PD].pd = 9;
	n->mr[DEAD].alive = false;
}

static void begin(void)
{
	uint32_t how = in_u8(&f.in), law = in_u8(&f.in);
	struct net_opts o = {
		.seed = 1, .mode = how & 1 ? WEFT_MODE_ROD : WEFT_MODE_RUD,
		.window = how & 2 ? 16 : 64, .payload = how & 4 ? 256 : 1024,
		.holds = how & 8 ? 2 : NET_HOLDS, .paths = how & 16 ? 1 : 4,
		.retry_limit = 4, .keepalive_ns = how & 32 ? 5000000 : 0,
		.tx_seed = how & 64 ? 0xfffffff0 : 0, .cc = (enum weft_cc_law)(law % 5),
		.jitter_ns = how & 128 ? 3000 : 0, .starve = law & 0x80 ? .05 : 0,
	};

	f.net = net_new(&o);
	f.qpn = 0x60;
	for (int i = 0; i < 2; i++) {
		f.net->n[i].accept_cfg.rnr_delay_ns = 1000000;
		regions(&f.net->n[i]);
	}
	f.net->filter = wire;
	connect(0);
	net_run(f.net, 20000, NULL, NULL);
}

static void check_memory(const struct net_node *n)
{
	for (uint32_t i = 1; i < REGIONS; i++)
		for (uint32_t k = 0; k < LEN; k++)
			weft_assert(n->mr_mem[i][k] == 0x11 * (i + 1));
}

static void willing(struct net_node *n)
{
	n->prof.keepalive_ns = 0;		/* or it never ends */
	n->async = NET_SYNC;
	n->busy = false;
	for (size_t i = 0; n->pdc && i < n->n_st; i++)
		if (n->st[i].s && n->st[i].posted - n->st[i].s->rx_ssn < NET_RQ / 2)
			net_recv(&n->st[i], NET_RQ / 2, NET_RQ_BYTES);
}

/* The wire is sound again and hosts are willing: what was posted completes, well or not. */
static void settle(void)
{
	f.net->filter = NULL;
	f.net->o.starve = 0;
	for (int round = 0; round < 3; round++) {	/* streams may still be connecting */
		willing(&f.net->n[0]);
		willing(&f.net->n[1]);
		net_run(f.net, round < 2 ? SECOND / 20 : 100 * SECOND, NULL, NULL);
	}
	for (int side = 0; side < 2 && !f.forged; side++) {
		struct net_node *n = &f.net->n[side];

		for (size_t i = 0; n->pdc && i < n->n_st; i++)
			weft_assert(!n->st[i].s || n->st[i].s->head == n->st[i].s->tail);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	memset(&f, 0, sizeof(f));
	f.in = (struct in){ data, size };
	begin();
	for (int n = 0; f.in.left && n < STEPS; n++)
		step();
	settle();
	for (int i = 0; i < 2; i++)
		check_memory(&f.net->n[i]);
	net_free(f.net);
	return 0;
}
