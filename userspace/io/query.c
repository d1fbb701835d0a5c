/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The query of a carriage URL: "key=value&key=value".  Decides how values are written and what is
 * said about a wrong one; which keys exist and their ranges are each driver's table.  No floating
 * point and no locale: a URL means the same everywhere.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/io/driver.h"

int wio_fail(const struct wio_cfg *c, int code, const char *fmt, ...)
{
	va_list ap;

	if (!c->err || c->errlen == 0)
		return code;
	va_start(ap, fmt);
	vsnprintf(c->err, c->errlen, fmt, ap);
	va_end(ap);
	return code;
}

void wio_stat_put(struct wio_stat_out *o, const char *name, uint64_t value)
{
	if (o->n < o->max)
		o->s[o->n] = (struct wio_stat){ name, value };
	o->n++;
}

static const struct wio_key *find_key(const struct wio_query *q, const char *name)
{
	for (int i = 0; i < WIO_TABLES_MAX && q->tables[i]; i++) {
		for (const struct wio_key *k = q->tables[i]; k->name; k++) {
			if (!strcmp(k->name, name))
				return k;
		}
	}
	return NULL;
}

static bool read_hex(const char *s, uint64_t *out)
{
	uint64_t v = 0;

	if (!*s)
		return false;
	for (; *s; s++) {
		uint64_t d = *s >= '0' && *s <= '9'   ? (uint64_t)(*s - '0')
			     : *s >= 'a' && *s <= 'f' ? (uint64_t)(*s - 'a') + 10
			     : *s >= 'A' && *s <= 'F' ? (uint64_t)(*s - 'A') + 10
						      : 16;

		if (d == 16 || v >> 60)
			return false;
		v = v << 4 | d;
	}
	*out = v;
	return true;
}

/* Digits and an optional suffix, or 0x...; false if it is not that or does not fit. */
static bool read_num(const char *s, uint64_t *out)
{
	uint64_t v = 0, mul;

	if (s[0] == '0' && s[1] == 'x')
		return read_hex(s + 2, out);
	if (*s < '0' || *s > '9')
		return false;
	for (; *s >= '0' && *s <= '9'; s++) {
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*s - '0'), &v))
			return false;
	}
	mul = *s == 'k' ? 1000 : *s == 'M' ? 1000000 : *s == 'G' ? 1000000000 : 1;
	if (mul != 1)
		s++;
	if (*s || __builtin_mul_overflow(v, mul, &v))
		return false;
	*out = v;
	return true;
}

/* 0, 1, 0.5, .001, 1.0: in billionths. */
static bool read_frac(const char *s, uint64_t *out)
{
	uint64_t whole = 0, part = 0, unit = 1000000000;
	bool digits = false;

	for (; *s >= '0' && *s <= '9'; s++, digits = true) {
		whole = whole * 10 + (uint64_t)(*s - '0');
		if (whole > 1)
			return false;
	}
	if (*s == '.') {
		for (s++; *s >= '0' && *s <= '9'; s++, digits = true) {
			unit /= 10;
			part += unit * (uint64_t)(*s - '0');
		}
	}
	*out = whole * 1000000000 + part;
	return digits && !*s && *out <= 1000000000;
}

static bool read_word(const char *s, const char *words, uint64_t *out)
{
	size_t n = strlen(s);

	for (uint64_t i = 0;; i++) {
		size_t w = strcspn(words, "|");

		if (w == n && !memcmp(words, s, n)) {
			*out = i;
			return true;
		}
		if (!words[w])
			return false;
		words += w + 1;
	}
}

static int bad_value(const struct wio_key *k, const char *val, const struct wio_cfg *c)
{
	switch (k->kind) {
	case WIO_NUM:
		return wio_fail(c, -EINVAL,
				"carriage URL: %s=%s: give a whole number from %llu to %llu "
				"(suffix k, M or G allowed)",
				k->name, val, (unsigned long long)k->min,
				(unsigned long long)k->max);
	case WIO_FRAC:
		return wio_fail(c, -EINVAL,
				"carriage URL: %s=%s: give a fraction from 0 to 1, such as 0.01",
				k->name, val);
	case WIO_WORD:
		return wio_fail(c, -EINVAL, "carriage URL: %s=%s: give one of %s", k->name, val,
				k->words);
	case WIO_STR:
		break;
	}
	return wio_fail(c, -EINVAL, "carriage URL: %s= needs a value", k->name);
}

static bool read_value(const struct wio_key *k, const char *val, uint64_t *num)
{
	*num = 0;
	switch (k->kind) {
	case WIO_NUM:
		return read_num(val, num) && *num >= k->min && *num <= k->max;
	case WIO_FRAC:
		return read_frac(val, num);
	case WIO_WORD:
		return read_word(val, k->words, num);
	case WIO_STR:
		return *val != '\0';
	}
	return false;
}

static int unknown_key(const struct wio_query *q, const char *name, const struct wio_cfg *c)
{
	char known[512] = "";
	size_t at = 0;

	for (int i = 0; i < WIO_TABLES_MAX && q->tables[i]; i++) {
		for (const struct wio_key *k = q->tables[i]; k->name; k++) {
			int r = snprintf(known + at, sizeof(known) - at, "%s%s", at ? ", " : "",
					 k->name);

			if (r > 0 && (size_t)r < sizeof(known) - at)
				at += (size_t)r;
		}
	}
	return wio_fail(c, -EINVAL, "carriage URL: unknown key '%s'; this carriage knows %s", name,
			known);
}

static int add_pair(struct wio_query *q, char *pair, const struct wio_cfg *c)
{
	char *eq = strchr(pair, '=');
	const struct wio_key *k;
	uint64_t num;
	char *str;

	if (!eq)
		return wio_fail(c, -EINVAL, "carriage URL: '%s' is not key=value", pair);
	*eq = '\0';
	k = find_key(q, pair);
	if (!k)
		return unknown_key(q, pair, c);
	if (wio_q_given(q, k->name))
		return wio_fail(c, -EINVAL, "carriage URL: key '%s' is given twice", k->name);
	if (!read_value(k, eq + 1, &num))
		return bad_value(k, eq + 1, c);
	if (q->n == WIO_KEYS_MAX)
		return wio_fail(c, -EINVAL, "carriage URL: more than %d keys", WIO_KEYS_MAX);
	str = strdup(eq + 1);
	if (!str)
		return wio_fail(c, -ENOMEM, "carriage URL: out of memory");
	q->v[q->n].key = k;
	q->v[q->n].num = num;
	q->v[q->n].str = str;
	q->n++;
	return 0;
}

int wio_query_parse(struct wio_query *q, const char *text, const struct wio_cfg *c)
{
	char *copy, *save = NULL;
	int err = 0;

	if (!text || !*text)
		return 0;
	copy = strdup(text);
	if (!copy)
		return wio_fail(c, -ENOMEM, "carriage URL: out of memory");
	for (char *p = strtok_r(copy, "&", &save); p && !err; p = strtok_r(NULL, "&", &save))
		err = add_pair(q, p, c);
	free(copy);
	return err;
}

void wio_query_free(struct wio_query *q)
{
	for (int i = 0; i < q->n; i++)
		free(q->v[i].str);
	q->n = 0;
}

static int find_given(const struct wio_query *q, const char *name)
{
	for (int i = 0; i < q->n; i++) {
		if (!strcmp(q->v[i].key->name, name))
			return i;
	}
	return -1;
}

bool wio_q_given(const struct wio_query *q, const char *name)
{
	return find_given(q, name) >= 0;
}

uint64_t wio_q_num(const struct wio_query *q, const char *name)
{
	int i = find_given(q, name);
	const struct wio_key *k;

	if (i >= 0)
		return q->v[i].num;
	k = find_key(q, name);
	return k ? k->def : 0;
}

const char *wio_q_str(const struct wio_query *q, const char *name)
{
	int i = find_given(q, name);

	return i >= 0 ? q->v[i].str : NULL;
}
