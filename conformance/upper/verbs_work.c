/* SPDX-License-Identifier: 0BSD */
/*
 * Work requests and completions of the upper tester over libibverbs.
 */
#include "conformance/upper/verbs.h"

#include <arpa/inet.h>
#include <errno.h>

unsigned verbs_recv_post(void *dev, uint32_t id, uint64_t wid, uint8_t *p, uint32_t length,
			  uint32_t key)
{
	struct region *r = verbs_region(dev, key);
	struct end *e = verbs_end(dev, id);
	struct ibv_sge sge = { .addr = (uintptr_t)p, .length = length };
	struct ibv_recv_wr wr = { .wr_id = wid, .sg_list = &sge, .num_sge = 1 }, *bad;
	int err;

	if (!e || !r || !r->mr)
		return UPPER_NO_SUCH;
	sge.lkey = r->mr->lkey;
	err = wid & AUTO ? EINVAL : ibv_post_recv(e->qp, &wr, &bad);
	return err ? verbs_failure(err) : UPPER_OK;
}

unsigned verbs_post(void *dev, uint32_t id, const struct upper_wr *w, uint8_t *p)
{
	struct region *r = verbs_region(dev, w->local_key);
	struct end *e = verbs_end(dev, id);
	struct ibv_sge sge = { .addr = (uintptr_t)p, .length = w->length };
	struct ibv_send_wr wr = { .wr_id = w->wid, .sg_list = &sge, .num_sge = 1 }, *bad;
	int err;

	if (!e || !r || !r->mr)
		return UPPER_NO_SUCH;
	sge.lkey = r->mr->lkey;
	wr.send_flags = (w->flags & UPPER_QUIET ? 0u : IBV_SEND_SIGNALED) |
			(w->flags & UPPER_FENCE ? IBV_SEND_FENCE : 0u) |
			(w->flags & UPPER_SOLICITED ? IBV_SEND_SOLICITED : 0u);
	wr.imm_data = htonl(w->imm);
	wr.wr.rdma.remote_addr = w->address;
	wr.wr.rdma.rkey = w->key;
	switch ((enum upper_do)w->op) {
	case UPPER_DO_SEND:
		wr.opcode = w->flags & UPPER_IMM ? IBV_WR_SEND_WITH_IMM : IBV_WR_SEND;
		break;
	case UPPER_DO_WRITE:
		wr.opcode = w->flags & UPPER_IMM ? IBV_WR_RDMA_WRITE_WITH_IMM : IBV_WR_RDMA_WRITE;
		break;
	case UPPER_DO_READ:
		wr.opcode = IBV_WR_RDMA_READ;
		break;
	case UPPER_DO_FADD:
	case UPPER_DO_CAS:
		wr.opcode = w->op == UPPER_DO_FADD ? IBV_WR_ATOMIC_FETCH_AND_ADD :
			    IBV_WR_ATOMIC_CMP_AND_SWP;
		wr.wr.atomic.remote_addr = w->address;
		wr.wr.atomic.rkey = w->key;
		wr.wr.atomic.compare_add = w->op == UPPER_DO_FADD ? w->operand : w->compare;
		wr.wr.atomic.swap = w->operand;
		break;
	case UPPER_DO_RECV:
		return UPPER_BAD_VALUE;
	}
	err = ibv_post_send(e->qp, &wr, &bad);
	return err ? verbs_failure(err) : UPPER_OK;
}

static uint32_t completion(enum ibv_wc_status st)
{
	switch (st) {
	case IBV_WC_SUCCESS: return UPPER_WC_SUCCESS;
	case IBV_WC_LOC_LEN_ERR: return UPPER_WC_LOC_LEN;
	case IBV_WC_LOC_QP_OP_ERR: return UPPER_WC_LOC_QP_OP;
	case IBV_WC_LOC_PROT_ERR: return UPPER_WC_LOC_PROT;
	case IBV_WC_WR_FLUSH_ERR: return UPPER_WC_FLUSH;
	case IBV_WC_REM_INV_REQ_ERR: return UPPER_WC_REM_INV_REQ;
	case IBV_WC_REM_ACCESS_ERR: return UPPER_WC_REM_ACCESS;
	case IBV_WC_REM_OP_ERR: return UPPER_WC_REM_OP;
	case IBV_WC_RETRY_EXC_ERR: return UPPER_WC_RETRY_EXC;
	case IBV_WC_RNR_RETRY_EXC_ERR: return UPPER_WC_RNR_RETRY_EXC;
	default: return UPPER_WC_OTHER;
	}
}

static struct end *by_qpn(struct upper_verbs *d, uint32_t qpn)
{
	for (unsigned i = 0; i < EPS; i++)
		if (d->end[i].id && d->end[i].qp->qp_num == qpn)
			return &d->end[i];
	return NULL;
}

static uint32_t op_of(const struct ibv_wc *wc)
{
	switch (wc->opcode) {
	case IBV_WC_SEND: return UPPER_DO_SEND;
	case IBV_WC_RDMA_WRITE: return UPPER_DO_WRITE;
	case IBV_WC_RDMA_READ: return UPPER_DO_READ;
	case IBV_WC_COMP_SWAP: return UPPER_DO_CAS;
	case IBV_WC_FETCH_ADD: return UPPER_DO_FADD;
	default: return UPPER_DO_RECV;
	}
}

/* False: it was one of our own receive buffers, which is posted again. */
static int kept(struct upper_verbs *d, const struct ibv_wc *wc, struct upper_done *o)
{
	struct end *e = by_qpn(d, wc->qp_num);

	if (wc->wr_id & AUTO) {
		if (e && e->id == (wc->wr_id >> 32 & 0xffff) && wc->status == IBV_WC_SUCCESS)
			verbs_recv_again(e, wc->wr_id & 0xffffffff);
		return 0;
	}
	*o = (struct upper_done){ .wid = wc->wr_id, .id = e ? e->id : 0,
				  .status = completion(wc->status) };
	if (e && !e->failed)
		e->failed = o->status;
	if (wc->status != IBV_WC_SUCCESS)
		return 1;
	o->op = op_of(wc);
	o->length = o->op == UPPER_DO_RECV ? wc->byte_len : 0;
	o->flags = wc->wc_flags & IBV_WC_WITH_IMM ? UPPER_IMM : 0;
	o->imm = o->flags ? ntohl(wc->imm_data) : 0;
	return 1;
}

int verbs_poll(void *dev, struct upper_done *o)
{
	struct upper_verbs *d = dev;
	struct ibv_wc wc;

	while (ibv_poll_cq(d->cq, 1, &wc) == 1)
		if (kept(d, &wc, o))
			return 1;
	return 0;
}
