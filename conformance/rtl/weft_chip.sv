// SPDX-License-Identifier: BSD-2-Clause
// A whole chip: the responder and 256 KiB of memory with the test personality's contents at the
// start.  SENDs are taken and forgotten.
`include "weft_defs.svh"
`default_nettype none
module weft_chip (
`ifdef WEFT_MUTANTS
	input  wire logic [7:0]  mutant,
`endif
	input  wire logic        clk,
	input  wire logic        rst,
	input  wire logic [63:0] now_ns,
	input  wire logic [47:0] cfg_mac,
	input  wire logic [63:0] cfg_chip_id,
	input  wire logic [31:0] cfg_incarnation,
	input  wire logic [127:0] cfg_seed,
	input  wire logic        s_valid,
	output logic        s_ready,
	input  wire logic [7:0]  s_data,
	input  wire logic        s_last,
	input  wire logic        s_error,
	output logic        m_valid,
	input  wire logic        m_ready,
	output logic [7:0]  m_data,
	output logic        m_last,
	output logic        snd_valid,
	output logic [7:0]  snd_data,
	output logic        snd_done,
	output logic [23:0] snd_qpn,
	output logic [31:0] snd_ssn,
	output logic        idle,
	output logic [63:0] wake_ns,
	input  wire logic [4:0]  drop_cause,
	output logic [31:0] drop_count
);
	logic mem_we;
	logic [`MEM_BITS-1:0] mem_waddr, mem_raddr;
	logic [7:0] mem_wdata, mem_rdata;

	weft_ram #(.BITS(`MEM_BITS)) memory (
		.clk(clk), .we(mem_we), .waddr(mem_waddr), .wdata(mem_wdata), .raddr(mem_raddr),
		.rdata(mem_rdata)
	);

	// Pattern ramp7 in three of the four regions, zeros in the last.
	integer i;
	initial
		for (i = 0; i < 1 << `MEM_BITS; i = i + 1)
			memory.cell_q[i] = i < 3 << 16 ? 8'(7 * i) : 8'd0;

	weft_core core (
`ifdef WEFT_MUTANTS
		.mutant(mutant),
`endif
		.clk(clk), .rst(rst), .now_ns(now_ns), .cfg_mac(cfg_mac), .cfg_chip_id(cfg_chip_id),
		.cfg_incarnation(cfg_incarnation), .cfg_seed(cfg_seed), .cfg_domain_a(24'd1),
		.cfg_domain_b(24'd2), .s_valid(s_valid), .s_ready(s_ready), .s_data(s_data),
		.s_last(s_last), .s_error(s_error), .m_valid(m_valid), .m_ready(m_ready),
		.m_data(m_data), .m_last(m_last), .mem_we(mem_we), .mem_waddr(mem_waddr),
		.mem_wdata(mem_wdata), .mem_raddr(mem_raddr), .mem_rdata(mem_rdata),
		.snd_valid(snd_valid), .snd_data(snd_data), .snd_done(snd_done), .snd_qpn(snd_qpn),
		.snd_ssn(snd_ssn), .idle(idle), .wake_ns(wake_ns), .drop_cause(drop_cause),
		.drop_count(drop_count)
	);
endmodule
`default_nettype wire
