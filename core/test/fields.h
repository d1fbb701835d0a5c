/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The headers of core/wire.h by name, for tests that read names from a file.  The table is made
 * from core/wire.h by core/test/fields.awk when the tests are built.
 */
#ifndef WEFT_TEST_FIELDS_H
#define WEFT_TEST_FIELDS_H

#include <stddef.h>
#include <stdint.h>

#define FIELDS_STRUCT_MAX 128	/* bytes of any header's struct; checked when it is compiled */

struct field {
	const char *name;	/* NULL ends the list */
	size_t at, size;	/* of the member */
};

struct header {
	const char *name;	/* NULL ends the list */
	size_t bytes;		/* on the wire */
	const struct field *fields;
	void (*pack)(uint8_t *to, const void *from);
	void (*unpack)(void *to, const uint8_t *from);
};

extern const struct header fields_headers[];

#endif
