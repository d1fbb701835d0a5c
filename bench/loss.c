/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * weft_loss: what loss costs.  A context that sprays over 64 paths (RUD) beside one of our own that
 * keeps order and goes back (ROD), over the same link: 100 Gb/s, 4 us one way, paths that differ
 * by up to 0.5 us, packets lost at random.  Two engines in virtual time on the simulator's events;
 * the same seed gives the same figures.  Prints goodput over loss, and writes JSON and a plot.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/weft.h"
#include "sim/event.h"
#include "sim/svg.h"

#define GBPS		100u
#define DELAY_NS	4000u
#define SKEW_NS		8u		/* from a path to the next */
#define PATHS		64u
#define PAYLOAD		4096u
#define WINDOW		512u
#define WIRE_BYTES	100u		/* around headers and payload: Ethernet, IP, UDP, gap */
#define MESSAGE		(64u * 1024u)
#define DEPTH		64u
#define LAST_NS		50000000ull	/* virtual time measured, after a tenth of it */
#define QUEUE_NS	200000u		/* of a port: beyond it packets are dropped */

struct side {
	struct weft_profile prof;
	struct weft_stats stats;
	struct weft_peer peer;
	struct weft_pdc *pdc;
	struct weft_stream *s;
	void *pdc_mem, *s_mem;
	uint64_t free_at;		/* when the port has sent all it was given, ps */
};

struct packet {
	struct packet *next;		/* in the list of free ones */
	uint32_t index, to, len;
	uint8_t hdr[WEFT_HDR_MAX];
};

struct link {
	struct side side[2];
	struct sim_events events;
	struct packet **packets;
	struct packet *unused;
	uint32_t n_packets;
	uint64_t now;			/* ps */
	uint64_t random;
	double loss;
	uint64_t posted, done, sent, lost, placed;
};

static void fail(const char *what)
{
	fprintf(stderr, "weft_loss: %s\n", what);
	exit(1);
}

static double draw(struct link *l)
{
	l->random = sim_mix(l->random + 0x9e3779b97f4a7c15ull);
	return (double)(l->random >> 11) / 9007199254740992.0;
}

static weft_time now_ns(const struct link *l)
{
	return l->now / SIM_NS + 1000000;
}

/* ---- the host -------------------------------------------------------------------------- */

static void handle(struct link *l, struct side *me, const struct weft_act *a)
{
	if (a->type == WEFT_ACT_COMPLETE)
		l->done++;
	else if (a->type == WEFT_ACT_PLACE_MEM)
		l->placed += a->len;
	if (a->type == WEFT_ACT_EVENT && a->event == WEFT_EV_EP_CONNECT)
		weft_ep_accept(me->s, &a->ep, NULL, 0);
	else if (a->type == WEFT_ACT_EVENT && a->event == WEFT_EV_PDC_FAILED)
		fail("a context failed");
	else if (a->token)
		weft_done(me->pdc, a->token, WEFT_STATUS_OK, 0);
}

static struct packet *get_packet(struct link *l)
{
	struct packet *p = l->unused;

	if (p) {
		l->unused = p->next;
		return p;
	}
	p = malloc(sizeof(*p));
	l->packets = realloc(l->packets, (l->n_packets + 1) * sizeof(*l->packets));
	if (!p || !l->packets)
		fail("out of memory");
	l->packets[l->n_packets] = p;
	p->index = l->n_packets++;
	return p;
}

/* The port sends it when it has sent what came before; then it is on its way, or lost. */
static void transmit(struct link *l, uint32_t from, const struct weft_txd *t)
{
	uint64_t bytes = t->hdr_len + t->len + WEFT_HDR_CRC_LEN + WIRE_BYTES, delay_ns;
	struct side *s = &l->side[from];
	struct packet *p;

	if (s->free_at < l->now)
		s->free_at = l->now;
	l->sent++;
	if (s->free_at - l->now > (uint64_t)QUEUE_NS * SIM_NS || draw(l) < l->loss) {
		l->lost++;
		s->free_at += bytes * 8000 / GBPS;
		return;
	}
	s->free_at += bytes * 8000 / GBPS;
	p = get_packet(l);
	p->to = !from;
	p->len = t->hdr_len + t->len + WEFT_HDR_CRC_LEN;
	memcpy(p->hdr, t->hdr, t->hdr_len);
	delay_ns = DELAY_NS + t->entropy % PATHS * SKEW_NS;
	sim_events_add(&l->events, s->free_at + delay_ns * SIM_NS, p->to, p->index);
}

static void post(struct link *l)
{
	struct weft_wr wr = { .opcode = WEFT_OPCODE_WRITE, .len = MESSAGE };

	while (l->posted - l->done < DEPTH && !weft_post(l->side[0].s, &wr))
		l->posted++;
}

static void turn(struct link *l, uint32_t id)
{
	struct side *me = &l->side[id];
	struct weft_act acts[16];
	struct weft_txd t;
	size_t n;

	if (weft_deadline(me->pdc) <= now_ns(l))
		weft_expire(me->pdc, now_ns(l));
	while ((n = weft_work(me->pdc, acts, 16, now_ns(l))))
		for (size_t i = 0; i < n; i++)
			handle(l, me, &acts[i]);
	if (!id && weft_stream_state(me->s) == WEFT_STREAM_STATE_READY)
		post(l);
	while (weft_tx(me->pdc, &t, 1, now_ns(l)))
		transmit(l, id, &t);
}

/* ---- making ---------------------------------------------------------------------------- */

static struct weft_pdc_cfg config(struct side *s, uint32_t id, enum weft_mode mode)
{
	s->prof = (struct weft_profile){ .chip_id = id, .incarnation = 1, .window = WINDOW,
		.max_payload = PAYLOAD, .max_streams = 4, .max_paths = PATHS,
		.cc = WEFT_CC_SWIFT, .cc_init_pkts = 64, .min_rto_ns = 100000 };
	if (weft_profile_prepare(&s->prof))
		fail("the engine refuses the profile");
	return (struct weft_pdc_cfg){ .profile = &s->prof, .stats = &s->stats, .peer = &s->peer,
		.pdc_id = id, .mode = mode, .mtu_payload = PAYLOAD, .peer_window = WINDOW,
		.peer_payload = PAYLOAD, .n_paths = PATHS, .entropy_base = 0xc000 };
}

static void add_stream(struct side *s, uint32_t qpn)
{
	struct weft_stream_cfg cfg = { .qpn = qpn, .sq_depth = 128, .window = 128, .reads = 4,
				       .rnr_retry = 7 };

	s->s_mem = calloc(1, weft_stream_size(&cfg));
	if (!s->s_mem || weft_stream_init(s->pdc, s->s_mem, &cfg, &s->s))
		fail("no stream");
}

static void open_link(struct link *l, enum weft_mode mode, double loss)
{
	struct side *a = &l->side[0], *b = &l->side[1];
	struct weft_pdc_cfg ca, cb;
	struct weft_view v;
	struct weft_act act;
	struct weft_txd t;
	enum weft_drop why;

	memset(l, 0, sizeof(*l));
	l->random = 1;
	if (sim_events_init(&l->events, 1))
		fail("out of memory");
	weft_peer_init(&a->peer, 2, 100);
	weft_peer_init(&b->peer, 1, 200);
	b->peer.known = true;
	b->peer.incarnation = 1;
	ca = config(a, 1, mode);
	cb = config(b, 2, mode);
	a->pdc_mem = calloc(1, weft_pdc_size(&ca));
	b->pdc_mem = calloc(1, weft_pdc_size(&cb));
	a->pdc = weft_pdc_open(a->pdc_mem, &ca, now_ns(l));
	add_stream(a, 1);
	if (weft_ep_connect(a->s, 1, NULL, 0) || weft_tx(a->pdc, &t, 1, now_ns(l)) != 1 ||
	    weft_parse(&v, t.hdr, t.hdr_len + WEFT_HDR_CRC_LEN))
		fail("no first packet");
	b->pdc = weft_pdc_accept(b->pdc_mem, &cb, &v, now_ns(l));
	if (!b->pdc)
		fail("not accepted");
	add_stream(b, 2);
	if (weft_rx(b->pdc, &v, now_ns(l), &act, &why))
		handle(l, b, &act);
	l->loss = loss;
}

static void close_link(struct link *l)
{
	for (uint32_t i = 0; i < l->n_packets; i++)
		free(l->packets[i]);
	free(l->packets);
	for (int i = 0; i < 2; i++) {
		free(l->side[i].pdc_mem);
		free(l->side[i].s_mem);
	}
	sim_events_fini(&l->events);
}

/* ---- measuring ------------------------------------------------------------------------- */

static void arrive(struct link *l, uint32_t i)
{
	struct packet *p = l->packets[i];
	struct side *to = &l->side[p->to];
	struct weft_view v;
	struct weft_act act;
	enum weft_drop why;

	if (weft_parse(&v, p->hdr, p->len))
		fail("a packet that cannot be read");
	if (weft_rx(to->pdc, &v, now_ns(l), &act, &why))
		handle(l, to, &act);
	p->next = l->unused;
	l->unused = p;
	turn(l, (uint32_t)(to - l->side));
}

static void run(struct link *l, uint64_t until_ns)
{
	for (;;) {
		struct sim_event e;
		uint64_t at[2], next;
		const struct sim_event *first = sim_events_first(&l->events);

		for (int i = 0; i < 2; i++) {
			weft_time d = weft_deadline(l->side[i].pdc);

			at[i] = d == WEFT_NEVER ? SIM_NEVER : (d - 1000000) * SIM_NS;
		}
		next = at[0] < at[1] ? at[0] : at[1];
		if (first && first->at <= next) {
			next = first->at;
			if (next > until_ns * SIM_NS)
				return;
			sim_events_take(&l->events, &e);
			l->now = e.at;
			arrive(l, e.arg);
			continue;
		}
		if (next > until_ns * SIM_NS)
			return;
		if (next > l->now)
			l->now = next;
		else
			l->now += SIM_NS;	/* a deadline that waits for room to send */
		turn(l, 0);
		turn(l, 1);
	}
}

/* Gb/s of payload placed. */
static double goodput(enum weft_mode mode, double loss, double *again)
{
	static struct link l;
	uint64_t placed, sent, rtx;
	double v;

	open_link(&l, mode, loss);
	turn(&l, 0);
	turn(&l, 1);
	run(&l, LAST_NS / 10);
	placed = l.placed;
	sent = l.side[0].stats.tx_pkts;
	rtx = l.side[0].stats.rtx_pkts;
	run(&l, LAST_NS / 10 + LAST_NS);
	v = (double)(l.placed - placed) * 8 / (double)LAST_NS;
	*again = (double)(l.side[0].stats.rtx_pkts - rtx) /
		 (double)(l.side[0].stats.tx_pkts - sent);
	close_link(&l);
	return v;
}

static void plot(const char *path, const double *x, const double *rud, const double *rod, size_t n)
{
	FILE *f = fopen(path, "w");
	struct sim_plot p = { .width = 720, .height = 420, .left = 60, .right = 20, .top = 20,
			      .bottom = 50, .x0 = 0, .x1 = x[n - 1], .y0 = 0, .y1 = GBPS };

	if (!f)
		fail("cannot write the plot");
	fprintf(f, "<!doctype html>\n<meta charset=\"utf-8\">\n<title>Goodput over loss</title>\n"
		"<style>body{font-family:sans-serif;max-width:46em;margin:2em auto}"
		"svg{width:100%%}.rud{stroke:#06c;fill:none;stroke-width:2}"
		".rod{stroke:#c30;fill:none;stroke-width:2;stroke-dasharray:6 4}"
		"text{font-size:12px}</style>\n<h1>Goodput over loss</h1>\n"
		"<p>100 Gb/s, 4 us one way. Whole line: RUD, 64 paths. Broken line: ROD, which "
		"goes back.</p>\n");
	sim_plot_open(&p, f, "Goodput over loss", "packets lost, percent", "goodput, Gb/s", false);
	sim_plot_line(&p, "rud", x, rud, n);
	sim_plot_line(&p, "rod", x, rod, n);
	sim_plot_close(&p);
	fclose(f);
}

int main(int argc, char **argv)
{
	static const double loss[] = { 0, 0.01, 0.03, 0.1, 0.3, 0.5, 1, 2, 3, 4, 5 };	/* % */
	enum { N = sizeof(loss) / sizeof(loss[0]) };
	double rud[N], rod[N], rud_again[N], rod_again[N];
	char path[512];
	FILE *f = NULL;

	printf("%8s  %14s %8s  %14s %8s  %6s\n", "loss", "RUD 64 paths", "again", "go-back-N",
	       "again", "ratio");
	for (int i = 0; i < N; i++) {
		rud[i] = goodput(WEFT_MODE_RUD, loss[i] / 100, &rud_again[i]);
		rod[i] = goodput(WEFT_MODE_ROD, loss[i] / 100, &rod_again[i]);
		printf("%7.2f%%  %9.2f Gb/s %7.2f%%  %9.2f Gb/s %7.2f%%  %6.2f\n", loss[i], rud[i],
		       100 * rud_again[i], rod[i], 100 * rod_again[i], rud[i] / rod[i]);
		fflush(stdout);
	}
	if (argc < 2)
		return 0;
	snprintf(path, sizeof(path), "%s.html", argv[1]);
	plot(path, loss, rud, rod, N);
	snprintf(path, sizeof(path), "%s.json", argv[1]);
	f = fopen(path, "w");
	if (!f)
		fail("cannot write the results");
	fprintf(f, "{\n  \"link_gbps\": %u,\n  \"delay_ns\": %u,\n  \"paths\": %u,\n"
		"  \"rows\": [", GBPS, DELAY_NS, PATHS);
	for (int i = 0; i < N; i++)
		fprintf(f, "%s\n    { \"loss\": %g, \"rud_gbps\": %.3f, \"rud_again\": %.5f, "
			"\"rod_gbps\": %.3f, \"rod_again\": %.5f }", i ? "," : "", loss[i] / 100,
			rud[i], rud_again[i], rod[i], rod_again[i]);
	fprintf(f, "\n  ]\n}\n");
	return fclose(f) ? 1 : 0;
}
