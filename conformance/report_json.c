/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reports for programs: results.json of a whole run, and results.jsonl, a line for each event as it
 * happens, which a crash of the tester leaves complete up to then.  Schemas: conformance/schema/.
 */
#include "conformance/report.h"
#include "conformance/file.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static void json_or_null(FILE *f, const char *text)
{
	if (text)
		wc_put_json(f, text);
	else
		fputs("null", f);
}

static void json_totals(FILE *f, const struct wc_run *r)
{
	for (unsigned k = 0; k < WC_VERDICTS; k++)
		fprintf(f, "%s\"%s\": %u", k ? ", " : "",
			wc_verdict_name((enum wc_verdict_kind)k), r->totals[k]);
}

static void json_device(FILE *f, const struct wc_run *r)
{
	const char *const name[] = { "vendor", "product", "version" };
	const char *const value[] = { r->declared.vendor, r->declared.product,
				      r->declared.version };

	fputs(",\n  \"declared\": {", f);
	for (unsigned i = 0; i < 3; i++) {
		fprintf(f, "%s\"%s\": ", i ? ", " : "", name[i]);
		json_or_null(f, value[i]);
	}
	fprintf(f, "},\n  \"stopped\": ");
	json_or_null(f, r->stop.code ? r->stop.text : NULL);
}

/* The head of the hash chain of what happened in it; null: it did not run. */
static void json_transcript(FILE *f, const struct wc_outcome *o)
{
	fputs(", \"transcript\": ", f);
	if (!o->ran) {
		fputs("null", f);
		return;
	}
	fputc('"', f);
	for (size_t i = 0; i < sizeof(o->tr.head); i++)
		fprintf(f, "%02x", o->tr.head[i]);
	fputc('"', f);
}

/* The members of a case's object. */
static void json_case(FILE *f, const struct wc_outcome *o)
{
	fputs("\"id\": ", f);
	wc_put_json(f, o->c->id);
	fprintf(f, ", \"version\": %u, \"area\": ", o->c->version);
	wc_put_json(f, wc_area_of(o->c)->name);
	fputs(", \"title\": ", f);
	wc_put_json(f, o->c->title);
	fputs(", \"requirements\": ", f);
	wc_put_json(f, o->c->reqs);
	fputs(", \"verdict\": ", f);
	wc_put_json(f, wc_verdict_name(o->v.kind));
	fputs(", \"code\": ", f);
	wc_put_json(f, o->v.code);
	fputs(", \"expected\": ", f);
	wc_put_json(f, o->v.expected);
	fputs(", \"observed\": ", f);
	wc_put_json(f, o->v.observed);
	fprintf(f, ", \"checkpoints\": %u, \"reached\": %u, \"records\": %zu, \"ms\": %.1f, "
		"\"ran\": %s", o->v.checkpoints, o->v.reached, o->records, o->ms,
		o->ran ? "true" : "false");
	json_transcript(f, o);
	if (o->tries > 1)
		fprintf(f, ", \"attempt\": %u", o->tries);
}

int wc_report_json(const struct wc_run *r, const char *path)
{
	FILE *f = fopen(path, "w");
	char hash[65];

	if (!f)
		return -errno;
	fputs("{\n  \"suite\": \"weft-conform\", \"protocol\": 1,\n  \"dut\": ", f);
	wc_put_json(f, r->url);
	json_device(f, r);
	wc_run_hash(r, hash);
	fprintf(f, ",\n  \"transcripts\": \"%s\"", hash);
	wc_run_stimulus(r, hash);
	fprintf(f, ", \"stimulus\": \"%s\"", hash);
	fprintf(f, ",\n  \"patience_ms\": %u, \"local\": ", r->patience_ms);
	json_or_null(f, r->local);
	fputs(", \"upper\": ", f);
	json_or_null(f, r->upper);
	fprintf(f, ",\n  \"seed\": \"%" PRIx64 "\", \"ms\": %.1f,\n  \"claims\": {"
		"\"hello\": %s, \"chip_id\": \"%016" PRIx64 "\", \"modes\": %" PRIu64
		", \"profiles\": %" PRIu64 ", \"max_payload\": %" PRIu64
		", \"max_window\": %" PRIu64 ", \"class\": %" PRIu64 "},\n  \"totals\": {", r->seed,
		r->ms, r->claims.hello ? "true" : "false", r->claims.h.chip_id, r->claims.h.modes,
		r->claims.h.profiles, r->claims.h.max_payload, r->claims.h.max_window,
		r->claims.h.class_);
	json_totals(f, r);
	fputs("},\n  \"cases\": [\n", f);
	for (unsigned i = 0; i < r->count; i++) {
		fputs("    {", f);
		json_case(f, &r->outcome[i]);
		fputs(i + 1 < r->count ? "},\n" : "}\n", f);
	}
	fputs("  ]\n}\n", f);
	return wc_file_close(f);
}

/* ---- a line for each event -------------------------------------------------------------- */

/* Each line is on disk before the next event: who reads it after a crash sees all that was. */
static void begin_line(struct wc_run *r, const char *event)
{
	fprintf(r->lines, "{\"seq\": %u, \"event\": \"%s\"", ++r->n_lines, event);
}

static void end_line(struct wc_run *r)
{
	fputs("}\n", r->lines);
	fflush(r->lines);
}

int wc_lines_open(struct wc_run *r, unsigned planned)
{
	char path[1024];
	int rc = wc_mkdirs(r->out);

	if (rc)
		return rc;
	snprintf(path, sizeof(path), "%s/results.jsonl", r->out);
	r->lines = fopen(path, "w");
	if (!r->lines)
		return -errno;
	begin_line(r, "run");
	fputs(", \"suite\": \"weft-conform\", \"protocol\": 1, \"dut\": ", r->lines);
	wc_put_json(r->lines, r->url);
	fprintf(r->lines, ", \"seed\": \"%" PRIx64 "\", \"planned\": %u", r->seed, planned);
	end_line(r);
	return 0;
}

void wc_lines_case(struct wc_run *r, const struct wc_outcome *o)
{
	if (!r->lines)
		return;
	begin_line(r, "case");
	fputs(", ", r->lines);
	json_case(r->lines, o);
	end_line(r);
}

int wc_lines_close(struct wc_run *r)
{
	char hash[65];
	FILE *f;

	if (!r->lines)
		return 0;
	if (r->stop.code) {
		begin_line(r, "stop");
		fprintf(r->lines, ", \"code\": \"%s\", \"text\": ", r->stop.code);
		wc_put_json(r->lines, r->stop.text);
		end_line(r);
	}
	begin_line(r, "end");
	fputs(", \"totals\": {", r->lines);
	json_totals(r->lines, r);
	wc_run_hash(r, hash);
	fprintf(r->lines, "}, \"transcripts\": \"%s\"", hash);
	wc_run_stimulus(r, hash);
	fprintf(r->lines, ", \"stimulus\": \"%s\"", hash);
	end_line(r);
	f = r->lines;
	r->lines = NULL;
	return wc_file_close(f);
}
