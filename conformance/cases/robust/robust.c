/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What nobody means well with: packets made by chance, conversations changed on the way, floods.
 * The device lives, writes where it may and nowhere else, and gives no more than it is asked for.
 */
#include "conformance/cases/robust/flip.h"

#include <string.h>

#define BREATH		8u	/* packets of chance after which the device may speak */
#define GUARD_LEN	1024u

/* What nobody may write: the first bytes of the region that is there to be read. */
static void look_at_guard(struct wc_t *t)
{
	wc_do_read(t->b, "guard", WC_KEY_R, WC_BASE(WC_KEY_R), GUARD_LEN);
}

static void guard_judge(struct wc_judge *j, unsigned n)
{
	uint8_t want[GUARD_LEN];

	for (unsigned i = 0; i < GUARD_LEN; i++)
		want[i] = (uint8_t)(7 * i);
	wc_data(j, n, "guard", want, GUARD_LEN, "GUARD_WRITTEN");
}

/* A device may limit what it answers to strangers (WEFT-NET-080); the next case is none. */
static void calm_down(struct wc_t *t)
{
	wc_pause(t, 40);
	wc_marker(t);
}

/* ---- RB-ST-01 ------------------------------------------------------------------------------- */

#define STRAYS 480u

static void strays(struct wc_t *t)
{
	wc_do_write(t->a, "init", t->mem.key, wc_page(t, 1), wc_bytes(WC_OLD_SEED), WC_SIZE);
	wc_mark(t, "strays");
	for (unsigned i = 0; i < STRAYS && !t->runaway; i++) {
		wc_chance_stray(t);
		if (i % BREATH == 0)
			wc_pause(t, 0);
		if (i % 64 == 0)
			wc_marker(t);
	}
	wc_mark(t, "over");
	calm_down(t);
	wc_do_read(t->a, "after", t->mem.key, wc_page(t, 1), WC_SIZE);
}

/*
 * The number that a packet says it answers; in one of ours, the one that it has.  Ethernet fills a
 * short frame up with zeros, and the device sees those.
 */
static uint64_t number(const struct wc_view *v, size_t i)
{
	const struct wc_rec *r = &v->t->rec[i];
	uint8_t at[4] = { 0 };

	if (r->kind == WC_R_RX && v->f[i].type == WC_NACK)
		return v->f[i].nack_psn;
	for (uint32_t k = 0; k < sizeof(at) && 8 + k < r->len; k++)
		at[k] = r->bytes[8 + k];
	return wc_get(at, sizeof(at));
}

/* Packets that somebody sent under that number, and that the device answered. */
static void count(const struct wc_view *v, uint64_t n, unsigned *asked, unsigned *answered)
{
	*asked = *answered = 0;
	for (size_t i = 0; i < v->count; i++) {
		const struct wc_rec *r = &v->t->rec[i];
		bool alone = r->kind == WC_R_RX && wc_view_rx(v, i) && !v->f[i].pdc_id;

		if (r->kind == WC_R_TX && number(v, i) == n)
			++*asked;
		else if ((alone || (r->kind == WC_R_RX && v->f[i].type == WC_NACK)) &&
			 number(v, i) == n)
			++*answered;
	}
}

static void strays_judge(struct wc_judge *j)
{
	unsigned asked, answered;

	wc_marked(j, 1, "over");
	for (size_t i = wc_at(j, "strays"); i < wc_at(j, "end"); i++) {
		if (!wc_view_rx(j->v, i) || (j->v->f[i].pdc_id && j->v->f[i].type != WC_NACK))
			continue;
		j->evidence = i;
		count(j->v, number(j->v, i), &asked, &answered);
		wc_cp(j, 2, answered <= asked, "MORE_THAN_ASKED",
		      "each packet is answered once at most");
	}
	wc_data_fill(j, 3, "after", WC_OLD_SEED, WC_SIZE, "WRITTEN");
}

/* ---- RB-ST-02 ------------------------------------------------------------------------------- */

#define VICTIMS		4u	/* contexts whose packets are changed */
#define VICTIM_STREAMS	6u	/* of each, one after the other */
#define CHANGES		16u	/* on each stream */

/* A stream on which whatever is sent may be answered in any way. */
static struct wc_stream *victim(struct wc_ctx *c, unsigned n)
{
	struct wc_stream *s = wc_connect(c, wc_nth("v", n), wc_service(c->t));
	struct wc_frame f;

	if (!s)
		return NULL;
	f = wc_f_nop(s);
	wc_op(s, wc_nth("any", n), WC_OP_ANY, &f);
	return s;
}

/* A packet of a conversation, with nothing wrong. */
static struct wc_frame talk(struct wc_stream *s, uint8_t tlv[32])
{
	struct wc_t *t = s->c->t;
	struct wc_ep_end end = { .dst_qpn = s->peer_qpn, .src_qpn = s->qpn };
	uint8_t value[16];

	switch (wc_draw(t, 6)) {
	case 0:
		return wc_f_read(s, t->mem.key, wc_page(t, 3), 256);
	case 1:
		return wc_f_atomic(s, t->mem.key, wc_page(t, 4), WC_FADD, 1, 0);
	case 2:
		return wc_f_nop(s);
	case 3:
		wc_pack(&wc_h_ep_disconnect, &end, value);
		return wc_f_ctrl(s->c, tlv, wc_tlv_put(tlv, 0, WC_TLV_EP_DISCONNECT, value,
						       wc_h_ep_disconnect.bytes));
	default:
		return wc_f_write(s, t->mem.key, wc_page(t, 2), wc_bytes(WC_NEW_SEED), WC_SIZE);
	}
}

/* One changed packet, and the true one, which the device may find to be a copy. */
static void step(struct wc_stream *s)
{
	uint8_t tlv[32];
	struct wc_frame f = talk(s, tlv);

	wc_chance_change(s->c, &f);
	if (f.type == WC_CTRL)		/* the true one would end the stream */
		f = wc_f_nop(s);
	wc_emit(s->c, &f, WC_E_OK);
	if (f.type == WC_DATA && f.opcode != WC_NOP)
		s->msn++;
}

bool wc_flip_over(const struct wc_ctx *c)
{
	const struct wc_view *v = &c->t->view;

	for (size_t i = 0; i < v->count; i++)
		if (wc_view_rx(v, i) && v->f[i].type == WC_NACK &&
		    v->f[i].reason == WC_N_NO_CONTEXT && v->f[i].echo_pdc == c->peer_id &&
		    v->f[i].echo_gen == c->peer_gen)
			return true;
	return c->ended;
}

static void suffer(struct wc_stream *s)
{
	struct wc_ctx *c = s->c;

	for (unsigned k = 0; k < CHANGES && !wc_flip_over(c); k++) {
		step(s);
		if (k % BREATH == 0)
			wc_pause(c->t, 0);
	}
	wc_marker(c->t);
}

static void changed(struct wc_t *t)
{
	unsigned n = 0, opened = 0;

	wc_mark(t, "changes");
	for (unsigned v = 0; v < VICTIMS && !t->runaway; v++) {
		struct wc_ctx *c = wc_open(t, wc_best_mode(t), WC_DOMAIN);
		struct wc_stream *s = victim(c, n++);

		opened += s != NULL;
		for (unsigned i = 1; s && i <= VICTIM_STREAMS; i++) {
			suffer(s);
			s = i < VICTIM_STREAMS && !wc_flip_over(c) ? victim(c, n++) : NULL;
		}
		wc_reset(c);
	}
	wc_value(t, "opened", opened);
	wc_mark(t, "over");
	calm_down(t);
	look_at_guard(t);
}

static void changed_judge(struct wc_judge *j)
{
	wc_cp(j, 1, wc_val(j, "opened") == VICTIMS, "NO_ANSWER",
	      "a context opens, whatever became of the one before");
	wc_marked(j, 2, "over");
	guard_judge(j, 3);
}

/* ---- RB-ST-07 ------------------------------------------------------------------------------- */

#define OPENINGS	320u	/* more than there is room for in many a device */
#define CHIPS		4u	/* that send them */

/* The n-th opening, by a chip that is never heard of again. */
static struct wc_frame opening(struct wc_t *t, unsigned n)
{
	struct wc_frame f = {
		.version = WC_VERSION, .type = WC_DATA, .flags = WC_F_SYN | WC_F_AR,
		.entropy = 0x1234, .opcode = WC_NOP, .syn_mode = wc_best_mode(t),
		.syn_domain = t->dut->domain, .syn_window = WC_OWN_WINDOW,
		.syn_payload = t->dut->path_payload, .syn_inc = 1,
	};

	f.syn_chip = t->dut->chip_id ^ (0x7000 + n % CHIPS);
	f.syn_pdc = t->dut->next_id++;
	f.syn_gen = f.syn_pdc & 3;
	f.psn = f.syn_start = 0x10000 * (n / CHIPS + 1);
	return f;
}

/* The device has let one in: close it, so that the cases after this find room. */
static void let_go(struct wc_t *t, const struct wc_frame *f)
{
	uint8_t tlv[4], out[64];
	struct wc_frame close = {
		.version = WC_VERSION, .type = WC_CTRL, .flags = WC_F_AKV | f->syn_gen,
		.pdc_id = f->syn_pdc, .psn = f->ack_psn + 1, .ack_psn = f->syn_start - 1,
		.entropy = 0x1234, .body = tlv,
	};

	close.body_len = wc_tlv_put(tlv, 0, WC_TLV_CLOSE, NULL, 0);
	close.ctrl_len = close.body_len;
	close.psn &= 0xffffffff;
	close.ack_psn &= 0xffffffff;
	wc_emit_bytes(t, out, wc_frame_build(&close, out), WC_E_AUTO);
}

static void flood(struct wc_t *t)
{
	uint32_t first = t->dut->next_id, last;
	static uint8_t out[512];
	struct wc_stream *s;

	wc_mark(t, "flood");
	for (unsigned i = 0; i < OPENINGS && !t->runaway; i++) {
		struct wc_frame f = opening(t, i);

		wc_emit_bytes(t, out, wc_frame_build(&f, out), WC_E_LOOSE);
		if (i % BREATH == 0)
			wc_pause(t, 0);
	}
	last = t->dut->next_id;
	wc_mark(t, "good");
	s = wc_connect(wc_open(t, wc_best_mode(t), WC_DOMAIN), "connect.C", wc_service(t));
	if (s)
		wc_do_read(s, "read", t->mem.key, wc_page(t, 0), 64);
	else if (wc_view_nack(&t->view, WC_N_BUSY, 0, WC_NONE) != WC_NONE)
		wc_mark(t, "skip:BUSY");	/* how many it can hold is its own affair */
	wc_marker(t);
	for (size_t i = 0, n = t->view.count; i < n; i++) {
		struct wc_frame f = t->view.f[i];

		if (wc_view_rx(&t->view, i) && f.type == WC_ACK && f.flags & WC_F_SYN &&
		    f.pdc_id >= first && f.pdc_id < last)
			let_go(t, &f);
	}
	calm_down(t);
}

static void flood_judge(struct wc_judge *j)
{
	wc_ok(j, 1, "connect.C");
	wc_ok(j, 2, "read");
}

const struct wc_case wc_cases_robust[] = {
	{
		.id = "RB-ST-01", .version = 1, .title = "Packets made by chance do nothing",
		.reqs = "WEFT-PKT-001 WEFT-PKT-002 WEFT-PKT-003 WEFT-PKT-004 WEFT-PDC-010 "
			"WEFT-PDC-091",
		.stimulus = "480 packets drawn from the seed: bytes, headers, TLVs",
		.expected = "each is answered once at most; the device lives, memory is as it was",
		.checkpoints = 3, .drive = strays, .judge = strays_judge,
	}, {
		.id = "RB-ST-02", .version = 1,
		.title = "Conversations changed by chance harm nobody else",
		.reqs = "WEFT-SEM-007 WEFT-MEM-003 WEFT-PDC-070 WEFT-SEM-021",
		.stimulus = "384 packets of 4 contexts, each changed in field, bits or length, "
			"its CRC mended, before the true one",
		.expected = "other contexts go on; what may not be written is as it was",
		.needs = WC_NEEDS_PERSONALITY | WC_NEEDS_STREAMS,
		.checkpoints = 3, .drive = changed, .judge = changed_judge,
	}, {
		.id = "RB-ST-07", .version = 1, .title = "A flood of openings does not lock out",
		.reqs = "WEFT-PDC-024 WEFT-PDC-025 WEFT-PDC-026",
		.stimulus = "320 SYNs of which nothing more is heard, then an opening by us",
		.expected = "it works; NA where the device says BUSY",
		.needs = WC_NEEDS_STREAMS,
		.checkpoints = 2, .drive = flood, .judge = flood_judge,
	},
	{ .id = NULL },
};
