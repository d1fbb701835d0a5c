/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that its host takes back while it is in use, by the chip service's FREE.
 */
#include "conformance/cases/common.h"
#include "conformance/cases/memory/attempt.h"
#include "conformance/svc.h"

#include <string.h>

static void release(struct wc_stream *s, const struct wc_mem *m)
{
	struct wc_svc_msg req = { .op = WC_SVC_FREE, .key = m->key };

	wc_value(s->c->t, "tag", wc_svc_call(s, "free", &req));
}

static void released(struct wc_judge *j, unsigned n)
{
	struct wc_svc_msg rsp = { 0 };

	j->evidence = wc_svc_answer(j->v, (uint32_t)wc_val(j, "tag"), &rsp);
	wc_cp(j, n, j->evidence != WC_NONE && rsp.status == 0, "NOT_FREED", "FREE succeeds");
}

/* ---- MG-BI-32 ------------------------------------------------------------------------------- */

static void within_write(struct wc_t *t)
{
	struct wc_stream *s = wc_connect(t->c, "svc", WC_SERVICE_CHIP), *w = wc_fresh(t, "w");
	struct wc_frame f;
	struct wc_mem m;

	if (!s || !w || !wc_svc_alloc(s, "alloc", 4096, &m))
		return;
	f = wc_f_write(w, m.key, m.base, wc_bytes(1), WC_SIZE);
	f.msg_len = 2 * WC_SIZE;
	f.oflags = WC_O_SOM;
	wc_emit(t->c, &f, WC_E_OK);
	wc_marker(t);
	release(s, &m);
	f = wc_f_write(w, m.key, m.base, wc_bytes(2), WC_SIZE);
	f.msg_len = 2 * WC_SIZE;
	f.offset = WC_SIZE;
	f.oflags = WC_O_EOM;
	wc_do(w, "rest", WC_OP_MESSAGE, &f);
}

static void within_write_judge(struct wc_judge *j)
{
	released(j, 1);
	wc_refused(j, 2, "rest", WC_BAD_KEY);
}

/* ---- MG-BI-33 ------------------------------------------------------------------------------- */

static void registered_again(struct wc_t *t)
{
	struct wc_stream *s = wc_connect(t->c, "svc", WC_SERVICE_CHIP);
	struct wc_mem old, new;

	if (!s || !wc_svc_alloc(s, "old", 4096, &old))
		return;
	release(s, &old);
	if (!wc_svc_alloc(s, "new", 4096, &new))
		return;
	wc_do_write(s, "init", new.key, new.base, wc_bytes(WC_OLD_SEED), WC_SIZE);
	if (new.key == old.key)
		wc_mark(t, "skip:KEY_AGAIN");	/* it is the new one then */
	for (unsigned i = 0; i < 3; i++) {
		static const uint8_t op[] = { WC_WRITE, WC_READ, WC_ATOMIC };
		struct wc_attempt a = { op[i], old.key, new.base, i == 2 ? 8 : WC_SIZE, 0 };

		wc_attempt(t, i, &a);
	}
	wc_do_read(s, "after", new.key, new.base, WC_SIZE);
}

static void registered_again_judge(struct wc_judge *j)
{
	released(j, 1);
	wc_refused3(j, 2, WC_BAD_KEY);
	wc_data_fill(j, 3, "after", WC_OLD_SEED, WC_SIZE, "MEMORY_CHANGED");
}

/* ---- MG-BI-35 ------------------------------------------------------------------------------- */

#define LONG	32768u
#define PART	1024u		/* bytes in a packet of it */

/* Bytes of a region, in pieces that any device takes. */
static void fill(struct wc_stream *s, const char *name, const struct wc_mem *m, uint32_t seed)
{
	static uint8_t bytes[LONG];

	wc_fill(bytes, LONG, seed);
	for (unsigned n = 0; n < LONG / 4096; n++)
		wc_do_write(s, wc_nth(name, n), m->key, m->base + n * 4096, bytes + n * 4096, 4096);
}

/* Had we a packet of that PSN before record i? */
static bool had(const struct wc_view *v, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (wc_view_rx(v, k) && v->f[k].pdc_id == v->f[i].pdc_id &&
		    (v->f[k].type == WC_DATA || v->f[k].type == WC_CTRL) &&
		    v->f[k].psn == v->f[i].psn)
			return true;
	return false;
}

/* The refusal that we hear, in a packet that is no copy of one that we had; or WC_NONE. */
static size_t heard(const struct wc_view *v)
{
	struct wc_op op = wc_view_result(v, "r", WC_NONE, NULL, 0).op;

	for (size_t i = 0; i < v->count; i++)
		if (wc_view_rx(v, i) && v->f[i].type == WC_DATA && v->f[i].pdc_id == op.pdc &&
		    v->f[i].opcode == WC_TACK && v->f[i].msn == op.msn &&
		    v->f[i].status == WC_BAD_KEY && !had(v, i))
			return i;
	return WC_NONE;
}

static bool came_whole(const struct wc_view *v)
{
	struct wc_result r = wc_view_result(v, "r", WC_NONE, NULL, 0);

	return r.status == WC_OK && r.got == LONG;
}

static bool over(struct wc_t *t, const void *arg)
{
	(void)arg;
	return heard(&t->view) != WC_NONE || came_whole(&t->view);
}

static void within_read(struct wc_t *t)
{
	struct wc_stream *s = wc_connect(t->c, "svc", WC_SERVICE_CHIP), *r;
	struct wc_ctx *c = wc_open(t, t->c->mode, WC_DOMAIN);
	struct wc_mem old, new;

	c->window = WC_MIN_WINDOW;	/* so that it cannot send all of the data */
	c->payload = PART;
	r = wc_connect(c, "reader", wc_service(t));
	if (!s || !r || !wc_svc_alloc(s, "old", LONG, &old))
		return;
	fill(t->a, "before", &old, WC_OLD_SEED);
	wc_marker(t);
	c->quiet = true;
	wc_read(r, "r", old.key, old.base, LONG);
	wc_marker(t);
	release(s, &old);
	wc_mark(t, "freed");
	if (!wc_svc_alloc(s, "new", LONG, &new))
		return;
	wc_pause(t, 20);		/* it sends again what we have had, and cannot read it */
	fill(t->a, "after", &new, WC_NEW_SEED);
	wc_mark(t, "go");
	c->quiet = false;
	c->ack_due = true;
	wc_wait(t, over, NULL, "a refusal, or all data");
}

/* The first packet of READ data in [from, ...) that brings other bytes than the old ones. */
static size_t changed(struct wc_judge *j, size_t from)
{
	static uint8_t want[LONG];
	uint64_t pdc = wc_res(j, "r").op.pdc;

	wc_fill(want, LONG, WC_OLD_SEED);
	for (size_t i = from; i < j->v->count; i++) {
		const struct wc_frame *f = &j->v->f[i];

		if (wc_view_rx(j->v, i) && f->pdc_id == pdc && f->type == WC_DATA &&
		    f->opcode == WC_READ_RSP && (f->offset > LONG ||
		    f->body_len > LONG - f->offset ||
		    memcmp(f->body, want + f->offset, f->body_len)))
			return i;
	}
	return WC_NONE;
}

static void within_read_judge(struct wc_judge *j)
{
	released(j, 1);
	j->evidence = changed(j, 0);
	wc_cp(j, 2, j->evidence == WC_NONE, "READ_AFTER",
	      "no byte of the memory as it is after FREE comes in the answer to the READ");
	j->evidence = heard(j->v);
	wc_cp(j, 3, j->evidence != WC_NONE || came_whole(j->v), "NO_REFUSAL",
	      "the READ is refused with BAD_KEY in a packet that is no copy of another, or all "
	      "of its data were read before");
}

const struct wc_case wc_cases_withdrawn[] = {
	{
		.id = "MG-BI-32", .version = 1, .title = "A key that goes within a WRITE",
		.reqs = "WEFT-MEM-006 WEFT-MEM-001",
		.stimulus = "the first half of a WRITE, FREE of its memory, the second half",
		.expected = "BAD_KEY", .needs = WC_NEEDS_CHIP,
		.checkpoints = 2, .drive = within_write, .judge = within_write_judge,
	}, {
		.id = "MG-BI-33", .version = 1, .title = "An old key after a new allocation",
		.reqs = "WEFT-MEM-001 WEFT-MEM-006",
		.stimulus = "ALLOC, FREE, ALLOC; WRITE, READ and ATOMIC there with the first key",
		.expected = "BAD_KEY each; no byte changed", .needs = WC_NEEDS_CHIP,
		.checkpoints = 3, .drive = registered_again, .judge = registered_again_judge,
	}, {
		.id = "MG-BI-35", .version = 1, .title = "A key that goes within a READ",
		.reqs = "WEFT-MEM-006 WEFT-SEM-047",
		.stimulus = "a READ of more than our window takes, FREE of its memory, ALLOC and "
			    "WRITEs there; then acknowledgements",
		.expected = "what the memory held before, then BAD_KEY", .needs = WC_NEEDS_CHIP,
		.checkpoints = 3, .vary = WC_VARY_ROD, .drive = within_read,
		.judge = within_read_judge,
	},
	{ .id = NULL },
};
