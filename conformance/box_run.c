/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The box at work: see box_run.h.
 */
#include "conformance/box_run.h"
#include "conformance/frame.h"
#include "conformance/report.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SEND_TRIES	50
#define TELL_UNMET	20u
#define CAPTURE_BYTES	1000000000u

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* ---- opening ------------------------------------------------------------------------------ */

static int open_side(struct wc_box_run *r, enum wc_way way, const struct wc_box_cfg *cfg,
		     char *err, size_t errlen)
{
	const char *url = way == WC_OUT ? cfg->listen : cfg->local;
	struct wio_opts opts = { .query = NULL };
	char query[1200];

	if (cfg->out) {
		snprintf(query, sizeof(query), "pcap=%s/%s.pcap&pcap_max=%u", cfg->out,
			 way == WC_OUT ? "initiator" : "target", CAPTURE_BYTES);
		opts.query = query;
	}
	return wio_open(url ? url : "udp:127.0.0.1:0", &opts, &r->side[way], err, errlen);
}

static int parse_target(struct wc_box_run *r, const char *to, char *err, size_t errlen)
{
	const char *colon = to ? strchr(to, ':') : NULL;

	if (colon && !wio_addr_parse(colon + 1, &r->peer[WC_BACK]))
		return 0;
	snprintf(err, errlen, "%s: expected where the target is, such as udp:10.0.0.2:49190 or "
		 "packet:02:00:00:00:00:01", to ? to : "no target");
	return -EINVAL;
}

static int open_files(struct wc_box_run *r, const char *out, char *err, size_t errlen)
{
	char path[1200];
	int rc;

	rc = wc_mkdirs(out);
	if (rc) {
		snprintf(err, errlen, "%s: %s; give --out a folder that can be made", out,
			 strerror(-rc));
		return rc;
	}
	snprintf(path, sizeof(path), "%s/schedule.txt", out);
	rc = wc_schedule_save(&r->s, path);
	if (!rc) {
		snprintf(path, sizeof(path), "%s/events.jsonl", out);
		r->events = fopen(path, "w");
		rc = r->events ? 0 : -errno;
	}
	if (rc)
		snprintf(err, errlen, "%s: %s", path, strerror(-rc));
	return rc;
}

int wc_box_open(struct wc_box_run *r, const struct wc_box_cfg *cfg, char *err, size_t errlen)
{
	char text[WIO_ADDR_STRLEN];
	int rc = parse_target(r, cfg->to, err, errlen);

	if (!rc && cfg->out)
		rc = open_files(r, cfg->out, err, errlen);
	if (!rc)
		rc = open_side(r, WC_OUT, cfg, err, errlen);
	if (!rc)
		rc = open_side(r, WC_BACK, cfg, err, errlen);
	if (rc)
		return rc;
	r->box = wc_box_create(&r->s, cfg->path, cfg->n_paths, cfg->seed);
	if (!r->box) {
		snprintf(err, errlen, "out of memory");
		return -ENOMEM;
	}
	snprintf(r->url, sizeof(r->url), "%s:%s",
		 wio_local(r->side[WC_OUT])->family == WIO_L2 ? "packet" : "udp",
		 wio_addr_str(wio_local(r->side[WC_OUT]), text));
	r->began_ns = now_ns();
	return 0;
}

void wc_box_close(struct wc_box_run *r)
{
	wc_box_free(r->box);
	wio_close(r->side[WC_OUT]);
	wio_close(r->side[WC_BACK]);
	if (r->events)
		fclose(r->events);
	wc_schedule_free(&r->s);
	memset(r, 0, sizeof(*r));
}

/* ---- packets ------------------------------------------------------------------------------ */

static void say_fate(FILE *f, const struct wc_box_event *e)
{
	const char *sep = "";

	fputs("\"fate\":[", f);
#define SAY(cond, ...)					\
	do {						\
		if (cond) {				\
			fputs(sep, f);			\
			fprintf(f, __VA_ARGS__);	\
			sep = ",";			\
		}					\
	} while (0)
	SAY(e->fate.lose, "\"lose\"");
	SAY(e->path_lost, "\"path_lost\"");
	SAY(e->fate.copies, "\"repeat=%u\"", e->fate.copies);
	SAY(e->fate.delay_ns, "\"delay=%" PRIu64 "ns\"", e->fate.delay_ns);
	SAY(e->fate.behind, "\"behind=%u\"", e->fate.behind);
	SAY(e->fate.corrupt, "\"corrupt=%u\"", e->fate.bit);
	SAY(e->fate.cut, "\"cut\"");
	SAY(e->fate.ce, "\"ce\"");
#undef SAY
	fputc(']', f);
}

static void note(struct wc_box_run *r, const struct wc_box_event *e)
{
	const struct wc_fate *f = &e->fate;
	char who[160];

	if (!r->events || !(f->lose || f->cut || f->ce || f->corrupt || f->copies || f->behind ||
			    f->delay_ns || e->path_lost))
		return;
	wc_ident_text(&e->id, who, sizeof(who));
	fprintf(r->events, "{\"t_us\":%" PRIu64 ",\"packet\":\"%s\",\"path\":%u,",
		(e->t_ns - r->began_ns) / 1000, who, e->path);
	say_fate(r->events, e);
	fputs("}\n", r->events);
}

/* A device that sprays sends from a port for each path. */
static bool same_host(struct wio_addr a, struct wio_addr b)
{
	a.port = b.port = 0;
	return !memcmp(&a, &b, sizeof(a));
}

/*
 * Is that where the initiator is reached?  It may send from several ports, but asks who is there
 * from the one that is its own; and another may follow it.
 */
static bool meets(const struct wc_box_run *r, const struct wio_addr *src,
		  const struct wc_ident *id)
{
	return !r->peer[WC_OUT].family || !same_host(r->peer[WC_OUT], *src) ||
	       (id->type == WC_CTRL && !id->ctx);
}

static int take_some(struct wc_box_run *r, enum wc_way way)
{
	struct wio_frame f[WIO_BURST];
	int n = wio_recv(r->side[way], f, WIO_BURST), rc = 0;

	for (int i = 0; i < n && !rc; i++) {
		struct wc_box_event e;

		if (way == WC_BACK && !same_host(r->peer[way], f[i].src)) {
			r->strangers++;
			continue;
		}
		rc = wc_box_take(r->box, way, f[i].data, f[i].len, f[i].ce, now_ns(), &e);
		if (rc)
			break;
		note(r, &e);
		if (way == WC_OUT && meets(r, &f[i].src, &e.id))
			r->peer[way] = f[i].src;
	}
	return n < 0 ? n : rc ? rc : n;
}

static int send_one(struct wc_box_run *r, enum wc_way way, const uint8_t *bytes, uint32_t len)
{
	enum wc_way side = way == WC_OUT ? WC_BACK : WC_OUT;
	struct wio_tx tx = { .n_iov = 1, .dst = &r->peer[side] };
	int n = 0;

	tx.iov[0].base = bytes;
	tx.iov[0].len = len;
	if (!r->peer[side].family)
		return 0;		/* the target speaks first, to nobody */
	for (int tries = 0; tries < SEND_TRIES && !n; tries++) {
		n = wio_send(r->side[side], &tx, 1);
		if (!n)
			poll(NULL, 0, 1);
	}
	r->refused += n != 1;
	return n == -EMSGSIZE || n >= 0 ? 0 : n;
}

static int give_all(struct wc_box_run *r)
{
	const uint8_t *bytes;
	enum wc_way way;
	uint32_t len;
	int rc = 0;

	while (!rc && (bytes = wc_box_give(r->box, now_ns(), &way, &len)))
		rc = send_one(r, way, bytes, len);
	return rc;
}

static void sleep_until(const struct wc_box_run *r, uint64_t until_ns)
{
	struct pollfd f[2];
	uint64_t now = now_ns();
	struct timespec ts;

	if (until_ns <= now)
		return;
	for (unsigned i = 0; i < 2; i++)
		f[i] = (struct pollfd){ .fd = wio_fd(r->side[i]), .events = POLLIN };
	ts.tv_sec = (time_t)((until_ns - now) / 1000000000u);
	ts.tv_nsec = (long)((until_ns - now) % 1000000000u);
	ppoll(f, 2, &ts, NULL);
}

int wc_box_step(struct wc_box_run *r, unsigned ms)
{
	uint64_t end = now_ns() + ms * 1000000ull;
	int n, m, rc;

	do {
		uint64_t due;

		rc = give_all(r);
		n = rc ? 0 : take_some(r, WC_OUT);
		m = rc ? 0 : take_some(r, WC_BACK);
		if (rc || n < 0 || m < 0)
			return rc ? rc : n < 0 ? n : m;
		due = wc_box_due(r->box);
		if (!n && !m)
			sleep_until(r, due < end ? due : end);
	} while (now_ns() < end && !n && !m);
	return give_all(r);
}

/* ---- telling ------------------------------------------------------------------------------ */

void wc_box_tell(const struct wc_box_run *r, FILE *f)
{
	const struct wc_box_totals *t = wc_box_totals(r->box);
	uint32_t unmet = wc_schedule_unmet(&r->s), told = 0;
	char text[256];

	fprintf(f, "from the initiator %" PRIu64 " packets, %" PRIu64 " passed on; "
		"from the target %" PRIu64 ", %" PRIu64 "\n", t->came[WC_OUT],
		t->passed[WC_OUT], t->came[WC_BACK], t->passed[WC_BACK]);
	for (unsigned m = 0; m < WC_MISHAPS; m++)
		if (t->met[m])
			fprintf(f, "  %-8s %" PRIu64 "\n", wc_mishap_name(m), t->met[m]);
	for (unsigned i = 0; wc_box_paths(r->box) > 1 && i < wc_box_paths(r->box); i++)
		fprintf(f, "  path %u   %" PRIu64 "\n", i + 1, t->by_path[i]);
	if (t->path_lost)
		fprintf(f, "  lost on their paths %" PRIu64 "\n", t->path_lost);
	if (r->strangers)
		fprintf(f, "  from others than the target, dropped: %" PRIu64 "\n", r->strangers);
	if (r->refused)
		fprintf(f, "  the carriage did not take %" PRIu64 "\n", r->refused);
	for (uint32_t i = 0; i < r->s.n && told < unmet && told < TELL_UNMET; i++) {
		if (!r->s.rule[i].line || r->s.rule[i].met)
			continue;
		wc_rule_text(&r->s.rule[i], text, sizeof(text));
		fprintf(f, "  no packet met: %s\n", text);
		told++;
	}
	if (unmet > told)
		fprintf(f, "  ... and %u rules more\n", unmet - told);
}
