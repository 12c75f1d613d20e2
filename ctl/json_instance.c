/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instances as JSON: their election, addresses, trackers, counters. */
#include <sys/socket.h>

#include "clock.h"
#include "json.h"
#include "model.h"
#include "text.h"

static json_t *
interval_ms(uint32_t us)
{
	if (us % US_PER_MS == 0)
		return json_packed(json_integer(us / (json_int_t)US_PER_MS));
	return json_packed(json_real((double)us / (double)US_PER_MS));
}

/* Who else uses it, or has it before its first use here. */
static json_t *
conflict(const struct model *m, const struct msg_ctl_address *a)
{
	char mac[TEXT_MAC_LEN];

	if (!a->conflict_us && a->use != ADDRESS_TAKEN)
		return json_null();
	return JSON_PACK("{s:s, s:o, s:i, s:b}", "mac", text_mac(a->conflict_mac, mac),
	    "seen", a->conflict_us ? json_time(m, a->conflict_us) : json_null(), "heard",
	    (int)a->conflicts, "before_first_use", a->use == ADDRESS_TAKEN);
}

static json_t *
instance_addresses(const struct model *m, const struct model_instance *i)
{
	json_t *list = json_packed(json_array());

	for (size_t k = 0; k < i->n_addresses; k++) {
		const struct msg_ctl_address *a = &i->addresses[k];
		char text[IPADDR_STRLEN], prefix[IPADDR_STRLEN + 4];

		snprintf(prefix, sizeof(prefix), "%s/%u", ipaddr_format(&a->addr, text),
		    a->prefixlen);
		json_array_append_new(list,
		    JSON_PACK("{s:s, s:s, s:b, s:s, s:b, s:o, s:o}", "address", prefix,
			"origin", a->origin == ORIGIN_STATIC ? "static" : "service",
			"installed", a->installed, "interface",
			a->dev[0] ? a->dev : i->info.conf.interface, "advertised",
			a->origin == ORIGIN_STATIC && !a->excluded, "error",
			json_text_or_null(a->error), "conflict", conflict(m, a)));
	}
	return list;
}

static json_t *
instance_counters(const struct model_instance *i)
{
	json_t *object = json_packed(json_object());

	for (size_t k = 0; k < i->n_counters; k++)
		json_object_set_new(object, i->counters[k].name,
		    json_packed(json_integer((json_int_t)i->counters[k].value)));
	return object;
}

static json_t *
instance_tracks(const struct model *m, const struct model_instance *i)
{
	static const char *const states[] = {
		[TRACK_UNKNOWN] = "unknown",
		[TRACK_OK] = "ok",
		[TRACK_FAILED] = "failed",
	};
	json_t *list = json_packed(json_array());

	for (size_t k = 0; k < i->n_tracks; k++) {
		const struct msg_ctl_track *t = &i->tracks[k];

		json_array_append_new(list,
		    JSON_PACK("{s:s, s:s, s:s, s:i, s:b, s:i, s:b, s:o, s:o}", "kind",
			track_kind_name(t->kind), "name", t->name, "state",
			states[t->state], "weight", t->weight, "reverse", t->reverse,
			"adds", t->adds, "fault", t->fault, "why",
			json_text_or_null(t->why), "since", json_time(m, t->since_us)));
	}
	return list;
}

static json_t *
soft_reasons(uint32_t soft)
{
	json_t *list = json_packed(json_array());

	for (unsigned k = 0; k < SOFT_REASON_COUNT; k++)
		if (soft & 1u << k)
			json_array_append_new(
			    list, json_packed(json_string(soft_reason_name(1u << k))));
	return list;
}

/* Empty: not known. */
static const char *
master_node(const struct model *m, const struct model_instance *i)
{
	const struct msg_state *state = &i->info.state;
	const char *node = NULL;

	if (state->state == VRRP_MASTER)
		return m->node.node;
	if (state->state == VRRP_BACKUP && state->master.family)
		node = model_node_of(m, i->info.conf.name, &state->master);
	return node ? node : "";
}

json_t *
json_instance(const struct model *m, const struct model_instance *i)
{
	const struct msg_instance *conf = &i->info.conf;
	const struct msg_state *state = &i->info.state;
	json_t *object;

	object = JSON_PACK("{s:s, s:s, s:s, s:i, s:i, s:s, s:o, s:o, s:i, s:i, s:o, s:o}",
	    "name", conf->name, "family", conf->family == AF_INET6 ? "ipv6" : "ipv4",
	    "interface", conf->interface, "virtual_router_id", conf->vrid, "version",
	    conf->version, "state", vrrp_state_name(state->state), "reason",
	    json_text_or_null(
		i->info.tracker[0] ? i->info.tracker : vrrp_reason_text(state->reason)),
	    "since", json_time(m, state->since_us), "priority",
	    i->info.configured_priority, "effective_priority", conf->priority,
	    "advert_interval_ms", interval_ms(conf->advert_us), "master_address",
	    json_address(&state->master));
	json_object_update_new(object,
	    JSON_PACK("{s:o, s:o, s:b, s:b, s:I, s:b, s:o}", "master_priority",
		state->master.family ? json_packed(json_integer(state->master_priority))
				     : json_null(),
		"master_advert_interval_ms",
		state->master.family ? interval_ms(state->master_advert_us) : json_null(),
		"preempt", conf->preempt, "unicast", conf->unicast, "takeovers",
		(json_int_t)state->transitions, "service_addresses",
		i->info.wants_services, "addresses", instance_addresses(m, i)));
	json_object_update_new(object,
	    JSON_PACK("{s:o, s:b, s:b, s:o, s:o}", "soft_reasons",
		soft_reasons(i->info.soft), "handing_over", state->yielding,
		"handed_over", state->handed_over, "sync_group",
		json_text_or_null(conf->group), "tracks", instance_tracks(m, i)));
	json_object_set_new(object, "master_node", json_text_or_null(master_node(m, i)));
	if (i->n_counters)
		json_object_set_new(object, "counters", instance_counters(i));
	return object;
}

json_t *
json_instance_list(const struct model *m)
{
	json_t *list = json_packed(json_array());

	for (size_t i = 0; i < m->n_instances; i++)
		json_array_append_new(list, json_instance(m, &m->instances[i]));
	return list;
}
