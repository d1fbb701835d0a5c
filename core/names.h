/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Generated from spec/ by tools/specgen.py; do not edit. To regenerate: make gen
 *
 * The names of Weft's codes, as the specification writes them, for logs and tools.  Each
 * function returns a string that lives for ever; "?" for a value that has no name.
 */
#ifndef WEFT_NAMES_H
#define WEFT_NAMES_H

const char *weft_drop_name(unsigned v);	/* a value of enum drop */
const char *weft_class_name(unsigned v);	/* a value of enum class */
const char *weft_mode_name(unsigned v);	/* a value of enum mode */
const char *weft_ptype_name(unsigned v);	/* a value of enum ptype */
const char *weft_opcode_name(unsigned v);	/* a value of enum opcode */
const char *weft_aop_name(unsigned v);	/* a value of enum aop */
const char *weft_flush_name(unsigned v);	/* a value of enum flush */
const char *weft_status_name(unsigned v);	/* a value of enum status */
const char *weft_nack_name(unsigned v);	/* a value of enum nack */
const char *weft_tlv_name(unsigned v);	/* a value of enum tlv */
const char *weft_memcode_name(unsigned v);	/* a value of enum memcode */
const char *weft_svc_op_name(unsigned v);	/* a value of enum svc_op */
const char *weft_kernel_name(unsigned v);	/* a value of enum kernel */
const char *weft_redop_name(unsigned v);	/* a value of enum redop */
const char *weft_dtype_name(unsigned v);	/* a value of enum dtype */
const char *weft_cmd_status_name(unsigned v);	/* a value of enum cmd_status */
const char *weft_pool_name(unsigned v);	/* a value of enum pool */
const char *weft_family_name(unsigned v);	/* a value of enum family */
const char *weft_agree_name(unsigned v);	/* a value of enum agree */
const char *weft_ep_reason_name(unsigned v);	/* a value of enum ep_reason */
const char *weft_port_state_name(unsigned v);	/* a value of enum port_state */
const char *weft_meter_name(unsigned v);	/* a value of enum meter */
const char *weft_modes_name(unsigned v);	/* one of the masks of flags modes */
const char *weft_features_name(unsigned v);	/* one of the masks of flags features */
const char *weft_profiles_name(unsigned v);	/* one of the masks of flags profiles */
const char *weft_dflags_name(unsigned v);	/* one of the masks of flags dflags */
const char *weft_fabric_name(unsigned v);	/* one of the masks of flags fabric */
const char *weft_oflags_name(unsigned v);	/* one of the masks of flags oflags */
const char *weft_aflags_name(unsigned v);	/* one of the masks of flags aflags */
const char *weft_ackflags_name(unsigned v);	/* one of the masks of flags ackflags */
const char *weft_dgparts_name(unsigned v);	/* one of the masks of flags dgparts */
const char *weft_probeflags_name(unsigned v);	/* one of the masks of flags probeflags */
const char *weft_creditflags_name(unsigned v);	/* one of the masks of flags creditflags */
const char *weft_svc_flags_name(unsigned v);	/* one of the masks of flags svc_flags */
const char *weft_cmdflags_name(unsigned v);	/* one of the masks of flags cmdflags */
const char *weft_gemmflags_name(unsigned v);	/* one of the masks of flags gemmflags */
const char *weft_helloflags_name(unsigned v);	/* one of the masks of flags helloflags */
const char *weft_nbflags_name(unsigned v);	/* one of the masks of flags nbflags */
const char *weft_pdc_state_name(unsigned v);	/* a state of pdc */
const char *weft_path_state_name(unsigned v);	/* a state of path */
const char *weft_stream_state_name(unsigned v);	/* a state of stream */

#endif /* WEFT_NAMES_H */
