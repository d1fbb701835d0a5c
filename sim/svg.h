/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plots as SVG, written straight into a page: axes with round ticks, lines, bands, rectangles. It
 * knows nothing of what is plotted. Colours are classes that the page's style sheet defines.
 */
#ifndef SIM_SVG_H
#define SIM_SVG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct sim_plot {
	FILE *out;
	double width, height;			/* of the whole, in SVG units */
	double left, right, top, bottom;	/* margins */
	double x0, x1, y0, y1;			/* data shown */
};

/*
 * Opens a plot of the data range given and draws its axes. `title` is read to those who cannot see
 * it. With bare set there are no ticks on the y axis.
 */
void sim_plot_open(struct sim_plot *p, FILE *out, const char *title, const char *x_label,
		   const char *y_label, bool bare);
void sim_plot_close(struct sim_plot *p);

/* A line through n points, cut at the edges of the data range. */
void sim_plot_line(const struct sim_plot *p, const char *class, const double *x, const double *y,
		   size_t n);

/* The area between two lines over the same x. */
void sim_plot_band(const struct sim_plot *p, const char *class, const double *x, const double *lo,
		   const double *hi, size_t n);

/* A rectangle in data coordinates, with a text that pointing at it shows. */
void sim_plot_rect(const struct sim_plot *p, const char *class, double xa, double xb, double ya,
		   double yb, const char *tip);

/* Text at a point, in data coordinates; anchor is start, middle or end. */
void sim_plot_text(const struct sim_plot *p, const char *class, const char *anchor, double x,
		   double y, const char *text);

/* Prints text with HTML's special characters escaped. */
void sim_html_text(FILE *out, const char *text);

/* A round step that divides `span` into about `parts`. */
double sim_round_step(double span, int parts);

#endif
