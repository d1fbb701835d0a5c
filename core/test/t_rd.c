/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/rd.c: reliable datagrams, over a bad network and packet by packet. */
#include <stdlib.h>

#include "core/test/net.h"
#include "core/test/net_check.h"
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

static const struct weft_rd_cfg rd_cfg = { .tags = 32, .answers = 32, .rnr_retry = 7,
					   .rnr_delay_ns = 20000 };

static struct weft_rd_wr to(uint32_t qpn, const uint32_t *what)
{
	return (struct weft_rd_wr){ .id = *what, .local = (uint64_t)(uintptr_t)what, .len = 4,
				    .dst_qpn = qpn, .src_qpn = 9, .qkey = 0x5a };
}

static struct net *setup(const struct net_opts *o, const struct weft_rd_cfg *c)
{
	struct net *net = net_new(o);

	net_services(net, NULL, c);
	return net;
}

static void fini(struct net *net)
{
	net_run(net, 1000000000, NULL, NULL);
	if (pdc_live(net->n[0].pdc)) {
		CU_ASSERT_PTR_NULL(net_check_idle(net->n[0].pdc));
		CU_ASSERT(!rd_busy(net->n[0].pdc) && !rd_busy(net->n[1].pdc));
	}
	net_free(net);
}

/* WEFT-DGM-022, WEFT-DGM-026, WEFT-DGM-029: the first packet opens the context. */
static void bad_network(struct net_opts o, enum net_async async)
{
	static uint32_t what[2000];
	struct net *net = setup(&o, &rd_cfg);
	size_t posted = 0;

	net->n[1].async = async;
	while (posted < WEFT_ARRAY_LEN(what)) {
		struct weft_rd_wr wr;
		int err;

		what[posted] = (uint32_t)posted;
		wr = to((uint32_t)(1 + posted % 8), &what[posted]);
		if (net_rand(net) % 50 == 0)
			net->n[1].rd_rnr = 3;
		err = weft_rd_post(net->n[0].pdc, &wr);
		if (err == WEFT_OK) {
			posted++;
			continue;
		}
		CU_ASSERT_EQUAL_FATAL(err, WEFT_EFULL);
		CU_ASSERT_FATAL(net_svc_wait(net, 0, posted - 16));
	}
	CU_ASSERT_FATAL(net_svc_wait(net, 0, posted));
	for (size_t i = 0; i < posted; i++) {
		CU_ASSERT_EQUAL(net->n[0].svc[i].status, WEFT_STATUS_OK);
		CU_ASSERT_EQUAL(net->n[1].rd_got[i], 1);
	}
	fini(net);
}

static void rd__once_on_a_bad_network(void)
{
	for (uint32_t seed = 1; seed <= 4; seed++) {
		bad_network((struct net_opts){ .seed = seed, .loss = .2, .dup = .1, .corrupt = .02,
					       .jitter_ns = 9000 }, NET_SYNC);
		bad_network((struct net_opts){ .seed = seed, .mode = WEFT_MODE_ROD, .loss = .1,
					       .dup = .1 }, NET_RANDOM);
		bad_network((struct net_opts){ .seed = seed, .window = 16, .payload = 64,
					       .loss = .1, .jitter_ns = 9000,
					       .tx_seed = 0xfffffff0 }, NET_LATE);
	}
}

/* WEFT-DGM-023, WEFT-DGM-024 */
static void rd__statuses(void)
{
	static const struct {
		uint32_t qpn, qkey;
		uint16_t len;
		enum weft_status st;
	} t[] = {
		{ 1, 0x5a, 4, WEFT_STATUS_OK },
		{ 9, 0x5a, 4, WEFT_STATUS_NO_STREAM },
		{ 9, 0x5b, 4, WEFT_STATUS_NO_STREAM },
		{ 2, 0x5b, 4, WEFT_STATUS_BAD_QKEY },
		{ 2, 0x5a, 300, WEFT_STATUS_TOO_LONG },
		{ 3, 0x5a, 4, WEFT_STATUS_OK },
	};
	struct net_opts o = { .seed = 1 };
	struct net *net = setup(&o, &rd_cfg);
	static uint32_t what[100] = { 5 };
	size_t n = WEFT_ARRAY_LEN(t);

	for (size_t i = 0; i < n; i++) {
		struct weft_rd_wr wr = to(t[i].qpn, what);

		wr.id = i;
		wr.qkey = t[i].qkey;
		wr.len = t[i].len;
		wr.flags = WEFT_OFLAGS_IMM | WEFT_OFLAGS_SE;
		wr.imm = 0xabc;
		CU_ASSERT_EQUAL(weft_rd_post(net->n[0].pdc, &wr), WEFT_OK);
	}
	CU_ASSERT_FATAL(net_svc_wait(net, 0, n));
	for (size_t i = 0; i < n; i++)
		CU_ASSERT_EQUAL(net->n[0].svc[i].status, t[net->n[0].svc[i].id].st);
	CU_ASSERT_EQUAL(net->n[1].rd_got[5], 2);
	CU_ASSERT_EQUAL(net->n[1].rd_last.peer_qpn, 9);
	CU_ASSERT_EQUAL(net->n[1].rd_last.wc.imm, 0xabc);
	CU_ASSERT_EQUAL(net->n[1].rd_last.wc.flags, WEFT_OFLAGS_IMM | WEFT_OFLAGS_SE);
	fini(net);
}

/* WEFT-DGM-025 */
static void rd__receiver_not_ready(void)
{
	static const uint32_t what = 3;
	struct weft_rd_cfg c = rd_cfg;
	struct weft_rd_wr wr = to(1, &what);
	struct net_opts o = { .seed = 2 };
	struct net *net;
	uint64_t start;

	c.rnr_retry = 2;
	net = setup(&o, &c);
	net->n[1].rd_rnr = 2;
	start = net->now;
	CU_ASSERT_EQUAL(weft_rd_post(net->n[0].pdc, &wr), WEFT_OK);
	CU_ASSERT(net_svc_wait(net, 0, 1));
	CU_ASSERT_EQUAL(net->n[0].svc[0].status, WEFT_STATUS_OK);
	CU_ASSERT(net->now - start >= 2 * 20000);
	CU_ASSERT_EQUAL(net->n[0].stats.rnr_rx, 2);
	net->n[1].rd_rnr = 3;
	CU_ASSERT_EQUAL(weft_rd_post(net->n[0].pdc, &wr), WEFT_OK);
	CU_ASSERT(net_svc_wait(net, 0, 2));
	CU_ASSERT_EQUAL(net->n[0].svc[1].status, WEFT_STATUS_RNR_RETRY_EXCEEDED);
	CU_ASSERT_EQUAL(net->n[1].rd_got[3], 1);
	fini(net);
}

/* WEFT-DGM-028 */
static void rd__context_ends(void)
{
	static const uint32_t what = 3;
	struct weft_rd_wr wr = to(1, &what);
	struct net_opts o = { .seed = 3, .retry_limit = 2 };
	struct net *net = setup(&o, &rd_cfg);

	net->cut = true;
	CU_ASSERT_EQUAL(weft_rd_post(net->n[0].pdc, &wr), WEFT_OK);
	CU_ASSERT(net_svc_wait(net, 0, 1));
	CU_ASSERT_EQUAL(net->n[0].svc[0].status, WEFT_STATUS_RETRY_EXCEEDED);
	CU_ASSERT_EQUAL(weft_rd_post(net->n[0].pdc, &wr), WEFT_ESTATE);
	fini(net);
}

/* WEFT-DGM-030, WEFT-ACK-023: the long one goes first, with a SYN, or it goes alone. */
static void rd__limit_learnt(void)
{
	static const uint32_t what[100] = { 7 };
	struct net_opts o = { .seed = 4, .retry_limit = 3 };

	for (int alone = 0; alone < 2; alone++) {
		struct net *net = setup(&o, &rd_cfg);
		struct weft_rd_wr wr = to(1, what);

		net->n[1].prof.max_payload = 64;
		wr.len = 65;
		wr.id = 1;
		CU_ASSERT_EQUAL(weft_rd_post(net->n[0].pdc, &wr), WEFT_OK);
		wr.len = 64;
		wr.id = 2;
		if (!alone)
			CU_ASSERT_EQUAL(weft_rd_post(net->n[0].pdc, &wr), WEFT_OK);
		CU_ASSERT_FATAL(net_svc_wait(net, 0, 2u - (size_t)alone));
		for (size_t i = 0; i < net->n[0].n_svc; i++)
			CU_ASSERT_EQUAL(net->n[0].svc[i].status, net->n[0].svc[i].id == 1 ?
					WEFT_STATUS_TOO_LONG : WEFT_STATUS_OK);
		CU_ASSERT_EQUAL(net->n[1].rd_got[7], !alone);
		CU_ASSERT(!net->n[0].failed && net->n[1].stats.drop[WEFT_DROP_OVERSIZE]);
		fini(net);
	}
}

static void post__what_is_wrong(void)
{
	static const uint32_t what = 3;
	struct net_opts o = { .seed = 4, .payload = 64 };
	struct net *net = setup(&o, &rd_cfg);
	struct weft_rd_wr wr = to(1, &what);
	struct weft_pdc *p = net->n[0].pdc;

	wr.len = 65;
	CU_ASSERT_EQUAL(weft_rd_post(p, &wr), WEFT_EINVAL);
	wr = to(0, &what);
	CU_ASSERT_EQUAL(weft_rd_post(p, &wr), WEFT_EINVAL);
	wr = to(1u << 24, &what);
	CU_ASSERT_EQUAL(weft_rd_post(p, &wr), WEFT_EINVAL);
	wr = to(1, &what);
	wr.flags = WEFT_OFLAGS_FENCE;
	CU_ASSERT_EQUAL(weft_rd_post(p, &wr), WEFT_EINVAL);
	wr.flags = 0;
	for (int i = 0; i < 32; i++)
		CU_ASSERT_EQUAL(weft_rd_post(p, &wr), WEFT_OK);
	CU_ASSERT_EQUAL(weft_rd_post(p, &wr), WEFT_EFULL);
	CU_ASSERT(net_svc_wait(net, 0, 32));
	fini(net);
}

/* ---- packet by packet ----------------------------------------------------------------- */

struct bench {
	struct solo so;
	void *mem;
};

static void begin(struct bench *b, const struct weft_rd_cfg *c)
{
	solo_init(&b->so);
	solo_ready(&b->so);
	b->mem = NULL;
	if (!c)
		return;
	b->mem = calloc(1, weft_rd_size(c));
	CU_ASSERT_EQUAL_FATAL(weft_rd_init(b->so.p, b->mem, c), WEFT_OK);
}

static void end(struct bench *b)
{
	CU_ASSERT_PTR_NULL(net_check(b->so.p));
	solo_fini(&b->so);
	free(b->mem);
}

static struct weft_view rd_send(struct solo *so, uint32_t tag)
{
	struct weft_view v = solo_op(so, WEFT_OPCODE_RD_SEND, 0);

	v.b.data.op.qpn = 1;
	v.b.data.op.length = 4;
	v.b.data.u.rd = (struct weft_hdr_rd){ .src_qpn = 9, .qkey = 0x5a, .tag = tag };
	return v;
}

/* WEFT-DGM-020, WEFT-DGM-021 */
static void responder__refuses_what_is_not_whole(void)
{
	struct weft_view v;
	struct bench b;

	begin(&b, &rd_cfg);
	v = rd_send(&b.so, 0x777);
	v.b.data.op.flags = WEFT_OFLAGS_SOM;
	CU_ASSERT_EQUAL(solo_rx(&b.so, &v), WEFT_DROP_REFUSED);
	CU_ASSERT(!b.so.has_act);
	CU_ASSERT_FATAL(solo_tx_op(&b.so, WEFT_OPCODE_RD_RSP));
	CU_ASSERT_EQUAL(b.so.sent.b.data.op.status, WEFT_STATUS_MALFORMED);
	CU_ASSERT_EQUAL(b.so.sent.b.data.op.qpn, 9);
	CU_ASSERT_EQUAL(b.so.sent.b.data.u.rd_rsp.tag, 0x777);
	end(&b);
	begin(&b, NULL);
	v = rd_send(&b.so, 0x777);
	CU_ASSERT_EQUAL(solo_rx(&b.so, &v), WEFT_DROP_REFUSED);
	CU_ASSERT_FATAL(solo_tx_op(&b.so, WEFT_OPCODE_RD_RSP));
	CU_ASSERT_EQUAL(b.so.sent.b.data.op.status, WEFT_STATUS_BAD_OPCODE);
	end(&b);
}

/* Answers are bounded: what does not fit is not taken, and comes again. */
static void responder__no_room(void)
{
	struct weft_rd_cfg c = rd_cfg;
	struct weft_act first;
	struct weft_view v;
	struct bench b;

	c.answers = 2;
	begin(&b, &c);
	v = rd_send(&b.so, 1);
	CU_ASSERT_EQUAL(solo_rx(&b.so, &v), WEFT_DROP_NONE);
	first = b.so.act;
	v = rd_send(&b.so, 2);
	CU_ASSERT_EQUAL(solo_take(&b.so, &v, WEFT_STATUS_HELD), WEFT_DROP_NONE);
	v = rd_send(&b.so, 3);
	CU_ASSERT_EQUAL(solo_rx(&b.so, &v), WEFT_DROP_NO_ROOM);
	CU_ASSERT_FATAL(solo_tx_op(&b.so, WEFT_OPCODE_RD_RSP));
	CU_ASSERT_EQUAL(b.so.sent.b.data.op.status, WEFT_STATUS_OP_FAILED);
	CU_ASSERT_EQUAL(solo_take(&b.so, &v, WEFT_STATUS_OK), WEFT_DROP_NONE);
	weft_done(b.so.p, first.token, WEFT_STATUS_OK, 0);
	weft_done(b.so.p, first.token, WEFT_STATUS_OK, 0);	/* ignored */
	CU_ASSERT_FATAL(solo_tx_op(&b.so, WEFT_OPCODE_RD_RSP));
	CU_ASSERT_EQUAL(b.so.sent.b.data.u.rd_rsp.tag, 3);
	CU_ASSERT_FATAL(solo_tx_op(&b.so, WEFT_OPCODE_RD_RSP));
	CU_ASSERT_EQUAL(b.so.sent.b.data.u.rd_rsp.tag, 1);
	CU_ASSERT(!solo_tx_op(&b.so, WEFT_OPCODE_RD_RSP));
	end(&b);
}

static enum weft_drop rx_rsp(struct bench *b, uint32_t tag, uint32_t qpn, uint8_t st)
{
	struct weft_view v = solo_op(&b->so, WEFT_OPCODE_RD_RSP, 0);

	v.b.data.op.qpn = qpn;
	v.b.data.op.status = st;
	v.b.data.u.rd_rsp = (struct weft_hdr_rd_rsp){ .tag = tag, .delay_ns = 1000 };
	return solo_rx(&b->so, &v);
}

/* WEFT-DGM-027, WEFT-DGM-025: a new PSN each time. */
static void requester__answers(void)
{
	static const uint32_t what = 3;
	struct weft_rd_wr wr = to(1, &what);
	uint32_t tag, psn;
	struct bench b;

	begin(&b, &rd_cfg);
	CU_ASSERT_EQUAL(rx_rsp(&b, 0, 9, WEFT_STATUS_OK), WEFT_DROP_UNEXPECTED);
	CU_ASSERT_EQUAL(weft_rd_post(b.so.p, &wr), WEFT_OK);
	CU_ASSERT_FATAL(solo_tx_op(&b.so, WEFT_OPCODE_RD_SEND));
	tag = b.so.sent.b.data.u.rd.tag;
	psn = b.so.sent.d.psn;
	CU_ASSERT_EQUAL(rx_rsp(&b, tag ^ 1, 9, WEFT_STATUS_OK), WEFT_DROP_UNEXPECTED);
	CU_ASSERT_EQUAL(rx_rsp(&b, tag ^ 0x100, 9, WEFT_STATUS_OK), WEFT_DROP_UNEXPECTED);
	CU_ASSERT_EQUAL(rx_rsp(&b, tag ^ 0x80, 9, WEFT_STATUS_OK), WEFT_DROP_UNEXPECTED);
	CU_ASSERT_EQUAL(rx_rsp(&b, tag, 8, WEFT_STATUS_OK), WEFT_DROP_UNEXPECTED);
	CU_ASSERT_EQUAL(rx_rsp(&b, tag, 9, WEFT_STATUS_RNR), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(txrec_of(b.so.p, psn)->kind, TX_NOP);
	CU_ASSERT(!solo_tx_op(&b.so, WEFT_OPCODE_RD_SEND));
	CU_ASSERT_EQUAL(rx_rsp(&b, tag, 9, WEFT_STATUS_OK), WEFT_DROP_UNEXPECTED);
	solo_until(&b.so, b.so.now + 1000);
	CU_ASSERT_FATAL(solo_tx_op(&b.so, WEFT_OPCODE_RD_SEND));
	CU_ASSERT(psn_before(psn, b.so.sent.d.psn));
	CU_ASSERT_EQUAL(rx_rsp(&b, tag, 9, WEFT_STATUS_HELD), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL_FATAL(solo_work(&b.so), 1);
	CU_ASSERT_EQUAL(b.so.acts[0].type, WEFT_ACT_COMPLETE_RD);
	CU_ASSERT_EQUAL(b.so.acts[0].wc.status, WEFT_STATUS_OP_FAILED);
	end(&b);
}

/* The peer's SYN says that it takes less than we were told. */
static void requester__limit_shrinks(void)
{
	static const uint32_t what[100];
	struct weft_rd_wr wr = to(1, what);
	struct bench b;

	begin(&b, &rd_cfg);
	wr.len = 300;
	CU_ASSERT_EQUAL(weft_rd_post(b.so.p, &wr), WEFT_OK);
	b.so.p->peer_payload = 256;
	CU_ASSERT(!solo_tx_op(&b.so, WEFT_OPCODE_RD_SEND));
	CU_ASSERT_EQUAL_FATAL(solo_work(&b.so), 1);
	CU_ASSERT_EQUAL(b.so.acts[0].wc.status, WEFT_STATUS_TOO_LONG);
	end(&b);
}

/* WEFT-DGM-028: one that waits for its time to go again ends too. */
static void requester__ends_while_refused(void)
{
	uint32_t what[1] = { 6 };
	struct weft_rd_wr wr = to(1, what);
	struct weft_view v;
	struct bench b;

	begin(&b, &rd_cfg);
	CU_ASSERT_EQUAL(weft_rd_post(b.so.p, &wr), WEFT_OK);
	CU_ASSERT_FATAL(solo_tx_op(&b.so, WEFT_OPCODE_RD_SEND));
	v = solo_op(&b.so, WEFT_OPCODE_RD_RSP, 0);
	v.b.data.op.qpn = wr.src_qpn;
	v.b.data.op.status = WEFT_STATUS_RNR;
	v.b.data.u.rd_rsp.tag = b.so.sent.b.data.u.rd.tag;
	v.b.data.u.rd_rsp.delay_ns = 1000000;
	CU_ASSERT_EQUAL(solo_rx(&b.so, &v), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(rd_due(b.so.p), b.so.now + 1000000);
	weft_pdc_abort(b.so.p, WEFT_STATUS_PEER_RESET, false);
	solo_work(&b.so);
	CU_ASSERT_PTR_NOT_NULL_FATAL(solo_find(&b.so, WEFT_ACT_COMPLETE_RD));
	CU_ASSERT_EQUAL(solo_find(&b.so, WEFT_ACT_COMPLETE_RD)->wc.id, 6);
	solo_fini(&b.so);
	free(b.mem);
}

WEFT_SUITE(rd) {
	{ "rd__once_on_a_bad_network", rd__once_on_a_bad_network },
	{ "rd__statuses", rd__statuses },
	{ "rd__receiver_not_ready", rd__receiver_not_ready },
	{ "rd__context_ends", rd__context_ends },
	{ "rd__limit_learnt", rd__limit_learnt },
	{ "post__what_is_wrong", post__what_is_wrong },
	{ "responder__refuses_what_is_not_whole", responder__refuses_what_is_not_whole },
	{ "responder__no_room", responder__no_room },
	{ "requester__answers", requester__answers },
	{ "requester__limit_shrinks", requester__limit_shrinks },
	{ "requester__ends_while_refused", requester__ends_while_refused },
};
