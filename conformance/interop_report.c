/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The matrix as a table for people, in text and as a page that needs no other file, and as JSON.
 */
#include "conformance/interop.h"
#include "conformance/file.h"
#include "conformance/report.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define NAME_COLS	24
#define CELL_COLS	25

static const struct wc_cell *cell_of(const struct wc_interop *x, unsigned i, unsigned t, unsigned f)
{
	for (unsigned n = 0; n < x->n; n++)
		if (x->cell[n].initiator == &x->m->implementations[i] &&
		    x->cell[n].target == &x->m->implementations[t] &&
		    x->cell[n].faults == &x->m->faults[f])
			return &x->cell[n];
	return NULL;
}

/* The code of its worst finding: of the first of them. */
static const char *code_of(const struct wc_cell *c)
{
	for (unsigned k = 0; k < c->n; k++)
		if (c->finding[k].kind == c->kind && c->kind != WC_PASS)
			return c->finding[k].code;
	return "";
}

/* A pair has a row if a cell of it was run. */
static bool has_row(const struct wc_interop *x, unsigned i, unsigned t)
{
	for (unsigned f = 0; f < x->m->faults_count; f++)
		if (cell_of(x, i, t, f))
			return true;
	return false;
}

struct pairs {
	unsigned all, good;
};

/* Pairs whose cells all passed, of those that can meet. */
static struct pairs pairs_of(const struct wc_interop *x)
{
	struct pairs p = { 0, 0 };

	for (unsigned i = 0; i < x->m->implementations_count; i++)
		for (unsigned t = 0; t < x->m->implementations_count; t++) {
			bool any = false, good = true;

			for (unsigned f = 0; f < x->m->faults_count; f++) {
				const struct wc_cell *c = cell_of(x, i, t, f);

				any |= c && c->kind != WC_NA;
				good &= !c || c->kind == WC_PASS || c->kind == WC_NA;
			}
			p.all += any;
			p.good += any && good;
		}
	return p;
}

/* ---- text --------------------------------------------------------------------------------- */

static void text_row(const struct wc_interop *x, unsigned i, unsigned t, FILE *f)
{
	char pair[80], word[64];

	snprintf(pair, sizeof(pair), "%s > %s", x->m->implementations[i].name,
		 x->m->implementations[t].name);
	fprintf(f, "%-*s", NAME_COLS, pair);
	for (unsigned k = 0; k < x->m->faults_count; k++) {
		const struct wc_cell *c = cell_of(x, i, t, k);

		snprintf(word, sizeof(word), "%s%s%.*s", c ? wc_verdict_name(c->kind) : "-",
			 c && code_of(c)[0] ? " " : "", CELL_COLS - 8, c ? code_of(c) : "");
		fprintf(f, " %-*s", CELL_COLS, word);
	}
	fputc('\n', f);
}

void wc_interop_text(const struct wc_interop *x, FILE *f)
{
	struct pairs p = pairs_of(x);

	fprintf(f, "%-*s", NAME_COLS, "initiator > target");
	for (unsigned k = 0; k < x->m->faults_count; k++)
		fprintf(f, " %-*s", CELL_COLS, x->m->faults[k].name);
	fputc('\n', f);
	for (unsigned i = 0; i < x->m->implementations_count; i++)
		for (unsigned t = 0; t < x->m->implementations_count; t++)
			if (has_row(x, i, t))
				text_row(x, i, t, f);
	for (unsigned n = 0; n < x->n; n++)
		for (unsigned k = 0; k < x->cell[n].n; k++) {
			const struct wc_finding *d = &x->cell[n].finding[k];

			if (d->kind != WC_PASS && d->kind != WC_NA)
				fprintf(f, "%s %s: %s: %s\n", x->cell[n].folder,
					wc_verdict_name(d->kind), d->code, d->text);
		}
	fprintf(f, "%u cells:", x->n);
	for (unsigned v = 0; v < WC_VERDICTS; v++)
		if (x->totals[v])
			fprintf(f, " %u %s", x->totals[v], wc_verdict_name(v));
	fprintf(f, "; %u of %u pairs without a fault of theirs\n", p.good, p.all);
}

/* ---- JSON --------------------------------------------------------------------------------- */

static void json_member(FILE *f, const char *name, const char *text)
{
	fprintf(f, "\"%s\": ", name);
	wc_put_json(f, text);
}

static void json_cell(FILE *f, const struct wc_cell *c)
{
	fputs("    {", f);
	json_member(f, "initiator", c->initiator->name);
	fputs(", ", f);
	json_member(f, "target", c->target->name);
	fputs(", ", f);
	json_member(f, "faults", c->faults->name);
	fputs(", ", f);
	json_member(f, "verdict", wc_verdict_name(c->kind));
	fputs(", ", f);
	json_member(f, "code", code_of(c));
	fputs(", ", f);
	json_member(f, "folder", c->folder);
	fprintf(f, ",\n     \"seconds\": %.3f, \"packets\": [%" PRIu64 ", %" PRIu64
		"], \"mishaps\": %" PRIu64 ", \"observers_passed\": [%u, %u],\n"
		"     \"findings\": [",
		c->seconds, c->packets[0], c->packets[1], c->mishaps, c->passed[0], c->passed[1]);
	for (unsigned k = 0; k < c->n; k++) {
		fputs(k ? ",\n       {" : "\n       {", f);
		json_member(f, "verdict", wc_verdict_name(c->finding[k].kind));
		fputs(", ", f);
		json_member(f, "code", c->finding[k].code);
		fputs(", ", f);
		json_member(f, "text", c->finding[k].text);
		fputc('}', f);
	}
	fputs("]}", f);
}

int wc_interop_json(const struct wc_interop *x, const char *path)
{
	struct pairs p = pairs_of(x);
	FILE *f = fopen(path, "w");

	if (!f)
		return -errno;
	fputs("{\n  ", f);
	json_member(f, "matrix", x->path);
	fputs(",\n  \"totals\": {", f);
	for (unsigned v = 0; v < WC_VERDICTS; v++)
		fprintf(f, "%s\"%s\": %u", v ? ", " : "", wc_verdict_name(v), x->totals[v]);
	fprintf(f, "},\n  \"pairs\": {\"all\": %u, \"good\": %u},\n  \"cells\": [\n", p.all,
		p.good);
	for (unsigned n = 0; n < x->n; n++) {
		json_cell(f, &x->cell[n]);
		fputs(n + 1 < x->n ? ",\n" : "\n", f);
	}
	fputs("  ]\n}\n", f);
	return wc_file_close(f);
}

/* ---- the page ----------------------------------------------------------------------------- */

static const char style[] =
	":root{color-scheme:light dark;--bg:#fff;--fg:#1c2530;--dim:#66727f;--line:#dde3ea;"
	"--ok:#1a7f4b;--bad:#c62f35;--warn:#a96a00;--off:#8893a0;--err:#7b3fb3}\n"
	"@media(prefers-color-scheme:dark){:root{--bg:#14181d;--fg:#dbe2ea;--dim:#8d99a6;"
	"--line:#2b333c;--ok:#4cc38a;--bad:#ff6b70;--warn:#e0a33a;--off:#77828e;--err:#b98ae6}}\n"
	"body{margin:0 auto;max-width:70rem;padding:2rem 1.25rem 4rem;background:var(--bg);"
	"color:var(--fg);font:15px/1.5 system-ui,sans-serif}h1{font-size:1.5rem}"
	"h2{font-size:1.1rem;margin:2rem 0 .4rem}.dim{color:var(--dim)}\n"
	".PASS{color:var(--ok)}.FAIL{color:var(--bad)}.INCONC{color:var(--warn)}"
	".NA{color:var(--off)}.ERROR{color:var(--err)}"
	".wide{overflow-x:auto}table{border-collapse:collapse}th,td{text-align:left;"
	"padding:.3rem .7rem;border-bottom:1px solid var(--line);vertical-align:top}"
	"th{color:var(--dim);font-weight:500}code{font:13px/1.45 ui-monospace,monospace}"
	"a{color:inherit}td small{display:block}\n";

static void html_table(const struct wc_interop *x, FILE *f)
{
	fputs("<div class=wide><table><tr><th>Initiator<th>Target", f);
	for (unsigned k = 0; k < x->m->faults_count; k++) {
		fputs("<th>", f);
		wc_put_xml(f, x->m->faults[k].name);
	}
	for (unsigned i = 0; i < x->m->implementations_count; i++)
		for (unsigned t = 0; t < x->m->implementations_count; t++) {
			if (!has_row(x, i, t))
				continue;
			fputs("\n<tr><th>", f);
			wc_put_xml(f, x->m->implementations[i].name);
			fputs("<th>", f);
			wc_put_xml(f, x->m->implementations[t].name);
			for (unsigned k = 0; k < x->m->faults_count; k++) {
				const struct wc_cell *c = cell_of(x, i, t, k);
				const char *v = c ? wc_verdict_name(c->kind) : "NA";

				fprintf(f, "<td class=%s>", v);
				if (!c) {
					fputs("-", f);
					continue;
				}
				fputs("<a href=\"#", f);
				wc_put_xml(f, c->folder);
				fprintf(f, "\">%s</a><small>", v);
				wc_put_xml(f, code_of(c));
				fputs("</small>", f);
			}
		}
	fputs("\n</table></div>\n", f);
}

static void html_cell(const struct wc_interop *x, const struct wc_cell *c, FILE *f)
{
	fputs("<h2 id=\"", f);
	wc_put_xml(f, c->folder);
	fprintf(f, "\"><span class=%s>%s</span> ", wc_verdict_name(c->kind),
		wc_verdict_name(c->kind));
	wc_put_xml(f, c->folder);
	fprintf(f, "</h2>\n<p class=dim>%" PRIu64 " packets there, %" PRIu64 " back, %" PRIu64
		" mishaps, %.1f s; observers that passed: %u of the initiator, %u of the target. "
		"Again: <code>weft-conform interop ", c->packets[0], c->packets[1], c->mishaps,
		c->seconds, c->passed[0], c->passed[1]);
	wc_put_xml(f, x->path);
	fputc(' ', f);
	wc_put_xml(f, c->folder);
	fputs("</code></p>\n<table>\n", f);
	for (unsigned k = 0; k < c->n; k++) {
		const char *v = wc_verdict_name(c->finding[k].kind);

		fprintf(f, "<tr><td class=%s>%s<td><code>", v, v);
		wc_put_xml(f, c->finding[k].code);
		fputs("</code><td>", f);
		wc_put_xml(f, c->finding[k].text);
		fputc('\n', f);
	}
	fputs("</table>\n", f);
}

int wc_interop_html(const struct wc_interop *x, const char *path)
{
	struct pairs p = pairs_of(x);
	FILE *f = fopen(path, "w");

	if (!f)
		return -errno;
	fprintf(f, "<!doctype html>\n<html lang=en><meta charset=utf-8>\n<meta name=viewport "
		"content=\"width=device-width,initial-scale=1\">\n<title>weft-conform interop: "
		"%u of %u pairs</title>\n<style>%s</style>\n<h1>Weft interoperability</h1>\n"
		"<p>%u of %u pairs without a fault of theirs.</p>\n", p.good, p.all, style,
		p.good, p.all);
	html_table(x, f);
	for (unsigned v = WC_VERDICTS; v-- > 0;)
		for (unsigned n = 0; n < x->n; n++)
			if (x->cell[n].kind == v && v != WC_PASS && v != WC_NA)
				html_cell(x, &x->cell[n], f);
	for (unsigned n = 0; n < x->n; n++)
		if (x->cell[n].kind == WC_PASS || x->cell[n].kind == WC_NA)
			html_cell(x, &x->cell[n], f);
	fputs("</html>\n", f);
	return wc_file_close(f);
}
