/* SPDX-License-Identifier: BSD-2-Clause */
/* Output of the commands.  See out.h. */
#include "tools/weft/out.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

bool out_json;

static bool bar_shown;

void out_error(const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	out_progress_clear();
	if (out_json) {
		json_t *doc = json_pack("{s:s}", "error", text);
		char *line = doc ? json_dumps(doc, JSON_COMPACT) : NULL;

		fprintf(stderr, "%s\n", line ? line : text);
		free(line);
		json_decref(doc);
		return;
	}
	fprintf(stderr, "weft: %s\n", text);
}

void out_document(json_t *doc)
{
	out_progress_clear();
	json_dumpf(doc, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
	putchar('\n');
	json_decref(doc);
}

static char *scaled(double v, const char *const *unit, double step, char buf[OUT_NUM])
{
	while (v >= step && unit[1]) {
		v /= step;
		unit++;
	}
	snprintf(buf, OUT_NUM, v < 10 ? "%.2f %s" : v < 100 ? "%.1f %s" : "%.0f %s", v, *unit);
	return buf;
}

char *out_bytes(double bytes, char buf[OUT_NUM])
{
	static const char *const unit[] = { "B", "kB", "MB", "GB", "TB", NULL };

	return scaled(bytes, unit, 1000, buf);
}

char *out_rate(double bytes, uint64_t ns, char buf[OUT_NUM])
{
	static const char *const unit[] = { "B/s", "kB/s", "MB/s", "GB/s", NULL };

	if (!ns || bytes <= 0) {	/* nothing was moved: there is no rate */
		memcpy(buf, "-", 2);
		return buf;
	}
	return scaled(bytes * 1e9 / (double)ns, unit, 1000, buf);
}

char *out_time(uint64_t ns, char buf[OUT_NUM])
{
	static const char *const unit[] = { "ns", "us", "ms", "s", NULL };

	return scaled((double)ns, unit, 1000, buf);
}

char *out_hex(const uint8_t *p, size_t n, char *buf)
{
	for (size_t i = 0; i < n; i++)
		snprintf(buf + 2 * i, 3, "%02x", p[i]);
	buf[2 * n] = '\0';
	return buf;
}

void out_progress(const char *what, uint64_t done, uint64_t total)
{
	enum { WIDTH = 30, EVERY_MS = 50 };
	static uint64_t last_ms;
	struct timespec t;
	uint64_t now_ms;
	int filled;

	if (!isatty(STDERR_FILENO) || out_json || !total)
		return;
	clock_gettime(CLOCK_MONOTONIC, &t);
	now_ms = (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
	if (done < total && bar_shown && now_ms - last_ms < EVERY_MS)
		return;
	last_ms = now_ms;
	filled = (int)((double)done / (double)total * WIDTH);
	fprintf(stderr, "\r\033[K%-24s [%.*s%*s] %3d%%", what, filled,
		"##############################", WIDTH - filled, "",
		(int)((double)done / (double)total * 100));
	bar_shown = true;
	if (done >= total)
		out_progress_clear();
}

void out_progress_clear(void)
{
	if (bar_shown)
		fprintf(stderr, "\r\033[K");
	bar_shown = false;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

void out_sort(uint64_t *v, size_t n)
{
	if (n)
		qsort(v, n, sizeof(*v), compare);
}

uint64_t out_percentile(const uint64_t *v, size_t n, double q)
{
	size_t i = (size_t)(q * (double)n);

	return v[i < n ? i : n - 1];
}

json_t *out_distribution(const uint64_t *v, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)v[i];
	if (!n)
		return json_null();
	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:f}",
			 "count", (json_int_t)n, "min", (json_int_t)v[0],
			 "p50", (json_int_t)out_percentile(v, n, 0.5),
			 "p90", (json_int_t)out_percentile(v, n, 0.9),
			 "p99", (json_int_t)out_percentile(v, n, 0.99),
			 "p99.9", (json_int_t)out_percentile(v, n, 0.999),
			 "max", (json_int_t)v[n - 1], "mean", sum / (double)n);
}
