/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dut.yaml: what the tester must know of a device, and what its maker declares.
 *
 *	dut:       { vendor: Acme, product: X1, version: B0 }
 *	port:      { url: "udp:10.0.0.2:49190", local: "udp:10.0.0.1:0",
 *		     upper: "tcp:10.0.0.2:4999" }
 *	declared:  { modes: [RUD, ROD], max_payload: 4096, max_window: 1024, profiles: [CORE, AI],
 *		     features: [ATOMICS, TRIM] }
 *	pixit:     { patience_ms: 2000 }
 */
#include "conformance/dut.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct y_dut { char *vendor, *product, *version; };
struct y_port { char *url, *local, *upper; };
struct y_declared { unsigned modes, max_payload, max_window, profiles, features; };
struct y_pixit { unsigned patience_ms; };
struct yaml {
	struct y_dut *dut;
	struct y_port *port;
	struct y_declared *declared;
	struct y_pixit *pixit;
};

#define OPT	CYAML_FLAG_OPTIONAL
#define PTR_OPT	(CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)


static const cyaml_strval_t mode_flags[] = { { "RUD", 1 }, { "ROD", 2 }, { "UUD", 4 } };
static const cyaml_strval_t profile_flags[] = {
	{ "CORE", 1 }, { "AI", 2 }, { "MEM", 4 }, { "ACCEL", 8 }, { "SECURE", 16 }, { "LINK", 32 },
};
static const cyaml_strval_t feature_flags[] = {
	{ "TRIM", WC_FT_TRIM }, { "PROBE", WC_FT_PROBE }, { "CREDIT", WC_FT_CREDIT },
	{ "ATOMICS", WC_FT_ATOMICS }, { "NARROW", WC_FT_NARROW }, { "MASKED", WC_FT_MASKED },
	{ "REDUCE", WC_FT_REDUCE }, { "VISIBLE", WC_FT_VISIBLE }, { "DURABLE", WC_FT_DURABLE },
	{ "SIGNAL", WC_FT_SIGNAL }, { "INV", WC_FT_INV }, { "MEM", WC_FT_MEM },
	{ "RD", WC_FT_RD }, { "UD", WC_FT_UD },
};

static const cyaml_schema_field_t dut_fields[] = {
	CYAML_FIELD_STRING_PTR("vendor", PTR_OPT, struct y_dut, vendor, 0, 128),
	CYAML_FIELD_STRING_PTR("product", PTR_OPT, struct y_dut, product, 0, 128),
	CYAML_FIELD_STRING_PTR("version", PTR_OPT, struct y_dut, version, 0, 128),
	CYAML_FIELD_END
};
static const cyaml_schema_field_t port_fields[] = {
	CYAML_FIELD_STRING_PTR("url", CYAML_FLAG_POINTER, struct y_port, url, 1, 256),
	CYAML_FIELD_STRING_PTR("local", PTR_OPT, struct y_port, local, 0, 256),
	CYAML_FIELD_STRING_PTR("upper", PTR_OPT, struct y_port, upper, 0, 256),
	CYAML_FIELD_END
};
static const cyaml_schema_field_t declared_fields[] = {
	CYAML_FIELD_FLAGS("modes", OPT | CYAML_FLAG_STRICT, struct y_declared, modes, mode_flags,
			  CYAML_ARRAY_LEN(mode_flags)),
	CYAML_FIELD_UINT("max_payload", OPT, struct y_declared, max_payload),
	CYAML_FIELD_UINT("max_window", OPT, struct y_declared, max_window),
	CYAML_FIELD_FLAGS("profiles", OPT | CYAML_FLAG_STRICT, struct y_declared, profiles,
			  profile_flags, CYAML_ARRAY_LEN(profile_flags)),
	CYAML_FIELD_FLAGS("features", OPT | CYAML_FLAG_STRICT, struct y_declared, features,
			  feature_flags, CYAML_ARRAY_LEN(feature_flags)),
	CYAML_FIELD_END
};
static const cyaml_schema_field_t pixit_fields[] = {
	CYAML_FIELD_UINT("patience_ms", OPT, struct y_pixit, patience_ms),
	CYAML_FIELD_END
};
static const cyaml_schema_field_t top_fields[] = {
	CYAML_FIELD_MAPPING_PTR("dut", PTR_OPT, struct yaml, dut, dut_fields),
	CYAML_FIELD_MAPPING_PTR("port", CYAML_FLAG_POINTER, struct yaml, port, port_fields),
	CYAML_FIELD_MAPPING_PTR("declared", PTR_OPT, struct yaml, declared, declared_fields),
	CYAML_FIELD_MAPPING_PTR("pixit", PTR_OPT, struct yaml, pixit, pixit_fields),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t top = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct yaml, top_fields),
};

/* What libcyaml says goes wrong: the first line of it, and the innermost place in the file. */
struct complaint {
	char text[256];
	unsigned line;		/* of the value read last, so at or before the fault; 0: unknown */
};

static void complain(cyaml_log_t level, void *ctx, const char *fmt, va_list args)
{
	struct complaint *c = ctx;
	const char *at;
	char text[256];

	if (level < CYAML_LOG_ERROR)
		return;
	vsnprintf(text, sizeof(text), fmt, args);
	text[strcspn(text, "\n")] = 0;
	at = strstr(text, "(line: ");
	if (!c->text[0])
		memcpy(c->text, text, sizeof(text));
	else if (at && !c->line)
		c->line = (unsigned)strtoul(at + strlen("(line: "), NULL, 10);
}

static char *copy(const char *s)
{
	return s && *s ? strdup(s) : NULL;
}

static void fill(struct wc_config *c, const struct yaml *y)
{
	c->url = copy(y->port->url);
	c->local = copy(y->port->local);
	c->upper = copy(y->port->upper);
	if (y->dut) {
		c->declared.vendor = copy(y->dut->vendor);
		c->declared.product = copy(y->dut->product);
		c->declared.version = copy(y->dut->version);
	}
	if (y->declared) {
		c->declared.modes = y->declared->modes;
		c->declared.max_payload = y->declared->max_payload;
		c->declared.max_window = y->declared->max_window;
		c->declared.profiles = y->declared->profiles;
		c->declared.features = y->declared->features;
	}
	if (y->pixit)
		c->patience_ms = y->pixit->patience_ms;
}

static int empty(const char *path, char *err, size_t errlen)
{
	snprintf(err, errlen, "%s: is empty: give at least port and its url; see "
		 "conformance/dut.example.yaml", path);
	return -EINVAL;
}

int wc_config_load(const char *path, struct wc_config **out, char *err, size_t errlen)
{
	struct complaint c = { "", 0 };
	char place[32] = "";
	const cyaml_config_t config = {
		.log_fn = complain, .log_ctx = &c, .mem_fn = cyaml_mem,
		.log_level = CYAML_LOG_ERROR,
	};
	struct yaml *y = NULL;
	cyaml_err_t rc = cyaml_load_file(path, &config, &top, (cyaml_data_t **)&y, NULL);

	if (rc == CYAML_ERR_FILE_OPEN) {
		snprintf(err, errlen, "%s: %s", path, strerror(errno));
		return -EINVAL;
	}
	if (rc == CYAML_OK && !y)
		return empty(path, err, errlen);
	if (rc != CYAML_OK) {
		if (c.line)
			snprintf(place, sizeof(place), " near line %u:", c.line);
		snprintf(err, errlen, "%s:%s %s%s%s; see conformance/dut.example.yaml", path, place,
			 cyaml_strerror(rc), c.text[0] ? ": " : "", c.text);
		return -EINVAL;
	}
	*out = calloc(1, sizeof(**out));
	if (*out)
		fill(*out, y);
	cyaml_free(&config, &top, y, 0);
	return *out ? 0 : -ENOMEM;
}

void wc_flag_names(const char *of, uint64_t flags, char *out, size_t len)
{
	bool modes = !strcmp(of, "modes"), profiles = !strcmp(of, "profiles");
	const cyaml_strval_t *t = modes ? mode_flags : profiles ? profile_flags : feature_flags;
	size_t n = modes ? CYAML_ARRAY_LEN(mode_flags) : profiles ?
		CYAML_ARRAY_LEN(profile_flags) : CYAML_ARRAY_LEN(feature_flags), at = 0;

	out[0] = 0;
	for (size_t i = 0; i < n && at < len; i++)
		if (flags & (uint64_t)t[i].val)
			at += (size_t)snprintf(out + at, len - at, "%s%s", at ? ", " : "",
					       t[i].str);
}

void wc_config_free(struct wc_config *c)
{
	if (!c)
		return;
	free(c->url);
	free(c->local);
	free(c->upper);
	free(c->declared.vendor);
	free(c->declared.product);
	free(c->declared.version);
	free(c);
}
