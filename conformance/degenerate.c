/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * weft-degenerate: devices that implement nothing, and must pass nothing.
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
 */
#include "conformance/frame.h"
#include "userspace/io/io.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

struct device {
	const char *mode;
	struct wio *io;
	uint64_t rng;
	uint32_t next_psn, next_qpn;
	uint64_t peer_id, peer_gen;	/* of the latest SYN */
	uint64_t peer_qpn;		/* of the latest EP_CONNECT */
};

static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

static bool is(const struct device *d, const char *mode)
{
	return !strcmp(d->mode, mode);
}

static void send_bytes(struct device *d, const struct wio_addr *to, const uint8_t *bytes,
		       uint32_t len)
{
	struct wio_tx tx = { .n_iov = 1, .dst = to };

	tx.iov[0].base = bytes;
	tx.iov[0].len = len;
	wio_send(d->io, &tx, 1);
}

static void send_frame(struct device *d, const struct wio_addr *to, const struct wc_frame *f)
{
	static uint8_t out[WC_FRAME_MAX];

	send_bytes(d, to, out, wc_frame_build(f, out));
}

/* A packet of ours in the context that the peer opened last. */
static struct wc_frame reply(const struct device *d, const struct wc_frame *f, uint64_t type)
{
	struct wc_frame r = {
		.version = WC_VERSION, .type = type, .flags = WC_F_SYN | WC_F_AKV | d->peer_gen,
		.pdc_id = d->peer_id, .ack_psn = f->psn, .syn_chip = 0x1234, .syn_inc = 1,
		.syn_pdc = 7, .syn_mode = f->flags & WC_F_SYN ? f->syn_mode : WC_RUD,
		.syn_domain = 1, .syn_start = 1000, .syn_window = 64, .syn_payload = 4096,
	};

	return r;
}

static void answer_hello(struct device *d, const struct wio_addr *to, const struct wc_frame *f)
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
	send_frame(d, to, &r);
}

static void answer_ack(struct device *d, const struct wio_addr *to, const struct wc_frame *f)
{
	struct wc_frame r = reply(d, f, WC_ACK);

	if (f->type == WC_ACK || f->type == WC_NACK)
		return;
	r.ack_flags = 0x80;
	r.echo_psn = f->psn;
	r.echo_entropy = f->entropy;
	r.window = 64;
	send_frame(d, to, &r);
}

static void answer_nack(struct device *d, const struct wio_addr *to, const struct wc_frame *f,
			uint64_t reason)
{
	struct wc_frame r = {
		.version = WC_VERSION, .type = WC_NACK, .flags = d->peer_gen,
		.pdc_id = reason == WC_N_NO_CONTEXT ? 0 : d->peer_id, .reason = reason,
		.nack_psn = f->psn, .echo_pdc = f->pdc_id,
	};

	send_frame(d, to, &r);
}

static void accept_stream(struct device *d, const struct wio_addr *to, const struct wc_frame *f)
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
	send_frame(d, to, &r);
}

/* Complete a message, or refuse it, whatever it is. */
static void answer_op(struct device *d, const struct wio_addr *to, const struct wc_frame *f,
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
	send_frame(d, to, &r);
}

static void pretend(struct device *d, const struct wio_addr *to, const struct wc_frame *f,
		    bool refuse)
{
	answer_hello(d, to, f);
	if (f->type == WC_CTRL && f->flags & WC_F_SYN)
		d->next_psn = d->next_psn < 1000 ? 1000 : d->next_psn;
	if (f->type != WC_CTRL && f->type != WC_DATA)
		return;
	answer_ack(d, to, f);
	accept_stream(d, to, f);
	if (f->type == WC_DATA && f->opcode != WC_TACK)
		answer_op(d, to, f, refuse);
}

static void noise(struct device *d, const struct wio_addr *to)
{
	uint8_t bytes[200];

	for (unsigned i = 0; i < sizeof(bytes); i++) {
		d->rng = d->rng * 6364136223846793005u + 1442695040888963407u;
		bytes[i] = (uint8_t)(d->rng >> 56);
	}
	send_bytes(d, to, bytes, 16 + bytes[0] % 180u);
}

static void serve(struct device *d, const struct wio_frame *w)
{
	struct wc_frame f;

	wc_frame_parse(&f, w->data, w->len);
	if (f.flags & WC_F_SYN && f.syn_pdc != d->peer_id) {
		d->peer_id = f.syn_pdc;
		d->peer_gen = f.syn_gen;
		d->next_psn = 1000;
	}
	if (is(d, "ack"))
		answer_ack(d, &w->src, &f);
	else if (is(d, "hello"))
		answer_hello(d, &w->src, &f);
	else if (is(d, "nack-context"))
		answer_nack(d, &w->src, &f, WC_N_NO_CONTEXT);
	else if (is(d, "nack-reset"))
		answer_nack(d, &w->src, &f, WC_N_RESET);
	else if (is(d, "refuse") || is(d, "yes"))
		pretend(d, &w->src, &f, is(d, "refuse"));
	else if (is(d, "echo"))
		send_bytes(d, &w->src, w->data, w->len);
	else if (is(d, "noise"))
		noise(d, &w->src);
}

static void loop(struct device *d)
{
	struct wio_frame f[WIO_BURST];

	while (!stop) {
		struct pollfd p = { .fd = wio_fd(d->io), .events = POLLIN };
		int n = wio_recv(d->io, f, WIO_BURST);

		for (int i = 0; i < n; i++)
			serve(d, &f[i]);
		if (n == 0)
			poll(&p, 1, 100);
		else if (n < 0)
			return;
	}
}

int main(int argc, char **argv)
{
	static const char *const mode[] = {
		"silent", "ack", "hello", "nack-context", "nack-reset", "refuse", "yes", "echo",
		"noise", NULL,
	};
	struct device d = { .next_psn = 1000, .next_qpn = 1, .rng = 42 };
	char err[256], text[WIO_ADDR_STRLEN];

	for (unsigned i = 0; mode[i] && argc == 2; i++)
		if (!strcmp(mode[i], argv[1]))
			d.mode = mode[i];
	if (!d.mode) {
		fputs("Usage: weft-degenerate silent|ack|hello|nack-context|nack-reset|refuse|yes|"
		      "echo|noise\nServes on a free UDP port of 127.0.0.1 until SIGTERM.\n",
		      stderr);
		return 2;
	}
	if (wio_open("udp:127.0.0.1:0", NULL, &d.io, err, sizeof(err))) {
		fprintf(stderr, "weft-degenerate: %s\n", err);
		return 1;
	}
	signal(SIGTERM, on_term);
	printf("%s ready at udp:%s\n", d.mode, wio_addr_str(wio_local(d.io), text));
	fflush(stdout);
	loop(&d);
	wio_close(d.io);
	return 0;
}
