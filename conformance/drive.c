/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver's clock, its way to the wire, and its waiting.
 */
#include "conformance/drive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RX_BUDGET 20000u	/* packets of the device in one case */
#define SLICE_NS 5000000u	/* between two looks whether something is to be repeated */
#define PATIENT 2u		/* timeouts in a case before the driver waits less long */

volatile sig_atomic_t wc_interrupted;

uint64_t wc_now(const struct wc_t *t)
{
	return t->dut->port->ops->now(t->dut->port);
}

/* splitmix64 */
uint64_t wc_next(uint64_t *rng)
{
	uint64_t z = *rng += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

uint64_t wc_random(struct wc_t *t)
{
	return wc_next(&t->rng);
}

void wc_drive_init(struct wc_t *t, struct wc_dut *dut, uint64_t seed)
{
	memset(t, 0, sizeof(*t));
	t->dut = dut;
	t->rng = seed;
	t->t0_ns = wc_now(t);
	t->rx_budget = RX_BUDGET;
	t->first_id = dut->next_id;
	t->our_messages = WC_OUR_MESSAGES;
	t->our_reads = WC_OUR_READS;
	t->own = calloc(1, WC_OWN_LEN);
	if (!t->own) {
		fputs("weft-conform: out of memory\n", stderr);
		exit(3);
	}
	wc_transcript_init(&t->tr);
	wc_view_init(&t->view, &t->tr);
}

void wc_drive_free(struct wc_t *t)
{
	wc_view_free(&t->view);
	wc_transcript_free(&t->tr);
	free(t->own);
	t->own = NULL;
}

static size_t record(struct wc_t *t, enum wc_kind kind, unsigned flags, const char *name,
		     uint64_t value, const uint8_t *bytes, uint32_t len)
{
	struct wc_rec r = {
		.kind = kind, .flags = (uint8_t)flags, .t_ns = wc_now(t) - t->t0_ns,
		.value = value, .name = name, .bytes = bytes, .len = len,
	};
	size_t at = wc_transcript_add(&t->tr, &r);

	wc_view_update(&t->view);
	if (t->dut->watch)
		t->dut->watch(&t->view, at, t->dut->watch_arg);
	return at;
}

size_t wc_record(struct wc_t *t, enum wc_kind kind, unsigned flags, const char *name,
		 const uint8_t *bytes, uint32_t len)
{
	return record(t, kind, flags, name, 0, bytes, len);
}

void wc_mark(struct wc_t *t, const char *name)
{
	record(t, WC_R_MARK, 0, name, 0, NULL, 0);
}

void wc_value(struct wc_t *t, const char *name, uint64_t value)
{
	record(t, WC_R_VALUE, 0, name, value, NULL, 0);
}

void wc_trouble(struct wc_t *t, const char *what)
{
	record(t, WC_R_TROUBLE, 0, what, 0, NULL, 0);
}

const char *wc_nth(const char *name, unsigned n)
{
	static char ring[16][48];
	static unsigned at;

	at = (at + 1) % 16;
	snprintf(ring[at], sizeof(ring[at]), "%s%u", name, n);
	return ring[at];
}

void wc_fill(uint8_t *to, uint32_t len, uint32_t seed)
{
	uint32_t x = seed * 2654435761u + 12345;

	for (uint32_t i = 0; i < len; i++) {
		x = x * 1664525u + 1013904223u;
		to[i] = (uint8_t)(x >> 24);
	}
}

/* ---- the wire ------------------------------------------------------------------------- */

static void to_wire(struct wc_t *t, const uint8_t *bytes, uint32_t len)
{
	if (t->dut->port->ops->send(t->dut->port, bytes, len) && !t->dut->port->fate)
		wc_trouble(t, "our carriage did not take a packet");
}

/* A packet for a context of an earlier case: that case is over, and this is not about it. */
static bool belated(const struct wc_t *t, const struct wc_pkt *w)
{
	uint64_t id = w->len < 8 ? 0 : wc_get(w->bytes + 5, 3);

	return id >= t->dut->first_id && id < t->first_id;
}

static void pump_frame(struct wc_t *t, const struct wc_pkt *w)
{
	uint32_t used = w->len;
	struct wc_frame f;
	size_t at;

	if (w->stranger || t->runaway || belated(t, w))
		return;
	if (t->rx_budget-- == 0) {
		t->runaway = true;
		wc_value(t, "runaway", 1);
		return;
	}
	/* On Ethernet a short packet comes padded; the padding is not the device's. */
	if (w->padded && !wc_frame_parse(&f, w->bytes, w->len) && f.used <= w->len)
		used = f.used;
	at = record(t, WC_R_RX, w->ce ? WC_X_CE : 0, NULL, 0, w->bytes, used);
	if (!wc_view_rx(&t->view, at))
		return;
	f = t->view.f[at];	/* what we answer is recorded too, and moves the view */
	if (!t->lose || !t->lose(t, &f))
		wc_drive_rx(t, &f);
}

/* Nothing more will come: of a device of our own keeping that is a finding, else our trouble. */
void wc_lost(struct wc_t *t)
{
	char name[40];

	if (t->runaway)
		return;
	t->runaway = true;
	snprintf(name, sizeof(name), "fate:%s", t->dut->port->fate ? t->dut->port->fate : "");
	if (t->dut->port->fate)
		wc_mark(t, name);
	else
		wc_trouble(t, "our carriage is dead");
}

/* Take what has come, waiting for the first until until_ns; then answer and repeat. */
static void pump(struct wc_t *t, uint64_t until_ns)
{
	struct wc_pkt p[WC_PORT_BURST];
	int n = t->dut->port->ops->recv(t->dut->port, p, WC_PORT_BURST, until_ns);

	if (n < 0) {
		wc_lost(t);
		return;
	}
	for (int i = 0; i < n; i++)
		pump_frame(t, &p[i]);
	wc_drive_answers(t);
	wc_drive_repeat(t);
}

void wc_emit_bytes(struct wc_t *t, const uint8_t *bytes, uint32_t len, unsigned how)
{
	unsigned flags = (how & WC_E_BAD ? WC_T_BAD : 0u) | (how & WC_E_WILD ? WC_T_WILD : 0u) |
			 (how & (WC_E_AUTO | WC_E_SERVE) ? WC_T_AUTO : 0u);

	record(t, WC_R_TX, flags, NULL, 0, bytes, len);
	to_wire(t, bytes, len);
}

static unsigned out_limit(const struct wc_ctx *c)
{
	unsigned w = c->known ? c->peer_window : WC_MIN_WINDOW;

	return w < 32 ? w : 32;
}

static bool has_room(struct wc_t *t, const void *arg)
{
	const struct wc_ctx *c = arg;

	(void)t;
	return c->n_out < out_limit(c);
}

void wc_localise(const struct wc_t *t, uint64_t *key, uint64_t *addr)
{
	uint64_t i = *key - WC_REGION_FIRST;

	if (i >= sizeof(t->region) / sizeof(t->region[0]) || !t->region[i].key)
		return;
	*addr += t->region[i].base - WC_REGION_BASE(*key);
	*key = t->region[i].key;
}

void wc_emit(struct wc_ctx *c, const struct wc_frame *given, unsigned how)
{
	static uint8_t buf[WC_FRAME_MAX];
	struct wc_frame g = *given, *f = &g;
	struct wc_t *t = c->t;
	uint64_t none = 0;
	uint32_t n;

	if (how == WC_E_OK && !has_room(t, c))
		wc_wait(t, has_room, c, "room in the send window");
	wc_localise(t, &f->rkey, &f->addr);
	wc_localise(t, &f->sig_rkey, &f->sig_addr);
	wc_localise(t, &f->inv_rkey, &none);
	n = wc_frame_build(f, buf);
	wc_emit_bytes(t, buf, n, how);
	if (how & (WC_E_BAD | WC_E_AUTO) || f->type == WC_ACK || f->type == WC_NACK)
		return;
	if (f->pdc_id || f->flags & WC_F_SYN) {
		if (!wc_before(f->psn, c->next))
			c->next = (uint32_t)f->psn + 1;
	}
	if ((how == WC_E_OK || how == WC_E_SERVE) && c->n_out < WC_OUT_MAX) {
		struct wc_sent *s = &c->out[c->n_out++];

		s->f = *f;
		s->f.body = t->tr.rec[t->tr.count - 1].bytes + (n - 4 - f->body_len);
		s->at_ns = wc_now(t);
		s->tries = 1;
	}
}

/* ---- waiting -------------------------------------------------------------------------- */

bool wc_wait(struct wc_t *t, wc_until until, const void *arg, const char *what)
{
	unsigned ms = t->timeouts < PATIENT ? t->dut->patience_ms : t->dut->patience_ms / 8 + 1;
	uint64_t end = wc_now(t) + ms * 1000000ull;

	pump(t, 0);
	while (!until(t, arg)) {
		if (wc_now(t) >= end || t->runaway || wc_interrupted) {
			t->timeouts++;
			record(t, WC_R_TIMEOUT, 0, what, 0, NULL, 0);
			return false;
		}
		pump(t, wc_now(t) + SLICE_NS);
	}
	return true;
}

void wc_pause(struct wc_t *t, unsigned ms)
{
	uint64_t end = wc_now(t) + ms * 1000000ull, now;

	while ((now = wc_now(t)) < end && !t->runaway && !wc_interrupted)
		pump(t, end < now + SLICE_NS ? end : now + SLICE_NS);
}

struct hello_wait {
	uint64_t psn;
	size_t from;
};

static bool hello_came(struct wc_t *t, const void *arg)
{
	const struct hello_wait *w = arg;

	return wc_view_alone(&t->view, WC_TLV_HELLO, w->psn, w->from, WC_NONE) != WC_NONE;
}

static bool ask_hello(struct wc_t *t)
{
	static uint8_t out[256];
	uint8_t tlv[WC_ASK_HELLO];
	uint32_t n = wc_pad_put(tlv, wc_hello_tlv(t, tlv, WC_HELLO_REPLY), WC_ASK_HELLO);
	struct wc_frame f = wc_f_alone(t, tlv, n);
	struct hello_wait w = { .psn = f.psn, .from = t->tr.count };

	n = wc_frame_build(&f, out);
	for (int tries = 0; tries < 2; tries++) {
		wc_emit_bytes(t, out, n, WC_E_AUTO);
		if (wc_wait(t, hello_came, &w, "answer to HELLO"))
			return true;
	}
	return false;
}

bool wc_marker(struct wc_t *t)
{
	return ask_hello(t) && ask_hello(t);
}
