/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Traces of congestion laws.  See cc_trace.h. */
#include <inttypes.h>
#include <stdio.h>

#include "core/test/cc_trace.h"

struct row {
	uint64_t at, rtt, srtt;
	uint32_t pkts, marked, window, pace, granted;
	char event[16], path[16];
};

struct weft_cc cc_trace_make(const struct weft_profile *settings, uint16_t payload)
{
	struct weft_cc cc;

	memset(&cc, 0xff, sizeof(cc));
	cc_init(&cc, settings, payload);
	return cc;
}

static bool parse_law(const char *line, struct weft_cc *cc)
{
	struct weft_profile f = { .window = 0 };
	uint32_t window, payload;
	char name[16];

	if (sscanf(line, "law %15s window=%" SCNu32 " init=%" SCNu32 " least=%" SCNu32
		   " target=%" SCNu64 " mbps=%" SCNu32 " payload=%" SCNu32, name, &window,
		   &f.cc_init_pkts, &f.cc_min_pkts, &f.cc_target_ns, &f.link_mbps, &payload) != 7)
		return false;
	f.window = (uint16_t)window;
	for (f.cc = 0; f.cc < WEFT_CC_LAWS; f.cc++)
		if (!strcmp(name, weft_cc_name(f.cc)))
			break;
	if (f.cc == WEFT_CC_LAWS)
		return false;
	*cc = cc_trace_make(&f, (uint16_t)payload);
	return true;
}

static bool parse_row(const char *line, struct row *r)
{
	return sscanf(line, "%" SCNu64 " %15s %" SCNu64 " %" SCNu64 " %" SCNu32 " %" SCNu32
		      " %" SCNu32 " %" SCNu32 " %" SCNu32 " %15s", &r->at, r->event, &r->rtt,
		      &r->srtt, &r->pkts, &r->marked, &r->window, &r->pace, &r->granted,
		      r->path) == 10;
}

static const char *give(struct weft_cc *cc, const struct row *r)
{
	struct cc_ack a = { r->rtt, r->srtt, r->pkts, r->marked };

	if (!strcmp(r->event, "ack"))
		return cc->ops->on_ack(cc, &a, r->at) == CC_PATH_SKIP ? "skip" : "stay";
	if (!strcmp(r->event, "loss"))
		cc->ops->on_loss(cc, r->pkts, r->srtt, r->at);
	else if (!strcmp(r->event, "trim"))
		cc->ops->on_trim(cc, r->pkts, r->srtt, r->at);
	else if (!strcmp(r->event, "timeout"))
		cc->ops->on_timeout(cc, r->at);
	else if (!strcmp(r->event, "credit") && cc->ops->on_credit)
		cc->ops->on_credit(cc, r->pkts);
	else
		return "?";
	return "-";
}

static bool same(const struct weft_cc *cc, const struct row *r, const char *path)
{
	uint32_t granted = cc->ops->on_credit ? cc->u.credit.granted : 0;

	if (cc->cwnd == r->window && cc->pace == r->pace && granted == r->granted &&
	    (r->path[0] == '-' || !strcmp(path, r->path)))
		return true;
	printf("  at %" PRIu64 " %s: window %" PRIu32 " pace %" PRIu32 " granted %" PRIu32
	       " path %s; expected %" PRIu32 " %" PRIu32 " %" PRIu32 " %s\n", r->at, r->event,
	       cc->cwnd, cc->pace, granted, path, r->window, r->pace, r->granted, r->path);
	return false;
}

size_t cc_trace_run(const char *name)
{
	char path[256], line[256];
	struct weft_cc cc;
	bool made = false, ok = true;
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "spec/vectors/cc/%s.txt", name);
	f = fopen(path, "r");
	if (!f) {
		printf("  no %s: run from the repository's root\n", path);
		return 0;
	}
	while (ok && fgets(line, sizeof(line), f)) {
		struct row r;

		if (line[0] == '#')
			continue;
		if (line[0] == 'l') {
			ok = made = parse_law(line, &cc);
			continue;
		}
		ok = made && parse_row(line, &r) && same(&cc, &r, give(&cc, &r));
		n++;
	}
	fclose(f);
	return ok ? n : 0;
}
