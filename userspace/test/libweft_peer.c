// SPDX-License-Identifier: BSD-2-Clause
/*
 * libweft as the other end of a queue pair, by the rule of chapter 47: the service of a queue pair
 * is 0x51000000 | its number, and the end with the smaller (chip, number) asks.
 *
 *	libweft_peer answer LOCAL NUMBER        is asked; NUMBER is its own
 *	libweft_peer ask LOCAL REMOTE NUMBER    asks; NUMBER is the queue pair's
 *	libweft_peer plain LOCAL NUMBER         is asked; offers no atomics but those of verbs
 *
 * On standard output: "qpn N key K addr A", for the one who has the queue pair (peer_of.py), which
 * then writes, reads and counts in the memory here, and sends 16 bytes: key and address of as much
 * memory there.  It is copied there, read back and compared, its last word counted on; an empty
 * message says that this is done.  plain: the memory is zero, and the owner's alone; "word W", when
 * the stream ends, is the first word that is there then.
 */
#include <err.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <weft/weft.h>

#define SERVICE	0x51000000u
#define SPAN	(1u << 18)
#define WAIT	(60 * WEFT_SECOND)
#define LAST	0xfffffffffffffff0ull	/* a chip that comes after, and one before, all others */
#define FIRST	0x0000000000000010ull

static struct weft_port *port;
static uint64_t memory[SPAN / 8], copy[SPAN / 8];

static void must(int r)
{
	if (r < 0)
		errx(1, "%s", weft_error(port));
}

/* The next completion, which is of the kind that is expected. */
static struct weft_completion next(struct weft_ep *ep, unsigned op)
{
	struct weft_completion c;

	if (weft_cq_wait(weft_ep_cq(ep), &c, 1, WAIT) != 1)
		errx(1, "no completion of %s: %s", weft_op_name(op), weft_ep_error_text(ep));
	if (c.status != WEFT_ST_OK || c.op != op)
		errx(1, "%s instead of %s: %s", weft_op_name(c.op), weft_op_name(op),
		     weft_ep_error_text(ep));
	return c;
}

static void tell(struct weft_mem *mem, uint32_t qpn)
{
	printf("qpn %" PRIu32 " key %" PRIu32 " addr %" PRIu64 "\n", qpn, weft_mem_key(mem),
	       weft_mem_addr(mem));
	fflush(stdout);
}

static struct weft_ep *answer(struct weft_mem *mem, uint32_t qpn)
{
	struct weft_ep_event ev;
	struct weft_ep *ep;

	must(weft_listen(port, SERVICE | qpn, NULL, 0));
	tell(mem, qpn);
	while (!weft_next_event(port, &ev))
		must(weft_wait(port, WAIT));
	if (ev.kind != WEFT_EP_REQUESTED)
		errx(1, "event %d instead of a request", (int)ev.kind);
	must(weft_accept(ev.request, NULL, &ep));
	return ep;
}

static struct weft_ep *ask(struct weft_mem *mem, const char *to, uint32_t qpn)
{
	struct weft_ep *ep;

	must(weft_connect(port, to, SERVICE | qpn, NULL, &ep));
	tell(mem, weft_ep_qpn(ep));
	must(weft_connect_wait(ep, WAIT));
	return ep;
}

/* What the queue pair's owner has put here goes to its memory, and comes back. */
static void work(struct weft_ep *ep)
{
	uint64_t there[2];
	uint32_t key;

	must(weft_recv(ep, there, sizeof(there), 1));
	if (next(ep, WEFT_OP_RECV).len != sizeof(there))
		errx(1, "the message is not key and address");
	key = (uint32_t)there[0];
	must(weft_write(ep, memory, SPAN, there[1], key, 2, 0));
	next(ep, WEFT_OP_WRITE);
	must(weft_read(ep, copy, SPAN, there[1], key, 3, 0));
	next(ep, WEFT_OP_READ);
	if (memcmp(memory, copy, SPAN))
		errx(1, "what was read back is not what was written");
	must(weft_fetch_add(ep, there[1] + SPAN - 8, key, 5, 4, 0));
	if (next(ep, WEFT_OP_ATOMIC).value != memory[SPAN / 8 - 1])
		errx(1, "the word was another one before");
	must(weft_send(ep, NULL, 0, 5, 0));
	next(ep, WEFT_OP_SEND);
}

/* Until the queue pair is gone. */
static void leave_it(void)
{
	struct weft_ep_event ev = { 0 };

	while (ev.kind != WEFT_EP_DISCONNECTED) {
		if (!weft_next_event(port, &ev))
			must(weft_wait(port, WAIT));
		else if (ev.kind == WEFT_EP_FAILED)
			errx(1, "%s", weft_ep_error_text(ev.ep));
	}
	printf("word %" PRIu64 "\n", memory[0]);
}

int main(int argc, char **argv)
{
	bool asks = argc == 5 && !strcmp(argv[1], "ask");
	bool plain = argc == 4 && !strcmp(argv[1], "plain");
	struct weft_port_opts opts = { .chip_id = asks ? FIRST : LAST };
	char err[WEFT_ERROR_MAX], url[128];
	struct weft_mem *mem;
	struct weft_ep *ep;
	uint32_t number;

	if (!asks && !plain && !(argc == 4 && !strcmp(argv[1], "answer")))
		errx(2, "usage: libweft_peer ask LOCAL REMOTE NUMBER | answer|plain LOCAL NUMBER");
	if (plain)
		opts.withheld = WEFT_OFFER_ATOMICS | WEFT_OFFER_NARROW | WEFT_OFFER_MASKED;
	number = (uint32_t)strtoul(argv[argc - 1], NULL, 0);
	snprintf(url, sizeof(url), "udp:%s", argv[2]);
	if (weft_open(url, &opts, &port, err, sizeof(err)))
		errx(1, "%s", err);
	must(weft_reg(port, memory, SPAN, WEFT_REMOTE_READ | WEFT_REMOTE_WRITE | WEFT_REMOTE_ATOMIC,
		      NULL, &mem));
	ep = asks ? ask(mem, argv[3], number) : answer(mem, number);
	if (plain)
		leave_it();
	else
		work(ep);
	weft_close(port);
	return 0;
}
