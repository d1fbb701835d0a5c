// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What posting and polling cost a process, for one device, whichever library drives it: a queue
 * pair connected to itself sends small messages.
 *
 * Decides: what is measured.  recv, poll: nanoseconds of a posted buffer, of a polled completion,
 * nothing else going on.  send: of a message from posting to completion, the kernel's work
 * included, with at most DEPTH under way.  doorbells: system calls for posting, by 100 messages.
 * Where a guest's clock counts instructions (tools/vm/run --count), nanoseconds are those.
 *
 * usage: postpoll DEVICE GID-INDEX [MESSAGES]
 */
#include <dlfcn.h>
#include <infiniband/verbs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DEPTH	128
#define BYTES	16u

struct end {
	struct ibv_context *ctx;
	struct ibv_pd *pd;
	struct ibv_cq *send_cq, *recv_cq;
	struct ibv_qp *qp;
	struct ibv_mr *mr;
	uint8_t *mem;
};

static unsigned long calls;

/* Providers write to the device's file to ring the bell. */
ssize_t write(int fd, const void *buf, size_t n)
{
	static ssize_t (*real)(int, const void *, size_t);

	if (!real)
		real = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
	calls++;
	return real(fd, buf, n);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void must(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

static void open_device(struct end *e, const char *name)
{
	struct ibv_device **list = ibv_get_device_list(NULL), **d;

	for (d = list; d && *d; d++)
		if (!strcmp(ibv_get_device_name(*d), name))
			e->ctx = ibv_open_device(*d);
	must(e->ctx != NULL, name);
	e->mem = aligned_alloc(4096, 4096);
	must(e->mem != NULL, "memory");
	memset(e->mem, 0, 4096);
	e->pd = ibv_alloc_pd(e->ctx);
	e->send_cq = ibv_create_cq(e->ctx, 2 * DEPTH, NULL, NULL, 0);
	e->recv_cq = ibv_create_cq(e->ctx, 2 * DEPTH, NULL, NULL, 0);
	must(e->pd && e->send_cq && e->recv_cq, "objects");
	e->mr = ibv_reg_mr(e->pd, e->mem, 4096, IBV_ACCESS_LOCAL_WRITE);
	must(e->mr != NULL, "memory region");
}

static void connect_itself(struct end *e, int gid_index)
{
	struct ibv_qp_init_attr init = {
		.send_cq = e->send_cq, .recv_cq = e->recv_cq, .qp_type = IBV_QPT_RC,
		.sq_sig_all = 1,
		.cap = { .max_send_wr = DEPTH, .max_recv_wr = DEPTH, .max_send_sge = 1,
			 .max_recv_sge = 1 },
	};
	struct ibv_qp_attr a = { .qp_state = IBV_QPS_INIT, .port_num = 1 };
	union ibv_gid gid;

	e->qp = ibv_create_qp(e->pd, &init);
	must(e->qp && !ibv_query_gid(e->ctx, 1, gid_index, &gid), "queue pair");
	must(!ibv_modify_qp(e->qp, &a, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT |
			    IBV_QP_ACCESS_FLAGS), "INIT");
	a = (struct ibv_qp_attr){
		.qp_state = IBV_QPS_RTR, .path_mtu = IBV_MTU_1024, .dest_qp_num = e->qp->qp_num,
		.max_dest_rd_atomic = 1, .min_rnr_timer = 1,
		.ah_attr = { .is_global = 1, .port_num = 1,
			     .grh = { .dgid = gid, .sgid_index = (uint8_t)gid_index,
				      .hop_limit = 8 } },
	};
	must(!ibv_modify_qp(e->qp, &a, IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU |
			    IBV_QP_DEST_QPN | IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC |
			    IBV_QP_MIN_RNR_TIMER), "RTR");
	a = (struct ibv_qp_attr){ .qp_state = IBV_QPS_RTS, .timeout = 14, .retry_cnt = 7,
				  .rnr_retry = 7, .max_rd_atomic = 1 };
	must(!ibv_modify_qp(e->qp, &a, IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT |
			    IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC), "RTS");
}

static void post_recv(struct end *e)
{
	struct ibv_sge sge = { (uintptr_t)e->mem + 2048, BYTES, e->mr->lkey };
	struct ibv_recv_wr *bad, wr = { .sg_list = &sge, .num_sge = 1 };

	must(!ibv_post_recv(e->qp, &wr, &bad), "ibv_post_recv");
}

static void post_send(struct end *e)
{
	struct ibv_sge sge = { (uintptr_t)e->mem, BYTES, e->mr->lkey };
	struct ibv_send_wr *bad, wr = { .sg_list = &sge, .num_sge = 1, .opcode = IBV_WR_SEND };

	must(!ibv_post_send(e->qp, &wr, &bad), "ibv_post_send");
}

static unsigned int poll_some(struct ibv_cq *cq)
{
	struct ibv_wc wc[16];
	int n = ibv_poll_cq(cq, 16, wc), i;

	must(n >= 0, "ibv_poll_cq");
	for (i = 0; i < n; i++)
		must(wc[i].status == IBV_WC_SUCCESS, ibv_wc_status_str(wc[i].status));
	return (unsigned int)n;
}

/* A full queue of buffers, as many messages, and all completions at once. */
static void quiet(struct end *e, double *recv_ns, double *poll_ns)
{
	unsigned int i, n = 0;
	uint64_t begin;

	begin = now_ns();
	for (i = 0; i < DEPTH; i++)
		post_recv(e);
	*recv_ns += (double)(now_ns() - begin);
	for (i = 0; i < DEPTH; i++)
		post_send(e);
	while (n < DEPTH)		/* a sender's comes after the receiver's */
		n += poll_some(e->send_cq);
	begin = now_ns();
	for (n = 0; n < DEPTH;)
		n += poll_some(e->recv_cq);
	*poll_ns += (double)(now_ns() - begin);
}

static double stream(struct end *e, unsigned int messages)
{
	unsigned int posted = 0, sent = 0, received = 0;
	uint64_t begin;
	int i;

	for (i = 0; i < DEPTH; i++)
		post_recv(e);
	begin = now_ns();
	calls = 0;
	while (received < messages || sent < messages) {
		for (; posted < messages && posted - sent < DEPTH; posted++)
			post_send(e);
		sent += poll_some(e->send_cq);
		for (i = (int)poll_some(e->recv_cq); i; i--, received++)
			if (received + DEPTH < messages)
				post_recv(e);
	}
	return (double)(now_ns() - begin) / messages;
}

int main(int argc, char **argv)
{
	unsigned int messages = argc > 3 ? (unsigned int)atoi(argv[3]) : 2000, rounds = 4, i;
	double recv_ns = 0, poll_ns = 0, send_ns;
	struct end e = { 0 };

	if (argc < 3)
		return 2;
	open_device(&e, argv[1]);
	connect_itself(&e, atoi(argv[2]));
	quiet(&e, &recv_ns, &poll_ns);		/* pages are touched, the connection made */
	recv_ns = poll_ns = 0;
	for (i = 0; i < rounds; i++)
		quiet(&e, &recv_ns, &poll_ns);
	send_ns = stream(&e, messages);
	printf("recv %.0f poll %.0f send %.0f doorbells %.0f\n", recv_ns / (rounds * DEPTH),
	       poll_ns / (rounds * DEPTH), send_ns, (double)calls * 100 / messages);
	return 0;
}
