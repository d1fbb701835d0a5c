/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CAS by several streams at a time on one word, and whether all that they were answered can have
 * been said by one register: is there an order of the operations that explains each answer and
 * keeps to the times?
 */
#include "conformance/cases/common.h"

#define STREAMS	4u	/* two on each of two contexts */
#define ROUNDS	24u
#define OPS	(STREAMS * ROUNDS)
#define TRIES	3u	/* rounds before the word is set to a number of its own again */
#define SET	(STREAMS * TRIES)
#define PAGE	9u
#define FIRST	0x1111222233334444ull
#define FINAL	UINT32_MAX

/* What operation n writes if it hits: no two write the same. */
static uint64_t swap_of(unsigned n)
{
	return FIRST + 1 + n;
}

static uint64_t start_of(unsigned set)
{
	return FIRST - 1 - set;
}

/*
 * What operation n hopes to find: all of a first round the number that the word was set to, later
 * ones what the same stream wrote if it hit before.  It is the same whatever the device answers.
 */
static uint64_t compare_of(unsigned n)
{
	return n % SET < STREAMS ? start_of(n / SET) : swap_of(n - STREAMS);
}

/* ---- the script ---- */

/* The network loses each third first copy of what the device says. */
static bool lose_thirds(struct wc_t *t, const struct wc_frame *f)
{
	return f->type == WC_DATA && !(f->flags & WC_F_RTX) && t->lost++ % 3 == 2;
}

/* Operation n of stream s; true: it is on the wire, false: it is late, and *f is to go later. */
static bool begin(struct wc_stream *s, unsigned n, struct wc_frame *f)
{
	struct wc_t *t = s->c->t;

	*f = wc_f_atomic(s, t->mem.key, wc_page(t, PAGE), WC_CAS, swap_of(n),
			 compare_of(n));
	wc_op(s, wc_nth("c", n), WC_OP_ATOMIC, f);
	if (s->c->mode == WC_RUD && n % 5 == 3) {	/* others of its context come before it */
		s->c->next++;
		return false;
	}
	wc_emit(s->c, f, WC_E_OK);
	if (n % 4 == 1) {
		f->flags |= WC_F_RTX;
		wc_emit(s->c, f, WC_E_LOOSE);
	}
	return true;
}

static void compete(struct wc_t *t)
{
	struct wc_ctx *c = wc_open(t, t->c->mode, WC_DOMAIN);
	struct wc_stream *s[STREAMS] = { t->a, t->b };

	for (unsigned i = 2; i < STREAMS; i++) {
		s[i] = wc_connect(c, wc_nth("connect.H", i), wc_service(t));
		if (!s[i])
			return;
	}
	t->lose = lose_thirds;
	for (unsigned r = 0; r < ROUNDS && !t->runaway; r++) {
		struct wc_frame late[STREAMS];
		bool gone[STREAMS];

		if (r % TRIES == 0)
			wc_set_word(t->a, wc_nth("w", r), wc_page(t, PAGE), start_of(r / TRIES));
		for (unsigned i = 0; i < STREAMS; i++)
			gone[i] = begin(s[i], r * STREAMS + i, &late[i]);
		for (unsigned i = 0; i < STREAMS; i++)
			if (!gone[i])
				wc_emit(s[i]->c, &late[i], WC_E_OK);
		for (unsigned i = 0; i < STREAMS; i++)
			wc_await(t, wc_nth("c", r * STREAMS + i));
	}
	t->lose = NULL;
	wc_get_word(t->b, "end", wc_page(t, PAGE));
}

/* ---- the judge ---- */

struct done {
	size_t from, until;	/* its records: asked, answered */
	uint64_t old;
	bool hit;
	uint32_t place;		/* in the chain of values, of the one that it saw, or made */
};

static bool collect(struct wc_judge *j, struct done op[OPS])
{
	for (unsigned n = 0; n < OPS; n++) {
		struct wc_result r = wc_res(j, wc_nth("c", n));

		wc_ok(j, 1, wc_nth("c", n));
		if (r.status != WC_OK || r.evidence == WC_NONE)
			return false;
		op[n] = (struct done){ .from = r.at, .until = r.evidence, .old = r.old,
				       .hit = r.old == compare_of(n),
				       .place = FINAL };
	}
	return true;
}

/* One CAS alone finds a value and changes it. */
static void once(struct wc_judge *j, const struct done op[OPS])
{
	for (unsigned n = 0; n < OPS; n++)
		for (unsigned k = 0; k < n; k++) {
			j->evidence = op[n].until;
			wc_cp(j, 2, !op[n].hit || !op[k].hit || op[n].old != op[k].old, "TWO_WON",
			      "one CAS alone finds %016llx and changes it",
			      (unsigned long long)op[n].old);
		}
}

/* Each value of a set in the order in which they were in the word; the last of them. */
static uint64_t chain(struct done op[OPS], unsigned set)
{
	uint32_t place = set * (SET + 1);
	uint64_t value = start_of(set);
	bool more = true;

	while (more) {
		uint64_t next = value;

		for (unsigned n = set * SET; n < (set + 1) * SET; n++) {
			if (op[n].old != value || op[n].place != FINAL)
				continue;
			op[n].place = op[n].hit ? place + 1 : place;
			if (op[n].hit)
				next = swap_of(n);
		}
		more = next != value;
		value = next;
		place++;
	}
	return value;
}

/* What was answered before another was asked came before it. */
static void in_time(struct wc_judge *j, const struct done op[OPS])
{
	for (unsigned b = 0; b < OPS; b++)
		for (unsigned a = 0; a < OPS; a++) {
			uint32_t least = op[a].place + op[b].hit;

			if (op[a].until >= op[b].from)
				continue;
			j->evidence = op[b].until;
			wc_cp(j, 4, op[b].place >= least, "STALE", "CAS %u finds no value that was "
			      "there before CAS %u was answered", b, a);
		}
}

static void compete_judge(struct wc_judge *j)
{
	static struct done op[OPS];
	unsigned hits = 0;
	uint64_t last = 0;

	if (!collect(j, op))
		return;
	once(j, op);
	for (unsigned set = 0; set < OPS / SET; set++)
		last = chain(op, set);
	for (unsigned n = 0; n < OPS; n++) {
		hits += op[n].hit;
		j->evidence = op[n].until;
		wc_cp(j, 3, op[n].place != FINAL, "NOT_A_CHAIN",
		      "what CAS %u finds, %016llx, was written there", n,
		      (unsigned long long)op[n].old);
	}
	in_time(j, op);
	wc_word(j, 5, "end", last, "WRONG_WORD");
	wc_cp(j, 6, hits == ROUNDS, "NOT_SWAPPED", "one of each round hits, not %u of %u in all",
	      hits, OPS);
}

const struct wc_case wc_cases_history[] = {
	{
		.id = "AT-ST-16", .version = 1, .title = "CAS of several streams on one word",
		.reqs = "WEFT-SEM-014 WEFT-SEM-042",
		.stimulus = "24 rounds of a CAS on each of four streams of two contexts, some of "
			    "them twice, some late, answers lost; each three"
			    " rounds begin with a WRITE of the word",
		.expected = "answers that one word can have given, in an order that keeps to the "
			    "times",
		.checkpoints = 6, .vary = WC_VARY_ORDER,
		.drive = compete, .judge = compete_judge,
	},
	{ .id = NULL },
};
