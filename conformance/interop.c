/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file of a matrix: see interop.h.  What is in it, and whether it can be meant.
 */
#include "conformance/interop.h"
#include "conformance/box.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define OPT	CYAML_FLAG_OPTIONAL
#define PTR	CYAML_FLAG_POINTER
#define PTR_OPT	(CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

static const cyaml_schema_value_t text = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, 1024),
};
static const cyaml_schema_field_t impl_fields[] = {
	CYAML_FIELD_STRING_PTR("name", PTR, struct wc_impl, name, 1, 32),
	CYAML_FIELD_STRING_PTR("target", PTR_OPT, struct wc_impl, target, 1, 1024),
	CYAML_FIELD_STRING_PTR("initiator", PTR_OPT, struct wc_impl, initiator, 1, 1024),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t impl = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct wc_impl, impl_fields),
};
static const cyaml_schema_field_t fault_fields[] = {
	CYAML_FIELD_STRING_PTR("name", PTR, struct wc_fault_set, name, 1, 32),
	CYAML_FIELD_STRING_PTR("schedule", PTR_OPT, struct wc_fault_set, schedule, 1, 1024),
	CYAML_FIELD_STRING_PTR("random", PTR_OPT, struct wc_fault_set, random, 1, 250),
	CYAML_FIELD_STRING_PTR("seed", PTR_OPT, struct wc_fault_set, seed, 1, 16),
	CYAML_FIELD_UINT("span", OPT, struct wc_fault_set, span),
	CYAML_FIELD_SEQUENCE("rules", PTR_OPT, struct wc_fault_set, rules, &text, 0, 1000),
	CYAML_FIELD_SEQUENCE("paths", PTR_OPT, struct wc_fault_set, paths, &text, 0, WC_PATHS),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t fault = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct wc_fault_set, fault_fields),
};
static const cyaml_schema_field_t top_fields[] = {
	CYAML_FIELD_SEQUENCE("implementations", PTR, struct wc_matrix, implementations, &impl, 1,
			     WC_IMPLS),
	CYAML_FIELD_SEQUENCE("faults", PTR, struct wc_matrix, faults, &fault, 1, WC_FAULT_SETS),
	CYAML_FIELD_UINT("limit_s", OPT, struct wc_matrix, limit_s),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t top = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct wc_matrix, top_fields),
};

/* What libcyaml says goes wrong: the first line of it, and the innermost place in the file. */
struct complaint {
	char text[256];
	unsigned line;		/* 0: unknown */
};

static void complain(cyaml_log_t level, void *ctx, const char *fmt, va_list args)
{
	struct complaint *c = ctx;
	const char *at;
	char line[256];

	if (level < CYAML_LOG_ERROR)
		return;
	vsnprintf(line, sizeof(line), fmt, args);
	line[strcspn(line, "\n")] = 0;
	at = strstr(line, "(line: ");
	if (!c->text[0])
		memcpy(c->text, line, sizeof(line));
	else if (at && !c->line)
		c->line = (unsigned)strtoul(at + strlen("(line: "), NULL, 10);
}

static const cyaml_config_t config = {
	.log_fn = complain, .mem_fn = cyaml_mem, .log_level = CYAML_LOG_ERROR,
};

/* ---- can it be meant? --------------------------------------------------------------------- */

/* A name becomes part of a folder's. */
static bool nameable(const char *name)
{
	return *name != '.' && name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV"
					   "WXYZ0123456789._-")] == 0;
}

__attribute__((format(printf, 3, 4)))
static int wrong(char *err, size_t errlen, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err, errlen, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static int check_name(const char *path, const char *of, const char *name, char *err, size_t errlen)
{
	return nameable(name) ? 0 : wrong(err, errlen, "%s: %s \"%s\": a name has letters, digits, "
					  "'.', '_' and '-'", path, of, name);
}

static int check_impls(const char *path, const struct wc_matrix *m, char *err, size_t errlen)
{
	unsigned initiators = 0, targets = 0;

	for (unsigned i = 0; i < m->implementations_count; i++) {
		const struct wc_impl *w = &m->implementations[i];

		if (check_name(path, "implementation", w->name, err, errlen))
			return -EINVAL;
		for (unsigned k = 0; k < i; k++)
			if (!strcmp(w->name, m->implementations[k].name))
				return wrong(err, errlen, "%s: implementation %s is there twice",
					     path, w->name);
		if (!w->target && !w->initiator)
			return wrong(err, errlen, "%s: implementation %s: say how it is started, "
				     "as target or as initiator", path, w->name);
		initiators += w->initiator != NULL;
		targets += w->target != NULL;
	}
	return initiators && targets ? 0 :
	       wrong(err, errlen, "%s: no implementation is %s, so there is no pair", path,
		     initiators ? "a target" : "an initiator");
}

static int check_faults(const char *path, const struct wc_fault_set *f, char *err, size_t errlen)
{
	struct wc_schedule s = { .n = 0 };
	char where[256], why[400] = "", *end = NULL;
	struct wc_path p;
	int rc = check_name(path, "faults", f->name, err, errlen);

	snprintf(where, sizeof(where), "%.150s: faults %s, rule", path, f->name);
	for (unsigned i = 0; i < f->rules_count && !rc; i++)
		rc = wc_schedule_add(&s, f->rules[i], where, i + 1, err, errlen);
	if (!rc && f->seed && (strtoull(f->seed, &end, 16), *end))
		rc = wrong(err, errlen, "%s: faults %s: seed \"%s\" is no hexadecimal number",
			   path, f->name, f->seed);
	if (!rc && f->random && wc_schedule_draw(&s, f->random, 1, 1, why, sizeof(why)))
		rc = wrong(err, errlen, "%s: faults %s: %s", path, f->name, why);
	if (!rc && f->schedule && wc_schedule_load(&s, f->schedule, why, sizeof(why)))
		rc = wrong(err, errlen, "%s: faults %s: %s", path, f->name, why);
	if (!rc && f->span > 65536)
		rc = wrong(err, errlen, "%s: faults %s: span is at most 65536", path, f->name);
	for (unsigned i = 0; i < f->paths_count && !rc; i++)
		if (!wc_path_parse(f->paths[i], &p))
			rc = wrong(err, errlen, "%s: faults %s: path \"%s\": give delay=50us, "
				   "loss=0.01, rate=BITS, with commas between", path, f->name,
				   f->paths[i]);
	wc_schedule_free(&s);
	return rc;
}

int wc_matrix_load(const char *path, struct wc_matrix **out, char *err, size_t errlen)
{
	struct complaint c = { "", 0 };
	cyaml_config_t own = config;
	char place[32] = "";
	cyaml_err_t bad;
	int rc;

	own.log_ctx = &c;
	*out = NULL;
	bad = cyaml_load_file(path, &own, &top, (cyaml_data_t **)out, NULL);
	if (bad == CYAML_ERR_FILE_OPEN)
		return wrong(err, errlen, "%s: %s", path, strerror(errno));
	if (bad == CYAML_OK && !*out)
		return wrong(err, errlen, "%s: is empty; see conformance/interop.example.yaml",
			     path);
	if (bad != CYAML_OK) {
		if (c.line)
			snprintf(place, sizeof(place), " near line %u:", c.line);
		*out = NULL;
		return wrong(err, errlen, "%s:%s %s%s%s; see conformance/interop.example.yaml",
			     path, place, cyaml_strerror(bad), c.text[0] ? ": " : "", c.text);
	}
	rc = check_impls(path, *out, err, errlen);
	for (unsigned i = 0; i < (*out)->faults_count && !rc; i++)
		rc = check_faults(path, &(*out)->faults[i], err, errlen);
	if (!(*out)->limit_s)
		(*out)->limit_s = WC_LIMIT_S;
	if (!rc)
		return 0;
	wc_matrix_free(*out);
	*out = NULL;
	return rc;
}

void wc_matrix_free(struct wc_matrix *m)
{
	struct complaint c = { "", 0 };
	cyaml_config_t own = config;

	own.log_ctx = &c;
	if (m)
		cyaml_free(&own, &top, m, 0);
}
