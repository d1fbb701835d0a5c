/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The suite tested: many devices, each in a process of its own, so that none takes another along.
 */
#include "conformance/selftest.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void take_reports(const struct wc_args *a, int from, struct wc_subject *out)
{
	struct wc_subject r;

	while (read(from, &r, sizeof(r)) == (ssize_t)sizeof(r)) {
		out[r.index] = r;
		if (!a->quiet || !r.good)
			printf("%s %s\n", r.good ? "ok   " : "FAIL ", r.note);
	}
	fflush(stdout);
}

static void start(const struct wc_args *a, wc_subject_fn run, unsigned index, int to)
{
	struct wc_subject r = { .index = index };

	if (fork())
		return;
	run(a, index, &r);
	_exit(write(to, &r, sizeof(r)) == (ssize_t)sizeof(r) ? 0 : 3);
}

unsigned wc_fan_out(const struct wc_args *a, wc_subject_fn run, unsigned n,
		    struct wc_subject *out)
{
	unsigned running = 0, good = 0;
	int fd[2];

	fflush(NULL);
	if (pipe2(fd, O_CLOEXEC))
		return 0;
	fcntl(fd[0], F_SETFL, O_NONBLOCK);
	for (unsigned i = 0; i < n; i++)
		out[i] = (struct wc_subject){ .index = i, .died = true };
	for (unsigned i = 0; i < n || running;) {
		if (i < n && running < a->jobs) {
			start(a, run, i++, fd[1]);
			running++;
			continue;
		}
		if (wait(NULL) > 0)
			running--;
		take_reports(a, fd[0], out);
	}
	for (unsigned i = 0; i < n; i++) {
		good += out[i].good;
		if (out[i].died)
			printf("      subject %u ended without a report\n", i);
	}
	close(fd[0]);
	close(fd[1]);
	return good;
}

void wc_subject_count(const struct wc_run *r, struct wc_subject *out)
{
	const struct wc_case *c;

	out->passed = r->totals[WC_PASS];
	out->failed = r->totals[WC_FAIL];
	out->na = r->totals[WC_NA];
	out->other = r->totals[WC_INCONC] + r->totals[WC_ERROR];
	for (unsigned n = 0; (c = wc_case_nth(n)) && n < WC_CASES_MAX; n++)
		for (unsigned i = 0; i < r->count; i++)
			if (r->outcome[i].c == c && r->outcome[i].v.kind == WC_FAIL)
				out->kills[n / 8] |= (uint8_t)(1u << n % 8);
			else if (r->outcome[i].c == c && r->outcome[i].v.kind == WC_PASS)
				out->passes[n / 8] |= (uint8_t)(1u << n % 8);
}

void wc_chip_url(const struct wc_args *a, bool mutants, char chip, char *url, size_t room)
{
	snprintf(url, room, "inproc:%s/../%slib/weft-dut-chip.so?chip=%c%s", a->self,
		 mutants ? "mutants/" : "", chip, chip == 'u' ? "pper" : "");
}

int wc_cmd_selftest(const struct wc_args *given)
{
	struct wc_args a = *given;

	if (a.mutants + a.degenerate + a.order != 1) {
		fputs("weft-conform: selftest: give --mutants, --degenerate or --order\n", stderr);
		return WC_EXIT_USAGE;
	}
	if (!a.out)
		a.out = a.mutants ? "out/conformance/mutants" :
			a.order ? "out/conformance/order" : "out/conformance/degenerate";
	if (!a.jobs)
		a.jobs = 2;
	if (a.mutants)
		return wc_selftest_mutants(&a);
	return a.order ? wc_selftest_order(&a) : wc_selftest_degenerate(&a);
}
