// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Atomics by the vendor's path (infiniband/weftdv.h): what they do, against a model of its own, and
 * every refusal, after which memory is what it was.
 *
 * Decides: the cases.  Two queue pairs of one device that are each other's peers; for `peer` the
 * other end is libweft_peer's, which offers none of these atomics.  Where the library would refuse,
 * an element is written into the mapped queue behind its back, so that weft.ko has to.
 *
 * usage: vendor --list | vendor DEVICE GID-INDEX CASE
 *        vendor DEVICE GID-INDEX peer ADDRESS QPN KEY ADDR
 */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/selftest/vendor.h"

#define ALL_OPS	0x7feu		/* FADD to XOR */

/* ---- What is done -------------------------------------------------------------------------- */

/* WEFT-VRB-145 */
static void case_query(void)
{
	struct weftdv_atomics a, big[2];
	struct weftdv_atomic_wr wr;
	struct end e = make_end(IBV_QPT_RC), p, ud = make_end(IBV_QPT_UD);

	memset(big, 0xff, sizeof(big));
	IS(weftdv_query_device(ctx, big, sizeof(big)), 0);
	MUST(big[0].aops == ALL_OPS && big[0].widths == 15 && big[0].masked == 1);
	MUST(!big[0].reserved && !big[1].aops && !big[1].reserved);
	memset(&a, 0xff, sizeof(a));
	IS(weftdv_query_device(ctx, &a, 8), 0);
	MUST(a.aops == ALL_OPS && a.widths == 15 && a.masked == 0xffffffff);
	IS(weftdv_query_device(ctx, &a, 7), EINVAL);
	IS(weftdv_query_qp(ud.qp, &a, sizeof(a)), EOPNOTSUPP);
	IS(weftdv_query_qp(e.qp, &a, sizeof(a)), EAGAIN);
	drop(&e);
	drop(&ud);
	make_pair(&e, &p, RIGHTS);
	wr = request(WEFTDV_FADD, 8, 0);
	done(&e, &wr);			/* now it is connected */
	IS(weftdv_query_qp(e.qp, &a, sizeof(a)), 0);
	MUST(a.aops == ALL_OPS && a.widths == 15 && a.masked == 1);
	IS(weftdv_query_qp(p.qp, &a, sizeof(a)), 0);
	MUST(a.aops == ALL_OPS);
}

static int64_t sign(uint64_t x, unsigned int bits)
{
	return (int64_t)(x << (64 - bits)) >> (64 - bits);
}

/* Bit by bit, so that nothing is borrowed from the engine. */
static uint64_t fields_added(uint64_t a, uint64_t b, uint64_t ends)
{
	unsigned int i, carry = 0, sum;
	uint64_t x = 0;

	for (i = 0; i < 64; i++) {
		sum = (unsigned int)(a >> i & 1) + (unsigned int)(b >> i & 1) + carry;
		x |= (uint64_t)(sum & 1) << i;
		carry = ends >> i & 1 ? 0 : sum >> 1;
	}
	return x;
}

static uint64_t model(const struct weftdv_atomic *a, uint64_t old)
{
	unsigned int bits = a->width * 8u;
	uint64_t mask = ~0ull >> (64 - bits), x = a->operand & mask, new = old;
	uint64_t may = a->masked ? a->operand_mask : ~0ull;
	uint64_t seen = a->masked ? a->compare_mask : ~0ull;

	switch (a->aop) {
	case WEFTDV_FADD: new = fields_added(old, x, a->masked ? a->compare_mask : 0); break;
	case WEFTDV_CAS: new = (old & seen & mask) == (a->compare & seen & mask) ? x : old; break;
	case WEFTDV_SWAP: new = x; break;
	case WEFTDV_MIN: new = sign(x, bits) < sign(old, bits) ? x : old; break;
	case WEFTDV_MAX: new = sign(x, bits) > sign(old, bits) ? x : old; break;
	case WEFTDV_UMIN: new = x < old ? x : old; break;
	case WEFTDV_UMAX: new = x > old ? x : old; break;
	case WEFTDV_AND: new = old & x; break;
	case WEFTDV_OR: new = old | x; break;
	case WEFTDV_XOR: new = old ^ x; break;
	}
	return ((old & ~may) | (new & may)) & mask;
}

static uint64_t draw(void)
{
	static uint64_t state = 0x9e3779b97f4a7c15;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* One on the word at an odd place among others, which stay as they are.  WEFT-VRB-148 */
static void try_one(struct end *e, uint8_t aop, uint8_t width, bool masked)
{
	uint32_t at = 64 + (uint32_t)(draw() % (64 / width)) * width;
	struct weftdv_atomic_wr wr = request(aop, width, at);
	uint64_t old = 0, now = 0, expected;

	remember();
	wr.atomic.operand = draw();
	wr.atomic.operand_mask = draw();
	wr.atomic.compare_mask = draw();
	wr.atomic.masked = masked;
	memcpy((uint8_t *)target + at, &(uint64_t){ draw() }, width);
	memcpy(&old, (uint8_t *)target + at, width);
	wr.atomic.compare = draw() % 2 ? old : draw();
	expected = model(&wr.atomic, old);
	memcpy(before, target, SPAN);
	memcpy((uint8_t *)before + at, &expected, width);
	done(e, &wr);
	memcpy(&now, (uint8_t *)target + at, width);
	IS(now, expected);
	IS(result[0], old);
	MUST(!memcmp(before, target, SPAN));
}

static void case_every(void)
{
	struct end e, p;
	uint8_t aop, width;
	int i;

	make_pair(&e, &p, RIGHTS);
	for (aop = WEFTDV_FADD; aop <= WEFTDV_XOR; aop++)
		for (width = 1; width <= 8; width *= 2)
			for (i = 0; i < 16; i++)
				try_one(&e, aop, width, i % 2);
}

/* ibv_wr_start() and so on, with other requests between. */
static void case_extended(void)
{
	struct weftdv_atomic_wr wr = request(WEFTDV_UMAX, 2, 6);
	struct ibv_qp_ex *x;
	struct end e, p;
	struct ibv_wc wc;

	make_pair(&e, &p, RIGHTS);
	remember();
	x = ibv_qp_to_qp_ex(e.qp);
	wr.atomic.operand = 0xfffe;
	ibv_wr_start(x);
	x->wr_id = 1;
	x->wr_flags = IBV_SEND_SIGNALED;
	weftdv_wr_atomic(x, &wr.atomic);
	ibv_wr_set_sge(x, result_mr->lkey, (uintptr_t)result, 8);
	x->wr_id = 2;
	wr.atomic.aop = WEFTDV_CAS;
	wr.atomic.compare = 0xfffe;
	wr.atomic.operand = 0x1234;
	weftdv_wr_atomic(x, &wr.atomic);
	ibv_wr_set_sge(x, result_mr->lkey, (uintptr_t)&result[1], 8);
	IS(ibv_wr_complete(x), 0);
	wc = completion(&e);
	MUST(wc.wr_id == 1 && !wc.status && wc.opcode == IBV_WC_FETCH_ADD);
	wc = completion(&e);
	MUST(wc.wr_id == 2 && !wc.status && wc.opcode == IBV_WC_COMP_SWAP);
	MUST(result[0] == before[0] >> 48 && result[1] == 0xfffe);
	IS(target[0], (before[0] & 0xffffffffffff) | 0x1234ull << 48);
	remember();
	ibv_wr_start(x);
	wr.atomic.width = 3;
	weftdv_wr_atomic(x, &wr.atomic);
	ibv_wr_set_sge(x, result_mr->lkey, (uintptr_t)result, 8);
	IS(ibv_wr_complete(x), EINVAL);
	unchanged();
}

/* The first of a list is posted, the second is not; a full queue takes no more. */
static void case_lists(void)
{
	struct weftdv_atomic_wr wr[3], *bad;
	struct end e, p;
	int i;

	make_pair(&e, &p, RIGHTS);
	remember();
	for (i = 0; i < 3; i++) {
		wr[i] = request(WEFTDV_XOR, 8, 0);
		wr[i].next = i < 2 ? &wr[i + 1] : NULL;
	}
	wr[1].atomic.aop = 11;
	IS(weftdv_post_atomic(e.qp, wr, &bad), EINVAL);
	MUST(bad == &wr[1]);
	IS(completion(&e).status, IBV_WC_SUCCESS);
	wr[1].atomic.aop = WEFTDV_XOR;
	IS(weftdv_post_atomic(e.qp, wr, &bad), 0);
	for (i = 0; i < 3; i++)
		IS(completion(&e).status, IBV_WC_SUCCESS);
	for (i = 0; i < 2; i++)
		wr[i].next = &wr[i];		/* without end */
	IS(weftdv_post_atomic(e.qp, wr, &bad), ENOMEM);
	MUST(bad == wr);
}

#define ROUNDS	200

static volatile bool stop;

/* The owner's own processor, on the byte beside. */
static void *owner(void *count)
{
	while (!stop) {
		__atomic_fetch_add((uint8_t *)target + 1, 1, __ATOMIC_RELAXED);
		++*(uint64_t *)count;
		if (*(uint64_t *)count % 64 == 0)
			usleep(10);
	}
	return NULL;
}

/* Each is one step among the peers' and the owner's. */
static void case_counted(void)
{
	struct weftdv_atomic_wr wr = request(WEFTDV_FADD, 1, 0);
	struct end e[2], p[2];
	uint64_t count = 0;
	pthread_t thread;
	int i;

	for (i = 0; i < 2; i++)
		make_pair(&e[i], &p[i], RIGHTS);
	memset(target, 0, SPAN);
	wr.atomic.operand = 1;
	MUST(!pthread_create(&thread, NULL, owner, &count));
	for (i = 0; i < ROUNDS; i++) {
		wr.atomic.width = i % 2 ? 1 : 4;	/* one byte, and all four */
		wr.atomic.operand = i % 2 ? 1 : 1 << 16;
		IS(post(&e[0], &wr), 0);
		IS(post(&e[1], &wr), 0);
		IS(completion(&e[0]).status, IBV_WC_SUCCESS);
		IS(completion(&e[1]).status, IBV_WC_SUCCESS);
	}
	stop = true;
	pthread_join(thread, NULL);
	IS(target[0] & 0xff, ROUNDS & 0xff);
	IS(target[0] >> 8 & 0xff, count & 0xff);
	IS(target[0] >> 16 & 0xffff, ROUNDS);
	IS(target[0] >> 32, 0);
}

/* ---- What is not --------------------------------------------------------------------------- */

/* WEFT-VRB-146: at once, and the queue pair goes on. */
static void case_refused_at_once(void)
{
	struct weftdv_atomic_wr good, wr;
	struct end e, p, ud = make_end(IBV_QPT_UD), early = make_end(IBV_QPT_RC);
	static const uint8_t widths[] = { 0, 3, 16 }, aops[] = { 0, 11, 255 };
	uint32_t i;

	make_pair(&e, &p, RIGHTS);
	remember();
	for (i = 0; i < 3; i++) {
		wr = request(WEFTDV_SWAP, widths[i], 0);
		IS(post(&e, &wr), EINVAL);
		wr = request(aops[i], 8, 0);
		IS(post(&e, &wr), EINVAL);
		wr = request(WEFTDV_SWAP, (uint8_t)(2u << i), 1u << i);
		IS(post(&e, &wr), EINVAL);
	}
	good = wr = request(WEFTDV_SWAP, 8, 0);
	wr.atomic.masked = 2;
	IS(post(&e, &wr), EINVAL);
	wr = good;
	wr.send_flags = IBV_SEND_INLINE;
	IS(post(&e, &wr), EINVAL);
	wr = good;
	wr.num_sge = 0;
	IS(post(&e, &wr), EINVAL);
	wr.num_sge = 1;
	for (i = 0; i < 8; i++) {
		old_value.length = i;
		IS(post(&e, &wr), EINVAL);
	}
	old_value.length = 8;
	IS(post(&ud, &wr), EINVAL);
	IS(post(&early, &wr), EINVAL);
	unchanged();
	done(&e, &good);
}

/* The peer's rights: none to the region, none by the queue pair, no such key, beyond its end. */
static void remote(unsigned int access, uint32_t rkey, uint64_t at, unsigned int status)
{
	struct weftdv_atomic_wr wr = request(WEFTDV_OR, 4, 0);
	struct end e, p;

	make_pair(&e, &p, access);
	remember();
	wr.atomic.operand = 0xffff;
	wr.atomic.rkey = rkey;
	wr.atomic.remote_addr += at;
	IS(post(&e, &wr), 0);
	IS(completion(&e).status, status);
	unchanged();
	drop(&e);
	drop(&p);
}

static void case_no_remote_right(void)
{
	struct ibv_mr *mr = ibv_reg_mr(pd, target, SPAN, RIGHTS & ~IBV_ACCESS_REMOTE_ATOMIC);

	MUST(mr);
	remote(RIGHTS, mr->rkey, 0, IBV_WC_REM_ACCESS_ERR);
	remote(RIGHTS, target_mr->rkey + 1, 0, IBV_WC_REM_ACCESS_ERR);
	remote(RIGHTS, target_mr->rkey, SPAN, IBV_WC_REM_ACCESS_ERR);
	remote(RIGHTS & ~(unsigned int)IBV_ACCESS_REMOTE_ATOMIC, target_mr->rkey, 0,
	       IBV_WC_REM_INV_REQ_ERR);
}

static void local(uint32_t lkey, uint64_t addr)
{
	struct weftdv_atomic_wr wr = request(WEFTDV_AND, 1, 3);
	struct end e, p;

	make_pair(&e, &p, RIGHTS);
	remember();
	old_value.lkey = lkey;
	old_value.addr = addr;
	IS(post(&e, &wr), 0);
	IS(completion(&e).status, IBV_WC_LOC_PROT_ERR);
	unchanged();
	IS(post(&e, &wr), 0);
	IS(completion(&e).status, IBV_WC_WR_FLUSH_ERR);
	drop(&e);
	drop(&p);
}

static void case_no_local_right(void)
{
	struct ibv_mr *mr = ibv_reg_mr(pd, result, SPAN, 0);

	MUST(mr);
	local(mr->lkey, (uintptr_t)result);
	local(result_mr->lkey + 1, (uintptr_t)result);
	local(result_mr->lkey, (uintptr_t)result + SPAN - 4);
}

/* WEFT-VRB-146, WEFT-VRB-147: refused by weft.ko, and nothing changed. */
static void raw_refused(const struct weft_abi_send *w, struct ibv_sge sge, unsigned int status,
			unsigned int why)
{
	struct weft_abi_ring *r;
	struct end e, p;
	struct ibv_wc wc;

	make_pair(&e, &p, RIGHTS);
	r = queue_of(&e);
	remember();
	put_raw(&e, r, w, sge);
	wc = completion(&e);
	IS(wc.wr_id, 77);
	IS(wc.status, status);
	IS(wc.vendor_err, why);
	unchanged();
	drop(&e);
	drop(&p);
}

/* WEFT-VRB-146: what only weft.ko sees. */
static void case_refused_raw(void)
{
	struct ibv_sge sge = { (uintptr_t)result, 8, result_mr->lkey };
	static const uint8_t widths[] = { 0, 3, 16 }, aops[] = { 0, 11, 255 };
	struct weft_abi_send w;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		w = element(WEFT_ABI_AOP_SWAP, widths[i], 0);
		raw_refused(&w, sge, IBV_WC_LOC_QP_OP_ERR, WEFTDV_WHY_NO_ATOMIC);
		w = element(aops[i], 8, 0);
		raw_refused(&w, sge, IBV_WC_LOC_QP_OP_ERR, WEFTDV_WHY_NO_ATOMIC);
		w = element(WEFT_ABI_AOP_SWAP, (uint8_t)(2u << i), 1u << i);
		raw_refused(&w, sge, IBV_WC_LOC_QP_OP_ERR, WEFTDV_WHY_MISALIGNED);
	}
	w = element(WEFT_ABI_AOP_SWAP, 4, 0);
	w.any.flags = 2;
	raw_refused(&w, sge, IBV_WC_LOC_QP_OP_ERR, WEFTDV_WHY_NO_ATOMIC);
	w.any.flags = 0;
	w.flags = WEFT_ABI_SEND_INLINE;
	w.data.length = 8;
	raw_refused(&w, sge, IBV_WC_LOC_QP_OP_ERR, WEFTDV_WHY_NONE);
	w.flags = 0;
	w.data.num_sge = 0;
	raw_refused(&w, sge, IBV_WC_LOC_LEN_ERR, WEFTDV_WHY_NONE);
	w.data.num_sge = 1;
	sge.length = 4;
	raw_refused(&w, sge, IBV_WC_LOC_LEN_ERR, WEFTDV_WHY_NONE);
	w.data.num_sge = 0xffffffff;
	raw_refused(&w, sge, IBV_WC_LOC_QP_OP_ERR, WEFTDV_WHY_NONE);
}

/* ---- A peer that does not offer them ------------------------------------------------------- */

/* WEFT-VRB-147 */
static void not_offered(struct end *e, struct weftdv_atomic_wr wr)
{
	struct weftdv_atomic_wr x = wr;

	x.atomic.aop = WEFTDV_SWAP;
	IS(post(e, &x), EOPNOTSUPP);
	x = wr;
	x.atomic.width = 4;
	IS(post(e, &x), EOPNOTSUPP);
	x = wr;
	x.atomic.masked = 1;
	IS(post(e, &x), EOPNOTSUPP);
}

static void peer(const char *address, uint32_t qpn)
{
	struct ibv_sge sge = { (uintptr_t)result, 8, result_mr->lkey };
	struct weft_abi_send w = element(WEFT_ABI_AOP_SWAP, 8, 0);
	struct weftdv_atomic_wr wr = request(WEFTDV_FADD, 8, 0);
	union ibv_gid gid = { .raw = { [10] = 0xff, [11] = 0xff } };
	struct end e = make_end(IBV_QPT_RC);
	struct weftdv_atomics a;
	struct ibv_wc wc;

	MUST(inet_pton(AF_INET, address, gid.raw + 12) == 1);
	to_init(&e, RIGHTS);
	connect_to(&e, &gid, qpn);
	wr.atomic.operand = 5;
	done(&e, &wr);
	IS(result[0], 0);
	IS(weftdv_query_qp(e.qp, &a, sizeof(a)), 0);
	MUST(a.aops == (1u << WEFTDV_FADD | 1u << WEFTDV_CAS) && a.widths == 8 && !a.masked);
	not_offered(&e, wr);
	wr.atomic.aop = WEFTDV_CAS;
	wr.atomic.compare = 5;
	wr.atomic.operand = 4711;
	done(&e, &wr);
	IS(result[0], 5);
	put_raw(&e, queue_of(&e), &w, sge);
	wc = completion(&e);
	IS(wc.status, IBV_WC_LOC_QP_OP_ERR);
	IS(wc.vendor_err, WEFTDV_WHY_PEER);
	drop(&e);
}

/* ---- The program --------------------------------------------------------------------------- */

static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
	{ "query", case_query },
	{ "every", case_every },
	{ "extended", case_extended },
	{ "lists", case_lists },
	{ "counted", case_counted },
	{ "refused_at_once", case_refused_at_once },
	{ "refused_raw", case_refused_raw },
	{ "no_remote_right", case_no_remote_right },
	{ "no_local_right", case_no_local_right },
};
#define CASES (sizeof(cases) / sizeof(cases[0]))

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; argc == 2 && !strcmp(argv[1], "--list") && i < CASES; i++)
		puts(cases[i].name);
	if (argc == 2)
		return i != CASES;
	if (argc < 4)
		return 2;
	gid_index = atoi(argv[2]);
	open_device(argv[1]);
	if (argc == 8 && !strcmp(argv[3], "peer")) {
		there_key = (uint32_t)strtoul(argv[6], NULL, 0);
		there = strtoull(argv[7], NULL, 0);
		peer(argv[4], (uint32_t)strtoul(argv[5], NULL, 0));
		return 0;
	}
	for (i = 0; i < CASES; i++)
		if (!strcmp(cases[i].name, argv[3])) {
			cases[i].run();
			return 0;
		}
	return 2;
}
