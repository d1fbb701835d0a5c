/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * weft_bench: takes the cases in turns, round after round, and prints what came of them: medians,
 * extremes, and for each case that stands beside another their ratio, taken within each round.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "userspace/lib/lib.h"

#define ROUNDS_MAX 200

static const struct bench_case cases[] = {
	{ "udp_rtt_8", "plain UDP ping-pong, 8 B", "us", NULL, false, 8, sock_udp_rtt },
	{ "weft_send_rtt_8", "SEND ping-pong, 8 B", "us", "udp_rtt_8", false, 8, weft_send_rtt },
	{ "weft_write_rtt_8", "WRITE ping-pong, 8 B", "us", "udp_rtt_8", false, 8, weft_write_rtt },
	{ "weft_write_done_8", "WRITE until complete, 8 B", "us", "udp_rtt_8", false, 8,
	  weft_write_done },
	{ "udp_rtt_8_sleeping", "plain UDP ping-pong, 8 B, sleeping", "us", NULL, false, 8,
	  sock_udp_rtt_sleeping },
	{ "weft_send_rtt_8_sleeping", "SEND ping-pong, 8 B, sleeping", "us", "udp_rtt_8_sleeping",
	  false, 8, weft_send_rtt_sleeping },
	{ "tcp_stream_64k", "TCP stream, 64 KiB writes", "GB/s", NULL, true, 65536,
	  sock_tcp_stream },
	{ "weft_write_64k", "WRITE stream, 64 KiB, 32 deep", "GB/s", "tcp_stream_64k", true, 65536,
	  weft_write_stream },
	{ "weft_read_64k", "READ stream, 64 KiB, 32 deep", "GB/s", "tcp_stream_64k", true, 65536,
	  weft_read_stream },
	{ "tcp_stream_1m", "TCP stream, 1 MiB writes", "GB/s", NULL, true, 1u << 20,
	  sock_tcp_stream },
	{ "weft_write_1m", "WRITE stream, 1 MiB, 8 deep", "GB/s", "tcp_stream_1m", true, 1u << 20,
	  weft_write_stream },
	{ "weft_read_1m", "READ stream, 1 MiB, 8 deep", "GB/s", "tcp_stream_1m", true, 1u << 20,
	  weft_read_stream },
	{ "weft_atomics", "fetch-adds, 64 deep", "M/s", NULL, true, 64, weft_atomic_rate },
	{ "engine_write_4k", "engine: WRITE of 4 KiB, RUD", "ns/packet", NULL, false, 0,
	  engine_plain },
	{ "engine_write_4k_rod", "engine: WRITE of 4 KiB, ROD", "ns/packet", NULL, false, 1,
	  engine_plain },
	{ "engine_write_256k", "engine: WRITE of 256 KiB in 4 KiB packets", "ns/packet", NULL,
	  false, 2, engine_plain },
	{ "engine_read_4k", "engine: READ of 4 KiB", "ns/packet", NULL, false, 3, engine_plain },
	{ "engine_send_64", "engine: SEND of 64 B", "ns/packet", NULL, false, 4, engine_plain },
	{ "engine_write_4k_best", "engine: WRITE of 4 KiB, RUD, best millisecond", "ns/packet",
	  NULL, false, 0, engine_best },
	{ "engine_write_256k_best", "engine: WRITE of 256 KiB, best millisecond", "ns/packet",
	  NULL, false, 2, engine_best },
	{ "engine_write_headers", "engine: WRITE of 1 KiB packets, headers only", "ns/packet", NULL,
	  false, 1024, engine_headers },
	{ "engine_write_crc_1k", "engine: WRITE of 1 KiB packets, with CRC", "ns/packet",
	  "engine_write_headers", false, 1024, engine_crc },
	{ "engine_write_crc_8k", "engine: WRITE of 8 KiB packets, with CRC", "ns/packet",
	  "engine_write_headers", false, 8192, engine_crc },
	{ "engine_send_8", "engine: SEND, 8 B", "ns/packet", NULL, false, 8, engine_sends },
	{ "engine_atomic", "engine: fetch-add", "ns/packet", NULL, false, 64, engine_atomics },
};
#define CASES ((int)(sizeof(cases) / sizeof(cases[0])))

static double samples[CASES][ROUNDS_MAX];

struct summary {
	double median, min, max;
	int n;				/* samples that could be taken */
};

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static struct summary summarise(const double *v, int rounds)
{
	double s[ROUNDS_MAX];
	struct summary r = { 0 };

	for (int i = 0; i < rounds; i++) {
		if (v[i] > 0)
			s[r.n++] = v[i];
	}
	if (!r.n)
		return r;
	qsort(s, (size_t)r.n, sizeof(s[0]), by_value);
	r.min = s[0];
	r.max = s[r.n - 1];
	r.median = r.n % 2 ? s[r.n / 2] : (s[r.n / 2 - 1] + s[r.n / 2]) / 2;
	return r;
}

static int find(const char *name)
{
	for (int i = 0; i < CASES; i++) {
		if (!strcmp(cases[i].name, name))
			return i;
	}
	return -1;
}

/* Ratios within rounds. */
static struct summary beside(int i, int rounds)
{
	int k = find(cases[i].beside);
	double r[ROUNDS_MAX];

	for (int j = 0; j < rounds; j++)
		r[j] = samples[k][j] > 0 && samples[i][j] > 0 ? samples[i][j] / samples[k][j] : -1;
	return summarise(r, rounds);
}

static bool wanted(const char *name, const char *only)
{
	return !only || strstr(name, only);
}

static void print_table(int rounds, const char *only)
{
	printf("\n%-46s %-9s %8s %8s %8s   %s\n", "", "", "median", "min", "max",
	       "ratio: median (min .. max)");
	for (int i = 0; i < CASES; i++) {
		struct summary s = summarise(samples[i], rounds), r = { 0 };

		if (!s.n)
			continue;
		printf("%-46s %-9s %8.3g %8.3g %8.3g", cases[i].what, cases[i].unit, s.median,
		       s.min, s.max);
		if (cases[i].beside && wanted(cases[i].beside, only))
			r = beside(i, rounds);
		if (r.n)
			printf("   %5.2f (%.2f .. %.2f) of %s", r.median, r.min, r.max,
			       cases[find(cases[i].beside)].what);
		printf("\n");
	}
}

static void json_summary(FILE *f, const char *name, const struct summary *s)
{
	fprintf(f, "\"%s\": { \"median\": %.6g, \"min\": %.6g, \"max\": %.6g, \"n\": %d }", name,
		s->median, s->min, s->max, s->n);
}

static void write_case(FILE *f, int i, int rounds)
{
	struct summary s = summarise(samples[i], rounds), r;

	fprintf(f, "    { \"name\": \"%s\", \"what\": \"%s\", \"unit\": \"%s\", "
		"\"more_is_better\": %s, ", cases[i].name, cases[i].what, cases[i].unit,
		cases[i].more_is_better ? "true" : "false");
	json_summary(f, "value", &s);
	if (cases[i].beside) {
		r = beside(i, rounds);
		fprintf(f, ", \"beside\": \"%s\", ", cases[i].beside);
		json_summary(f, "ratio", &r);
	}
	fprintf(f, ", \"samples\": [");
	for (int j = 0; j < rounds; j++)
		fprintf(f, "%s%.6g", j ? ", " : "", samples[i][j]);
	fprintf(f, "] }");
}

/* about: lines of JSON members about date, machine and commit, from the script; may be NULL. */
static int write_json(const char *path, const char *about, int rounds)
{
	FILE *f = fopen(path, "w");
	bool first = true;

	if (!f) {
		fprintf(stderr, "bench: %s: %s\n", path, strerror(errno));
		return 1;
	}
	fprintf(f, "{\n%s  \"rounds\": %d,\n  \"sample_ms\": %llu,\n  \"cases\": [\n",
		about ? about : "", rounds, SAMPLE_NS / 1000000);
	for (int i = 0; i < CASES; i++) {
		if (!summarise(samples[i], rounds).n)
			continue;
		fprintf(f, "%s", first ? "" : ",\n");
		write_case(f, i, rounds);
		first = false;
	}
	fprintf(f, "\n  ]\n}\n");
	return fclose(f) ? 1 : 0;
}

static void usage(void)
{
	printf("weft_bench [--rounds N] [--only PART-OF-NAME] [--json FILE] [--about JSON]\n"
	       "           [--list] [--count NAME]\n"
	       "--count: 20000 packets of an engine case, for bench/insns.sh; prints how many.\n"
	       "Takes every case N times (default 7), in turns, and prints medians and ratios.\n");
}

static int run(int rounds, const char *only)
{
	int failed = 0;

	for (int j = 0; j < rounds; j++) {
		for (int i = 0; i < CASES; i++) {
			if (!wanted(cases[i].name, only))
				continue;
			fprintf(stderr, "\rround %d of %d: %-48s", j + 1, rounds, cases[i].what);
			samples[i][j] = cases[i].measure(cases[i].arg);
			failed += samples[i][j] < 0;
		}
	}
	fprintf(stderr, "\r%70s\r", "");
	if (failed)
		fprintf(stderr, "bench: %d samples could not be taken\n", failed);
	return failed ? 1 : 0;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "rounds", required_argument, NULL, 'r' },
		{ "only", required_argument, NULL, 'o' },
		{ "json", required_argument, NULL, 'j' },
		{ "about", required_argument, NULL, 'a' },
		{ "list", no_argument, NULL, 'l' },
		{ "count", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const char *only = NULL, *json = NULL, *about = NULL;
	int c, rounds = 7, ret;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case 'r':
			rounds = atoi(optarg);
			break;
		case 'o':
			only = optarg;
			break;
		case 'j':
			json = optarg;
			break;
		case 'a':
			about = optarg;
			break;
		case 'c':
			printf("%llu\n", (unsigned long long)engine_count(optarg, 20000));
			return 0;
		case 'l':
			for (int i = 0; i < CASES; i++)
				printf("%-26s %s\n", cases[i].name, cases[i].what);
			return 0;
		default:
			usage();
			return c == 'h' ? 0 : 2;
		}
	}
	if (rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "bench: --rounds: give 1 to %d\n", ROUNDS_MAX);
		return 2;
	}
	weftu_crc_init();
	ret = run(rounds, only);
	print_table(rounds, only);
	return json && write_json(json, about, rounds) ? 1 : ret;
}
