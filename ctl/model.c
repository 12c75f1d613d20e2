/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model.h"

#include <stdlib.h>
#include <string.h>

void
model_free(struct model *m)
{
	for (size_t i = 0; i < m->n_instances; i++) {
		free(m->instances[i].addresses);
		free(m->instances[i].counters);
		free(m->instances[i].tracks);
	}
	for (size_t i = 0; i < m->n_services; i++) {
		free(m->services[i].addresses);
		free(m->services[i].ports);
		free(m->services[i].endpoints);
		free(m->services[i].sources);
	}
	for (size_t i = 0; i < m->n_nodes; i++)
		free(m->nodes[i].instances);
	free(m->nodes);
	free(m->instances);
	free(m->services);
	free(m->texts);
	free(m->pools);
	free(m->speakers);
	free(m->config);
	free(m->handovers);
	memset(m, 0, sizeof(*m));
}

const char *
model_node_of(const struct model *m, const char *instance, const struct ipaddr *source)
{
	for (size_t i = 0; i < m->n_nodes; i++) {
		const struct model_node *n = &m->nodes[i];

		for (size_t k = 0; k < n->n_instances; k++)
			if (ipaddr_eq(&n->instances[k].source, source) &&
			    strcmp(n->instances[k].name, instance) == 0)
				return n->info.name;
	}
	return NULL;
}

const struct model_instance *
model_find_instance(const struct model *m, const char *name)
{
	for (size_t i = 0; i < m->n_instances; i++)
		if (strcmp(m->instances[i].info.conf.name, name) == 0)
			return &m->instances[i];
	return NULL;
}

const struct msg_ctl_address *
model_find_address(const struct model_instance *i, const struct ipaddr *addr)
{
	for (size_t k = 0; k < i->n_addresses; k++)
		if (ipaddr_eq(&i->addresses[k].addr, addr))
			return &i->addresses[k];
	return NULL;
}

bool
model_instance_well(const struct model_instance *i)
{
	return i->info.state.state != VRRP_FAULT;
}

const char *
model_instance_reason(const struct model_instance *i)
{
	const char *reason = vrrp_reason_text(i->info.state.reason);

	if (i->info.tracker[0])
		return i->info.tracker;
	return reason[0] ? reason : "not started yet";
}

bool
model_service_well(const struct model_service *s)
{
	return s->ctl.state != SERVICE_REFUSED && s->ctl.state != SERVICE_CONFLICT &&
	    s->ctl.state != SERVICE_FAILED;
}

bool
model_service_problem(const struct model_service *s)
{
	if (s->ctl.state == SERVICE_IGNORED)
		return s->info.flags & SERVICE_FORLORN;
	return s->ctl.state != SERVICE_SERVING && s->ctl.state != SERVICE_STANDBY;
}

bool
model_instances_well(const struct model *m)
{
	for (size_t i = 0; i < m->n_instances; i++)
		if (!model_instance_well(&m->instances[i]))
			return false;
	return true;
}

bool
model_services_well(const struct model *m)
{
	for (size_t i = 0; i < m->n_services; i++)
		if (!model_service_well(&m->services[i]))
			return false;
	return true;
}

uint64_t
model_age_us(const struct model *m, uint64_t then_us)
{
	return then_us < m->node.now_us ? m->node.now_us - then_us : 0;
}

uint64_t
model_wall_us(const struct model *m, uint64_t then_us)
{
	uint64_t age = model_age_us(m, then_us);

	return age < m->node.wall_us ? m->node.wall_us - age : 0;
}

bool
model_connected(const struct model *m)
{
	return m->node.has_services && m->node.source.health == HEALTH_OK;
}

const char *
model_connected_word(const struct model *m)
{
	return m->node.source.source == SOURCE_MANIFESTS ? "followed" : "connected";
}

const char *
model_source_error(const struct model *m)
{
	const struct msg_source_state *source = &m->node.source;
	size_t len = strlen(source->server);

	if (len && strncmp(source->error, source->server, len) == 0 &&
	    strncmp(source->error + len, ": ", 2) == 0)
		return source->error + len + 2;
	return source->error;
}

bool
model_has_news(const struct model *m)
{
	const struct msg_source_state *source = &m->node.source;

	return model_connected(m) || source->fresh_us || source->snapshot_wall_us;
}

uint64_t
model_stale_us(const struct model *m)
{
	uint64_t taken_us = m->node.source.snapshot_wall_us;

	if (taken_us)
		return m->node.wall_us > taken_us ? m->node.wall_us - taken_us : 0;
	if (model_connected(m) || !m->node.source.fresh_us)
		return 0;
	return model_age_us(m, m->node.source.fresh_us);
}

const char *
model_source_name(const struct model *m)
{
	switch ((enum sync_source)m->node.source.source) {
	case SOURCE_API:
		return "api";
	case SOURCE_MANIFESTS:
		return "manifests";
	case SOURCE_SNAPSHOT:
		return "snapshot";
	case SOURCE_NONE:
		break;
	}
	return "none";
}

const char *
model_forward_name(const struct model *m)
{
	switch ((enum forward_mode)m->node.forward.mode) {
	case FORWARD_NFTABLES:
		return "nftables";
	case FORWARD_NONE:
		return "none";
	case FORWARD_AUTO:
		break;
	}
	return "undecided";
}

const char *
model_verdict_name(enum verdict verdict)
{
	static const char *const names[] = {
		[VERDICT_OK] = "ok",
		[VERDICT_REFUSED] = "refused",
		[VERDICT_CONFLICT] = "conflict",
		[VERDICT_PENDING] = "pending",
		[VERDICT_INVALID] = "invalid",
		[VERDICT_IGNORED] = "ignored",
	};

	return names[verdict];
}

const char *
model_origin_name(enum address_origin origin)
{
	static const char *const names[] = {
		[ORIGIN_STATIC] = "static",
		[ORIGIN_EXTERNAL_IP] = "external IP",
		[ORIGIN_POOL] = "pool",
	};

	return names[origin];
}
