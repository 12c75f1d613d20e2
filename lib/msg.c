/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "msg.h"

#include <string.h>
#include <sys/socket.h>

#include "log.h"
#include "reply.h"

#define CHILD (PEER_ENGINE | PEER_FORWARD | PEER_WATCHER)

/* What msg_parse checks inside a head or a record. */
enum field_kind { FIELD_END, FIELD_STRING, FIELD_U8, FIELD_U32, FIELD_ADDR };

struct field {
	uint8_t kind;
	uint16_t at;
	uint32_t arg; /* a string's size, an integer's largest value */
};

#define STRING(type, member)                                                             \
	{                                                                                \
		FIELD_STRING, offsetof(type, member), sizeof(((type *)0)->member)        \
	}
#define U8_MAX(type, member, max)                                                        \
	{                                                                                \
		FIELD_U8, offsetof(type, member), max                                    \
	}
#define U32_MAX(type, member, max)                                                       \
	{                                                                                \
		FIELD_U32, offsetof(type, member), max                                   \
	}
#define ADDR(type, member)                                                               \
	{                                                                                \
		FIELD_ADDR, offsetof(type, member), 0                                    \
	}
#define END                                                                              \
	{                                                                                \
		FIELD_END, 0, 0                                                          \
	}

static const struct field hello_fields[] = { STRING(struct msg_hello, program),
	STRING(struct msg_hello, version), END };
static const struct field log_fields[] = { STRING(struct msg_log, text),
	U32_MAX(struct msg_log, level, LOG_LEVEL_DEBUG), END };
static const struct field sync_begin_fields[] = {
	U32_MAX(struct msg_sync_begin, source, SOURCE_SNAPSHOT), END
};
static const struct field interface_fields[] = { STRING(struct msg_interface, name),
	ADDR(struct msg_interface, primary4), ADDR(struct msg_interface, linklocal6),
	END };
static const struct field instance_fields[] = { STRING(struct msg_instance, name),
	STRING(struct msg_instance, interface), STRING(struct msg_instance, group),
	U8_MAX(struct msg_instance, version, 3),
	U8_MAX(struct msg_instance, hold, HOLD_VMAC),
	U8_MAX(struct msg_instance, hmac_mode, HMAC_ENFORCE),
	U8_MAX(struct msg_instance, auth_type, VRRP_AUTH_PASS),
	ADDR(struct msg_instance, unicast_src), END };
static const struct field addr_fields[] = { { FIELD_ADDR, 0, 0 }, END };
static const struct field installed_fields[] = { ADDR(struct msg_installed_record, addr),
	END };
static const struct field peer_fields[] = { ADDR(struct msg_peer_record, addr), END };
static const struct field key_record_fields[] = {
	U8_MAX(struct msg_hmac_key, len, HMAC_KEY_MAX), END
};
static const struct field state_fields[] = { U8_MAX(struct msg_state, state, VRRP_FAULT),
	U8_MAX(struct msg_state, reason, VRRP_REASON_COUNT - 1),
	ADDR(struct msg_state, master), END };
static const struct field yielded_fields[] = { U8_MAX(struct msg_yielded, result,
						   YIELD_RESULT_COUNT - 1),
	ADDR(struct msg_yielded, successor), END };
static const struct field conflict_fields[] = { ADDR(struct msg_conflict, at.addr), END };
static const struct field probed_fields[] = { ADDR(struct msg_probed, at.addr), END };
static const struct field speaker_fields[] = { ADDR(struct msg_speaker, addr), END };
static const struct field mark_fields[] = { ADDR(struct msg_mark, src), END };
static const struct field ctl_speaker_fields[] = {
	STRING(struct msg_ctl_speaker, interface), ADDR(struct msg_ctl_speaker, addr), END
};
static const struct field handover_fields[] = {
	U32_MAX(struct msg_handover, action, HANDOVER_FORGET), END
};
static const struct field ctl_handover_fields[] = { STRING(struct msg_ctl_handover, name),
	U8_MAX(struct msg_ctl_handover, yielded.result, YIELD_RESULT_COUNT - 1),
	ADDR(struct msg_ctl_handover, yielded.successor), END };
static const struct field counter_fields[] = { STRING(struct msg_counter, name), END };
static const struct field watcher_conf_fields[] = { STRING(struct msg_watcher_conf,
							node_name),
	STRING(struct msg_watcher_conf, kubeconfig),
	STRING(struct msg_watcher_conf, api_servers),
	STRING(struct msg_watcher_conf, manifests),
	STRING(struct msg_watcher_conf, class), STRING(struct msg_watcher_conf, config),
	STRING(struct msg_watcher_conf, state_dir),
	U8_MAX(struct msg_watcher_conf, local_fallback, LOCAL_FALLBACK_CLUSTER),
	STRING(struct msg_watcher_conf, configmap_ns),
	STRING(struct msg_watcher_conf, configmap_name), END };
static const struct field watcher_ranges_fields[] = {
	U32_MAX(struct msg_watcher_ranges, which, RANGES_RESERVED), END
};
static const struct field watcher_instance_fields[] = {
	STRING(struct msg_watcher_instance, name), END
};
static const struct field range_fields[] = { ADDR(struct iprange, first),
	ADDR(struct iprange, last), END };
static const struct field source_state_fields[] = { U32_MAX(struct msg_source_state,
							source, SOURCE_SNAPSHOT),
	U32_MAX(struct msg_source_state, health, HEALTH_TROUBLE),
	STRING(struct msg_source_state, node_name),
	STRING(struct msg_source_state, node_name_source),
	STRING(struct msg_source_state, server), STRING(struct msg_source_state, error),
	END };
static const struct field here_fields[] = { STRING(struct msg_here, instance),
	ADDR(struct msg_here, source), ADDR(struct msg_here, master),
	U8_MAX(struct msg_here, state, VRRP_FAULT), END };
static const struct field held_here_fields[] = { STRING(struct msg_held_here, instance),
	END };
static const struct field taken_record_fields[] = { ADDR(struct msg_taken_record, addr),
	STRING(struct msg_taken_record, whose), END };
static const struct field eligible_fields[] = { STRING(struct msg_eligible, reason),
	END };
static const struct field node_fields[] = { STRING(struct msg_node, name),
	STRING(struct msg_node, version), STRING(struct msg_node, config), END };
static const struct field node_instance_fields[] = {
	STRING(struct msg_node_instance, name), ADDR(struct msg_node_instance, source),
	U8_MAX(struct msg_node_instance, state, VRRP_FAULT), END
};
static const struct field node_gone_fields[] = { STRING(struct msg_node_gone, name),
	END };
static const struct field pools_fields[] = { STRING(struct msg_pools, source),
	STRING(struct msg_pools, error), END };
static const struct field pool_fields[] = { STRING(struct msg_pool, name),
	STRING(struct msg_pool, ranges), END };
static const struct field service_fields[] = { STRING(struct msg_service, key.ns),
	STRING(struct msg_service, key.name), STRING(struct msg_service, uid),
	STRING(struct msg_service, reason),
	U32_MAX(struct msg_service, verdict, VERDICT_IGNORED), END };
static const struct field service_address_fields[] = { ADDR(struct msg_service_address,
							   addr),
	U8_MAX(struct msg_service_address, verdict, VERDICT_INVALID),
	U8_MAX(struct msg_service_address, origin, ORIGIN_POOL),
	U8_MAX(struct msg_service_address, gateway, REPLY_GATEWAYS_MAX),
	STRING(struct msg_service_address, instance),
	STRING(struct msg_service_address, reason), END };
static const struct field service_port_fields[] = { U8_MAX(struct msg_service_port,
							verdict, VERDICT_INVALID),
	STRING(struct msg_service_port, name), END };
static const struct field service_endpoint_fields[] = {
	ADDR(struct msg_service_endpoint, addr), END
};
static const struct field key_fields[] = { STRING(struct msg_service_key, ns),
	STRING(struct msg_service_key, name), END };
static const struct field forward_conf_fields[] = { U32_MAX(struct msg_forward_conf, mode,
							FORWARD_NONE),
	U32_MAX(struct msg_forward_conf, source_nat, SOURCE_NAT_NONE),
	U32_MAX(struct msg_forward_conf, gateways, REPLY_GATEWAYS_MAX), END };
static const struct field held_fields[] = { U32_MAX(struct msg_held, held, HELD_ALREADY),
	END };
static const struct field tally_fields[] = { STRING(struct msg_tally, key.ns),
	STRING(struct msg_tally, key.name), END };
static const struct field uplink_fields[] = { STRING(struct msg_uplink, name), END };
static const struct field failed_fields[] = { STRING(struct msg_failed, key.ns),
	STRING(struct msg_failed, key.name), STRING(struct msg_failed, text), END };
static const struct field forward_state_fields[] = { U32_MAX(struct msg_forward_state,
							 mode, FORWARD_NONE),
	STRING(struct msg_forward_state, reason), END };
static const struct field ctl_request_fields[] = { STRING(struct msg_ctl_request, arg),
	STRING(struct msg_ctl_request, to), END };
static const struct field ctl_node_fields[] = { STRING(struct msg_ctl_node, node),
	STRING(struct msg_ctl_node, node_source), STRING(struct msg_ctl_node, version),
	U32_MAX(struct msg_ctl_node, source.source, SOURCE_SNAPSHOT),
	U32_MAX(struct msg_ctl_node, source.health, HEALTH_TROUBLE),
	STRING(struct msg_ctl_node, source.node_name),
	STRING(struct msg_ctl_node, source.node_name_source),
	STRING(struct msg_ctl_node, source.server),
	STRING(struct msg_ctl_node, source.error),
	U32_MAX(struct msg_ctl_node, forward.mode, FORWARD_NONE),
	STRING(struct msg_ctl_node, forward.reason), STRING(struct msg_ctl_node, config),
	STRING(struct msg_ctl_node, config_error),
	STRING(struct msg_ctl_node, drain_reason), END };
static const struct field ctl_instance_fields[] = { STRING(struct msg_ctl_instance,
							conf.name),
	STRING(struct msg_ctl_instance, conf.interface),
	STRING(struct msg_ctl_instance, conf.group),
	ADDR(struct msg_ctl_instance, conf.unicast_src),
	U8_MAX(struct msg_ctl_instance, state.state, VRRP_FAULT),
	U8_MAX(struct msg_ctl_instance, state.reason, VRRP_REASON_COUNT - 1),
	ADDR(struct msg_ctl_instance, state.master),
	STRING(struct msg_ctl_instance, tracker), END };
static const struct field ctl_address_fields[] = { ADDR(struct msg_ctl_address, addr),
	U8_MAX(struct msg_ctl_address, origin, ORIGIN_POOL),
	U8_MAX(struct msg_ctl_address, use, ADDRESS_TAKEN),
	STRING(struct msg_ctl_address, dev), STRING(struct msg_ctl_address, error), END };
static const struct field ctl_track_fields[] = { STRING(struct msg_ctl_track, name),
	U8_MAX(struct msg_ctl_track, kind, TRACK_KIND_COUNT - 1),
	U8_MAX(struct msg_ctl_track, state, TRACK_FAILED),
	STRING(struct msg_ctl_track, why), END };
static const struct field ctl_service_fields[] = { STRING(struct msg_ctl_service, key.ns),
	STRING(struct msg_ctl_service, key.name),
	U32_MAX(struct msg_ctl_service, state, SERVICE_STATE_COUNT - 1),
	STRING(struct msg_ctl_service, reason), END };
static const struct field ctl_event_fields[] = { U32_MAX(struct msg_ctl_event, level,
						     LOG_LEVEL_DEBUG),
	STRING(struct msg_ctl_event, text), END };
static const struct field ctl_text_fields[] = { U32_MAX(struct msg_ctl_text, level,
						    LOG_LEVEL_DEBUG),
	STRING(struct msg_ctl_text, text), END };
static const struct field ctl_end_fields[] = { STRING(struct msg_ctl_end, text), END };

struct type_row {
	struct msg_type_info info;
	const struct field *head_fields;
	const struct field *record_fields;
};

#define ROW(type, head, record, senders, fds, hf, rf)                                    \
	[type] = { { #type, head, record, senders, fds }, hf, rf }
#define REF sizeof(struct msg_instance_ref)

/* clang-format off */
static const struct type_row table[MSG_TYPE_COUNT] = {
ROW(MSG_HELLO, sizeof(struct msg_hello), 0, CHILD, 0, hello_fields, NULL),
ROW(MSG_LOG, sizeof(struct msg_log), 0, CHILD, 0, log_fields, NULL),
ROW(MSG_PONG, 0, 0, CHILD, 0, NULL, NULL),
ROW(MSG_STOP, 0, 0, PEER_VIPD, 0, NULL, NULL),
ROW(MSG_PING, 0, 0, PEER_VIPD, 0, NULL, NULL),
ROW(MSG_SYNC_BEGIN, sizeof(struct msg_sync_begin), 0, PEER_VIPD | PEER_WATCHER, 0, sync_begin_fields, NULL),
ROW(MSG_SYNC_END, sizeof(struct msg_sync_end), 0, PEER_VIPD | PEER_WATCHER, 0, NULL, NULL),
ROW(MSG_INTERFACE, sizeof(struct msg_interface), 0, PEER_VIPD, 0, interface_fields, NULL),
ROW(MSG_INTERFACE_GONE, sizeof(struct msg_interface_gone), 0, PEER_VIPD, 0, NULL, NULL),
ROW(MSG_SOCKETS, sizeof(struct msg_sockets), 0, PEER_VIPD, 2, NULL, NULL),
ROW(MSG_ANNOUNCE_SOCKET, 0, 0, PEER_VIPD, 1, NULL, NULL),
ROW(MSG_INSTANCE, sizeof(struct msg_instance), 0, PEER_VIPD, 0, instance_fields, NULL),
ROW(MSG_INSTANCE_ADVERTISED, REF, sizeof(struct ipaddr), PEER_VIPD, 0, NULL, addr_fields),
ROW(MSG_INSTANCE_PEERS, REF, sizeof(struct msg_peer_record), PEER_VIPD, 0, NULL, peer_fields),
ROW(MSG_INSTANCE_KEYS, REF, sizeof(struct msg_hmac_key), PEER_VIPD, 0, NULL, key_record_fields),
ROW(MSG_INSTANCE_END, REF, 0, PEER_VIPD, 0, NULL, NULL),
ROW(MSG_INSTANCE_GONE, REF, 0, PEER_VIPD, 0, NULL, NULL),
ROW(MSG_INSTALLED, REF, sizeof(struct msg_installed_record), PEER_VIPD, 0, NULL, installed_fields),
ROW(MSG_REMOVED, REF, sizeof(struct msg_installed_record), PEER_VIPD, 0, NULL, installed_fields),
ROW(MSG_COUNTERS_REQUEST, 0, 0, PEER_VIPD, 0, NULL, NULL),
ROW(MSG_HEARING, sizeof(struct msg_hearing), 0, PEER_VIPD, 2, NULL, NULL),
ROW(MSG_PROBE, REF, sizeof(struct msg_installed_record), PEER_VIPD, 0, NULL, installed_fields),
ROW(MSG_HANDOVER, sizeof(struct msg_handover), 0, PEER_VIPD, 0, handover_fields, NULL),
ROW(MSG_STATE, sizeof(struct msg_state), 0, PEER_ENGINE, 0, state_fields, NULL),
ROW(MSG_COUNTERS, REF, sizeof(struct msg_counter), PEER_ENGINE | PEER_VIPD, 0, NULL, counter_fields),
ROW(MSG_RELEASED, REF, sizeof(struct msg_installed_record), PEER_ENGINE, 0, NULL, installed_fields),
ROW(MSG_YIELDED, sizeof(struct msg_yielded), 0, PEER_ENGINE, 0, yielded_fields, NULL),
ROW(MSG_CONFLICT, sizeof(struct msg_conflict), 0, PEER_ENGINE, 0, conflict_fields, NULL),
ROW(MSG_PROBED, sizeof(struct msg_probed), 0, PEER_ENGINE, 0, probed_fields, NULL),
ROW(MSG_SPEAKER, sizeof(struct msg_speaker), 0, PEER_ENGINE, 0, speaker_fields, NULL),
ROW(MSG_MARKS, 0, sizeof(struct msg_mark), PEER_ENGINE | PEER_VIPD, 0, NULL, mark_fields),
ROW(MSG_WATCHER_CONF, sizeof(struct msg_watcher_conf), 0, PEER_VIPD, 0, watcher_conf_fields, NULL),
ROW(MSG_WATCHER_RANGES, sizeof(struct msg_watcher_ranges), sizeof(struct iprange), PEER_VIPD, 0, watcher_ranges_fields, range_fields),
ROW(MSG_WATCHER_POOLS, 0, sizeof(struct msg_byte), PEER_VIPD, 0, NULL, NULL),
ROW(MSG_WATCHER_INSTANCE, sizeof(struct msg_watcher_instance), sizeof(struct iprange), PEER_VIPD, 0, watcher_instance_fields, range_fields),
ROW(MSG_WATCHER_CONF_END, 0, 0, PEER_VIPD, 0, NULL, NULL),
ROW(MSG_SOURCE_STATE, sizeof(struct msg_source_state), 0, PEER_WATCHER, 0, source_state_fields, NULL),
ROW(MSG_HERE, sizeof(struct msg_here), 0, PEER_VIPD, 0, here_fields, NULL),
ROW(MSG_HELD_HERE, sizeof(struct msg_held_here), sizeof(struct ipaddr), PEER_VIPD, 0, held_here_fields, addr_fields),
ROW(MSG_TAKEN, sizeof(struct msg_taken), sizeof(struct msg_taken_record), PEER_VIPD, 0, NULL, taken_record_fields),
ROW(MSG_ELIGIBLE, sizeof(struct msg_eligible), 0, PEER_WATCHER, 0, eligible_fields, NULL),
ROW(MSG_NODE, sizeof(struct msg_node), sizeof(struct msg_node_instance), PEER_WATCHER | PEER_VIPD, 0, node_fields, node_instance_fields),
ROW(MSG_NODE_GONE, sizeof(struct msg_node_gone), 0, PEER_WATCHER, 0, node_gone_fields, NULL),
ROW(MSG_POOLS, sizeof(struct msg_pools), sizeof(struct msg_pool), PEER_VIPD | PEER_WATCHER, 0, pools_fields, pool_fields),
ROW(MSG_SERVICE, sizeof(struct msg_service), 0, PEER_VIPD | PEER_WATCHER, 0, service_fields, NULL),
ROW(MSG_SERVICE_ADDRESSES, 0, sizeof(struct msg_service_address), PEER_VIPD | PEER_WATCHER, 0, NULL, service_address_fields),
ROW(MSG_SERVICE_PORTS, 0, sizeof(struct msg_service_port), PEER_VIPD | PEER_WATCHER, 0, NULL, service_port_fields),
ROW(MSG_SERVICE_ENDPOINTS, 0, sizeof(struct msg_service_endpoint), PEER_VIPD | PEER_WATCHER, 0, NULL, service_endpoint_fields),
ROW(MSG_SERVICE_SOURCES, 0, sizeof(struct iprange), PEER_VIPD | PEER_WATCHER, 0, NULL, range_fields),
ROW(MSG_SERVICE_END, 0, 0, PEER_VIPD | PEER_WATCHER, 0, NULL, NULL),
ROW(MSG_SERVICE_GONE, sizeof(struct msg_service_key), 0, PEER_VIPD | PEER_WATCHER, 0, key_fields, NULL),
ROW(MSG_FORWARD_CONF, sizeof(struct msg_forward_conf), sizeof(struct msg_uplink), PEER_VIPD, 0, forward_conf_fields, uplink_fields),
ROW(MSG_HELD, sizeof(struct msg_held), sizeof(struct ipaddr), PEER_VIPD, 0, held_fields, addr_fields),
ROW(MSG_TALLY_REQUEST, 0, 0, PEER_VIPD, 0, NULL, NULL),
ROW(MSG_TALLY, sizeof(struct msg_tally_head), sizeof(struct msg_tally), PEER_FORWARD, 0, NULL, tally_fields),
ROW(MSG_IN_PLACE, 0, 0, PEER_FORWARD, 0, NULL, NULL),
ROW(MSG_FAILED, sizeof(struct msg_failed), 0, PEER_FORWARD | PEER_VIPD, 0, failed_fields, NULL),
ROW(MSG_FORWARD_STATE, sizeof(struct msg_forward_state), 0, PEER_FORWARD, 0, forward_state_fields, NULL),
ROW(MSG_CTL_REQUEST, sizeof(struct msg_ctl_request), 0, PEER_CTL, 0, ctl_request_fields, NULL),
ROW(MSG_CTL_NODE, sizeof(struct msg_ctl_node), 0, PEER_VIPD, 0, ctl_node_fields, NULL),
ROW(MSG_CTL_INSTANCE, sizeof(struct msg_ctl_instance), 0, PEER_VIPD, 0, ctl_instance_fields, NULL),
ROW(MSG_CTL_ADDRESSES, REF, sizeof(struct msg_ctl_address), PEER_VIPD, 0, NULL, ctl_address_fields),
ROW(MSG_CTL_TRACKS, REF, sizeof(struct msg_ctl_track), PEER_VIPD, 0, NULL, ctl_track_fields),
ROW(MSG_CTL_SERVICE, sizeof(struct msg_ctl_service), 0, PEER_VIPD, 0, ctl_service_fields, NULL),
ROW(MSG_CTL_TEXT, sizeof(struct msg_ctl_text), 0, PEER_VIPD, 0, ctl_text_fields, NULL),
ROW(MSG_CTL_EVENT, sizeof(struct msg_ctl_event), 0, PEER_VIPD, 0, ctl_event_fields, NULL),
ROW(MSG_CTL_CONFIG, 0, sizeof(struct msg_byte), PEER_VIPD, 0, NULL, NULL),
ROW(MSG_CTL_HANDOVER, sizeof(struct msg_ctl_handover), 0, PEER_VIPD, 0, ctl_handover_fields, NULL),
ROW(MSG_CTL_SPEAKERS, 0, sizeof(struct msg_ctl_speaker), PEER_VIPD, 0, NULL, ctl_speaker_fields),
ROW(MSG_CTL_END, sizeof(struct msg_ctl_end), 0, PEER_VIPD, 0, ctl_end_fields, NULL),
};
/* clang-format on */

const struct msg_type_info *
msg_info(enum msg_type type)
{
	return &table[type].info;
}

size_t
msg_records_max(enum msg_type type)
{
	const struct msg_type_info *info = msg_info(type);

	if (!info->record)
		return 0;
	return (MSG_MAX - sizeof(struct msg_header) - info->head) / info->record;
}

static const char *
check_field(const struct field *f, const uint8_t *base)
{
	struct ipaddr addr;
	uint32_t v;

	switch ((enum field_kind)f->kind) {
	case FIELD_STRING:
		return memchr(base + f->at, '\0', f->arg) ? NULL
							  : "string without an end";
	case FIELD_U8:
		return base[f->at] <= f->arg ? NULL : "value out of range";
	case FIELD_U32:
		memcpy(&v, base + f->at, sizeof(v));
		return v <= f->arg ? NULL : "value out of range";
	case FIELD_ADDR:
		memcpy(&addr, base + f->at, sizeof(addr));
		return addr.family == 0 || ipaddr_len(&addr) ? NULL
							     : "unknown address family";
	case FIELD_END:
		break;
	}
	return NULL;
}

static const char *
check_fields(const struct field *fields, const uint8_t *base)
{
	const char *wrong = NULL;

	for (; fields && fields->kind != FIELD_END && !wrong; fields++)
		wrong = check_field(fields, base);
	return wrong;
}

const char *
msg_parse(const void *buf, size_t len, enum msg_peer from, struct msg *out)
{
	const uint8_t *bytes = buf;
	const struct type_row *row;
	struct msg_header header;
	const char *wrong;
	size_t body;

	if (len < sizeof(header) || len > MSG_MAX)
		return "no message has this length";
	memcpy(&header, bytes, sizeof(header));
	if (header.type == MSG_NONE || header.type >= MSG_TYPE_COUNT)
		return "unknown message type";
	row = &table[header.type];
	if (!(row->info.senders & from))
		return "message not allowed from this sender";
	body = sizeof(header) + row->info.head;
	if (len != body + (size_t)header.count * row->info.record ||
	    (header.count && !row->info.record))
		return "message of the wrong length";

	wrong = check_fields(row->head_fields, bytes + sizeof(header));
	for (size_t i = 0; i < header.count && !wrong; i++)
		wrong =
		    check_fields(row->record_fields, bytes + body + i * row->info.record);
	if (wrong)
		return wrong;

	*out = (struct msg){
		.type = header.type,
		.seq = header.seq,
		.count = header.count,
		.head = bytes + sizeof(header),
		.records = bytes + body,
		.fds = { -1, -1 },
	};
	return NULL;
}

size_t
msg_build(void *buf, enum msg_type type, uint32_t seq, const void *head,
    const void *records, size_t count)
{
	const struct msg_type_info *info = msg_info(type);
	struct msg_header header = {
		.type = (uint16_t)type,
		.count = (uint16_t)count,
		.seq = seq,
	};
	uint8_t *at = buf;

	if (count > msg_records_max(type))
		fatalx("%s: %zu records do not fit a message", info->name, count);
	memcpy(at, &header, sizeof(header));
	at += sizeof(header);
	if (info->head)
		memcpy(at, head, info->head);
	at += info->head;
	if (count)
		memcpy(at, records, count * info->record);
	return sizeof(header) + info->head + count * info->record;
}
