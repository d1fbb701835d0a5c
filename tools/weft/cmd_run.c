/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * weft run: one command, or many, through an architected queue of a chip.
 *
 * Decides how a command is made from options.  Source and destination are files, which are
 * written to the chip first, or memory that is there already.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/names.h"
#include "core/wire.h"
#include "tools/weft/cmd.h"
#include "tools/weft/data.h"
#include "tools/weft/net.h"
#include "tools/weft/out.h"
#include "tools/weft/xfer.h"

#define DEPTH 16u

struct run {
	struct net net;
	const char *src_file, *dst_file, *src_at, *dst_at, *op, *type, *out_file, *src_chip;
	uint64_t len, value, repeat, pool;
	struct weft_port *port;
	struct weft_chip *chip;
	struct weft_queue *queue;
	struct weft_signals *signals;
	struct weft_chip_mem src, dst;
	struct weft_command c;
	uint64_t *lat;		/* of each command, ns, sorted at the end */
};

/* How much of dst a kernel writes. */
static uint64_t dst_len(const struct run *r)
{
	switch (r->c.kernel) {
	case WEFT_RUN_NOP:
		return 0;
	case WEFT_RUN_SHA256:
		return SHA256_LEN;
	case WEFT_RUN_CRC32C:
		return 4;
	}
	return r->len;
}

static bool uses_src(const struct run *r)
{
	return r->c.kernel != WEFT_RUN_NOP && r->c.kernel != WEFT_RUN_FILL;
}

/* ---- Options into a command -------------------------------------------------------------- */

static unsigned by_name(const char *text, const char *(*name)(unsigned v), unsigned from,
			unsigned to)
{
	for (unsigned v = from; v <= to; v++)
		if (!strcasecmp(text, name(v)))
			return v;
	return 0;
}

static int make_command(struct run *r, const char *kernel)
{
	char *end;
	unsigned long number = strtoul(kernel, &end, 0);

	r->c.kernel = (uint16_t)by_name(kernel, weft_kernel_name, 1, WEFT_KERNEL_SHA256);
	if (!r->c.kernel && !*end && number && number <= UINT16_MAX)
		r->c.kernel = (uint16_t)number;	/* a vendor's kernel, or one not known here */
	r->c.op = (uint8_t)by_name(r->op, weft_redop_name, 1, WEFT_REDOP_XOR);
	r->c.type = (uint8_t)by_name(r->type, weft_dtype_name, 1, WEFT_DTYPE_U8);
	r->c.value = (uint8_t)r->value;
	if (!r->c.kernel)
		out_error("run: no kernel '%s'; there are nop, fill, copy, reduce, gemm, crc32c, "
			  "sha256, and numbers", kernel);
	else if (!r->c.op)
		out_error("run: --op %s: there are sum, min, max, and, or, xor", r->op);
	else if (!r->c.type)
		out_error("run: --type %s: there are i32, i64, f16, bf16, f32, f64, u8", r->type);
	else
		return EXIT_OK;
	return EXIT_BAD_USAGE;
}

static int upload(struct run *r, const char *path, struct weft_chip_mem *mem)
{
	struct file_map f;
	struct xfer x;
	int ret = file_map(path, &f), err;

	if (ret)
		return ret;
	if (!r->len)
		r->len = f.len;
	if (f.len < r->len) {
		out_error("run: %s has %" PRIu64 " bytes, --len asks for %" PRIu64, path, f.len,
			  r->len);
		file_unmap(&f);
		return EXIT_BAD_USAGE;
	}
	err = weft_chip_alloc(r->chip, (unsigned)r->pool, r->len, 0, mem);
	if (err)
		ret = net_fail(r->port, err);
	else if (xfer_write(&x, weft_chip_ep(r->chip), f.bytes, r->len, mem->addr, mem->key, NULL))
		ret = EXIT_FAILED;
	else if (xfer_run(&x, "writing"))
		ret = EXIT_NO_CHIP;
	if (ret && !err)
		out_error("run: writing %s: %s", path, weft_ep_error_text(weft_chip_ep(r->chip)));
	if (!err)
		xfer_fini(&x);
	file_unmap(&f);
	return ret;
}

static int at(const char *option, const char *text, struct weft_chip_mem *mem)
{
	if (!net_key_addr(text, &mem->key, &mem->addr))
		return EXIT_OK;
	out_error("run: %s %s: write KEY:ADDRESS, such as 0x1234:0x10000000000", option, text);
	return EXIT_BAD_USAGE;
}

static int make_src(struct run *r)
{
	if (!uses_src(r))
		return EXIT_OK;
	if (r->src_chip && weft_chip_id_parse(r->src_chip, &r->c.src_chip)) {
		out_error("run: --src-chip %s: write a Chip ID in hexadecimal", r->src_chip);
		return EXIT_BAD_USAGE;
	}
	if (r->src_at)
		return at("--src-at", r->src_at, &r->src);
	if (r->src_file)
		return upload(r, r->src_file, &r->src);
	out_error("run: this kernel reads memory: give --src FILE or --src-at KEY:ADDR");
	return EXIT_BAD_USAGE;
}

static int make_dst(struct run *r)
{
	int err;

	if (r->dst_at)
		return at("--dst-at", r->dst_at, &r->dst);
	if (r->dst_file)
		return upload(r, r->dst_file, &r->dst);
	if (!r->len && r->c.kernel != WEFT_RUN_NOP) {
		out_error("run: give --len, or a file that says it");
		return EXIT_BAD_USAGE;
	}
	if (!dst_len(r))
		return EXIT_OK;
	err = weft_chip_alloc(r->chip, (unsigned)r->pool, dst_len(r), 0, &r->dst);
	return err ? net_fail(r->port, err) : EXIT_OK;
}

/* ---- Dispatch ---------------------------------------------------------------------------- */

static int make_queue(struct run *r)
{
	int err = weft_queue_create(r->chip, DEPTH, &r->queue);

	if (!err)
		err = weft_signals_create(r->chip, 1, &r->signals);
	if (err)
		return net_fail(r->port, err);
	r->c.len = (uint32_t)r->len;
	r->c.src_key = r->src.key;
	r->c.src_addr = r->src.addr;
	r->c.dst_key = r->dst.key;
	r->c.dst_addr = r->dst.addr;
	r->c.signal_key = weft_signals_key(r->signals);
	r->c.signal_addr = weft_signal_addr(r->signals, 0);
	return EXIT_OK;
}

static int dispatch(struct run *r)
{
	for (uint64_t i = 0; i < r->repeat; i++) {
		uint64_t began = weft_now(r->port);
		int err;

		weft_signal_clear(r->signals, 0);
		err = weft_queue_submit_wait(r->queue, &r->c, 1, r->net.timeout_ns);
		if (!err)
			err = weft_signal_wait(r->signals, 0, 1, r->net.timeout_ns);
		if (err == -EREMOTEIO) {
			unsigned st = weft_signal_status(weft_signal_get(r->signals, 0));

			out_error("run: the chip says %s", weft_cmd_st_name(st));
			return EXIT_FAILED;
		}
		if (err)
			return net_fail(r->port, err);
		r->lat[i] = weft_now(r->port) - began;
		out_progress("running", i + 1, r->repeat);
	}
	return EXIT_OK;
}

static int fetch_result(struct run *r, uint8_t **bytes)
{
	uint64_t n = dst_len(r);
	bool digest = r->c.kernel == WEFT_RUN_SHA256 || r->c.kernel == WEFT_RUN_CRC32C;
	struct xfer x;
	int ret = EXIT_OK;

	if (!n || (!digest && !r->out_file))
		return EXIT_OK;
	*bytes = malloc(n);
	if (!*bytes || xfer_read(&x, weft_chip_ep(r->chip), *bytes, n, r->dst.addr, r->dst.key,
				 NULL)) {
		out_error("run: out of memory for the result");
		return EXIT_FAILED;
	}
	if (xfer_run(&x, "reading")) {
		out_error("run: reading the result: %s", weft_ep_error_text(x.ep));
		ret = EXIT_NO_CHIP;
	}
	xfer_fini(&x);
	if (!ret && r->out_file)
		ret = file_save(r->out_file, *bytes, n);
	return ret;
}

static void report(struct run *r, const uint8_t *bytes)
{
	char hex[2 * SHA256_LEN + 1] = "", t[OUT_NUM], rate[OUT_NUM];
	uint64_t n = dst_len(r);
	json_t *doc;

	out_sort(r->lat, r->repeat);
	if (bytes && n <= SHA256_LEN)
		out_hex(bytes, n, hex);
	if (!out_json) {
		uint64_t p50 = out_percentile(r->lat, r->repeat, 0.5);

		printf("%s of %" PRIu64 " bytes: %s, %s", weft_kernel_name(r->c.kernel), r->len,
		       out_time(p50, t), out_rate((double)r->len, p50, rate));
		if (r->repeat > 1)
			printf(" (median of %" PRIu64 "; p99 %s)", r->repeat,
			       out_time(out_percentile(r->lat, r->repeat, 0.99), t));
		printf("\n%s%s", hex, *hex ? "\n" : "");
		net_stats(&r->net, r->port, NULL);
		return;
	}
	doc = json_pack("{s:s,s:I,s:s*,s:o}", "kernel", weft_kernel_name(r->c.kernel),
			"bytes", (json_int_t)r->len, "result", *hex ? hex : NULL,
			"latency_ns", out_distribution(r->lat, r->repeat));
	net_stats(&r->net, r->port, doc);
	out_document(doc);
}

static int run_on(struct run *r)
{
	uint8_t *bytes = NULL;
	int ret = make_src(r);

	if (!ret)
		ret = make_dst(r);
	if (!ret)
		ret = make_queue(r);
	if (!ret)
		ret = dispatch(r);
	if (!ret)
		ret = fetch_result(r, &bytes);
	if (!ret)
		report(r, bytes);
	free(bytes);
	weft_signals_destroy(r->signals);
	weft_queue_destroy(r->queue);
	return ret;
}

static int run(int argc, char **argv)
{
	struct run r = { .op = "sum", .type = "i32", .repeat = 1 };
	struct opt common[NET_OPTS];
	const struct opt opts[] = {
		OPT(STR, 0, "src", &r.src_file, "FILE", "source, written to the chip first"),
		OPT(STR, 0, "src-at", &r.src_at, "KEY:ADDR", "source that is on the chip already"),
		OPT(STR, 0, "src-chip", &r.src_chip, "ID", "it is memory of that chip"),
		OPT(STR, 0, "dst", &r.dst_file, "FILE", "what the destination holds before"),
		OPT(STR, 0, "dst-at", &r.dst_at, "KEY:ADDR", "destination that is there already"),
		OPT_IN(SIZE, 'l', "len", &r.len, "SIZE", 0, UINT32_MAX, "bytes to work on"),
		OPT_IN(NUM, 0, "value", &r.value, "N", 0, 255, "byte of fill"),
		OPT(STR, 0, "op", &r.op, "OP", "of reduce: sum min max and or xor"),
		OPT(STR, 0, "type", &r.type, "TYPE", "of reduce: i32 i64 f16 bf16 f32 f64 u8"),
		OPT(STR, 'o', "output", &r.out_file, "FILE", "write the destination there after"),
		OPT_IN(NUM, 0, "pool", &r.pool, "N", 0, 255, "pool to allocate in; default 0"),
		OPT_IN(NUM, 'n', "repeat", &r.repeat, "N", 1, 1000000, "run it so often"),
		OPT_STOP,
	};
	const struct opt *const tables[] = { opts, common, NULL };
	char **pos;
	int code;

	net_defaults(&r.net);
	net_opts(common, &r.net);
	if (opts_parse(&cmd_run, tables, argc, argv, 2, 2, &pos, &code) < 0)
		return code;
	code = make_command(&r, pos[1]);
	if (code)
		return code;
	r.lat = calloc(r.repeat, sizeof(*r.lat));
	if (!r.lat) {
		out_error("run: out of memory");
		return EXIT_FAILED;
	}
	code = net_open_chip(&r.net, pos[0], &r.port, &r.chip);
	if (!code) {
		code = run_on(&r);
		weft_chip_close(r.chip);
		weft_close(r.port);
	}
	free(r.lat);
	return code;
}

const struct cmd cmd_run = {
	.name = "run",
	.summary = "run a command in a chip's queue",
	.args = "CHIP KERNEL",
	.text = "Creates a queue on the chip, submits a command, waits for its signal and shows\n"
		"the result. KERNEL: nop, fill, copy, reduce, crc32c, sha256, or a number.",
	.example = "weft run 10.0.0.2 sha256 --src weights.bin\n"
		   "weft run 10.0.0.2 reduce --op sum --type f32 --src a --dst b -o c\n"
		   "weft run 10.0.0.2 nop -n 1000",
	.run = run,
};
