/* SPDX-License-Identifier: BSD-2-Clause */
/* weft load, store, atomic: words of a chip's memory. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/weft/cmd.h"
#include "tools/weft/out.h"
#include "tools/weft/reach.h"
#include "userspace/chip/pool.h"

struct word {
	struct reach r;
	uint32_t key;
	uint64_t addr, value, width;
	uint64_t mask, compare, fields;
	const char *mask_text, *op;
	bool by_message;
};

static const char *const ops[] = { "add", "cas", "swap", "min", "max", "umin", "umax", "and", "or",
				   "xor" };

static bool number(const char *text, uint64_t *v)
{
	char *end;

	errno = 0;
	*v = strtoull(text, &end, 0);
	return end != text && !*end && !errno;
}

/* Little-endian, as words lie in memory. */
static void bytes_of(uint64_t v, uint8_t *out, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		out[i] = (uint8_t)(v >> 8 * i);
}

static uint64_t value_of(const uint8_t *p, uint32_t n)
{
	uint64_t v = 0;

	for (uint32_t i = 0; i < n && i < 8; i++)
		v |= (uint64_t)p[i] << 8 * i;
	return v;
}

static int where(struct word *w, const char *cmd, const char *text)
{
	if (!net_key_addr(text, &w->key, &w->addr))
		return EXIT_OK;
	out_error("%s: %s: write KEY:ADDRESS, such as 0x1234:0x10000000000", cmd, text);
	return EXIT_BAD_USAGE;
}

static bool power_of_two(uint64_t n, uint64_t most)
{
	return n && n <= most && !(n & (n - 1));
}

/* ---- load ------------------------------------------------------------------------------- */

static int load(struct word *w, uint32_t len)
{
	char hex[2 * 256 + 1];
	struct weft_completion c;
	struct weft_window *win;
	uint8_t bytes[256];
	int ret = reach_window(&w->r, w->key, w->addr, len, &win);

	if (!ret)
		ret = reach_done(&w->r, weft_load(win, bytes, len, 0, 0, 0), &c);
	if (ret)
		return ret;
	out_hex(bytes, len, hex);
	if (out_json)
		out_document(json_pack("{s:s,s:I}", "hex", hex, "value",
				       (json_int_t)value_of(bytes, len)));
	else if (len <= 8)
		printf("%s  %" PRIu64 "\n", hex, value_of(bytes, len));
	else
		printf("%s\n", hex);
	return EXIT_OK;
}

static int run_load(int argc, char **argv)
{
	struct word w = { .width = 8 };
	struct opt common[NET_OPTS], more[REACH_OPTS];
	const struct opt *const tables[] = { more, common, NULL };
	uint64_t len = 8;
	char **pos;
	int code, n;

	net_defaults(&w.r.net);
	net_opts(common, &w.r.net);
	reach_opts(more, &w.r);
	n = opts_parse(&cmd_load, tables, argc, argv, 2, 3, &pos, &code);
	if (n < 0)
		return code;
	if (where(&w, "load", pos[1]))
		return EXIT_BAD_USAGE;
	if (n == 3 && (chip_size_parse(pos[2], &len) || !power_of_two(len, 256))) {
		out_error("load: %s bytes: give a power of two up to 256", pos[2]);
		return EXIT_BAD_USAGE;
	}
	code = reach_open(&w.r, pos[0]);
	if (code)
		return code;
	code = load(&w, (uint32_t)len);
	reach_close(&w.r);
	return code;
}

const struct cmd cmd_load = {
	.name = "load",
	.summary = "load bytes of a chip's memory through a window",
	.args = "CHIP KEY:ADDR [LENGTH]",
	.text = "Binds a window onto memory that somebody in the same domain has allocated and\n"
		"told the key of (`weft put --hold` prints it), loads LENGTH bytes, a power of\n"
		"two up to 256, by default 8, and prints them in hexadecimal.",
	.example = "weft load 10.0.0.2 0x6b8b4567:0x10000000000 16",
	.run = run_load,
};

/* ---- store ------------------------------------------------------------------------------ */

static int store(struct word *w)
{
	uint32_t len = (uint32_t)w->width;
	struct weft_completion c;
	struct weft_window *win;
	uint8_t bytes[8];
	int ret = reach_window(&w->r, w->key, w->addr, len, &win);

	if (ret)
		return ret;
	bytes_of(w->value, bytes, len);
	/* The mask's first byte is in its top bit. */
	return reach_done(&w->r, w->mask_text ?
			  weft_store_masked(win, bytes, len, w->mask << (64 - len), 0, 0, 0) :
			  weft_store(win, bytes, len, 0, 0, 0), &c);
}

static int run_store(int argc, char **argv)
{
	struct word w = { .width = 8 };
	struct opt common[NET_OPTS], more[REACH_OPTS];
	const struct opt opts[] = {
		OPT_IN(NUM, 'w', "width", &w.width, "N", 1, 8, "bytes: 1, 2, 4 or 8; 8"),
		OPT(STR, 0, "mask", &w.mask_text, "BITS",
		    "store those bytes only whose bit is 1, the first\n"
		    "byte's on the left: 10000001"),
		OPT_STOP,
	};
	const struct opt *const tables[] = { opts, more, common, NULL };
	char **pos, *end;
	int code;

	net_defaults(&w.r.net);
	net_opts(common, &w.r.net);
	reach_opts(more, &w.r);
	if (opts_parse(&cmd_store, tables, argc, argv, 3, 3, &pos, &code) < 0)
		return code;
	if (where(&w, "store", pos[1]))
		return EXIT_BAD_USAGE;
	if (!number(pos[2], &w.value) || !power_of_two(w.width, 8)) {
		out_error("store: give a number, and a width of 1, 2, 4 or 8 bytes");
		return EXIT_BAD_USAGE;
	}
	w.mask = w.mask_text ? strtoull(w.mask_text, &end, 2) : 0;
	if (w.mask_text && (*end || strlen(w.mask_text) != w.width)) {
		out_error("store: --mask %s: give %u digits 0 or 1", w.mask_text,
			  (unsigned)w.width);
		return EXIT_BAD_USAGE;
	}
	code = reach_open(&w.r, pos[0]);
	if (code)
		return code;
	code = store(&w);
	reach_close(&w.r);
	return code;
}

const struct cmd cmd_store = {
	.name = "store",
	.summary = "store a number in a chip's memory through a window",
	.args = "CHIP KEY:ADDR VALUE",
	.text = "Stores VALUE, little-endian, and returns when the chip has answered.",
	.example = "weft store 10.0.0.2 0x6b8b4567:0x10000000000 0x1122 --width 2",
	.run = run_store,
};

/* ---- atomic ----------------------------------------------------------------------------- */

static int atomic(struct word *w, uint8_t op)
{
	struct weft_word a = { .op = op, .width = (uint8_t)w->width, .operand = w->value,
			       .compare = w->compare, .masked = w->mask_text != NULL,
			       .operand_mask = w->mask, .compare_mask = op == WEFT_WORD_ADD ?
			       w->fields : w->mask };
	struct weft_completion c;
	struct weft_window *win;
	int ret = EXIT_OK;

	if (a.masked || w->by_message)
		ret = reach_done(&w->r, weft_atomic(w->r.ep, &a, w->addr, w->key, 0, 0), &c);
	else
		ret = reach_window(&w->r, w->key, w->addr, w->width, &win);
	if (!ret && !a.masked && !w->by_message)
		ret = reach_done(&w->r, weft_window_atomic(win, &a, 0, 0, 0), &c);
	if (ret)
		return ret;
	if (out_json)
		out_document(json_pack("{s:I}", "old", (json_int_t)c.value));
	else
		printf("%" PRIu64 "\n", c.value);
	return EXIT_OK;
}

static int op_of(const char *name, uint8_t *op)
{
	for (*op = 1; *op <= sizeof(ops) / sizeof(ops[0]); ++*op)
		if (!strcmp(ops[*op - 1], name))
			return EXIT_OK;
	out_error("atomic: no operation '%s'; there are add cas swap min max umin umax and or xor",
		  name);
	return EXIT_BAD_USAGE;
}

static int run_atomic(int argc, char **argv)
{
	struct word w = { .width = 8 };
	struct opt common[NET_OPTS], more[REACH_OPTS];
	const struct opt opts[] = {
		OPT_IN(NUM, 'w', "width", &w.width, "N", 1, 8, "bytes: 1, 2, 4 or 8; 8"),
		OPT(NUM, 0, "compare", &w.compare, "N", "cas: what must be there; 0"),
		OPT(STR, 0, "mask", &w.mask_text, "BITS",
		    "bits that may change, and that cas compares; by message"),
		OPT(NUM, 0, "fields", &w.fields, "BITS",
		    "add with --mask: last bits of fields, out of which\nnothing is carried"),
		OPT(FLAG, 0, "message", &w.by_message, NULL,
		    "by a message of the endpoint, not through a window"),
		OPT_STOP,
	};
	const struct opt *const tables[] = { opts, more, common, NULL };
	uint8_t op;
	char **pos;
	int code;

	net_defaults(&w.r.net);
	net_opts(common, &w.r.net);
	reach_opts(more, &w.r);
	if (opts_parse(&cmd_atomic, tables, argc, argv, 4, 4, &pos, &code) < 0)
		return code;
	if (where(&w, "atomic", pos[1]) || op_of(pos[2], &op))
		return EXIT_BAD_USAGE;
	if (!number(pos[3], &w.value) || !power_of_two(w.width, 8) ||
	    (w.mask_text && !number(w.mask_text, &w.mask))) {
		out_error("atomic: give numbers, and a width of 1, 2, 4 or 8 bytes");
		return EXIT_BAD_USAGE;
	}
	code = reach_open(&w.r, pos[0]);
	if (code)
		return code;
	code = atomic(&w, op);
	reach_close(&w.r);
	return code;
}

const struct cmd cmd_atomic = {
	.name = "atomic",
	.summary = "change a word of a chip's memory in one step",
	.args = "CHIP KEY:ADDR OP OPERAND",
	.text = "OP is add, cas, swap, min, max, umin, umax, and, or, xor.  Prints the word's old\n"
		"value.  It is carried out exactly once, whatever the network does.",
	.example = "weft atomic 10.0.0.2 0x6b8b4567:0x10000000000 add 1 --width 4",
	.run = run_atomic,
};
