/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watcher.h"

#include <string.h>

#include "apisource.h"
#include "clock.h"
#include "hash.h"
#include "healthcheck.h"
#include "locality.h"
#include "manifests.h"
#include "mem.h"
#include "pools.h"
#include "report.h"
#include "tenure.h"
#include "wanted.h"
#include "writer.h"

#define STATE_EVERY_S 10.
/* Of addresses of pools that others have; the rest is counted. */
#define OWNER_LINES_MAX 10

/* What is served from. */
static enum sync_source
source_of(const struct watcher *w, const struct source_state *state)
{
	if (w->api)
		return state->snapshot_wall_us ? SOURCE_SNAPSHOT : SOURCE_API;
	return w->manifests ? SOURCE_MANIFESTS : SOURCE_NONE;
}

static void
read_state(const struct watcher *w, struct source_state *state)
{
	*state = (struct source_state){ .node_name_source = "" };
	if (w->api)
		apisource_state(w->api, state);
	else if (w->manifests)
		manifests_state(w->manifests, state);
}

static enum source_health
health_of(const struct source_state *state)
{
	if (state->error[0])
		return HEALTH_TROUBLE;
	return state->listed ? HEALTH_OK : HEALTH_STARTING;
}

/* One line for each new trouble, one when it is over. */
static void
log_state(struct watcher *w, const struct msg_source_state *m, bool passing)
{
	uint32_t held;

	if (strcmp(m->error, w->logged) == 0)
		return;
	if (m->error[0] && log_allowed(&w->log, clock_us(), &held)) {
		log_line(passing ? LOG_LEVEL_INFO : LOG_LEVEL_ERR, m->error);
		str_copy(w->logged, sizeof(w->logged), m->error);
	} else if (m->health == HEALTH_OK) {
		log_info("%s: Services are followed again", m->server);
		w->logged[0] = '\0';
	}
}

static void
tell_state(struct watcher *w, bool even_if_same)
{
	struct msg_source_state m = { 0 };
	struct source_state state;

	read_state(w, &state);
	m.source = source_of(w, &state);
	m.snapshot_wall_us = state.snapshot_wall_us;
	m.health = health_of(&state);
	str_copy(m.node_name, sizeof(m.node_name), state.node_name);
	if (state.node_name_source)
		str_copy(m.node_name_source, sizeof(m.node_name_source),
		    state.node_name_source);
	str_copy(m.server, sizeof(m.server), state.server);
	str_copy(m.error, sizeof(m.error), state.error);
	/* Freshness alone is no change. */
	m.fresh_us = w->told.fresh_us;
	if (!even_if_same && memcmp(&m, &w->told, sizeof(m)) == 0)
		return;
	m.fresh_us = state.fresh_us;
	w->told = m;
	log_state(w, &m, state.passing);
	chan_send(w->chan, MSG_SOURCE_STATE, &m, NULL, 0);
}

static void
on_listed(void *arg, enum sync_source source, bool complete)
{
	struct watcher *w = arg;

	publish_sync(&w->publisher, source, complete);
}

/* An address of a node is nobody else's: all is judged again. */
static void
heed_nodes(struct watcher *w)
{
	if (w->node_addresses == w->store.nodes.address_changes)
		return;
	w->node_addresses = w->store.nodes.address_changes;
	store_resettle(&w->store);
}

/* A pool that overlaps what others have promises more than it has. */
static void
tell_owners(struct watcher *w)
{
	const struct owner *o;
	char text[IPADDR_STRLEN];
	unsigned lines = 0;

	while ((o = owners_next_news(&w->store.assign.owners))) {
		size_t pool = pools_find(w->settings.pools, &o->addr);

		if (++lines > OWNER_LINES_MAX)
			continue;
		log_warn("address_pool %s: %s is %s, so it is not handed out; list it in "
			 "exclude",
		    w->settings.pools->conf[pool].name, ipaddr_format(&o->addr, text),
		    o->whose);
	}
	if (lines > OWNER_LINES_MAX)
		log_warn(
		    "and %u more addresses of pools like it", lines - OWNER_LINES_MAX);
}

static void
update_standing(struct watcher *w)
{
	standing_update(&w->standing, &w->store, &w->holder, w->writer,
	    w->api && apisource_knows_nodes(w->api));
	w->health.excluded = w->standing.told.excluded;
}

static void
tell_refused_pools(struct watcher *w)
{
	const struct poolmap_object *o = w->store.poolmap.object;

	if (o && w->settings.pools_error[0])
		writer_pools_event(w->writer, &o->id, o->uid, w->settings.pools_error);
}

/* One parser for the file and the ConfigMap; a bad text changes nothing. */
static void
take_pools(struct watcher *w)
{
	struct poolmap *p = &w->store.poolmap;
	const struct msg_watcher_conf *conf = &w->settings.conf;

	if (!p->changed || !conf->configmap_ns[0])
		return;
	p->changed = false;
	if (settings_take_pools(&w->settings, p->object ? p->object->text : NULL)) {
		log_info("address pools of ConfigMap %s/%s taken", conf->configmap_ns,
		    conf->configmap_name);
		store_resettle(&w->store);
		return;
	}
	log_warn("ConfigMap %s/%s is not taken, the last good pools stay: %s",
	    conf->configmap_ns, conf->configmap_name, w->settings.pools_error);
	tell_refused_pools(w);
	pooltell(&w->publisher.pools, &w->store, w->chan);
}

/* Where an address belongs may hang on who is master. */
static void
follow_masters(struct watcher *w)
{
	uint64_t masters;

	if (!writer_leads(w->writer))
		return;
	masters = locality_masters(&w->store, clock_us());
	if (masters != w->masters)
		store_mark_local(&w->store);
	w->masters = masters;
}

static void
on_changed(void *arg)
{
	struct watcher *w = arg;

	take_pools(w);
	follow_masters(w);
	heed_nodes(w);
	tell_owners(w);
	publish_kick(&w->publisher);
	update_standing(w);
}

/* Not what was said of it last: it is looked at for many reasons. */
static bool
is_news(struct store_entry *e, const char *news)
{
	uint64_t h = hash_add(HASH_INIT, e->service->uid, sizeof(e->service->uid));
	uint64_t before = e->news;

	e->news = *news ? hash_end(hash_add(h, news, strlen(news))) : 0;
	return *news && e->news != before;
}

/* Who leads says what each Service's status should be. */
static void
allocate(struct watcher *w, struct store_entry *e)
{
	const struct service_object *s = e->service;
	struct wanted want;

	/* Of a malformed one nobody knows what it wants. */
	if (!s || s->fault || !writer_leads(w->writer))
		return;
	/* The ConfigMap has not been read yet. */
	if (w->settings.has_pools && !w->settings.pools)
		return;
	wanted_build(&want, s, &w->store, clock_us());
	writer_allocate(w->writer, s, &want.status);
	if (is_news(e, want.news))
		writer_event(w->writer, s,
		    want.status.n_ingress ? EVENT_ADDRESS_ALLOCATED
					  : EVENT_ALLOCATION_FAILED,
		    "%s", want.news);
	wanted_fini(&want);
}

static void
answer_health(struct watcher *w, const struct store_entry *e, const struct view *v)
{
	const struct service_object *s = e->service;
	uint16_t port = 0;

	if (s && s->health_port && tenure_of(s, &w->settings, NULL) == TENURE_OURS)
		port = s->health_port;
	health_server_set(&w->health, e->key, port, port ? health_count(v) : 0);
}

static void
on_looked(void *arg, struct store_entry *e, const struct view *v)
{
	struct watcher *w = arg;

	answer_health(w, e, v);
	allocate(w, e);
	report(w->writer, &w->holder, e, v, clock_us());
}

static void
on_newest(void *arg)
{
	struct watcher *w = arg;

	writer_has_newest(w->writer);
}

/* Everything is judged again: what only the allocator decides, too. */
static void
on_lead(void *arg, bool leads)
{
	struct watcher *w = arg;

	alloc_lead(w->store.assign.alloc, leads);
	tell_refused_pools(w);
	store_resettle(&w->store);
	publish_kick(&w->publisher);
	update_standing(w);
}

static void
read_newest(void *arg)
{
	struct watcher *w = arg;

	apisource_read_newest(w->api);
}

static void
redecide(void *arg, const char *key)
{
	struct watcher *w = arg;

	store_mark(&w->store, key);
	publish_kick(&w->publisher);
}

static void
start_writer(struct watcher *w)
{
	static const struct writer_ops ops = {
		.on_lead = on_lead,
		.read_newest = read_newest,
		.redecide = redecide,
	};
	struct source_state state;

	apisource_state(w->api, &state);
	w->writer = writer_new(w->loop, apisource_api(w->api), state.node_name,
	    w->settings.conf.allocator, &ops, w);
	standing_open(
	    &w->standing, w->loop, apisource_api(w->api), w->settings.conf.config);
}

static void
on_state(void *arg)
{
	struct watcher *w = arg;

	if (w->api && w->writer) {
		struct source_state state;

		apisource_state(w->api, &state);
		writer_set_node(w->writer, state.node_name);
	}
	tell_state(w, false);
}

static void
on_every(struct ev_loop *loop, ev_timer *t, int events)
{
	struct watcher *w = container_of(t, struct watcher, every);
	uint64_t now_us = clock_us();

	(void)loop;
	(void)events;
	report_lasting(w->writer, &w->store, now_us);
	vacancy_update(
	    &w->vacancy, &w->store, &w->holder, writer_node(w->writer), now_us);
	report_vacant(w->writer, &w->vacancy, &w->store, now_us);
	tell_state(w, true);
}

/*
 * The store keeps what the old source said until the new one has listed
 * everything; the sync that follows drops what is not there any longer.
 */
static void
restart_source(struct watcher *w)
{
	static const struct source_ops ops = {
		.on_listed = on_listed,
		.on_changed = on_changed,
		.on_newest = on_newest,
		.on_state = on_state,
	};
	const struct msg_watcher_conf *conf = &w->settings.conf;

	standing_close(&w->standing);
	writer_free(w->writer);
	w->writer = NULL;
	alloc_lead(w->store.assign.alloc, false);
	apisource_free(w->api);
	manifests_free(w->manifests);
	w->api = NULL;
	w->manifests = NULL;
	publish_close(&w->publisher);
	if (conf->kubeconfig[0]) {
		w->api = apisource_new(w->loop, &w->store, conf, &ops, w);
		apisource_start(w->api);
		start_writer(w);
	} else if (conf->manifests[0]) {
		w->manifests = manifests_new(
		    w->loop, &w->store, conf->manifests, conf->node_name, &ops, w);
		manifests_start(w->manifests);
	}
	tell_state(w, true);
}

/* Instances that a new configuration has no longer. */
static void
keep_instances(struct watcher *w)
{
	struct here_instance *in, *next;

	HASH_ITER(hh, w->holder.instances, in, next)
	if (!settings_has_instance(&w->settings, in->told.instance))
		holder_forget(&w->holder, in->told.instance);
}

static void
apply(struct watcher *w)
{
	bool same = settings_same_source(&w->settings, &w->next);

	settings_complete(&w->next, &w->settings);
	settings_fini(&w->settings);
	w->settings = w->next;
	w->next = (struct settings){ 0 };
	store_resettle(&w->store);
	keep_instances(w);
	tell_owners(w);
	str_copy(w->standing.config, sizeof(w->standing.config), w->settings.conf.config);
	if (same && (w->api || w->manifests))
		publish_kick(&w->publisher);
	else
		restart_source(w);
}

static void
take_here(struct watcher *w, const struct msg_here *m)
{
	holder_here(&w->holder, m);
	update_standing(w);
}

static void
take_held(struct watcher *w, const struct msg *m)
{
	const struct ipaddr *list = m->records;

	holder_held(&w->holder, m->head, list, m->count, clock_us());
	for (size_t i = 0; i < m->count; i++)
		store_mark_address(&w->store, &list[i]);
	publish_kick(&w->publisher);
}

static void
take_taken(struct watcher *w, const struct msg *m)
{
	store_take_taken(&w->store, m);
	tell_owners(w);
	publish_kick(&w->publisher);
}

static void
take_failed(struct watcher *w, const struct msg_failed *m)
{
	_free_ char *key = xasprintf("%s/%s", m->key.ns, m->key.name);
	const struct store_entry *e = store_find(&w->store, key);

	if (e)
		report_failed(w->writer, e, m);
}

const char *
watcher_take(struct watcher *w, const struct msg *m)
{
	if (m->type == MSG_WATCHER_CONF_END)
		apply(w);
	else if (m->type == MSG_WATCHER_CONF || m->type == MSG_WATCHER_RANGES ||
	    m->type == MSG_WATCHER_POOLS || m->type == MSG_WATCHER_INSTANCE)
		settings_add(&w->next, m);
	else if (m->type == MSG_HERE)
		take_here(w, m->head);
	else if (m->type == MSG_HELD_HERE)
		take_held(w, m);
	else if (m->type == MSG_TAKEN)
		take_taken(w, m);
	else if (m->type == MSG_FAILED)
		take_failed(w, m->head);
	else
		return "not a message for the watcher";
	return NULL;
}

void
watcher_stop(struct watcher *w, void (*done)(void *arg), void *arg)
{
	writer_release(w->writer, done, arg);
}

void
watcher_end(struct watcher *w)
{
	health_server_fini(&w->health);
	standing_close(&w->standing);
	writer_free(w->writer);
	w->writer = NULL;
	apisource_free(w->api);
	w->api = NULL;
}

void
watcher_init(struct watcher *w, struct ev_loop *loop, struct chan *chan)
{
	*w = (struct watcher){ .loop = loop, .chan = chan };
	w->log.interval_us = 500 * US_PER_MS;
	store_init(&w->store, &w->settings);
	standing_init(&w->standing, chan);
	publish_init(&w->publisher, loop, &w->store, chan);
	health_server_init(&w->health, loop);
	w->publisher.on_looked = on_looked;
	w->publisher.arg = w;
	ev_timer_init(&w->every, on_every, STATE_EVERY_S, STATE_EVERY_S);
	ev_timer_start(loop, &w->every);
}
