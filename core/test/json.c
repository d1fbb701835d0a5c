/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* JSON for tests.  See json.h. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/test/json.h"

struct reader {
	const char *path;
	char *at;		/* the rest of the text, which is taken apart in place */
	unsigned depth;
};

struct top {			/* what json_load() returns, and what goes with it */
	struct json value;
	char *text;
};

static _Noreturn void give_up(const char *path, const char *what, const char *at)
{
	fprintf(stderr, "json: %s: %s: %.40s\n", path, what, at);
	exit(2);
}

static char next(struct reader *r)
{
	while (isspace((unsigned char)*r->at))
		r->at++;
	return *r->at;
}

static void expect(struct reader *r, char c)
{
	if (next(r) != c)
		give_up(r->path, "not what should be here", r->at);
	r->at++;
}

/* Ends the string in place: what follows its quote has been looked at already. */
static const char *string(struct reader *r)
{
	char *start;

	expect(r, '"');
	start = r->at;
	while (*r->at && *r->at != '"')
		r->at += *r->at == '\\' && r->at[1] ? 2 : 1;
	if (!*r->at)
		give_up(r->path, "a string without end", start);
	*r->at++ = 0;
	return start;
}

static void value(struct reader *r, struct json *v);

static void members(struct reader *r, struct json *v, char end)
{
	struct json **link = &v->child;

	r->at++;
	if (++r->depth > 32)
		give_up(r->path, "too deep", r->at);
	while (next(r) != end) {
		struct json *m = calloc(1, sizeof(*m));

		if (v->type == JSON_OBJECT) {
			m->key = string(r);
			expect(r, ':');
		}
		value(r, m);
		*link = m;
		link = &m->next;
		if (next(r) != end)
			expect(r, ',');
	}
	r->at++;
	r->depth--;
}

static bool word(struct reader *r, const char *w)
{
	size_t n = strlen(w);

	if (strncmp(r->at, w, n))
		return false;
	r->at += n;
	return true;
}

static void value(struct reader *r, struct json *v)
{
	char c = next(r);

	if (c == '{' || c == '[') {
		v->type = c == '{' ? JSON_OBJECT : JSON_ARRAY;
		members(r, v, c == '{' ? '}' : ']');
	} else if (c == '"') {
		v->type = JSON_STRING;
		v->text = string(r);
	} else if (c == '-' || isdigit((unsigned char)c)) {
		v->type = JSON_NUMBER;
		v->number = strtoll(r->at, &r->at, 10);
	} else if (word(r, "true")) {
		v->type = JSON_BOOL;
		v->number = 1;
	} else if (word(r, "false")) {
		v->type = JSON_BOOL;
	} else if (!word(r, "null")) {
		give_up(r->path, "no value", r->at);
	}
}

static char *whole_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	char *text;
	long n;

	if (!f)
		give_up(path, "cannot be opened: run from the top of the repository", "");
	fseek(f, 0, SEEK_END);
	n = ftell(f);
	rewind(f);
	text = calloc(1, (size_t)n + 1);
	if (fread(text, 1, (size_t)n, f) != (size_t)n)
		give_up(path, "cannot be read", "");
	fclose(f);
	return text;
}

struct json *json_load(const char *path)
{
	struct top *top = calloc(1, sizeof(*top));
	struct reader r = { .path = path };

	r.at = top->text = whole_file(path);
	value(&r, &top->value);
	if (next(&r))
		give_up(path, "something follows", r.at);
	return &top->value;
}

static void free_list(struct json *v)
{
	while (v) {
		struct json *after = v->next;

		free_list(v->child);
		free(v);
		v = after;
	}
}

void json_free(struct json *v)
{
	struct top *top = (struct top *)(void *)v;

	free_list(v->child);
	free(top->text);
	free(top);
}

const struct json *json_get(const struct json *o, const char *key)
{
	json_each(m, o)
		if (m->key && !strcmp(m->key, key))
			return m;
	return NULL;
}

const char *json_text(const struct json *o, const char *key)
{
	const struct json *m = json_get(o, key);

	return m && m->text ? m->text : "";
}

uint64_t json_number(const struct json *o, const char *key)
{
	const struct json *m = json_get(o, key);

	if (!m)
		return 0;
	return m->text ? strtoull(m->text, NULL, 16) : (uint64_t)m->number;
}

size_t json_hex(const struct json *o, const char *key, uint8_t *out, size_t max)
{
	const char *text = json_text(o, key);
	size_t n = strlen(text) / 2;

	if (n > max)
		give_up(key, "more bytes than there is room for", text);
	for (size_t i = 0; i < n; i++) {
		char byte[3] = { text[2 * i], text[2 * i + 1], 0 };

		out[i] = (uint8_t)strtoul(byte, NULL, 16);
	}
	return n;
}
