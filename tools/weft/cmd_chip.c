/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * weft chip: run the reference accelerator until told to stop.
 *
 * Decides how its options are written and when counters are shown.  The chip is userspace/chip's.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/weft/chip_stat.h"
#include "tools/weft/cmd.h"
#include "tools/weft/out.h"
#include "userspace/chip/chip.h"
#include "userspace/chip/engine.h"
#include "userspace/chip/pool.h"

#define TURN_NS (100 * WEFT_MSEC)	/* how late a signal or a question may be noticed */

static volatile sig_atomic_t stop_asked, stats_asked;

struct args {
	const char *url, *class_name, *name, *modes, *engines, *pcap, *ready_file, *pid_file;
	struct opt_list pools, domains;
	uint64_t chip_id, vendor, max_payload, window, queues, depth, every_ns, holds, paths;
	uint64_t retries, link_mbps;
	const char *personality, *cc, *path_law;
	bool quiet;
};

static void on_signal(int sig)
{
	if (sig == SIGUSR1)
		stats_asked = 1;
	else
		stop_asked = 1;
}

static void catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };	/* no SA_RESTART: poll ends */

	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* ---- Options into struct chip_opts ------------------------------------------------------ */

static int set_modes(const struct args *a, struct chip_opts *o)
{
	static const struct {
		const char *text;
		uint8_t modes;
	} row[] = {
		{ "rud", WEFT_RUD }, { "rod", WEFT_ROD }, { "rud,rod", WEFT_RUD | WEFT_ROD },
		{ "rod,rud", WEFT_RUD | WEFT_ROD },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		if (!strcasecmp(a->modes, row[i].text)) {
			o->port.modes = row[i].modes;
			return 0;
		}
	}
	out_error("chip: --modes %s: give rud, rod, or rud,rod", a->modes);
	return EXIT_BAD_USAGE;
}

static int set_domains(const struct args *a, struct chip_opts *o)
{
	for (unsigned i = 0; i < a->domains.n; i++) {
		const char *text = a->domains.v[i];
		char *end;
		unsigned long v = strtoul(text, &end, 0);

		if (!strcmp(text, "any")) {
			o->any_domain = true;
			continue;
		}
		if (end == text || *end || v > 0xffffff || o->n_domains == CHIP_DOMAINS_MAX) {
			out_error("chip: --domain %s: give any, or up to %u numbers below 2^24",
				  text, CHIP_DOMAINS_MAX);
			return EXIT_BAD_USAGE;
		}
		o->domains[o->n_domains++] = (uint32_t)v;
	}
	return 0;
}

static int set_pools(const struct args *a, struct chip_opts *o)
{
	if (!a->pools.n) {
		o->pools[0].kind = WEFT_POOL_HBM;
		o->pools[0].size = UINT64_C(256) << 20;
		o->n_pools = 1;
		return 0;
	}
	if (a->pools.n > WEFT_POOLS_MAX) {
		out_error("chip: at most %d pools", WEFT_POOLS_MAX);
		return EXIT_BAD_USAGE;
	}
	for (unsigned i = 0; i < a->pools.n; i++) {
		if (chip_pool_parse(a->pools.v[i], &o->pools[i].kind, &o->pools[i].size)) {
			out_error("chip: --pool %s: write KIND:SIZE, KIND one of HBM DDR SRAM "
				  "PMEM, SIZE such as 256M", a->pools.v[i]);
			return EXIT_BAD_USAGE;
		}
		o->n_pools++;
	}
	return 0;
}

static int set_engines(const struct args *a, struct chip_opts *o)
{
	const char *bad = "";
	int mask = chip_engines_parse(a->engines, &bad);

	if (mask < 0) {
		out_error("chip: --engines: no engine '%.*s'; there are fill, copy, reduce, "
			  "gemm, crc32c, sha256, and the words all and none",
			  (int)strcspn(bad, ","), bad);
		return EXIT_BAD_USAGE;
	}
	o->engines = (uint32_t)mask;
	return 0;
}

static int set_port(const struct args *a, struct chip_opts *o, char *url, size_t urllen)
{
	int c = weft_chip_class_parse(a->class_name);

	if (c < 0) {
		out_error("chip: --class %s: give cpu, gpu, npu, dpu, fpga, memory or switch",
			  a->class_name);
		return EXIT_BAD_USAGE;
	}
	if (a->window & (a->window - 1)) {
		out_error("chip: --window %llu: give a power of two",
			  (unsigned long long)a->window);
		return EXIT_BAD_USAGE;
	}
	snprintf(url, urllen, "%s%s%s", a->url,
		 !a->pcap ? "" : strchr(a->url, '?') ? "&pcap=" : "?pcap=",
		 a->pcap ? a->pcap : "");
	o->url = url;
	o->port.chip_class = (uint8_t)c;
	o->port.chip_id = a->chip_id;
	o->port.vendor = (uint32_t)a->vendor;
	o->port.max_payload = (uint16_t)a->max_payload;
	o->port.window = (uint16_t)a->window;
	o->port.holds = (uint16_t)a->holds;
	o->port.paths = (uint16_t)a->paths;
	o->port.retry_limit = (uint8_t)a->retries;
	o->port.cc = a->cc;
	o->port.path_law = a->path_law;
	o->port.link_mbps = (uint32_t)a->link_mbps;
	o->port.name = a->name;
	o->queues = (uint16_t)a->queues;
	o->queue_depth = (uint32_t)a->depth;
	o->personality = a->personality;
	return 0;
}

static int configure(const struct args *a, struct chip_opts *o, char *url, size_t urllen)
{
	int ret = set_port(a, o, url, urllen);

	if (!ret)
		ret = set_modes(a, o);
	if (!ret)
		ret = set_domains(a, o);
	if (!ret)
		ret = set_pools(a, o);
	if (!ret)
		ret = set_engines(a, o);
	if (!ret && (a->depth & (a->depth - 1))) {
		out_error("chip: --queue-depth %llu: give a power of two",
			  (unsigned long long)a->depth);
		ret = EXIT_BAD_USAGE;
	}
	return ret;
}

/* ---- Running ---------------------------------------------------------------------------- */

/* "udp:10.0.0.1:49190", or "packet:eth0 02:..." where the address does not say the carriage. */
static void where(const struct args *a, struct weft_port *port, char *text, size_t len)
{
	int bare = (int)strcspn(a->url, "?");

	if (!strncmp(a->url, "udp:", 4))
		snprintf(text, len, "udp:%s", weft_port_addr(port));
	else
		snprintf(text, len, "%.*s %s", bare, a->url, weft_port_addr(port));
}

static int write_file(const char *file, const char *text)
{
	FILE *f = fopen(file, "we");
	bool ok = f && fputs(text, f) >= 0;

	if (f && fclose(f))
		ok = false;
	if (!ok)
		out_error("chip: cannot write %s: %s", file, strerror(errno));
	return ok ? 0 : EXIT_FAILED;
}

static int announce(const struct args *a, struct chip *chip)
{
	struct weft_port *port = chip_port(chip);
	char at[160], id[24], line[320], pid[16];
	int ret = 0;

	where(a, port, at, sizeof(at));
	snprintf(line, sizeof(line), "chip %s %s \"%s\" ready at %s\n",
		 weft_chip_id_str(weft_port_chip_id(port), id),
		 weft_chip_class_name((unsigned)weft_chip_class_parse(a->class_name)), a->name, at);
	fputs(line, stdout);
	fflush(stdout);
	snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	if (a->pid_file)
		ret = write_file(a->pid_file, pid);
	if (!ret && a->ready_file)
		ret = write_file(a->ready_file, line);
	return ret;
}

static int run_chip(const struct args *a, struct chip *chip, struct chip_stat *cs)
{
	uint64_t last = weft_now(chip_port(chip));
	int ret = 0;

	while (!stop_asked && (ret >= 0 || ret == -EINTR)) {
		ret = chip_turn(chip, TURN_NS);
		chip_stat_serve(cs, chip);
		if (a->every_ns && weft_now(chip_port(chip)) - last >= a->every_ns) {
			last = weft_now(chip_port(chip));
			stats_asked = 1;
		}
		if (stats_asked) {
			stats_asked = 0;
			chip_stat_print(chip, a->name);
		}
	}
	if (ret < 0 && ret != -EINTR) {
		out_error("chip: the network is gone: %s", strerror(-ret));
		return EXIT_FAILED;
	}
	return EXIT_OK;
}

static int start(const struct args *a)
{
	struct chip_opts o = { 0 };
	char err[WEFT_ERROR_MAX] = "", url[512];
	struct chip_stat cs;
	struct chip *chip;
	int ret = configure(a, &o, url, sizeof(url));

	if (ret)
		return ret;
	catch_signals();
	ret = chip_create(&o, &chip, err, sizeof(err));
	if (ret) {
		out_error("chip: %s", err);
		return ret == -EINVAL ? EXIT_BAD_USAGE : EXIT_FAILED;
	}
	chip_stat_open(&cs, chip, a->name);
	ret = announce(a, chip);
	if (!ret)
		ret = run_chip(a, chip, &cs);
	if (!a->quiet)
		chip_stat_print(chip, a->name);
	chip_stat_close(&cs);
	chip_destroy(chip);
	if (a->pid_file)
		unlink(a->pid_file);
	return ret;
}

static int run(int argc, char **argv)
{
	struct args a = { .url = "udp:0.0.0.0", .class_name = "gpu", .name = "reference chip",
			  .modes = "rud,rod", .engines = "all" };
	const struct opt opts[] = {
		OPT(STR, 'p', "port", &a.url, "URL", "carriage, such as udp:10.0.0.2, packet:eth0"),
		OPT(NUM, 0, "chip-id", &a.chip_id, "ID", "EUI-64; default: derived"),
		OPT(STR, 0, "class", &a.class_name, "CLASS", "gpu, npu, dpu, fpga, memory, ..."),
		OPT(STR, 0, "name", &a.name, "TEXT", "for people"),
		OPT_IN(NUM, 0, "vendor", &a.vendor, "OUI", 0, 0xffffff, "vendor's OUI"),
		OPT(LIST, 0, "domain", &a.domains, "N|any", "domain to serve; may be repeated"),
		OPT(LIST, 0, "pool", &a.pools, "KIND:SIZE",
			"memory; KIND: HBM, DDR, SRAM, PMEM; may\nbe repeated; default HBM:256M"),
		OPT(STR, 0, "modes", &a.modes, "LIST", "rud, rod, or rud,rod (default)"),
		OPT_IN(NUM, 0, "max-payload", &a.max_payload, "BYTES", 64, 65408,
			"largest payload received; default: what\n"
			"the carriage takes, at most 16384"),
		OPT_IN(NUM, 0, "window", &a.window, "N", 16, 4096,
			"packets received per context; 1024"),
		OPT_IN(NUM, 0, "holds", &a.holds, "N", 0, 1024, "packets kept before their turn"),
		OPT_IN(NUM, 0, "paths", &a.paths, "N", 1, 256, "ways to spray over; 1"),
		OPT(STR, 0, "path-law", &a.path_law, "NAME",
		    "which of them: oblivious (default), least-marked,\nrecycled"),
		OPT(STR, 0, "cc", &a.cc, "NAME",
		    "congestion law: swift (default), nscc, dcqcn,\ncredit, fixed"),
		OPT_IN(NUM, 0, "link-mbps", &a.link_mbps, "N", 1, 3200000,
		       "the link's rate; credit grants so much"),
		OPT_IN(NUM, 0, "retries", &a.retries, "N", 1, 100,
		       "timeouts in a row before a chip counts as\ndead; 12"),
		OPT(STR, 0, "engines", &a.engines, "LIST",
			"of fill,copy,reduce,gemm,crc32c,sha256; or all"),
		OPT_IN(NUM, 0, "queues", &a.queues, "N", 1, 65535, "queues at a time; 64"),
		OPT_IN(NUM, 0, "queue-depth", &a.depth, "N", 1, 4096, "commands in one; 1024"),
		OPT(STR, 0, "personality", &a.personality, "FILE",
			"fixed regions for a test suite, offered as\nservice 2"),
		OPT_HEAD("Output"),
		OPT(STR, 0, "pcap", &a.pcap, "FILE", "record all packets"),
		OPT(STR, 0, "ready-file", &a.ready_file, "FILE", "written when the chip serves"),
		OPT(STR, 0, "pid-file", &a.pid_file, "FILE", "holds the process number"),
		OPT(TIME, 0, "stats-every", &a.every_ns, "TIME", "print counters so often"),
		OPT(FLAG, 'q', "quiet", &a.quiet, NULL, "no counters at the end"),
		OPT_STOP,
	};
	const struct opt *const tables[] = { opts, NULL };
	char **pos;
	int code;

	if (opts_parse(&cmd_chip, tables, argc, argv, 0, 0, &pos, &code) < 0)
		return code;
	return start(&a);
}

const struct cmd cmd_chip = {
	.name = "chip",
	.summary = "run a reference accelerator",
	.args = "",
	.text = "Serves memory pools, engines and architected queues until SIGTERM or SIGINT,\n"
		"then ends its streams, prints its counters and exits with 0. SIGUSR1 prints the\n"
		"counters at once; `weft stat` asks for them. When it serves, it prints one line\n"
		"that says where.",
	.example = "weft chip --port udp:10.0.0.2 --class gpu --name A --pool HBM:256M",
	.run = run,
};
