/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which requirement is judged by what: by cases, by the observers of every case, or not at all for
 * a reason (exceptions.txt).  Decides whether that is in order.
 */
#include "conformance/requirements.h"

#include <stdio.h>
#include <string.h>

static bool listed(const char *list, const char *id)
{
	size_t n = strlen(id);

	for (const char *at = strstr(list, id); at; at = strstr(at + n, id))
		if (at[n] == 0 || at[n] == ' ')
			return true;
	return false;
}

const struct wc_req *wc_req_find(const char *id)
{
	for (const struct wc_req *q = wc_reqs; q->id; q++)
		if (!strcmp(q->id, id))
			return q;
	return NULL;
}

bool wc_cites(const struct wc_case *c, const char *req)
{
	return listed(c->reqs, req);
}

bool wc_req_must(const struct wc_req *q)
{
	return strstr(q->text, "MUST");
}

bool wc_req_observed(const char *id)
{
	return listed(wc_observed, id);
}

/* Is e about all of an area, as "WEFT-VRB-*"? */
static bool sweeping(const struct wc_exception *e)
{
	return e->id[strlen(e->id) - 1] == '*';
}

const struct wc_exception *wc_req_exception(const char *id)
{
	for (const struct wc_exception *e = wc_exceptions; e->id; e++)
		if (!strcmp(e->id, id))
			return e;
	for (const struct wc_exception *e = wc_exceptions; e->id; e++)
		if (sweeping(e) && !strncmp(e->id, id, strlen(e->id) - 1))
			return e;
	return NULL;
}

unsigned wc_req_cases(const char *id)
{
	const struct wc_case *c;
	unsigned n = 0;

	for (unsigned i = 0; (c = wc_case_nth(i)); i++)
		n += wc_cites(c, id);
	return n;
}

static unsigned complain(bool bad, const char *id, const char *what)
{
	if (bad)
		printf("wrong: %s %s\n", id, what);
	return bad;
}

/* Everything cited must be in spec/. */
static unsigned unknown(const char *ids)
{
	char buf[512], *save = NULL;
	unsigned n = 0;

	snprintf(buf, sizeof(buf), "%s", ids);
	for (char *id = strtok_r(buf, " ", &save); id; id = strtok_r(NULL, " ", &save))
		n += complain(!wc_req_find(id), id, "is cited, but not in spec/");
	return n;
}

unsigned wc_req_faults(void)
{
	const struct wc_case *c;
	unsigned n = unknown(wc_observed);

	for (unsigned i = 0; (c = wc_case_nth(i)); i++)
		n += unknown(c->reqs);
	for (unsigned i = 0; (c = wc_observer_nth(i)); i++)
		n += unknown(c->reqs);
	for (const struct wc_exception *e = wc_exceptions; e->id; e++) {
		if (sweeping(e))
			continue;
		n += unknown(e->id);
		n += complain(wc_req_exception(e->id) != e, e->id, "is excepted twice");
	}
	for (const struct wc_req *q = wc_reqs; q->id; q++) {
		bool judged = wc_req_cases(q->id) || wc_req_observed(q->id);
		const struct wc_exception *e = wc_req_exception(q->id);

		n += complain(wc_req_must(q) && !judged && !e, q->id,
			      "is judged by no case, and has no reason in exceptions.txt");
		n += complain(judged && e && !sweeping(e), q->id,
			      "is judged, and excepted all the same");
	}
	return n;
}
