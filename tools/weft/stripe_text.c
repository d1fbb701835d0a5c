/* SPDX-License-Identifier: BSD-2-Clause */
/* What was found about a striped file, for people and for programs.  See stripe.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tools/weft/stripe.h"

static const char *mode_name(uint8_t mode)
{
	return mode == WEFT_RUD ? "RUD" : mode == WEFT_ROD ? "ROD" : "?";
}

static uint32_t payload_with(const struct stripe *s, const struct stripe_chip *c)
{
	uint32_t ours = weft_port_payload(s->port, c->info.addr);

	return ours < c->info.max_payload ? ours : c->info.max_payload;
}

static uint64_t window_with(const struct stripe *s, const struct stripe_chip *c)
{
	uint64_t ours = s->net.window ? s->net.window : 1024;

	return ours < c->info.max_window ? ours : c->info.max_window;
}

/* What each chip says it can do, and what both sides made of it. */
void stripe_show_chips(const struct stripe *s)
{
	for (unsigned i = 0; i < s->n; i++) {
		const struct stripe_chip *c = &s->chip[i];
		char id[24];

		printf("chip %s  %s \"%s\" at %s\n  says:       ",
		       weft_chip_id_str(c->info.chip_id, id),
		       weft_chip_class_name(c->info.chip_class), c->info.name, c->info.addr);
		for (unsigned k = 0; k < c->info.n_pools; k++)
			printf("%s %" PRIu64 " MiB, ", weft_pool_kind_name(c->info.pools[k].kind),
			       c->info.pools[k].size >> 20);
		printf("%s%s%s, payload %u, window %u, %u queues of %u; engines",
		       c->info.modes & WEFT_RUD ? "RUD" : "",
		       c->info.modes == (WEFT_RUD | WEFT_ROD) ? "+" : "",
		       c->info.modes & WEFT_ROD ? "ROD" : "", c->info.max_payload,
		       c->info.max_window, c->info.queues, c->info.queue_depth);
		for (unsigned k = 0; k < c->info.n_engines; k++)
			printf(" %s", weft_run_name(c->info.engines[k].kernel));
		printf("\n  negotiated: mode %s, payload %u, window %" PRIu64 "; its share of the "
		       "file %.1f %%\n", mode_name(c->mode), payload_with(s, c), window_with(s, c),
		       c->real_share * 100);
	}
}

static void show_transfer(const char *what, uint64_t bytes, uint64_t ns)
{
	char a[OUT_NUM], b[OUT_NUM], t[OUT_NUM];

	printf("%-10s %10s in %8s: %s\n", what, out_bytes((double)bytes, a), out_time(ns, t),
	       out_rate((double)bytes, ns, b));
}

static void show_percentiles(const char *what, const uint64_t *v, size_t n)
{
	static const double q[] = { 0.5, 0.9, 0.99, 0.999 };
	static const char *const name[] = { "p50", "p90", "p99", "p99.9" };
	char t[OUT_NUM];

	printf("  %-22s", what);
	for (int i = 0; i < 4 && n; i++)
		printf(" %s %-9s", name[i], out_time(out_percentile(v, n, q[i]), t));
	printf(n ? "max %s\n" : "none\n", n ? out_time(v[n - 1], t) : "");
}

static const char *job_verdict(const struct stripe_result *r)
{
	if (r->status != WEFT_CMD_OK)
		return weft_cmd_st_name(r->status);
	if (r->wrong)
		return "DIFFERS from the host's";
	return r->asked && !r->finished ? "no answer" : "equals the host's";
}

static void show_jobs(const struct stripe_chip *c)
{
	for (unsigned j = 0; j < JOBS; j++) {
		const struct stripe_result *r = &c->job[j];
		char b[OUT_NUM], t[OUT_NUM], rate[OUT_NUM];

		if (!r->ever || j == JOB_CLEAR || j == JOB_SUM_LOW)
			continue;
		printf("  %-14s %10s %10s %12s  %s\n", stripe_job_name((enum stripe_job)j),
		       out_bytes((double)r->bytes, b), r->timed ? out_time(r->ns, t) : "-",
		       r->timed ? out_rate((double)r->timed, r->ns, rate) : "-",
		       job_verdict(r));
	}
}

static void show_chip(const struct stripe_chip *c)
{
	char a[OUT_NUM], b[OUT_NUM], size[OUT_NUM];

	printf("%s \"%s\": %s of the file; written at %s, read at %s, %" PRIu64
	       " retransmissions\n", c->info.addr, c->info.name,
	       out_bytes((double)c->written, size), out_rate((double)c->written, c->write_ns, a),
	       out_rate((double)c->read, c->read_ns, b), c->retransmits);
	show_percentiles("8-byte READ, idle", c->rtt, c->n_rtt);
	show_percentiles("one piece, loaded", c->lat, c->n_lat);
	show_jobs(c);
	if (c->dead)
		printf("  FAILED: %s\n", c->why);
}

void stripe_show_results(const struct stripe *s)
{
	char hex[2 * SHA256_LEN + 1];

	show_transfer("written", s->written, s->write_ns);
	show_transfer("read back", s->read, s->read_ns);
	for (unsigned i = 0; i < s->n; i++)
		show_chip(&s->chip[i]);
	printf("host's SHA-256  %s\n", out_hex(s->want, SHA256_LEN, hex));
	if (stripe_alive(s) == s->n)
		printf("read back       %s  %s\n", out_hex(s->got, SHA256_LEN, hex),
		       memcmp(s->want, s->got, SHA256_LEN) ? "DIFFERENT" : "equal");
	else
		printf("read back       in part: %u of %u chips failed; other stripes are %s\n",
		       s->n - stripe_alive(s), s->n, s->bad ? "DIFFERENT" : "equal");
}

static json_t *jobs_json(const struct stripe_chip *c)
{
	json_t *list = json_array();

	for (unsigned j = 0; j < JOBS; j++) {
		const struct stripe_result *r = &c->job[j];

		if (!r->ever)
			continue;
		json_array_append_new(list, json_pack("{s:s,s:I,s:I,s:I,s:b,s:s,s:b}", "command",
			stripe_job_name((enum stripe_job)j), "bytes", (json_int_t)r->bytes,
			"timed_bytes", (json_int_t)r->timed, "ns", (json_int_t)r->ns,
			"finished", r->finished,
			"status", weft_cmd_st_name(r->status),
			"right", r->finished && !r->wrong));
	}
	return list;
}

static json_t *chip_json(const struct stripe *s, const struct stripe_chip *c)
{
	json_t *doc = net_chip_json(&c->info);

	json_object_set_new(doc, "negotiated", json_pack("{s:s,s:i,s:I}", "mode",
		mode_name(c->mode), "payload", (int)payload_with(s, c), "window",
		(json_int_t)window_with(s, c)));
	json_object_set_new(doc, "share", json_real(c->real_share));
	json_object_set_new(doc, "written", json_integer((json_int_t)c->written));
	json_object_set_new(doc, "write_ns", json_integer((json_int_t)c->write_ns));
	json_object_set_new(doc, "read", json_integer((json_int_t)c->read));
	json_object_set_new(doc, "read_ns", json_integer((json_int_t)c->read_ns));
	json_object_set_new(doc, "retransmits", json_integer((json_int_t)c->retransmits));
	json_object_set_new(doc, "idle_rtt_ns", out_distribution(c->rtt, c->n_rtt));
	json_object_set_new(doc, "piece_ns", out_distribution(c->lat, c->n_lat));
	json_object_set_new(doc, "commands", jobs_json(c));
	json_object_set_new(doc, "failed", json_boolean(c->dead));
	if (c->dead)
		json_object_set_new(doc, "error", json_string(c->why));
	return doc;
}

json_t *stripe_json(const struct stripe *s)
{
	char want[2 * SHA256_LEN + 1], got[2 * SHA256_LEN + 1];
	json_t *chips = json_array();
	bool all = stripe_alive(s) == s->n;

	for (unsigned i = 0; i < s->n; i++)
		json_array_append_new(chips, chip_json(s, &s->chip[i]));
	return json_pack("{s:s,s:I,s:i,s:I,s:I,s:I,s:I,s:I,s:s,s:s,s:b,s:i,s:o}",
		"file", s->file, "bytes", (json_int_t)s->map.len, "rounds", (int)s->rounds,
		"written", (json_int_t)s->written, "write_ns", (json_int_t)s->write_ns,
		"read", (json_int_t)s->read, "read_ns", (json_int_t)s->read_ns,
		"compute_ns", (json_int_t)s->run_ns,
		"sha256", out_hex(s->want, SHA256_LEN, want),
		"sha256_read_back", all ? out_hex(s->got, SHA256_LEN, got) : "",
		"equal", all && !memcmp(s->want, s->got, SHA256_LEN), "wrong_results",
		(int)s->bad, "chips", chips);
}
