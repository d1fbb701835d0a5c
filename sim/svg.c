/* SPDX-License-Identifier: BSD-2-Clause */
/* See svg.h. */
#include <math.h>
#include <string.h>

#include "sim/svg.h"

void sim_html_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			fputc(*text, out);
		}
	}
}

double sim_round_step(double span, int parts)
{
	double raw = span / parts, unit = pow(10, floor(log10(raw)));

	if (raw <= unit)
		return unit;
	if (raw <= 2 * unit)
		return 2 * unit;
	return raw <= 5 * unit ? 5 * unit : 10 * unit;
}

static double px(const struct sim_plot *p, double x)
{
	double w = p->width - p->left - p->right;

	return p->left + (x - p->x0) / (p->x1 - p->x0) * w;
}

static double py(const struct sim_plot *p, double y)
{
	double h = p->height - p->top - p->bottom;

	return p->height - p->bottom - (y - p->y0) / (p->y1 - p->y0) * h;
}

static double clip(double v, double lo, double hi)
{
	return v < lo ? lo : v > hi ? hi : v;
}

static void x_axis(const struct sim_plot *p, const char *label)
{
	double step = sim_round_step(p->x1 - p->x0, 8), base = p->height - p->bottom;

	for (double x = ceil(p->x0 / step) * step; x <= p->x1 + step * 1e-6; x += step) {
		fprintf(p->out, "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" "
			"y2=\"%.1f\"/>\n", px(p, x), p->top, px(p, x), base);
		fprintf(p->out, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" "
			"text-anchor=\"middle\">%g</text>\n", px(p, x), base + 16, x);
	}
	fprintf(p->out, "<text class=\"label\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">",
		p->width - p->right, p->height - 4);
	sim_html_text(p->out, label);
	fputs("</text>\n", p->out);
}

static void y_axis(const struct sim_plot *p, const char *label, bool bare)
{
	double step = sim_round_step(p->y1 - p->y0, 5);

	for (double y = ceil(p->y0 / step) * step; !bare && y <= p->y1 + step * 1e-6; y += step) {
		fprintf(p->out, "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" "
			"y2=\"%.1f\"/>\n", p->left, py(p, y), p->width - p->right, py(p, y));
		fprintf(p->out, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" "
			"text-anchor=\"end\">%g</text>\n", p->left - 6, py(p, y) + 4, y);
	}
	fprintf(p->out, "<text class=\"label\" x=\"4\" y=\"%.1f\">", p->top - 8);
	sim_html_text(p->out, label);
	fputs("</text>\n", p->out);
}

void sim_plot_open(struct sim_plot *p, FILE *out, const char *title, const char *x_label,
		   const char *y_label, bool bare)
{
	p->out = out;
	fprintf(out, "<svg viewBox=\"0 0 %g %g\" role=\"img\" aria-label=\"", p->width, p->height);
	sim_html_text(out, title);
	fputs("\">\n", out);
	x_axis(p, x_label);
	y_axis(p, y_label, bare);
}

void sim_plot_close(struct sim_plot *p)
{
	fprintf(p->out, "<path class=\"frame\" d=\"M%.1f %.1fV%.1fH%.1f\"/>\n</svg>\n", p->left,
		p->top, p->height - p->bottom, p->width - p->right);
}

static void points(const struct sim_plot *p, const double *x, const double *y, size_t n, bool back)
{
	for (size_t i = 0; i < n; i++) {
		size_t k = back ? n - 1 - i : i;

		fprintf(p->out, "%.1f,%.1f ", px(p, clip(x[k], p->x0, p->x1)),
			py(p, clip(y[k], p->y0, p->y1)));
	}
}

void sim_plot_line(const struct sim_plot *p, const char *class, const double *x, const double *y,
		   size_t n)
{
	fprintf(p->out, "<polyline class=\"line %s\" points=\"", class);
	points(p, x, y, n, false);
	fputs("\"/>\n", p->out);
}

void sim_plot_band(const struct sim_plot *p, const char *class, const double *x, const double *lo,
		   const double *hi, size_t n)
{
	fprintf(p->out, "<polygon class=\"band %s\" points=\"", class);
	points(p, x, hi, n, false);
	points(p, x, lo, n, true);
	fputs("\"/>\n", p->out);
}

void sim_plot_rect(const struct sim_plot *p, const char *class, double xa, double xb, double ya,
		   double yb, const char *tip)
{
	double l = px(p, clip(xa, p->x0, p->x1)), r = px(p, clip(xb, p->x0, p->x1));
	double t = py(p, clip(yb, p->y0, p->y1)), b = py(p, clip(ya, p->y0, p->y1));

	fprintf(p->out, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\">",
		class, l, t, r - l, b - t);
	if (tip) {
		fputs("<title>", p->out);
		sim_html_text(p->out, tip);
		fputs("</title>", p->out);
	}
	fputs("</rect>\n", p->out);
}

void sim_plot_text(const struct sim_plot *p, const char *class, const char *anchor, double x,
		   double y, const char *text)
{
	fprintf(p->out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", class,
		px(p, x), py(p, y), anchor);
	sim_html_text(p->out, text);
	fputs("</text>\n", p->out);
}
