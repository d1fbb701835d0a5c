/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reports of a run: for people (HTML, cards), for continuous integration (JUnit), for programs
 * (JSON), for protocol analysers (pcapng).  Decide nothing.
 */
#ifndef WEFT_CONFORMANCE_REPORT_H
#define WEFT_CONFORMANCE_REPORT_H

#include "conformance/requirements.h"
#include "conformance/runner.h"

#include <stdio.h>

/* All of them into r->out.  0, or a negative errno with one sentence in err. */
int wc_report_all(const struct wc_run *r, char *err, size_t errlen);

/* Is the requirement proven: does a case that cites it pass, and does none of them do otherwise? */
bool wc_report_proven(const struct wc_run *r, const char *req);

int wc_report_html(const struct wc_run *r, const char *path);
int wc_report_junit(const struct wc_run *r, const char *path);
int wc_report_json(const struct wc_run *r, const char *path);
/*
 * results.jsonl in r->out: begun before the first case, a line for each case as it ends, closed.
 * 0, or a negative errno.  Without wc_lines_open() the others do nothing.
 */
int wc_lines_open(struct wc_run *r, unsigned planned);
void wc_lines_case(struct wc_run *r, const struct wc_outcome *o);
int wc_lines_close(struct wc_run *r);
/* Packets of one case, with comments on what was done and expected. */
int wc_report_pcap(const struct wc_outcome *o, const char *path);
/* The card of a failure: at most twelve lines. */
void wc_report_card(const struct wc_run *r, const struct wc_outcome *o, FILE *to);

/* The command that does the same again, without a newline. */
void wc_report_again(const struct wc_run *r, const struct wc_outcome *o, FILE *to);

/* Remove the capture and card that an earlier run into r->out left of c. */
void wc_report_forget(const struct wc_run *r, const struct wc_case *c);

/* Texts for formats that give some characters a meaning; unprintable bytes become '?'. */
void wc_put_xml(FILE *to, const char *text);
void wc_put_json(FILE *to, const char *text);

#endif
