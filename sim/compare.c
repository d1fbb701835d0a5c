/* SPDX-License-Identifier: BSD-2-Clause */
/* What two results differ in: see sweep.h. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "sim/sweep.h"

struct compare {
	FILE *out;
	int differ;
};

static void compare(struct compare *c, const char *name, json_t *a, json_t *b);

static void objects(struct compare *c, const char *name, json_t *a, json_t *b)
{
	const char *key;
	json_t *value;
	char path[256];

	json_object_foreach(a, key, value) {
		if (!*name && (!strcmp(key, "measured") || !strcmp(key, "series")))
			continue;
		snprintf(path, sizeof(path), "%s%s%s", name, *name ? "." : "", key);
		compare(c, path, value, json_object_get(b, key));
	}
	json_object_foreach(b, key, value) {
		snprintf(path, sizeof(path), "%s%s%s", name, *name ? "." : "", key);
		if (!json_object_get(a, key))
			compare(c, path, NULL, value);
	}
}

static void print(FILE *out, json_t *v)
{
	char *text = v ? json_dumps(v, JSON_ENCODE_ANY | JSON_REAL_PRECISION(9)) : NULL;

	fprintf(out, " %22s", text ? text : "-");
	free(text);
}

static void compare(struct compare *c, const char *name, json_t *a, json_t *b)
{
	char path[256];

	if (a && b && json_equal(a, b))
		return;
	if (json_is_object(a) && json_is_object(b)) {
		objects(c, name, a, b);
		return;
	}
	if (json_is_array(a) && json_is_array(b) && json_array_size(a) == json_array_size(b)) {
		for (size_t i = 0; i < json_array_size(a); i++) {
			snprintf(path, sizeof(path), "%.200s[%zu]", name, i);
			compare(c, path, json_array_get(a, i), json_array_get(b, i));
		}
		return;
	}
	c->differ++;
	fprintf(c->out, "%-40s", name);
	print(c->out, a);
	print(c->out, b);
	if (json_is_number(a) && json_is_number(b) && json_number_value(a) != 0)
		fprintf(c->out, " %+9.3f %%", 100 * (json_number_value(b) /
						     json_number_value(a) - 1));
	fputc('\n', c->out);
}

static json_t *load(const char *path, char why[SIM_WHY_MAX])
{
	json_error_t err;
	json_t *j = json_load_file(path, 0, &err);

	if (!j || !json_is_object(json_object_get(j, "result"))) {
		snprintf(why, SIM_WHY_MAX, "%.200s:%d: %.200s", path, j ? 0 : err.line,
			 j ? "not a result of weft-sim run --out" : err.text);
		json_decref(j);
		return NULL;
	}
	return j;
}

int sim_compare(const char *a, const char *b, FILE *out, char why[SIM_WHY_MAX])
{
	struct compare c = { .out = out };
	json_t *ja = load(a, why), *jb = ja ? load(b, why) : NULL;

	if (jb)
		compare(&c, "", ja, jb);
	json_decref(ja);
	json_decref(jb);
	return jb ? c.differ : -1;
}
