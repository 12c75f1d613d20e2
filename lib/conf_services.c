/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_services.h"

#include <stdio.h>
#include <string.h>

#include "conf_lists.h"
#include "conf_pool.h"
#include "conf_value.h"
#include "mem.h"

/* ---- services ---- */

static void
read_external_ips(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	struct conf_services_draft *d = object;

	conf_read_ranges(r, st->block, &d->sv.external_ips, &d->external_ips_at);
}

static void
print_external_ips(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *object)
{
	const struct conf_services *s = object;

	if (s->external_ips.count)
		conf_print_ranges(out, indent, kw->word, &s->external_ips);
}

static void *
begin_server(struct conf_reader *r, const struct conf_word *word, void *arg)
{
	struct conf_services *s = arg;
	size_t len = strlen(s->api_servers), more = strlen(word->text);

	if ((strncmp(word->text, "https://", 8) && strncmp(word->text, "http://", 7)) ||
	    strpbrk(word->text, " ?#@") || word->text[more - 1] == '/') {
		conf_error(r->problems, &word->pos, "\"%.100s\" is not https://HOST:PORT",
		    word->text);
		return NULL;
	}
	if (len + more + 2 > sizeof(s->api_servers)) {
		conf_error(r->problems, &word->pos, "too many api_servers");
		return NULL;
	}
	snprintf(s->api_servers + len, sizeof(s->api_servers) - len, "%s%s",
	    len ? " " : "", word->text);
	return s;
}

static void
read_api_servers(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	struct conf_services_draft *d = object;
	struct conf_items items = { NULL, begin_server, &d->sv };

	conf_read_items(r, &items, st->block);
}

static void
print_api_servers(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *object)
{
	const struct conf_services *s = object;

	if (s->api_servers[0])
		fprintf(out, "%*s%s { %s }\n", (int)(4 * indent), "", kw->word,
		    s->api_servers);
}

static bool
take_kubelet(const char *arg, void *object)
{
	struct conf_services_draft *d = object;

	if (strcmp(arg, CONF_KUBELET) != 0)
		return false;
	str_copy(d->sv.kubeconfig, sizeof(d->sv.kubeconfig), arg);
	return true;
}

static const struct conf_keyword words[] = {
	[CONF_S_KUBECONFIG] = { "kubeconfig", .args = "FILE|kubelet", .kind = CONF_PATH,
	    CONF_FIELD(struct conf_services, kubeconfig), .special = take_kubelet,
	    .help = "the cluster whose Services are served" },
	[CONF_S_MANIFESTS] = { "manifests", .args = "DIRECTORY", .kind = CONF_PATH,
	    CONF_FIELD(struct conf_services, manifests),
	    .help = "Service and EndpointSlice objects in files, without a cluster" },
	[CONF_S_NODE_NAME] = { "node_name", .args = "NAME", .kind = CONF_NAME,
	    CONF_FIELD(struct conf_services, node_name),
	    .help = "this node's name in the cluster; else found out" },
	[CONF_S_CLASS] = { "load_balancer_class", .args = "NAME", .kind = CONF_NAME,
	    CONF_FIELD(struct conf_services, load_balancer_class), .def = "vipd.io/vip",
	    .help = "spec.loadBalancerClass of the Services that are served" },
	[CONF_S_CLAIM_UNCLASSED] = { "claim_unclassed", .args = "yes|no",
	    .kind = CONF_BOOL, CONF_FIELD(struct conf_services, claim_unclassed),
	    .help = "also LoadBalancer Services of no class; yes where a pool is" },
	[CONF_S_STARTUP_WAIT] = { "startup_wait", .args = "SECONDS", .kind = CONF_SECONDS,
	    CONF_FIELD(struct conf_services, startup_wait_us), .min = 0, .max = 600000000,
	    .def = "5", .help = "how long instances wait for the first complete list" },
	[CONF_S_EXTERNAL_IPS] = { "external_ips", .args = "{ RANGE... }",
	    .kind = CONF_CUSTOM, .takes_block = CONF_MUST_BLOCK,
	    .read = read_external_ips, .print = print_external_ips,
	    .help = "spec.externalIPs that are taken; without it none" },
	[CONF_S_ALLOCATOR] = { "allocator", .args = "yes|no", .kind = CONF_BOOL,
	    CONF_FIELD(struct conf_services, allocator), .def = "yes",
	    .help = "this node may be the one that hands out addresses" },
	[CONF_S_POOLS] = { "pools", .args = "configmap [NAMESPACE/NAME]",
	    .kind = CONF_CUSTOM, .named = true, .more = conf_one_more,
	    .read = conf_pools_read_configmap, .print = conf_pools_print_configmap,
	    .help = "address_pool blocks stand in a ConfigMap, key pools.conf" },
	[CONF_S_POOL] = { "address_pool", .args = "NAME { ... }", .kind = CONF_CUSTOM,
	    .takes_block = CONF_MUST_BLOCK, .named = true, .read = conf_pool_read,
	    .print = conf_pools_print_words,
	    .help = "addresses for LoadBalancer Services" },
	[CONF_S_API_SERVERS] = { "api_servers", .args = "{ URL... }", .kind = CONF_CUSTOM,
	    .takes_block = CONF_MUST_BLOCK, .read = read_api_servers,
	    .print = print_api_servers,
	    .help = "more API servers of the cluster, tried in turn" },
};

static const struct conf_table table = {
	.name = "services",
	.words = words,
	.n_words = ARRAY_LEN(words),
};

const struct conf_table *
conf_services_table(void)
{
	return &table;
}

void
conf_services_complete(struct conf_services_draft *d)
{
	conf_value_defaults(&table, &d->seen, d);
	d->sv.present = d->word != NULL;
	/* A kubelet may write no Lease but its own (NodeRestriction). */
	if (!d->seen.at[CONF_S_ALLOCATOR] && !strcmp(d->sv.kubeconfig, CONF_KUBELET))
		d->sv.allocator = false;
	conf_pools_complete(d);
	if (!d->seen.at[CONF_S_CLAIM_UNCLASSED])
		d->sv.claim_unclassed = d->n_pools || d->sv.configmap.ns[0];
	if (d->sv.present && !d->seen.at[CONF_S_KUBECONFIG] &&
	    !d->seen.at[CONF_S_MANIFESTS])
		str_copy(d->sv.manifests, sizeof(d->sv.manifests),
		    SYSCONFDIR "/vipd/services.d");
}

/* ---- forwarding ---- */

static const struct conf_choice modes[] = {
	{ "auto", FORWARD_AUTO },
	{ "nftables", FORWARD_NFTABLES },
	{ "none", FORWARD_NONE },
	{ NULL, 0 },
};
static const struct conf_choice source_nats[] = {
	{ "node", SOURCE_NAT_NODE },
	{ "vip", SOURCE_NAT_VIP },
	{ "none", SOURCE_NAT_NONE },
	{ NULL, 0 },
};

static const struct conf_choice fallbacks[] = {
	{ "drop", LOCAL_FALLBACK_DROP },
	{ "cluster", LOCAL_FALLBACK_CLUSTER },
	{ NULL, 0 },
};

static const struct conf_keyword forwarding_words[] = {
	{ "mode", .args = "auto|nftables|none", .kind = CONF_CHOICE,
	    CONF_FIELD(struct conf_forwarding, mode), .choices = modes, .def = "auto",
	    .help = "who forwards to the endpoints; auto decides by evidence" },
	{ "source_nat", .args = "node|vip|none", .kind = CONF_CHOICE,
	    CONF_FIELD(struct conf_forwarding, source_nat), .choices = source_nats,
	    .def = "node", .help = "the source address that endpoints see" },
	{ "local_fallback", .args = "drop|cluster", .kind = CONF_CHOICE,
	    CONF_FIELD(struct conf_forwarding, local_fallback), .choices = fallbacks,
	    .def = "drop",
	    .help = "externalTrafficPolicy Local where this node has no endpoint" },
};

static const struct conf_table forwarding_table = {
	.name = "forwarding",
	.words = forwarding_words,
	.n_words = ARRAY_LEN(forwarding_words),
};

const struct conf_table *
conf_forwarding_table(void)
{
	return &forwarding_table;
}

void
conf_forwarding_complete(struct conf_forwarding *f, const struct conf_seen *seen)
{
	conf_value_defaults(&forwarding_table, seen, f);
}
