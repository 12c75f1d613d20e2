/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf_build.h"
#include "conf_candidates.h"
#include "conf_check.h"
#include "conf_check_track.h"
#include "conf_global.h"
#include "conf_group.h"
#include "conf_hmac.h"
#include "conf_instance.h"
#include "conf_keepalived.h"
#include "conf_lasting.h"
#include "conf_lists.h"
#include "conf_pool.h"
#include "conf_route.h"
#include "conf_services.h"
#include "conf_trace.h"
#include "conf_track.h"
#include "conf_value.h"
#include "mem.h"

/* ---- the outermost words ---- */

static void
read_globals(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	struct conf_build *b = object;

	conf_read(r, conf_global_table(), st->block, &b->globals, &b->globals.seen);
}

static void
read_instance(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	static const struct conf_keyword name = {
		"vrrp_instance",
		.kind = CONF_NAME,
		CONF_FIELD(struct conf_instance, name),
	};
	struct conf_build *b = object;
	struct conf_draft *d = xcalloc(1, sizeof(*d));
	char allowed[CONF_VALUE_STRLEN];

	b->drafts = array_grow(
	    b->drafts, b->n_drafts, &b->drafts_cap, sizeof(struct conf_draft *));
	b->drafts[b->n_drafts++] = d;
	d->name = st->arg;
	if (!conf_value_read(&name, st->arg->text, "", &d->in))
		conf_error(r->problems, &st->arg->pos, "vrrp_instance: not %s",
		    conf_value_allowed(&name, allowed));
	conf_read(r, conf_instance_table(), st->block, d, &d->seen);
}

static void
read_services(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	struct conf_build *b = object;

	if (!b->services.word)
		b->services.word = st->word;
	conf_read(r, conf_services_table(), st->block, &b->services, &b->services.seen);
}

static void
read_forwarding(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	struct conf_build *b = object;

	if (!b->forwarding_word)
		b->forwarding_word = st->word;
	conf_read(
	    r, conf_forwarding_table(), st->block, &b->forwarding, &b->forwarding_seen);
}

static const struct conf_keyword words[] = {
	{ "global_defs", .args = "{ ... }", .kind = CONF_CUSTOM,
	    .takes_block = CONF_MUST_BLOCK, .read = read_globals,
	    .help = "values for every instance" },
	{ "vrrp_instance", .args = "NAME { ... }", .kind = CONF_CUSTOM,
	    .takes_block = CONF_MUST_BLOCK, .named = true, .read = read_instance,
	    .help = "a virtual router" },
	{ "vrrp_sync_group", .args = "NAME { ... }", .kind = CONF_CUSTOM,
	    .takes_block = CONF_MUST_BLOCK, .named = true, .read = conf_read_group,
	    .help = "instances that change their state together" },
	{ "vrrp_script", .args = "NAME { ... }", .kind = CONF_CUSTOM,
	    .takes_block = CONF_MUST_BLOCK, .named = true, .read = conf_read_script,
	    .help = "a command that is run again and again, to be tracked" },
	{ "vrrp_track_file", .args = "NAME { ... }", .kind = CONF_CUSTOM,
	    .takes_block = CONF_MUST_BLOCK, .named = true, .read = conf_read_track_file,
	    .help = "a file with a number, to be tracked" },
	{ "track_file", .args = "NAME { ... }", .kind = CONF_CUSTOM,
	    .takes_block = CONF_MUST_BLOCK, .named = true, .read = conf_read_track_file,
	    .help = "the same as vrrp_track_file" },
	{ "vrrp_track_process", .args = "NAME { ... }", .kind = CONF_CUSTOM,
	    .takes_block = CONF_MUST_BLOCK, .named = true,
	    .read = conf_read_track_process, .help = "processes, to be tracked" },
	{ "track_process", .args = "NAME { ... }", .kind = CONF_CUSTOM,
	    .takes_block = CONF_MUST_BLOCK, .named = true,
	    .read = conf_read_track_process, .help = "the same as vrrp_track_process" },
	{ "static_ipaddress", .args = "{ ADDRESS[/LEN] option... }", .kind = CONF_CUSTOM,
	    .takes_block = CONF_MUST_BLOCK, .repeats = true,
	    .read = conf_read_static_addresses,
	    .help = "addresses of this node, there whoever is master" },
	{ "static_routes", .args = "{ [type] DESTINATION option... }",
	    .kind = CONF_CUSTOM, .takes_block = CONF_MUST_BLOCK, .repeats = true,
	    .read = conf_read_static_routes,
	    .help = "routes of this node, there whoever is master" },
	{ "interface_up_down_delays", .args = "{ INTERFACE DOWN [UP]... }",
	    .kind = CONF_CUSTOM, .takes_block = CONF_MUST_BLOCK, .read = conf_read_delays,
	    .help = "how long a change of a link lasts before it counts" },
	{ "services", .args = "{ ... }", .kind = CONF_CUSTOM,
	    .takes_block = CONF_MUST_BLOCK, .read = read_services,
	    .help = "where Services come from and which addresses they may have" },
	{ "forwarding", .args = "{ ... }", .kind = CONF_CUSTOM,
	    .takes_block = CONF_MUST_BLOCK, .read = read_forwarding,
	    .help = "how packets reach the endpoints" },
};

static const struct conf_table root = {
	.name = "the outermost level",
	.context = CONF_IN_ROOT,
	.words = words,
	.n_words = ARRAY_LEN(words),
};

const struct conf_table *
conf_table_at(size_t i)
{
	const struct conf_table *const tables[] = {
		&root,
		conf_global_table(),
		conf_instance_table(),
		conf_group_table(),
		conf_script_table(),
		conf_track_file_table(),
		conf_track_process_table(),
		conf_track_table(),
		conf_auth_table(),
		conf_hmac_table(),
		conf_address_table(),
		conf_route_table(),
		conf_peer_table(),
		conf_services_table(),
		conf_pool_table(),
		conf_forwarding_table(),
	};

	return i < ARRAY_LEN(tables) ? tables[i] : NULL;
}

/* ---- reading ---- */

static void
judge_lvs(const struct conf_build *b)
{
	const struct conf_places *lvs = &b->reader.lvs;

	if (b->globals.ignore_lvs && lvs->count)
		conf_warning(b->reader.problems, &lvs->items[0]->pos,
		    "LVS is ignored, as ignore_lvs says: %zu times, first %s", lvs->count,
		    lvs->items[0]->text);
	for (size_t i = 0; i < lvs->count && !b->globals.ignore_lvs; i++)
		conf_error(b->reader.problems, &lvs->items[i]->pos,
		    "vipd has no LVS (%s): nobody would stand behind the address; with "
		    "`ignore_lvs yes` in global_defs it is skipped",
		    lvs->items[i]->text);
}

/* Advertised addresses first: the canonical form prints them so. */
static void
order_addresses(struct conf_instance *in)
{
	struct conf_address *list = xcalloc(in->n_addresses, sizeof(*list));
	size_t n = 0;

	for (int excluded = 0; excluded <= 1; excluded++)
		for (size_t i = 0; i < in->n_addresses; i++)
			if (in->addresses[i].excluded == excluded)
				list[n++] = in->addresses[i];
	free(in->addresses);
	in->addresses = list;
}

/* Takes what the drafts hold. */
static struct conf *
finish(struct conf_build *b, const char *path)
{
	struct conf *conf = xcalloc(1, sizeof(*conf));
	struct conf_services *s = &b->services.sv;

	str_copy(conf->file, sizeof(conf->file), path);
	conf_global_finish(&b->globals, conf);
	conf->instances = xcalloc(b->n_drafts, sizeof(*conf->instances));
	for (size_t i = 0; i < b->n_drafts; i++) {
		order_addresses(&b->drafts[i]->in);
		conf->instances[conf->n_instances++] = b->drafts[i]->in;
		b->drafts[i]->in = (struct conf_instance){ 0 };
	}
	conf_groups_finish(b, conf);
	conf->lasting = b->lasting;
	b->lasting = (struct conf_lasting){ 0 };
	conf->watch = b->watch;
	b->watch = (struct conf_watch){ 0 };
	conf->hooks = b->globals.hooks;
	b->globals.hooks = (struct conf_hooks){ 0 };
	s->pools = conf_pools_take(&b->services, &s->n_pools);
	conf->services = *s;
	*s = (struct conf_services){ 0 };
	conf->forwarding = b->forwarding;
	return conf;
}

static void
free_instance(struct conf_instance *in)
{
	free(in->peers);
	free(in->addresses);
	free(in->routes.items);
	free(in->service_ranges.items);
	for (size_t i = 0; i < in->n_candidates; i++)
		free(in->candidates[i]);
	free(in->candidates);
	free(in->tracks.items);
	conf_notify_free(&in->notify);
}

static void
free_build(struct conf_build *b)
{
	for (size_t i = 0; i < b->n_drafts; i++) {
		struct conf_draft *d = b->drafts[i];

		free_instance(&d->in);
		free(d->addresses_at.items);
		free(d->routes_at.items);
		free(d->peers_at.items);
		free(d->ranges_at.items);
		free(d->candidates_at.items);
		free(d);
	}
	free(b->drafts);
	for (size_t i = 0; i < b->n_groups; i++)
		conf_group_draft_free(b->groups[i]);
	free(b->groups);
	conf_pools_free_drafts(&b->services);
	free(b->services.sv.external_ips.items);
	free(b->services.external_ips_at.items);
	conf_lasting_free(&b->lasting);
	free(b->lasting_addresses_at.items);
	free(b->lasting_routes_at.items);
	conf_watch_free(&b->watch);
	conf_hooks_free(&b->globals.hooks);
	free(b->reader.foreign_told);
	free(b->reader.lvs.items);
}

static struct conf *
build(struct conf_tree *tree, const char *path, const char *config_id,
    struct conf_problems *problems, struct conf_trace *trace)
{
	struct conf_build b = {
		.reader = { .problems = problems, .trace = trace },
		.config_id = config_id,
	};
	struct conf_seen seen = { 0 };
	struct conf *conf = NULL;

	b.reader.foreign_told = xcalloc(conf_foreign_count(), sizeof(bool));
	conf_read(&b.reader, &root, tree->nodes, &b, &seen);
	judge_lvs(&b);
	conf_candidates_expand(&b);
	conf_global_complete(&b.globals);
	for (size_t i = 0; i < b.n_drafts; i++)
		conf_instance_complete(b.drafts[i], &b.globals);
	conf_watch_complete(&b);
	conf_lasting_complete(&b);
	conf_services_complete(&b.services);
	conf_candidates_apply(&b);
	conf_forwarding_complete(&b.forwarding, &b.forwarding_seen);
	conf_check(&b);
	conf_problems_finish(problems);
	if (trace)
		conf_trace_judge(trace, problems, b.globals.ignore_lvs);
	if (!problems->errors)
		conf = finish(&b, path);
	free_build(&b);
	conf_tree_free(tree);
	return conf;
}

/* keepalived's default: the first label of the host name. */
static const char *
choose_id(const char *config_id, char *buf, size_t size)
{
	if (config_id)
		return config_id;
	if (gethostname(buf, size) < 0)
		return "";
	buf[size - 1] = '\0';
	buf[strcspn(buf, ".")] = '\0';
	return buf;
}

struct conf *
conf_load(const char *path, const char *config_id, struct conf_problems *problems)
{
	struct conf_tree tree;
	char buf[256];
	const char *id = choose_id(config_id, buf, sizeof(buf));

	conf_tree_read(&tree, path, id, problems);
	return build(&tree, path, id, problems, NULL);
}

void
conf_trace_file(const char *path, const char *config_id, struct conf_trace *trace,
    struct conf_problems *problems)
{
	struct conf_tree tree;
	char buf[256];
	const char *id = choose_id(config_id, buf, sizeof(buf));

	conf_tree_read(&tree, path, id, problems);
	conf_free(build(&tree, path, id, problems, trace));
}

struct conf *
conf_load_text(const char *name, const char *text, size_t len, const char *config_id,
    struct conf_problems *problems)
{
	struct conf_tree tree;
	char buf[256];
	const char *id = choose_id(config_id, buf, sizeof(buf));

	conf_tree_read_text(&tree, name, text, len, id, problems);
	return build(&tree, name, id, problems, NULL);
}

/* ---- the finished configuration ---- */

void
conf_free(struct conf *conf)
{
	if (!conf)
		return;
	for (size_t i = 0; i < conf->n_instances; i++)
		free_instance(&conf->instances[i]);
	free(conf->instances);
	for (size_t i = 0; i < conf->n_groups; i++)
		conf_group_free(&conf->groups[i]);
	free(conf->groups);
	conf_lasting_free(&conf->lasting);
	conf_watch_free(&conf->watch);
	conf_hooks_free(&conf->hooks);
	conf_pools_free(conf->services.pools, conf->services.n_pools);
	free(conf->services.external_ips.items);
	free(conf);
}

bool
conf_address_eq(const struct conf_address *a, const struct conf_address *b)
{
	return ipaddr_eq(&a->addr, &b->addr) && a->prefixlen == b->prefixlen &&
	    a->excluded == b->excluded && !strcmp(a->dev, b->dev) &&
	    !strcmp(a->label, b->label) && a->has_broadcast == b->has_broadcast &&
	    ipaddr_eq(&a->broadcast, &b->broadcast) && a->scope == b->scope &&
	    a->noprefixroute == b->noprefixroute && a->preferred == b->preferred;
}

static bool
peer_eq(const struct conf_peer *a, const struct conf_peer *b)
{
	return ipaddr_eq(&a->addr, &b->addr) && a->min_ttl == b->min_ttl &&
	    a->max_ttl == b->max_ttl;
}

bool
conf_instance_eq(const struct conf_instance *a, const struct conf_instance *b)
{
	const struct conf_table *t = conf_instance_table();

	for (size_t i = 0; i < t->n_words; i++)
		if (t->words[i].size && !conf_value_eq(&t->words[i], a, b))
			return false;
	if (strcmp(a->name, b->name) || strcmp(a->group, b->group) ||
	    a->wants_services != b->wants_services ||
	    a->stands_aside != b->stands_aside || a->auth_type != b->auth_type ||
	    memcmp(a->auth_data, b->auth_data, sizeof(a->auth_data)) ||
	    a->vmac.wanted != b->vmac.wanted || strcmp(a->vmac.name, b->vmac.name) ||
	    memcmp(a->vmac.mac, b->vmac.mac, sizeof(a->vmac.mac)) ||
	    a->n_addresses != b->n_addresses || a->n_peers != b->n_peers)
		return false;
	for (size_t i = 0; i < a->n_addresses; i++)
		if (!conf_address_eq(&a->addresses[i], &b->addresses[i]))
			return false;
	for (size_t i = 0; i < a->n_peers; i++)
		if (!peer_eq(&a->peers[i], &b->peers[i]))
			return false;
	return conf_hmac_eq(&a->hmac, &b->hmac) &&
	    conf_tracks_eq(&a->tracks, &b->tracks) &&
	    conf_notify_eq(&a->notify, &b->notify);
}

const struct ipaddr *
conf_instance_source(const struct conf_instance *in)
{
	return in->mcast_src.family ? &in->mcast_src : &in->unicast_src;
}

const char *
conf_instance_device(const struct conf_instance *in)
{
	return in->vmac.wanted ? in->vmac.name : in->interface;
}

const struct conf_instance *
conf_find_instance(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->n_instances; i++)
		if (!strcmp(conf->instances[i].name, name))
			return &conf->instances[i];
	return NULL;
}

const struct conf_group *
conf_find_group(const struct conf *conf, const char *name)
{
	for (size_t i = 0; *name && i < conf->n_groups; i++)
		if (!strcmp(conf->groups[i].name, name))
			return &conf->groups[i];
	return NULL;
}
