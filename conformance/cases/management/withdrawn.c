/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that its host takes back while it is in use, by the chip service's FREE.
 */
#include "conformance/cases/common.h"
#include "conformance/cases/memory/attempt.h"
#include "conformance/svc.h"

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
	},
	{ .id = NULL },
};
