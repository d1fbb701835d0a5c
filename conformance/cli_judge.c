/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * judge: the verdicts of a run again, and whether its folder still holds what ran.
 */
#include "conformance/cli.h"
#include "conformance/report.h"

#include <stdlib.h>
#include <string.h>

#define CASE_BEGINS "{\"id\": \""	/* in results.json, and in no text of it: '"' has a '\' */

/* What a folder lacks or has too much, against its results.json. */
struct folder {
	unsigned differ;	/* verdicts */
	unsigned odd;		/* transcripts: missing, added, of another run */
	unsigned unrun;		/* cases that were stopped before they ran */
};

bool wc_agrees(const char *json, const struct wc_outcome *o)
{
	char want[256];
	const char *at;

	snprintf(want, sizeof(want), CASE_BEGINS "%s\"", o->c->id);
	at = strstr(json, want);
	snprintf(want, sizeof(want), "\"verdict\": \"%s\", \"code\": \"%s\"",
		 wc_verdict_name(o->v.kind), o->v.code);
	at = at ? strstr(at, "\"verdict\"") : NULL;
	return at && !strncmp(at, want, strlen(want));
}

char *wc_read_all(const char *path)
{
	FILE *f = fopen(path, "r");
	char *out = NULL;
	size_t n = 0, got = 1;

	while (f && got) {
		char *more = realloc(out, n + 65537);

		if (!more)
			break;
		out = more;
		got = fread(out + n, 1, 65536, f);
		n += got;
		out[n] = 0;
	}
	if (f)
		fclose(f);
	return out;
}

/* The number or word after "name": in the line that goes on here; NULL: it has none. */
static const char *member(const char *line, const char *name)
{
	char want[64];
	const char *at, *end = strchr(line, '\n');

	snprintf(want, sizeof(want), "\"%s\": ", name);
	at = strstr(line, want);
	return at && (!end || at < end) ? at + strlen(want) : NULL;
}

/*
 * The outcome, of those from the next-th on, of the case with which this text begins; *known: is
 * there such a case at all?
 */
static struct wc_outcome *outcome_at(struct wc_run *r, const char *text, unsigned next, bool *known)
{
	char id[32] = "";
	size_t n = strcspn(text, "\"");

	if (n < sizeof(id))
		memcpy(id, text, n);
	*known = wc_case_find(id) != NULL;
	for (unsigned i = next; i < r->count; i++)
		if (!strcmp(r->outcome[i].c->id, id))
			return &r->outcome[i];
	return NULL;
}

/* Has the case whose line this is another transcript now than when it ran? */
static bool other_transcript(const char *text, const struct wc_outcome *o)
{
	const char *then = member(text, "transcript");
	char now[2 * sizeof(o->tr.head) + 1];

	for (size_t i = 0; i < sizeof(o->tr.head); i++)
		snprintf(now + 2 * i, 3, "%02x", o->tr.head[i]);
	return then && strncmp(then + 1, now, strlen(now)) != 0;
}

/* One case of results.json; its outcome goes to the next place of the order in which they ran. */
static void compare_case(struct wc_run *r, const char *text, unsigned *next, struct folder *f)
{
	const char *ran = member(text, "ran");
	bool known, stopped = ran && !strncmp(ran, "false", 5);
	struct wc_outcome *o = outcome_at(r, text, *next, &known), other;
	int len = (int)strcspn(text, "\"");

	if (stopped && !strncmp(member(text, "verdict") ? member(text, "verdict") : "",
				"\"INCONC\"", 8))
		f->unrun++;
	if (!o && stopped)
		return;
	if (!o) {
		printf("%.*s: %s\n", len, text, known ? "its transcript is missing" :
		       "ran, and this suite has no such case");
		f->odd++;
		return;
	}
	if (o->ran && stopped) {
		printf("%.*s: has a transcript, and did not run\n", len, text);
		f->odd++;
	} else if (o->ran && other_transcript(text, o)) {
		printf("%.*s: its transcript is not that of then\n", len, text);
		f->odd++;
	}
	if (!wc_agrees(text - strlen(CASE_BEGINS), o)) {
		printf("%s: judged %s %s now, and otherwise when it ran\n", o->c->id,
		       wc_verdict_name(o->v.kind), o->v.code);
		f->differ++;
	}
	other = r->outcome[*next];
	r->outcome[*next] = *o;
	*o = other;
	++*next;
}

/* Are the transcripts, each whole in itself, together those of this run? */
static void compare_hash(const struct wc_run *r, const char *json, struct folder *f)
{
	static const char name[] = "\"transcripts\": \"";
	const char *then = strstr(json, name);
	char now[65];

	wc_run_hash(r, now);
	if (then && !strncmp(then + strlen(name), now, 64))
		return;
	printf("the transcripts are not those of the run that results.json tells of: their hash "
	       "is %s\n", now);
	f->odd++;
}

static void compare(struct wc_run *r, const char *dir, struct folder *f)
{
	unsigned next = 0;
	char path[1024], *json;

	memset(f, 0, sizeof(*f));
	snprintf(path, sizeof(path), "%s/results.json", dir);
	json = wc_read_all(path);
	if (!json) {
		printf("%s is not there: nothing says which cases ran\n", path);
		f->odd = 1;
		return;
	}
	for (const char *at = json; (at = strstr(at, CASE_BEGINS));) {
		at += strlen(CASE_BEGINS);
		compare_case(r, at, &next, f);
	}
	for (; next < r->count; f->odd++, next++)
		printf("%s: has a transcript, and results.json does not know it\n",
		       r->outcome[next].c->id);
	if (!f->odd)
		compare_hash(r, json, f);
	if (f->unrun)
		printf("%u cases of this run were stopped before they ran\n", f->unrun);
	free(json);
}

int wc_cmd_judge(const struct wc_args *a)
{
	struct wc_run r = { 0 };
	struct folder f;
	char err[512] = "";
	int rc;

	if (a->n_rest != 1) {
		fputs("weft-conform: judge: give the folder of one run\n", stderr);
		return WC_EXIT_USAGE;
	}
	rc = wc_run_load(&r, a->rest[0], err, sizeof(err));
	snprintf(r.url, sizeof(r.url), "transcripts in %s", a->rest[0]);
	r.folder = a->rest[0];
	if (!rc) {
		wc_print_failures(&r);
		wc_print_totals(&r);
		compare(&r, a->rest[0], &f);
		r.out = a->out;
		if (a->out)
			rc = wc_report_all(&r, err, sizeof(err));
	}
	if (rc) {
		fprintf(stderr, "weft-conform: %s\n", err);
		wc_run_free(&r);
		return WC_EXIT_USAGE;
	}
	rc = f.differ || f.odd ? 3 : wc_run_exit(&r);
	if (f.odd)
		printf("%s is not the whole of one run\n", a->rest[0]);
	if (!rc && f.unrun)
		rc = 2;
	wc_run_free(&r);
	return rc;
}
