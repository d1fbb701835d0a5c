// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Queue pairs for vendor.c, and requests on them.  Leaves to vendor.c which, and what must come of
 * them.
 */
#include <errno.h>
#include <rdma/ib_user_verbs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/selftest/vendor.h"

#define WAIT_US	(20u * 1000000u)

struct ibv_context *ctx;
struct ibv_pd *pd;
struct ibv_mr *result_mr, *target_mr;
uint64_t result[SPAN / 8], target[SPAN / 8], before[SPAN / 8], there;
uint32_t there_key;
int gid_index;

void wrong(const char *what, const char *file, int line)
{
	printf("%s:%d: not so: %s (%s)\n", file, line, what, strerror(errno));
	exit(1);
}

void is(uint64_t got, uint64_t want, const char *what, const char *file, int line)
{
	if (got == want)
		return;
	printf("%s:%d: %s is %#llx, not %#llx\n", file, line, what,
	       (unsigned long long)got, (unsigned long long)want);
	exit(1);
}

/* ---- Queue pairs --------------------------------------------------------------------------- */

void open_device(const char *name)
{
	struct ibv_device **list = ibv_get_device_list(NULL), **d;

	for (d = list; d && *d; d++)
		if (!strcmp(ibv_get_device_name(*d), name))
			ctx = ibv_open_device(*d);
	MUST(ctx && weftdv_is_supported(ctx->device));
	pd = ibv_alloc_pd(ctx);
	MUST(pd);
	result_mr = ibv_reg_mr(pd, result, SPAN, IBV_ACCESS_LOCAL_WRITE);
	target_mr = ibv_reg_mr(pd, target, SPAN, RIGHTS);
	MUST(result_mr && target_mr);
	there = (uintptr_t)target;
	there_key = target_mr->rkey;
}

struct end make_end(enum ibv_qp_type type)
{
	struct end e = { .cq = ibv_create_cq(ctx, 4 * DEPTH, NULL, NULL, 0) };
	struct ibv_qp_init_attr_ex init = {
		.send_cq = e.cq, .recv_cq = e.cq, .qp_type = type, .sq_sig_all = 1, .pd = pd,
		.cap = { .max_send_wr = DEPTH, .max_recv_wr = 1, .max_send_sge = 2,
			 .max_recv_sge = 1 },
		.comp_mask = IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS,
		.send_ops_flags = IBV_QP_EX_WITH_SEND,
	};

	MUST(e.cq);
	e.qp = ibv_create_qp_ex(ctx, &init);
	MUST(e.qp);
	return e;
}

void to_init(struct end *e, unsigned int access)
{
	struct ibv_qp_attr a = { .qp_state = IBV_QPS_INIT, .port_num = 1,
				 .qp_access_flags = access };

	MUST(!ibv_modify_qp(e->qp, &a, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT |
			    IBV_QP_ACCESS_FLAGS));
}

void connect_to(struct end *e, const union ibv_gid *gid, uint32_t qpn)
{
	struct ibv_qp_attr a = {
		.qp_state = IBV_QPS_RTR, .path_mtu = IBV_MTU_1024, .dest_qp_num = qpn,
		.max_dest_rd_atomic = 8, .min_rnr_timer = 1,
		.ah_attr = { .is_global = 1, .port_num = 1,
			     .grh = { .dgid = *gid, .sgid_index = (uint8_t)gid_index,
				      .hop_limit = 8 } },
	};

	MUST(!ibv_modify_qp(e->qp, &a, IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU |
			    IBV_QP_DEST_QPN | IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC |
			    IBV_QP_MIN_RNR_TIMER));
	a = (struct ibv_qp_attr){ .qp_state = IBV_QPS_RTS, .timeout = 14, .retry_cnt = 7,
				  .rnr_retry = 7, .max_rd_atomic = 8 };
	MUST(!ibv_modify_qp(e->qp, &a, IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT |
			    IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC));
}

void make_pair(struct end *e, struct end *p, unsigned int access)
{
	union ibv_gid gid;

	*e = make_end(IBV_QPT_RC);
	*p = make_end(IBV_QPT_RC);
	to_init(e, RIGHTS);
	to_init(p, access);
	MUST(!ibv_query_gid(ctx, 1, gid_index, &gid));
	connect_to(p, &gid, e->qp->qp_num);
	connect_to(e, &gid, p->qp->qp_num);
}

void drop(struct end *e)
{
	MUST(!ibv_destroy_qp(e->qp) && !ibv_destroy_cq(e->cq));
}

struct ibv_wc completion(struct end *e)
{
	struct ibv_wc wc;
	unsigned int us;
	int n = 0;

	for (us = 0; !n && us < WAIT_US; us += 100) {
		n = ibv_poll_cq(e->cq, 1, &wc);
		if (!n)
			usleep(100);
	}
	IS(n, 1);
	return wc;
}

/* ---- Requests ------------------------------------------------------------------------------ */

struct ibv_sge old_value;

struct weftdv_atomic_wr request(uint8_t aop, uint8_t width, uint32_t at)
{
	old_value = (struct ibv_sge){ (uintptr_t)result, 8, result_mr->lkey };
	return (struct weftdv_atomic_wr){
		.wr_id = 0x5eed, .sg_list = &old_value, .num_sge = 1,
		.atomic = { .remote_addr = there + at, .rkey = there_key, .aop = aop,
			    .width = width },
	};
}

int post(struct end *e, struct weftdv_atomic_wr *wr)
{
	struct weftdv_atomic_wr *bad = NULL;
	int err = weftdv_post_atomic(e->qp, wr, &bad);

	if (err)
		MUST(bad == wr);
	return err;
}

void done(struct end *e, struct weftdv_atomic_wr *wr)
{
	struct ibv_wc wc;

	IS(post(e, wr), 0);
	wc = completion(e);
	IS(wc.status, IBV_WC_SUCCESS);
	IS(wc.wr_id, wr->wr_id);
	/* WEFT-VRB-149 */
	IS(wc.opcode, wr->atomic.aop == WEFTDV_CAS ? IBV_WC_COMP_SWAP : IBV_WC_FETCH_ADD);
}

/* What is in neither memory before, so that any change shows. */
void remember(void)
{
	uint32_t i;

	for (i = 0; i < SPAN / 8; i++) {
		target[i] = 0x0101010101010101u * (i + 3);
		result[i] = ~target[i];
	}
	memcpy(before, target, SPAN);
}

void unchanged(void)
{
	uint32_t i;

	MUST(!memcmp(before, target, SPAN));
	for (i = 0; i < SPAN / 8; i++)
		IS(result[i], ~before[i]);
}

/* ---- Behind the library's back ------------------------------------------------------------- */

/* Of what this process has mapped, what holds the request done last. */
struct weft_abi_ring *queue_of(struct end *e)
{
	struct weftdv_atomic_wr wr = request(WEFTDV_FADD, 8, 0);
	struct weft_abi_ring *r, *found = NULL;
	FILE *f = fopen("/proc/self/maps", "r");
	const struct weft_abi_send *w;
	unsigned long from, to;
	char line[512];

	wr.wr_id = (uintptr_t)&wr + e->qp->qp_num;
	done(e, &wr);
	while (f && fgets(line, sizeof(line), f)) {
		if (!strstr(line, "infiniband/uverbs") ||
		    sscanf(line, "%lx-%lx", &from, &to) != 2)
			continue;
		r = (struct weft_abi_ring *)from;
		w = (const void *)(r->data +
				   ((size_t)((r->producer - 1) & r->index_mask) << r->log2_elem));
		if (1u << r->log2_elem > sizeof(*w) && w->wr_id == wr.wr_id)
			found = r;
	}
	MUST(f && found);
	fclose(f);
	return found;
}

static void doorbell(struct end *e)
{
	struct {
		uint32_t command;
		uint16_t in_words, out_words;
		uint64_t response;
		uint32_t qp_handle, wr_count, sge_count, wqe_size;
		uint32_t answer[2];
	} cmd = { .command = IB_USER_VERBS_CMD_POST_SEND, .in_words = 8, .out_words = 1 };

	cmd.response = (uintptr_t)cmd.answer;
	cmd.qp_handle = e->qp->handle;
	cmd.wqe_size = sizeof(struct ib_uverbs_send_wr);
	IS(write(ctx->cmd_fd, &cmd, 32), 32);
}

void put_raw(struct end *e, struct weft_abi_ring *r, const struct weft_abi_send *w,
		    struct ibv_sge sge)
{
	uint8_t *at = r->data + ((size_t)r->producer << r->log2_elem);

	memcpy(at, w, sizeof(*w));
	memcpy(at + sizeof(*w), &sge, sizeof(sge));
	__atomic_store_n(&r->producer, (r->producer + 1) & r->index_mask, __ATOMIC_RELEASE);
	doorbell(e);
}

struct weft_abi_send element(uint8_t aop, uint8_t width, uint32_t at)
{
	return (struct weft_abi_send){
		.wr_id = 77, .opcode = WEFT_ABI_OP_ATOMIC, .data.num_sge = 1,
		.any = { .addr = there + at, .operand = 1, .rkey = there_key, .aop = aop,
			 .width = width },
	};
}
