/* SPDX-License-Identifier: BSD-2-Clause */
/* Decoded packets as lines for people.  See decode.h. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/names.h"
#include "core/wire.h"
#include "tools/weft/decode.h"

struct text {
	char *buf;
	size_t len, at;
};

static void put(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void put(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (t->at + 1 >= t->len)
		return;
	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->at, t->len - t->at, fmt, ap);
	va_end(ap);
	t->at += n > 0 ? (size_t)n : 0;
	if (t->at >= t->len)
		t->at = t->len - 1;
}

char *decode_flags(const struct decode_field *f, char *buf, size_t len)
{
	struct text t = { .buf = buf, .len = len };

	buf[0] = '\0';
	for (unsigned bit = 31; bit < 32; bit--) {
		const char *name;

		if (!(f->v & UINT64_C(1) << bit))
			continue;
		name = f->names_of(1u << bit);
		if (*name != '?')	/* bits of a wider field have no name of their own */
			put(&t, "%s%s", t.at ? "," : "", name);
	}
	if (!t.at)
		put(&t, "0");
	return buf;
}

static uint64_t value(const struct decoded *d, const char *hdr, const char *name)
{
	const struct decode_field *f = decode_find(d, hdr, name);

	return f ? f->v : 0;
}

static void put_field(struct text *t, const struct decode_field *f)
{
	char flags[128];

	switch (f->kind) {
	case DECODE_NUM:
		put(t, " %s=%" PRIu64, f->name, f->v);
		break;
	case DECODE_HEX:
		put(t, " %s=%#" PRIx64, f->name, f->v);
		break;
	case DECODE_ENUM:
		if (*f->names_of((unsigned)f->v) == '?')
			put(t, " %s=%" PRIu64, f->name, f->v);
		else
			put(t, " %s", f->names_of((unsigned)f->v));
		break;
	case DECODE_FLAGS:
		if (f->v)
			put(t, " %s=%s", f->name, decode_flags(f, flags, sizeof(flags)));
		break;
	case DECODE_TEXT:
		put(t, " %s=\"", f->name);
		for (uint32_t i = 0; i < f->len; i++)
			if (f->text[i])
				put(t, "%c", f->text[i] < 32 || f->text[i] > 126 ? '?' :
				    f->text[i]);
		put(t, "\"");
		break;
	case DECODE_BYTES:
		put(t, " %s=", f->name);
		for (uint32_t i = 0; i < f->len; i++)
			put(t, "%02x", f->text[i]);
		break;
	}
}

/* Not worth a place in a line for people. */
static bool dull(const struct decode_field *f)
{
	static const char *const row[][2] = {
		{ "delivery", "version" }, { "delivery", "type" }, { "delivery", "flags" },
		{ "delivery", "psn" }, { "delivery", "ack_psn" }, { "ctrl", "length" },
		{ "tlv", "length" }, { "crc", "crc" }, { "mdelivery", "version" },
		{ "mdelivery", "type" }, { "mdelivery", "flags" }, { "mdelivery", "psn" },
		{ "memop", "more" },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(row); i++)
		if (!strcmp(f->hdr, row[i][0]) && !strcmp(f->name, row[i][1]))
			return true;
	return f->kind == DECODE_ENUM && !f->v && !strcmp(f->name, "status");
}

char *decode_line(const struct decoded *d, char *buf, size_t len)
{
	struct text t = { .buf = buf, .len = len };
	const char *first = decode_find(d, "mdelivery", "flags") ? "mdelivery" : "delivery";
	const struct decode_field *flags = decode_find(d, first, "flags");
	char text[128];

	buf[0] = '\0';
	if (flags) {
		unsigned type = (unsigned)value(d, first, "type");

		put(&t, "%-4s psn=%" PRIu64, weft_ptype_name(type), value(d, first, "psn"));
		if ((flags->v & WEFT_DFLAGS_AKV) && decode_find(d, first, "ack_psn"))
			put(&t, " ack=%" PRIu64, value(d, "delivery", "ack_psn"));
		if (flags->v)
			put(&t, " %s", decode_flags(flags, text, sizeof(text)));
	}
	for (unsigned i = 0; i < d->n; i++)
		if (!dull(&d->f[i]))
			put_field(&t, &d->f[i]);
	if (d->crc == DECODE_CRC_BAD)
		put(&t, " CRC BAD");
	if (d->error)
		put(&t, " [%s]", d->error);
	return buf;
}
