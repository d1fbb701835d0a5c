// SPDX-License-Identifier: BSD-2-Clause
// A packet: its headers, its CRC, whose it is, its PSN; acknowledgements.

		S_RX0: begin
			{h_version, h_type, h_flags, h_entropy, h_fabric, h_pdc} <= g;
			`GET(4'd8, S_RX1);
		end
		S_RX1: begin
			{h_psn, h_ack} <= g;
			op_step <= 5'd0;
			state <= S_DROP;
			o_body <= h_flags[`F_SYN] ? 11'd52 : 11'd20;
			if (rx_len < 11'd12 || `DEGENERATE(254))
				cause <= `D_SHORT;
			else if (h_version != 4'd1)	// WEFT-PKT-002
				state <= S_VERSION;
			else if (rx_len < 11'd20)
				cause <= `D_SHORT;
			else if (h_fabric[6])
				cause <= `D_TRIMMED;
			else if ((h_flags[`F_SEC] && !`MUTANT(SEC_TAKEN)) || h_type == 4'd0 ||
				 h_type > `T_CTRL)
				cause <= `D_TYPE;
			else if (h_flags[`F_SYN]) begin
				`GET(4'd8, S_SYN);
			end else
				state <= S_BODY;
		end

		S_SYN: begin
			op_step <= op_step + 5'd1;
			case (op_step)
			5'd0: y_chip <= g;
			5'd1: {y_inc, y_pdc, y_mode, y_gen} <= g[63:2];
			5'd2: begin y_domain <= g[63:40]; y_start <= g[31:0]; end
			default: {y_window, y_payload, y_cookie} <= g;
			endcase
			if (op_step == 5'd3)
				state <= S_BODY;
			else begin
				`GET(4'd8, S_SYN);
			end
		end

		S_BODY: begin
			op_step <= 5'd0;
			`GET(h_type == `T_CTRL ? 4'd4 : 4'd8, h_type == `T_DATA ? S_OP : S_BODYX);
		end
		S_BODYX: begin
			op_step <= op_step + 5'd1;
			`GET(4'd8, S_BODYX);
			o_body <= pos;
			case ({h_type, op_step})
			{`T_CTRL, 5'd0}: begin
				body_len <= g[31:16];
				state <= S_LEN;
			end
			{`T_ACK, 5'd0}: begin
				{a_flags, a_words} <= g[63:48];
				a_window <= g[15:0];
				body_len <= {5'd0, g[55:48], 3'd0};
			end
			{`T_ACK, 5'd1}: {a_echo, a_delay} <= g;
			{`T_NACK, 5'd0}: begin
				{n_reason, a_words} <= g[63:48];
				n_gen <= g[33:32];
				n_pdc <= g[23:0];
				body_len <= {5'd0, g[55:48], 3'd0};
			end
			{`T_NACK, 5'd1}: n_psn <= g[63:32];
			default: begin	// of NACK the first range, if there is one
				n_first <= g[63:32];
				if (h_type == `T_NACK)
					o_body <= pos - 11'd8;
				state <= S_LEN;
			end
			endcase
		end

		S_OP: begin
			op_step <= op_step + 5'd1;
			if (op_step == 5'd0) begin
				{o_code, o_flags, o_len} <= g[63:32];
				body_len <= g[47:32];
				o_qpn <= g[23:0];
				`GET(4'd4, S_OP);
			end else begin
				o_msn <= g[31:0];
				op_step <= 5'd0;
				o_mlen <= 32'd0;
				o_off <= 32'd0;
				o_addr <= 64'd0;
				o_key <= 32'd0;
				state <= S_OPX;
				case (o_code)
				`OP_SEND: begin `GET(4'd8, S_OPX); end
				`OP_WRITE, `OP_READ, `OP_ATOMIC, `OP_FLUSH: begin
					`GET(4'd4, S_OPX);
				end
				`OP_READ_RSP, `OP_ATOMIC_RSP, `OP_TACK, `OP_RD_RSP:
					pos <= pos + 11'd8;
				`OP_REDUCE: pos <= pos + 11'd24;
				`OP_RD_SEND: pos <= pos + 11'd12;
				default: ;
				endcase
			end
		end
		// What follows op; then, from step 8 on, the extensions that the flags say.
		S_OPX: begin
			op_step <= op_step < 5'd8 ? 5'd8 : op_step + 5'd1;
			if (op_step < 5'd8) case ({o_code, op_step})
			{`OP_SEND, 5'd0}: begin
				{o_mlen, o_off} <= g;
				op_step <= 5'd1;
				`GET(4'd4, S_OPX);
			end
			{`OP_SEND, 5'd1}: o_ssn <= g[31:0];
			{`OP_WRITE, 5'd0}, {`OP_READ, 5'd0}, {`OP_ATOMIC, 5'd0},
			{`OP_FLUSH, 5'd0}: begin
				o_key <= g[31:0];
				op_step <= 5'd1;
				`GET(4'd8, S_OPX);
			end
			{`OP_WRITE, 5'd1}, {`OP_FLUSH, 5'd1}: begin
				o_addr <= g;
				op_step <= 5'd2;
				`GET(4'd8, S_OPX);
			end
			{`OP_READ, 5'd1}, {`OP_ATOMIC, 5'd1}: begin
				o_addr <= g;
				op_step <= 5'd2;
				`GET(4'd4, S_OPX);
			end
			{`OP_WRITE, 5'd2}: {o_mlen, o_off} <= g;
			{`OP_FLUSH, 5'd2}: begin o_mlen <= g[63:32]; o_level <= g[31:24]; end
			{`OP_READ, 5'd2}: o_mlen <= g[31:0];
			{`OP_ATOMIC, 5'd2}: begin
				{o_aop, o_width, o_aflags} <= g[31:8];
				op_step <= 5'd3;
				`GET(4'd8, S_OPX);
			end
			{`OP_ATOMIC, 5'd3}: begin
				o_operand <= g;
				op_step <= 5'd4;
				`GET(4'd8, S_OPX);
			end
			{`OP_ATOMIC, 5'd4}: begin
				o_compare <= g;
				if (o_aflags[7])
					pos <= pos + 11'd16;
			end
			default: ;
			endcase
			else case (op_step)
			5'd8:
				if (o_flags[`O_IMM]) begin
					`GET(4'd8, S_OPX);
				end
			5'd9: begin
				o_imm_ssn <= g[63:32];
				if (o_flags[`O_INV])
					pos <= pos + 11'd4;
			end
			5'd10:
				if (o_flags[`O_SIGNAL])
					pos <= pos + 11'd16;
			default: begin
				o_body <= pos;
				state <= S_LEN;
			end
			endcase
		end

		// ---- is it whole? ---------------------------------------------------------

		S_LEN: begin
			end_at <= {6'd0, o_body} + {1'b0, body_len};
			pos <= 11'd0;
			crc <= 32'hffffffff;
			state <= S_CRC0;
		end
		S_CRC0:
			if (end_at + 17'd4 > {6'd0, rx_len}) begin
				cause <= `D_SHORT;
				state <= S_DROP;
			end else begin
				pos <= 11'd1;
				state <= S_CRC1;
			end
		S_CRC1: begin
			crc <= crc_next;
			pos <= pos + 11'd1;
			if ({6'd0, pos} == end_at) begin
				pos <= pos;
				`GET(4'd4, S_CRC2);
			end
		end
		S_CRC2: begin
			state <= S_WHO;
			if (g[31:0] != ~crc && !`MUTANT(CRC_UNCHECKED)) begin
				cause <= `D_CRC;
				state <= S_DROP;
			end else if (h_type == `T_DATA && o_len > `MAX_PAYLOAD) begin
				cause <= `D_OVERSIZE;
				state <= S_DROP;
			end else if (((h_type == `T_ACK || h_type == `T_NACK) && a_words > 8'd8) ||
				     (h_type == `T_CTRL && body_len[1:0] != 2'd0) || // WEFT-PKT-034
				     (h_flags[`F_SYN] &&
				      (y_window < 16'd16 || y_payload < 16'd64))) begin
				cause <= `D_MALFORMED;
				state <= S_DROP;
			end
		end

		// ---- whose is it? ---------------------------------------------------------

		S_WHO: begin
			cx <= 0;
			px <= 0;
			free_ctxs <= 0;
			cause <= `D_NO_CONTEXT;
			if (h_flags[`F_SYN] && h_pdc == 24'd0)
				state <= S_SYNFIND;
			else if (h_pdc != 24'd0) begin
				cx <= h_pdc[`CTX_BITS-1:0];
				`CTX <= ctx_q;
				state <= S_MATCH;
			end else if (h_type == `T_CTRL) begin
				state <= S_TLV;
				ret_tlv <= S_ALONE;
			end else if (h_type == `T_NACK && n_reason == `N_NO_CONTEXT)
				state <= S_ECHO;
			else
				state <= S_DROP;
		end

		S_MATCH: begin		// WEFT-PDC-007 WEFT-PDC-010 WEFT-PDC-071
			state <= S_DROP;
			if (c_open && {c_serial, cx} == h_pdc &&
			    (c_gen == h_flags[1:0] || `MUTANT(ANY_GEN))) begin
				state <= S_CTX;
				if (h_flags[`F_SYN] && y_chip != c_chip)
					state <= S_DROP;
				else if (h_flags[`F_SYN] && syn_differs) begin
					cause <= `D_DOMAIN;
					state <= S_DROP;
				end
			end else if (h_type != `T_ACK && h_type != `T_NACK) begin
				`NACK_ALONE(`N_NO_CONTEXT, 24'd0, 2'd0);
				t_epdc <= h_pdc;
				t_egen <= h_flags[1:0];
			end
		end

		S_SYNFIND: begin
			`CTX <= ctx_q;
			state <= S_SYNFIND1;
		end
		S_SYNFIND1: begin
			cx <= cx + 1'b1;
			if (!c_open)
				free_ctxs <= free_ctxs + 1'b1;
			if (c_open && c_chip == y_chip && c_pid == y_pdc && c_inc == y_inc) begin
				cx <= cx;
				cause <= `D_DOMAIN;
				state <= syn_differs ? S_DROP : S_CTX;
			end else
				state <= cx == {`CTX_BITS{1'b1}} ? S_PEER : S_SYNFIND;
		end

		// A context that is not open: do we know the chip, and is this new?
		S_PEER: begin
			`PEER <= peer_mem[px];
			state <= S_PEER1;
			if (y_chip == 64'd0 || y_pdc == 24'd0 ||
			    (h_type != `T_DATA && h_type != `T_CTRL)) begin
				cause <= `D_NO_CONTEXT;		// WEFT-PKT-031
				state <= S_DROP;
			end else if (y_mode != 4'd2 || (y_domain != cfg_domain_a &&
							y_domain != cfg_domain_b)) begin
				cause <= `D_DOMAIN;
				`NACK_ALONE(`N_MODE, y_pdc, y_gen);
			end
		end
		S_PEER1: begin
			cookie_try <= 1'b0;
			newer <= 1'b0;
			px <= px + 1'b1;
			if (p_used && p_chip == y_chip) begin
				px <= px;
				newer <= serial_after(y_inc, p_inc);
				state <= free_ctxs <= 1 || serial_after(y_inc, p_inc) ?
					 S_COOKIE : S_MAKE;
				cx <= 0;
				if (serial_after(p_inc, y_inc)) begin	// WEFT-PDC-006
					cause <= `D_STALE_SYN;
					state <= S_DROP;
				end else if (p_inc == y_inc && !serial_after(y_start, p_start) &&
					     !`MUTANT(STALE_OPENS)) begin
					cause <= `D_STALE_SYN;
					`NACK_ALONE(p_gave && !serial_after(y_start, p_gstart) ?
						    `N_RESET : `N_NEW_START, y_pdc, y_gen);
					t_arg <= p_start;
				end
			end else if (px == {`PEER_BITS{1'b1}}) begin
				px <= px_new;
				p_used <= 1'b0;
				state <= S_COOKIE;
			end else
				state <= S_PEER;
		end

		// Whoever is new here, or comes when there is hardly room, shows that it receives
		// what we send.  WEFT-PDC-024 to WEFT-PDC-027
		S_COOKIE: begin
			hash_go <= 1'b1;
			state <= S_COOKIE1;
		end
		S_COOKIE1:
			if (!hash_go && !hash_busy) begin
				cx <= 0;
				if (y_cookie != 32'd0 && y_cookie == cookie)
					state <= S_MAKE;
				else if (y_cookie != 32'd0 && !cookie_try) begin
					cookie_try <= 1'b1;	// of the epoch before?
					t_arg <= cookie;
					state <= S_COOKIE;
				end else begin
					cause <= `D_BAD_COOKIE;
					`NACK_ALONE(`N_COOKIE, y_pdc, y_gen);
					t_arg <= cookie_try ? t_arg : cookie;
				end
			end

		// Room for it; contexts of an earlier incarnation end.  WEFT-PDC-005
		S_MAKE: begin
			`CTX <= ctx_q;
			if (cx == 0)
				free_ctxs <= 0;
			state <= S_MAKE1;
		end
		S_MAKE1:
			if (c_open && newer && c_chip == y_chip && c_inc != y_inc) begin
				free_ret <= S_FAILED;
				state <= S_FREE;
				px_kept <= px;
				if (`MUTANT(OLD_LIVES))
					state <= cx == {`CTX_BITS{1'b1}} ? S_OPEN : S_MAKE;
				if (`MUTANT(OLD_LIVES))
					cx <= cx + 1'b1;
			end else begin
				if (!c_open) begin
					free_ctxs <= free_ctxs + 1'b1;
					free_cx <= cx;
				end
				cx <= cx + 1'b1;
				state <= cx == {`CTX_BITS{1'b1}} ? S_OPEN : S_MAKE;
			end
		S_FAILED: begin
			px <= px_kept;
			state <= S_MAKE1;
		end

		S_OPEN:
			if (free_ctxs == 0) begin		// WEFT-PDC-009
				cause <= `D_BUSY;
				`NACK_ALONE(`N_BUSY, y_pdc, y_gen);
			end else begin
				if (px == px_new)
					px_new <= px_new + 1'b1;
				cx <= free_cx;
				serial <= serial + (serial[20:0] == 21'h1fffff ? 23'd2 : 23'd1);
				rnd <= rnd_next;
				`CTX <= {CTX_W{1'b0}};
				c_open <= 1'b1;
				c_serial <= serial[20:0];
				c_gen <= serial[22:21];
				c_mac <= rx_src;
				c_chip <= y_chip;
				c_inc <= y_inc;
				c_pid <= y_pdc;
				c_domain <= y_domain;
				c_pgen <= y_gen;
				c_pstart <= y_start;
				c_plog <= y_payload >= 16'd1024 ? 4'd10 :
					  y_payload >= 16'd512 ? 4'd9 :
					  y_payload >= 16'd256 ? 4'd8 :
					  y_payload >= 16'd128 ? 4'd7 : 4'd6;
				c_pwin <= y_window;
				c_edge <= rnd + {16'd0, y_window};
				c_rx <= y_start;
				c_start <= rnd;
				c_una <= rnd;
				c_top <= rnd;
				c_next <= rnd;
				c_cwnd <= 6'd16;
				c_ssth <= 6'd32;
				c_heard <= now;
				state <= S_CTX;
			end

		// ---- in a context ---------------------------------------------------------

		S_CTX: begin
			loaded <= 1'b1;
			if (!h_flags[`F_SYN])
				c_known <= 1'b1;
			c_heard <= now;
			c_asked <= 1'b0;
			state <= h_flags[`F_AKV] ? S_ACKED : S_TYPE;
		end

		// Its ack_psn.  WEFT-ACK-015 WEFT-ACK-007
		S_ACKED: begin
			state <= S_TYPE;
			if (!acked[31] && acked > outstanding && !`MUTANT(ACK_BEYOND)) begin
				cause <= `D_BAD_ACK;
				state <= S_DROP;
			end else if (!acked[31] && acked != 0) begin
				c_una <= `MUTANT(ACK_BEYOND) && acked > outstanding ? c_top :
					 h_ack + 32'd1;
				c_back <= 4'd0;
				c_rto <= 1'b0;		// armed again at the next visit
				if (c_cwnd < c_ssth)
					c_cwnd <= acked + {26'd0, c_cwnd} > {26'd0, c_ssth} ? c_ssth :
						  c_cwnd + acked[5:0];
				else if ({26'd0, c_grow} + acked >= {26'd0, c_cwnd}) begin
					c_grow <= 6'd0;
					c_cwnd <= c_cwnd == 6'd32 ? c_cwnd : c_cwnd + 6'd1;
				end else
					c_grow <= c_grow + acked[5:0];
				if (serial_after(h_ack + 32'd1 + {16'd0, c_pwin}, c_edge))
					c_edge <= h_ack + 32'd1 + {16'd0, c_pwin};
				state <= S_POP;
			end
		end
		// Entries that are done with go; what is to be sent may lie behind them.
		S_POP: begin
			`ENTRY <= ring_q;
			state <= S_POP1;
		end
		S_POP1:
			if (c_head != c_tail && e_done &&
			    (e_n == 0 || !serial_after(e_first + {21'd0, e_n}, c_una))) begin
				c_head <= c_head + 1'b1;
				if (c_cur == c_head) begin
					c_cur <= c_head + 1'b1;
					c_k <= 11'd0;
				end
				state <= S_POP;
			end else begin
				if (serial_after(c_una, c_next)) begin
					c_next <= c_una;
					c_cur <= c_head;
					c_k <= c_head == c_tail || e_n == 0 ? 11'd0 :
					       c_una[10:0] - e_first[10:0];
				end
				state <= S_TYPE;
			end

		S_TYPE:
			state <= h_type == `T_ACK ? S_RXACK : h_type == `T_NACK ? S_RXNACK : S_PSN;

		S_RXACK: begin
			state <= S_RXEND;
			if (serial_after(c_una, c_tpsn))
				c_timing <= 1'b0;
			if (h_flags[`F_AKV]) begin
				c_pwin <= a_window;
				if (serial_after(h_ack + 32'd1 + {16'd0, a_window}, c_edge))
					c_edge <= h_ack + 32'd1 + {16'd0, a_window};
			end
			if (a_flags[7] && c_timing && a_echo == c_tpsn)
				state <= S_RTT;
		end
		S_RTT: begin		// WEFT-RTX-020 WEFT-RTX-021
			c_sampled <= 1'b1;
			c_srtt <= c_sampled ? c_srtt - c_srtt / 8 + sample / 8 : sample;
			c_var <= c_sampled ? c_var - c_var / 4 + deviation / 4 : sample / 2;
			state <= S_RXEND;
		end

		S_RXNACK: begin
			cause <= `D_BAD_ECHO;
			state <= S_DROP;
			if (n_reason == `N_MISSING) begin	// WEFT-RTX-004 WEFT-RTX-024
				cause <= `D_UNEXPECTED;
				if (a_words != 8'd0 && n_first - c_una < outstanding) begin
					state <= S_RXEND;
					c_timing <= 1'b0;
					if (n_first - c_una < c_next - c_una) begin
						c_next <= n_first;
						c_cur <= c_head;
						c_ssth <= c_cwnd[5:1] == 0 ? 6'd1 : {1'b0, c_cwnd[5:1]};
						c_cwnd <= c_cwnd[5:1] == 0 ? 6'd1 : {1'b0, c_cwnd[5:1]};
						free_ret <= S_RXEND;
						state <= S_WALK;
					end
				end
			end else if ((n_reason == `N_NO_CONTEXT || n_reason == `N_RESET) &&
				     (n_reason == `N_RESET || (n_pdc == c_pid && n_gen == c_pgen)) &&
				     (n_psn - c_una < outstanding || `MUTANT(NACK_BELIEVED) ||
				      (n_reason == `N_RESET && c_una - n_psn <= `WINDOW &&
				       !serial_after(c_start, n_psn)))) begin
				free_ret <= S_RXEND;	// WEFT-PDC-011
				state <= S_FREE;
			end
		end

		// NACK NO_CONTEXT for an id of the peer's.
		S_ECHO: begin
			`CTX <= ctx_q;
			state <= S_ECHO1;
		end
		S_ECHO1: begin
			cx <= cx + 1'b1;
			state <= S_ECHO;
			cause <= `D_BAD_ECHO;
			if (c_open && c_pid == n_pdc && c_pgen == n_gen &&
			    n_psn - c_una < outstanding) begin
				cx <= cx;
				loaded <= 1'b1;
				free_ret <= S_RXEND;
				state <= S_FREE;
			end else if (cx == {`CTX_BITS{1'b1}})
				state <= S_DROP;
		end

		// Its PSN.  WEFT-PDC-020 to WEFT-PDC-022
		S_PSN: begin
			if (h_fabric[7] && (rx_ahead[31] || rx_ahead < `WINDOW))
				c_ce <= c_ce + 16'd1;
			at_once <= h_flags[`F_AR] || h_flags[`F_SYN] || h_fabric[7];
			state <= S_DROP;
			if (rx_ahead[31] && !`MUTANT(DUP_TAKEN)) begin
				cause <= `D_DUPLICATE;
				`ECHO;
				ack_ret <= S_DROP;
				state <= `MUTANT(DUP_SILENT) ? S_DROP : S_ACK;
			end else if (!rx_ahead[31] && rx_ahead >= `WINDOW && !`MUTANT(NO_WINDOW))
				cause <= `D_WINDOW;
			else if (rx_ahead != 0 && !`MUTANT(ANY_ORDER) &&
				 !(`MUTANT(DUP_TAKEN) && rx_ahead[31]) &&
				 !(`MUTANT(NO_WINDOW) && rx_ahead >= `WINDOW)) begin
				cause <= `D_ORDER;
				c_gap <= 1'b1;
				c_gapat <= h_psn;
				// WEFT-ACK-008
				if (!c_gap || h_flags[`F_AR] || !serial_after(h_psn, c_gapat) ||
				    `MUTANT(NACK_EACH)) begin
					`NACK_ALONE(`N_MISSING, c_pid, c_pgen);
					t_flags <= {!c_known, 3'd0, 1'b1, 1'b0, c_pgen};
					t_mac <= c_mac;
					t_missing <= rx_ahead;
				end
			end else if (h_type == `T_CTRL) begin
				ret_tlv <= S_CTRL;
				if (ring_full) begin
					cause <= `D_NO_HOLD;	// WEFT-PDC-023
				end else if (body_len[1:0] != 2'd0) begin
					cause <= `D_MALFORMED;
					state <= S_TAKEN;
				end else
					state <= S_TLV;
			end else begin
				sx <= o_qpn[`STR_BITS-1:0];
				state <= S_EXEC;
			end
		end

		// ---- the end of a packet --------------------------------------------------

		S_DROP: state <= S_RXEND;
		S_RXEND: begin
			rx_pop <= 1'b1;
			state <= S_RXEND1;
		end
		S_RXEND1: state <= S_SCAN;
