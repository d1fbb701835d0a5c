/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Schedules of faults: see fault.h.  What a rule says, and to which packet.
 */
#include "conformance/fault.h"
#include "conformance/file.h"
#include "conformance/frame.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TYPES		9u
#define OPCODES		32u
#define ANY		UINT32_MAX
#define BILLION		1000000000u
#define LINE		256u
#define RULES_MAX	1000000u
#define DRAWN		"# drawn"	/* in a file: rules behind it were not written by hand */
#define TRIES		3u		/* transmissions of a PSN that are drawn for */

static const char *const type_name[TYPES] = {
	"?", "DATA", "ACK", "NACK", "CTRL", "DGRAM", "MEM", "PROBE", "CREDIT",
};
static const char *const mishap_name[WC_MISHAPS] = {
	[WC_LOSE] = "lose", [WC_REPEAT] = "repeat", [WC_DELAY] = "delay", [WC_BEHIND] = "behind",
	[WC_CORRUPT] = "corrupt", [WC_CUT] = "cut", [WC_CE] = "ce",
};
static const char *const way_name[] = { "", "out", "back", "both" };

const char *wc_mishap_name(enum wc_mishap what)
{
	return mishap_name[what];
}

/* ---- words -------------------------------------------------------------------------------- */

bool wc_duration(const char *text, uint64_t *ns)
{
	static const struct { const char *unit; uint64_t ns; } unit[] = {
		{ "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", BILLION },
	};
	char *end;
	uint64_t n;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	n = strtoull(text, &end, 10);
	for (size_t i = 0; i < sizeof(unit) / sizeof(unit[0]) && !errno; i++) {
		if (strcmp(end, unit[i].unit) || n > 3600ull * BILLION / unit[i].ns)
			continue;
		*ns = n * unit[i].ns;
		return true;
	}
	return false;
}

bool wc_chance(const char *text, uint64_t *billionths)
{
	char *end;
	double p;

	if ((*text < '0' || *text > '9') && *text != '.')
		return false;
	p = strtod(text, &end);
	if (*end || p < 0 || p > 1)
		return false;
	*billionths = (uint64_t)(p * BILLION + 0.5);
	return true;
}

static bool whole(const char *text, uint64_t max, uint64_t *out)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return !*end && !errno && *out <= max;
}

/* "5" or "5..7" */
static bool span(char *text, struct wc_span *s)
{
	char *dots = strstr(text, "..");
	uint64_t a, b;

	if (dots)
		*dots = 0;
	if (!whole(text, ANY - 1, &a))
		return false;
	b = a;
	if (dots && !whole(dots + 2, ANY - 1, &b))
		return false;
	*s = (struct wc_span){ (uint32_t)a, (uint32_t)b };
	return a <= b;
}

__attribute__((format(printf, 4, 5)))
static int bad(char *err, size_t errlen, const char *at, const char *fmt, ...)
{
	size_t n;
	va_list ap;

	snprintf(err, errlen, "%s: ", at);
	n = strlen(err);
	va_start(ap, fmt);
	vsnprintf(err + n, errlen - n, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* ---- rules -------------------------------------------------------------------------------- */

/* Rules for one PSN, or for one nth, lie where that is looked for. */
static uint32_t bucket_of(const struct wc_rule *r)
{
	if (r->numbered && r->psn.first == r->psn.last)
		return r->psn.first % WC_BUCKETS;
	if (r->counted && r->nth.first == r->nth.last)
		return (r->nth.first + WC_BUCKETS / 2) % WC_BUCKETS;
	return WC_BUCKETS;
}

static int put(struct wc_schedule *s, const struct wc_rule *r)
{
	uint32_t b = bucket_of(r);

	if (s->n == s->room) {
		uint32_t room = s->room ? 2 * s->room : 64;
		struct wc_rule *more = room > RULES_MAX ? NULL :
				       realloc(s->rule, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		s->rule = more;
		s->room = room;
	}
	s->rule[s->n] = *r;
	s->rule[s->n].next = s->bucket[b];
	s->bucket[b] = ++s->n;
	return 0;
}

static bool take_mishap(struct wc_rule *r, char *word)
{
	char *arg = strchr(word, '=');

	if (arg)
		*arg++ = 0;
	for (r->what = 0; r->what < WC_MISHAPS && strcmp(word, mishap_name[r->what]); r->what++)
		;
	switch (r->what) {
	case WC_LOSE:
	case WC_CUT:
	case WC_CE:
		return !arg;
	case WC_REPEAT:
		r->arg = 1;
		return !arg || (whole(arg, 16, &r->arg) && r->arg);
	case WC_DELAY:
		return arg && wc_duration(arg, &r->arg);
	case WC_BEHIND:
		r->arg = 1;
		return !arg || (whole(arg, 1024, &r->arg) && r->arg);
	case WC_CORRUPT:
		r->arg = 300;		/* behind the delivery header and the largest SYN */
		return !arg || whole(arg, ANY, &r->arg);
	case WC_MISHAPS:
		break;
	}
	return false;
}

static bool take_name(const char *word, const char *const *names, unsigned n, uint8_t *out)
{
	for (unsigned i = 1; i < n; i++)
		if (names[i] && !strcmp(word, names[i])) {
			*out = (uint8_t)i;
			return true;
		}
	return false;
}

static bool take_opcode(const char *word, uint8_t *out)
{
	for (unsigned i = 1; i < OPCODES; i++)
		if (!strcmp(word, wc_opcode_name(i))) {
			*out = (uint8_t)i;
			return true;
		}
	return false;
}

static bool take_key(struct wc_rule *r, const char *key, char *value)
{
	struct wc_span one;

	if (!strcmp(key, "type"))
		return take_name(value, type_name, TYPES, &r->type);
	if (!strcmp(key, "opcode"))
		return take_opcode(value, &r->opcode);
	if (!strcmp(key, "psn"))
		return r->numbered = span(value, &r->psn);
	if (!strcmp(key, "try"))
		return span(value, &r->try) && r->try.first;
	if (!strcmp(key, "nth"))
		return (r->counted = span(value, &r->nth)) && r->nth.first;
	if (!span(value, &one) || !one.first || one.first != one.last)
		return false;
	if (!strcmp(key, "ctx"))
		r->ctx = one.first;
	else if (!strcmp(key, "stream"))
		r->stream = one.first;
	else
		return false;
	return true;
}

int wc_schedule_add(struct wc_schedule *s, const char *text, const char *where, unsigned line,
		    char *err, size_t errlen)
{
	struct wc_rule r = { .line = line, .try = { 1, ANY }, .psn = { 0, ANY },
			     .nth = { 1, ANY } };
	char copy[LINE], at[LINE], was[LINE], *save = NULL, *word;

	snprintf(at, sizeof(at), "%.180s:%u", where, line);
	if (strlen(text) >= sizeof(copy))
		return bad(err, errlen, at, "longer than %u characters", LINE - 1);
	snprintf(copy, sizeof(copy), "%s", text);
	copy[strcspn(copy, "#\n")] = 0;
	word = strtok_r(copy, " \t", &save);
	if (!word)
		return 0;
	for (r.ways = 1; r.ways < 4 && strcmp(word, way_name[r.ways]); r.ways++)
		;
	if (r.ways == 4)
		return bad(err, errlen, at, "\"%s\": a rule begins with out, back or both", word);
	word = strtok_r(NULL, " \t", &save);
	if (!word)
		return bad(err, errlen, at, "what is to happen? lose, repeat, delay=TIME, "
			   "behind=N, corrupt, cut or ce");
	snprintf(was, sizeof(was), "%s", word);
	if (!take_mishap(&r, word))
		return bad(err, errlen, at, "\"%s\": give lose, repeat[=COPIES], delay=TIME "
			   "(50us, 2ms), behind[=PACKETS], corrupt[=BIT], cut or ce", was);
	while ((word = strtok_r(NULL, " \t", &save))) {
		char *value = strchr(word, '=');

		snprintf(was, sizeof(was), "%s", word);
		if (value)
			*value++ = 0;
		if (!value || !take_key(&r, word, value))
			return bad(err, errlen, at, "\"%s\": give ctx=N, stream=N, type=DATA, "
				   "opcode=WRITE, psn=A..B, try=A..B or nth=A..B; all but psn "
				   "count from 1", was);
	}
	return put(s, &r) ? bad(err, errlen, at, "more rules than memory holds") : 0;
}

int wc_schedule_load(struct wc_schedule *s, const char *path, char *err, size_t errlen)
{
	FILE *f = fopen(path, "r");
	char line[2 * LINE];
	bool drawn = false;
	unsigned n = 0;
	int rc = 0;

	if (!f) {
		rc = -errno;
		snprintf(err, errlen, "%s: %s", path, strerror(errno));
		return rc;
	}
	while (!rc && fgets(line, sizeof(line), f)) {
		uint32_t before = s->n;

		drawn |= !strncmp(line, DRAWN, strlen(DRAWN));
		rc = wc_schedule_add(s, line, path, ++n, err, errlen);
		if (drawn && s->n > before)
			s->rule[before].line = 0;
	}
	fclose(f);
	return rc;
}

void wc_schedule_free(struct wc_schedule *s)
{
	free(s->rule);
	memset(s, 0, sizeof(*s));
}

/* ---- text --------------------------------------------------------------------------------- */

struct text {
	char *out;
	size_t room;
};

__attribute__((format(printf, 2, 3)))
static void say(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->out, t->room, fmt, ap);
	va_end(ap);
	n = n < 0 ? 0 : (size_t)n >= t->room ? (int)t->room - 1 : n;
	t->out += n;
	t->room -= (size_t)n;
}

static void say_span(struct text *t, const char *key, struct wc_span s)
{
	say(t, " %s=%u", key, s.first);
	if (s.last == ANY)
		say(t, "..%u", ANY - 1);
	else if (s.last != s.first)
		say(t, "..%u", s.last);
}

void wc_rule_text(const struct wc_rule *r, char *out, size_t room)
{
	struct text t = { out, room };

	say(&t, "%s %s", way_name[r->ways], mishap_name[r->what]);
	if (r->what == WC_DELAY)
		say(&t, "=%" PRIu64 "ns", r->arg);
	else if (r->what == WC_REPEAT || r->what == WC_BEHIND || r->what == WC_CORRUPT)
		say(&t, "=%" PRIu64, r->arg);
	if (r->ctx)
		say(&t, " ctx=%u", r->ctx);
	if (r->stream)
		say(&t, " stream=%u", r->stream);
	if (r->type)
		say(&t, " type=%s", type_name[r->type]);
	if (r->opcode)
		say(&t, " opcode=%s", wc_opcode_name(r->opcode));
	if (r->numbered)
		say_span(&t, "psn", r->psn);
	if (r->try.first > 1 || r->try.last != ANY)
		say_span(&t, "try", r->try);
	if (r->counted)
		say_span(&t, "nth", r->nth);
}

void wc_ident_text(const struct wc_ident *id, char *out, size_t room)
{
	struct text t = { out, room };

	say(&t, "%s type=%s", way_name[1 << id->way], type_name[id->type < TYPES ? id->type : 0]);
	if (id->opcode)
		say(&t, " opcode=%s", wc_opcode_name(id->opcode));
	if (id->ctx)
		say(&t, " ctx=%u", id->ctx);
	if (id->stream)
		say(&t, " stream=%u", id->stream);
	if (id->numbered)
		say(&t, " psn=%u try=%u", id->psn, id->try);
	say(&t, " nth=%u", id->nth);
}

int wc_schedule_save(const struct wc_schedule *s, const char *path)
{
	FILE *f = fopen(path, "w");
	char text[LINE];

	if (!f)
		return -errno;
	for (int drawn = 0; drawn < 2; drawn++) {
		if (drawn)
			fprintf(f, "%s\n", DRAWN);
		for (uint32_t i = 0; i < s->n; i++) {
			if ((s->rule[i].line == 0) != drawn)
				continue;
			wc_rule_text(&s->rule[i], text, sizeof(text));
			fprintf(f, "%s\n", text);
		}
	}
	return wc_file_close(f);
}

/* ---- fates -------------------------------------------------------------------------------- */

static bool within(struct wc_span s, uint32_t n)
{
	return n >= s.first && n <= s.last;
}

static bool names(const struct wc_rule *r, const struct wc_ident *id)
{
	bool tries = r->try.first > 1 || r->try.last != ANY;

	return r->ways >> id->way & 1 && (!r->ctx || r->ctx == id->ctx) &&
	       (!r->stream || r->stream == id->stream) && (!r->type || r->type == id->type) &&
	       (!r->opcode || r->opcode == id->opcode) &&
	       (!r->numbered || (id->numbered && within(r->psn, id->psn))) &&
	       (!tries || (id->numbered && within(r->try, id->try))) &&
	       (!r->counted || within(r->nth, id->nth));
}

static void suffer(struct wc_fate *f, const struct wc_rule *r)
{
	switch (r->what) {
	case WC_LOSE:	f->lose = true; break;
	case WC_REPEAT: f->copies += (uint32_t)r->arg; break;
	case WC_DELAY:	f->delay_ns += r->arg; break;
	case WC_BEHIND: f->behind = (uint32_t)r->arg; break;
	case WC_CUT:	f->cut = true; break;
	case WC_CE:	f->ce = true; break;
	case WC_CORRUPT:
		f->corrupt = true;
		f->bit = (uint32_t)r->arg;
		break;
	case WC_MISHAPS:
		break;
	}
}

static void look(struct wc_schedule *s, uint32_t bucket, const struct wc_ident *id,
		 struct wc_fate *f)
{
	for (uint32_t i = s->bucket[bucket]; i; i = s->rule[i - 1].next) {
		struct wc_rule *r = &s->rule[i - 1];

		if (!names(r, id))
			continue;
		r->met++;
		suffer(f, r);
	}
}

struct wc_fate wc_schedule_fate(struct wc_schedule *s, const struct wc_ident *id)
{
	uint32_t by_nth = (id->nth + WC_BUCKETS / 2) % WC_BUCKETS;
	uint32_t by_psn = id->numbered ? id->psn % WC_BUCKETS : by_nth;
	struct wc_fate f = { 0 };

	look(s, WC_BUCKETS, id, &f);
	look(s, by_psn, id, &f);
	if (by_nth != by_psn)
		look(s, by_nth, id, &f);
	return f;
}

uint32_t wc_schedule_unmet(const struct wc_schedule *s)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n; i++)
		n += s->rule[i].line && !s->rule[i].met;
	return n;
}

/* ---- drawing ------------------------------------------------------------------------------ */

struct law {
	uint64_t chance[WC_MISHAPS], arg[WC_MISHAPS];
};

static uint64_t next(uint64_t *rng)
{
	uint64_t z = *rng += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static bool take_law(struct law *l, char *word)
{
	char *value = strchr(word, '='), *arg;
	struct wc_rule r = { .line = 0 };
	char spelt[64];

	if (!value)
		return false;
	*value++ = 0;
	arg = strchr(value, ':');
	if (arg)
		*arg++ = 0;
	snprintf(spelt, sizeof(spelt), "%.20s%s%.20s", strcmp(word, "loss") ? word : "lose",
		 arg ? "=" : "", arg ? arg : "");
	if (!take_mishap(&r, spelt))
		return false;
	l->arg[r.what] = r.arg;
	return wc_chance(value, &l->chance[r.what]);
}

/* All mishaps of one packet, each by its own chance. */
static int draw(struct wc_schedule *s, const struct law *l, const struct wc_rule *who,
		uint64_t *rng)
{
	int rc = 0;

	for (unsigned m = 0; m < WC_MISHAPS && !rc; m++) {
		struct wc_rule r = *who;
		uint64_t n = next(rng);

		r.what = m;
		r.arg = l->arg[m];
		if (m == WC_CORRUPT)
			r.arg = n >> 32;
		if (n % BILLION < l->chance[m])
			rc = put(s, &r);
	}
	return rc;
}

int wc_schedule_draw(struct wc_schedule *s, const char *law, uint64_t seed, uint32_t span,
		     char *err, size_t errlen)
{
	static const uint8_t counted[] = { WC_ACK, WC_NACK };
	char copy[LINE], was[LINE], *save = NULL;
	struct law l = { .arg = { 0 } };
	int rc = 0;

	if (strlen(law) >= sizeof(copy))
		return bad(err, errlen, "random", "longer than %u characters", LINE - 1);
	snprintf(copy, sizeof(copy), "%s", law);
	for (char *w = strtok_r(copy, ",", &save); w; w = strtok_r(NULL, ",", &save)) {
		snprintf(was, sizeof(was), "%s", w);
		if (!take_law(&l, w))
			return bad(err, errlen, "random", "\"%s\": give loss=0.02, repeat=0.01, "
				   "delay=0.1:2ms, behind=0.05:3, corrupt=0.01, cut=0.01 or "
				   "ce=0.05, with commas between", was);
	}
	for (unsigned way = 0; way < 2; way++) {
		for (uint32_t k = 0; k < span * TRIES && !rc; k++) {
			struct wc_rule r = {
				.ways = (uint8_t)(1 << way), .numbered = true,
				.psn = { k / TRIES, k / TRIES }, .nth = { 1, ANY },
				.try = { k % TRIES + 1, k % TRIES + 1 },
			};

			rc = draw(s, &l, &r, &seed);
		}
		for (uint32_t k = 0; k < span * sizeof(counted) && !rc; k++) {
			struct wc_rule r = {
				.ways = (uint8_t)(1 << way), .counted = true,
				.type = counted[k % sizeof(counted)], .psn = { 0, ANY },
				.try = { 1, ANY },
				.nth = { k / 2 + 1, k / 2 + 1 },
			};

			rc = draw(s, &l, &r, &seed);
		}
	}
	return rc ? bad(err, errlen, "random", "more rules than memory holds") : 0;
}
