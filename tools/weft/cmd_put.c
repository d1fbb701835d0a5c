/* SPDX-License-Identifier: BSD-2-Clause */
/* weft put: a file into memory of a chip. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/weft/cmd.h"
#include "tools/weft/data.h"
#include "tools/weft/net.h"
#include "tools/weft/out.h"
#include "tools/weft/xfer.h"

struct put {
	struct net net;
	struct xfer_opts xo;
	uint64_t pool, piece, depth, hold_ns;
	const char *at;		/* --at KEY:ADDR; NULL: allocate */
	bool hold, no_verify, relaxed;
	struct weft_port *port;
	struct weft_chip *chip;
	struct weft_chip_mem mem;
	struct file_map file;
};

static volatile sig_atomic_t stop_asked;

static void on_signal(int sig)
{
	(void)sig;
	stop_asked = 1;
}

static int place(struct put *p)
{
	int err;

	p->mem.len = p->file.len;
	if (p->at) {
		if (!net_key_addr(p->at, &p->mem.key, &p->mem.addr))
			return EXIT_OK;
		out_error("put: --at %s: write KEY:ADDRESS, such as 0x1234:0x10000000000", p->at);
		return EXIT_BAD_USAGE;
	}
	err = weft_chip_alloc(p->chip, (unsigned)p->pool, p->file.len ? p->file.len : 1,
			      p->relaxed ? WEFT_ALLOC_RELAXED : 0, &p->mem);
	return err ? net_fail(p->port, err) : EXIT_OK;
}

/* Read it all back, and compare hashes. */
static int verify(struct put *p)
{
	uint8_t *copy = malloc(p->file.len + 1), want[SHA256_LEN], got[SHA256_LEN];
	struct xfer x;
	int ret = EXIT_FAILED;

	if (!copy || xfer_read(&x, weft_chip_ep(p->chip), copy, p->file.len, p->mem.addr,
			       p->mem.key, &p->xo)) {
		out_error("put: out of memory for reading back; --no-verify skips it");
		free(copy);
		return EXIT_FAILED;
	}
	if (xfer_run(&x, "reading back")) {
		out_error("put: reading back: %s", weft_ep_error_text(x.ep));
	} else {
		sha256(p->port, p->file.bytes, p->file.len, want);
		sha256(p->port, copy, p->file.len, got);
		ret = memcmp(want, got, sizeof(want)) ? EXIT_BAD_DATA : EXIT_OK;
		if (ret)
			out_error("put: what was read back differs from the file");
	}
	xfer_fini(&x);
	free(copy);
	return ret;
}

static void report(struct put *p, const char *path, uint64_t ns)
{
	char hex[2 * SHA256_LEN + 1], size[OUT_NUM], rate[OUT_NUM];
	uint8_t hash[SHA256_LEN];
	json_t *doc;

	sha256(p->port, p->file.bytes, p->file.len, hash);
	out_hex(hash, sizeof(hash), hex);
	if (!out_json) {
		printf("%s: %s in chip memory, key %#x address %#" PRIx64 "%s, %s%s\nsha256 %s\n",
		       path, out_bytes((double)p->file.len, size), p->mem.key, p->mem.addr,
		       p->hold || p->hold_ns ? "" : " (freed now: --hold keeps it)",
		       out_rate((double)p->file.len, ns, rate),
		       p->no_verify ? "" : ", verified", hex);
		net_stats(&p->net, p->port, NULL);
		fflush(stdout);
		return;
	}
	doc = json_pack("{s:s,s:I,s:I,s:I,s:s,s:I,s:b}", "file", path,
			"bytes", (json_int_t)p->file.len, "key", (json_int_t)p->mem.key,
			"address", (json_int_t)p->mem.addr, "sha256", hex, "ns", (json_int_t)ns,
			"verified", !p->no_verify);
	net_stats(&p->net, p->port, doc);
	out_document(doc);
	fflush(stdout);
}

/* The chip frees the memory when we go: stay. */
static int stay(struct put *p)
{
	struct sigaction sa = { .sa_handler = on_signal };
	uint64_t until = weft_now(p->port) + p->hold_ns;

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	if (!out_json)
		fprintf(stderr, "holding it; interrupt to let it go\n");
	while (!stop_asked && (!p->hold_ns || weft_now(p->port) < until)) {
		weft_wait(p->port, 100 * WEFT_MSEC);
		if (weft_ep_status(weft_chip_ep(p->chip)) != WEFT_EP_IS_CONNECTED) {
			out_error("put: %s", weft_ep_error_text(weft_chip_ep(p->chip)));
			return EXIT_NO_CHIP;
		}
	}
	return EXIT_OK;
}

static int put(struct put *p, const char *path)
{
	struct xfer x;
	int ret = place(p);

	if (ret)
		return ret;
	if (xfer_write(&x, weft_chip_ep(p->chip), p->file.bytes, p->file.len, p->mem.addr,
		       p->mem.key, &p->xo)) {
		out_error("put: out of memory");
		return EXIT_FAILED;
	}
	if (xfer_run(&x, "writing")) {
		out_error("put: %s", weft_ep_error_text(x.ep));
		ret = x.failed >= WEFT_ST_FLUSHED ? EXIT_NO_CHIP : EXIT_FAILED;
	}
	if (!ret && !p->no_verify)
		ret = verify(p);
	if (!ret)
		report(p, path, x.end_ns - x.start_ns);
	xfer_fini(&x);
	if (!ret && (p->hold || p->hold_ns))
		ret = stay(p);
	return ret;
}

static int run(int argc, char **argv)
{
	struct put p = { .pool = 0 };
	struct opt common[NET_OPTS];
	const struct opt opts[] = {
		OPT_IN(NUM, 0, "pool", &p.pool, "N", 0, 255, "pool to allocate in; default 0"),
		OPT(STR, 0, "at", &p.at, "KEY:ADDR", "write there instead of allocating"),
		OPT(FLAG, 0, "relaxed", &p.relaxed, NULL, "allow placement out of order"),
		OPT(FLAG, 0, "hold", &p.hold, NULL, "keep the memory until interrupted; the chip\n"
		    "frees it when this command ends"),
		OPT(TIME, 0, "hold-for", &p.hold_ns, "TIME", "keep it so long"),
		OPT(FLAG, 0, "no-verify", &p.no_verify, NULL, "do not read back and compare"),
		OPT_IN(SIZE, 0, "piece", &p.piece, "SIZE", 1, 1u << 30, "bytes in one WRITE; 64K"),
		OPT_IN(NUM, 0, "depth", &p.depth, "N", 1, XFER_DEPTH_MAX, "WRITEs under way; 32"),
		OPT_STOP,
	};
	const struct opt *const tables[] = { opts, common, NULL };
	char **pos;
	int code;

	net_defaults(&p.net);
	net_opts(common, &p.net);
	if (opts_parse(&cmd_put, tables, argc, argv, 2, 2, &pos, &code) < 0)
		return code;
	p.xo = (struct xfer_opts){ .piece = (uint32_t)p.piece, .depth = (unsigned)p.depth };
	code = file_map(pos[1], &p.file);
	if (code)
		return code;
	code = net_open_chip(&p.net, pos[0], &p.port, &p.chip);
	if (!code) {
		code = put(&p, pos[1]);
		weft_chip_close(p.chip);
		weft_close(p.port);
	}
	file_unmap(&p.file);
	return code;
}

const struct cmd cmd_put = {
	.name = "put",
	.summary = "write a file into a chip's memory",
	.args = "CHIP FILE",
	.text = "Allocates memory on the chip, writes the file there, reads it back and compares\n"
		"SHA-256, and prints key and address. The memory lives as long as this command:\n"
		"--hold keeps it, so that `weft get` and commands of others can use the key.\n"
		"CHIP: an address, or chip:ID.",
	.example = "weft put 10.0.0.2 weights.bin --hold",
	.run = run,
};
