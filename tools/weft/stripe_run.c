/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A round's commands: every chip hashes and sums its stripe, one fetches another's; the host
 * computes the same and compares.  See stripe.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/wire.h"
#include "tools/weft/stripe.h"

#define BLOCK (32u << 10)	/* bytes that are summed, twice */

/* Where results lie in the scratch memory. */
enum { AT_SHA = 0, AT_CRC = 32, AT_COPY_SHA = 64, AT_SUM = 4096, RESULTS = AT_SUM + BLOCK };

const char *stripe_job_name(enum stripe_job j)
{
	static const char *const name[] = { "SHA256", "CRC32C", "FILL", "REDUCE sum",
					    "REDUCE sum", "COPY peer", "SHA256 of it" };

	return name[j];
}

static uint32_t block_of(const struct stripe_chip *c)
{
	uint64_t half = c->len / 2 / 4 * 4;

	return half < BLOCK ? (uint32_t)half : BLOCK;
}

/* ---- Asking ------------------------------------------------------------------------------ */

static void ask(struct stripe_chip *c, struct stripe_batch *b, enum stripe_job j,
		struct weft_command cmd)
{
	if (!stripe_has_engine(c, cmd.kernel))
		return;
	weft_signal_clear(c->signals, (uint32_t)j);
	cmd.signal_key = weft_signals_key(c->signals);
	cmd.signal_addr = weft_signal_addr(c->signals, (uint32_t)j);
	c->job[j].asked = c->job[j].ever = true;
	c->job[j].round_bytes = cmd.len;
	b->job[b->n] = j;
	b->cmd[b->n++] = cmd;
}

static struct weft_command on_stripe(const struct stripe_chip *c, uint16_t kernel, uint32_t at)
{
	return (struct weft_command){
		.kernel = kernel, .len = (uint32_t)c->len,
		.src_key = c->data.key, .src_addr = c->data.addr,
		.dst_key = c->scratch.key, .dst_addr = c->scratch.addr + at,
	};
}

static void ask_sums(struct stripe_chip *c, struct stripe_batch *b)
{
	struct weft_command sum = on_stripe(c, WEFT_RUN_REDUCE, AT_SUM);
	struct weft_command clear = sum;

	sum.op = WEFT_RED_SUM;
	sum.type = WEFT_TYPE_I32;
	sum.len = clear.len = block_of(c);
	sum.barrier = 1;
	clear.kernel = WEFT_RUN_FILL;
	clear.src_key = 0;
	clear.src_addr = 0;
	if (!stripe_has_engine(c, WEFT_RUN_FILL) || !sum.len)
		return;
	ask(c, b, JOB_CLEAR, clear);
	ask(c, b, JOB_SUM_LOW, sum);
	sum.src_addr += sum.len;
	ask(c, b, JOB_SUM_HIGH, sum);
}

static void ask_copy(struct stripe *s, struct stripe_chip *c, struct stripe_batch *b)
{
	const struct stripe_chip *from = &s->chip[s->source];
	struct weft_command copy = {
		.kernel = WEFT_RUN_COPY, .len = (uint32_t)from->len,
		.src_chip = from->info.chip_id, .src_key = from->data.key,
		.src_addr = from->data.addr, .dst_key = c->copy.key, .dst_addr = c->copy.addr,
	};
	struct weft_command hash = {
		.kernel = WEFT_RUN_SHA256, .len = copy.len, .barrier = 1,
		.src_key = c->copy.key, .src_addr = c->copy.addr,
		.dst_key = c->scratch.key, .dst_addr = c->scratch.addr + AT_COPY_SHA,
	};

	if (from->dead)
		return;
	ask(c, b, JOB_COPY, copy);
	ask(c, b, JOB_COPY_SHA256, hash);
}

/* The next group, by itself: so that what is measured is the command, and not who went before. */
static void submit_next(struct stripe *s, struct stripe_chip *c)
{
	struct stripe_batch *b = &c->batch;
	int n = b->job[b->next] == JOB_CLEAR ? 3 : 1;

	b->first = b->next;
	b->next += n;
	b->began = weft_now(s->port);
	if (weft_queue_submit_wait(c->queue, b->cmd + b->first, n, s->net.timeout_ns))
		stripe_dead(s, c, "submitting commands");
}

static void ask_all(struct stripe *s, struct stripe_chip *c)
{
	struct stripe_batch *b = &c->batch;

	b->n = b->first = b->next = 0;
	for (unsigned j = 0; j < JOBS; j++)
		c->job[j].asked = c->job[j].finished = false;
	if (c->dead || !c->len)
		return;
	ask(c, b, JOB_SHA256, on_stripe(c, WEFT_RUN_SHA256, AT_SHA));
	ask(c, b, JOB_CRC32C, on_stripe(c, WEFT_RUN_CRC32C, AT_CRC));
	ask_sums(c, b);
	if (s->copier >= 0 && c == &s->chip[s->copier])
		ask_copy(s, c, b);
	if (b->n)
		submit_next(s, c);
}

/* ---- Waiting ----------------------------------------------------------------------------- */

/* Has the group that runs ended? */
static bool group_over(struct stripe_chip *c)
{
	const struct stripe_batch *b = &c->batch;

	for (int i = b->first; i < b->next; i++)
		if (!c->job[b->job[i]].finished)
			return false;
	return true;
}

static void time_group(struct stripe_chip *c, uint64_t now)
{
	const struct stripe_batch *b = &c->batch;
	struct stripe_result *last = &c->job[b->job[b->next - 1]];

	for (int i = b->first; i < b->next; i++)
		last->timed += c->job[b->job[i]].round_bytes;
	last->ns += now - b->began;
}

/* Look at the signals of one chip.  Returns how many commands are still out or to be asked. */
static unsigned look(struct stripe *s, struct stripe_chip *c)
{
	struct stripe_batch *b = &c->batch;

	for (int i = b->first; i < b->next && !c->dead; i++) {
		struct stripe_result *r = &c->job[b->job[i]];
		uint64_t word = weft_signal_get(c->signals, (uint32_t)b->job[i]);

		if (r->finished || !weft_signal_count(word))
			continue;
		r->finished = true;
		if (!r->status)
			r->status = weft_signal_status(word);
		r->bytes += r->round_bytes;
	}
	if (!c->dead && b->first < b->next && group_over(c)) {
		time_group(c, weft_now(s->port));
		b->first = b->next;
		if (b->next < b->n)
			submit_next(s, c);
	}
	if (b->first < b->n && weft_ep_status(c->ep) != WEFT_EP_IS_CONNECTED)
		stripe_dead(s, c, "running commands");
	return c->dead ? 0 : (unsigned)(b->n - b->first);
}

static int wait_all(struct stripe *s)
{
	unsigned asked = 0, out = 1;

	for (unsigned i = 0; i < s->n; i++)
		for (unsigned j = 0; j < JOBS; j++)
			asked += s->chip[i].job[j].asked;
	while (out) {
		out = 0;
		for (unsigned i = 0; i < s->n; i++)
			out += look(s, &s->chip[i]);
		out_progress("computing", asked - out, asked);
		stripe_note_contexts(s);
		if (out && weft_wait(s->port, 20 * WEFT_MSEC) < 0) {
			out_error("stripe: interrupted, or the network is gone");
			return EXIT_FAILED;
		}
	}
	out_progress_clear();
	return EXIT_OK;
}

/* ---- Checking ---------------------------------------------------------------------------- */

static void judge(struct stripe *s, struct stripe_chip *c, enum stripe_job j, const void *got,
		  const void *want, size_t n)
{
	struct stripe_result *r = &c->job[j];

	if (!r->asked || !r->finished)
		return;
	if (r->status == WEFT_CMD_OK && (!n || !memcmp(got, want, n)))
		return;
	r->wrong = true;
	/* That a dead chip's stripe could not be fetched is that chip's failure. */
	if ((j == JOB_COPY || j == JOB_COPY_SHA256) && s->chip[s->source].dead)
		return;
	s->bad++;
	out_error("stripe: %s on %s: %s", stripe_job_name(j), c->info.addr,
		  r->status != WEFT_CMD_OK ? weft_cmd_st_name(r->status) :
					     "differs from what the host computes");
}

static void judge_sums(struct stripe *s, struct stripe_chip *c, const uint8_t *got)
{
	const uint8_t *p = s->map.bytes + c->off;
	uint32_t n = block_of(c);
	uint8_t *want = malloc(BLOCK);

	for (uint32_t i = 0; want && i < n; i += 4) {
		uint32_t a, b;

		memcpy(&a, p + i, 4);
		memcpy(&b, p + n + i, 4);
		a += b;
		memcpy(want + i, &a, 4);
	}
	judge(s, c, JOB_CLEAR, NULL, NULL, 0);
	judge(s, c, JOB_SUM_LOW, NULL, NULL, 0);
	if (want)
		judge(s, c, JOB_SUM_HIGH, got, want, n);
	free(want);
}

static void judge_all(struct stripe *s, struct stripe_chip *c, const uint8_t *got)
{
	struct weft_hdr_crc h = {
		.crc = crc32c_of(s->port, s->map.bytes + c->off, c->len),
	};
	uint8_t hash[SHA256_LEN], crc[WEFT_HDR_CRC_LEN];

	sha256(s->port, s->map.bytes + c->off, c->len, hash);
	judge(s, c, JOB_SHA256, got + AT_SHA, hash, sizeof(hash));
	weft_hdr_crc_pack(crc, &h);
	judge(s, c, JOB_CRC32C, got + AT_CRC, crc, sizeof(crc));
	judge_sums(s, c, got + AT_SUM);
	judge(s, c, JOB_COPY, NULL, NULL, 0);
	if (c->job[JOB_COPY_SHA256].asked) {
		const struct stripe_chip *from = &s->chip[s->source];

		sha256(s->port, s->map.bytes + from->off, from->len, hash);
		judge(s, c, JOB_COPY_SHA256, got + AT_COPY_SHA, hash, sizeof(hash));
	}
}

static int check(struct stripe *s, struct stripe_chip *c)
{
	uint8_t *got = malloc(RESULTS);
	struct xfer x;

	if (!got || xfer_read(&x, c->ep, got, RESULTS, c->scratch.addr, c->scratch.key, NULL)) {
		out_error("stripe: out of memory");
		free(got);
		return EXIT_FAILED;
	}
	if (xfer_run(&x, "reading results"))
		stripe_dead(s, c, "reading results");
	else
		judge_all(s, c, got);
	xfer_fini(&x);
	free(got);
	return EXIT_OK;
}

int stripe_compute(struct stripe *s)
{
	uint64_t began = weft_now(s->port);
	int ret;

	stripe_milestone(s, "computing");
	for (unsigned i = 0; i < s->n; i++)
		ask_all(s, &s->chip[i]);
	ret = wait_all(s);
	s->run_ns += weft_now(s->port) - began;
	for (unsigned i = 0; i < s->n && !ret; i++)
		if (!s->chip[i].dead && s->chip[i].len)
			ret = check(s, &s->chip[i]);
	return ret;
}
