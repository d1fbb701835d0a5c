/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Two nodes, random work in both directions over a network that loses, duplicates, reorders
 * and corrupts, against a byte-exact model of memory.  A failure prints the seed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/test/net.h"
#include "tools/test/cunit_main.h"

#define REGION 65536
#define SIGNALS 8		/* words behind the region's data that signals are added to */
#define WHOLE (REGION + 8 * SIGNALS)
#define OPS 120
#define SLOTS 64

struct op {
	enum weft_opcode opcode;
	uint64_t addr;
	uint32_t len;
	uint8_t *data;		/* what was sent, or where a READ goes */
	uint8_t *expect;	/* READ: what it must return */
	uint64_t old;		/* ATOMIC: value that it must return */
	bool imm, signal;
	uint8_t redop, dtype;
};

struct side {			/* one direction of the torture */
	struct net_stream *st;
	struct net_node *target;
	uint8_t model[WHOLE];	/* what the target's region must be after all ops so far */
	struct op ops[OPS];
	size_t n_ops, recvs;
	uint32_t key;
};

static uint32_t ssn_base;	/* where SSNs begin */

/* Both ends of a quiet stream go on from here, so that MSNs and SSNs soon wrap. */
static void number_from(struct net_stream *a, uint32_t msn, uint32_t ssn)
{
	struct weft_stream *s = a->s;

	s->head = s->next = s->tail = s->acked = s->exp = s->rsp_next = msn;
	s->next_ssn = s->rx_ssn = a->posted = ssn;
	weft_recv_posted(s, ssn);
}

static void fill(struct net *net, uint8_t *p, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		p[i] = (uint8_t)net_rand(net);
}

/* A REDUCE comes after all that is earlier, so that only a READ must not be in its way. */
static bool overlaps(const struct side *sd, const struct op *new, size_t from)
{
	for (size_t i = from; i < sd->n_ops; i++) {
		const struct op *o = &sd->ops[i];

		if (new->opcode == WEFT_OPCODE_REDUCE && o->opcode != WEFT_OPCODE_READ)
			continue;
		if (new->addr < o->addr + o->len && o->addr < new->addr + new->len)
			return true;
	}
	return false;
}

/* WEFT-SEM-053: sums tell what was combined twice, or not at all. */
static void choose_reduce(struct net *net, struct op *o)
{
	bool words = net_rand(net) % 2;

	o->dtype = words ? WEFT_DTYPE_I64 : WEFT_DTYPE_U8;
	o->redop = net_rand(net) % 3 ? WEFT_REDOP_SUM : net_rand(net) % 2 ? WEFT_REDOP_XOR :
		   WEFT_REDOP_MAX;
	if (words) {
		o->len &= ~7u;
		o->addr &= ~7ull;
	}
}

static void model_reduce(const struct op *o, uint8_t *at)
{
	unsigned size = o->dtype == WEFT_DTYPE_I64 ? 8 : 1;

	for (uint32_t i = 0; i < o->len; i += size) {
		int64_t x = (int64_t)net_word(at + i, size);
		int64_t y = (int64_t)net_word(o->data + i, size);

		if (o->redop == WEFT_REDOP_SUM)
			x = (int64_t)((uint64_t)x + (uint64_t)y);
		else if (o->redop == WEFT_REDOP_XOR)
			x ^= y;
		else
			x = x < y ? y : x;
		net_put_word(at + i, (uint64_t)x, size);
	}
}

/* WEFT-SEM-061 */
static void model_signal(struct side *sd, size_t i)
{
	uint8_t *word = sd->model + REGION + i % SIGNALS * 8;

	net_put_word(word, net_word(word, 8) + i + 1, 8);
}

/* A READ may see later WRITEs of its stream; the model keeps clear of that by never writing
 * where an uncompleted READ looks. */
static bool make_op(struct net *net, struct side *sd)
{
	static const enum weft_opcode codes[] = { WEFT_OPCODE_WRITE, WEFT_OPCODE_WRITE,
		WEFT_OPCODE_READ, WEFT_OPCODE_SEND, WEFT_OPCODE_ATOMIC, WEFT_OPCODE_REDUCE,
		WEFT_OPCODE_REDUCE, WEFT_OPCODE_FLUSH };
	struct op *o = &sd->ops[sd->n_ops];
	uint32_t max = net_rand(net) % 4 ? 300 : 6000;

	memset(o, 0, sizeof(*o));
	o->opcode = codes[net_rand(net) % WEFT_ARRAY_LEN(codes)];
	o->len = (uint32_t)(net_rand(net) % max);
	o->addr = net_rand(net) % (REGION - 6000);
	if (o->opcode == WEFT_OPCODE_SEND && o->len > NET_RQ_BYTES)
		o->len = NET_RQ_BYTES;
	if (o->opcode == WEFT_OPCODE_ATOMIC) {
		o->len = 8;
		o->addr &= ~7ull;
	}
	if (o->opcode == WEFT_OPCODE_REDUCE)
		choose_reduce(net, o);
	o->signal = op_has_data((uint8_t)o->opcode) && net_rand(net) % 4 == 0;
	if (o->opcode != WEFT_OPCODE_SEND && o->opcode != WEFT_OPCODE_FLUSH &&
	    overlaps(sd, o, sd->st->n_wc))
		return false;
	o->imm = net_rand(net) % 3 == 0;
	o->data = malloc(o->len + 1);
	return true;
}

static int post_rest(struct side *sd, size_t i)
{
	const struct op *o = &sd->ops[i];
	bool imm = o->imm && o->opcode != WEFT_OPCODE_READ;
	struct weft_wr wr = { .id = i, .local = (uintptr_t)o->data, .addr = 0x10000 + o->addr,
		.rkey = sd->key, .len = o->len, .opcode = o->opcode, .imm = (uint32_t)i,
		.redop = o->redop, .dtype = o->dtype, .level = WEFT_FLUSH_VISIBLE,
		.signal_key = sd->key, .signal_addr = 0x10000 + REGION + i % SIGNALS * 8,
		.signal_value = (uint32_t)i + 1 };

	wr.flags = (uint8_t)((imm ? WEFT_OFLAGS_IMM : 0) |
			     (o->signal ? WEFT_OFLAGS_SIGNAL : 0) |
			     (i % 7 == 3 ? WEFT_OFLAGS_FENCE : 0));
	return weft_post(sd->st->s, &wr);
}

static int post_op(struct net *net, struct side *sd, size_t i)
{
	struct op *o = &sd->ops[i];
	uint64_t word;

	switch (o->opcode) {
	case WEFT_OPCODE_READ:
		o->expect = malloc(o->len + 1);
		memcpy(o->expect, sd->model + o->addr, o->len);
		break;
	case WEFT_OPCODE_ATOMIC:
		o->old = net_word(sd->model + o->addr, 8);
		word = o->old + i + 1;
		net_put_word(sd->model + o->addr, word, 8);
		return net_atomic(sd->st, i, sd->key, 0x10000 + o->addr, WEFT_AOP_FADD, i + 1, 0);
	case WEFT_OPCODE_WRITE:
		fill(net, o->data, o->len);
		memcpy(sd->model + o->addr, o->data, o->len);
		break;
	case WEFT_OPCODE_REDUCE:
		fill(net, o->data, o->len);
		model_reduce(o, sd->model + o->addr);
		o->imm = false;
		break;
	case WEFT_OPCODE_FLUSH:
		o->imm = false;
		break;
	default:
		fill(net, o->data, o->len);
		break;
	}
	if (o->signal)
		model_signal(sd, i);
	return post_rest(sd, i);
}

static void pump(struct net *net, struct side *sd, struct net_stream *peer)
{
	while (sd->n_ops < OPS && sd->n_ops - sd->st->n_wc < 32) {
		if (!make_op(net, sd))
			break;
		sd->n_ops++;
		if (post_op(net, sd, sd->n_ops - 1) != WEFT_OK) {
			printf("torture: stream failed (%d, peer %d) after %zu of %zu, seed %u\n",
			       (int)sd->st->error_status, (int)peer->error_status, sd->st->n_wc,
			       sd->n_ops, net->o.seed);
			CU_FAIL_FATAL("post refused");
		}
	}
	/* Receive buffers come late at times: RNR and replay. */
	if (net_rand(net) % 3 == 0 &&
	    psn_before(peer->posted, ssn_base + (uint32_t)peer->n_rwc + 8))
		net_recv(peer, 1 + (uint32_t)(net_rand(net) % 4), NET_RQ_BYTES);
}

static void check_side(const struct side *sd, const struct net_stream *peer, uint32_t seed)
{
	size_t r = 0, bad = 0;

	for (size_t i = 0; i < OPS; i++) {
		const struct op *o = &sd->ops[i];
		const struct weft_wc *wc = &sd->st->wc[i];

		bad += wc->id != i || wc->status != WEFT_STATUS_OK || wc->opcode != o->opcode;
		if (o->opcode == WEFT_OPCODE_READ)
			bad += memcmp(o->data, o->expect, o->len) != 0;
		if (o->opcode == WEFT_OPCODE_ATOMIC)
			bad += wc->value != o->old;
		if (o->opcode != WEFT_OPCODE_SEND && !(o->opcode == WEFT_OPCODE_WRITE && o->imm))
			continue;
		bad += peer->rwc[r].ssn != ssn_base + (uint32_t)r || peer->rwc[r].len != o->len;
		if (o->imm)
			bad += peer->rwc[r].imm != (uint32_t)i;
		r++;
	}
	bad += r != peer->n_rwc;
	bad += memcmp(sd->model, sd->target->mr_mem[0], WHOLE) != 0;
	if (bad)
		printf("torture: %zu differences with seed %u\n", bad, seed);
	CU_ASSERT(bad == 0);
}

static void free_ops(struct side *sd)
{
	for (size_t i = 0; i < sd->n_ops; i++) {
		free(sd->ops[i].data);
		free(sd->ops[i].expect);
	}
}

static void torture(const struct net_opts *o, bool relaxed, bool async)
{
	struct net *net = net_new(o);
	uint32_t rights = WEFT_MR_READ | WEFT_MR_WRITE | WEFT_MR_ATOMIC |
			  (relaxed ? WEFT_MR_RELAXED : 0);
	static struct side sides[2];
	uint64_t end;

	memset(sides, 0, sizeof(sides));
	net->n[0].async = net->n[1].async = async ? NET_LATE : NET_SYNC;
	sides[0].st = net_connect(net, 5);
	if (!sides[0].st)
		printf("torture: no connection with seed %u\n", o->seed);
	CU_ASSERT_PTR_NOT_NULL_FATAL(sides[0].st);
	sides[1].st = net_peer_of(net, sides[0].st);
	net_run(net, 1000000000, NULL, NULL);
	ssn_base = o->tx_seed;
	for (int i = 0; i < 2; i++)
		number_from(sides[i].st, o->tx_seed, ssn_base);
	for (int i = 0; i < 2; i++) {
		net_mr(&net->n[i], 0x77, 0x10000, WHOLE, rights);
		sides[i].target = &net->n[!i];
		sides[i].key = 0x77;
	}
	end = net->now + 10000000000ull;
	while ((sides[0].st->n_wc < OPS || sides[1].st->n_wc < OPS) && net->now < end &&
	       !net->n[0].failed && !net->n[1].failed) {
		pump(net, &sides[0], sides[1].st);
		pump(net, &sides[1], sides[0].st);
		net_run(net, 5000, NULL, NULL);
		net->now += 1000;
	}
	if (sides[0].st->n_wc != OPS || sides[1].st->n_wc != OPS) {
		net_dump(net);
		printf("torture: stopped at %zu/%zu of %d with seed %u\n", sides[0].st->n_wc,
		       sides[1].st->n_wc, OPS, o->seed);
	}
	CU_ASSERT_FATAL(sides[0].st->n_wc == OPS && sides[1].st->n_wc == OPS);
	check_side(&sides[0], sides[1].st, o->seed);
	check_side(&sides[1], sides[0].st, o->seed);
	free_ops(&sides[0]);
	free_ops(&sides[1]);
	net_free(net);
}

static void each_seed(struct net_opts o, bool relaxed, bool async)
{
	for (uint32_t i = 0; i < 12; i++) {
		o.seed = (uint32_t)weft_test_seed * 1000 + i;
		o.retry_limit = 60;
		torture(&o, relaxed, async);
	}
}

static void torture__clean_network(void)
{
	each_seed((struct net_opts){ .mode = WEFT_MODE_RUD }, false, false);
}

static void torture__rud_strict_bad_network(void)
{
	each_seed((struct net_opts){ .loss = .2, .dup = .2, .corrupt = .2, .jitter_ns = 20000 },
		  false, false);
}

static void torture__rud_relaxed_bad_network(void)
{
	each_seed((struct net_opts){ .loss = .2, .dup = .2, .corrupt = .05, .jitter_ns = 20000 },
		  true, false);
}

static void torture__rud_few_holds(void)
{
	each_seed((struct net_opts){ .loss = .05, .dup = .05, .jitter_ns = 9000, .holds = 2 },
		  false, false);
}

static void torture__rod_bad_network(void)
{
	each_seed((struct net_opts){ .mode = WEFT_MODE_ROD, .loss = .1, .dup = .1, .corrupt = .05,
				     .jitter_ns = 3000 }, false, false);
}

static void torture__smallest_window(void)
{
	each_seed((struct net_opts){ .window = 16, .loss = .1, .dup = .1, .jitter_ns = 9000,
				     .payload = 128 }, false, false);
}

static void torture__large_window_many_paths(void)
{
	each_seed((struct net_opts){ .window = 4096, .loss = .02, .dup = .02, .jitter_ns = 50000,
				     .payload = 64, .paths = 256 }, true, false);
}

static void torture__asynchronous_host(void)
{
	each_seed((struct net_opts){ .loss = .1, .dup = .1, .jitter_ns = 9000 }, true, true);
}

/* WEFT-PDC-060, WEFT-PDC-061: nothing is lost or done twice for want of working memory. */
static void torture__no_memory_now_and_then(void)
{
	each_seed((struct net_opts){ .starve = .3, .loss = .1, .dup = .1, .jitter_ns = 9000 },
		  true, false);
	each_seed((struct net_opts){ .starve = .7 }, false, false);
	each_seed((struct net_opts){ .starve = .2, .mode = WEFT_MODE_ROD, .loss = .05,
				     .jitter_ns = 3000 }, false, true);
}

/* WEFT-CONV-001: PSNs, MSNs and SSNs all wrap within the run. */
static void torture__numbers_wrap(void)
{
	each_seed((struct net_opts){ .loss = .1, .dup = .1, .jitter_ns = 9000,
				     .tx_seed = 0xffffffe0 }, false, false);
	each_seed((struct net_opts){ .mode = WEFT_MODE_ROD, .loss = .05, .dup = .05,
				     .jitter_ns = 3000, .tx_seed = 0xfffffff5 }, false, false);
	each_seed((struct net_opts){ .loss = .1, .dup = .1, .jitter_ns = 9000,
				     .tx_seed = 0x7fffffe0 }, true, false);
}

WEFT_SUITE(torture) {
	{ "torture__clean_network", torture__clean_network },
	{ "torture__rud_strict_bad_network", torture__rud_strict_bad_network },
	{ "torture__rud_relaxed_bad_network", torture__rud_relaxed_bad_network },
	{ "torture__rud_few_holds", torture__rud_few_holds },
	{ "torture__rod_bad_network", torture__rod_bad_network },
	{ "torture__smallest_window", torture__smallest_window },
	{ "torture__large_window_many_paths", torture__large_window_many_paths },
	{ "torture__asynchronous_host", torture__asynchronous_host },
	{ "torture__no_memory_now_and_then", torture__no_memory_now_and_then },
	{ "torture__numbers_wrap", torture__numbers_wrap },
};
