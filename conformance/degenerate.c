/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices that implement nothing, and must pass nothing.
 *
 *	silent        answers nothing
 *	ack           acknowledges whatever it is sent, also in a context of its own making
 *	hello         answers HELLO and VERSION_REJECT well, and nothing else
 *	nack-context  NACK NO_CONTEXT to everything
 *	nack-reset    NACK RESET to everything
 *	refuse        accepts streams, refuses each message with OP_FAILED
 *	yes           accepts streams, completes each message, reads are zeros
 *	echo          sends back what it is sent
 *	noise         sends random bytes for whatever it is sent
 *	flood         as yes, but sends each answer a hundred times
 */
#include "conformance/degenerate.h"
#include "conformance/frame.h"

#include <stdlib.h>
#include <string.h>

#define FLOOD 100u

struct wc_degenerate {
	const char *mode;
	wc_degenerate_send send;
	void *to;
	uint64_t rng;
	uint32_t next_psn, next_qpn;
	uint64_t peer_id, peer_gen;	/* of the latest SYN */
	uint64_t peer_qpn;		/* of the latest EP_CONNECT */
};

static bool is(const struct wc_degenerate *d, const char *mode)
{
	return !strcmp(d->mode, mode);
}

static void send_bytes(struct wc_degenerate *d, const uint8_t *bytes, uint32_t len)
{
	d->send(d->to, bytes, len);
}

static void send_frame(struct wc_degenerate *d, const struct wc_frame *f)
{
	static uint8_t out[WC_FRAME_MAX];

	send_bytes(d, out, wc_frame_build(f, out));
}

/* A packet of ours in the context that the peer opened last. */
static struct wc_frame reply(const struct wc_degenerate *d, const struct wc_frame *f, uint64_t type)
{
	struct wc_frame r = {
		.version = WC_VERSION, .type = type, .flags = WC_F_SYN | WC_F_AKV | d->peer_gen,
		.pdc_id = d->peer_id, .ack_psn = f->psn, .syn_chip = 0x1234, .syn_inc = 1,
		.syn_pdc = 7, .syn_mode = f->flags & WC_F_SYN ? f->syn_mode : WC_RUD,
		.syn_domain = 1, .syn_start = 1000, .syn_window = 64, .syn_payload = 4096,
	};

	return r;
}

static void answer_hello(struct wc_degenerate *d, const struct wc_frame *f)
{
	struct wc_hello h = {
		.chip_id = 0x1234, .incarnation = 1, .class_ = 2, .version_min = 1,
		.version_max = 1, .modes = 3, .profiles = 3, .max_payload = 4096,
		.max_window = 64, .paths = 1,
	};
	struct wc_frame r = { .version = WC_VERSION, .type = WC_CTRL, .psn = f->psn };
	struct wc_tlv_view tlv;
	uint8_t value[32], tlvs[64];

	if (f->version != WC_VERSION) {
		static const uint8_t range[4] = { 0x11 };

		r.body_len = wc_tlv_put(tlvs, 0, WC_TLV_VERSION_REJECT, range, 4);
	} else if (wc_frame_find_tlv(f, WC_TLV_HELLO, 32, &tlv) && tlv.value[15] & WC_HELLO_REPLY) {
		wc_pack(&wc_h_hello, &h, value);
		r.body_len = wc_tlv_put(tlvs, 0, WC_TLV_HELLO, value, 32);
	} else {
		return;
	}
	r.body = tlvs;
	r.ctrl_len = r.body_len;
	send_frame(d, &r);
}

static void answer_ack(struct wc_degenerate *d, const struct wc_frame *f)
{
	struct wc_frame r = reply(d, f, WC_ACK);

	if (f->type == WC_ACK || f->type == WC_NACK)
		return;
	r.ack_flags = 0x80;
	r.echo_psn = f->psn;
	r.echo_entropy = f->entropy;
	r.window = 64;
	send_frame(d, &r);
}

static void answer_nack(struct wc_degenerate *d, const struct wc_frame *f,
			uint64_t reason)
{
	struct wc_frame r = {
		.version = WC_VERSION, .type = WC_NACK, .flags = d->peer_gen,
		.pdc_id = reason == WC_N_NO_CONTEXT ? 0 : d->peer_id, .reason = reason,
		.nack_psn = f->psn, .echo_pdc = f->pdc_id,
	};

	send_frame(d, &r);
}

static void accept_stream(struct wc_degenerate *d, const struct wc_frame *f)
{
	struct wc_frame r = reply(d, f, WC_CTRL);
	struct wc_ep ask, ep = { .credits = 16, .window = 16, .reads = 4 };
	struct wc_tlv_view tlv;
	uint8_t value[16], tlvs[32];

	if (!wc_frame_find_tlv(f, WC_TLV_EP_CONNECT, 16, &tlv))
		return;
	wc_unpack(&wc_h_ep_connect, tlv.value, &ask);
	ep.dst_qpn = d->peer_qpn = ask.src_qpn;
	ep.src_qpn = d->next_qpn++;
	wc_pack(&wc_h_ep_accept, &ep, value);
	r.psn = d->next_psn++;
	r.body = tlvs;
	r.body_len = wc_tlv_put(tlvs, 0, WC_TLV_EP_ACCEPT, value, 16);
	r.ctrl_len = r.body_len;
	send_frame(d, &r);
}

/* Complete a message, or refuse it, whatever it is. */
static void answer_op(struct wc_degenerate *d, const struct wc_frame *f,
		      bool refuse)
{
	static const uint8_t zero[4096];
	struct wc_frame r = reply(d, f, WC_DATA);

	r.psn = d->next_psn++;
	r.qpn = d->peer_qpn;
	r.msn = f->msn;
	r.oflags = WC_O_SOM | WC_O_EOM;
	r.opcode = WC_TACK;
	r.credits = 16;
	if (refuse) {
		r.status = WC_OP_FAILED;
	} else if (f->opcode == WC_READ && f->msg_len <= sizeof(zero)) {
		r.opcode = WC_READ_RSP;
		r.msg_len = r.length = f->msg_len;
		r.body = zero;
		r.body_len = (uint32_t)f->msg_len;
	} else if (f->opcode == WC_ATOMIC) {
		r.opcode = WC_ATOMIC_RSP;
	}
	send_frame(d, &r);
}

static void pretend(struct wc_degenerate *d, const struct wc_frame *f,
		    bool refuse)
{
	answer_hello(d, f);
	if (f->type == WC_CTRL && f->flags & WC_F_SYN)
		d->next_psn = d->next_psn < 1000 ? 1000 : d->next_psn;
	if (f->type != WC_CTRL && f->type != WC_DATA)
		return;
	answer_ack(d, f);
	accept_stream(d, f);
	if (f->type == WC_DATA && f->opcode != WC_TACK)
		answer_op(d, f, refuse);
}

static void noise(struct wc_degenerate *d)
{
	uint8_t bytes[200];

	for (unsigned i = 0; i < sizeof(bytes); i++) {
		d->rng = d->rng * 6364136223846793005u + 1442695040888963407u;
		bytes[i] = (uint8_t)(d->rng >> 56);
	}
	send_bytes(d, bytes, 16 + bytes[0] % 180u);
}

/* The yes-man, each answer a hundred times. */
static void flood(struct wc_degenerate *d, const struct wc_frame *f)
{
	uint32_t psn = d->next_psn;

	for (unsigned i = 0; i < FLOOD; i++) {
		d->next_psn = psn;
		pretend(d, f, false);
	}
}

void wc_degenerate_take(struct wc_degenerate *d, const uint8_t *bytes, uint32_t len)
{
	struct wc_frame f;

	wc_frame_parse(&f, bytes, len);
	if (f.flags & WC_F_SYN && f.syn_pdc != d->peer_id) {
		d->peer_id = f.syn_pdc;
		d->peer_gen = f.syn_gen;
		d->next_psn = 1000;
	}
	if (is(d, "ack"))
		answer_ack(d, &f);
	else if (is(d, "hello"))
		answer_hello(d, &f);
	else if (is(d, "nack-context"))
		answer_nack(d, &f, WC_N_NO_CONTEXT);
	else if (is(d, "nack-reset"))
		answer_nack(d, &f, WC_N_RESET);
	else if (is(d, "refuse") || is(d, "yes"))
		pretend(d, &f, is(d, "refuse"));
	else if (is(d, "echo"))
		send_bytes(d, bytes, len);
	else if (is(d, "noise"))
		noise(d);
	else if (is(d, "flood"))
		flood(d, &f);
}

const char *const wc_degenerate_modes[] = {
	"silent", "ack", "hello", "nack-context", "nack-reset", "refuse", "yes", "echo", "noise",
	"flood", NULL,
};

struct wc_degenerate *wc_degenerate_new(const char *mode, wc_degenerate_send send, void *to)
{
	struct wc_degenerate *d = calloc(1, sizeof(*d));
	unsigned i = 0;

	while (wc_degenerate_modes[i] && strcmp(wc_degenerate_modes[i], mode))
		i++;
	if (!d || !wc_degenerate_modes[i]) {
		free(d);
		return NULL;
	}
	d->mode = wc_degenerate_modes[i];
	d->send = send;
	d->to = to;
	d->next_psn = 1000;
	d->next_qpn = 1;
	d->rng = 42;
	return d;
}
