/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "apisource.h"

#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "clock.h"
#include "feed.h"
#include "http.h"
#include "kubeconfig.h"
#include "log.h"
#include "mem.h"
#include "node.h"
#include "servers.h"
#include "source.h"
#include "store.h"
#include "text.h"

#define RETRY_S 2.
/* Addresses that answered as the API server; the oldest makes way. */
#define PEERS_MAX 16
/* Longer than a list takes, shorter than anybody likes to wait. */
#define NODES_WAIT_S 3.

struct apisource {
	struct ev_loop *loop;
	struct http *http;
	struct api *api;
	const struct source_ops *ops;
	void *arg;
	struct msg_watcher_conf conf;
	struct store *store;
	struct servers servers;
	struct ipaddr peers[PEERS_MAX];
	size_t n_peers;
	struct kubeconfig *kc; /* NULL: not usable yet */
	char error[FILE_ERROR_LEN];
	ev_timer retry; /* of the kubeconfig */
	struct decode_rules rules;
	char node_name[NODE_NAME_LEN];
	const char *node_name_source;
	bool listed;
	ev_timer nodes_late;
	bool nodes_are_late;
	bool newest_due;           /* on_newest is still to come */
	uint64_t snapshot_wall_us; /* of what the store holds; 0: no snapshot */
	struct feed feeds[KIND_FEEDS];
};

static void
find_node_name(struct apisource *s)
{
	struct ipaddr own[NODE_ADDRESSES_MAX];
	size_t n = node_addresses(own);
	const struct node_object *node = nodes_of_addresses(&s->store->nodes, own, n);

	s->node_name_source = node_name(s->conf.node_name, s->kc ? &s->kc->cert : NULL,
	    node ? node->name : NULL, s->node_name);
}

/* X2: those that answered and those that the URLs name. */
static void
reserve_servers(struct apisource *s)
{
	struct ipaddr *list = xcalloc(s->n_peers + s->servers.n, sizeof(*list));
	size_t n = s->n_peers;

	memcpy(list, s->peers, n * sizeof(*list));
	for (size_t i = 0; i < s->servers.n; i++)
		n += http_literal_host(s->servers.urls[i], &list[n]);
	if (store_reserve(s->store, RESERVED_API_SERVER, list, n))
		s->ops->on_changed(s->arg);
	free(list);
}

static void
note_peer(struct apisource *s)
{
	struct ipaddr peer;

	if (!http_peer(s->http, &peer))
		return;
	for (size_t i = 0; i < s->n_peers; i++)
		if (ipaddr_eq(&s->peers[i], &peer))
			return;
	if (s->n_peers == PEERS_MAX)
		memmove(s->peers, s->peers + 1, --s->n_peers * sizeof(peer));
	s->peers[s->n_peers++] = peer;
	reserve_servers(s);
}

/* True if the file could be used. The last good one stays in use if not. */
static bool
load(struct apisource *s)
{
	/* Said once for each state of the files. */
	bool warn = !s->kc || kubeconfig_changed(s->kc);
	struct kubeconfig *kc = kubeconfig_load(s->conf.kubeconfig, warn, s->error);

	if (!kc)
		return false;
	s->error[0] = '\0';
	kubeconfig_free(s->kc);
	s->kc = kc;
	servers_set(&s->servers, kc->server, s->conf.api_servers);
	kubeconfig_set_server(kc, servers_current(&s->servers));
	reserve_servers(s);
	return true;
}

static void
refresh_files(void *arg, bool refused)
{
	struct apisource *s = arg;

	if (s->kc && (refused || kubeconfig_changed(s->kc)))
		load(s);
}

static void
refresh(struct feed *f, bool refused)
{
	refresh_files(f->arg, refused);
}

static const struct kubeconfig *
kubeconfig_of(void *arg)
{
	return ((struct apisource *)arg)->kc;
}

/* Who may not write serves on: what it reads is enough for that. */
static void
on_forbidden(void *arg, const char *text)
{
	(void)arg;
	log_warn("%s", text);
}

static const struct kubeconfig *
kubeconfig(const struct feed *f)
{
	const struct apisource *s = f->arg;

	return s->kc;
}

/* The Nodes may tell our own name: whose endpoints are local follows from it. */
static void
on_nodes(struct apisource *s)
{
	char before[NODE_NAME_LEN];

	memcpy(before, s->node_name, sizeof(before));
	find_node_name(s);
	if (strcmp(before, s->node_name) == 0)
		return;
	log_info("this node is %s (%s)", s->node_name, s->node_name_source);
	feed_read_newest(&s->feeds[KIND_SLICE]);
	s->ops->on_state(s->arg);
}

/* Who may not list Nodes leads without them. */
static bool
is_awaited(const struct apisource *s)
{
	for (size_t i = 0; i < KIND_LEASE; i++)
		if (s->feeds[i].outdated && !(i >= KIND_COUNT && s->feeds[i].error[0]))
			return true;
	return false;
}

/*
 * Everything that is served from, and Nodes, so that no address of a node is
 * served even at first; unless they may not be listed, or are late.
 */
static bool
has_everything(const struct apisource *s)
{
	const struct feed *nodes = &s->feeds[KIND_NODE];

	for (size_t i = 0; i < KIND_COUNT; i++)
		if (!s->feeds[i].committed)
			return false;
	return nodes->committed || nodes->error[0] || s->nodes_are_late;
}

static void
progress(struct apisource *s)
{
	if (!s->listed && has_everything(s)) {
		s->listed = true;
		s->snapshot_wall_us = 0;
		s->ops->on_listed(s->arg, SOURCE_API, true);
	}
	if (s->listed && s->newest_due && !is_awaited(s)) {
		s->newest_due = false;
		s->ops->on_newest(s->arg);
	}
}

static void
on_changed(struct feed *f)
{
	struct apisource *s = f->arg;

	if (f == &s->feeds[KIND_NODE])
		on_nodes(s);
	s->ops->on_changed(s->arg);
	progress(s);
}

static void
retry_unreachable(struct apisource *s)
{
	for (size_t i = 0; i < KIND_FEEDS; i++)
		if (s->feeds[i].lw.unreachable)
			feed_retry_now(&s->feeds[i]);
}

/*
 * What is served does not hang on these: said once, and that is all. A server
 * or credentials that are wrong for all are the Services' to tell.
 */
static void
say_optional(struct apisource *s, struct feed *f)
{
	bool optional = f >= &s->feeds[KIND_COUNT];
	bool common = f->lw.unreachable || f->refused_credentials ||
	    s->feeds[KIND_SERVICE].error[0];

	if (!f->error[0])
		f->said = false;
	if (!optional || !f->error[0] || f->said || common)
		return;
	f->said = true;
	log_warn("%s", f->error);
}

static void
on_state(struct feed *f)
{
	struct apisource *s = f->arg;

	if (f->lw.head) {
		servers_answered(&s->servers);
		note_peer(s);
		retry_unreachable(s);
	} else if (f->lw.unreachable) {
		bool another = servers_failed(&s->servers, f->server);

		kubeconfig_set_server(s->kc, servers_current(&s->servers));
		if (another)
			retry_unreachable(s);
	}
	say_optional(s, f);
	progress(s);
	s->ops->on_state(s->arg);
}

/*
 * All kinds or none: Services without their endpoints would refuse what others
 * still serve. A kubeconfig that cannot be read does not say which cluster.
 */
static bool
read_snapshot(struct apisource *s)
{
	char cluster[KUBECONFIG_CLUSTER_LEN] = "";
	uint64_t wall_us;
	bool all = true;

	if (s->kc)
		kubeconfig_cluster(s->kc, cluster);
	for (size_t i = 0; i < KIND_COUNT && all; i++) {
		all = feed_read_snapshot(
		    &s->feeds[i], s->conf.state_dir, cluster, &wall_us);
		if (i == 0 || wall_us < s->snapshot_wall_us)
			s->snapshot_wall_us = wall_us;
	}
	for (size_t i = 0; i < KIND_COUNT; i++)
		feed_use_snapshot(&s->feeds[i], all);
	if (!all)
		s->snapshot_wall_us = 0;
	return all;
}

/* A store that holds something is as new as any snapshot. */
static void
begin_with_snapshot(struct apisource *s)
{
	if (!s->store->entries && read_snapshot(s))
		s->ops->on_listed(s->arg, SOURCE_SNAPSHOT, false);
	for (size_t i = 0; i < KIND_COUNT; i++)
		feed_keep_snapshot(&s->feeds[i], s->conf.state_dir);
}

static void
on_nodes_late(struct ev_loop *loop, ev_timer *w, int events)
{
	struct apisource *s = container_of(w, struct apisource, nodes_late);

	(void)loop;
	(void)events;
	s->nodes_are_late = true;
	progress(s);
}

static void
start(struct apisource *s)
{
	find_node_name(s);
	for (size_t i = 0; i < KIND_FEEDS; i++)
		if (i != KIND_POOLS || s->conf.configmap_ns[0])
			feed_start(&s->feeds[i]);
	ev_timer_set(&s->nodes_late, NODES_WAIT_S, 0.);
	ev_timer_start(s->loop, &s->nodes_late);
}

static void
on_retry(struct ev_loop *loop, ev_timer *w, int events)
{
	struct apisource *s = container_of(w, struct apisource, retry);

	(void)events;
	if (load(s)) {
		ev_timer_stop(loop, w);
		start(s);
	}
	s->ops->on_state(s->arg);
}

struct apisource *
apisource_new(struct ev_loop *loop, struct store *store,
    const struct msg_watcher_conf *conf, const struct source_ops *ops, void *arg)
{
	static const struct feed_ops feed_ops = {
		.refresh = refresh,
		.kubeconfig = kubeconfig,
		.on_changed = on_changed,
		.on_state = on_state,
	};
	static const struct api_ops api_ops = {
		.refresh = refresh_files,
		.kubeconfig = kubeconfig_of,
		.on_forbidden = on_forbidden,
	};
	struct apisource *s = xcalloc(1, sizeof(*s));

	s->loop = loop;
	s->ops = ops;
	s->arg = arg;
	s->conf = *conf;
	s->store = store;
	s->http = http_new(loop);
	s->api = api_new(loop, &api_ops, s);
	s->rules = (struct decode_rules){ .node_name = s->node_name, .from_api = true };
	find_node_name(s);
	for (size_t i = 0; i < KIND_FEEDS; i++)
		feed_init(&s->feeds[i], kind_get((enum kind_id)i), &feed_ops, s, loop,
		    s->http, store, &s->rules);
	str_copy(s->feeds[KIND_POOLS].only.ns, NAME_LEN, s->conf.configmap_ns);
	str_copy(s->feeds[KIND_POOLS].only.name, NAME_LEN, s->conf.configmap_name);
	ev_timer_init(&s->retry, on_retry, RETRY_S, RETRY_S);
	ev_init(&s->nodes_late, on_nodes_late);
	return s;
}

void
apisource_start(struct apisource *s)
{
	bool usable = load(s);

	find_node_name(s);
	begin_with_snapshot(s);
	if (usable)
		start(s);
	else
		ev_timer_start(s->loop, &s->retry);
	s->ops->on_state(s->arg);
}

void
apisource_free(struct apisource *s)
{
	if (!s)
		return;
	ev_timer_stop(s->loop, &s->retry);
	ev_timer_stop(s->loop, &s->nodes_late);
	for (size_t i = 0; i < KIND_FEEDS; i++)
		feed_fini(&s->feeds[i]);
	api_free(s->api);
	http_free(s->http);
	kubeconfig_free(s->kc);
	servers_fini(&s->servers);
	free(s);
}

/* No error, but no news either, for as long as the back-off lasts (L9). */
static void
say_relisting(const struct apisource *s, struct source_state *state)
{
	for (size_t i = 0; i < KIND_COUNT && !state->error[0]; i++) {
		/* One that was asked for has lost nothing. */
		if (!lw_is_relisting(&s->feeds[i].lw) || s->feeds[i].outdated)
			continue;
		state->passing = true;
		text_format(state->error, sizeof(state->error),
		    "%s: a new list of %s is due within a minute, the changes since "
		    "the last one are lost; wait for it",
		    state->server, s->feeds[i].kind->resource);
	}
}

void
apisource_state(const struct apisource *s, struct source_state *state)
{
	const char *error = s->error;

	*state = (struct source_state){
		.listed = s->listed,
		.fresh_us = UINT64_MAX,
		.snapshot_wall_us = s->snapshot_wall_us,
	};
	for (size_t i = 0; i < KIND_COUNT; i++) {
		if (s->feeds[i].lw.fresh_us < state->fresh_us)
			state->fresh_us = s->feeds[i].lw.fresh_us;
		if (!*error)
			error = s->feeds[i].error;
	}
	str_copy(state->server, sizeof(state->server),
	    s->kc && s->kc->server ? s->kc->server : "");
	str_copy(state->error, sizeof(state->error), error);
	say_relisting(s, state);
	str_copy(state->node_name, sizeof(state->node_name), s->node_name);
	state->node_name_source = s->node_name_source;
}

struct api *
apisource_api(struct apisource *s)
{
	return s->api;
}

void
apisource_read_newest(struct apisource *s)
{
	s->newest_due = true;
	for (size_t i = 0; i < KIND_LEASE; i++)
		feed_read_newest(&s->feeds[i]);
}

bool
apisource_knows_nodes(const struct apisource *s)
{
	return s->feeds[KIND_NODE].committed;
}
