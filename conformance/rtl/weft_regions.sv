// SPDX-License-Identifier: BSD-2-Clause
// The regions of the test personality, and the checks of a request against them: key, domain,
// rights, bounds, in that order.  Combinational.
//
// WEFT-SEM-020 WEFT-MEM-001 WEFT-MEM-002 WEFT-MEM-003 WEFT-MEM-004 WEFT-MEM-005 WEFT-MEM-008
`include "weft_defs.svh"
`default_nettype none
module weft_regions (
`ifdef WEFT_MUTANTS
	input  wire logic [7:0]  mutant,
`endif
	input  wire logic [31:0] key,
	input  wire logic [63:0] addr,
	input  wire logic [31:0] length,
	input  wire logic [23:0] domain,	// of the context
	input  wire logic [2:0]  need,		// read, write, atomic
	output logic [7:0]  status,
	output logic [`MEM_BITS-1:0] at		// where in memory `addr` is, when status is OK
);
`ifdef WEFT_MUTANTS
/* verilator lint_off UNUSEDPARAM */
`include "weft_mutants.svh"
/* verilator lint_on UNUSEDPARAM */
`endif
	localparam [63:0] LEN = 64'h10000;
	localparam [7:0]  OUR_PD = 8'd1;	// of the streams of service 2

	logic        alive;
	logic [63:0] base, off;
	logic [2:0]  rights;
	logic [23:0] owner;
	logic [7:0]  pd;
	logic [1:0]  bank;		// which 64 KiB of the memory
	logic        fits;

	always_comb begin
		alive = 1'b1;
		base = 64'h10000;
		rights = 3'b111;
		owner = 24'd1;
		pd = OUR_PD;
		bank = 2'd0;
		case (key)
		32'h11: ;
		32'h12: begin base = 64'h30000; rights = 3'b100; bank = 2'd1; end
		32'h13: begin base = 64'h50000; rights = 3'b010; end
		32'h14: begin base = 64'h70000; owner = 24'd2; bank = 2'd2; end
		32'h15: begin base = 64'h90000; alive = `MUTANT(DEAD_KEY); end
		32'h16: begin base = 64'hb0000; pd = 8'd2; end
		32'h17: begin base = 64'hd0000; bank = 2'd3; end
		default: alive = 1'b0;
		endcase
		if (`MUTANT(KEY_LOW_BYTE) && !alive && key[31:8] != 24'd0 && key[7:0] == 8'h11)
			alive = 1'b1;	// compares the low byte of a key alone

		// By subtraction: addr + length may wrap.
		off = addr - base;
		fits = addr >= base && off <= LEN && {32'd0, length} <= LEN - off;
		if (`MUTANT(OFF_BY_ONE))
			fits = addr >= base && {32'd0, length} <= LEN - off + 64'd1;
		if (`MUTANT(BOUNDS_ADD))
			fits = addr + {32'd0, length} <= base + LEN;	// wraps
		at = {bank, off[15:0]};

		if (!alive)
			status = `ST_BAD_KEY;
		else if ((owner != domain && !`MUTANT(ANY_DOMAIN)) ||
			 (pd != OUR_PD && !`MUTANT(ANY_PD)))
			status = `ST_BAD_DOMAIN;
		else if ((need & ~rights) != 3'd0 && !`MUTANT(ANY_RIGHTS))
			status = `ST_NO_RIGHTS;
		else if (length != 32'd0 && !fits)
			status = `ST_OUT_OF_BOUNDS;
		else
			status = `ST_OK;
	end
endmodule
`default_nettype wire
