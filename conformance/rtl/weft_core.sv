// SPDX-License-Identifier: BSD-2-Clause
// The responder: one packet at a time, store and forward, one byte a cycle.
//
// A single state machine.  It sleeps until a packet has come or a timer is due.  A packet is
// parsed, checked and executed (weft_core_rx.svh, weft_core_tlv.svh, weft_core_op.svh), and acknowledged; between
// packets the contexts are visited in turn, for what waits to be sent and for timers
// (weft_core_tx.svh).  Records of contexts, streams and known chips lie in memories; the one that
// is worked on is in registers: c_, s_ and p_.
//
// What is sent reliably is kept as entries of a ring for each context, one for each answer, not as
// packets: READ data are read from memory again when they must be sent again.
//
// It leaves to others: Ethernet frame check and padding (the MAC), where time comes from
// (now_ns), what becomes of SENDs (the sink).
`include "weft_defs.svh"
`default_nettype none
// Steps that many states take.
`define GET(n, then) g_left <= n; ret <= then; state <= S_GET0
`define PUSH(kind, qpn, msn, stat, arg) q_kind <= kind; q_qpn <= qpn; q_msn <= msn; \
	q_status <= stat; q_arg <= arg; state <= S_PUSH
`define TO_PEER t_mac <= c_mac; t_entropy <= entropy; t_pdc <= c_pid; t_ack <= c_rx - 32'd1; \
	t_id <= {c_serial, cx}; t_gen <= c_gen; t_domain <= c_domain; t_start <= c_start
`define NACK_ALONE(why, pdc, gen) `TO_PEER; t_mac <= rx_src; t_kind <= `K_NACK; \
	t_flags <= {6'd0, gen}; t_pdc <= pdc; t_psn <= 32'd0; t_reason <= why; t_epdc <= 24'd0; \
	t_egen <= 2'd0; t_epsn <= h_psn; t_arg <= 32'd0; t_go <= 1'b1; tx_ret <= S_DROP; \
	state <= S_TXWAIT
`define ALONE(what) t_mac <= rx_src; t_kind <= what; t_flags <= 8'd0; t_entropy <= 16'd0; \
	t_pdc <= 24'd0; t_psn <= h_psn; t_go <= 1'b1; tx_ret <= S_DROP; state <= S_TXWAIT
`define ECHO c_epsn <= h_psn; c_eent <= h_entropy; c_eat <= rx_at

module weft_core (
`ifdef WEFT_MUTANTS
	input  wire logic [7:0]  mutant,
`endif
	input  wire logic        clk,
	input  wire logic        rst,
	input  wire logic [63:0] now_ns,
	// who we are: stable while running, and another seed and incarnation after each reset
	input  wire logic [47:0] cfg_mac,
	input  wire logic [63:0] cfg_chip_id,
	input  wire logic [31:0] cfg_incarnation,
	input  wire logic [127:0] cfg_seed,
	input  wire logic [23:0] cfg_domain_a, cfg_domain_b,
	// frames, one byte a cycle
	input  wire logic        s_valid,
	output logic        s_ready,
	input  wire logic [7:0]  s_data,
	input  wire logic        s_last,
	input  wire logic        s_error,
	output logic        m_valid,
	input  wire logic        m_ready,
	output logic [7:0]  m_data,
	output logic        m_last,
	// memory: 2^MEM_BITS bytes, read a cycle later
	output logic        mem_we,
	output logic [`MEM_BITS-1:0] mem_waddr,
	output logic [7:0]  mem_wdata,
	output logic [`MEM_BITS-1:0] mem_raddr,
	input  wire logic [7:0]  mem_rdata,
	// SENDs, to whoever takes them: bytes, then `done` with the message's number
	output logic        snd_valid,
	output logic [7:0]  snd_data,
	output logic        snd_done,
	output logic [23:0] snd_qpn,
	output logic [31:0] snd_ssn,
	// nothing to do before wake_ns, unless a frame comes
	output logic        idle,
	output logic [63:0] wake_ns,
	// counters by cause of `drop`: drop_count is that of drop_cause, a cycle later
	input  wire logic [4:0]  drop_cause,
	output logic [31:0] drop_count
);
`ifdef WEFT_MUTANTS
/* verilator lint_off UNUSEDPARAM */
`include "weft_mutants.svh"
/* verilator lint_on UNUSEDPARAM */
`endif
	localparam CTXS = 1 << `CTX_BITS, STRS = 1 << `STR_BITS, PEERS = 1 << `PEER_BITS;

	// ---- records ----------------------------------------------------------------------

	// A context.
	logic        c_open, c_closing, c_known;	// known: the peer has used our id
	logic [20:0] c_serial;				// upper bits of our id
	logic [1:0]  c_gen;				// generation of our id
	logic [47:0] c_mac;
	logic [63:0] c_chip;
	logic [31:0] c_inc;
	logic [23:0] c_pid, c_domain;			// the peer's id
	logic [1:0]  c_pgen;
	logic [31:0] c_pstart;
	logic [3:0]  c_plog;				// log2 of the payload that we send
	logic [15:0] c_pwin;
	logic [31:0] c_edge;				// first PSN beyond the peer's window
	logic [31:0] c_rx;				// next PSN to be taken
	logic        c_gap;				// told that c_rx is missing
	logic [31:0] c_gapat;				// latest PSN seen behind the gap
	logic [15:0] c_ce;
	logic [31:0] c_rxbytes;
	logic [3:0]  c_unacked;				// taken since the last acknowledgement
	logic        c_ackdue;
	logic [39:0] c_ackat;
	logic [31:0] c_epsn;				// to be echoed
	logic [15:0] c_eent;
	logic [39:0] c_eat;
	logic [31:0] c_start, c_una, c_top, c_next;	// ours: oldest unacknowledged, end, to send
	logic [`RING_BITS-1:0] c_head, c_tail, c_cur;	// ring: oldest, end, to send from
	logic [10:0] c_k;				// packet of entry c_cur to send
	logic [2:0]  c_reads;				// READs whose data have not all been sent
	logic [5:0]  c_cwnd, c_ssth, c_grow;
	logic        c_timing;
	logic [31:0] c_tpsn;
	logic [39:0] c_tat;
	logic        c_sampled;
	logic [31:0] c_srtt, c_var;
	logic        c_rto;				// armed
	logic [39:0] c_rtoat;
	logic [3:0]  c_back;				// timeouts in a row
	logic [3:0]  c_path;
	logic [39:0] c_heard;
	logic        c_asked;				// a NOP asks whether the peer is alive
`define CTX { c_open, c_closing, c_known, c_serial, c_gen, c_mac, c_chip, c_inc, c_pid, c_domain, \
	c_pgen, c_pstart, c_plog, c_pwin, c_edge, c_rx, c_gap, c_gapat, c_ce, c_rxbytes, c_unacked, \
	c_ackdue, c_ackat, c_epsn, c_eent, c_eat, c_start, c_una, c_top, c_next, c_head, c_tail, \
	c_cur, c_k, c_reads, c_cwnd, c_ssth, c_grow, c_timing, c_tpsn, c_tat, c_sampled, c_srtt, \
	c_var, c_rto, c_rtoat, c_back, c_path, c_heard, c_asked }
	localparam CTX_W = 3 + 21 + 2 + 48 + 64 + 32 + 24 + 24 + 2 + 32 + 4 + 16 + 32 + 32 + 1 + 32 +
		16 + 32 + 4 + 1 + 40 + 32 + 16 + 40 + 4 * 32 + 3 * `RING_BITS + 11 + 3 + 18 + 1 +
		32 + 40 + 1 + 64 + 1 + 40 + 4 + 4 + 40 + 1;
	logic [CTX_W-1:0] ctx_mem [0:CTXS-1];
	logic [`CTX_BITS-1:0] cx;

	// A stream.  Its number on the wire is { 0, s_tag, its place }.
	logic        s_used, s_dead;			// dead: in state ERROR
	logic [16:0] s_tag;
	logic [`CTX_BITS-1:0] s_cx;
	logic [23:0] s_pqpn;
	logic [31:0] s_msn, s_ssn;			// next message, next receive buffer
	logic        s_in;				// within a message of several packets:
	logic [7:0]  s_op;
	logic [31:0] s_key, s_len, s_off;
	logic [63:0] s_addr;
`define STR { s_used, s_dead, s_tag, s_cx, s_pqpn, s_msn, s_ssn, s_in, s_op, s_key, s_len, s_off, \
	s_addr }
	localparam STR_W = 2 + 17 + `CTX_BITS + 24 + 64 + 1 + 8 + 96 + 64;
	logic [STR_W-1:0] str_mem [0:STRS-1];
	logic [`STR_BITS-1:0] sx;

	// A chip that has opened contexts here.
	logic        p_used, p_gave;			// gave: we gave one up that did not know us
	logic [63:0] p_chip;
	logic [31:0] p_inc, p_start, p_gstart;		// latest start PSN, and that of p_gave
`define PEER { p_used, p_gave, p_chip, p_inc, p_start, p_gstart }
	localparam PEER_W = 2 + 64 + 96;
	logic [PEER_W-1:0] peer_mem [0:PEERS-1];
	logic [`PEER_BITS-1:0] px, px_new;

	// An entry of a ring.
	logic [2:0]  e_kind;				// `E_...
	logic        e_done;				// all its packets have been sent once
	logic [10:0] e_n;				// packets sent
	logic [31:0] e_first;				// PSN of the first
	logic [23:0] e_qpn;				// the peer's
	logic [`STR_BITS-1:0] e_sx;
	logic [31:0] e_msn;
	logic [7:0]  e_status;
	logic [63:0] e_arg;				// READ: { length, place }; else by kind
`define ENTRY { e_kind, e_done, e_n, e_first, e_qpn, e_sx, e_msn, e_status, e_arg }
	localparam ENTRY_W = 3 + 1 + 11 + 32 + 24 + `STR_BITS + 32 + 8 + 64;
	logic [ENTRY_W-1:0] ring_mem [0:(CTXS << `RING_BITS) - 1];
	logic [`RING_BITS-1:0] ex;

	// ---- the packet in hand -----------------------------------------------------------

	logic        rx_have, rx_pop;
	logic [10:0] rx_len, pos;			// pos: next byte to get
	logic [47:0] rx_src;
	logic [39:0] rx_at;
	logic [7:0]  rx_q;

	logic [3:0]  h_version, h_type;
	logic [7:0]  h_flags, h_fabric;
	logic [15:0] h_entropy;
	logic [23:0] h_pdc;
	logic [31:0] h_psn, h_ack;
	logic [63:0] y_chip;				// SYN
	logic [31:0] y_inc, y_start, y_cookie;
	logic [23:0] y_pdc, y_domain;
	logic [3:0]  y_mode;
	logic [1:0]  y_gen;
	logic [15:0] y_window, y_payload;
	logic [7:0]  o_code, o_flags;			// op
	logic [15:0] o_len;
	logic [23:0] o_qpn;
	logic [31:0] o_msn, o_key, o_mlen, o_off, o_ssn, o_imm_ssn;
	logic [63:0] o_addr, o_operand, o_compare;
	logic [7:0]  o_aop, o_width, o_aflags, o_level;
	logic [10:0] o_body;				// where the payload or the TLVs begin
	logic [7:0]  a_flags, a_words, n_reason;	// ACK, NACK
	logic [15:0] a_window;
	logic [31:0] a_echo, a_delay, n_psn, n_first;
	logic [1:0]  n_gen;
	logic [23:0] n_pdc;
	logic [15:0] body_len;				// payload or TLVs
	logic [16:0] end_at;				// where the CRC is
	logic [31:0] crc, crc_next;
	// TLVs
	logic [2:0]  v_critical;			// how many there are
	logic        v_bad, v_hello, v_neighbour, v_reject;
	logic [15:0] v_ctype, v_clen;			// the critical one
	logic [10:0] v_cat, v_hat, v_nat;		// where its value is, HELLO's, NEIGHBOUR's
	logic [16:0] v_next;

	// ---- engines ----------------------------------------------------------------------

	logic [63:0] g;					// what was got, right-aligned
	logic [3:0]  g_left;
	logic [6:0]  state, ret, tx_ret, ack_ret, free_ret;
	logic [4:0]  op_step;
	logic [4:0]  cause;				// why the packet was not taken
	logic [31:0] drops [0:31];
	logic        at_once;			// to be acknowledged now
	logic [`MEM_BITS-1:0] m_at;
	logic [15:0] m_left;
	logic [63:0] a_old, a_new;
	logic [2:0]  a_i;
	logic [7:0]  status;
	logic [31:0] rnd;
	logic [22:0] serial;				// of contexts: generation, upper bits of id
	logic [16:0] tag;				// of streams opened
	logic [`CTX_BITS:0] free_ctxs;
	logic [`CTX_BITS-1:0] free_cx, visit;
	logic        newer;				// SYN of a later incarnation
	logic        cookie_try;			// with the epoch before
	logic [39:0] now, wake;				// wake: earliest timer of this round
	logic        wake_any;
	logic [`CTX_BITS:0] rounds;			// contexts visited without anything to do

	assign now = now_ns[39:0];

	weft_rx rx (
		.clk(clk), .rst(rst), .mac(cfg_mac), .now_ns(now_ns), .s_valid(s_valid),
		.s_ready(s_ready), .s_data(s_data), .s_last(s_last), .s_error(s_error),
		.have(rx_have), .len(rx_len), .src(rx_src), .at_ns(rx_at), .raddr(pos),
		.rdata(rx_q), .pop(rx_pop)
	);

	logic        crc_masked;
	assign crc_masked = pos == 11'd3 || pos == 11'd4 ||	// pos is one ahead
			    (pos == 11'd5 && !`MUTANT(CRC_FABRIC_RX));
	weft_crc32c crc32c (.crc(crc), .data(crc_masked ? 8'd0 : rx_q), .next(crc_next));

	logic [7:0]  r_status;
	logic [`MEM_BITS-1:0] r_at;
	logic [2:0]  r_need;
	logic [31:0] r_len;
	assign r_need = o_code == `OP_READ ? 3'b100 : o_code == `OP_ATOMIC ? 3'b001 : 3'b010;
	assign r_len = o_code == `OP_ATOMIC ? 32'd8 :
		       `MUTANT(PACKET_BOUNDS) && o_code == `OP_WRITE ? {16'd0, o_len} : o_mlen;
	weft_regions regions (
`ifdef WEFT_MUTANTS
		.mutant(mutant),
`endif
		.key(o_key), .addr(o_addr), .length(r_len), .domain(c_domain), .need(r_need),
		.status(r_status), .at(r_at)
	);

	logic        hash_go, hash_busy;
	logic [63:0] hash;
	logic [255:0] hash_text;
	logic [15:0] epoch;
	assign epoch = now_ns[48:33] - {15'd0, cookie_try};	// of 8.6 s
	assign hash_text = { epoch, rx_src, y_domain, y_gen, 2'd0, y_mode, y_start, 8'd0, y_pdc,
			     y_inc, y_chip };
	weft_siphash siphash (
		.clk(clk), .rst(rst), .go(hash_go), .key(cfg_seed), .text(hash_text),
		.busy(hash_busy), .hash(hash)
	);

	logic        t_go, t_busy;
	logic [47:0] t_mac;
	logic [3:0]  t_kind;
	logic [7:0]  t_flags, t_reason, t_opcode, t_oflags, t_status;
	logic [15:0] t_entropy, t_eent, t_payload;
	logic [23:0] t_pdc, t_id, t_domain, t_epdc, t_qpn, t_src;
	logic [31:0] t_psn, t_ack, t_start, t_epsn, t_delay, t_arg, t_missing, t_msn, t_credits;
	logic [1:0]  t_gen, t_egen;
	logic [63:0] t_ext;
	logic [`MEM_BITS-1:0] t_at, t_maddr;
	logic [223:0] neighbour;			// the one told latest: NEIGHBOUR's value
	weft_tx tx (
`ifdef WEFT_MUTANTS
		.mutant(mutant),
`endif
		.clk(clk), .rst(rst), .go(t_go), .busy(t_busy), .our_mac(cfg_mac),
		.chip_id(cfg_chip_id), .incarnation(cfg_incarnation), .dst_mac(t_mac),
		.kind(t_kind), .flags(t_flags), .entropy(t_entropy), .pdc_id(t_pdc), .psn(t_psn),
		.ack_psn(t_ack), .own_id(t_id), .own_gen(t_gen), .domain(t_domain),
		.start_psn(t_start), .ce_count(c_ce), .echo_entropy(t_eent), .echo_psn(t_epsn),
		.ack_delay(t_delay), .rx_bytes(c_rxbytes), .reason(t_reason), .echo_gen(t_egen),
		.echo_pdc(t_epdc), .arg(t_arg), .missing(t_missing), .opcode(t_opcode),
		.oflags(t_oflags), .status(t_status), .qpn(t_qpn), .msn(t_msn), .ext(t_ext),
		.src_qpn(t_src), .credits(t_credits), .payload(t_payload), .payload_at(t_at),
		.neighbour(neighbour), .mem_addr(t_maddr), .mem_data(mem_rdata),
		.m_valid(m_valid), .m_ready(m_ready), .m_data(m_data), .m_last(m_last)
	);
	assign mem_raddr = t_busy ? t_maddr : m_at;

	// ---- what several states ask ------------------------------------------------------

	logic [31:0] rx_ahead, acked, outstanding;
	logic        ring_full, ring_last, c_sending, e_sent_last;
	logic [`RING_BITS-1:0] tail_prev;
	logic [39:0] rto_ns, ack_wait, age_ack, age_rto, age_heard;
	logic [31:0] rto_base, sample, deviation;
	logic [15:0] entropy;
	logic [31:0] e_len, e_at, e_left;
	logic        e_final;
	logic [63:0] cas_or_add;

	assign rx_ahead = h_psn - c_rx;
	assign acked = h_ack + 32'd1 - c_una;
	assign outstanding = c_top - c_una;
	assign tail_prev = c_tail - 1'b1;
	assign ring_full = c_tail + 1'b1 == c_head;
	assign ring_last = c_cur == c_tail;
	assign c_sending = !ring_last && c_next != c_edge &&
			   (e_kind != `E_READ || c_next - c_una < {26'd0, c_cwnd});
	// Clamped, then doubled for each timeout in a row.  WEFT-RTX-006 WEFT-RTX-022
	assign rto_base = !c_sampled ? (`RTO_MIN << 2) :
			  c_srtt + (c_var << 2) < `RTO_MIN ? `RTO_MIN : c_srtt + (c_var << 2);
	assign rto_ns = {8'd0, rto_base > `RTO_MAX ? `RTO_MAX : rto_base} << c_back;
	assign ack_wait = {8'd0, (c_srtt >> 2) < `ACK_MIN ? `ACK_MIN :
			   (c_srtt >> 2) > `ACK_MAX ? `ACK_MAX : (c_srtt >> 2)};
	assign age_ack = now - c_ackat;			// negative: not yet
	assign age_rto = now - c_rtoat;
	assign age_heard = now - c_heard;
	assign sample = now[31:0] - c_tat[31:0] < a_delay ? 32'd0 :
			now[31:0] - c_tat[31:0] - a_delay;
	assign deviation = sample < c_srtt ? c_srtt - sample : sample - c_srtt;
	assign entropy = {c_serial[11:0], c_path};
	assign e_len = e_arg[63:32];
	assign e_at = {21'd0, c_k} << c_plog;
	assign e_left = e_len - e_at;
	assign e_final = e_kind != `E_READ || e_left <= 32'd1 << c_plog;
	assign cas_or_add = o_aop == 8'd1 ? a_old + o_operand :
			    a_old == o_compare ||
			    (`MUTANT(CAS_32) && a_old[31:0] == o_compare[31:0]) ?
			    o_operand : a_old;

	logic        loaded;				// c_ hold context cx, to be stored
	logic [6:0]  ret_tlv, ret_str;
	logic        v_foreign;
	logic [16:0] v_after;
	logic [`PEER_BITS-1:0] px_kept;
	logic [39:0] now_due;
	logic [`RING_BITS-1:0] cur_prev;
	logic        e_last, s_ours, syn_differs, skipped, bad_code, bad_form, bad_shape;
	logic [2:0]  q_kind;				// what S_PUSH puts into the ring
	logic [23:0] q_qpn;
	logic [31:0] q_msn;
	logic [7:0]  q_status;
	logic [63:0] q_arg;
	logic [31:0] cookie, rnd_next, rnd_a, rnd_b;
	logic [32:0] part_end;

	assign v_after = v_next + 17'd4 + {1'b0, g[15:2], 2'd0} + (g[1:0] != 2'd0 ? 17'd4 : 17'd0);
	assign now_due = now - wake;
	assign cookie = hash[31:0] == 32'd0 ? 32'd1 : hash[31:0];
	assign rnd_a = rnd ^ {rnd[18:0], 13'd0};
	assign rnd_b = rnd_a ^ {17'd0, rnd_a[31:17]};
	assign rnd_next = rnd_b ^ {rnd_b[26:0], 5'd0};
	// The entry's last packet is the one to be sent now.
	assign e_last = e_done ? c_k + 11'd1 >= e_n : e_final;
	// WEFT-PDC-008 WEFT-PDC-072
	assign syn_differs = y_gen != c_pgen || y_start != c_pstart || y_inc != c_inc ||
			     y_domain != c_domain || y_mode != 4'd2;
	assign skipped = serial_after(o_msn, s_msn);
	assign s_ours = s_used && s_cx == cx && {1'b0, s_tag, sx} == o_qpn;

	// WEFT-SEM-015 WEFT-SEM-041 WEFT-MEM-007
	assign bad_code = !(o_code == `OP_SEND || o_code == `OP_WRITE || o_code == `OP_READ ||
			    o_code == `OP_ATOMIC || o_code == `OP_FLUSH) ||
			  o_flags[`O_INV] || o_flags[`O_SIGNAL] ||
			  (o_flags[`O_IMM] && o_code != `OP_SEND && o_code != `OP_WRITE) ||
			  (o_code == `OP_ATOMIC && ((o_aop != 8'd1 && o_aop != 8'd2) ||
						    o_width != 8'd8 || o_aflags != 8'd0)) ||
			  (o_code == `OP_FLUSH && o_level != 8'd1);
	// Of one packet.  READ, ATOMIC and FLUSH have no payload and are one packet.  WEFT-SEM-010
	assign part_end = {1'b0, o_off} + {17'd0, o_len};
	assign bad_shape = o_code != `OP_SEND && o_code != `OP_WRITE ?
			   o_len != 16'd0 || !o_flags[`O_SOM] || !o_flags[`O_EOM] ||
			   o_mlen > 32'h80000000 :
			   part_end > {1'b0, o_mlen} || o_mlen > 32'h80000000 ||
			   (o_len == 16'd0 && o_mlen != 32'd0) ||
			   o_flags[`O_SOM] != (o_off == 32'd0) ||
			   o_flags[`O_EOM] != (part_end == {1'b0, o_mlen}) ||
			   (o_flags[`O_IMM] && !o_flags[`O_EOM]);
	// And with what came before: the next message, or the next bytes of the one begun.
	// WEFT-SEM-011 WEFT-SEM-013 WEFT-SEM-045
	assign bad_form = bad_shape || o_msn != s_msn ||
			  (s_in ? o_off != s_off || o_code != s_op || o_mlen != s_len ||
				  ((o_key != s_key || o_addr != s_addr) && !`MUTANT(ANY_RANGE)) :
				  o_off != 32'd0) ||
			  (o_code == `OP_SEND && o_ssn != s_ssn) ||
			  (o_flags[`O_IMM] && o_imm_ssn != s_ssn);

	function automatic logic serial_after(input logic [31:0] a, input logic [31:0] b);
		logic [31:0] d;
		begin
			d = a - b;
			serial_after = !d[31] && d != 32'd0;
		end
	endfunction

	assign cur_prev = c_cur - {{`RING_BITS-1{1'b0}}, e_sent_last};

	// The earliest timer of the context, as the time left.
	logic [39:0] left_ack, left_rto, left_idle, left_min;
	assign left_ack = c_ackdue ? c_ackat - now : 40'h7fffffffff;
	assign left_rto = c_rto ? c_rtoat - now : 40'h7fffffffff;
	assign left_idle = c_asked ? 40'h7fffffffff : c_heard + `IDLE_NS - now;
	assign left_min = left_ack < left_rto ? (left_ack < left_idle ? left_ack : left_idle) :
			  (left_rto < left_idle ? left_rto : left_idle);

	// ---- the machine ------------------------------------------------------------------

	localparam [6:0]
		S_INIT = 0, S_SCAN = 1, S_SLEEP = 2, S_GET0 = 3, S_GET1 = 4, S_TXWAIT = 5,
		S_VISIT0 = 6, S_VISIT = 7, S_STORE = 8, S_EMIT = 9, S_EMITTED = 10,
		S_TIMEOUT = 11, S_WALK = 12, S_WALK1 = 13, S_ACK = 14, S_FREE = 15, S_FREE1 = 16,
		S_FREE2 = 17, S_FREE3 = 18, S_FREE4 = 19, S_PUSH = 20, S_PUSH1 = 21,
		S_RX0 = 32, S_RX1 = 33, S_SYN = 34, S_BODY = 35, S_OP = 36, S_OPX = 37, S_LEN = 38,
		S_CRC0 = 39, S_CRC1 = 40, S_CRC2 = 41, S_WHO = 42, S_MATCH = 43, S_SYNFIND = 44,
		S_SYNFIND1 = 45, S_PEER = 46, S_PEER1 = 47, S_COOKIE = 48, S_COOKIE1 = 49,
		S_MAKE = 50, S_MAKE1 = 51, S_OPEN = 52, S_CTX = 53, S_ACKED = 54, S_POP = 55,
		S_POP1 = 56, S_TYPE = 57, S_RXACK = 58, S_RTT = 59, S_RXNACK = 60, S_ECHO = 61,
		S_ECHO1 = 62, S_PSN = 63, S_DROP = 64, S_RXEND = 65, S_RXEND1 = 66,
		S_TLV = 68, S_TLV1 = 69, S_ALONE = 70, S_HELLO = 71, S_NEIGHBOUR = 72,
		S_NBGOT = 73, S_VERSION = 74, S_BODYX = 75, S_FAILED = 76,
		S_EXEC = 80, S_EXEC1 = 81, S_FORM = 82, S_KEY = 83, S_COPY0 = 84, S_COPY1 = 85,
		S_ATOM0 = 86, S_ATOM1 = 87, S_ATOM2 = 88, S_ATOM3 = 89, S_OPDONE = 90,
		S_REFUSE = 91, S_TAKE = 92, S_CTRL = 93, S_CONNECT = 94, S_CONNECT1 = 95,
		S_FINDSTR = 96, S_FINDSTR1 = 97, S_DISC = 98, S_DISC1 = 99, S_DISC2 = 100,
		S_CONV = 101, S_CONV1 = 102, S_TAKEN = 103, S_STRSAVE = 104, S_PUSHED = 105,
		S_VERSION1 = 106, S_VERSION2 = 107;

	assign idle = state == S_SLEEP && !rx_have;
	assign wake_ns = wake_any ? {now_ns[63:40], wake} + (wake < now ? 64'h10000000000 : 64'd0) :
			 64'hffffffffffffffff;

	always_ff @(posedge clk)
		drop_count <= drops[drop_cause];

	// ---- records are read and written here alone: one port each -----------------------

	logic [CTX_W-1:0] ctx_q;
	logic [ENTRY_W-1:0] ring_q;
	assign ctx_q = ctx_mem[state == S_SCAN ? visit :
			       state == S_WHO ? h_pdc[`CTX_BITS-1:0] : cx];
	assign ring_q = ring_mem[{cx, state == S_POP ? c_head : state == S_PUSH ? tail_prev :
				  state == S_CONV ? ex : c_cur}];

	logic        ctx_we, str_we, peer_we, ring_we, drop_we, gave, pushes_over, becomes_nop;
	logic [`RING_BITS-1:0] ring_wx;
	logic [ENTRY_W-1:0] ring_wd;
	logic [PEER_W-1:0] peer_wd;

	assign ctx_we = state == S_INIT || state == S_STORE || state == S_FAILED ||
			(state == S_RXEND && loaded);
	assign str_we = state == S_INIT || state == S_STRSAVE ||
			(state == S_FREE2 && s_used && s_cx == cx);
	// WEFT-PDC-075
	assign gave = p_used && p_chip == c_chip && p_inc == c_inc && !c_known &&
		      (!p_gave || serial_after(c_pstart, p_gstart));
	assign peer_we = state == S_INIT || (state == S_FREE4 && gave) ||
			 (state == S_OPEN && free_ctxs != 0);
	assign peer_wd = state == S_INIT ? {PEER_W{1'b0}} :
			 state == S_OPEN ? {1'b1, 1'b0, y_chip, y_inc, y_start, 32'd0} :
			 {p_used, 1'b1, p_chip, p_inc, p_start, c_pstart};
	// The latest answer, if it has not been sent and may say this instead.
	assign pushes_over = c_head != c_tail && q_kind == `E_TACK && q_status == `ST_OK &&
			     e_kind == `E_TACK && e_status == `ST_OK && !e_done && e_sx == sx &&
			     e_qpn == q_qpn;
	// Answers of a stream that has ended, but refusals.  WEFT-RTX-009 WEFT-SEM-049
	assign becomes_nop = e_sx == sx && (e_kind == `E_READ || e_kind == `E_ATOMIC ||
					    (e_kind == `E_TACK && e_status == `ST_OK));
	assign ring_we = state == S_PUSHED || state == S_PUSH1 || (state == S_CONV1 && becomes_nop);
	assign ring_wx = state == S_PUSHED ? cur_prev : state == S_CONV1 ? ex :
			 pushes_over ? tail_prev : c_tail;
	assign ring_wd = state == S_PUSHED ? `ENTRY : state == S_CONV1 ?
			 {`E_NOP, 1'b1, e_n, e_first, 24'd0, e_sx, 32'd0, 8'd0, 64'd0} :
			 {q_kind, 1'b0, 11'd0, 32'd0, q_qpn, sx, q_msn, q_status, q_arg};
	assign drop_we = state == S_INIT || state == S_DROP || state == S_TAKEN;

	always_ff @(posedge clk) begin
		if (ctx_we)
			ctx_mem[state == S_INIT ? sx[`CTX_BITS-1:0] : cx] <=
				state == S_INIT ? {CTX_W{1'b0}} : `CTX;
		if (str_we)
			str_mem[sx] <= state == S_STRSAVE ? `STR : {STR_W{1'b0}};
		if (peer_we)
			peer_mem[state == S_INIT ? sx[`PEER_BITS-1:0] : px] <= peer_wd;
		if (ring_we)
			ring_mem[{cx, ring_wx}] <= ring_wd;
		if (drop_we)
			drops[state == S_INIT ? sx[4:0] : cause] <=
				state == S_INIT ? 32'd0 : drops[cause] + 32'd1;
	end

	always_ff @(posedge clk) begin
		rx_pop <= 1'b0;
		mem_we <= 1'b0;
		snd_valid <= 1'b0;
		snd_done <= 1'b0;
		hash_go <= 1'b0;
		t_go <= 1'b0;
		case (state)
`include "weft_core_rx.svh"
`include "weft_core_tlv.svh"
`include "weft_core_op.svh"
`include "weft_core_tx.svh"
		default: state <= S_INIT;
		endcase
		if (rst) begin
			state <= S_INIT;
			sx <= 0;
			rnd <= cfg_seed[31:0] | 32'd1;
			serial <= {cfg_seed[54:33], 1'b1};
			tag <= {1'b0, cfg_seed[70:55]};
			px_new <= 0;
			visit <= 0;
			rounds <= 0;
		end
	end
endmodule
`default_nettype wire
