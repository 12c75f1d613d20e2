/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What messages say in numbers, in the words of logs and of vipctl. */
#include <netinet/in.h>

#include "msg.h"

const char *
vrrp_state_name(enum vrrp_state state)
{
	static const char *const names[] = {
		[VRRP_INIT] = "INIT",
		[VRRP_BACKUP] = "BACKUP",
		[VRRP_MASTER] = "MASTER",
		[VRRP_FAULT] = "FAULT",
	};

	return names[state];
}

const char *
vrrp_reason_text(enum vrrp_reason reason)
{
	static const char *const texts[VRRP_REASON_COUNT] = {
		[VRRP_REASON_NONE] = "",
		[VRRP_REASON_STARTUP] = "started",
		[VRRP_REASON_HOLD] = "waits for the first list of Services",
		[VRRP_REASON_OWNER] = "address owner (priority 255)",
		[VRRP_REASON_TIMEOUT] = "no advert from a master",
		[VRRP_REASON_RESIGNED] = "the master resigned",
		[VRRP_REASON_PREEMPT] = "the master had a lower priority",
		[VRRP_REASON_HIGHER_PRIORITY] = "a router with higher priority is master",
		[VRRP_REASON_HIGHER_ADDRESS] =
		    "a router with equal priority and higher address is master",
		[VRRP_REASON_NO_INTERFACE] = "interface does not exist",
		[VRRP_REASON_LINK_DOWN] = "link is down",
		[VRRP_REASON_NO_ADDRESS] = "interface has no source address",
		[VRRP_REASON_SEND_FAILED] = "adverts cannot be sent",
		[VRRP_REASON_RESUMED] = "resumed after an engine restart",
		[VRRP_REASON_SHUTDOWN] = "stopped",
		[VRRP_REASON_DELAY] = "waits as vrrp_startup_delay says",
		[VRRP_REASON_GROUP] = "follows its sync group",
		[VRRP_REASON_OVERSLEPT] =
		    "did not run for a while, and another is master",
		[VRRP_REASON_TRACKER] = "something it tracks has failed",
		[VRRP_REASON_UNTRACKED] = "waits for the first result of what it tracks",
		[VRRP_REASON_HANDOVER] = "handed over",
		[VRRP_REASON_NOBODY] = "nobody took over",
		[VRRP_REASON_VMAC] = "waits for its macvlan",
	};

	return texts[reason];
}

const char *
soft_reason_name(enum soft_reason reason)
{
	switch (reason) {
	case SOFT_INCOMPLETE:
		return "incomplete";
	case SOFT_DRAINED:
		return "drained";
	case SOFT_EXCLUDED:
		return "excluded";
	case SOFT_TRACKER:
		return "tracker";
	case SOFT_RULES:
		return "rules";
	}
	return "unknown";
}

const char *
track_kind_name(enum track_kind kind)
{
	static const char *const names[TRACK_KIND_COUNT] = {
		[TRACK_INTERFACE] = "interface",
		[TRACK_SCRIPT] = "vrrp_script",
		[TRACK_FILE] = "vrrp_track_file",
		[TRACK_PROCESS] = "vrrp_track_process",
	};

	return names[kind];
}

const char *
service_state_name(enum service_state state)
{
	static const char *const names[SERVICE_STATE_COUNT] = {
		[SERVICE_SERVING] = "serving",
		[SERVICE_STANDBY] = "standby",
		[SERVICE_NO_ENDPOINTS] = "no-endpoints",
		[SERVICE_PENDING] = "pending",
		[SERVICE_REFUSED] = "refused",
		[SERVICE_CONFLICT] = "conflict",
		[SERVICE_FAILED] = "failed",
		[SERVICE_IGNORED] = "ignored",
	};

	return names[state];
}

const char *
proto_name(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return "TCP";
	case IPPROTO_UDP:
		return "UDP";
	case IPPROTO_SCTP:
		return "SCTP";
	default:
		return "?";
	}
}
