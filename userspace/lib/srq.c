/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shared receive queues: which buffer a message gets.  How many of them messages of one stream hold
 * is bounded by the engine (WEFT-SEM-082); that the last one goes to nobody ahead of his turn is
 * decided here (WEFT-SEM-083).
 */
#include <stdlib.h>

#include "userspace/lib/lib.h"

int weft_srq_create(struct weft_port *port, uint32_t depth, struct weft_srq **out)
{
	struct weft_srq *srq;

	*out = NULL;
	if (!depth || depth > 65536 || depth & (depth - 1))
		return weftu_fail(port, -EINVAL, "shared receive queue of %u buffers: give a power "
				  "of two up to 65536", depth);
	srq = calloc(1, sizeof(*srq));
	if (srq)
		srq->bufs = calloc(depth, sizeof(*srq->bufs));
	if (!srq || !srq->bufs) {
		free(srq);
		return weftu_fail(port, -ENOMEM, "out of memory for a shared receive queue");
	}
	srq->port = port;
	srq->depth = depth;
	srq->head = srq->tail = srq->empty = NO_SRQ_BUF;
	for (uint32_t i = depth; i--;) {
		srq->bufs[i].next = srq->empty;
		srq->empty = i;
	}
	srq->next = port->srqs;
	port->srqs = srq;
	*out = srq;
	return 0;
}

int weft_srq_destroy(struct weft_srq *srq)
{
	struct weft_srq **at;

	if (!srq)
		return 0;
	if (srq->eps)
		return weftu_fail(srq->port, -EBUSY, "shared receive queue is used by %u "
				  "endpoints: destroy them first", srq->eps);
	for (at = &srq->port->srqs; *at != srq; at = &(*at)->next)
		;
	*at = srq->next;
	weftu_events_forget_srq(srq->port, srq);
	free(srq->bufs);
	free(srq);
	return 0;
}

void weftu_srqs_fini(struct weft_port *port)
{
	while (port->srqs) {
		struct weft_srq *srq = port->srqs;

		port->srqs = srq->next;
		free(srq->bufs);
		free(srq);
	}
}

/* ---- The list of free buffers ---------------------------------------------------- */

static void append(struct weft_srq *srq, uint32_t i)
{
	srq->bufs[i].next = NO_SRQ_BUF;
	if (srq->tail == NO_SRQ_BUF)
		srq->head = i;
	else
		srq->bufs[srq->tail].next = i;
	srq->tail = i;
	srq->n_free++;
}

static void prepend(struct weft_srq *srq, uint32_t i)
{
	srq->bufs[i].next = srq->head;
	srq->head = i;
	if (srq->tail == NO_SRQ_BUF)
		srq->tail = i;
	srq->n_free++;
}

static uint32_t first(struct weft_srq *srq)
{
	uint32_t i = srq->head;

	srq->head = srq->bufs[i].next;
	if (srq->head == NO_SRQ_BUF)
		srq->tail = NO_SRQ_BUF;
	srq->n_free--;
	return i;
}

static void tell_if_low(struct weft_srq *srq)
{
	if (srq->n_free >= srq->limit)
		return;
	srq->limit = 0;
	weftu_event(srq->port, &(struct weft_ep_event){ .kind = WEFT_EP_SRQ_LOW, .srq = srq });
}

int weft_srq_recv(struct weft_srq *srq, void *buf, uint32_t len, uint64_t id)
{
	uint32_t i = srq->empty;

	if (!buf && len)
		return weftu_fail(srq->port, -EINVAL, "no buffer for %u bytes", len);
	if (i == NO_SRQ_BUF || srq->unpolled == srq->depth)
		return weftu_fail(srq->port, -EAGAIN, "%u receive buffers are posted, as many as "
				  "the shared queue holds: poll completions", srq->depth);
	srq->empty = srq->bufs[i].next;
	srq->bufs[i] = (struct weftu_sbuf){ .id = id, .buf = buf, .len = len };
	srq->unpolled++;
	append(srq, i);
	return 0;
}

uint32_t weft_srq_room(const struct weft_srq *srq)
{
	return srq->depth - srq->unpolled;
}

uint32_t weft_srq_free(const struct weft_srq *srq)
{
	return srq->n_free;
}

void weft_srq_limit(struct weft_srq *srq, uint32_t limit)
{
	srq->limit = limit;
	tell_if_low(srq);
}

/* ---- Endpoints ------------------------------------------------------------------- */

/* Messages that are complete may not have been reported yet, a window of them at most. */
int weftu_srq_join(struct weft_srq *srq, struct weft_ep *ep)
{
	ep->bound_size = 1;
	while (ep->bound_size < (uint32_t)ep->window + ep->srq_share)
		ep->bound_size *= 2;
	ep->bound = malloc(ep->bound_size * sizeof(*ep->bound));
	if (!ep->bound)
		return weftu_fail(srq->port, -ENOMEM, "out of memory for an endpoint");
	for (uint32_t i = 0; i < ep->bound_size; i++)
		ep->bound[i] = NO_SRQ_BUF;
	ep->srq = srq;
	srq->eps++;
	return 0;
}

void weftu_srq_leave(struct weft_ep *ep)
{
	if (!ep->srq)
		return;
	weftu_srq_unbind(ep, ep->r_done);
	ep->srq->eps--;
	ep->srq = NULL;
	free(ep->bound);
	ep->bound = NULL;
}

static uint32_t *place_of(struct weft_ep *ep, uint32_t ssn)
{
	return &ep->bound[ssn & (ep->bound_size - 1)];
}

struct weftu_sbuf *weftu_srq_take(struct weft_ep *ep, uint32_t ssn, bool early,
				  enum weft_status *st)
{
	struct weft_srq *srq = ep->srq;
	uint32_t *at = place_of(ep, ssn);

	if (ep->state >= EP_REJECTED || ssn - ep->r_done >= ep->bound_size) {
		*st = WEFT_STATUS_RNR;
		return NULL;
	}
	if (*at != NO_SRQ_BUF)
		return &srq->bufs[*at];
	*st = early ? WEFT_STATUS_NO_HOLD : WEFT_STATUS_RNR;
	if (srq->n_free < (early ? 2u : 1u))
		return NULL;
	*at = first(srq);
	tell_if_low(srq);
	return &srq->bufs[*at];
}

struct weftu_sbuf *weftu_srq_done(struct weft_ep *ep, uint32_t ssn)
{
	struct weft_srq *srq = ep->srq;
	uint32_t *at = place_of(ep, ssn), i = *at;

	if (i == NO_SRQ_BUF)
		return NULL;
	*at = NO_SRQ_BUF;
	srq->bufs[i].next = srq->empty;
	srq->empty = i;
	return &srq->bufs[i];
}

/* WEFT-SEM-084: latest first, so that the oldest is the next one again. */
void weftu_srq_unbind(struct weft_ep *ep, uint32_t ssn)
{
	uint32_t ahead = ssn - ep->r_done;

	for (uint32_t i = ep->bound_size; i-- > ahead;) {
		uint32_t *at = place_of(ep, ep->r_done + i);

		if (*at != NO_SRQ_BUF)
			prepend(ep->srq, *at);
		*at = NO_SRQ_BUF;
	}
}
