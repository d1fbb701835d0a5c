// SPDX-License-Identifier: BSD-2-Clause
// Between packets: contexts in turn.  What is due is sent, one packet a visit; timers.

		// After a reset every record is cleared.
		S_INIT: begin
			sx <= sx + 1'b1;
			if (sx == {`STR_BITS{1'b1}})
				state <= S_SCAN;
		end

		S_SCAN: begin
			loaded <= 1'b0;
			if (rx_have) begin
				pos <= 11'd0;
				g_left <= 4'd8;
				state <= S_GET0;
				ret <= S_RX0;
				rounds <= 0;
			end else if (rounds[`CTX_BITS]) begin
				rounds <= 0;
				state <= S_SLEEP;
			end else begin
				`CTX <= ctx_q;
				cx <= visit;
				visit <= visit + 1'b1;
				if (rounds == 0)
					wake_any <= 1'b0;
				state <= S_VISIT0;
			end
		end

		S_SLEEP:
			if (rx_have || (wake_any && !now_due[39]))
				state <= S_SCAN;

		// A field of up to 8 bytes from the packet, to g.
		S_GET0: begin
			pos <= pos + 11'd1;
			state <= S_GET1;
		end
		S_GET1: begin
			g <= {g[55:0], rx_q};
			g_left <= g_left - 4'd1;
			if (g_left == 4'd1)
				state <= ret;
			else
				pos <= pos + 11'd1;
		end

		S_TXWAIT:
			if (!t_go && !t_busy)
				state <= tx_ret;

		S_VISIT0: begin
			`ENTRY <= ring_q;
			state <= S_VISIT;
		end

		S_VISIT: begin
			state <= S_SCAN;
			if (!c_open)
				rounds <= rounds + 1'b1;
			else if (c_ackdue && !age_ack[39]) begin
				ack_ret <= S_STORE;
				state <= S_ACK;
			end else if (!ring_last && e_done && c_k >= e_n) begin
				c_cur <= c_cur + 1'b1;	// a NOP of nothing
				c_k <= 11'd0;
				state <= S_STORE;
			end else if (c_sending)
				state <= S_EMIT;
			else if (c_rto && !age_rto[39])
				state <= S_TIMEOUT;
			else if (!c_rto && (outstanding != 0 || !ring_last)) begin
				c_rto <= 1'b1;
				c_rtoat <= now + rto_ns;
				state <= S_STORE;
			end else if (c_closing && c_head == c_tail) begin
				free_ret <= S_STORE;
				state <= S_FREE;
			end else if (!c_asked && !ring_full && age_heard >= `IDLE_NS) begin
				c_asked <= 1'b1;	// WEFT-PDC-016 WEFT-PDC-019
				`PUSH(`E_NOP, 24'd0, 32'd0, 8'd0, 64'd0);
				ret <= S_STORE;
			end else begin
				rounds <= rounds + 1'b1;
				if (!wake_any || left_min < wake - now) begin
					wake <= now + left_min;
					wake_any <= 1'b1;
				end
			end
		end

		S_STORE: begin
			rounds <= 0;
			state <= S_SCAN;
		end

		// ---- one packet of the ring -----------------------------------------------

		S_EMIT: begin
			`TO_PEER;
			t_kind <= e_kind == `E_ACCEPT ? `K_ACCEPT : e_kind == `E_REJECT ? `K_REJECT :
				  `K_DATA;
			t_psn <= c_next;
			t_flags <= {!c_known,
				    (e_last && c_cur + 1'b1 == c_tail) || c_next + 32'd1 == c_edge ||
				    (e_kind == `E_READ &&
				     c_next + 32'd1 - c_una >= {26'd0, c_cwnd}),
				    c_next != c_top && !`MUTANT(NO_RTX), 1'b0, 1'b1, 1'b0, c_pgen};
			t_reason <= e_status;
			t_opcode <= e_kind == `E_TACK ? `OP_TACK : e_kind == `E_READ ? `OP_READ_RSP :
				    e_kind == `E_ATOMIC ? `OP_ATOMIC_RSP : `OP_NOP;
			t_oflags <= e_kind == `E_NOP ? 8'd0 :
				    e_kind != `E_READ ? 8'hc0 : {c_k == 0, e_final, 6'd0};
			t_status <= e_kind == `E_TACK ? e_status : `ST_OK;
			t_qpn <= e_kind == `E_NOP ? 24'd0 : e_qpn;
			t_msn <= e_kind == `E_NOP ? 32'd0 : e_msn;
			t_ext <= e_kind == `E_READ ? {e_len, e_at} : e_arg;
			t_src <= e_arg[23:0];
			t_credits <= `RECV_CREDITS;
			t_payload <= e_kind != `E_READ ? 16'd0 :
				     e_final ? e_left[15:0] : 16'd1 << c_plog;
			t_at <= e_arg[`MEM_BITS-1:0] + e_at[`MEM_BITS-1:0];
			t_go <= 1'b1;
			tx_ret <= S_EMITTED;
			state <= S_TXWAIT;
		end

		S_EMITTED: begin
			e_sent_last <= e_last;
			c_ackdue <= 1'b0;	// ack_psn has said it
			c_unacked <= 4'd0;
			c_next <= c_next + 32'd1;
			if (c_next == c_top) begin
				c_top <= c_top + 32'd1;
				if (c_k == 0)
					e_first <= c_next;
				e_n <= c_k + 11'd1;
				e_done <= e_last;
				if (e_last && e_kind == `E_READ)
					c_reads <= c_reads - 3'd1;
				if (!c_timing) begin
					c_timing <= 1'b1;
					c_tpsn <= c_next;
					c_tat <= now;
				end
			end
			c_cur <= c_cur + {{`RING_BITS-1{1'b0}}, e_last};
			c_k <= e_last ? 11'd0 : c_k + 11'd1;
			if (!c_rto || outstanding == 0) begin
				c_rto <= 1'b1;
				c_rtoat <= now + rto_ns;
			end
			state <= S_PUSHED;
		end
		S_PUSHED: state <= S_STORE;

		// ---- timers, going back ---------------------------------------------------

		S_TIMEOUT:
			if (c_back >= `RETRY_LIMIT) begin	// WEFT-RTX-007
				free_ret <= S_STORE;
				state <= S_FREE;
			end else if (outstanding == 0 && c_next != c_edge) begin
				c_rto <= 1'b0;
				state <= S_STORE;
			end else begin
				c_back <= c_back + 4'd1;
				c_rtoat <= now + {rto_ns[38:0], 1'b0};
				c_path <= c_path + 4'd1;	// WEFT-CC-006
				c_ssth <= c_cwnd[5:1] == 0 ? 6'd1 : {1'b0, c_cwnd[5:1]};
				c_cwnd <= 6'd1;			// WEFT-CC-002
				c_timing <= 1'b0;
				if (outstanding != 0) begin
					c_next <= c_una;
					c_cur <= c_head;
					free_ret <= S_STORE;
					state <= S_WALK;
				end else begin			// WEFT-ACK-013
					`TO_PEER;
					t_kind <= `K_DATA;
					t_psn <= c_una - 32'd1;
					t_flags <= {!c_known, 4'b1101, 1'b0, c_pgen};
					t_opcode <= `OP_NOP;
					t_oflags <= 8'd0;
					t_status <= `ST_OK;
					t_qpn <= 24'd0;
					t_msn <= 32'd0;
					t_payload <= 16'd0;
					t_go <= 1'b1;
					tx_ret <= S_STORE;
					state <= S_TXWAIT;
				end
			end

		// c_next has gone back: find its entry, from c_cur on.
		S_WALK: begin
			`ENTRY <= ring_q;
			state <= S_WALK1;
		end
		S_WALK1:
			if (c_cur != c_tail && e_done &&
			    (e_n == 0 || c_next - e_first >= {21'd0, e_n})) begin
				c_cur <= c_cur + 1'b1;
				state <= S_WALK;
			end else begin
				c_k <= c_cur == c_tail || e_n == 0 ? 11'd0 :
				       c_next[10:0] - e_first[10:0];
				state <= free_ret;
			end

		// ---- an acknowledgement of its own ----------------------------------------

		S_ACK: begin
			`TO_PEER;
			t_kind <= `K_ACK;
			t_psn <= 32'd0;
			t_flags <= {!c_known, 3'd0, 1'b1, 1'b0, c_pgen};
			t_eent <= `MUTANT(NO_ECHO) ? 16'd0 : c_eent;
			t_epsn <= c_epsn;
			t_delay <= now[31:0] - c_eat[31:0];
			c_ackdue <= 1'b0;
			c_unacked <= 4'd0;
			t_go <= 1'b1;
			tx_ret <= ack_ret;
			state <= S_TXWAIT;
		end

		// ---- the end of a context: its streams, what is remembered of its opener ----

		S_FREE: begin
			c_open <= 1'b0;
			sx <= 0;
			state <= S_FREE1;
		end
		S_FREE1: begin
			`STR <= str_mem[sx];
			state <= S_FREE2;
		end
		S_FREE2: begin
			sx <= sx + 1'b1;
			px <= 0;
			state <= sx == {`STR_BITS{1'b1}} ? S_FREE3 : S_FREE1;
		end
		S_FREE3: begin
			`PEER <= peer_mem[px];
			state <= S_FREE4;
		end
		S_FREE4: begin
			px <= px + 1'b1;
			state <= px == {`PEER_BITS{1'b1}} ? free_ret : S_FREE3;
		end

		// ---- an answer to the ring ------------------------------------------------

		// q_ says what.
		S_PUSH: begin
			`ENTRY <= ring_q;
			state <= S_PUSH1;
		end
		S_PUSH1: begin
			if (!pushes_over)
				c_tail <= c_tail + 1'b1;
			state <= ret;
		end
