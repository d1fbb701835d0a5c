// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The turn of a shard: packets that arrived, endpoints with new work, timers, actions, packets to
 * send, the next deadline.  Decides how much is done before others may use the processor: a turn
 * has a budget of packets and of time.  A shard that leaves something when its time is up is laden:
 * its turns are a worker's until one of them finds nothing.  In softirq they would soon be
 * ksoftirqd's, which shares the processor evenly with who polls it for completions, and before 6.4
 * keeps every packet of the host waiting meanwhile.  Who takes a turn when is bell.c's.
 */
#include <linux/sched.h>

#include "kernel/inner.h"

#define RX_BUDGET	64u	/* packets taken in a turn */
#define TX_BUDGET	64u	/* and sent */
#define KICK_BUDGET	64u	/* endpoints looked at */
#define TIMER_BUDGET	64u
#define WORK_BUDGET	8u	/* times WEFTK_ACTS actions of a context */
#define LOOK_EVERY	8u	/* packets, at the clock */
#define TURN_NS	(500 * NSEC_PER_USEC)	/* a quarter of what softirqs may take in a row */
#define OVERRUNS	8u	/* short turns in a row that left something: laden all the same */
#define LONG_NS		(TICK_NSEC / 8)	/* to wait, and the kernel's tick will do */
#define LONGEST_NS	(60 * NSEC_PER_SEC)	/* then it is looked at again */

/* ---- Timers ------------------------------------------------------------------------- */

void weftk_timer_stop(struct weftk_shard *sh, struct weftk_timer *t)
{
	if (t->on)
		timerqueue_del(&sh->timers, &t->node);
	t->on = false;
}

void weftk_timer_set(struct weftk_shard *sh, struct weftk_timer *t, u64 due)
{
	if (t->on && (u64)t->node.expires == due)
		return;
	weftk_timer_stop(sh, t);
	if (due == WEFT_NEVER)
		return;
	timerqueue_init(&t->node);
	t->node.expires = (ktime_t)min_t(u64, due, KTIME_MAX);
	timerqueue_add(&sh->timers, &t->node);
	t->on = true;
}

/* Those that are due; true: there are more. */
static bool fire(struct weftk_shard *sh)
{
	struct timerqueue_node *node;
	u32 n = 0;

	while ((node = timerqueue_getnext(&sh->timers)) && (u64)node->expires <= sh->now) {
		struct weftk_timer *t = container_of(node, struct weftk_timer, node);

		if (n++ == TIMER_BUDGET)
			return true;
		weftk_timer_stop(sh, t);
		t->fire(sh, t, sh->now);
	}
	return false;
}

/*
 * The kernel's tick serves what waits long, as it does TCP's timers: to set an hrtimer costs a
 * write to the hardware (in a guest, a call of its host), and again when it fires for nothing,
 * which in an exchange of messages is nearly always.
 */
static void arm(struct weftk_shard *sh)
{
	struct timerqueue_node *node = timerqueue_getnext(&sh->timers);
	unsigned long at;
	u64 wait;

	if (!node || sh->stopped)
		return;
	if (hrtimer_is_queued(&sh->hrtimer) &&
	    hrtimer_get_expires(&sh->hrtimer) <= node->expires &&
	    hrtimer_get_expires(&sh->hrtimer) > (ktime_t)sh->now)
		return;		/* an early call does no harm */
	wait = (u64)node->expires > sh->now ? (u64)node->expires - sh->now : 0;
	if (wait < LONG_NS) {
		hrtimer_start(&sh->hrtimer, node->expires, HRTIMER_MODE_ABS_SOFT);
		return;
	}
	at = jiffies + 1 + nsecs_to_jiffies(min_t(u64, wait, LONGEST_NS));
	if (!timer_pending(&sh->ticks) || time_before(at, sh->ticks.expires))
		mod_timer(&sh->ticks, at);
}

static enum hrtimer_restart timer_fired(struct hrtimer *t)
{
	weftk_shard_take(container_of(t, struct weftk_shard, hrtimer));
	return HRTIMER_NORESTART;
}

static void ticked(struct timer_list *t)
{
	weftk_shard_take(container_of(t, struct weftk_shard, ticks));
}

/* ---- Whose turn --------------------------------------------------------------------- */

void weftk_activate(struct weftk_ctx *ctx)
{
	if (list_empty(&ctx->active))
		list_add_tail(&ctx->active, &ctx->shard->active);
}

static bool time_is_up(const struct weftk_shard *sh)
{
	return ktime_get_ns() - sh->now > TURN_NS;
}

static u32 receive(struct weftk_shard *sh)
{
	struct sk_buff *skb;
	u32 n = 0, looked = 0;

	while (n < RX_BUDGET && (skb = skb_dequeue(&sh->rx))) {
		n += weftk_door(sh, skb);
		if (n - looked < LOOK_EVERY)
			continue;
		if (time_is_up(sh))
			break;
		looked = n;
	}
	return n;
}

/* Endpoints with something in their send queues. */
static void pull(struct weftk_shard *sh)
{
	struct weftk_ep *ep;
	unsigned long flags;
	u32 n = 0;

	do {
		spin_lock_irqsave(&sh->kick_lock, flags);
		ep = list_first_entry_or_null(&sh->kicks, struct weftk_ep, kicked);
		if (ep)
			list_del_init(&ep->kicked);
		spin_unlock_irqrestore(&sh->kick_lock, flags);
		smp_mb();	/* pairs with kick() in ep.c: off the list, then look */
		if (ep)
			weftk_ep_pull(ep);
	} while (ep && ++n < KICK_BUDGET);
}

/* True: it has more to do before it may send. */
static bool work(struct weftk_ctx *ctx)
{
	struct weftk_shard *sh = ctx->shard;
	u32 rounds = 0;
	size_t n, i;

	while ((n = weft_work(ctx->pdc, sh->acts, WEFTK_ACTS, sh->now))) {
		for (i = 0; i < n; i++)
			weftk_act(ctx, &sh->acts[i], NULL, 0);
		if (++rounds == WORK_BUDGET)
			return true;
	}
	return false;
}

/* Sending may be the end of a context; its last events come in another turn. */
static bool has_ended(const struct weftk_ctx *ctx)
{
	enum weft_pdc_state s = weft_pdc_state(ctx->pdc);

	return !ctx->over && (s == WEFT_PDC_STATE_CLOSED || s == WEFT_PDC_STATE_FAILED);
}

/* What a context has, as far as the budget goes, a batch at least.  True: it may have more. */
static bool transmit(struct weftk_ctx *ctx, u32 *sent)
{
	struct weftk_shard *sh = ctx->shard;
	bool more = false;
	size_t n, i;
	u32 want;

	do {
		want = min(WEFTK_TXD, TX_BUDGET - *sent);
		n = weft_tx(ctx->pdc, sh->txd, want, sh->now);
		for (i = 0; i < n; i++)
			more |= !weftk_send_txd(ctx, &sh->txd[i]);
		*sent += (u32)n;
	} while (n == want && *sent < TX_BUDGET && !time_is_up(sh));
	weftk_send_flush(ctx);
	return more || n == want || has_ended(ctx);
}

/* Each active context in turn, until there are none or the budget is used. */
static u32 serve(struct weftk_shard *sh)
{
	LIST_HEAD(more);
	u32 sent = 0, looked = 0;

	while (!list_empty(&sh->active) && sent < TX_BUDGET) {
		struct weftk_ctx *ctx = list_first_entry(&sh->active, struct weftk_ctx, active);

		list_del_init(&ctx->active);
		if (work(ctx) || transmit(ctx, &sent)) {
			list_del_init(&ctx->active);
			list_add_tail(&ctx->active, &more);
		} else if (list_empty(&ctx->active)) {
			weftk_ctx_settle(ctx);
		}
		if (sent - looked >= LOOK_EVERY) {
			if (time_is_up(sh))
				break;
			looked = sent;
		}
	}
	list_splice_tail(&more, &sh->active);
	return sent;
}

static bool is_more(struct weftk_shard *sh)
{
	return !list_empty(&sh->active) || !skb_queue_empty_lockless(&sh->rx) ||
	       !skb_queue_empty_lockless(&sh->lone) || !list_empty_careful(&sh->kicks);
}

/* After a turn that did n things. */
static void see_to_next(struct weftk_shard *sh, u32 n, bool more)
{
	if (!more && !(sh->laden && n)) {
		sh->overruns = 0;
		WRITE_ONCE(sh->laden, false);
	} else if (sh->stopped) {
		return;
	} else if (sh->laden || time_is_up(sh) || ++sh->overruns >= OVERRUNS) {
		WRITE_ONCE(sh->laden, true);
		queue_work(weftk_turns, &sh->work);
	} else {
		weftk_shard_raise(sh);
	}
}

u32 weftk_turn(struct weftk_shard *sh)
{
	bool late;
	u32 n;

	xchg(&sh->wanted, false);	/* then look at what there is */
	sh->now = ktime_get_ns();
	n = receive(sh);
	pull(sh);
	late = fire(sh);
	n += serve(sh);
	arm(sh);
	see_to_next(sh, n, late || is_more(sh));
	return n;
}

void weftk_pass_on(struct weftk_shard *sh)
{
	struct sk_buff *skb;
	u32 n = 0;

	while (n++ < RX_BUDGET && (skb = skb_dequeue(&sh->lone)))
		weftk_arrived(sh->dev, skb);
}

static void no_work(struct tasklet_struct *t)
{
}

/*
 * A turn at a time, so that packets, and who is more urgent, get the processor between them.
 * Before 6.4 all softirqs wait for ksoftirqd once it has been woken, and it for its share beside
 * who polls, but not while a tasklet is due: with one that does nothing the packets of the host are
 * served here, as later kernels do (without: 29 MB/s instead of 40 between two guests).
 */
static void by_worker(struct work_struct *work)
{
	struct weftk_shard *sh = container_of(work, struct weftk_shard, work);

	local_bh_disable();
	weftk_shard_take(sh);
	if (WEFTK_NAPI_WAITS)
		tasklet_schedule(&sh->due);
	local_bh_enable();
	cond_resched();
}

/* ---- Life --------------------------------------------------------------------------- */

int weftk_shard_init(struct weftk_shard *sh, struct weftk_dev *dev, u32 number)
{
	u32 i;

	sh->dev = dev;
	sh->number = number;
	spin_lock_init(&sh->lock);
	spin_lock_init(&sh->kick_lock);
	skb_queue_head_init(&sh->rx);
	skb_queue_head_init(&sh->lone);
	INIT_LIST_HEAD(&sh->kicks);
	INIT_LIST_HEAD(&sh->active);
	timerqueue_init_head(&sh->timers);
	for (i = 0; i < ARRAY_SIZE(sh->peers); i++)
		INIT_HLIST_HEAD(&sh->peers[i]);
	INIT_WORK(&sh->work, by_worker);
	tasklet_setup(&sh->due, no_work);
	timer_setup(&sh->ticks, ticked, 0);
	hrtimer_init(&sh->hrtimer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_SOFT);
	sh->hrtimer.function = timer_fired;
	return 0;
}

/* The peer is told, as far as one packet does, and everybody here. */
static void abort_all(struct weftk_shard *sh)
{
	struct weftk_peer *p;
	struct weftk_ctx *c;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(sh->peers); i++) {
		hlist_for_each_entry(p, &sh->peers[i], by_chip) {
			list_for_each_entry(c, &p->ctxs, of_peer) {
				c->closing = true;
				weft_pdc_abort(c->pdc, WEFT_STATUS_DISCONNECTED, true);
				weftk_activate(c);
			}
		}
	}
}

static void cancel_timers(struct weftk_shard *sh)
{
	hrtimer_cancel(&sh->hrtimer);
	weftk_timer_end(&sh->ticks);
}

/* No worker takes turns any more. */
static void end_work(struct weftk_shard *sh)
{
	cancel_work_sync(&sh->work);
	tasklet_kill(&sh->due);
}

/* Nothing arrives any more. */
void weftk_shard_stop(struct weftk_shard *sh)
{
	skb_queue_purge(&sh->rx);
	skb_queue_purge(&sh->lone);
	spin_lock_bh(&sh->lock);
	abort_all(sh);
	WRITE_ONCE(sh->stopped, true);
	spin_unlock_bh(&sh->lock);
	do {		/* a context yields its end in a few turns, its streams' first */
		spin_lock_bh(&sh->lock);
		weftk_turn(sh);
		spin_unlock_bh(&sh->lock);
		cond_resched();
	} while (is_more(sh));
	cancel_timers(sh);
	end_work(sh);
	weftk_bells_rest(sh->dev);
	skb_queue_purge(&sh->rx);
	skb_queue_purge(&sh->lone);
}

void weftk_shard_fini(struct weftk_shard *sh)
{
	cancel_timers(sh);
	end_work(sh);
	weftk_peers_fini(sh);
}
