/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verdicts do not depend on the order of the cases, nor on what earlier cases left in the device:
 * in order with a fresh device each, and shuffled with one device for all, they are the same.
 * Asked of the reference chips, and of some of the mutants of a and b.
 */
#include "conformance/mutants/mutants.h"
#include "conformance/selftest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHUFFLES 20u		/* of a and b each */
#define OF_UPPER 5u		/* of u */
#define INTACT	(2 * SHUFFLES + OF_UPPER)

static const struct { const char *name, *chip; } mutants[] = {
#define WEFT_MUTANT_ROW(name, chip, area, kill, code, text) { #name, #chip },
#define WEFT_MUTANT_CORE(name, text)
#define WEFT_MUTANT_LIAR(name, area, kill, code, text)
#include "conformance/mutants/mutants.def"
#undef WEFT_MUTANT_LIAR
#undef WEFT_MUTANT_CORE
#undef WEFT_MUTANT_ROW
};
#define MUTANTS (sizeof(mutants) / sizeof(mutants[0]))
#define CHOSEN 10u

/* A device that died is dead for every case after that. */
static bool died(const struct wc_verdict *v)
{
	return !strcmp(v->code, "CRASHED") || !strcmp(v->code, "HUNG");
}

static const struct wc_verdict *verdict_of(const struct wc_run *r, const struct wc_case *c)
{
	for (unsigned i = 0; i < r->count; i++)
		if (r->outcome[i].c == c)
			return &r->outcome[i].v;
	return NULL;
}

/* A case that needs a device which has not met us yet, and says so: one device for all has. */
static bool has_met_us(const struct wc_verdict *v)
{
	return v->kind == WC_NA && !strcmp(v->code, "KNOWN_BEFORE");
}

/*
 * The first case of y, one device for all, whose verdict in x differs, or NULL. Of a faulty device
 * only whether it fails counts, as it may fail for another reason after what other cases did to
 * it; and only what comes before it dies.
 */
static const struct wc_case *differs(const struct wc_run *x, const struct wc_run *y, bool faulty,
				     const struct wc_verdict **vx, const struct wc_verdict **vy)
{
	for (unsigned i = 0; i < y->count; i++) {
		const struct wc_case *c = y->outcome[i].c;

		*vx = verdict_of(x, c);
		*vy = &y->outcome[i].v;
		if (faulty && died(*vy))
			return NULL;
		if (*vx && has_met_us(*vy))
			continue;
		if (!*vx || (*vx)->kind != (*vy)->kind ||
		    (!faulty && strcmp((*vx)->code, (*vy)->code)))
			return c;
	}
	return NULL;
}

/* Faults that take something away for good: keys of the personality, places for contexts. */
static bool lasts(const char *mutant)
{
	return !strcmp(mutant, "INV_ANY") || !strcmp(mutant, "CLOSE_IGNORED") ||
	       !strcmp(mutant, "VERSION_LEAKS");
}

/* The n-th of CHOSEN mutants, from all areas; what one of u does depends on what it did before. */
static unsigned chosen(unsigned n)
{
	unsigned m = n * (unsigned)MUTANTS / CHOSEN;

	while (mutants[m].chip[0] == 'u' || lasts(mutants[m].name))
		m--;
	return m;
}

static void run_shuffled(const struct wc_args *given, unsigned index, struct wc_subject *out)
{
	bool mutant = index >= INTACT;
	unsigned m = mutant ? chosen(index - INTACT) : 0;
	char chip = mutant ? mutants[m].chip[0] : index < 2 * SHUFFLES ? "ab"[index % 2] : 'u';
	const struct wc_verdict *vx = NULL, *vy = NULL;
	struct wc_args a = *given;
	const struct wc_case *c;
	struct wc_run x, y;
	char url[1200];

	setenv("WEFT_MUTANT", mutant ? mutants[m].name : "", 1);
	wc_chip_url(&a, mutant, chip, url, sizeof(url));
	a.dut = url;
	a.out = NULL;
	a.quiet = a.insist = true;
	wc_run_against(&x, &a, NULL);
	a.shuffle = index + 1;
	a.keep = true;
	wc_run_against(&y, &a, NULL);
	wc_subject_count(&y, out);
	c = differs(&x, &y, mutant, &vx, &vy);
	out->good = !c && x.count && x.count == y.count;
	snprintf(out->note, sizeof(out->note), "chip %c %s, shuffle %u: %u pass, %u fail%s%s", chip,
		 mutant ? mutants[m].name : "", index + 1, out->passed, out->failed,
		 c ? "; differs: " : "", c ? c->id : "");
	if (c)
		snprintf(out->note + strlen(out->note), sizeof(out->note) - strlen(out->note),
			 " %s %s, then %s %s", vx ? wc_verdict_name(vx->kind) : "not run",
			 vx ? vx->code : "", wc_verdict_name(vy->kind), vy->code);
	wc_run_free(&x);
	wc_run_free(&y);
}

int wc_selftest_order(struct wc_args *a)
{
	static struct wc_subject r[INTACT + CHOSEN];
	unsigned n = INTACT + CHOSEN, good = wc_fan_out(a, run_shuffled, n, r);

	printf("%u of %u shuffled runs give the same verdicts\n", good, n);
	return good == n ? 0 : 1;
}
