/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The upper tester itself: it has what it says, tells the truth, and stands nonsense.
 */
#include "conformance/cases/requester/requester.h"
#include "conformance/sha256.h"

#include <stdio.h>
#include <string.h>

/* ---- UT-CA-01: it knows what it lists, and nothing else ----------------------------- */

#define LEVEL1 (1ull << UPPER_QUERY | 1ull << UPPER_RESET | 1ull << UPPER_EP_CREATE |	\
		1ull << UPPER_EP_MODIFY | 1ull << UPPER_EP_DESTROY | 1ull << UPPER_EP_STATE | \
		1ull << UPPER_MR_REGISTER | 1ull << UPPER_MR_INVALIDATE |		\
		1ull << UPPER_MEM_WRITE | 1ull << UPPER_MEM_READ | 1ull << UPPER_MEM_HASH | \
		1ull << UPPER_RECV_POST | 1ull << UPPER_COUNTERS | 1ull << UPPER_CQ_POLL)
#define LEVEL2 (LEVEL1 | 1ull << UPPER_OP_POST | 1ull << UPPER_CANCEL)

/* Each op without a body, from 1 to 63: one that it has finds that it is too short, if that. */
static void every_op(struct wc_t *t)
{
	wc_value(t, "ops", t->dut->ut->ops);
	for (unsigned op = 1; op < 64; op++)
		wc_value(t, wc_nth("st", op), (uint64_t)wc_ut_call(t, op, NULL, 0, NULL, NULL));
	wc_rq_restart(t);
}

static void every_op_judge(struct wc_judge *j)
{
	uint64_t ops = wc_val(j, "ops");

	wc_cp(j, 1, (ops & LEVEL2) == LEVEL2, "INCOMPLETE", "all ops of level 2 are listed");
	for (unsigned op = 1; op < 64; op++) {
		uint64_t st = wc_val(j, wc_nth("st", op));

		wc_cp(j, 2, (st == UPPER_UNKNOWN) == !(ops >> op & 1), "NOT_AS_LISTED",
		      "op %u is answered UNKNOWN if, and only if, QUERY does not list it", op);
		wc_cp(j, 3, st != UPPER_OK || op == UPPER_QUERY, "MADE_BELIEVE",
		      "op %u without a body is not answered OK", op);
	}
}

/* ---- UT-CA-02: its memory is the memory --------------------------------------------- */

/* Memory of the device that both can reach. */
static bool shared(struct wc_t *t, struct wc_mem *m)
{
	uint8_t b[UPPER_MR_BYTES] = { 0 }, r[UPPER_BODY];
	uint32_t n = 0;

	if (t->dut->ut->flags & UPPER_CAN_ADDRESS)
		upper_put(b, 0x700000, 8);
	upper_put(b + 8, 4096, 8);
	upper_put(b + 20, UPPER_READ | UPPER_WRITE, 4);
	upper_put(b + 24, 1, 4);
	upper_put(b + 28, t->dut->domain, 4);
	if (wc_ut_call(t, UPPER_MR_REGISTER, b, sizeof(b), r, &n) || n != 16)
		return false;
	*m = (struct wc_mem){ (uint32_t)upper_get(r, 4), upper_get(r + 8, 8), 4096 };
	return true;
}

static void honest(struct wc_t *t)
{
	struct wc_stream *s = wc_rq_begin(t);
	uint8_t b[16 + WC_SIZE] = { 0 };
	struct wc_mem m;

	if (!s || !shared(t, &m))
		return;
	wc_do_write(s, "w", m.key, m.base, wc_bytes(WC_OLD_SEED), WC_SIZE);
	upper_put(b, m.key, 4);
	upper_put(b + 4, WC_SIZE, 4);
	upper_put(b + 8, m.base, 8);
	wc_mark(t, "mem.read");
	wc_ut_call(t, UPPER_MEM_READ, b, 16, NULL, NULL);
	wc_mark(t, "mem.hash");
	wc_ut_call(t, UPPER_MEM_HASH, b, 16, NULL, NULL);
	memset(b + 4, 0, 4);
	memcpy(b + 16, wc_bytes(WC_NEW_SEED), WC_SIZE);
	wc_ut_call(t, UPPER_MEM_WRITE, b, sizeof(b), NULL, NULL);
	wc_do_read(s, "r", m.key, m.base, WC_SIZE);
	upper_put(b, m.key, 4);
	wc_ut_call(t, UPPER_MR_INVALIDATE, b, 4, NULL, NULL);
	wc_do_read(s, "dead", m.key, m.base, WC_SIZE);
}

static void honest_judge(struct wc_judge *j)
{
	uint8_t want[WC_SIZE], sum[32];
	const uint8_t *got;
	struct wc_sha256 h;
	uint32_t len;

	wc_fill(want, WC_SIZE, WC_OLD_SEED);
	wc_ok(j, 1, "w");
	got = wc_ut_bytes(j->v, "read", &len);
	wc_cp(j, 2, got && len == WC_SIZE && !memcmp(got, want, len), "DISHONEST",
	      "MEM_READ brings what a WRITE put there");
	wc_sha256_init(&h);
	wc_sha256_add(&h, want, WC_SIZE);
	wc_sha256_end(&h, sum);
	got = wc_ut_bytes(j->v, "hash", &len);
	wc_cp(j, 3, got && len == 32 && !memcmp(got, sum, 32), "DISHONEST",
	      "MEM_HASH is SHA-256 of it");
	wc_data_fill(j, 4, "r", WC_NEW_SEED, WC_SIZE, "DISHONEST");
	wc_refused(j, 5, "dead", WC_BAD_KEY);
}

/* ---- UT-CA-03: completions are those of the wire ------------------------------------ */

#define WORKS 6u

static void truthful(struct wc_t *t)
{
	struct wc_stream *s = wc_rq_begin(t);

	if (!s)
		return;
	for (unsigned i = 0; i < WORKS; i++) {
		s->mute = true;
		wc_mark(t, wc_nth("post", i));
		if (i % 3 == 0)
			wc_rq_write(s, wc_nth("x", i), 64 * i, 64);
		else if (i % 3 == 1)
			wc_rq_read(s, wc_nth("x", i), 64 * i, 64);
		else
			wc_rq_send(s, wc_nth("x", i), 64 * i, 64);
		wc_rq_sent(t, i + 1);
		wc_pause(t, 5);
		wc_ut_poll(t);
		wc_mark(t, wc_nth("answer", i));
		s->mute = false;
		wc_serve(s);
		wc_ut_await(t, wc_nth("x", i));
	}
	wc_ut_poll(t);
}

static void truthful_judge(struct wc_judge *j)
{
	struct upper_done d;

	for (unsigned i = 0; i < WORKS; i++) {
		const char *name = wc_nth("x", i);

		wc_completed(j, 1, name, UPPER_WC_SUCCESS);
		j->evidence = wc_ut_done(j->v, name, wc_at(j, wc_nth("answer", i)), &d);
		wc_cp(j, 2, j->evidence == WC_NONE, "LIES",
		      "%s does not complete before its answer was on the wire", name);
		j->evidence = wc_rq_nth(j->v, 0, i);
		wc_cp(j, 3, j->evidence != WC_NONE && j->evidence > wc_at(j, wc_nth("post", i)),
		      "LIES", "what is posted is on the wire");
	}
}

/* ---- UT-CA-07: RESET resets --------------------------------------------------------- */

/* Who the device says it is, in the first answer to a HELLO of ours after this mark. */
static const struct wc_frame *identity(struct wc_judge *j, const char *from, struct wc_hello *h)
{
	struct wc_tlv_view tlv;

	for (size_t i = wc_at(j, from); i < j->v->count; i++)
		if (wc_view_rx(j->v, i) && !j->v->f[i].pdc_id &&
		    wc_frame_find_tlv(&j->v->f[i], WC_TLV_HELLO, wc_h_hello.bytes, &tlv)) {
			wc_unpack(&wc_h_hello, tlv.value, h);
			if (h->flags & WC_HELLO_REPLY)
				continue;	/* it asks us */
			j->evidence = i;
			return &j->v->f[i];
		}
	j->evidence = WC_NONE;
	return NULL;
}

static void fresh_start(struct wc_t *t)
{
	struct wc_stream *s = wc_rq_begin(t), *n;
	struct wc_mem m;
	uint8_t b[16] = { 0 };

	if (!s || !shared(t, &m))
		return;
	wc_mark(t, "first");
	wc_marker(t);
	wc_do_read(s, "alive", m.key, m.base, 8);
	s->mute = true;
	wc_rq_write(s, "w", 0, 64);
	wc_rq_sent(t, 1);
	wc_rq_restart(t);
	upper_put(b, s->ep, 4);
	wc_value(t, "state", (uint64_t)wc_ut_call(t, UPPER_EP_STATE, b, 4, NULL, NULL));
	wc_mark(t, "reset");
	wc_marker(t);
	wc_pause(t, 5);
	wc_ut_poll(t);
	n = wc_ut_connect(t->c, "connect.N");
	if (n)
		wc_do_read(n, "dead", m.key, m.base, 8);
}

/* What it was and could do, it is and can; a later incarnation is its own affair. */
static void same_device(struct wc_judge *j, unsigned n)
{
	struct wc_hello before = { 0 }, after = { 0 };
	const struct wc_frame *was = identity(j, "first", &before);
	const struct wc_frame *is = identity(j, "reset", &after);
	uint32_t ahead = (uint32_t)(after.incarnation - before.incarnation);
	uint8_t one[WC_FRAME_MAX], two[WC_FRAME_MAX];
	bool same = was && is && was->ctrl_len == is->ctrl_len;

	if (same) {
		memcpy(one, was->body, was->ctrl_len);
		memcpy(two, is->body, is->ctrl_len);
		memset(one + 4 + 8, 0, 4);	/* the incarnation, behind head and Chip ID */
		memset(two + 4 + 8, 0, 4);
		same = !memcmp(one, two, was->ctrl_len);
	}
	wc_cp(j, n, same && ahead < 1u << 31, "OTHER_DEVICE",
	      "HELLO says the same after RESET, but for an incarnation that is later");
}

static void fresh_start_judge(struct wc_judge *j)
{
	wc_ok(j, 1, "alive");
	wc_refused(j, 2, "dead", WC_BAD_KEY);
	wc_cp(j, 3, wc_val(j, "state") == UPPER_NO_SUCH, "STILL_THERE",
	      "queue pairs of before are unknown");
	wc_cp(j, 4, wc_ut_dones(j->v, "w") == 0, "STILL_THERE", "and their completions gone");
	same_device(j, 5);
}

/* ---- UT-BI-08: nonsense ------------------------------------------------------------- */

/* Bodies of every length up to 80 for every op, most of them wrong. */
static void nonsense(struct wc_t *t)
{
	uint8_t b[80];
	unsigned odd = 0;

	for (unsigned op = UPPER_EP_CREATE; op <= UPPER_CANCEL; op++)
		for (uint32_t len = 0; len <= sizeof(b); len += op == UPPER_COUNTERS ? 80 : 7) {
			int st;

			wc_fill(b, len, (uint32_t)wc_random(t));
			st = wc_ut_call(t, op, b, len, NULL, NULL);
			odd += st < 0 || st > UPPER_FAILED;
		}
	wc_value(t, "odd", odd);
	wc_value(t, "query", (uint64_t)wc_ut_call(t, UPPER_QUERY, NULL, 0, NULL, NULL));
	wc_rq_restart(t);
}

static void nonsense_judge(struct wc_judge *j)
{
	wc_cp(j, 1, !wc_val(j, "odd"), "ODD_ANSWER", "each is answered with a status");
	wc_cp(j, 2, wc_val(j, "query") == UPPER_OK, "FELL", "it goes on");
}

/* ---- UT-ST-16: many RESETs under load ----------------------------------------------- */

#define RESETS	1000u	/* more queue pairs than dut/chip.c has room for */
#define NET_RESETS 100u	/* where each takes real time */
#define SAMPLES	8u

/* A region, a queue pair and work under way: READs, WRITEs and SENDs that we do not answer. */
static bool load(struct wc_t *t, struct wc_mem *m, const char *name)
{
	struct wc_work w[6];
	struct wc_stream *s;

	if (!shared(t, m))
		return false;
	s = wc_ut_connect(t->c, name);
	if (!s)
		return false;
	s->mute = true;
	for (unsigned i = 0; i < 6; i++)
		w[i] = (struct wc_work){ .op = i < 2 ? UPPER_DO_WRITE : i < 4 ? UPPER_DO_READ :
						UPPER_DO_SEND,
					 .at = 64 * i, .len = 64, .addr = WC_OWN_BASE + 64ull * i };
	return wc_ut_post_all(s, "w", w, 6);
}

static void many_resets(struct wc_t *t)
{
	unsigned most = t->dut->port->virtual_time ? RESETS : NET_RESETS, n, streams = t->n_streams;
	struct wc_mem m[SAMPLES] = { 0 };
	struct wc_stream *s;
	char name[16];

	for (n = 0; n < most; n++) {
		snprintf(name, sizeof(name), "connect.%u", n);
		if (!load(t, &m[n * SAMPLES / most], name) || !wc_ut_begin(t))
			break;
		t->n_streams = streams;		/* the driver has no room for all of them */
	}
	wc_value(t, "most", most);
	wc_value(t, "n", n);
	wc_rq_restart(t);
	wc_mark(t, "over");
	wc_pause(t, 5);
	wc_ut_poll(t);
	for (unsigned i = 0; i < SAMPLES; i++) {
		s = wc_ut_connect(t->c, wc_nth("connect.N", i));
		if (s)
			wc_do_read(s, wc_nth("dead", i), m[i].key, m[i].base, 8);
	}
}

static void many_resets_judge(struct wc_judge *j)
{
	wc_cp(j, 1, wc_val(j, "n") == wc_val(j, "most"), "LEFT_BEHIND",
	      "each RESET leaves room for a region, a queue pair and its work: %u of %u did",
	      (unsigned)wc_val(j, "n"), (unsigned)wc_val(j, "most"));
	for (unsigned i = 0; i < SAMPLES; i++)
		wc_refused(j, 2, wc_nth("dead", i), WC_BAD_KEY);
	for (unsigned i = 0; i < 6; i++)
		wc_cp(j, 3, !wc_ut_dones(j->v, wc_nth("w", i)), "STILL_THERE",
		      "no completion of before comes");
}

#define UT(name, ver, what, rules, stim, exp, n, fn)				\
	{ .id = name, .version = ver, .title = what, .reqs = rules,		\
	  .stimulus = stim, .expected = exp, .needs = WC_NEEDS_UPPER,		\
	  .checkpoints = n, .drive = fn, .judge = fn##_judge }

const struct wc_case wc_cases_above[] = {
	UT("UT-CA-01", 1, "It has the ops that it lists", "",
	   "each op from 1 to 63, without a body",
	   "UNKNOWN for those that QUERY does not list, and for no other", 3, every_op),
	UT("UT-CA-02", 1, "Its memory is the memory", "WEFT-MEM-002",
	   "WRITE, then MEM_READ and MEM_HASH; MEM_WRITE, then READ; MR_INVALIDATE, then READ",
	   "the same bytes; BAD_KEY", 5, honest),
	UT("UT-CA-03", 1, "Completions are those of the wire", "",
	   "WRITEs, READs and SENDs that we answer late", "no completion before the answer", 3,
	   truthful),
	UT("UT-CA-07", 2, "RESET resets, and the device is who it was", "WEFT-MGT-001",
	   "HELLO; RESET with a region, a queue pair and work under way; HELLO",
	   "all of it is gone; the same answer, but for the incarnation", 5, fresh_start),
	UT("UT-ST-16", 1, "Many RESETs under load", "",
	   "1000 times, on a network 100: a region, a queue pair, six work requests that we do not "
	   "answer, and RESET", "there is room each time; of keys and work nothing is left", 3,
	   many_resets),
	UT("UT-BI-08", 1, "It stands nonsense", "", "bodies of all lengths with random bytes",
	   "a status each; it goes on", 2, nonsense),
	{ .id = NULL },
};
