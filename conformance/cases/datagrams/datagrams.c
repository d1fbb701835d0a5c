/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Datagrams, reliable and not, to the queues of the test personality: delivered once, or refused or
 * dropped for the first cause that applies.  What was delivered is READ out of the queue's buffers.
 */
#include "conformance/cases/management/meters.h"

#include <string.h>

#define QUEUE		0x700u		/* sends unreliable ones back, with qkey ECHO */
#define FULL		0x701u		/* has no buffer */
#define QKEY		0x5a5a1234u
#define ECHO		0x99u
#define OURS		0x2200u		/* our queue pair */
#define KEY		0x18u
#define BUFFERS		(WC_BASE(KEY) + 32768u)
#define ROOM		1024u
#define SLOTS		16u
#define TAGS		9u		/* of a case, at most */

/* ---- sending ---------------------------------------------------------------------------- */

/* Payload i of this case: unlike any that another case or run left. */
static const uint8_t *payload(struct wc_t *t, unsigned i)
{
	static uint8_t bytes[TAGS][WC_SIZE];

	if (wc_view_value(&t->view, wc_nth("payload", i), 0) == 0)
		wc_value(t, wc_nth("payload", i), 1 + (wc_random(t) & 0xffffff));
	wc_fill(bytes[i], WC_SIZE,
		(uint32_t)wc_view_value(&t->view, wc_nth("payload", i), 0));
	return bytes[i];
}

static struct wc_frame reliable(struct wc_t *t, unsigned i)
{
	struct wc_frame f = wc_f_nop(t->a);

	f.opcode = WC_RD_SEND;
	f.oflags = WC_O_SOM | WC_O_EOM;
	f.qpn = QUEUE;
	f.msn = 0;
	f.src_qpn = OURS;
	f.qkey = QKEY;
	f.tag = 100 + i;
	f.body = payload(t, i);
	f.body_len = WC_SIZE;
	f.length = WC_SIZE;
	return f;
}

static struct wc_frame unreliable(struct wc_t *t, unsigned i)
{
	struct wc_frame f = {
		.version = WC_VERSION, .type = WC_DGRAM, .psn = i, .qpn = QUEUE, .src_qpn = OURS,
		.qkey = QKEY, .dg_domain = t->c->domain, .body = payload(t, i),
		.body_len = WC_SIZE, .length = WC_SIZE,
	};

	return f;
}

static void send_alone(struct wc_t *t, const struct wc_frame *f, unsigned how)
{
	static uint8_t out[WC_FRAME_MAX];

	wc_emit_bytes(t, out, wc_frame_build(f, out), how);
}

/* ---- what came of it -------------------------------------------------------------------- */

struct answers {
	unsigned count;		/* packets of different PSNs */
	uint64_t status, delay_ns;
	size_t at;		/* the first */
};

static struct answers answers_to(const struct wc_view *v, unsigned i)
{
	struct answers a = { .at = WC_NONE };
	uint64_t psn = 0;

	for (size_t k = 0; k < v->count; k++) {
		const struct wc_frame *f = &v->f[k];

		if (!wc_view_rx(v, k) || f->type != WC_DATA || f->opcode != WC_RD_RSP ||
		    f->qpn != OURS || f->tag != 100 + i || (a.count && f->psn == psn))
			continue;
		psn = f->psn;
		if (!a.count++) {
			a.at = k;
			a.status = f->status;
			a.delay_ns = f->delay_ns;
		}
	}
	return a;
}

static bool answered(struct wc_t *t, const void *arg)
{
	return answers_to(&t->view, *(const unsigned *)arg).count;
}

static void send_reliable(struct wc_t *t, unsigned i, const struct wc_frame *f)
{
	wc_emit(t->c, f, WC_E_OK);
	wc_wait(t, answered, &i, "RD_RSP");
}

static void clear(struct wc_t *t)
{
	static const uint8_t zero[WC_SIZE];

	for (unsigned i = 0; i < SLOTS; i++)
		wc_do_write(t->b, wc_nth("clear", i), KEY, BUFFERS + i * ROOM, zero, WC_SIZE);
}

static void look(struct wc_t *t)
{
	for (unsigned i = 0; i < SLOTS; i++)
		wc_do_read(t->b, wc_nth("slot", i), KEY, BUFFERS + i * ROOM, WC_SIZE);
}

/* In how many buffers payload i lies. */
static unsigned found(struct wc_judge *j, unsigned i)
{
	uint8_t want[WC_SIZE], got[WC_SIZE];
	unsigned n = 0;

	wc_fill(want, WC_SIZE, (uint32_t)wc_val(j, wc_nth("payload", i)));
	for (unsigned k = 0; k < SLOTS; k++) {
		memset(got, 0, sizeof(got));
		if (wc_res_data(j, wc_nth("slot", k), got, WC_SIZE) &&
		    !memcmp(got, want, WC_SIZE))
			n++;
	}
	return n;
}

static void all_read(struct wc_judge *j, unsigned n)
{
	for (unsigned k = 0; k < SLOTS; k++)
		wc_ok(j, n, wc_nth("slot", k));
}

/* Answered once, with that status. */
static void must_be(struct wc_judge *j, unsigned n, unsigned i, enum wc_status status)
{
	struct answers a = answers_to(j->v, i);

	j->evidence = a.at;
	wc_cp(j, n, a.count, "NO_ANSWER", "datagram %u is answered by RD_RSP", i);
	wc_cp(j, n, a.status == status, "WRONG_STATUS", "datagram %u is answered %s", i,
	      wc_status_name(status));
	wc_cp(j, n, a.count == 1, "ANSWERED_TWICE", "datagram %u is answered once", i);
}

/* ---- DG-BV-01 --------------------------------------------------------------------------- */

static void once(struct wc_t *t)
{
	struct wc_frame f[3];

	clear(t);
	for (unsigned i = 0; i < 3; i++) {
		f[i] = reliable(t, i);
		send_reliable(t, i, &f[i]);
	}
	for (unsigned i = 0; i < 9; i++) {
		f[i % 3].flags |= WC_F_RTX;
		wc_emit(t->c, &f[i % 3], WC_E_BAD);
	}
	look(t);
}

static void once_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < 3; i++)
		must_be(j, 1, i, WC_OK);
	all_read(j, 2);
	for (unsigned i = 0; i < 3; i++) {
		wc_cp(j, 3, found(j, i) > 0, "NOT_DELIVERED", "datagram %u is in a buffer", i);
		wc_cp(j, 3, found(j, i) < 2, "DELIVERED_TWICE", "datagram %u is there once", i);
	}
}

/* ---- DG-BI-02 --------------------------------------------------------------------------- */

static const enum wc_status refusal[] = { WC_NO_STREAM, WC_BAD_QKEY, WC_MALFORMED, WC_RNR };
#define REFUSALS (sizeof(refusal) / sizeof(refusal[0]))

static void refused(struct wc_t *t)
{
	struct wc_frame f;

	clear(t);
	for (unsigned i = 0; i < REFUSALS; i++) {
		f = reliable(t, i);
		if (refusal[i] == WC_NO_STREAM)
			f.qpn = 0x6ff;
		else if (refusal[i] == WC_BAD_QKEY)
			f.qkey ^= 1;
		else if (refusal[i] == WC_MALFORMED)
			f.oflags = WC_O_SOM;
		else
			f.qpn = FULL;
		send_reliable(t, i, &f);
	}
	f = reliable(t, REFUSALS);
	send_reliable(t, REFUSALS, &f);
	look(t);
}

static void refused_judge(struct wc_judge *j)
{
	struct answers rnr;

	for (unsigned i = 0; i < REFUSALS; i++)
		must_be(j, 1, i, refusal[i]);
	rnr = answers_to(j->v, REFUSALS - 1);
	j->evidence = rnr.at;
	wc_cp(j, 2, rnr.delay_ns, "NO_DELAY", "RNR says when to come again");
	must_be(j, 3, REFUSALS, WC_OK);
	all_read(j, 4);
	for (unsigned i = 0; i < REFUSALS; i++)
		wc_cp(j, 4, !found(j, i), "DELIVERED", "a refused datagram is in no buffer");
	wc_cp(j, 4, found(j, REFUSALS) == 1, "NOT_DELIVERED", "the good one after them is there");
}

/* ---- DG-BV-03, DG-BI-04: unreliable ------------------------------------------------------ */

/* The n-th datagram of the device to our queue pair, WC_NONE: there are not so many. */
static size_t sent_back(const struct wc_view *v, unsigned n)
{
	for (size_t k = 0; k < v->count; k++)
		if (wc_view_rx(v, k) && v->f[k].type == WC_DGRAM && n-- == 0)
			return k;
	return WC_NONE;
}

static bool came_back(struct wc_t *t, const void *arg)
{
	return sent_back(&t->view, *(const unsigned *)arg) != WC_NONE;
}

static void delivered(struct wc_t *t)
{
	clear(t);
	for (unsigned i = 0; i < 3; i++) {
		struct wc_frame f = unreliable(t, i);

		send_alone(t, &f, 0);
		wc_wait(t, came_back, &i, "datagram of the device");
	}
	look(t);
}

static void delivered_judge(struct wc_judge *j)
{
	uint8_t want[WC_SIZE];

	all_read(j, 1);
	for (unsigned i = 0; i < 3; i++) {
		size_t at = sent_back(j->v, i);
		const struct wc_frame *f = at == WC_NONE ? NULL : &j->v->f[at];

		wc_cp(j, 1, found(j, i) == 1, "NOT_DELIVERED", "datagram %u is in a buffer", i);
		j->evidence = at;
		wc_cp(j, 2, f, "NOT_SENT_BACK", "datagram %u comes back to who sent it", i);
		if (!f)
			return;
		wc_fill(want, WC_SIZE, (uint32_t)wc_val(j, wc_nth("payload", i)));
		wc_cp(j, 2, f->qpn == OURS && f->src_qpn == QUEUE && f->qkey == ECHO &&
		      f->body_len == WC_SIZE && !memcmp(f->body, want, WC_SIZE), "WRONG_DATAGRAM",
		      "it comes from queue pair 0x%x to ours, with qkey 0x%x, as it was", QUEUE,
		      ECHO);
		wc_cp(j, 3, !f->pdc_id && !(f->flags & WC_F_SYN) && f->dg_domain == WC_DOMAIN,
		      "WRONG_HEADER", "a datagram has pdc_id 0, no SYN, and its domain");
		wc_cp(j, 4, f->psn == j->v->f[sent_back(j->v, 0)].psn + i, "MISCOUNTED",
		      "psn counts the datagrams of the queue pair");
	}
}

#define DROPS 8u

static void spoil(unsigned i, struct wc_frame *f)
{
	static const uint8_t longer[ROOM + 1];

	switch (i) {
	case 0: f->qpn = 0x6ff; break;
	case 1: f->dg_domain = WC_OTHER_DOMAIN; break;
	case 2: f->qkey ^= 1; break;
	case 3: f->qpn = FULL; break;
	case 4:
		f->body = longer;
		f->body_len = sizeof(longer);
		f->length = sizeof(longer);
		break;
	case 5: f->pdc_id = 5; break;
	case 6: f->length = WC_SIZE + 1; break;
	default: f->fabric = WC_FB_TRIM; break;
	}
}

static void dropped(struct wc_t *t)
{
	struct wc_frame f;
	unsigned first = 0;

	clear(t);
	wc_mark(t, "bad");
	for (unsigned i = 0; i < DROPS; i++) {
		f = unreliable(t, i);
		spoil(i, &f);
		send_alone(t, &f, WC_E_BAD);
	}
	wc_mark(t, "good");
	wc_marker(t);
	wc_mark(t, "after");
	f = unreliable(t, DROPS);
	send_alone(t, &f, 0);
	wc_wait(t, came_back, &first, "datagram of the device");
	look(t);
}

/* Can it be an answer to a datagram?  What a context still has to say of earlier is none. */
static bool answers(const struct wc_frame *f)
{
	return f->type == WC_DGRAM || f->type == WC_NACK ||
	       (f->type == WC_DATA && f->qpn == OURS);
}

static void dropped_judge(struct wc_judge *j)
{
	size_t at = WC_NONE;

	for (size_t i = wc_at(j, "bad"); i < wc_at(j, "after") && at == WC_NONE; i++)
		if (wc_view_rx(j->v, i) && answers(&j->v->f[i]))
			at = i;
	j->evidence = at;
	wc_cp(j, 1, at == WC_NONE, "ANSWERED", "nothing comes of a datagram that is dropped");
	wc_marked(j, 2, "good");
	all_read(j, 3);
	for (unsigned i = 0; i < DROPS; i++)
		wc_cp(j, 3, !found(j, i), "DELIVERED", "datagram %u is in no buffer", i);
	j->evidence = sent_back(j->v, 0);
	wc_cp(j, 4, j->evidence != WC_NONE, "NOT_SENT_BACK", "a good one after them comes back");
	wc_cp(j, 4, found(j, DROPS) == 1, "NOT_DELIVERED", "it is in a buffer");
}

/* Datagrams of the first five kinds that spoil() makes: one, two, and so on. */
static void counted(struct wc_t *t)
{
	unsigned psn = 0;

	clear(t);
	wc_meters(t, "before");
	for (unsigned i = 0; i < 5; i++)
		for (unsigned k = 0; k <= i; k++) {
			struct wc_frame f = unreliable(t, i);

			f.psn = psn++;
			spoil(i, &f);
			send_alone(t, &f, WC_E_BAD);
		}
	wc_mark(t, "bad");
	wc_marker(t);
	wc_meters(t, "after.meters");
}

static void counted_judge(struct wc_judge *j)
{
	wc_marked(j, 1, "bad");
	wc_grew(j, 2, DROP_NO_STREAM, 1);
	wc_grew(j, 3, DROP_DOMAIN, 2);
	wc_grew(j, 4, DROP_BAD_QKEY, 3);
	wc_grew(j, 5, DROP_NO_ROOM, 4);
	wc_grew(j, 6, DROP_OVERSIZE, 5);
}

const struct wc_case wc_cases_datagrams[] = {
	{
		.id = "DG-BV-01", .version = 1,
		.title = "A reliable datagram is delivered and answered once",
		.reqs = "WEFT-DGM-021 WEFT-DGM-022",
		.stimulus = "three RD_SENDs, each packet four times",
		.expected = "one RD_RSP OK each with its tag, and the bytes in one buffer",
		.needs = WC_NEEDS_MAILBOXES, .features = WC_FT_RD, .checkpoints = 3,
		.drive = once, .judge = once_judge,
	}, {
		.id = "DG-BI-02", .version = 1,
		.title = "Reliable datagrams are refused for the first cause that applies",
		.reqs = "WEFT-DGM-023 WEFT-DGM-022 WEFT-DGM-026",
		.stimulus = "an unknown queue pair, a wrong qkey, no EOM, no buffer; then one "
			"that is right",
		.expected = "NO_STREAM, BAD_QKEY, MALFORMED, RNR with a delay; none delivered; OK",
		.needs = WC_NEEDS_MAILBOXES, .features = WC_FT_RD, .checkpoints = 4,
		.drive = refused, .judge = refused_judge,
	}, {
		.id = "DG-BV-03", .version = 1,
		.title = "An unreliable datagram arrives, with its source",
		.reqs = "WEFT-DGM-001 WEFT-DGM-002 WEFT-DGM-006",
		.stimulus = "three DGRAMs to a queue pair that sends them back",
		.expected = "each in a buffer, and back: pdc_id 0, no SYN, psn counting",
		.needs = WC_NEEDS_MAILBOXES, .features = WC_FT_UD, .checkpoints = 4,
		.drive = delivered, .judge = delivered_judge,
	}, {
		.id = "DG-BI-04", .version = 2,
		.title = "Datagrams that are not for it are dropped in silence",
		.reqs = "WEFT-DGM-003 WEFT-DGM-004 WEFT-DGM-005",
		.stimulus = "queue pair, domain, qkey, room, length, pdc_id, trimmed: all wrong",
		.expected = "no answer, no byte delivered; a good one after them is",
		.needs = WC_NEEDS_MAILBOXES, .features = WC_FT_UD, .checkpoints = 4,
		.drive = dropped, .judge = dropped_judge,
	}, {
		.id = "DG-BV-05", .version = 1,
		.title = "Datagrams that are dropped are counted, each under its cause",
		.reqs = "WEFT-CONV-004 WEFT-DGM-004",
		.stimulus = "one to an unknown queue pair, two of another domain, three of a wrong "
			"qkey, four without a buffer, five that are too long",
		.expected = "each counter grows by as many",
		.needs = WC_NEEDS_MAILBOXES, .features = WC_FT_UD, .checkpoints = 6,
		.drive = counted, .judge = counted_judge,
	},
	{ .id = NULL },
};
