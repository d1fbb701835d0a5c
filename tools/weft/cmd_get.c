/* SPDX-License-Identifier: BSD-2-Clause */
/* weft get: memory of a chip into a file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/weft/cmd.h"
#include "tools/weft/data.h"
#include "tools/weft/net.h"
#include "tools/weft/out.h"
#include "tools/weft/xfer.h"
#include "userspace/chip/pool.h"

struct get {
	struct net net;
	struct xfer_opts xo;
	uint64_t piece, depth, len;
	const char *file;	/* -o; NULL: only the hash */
	uint32_t key;
	uint64_t addr;
};

static int report(struct get *g, struct weft_port *port, const uint8_t *bytes, uint64_t ns)
{
	char hex[2 * SHA256_LEN + 1], size[OUT_NUM], rate[OUT_NUM];
	uint8_t hash[SHA256_LEN];
	bool to_stdout = g->file && !strcmp(g->file, "-");
	int ret = g->file ? file_save(g->file, bytes, g->len) : EXIT_OK;
	json_t *doc;

	if (ret || to_stdout)
		return ret;
	sha256(port, bytes, g->len, hash);
	out_hex(hash, sizeof(hash), hex);
	if (!out_json) {
		printf("%s read, %s\nsha256 %s\n", out_bytes((double)g->len, size),
		       out_rate((double)g->len, ns, rate), hex);
		net_stats(&g->net, port, NULL);
		return ret;
	}
	doc = json_pack("{s:I,s:s,s:I}", "bytes", (json_int_t)g->len, "sha256", hex, "ns",
			(json_int_t)ns);
	net_stats(&g->net, port, doc);
	out_document(doc);
	return ret;
}

static int get(struct get *g, struct weft_port *port, struct weft_chip *chip)
{
	uint8_t *bytes = malloc(g->len + 1);
	struct xfer x;
	int ret;

	if (!bytes || xfer_read(&x, weft_chip_ep(chip), bytes, g->len, g->addr, g->key, &g->xo)) {
		out_error("get: out of memory for %llu bytes", (unsigned long long)g->len);
		free(bytes);
		return EXIT_FAILED;
	}
	if (xfer_run(&x, "reading")) {
		out_error("get: %s", weft_ep_error_text(x.ep));
		ret = x.failed >= WEFT_ST_FLUSHED ? EXIT_NO_CHIP : EXIT_FAILED;
	} else {
		ret = report(g, port, bytes, x.end_ns - x.start_ns);
	}
	xfer_fini(&x);
	free(bytes);
	return ret;
}

static int run(int argc, char **argv)
{
	struct get g = { .file = NULL };
	struct opt common[NET_OPTS];
	const struct opt opts[] = {
		OPT(STR, 'o', "output", &g.file, "FILE", "where to write it; - is stdout"),
		OPT_IN(SIZE, 0, "piece", &g.piece, "SIZE", 1, 1u << 30, "bytes in one READ; 64K"),
		OPT_IN(NUM, 0, "depth", &g.depth, "N", 1, XFER_DEPTH_MAX, "READs under way; 32"),
		OPT_STOP,
	};
	const struct opt *const tables[] = { opts, common, NULL };
	struct weft_port *port;
	struct weft_chip *chip;
	char **pos;
	int code;

	net_defaults(&g.net);
	net_opts(common, &g.net);
	if (opts_parse(&cmd_get, tables, argc, argv, 3, 3, &pos, &code) < 0)
		return code;
	if (net_key_addr(pos[1], &g.key, &g.addr) || chip_size_parse(pos[2], &g.len)) {
		out_error("get: write KEY:ADDRESS and a length, as weft put printed them");
		return EXIT_BAD_USAGE;
	}
	g.xo = (struct xfer_opts){ .piece = (uint32_t)g.piece, .depth = (unsigned)g.depth };
	code = net_open_chip(&g.net, pos[0], &port, &chip);
	if (code)
		return code;
	code = get(&g, port, chip);
	weft_chip_close(chip);
	weft_close(port);
	return code;
}

const struct cmd cmd_get = {
	.name = "get",
	.summary = "read a chip's memory",
	.args = "CHIP KEY:ADDR LENGTH",
	.text = "Reads memory that somebody in the same domain has allocated and told the key of\n"
		"(`weft put --hold` prints it), and prints its SHA-256 or writes it to a file.",
	.example = "weft get 10.0.0.2 0x6b8b4567:0x10000000000 1M -o copy.bin",
	.run = run,
};
