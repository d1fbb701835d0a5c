// SPDX-License-Identifier: BSD-2-Clause
// Codes of the protocol, from spec/, and the sizes that this chip has chosen.
`ifndef WEFT_DEFS_SVH
`define WEFT_DEFS_SVH

// A deliberate bug, for the suite to find: its number (weft_mutants.svh) is an input of builds with
// mutants, and the condition is constant false in all others.
`ifdef WEFT_MUTANTS
`define MUTANT(n) (mutant == M_``n)
`define DEGENERATE(n) (mutant == 8'd``n)	// hardly a chip any more
`else
`define MUTANT(n) 1'b0
`define DEGENERATE(n) 1'b0
`endif

// Sizes of this chip.
`define CTX_BITS	3		// contexts
`define STR_BITS	6		// streams, of all contexts
`define RING_BITS	4		// answers of a context that wait or are not acknowledged
`define PEER_BITS	3		// chips that are remembered
`define MEM_BITS	18		// bytes of memory
`define RX_SLOT_BITS	2		// packets that wait
`define WINDOW		32'd64	// packets that we receive ahead
`define WINDOW_16	16'd64
`define MAX_PAYLOAD	16'd1024
`define PAYLOAD_LOG	4'd10
`define RECV_MAX	32'd4096	// bytes of a SEND
`define RECV_CREDITS	32'd16		// receive buffers: the sink takes what comes
`define STREAM_WINDOW	16'd16		// messages that may be outstanding
`define STREAM_READS	8'd4

// Times in ns.
`define RTO_MIN		32'd1000000
`define RTO_MAX		32'd250000000
`define RETRY_LIMIT	4'd8
`define ACK_EVERY	4'd4
`define ACK_MIN		32'd10000
`define ACK_MAX		32'd1000000
`define IDLE_NS		40'd10000000000

// ptype, 20.2
`define T_DATA		4'd1
`define T_ACK		4'd2
`define T_NACK		4'd3
`define T_CTRL		4'd4
// dflags, 20.2
`define F_SYN		7
`define F_AR		6
`define F_RTX		5
`define F_SEC		4
`define F_AKV		3
// opcode, 20.4
`define OP_SEND		8'd1
`define OP_WRITE	8'd2
`define OP_READ		8'd3
`define OP_READ_RSP	8'd4
`define OP_ATOMIC	8'd5
`define OP_ATOMIC_RSP	8'd6
`define OP_TACK		8'd7
`define OP_NOP		8'd8
`define OP_REDUCE	8'd9
`define OP_FLUSH	8'd10
`define OP_RD_SEND	8'd11
`define OP_RD_RSP	8'd12
// oflags, 20.4
`define O_SOM		7
`define O_EOM		6
`define O_IMM		4
`define O_INV		3
`define O_SIGNAL	1
// status, 20.4
`define ST_OK		8'd0
`define ST_NO_STREAM	8'd1
`define ST_BAD_OPCODE	8'd2
`define ST_BAD_KEY	8'd3
`define ST_BAD_DOMAIN	8'd4
`define ST_NO_RIGHTS	8'd5
`define ST_OUT_OF_BOUNDS 8'd6
`define ST_TOO_LONG	8'd9
`define ST_MALFORMED	8'd10
`define ST_MISALIGNED	8'd11
// nack, 20.5
`define N_MISSING	8'd1
`define N_NO_CONTEXT	8'd3
`define N_NEW_START	8'd4
`define N_BUSY		8'd5
`define N_RESET		8'd6
`define N_MODE		8'd7
`define N_COOKIE	8'd8
// tlv, 20.6
`define V_HELLO		16'h8001
`define V_NEIGHBOUR	16'h8006
`define V_VERSION_REJECT 16'h8007
`define V_CLOSE		16'h8008
`define V_EP_CONNECT	16'h8010
`define V_EP_ACCEPT	16'h8011
`define V_EP_REJECT	16'h8012
`define V_EP_DISCONNECT	16'h8013
// ep_reason, 90.2
`define R_NO_SERVICE	8'd1
`define R_NO_ROOM	8'd3
// drop, 0
`define D_NONE		5'd0
`define D_SHORT		5'd1
`define D_VERSION	5'd2
`define D_TYPE		5'd3
`define D_CRC		5'd4
`define D_DOMAIN	5'd5
`define D_NO_CONTEXT	5'd6
`define D_STALE_SYN	5'd7
`define D_BUSY		5'd8
`define D_WINDOW	5'd9
`define D_DUPLICATE	5'd10
`define D_ORDER		5'd11
`define D_MALFORMED	5'd12
`define D_OVERSIZE	5'd13
`define D_NO_STREAM	5'd14
`define D_STREAM_STATE	5'd15
`define D_REFUSED	5'd16
`define D_NO_HOLD	5'd17
`define D_BAD_TLV	5'd18
`define D_BAD_ECHO	5'd19
`define D_BAD_ACK	5'd20
`define D_UNEXPECTED	5'd21
`define D_TRIMMED	5'd22
`define D_BAD_COOKIE	5'd25

// What the transmitter builds.
`define K_ACK		4'd0
`define K_NACK		4'd1
`define K_DATA		4'd2
`define K_ACCEPT	4'd3
`define K_REJECT	4'd4
`define K_HELLO		4'd5
`define K_NEIGHBOUR	4'd6
`define K_VERSION	4'd7

// What an entry of a context's ring is.
`define E_NOP		3'd0
`define E_TACK		3'd1
`define E_READ		3'd2
`define E_ATOMIC	3'd3
`define E_ACCEPT	3'd4
`define E_REJECT	3'd5
`endif
