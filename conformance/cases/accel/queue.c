/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Queues of an accelerator: what the scripts and judges of this area are made of.
 */
#include "conformance/cases/accel/queue.h"
#include "conformance/svc.h"

#define READ_INDEX	64u
#define RING		128u
#define COMMAND		64u

static uint64_t signal_addr(unsigned n)
{
	return WC_OWN_BASE + 8ull * n;
}

bool wc_q_has(const struct wc_view *v, uint64_t kernel)
{
	for (size_t i = 0; i < v->count; i++) {
		struct wc_tlv_view tlv;

		if (!wc_view_rx(v, i) || !wc_frame_find_tlv(&v->f[i], WC_TLV_HELLO, 0, &tlv))
			continue;
		for (unsigned n = 0; wc_frame_tlv(&v->f[i], n, &tlv); n++)
			if (tlv.type == WC_TLV_ENGINE && tlv.length >= 2 &&
			    wc_get(tlv.value, 2) == kernel)
				return true;
	}
	return false;
}

bool wc_q_need(struct wc_t *t, enum wc_kernel kernel)
{
	bool yes = wc_q_has(&t->view, kernel);

	if (!yes)
		wc_mark(t, "skip:NO_SUCH_KERNEL");
	return yes;
}

bool wc_q_begin(struct wc_t *t, struct wc_queue *q)
{
	struct wc_svc_msg req = { .op = WC_SVC_QUEUE_CREATE, .depth = QUEUE_DEPTH }, rsp = { 0 };

	wc_marker(t);		/* HELLO says which kernels there are */
	if (!wc_q_need(t, WC_K_FILL))
		return false;
	*q = (struct wc_queue){ .s = wc_connect(t->c, "svc", WC_SERVICE_CHIP) };
	if (!q->s || !wc_svc_alloc(q->s, "operands", OPERANDS, &q->mem))
		return false;
	q->s->serve = true;
	if (wc_svc_answer(&t->view, wc_svc_call(q->s, "create", &req), &rsp) == WC_NONE ||
	    rsp.status != WC_OK)
		return false;
	q->ring = (struct wc_mem){ (uint32_t)rsp.key, rsp.addr, rsp.length };
	return true;
}

struct wc_command wc_q_command(const struct wc_queue *q, enum wc_kernel kernel, uint32_t dst,
			       uint32_t src, uint32_t len)
{
	return (struct wc_command){
		.version = 1, .kernel = kernel, .seq = q->at, .signal_addr = signal_addr(q->at),
		.signal_key = WC_OWN_KEY, .src_key = q->mem.key, .src_addr = q->mem.base + src,
		.dst_addr = q->mem.base + dst, .dst_key = q->mem.key, .length = len,
	};
}

struct wc_command wc_q_fill(const struct wc_queue *q, uint32_t dst, uint32_t len, uint8_t value)
{
	struct wc_command c = wc_q_command(q, WC_K_FILL, dst, 0, len);

	c.value = value;
	return c;
}

void wc_q_put(struct wc_queue *q, const struct wc_command *c)
{
	uint8_t bytes[COMMAND];

	wc_pack(&wc_h_command, c, bytes);
	wc_do_write(q->s, wc_nth("command", q->at), q->ring.key,
		    q->ring.base + RING + q->at % QUEUE_DEPTH * COMMAND, bytes, COMMAND);
	q->at++;
}

void wc_q_bell(struct wc_queue *q, uint64_t value)
{
	uint8_t word[8];

	for (unsigned i = 0; i < 8; i++)
		word[i] = (uint8_t)(value >> (8 * i));
	wc_do_write(q->s, wc_nth("bell", (unsigned)value), q->ring.key, q->ring.base, word, 8);
}

void wc_q_index(struct wc_queue *q, const char *name)
{
	wc_do_read(q->s, name, q->ring.key, q->ring.base + READ_INDEX, 8);
}

struct awaited {
	unsigned n;
};

static bool came(struct wc_t *t, const void *arg)
{
	return wc_q_signals(&t->view, ((const struct awaited *)arg)->n, WC_NONE, NULL);
}

bool wc_q_await(struct wc_queue *q, unsigned n)
{
	struct awaited a = { n };

	return wc_wait(q->s->c->t, came, &a, "a signal");
}

void wc_q_run(struct wc_queue *q, const struct wc_command *c)
{
	wc_q_put(q, c);
	wc_q_bell(q, q->at);
	wc_q_await(q, q->at - 1);
}

void wc_q_set(struct wc_queue *q, uint32_t at, const void *bytes, uint32_t len)
{
	wc_do_write(q->s, wc_nth("set", at), q->mem.key, q->mem.base + at, bytes, len);
}

void wc_q_get(struct wc_queue *q, const char *name, uint32_t at, uint32_t len)
{
	wc_do_read(q->s, name, q->mem.key, q->mem.base + at, len);
}

unsigned wc_q_signals(const struct wc_view *v, unsigned n, size_t until, uint64_t *add)
{
	unsigned count = 0;
	uint64_t psn = 0;

	for (size_t i = 0; i < v->count && i < until; i++) {
		const struct wc_frame *f = &v->f[i];

		if (!wc_view_rx(v, i) || f->type != WC_DATA || f->opcode != WC_ATOMIC ||
		    f->addr != signal_addr(n) || (count && f->psn == psn))
			continue;
		psn = f->psn;
		count++;
		if (add)	/* no other key, and no other operation, can be right */
			*add = f->rkey == WC_OWN_KEY && f->aop == WC_FADD ? f->operand : 0;
	}
	return count;
}

void wc_q_signalled(struct wc_judge *j, unsigned cp, unsigned n, enum wc_cmd_status status)
{
	uint64_t add = 0, want = 1 + ((uint64_t)status << 32) + (status ? 1ull << 48 : 0);
	unsigned count = wc_q_signals(j->v, n, WC_NONE, &add);

	j->evidence = WC_NONE;
	wc_cp(j, cp, count, "NO_SIGNAL", "command %u is signalled", n);
	wc_cp(j, cp, add == want, "WRONG_SIGNAL", "the signal of command %u adds 0x%llx, but it "
	      "added 0x%llx", n, (unsigned long long)want, (unsigned long long)add);
	wc_cp(j, cp, count == 1, "SIGNALLED_TWICE", "command %u is signalled once", n);
}
