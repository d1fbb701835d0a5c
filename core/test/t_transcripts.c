/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The transcripts of spec/vectors, step by step: what the engine sends, asks of its host and
 * reports.  Each case prints the step at which it went another way.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/test/dut.h"
#include "tools/test/cunit_main.h"

#define PKT_MAX 2048

struct name {
	const char *name;
	int value;
};

static const struct name acts[] = {
	{ "PLACE_MEM", WEFT_ACT_PLACE_MEM }, { "PLACE_RECV", WEFT_ACT_PLACE_RECV },
	{ "PLACE_WR", WEFT_ACT_PLACE_WR }, { "READ", WEFT_ACT_READ },
	{ "ATOMIC", WEFT_ACT_ATOMIC }, { "COMPLETE", WEFT_ACT_COMPLETE },
	{ "COMPLETE_RECV", WEFT_ACT_COMPLETE_RECV }, { "BIND", WEFT_ACT_BIND },
	{ "LS_STORE", WEFT_ACT_LS_STORE }, { "LS_LOAD", WEFT_ACT_LS_LOAD },
	{ "PLACE_RD", WEFT_ACT_PLACE_RD }, { NULL, 0 },
};

static const struct name events[] = {
	{ "EP_CONNECT", WEFT_EV_EP_CONNECT }, { "EP_ACCEPTED", WEFT_EV_EP_ACCEPTED },
	{ "STREAM_ERROR", WEFT_EV_STREAM_ERROR }, { "PDC_CLOSED", WEFT_EV_PDC_CLOSED },
	{ "PDC_FAILED", WEFT_EV_PDC_FAILED }, { NULL, 0 },
};

/* A status by the name that the specification gives it. */
static enum weft_status status_named(const char *name)
{
	unsigned st = 0;

	while (st < 256 && strcmp(weft_status_name((enum weft_status)st), name))
		st++;
	return (enum weft_status)st;
}

static int value_of(const struct name *list, const char *name)
{
	while (list->name && strcmp(list->name, name))
		list++;
	return list->name ? list->value : -1;
}

/* What no transcript tells of: that a context is open, buffers that are free again. */
static void skip_silent(struct dut *d)
{
	while (d->n_acts && (d->acts[0].type == WEFT_ACT_RELEASE_HOLD ||
			     (d->acts[0].type == WEFT_ACT_EVENT &&
			      d->acts[0].event == WEFT_EV_PDC_OPEN)))
		dut_answer(d, WEFT_STATUS_OK, 0);
}

/* ---- steps: each returns NULL, or what went wrong ------------------------------------- */

static const char *step_in(struct dut *d, const struct json *step)
{
	uint8_t bytes[PKT_MAX], *exact;
	size_t len = json_hex(step, "hex", bytes, sizeof(bytes));
	const char *got;

	if (d->n_acts)
		return "the host is asked for what the transcript does not tell";
	exact = malloc(len);
	memcpy(exact, bytes, len);
	d->now += 1000;
	got = weft_drop_name(dut_in(d, exact, len));
	free(exact);
	return strcmp(got, json_text(step, "drop")) ? got : NULL;
}

static const char *step_out(struct dut *d, const struct json *step)
{
	uint8_t want[PKT_MAX], mask[PKT_MAX];
	size_t len = json_hex(step, "hex", want, sizeof(want));

	json_hex(step, "mask", mask, sizeof(mask));
	for (unsigned tries = 0; tries < 3; tries++) {
		if (dut_claim(d, want, mask, len))
			return NULL;
		dut_wait(d, 200000);	/* an acknowledgement may wait for company */
	}
	return "it is not sent";
}

static const char *step_acked(struct dut *d, const struct json *step)
{
	uint32_t psn = (uint32_t)json_number(step, "psn");

	for (unsigned tries = 0; tries < 3; tries++) {
		if (d->acks && !psn_before(d->acked, psn))
			return NULL;
		dut_wait(d, 200000);
	}
	return "it is not acknowledged";
}

static const char *step_post(struct dut *d, const struct json *step)
{
	const char *op = json_text(step, "op");
	struct weft_wr wr = {
		.id = json_number(step, "id"), .len = (uint32_t)json_number(step, "len"),
		.rkey = 0x77, .addr = 0x10000,
		.opcode = !strcmp(op, "SEND") ? WEFT_OPCODE_SEND :
			  !strcmp(op, "READ") ? WEFT_OPCODE_READ : WEFT_OPCODE_WRITE,
	};

	if (weft_post(d->s, &wr) != WEFT_OK)
		return "the work request is not taken";
	dut_turn(d);
	return NULL;
}

static bool is(const struct json *step, const char *key, uint64_t got)
{
	return !json_get(step, key) || json_number(step, key) == got;
}

static const char *same_numbers(const struct json *step, const struct weft_act *a)
{
	bool done = a->type == WEFT_ACT_COMPLETE || a->type == WEFT_ACT_COMPLETE_RECV;
	const struct { const char *key; uint64_t got; } rows[] = {
		{ "key", a->key }, { "addr", a->addr }, { "offset", a->offset },
		{ "len", done ? a->wc.len : a->len }, { "msg_len", a->msg_len },
		{ "ssn", done ? a->wc.ssn : a->ssn }, { "operand", a->atomic.operand },
		{ "compare", a->atomic.compare }, { "id", a->wc.id }, { "service", a->arg },
		{ "peer_qpn", a->peer_qpn }, { "window", a->arg }, { "qpn", a->arg },
		{ "span", a->span },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++)
		if (!is(step, rows[i].key, rows[i].got))
			return rows[i].key;
	if (*json_text(step, "status") &&
	    strcmp(json_text(step, "status"), weft_status_name(a->wc.status)))
		return weft_status_name(a->wc.status);
	return NULL;
}

/* The engine asks its host for something, or tells it. */
static const char *step_act(struct dut *d, const struct json *step)
{
	const char *what = json_text(step, "do"), *wrong, *answer = json_text(step, "answer");
	struct weft_act a;
	int event = value_of(events, what);

	skip_silent(d);
	if (!d->n_acts)
		return "the host is asked for, and told, nothing";
	a = d->acts[0];
	if (event >= 0 ? a.type != WEFT_ACT_EVENT || a.event != (enum weft_event)event :
	    (int)a.type != value_of(acts, what))
		return "the host is asked for, or told, something else";
	wrong = same_numbers(step, &a);
	if (wrong)
		return wrong;
	if (event == WEFT_EV_EP_CONNECT &&
	    (!dut_stream(d) || weft_ep_accept(d->s, &a.ep, NULL, 0) != WEFT_OK))
		return "the stream cannot be accepted";
	dut_answer(d, *answer ? status_named(answer) : WEFT_STATUS_OK, json_number(step, "value"));
	skip_silent(d);
	return NULL;
}

static const char *step_connect(struct dut *d, const struct json *step)
{
	if (!dut_stream(d) ||
	    weft_ep_connect(d->s, (uint32_t)json_number(step, "service"), NULL, 0) != WEFT_OK)
		return "it cannot connect";
	dut_turn(d);
	return NULL;
}

static const char *run_step(struct dut *d, const struct json *step)
{
	const char *what = json_text(step, "do");

	if (!strcmp(what, "in"))
		return step_in(d, step);
	if (!strcmp(what, "out"))
		return step_out(d, step);
	if (!strcmp(what, "acked"))
		return step_acked(d, step);
	if (!strcmp(what, "post"))
		return step_post(d, step);
	if (!strcmp(what, "connect"))
		return step_connect(d, step);
	if (!strcmp(what, "wait")) {
		dut_wait(d, json_number(step, "ns"));
		return NULL;
	}
	if (!strcmp(what, "silent"))
		return dut_unclaimed(d) ? "something is sent" : NULL;
	if (!strcmp(what, "close")) {
		weft_pdc_close(d->p);
		dut_turn(d);
		return NULL;
	}
	return step_act(d, step);
}

static bool run(const struct json *setup, const struct json *t)
{
	static struct dut d;
	const char *wrong = NULL;
	unsigned at = 0;

	dut_init(&d, setup);
	if (!strcmp(json_text(t, "mode"), "ROD"))
		d.cfg.mode = WEFT_MODE_ROD;
	if (!strcmp(json_text(t, "role"), "initiator"))
		dut_open(&d);
	json_each(step, json_get(t, "steps")) {
		skip_silent(&d);
		wrong = run_step(&d, step);
		if (wrong) {
			printf("      %s, step %u (%s %s): %s\n", json_text(t, "name"), at,
			       json_text(step, "do"), json_text(step, "note"), wrong);
			break;
		}
		at++;
	}
	skip_silent(&d);
	if (!wrong && (d.n_acts || dut_unclaimed(&d))) {
		wrong = "the end";
		printf("      %s: %zu actions more than told, or packets\n", json_text(t, "name"),
		       d.n_acts);
	}
	if (wrong)
		dut_print(&d);
	for (size_t i = 0; wrong && i < d.n_acts; i++)
		printf("      action %d event %d status %s\n", (int)d.acts[i].type,
		       (int)d.acts[i].event, weft_status_name(d.acts[i].wc.status));
	dut_fini(&d);
	return !wrong;
}

static void replay(const char *role)
{
	struct json *top = json_load("spec/vectors/transcripts.json");
	unsigned n = 0, bad = 0;

	json_each(t, json_get(top, "transcripts")) {
		if (strcmp(json_text(t, "role"), role))
			continue;
		bad += !run(json_get(top, "setup"), t);
		n++;
	}
	CU_ASSERT_EQUAL(bad, 0);
	CU_ASSERT(n > 8);
	json_free(top);
}

static void transcripts__target(void)
{
	replay("target");
}

static void transcripts__initiator(void)
{
	replay("initiator");
}

WEFT_SUITE(t_transcripts) {
	{ "transcripts__target", transcripts__target },
	{ "transcripts__initiator", transcripts__initiator },
};
