// SPDX-License-Identifier: BSD-2-Clause
// A packet whose turn it is: operations of streams, and control of the context.

		// ---- operations -----------------------------------------------------------

		S_EXEC: begin
			`STR <= str_mem[sx];
			state <= `DEGENERATE(255) && c_known ? S_TAKE : S_EXEC1;
		end
		S_EXEC1: begin
			state <= S_FORM;
			status <= `ST_OK;
			case (o_code)
			`OP_NOP: begin
				if (s_ours && o_qpn != 24'd0 && !serial_after(s_msn, o_msn)) begin
					s_dead <= 1'b1;		// WEFT-RTX-029
					ret_str <= S_TAKE;
					state <= S_STRSAVE;
				end else
					state <= S_TAKE;
			end
			`OP_READ_RSP, `OP_ATOMIC_RSP, `OP_TACK, `OP_RD_RSP: begin
				cause <= `D_UNEXPECTED;		// WEFT-SEM-026
				state <= S_TAKEN;
			end
			default:
				if (ring_full || (c_reads != 0 && o_code != `OP_READ) ||
				    c_reads == 3'd7) begin
					cause <= `D_NO_HOLD;	// WEFT-PDC-023 WEFT-SEM-002
					state <= S_DROP;
				end else if (!s_ours) begin	// WEFT-SEM-025
					cause <= `D_NO_STREAM;
					`PUSH(`E_TACK, o_qpn, o_msn, `ST_NO_STREAM, 64'd0);
					ret <= S_TAKEN;
				end else if (s_dead && !`MUTANT(ERROR_LIVES)) begin
					cause <= `D_STREAM_STATE;
					state <= S_TAKEN;
				end
			endcase
		end

		// What does not depend on keys.  WEFT-SEM-010 WEFT-SEM-011 WEFT-SEM-015 WEFT-SEM-041
		S_FORM:
			if (skipped && !`MUTANT(ANY_FORM)) begin	// WEFT-SEM-090
				o_msn <= s_msn;
				status <= `ST_MALFORMED;
				state <= S_REFUSE;
			end else if (bad_code) begin
				status <= `ST_BAD_OPCODE;
				state <= S_REFUSE;
			end else if (bad_form && !`MUTANT(ANY_FORM)) begin
				status <= `ST_MALFORMED;
				state <= S_REFUSE;
			end else if (o_code == `OP_ATOMIC && o_addr[2:0] != 3'd0 &&
				     !`MUTANT(MISALIGNED_OK)) begin
				status <= `ST_MISALIGNED;
				state <= S_REFUSE;
			end else if (o_code == `OP_SEND && o_mlen > `RECV_MAX) begin
				status <= `ST_TOO_LONG;
				state <= S_REFUSE;
			end else
				state <= S_KEY;

		S_KEY: begin
			m_at <= o_code == `OP_WRITE ? r_at + o_off[`MEM_BITS-1:0] : r_at;
			m_left <= o_len;
			pos <= o_body;
			a_i <= 3'd0;
			if (o_code != `OP_SEND && r_status != `ST_OK) begin
				status <= r_status;
				state <= S_REFUSE;
			end else case (o_code)
			`OP_ATOMIC: state <= S_ATOM0;
			`OP_READ, `OP_FLUSH: state <= S_OPDONE;
			default: state <= o_len == 16'd0 ? S_OPDONE : S_COPY0;
			endcase
		end

		// Payload to memory, or to the sink.
		S_COPY0: begin
			pos <= pos + 11'd1;
			mem_waddr <= m_at - 1'b1;
			state <= S_COPY1;
		end
		S_COPY1: begin
			mem_we <= o_code == `OP_WRITE;
			mem_waddr <= mem_waddr + 1'b1;
			mem_wdata <= rx_q;
			snd_valid <= o_code == `OP_SEND;
			snd_data <= rx_q;
			pos <= pos + 11'd1;
			m_left <= m_left - 16'd1;
			if (m_left == 16'd1)
				state <= S_OPDONE;
		end

		// Eight bytes, the least significant first, out and back.
		S_ATOM0: begin
			m_at <= m_at + 1'b1;
			state <= S_ATOM1;
		end
		S_ATOM1: begin
			a_old <= {mem_rdata, a_old[63:8]};
			m_at <= m_at + 1'b1;
			a_i <= a_i + 3'd1;
			if (a_i == 3'd7)
				state <= S_ATOM2;
		end
		S_ATOM2: begin
			a_new <= cas_or_add;
			mem_waddr <= r_at - 1'b1;
			state <= S_ATOM3;
		end
		S_ATOM3: begin
			mem_we <= 1'b1;
			mem_waddr <= mem_waddr + 1'b1;
			mem_wdata <= a_new[7:0];
			a_new <= {8'd0, a_new[63:8]};
			a_i <= a_i + 3'd1;
			if (a_i == 3'd7)
				state <= S_OPDONE;
		end

		// WEFT-SEM-001 WEFT-SEM-013 WEFT-SEM-030
		S_OPDONE: begin
			{s_op, s_key, s_addr, s_len} <= {o_code, o_key, o_addr, o_mlen};
			s_off <= o_off + {16'd0, o_len};
			s_in <= !o_flags[`O_EOM];
			state <= S_STRSAVE;
			if (o_flags[`O_EOM]) begin
				s_msn <= s_msn + 32'd1;
				if (o_code == `OP_SEND || o_flags[`O_IMM]) begin
					s_ssn <= s_ssn + 32'd1;
					snd_done <= 1'b1;
					snd_qpn <= o_qpn;
					snd_ssn <= s_ssn;
				end
				case (o_code)
				`OP_READ: begin
					c_reads <= c_reads + 3'd1;
					`PUSH(`E_READ, s_pqpn, o_msn, `ST_OK,
					      {o_mlen, {32-`MEM_BITS{1'b0}}, r_at});
				end
				`OP_ATOMIC: begin
					`PUSH(`E_ATOMIC, s_pqpn, o_msn, `ST_OK, a_old);
				end
				default: begin
					`PUSH(`E_TACK, s_pqpn, o_msn, `ST_OK,
					      {s_ssn + `RECV_CREDITS + {31'd0, o_code == `OP_SEND ||
						o_flags[`O_IMM]}, 32'd0});
				end
				endcase
			end
			ret <= S_STRSAVE;
			ret_str <= S_TAKE;
		end

		// The stream ends in ERROR; later requests have no effect.  WEFT-SEM-022 WEFT-SEM-023
		S_REFUSE: begin
			s_dead <= 1'b1;
			if (`MUTANT(ERROR_LIVES))
				s_msn <= o_msn + 32'd1;
			cause <= `D_REFUSED;
			`PUSH(`E_TACK, s_pqpn, o_msn, status, {s_ssn + `RECV_CREDITS, 32'd0});
			ret <= S_STRSAVE;
			ret_str <= S_TAKEN;
		end

		S_STRSAVE: state <= ret_str;

		// ---- taken: its PSN is done -----------------------------------------------

		// Taken, and yet to be counted under a cause.
		S_TAKEN: state <= S_TAKE;
		S_TAKE: begin
			c_rx <= c_rx + 32'd1;
			c_gap <= 1'b0;
			c_unacked <= c_unacked + 4'd1;
			if (h_type == `T_DATA)
				c_rxbytes <= c_rxbytes + {16'd0, o_len};
			`ECHO;
			ack_ret <= S_RXEND;
			if (at_once || c_unacked + 4'd1 >= `ACK_EVERY)	// WEFT-ACK-003 WEFT-ACK-004
				state <= `MUTANT(NO_AR) ? S_RXEND : S_ACK;
			else begin
				if (!c_ackdue && !`MUTANT(NO_DELAYED_ACK)) begin
					c_ackdue <= 1'b1;
					c_ackat <= now + ack_wait;
				end
				state <= S_RXEND;
			end
		end

		// ---- control of the context -----------------------------------------------

		// WEFT-PDC-015 WEFT-MGT-015
		S_CTRL: begin
			cause <= `D_BAD_TLV;
			state <= S_TAKEN;
			pos <= v_cat;
			g_left <= 4'd8;
			sx <= 0;
			if (!v_bad && (v_critical == 3'd1 ||
				       (`MUTANT(TWO_CRITICAL) && v_critical != 0)))
				case (v_ctype)
				`V_CLOSE: begin		// WEFT-PDC-014
					c_closing <= !`MUTANT(CLOSE_IGNORED);
					state <= S_TAKE;
					at_once <= 1'b1;
				end
				`V_EP_CONNECT:
					if (v_clen >= 16'd16 && v_clen <= 16'd80) begin
						ret <= S_CONNECT;
						state <= S_GET0;
					end
				`V_EP_DISCONNECT:
					if (v_clen == 16'd12) begin	// WEFT-MGT-080
						ret <= S_DISC;
						state <= S_GET0;
					end
				`V_EP_ACCEPT, `V_EP_REJECT:	// of nothing that we asked for
					cause <= `D_UNEXPECTED;
				default: ;
				endcase
		end

		S_CONNECT: begin
			o_qpn <= g[63:40];
			if (g[31:0] != 32'd2 && !`MUTANT(ANY_SERVICE)) begin	// WEFT-MGT-008
				`PUSH(`E_REJECT, g[63:40], 32'd0, `R_NO_SERVICE, 64'd0);
				ret <= S_TAKE;
			end else
				state <= S_FINDSTR;
		end
		S_FINDSTR: begin
			`STR <= str_mem[sx];
			state <= S_FINDSTR1;
		end
		S_FINDSTR1: begin
			sx <= sx + 1'b1;
			state <= S_FINDSTR;
			if (!s_used) begin
				sx <= sx;
				tag <= tag + 17'd1;
				{s_used, s_tag, s_cx, s_pqpn} <= {1'b1, tag, cx, o_qpn};
				{s_dead, s_msn, s_ssn, s_in} <= 66'd0;
				ret_str <= S_CONNECT1;
				state <= S_STRSAVE;
			end else if (sx == {`STR_BITS{1'b1}}) begin
				`PUSH(`E_REJECT, o_qpn, 32'd0, `R_NO_ROOM, 64'd0);
				ret <= S_TAKE;
			end
		end
		S_CONNECT1: begin
			`PUSH(`E_ACCEPT, o_qpn, 32'd0, 8'd0, {40'd0, 1'b0, s_tag, sx});
			ret <= S_TAKE;
		end

		// WEFT-MGT-009 WEFT-MGT-012
		S_DISC: begin
			o_qpn <= g[63:40];
			sx <= g[40 +: `STR_BITS];
			n_pdc <= g[31:8];
			state <= S_DISC1;
		end
		S_DISC1: begin
			`STR <= str_mem[sx];
			state <= S_DISC2;
		end
		S_DISC2: begin
			cause <= `D_NO_STREAM;
			state <= S_TAKEN;
			if (s_ours && (n_pdc == 24'd0 || n_pdc == s_pqpn)) begin
				s_used <= `MUTANT(DISC_IGNORED);
				ret_str <= S_CONV;
				ex <= c_head;
				state <= S_STRSAVE;
			end
		end
		// Its answers become NOPs.
		S_CONV: begin
			`ENTRY <= ring_q;
			state <= ex == c_tail || `MUTANT(NO_NOP) ? S_TAKE : S_CONV1;
		end
		S_CONV1: begin
			if (becomes_nop && e_kind == `E_READ && !e_done)
				c_reads <= c_reads - 3'd1;
			ex <= ex + 1'b1;
			state <= S_CONV;
		end
