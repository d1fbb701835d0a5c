/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An architected queue whose submitter, host and other chip do what the input says: commands sound
 * and spoilt, raw bytes in the ring, any doorbell, keys that die and come back, signals without
 * room, data of another chip that comes late or not at all, the end of the queue.  After each step
 * what must hold is looked at: indices, each command signalled once and by its own word, and no
 * byte changed that no command may write.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/weft.h"
#include "userspace/chip/queue.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DEPTH = 16, MEM = 512, FAR_CHIP = 77, CHIP = 0xa, STEPS = 400 };
/* Regions: the ring itself, which a command may write to as well, two more, and three that no
 * command may write to. */
enum { RING, RW, WO, RO, ALIEN, DEAD, REGIONS };
#define SIG_KEY 9u
#define MUST(x) do { if (!(x)) __builtin_trap(); } while (0)

struct chip_fetch {
	uint32_t len, taken, arrived;
	enum weft_cmd_status st;
	struct chip_fetch *next;
};

static struct fuzz {
	const uint8_t *p;
	size_t left;
	struct chip_queue q;
	struct chip_queue_stats stats;
	struct chip_offer offer;
	struct weft_mr mr[REGIONS];
	uint8_t *mem[REGIONS], *snap[REGIONS];
	size_t len[REGIONS];
	struct chip_fetch *fetches;
	uint64_t bell;
	unsigned room;			/* signals that find room */
	bool gone;			/* the submitter */
	uint64_t signals, lost;
} f;

static uint32_t u8(void)
{
	if (!f.left)
		return 0;
	f.left--;
	return *f.p++;
}

/* ---- the host ----------------------------------------------------------------------- */

static uint8_t *resolve(void *host, uint32_t key, uint32_t need, uint64_t addr, uint64_t len,
			enum weft_status *st)
{
	uint32_t i = key - 0x50;

	(void)host;
	*st = weft_mr_check(i < REGIONS ? &f.mr[i] : NULL, 1, 0, need, addr, len);
	return *st == WEFT_STATUS_OK ? f.mem[i] + (addr - f.mr[i].base) : NULL;
}

static int send_signal(void *host, uint32_t key, uint64_t addr, uint64_t add)
{
	(void)host;
	(void)addr;
	MUST(key);
	MUST((uint32_t)add == 1);
	MUST((add >> 48 != 0) == ((add >> 32 & 0xffff) != 0));
	MUST((add >> 32 & 0xffff) <= WEFT_CMD_STATUS_ABORTED);
	if (f.gone) {
		f.lost++;
		return -ECONNRESET;
	}
	if (!f.room)
		return -EAGAIN;
	f.room--;
	f.signals++;
	return 0;
}

static struct chip_fetch *fetch_open(void *host, uint64_t chip, uint32_t key, uint64_t addr,
				     uint32_t len, enum weft_cmd_status *st)
{
	struct chip_fetch *t = chip == FAR_CHIP ? calloc(1, sizeof(*t)) : NULL;

	(void)host;
	(void)key;
	(void)addr;
	*st = t ? WEFT_CMD_STATUS_OK : WEFT_CMD_STATUS_NO_CHIP;
	if (!t)
		return NULL;
	t->len = len;
	t->next = f.fetches;
	f.fetches = t;
	return t;
}

static size_t fetch_peek(struct chip_fetch *t, const uint8_t **bytes, enum weft_cmd_status *st)
{
	static const uint8_t far[65536];
	uint32_t n = t->arrived - t->taken;

	*bytes = far;
	*st = t->st;
	return t->st == WEFT_CMD_STATUS_OK ? n < sizeof(far) ? n : sizeof(far) : 0;
}

static void fetch_take(struct chip_fetch *t, size_t n)
{
	MUST(n <= t->arrived - t->taken);
	t->taken += (uint32_t)n;
}

static void fetch_close(struct chip_fetch *t)
{
	struct chip_fetch **at = &f.fetches;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	free(t);
}

static const struct chip_queue_ops ops = {
	.resolve = resolve, .signal = send_signal, .fetch_open = fetch_open,
	.fetch_peek = fetch_peek, .fetch_take = fetch_take, .fetch_close = fetch_close,
};

/* Some more bytes of one of them; a multiple of 8 but at the end. */
static void arrive(void)
{
	struct chip_fetch *t = f.fetches;
	uint32_t how = u8();

	for (unsigned i = how % 4; i && t && t->next; i--)
		t = t->next;
	if (!t)
		return;
	if (how >= 0xf0)
		t->st = how & 1 ? WEFT_CMD_STATUS_REMOTE : WEFT_CMD_STATUS_NO_CHIP;
	else
		t->arrived = t->len - t->arrived <= how * 64 ? t->len : t->arrived + how * 64;
}

/* ---- the submitter ------------------------------------------------------------------ */

static struct weft_hdr_command sound(void)
{
	static const uint16_t kernels[] = { WEFT_KERNEL_NOP, WEFT_KERNEL_FILL, WEFT_KERNEL_COPY,
		WEFT_KERNEL_REDUCE, WEFT_KERNEL_CRC32C, WEFT_KERNEL_SHA256, WEFT_KERNEL_GEMM,
		0x8001 };
	uint32_t how = u8(), keys = u8();
	struct weft_hdr_command c = {
		.version = 1, .kernel = kernels[how % 8], .seq = (uint32_t)f.bell,
		.flags = how & 0x80 ? WEFT_CMDFLAGS_BARRIER : 0,
		.signal_key = how & 0x40 ? 0 : SIG_KEY, .signal_addr = 8 * f.bell,
		.src_key = 0x50 + keys % 8, .dst_key = 0x50 + keys / 8 % 8,
		.src_chip = how & 0x20 ? FAR_CHIP : how & 0x10 ? CHIP : 0,
		.src_addr = 8 * u8() % 256, .dst_addr = 8 * u8() % 256, .length = 4 * u8(),
		.op = (uint8_t)(1 + keys % 6), .dtype = (uint8_t)(1 + u8() % 8), .value = 0xee,
	};

	if (c.kernel == WEFT_KERNEL_GEMM)
		c.length = WEFT_HDR_GEMM_LEN;
	return c;
}

static void snap(unsigned i)
{
	memcpy(f.snap[i], f.mem[i], f.len[i]);
}

/* A GEMM's structure somewhere in memory that a command may read. */
static void arguments(void)
{
	uint32_t at = 8 * u8() % (MEM - WEFT_HDR_GEMM_LEN), how = u8();
	struct weft_hdr_gemm g = {
		.a_key = 0x50 + u8() % 6, .b_key = 0x50 + u8() % 6, .m = u8() % 9, .n = u8() % 9,
		.k = u8() % 9, .a_addr = 4 * u8(), .b_addr = 4 * u8(), .flags = how & 1,
	};

	g.lda = g.k + (how >> 1 & 3);
	g.ldb = g.n + (how >> 3 & 3);
	g.ldc = g.n + (how >> 5 & 3);
	if (how & 0x80)
		g.k = g.lda = 0x40000000u << u8() % 3;
	weft_hdr_gemm_pack(f.mem[RW] + at, &g);
	snap(RW);
}

static void ring_bell(uint64_t v)
{
	v = htole64(v);
	memcpy(f.mem[RING] + WEFT_QUEUE_DOORBELL, &v, 8);
}

static void submit(bool spoil)
{
	uint8_t *at = f.mem[RING] + WEFT_QUEUE_RING + f.bell % DEPTH * WEFT_QUEUE_COMMAND;
	struct weft_hdr_command c = sound();

	if (f.bell - f.q.taken >= DEPTH)
		return;
	weft_hdr_command_pack(at, &c);
	for (unsigned i = 0; spoil && i < 2; i++)
		at[u8() % WEFT_QUEUE_COMMAND] = (uint8_t)u8();
	ring_bell(++f.bell);
}

/* Any bytes anywhere in the queue's memory but the read index, which is the chip's. */
static void scribble(void)
{
	uint32_t at = u8() * 5, n = u8() % 16;

	for (; n--; at++)
		if (at < f.len[RING] && (at < WEFT_QUEUE_READ || at >= WEFT_QUEUE_READ + 8))
			f.mem[RING][at] = (uint8_t)u8();
	memcpy(&f.bell, f.mem[RING] + WEFT_QUEUE_DOORBELL, 8);
	f.bell = le64toh(f.bell);
}

/* ---- what must hold ----------------------------------------------------------------- */

static void check(void)
{
	const struct chip_queue *q = &f.q;
	unsigned used = 0;

	MUST(q->begun - q->retired <= q->taken - q->retired);
	MUST(q->taken - q->retired <= CHIP_QUEUE_SLOTS);
	for (unsigned i = 0; i < CHIP_QUEUE_SLOTS; i++) {
		used += q->slot[i].state != CHIP_SLOT_FREE;
		MUST(!q->slot[i].fetch || q->slot[i].state == CHIP_SLOT_RUNNING);
	}
	MUST(used <= q->taken - q->retired);
	MUST(f.stats.signals == f.signals && f.stats.signals_lost == f.lost);
	MUST(f.signals + f.lost + used <= f.stats.commands);
	for (unsigned i = RO; i < REGIONS; i++)		/* nobody may write there */
		MUST(!memcmp(f.snap[i], f.mem[i], f.len[i]));
	for (unsigned i = RW; i < RO; i++)		/* nor here, while it is dead */
		MUST(f.mr[i].alive || !memcmp(f.snap[i], f.mem[i], f.len[i]));
}

static void run(void)
{
	bool stopped = f.q.stopped;

	for (unsigned i = 0; stopped && i < REGIONS; i++)
		snap(i);
	chip_queue_run(&f.q, u8() % 8);
	for (unsigned i = 0; stopped && i < REGIONS; i++)	/* WEFT-ACC-025 */
		MUST(!memcmp(f.snap[i], f.mem[i], f.len[i]));
}

static void kill_or_revive(void)
{
	unsigned i = u8() % RO;

	f.mr[i].alive = !f.mr[i].alive;
	if (!f.mr[i].alive)
		snap(i);
}

/* Everything comes and there is room: all that was taken is signalled, and nothing is left. */
static void settle(void)
{
	unsigned turns = 0;

	f.room = UINT32_MAX;
	chip_queue_stop(&f.q);
	while (!chip_queue_idle(&f.q)) {
		chip_queue_run(&f.q, 1);
		MUST(++turns < 100);
	}
	MUST(!f.fetches);
}

/* ---- steps -------------------------------------------------------------------------- */

static void step(void)
{
	switch (u8() % 16) {
	case 0:
	case 1:
	case 2:
	case 3:
		submit(false);
		break;
	case 4:
		submit(true);
		break;
	case 5:
		scribble();
		break;
	case 6:
		ring_bell(f.bell = f.q.taken + u8() % (DEPTH + 3));
		break;
	case 7:
		arguments();
		break;
	case 8:
	case 9:
	case 10:
		run();
		break;
	case 11:
		arrive();
		break;
	case 12:
		f.room += u8() % 32;
		break;
	case 13:
		kill_or_revive();
		break;
	case 14:
		f.gone = u8() == 0xff;
		break;
	default:
		if (u8() >= 0xf8)
			chip_queue_stop(&f.q);
		break;
	}
	check();
}

static void spread(struct chip_job *job, uint8_t *dst, const uint8_t *src, size_t n)
{
	(void)job;
	for (size_t i = 0; i < n; i++)
		dst[i] = (uint8_t)(src[i] ^ 0x5a);
}

static const struct chip_engine vendor = { .kernel = 0x8001, .src = true, .streams = true,
					   .step = spread };

static void begin(void)
{
	static const uint32_t all = WEFT_MR_READ | WEFT_MR_WRITE | WEFT_MR_ATOMIC;
	static const uint32_t rights[REGIONS] = { all, all, WEFT_MR_WRITE, WEFT_MR_READ, all, all };

	for (unsigned i = 0; i < REGIONS; i++) {
		f.len[i] = i == RING ? chip_queue_bytes(DEPTH) : MEM;
		f.mem[i] = malloc(f.len[i]);
		f.snap[i] = malloc(f.len[i]);
		memset(f.mem[i], i ? (int)i : 0, f.len[i]);
		snap(i);
		f.mr[i] = (struct weft_mr){ .len = f.len[i], .key = 0x50 + i, .rights = rights[i],
			.domain = i == ALIEN ? 2 : 1, .alive = i != DEAD };
	}
	f.offer.standard = ~0u;
	chip_offer_add(&f.offer, &vendor);
	f.room = 4;
	chip_queue_init(&f.q, f.mem[RING], DEPTH, CHIP, &f.offer, &ops, NULL, &f.stats);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	memset(&f, 0, sizeof(f));
	f.p = data;
	f.left = size;
	begin();
	for (unsigned n = 0; f.left && n < STEPS; n++)
		step();
	settle();
	chip_queue_fini(&f.q);
	for (unsigned i = 0; i < REGIONS; i++) {
		free(f.mem[i]);
		free(f.snap[i]);
	}
	return 0;
}
