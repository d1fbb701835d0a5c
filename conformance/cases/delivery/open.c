/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opening with the first packet, and its abuse: SYNs that name nobody or change their mind, chips
 * that started again, and a sender that is never answered.
 */
#include "conformance/cases/common.h"

#include <string.h>

/* EP_CONNECT as the next packet of c, which carries SYN as long as c knows nobody. */
static struct wc_frame connect_frame(struct wc_ctx *c, uint32_t qpn, uint8_t tlv[32])
{
	struct wc_ep ep = {
		.src_qpn = qpn, .service = wc_service_for(c, qpn), .credits = 8, .window = 8,
		.reads = 4,
	};
	uint8_t value[16];

	wc_pack(&wc_h_ep_connect, &ep, value);
	return wc_f_ctrl(c, tlv, wc_tlv_put(tlv, 0, WC_TLV_EP_CONNECT, value, sizeof(value)));
}

/* Packets for our context pdc in the range, other than NACKs. */
static size_t heard(const struct wc_judge *j, uint32_t pdc, size_t from, size_t until)
{
	for (size_t i = from; i < until && i < j->v->count; i++)
		if (wc_view_rx(j->v, i) && j->v->f[i].pdc_id == pdc &&
		    j->v->f[i].type != WC_NACK)
			return i;
	return WC_NONE;
}

/* First NACK COOKIE for our context pdc in the range. */
static size_t cookie_for(const struct wc_view *v, uint32_t pdc, size_t from, size_t until)
{
	for (size_t i = from; i < v->count && i < until; i++)
		if (wc_view_rx(v, i) && v->f[i].type == WC_NACK && v->f[i].pdc_id == pdc &&
		    v->f[i].reason == WC_N_COOKIE)
			return i;
	return WC_NONE;
}

/* ---- DL-BI-40 ---------------------------------------------------------------------------- */

static void nobody(struct wc_t *t)
{
	for (unsigned i = 0; i < 3; i++) {
		struct wc_ctx *c = wc_open(t, wc_best_mode(t), WC_DOMAIN);
		uint8_t tlv[32];
		struct wc_frame f = connect_frame(c, t->dut->next_id++, tlv);

		wc_value(t, wc_nth("ctx", i), c->id);
		if (i == 0)
			f.syn_chip = 0;
		else if (i == 1)
			f.syn_pdc = 0;
		else
			f.type = WC_PROBE;
		wc_mark(t, wc_nth("bad", i));
		wc_emit(c, &f, WC_E_BAD);
		wc_marker(t);
		wc_mark(t, wc_nth("good", i));
		wc_drop(c);
	}
}

static void nobody_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < 3; i++) {
		size_t from = wc_at(j, wc_nth("bad", i)), until = wc_at(j, wc_nth("good", i));

		j->evidence = heard(j, (uint32_t)wc_val(j, wc_nth("ctx", i)), from, until);
		wc_cp(j, 1, j->evidence == WC_NONE, "OPENED", "a SYN that names no chip or no "
		      "context, or is not on DATA or CTRL, opens none");
		for (size_t k = from; k < until && k < j->v->count; k++)
			if (wc_view_rx(j->v, k) && !j->v->f[k].pdc_id &&
			    j->v->f[k].flags & WC_F_SYN)
				j->evidence = k;
		wc_cp(j, 2, j->evidence == WC_NONE, "OPENED", "nothing with SYN is sent to "
		      "context 0");
	}
	wc_marked(j, 3, "bad2");
}

/* ---- DL-BI-41, DL-BI-42 ------------------------------------------------------------------- */

/* WRITEs that carry a SYN which contradicts the one that opened the context. */
static void contradicts(struct wc_t *t)
{
	wc_bad_begin(t, 50);
	for (unsigned i = 0; i < 3; i++) {
		struct wc_frame f;

		t->c->keep_syn = true;
		f = wc_bad_write(t, 50);
		t->c->keep_syn = false;
		if (i == 0)
			f.syn_start += 1;
		else if (i == 1)
			f.syn_inc -= 1;
		else
			f.syn_mode = f.syn_mode == WC_RUD ? WC_ROD : WC_RUD;
		wc_emit(t->c, &f, WC_E_BAD);
	}
	wc_bad_end(t, 50);
}

static void contradicts_judge(struct wc_judge *j)
{
	wc_untaken(j, 1, "bad", "good", "p", "TAKEN");
	wc_marked(j, 2, "bad");
	wc_data_fill(j, 3, "after", WC_OLD_SEED, WC_SIZE, "EXECUTED");
}

/* A packet for the device's own context id, by a chip that is not its peer. */
static void stranger(struct wc_t *t)
{
	struct wc_frame f;

	wc_bad_begin(t, 51);
	t->c->keep_syn = true;
	f = wc_bad_write(t, 51);
	t->c->keep_syn = false;
	f.pdc_id = t->c->peer_id;
	f.flags |= t->c->peer_gen;
	f.syn_chip ^= 0x77;
	wc_emit(t->c, &f, WC_E_BAD);
	wc_bad_end(t, 51);
}

/* ---- DL-BV-43: a chip that started again must show that it is there ------------------------ */

static void reborn(struct wc_t *t)
{
	struct wc_ctx *old = wc_open(t, wc_best_mode(t), WC_DOMAIN);
	struct wc_ctx *new = wc_open(t, wc_best_mode(t), WC_DOMAIN);
	struct wc_stream *s;
	uint8_t tlv[32];
	struct wc_frame f;
	size_t at;

	old->chip_id ^= 0x43;
	new->chip_id ^= 0x43;
	old->incarnation = 10;
	new->incarnation = 11;
	s = wc_connect(old, "connect.C", wc_service(t));
	if (!s)
		return;
	f = connect_frame(new, t->dut->next_id++, tlv);
	wc_value(t, "new", new->id);
	wc_mark(t, "plain");
	wc_emit(new, &f, WC_E_BAD);
	wc_marker(t);
	wc_mark(t, "forged");
	at = cookie_for(&t->view, new->id, 0, WC_NONE);
	f.syn_cookie = at == WC_NONE ? 0x12345678 : t->view.f[at].arg ^ 1;
	wc_emit(new, &f, WC_E_BAD);
	wc_marker(t);
	wc_mark(t, "moved");
	f.syn_cookie ^= 1;
	f.syn_start += 7;
	f.psn += 7;
	wc_emit(new, &f, WC_E_BAD);
	wc_marker(t);
	wc_mark(t, "alive");
	wc_do_read(s, "old", t->mem.key, t->mem.base, 8);
	wc_mark(t, "proven");
	wc_connect(new, "connect.D", wc_service(t));
	wc_drop(old);
}

static void reborn_judge(struct wc_judge *j)
{
	uint32_t new = (uint32_t)wc_val(j, "new");

	wc_ok(j, 1, "connect.C");
	j->evidence = heard(j, new, wc_at(j, "plain"), wc_at(j, "proven"));
	wc_cp(j, 2, j->evidence == WC_NONE, "OPENED", "no context opens for a later incarnation "
	      "without the cookie that was given for that very SYN");
	wc_cp(j, 3, cookie_for(j->v, new, wc_at(j, "plain"), wc_at(j, "forged")) != WC_NONE,
	      "NO_COOKIE", "a SYN without a cookie is answered by NACK COOKIE");
	wc_cp(j, 4, cookie_for(j->v, new, wc_at(j, "forged"), wc_at(j, "moved")) != WC_NONE,
	      "NO_COOKIE", "a SYN with another cookie is answered as one without");
	wc_cp(j, 5, cookie_for(j->v, new, wc_at(j, "moved"), wc_at(j, "alive")) != WC_NONE,
	      "NO_COOKIE", "a cookie is good for its own start PSN alone");
	wc_ok(j, 6, "old");
	wc_ok(j, 7, "connect.D");
}

/* ---- DL-TI-44: backoff -------------------------------------------------------------------- */

#define LOOKS 5u

struct again {
	uint64_t psn;
	unsigned times;
};

static bool came_so_often(struct wc_t *t, const void *arg)
{
	const struct again *a = arg;
	unsigned n = 0;

	for (size_t i = 0; i < t->view.count; i++)
		n += wc_view_rx(&t->view, i) && t->view.f[i].type == WC_DATA &&
		     t->view.f[i].psn == a->psn;
	return n >= a->times;
}

static void backs_off(struct wc_t *t)
{
	struct wc_result r;
	struct again a = { .times = LOOKS + 2 };

	t->c->quiet = true;
	wc_do_read(t->a, "read", t->mem.key, wc_page(t, 5), WC_SIZE);
	r = wc_view_result(&t->view, "read", WC_NONE, NULL, 0);
	if (r.evidence == WC_NONE)
		return;
	a.psn = t->view.f[r.evidence].psn;
	wc_value(t, "psn", a.psn);
	wc_wait(t, came_so_often, &a, "the data again and again");
	t->c->quiet = false;
	t->c->ack_due = true;
	wc_marker(t);
}

/* The n-th pause between two sendings of the PSN, in ns; 0: there were fewer. */
static uint64_t pause_of(const struct wc_judge *j, unsigned n)
{
	uint64_t last = 0;

	for (size_t i = 0; i < j->v->count; i++) {
		uint64_t t = j->v->t->rec[i].t_ns;

		if (!wc_view_rx(j->v, i) || j->v->f[i].type != WC_DATA ||
		    j->v->f[i].psn != wc_val(j, "psn"))
			continue;
		if (last && n-- == 0)
			return t - last;
		last = t;
	}
	return 0;
}

/*
 * The first pause may be that of a tail-loss probe.  The later ones double: less than half as much
 * again would be no backoff, whatever our own delays add.
 */
static void backs_off_judge(struct wc_judge *j)
{
	struct wc_result r = wc_res(j, "read");

	wc_ok(j, 1, "read");
	j->evidence = r.evidence;
	wc_cp(j, 2, pause_of(j, LOOKS) != 0, "NOT_REPEATED", "the data are sent %u times while "
	      "nothing is acknowledged", LOOKS + 2);
	wc_cp(j, 3, pause_of(j, LOOKS) >= pause_of(j, 1) * 4, "NO_BACKOFF", "timeouts double: the "
	      "%uth pause is %llu us, the second %llu us", LOOKS + 1,
	      (unsigned long long)pause_of(j, LOOKS) / 1000,
	      (unsigned long long)pause_of(j, 1) / 1000);
}

const struct wc_case wc_cases_open[] = {
	{
		.id = "DL-BI-40", .version = 1, .title = "SYNs that name nobody open nothing",
		.reqs = "WEFT-PKT-031",
		.stimulus = "a SYN of Chip ID 0, one of context id 0, one on a PROBE",
		.expected = "no context",
		.checkpoints = 3, .drive = nobody, .judge = nobody_judge,
	}, {
		.id = "DL-BI-41", .version = 1, .title = "A SYN that contradicts the first one",
		.reqs = "WEFT-PDC-072 WEFT-PDC-008",
		.stimulus = "WRITEs with a SYN of another start PSN, incarnation and mode",
		.expected = "none is taken",
		.checkpoints = 3, .drive = contradicts, .judge = contradicts_judge,
	}, {
		.id = "DL-BI-42", .version = 1, .title = "A SYN of a chip that is not the peer",
		.reqs = "WEFT-PDC-071",
		.stimulus = "a WRITE for the device's context id with a SYN of another Chip ID",
		.expected = "it is not taken",
		.checkpoints = 3, .drive = stranger, .judge = contradicts_judge,
	}, {
		.id = "DL-BV-43", .version = 1,
		.title = "Who started again must show that it is there",
		.reqs = "WEFT-PDC-024 WEFT-PDC-025 WEFT-PDC-026 WEFT-PDC-027",
		.stimulus = "a SYN of a later incarnation without a cookie, with a forged one, "
			"with one "
			"given for another start PSN, then with its own",
		.expected = "NACK COOKIE three times, and the earlier context lives; then it opens",
		.needs = WC_NEEDS_STREAMS,
		.checkpoints = 7, .drive = reborn, .judge = reborn_judge,
	}, {
		.id = "DL-TI-44", .version = 1, .title = "Retransmission timeouts double",
		.reqs = "WEFT-RTX-006 WEFT-RTX-001",
		.stimulus = "a READ whose data are not acknowledged",
		.expected = "they come again under their PSN, after longer and longer pauses",
		.checkpoints = 3, .drive = backs_off, .judge = backs_off_judge, .timed = true,
	},
	{ .id = NULL },
};
