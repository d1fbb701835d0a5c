// SPDX-License-Identifier: BSD-2-Clause
// Frames from the MAC into packet slots: looks at the Ethernet header and strips it.
//
// A frame that is not ours, is spoilt (`error` at its end) or longer than a slot leaves nothing.
// When all slots are full the stream is held back.  The packet at the head is read by `raddr`, a
// cycle later, until `pop`.
`include "weft_defs.svh"
`default_nettype none
module weft_rx (
	input  wire logic        clk,
	input  wire logic        rst,
	input  wire logic [47:0] mac,		// our address
	input  wire logic [63:0] now_ns,
	// from the MAC: a frame without preamble and frame check
	input  wire logic        s_valid,
	output logic        s_ready,
	input  wire logic [7:0]  s_data,
	input  wire logic        s_last,
	input  wire logic        s_error,	// with s_last
	// the packet at the head
	output logic        have,
	output logic [10:0] len,	// bytes behind the Ethernet header
	output logic [47:0] src,
	output logic [39:0] at_ns,	// when its last byte came
	input  wire logic [10:0] raddr,
	output logic [7:0]  rdata,
	input  wire logic        pop
);
	localparam SLOTS = 1 << `RX_SLOT_BITS;

	logic [`RX_SLOT_BITS:0]   count;
	logic [`RX_SLOT_BITS-1:0] head, tail;
	logic [10:0] slot_len [0:SLOTS-1];
	logic [47:0] slot_src [0:SLOTS-1];
	logic [39:0] slot_at  [0:SLOTS-1];

	logic [11:0] at;		// bytes of the frame so far, at most 2047 + 14
	logic        ours, over;
	logic [47:0] dst_q, src_q;
	logic [7:0]  type_q;
	logic        take, good, body, fits;
	logic [11:0] body_at;

	assign s_ready = count != SLOTS[`RX_SLOT_BITS:0];
	assign take = s_valid && s_ready;
	assign body = at >= 12'd14;
	assign body_at = at - 12'd14;
	assign fits = body_at < 12'd2047;
	assign good = take && s_last && !s_error && body && ours && !over && fits;

	assign have = count != 0;
	assign len = slot_len[head];
	assign src = slot_src[head];
	assign at_ns = slot_at[head];

	weft_ram #(.BITS(11 + `RX_SLOT_BITS)) buffer (
		.clk(clk), .we(take && body && fits), .waddr({tail, body_at[10:0]}),
		.wdata(s_data), .raddr({head, raddr}), .rdata(rdata)
	);

	always_ff @(posedge clk) begin
		if (take) begin
			at <= s_last ? 12'd0 : over ? at : at + 12'd1;
			if (at < 12'd6)
				dst_q <= {dst_q[39:0], s_data};
			else if (at < 12'd12)
				src_q <= {src_q[39:0], s_data};
			else if (at == 12'd12)
				type_q <= s_data;
			else if (at == 12'd13)
				ours <= {type_q, s_data} == 16'h88b5 &&
					(dst_q == mac || dst_q == 48'hffffffffffff);
			else if (!fits)
				over <= 1'b1;
			if (s_last)
				over <= 1'b0;
		end
		if (good) begin
			slot_len[tail] <= body_at[10:0] + 11'd1;
			slot_src[tail] <= src_q;
			slot_at[tail] <= now_ns[39:0];
			tail <= tail + 1'b1;
		end
		if (pop)
			head <= head + 1'b1;
		count <= count + {{`RX_SLOT_BITS{1'b0}}, good} - {{`RX_SLOT_BITS{1'b0}}, pop};
		if (rst) begin
			count <= 0;
			head <= 0;
			tail <= 0;
			at <= 0;
			over <= 0;
			ours <= 0;
		end
	end
endmodule
`default_nettype wire
