/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Control within a context, and the chip service.
 */
#include "conformance/cases/memory/attempt.h"
#include "conformance/svc.h"

#include <string.h>

/* EP_CONNECT of a stream that the driver does not follow; returns its length. */
static uint32_t put_connect(struct wc_t *t, uint8_t *tlv, uint32_t at, uint32_t qpn)
{
	struct wc_ep ep = {
		.src_qpn = qpn, .service = wc_service_for(t->c, qpn), .credits = 8, .window = 8,
		.reads = 4,
	};
	uint8_t value[16];

	wc_pack(&wc_h_ep_connect, &ep, value);
	return wc_tlv_put(tlv, at, WC_TLV_EP_CONNECT, value, sizeof(value));
}

static void announce_connect(struct wc_t *t, const char *name, const struct wc_frame *f,
			     uint32_t qpn)
{
	struct wc_op op = {
		.kind = WC_OP_CONNECT, .pdc = t->c->id, .qpn = qpn,
		.psn_first = (uint32_t)f->psn, .psn_last = (uint32_t)f->psn,
	};
	uint8_t packed[WC_OP_BYTES];
	struct wc_rec r = { .kind = WC_R_OP, .name = name, .bytes = packed, .len = WC_OP_BYTES };

	wc_op_pack(&op, packed);
	wc_transcript_add(&t->tr, &r);
	wc_view_update(&t->view);
}

/* ---- MG-BI-01 --------------------------------------------------------------------------- */

static void no_service(struct wc_t *t)
{
	wc_connect(t->c, "x0", 0);
	wc_connect(t->c, "x1", 0x7fffffff);
	wc_connect(t->c, "x2", 0xffffffff);
}

static void no_service_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < 3; i++) {
		struct wc_result r = wc_res(j, wc_nth("x", i));

		wc_cp(j, 1, r.status != WC_PENDING, "NO_ANSWER", "EP_CONNECT is answered");
		wc_cp(j, 2, r.status != WC_OK, "ACCEPTED", "there is no such service");
		wc_cp(j, 3, r.status == WC_EP_NO_SERVICE, "WRONG_REASON",
		      "EP_REJECT says NO_SERVICE");
	}
}

/* ---- MG-BV-02 --------------------------------------------------------------------------- */

static void skipped_tlvs(struct wc_t *t)
{
	static const uint8_t junk[] = { 1, 2, 3, 4, 5, 6, 7 };
	uint32_t qpn = t->dut->next_id++, n;
	uint8_t tlv[128];
	struct wc_frame f;

	n = wc_tlv_put(tlv, 0, 0x7f01, junk, sizeof(junk));
	n = put_connect(t, tlv, n, qpn);
	n = wc_tlv_put(tlv, n, 0x0abc, NULL, 0);
	n = wc_tlv_put(tlv, n, 0x0123, junk, 1);
	f = wc_f_ctrl(t->c, tlv, n);
	announce_connect(t, "x", &f, qpn);
	wc_emit(t->c, &f, WC_E_OK);
	wc_await(t, "x");
}

static void skipped_tlvs_judge(struct wc_judge *j)
{
	wc_ok(j, 1, "x");
}

/* ---- MG-BI-03 --------------------------------------------------------------------------- */

/*
 * CTRL packets that must not be acted on.  The text leaves open whether they use up their PSN, so
 * the script goes on from what the device acknowledges.
 */
static void spoilt_ctrl(struct wc_t *t, unsigned i, const uint8_t *tlv, uint32_t n, uint32_t qpn)
{
	struct wc_frame f = wc_f_ctrl(t->c, tlv, n);
	size_t from = t->tr.count;

	announce_connect(t, wc_nth("x", i), &f, qpn);
	wc_emit(t->c, &f, WC_E_LOOSE);
	wc_marker(t);
	if (wc_view_acked(&t->view, t->c->id, (uint32_t)f.psn, from, WC_NONE) == WC_NONE)
		t->c->next = (uint32_t)f.psn;
}

static void bad_tlvs(struct wc_t *t)
{
	static const uint8_t junk[] = { 1, 2, 3, 4 };
	uint32_t qpn[5], n;
	uint8_t tlv[128];

	for (unsigned i = 0; i < 5; i++)
		qpn[i] = t->dut->next_id++;
	n = put_connect(t, tlv, wc_tlv_put(tlv, 0, 0xff01, junk, 4), qpn[0]);
	spoilt_ctrl(t, 0, tlv, n, qpn[0]);		/* an unknown critical one before */
	n = wc_tlv_put(tlv, put_connect(t, tlv, 0, qpn[1]), 0x8abc, junk, 4);
	spoilt_ctrl(t, 1, tlv, n, qpn[1]);		/* and after */
	n = put_connect(t, tlv, 0, qpn[2]);
	memset(tlv + n, 0, 4);
	wc_put(tlv + n, 0x0123, 2);
	wc_put(tlv + n + 2, 400, 2);
	spoilt_ctrl(t, 2, tlv, n + 4, qpn[2]);		/* one that leaves the packet */
	n = put_connect(t, tlv, put_connect(t, tlv, 0, qpn[3]), qpn[3] + 0x8000);
	spoilt_ctrl(t, 3, tlv, n, qpn[3]);		/* two critical ones ... */
	spoilt_ctrl(t, 5, tlv, n, qpn[3] + 0x8000);	/* ... whichever is acted on */
	n = put_connect(t, tlv, 0, qpn[4]);
	wc_put(tlv + 2, 12, 2);
	spoilt_ctrl(t, 4, tlv, n - 4, qpn[4]);		/* shorter than its structure */
}

static void bad_tlvs_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < 6; i++)
		wc_cp(j, i + 1, wc_res(j, wc_nth("x", i)).status != WC_OK, "ACTED_ON",
		      "EP_CONNECT %u in a packet that is to be dropped opens no stream", i);
	wc_marked(j, 7, "begin");
}

/* ---- MG-BI-29 --------------------------------------------------------------------------- */

static void odd_lengths(struct wc_t *t)
{
	static const uint8_t lengths[] = { 4, 8, 11, 13, 16 };
	struct wc_ep_end end = { .dst_qpn = t->a->peer_qpn, .reason = WC_EP_CLOSED };
	uint8_t value[16] = { 0 }, tlv[32];
	uint32_t n;

	wc_pack(&wc_h_ep_disconnect, &end, value);
	for (unsigned i = 0; i < sizeof(lengths); i++) {
		n = wc_tlv_put(tlv, 0, WC_TLV_EP_DISCONNECT, value, lengths[i]);
		spoilt_ctrl(t, i, tlv, n, t->dut->next_id++);
	}
	n = wc_tlv_put(tlv, 0, WC_TLV_PORT_STATUS, value, 1);
	spoilt_ctrl(t, sizeof(lengths), tlv, n, t->dut->next_id++);
	wc_do_read(t->a, "after", t->mem.key, wc_page(t, 0), 8);
}

static void odd_lengths_judge(struct wc_judge *j)
{
	wc_ok(j, 1, "after");
}

/* ---- MG-BV-04 --------------------------------------------------------------------------- */

static void disconnected(struct wc_t *t)
{
	struct wc_ep_end end = { .dst_qpn = t->a->peer_qpn, .reason = WC_EP_CLOSED };
	uint8_t value[12], tlv[16];
	struct wc_frame f;

	wc_do_write(t->b, "init", t->mem.key, wc_page(t, 1), wc_bytes(WC_OLD_SEED), WC_SIZE);
	wc_pack(&wc_h_ep_disconnect, &end, value);
	f = wc_f_ctrl(t->c, tlv, wc_tlv_put(tlv, 0, WC_TLV_EP_DISCONNECT, value, 12));
	wc_emit(t->c, &f, WC_E_OK);
	wc_marker(t);
	wc_write(t->a, "w", t->mem.key, wc_page(t, 1), wc_bytes(WC_NEW_SEED), WC_SIZE);
	wc_await_ack(t, "w");
	wc_marker(t);
	wc_do_read(t->b, "after", t->mem.key, wc_page(t, 1), WC_SIZE);
}

static void disconnected_judge(struct wc_judge *j)
{
	wc_cp(j, 1, wc_res(j, "w").status != WC_OK, "STILL_ALIVE",
	      "a request after EP_DISCONNECT is not completed");
	wc_data_fill(j, 2, "after", WC_OLD_SEED, WC_SIZE, "MEMORY_CHANGED");
}

/* ---- MG-BV-05 --------------------------------------------------------------------------- */

/* Two chips at two addresses, which then change places: what the n-th NEIGHBOUR says. */
#define MOVES 4u

static struct wc_neighbour moved(unsigned n)
{
	return (struct wc_neighbour){
		.chip_id = 0x020000000000beef + n % 2, .port = 49190,
		.addr_high = 0x7f00000100000000 + ((uint64_t)((n ^ n / 2) % 2) << 32),
	};
}

static void ask_neighbour(struct wc_t *t, uint64_t flags, unsigned n)
{
	struct wc_neighbour nb = moved(n);
	uint8_t value[28], tlv[32];
	struct wc_frame f;

	nb.family = t->dut->port->family;
	nb.flags = flags;
	wc_pack(&wc_h_neighbour, &nb, value);
	f = wc_f_alone(t, tlv, wc_tlv_put(tlv, 0, WC_TLV_NEIGHBOUR, value, sizeof(value)));
	f.psn = 0x54000001 + n;
	wc_emit(t->c, &f, WC_E_LOOSE);
}

static void neighbour(struct wc_t *t)
{
	wc_mark(t, "ask");
	for (unsigned n = 0; n < MOVES; n++)
		ask_neighbour(t, WC_NB_CONFIRM, n);
	ask_neighbour(t, 0, MOVES);
	wc_marker(t);
}

static size_t confirmed(struct wc_judge *j, unsigned n)
{
	j->evidence = wc_view_alone(j->v, WC_TLV_NEIGHBOUR, 0x54000001 + n, wc_at(j, "ask"),
				    WC_NONE);
	return j->evidence;
}

static void neighbour_judge(struct wc_judge *j)
{
	wc_marked(j, 1, "ask");
	for (unsigned n = 0; n < MOVES; n++) {
		size_t at = confirmed(j, n);
		struct wc_neighbour nb = { 0 }, want = moved(n);
		struct wc_tlv_view tlv;

		wc_cp(j, 2, at != WC_NONE, "NOT_CONFIRMED", "NEIGHBOUR with CONFIRM is answered");
		if (at != WC_NONE && wc_frame_find_tlv(&j->v->f[at], WC_TLV_NEIGHBOUR, 28, &tlv))
			wc_unpack(&wc_h_neighbour, tlv.value, &nb);
		wc_cp(j, 3, at == WC_NONE || (nb.chip_id == want.chip_id && !nb.flags &&
		      nb.addr_high == want.addr_high && nb.port == want.port), "WRONG_ECHO",
		      "the answer to NEIGHBOUR %u is the same element, CONFIRM clear", n);
	}
	wc_cp(j, 4, confirmed(j, MOVES) == WC_NONE, "ANSWERED",
	      "NEIGHBOUR without CONFIRM is not answered");
}

/* ---- MG-BV-10 to MG-BI-14: the chip service ------------------------------------------------ */

static void alloc_zero(struct wc_t *t)
{
	struct wc_stream *s = wc_connect(t->c, "svc", WC_SERVICE_CHIP);
	struct wc_mem m;

	for (unsigned i = 0; i < 3 && s; i++) {
		struct wc_svc_msg free_req = { .op = WC_SVC_FREE };

		if (!wc_svc_alloc(s, wc_nth("alloc", i), 4096, &m))
			return;
		wc_do_read(s, wc_nth("zero", i), m.key, m.base, 512);
		wc_do_write(s, wc_nth("w", i), m.key, m.base + 64, wc_bytes(3 + i), WC_SIZE);
		wc_do_read(s, wc_nth("r", i), m.key, m.base + 64, WC_SIZE);
		free_req.key = m.key;
		wc_svc_call(s, wc_nth("free", i), &free_req);
	}
}

static void alloc_zero_judge(struct wc_judge *j)
{
	static const uint8_t zero[512];

	for (unsigned i = 0; i < 3; i++) {
		wc_data(j, 1, wc_nth("zero", i), zero, 512, "NOT_ZERO");
		wc_data_fill(j, 2, wc_nth("r", i), 3 + i, WC_SIZE, "WRONG_DATA");
	}
}

static const struct wc_svc_msg nonsense[] = {
	{ .op = WC_SVC_ALLOC, .length = UINT64_MAX }, { .op = WC_SVC_ALLOC, .length = 1ull << 62 },
	{ .op = WC_SVC_ALLOC, .length = 4096, .pool = 255 },
	{ .op = WC_SVC_FREE, .key = WC_KEY_NONE }, { .op = 0 }, { .op = 99, .length = 4096 },
	{ .op = WC_SVC_QUEUE_CREATE, .depth = 3 }, { .op = WC_SVC_QUEUE_CREATE, .depth = 0 },
	{ .op = WC_SVC_QUEUE_DESTROY, .key = WC_KEY_NONE },
};
#define NONSENSE (sizeof(nonsense) / sizeof(nonsense[0]))

static void svc_nonsense(struct wc_t *t)
{
	struct wc_stream *s = wc_connect(t->c, "svc", WC_SERVICE_CHIP);
	struct wc_mem m;

	if (!s)
		return;
	for (unsigned i = 0; i < NONSENSE; i++)
		wc_value(t, wc_nth("tag", i), wc_svc_call(s, wc_nth("x", i), &nonsense[i]));
	wc_value(t, "good", wc_svc_alloc(s, "alloc", 4096, &m));
}

static void svc_nonsense_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < NONSENSE; i++) {
		struct wc_svc_msg rsp = { 0 };
		size_t at = wc_svc_answer(j->v, (uint32_t)wc_val(j, wc_nth("tag", i)), &rsp);

		j->evidence = at;
		wc_cp(j, 1, at != WC_NONE, "NO_ANSWER", "request %u is answered", i);
		wc_cp(j, 2, at == WC_NONE || rsp.status != WC_OK, "NOT_REFUSED",
		      "request %u is answered with a status other than OK", i);
	}
	j->evidence = WC_NONE;
	wc_cp(j, 3, wc_val(j, "good") == 1, "REFUSED", "a good request after them is served");
}

static void freed_key(struct wc_t *t)
{
	struct wc_stream *s = wc_connect(t->c, "svc", WC_SERVICE_CHIP);
	struct wc_svc_msg req = { .op = WC_SVC_FREE };
	struct wc_mem m;

	if (!s || !wc_svc_alloc(s, "alloc", 4096, &m))
		return;
	wc_do_write(s, "before", m.key, m.base, wc_bytes(1), WC_SIZE);
	req.key = m.key;
	wc_value(t, "tag", wc_svc_call(s, "free", &req));
	for (unsigned i = 0; i < 3; i++) {
		static const uint8_t op[] = { WC_WRITE, WC_READ, WC_ATOMIC };
		struct wc_attempt a = { op[i], m.key, m.base, i == 2 ? 8 : WC_SIZE, 0 };

		wc_attempt(t, i, &a);
	}
}

static void freed_key_judge(struct wc_judge *j)
{
	struct wc_svc_msg rsp = { 0 };
	size_t at = wc_svc_answer(j->v, (uint32_t)wc_val(j, "tag"), &rsp);

	wc_ok(j, 1, "before");
	j->evidence = at;
	wc_cp(j, 2, at != WC_NONE && rsp.status == WC_OK, "NOT_FREED", "FREE is answered with OK");
	wc_refused3(j, 3, WC_BAD_KEY);
}

static void dies_with_stream(struct wc_t *t)
{
	struct wc_stream *s = wc_connect(t->c, "svc", WC_SERVICE_CHIP);
	struct wc_attempt bad = { WC_WRITE, WC_KEY_NONE, 0, WC_SIZE, 0 };
	struct wc_mem m;

	if (!s || !wc_svc_alloc(s, "alloc", 4096, &m))
		return;
	wc_do_write(s, "before", m.key, m.base, wc_bytes(1), WC_SIZE);
	wc_attempt_on(s, "x9", &bad);		/* the refusal ends the stream */
	wc_marker(t);
	for (unsigned i = 0; i < 3; i++) {
		static const uint8_t op[] = { WC_WRITE, WC_READ, WC_ATOMIC };
		struct wc_attempt a = { op[i], m.key, m.base, i == 2 ? 8 : WC_SIZE, 0 };

		wc_attempt(t, i, &a);
	}
}

static void dies_with_stream_judge(struct wc_judge *j)
{
	wc_ok(j, 1, "before");
	wc_refused(j, 2, "x9", WC_BAD_KEY);
	wc_refused3(j, 3, WC_BAD_KEY);
}

/* ---- MG-BV-14, MG-BI-15, MG-BV-16: SEND ----------------------------------------------------- */

static void send_once(struct wc_t *t)
{
	struct wc_stream *s = wc_connect(t->c, "svc", WC_SERVICE_CHIP);
	struct wc_svc_msg req = { .op = WC_SVC_ALLOC, .length = 4096, .tag = 0x5eed0001 };
	uint8_t bytes[24];
	struct wc_frame f;

	if (!s)
		return;
	wc_pack(&wc_h_svc_req, &req, bytes);
	f = wc_f_send(s, bytes, sizeof(bytes));
	wc_op(s, "send", WC_OP_MESSAGE, &f);
	s->ssn++;
	wc_emit(t->c, &f, WC_E_OK);
	f.flags |= WC_F_RTX;
	for (unsigned i = 0; i < 4; i++) {
		wc_emit(t->c, &f, WC_E_LOOSE);
		wc_marker(t);
	}
	wc_await(t, "send");
}

static void send_once_judge(struct wc_judge *j)
{
	wc_ok(j, 1, "send");
	j->evidence = wc_svc_answer(j->v, 0x5eed0001, NULL);
	wc_cp(j, 2, wc_svc_answers(j->v, 0x5eed0001) >= 1, "NO_ANSWER", "the request is answered");
	wc_cp(j, 3, wc_svc_answers(j->v, 0x5eed0001) <= 1, "DUP_EXECUTED",
	      "a SEND that came five times is delivered once");
}

static void send_too_long(struct wc_t *t)
{
	struct wc_stream *s = wc_connect(t->c, "svc", WC_SERVICE_CHIP);
	static uint8_t bytes[512];

	if (!s)
		return;
	wc_send(s, "x", bytes, sizeof(bytes));
	wc_await(t, "x");
}

static void send_too_long_judge(struct wc_judge *j)
{
	wc_refused(j, 1, "x", WC_TOO_LONG);
}

/*
 * Requests whose answers we do not complete, until the device has no receive buffer left; another
 * message while it waits; then the replay.
 */
#define SENDS_MAX	48u
#define SEND_TAG(i)	(0x5eed0100u + (i))

static struct wc_frame request(struct wc_stream *s, unsigned i, uint8_t bytes[24])
{
	struct wc_svc_msg req = { .op = WC_SVC_FREE, .key = WC_KEY_NONE, .tag = SEND_TAG(i) };

	wc_pack(&wc_h_svc_req, &req, bytes);
	return wc_f_send(s, bytes, 24);
}

/* Send until one is not completed; its number, or SENDS_MAX. */
static unsigned exhaust(struct wc_stream *s)
{
	struct wc_t *t = s->c->t;

	for (unsigned i = 0; i < SENDS_MAX; i++) {
		const char *name = wc_nth("s", i);
		uint8_t bytes[24];
		struct wc_frame f = request(s, i, bytes);

		wc_op(s, name, WC_OP_MESSAGE, &f);
		wc_emit(t->c, &f, WC_E_OK);
		if (!wc_await(t, name) ||
		    wc_view_result(&t->view, name, WC_NONE, NULL, 0).status != WC_OK)
			return i;
		s->ssn++;
	}
	return SENDS_MAX;
}

static void no_buffer(struct wc_t *t)
{
	struct wc_stream *s = wc_connect(t->c, "svc", WC_SERVICE_CHIP);
	uint8_t bytes[24];
	struct wc_frame f;
	unsigned n;

	if (!s)
		return;
	s->mute = true;
	n = exhaust(s);
	wc_value(t, "n", n);
	wc_mark(t, "waits");
	f = request(s, n + 1, bytes);		/* the old epoch: to be discarded */
	wc_op(s, "old", WC_OP_MESSAGE, &f);
	wc_emit(t->c, &f, WC_E_OK);
	wc_marker(t);
	s->mute = false;			/* the device gets its buffers back */
	wc_drive_answers(t);
	wc_marker(t);
	wc_mark(t, "replay");
	f = request(s, n, bytes);
	f.msn = n;
	f.oflags |= WC_O_EPOCH;
	wc_op(s, "again", WC_OP_MESSAGE, &f);
	wc_emit(t->c, &f, WC_E_OK);
	wc_await(t, "again");
	wc_marker(t);
}

static void no_buffer_judge(struct wc_judge *j)
{
	unsigned n = (unsigned)wc_val(j, "n");
	const char *last = wc_nth("s", n);

	/* A SEND that completes was delivered, and so is answered. */
	for (unsigned i = 0; i < n; i++)
		wc_cp(j, 1, wc_svc_answers(j->v, SEND_TAG(i)) == 1, "LOST",
		      "request %u, which was completed, is answered once", i);
	wc_cp(j, 2, n < SENDS_MAX, "NOT_REFUSED", "receive buffers run out");
	wc_refused(j, 3, last, WC_RNR);
	j->evidence = wc_svc_answer(j->v, SEND_TAG(n), NULL);
	wc_cp(j, 4, j->evidence == WC_NONE || j->evidence > wc_at(j, "replay"), "NOT_DISCARDED",
	      "nothing is delivered before the replay");
	wc_cp(j, 4, wc_res(j, "old").status == WC_PENDING, "NOT_DISCARDED",
	      "what was sent meanwhile is never completed");
	wc_cp(j, 5, wc_res(j, "again").status == WC_OK, "NO_REPLAY",
	      "the replay, EPOCH toggled, completes");
	wc_cp(j, 6, wc_svc_answers(j->v, SEND_TAG(n)) == 1, "NOT_ONCE",
	      "the request is delivered once");
}

#define MGMT(nr, ttl, rq, stim, exp, need, cps, drv, jdg)				\
	{									\
		.id = nr, .version = 1, .title = ttl, .reqs = rq, .stimulus = stim,	\
		.expected = exp, .needs = need, .checkpoints = cps, .drive = drv,	\
		.judge = jdg,							\
	}

const struct wc_case wc_cases_management[] = {
	MGMT("MG-BI-01", "A service that is not there is rejected", "WEFT-MGT-008",
	     "EP_CONNECT for services 0, 2^31 - 1 and 2^32 - 1",
	     "EP_REJECT with NO_SERVICE", 0, 3, no_service, no_service_judge),
	MGMT("MG-BV-02", "Unknown TLVs in a context are skipped", "WEFT-PKT-008",
	     "EP_CONNECT among TLVs that are unknown and not critical",
	     "the stream is accepted", 0, 1, skipped_tlvs, skipped_tlvs_judge),
	MGMT("MG-BI-03", "Nothing of a bad CTRL packet is acted on", "WEFT-PKT-009 WEFT-PDC-080",
	     "EP_CONNECT beside unknown critical TLVs, one that leaves the packet, twice, cut",
	     "no stream opens; the context goes on", 0, 7, bad_tlvs, bad_tlvs_judge),
	MGMT("MG-BI-29", "Elements of another length have no effect", "WEFT-MGT-080 WEFT-MGT-081",
	     "EP_DISCONNECT of 4, 8, 11, 13 and 16 bytes, PORT_STATUS of one",
	     "the stream lives", 0, 1, odd_lengths, odd_lengths_judge),
	MGMT("MG-BV-04", "EP_DISCONNECT ends the stream", "WEFT-MGT-009 WEFT-SEM-023",
	     "EP_DISCONNECT, then a WRITE on that stream",
	     "the WRITE has no effect; another stream goes on", 0, 2, disconnected,
	     disconnected_judge),
	{
		.id = "MG-BV-05", .version = 2,
		.title = "NEIGHBOUR is confirmed when that is asked for", .reqs = "WEFT-MGT-011",
		.stimulus = "NEIGHBOUR with CONFIRM of two chips, which then change places; and "
			    "one without",
		.expected = "the same elements without CONFIRM, and nothing",
		.needs = WC_NEEDS_STREAMS, .checkpoints = 4, .drive = neighbour,
		.judge = neighbour_judge,
	},
	MGMT("MG-BV-10", "Allocated memory is zero, and works", "WEFT-ACC-003",
	     "ALLOC, READ, WRITE, READ, FREE, three times",
	     "zeros at first, then what was written", WC_NEEDS_CHIP, 2, alloc_zero,
	     alloc_zero_judge),
	MGMT("MG-BI-11", "Service requests that cannot be served are refused", "WEFT-ACC-001",
	     "absurd sizes, pools, keys, depths and operations",
	     "a status other than OK each; a good request is served after them",
	     WC_NEEDS_CHIP, 3, svc_nonsense, svc_nonsense_judge),
	MGMT("MG-BI-12", "A key is dead after FREE", "WEFT-MEM-006 WEFT-MEM-001",
	     "WRITE, READ and ATOMIC with the key of memory given back",
	     "BAD_KEY each", WC_NEEDS_CHIP, 3, freed_key, freed_key_judge),
	MGMT("MG-BI-13", "Memory ends with the stream that allocated it", "WEFT-ACC-002",
	     "ALLOC on a stream that then fails; its key on other streams",
	     "BAD_KEY each", WC_NEEDS_CHIP, 3, dies_with_stream, dies_with_stream_judge),
	MGMT("MG-BV-14", "A SEND is delivered once", "WEFT-SEM-013 WEFT-PDC-020",
	     "one request to the chip service, its packet sent five times",
	     "one answer", WC_NEEDS_CHIP, WC_VARIED(3, WC_VARY_ORDER), send_once, send_once_judge),
	MGMT("MG-BI-15", "A SEND longer than its buffer is refused", "WEFT-SEM-012",
	     "a SEND of 512 bytes to the chip service", "TOO_LONG", WC_NEEDS_CHIP, 1,
	     send_too_long, send_too_long_judge),
	MGMT("MG-BV-16", "Without a buffer: RNR, and a replay", "WEFT-SEM-031 WEFT-SEM-033",
	     "SENDs until no buffer is left, one more, then the replay with EPOCH toggled",
	     "RNR; what follows is discarded; the replay is delivered", WC_NEEDS_CHIP,
	     WC_VARIED(6, WC_VARY_ORDER),
	     no_buffer, no_buffer_judge),
	{ .id = NULL },
};
