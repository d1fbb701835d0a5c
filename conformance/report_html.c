/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page of a run: totals, failures with their cards, verdicts by area, coverage of requirements.
 * One file that needs no other.
 */
#include "conformance/report.h"
#include "conformance/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LADDER	12u	/* packets of a failure that its card shows */

static const char style[] =
	":root{color-scheme:light dark;--bg:#fff;--fg:#1c2530;--dim:#66727f;--line:#dde3ea;"
	"--card:#f6f8fa;--ok:#1a7f4b;--bad:#c62f35;--warn:#a96a00;--off:#8893a0;--err:#7b3fb3}\n"
	"@media(prefers-color-scheme:dark){:root{--bg:#14181d;--fg:#dbe2ea;--dim:#8d99a6;"
	"--line:#2b333c;--card:#1c2229;--ok:#4cc38a;--bad:#ff6b70;--warn:#e0a33a;--off:#77828e;"
	"--err:#b98ae6}}\n"
	"body{margin:0 auto;max-width:70rem;padding:2rem 1.25rem 4rem;background:var(--bg);"
	"color:var(--fg);font:15px/1.5 system-ui,sans-serif}\n"
	"h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2.4rem 0 .6rem}"
	"p.sub{color:var(--dim);margin:.2rem 0 1.4rem}\n"
	".tot{display:flex;gap:.7rem;flex-wrap:wrap}.tot div{border:1px solid var(--line);"
	"border-radius:.5rem;padding:.5rem 1rem;min-width:4.6rem}"
	".tot b{display:block;font-size:1.5rem;line-height:1.25}\n"
	".PASS{color:var(--ok)}.FAIL{color:var(--bad)}.INCONC{color:var(--warn)}"
	".NA{color:var(--off)}.ERROR{color:var(--err)}\n"
	"table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.28rem .6rem;"
	"border-bottom:1px solid var(--line);vertical-align:top}"
	"th{color:var(--dim);font-weight:500;font-size:.86rem}"
	"td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}\n"
	"code,pre,.id{font:13px/1.45 ui-monospace,monospace}.id{white-space:nowrap}"
	"pre{background:var(--card);border:1px solid var(--line);border-left:4px solid var(--bad);"
	"border-radius:.4rem;padding:.8rem 1rem;white-space:pre-wrap;overflow-wrap:anywhere}\n"
	"pre.INCONC{border-left-color:var(--warn);color:inherit}"
	"pre.ERROR{border-left-color:var(--err);color:inherit}pre.FAIL{color:inherit}\n"
	"details summary{cursor:pointer}.dim{color:var(--dim)}"
	".bar{display:flex;height:.55rem;width:11rem;border-radius:.3rem;overflow:hidden;"
	"background:var(--line);margin-top:.42rem}.bar i{display:block}\n"
	".find{display:flex;gap:1rem;flex-wrap:wrap;align-items:center;margin:1.6rem 0 0}"
	".find input[type=search]{flex:1 1 16rem;font:inherit;padding:.4rem .7rem;color:inherit;"
	"background:var(--card);border:1px solid var(--line);border-radius:.4rem}"
	"details.ladder{margin:-.6rem 0 1.2rem}details.ladder pre{white-space:pre;overflow-x:auto;"
	"border-left-color:var(--line)}[hidden]{display:none!important}\n"
	"@media print{.find{display:none}body{max-width:none;padding:0}pre,tr{break-inside:avoid}"
	"h2{break-after:avoid}details.ladder pre{white-space:pre-wrap}}\n";

/* Rows with data-v are cases, with data-r requirements: those are shown that hold each word. */
static const char script[] =
	"(function(){var q=document.getElementById('find'),n=document.getElementById('shown'),"
	"k=[].slice.call(document.querySelectorAll('.find input[type=checkbox]')),"
	"rows=[].slice.call(document.querySelectorAll('[data-v],[data-r]'));\n"
	"function go(){var w=q.value.toLowerCase().split(/\\s+/),on={},c=0;"
	"k.forEach(function(x){on[x.value]=x.checked});"
	"rows.forEach(function(r){var t=r.textContent.toLowerCase(),v=r.dataset.v,"
	"s=w.every(function(x){return t.indexOf(x)>=0})&&(!v||on[v]);"
	"r.hidden=!s;if(s&&v&&r.tagName=='TR')c++});"
	"n.textContent=c+(c==1?' case shown':' cases shown')}\n"
	"q.addEventListener('input',go);k.forEach(function(x){x.addEventListener('change',go)});"
	"go()})();\n";

static const char *const tone[WC_VERDICTS] = { "ok", "bad", "warn", "off", "err" };

static void text(FILE *f, const char *s)
{
	wc_put_xml(f, s);
}

/* Is it about a capture? */
static bool captured(const struct wc_run *r)
{
	return r->count && r->outcome[0].c->observer;
}

static void device(FILE *f, const struct wc_run *r)
{
	const struct wc_declared *d = &r->declared;

	fputs("<p class=sub>Device ", f);
	if (d->vendor || d->product) {
		text(f, d->vendor ? d->vendor : "");
		fputc(' ', f);
		text(f, d->product ? d->product : "");
		fputc(' ', f);
		text(f, d->version ? d->version : "");
		fputs(" at ", f);
	}
	fputs("<code>", f);
	text(f, r->url);
	fputs("</code>. ", f);
	if (r->claims.hello)
		fprintf(f, "It claims Chip ID %016" PRIx64 ", class %s, modes%s%s, %" PRIu64
			" bytes of payload, a window of %" PRIu64 " packets%s. ",
			r->claims.h.chip_id, wc_class_name(r->claims.h.class_),
			r->claims.h.modes & WC_MODES_RUD ? " RUD" : "",
			r->claims.h.modes & WC_MODES_ROD ? " ROD" : "", r->claims.h.max_payload,
			r->claims.h.max_window,
			r->claims.personality ? ", and offers its test personality" : "");
	else
		fputs(captured(r) ? "It sends no HELLO in this capture. " :
		      "It did not answer HELLO. ", f);
	fprintf(f, "Seed %" PRIx64 ", %.2f s.</p>\n", r->seed, r->ms / 1e3);
}

static void totals(FILE *f, const struct wc_run *r)
{
	fputs("<div class=tot>", f);
	for (unsigned k = 0; k < WC_VERDICTS; k++) {
		const char *name = wc_verdict_name((enum wc_verdict_kind)k);

		fprintf(f, "<div class=%s><b>%u</b>%s</div>", name, r->totals[k], name);
	}
	fputs("</div>\n", f);
}

/* What was searched for, and which verdicts are shown. */
static void finder(FILE *f)
{
	fputs("<div class=find role=search><input type=search id=find aria-label=\"Search cases "
	      "and requirements\" placeholder=\"Search: words of a case, a code, a "
	      "requirement\">", f);
	for (unsigned k = 0; k < WC_VERDICTS; k++) {
		const char *name = wc_verdict_name((enum wc_verdict_kind)k);

		fprintf(f, "<label class=%s><input type=checkbox checked value=%s> %s</label>",
			name, name, name);
	}
	fputs("<span class=dim id=shown aria-live=polite></span></div>\n", f);
}

/* The last packets before the one that failed it, and that one, as a ladder. */
static void ladder(FILE *f, const struct wc_outcome *o)
{
	size_t end = o->v.evidence < o->tr.count ? o->v.evidence + 1 : o->tr.count, from = end;
	struct wc_view v;
	char line[256];

	for (unsigned n = 0; from && n < LADDER; from--)
		n += o->tr.rec[from - 1].kind == WC_R_TX || o->tr.rec[from - 1].kind == WC_R_RX;
	wc_view_init(&v, &o->tr);
	wc_view_update(&v);
	fprintf(f, "<details class=ladder id=\"ladder-%s\"><summary>The last packets</summary>"
		"<pre>", o->c->id);
	for (size_t i = from; i < end; i++) {
		const struct wc_rec *r = &o->tr.rec[i];

		if (r->kind != WC_R_TX && r->kind != WC_R_RX)
			continue;
		if (v.wrong[i])
			snprintf(line, sizeof(line), "%s", v.wrong[i]);
		else
			wc_frame_text(&v.f[i], line, sizeof(line));
		fprintf(f, "%10.3f ms  #%-4zu %s ", (double)r->t_ns / 1e6, i,
			r->kind == WC_R_TX ? "tester &#9472;&#9472;&#9654; device" :
			"tester &#9664;&#9472;&#9472; device");
		text(f, line);
		fputs(i + 1 == end && end <= o->v.evidence + 1 ? "   &#9668; here\n" : "\n", f);
	}
	fputs("</pre></details>\n", f);
	wc_view_free(&v);
}

static void card(FILE *f, const struct wc_run *r, const struct wc_outcome *o)
{
	char *buf = NULL;
	size_t len = 0;
	FILE *m = open_memstream(&buf, &len);

	if (!m)
		return;
	wc_report_card(r, o, m);
	fclose(m);
	fprintf(f, "<div data-v=%s><pre class=%s id=\"fail-%s\">", wc_verdict_name(o->v.kind),
		wc_verdict_name(o->v.kind), o->c->id);
	text(f, buf);
	fputs("</pre>\n", f);
	free(buf);
	ladder(f, o);
	fputs("</div>\n", f);
}

/* Why the rest did not run. */
static void stopped(FILE *f, const struct wc_run *r)
{
	if (!r->stop.code)
		return;
	fprintf(f, "<h2>Not all cases ran</h2>\n<pre class=INCONC>%s\n", r->stop.code);
	text(f, r->stop.text);
	fputs("</pre>\n", f);
}

static void failures(FILE *f, const struct wc_run *r)
{
	static const enum wc_verdict_kind order[] = { WC_FAIL, WC_ERROR, WC_INCONC };

	unsigned n = 0;

	for (unsigned i = 0; i < r->count; i++)
		n += r->outcome[i].ran && r->outcome[i].v.kind != WC_PASS &&
		     r->outcome[i].v.kind != WC_NA;
	if (!n)
		return;
	fputs("<h2>What went wrong</h2>\n", f);
	for (size_t k = 0; k < 3; k++)
		for (unsigned i = 0; i < r->count; i++)
			if (r->outcome[i].ran && r->outcome[i].v.kind == order[k])
				card(f, r, &r->outcome[i]);
}

static void area_row(FILE *f, const struct wc_run *r, const struct wc_area *a)
{
	unsigned n[WC_VERDICTS] = { 0 }, all = 0;

	for (unsigned i = 0; i < r->count; i++)
		if (wc_area_of(r->outcome[i].c) == a) {
			n[r->outcome[i].v.kind]++;
			all++;
		}
	if (!all)
		return;
	fprintf(f, "<tr><td class=id>%s<td>%s<td><div class=bar>", a->id, a->name);
	for (unsigned k = 0; k < WC_VERDICTS; k++)
		if (n[k])
			fprintf(f, "<i style=\"flex:%u;background:var(--%s)\"></i>", n[k], tone[k]);
	fputs("</div>", f);
	for (unsigned k = 0; k < WC_VERDICTS; k++)
		fprintf(f, "<td class=\"n %s\">%s%u", n[k] ? wc_verdict_name(
			(enum wc_verdict_kind)k) : "dim", "", n[k]);
	fputc('\n', f);
}

static void areas(FILE *f, const struct wc_run *r)
{
	fputs("<h2>By area</h2>\n<table><tr><th>Area<th><th>", f);
	for (unsigned k = 0; k < WC_VERDICTS; k++)
		fprintf(f, "<th class=n>%s", wc_verdict_name((enum wc_verdict_kind)k));
	fputc('\n', f);
	area_row(f, r, &wc_area_observers);
	for (const struct wc_area *a = wc_areas; a->id; a++)
		area_row(f, r, a);
	fputs("</table>\n", f);
}

static void case_row(FILE *f, const struct wc_outcome *o)
{
	const char *name = wc_verdict_name(o->v.kind);

	fprintf(f, "<tr id=\"%s\" data-v=%s><td class=id>%s<td><details><summary>", o->c->id, name,
		o->c->id);
	text(f, o->c->title);
	fputs("</summary><span class=dim>", f);
	text(f, o->c->stimulus);
	fputs("<br>&rarr; ", f);
	text(f, o->c->expected);
	fprintf(f, "<br>%u of %u checkpoints, %zu records<br></span><span class=id>",
		o->v.reached, o->v.checkpoints, o->records);
	text(f, o->c->reqs);
	if (o->ran && (o->v.kind == WC_FAIL || o->v.kind == WC_ERROR || o->v.kind == WC_INCONC))
		fprintf(f, "</span></details><td><a class=%s href=\"#fail-%s\">%s</a>"
			"<td class=id>", name, o->c->id, name);
	else
		fprintf(f, "</span></details><td class=%s>%s<td class=id>", name, name);
	text(f, o->v.code);
	fprintf(f, "<td class=n>%.1f\n", o->ms);
}

static void cases(FILE *f, const struct wc_run *r)
{
	fputs("<h2>Cases</h2>\n<table><tr><th>Case<th>Purpose<th>Verdict<th>Code"
	      "<th class=n>ms\n", f);
	for (unsigned i = 0; i < r->count; i++)
		case_row(f, &r->outcome[i]);
	fputs("</table>\n", f);
}

static bool citing(FILE *f, const struct wc_run *r, const char *id)
{
	bool any = false;

	for (unsigned i = 0; i < r->count; i++) {
		const struct wc_outcome *o = &r->outcome[i];

		if (!wc_cites(o->c, id))
			continue;
		if (f)
			fprintf(f, "<a class=\"id %s\" href=\"#%s\">%s</a> ",
				wc_verdict_name(o->v.kind), o->c->id, o->c->id);
		any = true;
	}
	return any;
}

/* What judges a requirement that no case of this run cites. */
static void otherwise(FILE *f, const struct wc_req *q)
{
	const struct wc_exception *e = wc_req_exception(q->id);

	if (wc_req_observed(q->id)) {
		fputs("observed in every case", f);
	} else if (e) {
		fprintf(f, "<details><summary>not judged: %s</summary>", e->word);
		text(f, e->reason);
		fprintf(f, "<br>Proven of the reference by <code>%s</code></details>", e->proof);
	} else {
		fputs(wc_req_cases(q->id) ? "by cases that this run left out" :
		      "a recommendation that nothing judges", f);
	}
}

static void req_rows(FILE *f, const struct wc_run *r, bool cited)
{
	for (const struct wc_req *q = wc_reqs; q->id; q++) {
		if (citing(NULL, r, q->id) != cited)
			continue;
		fprintf(f, "<tr%s data-r id=\"%s\"><td class=id>%s<td>",
			cited ? "" : " class=dim", q->id, q->id);
		text(f, q->text);
		fputs("<td>", f);
		if (!citing(f, r, q->id))
			otherwise(f, q);
		fputc('\n', f);
	}
}

static void coverage(FILE *f, const struct wc_run *r)
{
	unsigned all = 0, covered = 0, proven = 0, observed = 0, excepted = 0;

	for (const struct wc_req *q = wc_reqs; q->id; q++, all++) {
		bool cited = citing(NULL, r, q->id);

		covered += cited;
		proven += wc_report_proven(r, q->id);
		observed += !cited && wc_req_observed(q->id);
		excepted += !cited && !wc_req_observed(q->id) && wc_req_exception(q->id);
	}
	fprintf(f, "<h2>Requirements</h2>\n<p class=dim>Of %u requirements of the specification "
		"the cases of this run ask for %u, and prove %u: all their cases that apply "
		"passed. %u more are watched in every case, and %u are not judged, for the reason "
		"given.</p>\n<table><tr><th>Requirement<th>Text<th>Cases\n", all, covered, proven,
		observed, excepted);
	req_rows(f, r, true);
	req_rows(f, r, false);
	fputs("</table>\n", f);
}

int wc_report_html(const struct wc_run *r, const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f)
		return -errno;
	fprintf(f, "<!doctype html>\n<html lang=en><meta charset=utf-8>\n<meta name=viewport "
		"content=\"width=device-width,initial-scale=1\">\n<title>weft-conform: %u "
			"passed, %u "
		"failed</title>\n<style>%s</style>\n<h1>Weft conformance</h1>\n",
		r->totals[WC_PASS], r->totals[WC_FAIL], style);
	device(f, r);
	totals(f, r);
	finder(f);
	stopped(f, r);
	failures(f, r);
	areas(f, r);
	cases(f, r);
	coverage(f, r);
	fprintf(f, "<script>%s</script>\n</html>\n", script);
	return wc_file_close(f);
}
