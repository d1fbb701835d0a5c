// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A hostile user of a device: writes garbage into the queues that it shares with the kernel, rings
 * doorbells, and sends malformed commands.
 *
 * Decides: what garbage, by a seed. What must hold: the kernel says nothing (the harness looks), no
 * process hangs, and after every few attackers a good user's transfer still works. Each attacker is
 * a process of its own, since it may crash itself.
 *
 * usage: fuzz_user DEVICE GID-INDEX ATTACKERS SEED
 */
#include <errno.h>
#include <infiniband/verbs.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rdma/ib_user_ioctl_verbs.h>
#include <rdma/rdma_user_ioctl_cmds.h>

#include "kernel/uapi/weft-abi.h"

#define SPAN		65536u	/* bytes of a user's memory */
#define DEPTH		32
#define MAPS_MAX	16
#define STEPS		150	/* of one attacker */
#define LIMIT_S		60	/* of one attacker, then it hangs */
#define GOOD_EVERY	5	/* attackers between two good users */

struct user {
	struct ibv_context *ctx;
	struct ibv_pd *pd;
	struct ibv_cq *cq;
	struct ibv_srq *srq;
	struct ibv_qp *qp[2];	/* connected to each other */
	struct ibv_mr *mr;
	uint8_t *span;
};

/* Memory that the kernel reads too. */
struct map {
	uint8_t *at;
	size_t bytes;
};

static uint64_t state;

static uint64_t draw(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static uint32_t below(uint32_t limit)
{
	return (uint32_t)(draw() % limit);
}

/* Small, huge, or anything: what index and length checks get wrong. */
static uint64_t nasty(void)
{
	static const uint64_t edges[] = { 0, 1, 2, 31, 32, 33, 63, 64, 255, 4095, 4096, 0x7fffffff,
					  0x80000000, 0xfffffffe, 0xffffffff, UINT64_MAX };

	return below(3) ? edges[below(sizeof(edges) / sizeof(edges[0]))] : draw();
}

static struct ibv_qp *make_qp(struct user *u, bool shared)
{
	struct ibv_qp_init_attr init = {
		.send_cq = u->cq, .recv_cq = u->cq, .srq = shared ? u->srq : NULL,
		.cap = { .max_send_wr = DEPTH, .max_recv_wr = DEPTH, .max_send_sge = 4,
			 .max_recv_sge = 4, .max_inline_data = 64 },
		.qp_type = IBV_QPT_RC, .sq_sig_all = 1,
	};

	return ibv_create_qp(u->pd, &init);
}

static int connect_qp(struct user *u, struct ibv_qp *qp, uint32_t to, int gid_index)
{
	union ibv_gid gid;
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_INIT, .port_num = 1,
		.qp_access_flags = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE |
				   IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC,
	};

	if (ibv_query_gid(u->ctx, 1, gid_index, &gid) ||
	    ibv_modify_qp(qp, &attr, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT |
			  IBV_QP_ACCESS_FLAGS))
		return -1;
	attr = (struct ibv_qp_attr){
		.qp_state = IBV_QPS_RTR, .path_mtu = IBV_MTU_1024, .dest_qp_num = to,
		.max_dest_rd_atomic = 2, .min_rnr_timer = 1,
		.ah_attr = { .is_global = 1, .port_num = 1,
			     .grh = { .dgid = gid, .sgid_index = (uint8_t)gid_index,
				      .hop_limit = 8 } },
	};
	if (ibv_modify_qp(qp, &attr, IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU |
			  IBV_QP_DEST_QPN | IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC |
			  IBV_QP_MIN_RNR_TIMER))
		return -1;
	attr = (struct ibv_qp_attr){ .qp_state = IBV_QPS_RTS, .timeout = 12, .retry_cnt = 3,
				     .rnr_retry = 3, .max_rd_atomic = 2 };
	return ibv_modify_qp(qp, &attr, IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT |
			     IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC);
}

static int make_user(struct user *u, const char *name, int gid_index)
{
	struct ibv_srq_init_attr shared = { .attr = { .max_wr = DEPTH, .max_sge = 2 } };
	struct ibv_device **list = ibv_get_device_list(NULL), **d;

	memset(u, 0, sizeof(*u));
	for (d = list; d && *d; d++)
		if (!strcmp(ibv_get_device_name(*d), name))
			u->ctx = ibv_open_device(*d);
	u->span = aligned_alloc(4096, SPAN);
	if (!u->ctx || !u->span)
		return -1;
	memset(u->span, 0, SPAN);
	u->pd = ibv_alloc_pd(u->ctx);
	u->cq = ibv_create_cq(u->ctx, 4 * DEPTH, NULL, NULL, 0);
	if (!u->pd || !u->cq)
		return -1;
	u->srq = ibv_create_srq(u->pd, &shared);
	u->mr = ibv_reg_mr(u->pd, u->span, SPAN, IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE |
			   IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC);
	u->qp[0] = make_qp(u, false);
	u->qp[1] = make_qp(u, u->srq && below(2));
	if (!u->mr || !u->qp[0] || !u->qp[1])
		return -1;
	return connect_qp(u, u->qp[0], u->qp[1]->qp_num, gid_index) ||
	       connect_qp(u, u->qp[1], u->qp[0]->qp_num, gid_index);
}

/* The queues: what this process has mapped from the device's file. */
static size_t find_maps(struct map *maps)
{
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned long from, to;
	char line[512], mode[8];
	size_t n = 0;

	while (f && fgets(line, sizeof(line), f) && n < MAPS_MAX) {
		if (!strstr(line, "infiniband/uverbs") ||
		    sscanf(line, "%lx-%lx %7s", &from, &to, mode) != 3 || mode[1] != 'w')
			continue;
		maps[n++] = (struct map){ (uint8_t *)from, to - from };
	}
	if (f)
		fclose(f);
	return n;
}

/* The head of a queue, where its indices are, is hit as often as the rest of it. */
static void scribble(const struct map *m)
{
	size_t limit = below(2) ? (m->bytes < 512 ? m->bytes : 512) : m->bytes;
	size_t at = (draw() % (limit / 8)) * 8, count = below(4) ? 1 : 1 + below(32), i;
	uint64_t value;

	for (i = 0; i < count && at + 8 * i + 8 <= m->bytes; i++) {
		value = nasty();
		memcpy(m->at + at + 8 * i, &value, below(2) ? 4 : 8);
	}
}

static int post(struct user *u, int q, enum ibv_wr_opcode opcode, uint32_t bytes)
{
	struct ibv_sge sge = { (uintptr_t)u->span, bytes, u->mr->lkey };
	struct ibv_send_wr *bad, wr = {
		.wr_id = bytes, .sg_list = &sge, .num_sge = 1, .opcode = opcode,
		.send_flags = IBV_SEND_SIGNALED,
	};

	if (opcode == IBV_WR_ATOMIC_FETCH_AND_ADD) {
		wr.wr.atomic.remote_addr = (uintptr_t)u->span + SPAN / 2;
		wr.wr.atomic.rkey = u->mr->rkey;
		wr.wr.atomic.compare_add = 1;
	} else {
		wr.wr.rdma.remote_addr = (uintptr_t)u->span + SPAN / 2;
		wr.wr.rdma.rkey = u->mr->rkey;
	}
	return ibv_post_send(u->qp[q], &wr, &bad);
}

/* Any command of the write interface, of any length. The numbers end well below 128. */
static void any_command(struct user *u)
{
	uint32_t words[64];
	size_t count = 2 + below(62), i;

	for (i = 0; i < count; i++)
		words[i] = (uint32_t)nasty();
	if (below(4)) {
		words[0] = below(60);
		words[1] = (uint32_t)count | below(64) << 16;
	}
	for (i = 2; i + 1 < count; i += 2)
		if (below(3) == 0) {
			words[i] = (uint32_t)(uintptr_t)u->span;
			words[i + 1] = (uint32_t)((uintptr_t)u->span >> 32);
		} else if (below(3) == 0) {
			words[i] = u->qp[0]->handle + below(4);
		}
	if (write(u->ctx->cmd_fd, words, 4 * count) < 0)
		errno = 0;
}

/* The doorbell alone: nothing was posted, whatever the ring now says. */
static void doorbell(struct user *u)
{
	struct {
		uint32_t command;
		uint16_t in_words, out_words;
		uint64_t response;
		uint32_t qp_handle, wr_count, sge_count, wqe_size;
		uint32_t answer[2];
	} cmd = { .command = 29, .in_words = 8, .out_words = 1 };

	cmd.response = (uintptr_t)cmd.answer;
	cmd.qp_handle = u->qp[below(2)]->handle;
	cmd.wqe_size = below(4) ? 0 : (uint32_t)nasty();
	cmd.wr_count = below(4) ? 0 : (uint32_t)nasty();
	cmd.sge_count = below(4) ? 0 : (uint32_t)nasty();
	if (write(u->ctx->cmd_fd, &cmd, 32) < 0)
		errno = 0;
}

/* An atomic by the vendor's path, mostly a good one, put where the next element of a queue goes, if
 * this is one of send queues and its head has not been scribbled on too much. */
static void any_atomic(struct user *u, const struct map *m)
{
	static const uint8_t widths[] = { 0, 1, 2, 3, 4, 8, 8, 16 };
	struct weft_abi_ring *r = (struct weft_abi_ring *)m->at;
	uint32_t at = __atomic_load_n(&r->producer, __ATOMIC_RELAXED) & r->index_mask;
	size_t off = sizeof(*r) + ((size_t)at << (r->log2_elem & 15));
	struct weft_abi_sge sge = { (uintptr_t)u->span + below(64), below(4) ? 8 : below(16),
				    u->mr->lkey };
	struct weft_abi_send w = {
		.wr_id = draw(), .opcode = WEFT_ABI_OP_ATOMIC,
		.flags = below(4) ? WEFT_ABI_SEND_SIGNALED : (uint32_t)nasty(),
		.any = { .addr = below(8) ? (uintptr_t)u->span + SPAN / 2 + below(64) : nasty(),
			 .operand = nasty(), .compare = nasty(), .operand_mask = nasty(),
			 .compare_mask = nasty(),
			 .rkey = below(8) ? u->mr->rkey : (uint32_t)nasty(),
			 .aop = (uint8_t)below(13), .width = widths[below(8)],
			 .flags = (uint8_t)(below(8) ? below(2) : nasty()) },
		.data.num_sge = below(8) ? 1 : (uint32_t)nasty(),
	};

	if (m->bytes < sizeof(w) + sizeof(sge) || off > m->bytes - sizeof(w) - sizeof(sge))
		return;
	memcpy(m->at + off, &w, sizeof(w));
	memcpy(m->at + off + sizeof(w), &sge, sizeof(sge));
	__atomic_store_n(&r->producer, (at + 1) & r->index_mask, __ATOMIC_RELEASE);
	doorbell(u);
}

static void any_ioctl(struct user *u)
{
	struct {
		struct ib_uverbs_ioctl_hdr hdr;
		struct ib_uverbs_attr attrs[6];
	} cmd;
	size_t count = below(7), i;

	memset(&cmd, 0, sizeof(cmd));
	cmd.hdr.length = (uint16_t)(below(8) ? sizeof(cmd.hdr) + count * sizeof(cmd.attrs[0])
					     : nasty());
	cmd.hdr.object_id = (uint16_t)(below(4) ? below(20) : nasty());
	cmd.hdr.method_id = (uint16_t)(below(4) ? below(12) : nasty());
	cmd.hdr.num_attrs = (uint16_t)count;
	for (i = 0; i < count; i++) {
		cmd.attrs[i].attr_id = (uint16_t)(below(4) ? below(16) : nasty());
		cmd.attrs[i].len = (uint16_t)(below(2) ? below(64) : nasty());
		cmd.attrs[i].flags = (uint16_t)below(2);
		cmd.attrs[i].data = below(2) ? (uintptr_t)u->span : nasty();
	}
	ioctl(u->ctx->cmd_fd, RDMA_VERBS_IOCTL, &cmd);
}

static void any_modify(struct user *u)
{
	struct ibv_qp_attr attr;
	uint8_t *bytes = (uint8_t *)&attr;
	size_t i;

	for (i = 0; i < sizeof(attr); i++)
		bytes[i] = (uint8_t)nasty();
	attr.qp_state = (enum ibv_qp_state)below(8);
	attr.port_num = (uint8_t)(below(3) ? 1 : nasty());
	ibv_modify_qp(u->qp[below(2)], &attr, below(2) ? IBV_QP_STATE : (int)below(1 << 21));
}

static void one_step(struct user *u, const struct map *maps, size_t n_maps)
{
	static const enum ibv_wr_opcode opcodes[] = { IBV_WR_RDMA_WRITE, IBV_WR_RDMA_READ,
						      IBV_WR_SEND, IBV_WR_ATOMIC_FETCH_AND_ADD };
	struct ibv_wc wc[8];
	uint32_t what = below(18);

	if (what < 7 && n_maps)
		scribble(&maps[below((uint32_t)n_maps)]);
	else if (what < 10)
		doorbell(u);
	else if (what < 12)
		post(u, (int)below(2), opcodes[below(4)], below(2) ? 8 : below(SPAN / 2));
	else if (what == 12)
		any_command(u);
	else if (what == 13)
		any_ioctl(u);
	else if (what == 14)
		ibv_poll_cq(u->cq, 8, wc);
	else if (what == 15 && below(8) == 0)
		any_modify(u);
	else if (what > 15 && n_maps)
		any_atomic(u, &maps[below((uint32_t)n_maps)]);
}

static int attack(const char *device, int gid_index)
{
	struct map maps[MAPS_MAX];
	struct user u;
	size_t n_maps;
	int i;

	if (make_user(&u, device, gid_index))
		return 2;
	n_maps = find_maps(maps);
	for (i = 0; i < STEPS; i++)
		one_step(&u, maps, n_maps);
	/* Half of them tidy up, half leave that to the kernel. */
	if (below(2)) {
		ibv_destroy_qp(u.qp[0]);
		ibv_destroy_qp(u.qp[1]);
		ibv_dereg_mr(u.mr);
		ibv_destroy_cq(u.cq);
	}
	return 0;
}

/* 20 writes arrive, each seen through its completion. */
static int good(const char *device, int gid_index)
{
	struct ibv_wc wc;
	struct user u;
	uint32_t i;

	if (make_user(&u, device, gid_index))
		return 2;
	for (i = 0; i < 20; i++) {
		memset(u.span, (int)i + 1, SPAN / 2);
		if (post(&u, 0, IBV_WR_RDMA_WRITE, SPAN / 2))
			return 3;
		while (!ibv_poll_cq(u.cq, 1, &wc))
			usleep(100);
		if (wc.status || memcmp(u.span, u.span + SPAN / 2, SPAN / 2))
			return 4;
	}
	return 0;
}

/*
 * Runs one of the two above in a process; its exit status, or 1000 + the signal it died of. One
 * that does not end within LIMIT_S dies of SIGALRM; or not even of that: it hangs in the kernel.
 */
static int in_process(int (*fn)(const char *, int), const char *device, int gid_index)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		alarm(LIMIT_S);
		_exit(fn(device, gid_index));
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	int attackers, i, status, gid_index, crashed = 0;
	uint64_t seed;

	if (argc != 5) {
		fprintf(stderr, "usage: fuzz_user DEVICE GID-INDEX ATTACKERS SEED\n");
		return 2;
	}
	gid_index = atoi(argv[2]);
	attackers = atoi(argv[3]);
	seed = strtoull(argv[4], NULL, 0);
	for (i = 0; i < attackers; i++) {
		state = (seed + (uint64_t)i) * 0x9e3779b97f4a7c15ull | 1;
		draw();
		status = in_process(attack, argv[1], gid_index);
		if (status == 1000 + SIGALRM || status == 2 || status < 0) {
			printf("attacker of seed %llu: %s\n",
			       (unsigned long long)seed + (unsigned)i,
			       status == 2 ? "found no device to attack" : "did not end");
			return 1;
		}
		crashed += status > 1000;
		if (i % GOOD_EVERY != GOOD_EVERY - 1 && i != attackers - 1)
			continue;
		status = in_process(good, argv[1], gid_index);
		if (status) {
			printf("after the attacker of seed %llu a good user fails: %d\n",
			       (unsigned long long)seed + (unsigned)i, status);
			return 1;
		}
	}
	printf("%d attackers, %d of which crashed themselves; good users were served\n",
	       attackers, crashed);
	return 0;
}
