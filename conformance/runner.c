/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What surrounds each script: the common context, its streams and memory, the probes before and
 * after, the end.  And the run over all cases.
 */
#include "conformance/runner.h"
#include "conformance/report.h"
#include "conformance/svc.h"
#include "conformance/ut.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define WC_NEAR_WRAP 0xfffffff6u	/* making a context takes some ten packets */
#define GONE_AFTER 3u	/* cases in a row that the device does not let begin */

static uint64_t wall_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* ---- one case --------------------------------------------------------------------------- */

static uint32_t service_of(const struct wc_t *t)
{
	return t->dut->claims.personality ? WC_SERVICE_PERSONALITY : WC_SERVICE_CHIP;
}

/* Memory for the scripts: the personality's, or allocated on a stream that no script breaks. */
static bool find_memory(struct wc_t *t, unsigned n)
{
	struct wc_stream *m;

	if (t->dut->ut && t->dut->ut->personality) {
		t->mem = t->region[WC_KEY_RWA - WC_REGION_FIRST];
		return true;
	}
	if (t->dut->claims.personality) {
		t->mem = (struct wc_mem){ WC_KEY_RWA, WC_BASE(WC_KEY_RWA), WC_R_LEN };
		return true;
	}
	m = wc_connect(t->c, wc_nth("connect.M", n), WC_SERVICE_CHIP);
	return m && wc_svc_alloc(m, wc_nth("mem", n), WC_R_LEN, &t->mem);
}

bool wc_run_prepare(struct wc_t *t, unsigned mode)
{
	if (t->dut->ut && !wc_ut_begin(t))
		return false;
	t->c = wc_open(t, mode ? mode : wc_best_mode(t), WC_DOMAIN);
	wc_value(t, "ctx", t->c->id);
	wc_value(t, "ctx.mode", t->c->mode);
	t->a = wc_connect(t->c, "connect.A", service_of(t));
	if (!t->a)
		return false;
	t->b = wc_connect(t->c, "connect.B", service_of(t));
	if (!t->b || !find_memory(t, 1))
		return false;
	wc_value(t, "mem.key", t->mem.key);
	wc_value(t, "mem.base", t->mem.base);
	return wc_probe(t->a, "pre.A") && wc_probe(t->b, "pre.B");
}

static void finish(struct wc_t *t, const struct wc_case *c)
{
	struct wc_stream *s = t->b;

	if (c->ends_context) {
		t->c = wc_open(t, c->mode ? c->mode : wc_best_mode(t), WC_DOMAIN);
		s = wc_connect(t->c, "connect.post", service_of(t));
		if (s && !t->dut->claims.personality && !find_memory(t, 2))
			s = NULL;
	}
	if (s)
		wc_probe(s, "post");
	for (unsigned i = 0; i < t->n_ctx; i++)
		wc_close(&t->ctx[i]);
}

struct wc_t *wc_run_begin(struct wc_dut *d, uint64_t seed)
{
	struct wc_t *t = calloc(1, sizeof(*t));

	if (!t) {
		fputs("weft-conform: out of memory\n", stderr);
		exit(3);
	}
	wc_drive_init(t, d, seed);
	return t;
}

void wc_run_finish(struct wc_t *t)
{
	for (unsigned i = 0; i < t->n_ctx; i++)
		wc_close(&t->ctx[i]);
	wc_drive_free(t);
	free(t);
}

/* Can a context be prepared, of the mode that any case could use? */
static bool still_there(struct wc_dut *d, uint64_t seed)
{
	struct wc_t *t = wc_run_begin(d, seed);
	bool yes = wc_run_prepare(t, 0);

	wc_run_finish(t);
	return yes;
}

/* Start PSNs of one incarnation only grow: for a start that may be smaller we begin a new one. */
static void near_wrap(struct wc_dut *d)
{
	d->incarnation++;
	d->next_start = WC_NEAR_WRAP;
}

void wc_run_drive(struct wc_dut *d, const struct wc_case *c, uint64_t seed, unsigned attempt,
		  struct wc_transcript *out)
{
	char err[256] = "";
	int rc = wc_dut_reset(d, seed, err, sizeof(err));
	struct wc_t *t = wc_run_begin(d, seed);
	uint32_t path = d->path_payload;

	wc_note_claims(t);
	wc_note_variant(t, c);
	if (c->payload > path)
		wc_mark(t, "skip:PATH_TOO_SMALL");
	if (c->payload)
		d->path_payload = c->payload;
	if (c->wrap)
		near_wrap(d);
	if (attempt > 1)
		wc_value(t, "attempt", attempt);
	if (rc)
		wc_trouble(t, err);
	if (!rc && c->payload <= path && !wc_not_applicable(c, &t->view) &&
	    wc_run_prepare(t, c->mode)) {
		wc_mark(t, "begin");
		c->drive(t);
		wc_mark(t, "end");
		finish(t, c);
	}
	d->path_payload = path;
	*out = t->tr;
	wc_transcript_init(&t->tr);
	wc_drive_free(t);
	free(t);
}

/* ---- the run ---------------------------------------------------------------------------- */

bool wc_selected(const struct wc_case *c, char *const *globs, int n)
{
	for (int i = 0; i < n; i++)
		if (!fnmatch(globs[i], c->id, FNM_CASEFOLD))
			return true;
	return n == 0;
}

int wc_mkdirs(const char *path)
{
	char buf[1024];

	if (snprintf(buf, sizeof(buf), "%s/", path) >= (int)sizeof(buf))
		return -ENAMETOOLONG;
	for (char *p = buf + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = 0;
		if (mkdir(buf, 0777) && errno != EEXIST)
			return -errno;
		*p = '/';
	}
	return 0;
}

static struct wc_outcome *outcome_new(struct wc_run *r, const struct wc_case *c)
{
	struct wc_outcome *o;

	o = realloc(r->outcome, (r->count + 1) * sizeof(*o));
	if (!o) {
		fputs("weft-conform: out of memory\n", stderr);
		exit(3);
	}
	r->outcome = o;
	o += r->count++;
	memset(o, 0, sizeof(*o));
	o->c = c;
	return o;
}

static int keep(const struct wc_run *r, const struct wc_outcome *o)
{
	char path[1024];
	int rc;

	snprintf(path, sizeof(path), "%s/tests/%s", r->out, o->c->id);
	rc = wc_mkdirs(path);
	if (rc)
		return rc;
	snprintf(path, sizeof(path), "%s/tests/%s/transcript.wct", r->out, o->c->id);
	return wc_transcript_save(&o->tr, path);
}

static void progress(const struct wc_run *r, const struct wc_outcome *o, unsigned n)
{
	static const char *const colour[] = { "32", "31", "33", "90", "35" };
	bool tty = isatty(1);

	if (r->quiet)
		return;
	printf("%3u/%u  ", r->count, n);
	if (tty)
		printf("\033[%sm%-6s\033[0m", colour[o->v.kind], wc_verdict_name(o->v.kind));
	else
		printf("%-6s", wc_verdict_name(o->v.kind));
	printf("  %-9s %6.1f ms  %s", o->c->id, o->ms, o->c->title);
	if (o->v.code[0])
		printf("  [%s]", o->v.code);
	if (o->tries > 1)
		printf("  (attempt %u)", o->tries);
	putchar('\n');
	fflush(stdout);
}

/* What the transcript itself says. */
static unsigned attempt_of(const struct wc_transcript *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->rec[i].kind == WC_R_VALUE && !strcmp(t->rec[i].name, "attempt"))
			return (unsigned)t->rec[i].value;
	return 1;
}

static void judge_one(struct wc_run *r, struct wc_outcome *o)
{
	wc_judge(o->c, &o->tr, &o->v);
	o->records = o->tr.count;
	o->tries = attempt_of(&o->tr);
	r->totals[o->v.kind]++;
}

/* What an earlier run into the same folder left would be taken for this one's. */
static void forget_all(const struct wc_run *r)
{
	const struct wc_case *c;
	char path[1024];

	for (unsigned i = 0; r->out && (c = wc_observer_nth(i)); i++)
		wc_report_forget(r, c);
	if (r->out) {
		snprintf(path, sizeof(path), "%s/transcript.wct", r->out);
		remove(path);
	}
	for (unsigned i = 0; r->out && (c = wc_case_nth(i)); i++) {
		wc_report_forget(r, c);
		snprintf(path, sizeof(path), "%s/tests/%s/transcript.wct", r->out, c->id);
		remove(path);
		*strrchr(path, '/') = 0;
		remove(path);
	}
}

/* The case does not run, for the reason that r->stop gives. */
static void skip(struct wc_run *r, struct wc_outcome *o)
{
	struct wc_verdict *v = &o->v;

	v->kind = WC_INCONC;
	snprintf(v->code, sizeof(v->code), "%s", r->stop.code);
	snprintf(v->expected, sizeof(v->expected), "the case runs");
	snprintf(v->observed, sizeof(v->observed), "%.*s", (int)sizeof(v->observed) - 1,
		 r->stop.text);
	v->evidence = WC_NONE;
	v->checkpoints = o->c->checkpoints;
	r->totals[WC_INCONC]++;
}

static void interrupted(struct wc_run *r)
{
	r->stop.code = "INTERRUPTED";
	snprintf(r->stop.text, sizeof(r->stop.text), "%s: interrupted by a signal: cases that had "
		 "not ended by then did not run", r->url);
}

/* Did the script of the case begin: were its context, streams and memory there? */
static bool prepared(const struct wc_outcome *o)
{
	for (size_t i = 0; i < o->tr.count; i++)
		if (o->tr.rec[i].kind == WC_R_MARK && !strcmp(o->tr.rec[i].name, "begin"))
			return true;
	return false;
}

/* Called after each case; unready counts those in a row that could not begin. */
static void watch(struct wc_run *r, const struct wc_outcome *o, unsigned *unready)
{
	const char *last = "none";

	if (o->v.kind == WC_NA || r->insist)
		return;
	*unready = prepared(o) ? 0 : *unready + 1;
	if (*unready < GONE_AFTER)
		return;
	*unready = 0;
	if (still_there(r->dut, r->seed) || wc_interrupted)
		return;
	for (unsigned i = 0; i < r->count; i++)
		if (prepared(&r->outcome[i]))
			last = r->outcome[i].c->id;
	r->stop.code = "DEVICE_GONE";
	snprintf(r->stop.text, sizeof(r->stop.text), "%s: %u cases in a row, and one more attempt, "
		 "got no working context, so the rest did not run; the last case that could begin "
		 "was %s: start the device again, and try from there (--no-rig-check goes on all "
		 "the same)", r->url, GONE_AFTER, last);
}

/* What the numbers of a case grow from: the run's seed and the case's id (FNV-1a). */
static uint64_t seed_of(const struct wc_run *r, const struct wc_case *c)
{
	uint64_t h = 0xcbf29ce484222325u ^ r->seed;

	for (const char *p = c->id; *p; p++)
		h = (h ^ (uint8_t)*p) * 0x100000001b3u;
	return h;
}

/* Did the case before, or else the look before all, find a context?  The device was there then. */
static bool just_there(const struct wc_run *r)
{
	for (unsigned i = r->count - 1; i-- > 0;)
		if (r->outcome[i].ran && r->outcome[i].v.kind != WC_NA)
			return prepared(&r->outcome[i]);
	return !r->insist;
}

/*
 * May it be chance that the case failed by time, or that its script did not begin?  The transcript
 * of it goes then.
 */
static bool once_more(const struct wc_run *r, struct wc_outcome *o, unsigned attempt)
{
	bool late = !prepared(o) && attempt == 1 && just_there(r);
	struct wc_verdict v = { 0 };

	if (r->dut->port->virtual_time || attempt >= WC_TRIES || wc_interrupted ||
	    !(o->c->timed || late))
		return false;
	wc_judge(o->c, &o->tr, &v);
	if (v.kind == WC_NA || (v.kind != WC_FAIL && !late))
		return false;
	wc_transcript_free(&o->tr);
	return true;
}

/* Drive and judge o.  As wc_run_cases(). */
static int run_one(struct wc_run *r, struct wc_outcome *o)
{
	uint64_t t0 = wall_ns();

	for (unsigned n = 1; n == 1 || once_more(r, o, n - 1); n++)
		wc_run_drive(r->dut, o->c, seed_of(r, o->c), n, &o->tr);
	if (wc_interrupted) {
		wc_transcript_free(&o->tr);
		interrupted(r);
		skip(r, o);
		return 0;
	}
	o->ran = true;
	judge_one(r, o);
	o->ms = (double)(wall_ns() - t0) / 1e6;
	return r->out ? keep(r, o) : 0;
}

/* The chosen cases in the order in which they run; how many.  *out is the caller's to free. */
static unsigned plan(const struct wc_run *r, char *const *globs, int n,
		     const struct wc_case ***out)
{
	const struct wc_case *c, **list = NULL;
	uint64_t rng = r->shuffle;
	unsigned count = 0;

	for (unsigned i = 0; (c = wc_case_nth(i)); i++) {
		if (!wc_selected(c, globs, n))
			continue;
		list = realloc(list, (count + 1) * sizeof(*list));
		if (!list) {
			fputs("weft-conform: out of memory\n", stderr);
			exit(3);
		}
		list[count++] = c;
	}
	for (unsigned i = count; r->shuffle && i > 1; i--) {
		unsigned k = (unsigned)(wc_next(&rng) % i);

		c = list[k];
		list[k] = list[i - 1];
		list[i - 1] = c;
	}
	*out = list;
	return count;
}

int wc_run_cases(struct wc_run *r, char *const *globs, int n, char *err, size_t errlen)
{
	uint64_t t0 = wall_ns();
	const struct wc_case **list;
	unsigned planned = plan(r, globs, n, &list), unready = 0;
	int rc = 0, ended;

	if (planned)
		forget_all(r);
	if (planned && r->out)
		rc = wc_lines_open(r, planned);
	for (unsigned i = 0; i < planned && !rc; i++) {
		struct wc_outcome *o = outcome_new(r, list[i]);

		if (wc_interrupted)
			interrupted(r);
		if (!r->stop.code)
			rc = run_one(r, o);
		else
			skip(r, o);
		wc_lines_case(r, o);
		if (!o->ran)
			continue;
		progress(r, o, planned);
		watch(r, o, &unready);
	}
	ended = wc_lines_close(r);
	rc = rc ? rc : ended;
	if (rc)
		snprintf(err, errlen, "%s: reports cannot be written: %s", r->out, strerror(-rc));
	free(list);
	r->ms = (double)(wall_ns() - t0) / 1e6;
	return rc;
}

/* What the first transcript says of the device. */
static void recall_claims(struct wc_run *r, const struct wc_transcript *t)
{
	struct wc_view v;

	wc_view_init(&v, t);
	wc_view_update(&v);
	r->seed = wc_view_value(&v, "seed", 0);
	wc_view_claims(&v, &r->claims);
	wc_view_free(&v);
}

struct wc_outcome *wc_run_add(struct wc_run *r, const struct wc_case *c,
			      const struct wc_transcript *tr)
{
	struct wc_outcome *o = outcome_new(r, c);

	o->tr = *tr;
	o->ran = true;
	judge_one(r, o);
	return o;
}

static int tell_transcript(const char *path, int rc, char *err, size_t errlen)
{
	snprintf(err, errlen, "%s: %s", path, rc == -EBADMSG ?
		 "is no transcript, or was changed after it was written" : strerror(-rc));
	return rc;
}

/* Not to be known from a capture. */
static void pass_over(struct wc_run *r, const struct wc_case *c)
{
	struct wc_outcome *o = outcome_new(r, c);

	o->v.kind = WC_NA;
	snprintf(o->v.code, sizeof(o->v.code), "CAPTURE");
	snprintf(o->v.expected, sizeof(o->v.expected), "a tester sends its stimulus");
	o->v.evidence = WC_NONE;
	o->v.checkpoints = c->checkpoints;
	r->totals[WC_NA]++;
}

/* All observers judge tr, which becomes the first outcome's; the other cases are passed over. */
static void judge_capture(struct wc_run *r, struct wc_transcript *tr)
{
	unsigned planned = 0, first = r->count;
	const struct wc_case *c;

	while (wc_observer_nth(planned))
		planned++;
	recall_claims(r, tr);
	for (unsigned i = 0; (c = wc_observer_nth(i)); i++) {
		wc_run_add(r, c, tr)->shared = r->count - 1 > first;
		progress(r, &r->outcome[r->count - 1], planned);
	}
	for (unsigned i = 0; (c = wc_case_nth(i)); i++)
		pass_over(r, c);
}

int wc_run_capture(struct wc_run *r, struct wc_transcript *tr, char *err, size_t errlen)
{
	uint64_t t0 = wall_ns();
	char path[1024];
	int rc = 0, ended;

	forget_all(r);
	judge_capture(r, tr);
	r->ms = (double)(wall_ns() - t0) / 1e6;
	if (r->out) {
		snprintf(path, sizeof(path), "%s/transcript.wct", r->out);
		rc = wc_lines_open(r, r->count);
		if (!rc)
			rc = wc_transcript_save(tr, path);
	}
	for (unsigned i = 0; i < r->count && !rc; i++)
		wc_lines_case(r, &r->outcome[i]);
	ended = wc_lines_close(r);
	rc = rc ? rc : ended;
	if (rc)
		snprintf(err, errlen, "%s: reports cannot be written: %s", r->out, strerror(-rc));
	return rc;
}

/* Is there the transcript of a capture in dir?  Judged again: 1; else 0, or a negative errno. */
static int load_capture(struct wc_run *r, const char *dir, char *err, size_t errlen)
{
	struct wc_transcript tr;
	char path[1024];
	int rc;

	snprintf(path, sizeof(path), "%s/transcript.wct", dir);
	if (access(path, F_OK))
		return 0;
	rc = wc_transcript_load(&tr, path);
	if (rc)
		return tell_transcript(path, rc, err, errlen);
	r->quiet = true;
	judge_capture(r, &tr);
	return 1;
}

int wc_run_load(struct wc_run *r, const char *dir, char *err, size_t errlen)
{
	const struct wc_case *c;
	int rc = load_capture(r, dir, err, errlen);

	if (rc)
		return rc < 0 ? rc : 0;
	for (unsigned i = 0; (c = wc_case_nth(i)); i++) {
		struct wc_transcript tr;
		char path[1024];

		snprintf(path, sizeof(path), "%s/tests/%s/transcript.wct", dir, c->id);
		if (access(path, F_OK))
			continue;
		rc = wc_transcript_load(&tr, path);
		if (rc)
			return tell_transcript(path, rc, err, errlen);
		if (!r->count)
			recall_claims(r, &tr);
		wc_run_add(r, c, &tr);
	}
	if (r->count)
		return 0;
	snprintf(err, errlen, "%s: holds no transcripts; is it the --out of a run?", dir);
	return -ENOENT;
}

void wc_run_free(struct wc_run *r)
{
	for (unsigned i = 0; i < r->count; i++)
		if (!r->outcome[i].shared)
			wc_transcript_free(&r->outcome[i].tr);
	free(r->outcome);
	r->outcome = NULL;
	r->count = 0;
}

int wc_run_exit(const struct wc_run *r)
{
	if (r->stop.code && wc_interrupted)
		return 2;
	if (r->totals[WC_ERROR])
		return 3;
	if (r->totals[WC_FAIL])
		return 1;
	return r->totals[WC_INCONC] || !r->totals[WC_PASS] ? 2 : 0;
}
