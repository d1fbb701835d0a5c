/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The order of judgement, and the checkpoints that cases are judged with.
 */
#include "conformance/judge.h"
#include "conformance/case.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROFILE_SECURE	0x10u

const char *wc_verdict_name(enum wc_verdict_kind kind)
{
	static const char *const name[] = { "PASS", "FAIL", "INCONC", "NA", "ERROR" };

	return kind < WC_VERDICTS ? name[kind] : "?";
}

/* ---- texts ----------------------------------------------------------------------------- */

static void tell_record(const struct wc_view *v, size_t at, char *out)
{
	const struct wc_rec *r;
	char line[WC_TEXT - 80], place[24];

	if (at >= v->count) {
		snprintf(out, WC_TEXT, "nothing");
		return;
	}
	r = &v->t->rec[at];
	if (r->kind != WC_R_TX && r->kind != WC_R_RX) {
		snprintf(out, WC_TEXT, "#%zu %.100s", at, r->name);
		return;
	}
	wc_frame_text(&v->f[at], line, sizeof(line));
	if (r->name[0])		/* its place in a capture */
		snprintf(place, sizeof(place), "%.20s:", r->name);
	else
		snprintf(place, sizeof(place), "#%zu", at);
	snprintf(out, WC_TEXT, "%s %s%s%s", place, line, v->wrong[at] ? " -- " : "",
		 v->wrong[at] ? v->wrong[at] : "");
}

/* The last packet of the script before record at. */
static size_t stimulus_before(const struct wc_view *v, size_t at)
{
	size_t end = wc_view_mark(v, "end");

	if (at == WC_NONE)
		at = end == WC_NONE ? v->count : end;
	for (size_t i = at < v->count ? at : v->count; i-- > 0;)
		if (v->t->rec[i].kind == WC_R_TX && !(v->t->rec[i].flags & WC_T_AUTO))
			return i;
	return WC_NONE;
}

void wc_tell_evidence(const struct wc_view *v, struct wc_verdict *o, size_t at)
{
	size_t stim = stimulus_before(v, at);

	o->evidence = at;
	tell_record(v, at, o->observed);
	if (stim != WC_NONE)
		tell_record(v, stim, o->stimulus);
}

static void fail(struct wc_judge *j, const char *code, size_t at)
{
	struct wc_verdict *o = j->out;

	j->failed = true;
	o->kind = WC_FAIL;
	snprintf(o->code, sizeof(o->code), "%s", code);
	wc_tell_evidence(j->v, o, at);
}

void wc_cp(struct wc_judge *j, unsigned n, bool cond, const char *code, const char *fmt, ...)
{
	va_list ap;

	j->touched |= 1u << (n - 1);
	if (cond || j->failed)
		return;
	va_start(ap, fmt);
	vsnprintf(j->out->expected, sizeof(j->out->expected), fmt, ap);
	va_end(ap);
	fail(j, code, j->evidence);
}

/* ---- checkpoints ------------------------------------------------------------------------ */

struct wc_result wc_res(struct wc_judge *j, const char *op)
{
	struct wc_result r = wc_view_result(j->v, op, WC_NONE, NULL, 0);

	j->evidence = r.evidence;
	return r;
}

void wc_ok(struct wc_judge *j, unsigned n, const char *op)
{
	struct wc_result r = wc_res(j, op);

	wc_cp(j, n, r.status != WC_PENDING, "NO_ANSWER", "%s completes", op);
	wc_cp(j, n, r.status <= 0, "REFUSED", "%s completes with OK", op);
}

void wc_refused(struct wc_judge *j, unsigned n, const char *op, enum wc_status status)
{
	struct wc_result r = wc_res(j, op);
	const char *name = wc_status_name(status);

	wc_cp(j, n, r.status != WC_PENDING, "NO_REFUSAL", "%s is refused with %s", op, name);
	wc_cp(j, n, r.status != WC_OK, "NOT_REFUSED", "%s is refused with %s", op, name);
	wc_cp(j, n, r.status == (int)status, "WRONG_STATUS", "%s is refused with %s", op, name);
}

bool wc_res_data(struct wc_judge *j, const char *op, uint8_t *data, uint32_t room)
{
	struct wc_result r = wc_view_result(j->v, op, WC_NONE, data, room);

	j->evidence = r.evidence;
	return r.status == WC_OK;
}

static void hex(const uint8_t *p, uint32_t len, char *out, size_t room)
{
	size_t at = 0;

	out[0] = 0;
	for (uint32_t i = 0; i < len && i < 24 && at + 3 < room; i++, at += 2)
		snprintf(out + at, room - at, "%02x", p[i]);
	if (len > 24)
		snprintf(out + at, room - at, "...");
}

void wc_data(struct wc_judge *j, unsigned n, const char *op, const uint8_t *want, uint32_t len,
	     const char *code)
{
	uint8_t *got = calloc(1, len + 1u);
	char w[64], g[64];
	uint32_t at = 0;
	bool done;

	wc_ok(j, n, op);
	if (!got)
		return;
	done = wc_res_data(j, op, got, len);
	while (at < len && got[at] == want[at])
		at++;
	hex(want + at, len - at, w, sizeof(w));
	hex(got + at, len - at, g, sizeof(g));
	wc_cp(j, n, done && at == len, code, "%s reads %u bytes; from byte %u on %s, but found %s",
	      op, len, at, w, g);
	free(got);
}

void wc_data_fill(struct wc_judge *j, unsigned n, const char *op, uint32_t seed, uint32_t len,
		  const char *code)
{
	uint8_t *want = calloc(1, len + 1u);

	if (!want)
		return;
	wc_fill(want, len, seed);
	wc_data(j, n, op, want, len, code);
	free(want);
}

void wc_old(struct wc_judge *j, unsigned n, const char *op, uint64_t old)
{
	struct wc_result r = wc_res(j, op);

	wc_ok(j, n, op);
	j->evidence = r.evidence;
	wc_cp(j, n, r.old == old, "WRONG_OLD", "%s gives the old value 0x%" PRIx64
	      ", but it gave 0x%" PRIx64, op, old, r.old);
}

void wc_word(struct wc_judge *j, unsigned n, const char *op, uint64_t value, const char *code)
{
	uint8_t want[8];

	for (unsigned i = 0; i < 8; i++)
		want[i] = (uint8_t)(value >> (8 * i));
	wc_data(j, n, op, want, 8, code);
}

uint64_t wc_val(const struct wc_judge *j, const char *name)
{
	return wc_view_value(j->v, name, 0);
}

size_t wc_at(const struct wc_judge *j, const char *mark)
{
	size_t at = wc_view_mark(j->v, mark);

	return at == WC_NONE ? 0 : at;
}

void wc_untaken(struct wc_judge *j, unsigned n, const char *from, const char *until,
		const char *psn, const char *code)
{
	uint32_t p = (uint32_t)wc_val(j, psn), pdc = (uint32_t)wc_val(j, "ctx");

	if (wc_view_mark(j->v, from) == WC_NONE || wc_view_mark(j->v, until) == WC_NONE)
		return;		/* the checkpoint stays unreached */
	j->evidence = wc_view_acked(j->v, pdc, p, wc_at(j, from), wc_at(j, until));
	wc_cp(j, n, j->evidence == WC_NONE, code, "PSN %u is not acknowledged", p);
}

/* An answer of the device to a HELLO of ours after this mark. */
void wc_marked(struct wc_judge *j, unsigned n, const char *from)
{
	struct wc_tlv_view tlv;
	size_t i = wc_at(j, from);

	for (; i < j->v->count; i++)
		if (j->v->t->rec[i].kind == WC_R_TX && j->v->t->rec[i].flags & WC_T_AUTO &&
		    wc_frame_find_tlv(&j->v->f[i], WC_TLV_HELLO, 0, &tlv) &&
		    wc_view_alone(j->v, WC_TLV_HELLO, j->v->f[i].psn, i, WC_NONE) != WC_NONE)
			break;
	j->evidence = WC_NONE;
	wc_cp(j, n, i < j->v->count, "NO_MARKER", "HELLO is answered after %s", from);
}

/* ---- the whole --------------------------------------------------------------------------- */

const char *wc_not_claimed(const struct wc_case *c, const struct wc_claims *k)
{
	if (!k->hello)
		return NULL;	/* it claims nothing: let the case find out why */
	if (c->needs & WC_NEEDS_UPPER && k->upper < 2)
		return "NO_UPPER_TESTER";
	if (c->needs & WC_NEEDS_CALLER && !k->caller)
		return "CANNOT_CALL";
	if (c->needs & WC_NEEDS_RUD && !(k->h.modes & WC_MODES_RUD))
		return "RUD_NOT_CLAIMED";
	if (c->needs & WC_NEEDS_ROD && !(k->h.modes & WC_MODES_ROD))
		return "ROD_NOT_CLAIMED";
	if (c->needs & WC_NEEDS_CHOICE && !(k->h.modes & WC_MODES_RUD))
		return "ONE_MODE";
	if (c->payload > k->h.max_payload)
		return "PAYLOAD_NOT_CLAIMED";
	if (c->features & ~k->limits.features)
		return "FEATURE_NOT_CLAIMED";
	if (c->profiles & ~k->h.profiles)
		return "PROFILE_NOT_CLAIMED";
	if (c->needs & WC_NEEDS_PERSONALITY && !k->personality)
		return "NO_PERSONALITY";
	if (c->needs & WC_NEEDS_MAILBOXES && !k->mailboxes)
		return "NO_MAILBOXES";
	if (c->needs & WC_NEEDS_STREAMS && k->verbs)
		return "VERBS";
	if (c->needs & WC_NEEDS_VERBS && !k->verbs)
		return "NOT_VERBS";
	if (c->needs & WC_NEEDS_CHIP && !k->chip)
		return "NO_CHIP_SERVICE";
	if (c->needs & WC_NEEDS_PLAIN && k->h.profiles & PROFILE_SECURE)
		return "SECURE_CLAIMED";
	if (c->needs & WC_NEEDS_TWO_DOMAINS && !k->two_domains)
		return "ONE_DOMAIN";
	return NULL;
}

const char *wc_not_applicable(const struct wc_case *c, const struct wc_view *v)
{
	struct wc_claims claims;

	wc_view_claims(v, &claims);
	return wc_not_claimed(c, &claims);
}

/* The probe of that name wrote a number and read it back. */
static bool probe_good(struct wc_judge *j, const char *name)
{
	char w[48], r[48];
	uint8_t got[16] = { 0 };
	struct wc_result res;

	snprintf(w, sizeof(w), "%s1", name);
	snprintf(r, sizeof(r), "%s2", name);
	res = wc_res(j, w);
	if (res.status != WC_OK || !wc_res_data(j, r, got, sizeof(got)))
		return false;
	for (size_t i = res.at; i < j->v->count; i++)
		if (j->v->t->rec[i].kind == WC_R_TX && j->v->f[i].type == WC_DATA &&
		    j->v->f[i].opcode == WC_WRITE && j->v->f[i].psn == res.op.psn_first)
			return j->v->f[i].body_len == 16 && !memcmp(j->v->f[i].body, got, 16);
	return false;
}

static void judge_probe(struct wc_judge *j, const char *name, const char *code)
{
	bool good;

	if (j->failed)
		return;
	j->evidence = WC_NONE;
	good = probe_good(j, name);
	if (good)
		return;
	snprintf(j->out->expected, WC_TEXT, "%s: WRITE of a fresh number and READ back", name);
	fail(j, code, j->evidence);
}

static void judge_hit(struct wc_judge *j, void (*observe)(const struct wc_view *, struct wc_hit *))
{
	struct wc_hit hit = { NULL, "", WC_NONE };

	if (j->failed)
		return;
	observe(j->v, &hit);
	if (!hit.code)
		return;
	snprintf(j->out->expected, WC_TEXT, "%s", hit.text);
	fail(j, hit.code, hit.at);
}

/* The transcript of another variant proves nothing of this one. */
static bool of_another(struct wc_judge *j)
{
	if (wc_val(j, "variant.payload") == j->c->payload &&
	    wc_val(j, "variant.wrap") == j->c->wrap &&
	    wc_val(j, "variant.mode") == (j->c->of ? j->c->mode : 0))
		return false;
	j->out->kind = WC_ERROR;
	snprintf(j->out->code, sizeof(j->out->code), "OTHER_VARIANT");
	snprintf(j->out->expected, WC_TEXT, "the transcript of %s", j->c->id);
	return true;
}

static bool excused(struct wc_judge *j)
{
	const char *na = wc_not_applicable(j->c, j->v);

	for (size_t i = 0; i < j->v->count; i++) {
		const struct wc_rec *r = &j->v->t->rec[i];

		if (r->kind == WC_R_TROUBLE) {
			j->out->kind = WC_INCONC;
			snprintf(j->out->code, sizeof(j->out->code), "TROUBLE");
			tell_record(j->v, i, j->out->observed);
			return true;
		}
		if (r->kind == WC_R_MARK && !strncmp(r->name, "skip:", 5))
			na = r->name + 5;
	}
	if (na) {
		j->out->kind = WC_NA;
		snprintf(j->out->code, sizeof(j->out->code), "%s", na);
	}
	return na;
}

/*
 * Not one packet of the device: it may be off, or elsewhere, and this case says nothing of it.  A
 * case that silences a device hears it before.
 */
static bool silent(struct wc_judge *j)
{
	unsigned sent = 0;

	for (size_t i = 0; i < j->v->count; i++) {
		if (j->v->t->rec[i].kind == WC_R_RX)
			return false;
		sent += j->v->t->rec[i].kind == WC_R_TX;
	}
	j->out->kind = WC_INCONC;
	snprintf(j->out->code, sizeof(j->out->code), "SILENT");
	snprintf(j->out->expected, WC_TEXT, "the device answers something");
	snprintf(j->out->observed, WC_TEXT, "%u packets were sent, and none came back", sent);
	return true;
}

/* The device crashed or hung under the case: fails with that, and true. */
static bool fallen(struct wc_judge *j)
{
	for (size_t i = 0; i < j->v->count; i++) {
		const struct wc_rec *r = &j->v->t->rec[i];

		if (r->kind != WC_R_MARK || strncmp(r->name, "fate:", 5))
			continue;
		snprintf(j->out->expected, WC_TEXT, "the device lives through the case");
		fail(j, r->name + 5, i);
		return true;
	}
	return false;
}

static void judge_all(struct wc_judge *j)
{
	judge_hit(j, wc_observe_form);
	if (!j->failed && wc_val(j, "runaway"))
		fail(j, "RUNAWAY", WC_NONE);
	judge_probe(j, "pre.A", "PRE_PROBE");
	judge_probe(j, "pre.B", "PRE_PROBE");
	if (!j->failed)
		j->c->judge(j);
	judge_hit(j, wc_observe_behaviour);
	judge_probe(j, "post", "POST_PROBE");
}

void wc_judge(const struct wc_case *c, const struct wc_transcript *t, struct wc_verdict *out)
{
	struct wc_view view;
	struct wc_judge j = { .c = c, .v = &view, .out = out, .evidence = WC_NONE };

	if (c->observer) {
		wc_judge_observer(c, t, out);
		return;
	}
	memset(out, 0, sizeof(*out));
	out->kind = WC_PASS;
	out->evidence = WC_NONE;
	out->checkpoints = c->checkpoints;
	wc_view_init(&view, t);
	wc_view_update(&view);
	if (!of_another(&j) && !excused(&j) && !fallen(&j) && !silent(&j)) {
		judge_all(&j);
		if (!j.failed && j.touched != (uint32_t)((1ull << c->checkpoints) - 1)) {
			out->kind = WC_ERROR;
			snprintf(out->code, sizeof(out->code), "UNREACHED");
			snprintf(out->expected, WC_TEXT, "checkpoints 0x%x, reached 0x%x",
				 (uint32_t)((1ull << c->checkpoints) - 1), j.touched);
		}
	}
	out->reached = (unsigned)__builtin_popcount(j.touched);
	wc_view_free(&view);
}
