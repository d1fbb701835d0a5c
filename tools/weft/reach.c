/* SPDX-License-Identifier: BSD-2-Clause */
/* One endpoint, one operation at a time.  See reach.h. */
#include "tools/weft/reach.h"

#include <string.h>

#include "tools/weft/out.h"

void reach_opts(struct opt table[REACH_OPTS], struct reach *r)
{
	const struct opt rows[REACH_OPTS] = {
		OPT_IN(NUM, 0, "service", &r->service, "N", 1, UINT32_MAX,
		       "service to connect to; 1, the chip service"),
		OPT_STOP,
	};

	memcpy(table, rows, sizeof(rows));
}

int reach_open(struct reach *r, const char *to)
{
	int mode = net_mode(&r->net), ret;
	struct weft_ep_opts o = { .domain = (uint32_t)r->net.domain, .domain_given = 1,
				  .mode = (uint8_t)(mode < 0 ? 0 : mode) };

	if (mode < 0)
		return EXIT_BAD_USAGE;
	ret = net_open(&r->net, to, &r->port);
	if (ret)
		return ret;
	ret = weft_connect(r->port, to, (uint32_t)(r->service ? r->service : WEFT_SERVE_CHIP), &o,
			   &r->ep);
	if (!ret)
		ret = weft_connect_wait(r->ep, r->net.timeout_ns);
	if (!ret)
		return EXIT_OK;
	ret = net_fail(r->port, ret);
	weft_close(r->port);
	return ret;
}

void reach_close(struct reach *r)
{
	net_stats(&r->net, r->port, NULL);
	weft_close(r->port);
}

int reach_window(struct reach *r, uint32_t key, uint64_t addr, uint64_t len,
		 struct weft_window **w)
{
	int err = weft_window_bind(r->ep, key, addr, len, NULL, w);

	if (!err)
		err = weft_window_wait(*w, r->net.timeout_ns);
	return err ? net_fail(r->port, err) : EXIT_OK;
}

int reach_next(struct weft_port *port, struct weft_cq *cq, uint64_t timeout_ns,
	       struct weft_completion *c)
{
	uint64_t end = weft_now(port) + timeout_ns;
	int n;

	while ((n = weft_cq_wait(cq, c, 1, timeout_ns)) == 0 && weft_now(port) < end)
		;
	if (n < 0)
		return net_fail(port, n);
	if (!n) {
		out_error("nothing within %llu ms",
			  (unsigned long long)(timeout_ns / WEFT_MSEC));
		return EXIT_NO_CHIP;
	}
	if (c->status == WEFT_ST_OK)
		return EXIT_OK;
	out_error("%s: %s: %s", weft_op_name(c->op), weft_st_name(c->status),
		  weft_st_text(c->status));
	return c->status >= WEFT_ST_FLUSHED ? EXIT_NO_CHIP : EXIT_FAILED;
}

int reach_done(struct reach *r, int err, struct weft_completion *c)
{
	return err ? net_fail(r->port, err) :
		     reach_next(r->port, weft_ep_cq(r->ep), r->net.timeout_ns, c);
}
