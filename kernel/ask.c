// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Asking who is at an address: HELLOs that are repeated until answered, on behalf of endpoints that
 * want to connect, and the answers, which are believed for a while.
 */
#include <linux/etherdevice.h>
#include <linux/jhash.h>
#include <linux/slab.h>

#include "kernel/inner.h"

#define FRESH_NS	(10ull * NSEC_PER_SEC)	/* for how long an answer is believed */
#define FIRST_NS	(10ull * NSEC_PER_MSEC)	/* until it is asked again; then doubled */
#define LAST_NS		(250ull * NSEC_PER_MSEC)
#define TRIES		16u			/* questions before nobody is there; 3 s */

static struct hlist_head *bucket(struct weftk_dev *dev, const struct weftk_addr *addr)
{
	u32 h = jhash(addr, sizeof(*addr), 0);

	return &dev->asks[h & (ARRAY_SIZE(dev->asks) - 1)];
}

static struct weftk_ask *find(struct weftk_dev *dev, const struct weftk_addr *addr)
{
	struct weftk_ask *a;

	hlist_for_each_entry(a, bucket(dev, addr), by_addr)
		if (weftk_addr_same(&a->addr, addr))
			return a;
	return NULL;
}

static struct weftk_ask *by_transaction(struct weftk_dev *dev, u32 transaction)
{
	struct weftk_ask *a;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(dev->asks); i++) {
		hlist_for_each_entry(a, &dev->asks[i], by_addr)
			if (!a->answered && a->transaction == transaction)
				return a;
	}
	return NULL;
}

static void forget(struct weftk_dev *dev, struct weftk_ask *a)
{
	hlist_del(&a->by_addr);
	dev->n_asks--;
	kfree(a);
}

static bool make_room(struct weftk_dev *dev)
{
	struct weftk_ask *a, *oldest = NULL;
	u32 i;

	if (dev->n_asks < WEFTK_ASKS)
		return true;
	for (i = 0; i < ARRAY_SIZE(dev->asks); i++) {
		hlist_for_each_entry(a, &dev->asks[i], by_addr)
			if (a->answered && (!oldest || a->at < oldest->at))
				oldest = a;
	}
	if (oldest)
		forget(dev, oldest);
	return oldest;
}

/* ---- Questions ---------------------------------------------------------------------- */

static void send_question(struct weftk_dev *dev, struct weftk_ask *a)
{
	struct weftk_cpu *cpu = this_cpu_ptr(dev->cpu);
	struct weft_hello *q = &cpu->hello;

	*q = dev->self;
	q->h.flags |= WEFT_HELLOFLAGS_REPLY;
	cpu->tx_alone++;
	weftk_send_alone(dev, &a->addr, cpu->out,
			 weft_hello_build(cpu->out, sizeof(cpu->out), q, a->transaction));
}

static void ask_now(struct weftk_dev *dev, struct weftk_ask *a, u64 now)
{
	a->tries++;
	a->next_at = now + a->every_ns;
	a->every_ns = min(a->every_ns * 2, LAST_NS);
	send_question(dev, a);
}

static void begin(struct weftk_dev *dev, struct weftk_ask *a, u64 now)
{
	a->answered = false;
	a->tries = 0;
	a->every_ns = FIRST_NS;
	a->transaction = dev->next_transaction++;
	ask_now(dev, a, now);
	mod_delayed_work(weftk_wq, &dev->ask_work, nsecs_to_jiffies(FIRST_NS) + 1);
}

/* WEFT_STATUS_RETRY_EXCEEDED: is a chip running there, and does the network let it answer? */
static void unanswered(struct weftk_dev *dev, struct weftk_ask *a)
{
	struct weftk_ep *ep, *next;

	list_for_each_entry_safe(ep, next, &a->eps, asking) {
		list_del_init(&ep->asking);
		ep->ask = NULL;
		weftk_ep_unreachable(ep, WEFT_STATUS_RETRY_EXCEEDED);
	}
	forget(dev, a);
}

/* How long until it is looked at again. */
static u64 look(struct weftk_dev *dev, struct weftk_ask *a, u64 now)
{
	if (a->answered)
		return U64_MAX;
	if (a->next_at <= now) {
		if (a->tries >= TRIES) {
			unanswered(dev, a);
			return U64_MAX;
		}
		ask_now(dev, a, now);
	}
	return a->next_at - now;
}

void weftk_ask_work(struct work_struct *work)
{
	struct weftk_dev *dev = container_of(work, struct weftk_dev, ask_work.work);
	u64 now = ktime_get_ns(), next = U64_MAX;
	struct weftk_ask *a;
	struct hlist_node *n;
	u32 i;

	spin_lock_bh(&dev->ask_lock);
	for (i = 0; i < ARRAY_SIZE(dev->asks); i++) {
		hlist_for_each_entry_safe(a, n, &dev->asks[i], by_addr)
			next = min(next, look(dev, a, now));
	}
	spin_unlock_bh(&dev->ask_lock);
	if (next != U64_MAX && !READ_ONCE(dev->stopped))
		queue_delayed_work(weftk_wq, &dev->ask_work, nsecs_to_jiffies(next) + 1);
}

/* WEFT-VRB-007 */
static bool is_believed(struct weftk_dev *dev, const struct weftk_ask *a, u64 now)
{
	return a->answered && now - a->at < FRESH_NS && !weftk_ep_doubted(dev, &a->terms, a->at);
}

/* Who is at the endpoint's address?  It goes on at once if that is known, else later. */
int weftk_ask(struct weftk_ep *ep)
{
	struct weftk_ask *fresh = kzalloc(sizeof(*fresh), GFP_KERNEL), *a;
	struct weftk_dev *dev = ep->dev;
	u64 now = ktime_get_ns();
	int err = 0;

	if (!fresh)
		return -ENOMEM;
	spin_lock_bh(&dev->ask_lock);
	a = find(dev, &ep->addr);
	if (dev->stopped) {
		err = -ENETDOWN;
	} else if (a && is_believed(dev, a, now)) {
		weftk_ep_known(ep, &a->terms);
	} else if (!a && !make_room(dev)) {
		err = -ENOSPC;
	} else {
		if (!a) {
			a = fresh;
			fresh = NULL;
			a->addr = ep->addr;
			a->answered = true;
			INIT_LIST_HEAD(&a->eps);
			hlist_add_head(&a->by_addr, bucket(dev, &a->addr));
			dev->n_asks++;
		}
		/* Its patience is its own (WEFT-VRB-005), whatever others have waited. */
		a->tries = 0;
		if (a->answered || list_empty(&a->eps))
			begin(dev, a, now);
		list_add_tail(&ep->asking, &a->eps);
		ep->ask = a;
	}
	spin_unlock_bh(&dev->ask_lock);
	kfree(fresh);
	return err;
}

/* ---- Answers ------------------------------------------------------------------------ */

bool weftk_asked(struct weftk_dev *dev, u32 transaction)
{
	bool is;

	spin_lock_bh(&dev->ask_lock);
	is = by_transaction(dev, transaction);
	spin_unlock_bh(&dev->ask_lock);
	return is;
}

static bool same_place(const struct weftk_addr *a, const struct weftk_addr *b)
{
	return a->way == b->way && ipv6_addr_equal(&a->remote, &b->remote) &&
	       ether_addr_equal(a->rmac, b->rmac);
}

void weftk_heard(struct weftk_dev *dev, const struct weftk_addr *from, u64 chip)
{
	struct weftk_ask *a;
	u32 i;

	spin_lock_bh(&dev->ask_lock);
	for (i = 0; i < ARRAY_SIZE(dev->asks); i++) {
		hlist_for_each_entry(a, &dev->asks[i], by_addr)
			if (a->answered && a->terms.chip != chip && same_place(&a->addr, from))
				a->at = 0;
	}
	spin_unlock_bh(&dev->ask_lock);
}

static void take(struct weftk_dev *dev, struct weftk_ask *a, const struct weft_hello *hello)
{
	struct weftk_ep *ep, *next;

	a->answered = true;
	a->at = ktime_get_ns();
	a->terms.chip = hello->h.chip_id;
	a->terms.window = hello->h.max_window;
	a->terms.payload = hello->h.max_payload;
	a->terms.disagree = weft_negotiate(&dev->self, hello, &a->terms.agreed);
	list_for_each_entry_safe(ep, next, &a->eps, asking) {
		list_del_init(&ep->asking);
		ep->ask = NULL;
		weftk_ep_known(ep, &a->terms);
	}
}

bool weftk_answered(struct weftk_dev *dev, u32 transaction, const struct weft_hello *hello,
		    const struct weftk_addr *from)
{
	struct weftk_ask *a = NULL;

	spin_lock_bh(&dev->ask_lock);
	if (hello->h.chip_id)
		a = by_transaction(dev, transaction);
	if (a && a->addr.way != from->way)
		a = NULL;
	if (a)
		take(dev, a, hello);
	spin_unlock_bh(&dev->ask_lock);
	return a;
}

void weftk_asks_fini(struct weftk_dev *dev)
{
	struct weftk_ask *a;
	struct hlist_node *n;
	u32 i;

	cancel_delayed_work_sync(&dev->ask_work);
	for (i = 0; i < ARRAY_SIZE(dev->asks); i++) {
		hlist_for_each_entry_safe(a, n, &dev->asks[i], by_addr)
			forget(dev, a);
	}
}
