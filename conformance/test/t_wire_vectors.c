/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The suite's field tables, its CRC32C and its parser against spec/vectors, whose bytes neither
 * they nor the product's codec have made.
 */
#include "conformance/frame.h"
#include "tools/test/cunit_main.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static size_t unhex(const json_t *o, uint8_t *out, size_t max)
{
	const char *text = json_string_value(json_object_get(o, "hex"));
	size_t n = text ? strlen(text) / 2 : 0;

	for (size_t i = 0; i < n && i < max; i++) {
		char byte[3] = { text[2 * i], text[2 * i + 1], 0 };

		out[i] = (uint8_t)strtoul(byte, NULL, 16);
	}
	return n < max ? n : max;
}

static const struct wc_header *named(const char *name)
{
	for (unsigned i = 0; wc_headers[i]; i++)
		if (!strcmp(wc_headers[i]->name, name))
			return wc_headers[i];
	for (unsigned i = 0; wc_more_headers[i]; i++)
		if (!strcmp(wc_more_headers[i]->name, name))
			return wc_more_headers[i];
	return NULL;
}

static bool low_half(const char *name)
{
	return strlen(name) > 4 && !strcmp(name + strlen(name) - 4, " low");
}

/* One half of a 128-bit field, or the number that it is. */
static uint64_t wanted(const json_t *fields, const char *name)
{
	bool low = low_half(name);
	char key[32] = "", half[17] = "";
	const char *text;

	memcpy(key, name, strlen(name) - (low ? 4 : 0));
	text = json_string_value(json_object_get(fields, key));
	if (!text)
		return 0;			/* reserved */
	if (strlen(text) != 34)
		return strtoull(text, NULL, 16);
	memcpy(half, text + (low ? 18 : 2), 16);
	return strtoull(half, NULL, 16);
}

/* Name of the field that differs, or NULL. */
static const char *differs(const struct wc_header *h, const json_t *fields, const uint8_t *bytes)
{
	uint8_t *s = calloc(1, h->size), again[256];
	const char *wrong = NULL;

	wc_unpack(h, bytes, s);
	for (const struct wc_field *f = h->field; f->bits && !wrong; f++) {
		uint64_t v;

		memcpy(&v, s + f->at, sizeof(v));
		if (v != wanted(fields, f->name) ||
		    (strncmp(f->name, "rsv", 3) && !low_half(f->name) &&
		     !json_object_get(fields, f->name)))
			wrong = f->name;
	}
	wc_pack(h, s, again);
	if (!wrong && memcmp(again, bytes, h->bytes))
		wrong = "packed again";
	free(s);
	return wrong;
}

static unsigned check_parts(const json_t *v, const uint8_t *bytes, size_t len)
{
	unsigned bad = 0;
	const json_t *part;
	size_t i;

	json_array_foreach(json_object_get(v, "parts"), i, part) {
		const char *name = json_string_value(json_object_get(part, "header"));
		const struct wc_header *h = name ? named(name) : NULL;
		size_t at = (size_t)json_integer_value(json_object_get(part, "at"));
		const char *wrong = NULL;

		if (!name)
			continue;
		if (!h || at + h->bytes > len)
			wrong = "no such header, or it leaves the packet";
		else
			wrong = differs(h, json_object_get(part, "fields"), bytes + at);
		if (wrong)
			printf("      %s: %s: %s\n",
			       json_string_value(json_object_get(v, "name")), name, wrong);
		bad += wrong != NULL;
	}
	return bad;
}

static void packets__every_field(void)
{
	json_t *top = json_load_file("spec/vectors/packets.json", 0, NULL), *v;
	unsigned bad = 0;
	size_t i;

	CU_ASSERT_PTR_NOT_NULL_FATAL(top);
	json_array_foreach(json_object_get(top, "vectors"), i, v) {
		uint8_t bytes[4096];
		size_t n = unhex(v, bytes, sizeof(bytes));

		bad += check_parts(v, bytes, n);
		bad += wc_get(bytes + n - 4, 4) != wc_frame_crc(bytes, n - 4);
	}
	CU_ASSERT(i > 100);
	CU_ASSERT_EQUAL(bad, 0);
	json_decref(top);
}

static void structures__every_field(void)
{
	json_t *top = json_load_file("spec/vectors/values.json", 0, NULL), *v;
	unsigned bad = 0;
	size_t i;

	CU_ASSERT_PTR_NOT_NULL_FATAL(top);
	json_array_foreach(json_object_get(top, "structures"), i, v) {
		uint8_t bytes[4096];

		bad += check_parts(v, bytes, unhex(v, bytes, sizeof(bytes)));
	}
	CU_ASSERT(i > 10);
	CU_ASSERT_EQUAL(bad, 0);
	json_decref(top);
}

static void values__crc32c(void)
{
	json_t *top = json_load_file("spec/vectors/values.json", 0, NULL), *v;
	size_t i;

	CU_ASSERT_PTR_NOT_NULL_FATAL(top);
	json_array_foreach(json_object_get(top, "crc32c"), i, v) {
		uint8_t bytes[4096];
		size_t n = unhex(v, bytes, sizeof(bytes));

		CU_ASSERT_EQUAL(wc_crc32c(0, bytes, n), wanted(v, "crc"));
	}
	json_decref(top);
}

WEFT_SUITE(t_wire_vectors) {
	{ "packets__every_field", packets__every_field },
	{ "structures__every_field", structures__every_field },
	{ "values__crc32c", values__crc32c },
};
