/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RNR and replay of one stream, above a context that delivers each packet once, in any order:
 * section 40.4.
 *
 * Decides what is modelled of messages of several packets, receive buffers, refusal in turn, epoch,
 * draining and credits.  Leaves loss to the context (pdc.pml), and all other refusals out.
 *
 * A packet is (message, part, epoch).  The wire carries one bit of the epoch; its whole number is
 * a ghost.  `bag` is what is on its way; `unacked` counts what the requester has not seen
 * acknowledged.  An acknowledgement is delivered with the packet or later.
 */
#ifndef M
#define M	2		/* messages, each needs a receive buffer */
#endif
#ifndef F
#define F	2		/* packets of a message */
#endif
#ifndef R
#define R	3		/* times that RNR is told; then the host has posted all buffers */
#endif
#ifndef TRIES
#define TRIES	R		/* RNRs in a row that the requester takes */
#endif

#ifdef FAULT_NO_DRAIN		/* replay without waiting for acknowledgements */
#define DRAINED	true
#else
#define DRAINED	(unacked == 0)
#endif
#ifdef FAULT_EPOCH_IGNORED
#define OF_EPOCH(e)	true
#else
#define OF_EPOCH(e)	(((e) & 1) == (rx_epoch & 1))
#endif
#ifdef FAULT_EPOCH_KEPT		/* the requester replays without toggling EPOCH */
#define NEXT_EPOCH
#else
#define NEXT_EPOCH	tx_epoch++
#endif
#ifdef FAULT_NOT_IN_TURN	/* RNR is told before earlier messages are complete */
#define IN_TURN(m)	true
#else
#define IN_TURN(m)	((m) == expected)
#endif
#ifdef FAULT_CREDITS_BIND	/* never send beyond the credits: RNR would never be needed, nor told */
#define MAY_SEND(m)	((m) < credits)
#else
#define MAY_SEND(m)	true
#endif

/* The states of `states stream`. */
#define IDLE		0
#define CONNECTING	1
#define READY		2
#define RNR		3
#define ERROR		4

#define MOVE(var, from, to)	assert(var == from); var = to

byte bag[R + 1];		/* [epoch]: bit message * F + part */
bool accept;			/* EP_ACCEPT is on its way */
short naks, tacks;		/* on their way: bit message; bit messages complete */
byte credit_of[M + 1];		/* what the TACK of so many messages said of receive buffers */

byte rstate = IDLE;		/* the requester's end of the stream */
byte tx_epoch, next, part, acked, unacked, rnr_msn, tries, credits;
bool waited;

byte tstate = IDLE;		/* the responder's end */
byte rx_epoch, expected, posted, rnrs;
byte got[M];			/* bit part */
bool refused[M];
byte executed[M];		/* ghost */
byte acks;			/* packets taken whose acknowledgement is on its way */

proctype requester()
{
	byte x;

	atomic { MOVE(rstate, IDLE, CONNECTING) }
	do
	:: atomic { accept && rstate == CONNECTING ->
		accept = false;
		MOVE(rstate, CONNECTING, READY) }
	:: atomic { rstate == READY && next < M && MAY_SEND(next) ->
		bag[tx_epoch] = bag[tx_epoch] | (1 << (next * F + part));
		unacked++;
		part++;
		if
		:: part == F -> part = 0; next++
		:: else
		fi }
	:: atomic { acks > 0 -> acks--; unacked-- }
	:: atomic { naks ->		/* WEFT-SEM-032, WEFT-SEM-034 */
		x = 0;
		do
		:: naks & (1 << x) -> break
		:: else -> x++
		od;
		naks = naks & ~(1 << x);
		assert(rstate == READY);		/* one replay at a time */
		assert(x >= acked && x < M);
		MOVE(rstate, READY, RNR);
		tries++;
		rnr_msn = x;
		waited = false;
		x = 0;
		if
		:: tries > TRIES -> MOVE(rstate, RNR, ERROR)
		:: else
		fi }
	:: rstate == RNR && !waited -> waited = true
	:: atomic { rstate == RNR && waited && DRAINED ->
		NEXT_EPOCH;
		next = rnr_msn; part = 0;
		MOVE(rstate, RNR, READY) }
	/* WEFT-SEM-030: cumulative, in whatever order */
	:: atomic { tacks ->
		x = 1;
		do
		:: tacks & (1 << x) -> break
		:: x < M && (tacks >> (x + 1)) -> x++
		od;
		tacks = tacks & ~(1 << x);
		credits = (credit_of[x] > credits -> credit_of[x] : credits);
		if
		:: x > acked -> acked = x; tries = 0
		:: else
		fi;
		x = 0 }
	:: atomic { acked == M && unacked == 0 && !naks && !tacks -> break }
	:: atomic { rstate == ERROR && unacked == 0 && !naks && !tacks -> break }
	od
}

inline tell_rnr()		/* WEFT-SEM-031 */
{
	if
	:: refused[y] && IN_TURN(y) ->
		rx_epoch++; rnrs++;
		naks = naks | (1 << y);
		z = expected;
		do
		:: z < M -> got[z] = 0; refused[z] = false; z++
		:: else -> break
		od;
		z = 0
	:: else
	fi
}

inline in_order()		/* WEFT-SEM-001, WEFT-SEM-013 */
{
	do
	:: expected < M && got[expected] == (1 << F) - 1 && !refused[expected] ->
		executed[expected]++;
		assert(executed[expected] == 1);
		expected++;
		credit_of[expected] = posted;
		tacks = tacks | (1 << expected)
	:: else -> break
	od;
	y = expected;
	if
	:: y < M -> tell_rnr()
	:: else
	fi;
	y = 0
}

proctype responder()
{
	byte e, x, y, z;

	atomic { MOVE(tstate, IDLE, READY); accept = true }
end:	do
	:: atomic { posted < M -> posted++ }
	/* a packet, any of those on their way */
	:: atomic { bag[0] || (R > 0 && bag[1]) || (R > 1 && bag[2 % (R + 1)]) ||
		    (R > 2 && bag[3 % (R + 1)]) ->
		e = 0;
		do
		:: bag[e] != 0 -> break
		:: e < tx_epoch && bag[e] == 0 -> e++
		:: e < tx_epoch && bag[tx_epoch] != 0 -> e = tx_epoch
		od;
		x = 0;
		do
		:: bag[e] & (1 << x) -> break
		:: x < M * F - 1 && (bag[e] >> (x + 1)) -> x++
		od;
		bag[e] = bag[e] & ~(1 << x);
		acks++;
		y = x / F;
		if
		:: !OF_EPOCH(e) || y < expected ->	/* WEFT-SEM-033 */
			assert(!OF_EPOCH(e))		/* nothing of a complete message comes again */
		:: else ->
			assert(e == rx_epoch);		/* the bit tells the epochs apart */
			assert(!(got[y] & (1 << (x % F))));
			got[y] = got[y] | (1 << (x % F));
			/* the host has no buffer, unless it has been told so often that it has */
			if
			:: y >= posted && rnrs < R -> refused[y] = true
			:: y >= posted && rnrs >= R -> posted = M
			:: else
			fi;
			tell_rnr();
			in_order()
		fi;
		e = 0; x = 0; y = 0 }
	/* the end: everything done, or the requester has given up */
	:: atomic { expected == M && rstate != ERROR && acks == 0 && unacked == 0 -> break }
	od;
	assert(expected == M)
}

init { atomic { run requester(); run responder() } }
