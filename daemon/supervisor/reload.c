/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration's way into the running daemon. A file with any error
 * changes nothing (I7); otherwise each part takes its own difference, and what
 * did not change does not notice.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "adopt.h"
#include "clock.h"
#include "conf_pool.h"
#include "here.h"
#include "kernel.h"
#include "kubelet.h"
#include "lasting.h"
#include "log.h"
#include "mem.h"
#include "notify.h"
#include "vipd.h"

static void
send_ranges(
    struct chan *watcher, enum watcher_ranges which, const struct conf_ranges *ranges)
{
	struct msg_watcher_ranges m = { .which = which };
	size_t max = msg_records_max(MSG_WATCHER_RANGES), n;

	for (size_t i = 0; i < ranges->count; i += n) {
		n = ranges->count - i < max ? ranges->count - i : max;
		chan_send(watcher, MSG_WATCHER_RANGES, &m, ranges->items + i, n);
	}
}

static void
add_single(struct conf_ranges *list, const struct ipaddr *addr)
{
	list->items =
	    array_grow(list->items, list->count, &list->cap, sizeof(*list->items));
	list->items[list->count++] = (struct iprange){ *addr, *addr };
}

static void
add_with_ends(struct conf_ranges *list, const struct conf_address *ca)
{
	struct iprange net;

	add_single(list, &ca->addr);
	if (ca->addr.family != AF_INET || ca->prefixlen > 30)
		return;
	net = iprange_of_prefix(&ca->addr, ca->prefixlen);
	add_single(list, &net.first);
	add_single(list, &net.last);
}

/* What no pool hands out: static addresses, and the ends of their networks. */
static void
send_reserved(struct chan *watcher, const struct conf *conf)
{
	struct conf_ranges list = { 0 };

	for (size_t i = 0; i < conf->n_instances; i++)
		for (size_t k = 0; k < conf->instances[i].n_addresses; k++)
			add_with_ends(&list, &conf->instances[i].addresses[k]);
	for (size_t i = 0; i < conf->lasting.n_addresses; i++)
		add_with_ends(&list, &conf->lasting.addresses[i]);
	send_ranges(watcher, RANGES_RESERVED, &list);
	free(list.items);
}

/* As text: the watcher reads those of a ConfigMap with the same parser. */
static void
send_pools(struct chan *watcher, const struct conf_services *s)
{
	size_t max = msg_records_max(MSG_WATCHER_POOLS), len, n;
	_free_ char *text = NULL;
	FILE *out = xmemstream(&text, &len);

	conf_pools_print(out, 0, s->pools, s->n_pools);
	xmemstream_close(out);
	for (size_t i = 0; i < len; i += n) {
		n = len - i < max ? len - i : max;
		chan_send(watcher, MSG_WATCHER_POOLS, NULL, text + i, n);
	}
}

static void
send_watcher_instance(struct chan *watcher, const struct conf_instance *ci)
{
	const struct conf_ranges *ranges = &ci->service_ranges;
	struct msg_watcher_instance m = { .vrid = ci->vrid, .bare = !ranges->count };
	size_t max = msg_records_max(MSG_WATCHER_INSTANCE), i = 0, n;

	str_copy(m.name, sizeof(m.name), ci->name);
	do {
		n = ranges->count - i < max ? ranges->count - i : max;
		chan_send(watcher, MSG_WATCHER_INSTANCE, &m, ranges->items + i, n);
		i += n;
	} while (i < ranges->count);
}

void
vipd_configure_watcher(struct vipd *v)
{
	const struct conf_services *s = &v->conf->services;
	struct msg_watcher_conf m = {
		.claim_unclassed = s->claim_unclassed,
		.allocator = s->allocator,
		.local_fallback = (uint8_t)v->conf->forwarding.local_fallback,
	};
	struct chan *watcher = &v->watcher.chan;

	if (!v->watcher.up || !s->present)
		return;
	str_copy(m.node_name, sizeof(m.node_name), s->node_name);
	if (!strcmp(s->kubeconfig, CONF_KUBELET)) {
		kubelet_start(&v->kubelet, v->loop, v->options->run_dir, v->watcher.user);
		kubelet_path(v->options->run_dir, m.kubeconfig, sizeof(m.kubeconfig));
	} else {
		kubelet_stop(&v->kubelet);
		str_copy(m.kubeconfig, sizeof(m.kubeconfig), s->kubeconfig);
	}
	str_copy(m.api_servers, sizeof(m.api_servers), s->api_servers);
	str_copy(m.manifests, sizeof(m.manifests), s->manifests);
	str_copy(m.class, sizeof(m.class), s->load_balancer_class);
	str_copy(m.state_dir, sizeof(m.state_dir), v->options->state_dir);
	str_copy(m.configmap_ns, sizeof(m.configmap_ns), s->configmap.ns);
	str_copy(m.configmap_name, sizeof(m.configmap_name), s->configmap.name);
	here_config_hash(v->conf, m.config, sizeof(m.config));
	chan_send(watcher, MSG_WATCHER_CONF, &m, NULL, 0);
	send_ranges(watcher, RANGES_EXTERNAL_IPS, &s->external_ips);
	send_reserved(watcher, v->conf);
	send_pools(watcher, s);
	for (size_t i = 0; i < v->conf->n_instances; i++)
		if (v->conf->instances[i].wants_services)
			send_watcher_instance(watcher, &v->conf->instances[i]);
	chan_send(watcher, MSG_WATCHER_CONF_END, NULL, NULL, 0);
}

#define UPLINKS_MAX 64

static size_t
add_uplink(struct msg_uplink *all, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(all[i].name, name))
			return n;
	if (!name[0] || n == UPLINKS_MAX)
		return n;
	str_copy(all[n].name, sizeof(all[n].name), name);
	return n + 1;
}

/* Where the instances are, there are their clients. */
static size_t
collect_uplinks(const struct conf *conf, struct msg_uplink *all)
{
	size_t n = 0;

	for (size_t i = 0; i < conf->n_instances; i++) {
		const struct conf_instance *ci = &conf->instances[i];

		n = add_uplink(all, n, ci->interface);
		for (size_t k = 0; k < ci->n_addresses; k++)
			n = add_uplink(all, n, ci->addresses[k].dev);
	}
	return n;
}

void
vipd_configure_forward(struct vipd *v)
{
	struct msg_forward_conf m = {
		.mode = v->conf->forwarding.mode,
		.source_nat = v->conf->forwarding.source_nat,
	};
	const struct conf_instance *gateways[REPLY_GATEWAYS_MAX];
	struct msg_uplink uplinks[UPLINKS_MAX];

	m.gateways = (uint32_t)conf_gateways(v->conf, gateways);

	if (v->forward.up)
		chan_send(&v->forward.chan, MSG_FORWARD_CONF, &m, uplinks,
		    collect_uplinks(v->conf, uplinks));
}

void
vipd_run_services(struct vipd *v)
{
	if (v->conf->services.present) {
		program_start(&v->forward);
		program_start(&v->watcher);
		return;
	}
	program_stop(&v->watcher);
	program_stop(&v->forward);
	services_clear(&v->services);
	instances_complete(&v->instances);
	v->source = (struct msg_source_state){ 0 };
	pools_told_clear(&v->pools);
}

static void __attribute__((format(printf, 3, 4)))
tell(struct control_client *cl, enum log_level level, const char *fmt, ...)
{
	char line[LOG_LINE_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	log_line(level, line);
	if (cl)
		control_text(cl, level, "%s", line);
}

static void
tell_problems(const struct conf_problems *problems, struct control_client *cl)
{
	char line[LOG_LINE_MAX];

	for (size_t i = 0; i < problems->count; i++) {
		const struct conf_problem *p = &problems->items[i];

		conf_problem_format(p, line, sizeof(line));
		tell(cl, p->severity == CONF_ERROR ? LOG_LEVEL_ERR : LOG_LEVEL_WARN, "%s",
		    line);
	}
}

/* The caller frees it. */
static char *
instance_text(const struct conf_instance *in)
{
	char *text;
	size_t len;
	FILE *out = xmemstream(&text, &len);

	conf_print_instance(in, out);
	xmemstream_close(out);
	return text;
}

static char *
services_text(const struct conf *conf)
{
	char *text;
	size_t len;
	FILE *out = xmemstream(&text, &len);

	conf_print_services(conf, out);
	xmemstream_close(out);
	return text;
}

/* In anything the canonical form prints, service_addresses included. */
static bool
differ(const struct conf_instance *was, const struct conf_instance *is)
{
	_free_ char *before = instance_text(was), *after = instance_text(is);

	return strcmp(before, after) != 0;
}

/* What becomes of an instance: 1 if that is a change. taken are those of new that
 * go on with another one. */
static unsigned
tell_fate(const struct conf *old, const struct conf_instance *was, const struct conf *new,
    bool *taken, struct control_client *cl)
{
	const struct conf_instance *is = adopt_find(old, new, was);

	if (is && taken[is - new->instances])
		is = NULL;
	if (is)
		taken[is - new->instances] = true;
	if (!is)
		tell(cl, LOG_LEVEL_INFO, "reload: instance %s removed", was->name);
	else if (strcmp(is->name, was->name) != 0)
		tell(cl, LOG_LEVEL_INFO, "reload: instance %s is called %s now",
		    was->name, is->name);
	else if (differ(was, is))
		tell(cl, LOG_LEVEL_INFO, "reload: instance %s changed", was->name);
	else
		return 0;
	return 1;
}

/* One line for each instance that comes, goes or changes; their number. Another
 * for the services and forwarding blocks. */
static unsigned
tell_changes(const struct conf *old, const struct conf *new, struct control_client *cl)
{
	_free_ char *before = services_text(old), *after = services_text(new);
	_free_ bool *taken = xcalloc(new->n_instances, sizeof(*taken));
	unsigned changes = 0;

	if (strcmp(before, after) != 0)
		tell(cl, LOG_LEVEL_INFO, "reload: services changed");
	if (!conf_lasting_eq(&old->lasting, &new->lasting))
		tell(cl, LOG_LEVEL_INFO, "reload: static addresses or routes changed");
	for (size_t i = 0; i < old->n_instances; i++)
		changes += tell_fate(old, &old->instances[i], new, taken, cl);
	for (size_t i = 0; i < new->n_instances; i++) {
		if (taken[i])
			continue;
		changes++;
		tell(cl, LOG_LEVEL_INFO, "reload: instance %s added",
		    new->instances[i].name);
	}
	return changes;
}

static void
take(struct vipd *v, struct conf *new)
{
	struct conf *old = v->conf;

	v->conf = new;
	v->services.fence.conf = new;
	lasting_want_addresses(v->addresses, &new->lasting);
	vipd_watch_apply(v, new);
	instances_apply(&v->instances, new);
	kernel_want_replies(v, new);
	vipd_run_services(v);
	vipd_configure_forward(v);
	vipd_configure_watcher(v);
	if (v->watcher.up)
		here_tell_all(&v->instances, &v->watcher.chan); /* by their names */
	reserved_survey(&v->reserved, new, &v->instances);
	taken_tell(
	    &v->taken, &v->reserved, v->links, v->watcher.up ? &v->watcher.chan : NULL);
	services_recheck(&v->services);
	conf_free(old);
}

bool
vipd_reload(struct vipd *v, struct control_client *cl)
{
	struct conf_problems problems = { 0 };
	char state[64];
	struct conf *new;
	unsigned changes;

	snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%llu",
	    (unsigned long long)clock_us());
	notify_manager(state);
	new = conf_load(v->options->file, v->options->config_id, &problems);
	tell_problems(&problems, cl);
	if (!new) {
		snprintf(v->config_error, sizeof(v->config_error),
		    "%zu errors in %.200s; the running configuration stays",
		    problems.errors, v->options->file);
		tell(cl, LOG_LEVEL_ERR, "reload refused: %s", v->config_error);
	} else {
		v->config_error[0] = '\0';
		changes = tell_changes(v->conf, new, cl);
		tell(cl, LOG_LEVEL_INFO, "reload: %u instance%s changed", changes,
		    changes == 1 ? "" : "s");
		take(v, new);
	}
	conf_problems_free(&problems);
	notify_manager("READY=1");
	return new != NULL;
}
