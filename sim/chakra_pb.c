/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Chakra's binary form: messages of protocol buffers, each behind its length; the first is of the
 * whole trace, the others are nodes. Only what is needed of the wire format is here: numbers, and
 * fields with a length. Fields that mean nothing here are passed over.
 */
#include <string.h>

#include "sim/chakra.h"

enum wire { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

struct span {
	const uint8_t *p, *end;
};

struct field {
	uint32_t number;
	enum wire wire;
	uint64_t value;		/* of a number */
	struct span bytes;	/* of BYTES */
};

static bool varint(struct span *s, uint64_t *out)
{
	*out = 0;
	for (unsigned shift = 0; shift < 70 && s->p < s->end; shift += 7) {
		uint8_t b = *s->p++;

		if (shift == 63 && b > 1)
			return false;
		*out |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80))
			return true;
	}
	return false;
}

static bool fixed(struct span *s, unsigned bytes, uint64_t *out)
{
	*out = 0;
	if ((size_t)(s->end - s->p) < bytes)
		return false;
	for (unsigned i = 0; i < bytes; i++)
		*out |= (uint64_t)*s->p++ << 8 * i;
	return true;
}

static bool counted(struct span *s, struct span *out)
{
	uint64_t n;

	if (!varint(s, &n) || n > (uint64_t)(s->end - s->p))
		return false;
	*out = (struct span){ s->p, s->p + n };
	s->p += n;
	return true;
}

/* The next field; false: what is there is none. */
static bool next(struct span *s, struct field *f)
{
	uint64_t key;

	memset(f, 0, sizeof(*f));
	if (!varint(s, &key) || key >> 3 == 0 || key >> 3 > 0x1fffffff)
		return false;
	f->number = (uint32_t)(key >> 3);
	f->wire = (enum wire)(key & 7);
	switch (f->wire) {
	case VARINT:
		return varint(s, &f->value);
	case FIXED64:
		return fixed(s, 8, &f->value);
	case FIXED32:
		return fixed(s, 4, &f->value);
	case BYTES:
		return counted(s, &f->bytes);
	}
	return false;		/* groups, and what does not exist */
}

/* AttributeProto: name 1, doc_string 2, then one value of many types. */
static bool attribute(struct chakra_node *n, struct span s)
{
	enum { NAME = 1, DOC = 2, SINT32 = 15, SINT64 = 17 };
	enum chakra_attr which = CHAKRA_ATTRS;
	struct field f, value = { 0 };

	while (s.p < s.end) {
		if (!next(&s, &f))
			return false;
		if (f.number == NAME && f.wire == BYTES)
			which = chakra_attr_of((const char *)f.bytes.p,
					       (size_t)(f.bytes.end - f.bytes.p));
		else if (f.number > DOC)
			value = f;
	}
	if (which == CHAKRA_ATTRS || !value.number)
		return true;
	n->has[which] = true;
	if (value.wire == BYTES)
		chakra_group(n, (const char *)value.bytes.p,
			     (size_t)(value.bytes.end - value.bytes.p));
	else if (value.number == SINT32 || value.number == SINT64)
		n->attr[which] = value.value >> 1 ^ -(value.value & 1);
	else
		n->attr[which] = value.value;
	return true;
}

/* Dependencies are packed into one field, or have one each. */
static bool dependencies(struct chakra_node *n, const struct field *f)
{
	struct span s = f->bytes;
	uint64_t id;

	if (f->wire == VARINT)
		chakra_dep(n, f->value);
	while (s.p < s.end) {
		if (!varint(&s, &id))
			return false;
		chakra_dep(n, id);
	}
	return true;
}

/* Node. */
static bool node(struct chakra_node *n, struct span s)
{
	enum { ID = 1, TYPE = 3, CTRL_DEPS = 4, DATA_DEPS = 5, DURATION = 7, ATTR = 10 };
	struct field f;

	while (s.p < s.end) {
		bool ok = next(&s, &f);

		if (ok && f.wire == VARINT) {
			n->id = f.number == ID ? f.value : n->id;
			n->type = f.number == TYPE ? f.value : n->type;
			n->duration_us = f.number == DURATION ? f.value : n->duration_us;
		}
		if (ok && (f.number == CTRL_DEPS || f.number == DATA_DEPS))
			ok = dependencies(n, &f);
		if (ok && f.number == ATTR && f.wire == BYTES)
			ok = attribute(n, f.bytes);
		if (!ok)
			return false;
	}
	return true;
}

static bool any(struct span s)
{
	struct field f;

	while (s.p < s.end)
		if (!next(&s, &f))
			return false;
	return true;
}

int chakra_pb(struct chakra *c, const uint8_t *data, size_t n)
{
	struct span all = { data, data + n }, m;
	struct chakra_node *node_of_rank = chakra_scratch(c);
	uint64_t at = 0;

	if (!counted(&all, &m) || !any(m))
		return chakra_bad_at(c, 0, "no message of the whole trace");
	while (all.p < all.end) {
		at = (uint64_t)(all.p - data);
		if (!counted(&all, &m))
			return chakra_bad_at(c, at, "a node longer than the rest: is it cut off?");
		chakra_node_reset(node_of_rank);
		if (!node(node_of_rank, m))
			return chakra_bad_at(c, at, "no node begins here");
		if (chakra_take(c, node_of_rank))
			return -1;
	}
	return 0;
}
