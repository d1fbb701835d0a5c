// SPDX-License-Identifier: BSD-2-Clause
// One byte into a CRC32C (polynomial 0x1edc6f41, reflected), combinational.  The register begins
// at all ones; what goes on the wire is its complement.  WEFT-PKT-005
`default_nettype none
module weft_crc32c (
	input  wire logic [31:0] crc,
	input  wire logic [7:0]  data,
	output logic [31:0] next
);
	integer i;

	always_comb begin
		next = crc ^ {24'd0, data};
		for (i = 0; i < 8; i = i + 1)
			next = next[0] ? {1'b0, next[31:1]} ^ 32'h82f63b78 : {1'b0, next[31:1]};
	end
endmodule
`default_nettype wire
