/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which path the next packet takes.  RUD spreads packets by one of three rules: in turn, least
 * marked, or recycled, after T. Bonato et al., "REPS: Recycled Entropy Packet Spraying for
 * Adaptive Load Balancing and Failure Mitigation" (2024).  ROD stays on one path and leaves it
 * after a timeout (WEFT-CC-006).  What a path's state does to it is here too; probes are
 * probe.c's, ports ports.c's.
 */
#include "core/pdc.h"

#define LOSSES_SUSPECT 3
#define DENIED_RTTS 64
#define OTHER_TRIES 4
#define FRESH_TRIES 4		/* kept entropies looked at for one whose path is still good */

static const char *const law_names[] = {
	[WEFT_PATHS_OBLIVIOUS] = "oblivious", [WEFT_PATHS_LEAST_MARKED] = "least-marked",
	[WEFT_PATHS_RECYCLED] = "recycled",
};

const char *weft_path_law_name(enum weft_path_law law)
{
	return (size_t)law < WEFT_ARRAY_LEN(law_names) ? law_names[law] : NULL;
}

/* ---- the order ---------------------------------------------------------------------- */

static void exchange(struct path_set *s, uint16_t x, uint16_t y)
{
	uint8_t a = s->at[x].order, b = s->at[y].order;

	s->at[x].order = b;
	s->at[y].order = a;
	s->at[a].place = (uint8_t)y;
	s->at[b].place = (uint8_t)x;
}

/* To another level: one exchange for each level between. */
void path_level(struct path_set *s, uint16_t path, uint8_t level)
{
	struct path *a = &s->at[path];

	while (a->level < level) {
		exchange(s, a->place, (uint16_t)(s->first[a->level + 1] - 1));
		s->first[++a->level]--;
	}
	while (a->level > level) {
		exchange(s, a->place, s->first[a->level]);
		s->first[a->level--]++;
	}
}

static bool port_down(const struct weft_pdc *p, uint8_t ports)
{
	return p->ports_down >> (ports >> 4) & 1 || p->peer_ports_down >> (ports & 15) & 1;
}

/* The level that goes with the state and the port. */
void path_relevel(struct weft_pdc *p, uint16_t path)
{
	struct path *a = &p->paths->at[path];
	uint8_t level = PATH_BAD;

	p->paths->made_for = 0;
	if (port_down(p, a->ports))
		level = PATH_DOWN;
	else if (a->state == WEFT_PATH_STATE_SKIP)
		level = PATH_SKIPPED;
	else if (a->state == WEFT_PATH_STATE_GOOD)
		level = 0;
	path_level(p->paths, path, level);
}

static void no_losses(struct path_set *s, struct path *a)
{
	s->losing = (uint16_t)(s->losing - (a->losses > 0));
	a->losses = 0;
}

void path_state(struct weft_pdc *p, uint16_t path, enum weft_path_state next, weft_time until)
{
	struct path *a = &p->paths->at[path];

	weft_assert(weft_path_legal((enum weft_path_state)a->state, next));
	if (next == WEFT_PATH_STATE_SUSPECT && a->state != WEFT_PATH_STATE_DENIED)
		p->st->path_moves++;
	if (next == WEFT_PATH_STATE_GOOD) {
		no_losses(p->paths, a);
		a->probes = 0;
	}
	a->state = (uint8_t)next;
	a->until = until;
	a->asked = false;
	path_relevel(p, path);
}

static uint8_t ports_of(const struct weft_pdc *p, uint16_t path)
{
	unsigned n = p->cfg.n_ports, peers = p->cfg.peer_ports, mine = path % n;
	unsigned its = p->cfg.planes ? mine : path / n % peers;

	return (uint8_t)(mine << 4 | its);
}

uint8_t path_ports_of(const struct weft_pdc *p, uint16_t path)
{
	return p->paths ? p->paths->at[path].ports : ports_of(p, path);
}

static void make(struct weft_pdc *p, struct path_set *s)
{
	bool one_port = p->cfg.n_ports == 1 && p->cfg.peer_ports == 1;

	memset(s, 0, sizeof(*s));
	for (unsigned l = 1; l <= PATH_LEVELS; l++)
		s->first[l] = p->cfg.n_paths;
	for (uint16_t i = 0; i < p->cfg.n_paths; i++)
		s->at[i] = (struct path){ .place = (uint8_t)i, .order = (uint8_t)i,
					  .ports = one_port ? 0 : ports_of(p, i) };
}

/* There is memory for what the paths show.  A clean set is used as it is. */
static void use_set(struct weft_pdc *p, struct path_set *s)
{
	uint32_t made_for = 1u << 31 | (uint32_t)p->cfg.planes << 30 |
			    (uint32_t)p->cfg.n_paths << 8 | (uint32_t)p->cfg.n_ports << 4 |
			    p->cfg.peer_ports;

	if (s->made_for != made_for)
		make(p, s);
	s->made_for = made_for;
	s->next = p->path_next;
	s->spare = NO_PATH;
	s->probe_at = WEFT_NEVER;
	s->probe_from = s->frozen = s->moved_at = 0;
	s->n_fresh = 0;
	p->paths = s;
	if (!p->ports_down && !p->peer_ports_down)
		return;
	for (uint16_t i = 0; i < p->cfg.n_paths; i++)
		path_relevel(p, i);
}

/* Something is to be known of the paths.  False: there is one, or no room for it. */
bool path_known(struct weft_pdc *p)
{
	struct path_set *s = NULL;

	if (!p->paths && p->run && p->cfg.n_paths > 1 && p->prof->sets)
		s = blocks_take(p->prof->sets);
	if (s)
		use_set(p, s);
	return p->paths;
}

/*
 * The context has work.  While all paths work, and are taken in turn, there is nothing to know of
 * them.
 */
void path_begin(struct weft_pdc *p, struct path_set *s)
{
	p->path_proven = NO_PATH;
	if (p->cfg.n_paths == 1)
		return;
	if (!p->prof->sets)
		use_set(p, s);
	else if (p->cfg.mode == WEFT_MODE_ROD || p->ports_down || p->peer_ports_down ||
		 p->prof->path_law == WEFT_PATHS_RECYCLED)
		path_known(p);
}

/* It rests, or ends: then what is known may be in disorder. */
void path_end(struct weft_pdc *p, bool rests)
{
	struct path_set *s = p->paths;

	p->paths = NULL;
	if (!s || !p->prof->sets)
		return;
	if (!rests)
		s->made_for = 0;
	blocks_give(p->prof->sets, s);
}

/* Are there paths to avoid, or on the way to it? */
bool path_worth(const struct weft_pdc *p)
{
	return p->paths && (p->paths->losing ||
			    p->paths->first[1] != p->paths->first[PATH_DOWN]);
}

/*
 * What was learnt is forgotten: the context rests and its block goes to another.  But for the turn:
 * WEFT-CC-092.
 */
void path_reset(struct weft_pdc *p)
{
	if (p->paths && p->cfg.mode == WEFT_MODE_RUD && !WEFT_MUTANT(PATH_TURN_FORGOTTEN))
		p->path_next = p->paths->next < p->cfg.n_paths ? p->paths->next : 0;
}

/* ---- choosing ----------------------------------------------------------------------- */

static bool spread(const struct weft_pdc *p)
{
	return p->paths && p->cfg.mode == WEFT_MODE_RUD;
}

/* A path whose time is over is tried again.  What a probe must find out first is probe.c's. */
static void refresh(struct weft_pdc *p, uint16_t path, weft_time now)
{
	struct path *a = &p->paths->at[path];

	if (now < a->until)
		return;
	switch ((enum weft_path_state)a->state) {
	case WEFT_PATH_STATE_GOOD:
		a->until = now + p->srtt;
		path_level(p->paths, path, (uint8_t)(a->level - !WEFT_MUTANT(PATH_LEVEL_KEPT)));
		return;
	case WEFT_PATH_STATE_SKIP:
		if (!WEFT_MUTANT(PATH_SKIP_FOR_EVER))
			path_state(p, path, WEFT_PATH_STATE_GOOD, 0);
		return;
	case WEFT_PATH_STATE_SUSPECT:
		if (!probe_usable(p))
			path_state(p, path, WEFT_PATH_STATE_GOOD, 0);
		return;
	case WEFT_PATH_STATE_DENIED:
		if (!probe_usable(p))
			path_state(p, path, WEFT_PATH_STATE_SUSPECT, now + p->srtt);
		return;
	}
}

/* Looks at one of the paths that are not at their best: each has its turn (WEFT-CC-051). */
static void look_at_one(struct weft_pdc *p, weft_time now)
{
	struct path_set *s = p->paths;
	uint16_t from = s->first[1], to = s->first[PATH_DOWN];

	if (from == to)
		return;
	if (s->look < from || s->look >= to)
		s->look = from;
	refresh(p, s->at[s->look++].order, now);
}

static uint16_t in_turn(struct path_set *s)
{
	unsigned l = 0;
	uint16_t path;

	while (l < PATH_LEVELS - 1 && s->first[l] == s->first[l + 1])
		l++;
	if (s->next < s->first[l] || s->next >= s->first[l + 1])
		s->next = s->first[l];
	path = s->at[s->next].order;
	s->next = (uint16_t)(s->next + !WEFT_MUTANT(PATH_ALWAYS_ONE));
	return path;
}

/* The oldest entropy kept, if its path is still good: WEFT-CC-053. */
static bool recycle(struct path_set *s, weft_time now, uint16_t *path)
{
	for (int i = 0; i < FRESH_TRIES && s->n_fresh; i++) {
		*path = s->fresh[s->fresh_at++ % PATH_FRESH];
		if (now >= s->frozen || WEFT_MUTANT(PATH_NOT_FROZEN))
			s->n_fresh--;
		else if (s->n_fresh < PATH_FRESH)	/* used again, and so stays */
			s->fresh[(s->fresh_at - 1u + s->n_fresh) % PATH_FRESH] = (uint8_t)*path;
		if (s->at[*path].level == 0)
			return true;
	}
	return false;
}

/* Nothing is known of the paths but their ports. */
static uint16_t unknown_in_turn(struct weft_pdc *p)
{
	uint16_t path = p->path_next;

	for (unsigned i = 0; i < WEFT_MAX_PORTS * WEFT_MAX_PORTS; i++) {
		path = p->path_next;
		p->path_next = (uint16_t)(path + !WEFT_MUTANT(PATH_ALWAYS_ONE));
		if (p->path_next >= p->cfg.n_paths)
			p->path_next = 0;
		if (!port_down(p, path_ports(p, path)))
			break;
	}
	return path;
}

/* There are several: all that are GOOD take part (WEFT-CC-004). */
uint16_t path_choose(struct weft_pdc *p, weft_time now)
{
	uint16_t path;

	if (p->cfg.mode == WEFT_MODE_ROD)
		return p->path_next;
	if (!p->paths)
		return unknown_in_turn(p);
	look_at_one(p, now);
	if (p->prof->path_law == WEFT_PATHS_RECYCLED && recycle(p->paths, now, &path))
		return path;
	return in_turn(p->paths);
}

/* WEFT-CC-093: has this path just worked, and does nothing speak against it? */
static bool works(const struct path_set *s, uint16_t path, uint16_t lost_on)
{
	return path != NO_PATH && path != lost_on && s->at[path].level == 0 &&
	       !WEFT_MUTANT(PATH_SURE_ANY);
}

/*
 * For a packet that goes again: not where it was lost, if there is another path (WEFT-CC-050), and
 * by other ports, if the next few paths have any; or if it must get through, by what works.
 */
uint16_t path_pick_other(struct weft_pdc *p, uint16_t lost_on, bool sure, weft_time now)
{
	bool one_port = p->cfg.n_ports == 1 && p->cfg.peer_ports == 1;
	uint16_t path = path_pick(p, now), other;

	if (p->cfg.mode != WEFT_MODE_RUD || !path_known(p) || WEFT_MUTANT(PATH_AGAIN_SAME))
		return path;
	if (sure && works(p->paths, p->path_proven, lost_on))
		return p->path_proven;
	for (int i = 0; i < OTHER_TRIES; i++) {
		bool same = p->paths->at[path].ports == p->paths->at[lost_on].ports;

		if (path != lost_on && (!same || one_port))
			return path;
		other = in_turn(p->paths);
		if (other != lost_on)
			path = other;
	}
	return path;
}

/* For what must not wait for its turn. */
uint16_t path_best(const struct weft_pdc *p)
{
	if (p->cfg.mode == WEFT_MODE_ROD || !p->run)
		return p->path_next;
	return p->paths ? p->paths->at[0].order : 0;
}

/* ---- what becomes of a path --------------------------------------------------------- */

/* WEFT-CC-005, WEFT-CC-052 */
void path_marked(struct weft_pdc *p, uint16_t path, weft_time now)
{
	struct path *a;

	if (p->cfg.mode != WEFT_MODE_RUD || WEFT_MUTANT(PATH_MARKS_IGNORED) || !path_known(p))
		return;
	a = &p->paths->at[path];
	if (a->state != WEFT_PATH_STATE_GOOD || a->level == PATH_DOWN)
		return;
	if (p->prof->path_law != WEFT_PATHS_LEAST_MARKED)
		path_state(p, path, WEFT_PATH_STATE_SKIP, now + p->srtt);
	else if (a->level < PATH_MARKS)
		path_level(p->paths, path, (uint8_t)(a->level + 1));
	p->paths->made_for = 0;
	a->until = now + p->srtt;
}

static void suspect(struct weft_pdc *p, uint16_t path, weft_time now)
{
	if (probe_usable(p)) {
		path_state(p, path, WEFT_PATH_STATE_SUSPECT, now);
		p->paths->probe_at = now;
	} else {
		path_state(p, path, WEFT_PATH_STATE_SUSPECT, now + 4 * p->srtt);
	}
}

void path_deny(struct weft_pdc *p, uint16_t path, weft_time now)
{
	path_state(p, path, WEFT_PATH_STATE_DENIED, now + DENIED_RTTS * p->srtt);
}

/* WEFT-CC-080 */
void path_lost(struct weft_pdc *p, uint16_t path, weft_time now)
{
	struct path *a;

	if (p->cfg.mode != WEFT_MODE_RUD || !path_known(p))
		return;
	a = &p->paths->at[path];
	p->paths->made_for = 0;
	p->paths->losing = (uint16_t)(p->paths->losing + !a->losses);
	if (a->losses < 255)
		a->losses++;
	if (a->losses < LOSSES_SUSPECT && !WEFT_MUTANT(PATH_SUSPECT_SOON))
		return;
	if (a->state == WEFT_PATH_STATE_GOOD || a->state == WEFT_PATH_STATE_SKIP)
		suspect(p, path, now);
	else if (a->state == WEFT_PATH_STATE_SUSPECT && !probe_usable(p) &&
		 a->losses >= 2 * LOSSES_SUSPECT)
		path_deny(p, path, now);
}

/* A packet that went this way last was acknowledged. */
void path_good(struct weft_pdc *p, uint16_t path)
{
	struct path_set *s = p->paths;
	struct path *a;

	if (!spread(p))
		return;
	a = &s->at[path];
	if (!WEFT_MUTANT(PATH_LOSSES_STAY))
		no_losses(s, a);
	if (a->state == WEFT_PATH_STATE_SUSPECT)
		path_state(p, path, WEFT_PATH_STATE_GOOD, 0);
	if (p->prof->path_law != WEFT_PATHS_RECYCLED || a->level ||
	    (path == s->spare && !WEFT_MUTANT(PATH_MARKED_KEPT)))
		return;
	if (s->n_fresh == PATH_FRESH)		/* the oldest makes room */
		s->fresh_at++;
	else
		s->n_fresh++;
	s->fresh[(s->fresh_at + s->n_fresh - 1u) % PATH_FRESH] = (uint8_t)path;
}

/* ROD: to the next path whose ports work. */
void path_leave(struct weft_pdc *p, weft_time now)
{
	uint16_t at = p->path_next;

	for (uint16_t i = 0; i < p->cfg.n_paths; i++) {
		at = (uint16_t)(at + !WEFT_MUTANT(PATH_ROD_STAYS));
		at = at < p->cfg.n_paths ? at : 0;
		if (!port_down(p, path_ports(p, at)))
			break;
	}
	p->path_next = at;
	if (p->paths)
		p->paths->moved_at = now;
	p->st->path_moves++;
}

/* The oldest packet timed out: WEFT-CC-006, WEFT-CC-081. */
void path_timeout(struct weft_pdc *p, uint16_t path, weft_time now)
{
	struct path *a;

	if (p->cfg.n_paths == 1)
		return;
	if (p->cfg.mode == WEFT_MODE_ROD) {
		path_leave(p, now);
		return;
	}
	if (!path_known(p))
		return;
	a = &p->paths->at[path];
	p->paths->frozen = now + p->srtt;
	if (a->state == WEFT_PATH_STATE_GOOD || a->state == WEFT_PATH_STATE_SKIP)
		suspect(p, path, now);
}

/*
 * The peer sends again by another port than ours: it has left one that is dead.  In mode ROD
 * nothing else would show that our way back is dead too (WEFT-CC-054).
 */
void path_follow(struct weft_pdc *p, const struct weft_view *v, weft_time now)
{
	if (p->cfg.mode != WEFT_MODE_ROD || !(v->d.flags & WEFT_DFLAGS_RTX))
		return;
	for (uint16_t i = 0; i < p->cfg.n_ports; i++)
		if (path_ports(p, p->path_next) >> 4 != v->port)
			path_leave(p, now);
}

/*
 * The peer sends what we have acknowledged: our acknowledgements do not arrive.  In mode ROD
 * they go by one path, and nothing else would show that it is dead.  WEFT-CC-054.
 */
void path_deaf(struct weft_pdc *p, weft_time now)
{
	if (p->cfg.n_paths == 1 || p->cfg.mode != WEFT_MODE_ROD ||
	    (p->paths && now - p->paths->moved_at < p->srtt && !WEFT_MUTANT(PATH_DEAF_EACH)))
		return;
	path_leave(p, now);
}

/* ---- for people --------------------------------------------------------------------- */

bool weft_path_gauge(const struct weft_pdc *p, uint16_t path, struct weft_path_gauge *out)
{
	const struct path *a;
	uint8_t ports;

	if (path >= p->cfg.n_paths)
		return false;
	a = p->paths ? &p->paths->at[path] : NULL;
	ports = path_ports_of(p, path);
	*out = (struct weft_path_gauge){
		.state = a ? a->state : (uint8_t)WEFT_PATH_STATE_GOOD,
		.port = ports >> 4, .peer_port = ports & 15,
		.losses = a ? a->losses : 0,
		.marks = a && a->level <= PATH_MARKS ? a->level : 0,
		.down = port_down(p, ports),
		.used = p->cfg.mode == WEFT_MODE_RUD || path == p->path_next,
	};
	return true;
}
