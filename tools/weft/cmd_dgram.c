/* SPDX-License-Identifier: BSD-2-Clause */
/* weft send, recv: datagrams. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/weft/cmd.h"
#include "tools/weft/out.h"
#include "tools/weft/reach.h"

#define BUFS 64u

/* ---- send ------------------------------------------------------------------------------- */

struct sender {
	struct net net;
	uint64_t qkey, count, imm;
	bool unreliable;
	uint32_t qpn;
	const char *text;
};

static int send_all(struct sender *s, struct weft_port *port, struct weft_dgram_queue *q,
		    struct weft_dest *to)
{
	struct weft_datagram d = { .buf = s->text, .len = (uint32_t)strlen(s->text),
				   .qpn = s->qpn, .qkey = (uint32_t)s->qkey,
				   .imm = (uint32_t)s->imm };
	unsigned flags = (s->unreliable ? 0 : WEFT_RELIABLE) | (s->imm ? WEFT_WITH_IMM : 0);
	struct weft_completion c;
	int ret = EXIT_OK;

	for (uint64_t i = 0; i < s->count && !ret; i++) {
		int err = weft_dgram_send(q, to, &d, i, flags);

		ret = err ? net_fail(port, err) :
			    reach_next(port, weft_dgram_cq(q), s->net.timeout_ns, &c);
	}
	return ret;
}

static int send_to(struct sender *s, struct weft_port *port, const char *chip)
{
	struct weft_dgram_opts o = { .domain = (uint32_t)s->net.domain, .domain_given = 1 };
	struct weft_dgram_queue *q;
	struct weft_dest *to;
	int err = weft_dgram_open(port, &o, &q);

	if (!err)
		err = weft_dest_open(port, chip, &to);
	if (!err && !s->unreliable)
		err = weft_dest_wait(to, s->net.timeout_ns);
	return err ? net_fail(port, err) : send_all(s, port, q, to);
}

static int run_send(int argc, char **argv)
{
	struct sender s = { .count = 1 };
	struct opt common[NET_OPTS];
	const struct opt opts[] = {
		OPT_IN(NUM, 0, "qkey", &s.qkey, "N", 0, UINT32_MAX, "of the receiver; 0"),
		OPT_IN(NUM, 0, "imm", &s.imm, "N", 1, UINT32_MAX, "32 bits to come with it"),
		OPT_IN(NUM, 'n', "count", &s.count, "N", 1, 1u << 30, "send so many; 1"),
		OPT(FLAG, 0, "unreliable", &s.unreliable, NULL,
		    "lost if the network loses it, and nobody hears of it"),
		OPT_STOP,
	};
	const struct opt *const tables[] = { opts, common, NULL };
	struct weft_port *port;
	char **pos, *end;
	int code;

	net_defaults(&s.net);
	net_opts(common, &s.net);
	if (opts_parse(&cmd_send, tables, argc, argv, 3, 3, &pos, &code) < 0)
		return code;
	s.qpn = (uint32_t)strtoul(pos[1], &end, 0);
	s.text = pos[2];
	if (*end || !s.qpn || s.qpn >> 24) {
		out_error("send: %s is no number of a datagram queue, as weft recv prints it",
			  pos[1]);
		return EXIT_BAD_USAGE;
	}
	code = net_open(&s.net, pos[0], &port);
	if (code)
		return code;
	code = send_to(&s, port, pos[0]);
	net_stats(&s.net, port, NULL);
	weft_close(port);
	return code;
}

const struct cmd cmd_send = {
	.name = "send",
	.summary = "send a datagram",
	.args = "CHIP QUEUE TEXT",
	.text = "Sends TEXT as a reliable datagram to a datagram queue of CHIP (`weft recv`\n"
		"prints its number) and returns when it is delivered; or as an unreliable one.",
	.example = "weft send 10.0.0.2 0x1a2b3c hello --qkey 0x5a5a",
	.run = run_send,
};

/* ---- recv ------------------------------------------------------------------------------- */

struct receiver {
	struct net net;
	uint64_t qkey, qpn, count;
	struct weft_port *port;
	struct weft_dgram_queue *q;
	uint8_t *bufs;
	uint32_t room;
};

static volatile sig_atomic_t stop_asked;

static void on_signal(int sig)
{
	(void)sig;
	stop_asked = 1;
}

static void show(struct receiver *r, const struct weft_completion *c)
{
	const char *text = (const char *)r->bufs + c->id * r->room;
	const char *kind = c->op == WEFT_OP_RECV_RD ? "reliable" : "unreliable";
	struct weft_source from = { 0 };

	weft_dgram_source(r->q, c, &from);
	if (out_json)
		out_document(json_pack("{s:s,s:i,s:s,s:s%}", "from", from.addr, "queue",
				       (int)from.qpn, "kind", kind, "text", text, (size_t)c->len));
	else
		printf("%s %s queue %#x: %.*s\n", kind, from.addr, from.qpn, (int)c->len, text);
	fflush(stdout);
}

static int receive(struct receiver *r)
{
	struct weft_completion c;
	uint64_t got = 0;

	while (!stop_asked && (!r->count || got < r->count)) {
		int n = weft_cq_wait(weft_dgram_cq(r->q), &c, 1, WEFT_SECOND);

		if (n < 0 && n != -EINTR)
			return net_fail(r->port, n);
		if (n != 1)
			continue;
		got++;
		show(r, &c);
		weft_dgram_recv(r->q, r->bufs + c.id * r->room, r->room, c.id);
	}
	weft_wait(r->port, 50 * WEFT_MSEC);	/* the last one is answered */
	return EXIT_OK;
}

static int listen_on(struct receiver *r)
{
	struct weft_dgram_opts o = { .qkey = (uint32_t)r->qkey, .qpn = (uint32_t)r->qpn,
				     .domain = (uint32_t)r->net.domain, .domain_given = 1,
				     .recv_depth = BUFS };
	int err = weft_dgram_open(r->port, &o, &r->q);

	if (err)
		return net_fail(r->port, err);
	r->room = weft_port_payload(r->port, NULL);
	r->bufs = malloc((size_t)BUFS * r->room);
	if (!r->bufs) {
		out_error("recv: out of memory");
		return EXIT_FAILED;
	}
	for (uint32_t i = 0; i < BUFS; i++)
		weft_dgram_recv(r->q, r->bufs + (size_t)i * r->room, r->room, i);
	if (!out_json)
		printf("datagram queue %#x at %s\n", weft_dgram_qpn(r->q),
		       weft_port_addr(r->port));
	fflush(stdout);
	return receive(r);
}

static int run_recv(int argc, char **argv)
{
	struct sigaction on = { .sa_handler = on_signal };
	struct receiver r = { .q = NULL };
	struct opt common[NET_OPTS];
	const struct opt opts[] = {
		OPT_IN(NUM, 0, "qkey", &r.qkey, "N", 0, UINT32_MAX, "what senders have to show; 0"),
		OPT_IN(NUM, 0, "queue", &r.qpn, "N", 1, 0xffffff, "number of the queue; any"),
		OPT_IN(NUM, 'n', "count", &r.count, "N", 1, 1u << 30, "end after so many"),
		OPT_STOP,
	};
	const struct opt *const tables[] = { opts, common, NULL };
	char **pos;
	int code;

	net_defaults(&r.net);
	net_opts(common, &r.net);
	if (opts_parse(&cmd_recv, tables, argc, argv, 0, 0, &pos, &code) < 0)
		return code;
	sigaction(SIGINT, &on, NULL);
	sigaction(SIGTERM, &on, NULL);
	code = net_open(&r.net, NULL, &r.port);
	if (code)
		return code;
	code = listen_on(&r);
	net_stats(&r.net, r.port, NULL);
	weft_close(r.port);
	free(r.bufs);
	return code;
}

const struct cmd cmd_recv = {
	.name = "recv",
	.summary = "receive datagrams and print them",
	.args = "",
	.text = "Opens a datagram queue on --port, prints its number and address, and then each\n"
		"datagram with where it came from, until interrupted.",
	.example = "weft recv --port udp:10.0.0.2 --qkey 0x5a5a",
	.run = run_recv,
};
