/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads JSON for tests: what spec/vectors has, no more.  Numbers are whole, strings are ASCII
 * and their escapes, where they have any, stay as they are.  A file that is not read ends the
 * test program with a message.
 */
#ifndef WEFT_TEST_JSON_H
#define WEFT_TEST_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
	enum json_type type;
	const char *key;	/* in an object */
	const char *text;	/* STRING */
	long long number;	/* NUMBER; BOOL: 0 or 1 */
	struct json *child;	/* ARRAY, OBJECT: the first, or NULL */
	struct json *next;	/* its neighbour in an array or object, or NULL */
};

/* The whole file; json_free() gives it back. */
struct json *json_load(const char *path);
void json_free(struct json *top);

/* The member of that name, or NULL.  o may be NULL. */
const struct json *json_get(const struct json *o, const char *key);
/* Its string, "" if there is none. */
const char *json_text(const struct json *o, const char *key);
/* Its number: a JSON number, or a string "0x..."; 0 if there is none. */
uint64_t json_number(const struct json *o, const char *key);
/* Bytes of a member that is a hex string, into out[max]; ends the program if they do not fit. */
size_t json_hex(const struct json *o, const char *key, uint8_t *out, size_t max);

#define json_each(item, array) \
	for (const struct json *item = (array) ? (array)->child : NULL; item; item = item->next)

#endif
