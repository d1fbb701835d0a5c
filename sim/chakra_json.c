/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Chakra's traces in JSON, as protocol buffers are written in it: an object for the whole trace,
 * then one a node, one behind the other. Names are those of the schema or in camel case, large
 * numbers may be strings, types are names or numbers.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "sim/chakra.h"

static json_t *member(const json_t *o, const char *name, const char *camel)
{
	json_t *v = json_object_get(o, name);

	return v ? v : json_object_get(o, camel);
}

/* A whole number, or a string of one, or a truth. Negative ones come out larger than any. */
static bool number(const json_t *v, uint64_t *out)
{
	const char *text = json_string_value(v);
	char *end;

	if (json_is_integer(v))
		*out = (uint64_t)json_integer_value(v);
	else if (json_is_boolean(v))
		*out = json_is_true(v);
	else if (!text || !*text)
		return false;
	else {
		errno = 0;
		*out = strtoull(text, &end, 10);
		return !errno && !*end;
	}
	return true;
}

static bool type(const json_t *v, uint64_t *out)
{
	static const char *const name[] = { "INVALID_NODE", "METADATA_NODE", "MEM_LOAD_NODE",
		"MEM_STORE_NODE", "COMP_NODE", "COMM_SEND_NODE", "COMM_RECV_NODE",
		"COMM_COLL_NODE" };
	const char *text = json_string_value(v);

	for (uint64_t i = 0; text && i < sizeof(name) / sizeof(name[0]); i++)
		if (!strcmp(text, name[i])) {
			*out = i;
			return true;
		}
	return number(v, out);
}

static bool dependencies(struct chakra_node *n, const json_t *list)
{
	uint64_t id;

	if (list && !json_is_array(list))
		return false;
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (!number(json_array_get(list, i), &id))
			return false;
		chakra_dep(n, id);
	}
	return true;
}

/* {"name": "comm_size", "uint64_val": "4096"}: the value is what is neither name nor comment. */
static bool attribute(struct chakra_node *n, json_t *o)
{
	const char *name = json_string_value(json_object_get(o, "name")), *key;
	enum chakra_attr which;
	json_t *v;

	if (!name)
		return false;
	which = chakra_attr_of(name, strlen(name));
	if (which == CHAKRA_ATTRS)
		return true;
	json_object_foreach(o, key, v) {
		if (!strcmp(key, "name") || !strncmp(key, "doc", 3))
			continue;
		n->has[which] = true;
		if (which == CHAKRA_PG_NAME && json_is_string(v))
			chakra_group(n, json_string_value(v), json_string_length(v));
		else if (!number(v, &n->attr[which]))
			return false;
	}
	return true;
}

static const char *node(struct chakra_node *n, const json_t *o)
{
	const json_t *id = json_object_get(o, "id"), *kind = json_object_get(o, "type");
	const json_t *takes = member(o, "duration_micros", "durationMicros");
	const json_t *attr = json_object_get(o, "attr");

	if (id && !number(id, &n->id))		/* zeros are left out */
		return "id: no whole number";
	if (kind && !type(kind, &n->type))
		return "type: no type of node";
	if (takes && !number(takes, &n->duration_us))
		return "duration_micros: no whole number";
	if (!dependencies(n, member(o, "ctrl_deps", "ctrlDeps")) ||
	    !dependencies(n, member(o, "data_deps", "dataDeps")))
		return "ctrl_deps, data_deps: no list of ids";
	for (size_t i = 0; i < json_array_size(attr); i++)
		if (!attribute(n, json_array_get(attr, i)))
			return "attr: no name, or no value of it";
	return NULL;
}

/* The next object of the text, and how long it is; NULL: there is none, *why says so. */
static json_t *next(const char *p, size_t n, size_t *len, const char **why)
{
	json_error_t e;
	json_t *o = json_loadb(p, n, JSON_DISABLE_EOF_CHECK, &e);

	*why = "no JSON object: is it cut off?";
	if (!json_is_object(o)) {
		json_decref(o);
		return NULL;
	}
	*len = (size_t)e.position;
	return o;
}

int chakra_json(struct chakra *c, const char *data, size_t n)
{
	struct chakra_node *scratch = chakra_scratch(c);
	size_t len = 0;

	for (size_t at = 0, k = 0;; at += len, k++) {
		const char *why = NULL;
		json_t *o;
		int err = 0;

		while (at < n && strchr(" \t\r\n,", data[at]))
			at++;
		if (at == n)
			return k ? 0 : chakra_bad_at(c, at, "no object of the whole trace");
		o = next(data + at, n - at, &len, &why);
		chakra_node_reset(scratch);
		if (o && k)
			why = node(scratch, o);
		else if (o)
			why = NULL;
		if (why)
			err = chakra_bad_at(c, at, why);
		else if (k)
			err = chakra_take(c, scratch);
		json_decref(o);
		if (err)
			return -1;
	}
}
