// SPDX-License-Identifier: BSD-2-Clause
// TLVs: all of a packet looked at before any is acted on; and what stands alone.

		// ---- TLVs -----------------------------------------------------------------

		// All of them, from o_body on, before any is acted on.  WEFT-PKT-008 WEFT-PKT-009
		S_TLV: begin
			pos <= o_body;
			v_bad <= 1'b0;
			v_critical <= 3'd0;
			v_hello <= 1'b0;
			v_neighbour <= 1'b0;
			v_reject <= 1'b0;
			v_next <= {6'd0, o_body};
			v_foreign <= 1'b0;
			g_left <= 4'd4;
			ret <= S_TLV1;
			end_at <= {6'd0, o_body} + {1'b0, body_len};
			state <= body_len == 16'd0 ? ret_tlv : S_GET0;
		end
		S_TLV1: begin
			v_next <= v_after;
			pos <= v_after[10:0];
			g_left <= 4'd4;
			state <= v_after == end_at ? ret_tlv : S_GET0;
			if (v_after > end_at) begin
				v_bad <= 1'b1;
				state <= ret_tlv;
			end
			if (g[31] && v_critical != 3'd7)
				v_critical <= v_critical + 3'd1;
			if (g[31]) begin
				{v_ctype, v_clen} <= g[31:0];
				v_cat <= pos;
			end
			case (g[31:16])
			`V_HELLO:
				if (g[15:0] >= 16'd32) begin
					v_hello <= 1'b1;
					v_hat <= pos;
				end
			`V_NEIGHBOUR:
				if (g[15:0] >= 16'd28) begin
					v_neighbour <= 1'b1;
					v_nat <= pos;
				end
			`V_VERSION_REJECT: v_reject <= 1'b1;
			default: if (g[31]) v_foreign <= 1'b1;
			endcase
		end

		// A version that is not ours: say so, but not to one who says so.  WEFT-MGT-004
		S_VERSION: begin
			cause <= `D_VERSION;
			pos <= h_flags[`F_SYN] ? 11'd48 : 11'd16;
			ret <= S_VERSION1;
			g_left <= 4'd4;
			v_reject <= 1'b0;
			state <= h_type == `T_CTRL && rx_len >= o_body ? S_GET0 : S_VERSION2;
		end
		S_VERSION1: begin
			body_len <= g[31:16] < {5'd0, rx_len - o_body} ? g[31:16] :
				    {5'd0, rx_len - o_body};
			ret_tlv <= S_VERSION2;
			state <= S_TLV;
		end
		S_VERSION2:
			if (v_reject && !`MUTANT(PING_PONG))
				state <= S_DROP;
			else begin
				`ALONE(`K_VERSION);
			end

		// What stands alone.  WEFT-MGT-001 WEFT-MGT-002 WEFT-MGT-011
		S_ALONE: begin
			pos <= v_hat + 11'd15;
			g_left <= 4'd1;
			ret <= S_HELLO;
			state <= v_hello ? S_GET0 : S_NEIGHBOUR;
			if (v_bad || (v_foreign && !`MUTANT(ANY_CRITICAL)) ||
			    (!v_hello && !v_neighbour && !v_reject)) begin
				cause <= `D_BAD_TLV;
				state <= S_DROP;
			end
		end
		S_HELLO: begin
			state <= S_NEIGHBOUR;
			if (g[7] || `MUTANT(ALWAYS_HELLO)) begin
				`ALONE(`K_HELLO);
				tx_ret <= S_NEIGHBOUR;
			end
		end
		S_NEIGHBOUR: begin
			op_step <= 5'd0;
			pos <= v_nat;
			g_left <= 4'd8;
			ret <= S_NBGOT;
			state <= v_neighbour ? S_GET0 : S_RXEND;
		end
		S_NBGOT: begin
			op_step <= op_step + 5'd1;
			if (op_step == 5'd3) begin
				neighbour <= {neighbour[191:0], g[31:0]};
				state <= S_RXEND;
				if (neighbour[119]) begin	// CONFIRM
					`ALONE(`K_NEIGHBOUR);
					tx_ret <= S_RXEND;
				end
			end else begin
				neighbour <= {neighbour[159:0], g};
				`GET(op_step == 5'd2 ? 4'd4 : 4'd8, S_NBGOT);
			end
		end
