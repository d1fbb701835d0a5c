/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client of a chip's service: requests and answers as messages on one endpoint, one request at
 * a time.  Queues on top of it are cmdq.c's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/lib/chip.h"

#define ANSWERS		4u	/* receive buffers posted */
#define TIMEOUT_NS	(10 * WEFT_SECOND)

static void answered(void *arg, enum weft_status st, uint64_t id)
{
	struct weft_chip *chip = arg;

	if (st != WEFT_STATUS_OK)
		return;		/* the endpoint's state tells */
	weft_hdr_svc_rsp_unpack(&chip->rsp, chip->answer[id]);
	chip->answers++;
	if (weft_ep_status(chip->ep) == WEFT_EP_IS_CONNECTED)
		weft_recv(chip->ep, chip->answer[id], WEFT_HDR_SVC_RSP_LEN, id);
}

static void asked(void *arg, enum weft_status st, uint64_t id)
{
	(void)arg, (void)st, (void)id;	/* the answer tells */
}

static int post_answers(struct weft_chip *chip)
{
	int err = 0;

	chip->ep->recv_hook = answered;
	chip->ep->recv_arg = chip;
	for (uint32_t i = 0; i < ANSWERS && !err; i++)
		err = weft_recv(chip->ep, chip->answer[i], WEFT_HDR_SVC_RSP_LEN, i);
	return err;
}

int weft_chip_connect(struct weft_port *port, const char *to, const struct weft_chip_opts *opts,
		      struct weft_chip **out)
{
	struct weft_chip *chip = calloc(1, sizeof(*chip));
	struct weft_ep_opts eo = opts ? opts->ep : (struct weft_ep_opts){ 0 };
	int err;

	static_assert(ANSWERS == sizeof(chip->answer) / sizeof(chip->answer[0]), "a buffer each");
	*out = NULL;
	if (!chip)
		return weftu_fail(port, -ENOMEM, "out of memory for a chip's client");
	chip->port = port;
	chip->timeout_ns = opts && opts->timeout_ns ? opts->timeout_ns : TIMEOUT_NS;
	if (eo.recv_depth && eo.recv_depth < ANSWERS)
		eo.recv_depth = ANSWERS;
	err = weft_connect(port, to, WEFT_SERVICE_CHIP, &eo, &chip->ep);
	if (!err)
		err = post_answers(chip);
	if (!err)
		err = weft_connect_wait(chip->ep, chip->timeout_ns);
	if (err) {
		weft_chip_close(chip);
		return err;
	}
	*out = chip;
	return 0;
}

void weft_chip_close(struct weft_chip *chip)
{
	if (!chip)
		return;
	weft_ep_destroy(chip->ep);
	while (chip->queues) {
		struct weft_queue *q = chip->queues;

		chip->queues = q->next;
		weftu_queue_free(q);
	}
	while (chip->signals)
		weft_signals_destroy(chip->signals);
	free(chip);
}

struct weft_ep *weft_chip_ep(const struct weft_chip *chip)
{
	return chip->ep;
}

/* ---- A request and its answer ---------------------------------------------------- */

int weftu_chip_down(struct weft_chip *chip)
{
	return weftu_fail(chip->port, -EHOSTDOWN, "%s", weft_ep_error_text(chip->ep));
}

static int post_request(struct weft_chip *chip, struct weft_hdr_svc_req *req)
{
	struct weft_wr wr = { .opcode = WEFT_OPCODE_SEND, .len = WEFT_HDR_SVC_REQ_LEN,
			      .local = (uintptr_t)chip->request };

	req->tag = ++chip->tag;
	weft_hdr_svc_req_pack(chip->request, req);
	return weftu_post(chip->ep, &wr, WEFT_OP_SEND, 0, 0, asked, chip);
}

static int refused(struct weft_chip *chip, const char *what)
{
	char id[24];

	return weftu_fail(chip->port, -EREMOTEIO, "chip %s at %s refused %s: %s",
			  weft_chip_id_str(weft_ep_chip_id(chip->ep), id), weft_ep_addr(chip->ep),
			  what, weft_st_name(chip->rsp.status));
}

/* Answers come in the order of the requests; one whose asker gave up is passed over by its tag. */
int weftu_chip_ask(struct weft_chip *chip, struct weft_hdr_svc_req *req, const char *what)
{
	weft_time begin = weftu_now(chip->port);
	uint64_t seen = chip->answers;
	int r = post_request(chip, req);

	if (r)
		return r == -ENOTCONN && weft_ep_failure(chip->ep) ? weftu_chip_down(chip) : r;
	while (seen == chip->answers || chip->rsp.tag != req->tag) {
		uint64_t spent = weftu_now(chip->port) - begin;

		if (weft_ep_status(chip->ep) != WEFT_EP_IS_CONNECTED)
			return weftu_chip_down(chip);
		if (spent >= chip->timeout_ns)
			return weftu_fail(chip->port, -ETIMEDOUT, "chip at %s has not answered %s "
					  "within %llu ms", weft_ep_addr(chip->ep), what,
					  (unsigned long long)(spent / WEFT_MSEC));
		r = weft_wait(chip->port, chip->timeout_ns - spent);
		if (r < 0)
			return r;
	}
	return chip->rsp.status == WEFT_STATUS_OK ? 0 : refused(chip, what);
}

int weft_chip_alloc(struct weft_chip *chip, unsigned pool, uint64_t len, unsigned flags,
		    struct weft_chip_mem *mem)
{
	struct weft_hdr_svc_req req = { .op = WEFT_SVC_OP_ALLOC, .pool = (uint8_t)pool,
					.flags = (uint8_t)flags, .length = len };
	char what[80];
	int err;

	memset(mem, 0, sizeof(*mem));
	if (pool > 255 || flags & ~WEFT_ALLOC_RELAXED)
		return weftu_fail(chip->port, -EINVAL, "pool %u, flags %#x: no such pool or flag",
				  pool, flags);
	snprintf(what, sizeof(what), "to allocate %llu bytes of pool %u", (unsigned long long)len,
		 pool);
	err = weftu_chip_ask(chip, &req, what);
	if (err)
		return err;
	*mem = (struct weft_chip_mem){ .addr = chip->rsp.addr, .len = chip->rsp.length,
				       .key = chip->rsp.key };
	return 0;
}

int weft_chip_free(struct weft_chip *chip, uint32_t key)
{
	struct weft_hdr_svc_req req = { .op = WEFT_SVC_OP_FREE, .key = key };
	char what[40];

	snprintf(what, sizeof(what), "to free key %#x", key);
	return weftu_chip_ask(chip, &req, what);
}
