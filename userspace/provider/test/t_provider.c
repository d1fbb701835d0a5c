/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The provider without a kernel: the layout that kernel/uapi/weft-abi.h promises, work requests in
 * elements, rings, and that nobody sleeps while there is something to do.
 */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/test/cunit_main.h"
#include "userspace/provider/ring.h"
#include "userspace/provider/wqe.h"

#define AT(type, member, at) _Static_assert(offsetof(struct type, member) == (at), #member)
AT(weft_abi_ring, version, 8);
AT(weft_abi_ring, atomics, 12);
AT(weft_abi_ring, producer, 128);
AT(weft_abi_ring, consumer, 256);
AT(weft_abi_ring, wake, 260);
AT(weft_abi_ring, data, 384);
AT(weft_abi_send, opcode, 12);
AT(weft_abi_send, rdma.addr, 24);
AT(weft_abi_send, rdma.rkey, 32);
AT(weft_abi_send, atomic.rkey, 48);
AT(weft_abi_send, any.addr, 24);
AT(weft_abi_send, any.rkey, 48);
AT(weft_abi_send, any.aop, 52);
AT(weft_abi_send, any.compare_mask, 64);
AT(weft_abi_send, flush.rkey, 36);
AT(weft_abi_send, flush.level, 41);
AT(weft_abi_send, ud.ah, 36);
AT(weft_abi_send, mw.access, 52);
AT(weft_abi_send, data, 184);
AT(weft_abi_recv, data, 16);
AT(weft_abi_data, num_sge, 12);
_Static_assert(sizeof(struct weft_abi_send) == 208, "send");
_Static_assert(sizeof(struct weft_abi_recv) == 40, "recv");
_Static_assert(sizeof(struct weft_abi_wc) == 48, "wc");
_Static_assert(sizeof(struct weft_abi_context_resp) == 16, "context");
_Static_assert(sizeof(struct weft_abi_map) == 16 && sizeof(struct weft_abi_qp_resp) == 32, "map");

/* ---- Work requests --------------------------------------------------------------------- */

#define SGE	4u
#define INLINE	64u

static struct weft_abi_send *element(void)
{
	static _Alignas(64) unsigned char mem[sizeof(struct weft_abi_send) + INLINE + 64];

	memset(mem, 0xee, sizeof(mem));
	return (struct weft_abi_send *)mem;
}

static int fill(struct weft_abi_send *w, struct ibv_send_wr *wr, enum ibv_qp_type type)
{
	struct weft_limits lim = { .ops = weft_ops_of(type), .max_sge = SGE, .max_inline = INLINE };

	return weft_fill_send(w, wr, &lim, type == IBV_QPT_UD);
}

static void send__fields(void)
{
	struct ibv_sge sge[2] = { { 0x1000, 10, 7 }, { 0x2000, 20, 8 } };
	struct ibv_send_wr wr = {
		.wr_id = 0x1122334455667788, .sg_list = sge, .num_sge = 2,
		.opcode = IBV_WR_RDMA_WRITE_WITH_IMM, .imm_data = 0x01020304,
		.send_flags = IBV_SEND_SIGNALED | IBV_SEND_FENCE,
		.wr.rdma = { .remote_addr = 0xabcdef, .rkey = 99 },
	};
	struct weft_abi_send *w = element();

	CU_ASSERT_EQUAL(fill(w, &wr, IBV_QPT_RC), 0);
	CU_ASSERT_EQUAL(w->wr_id, wr.wr_id);
	CU_ASSERT_EQUAL(w->opcode, WEFT_ABI_OP_WRITE_IMM);
	CU_ASSERT_EQUAL(w->flags, WEFT_ABI_SEND_SIGNALED | WEFT_ABI_SEND_FENCE);
	CU_ASSERT_EQUAL(w->imm, wr.imm_data);
	CU_ASSERT_EQUAL(w->rdma.addr, 0xabcdef);
	CU_ASSERT_EQUAL(w->rdma.rkey, 99);
	CU_ASSERT_EQUAL(w->data.num_sge, 2);
	CU_ASSERT_EQUAL(memcmp(WEFT_ABI_SGE(w), sge, sizeof(sge)), 0);
}

static void send__atomic_and_window(void)
{
	struct ibv_mr mr = { .lkey = 5 };
	struct ibv_mw mw = { .rkey = 0x600 };
	struct ibv_send_wr wr = {
		.opcode = IBV_WR_ATOMIC_CMP_AND_SWP,
		.wr.atomic = { .remote_addr = 64, .compare_add = 1, .swap = 2, .rkey = 3 },
	};
	struct weft_abi_send *w = element();

	CU_ASSERT_EQUAL(fill(w, &wr, IBV_QPT_RC), 0);
	CU_ASSERT(w->atomic.addr == 64 && w->atomic.compare_add == 1 && w->atomic.swap == 2 &&
		  w->atomic.rkey == 3);
	wr = (struct ibv_send_wr){
		.opcode = IBV_WR_BIND_MW,
		.bind_mw = { .mw = &mw, .rkey = 0x601,
			     .bind_info = { &mr, 4096, 100, IBV_ACCESS_REMOTE_READ } },
	};
	w = element();
	CU_ASSERT_EQUAL(fill(w, &wr, IBV_QPT_RC), 0);
	CU_ASSERT(w->mw.addr == 4096 && w->mw.length == 100 && w->mw.mr_lkey == 5 &&
		  w->mw.mw_rkey == 0x600 && w->mw.rkey == 0x601 &&
		  w->mw.access == IBV_ACCESS_REMOTE_READ);
	wr.bind_mw.bind_info = (struct ibv_mw_bind_info){ 0 };
	CU_ASSERT_EQUAL(fill(w, &wr, IBV_QPT_RC), 0);
	CU_ASSERT(w->mw.mr_lkey == 0 && w->mw.length == 0);
}

#define ALL_ATOMICS (WEFT_ABI_ATOMICS_KNOWN | WEFT_ABI_ATOMICS_OPS | WEFT_ABI_ATOMICS_NARROW | \
		     WEFT_ABI_ATOMICS_MASKED)

static void atomic__fields(void)
{
	struct ibv_sge sge[2] = { { 0x1000, 4, 7 }, { 0x2000, 4, 8 } };
	struct weftdv_atomic_wr wr = {
		.wr_id = 5, .sg_list = sge, .num_sge = 2,
		.send_flags = IBV_SEND_SIGNALED | IBV_SEND_FENCE,
		.atomic = { .remote_addr = 0x1002, .operand = 1, .compare = 2, .operand_mask = 3,
			    .compare_mask = 4, .rkey = 9, .aop = WEFTDV_CAS, .width = 2,
			    .masked = 1 },
	};
	struct weft_abi_send *w = element();

	CU_ASSERT_EQUAL(weft_fill_atomic_wr(w, &wr, ALL_ATOMICS, SGE), 0);
	CU_ASSERT(w->wr_id == 5 && w->opcode == WEFT_ABI_OP_ATOMIC && w->imm == 0);
	CU_ASSERT_EQUAL(w->flags, WEFT_ABI_SEND_SIGNALED | WEFT_ABI_SEND_FENCE);
	CU_ASSERT(w->any.addr == 0x1002 && w->any.operand == 1 && w->any.compare == 2 &&
		  w->any.operand_mask == 3 && w->any.compare_mask == 4 && w->any.rkey == 9);
	CU_ASSERT(w->any.aop == WEFT_ABI_AOP_CAS && w->any.width == 2 &&
		  w->any.flags == WEFT_ABI_AFLAG_MASKED && w->any.reserved == 0);
	CU_ASSERT_EQUAL(w->data.num_sge, 2);
	CU_ASSERT_EQUAL(memcmp(WEFT_ABI_SGE(w), sge, sizeof(sge)), 0);
}

/* WEFT-VRB-146, WEFT-VRB-148 */
static void atomic__none_such(void)
{
	struct ibv_sge sge[SGE + 1] = { { 0x1000, 8, 7 } };
	const struct weftdv_atomic_wr good = {
		.sg_list = sge, .num_sge = 1,
		.atomic = { .remote_addr = 8, .aop = WEFTDV_SWAP, .width = 8 },
	};
	static const uint8_t widths[] = { 0, 3, 5, 7, 9, 16, 255 };
	struct weftdv_atomic_wr wr = good;
	struct weft_abi_send *w = element();
	size_t i;

	CU_ASSERT_EQUAL(weft_fill_atomic_wr(w, &wr, ALL_ATOMICS, SGE), 0);
	for (i = 0; i < sizeof(widths); i++) {
		wr.atomic.width = widths[i];
		CU_ASSERT_EQUAL(weft_fill_atomic_wr(w, &wr, ALL_ATOMICS, SGE), EINVAL);
	}
	for (i = 0; i < 8; i++) {
		wr = good;
		wr.atomic.width = (uint8_t)(1u << i % 4);
		wr.atomic.remote_addr = 8 + i;
		CU_ASSERT_EQUAL(weft_fill_atomic_wr(w, &wr, ALL_ATOMICS, SGE),
				i % wr.atomic.width ? EINVAL : 0);
	}
	wr = good;
	wr.atomic.aop = 0;
	CU_ASSERT_EQUAL(weft_fill_atomic_wr(w, &wr, ALL_ATOMICS, SGE), EINVAL);
	wr.atomic.aop = WEFTDV_XOR + 1;
	CU_ASSERT_EQUAL(weft_fill_atomic_wr(w, &wr, ALL_ATOMICS, SGE), EINVAL);
	wr = good;
	wr.atomic.masked = 2;
	CU_ASSERT_EQUAL(weft_fill_atomic_wr(w, &wr, ALL_ATOMICS, SGE), EINVAL);
	wr = good;
	wr.send_flags = IBV_SEND_INLINE;
	CU_ASSERT_EQUAL(weft_fill_atomic_wr(w, &wr, ALL_ATOMICS, SGE), EINVAL);
	wr = good;
	wr.num_sge = SGE + 1;
	CU_ASSERT_EQUAL(weft_fill_atomic_wr(w, &wr, ALL_ATOMICS, SGE), EINVAL);
	wr.num_sge = -1;
	CU_ASSERT_EQUAL(weft_fill_atomic_wr(w, &wr, ALL_ATOMICS, SGE), EINVAL);
	wr.num_sge = 0;
	CU_ASSERT_EQUAL(weft_fill_atomic_wr(w, &wr, ALL_ATOMICS, SGE), EINVAL);
	wr.num_sge = 1;
	sge[0].length = 7;
	CU_ASSERT_EQUAL(weft_fill_atomic_wr(w, &wr, ALL_ATOMICS, SGE), EINVAL);
}

/* WEFT-VRB-147: what the peer does not offer, if that is known; and not more than that. */
static void atomic__not_offered(void)
{
	static const struct {
		uint8_t aop, width, masked;
		uint32_t needs;
	} kinds[] = {
		{ WEFTDV_FADD, 8, 0, 0 }, { WEFTDV_CAS, 8, 0, 0 },
		{ WEFTDV_SWAP, 8, 0, WEFT_ABI_ATOMICS_OPS },
		{ WEFTDV_XOR, 8, 0, WEFT_ABI_ATOMICS_OPS },
		{ WEFTDV_FADD, 4, 0, WEFT_ABI_ATOMICS_NARROW },
		{ WEFTDV_CAS, 1, 0, WEFT_ABI_ATOMICS_NARROW },
		{ WEFTDV_FADD, 8, 1, WEFT_ABI_ATOMICS_MASKED },
		{ WEFTDV_MIN, 2, 1, ALL_ATOMICS & ~WEFT_ABI_ATOMICS_KNOWN },
	};
	struct weft_abi_send *w = element();
	uint32_t offered;
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct weftdv_atomic a = { .aop = kinds[i].aop, .width = kinds[i].width,
					   .masked = kinds[i].masked };

		for (offered = 0; offered <= ALL_ATOMICS; offered++) {
			bool refused = offered & WEFT_ABI_ATOMICS_KNOWN &&
				       (offered & kinds[i].needs) != kinds[i].needs;

			CU_ASSERT_EQUAL(weft_fill_atomic(w, &a, offered),
					refused ? EOPNOTSUPP : 0);
		}
	}
}

static void send__datagram(void)
{
	struct weft_ah ah = { .number = 0x1234 };
	struct ibv_send_wr wr = {
		.opcode = IBV_WR_SEND,
		.wr.ud = { .ah = &ah.ah, .remote_qpn = 17, .remote_qkey = 0x80000000 },
	};
	struct weft_abi_send *w = element();

	CU_ASSERT_EQUAL(fill(w, &wr, IBV_QPT_UD), 0);
	CU_ASSERT(w->ud.ah == 0x1234 && w->ud.qpn == 17 && w->ud.qkey == 0x80000000 &&
		  w->ud.pkey_index == 0);
}

static void send__inline(void)
{
	char text[INLINE + 1] = "0123456789abcdef";
	struct ibv_sge sge[6] = { { (uintptr_t)text, 10, 0 }, { (uintptr_t)text + 10, 6, 0 } };
	struct ibv_send_wr wr = { .opcode = IBV_WR_SEND, .sg_list = sge, .num_sge = 2,
				  .send_flags = IBV_SEND_INLINE };
	struct weft_abi_send *w = element();

	CU_ASSERT_EQUAL(fill(w, &wr, IBV_QPT_UC), 0);
	CU_ASSERT_EQUAL(w->data.length, 16);
	CU_ASSERT_EQUAL(memcmp(WEFT_ABI_BYTES(w), text, 16), 0);
	sge[0].length = INLINE;
	wr.num_sge = 1;
	CU_ASSERT_EQUAL(fill(w, &wr, IBV_QPT_RC), 0);
	sge[0].length = INLINE + 1;
	CU_ASSERT_EQUAL(fill(element(), &wr, IBV_QPT_RC), EINVAL);
	/* The sum must not wrap. */
	sge[0].length = 1;
	sge[1].length = UINT32_MAX;
	wr.num_sge = 2;
	CU_ASSERT_EQUAL(fill(element(), &wr, IBV_QPT_RC), EINVAL);
	CU_ASSERT_EQUAL(WEFT_ABI_BYTES(element())[INLINE], 0xee);
	/* Inline, the number of pieces is no matter. */
	for (int i = 0; i < 6; i++)
		sge[i] = (struct ibv_sge){ (uintptr_t)text, 2, 0 };
	wr.num_sge = 6;
	CU_ASSERT_EQUAL(fill(w, &wr, IBV_QPT_RC), 0);
	CU_ASSERT_EQUAL(w->data.length, 12);
}

static void send__refused(void)
{
	struct ibv_sge sge[SGE + 1] = { { 0 } };
	struct ibv_send_wr wr = { .opcode = IBV_WR_SEND, .sg_list = sge };
	static const int counts[] = { SGE + 1, -1, INT_MIN, INT_MAX };

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		wr.num_sge = counts[i];
		CU_ASSERT_EQUAL(fill(element(), &wr, IBV_QPT_RC), EINVAL);
	}
	wr.send_flags = IBV_SEND_INLINE;
	wr.num_sge = -1;
	CU_ASSERT_EQUAL(fill(element(), &wr, IBV_QPT_RC), EINVAL);
	wr = (struct ibv_send_wr){ .opcode = IBV_WR_RDMA_READ };
	CU_ASSERT_EQUAL(fill(element(), &wr, IBV_QPT_RC), 0);
	CU_ASSERT_EQUAL(fill(element(), &wr, IBV_QPT_UC), EINVAL);
	CU_ASSERT_EQUAL(fill(element(), &wr, IBV_QPT_UD), EINVAL);
	CU_ASSERT_EQUAL(fill(element(), &wr, IBV_QPT_RAW_PACKET), EINVAL);
	wr.opcode = IBV_WR_TSO;
	CU_ASSERT_EQUAL(fill(element(), &wr, IBV_QPT_RC), EINVAL);
	wr.opcode = (enum ibv_wr_opcode)32;
	CU_ASSERT_EQUAL(fill(element(), &wr, IBV_QPT_RC), EINVAL);
}

static void recv__fields(void)
{
	struct ibv_sge sge[2] = { { 0x1000, 10, 7 }, { 0x2000, 20, 8 } };
	struct ibv_recv_wr wr = { .wr_id = 77, .sg_list = sge, .num_sge = 2 };
	struct weft_abi_recv *w = (struct weft_abi_recv *)element();

	CU_ASSERT_EQUAL(weft_fill_recv(w, &wr, 2), 0);
	CU_ASSERT(w->wr_id == 77 && w->data.num_sge == 2);
	CU_ASSERT_EQUAL(memcmp(WEFT_ABI_SGE(w), sge, sizeof(sge)), 0);
	CU_ASSERT_EQUAL(weft_fill_recv(w, &wr, 1), EINVAL);
	wr.num_sge = -1;
	CU_ASSERT_EQUAL(weft_fill_recv(w, &wr, 2), EINVAL);
}

/* ---- Rings ------------------------------------------------------------------------------- */

#define ELEMS	8u
#define BYTES	(sizeof(struct weft_abi_ring) + ELEMS * 64)

static struct weft_abi_ring *kernel_s(void)
{
	static _Alignas(4096) unsigned char mem[BYTES];
	struct weft_abi_ring *buf = (struct weft_abi_ring *)mem;

	memset(mem, 0, sizeof(mem));
	buf->version = WEFT_ABI_VERSION;
	buf->log2_elem = 6;
	buf->index_mask = ELEMS - 1;
	return buf;
}

static void ring__what_is_none(void)
{
	struct weft_abi_ring *buf = kernel_s();
	struct weft_ring r = { 0 };

	CU_ASSERT(weft_ring_open(&r, buf, BYTES, 64));
	CU_ASSERT(!weft_ring_open(&r, buf, BYTES, 65));
	CU_ASSERT(!weft_ring_open(&r, buf, BYTES - 1, 64));
	CU_ASSERT(!weft_ring_open(&r, buf, 100, 64));
	buf->version++;
	CU_ASSERT(!weft_ring_open(&r, buf, BYTES, 64));
	buf = kernel_s();
	buf->index_mask = 5;
	CU_ASSERT(!weft_ring_open(&r, buf, BYTES, 64));
	buf->index_mask = UINT32_MAX;
	CU_ASSERT(!weft_ring_open(&r, buf, BYTES, 64));
	buf = kernel_s();
	buf->log2_elem = 64;
	CU_ASSERT(!weft_ring_open(&r, buf, BYTES, 64));
}

static void ring__full_and_empty(void)
{
	struct weft_abi_ring *buf = kernel_s();
	struct weft_ring r = { 0 };
	uint32_t at = 0, i, round;

	CU_ASSERT_FATAL(weft_ring_open(&r, buf, BYTES, 64));
	for (round = 0; round < 5; round++) {
		for (i = 0; i < ELEMS - 1; i++) {
			CU_ASSERT(weft_ring_has_room(&r, at));
			at = weft_ring_next(&r, at);
		}
		CU_ASSERT(!weft_ring_has_room(&r, at));
		weft_ring_put(&r, at);
		CU_ASSERT_EQUAL(buf->producer, at);
		buf->consumer = at;
	}
	buf->consumer = UINT32_MAX;	/* garbage is masked */
	CU_ASSERT(weft_ring_has_room(&r, at) || weft_ring_next(&r, at) == ELEMS - 1);
}

static void ring__of_completions(void)
{
	struct weft_abi_ring *buf = kernel_s();
	struct weft_ring r = { 0 };

	CU_ASSERT_FATAL(weft_ring_open(&r, buf, BYTES, sizeof(struct weft_abi_wc)));
	CU_ASSERT(!weft_ring_has(&r, 0));
	buf->producer = 2;
	CU_ASSERT(weft_ring_has(&r, 0) && weft_ring_has(&r, 1) && !weft_ring_has(&r, 2));
	weft_ring_took(&r, 2);
	CU_ASSERT_EQUAL(buf->consumer, 2);
	weft_ring_want(&r, WEFT_ABI_WAKE_SOLICITED);
	weft_ring_want(&r, WEFT_ABI_WAKE_ANY);
	CU_ASSERT_EQUAL(buf->wake, WEFT_ABI_WAKE_SOLICITED | WEFT_ABI_WAKE_ANY);
	CU_ASSERT(weft_ring_bell(&r));
}

/* Of the queue pairs 5 and 6, by turns of every pattern; the ring wraps. */
static void ring__drops_completions(void)
{
	struct weft_abi_ring *buf = kernel_s();
	struct weft_ring r = { 0 };
	struct weft_abi_wc *wc;
	uint32_t pattern, n, i, left, start = 0;

	CU_ASSERT_FATAL(weft_ring_open(&r, buf, BYTES, sizeof(*wc)));
	for (pattern = 0; pattern < 128; pattern++, start = (start + 3) & (ELEMS - 1)) {
		weft_ring_took(&r, start);
		for (n = 0; n < ELEMS - 1; n++) {
			wc = weft_ring_at(&r, (start + n) & (ELEMS - 1));
			wc->qp_num = 5 + (pattern >> n & 1);
			wc->wr_id = n;
		}
		buf->producer = (start + n) & (ELEMS - 1);
		weft_ring_drop(&r, 6);
		CU_ASSERT_EQUAL(buf->consumer, r.own);
		for (i = r.own, n = 0, left = 0; weft_ring_has(&r, i); i = weft_ring_next(&r, i)) {
			wc = weft_ring_at(&r, i);
			while (pattern >> n & 1)
				n++;
			CU_ASSERT(wc->qp_num == 5 && wc->wr_id == n++);
			left++;
		}
		CU_ASSERT_EQUAL(left, ELEMS - 1 - (uint32_t)__builtin_popcount(pattern));
	}
}

/* ---- Nobody sleeps over something -------------------------------------------------------- */

#define MANY 300000u

struct both {
	struct weft_abi_ring *buf;
	struct weft_ring r;
	sem_t bell;		/* doorbells, or events */
	uint32_t bad;		/* elements out of order, waits in vain */
};

static void wait_for(struct both *b)
{
	struct timespec limit;

	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += 60;
	if (sem_timedwait(&b->bell, &limit))
		b->bad++;
}

/* As kernel/ring.h and kernel/sq.c do it. */
static void *kernel_takes(void *arg)
{
	struct both *b = arg;
	uint32_t own = 0, n = 0, *at;

	while (n < MANY && !b->bad) {
		if (own == __atomic_load_n(&b->buf->producer, __ATOMIC_ACQUIRE)) {
			__atomic_store_n(&b->buf->wake, 1, __ATOMIC_RELAXED);
			__atomic_thread_fence(__ATOMIC_SEQ_CST);
			if (own == __atomic_load_n(&b->buf->producer, __ATOMIC_ACQUIRE)) {
				wait_for(b);
				continue;
			}
		}
		__atomic_store_n(&b->buf->wake, 0, __ATOMIC_RELAXED);
		at = (uint32_t *)(void *)(b->buf->data + own * 64);
		b->bad += *at != n++;
		own = (own + 1) & (ELEMS - 1);
		__atomic_store_n(&b->buf->consumer, own, __ATOMIC_RELEASE);
	}
	return NULL;
}

static void wake__doorbell(void)
{
	struct both b = { .buf = kernel_s() };
	uint32_t n = 0, bells = 0;
	pthread_t kernel;

	CU_ASSERT_FATAL(weft_ring_open(&b.r, b.buf, BYTES, 64));
	b.buf->wake = WEFT_ABI_WAKE_DOORBELL;
	sem_init(&b.bell, 0, 0);
	CU_ASSERT_FATAL(!pthread_create(&kernel, NULL, kernel_takes, &b));
	while (n < MANY && !__atomic_load_n(&b.bad, __ATOMIC_RELAXED)) {
		if (!weft_ring_has_room(&b.r, b.r.own)) {
			sched_yield();
			continue;
		}
		*(uint32_t *)weft_ring_at(&b.r, b.r.own) = n++;
		weft_ring_put(&b.r, weft_ring_next(&b.r, b.r.own));
		if (weft_ring_bell(&b.r)) {
			sem_post(&b.bell);
			bells++;
		}
	}
	pthread_join(kernel, NULL);
	CU_ASSERT_EQUAL(b.bad, 0);
	CU_ASSERT(bells >= 1);
	sem_destroy(&b.bell);
}

/* As kernel/cq.c does it. */
static void *kernel_puts(void *arg)
{
	struct both *b = arg;
	uint32_t own = 0, n = 0, next;

	while (n < MANY && !__atomic_load_n(&b->bad, __ATOMIC_RELAXED)) {
		next = (own + 1) & (ELEMS - 1);
		if (next == __atomic_load_n(&b->buf->consumer, __ATOMIC_ACQUIRE)) {
			sched_yield();
			continue;
		}
		*(uint32_t *)(void *)(b->buf->data + own * 64) = n++;
		own = next;
		__atomic_store_n(&b->buf->producer, own, __ATOMIC_RELEASE);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (__atomic_load_n(&b->buf->wake, __ATOMIC_RELAXED) &&
		    __atomic_exchange_n(&b->buf->wake, 0, __ATOMIC_SEQ_CST))
			sem_post(&b->bell);
	}
	return NULL;
}

static void wake__completions(void)
{
	struct both b = { .buf = kernel_s() };
	pthread_t kernel;
	uint32_t n = 0;

	CU_ASSERT_FATAL(weft_ring_open(&b.r, b.buf, BYTES, 64));
	sem_init(&b.bell, 0, 0);
	CU_ASSERT_FATAL(!pthread_create(&kernel, NULL, kernel_puts, &b));
	while (n < MANY && !b.bad) {
		if (!weft_ring_has(&b.r, b.r.own)) {
			weft_ring_want(&b.r, WEFT_ABI_WAKE_ANY);
			if (!weft_ring_has(&b.r, b.r.own))
				wait_for(&b);
			continue;
		}
		b.bad += *(uint32_t *)weft_ring_at(&b.r, b.r.own) != n++;
		weft_ring_took(&b.r, weft_ring_next(&b.r, b.r.own));
	}
	pthread_join(kernel, NULL);
	CU_ASSERT_EQUAL(b.bad, 0);
	sem_destroy(&b.bell);
}

WEFT_SUITE(t_provider) {
	{ "send__fields", send__fields },
	{ "send__atomic_and_window", send__atomic_and_window },
	{ "atomic__fields", atomic__fields },
	{ "atomic__none_such", atomic__none_such },
	{ "atomic__not_offered", atomic__not_offered },
	{ "send__datagram", send__datagram },
	{ "send__inline", send__inline },
	{ "send__refused", send__refused },
	{ "recv__fields", recv__fields },
	{ "ring__what_is_none", ring__what_is_none },
	{ "ring__full_and_empty", ring__full_and_empty },
	{ "ring__of_completions", ring__of_completions },
	{ "ring__drops_completions", ring__drops_completions },
	{ "wake__doorbell", wake__doorbell },
	{ "wake__completions", wake__completions },
};
