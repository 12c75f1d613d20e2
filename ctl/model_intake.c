/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How vipd's answer becomes the model: what it sends, in the order it is
 * allowed to, cleaned of what a terminal would obey. model.c is what is asked
 * of it afterwards.
 */
#include "model.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "text.h"

#define CLEAN(member) text_clean(member, sizeof(member))

/* Appends the records of msg to the array whose members end in `field`. */
#define APPEND(owner, field, msg)                                                        \
	append((void **)&(owner)->field, &(owner)->n_##field, &(owner)->cap_##field,     \
	    (msg), sizeof(*(owner)->field))

static void
append(void **items, size_t *count, size_t *cap, const struct msg *msg, size_t size)
{
	const uint8_t *from = msg->records;

	for (size_t i = 0; i < msg->count; i++, from += size) {
		*items = array_grow(*items, *count, cap, size);
		memcpy((uint8_t *)*items + *count * size, from, size);
		++*count;
	}
}

static const char *
add_node(struct model *m, const struct msg *msg)
{
	struct msg_ctl_node *n = &m->node;

	if (m->has_node)
		return "the node told twice";
	memcpy(n, msg->head, sizeof(*n));
	m->has_node = true;
	CLEAN(n->node);
	CLEAN(n->node_source);
	CLEAN(n->version);
	CLEAN(n->source.node_name);
	CLEAN(n->source.node_name_source);
	CLEAN(n->source.server);
	CLEAN(n->source.error);
	CLEAN(n->forward.reason);
	CLEAN(n->config);
	CLEAN(n->config_error);
	CLEAN(n->drain_reason);
	return NULL;
}

static const char *
add_instance(struct model *m, const struct msg *msg)
{
	struct model_instance *i;

	m->instances =
	    array_grow(m->instances, m->n_instances, &m->cap_instances, sizeof(*i));
	i = &m->instances[m->n_instances++];
	memset(i, 0, sizeof(*i));
	memcpy(&i->info, msg->head, sizeof(i->info));
	CLEAN(i->info.conf.name);
	CLEAN(i->info.conf.interface);
	CLEAN(i->info.conf.group);
	CLEAN(i->info.tracker);
	return NULL;
}

/* ADDRESSES and COUNTERS belong to the instance told last. */
static struct model_instance *
instance_of(struct model *m, const struct msg *msg)
{
	struct msg_instance_ref ref;
	struct model_instance *last;

	memcpy(&ref, msg->head, sizeof(ref));
	last = m->n_instances ? &m->instances[m->n_instances - 1] : NULL;
	return last && last->info.conf.id == ref.id ? last : NULL;
}

static const char *
add_addresses(struct model *m, const struct msg *msg)
{
	struct model_instance *i = instance_of(m, msg);
	size_t at;

	if (!i)
		return "addresses of another instance";
	at = i->n_addresses;
	APPEND(i, addresses, msg);
	for (; at < i->n_addresses; at++) {
		CLEAN(i->addresses[at].dev);
		CLEAN(i->addresses[at].error);
	}
	return NULL;
}

static const char *
add_tracks(struct model *m, const struct msg *msg)
{
	struct model_instance *i = instance_of(m, msg);
	size_t at;

	if (!i)
		return "tracks of another instance";
	at = i->n_tracks;
	APPEND(i, tracks, msg);
	for (; at < i->n_tracks; at++) {
		CLEAN(i->tracks[at].name);
		CLEAN(i->tracks[at].why);
	}
	return NULL;
}

static const char *
add_counters(struct model *m, const struct msg *msg)
{
	struct model_instance *i = instance_of(m, msg);
	size_t at;

	if (!i)
		return "counters of another instance";
	at = i->n_counters;
	APPEND(i, counters, msg);
	for (; at < i->n_counters; at++)
		CLEAN(i->counters[at].name);
	return NULL;
}

static const char *
add_pools(struct model *m, const struct msg *msg)
{
	size_t at = m->n_pools;

	memcpy(&m->pools_head, msg->head, sizeof(m->pools_head));
	CLEAN(m->pools_head.source);
	CLEAN(m->pools_head.error);
	if (m->pools_head.first != at)
		return "address pools out of order";
	APPEND(m, pools, msg);
	for (; at < m->n_pools; at++) {
		CLEAN(m->pools[at].name);
		CLEAN(m->pools[at].ranges);
	}
	return NULL;
}

static const char *
add_speakers(struct model *m, const struct msg *msg)
{
	size_t at = m->n_speakers;

	APPEND(m, speakers, msg);
	for (; at < m->n_speakers; at++)
		CLEAN(m->speakers[at].interface);
	return NULL;
}

static const char *
add_service(struct model *m, const struct msg *msg)
{
	struct model_service *s;

	m->services =
	    array_grow(m->services, m->n_services, &m->cap_services, sizeof(*s));
	s = &m->services[m->n_services++];
	memset(s, 0, sizeof(*s));
	memcpy(&s->info, msg->head, sizeof(s->info));
	CLEAN(s->info.key.ns);
	CLEAN(s->info.key.name);
	CLEAN(s->info.uid);
	CLEAN(s->info.reason);
	m->phase = MODEL_IN_SERVICE;
	return NULL;
}

static int
endpoint_cmp(const void *a, const void *b)
{
	const struct msg_service_endpoint *x = a, *y = b;
	int order;

	if (x->port_index != y->port_index)
		return x->port_index < y->port_index ? -1 : 1;
	order = ipaddr_cmp(&x->addr, &y->addr);
	return order ? order : (int)x->port - (int)y->port;
}

static const char *
end_service(struct model *m)
{
	struct model_service *s = &m->services[m->n_services - 1];

	for (size_t i = 0; i < s->n_addresses; i++) {
		CLEAN(s->addresses[i].instance);
		CLEAN(s->addresses[i].reason);
	}
	for (size_t i = 0; i < s->n_ports; i++)
		CLEAN(s->ports[i].name);
	for (size_t i = 0; i < s->n_endpoints; i++)
		if (s->endpoints[i].port_index >= s->n_ports)
			return "endpoint of a port that is not there";
	if (s->n_endpoints)
		qsort(s->endpoints, s->n_endpoints, sizeof(*s->endpoints), endpoint_cmp);
	m->phase = MODEL_AFTER_SERVICE;
	return NULL;
}

static const char *
add_in_service(struct model *m, const struct msg *msg)
{
	struct model_service *s = &m->services[m->n_services - 1];

	if (msg->type == MSG_SERVICE_ADDRESSES)
		APPEND(s, addresses, msg);
	else if (msg->type == MSG_SERVICE_PORTS)
		APPEND(s, ports, msg);
	else if (msg->type == MSG_SERVICE_ENDPOINTS)
		APPEND(s, endpoints, msg);
	else if (msg->type == MSG_SERVICE_SOURCES)
		APPEND(s, sources, msg);
	else if (msg->type == MSG_SERVICE_END)
		return end_service(m);
	else
		return "Service without its end";
	return NULL;
}

static int
key_cmp(const struct msg_service_key *a, const struct msg_service_key *b)
{
	int order = strcmp(a->ns, b->ns);

	return order ? order : strcmp(a->name, b->name);
}

static const char *
add_ctl_service(struct model *m, const struct msg *msg)
{
	struct model_service *s = &m->services[m->n_services - 1];

	if (msg->type != MSG_CTL_SERVICE)
		return "Service without its state";
	memcpy(&s->ctl, msg->head, sizeof(s->ctl));
	CLEAN(s->ctl.key.ns);
	CLEAN(s->ctl.key.name);
	CLEAN(s->ctl.reason);
	if (key_cmp(&s->ctl.key, &s->info.key))
		return "state of another Service";
	m->phase = MODEL_OUTSIDE;
	return NULL;
}

static const char *
add_peer(struct model *m, const struct msg *msg)
{
	struct model_node *n;

	m->nodes = array_grow(m->nodes, m->n_nodes, &m->cap_nodes, sizeof(*n));
	n = &m->nodes[m->n_nodes++];
	*n = (struct model_node){ 0 };
	memcpy(&n->info, msg->head, sizeof(n->info));
	CLEAN(n->info.name);
	CLEAN(n->info.version);
	CLEAN(n->info.config);
	APPEND(n, instances, msg);
	for (size_t i = 0; i < n->n_instances; i++)
		CLEAN(n->instances[i].name);
	return NULL;
}

static const char *
add_text(struct model *m, const struct msg *msg)
{
	struct msg_ctl_text *t;

	m->texts = array_grow(m->texts, m->n_texts, &m->cap_texts, sizeof(*t));
	t = &m->texts[m->n_texts++];
	memcpy(t, msg->head, sizeof(*t));
	CLEAN(t->text);
	return NULL;
}

static const char *
add_config(struct model *m, const struct msg *msg)
{
	size_t len = m->config_len + msg->count;

	m->config = xreallocarray(m->config, len + 1, 1);
	memcpy(m->config + m->config_len, msg->records, msg->count);
	m->config[len] = '\0';
	m->config_len = len;
	return NULL;
}

/* Line by line: a text has newlines. */
static void
clean_config(struct model *m)
{
	char *line = m->config, *end;

	while (line && *line) {
		end = strchrnul(line, '\n');
		if (!*end) {
			text_clean(line, strlen(line) + 1);
			return;
		}
		*end = '\0';
		text_clean(line, (size_t)(end - line) + 1);
		*end = '\n';
		line = end + 1;
	}
}

static const char *
add_handover(struct model *m, const struct msg *msg)
{
	struct msg_ctl_handover *h;

	m->handovers =
	    array_grow(m->handovers, m->n_handovers, &m->cap_handovers, sizeof(*h));
	h = &m->handovers[m->n_handovers++];
	memcpy(h, msg->head, sizeof(*h));
	CLEAN(h->name);
	return NULL;
}

static int
address_cmp(const void *a, const void *b)
{
	const struct msg_ctl_address *x = a, *y = b;

	return ipaddr_cmp(&x->addr, &y->addr);
}

static int
service_cmp(const void *a, const void *b)
{
	const struct model_service *x = a, *y = b;

	return key_cmp(&x->info.key, &y->info.key);
}

/* Service addresses come in no order that means anything. */
static void
sort_addresses(struct model_instance *i)
{
	struct msg_ctl_address *sorted = xcalloc(i->n_addresses + 1, sizeof(*sorted));
	size_t n = 0, statics;

	for (size_t k = 0; k < i->n_addresses; k++)
		if (i->addresses[k].origin == ORIGIN_STATIC)
			sorted[n++] = i->addresses[k];
	statics = n;
	for (size_t k = 0; k < i->n_addresses; k++)
		if (i->addresses[k].origin != ORIGIN_STATIC)
			sorted[n++] = i->addresses[k];
	qsort(sorted + statics, n - statics, sizeof(*sorted), address_cmp);
	free(i->addresses);
	i->addresses = sorted;
	i->cap_addresses = n;
}

static const char *
add_end(struct model *m, const struct msg *msg)
{
	memcpy(&m->end, msg->head, sizeof(m->end));
	CLEAN(m->end.text);
	clean_config(m);
	for (size_t i = 0; i < m->n_instances; i++)
		sort_addresses(&m->instances[i]);
	if (m->n_services)
		qsort(m->services, m->n_services, sizeof(*m->services), service_cmp);
	m->phase = MODEL_ENDED;
	return NULL;
}

static const char *
add_outside(struct model *m, const struct msg *msg)
{
	static const struct {
		enum msg_type type;
		const char *(*add)(struct model *m, const struct msg *msg);
	} table[] = {
		{ MSG_CTL_NODE, add_node },
		{ MSG_CTL_INSTANCE, add_instance },
		{ MSG_NODE, add_peer },
		{ MSG_CTL_ADDRESSES, add_addresses },
		{ MSG_CTL_TRACKS, add_tracks },
		{ MSG_COUNTERS, add_counters },
		{ MSG_POOLS, add_pools },
		{ MSG_CTL_SPEAKERS, add_speakers },
		{ MSG_SERVICE, add_service },
		{ MSG_CTL_TEXT, add_text },
		{ MSG_CTL_CONFIG, add_config },
		{ MSG_CTL_HANDOVER, add_handover },
		{ MSG_CTL_END, add_end },
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (table[i].type == msg->type)
			return table[i].add(m, msg);
	return "message out of place";
}

const char *
model_add(struct model *m, const struct msg *msg)
{
	switch (m->phase) {
	case MODEL_OUTSIDE:
		return add_outside(m, msg);
	case MODEL_IN_SERVICE:
		return add_in_service(m, msg);
	case MODEL_AFTER_SERVICE:
		return add_ctl_service(m, msg);
	case MODEL_ENDED:
		break;
	}
	return "message behind the end";
}
