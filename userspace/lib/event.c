/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is told to the user about endpoints, in the order in which it happened.
 */
#include <stdlib.h>
#include <string.h>

#include "userspace/lib/lib.h"

static bool grow(struct weftu_events *q)
{
	uint32_t size = q->size ? q->size * 2 : 16;
	struct weft_ep_event *ring = malloc(size * sizeof(*ring));

	if (!ring)
		return false;
	for (uint32_t i = 0; i < q->n; i++)
		ring[i] = q->ring[(q->head + i) & (q->size - 1)];
	free(q->ring);
	q->ring = ring;
	q->size = size;
	q->head = 0;
	return true;
}

/* Out of memory: the event is lost; the endpoint's state still tells. */
void weftu_event(struct weft_port *port, const struct weft_ep_event *ev)
{
	struct weftu_events *q = &port->events;

	port->done_something = true;
	port->told = true;
	if (q->n == q->size && !grow(q))
		return;
	q->ring[(q->head + q->n++) & (q->size - 1)] = *ev;
}

int weft_next_event(struct weft_port *port, struct weft_ep_event *ev)
{
	struct weftu_events *q = &port->events;

	if (!q->n)
		return 0;
	*ev = q->ring[q->head];
	if (ev->ep && !ev->window)
		ev->user = ev->ep->user;
	q->head = (q->head + 1) & (q->size - 1);
	q->n--;
	return 1;
}

/* Events of what is no more. */
static void forget(struct weft_port *port, const struct weft_ep *ep, const struct weft_request *rq,
		   const struct weft_window *w, const struct weft_srq *srq)
{
	struct weftu_events *q = &port->events;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < q->n; i++) {
		struct weft_ep_event *ev = &q->ring[(q->head + i) & (q->size - 1)];

		if ((ep && ev->ep == ep) || (rq && ev->request == rq) ||
		    (w && ev->window == w) || (srq && ev->srq == srq))
			continue;
		q->ring[(q->head + kept++) & (q->size - 1)] = *ev;
	}
	q->n = kept;
}

void weftu_events_forget(struct weft_port *port, const struct weft_ep *ep,
			 const struct weft_request *rq)
{
	forget(port, ep, rq, NULL, NULL);
}

void weftu_events_forget_window(struct weft_port *port, const struct weft_window *w)
{
	forget(port, NULL, NULL, w, NULL);
}

void weftu_events_forget_srq(struct weft_port *port, const struct weft_srq *srq)
{
	forget(port, NULL, NULL, NULL, srq);
}
