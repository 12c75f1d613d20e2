/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is kept of a Service and of an EndpointSlice: the fields that decide
 * anything, checked and in fixed types. Objects are made by decode.h, owned by
 * whoever holds them, and never changed after that.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipaddr.h"
#include "msg.h"
#include "status.h"

/* "namespace/name" of a Service */
#define SERVICE_KEY_LEN (2 * NAME_LEN)

struct service_port {
	uint16_t port;
	uint8_t proto; /* IPPROTO_TCP, _UDP, _SCTP */
	char *name;    /* "" if the port has none */
};

struct wish;

struct service_object {
	struct msg_service_key id;
	char uid[40];
	int64_t created; /* seconds since the epoch; 0: not said */
	uint32_t flags;  /* enum service_flag */
	uint32_t affinity_s;
	uint16_t health_port; /* healthCheckNodePort, with Local; 0: none */
	char *class;          /* loadBalancerClass; NULL: none */
	struct ipaddr *external_ips;
	size_t n_external_ips;
	struct iprange *sources; /* loadBalancerSourceRanges; none: everybody */
	size_t n_sources;
	struct service_port *ports;
	size_t n_ports;
	struct wish *wish; /* of type LoadBalancer; NULL: of another */
	char *pin;         /* vipd.io/instance; NULL: none */
	bool deleting;     /* S18: it is served, but gets nothing new */
	char *bad_ip;      /* why one of externalIPs is not taken; NULL: none */
	bool asks;         /* for an address, or for its status to be cleaned */
	struct service_status status;
	char *fault; /* the object is malformed: why; NULL: it is not */
};

struct slice_port {
	uint16_t port; /* 0: not usable */
	uint8_t proto;
	char *name;
};

enum slice_endpoint_flag {
	SLICE_READY = 1,
	SLICE_SERVING = 2,
	SLICE_TERMINATING = 4,
	SLICE_LOCAL = 8,
};

struct slice_endpoint {
	struct ipaddr addr;
	uint32_t flags; /* enum slice_endpoint_flag */
	uint64_t node;  /* locality_of() its node's name; 0: not said */
};

struct slice_object {
	char *key;      /* "namespace/name" of the slice */
	char *service;  /* "namespace/name" of its Service; NULL: of none */
	bool malformed; /* only the key is known */
	struct slice_port *ports;
	size_t n_ports;
	struct slice_endpoint *endpoints;
	size_t n_endpoints;
};

void service_object_free(struct service_object *s);
/* Forgets what it asks for; who it is and its status stay. */
void service_object_strip(struct service_object *s);
void slice_object_free(struct slice_object *s);
/* buf of SERVICE_KEY_LEN; returns it. */
const char *service_object_key(const struct service_object *s, char *buf);
