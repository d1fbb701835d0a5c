// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Makes the n-th allocation under a module fail, on a stock kernel without fault injection: probes
 * on the kernel's allocators return NULL instead of running.  For tests alone; not installed.
 *
 * Two ways to get everywhere: nth = 1, 2, 3 ... until none is left; or, where a call allocates only
 * at times or in many steps, fresh and stay: nth = 1 until every call has failed once, for good.
 *
 * Counted are the allocations of a task with a function of the module on its stack: the module's
 * own, and those that the kernel makes for it.  Load it before that module.  What is tried and
 * expected is allocfail.sh's.
 */
#include <linux/jhash.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/stacktrace.h>

#define DEPTH 64
#define SITES 256		/* of the module, that have failed once */

static char *target = "weft";
module_param(target, charp, 0444);
MODULE_PARM_DESC(target, "module under test");
static bool everyone;
module_param(everyone, bool, 0644);
MODULE_PARM_DESC(everyone, "allocations of all tasks and of softirqs count, not only of who armed");
static int depth = DEPTH;
module_param(depth, int, 0644);
MODULE_PARM_DESC(depth, "calls from the module down to the allocator, at most; 1: its own only");
static bool fresh;
module_param(fresh, bool, 0644);
MODULE_PARM_DESC(fresh, "only calls of the module that have not failed yet count");
static bool stay;
module_param(stay, bool, 0644);
MODULE_PARM_DESC(stay, "what has failed goes on failing until disarmed: no second try helps");
static int seen;
module_param(seen, int, 0444);
MODULE_PARM_DESC(seen, "allocations counted since it was armed");
static int hits;
module_param(hits, int, 0444);
MODULE_PARM_DESC(hits, "allocations failed since it was armed");

static DEFINE_SPINLOCK(lock);	/* what follows, seen and hits */
static int nth;			/* 0: not armed */
static pid_t who;
static char site[KSYM_SYMBOL_LEN];	/* who in the module asked for what failed last */
static u32 failed[SITES], n_failed;	/* hashes of such sites: addresses change as it is loaded */
static u32 stuck;			/* of one that stays; 0: none */
static struct module *module;	/* NULL: not loaded */

/* Where a probed function goes instead: back to its caller. */
void failnth_return(void);
asm(".text\n"
    ".type failnth_return, @function\n"
    "failnth_return:\n"
    ANNOTATE_NOENDBR "\n"
    ASM_RET
    ".size failnth_return, .-failnth_return\n");

/* The innermost frame in the module under test; 0: none, or it is further than wanted. */
static unsigned long caller(const struct pt_regs *regs)
{
	const unsigned long asked = *(const unsigned long *)regs->sp;	/* where it returns to */
	const struct module *of = READ_ONCE(module);
	unsigned long frames[DEPTH];
	unsigned int n, i, calls = 0;

	n = of ? stack_trace_save(frames, DEPTH, 0) : 0;
	for (i = 0; i < n && (int)calls < depth; i++) {
		calls += calls || frames[i] == asked;
		if (calls && within_module(frames[i], of))
			return frames[i];
	}
	return 0;
}

static bool counts(void)
{
	return everyone ? !in_hardirq() : in_task() && current->pid == READ_ONCE(who);
}

static bool has_failed(u32 hash)
{
	u32 i;

	for (i = 0; i < n_failed; i++) {
		if (failed[i] == hash)
			return true;
	}
	return false;
}

/* Of an allocation for the call named in text.  With the lock. */
static bool chosen(const char *text)
{
	u32 hash = jhash(text, strlen(text), 1);
	bool known = has_failed(hash);

	if (!nth)
		return false;
	if (stuck)
		return hash == stuck;
	if ((fresh && known) || ++seen != nth)
		return false;
	strscpy(site, text, sizeof(site));
	if (!known && n_failed < SITES)
		failed[n_failed++] = hash;
	stuck = stay ? hash : 0;
	return true;
}

static bool due(const struct pt_regs *regs)
{
	static char text[KSYM_SYMBOL_LEN];	/* with the lock */
	unsigned long at, flags;
	bool now;

	if (!READ_ONCE(nth) || !counts())
		return false;
	at = caller(regs);
	if (!at)
		return false;
	spin_lock_irqsave(&lock, flags);
	sprint_symbol(text, at);
	now = chosen(text);
	hits += now;
	spin_unlock_irqrestore(&lock, flags);
	return now;
}

static int before(struct kprobe *probe, struct pt_regs *regs)
{
	if (!due(regs))
		return 0;
	regs->ax = 0;
	regs->ip = (unsigned long)failnth_return;
	return 1;
}

/* Of both kernels; those that a kernel lacks are left out. */
static const char *const names[] = {
	"__kmalloc", "__kmalloc_node", "__kmalloc_node_track_caller", "kmalloc_large",
	"kmalloc_large_node", "kmalloc_node_trace", "kmalloc_trace", "kmem_cache_alloc",
	"kmem_cache_alloc_lru", "kmem_cache_alloc_node", "kvmalloc_node", "vmalloc_user", "vzalloc",
	"__alloc_pages", "__alloc_percpu", "__alloc_percpu_gfp",
	"__kmalloc_noprof", "__kmalloc_node_noprof", "__kmalloc_node_track_caller_noprof",
	"__kmalloc_large_noprof", "__kmalloc_large_node_noprof", "__kmalloc_cache_noprof",
	"__kmalloc_cache_node_noprof", "kmem_cache_alloc_noprof", "kmem_cache_alloc_lru_noprof",
	"kmem_cache_alloc_node_noprof", "__kvmalloc_node_noprof", "vmalloc_user_noprof",
	"vzalloc_noprof", "__alloc_pages_noprof", "pcpu_alloc_noprof",
};
static struct kprobe probes[ARRAY_SIZE(names)];

static int arm(const char *text, const struct kernel_param *param)
{
	unsigned long flags;
	int value, err = kstrtoint(text, 0, &value);

	if (err || value < 0)
		return -EINVAL;
	spin_lock_irqsave(&lock, flags);
	if (value) {
		WRITE_ONCE(who, current->pid);
		seen = 0;
		hits = 0;
		site[0] = '\0';
		stuck = 0;
	}
	WRITE_ONCE(nth, value);
	spin_unlock_irqrestore(&lock, flags);
	return 0;
}

static int armed(char *text, const struct kernel_param *param)
{
	return sysfs_emit(text, "%d\n", nth);
}
static const struct kernel_param_ops nth_ops = { .set = arm, .get = armed };
module_param_cb(nth, &nth_ops, NULL, 0644);
MODULE_PARM_DESC(nth, "arm: this allocation of the task that writes it fails; 0: none");

static int where(char *text, const struct kernel_param *param)
{
	return sysfs_emit(text, "%s\n", site);
}
static const struct kernel_param_ops site_ops = { .get = where };
module_param_cb(site, &site_ops, NULL, 0444);
MODULE_PARM_DESC(site, "who asked for what failed last");

static int on_module(struct notifier_block *block, unsigned long event, void *data)
{
	struct module *of = data;

	if (strcmp(of->name, target))
		return NOTIFY_DONE;
	if (event == MODULE_STATE_COMING)
		WRITE_ONCE(module, of);
	else if (event == MODULE_STATE_GOING)
		WRITE_ONCE(module, NULL);
	synchronize_rcu();	/* no probe looks at the old one any more */
	return NOTIFY_DONE;
}
static struct notifier_block notifier = { .notifier_call = on_module };

static int __init failnth_init(void)
{
	unsigned int i, n = 0;
	int err = register_module_notifier(&notifier);

	if (err)
		return err;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		probes[i].symbol_name = names[i];
		probes[i].pre_handler = before;
		if (register_kprobe(&probes[i]))
			probes[i].pre_handler = NULL;
		else
			n++;
	}
	pr_info("failnth: %u allocators\n", n);
	return 0;
}

static void __exit failnth_exit(void)
{
	unsigned int i;

	unregister_module_notifier(&notifier);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (probes[i].pre_handler)
			unregister_kprobe(&probes[i]);
	}
}

module_init(failnth_init);
module_exit(failnth_exit);
MODULE_DESCRIPTION("Allocations of a module under test fail");
MODULE_LICENSE("Dual BSD/GPL");
