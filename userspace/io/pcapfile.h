/* SPDX-License-Identifier: BSD-2-Clause */
/* The classic pcap file format (not pcapng), Ethernet link type: reading and writing.  Pure. */
#ifndef WEFT_USERSPACE_IO_PCAPFILE_H
#define WEFT_USERSPACE_IO_PCAPFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PCAP_FILE_HDR	24
#define PCAP_REC_HDR	16
#define PCAP_SNAPLEN	262144

/* Where reading stands in a file held in memory; borrowed. */
struct pcap_reader {
	uint8_t *buf;
	size_t len;		/* bytes in buf */
	size_t at;		/* next record */
	bool swapped;		/* written on a machine of the other byte order */
	bool nano;		/* the fraction of a second is in ns, not us */
};

struct pcap_record {
	uint64_t ts_ns;		/* since 1970 */
	uint8_t *data;		/* into buf */
	uint32_t len;		/* bytes kept in the file */
	uint32_t orig;		/* bytes the frame had; more than len: it was cut */
};

/* Returns 0; or -EINVAL and the reason in |*why| (static). */
int wio_pcap_begin(struct pcap_reader *r, uint8_t *buf, size_t len, const char **why);

/* Returns 1 and a record; 0 at the end; -EBADMSG if the rest is no record (cut or damaged file). */
int wio_pcap_next(struct pcap_reader *r, struct pcap_record *rec);

/* Headers in this machine's byte order with nanoseconds, as readers accept on any machine. */
void wio_pcap_file_header(uint8_t p[PCAP_FILE_HDR]);
void wio_pcap_rec_header(uint8_t p[PCAP_REC_HDR], uint64_t ts_ns, uint32_t len);

#endif /* WEFT_USERSPACE_IO_PCAPFILE_H */
