/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands to the upper tester: what they look like, and whether there is an answer.
 */
#include "conformance/ut.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_MS 5000	/* for a response, beside the device's own patience */

const char *wc_ut_op_name(unsigned op)
{
	static const char *const name[] = {
		[UPPER_QUERY] = "QUERY", [UPPER_RESET] = "RESET", [UPPER_EP_CREATE] = "EP_CREATE",
		[UPPER_EP_MODIFY] = "EP_MODIFY", [UPPER_EP_DESTROY] = "EP_DESTROY",
		[UPPER_EP_STATE] = "EP_STATE", [UPPER_MR_REGISTER] = "MR_REGISTER",
		[UPPER_MR_INVALIDATE] = "MR_INVALIDATE", [UPPER_MEM_WRITE] = "MEM_WRITE",
		[UPPER_MEM_READ] = "MEM_READ", [UPPER_MEM_HASH] = "MEM_HASH",
		[UPPER_RECV_POST] = "RECV_POST", [UPPER_COUNTERS] = "COUNTERS",
		[UPPER_CQ_POLL] = "CQ_POLL", [UPPER_OP_POST] = "OP_POST", [UPPER_CANCEL] = "CANCEL",
	};

	return op < sizeof(name) / sizeof(name[0]) && name[op] ? name[op] : "?";
}

/* ---- one command ------------------------------------------------------------------------ */

static uint32_t exchange(struct wc_dut *d, unsigned op, const uint8_t *body, uint32_t len,
			 uint8_t *cmd, uint8_t *rsp)
{
	uint32_t seq = ++d->ut->seq, n;

	upper_put(cmd, UPPER_MAGIC, 2);
	cmd[2] = UPPER_VERSION;
	cmd[3] = UPPER_COMMAND;
	upper_put(cmd + 4, op, 2);
	upper_put(cmd + 6, 0, 2);
	upper_put(cmd + 8, seq, 4);
	upper_put(cmd + 12, len, 4);
	if (len)
		memcpy(cmd + UPPER_HEAD, body, len);
	if (d->ut->way.kind != WC_WAY_CALL)
		n = wc_way_ask(&d->ut->way, cmd, UPPER_HEAD + len, rsp,
			       PATIENCE_MS + (long)d->patience_ms);
	else
		n = d->port->ops->upper(d->port, cmd, UPPER_HEAD + len, rsp);
	if (n < UPPER_HEAD || n > UPPER_FRAME || upper_get(rsp, 2) != UPPER_MAGIC ||
	    rsp[2] != UPPER_VERSION || rsp[3] != UPPER_RESPONSE || upper_get(rsp + 4, 2) != op ||
	    upper_get(rsp + 8, 4) != seq || upper_get(rsp + 12, 4) != n - UPPER_HEAD) {
		d->ut->dead = true;
		return 0;
	}
	return n;
}

int wc_ut_call(struct wc_t *t, unsigned op, const uint8_t *body, uint32_t len, uint8_t *out,
	       uint32_t *out_len)
{
	static uint8_t cmd[UPPER_FRAME], rsp[UPPER_FRAME];
	uint32_t n;

	if (!t->dut->ut || len > UPPER_BODY)
		return -1;
	n = t->dut->ut->dead ? 0 : exchange(t->dut, op, body, len, cmd, rsp);
	wc_record(t, WC_R_UT, 0, wc_ut_op_name(op), cmd, UPPER_HEAD + len);
	if (!n && t->dut->port->fate)
		wc_lost(t);
	else if (!n)
		wc_trouble(t, "the upper tester does not answer as it must");
	if (!n)
		return -1;
	wc_record(t, WC_R_UT, WC_U_RESPONSE, wc_ut_op_name(op), rsp, n);
	if (out)
		memcpy(out, rsp + UPPER_HEAD, n - UPPER_HEAD);
	if (out_len)
		*out_len = n - UPPER_HEAD;
	return (int)upper_get(rsp + 6, 2);
}

/* ---- reaching it ------------------------------------------------------------------------ */

static int query(struct wc_dut *d)
{
	static uint8_t cmd[UPPER_FRAME], rsp[UPPER_FRAME];
	const uint8_t *p = rsp + UPPER_HEAD;

	if (exchange(d, UPPER_QUERY, NULL, 0, cmd, rsp) != UPPER_HEAD + 32 ||
	    upper_get(p, 4) != UPPER_ABI)
		return -EPROTO;
	d->ut->level = (uint32_t)upper_get(p + 4, 4);
	d->ut->ops = upper_get(p + 8, 8);
	d->ut->flags = (uint32_t)upper_get(p + 16, 4);
	d->ut->domain = (uint32_t)upper_get(p + 20, 4);
	d->ut->chip = upper_get(p + 24, 8);
	return 0;
}

int wc_ut_open(struct wc_dut *d, const char *url, char *err, size_t errlen)
{
	struct wc_way way = { .kind = WC_WAY_CALL, .fd = -1 };

	d->ut = NULL;
	if (!url && !d->port->ops->upper)
		return 0;
	if (url && !wc_way_open(&way, url)) {
		snprintf(err, errlen, "%s: no upper tester there (%s): give " WC_WAYS
			 " of one that runs", url, strerror(errno));
		return -ENOTCONN;
	}
	d->ut = calloc(1, sizeof(*d->ut));
	if (!d->ut) {
		snprintf(err, errlen, "out of memory");
		return -ENOMEM;
	}
	d->ut->way = way;
	if (!query(d))
		return 0;
	wc_ut_close(d);
	if (!url)
		return 0;	/* the object has the call, but not this device */
	snprintf(err, errlen, "%s: does not answer QUERY as an upper tester of version %u does",
		 url, UPPER_ABI);
	return -EPROTO;
}

void wc_ut_close(struct wc_dut *d)
{
	if (d->ut && d->ut->way.kind != WC_WAY_CALL)
		wc_way_close(&d->ut->way);
	free(d->ut);
	d->ut = NULL;
}
