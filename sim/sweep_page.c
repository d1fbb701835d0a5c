/* SPDX-License-Identifier: BSD-2-Clause */
/* See sweep_page.h. */
#include <stdlib.h>
#include <string.h>

#include "sim/svg.h"
#include "sim/sweep_page.h"

static const char head[] =
"<!doctype html>\n"
"<html lang=\"en\">\n"
"<meta charset=\"utf-8\">\n"
"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
"<style>\n"
":root{--bg:#fff;--fg:#1b1f24;--soft:#57606a;--line:#d8dee4;--tile:#f6f8fa;--bad:#c62828;\n"
"--c0:#0072b2}\n"
"@media(prefers-color-scheme:dark){:root{--bg:#14181d;--fg:#e6e9ec;--soft:#9aa4ae;\n"
"--line:#323a42;--tile:#1d232a;--bad:#ff7b72;--c0:#4aa8e0}}\n"
"body{margin:0 auto;max-width:1200px;padding:24px 20px 60px;background:var(--bg);\n"
"color:var(--fg);font:15px/1.5 system-ui,sans-serif}\n"
"h1{font-size:24px;margin:0 0 2px}.sub{color:var(--soft)}\n"
".find{display:flex;flex-wrap:wrap;gap:8px 18px;margin:14px 0}\n"
"input,select{font:inherit;color:inherit;background:var(--tile);border:1px solid var(--line);\n"
"border-radius:6px;padding:3px 8px}\n"
"table{border-collapse:collapse;font-size:14px;display:block;overflow-x:auto}\n"
"th,td{padding:3px 12px 3px 0;text-align:left;border-bottom:1px solid var(--line);\n"
"white-space:nowrap}th button{all:unset;cursor:pointer;font-weight:600}\n"
"th[aria-sort=ascending] button::after{content:' \\2191'}\n"
"th[aria-sort=descending] button::after{content:' \\2193'}\n"
"tr.failed td{color:var(--bad)}\n"
"svg{width:100%;height:auto;display:block}.bar{fill:var(--c0)}\n"
"svg text{fill:var(--fg);font:13px system-ui,sans-serif}\n"
"@media print{.find{display:none}}\n"
"</style>\n";

/* Sorts, finds and plots the table that stands in the page; texts stay texts, never HTML. */
static const char script[] =
"<script>\n"
"'use strict';\n"
"const table = document.querySelector('table'), body = table.tBodies[0];\n"
"const heads = [...table.tHead.rows[0].cells], varies = +table.dataset.varies;\n"
"const plot = document.querySelector('svg'), what = document.querySelector('#what');\n"
"const find = document.querySelector('#find'), shown = document.querySelector('#shown');\n"
"const value = (row, i) => { const t = row.cells[i].textContent;\n"
"  return t !== '' && isFinite(t) ? +t : t; };\n"
"const order = (a, b) => typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) :\n"
"  typeof a === 'number' ? -1 : 1;\n"
"const visible = () => [...body.rows].filter(r => !r.hidden);\n"
"function add(name, attributes, text) {\n"
"  const e = document.createElementNS('http://www.w3.org/2000/svg', name);\n"
"  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);\n"
"  e.textContent = text; plot.append(e); }\n"
"function draw() {\n"
"  const rows = visible(), i = +what.value, all = rows.map(r => +value(r, i) || 0);\n"
"  const most = Math.max(...all, 1e-300);\n"
"  plot.replaceChildren();\n"
"  plot.setAttribute('viewBox', `0 0 1160 ${22 * rows.length + 4}`);\n"
"  rows.forEach((r, k) => {\n"
"    const name = [...r.cells].slice(1, 1 + varies).map(c => c.textContent).join(' \\u00b7 ');\n"
"    add('text', {x: 0, y: 22 * k + 16}, name);\n"
"    add('rect', {class: 'bar', x: 330, y: 22 * k + 3, height: 17,\n"
"      width: Math.max(all[k], 0) / most * 700}, '');\n"
"    add('text', {x: 336 + Math.max(all[k], 0) / most * 700, y: 22 * k + 16},\n"
"      r.cells[i].textContent); });\n"
"  shown.textContent = rows.length === 1 ? '1 run shown' : `${rows.length} runs shown`; }\n"
"heads.forEach((h, i) => h.firstElementChild.addEventListener('click', () => {\n"
"  const down = h.getAttribute('aria-sort') === 'ascending';\n"
"  heads.forEach(o => o.removeAttribute('aria-sort'));\n"
"  h.setAttribute('aria-sort', down ? 'descending' : 'ascending');\n"
"  body.append(...[...body.rows].sort((a, b) =>\n"
"    (down ? -1 : 1) * order(value(a, i), value(b, i))));\n"
"  draw(); }));\n"
"find.addEventListener('input', () => {\n"
"  const words = find.value.toLowerCase().split(/\\s+/).filter(w => w);\n"
"  for (const r of body.rows) { const t = r.textContent.toLowerCase();\n"
"    r.hidden = !words.every(w => t.includes(w)); }\n"
"  draw(); });\n"
"heads.forEach((h, i) => { if (i > varies + 2 && i < heads.length - 1)\n"
"  what.add(new Option(h.textContent, i)); });\n"
"what.addEventListener('change', draw);\n"
"draw();\n"
"</script>\n";

/* The next field of a line of CSV, its quotes taken away in place; NULL: there is none. */
static char *field(char **at)
{
	char *from = *at, *to = *at, *p = *at;
	bool quoted = p && *p == '"';

	if (!p)
		return NULL;
	for (p += quoted; *p && (quoted || (*p != ',' && *p != '\n')); p++) {
		if (quoted && *p == '"' && p[1] != '"')
			quoted = false;
		else {
			p += quoted && *p == '"';
			*to++ = *p;
		}
	}
	*at = *p == ',' ? p + 1 : NULL;
	*to = '\0';
	return from;
}

static void line_of(char *line, const char *tag, FILE *out)
{
	char *at = line, *text;

	while ((text = field(&at))) {
		fprintf(out, *tag == 'h' ? "<th><button>" : "<td>");
		sim_html_text(out, text);
		fprintf(out, *tag == 'h' ? "</button></th>" : "</td>");
	}
	fputs("</tr>\n", out);
}

/* The field after those that were varied says whether the run was complete. */
static bool failed(const char *line, unsigned varies)
{
	char *copy = strdup(line), *at = copy, *text = copy;

	for (unsigned i = 0; i < varies + 2 && text; i++)
		text = field(&at);
	bool is = text && !strcmp(text, "0");

	free(copy);
	return is;
}

int sim_sweep_page(FILE *csv, const char *name, unsigned varies, FILE *out)
{
	char *line = NULL;
	size_t size = 0;

	if (getline(&line, &size, csv) < 0) {
		free(line);
		return -1;
	}
	fputs(head, out);
	fputs("<title>weft-sim sweep: ", out);
	sim_html_text(out, name);
	fputs("</title>\n<h1>", out);
	sim_html_text(out, name);
	fputs("</h1>\n<p class=\"sub\">All combinations of what was varied, a run each. A click on "
	      "a head sorts by it.</p>\n<div class=\"find\"><input id=\"find\" type=\"search\" "
	      "placeholder=\"find\" aria-label=\"find runs\"><label>plot <select id=\"what\">"
	      "</select></label><span id=\"shown\"></span></div>\n<svg role=\"img\" "
	      "aria-label=\"the result of each run\"></svg>\n", out);
	fprintf(out, "<table data-varies=\"%u\"><thead><tr>", varies);
	line_of(line, "h", out);
	fputs("</thead><tbody>\n", out);
	while (getline(&line, &size, csv) >= 0) {
		fputs(failed(line, varies) ? "<tr class=\"failed\">" : "<tr>", out);
		line_of(line, "d", out);
	}
	free(line);
	fputs("</tbody></table>\n", out);
	fputs(script, out);
	fputs("</html>\n", out);
	return ferror(csv) ? -1 : 0;
}
