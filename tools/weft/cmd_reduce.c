/* SPDX-License-Identifier: BSD-2-Clause */
/* weft reduce, flush: combine numbers with a chip's memory; make what was written go further. */
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/weft/cmd.h"
#include "tools/weft/out.h"
#include "tools/weft/reach.h"
#include "userspace/chip/pool.h"

#define VALUES_MAX 64

static const char *const ops[] = { "sum", "min", "max", "and", "or", "xor" };

static int one_of(const char *what, const char *name, const char *const *names, unsigned n,
		  unsigned *out)
{
	for (*out = 0; *out < n; ++*out)
		if (!strcmp(names[*out], name))
			return EXIT_OK;
	out_error("no %s '%s'; weft reduce --help lists them", what, name);
	return EXIT_BAD_USAGE;
}

/* Little-endian, as numbers lie in memory.  Returns the bytes; 0: it is none. */
static size_t put_i32(uint8_t *out, const char *text, char **end)
{
	uint32_t v = htole32((uint32_t)strtoll(text, end, 0));

	memcpy(out, &v, sizeof(v));
	return sizeof(v);
}

static size_t put_i64(uint8_t *out, const char *text, char **end)
{
	uint64_t v = htole64((uint64_t)strtoll(text, end, 0));

	memcpy(out, &v, sizeof(v));
	return sizeof(v);
}

static size_t put_u8(uint8_t *out, const char *text, char **end)
{
	*out = (uint8_t)strtoll(text, end, 0);
	return 1;
}

static size_t put_f32(uint8_t *out, const char *text, char **end)
{
	float f = strtof(text, end);
	uint32_t v;

	memcpy(&v, &f, sizeof(v));
	v = htole32(v);
	memcpy(out, &v, sizeof(v));
	return sizeof(v);
}

static size_t put_f64(uint8_t *out, const char *text, char **end)
{
	double f = strtod(text, end);
	uint64_t v;

	memcpy(&v, &f, sizeof(v));
	v = htole64(v);
	memcpy(out, &v, sizeof(v));
	return sizeof(v);
}

static const char *const types[] = { "i32", "i64", "u8", "f32", "f64" };
static size_t (*const put[])(uint8_t *, const char *, char **) = { put_i32, put_i64, put_u8,
								   put_f32, put_f64 };
static const uint8_t codes[] = { WEFT_TYPE_I32, WEFT_TYPE_I64, WEFT_TYPE_U8, WEFT_TYPE_F32,
				 WEFT_TYPE_F64 };

static int gather(char **texts, unsigned n, unsigned type, uint8_t *out, uint32_t *len)
{
	*len = 0;
	for (unsigned i = 0; i < n; i++) {
		char *end;

		*len += (uint32_t)put[type](out + *len, texts[i], &end);
		if (end == texts[i] || *end) {
			out_error("reduce: '%s' is no number", texts[i]);
			return EXIT_BAD_USAGE;
		}
	}
	return EXIT_OK;
}

static int run_reduce(int argc, char **argv)
{
	struct reach r = { .ep = NULL };
	struct opt common[NET_OPTS], more[REACH_OPTS];
	const struct opt *const tables[] = { more, common, NULL };
	uint8_t data[VALUES_MAX * 8];
	struct weft_completion c;
	unsigned op, type;
	uint32_t key, len;
	uint64_t addr;
	char **pos;
	int code, n;

	net_defaults(&r.net);
	net_opts(common, &r.net);
	reach_opts(more, &r);
	n = opts_parse(&cmd_reduce, tables, argc, argv, 5, 4 + VALUES_MAX, &pos, &code);
	if (n < 0)
		return code;
	if (net_key_addr(pos[1], &key, &addr)) {
		out_error("reduce: %s: write KEY:ADDRESS, such as 0x1234:0x10000000000", pos[1]);
		return EXIT_BAD_USAGE;
	}
	if (one_of("operation", pos[2], ops, 6, &op) || one_of("type", pos[3], types, 5, &type) ||
	    gather(pos + 4, (unsigned)n - 4, type, data, &len))
		return EXIT_BAD_USAGE;
	code = reach_open(&r, pos[0]);
	if (code)
		return code;
	code = reach_done(&r, weft_reduce(r.ep, data, len, op + WEFT_RED_SUM, codes[type], addr,
					  key, NULL, 0, 0), &c);
	reach_close(&r);
	return code;
}

const struct cmd cmd_reduce = {
	.name = "reduce",
	.summary = "combine numbers with those in a chip's memory",
	.args = "CHIP KEY:ADDR OP TYPE VALUE...",
	.text = "Memory becomes memory OP VALUE, element by element, exactly once.  OP is sum,\n"
		"min, max, and for integers and, or, xor; TYPE is i32, i64, u8, f32 or f64.\n"
		"Write -- before negative numbers.",
	.example = "weft reduce 10.0.0.2 0x6b8b4567:0x10000000000 sum f32 -- 1.5 -2 3",
	.run = run_reduce,
};

/* ---- flush ------------------------------------------------------------------------------ */

static int run_flush(int argc, char **argv)
{
	static const char *const levels[] = { "placed", "visible", "durable" };
	const char *to = "visible";
	struct reach r = { .ep = NULL };
	struct opt common[NET_OPTS], more[REACH_OPTS];
	const struct opt opts[] = {
		OPT(STR, 0, "to", &to, "LEVEL", "placed, visible or durable; visible"),
		OPT_STOP,
	};
	const struct opt *const tables[] = { opts, more, common, NULL };
	struct weft_completion c;
	uint64_t addr, len = 0;
	unsigned level;
	uint32_t key;
	char **pos;
	int code, n;

	net_defaults(&r.net);
	net_opts(common, &r.net);
	reach_opts(more, &r);
	n = opts_parse(&cmd_flush, tables, argc, argv, 2, 3, &pos, &code);
	if (n < 0)
		return code;
	if (net_key_addr(pos[1], &key, &addr) || (n == 3 && chip_size_parse(pos[2], &len)) ||
	    len > WEFT_MESSAGE_MAX) {
		out_error("flush: write KEY:ADDRESS, and a length of at most 2G");
		return EXIT_BAD_USAGE;
	}
	for (level = 0; level < 3 && strcmp(levels[level], to) != 0; level++)
		;
	if (level == 3) {
		out_error("flush: --to %s: there are placed, visible and durable", to);
		return EXIT_BAD_USAGE;
	}
	code = reach_open(&r, pos[0]);
	if (code)
		return code;
	code = reach_done(&r, weft_flush(r.ep, addr, (uint32_t)len, key,
					 level + WEFT_FLUSH_TO_PLACED, 0, 0), &c);
	reach_close(&r);
	return code;
}

const struct cmd cmd_flush = {
	.name = "flush",
	.summary = "wait until what was written has gone as far as asked",
	.args = "CHIP KEY:ADDR [LENGTH]",
	.text = "Returns when what is placed in LENGTH bytes from ADDR on, or in all memory of\n"
		"the key, is visible to the chip's own units, or survives a loss of power.",
	.example = "weft flush 10.0.0.2 0x6b8b4567:0x10000000000 1M --to visible",
	.run = run_flush,
};
