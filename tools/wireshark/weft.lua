-- SPDX-License-Identifier: BSD-2-Clause
-- Generated from spec/ by tools/specgen.py; do not edit. To regenerate: make gen
--
-- Wireshark dissector for Weft, for Wireshark 4.0 (Lua 5.2) and later (Lua 5.4).
-- Install: copy it to the personal Lua plugins folder (Help > About > Folders), or
--     tshark -X lua_script:weft.lua -r capture.pcap
-- Since Wireshark 4.4 no Lua script is run for root: capture as root, read as somebody else.
--
-- Decides how a packet is shown.  What a packet is comes from the specification: the tables below.
-- Filters are weft.<header>.<field>, e.g. weft.delivery.psn == 5 or weft.crc.status == "bad".

-- A value holds a mask whose lowest bit is `low` and whose bits, moved down, are below `span`.
-- (Arithmetic, since Lua 5.2 cannot parse the operators of Lua 5.4, nor 5.4 find bit32.)
local function bits(value, low, span)
	return math.floor(value / low) % span
end

local function has(value, low, span)
	return bits(value, low, span) ~= 0
end

local UDP_PORT = 49190
local ETHERTYPE = 0x88B5

local ENUMS = {
	drop = {
		[0] = "NONE",
		[1] = "SHORT",
		[2] = "VERSION",
		[3] = "TYPE",
		[4] = "CRC",
		[5] = "DOMAIN",
		[6] = "NO_CONTEXT",
		[7] = "STALE_SYN",
		[8] = "BUSY",
		[9] = "WINDOW",
		[10] = "DUPLICATE",
		[11] = "ORDER",
		[12] = "MALFORMED",
		[13] = "OVERSIZE",
		[14] = "NO_STREAM",
		[15] = "STREAM_STATE",
		[16] = "REFUSED",
		[17] = "NO_HOLD",
		[18] = "BAD_TLV",
		[19] = "BAD_ECHO",
		[20] = "BAD_ACK",
		[21] = "UNEXPECTED",
		[22] = "TRIMMED",
		[23] = "NO_ROOM",
		[24] = "BAD_QKEY",
		[25] = "BAD_COOKIE",
		[26] = "BAD_GID",
	},
	class = {
		[0] = "UNKNOWN",
		[1] = "CPU",
		[2] = "GPU",
		[3] = "NPU",
		[4] = "DPU",
		[5] = "FPGA",
		[6] = "MEMORY",
		[7] = "SWITCH",
	},
	mode = {
		[0] = "RESERVED",
		[1] = "RUD",
		[2] = "ROD",
		[3] = "UUD",
	},
	ptype = {
		[0] = "RESERVED",
		[1] = "DATA",
		[2] = "ACK",
		[3] = "NACK",
		[4] = "CTRL",
		[5] = "DGRAM",
		[6] = "MEM",
		[7] = "PROBE",
		[8] = "CREDIT",
	},
	opcode = {
		[0] = "RESERVED",
		[1] = "SEND",
		[2] = "WRITE",
		[3] = "READ",
		[4] = "READ_RSP",
		[5] = "ATOMIC",
		[6] = "ATOMIC_RSP",
		[7] = "TACK",
		[8] = "NOP",
		[9] = "REDUCE",
		[10] = "FLUSH",
		[11] = "RD_SEND",
		[12] = "RD_RSP",
	},
	aop = {
		[0] = "RESERVED",
		[1] = "FADD",
		[2] = "CAS",
		[3] = "SWAP",
		[4] = "MIN",
		[5] = "MAX",
		[6] = "UMIN",
		[7] = "UMAX",
		[8] = "AND",
		[9] = "OR",
		[10] = "XOR",
	},
	flush = {
		[0] = "RESERVED",
		[1] = "PLACED",
		[2] = "VISIBLE",
		[3] = "DURABLE",
	},
	status = {
		[0] = "OK",
		[1] = "NO_STREAM",
		[2] = "BAD_OPCODE",
		[3] = "BAD_KEY",
		[4] = "BAD_DOMAIN",
		[5] = "NO_RIGHTS",
		[6] = "OUT_OF_BOUNDS",
		[7] = "NO_RESOURCES",
		[8] = "RNR",
		[9] = "TOO_LONG",
		[10] = "MALFORMED",
		[11] = "MISALIGNED",
		[12] = "OP_FAILED",
		[13] = "NO_WINDOW",
		[14] = "BAD_QKEY",
		[128] = "FLUSHED",
		[129] = "RETRY_EXCEEDED",
		[130] = "RNR_RETRY_EXCEEDED",
		[131] = "PEER_RESET",
		[132] = "DISCONNECTED",
		[133] = "LOCAL_PROTECTION",
		[134] = "LOCAL_LENGTH",
		[135] = "HELD",
		[136] = "NO_HOLD",
	},
	nack = {
		[0] = "RESERVED",
		[1] = "MISSING",
		[2] = "TRIMMED",
		[3] = "NO_CONTEXT",
		[4] = "NEW_START_PSN",
		[5] = "BUSY",
		[6] = "RESET",
		[7] = "MODE",
		[8] = "COOKIE",
	},
	tlv = {
		[0] = "RESERVED",
		[32769] = "HELLO",
		[2] = "POOL",
		[3] = "ENGINE",
		[4] = "NAME",
		[5] = "QUEUES",
		[32774] = "NEIGHBOUR",
		[9] = "LIMITS",
		[10] = "PAD",
		[32775] = "VERSION_REJECT",
		[32776] = "CLOSE",
		[32784] = "EP_CONNECT",
		[32785] = "EP_ACCEPT",
		[32786] = "EP_REJECT",
		[32787] = "EP_DISCONNECT",
		[32788] = "WINDOW_BIND",
		[32789] = "WINDOW_STATUS",
		[32790] = "PORT_STATUS",
		[32791] = "TELEMETRY_GET",
		[32792] = "TELEMETRY",
	},
	memcode = {
		[0] = "RESERVED",
		[1] = "LOAD",
		[2] = "STORE",
		[3] = "MSTORE",
		[4] = "LOAD256",
		[5] = "STORE256",
		[8] = "FADD",
		[9] = "CAS",
		[10] = "SWAP",
		[11] = "MIN",
		[12] = "MAX",
		[13] = "UMIN",
		[14] = "UMAX",
		[15] = "AND",
		[16] = "OR",
		[17] = "XOR",
		[24] = "DATA",
		[25] = "DATA256",
		[26] = "OLD",
		[27] = "DONE",
		[28] = "FAULT",
	},
	svc_op = {
		[0] = "RESERVED",
		[1] = "ALLOC",
		[2] = "FREE",
		[3] = "QUEUE_CREATE",
		[4] = "QUEUE_DESTROY",
	},
	kernel = {
		[0] = "RESERVED",
		[1] = "NOP",
		[2] = "FILL",
		[3] = "COPY",
		[4] = "REDUCE",
		[5] = "GEMM",
		[6] = "CRC32C",
		[7] = "SHA256",
	},
	redop = {
		[0] = "RESERVED",
		[1] = "SUM",
		[2] = "MIN",
		[3] = "MAX",
		[4] = "AND",
		[5] = "OR",
		[6] = "XOR",
	},
	dtype = {
		[0] = "RESERVED",
		[1] = "I32",
		[2] = "I64",
		[3] = "F16",
		[4] = "BF16",
		[5] = "F32",
		[6] = "F64",
		[7] = "U8",
		[8] = "I8",
	},
	cmd_status = {
		[0] = "OK",
		[1] = "BAD_COMMAND",
		[2] = "BAD_KERNEL",
		[3] = "BAD_KEY",
		[4] = "NO_RIGHTS",
		[5] = "OUT_OF_BOUNDS",
		[6] = "BAD_ARGUMENT",
		[7] = "NO_CHIP",
		[8] = "REMOTE",
		[9] = "ABORTED",
	},
	pool = {
		[0] = "RESERVED",
		[1] = "DDR",
		[2] = "HBM",
		[3] = "SRAM",
		[4] = "PMEM",
	},
	family = {
		[0] = "RESERVED",
		[1] = "UDP4",
		[2] = "UDP6",
		[3] = "L2",
	},
	agree = {
		[0] = "ALL",
		[1] = "CHIP_ID",
		[2] = "VERSION",
		[3] = "MODES",
		[4] = "PAYLOAD",
		[5] = "WINDOW",
		[6] = "DOMAIN",
	},
	ep_reason = {
		[0] = "RESERVED",
		[1] = "NO_SERVICE",
		[2] = "REFUSED",
		[3] = "NO_ROOM",
		[4] = "CLOSED",
		[5] = "ERROR",
	},
	port_state = {
		[0] = "RESERVED",
		[1] = "DOWN",
		[2] = "UP",
		[3] = "DEGRADED",
	},
	meter = {
		[0] = "RESERVED",
		[1] = "TX_PACKETS",
		[2] = "TX_BYTES",
		[3] = "RX_PACKETS",
		[4] = "RX_BYTES",
		[5] = "TX_RETRANSMITS",
		[6] = "LOST_BY_SACK",
		[7] = "LOST_BY_NACK",
		[8] = "LOST_BY_TIMEOUT",
		[9] = "TAIL_PROBES",
		[10] = "TX_ACKS",
		[11] = "RX_ACKS",
		[12] = "TX_NACKS",
		[13] = "RX_NACKS",
		[14] = "RX_CONGESTION_MARKS",
		[15] = "TX_RNR",
		[16] = "RX_RNR",
		[17] = "RX_HELD",
		[18] = "PATH_MOVES",
		[32] = "CONTEXTS",
		[33] = "CONTEXTS_OPENED",
		[34] = "CONTEXTS_ACCEPTED",
		[35] = "CONTEXTS_CLOSED",
		[36] = "CONTEXTS_FAILED",
		[37] = "ENDPOINTS",
		[38] = "REGIONS",
		[39] = "CHIPS_KNOWN",
		[40] = "TX_ALONE",
		[41] = "TX_ALONE_LIMITED",
		[42] = "RX_ALONE",
		[64] = "DROP",
		[65] = "DROP_SHORT",
		[66] = "DROP_VERSION",
		[67] = "DROP_TYPE",
		[68] = "DROP_CRC",
		[69] = "DROP_DOMAIN",
		[70] = "DROP_NO_CONTEXT",
		[71] = "DROP_STALE_SYN",
		[72] = "DROP_BUSY",
		[73] = "DROP_WINDOW",
		[74] = "DROP_DUPLICATE",
		[75] = "DROP_ORDER",
		[76] = "DROP_MALFORMED",
		[77] = "DROP_OVERSIZE",
		[78] = "DROP_NO_STREAM",
		[79] = "DROP_STREAM_STATE",
		[80] = "DROP_REFUSED",
		[81] = "DROP_NO_HOLD",
		[82] = "DROP_BAD_TLV",
		[83] = "DROP_BAD_ECHO",
		[84] = "DROP_BAD_ACK",
		[85] = "DROP_UNEXPECTED",
		[86] = "DROP_TRIMMED",
		[87] = "DROP_NO_ROOM",
		[88] = "DROP_BAD_QKEY",
		[89] = "DROP_BAD_COOKIE",
		[90] = "DROP_BAD_GID",
	},
}

local FLAGS = {
	modes = {
		{ name = "RUD", low = 1, span = 2 },
		{ name = "ROD", low = 2, span = 2 },
		{ name = "UUD", low = 4, span = 2 },
	},
	features = {
		{ name = "TRIM", low = 1, span = 2, doc = "NACKs packets that a switch has trimmed" },
		{ name = "PROBE", low = 2, span = 2, doc = "answers path probes" },
		{ name = "CREDIT", low = 4, span = 2, doc = "gives, and minds, credit" },
		{ name = "ATOMICS", low = 8, span = 2, doc = "every atomic operation, not only FADD and CAS" },
		{ name = "NARROW", low = 16, span = 2, doc = "atomics of 1, 2 and 4 bytes" },
		{ name = "MASKED", low = 32, span = 2, doc = "masked atomics" },
		{ name = "REDUCE", low = 64, span = 2, doc = "REDUCE" },
		{ name = "VISIBLE", low = 128, span = 2, doc = "FLUSH to visible" },
		{ name = "DURABLE", low = 256, span = 2, doc = "FLUSH to durable" },
		{ name = "SIGNAL", low = 512, span = 2, doc = "counters added to on completion" },
		{ name = "INV", low = 1024, span = 2, doc = "SEND with invalidate" },
		{ name = "MEM", low = 2048, span = 2, doc = "LOAD, STORE and windows" },
		{ name = "RD", low = 4096, span = 2, doc = "reliable datagrams" },
		{ name = "UD", low = 8192, span = 2, doc = "unreliable datagrams" },
	},
	profiles = {
		{ name = "CORE", low = 1, span = 2, doc = "ROD, SEND, WRITE, READ, FADD and CAS of 64 bits, FLUSH to PLACED, HELLO" },
		{ name = "AI", low = 2, span = 2, doc = "RUD, SACK, multipath, congestion control" },
		{ name = "MEM", low = 4, span = 2, doc = "LOAD, STORE, windows" },
		{ name = "ACCEL", low = 8, span = 2, doc = "architected queues" },
		{ name = "SECURE", low = 16, span = 2, doc = "encrypted domains" },
		{ name = "LINK", low = 32, span = 2, doc = "link-level retry and credits" },
	},
	dflags = {
		{ name = "SYN", low = 128, span = 2, doc = "the SYN extension follows" },
		{ name = "AR", low = 64, span = 2, doc = "acknowledge at once" },
		{ name = "RTX", low = 32, span = 2, doc = "sent before under this PSN" },
		{ name = "SEC", low = 16, span = 2, doc = "a security header follows, a tag replaces the CRC" },
		{ name = "AKV", low = 8, span = 2, doc = "ack_psn is valid" },
		{ name = "FIN", low = 4, span = 2, doc = "the sender has nothing more to request on this context; a hint, which a receiver may ignore" },
		{ name = "GEN", low = 1, span = 4, doc = "generation of the destination's context id" },
	},
	fabric = {
		{ name = "CE", low = 128, span = 2, doc = "congestion experienced" },
		{ name = "TRIM", low = 64, span = 2, doc = "payload removed by a switch" },
		{ name = "TC", low = 8, span = 8, doc = "traffic class, for switches; 0 unless the sender's host says otherwise" },
		{ name = "RSV", low = 1, span = 8, doc = "reserved" },
	},
	oflags = {
		{ name = "SOM", low = 128, span = 2, doc = "first packet of its message" },
		{ name = "EOM", low = 64, span = 2, doc = "last packet of its message" },
		{ name = "SE", low = 32, span = 2, doc = "solicited event" },
		{ name = "IMM", low = 16, span = 2, doc = "an immediate follows; only with EOM" },
		{ name = "INV", low = 8, span = 2, doc = "a key to invalidate follows; only with EOM" },
		{ name = "FENCE", low = 4, span = 2, doc = "the requester waited for its earlier READs and atomics" },
		{ name = "SIGNAL", low = 2, span = 2, doc = "adds to a counter at the target when the message is complete; only with EOM" },
		{ name = "EPOCH", low = 1, span = 2, doc = "toggles each time a stream replays after RNR" },
	},
	aflags = {
		{ name = "MASKED", low = 128, span = 2, doc = "the masks follow" },
	},
	ackflags = {
		{ name = "ECHO", low = 128, span = 2, doc = "echo_psn and ack_delay_ns are valid" },
	},
	dgparts = {
		{ name = "GIDS", low = 128, span = 2, doc = "both ends' GIDs follow" },
	},
	probeflags = {
		{ name = "REPLY", low = 128, span = 2, doc = "this is the answer" },
	},
	creditflags = {
		{ name = "DEMAND", low = 128, span = 2, doc = "`pkts` is how many packets the sender has sent or wants to send, since the start" },
		{ name = "GRANT", low = 64, span = 2, doc = "`pkts` is how many it may have sent, since the start" },
	},
	svc_flags = {
		{ name = "RELAXED", low = 1, span = 2, doc = "ALLOC: data may be placed out of order" },
	},
	cmdflags = {
		{ name = "BARRIER", low = 1, span = 2, doc = "starts when every earlier command of the queue has finished" },
	},
	gemmflags = {
		{ name = "ACCUMULATE", low = 1, span = 2, doc = "add to what c holds" },
	},
	helloflags = {
		{ name = "REPLY", low = 128, span = 2, doc = "please answer with your own HELLO" },
	},
	nbflags = {
		{ name = "CONFIRM", low = 128, span = 2, doc = "please say that you have it" },
	},
}

local HEADERS = {
	delivery = { size = 16, masks = { [2] = 0, [3] = 0, [4] = 0 }, fields = {
		{ name = "version", id = "version", at = 0, bits = 4, fixed = 1, doc = "protocol version" },
		{ name = "type", id = "type", at = 4, bits = 4, enum = "ptype", doc = "packet type" },
		{ name = "flags", id = "flags", at = 8, bits = 8, flags = "dflags", doc = "delivery flags" },
		{ name = "entropy", id = "entropy", at = 16, bits = 16, doc = "path choice" },
		{ name = "fabric", id = "fabric", at = 32, bits = 8, flags = "fabric", doc = "set by switches" },
		{ name = "pdc_id", id = "pdc_id", at = 40, bits = 24, doc = "the destination's context id; 0 while unknown, or when no context is meant" },
		{ name = "psn", id = "psn", at = 64, bits = 32, doc = "packet sequence number of this direction" },
		{ name = "ack_psn", id = "ack_psn", at = 96, bits = 32, doc = "every PSN up to this one is done, when AKV is set" },
	} },
	mdelivery = { size = 12, masks = { [2] = 0, [3] = 0, [4] = 0 }, fields = {
		{ name = "version", id = "version", at = 0, bits = 4, fixed = 1, doc = "protocol version" },
		{ name = "type", id = "type", at = 4, bits = 4, enum = "ptype", doc = "packet type" },
		{ name = "flags", id = "flags", at = 8, bits = 8, flags = "dflags", doc = "AR, RTX, SEC and GEN only" },
		{ name = "entropy", id = "entropy", at = 16, bits = 16, doc = "path choice" },
		{ name = "fabric", id = "fabric", at = 32, bits = 8, flags = "fabric", doc = "set by switches" },
		{ name = "pdc_id", id = "pdc_id", at = 40, bits = 24, doc = "the destination's context id" },
		{ name = "psn", id = "psn", at = 64, bits = 32, doc = "packet sequence number of this direction" },
	} },
	crc = { size = 4, masks = {  }, fields = {
		{ name = "crc", id = "crc", at = 0, bits = 32, hex = true, doc = "CRC32C of all bytes before it, mutable bytes taken as zero" },
	} },
	syn = { size = 32, masks = {  }, fields = {
		{ name = "chip_id", id = "chip_id", at = 0, bits = 64, hex = true, doc = "the sender's Chip ID" },
		{ name = "incarnation", id = "incarnation", at = 64, bits = 32, hex = true, doc = "the sender's incarnation" },
		{ name = "pdc_id", id = "pdc_id", at = 96, bits = 24, doc = "the sender's context id" },
		{ name = "mode", id = "mode", at = 120, bits = 4, enum = "mode", doc = "mode of the context" },
		{ name = "gen", id = "gen", at = 124, bits = 2, doc = "generation of the sender's context id" },
		{ name = "rsv", id = "rsv", at = 126, bits = 2, mbz = true },
		{ name = "domain", id = "domain", at = 128, bits = 24, doc = "domain of the context" },
		{ name = "rsv", id = "rsv2", at = 152, bits = 8, mbz = true },
		{ name = "start_psn", id = "start_psn", at = 160, bits = 32, doc = "the first PSN of the sender's direction" },
		{ name = "window", id = "window", at = 192, bits = 16, doc = "packets beyond ack_psn that the sender will receive" },
		{ name = "max_payload", id = "max_payload", at = 208, bits = 16, doc = "largest payload that the sender will receive, in bytes" },
		{ name = "cookie", id = "cookie", at = 224, bits = 32, doc = "what NACK COOKIE gave; 0: none" },
	} },
	op = { size = 12, masks = {  }, fields = {
		{ name = "opcode", id = "opcode", at = 0, bits = 8, enum = "opcode" },
		{ name = "flags", id = "flags", at = 8, bits = 8, flags = "oflags" },
		{ name = "length", id = "length", at = 16, bits = 16, doc = "payload bytes in this packet" },
		{ name = "status", id = "status", at = 32, bits = 8, enum = "status", doc = "OK, or why this message is refused (TACK, RD_RSP)" },
		{ name = "qpn", id = "qpn", at = 40, bits = 24, doc = "the destination's queue pair" },
		{ name = "msn", id = "msn", at = 64, bits = 32, doc = "message sequence number" },
	} },
	send = { size = 12, masks = {  }, fields = {
		{ name = "msg_len", id = "msg_len", at = 0, bits = 32, doc = "bytes in the whole message" },
		{ name = "offset", id = "offset", at = 32, bits = 32, doc = "this payload's place in it" },
		{ name = "ssn", id = "ssn", at = 64, bits = 32, doc = "which receive buffer, counted from the stream's start" },
	} },
	write = { size = 20, masks = {  }, fields = {
		{ name = "rkey", id = "rkey", at = 0, bits = 32, hex = true },
		{ name = "addr", id = "addr", at = 32, bits = 64, hex = true, doc = "where the message's first byte goes" },
		{ name = "msg_len", id = "msg_len", at = 96, bits = 32 },
		{ name = "offset", id = "offset", at = 128, bits = 32 },
	} },
	read = { size = 16, masks = {  }, fields = {
		{ name = "rkey", id = "rkey", at = 0, bits = 32, hex = true },
		{ name = "addr", id = "addr", at = 32, bits = 64, hex = true },
		{ name = "msg_len", id = "msg_len", at = 96, bits = 32 },
	} },
	read_rsp = { size = 8, masks = {  }, fields = {
		{ name = "msg_len", id = "msg_len", at = 0, bits = 32 },
		{ name = "offset", id = "offset", at = 32, bits = 32 },
	} },
	atomic = { size = 32, masks = {  }, fields = {
		{ name = "rkey", id = "rkey", at = 0, bits = 32, hex = true },
		{ name = "addr", id = "addr", at = 32, bits = 64, hex = true },
		{ name = "aop", id = "aop", at = 96, bits = 8, enum = "aop" },
		{ name = "width", id = "width", at = 104, bits = 8, doc = "bytes in the word: 1, 2, 4, 8" },
		{ name = "flags", id = "flags", at = 112, bits = 8, flags = "aflags" },
		{ name = "rsv", id = "rsv", at = 120, bits = 8, mbz = true },
		{ name = "operand", id = "operand", at = 128, bits = 64, doc = "addend, or new value" },
		{ name = "compare", id = "compare", at = 192, bits = 64, doc = "CAS: the value that must be there" },
	} },
	amask = { size = 16, masks = {  }, fields = {
		{ name = "operand_mask", id = "operand_mask", at = 0, bits = 64, doc = "bits of the word that the operation may change" },
		{ name = "compare_mask", id = "compare_mask", at = 64, bits = 64, doc = "CAS: bits that are compared; FADD: bits that end a field" },
	} },
	reduce = { size = 24, masks = {  }, fields = {
		{ name = "rkey", id = "rkey", at = 0, bits = 32, hex = true },
		{ name = "addr", id = "addr", at = 32, bits = 64, hex = true, doc = "where the message's first byte goes" },
		{ name = "msg_len", id = "msg_len", at = 96, bits = 32 },
		{ name = "offset", id = "offset", at = 128, bits = 32 },
		{ name = "op", id = "op", at = 160, bits = 8, enum = "redop" },
		{ name = "dtype", id = "dtype", at = 168, bits = 8, enum = "dtype" },
		{ name = "rsv", id = "rsv", at = 176, bits = 16, mbz = true },
	} },
	flush = { size = 20, masks = {  }, fields = {
		{ name = "rkey", id = "rkey", at = 0, bits = 32, hex = true },
		{ name = "addr", id = "addr", at = 32, bits = 64, hex = true },
		{ name = "length", id = "length", at = 96, bits = 32, doc = "bytes; 0: the whole region" },
		{ name = "level", id = "level", at = 128, bits = 8, enum = "flush" },
		{ name = "rsv", id = "rsv", at = 136, bits = 24, mbz = true },
	} },
	rd = { size = 12, masks = {  }, fields = {
		{ name = "src_qpn", id = "src_qpn", at = 0, bits = 24, doc = "the sender's queue pair" },
		{ name = "rsv", id = "rsv", at = 24, bits = 8, mbz = true },
		{ name = "qkey", id = "qkey", at = 32, bits = 32, hex = true, doc = "the receiver's" },
		{ name = "tag", id = "tag", at = 64, bits = 32, doc = "chosen by the sender; the answer repeats it" },
	} },
	rd_rsp = { size = 8, masks = {  }, fields = {
		{ name = "tag", id = "tag", at = 0, bits = 32 },
		{ name = "delay_ns", id = "delay_ns", at = 32, bits = 32, doc = "RNR: send again no sooner than this" },
	} },
	atomic_rsp = { size = 8, masks = {  }, fields = {
		{ name = "old", id = "old", at = 0, bits = 64 },
	} },
	tack = { size = 8, masks = {  }, fields = {
		{ name = "credits", id = "credits", at = 0, bits = 32, doc = "receive buffers posted so far: SSNs below it are there; a hint" },
		{ name = "delay_ns", id = "delay_ns", at = 32, bits = 32, doc = "RNR: replay no sooner than this; else 0" },
	} },
	imm = { size = 8, masks = {  }, fields = {
		{ name = "ssn", id = "ssn", at = 0, bits = 32, doc = "the receive buffer consumed (SEND repeats its own)" },
		{ name = "imm", id = "imm", at = 32, bits = 32, doc = "given to the receiver's completion" },
	} },
	inv = { size = 4, masks = {  }, fields = {
		{ name = "rkey", id = "rkey", at = 0, bits = 32, hex = true, doc = "the receiver's key that must not be used any more" },
	} },
	signal = { size = 16, masks = {  }, fields = {
		{ name = "rkey", id = "rkey", at = 0, bits = 32, hex = true },
		{ name = "addr", id = "addr", at = 32, bits = 64, hex = true, doc = "a 64-bit word of the responder's" },
		{ name = "value", id = "value", at = 96, bits = 32, doc = "added to it" },
	} },
	ack = { size = 24, masks = {  }, fields = {
		{ name = "flags", id = "flags", at = 0, bits = 8, flags = "ackflags" },
		{ name = "words", id = "words", at = 8, bits = 8, doc = "64-bit bitmap words that follow, at most 8" },
		{ name = "ce_count", id = "ce_count", at = 16, bits = 16, doc = "packets received with CE, modulo 2^16" },
		{ name = "echo_entropy", id = "echo_entropy", at = 32, bits = 16, doc = "entropy of the packet echoed" },
		{ name = "window", id = "window", at = 48, bits = 16, doc = "PSNs beyond ack_psn that may be sent" },
		{ name = "echo_psn", id = "echo_psn", at = 64, bits = 32, doc = "the packet that gave rise to this acknowledgement" },
		{ name = "ack_delay_ns", id = "ack_delay_ns", at = 96, bits = 32, doc = "time from its arrival to this acknowledgement" },
		{ name = "rx_bytes", id = "rx_bytes", at = 128, bits = 32, doc = "payload bytes of packets taken, modulo 2^32; no rule uses it" },
		{ name = "sack_base", id = "sack_base", at = 160, bits = 32, doc = "PSN of the first bit of the bitmap" },
	} },
	sackword = { size = 8, masks = {  }, fields = {
		{ name = "bits", id = "bits", at = 0, bits = 64, hex = true, doc = "set: that PSN is in the receiver's possession" },
	} },
	nack = { size = 16, masks = {  }, fields = {
		{ name = "reason", id = "reason", at = 0, bits = 8, enum = "nack" },
		{ name = "count", id = "count", at = 8, bits = 8, doc = "ranges that follow" },
		{ name = "rsv", id = "rsv", at = 16, bits = 14, mbz = true },
		{ name = "echo_gen", id = "echo_gen", at = 30, bits = 2, doc = "NO_CONTEXT: generation in the packet refused" },
		{ name = "rsv", id = "rsv2", at = 32, bits = 8, mbz = true },
		{ name = "echo_pdc", id = "echo_pdc", at = 40, bits = 24, doc = "NO_CONTEXT: destination id in the packet refused" },
		{ name = "echo_psn", id = "echo_psn", at = 64, bits = 32, doc = "PSN of a packet that the receiver of this NACK sent" },
		{ name = "arg", id = "arg", at = 96, bits = 32 },
	} },
	range = { size = 8, masks = {  }, fields = {
		{ name = "first", id = "first", at = 0, bits = 32 },
		{ name = "count", id = "count", at = 32, bits = 32 },
	} },
	ctrl = { size = 4, masks = {  }, fields = {
		{ name = "length", id = "length", at = 0, bits = 16, doc = "bytes of TLVs that follow, a multiple of 4" },
		{ name = "rsv", id = "rsv", at = 16, bits = 16, mbz = true },
	} },
	tlv = { size = 4, masks = {  }, fields = {
		{ name = "type", id = "type", at = 0, bits = 16, enum = "tlv", hex = true, doc = "the most significant bit says: critical" },
		{ name = "length", id = "length", at = 16, bits = 16, doc = "bytes of value, without the padding" },
	} },
	dgram = { size = 20, masks = {  }, fields = {
		{ name = "flags", id = "flags", at = 0, bits = 8, flags = "oflags", doc = "SE, IMM" },
		{ name = "parts", id = "parts", at = 8, bits = 8, flags = "dgparts" },
		{ name = "length", id = "length", at = 16, bits = 16, doc = "payload bytes" },
		{ name = "dst_qpn", id = "dst_qpn", at = 32, bits = 24 },
		{ name = "rsv", id = "rsv", at = 56, bits = 8, mbz = true },
		{ name = "src_qpn", id = "src_qpn", at = 64, bits = 24 },
		{ name = "rsv", id = "rsv2", at = 88, bits = 8, mbz = true },
		{ name = "qkey", id = "qkey", at = 96, bits = 32, hex = true },
		{ name = "domain", id = "domain", at = 128, bits = 24 },
		{ name = "rsv", id = "rsv3", at = 152, bits = 8, mbz = true },
	} },
	gids = { size = 32, masks = {  }, fields = {
		{ name = "src", id = "src", at = 0, bits = 128, hex = true, doc = "the sender's GID" },
		{ name = "dst", id = "dst", at = 128, bits = 128, hex = true, doc = "the receiver's, or that of a group" },
	} },
	memop = { size = 8, masks = {  }, fields = {
		{ name = "code", id = "code", at = 0, bits = 5, enum = "memcode" },
		{ name = "size", id = "size", at = 5, bits = 3, doc = "log2 of bytes" },
		{ name = "tag", id = "tag", at = 8, bits = 8, doc = "chosen by the requester; the answer repeats it" },
		{ name = "more", id = "more", at = 16, bits = 1, doc = "another operation follows" },
		{ name = "window", id = "window", at = 17, bits = 11, doc = "requests: the window; answers: 0" },
		{ name = "offset", id = "offset", at = 28, bits = 36, hex = true, doc = "requests: bytes into the window; FAULT: the status" },
	} },
	memmask = { size = 8, masks = {  }, fields = {
		{ name = "bytes", id = "bytes", at = 0, bits = 64, doc = "most significant bit: the first byte" },
	} },
	memoperand = { size = 8, masks = {  }, fields = {
		{ name = "value", id = "value", at = 0, bits = 64 },
	} },
	probe = { size = 12, masks = {  }, fields = {
		{ name = "flags", id = "flags", at = 0, bits = 8, flags = "probeflags" },
		{ name = "port", id = "port", at = 8, bits = 8, doc = "the asker's port; the answer repeats it" },
		{ name = "entropy", id = "entropy", at = 16, bits = 16, doc = "the path asked about; the answer repeats it" },
		{ name = "id", id = "id", at = 32, bits = 32, doc = "chosen by the asker; the answer repeats it" },
		{ name = "sent_ns", id = "sent_ns", at = 64, bits = 32, doc = "the asker's clock; the answer repeats it" },
	} },
	credit = { size = 8, masks = {  }, fields = {
		{ name = "flags", id = "flags", at = 0, bits = 8, flags = "creditflags" },
		{ name = "rsv", id = "rsv", at = 8, bits = 24, mbz = true },
		{ name = "pkts", id = "pkts", at = 32, bits = 32, doc = "a serial number: counts from 0 when the context opens" },
	} },
	svc_req = { size = 24, masks = {  }, fields = {
		{ name = "op", id = "op", at = 0, bits = 8, enum = "svc_op" },
		{ name = "pool", id = "pool", at = 8, bits = 8, doc = "ALLOC: index of the pool in HELLO" },
		{ name = "flags", id = "flags", at = 16, bits = 8, flags = "svc_flags" },
		{ name = "rsv", id = "rsv", at = 24, bits = 8, mbz = true },
		{ name = "tag", id = "tag", at = 32, bits = 32, doc = "the answer repeats it" },
		{ name = "key", id = "key", at = 64, bits = 32, hex = true, doc = "FREE, QUEUE_DESTROY: which" },
		{ name = "depth", id = "depth", at = 96, bits = 32, doc = "QUEUE_CREATE: commands, a power of two" },
		{ name = "length", id = "length", at = 128, bits = 64, doc = "ALLOC: bytes" },
	} },
	svc_rsp = { size = 32, masks = {  }, fields = {
		{ name = "op", id = "op", at = 0, bits = 8, enum = "svc_op" },
		{ name = "status", id = "status", at = 8, bits = 8, enum = "status" },
		{ name = "rsv", id = "rsv", at = 16, bits = 16, mbz = true },
		{ name = "tag", id = "tag", at = 32, bits = 32 },
		{ name = "key", id = "key", at = 64, bits = 32, hex = true, doc = "key of the memory, or of the queue's memory" },
		{ name = "depth", id = "depth", at = 96, bits = 32 },
		{ name = "addr", id = "addr", at = 128, bits = 64, hex = true, doc = "its address for WRITE, READ and ATOMIC" },
		{ name = "length", id = "length", at = 192, bits = 64, doc = "bytes of it; QUEUE_DESTROY: commands that the queue took" },
	} },
	command = { size = 64, masks = {  }, fields = {
		{ name = "version", id = "version", at = 0, bits = 8, fixed = 1 },
		{ name = "flags", id = "flags", at = 8, bits = 8, flags = "cmdflags" },
		{ name = "kernel", id = "kernel", at = 16, bits = 16, enum = "kernel" },
		{ name = "seq", id = "seq", at = 32, bits = 32, doc = "low 32 bits of the command's index" },
		{ name = "signal_addr", id = "signal_addr", at = 64, bits = 64, hex = true, doc = "word in the submitter's memory; no signal when signal_key is 0" },
		{ name = "signal_key", id = "signal_key", at = 128, bits = 32, hex = true },
		{ name = "src_key", id = "src_key", at = 160, bits = 32, hex = true },
		{ name = "src_addr", id = "src_addr", at = 192, bits = 64, hex = true },
		{ name = "src_chip", id = "src_chip", at = 256, bits = 64, hex = true, doc = "whose memory src is; 0 or this chip's own ID: local" },
		{ name = "dst_addr", id = "dst_addr", at = 320, bits = 64, hex = true, doc = "always local" },
		{ name = "dst_key", id = "dst_key", at = 384, bits = 32, hex = true },
		{ name = "length", id = "length", at = 416, bits = 32, doc = "bytes" },
		{ name = "op", id = "op", at = 448, bits = 8, enum = "redop", doc = "REDUCE" },
		{ name = "dtype", id = "dtype", at = 456, bits = 8, enum = "dtype", doc = "REDUCE, GEMM" },
		{ name = "value", id = "value", at = 464, bits = 8, doc = "FILL: the byte" },
		{ name = "rsv", id = "rsv", at = 472, bits = 40, mbz = true },
	} },
	gemm = { size = 56, masks = {  }, fields = {
		{ name = "a_addr", id = "a_addr", at = 0, bits = 64, hex = true, doc = "local, as all of it" },
		{ name = "b_addr", id = "b_addr", at = 64, bits = 64, hex = true },
		{ name = "a_key", id = "a_key", at = 128, bits = 32, hex = true },
		{ name = "b_key", id = "b_key", at = 160, bits = 32, hex = true },
		{ name = "m", id = "m", at = 192, bits = 32, doc = "rows of a and c" },
		{ name = "n", id = "n", at = 224, bits = 32, doc = "columns of b and c" },
		{ name = "k", id = "k", at = 256, bits = 32, doc = "columns of a, rows of b" },
		{ name = "lda", id = "lda", at = 288, bits = 32, doc = "elements from one row of a to the next, at least k" },
		{ name = "ldb", id = "ldb", at = 320, bits = 32, doc = "at least n" },
		{ name = "ldc", id = "ldc", at = 352, bits = 32, doc = "at least n" },
		{ name = "flags", id = "flags", at = 384, bits = 8, flags = "gemmflags" },
		{ name = "rsv", id = "rsv", at = 392, bits = 56, mbz = true },
	} },
	tlv_hello = { size = 32, masks = {  }, fields = {
		{ name = "chip_id", id = "chip_id", at = 0, bits = 64, hex = true },
		{ name = "incarnation", id = "incarnation", at = 64, bits = 32, hex = true },
		{ name = "class", id = "class", at = 96, bits = 8, enum = "class" },
		{ name = "version_min", id = "version_min", at = 104, bits = 4 },
		{ name = "version_max", id = "version_max", at = 108, bits = 4 },
		{ name = "modes", id = "modes", at = 112, bits = 8, flags = "modes" },
		{ name = "flags", id = "flags", at = 120, bits = 8, flags = "helloflags" },
		{ name = "profiles", id = "profiles", at = 128, bits = 32, flags = "profiles" },
		{ name = "vendor", id = "vendor", at = 160, bits = 32, doc = "OUI of the vendor, right-aligned" },
		{ name = "max_payload", id = "max_payload", at = 192, bits = 16, doc = "bytes" },
		{ name = "max_window", id = "max_window", at = 208, bits = 16, doc = "packets" },
		{ name = "domain", id = "domain", at = 224, bits = 24, doc = "a domain that the asker uses; 0: any" },
		{ name = "paths", id = "paths", at = 248, bits = 8, doc = "entropy values that a context may use; 0: MAX_PATHS" },
	} },
	tlv_pool = { size = 12, masks = {  }, fields = {
		{ name = "index", id = "index", at = 0, bits = 8 },
		{ name = "kind", id = "kind", at = 8, bits = 8, enum = "pool" },
		{ name = "rsv", id = "rsv", at = 16, bits = 16, mbz = true },
		{ name = "size", id = "size", at = 32, bits = 64, doc = "bytes" },
	} },
	tlv_engine = { size = 8, masks = {  }, fields = {
		{ name = "kernel", id = "kernel", at = 0, bits = 16, enum = "kernel" },
		{ name = "rsv", id = "rsv", at = 16, bits = 16, mbz = true },
		{ name = "dtypes", id = "dtypes", at = 32, bits = 32, doc = "bit n set: dtype n" },
	} },
	tlv_queues = { size = 8, masks = {  }, fields = {
		{ name = "queues", id = "queues", at = 0, bits = 16, doc = "queues at most" },
		{ name = "rsv", id = "rsv", at = 16, bits = 16, mbz = true },
		{ name = "depth", id = "depth", at = 32, bits = 32, doc = "commands in one, at most" },
	} },
	tlv_neighbour = { size = 28, masks = {  }, fields = {
		{ name = "chip_id", id = "chip_id", at = 0, bits = 64, hex = true },
		{ name = "family", id = "family", at = 64, bits = 8, enum = "family" },
		{ name = "flags", id = "flags", at = 72, bits = 8, flags = "nbflags" },
		{ name = "port", id = "port", at = 80, bits = 16, doc = "UDP port" },
		{ name = "addr", id = "addr", at = 96, bits = 128, hex = true, doc = "IPv6 address, or IPv4 or MAC address left-aligned and zero-filled" },
	} },
	tlv_limits = { size = 12, masks = {  }, fields = {
		{ name = "features", id = "features", at = 0, bits = 32, flags = "features" },
		{ name = "sack_bits", id = "sack_bits", at = 32, bits = 16, doc = "bits of a bitmap that are minded, at most" },
		{ name = "windows", id = "windows", at = 48, bits = 16, doc = "windows that may be bound in one context" },
		{ name = "mem_tags", id = "mem_tags", at = 64, bits = 16, doc = "MEM operations that may be outstanding in one context" },
		{ name = "ports", id = "ports", at = 80, bits = 8, doc = "ports of the chip" },
		{ name = "rsv", id = "rsv", at = 88, bits = 8, mbz = true },
	} },
	tlv_version_reject = { size = 4, masks = {  }, fields = {
		{ name = "min", id = "min", at = 0, bits = 4 },
		{ name = "max", id = "max", at = 4, bits = 4 },
		{ name = "rsv", id = "rsv", at = 8, bits = 24, mbz = true },
	} },
	tlv_ep_connect = { size = 16, masks = {  }, fields = {
		{ name = "src_qpn", id = "src_qpn", at = 0, bits = 24, doc = "the asker's queue pair, not 0" },
		{ name = "rsv", id = "rsv", at = 24, bits = 8, mbz = true },
		{ name = "service", id = "service", at = 32, bits = 32, doc = "what is asked for" },
		{ name = "credits", id = "credits", at = 64, bits = 32, doc = "receive buffers that the asker has posted so far: SSNs below it are there" },
		{ name = "window", id = "window", at = 96, bits = 16, doc = "messages that the asker, as responder, lets be outstanding; 0 is taken as 1" },
		{ name = "reads", id = "reads", at = 112, bits = 8, doc = "of these, READs and atomics" },
		{ name = "rsv", id = "rsv2", at = 120, bits = 8, mbz = true },
	} },
	tlv_ep_accept = { size = 16, masks = {  }, fields = {
		{ name = "dst_qpn", id = "dst_qpn", at = 0, bits = 24, doc = "the asker's queue pair" },
		{ name = "rsv", id = "rsv", at = 24, bits = 8, mbz = true },
		{ name = "src_qpn", id = "src_qpn", at = 32, bits = 24, doc = "the answerer's queue pair, not 0" },
		{ name = "rsv", id = "rsv2", at = 56, bits = 8, mbz = true },
		{ name = "credits", id = "credits", at = 64, bits = 32, doc = "as in EP_CONNECT, of the answerer" },
		{ name = "window", id = "window", at = 96, bits = 16, doc = "the same" },
		{ name = "reads", id = "reads", at = 112, bits = 8, doc = "the same" },
		{ name = "rsv", id = "rsv3", at = 120, bits = 8, mbz = true },
	} },
	tlv_ep_reject = { size = 12, masks = {  }, fields = {
		{ name = "dst_qpn", id = "dst_qpn", at = 0, bits = 24, doc = "whose stream ends" },
		{ name = "reason", id = "reason", at = 24, bits = 8, enum = "ep_reason" },
		{ name = "src_qpn", id = "src_qpn", at = 32, bits = 24, doc = "the sender's end of it; 0: it has none" },
		{ name = "rsv", id = "rsv", at = 56, bits = 8, mbz = true },
		{ name = "arg", id = "arg", at = 64, bits = 32, doc = "for hosts: whatever the sender's host gave" },
	} },
	tlv_ep_disconnect = { size = 12, masks = {  }, fields = {
		{ name = "dst_qpn", id = "dst_qpn", at = 0, bits = 24, doc = "whose stream ends" },
		{ name = "reason", id = "reason", at = 24, bits = 8, enum = "ep_reason" },
		{ name = "src_qpn", id = "src_qpn", at = 32, bits = 24, doc = "the sender's end of it; 0: it has none" },
		{ name = "rsv", id = "rsv", at = 56, bits = 8, mbz = true },
		{ name = "arg", id = "arg", at = 64, bits = 32, doc = "as in EP_REJECT" },
	} },
	tlv_window_bind = { size = 28, masks = {  }, fields = {
		{ name = "window", id = "window", at = 0, bits = 16, doc = "at most 2047" },
		{ name = "rsv", id = "rsv", at = 16, bits = 16, mbz = true },
		{ name = "qpn", id = "qpn", at = 32, bits = 24, doc = "the peer's queue pair whose protection domain counts; 0: none" },
		{ name = "rsv", id = "rsv2", at = 56, bits = 8, mbz = true },
		{ name = "rkey", id = "rkey", at = 64, bits = 32, hex = true, doc = "0: unbind" },
		{ name = "addr", id = "addr", at = 96, bits = 64, hex = true, doc = "where the window begins" },
		{ name = "length", id = "length", at = 160, bits = 64, doc = "bytes, at most 2^36" },
	} },
	tlv_window_status = { size = 4, masks = {  }, fields = {
		{ name = "window", id = "window", at = 0, bits = 16 },
		{ name = "status", id = "status", at = 16, bits = 8, enum = "status" },
		{ name = "rsv", id = "rsv", at = 24, bits = 8, mbz = true },
	} },
	tlv_port_status = { size = 4, masks = {  }, fields = {
		{ name = "port", id = "port", at = 0, bits = 8 },
		{ name = "state", id = "state", at = 8, bits = 8, enum = "port_state" },
		{ name = "rsv", id = "rsv", at = 16, bits = 16, mbz = true },
	} },
	tlv_telemetry_get = { size = 4, masks = {  }, fields = {
		{ name = "first", id = "first", at = 0, bits = 16, doc = "first counter asked for" },
		{ name = "count", id = "count", at = 16, bits = 16, doc = "how many from there on, at most" },
	} },
	telemetry_item = { size = 12, masks = {  }, fields = {
		{ name = "counter", id = "counter", at = 0, bits = 16, enum = "meter" },
		{ name = "rsv", id = "rsv", at = 16, bits = 16, mbz = true },
		{ name = "value", id = "value", at = 32, bits = 64 },
	} },
}

local PACKETS = {
	{ name = "DATA", when = function(v) return v["delivery.type"] == 1 end,
	  info = { ["delivery.psn"] = { rank = 1, how = "psn" }, ["delivery.ack_psn"] = { rank = 2, how = "ack", flag = "AKV" }, ["op.qpn"] = { rank = 3, how = "qpn" }, ["op.msn"] = { rank = 4, how = "msn" }, ["op.length"] = { rank = 5, how = "len" }, ["flush.length"] = { rank = 6, how = "len" }, ["op.opcode"] = { rank = 7, how = "word" }, ["op.status"] = { rank = 8, how = "nonzero" } },
	  elements = {
		{ name = "delivery", kind = "one" },
		{ name = "syn", kind = "one", cond = function(v) return has(v["delivery.flags"] or 0, 128, 2) end },
		{ name = "op", kind = "one" },
		{ name = "send", kind = "one", cond = function(v) return v["op.opcode"] == 1 end },
		{ name = "write", kind = "one", cond = function(v) return v["op.opcode"] == 2 end },
		{ name = "read", kind = "one", cond = function(v) return v["op.opcode"] == 3 end },
		{ name = "read_rsp", kind = "one", cond = function(v) return v["op.opcode"] == 4 end },
		{ name = "atomic", kind = "one", cond = function(v) return v["op.opcode"] == 5 end },
		{ name = "atomic_rsp", kind = "one", cond = function(v) return v["op.opcode"] == 6 end },
		{ name = "tack", kind = "one", cond = function(v) return v["op.opcode"] == 7 end },
		{ name = "reduce", kind = "one", cond = function(v) return v["op.opcode"] == 9 end },
		{ name = "flush", kind = "one", cond = function(v) return v["op.opcode"] == 10 end },
		{ name = "rd", kind = "one", cond = function(v) return v["op.opcode"] == 11 end },
		{ name = "rd_rsp", kind = "one", cond = function(v) return v["op.opcode"] == 12 end },
		{ name = "amask", kind = "one", cond = function(v) return v["op.opcode"] == 5 and has(v["atomic.flags"] or 0, 128, 2) end },
		{ name = "imm", kind = "one", cond = function(v) return has(v["op.flags"] or 0, 16, 2) end },
		{ name = "inv", kind = "one", cond = function(v) return has(v["op.flags"] or 0, 8, 2) end },
		{ name = "signal", kind = "one", cond = function(v) return has(v["op.flags"] or 0, 2, 2) end },
		{ name = "payload", kind = "bytes", count = function(v) return (v["op.length"] or 0) end },
		{ name = "crc", kind = "one" },
	} },
	{ name = "ACK", when = function(v) return v["delivery.type"] == 2 end,
	  info = { ["delivery.psn"] = { rank = 1, how = "psn" }, ["delivery.ack_psn"] = { rank = 2, how = "ack", flag = "AKV" }, ["ack.sack_base"] = { rank = 3, how = "sack" } },
	  elements = {
		{ name = "delivery", kind = "one" },
		{ name = "syn", kind = "one", cond = function(v) return has(v["delivery.flags"] or 0, 128, 2) end },
		{ name = "ack", kind = "one" },
		{ name = "sackword", kind = "repeat", count = function(v) return (v["ack.words"] or 0) end },
		{ name = "crc", kind = "one" },
	} },
	{ name = "NACK", when = function(v) return v["delivery.type"] == 3 end,
	  info = { ["delivery.psn"] = { rank = 1, how = "psn" }, ["delivery.ack_psn"] = { rank = 2, how = "ack", flag = "AKV" }, ["nack.reason"] = { rank = 3, how = "word" } },
	  elements = {
		{ name = "delivery", kind = "one" },
		{ name = "syn", kind = "one", cond = function(v) return has(v["delivery.flags"] or 0, 128, 2) end },
		{ name = "nack", kind = "one" },
		{ name = "range", kind = "repeat", count = function(v) return (v["nack.count"] or 0) end },
		{ name = "crc", kind = "one" },
	} },
	{ name = "CTRL", when = function(v) return v["delivery.type"] == 4 end,
	  info = { ["delivery.psn"] = { rank = 1, how = "psn" }, ["delivery.ack_psn"] = { rank = 2, how = "ack", flag = "AKV" }, ["ctrl.length"] = { rank = 3, how = "len" } },
	  elements = {
		{ name = "delivery", kind = "one" },
		{ name = "syn", kind = "one", cond = function(v) return has(v["delivery.flags"] or 0, 128, 2) end },
		{ name = "ctrl", kind = "one" },
		{ name = "tlv", kind = "until", count = function(v) return (v["ctrl.length"] or 0) end },
		{ name = "crc", kind = "one" },
	} },
	{ name = "DGRAM", when = function(v) return v["delivery.type"] == 5 end,
	  info = { ["delivery.psn"] = { rank = 1, how = "psn" }, ["delivery.ack_psn"] = { rank = 2, how = "ack", flag = "AKV" }, ["dgram.length"] = { rank = 3, how = "len" } },
	  elements = {
		{ name = "delivery", kind = "one" },
		{ name = "dgram", kind = "one" },
		{ name = "gids", kind = "one", cond = function(v) return has(v["dgram.parts"] or 0, 128, 2) end },
		{ name = "imm", kind = "one", cond = function(v) return has(v["dgram.flags"] or 0, 16, 2) end },
		{ name = "payload", kind = "bytes", count = function(v) return (v["dgram.length"] or 0) end },
		{ name = "crc", kind = "one" },
	} },
	{ name = "MEM", when = function(v) return v["delivery.type"] == 6 end,
	  info = { ["mdelivery.psn"] = { rank = 1, how = "psn" } },
	  elements = {
		{ name = "mdelivery", kind = "one" },
		{ name = "memop", kind = "while", count = function(v) return (v["memop.more"] or 0) end },
		{ name = "data", kind = "rest" },
		{ name = "crc", kind = "one" },
	} },
	{ name = "PROBE", when = function(v) return v["delivery.type"] == 7 end,
	  info = { ["delivery.psn"] = { rank = 1, how = "psn" }, ["delivery.ack_psn"] = { rank = 2, how = "ack", flag = "AKV" } },
	  elements = {
		{ name = "delivery", kind = "one" },
		{ name = "probe", kind = "one" },
		{ name = "crc", kind = "one" },
	} },
	{ name = "CREDIT", when = function(v) return v["delivery.type"] == 8 end,
	  info = { ["delivery.psn"] = { rank = 1, how = "psn" }, ["delivery.ack_psn"] = { rank = 2, how = "ack", flag = "AKV" } },
	  elements = {
		{ name = "delivery", kind = "one" },
		{ name = "credit", kind = "one" },
		{ name = "crc", kind = "one" },
	} },
}

local GROUPS = {
}

local BYTES = { data = true, payload = true, }
local TLVS = { tlv = { name = "type", enum = "tlv" }, }
local FIRST = "delivery"
-- CRC32C ------------------------------------------------------------------------------------------

local bxor
if _VERSION == "Lua 5.1" or _VERSION == "Lua 5.2" then
	bxor = (bit32 or bit).bxor
else
	bxor = load("return function(a, b) return a ~ b end")()
end

local CRC_TABLE = {}
for i = 0, 255 do
	local c = i
	for _ = 1, 8 do
		local odd = c % 2 == 1
		c = math.floor(c / 2)
		if odd then
			c = bxor(c, 0x82f63b78)
		end
	end
	CRC_TABLE[i] = c
end

-- The CRC32C of a packet's bytes, those in the array `masked` (offset -> byte) replaced.
local function crc32c(raw, masked)
	local c = 0xffffffff
	for i = 1, #raw do
		local byte = masked[i - 1] or string.byte(raw, i)
		c = bxor(CRC_TABLE[bxor(c, byte) % 256], math.floor(c / 256))
	end
	return bxor(c, 0xffffffff) % 4294967296
end

-- Fields ------------------------------------------------------------------------------------------

local weft = Proto("weft", "Weft")
local by_id = {}		-- "header.field" -> ProtoField
local all_fields = {}

local function register(id, field)
	by_id[id] = field
	all_fields[#all_fields + 1] = field
end

local SET = { "set", "not set" }

local function int_type(size)
	return ({ "uint8", "uint16", "uint24", "uint32" })[size] or "uint64"
end

-- Where a field lies: first byte, bytes, and its mask there when it does not fill them.
local function place(f)
	local first = math.floor(f.at / 8)
	local last = math.floor((f.at + f.bits - 1) / 8)
	local size = last - first + 1
	local below = (last + 1) * 8 - f.at - f.bits
	local mask
	if f.bits ~= size * 8 and size <= 4 then
		mask = math.floor((2 ^ f.bits - 1) * 2 ^ below)
	end
	return first, size, mask, below
end

local function register_field(header, f)
	local id = header .. "." .. f.id
	local _, size, mask, below = place(f)
	local abbr = "weft." .. id
	if f.bits > 64 then
		register(id, ProtoField.bytes(abbr, f.name, base.NONE, f.doc))
		return
	end
	local kind = int_type(mask and size or math.floor((f.bits + 7) / 8))
	local shown = (f.hex or f.flags) and base.HEX or base.DEC
	local names = f.enum and ENUMS[f.enum] or nil
	register(id, ProtoField[kind](abbr, f.name, shown, names, mask, f.doc))
	for _, flag in ipairs(f.flags and size <= 4 and FLAGS[f.flags] or {}) do
		local flag_abbr = abbr .. "." .. string.lower(flag.name)
		local flag_title = flag.doc and (flag.name .. ": " .. flag.doc) or flag.name
		local flag_mask = math.floor(flag.low * (flag.span - 1) * 2 ^ below)
		local field
		if flag.span == 2 then
			field = ProtoField.bool(flag_abbr, flag_title, size * 8, SET, flag_mask)
		else
			field = ProtoField[kind](flag_abbr, flag_title, base.DEC, nil, flag_mask)
		end
		register(id .. "." .. flag.name, field)
	end
end

for name, header in pairs(HEADERS) do
	for _, f in ipairs(header.fields) do
		register_field(name, f)
	end
end
for name, _ in pairs(BYTES) do
	register(name, ProtoField.bytes("weft." .. name, name))
end
for name, _ in pairs(TLVS) do
	register(name .. ".value", ProtoField.bytes("weft." .. name .. ".value", "value"))
	register(name .. ".text", ProtoField.string("weft." .. name .. ".text", "text"))
end
local f_status = ProtoField.string("weft.crc.status", "CRC status")
local f_expected = ProtoField.uint32("weft.crc.expected", "CRC computed", base.HEX)
local f_padding = ProtoField.bytes("weft.padding", "bytes after the packet")
local f_undecoded = ProtoField.bytes("weft.undecoded", "not decoded")
for _, f in ipairs({ f_status, f_expected, f_padding, f_undecoded }) do
	all_fields[#all_fields + 1] = f
end
weft.fields = all_fields

local GROUP, SEVERITY = expert.group, expert.severity
local E = {}
local function expert_field(name, text, group, severity)
	E[name] = ProtoExpert.new("weft.expert." .. name, text, group, severity)
end
expert_field("truncated", "Shorter than its fields say", GROUP.MALFORMED, SEVERITY.ERROR)
expert_field("cut", "The capture holds only a part of this packet", GROUP.UNDECODED, SEVERITY.NOTE)
expert_field("trimmed", "A switch removed the payload", GROUP.SEQUENCE, SEVERITY.NOTE)
expert_field("unknown", "Unknown packet type or value", GROUP.UNDECODED, SEVERITY.WARN)
expert_field("fixed", "A fixed field has another value", GROUP.PROTOCOL, SEVERITY.WARN)
expert_field("reserved", "Reserved bits are set", GROUP.PROTOCOL, SEVERITY.NOTE)
expert_field("crc", "The CRC32C does not match", GROUP.CHECKSUM, SEVERITY.ERROR)
expert_field("tlv", "Malformed TLV", GROUP.MALFORMED, SEVERITY.ERROR)
expert_field("bug", "The dissector failed", GROUP.UNDECODED, SEVERITY.ERROR)
weft.experts = { E.truncated, E.cut, E.trimmed, E.unknown, E.fixed, E.reserved, E.crc, E.tlv, E.bug }

-- One packet --------------------------------------------------------------------------------------

-- What is known of a packet while it is read, `ctx`:
--   tvb, root      its bytes and its tree
--   off            the next byte
--   v              "header.field" -> number
--   masked         offset -> byte, as the CRC takes it
--   info           what the layout wants in the info column
--   words, pairs   the info column's text so far
--   set            names of flags that are set
--   first_flags    those of the first header, as text
--   crc            "good" or "bad", once it was checked

-- The number in a field, as a Lua number (inexact above 2^53: use it to decide, not to show).
local function number(range, f)
	local first, _, _ = place(f)
	local value = range:bitfield(f.at - first * 8, f.bits)
	return type(value) == "number" and value or value:tonumber(), value
end

local function add_flags(ctx, item, header, f, range, value)
	local names = {}
	for _, flag in ipairs(FLAGS[f.flags]) do
		local field = by_id[header .. "." .. f.id .. "." .. flag.name]
		if field then
			item:add(field, range)
		end
		local set = bits(value, flag.low, flag.span)
		if set ~= 0 then
			local many = flag.span > 2 and "=" .. math.floor(set) or ""
			names[#names + 1] = flag.name .. many
			ctx.set[flag.name] = true
		end
	end
	if #names > 0 then
		item:append_text(" (" .. table.concat(names, " ") .. ")")
	end
end

-- Pairs are kept in the order that the layout wants, whatever the order on the wire.
local function add_pair(ctx, rule, text)
	local at = #ctx.pairs + 1
	while at > 1 and ctx.pairs[at - 1].rank > rule.rank do
		at = at - 1
	end
	table.insert(ctx.pairs, at, { rank = rule.rank, text = text })
end

-- What the layout wants in the info column: a word, a pair, or a pair only when it is not zero.
local function note_info(ctx, header, f, value)
	local rule = ctx.info[header .. "." .. f.name]
	if not rule or rule.flag and not ctx.set[rule.flag] then
		return
	end
	local name = f.enum and ENUMS[f.enum][value]
	local text = name or string.format("%.0f", value)
	if rule.how == "word" then
		ctx.words[#ctx.words + 1] = name or (f.name .. " " .. text)
	elseif rule.how ~= "nonzero" then
		add_pair(ctx, rule, rule.how .. "=" .. text)
	elseif value ~= 0 then
		add_pair(ctx, rule, f.name .. "=" .. text)
	end
end

local function check_value(item, f, value)
	if f.fixed and value ~= f.fixed then
		local text = string.format("%s is %.0f, not %.0f", f.name, value, f.fixed)
		item:add_proto_expert_info(E.fixed, text)
	end
	if f.mbz and value ~= 0 then
		item:add_proto_expert_info(E.reserved)
	end
	if f.enum and not ENUMS[f.enum][value] then
		local text = string.format("%s %.0f has no name", f.name, value)
		item:add_proto_expert_info(E.unknown, text)
	end
end

-- Bits that a switch may change count as zero in the CRC.
local function mask_bytes(ctx, header, at)
	for i, keep in pairs(header.masks) do
		local byte = ctx.tvb(at + i, 1):uint()
		local kept = 0
		for b = 0, 7 do
			local bit_value = 2 ^ b
			if has(keep, bit_value, 2) and has(byte, bit_value, 2) then
				kept = kept + bit_value
			end
		end
		ctx.masked[at + i] = math.floor(kept)
	end
end

local function add_field(ctx, tree, name, f, at)
	local first, size, mask = place(f)
	local range = ctx.tvb(at + first, size)
	local field = by_id[name .. "." .. f.id]
	if f.bits > 64 then
		tree:add(field, range)
		return
	end
	local value, exact = number(range, f)
	local item
	if mask or f.bits == size * 8 then
		item = tree:add(field, range)
	else
		item = tree:add(field, range, exact)
	end
	if not f.mbz then
		ctx.v[name .. "." .. f.name] = value
	end
	check_value(item, f, value)
	if f.flags then
		add_flags(ctx, item, name, f, range, value)
	end
	note_info(ctx, name, f, value)
end

-- Shows a header at ctx.off; nil when the packet ends before it does.
local function add_header(ctx, tree, name, limit)
	local header = HEADERS[name]
	if ctx.off + header.size > limit then
		return nil
	end
	local at = ctx.off
	local sub = tree:add(weft, ctx.tvb(at, header.size), name)
	for _, f in ipairs(header.fields) do
		add_field(ctx, sub, name, f, at)
	end
	mask_bytes(ctx, header, at)
	ctx.off = at + header.size
	return sub
end

local function add_crc(ctx, tree, limit)
	local at = ctx.off
	local sub = add_header(ctx, tree, "crc", limit)
	if not sub then
		return nil
	end
	local stored = ctx.tvb(at, 4):uint()
	local good = crc32c(ctx.tvb:raw(0, at), ctx.masked)
	ctx.crc = stored == good and "good" or "bad"
	sub:add(f_status, ctx.tvb(at, 4), ctx.crc):set_generated()
	if ctx.crc == "bad" then
		sub:add(f_expected, ctx.tvb(at, 4), good):set_generated()
		sub:add_proto_expert_info(E.crc)
	end
	return sub
end

local walk		-- forward: groups and TLV values hold elements themselves

local function add_text(tree, name, range)
	local raw = range:raw()
	if not string.find(raw, "[^\32-\126]") then
		tree:add(by_id[name .. ".text"], range)
	else
		tree:add(by_id[name .. ".value"], range)
	end
end

-- The value of a TLV: its header or group, then what is left.
local function add_value(ctx, tree, name, stop)
	local type_field = TLVS[name]
	local value = ctx.v[name .. "." .. type_field.name]
	local item = ENUMS[type_field.enum][value]
	local inner = item and (name .. "_" .. string.lower(item))
	ctx.words[#ctx.words + 1] = item or string.format("TLV 0x%04x", value)
	tree:append_text(" " .. ctx.words[#ctx.words])
	local fine = true
	if inner and HEADERS[inner] then
		fine = add_header(ctx, tree, inner, stop)
	elseif inner and GROUPS[inner] then
		fine = walk(ctx, tree, GROUPS[inner].elements, stop)
	end
	if not fine then
		tree:add_proto_expert_info(E.tlv, "The value is shorter than its structure")
	end
	if ctx.off < stop then
		add_text(tree, name, ctx.tvb(ctx.off, stop - ctx.off))
	end
	ctx.off = stop
end

local function add_tlv(ctx, tree, name, limit)
	local at = ctx.off
	local sub = add_header(ctx, tree, name, limit)
	if not sub then
		return nil
	end
	local length = ctx.v[name .. ".length"]
	local padded = math.floor((length + 3) / 4) * 4
	local stop = ctx.off + length
	local next_at = ctx.off + padded
	if stop > limit then
		sub:add_proto_expert_info(E.tlv, "The value leaves the packet")
		return nil
	end
	sub:set_len(math.min(next_at, limit) - at)
	add_value(ctx, sub, name, stop)
	ctx.off = math.min(next_at, limit)
	return sub
end

local function add_one(ctx, tree, name, limit)
	if GROUPS[name] then
		if ctx.off >= limit then
			return nil
		end
		local sub = tree:add(weft, ctx.tvb(ctx.off), name)
		local at = ctx.off
		local fine = walk(ctx, sub, GROUPS[name].elements, limit)
		sub:set_len(ctx.off - at)
		return fine and ctx.off > at and sub or nil
	elseif name == "crc" and HEADERS.crc.size == 4 then
		return add_crc(ctx, tree, limit)
	elseif TLVS[name] then
		return add_tlv(ctx, tree, name, limit)
	end
	return add_header(ctx, tree, name, limit)
end

-- Bytes that the elements after number `i` take.
local function tail_size(ctx, elements, i)
	local sum = 0
	for j = i + 1, #elements do
		local e = elements[j]
		if HEADERS[e.name] and (not e.cond or e.cond(ctx.v)) then
			sum = sum + HEADERS[e.name].size
		end
	end
	return sum
end

local function add_bytes(ctx, tree, e, count, limit)
	if count < 0 or ctx.off + count > limit then
		return nil
	end
	if count > 0 then
		tree:add(by_id[e.name], ctx.tvb(ctx.off, count))
	end
	ctx.off = ctx.off + count
	return true
end

local function add_many(ctx, tree, e, stop)
	while ctx.off < stop do
		if not add_one(ctx, tree, e.name, stop) then
			return nil
		end
	end
	return true
end

local function add_element(ctx, tree, elements, i, limit)
	local e = elements[i]
	if e.kind == "one" then
		return add_one(ctx, tree, e.name, limit)
	elseif e.kind == "repeat" then
		for _ = 1, e.count(ctx.v) do
			if not add_one(ctx, tree, e.name, limit) then
				return nil
			end
		end
		return true
	elseif e.kind == "while" then
		repeat
			if not add_one(ctx, tree, e.name, limit) then
				return nil
			end
		until e.count(ctx.v) == 0
		return true
	elseif e.kind == "until" then
		local stop = limit - tail_size(ctx, elements, i)
		if e.count then
			stop = ctx.off + e.count(ctx.v)
		end
		if stop > limit then
			return nil
		end
		return add_many(ctx, tree, e, stop)
	elseif e.kind == "rest" then
		return add_bytes(ctx, tree, e, limit - tail_size(ctx, elements, i) - ctx.off, limit)
	end
	return add_bytes(ctx, tree, e, e.count(ctx.v), limit)
end

function walk(ctx, tree, elements, limit)
	for i, e in ipairs(elements) do
		if not e.cond or e.cond(ctx.v) then
			if not add_element(ctx, tree, elements, i, limit) then
				return nil
			end
		end
	end
	return true
end

-- The values of the first header alone, to choose the layout by.
local function peek(tvb)
	local header = HEADERS[FIRST]
	local v = {}
	for _, f in ipairs(header.fields) do
		if f.bits <= 64 then
			local first, size = place(f)
			v[FIRST .. "." .. f.name] = (number(tvb(first, size), f))
		end
	end
	return v
end

local function choose(tvb)
	if tvb:len() < HEADERS[FIRST].size then
		return nil
	end
	local v = peek(tvb)
	for _, layout in ipairs(PACKETS) do
		if layout.when(v) then
			return layout
		end
	end
	return nil
end

local function finish(ctx, pinfo, complete)
	local tvb = ctx.tvb
	if not complete then
		if tvb:reported_len() > tvb:len() then
			ctx.root:add_proto_expert_info(E.cut)
		elseif ctx.set.TRIM then
			ctx.root:add_proto_expert_info(E.trimmed)
		else
			ctx.root:add_proto_expert_info(E.truncated)
		end
	end
	if ctx.off < tvb:len() then
		ctx.root:add(complete and f_padding or f_undecoded, tvb(ctx.off))
	end
	if not ctx.crc then
		ctx.root:add(f_status, "absent"):set_generated()
	end
	local text = table.concat(ctx.words, " ")
	for _, pair in ipairs(ctx.pairs) do
		text = text .. " " .. pair.text
	end
	text = text .. ctx.first_flags
	text = text .. (ctx.crc == "bad" and " [bad CRC]" or "") .. (complete and "" or " [short]")
	pinfo.cols.info = text
	ctx.root:append_text(", " .. text)
end

local function first_flags(v)
	local names = {}
	for _, f in ipairs(HEADERS[FIRST].fields) do
		for _, flag in ipairs(f.flags and FLAGS[f.flags] or {}) do
			if flag.span == 2 and has(v[FIRST .. "." .. f.name] or 0, flag.low, 2) then
				names[#names + 1] = flag.name
			end
		end
	end
	return #names > 0 and " [" .. table.concat(names, " ") .. "]" or ""
end

local function dissect(tvb, pinfo, root)
	local ctx = { tvb = tvb, root = root, off = 0, v = {}, set = {}, masked = {},
		      info = {}, words = {}, pairs = {}, first_flags = "" }
	local layout = choose(tvb)
	local complete
	if layout then
		ctx.words[1] = layout.name
		ctx.info = layout.info
		complete = walk(ctx, root, layout.elements, tvb:len())
	else
		complete = add_header(ctx, root, FIRST, tvb:len()) ~= nil
		if complete then
			ctx.words[1] = "unknown type"
			root:add_proto_expert_info(E.unknown, "No layout is known for this packet type")
			if ctx.off < tvb:len() then
				root:add(f_undecoded, tvb(ctx.off))
				ctx.off = tvb:len()
			end
		end
	end
	ctx.first_flags = first_flags(ctx.v)
	finish(ctx, pinfo, complete)
end

function weft.dissector(tvb, pinfo, tree)
	pinfo.cols.protocol = "WEFT"
	local root = tree:add(weft, tvb())
	-- A fault of the dissector must not hide the packet.
	local ok, why = pcall(dissect, tvb, pinfo, root)
	if not ok then
		root:add_proto_expert_info(E.bug, "The dissector failed: " .. tostring(why))
	end
	return tvb:len()
end

-- Where packets come from -------------------------------------------------------------------------

weft.prefs.udp_port = Pref.uint("UDP port", UDP_PORT, "UDP port that carries Weft (0: none)")
weft.prefs.ethertype = Pref.uint("EtherType", ETHERTYPE, "EtherType that carries Weft (0: none)")
local bound = {}

local function bind(table_name, value)
	if bound[table_name] == value then
		return
	end
	local where = DissectorTable.get(table_name)
	if bound[table_name] and bound[table_name] ~= 0 then
		where:remove(bound[table_name], weft)
	end
	if value ~= 0 then
		where:add(value, weft)
	end
	bound[table_name] = value
end

local function bind_all()
	bind("udp.port", weft.prefs.udp_port)
	bind("ethertype", weft.prefs.ethertype)
end

weft.prefs_changed = bind_all
bind_all()
