// SPDX-License-Identifier: BSD-2-Clause
// Builds one packet and sends it: Ethernet header, headers of 20.2 to 20.6, payload from memory,
// CRC32C.  Every input stays as it is from `go` until `busy` falls.
`include "weft_defs.svh"
`default_nettype none
module weft_tx (
`ifdef WEFT_MUTANTS
	input  wire logic [7:0]  mutant,
`endif
	input  wire logic        clk,
	input  wire logic        rst,
	input  wire logic        go,
	output logic        busy,
	// who we are
	input  wire logic [47:0] our_mac,
	input  wire logic [63:0] chip_id,
	input  wire logic [31:0] incarnation,
	// the delivery header
	input  wire logic [47:0] dst_mac,
	input  wire logic [3:0]  kind,		// `K_...
	input  wire logic [7:0]  flags,
	input  wire logic [15:0] entropy,
	input  wire logic [23:0] pdc_id,
	input  wire logic [31:0] psn,
	input  wire logic [31:0] ack_psn,
	// SYN
	input  wire logic [23:0] own_id,
	input  wire logic [1:0]  own_gen,
	input  wire logic [23:0] domain,
	input  wire logic [31:0] start_psn,
	// ACK and NACK
	input  wire logic [15:0] ce_count,
	input  wire logic [15:0] echo_entropy,
	input  wire logic [31:0] echo_psn,
	input  wire logic [31:0] ack_delay,
	input  wire logic [31:0] rx_bytes,
	input  wire logic [7:0]  reason,		// of NACK, of EP_REJECT
	input  wire logic [1:0]  echo_gen,
	input  wire logic [23:0] echo_pdc,
	input  wire logic [31:0] arg,
	input  wire logic [31:0] missing,		// PSNs that MISSING names
	// DATA and CTRL
	input  wire logic [7:0]  opcode,
	input  wire logic [7:0]  oflags,
	input  wire logic [7:0]  status,
	input  wire logic [23:0] qpn,
	input  wire logic [31:0] msn,
	input  wire logic [63:0] ext,		// what follows op: TACK, ATOMIC_RSP, READ_RSP
	input  wire logic [23:0] src_qpn,		// of EP_ACCEPT
	input  wire logic [31:0] credits,
	input  wire logic [15:0] payload,		// bytes
	input  wire logic [`MEM_BITS-1:0] payload_at,
	input  wire logic [223:0] neighbour,
	// memory, read a cycle after the address
	output logic [`MEM_BITS-1:0] mem_addr,
	input  wire logic [7:0]  mem_data,
	// to the MAC
	output logic        m_valid,
	input  wire logic        m_ready,
	output logic [7:0]  m_data,
	output logic        m_last
);
`ifdef WEFT_MUTANTS
/* verilator lint_off UNUSEDPARAM */
`include "weft_mutants.svh"
/* verilator lint_on UNUSEDPARAM */
`endif
	localparam [4:0] AT_SYN = 5'd4, AT_BODY = 5'd8, AT_PAYLOAD = 5'd15, AT_CRC = 5'd16,
			 AT_END = 5'd17;
	localparam [1:0] LOAD = 2'd0, SHIFT = 2'd1, FETCH = 2'd2, COPY = 2'd3;

	logic [4:0]  step;
	logic [1:0]  state;
	logic [63:0] shifter, field;
	logic [3:0]  left, bytes;
	logic [5:0]  at;		// bytes of the Weft packet so far, held at 32
	logic [15:0] copy_left;
	logic [31:0] crc, crc_next, sum;
	logic [7:0]  crc_in;
	logic [3:0]  ptype;
	logic [31:0] next_psn;
	logic        syn, masked;

	assign syn = flags[`F_SYN];
	assign next_psn = ack_psn + 32'd1;
	assign sum = ~crc;

	always_comb begin
		case (kind)
		`K_ACK: ptype = `T_ACK;
		`K_NACK: ptype = `T_NACK;
		`K_DATA: ptype = `T_DATA;
		default: ptype = `T_CTRL;
		endcase
	end

	// The field of this step, left-aligned, and its length; 0: none.
	always_comb begin
		field = 64'd0;
		bytes = 4'd0;
		if (step == 5'd0) begin
			field = {dst_mac, our_mac[47:32]};
			bytes = 4'd8;
		end else if (step == 5'd1) begin
			field = {our_mac[31:0], 16'h88b5, 16'd0};
			bytes = 4'd6;
		end else if (step == 5'd2) begin
			field = {4'd1, ptype, flags, entropy, 8'd0, pdc_id};
			bytes = 4'd8;
		end else if (step == 5'd3) begin
			field = {psn, flags[`F_AKV] ? ack_psn : 32'd0};
			bytes = 4'd8;
		end else if (step >= AT_SYN && step < AT_BODY) begin
			bytes = syn ? 4'd8 : 4'd0;
			case (step)
			5'd4: field = chip_id;
			5'd5: field = {incarnation, own_id, 4'd2, own_gen, 2'd0};
			5'd6: field = {domain, 8'd0, start_psn};
			default: field = {`WINDOW_16, `MAX_PAYLOAD, 32'd0};
			endcase
		end else if (step == AT_CRC) begin
			field = {sum, 32'd0};
			bytes = 4'd4;
			if (`MUTANT(CRC_LITTLE))
				field = {sum[7:0], sum[15:8], sum[23:16], sum[31:24], 32'd0};
		end else case ({kind, step - AT_BODY})
		{`K_ACK, 5'd0}: begin
			field = {8'h80, 8'd0, ce_count, echo_entropy, `WINDOW_16};
			bytes = 4'd8;
		end
		{`K_ACK, 5'd1}: begin field = {echo_psn, ack_delay}; bytes = 4'd8; end
		{`K_ACK, 5'd2}: begin field = {rx_bytes, next_psn}; bytes = 4'd8; end
		{`K_NACK, 5'd0}: begin
			field = {reason, 7'd0, reason == `N_MISSING, 14'd0, echo_gen, 8'd0,
				 echo_pdc};
			bytes = 4'd8;
		end
		{`K_NACK, 5'd1}: begin field = {echo_psn, arg}; bytes = 4'd8; end
		{`K_NACK, 5'd2}: begin
			field = {next_psn, missing};
			bytes = reason == `N_MISSING ? 4'd8 : 4'd0;
		end
		{`K_DATA, 5'd0}: begin
			field = {opcode, oflags, payload, status, qpn};
			bytes = 4'd8;
		end
		{`K_DATA, 5'd1}: begin field = {msn, 32'd0}; bytes = 4'd4; end
		{`K_DATA, 5'd2}: begin field = ext; bytes = opcode == `OP_NOP ? 4'd0 : 4'd8; end
		{`K_ACCEPT, 5'd0}: begin
			field = {16'd20, 16'd0, `V_EP_ACCEPT, 16'd16};
			bytes = 4'd8;
		end
		{`K_ACCEPT, 5'd1}: begin field = {qpn, 8'd0, src_qpn, 8'd0}; bytes = 4'd8; end
		{`K_ACCEPT, 5'd2}: begin
			field = {credits, `STREAM_WINDOW, `STREAM_READS, 8'd0};
			bytes = 4'd8;
		end
		{`K_REJECT, 5'd0}: begin
			field = {16'd16, 16'd0, `V_EP_REJECT, 16'd12};
			bytes = 4'd8;
		end
		{`K_REJECT, 5'd1}: begin field = {qpn, reason, 32'd0}; bytes = 4'd8; end
		{`K_REJECT, 5'd2}: begin field = 64'd0; bytes = 4'd4; end
		{`K_HELLO, 5'd0}: begin
			field = {16'd52, 16'd0, `V_HELLO, 16'd32};
			bytes = 4'd8;
		end
		{`K_HELLO, 5'd1}: begin field = chip_id; bytes = 4'd8; end
		{`K_HELLO, 5'd2}: begin	// class FPGA, version 1, mode ROD, REPLY clear
			field = {incarnation, 8'd5, 8'h11, 8'h02,
				 `MUTANT(HELLO_REPLY) ? 8'h80 : 8'h00};
			bytes = 4'd8;
		end
		{`K_HELLO, 5'd3}: begin field = {32'd1, 32'd0}; bytes = 4'd8; end
		{`K_HELLO, 5'd4}: begin	// any domain, 16 paths
			field = {`MAX_PAYLOAD, `WINDOW_16, 24'd0, 8'd16};
			bytes = 4'd8;
		end
		{`K_HELLO, 5'd5}: begin	// LIMITS: no feature, no bitmap, one port
			field = {16'h0009, 16'd12, 32'd0};
			bytes = 4'd8;
		end
		{`K_HELLO, 5'd6}: begin field = {48'd0, 8'd1, 8'd0}; bytes = 4'd8; end
		{`K_NEIGHBOUR, 5'd0}: begin
			field = {16'd32, 16'd0, `V_NEIGHBOUR, 16'd28};
			bytes = 4'd8;
		end
		{`K_NEIGHBOUR, 5'd1}: begin field = neighbour[223:160]; bytes = 4'd8; end
		{`K_NEIGHBOUR, 5'd2}: begin	// CONFIRM clear
			field = {neighbour[159:152], 8'd0, neighbour[143:96]};
			bytes = 4'd8;
		end
		{`K_NEIGHBOUR, 5'd3}: begin field = neighbour[95:32]; bytes = 4'd8; end
		{`K_NEIGHBOUR, 5'd4}: begin field = {neighbour[31:0], 32'd0}; bytes = 4'd4; end
		{`K_VERSION, 5'd0}: begin
			field = {16'd8, 16'd0, `V_VERSION_REJECT, 16'd4};
			bytes = 4'd8;
		end
		{`K_VERSION, 5'd1}: begin field = {8'h11, 56'd0}; bytes = 4'd4; end
		default: ;
		endcase
	end

	assign m_valid = busy && (state == SHIFT || state == COPY);
	assign m_data = state == COPY ? mem_data : shifter[63:56];
	assign m_last = step == AT_CRC && left == 4'd1;

	// Entropy and the fabric byte count as zero.  WEFT-PKT-005
	assign masked = at == 6'd2 || at == 6'd3 || at == 6'd4;
	assign crc_in = masked && !`MUTANT(CRC_ENTROPY_TX) ? 8'd0 : m_data;
	weft_crc32c crc32c (.crc(crc), .data(crc_in), .next(crc_next));

	always_ff @(posedge clk) begin
		if (!busy) begin
			step <= 5'd0;
			state <= LOAD;
			at <= 6'd0;
			crc <= 32'hffffffff;
			busy <= go;
		end else case (state)
		LOAD: begin
			shifter <= field;
			left <= bytes;
			copy_left <= payload;
			mem_addr <= payload_at;
			if (step == AT_END)
				busy <= 1'b0;
			else if (step == AT_PAYLOAD && kind == `K_DATA && payload != 16'd0)
				state <= FETCH;
			else if (bytes != 4'd0)
				state <= SHIFT;
			else
				step <= step + 5'd1;
		end
		SHIFT: if (m_ready) begin
			shifter <= {shifter[55:0], 8'd0};
			left <= left - 4'd1;
			if (left == 4'd1) begin
				step <= step + 5'd1;
				state <= LOAD;
			end
		end
		FETCH:			// mem_data is there in the next cycle
			state <= COPY;
		COPY: if (m_ready) begin
			mem_addr <= mem_addr + 1'b1;
			copy_left <= copy_left - 16'd1;
			if (copy_left == 16'd1) begin
				step <= step + 5'd1;
				state <= LOAD;
			end else
				state <= FETCH;
		end
		endcase
		if (m_valid && m_ready && step >= 5'd2 && step < AT_CRC) begin
			crc <= crc_next;
			at <= at[5] ? at : at + 6'd1;
		end
		if (rst)
			busy <= 1'b0;
	end
endmodule
`default_nettype wire
