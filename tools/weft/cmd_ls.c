/* SPDX-License-Identifier: BSD-2-Clause */
/* weft ls: ask who is there, and show what they say of themselves. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/weft/cmd.h"
#include "tools/weft/net.h"
#include "tools/weft/out.h"

#define CHIPS_MAX 256

struct found {
	struct weft_chip_info chip[CHIPS_MAX];
	int n;
};

static void add(struct found *f, const struct weft_chip_info *c)
{
	for (int i = 0; i < f->n; i++)
		if (f->chip[i].chip_id == c->chip_id)
			return;
	if (f->n < CHIPS_MAX)
		f->chip[f->n++] = *c;
}

/* One port, one question. */
static int look(const struct net *n, const char *to, struct found *f)
{
	struct weft_chip_info c[64];
	struct weft_port *port;
	int got, ret = net_open(n, to, &port);

	if (ret)
		return ret;
	got = weft_discover(port, to, n->timeout_ns, c, 64);
	if (got < 0)
		ret = net_fail(port, got);
	for (int i = 0; i < got && i < 64; i++)
		add(f, &c[i]);
	net_stats(n, port, NULL);
	weft_close(port);
	return ret;
}

/* Every interface in turn. */
static int look_everywhere(struct net *n, struct found *f)
{
	struct net_url urls[32];
	int count = net_interfaces(urls, 32), ret = EXIT_OK;

	for (int i = 0; i < count; i++) {
		n->url = urls[i].text;
		if (look(n, NULL, f))
			ret = EXIT_FAILED;
	}
	n->url = NULL;
	return f->n ? EXIT_OK : ret;
}

/* ---- For people ------------------------------------------------------------------------- */

static void pools_text(const struct weft_chip_info *c, char *text, size_t len)
{
	size_t at = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < c->n_pools && at < len; i++)
		at += (size_t)snprintf(text + at, len - at, "%s%s:%lluM", i ? "," : "",
				       weft_pool_kind_name(c->pools[i].kind),
				       (unsigned long long)c->pools[i].size >> 20);
}

static void engines_text(const struct weft_chip_info *c, char *text, size_t len)
{
	size_t at = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < c->n_engines && at < len; i++)
		at += (size_t)snprintf(text + at, len - at, "%s%s", i ? "," : "",
				       weft_run_name(c->engines[i].kernel));
}

static const char *modes_text(uint8_t modes)
{
	return modes == (WEFT_RUD | WEFT_ROD) ? "RUD,ROD" : modes == WEFT_RUD ? "RUD" :
	       modes == WEFT_ROD ? "ROD" : "-";
}

static void table(const struct found *f)
{
	printf("%-24s %-6s %-16s %-22s %-7s %7s %6s %6s  %-18s %s\n", "CHIP ID", "CLASS", "NAME",
	       "ADDRESS", "MODES", "PAYLOAD", "WINDOW", "QUEUES", "POOLS", "ENGINES");
	for (int i = 0; i < f->n; i++) {
		const struct weft_chip_info *c = &f->chip[i];
		char id[24], pools[160], engines[160];

		pools_text(c, pools, sizeof(pools));
		engines_text(c, engines, sizeof(engines));
		printf("%-24s %-6s %-16s %-22s %-7s %7u %6u %6u  %-18s %s\n",
		       weft_chip_id_str(c->chip_id, id), weft_chip_class_name(c->chip_class),
		       c->name, c->addr, modes_text(c->modes), c->max_payload, c->max_window,
		       c->queues, *pools ? pools : "-", *engines ? engines : "-");
	}
}

static int run(int argc, char **argv)
{
	struct found f = { .n = 0 };
	struct opt common[NET_OPTS];
	const struct opt *const tables[] = { common, NULL };
	struct net n;
	char **pos;
	int code, count;

	net_defaults(&n);
	n.timeout_ns = 500 * WEFT_MSEC;
	net_opts(common, &n);
	count = opts_parse(&cmd_ls, tables, argc, argv, 0, 64, &pos, &code);
	if (count < 0)
		return code;
	code = EXIT_OK;
	for (int i = 0; i < count; i++) {
		code = look(&n, pos[i], &f);
		if (code)
			return code;
	}
	if (!count)
		code = n.url ? look(&n, NULL, &f) : look_everywhere(&n, &f);
	if (code)
		return code;
	if (out_json) {
		json_t *list = json_array();

		for (int i = 0; i < f.n; i++)
			json_array_append_new(list, net_chip_json(&f.chip[i]));
		out_document(list);
	} else if (f.n) {
		table(&f);
	}
	if (f.n)
		return EXIT_OK;
	out_error("ls: nobody answers: is a chip running there (weft chip), and do --port and the "
		  "firewall let UDP port 49190 through?");
	return EXIT_NO_CHIP;
}

const struct cmd cmd_ls = {
	.name = "ls",
	.summary = "find chips and show what they can do",
	.args = "[ADDRESS]...",
	.text = "Asks by broadcast on --port, or on every IPv4 interface, or only at the\n"
		"addresses given. --timeout is how long answers are waited for, default 0.5 s.",
	.example = "weft ls\nweft ls --port udp:10.0.0.1 --json",
	.run = run,
};
