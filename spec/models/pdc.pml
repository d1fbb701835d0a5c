/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A context between an initiator and a target: section 30.1.
 *
 * Decides what is modelled of opening (0-RTT, cookie, start PSNs), generations, incarnations of
 * both chips, RESET, NO_CONTEXT and closing, over a network that does everything wrong.  Leaves
 * windows, congestion, streams and the target's own data out: see README.md.
 *
 * The network is the set of all packets ever sent.  Any of them may arrive at any time, any number
 * of times, or never: loss, duplication, reordering, and delay without bound.  With LIVE it is a
 * bag that loses LIVE packets at most; a packet is repeated only when the bag is empty.
 *
 * Chips have one context id each; a generation tells its contexts apart.  What the wire does not
 * carry (which incarnation, which context) is kept beside each packet as a ghost, for assertions.
 * A context is numbered g = incarnation * NCTX + its count there; the target's by n, in order.
 */
#ifndef NCTX
#define NCTX	2		/* contexts that the initiator opens in an incarnation */
#endif
#ifndef NINC
#define NINC	2		/* incarnations of the initiator */
#endif
#ifndef TINC
#define TINC	1		/* incarnations of the target */
#endif
#ifndef NT
#define NT	4		/* contexts that the target opens */
#endif
#ifndef K
#define K	1		/* data packets of a context; CLOSE follows */
#endif
#define NG	(NCTX * NINC)
#define P	16		/* PSNs */


/* Seeded faults; each must be found. */
#ifdef FAULT_RESTART_SAME	/* start PSNs and generations begin anew after each start of a chip */
#define BASE(inc)	0
#else
#define BASE(inc)	((inc) * 6)
#endif
#ifdef FAULT_RESTART_SAME
#define WIRE_I(g)	((g) % NCTX)
#define WIRE_T(n)	((n) - tfirst[n])
#else
#define WIRE_I(g)	(g)
#define WIRE_T(n)	(n)
#endif
#ifdef FAULT_GEN_IGNORED
#define SAME_GEN(a, b)	true
#else
#define SAME_GEN(a, b)	((a) == (b))
#endif
#ifdef FAULT_START_FORGOTTEN
#define FLOORED	false
#else
#define FLOORED	floored
#endif
#ifdef FAULT_BLIND_RESET
#define PROOF	true
#else
#define PROOF	false
#endif
#ifdef FAULT_RESTART_UNPROVEN	/* a later incarnation is believed without a cookie */
#define MUST_SHOW	false
#else
#define MUST_SHOW	true
#endif
#ifdef FAULT_NO_ASK_AFTER_START	/* the target trusts SYNs right after it has started */
#define ASK	false
#else
#define ASK	(tinc > 0)
#endif
#ifdef FAULT_HALF_OPEN		/* what the target gave up while the initiator tried is forgotten */
#define GONE(s)	false
#else
#define GONE(s)	(isgone && (s) <= gone)
#endif
#ifdef FAULT_EARLY_CLOSE	/* CLOSE before everything is acknowledged */
#define ALL_ACKED	true
#else
#define ALL_ACKED	(una == nxt)
#endif
#ifdef FAULT_SYN_BELIEVED	/* the first SYN to an initiator need not acknowledge anything */
#define ANSWERS(cum)	true
#else
#define ANSWERS(cum)	((cum) >= start && (cum) < nxt)
#endif

/* The states of `states pdc`, in its order. */
#define IDLE	0
#define OPENING	1
#define OPEN	2
#define CLOSED	3
#define FAILED	4
#define CLOSING	5

/* Every move of either end goes through these: tools/models/models.py reads them. */
#define MOVE(var, from, to)	assert(var == from); var = to

/* ---- the network ---------------------------------------------------------------------- */

short synp[NG * P];		/* [g, start]: bit off * 3 + cookie */
int datp[NT * NG];		/* [n, g]: bit PSN; 16 + PSN: and it is CLOSE */
short ackp[NG * NT];		/* [g, n]: bit cumulative PSN; to g's generation, with SYN of n */
short nocp[NT];			/* NO_CONTEXT of n's generation: bit echoed PSN */
short newp[NG];			/* NEW_START_PSN to g's generation: bit echoed PSN */
byte newarg[NG];		/* and its argument */
byte cookp[NG];			/* COOKIE to g's generation: bit the target's incarnation */
short resp[NG];			/* RESET to g's generation: bit echoed PSN */
bool rest[NT];			/* RESET to n's generation, with a PSN of its window */

/* ---- the initiator -------------------------------------------------------------------- */

byte inc, count, istate = IDLE, start, una, nxt, next_start, peer, cookie;
bool peer_known, finished;
#define ig	(inc * NCTX + count)
byte istart[NG];		/* ghost: start PSN of g, as it is now */
bool done[NG];			/* ghost: g has closed in order */

/* ---- the target ----------------------------------------------------------------------- */

byte tinc, tstate = IDLE, n, opened, pg, pinc, rstart, rcv, floor, gone;
bool knows, known, floored, isgone;
byte tfirst[NT];		/* ghost: the first n of its incarnation of the target */
byte execd[NG * (K + 1)];	/* ghost: how often, in this incarnation of the target */
byte ever[NG];			/* ghost: which packets of g, in any incarnation: bit */
byte newest;			/* ghost: latest g of which anything was executed, plus 1 */

#define T_LIVE	(tstate == OPEN || tstate == CLOSING)
#define LEFT_ALONE	(T_LIVE && !(I_LIVE && ig == pg))	/* its probe comes in time */
#define I_LIVE	(istate == OPENING || istate == OPEN || istate == CLOSING)

#define HAS(set, bit)	((set) & (1 << (bit)))
#ifdef LIVE
#define PUT(set, word, bit)							\
	n_##set = n_##set + (HAS(set[word], bit) -> 0 : 1);			\
	set[word] = set[word] | (1 << (bit))
#define EAT(set, word, bit)	n_##set--; set[word] = set[word] & ~(1 << (bit))
#define ARRIVES(set)	(n_##set > 0)
byte n_synp, n_datp, n_ackp, n_nocp, n_newp, n_cookp, n_resp;	/* in the bag */
#define NET_EMPTY	(n_synp + n_datp + n_ackp + n_nocp + n_newp + n_cookp + n_resp == 0)
#else
#define PUT(set, word, bit)	set[word] = set[word] | (1 << (bit))
#define EAT(set, word, bit)	skip
#define NET_EMPTY	false
#define ARRIVES(set)	true
#endif

/* Any word of a set that is not empty, any bit of it; without blind alleys unless all is empty. */
#define any(is_set, last, x)							\
	x = 0;									\
	do									\
	:: is_set -> break							\
	:: x < last -> x++							\
	:: x == last && !(is_set) ->						\
		x = 0;								\
		do								\
		:: !(is_set) && x < last -> x++					\
		:: else -> break						\
		od;								\
		break								\
	od
#define any_word(set, last, x)	any(set[x] != 0, last, x)
#define any_bit(word, last, x)	any(HAS(word, x), last, x)

inline send_syns()
{
	i = una;
	do
	:: i < nxt ->
		PUT(synp, ig * P + start, ((i - start) * 3 + cookie));
		i++
	:: else -> break
	od;
	i = 0
}

inline send_data()
{
	i = una;
	do
	:: i < nxt ->
		PUT(datp, peer * NG + ig, (i + (istate == CLOSING && i == nxt - 1 -> 16 : 0)));
		i++
	:: else -> break
	od;
	i = 0
}

inline repeat()
{
	if
	:: istate == OPENING -> send_syns()
	:: istate == OPEN || istate == CLOSING -> send_data()
	fi
}

/* WEFT-PDC-004 */
inline rebase(arg)
{
	next_start = (next_start < nxt -> nxt : next_start);
	next_start = (next_start <= arg -> arg + 1 : next_start);
	nxt = nxt - start + next_start;
	una = next_start;
	start = next_start;
	istart[ig] = start;
	cookie = 0;
	next_start++;
	assert(nxt < P);
	send_syns()
}

/* What the wire says: to a generation, and (NACKs) what it echoes. */
#define FOR_ME(g)	(I_LIVE && SAME_GEN(WIRE_I(g), WIRE_I(ig)))
#define ECHO(x)		((x) >= una && (x) < nxt)

inline take_ack(g, m, cum)
{
	if
	:: FOR_ME(g) && istate == OPENING && ANSWERS(cum) ->
		MOVE(istate, OPENING, OPEN);
		peer = m;
		peer_known = true;
		una = (cum >= una && cum < nxt -> cum + 1 : una);
		send_data()
	:: FOR_ME(g) && istate != OPENING && SAME_GEN(WIRE_T(m), WIRE_T(peer)) && ECHO(cum) ->
		una = cum + 1;
		if
		:: istate == CLOSING && una == nxt -> MOVE(istate, CLOSING, CLOSED); ended()
		:: else
		fi
	:: else
	fi
}

inline ended()			/* in order: what was accepted has been delivered */
{
	assert((ever[ig] & ((1 << K) - 1)) == (1 << K) - 1);
	done[ig] = (execd[ig * (K + 1)] > 0)	/* else the target has started again since */
}

inline forget()
{
	peer_known = false; peer = 0; cookie = 0; start = 0; una = 0; nxt = 0
}

proctype initiator()
{
	byte i, a, b, c;

#ifndef LIVE
end:
#endif
	do
	/* the host has something to send */
	:: atomic { istate == IDLE && count < NCTX && !finished ->
		MOVE(istate, IDLE, OPENING);
		start = next_start; next_start++;
		una = start; nxt = start + K;
		assert(nxt < P);
		istart[ig] = start;
		send_syns() }
	/* CLOSE: WEFT-PDC-013 */
	:: atomic { istate == OPEN && ALL_ACKED ->
		nxt++;
		assert(nxt <= P);
		MOVE(istate, OPEN, CLOSING);
		send_data() }
#ifdef LIVE
	:: finished && inc == NINC - 1 -> break
	:: atomic { I_LIVE && NET_EMPTY && !LEFT_ALONE && (istate != OPEN || una != nxt) -> repeat() }
#else
	/* the retry limit, or the host gives up */
	:: atomic { I_LIVE ->
		if
		:: peer_known -> rest[peer] = true
		:: true
		fi;
		if
		:: istate == OPENING -> MOVE(istate, OPENING, FAILED)
		:: istate == OPEN -> MOVE(istate, OPEN, FAILED)
		:: istate == CLOSING -> MOVE(istate, CLOSING, FAILED)
		fi }
#endif
	/* the next context of this incarnation */
	:: atomic { (istate == CLOSED || istate == FAILED) ->
		forget();
		istate = IDLE;		/* of another context: no move of this one */
		if
		:: count < NCTX - 1 -> count++
		:: else -> finished = true
		fi }
#ifdef FAULT_SYN_BELIEVED	/* anyone who knows the context id, and no PSN */
	:: atomic { istate == OPENING && ANSWERS(P) -> assert(false) }
#endif
	/* the chip starts again */
	:: atomic { inc < NINC - 1 ->
		forget();
		istate = IDLE;
		inc++; count = 0; finished = false;
		next_start = BASE(inc) }
	:: atomic { I_LIVE && ARRIVES(ackp) ->
		any_word(ackp, NG * NT - 1, a); any_bit(ackp[a], P - 1, c);
		if
		:: HAS(ackp[a], c) -> EAT(ackp, a, c); take_ack(a / NT, a % NT, c)
		:: else
		fi;
		a = 0; c = 0 }
	:: atomic { I_LIVE && ARRIVES(nocp) ->
		any_word(nocp, NT - 1, b); any_bit(nocp[b], P - 1, c);
		if
		:: HAS(nocp[b], c) ->
			EAT(nocp, b, c);
			if
			:: peer_known && SAME_GEN(WIRE_T(b), WIRE_T(peer)) && ECHO(c) ->
				if
				:: istate == OPEN -> MOVE(istate, OPEN, FAILED)
				:: istate == CLOSING -> MOVE(istate, CLOSING, CLOSED); ended()
				fi
			:: else
			fi
		:: else
		fi;
		b = 0; c = 0 }
	:: atomic { istate == OPENING && ARRIVES(newp) ->
		any_word(newp, NG - 1, a); any_bit(newp[a], P - 1, c);
		if
		:: HAS(newp[a], c) ->
			EAT(newp, a, c);
			if
			:: FOR_ME(a) && ECHO(c) -> rebase(newarg[a])
			:: else
			fi
		:: else
		fi;
		a = 0; c = 0 }
	:: atomic { istate == OPENING && ARRIVES(cookp) ->
		any_word(cookp, NG - 1, a); any_bit(cookp[a], TINC - 1, c);
		if
		:: HAS(cookp[a], c) ->
			EAT(cookp, a, c);
			if
			:: FOR_ME(a) && cookie != c + 1 -> cookie = c + 1; send_syns()
			:: else
			fi
		:: else
		fi;
		a = 0; c = 0 }
	:: atomic { I_LIVE && ARRIVES(resp) ->
		any_word(resp, NG - 1, a); any_bit(resp[a], P - 1, c);
		if
		:: HAS(resp[a], c) && FOR_ME(a) && c >= start && c < nxt ->
			EAT(resp, a, c);
			if
			:: istate == OPENING -> MOVE(istate, OPENING, FAILED)
			:: istate == OPEN -> MOVE(istate, OPEN, FAILED)
			:: istate == CLOSING -> MOVE(istate, CLOSING, FAILED)
			fi
		:: else
		fi;
		a = 0; c = 0 }
	od
}

/* ---- the target ------------------------------------------------------------------------ */

inline acknowledge()
{
	c = 0;
	do
	:: c <= K && (rcv & (1 << c)) -> c++
	:: else -> break
	od;
	if
	:: c > 0 -> PUT(ackp, pg * NT + n, (rstart + c - 1))
	:: else
	fi;
	c = 0
}

/* A packet of g for the open context.  off: ghost, which packet of g it is. */
inline take(g, psn, off)
{
	if
	:: psn >= rstart && psn <= rstart + K && !(rcv & (1 << (psn - rstart))) ->
		assert(g == pg);			/* of this context, not of another */
		assert(!done[g]);			/* not after it has ended in order */
		assert(g + 1 >= newest);		/* nothing of an older one after a newer */
		newest = g + 1;
		rcv = rcv | (1 << (psn - rstart));
		execd[g * (K + 1) + off]++;
		ever[g] = ever[g] | (1 << (off));
		assert(execd[g * (K + 1) + off] == 1);	/* once */
		acknowledge()
	:: psn >= rstart && psn <= rstart + K && (rcv & (1 << (psn - rstart))) -> acknowledge()
	:: else
	fi
}

#define SAME_SYN(g, s)								\
	(T_LIVE && SAME_GEN(WIRE_I(g), WIRE_I(pg)) && (g) / NCTX == pinc && (s) == rstart)
#define OLDER(g)	(known && (g) / NCTX < pinc)
#define RESTARTED(g)	(known && (g) / NCTX > pinc)
#define STALE(g, s)	(known && (g) / NCTX == pinc && FLOORED && (s) <= floor)
#define SHOWN(ck)	((ck) == tinc + 1)

inline admit(g, s, off, ck)
{
	if
	:: OLDER(g)
	:: STALE(g, s) && GONE(s) ->			/* WEFT-PDC-075 */
		PUT(resp, g, (s + off))
	:: STALE(g, s) && !GONE(s) ->
		PUT(newp, g, (s + off));
		newarg[g] = floor
	:: !OLDER(g) && !STALE(g, s) && !SHOWN(ck) &&
	   (ck || ASK || (RESTARTED(g) && MUST_SHOW)) ->
		PUT(cookp, g, tinc)
	:: else ->
		if
		:: RESTARTED(g) && tstate == OPEN -> MOVE(tstate, OPEN, FAILED)
		:: else
		fi;
		if
		:: T_LIVE || opened == NT			/* BUSY: keeps no state */
		:: else ->
			tstate = IDLE;
			isgone = isgone && g / NCTX == pinc;
			gone = (isgone -> gone : 0);
			n = opened; opened++;
			MOVE(tstate, IDLE, OPEN);
			pg = g; pinc = g / NCTX; rstart = s; rcv = 0; knows = false;
			known = true; floored = true; floor = s;
			take(g, s + off, off)
		fi
	fi
}

/* WEFT-PDC-075: the initiator may not have heard that its packets were executed. */
inline give_up()
{
	MOVE(tstate, OPEN, FAILED);
	if
	:: !knows -> gone = (isgone && gone > rstart -> gone : rstart); isgone = true
	:: else
	fi
}

proctype target()
{
	byte a, b, c, d;

#ifndef LIVE
end:
#endif
	do
#ifdef LIVE
	/* both ends up closed, failed, or never opened */
	:: finished && inc == NINC - 1 && tinc == TINC - 1 && !T_LIVE -> break
#endif
	:: atomic { ARRIVES(synp) ->
		any_word(synp, NG * P - 1, a); any_bit(synp[a], K * 3 - 1, d);
		if
		:: HAS(synp[a], d) ->
			EAT(synp, a, d);
			if
			:: SAME_SYN(a / P, a % P) -> take(a / P, a % P + d / 3, d / 3)
			:: else -> admit(a / P, a % P, d / 3, d % 3)
			fi
		:: else
		fi;
		a = 0; d = 0 }
	:: atomic { ARRIVES(datp) ->
		any_word(datp, NT * NG - 1, a); any_bit(datp[a], 2 * P - 1, d);
		if
		:: HAS(datp[a], d) ->
			EAT(datp, a, d);
			b = a % NG;
			if
			:: T_LIVE && SAME_GEN(WIRE_T(a / NG), WIRE_T(n)) ->
				knows = true;
				take(b, d % P, d % P - istart[b]);
				if
				:: d >= P && (rcv & (1 << K)) ->	/* WEFT-PDC-014 */
					MOVE(tstate, OPEN, CLOSING);
					MOVE(tstate, CLOSING, CLOSED)
				:: else
				fi
			:: else -> PUT(nocp, a / NG, (d % P))
			fi
		:: else
		fi;
		a = 0; b = 0; d = 0 }
#ifdef LIVE
	/* its probe is answered NO_CONTEXT, or by nobody (WEFT-PDC-019) */
	:: atomic { NET_EMPTY && LEFT_ALONE -> give_up() }
#else
	/* the retry limit, or the host gives up */
	:: atomic { tstate == OPEN ->
		if
		:: rcv & 1 -> PUT(resp, pg, rstart)
		:: true
		fi;
		give_up() }
#endif
	:: atomic { tstate == OPEN && (rest[n] || PROOF) -> MOVE(tstate, OPEN, FAILED);
		assert(rest[n]) }		/* not by an attacker who knows no PSN */
	/* the chip starts again and knows nothing */
	:: atomic { tinc < TINC - 1 ->
		tinc++;
		tstate = IDLE; rcv = 0; knows = false; known = false; floored = false;
		floor = 0; isgone = false; gone = 0; pinc = 0; pg = 0; rstart = 0;
		a = 0;
		do
		:: a < NG * (K + 1) -> execd[a] = 0; a++
		:: else -> break
		od;
		a = opened;
		do
		:: a < NT -> tfirst[a] = opened; a++
		:: else -> break
		od;
		a = 0 }
#ifndef LIVE
	/* an attacker names the initiator and a later incarnation; nothing may end by that */
	:: atomic { known && T_LIVE && !MUST_SHOW -> assert(false) }
#endif
	od
}

#ifdef LIVE
/* Loses so many packets, whichever they are. */
proctype loser()
{
	byte x, y, left = LIVE;

end:	do
#define LOSE(set, words, bits)							\
	:: atomic { left > 0 && n_##set > 0 ->					\
		any_word(set, (words) - 1, x); y = x;				\
		any_bit(set[y], (bits) - 1, x);					\
		EAT(set, y, x); left--;						\
		x = 0; y = 0 }
	LOSE(synp, NG * P, K * 3)
	LOSE(datp, NT * NG, 2 * P)
	LOSE(ackp, NG * NT, P)
	LOSE(nocp, NT, P)
	LOSE(newp, NG, P)
	LOSE(cookp, NG, TINC)
	od
}
#endif

init {
	atomic {
		run initiator();
		run target();
#ifdef LIVE
		run loser()
#endif
	}
}
