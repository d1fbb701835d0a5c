/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asking: HELLOs that are repeated until answered, on behalf of endpoints that want to connect or
 * of the user, and NEIGHBOURs that are repeated until confirmed.
 */
#include <stdlib.h>
#include <string.h>

#include "userspace/lib/lib.h"

#define ASK_FIRST_NS	(10 * WEFT_MSEC)	/* until it is asked again; then doubled */
#define ASK_LAST_NS	(100 * WEFT_MSEC)
#define ASK_TRIES	16u	/* questions before nobody is there; about 1.5 s */

/* ---- Questions ------------------------------------------------------------------- */

static void send_question(struct weft_port *port, const struct wio_addr *to, uint32_t transaction)
{
	struct weft_hello q = port->self;
	uint8_t out[WEFT_ALONE_MAX];

	q.h.flags |= WEFT_HELLOFLAGS_REPLY;
	q.h.domain = port->o.domain;
	weftu_queue_alone(port, out, weft_hello_build(out, sizeof(out), &q, transaction), to);
}

static struct weftu_ask **find_ask(struct weft_port *port, const struct wio_addr *to)
{
	struct weftu_ask **at;

	for (at = &port->asks; *at && !weftu_addr_same(&(*at)->addr, to); at = &(*at)->next)
		;
	return at;
}

/* Room for a timer that is no context's. */
static bool one_more_timer(struct weft_port *port)
{
	if (!weftu_heap_reserve(&port->timers, port->o.max_contexts + port->extra_timers + 1))
		return false;
	port->extra_timers++;
	return true;
}

/* Takes it off the list; its endpoints are the caller's. */
static struct weft_ep *take_ask(struct weft_port *port, struct weftu_ask *a)
{
	struct weft_ep *eps = a->eps;
	struct weftu_ask **at;

	for (at = &port->asks; *at != a; at = &(*at)->next)
		;
	*at = a->next;
	weftu_heap_set(&port->timers, &a->timer, WEFT_NEVER);
	port->extra_timers--;
	free(a);
	return eps;
}

static void unanswered(struct weftu_ask *a, weft_time now)
{
	struct weft_port *port = a->port;
	unsigned tries = a->tries;
	uint64_t ms = (now - a->since) / WEFT_MSEC;
	struct weft_ep *ep = take_ask(port, a);

	while (ep) {
		struct weft_ep *next = ep->wait_next;

		ep->wait_next = NULL;
		ep->state = EP_WAITING_NOWHERE;
		weftu_ep_end(ep, EP_FAILED, WEFT_STATUS_RETRY_EXCEEDED, true,
			     "no answer to %u HELLOs within %llu ms: is a chip running there, at "
			     "that port, and does the network let it answer?", tries,
			     (unsigned long long)ms);
		ep = next;
	}
}

static void ask_again(struct weftu_timer *t, uint64_t now)
{
	struct weftu_ask *a = (struct weftu_ask *)t;
	struct weft_port *port = a->port;

	if (a->tries >= ASK_TRIES) {
		unanswered(a, now);
		return;
	}
	a->tries++;
	send_question(port, &a->addr, a->transaction);
	weftu_heap_set(&port->timers, &a->timer, now + a->every_ns);
	a->every_ns = a->every_ns * 2 < ASK_LAST_NS ? a->every_ns * 2 : ASK_LAST_NS;
}

static struct weftu_ask *new_ask(struct weft_port *port, const struct wio_addr *to, weft_time now)
{
	struct weftu_ask *a = calloc(1, sizeof(*a));

	if (!a || !one_more_timer(port)) {
		free(a);
		return NULL;
	}
	a->timer.at = WEFTU_NO_TIMER;
	a->timer.fire = ask_again;
	a->port = port;
	a->addr = *to;
	a->every_ns = ASK_FIRST_NS;
	a->since = now;
	a->transaction = port->next_transaction++;
	a->next = port->asks;
	port->asks = a;
	ask_again(&a->timer, now);
	return a;
}

/* ep may be NULL: only to know. */
int weftu_ask(struct weft_port *port, const struct wio_addr *to, struct weft_ep *ep, weft_time now)
{
	struct weftu_ask *a = *find_ask(port, to);

	if (!a)
		a = new_ask(port, to, now);
	if (!a)
		return weftu_fail(port, -ENOMEM, "out of memory for a question");
	if (ep) {
		ep->wait_next = a->eps;
		a->eps = ep;
	}
	return 0;
}

/* An endpoint waits no longer. */
void weftu_ask_forget(struct weft_port *port, const struct weft_ep *ep)
{
	struct weftu_ask *a = *find_ask(port, &ep->addr);
	struct weft_ep **at;

	for (at = a ? &a->eps : NULL; at && *at; at = &(*at)->wait_next) {
		if (*at == ep) {
			*at = ep->wait_next;
			return;
		}
	}
}

static struct weftu_ask *ask_of(const struct weft_port *port, uint32_t transaction)
{
	struct weftu_ask *a = port->asks;

	while (a && a->transaction != transaction)
		a = a->next;
	return a;
}

bool weftu_ask_is(const struct weft_port *port, uint32_t transaction)
{
	return ask_of(port, transaction);
}

static void connect_now(struct weft_ep *ep, struct weftu_peer *p, weft_time now)
{
	struct weft_port *port = ep->port;
	char id[24];

	ep->state = EP_WAITING_NOWHERE;
	if (ep->want_chip && ep->want_chip != p->core.chip_id)
		weftu_ep_end(ep, EP_FAILED, WEFT_STATUS_RETRY_EXCEEDED, true,
			     "another chip answers there: %s", weft_chip_id_str(ep->want_chip, id));
	else if (weftu_connect_known(ep, p, now))
		weftu_ep_end(ep, EP_FAILED, WEFT_STATUS_OP_FAILED, true, "%s", port->error);
}

void weftu_ask_answered(struct weft_port *port, struct weftu_peer *p, const struct wio_addr *from,
			uint32_t transaction, weft_time now)
{
	struct weftu_ask *a = ask_of(port, transaction);
	struct weft_ep *ep;

	if (!a)
		a = *find_ask(port, from);	/* a round of discovery has found it too */
	for (ep = a ? take_ask(port, a) : NULL; ep;) {
		struct weft_ep *next = ep->wait_next;

		ep->wait_next = NULL;
		connect_now(ep, p, now);
		ep = next;
	}
}

/* The chip speaks other versions.  False: it was not asked. */
bool weftu_ask_refused(struct weft_port *port, const struct wio_addr *from, uint32_t transaction,
		       unsigned min, unsigned max)
{
	struct weftu_ask *a = ask_of(port, transaction);
	struct weft_ep *ep;

	if (!a || !weftu_addr_same(&a->addr, from))
		return false;
	for (ep = take_ask(port, a); ep;) {
		struct weft_ep *next = ep->wait_next;

		ep->wait_next = NULL;
		ep->state = EP_WAITING_NOWHERE;
		weftu_ep_end(ep, EP_FAILED, WEFT_STATUS_OP_FAILED, true,
			     "speaks versions %u to %u of Weft, this side only %u", min, max,
			     WEFT_VERSION);
		ep = next;
	}
	return true;
}

int weft_ask(struct weft_port *port, const char *to)
{
	struct weftu_peer *p;
	struct wio_addr addr;
	uint64_t chip_id;
	int err = weftu_parse_target(port, to, &addr, &chip_id);

	if (err)
		return err;
	if (chip_id) {
		p = weftu_peer_find(port, chip_id);
		if (!p || p->addr.family == WIO_NONE)
			return weftu_fail(port, -ENOENT, "nothing is known of chip %s", to);
		addr = p->addr;
	}
	return weftu_ask(port, &addr, NULL, weftu_now(port));
}

/* ---- Discovery ------------------------------------------------------------------- */

static int whom_to_ask(struct weft_port *port, const char *to, struct wio_addr *addr)
{
	int err;

	if (to)
		return weftu_address_of(port, to, addr);
	err = wio_broadcast_addr(port->io, addr);
	return err ? weftu_fail(port, err, "carriage %s has no broadcast: name an address",
				wio_url(port->io)) : 0;
}

int weftu_address_of(struct weft_port *port, const char *to, struct wio_addr *addr)
{
	uint64_t chip_id;
	char text[WEFT_ADDR_MAX];
	int err;

	err = weftu_parse_target(port, to, addr, &chip_id);
	if (!err && chip_id) {
		err = weft_lookup(port, chip_id, text);
		if (!err)
			wio_addr_parse(text, addr);
	}
	return err;
}

static int collect(struct weft_port *port, const struct wio_addr *addr, bool one,
		   uint64_t timeout_ns)
{
	weft_time begin = weftu_now(port), next = begin;
	uint64_t every = ASK_FIRST_NS;

	for (;;) {
		weft_time now = weftu_now(port);
		uint64_t left;
		int r;

		if (now - begin >= timeout_ns || (one && port->round.n))
			return 0;
		if (now >= next) {
			send_question(port, addr, port->round.transaction);
			next = now + every;
			every = every * 2 < ASK_LAST_NS ? every * 2 : ASK_LAST_NS;
		}
		left = timeout_ns - (now - begin);
		r = weft_wait(port, left < next - now ? left : next - now);
		if (r < 0)
			return r;
	}
}

int weft_discover(struct weft_port *port, const char *to, uint64_t timeout_ns,
		  struct weft_chip_info *chips, int max)
{
	struct wio_addr addr;
	int r = whom_to_ask(port, to, &addr);

	if (r)
		return r;
	memset(&port->round, 0, sizeof(port->round));
	port->round.on = true;
	port->round.transaction = port->next_transaction++;
	r = collect(port, &addr, to, timeout_ns);
	if (!r) {
		r = port->round.n;
		if (r && max > 0)
			memcpy(chips, port->round.found,
			       (size_t)(r < max ? r : max) * sizeof(*chips));
	}
	free(port->round.found);
	memset(&port->round, 0, sizeof(port->round));
	return r;
}

/* ---- Telling --------------------------------------------------------------------- */

static void free_tell(struct weftu_tell *t)
{
	struct weftu_tell **at;

	for (at = &t->port->tells; *at != t; at = &(*at)->next)
		;
	*at = t->next;
	weftu_heap_set(&t->port->timers, &t->timer, WEFT_NEVER);
	t->port->extra_timers--;
	free(t);
}

static void tell_again(struct weftu_timer *timer, uint64_t now)
{
	struct weftu_tell *t = (struct weftu_tell *)timer;

	if (t->tries >= ASK_TRIES) {
		free_tell(t);
		return;
	}
	t->tries++;
	weftu_queue_alone(t->port, t->bytes, t->len, &t->addr);
	weftu_heap_set(&t->port->timers, &t->timer, now + t->every_ns);
	t->every_ns = t->every_ns * 2 < ASK_LAST_NS ? t->every_ns * 2 : ASK_LAST_NS;
}

static struct weftu_tell *tell_of(const struct weft_port *port, uint32_t transaction)
{
	struct weftu_tell *t = port->tells;

	while (t && t->transaction != transaction)
		t = t->next;
	return t;
}

/* False: nobody was told so. */
bool weftu_tell_confirmed(struct weft_port *port, uint32_t transaction)
{
	struct weftu_tell *t = tell_of(port, transaction);

	if (!t)
		return false;
	port->confirmed = transaction;
	free_tell(t);
	return true;
}

static void write_neighbour(struct weft_hdr_tlv_neighbour *nb, uint64_t chip_id,
			    const struct wio_addr *a)
{
	memset(nb, 0, sizeof(*nb));
	nb->chip_id = chip_id;
	nb->flags = WEFT_NBFLAGS_CONFIRM;
	nb->family = a->family == WIO_UDP4 ? WEFT_FAMILY_UDP4 :
		     a->family == WIO_UDP6 ? WEFT_FAMILY_UDP6 : WEFT_FAMILY_L2;
	nb->port = a->port;
	memcpy(nb->addr, a->ip, sizeof(nb->addr));
}

static int new_tell(struct weft_port *port, const struct wio_addr *to,
		    const struct weft_hdr_tlv_neighbour *nb, uint32_t *transaction)
{
	struct weftu_tell *t = calloc(1, sizeof(*t));

	if (!t || !one_more_timer(port)) {
		free(t);
		return weftu_fail(port, -ENOMEM, "out of memory for a message");
	}
	*transaction = port->next_transaction++;
	t->timer.at = WEFTU_NO_TIMER;
	t->timer.fire = tell_again;
	t->port = port;
	t->addr = *to;
	t->every_ns = ASK_FIRST_NS;
	t->transaction = *transaction;
	t->len = (uint32_t)weft_neighbour_build(t->bytes, nb, *transaction);
	t->next = port->tells;
	port->tells = t;
	tell_again(&t->timer, weftu_now(port));
	return 0;
}

static int tell_wait(struct weft_port *port, const char *to, uint32_t transaction,
		     uint64_t timeout_ns)
{
	weft_time begin = weftu_now(port);

	while (tell_of(port, transaction)) {
		uint64_t spent = weftu_now(port) - begin;
		int r = spent < timeout_ns ? weft_wait(port, timeout_ns - spent) : 0;

		if (r < 0)
			return r;
		if (spent >= timeout_ns)
			break;
	}
	return port->confirmed == transaction ? 0 :
		weftu_fail(port, -ETIMEDOUT, "chip at %s has not confirmed within %llu ms what it "
			   "was told", to, (unsigned long long)(timeout_ns / WEFT_MSEC));
}

int weft_tell(struct weft_port *port, const char *to, uint64_t chip_id, const char *addr,
	      uint64_t timeout_ns)
{
	struct weft_hdr_tlv_neighbour nb;
	struct wio_addr dst, where;
	uint32_t transaction = 0;
	uint64_t id;
	int err = whom_to_ask(port, to ? to : "", &dst);

	if (!err)
		err = weftu_parse_target(port, addr, &where, &id);
	if (!err && (where.family == WIO_NONE || !chip_id))
		err = weftu_fail(port, -EINVAL, "a neighbour has a Chip ID and an address");
	if (err)
		return err;
	write_neighbour(&nb, chip_id, &where);
	err = new_tell(port, &dst, &nb, &transaction);
	return err || !timeout_ns ? err : tell_wait(port, to, transaction, timeout_ns);
}

void weftu_asks_fini(struct weft_port *port)
{
	while (port->asks)
		take_ask(port, port->asks);
	while (port->tells)
		free_tell(port->tells);
	free(port->round.found);
}
