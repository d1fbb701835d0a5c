// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Whoever has something for a shard rings its bell, and the processor that rang takes the shard's
 * turn: in the same softirq that brings packets (NAPI), after the packets of a burst.  So a turn
 * waits for no other softirq and for no thread, and of two processors with work for one shard none
 * waits for the other: the one that has the lock takes another turn.  Where there is more to do
 * than softirqs may, a worker takes the turns for a while: see turn.c.
 */
#include "kernel/inner.h"

struct weftk_bell {			/* of a processor */
	struct napi_struct napi;
	struct irq_work irq;
	unsigned long rung;		/* a bit for each shard */
	struct weftk_dev *dev;
};

/* Bottom halves off, or in an interrupt. */
static void ring(struct weftk_shard *sh)
{
	struct weftk_bell *b = this_cpu_ptr(sh->dev->bells);

	set_bit((int)sh->number, &b->rung);
	napi_schedule(&b->napi);
}

/* Nothing that the caller holds is taken in a turn: ring()'s softirq would be the same here. */
static void at_once(struct weftk_shard *sh)
{
	if (WEFTK_NAPI_WAITS)
		weftk_shard_take(sh);
	else
		ring(sh);
}

static void ring_by_irq(struct irq_work *irq)
{
	napi_schedule(&container_of(irq, struct weftk_bell, irq)->napi);
}

void weftk_shard_raise(struct weftk_shard *sh)
{
	struct weftk_bell *b;

	if (READ_ONCE(sh->laden)) {
		queue_work(weftk_turns, &sh->work);
	} else if (!in_task() || softirq_count()) {
		ring(sh);
	} else if (irqs_disabled()) {	/* no softirq follows by itself */
		b = this_cpu_ptr(sh->dev->bells);
		set_bit((int)sh->number, &b->rung);
		irq_work_queue(&b->irq);
	} else {
		local_bh_disable();
		at_once(sh);
		local_bh_enable();
	}
}

/* Bottom halves off.  Where NAPI would wait, a turn for each packet is the lesser evil. */
void weftk_shard_hurry(struct weftk_shard *sh)
{
	if (!READ_ONCE(sh->laden) && in_serving_softirq() && skb_queue_len_lockless(&sh->rx) == 1)
		at_once(sh);
	else
		weftk_shard_raise(sh);
}

/* ---- Turns -------------------------------------------------------------------------- */

u32 weftk_shard_take(struct weftk_shard *sh)
{
	u32 n;

	weftk_pass_on(sh);
	xchg(&sh->wanted, true);
	if (!spin_trylock(&sh->lock))
		return 0;		/* whoever has it sees `wanted` as he leaves */
	n = weftk_turn(sh);
	weftk_shard_unlock(sh);
	return n;
}

void weftk_shard_unlock(struct weftk_shard *sh)
{
	spin_unlock(&sh->lock);
	smp_mb();			/* pairs with xchg() of who did not get the lock */
	if (READ_ONCE(sh->wanted) && !READ_ONCE(sh->stopped))
		weftk_shard_raise(sh);
}

void weftk_shard_unlock_bh(struct weftk_shard *sh)
{
	weftk_shard_unlock(sh);
	local_bh_enable();
}

static int poll(struct napi_struct *napi, int budget)
{
	struct weftk_bell *b = container_of(napi, struct weftk_bell, napi);
	struct weftk_dev *dev = b->dev;
	u32 i, n = 1;

	for (i = 0; i < dev->n_shards; i++)
		if (test_and_clear_bit((int)i, &b->rung))
			n += weftk_shard_take(dev->shards[i]);
	if (READ_ONCE(b->rung))
		return budget;
	n = min(n, (u32)max(budget - 1, 0));
	napi_complete_done(napi, (int)n);
	return (int)n;
}

/* ---- Life --------------------------------------------------------------------------- */

int weftk_bells_init(struct weftk_dev *dev)
{
	struct weftk_bell *b;
	int cpu;

	BUILD_BUG_ON(WEFTK_SHARDS_MAX > BITS_PER_LONG);
	dev->bells = alloc_percpu(struct weftk_bell);
	if (!dev->bells)
		return -ENOMEM;
	init_dummy_netdev(&dev->home);
	for_each_possible_cpu(cpu) {
		b = per_cpu_ptr(dev->bells, cpu);
		b->dev = dev;
		init_irq_work(&b->irq, ring_by_irq);
		netif_napi_add(&dev->home, &b->napi, poll);
		napi_enable(&b->napi);
	}
	return 0;
}

/* No turn is being taken by softirq. */
void weftk_bells_rest(struct weftk_dev *dev)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		irq_work_sync(&per_cpu_ptr(dev->bells, cpu)->irq);
		napi_synchronize(&per_cpu_ptr(dev->bells, cpu)->napi);
	}
}

void weftk_bells_fini(struct weftk_dev *dev)
{
	struct weftk_bell *b;
	int cpu;

	for_each_possible_cpu(cpu) {
		b = per_cpu_ptr(dev->bells, cpu);
		irq_work_sync(&b->irq);
		napi_disable(&b->napi);
		__netif_napi_del(&b->napi);
	}
	synchronize_net();
	free_percpu(dev->bells);
}
