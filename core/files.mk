# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The one list of the engine's sources; every host's build includes it.
core-files := memform.c memop.c memop_rx.c window.c dgram.c rd.c \
	     parse.c crc32c.c mem.c word.c peer.c profile.c blocks.c rings.c pdc.c rx.c tx.c \
	     tx_build.c ack.c sack.c retx.c path.c probe.c ports.c cc.c cc_swift.c cc_fixed.c \
	     cc_nscc.c cc_dcqcn.c cc_credit.c credit.c grantor.c pace.c stream.c streams.c ep.c \
	     requester.c request.c responder.c execute.c respond.c hold.c cookie.c siphash.c \
	     trim.c ids.c negotiate.c telemetry.c alone.c names.c
