// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Packets of one bundle that differ in how their bytes lie: one whose payload was copied, one of
 * the same length whose payload is page fragments, and one as long as the header of that.  A card
 * that neither gathers nor computes checksums has such a bundle taken apart by the kernel.
 *
 * Decides: what is posted, and that every byte arrives.  Both ends run it; they find each other by
 * a TCP connection.
 *
 * usage: bundle DEVICE GID-INDEX PORT [ADDRESS-OF-THE-SERVER]
 */
#include <arpa/inet.h>
#include <infiniband/verbs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COPIED	512u		/* payload up to it is copied (COPY_MAX of kernel/send.c) */
#define SHARED	520u		/* as long a packet, by its header of 8 bytes less: no immediate */
#define SPAN	8192u
#define ROUNDS	50
#define RIGHTS	(IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ)

struct end {			/* what the two tell each other */
	union ibv_gid gid;
	uint32_t qpn, rkey;
	uint64_t addr;
};

static struct ibv_context *ctx;
static struct ibv_cq *cq;
static struct ibv_qp *qp;
static struct ibv_mr *mr;
static uint8_t *mem;

static void must(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

static void open_device(const char *name)
{
	struct ibv_device **list = ibv_get_device_list(NULL), **d;
	struct ibv_qp_init_attr init = {
		.qp_type = IBV_QPT_RC, .sq_sig_all = 1,
		.cap = { .max_send_wr = 8, .max_recv_wr = ROUNDS, .max_send_sge = 1,
			 .max_recv_sge = 1 },
	};
	struct ibv_pd *pd;

	for (d = list; d && *d; d++)
		if (!strcmp(ibv_get_device_name(*d), name))
			ctx = ibv_open_device(*d);
	must(ctx != NULL, name);
	mem = aligned_alloc(4096, SPAN);
	must(mem != NULL, "memory");
	memset(mem, 0, SPAN);
	pd = ibv_alloc_pd(ctx);
	must(pd != NULL, "protection domain");
	mr = ibv_reg_mr(pd, mem, SPAN, RIGHTS);
	cq = ibv_create_cq(ctx, 2 * ROUNDS, NULL, NULL, 0);
	must(mr && cq, "objects");
	init.send_cq = cq;
	init.recv_cq = cq;
	qp = ibv_create_qp(pd, &init);
	must(qp != NULL, "queue pair");
}

static void connect_to(const struct end *peer, int gid_index)
{
	struct ibv_qp_attr a = { .qp_state = IBV_QPS_INIT, .port_num = 1,
				 .qp_access_flags = RIGHTS };
	struct ibv_recv_wr *bad, wr = { .num_sge = 0 };
	int i;

	must(!ibv_modify_qp(qp, &a, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT |
			    IBV_QP_ACCESS_FLAGS), "INIT");
	for (i = 0; i < ROUNDS; i++)
		must(!ibv_post_recv(qp, &wr, &bad), "ibv_post_recv");
	a = (struct ibv_qp_attr){
		.qp_state = IBV_QPS_RTR, .path_mtu = IBV_MTU_1024, .dest_qp_num = peer->qpn,
		.max_dest_rd_atomic = 4, .min_rnr_timer = 1,
		.ah_attr = { .is_global = 1, .port_num = 1,
			     .grh = { .dgid = peer->gid, .sgid_index = (uint8_t)gid_index,
				      .hop_limit = 8 } },
	};
	must(!ibv_modify_qp(qp, &a, IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU |
			    IBV_QP_DEST_QPN | IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC |
			    IBV_QP_MIN_RNR_TIMER), "RTR");
	a = (struct ibv_qp_attr){ .qp_state = IBV_QPS_RTS, .timeout = 14, .retry_cnt = 7,
				  .rnr_retry = 7, .max_rd_atomic = 4 };
	must(!ibv_modify_qp(qp, &a, IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT |
			    IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC), "RTS");
}

/* address NULL: the server. */
static int meet(const char *address, const char *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	must(fd >= 0, "socket");
	if (address) {
		must(inet_pton(AF_INET, address, &at.sin_addr) == 1, address);
		must(!connect(fd, (struct sockaddr *)&at, sizeof(at)), "connect");
		return fd;
	}
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	must(!bind(fd, (struct sockaddr *)&at, sizeof(at)) && !listen(fd, 1), "listen");
	fd = accept(fd, NULL, NULL);
	must(fd >= 0, "accept");
	return fd;
}

static void swap(int fd, const struct end *mine, struct end *peer)
{
	must(write(fd, mine, sizeof(*mine)) == sizeof(*mine), "write");
	must(recv(fd, peer, sizeof(*peer), MSG_WAITALL) == sizeof(*peer), "recv");
}

/* In one doorbell, so that they leave as one bundle. */
static void one_round(const struct end *peer, uint8_t value)
{
	uint64_t at = (uintptr_t)mem;
	struct ibv_sge sge[3] = {
		{ at, COPIED, mr->lkey }, { at + COPIED, SHARED, mr->lkey },
		{ at + SPAN / 2, 8, mr->lkey },
	};
	struct ibv_send_wr *bad, wr[3] = {
		{ .next = &wr[1], .opcode = IBV_WR_RDMA_WRITE_WITH_IMM },
		{ .next = &wr[2], .opcode = IBV_WR_RDMA_WRITE },
		{ .opcode = IBV_WR_RDMA_READ },
	};
	struct ibv_wc wc;
	int i, n;

	memset(mem, value, COPIED + SHARED);
	for (i = 0; i < 3; i++) {
		wr[i].sg_list = &sge[i];
		wr[i].num_sge = 1;
		wr[i].wr.rdma.rkey = peer->rkey;
	}
	wr[0].wr.rdma.remote_addr = peer->addr;
	wr[1].wr.rdma.remote_addr = peer->addr + COPIED;
	wr[2].wr.rdma.remote_addr = peer->addr + COPIED + SHARED - 8;
	must(!ibv_post_send(qp, wr, &bad), "ibv_post_send");
	for (i = 0; i < 3; i++) {
		do
			n = ibv_poll_cq(cq, 1, &wc);
		while (!n);
		if (n < 0 || wc.status != IBV_WC_SUCCESS) {
			printf("request %d: %s\n", i, ibv_wc_status_str(wc.status));
			exit(1);
		}
	}
	for (i = 0; i < 8; i++)
		must(mem[SPAN / 2 + (uint32_t)i] == value, "what was read is not what was written");
}

int main(int argc, char **argv)
{
	struct end mine = { 0 }, peer;
	uint32_t i;
	int fd;

	if (argc != 4 && argc != 5) {
		fprintf(stderr, "usage: bundle DEVICE GID-INDEX PORT [ADDRESS]\n");
		return 2;
	}
	open_device(argv[1]);
	must(!ibv_query_gid(ctx, 1, atoi(argv[2]), &mine.gid), "GID");
	mine.qpn = qp->qp_num;
	mine.rkey = mr->rkey;
	mine.addr = (uintptr_t)mem;
	fd = meet(argc == 5 ? argv[4] : NULL, argv[3]);
	swap(fd, &mine, &peer);
	connect_to(&peer, atoi(argv[2]));
	swap(fd, &mine, &peer);		/* both are ready */
	for (i = 1; argc == 5 && i <= ROUNDS; i++)
		one_round(&peer, (uint8_t)i);
	swap(fd, &mine, &peer);		/* the client has done */
	for (i = 0; argc == 4 && i < COPIED + SHARED; i++)
		must(mem[i] == ROUNDS, "what arrived is not what was written last");
	printf("%d rounds\n", ROUNDS);
	return 0;
}
