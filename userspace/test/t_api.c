/* SPDX-License-Identifier: BSD-2-Clause */
/* Every way to call the library wrongly: the code it returns, and that it says what to do. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/names.h"
#include "userspace/lib/lib.h"
#include "userspace/test/world.h"

#define SERVICE WEFT_SERVE_USER

/* The call fails with code, and weft_error() names the word. */
#define FAILS(port, call, code, word) do {					\
	int r_ = (call);							\
										\
	CU_ASSERT_EQUAL(r_, code);						\
	CU_ASSERT_PTR_NOT_NULL(strstr(weft_error(port), word));			\
	if (r_ != (code) || !strstr(weft_error(port), word))			\
		fprintf(stderr, "%s: %d, %s\n", #call, r_, weft_error(port));	\
} while (0)

static void open__bad_options(void)
{
	static const struct {
		struct weft_port_opts o;
		const char *word;
	} rows[] = {
		{ { .max_payload = 63 }, "max_payload" },
		{ { .max_payload = 65409 }, "max_payload" },
		{ { .window = 8 }, "window" },
		{ { .window = 8192 }, "window" },
		{ { .window = 100 }, "power of two" },
		{ { .paths = 257 }, "paths" },
		{ { .domain = 1u << 24 }, "domain" },
		{ { .max_contexts = 65537 }, "max_contexts" },
		{ { .max_peers = 15 }, "max_peers" },
		{ { .max_eps = 65537 }, "max_eps" },
		{ { .max_streams = 4097 }, "max_streams" },
		{ { .holds = 1025 }, "holds" },
		{ { .chip_class = 8 }, "chip_class" },
		{ { .modes = 4 }, "modes" },
		{ { .cc = "reno" }, "cc" },
		{ { .path_law = "" }, "path_law" },
		{ { .min_rto_ns = 2, .max_rto_ns = 1 }, "min_rto_ns" },
		{ { .name = "a name that is much too long for anybody to read, or to remember" },
		  "name" },
	};
	struct weft_port *port = (void *)1;
	char err[WEFT_ERROR_MAX], tiny[4];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CU_ASSERT_EQUAL(weft_open("mem:api", &rows[i].o, &port, err, sizeof(err)), -EINVAL);
		CU_ASSERT_PTR_NULL(port);
		CU_ASSERT_PTR_NOT_NULL(strstr(err, rows[i].word));
	}
	CU_ASSERT_EQUAL(weft_open(NULL, NULL, &port, err, sizeof(err)), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "udp:10.0.0.1"));
	CU_ASSERT(weft_open("nonsense:", NULL, &port, err, sizeof(err)) < 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "nonsense"));
	CU_ASSERT(weft_open("mem:api?nonsense=1", NULL, &port, NULL, 0) < 0);
	CU_ASSERT(weft_open("nonsense:", NULL, &port, tiny, sizeof(tiny)) < 0);
	CU_ASSERT_EQUAL(strlen(tiny), 3);
	CU_ASSERT_EQUAL(weft_open("mem:api?mtu=100", NULL, &port, err, sizeof(err)), -EMSGSIZE);
	weft_close(NULL);
}

static void open__who_we_are(void)
{
	struct weft_port_opts o = { .chip_id = 0x1122334455667788, .incarnation = 9, .name = "me",
				    .domain = 3, .vendor = 0xabcdef, .chip_class = WEFT_CHIP_FPGA };
	struct weft_port *a, *b;
	struct weft_chip_info me;
	char err[WEFT_ERROR_MAX];
	uint64_t id;

	CU_ASSERT_EQUAL_FATAL(weft_open("mem:who", &o, &a, err, sizeof(err)), 0);
	CU_ASSERT_EQUAL(weft_port_chip_id(a), o.chip_id);
	CU_ASSERT_EQUAL(weft_port_incarnation(a), 9);
	CU_ASSERT_EQUAL(weft_port_domain(a), 3);
	CU_ASSERT_STRING_EQUAL(weft_port_addr(a), "02:00:00:00:00:01");
	CU_ASSERT_EQUAL(weft_chip_info(a, o.chip_id, &me), 0);
	CU_ASSERT_STRING_EQUAL(me.name, "me");
	CU_ASSERT_EQUAL(me.chip_class, WEFT_CHIP_FPGA);
	CU_ASSERT_EQUAL(me.profiles, WEFT_PROFILE_CORE | WEFT_PROFILE_AI | WEFT_PROFILE_MEM);
	CU_ASSERT_STRING_EQUAL(weft_error(a), "");
	CU_ASSERT(weft_port_payload(a, NULL) >= 8000);
	CU_ASSERT_EQUAL(weft_port_payload(a, NULL) % 8, 0);
	CU_ASSERT_EQUAL(weft_port_payload(a, "garbage"), 0);
	/* Derived: the same after a restart at the same address, another elsewhere. */
	CU_ASSERT_EQUAL_FATAL(weft_open("mem:who", NULL, &b, err, sizeof(err)), 0);
	id = weft_port_chip_id(b);
	CU_ASSERT_EQUAL(id >> 56 & 3, 2);
	weft_close(b);
	CU_ASSERT_EQUAL_FATAL(weft_open("mem:who", NULL, &b, err, sizeof(err)), 0);
	CU_ASSERT_EQUAL(weft_port_chip_id(b), id);
	weft_close(a);
	CU_ASSERT_EQUAL_FATAL(weft_open("mem:who", NULL, &a, err, sizeof(err)), 0);
	CU_ASSERT_NOT_EQUAL(weft_port_chip_id(a), id);
	weft_close(b);
	weft_close(a);
}

static void reg__bad_arguments(void)
{
	struct weft_mem_opts key = { .key = 77, .key_given = 1 };
	struct weft_mem_opts end = { .addr = UINT64_MAX - 6, .addr_given = 1 };
	struct weft_mem_opts dom = { .domain = 1u << 24, .domain_given = 1 };
	struct weft_mem *m, *n;
	uint64_t buf[4] = { 0 };
	struct weft_port *p;
	struct world w;
	void *local;

	world_init(&w);
	p = world_open(&w, NULL, NULL);
	FAILS(p, weft_reg(p, NULL, 1, 1, NULL, &m), -EINVAL, "no buffer");
	CU_ASSERT_PTR_NULL(m);
	FAILS(p, weft_reg(p, buf, 8, 32, NULL, &m), -EINVAL, "rights");
	FAILS(p, weft_reg(p, buf, 8, 1, &end, &m), -EINVAL, "wraps");
	FAILS(p, weft_reg(p, buf, SIZE_MAX, 1, NULL, &m), -EINVAL, "wraps");
	FAILS(p, weft_reg(p, buf, 8, 1, &dom, &m), -EINVAL, "24 bits");
	end.addr = 4;
	FAILS(p, weft_reg(p, buf, 8, WEFT_REMOTE_ATOMIC, &end, &m), -EINVAL, "aligned");
	CU_ASSERT_EQUAL(weft_reg(p, buf, 7, 1, &end, &m), 0);
	CU_ASSERT_EQUAL(weft_mem_addr(m), 4);
	weft_dereg(m);
	CU_ASSERT_EQUAL(weft_reg(p, buf, 32, 1, &key, &m), 0);
	FAILS(p, weft_reg(p, buf, 32, 1, &key, &n), -EEXIST, "0x4d");
	CU_ASSERT_EQUAL(weft_mem_key(m), 77);
	CU_ASSERT_PTR_EQUAL(weft_mem_find(p, 77), m);
	CU_ASSERT_PTR_EQUAL(weft_mem_buf(m), buf);
	CU_ASSERT_EQUAL(weft_mem_len(m), 32);
	CU_ASSERT_EQUAL(weft_mem_check(p, 0, 0, 77, 1, (uintptr_t)buf + 8, 24, &local), WEFT_ST_OK);
	CU_ASSERT_PTR_EQUAL(local, buf + 1);
	CU_ASSERT_EQUAL(weft_mem_check(p, 0, 0, 77, 1, (uintptr_t)buf + 8, 25, &local),
			WEFT_ST_OUT_OF_BOUNDS);
	CU_ASSERT_PTR_NULL(local);
	CU_ASSERT_EQUAL(weft_mem_check(p, 1, 0, 77, 1, 0, 0, &local), WEFT_ST_BAD_DOMAIN);
	CU_ASSERT_EQUAL(weft_mem_check(p, 0, 0, 77, 2, 0, 0, &local), WEFT_ST_NO_RIGHTS);
	weft_dereg(m);
	CU_ASSERT_PTR_NULL(weft_mem_find(p, 77));
	CU_ASSERT_EQUAL(weft_mem_check(p, 0, 0, 77, 1, 0, 0, &local), WEFT_ST_BAD_KEY);
	CU_ASSERT_EQUAL(weft_reg(p, NULL, 0, 1, &key, &m), 0);	/* a key may come again */
	weft_dereg(NULL);
	world_fini(&w);
}

static void connect__bad_arguments(void)
{
	static const struct {
		struct weft_ep_opts o;
		const char *word;
	} rows[] = {
		{ { .send_depth = 3 }, "send_depth" }, { { .send_depth = 8192 }, "send_depth" },
		{ { .recv_depth = 5 }, "recv_depth" }, { { .window = 512 }, "window" },
		{ { .window = 4, .reads = 5 }, "reads" }, { { .mode = 3 }, "mode" },
		{ { .domain = 1u << 24, .domain_given = 1 }, "domain" },
		{ { .rnr_retry = 8 }, "rnr_retry" }, { { .priv_len = 65, .priv = "" }, "private" },
		{ { .priv_len = 1 }, "private" },
	};
	struct weft_port_opts rod = { .modes = WEFT_ROD, .max_eps = 2, .max_contexts = 1 };
	struct weft_ep_opts o = { .mode = WEFT_RUD };
	struct weft_ep *ep, *b;
	struct weft_port *p;
	struct weft_cq *cq;
	struct world w;

	world_init(&w);
	p = world_open(&w, NULL, &rod);
	world_open(&w, NULL, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FAILS(p, weft_connect(p, "02:00:00:00:00:02", 1, &rows[i].o, &ep), -EINVAL,
		      rows[i].word);
		CU_ASSERT_PTR_NULL(ep);
	}
	FAILS(p, weft_connect(p, "02:00:00:00:00:02", 1, &o, &ep), -EINVAL, "mode");
	FAILS(p, weft_connect(p, "nowhere at all", 1, NULL, &ep), -EINVAL, "nowhere at all");
	FAILS(p, weft_connect(p, NULL, 1, NULL, &ep), -EINVAL, "address");
	FAILS(p, weft_connect(p, "10.0.0.1", 1, NULL, &ep), -EINVAL, "carriage");
	FAILS(p, weft_connect(p, "chip:12", 1, NULL, &ep), -EINVAL, "16 hexadecimal");
	FAILS(p, weft_connect(p, "chip:0011223344556677", 1, NULL, &ep), -ENOENT,
	      "0011223344556677");
	CU_ASSERT_EQUAL(weft_cq_create(w.port[1], &cq), 0);
	o = (struct weft_ep_opts){ .cq = cq };
	FAILS(p, weft_connect(p, "02:00:00:00:00:02", 1, &o, &ep), -EINVAL, "same port");
	CU_ASSERT_FATAL(world_connect(&w, 0, 1, SERVICE, NULL, NULL, &ep, &b));
	CU_ASSERT_EQUAL(weft_connect(p, "02:00:00:00:00:02", 1, NULL, &b), 0);
	FAILS(p, weft_connect(p, "02:00:00:00:00:02", 1, NULL, &b), -ENOSPC, "endpoint");
	weft_ep_destroy(NULL);
	world_fini(&w);
}

static void post__bad_arguments(void)
{
	struct weft_ep_opts o = { .send_depth = 2, .recv_depth = 2 };
	struct weft_completion c;
	struct weft_ep *a, *b;
	struct weft_port *p;
	struct world w;
	char buf[8];

	world_init(&w);
	p = world_open(&w, NULL, NULL);
	world_open(&w, NULL, NULL);
	CU_ASSERT_FATAL(world_connect(&w, 0, 1, SERVICE, &o, &o, &a, &b));
	FAILS(p, weft_send(a, NULL, 1, 0, 0), -EINVAL, "no buffer");
	FAILS(p, weft_send(a, buf, WEFT_MESSAGE_MAX + 1, 0, 0), -EINVAL, "at most");
	FAILS(p, weft_send(a, buf, 1, 0, 8), -EINVAL, "flags");
	FAILS(p, weft_write(a, NULL, 1, 0, 0, 0, 0), -EINVAL, "no buffer");
	FAILS(p, weft_write_imm(a, NULL, 1, 0, 0, 0, 0, 0), -EINVAL, "no buffer");
	FAILS(p, weft_read(a, NULL, 1, 0, 0, 0, 0), -EINVAL, "no buffer");
	FAILS(p, weft_recv(a, NULL, 1, 0), -EINVAL, "no buffer");
	FAILS(p, weft_fetch_add(a, 4, 0, 0, 0, 0), -EINVAL, "multiple of 8");
	FAILS(p, weft_compare_swap(a, 1, 0, 0, 0, 0, 0), -EINVAL, "multiple of 8");
	CU_ASSERT_EQUAL(weft_ep_send_room(a), 2);
	CU_ASSERT_EQUAL(weft_recv(b, buf, 8, 1), 0);
	CU_ASSERT_EQUAL(weft_recv(b, buf, 8, 2), 0);
	CU_ASSERT_EQUAL(weft_recv(b, buf, 8, 3), -EAGAIN);
	CU_ASSERT_EQUAL(weft_send(a, buf, 1, 1, 0), 0);
	CU_ASSERT_EQUAL(weft_send(a, buf, 1, 2, 0), 0);
	FAILS(p, weft_send(a, buf, 1, 3, 0), -EAGAIN, "poll");
	world_run(&w, WEFT_SECOND / 100);
	/* Done, but not polled. */
	FAILS(p, weft_send(a, buf, 1, 3, 0), -EAGAIN, "poll");
	CU_ASSERT_EQUAL(weft_cq_poll(weft_ep_cq(a), &c, 1), 1);
	CU_ASSERT_EQUAL(weft_ep_send_room(a), 1);
	FAILS(p, weft_cq_destroy(weft_ep_cq(a)), -EBUSY, "1 endpoints");
	world_fini(&w);
}

static void cq__shared_and_quiet(void)
{
	struct weft_completion c[8];
	struct weft_ep_opts o = { .user = (void *)5 };
	struct weft_ep *a1, *a2, *b;
	struct weft_cq *cq;
	struct world w;

	world_init(&w);
	world_open(&w, NULL, NULL);
	world_open(&w, NULL, NULL);
	CU_ASSERT_EQUAL(weft_cq_create(w.port[0], &cq), 0);
	o.cq = cq;
	CU_ASSERT_FATAL(world_connect(&w, 0, 1, SERVICE, &o, NULL, &a1, &b));
	CU_ASSERT_FATAL(world_connect(&w, 0, 1, SERVICE, &o, NULL, &a2, &b));
	CU_ASSERT_PTR_EQUAL(weft_ep_cq(a2), cq);
	weft_ep_set_user(a2, (void *)6);
	for (uint64_t i = 0; i < 100; i++)
		CU_ASSERT_EQUAL(weft_write(a1, NULL, 0, 0, 0, i, WEFT_QUIET), 0);
	world_run(&w, WEFT_SECOND / 100);
	CU_ASSERT_EQUAL(weft_cq_poll(cq, c, 8), 8);	/* BAD_KEY is not quiet */
	CU_ASSERT_EQUAL(c[0].status, WEFT_ST_BAD_KEY);
	CU_ASSERT_PTR_EQUAL(c[0].user, (void *)5);
	CU_ASSERT_PTR_EQUAL(c[0].ep, a1);
	weft_ep_destroy(a1);				/* takes the other 92 along */
	CU_ASSERT_EQUAL(weft_cq_poll(cq, c, 8), 0);
	CU_ASSERT_EQUAL(weft_recv(a2, NULL, 0, 44), 0);
	weft_disconnect(a2);
	CU_ASSERT_EQUAL(weft_cq_poll(cq, c, 8), 1);
	CU_ASSERT_EQUAL(c[0].id, 44);
	CU_ASSERT_PTR_EQUAL(c[0].user, (void *)6);
	weft_ep_destroy(a2);
	CU_ASSERT_EQUAL(weft_cq_destroy(cq), 0);
	CU_ASSERT_EQUAL(weft_cq_destroy(NULL), 0);
	world_fini(&w);
}

static void names__are_the_specification_s(void)
{
	struct weft_counter c[160];
	struct weft_port *p;
	struct world w;
	char name[64];
	int n, found = 0;

	world_init(&w);
	p = world_open(&w, "loss=0.5", NULL);
	n = weft_counters(p, c, 160);
	CU_ASSERT(n > 50 && n <= 160);
	for (unsigned d = 1; d < WEFT_DROP_COUNT; d++) {
		snprintf(name, sizeof(name), "drop_%s", weft_drop_name(d));
		for (int i = 0; i < n; i++)
			found += !strcmp(c[i].name, name);
	}
	CU_ASSERT_EQUAL(found, WEFT_DROP_COUNT - 1);
	for (int i = 0; i < n; i++) {
		for (int k = 0; k < i; k++)
			CU_ASSERT_STRING_NOT_EQUAL(c[i].name, c[k].name);
	}
	CU_ASSERT_EQUAL(weft_counters(p, NULL, 0), n);
	CU_ASSERT_EQUAL(weft_counter(p, "no such"), 0);
	CU_ASSERT_EQUAL(weft_contexts(p, NULL, 0), 0);
	FAILS(p, weft_context_counters(p, 5, c, 160), -ENOENT, "0x5");
	for (unsigned s = 0; s < 256; s++) {
		CU_ASSERT_STRING_EQUAL(weft_st_name(s), weft_status_name(s));
		if (s <= WEFT_ST_OP_FAILED || (s >= WEFT_ST_FLUSHED && s <= WEFT_ST_LOCAL_LENGTH))
			CU_ASSERT_STRING_NOT_EQUAL(weft_st_text(s), "unknown status");
	}
	CU_ASSERT_STRING_EQUAL(weft_st_text(77), "unknown status");
	CU_ASSERT_STRING_EQUAL(weft_op_name(WEFT_OP_RECV), "RECV");
	CU_ASSERT_STRING_EQUAL(weft_op_name(WEFT_OP_RECV_WRITE), "RECV_WRITE");
	CU_ASSERT_STRING_EQUAL(weft_op_name(WEFT_OP_WRITE), "WRITE");
	CU_ASSERT_STRING_EQUAL(weft_run_name(WEFT_RUN_SHA256), "SHA256");
	CU_ASSERT_STRING_EQUAL(weft_pool_kind_name(WEFT_KIND_HBM), "HBM");
	CU_ASSERT_STRING_EQUAL(weft_cmd_st_name(WEFT_CMD_NO_CHIP), "NO_CHIP");
	CU_ASSERT_STRING_EQUAL(weft_reason_name(WEFT_BECAUSE_NO_ROOM), "NO_ROOM");
	CU_ASSERT_EQUAL(weft_chip_class_parse("npu"), WEFT_CHIP_NPU);
	CU_ASSERT_EQUAL(weft_chip_class_parse("NPU"), WEFT_CHIP_NPU);
	CU_ASSERT_EQUAL(weft_chip_class_parse("toaster"), -EINVAL);
	CU_ASSERT_EQUAL(weft_chip_class_parse(NULL), -EINVAL);
	CU_ASSERT_STRING_EQUAL(weft_chip_class_name(WEFT_CHIP_SWITCH), "SWITCH");
	world_fini(&w);
}

static void chip_id__text_and_back(void)
{
	static const char *const bad[] = { "", "chip:", "12", "00112233445566778",
		"0011223344556g77", "0-01122334455667", "0000000000000000", NULL };
	static const char *const good[] = { "0011223344556677", "chip:00-11-22-33-44-55-66-77",
		"00:11:22:33:44:55:66:77", "CHIP:0011223344556677" };
	char buf[24];
	uint64_t id;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT_EQUAL(weft_chip_id_parse(bad[i], &id), -EINVAL);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		id = 0;
		CU_ASSERT_EQUAL(weft_chip_id_parse(good[i], &id), 0);
		CU_ASSERT_EQUAL(id, 0x0011223344556677);
	}
	CU_ASSERT_STRING_EQUAL(weft_chip_id_str(id, buf), "00-11-22-33-44-55-66-77");
}

static void neighbours__told_and_looked_up(void)
{
	struct weft_chip_info many = { .n_pools = WEFT_POOLS_MAX + 1 };
	struct weft_ep_event ev;
	char addr[WEFT_ADDR_MAX], to[40], id[24];
	struct weft_port *p;
	struct weft_ep *ep;
	struct world w;

	world_init(&w);
	p = world_open(&w, "loss=0.3", NULL);
	world_open(&w, "loss=0.3", NULL);
	world_open(&w, "loss=0.3", NULL);
	FAILS(p, weft_tell(p, "garbage", 5, "02:00:00:00:00:03", 0), -EINVAL, "garbage");
	FAILS(p, weft_tell(p, "02:00:00:00:00:02", 0, "02:00:00:00:00:03", 0), -EINVAL, "Chip ID");
	FAILS(p, weft_tell(p, "02:00:00:00:00:02", 5, "chip:0011223344556677", 0), -EINVAL,
	      "address");
	FAILS(p, weft_lookup(p, 5, addr), -ENOENT, "00-00-00-00-00-00-00-05");
	FAILS(p, weft_ask(p, "chip:0011223344556677"), -ENOENT, "0011223344556677");
	FAILS(p, weft_describe(p, &many), -EINVAL, "pools");
	CU_ASSERT_EQUAL(weft_tell(p, "02:00:00:00:00:02", weft_port_chip_id(w.port[2]),
				  weft_port_addr(w.port[2]), 0), 0);
	world_run(&w, 2 * WEFT_SECOND);
	CU_ASSERT_EQUAL(weft_lookup(w.port[1], weft_port_chip_id(w.port[2]), addr), 0);
	CU_ASSERT_STRING_EQUAL(addr, weft_port_addr(w.port[2]));
	/* Peer to peer: port 1 reaches port 2 by its ID alone. */
	CU_ASSERT_EQUAL(weft_listen(w.port[2], SERVICE, NULL, 0), 0);
	snprintf(to, sizeof(to), "chip:%s", weft_chip_id_str(weft_port_chip_id(w.port[2]), id));
	CU_ASSERT_EQUAL(weft_connect(w.port[1], to, SERVICE, NULL, &ep), 0);
	CU_ASSERT_FATAL(world_event(&w, 2, &ev));
	CU_ASSERT_EQUAL(ev.kind, WEFT_EP_REQUESTED);
	/* Told wrong: another chip answers there. */
	CU_ASSERT_EQUAL(weft_tell(p, "02:00:00:00:00:02", 0x77, weft_port_addr(w.port[2]), 0), 0);
	world_run(&w, 2 * WEFT_SECOND);
	CU_ASSERT_EQUAL(weft_connect(w.port[1], "chip:0000000000000077", SERVICE, NULL, &ep), 0);
	CU_ASSERT_FATAL(world_event(&w, 1, &ev));
	CU_ASSERT_EQUAL(ev.kind, WEFT_EP_FAILED);
	CU_ASSERT_PTR_NOT_NULL(strstr(weft_ep_error_text(ep), "another chip"));
	world_fini(&w);
}

/* WEFT-MGT-006 */
static void neighbours__a_later_address_replaces(void)
{
	static const char nobody[] = "02:00:00:00:00:09";
	char addr[WEFT_ADDR_MAX], to[40], id[24];
	struct weft_ep_event ev;
	uint64_t chip;
	struct weft_ep *ep;
	struct world w;

	world_init(&w);
	for (int i = 0; i < 3; i++)
		world_open(&w, NULL, NULL);
	chip = weft_port_chip_id(w.port[2]);
	CU_ASSERT_EQUAL(weft_lookup(w.port[1], chip, addr), -ENOENT);
	CU_ASSERT_EQUAL(weft_tell(w.port[0], "02:00:00:00:00:02", chip, nobody, 0), 0);
	world_run(&w, WEFT_SECOND / 10);
	CU_ASSERT_EQUAL(weft_lookup(w.port[1], chip, addr), 0);
	CU_ASSERT_STRING_EQUAL(addr, nobody);
	CU_ASSERT_EQUAL(weft_tell(w.port[0], "02:00:00:00:00:02", chip,
				  weft_port_addr(w.port[2]), 0), 0);
	world_run(&w, WEFT_SECOND / 10);
	CU_ASSERT_EQUAL(weft_lookup(w.port[1], chip, addr), 0);
	CU_ASSERT_STRING_EQUAL(addr, weft_port_addr(w.port[2]));
	CU_ASSERT_EQUAL(weft_listen(w.port[2], SERVICE, NULL, 0), 0);
	snprintf(to, sizeof(to), "chip:%s", weft_chip_id_str(chip, id));
	CU_ASSERT_EQUAL(weft_connect(w.port[1], to, SERVICE, NULL, &ep), 0);
	CU_ASSERT_FATAL(world_event(&w, 2, &ev));
	CU_ASSERT_EQUAL(ev.kind, WEFT_EP_REQUESTED);
	world_fini(&w);
}

WEFT_SUITE(t_api) {
	{ "open__bad_options", open__bad_options },
	{ "open__who_we_are", open__who_we_are },
	{ "reg__bad_arguments", reg__bad_arguments },
	{ "connect__bad_arguments", connect__bad_arguments },
	{ "post__bad_arguments", post__bad_arguments },
	{ "cq__shared_and_quiet", cq__shared_and_quiet },
	{ "names__are_the_specification_s", names__are_the_specification_s },
	{ "chip_id__text_and_back", chip_id__text_and_back },
	{ "neighbours__told_and_looked_up", neighbours__told_and_looked_up },
	{ "neighbours__a_later_address_replaces", neighbours__a_later_address_replaces },
};
