/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `dcqcn`, after Y. Zhu et al., "Congestion Control for Large-Scale RDMA Deployments", SIGCOMM
 * 2015: a rate.  A mark cuts it by half of an estimate of how often marks come; a timer and a
 * count of packets raise it again, first halfway back to what it was, then by steps, then by
 * growing steps (WEFT-CC-030 to -034).  Here the receiver's notification is the count of marks
 * in acknowledgements.  For networks that lose, loss and trimming count as marks; after a
 * timeout the window is one packet and opens again with what is acknowledged.
 */
#include "core/cc.h"

#define CUT_NS		50000u		/* at most one cut in this time */
#define TIMER_NS	55000u		/* alpha decays, and the rate is raised, this often */
#define COUNT_PKTS	2560u		/* and after so many packets: 10 MiB of 4 KiB */
#define FAST_STEPS	5u		/* raises that go halfway back */
#define ALPHA_ONE	65536u
#define ALPHA_SHIFT	8		/* g = 1/256 */
#define ADD_SHIFT	10		/* a step is the link's rate / 1024 */
#define HYPER_SHIFT	7		/* a growing one / 128 */
#define LEAST_SHIFT	12		/* the least rate is the link's / 4096 */
#define LINK_KBPS	100000000u	/* of a link that is not known */
#define CATCH_UP	64		/* timer steps at one call, at most */

static uint32_t steps_up(uint32_t x)
{
	return x < 255 ? x + 1 : 255;
}

/* WEFT-CC-032 */
static void raise_rate(struct weft_cc *cc)
{
	struct cc_dcqcn *s = &cc->u.dcqcn;
	uint32_t most = s->by_time > s->by_count ? s->by_time : s->by_count;
	uint32_t least = s->by_time < s->by_count ? s->by_time : s->by_count;
	uint64_t target = s->target;

	if (least > FAST_STEPS)
		target += (uint64_t)(cc->link_kbps >> HYPER_SHIFT) * (least - FAST_STEPS);
	else if (most > FAST_STEPS)
		target += cc->link_kbps >> ADD_SHIFT;
	s->target = target < cc->link_kbps ? (uint32_t)target : cc->link_kbps;
	s->rate = (uint32_t)(((uint64_t)s->rate + s->target) / 2);
	cc_set_rate(cc, s->rate);
}

static void on_tick(struct weft_cc *cc, weft_time now)
{
	struct cc_dcqcn *s = &cc->u.dcqcn;
	int n = 0;

	if (!s->last_cut)
		return;
	while (s->alpha_at <= now && n++ < CATCH_UP) {
		s->alpha -= s->alpha >> ALPHA_SHIFT;
		s->alpha_at += TIMER_NS;
	}
	if (s->alpha_at <= now)
		s->alpha_at = now + TIMER_NS;
	for (n = 0; s->raise_at <= now && n < CATCH_UP; n++) {
		s->by_time = (uint8_t)steps_up(s->by_time);
		raise_rate(cc);
		s->raise_at += TIMER_NS;
	}
	if (s->raise_at <= now)
		s->raise_at = now + TIMER_NS;
}

/* WEFT-CC-030, WEFT-CC-031 */
static void cut(struct weft_cc *cc, weft_time now)
{
	struct cc_dcqcn *s = &cc->u.dcqcn;
	uint32_t least = cc->link_kbps >> LEAST_SHIFT;

	if (s->last_cut && now - s->last_cut < CUT_NS)
		return;
	s->target = s->rate;
	s->rate -= (uint32_t)((uint64_t)s->rate * s->alpha / (2 * ALPHA_ONE));
	if (s->rate < least)		/* WEFT-CC-033 */
		s->rate = least;
	s->alpha += (ALPHA_ONE - s->alpha) >> ALPHA_SHIFT;
	s->by_time = s->by_count = 0;
	s->pkts = 0;
	s->last_cut = now;
	s->alpha_at = s->raise_at = now + TIMER_NS;
	cc_set_rate(cc, s->rate);
}

static enum cc_path on_ack(struct weft_cc *cc, const struct cc_ack *ack, weft_time now)
{
	struct cc_dcqcn *s = &cc->u.dcqcn;

	cc_reopen(cc, ack->pkts, cc->max);
	on_tick(cc, now);
	if (ack->marked) {
		cut(cc, now);
		return CC_PATH_STAY;	/* WEFT-CC-034 */
	}
	s->pkts += ack->pkts;
	if (s->last_cut && s->pkts >= COUNT_PKTS) {
		s->pkts = 0;
		s->by_count = (uint8_t)steps_up(s->by_count);
		raise_rate(cc);
	}
	return CC_PATH_STAY;
}

static void on_loss(struct weft_cc *cc, uint32_t pkts, uint64_t srtt_ns, weft_time now)
{
	(void)pkts;
	(void)srtt_ns;
	on_tick(cc, now);
	cut(cc, now);
}

static void on_timeout(struct weft_cc *cc, weft_time now)
{
	on_tick(cc, now);
	cut(cc, now);
	cc_set(cc, CC_ONE);		/* WEFT-CC-002 */
}

/* It begins at the link's rate, and nothing else holds it back. */
static void init(struct weft_cc *cc)
{
	struct cc_dcqcn *s = &cc->u.dcqcn;

	if (!cc->link_kbps)
		cc->link_kbps = LINK_KBPS;
	cc->cwnd = cc->max;
	s->rate = s->target = cc->link_kbps;
	s->alpha = ALPHA_ONE;
	cc_set_rate(cc, s->rate);
}

const struct cc_ops cc_dcqcn = { .on_ack = on_ack, .on_loss = on_loss, .on_trim = on_loss,
				 .on_timeout = on_timeout, .on_tick = on_tick, .init = init };
