/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rig check, and what the device claims.  Decides whether cases can run, never a verdict.
 */
#include "conformance/rig.h"
#include "conformance/case.h"
#include "conformance/ut.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLICE_MS 2u	/* between two looks for the answer to HELLO */

__attribute__((format(printf, 3, 4)))
static void stop_with(struct wc_stop *s, const char *code, const char *fmt, ...)
{
	va_list ap;

	s->code = code;
	va_start(ap, fmt);
	vsnprintf(s->text, sizeof(s->text), fmt, ap);
	va_end(ap);
}

/* ---- HELLO ------------------------------------------------------------------------------ */

static bool take_hello(struct wc_t *t)
{
	struct wc_claims *c = &t->dut->claims;
	struct wc_tlv_view tlv;

	for (size_t i = 0; i < t->view.count && !c->hello; i++)
		if (wc_view_rx(&t->view, i) &&
		    wc_frame_find_tlv(&t->view.f[i], WC_TLV_HELLO, wc_h_hello.bytes, &tlv)) {
			wc_unpack(&wc_h_hello, tlv.value, &c->h);
			if (wc_frame_find_tlv(&t->view.f[i], WC_TLV_LIMITS,
					      wc_h_limits.bytes, &tlv))
				wc_unpack(&wc_h_limits, tlv.value, &c->limits);
			c->hello = true;
		}
	return c->hello;
}

/* Ask HELLO until it is answered or patience ends; returns how often. */
static unsigned say_hello(struct wc_t *t)
{
	uint64_t end = wc_now(t) + t->dut->patience_ms * 1000000ull, next = 0, now;
	static uint8_t out[256];
	uint8_t tlv[WC_ASK_HELLO];
	uint32_t n = wc_pad_put(tlv, wc_hello_tlv(t, tlv, WC_HELLO_REPLY), WC_ASK_HELLO);
	struct wc_frame f = wc_f_alone(t, tlv, n);
	unsigned asked = 0;

	n = wc_frame_build(&f, out);
	while (!take_hello(t) && (now = wc_now(t)) < end && !t->runaway && !wc_interrupted) {
		if (now >= next) {
			wc_emit_bytes(t, out, n, WC_E_AUTO);
			next = now + t->dut->repeat_ms * 1000000ull;
			asked++;
		}
		wc_pause(t, SLICE_MS);
	}
	return asked;
}

static void no_hello(struct wc_t *t, unsigned asked, struct wc_stop *stop)
{
	char first[160];
	unsigned came = 0;
	size_t at = 0;

	for (size_t i = t->view.count; i-- > 0;)
		if (t->view.t->rec[i].kind == WC_R_RX) {
			came++;
			at = i;
		}
	if (!came) {
		stop_with(stop, "NO_HELLO", "%s: no answer to HELLO, asked %u times in %.1f s from "
			  "%s: is the device started, and is this its address? (--patience MS "
			  "waits longer)", t->dut->url, asked, t->dut->patience_ms / 1e3,
			  t->dut->port->local);
		return;
	}
	if (t->view.wrong[at])
		snprintf(first, sizeof(first), "%s", t->view.wrong[at]);
	else
		wc_frame_text(&t->view.f[at], first, sizeof(first));
	stop_with(stop, "NO_HELLO", "%s: %u packets came in %.1f s, none of them a valid answer to "
		  "HELLO; the first: %s%s: is it a Weft device of version %u? "
		  "(--no-rig-check runs the cases all the same)", t->dut->url, came,
		  t->dut->patience_ms / 1e3, first,
		  t->view.wrong[at] || t->view.f[at].crc_ok ? "" : " with a wrong CRC", WC_VERSION);
}

/* ---- context and stream ----------------------------------------------------------------- */

struct attempt {
	struct wc_ctx *c;
	const char *name;
};

static bool settled(struct wc_t *t, const void *arg)
{
	const struct attempt *a = arg;

	return a->c->ended ||
	       wc_view_result(&t->view, a->name, WC_NONE, NULL, 0).status != WC_PENDING;
}

/* Is a stream of that service accepted, in a context of its own? */
static bool offers(struct wc_t *t, uint32_t domain, uint32_t service, const char *name)
{
	struct attempt a = { .c = wc_open(t, wc_best_mode(t), domain), .name = name };
	struct wc_stream *s = wc_connect_start(a.c, name, service);

	wc_wait(t, settled, &a, name);
	wc_close(a.c);
	return wc_connected(s, name);
}

/* "chip 0x..., class GPU" */
static void tell_device(const struct wc_t *t, char *out, size_t len)
{
	const struct wc_hello *h = &t->dut->claims.h;

	snprintf(out, len, "chip %016" PRIx64 ", class %s, domain %" PRIu64, h->chip_id,
		 wc_class_name(h->class_), h->domain);
}

/* What came of EP_CONNECT to a service, in words. */
static const char *tell_service(const struct wc_t *t, const char *name)
{
	static const char *const reason[] = {
		"reason?", "NO_SERVICE", "REFUSED", "NO_ROOM", "CLOSED", "ERROR",
	};
	int status = wc_view_result(&t->view, name, WC_NONE, NULL, 0).status;

	if (status == WC_PENDING)
		return "no answer";
	return reason[status > 0 && status <= WC_EP_ERROR ? status : 0];
}

static void no_stream(struct wc_t *t, struct wc_stop *stop)
{
	char device[96], how[96] = "does not answer";
	bool known = false;

	for (unsigned i = 0; i < t->n_ctx; i++)
		known |= t->ctx[i].known;
	tell_device(t, device, sizeof(device));
	if (known) {
		stop_with(stop, "NO_STREAM", "%s: answers HELLO (%s) and opens a context, but "
			  "accepts a stream neither of its test personality (service %u: %s) nor "
			  "of the chip service (%u: %s): let it offer one of them", t->dut->url,
			  device, WC_SERVICE_PERSONALITY, tell_service(t, "personality"),
			  WC_SERVICE_CHIP, tell_service(t, "chip"));
		return;
	}
	for (size_t i = t->view.count; i-- > 0;)
		if (wc_view_rx(&t->view, i) && t->view.f[i].type == WC_NACK)
			snprintf(how, sizeof(how), "refuses (NACK %s)",
				 wc_reason_name(t->view.f[i].reason));
	stop_with(stop, "NO_CONTEXT", "%s: answers HELLO (%s), but %s a new context of mode %s in "
		  "domain %u, which the cases use: let it serve domain %u (weft chip: "
		  "--domain any)", t->dut->url, device, how,
		  wc_best_mode(t) == WC_ROD ? "ROD" : "RUD", WC_DOMAIN, WC_DOMAIN);
}

/* What the upper tester offers; the personality too, if the device itself does not. */
static void ask_above(struct wc_t *t)
{
	struct wc_claims *c = &t->dut->claims;
	struct wc_ut *ut = t->dut->ut;

	if (!ut)
		return;
	c->upper = ut->level;
	c->caller = ut->flags & UPPER_CAN_CONNECT;
	c->verbs = ut->flags & UPPER_IS_VERBS;
	if (c->personality)
		return;
	ut->personality = true;
	c->personality = wc_ut_begin(t) &&
			 offers(t, WC_DOMAIN, WC_SERVICE_PERSONALITY, "above");
	ut->personality = c->personality;
}

static void check(struct wc_t *t, struct wc_stop *stop)
{
	struct wc_claims *c = &t->dut->claims;
	unsigned asked = say_hello(t);

	if (!c->hello) {
		no_hello(t, asked, stop);
		return;
	}
	wc_marker(t);		/* a late answer to a repeated HELLO is not for the first case */
	if (t->dut->ut)
		t->dut->domain = t->dut->ut->domain;
	c->personality = offers(t, WC_DOMAIN, WC_SERVICE_PERSONALITY, "personality");
	c->mailboxes = c->personality;
	ask_above(t);
	c->chip = t->ctx[0].known && offers(t, WC_DOMAIN, WC_SERVICE_CHIP, "chip");
	if (!c->personality && !c->chip)
		no_stream(t, stop);
	else if (c->personality)	/* the cases of two domains need it too */
		c->two_domains = offers(t, WC_OTHER_DOMAIN, WC_SERVICE_PERSONALITY, "other");
}

void wc_rig_check(struct wc_dut *d, struct wc_stop *stop)
{
	struct wc_t *t = calloc(1, sizeof(*t));

	memset(stop, 0, sizeof(*stop));
	if (!t) {
		stop_with(stop, "NO_HELLO", "out of memory");
		return;
	}
	wc_drive_init(t, d, d->seed);
	check(t, stop);
	wc_drive_free(t);
	free(t);
}
