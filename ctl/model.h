/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One answer of vipd, collected: what every output of vipctl is made from.
 * Messages come from msg_parse() and are hostile still: model_add() checks
 * their order and what refers to what, and cleans every string (text.h). The
 * caller bounds the stream.
 *
 * Services are sorted by namespace and name, service addresses by value;
 * instances and static addresses stay in configured order.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "msg.h"

struct host;

struct model_instance {
	struct msg_ctl_instance info;
	struct msg_ctl_address *addresses;
	size_t n_addresses;
	size_t cap_addresses;
	struct msg_ctl_track *tracks;
	size_t n_tracks;
	size_t cap_tracks;
	struct msg_counter *counters;
	size_t n_counters;
	size_t cap_counters;
};

struct model_node {
	struct msg_node info;
	struct msg_node_instance *instances;
	size_t n_instances;
	size_t cap_instances;
};

struct model_service {
	struct msg_service info;
	struct msg_ctl_service ctl;
	struct msg_service_address *addresses;
	size_t n_addresses;
	size_t cap_addresses;
	struct msg_service_port *ports;
	size_t n_ports;
	size_t cap_ports;
	/* By port, then address. */
	struct msg_service_endpoint *endpoints;
	size_t n_endpoints;
	size_t cap_endpoints;
	struct iprange *sources;
	size_t n_sources;
	size_t cap_sources;
};

/* Which message may come next. */
enum model_phase { MODEL_OUTSIDE, MODEL_IN_SERVICE, MODEL_AFTER_SERVICE, MODEL_ENDED };

struct model {
	enum model_phase phase;
	bool has_node;
	struct msg_ctl_node node;
	struct model_instance *instances;
	size_t n_instances;
	size_t cap_instances;
	struct model_node *nodes; /* that run vipd, by name */
	size_t n_nodes;
	size_t cap_nodes;
	struct msg_ctl_speaker *speakers; /* other routers' adverts */
	size_t n_speakers;
	size_t cap_speakers;
	struct model_service *services;
	size_t n_services;
	size_t cap_services;
	struct msg_pools pools_head;
	struct msg_pool *pools;
	size_t n_pools;
	size_t cap_pools;
	struct msg_ctl_text *texts;
	size_t n_texts;
	size_t cap_texts;
	char *config; /* terminated; NULL: not told */
	size_t config_len;
	struct msg_ctl_handover *handovers;
	size_t n_handovers;
	size_t cap_handovers;
	struct msg_ctl_end end; /* valid once phase is MODEL_ENDED */
	/* Not told by vipd, borrowed: whose firewall is known; NULL: it is not. */
	const struct host *host;
};

/* Takes one message in; returns NULL or what is wrong with it. */
const char *model_add(struct model *m, const struct msg *msg);
void model_free(struct model *m);

const struct model_instance *model_find_instance(const struct model *m, const char *name);
/* The instance's record of an address, or NULL. */
const struct msg_ctl_address *model_find_address(
    const struct model_instance *i, const struct ipaddr *addr);

/* The name of the node whose adverts of this instance have that source; NULL:
 * not known. */
const char *model_node_of(
    const struct model *m, const char *instance, const struct ipaddr *source);

/* Not well, in the sense of the exit code. */
bool model_instance_well(const struct model_instance *i);
/* Why it is in its state; never empty. */
const char *model_instance_reason(const struct model_instance *i);
bool model_service_well(const struct model_service *s);
/* Neither serving nor standby, nor anybody else's: an operator may want to look. */
bool model_service_problem(const struct model_service *s);
bool model_instances_well(const struct model *m);
bool model_services_well(const struct model *m);

/* A monotonic time of the answer as an age, and as wall time. */
uint64_t model_age_us(const struct model *m, uint64_t then_us);
uint64_t model_wall_us(const struct model *m, uint64_t then_us);
/* The source of Services answers. */
bool model_connected(const struct model *m);
/* What it is then: a server "connected", a directory "followed". */
const char *model_connected_word(const struct model *m);
/* What is wrong with it; the server is not repeated. */
const char *model_source_error(const struct model *m);
/* Anything was ever heard of it. */
bool model_has_news(const struct model *m);
/* How old the news of a source that is not followed are; 0 if it is. */
uint64_t model_stale_us(const struct model *m);
/* "api", "manifests", "snapshot", "none". */
const char *model_source_name(const struct model *m);
/* "nftables", "none", "undecided". */
const char *model_forward_name(const struct model *m);
/* "ok", "refused", ... */
const char *model_verdict_name(enum verdict verdict);
/* "static", "external IP", "pool". */
const char *model_origin_name(enum address_origin origin);
