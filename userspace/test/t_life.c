/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Endpoints and contexts from beginning to end: asking, answering, receive buffers that are not
 * there, disconnecting, chips that die or start again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/lib/lib.h"
#include "userspace/test/world.h"

#define SERVICE (WEFT_SERVE_USER + 1)

static void open_two(struct world *w, const char *query)
{
	world_init(w);
	world_open(w, query, NULL);
	world_open(w, query, NULL);
}

/* ---- Asking ---------------------------------------------------------------------- */

static void connect__private_data_both_ways(void)
{
	struct weft_ep_opts ao = { .priv = "question", .priv_len = 8, .user = (void *)7 };
	struct weft_ep_opts bo = { .priv = "answer", .priv_len = 6 };
	struct weft_ep_event ev;
	struct weft_ep *a, *b;
	struct world w;
	uint16_t len;

	open_two(&w, NULL);
	CU_ASSERT_EQUAL(weft_listen(w.port[1], SERVICE, &w, 0), 0);
	CU_ASSERT_EQUAL(weft_listen(w.port[1], SERVICE, &w, 0), -EEXIST);
	CU_ASSERT_EQUAL(weft_connect(w.port[0], weft_port_addr(w.port[1]), SERVICE, &ao, &a), 0);
	CU_ASSERT_EQUAL(weft_ep_status(a), WEFT_EP_IS_CONNECTING);
	CU_ASSERT_EQUAL(weft_write(a, NULL, 0, 0, 0, 0, 0), -ENOTCONN);
	CU_ASSERT_FATAL(world_event(&w, 1, &ev));
	CU_ASSERT_EQUAL_FATAL(ev.kind, WEFT_EP_REQUESTED);
	CU_ASSERT_PTR_EQUAL(ev.user, &w);
	CU_ASSERT_EQUAL(ev.service, SERVICE);
	CU_ASSERT_EQUAL(weft_request_asker(ev.request)->chip_id, weft_port_chip_id(w.port[0]));
	CU_ASSERT_STRING_EQUAL(weft_request_asker(ev.request)->addr, weft_port_addr(w.port[0]));
	CU_ASSERT_EQUAL(weft_request_asker(ev.request)->priv_len, 8);
	CU_ASSERT_EQUAL(memcmp(weft_request_asker(ev.request)->priv, "question", 8), 0);
	CU_ASSERT_EQUAL(weft_accept(ev.request, &bo, &b), 0);
	CU_ASSERT_FATAL(world_event(&w, 0, &ev));
	CU_ASSERT_EQUAL(ev.kind, WEFT_EP_CONNECTED);
	CU_ASSERT_PTR_EQUAL(ev.user, (void *)7);
	CU_ASSERT_EQUAL(memcmp(weft_ep_private(a, &len), "answer", 6), 0);
	CU_ASSERT_EQUAL(len, 6);
	CU_ASSERT_EQUAL(weft_ep_chip_id(a), weft_port_chip_id(w.port[1]));
	CU_ASSERT_EQUAL(weft_ep_chip_id(b), weft_port_chip_id(w.port[0]));
	world_fini(&w);
}

static void connect__refused(void)
{
	struct weft_ep_event ev;
	struct weft_ep *a;
	struct world w;

	open_two(&w, NULL);
	/* WEFT-MGT-008: nobody offers it. */
	CU_ASSERT_EQUAL(weft_connect(w.port[0], weft_port_addr(w.port[1]), SERVICE, NULL, &a), 0);
	CU_ASSERT_FATAL(world_event(&w, 0, &ev));
	CU_ASSERT_EQUAL(ev.kind, WEFT_EP_REJECTED);
	CU_ASSERT_EQUAL(ev.reason, WEFT_BECAUSE_NO_SERVICE);
	CU_ASSERT_EQUAL(weft_ep_status(a), WEFT_EP_IS_REJECTED);
	CU_ASSERT_PTR_NOT_NULL(strstr(weft_ep_error_text(a), "NO_SERVICE"));
	CU_ASSERT_EQUAL(weft_connect_wait(a, 0), -ECONNREFUSED);
	weft_ep_destroy(a);
	/* The service says no. */
	CU_ASSERT_EQUAL(weft_listen(w.port[1], SERVICE, NULL, 1), 0);
	CU_ASSERT_EQUAL(weft_connect(w.port[0], weft_port_addr(w.port[1]), SERVICE, NULL, &a), 0);
	CU_ASSERT_FATAL(world_event(&w, 1, &ev));
	weft_reject(ev.request);
	CU_ASSERT_FATAL(world_event(&w, 0, &ev));
	CU_ASSERT_EQUAL(ev.reason, WEFT_BECAUSE_REFUSED);
	weft_ep_destroy(a);
	world_fini(&w);
}

static void connect__backlog_is_bounded(void)
{
	struct weft_ep *a[5];
	struct weft_ep_event ev;
	struct world w;
	int refused = 0;

	open_two(&w, NULL);
	CU_ASSERT_EQUAL(weft_listen(w.port[1], SERVICE, NULL, 3), 0);
	for (int i = 0; i < 5; i++)
		CU_ASSERT_EQUAL(weft_connect(w.port[0], weft_port_addr(w.port[1]), SERVICE, NULL,
					     &a[i]), 0);
	world_run(&w, WEFT_SECOND / 10);
	while (weft_next_event(w.port[0], &ev)) {
		CU_ASSERT_EQUAL(ev.kind, WEFT_EP_REJECTED);
		CU_ASSERT_EQUAL(ev.reason, WEFT_BECAUSE_NO_ROOM);
		refused++;
	}
	CU_ASSERT_EQUAL(refused, 2);
	weft_unlisten(w.port[1], SERVICE);
	world_fini(&w);		/* three requests were never answered */
}

static void connect__hundreds_at_once(void)
{
	enum { N = 200 };
	struct weft_ep *a[N], *b;
	struct weft_ep_event ev;
	int connected = 0, accepted = 0;
	struct world w;

	open_two(&w, "loss=0.05");
	CU_ASSERT_EQUAL(weft_listen(w.port[1], SERVICE, NULL, N), 0);
	for (int i = 0; i < N; i++)
		CU_ASSERT_EQUAL(weft_connect(w.port[0], weft_port_addr(w.port[1]), SERVICE, NULL,
					     &a[i]), 0);
	for (int i = 0; i < 100000 && connected < N; i++) {
		world_turn(&w);
		while (weft_next_event(w.port[1], &ev)) {
			int r = weft_accept(ev.request, NULL, &b);

			while (r == -EAGAIN) {
				world_turn(&w);
				r = weft_accept(ev.request, NULL, &b);
			}
			CU_ASSERT_EQUAL_FATAL(r, 0);
			accepted++;
		}
		while (weft_next_event(w.port[0], &ev))
			connected += ev.kind == WEFT_EP_CONNECTED;
	}
	CU_ASSERT_EQUAL(accepted, N);
	CU_ASSERT_EQUAL(connected, N);
	CU_ASSERT_EQUAL(weft_counter(w.port[0], "contexts"), 1);
	for (int i = 0; i < N; i++)
		weft_ep_destroy(a[i]);
	world_run(&w, WEFT_SECOND);
	for (connected = 0; weft_next_event(w.port[1], &ev); connected++)
		CU_ASSERT(ev.kind == WEFT_EP_DISCONNECTED || ev.kind == WEFT_EP_FAILED);
	world_fini(&w);
}

static void connect__nobody_there(void)
{
	struct weft_ep_event ev;
	struct weft_ep *a;
	struct world w;

	open_two(&w, NULL);
	CU_ASSERT_EQUAL(weft_connect(w.port[0], "02:00:00:00:00:09", SERVICE, NULL, &a), 0);
	CU_ASSERT_FATAL(world_event(&w, 0, &ev));
	CU_ASSERT_EQUAL(ev.kind, WEFT_EP_FAILED);
	CU_ASSERT_EQUAL(ev.status, WEFT_ST_RETRY_EXCEEDED);
	CU_ASSERT_PTR_NOT_NULL(strstr(weft_ep_error_text(a), "02:00:00:00:00:09"));
	CU_ASSERT_EQUAL(weft_connect_wait(a, 0), -EHOSTDOWN);
	/* Given up by the asker before the answer. */
	CU_ASSERT_EQUAL(weft_connect(w.port[0], "02:00:00:00:00:09", SERVICE, NULL, &a), 0);
	weft_ep_destroy(a);
	CU_ASSERT_EQUAL(weft_connect(w.port[0], weft_port_addr(w.port[1]), SERVICE, NULL, &a), 0);
	weft_disconnect(a);
	CU_ASSERT_EQUAL(weft_ep_status(a), WEFT_EP_IS_CLOSED);
	world_run(&w, 3 * WEFT_SECOND);
	CU_ASSERT_EQUAL(weft_next_event(w.port[0], &ev), 0);
	world_fini(&w);
}

static void connect__asker_gone_before_the_answer(void)
{
	struct weft_ep_event ev;
	struct weft_ep *a, *b;
	struct world w;

	open_two(&w, NULL);
	CU_ASSERT_EQUAL(weft_listen(w.port[1], SERVICE, NULL, 0), 0);
	CU_ASSERT_EQUAL(weft_connect(w.port[0], weft_port_addr(w.port[1]), SERVICE, NULL, &a), 0);
	CU_ASSERT_FATAL(world_event(&w, 1, &ev));
	world_run(&w, WEFT_SECOND / 100);
	weft_close(w.port[0]);
	w.port[0] = NULL;
	for (int i = 0; i < 2000; i++)
		world_turn(&w);
	CU_ASSERT_EQUAL(weft_accept(ev.request, NULL, &b), -ECONNRESET);
	CU_ASSERT_PTR_NULL(b);
	world_fini(&w);
}

/* ---- Receive buffers ------------------------------------------------------------- */

static void send__waits_for_a_buffer(void)
{
	static const char text[] = "a message of some length";
	struct weft_ep *a, *b, *a2, *b2;
	struct weft_completion c;
	char to[4][32] = { "" };
	struct world w;

	open_two(&w, "loss=0.05");
	CU_ASSERT_FATAL(world_connect(&w, 0, 1, SERVICE, NULL, NULL, &a, &b));
	CU_ASSERT_FATAL(world_connect(&w, 0, 1, SERVICE, NULL, NULL, &a2, &b2));
	for (uint64_t i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(weft_send(a, text + i, (uint32_t)(sizeof(text) - i), i, 0), 0);
	world_run(&w, WEFT_SECOND / 20);
	CU_ASSERT_EQUAL(weft_cq_poll(weft_ep_cq(a), &c, 1), 0);
	CU_ASSERT(weft_counter(w.port[0], "rx_rnr") > 0);
	/* Another endpoint is not held up.  WEFT-SEM-007. */
	CU_ASSERT_EQUAL(weft_recv(b2, to[3], 32, 0), 0);
	CU_ASSERT_EQUAL(weft_send(a2, text, sizeof(text), 77, 0), 0);
	CU_ASSERT_FATAL(world_completion(&w, weft_ep_cq(a2), &c));
	CU_ASSERT_EQUAL(c.status, WEFT_ST_OK);
	for (uint64_t i = 0; i < 4; i++) {
		CU_ASSERT_EQUAL(weft_recv(b, to[i], 32, i), 0);
		CU_ASSERT_FATAL(world_completion(&w, weft_ep_cq(a), &c));
		CU_ASSERT_EQUAL(c.id, i);
		CU_ASSERT_EQUAL(c.status, WEFT_ST_OK);
		CU_ASSERT_STRING_EQUAL(to[i], text + i);
	}
	world_fini(&w);
}

static void send__gives_up_without_buffers(void)
{
	struct weft_ep_opts o = { .rnr_retry = 3 };
	struct weft_completion c;
	struct weft_ep *a, *b;
	struct world w;

	open_two(&w, NULL);
	CU_ASSERT_FATAL(world_connect(&w, 0, 1, SERVICE, &o, NULL, &a, &b));
	CU_ASSERT_EQUAL(weft_send(a, "x", 1, 1, 0), 0);
	CU_ASSERT_FATAL(world_completion(&w, weft_ep_cq(a), &c));
	CU_ASSERT_EQUAL(c.status, WEFT_ST_RNR_RETRY_EXCEEDED);
	CU_ASSERT_EQUAL(weft_counter(w.port[0], "rx_rnr"), 4);
	CU_ASSERT_EQUAL(weft_ep_status(a), WEFT_EP_IS_FAILED);
	world_fini(&w);
}

static void send__longer_than_its_buffer(void)
{
	uint8_t big[20000] = { 1 }, to[20000] = { 0 }, zero[20000] = { 0 };
	struct weft_completion c;
	struct weft_ep *a, *b;
	struct world w;

	open_two(&w, NULL);
	CU_ASSERT_FATAL(world_connect(&w, 0, 1, SERVICE, NULL, NULL, &a, &b));
	CU_ASSERT_EQUAL(weft_recv(b, to, sizeof(to) - 1, 3), 0);
	CU_ASSERT_EQUAL(weft_send(a, big, sizeof(big), 1, 0), 0);
	CU_ASSERT_FATAL(world_completion(&w, weft_ep_cq(a), &c));
	CU_ASSERT_EQUAL(c.status, WEFT_ST_TOO_LONG);
	CU_ASSERT_EQUAL(memcmp(to, zero, sizeof(to)), 0);
	CU_ASSERT_FATAL(world_completion(&w, weft_ep_cq(b), &c));
	CU_ASSERT_EQUAL(c.id, 3);
	CU_ASSERT_EQUAL(c.status, WEFT_ST_FLUSHED);
	world_fini(&w);
}

/* ---- Ending ---------------------------------------------------------------------- */

static void disconnect__flushes_and_tells(void)
{
	struct weft_completion c;
	struct weft_ep_event ev;
	struct weft_ep *a, *b;
	struct world w;
	uint8_t buf[64];

	open_two(&w, NULL);
	CU_ASSERT_FATAL(world_connect(&w, 0, 1, SERVICE, NULL, NULL, &a, &b));
	for (uint64_t i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(weft_recv(a, buf, 64, 10 + i), 0);
		CU_ASSERT_EQUAL(weft_recv(b, buf, 0, 20 + i), 0);
		CU_ASSERT_EQUAL(weft_send(b, NULL, 0, 30 + i, WEFT_QUIET), 0);
	}
	weft_disconnect(a);
	CU_ASSERT_EQUAL(weft_ep_status(a), WEFT_EP_IS_CLOSED);
	for (uint64_t i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(weft_cq_poll(weft_ep_cq(a), &c, 1), 1);
		CU_ASSERT_EQUAL(c.id, 10 + i);
		CU_ASSERT_EQUAL(c.status, WEFT_ST_FLUSHED);
	}
	CU_ASSERT_FATAL(world_event(&w, 1, &ev));
	CU_ASSERT_EQUAL(ev.kind, WEFT_EP_DISCONNECTED);
	CU_ASSERT_EQUAL(ev.reason, WEFT_BECAUSE_CLOSED);
	CU_ASSERT_EQUAL(weft_ep_status(b), WEFT_EP_IS_CLOSED);
	world_run(&w, WEFT_SECOND / 10);
	for (int i = 0; i < 6; i++) {		/* WEFT-MGT-009 */
		CU_ASSERT_EQUAL(weft_cq_poll(weft_ep_cq(b), &c, 1), 1);
		CU_ASSERT(c.status == WEFT_ST_FLUSHED || c.status == WEFT_ST_DISCONNECTED);
	}
	CU_ASSERT_EQUAL(weft_cq_poll(weft_ep_cq(b), &c, 1), 0);
	CU_ASSERT_EQUAL(weft_recv(b, buf, 1, 0), -ENOTCONN);
	weft_ep_destroy(b);
	weft_ep_destroy(a);
	CU_ASSERT_EQUAL(weft_counter(w.port[0], "endpoints"), 0);
	world_run(&w, 30 * WEFT_SECOND);
	CU_ASSERT_EQUAL(weft_counter(w.port[0], "contexts"), 0);	/* closed when idle */
	CU_ASSERT_EQUAL(weft_counter(w.port[1], "contexts"), 0);
	CU_ASSERT_EQUAL(weft_counter(w.port[0], "contexts_failed"), 0);
	CU_ASSERT_EQUAL(weft_counter(w.port[1], "contexts_failed"), 0);
	world_fini(&w);
}

/* Issue line 2: a chip dies in the middle; the error names it, within the retry limit, and the
 * work with the other chip completes. */
static void chip__dies_in_the_middle(void)
{
	enum { SIZE = 4 << 20 };
	uint8_t *from = calloc(1, SIZE), *to[2] = { calloc(1, SIZE), calloc(1, SIZE) };
	struct weft_ep *ep[2], *other;
	struct weft_mem *mem[2];
	struct weft_completion c;
	struct weft_ep_event ev;
	struct world w;
	uint64_t died;
	char id[24];

	world_init(&w);
	world_fill(from, SIZE, 5);
	for (int i = 0; i < 3; i++)
		world_open(&w, "loss=0.01", NULL);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL_FATAL(weft_reg(w.port[i + 1], to[i], SIZE, WEFT_REMOTE_WRITE, NULL,
					       &mem[i]), 0);
		CU_ASSERT_FATAL(world_connect(&w, 0, i + 1, SERVICE, NULL, NULL, &ep[i], &other));
		CU_ASSERT_EQUAL(weft_write(ep[i], from, SIZE, weft_mem_addr(mem[i]),
					   weft_mem_key(mem[i]), (uint64_t)i, 0), 0);
	}
	for (int i = 0; i < 8; i++)
		world_turn(&w);
	w.frozen[2] = true;
	died = w.now;
	CU_ASSERT_FATAL(world_completion(&w, weft_ep_cq(ep[0]), &c));
	CU_ASSERT_EQUAL(c.status, WEFT_ST_OK);
	CU_ASSERT_EQUAL(memcmp(from, to[0], SIZE), 0);
	CU_ASSERT_FATAL(world_completion(&w, weft_ep_cq(ep[1]), &c));
	CU_ASSERT_EQUAL(c.status, WEFT_ST_RETRY_EXCEEDED);
	CU_ASSERT(w.now - died < 8 * WEFT_SECOND);
	CU_ASSERT_FATAL(world_event(&w, 0, &ev));
	CU_ASSERT_EQUAL(ev.kind, WEFT_EP_FAILED);
	CU_ASSERT_PTR_EQUAL(ev.ep, ep[1]);
	weft_chip_id_str(weft_port_chip_id(w.port[2]), id);
	CU_ASSERT_PTR_NOT_NULL(strstr(weft_ep_error_text(ep[1]), id));
	CU_ASSERT_PTR_NOT_NULL(strstr(weft_ep_error_text(ep[1]), "02:00:00:00:00:03"));
	CU_ASSERT_PTR_NOT_NULL(strstr(weft_ep_error_text(ep[1]), "RETRY_EXCEEDED"));
	CU_ASSERT_PTR_NOT_NULL(strstr(weft_ep_error_text(ep[1]), "acknowledged up to PSN"));
	printf("      %s\n", weft_ep_error_text(ep[1]));
	world_fini(&w);
	free(from);
	free(to[0]);
	free(to[1]);
}

static void chip__dies_while_idle(void)
{
	struct weft_port_opts o = { .keepalive_ns = WEFT_SECOND };
	struct weft_ep_event ev;
	struct weft_ep *a, *b;
	struct world w;

	world_init(&w);
	world_open(&w, NULL, &o);
	world_open(&w, NULL, &o);
	CU_ASSERT_FATAL(world_connect(&w, 0, 1, SERVICE, NULL, NULL, &a, &b));
	world_run(&w, 10 * WEFT_SECOND);
	CU_ASSERT_EQUAL(weft_ep_status(a), WEFT_EP_IS_CONNECTED);
	w.frozen[1] = true;
	CU_ASSERT_FATAL(world_event(&w, 0, &ev));	/* WEFT-PDC-016 */
	CU_ASSERT_EQUAL(ev.kind, WEFT_EP_FAILED);
	CU_ASSERT_EQUAL(ev.status, WEFT_ST_RETRY_EXCEEDED);
	world_fini(&w);
}

/* The chip starts again under its old ID: what was connected fails, new connections work. */
static void chip__starts_again(void)
{
	struct weft_port_opts o = { .chip_id = 0x0200000000000077, .incarnation = 5, .seed = 99 };
	struct weft_ep *a, *b, *a2, *b2, *x, *y;
	struct weft_completion c;
	struct world w;

	world_init(&w);
	world_open(&w, NULL, NULL);
	world_open(&w, NULL, &o);
	CU_ASSERT_FATAL(world_connect(&w, 0, 1, SERVICE, NULL, NULL, &a, &b));
	CU_ASSERT_FATAL(world_connect(&w, 1, 0, SERVICE, NULL, NULL, &b2, &a2));
	w.frozen[1] = true;		/* it dies without a word, and lives on at port 2 */
	o.incarnation = 6;
	world_open(&w, NULL, &o);
	/* It opens a context itself: WEFT-PDC-005 ends those of its former life. */
	CU_ASSERT_FATAL(world_connect(&w, 2, 0, SERVICE, NULL, NULL, &x, &y));
	CU_ASSERT_EQUAL(weft_ep_status(a2), WEFT_EP_IS_FAILED);
	CU_ASSERT_EQUAL(weft_ep_failure(a2), WEFT_ST_PEER_RESET);
	CU_ASSERT_EQUAL(weft_recv(y, NULL, 0, 1), 0);
	CU_ASSERT_EQUAL(weft_send(x, NULL, 0, 1, 0), 0);
	CU_ASSERT_FATAL(world_completion(&w, weft_ep_cq(x), &c));
	CU_ASSERT_EQUAL(c.status, WEFT_ST_OK);
	world_fini(&w);
}

/* Nothing of a chip that vanished without endpoints stays behind.  WEFT-PDC-019. */
static void chip__vanishes_without_endpoints(void)
{
	struct weft_ep *a, *b;
	struct world w;

	open_two(&w, NULL);
	CU_ASSERT_FATAL(world_connect(&w, 0, 1, SERVICE, NULL, NULL, &a, &b));
	weft_ep_destroy(a);
	world_run(&w, WEFT_SECOND / 10);
	weft_ep_destroy(b);
	world_run(&w, WEFT_SECOND / 10);
	CU_ASSERT_EQUAL(weft_counter(w.port[1], "contexts"), 1);
	w.frozen[0] = true;
	world_run(&w, 60 * WEFT_SECOND);
	CU_ASSERT_EQUAL(weft_counter(w.port[1], "contexts"), 0);
	world_fini(&w);
}

/* We open the context, and the answer shows the new life: the former one's contexts end. */
static void chip__answers_from_a_new_life(void)
{
	struct weft_port_opts o = { .chip_id = 0x0200000000000077, .incarnation = 5, .seed = 99 };
	struct weft_ep_opts rod = { .mode = WEFT_ROD };
	struct weft_ep *a, *b, *x, *y;
	struct world w;

	world_init(&w);
	world_open(&w, NULL, NULL);
	world_open(&w, NULL, &o);
	CU_ASSERT_FATAL(world_connect(&w, 0, 1, SERVICE, NULL, NULL, &a, &b));
	w.frozen[1] = true;
	o.incarnation = 6;
	world_open(&w, NULL, &o);
	CU_ASSERT_FATAL(world_connect(&w, 0, 2, SERVICE, &rod, NULL, &x, &y));
	for (int i = 0; i < 10; i++)
		world_turn(&w);
	CU_ASSERT_EQUAL(weft_ep_failure(a), WEFT_ST_PEER_RESET);
	CU_ASSERT_EQUAL(weft_ep_status(x), WEFT_EP_IS_CONNECTED);
	world_fini(&w);
}

/* The chip has forgotten everything and is not the one to speak first: NO_CONTEXT tells. */
static void chip__has_forgotten(void)
{
	struct weft_port_opts o = { .chip_id = 0x0200000000000077, .incarnation = 5 };
	struct weft_completion c;
	struct weft_ep *a, *b;
	struct world w;

	world_init(&w);
	world_open(&w, NULL, NULL);
	world_open(&w, NULL, &o);
	CU_ASSERT_FATAL(world_connect(&w, 0, 1, SERVICE, NULL, NULL, &a, &b));
	w.port[1]->dead = true;		/* no farewell */
	weft_close(w.port[1]);
	w.n = 1;
	o.incarnation = 6;
	world_open(&w, NULL, &o);	/* the same address: the lowest that is free */
	CU_ASSERT_STRING_EQUAL(weft_port_addr(w.port[1]), "02:00:00:00:00:02");
	CU_ASSERT_EQUAL(weft_write(a, "x", 1, 0, 0, 1, 0), 0);
	CU_ASSERT_FATAL(world_completion(&w, weft_ep_cq(a), &c));
	CU_ASSERT_EQUAL(c.status, WEFT_ST_PEER_RESET);
	CU_ASSERT(weft_counter(w.port[1], "drop_NO_CONTEXT") > 0);
	weft_ep_destroy(a);
	CU_ASSERT_FATAL(world_connect(&w, 0, 1, SERVICE, NULL, NULL, &a, &b));
	world_fini(&w);
}

/* A start PSN that the target has seen: it says so, and what was sent is sent again from a later
 * one.  WEFT-PDC-003, WEFT-PDC-004. */
static void context__opens_again_from_a_later_psn(void)
{
	struct weftu_peer *p;
	struct weft_completion c;
	struct weft_ep *a, *b;
	struct world w;
	char to[8] = "";

	open_two(&w, NULL);
	CU_ASSERT_FATAL(world_connect(&w, 0, 1, SERVICE, NULL, NULL, &a, &b));
	weft_ep_destroy(a);
	weft_ep_destroy(b);
	world_run(&w, 60 * WEFT_SECOND);
	CU_ASSERT_EQUAL(weft_counter(w.port[0], "contexts"), 0);
	CU_ASSERT_EQUAL(weft_counter(w.port[1], "contexts"), 0);
	p = weftu_peer_find(w.port[0], weft_port_chip_id(w.port[1]));
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	p->core.tx_next -= 10;
	CU_ASSERT_FATAL(world_connect(&w, 0, 1, SERVICE, NULL, NULL, &a, &b));
	CU_ASSERT(weft_counter(w.port[1], "drop_STALE_SYN") > 0);
	CU_ASSERT_EQUAL(weft_counter(w.port[1], "contexts_accepted"), 2);
	CU_ASSERT_EQUAL(weft_recv(b, to, sizeof(to), 1), 0);
	CU_ASSERT_EQUAL(weft_send(a, "again", 6, 1, 0), 0);
	CU_ASSERT_FATAL(world_completion(&w, weft_ep_cq(a), &c));
	CU_ASSERT_EQUAL(c.status, WEFT_ST_OK);
	CU_ASSERT_STRING_EQUAL(to, "again");
	world_fini(&w);
}

WEFT_SUITE(t_life) {
	{ "connect__private_data_both_ways", connect__private_data_both_ways },
	{ "connect__refused", connect__refused },
	{ "connect__backlog_is_bounded", connect__backlog_is_bounded },
	{ "connect__hundreds_at_once", connect__hundreds_at_once },
	{ "connect__nobody_there", connect__nobody_there },
	{ "connect__asker_gone_before_the_answer", connect__asker_gone_before_the_answer },
	{ "send__waits_for_a_buffer", send__waits_for_a_buffer },
	{ "send__gives_up_without_buffers", send__gives_up_without_buffers },
	{ "send__longer_than_its_buffer", send__longer_than_its_buffer },
	{ "disconnect__flushes_and_tells", disconnect__flushes_and_tells },
	{ "chip__dies_in_the_middle", chip__dies_in_the_middle },
	{ "chip__dies_while_idle", chip__dies_while_idle },
	{ "chip__starts_again", chip__starts_again },
	{ "chip__vanishes_without_endpoints", chip__vanishes_without_endpoints },
	{ "chip__answers_from_a_new_life", chip__answers_from_a_new_life },
	{ "chip__has_forgotten", chip__has_forgotten },
	{ "context__opens_again_from_a_later_psn", context__opens_again_from_a_later_psn },
};
