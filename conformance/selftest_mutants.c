/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mutants of the reference chip must be killed, each by the case and for the reason that
 * mutants.def names.  With --full all cases meet each mutant, and every case must prove itself:
 * it kills a mutant that not half of the cases kill.
 */
#include "conformance/mutants/mutants.h"
#include "conformance/file.h"
#include "conformance/selftest.h"
#include "conformance/spawn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct mutant {
	const char *name, *area, *text, *kill, *code;
	const char *chip;	/* "a", "b", "u": on which, as mutants.def says; "h": a liar */
	unsigned number;	/* in from[]; of a liar WEFT_MU_NONE, which has no source */
};

/* Where such a fault was made before, as sources.def says; NULL: nowhere that we know of. */
static const struct { const char *where, *title; } from[WEFT_MU_COUNT] = {
#define WEFT_MUTANT_FROM(name, where, title) [WEFT_MU_##name] = { where, title },
#include "conformance/mutants/sources.def"
#undef WEFT_MUTANT_FROM
};

#define WEFT_MUTANT_ROW(name, chip, area, kill, code, text) \
	{ #name, #area, text, kill, code, #chip, WEFT_MU_##name },
#define WEFT_MUTANT_CORE(name, text)	/* the core tests' to kill */
#define WEFT_MUTANT_LIAR(name, area, kill, code, text) \
	{ #name, #area, text, kill, code, "h", WEFT_MU_NONE },
static const struct mutant mutants[] = {
#include "conformance/mutants/mutants.def"
};
#undef WEFT_MUTANT_LIAR
#undef WEFT_MUTANT_CORE
#undef WEFT_MUTANT_ROW
#define MUTANTS (sizeof(mutants) / sizeof(mutants[0]))

/* Those that are asked about: all, or those named. */
static const struct mutant *asked[MUTANTS];
static unsigned n_asked;

#define CHIP	"abu"	/* the reference chips */
#define CHIPS	3u
/* A glob: with --full the cases themselves, and of their variants those that a row names. */
#define NO_VARIANT "[A-Z][A-Z]-[A-Z][A-Z]-[0-9][0-9]"

/* Of a case that no row names. */
static void print_by_name(const char *name)
{
	for (size_t i = 0; i < MUTANTS; i++)
		if (!strcmp(mutants[i].name, name))
			printf("kills      %s: %s (beside %s)\n", name, mutants[i].text,
			       mutants[i].kill);
}

void wc_print_mutants(const char *id)
{
	for (size_t i = 0; i < MUTANTS; i++) {
		const struct mutant *m = &mutants[i];

		if (strcmp(m->kill, id))
			continue;
		printf("kills      %s: %s (%s)\n", m->name, m->text, m->code);
		if (from[m->number].where)
			printf("           as in %s: %s\n", from[m->number].where,
			       from[m->number].title);
	}
	for (const struct wc_killer *k = wc_killers; k->id; k++)
		if (!strcmp(k->id, id))
			print_by_name(k->mutant);
}

/* The liar of that name before the chip u of the mutant build, where no mutant is on. */
static void liar_url(const struct wc_args *a, const char *name, char *url, size_t room)
{
	char chip[1024];

	wc_chip_url(a, true, 'u', chip, sizeof(chip));
	snprintf(url, room, "inproc:%s/../lib/weft-dut-hostile.so?%s@0,%s", a->self, name,
		 chip + strlen("inproc:"));
}

/*
 * Run against chip 'a', 'b' or 'u' of the mutant build, in this process or, where commands are
 * given, in one that they start; or against a liar, 'h'.  False, and a note, if there is none.
 */
static bool run_on(struct wc_args *a, char chip, const char *mutant, struct wc_run *r,
		   struct wc_subject *out)
{
	char command[2][1024], url[2200], err[256] = "";
	bool spawned = (a->chip_a || a->chip_b) && (chip == 'a' || chip == 'b');
	struct wc_child c;

	setenv("WEFT_MUTANT", chip == 'h' ? "" : mutant, 1);
	if (spawned) {
		wc_chip_commands(a, command[0], command[1]);
		if (wc_spawn(&c, command[chip == 'b'], "WEFT_MUTANT", mutant, err, sizeof(err))) {
			snprintf(out->note, sizeof(out->note), "%s: %.100s", mutant, err);
			return false;
		}
		a->dut = c.url;
	} else {
		if (chip == 'h')
			liar_url(a, mutant, url, sizeof(url));
		else
			wc_chip_url(a, true, chip, url, sizeof(url));
		a->dut = url;
	}
	wc_run_against(r, a, NULL);
	if (spawned)
		wc_spawn_end(&c);
	a->dut = NULL;
	return true;
}

static void judge_mutant(const struct mutant *m, const struct wc_run *r, struct wc_subject *out)
{
	const struct wc_outcome *o = NULL;

	for (unsigned i = 0; i < r->count; i++)
		if (!strcmp(r->outcome[i].c->id, m->kill))
			o = &r->outcome[i];
	wc_subject_count(r, out);
	if (!o) {
		snprintf(out->note, sizeof(out->note), "%s: there is no case %s, or no device",
			 m->name, m->kill);
		return;
	}
	out->good = o->v.kind == WC_FAIL && !strcmp(o->v.code, m->code);
	snprintf(out->note, sizeof(out->note), "%-22s %-9s %s %s%s%s", m->name, m->kill,
		 wc_verdict_name(o->v.kind), o->v.code, out->good ? "" : ", expected FAIL ",
		 out->good ? "" : m->code);
}

static void run_mutant(const struct wc_args *given, unsigned index, struct wc_subject *out)
{
	const struct mutant *m = asked[index];
	char folder[512];
	char *ids[2] = { (char *)(uintptr_t)m->kill, NO_VARIANT };
	struct wc_args a = *given;
	struct wc_run r;

	snprintf(folder, sizeof(folder), "%s/%s", given->out, m->name);
	a.out = a.full ? NULL : folder;
	a.quiet = true;
	a.insist = true;	/* the cases are on trial, not the rig check */
	a.rest = ids;
	a.n_rest = a.full ? 2 : 1;
	if (!run_on(&a, m->chip[0], m->name, &r, out))
		return;
	judge_mutant(m, &r, out);
	wc_run_free(&r);
}

/* The mutant whose cases are run again, each by itself. */
static unsigned again;

static void run_alone(const struct wc_args *given, unsigned index, struct wc_subject *out)
{
	const struct mutant *m = asked[again];
	const char *id = wc_case_nth(index)->id;
	char *ids[1] = { (char *)(uintptr_t)id };
	struct wc_args a = *given;
	struct wc_run r;

	a.out = NULL;
	a.insist = true;
	a.rest = ids;
	a.n_rest = 1;
	if (!run_on(&a, m->chip[0], m->name, &r, out))
		return;
	out->good = true;	/* whatever its verdict is, but for the case that the row names */
	if (!strcmp(id, m->kill))
		judge_mutant(m, &r, out);
	else
		wc_subject_count(&r, out);
	wc_run_free(&r);
}

/*
 * Mutant `again` crashed and took the verdicts of all cases along: each case gets a process of its
 * own.  One in which the mutant dies there too has no verdict, and so proves nothing.
 */
static void rescue_one(const struct wc_args *given, struct wc_subject *out)
{
	static struct wc_subject alone[WC_CASES_MAX];
	struct wc_args a = *given;
	unsigned cases = 0, died = 0;

	while (cases < WC_CASES_MAX && wc_case_nth(cases))
		cases++;
	a.quiet = true;
	wc_fan_out(&a, run_alone, cases, alone);
	for (unsigned i = 0; i < cases; i++) {
		died += alone[i].died;
		out->passed += alone[i].passed;
		out->failed += alone[i].failed;
		out->na += alone[i].na;
		out->other += alone[i].other;
		for (size_t k = 0; k < sizeof(out->kills); k++) {
			out->kills[k] |= alone[i].kills[k];
			out->passes[k] |= alone[i].passes[k];
		}
		if (!strcmp(wc_case_nth(i)->id, asked[again]->kill))
			out->good = alone[i].good;
	}
	printf("%s %s crashed: its cases one by one, %u of %u without a report\n",
	       out->good ? "ok   " : "FAIL ", asked[again]->name, died, cases);
}

static unsigned rescue(const struct wc_args *a, struct wc_subject *r)
{
	unsigned good = 0;

	for (again = 0; again < n_asked; again++)
		if (r[again].died) {
			rescue_one(a, &r[again]);
			good += r[again].good;
		}
	return good;
}

/* Without a mutant, the same build passes all. */
static void run_baseline(const struct wc_args *given, unsigned index, struct wc_subject *out)
{
	struct wc_args a = *given;
	struct wc_run r;

	a.out = NULL;
	a.quiet = true;
	a.n_rest = 0;
	if (!run_on(&a, CHIP[index], "", &r, out))
		return;
	wc_subject_count(&r, out);
	out->good = out->passed && out->passed + out->na == r.count;
	snprintf(out->note, sizeof(out->note), "chip %c without a mutant: %u of %u cases pass, %u "
		 "do not apply", CHIP[index], out->passed, r.count, out->na);
	wc_run_free(&r);
}

static bool has(const uint8_t *bits, unsigned n)
{
	return bits[n / 8] >> n % 8 & 1;
}

/* A source as members of a JSON object; titles may quote. */
static void put_source(FILE *f, const struct mutant *m)
{
	if (!from[m->number].where)
		return;
	fprintf(f, "\"from\": \"%s\", \"title\": \"", from[m->number].where);
	for (const char *p = from[m->number].title; *p; p++)
		fprintf(f, *p == '"' ? "\\%c" : "%c", *p);
	fputs("\", ", f);
}

static int kill_matrix(const char *out, const struct wc_subject *r)
{
	const struct wc_case *c;
	char path[1024];
	FILE *f;

	snprintf(path, sizeof(path), "%s/mutants.json", out);
	f = fopen(path, "w");
	if (!f)
		return -errno;
	fputs("[\n", f);
	for (size_t i = 0; i < n_asked; i++) {
		const char *sep = "";

		fprintf(f, "  {\"mutant\": \"%s\", \"area\": \"%s\", \"what\": \"%s\", \"case\": "
			"\"%s\", \"code\": \"%s\", \"killed\": %s, ", asked[i]->name,
			asked[i]->area, asked[i]->text, asked[i]->kill, asked[i]->code,
			r[i].good ? "true" : "false");
		put_source(f, asked[i]);
		fputs("\"killers\": [", f);
		for (unsigned n = 0; (c = wc_case_nth(n)) && n < WC_CASES_MAX; n++)
			if (has(r[i].kills, n)) {
				fprintf(f, "%s\"%s\"", sep, c->id);
				sep = ", ";
			}
		fprintf(f, "]}%s\n", i + 1 < n_asked ? "," : "");
	}
	fputs("]\n", f);
	return wc_file_close(f);
}

/* Of these n subjects any, that fewer than `most` cases failed at; passed: that passed the case. */
static bool any(const struct wc_subject *r, size_t n, unsigned i, unsigned most, bool passed)
{
	for (size_t k = 0; k < n; k++)
		if (passed ? has(r[k].passes, i) : has(r[k].kills, i) && r[k].failed < most)
			return true;
	return false;
}

/*
 * Cases that kill no mutant but such as half of all cases kill; told.  How many.  What applies to
 * none of the reference chips cannot be proven here.
 */
static unsigned unproven(const struct wc_subject *base, const struct wc_subject *r)
{
	const struct wc_case *c;
	unsigned cases = 0, out = 0;

	for (unsigned n = 0; (c = wc_case_nth(n)); n++)
		cases += !c->of;
	for (unsigned n = 0; (c = wc_case_nth(n)) && n < WC_CASES_MAX; n++) {
		/* A variant is proven by its case: script and judge are the same. */
		if (c->of || any(r, n_asked, n, cases / 2, false))
			continue;
		if (!any(base, CHIPS, n, 0, true)) {
			printf("      %s applies to none of the reference chips\n", c->id);
			continue;
		}
		printf("FAIL  %s kills no mutant of its own\n", c->id);
		out++;
	}
	return out;
}

static unsigned sourced(void)
{
	unsigned n = 0;

	for (size_t i = 0; i < n_asked; i++)
		n += from[asked[i]->number].where != NULL;
	return n;
}

/* False, and told, if one is named that there is not. */
static bool ask(const struct wc_args *a)
{
	for (size_t i = 0; i < MUTANTS && !a->n_rest; i++)
		asked[n_asked++] = &mutants[i];
	for (int n = 0; n < a->n_rest; n++) {
		size_t i = 0;

		while (i < MUTANTS && strcmp(mutants[i].name, a->rest[n]))
			i++;
		if (i == MUTANTS || n_asked == MUTANTS) {
			fprintf(stderr, "weft-conform: selftest: %s is no mutant of the suite; see "
				"mutants/mutants.def\n", a->rest[n]);
			return false;
		}
		asked[n_asked++] = &mutants[i];
	}
	return true;
}

int wc_selftest_mutants(struct wc_args *a)
{
	static struct wc_subject base[CHIPS], r[MUTANTS];
	unsigned killed, idle = 0;

	if (!ask(a))
		return WC_EXIT_USAGE;
	if (wc_fan_out(a, run_baseline, CHIPS, base) != CHIPS) {
		fputs("weft-conform: the unchanged chip must pass first (make mutants)\n", stderr);
		return 1;
	}
	killed = wc_fan_out(a, run_mutant, n_asked, r);
	if (a->full)
		killed += rescue(a, r);
	printf("%u of %u mutants killed, each by its case and for its reason\n", killed, n_asked);
	printf("%u of them after faults of others (mutants/sources.def)\n", sourced());
	if (a->full && n_asked == MUTANTS) {
		idle = unproven(base, r);
		printf("%u cases kill no mutant of their own\n", idle);
	}
	if (wc_mkdirs(a->out) || kill_matrix(a->out, r)) {
		fprintf(stderr, "weft-conform: %s: mutants.json cannot be written\n", a->out);
		return 3;
	}
	return killed == n_asked && !idle ? 0 : 1;
}
