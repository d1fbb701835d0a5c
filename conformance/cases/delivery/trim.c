/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trimmed packets: hints, and no more than hints; and what the device does with ours.
 */
#include "conformance/cases/management/meters.h"

#include <string.h>

/* The first 16 bytes of f, as a switch that trims leaves them. */
static void emit_trimmed(struct wc_t *t, const struct wc_frame *f, unsigned how)
{
	static uint8_t bytes[WC_FRAME_MAX];

	wc_build(f, bytes);
	bytes[4] |= WC_FB_TRIM;
	wc_emit_bytes(t, bytes, 16, how);
}

/* First NACK TRIMMED of that context with a range that holds psn. */
static size_t trimmed(const struct wc_view *v, uint32_t psn, size_t from, size_t until)
{
	for (size_t i = from; i < v->count && i < until; i++) {
		const struct wc_frame *f = &v->f[i];

		if (!wc_view_rx(v, i) || f->type != WC_NACK || f->reason != WC_N_TRIMMED)
			continue;
		for (unsigned k = 0; k < f->count && k < WC_RANGES; k++)
			if (psn - (uint32_t)f->range[k].first < f->range[k].count)
				return i;
	}
	return WC_NONE;
}

/* ---- DL-BV-60 ----------------------------------------------------------------------------- */

static void cut_off(struct wc_t *t)
{
	struct wc_frame f;

	wc_bad_begin(t, 52);
	f = wc_bad_write(t, 52);
	emit_trimmed(t, &f, WC_E_BAD);
	wc_marker(t);
	wc_mark(t, "good");
	wc_do_read(t->b, "before", t->mem.key, wc_page(t, 52), WC_SIZE);
	wc_write(t->a, "w", t->mem.key, wc_page(t, 52), wc_bytes(WC_NEW_SEED), WC_SIZE);
	wc_await(t, "w");
	wc_do_read(t->a, "after", t->mem.key, wc_page(t, 52), WC_SIZE);
}

static void cut_off_judge(struct wc_judge *j)
{
	j->evidence = trimmed(j->v, (uint32_t)wc_val(j, "p"), wc_at(j, "bad"), wc_at(j, "good"));
	wc_cp(j, 1, j->evidence != WC_NONE, "NO_NACK",
	      "a trimmed packet is answered by NACK TRIMMED with its PSN");
	wc_untaken(j, 2, "bad", "good", "p", "TAKEN");
	wc_data_fill(j, 3, "before", WC_OLD_SEED, WC_SIZE, "EXECUTED");
	wc_data_fill(j, 4, "after", WC_NEW_SEED, WC_SIZE, "LOST");
}

/* ---- DL-BI-61 ----------------------------------------------------------------------------- */

static void cut_off_for_nobody(struct wc_t *t)
{
	struct wc_frame f;

	wc_bad_begin(t, 53);
	f = wc_bad_write(t, 53);
	f.pdc_id ^= 0x5a5a;
	emit_trimmed(t, &f, WC_E_BAD);
	f.pdc_id = 0;
	emit_trimmed(t, &f, WC_E_BAD);
	f = wc_bad_write(t, 53);
	f.flags ^= 1;			/* another generation */
	emit_trimmed(t, &f, WC_E_BAD);
	wc_bad_end(t, 53);
}

/* ---- DL-BI-62 ----------------------------------------------------------------------------- */

#define FLOOD 200u

/* WEFT-RTX-014 */
#define BURST 16u
#define EVERY_NS 4000u

static void storm(struct wc_t *t)
{
	struct wc_frame f;

	wc_bad_begin(t, 54);
	for (unsigned i = 0; i < FLOOD; i++) {
		f = wc_bad_write(t, 54);
		f.psn += i % 8;
		emit_trimmed(t, &f, WC_E_BAD);
	}
	wc_bad_end(t, 54);
}

/* Does one of its ranges begin where another ends?  (WEFT-RTX-013) */
static bool neighbours(const struct wc_frame *f)
{
	for (unsigned i = 0; i < f->count && i < WC_RANGES; i++)
		for (unsigned k = 0; k < f->count && k < WC_RANGES; k++)
			if ((uint32_t)(f->range[i].first + f->range[i].count) ==
			    (uint32_t)f->range[k].first)
				return true;
	return false;
}

static void storm_judge(struct wc_judge *j)
{
	size_t from = wc_at(j, "bad"), until = wc_at(j, "good");
	uint64_t first = 0, last = 0;
	bool apart = false;
	unsigned n = 0;

	for (size_t i = from; i < until; i++) {
		if (!wc_view_rx(j->v, i) || j->v->f[i].type != WC_NACK ||
		    j->v->f[i].reason != WC_N_TRIMMED)
			continue;
		apart |= neighbours(&j->v->f[i]);
		last = j->v->t->rec[i].t_ns;
		first = n++ ? first : j->v->t->rec[from].t_ns;
		j->evidence = i;
	}
	wc_cp(j, 1, n > 0, "NO_NACK", "trimmed packets are answered");
	wc_cp(j, 5, !apart, "NOT_JOINED", "PSNs that follow each other are one range of a NACK");
	wc_cp(j, 2, n <= BURST + 1 + (last - first) / EVERY_NS, "TOO_MANY",
	      "at most %u NACKs TRIMMED, and one in %u ns; %u came within %llu ns", BURST, EVERY_NS,
	      n, (unsigned long long)(last - first));
	wc_marked(j, 3, "bad");
	wc_data_fill(j, 4, "after", WC_OLD_SEED, WC_SIZE, "EXECUTED");
}

/* ---- DL-BV-97 ----------------------------------------------------------------------------- */

static void hints_counted(struct wc_t *t)
{
	struct wc_frame f;

	wc_meters(t, "before");
	wc_bad_begin(t, 55);
	for (unsigned i = 0; i < 5; i++) {
		f = wc_bad_write(t, 55);
		f.psn += i;
		emit_trimmed(t, &f, WC_E_BAD);
	}
	wc_bad_end(t, 55);
	wc_meters(t, "after.meters");
}

static void hints_counted_judge(struct wc_judge *j)
{
	wc_marked(j, 1, "bad");
	wc_data_fill(j, 2, "after", WC_OLD_SEED, WC_SIZE, "EXECUTED");
	wc_grew(j, 3, DROP_TRIMMED, 5);
}

/* ---- DL-BV-63 to DL-BV-65: the device is told ------------------------------------------- */

#define SOON_NS 9000000u	/* before its timeout; longer than a busy tester waits */

/* A READ that is not acknowledged, and so many NACKs that name its data. */
static void told(struct wc_t *t, uint64_t reason, unsigned times)
{
	struct wc_result r;
	struct wc_frame f;

	wc_do_read(t->a, "warm", t->mem.key, wc_page(t, 5), WC_SIZE);
	wc_marker(t);
	t->c->quiet = true;
	wc_do_read(t->a, "read", t->mem.key, wc_page(t, 5), WC_SIZE);
	r = wc_view_result(&t->view, "read", WC_NONE, NULL, 0);
	if (r.evidence == WC_NONE)
		return;
	wc_value(t, "psn", t->view.f[r.evidence].psn);
	wc_pause(t, 1);
	f = wc_f_base(t->c);
	f.type = WC_NACK;
	f.flags &= ~(uint64_t)WC_F_AR;
	f.ack_psn = t->view.f[r.evidence].psn - 1;
	f.psn = 0;
	f.reason = reason;
	f.count = 1;
	f.range[0].first = t->view.f[r.evidence].psn;
	f.range[0].count = 1;
	for (unsigned i = 0; i < times; i++) {
		wc_mark(t, i ? wc_nth("told", i) : "told");
		wc_emit(t->c, &f, WC_E_LOOSE);
		wc_pause(t, 10);
	}
	wc_mark(t, wc_nth("told", times));
	t->c->quiet = false;
	t->c->ack_due = true;
	wc_marker(t);
}

static void told_trimmed(struct wc_t *t)
{
	told(t, WC_N_TRIMMED, 1);
}

static void told_missing(struct wc_t *t)
{
	told(t, WC_N_MISSING, 1);
}

static void told_judge(struct wc_judge *j)
{
	size_t from = wc_at(j, "told");
	uint64_t t0 = j->v->t->rec[from].t_ns;

	wc_ok(j, 1, "read");
	j->evidence = WC_NONE;
	for (size_t i = from; i < j->v->count && j->evidence == WC_NONE; i++)
		if (wc_view_rx(j->v, i) && j->v->f[i].type == WC_DATA &&
		    j->v->f[i].psn == wc_val(j, "psn") && j->v->f[i].flags & WC_F_RTX)
			j->evidence = i;
	wc_cp(j, 2, j->evidence != WC_NONE &&
	      j->v->t->rec[j->evidence].t_ns - t0 <= SOON_NS, "NOT_REPEATED",
	      "the data are sent again within %u ms, with RTX", SOON_NS / 1000000);
}

#define TIMES 3u

static void told_often(struct wc_t *t)
{
	told(t, WC_N_TRIMMED, TIMES);
}

/* Until it is acknowledged it can be sent again, and is what it was. */
static void told_often_judge(struct wc_judge *j)
{
	struct wc_result r = wc_res(j, "read");
	const struct wc_frame *was = r.evidence == WC_NONE ? NULL : &j->v->f[r.evidence];
	unsigned came = 0;
	bool same = true;

	wc_ok(j, 1, "read");
	for (size_t i = wc_at(j, "told"); was && i < j->v->count; i++) {
		const struct wc_frame *f = &j->v->f[i];

		if (!wc_view_rx(j->v, i) || f->type != WC_DATA || f->psn != was->psn)
			continue;
		came++;
		j->evidence = i;
		same &= f->opcode == was->opcode && f->body_len == was->body_len &&
			!memcmp(f->body, was->body, f->body_len);
	}
	wc_cp(j, 2, came >= 2, "NOT_REPEATED", "it comes again and again, at least twice in %u "
	      "times that it is asked for", TIMES);
	wc_cp(j, 3, same, "CHANGED", "each copy brings the same data");
}

const struct wc_case wc_cases_trim[] = {
	{
		.id = "DL-BV-60", .version = 1, .title = "A trimmed packet is asked for again",
		.reqs = "WEFT-RTX-011 WEFT-RTX-012 WEFT-PKT-011", .features = WC_FT_TRIM,
		.stimulus = "the first 16 bytes of a WRITE with TRIM set, then the WRITE",
		.expected = "NACK TRIMMED with its PSN; nothing else, until it comes whole",
		.vary = WC_VARY_WRAP,
		.checkpoints = 4, .drive = cut_off, .judge = cut_off_judge,
	}, {
		.id = "DL-BI-61", .version = 1, .title = "Trimmed packets for nobody",
		.reqs = "WEFT-RTX-017 WEFT-RTX-011", .features = WC_FT_TRIM,
		.stimulus = "trimmed packets of an unknown context, of none, of another generation",
		.expected = "no answer, no effect",
		.checkpoints = 4, .drive = cut_off_for_nobody, .judge = wc_bad_judge_all,
	}, {
		.id = "DL-BI-62", .version = 2, .title = "Trimmed packets without end",
		.reqs = "WEFT-RTX-014 WEFT-RTX-013", .features = WC_FT_TRIM,
		.stimulus = "200 trimmed packets of eight PSNs at once",
		.expected = "NACKs TRIMMED no faster than the bound, with neighbours in one range; "
			"nothing is taken",
		.checkpoints = 5, .drive = storm, .judge = storm_judge, .timed = true,
	}, {
		.id = "DL-BV-97", .version = 1, .title = "Trimmed packets are counted",
		.reqs = "WEFT-CONV-004 WEFT-RTX-011",
		.stimulus = "five WRITEs of one window, trimmed",
		.expected = "the counter of trimmed packets grows by 5; no byte written",
		.features = WC_FT_TRIM, .checkpoints = 3,
		.drive = hints_counted, .judge = hints_counted_judge,
	}, {
		.id = "DL-BV-63", .version = 1, .title = "What was trimmed is sent again at once",
		.reqs = "WEFT-RTX-015 WEFT-RTX-001", .features = WC_FT_TRIM,
		.stimulus = "NACK TRIMMED for the data of a READ",
		.expected = "they come again, with RTX, long before a timeout",
		.vary = WC_VARY_WRAP,
		.checkpoints = 2, .drive = told_trimmed, .judge = told_judge, .timed = true,
	}, {
		.id = "DL-BV-64", .version = 1, .title = "What is missing is sent again at once",
		.reqs = "WEFT-RTX-003 WEFT-RTX-001",
		.stimulus = "NACK MISSING for the data of a READ",
		.expected = "they come again, with RTX, long before a timeout",
		.checkpoints = 2, .drive = told_missing, .judge = told_judge, .timed = true,
	}, {
		.id = "DL-BV-65", .version = 1, .title = "What was trimmed is kept",
		.reqs = "WEFT-RTX-016", .features = WC_FT_TRIM,
		.stimulus = "NACK TRIMMED three times for the data of a READ",
		.expected = "they come again each time, the same",
		.checkpoints = 3, .drive = told_often, .judge = told_often_judge,
	},
	{ .id = NULL },
};
