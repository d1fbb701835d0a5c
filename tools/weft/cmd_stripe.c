/* SPDX-License-Identifier: BSD-2-Clause */
/* weft stripe: a file over several chips, computed on by each, and read back. */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/weft/cmd.h"
#include "tools/weft/stripe.h"

#define HASH_CHUNK (1u << 20)	/* bytes hashed between turns of the port */

static int rounds(struct stripe *s)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint64_t at = 0;
	int ret = EXIT_OK;

	if (!md || EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1) {
		out_error("stripe: no SHA-256 here");
		ret = EXIT_FAILED;
	}
	do {
		uint64_t end;

		if (ret)
			break;
		end = stripe_cut(s, at);
		ret = stripe_write(s);
		if (!ret)
			ret = stripe_compute(s);
		stripe_milestone(s, "reading");
		if (!ret)
			ret = stripe_read(s);
		for (uint64_t i = at; !ret && i < end; i += HASH_CHUNK) {
			EVP_DigestUpdate(md, s->back + (i - at),
					 end - i < HASH_CHUNK ? end - i : HASH_CHUNK);
			weft_progress(s->port);
		}
		stripe_note_contexts(s);
		at = end;
	} while (!ret && at < s->map.len && stripe_alive(s));
	if (!ret)
		EVP_DigestFinal_ex(md, s->got, NULL);
	EVP_MD_CTX_free(md);
	return ret;
}

static int verdict(const struct stripe *s)
{
	if (s->bad)
		return EXIT_BAD_DATA;
	if (stripe_alive(s) < s->n)
		return EXIT_NO_CHIP;
	return memcmp(s->want, s->got, SHA256_LEN) ? EXIT_BAD_DATA : EXIT_OK;
}

static int stripe(struct stripe *s)
{
	json_t *doc;
	int ret;

	sha256(NULL, s->map.bytes, s->map.len, s->want);
	ret = stripe_connect(s);
	if (!ret)
		ret = stripe_plan(s);
	if (ret)
		return ret;
	stripe_note_contexts(s);
	if (!out_json)
		stripe_show_chips(s);
	fflush(stdout);
	stripe_measure_rtt(s);
	ret = rounds(s);
	for (unsigned i = 0; i < s->n; i++)
		out_sort(s->chip[i].lat, s->chip[i].n_lat);
	if (ret)
		return ret;
	doc = stripe_json(s);
	if (s->report && json_dump_file(doc, s->report, JSON_INDENT(2)))
		out_error("stripe: cannot write %s", s->report);
	if (out_json) {
		net_stats(&s->net, s->port, doc);
		out_document(doc);
	} else {
		json_decref(doc);
		stripe_show_results(s);
		net_stats(&s->net, s->port, NULL);
	}
	return verdict(s);
}

static int run(int argc, char **argv)
{
	struct stripe s = { .copier = -1, .source = -1 };
	struct opt_list chips = { .n = 0 };
	uint64_t piece = 0, depth = 0;
	struct opt common[NET_OPTS];
	const struct opt opts[] = {
		OPT(LIST, 0, "chip", &chips, "CHIP", "address of a chip; may be repeated;\n"
		    "default: all that answer to a broadcast on\n--port"),
		OPT_IN(SIZE, 0, "piece", &piece, "SIZE", 1, 1u << 30, "bytes in one message; 64K"),
		OPT_IN(NUM, 0, "depth", &depth, "N", 1, XFER_DEPTH_MAX, "messages under way; 32"),
		OPT(STR, 0, "report", &s.report, "FILE", "write results there as JSON too"),
		OPT(STR, 0, "milestones", &s.milestones, "FILE", "append a line at each step"),
		OPT_STOP,
	};
	const struct opt *const tables[] = { opts, common, NULL };
	char **pos;
	int code;

	net_defaults(&s.net);
	net_opts(common, &s.net);
	if (opts_parse(&cmd_stripe, tables, argc, argv, 1, 1, &pos, &code) < 0)
		return code;
	if (chips.n > STRIPE_CHIPS_MAX || (!chips.n && !s.net.url)) {
		out_error(chips.n ? "stripe: at most %u chips" :
			  "stripe: give --chip, up to %u times, or --port to look for chips",
			  STRIPE_CHIPS_MAX);
		return EXIT_BAD_USAGE;
	}
	s.file = pos[0];
	s.xo = (struct xfer_opts){ .piece = (uint32_t)piece, .depth = (unsigned)depth };
	for (unsigned i = 0; i < chips.n; i++)
		s.chip[s.n++].to = chips.v[i];
	code = file_map(s.file, &s.map);
	if (code)
		return code;
	code = net_open(&s.net, s.n ? s.chip[0].to : NULL, &s.port);
	if (!code) {
		code = stripe(&s);
		stripe_disconnect(&s);
	}
	file_unmap(&s.map);
	return code;
}

const struct cmd cmd_stripe = {
	.name = "stripe",
	.summary = "spread a file over chips, compute on it, read it back",
	.args = "FILE",
	.text = "Writes a part of the file to each chip, in proportion to what it can hold and\n"
		"do, has each hash and sum its part and one fetch another's peer to peer, reads\n"
		"all back and compares everything with the host's own results. A file larger\n"
		"than the chips' memory goes in rounds. If a chip fails, the others' work is\n"
		"completed and the exit status is 3.",
	.example = "weft stripe model.bin --chip 10.0.0.2 --chip 10.0.0.3",
	.run = run,
};
