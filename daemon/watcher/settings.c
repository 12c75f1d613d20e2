/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "settings.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "mem.h"
#include "pools.h"
#include "text.h"

void
settings_fini(struct settings *s)
{
	for (size_t i = 0; i < s->n_instances; i++)
		free(s->instances[i].ranges);
	free(s->instances);
	free(s->external_ips);
	free(s->reserved);
	free(s->pools_text);
	pools_free(s->pools);
	*s = (struct settings){ 0 };
}

static void
add_ranges(struct iprange **to, size_t *n, size_t *cap, const struct msg *m)
{
	const struct iprange *from = m->records;

	for (size_t i = 0; i < m->count; i++) {
		*to = array_grow(*to, *n, cap, sizeof(**to));
		memcpy(&(*to)[(*n)++], &from[i], sizeof(**to));
	}
}

static void
add_instance(struct settings *s, const struct msg *m)
{
	const struct msg_watcher_instance *head = m->head;
	struct placement_instance *in = NULL;

	for (size_t i = 0; i < s->n_instances; i++)
		if (strcmp(s->instances[i].name, head->name) == 0)
			in = &s->instances[i];
	if (!in) {
		s->instances = array_grow(
		    s->instances, s->n_instances, &s->cap_instances, sizeof(*in));
		in = &s->instances[s->n_instances++];
		*in = (struct placement_instance){
			.vrid = head->vrid,
			.bare = head->bare,
		};
		str_copy(in->name, sizeof(in->name), head->name);
	}
	add_ranges(&in->ranges, &in->n_ranges, &in->cap_ranges, m);
}

static void
add_allowed(struct settings *s, const struct msg *m)
{
	const struct msg_watcher_ranges *head = m->head;

	switch ((enum watcher_ranges)head->which) {
	case RANGES_EXTERNAL_IPS:
		add_ranges(&s->external_ips, &s->n_external_ips, &s->cap_external_ips, m);
		break;
	case RANGES_RESERVED:
		add_ranges(&s->reserved, &s->n_reserved, &s->cap_reserved, m);
		break;
	}
}

static void
add_text(struct settings *s, const struct msg *m)
{
	s->pools_text = xreallocarray(s->pools_text, s->pools_len + m->count, 1);
	memcpy(s->pools_text + s->pools_len, m->records, m->count);
	s->pools_len += m->count;
}

void
settings_add(struct settings *s, const struct msg *m)
{
	if (m->type == MSG_WATCHER_CONF) {
		settings_fini(s);
		memcpy(&s->conf, m->head, sizeof(s->conf));
	} else if (m->type == MSG_WATCHER_RANGES) {
		add_allowed(s, m);
	} else if (m->type == MSG_WATCHER_POOLS) {
		add_text(s, m);
	} else if (m->type == MSG_WATCHER_INSTANCE) {
		add_instance(s, m);
	}
}

bool
settings_take_pools(struct settings *s, const char *text)
{
	struct conf_problems problems = { 0 };
	char line[512] = "it is not there, or has no key " CONF_CONFIGMAP_KEY;
	struct conf_pool *conf;
	bool good;
	size_t n;

	good = text &&
	    conf_pools_load_text(
		CONF_CONFIGMAP_KEY, text, strlen(text), &problems, &conf, &n);
	for (size_t i = 0; i < problems.count; i++)
		if (problems.items[i].severity == CONF_ERROR) {
			conf_problem_format(&problems.items[i], line, sizeof(line));
			break;
		}
	conf_problems_free(&problems);
	text_format(s->pools_error, sizeof(s->pools_error), "%s", good ? "" : line);
	text_make_safe(s->pools_error);
	if (!good)
		return false;
	/* The allocator looks at the old ones no more (store_resettle). */
	pools_free(s->pools);
	s->pools = pools_new(conf, n);
	return true;
}

static bool
same_configmap(const struct settings *a, const struct settings *b)
{
	return !strcmp(a->conf.configmap_ns, b->conf.configmap_ns) &&
	    !strcmp(a->conf.configmap_name, b->conf.configmap_name) &&
	    !strcmp(a->conf.kubeconfig, b->conf.kubeconfig);
}

/* vipd has read the same text with the same parser. */
static struct pools *
read_pools(const struct settings *s)
{
	struct conf_problems problems = { 0 };
	struct conf_pool *conf;
	size_t n;

	if (!conf_pools_load_text(
		"address_pool", s->pools_text, s->pools_len, &problems, &conf, &n))
		log_err("address pools of vipd.conf: %s", problems.items[0].text);
	conf_problems_free(&problems);
	return conf ? pools_new(conf, n) : NULL;
}

void
settings_complete(struct settings *s, struct settings *old)
{
	s->has_pools = s->pools_len || s->conf.configmap_ns[0];
	if (s->pools_len) {
		s->pools = read_pools(s);
	} else if (s->conf.configmap_ns[0] && same_configmap(s, old)) {
		s->pools = old->pools;
		memcpy(s->pools_error, old->pools_error, sizeof(s->pools_error));
		old->pools = NULL;
	}
}

bool
settings_has_instance(const struct settings *s, const char *name)
{
	for (size_t i = 0; i < s->n_instances; i++)
		if (strcmp(s->instances[i].name, name) == 0)
			return true;
	return false;
}

bool
settings_same_source(const struct settings *a, const struct settings *b)
{
	return a->conf.allocator == b->conf.allocator &&
	    strcmp(a->conf.node_name, b->conf.node_name) == 0 &&
	    strcmp(a->conf.kubeconfig, b->conf.kubeconfig) == 0 &&
	    strcmp(a->conf.api_servers, b->conf.api_servers) == 0 &&
	    strcmp(a->conf.manifests, b->conf.manifests) == 0 &&
	    strcmp(a->conf.configmap_ns, b->conf.configmap_ns) == 0 &&
	    strcmp(a->conf.configmap_name, b->conf.configmap_name) == 0;
}
