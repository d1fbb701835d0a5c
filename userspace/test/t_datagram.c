/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Datagrams by the library: delivered or not, once or not at all, with their source; what each
 * sender learns; and that no dropped one is answered.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/lib/lib.h"
#include "userspace/test/world.h"

#define BAD_NET	"loss=0.2&dup=0.2&reorder=0.2"
#define QKEY	0x5a5a1234u
#define BUFS	64
#define ROOM	2048

struct two {
	struct world w;
	struct weft_dgram_queue *a, *b;
	struct weft_dest *to_b;
	uint8_t bufs[BUFS][ROOM];
	uint8_t data[ROOM];
};

static struct two *setup(const char *query, const struct weft_port_opts *ao,
			 const struct weft_port_opts *bo)
{
	struct two *t = calloc(1, sizeof(*t));

	world_init(&t->w);
	world_open(&t->w, query, ao);
	world_open(&t->w, query, bo);
	CU_ASSERT_EQUAL_FATAL(weft_dgram_open(t->w.port[0], NULL, &t->a), 0);
	CU_ASSERT_EQUAL_FATAL(weft_dgram_open(t->w.port[1],
			      &(struct weft_dgram_opts){ .qkey = QKEY, .user = t }, &t->b), 0);
	CU_ASSERT_EQUAL_FATAL(weft_dest_open(t->w.port[0], weft_port_addr(t->w.port[1]), &t->to_b),
			      0);
	world_fill(t->data, ROOM, 3);
	return t;
}

static void teardown(struct two *t)
{
	world_fini(&t->w);
	free(t);
}

static void post_all(struct two *t, uint32_t n, uint32_t room)
{
	for (uint32_t i = 0; i < n; i++)
		CU_ASSERT_EQUAL_FATAL(weft_dgram_recv(t->b, t->bufs[i], room, i), 0);
}

static int send_to(struct two *t, uint32_t qpn, uint32_t qkey, uint32_t len, uint64_t id,
		   unsigned flags)
{
	struct weft_datagram d = { .buf = t->data, .len = len, .qpn = qpn, .qkey = qkey,
				   .imm = 77 };
	int err;

	while ((err = weft_dgram_send(t->a, t->to_b, &d, id, flags)) == -EAGAIN &&
	       weft_dgram_send_room(t->a))
		world_turn(&t->w);		/* HELLO, or tags */
	return err;
}

static struct weft_completion next(struct two *t, struct weft_dgram_queue *q)
{
	struct weft_completion c = { 0 };

	CU_ASSERT_FATAL(world_completion(&t->w, weft_dgram_cq(q), &c));
	CU_ASSERT_PTR_EQUAL(c.dgram, q);
	return c;
}

static bool nothing(struct two *t, struct weft_dgram_queue *q)
{
	struct weft_completion c;

	world_run(&t->w, WEFT_SECOND / 10);
	return weft_cq_poll(weft_dgram_cq(q), &c, 1) == 0;
}

/* ---- Both kinds -------------------------------------------------------------------- */

/* WEFT-DGM-006: and the receiver answers by what it was told. */
static void deliver(unsigned how)
{
	struct two *t = setup(NULL, NULL, NULL);
	struct weft_source src;
	struct weft_dest *back;
	struct weft_datagram d;
	struct weft_completion c;
	uint8_t buf[64];

	post_all(t, 2, ROOM);
	CU_ASSERT_EQUAL(send_to(t, weft_dgram_qpn(t->b), QKEY, 700, 5,
				how | WEFT_WITH_IMM | WEFT_ALERT), 0);
	c = next(t, t->b);
	CU_ASSERT(c.status == WEFT_ST_OK && c.id == 0 && c.len == 700 && c.imm == 77);
	CU_ASSERT_EQUAL(c.flags, WEFT_HAS_IMM | WEFT_SOLICITED);
	CU_ASSERT_EQUAL(c.op, how ? WEFT_OP_RECV_RD : WEFT_OP_RECV_UD);
	CU_ASSERT_PTR_EQUAL(c.user, t);
	CU_ASSERT_EQUAL(memcmp(t->bufs[0], t->data, 700), 0);
	CU_ASSERT_EQUAL(weft_dgram_source(t->b, &c, &src), 0);
	CU_ASSERT_EQUAL(src.qpn, weft_dgram_qpn(t->a));
	CU_ASSERT_EQUAL(src.chip_id, how ? weft_port_chip_id(t->w.port[0]) : 0);
	CU_ASSERT_STRING_EQUAL(src.addr, weft_port_addr(t->w.port[0]));
	CU_ASSERT_EQUAL(weft_dgram_source(t->a, &c, &src), -EINVAL);
	c = next(t, t->a);
	CU_ASSERT(c.status == WEFT_ST_OK && c.id == 5 &&
		  c.op == (how ? WEFT_OP_RD_SEND : WEFT_OP_UD_SEND));
	CU_ASSERT_EQUAL(weft_dgram_recv(t->a, buf, sizeof(buf), 9), 0);
	CU_ASSERT_EQUAL(weft_dest_open(t->w.port[1], src.addr, &back), 0);
	d = (struct weft_datagram){ .buf = "answer", .len = 7, .qpn = src.qpn };
	while (weft_dgram_send(t->b, back, &d, 1, how) == -EAGAIN)
		world_turn(&t->w);
	c = next(t, t->a);
	CU_ASSERT(c.id == 9 && c.len == 7 && !c.flags);
	CU_ASSERT_STRING_EQUAL((char *)buf, "answer");
	teardown(t);
}

static void send__delivered_with_its_source(void)
{
	deliver(0);
	deliver(WEFT_RELIABLE);
}

static void send__bad_arguments(void)
{
	struct two *t = setup(NULL, NULL, NULL);
	struct weft_datagram d = { .buf = t->data, .len = 8, .qpn = 1 };
	struct weft_dest *other;
	struct weft_dgram_queue *q;

	CU_ASSERT_EQUAL(weft_dgram_send(t->a, t->to_b, &d, 0, 64), -EINVAL);
	d.qpn = 0;
	CU_ASSERT_EQUAL(weft_dgram_send(t->a, t->to_b, &d, 0, 0), -EINVAL);
	d.qpn = 1u << 24;
	CU_ASSERT_EQUAL(weft_dgram_send(t->a, t->to_b, &d, 0, WEFT_RELIABLE), -EINVAL);
	d = (struct weft_datagram){ .len = 8, .qpn = 1 };
	CU_ASSERT_EQUAL(weft_dgram_send(t->a, t->to_b, &d, 0, 0), -EINVAL);
	CU_ASSERT_EQUAL(weft_dest_open(t->w.port[1], weft_port_addr(t->w.port[0]), &other), 0);
	d.buf = t->data;
	CU_ASSERT_EQUAL(weft_dgram_send(t->a, other, &d, 0, 0), -EINVAL);
	d.len = 70000;
	CU_ASSERT_EQUAL(weft_dgram_send(t->a, t->to_b, &d, 0, WEFT_RELIABLE), -EINVAL);
	CU_ASSERT_EQUAL(weft_dest_open(t->w.port[0], "nonsense", &other), -EINVAL);
	CU_ASSERT_EQUAL(weft_dest_open(t->w.port[0], "chip:0011223344556677", &other), -ENOENT);
	CU_ASSERT_EQUAL(weft_dgram_open(t->w.port[0],
					&(struct weft_dgram_opts){ .recv_depth = 3 }, &q), -EINVAL);
	CU_ASSERT_EQUAL(weft_dgram_open(t->w.port[0],
					&(struct weft_dgram_opts){ .send_depth = 5000 }, &q),
			-EINVAL);
	CU_ASSERT_EQUAL(weft_dgram_recv(t->a, NULL, 8, 0), -EINVAL);
	for (int i = 0; i < BUFS; i++)
		CU_ASSERT_EQUAL(weft_dgram_recv(t->a, t->bufs[i], 8, 0), 0);
	CU_ASSERT_EQUAL(weft_dgram_recv(t->a, t->bufs[0], 8, 0), -EAGAIN);
	CU_ASSERT_EQUAL(weft_dgram_recv_room(t->a), 0);
	CU_ASSERT_EQUAL(weft_dgram_resume(t->a), -EALREADY);
	CU_ASSERT_EQUAL(weft_cq_destroy(weft_dgram_cq(t->a)), -EBUSY);
	teardown(t);
}

static void open__as_many_as_there_are(void)
{
	struct two *t = setup(NULL, NULL, NULL);
	struct weft_dgram_queue *q[257];
	int n = 0;

	while (n < 257 && !weft_dgram_open(t->w.port[0], NULL, &q[n]))
		n++;
	CU_ASSERT_EQUAL(n, 255);
	CU_ASSERT_EQUAL(weft_dgram_open(t->w.port[0], NULL, &q[n]), -ENOSPC);
	CU_ASSERT_EQUAL(weft_dgram_open(t->w.port[0],
			&(struct weft_dgram_opts){ .qpn = weft_dgram_qpn(q[7]) }, &q[n]), -EEXIST);
	CU_ASSERT_EQUAL(weft_dgram_open(t->w.port[0],
			&(struct weft_dgram_opts){ .qpn = 1u << 24 }, &q[n]), -EINVAL);
	while (n--)
		weft_dgram_close(q[n]);
	CU_ASSERT_EQUAL(weft_dgram_open(t->w.port[0], &(struct weft_dgram_opts){ .qpn = 0x700 },
					&q[0]), 0);
	CU_ASSERT_EQUAL(weft_dgram_qpn(q[0]), 0x700);
	teardown(t);
}

/* ---- Unreliable -------------------------------------------------------------------- */

/* WEFT-DGM-004, WEFT-DGM-005: dropped for the right cause, and nobody is answered. */
static void ud__dropped_without_an_answer(void)
{
	struct two *t = setup(NULL, NULL, &(struct weft_port_opts){ .domain = 4 });
	static const char *const causes[] = { "drop_NO_STREAM", "drop_DOMAIN", "drop_BAD_QKEY",
					      "drop_NO_ROOM", "drop_OVERSIZE" };
	struct weft_dgram_queue *q;
	uint64_t sent;

	CU_ASSERT_EQUAL(weft_dgram_open(t->w.port[1],
			&(struct weft_dgram_opts){ .qkey = QKEY, .domain_given = 1 }, &q), 0);
	world_run(&t->w, WEFT_SECOND);
	sent = weft_counter(t->w.port[1], "io_tx_frames");
	send_to(t, weft_dgram_qpn(t->b) ^ 1 << 20, QKEY, 8, 0, WEFT_QUIET);
	send_to(t, weft_dgram_qpn(t->b), QKEY, 8, 0, WEFT_QUIET);	/* domain 0 to 4 */
	send_to(t, weft_dgram_qpn(q), QKEY + 1, 8, 0, WEFT_QUIET);
	send_to(t, weft_dgram_qpn(q), QKEY, 8, 0, WEFT_QUIET);
	world_run(&t->w, WEFT_SECOND);
	CU_ASSERT_EQUAL(weft_dgram_recv(q, t->bufs[0], 7, 0), 0);
	send_to(t, weft_dgram_qpn(q), QKEY, 8, 0, WEFT_QUIET);
	world_run(&t->w, WEFT_SECOND);
	for (size_t i = 0; i < 5; i++)
		CU_ASSERT_EQUAL(weft_counter(t->w.port[1], causes[i]), 1);
	CU_ASSERT_EQUAL(weft_counter(t->w.port[1], "io_tx_frames"), sent);
	CU_ASSERT(nothing(t, q));
	CU_ASSERT(nothing(t, t->a));
	send_to(t, weft_dgram_qpn(q), QKEY, 7, 0, WEFT_QUIET);	/* the buffer is still there */
	CU_ASSERT_EQUAL(next(t, q).len, 7);
	CU_ASSERT_EQUAL(weft_counter(t->w.port[1], "io_tx_frames"), sent);
	teardown(t);
}

/* WEFT-DGM-007 */
static void ud__queue_in_error_until_resumed(void)
{
	struct two *t = setup("mtu=1500", NULL, NULL);
	uint32_t most = weft_port_payload(t->w.port[0], weft_port_addr(t->w.port[1]));

	post_all(t, 8, ROOM);
	CU_ASSERT_EQUAL(send_to(t, weft_dgram_qpn(t->b), QKEY, 1400, 1, 0), 0);
	CU_ASSERT_EQUAL(next(t, t->a).status, WEFT_ST_OK);
	CU_ASSERT_EQUAL(send_to(t, weft_dgram_qpn(t->b), QKEY, most + 200, 2, WEFT_QUIET), 0);
	CU_ASSERT_EQUAL(send_to(t, weft_dgram_qpn(t->b), QKEY, 8, 3, 0), 0);
	CU_ASSERT_EQUAL(send_to(t, weft_dgram_qpn(t->b), QKEY, 8, 4, WEFT_RELIABLE), 0);
	CU_ASSERT_EQUAL(next(t, t->a).status, WEFT_ST_LOCAL_LENGTH);
	CU_ASSERT_EQUAL(next(t, t->a).status, WEFT_ST_FLUSHED);
	CU_ASSERT_EQUAL(next(t, t->a).status, WEFT_ST_OK);	/* reliable ones go on */
	CU_ASSERT_EQUAL(next(t, t->b).len, 1400);
	CU_ASSERT_EQUAL(next(t, t->b).op, WEFT_OP_RECV_RD);
	CU_ASSERT(nothing(t, t->b));
	CU_ASSERT_EQUAL(weft_dgram_resume(t->a), 0);
	CU_ASSERT_EQUAL(send_to(t, weft_dgram_qpn(t->b), QKEY, 9, 5, 0), 0);
	CU_ASSERT_EQUAL(next(t, t->a).status, WEFT_ST_OK);
	CU_ASSERT_EQUAL(next(t, t->b).len, 9);
	teardown(t);
}

/* What the network loses is lost, what it doubles comes twice: nobody promised otherwise. */
static void ud__what_the_network_makes_of_it(void)
{
	struct two *t = setup("loss=0.3", NULL, NULL);
	struct weft_completion c;
	uint32_t got = 0;

	post_all(t, BUFS, ROOM);
	for (uint32_t i = 0; i < BUFS; i++) {
		CU_ASSERT_EQUAL(send_to(t, weft_dgram_qpn(t->b), QKEY, 8 + i, i, 0), 0);
		CU_ASSERT_EQUAL(next(t, t->a).status, WEFT_ST_OK);
	}
	world_run(&t->w, WEFT_SECOND);
	while (weft_cq_poll(weft_dgram_cq(t->b), &c, 1) == 1) {
		CU_ASSERT_EQUAL(c.id, got++);
		CU_ASSERT_EQUAL(memcmp(t->bufs[c.id], t->data, c.len), 0);
	}
	CU_ASSERT(got > 20 && got < BUFS);
	teardown(t);
}

/* The same datagram by hand, with GIDs; returns its bytes. */
static size_t with_gids(struct two *t, uint8_t *pkt)
{
	struct weft_hdr_gids gids = { .src = { 0xff, 1 }, .dst = { 0xff, 2 } };
	struct weft_dgram d = { .dst_qpn = weft_dgram_qpn(t->b), .src_qpn = 0x99, .qkey = QKEY,
				.domain = t->b->domain, .len = 8, .gids = &gids };
	size_t len = weft_dgram_build(pkt, &d);
	struct weft_hdr_crc crc;

	memcpy(pkt + len, t->data, 8);
	crc.crc = weft_crc_header(pkt, len + 8);
	weft_hdr_crc_pack(pkt + len + 8, &crc);
	return len + 8 + WEFT_HDR_CRC_LEN;
}

/* WEFT-VRB-144: a chip without verbs takes a datagram as if it had no GIDs. */
static void gids__are_not_there(void)
{
	struct two *t = setup(NULL, NULL, NULL);
	uint8_t pkt[WEFT_DGRAM_HDR_MAX + 8 + WEFT_HDR_CRC_LEN];
	struct wio_tx tx = { .iov = { { pkt, with_gids(t, pkt) } }, .n_iov = 1,
			     .dst = wio_local(t->w.port[1]->io) };
	char url[64], err[256];
	struct weft_completion c;

	snprintf(url, sizeof(url), "mem:%s", t->w.hub);
	CU_ASSERT_EQUAL_FATAL(wio_open(url, NULL, &t->w.tap, err, sizeof(err)), 0);
	post_all(t, 1, ROOM);
	CU_ASSERT_EQUAL(wio_send(t->w.tap, &tx, 1), 1);
	c = next(t, t->b);
	CU_ASSERT(c.status == WEFT_ST_OK && c.len == 8 && c.op == WEFT_OP_RECV_UD);
	CU_ASSERT_EQUAL(memcmp(t->bufs[0], t->data, 8), 0);
	teardown(t);
}

/* A source is forgotten when as many as recv_depth have come after it. */
static void source__forgotten(void)
{
	struct two *t = setup(NULL, NULL, NULL);
	struct weft_dgram_queue *q;
	struct weft_completion first, c;
	struct weft_source src;

	CU_ASSERT_EQUAL(weft_dgram_open(t->w.port[1], &(struct weft_dgram_opts){ .recv_depth = 2 },
					&q), 0);
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(weft_dgram_recv(q, t->bufs[0], 8, 0), 0);
		CU_ASSERT_EQUAL(send_to(t, weft_dgram_qpn(q), 0, 8, 0, WEFT_QUIET), 0);
		c = next(t, q);
		if (!i)
			first = c;
		CU_ASSERT_EQUAL(weft_dgram_source(q, &first, &src), i < 2 ? 0 : -ESTALE);
	}
	teardown(t);
}

/* ---- Reliable ---------------------------------------------------------------------- */

struct flow {
	struct two *t;
	uint32_t sent, told, got, total;
	uint8_t *seen;
	uint8_t (*data)[1024];		/* of each datagram: they complete in any order */
	bool wrong;
};

static void take(struct flow *x)
{
	struct weft_completion c[16];
	int n = weft_cq_poll(weft_dgram_cq(x->t->b), c, 16);

	for (int i = 0; i < n; i++) {
		uint32_t what;

		memcpy(&what, x->t->bufs[c[i].id], 4);
		if (what >= x->total || x->seen[what]++ || c[i].len != 4 + what % 1000 ||
		    c[i].status)
			x->wrong = true;
		x->got++;
		weft_dgram_recv(x->t->b, x->t->bufs[c[i].id], ROOM, c[i].id);
	}
	n = weft_cq_poll(weft_dgram_cq(x->t->a), c, 16);
	for (int i = 0; i < n; i++) {
		x->wrong |= c[i].status != WEFT_ST_OK || !x->seen[c[i].id];
		x->told++;
	}
}

static bool flowed(void *arg)
{
	struct flow *x = arg;
	struct weft_datagram d = { .qpn = weft_dgram_qpn(x->t->b), .qkey = QKEY };

	while (x->sent < x->total) {
		memcpy(x->data[x->sent], &x->sent, 4);
		d.buf = x->data[x->sent];
		d.len = 4 + x->sent % 1000;
		if (weft_dgram_send(x->t->a, x->t->to_b, &d, x->sent, WEFT_RELIABLE))
			break;
		x->sent++;
	}
	take(x);
	return x->wrong || x->told == x->total;
}

/* WEFT-DGM-022: each once; its sender learns it only then.  Buffers run out all the time. */
static void rd__once_over_a_bad_network(void)
{
	struct flow x = { .total = 5000 };

	x.t = setup(BAD_NET, NULL, NULL);
	x.seen = calloc(1, x.total);
	x.data = calloc(x.total, sizeof(*x.data));
	post_all(x.t, 3, ROOM);
	CU_ASSERT(world_until(&x.t->w, 100000 * WEFT_SECOND, flowed, &x));
	CU_ASSERT_FALSE(x.wrong);
	CU_ASSERT_EQUAL(x.got, x.total);
	CU_ASSERT(weft_counter(x.t->w.port[1], "tx_rnr") > 0);
	if (x.wrong)
		world_report(&x.t->w);
	teardown(x.t);
	free(x.seen);
	free(x.data);
}

/* WEFT-DGM-023, WEFT-DGM-024, WEFT-DGM-025, WEFT-DGM-026 */
static void rd__refused(void)
{
	struct two *t = setup(NULL, &(struct weft_port_opts){ .rd_rnr_retry = 3 }, NULL);
	struct weft_completion c;

	CU_ASSERT_EQUAL(send_to(t, weft_dgram_qpn(t->b), QKEY, 8, 1, WEFT_RELIABLE), 0);
	CU_ASSERT_EQUAL(next(t, t->a).status, WEFT_ST_RNR_RETRY_EXCEEDED);
	CU_ASSERT_EQUAL(weft_counter(t->w.port[1], "tx_rnr"), 4);
	post_all(t, 1, 100);
	CU_ASSERT_EQUAL(send_to(t, weft_dgram_qpn(t->b) ^ 1 << 20, QKEY, 8, 2, WEFT_RELIABLE), 0);
	CU_ASSERT_EQUAL(next(t, t->a).status, WEFT_ST_NO_STREAM);
	CU_ASSERT_EQUAL(send_to(t, weft_dgram_qpn(t->b), 1, 8, 3, WEFT_RELIABLE), 0);
	CU_ASSERT_EQUAL(next(t, t->a).status, WEFT_ST_BAD_QKEY);
	CU_ASSERT_EQUAL(send_to(t, weft_dgram_qpn(t->b), QKEY, 101, 4, WEFT_RELIABLE), 0);
	CU_ASSERT_EQUAL(next(t, t->a).status, WEFT_ST_TOO_LONG);
	CU_ASSERT(nothing(t, t->b));
	CU_ASSERT_EQUAL(send_to(t, weft_dgram_qpn(t->b), QKEY, 100, 5, WEFT_RELIABLE), 0);
	c = next(t, t->a);
	CU_ASSERT(c.status == WEFT_ST_OK && c.id == 5);
	CU_ASSERT_EQUAL(next(t, t->b).len, 100);
	teardown(t);
}

static void rd__of_another_domain(void)
{
	struct two *t = setup(NULL, NULL, &(struct weft_port_opts){ .any_domain = 1 });
	struct weft_dgram_queue *q;

	CU_ASSERT_EQUAL(weft_dgram_open(t->w.port[1],
			&(struct weft_dgram_opts){ .qkey = QKEY, .domain = 9, .domain_given = 1 },
			&q), 0);
	CU_ASSERT_EQUAL(weft_dgram_recv(q, t->bufs[0], ROOM, 0), 0);
	CU_ASSERT_EQUAL(send_to(t, weft_dgram_qpn(q), QKEY, 8, 1, WEFT_RELIABLE), 0);
	CU_ASSERT_EQUAL(next(t, t->a).status, WEFT_ST_NO_STREAM);
	CU_ASSERT(nothing(t, q));
	teardown(t);
}

/* WEFT-MGT-017 */
static void send__not_offered(void)
{
	static const struct weft_port_opts no = { .withheld = WEFT_OFFER_RD | WEFT_OFFER_UD };

	for (int i = 0; i < 2; i++) {
		struct two *t = setup(NULL, i ? &no : NULL, i ? NULL : &no);

		post_all(t, 1, ROOM);
		CU_ASSERT_EQUAL(send_to(t, weft_dgram_qpn(t->b), QKEY, 8, 1, WEFT_RELIABLE),
				-EOPNOTSUPP);
		CU_ASSERT_EQUAL(send_to(t, weft_dgram_qpn(t->b), QKEY, 8, 1, 0), -EOPNOTSUPP);
		CU_ASSERT(nothing(t, t->b));
		teardown(t);
	}
}

/* A chip that withholds them drops what comes all the same. */
static void ud__dropped_where_not_offered(void)
{
	struct two *t = setup(NULL, NULL, &(struct weft_port_opts){ .withheld = WEFT_OFFER_UD });

	post_all(t, 1, ROOM);
	CU_ASSERT_EQUAL(send_to(t, weft_dgram_qpn(t->b), QKEY, 8, 1, 0), 0);	/* not known yet */
	CU_ASSERT(nothing(t, t->b));
	CU_ASSERT_EQUAL(weft_counter(t->w.port[1], "drop_TYPE"), 1);
	teardown(t);
}

/* The queue goes, its datagrams do not: they are sent again from a copy. */
static void close__under_way(void)
{
	struct two *t = setup(BAD_NET, NULL, NULL);
	struct weft_completion c;

	post_all(t, BUFS, ROOM);
	for (uint32_t i = 0; i < 40; i++)
		CU_ASSERT_EQUAL(send_to(t, weft_dgram_qpn(t->b), QKEY, 1000, i, WEFT_RELIABLE), 0);
	weft_dgram_close(t->a);
	memset(t->data, 0, 1000);
	for (uint32_t i = 0; i < 40; i++) {
		c = next(t, t->b);
		world_fill(t->data, ROOM, 3);
		CU_ASSERT_EQUAL(memcmp(t->bufs[c.id], t->data, 1000), 0);
	}
	world_run(&t->w, WEFT_SECOND);
	CU_ASSERT_EQUAL(weft_cq_poll(weft_dgram_cq(t->b), &c, 1), 0);
	teardown(t);
}

/* WEFT-DGM-028 */
static void rd__chip_lost(void)
{
	struct two *t = setup(NULL, NULL, NULL);

	post_all(t, 1, ROOM);
	CU_ASSERT_EQUAL(send_to(t, weft_dgram_qpn(t->b), QKEY, 8, 1, WEFT_RELIABLE), 0);
	CU_ASSERT_EQUAL(next(t, t->a).status, WEFT_ST_OK);
	t->w.frozen[1] = true;
	CU_ASSERT_EQUAL(send_to(t, weft_dgram_qpn(t->b), QKEY, 8, 2, WEFT_RELIABLE), 0);
	CU_ASSERT_EQUAL(next(t, t->a).status, WEFT_ST_RETRY_EXCEEDED);
	CU_ASSERT_EQUAL(send_to(t, weft_dgram_qpn(t->b), QKEY, 8, 3, 0), 0);
	CU_ASSERT_EQUAL(next(t, t->a).status, WEFT_ST_OK);	/* nobody knows better */
	teardown(t);
}

WEFT_SUITE(t_datagram) {
	{ "send__delivered_with_its_source", send__delivered_with_its_source },
	{ "send__bad_arguments", send__bad_arguments },
	{ "open__as_many_as_there_are", open__as_many_as_there_are },
	{ "ud__dropped_without_an_answer", ud__dropped_without_an_answer },
	{ "ud__queue_in_error_until_resumed", ud__queue_in_error_until_resumed },
	{ "ud__what_the_network_makes_of_it", ud__what_the_network_makes_of_it },
	{ "gids__are_not_there", gids__are_not_there },
	{ "source__forgotten", source__forgotten },
	{ "rd__once_over_a_bad_network", rd__once_over_a_bad_network },
	{ "rd__refused", rd__refused },
	{ "rd__of_another_domain", rd__of_another_domain },
	{ "send__not_offered", send__not_offered },
	{ "ud__dropped_where_not_offered", ud__dropped_where_not_offered },
	{ "close__under_way", close__under_way },
	{ "rd__chip_lost", rd__chip_lost },
};
