/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One command's life.  Keys are checked over the whole range before anything is written, and again
 * for each slice, because memory may be freed while a long command runs.  See queue_step.h.
 */
#include "core/mutant.h"
#include "userspace/chip/queue_step.h"

#include <string.h>

#include <weft/mem.h>

static enum weft_cmd_status from_status(enum weft_status st)
{
	if (st == WEFT_STATUS_OK)
		return WEFT_CMD_STATUS_OK;
	if (st == WEFT_STATUS_NO_RIGHTS)
		return WEFT_CMD_STATUS_NO_RIGHTS;
	if (st == WEFT_STATUS_OUT_OF_BOUNDS)
		return WEFT_CMD_STATUS_OUT_OF_BOUNDS;
	/* No such key, a dead one, or one of another domain: not for the submitter to know. */
	return WEFT_CMD_STATUS_BAD_KEY;
}

static bool is_local(const struct chip_queue *q, const struct weft_hdr_command *c)
{
	return c->src_chip == 0 || c->src_chip == q->chip_id;
}

static uint32_t dst_need(const struct chip_engine *e)
{
	return WEFT_REMOTE_WRITE | (e->reads_dst ? WEFT_REMOTE_READ : 0u);
}

static uint8_t *resolve(struct chip_queue *q, uint32_t key, uint32_t need, uint64_t addr,
			uint64_t len, enum weft_cmd_status *st)
{
	enum weft_status ws = WEFT_STATUS_OK;
	uint8_t *p = q->ops->resolve(q->host, key, need, addr, len, &ws);

	*st = from_status(ws);
	return p;
}

static uint8_t *reach_at(void *ctx, uint32_t key, uint32_t need, uint64_t addr, uint64_t len,
			 enum weft_cmd_status *st)
{
	return resolve(ctx, key, need, addr, len, st);
}

static struct chip_reach reach_of(struct chip_queue *q)
{
	return (struct chip_reach){ .ctx = q, .at = reach_at };
}

/* Is the command itself well formed, and is there an engine for it? */
static enum weft_cmd_status judge_form(const struct chip_queue *q,
				       const struct weft_hdr_command *c, uint64_t index,
				       const struct chip_engine **e)
{
	if (c->version != 1 || (c->seq != (uint32_t)index && !WEFT_MUTANT(SEQ_ANY)) ||
	    (c->flags & (uint8_t)~WEFT_CMDFLAGS_BARRIER))
		return WEFT_CMD_STATUS_BAD_COMMAND;
	*e = chip_offer_find(q->offer, c->kernel);
	if (!*e)
		return WEFT_CMD_STATUS_BAD_KERNEL;	/* WEFT-ACC-020 */
	return (*e)->check ? (*e)->check(c) : WEFT_CMD_STATUS_OK;
}

/* How may src and dst of one chip lie to each other?  WEFT-ACC-014, WEFT-ACC-015. */
static enum weft_cmd_status judge_overlap(struct chip_slot *s, const struct chip_engine *e,
					  const uint8_t *dst, const uint8_t *src)
{
	uint64_t ahead = (uint64_t)((uintptr_t)dst - (uintptr_t)src);
	uint64_t behind = (uint64_t)((uintptr_t)src - (uintptr_t)dst);

	if (!e->streams || (dst == src && !WEFT_MUTANT(REDUCE_SELF)) ||
	    (ahead >= s->c.length && behind >= s->c.length))
		return WEFT_CMD_STATUS_OK;
	if (e->reads_dst)
		return WEFT_CMD_STATUS_BAD_ARGUMENT;	/* combining would read its own results */
	s->backward = ahead < s->c.length && !WEFT_MUTANT(COPY_FORWARD);
	return WEFT_CMD_STATUS_OK;
}

/* May the stream reach all that the command names here?  WEFT-ACC-008, WEFT-ACC-013. */
static enum weft_cmd_status judge_memory(struct chip_queue *q, struct chip_slot *s,
					 const struct chip_engine *e)
{
	const struct weft_hdr_command *c = &s->c;
	enum weft_cmd_status st = WEFT_CMD_STATUS_OK;
	uint8_t *dst = NULL, *src = NULL;

	if (e->streams || e->result)
		dst = resolve(q, c->dst_key, dst_need(e), c->dst_addr,
			      e->streams ? c->length : e->result, &st);
	if (st == WEFT_CMD_STATUS_OK && e->src && is_local(q, c))
		src = resolve(q, c->src_key, WEFT_REMOTE_READ, c->src_addr, c->length, &st);
	if (st == WEFT_CMD_STATUS_OK && src && dst)
		st = judge_overlap(s, e, dst, src);
	return st;
}

static void finish(struct chip_queue *q, struct chip_slot *s, enum weft_cmd_status st)
{
	chip_job_end(&s->job);
	if (s->fetch)
		q->ops->fetch_close(s->fetch);
	s->fetch = NULL;
	s->status = st;
	s->state = CHIP_SLOT_FINISHED;
}

/* A kernel that reaches for its memory itself does so on this chip alone. */
static enum weft_cmd_status begin_own(struct chip_queue *q, struct chip_slot *s,
				      const struct chip_engine *e)
{
	struct chip_reach r = reach_of(q);

	if (!is_local(q, &s->c) || chip_job_begin(&s->job, e, &s->c))
		return WEFT_CMD_STATUS_BAD_ARGUMENT;
	return e->judge(&s->job, &r);
}

static enum weft_cmd_status begin(struct chip_queue *q, struct chip_slot *s,
				  const struct chip_engine *e)
{
	enum weft_cmd_status st = judge_memory(q, s, e);

	if (st == WEFT_CMD_STATUS_OK && e->src && !is_local(q, &s->c))
		s->fetch = q->ops->fetch_open(q->host, s->c.src_chip, s->c.src_key,
					      s->c.src_addr, s->c.length, &st);
	if (st == WEFT_CMD_STATUS_OK && chip_job_begin(&s->job, e, &s->c))
		st = WEFT_CMD_STATUS_BAD_ARGUMENT;
	return st;
}

void chip_slot_begin(struct chip_queue *q, struct chip_slot *s, uint64_t index)
{
	const struct chip_engine *e = NULL;
	enum weft_cmd_status st = judge_form(q, &s->c, index, &e);

	if (st == WEFT_CMD_STATUS_OK)
		st = e->judge ? begin_own(q, s, e) : begin(q, s, e);
	s->state = CHIP_SLOT_RUNNING;
	if (st != WEFT_CMD_STATUS_OK)
		finish(q, s, st);
}

/* All of length is worked on: write a digest's result. */
static void conclude(struct chip_queue *q, struct chip_slot *s)
{
	const struct chip_engine *e = s->job.engine;
	enum weft_cmd_status st = WEFT_CMD_STATUS_OK;

	if (e->result) {
		uint8_t *dst = resolve(q, s->c.dst_key, dst_need(e), s->c.dst_addr, e->result,
				       &st);

		if (dst)
			e->end(&s->job, dst);
	}
	finish(q, s, st);
}

/* n bytes at offset `at`; src points to them already if they come from another chip. */
static enum weft_cmd_status slice(struct chip_queue *q, struct chip_slot *s, uint32_t at,
				  uint32_t n, const uint8_t *src)
{
	const struct weft_hdr_command *c = &s->c;
	const struct chip_engine *e = s->job.engine;
	enum weft_cmd_status st = WEFT_CMD_STATUS_OK;
	uint8_t *dst = NULL;

	if (e->streams)
		dst = resolve(q, c->dst_key, dst_need(e), c->dst_addr + at, n, &st);
	if (st == WEFT_CMD_STATUS_OK && e->src && !src)
		src = resolve(q, c->src_key, WEFT_REMOTE_READ, c->src_addr + at, n, &st);
	if (st == WEFT_CMD_STATUS_OK)
		e->step(&s->job, dst, src, n);
	return st;
}

/* The next slice's length; 0 with OK: not here yet. */
static uint32_t slice_len(struct chip_queue *q, const struct chip_slot *s, const uint8_t **src,
			  enum weft_cmd_status *st)
{
	uint32_t n = s->c.length - s->done;

	if (n > CHIP_SLICE)
		n = CHIP_SLICE;
	if (s->fetch) {
		size_t here = q->ops->fetch_peek(s->fetch, src, st);

		n = here < n ? (uint32_t)here : n;
	}
	return n;
}

static bool step_own(struct chip_queue *q, struct chip_slot *s)
{
	struct chip_reach r = reach_of(q);
	bool over = false;
	enum weft_cmd_status st = s->job.engine->turn(&s->job, &r, &over);

	if (over || st != WEFT_CMD_STATUS_OK)
		finish(q, s, st);
	return true;
}

bool chip_slot_step(struct chip_queue *q, struct chip_slot *s)
{
	enum weft_cmd_status st = WEFT_CMD_STATUS_OK;
	const uint8_t *src = NULL;
	uint32_t n, at;

	if (s->job.engine->turn)
		return step_own(q, s);
	/* Works on nothing, or on zero bytes. */
	if (!s->job.engine->step || s->done == s->c.length) {
		conclude(q, s);
		return true;
	}
	n = slice_len(q, s, &src, &st);
	if (st == WEFT_CMD_STATUS_OK && !n)
		return false;
	at = s->backward ? s->c.length - s->done - n : s->done;
	if (st == WEFT_CMD_STATUS_OK)
		st = slice(q, s, at, n, src);
	if (st != WEFT_CMD_STATUS_OK) {
		finish(q, s, st);
		return true;
	}
	if (s->fetch)
		q->ops->fetch_take(s->fetch, n);
	s->done += n;
	q->stats->bytes += n;
	if (s->done == s->c.length)
		conclude(q, s);
	return true;
}

/* WEFT-ACC-023, WEFT-ACC-025 */
void chip_slot_abort(struct chip_queue *q, struct chip_slot *s)
{
	if (s->state == CHIP_SLOT_WAITING || s->state == CHIP_SLOT_RUNNING)
		finish(q, s, WEFT_CMD_STATUS_ABORTED);
}

void chip_slot_drop(struct chip_queue *q, struct chip_slot *s)
{
	chip_job_end(&s->job);
	if (s->fetch)
		q->ops->fetch_close(s->fetch);
	*s = (struct chip_slot){ .state = CHIP_SLOT_FREE };
}
