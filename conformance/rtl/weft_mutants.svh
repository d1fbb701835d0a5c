// SPDX-License-Identifier: BSD-2-Clause
// Deliberate bugs: number, the case of the suite that must find it, the code that it must fail
// with, what it does; [NAME]: made before by others, as mutants/sources.def says of that mutant.
// conformance/test/run_rtl.sh reads this table; `MUTANT(NAME) is where the bug is.
localparam [7:0] M_DEAD_KEY = 8'd1;	// MP-BI-03 NOT_REFUSED: a key that was withdrawn works
localparam [7:0] M_KEY_LOW_BYTE = 8'd2;	// MP-BI-02 NOT_REFUSED: keys are compared by their low byte [KEY_LOW_BITS]
localparam [7:0] M_OFF_BY_ONE = 8'd3;	// MP-BI-20 NOT_REFUSED: one byte past a region is in it
localparam [7:0] M_BOUNDS_ADD = 8'd4;	// MP-BI-22 NOT_REFUSED: bounds are checked at the end alone [BOUND_START]
localparam [7:0] M_ANY_DOMAIN = 8'd5;	// MP-BI-04 NOT_REFUSED: the domain of a key is not looked at
localparam [7:0] M_ANY_PD = 8'd6;	// MP-BI-05 NOT_REFUSED: protection domains are not looked at [PD_IGNORED]
localparam [7:0] M_ANY_RIGHTS = 8'd7;	// MP-BI-06 NOT_REFUSED: rights are not looked at [RIGHTS_IGNORED]
localparam [7:0] M_CRC_LITTLE = 8'd8;	// FR-BV-01 OBS_CRC: the CRC is sent least significant byte first
localparam [7:0] M_HELLO_REPLY = 8'd9;	// VN-CA-01 REPLY_SET: the answer to HELLO asks for an answer
localparam [7:0] M_CRC_ENTROPY_TX = 8'd10;	// DL-BV-01 OBS_CRC: the CRC sent covers the entropy
localparam [7:0] M_CRC_FABRIC_RX = 8'd11;	// CR-BV-03 NO_ANSWER: the CRC expected covers what switches set
localparam [7:0] M_PACKET_BOUNDS = 8'd12;	// MP-BI-25 NO_REFUSAL: the bounds of a packet are checked, not of its message [TAIL_UNCHECKED]
localparam [7:0] M_CAS_32 = 8'd13;	// AT-BV-03 WRONG_OLD: CAS compares 32 bits
localparam [7:0] M_NO_RTX = 8'd14;	// DL-BV-27 OBS_RTX_FLAG: what is sent again does not say so
localparam [7:0] M_NO_ECHO = 8'd15;	// DL-BV-01 NO_ECHO: acknowledgements do not repeat the entropy [ECHO_ENTROPY]
localparam [7:0] M_SEC_TAKEN = 8'd16;	// FR-BI-06 TAKEN: packets with SEC are taken
localparam [7:0] M_CRC_UNCHECKED = 8'd17;	// CR-BI-01 TAKEN: the CRC is not checked
localparam [7:0] M_ANY_GEN = 8'd18;	// DL-BI-22 TAKEN: the generation of our id is not looked at [GEN_IGNORED]
localparam [7:0] M_STALE_OPENS = 8'd19;	// DL-BI-23 NO_NACK: a start PSN that is not new opens a context [STALE_SYN_TAKEN]
localparam [7:0] M_OLD_LIVES = 8'd20;	// DL-BV-30 OLD_CONTEXT_LIVES: contexts of an earlier incarnation live on [RESTART_KEEPS]
localparam [7:0] M_ACK_BEYOND = 8'd21;	// DL-BI-26 NOT_REPEATED: an ack_psn beyond what was sent acknowledges all [GHOST_ACK]
localparam [7:0] M_NACK_BELIEVED = 8'd22;	// DL-BI-28 NO_ANSWER: a NACK RESET is believed without its echo [BLIND_RESET]
localparam [7:0] M_DUP_TAKEN = 8'd23;	// DL-BI-08 TAKEN: PSNs of the past are executed [DUP_TAKEN]
localparam [7:0] M_DUP_SILENT = 8'd24;	// DL-BV-03 DUP_NOT_ACKED: a duplicate is not acknowledged
localparam [7:0] M_NO_WINDOW = 8'd25;	// DL-BI-07 TAKEN: PSNs beyond the window are executed [WINDOW_OPEN]
localparam [7:0] M_ANY_ORDER = 8'd26;	// DL-BV-06 TAKEN_EARLY: packets are taken in any order [ROD_ANY_ORDER]
localparam [7:0] M_NACK_EACH = 8'd27;	// DL-BV-06 NACK_AGAIN: each packet after a gap is answered by NACK MISSING [NACK_EACH]
localparam [7:0] M_PING_PONG = 8'd28;	// VN-BO-03 ANSWERED: VERSION_REJECT is answered by VERSION_REJECT [VERSION_PINGPONG]
localparam [7:0] M_ANY_CRITICAL = 8'd29;	// VN-BV-06 ANSWERED: an unknown critical TLV beside HELLO is skipped
localparam [7:0] M_ALWAYS_HELLO = 8'd30;	// VN-BO-04 ANSWERED: a HELLO that wants no answer gets one [HELLO_ALWAYS]
localparam [7:0] M_ERROR_LIVES = 8'd31;	// SM-BV-07 STILL_ALIVE: a stream goes on after a refusal [REFUSED_ALIVE]
localparam [7:0] M_ANY_FORM = 8'd32;	// SM-BI-05 NOT_REFUSED: packets that contradict their message are executed
localparam [7:0] M_MISALIGNED_OK = 8'd33;	// AT-BI-05 NOT_REFUSED: atomics need no alignment
localparam [7:0] M_NO_AR = 8'd34;	// DL-BV-01 NO_ECHO: AR is not minded
localparam [7:0] M_NO_DELAYED_ACK = 8'd35;	// DL-BV-10 NOT_ACKED: nothing acknowledges a packet without AR [ACK_ONLY_ASKED]
localparam [7:0] M_TWO_CRITICAL = 8'd36;	// MG-BI-03 ACTED_ON: a CTRL packet with two critical TLVs is acted on [TLV_TWO]
localparam [7:0] M_CLOSE_IGNORED = 8'd37;	// DL-BV-29 NOT_CLOSED: CLOSE is acknowledged and not minded [CLOSE_IGNORED]
localparam [7:0] M_ANY_SERVICE = 8'd38;	// MG-BI-01 ACCEPTED: every service is accepted
localparam [7:0] M_DISC_IGNORED = 8'd39;	// MG-BV-04 STILL_ALIVE: EP_DISCONNECT ends nothing
localparam [7:0] M_NO_NOP = 8'd40;	// DL-BV-36 NOT_A_NOP: answers of a stream that has ended are sent again as they were
localparam [7:0] M_ANY_RANGE = 8'd41;	// SM-BI-06 NOT_REFUSED: packets of one message may name two ranges [RANGE_FREE]
