/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client of an architected queue: commands are written into the chip's ring, then the
 * doorbell.  The memory is not RELAXED, so the doorbell is seen after the commands.  How many slots
 * are free is known from the chip's read index, which is read when they seem to run out.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/lib/chip.h"

/* ---- Making ---------------------------------------------------------------------- */

void weftu_queue_free(struct weft_queue *q)
{
	free(q->ring);
	free(q->bells);
	free(q);
}

int weft_queue_create(struct weft_chip *chip, uint32_t depth, struct weft_queue **out)
{
	struct weft_hdr_svc_req req = { .op = WEFT_SVC_OP_QUEUE_CREATE, .depth = depth };
	struct weft_queue *q;
	int err;

	*out = NULL;
	if (!depth || depth & (depth - 1))
		return weftu_fail(chip->port, -EINVAL, "queue of %u commands: give a power of two",
				  depth);
	q = calloc(1, sizeof(*q));
	if (q) {
		q->ring = calloc(depth, WEFT_QUEUE_COMMAND);
		q->bells = calloc(depth, sizeof(*q->bells));
	}
	if (!q || !q->ring || !q->bells) {
		if (q)
			weftu_queue_free(q);
		return weftu_fail(chip->port, -ENOMEM, "out of memory for a queue of %u commands",
				  depth);
	}
	err = weftu_chip_ask(chip, &req, "to create a queue");
	if (err) {
		weftu_queue_free(q);
		return err;
	}
	q->chip = chip;
	q->depth = depth;
	q->mem = (struct weft_chip_mem){ .addr = chip->rsp.addr, .key = chip->rsp.key,
		.len = WEFT_QUEUE_RING + (uint64_t)depth * WEFT_QUEUE_COMMAND };
	q->next = chip->queues;
	chip->queues = q;
	*out = q;
	return 0;
}

int weft_queue_destroy(struct weft_queue *q)
{
	return weft_queue_end(q, NULL);
}

int weft_queue_end(struct weft_queue *q, uint64_t *taken)
{
	struct weft_hdr_svc_req req = { .op = WEFT_SVC_OP_QUEUE_DESTROY };
	struct weft_queue **at;
	struct weft_chip *chip;
	int err;

	if (!q)
		return 0;
	chip = q->chip;
	req.key = q->mem.key;
	err = weftu_chip_ask(chip, &req, "to destroy a queue");
	if (taken)
		*taken = err ? 0 : chip->rsp.length;
	if (q->busy && weft_ep_status(chip->ep) == WEFT_EP_IS_CONNECTED)
		return err;	/* no answer: operations still point to it; chip_close frees it */
	for (at = &chip->queues; *at != q; at = &(*at)->next)
		;
	*at = q->next;
	weftu_queue_free(q);
	return err;
}

/* ---- Arguments ------------------------------------------------------------------- */

_Static_assert(WEFT_GEMM_BYTES == WEFT_HDR_GEMM_LEN, "the public header has a wrong value");

void weft_gemm_pack(uint8_t out[WEFT_GEMM_BYTES], const struct weft_gemm *g)
{
	struct weft_hdr_gemm h = {
		.a_addr = g->a_addr, .b_addr = g->b_addr, .a_key = g->a_key, .b_key = g->b_key,
		.m = g->m, .n = g->n, .k = g->k, .lda = g->lda ? g->lda : g->k,
		.ldb = g->ldb ? g->ldb : g->n, .ldc = g->ldc ? g->ldc : g->n,
		.flags = g->accumulate ? WEFT_GEMMFLAGS_ACCUMULATE : 0,
	};

	weft_hdr_gemm_pack(out, &h);
}

/* ---- Submitting ------------------------------------------------------------------ */

static int check(struct weft_queue *q, const struct weft_command *c)
{
	if (!c->kernel)
		return weftu_fail(q->chip->port, -EINVAL, "command without a kernel");
	if (c->signal_addr % 8)
		return weftu_fail(q->chip->port, -EINVAL,
				  "signal address %#llx: give a multiple of 8",
				  (unsigned long long)c->signal_addr);
	return 0;
}

static void pack(struct weft_queue *q, const struct weft_command *c, uint64_t index)
{
	struct weft_hdr_command h = {
		.flags = c->barrier ? WEFT_CMDFLAGS_BARRIER : 0,
		.kernel = c->kernel,
		.seq = (uint32_t)index,
		.signal_addr = c->signal_addr,
		.signal_key = c->signal_key,
		.src_key = c->src_key,
		.src_addr = c->src_addr,
		.src_chip = c->src_chip,
		.dst_addr = c->dst_addr,
		.dst_key = c->dst_key,
		.length = c->len,
		.op = c->op,
		.dtype = c->type,
		.value = c->value,
	};

	weft_hdr_command_pack(q->ring + (index & (q->depth - 1)) * WEFT_QUEUE_COMMAND, &h);
}

static void posted_done(void *arg, enum weft_status st, uint64_t id)
{
	struct weft_queue *q = arg;

	(void)st, (void)id;
	q->busy--;
}

static int post_write(struct weft_queue *q, const void *from, uint64_t offset, uint32_t len)
{
	struct weft_wr wr = { .opcode = WEFT_OPCODE_WRITE, .local = (uintptr_t)from, .len = len,
			      .addr = q->mem.addr + offset, .rkey = q->mem.key };
	int err = weftu_post(q->chip->ep, &wr, WEFT_OP_WRITE, 0, 0, posted_done, q);

	if (!err)
		q->busy++;
	return err;
}

static void index_known(void *arg, enum weft_status st, uint64_t id)
{
	struct weft_queue *q = arg;
	uint64_t read = le64toh(q->read_word);

	(void)id;
	q->busy--;
	q->asking = false;
	/* What the chip says is checked: it never goes back, nor ahead of us. */
	if (st == WEFT_STATUS_OK && read - q->read <= q->submitted - q->read)
		q->read = read;
}

static void ask_index(struct weft_queue *q)
{
	struct weft_wr wr = { .opcode = WEFT_OPCODE_READ, .local = (uintptr_t)&q->read_word,
			      .len = sizeof(q->read_word), .addr = q->mem.addr + WEFT_QUEUE_READ,
			      .rkey = q->mem.key };

	if (q->asking || weftu_post(q->chip->ep, &wr, WEFT_OP_READ, 0, 0, index_known, q))
		return;
	q->asking = true;
	q->busy++;
}

/* Write commands [from, to) of the ring, in one piece or two, then the doorbell. */
static int write_out(struct weft_queue *q, uint64_t from, uint64_t to)
{
	uint64_t slot = from & (q->depth - 1), n = to - from;
	uint64_t first = n < q->depth - slot ? n : q->depth - slot;
	uint64_t *bell = &q->bells[(to - 1) & (q->depth - 1)];
	int err;

	err = post_write(q, q->ring + slot * WEFT_QUEUE_COMMAND,
			 WEFT_QUEUE_RING + slot * WEFT_QUEUE_COMMAND,
			 (uint32_t)(first * WEFT_QUEUE_COMMAND));
	if (!err && n > first)
		err = post_write(q, q->ring, WEFT_QUEUE_RING,
				 (uint32_t)((n - first) * WEFT_QUEUE_COMMAND));
	if (err)
		return err;
	*bell = htole64(to);
	return post_write(q, bell, WEFT_QUEUE_DOORBELL, sizeof(*bell));
}

/* Commands that can be submitted now: free slots, and work requests to carry them. */
static uint64_t room(struct weft_queue *q, int n)
{
	uint64_t free_slots = q->depth - (q->submitted - q->read);

	if (free_slots < (uint64_t)n)
		ask_index(q);
	if (weft_ep_send_room(q->chip->ep) < 3)
		return 0;
	return free_slots < (uint64_t)n ? free_slots : (uint64_t)n;
}

int weft_queue_submit(struct weft_queue *q, const struct weft_command *cmds, int n)
{
	uint64_t count;
	int err;

	if (n < 0)
		return weftu_fail(q->chip->port, -EINVAL, "%d commands", n);
	for (int i = 0; i < n; i++) {
		err = check(q, &cmds[i]);
		if (err)
			return err;
	}
	if (weft_ep_status(q->chip->ep) != WEFT_EP_IS_CONNECTED)
		return weftu_fail(q->chip->port, -ENOTCONN, "%s", weft_ep_error_text(q->chip->ep));
	count = room(q, n);
	if (!count)
		return 0;
	for (uint64_t i = 0; i < count; i++)
		pack(q, &cmds[i], q->submitted + i);
	err = write_out(q, q->submitted, q->submitted + count);
	if (err)
		return err;
	q->submitted += count;
	return (int)count;
}

int weft_queue_submit_wait(struct weft_queue *q, const struct weft_command *cmds, int n,
			   uint64_t timeout_ns)
{
	struct weft_port *port = q->chip->port;
	weft_time begin = weftu_now(port);
	int at = 0;

	for (;;) {
		uint64_t spent = weftu_now(port) - begin;
		int r = weft_queue_submit(q, cmds + at, n - at);

		if (r < 0)
			return r == -ENOTCONN ? weftu_chip_down(q->chip) : r;
		at += r;
		if (at == n)
			return 0;
		if (spent >= timeout_ns)
			return weftu_fail(port, -ETIMEDOUT, "the chip has taken no command of its "
					  "queue for %llu ms: %d of %d are submitted",
					  (unsigned long long)(spent / WEFT_MSEC), at, n);
		/* The index moves without our hearing of it: ask again now and then. */
		spent = timeout_ns - spent;
		r = weft_wait(port, spent < WEFT_MSEC ? spent : WEFT_MSEC);
		if (r < 0)
			return r;
	}
}

uint64_t weft_queue_submitted(const struct weft_queue *q)
{
	return q->submitted;
}

uint32_t weft_queue_depth(const struct weft_queue *q)
{
	return q->depth;
}

const struct weft_chip_mem *weft_queue_mem(const struct weft_queue *q)
{
	return &q->mem;
}
