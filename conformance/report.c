/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The plain reports: JUnit, the card of a failure; and which report goes where.
 */
#include "conformance/report.h"
#include "conformance/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

bool wc_report_proven(const struct wc_run *r, const char *req)
{
	bool pass = false;

	for (unsigned i = 0; i < r->count; i++) {
		const struct wc_outcome *o = &r->outcome[i];

		if (o->v.kind == WC_NA || !wc_cites(o->c, req))
			continue;
		if (o->v.kind != WC_PASS)
			return false;
		pass = true;
	}
	return pass;
}

static bool printable(unsigned char ch)
{
	return ch >= 0x20 && ch < 0x7f;
}

void wc_put_xml(FILE *to, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&': fputs("&amp;", to); break;
		case '<': fputs("&lt;", to); break;
		case '>': fputs("&gt;", to); break;
		case '"': fputs("&quot;", to); break;
		case '\n': fputc('\n', to); break;
		default: fputc(printable((unsigned char)*text) ? *text : '?', to);
		}
	}
}

void wc_put_json(FILE *to, const char *text)
{
	fputc('"', to);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', to);
		if (*text == '\n')
			fputs("\\n", to);
		else
			fputc(printable((unsigned char)*text) ? *text : '?', to);
	}
	fputc('"', to);
}

/* ---- the same again -------------------------------------------------------------------- */

/* A word of a command, as a shell takes it. */
static void put_word(FILE *to, const char *text)
{
	if (*text && strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			    "-_./:,=@%+") == strlen(text)) {
		fputs(text, to);
		return;
	}
	fputc('\'', to);
	for (; *text; text++)
		if (*text == '\'')
			fputs("'\\''", to);
		else
			fputc(*text, to);
	fputc('\'', to);
}

static void put_option(FILE *to, const char *name, const char *value)
{
	if (!value)
		return;
	fprintf(to, " %s ", name);
	put_word(to, value);
}

void wc_report_again(const struct wc_run *r, const struct wc_outcome *o, FILE *to)
{
	if (r->folder && o->c->observer) {
		fputs("weft-conform judge ", to);
		put_word(to, r->folder);
		return;
	}
	if (r->folder) {
		fputs("weft-conform replay ", to);
		put_word(to, r->folder);
		fprintf(to, "/tests/%s", o->c->id);
		return;
	}
	fputs("weft-conform run", to);
	if (r->config) {
		fputc(' ', to);
		put_word(to, r->config);
	}
	put_option(to, "--dut", r->url);
	put_option(to, "--local", r->local);
	put_option(to, "--upper", r->upper);
	if (o->c->observer)
		return;
	if (r->patience_ms && r->patience_ms != WC_PATIENCE_MS)
		fprintf(to, " --patience %u", r->patience_ms);
	if (r->insist)
		fputs(" --no-rig-check", to);
	fprintf(to, " --seed %" PRIx64 " %s", r->seed, o->c->id);
}

/* ---- card ------------------------------------------------------------------------------- */

void wc_report_card(const struct wc_run *r, const struct wc_outcome *o, FILE *to)
{
	const struct wc_verdict *v = &o->v;

	fprintf(to, "%s %s v%u  %s\n", wc_verdict_name(v->kind), o->c->id, o->c->version,
		o->c->title);
	fprintf(to, "  code       %s\n", v->code);
	fprintf(to, "  rules      %s\n", o->c->reqs);
	fprintf(to, "  case       %s\n", o->c->stimulus);
	fprintf(to, "  must give  %s\n", o->c->expected);
	fprintf(to, "  stimulus   %s\n", v->stimulus[0] ? v->stimulus : "-");
	fprintf(to, "  expected   %s\n", v->expected[0] ? v->expected : "-");
	fprintf(to, "  observed   %s\n", v->observed[0] ? v->observed : "-");
	fprintf(to, "  reached    %u of %u checkpoints\n", v->reached, v->checkpoints);
	fprintf(to, "  evidence   fail/%s/capture.pcapng", o->c->id);
	if (v->evidence != WC_NONE)
		fprintf(to, ", record #%zu", v->evidence);
	fputs("\n  again      ", to);
	wc_report_again(r, o, to);
	fputc('\n', to);
}

/* ---- JUnit ------------------------------------------------------------------------------ */

static void xml_attr(FILE *f, const char *name, const char *value)
{
	fprintf(f, " %s=\"", name);
	wc_put_xml(f, value);
	fputc('"', f);
}

static void junit_case(FILE *f, const struct wc_outcome *o)
{
	static const char *const element[WC_VERDICTS] = {
		NULL, "failure", "error", "skipped", "error",
	};
	const char *e = element[o->v.kind];

	fputs("  <testcase", f);
	xml_attr(f, "name", o->c->id);
	xml_attr(f, "classname", wc_area_of(o->c)->name);
	fprintf(f, " time=\"%.3f\">\n    <properties>", o->ms / 1e3);
	fputs("<property name=\"rules\"", f);
	xml_attr(f, "value", o->c->reqs);
	fputs("/><property name=\"title\"", f);
	xml_attr(f, "value", o->c->title);
	fputs("/></properties>\n", f);
	if (e) {
		fprintf(f, "    <%s", e);
		xml_attr(f, "message", o->v.code);
		if (o->v.kind == WC_NA) {
			fputs("/>\n", f);
		} else {
			xml_attr(f, "type", wc_verdict_name(o->v.kind));
			fputs(">expected: ", f);
			wc_put_xml(f, o->v.expected);
			fputs("\nobserved: ", f);
			wc_put_xml(f, o->v.observed);
			fprintf(f, "</%s>\n", e);
		}
	}
	fputs("  </testcase>\n", f);
}

int wc_report_junit(const struct wc_run *r, const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f)
		return -errno;
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n <testsuite", f);
	xml_attr(f, "name", "weft-conform");
	fprintf(f, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\" time=\"%.3f\">\n",
		r->count, r->totals[WC_FAIL], r->totals[WC_ERROR] + r->totals[WC_INCONC],
		r->totals[WC_NA], r->ms / 1e3);
	for (unsigned i = 0; i < r->count; i++)
		junit_case(f, &r->outcome[i]);
	fputs(" </testsuite>\n</testsuites>\n", f);
	return wc_file_close(f);
}

/* ---- all -------------------------------------------------------------------------------- */

void wc_report_forget(const struct wc_run *r, const struct wc_case *c)
{
	static const char *const name[] = { "capture.pcapng", "card.txt", "." };
	char path[1024];

	for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
		snprintf(path, sizeof(path), "%s/fail/%s/%s", r->out, c->id, name[i]);
		if (i == 2)
			path[strlen(path) - 2] = 0;
		remove(path);
	}
}

static int keep_failure(const struct wc_run *r, const struct wc_outcome *o)
{
	char path[1024];
	FILE *f;
	int rc;

	snprintf(path, sizeof(path), "%s/fail/%s", r->out, o->c->id);
	rc = wc_mkdirs(path);
	if (rc)
		return rc;
	snprintf(path, sizeof(path), "%s/fail/%s/capture.pcapng", r->out, o->c->id);
	rc = wc_report_pcap(o, path);
	if (rc)
		return rc;
	snprintf(path, sizeof(path), "%s/fail/%s/card.txt", r->out, o->c->id);
	f = fopen(path, "w");
	if (!f)
		return -errno;
	wc_report_card(r, o, f);
	return wc_file_close(f);
}

int wc_report_all(const struct wc_run *r, char *err, size_t errlen)
{
	static const struct {
		const char *name;
		int (*write)(const struct wc_run *, const char *);
	} report[] = {
		{ "results.json", wc_report_json },
		{ "junit.xml", wc_report_junit },
		{ "index.html", wc_report_html },
	};
	int rc = wc_mkdirs(r->out);

	for (unsigned i = 0; i < r->count && !rc; i++) {
		wc_report_forget(r, r->outcome[i].c);
		if (r->outcome[i].v.kind != WC_PASS && r->outcome[i].v.kind != WC_NA &&
		    r->outcome[i].ran)
			rc = keep_failure(r, &r->outcome[i]);
	}
	for (size_t i = 0; i < sizeof(report) / sizeof(report[0]) && !rc; i++) {
		char path[1024];

		snprintf(path, sizeof(path), "%s/%s", r->out, report[i].name);
		rc = report[i].write(r, path);
	}
	if (rc)
		snprintf(err, errlen, "%s: reports cannot be written: %s", r->out, strerror(-rc));
	return rc;
}
