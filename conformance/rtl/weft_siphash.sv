// SPDX-License-Identifier: BSD-2-Clause
// SipHash-2-4 of four words, one round a cycle: the cookie of WEFT-PDC-026.  The words are taken
// while `busy` is low and `go` is high, and must stay until it is low again.
`default_nettype none
module weft_siphash (
	input  wire logic         clk,
	input  wire logic         rst,
	input  wire logic         go,
	input  wire logic [127:0] key,
	input  wire logic [255:0] text,	// first word in the low bits
	output logic         busy,
	output logic [63:0]  hash
);
	logic [63:0] v0, v1, v2, v3, word;
	logic [63:0] a0, a1, a2, a3, b0, b1, b2, b3, x3;
	logic [3:0]  round;		// 0 to 9: two for each of five words; 10 to 13: the end

	assign word = round[3:1] == 3'd4 ? 64'h2000000000000000 : text[{round[2:1], 6'd0} +: 64];

	always_comb begin
		x3 = round < 4'd10 && !round[0] ? v3 ^ word : v3;
		a2 = round == 4'd10 ? v2 ^ 64'hff : v2;
		a0 = v0 + v1;
		a1 = {v1[50:0], v1[63:51]} ^ a0;
		a0 = {a0[31:0], a0[63:32]};
		a2 = a2 + x3;
		a3 = {x3[47:0], x3[63:48]} ^ a2;
		b0 = a0 + a3;
		b3 = {a3[42:0], a3[63:43]} ^ b0;
		b2 = a2 + a1;
		b1 = {a1[46:0], a1[63:47]} ^ b2;
		b2 = {b2[31:0], b2[63:32]};
		if (round < 4'd10 && round[0])
			b0 = b0 ^ word;
	end

	assign hash = v0 ^ v1 ^ v2 ^ v3;

	always_ff @(posedge clk) begin
		if (busy) begin
			{v0, v1, v2, v3} <= {b0, b1, b2, b3};
			round <= round + 4'd1;
			busy <= round != 4'd13;
		end else if (go) begin
			v0 <= key[63:0] ^ 64'h736f6d6570736575;
			v1 <= key[127:64] ^ 64'h646f72616e646f6d;
			v2 <= key[63:0] ^ 64'h6c7967656e657261;
			v3 <= key[127:64] ^ 64'h7465646279746573;
			round <= 4'd0;
			busy <= 1'b1;
		end
		if (rst)
			busy <= 1'b0;
	end
endmodule
`default_nettype wire
