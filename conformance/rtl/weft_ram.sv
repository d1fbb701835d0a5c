// SPDX-License-Identifier: BSD-2-Clause
// One port of bytes, read a cycle later; what is written is not read in the same cycle.
`default_nettype none
module weft_ram #(parameter BITS = 8) (
	input  wire logic            clk,
	input  wire logic            we,
	input  wire logic [BITS-1:0] waddr,
	input  wire logic [7:0]      wdata,
	input  wire logic [BITS-1:0] raddr,
	output logic [7:0]      rdata
);
	logic [7:0] cell_q [0:(1 << BITS) - 1];

	always_ff @(posedge clk) begin
		if (we)
			cell_q[waddr] <= wdata;
		rdata <= cell_q[raddr];
	end
endmodule
`default_nettype wire
